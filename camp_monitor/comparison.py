"""The sentence of this project in one function: an outline and two scenes, compared.

`compare` is pure: no workspace, no ledger, no clock and no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from threadpoolctl import get_cached_controller

from camp_monitor.assess.detection_limit import DetectionLimit, smallest_found, unmeasured
from camp_monitor.assess.findings import Found, Quiet, find, observe, refused
from camp_monitor.assess.question import Question
from camp_monitor.assess.working_points import expected
from camp_monitor.codes import Code
from camp_monitor.detect.by_windows import answers as look_with
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.detectors import Detector, detectors
from camp_monitor.detect.doubt import check_agreement
from camp_monitor.detect.regions import pixels_inside
from camp_monitor.detect.water.flooding import METHOD as FLOODING
from camp_monitor.detect.water.known_ground import (
    KnownGround,
    detect_where_water_can_be_new,
    know_ground,
    where_water_can_be_new,
)
from camp_monitor.errors import Refusal, SceneError
from camp_monitor.notes import Note, note
from camp_monitor.pairs.mixed import is_mixed
from camp_monitor.pairs.pair import Pair, Reader, check_comparable, make_pair
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.scenes.blocks import all_of, blank, meet
from camp_monitor.scenes.catalogue import check_unaltered
from camp_monitor.scenes.cloud_screening import reader
from camp_monitor.scenes.ground_files import read_heights, read_permanent_water
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.reading import choose_grid
from camp_monitor.scenes.sar.terrain import SENTINEL1_LOOK_DEG, hidden_by_terrain
from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.stored import in_memory, scratch

NOT_SEEN, UNCHANGED, CHANGED = 0, 1, 2
"""The three answers, as `Compared.states` holds them."""


@dataclass(frozen=True, eq=False)
class Compared:
    """What came of a comparison.

    Parameters
    ----------
    observations : tuple of Observation
        One for each detector.
    findings : tuple of Finding
        All that count, largest first for each kind.
    candidates : tuple of Finding
        Those below the working point.
    expected : tuple of Note
        What the working point gave where the truth is known.
    pair : Pair or None
        Both images on one grid; None where the scenes could not be compared.
    states : ndarray or None
        uint8, (question, row, col) on the grid of `pair`, in the order of `observations`:
        `NOT_SEEN`, `UNCHANGED` or `CHANGED`; beyond the search area `NOT_SEEN`.
    """

    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    candidates: tuple[Finding, ...] = ()
    expected: tuple[Note, ...] = ()
    pair: Pair | None = None
    states: NDArray[np.uint8] | None = None

    @property
    def records(self) -> tuple[list[Observation], list[Finding]]:
        """What a ledger keeps of it."""
        return list(self.observations), [*self.findings, *self.candidates]


def compare(question: Question) -> Compared:
    """Look at two scenes for every kind of change; a refusal is an observation with its reason.

    BLAS uses one thread for it: its matrices are a few bands high, threads that wait for each other
    would cost more than they give, and sums would differ with the number of cores.  What is large
    is parted into blocks, with a thread for each.
    """
    with get_cached_controller().limit(limits=1, user_api="blas"):
        return _compare(question)


def _compare(question: Question) -> Compared:
    try:
        check_comparable(question.before, question.after)
        for scene in (question.before, question.after):
            check_unaltered(scene)
        context_px = question.settings.context_px
        grid = choose_grid(question.before, question.after, question.area, context_px)
        ground = read_ground(question, grid)
        asked = _asked(question, ground)
        read = _reader(question, ground)
        residual_px = question.settings.max_residual_px
        pair = make_pair(question.before, question.after, grid, read, residual_px)
    except Refusal as refusal:
        return Compared(
            tuple(refused(question, method, refusal.note) for method in question.methods), ()
        )
    if ground and ground.hidden is not None:
        pair = replace(pair, caveats=(*pair.caveats, *ground.of_heights))
    searched = pixels_inside(question.area, grid)
    open_to = {FLOODING: searched & where_water_can_be_new(ground, pair)} if ground else {}
    answers = {
        method: _doubted(answer, pair, open_to.get(method, searched))
        for method, answer in look_with(asked, pair).items()
    }
    quiet = look_at_quiet(question, grid, asked, read) if _called(answers, searched) else Quiet()
    observations: list[Observation] = []
    findings: list[Finding] = []
    states = scratch((len(answers), *grid.shape), np.uint8)
    if in_memory(states):  # in a file they begin as zeros
        states[:] = NOT_SEEN
    for number, (method, answer) in enumerate(answers.items()):
        if isinstance(answer, Refusal):
            observations.append(refused(question, method, answer.note))
            continue
        found = find(question, pair, answer, quiet, searched)
        own = [item.finding for item in found]
        limit = _limit(question, pair, asked[method], answer, searched, ground)
        observations.append(observe(question, pair, answer, own, searched, limit))
        findings.extend(own)
        _mark(states[number], all_of(answer.seen, searched), found)
    count, below = (
        tuple(item for item in findings if item.candidate == candidate)
        for candidate in (False, True)
    )
    changes = [
        one for answer in answers.values() if isinstance(answer, Detection)
        for one in answer.changes
    ]  # fmt: skip
    said = expected(changes, question.settings.sensitivity)
    return Compared(tuple(observations), count, below, said, pair, states)


def _asked(question: Question, ground: KnownGround | None) -> dict[str, Detector]:
    every = detectors(question.settings.structure_model, ground)
    return {method: detect for method, detect in every.items() if method in question.methods}


def _doubted(
    answer: Detection | Refusal, pair: Pair, searched: NDArray[np.bool_]
) -> Detection | Refusal:
    if isinstance(answer, Refusal):
        return answer
    try:
        check_agreement(pair, answer, searched)
        return answer
    except Refusal as refusal:
        return refusal


def _called(answers: Mapping[str, Detection | Refusal], searched: NDArray[np.bool_]) -> bool:
    """Tell whether any detector called any change in the search area."""
    return any(
        meet(change.changed, searched)
        for answer in answers.values()
        if isinstance(answer, Detection)
        for change in answer.changes
    )


def _limit(
    question: Question,
    pair: Pair,
    detect: Detector,
    answer: Detection,
    searched: NDArray[np.bool_],
    ground: KnownGround | None,
) -> DetectionLimit | None:
    """Measure how small a structure would have been found, where that is asked for."""
    if not question.settings.detectability or not answer.changes:
        return None
    if ground and answer.method == FLOODING:
        detect = partial(detect_where_water_can_be_new, ground)
    kind = answer.changes[0].kind
    try:
        return smallest_found(pair, detect, kind, searched)
    except Refusal as refusal:  # nothing can be painted; what was found stands all the same
        return unmeasured(kind, refusal.note)


def _mark(states: NDArray[np.uint8], seen: NDArray[np.bool_], found: list[Found]) -> None:
    blank(states, seen, UNCHANGED)
    for item in found:
        if item.finding.candidate:
            continue
        marked = states[item.region.window]
        marked[item.region.where] = CHANGED
        states[item.region.window] = marked


def read_ground(question: Question, grid: GeoBox) -> KnownGround | None:
    """Read slope and permanent water onto the grid of a pair; None where neither was named.

    Raises
    ------
    SceneError
        A file is damaged or holds other numbers, or there is no height in all of the area.
    """
    dem, usual_water = question.dem, question.usual_water
    if dem is None and usual_water is None:
        return None
    searched = pixels_inside(question.area, grid)
    heights = (dem.name, read_heights(dem, grid)) if dem else None
    usual = (usual_water.name, read_permanent_water(usual_water, grid)) if usual_water else None
    fetched = dem and dem.credit  # it may end at a coast
    if dem and heights and not fetched and not np.isfinite(heights[1][searched]).any():
        raise SceneError(
            f"{dem.path} holds no height in the searched area: give a height model that does, or "
            f"scan without one."
        )
    known = know_ground(grid, searched, heights, usual)
    credits = (
        note(Code.GROUND_CREDIT, file=file.name, credit=file.credit)
        for file in (dem, usual_water)
        if file and file.credit
    )
    radar = question.before if question.before.sensor == "sentinel-1" else question.after
    hidden = heights and _hidden(radar, heights[1], abs(grid.affine.a))
    return replace(known, caveats=(*known.caveats, *credits), hidden=hidden)


def _hidden(
    scene: Scene, height_m: NDArray[np.float32], pixel_m: float
) -> NDArray[np.bool_] | None:
    """Return what Sentinel-1 cannot see, if its scene lies in its place also on slopes.

    None where it sees everything.
    """
    look_deg = SENTINEL1_LOOK_DEG.get(scene.orbit_state or "")
    if scene.sensor != "sentinel-1" or scene.geocoding is not None or look_deg is None:
        return None
    hidden = hidden_by_terrain(height_m, pixel_m, look_deg)
    return hidden if hidden.any() else None


def _reader(question: Question, ground: KnownGround | None) -> Reader:
    """Return what reads a scene onto the grid of `ground`, and flags what terrain hides of it."""
    plain = reader(question.settings.cloud_mask)
    if ground is None or ground.hidden is None:
        return plain
    hidden = ground.hidden

    def read(scene: Scene, grid: GeoBox, shift_px: tuple[float, float]) -> Image:
        image = plain(scene, grid, shift_px)
        if not image.nature.radar:
            return image
        flags = image.flags | np.where(
            hidden & image.usable, np.uint8(Quality.TERRAIN), np.uint8(0)
        )
        return replace(image, flags=flags)

    return read


def look_at_quiet(
    question: Question, grid: GeoBox, asked: Mapping[str, Detector], read: Reader
) -> Quiet:
    """Let the detectors look at an earlier scene and `before`; what cannot be compared is left."""
    first, before = question.earlier, question.before
    if first is None or is_mixed(before, question.after):
        return Quiet()  # two scenes of one sensor say nothing of how often two sensors differ
    detections = {}
    try:
        check_comparable(first, before)
        check_unaltered(first)
        pair = make_pair(first, before, grid, read, question.settings.max_residual_px)
        for method, answer in look_with(asked, pair).items():
            if isinstance(answer, Detection):
                detections[method] = answer
    except Refusal:
        return Quiet()
    return Quiet((first.dates, before.dates), detections)
