"""`Workspace` of ``import camp_monitor as cm``: what `api` offers, where results are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from camp_monitor import workspace as folders
from camp_monitor.facilities import find_facility
from camp_monitor.scenes.scene import parse_acquired
from camp_monitor.workspace import open_workspace

if TYPE_CHECKING:
    import geopandas
    import pandas

    from camp_monitor.events.events import Event
    from camp_monitor.records.finding import Finding
    from camp_monitor.records.observation import Observation
    from camp_monitor.records.review import Review
    from camp_monitor.scan import Scanned


@dataclass(frozen=True, repr=False)
class Workspace(folders.Workspace):
    """A folder with a registry of facilities, a catalogue of scenes, and a ledger of results.

    Made by `Workspace.open`; it may be handed to every function that asks for a workspace.
    """

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open the workspace in a folder; ``camp-monitor init DIR`` makes one."""
        held = open_workspace(path)
        return cls(**{item.name: getattr(held, item.name) for item in fields(held)})

    def scan(self, facility: str, before: str, after: str, **told: Any) -> Scanned:
        """Compare two scenes of a facility and record what came of it; see `scan.scan`."""
        from camp_monitor.scan import scan

        return scan(self, facility, before, after, **told)

    def findings(
        self, facility: str | None = None, *, candidates: bool = False
    ) -> geopandas.GeoDataFrame:
        """Return the findings that count, with reviews and events, as `Comparison.findings`.

        Parameters
        ----------
        facility : str or None
            Only those of this facility.
        candidates : bool
            Those too that lie below the working point of their scan.
        """
        from camp_monitor.events.events import by_finding
        from camp_monitor.report.export.frames import findings_frame

        found, events, reviews = self._joined(facility)
        found = tuple(item for item in found if candidates or not item.candidate)
        return findings_frame(found, reviews, by_finding(events))

    def events(
        self, facility: str | None = None, *, since: date | str | None = None
    ) -> geopandas.GeoDataFrame:
        """Return events: findings of one thing over many dates, and what became of it.

        Parameters
        ----------
        facility : str or None
            Only those of this facility.
        since : date, str or None
            Only those that were first seen on this day or later.
        """
        from camp_monitor.report.export.frames import events_frame

        _, found, _ = self._joined(facility)
        if since is not None:
            first = parse_acquired(str(since))[0].strftime("%Y-%m-%d")
            found = tuple(item for item in found if item.came[1].acquired_to_at[:10] >= first)
        return events_frame(found)

    def outcomes(self, facility: str | None = None) -> pandas.DataFrame:
        """Return what was looked at, and what was and was not seen, as `Comparison.outcomes`."""
        from camp_monitor.report.export.frames import outcomes_frame

        return outcomes_frame(self._records(facility)[1])

    def corroborate(self, claims: Path | str, *, compare: bool = False) -> pandas.DataFrame:
        """Set claims of a table against images, record the verdicts, and return them.

        Parameters
        ----------
        claims : Path or str
            A CSV file in UTF-8, UTF-16 or Windows-949, with columns for the reference number,
            facility or place, kind, size and window of time; never with people.
        compare : bool
            Compare images at hand that could answer and were not compared yet.

        Returns
        -------
        DataFrame
            Columns of `camp_monitor.report.export.claims.CLAIM_COLUMNS`; ``verdict`` is
            ``supported``, ``not_supported`` (although it would have been seen), ``not_seeable`` or
            ``not_covered`` (no answer either way).

        Raises
        ------
        InputError
            The table cannot be used or seems to name people; nothing of it is stored.
        """
        from camp_monitor.claims.run import corroborate_table
        from camp_monitor.report.export.claims import claims_frame

        return claims_frame(corroborate_table(self, claims, compare=compare).claims)

    def to_map(
        self,
        target: str,
        path: Path | str,
        *,
        language: str | None = None,
        audience: str | None = None,
    ) -> Path:
        """Write the map of a facility, a finding or an event, in ``en`` or ``ko``.

        Without a `language` or an `audience` (``internal``, ``partner``, ``public``) those of the
        settings hold.
        """
        from camp_monitor.report.map.facility_map import draw_facility_map
        from camp_monitor.report.writing import write_whole

        path = Path(path)
        drawn = draw_facility_map(self, [target], language=language, audience=audience)
        write_whole(drawn.html.encode(), path)
        return path

    def to_figure(
        self,
        target: str,
        path: Path | str,
        *,
        width: str | float = "page",
        **options: Any,
    ) -> Path:
        """Write the print figure of a finding or an event, ``.png``, ``.svg`` or ``.pdf``.

        Beside it stands a text file with its caption, of at most 60 words, and a note with all that
        is on record: ``figure.png`` has ``figure.txt``.

        Parameters
        ----------
        target : str
            Id of a finding or an event.
        path : Path or str
        width : str or float
            ``column``, ``page`` or ``slide``, or millimetres.
        **options
            Fields of `camp_monitor.report.figure.options.FigureOptions`: title, dates, callouts,
            inset, language, audience.
        """
        from camp_monitor.report.figure.finding_figure import (
            draw_finding_figure,
            format_of,
            write_figure,
        )
        from camp_monitor.report.figure.options import FigureOptions, read_width_mm

        path = Path(path)
        drawn = draw_finding_figure(
            self, target, file_format=format_of(path), width_mm=read_width_mm(str(width)),
            options=FigureOptions(**options),
        )  # fmt: skip
        write_figure(drawn, path)
        return path

    def to_report(
        self,
        targets: str | Sequence[str],
        path: Path | str,
        *,
        bulletin: bool = False,
        language: str | None = None,
        audience: str | None = None,
    ) -> Path:
        """Write a report, ``.html``, ``.docx`` or ``.pdf``: sheets of events, summaries of places.

        Parameters
        ----------
        targets : str or a sequence of them
            Ids of facilities, events or findings; a facility stands for its events that are or
            were confirmed or are strong.
        path : Path or str
        bulletin : bool
            One page about one event: of a facility, its newest flood or its newest event.
        language : str or None
            ``en`` or ``ko``; None: that of the settings.
        audience : str or None
            ``internal``, ``partner`` or ``public``; None: that of the settings.
        """
        from camp_monitor.report.sheets.report import draw_report, format_of
        from camp_monitor.report.writing import write_whole

        path = Path(path)
        named = [targets] if isinstance(targets, str) else list(targets)
        drawn = draw_report(
            self, named, file_format=format_of(path), bulletin=bulletin, language=language,
            audience=audience,
        )  # fmt: skip
        write_whole(drawn.content, path)
        return path

    def _joined(
        self, facility: str | None
    ) -> tuple[tuple[Finding, ...], tuple[Event, ...], tuple[Review, ...]]:
        """Return findings and candidates, the events that they make, and reviews."""
        from camp_monitor.events.events import join_events
        from camp_monitor.records.review import latest_reviews

        found, looked, reviews = self._records(facility)
        return found, join_events(found, looked, latest_reviews(reviews)), reviews

    def _records(
        self, facility: str | None
    ) -> tuple[tuple[Finding, ...], tuple[Observation, ...], tuple[Review, ...]]:
        """Read findings, observations and reviews; none before the first scan."""
        from camp_monitor.ledger.opening import open_ledger_of

        if self.has_ledger:
            with open_ledger_of(self, reading=True) as ledger:
                looked = ledger.observations(facility)
                if looked:
                    return ledger.findings(facility, candidates=True), looked, ledger.reviews()
        if facility is not None:
            find_facility(self.aoi, facility)  # refuses an id that nobody knows
        return (), (), ()

    def __repr__(self) -> str:
        return f"<Workspace {self.root}>"
