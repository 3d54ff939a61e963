"""Large images block by block: temporaries of bounded size, a thread for each core, same numbers.

Blocks and sampled windows follow from the shape of an image alone, so that an answer does not hang
on the machine.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.stored import Stored, in_memory, is_large, picked, scratch

BLOCK_PX = 512
"""Side of a block; its layers nearly fit into the caches of a processor."""
ONE_BLOCK_PX = 1 << 20
"""An image of at most so many pixels is one block."""
RUN_PX = 1 << 20
"""Pixels of a list that are looked at together."""
STRIP_PX = 1 << 21
"""Pixels of a run of rows of a large image."""
ASIDE = 4
"""Of so many times the pixels that are wanted of a large image, the rows are looked at."""
MOST_THREADS = 8
WHOLE_PX = 1 << 21
"""An image of at most so many pixels is looked at as a whole for its statistics; of a larger one,
these windows on an even lattice are: ..."""
SAMPLED_SIDE_PX, SAMPLED_ALONG = 128, 8
"""... of this side, so many along rows and columns each."""


Given = TypeVar("Given")
Made = TypeVar("Made")
Window = tuple[slice, slice]
"""Rows and columns of an image."""


def threads() -> int:
    """Return how many to use: ``OMP_NUM_THREADS`` where it is set, as in workers; else by cores.

    One, for what is itself one of several parts.
    """
    if getattr(_PART, "within", False):
        return 1
    said = os.environ.get("OMP_NUM_THREADS", "")
    most = int(said) if said.isdecimal() else os.cpu_count() or 1
    return max(1, min(most, MOST_THREADS))


def blocks(shape: tuple[int, ...], side_px: int | None = None) -> list[Window]:
    """Part an image, (..., row, col), into blocks of about this side; a small one is one block."""
    side_px = side_px or BLOCK_PX
    rows, columns = shape[-2:]
    if rows * columns <= ONE_BLOCK_PX:
        return [(slice(0, rows), slice(0, columns))]
    return [(down, right) for down in _runs(rows, side_px) for right in _runs(columns, side_px)]


def squares(shape: tuple[int, ...], side_px: int) -> list[Window]:
    """Part an image into squares of just this side from its corner; the last ones are smaller."""
    rows, columns = (
        [slice(first, min(first + side_px, size)) for first in range(0, size, side_px)]
        for size in shape[-2:]
    )
    return [(down, right) for down in rows for right in columns]


def _runs(size: int, about: int) -> list[slice]:
    count = max(1, round(size / about))
    return [slice(size * number // count, size * (number + 1) // count) for number in range(count)]


def by_blocks(
    work: Callable[..., NDArray[Any]],
    *layers: NDArray[Any],
    halo_px: int = 0,
    side_px: int | None = None,
    in_file: bool = False,
) -> NDArray[Any]:
    """Apply a function of neighbourhoods to images, block by block.

    Parameters
    ----------
    work : callable
        Takes the layers, (..., row, col), of a window, and returns an array of that window.  What
        it tells of a pixel must rest on no pixels further off than `halo_px`.
    *layers : ndarray
        (..., row, col), of one height and width.
    halo_px : int
    side_px : int or None
        Of the blocks; None: `BLOCK_PX`.
    in_file : bool
        The answer for a large image lies in a file, as it does where one of the layers does.

    Returns
    -------
    ndarray
        What `work` returns for the whole images: the same numbers, wherever the blocks end.
    """
    shape = layers[0].shape[-2:]
    parts = blocks(shape, side_px)
    if len(parts) == 1:
        return work(*layers)

    def one(part: Window) -> NDArray[Any]:
        wide, own = grown(part, halo_px, shape)
        return work(*(layer[(..., *wide)] for layer in layers))[(..., *own)]

    start = one(parts[0])
    size = (*start.shape[:-2], *shape)
    in_file = in_file or not all(map(in_memory, layers))
    whole = scratch(size, start.dtype) if in_file else np.empty(size, start.dtype)
    whole[(..., *parts[0])] = start

    def put(part: Window) -> None:
        whole[(..., *part)] = one(part)

    in_threads(put, parts[1:])
    return whole


def in_threads(work: Callable[[Given], Made], parts: Iterable[Given]) -> list[Made]:
    """Do a piece of work for each part, as many at a time as there are `threads`; in their order.

    Whatever a part does again in parts is done by its own thread.
    """
    count = threads()
    if count == 1:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(count, initializer=_begin) as pool:
        return list(pool.map(work, parts))


_PART = threading.local()


def _begin() -> None:
    _PART.within = True


def sampled_windows(shape: tuple[int, ...]) -> list[Window]:
    """Return the windows that statistics of an image rest on: the whole, or an even lattice."""
    rows, columns = shape[-2:]
    if rows * columns <= WHOLE_PX:
        return [(slice(0, rows), slice(0, columns))]
    return [(down, right) for down in _lattice(rows) for right in _lattice(columns)]


def _lattice(size: int) -> list[slice]:
    side = min(SAMPLED_SIDE_PX, size)
    count = min(SAMPLED_ALONG, -(-size // side))
    starts = [(size - side) * (2 * number + 1) // (2 * count) for number in range(count)]
    return [slice(start, start + side) for start in starts]


def every_other(shape: tuple[int, ...], most_px: int) -> Window:
    """Return every so-and-so-many row and column, at most about `most_px` pixels; all if fewer."""
    step = max(1, math.ceil(math.sqrt(math.prod(shape[-2:]) / most_px)))
    return slice(None, None, step), slice(None, None, step)


def grown(window: Window, by_px: int, shape: tuple[int, ...]) -> tuple[Window, Window]:
    """Widen a window within an image; return it, and where the old one lies in it."""
    wide = tuple(
        slice(max(part.start - by_px, 0), min(part.stop + by_px, size))
        for part, size in zip(window, shape[-2:], strict=True)
    )
    own = tuple(
        slice(part.start - out.start, part.stop - out.start)
        for part, out in zip(window, wide, strict=True)
    )
    return (wide[0], wide[1]), (own[0], own[1])


def told_by(values: NDArray[Any], where: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the values of the True pixels, of a large image those of some `WHOLE_PX` of them."""
    return picked(values, spread_out(where, WHOLE_PX))


