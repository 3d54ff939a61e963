"""Change of all bands together: what the odds mean, what they are blind to, and real labels."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.codes import Code
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.irmad import change_odds, irmad
from camp_monitor.detect.regions import label_regions
from camp_monitor.errors import Refusal
from camp_monitor.evaluation.benchmark import read_benchmark, read_images, read_truth
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.synthetic.camera import Air, Camera, observe
from camp_monitor.synthetic.ground import Day, paint_ground
from camp_monitor.synthetic.landscape import finer_grid, make_valley

SIX = ("blue", "green", "red", "nir", "swir1", "swir2")
SIDE_PX = 150
EVERYWHERE = np.ones((SIDE_PX, SIDE_PX), bool)


def drawn(
    seed: int, share: float, correlations: tuple[float, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Two dates of which a known share was drawn independently, the rest with correlations."""
    rng = np.random.default_rng(seed)
    size = (len(correlations), SIDE_PX, SIDE_PX)
    before, noise = rng.standard_normal((2, *size))
    kept = np.array(correlations)[:, None, None]
    after = kept * before + np.sqrt(1 - kept**2) * noise
    changed = rng.random((SIDE_PX, SIDE_PX)) < share
    after[:, changed] = rng.standard_normal((len(correlations), int(changed.sum())))
    return before.astype(np.float32), after.astype(np.float32), changed


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_odds_are_odds_where_colours_are_normal(share: float) -> None:
    """Stated and true shares agree, and the share that changed is found: no threshold is needed."""
    before, after, changed = drawn(1, share, (0.9, 0.8, 0.5, 0.2))
    odds = change_odds(before, after, EVERYWHERE)
    assert odds.changed_share == pytest.approx(share, abs=0.02)
    stated = 1 / (1 + np.exp(-odds.log_odds))
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        here = (stated >= low) & (stated < high)
        assert changed[here].mean() == pytest.approx(stated[here].mean(), abs=0.08)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_any_mixture_of_the_bands_of_either_date_gives_the_same_odds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after, _ = drawn(2, 0.1, (0.9, 0.7, 0.4))
    mixed = []
    for image in (before, after):
        turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        mixture = turn * rng.uniform(0.2, 5, 3)
        offsets = rng.uniform(-50, 50, (3, 1, 1))
        mixed.append((np.einsum("ij,jrc->irc", mixture, image) + offsets).astype(np.float32))
    plain = change_odds(before, after, EVERYWHERE).log_odds
    other = change_odds(mixed[0], mixed[1], EVERYWHERE).log_odds
    np.testing.assert_allclose(other, plain, rtol=1e-3, atol=0.02)


def test_a_band_that_tells_nothing_of_the_other_date_changes_little() -> None:
    """It adds as much to a distance as every band that does."""
    before, after, changed = drawn(3, 0.1, (0.95, 0.9))
    weather = np.random.default_rng(4).standard_normal((2, 4, SIDE_PX, SIDE_PX)).astype(np.float32)
    louder = [np.concatenate(parts) for parts in zip((before, after), weather, strict=True)]
    plain = change_odds(before, after, EVERYWHERE).log_odds > 0
    odds = change_odds(louder[0], louder[1], EVERYWHERE).log_odds
    assert ((odds > 0) != plain).mean() <= 0.01
    distance = irmad(louder[0], louder[1], EVERYWHERE).chi_square
    assert f1(odds > 0, changed) > best_f1(distance, changed) + 0.05


def test_what_is_not_usable_has_no_odds_and_no_say() -> None:
    before, after, _ = drawn(5, 0.1, (0.9, 0.8, 0.5))
    usable = EVERYWHERE.copy()
    usable[:40] = False
    spoilt = after.copy()
    spoilt[:, :40] = np.nan
    one = change_odds(before, after, usable).log_odds
    other = change_odds(before, spoilt, usable).log_odds
    assert np.isnan(one[:40]).all()
    assert np.isfinite(one[40:]).all()
    np.testing.assert_array_equal(one, other)


