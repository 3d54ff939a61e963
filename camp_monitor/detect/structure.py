"""Structure: edges and corners of two images, measured by one scale of colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import (
    Window,
    by_blocks,
    grown,
    in_threads,
    sampled_windows,
    told_by,
)
from camp_monitor.scenes.morphology import dilated, highest_near
from camp_monitor.scenes.statistics import Statistics, settled

GRADIENT_PX = 1.0
"""Standard deviation of the Gaussian whose derivative measures the slope of brightness."""
NEIGHBOURHOOD_PX = 1.5
"""Standard deviation of the Gaussian over which slopes are gathered to corners."""
NOISE_FLOOR = 0.05
"""Share of the mean variance added to every direction of colour, so that noise is not stretched."""
SAMPLE_PIXELS = 200_000
RIM_PX = 3
"""Slopes this near to unusable ground do not count."""
REACH_PX = 12
"""No slope and no corner rests on pixels further off than this."""


@dataclass(frozen=True, eq=False)
class Structure:
    """Edges and corners of one image, by a stretch of colours that it shares with another.

    Parameters
    ----------
    steep : ndarray
        float32, (row, col): length of the slope over all bands, in spreads of the slopes of both.
    corners : ndarray
        float32, (row, col): corner energy, in the same unit.
    """

    steep: NDArray[np.float32]
    corners: NDArray[np.float32]


def measure_structures(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    statistics: Statistics | None = None,
) -> tuple[Structure, Structure, NDArray[np.float32]]:
    """Measure edges and corners of two images by one stretch; return both and the stretch.

    The stretch rests on the slopes of `sampled_windows`.

    Parameters
    ----------
    before, after : ndarray
        float32, (band, row, col), matched in brightness.
    usable : ndarray of bool
        (row, col).
    statistics : Statistics or None
        See `settled`.
    """
    images = before, after
    middles = settled(
        statistics, "middles", lambda: [_middles(pixels, usable) for pixels in images]
    )
    windows = sampled_windows(usable.shape)
    sampled: list[NDArray[np.float32]] = []

    def measure() -> NDArray[np.float32]:
        both = zip(images, middles, strict=True)
        sampled.extend(in_threads(lambda one: _sampled_slopes(*one, usable, windows), both))
        return shared_stretch(*sampled)

    stretch = settled(statistics, "stretch", measure)

    def structure(slopes: NDArray[np.float32]) -> NDArray[np.float32]:
        slopes = stretched(slopes, stretch)
        return np.stack([steepness(slopes), corner_energy(slopes)])

    if sampled and len(windows) == 1:
        found = in_threads(lambda one: by_blocks(structure, one, halo_px=REACH_PX), sampled)
    else:
        found = [
            by_blocks(
                lambda part, asked, own=own: structure(measure_slopes(part, asked, own)),
                pixels, usable, halo_px=REACH_PX,
            )
            for pixels, own in zip(images, middles, strict=True)
        ]  # fmt: skip
    first, second = (Structure(*both) for both in found)
    return first, second, stretch


def _middles(pixels: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Median of each band where it is usable, which stands in for what is not; 0 if nothing is."""
    if usable.all() or not usable.any():
        return np.zeros(len(pixels), np.float32)
    return np.array([np.median(told_by(band, usable)) for band in pixels], np.float32)


