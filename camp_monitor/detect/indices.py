"""Spectral indices: what is told from two or more bands, whatever the brightness of the scene.

Each takes float arrays of one shape, in one quantity, and returns float32; NaN where an input is
NaN.  Normalised differences run from -1 to 1 and are ratios, so that a common gain (sun, stretch)
leaves them as they are; on numbers that are not reflectance their zero has no meaning, only their
order within one date.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Band = NDArray[np.float32]


def ndvi(red: Band, nir: Band) -> Band:
    """Vegetation: high over leaves.  Rouse et al., NASA SP-351 (1974)."""
    return normalised_difference(nir, red)


def ndwi(green: Band, nir: Band) -> Band:
    """Open water: high over water.  McFeeters (1996), doi:10.1080/01431169608948714."""
    return normalised_difference(green, nir)


def mndwi(green: Band, swir1: Band) -> Band:
    """Open water, less confused by roofs.  Xu (2006), doi:10.1080/01431160600589179."""
    return normalised_difference(green, swir1)


def ndbi(swir1: Band, nir: Band) -> Band:
    """Built-up and bare ground.  Zha et al. (2003), doi:10.1080/01431160304987."""
    return normalised_difference(swir1, nir)


def visible_excess(visible: Band, infrared: Band) -> Band:
    """Open water: visible less infrared light, both in units of the infrared of bright ground.

    A difference, so that light scattered by thin haze, which is added to all bands, cancels; and
    dark water, whose ratios are noise, gets a small number.  Land lies from about -1 to -0.2, water
    from -0.1 up.
    """
    return (visible - infrared).astype(np.float32)


def normalised_difference(first: Band, second: Band) -> Band:
    """``(first - second) / (first + second)``; 0 where the sum is not positive."""
    total = first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(
            total > 1e-6, (first - second) / total, np.where(np.isnan(total), np.nan, 0)
        )
    return np.clip(ratio, -1, 1).astype(np.float32)
