"""The front door: what ``import camp_monitor as cm`` offers.

An outline and two files become findings, a raster of what was seen, a map and a figure, without a
workspace, a clock or a network; `Workspace` does the same where results are kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camp_monitor.errors import InputError, Refusal
from camp_monitor.facilities import Facility
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import GroundFiles, ScanSettings

if TYPE_CHECKING:
    import geopandas
    import pandas
    import xarray

    from camp_monitor.comparison import Compared
    from camp_monitor.records.finding import Finding


def open_scene(
    path: Path | str | Sequence[Path | str],
    *,
    sensor: str | None = None,
    acquired: str | None = None,
    item: Path | str | None = None,
    **said: Any,
) -> Scene:
    """Open a scene where it lies: one GeoTIFF, or one file per band.

    Parameters
    ----------
    path : Path, str or a sequence of them
    sensor : str or None
        ``sentinel-2``, ``landsat``, ``sentinel-1``, ``naip``, ``planetscope``, ``rgb`` or ``rgbn``;
        None: as the file's name or bands tell.
    acquired : str or None
        A time, a day, a year, or FROM/TO; None: as the item, the file's tags or its name tell.
    item : Path, str or None
        The provider's STAC item.
    **said
        Any other field of `camp_monitor.scenes.scene.SceneDescription`.

    Raises
    ------
    SceneError
        A file is damaged, or does not tell what is left out here.
    """
    from camp_monitor.scenes.adding import open_scene as open_files
    from camp_monitor.scenes.scene import SceneDescription
    from camp_monitor.scenes.stated import resolve_stated

    given = [path] if isinstance(path, (str, Path)) else path
    paths = tuple(Path(one).expanduser() for one in given)
    if not paths:
        raise InputError("No file was named: name the GeoTIFF files of one scene.")
    if sensor is None or (acquired is None and item is None):
        stated = resolve_stated(paths[0], sensor, acquired or ("" if item else None))
        sensor, acquired = stated.sensor, stated.acquired or None
    described = SceneDescription(
        sensor=sensor, acquired=acquired, item=Path(item).expanduser() if item else None, **said
    )
    return open_files(paths, described)


def compare(
    place: Facility,
    before: Scene,
    after: Scene,
    *,
    earlier: Scene | None = None,
    settings: ScanSettings | None = None,
    dem: Path | str | None = None,
    permanent_water: Path | str | None = None,
    **told: Any,
) -> Comparison:
    """Compare two scenes of a place: what changed, where, how sure that is, what was not seen.

    The same inputs give the same result: nothing is read but the files, and nothing is written.

    Parameters
    ----------
    place : Facility
        As `read_outline` gives it.
    before, after : Scene
        As `open_scene` gives them.
    earlier : Scene or None
        An older scene of the place, by which false alarms are counted.
    settings : ScanSettings or None
        None: those of a new workspace.  The ground files that they name are left to `dem` and
        `permanent_water`.
    dem, permanent_water : Path, str or None
        Files with heights, metres, and with the share of time under water, percent.
    **told
        Fields of `ScanSettings` that hold in place of `settings`, such as ``sensitivity``:
        ``high``, ``balanced``, ``low``, or the least probability of a finding that counts.

    Returns
    -------
    Comparison
        Where the scenes cannot be compared, `Comparison.outcomes` says why.

    Raises
    ------
    InputError
        The outline does not fit, the scenes are in the wrong order, or a file is damaged.
    """
    from camp_monitor.assess.question import about
    from camp_monitor.comparison import compare as compare_scenes
    from camp_monitor.pairs.pair import check_order

    check_order(before, after)
    if earlier is not None:
        check_order(earlier, before)
    files = GroundFiles(*(Path(one) if one else None for one in (dem, permanent_water)))
    ask = about(place, (settings or ScanSettings()).told(**told), files)
    question = ask(before=before, after=after, earlier=earlier)
    return Comparison(place, before, after, question.settings, compare_scenes(question))


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What came of comparing two scenes of a place.

    Parameters
    ----------
    place : Facility
    before, after : Scene
    settings : ScanSettings
    result : Compared
        The records as a ledger keeps them, and the images on one grid.
    """

    place: Facility
    before: Scene
    after: Scene
    settings: ScanSettings
    result: Compared

    @cached_property
    def findings(self) -> geopandas.GeoDataFrame:
        """One row for each region that changed: a GeoDataFrame in EPSG:4326.

        Columns as in the exports, among them ``kind``, ``area_m2`` with ``area_low_m2`` and
        ``area_high_m2``, ``probability``, ``confidence``, ``position`` (``inside``,
        ``within_error`` or ``outside``) and ``reasons``, the codes of its caveats.
        """
        from camp_monitor.events.events import by_finding, join_events
        from camp_monitor.report.export.frames import findings_frame

        events = join_events(self.result.findings, self.result.observations)
        return findings_frame(self.result.findings, (), by_finding(events))

    @cached_property
    def candidates(self) -> geopandas.GeoDataFrame:
        """What lies below the working point, as `findings`: kept, and counted for nothing."""
        from camp_monitor.report.export.frames import findings_frame

        return findings_frame(self.result.candidates)

    @cached_property
    def outcomes(self) -> pandas.DataFrame:
        """One row for each question: outcome, share of the outline that was seen, reasons."""
        from camp_monitor.report.export.frames import outcomes_frame

        return outcomes_frame(self.result.observations)

    @cached_property
    def seen(self) -> xarray.DataArray:
        """The three answers as a raster, uint8 (question, y, x), with its ``.odc.geobox``.

        0: not seen, or beyond the search area; 1: unchanged; 2: changed.

        Raises
        ------
        Refusal
            The scenes could not be put on one grid, so there is no raster.
        """
        import numpy as np
        from odc.geo.xr import wrap_xr

        pair, states = self.result.pair, self.result.states
        if pair is None or states is None:
            raise self._refusal()
        layers = wrap_xr(np.asarray(states), pair.grid, axis=1)
        layers = layers.rename({layers.dims[0]: "question"})
        return layers.assign_coords(question=list(self.outcomes["question"])).rename("seen")

    def to_map(
        self,
        path: Path | str,
        *,
        candidates: bool = False,
        language: str | None = None,
        audience: str | None = None,
    ) -> Path:
        """Write the annotated map: one HTML file that needs no network.

        Parameters
        ----------
        path : Path or str
        candidates : bool
            Whether what lies below the working point is drawn, too.
        language : str or None
            ``en``, also where nothing is said, or ``ko``.
        audience : str or None
            ``internal``, also where nothing is said, ``partner`` or ``public``.
        """
        from camp_monitor.report.map.facility_map import draw_compared_map
        from camp_monitor.report.writing import write_whole

        path, scenes = self._target(path), (self.before, self.after)
        found = self.result.observations, self._shown(candidates)
        page = draw_compared_map(
            self.place, scenes, *found, self.settings.margin_m, language, audience
        )
        write_whole(page.encode(), path)
        return path

    def to_figure(
        self,
        path: Path | str,
        finding: str | None = None,
        *,
        width: str | float = "page",
        **options: Any,
    ) -> Path:
        """Write the print figure of a finding, ``.png``, ``.svg`` or ``.pdf``, and its note.

        The note is a text file beside it, with a caption of at most 60 words.

        Parameters
        ----------
        path : Path or str
        finding : str or None
            Its id, also of a candidate; None: the largest that counts.
        width : str or float
            ``column``, ``page`` or ``slide``, or millimetres.
        **options
            Fields of `camp_monitor.report.figure.options.FigureOptions` but ``dates``: title,
            callouts, inset, language, audience.

        Raises
        ------
        InputError
            There is no finding, or none of that id.
        """
        from camp_monitor.report.figure import finding_figure as figures
        from camp_monitor.report.figure.options import FigureOptions, read_width_mm

        path, chosen = self._target(path), self._chosen(finding)
        file_format = figures.format_of(path)
        subject = figures.Subject(
            self.place,
            self.place.outline,
            chosen,
            (self.before, self.after),
            others=tuple(item for item in self.result.findings if item.id != chosen.id),
            observation=next(
                item for item in self.result.observations if chosen.id in item.named_ids
            ),
        )
        drawn = figures.draw_subject(
            subject, self.settings, file_format=file_format, width_mm=read_width_mm(str(width)),
            options=FigureOptions(**options),
        )  # fmt: skip
        figures.write_figure(drawn, path)
        return path

    def to_geotiff(self, path: Path | str, *, audience: str | None = None) -> Path:
        """Write `seen` as a GeoTIFF: one band for each question, 0 not seen, 1, 2 changed.

        Parameters
        ----------
        path : Path or str
        audience : str or None
            ``internal``, also where nothing is said, ``partner`` or ``public``: for the public of
            a place that withholds its coordinates the grid lies round 0, 0.
        """
        from camp_monitor.report.export.geotiff import write_states
        from camp_monitor.report.redaction.redact import choose_audience, redacted, rules_for
        from camp_monitor.settings import ReportSettings

        pair, states = self.result.pair, self.result.states
        if pair is None or states is None:
            raise self._refusal()
        path, settings = self._target(path), ReportSettings()
        rules = rules_for(self.place, choose_audience(audience, settings), settings, pair.grid)
        grid, questions = redacted(pair.grid, rules), tuple(self.outcomes["question"])
        write_states(path, states, grid, questions, rules.withheld.sentences())
        return path

    def export(
        self,
        path: Path | str,
        *,
        overwrite: bool = False,
        candidates: bool = False,
        audience: str | None = None,
    ) -> Path:
        """Write findings, and what was not seen, as GeoPackage, GeoJSON, KML or CSV."""
        from camp_monitor.report.export.export import export_findings
        from camp_monitor.report.redaction.redact import choose_audience, rules_for
        from camp_monitor.settings import ReportSettings

        path, settings = self._target(path), ReportSettings()
        rules = rules_for(self.place, choose_audience(audience, settings), settings)
        export_findings(
            self._shown(candidates), self.result.observations, path, overwrite=overwrite,
            rules={self.place.id: rules},
        )  # fmt: skip
        return path

    def _shown(self, candidates: bool) -> tuple[Finding, ...]:
        return self.result.findings + (self.result.candidates if candidates else ())

    def _target(self, path: Path | str) -> Path:
        """Return where to write; never over an image that was compared."""
        path = Path(path).expanduser()
        compared = map(os.path.realpath, (*self.before.files, *self.after.files))
        if os.path.realpath(path) in compared:
            raise InputError(f"{path} is one of the images that were compared: name another file.")
        return path

    def _chosen(self, finding_id: str | None) -> Finding:
        found, every = self.result.findings, self._shown(candidates=True)
        if not every or (finding_id is None and not found):
            raise InputError("Nothing changed that was seen, so there is no finding to draw.")
        if finding_id is None:
            return max(found, key=lambda item: item.area_m2)
        for item in every:
            if item.id == finding_id:
                return item
        ids = ", ".join(item.id for item in every[:8])
        raise InputError(f"{finding_id!r:.40} is no finding of this comparison: use one of {ids}.")

    def _refusal(self) -> Refusal:
        reason = self.result.observations[0].reasons[0]
        return Refusal(reason.code, **dict(reason.values))

    def __repr__(self) -> str:
        from camp_monitor.report.text.words import headline_words

        headline = headline_words(self.result.findings, self.result.observations)
        return f"<Comparison of {self.place.id}, {self.before.id} and {self.after.id}: {headline}>"

    def _repr_html_(self) -> str:
        from camp_monitor.report.export.frames import as_html

        return as_html(repr(self), self.outcomes, self.findings)