def all_of(*layers: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where all layers are True, in memory: of what is in files, strips are read."""
    whole = np.empty(layers[0].shape, bool)
    for rows in strips(whole.shape):
        whole[rows] = _all_of(layers, rows)
    return whole


def count_all_of(*layers: NDArray[np.bool_]) -> int:
    """Count the pixels in which all layers are True."""
    return sum(int(np.count_nonzero(_all_of(layers, rows))) for rows in strips(layers[0].shape))


def meet(*layers: NDArray[np.bool_]) -> bool:
    """Tell whether there is a pixel in which all layers are True."""
    return any(bool(_all_of(layers, rows).any()) for rows in strips(layers[0].shape))


def _all_of(layers: tuple[NDArray[np.bool_], ...], rows: slice) -> NDArray[np.bool_]:
    return np.logical_and.reduce([layer[rows] for layer in layers])


def strips(shape: tuple[int, ...]) -> list[slice]:
    """Part an image into runs of rows of about `STRIP_PX` pixels; a small one is one."""
    rows, columns = shape[-2:]
    step = max(1, STRIP_PX // max(columns, 1)) if is_large(shape) else max(rows, 1)
    return [slice(first, min(first + step, rows)) for first in range(0, rows, step)]


def on_line(
    values: Any, gains: NDArray[np.float32], offsets: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Multiply each band of a raster, and add to it; of one in a file as its windows are read."""
    if isinstance(values, Stored):
        return cast(NDArray[np.float32], values.on_line(gains, offsets))
    gains, offsets = gains[:, None, None], offsets[:, None, None]
    return by_blocks(lambda part: part * gains + offsets, values)


def blank(values: NDArray[Any], where: NDArray[np.bool_], fill: float) -> None:
    """Put a number into every band of a raster, (..., row, col), where asked, in place."""
    for rows in strips(values.shape):
        asked = where[rows]
        if not asked.any():
            continue
        numbers = values[..., rows, 0 : values.shape[-1]]
        np.copyto(numbers, fill, where=asked)
        values[..., rows, 0 : values.shape[-1]] = numbers


def spread_out(where: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """Return flat indexes of about `most` evenly spread pixels that are True, or of all of them.

    Those of a large image lie in some of its rows, evenly spread: the others need not be read.
    """
    if is_large(where.shape):
        every = max(1, where.size // (ASIDE * most))
        columns = where.shape[1]
        found = _spread_out(where[::every], most)
        return found // columns * every * columns + found % columns
    return _spread_out(where, most)


def _spread_out(where: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    count = int(np.count_nonzero(where))
    step = max(1, count // most)
    if count == where.size:
        return np.arange(0, count, step)
    flat = where.reshape(-1)
    chosen, passed = [], 0
    for start in range(0, flat.size, RUN_PX):
        found = np.flatnonzero(flat[start : start + RUN_PX])
        chosen.append(found[-passed % step :: step] + start)
        passed += found.size
    return np.concatenate(chosen) if chosen else np.zeros(0, np.intp)
