"""Radar scenes painted with speckle of known looks."""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.pairs.normalisation import Normalisation
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.coregistration import Alignment
from camp_monitor.scenes.image import Image

Array = NDArray[np.floating]
SIDE = 192
PLACE = GeoBox((SIDE, SIDE), Affine(10, 0, 500_000, 0, -10, 4_600_000), "EPSG:32652")
STILL = Alignment(0.0, 0.0, 49, 8, 8, known=True)
LAND_DB = {"vv": -9.0, "vh": -15.0}
LAKE_DB = {"vv": -21.0, "vh": -27.0}


def disc(row: int = 96, column: int = 96, radius: int = 30) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.hypot(rows - row, columns - column) <= radius


def speckle(looks: float, seed: int) -> Array:
    """Multiplies power; mean 1."""
    return np.random.default_rng(seed).gamma(looks, 1 / looks, (SIDE, SIDE))


def relief_db(seed: int = 3, spread_db: float = 1.0) -> Array:
    """What fields and woods differ by."""
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE))
    smooth = ndimage.gaussian_filter(noise, 5, mode="wrap")
    return spread_db * smooth / smooth.std()


def image(layers_db: dict[str, Array], looks: float = 5, seed: int = 0) -> Image:
    """Backscatter in decibels, speckled."""
    pixels = [
        layer + 10 * np.log10(speckle(looks, 100 * seed + number))
        for number, layer in enumerate(layers_db.values())
    ]
    return made(np.stack(pixels), tuple(layers_db), "sigma0_db")


def amplitude8(
    ground_db: Array, looks: float = 4, seed: int = 0, gain: float = 1.0, offset: float = 0.0
) -> Image:
    """Amplitude of 8 bits, 100 where the ground reflects 0 dB, speckled and stretched."""
    power = 10 ** (ground_db / 10) * speckle(looks, seed)
    numbers = np.clip(np.round(100 * np.sqrt(power) * gain + offset), 0, 255)
    return made(numbers[None], ("sar",), "amplitude8")


def decibel8(
    ground_db: Array, looks: float = 9, seed: int = 0, gain: float = 6.0, offset: float = 180.0
) -> Image:
    """Decibels stretched to 8 bits and declared as amplitudes, as many exports do."""
    decibels = ground_db + 10 * np.log10(speckle(looks, seed))
    numbers = np.clip(np.round(gain * decibels + offset), 0, 255)
    return made(numbers[None], ("sar",), "amplitude8")


def made(pixels: Array, bands: tuple[str, ...], quantity: str) -> Image:
    flags = np.zeros(pixels.shape[1:], np.uint8)
    return Image(pixels.astype(np.float32), bands, quantity, flags, PLACE)


def land(lake: NDArray[np.bool_] | None = None, relief: Array | float = 0.0) -> dict[str, Array]:
    """Land of both polarisations with a lake on it."""
    where = np.zeros((SIDE, SIDE), bool) if lake is None else lake
    return {name: np.where(where, LAKE_DB[name], LAND_DB[name] + relief) for name in LAND_DB}


def paired(before: Image, after: Image, days: float = 12.0) -> Pair:
    bands = len(before.bands)
    return Pair(
        before=before,
        after=after,
        after_matched=after.pixels,
        usable=before.usable & after.usable,
        shift_found=STILL,
        shift_left=STILL,
        normalisation=Normalisation((1.0,) * bands, (0.0,) * bands, (0.0,) * bands),
        interval_days=days,
        unscreened=False,
    )


def agreement(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """F1."""
    return float(2 * (found & truth).sum() / max(found.sum() + truth.sum(), 1))
