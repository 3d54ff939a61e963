"""Parts of a pair: a window of it, and a sample of windows laid side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import Window
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.statistics import Statistics

SAMPLED_SIDE_PX, SAMPLED_ALONG = 200, 6
"""The sample is so many windows along rows and columns, of this side: 1.4 megapixels."""
FRAME_PX = 1
"""Pixels of no data round each of them: nothing is told from one window to the next."""


def cut(pair: Pair, window: Window) -> Pair:
    """Cut a window out of a pair; what was measured of the whole pair still holds for it."""
    bands = (slice(None), *window)
    before, after = (
        replace(
            image, pixels=image.pixels[bands], flags=image.flags[window], grid=pair.grid[window]
        )
        for image in (pair.before, pair.after)
    )
    return replace(
        pair, before=before, after=after, after_matched=pair.after_matched[bands],
        usable=pair.usable[window],
    )  # fmt: skip


def sample(pair: Pair) -> Pair:
    """Lay windows of a large pair side by side: what is measured on it is kept for the parts.

    Returns
    -------
    Pair
        Shares its statistics with every part that is `cut` from what `measured_on` returns.
    """
    windows = _evenly(pair.usable.shape)
    shape = (SAMPLED_ALONG * SAMPLED_SIDE_PX,) * 2
    grid = GeoBox(shape, pair.grid.affine, pair.grid.crs)
    before, after = (
        Image(
            _framed(laid_out(image.pixels, windows), np.nan), image.bands, image.quantity,
            _framed(laid_out(image.flags, windows), Quality.NODATA), grid, image.cloud_model,
            image.statistics,
        )
        for image in (pair.before, pair.after)
    )  # fmt: skip
    return replace(
        pair, before=before, after=after, usable=_framed(laid_out(pair.usable, windows), False),
        after_matched=_framed(laid_out(pair.after_matched, windows), np.nan), sampled=windows,
    )  # fmt: skip


def with_statistics(pair: Pair) -> Pair:
    """Return a pair whose parts share what is measured of it."""
    before, after = (replace(image, statistics=Statistics()) for image in (pair.before, pair.after))
    return replace(pair, before=before, after=after, statistics=Statistics())


def close_statistics(pair: Pair) -> None:
    """Let no part of a pair measure anything of it any more."""
    for held in (pair.statistics, pair.before.statistics, pair.after.statistics):
        if held is not None:
            held.close()


def laid_out(values: NDArray[Any], windows: Sequence[Window]) -> NDArray[Any]:
    """Lay windows of a raster, (..., row, col), side by side, `SAMPLED_ALONG` in a row."""
    parts = [values[(..., *window)] for window in windows]
    rows = [
        np.concatenate(parts[first : first + SAMPLED_ALONG], axis=-1)
        for first in range(0, len(parts), SAMPLED_ALONG)
    ]
    return np.concatenate(rows, axis=-2)


def _framed(values: NDArray[Any], fill: float) -> NDArray[Any]:
    """Put a number all round every window of a sample, in place."""
    for axis in (-1, -2):
        along = np.moveaxis(values, axis, -1)
        for first in range(FRAME_PX):
            along[..., first::SAMPLED_SIDE_PX] = fill
            along[..., SAMPLED_SIDE_PX - 1 - first :: SAMPLED_SIDE_PX] = fill
    return values


def _evenly(shape: tuple[int, ...]) -> tuple[Window, ...]:
    rows, columns = (
        [
            (size - SAMPLED_SIDE_PX) * (2 * number + 1) // (2 * SAMPLED_ALONG)
            for number in range(SAMPLED_ALONG)
        ]
        for size in shape
    )
    side = SAMPLED_SIDE_PX
    return tuple(
        (slice(row, row + side), slice(column, column + side)) for row in rows for column in columns
    )
