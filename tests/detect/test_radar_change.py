"""Change and construction in painted radar pairs: nothing out of speckle, both signs found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.construction.radar import detect_radar_change, detect_radar_construction
from camp_monitor.detect.regions import label_regions
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from tests.detect.painted_radar import (
    SIDE,
    agreement,
    amplitude8,
    decibel8,
    disc,
    image,
    land,
    paired,
    relief_db,
)

BRIGHTER, DARKER = disc(60, 60, 18), disc(130, 130, 22)
CHANGED = 8.0 * BRIGHTER - 8.0 * DARKER
LOOKS = [(1, 1), (1, 4), (4, 1), (4, 4), (16, 1)]


def called(pair: Pair, detect: object = detect_radar_change) -> NDArray[np.bool_]:
    """What a scan would report."""
    assert callable(detect)
    change = detect(pair).changes[0]
    return label_regions(change.changed, change.least_px)[0] > 0


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("detect", [detect_radar_change, detect_radar_construction])
def test_nothing_is_made_of_speckle(looks: tuple[float, float], detect: object) -> None:
    for ground in (np.zeros((SIDE, SIDE)), relief_db(spread_db=2)):
        pair = paired(amplitude8(ground, looks[0], 1), amplitude8(ground, looks[1], 2))
        assert not called(pair, detect).any()
        layers = {"vv": ground - 9, "vh": ground - 15}
        pair = paired(image(layers, looks[0], 1), image(layers, looks[1], 2))
        assert not called(pair, detect).any()


@pytest.mark.parametrize("looks", LOOKS)
def test_both_signs_are_found_in_any_mix_of_looks(looks: tuple[float, float]) -> None:
    ground = relief_db()
    pair = paired(amplitude8(ground, looks[0], 1), amplitude8(ground + CHANGED, looks[1], 2))
    found = called(pair)
    assert agreement(found, BRIGHTER | DARKER) > 0.85
    assert agreement(called(paired(pair.after, pair.before)), found) > 0.95


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_change_of_four_tenths_of_the_frame_is_found(
    looks: tuple[float, float], sign: int
) -> None:
    ground = relief_db()
    large = np.broadcast_to(np.arange(SIDE) < 0.4 * SIDE, (SIDE, SIDE))
    pair = paired(
        amplitude8(ground, looks[0], 1), amplitude8(ground + 7 * sign * large, looks[1], 2)
    )
    assert agreement(called(pair), large) > 0.85


def test_half_a_frame_that_became_black_changed_and_not_the_other_half() -> None:
    black = np.broadcast_to(np.arange(SIDE) < 0.5 * SIDE, (SIDE, SIDE))
    other = np.where(black, 0.0, relief_db(seed=8, spread_db=2) - 3)
    before = amplitude8(np.where(black, 0.0, relief_db(spread_db=2)), 4, 1)
    after = amplitude8(other, 4, 2)
    dark = replace(after, pixels=np.where(black, 0, after.pixels))
    assert agreement(called(paired(before, dark)), black) > 0.7


@settings(max_examples=10, deadline=None)
@given(gain=st.floats(0.7, 1.3), offset=st.floats(0, 20), seed=st.integers(0, 50))
def test_gain_and_offset_are_no_change(gain: float, offset: float, seed: int) -> None:
    ground = relief_db(spread_db=2)
    first = amplitude8(ground, 4, seed)
    assert not called(paired(first, amplitude8(ground, 4, seed + 99, gain, offset))).any()
    assert not called(paired(first, amplitude8(ground, 4, seed, gain, offset))).any()


def test_decibels_of_both_polarisations_are_taken_together() -> None:
    ground = relief_db() - 9
    before = image({"vv": ground, "vh": ground - 6}, seed=1)
    only_vh = image({"vv": ground, "vh": ground - 6 + CHANGED}, seed=2)
    assert agreement(called(paired(before, only_vh)), BRIGHTER | DARKER) > 0.85


def site(where: NDArray[np.bool_], seed: int = 5) -> NDArray[np.float64]:
    """Walls that shine beside smooth ground; as bright on the whole as before."""
    cells = np.random.default_rng(seed).standard_normal((SIDE // 3, SIDE // 3))
    return np.where(where, 6 * np.sign(np.kron(cells, np.ones((3, 3)))), 0)


def test_a_building_site_is_found_though_its_mean_is_as_before() -> None:
    ground = relief_db() - 9
    place = disc(100, 80, 16)
    built = site(place)
    before = image({"vv": ground}, looks=30, seed=1)
    found = called(paired(before, image({"vv": ground + built}, looks=30, seed=2)),
                   detect_construction)  # fmt: skip
    assert agreement(found, place) > 0.7
    assert agreement(called(paired(image({"vv": ground + built}, looks=30, seed=2), before),
                            detect_construction), place) > 0.7  # fmt: skip


def test_decibels_declared_as_amplitudes_show_the_same_site() -> None:
    ground = relief_db(spread_db=4) - 9 + np.linspace(-9, 0, SIDE)  # dark numbers are small
    places = disc(100, 40, 16) | disc(80, 150, 16)
    before = decibel8(ground, 30, 1, gain=4, offset=150)
    after = decibel8(ground + site(places), 30, 2, gain=6, offset=230)
    assert agreement(called(paired(before, after), detect_construction), places) > 0.7


def test_a_field_that_changed_as_one_is_no_building_site() -> None:
    ground = relief_db() - 9
    field = np.zeros((SIDE, SIDE))
    field[40:150, 40:150] = 3.0
    pair = paired(image({"vv": ground}, 30, 1), image({"vv": ground + field}, 30, 2))
    inside = called(pair, detect_radar_construction)[55:135, 55:135]
    assert not inside.any()


def test_waves_on_a_lake_are_no_building_site() -> None:
    lake = disc(96, 96, 60)
    before, after = land(lake), land(lake)
    after["vv"] = after["vv"] + site(lake) / 2
    after["vh"] = after["vh"] + site(lake, 6) / 2
    pair = paired(image(before, 30, 1), image(after, 30, 2))
    assert not called(pair, detect_radar_construction)[disc(96, 96, 50)].any()


def test_what_was_not_seen_is_neither_changed_nor_unchanged() -> None:
    ground = relief_db()
    after = amplitude8(ground + CHANGED, 4, 2)
    pixels, flags = after.pixels.copy(), after.flags.copy()
    pixels[:, :80], flags[:80] = np.nan, 1
    pair = paired(amplitude8(ground, 4, 1), replace(after, pixels=pixels, flags=flags))
    for detect in (detect_radar_change, detect_radar_construction):
        detection = detect(pair)
        assert not detection.seen[:80].any()
        assert not detection.changes[0].changed[:80].any()
    assert agreement(called(pair), DARKER) > 0.85


def test_what_cannot_be_compared_is_refused() -> None:
    picture = replace(image(land()), quantity="sigma0_power")
    with pytest.raises(Refusal, match="radar_needs_unit: quantity=sigma0_power"):
        detect_radar_change(paired(picture, picture))
