"""New built-up ground or earthworks, by colours where two dates agree and by edges where not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.detect.cells import averaged, enlarged, mean_around
from camp_monitor.detect.detection import Change
from camp_monitor.detect.irmad import irmad
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import every_other
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.morphology import dilated
from camp_monitor.scenes.statistics import Statistics, settled

BY_COLOURS, BY_EDGES = "works by colours", "works by edges"
"""Which of the two weighs more in the pair."""
CELL_M = 1.5
"""Finer pixels are averaged to about this: works are larger, and vehicles are not."""
GRAIN_CELLS = 0.7
"""Standard deviation of the smoothing before change of colour is measured, cells."""
SHADE_FRACTION = 0.5
"""Share of a band's median that is added before the logarithm: slopes in shade count less."""
FAINT_SLOPE = 0.01
"""Added to the edges before, in logarithms of brightness per cell, so that bare sand or water does
not turn any edge into a new one."""
ROWS_AT_ONCE = 256
"""Rows of cells that are averaged at a time."""
SAMPLE_PX = 4_000_000
"""More pixels of a scene tell its median no better."""
LEAST_M2 = 60.0
"""Smaller regions are vehicles, trees and shade."""

LOOKALIKES = note(Code.LIKE_EARTHWORKS)
FEW_EDGES = note(Code.FEW_EDGES)


@dataclass(frozen=True)
class BuiltUpConstants:
    """What the rules rest on.

    Parameters
    ----------
    colour_times : float
        A change of colour is this many times the pair's median one.
    new_edges : float
        New ground has as many new edges, by those that were there before.
    neighbourhood_m : float
        Side of the square over which edges are counted.
    trust : float
        Weight of the colours, 0-1, by the correlation of the edges of the two dates ...
    most_colour : float
        ... and its most; the rest is the weight of the new edges.
    smoothed_cells : float
        Standard deviation of the smoothing of the change of colour, cells of `CELL_M`.
    excused_cells : int
        Side of the square in which an edge of the before image excuses one of the after image.
    least_contrast : float
        Change of colour that counts at all, in spreads of the unchanged ground's own colours; an
        image against itself has less.
    """

    colour_times: float = 2.1
    new_edges: float = 0.09
    neighbourhood_m: float = 100.0
    trust: float = 1.5
    most_colour: float = 0.9
    smoothed_cells: float = 4.0
    excused_cells: int = 5
    least_contrast: float = 1.0


CONSTANTS = BuiltUpConstants()


@dataclass(frozen=True, eq=False)
class BuiltUp:
    """New built-up ground and what its finding rests on.

    Parameters
    ----------
    change : Change
        Kind ``built_up``.
    agreement : float
        Correlation of the edges of the two dates, -1 to 1.
    colour_weight : float
        Weight of the colours that follows from it, 0-1.
    """

    change: Change
    agreement: float
    colour_weight: float


def find_built_up(pair: Pair, pixel_m: float, constants: BuiltUpConstants = CONSTANTS) -> BuiltUp:
    """Find ground on which something was built, paved, dug or heaped up.

    Two questions are asked: did the colours change together as unchanged ground does not (`irmad`,
    in multiples of the pair's median), and are there edges where there were none (new slopes of
    the logarithm of brightness, by those before)?  The answer is their weighted geometric mean.
    Where the two dates show the same edges, colours decide: they are blind to any linear change of
    the bands, and so to sensor, haze and cast.  Where the edges disagree, too little is unchanged
    to learn from what unchanged colours look like, and new edges decide.

    Parameters
    ----------
    pair : Pair
        Optical, pixels under 3 m; any bands and unit.
    pixel_m : float
        Side of a pixel, metres, stated or estimated; off by two, little changes.
    constants : BuiltUpConstants

    Returns
    -------
    BuiltUp

    Notes
    -----
    Cannot see: works smaller than about 60 square metres, or where a yard was built over with
    another.  The evidence is even-handed: torn-down blocks of other colour are found, too.

    References
    ----------
    .. [1] Nielsen (2007), doi:10.1109/TIP.2006.888195 (colours)
    .. [2] Di Zenzo (1986), doi:10.1016/0734-189X(86)90223-9 (slopes of several bands)
    """
    cells = max(1, round(CELL_M / pixel_m))
    usable, before, after = _in_cells(pair, cells)
    first = _slopes(before, usable, pair.before.statistics)
    second = _slopes(after, usable, pair.after.statistics)
    agreement = settled(pair.statistics, "agreement", lambda: _agreement(first, second, usable))
    weight = min(max(constants.trust * agreement, 0.0), constants.most_colour)
    side = constants.neighbourhood_m / (pixel_m * cells)
    edges = _new_edges(first, second, usable, side, constants.excused_cells)
    times, contrast = _colour_change(
        before, after, usable, constants.smoothed_cells, pair.statistics
    )
    del before, after
    evidence = (times / constants.colour_times) ** weight
    evidence *= (edges / constants.new_edges) ** (1 - weight)
    evidence = np.minimum(evidence, (contrast / max(constants.least_contrast, 1e-6)) ** 2)
    del times, contrast, edges
    strength = enlarged(evidence.astype(np.float32), cells, pair.usable.shape).copy()
    strength[~pair.usable] = 0
    by_colours = weight >= 0.5
    change = Change(
        kind="built_up",
        changed=strength >= 1,
        strength=strength,
        edge_px=constants.smoothed_cells * cells / 2,
        least_px=max(4, round(LEAST_M2 / pixel_m**2)),
        caveats=(LOOKALIKES,) if by_colours else (LOOKALIKES, FEW_EDGES),
        way=BY_COLOURS if by_colours else BY_EDGES,
    )
    return BuiltUp(change, agreement, weight)


