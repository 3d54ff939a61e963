"""What a scan says: findings and observations made of what the detectors answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from camp_monitor.assess.detection_limit import Detectability
from camp_monitor.assess.explanations.examine import RivalMaps, examine, prepare
from camp_monitor.assess.false_alarm_rate import rate_of
from camp_monitor.assess.probability import judge_confidence
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.regions import Region, outline_area, outline_regions, pixels_inside
from camp_monitor.facilities import Outline
from camp_monitor.facilities.surroundings import position
from camp_monitor.pairs.pair import Pair
from camp_monitor.records.finding import Finding, Observation, SceneReference, content_hash
from camp_monitor.scenes.ground_files import GroundFile
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.scene import Scene
from camp_monitor.workspace import ScanSettings

UNSEEN = {
    Quality.NODATA: "no data",
    Quality.CLOUD: "cloud",
    Quality.SHADOW: "cloud shadow",
    Quality.CIRRUS: "thin cloud",
    Quality.SNOW: "snow",
    Quality.SATURATED: "defective pixels",
}
"""What a reader is told of each quality flag."""
UNTESTED = (
    "No labelled images have tested this way of finding: its probability is that of other ways "
    "with like evidence."
)
SMALLEST = "Smallest that would have been found"
"""Name of that measurement in an observation."""
UNKNOWN_SHIFT_PX = 1.0
"""Taken for the shift left where it could not be measured."""


@dataclass(frozen=True)
class Question:
    """What is asked of two scenes: the fields that every record of a scan has in common."""

    facility_id: str
    outline: Outline
    before: SceneReference
    after: SceneReference
    settings: ScanSettings
    dem: GroundFile | None = None
    usual_water: GroundFile | None = None


@dataclass(frozen=True, eq=False)
class Quiet:
    """What the same detectors called where nothing is known to have happened.

    Parameters
    ----------
    dates : str
        Of two earlier scenes of the same place; empty where there are none.
    detections : dict
        By method; missing where that detector could not compare the two.
    """

    dates: str = ""
    detections: Mapping[str, Detection] = field(default_factory=dict)


def find(
    question: Question,
    pair: Pair,
    detection: Detection,
    area: BaseGeometry,
    quiet: Quiet,
    scenes: tuple[Scene, Scene],
) -> list[Finding]:
    """Make a finding of each region that changed, with how sure it is and what else it may be."""
    searched = pixels_inside(area, pair.grid)
    left = pair.shift_left.length_px if pair.shift_left.known else UNKNOWN_SHIFT_PX
    found = [
        (change, region, judge_confidence(region, change))
        for change in detection.changes
        for region in outline_regions(change, pair.grid, searched, left)
    ]
    rates = {
        change.kind: _rate_words(change, pair, detection, searched, quiet)
        for change in detection.changes
    }
    maps = prepare(pair, *scenes) if found else None
    return [
        Finding(
            facility_id=question.facility_id,
            outline_version=question.outline.version,
            kind=change.kind,
            method=detection.method,
            before=question.before,
            after=question.after,
            geometry=region.geometry,
            area_m2=region.area_m2,
            area_low_m2=region.area_low_m2,
            area_high_m2=region.area_high_m2,
            position=position(region.geometry, question.outline),
            confidence=sure.word,
            probability=sure.probability,
            evidence=(*_evidence(region, pair, detection), *rates[change.kind]),
            caveats=(
                *_caveats(region, change, pair, detection),
                *(UNTESTED,) * (not sure.is_tested),
            ),
            rivals=_rivals(maps, region, change),
        )
        for change, region, sure in found
    ]


def observe(
    question: Question,
    pair: Pair,
    detection: Detection,
    area: BaseGeometry,
    findings: list[Finding],
    detectability: Detectability | None = None,
) -> Observation:
    """Say what share of the outline was seen, what was not, and what came of it."""
    outlined = pixels_inside(question.outline.geometry, pair.grid)
    seen_fraction = float((detection.seen & outlined).sum() / max(outlined.sum(), 1))
    unseen = pixels_inside(area, pair.grid) & ~detection.seen
    too_little = seen_fraction < question.settings.min_seen_fraction
    outcome = "unchanged"
    if findings:
        outcome = "changed"
    elif too_little:
        outcome = "not_seen"
    smallest = ((SMALLEST, detectability.words),) if detectability else ()
    return Observation(
        **asked_of(question, detection.method),
        outcome=outcome,
        seen_fraction=round(seen_fraction, 4),
        reason=_reason(pair, detection, unseen) if unseen.any() else "",
        not_seen=outline_area(unseen, pair.grid),
        finding_ids=tuple(finding.id for finding in findings),
        measured=(*_alignment_words(pair), *detection.measured, *smallest),
        caveats=(*pair.caveats, *detection.caveats),
        detectable_m2=detectability.area_m2 if detectability else None,
        **_altered(pair, detection, pixels_inside(area, pair.grid)),
    )


def _altered(pair: Pair, detection: Detection, searched: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the fields of an observation on ground that may have been built on, or not."""
    if detection.altered is None:
        return {}
    altered = detection.altered & searched
    seen = detection.seen & searched
    found = np.zeros_like(altered)
    for change in detection.changes:
        found |= change.changed
    return {
        "altered": outline_area(altered & ~found, pair.grid),
        "altered_fraction": round(float(altered.sum() / max(seen.sum(), 1)), 4),
    }


