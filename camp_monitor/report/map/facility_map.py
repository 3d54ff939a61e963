"""From the ledger and the catalogue to the map of one facility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camp_monitor.codes import Audience
from camp_monitor.errors import InputError, SceneError
from camp_monitor.events.events import Event, join_events
from camp_monitor.events.lookup import find_findings
from camp_monitor.facilities import Facility, find_facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import latest_reviews, rejected_ids
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.map.event_list import elsewhere
from camp_monitor.report.map.map import draw_map
from camp_monitor.report.map.opening import aside, newest_pair, opening_pair
from camp_monitor.report.map.pictures import MOST_DATES, Scenes, choose_others, read_pictures
from camp_monitor.report.redaction.redact import choose_audience, redacted, rules_for
from camp_monitor.report.text.sentences import DEFAULT, choose_language, in_language, phrase
from camp_monitor.report.text.words import count_words, interval_words
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.scene import Scene, parse_acquired
from camp_monitor.settings import ReportSettings
from camp_monitor.workspace import AnyWorkspace, Workspace, open_workspace


@dataclass(frozen=True)
class FacilityMap:
    """A map and what to say of it.

    Parameters
    ----------
    html : str
        The whole page.
    facility : Facility
    findings : int
        Number of findings drawn.
    rejected : int
        How many of them a reviewer rejected.
    dates : str
        ``between A and B``.
    not_shown : tuple of Event
        Events that are or were confirmed, and of which the page shows nothing; in order of time.
    """

    html: str
    facility: Facility
    findings: int
    rejected: int
    dates: str
    not_shown: tuple[Event, ...] = ()


def draw_facility_map(  # noqa: PLR0913 - each is an option of the command
    workspace: AnyWorkspace,
    targets: Sequence[str],
    *,
    before: str | None = None,
    after: str | None = None,
    candidates: bool = False,
    most_dates: int = MOST_DATES,
    language: str | None = None,
    audience: str | None = None,
) -> FacilityMap:
    """Draw a pair scanned of a facility, or the pair of some findings.

    Where none is asked for it is the newest, or that of the first event (`opening_pair`).

    Parameters
    ----------
    workspace : Workspace, Path or str
        The workspace, or its folder.
    targets : sequence of str
        One facility id, or ids of findings of one pair, or of events, see `find_findings`.
    before, after : str or None
        Of several scanned pairs, the one whose scenes these dates or ids name.
    candidates : bool
        Whether what lies below the working point of its scan is drawn, too.
    most_dates : int
        The page holds pictures of at most so many dates of the series; 2: of its pair alone.
    language : str or None
        ``en`` or ``ko``; None: as the settings say.
    audience : str or None
        ``internal``, ``partner`` or ``public``; None: as the settings say.

    Raises
    ------
    InputError
        Nothing was scanned, or the targets do not belong to one pair.
    """
    workspace = open_workspace(workspace)
    with in_language(choose_language(language, workspace.configuration.language)):
        readers = choose_audience(audience, workspace.configuration.report)
        return _draw_recorded(
            workspace, targets, (before, after), readers,
            candidates=candidates, most_dates=most_dates,
        )  # fmt: skip


def _draw_recorded(
    workspace: Workspace,
    targets: Sequence[str],
    dates: tuple[str | None, str | None],
    audience: Audience,
    *,
    candidates: bool,
    most_dates: int,
) -> FacilityMap:
    """Draw the map in the language in use."""
    if not workspace.has_ledger:
        raise InputError(
            f"Nothing was scanned in {workspace.root} yet: run 'camp-monitor scan ID --before DATE "
            f"--after DATE' first."
        )
    with open_ledger_of(workspace, reading=True) as ledger:
        facility_id, chosen = _targets(workspace, ledger, targets)
        observations = ledger.observations(facility_id)
        findings = ledger.findings(facility_id, candidates=candidates)
        reviews, head = ledger.reviews(), ledger.head_sha256()
    facility = find_facility(workspace.aoi, facility_id)
    events = join_events(findings, observations, latest_reviews(reviews))
    pair = _pair(facility_id, observations, chosen, dates, events)
    of_pair = [item for item in observations if _scenes_of(item) == pair]
    drawn = list(chosen) or [item for item in findings if _scenes_of(item) == pair]
    version = of_pair[0].outline_version if of_pair else drawn[0].outline_version
    outline = next(item for item in facility.outlines if item.version == version)
    area = search_area(outline, workspace.configuration.scan.margin_m)
    scenes = {scene.id: scene for scene in read_scenes(workspace.imagery)}
    others = choose_others(pair, observations, events, most_dates)
    rules = rules_for(facility, audience, workspace.configuration.report)
    rules = rules.with_scenes((*pair, *others))
    pictures = read_pictures(scenes, pair, area, others, rules)
    shown = {item.id for item in drawn}
    dashed = elsewhere(events, shown)
    shown |= {finding.id for finding in dashed}
    not_shown = tuple(
        event
        for event in events
        if event.was_confirmed and shown.isdisjoint(item.id for item in event.findings)
    )
    notes = [*pictures.notes, *_left_out(observations, findings, drawn, pair)]
    if dashed:
        notes.append(phrase("map.more_events", events=len(dashed)))
    simulated = any(scene.simulated for scene in (*pair, *others))
    seen = redacted((facility, outline, pictures.before, pictures.after, drawn, of_pair), rules)
    html = draw_map(
        *seen,
        others=tuple(filter(None, redacted(pictures.others, rules))),
        looks=redacted(observations, rules),
        reviews=redacted(reviews, rules),
        events=redacted(events, rules),
        aside=aside(pair, observations, findings),
        notes=(*rules.withheld.sentences(), *notes, phrase("ledger.head", head=head)),
        simulated=simulated,
    )
    counted = {item.id for item in drawn if not item.candidate}
    rejected = len(rejected_ids(reviews) & counted)
    return FacilityMap(html, facility, len(counted), rejected, interval_words(*pair), not_shown)


def draw_compared_map(
    facility: Facility,
    scenes: tuple[Scene, Scene],
    observations: Sequence[Observation],
    findings: Sequence[Finding],
    margin_m: float,
    language: str | None = None,
    audience: str | None = None,
) -> str:
    """Draw the map of one comparison, without a workspace; return the page.

    Parameters
    ----------
    facility : Facility
    scenes : (Scene, Scene)
        Before and after.
    observations, findings
        What came of comparing them.
    margin_m : float
        As in the settings of the comparison.
    language : str or None
        ``en``, also where nothing is said, or ``ko``.
    audience : str or None
        ``internal``, also where nothing is said, ``partner`` or ``public``.
    """
    pair = (observations[0].before, observations[0].after)
    area = search_area(facility.outline, margin_m)
    events = join_events(findings, observations)
    with in_language(choose_language(language, DEFAULT)):
        settings = ReportSettings()
        readers = choose_audience(audience, settings)
        rules = rules_for(facility, readers, settings).with_scenes(pair)
        known = {scene.id: scene for scene in scenes}
        pictures = read_pictures(known, pair, area, rules=rules)
        seen = redacted(
            (
                facility, facility.outline, pictures.before, pictures.after, findings,
                observations,
            ),
            rules,
        )  # fmt: skip
        return draw_map(
            *seen,
            events=redacted(events, rules),
            notes=(*rules.withheld.sentences(), *pictures.notes),
            simulated=any(scene.simulated for scene in pair),
        )


def _scenes_of(record: Finding | Observation) -> Scenes:
    return record.before, record.after


def _targets(
    workspace: Workspace, ledger: Ledger, targets: Sequence[str]
) -> tuple[str, tuple[Finding, ...]]:
    """Tell a facility from findings; return the facility's id and the findings asked for."""
    if (workspace.aoi / f"{targets[0]}.geojson").is_file() or not targets[0].startswith(("E", "F")):
        if len(targets) > 1:
            raise InputError("A map shows one facility: name one, or findings of one pair.")
        return find_facility(workspace.aoi, targets[0]).id, ()
    named = (one for target in targets for one in find_findings(ledger, target))
    chosen = tuple({one.id: one for one in named}.values())
    places = {(item.facility_id, _scenes_of(item)) for item in chosen}
    if len(places) > 1:
        raise InputError(
            f"The {len(chosen)} findings belong to {len(places)} pairs of scenes, and a map shows "
            f"one: name findings of one pair."
        )
    return chosen[0].facility_id, chosen


