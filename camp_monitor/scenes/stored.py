"""Rasters too large for memory: they lie in a temporary file, and windows of them are read.

A raster of at most `LARGE_PX` pixels is an array in memory, a larger one a `Stored`: both give and
take windows alike, so that whoever works by windows need not know which it is.
"""

from __future__ import annotations

import math
import mmap
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from camp_monitor.errors import SceneError

LARGE_PX = 1 << 22
"""A raster with more pixels lies in a file."""
LARGE_FILES = Path("/var/tmp")
"""Where systems keep large temporary files: what is in /tmp may be held in memory."""
SPARE_BYTES = 1 << 28
"""Left free of a disk."""
COPIED_ROWS = 256
ZEROS = bytes(1 << 20)

_Window = tuple[slice, slice]


def is_large(shape: Iterable[int]) -> bool:
    """Tell whether a raster, (..., row, col), is too large to be held in memory as a whole."""
    return math.prod(tuple(shape)[-2:]) > LARGE_PX


def scratch(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Make a raster, (row, col) or (band, row, col), to be filled window by window.

    A large one, in a file, begins as zeros.

    Raises
    ------
    SceneError
        There is no room for it on the disk.
    """
    if not is_large(shape):
        return np.empty(shape, dtype)
    return cast(NDArray[Any], _store(shape, np.dtype(dtype)))


def in_memory(values: Any) -> bool:
    """Tell whether a raster is an array in memory."""
    return not isinstance(values, Stored)


def part_of(values: Any, window: _Window) -> NDArray[Any]:
    """Return a window of a raster as a raster of its own: nothing is read of one in a file."""
    if isinstance(values, Stored):
        return cast(NDArray[Any], values.part(window))
    return np.asarray(values[(..., *window)])


def copied(values: Any) -> NDArray[Any]:
    """Copy a raster, into a file where it is large."""
    if not isinstance(values, Stored):
        return np.array(values)
    copy = scratch(values.shape, values.dtype)
    for first in range(0, values.shape[-2], COPIED_ROWS):
        rows = slice(first, min(first + COPIED_ROWS, values.shape[-2]))
        copy[..., rows, 0 : values.shape[-1]] = values[..., rows, 0 : values.shape[-1]]
    return copy


def picked(values: NDArray[Any], where: NDArray[np.intp]) -> NDArray[Any]:
    """Return the numbers of a raster, (row, col), at rising flat indexes."""
    if in_memory(values):
        return values.reshape(-1)[where]
    width = values.shape[1]
    found = np.empty(where.shape, values.dtype)
    for start, end in _runs(where, width):
        first, last = int(where[start]) // width, int(where[end - 1]) // width
        read = values[first : last + 1, :].reshape(-1)
        np.take(read, where[start:end] - first * width, out=found[start:end], mode="clip")
    return found


def _runs(where: NDArray[np.intp], width: int) -> list[tuple[int, int]]:
    """Part rising flat indexes where rows between them need not be read, and into runs of rows."""
    far = np.flatnonzero(where[1:] - where[:-1] > COPIED_ROWS // 32 * width) + 1
    last = int(where[-1]) if where.size else 0
    every = np.searchsorted(where, np.arange(0, last, COPIED_ROWS * width))
    ends = np.unique(np.concatenate([far, every, [0, where.size]]))
    return list(pairwise(ends.tolist()))


class _Scratch:
    """A temporary file, closed and gone when nothing refers to it any more."""

    def __init__(self, folder: Path, size: int) -> None:
        self.opened = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        weakref.finalize(self, self.opened.close)
        if hasattr(os, "posix_fallocate"):  # takes the room now, so that a full disk shows
            os.posix_fallocate(self.opened.fileno(), 0, size)
            return
        for start in range(0, size, len(ZEROS)):
            self.opened.write(ZEROS[: size - start])


@dataclass(frozen=True, eq=False)
class Stored(np.lib.mixins.NDArrayOperatorsMixin):
    """A raster in a temporary file, which is gone when nothing refers to it any more.

    In arithmetic it is read as a whole: of large rasters, that is for those of bool alone.

    Parameters
    ----------
    file : _Scratch
        Planes of `size`, one after the other.
    dtype : dtype
        Of the numbers.
    size : (int, int)
        Rows and columns of a plane in the file.
    planes : tuple of int
        Those that the raster shows.
    window : (slice, slice)
        Rows and columns of the planes that it shows.
    flat : bool
        It has no axis of planes: (row, col).
    line : (ndarray, ndarray) or None
        Gain and offset of each plane of the file, float32, applied as it is read.
    """

    file: _Scratch
    dtype: np.dtype[Any]
    size: tuple[int, int]
    planes: tuple[int, ...]
    window: _Window
    flat: bool = False
    line: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Bands, rows and columns; of a single band rows and columns alone."""
        rows, columns = (part.stop - part.start for part in self.window)
        return (rows, columns) if self.flat else (len(self.planes), rows, columns)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        """Return bands as a raster, or read a window of rows and columns into memory."""
        shown, window = self._asked(key)
        if window is None:
            return shown
        rows, columns = window
        found = np.empty(
            (len(shown.planes), len(range(*_bounds(rows))), len(range(*_bounds(columns)))),
            shown.dtype,
        )
        for layer, plane in zip(found, shown.planes, strict=True):
            layer[:] = shown._rows(plane, rows)[:: rows.step, columns]
            if shown.line is not None:
                layer *= shown.line[0][plane]
                layer += shown.line[1][plane]
        return found[0] if shown.flat else found

    def __setitem__(self, key: Any, values: ArrayLike) -> None:
        """Write numbers into a window."""
        shown, window = self._asked(key)
        rows, columns = window or (slice(part.start, part.stop, 1) for part in shown.window)
        size = tuple(len(range(*_bounds(part))) for part in (rows, columns))
        given = np.broadcast_to(np.asarray(values), (len(shown.planes), *size))
        for plane, layer in zip(shown.planes, given, strict=True):
            shown._rows(plane, rows)[:: rows.step, columns] = layer

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        found = self[..., 0 : self.shape[-2], 0 : self.shape[-1]]
        return np.asarray(found, dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **options: Any) -> Any:
        whole = [np.asarray(one) if isinstance(one, Stored) else one for one in given]
        return getattr(ufunc, method)(*whole, **options)

    def part(self, window: _Window) -> Stored:
        """Return a window as a raster of its own; nothing is read."""
        rows, columns = (
            slice(held.start + asked.start, held.start + asked.stop)
            for held, asked in zip(self.window, window, strict=True)
        )
        return replace(self, window=(rows, columns))

    def on_line(self, gains: NDArray[np.float32], offsets: NDArray[np.float32]) -> Stored:
        """Return all its planes, each multiplied and added to as it is read; not to be written."""
        return replace(self, line=(gains, offsets))

    def _asked(self, key: Any) -> tuple[Stored, tuple[slice, slice] | None]:
        """Bands that a key means, and rows and columns of the file; None where all are meant."""
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in keys:
            at = keys.index(Ellipsis)
            keys[at : at + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        shown = self
        if not self.flat:
            first = keys.pop(0)
            chosen = np.array(self.planes)[first]
            planes = tuple(np.atleast_1d(chosen).tolist())
            shown = replace(self, planes=planes, flat=np.ndim(chosen) == 0)
        if not keys:
            return shown, None
        keys += [slice(None)] * (2 - len(keys))
        found = []
        for held, asked in zip(self.window, keys, strict=True):
            start, stop, step = asked.indices(held.stop - held.start)
            found.append(slice(held.start + start, held.start + max(start, stop), step))
        return shown, (found[0], found[1])

    def _rows(self, plane: int, rows: slice) -> NDArray[Any]:
        """Map some rows of a plane, only as long as they are needed."""
        height, width = self.size
        count = rows.stop - rows.start
        if not count * width:
            return np.empty((count, width), self.dtype)
        size = self.dtype.itemsize
        offset = (plane * height + rows.start) * width * size
        within = offset % mmap.ALLOCATIONGRANULARITY
        mapped = mmap.mmap(
            self.file.opened.fileno(), count * width * size + within, offset=offset - within
        )
        return np.ndarray((count, width), self.dtype, mapped, within)


def _bounds(part: slice) -> tuple[int, int, int]:
    return part.start, part.stop, part.step


def _store(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Stored:
    needed = math.prod(shape) * dtype.itemsize
    folder = Path(os.environ.get("TMPDIR") or LARGE_FILES)
    folder = folder if folder.is_dir() else Path(tempfile.gettempdir())
    try:
        free = shutil.disk_usage(folder).free
        if free < needed + SPARE_BYTES:
            raise SceneError(
                f"{folder} has {free / 1e9:.1f} GB free, and comparing images of "
                f"{shape[-1]} x {shape[-2]} pixels needs {needed / 1e9:.1f} GB more: free some, "
                f"set TMPDIR to a folder on another disk, or scan a smaller outline."
            )
        file = _Scratch(folder, needed)
    except OSError as error:
        raise SceneError(
            f"No temporary file can be written in {folder} ({error.strerror}): set TMPDIR to a "
            f"folder that can be written."
        ) from error
    *planes, rows, columns = shape
    window = slice(0, rows), slice(0, columns)
    numbers = tuple(range(math.prod(planes)))
    return Stored(file, dtype, (rows, columns), numbers, window, not planes)
