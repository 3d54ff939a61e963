"""A file that is read in pieces from elsewhere, and an image in it as GDAL opens it."""

from __future__ import annotations

import io
import itertools
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from camp_monitor.errors import RemoteError
from camp_monitor.foreign_warnings import ignore_for_good
from camp_monitor.scenes.opening import DRIVERS

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

BLOCK_BYTES = 8192
GAP_BYTES = 4 * BLOCK_BYTES
"""Two pieces that lie no further apart are asked for as one: a request costs more than the gap."""
KEPT_BYTES = 16 << 20
MOST_AT_ONCE_BYTES = 256 << 20
LONGEST_PIECE_BYTES = 4 << 20
MOST_TILE_BYTES = 128 << 20
"""Unpacked, of one tile; a small file can claim tiles that no memory holds."""
_names = itertools.count()


class RangeFile:
    """A read-only file over a function that brings any piece of it.

    Pieces are asked for in whole blocks and kept, the least used being dropped first, so that the
    many small reads of a file's header cost nothing.  For one thread at a time.

    Parameters
    ----------
    shown : str
        The file's name for messages.
    size : int
        Bytes of the whole file.
    head : bytes
        Its first bytes, which are kept for good.
    read_piece : function
        From the first byte and the byte after the last to exactly these bytes.

    Raises
    ------
    RemoteError
        From every read that `read_piece` cannot serve, or that asks for too much at once.
    """

    def __init__(
        self, shown: str, size: int, head: bytes, read_piece: Callable[[int, int], bytes]
    ) -> None:
        self.shown = shown
        self.size = size
        self._head = head
        self._head_blocks = len(head) // BLOCK_BYTES
        self._read_piece = read_piece
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` up to `stop`, or to the end; fewer only at the end."""
        (piece,) = self.read_pieces([(start, self.size if stop is None else stop)])
        return piece

    def read_pieces(self, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return several pieces, asking for what is missing in as few requests as can be.

        Parameters
        ----------
        spans : sequence of (int, int)
            First byte and the byte after the last; cut at the end of the file.
        """
        within = [(min(start, self.size), min(stop, self.size)) for start, stop in spans]
        if sum(stop - start for start, stop in within) > MOST_AT_ONCE_BYTES:
            raise RemoteError(
                f"{self.shown} asks for more than {MOST_AT_ONCE_BYTES >> 20} MiB at once: its "
                f"tiles are too large to be read over the network."
            )
        wanted = {
            number
            for start, stop in within
            if stop > max(start, len(self._head))
            for number in range(start // BLOCK_BYTES, -(-stop // BLOCK_BYTES))
        }
        blocks = self._load(sorted(wanted))
        return [self._cut(start, stop, blocks) for start, stop in within]

    def _load(self, wanted: Sequence[int]) -> dict[int, bytes]:
        """Return blocks by number, from what is kept and from elsewhere."""
        blocks = {number: self._blocks[number] for number in wanted if number in self._blocks}
        for number in wanted[: bisect_left(wanted, self._head_blocks)]:
            blocks[number] = self._head[number * BLOCK_BYTES : (number + 1) * BLOCK_BYTES]
        for first, last in _runs([number for number in wanted if number not in blocks]):
            start = first * BLOCK_BYTES
            piece = self._read_piece(start, min((last + 1) * BLOCK_BYTES, self.size))
            for number in range(first, last + 1):
                offset = number * BLOCK_BYTES - start
                blocks[number] = piece[offset : offset + BLOCK_BYTES]
        for number, block in blocks.items():
            self._blocks[number] = block
            self._blocks.move_to_end(number)
        while len(self._blocks) > KEPT_BYTES // BLOCK_BYTES:
            self._blocks.popitem(last=False)
        return blocks

    def _cut(self, start: int, stop: int, blocks: dict[int, bytes]) -> bytes:
        if stop <= max(start, len(self._head)):
            return self._head[start:stop]
        first = start // BLOCK_BYTES
        joined = b"".join(blocks[n] for n in range(first, -(-stop // BLOCK_BYTES)))
        return joined[start - first * BLOCK_BYTES : stop - first * BLOCK_BYTES]


@contextmanager
def open_image(file: RangeFile, remedy: str) -> Iterator[DatasetReader]:
    """Open an image file where it is, on its own: nothing beside it and nothing it names is read.

    Parameters
    ----------
    file : RangeFile
    remedy : str
        What to do where the file is damaged, for the message.

    Raises
    ------
    RemoteError
        It cannot be read, is neither a GeoTIFF nor a JPEG 2000, has tiles too large, or is
        damaged; also where that shows only while the block inside reads from it.
    """
    import rasterio
    from rasterio.abc import MultiByteRangeResourceContainer
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    MultiByteRangeResourceContainer.register(_Folder)  # so GDAL asks for many tiles at once
    alone = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO")
    folder = _Folder(file)
    try:
        ignore_for_good(NotGeoreferencedWarning)
        with alone:
            source = rasterio.open(folder.name, driver=_driver(file), opener=folder)
        with source:
            _check_tiles(source, file.shown, remedy)
            yield source
    except (RasterioError, IndexError) as error:
        if folder.failure is None:
            raise RemoteError(
                f"{file.shown} is damaged and cannot be read as an image: {remedy}."
            ) from error
    if folder.failure is not None:
        raise folder.failure


def _driver(file: RangeFile) -> str:
    """Tell the format by the first bytes."""
    start = file.read(0, 8)
    for signature, driver in DRIVERS.items():
        if start.startswith(signature):
            return driver
    raise RemoteError(f"{file.shown} is neither a GeoTIFF nor a JPEG 2000: choose another scene.")


def _check_tiles(source: DatasetReader, shown: str, remedy: str) -> None:
    for (rows, cols), kind in zip(source.block_shapes, source.dtypes, strict=True):
        if rows * cols * source.count * np.dtype(kind).itemsize > MOST_TILE_BYTES:
            raise RemoteError(f"{shown} has tiles of {cols} x {rows} pixels, too large: {remedy}.")


class _Folder:
    """One file in a folder of its own, in the names that rasterio has for a place with files.

    GDAL can be told of no error in the middle of a read.  So the first one is kept as `failure`,
    from then on nothing is asked for, and whoever opened the image looks at it in the end.
    """

    def __init__(self, file: RangeFile) -> None:
        self.name = f"camp-monitor/{next(_names)}/image"
        self.failure: RemoteError | None = None
        self._file = file

    def open(self, name: str, mode: str = "rb") -> _View:
        if name != self.name or mode not in ("r", "rb"):
            raise FileNotFoundError(name)
        return _View(self)

    def isfile(self, name: str) -> bool:
        return name == self.name

    def isdir(self, name: str) -> bool:
        return False

    def ls(self, name: str) -> list[str]:
        return []

    def mtime(self, name: str) -> int:
        return 0

    def rm(self, name: str) -> None:
        raise FileNotFoundError(name)

    def size(self, name: str) -> int:
        if name != self.name:
            raise FileNotFoundError(name)
        return self._file.size

    def read_pieces(self, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return pieces as `RangeFile.read_pieces` does; after an error all are empty."""
        if self.failure is None:
            try:
                return self._file.read_pieces(spans)
            except RemoteError as error:
                self.failure = error
        return [b""] * len(spans)


class _View(io.RawIOBase):
    """The file of a `_Folder`, opened once, with a position of its own."""

    def __init__(self, folder: _Folder) -> None:
        super().__init__()
        self._folder = folder
        self._position = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        size = self._folder.size(self._folder.name)
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        (piece,) = self._folder.read_pieces([(self._position, self._position + len(view))])
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def get_byte_ranges(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """Return several pieces for GDAL, each in full: zeros for what is not there."""
        spans = [(start, start + size) for start, size in zip(offsets, sizes, strict=True)]
        pieces = self._folder.read_pieces(spans)
        return [piece.ljust(size, b"\0") for piece, size in zip(pieces, sizes, strict=True)]


def _runs(missing: Sequence[int]) -> list[tuple[int, int]]:
    """Join block numbers, ascending, to runs (first, last) of bounded length."""
    runs: list[tuple[int, int]] = []
    for number in missing:
        if runs:
            first, last = runs[-1]
            is_near = (number - last - 1) * BLOCK_BYTES <= GAP_BYTES
            if is_near and (number - first + 1) * BLOCK_BYTES <= LONGEST_PIECE_BYTES:
                runs[-1] = first, number
                continue
        runs.append((number, number))
    return runs
