"""A law: an image without content, or of another place, never says "unchanged"."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.codes import Code
from camp_monitor.detect.detectors import detectors
from camp_monitor.detect.doubt import check_agreement
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image
from tests.detect import painted_radar as radar
from tests.test_laws import FOUR, RGB, SIX, ground, moved, taken

Spoil = Callable[[Image, np.random.Generator], NDArray[np.floating]]
KINDS = {"six bands": (SIX, 10.0), "four bands": (FOUR, 5.0), "fine": (RGB, 1.0)}
ALL = (*KINDS, "radar decibels", "radar amplitudes")
MOST = {"reflectance": 1.0, "sigma0_db": 0.0, "amplitude8": 255.0, "dn8": 255.0}


@functools.cache
def dates(kind: str) -> tuple[Image, Image]:
    """The same ground twice."""
    if kind in KINDS:
        bands, pixel_m = KINDS[kind]
        first, second = (taken(ground(0, pixel_m), bands, seed) for seed in (1, 2))
        if kind != "fine":
            return first, second
        return counts(first), counts(second)
    relief = radar.relief_db(spread_db=2.0)
    layers = radar.land(radar.disc(60, 60, 25), relief)
    if kind == "radar decibels":
        return radar.image(layers, 9, 1), radar.image(layers, 9, 2)
    return radar.amplitude8(layers["vv"], 9, 1), radar.amplitude8(layers["vv"], 9, 2)


@functools.cache
def elsewhere(kind: str) -> Image:
    if kind in KINDS:
        bands, pixel_m = KINDS[kind]
        image = taken(ground(2, pixel_m), bands, 3)
        image = replace(image, pixels=image.pixels[:, ::-1, :].copy())
        return counts(image) if kind == "fine" else image
    layers = radar.land(radar.disc(130, 120, 25), radar.relief_db(8, 2.0))
    if kind == "radar decibels":
        return radar.image(layers, 9, 3)
    return radar.amplitude8(layers["vv"], 9, 3)


def counts(image: Image) -> Image:
    pixels = np.clip(np.round(image.pixels * 500), 0, 255).astype(np.float32)
    return replace(image, pixels=pixels, quantity="dn8")


def spread(image: Image) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    low, high = np.percentile(image.pixels, [1, 99], axis=(1, 2))
    return low[:, None, None], high[:, None, None]


def constant(image: Image, _: np.random.Generator) -> NDArray[np.floating]:
    return np.broadcast_to(np.median(image.pixels, (1, 2), keepdims=True), image.pixels.shape)


def nearly_constant(image: Image, rng: np.random.Generator) -> NDArray[np.floating]:
    low, high = spread(image)
    middle = np.median(image.pixels, (1, 2), keepdims=True)
    return middle + (high - low) * 0.01 * rng.standard_normal(image.pixels.shape)


def noise(image: Image, rng: np.random.Generator) -> NDArray[np.floating]:
    return rng.uniform(*spread(image), image.pixels.shape)


def smooth_noise(image: Image, rng: np.random.Generator) -> NDArray[np.floating]:
    low, high = spread(image)
    blurred = ndimage.gaussian_filter(rng.standard_normal(image.pixels.shape), (0, 1.5, 1.5))
    return (low + high) / 2 + (high - low) / 4 * blurred / blurred.std()


def saturated(image: Image, _: np.random.Generator) -> NDArray[np.floating]:
    return np.full_like(image.pixels, MOST[image.quantity])


def black(image: Image, _: np.random.Generator) -> NDArray[np.floating]:
    return np.full_like(image.pixels, -40.0 if image.quantity == "sigma0_db" else 0.0)


def shuffled(image: Image, rng: np.random.Generator) -> NDArray[np.floating]:
    side = 16
    bands, height, width = image.pixels.shape
    blocks = image.pixels.reshape(bands, height // side, side, width // side, side)
    blocks = blocks.transpose(1, 3, 0, 2, 4).reshape(-1, bands, side, side)
    blocks = rng.permutation(blocks).reshape(height // side, width // side, bands, side, side)
    return blocks.transpose(2, 0, 3, 1, 4).reshape(image.pixels.shape)


def sheared(image: Image, _: np.random.Generator) -> NDArray[np.floating]:
    """Rows of another width than the file says."""
    bands, height, width = image.pixels.shape
    flat = image.pixels.reshape(bands, -1)
    rows = np.arange(height)[:, None] * (width - 11) + np.arange(width)
    return flat[:, rows % flat.shape[1]]


SPOILT: tuple[Spoil, ...] = (
    constant, nearly_constant, noise, smooth_noise, saturated, black, shuffled, sheared,
)  # fmt: skip


SLOW = (nearly_constant, smooth_noise, sheared)
"""All detectors look at these, which are tried as the later date alone."""


def paired(before: Image, after: Image) -> Pair:
    return pair_images(
        before,
        after,
        lambda shift_px: moved(after, (-shift_px[0], -shift_px[1])),
        max_residual_px=0.75,
        interval_days=30.0,
        unscreened=False,
    )


def answers(before: Image, after: Image) -> list[str]:
    """What a scan would say to each question: a refusal's code, changed, unchanged or not seen."""
    try:
        pair = paired(before, after)
    except Refusal as refusal:
        return [refusal.note.code]
    said = []
    for detect in detectors().values():
        try:
            detection = detect(pair)
            check_agreement(pair, detection)
        except Refusal as refusal:
            said.append(str(refusal.note.code))
            continue
        called = any(change.changed.any() for change in detection.changes)
        little = detection.seen.mean() < 0.5
        said.append("changed" if called else "not seen" if little else "unchanged")
    return said


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("kind", ALL)
def test_what_is_no_picture_is_never_unchanged(kind: str, spoil: Spoil) -> None:
    before, after = dates(kind)
    pixels = spoil(after, np.random.default_rng(5)).astype(np.float32)
    spoilt = replace(after, pixels=pixels)
    orders = [(before, spoilt)]
    if spoil not in SLOW:
        orders.append((spoilt, before))
    for said in (answers(*order) for order in orders):
        assert "unchanged" not in said
        if spoil in (constant, saturated, black):
            assert said == [Code.NO_CONTENT]
        if spoil is noise and kind in KINDS:
            assert said == [Code.NO_CONTENT]


