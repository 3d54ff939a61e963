"""Structure: corners, which buildings have and fields lack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRADIENT_PX = 1.0
"""Standard deviation of the Gaussian whose derivative measures the slope of brightness."""
NEIGHBOURHOOD_PX = 1.5
"""Standard deviation of the Gaussian over which slopes are gathered."""
TOLERANCE_PX = 5
"""Side of the square in which a corner of the before image excuses one of the after image."""


def corner_energy(
    brightness: NDArray[np.float32], usable: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Measure how much the brightness changes in *every* direction around each pixel.

    The square root of the smaller eigenvalue of the structure tensor: 0 on plain ground and along
    a straight edge (a field's rim, a road), large at corners and on small bright things.

    Parameters
    ----------
    brightness : ndarray
        float32, (row, col).
    usable : ndarray of bool
        (row, col); slopes within 3 pixels of unusable ground do not count.

    Returns
    -------
    ndarray
        float32, (row, col), brightness per pixel.

    References
    ----------
    .. [1] Shi and Tomasi, CVPR (1994), doi:10.1109/CVPR.1994.323794
    """
    from scipy import ndimage

    filled = np.where(usable, brightness, 0).astype(np.float32)
    rows = ndimage.gaussian_filter(filled, GRADIENT_PX, order=(1, 0))
    columns = ndimage.gaussian_filter(filled, GRADIENT_PX, order=(0, 1))
    if not usable.all():
        near = ndimage.binary_dilation(~usable, iterations=3)
        rows[near] = 0
        columns[near] = 0
    along_rows = ndimage.gaussian_filter(rows * rows, NEIGHBOURHOOD_PX)
    along_columns = ndimage.gaussian_filter(columns * columns, NEIGHBOURHOOD_PX)
    across = ndimage.gaussian_filter(rows * columns, NEIGHBOURHOOD_PX)
    half_sum, half_difference = (along_rows + along_columns) / 2, (along_rows - along_columns) / 2
    smaller = half_sum - np.sqrt(half_difference**2 + across**2)
    return np.sqrt(np.maximum(smaller, 0)).astype(np.float32)


def new_corner_energy(
    before: NDArray[np.float32], after: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the corner energy of the after image that nothing nearby had before.

    Parameters
    ----------
    before, after : ndarray
        Corner energies of two images of one brightness scale, float32, (row, col).

    Returns
    -------
    ndarray
        float32, (row, col); negative where there was more before.
    """
    from scipy import ndimage

    return after - ndimage.maximum_filter(before, TOLERANCE_PX)
