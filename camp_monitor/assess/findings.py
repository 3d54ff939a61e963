"""From what the detectors answered to findings and observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.detection_limit import DetectionLimit
from camp_monitor.assess.explanations.examine import examine, prepare
from camp_monitor.assess.false_alarm_rate import Rate, rate_of
from camp_monitor.assess.probability import Confidence, judge_confidence
from camp_monitor.assess.question import Question, refer
from camp_monitor.assess.working_points import counts, expected
from camp_monitor.codes import Code, Measure
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.regions import (
    Region,
    candidate_pixels,
    outline_area,
    outline_regions,
    pixels_inside,
)
from camp_monitor.facilities.surroundings import position
from camp_monitor.notes import Note, measurements, note
from camp_monitor.pairs.pair import Pair
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.scenes.blocks import all_of, count_all_of, in_threads, strips
from camp_monitor.scenes.image import Quality, flagged

UNKNOWN_SHIFT_PX = 1.0
"""Taken for the shift left where it could not be measured."""
MOST_CANDIDATES = 40
"""Regions that were nearly called, kept of each kind of change: the surest."""


@dataclass(frozen=True, eq=False)
class Quiet:
    """What the same detectors called where nothing is known to have happened.

    Parameters
    ----------
    dates : (str, str)
        Of two earlier scenes of the same place; empty where there are none.
    detections : dict
        By method; missing where that detector could not compare the two.
    """

    dates: tuple[str, str] = ("", "")
    detections: Mapping[str, Detection] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Found:
    """A finding, and the pixels that it was made of."""

    finding: Finding
    region: Region


def find(
    question: Question,
    pair: Pair,
    detection: Detection,
    quiet: Quiet,
    searched: NDArray[np.bool_],
) -> list[Found]:
    """Make a finding of each region that changed, with how sure it is and what else it may be.

    Those below the working point of the settings are marked as candidates; `searched` is the
    ground of the question, (row, col).
    """
    left = pair.shift_left.length_px if pair.shift_left.known else UNKNOWN_SHIFT_PX
    regions = [
        (change, region, sure, counts(sure.probability, called, question.settings.sensitivity))
        for change in detection.changes
        for called, region, sure in _regions(change, pair, detection, searched, left)
    ]
    if not regions:
        return []
    rates = {
        change.kind: _rates(change, pair, detection, searched, quiet)
        for change in detection.changes
    }
    maps = prepare(pair, question.before, question.after)
    shared = _shifts(pair) | dict(detection.measured)

    def one(each: tuple[Change, Region, Confidence, bool]) -> Found:
        change, region, sure, reported = each
        finding = Finding(
            facility_id=question.facility_id,
            outline_version=question.outline.version,
            kind=change.kind,
            method=detection.method,
            before=refer(question.before),
            after=refer(question.after),
            geometry=region.geometry,
            area_m2=region.area_m2,
            area_low_m2=region.area_low_m2,
            area_high_m2=region.area_high_m2,
            position=position(region.geometry, question.outline),
            confidence=sure.word,
            probability=sure.probability,
            measurements=measurements(_own(region, pair) | shared | rates[change.kind]),
            caveats=_caveats(region, change, pair, detection, quiet, sure.is_tested),
            explanations=tuple(examine(maps, region.where, region.window, change.kind)),
            candidate=not reported,
        )
        return Found(finding, region)

    return in_threads(one, regions)


def _regions(
    change: Change, pair: Pair, detection: Detection, searched: NDArray[np.bool_], left_px: float
) -> Iterator[tuple[bool, Region, Confidence]]:
    """Give the regions that the detector called, then the surest of those that it nearly did."""
    for region in outline_regions(change, pair.grid, searched, left_px):
        yield True, region, judge_confidence(region, change)
    nearly = replace(change, changed=candidate_pixels(change, detection.seen))
    weaker = [
        (region, judge_confidence(region, change))
        for region in outline_regions(nearly, pair.grid, searched, left_px)
    ]
    weaker.sort(key=lambda item: -item[1].probability)
    for region, sure in weaker[:MOST_CANDIDATES]:
        yield False, region, sure


def observe(
    question: Question,
    pair: Pair,
    detection: Detection,
    found: Sequence[Finding],
    searched: NDArray[np.bool_],
    limit: DetectionLimit | None = None,
) -> Observation:
    """Say what share of the outline was seen, what was not, and what came of it."""
    seen_fraction = _seen_fraction(detection, pixels_inside(question.outline.geometry, pair.grid))
    unseen = searched.copy()
    for rows in strips(unseen.shape):
        unseen[rows] &= ~detection.seen[rows]
    findings = [finding for finding in found if not finding.candidate]
    outcome = "unchanged"
    if findings:
        outcome = "changed"
    elif seen_fraction < question.settings.min_seen_fraction:
        outcome = "not_seen"
    limits = (limit.note,) if limit else ()
    sensitivity = question.settings.sensitivity
    chosen = () if sensitivity == "balanced" else expected(detection.changes, sensitivity)
    return Observation(
        **question.asked(detection.method),
        outcome=outcome,
        seen_fraction=round(seen_fraction, 4),
        reasons=_reasons(pair, detection, unseen) if unseen.any() else (),
        not_seen=outline_area(unseen, pair.grid),
        finding_ids=tuple(finding.id for finding in findings),
        candidate_ids=tuple(finding.id for finding in found if finding.candidate),
        measurements=measurements(_shifts(pair) | dict(detection.measured)),
        caveats=(*limits, *chosen, *pair.caveats, *detection.caveats),
        detectable_m2=limit.area_m2 if limit else None,
        **_altered(pair, detection, searched),
    )


def _seen_fraction(detection: Detection, outlined: NDArray[np.bool_]) -> float:
    return count_all_of(detection.seen, outlined) / max(count_all_of(outlined), 1)


def _altered(pair: Pair, detection: Detection, searched: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the fields of an observation on ground that may have been built on, or not."""
    if detection.altered is None:
        return {}
    seen_px = count_all_of(detection.seen, searched)
    altered = all_of(detection.altered, searched)
    fraction = round(int(np.count_nonzero(altered)) / max(seen_px, 1), 4)
    for rows in strips(altered.shape):
        for change in detection.changes:
            altered[rows] &= ~change.changed[rows]
    return {"altered": outline_area(altered, pair.grid), "altered_fraction": fraction}


