"""How much an image file may ask for: looked at when it is opened, before a pixel is read.

A file of a few kilobytes can claim a picture that no memory holds and no patience outlasts: with
tags that lie, with blocks that unpack to a thousand times their size, or with no blocks at all,
which are read as zeros.  Nothing that a file claims is allocated, looped over or read before it was
compared with these bounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from camp_monitor.errors import SceneError
from camp_monitor.scenes.stored import is_large

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

MOST_BANDS = 512
"""Imaging spectrometers have up to some 300."""
MOST_BLOCK_BYTES = 128 << 20
"""Unpacked, of one tile or strip with all bands; a block is only ever unpacked as a whole."""
MOST_BLOCKS = 4_000_000
"""Of all bands; each costs time, however small it is."""
MOST_BYTES = 16 << 30
"""Unpacked, of a whole file: a satellite's whole frame at half a metre, in four bands."""
FREE_BYTES = 512 << 20
"""Up to here a file may be packed as tightly as it likes: an empty mask is, honestly."""
MOST_RATIO = 200
"""Bytes unpacked for each byte of a larger file; what was seen from above hardly reaches 20."""
MOST_WINDOW_BYTES = 1 << 30
"""What the part of a file that a comparison needs may take in memory while it is read."""
MASKS = 3
"""Bytes for each pixel of such a part that are held beside its numbers."""
PIECE_NUMBERS = 4_000_000
"""A file that is read from end to end is read in pieces of about so many numbers."""


def check_bounds(source: DatasetReader, path: Path) -> None:
    """Refuse an open file that claims more than can be read in memory and time.

    Raises
    ------
    SceneError
        It has too many bands, too large or too many blocks, or too many bytes once unpacked, also
        in relation to its size.
    """
    if source.count > MOST_BANDS:
        raise SceneError(
            f"{path} has {source.count} bands, and {MOST_BANDS} are the most: take out those that "
            f"are needed (gdal_translate -b)."
        )
    item_bytes = max(_item_bytes(kind) for kind in source.dtypes)
    rows, cols = np.max(source.block_shapes, axis=0).tolist()
    if rows * cols * source.count * item_bytes > MOST_BLOCK_BYTES:
        raise SceneError(
            f"{path} has blocks of {cols} x {rows} pixels in {source.count} bands, more than "
            f"{MOST_BLOCK_BYTES >> 20} MiB each: write it in tiles of 512 x 512 (gdal_translate "
            f"-co TILED=YES -co BLOCKXSIZE=512 -co BLOCKYSIZE=512)."
        )
    blocks = sum(
        math.ceil(source.height / down) * math.ceil(source.width / across)
        for down, across in source.block_shapes
    )
    unpacked = source.height * source.width * source.count * item_bytes
    size = path.stat().st_size
    if blocks > MOST_BLOCKS or unpacked > MOST_BYTES:
        raise SceneError(
            f"{path} is {source.width} x {source.height} pixels in {source.count} bands, "
            f"{unpacked / 1e9:.3g} GB in {blocks} blocks, and {MOST_BYTES / 1e9:.3g} GB in "
            f"{MOST_BLOCKS} blocks are the most: cut out the part that is needed (gdal_translate "
            f"-projwin)."
        )
    if unpacked > max(FREE_BYTES, MOST_RATIO * size):
        raise SceneError(
            f"{path} would unpack {size / 1e6:.3g} MB to {unpacked / 1e9:.3g} GB, as no image that "
            f"was taken does: get it again, or cut out the part that holds data (gdal_translate "
            f"-projwin)."
        )


def check_window(window: Window, bands: int, path: Path) -> None:
    """Refuse to read a part of a file that would not fit in memory.

    Parameters
    ----------
    window : Window
        What is to be read.
    bands : int
        In how many bands.
    path : Path
        For the message.

    Raises
    ------
    SceneError
    """
    pixels, held = int(window.width) * int(window.height), np.dtype(np.float32).itemsize
    large = is_large((int(window.height), int(window.width)))  # then the numbers lie in a file
    needed = pixels * (MASKS if large else MASKS + bands * held)
    if needed > MOST_WINDOW_BYTES:
        raise SceneError(
            f"{path} has {window.width} x {window.height} pixels in {bands} bands round the "
            f"facility, {needed / 1e9:.3g} GB in memory, and {MOST_WINDOW_BYTES / 1e9:.3g} GB are "
            f"the most: resample it to larger pixels (gdalwarp -tr), or use a smaller outline."
        )


def pieces(source: DatasetReader) -> Iterator[Window]:
    """Yield windows that cover a file, each of whole blocks where a block is small.

    A window holds about `PIECE_NUMBERS` numbers in all bands, whatever the blocks are.
    """
    from rasterio.windows import Window

    most_px = max(1, PIECE_NUMBERS // source.count)
    down, across = source.block_shapes[0]
    columns = _whole(min(source.width, max(across, most_px // down)), across)
    columns = min(columns, source.width, most_px)
    rows = min(_whole(max(1, most_px // columns), down), source.height)
    for row in range(0, source.height, rows):
        for col in range(0, source.width, columns):
            yield Window(col, row, min(columns, source.width - col), min(rows, source.height - row))


def _whole(length: int, block: int) -> int:
    """Round a length down to whole blocks, where it has one."""
    return length // block * block if length >= block else length


def _item_bytes(kind: str) -> int:
    return 4 if kind == "complex_int16" else np.dtype(kind).itemsize
