"""Widening, and the highest of neighbours, by shifts of whole rows: several times as fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def dilated(
    where: NDArray[np.bool_], steps: int = 1, *, diagonal: bool = False
) -> NDArray[np.bool_]:
    """Widen True pixels by so many steps to their neighbours, with `diagonal` also across corners.

    Parameters
    ----------
    where : ndarray of bool
        (row, col).
    steps : int
    diagonal : bool

    Returns
    -------
    ndarray of bool
        As `scipy.ndimage.binary_dilation` gives it; nothing comes in from beyond the rim.
    """
    wide = where.copy()
    for _ in range(steps):
        held = wide.copy()
        wide[1:] |= held[:-1]
        wide[:-1] |= held[1:]
        if diagonal:
            held = wide.copy()
        wide[:, 1:] |= held[:, :-1]
        wide[:, :-1] |= held[:, 1:]
    return wide


def highest_near(values: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    """Return the highest number in a square about each pixel, (row, col).

    As `scipy.ndimage.maximum_filter` gives it, of numbers without NaN and an odd side.
    """
    highest = values.copy()
    for axis in (0, 1):
        held, found = (np.moveaxis(one, axis, 0) for one in (highest.copy(), highest))
        for step in range(1, side_px // 2 + 1):
            np.maximum(found[step:], held[:-step], out=found[step:])
            np.maximum(found[:-step], held[step:], out=found[:-step])
    return highest


def majority(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where most pixels of a square of three a side are True, mirrored at the rim.

    As `scipy.ndimage.median_filter` gives it.
    """
    held = np.pad(where, 1, "symmetric").astype(np.uint8)
    down = held[:-2] + held[1:-1] + held[2:]
    return np.asarray(down[:, :-2] + down[:, 1:-1] + down[:, 2:] >= 5)


def eroded(
    where: NDArray[np.bool_], steps: int = 1, *, diagonal: bool = False, beyond: bool = False
) -> NDArray[np.bool_]:
    """Narrow True pixels, as `scipy.ndimage.binary_erosion` does.

    Parameters
    ----------
    where : ndarray of bool
        (row, col).
    steps : int
    diagonal : bool
        As for `dilated`.
    beyond : bool
        What lies beyond the rim.
    """
    if not beyond:
        where = np.pad(where, steps)
    found = ~dilated(~where, steps, diagonal=diagonal)
    return found if beyond else found[steps:-steps, steps:-steps]
