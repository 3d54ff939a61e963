"""A file that is read in pieces from elsewhere, and looks like any open binary file."""

from __future__ import annotations

import io
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Self

from camp_monitor.errors import RemoteError

BLOCK_BYTES = 8192
GAP_BYTES = 4 * BLOCK_BYTES
"""Two pieces that lie no further apart are asked for as one: a request costs more than the gap."""
KEPT_BYTES = 16 << 20
MOST_AT_ONCE_BYTES = 256 << 20
LONGEST_PIECE_BYTES = 4 << 20


class RangeFile(io.RawIOBase):
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
        super().__init__()
        self.shown = shown
        self.size = size
        self._head = head
        self._head_blocks = len(head) // BLOCK_BYTES
        self._read_piece = read_piece
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, also one past the end, where nothing is read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readall(self) -> bytes:
        """Return all from the position to the end."""
        return self.read()

    def read(self, size: int | None = -1) -> bytes:
        """Return `size` bytes from the position on; fewer only at the end of the file."""
        stop = self.size if size is None or size < 0 else self._position + size
        (piece,) = self.read_pieces([(self._position, max(stop, self._position))])
        self._position += len(piece)
        return piece

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the position on; fewer bytes only at the end of the file."""
        view = memoryview(buffer).cast("B")
        piece = self.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

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


class QuietFile:
    """A `RangeFile` for GDAL, which no error can be told of in the middle of a read.

    It has the methods that rasterio wants of a place with files, in rasterio's own names.

    The first error is kept, and from then on nothing is asked for; whoever opened the file looks
    at `failure` at the end.

    Parameters
    ----------
    file : RangeFile
    name : str
        The one name that can be opened; what lies beside it is not there.

    Attributes
    ----------
    failure : RemoteError or None
    """

    def __init__(self, file: RangeFile, name: str) -> None:
        self.name = name
        self.failure: RemoteError | None = None
        self._file = file

    def open(self, name: str, mode: str = "rb") -> QuietView:
        """Open the file once more, at its start.

        Raises
        ------
        FileNotFoundError
            Another name, or a mode that writes.
        """
        if name != self.name or mode not in ("r", "rb"):
            raise FileNotFoundError(name)
        return QuietView(self)

    def isfile(self, name: str) -> bool:
        """Tell whether this is the file."""
        return name == self.name

    def isdir(self, name: str) -> bool:
        """Return False: there are no folders."""
        return False

    def ls(self, name: str) -> list[str]:
        """Return nothing: no file lies beside this one."""
        return []

    def mtime(self, name: str) -> int:
        """Return 0: it is not known."""
        return 0

    def rm(self, name: str) -> None:
        """Refuse to remove anything.

        Raises
        ------
        FileNotFoundError
        """
        raise FileNotFoundError(name)

    def size(self, name: str) -> int:
        """Return the bytes of the whole file.

        Raises
        ------
        FileNotFoundError
        """
        if name != self.name:
            raise FileNotFoundError(name)
        return self._file.size

    def read_pieces(self, spans: Sequence[tuple[int, int]]) -> list[bytes] | None:
        """Return pieces as `RangeFile.read_pieces` does, or None after an error."""
        if self.failure is None:
            try:
                return self._file.read_pieces(spans)
            except RemoteError as error:
                self.failure = error
        return None


class QuietView:
    """One opened view of a `QuietFile`, with a position of its own."""

    def __init__(self, whole: QuietFile) -> None:
        self._whole = whole
        self._whole_bytes = whole.size(whole.name)
        self._position = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def close(self) -> None:
        """Do nothing: the file belongs to whoever opened it."""

    def tell(self) -> int:
        """Return the position in bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, also one past the end, where nothing is read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._whole_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, count: int = -1) -> bytes:
        """Return `count` bytes, fewer at the end of the file, none after an error."""
        stop = self._position + count if count >= 0 else self._whole_bytes
        pieces = self._whole.read_pieces([(self._position, stop)])
        piece = pieces[0] if pieces else b""
        self._position += len(piece)
        return piece

    def get_byte_ranges(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """Return several pieces for GDAL, each in full: zeros for what is not there."""
        spans = [(start, start + size) for start, size in zip(offsets, sizes, strict=True)]
        pieces = self._whole.read_pieces(spans) or [b""] * len(sizes)
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
