"""Parcels, lakes and clouds painted in reflectance, and what a file may make of the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.synthetic.materials import BANDS, spectrum
from tests.scenes.painted import grid, texture

SIDE = 160
NOISE = 0.003
LAND = ("broadleaf", "grass", "maize", "soil", "straw", "conifer", "concrete")
PARCEL_PX = 20
HAZE = (1.0, 0.58, 0.31, 0.10, 0.0, 0.0)
"""Light from clear air by band, as a part of what it adds to blue."""

Mask = NDArray[np.bool_]


def disc(radius_px: float = 30, row: float = 80, column: float = 80) -> Mask:
    rows, columns = np.ogrid[:SIDE, :SIDE]
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 <= radius_px**2)


def wet_share(share: float) -> Mask:
    """Water from the first column to some column."""
    return np.broadcast_to(np.arange(SIDE)[None, :] < share * SIDE, (SIDE, SIDE)).copy()


def landscape(
    water: Mask | None = None, of: str = "flood", seed: int = 0, bands: tuple[str, ...] = BANDS
) -> Image:
    """Parcels of land, one of them of each kind at least, and water where it is asked for."""
    rng = np.random.default_rng(seed)
    across = SIDE // PARCEL_PX
    kinds = np.concatenate(
        [np.arange(len(LAND)), rng.integers(0, len(LAND), across**2 - len(LAND))]
    )
    parcels = np.kron(
        rng.permutation(kinds).reshape(across, across), np.ones((PARCEL_PX,) * 2, int)
    )
    colours = np.stack([spectrum(name) for name in LAND])
    pixels = colours[parcels].transpose(2, 0, 1) * (1 + 0.06 * texture(seed, (SIDE, SIDE)))
    if water is not None:
        pixels[:, water] = spectrum(of)[:, None] if of != "bog" else 0.016
    pixels = ndimage.gaussian_filter(pixels, (0, 0.4, 0.4))
    return noisy(image(pixels, "reflectance", bands), seed)


def image(pixels: NDArray[np.floating], quantity: str, bands: tuple[str, ...] = BANDS) -> Image:
    kept = [BANDS.index(name) for name in bands]
    flags = np.zeros((SIDE, SIDE), np.uint8)
    return Image(pixels[kept].astype(np.float32), bands, quantity, flags, grid(SIDE, SIDE))


def noisy(plain: Image, seed: int) -> Image:
    noise = np.random.default_rng(seed + 1000).normal(0, NOISE, plain.pixels.shape)
    return replace(plain, pixels=(plain.pixels + noise).astype(np.float32))


def changed(plain: Image, by: Callable[[NDArray[np.float32]], NDArray[np.floating]]) -> Image:
    return replace(plain, pixels=by(plain.pixels.copy()).astype(np.float32))


def in_numbers(plain: Image, gains: tuple[float, ...], offset: float = 0.0) -> Image:
    """The same scene in 8 bits, with a gain for each band and nothing known of them."""
    scaled = (plain.pixels + offset) * (255 * np.array(gains))[: len(plain.bands), None, None]
    return replace(plain, pixels=np.round(scaled).clip(0, 255).astype(np.float32), quantity="dn8")


def clouded(plain: Image, where: Mask, opacity: float = 1.0) -> Image:
    cloud = spectrum("cloud", plain.bands)[:, None]
    pixels = plain.pixels.copy()
    pixels[:, where] = (1 - opacity) * pixels[:, where] + opacity * cloud
    return replace(plain, pixels=pixels)


def shifted(plain: Image, by_px: tuple[float, float]) -> Image:
    """Move an image; what comes from beyond its edge is not seen."""
    whole = np.ones(plain.flags.shape, np.float32)
    seen = ndimage.shift(whole, by_px, order=1, cval=0.0) > 0.999
    pixels = np.stack(
        [ndimage.shift(band, by_px, order=1, mode="nearest") for band in plain.pixels]
    )
    pixels[:, ~seen] = np.nan
    flags = np.where(seen, plain.flags, Quality.NODATA).astype(np.uint8)
    return replace(plain, pixels=pixels.astype(np.float32), flags=flags)


def pair(before: Image, after: Image, interval_days: float = 30.0) -> Pair:
    return pair_images(
        before,
        after,
        lambda shift_px: shifted(after, (-shift_px[0], -shift_px[1])),
        max_residual_px=0.75,
        interval_days=interval_days,
        unscreened=True,
    )


def agreement(found: Mask, truth: Mask) -> float:
    """Shared part of two areas: intersection over union, 1 for two empty ones."""
    union = (found | truth).sum()
    return 1.0 if union == 0 else float((found & truth).sum() / union)
