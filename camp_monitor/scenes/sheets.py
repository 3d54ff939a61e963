"""What is read of files, laid together and onto a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely.affinity
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.scenes.blocks import Window, blank, blocks, in_threads, strips
from camp_monitor.scenes.stored import is_large, part_of, scratch

if TYPE_CHECKING:
    from affine import Affine
    from rasterio.crs import CRS

PART_PX = 1024
"""Side of the parts in which large images are interpolated."""
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
    values = scratch((len(first.values), *shape.tolist()), np.float32)
    valid = np.zeros(shape, bool)
    blank(values, ~valid, 0)
    for sheet, start, end in zip(sheets, (starts - begin).tolist(), ends - begin, strict=True):
        columns = slice(start[1], int(end[1]))
        for rows in strips(sheet.valid.shape):
            there = slice(start[0] + rows.start, start[0] + rows.stop)
            new = sheet.valid[rows] & ~valid[there, columns]
            laid = np.where(new, sheet.values[:, rows], values[:, there, columns])
            values[:, there, columns] = laid
            valid[there, columns] |= new
    affine = first.affine * first.affine.translation(int(begin[1]), int(begin[0]))
    return Sheet(values, valid, affine, first.crs)


def interpolate(sheet: Sheet, grid: GeoBox) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Interpolate bilinearly; return values and where all that they are made of is valid.

    A sheet whose pixels are those of the grid is laid on it as it is.
    """
    start = _start_on(sheet, grid)
    if start is not None:
        return _laid_on(sheet, grid, start)
    if not is_large(grid.shape):
        return _interpolated(sheet, grid)
    values = scratch((len(sheet.values), *grid.shape), np.float32)
    shown = np.zeros(grid.shape, bool)

    def put(window: Window) -> None:
        here = grid[window]
        part = needed_part(sheet.valid.shape, sheet.affine, sheet.crs, here)
        found: NDArray[np.float32] = np.full((1, 1, 1), np.nan, np.float32)
        if part is not None:
            affine = sheet.affine * sheet.affine.translation(part[1].start, part[0].start)
            near = Sheet(sheet.values[:, *part], sheet.valid[part], affine, sheet.crs)
            found, shown[window] = _interpolated(near, here)
        values[:, *window] = found

    in_threads(put, blocks(shown.shape, PART_PX))
    return values, shown


def _interpolated(sheet: Sheet, grid: GeoBox) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    from rasterio.warp import Resampling, reproject

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
    if all(part.stop > part.start for part in onto):
        shown[onto] = sheet.valid[own]
        if onto == (slice(0, grid.shape[0]), slice(0, grid.shape[1])):
            return part_of(sheet.values, (own[0], own[1])), shown
    values = scratch((len(sheet.values), *grid.shape), np.float32)
    for rows in strips(shown.shape):
        laid = np.full(
            (len(sheet.values), rows.stop - rows.start, grid.shape[1]), np.nan, np.float32
        )
        first, last = max(rows.start, onto[0].start), min(rows.stop, onto[0].stop)
        if last > first and onto[1].stop > onto[1].start:
            there, here = (slice(first - at, last - at) for at in (rows.start, start[0]))
            laid[:, there, onto[1]] = sheet.values[:, here, own[1]]
        values[:, rows] = laid
    return values, shown


def needed_part(
    shape: tuple[int, ...], affine: Affine, crs: CRS, grid: GeoBox
) -> tuple[slice, slice] | None:
    """Part of a raster that a grid needs, with a few pixels round it; None where they miss."""
    extent = grid.extent.to_crs(crs, resolution=_densify_m(grid)).geom
    inverse = ~affine
    onto_pixels = [inverse.a, inverse.b, inverse.d, inverse.e, inverse.c, inverse.f]
    corners = np.array(shapely.affinity.affine_transform(extent, onto_pixels).bounds)
    if not np.isfinite(corners).all():
        return None
    beyond = max(shape) + 9
    corners = corners.clip(-beyond, beyond)  # before they become integers
    first, last = np.floor(corners[:2]).astype(int) - 3, np.ceil(corners[2:]).astype(int) + 3
    col, row = np.maximum(first, 0).tolist()
    right, bottom = np.minimum(last, (shape[1], shape[0])).tolist()
    if bottom <= row or right <= col:
        return None
    return slice(row, bottom), slice(col, right)


def _densify_m(grid: GeoBox) -> float:
    return max(abs(grid.affine.a) * max(grid.shape) / 20, 1.0)
