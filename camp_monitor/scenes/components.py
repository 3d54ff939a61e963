"""Regions of a large raster, found by runs of its rows: memory does not grow with the area."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import Window, strips
from camp_monitor.scenes.morphology import dilated
from camp_monitor.scenes.stored import scratch

Read = Callable[[Window], NDArray[np.bool_]]
"""Reads a window of a raster of bool."""


@dataclass(frozen=True, eq=False)
class Components:
    """Regions of True pixels.

    Parameters
    ----------
    shape : (int, int)
    read : callable
        Reads the pixels.
    of_run : tuple of ndarray
        For each run of rows: the region of each of its labels, the first of which is none.
    sizes : ndarray
        Number of pixels of each region.
    touched : ndarray of bool
        Whether one of its pixels was marked.
    windows : ndarray
        int, (region, 4): first and past-the-last row and column, of the widened region.
    seeds : ndarray
        int, (region, 2): row and column of one of its pixels.
    near : bool
        Parts that widening by a pixel joins, also across corners, are one region; else only
        neighbours in rows and columns are.
    """

    shape: tuple[int, int]
    read: Read
    of_run: tuple[NDArray[np.intp], ...]
    sizes: NDArray[np.intp]
    touched: NDArray[np.bool_]
    windows: NDArray[np.intp]
    seeds: NDArray[np.intp]
    near: bool

    def part(self, number: int) -> tuple[Window, NDArray[np.bool_]]:
        """Return the window of a region and its pixels there."""
        top, bottom, left, right = self.windows[number].tolist()
        own = self.read((slice(top, bottom), slice(left, right)))
        labels = _label(dilated(own) if self.near else own, self.near)
        row, column = self.seeds[number] - (top, left)
        own = own & (labels == labels[row, column])
        down, across = (np.flatnonzero(own.any(axis=axis)) for axis in (1, 0))
        inner = slice(int(down[0]), int(down[-1]) + 1), slice(int(across[0]), int(across[-1]) + 1)
        rows = slice(top + inner[0].start, top + inner[0].stop)
        return (rows, slice(left + inner[1].start, left + inner[1].stop)), own[inner]

    def pixels(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a raster of the pixels of some regions."""
        raster = scratch(self.shape, bool)
        numbers = np.concatenate([chosen, [False]])
        runs = zip(_runs(self.shape, self.read, self.near), self.of_run, strict=True)
        for (rows, labels, own), regions in runs:
            raster[rows] = numbers[regions[labels]] & own
        return raster


def components(
    shape: tuple[int, ...], read: Read, mark: Read | None = None, *, near: bool = True
) -> Components:
    """Find the regions of True pixels of a raster, (row, col), in the order of their first rows.

    Parameters
    ----------
    shape : (int, int)
    read, mark : callable
        Read windows of the raster, and of one whose True pixels mark the regions that hold them.
    near : bool
        As in `Components`.
    """
    from scipy import sparse

    boxes, seeds, sizes, touched, joins, counts = [], [], [], [], [], []
    before, passed = None, 0
    for rows, labels, own in _runs(shape, read, near):
        count = int(labels.max(initial=0))
        held = labels[own]
        sizes.append(np.bincount(held, minlength=count + 1)[1:])
        boxes.append(_boxes(labels, rows.start))
        seeds.append(_seeds(labels, own, rows.start, count))
        marked = np.zeros(count + 1, bool)
        if mark is not None and count:
            marked[labels[own & mark((rows, slice(0, shape[1])))]] = True
        touched.append(marked[1:])
        joins.append(_joins(before, labels[0], passed, near))
        before = np.where(labels[-1] > 0, labels[-1] + passed, 0)
        counts.append(count)
        passed += count
    ends = np.concatenate(joins, axis=1) - 1
    links = sparse.coo_array((np.ones(ends.shape[1], bool), tuple(ends)), (passed, passed))
    number, of_label = sparse.csgraph.connected_components(links, directed=False)
    starts = np.cumsum([0, *counts])
    of_run = tuple(
        np.concatenate([[number], of_label[start:end]]) for start, end in pairwise(starts.tolist())
    )
    whole, first = np.full((number, 4), -1), np.full((number, 2), -1)
    box, seed = np.concatenate(boxes), np.concatenate(seeds)
    whole[:, 0::2] = max(shape)
    for side, smallest in enumerate((np.minimum, np.maximum, np.minimum, np.maximum)):
        smallest.at(whole[:, side], of_label, box[:, side])
    has = seed[:, 0] >= 0
    first[of_label[has][::-1]] = seed[has][::-1]
    total = np.bincount(of_label, np.concatenate(sizes), minlength=number).astype(np.intp)
    hit = np.bincount(of_label, np.concatenate(touched), minlength=number) > 0
    return Components((shape[0], shape[1]), read, of_run, total, hit, whole, first, near)


def _label(where: NDArray[np.bool_], near: bool) -> NDArray[np.int32]:
    from scipy import ndimage

    labels, _ = ndimage.label(where, np.ones((3, 3)) if near else None)
    return np.asarray(labels, np.int32)


def _runs(
    shape: tuple[int, ...], read: Read, near: bool
) -> Iterator[tuple[slice, NDArray[np.int32], NDArray[np.bool_]]]:
    """Give runs of rows, the labels of their widened pixels, and the pixels."""
    for rows in strips(shape):
        wide = slice(max(rows.start - 1, 0), min(rows.stop + 1, shape[0]))
        own = slice(rows.start - wide.start, rows.stop - wide.start)
        pixels = read((wide, slice(0, shape[1])))
        yield rows, _label((dilated(pixels) if near else pixels)[own], near), pixels[own]


def _boxes(labels: NDArray[np.int32], top: int) -> NDArray[np.intp]:
    from scipy import ndimage

    places = ndimage.find_objects(labels)
    found = [(r.start + top, r.stop + top, c.start, c.stop) for r, c in places]
    return np.array(found, np.intp).reshape(-1, 4)


def _seeds(
    labels: NDArray[np.int32], own: NDArray[np.bool_], top: int, count: int
) -> NDArray[np.intp]:
    """Row and column of the first pixel of each label; -1 where only a widened rim lies here."""
    found = np.full((count, 2), -1, np.intp)
    where = np.flatnonzero(own)
    numbers, at = np.unique(labels.reshape(-1)[where], return_index=True)
    rows, columns = np.divmod(where[at], labels.shape[1])
    found[numbers - 1] = np.stack([rows + top, columns], axis=1)
    return found


def _joins(
    above: NDArray[np.intp] | None, below: NDArray[np.int32], passed: int, near: bool
) -> NDArray[np.intp]:
    """Pairs of labels that touch across two runs of rows, (2, pair)."""
    if above is None:
        return np.zeros((2, 0), np.intp)
    here = np.where(below > 0, below + passed, 0).astype(np.intp)
    pairs = [
        np.stack([above[first], here[second]])
        for first, second in (
            (slice(None), slice(None)),
            (slice(1, None), slice(None, -1)),
            (slice(None, -1), slice(1, None)),
        )[: 3 if near else 1]
    ]
    both = np.concatenate(pairs, axis=1)
    return np.unique(both[:, (both > 0).all(axis=0)], axis=1)
