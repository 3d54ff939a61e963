"""One acquisition counts once: what is one pass, and how its tiles are put together."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.assess.question import recall, refer
from camp_monitor.codes import Code
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import check_comparable
from camp_monitor.pairs.selection import Look, choose_pairs, choose_scene
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scenes.acquisition import Acquisition, newness_of, satellite_name
from camp_monitor.scenes.footprint import footprint
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.passes import put_together
from camp_monitor.scenes.reading import read_image
from camp_monitor.scenes.scene import BandFile, Scene
from tests.scenes.painted import BANDS, grid, make_scene, numbers, write_tiff

NOON = datetime(2016, 9, 5, 2, 17, tzinfo=UTC)
SIDE = 120


def taken(seconds: float, platform: str = "", sensor: str = "sentinel-2") -> Acquisition:
    at = NOON + timedelta(seconds=seconds)
    return Acquisition(sensor, at, at, satellite_name(platform))


def some_time_of(day: int, platform: str = "") -> Acquisition:
    """A scene of which only the day is known."""
    begins = datetime(2016, 9, day, tzinfo=UTC)
    ends = begins + timedelta(days=1, seconds=-1)
    return Acquisition("sentinel-2", begins, ends, satellite_name(platform))


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        (taken(0), taken(0), True),
        (taken(0), taken(14), True),
        (taken(0), taken(600), False),
        (taken(0, "sentinel-2a"), taken(1500, "S2A"), True),  # dated by strip, and by tile
        (taken(0, "sentinel-2a"), taken(30, "sentinel-2c"), False),
        (taken(0, "landsat-8"), taken(240, "LANDSAT_9"), False),
        (taken(0, "0e26"), taken(2, "0e26"), True),
        (taken(0, "0e26"), taken(40, "0f15"), False),
        (taken(0, "sentinel-1a", "sentinel-1"), taken(25, "S1A", "sentinel-1"), True),
        (taken(0), taken(0, sensor="landsat"), False),
        (taken(0), taken(0, sensor="rgb"), True),
        (taken(0, sensor="sentinel-1"), taken(0, sensor="rgb"), False),
        (taken(0, "sentinel-2a"), taken(86400, "sentinel-2a"), False),
        (some_time_of(5), some_time_of(5), True),
        (some_time_of(5), some_time_of(6), False),
        (some_time_of(5, "S2A"), some_time_of(6, "S2A"), False),
        (some_time_of(5), taken(0), True),
        (replace(taken(0), relative_orbit=3), replace(taken(9), relative_orbit=103), False),
    ],
)  # fmt: skip
def test_what_one_satellite_shows_within_a_pass_is_one(
    first: Acquisition, second: Acquisition, one: bool
) -> None:
    assert first.is_one_pass(second) == second.is_one_pass(first) == one


def test_a_satellite_has_one_name_and_a_series_none() -> None:
    assert satellite_name("Sentinel-2B") == satellite_name(None, ["x", "S2B_MSIL2A_x"])
    assert satellite_name("landsat-8") == satellite_name(None, ["LC08_L2SP_115031_x.tif"])
    assert satellite_name(None, ["20160829_021121_45_0e26_3B_Analytic.tif"]) == "dove-0e26"
    for nothing in (None, "", "sentinel-2", "Landsat", "PlanetScope"):
        assert satellite_name(nothing, ["s2_b04.tif", "s1_a.tif", "20160829_021121.tif"]) == ""


def test_the_newest_processing_is_told_by_baseline_tier_and_date() -> None:
    old = "S2A_MSIL2A_20150907T021156_N0204_R003_T52TDL_20160406T021702"
    new = "S2A_MSIL2A_20150907T021156_N0500_R003_T52TDL_20231019T003333"
    assert newness_of(None, [old]) < newness_of("05.00", ["x"]) < newness_of(None, [new])
    real = "LC08_L2SP_115031_20160829_20160830_02_RT"
    assert newness_of(None, [real]) < newness_of(None, [real.replace("_RT", "_T1")])
    assert newness_of(None, ["a_20160829_20160830"]) < newness_of(None, ["a_20160829_20200906"])


def written(
    folder: Path, name: str, stack: NDArray[Any], place: GeoBox, seconds: float = 0, **changes: Any
) -> Scene:
    """A scene of four bands, and of a quality band behind them."""
    path = write_tiff(folder / f"{name}.tif", stack, place, nodata=0)
    scale, offset = changes.pop("scale", 1e-4), changes.pop("offset", 0.0)
    bands = tuple(
        BandFile(band, path, number, scale, offset, 0) for number, band in enumerate(BANDS, 1)
    )  # fmt: skip
    at = NOON + timedelta(seconds=seconds)
    return make_scene(
        name, bands=bands, quality=BandFile("scl", path, 5, 1.0, 0.0, None),
        footprint=footprint(place), acquired_from_at=at, acquired_to_at=at,
        **changes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ground() -> NDArray[Any]:
    """Four bands and a quality band that holds some cloud."""
    classes = np.full((1, SIDE, SIDE), 4, np.uint16)
    classes[0, 50:54, 70:75] = 9
    return np.concatenate([numbers(1, SIDE, SIDE), classes])


def quarters(folder: Path, ground: NDArray[Any], row: int, column: int) -> list[Scene]:
    """Tiles of one pass, seconds apart, each with its own offset."""
    whole, tiles = grid(SIDE, SIDE), []
    for number, (rows, columns) in enumerate(
        (r, c)
        for r in (slice(0, row), slice(row, None))
        for c in (slice(0, column), slice(column, None))
    ):
        stack = ground[:, rows, columns].copy()
        stack[:4] += 1000 * number
        tiles.append(
            written(folder, f"tile-{number}", stack, whole[rows, columns], number,
                    offset=-0.1 * number)
        )  # fmt: skip
    return tiles


@settings(max_examples=15, deadline=None)
@given(st.integers(40, 80), st.integers(40, 80), st.floats(-2, 2), st.floats(-2, 2), st.randoms())
def test_four_tiles_are_the_scene_that_they_were_cut_from(
    tmp_path_factory: pytest.TempPathFactory,
    ground: NDArray[Any],
    row: int,
    column: int,
    down_px: float,
    right_px: float,
    rng: random.Random,
) -> None:
    folder = tmp_path_factory.mktemp("tiles")
    whole = written(folder, "whole", ground, grid(SIDE, SIDE))
    tiles = quarters(folder, ground, row, column)
    [joined] = put_together(tiles, whole.footprint, 60)
    rng.shuffle(tiles)
    assert put_together(tiles, whole.footprint, 60) == (joined,), "in whatever order"
    expected = read_image(whole, grid(SIDE, SIDE), (down_px, right_px))
    found = read_image(joined, grid(SIDE, SIDE), (down_px, right_px))
    assert np.array_equal(found.flags, expected.flags)
    assert np.allclose(found.pixels, expected.pixels, rtol=0, atol=1e-6, equal_nan=True)
    reference = refer(joined)
    assert {tile.id for tile in reference.tiles} == {tile.id for tile in tiles}
    assert SceneReference.from_dict(reference.to_dict()) == reference
    assert recall({tile.id: tile for tile in tiles}, reference) == joined
    assert recall({tile.id: tile for tile in tiles[1:]}, reference) is None


def test_of_two_processings_the_newest_is_taken_alone(tmp_path: Path, ground: NDArray[Any]) -> None:
    place = grid(SIDE, SIDE)
    named = "S2A_MSIL2A_20160905T021156_{}_R003_T52TDL"
    old = written(tmp_path, named.format("N0204"), ground, place)
    new = written(tmp_path, named.format("N0500"), ground, place, 1)
    again = written(tmp_path, "another-name", ground, place, 2)
    assert put_together([new, old, again], footprint(place)) == (new,)
    holed = ground.copy()
    holed[:, :, 60:] = 0
    half = written(tmp_path, named.format("N0511"), holed, place, 3)
    [both] = put_together([old, half], footprint(place))
    assert [tile.id for tile in both.tiles] == [half.id, old.id]
    assert not (read_image(both, place).flags & Quality.NODATA).any()


def test_a_single_scene_is_referred_to_as_it_was() -> None:
    assert "tiles" not in refer(make_scene()).to_dict()


def test_scenes_of_one_pass_are_no_pair(tmp_path: Path, ground: NDArray[Any]) -> None:
    first = written(tmp_path, "first", ground, grid(SIDE, SIDE))
    second = written(tmp_path, "second", ground, grid(SIDE, SIDE), 14)
    with pytest.raises(Refusal) as refusal:
        check_comparable(first, second)
    assert refusal.value.note.code == Code.ONE_PASS
    assert choose_scene([first, second], "2016-09-05", first.footprint, "after").id == "second"
    looks = [
        Look(name, "sentinel-2", NOON + timedelta(seconds=seconds), 1.0, clear,
             taken=taken(seconds))
        for name, seconds, clear in (("before", -9e5, 1.0), ("one", 0, 0.8), ("two", 14, 0.9))
    ]  # fmt: skip
    choice = choose_pairs(looks, 0.5)
    assert [(pair.before.id, pair.after.id) for pair in choice.pairs] == [("before", "two")]
    assert [(look.id, why.code) for look, why in choice.left_out] == [("one", Code.ONE_PASS)]
