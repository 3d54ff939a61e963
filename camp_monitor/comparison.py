"""The sentence of this project in one function: an outline and two scenes, compared.

`compare` is pure: no workspace, no ledger, no clock and no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.assess.detection_limit import DetectionLimit, smallest_found
from camp_monitor.assess.findings import Found, Quiet, find, observe, refused
from camp_monitor.assess.question import Question
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.detectors import Detector, detectors
from camp_monitor.detect.doubt import check_agreement
from camp_monitor.detect.regions import pixels_inside
from camp_monitor.detect.water.flooding import METHOD as FLOODING
from camp_monitor.detect.water.known_ground import (
    KnownGround,
    detect_where_water_can_be_new,
    know_ground,
)
from camp_monitor.errors import Refusal, SceneError
from camp_monitor.pairs.mixed import is_mixed
from camp_monitor.pairs.pair import Pair, Reader, check_comparable, make_pair
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.scenes.catalogue import check_unaltered
from camp_monitor.scenes.cloud_screening import reader
from camp_monitor.scenes.ground_files import read_heights, read_permanent_water
from camp_monitor.scenes.reading import choose_grid

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
        All of them, largest first for each kind.
    pair : Pair or None
        Both images on one grid; None where the scenes could not be compared.
    states : ndarray or None
        uint8, (question, row, col) on the grid of `pair`, in the order of `observations`:
        `NOT_SEEN`, `UNCHANGED` or `CHANGED`; beyond the search area `NOT_SEEN`.
    """

    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    pair: Pair | None = None
    states: NDArray[np.uint8] | None = None

    @property
    def records(self) -> tuple[list[Observation], list[Finding]]:
        """What a ledger keeps of it."""
        return list(self.observations), list(self.findings)


def compare(question: Question) -> Compared:
    """Look at two scenes for every kind of change; a refusal is an observation with its reason."""
    try:
        check_comparable(question.before, question.after)
        for scene in (question.before, question.after):
            check_unaltered(scene)
        context_px = question.settings.context_px
        grid = choose_grid(question.before, question.after, question.area, context_px)
        ground = read_ground(question, grid)
        asked = _asked(question, ground)
        pair = make_pair(question.before, question.after, grid, *_manner(question))
    except Refusal as refusal:
        return Compared(
            tuple(refused(question, method, refusal.note) for method in question.methods), ()
        )
    searched = pixels_inside(question.area, grid)
    answers = {method: _answer(detect, pair, searched) for method, detect in asked.items()}
    quiet = look_at_quiet(question, grid, asked) if _called(answers, searched) else Quiet()
    observations: list[Observation] = []
    findings: list[Finding] = []
    states = np.full((len(answers), *grid.shape), NOT_SEEN, np.uint8)
    for number, (method, answer) in enumerate(answers.items()):
        if isinstance(answer, Refusal):
            observations.append(refused(question, method, answer.note))
            continue
        found = find(question, pair, answer, quiet)
        own = [item.finding for item in found]
        limit = _limit(question, pair, asked[method], answer, ground)
        observations.append(observe(question, pair, answer, own, limit))
        findings.extend(own)
        _mark(states[number], answer.seen & searched, found)
    return Compared(tuple(observations), tuple(findings), pair, states)


def _manner(question: Question) -> tuple[Reader, float]:
    return reader(question.settings.cloud_mask), question.settings.max_residual_px


def _asked(question: Question, ground: KnownGround | None) -> dict[str, Detector]:
    every = detectors(question.settings.structure_model, ground)
    return {method: detect for method, detect in every.items() if method in question.methods}


def _answer(detect: Detector, pair: Pair, searched: NDArray[np.bool_]) -> Detection | Refusal:
    try:
        detection = detect(pair)
        check_agreement(pair, detection, searched)
        return detection
    except Refusal as refusal:
        return refusal


def _called(answers: Mapping[str, Detection | Refusal], searched: NDArray[np.bool_]) -> bool:
    """Tell whether any detector called any change in the search area."""
    return any(
        (change.changed & searched).any()
        for answer in answers.values()
        if isinstance(answer, Detection)
        for change in answer.changes
    )


def _limit(
    question: Question,
    pair: Pair,
    detect: Detector,
    answer: Detection,
    ground: KnownGround | None,
) -> DetectionLimit | None:
    """Measure how small a structure would have been found, where that is asked for."""
    if not question.settings.detectability or not answer.changes:
        return None
    if ground and answer.method == FLOODING:
        detect = partial(detect_where_water_can_be_new, ground)
    searched = pixels_inside(question.area, pair.grid)
    return smallest_found(pair, detect, answer.changes[0].kind, searched)


def _mark(states: NDArray[np.uint8], seen: NDArray[np.bool_], found: list[Found]) -> None:
    states[seen] = UNCHANGED
    for item in found:
        states[item.region.window][item.region.where] = CHANGED


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
    if dem and heights and not np.isfinite(heights[1][searched]).any():
        raise SceneError(
            f"{dem.path} holds no height in the searched area: give a height model that does, or "
            f"scan without one."
        )
    return know_ground(grid, searched, heights, usual)


def look_at_quiet(question: Question, grid: GeoBox, asked: Mapping[str, Detector]) -> Quiet:
    """Let the detectors look at an earlier scene and `before`; what cannot be compared is left."""
    first, before = question.earlier, question.before
    if first is None or is_mixed(before, question.after):
        return Quiet()  # two scenes of one sensor say nothing of how often two sensors differ
    detections = {}
    try:
        check_comparable(first, before)
        check_unaltered(first)
        pair = make_pair(first, before, grid, *_manner(question))
        for method, detect in asked.items():
            with suppress(Refusal):
                detections[method] = detect(pair)
    except Refusal:
        return Quiet()
    return Quiet((first.dates, before.dates), detections)
