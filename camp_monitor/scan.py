"""The whole story: two scenes of a facility, compared, and what came of it recorded.

`scan` reads from top to bottom as the job does.  Each line of it is one step, and each step is one
function in one other file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from camp_monitor.detection.confidence import judge_confidence
from camp_monitor.detection.detection import Change, Detection
from camp_monitor.detection.detectors import DETECTORS
from camp_monitor.detection.regions import Region, outline_area, outline_regions, pixels_inside
from camp_monitor.errors import NotComparableError, SceneError
from camp_monitor.facilities import Facility, Outline, find_facility
from camp_monitor.facilities.surroundings import position, search_area
from camp_monitor.findings.finding import Finding, Observation, SceneReference, content_hash
from camp_monitor.findings.ledger import Added, Ledger, open_ledger
from camp_monitor.imagery.catalogue import check_unaltered, read_scenes
from camp_monitor.imagery.choosing import choose_scene
from camp_monitor.imagery.image import Quality
from camp_monitor.imagery.pair import Pair, check_comparable, make_pair
from camp_monitor.imagery.reading import choose_grid, read_image
from camp_monitor.imagery.scene import Scene
from camp_monitor.workspace import ScanSettings, Workspace

UNSEEN = {
    Quality.NODATA: "no data",
    Quality.CLOUD: "cloud",
    Quality.SHADOW: "cloud shadow",
    Quality.CIRRUS: "thin cloud",
    Quality.SNOW: "snow",
    Quality.SATURATED: "defective pixels",
}
"""What a reader is told of each quality flag."""
UNKNOWN_SHIFT_PX = 1.0
"""Taken for the shift left where it could not be measured."""


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
class Question:
    """What is asked of two scenes: the fields that every record of a scan has in common."""

    facility_id: str
    outline: Outline
    before: SceneReference
    after: SceneReference
    settings: ScanSettings


def scan(
    workspace: Workspace, facility_id: str, before: str, after: str, *, recorded_at: datetime
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

    Raises
    ------
    InputError
        No such facility, no outline, no such scene, or a damaged file.
    LedgerError
        The ledger cannot be written.
    """
    facility = find_facility(workspace.aoi, facility_id)
    outline, settings = facility.outline, workspace.configuration.scan
    area = search_area(outline, settings.margin_m)
    scenes = read_scenes(workspace.imagery)
    first = choose_scene(scenes, before, area, "before")
    second = choose_scene(scenes, after, area, "after")
    check_order(first, second)
    question = Question(facility.id, outline, refer(first), refer(second), settings)
    with open_ledger(workspace.ledger) as ledger:
        known = answered(ledger, question)
        observations, findings = known or compare(question, first, second, area)
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
    for method in DETECTORS:
        found = ledger.find_observation(**_asked(question, method))
        if found is None:
            return None
        observations.append(found)
    return observations, [ledger.finding(fid) for item in observations for fid in item.finding_ids]


def compare(
    question: Question, before: Scene, after: Scene, area: BaseGeometry
) -> tuple[list[Observation], list[Finding]]:
    """Look at two scenes for every kind of change; a refusal is an observation with its reason."""
    try:
        check_comparable(before, after)
        for scene in (before, after):
            check_unaltered(scene)
        grid = choose_grid(before, after, area, question.settings.context_px)
        pair = make_pair(before, after, grid, read_image, question.settings.max_residual_px)
    except NotComparableError as refusal:
        return [refused(question, method, str(refusal), area) for method in DETECTORS], []
    observations: list[Observation] = []
    findings: list[Finding] = []
    for method, detect in DETECTORS.items():
        try:
            detection = detect(pair)
        except NotComparableError as refusal:
            observations.append(refused(question, method, str(refusal), area))
            continue
        found = find(question, pair, detection, area)
        observations.append(observe(question, pair, detection, area, found))
        findings.extend(found)
    return observations, findings


def find(question: Question, pair: Pair, detection: Detection, area: BaseGeometry) -> list[Finding]:
    """Make a finding of each region that changed."""
    searched = pixels_inside(area, pair.grid)
    left = pair.shift_left.length_px if pair.shift_left.known else UNKNOWN_SHIFT_PX
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
            confidence=judge_confidence(region, change, pair),
            evidence=_evidence(region, pair, detection),
            caveats=_caveats(region, change, pair, detection),
        )
        for change in detection.changes
        for region in outline_regions(change, pair.grid, searched, left)
    ]


def observe(
    question: Question,
    pair: Pair,
    detection: Detection,
    area: BaseGeometry,
    findings: list[Finding],
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
    return Observation(
        **_asked(question, detection.method),
        outcome=outcome,
        seen_fraction=round(seen_fraction, 4),
        reason=_reason(pair, detection, unseen) if unseen.any() else "",
        not_seen=outline_area(unseen, pair.grid),
        finding_ids=tuple(finding.id for finding in findings),
        measured=(*_alignment_words(pair), *detection.measured),
        caveats=(*pair.caveats, *detection.caveats),
    )


def refused(question: Question, method: str, reason: str, area: BaseGeometry) -> Observation:
    """Record that two scenes could not be compared, and why: nothing of the area was seen."""
    return Observation(
        **_asked(question, method),
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


def settings_sha256(settings: ScanSettings) -> str:
    """Hash of the settings of a scan."""
    return content_hash(settings.model_dump(mode="json"))


def _asked(question: Question, method: str) -> dict[str, Any]:
    return {
        "facility_id": question.facility_id,
        "outline_version": question.outline.version,
        "method": method,
        "before": question.before,
        "after": question.after,
        "settings_sha256": settings_sha256(question.settings),
    }


def _evidence(region: Region, pair: Pair, detection: Detection) -> tuple[tuple[str, str], ...]:
    return (
        ("Strength", f"{region.strength:.2f} times the threshold (median over the region)"),
        ("Size", f"{region.pixels} pixels of {pair.pixel_m:.3g} m"),
        *_alignment_words(pair),
        *detection.measured,
    )


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
