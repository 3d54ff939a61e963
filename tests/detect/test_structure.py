"""New structures in pixels of a few metres: one scale for both dates, and shapes scored whole."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.regions import label_regions
from camp_monitor.detect.structure import (
    corner_energy,
    measure_slopes,
    newly,
    shared_stretch,
    stretched,
)
from camp_monitor.detect.water.banks import wet_ground
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.synthetic.camera import Air, Camera, observe
from camp_monitor.synthetic.ground import Day, paint_ground
from camp_monitor.synthetic.landscape import finer_grid, make_valley
from camp_monitor.synthetic.structures import (
    Structure,
    contrasting_colour,
    paint_structures,
    scatter_footprints,
)

FOUR = ("blue", "green", "red", "nir")
SIDE_PX = 256


def test_change_elsewhere_makes_no_corner_here() -> None:
    """With a stretch of its own, each date would measure the same ground by another scale."""
    rng = np.random.default_rng(1)
    before = ndimage.gaussian_filter(rng.standard_normal((3, 120, 120)), (0, 1, 1))
    after = before.copy()
    after[0, :, 60:] += 8 * ndimage.gaussian_filter(rng.standard_normal((120, 60)), 1)
    usable = np.ones((120, 120), bool)
    slopes = [measure_slopes(image.astype(np.float32), usable) for image in (before, after)]
    shared = [stretched(one, shared_stretch(*slopes)) for one in slopes]
    own = [stretched(one, shared_stretch(one)) for one in slopes]
    same = slice(None), slice(10, 50)
    for energies, is_new in ((shared, False), (own, True)):
        new = newly(corner_energy(energies[0]), corner_energy(energies[1]), 1)[same]
        assert (np.abs(new).max() > 0.1) == is_new


@functools.cache
def painted(seed: int, day: float, year: int, haze: float) -> Image:
    grid = GeoBox((SIDE_PX, SIDE_PX), Affine(5, 0, 562000, 0, -5, 4674000), "EPSG:32652")
    landscape = make_valley(finer_grid(grid, 2), np.random.default_rng(seed))
    ground = paint_ground(landscape, Day(day, year))
    rng = np.random.default_rng([seed, year])
    camera = Camera(FOUR, (1,) * 4)
    return observe(ground, grid, Air(haze), rng, camera=camera).image


def paired(before: Image, after: Image) -> Pair:
    return pair_images(
        before, after, lambda shift_px: moved_back(after, shift_px),
        max_residual_px=0.75, interval_days=365.0, unscreened=True,
    )  # fmt: skip


def moved_back(image: Image, shift_px: tuple[float, float]) -> Image:
    back = (-shift_px[0], -shift_px[1])
    pixels = [ndimage.shift(band, back, order=1, mode="nearest") for band in image.pixels]
    empty = ndimage.shift((image.flags != 0).astype(float), back, order=1, cval=1) > 0.01
    flags = np.where(empty, Quality.NODATA, 0).astype(np.uint8)
    return replace(image, pixels=np.array(pixels, np.float32), flags=flags)


def called(pair: Pair) -> tuple[NDArray[np.int32], int]:
    change = detect_construction(pair).changes[0]
    return label_regions(change.changed, change.least_px)


@pytest.mark.parametrize("seed", range(3))
def test_crops_that_rotate_under_haze_are_no_structures(seed: int) -> None:
    pair = paired(painted(seed, 250, 15, 0.06), painted(seed, 249, 16, 0.24))
    assert called(pair)[1] == 0


@pytest.mark.parametrize("area_m2", [800.0, 2000.0, 6000.0, 12000.0])
def test_plain_roofs_of_every_size_are_found_whole(area_m2: float) -> None:
    """On dry ground, 4 spreads brighter than what is round them: seven in ten, nine tenths each."""
    found = total = 0
    for seed in range(4):
        before, after = painted(seed, 250, 15, 0.06), painted(seed, 249, 15, 0.06)
        rng = np.random.default_rng(seed)
        places = scatter_footprints(dry(before), 6, area_m2, rng)
        roofs = [Structure(place, contrasting_colour(after, place, 4.0)) for place in places]
        built, labels = paint_structures(after, roofs, rng, psf_px=0.42)
        regions, _ = called(paired(before, built))
        for number in range(1, labels.max() + 1):
            place = labels == number
            found += (regions[place] > 0).mean() >= 0.8
            total += 1
    assert total >= 15
    assert found >= 0.7 * total


def dry(image: Image) -> Image:
    """Flag water and what is near it, so that nothing is painted there."""
    wet, _ = wet_ground(paired(image, image))
    near = ndimage.binary_dilation(wet, iterations=6)
    return replace(image, flags=np.where(near, Quality.NODATA, image.flags).astype(np.uint8))


def test_soft_round_patches_are_no_structures() -> None:
    """As large and as bright as roofs that are found, but without an edge or a straight side."""
    count = 0
    for seed in range(3):
        before, after = painted(seed, 250, 15, 0.06), painted(seed, 249, 15, 0.06)
        rng = np.random.default_rng(seed)
        places = scatter_footprints(dry(before), 8, 2000.0, rng, longest_to_shortest=1.0)
        round_places = [place.centroid.buffer(math.sqrt(2000.0 / math.pi)) for place in places]
        patches = [
            Structure(place, contrasting_colour(after, place, 4.0)) for place in round_places
        ]
        spotted, _ = paint_structures(after, patches, rng, psf_px=3.0)
        count += called(paired(before, spotted))[1]
        assert len(places) >= 5
    assert count <= 1


def test_evidence_grows_with_contrast() -> None:
    before, after = painted(1, 250, 15, 0.06), painted(1, 249, 15, 0.06)
    rng = np.random.default_rng(2)
    places = scatter_footprints(dry(before), 6, 2000.0, rng)
    medians = []
    for contrast in (3.0, 5.0, 8.0):
        roofs = [Structure(place, contrasting_colour(after, place, contrast)) for place in places]
        built, labels = paint_structures(after, roofs, np.random.default_rng(3), psf_px=0.42)
        strength = detect_construction(paired(before, built)).changes[0].strength
        medians.append(float(np.median(strength[labels > 0])))
    assert medians[0] < medians[1] < medians[2]
