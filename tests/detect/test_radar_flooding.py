"""New and lost water in painted radar pairs, calibrated or stretched date by date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.detect.water.flooding import detect_flooding
from camp_monitor.detect.water.radar_flooding import find_radar_flooding
from camp_monitor.errors import Refusal
from camp_monitor.scenes.image import Image
from tests.detect.painted_radar import (
    LAND_DB,
    SIDE,
    Array,
    agreement,
    amplitude8,
    decibel8,
    disc,
    image,
    land,
    made,
    paired,
    relief_db,
)

RIVER = np.zeros((SIDE, SIDE), bool)
RIVER[20:40] = True
FLOOD = disc(110, 96, 40)
DRY = np.where(RIVER, -14.0, relief_db())
WET = np.where(RIVER | FLOOD, -11.0, relief_db())


def test_new_water_is_found_and_the_river_is_not() -> None:
    pair = paired(image(land(RIVER), seed=1), image(land(RIVER | FLOOD), seed=2))
    found = find_radar_flooding(pair)
    assert agreement(found.gained, FLOOD) > 0.95
    assert not found.lost.any()
    assert np.median(found.gained_strength[FLOOD]) > 1


def test_backwards_it_is_lost() -> None:
    pair = paired(image(land(RIVER | FLOOD), seed=1), image(land(RIVER), seed=2))
    found = find_radar_flooding(pair)
    assert agreement(found.lost, FLOOD) > 0.95
    assert not found.gained.any()


@pytest.mark.parametrize(("days", "kinds"), [
    (12, {"flooding", "flood_recession"}), (800, {"water_gain", "water_loss"}),
])  # fmt: skip
def test_lasting_water_is_no_flood(days: float, kinds: set[str]) -> None:
    pair = paired(image(land(), seed=1), image(land(FLOOD), seed=2), days)
    assert {change.kind for change in detect_flooding(pair).changes} == kinds


def test_a_lake_that_the_wind_leaves_is_not_new() -> None:
    rough = {"vv": np.where(FLOOD, -12.0, -9.0), "vh": np.where(FLOOD, -25.5, -15.0)}
    flood = detect_flooding(paired(image(rough, seed=1), image(land(FLOOD), seed=2))).changes[0]
    assert not flood.changed.any()


def test_ground_that_was_wet_already_can_be_flooded() -> None:
    """As dark as water's border before: a rule that wants dry land before would lose it."""
    wet = {name: np.where(FLOOD, level, LAND_DB[name]) for name, level in
           (("vv", -14.0), ("vh", -21.5))}  # fmt: skip
    found = find_radar_flooding(paired(image(wet, seed=1), image(land(FLOOD), seed=2)))
    assert agreement(found.gained, FLOOD) > 0.9
    half = FLOOD & (np.arange(SIDE) < 96)
    moist = np.where(half, -5.5, DRY)
    stretched = paired(amplitude8(moist, seed=1), amplitude8(WET, seed=2, gain=1.2))
    assert (find_radar_flooding(stretched).gained & half).sum() > 0.9 * half.sum()


@settings(max_examples=15, deadline=None)
@given(gain=st.floats(0.6, 1.4), seed=st.integers(0, 50))
def test_each_date_may_be_stretched_on_its_own(gain: float, seed: int) -> None:
    pair = paired(amplitude8(DRY, seed=seed), amplitude8(WET, seed=seed + 100, gain=gain))
    found = find_radar_flooding(pair)
    assert agreement(found.gained, FLOOD & ~RIVER) > 0.85
    assert not found.lost.any()


@settings(max_examples=15, deadline=None)
@given(
    gain=st.floats(0.7, 1.3),
    offset=st.floats(0, 20),
    looks=st.sampled_from([4, 9, 30]),
    seed=st.integers(0, 50),
)
def test_the_same_scene_again_is_not_flooded(
    gain: float, offset: float, looks: float, seed: int
) -> None:
    ground: Array = np.where(FLOOD | RIVER, -9.0, relief_db())
    pair = paired(
        amplitude8(ground, looks, seed), amplitude8(ground, looks, seed + 100, gain, offset)
    )
    found = find_radar_flooding(pair)
    assert not found.gained.any()
    assert not found.lost.any()