def _pair(
    facility_id: str,
    observations: Sequence[Observation],
    chosen: Sequence[Finding],
    dates: tuple[str | None, str | None],
    events: Sequence[Event],
) -> Scenes:
    """Choose the pair to draw: the one asked for, else the one that a map opens with."""
    if chosen:
        return _scenes_of(chosen[0])
    before, after = dates
    candidates = [
        item
        for item in observations
        if (before is None or _is(item.before, before))
        and (after is None or _is(item.after, after))
    ]
    if not candidates:
        scanned = sorted({interval_words(*_scenes_of(item)) for item in observations})
        having = f"it was scanned {', '.join(scanned[:8])}" if scanned else "it was never scanned"
        raise InputError(
            f"There is no such scan of {facility_id}: {having}; run 'camp-monitor scan "
            f"{facility_id} --before DATE --after DATE' first."
        )
    if before is None and after is None:
        return opening_pair(candidates, events)
    return newest_pair(candidates)


def _is(scene: SceneReference, asked: str) -> bool:
    """Tell whether a date or an id names a scene."""
    if scene.id == asked:
        return True
    try:
        first, last = parse_acquired(asked)
    except SceneError:
        return False
    moments = (scene.acquired_from_at, scene.acquired_to_at)
    begins, ends = (parse_acquired(moment)[0] for moment in moments)
    return first <= begins and ends <= last


def _left_out(
    observations: Sequence[Observation],
    findings: Sequence[Finding],
    drawn: Sequence[Finding],
    pair: Scenes,
) -> list[str]:
    """Say that there is more than this page shows."""
    shown = {item.id for item in drawn}
    findings = [item for item in findings if not item.candidate]
    same = [item for item in findings if item.id not in shown and _scenes_of(item) == pair]
    other = [item for item in findings if _scenes_of(item) != pair]
    pairs = {_scenes_of(item) for item in observations} - {pair}
    notes = []
    if same:
        notes.append(phrase("map.more_here", findings=count_words(len(same), "more finding")))
    if pairs:
        notes.append(
            phrase(
                "map.more_pairs",
                pairs=count_words(len(pairs), "other pair"),
                findings=count_words(len(other), "finding"),
            )
        )
    return notes