def f1(called: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    hits = (called & truth).sum()
    return float(2 * hits / max(called.sum() + truth.sum(), 1))


def best_f1(measure: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    return max(f1(measure > np.percentile(measure, part), truth) for part in range(50, 100))


# The detector on painted valleys.


@functools.cache
def painted(seed: int, day: float, year: int, pixel_m: float = 10.0) -> Image:
    grid = GeoBox((192, 192), Affine(pixel_m, 0, 562000, 0, -pixel_m, 4674000), "EPSG:32652")
    landscape = make_valley(finer_grid(grid, 2), np.random.default_rng(seed))
    ground = paint_ground(landscape, Day(day, year))
    camera = Camera(SIX, (1,) * 6)
    return observe(ground, grid, Air(0.1), np.random.default_rng([seed, year]), camera=camera).image


def paired(before: Image, after: Image) -> Pair:
    return pair_images(
        before, after, lambda shift_px: moved(after, (-shift_px[0], -shift_px[1])),
        max_residual_px=0.75, interval_days=365.0, unscreened=True,
    )  # fmt: skip


def moved(image: Image, shift_px: tuple[float, float]) -> Image:
    """Move an image down and right; what comes in at the edge is empty."""
    pixels = [ndimage.shift(band, shift_px, order=1, mode="nearest") for band in image.pixels]
    empty = ndimage.shift((image.flags != 0).astype(float), shift_px, order=1, cval=1) > 0.01
    flags = np.where(empty, Quality.NODATA, 0).astype(np.uint8)
    return replace(image, pixels=np.array(pixels, np.float32), flags=flags)


def as_numbers(image: Image, bands: tuple[str, ...] = SIX) -> Image:
    """Stretch reflectance to 8 bits, as for display."""
    chosen = np.stack([image.band(band) for band in bands])
    low, high = np.percentile(chosen[:, image.usable], [1, 99], axis=1)[:, :, None, None]
    numbers = np.round(np.clip((chosen - low) / (high - low), 0, 1) * 255)
    return replace(image, pixels=numbers.astype(np.float32), bands=bands, quantity="dn8")


def kinds(pair: Pair) -> list[str]:
    return [change.kind for change in detect_construction(pair).changes]


def test_only_reflectance_names_what_changed_and_without_it_nothing_is_left_out() -> None:
    before, after = painted(1, 250, 15), painted(1, 249, 16)
    assert kinds(paired(before, after)) == ["construction"]
    numbers = paired(as_numbers(before), as_numbers(after))
    assert kinds(numbers) == ["construction", "other"]
    named, other = (change.changed for change in detect_construction(numbers).changes)
    assert not (named & other).any()
    odds = change_odds(numbers.before.pixels, numbers.after.pixels, numbers.usable).log_odds
    filled = np.where(numbers.usable, odds, odds[numbers.usable].min())
    changed = (ndimage.median_filter(filled, 3) > 0) & numbers.usable
    # crops that rotated are change, too
    assert changed.mean() > 0.02
    np.testing.assert_array_equal(named | other, changed)


def test_a_field_laid_bare_is_altered_ground_and_no_construction() -> None:
    """It has no corners in such pixels, and it is not nothing either."""
    before, after = painted(1, 250, 15), painted(1, 249, 15)
    rows, columns = np.mgrid[:192, :192]
    share = np.exp(-((((rows - 60) ** 2 + (columns - 60) ** 2) / 60.0) ** 2)).astype(np.float32)
    soil = np.array([0.09, 0.12, 0.16, 0.22, 0.30, 0.26], np.float32)[:, None, None]
    bared = replace(after, pixels=after.pixels * (1 - share) + soil * share)
    here = (share > 0.5) & (before.band("nir") > 2 * before.band("red"))
    assert here.sum() > 100
    still, detection = (detect_construction(paired(before, one)) for one in (after, bared))
    assert detection.altered is not None
    assert still.altered is not None
    assert detection.altered[here].mean() > 0.8
    assert not detection.changes[0].changed[here].any()
    away = share < 0.01
    assert abs(detection.altered[away].mean() - still.altered[away].mean()) < 0.01
    # coarse pixels ask for no corners, and numbers without a unit cannot be judged
    coarse = paired(*(painted(1, day, 15, 30.0) for day in (250, 249)))
    assert detect_construction(coarse).altered is None
    assert detect_construction(paired(as_numbers(before), as_numbers(after))).altered is None


def test_coarse_pixels_without_short_waves_are_refused_or_left_unnamed() -> None:
    bands = SIX[:4]
    before, after = (painted(1, day, year, 30.0) for day, year in ((250, 15), (249, 16)))
    four = [replace(image, pixels=image.pixels[:4], bands=bands) for image in (before, after)]
    with pytest.raises(Refusal, match=Code.CONSTRUCTION_NEEDS_BANDS):
        detect_construction(paired(four[0], four[1]))
    assert kinds(paired(as_numbers(before, bands), as_numbers(after, bands))) == ["other"]


@pytest.mark.parametrize("pixel_m", [10.0, 30.0])
@pytest.mark.parametrize("quantity", ["reflectance", "dn8"])
@pytest.mark.parametrize("shift_px", [(0.0, 0.0), (1.4, -0.5), (-3.0, 2.6)])
def test_the_same_ground_is_unchanged(
    pixel_m: float, quantity: str, shift_px: tuple[float, float]
) -> None:
    """Other gain, offset, noise and place: no region at all."""
    rng = np.random.default_rng(6)
    before = painted(2, 250, 15, pixel_m)
    spread = before.pixels.std(axis=(1, 2), keepdims=True)
    pixels = before.pixels * np.float32(0.9) + 0.02
    pixels = pixels + rng.normal(0, 0.03, pixels.shape).astype(np.float32) * spread
    after = moved(replace(before, pixels=pixels), shift_px)
    if quantity == "dn8":
        before, after = as_numbers(before), as_numbers(after)
    detection = detect_construction(paired(before, after))
    for change in detection.changes:
        assert label_regions(change.changed, change.least_px)[1] == 0, change.kind


# Real labels.

Alter = Callable[[Image, np.random.Generator], Image]


def restretched(image: Image, rng: np.random.Generator) -> Image:
    """Another stretch and gamma for every band, as another provider might have used."""
    bands = []
    for band in image.pixels:
        low, high = np.percentile(band, [rng.uniform(0, 2), rng.uniform(98, 100)])
        bands.append(255 * np.clip((band - low) / (high - low), 0, 1) ** rng.uniform(0.6, 1.6))
    return replace(image, pixels=np.round(bands).astype(np.float32))


def four_bands(image: Image, _: np.random.Generator) -> Image:
    return replace(image, pixels=image.pixels[:4], bands=image.bands[:4])


def untouched(image: Image, _: np.random.Generator) -> Image:
    return image


@pytest.mark.parametrize(
    ("alter", "least"), [(untouched, 0.84), (restretched, 0.81), (four_bands, 0.79)]
)
def test_labelled_change_is_found_better_than_by_distance(
    imagery_folder: Path, alter: Alter, least: float
) -> None:
    """Any change, 30 m, numbers that are not reflectance; against IR-MAD parted by Otsu."""
    from skimage.filters import threshold_otsu

    benchmark = read_benchmark(imagery_folder / "benchmark")
    entry = next(item for item in benchmark.entries if item.id == "nanjing_landsat")
    truth = read_truth(benchmark, entry)
    rng = np.random.default_rng(7)
    first, second = read_images(benchmark, entry)
    assert first is not None
    pair = paired(alter(first, rng), alter(second, rng))
    called = np.any([change.changed for change in detect_construction(pair).changes], axis=0)
    distance = np.sqrt(irmad(pair.before.pixels, pair.after.pixels, pair.usable).chi_square)
    simple = distance > threshold_otsu(distance)
    scored, change = truth != 255, truth == 1
    assert f1(called[scored], change[scored]) >= least
    assert f1(called[scored], change[scored]) >= f1(simple[scored], change[scored]) + 0.02
