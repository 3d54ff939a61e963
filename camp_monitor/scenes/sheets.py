"""What is read of files, laid together and onto a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

if TYPE_CHECKING:
    from affine import Affine
    from rasterio.crs import CRS

SAME_PIXEL = 1e-6
"""Pixels that lie this near to each other, in pixels, are the same."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """What a file, or several on one grid of pixels, hold round a window, as quantities."""

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    affine: Affine
    crs: CRS


def same_pixels(first: Sheet, second: Sheet) -> bool:
    """Tell whether the pixels of two sheets are parts of one grid."""
    one, two = first.affine, second.affine
    if first.crs != second.crs or (one.a, one.b, one.d, one.e) != (two.a, two.b, two.d, two.e):
        return False
    apart = np.array(~one * (two.c, two.f))
    return bool(np.allclose(apart, np.round(apart), rtol=0, atol=1e-6))


def laid_together(sheets: Sequence[Sheet]) -> Sheet:
    """Lay parts of one grid of pixels side by side; the first that is valid tells of a pixel."""
    first = sheets[0]
    if len(sheets) == 1:
        return first
    corners = [~first.affine * (one.affine.c, one.affine.f) for one in sheets]
    starts = np.round([(row, col) for col, row in corners]).astype(int)
    ends = starts + [one.valid.shape for one in sheets]
    begin, shape = starts.min(axis=0), ends.max(axis=0) - starts.min(axis=0)
    values = np.zeros((len(first.values), *shape), np.float32)
    valid = np.zeros(shape, bool)
    for sheet, start, end in zip(sheets, starts - begin, ends - begin, strict=True):
        where = (slice(start[0], end[0]), slice(start[1], end[1]))
        new = sheet.valid & ~valid[where]
        values[:, where[0], where[1]][:, new] = sheet.values[:, new]
        valid[where] |= new
    affine = first.affine * first.affine.translation(int(begin[1]), int(begin[0]))
    return Sheet(values, valid, affine, first.crs)


def interpolate(sheet: Sheet, grid: GeoBox) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Interpolate bilinearly; return values and where all that they are made of is valid.

    A sheet whose pixels are those of the grid is laid on it as it is.
    """
    from rasterio.warp import Resampling, reproject

    start = _start_on(sheet, grid)
    if start is not None:
        return _laid_on(sheet, grid, start)
    source = {"src_transform": sheet.affine, "src_crs": sheet.crs}
    target = {"dst_transform": grid.affine, "dst_crs": str(grid.crs)}
    bilinear = Resampling.bilinear
    share = np.zeros(grid.shape, np.float32)
    reproject(sheet.valid.astype(np.float32), share, resampling=bilinear, **source, **target)
    values = np.full((len(sheet.values), *grid.shape), np.nan, np.float32)
    for position, layer in enumerate(sheet.values):
        reproject(
            layer, values[position], resampling=bilinear, dst_nodata=np.nan, **source, **target
        )
    return values, share > 0.999


def _start_on(sheet: Sheet, grid: GeoBox) -> tuple[int, int] | None:
    """Row and column of a grid at which a sheet of the same pixels begins; None of others."""
    from rasterio.crs import CRS

    one, two = sheet.affine, grid.affine
    if (one.a, one.b, one.d, one.e) != (two.a, two.b, two.d, two.e):
        return None
    column, row = ~two * (one.c, one.f)
    whole = round(row), round(column)
    if max(abs(row - whole[0]), abs(column - whole[1])) > SAME_PIXEL:
        return None
    return whole if CRS.from_user_input(str(grid.crs)) == sheet.crs else None


def _laid_on(
    sheet: Sheet, grid: GeoBox, start: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    size = sheet.valid.shape
    ends = [
        min(first + length, most)
        for first, length, most in zip(start, size, grid.shape, strict=True)
    ]
    onto = tuple(slice(max(first, 0), end) for first, end in zip(start, ends, strict=True))
    own = tuple(
        slice(part.start - first, part.stop - first)
        for part, first in zip(onto, start, strict=True)
    )
    if size == grid.shape and start == (0, 0):
        return sheet.values, sheet.valid
    shown = np.zeros(grid.shape, bool)
    values = np.full((len(sheet.values), *grid.shape), np.nan, np.float32)
    if all(part.stop > part.start for part in onto):
        shown[onto] = sheet.valid[own]
        values[(slice(None), *onto)] = sheet.values[(slice(None), *own)]
    return values, shown