def refused(question: Question, method: str, reason: Note) -> Observation:
    """Record that two scenes could not be compared, and why: nothing of the area was seen."""
    return Observation(
        **question.asked(method),
        outcome="not_seen",
        seen_fraction=0.0,
        reasons=(reason,),
        not_seen=question.area,
    )


def _own(region: Region, pair: Pair) -> dict[str, float]:
    return {
        Measure.STRENGTH: region.strength,
        Measure.REGION_PX: region.pixels,
        Measure.PIXEL_M: pair.pixel_m,
    }


def _shifts(pair: Pair) -> dict[str, float]:
    """Return the shift between the dates; nothing where it could not be measured."""
    if not pair.shift_left.known:
        return {}
    return {
        Measure.SHIFT_FOUND_PX: pair.shift_found.length_px,
        Measure.SHIFT_LEFT_PX: pair.shift_left.length_px,
    }


def _rates(
    change: Change, pair: Pair, detection: Detection, searched: NDArray[np.bool_], quiet: Quiet
) -> dict[str, float]:
    """Say how often the same detector calls this kind of change where none is known."""
    around = rate_of(change, ~searched, detection.seen, pair.pixel_m)
    rates = _rate(around, Measure.AROUND_REGIONS, Measure.AROUND_KM2, Measure.AROUND_FRACTION)
    before = quiet.detections.get(detection.method)
    if before is not None:
        same = {item.kind: item for item in before.changes}.get(change.kind)
        rate = rate_of(same, searched, before.seen, pair.pixel_m)
        rates |= _rate(rate, Measure.EARLIER_REGIONS, Measure.EARLIER_KM2, Measure.EARLIER_FRACTION)
    return rates


def _rate(rate: Rate, regions: str, ground_km2: str, fraction: str) -> dict[str, float]:
    """Name the numbers of a rate; of too little ground only how much it was."""
    if not rate.enough:
        return {ground_km2: rate.ground_km2}
    return {
        regions: rate.regions,
        ground_km2: rate.ground_km2,
        fraction: rate.called_fraction,
    }


def _caveats(
    region: Region,
    change: Change,
    pair: Pair,
    detection: Detection,
    quiet: Quiet,
    is_tested: bool,
) -> tuple[Note, ...]:
    cut = (note(Code.GOES_ON),) if region.goes_on else ()
    untested = () if is_tested else (note(Code.UNTESTED),)
    earlier: tuple[Note, ...] = ()
    if detection.method in quiet.detections:
        earlier = (note(Code.EARLIER_DATES, first=quiet.dates[0], second=quiet.dates[1]),)
    return (*cut, *change.caveats, *detection.caveats, *pair.caveats, *untested, *earlier)


def _reasons(pair: Pair, detection: Detection, unseen: NDArray[np.bool_]) -> tuple[Note, ...]:
    """Say why part of the search area was not seen."""
    reasons = []
    usable_px = count_all_of(unseen, pair.usable)
    if usable_px < np.count_nonzero(unseen):
        flags = pair.before.flags[unseen] | pair.after.flags[unseen]
        names = tuple(str(flag.name).lower() for flag in Quality if flagged(flags, flag).any())
        reasons.append(note(Code.UNUSABLE, flags=names))
    if usable_px and detection.unseen:
        reasons.append(note(detection.unseen))
    if not reasons:
        reasons.append(note(Code.UNUSABLE, flags=("nodata",)))
    return tuple(reasons)