@pytest.mark.parametrize("kind", ALL)
def test_another_place_is_never_unchanged(kind: str) -> None:
    before, _ = dates(kind)
    assert "unchanged" not in answers(before, elsewhere(kind))


@pytest.mark.parametrize("kind", ALL)
def test_the_same_place_is_not_refused(kind: str) -> None:
    said = answers(*dates(kind))
    assert not {Code.NO_CONTENT, Code.NOTHING_IN_COMMON, Code.METHODS_DISAGREE} & set(said)
    assert "unchanged" in said


@pytest.mark.parametrize("spoil", [constant, saturated, noise])
@pytest.mark.parametrize("kind", list(KINDS))
def test_half_a_picture_is_half_seen(kind: str, spoil: Spoil) -> None:
    before, after = dates(kind)
    pixels = after.pixels.copy()
    half = pixels.shape[2] // 2
    pixels[:, :, half:] = spoil(after, np.random.default_rng(5))[:, :, half:]
    seen = paired(before, replace(after, pixels=pixels)).usable
    assert seen[:, : half - 48].mean() > 0.97
    assert seen[:, half + 48 :].mean() < 0.03


def test_ground_without_features_stays_unchanged() -> None:
    lake = radar.land(np.ones((radar.SIDE, radar.SIDE), bool))
    assert "unchanged" in answers(radar.image(lake, 9, 1), radar.image(lake, 9, 2))
    rng = np.random.default_rng(1)
    like: GeoBox = dates("six bands")[0].grid
    desert = np.linspace(0.2, 0.5, 6)[:, None, None]
    flags = np.zeros(like.shape, np.uint8)
    first, second = (
        Image(
            (desert + 0.004 * rng.standard_normal((6, *like.shape))).astype(np.float32),
            SIX, "reflectance", flags, like,
        )
        for _ in range(2)
    )  # fmt: skip
    assert not {Code.NO_CONTENT, Code.NOTHING_IN_COMMON} & set(answers(first, second))


def test_a_flood_over_all_of_the_frame_is_a_flood() -> None:
    layers = radar.land(relief=radar.relief_db(spread_db=2.0))
    flood = np.ones((radar.SIDE, radar.SIDE), bool)
    flood[:60] = False
    before = radar.image(layers, 9, 1)
    after = radar.image(radar.land(flood, radar.relief_db(spread_db=2.0)), 9, 2)
    assert "changed" in answers(before, after)