def test_a_date_that_shows_only_speckle_is_refused() -> None:
    blank = np.zeros((SIDE, SIDE))
    with pytest.raises(Refusal, match="only_speckle: which=after"):
        find_radar_flooding(paired(amplitude8(DRY, seed=1), amplitude8(blank, seed=2)))


def test_no_new_water_on_slopes() -> None:
    slope = np.where(FLOOD, 30, 0).astype(np.float32)
    pair = paired(image(land(), seed=1), image(land(FLOOD), seed=2))
    assert not find_radar_flooding(pair, slope_deg=slope).gained.any()


MOSTLY = disc(96, 96, 80)
"""More than half of the frame."""


@pytest.mark.parametrize("gain", [4.0, 7.0])
@pytest.mark.parametrize("offset", [150.0, 190.0])
@pytest.mark.parametrize("flood", [FLOOD, MOSTLY])
def test_decibels_of_8_bits_are_compared_as_differences(
    gain: float, offset: float, flood: Array
) -> None:
    wet = np.where(RIVER | flood, -14.0, relief_db())
    pair = paired(decibel8(DRY, seed=1), decibel8(wet, seed=2, gain=gain, offset=offset))
    found = find_radar_flooding(pair)
    assert agreement(found.gained, flood & ~RIVER) > 0.9
    assert not found.lost.any()
    assert abs(found.measured["speckle_slope"]) < 0.35


@pytest.mark.parametrize("write", [amplitude8, decibel8])
def test_a_margin_filled_with_the_largest_number_is_no_land(write: Callable[..., Image]) -> None:
    wet = np.where(RIVER | FLOOD, -14.0, relief_db())
    before, after = (write(ground, seed=seed).pixels for ground, seed in ((DRY, 1), (wet, 2)))
    for numbers in (before, after):
        numbers[:, :, -30:] = 255
    first, second = (made(numbers, ("sar",), "amplitude8") for numbers in (before, after))
    found = find_radar_flooding(paired(first, second))
    assert agreement(found.gained, FLOOD & ~RIVER) > 0.9
    assert not found.lost.any()


def test_swapped_dates_give_the_recession() -> None:
    wet = np.where(RIVER | FLOOD, -14.0, relief_db())
    first, second = decibel8(DRY, seed=1), decibel8(wet, seed=2, gain=4.5)
    forth = find_radar_flooding(paired(first, second))
    back = find_radar_flooding(paired(second, first))
    assert agreement(forth.gained, back.lost) > 0.98
    assert not back.gained.any()


@pytest.mark.parametrize("times", [2, 4])
def test_averaged_copies_show_the_same_flood(times: int) -> None:
    small = FLOOD[::times, ::times]
    images = []
    for number, ground in enumerate((DRY, WET)):
        whole = decibel8(ground, seed=number)
        blocks = whole.pixels.reshape(1, SIDE // times, times, SIDE // times, times)
        coarse = np.round(blocks.mean(axis=(2, 4)))
        grid = whole.grid.zoom_out(times)
        flags = np.zeros(small.shape, np.uint8)
        images.append(replace(whole, pixels=coarse, flags=flags, grid=grid))
    found = find_radar_flooding(paired(images[0], images[1]))
    assert agreement(found.gained, small & ~RIVER[::times, ::times]) > 0.8


@settings(max_examples=10, deadline=None)
@given(gain=st.floats(3, 8), offset=st.floats(140, 190), seed=st.integers(0, 50))
def test_the_same_scene_stretched_otherwise_is_not_flooded(
    gain: float, offset: float, seed: int
) -> None:
    ground: Array = np.where(FLOOD | RIVER, -12.0, relief_db())
    first, second = decibel8(ground, seed=seed), decibel8(ground, 9, seed + 100, gain, offset)
    found = find_radar_flooding(paired(first, second))
    assert not found.gained.any()
    assert not found.lost.any()
