"""Bands smoothed over what of them is usable, before water is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import by_blocks
from camp_monitor.scenes.image import Image

SMOOTHED_SPREADS = 3
"""Smoothing looks no further than this, in standard deviations."""


def smoothed_bands(
    image: Image, names: Sequence[str], sigma_px: float
) -> dict[str, NDArray[np.float32]]:
    """Smooth bands, by name, over usable pixels; 0 where none is near."""
    bands = [image.band(name) for name in names]
    reach_px = math.ceil(SMOOTHED_SPREADS * sigma_px) + 1

    def smooth(usable: NDArray[np.bool_], *parts: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.stack(smoothed(parts, usable, sigma_px))

    whole = by_blocks(smooth, image.usable, *bands, halo_px=reach_px)
    return dict(zip(names, whole, strict=True))


def smoothed(
    bands: Sequence[NDArray[np.float32]], usable: NDArray[np.bool_], sigma_px: float
) -> list[NDArray[np.float32]]:
    """Smooth bands over their usable pixels; 0 where none is near."""
    from scipy import ndimage

    filled = [np.where(usable, band, 0).astype(np.float32) for band in bands]
    if sigma_px <= 0:
        return filled
    blur = partial(ndimage.gaussian_filter, sigma=sigma_px, truncate=SMOOTHED_SPREADS)
    if usable.all():
        return [blur(band) for band in filled]
    weight = np.maximum(blur(usable.astype(np.float32)), 1e-6)
    return [np.where(usable, blur(band) / weight, 0).astype(np.float32) for band in filled]
