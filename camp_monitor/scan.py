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

from camp_monitor.answers import Question, Quiet, asked_of, find, observe, refer, refused
from camp_monitor.detection.detectability import smallest_found
from camp_monitor.detection.detectors import Detector, detectors
from camp_monitor.detection.flooding import METHOD as FLOODING
from camp_monitor.detection.known_ground import (
    KnownGround,
    detect_where_water_can_be_new,
    know_ground,
)
from camp_monitor.detection.regions import pixels_inside
from camp_monitor.errors import NotComparableError, SceneError
from camp_monitor.facilities import Facility, find_facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.findings.finding import Finding, Observation, SceneReference
from camp_monitor.findings.ledger import Added, Ledger, open_ledger
from camp_monitor.imagery.catalogue import check_unaltered, read_scenes
from camp_monitor.imagery.choosing import choose_earlier, choose_scene
from camp_monitor.imagery.ground_files import (
    find_heights,
    find_usual_water,
    read_heights,
    read_usual_water,
)
from camp_monitor.imagery.pair import check_comparable, make_pair
from camp_monitor.imagery.reading import choose_grid, read_image
from camp_monitor.imagery.scene import Scene
from camp_monitor.workspace import GroundFiles, Workspace


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
    outline, settings = facility.outline, workspace.configuration.scan
    if detectability is not None:
        settings = settings.model_copy(update={"detectability": detectability})
    area = search_area(outline, settings.margin_m)
    scenes = read_scenes(workspace.imagery)
    first = choose_scene(scenes, before, area, "before")
    second = choose_scene(scenes, after, area, "after")
    check_order(first, second)
    files = workspace.ground_files if ground_files is None else ground_files
    dem = find_heights(files.dem, area) if files.dem else None
    usual_water = find_usual_water(files.usual_water, area) if files.usual_water else None
    question = Question(
        facility.id, outline, refer(first), refer(second), settings, dem, usual_water
    )
    with open_ledger(workspace.ledger) as ledger:
        known = answered(ledger, question)
        earlier = choose_earlier(scenes, first, area)[:1]
        observations, findings = known or compare(question, first, second, area, earlier)
        added = ledger.record(observations, findings, recorded_at=recorded_at)
    return Scanned(
        facility, question.before, question.after, tuple(observations), tuple(findings), added
    )


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


def answered(ledger: Ledger, question: Question) -> tuple[list[Observation], list[Finding]] | None:
    """Return what the ledger holds of this very question; None where a part of it is missing."""
    observations = []
    for method in detectors():
        found = ledger.find_observation(**asked_of(question, method))
        if found is None:
            return None
        observations.append(found)
    return observations, [ledger.finding(fid) for item in observations for fid in item.finding_ids]


def compare(
    question: Question,
    before: Scene,
    after: Scene,
    area: BaseGeometry,
    earlier: Sequence[Scene] = (),
) -> tuple[list[Observation], list[Finding]]:
    """Look at two scenes for every kind of change; a refusal is an observation with its reason.

    The first of the `earlier` scenes, if there is one, is compared with `before` for the rate of
    false alarms; its own findings are not recorded.
    """
    try:
        check_comparable(before, after)
        for scene in (before, after):
            check_unaltered(scene)
        grid = choose_grid(before, after, area, question.settings.context_px)
        ground = read_ground(question, grid, area)
        asked = detectors(question.settings.structure_model, ground)
        pair = make_pair(before, after, grid, read_image, question.settings.max_residual_px)
    except NotComparableError as refusal:
        return [refused(question, method, str(refusal), area) for method in detectors()], []
    quiet = look_at_quiet(question, before, grid, earlier, asked)
    observations: list[Observation] = []
    findings: list[Finding] = []
    for method, detect in asked.items():
        try:
            detection = detect(pair)
        except NotComparableError as refusal:
            observations.append(refused(question, method, str(refusal), area))
            continue
        found = find(question, pair, detection, area, quiet, (before, after))
        smallest = None
        if question.settings.detectability and detection.changes:
            searched = pixels_inside(area, pair.grid)
            if ground and method == FLOODING:
                detect = partial(detect_where_water_can_be_new, ground)
            smallest = smallest_found(pair, detect, detection.changes[0].kind, searched)
        observations.append(observe(question, pair, detection, area, found, smallest))
        findings.extend(found)
    return observations, findings


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
