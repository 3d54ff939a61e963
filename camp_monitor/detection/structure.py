"""Structure: corners, which buildings have and fields lack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRADIENT_PX = 1.0
"""Standard deviation of the Gaussian whose derivative measures the slope of brightness."""
NEIGHBOURHOOD_PX = 1.5
"""Standard deviation of the Gaussian over which slopes are gathered."""
NOISE_FLOOR = 0.05
"""Share of the mean variance added to every direction of colour, so that noise is not stretched."""


def corner_energy(pixels: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Measure how much the colour changes in *every* direction around each pixel.

    The square root of the smaller eigenvalue of the structure tensor of all bands: 0 on plain
    ground and along a straight edge (a field's rim, a road), large at corners and on small things.
    The colours are first turned and stretched so that the slopes of this image have the same
    spread in every direction of colour: what is common here (soil to leaves) then counts little,
    and what is rare (roofs) much.  Gain and offset of any band fall out.

    Parameters
    ----------
    pixels : ndarray
        float32, (band, row, col), in any unit.
    usable : ndarray of bool
        (row, col); slopes within 3 pixels of unusable ground do not count.

    Returns
    -------
    ndarray
        float32, (row, col), in spreads of the image's own slopes.

    References
    ----------
    .. [1] Shi and Tomasi, CVPR (1994), doi:10.1109/CVPR.1994.323794
    .. [2] Di Zenzo, Comput. Vis. Graph. Image Process. 33, 116 (1986),
       doi:10.1016/0734-189X(86)90223-9
    """
    from scipy import ndimage

    near = ndimage.binary_dilation(~usable, iterations=3)
    by_row = np.empty(pixels.shape, np.float32)
    by_column = np.empty(pixels.shape, np.float32)
    for position, band in enumerate(pixels):
        middle = np.float32(np.median(band[usable])) if usable.any() else np.float32(0)
        filled = np.where(usable, band, middle).astype(np.float32)
        by_row[position] = ndimage.gaussian_filter(filled, GRADIENT_PX, order=(1, 0))
        by_column[position] = ndimage.gaussian_filter(filled, GRADIENT_PX, order=(0, 1))
    by_row[:, near] = 0
    by_column[:, near] = 0
    stretch = _equal_slopes(by_row[:, ~near], by_column[:, ~near])
    along_rows = np.zeros(usable.shape, np.float32)
    along_columns, across = along_rows.copy(), along_rows.copy()
    for weights in stretch:
        rows = np.tensordot(weights, by_row, axes=1)
        columns = np.tensordot(weights, by_column, axes=1)
        along_rows += rows * rows
        along_columns += columns * columns
        across += rows * columns
    along_rows, along_columns, across = (
        ndimage.gaussian_filter(part, NEIGHBOURHOOD_PX)
        for part in (along_rows, along_columns, across)
    )
    half_sum, half_difference = (along_rows + along_columns) / 2, (along_rows - along_columns) / 2
    smaller = half_sum - np.sqrt(half_difference**2 + across**2)
    return np.sqrt(np.maximum(smaller, 0)).astype(np.float32)


def _equal_slopes(
    by_row: NDArray[np.float32], by_column: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Find the linear map of colours after which the slopes have unit covariance."""
    slopes = np.concatenate([by_row, by_column], axis=1).astype(np.float64)
    bands = slopes.shape[0]
    if slopes.shape[1] < 100:
        return np.zeros((bands, bands), np.float32)
    covariance = slopes @ slopes.T / slopes.shape[1]
    covariance += np.eye(bands) * (NOISE_FLOOR * np.trace(covariance) / bands + 1e-12)
    values, vectors = np.linalg.eigh(covariance)
    return (vectors / np.sqrt(values)).T.astype(np.float32)


def new_corner_energy(
    before: NDArray[np.float32], after: NDArray[np.float32], tolerance_px: int
) -> NDArray[np.float32]:
    """Return the corner energy of the after image that nothing nearby had before.

    Parameters
    ----------
    before, after : ndarray
        Corner energies of two images, float32, (row, col).
    tolerance_px : int
        Side of the square in which a corner of `before` excuses one of `after`, pixels.

    Returns
    -------
    ndarray
        float32, (row, col); negative where there was more before.
    """
    from scipy import ndimage

    return after - ndimage.maximum_filter(before, tolerance_px)
