"""What of a file is no measurement, whether the file says so or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import SceneError
from camp_monitor.scenes.blocks import strips
from camp_monitor.scenes.components import components
from camp_monitor.scenes.scene import BandFile
from camp_monitor.scenes.sensors import OPTICAL_BANDS
from camp_monitor.scenes.stored import is_large

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

FILLS = (-9999.0, -99999.0, -32768.0, -32767.0)
"""Numbers below zero that programs write where nothing was measured; in all bands, anywhere."""
BORDER_FILLS = (0.0, 55537.0, 65535.0)
"""Likewise, where they reach the border: -9999 and -1 in 16 bits without a sign are among them."""
LEAST_BORDER_PX = 16
"""Fewer pixels of the border than this together are dark ground."""
RANGES = {
    "reflectance": (-0.2, 2.0),
    "db": (-70.0, 60.0),
    "power": (1e-7, 1e6),
    "dn": (0.0, 1e9),
}
"""What a measurement may be, after scale and offset: -0.2 is the lowest reflectance of Landsat, and
clouds and metal roofs reach 1.6; no radar hears -70 dB; counts are not negative."""


def range_of(quantity: str) -> tuple[float, float]:
    """Lowest and highest number that `quantity` may be, a key of `QUANTITIES`."""
    unit = quantity.rsplit("_", 1)[-1]
    return RANGES[unit if unit in RANGES else "dn"]


def possible(values: NDArray[np.floating], quantity: str) -> NDArray[np.bool_]:
    """Tell which numbers `quantity` may be; NaN and infinity are none."""
    low, high = range_of(quantity)
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= low) & (values <= high))


def alpha_bands(source: DatasetReader) -> tuple[int, ...]:
    """Return the bands, from 0, that a file calls alpha.

    GDAL calls the fourth of four bands of 8 bits so unless it is told otherwise: one that the file
    describes as a band of light is that band.
    """
    from rasterio.enums import ColorInterp

    texts = [(text or "").strip().lower() for text in source.descriptions]
    return tuple(
        position
        for position, (colour, text) in enumerate(zip(source.colorinterp, texts, strict=True))
        if "alpha" in text.split() or (colour is ColorInterp.alpha and text not in OPTICAL_BANDS)
    )


def where_data(
    source: DatasetReader,
    window: Window,
    bands: tuple[BandFile, ...],
    pieces: Iterable[tuple[slice, NDArray[np.generic]]],
) -> NDArray[np.bool_]:
    """Tell where a window of a file holds measurements.

    Not where the nodata value or a fill stands in all bands, a number is not finite, a mask or an
    alpha band says that there is nothing, a fill reaches the window's border, or the file has no
    bytes for a block.

    Parameters
    ----------
    source : DatasetReader
    window : Window
    bands : tuple of BandFile
        Of this file.
    pieces : iterable of (slice, ndarray)
        Rows of `window`, from 0, and the numbers read there, (band, row, col): all of it, in turn.

    Returns
    -------
    ndarray of bool
        (row, col).

    Raises
    ------
    SceneError
        One of `bands` is the file's alpha band.

    Notes
    -----
    Cannot see: fill that was compressed with loss and is only nearly black.
    """
    alpha = alpha_bands(source)
    for band in bands:
        if band.index - 1 in alpha:
            raise SceneError(
                f"{source.name} calls its band {band.index} alpha, so it is no {band.name}: remove "
                f"the scene and add it again."
            )
    shape = (int(window.height), int(window.width))
    valid, at_fill = np.zeros(shape, bool), np.zeros(shape, np.uint8)
    for rows, numbers in pieces:
        measured = ~_at_nodata(numbers, bands)
        if numbers.dtype.kind not in "iu":
            for band in numbers:
                measured &= np.isfinite(band.astype(np.float32))
        for fill in FILLS:
            measured &= ~_everywhere(numbers, fill)
        valid[rows] = measured
        for number, fill in enumerate(BORDER_FILLS, start=1):
            at_fill[rows][_everywhere(numbers, fill)] = number
    valid &= ~_filled_from_border(at_fill)
    for position in alpha:
        valid &= source.read(position + 1, window=window) != 0
    for index in _masked_bands(source, bands):
        valid &= source.read_masks(index, window=window) != 0
    return valid & ~_without_bytes(source, window, bands)


def _at_nodata(numbers: NDArray[np.generic], bands: tuple[BandFile, ...]) -> NDArray[np.bool_]:
    """Tell where every band is at its nodata value: a single band there may be dark."""
    empty = np.ones(numbers.shape[1:], bool)
    for position, band in enumerate(bands):
        if band.nodata is None or np.isnan(band.nodata):
            return np.zeros_like(empty)
        empty &= numbers[position] == band.nodata
    return empty


def _filled_from_border(at_fill: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell where a fill, by its number from 1 on, reaches the border."""
    from scipy import ndimage

    filled = np.zeros(at_fill.shape, bool)
    edge = (at_fill[0], at_fill[-1], at_fill[:, 0], at_fill[:, -1])
    if not any(pixels.any() for pixels in edge):
        return filled
    if is_large(at_fill.shape):
        return _filled_in_large(at_fill)
    for number in range(1, len(BORDER_FILLS) + 1):
        regions, _ = ndimage.label(at_fill == number)
        edge = (regions[0], regions[-1], regions[:, 0], regions[:, -1])
        at_border = np.unique(np.concatenate(edge))
        sizes = np.bincount(regions.ravel())
        kept = at_border[(at_border > 0) & (sizes[at_border] >= LEAST_BORDER_PX)]
        filled |= np.isin(regions, kept)
    return filled


