"""Images by cells of several pixels a side, and means over what of them is usable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def filled(pixels: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Put each band's median where nothing usable is, float32 (band, row, col)."""
    whole = pixels.copy()
    for band in whole:
        band[~usable] = np.median(band[usable]) if usable.any() else 0
    return whole


def averaged(pixels: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    """Average squares of `cells` pixels a side; an incomplete row or column at the end joins in.

    Parameters
    ----------
    pixels : ndarray
        float32, (band, row, col).
    cells : int
        Pixels along a side of a cell.
    """
    if cells == 1:
        return pixels
    rows, columns = (max(size // cells, 1) for size in pixels.shape[1:])
    by_row = np.add.reduceat(pixels, np.arange(rows) * cells, axis=1)
    total = np.add.reduceat(by_row, np.arange(columns) * cells, axis=2)
    tall = np.diff(np.append(np.arange(rows) * cells, pixels.shape[1]))
    wide = np.diff(np.append(np.arange(columns) * cells, pixels.shape[2]))
    return np.asarray(total / np.outer(tall, wide), np.float32)


def enlarged(
    values: NDArray[np.floating], cells: int, shape: tuple[int, ...]
) -> NDArray[np.floating]:
    """Give every pixel of an image of this shape the value of its cell."""
    if cells == 1:
        return values
    rows, columns = (
        np.minimum(np.arange(size) // cells, most - 1)
        for size, most in zip(shape, values.shape, strict=True)
    )
    return np.asarray(values[np.ix_(rows, columns)])


def mean_around(
    values: NDArray[np.floating], usable: NDArray[np.bool_], spread: float
) -> NDArray[np.float64]:
    """Gaussian mean of the usable cells; 0 where none is.  `spread` is in cells."""
    from scipy import ndimage

    total = ndimage.gaussian_filter(np.where(usable, values, 0), spread)
    share = ndimage.gaussian_filter(usable.astype(np.float64), spread)
    return np.where(usable, total / np.maximum(share, 1e-6), 0)