def refused(question: Question, method: str, reason: str, area: BaseGeometry) -> Observation:
    """Record that two scenes could not be compared, and why: nothing of the area was seen."""
    return Observation(
        **asked_of(question, method),
        outcome="not_seen",
        seen_fraction=0.0,
        reason=reason,
        not_seen=area,
    )


def refer(scene: Scene) -> SceneReference:
    """Return what a record keeps of a scene."""
    return SceneReference(
        id=scene.id,
        sensor=scene.sensor,
        acquired_from_at=scene.acquired_from_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        acquired_to_at=scene.acquired_to_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sha256=scene.sha256,
        licence=scene.licence,
        credit=scene.credit,
    )


def settings_sha256(question: Question) -> str:
    """Hash of the settings of a scan; of files that they name, of the name and the bytes."""
    content = question.settings.model_dump(mode="json", exclude={"dem", "usual_water"})
    for word, file in (("dem", question.dem), ("usual_water", question.usual_water)):
        if file is not None:
            content[word] = {"name": file.name, "sha256": file.sha256}
    return content_hash(content)


def asked_of(question: Question, method: str) -> dict[str, Any]:
    """Return the fields of an observation that say what was asked."""
    return {
        "facility_id": question.facility_id,
        "outline_version": question.outline.version,
        "method": method,
        "before": question.before,
        "after": question.after,
        "settings_sha256": settings_sha256(question),
    }


def _evidence(region: Region, pair: Pair, detection: Detection) -> tuple[tuple[str, str], ...]:
    return (
        ("Strength", f"{region.strength:.2f} times the threshold (median over the region)"),
        ("Size", f"{region.pixels} pixels of {pair.pixel_m:.3g} m"),
        *_alignment_words(pair),
        *detection.measured,
    )


def _rivals(
    maps: RivalMaps | None, region: Region, change: Change
) -> tuple[tuple[str, str, str], ...]:
    if maps is None:
        return ()
    examined = examine(maps, region.where, region.window, change.kind)
    return tuple((rival.cause, rival.verdict, rival.reason) for rival in examined)


def _rate_words(
    change: Change,
    pair: Pair,
    detection: Detection,
    searched: NDArray[np.bool_],
    quiet: Quiet,
) -> tuple[tuple[str, str], ...]:
    """Say how often the same detector calls this kind of change where none is known."""
    around = rate_of(change, ~searched, detection.seen, pair.pixel_m)
    words = [("Called in the surroundings", around.words)]
    before = quiet.detections.get(detection.method)
    if before is not None:
        same = {item.kind: item for item in before.changes}.get(change.kind)
        rate = rate_of(same, searched, before.seen, pair.pixel_m)
        words.append((f"Called here from {quiet.dates}", rate.words))
    return tuple(words)


def _caveats(region: Region, change: Change, pair: Pair, detection: Detection) -> tuple[str, ...]:
    cut = ("The change goes on beyond the searched area.",) if region.goes_on else ()
    return (*cut, *change.caveats, *detection.caveats, *pair.caveats)


def _reason(pair: Pair, detection: Detection, unseen: NDArray[np.bool_]) -> str:
    """Say why part of the searched area was not seen."""
    causes = []
    if (unseen & ~pair.usable).any():
        flags = pair.before.flags[unseen] | pair.after.flags[unseen]
        names = [UNSEEN[flag] for flag in Quality if (flags & flag).any()]
        causes.append(f"not usable in one of the images or both: {', '.join(names)}")
    if (unseen & pair.usable).any() and detection.unseen:
        causes.append(detection.unseen)
    return f"Not seen in the searched area: {'; '.join(causes)}."


def _alignment_words(pair: Pair) -> tuple[tuple[str, str], ...]:
    found, left = pair.shift_found, pair.shift_left
    if not left.known:
        return (("Shift between the dates", "could not be measured"),)
    return (
        ("Shift between the dates", f"{found.length_px:.2f} pixels found, "
         f"{left.length_px:.2f} left"),
    )  # fmt: skip