def _in_cells(
    pair: Pair, cells: int
) -> tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.float32]]:
    """Average what is usable, and both dates, by cells; a band's median lies where nothing is.

    Some rows of cells are worked on at a time: memory beyond the answer does not grow with the
    area.
    """
    rows, columns = pair.usable.shape
    shape = max(rows // cells, 1), max(columns // cells, 1)
    usable = np.empty(shape, bool)
    dates = [np.empty((len(pair.bands), *shape), np.float32) for _ in range(2)]
    sources = [(image.pixels, _medians(image, pair.usable)) for image in (pair.before, pair.after)]
    for first in range(0, shape[0], ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE, shape[0])
        here = slice(first * cells, rows if last == shape[0] else last * cells)
        used = pair.usable[here]
        usable[first:last] = averaged(used[None].astype(np.float32), cells)[0] > 0.5
        for date, (pixels, medians) in zip(dates, sources, strict=True):
            filled = np.where(used, pixels[:, here], medians[:, None, None])
            date[:, first:last] = averaged(filled, cells)
    return usable, dates[0], dates[1]


def _medians(image: Image, usable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Median of each band over usable pixels, evenly spread; 0 where none is."""

    def measure() -> NDArray[np.float32]:
        window = every_other(usable.shape, SAMPLE_PX)
        used = usable[window]
        if not used.any():
            return np.zeros(len(image.bands), np.float32)
        return np.array([np.median(band[window][used]) for band in image.pixels], np.float32)

    return settled(image.statistics, "medians", measure)


def _slopes(
    pixels: NDArray[np.float32], usable: NDArray[np.bool_], statistics: Statistics | None
) -> NDArray[np.float32]:
    """Slope of the logarithm of brightness per cell, mean over bands; 0 beside unusable ground."""
    from scipy import ndimage

    total = np.zeros(usable.shape, np.float32)
    middles = settled(
        statistics,
        "middles of cells",
        lambda: [float(np.median(band[usable])) if usable.any() else 1.0 for band in pixels],
    )
    for band, middle in zip(pixels, middles, strict=True):
        shade = max(SHADE_FRACTION * middle, 1e-6)
        logarithm = np.log(np.maximum(band, 0) + shade).astype(np.float32)
        total += ndimage.gaussian_gradient_magnitude(logarithm, 1.0)
    total[dilated(~usable, 3)] = 0
    return (total * (1 + SHADE_FRACTION) / len(pixels)).astype(np.float32)


def _agreement(
    before: NDArray[np.float32], after: NDArray[np.float32], usable: NDArray[np.bool_]
) -> float:
    """Correlation of the edges of two dates; 0 where one has none."""
    from scipy import ndimage

    first, second = (ndimage.gaussian_filter(slope, 1.0)[usable] for slope in (before, after))
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _colour_change(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    smoothed_cells: float,
    statistics: Statistics | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Change of colour, by the pair's median and by the spread of unchanged ground's colours.

    Takes the grain off `before` and `after` in place.
    """
    from scipy import ndimage

    for band in (*before, *after):
        ndimage.gaussian_filter(band, GRAIN_CELLS, output=band)
    change = irmad(before, after, usable, statistics=statistics)
    distance = np.sqrt(np.where(usable, change.chi_square, 0)).astype(np.float64)
    distance = mean_around(distance, usable, smoothed_cells)
    middle = settled(
        statistics,
        "middle",
        lambda: float(np.median(distance[usable])) if usable.any() else 0.0,
    )
    noise = float(np.sqrt(2 * (1 - max(change.correlations)) + 1e-6))
    return distance / max(middle, 1e-6), distance * noise


def _new_edges(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    side_cells: float,
    excused_cells: int,
) -> NDArray[np.float64]:
    """Slopes that nothing nearby had before, by those that were there, over a square."""
    from scipy import ndimage

    side = 2 * max(round((side_cells - 1) / 2), 1) + 1
    new = np.maximum(after - ndimage.maximum_filter(before, excused_cells), 0)
    share = ndimage.uniform_filter(usable.astype(np.float64), side)
    added, old = (
        ndimage.uniform_filter(slope.astype(np.float64), side) / np.maximum(share, 1e-6)
        for slope in (new, before)
    )
    return np.asarray(np.maximum(added, 0) / (old + FAINT_SLOPE))
