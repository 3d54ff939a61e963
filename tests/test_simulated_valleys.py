"""Construction in painted valleys whose crops rotate between the dates: what is found, what not.

Nine valleys, each with a flood and without, with the annex of the size published for Jongo-ri.
The limits are what the present method reaches, less a little; a better one raises them.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.features import geometry_mask
from scipy import ndimage

from camp_monitor.demo.valley_scenes import VISITS, paint_valley
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.pairs.pair import Pair, make_pair
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.scene import BandFile, Scene

GRID = GeoBox((192, 192), Affine(10, 0, 562000, 0, -10, 4674000), "EPSG:32652")
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
SEEDS = (*range(1, 9), 12)


def scene(name: str, year: int) -> Scene:
    at = datetime(year, 9, 6, tzinfo=UTC)
    bands = tuple(BandFile(band, Path("painted"), 1, 1.0, 0.0, None) for band in BANDS)
    return Scene(
        id=name, sensor="sentinel-2", quantity="reflectance", acquired_from_at=at,
        acquired_to_at=at, bands=bands, quality=None, footprint=shapely.box(0, 0, 1, 1),
        pixel_m=10.0, files=(), sha256=(), licence="", credit="SIMULATED",
    )  # fmt: skip


def moved_back(image: Image, shift_px: tuple[float, float]) -> Image:
    back = (-shift_px[0], -shift_px[1])
    bands = [ndimage.shift(np.nan_to_num(band), back, order=1) for band in image.pixels]
    flags = ndimage.shift(image.flags, back, order=0, cval=int(Quality.NODATA))
    pixels = np.where(flags & Quality.NODATA, np.nan, np.array(bands, np.float32))
    return replace(image, pixels=pixels.astype(np.float32), flags=flags)


@functools.cache
def valley(seed: int, risen: bool) -> tuple[Pair, NDArray[np.bool_]]:
    """Return the pair and where the annex is."""
    by_date = {visit.date: visit for visit in VISITS}
    before, after = by_date["2015-09-07"], by_date["2016-09-05"]
    after = after if risen else replace(after, river_rise_m=before.river_rise_m)
    painted = paint_valley(GRID, seed, (before, after))
    images = {
        name: scene.seen.image
        for name, scene in zip(("before", "after"), painted.scenes, strict=True)
    }

    def read(asked: Scene, grid: GeoBox, shift_px: tuple[float, float]) -> Image:
        return moved_back(images[asked.id], shift_px) if any(shift_px) else images[asked.id]

    pair = make_pair(scene("before", 2015), scene("after", 2016), GRID, read, 0.75)
    annex = geometry_mask([painted.compound.annex], GRID.shape, GRID.affine, invert=True)
    return pair, annex


@pytest.mark.parametrize("risen", [True, False], ids=["flood", "no flood"])
def test_the_annex_is_found_and_fields_are_not(risen: bool) -> None:
    found, false = 0, 0
    for seed in SEEDS:
        pair, annex = valley(seed, risen)
        change = detect_construction(pair).changes[0]
        labels, count = ndimage.label(change.changed, np.ones((3, 3)))
        sizes = ndimage.sum_labels(change.changed, labels, np.arange(1, count + 1))
        hits = {int(label) for label in np.unique(labels[annex & change.changed])}
        found += change.changed[annex].mean() >= 0.5
        false += sum(
            size >= change.least_px and number not in hits
            for number, size in enumerate(sizes, start=1)
        )
    assert found >= 7
    assert false / len(SEEDS) <= 1.5
