"""The whole story: two scenes of a facility, compared, and what came of it recorded.

`scan` reads from top to bottom as the job does.  Each line of it is one step, and each step is one
function in one other file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from camp_monitor.assess.detection_limit import smallest_found
from camp_monitor.assess.findings import Question, Quiet, asked_of, find, observe, refer, refused
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.detectors import Detector, detectors
from camp_monitor.detect.regions import pixels_inside
from camp_monitor.detect.water.flooding import METHOD as FLOODING
from camp_monitor.detect.water.known_ground import (
    KnownGround,
    detect_where_water_can_be_new,
    know_ground,
)
from camp_monitor.errors import NotComparableError, SceneError
from camp_monitor.facilities import Facility, find_facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.ledger import Added, Ledger, open_ledger
from camp_monitor.pairs.pair import Pair, check_comparable, make_pair
from camp_monitor.pairs.selection import choose_earlier, choose_scene
from camp_monitor.records.finding import Finding, Observation, SceneReference
from camp_monitor.scenes.catalogue import check_unaltered, read_scenes
from camp_monitor.scenes.ground_files import (
    GroundFile,
    find_heights,
    find_usual_water,
    read_heights,
    read_usual_water,
)
from camp_monitor.scenes.reading import choose_grid, read_image
from camp_monitor.scenes.scene import Scene
from camp_monitor.workspace import GroundFiles, ScanSettings, Workspace


@dataclass(frozen=True)
class Scanned:
    """What a scan gave.

    Parameters
    ----------
    facility : Facility
    before, after : SceneReference
        The two scenes that were compared, or could not be.
    observations : tuple of Observation
        One for each detector.
    findings : tuple of Finding
        All of them, largest first for each kind.
    added : Added
        What of it the ledger did not hold before.
    """

    facility: Facility
    before: SceneReference
    after: SceneReference
    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    added: Added


@dataclass(frozen=True)
class Comparison:
    """Two scenes that are to be compared: all that a worker on another core or machine needs.

    Parameters
    ----------
    question : Question
    before, after : Scene
    area : shapely geometry
        Searched area, EPSG:4326.
    earlier : tuple of Scene
        The first of them, if there is one, is compared with `before` for the rate of false alarms;
        its own findings are not recorded.
    methods : tuple of str
        Of the detectors that are asked.
    """

    question: Question
    before: Scene
    after: Scene
    area: BaseGeometry
    earlier: tuple[Scene, ...] = ()
    methods: tuple[str, ...] = tuple(detectors())


Compared = tuple[list[Observation], list[Finding]]
"""Observations, one for each detector, and their findings."""


def scan(
    workspace: Workspace,
    facility_id: str,
    before: str,
    after: str,
    *,
    recorded_at: datetime,
    detectability: bool | None = None,
    ground_files: GroundFiles | None = None,
) -> Scanned:
    """Compare two scenes of a facility and record what was found, and what was not seen.

    Parameters
    ----------
    workspace : Workspace
    facility_id : str
        Of the registry.
    before, after : str
        A day or a longer interval in which the scene was taken, or the scene's id.
    recorded_at : datetime
        Now, in UTC, for the ledger.
    detectability : bool or None
        Whether structures are painted into the scenes, to say how small a one would be found; None
        as the settings of the workspace have it.
    ground_files : GroundFiles or None
        Heights, for slopes, and usual water; None as the settings of the workspace have it.

    Raises
    ------
    InputError
        No such facility, no outline, no such scene, or a file that is damaged or does not fit.
    LedgerError
        The ledger cannot be written.
    """
    facility = find_facility(workspace.aoi, facility_id)
    settings = workspace.configuration.scan
    if detectability is not None:
        settings = settings.model_copy(update={"detectability": detectability})
    files = workspace.ground_files if ground_files is None else ground_files
    subject = look_up(facility, settings, files)
    scenes = read_scenes(workspace.imagery)
    first = choose_scene(scenes, before, subject.area, "before")
    second = choose_scene(scenes, after, subject.area, "after")
    check_order(first, second)
    work = comparison_of(subject, first, second, scenes)
    with open_ledger(workspace.ledger) as ledger:
        observations, findings = answered(ledger, work) or compare(work)
        added = ledger.record(observations, findings, recorded_at=recorded_at)
    return Scanned(
        facility, work.question.before, work.question.after, tuple(observations), tuple(findings),
        added,
    )  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """What is the same in all comparisons of one facility.

    Parameters
    ----------
    facility : Facility
    settings : ScanSettings
    area : shapely geometry
        Searched area, EPSG:4326.
    dem, usual_water : GroundFile or None
    """

    facility: Facility
    settings: ScanSettings
    area: BaseGeometry
    dem: GroundFile | None
    usual_water: GroundFile | None


def look_up(facility: Facility, settings: ScanSettings, files: GroundFiles) -> Subject:
    """Say where is searched and what is known of the ground there.

    Raises
    ------
    FacilityError
        It has no outline.
    SceneError
        A named file is damaged or does not fit.
    """
    area = search_area(facility.outline, settings.margin_m)
    dem = find_heights(files.dem, area) if files.dem else None
    usual_water = find_usual_water(files.usual_water, area) if files.usual_water else None
    return Subject(facility, settings, area, dem, usual_water)


def comparison_of(
    subject: Subject,
    before: Scene,
    after: Scene,
    scenes: Sequence[Scene],
    methods: tuple[str, ...] = tuple(detectors()),
) -> Comparison:
    """Say what is to be compared, and which of `scenes` shows the place when it was quiet."""
    question = Question(
        subject.facility.id, subject.facility.outline, refer(before), refer(after),
        subject.settings, subject.dem, subject.usual_water,
    )  # fmt: skip
    earlier = tuple(choose_earlier(scenes, before, subject.area)[:1])
    return Comparison(question, before, after, subject.area, earlier, methods)


def check_order(before: Scene, after: Scene) -> None:
    """Refuse one scene named twice, or two named the wrong way round: a slip, and no observation.

    Raises
    ------
    SceneError
    """
    if before.id == after.id:
        raise SceneError(
            f"{before.id} ({before.dates}) was named as both the before and the after scene: name "
            f"two."
        )
    if after.acquired_to_at <= before.acquired_from_at:
        raise SceneError(
            f"The before scene {before.id} ({before.dates}) is not older than the after scene "
            f"{after.id} ({after.dates}): swap --before and --after."
        )


def answered(ledger: Ledger, work: Comparison) -> Compared | None:
    """Return what the ledger holds of this very question; None where a part of it is missing."""
    observations = []
    for method in work.methods:
        found = ledger.find_observation(**asked_of(work.question, method))
        if found is None:
            return None
        observations.append(found)
    return observations, [ledger.finding(fid) for item in observations for fid in item.finding_ids]


def compare(work: Comparison) -> Compared:
    """Look at two scenes for every kind of change; a refusal is an observation with its reason."""
    question, before, after, area = work.question, work.before, work.after, work.area
    try:
        check_comparable(before, after)
        for scene in (before, after):
            check_unaltered(scene)
        grid = choose_grid(before, after, area, question.settings.context_px)
        ground = read_ground(question, grid, area)
        asked = {
            method: detect
            for method, detect in detectors(question.settings.structure_model, ground).items()
            if method in work.methods
        }
        pair = make_pair(before, after, grid, read_image, question.settings.max_residual_px)
    except NotComparableError as refusal:
        return [refused(question, method, str(refusal), area) for method in work.methods], []
    searched = pixels_inside(area, grid)
    answers = {method: _answer(detect, pair) for method, detect in asked.items()}
    called = any(
        not isinstance(answer, NotComparableError)
        and any((change.changed & searched).any() for change in answer.changes)
        for answer in answers.values()
    )
    quiet = look_at_quiet(question, before, grid, work.earlier, asked) if called else Quiet()
    observations: list[Observation] = []
    findings: list[Finding] = []
    for method, answer in answers.items():
        if isinstance(answer, NotComparableError):
            observations.append(refused(question, method, str(answer), area))
            continue
        found = find(question, pair, answer, area, quiet, (before, after))
        smallest = None
        if question.settings.detectability and answer.changes:
            detect = asked[method]
            if ground and method == FLOODING:
                detect = partial(detect_where_water_can_be_new, ground)
            smallest = smallest_found(pair, detect, answer.changes[0].kind, searched)
        observations.append(observe(question, pair, answer, area, found, smallest))
        findings.extend(found)
    return observations, findings


def _answer(detect: Detector, pair: Pair) -> Detection | NotComparableError:
    try:
        return detect(pair)
    except NotComparableError as refusal:
        return refusal


def read_ground(question: Question, grid: GeoBox, area: BaseGeometry) -> KnownGround | None:
    """Read slope and usual water onto the grid of a pair; None where neither was named.

    Raises
    ------
    SceneError
        A file is damaged or holds other numbers, or there is no height in all of the area.
    """
    dem, usual_water = question.dem, question.usual_water
    if dem is None and usual_water is None:
        return None
    searched = pixels_inside(area, grid)
    heights = (dem.name, read_heights(dem, grid)) if dem else None
    usual = (usual_water.name, read_usual_water(usual_water, grid)) if usual_water else None
    if dem and heights and not np.isfinite(heights[1][searched]).any():
        raise SceneError(
            f"{dem.path} holds no height in the searched area: give a height model that does, or "
            f"scan without one."
        )
    return know_ground(grid, searched, heights, usual)


def look_at_quiet(
    question: Question,
    before: Scene,
    grid: GeoBox,
    earlier: Sequence[Scene],
    asked: Mapping[str, Detector],
) -> Quiet:
    """Let the detectors look at an earlier scene and `before`; what cannot be compared is left."""
    if not earlier:
        return Quiet()
    first = earlier[0]
    detections = {}
    try:
        check_comparable(first, before)
        check_unaltered(first)
        pair = make_pair(first, before, grid, read_image, question.settings.max_residual_px)
        for method, detect in asked.items():
            with suppress(NotComparableError):
                detections[method] = detect(pair)
    except NotComparableError:
        return Quiet()
    return Quiet(f"{first.dates} to {before.dates}", detections)