def _sampled_slopes(
    pixels: NDArray[np.float32],
    middles: NDArray[np.float32],
    usable: NDArray[np.bool_],
    windows: Sequence[Window],
) -> NDArray[np.float32]:
    """Slopes in some windows, one below the other; of more than one window a part of them."""
    if len(windows) == 1:
        return measure_slopes(pixels, usable, middles)
    parts = []
    every = max(1, sum(usable[window].size for window in windows) // SAMPLE_PIXELS)
    for window in windows:
        wide, own = grown(window, REACH_PX, usable.shape)
        slopes = measure_slopes(pixels[(slice(None), *wide)], usable[wide], middles)
        flat = slopes[(..., *own)].reshape(2, len(pixels), -1, 1)
        parts.append(flat[:, :, ::every].copy())
    return np.concatenate(parts, axis=2)


def measure_slopes(
    pixels: NDArray[np.float32],
    usable: NDArray[np.bool_],
    middles: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Measure the slope of each band down the rows and along the columns.

    Parameters
    ----------
    pixels : ndarray
        float32, (band, row, col), in any unit.
    usable : ndarray of bool
        (row, col); slopes within `RIM_PX` of unusable ground are 0.
    middles : ndarray or None
        float32, (band,), which stands in for unusable ground; None: the median of the rest.

    Returns
    -------
    ndarray
        float32, (2, band, row, col), in the unit of `pixels` for each pixel of way.
    """
    from scipy import ndimage

    whole = bool(usable.all())
    if middles is None:
        middles = _middles(pixels, usable)
    slopes = np.empty((2, *pixels.shape), np.float32)
    for position, band in enumerate(pixels):
        filled = band if whole else np.where(usable, band, middles[position])
        for axis, order in enumerate(((1, 0), (0, 1))):
            ndimage.gaussian_filter(filled, GRADIENT_PX, order, slopes[axis, position])
    if not whole:
        slopes[:, :, dilated(~usable, RIM_PX)] = 0
    return slopes


def shared_stretch(*slopes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find the linear map of colours after which all these slopes together have unit covariance.

    What is common in the images (soil to leaves) then counts little, and what is rare (roofs)
    much.  One map for both dates leaves unchanged ground unchanged; a map for each date would turn
    haze over one of them into change.

    Parameters
    ----------
    *slopes : ndarray
        As `measure_slopes` returns them, of images matched in brightness.

    Returns
    -------
    ndarray
        float32, (band, band), to be applied to colours from the left.
    """
    bands = slopes[0].shape[1]
    covariance = np.zeros((bands, bands))
    for one in slopes:
        every = max(1, one[0, 0].size // SAMPLE_PIXELS)
        flat = one.reshape(2, bands, -1)[:, :, ::every]
        flat = flat[:, :, (flat != 0).any(axis=(0, 1))].astype(np.float64)
        covariance += np.einsum("abn,acn->bc", flat, flat) / max(2 * flat.shape[2], 1)
    covariance /= len(slopes)
    covariance += np.eye(bands) * (NOISE_FLOOR * np.trace(covariance) / bands + 1e-12)
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors / np.sqrt(values)).T, np.float32)


def stretched(values: NDArray[np.float32], stretch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply a map of colours to images (band, row, col) or slopes (2, band, row, col)."""
    flat = values.reshape(*values.shape[:-2], -1)
    return np.asarray(np.matmul(stretch, flat), np.float32).reshape(values.shape)


@dataclass(frozen=True, eq=False)
class StretchedColours:
    """An image by a stretch of its colours, of which only windows are worked out."""

    pixels: NDArray[np.float32]
    stretch: NDArray[np.float32]

    def __getitem__(self, window: Window) -> NDArray[np.float32]:
        """Colours in a window, (band, row, col)."""
        return stretched(self.pixels[(slice(None), *window)], self.stretch)


def steepness(slopes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the length of the slope over all bands, float32 (row, col)."""
    return np.sqrt((slopes**2).sum(axis=(0, 1))).astype(np.float32)


def corner_energy(slopes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure how much the colour changes in *every* direction around each pixel.

    The square root of the smaller eigenvalue of the structure tensor of all bands: 0 on plain
    ground and along a straight edge (a field's rim, a road), large at corners and on small things.

    Parameters
    ----------
    slopes : ndarray
        float32, (2, band, row, col).

    Returns
    -------
    ndarray
        float32, (row, col), in the unit of the slopes.

    References
    ----------
    .. [1] Shi and Tomasi, CVPR (1994), doi:10.1109/CVPR.1994.323794
    .. [2] Di Zenzo, Comput. Vis. Graph. Image Process. 33, 116 (1986),
       doi:10.1016/0734-189X(86)90223-9
    """
    from scipy import ndimage

    rows, columns = slopes
    along_rows, along_columns, across = (
        ndimage.gaussian_filter((one * other).sum(axis=0), NEIGHBOURHOOD_PX)
        for one, other in ((rows, rows), (columns, columns), (rows, columns))
    )
    half_sum, half_difference = (along_rows + along_columns) / 2, (along_rows - along_columns) / 2
    smaller = half_sum - np.sqrt(half_difference**2 + across**2)
    return np.sqrt(np.maximum(smaller, 0)).astype(np.float32)


def newly(
    before: NDArray[np.float32], after: NDArray[np.float32], tolerance_px: int
) -> NDArray[np.float32]:
    """Return how much of a measure of the after image nothing nearby had before.

    Parameters
    ----------
    before, after : ndarray
        Corner energy or steepness of two images, float32, (row, col).
    tolerance_px : int
        Odd side of the square in which an edge or corner of `before` excuses one of `after`.

    Returns
    -------
    ndarray
        float32, (row, col); negative where there was more before.
    """
    excused = by_blocks(lambda part: highest_near(part, tolerance_px), before, halo_px=tolerance_px)
    return np.asarray(np.subtract(after, excused, out=excused), np.float32)
