"""Read a scene onto a grid, and choose the grid that a pair is compared on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import SceneError
from camp_monitor.facilities.antimeridian import joined_at_180
from camp_monitor.scenes.blocks import blank, by_blocks, strips
from camp_monitor.scenes.bounds import check_window
from camp_monitor.scenes.image import Image, Quality, flagged
from camp_monitor.scenes.no_data import possible, where_data
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.quality import READERS, quality_indexes, widen_cloud
from camp_monitor.scenes.sar.backscatter import to_decibels, to_power
from camp_monitor.scenes.scene import BandFile, Scene
from camp_monitor.scenes.sensors import BACKSCATTER
from camp_monitor.scenes.sheets import (
    Sheet,
    interpolate,
    laid_together,
    needed_part,
    same_pixels,
)
from camp_monitor.scenes.stored import in_memory, scratch

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

MAX_SIDE_PX = 12_000
"""A larger window is refused, whatever it holds."""
MOST_SCAN_BYTES = 8_000_000_000
"""Of memory, for one comparison: what a computer of 16 GB has to spare."""
SCAN_BYTES_PER_PIXEL, SCAN_BYTES_PER_NUMBER = 102, 12
"""Of memory, at the height of a comparison with radar, for each pixel of its grid and for each
pixel and band.  Optical pairs are looked at in windows, and need no more for a larger area."""
RESTORE = "restore the file from its source"
PIECE_PX = 1 << 20
"""A file is read by rows of its blocks, of about so many pixels."""
TRUE_SCALE = 0.01
"""A scene's own grid is kept where its metre is a metre on the ground within this share."""


def choose_grid(before: Scene, after: Scene, area: BaseGeometry, context_px: int) -> GeoBox:
    """Make the grid on which `before` and `after` are compared around `area`.

    The coarser scene's own pixels are kept where they measure metres on the ground; otherwise
    (degrees, Web Mercator) the pixels are those of the UTM zone, of the same size.

    Parameters
    ----------
    before, after : Scene
    area : shapely geometry
        Search area, EPSG:4326.
    context_px : int
        Least side of the window.

    Returns
    -------
    GeoBox
        Covers `area`, at least `context_px` a side, pixels in metres.

    Raises
    ------
    SceneError
        The window would be too large.
    """
    coarser = before if before.pixel_m >= after.pixel_m else after
    native = native_grid(coarser.bands[0])
    area = joined_at_180(area)
    centre = area.centroid
    if native.crs is not None and _measures_metres(native, coarser.pixel_m):
        epsg = native.crs.to_epsg()
        crs = f"EPSG:{epsg}" if epsg else str(native.crs)
        pixel_m = float(abs(native.affine.a))
        origin_x, origin_y = native.affine.c, native.affine.f
    else:
        crs, pixel_m = utm_crs(centre.x, centre.y), coarser.pixel_m
        origin_x = origin_y = 0.0
    bounds = Geometry(shapely.box(*area.bounds), "EPSG:4326").to_crs(crs, 0.01).boundingbox
    columns = _span(bounds.left, bounds.right, origin_x, pixel_m, context_px)
    rows = _span(-bounds.top, -bounds.bottom, -origin_y, pixel_m, context_px)
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    if max(height, width) > MAX_SIDE_PX:
        raise SceneError(
            f"The window would be {width} x {height} pixels of {pixel_m:g} m, and "
            f"{MAX_SIDE_PX} a side is the most: scan a smaller outline."
        )
    bands = max(len(before.bands), len(after.bands))
    each = SCAN_BYTES_PER_PIXEL + SCAN_BYTES_PER_NUMBER * bands
    radar = before.nature.radar or after.nature.radar
    if radar and height * width * each > MOST_SCAN_BYTES:
        raise SceneError(
            f"The window would be {width} x {height} pixels of {pixel_m:g} m, and comparing it "
            f"would take about {height * width * each / 1e9:.1f} GB of memory where "
            f"{MOST_SCAN_BYTES / 1e9:g} GB are the most: scan a smaller outline or with a smaller "
            f"margin (margin_m of [scan] in camp-monitor.toml), or resample the images to larger "
            f"pixels (gdalwarp -tr)."
        )
    west, north = origin_x + columns[0] * pixel_m, origin_y - rows[0] * pixel_m
    affine = type(native.affine)(pixel_m, 0, west, 0, -pixel_m, north)
    return GeoBox((height, width), affine, crs)


