"""A large ledger of painted findings, made by the recording API: many facilities and dates each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Cause, Code, Measure, Verdict
from camp_monitor.facilities import Facility, Outline, bundled_registry, write_facility
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import Explanation, measurements, note
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, utc_text
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.workspace import Workspace, create_workspace

PAIRS, OF_PAIR, SITES = 25, 10, 60
"""Pairs of scenes of a facility, findings of a pair and method, pieces of ground they are on."""
KINDS = {"construction/9": ("construction", "built_up"), "flooding/9": ("flooding", "water_gain")}
A_FACILITY = PAIRS * OF_PAIR * len(KINDS)
RECORDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
REVIEWED = 40
"""Of so many findings one is reviewed."""


def make_workspace(folder: Path, findings: int) -> Workspace:
    """Make a workspace whose ledger holds so many findings, of 500 a facility; the same each time.

    A finding has a polygon of 12 to 40 corners, measurements, caveats and explanations, as those
    of a scan; of each pair and method some ground was not seen.
    """
    workspace = create_workspace(folder, bundled_registry())
    for path in workspace.aoi.glob("*.geojson"):
        path.unlink()
    with open_ledger(workspace.ledger) as ledger:
        for number in range(max(findings // A_FACILITY, 1)):
            rng = np.random.default_rng(number)
            facility = f"painted-{number:04d}"
            west, south = 124 + number % 60 * 0.1, 38 + number // 60 * 0.1
            outline = Outline(
                shapely.box(west, south, west + 0.04, south + 0.03), "drawn", 20.0, 1, "painted",
                "painted",
            )  # fmt: skip
            write_facility(
                Facility(facility, f"Painted {number}", outlines=(outline,)),
                workspace.aoi / f"{facility}.geojson",
            )
            most = min(findings, A_FACILITY)
            pairs = list(_scans(rng, facility, (west, south), most // len(KINDS) // OF_PAIR))
            found = [finding for _, own in pairs for finding in own]
            ledger.record([look for look, _ in pairs], found, recorded_at=RECORDED_AT)
            for place in range(0, len(found), REVIEWED):
                verdict = ("confirmed", "rejected", "unsure")[place // REVIEWED % 3]
                review = Review(found[place].id, verdict, "R. N.", utc_text(RECORDED_AT))
                ledger.review(review, recorded_at=RECORDED_AT)
    return workspace


def _scans(
    rng: np.random.Generator, facility: str, corner: tuple[float, float], pairs: int
) -> Iterator[tuple[Observation, list[Finding]]]:
    sites = corner + rng.uniform((0.001, 0.001), (0.039, 0.029), (SITES, 2))
    first = datetime(2016, 3, 1, 2, 11, 21, tzinfo=UTC)
    scenes = [_scene(first + timedelta(days=80 * one), facility) for one in range(pairs + 1)]
    for before, after in pairwise(scenes):
        for method, kinds in KINDS.items():
            chosen = rng.choice(SITES, OF_PAIR, replace=False)
            found = [
                _finding(rng, facility, (method, kinds[site % 2]), (before, after), sites[site])
                for site in chosen
            ]
            hidden = _blob(rng, corner + rng.uniform(0.005, 0.025, 2), 0.004, 120)
            observation = Observation(
                facility, 1, method, before, after, "5" * 64, "changed", 0.93,
                reasons=(note(Code.UNUSABLE, flags=("cloud",)),), not_seen=hidden,
                finding_ids=tuple(one.id for one in found if not one.candidate),
                candidate_ids=tuple(one.id for one in found if one.candidate),
                measurements=measurements({Measure.SHIFT_FOUND_PX: 0.4, Measure.PIXEL_M: 10.0}),
            )  # fmt: skip
            yield observation, found


def _finding(
    rng: np.random.Generator,
    facility: str,
    what: tuple[str, str],
    scenes: tuple[SceneReference, SceneReference],
    centre: tuple[float, float],
) -> Finding:
    method, kind = what
    area_m2 = float(rng.uniform(400, 9000))
    probability = float(rng.uniform(0.2, 0.95))
    examined = tuple(
        Explanation(
            cause, Verdict.RULED_OUT, (note(Code.SEASON_GAP, gap_days=float(rng.uniform(0, 30))),)
        )
        for cause in (Cause.SHADOW, Cause.SNOW, Cause.SEASON, Cause.SOIL_MOISTURE, Cause.CLOUD_EDGE)
    )
    numbers = {one: float(rng.uniform(1, 9)) for one in [*Measure][:10]}
    return Finding(
        facility, 1, kind, method, *scenes, _blob(rng, centre, 0.0005, int(rng.integers(12, 40))),
        area_m2, 0.8 * area_m2, 1.2 * area_m2, "inside",
        "low" if probability < 0.5 else "medium" if probability < 0.8 else "high",
        measurements(numbers), (note(Code.BARE_GROUND),), probability, examined,
        candidate=probability < 0.25,
    )  # fmt: skip


def _blob(
    rng: np.random.Generator, centre: tuple[float, float], size_deg: float, corners: int
) -> BaseGeometry:
    """Return a polygon round a point."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = size_deg * rng.uniform(0.6, 1.0, corners)
    return shapely.Polygon(
        np.column_stack([centre[0] + reach * np.cos(turn), centre[1] + reach * np.sin(turn)])
    )


def _scene(at: datetime, facility: str) -> SceneReference:
    text = at.isoformat()
    return SceneReference(
        f"S2A_{facility}_{at:%Y%m%d}", "sentinel-2", text, text,
        tuple(f"{band}{at:%Y%m%d}".ljust(64, "a") for band in range(4)),
        "CC-BY-SA-3.0-IGO", "Contains modified Copernicus Sentinel data", simulated=True,
    )  # fmt: skip
