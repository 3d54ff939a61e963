"""Where water is in one optical image, by a water index and its two populations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detection.indices import mndwi, ndwi
from camp_monitor.imagery.image import Image
from camp_monitor.imagery.sensors import PHYSICAL

BINS = 128
SMOOTHING_BINS = 1.5
LEAST_DEPTH = 0.25
"""A valley this much lower than the lower of the peaks beside it parts two populations."""
LOWEST, HIGHEST = -0.05, 0.6
"""Water's index begins between these, whatever the calibration."""
PHYSICAL_THRESHOLD = 0.0
"""Where reflectance shows no second population, water is where the index is above this."""
TYPICAL_CONTRAST = 0.6
"""Difference of the index between water and land, where only one of them is in the image."""


@dataclass(frozen=True, eq=False)
class Water:
    """Water in one image.

    Parameters
    ----------
    waterness : ndarray
        float32, (row, col): 0 at the usual land of this image, 1 at its usual water, by index;
        NaN where unusable.
    is_water : ndarray of bool
        (row, col).
    land, threshold, water : float
        Index of the usual land, of the border, and of the usual water.
    two_populations : bool
        Whether water and land part visibly in this image.
    """

    waterness: NDArray[np.float32]
    is_water: NDArray[np.bool_]
    land: float
    threshold: float
    water: float
    two_populations: bool


def water_index(image: Image) -> NDArray[np.float32] | None:
    """Return the best water index that the bands allow, (row, col), or None."""
    if {"green", "swir1"} <= set(image.bands):
        return mndwi(image.band("green"), image.band("swir1"))
    if {"green", "nir"} <= set(image.bands):
        return ndwi(image.band("green"), image.band("nir"))
    return None


def map_water(before: Image, after: Image) -> tuple[Water, Water] | None:
    """Say where water is in two images of one place.

    In each image the threshold is the valley between the land's and the water's values of the
    index.  Where an image shows no two populations, reflectance has its physical zero; other
    numbers borrow the other image's contrast, set upon their own land.

    Returns
    -------
    (Water, Water) or None
        Before and after; None where the bands hold no water index, or neither image can say what
        is water.
    """
    index_before, index_after = water_index(before), water_index(after)
    if index_before is None or index_after is None:
        return None
    dry, wet = index_before[before.usable], index_after[after.usable]
    first, second = _borders(dry, before.quantity), _borders(wet, after.quantity)
    if first is None and second is None:
        return None
    first = first or _borrowed(second, dry)
    second = second or _borrowed(first, wet)
    return _water(before, index_before, first), _water(after, index_after, second)


_Borders = tuple[float, float, float, bool]
"""Index of land, border and water, and whether they were seen to part."""


def _borders(values: NDArray[np.float32], quantity: str) -> _Borders | None:
    threshold = valley(values)
    if threshold is not None:
        land, water = np.median(values[values <= threshold]), np.median(values[values > threshold])
        return float(land), threshold, float(water), True
    if quantity not in PHYSICAL or values.size == 0:
        return None
    threshold = PHYSICAL_THRESHOLD
    middle = float(np.median(values))
    if middle > threshold:
        return middle - TYPICAL_CONTRAST, threshold, middle, False
    return middle, threshold, max(middle + TYPICAL_CONTRAST, TYPICAL_CONTRAST / 2), False


def _borrowed(other: _Borders | None, values: NDArray[np.float32]) -> _Borders:
    """Take the other image's contrast, above this image's own land."""
    assert other is not None
    land = float(np.median(values))
    return land, land + other[1] - other[0], land + other[2] - other[0], False


def _water(image: Image, index: NDArray[np.float32], borders: _Borders) -> Water:
    land, threshold, water, parted = borders
    waterness = ((index - land) / max(water - land, 1e-3)).astype(np.float32)
    waterness[~image.usable] = np.nan
    with np.errstate(invalid="ignore"):
        is_water = (index > threshold) & image.usable
    return Water(waterness, is_water, land, threshold, water, parted)


def valley(values: NDArray[np.float32]) -> float | None:
    """Find where two populations of index values part.

    Among the valleys of the smoothed histogram that are at least `LEAST_DEPTH` deep, the one that
    parts the values best (Otsu's criterion) is taken; a single population has no such valley, and
    Otsu's criterion alone would cut it in two.

    Parameters
    ----------
    values : ndarray
        Index values, -1 to 1.

    Returns
    -------
    float or None
        The middle of the valley, or None where there is none.

    References
    ----------
    .. [1] Otsu, IEEE Trans. Syst. Man Cybern. 9, 62 (1979), doi:10.1109/TSMC.1979.4310076
    """
    from scipy import ndimage

    if values.size < 100:
        return None
    counts, edges = np.histogram(values, BINS, range=(-1, 1))
    centres = (edges[1:] + edges[:-1]) / 2
    height = ndimage.gaussian_filter1d(counts.astype(np.float64), SMOOTHING_BINS)
    left = np.maximum.accumulate(height)
    right = np.maximum.accumulate(height[::-1])[::-1]
    lower_peak = np.minimum(left, right)
    depth = np.where(lower_peak > 0, 1 - height / np.maximum(lower_peak, 1e-9), 0)
    # a peak of a handful of pixels is no population
    depth[lower_peak < max(3.0, 2e-5 * values.size)] = 0
    share = np.cumsum(counts) / counts.sum()
    mean = np.cumsum(counts * centres) / counts.sum()
    between = (mean[-1] * share - mean) ** 2 / np.maximum(share * (1 - share), 1e-9)
    is_low = (height <= np.roll(height, 1)) & (height <= np.roll(height, -1))
    candidate = (centres >= LOWEST) & (centres <= HIGHEST) & (depth >= LEAST_DEPTH) & is_low
    if not candidate.any():
        return None
    best = int(np.argmax(np.where(candidate, between * depth, -1)))
    floor = height[best] + 0.1 * (lower_peak[best] - height[best])
    first = last = best
    while first > 0 and height[first - 1] <= floor:
        first -= 1
    while last < BINS - 1 and height[last + 1] <= floor:
        last += 1
    return float(np.clip(centres[(first + last) // 2], LOWEST, HIGHEST))
