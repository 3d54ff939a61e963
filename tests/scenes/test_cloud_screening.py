"""Cloud where no quality band is: the network flags painted cloud, and leaves clear ground."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

import camp_monitor as cm
from benchmarks.halves import half_of
from camp_monitor.codes import Code
from camp_monitor.demo.valley_scenes import VISITS, ValleyScene, paint_valley
from camp_monitor.errors import InstallationError
from camp_monitor.evaluation.benchmark import read_benchmark, read_images
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair, make_pair
from camp_monitor.scenes.cloud_screening import can_screen, screen, screening
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.scene import BandFile, Scene
from camp_monitor.settings import ScanSettings
from tests.scenes.painted import make_scene, write_tiff

GRID = GeoBox((300, 380), Affine(10, 0, 562000, 0, -10, 4674000), "EPSG:32652")
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
CLOUDY = Quality.CLOUD | Quality.SHADOW

if os.environ.get("CI") != "true":
    pytest.importorskip("ukis_csmask.mask")


@pytest.fixture(scope="module")
def painted() -> dict[str, ValleyScene]:
    dates = ("2016-06-13", "2016-08-02", "2016-09-05")
    valley = paint_valley(GRID, 12, tuple(one for one in VISITS if one.date in dates))
    return {one.visit.date: one for one in valley.scenes}


def bare(image: Image) -> Image:
    """The same without the provider's classes; a corner is empty."""
    flags = np.zeros_like(image.flags)
    flags[:20, :20] = Quality.NODATA
    return replace(image, flags=flags)


def scene(name: str, day: str) -> Scene:
    bands = tuple(BandFile(band, Path("painted"), 1, 1.0, 0.0, None) for band in BANDS)
    return make_scene(name, day, bands)


def test_cloud_and_its_shadow_are_flagged_and_clear_ground_is_not(
    painted: dict[str, ValleyScene],
) -> None:
    seen = painted["2016-09-05"].seen
    screened = screen(bare(seen.image))
    hidden = (screened.flags & CLOUDY) > 0
    held = (screened.flags & Quality.NODATA) == 0
    assert hidden[seen.is_cloud & held].mean() >= 0.8
    assert hidden[seen.is_shadow & held].mean() >= 0.5
    assert hidden[~seen.is_cloud & ~seen.is_shadow & held].mean() <= 0.1
    assert (screened.flags[:20, :20] == Quality.NODATA).all()
    assert screened.cloud_model == "csmask 1.0.0-6BL2A"
    clear = screen(bare(painted["2016-06-13"].seen.image))
    assert ((clear.flags & CLOUDY) > 0).mean() <= 0.01
    np.testing.assert_array_equal(screen(bare(seen.image)).flags, screened.flags)


def test_four_bands_have_a_model_of_their_own(painted: dict[str, ValleyScene]) -> None:
    image = bare(painted["2016-06-13"].seen.image)
    four = screen(replace(image, bands=image.bands[:4], pixels=image.pixels[:4]))
    assert four.cloud_model == "csmask 1.0.0-4BL2A"
    assert ((four.flags & CLOUDY) > 0).mean() <= 0.05


def pair_of(painted: dict[str, ValleyScene], *, screened: bool) -> Pair:
    images = {name: bare(painted[day].seen.image) for name, day in
              (("BEFORE", "2016-06-13"), ("AFTER", "2016-09-05"))}  # fmt: skip

    def read(asked: Scene, grid: GeoBox, shift_px: tuple[float, float]) -> Image:
        return images[asked.id]

    scenes = scene("BEFORE", "2016-06-13"), scene("AFTER", "2016-09-05")
    return make_pair(*scenes, GRID, screening(read) if screened else read, 5.0)


def test_a_pair_says_by_what_cloud_was_screened(painted: dict[str, ValleyScene]) -> None:
    pair = pair_of(painted, screened=True)
    assert not pair.unscreened
    assert note(Code.CLOUD_SCREENED_BY, model="csmask 1.0.0-6BL2A") in pair.caveats
    assert Code.CLOUD_UNSCREENED not in {one.code for one in pair.caveats}
    without = pair_of(painted, screened=False)
    assert without.unscreened
    assert Code.CLOUD_UNSCREENED in {one.code for one in without.caveats}
    assert without.usable.mean() > pair.usable.mean()


def test_a_comparison_screens_where_its_settings_ask_for_it(
    painted: dict[str, ValleyScene], tmp_path: Path
) -> None:
    named = []
    for day in ("2016-06-13", "2016-09-05"):
        numbers = np.clip(painted[day].seen.image.pixels[:4] * 1e4, 1, 65535).astype(np.uint16)
        path = write_tiff(tmp_path / f"{day}.tif", numbers, GRID, descriptions=BANDS[:4])
        named.append(cm.open_scene(path, sensor="planetscope", acquired=day))
    middle = GRID.extent.to_crs("EPSG:4326").geom.centroid.buffer(0.004)
    outline = tmp_path / "outline.geojson"
    outline.write_text(json.dumps(shapely.geometry.mapping(middle)))
    place = cm.read_outline(outline, id="camp", accuracy_m=10)
    codes = {}
    for mask in ("none", "csmask"):
        settings = ScanSettings.model_validate({"cloud_mask": mask})
        answers = cm.compare(place, *named, settings=settings).result.observations
        codes[mask] = {one.code for answer in answers for one in answer.caveats}
    assert Code.CLOUD_UNSCREENED in codes["none"] - codes["csmask"]
    assert Code.CLOUD_SCREENED_BY in codes["csmask"] - codes["none"]


def test_only_reflectance_without_a_quality_band_is_screened() -> None:
    plain = scene("A", "2016-06-13")
    assert can_screen(plain)
    assert not can_screen(replace(plain, quantity="dn8"))
    assert not can_screen(replace(plain, quality=plain.bands[0]))
    assert not can_screen(replace(plain, bands=plain.bands[1:]))
    assert not can_screen(replace(plain, pixel_m=250.0))


def test_without_the_extra_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, painted: dict[str, ValleyScene]
) -> None:
    monkeypatch.setitem(sys.modules, "ukis_csmask.mask", None)
    with pytest.raises(InstallationError, match=r"camp-monitor\[cloud\]"):
        screen(painted["2016-06-13"].seen.image)


def test_clear_real_scenes_stay_clear(imagery_folder: Path) -> None:
    """Their quality bits flag no cloud and no shadow; water, bright ground and snow are there."""
    benchmark = read_benchmark(imagery_folder / "benchmark").only(["hls_water12"])
    entries = [entry for entry in benchmark.entries if half_of(entry.id) == "tune"]
    assert entries
    for entry in entries:
        _, image = read_images(benchmark, entry)
        grid = GeoBox(image.flags.shape, Affine(30, 0, 0, 0, -30, 0), None)
        screened = screen(replace(image, grid=grid))
        assert ((screened.flags & CLOUDY) > 0).mean() <= 0.01