def read_image(scene: Scene, grid: GeoBox, shift_px: tuple[float, float] = (0.0, 0.0)) -> Image:
    """Read a scene onto `grid`, bilinearly, moved back by `shift_px`.

    Parameters
    ----------
    scene : Scene
    grid : GeoBox
        North up, in metres.
    shift_px : (float, float)
        How far, in (rows, columns) of `grid`, this scene lies from where it should: a building at
        row 12 that belongs at row 10 has ``+2``, and is read to row 10.

    Returns
    -------
    Image
        ``pixels`` float32 (band, row, col) in the scene's quantity; NODATA where the scene does
        not reach, where the file holds no measurement (see `where_data`), or where a value is not
        `possible`.  Radar is averaged in power and comes in decibels, ``sigma0_db`` or
        ``gamma0_db``, whichever of the two the file holds; zero and negative power is NODATA.

    Raises
    ------
    SceneError
        A file is missing, damaged or not what the catalogue says.
    """
    moved = grid.translate_pix(shift_px[1], shift_px[0])
    tiles = scene.tiles or (scene,)
    by_file: dict[object, list[int]] = defaultdict(list)
    for position in range(len(scene.bands)):
        by_file[tuple(tile.bands[position].path for tile in tiles)].append(position)
    valid = np.ones(grid.shape, bool)
    several = len(by_file) > 1
    pixels = scratch((len(scene.bands), *grid.shape), np.float32) if several else None
    for positions in by_file.values():
        groups = [tuple(tile.bands[position] for position in positions) for tile in tiles]
        values, here = _read_files(groups, moved, scene.quantity)
        valid &= here
        if pixels is None:
            pixels = values
            break
        for rows in strips(valid.shape):
            pixels[positions, rows] = values[:, rows]
    assert pixels is not None
    for rows in strips(valid.shape):
        valid[rows] &= np.isfinite(pixels[:, rows]).all(axis=0)
    flags = np.where(valid, np.uint8(0), np.uint8(Quality.NODATA))
    quality = tuple(tile.quality for tile in tiles if tile.quality is not None)
    if quality:
        flags = _with_quality(flags, quality, moved)
    blank(pixels, flagged(flags, Quality.NODATA), np.nan)
    quantity = scene.quantity.replace("_power", "_db")
    return Image(pixels, scene.band_names, quantity, flags, grid)


def native_grid(band: BandFile) -> GeoBox:
    """Return the grid of a band's own file.

    Raises
    ------
    SceneError
        The file cannot be opened.
    """
    with open_raster(band.path, RESTORE) as source:
        return GeoBox.from_rio(source)


