"""Open water in painted radar: found where it is dark, never made out of one population."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.detect.water.radar import map_radar_water
from camp_monitor.errors import Refusal
from tests.detect.painted_radar import (
    LAND_DB,
    SIDE,
    agreement,
    amplitude8,
    disc,
    image,
    land,
    relief_db,
)

LAKE = disc()


def test_a_dark_lake_is_found() -> None:
    found = map_radar_water(image(land(LAKE, relief_db())))
    assert agreement(found.is_water, LAKE) > 0.97
    assert found.is_water.any()
    assert np.median(found.strength[LAKE]) > 1 > np.median(found.strength[~LAKE])


def test_wind_that_roughens_a_lake_does_not_hide_it_from_vh() -> None:
    layers = land(LAKE) | {"vv": np.full((SIDE, SIDE), LAND_DB["vv"])}
    assert agreement(map_radar_water(image(layers)).is_water, LAKE) > 0.97
    alone = map_radar_water(image({"vv": layers["vv"]}))
    assert alone.seen.any()
    assert not alone.is_water.any()


def test_water_grows_over_reeds_that_touch_it_and_nowhere_else() -> None:
    reeds, pond = disc(radius=45) & ~LAKE, disc(30, 30, 15)
    vh = np.where(LAKE, -27.0, np.where(reeds | (pond & ~LAKE & ~reeds), -21.2, -15.0))
    found = map_radar_water(image({"vh": vh}, looks=50))
    assert agreement(found.is_water, LAKE | reeds) > 0.9
    assert not found.is_water[15:28, 15:28].any()
    assert found.strength[found.is_water].min() >= 1


@settings(max_examples=20, deadline=None)
@given(looks=st.sampled_from([1, 2, 5, 20]), vh_db=st.floats(-18, -10), seed=st.integers(0, 99))
def test_one_population_is_never_split(looks: int, vh_db: float, seed: int) -> None:
    layers = {"vv": np.full((SIDE, SIDE), vh_db + 6), "vh": np.full((SIDE, SIDE), vh_db)}
    assert not map_radar_water(image(layers, looks, seed)).is_water.any()


@pytest.mark.parametrize("looks", [1, 4, 16])
def test_dry_land_in_8_bits_is_never_split(looks: int) -> None:
    found = map_radar_water(amplitude8(relief_db(spread_db=0.8), looks))
    assert not found.is_water.any()


@pytest.mark.parametrize("radius", [12, 30, 85])
def test_8_bit_water_is_read_against_the_land_even_where_there_is_little(radius: int) -> None:
    lake = disc(radius=radius)
    ground = np.where(lake, -11.0, relief_db())
    found = map_radar_water(amplitude8(ground))
    assert agreement(found.is_water, lake) > 0.9


@settings(max_examples=10, deadline=None)
@given(gain=st.floats(0.5, 1.3))
def test_the_gain_of_8_bit_amplitudes_does_not_matter(gain: float) -> None:
    ground = np.where(LAKE, -10.0, relief_db())
    assert agreement(map_radar_water(amplitude8(ground, gain=gain)).is_water, LAKE) > 0.95


@pytest.mark.parametrize("looks", [1, 4])
def test_speckle_alone_in_8_bits_is_neither_land_nor_water(looks: int) -> None:
    found = map_radar_water(amplitude8(np.zeros((SIDE, SIDE)), looks))
    assert not found.seen.any()
    assert not found.seen.any()
    assert not found.is_water.any()


def test_no_water_on_slopes() -> None:
    slope = np.where(LAKE, 25.0, 0.0).astype(np.float32)
    found = map_radar_water(image(land(LAKE)), slope_deg=slope)
    assert found.seen.any()
    assert not found.is_water.any()
    assert found.seen.all()


def test_what_was_not_seen_stays_so() -> None:
    picture = image(land(LAKE))
    pixels = picture.pixels.copy()
    pixels[:, :, :40] = np.nan
    flags = np.isnan(pixels[0]).astype(np.uint8)
    found = map_radar_water(replace(picture, pixels=pixels, flags=flags))
    assert not found.seen[:, :40].any()
    assert found.seen[:, 40:].all()
    nothing = replace(picture, pixels=np.full_like(pixels, np.nan), flags=np.ones_like(flags))
    assert not map_radar_water(nothing).seen.any()


def test_gamma_nought_is_brighter_than_sigma_nought() -> None:
    sigma = image({"vh": np.full((SIDE, SIDE), -22.4)}, looks=50)
    assert map_radar_water(sigma).is_water.any()
    raised = replace(sigma, pixels=sigma.pixels + np.float32(1.1), quantity="gamma0_db")
    assert map_radar_water(raised).is_water.any()
    assert not map_radar_water(replace(raised, quantity="sigma0_db")).is_water.any()


def test_other_numbers_are_refused() -> None:
    with pytest.raises(Refusal, match="water_needs_unit: quantity=sigma0_power"):
        map_radar_water(replace(image(land()), quantity="sigma0_power"))
