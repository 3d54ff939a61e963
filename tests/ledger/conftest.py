from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely

from camp_monitor.codes import Code, Measure
from camp_monitor.notes import measurements, note
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference

SETTINGS_SHA256 = "5" * 64


def _scene(day: str, **changes: Any) -> SceneReference:
    content = {
        "id": f"S2A_52TDN_{day.replace('-', '')}",
        "sensor": "sentinel-2",
        "acquired_from_at": f"{day}T02:11:21+00:00",
        "acquired_to_at": f"{day}T02:11:21+00:00",
        "sha256": (f"{day:0<64}".replace("-", "a"),),
        "licence": "CC-BY-SA-3.0-IGO",
        "credit": "Contains modified Copernicus Sentinel data 2016",
    }
    return SceneReference(**{**content, **changes})


def _finding(number: int = 0, **changes: Any) -> Finding:
    west, south = 129.6 + number * 1e-3, 42.5
    content = {
        "facility_id": "khs-12-jongori",
        "outline_version": 1,
        "kind": "construction",
        "method": "construction/1",
        "before": _scene("2016-08-20"),
        "after": _scene("2016-09-12"),
        "geometry": shapely.box(west, south, west + 5e-4, south + 3e-4),
        "area_m2": 1370.5,
        "area_low_m2": 1100.0,
        "area_high_m2": 1650.0,
        "position": "inside",
        "confidence": "medium",
        "measurements": measurements({Measure.STRENGTH: 1.5, "water_index_from:before": -0.12}),
        "caveats": (note(Code.BARE_GROUND),),
    }
    return Finding(**{**content, **changes})


def _observation(*findings: Finding, **changes: Any) -> Observation:
    content = {
        "facility_id": "khs-12-jongori",
        "outline_version": 1,
        "method": "construction/1",
        "before": _scene("2016-08-20"),
        "after": _scene("2016-09-12"),
        "settings_sha256": SETTINGS_SHA256,
        "outcome": "changed" if findings else "unchanged",
        "seen_fraction": 1.0,
        "finding_ids": tuple(finding.id for finding in findings),
    }
    return Observation(**{**content, **changes})


@pytest.fixture
def make_scene() -> Callable[..., SceneReference]:
    return _scene


@pytest.fixture
def make_finding() -> Callable[..., Finding]:
    return _finding


@pytest.fixture
def make_observation() -> Callable[..., Observation]:
    return _observation
