"""A grid in tiles that are asked one by one, several at a time, and in samples evenly spread.

Tiles and samples lie where the grid's own corner puts them: neither the number of threads nor what
is held in memory at once has any influence on a result.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

Window = tuple[slice, slice]
Given = TypeVar("Given")
Told = TypeVar("Told")


@dataclass(frozen=True)
class Tile:
    """Part of a grid.

    Parameters
    ----------
    inner : (slice, slice)
        Rows and columns that the tile answers for.
    outer : (slice, slice)
        Rows and columns that it looks at: more all round, as far as the grid reaches.
    """

    inner: Window
    outer: Window

    @property
    def inner_of_outer(self) -> Window:
        """Rows and columns of `inner`, counted from the corner of `outer`."""
        rows, columns = (
            slice(answered.start - seen.start, answered.stop - seen.start)
            for answered, seen in zip(self.inner, self.outer, strict=True)
        )
        return rows, columns


def tiles(shape: tuple[int, ...], side_px: int, reach_px: int = 0) -> list[Tile]:
    """Cut a grid into squares.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the grid.
    side_px : int
        Side of what a tile answers for; less at the last row and column.
    reach_px : int
        How much farther it looks.
    """
    rows, columns = (
        [
            (
                slice(first, min(first + side_px, size)),
                slice(max(first - reach_px, 0), min(first + side_px + reach_px, size)),
            )
            for first in range(0, size, side_px)
        ]
        for size in shape
    )
    return [Tile((row[0], column[0]), (row[1], column[1])) for row in rows for column in columns]


def sample(shape: tuple[int, ...], most_px: int) -> Window:
    """Return every so-and-so-many row and column, at most about `most_px` pixels; all if fewer."""
    step = max(1, math.ceil(math.sqrt(math.prod(shape) / most_px)))
    return slice(None, None, step), slice(None, None, step)


def thread_count() -> int:
    """Return how many threads numerical work may take: `OMP_NUM_THREADS`, or one for each core."""
    stated = os.environ.get("OMP_NUM_THREADS", "")
    return int(stated) if stated.isdigit() and int(stated) > 0 else os.cpu_count() or 1


def in_threads(work: Callable[[Given], Told], given: Iterable[Given]) -> Iterator[Told]:
    """Do the same work on each of these, several at a time; give the results in their order.

    No more results are held than there are threads, and as many again.
    """
    count = thread_count()
    if count == 1:
        yield from map(work, given)
        return
    waiting = iter(given)
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(work, one) for one in islice(waiting, 2 * count)]
        while running:
            result = running.pop(0).result()
            running.extend(pool.submit(work, one) for one in islice(waiting, 1))
            yield result
