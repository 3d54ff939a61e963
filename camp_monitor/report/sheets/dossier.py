"""What a report is made from: a facility, its events and records, and a figure of each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Audience
from camp_monitor.errors import CampMonitorError, InputError
from camp_monitor.events.events import Event, by_finding
from camp_monitor.events.lookup import find_finding, read_events
from camp_monitor.events.ranking import ranked
from camp_monitor.facilities import Facility, Outline, find_facility
from camp_monitor.facilities.geometry import geodesic_area_m2, polygons_only
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, latest_reviews
from camp_monitor.report.figure.finding_figure import FindingFigure, draw_finding_figure
from camp_monitor.report.figure.options import WIDTH_MM, FigureOptions
from camp_monitor.report.redaction.redact import redacted, rules_for
from camp_monitor.report.redaction.withheld import NOTHING_WITHHELD, Withheld
from camp_monitor.report.text.sentences import error_text
from camp_monitor.settings import ReportSettings
from camp_monitor.workspace import Workspace

MOST_SHEETS = 20
"""Of one facility, where the report is asked for by the facility and not by events."""
WATER = ("flooding", "water_gain")


@dataclass(frozen=True)
class Extent:
    """Area of several regions together and its interval, their errors taken as one."""

    area_m2: float
    area_low_m2: float
    area_high_m2: float


@dataclass(frozen=True)
class Case:
    """An event that has a sheet.

    Parameters
    ----------
    event : Event
    finding : Finding
        The one that shows most of it: it is drawn and measured.
    outline : Outline
        The one that the search was made round.
    observation : Observation or None
        That the finding came from.
    review : Review or None
        That counts.
    figure : FindingFigure or None
        None where it could not be drawn.
    failure : str
        Why it could not.
    withheld : Withheld
        What the audience may not see.
    """

    event: Event
    finding: Finding
    outline: Outline
    observation: Observation | None
    review: Review | None
    figure: FindingFigure | None
    failure: str = ""
    withheld: Withheld = NOTHING_WITHHELD

    @property
    def regions(self) -> tuple[Finding, ...]:
        """All findings of the event on the two images that show most of it."""
        pair = self.finding.before, self.finding.after
        return tuple(one for one in self.event.findings if (one.before, one.after) == pair)

    @property
    def extent(self) -> Extent:
        """Area of all regions together."""
        return Extent(
            sum(one.area_m2 for one in self.regions),
            sum(one.area_low_m2 for one in self.regions),
            sum(one.area_high_m2 for one in self.regions),
        )

    @cached_property
    def ground(self) -> BaseGeometry:
        """Ground of all regions together, EPSG:4326."""
        return shapely.union_all([one.geometry for one in self.regions])

    @property
    def outline_fraction(self) -> float:
        """Share of the outline that the regions cover, 0-1."""
        shared = self.ground.intersection(self.outline.geometry)
        if shared.area == 0:
            return 0.0
        return min(geodesic_area_m2(polygons_only(shared)) / self.outline.area_m2, 1.0)


@dataclass(frozen=True)
class Dossier:
    """A facility with all that a report says of it.

    Parameters
    ----------
    facility : Facility
    events : tuple of Event
    observations : tuple of Observation
    reviews : mapping of str to Review
        The ones that count, by the id of a finding.
    cases : tuple of Case
        Events that have a sheet.
    withheld : Withheld
        What the audience may not see.
    head : str
        Of the ledger that it was read from.
    """

    facility: Facility
    events: tuple[Event, ...]
    observations: tuple[Observation, ...]
    reviews: Mapping[str, Review]
    cases: tuple[Case, ...]
    withheld: Withheld = NOTHING_WITHHELD
    head: str = ""

    @property
    def simulated(self) -> bool:
        """Whether a program painted any of the scenes."""
        scenes = [scene for one in self.observations for scene in (one.before, one.after)]
        return any(scene.simulated for scene in scenes)

    @property
    def last_day(self) -> str:
        """Day of the newest record: of an image or of a review."""
        days = [one.after.acquired_to_at[:10] for one in self.observations]
        days += [review.reviewed_at[:10] for review in self.reviews.values()]
        return max(days, default="")


def read_dossiers(
    workspace: Workspace,
    targets: Sequence[str],
    language: str | None,
    *,
    is_bulletin: bool = False,
    audience: Audience = Audience.INTERNAL,
) -> tuple[Dossier, ...]:
    """Read what a report of these facilities and events is made from, and draw the figures.

    Parameters
    ----------
    workspace : Workspace
    targets : sequence of str
        Ids of facilities, of events (``E...``) or of findings (``F...``).  A facility stands for
        those of its events that are or were confirmed or are strong, the surest first.
    language : str
    is_bulletin : bool
        Of a facility only one event is wanted: its newest flood, else its newest event.
    audience : Audience
        What it may not see is not in the dossiers.

    Raises
    ------
    InputError
        A target is not known, or nothing is on record of it.
    """
    if not targets:
        raise InputError("A report is of a facility or of events: name an ID, or E... ids.")
    wanted: dict[str, list[str]] = {}
    with open_ledger_of(workspace, reading=True) as ledger:
        for target in targets:
            known = _facility_id(workspace, ledger, target)
            named = wanted.setdefault(known, [])
            if target != known:
                named.append(target)
        read = [_read(workspace, ledger, key, named) for key, named in wanted.items()]
    options = FigureOptions(language=language, audience=audience)
    made = [
        _with_cases(workspace, dossier, chosen or _chosen(dossier, is_bulletin), options)
        for dossier, chosen in read
    ]
    return tuple(_seen_by(audience, dossier, workspace.configuration.report) for dossier in made)


def _seen_by(audience: Audience, dossier: Dossier, settings: ReportSettings) -> Dossier:
    """Return what an audience may see of a dossier."""
    scenes = [one for case in dossier.cases for one in (case.finding.before, case.finding.after)]
    rules = rules_for(dossier.facility, audience, settings).with_scenes(scenes)
    seen: Dossier = redacted(dossier, rules)
    cases = tuple(replace(case, withheld=rules.withheld) for case in seen.cases)
    return replace(seen, cases=cases, withheld=rules.withheld)


def _facility_id(workspace: Workspace, ledger: Ledger, target: str) -> str:
    """Return the facility that a target is, or that its finding lies at."""
    if target[:1] in ("E", "F"):
        return find_finding(ledger, target).facility_id
    return find_facility(workspace.aoi, target).id


def _read(
    workspace: Workspace, ledger: Ledger, facility_id: str, named: Sequence[str]
) -> tuple[Dossier, list[Event]]:
    """Read one facility, and the events that were named."""
    events = read_events(ledger, facility_id)
    of_finding = by_finding(events)
    chosen = []
    for name in named:
        event = of_finding.get(find_finding(ledger, name).id)
        if event is None:
            raise InputError(f"{name} is of no event that counts, and a sheet is of an event.")
        chosen.append(event)
    observations = ledger.observations(facility_id)
    if not observations:
        raise InputError(
            f"Nothing was ever compared at {facility_id}, so there is nothing to report: scan it."
        )
    own = {finding.id for event in events for finding in event.findings}
    latest = latest_reviews(ledger.reviews())
    reviews = {key: review for key, review in latest.items() if key in own}
    facility = find_facility(workspace.aoi, facility_id)
    dossier = Dossier(facility, events, observations, reviews, (), head=ledger.head_sha256())
    return dossier, list(dict.fromkeys(chosen))


def _chosen(dossier: Dossier, is_bulletin: bool) -> list[Event]:
    """Choose the events that have a sheet where none was named, the surest first."""
    if not is_bulletin:
        surest = [one for one in ranked(dossier.events) if one.was_confirmed or one.is_strong]
        return surest[:MOST_SHEETS]
    newest = sorted(dossier.events, key=lambda one: (one.came[1].acquired_from_at, one.id))[::-1]
    standing = [one for one in newest if one.state != "dismissed"]
    floods = [one for one in standing if one.kind in WATER]
    if not standing:
        raise InputError(
            f"No event is known at {dossier.facility.id}, and a bulletin is of one: "
            f"'camp-monitor report {dossier.facility.id}' says what was and was not seen."
        )
    return [*floods, *standing][:1]


def _with_cases(
    workspace: Workspace, dossier: Dossier, events: Sequence[Event], options: FigureOptions
) -> Dossier:
    cases = tuple(_case(workspace, dossier, event, options) for event in events)
    return replace(dossier, cases=cases)


def _case(workspace: Workspace, dossier: Dossier, event: Event, options: FigureOptions) -> Case:
    """Draw the figure of an event; a report without one is better than none."""
    finding, figure, failure = event.largest, None, ""
    try:
        figure = draw_finding_figure(
            workspace, finding.id, file_format="png", width_mm=WIDTH_MM, options=options
        )
    except CampMonitorError as error:
        failure = error_text(error)
    outlines = {outline.version: outline for outline in dossier.facility.outlines}
    return Case(
        event, finding, outlines.get(finding.outline_version, dossier.facility.outline),
        next((one for one in dossier.observations if finding.id in one.named_ids), None),
        dossier.reviews.get(finding.id), figure, failure,
    )  # fmt: skip