def _filled_in_large(at_fill: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell likewise of a large window, by runs of rows."""
    height, width = at_fill.shape

    def at_border(part: tuple[slice, slice]) -> NDArray[np.bool_]:
        rows, columns = (np.arange(one.start, one.stop) for one in part)
        ends = np.isin(rows, (0, height - 1))[:, None] | np.isin(columns, (0, width - 1))
        return np.asarray(ends)

    filled = np.zeros(at_fill.shape, bool)
    for number in range(1, len(BORDER_FILLS) + 1):

        def at_number(part: tuple[slice, slice], number: int = number) -> NDArray[np.bool_]:
            return np.asarray(at_fill[part] == number)

        if not (at_fill == number).any():
            continue
        found = components(at_fill.shape, at_number, at_border, near=False)
        kept = found.pixels(found.touched & (found.sizes >= LEAST_BORDER_PX))
        for rows in strips(at_fill.shape):
            filled[rows] |= kept[rows]
    return filled


def _everywhere(numbers: NDArray[np.generic], fill: float) -> NDArray[np.bool_]:
    """Tell where every band holds a fill."""
    at_fill = np.asarray(numbers[0] == fill)
    for band in numbers[1:]:
        if not at_fill.any():
            break
        at_fill &= band == fill
    return at_fill


def _masked_bands(source: DatasetReader, bands: tuple[BandFile, ...]) -> tuple[int, ...]:
    """Bands whose mask lies in the file as such; one stands for all where they share it."""
    from rasterio.enums import MaskFlags

    masked = []
    for band in bands:
        flags = source.mask_flag_enums[band.index - 1]
        if MaskFlags.all_valid in flags or MaskFlags.nodata in flags or MaskFlags.alpha in flags:
            continue
        masked.append(band.index)
        if MaskFlags.per_dataset in flags:
            break
    return tuple(masked)


def _without_bytes(
    source: DatasetReader, window: Window, bands: tuple[BandFile, ...]
) -> NDArray[np.bool_]:
    """Tell where a GeoTIFF has no bytes for a block, or only those of another block.

    GDAL reads the first as zeros and the second as the ground of elsewhere.
    """
    empty = np.zeros((int(window.height), int(window.width)), bool)
    if source.driver != "GTiff":
        return empty
    high, wide = source.block_shapes[0]
    top, left = int(window.row_off), int(window.col_off)
    blocks = [
        (row, col)
        for row in range(top // high, -(-(top + empty.shape[0]) // high))
        for col in range(left // wide, -(-(left + empty.shape[1]) // wide))
    ]
    for band in bands:
        for row, col in _without_own_bytes(source, band.index, blocks):
            rows = slice(max(row * high - top, 0), (row + 1) * high - top)
            empty[rows, max(col * wide - left, 0) : (col + 1) * wide - left] = True
    return empty


def _without_own_bytes(
    source: DatasetReader, band: int, blocks: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Blocks (row, column) of a band that lie nowhere in the file, or over one another."""
    placed, without = [], []
    for row, col in blocks:
        start, size = (
            int(source.get_tag_item(f"BLOCK_{what}_{col}_{row}", "TIFF", bidx=band) or 0)
            for what in ("OFFSET", "SIZE")
        )
        if size:
            placed.append((start, start + size, (row, col)))
        else:
            without.append((row, col))
    placed.sort()
    reached, last = 0, None
    for start, end, block in placed:
        if start < reached:
            without += [block, last] if last else [block]
        if end > reached:
            reached, last = end, block
    return without