def _read_files(
    groups: Sequence[tuple[BandFile, ...]], grid: GeoBox, quantity: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read the same bands of one file, or of each tile's, onto a grid.

    Returns values and where all of them are valid.  Files that share their grid of pixels are put
    together before they are interpolated, so that no seam is left between them.
    """
    values: NDArray[np.float32] | None = None
    here = np.zeros(grid.shape, bool)
    read = (_read_file(bands, grid, quantity) for bands in groups)
    sheets: list[list[Sheet]] = []
    for sheet in read:
        if sheet is None:
            continue
        fits = (held for held in sheets if same_pixels(held[0], sheet))
        held = next(fits, None)
        if held is None:
            sheets.append([sheet])
        else:
            held.append(sheet)
    for held in sheets:
        found, shown = interpolate(laid_together(held), grid)
        if values is None:
            values = found
        else:
            new = shown & ~here
            for rows in strips(here.shape):
                values[:, rows] = np.where(new[rows], found[:, rows], values[:, rows])
        here |= shown
    if values is None:
        values = scratch((len(groups[0]), *grid.shape), np.float32)
        blank(values, ~here, np.nan)
    return by_blocks(to_decibels, values) if quantity in BACKSCATTER else values, here


def _read_file(bands: tuple[BandFile, ...], grid: GeoBox, quantity: str) -> Sheet | None:
    """Read what a grid needs of one file, radar as power; None where they miss each other."""
    with open_raster(bands[0].path, RESTORE) as source:
        window = needed_window(source, grid)
        if window is None:
            return None
        check_window(window, len(bands), bands[0].path)
        layers = scratch((len(bands), int(window.height), int(window.width)), np.float32)
        valid = where_data(source, window, bands, _measure(source, window, bands, layers))
        transform, crs = source.window_transform(window), source.crs
    for rows in strips(valid.shape):
        _keep_possible(layers, valid, rows, quantity)
    return Sheet(layers, valid, transform, crs)


def _keep_possible(
    layers: NDArray[np.float32], valid: NDArray[np.bool_], rows: slice, quantity: str
) -> None:
    """Put 0 where a quantity cannot be what was read, and turn decibels into power, in place."""
    numbers, held = layers[:, rows], valid[rows]
    for layer in numbers:
        held &= possible(layer, quantity)
    if quantity in BACKSCATTER:
        numbers[:, ~held] = np.nan
        for layer in numbers:
            if quantity.endswith("_db"):
                layer[:] = to_power(layer)
            with np.errstate(invalid="ignore"):
                held &= layer > 0
    if in_memory(layers):
        numbers[:, ~held] = 0
    elif quantity in BACKSCATTER or not held.all():
        numbers[:, ~held] = 0
        layers[:, rows] = numbers


def _measure(
    source: DatasetReader,
    window: Window,
    bands: tuple[BandFile, ...],
    layers: NDArray[np.float32],
) -> Iterator[tuple[slice, NDArray[np.generic]]]:
    """Read a window by rows of blocks, put the quantities into `layers`, and give the numbers."""
    from rasterio.windows import Window as Part

    top, height, width = int(window.row_off), int(window.height), int(window.width)
    block = source.block_shapes[0][0]
    step = max(PIECE_PX // max(width, 1) // block, 1) * block
    first = top // step * step + step
    for start, end in pairwise([top, *range(first, top + height, step), top + height]):
        part = Part(window.col_off, start, width, end - start)
        numbers = source.read([band.index for band in bands], window=part)
        rows = slice(start - top, end - top)
        for layer, number, band in zip(layers, numbers, bands, strict=True):
            layer[rows] = number.astype(np.float32) * band.scale + band.offset
        yield rows, numbers


def _with_quality(
    flags: NDArray[np.uint8], bands: Sequence[BandFile], grid: GeoBox
) -> NDArray[np.uint8]:
    told = read_flags(bands[0], grid)
    for band in bands[1:]:
        told = np.where(flagged(told, Quality.NODATA), read_flags(band, grid), told)
    joined = flags | widen_cloud(told, float(abs(grid.affine.a)))
    joined[flagged(joined, Quality.NODATA)] = Quality.NODATA
    return joined.astype(np.uint8)


def read_flags(band: BandFile, grid: GeoBox) -> NDArray[np.uint8]:
    """Read a quality band onto `grid`, nearest, as the provider flagged it.

    Parameters
    ----------
    band : BandFile
        Named as one of `camp_monitor.scenes.quality.READERS`.
    grid : GeoBox

    Returns
    -------
    ndarray
        uint8, (row, col), bits of `Quality`; NODATA where the band does not reach.

    Raises
    ------
    SceneError
        The file is missing or damaged.
    """
    from rasterio.warp import Resampling, reproject

    told = np.full(grid.shape, Quality.NODATA, np.uint8)
    with open_raster(band.path, RESTORE) as source:
        window = needed_window(source, grid)
        if window is None:
            return told
        indexes = quality_indexes(band.name, band.index)
        check_window(window, np.size(indexes), band.path)
        numbers = source.read(indexes, window=window)
        reproject(
            READERS[band.name](numbers), told, src_transform=source.window_transform(window),
            src_crs=source.crs, dst_transform=grid.affine, dst_crs=str(grid.crs),
            init_dest_nodata=False, resampling=Resampling.nearest,
        )  # fmt: skip
    return told


def needed_window(source: DatasetReader, grid: GeoBox) -> Window | None:
    """Part of a file that a grid needs, with a few pixels round it; None where they miss."""
    from rasterio.windows import Window

    part = needed_part(source.shape, source.transform, source.crs, grid)
    return Window.from_slices(*part) if part else None


def _measures_metres(grid: GeoBox, ground_pixel_m: float) -> bool:
    """Tell whether the grid's unit is the metre, square and north up, true to the ground."""
    affine = grid.affine
    if grid.crs is None or not grid.crs.projected or affine.b or affine.d or affine.e >= 0:
        return False
    square = math.isclose(affine.a, -affine.e, rel_tol=1e-6)
    return square and math.isclose(affine.a, ground_pixel_m, rel_tol=TRUE_SCALE)


def utm_crs(lon_deg: float, lat_deg: float) -> str:
    """CRS of the UTM zone of a place, as ``EPSG:...``."""
    zone = min(int((lon_deg + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if lat_deg >= 0 else 32700) + zone}"


def _span(low: float, high: float, origin: float, pixel: float, least: int) -> tuple[int, int]:
    """First and past-the-last pixel, counted from `origin`, that cover `low` to `high`."""
    first, last = math.floor((low - origin) / pixel), math.ceil((high - origin) / pixel)
    missing = max(0, least - (last - first))
    return first - missing // 2, last + (missing - missing // 2)
