"""Match the brightness of two images on the ground that did not change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import in_threads, on_line, spread_out
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.stored import picked

ITERATIONS = 8
MAX_GAIN_RATIO = 2.0
"""A line steeper or flatter than the ratio of the spreads by more than this is not believed,"""
TIGHT_CORRELATION = 0.97
"""unless its own pixels correlate this well: changed ground may have widened one spread."""
LEAST_PIXELS = 200
SAMPLE_PIXELS = 100_000


@dataclass(frozen=True)
class Normalisation:
    """Line per band that takes the after image to the brightness of the before image.

    Parameters
    ----------
    gains, offsets : tuple of float
        ``before ≈ after * gain + offset`` on unchanged ground, per band.
    spreads : tuple of float
        Robust standard deviation left on the pixels that the line was drawn through.
    """

    gains: tuple[float, ...]
    offsets: tuple[float, ...]
    spreads: tuple[float, ...]


def measure_normalisation(before: Image, after: Image) -> Normalisation:
    """Measure a line per band through the pixels that changed least.

    The line is the major axis of the two brightnesses, drawn again and again through the half of
    the pixels that lie nearest to it (a least-trimmed fit), starting from equal median and spread.
    Changed ground falls off the line and stops counting as long as it is less than half.  Where no
    such line is found (nearly all ground changed) the median and spread are matched instead.

    Parameters
    ----------
    before, after : Image
        Same grid and bands.

    Notes
    -----
    Cannot see: haze that differs across the window, or a window in which most ground changed.

    References
    ----------
    .. [1] Canty et al., Remote Sens. Environ. 91, 441 (2004), doi:10.1016/j.rse.2003.10.024
       (why an orthogonal line and unchanged pixels)
    """
    usable = before.usable & after.usable
    where = spread_out(usable, SAMPLE_PIXELS)
    lines = in_threads(
        lambda two: _line(*(picked(band, where) for band in two)),
        zip(before.pixels, after.pixels, strict=True),
    )
    gains, offsets, spreads = zip(*lines, strict=True)
    return Normalisation(gains, offsets, spreads)


def normalise(after: Image, normalisation: Normalisation) -> NDArray[np.float32]:
    """Return the pixels of `after` at the brightness of the before image, (band, row, col)."""
    gains = np.array(normalisation.gains, np.float32)
    offsets = np.array(normalisation.offsets, np.float32)
    return on_line(after.pixels, gains, offsets)


def _line(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[float, float, float]:
    """Gain, offset and spread of one band."""
    if before.size < LEAST_PIXELS or np.ptp(before) == 0 or np.ptp(after) == 0:
        return 1.0, 0.0, 0.0
    first = before.astype(np.float64)
    start = _spread(first) / _spread(after)
    middle = float(np.median(first) - start * np.median(after))
    # At equal median and spread the line does not hang on the unit of either image.
    second = after.astype(np.float64) * start + middle
    gain, offset = 1.0, 0.0
    kept = np.ones(first.size, bool)
    distance, sorted_half = np.empty_like(first), np.empty_like(first)
    half = (first.size - 1) // 2
    for _ in range(ITERATIONS):
        np.multiply(second, gain, out=distance)
        np.subtract(first, distance, out=distance)
        distance -= offset
        np.abs(distance, out=distance)
        distance /= np.hypot(1.0, gain)
        sorted_half[:] = distance
        sorted_half.partition(half)
        kept = distance <= sorted_half[half]
        gain, offset = _major_axis(first, second, kept, gain)
    steep = not 1 / MAX_GAIN_RATIO <= gain <= MAX_GAIN_RATIO
    if steep and _correlation(first[kept], second[kept]) < TIGHT_CORRELATION:
        gain, offset = 1.0, 0.0
    left = first[kept] - gain * second[kept] - offset
    spread = float(1.4826 * np.median(np.abs(left)))
    return gain * start, gain * middle + offset, spread


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Correlation of two brightnesses; 0 where one of them is flat."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _major_axis(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    kept: NDArray[np.bool_],
    fallback: float,
) -> tuple[float, float]:
    """Slope and intercept of ``first ≈ slope * second + intercept`` by the major axis."""
    both = np.empty((2, np.count_nonzero(kept)))
    for row, values in zip(both, (second, first), strict=True):
        np.compress(kept, values, out=row)
    means = both.mean(axis=1)
    both -= means[:, None]
    _, vectors = np.linalg.eigh(np.dot(both, both.T.conj()) * (1 / (both.shape[1] - 1)))
    run, rise = vectors[:, 1]
    slope = rise / run if abs(run) > 1e-9 and rise / run > 0 else fallback
    return float(slope), float(means[1] - slope * means[0])


def _spread(values: NDArray[np.floating]) -> float:
    """Half the distance between the 16th and 84th percentile: a standard deviation, robustly."""
    low, high = np.percentile(values, [16, 84])
    return float(high - low) / 2 or float(values.std())
