"""Open water in painted optical scenes: found whatever its share, colour, sun, air and numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.codes import Code
from camp_monitor.detect.water.cloudiness import thick_cloud
from camp_monitor.detect.water.optical import WaterConstants, map_water, tells_water
from camp_monitor.errors import Refusal
from camp_monitor.scenes.image import Quality
from camp_monitor.synthetic.materials import BANDS
from tests.detect.painted_water import (
    HAZE,
    SIDE,
    agreement,
    changed,
    clouded,
    disc,
    image,
    in_numbers,
    landscape,
    wet_share,
)

LAKE = disc()
FOUR = BANDS[:4]
gains = st.tuples(*[st.floats(0.5, 1.6)] * len(BANDS))
few = settings(max_examples=12, deadline=None, derandomize=True)


@pytest.mark.parametrize("bands", [BANDS, FOUR, ("green", "swir1"), ("swir1", "nir", "green")])
@pytest.mark.parametrize("of", ["river", "flood"])
def test_a_lake_is_found(of: str, bands: tuple[str, ...]) -> None:
    found = map_water(landscape(LAKE, of, bands=bands))
    assert agreement(found.is_water, LAKE) > 0.95
    assert np.median(found.strength[LAKE]) > 1 > np.median(found.strength[~LAKE])
    assert found.seen.all()


def test_black_water_is_found_though_no_ratio_of_its_bands_means_anything() -> None:
    scene = landscape(LAKE, "bog")
    green, swir = scene.band("green")[LAKE], scene.band("swir1")[LAKE]
    assert np.mean((green - swir) / (green + swir) > 0) < 0.7
    assert agreement(map_water(scene).is_water, LAKE) > 0.95


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.97])
@pytest.mark.parametrize("quantity", ["reflectance", "dn8"])
def test_any_share_of_the_scene_may_be_water(share: float, quantity: str) -> None:
    wet = wet_share(share)
    scene = landscape(wet, "flood")
    if quantity == "dn8":
        scene = in_numbers(scene, (1.0, 0.8, 1.1, 0.7, 0.9, 1.0))
    assert agreement(map_water(scene).is_water, wet) > 0.9


@few
@given(seed=st.integers(0, 99), gains=gains)
def test_dry_land_has_no_water(seed: int, gains: tuple[float, ...]) -> None:
    dry = landscape(seed=seed)
    for scene in (dry, in_numbers(dry, gains), landscape(seed=seed, bands=FOUR)):
        assert not map_water(scene).is_water.any()


@few
@given(seed=st.integers(0, 99), gain=st.floats(0.5, 1.6))
def test_low_sun_moves_no_shore(seed: int, gain: float) -> None:
    scene = landscape(LAKE, seed=seed)
    plain, dim = map_water(scene), map_water(changed(scene, lambda pixels: pixels * gain))
    assert agreement(plain.is_water, dim.is_water) > 0.97


@few
@given(seed=st.integers(0, 99), gains=gains)
def test_gains_of_uncalibrated_bands_move_no_shore(seed: int, gains: tuple[float, ...]) -> None:
    scene = landscape(LAKE, seed=seed)
    assert agreement(map_water(in_numbers(scene, gains)).is_water, LAKE) > 0.93


def test_a_stretch_with_an_offset_is_met_by_the_valley() -> None:
    stretched = in_numbers(landscape(LAKE), (1.0,) * 6, offset=0.06)
    found = map_water(stretched)
    assert found.parted
    assert agreement(found.is_water, LAKE) > 0.93


def test_uncalibrated_water_from_edge_to_edge_cannot_be_told_from_land() -> None:
    everywhere = np.ones((SIDE, SIDE), bool)
    water = landscape(everywhere, "flood")
    assert map_water(water).is_water.all()
    told = map_water(in_numbers(water, (1.0,) * 6))
    assert not told.seen.any()
    assert not told.is_water.any()


def test_clear_air_is_taken_off_and_thin_haze_cancels() -> None:
    scene = landscape(LAKE)
    # wet fields between water and land are what haze turns into water
    scene.pixels[:, disc(12, 130, 130)] = np.array([0.05, 0.08, 0.10, 0.13, 0.15, 0.12])[:, None]
    plain = map_water(scene).is_water
    above = changed(scene, lambda pixels: pixels + 0.07 * np.array(HAZE)[:, None, None])
    assert agreement(map_water(above).is_water, plain) > 0.97
    kept = map_water(above, WaterConstants(haze_removed=0)).is_water
    assert agreement(kept, plain) < 0.9
    veiled = changed(scene, lambda pixels: pixels + 0.04)
    assert agreement(map_water(veiled).is_water, plain) > 0.93


def test_thick_cloud_is_not_seen_and_is_no_water() -> None:
    cloud = disc(25, 60, 60)
    for bands in (BANDS, FOUR):
        found = map_water(clouded(landscape(LAKE, bands=bands), cloud))
        assert not found.is_water[cloud].any()
        assert agreement(found.is_water, LAKE & ~cloud) > 0.9
    found = map_water(clouded(landscape(LAKE), cloud))
    assert not found.seen[disc(23, 60, 60)].any()
    assert found.seen[~disc(27, 60, 60)].all()


def test_what_is_white_and_bright_is_not_all_cloud() -> None:
    colours = {
        "salt": (0.28, 0.32, 0.36, 0.38, 0.48, 0.40),
        "muddy water": (0.18, 0.26, 0.28, 0.20, 0.10, 0.05),
        "snow": (0.85, 0.85, 0.84, 0.80, 0.10, 0.08),
        "haze over leaves": (0.30, 0.28, 0.26, 0.38, 0.24, 0.15),
        "cloud": (0.64, 0.64, 0.65, 0.67, 0.50, 0.37),
    }
    for name, colour in colours.items():
        scene = landscape()
        scene.pixels[:, LAKE] = np.array(colour)[:, None]
        found = thick_cloud({band: scene.band(band) for band in scene.bands})
        assert (found[LAKE].mean() > 0.9) == (name == "cloud"), name
    roof = landscape()
    roof.pixels[:, 70:72, 20:120] = np.array(colours["cloud"])[:, None, None]
    assert not thick_cloud({band: roof.band(band) for band in roof.bands}).any()
    assert not thick_cloud({band: roof.band(band) for band in FOUR}).any()


def test_a_cloud_whose_top_wrapped_round_is_cloud_all_through() -> None:
    scene = clouded(landscape(), LAKE)
    scene.pixels[:, disc(6)] = 0.02
    assert not map_water(scene).seen[disc(28)].any()


def test_unusable_pixels_are_neither_seen_nor_water_and_touch_nothing_else() -> None:
    scene = landscape(LAKE)
    hole = disc(20, 80, 100)
    flags = np.where(hole, Quality.CLOUD, 0).astype(np.uint8)
    bright = np.where(hole, 5.0, scene.pixels).astype(np.float32)
    found = map_water(replace(scene, pixels=bright, flags=flags))
    assert not found.seen[hole].any()
    assert not found.is_water[hole].any()
    assert np.isnan(found.index[hole]).all()
    assert agreement(found.is_water, LAKE & ~hole) > 0.95


def test_no_water_lies_on_a_steep_slope() -> None:
    slope_deg = np.where(np.arange(SIDE) < 80, 5.0, 35.0).astype(np.float32)
    found = map_water(landscape(LAKE), slope_deg=np.broadcast_to(slope_deg, (SIDE, SIDE)))
    flat = LAKE & (np.arange(SIDE)[None, :] < 80)
    assert agreement(found.is_water, flat) > 0.95


def test_bands_without_infrared_are_refused() -> None:
    assert not tells_water(("red", "green", "blue"))
    assert not tells_water(("vv", "vh"))
    with pytest.raises(Refusal, match=Code.WATER_NEEDS_BANDS):
        map_water(landscape(LAKE, bands=("blue", "green", "red")))


def test_an_empty_scene_is_not_seen() -> None:
    empty = image(np.full((6, SIDE, SIDE), np.nan), "reflectance")
    empty = replace(empty, flags=np.full((SIDE, SIDE), Quality.NODATA, np.uint8))
    for quantity in ("reflectance", "dn8"):
        found = map_water(replace(empty, quantity=quantity))
        assert not found.seen.any()
        assert not found.is_water.any()
