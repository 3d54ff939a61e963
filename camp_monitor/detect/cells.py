"""Images by cells of several pixels a side, and means over what of them is usable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.morphology import dilated
from camp_monitor.scenes.statistics import Statistics, settled


def filled(
    pixels: NDArray[np.float32],
    usable: NDArray[np.bool_],
    statistics: Statistics | None = None,
    name: str = "",
) -> NDArray[np.float32]:
    """Put each band's median where nothing usable is, float32 (band, row, col).

    The medians are settled by this name, see `settled`.
    """

    def medians() -> list[float]:
        return [np.median(band[usable]) if usable.any() else 0 for band in pixels]

    if usable.all():
        return pixels
    whole = pixels.copy()
    for band, middle in zip(whole, settled(statistics, f"median {name}", medians), strict=True):
        band[~usable] = middle
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
    rows, columns = pixels.shape[1:]
    total = _summed(np.moveaxis(_summed(pixels, cells), 1, 2), cells)
    tall, wide = (
        _summed(np.ones((1, 1, size), np.float32), cells)[0, 0] for size in (rows, columns)
    )
    return np.asarray(np.moveaxis(total, 2, 1) / np.outer(tall, wide), np.float32)


def _summed(values: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    """Sum runs of `cells` along the last axis; what is left over joins the last run."""
    end = values.shape[-1] // cells * cells
    if end == 0:
        return values.sum(axis=-1, keepdims=True)
    total = sum(
        (values[..., first:end:cells] for first in range(1, cells)), values[..., 0:end:cells]
    )
    total = total.astype(np.float32)
    if end < values.shape[-1]:
        total[..., -1] += values[..., end:].sum(axis=-1)
    return total


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


def near_cells(where: NDArray[np.bool_], reach_px: int) -> NDArray[np.bool_]:
    """Tell which pixels lie in a square cell of this side that holds a True one, or beside it."""
    padded = np.pad(where, [(0, -size % reach_px) for size in where.shape])
    rows, columns = (size // reach_px for size in padded.shape)
    held = padded.reshape(rows, reach_px, columns, reach_px).any(axis=(1, 3))
    wide = dilated(np.asarray(held), diagonal=True)
    whole = np.repeat(np.repeat(wide, reach_px, axis=0), reach_px, axis=1)
    return whole[: where.shape[0], : where.shape[1]]


def mean_around(
    values: NDArray[np.floating], usable: NDArray[np.bool_], spread: float
) -> NDArray[np.float64]:
    """Gaussian mean of the usable cells; 0 where none is.  `spread` is in cells."""
    from scipy import ndimage

    total = ndimage.gaussian_filter(np.where(usable, values, 0), spread)
    if usable.all():
        return np.asarray(total, np.float64)
    share = ndimage.gaussian_filter(usable.astype(np.float64), spread)
    return np.where(usable, total / np.maximum(share, 1e-6), 0)
