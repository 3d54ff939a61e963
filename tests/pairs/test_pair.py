from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.errors import Refusal
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair, check_comparable, make_pair
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.scene import BandFile, Geocoding, Scene
from tests.scenes.painted import grid, make_image, make_scene, moved, texture

QUALITY = BandFile("scl", Path("scl.tif"), 1, 1.0, 0.0, None)
BEFORE = make_scene("BEFORE", "2016-08-20", quality=QUALITY)


def band(*names: str) -> tuple[BandFile, ...]:
    return tuple(BandFile(name, Path(f"{name}.tif"), 1, 1.0, 0.0, None) for name in names)


def after(day: str = "2016-09-12", **changes: Any) -> Scene:
    return make_scene("AFTER", day, **{"quality": QUALITY} | changes)


RADAR: dict[str, Any] = {"sensor": "sentinel-1", "quantity": "sigma0_db", "bands": band("vv", "vh")}


def codes(pair: Pair) -> set[Code]:
    return {said.code for said in pair.caveats}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            BEFORE,
            after(sensor="landsat"),
            "other_sensor: .*after_sensor=landsat",
        ),
        (
            BEFORE,
            after(quantity="dn8"),
            "other_quantity: .*after_quantity=dn8",
        ),
        (BEFORE, after(bands=band("red", "nir")), "other_bands: "),
        (
            BEFORE,
            after("2016-08-01"),
            "dates_overlap: .*after_dates=2016-08-01",
        ),
        (
            after("2016-01-01", acquired_to_at=datetime(2016, 12, 31, tzinfo=UTC)),
            BEFORE,
            "dates_overlap",
        ),
        (
            make_scene("A", "2016-08-20", **RADAR),
            after(**RADAR, relative_orbit=61, orbit_state="ascending"),
            "orbit_unknown: scene=A",
        ),
        (
            make_scene("A", "2016-08-20", **RADAR, relative_orbit=61, orbit_state="ascending"),
            after(**RADAR, relative_orbit=134, orbit_state="descending"),
            "other_orbit: .*after_orbit=134 descending, .*before_orbit=61 ascending",
        ),
    ],
)
def test_what_must_not_be_compared_is_refused_with_its_reason(
    first: Scene, second: Scene, said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        check_comparable(first, second)


def test_two_of_a_kind_may_be_compared() -> None:
    check_comparable(BEFORE, after())
    orbit: dict[str, Any] = {**RADAR, "relative_orbit": 61, "orbit_state": "ascending"}
    check_comparable(make_scene("A", "2016-08-20", **orbit), after(**orbit))


def test_light_and_radar_may_be_compared_in_their_order() -> None:
    radar = after(**RADAR, quality=None)
    check_comparable(BEFORE, radar)
    check_comparable(make_scene("A", "2016-08-01", **RADAR), after())
    with pytest.raises(Refusal, match="dates_overlap"):
        check_comparable(BEFORE, after("2016-08-01", **RADAR))
    with pytest.raises(Refusal, match="offset_unknown"):
        check_comparable(replace(BEFORE, offset_kind="unknown"), radar)


def pair_of(
    first: Image,
    second: Image,
    *,
    correct: bool = True,
    scenes: tuple[Scene, Scene] = (BEFORE, after()),
) -> Pair:
    """Make a pair of two images in memory; `correct` False reads them as if shifts did nothing."""

    def read(scene: Scene, place: GeoBox, shift_px: tuple[float, float]) -> Image:
        assert place == grid(*first.grid.shape)
        if scene is scenes[0]:
            return first
        if not correct or shift_px == (0.0, 0.0):
            return second
        layers = [moved(layer.astype(float), -shift_px[0], -shift_px[1]) for layer in second.pixels]
        return make_image(*layers, flags=second.flags, quantity=second.quantity)

    return make_pair(*scenes, grid(*first.grid.shape), read, 0.75)


def flagged(flag: Quality, rows: int = 256) -> np.ndarray[Any, np.dtype[np.uint8]]:
    flags = np.zeros((256, 256), np.uint8)
    flags[:rows] = flag
    return flags


def test_nothing_usable_is_refused() -> None:
    ground = texture(1)
    with pytest.raises(Refusal, match=r"nothing_usable: .*scene=AFTER"):
        pair_of(make_image(ground), make_image(ground, flags=flagged(Quality.CLOUD)))


def test_too_few_pixels_in_common_are_refused() -> None:
    ground = texture(1)
    first = make_image(ground, flags=flagged(Quality.CLOUD, 128))
    second = make_image(ground, flags=flagged(Quality.SNOW, 127)[::-1])
    with pytest.raises(Refusal, match=r"too_few_in_common: .*common_px=256, least_px=500"):
        pair_of(first, second)


def test_a_shift_is_corrected_and_measured_again() -> None:
    ground = texture(1)
    pair = pair_of(make_image(ground), make_image(moved(ground, 3.3, -1.8)))
    assert pair.shift_found.shift_rows_px == pytest.approx(3.3, abs=0.1)
    assert pair.shift_found.shift_columns_px == pytest.approx(-1.8, abs=0.1)
    assert pair.shift_left.known
    assert pair.shift_left.length_px < 0.1
    np.testing.assert_allclose(pair.after_matched[0], ground, atol=0.2)
    assert pair.interval_days == 23


def test_a_shift_that_stays_is_refused() -> None:
    ground = texture(1)
    with pytest.raises(Refusal, match=r"shift_left: .*most_px=0\.75, shift_left_px=(1\.9|2)"):
        pair_of(make_image(ground), make_image(moved(ground, 2.0, 0)), correct=False)


def test_the_brightness_of_the_after_image_is_matched() -> None:
    ground = 0.3 + 0.05 * texture(1)
    pair = pair_of(make_image(ground), make_image(ground * 0.5 + 0.2))
    np.testing.assert_allclose(pair.after_matched[0], ground, atol=1e-4)
    np.testing.assert_allclose(pair.after.pixels[0], ground * 0.5 + 0.2, atol=1e-6)


def test_radar_keeps_its_brightness() -> None:
    """A flood darkens radar everywhere at once: matched away, it would never be seen."""
    orbit: dict[str, Any] = {**RADAR, "relative_orbit": 61, "orbit_state": "ascending"}
    orbit["platform"] = "sentinel-1a"
    scenes = make_scene("A", "2016-08-20", **orbit), after(**orbit)
    layers = [-12 + 2 * texture(seed) for seed in (1, 2)]
    first = make_image(*layers, quantity="sigma0_db")
    second = make_image(*(layer - 8 for layer in layers), quantity="sigma0_db")
    pair = pair_of(first, second, scenes=scenes)
    np.testing.assert_array_equal(pair.after_matched, second.pixels)
    assert not pair.unscreened


@pytest.mark.parametrize("light_first", [True, False])
def test_light_and_radar_are_neither_moved_nor_matched(light_first: bool) -> None:
    ground = texture(1)
    light, radar = make_image(ground), make_image(-12 + ground, -18 + ground, quantity="sigma0_db")
    days = ("2016-08-20", "2016-09-12") if light_first else ("2016-09-12", "2016-08-20")
    heights = Geocoding(200.0, 190.0, 39.0, 120.0, noise_subtracted=True)
    seen = make_scene("L", days[0]), make_scene("R", days[1], **RADAR, geocoding=heights)
    scenes = seen if light_first else seen[::-1]
    images = (light, radar) if light_first else (radar, light)
    pair = pair_of(*images, scenes=scenes)
    assert pair.mixed
    assert not pair.shift_found.known
    assert pair.shift_left == pair.shift_found
    np.testing.assert_array_equal(pair.after_matched, pair.after.pixels)
    assert pair.unscreened
    said = {Code.SHIFT_NOT_MEASURED, Code.TERRAIN_REMAINS_IN_RADAR, Code.CLOUD_UNSCREENED}
    assert codes(pair) == said


def test_radar_of_two_satellites_needs_a_measured_shift() -> None:
    orbit: dict[str, Any] = {**RADAR, "relative_orbit": 61, "orbit_state": "ascending"}
    scenes = (
        make_scene("A", "2016-08-20", **orbit, platform="sentinel-1a"),
        after(**orbit, platform="sentinel-1c"),
    )
    first, second = (make_image(-12 + 2 * texture(seed), quantity="sigma0_db") for seed in (1, 9))
    with pytest.raises(Refusal) as caught:
        pair_of(first, second, scenes=scenes)
    assert caught.value.note.code == Code.PLATFORM_SHIFT_UNKNOWN
    assert caught.value.note.numbers["after_platform"] == "sentinel-1c"
    assert Code.OTHER_PLATFORM in codes(pair_of(first, first, scenes=scenes))


def test_what_weakens_an_answer_is_said() -> None:
    ground = texture(1)
    clean = pair_of(make_image(ground), make_image(ground))
    assert clean.caveats == ()
    assert clean.usable.all()
    lost = pair_of(make_image(ground), make_image(texture(99)))
    assert Code.SHIFT_UNKNOWN in codes(lost)
    raw: dict[str, Any] = {"quantity": "dn8", "quality": None}
    scenes = make_scene("B", "2016-02-20", **raw), after(**raw)
    weak = pair_of(make_image(ground, quantity="dn8"), make_image(ground), scenes=scenes)
    assert weak.unscreened
    assert {Code.CLOUD_UNSCREENED, Code.UNCALIBRATED} <= codes(weak)
    assert note(Code.SEASON_APART, gap_days=160) in weak.caveats


def test_the_turn_of_the_year_is_no_other_season() -> None:
    scenes = make_scene("B", "2015-12-20", quality=QUALITY), after("2016-01-10")
    ground = texture(1)
    assert pair_of(make_image(ground), make_image(ground), scenes=scenes).caveats == ()


def test_usable_is_what_both_can_use() -> None:
    ground = texture(1)
    pair = pair_of(
        make_image(ground, flags=flagged(Quality.CLOUD, 20)),
        make_image(ground, flags=flagged(Quality.SNOW, 30)),
    )
    np.testing.assert_array_equal(pair.usable, np.arange(256)[:, None] >= np.full(256, 30))


def test_a_scene_dated_by_its_year_alone_is_of_no_known_season() -> None:
    year = make_scene(
        "A", "2016-01-01", quality=QUALITY, acquired_to_at=datetime(2016, 12, 31, tzinfo=UTC)
    )
    ground = texture(1)
    scenes = make_scene("B", "2015-08-18", quality=QUALITY), year
    assert pair_of(make_image(ground), make_image(ground), scenes=scenes).caveats == ()
