"""What is known of the ground beforehand: no flood on steep ground, none where water usually is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.detectors import detectors
from camp_monitor.detect.water.flooding import METHOD, detect_flooding
from camp_monitor.detect.water.known_ground import (
    USUAL_FROM_PERCENT,
    detect_where_water_can_be_new,
    know_ground,
)
from camp_monitor.pairs.pair import Pair
from tests.detect import painted_radar as radar
from tests.detect import painted_water as optical

Scene = Callable[..., Pair]


def optical_pair(before: optical.Mask | None, after: optical.Mask | None, days: float = 30) -> Pair:
    return optical.pair(optical.landscape(before), optical.landscape(after), days)


def radar_pair(before: optical.Mask | None, after: optical.Mask | None, days: float = 30) -> Pair:
    first, second = radar.land(before), radar.land(after)
    return radar.paired(radar.image(first, seed=1), radar.image(second, seed=2), days)


SENSORS = [
    pytest.param(optical_pair, optical.disc, 20, id="optical"),
    pytest.param(radar_pair, radar.disc, 10, id="radar"),
]


def called(found: Detection) -> tuple[optical.Mask, optical.Mask]:
    gained, lost = found.changes
    return gained.changed, lost.changed


@pytest.mark.parametrize(("scene", "disc", "steepest_deg"), SENSORS)
def test_steep_ground_is_no_flood(scene: Scene, disc: Scene, steepest_deg: int) -> None:
    flood: optical.Mask = np.asarray(disc())
    pair = scene(None, flood)
    west = np.broadcast_to(np.arange(flood.shape[1]) < flood.shape[1] // 2, flood.shape)
    slope_deg = np.where(west, steepest_deg + 1, steepest_deg - 1).astype(np.float32)
    found = detect_flooding(pair, slope_deg=slope_deg)
    gained, _ = called(found)
    assert not gained[west].any()
    assert gained[flood & ~west].mean() > 0.9
    assert found.measured[Measure.STEEPEST_DEG] == steepest_deg
    unknown = np.full(flood.shape, np.nan, np.float32)
    assert np.array_equal(
        called(detect_flooding(pair, slope_deg=unknown))[0], called(detect_flooding(pair))[0]
    )


@pytest.mark.parametrize(("scene", "disc", "_deg"), SENSORS)
@pytest.mark.parametrize("days", [30.0, 700.0])
def test_usual_water_is_no_flood_but_may_be_lost(
    scene: Scene, disc: Scene, _deg: int, days: float
) -> None:
    flood: optical.Mask = np.asarray(disc())
    usual = flood & np.broadcast_to(np.arange(flood.shape[1]) < flood.shape[1] // 2, flood.shape)
    found = detect_flooding(scene(None, flood, days), usual_water=usual)
    gained, _ = called(found)
    assert not gained[usual].any()
    assert gained[flood & ~usual].mean() > 0.9
    assert found.seen[usual].all()
    assert found.measured[Measure.USUAL_WATER_FRACTION] == pytest.approx(usual.mean())
    went = scene(flood, None, days)
    assert np.array_equal(
        called(detect_flooding(went, usual_water=usual))[1], called(detect_flooding(went))[1]
    )


def ramp(shape: tuple[int, int], deg: float) -> NDArray[np.float32]:
    """Heights that rise by columns of 10 m."""
    rise_m = 10 * np.tan(np.radians(deg))
    return np.broadcast_to(np.arange(shape[1]) * rise_m, shape).astype(np.float32)


def test_heights_and_shares_become_slope_and_usual_water() -> None:
    flood = radar.disc()
    pair = radar_pair(None, flood)
    searched = radar.disc(radius=60)
    height_m, percent = ramp(flood.shape, 15), np.full(flood.shape, USUAL_FROM_PERCENT - 1, "f4")
    height_m[:, :96] = np.nan
    percent[:96] = USUAL_FROM_PERCENT
    percent[150:] = np.nan
    ground = know_ground(pair.grid, searched, ("hills.tif", height_m), ("lakes.tif", percent))
    found = detectors(ground=ground)[METHOD](pair)
    gained, _ = called(found)
    assert gained[96:, :96][flood[96:, :96]].mean() > 0.85
    assert not gained[:96].any()
    assert not gained[:, 98:].any()
    assert found.measured[Measure.STEEPEST_DEG] == 10
    assert found.measured[Measure.USUAL_WATER_FRACTION] == 0.5
    seen = detect_where_water_can_be_new(ground, pair).seen
    assert seen[96:, :97].all()
    assert not seen[:96].any()
    assert not seen[:, 97:].any()
    # by columns, half of the disc and the one pixel whose slope needs a height from there
    assert [(said.code, said.numbers) for said in found.caveats] == [
        (Code.HEIGHTS_FROM, {"file": "hills.tif"}),
        (Code.HEIGHTS_MISSING, {"missing_fraction": pytest.approx(0.51, abs=0.01)}),
        (Code.USUAL_WATER_FROM, {"file": "lakes.tif"}),
        (Code.USUAL_WATER_UNKNOWN, {"missing_fraction": pytest.approx(0.02, abs=0.01)}),
    ]


def test_a_window_of_the_grid_gets_its_own_part_and_another_grid_is_a_mistake() -> None:
    grid = radar.PLACE
    height_m = np.cumsum(ramp((radar.SIDE, radar.SIDE), 1), axis=1).astype(np.float32)
    percent = np.where(radar.disc(), 100, 0).astype(np.float32)
    everywhere = np.ones(grid.shape, bool)
    ground = know_ground(grid, everywhere, ("a.tif", height_m), ("b.tif", percent))
    window = np.s_[30:90, 40:110]
    part = ground.on(grid[window])
    assert ground.slope_deg is not None
    assert ground.usual_water is not None
    assert part.slope_deg is not None
    assert part.usual_water is not None
    assert np.array_equal(part.slope_deg, ground.slope_deg[window])
    assert np.array_equal(part.usual_water, ground.usual_water[window])
    assert ground.on(grid) is ground
    for other in (grid.translate_pix(1, 0), grid.translate_pix(0.5, 0)):
        with pytest.raises(ValueError, match=r"window|grid"):
            ground.on(other)
