"""Detectors over a large pair: scene statistics from a sample, then window after window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from camp_monitor.detect.construction.built_up import CELL_M
from camp_monitor.detect.construction.method import FINE_UNDER_M
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.detectors import Detector
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from camp_monitor.pairs.parts import close_statistics, cut, sample, with_statistics
from camp_monitor.scenes.blocks import Window, grown, in_threads, squares
from camp_monitor.scenes.stored import is_large, scratch

WINDOW_PX, MOST_PX = 1024, 2000
"""Side of a window, and with what lies round it at most: it is no large raster itself."""
NEAR_PX, STRUCTURE_M = 32, 210.0
"""How far detectors look beyond a window: filters in pixels, and the longest structure; what goes
on further is judged by what of it lies in there."""
FINE_HALO_M = 75.0
"""In fine pixels: half of the square over which new edges are counted, and the filters."""
CELL_PX = 32
"""Windows begin at whole cells of so many pixels, as `near_cells` makes them; fine ones at those of
works."""

Answer = Detection | Refusal


def answers(asked: Mapping[str, Detector], pair: Pair) -> dict[str, Answer]:
    """Let detectors look at a pair, by name; a large optical one is looked at in windows.

    What a detector measures of the scene as a whole it measures on windows of it that are laid side
    by side (`sample`); a window then goes by these numbers.  Windows follow from the shape of the
    pair alone.

    Parameters
    ----------
    asked : mapping of str to callable
    pair : Pair

    Returns
    -------
    dict of str to Detection or Refusal
        Rasters of a large pair lie in files (`camp_monitor.scenes.stored`).

    Notes
    -----
    Cannot see: that ground far beyond a window belongs to a region inside.
    """
    if not is_large(pair.usable.shape) or pair.nature.radar or pair.mixed:
        return {name: _answer(detect, pair) for name, detect in asked.items()}
    pair = with_statistics(pair)
    sampled = sample(pair)
    first = {
        name: _spread(_answer(detect, sampled), pair.usable.shape) for name, detect in asked.items()
    }
    del sampled
    close_statistics(pair)
    whole = {name: found for name, found in first.items() if isinstance(found, Detection)}
    side_px, halo_px = _sizes(pair.pixel_m)

    def look(part: Window) -> None:
        wide, own = grown(part, halo_px, pair.usable.shape)
        if not pair.usable[wide].any():
            return
        here = cut(pair, wide)
        for name, target in whole.items():
            found = _answer(asked[name], here)
            if isinstance(found, Detection):
                for raster, values in zip(_rasters(target), _rasters(found), strict=True):
                    raster[part] = values[own]

    in_threads(look, squares(pair.usable.shape, side_px))
    return first


def _answer(detect: Detector, pair: Pair) -> Answer:
    try:
        return detect(pair)
    except Refusal as refusal:
        return refusal


def _sizes(pixel_m: float) -> tuple[int, int]:
    """Side of a window and its halo, pixels: whole cells, of works and of structures."""
    cell_px, halo_m = CELL_PX, STRUCTURE_M
    if pixel_m < FINE_UNDER_M:
        cell_px, halo_m = max(1, round(CELL_M / pixel_m)), FINE_HALO_M
    halo_px = math.ceil((NEAR_PX + halo_m / pixel_m) / cell_px) * cell_px
    side_px = min(WINDOW_PX, MOST_PX - 2 * halo_px)
    return side_px // cell_px * cell_px, halo_px


def _spread(found: Answer, shape: tuple[int, ...]) -> Answer:
    """Return a detection like this one over a whole pair, with nothing seen and nothing called."""
    if isinstance(found, Refusal):
        return found

    def empty(values: NDArray[Any]) -> NDArray[Any]:
        return scratch(shape, values.dtype)  # zeros, in a file

    changes: tuple[Change, ...] = tuple(
        replace(change, changed=empty(change.changed), strength=empty(change.strength))
        for change in found.changes
    )
    altered = None if found.altered is None else empty(found.altered)
    return replace(found, changes=changes, seen=empty(found.seen), altered=altered)


def _rasters(found: Detection) -> Iterator[NDArray[Any]]:
    yield found.seen
    for change in found.changes:
        yield change.changed
        yield change.strength
    if found.altered is not None:
        yield found.altered
