"""The smallest structure that would have been found: painted into the scenes and looked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.regions import GAP_PX
from camp_monitor.errors import Refusal
from camp_monitor.notes import Note, Value, note
from camp_monitor.pairs.pair import Pair
from camp_monitor.synthetic.painting import Painter, Place, make_painter, paint
from camp_monitor.synthetic.painting_ground import Ground, choose_places, find_ground

BUILDING_SIZES_M2 = (25.0, 40.0, 65.0, 100.0, 160.0, 250.0, 400.0, 650.0, 1000.0, 1400.0, 2000.0)
WATER_SIZES_M2 = (400.0, 650.0, 1000.0, 1600.0, 2500.0, 4000.0, 6500.0, 10000.0, 20000.0)
WATER_KINDS = ("flooding", "water_gain")
NINE_IN_TEN = 0.9
FOUND_SHARE = 0.25
"""A structure is found when at least this share of its footprint is called."""
TINY_PX = 2.0
"""Of one smaller than this, any pixel within one pixel of it is enough."""
FIRST_RUNS, MOST_RUNS = 4, 22
"""Runs over all sizes alike, and runs altogether; each is one run of the detector."""
FOCUS = 2
"""Later runs try this many sizes on either side of the size that is looked for."""
CLEAR_RATIO = 1.35
"""An interval whose ends are this near to each other is narrow enough."""
LARGEST_WINDOW_PX = 512
FEWEST = 20
"""Fewer structures than this tell nothing about nine in ten."""
LAPSES = 0.03
"""Share of structures of any size that are missed all the same: on ground of their own colour."""
MIDDLES = np.log(np.geomspace(4.0, 1e5, 160))[:, None]
STEEPNESSES = np.geomspace(0.6, 12.0, 40)[None, :]
USUAL_STEEPNESS, STEEPNESS_SPREAD = 2.5, 0.5
"""The chance of being found is a logistic curve of the logarithm of the area: all pairs of middle
and steepness are weighed, those steepnesses beforehand by a log-normal distribution."""


@dataclass(frozen=True)
class Tried:
    """How many structures of one size were painted, and how many of them were found."""

    area_m2: float
    painted: int
    found: int


@dataclass(frozen=True)
class DetectionLimit:
    """The size of a structure that would have been found nine times in ten.

    Parameters
    ----------
    kind : str
        Of the change that was looked for.
    area_m2 : float or None
        That size; None where even the largest was missed more often, or nothing could be painted.
    low_m2, high_m2 : float or None
        Its 95 % interval, from the chance of so few trials; None for an end beyond the largest.
    tried : tuple of Tried
        By size, smallest first; empty where nothing could be painted.
    runs : int
        How often the detector was run.
    inside_fraction : float
        Share of the structures that lay in the searched area; the rest lay on like ground round it.
    note : Note
        What came of it, for the record.
    """

    kind: str
    area_m2: float | None
    low_m2: float | None
    high_m2: float | None
    tried: tuple[Tried, ...]
    runs: int
    inside_fraction: float
    note: Note


def smallest_found(
    pair: Pair,
    detect: Callable[[Pair], Detection],
    kind: str,
    searched: NDArray[np.bool_],
    *,
    seed: int = 0,
) -> DetectionLimit:
    """Paint structures of known sizes into the after image and look for them.

    Roofs (for the kinds of flooding: water bodies) are painted at the contrast of real materials
    where the numbers are reflectance or decibels, and at that of this scene's own brightest and
    darkest objects where they are not, through the sensor's blur, on ground that was seen and not
    called.  The detector runs again, up to `MOST_RUNS` times, on a few structures of several sizes
    at a time.  The chance of being found is fitted to the counts (a logistic curve of the logarithm
    of the area, with a share of lapses), and read at nine in ten.

    Parameters
    ----------
    pair : Pair
        On a north-up grid in metres.  Of a searched area above `LARGEST_WINDOW_PX` a side, only the
        middle is used, and no wider window is given to the detector.
    detect : callable
        The detector that looked at the pair.
    kind : str
        Of the change that is looked for; structures are painted for all but `WATER_KINDS`.
    searched : ndarray of bool
        (row, col); where it has too little room, structures also lie on like ground round it.
    seed : int
        The same seed gives the same answer.

    Raises
    ------
    Refusal
        The detector cannot answer for this pair, or water was to be painted into uncalibrated
        numbers.

    Notes
    -----
    Cannot tell: structures under trees or in shade, of the colour of their ground, or other than
    roofs; nor whether ground that was not seen hides one.

    References
    ----------
    .. [1] Berens (1989), NDE reliability data analysis, ASM Handbook 17, 689-701
    .. [2] Wichmann and Hill (2001), doi:10.3758/BF03194544 (lapses)
    """
    whole_px = int(searched.sum())
    pair, searched = _cut(pair, searched)
    part = int(searched.sum()) < whole_px
    painter = make_painter(pair, kind in WATER_KINDS)
    first = detect(pair)
    ground = find_ground(pair, first, _called(first, kind), searched)
    sizes = np.array(WATER_SIZES_M2 if painter.water else BUILDING_SIZES_M2)
    painted, found = np.zeros(sizes.size, int), np.zeros(sizes.size, int)
    inside, runs = 0, 1
    for run in range(MOST_RUNS - 1):
        rng = np.random.default_rng([seed, run])
        chosen = _choose_sizes(sizes, painted, found, run)
        if chosen.size == 0:
            break
        places = choose_places(pair, ground, sizes[chosen], rng)
        if not places:
            continue
        hits = _look(painter, detect, kind, ground, places, rng)
        runs += 1
        for place, hit in zip(places, hits, strict=True):
            number = int(np.argmin(np.abs(sizes - place.area_m2)))
            painted[number] += 1
            found[number] += hit
            inside += bool(ground.searched[int(place.row), int(place.column)])
    return _conclude(kind, _counts(sizes, painted, found), runs, inside, part)


def _cut(pair: Pair, searched: NDArray[np.bool_]) -> tuple[Pair, NDArray[np.bool_]]:
    """Cut a large window down to `LARGEST_WINDOW_PX`, about the middle of the searched area."""
    where = np.argwhere(searched)
    if max(searched.shape) <= LARGEST_WINDOW_PX or where.size == 0:
        return pair, searched
    middle = (where.min(axis=0) + where.max(axis=0) + 1) // 2
    window = tuple(
        slice(first, first + LARGEST_WINDOW_PX)
        for first in (
            int(np.clip(at - LARGEST_WINDOW_PX // 2, 0, max(size - LARGEST_WINDOW_PX, 0)))
            for at, size in zip(middle, searched.shape, strict=True)
        )
    )
    bands = (slice(None), *window)
    before, after = (
        replace(
            image, pixels=image.pixels[bands], flags=image.flags[window], grid=pair.grid[window]
        )
        for image in (pair.before, pair.after)
    )
    cut = replace(
        pair, before=before, after=after, after_matched=pair.after_matched[bands],
        usable=pair.usable[window],
    )  # fmt: skip
    return cut, searched[window]


def _called(detection: Detection, kind: str) -> NDArray[np.bool_]:
    """Return the pixels of the regions that would be reported, (row, col)."""
    from scipy import ndimage

    called = np.zeros(detection.seen.shape, bool)
    for change in detection.changes:
        if change.kind != kind:
            continue
        joined = ndimage.binary_dilation(change.changed, iterations=max(GAP_PX // 2, 1))
        labels, count = ndimage.label(joined, np.ones((3, 3)))
        sizes = ndimage.sum_labels(change.changed, labels, np.arange(count + 1))
        called |= change.changed & (sizes >= change.least_px)[labels]
    return called


def _choose_sizes(
    sizes: NDArray[np.float64], painted: NDArray[np.int_], found: NDArray[np.int_], run: int
) -> NDArray[np.int_]:
    """Return the sizes to try next, by number: all at first, then those about nine in ten."""
    if run < FIRST_RUNS or painted.sum() < FEWEST:
        return np.arange(sizes.size)
    area, low, high = size_found(_counts(sizes, painted, found))
    if low is None or (high is not None and high <= CLEAR_RATIO * low):
        return np.arange(0)
    near = sizes.size - 1 if area is None else int(np.searchsorted(sizes, area))
    return np.arange(max(near - FOCUS, 0), min(near + FOCUS, sizes.size))


def _look(
    painter: Painter,
    detect: Callable[[Pair], Detection],
    kind: str,
    ground: Ground,
    places: tuple[Place, ...],
    rng: np.random.Generator,
) -> list[bool]:
    """Paint, run the detector, and tell which were found; a refusal finds none."""
    pair, labels = paint(painter, places, rng)
    try:
        new = _called(detect(pair), kind) & ~ground.called
    except Refusal:
        return [False] * len(places)
    pixel_m2 = pair.pixel_m**2
    return [
        is_found(new, labels == number, place.area_m2 / pixel_m2)
        for number, place in enumerate(places, start=1)
    ]


def is_found(new: NDArray[np.bool_], footprint: NDArray[np.bool_], area_px: float) -> bool:
    """Tell whether a structure was found.

    Parameters
    ----------
    new : ndarray of bool
        (row, col); called with the structure, and not without it.
    footprint : ndarray of bool
        (row, col); its pixels.
    area_px : float
        Its true area, pixels.
    """
    from scipy import ndimage

    if not footprint.any():
        return False
    if area_px < TINY_PX:
        return bool(new[ndimage.binary_dilation(footprint, np.ones((3, 3)))].any())
    return bool(new[footprint].mean() >= FOUND_SHARE)


def size_found(tried: tuple[Tried, ...]) -> tuple[float | None, float | None, float | None]:
    """Return the size found nine times in ten, and its 95 % interval, by counts of each size.

    The median of what the counts leave likely, and its interval, over all curves.

    Parameters
    ----------
    tried : tuple of Tried
        Smallest first; at least one.

    Returns
    -------
    (float or None, float or None, float or None)
        Square metres: the size, low end, high end; None beyond the largest size tried.
    """
    likely = -0.5 * (np.log(STEEPNESSES / USUAL_STEEPNESS) / STEEPNESS_SPREAD) ** 2 + 0 * MIDDLES
    for one in tried:
        chance = (1 - LAPSES) / (1 + np.exp(-STEEPNESSES * (math.log(one.area_m2) - MIDDLES)))
        chance = np.clip(chance, 1e-9, 1.0)
        likely += one.found * np.log(chance) + (one.painted - one.found) * np.log(1 - chance)
    weights = np.exp(likely - likely.max()).ravel()
    odds = NINE_IN_TEN / (1 - LAPSES - NINE_IN_TEN)
    sizes = np.exp(MIDDLES + math.log(odds) / STEEPNESSES).ravel()
    order = np.argsort(sizes)
    shares = np.cumsum(weights[order]) / weights.sum()
    low, area, high = (
        float(sizes[order][np.searchsorted(shares, share)]) for share in (0.025, 0.5, 0.975)
    )
    smallest, largest = tried[0].area_m2, tried[-1].area_m2
    area, low, high = (max(size, smallest) for size in (area, low, high))
    return (
        area if area <= largest else None,
        low if low <= largest else None,
        high if high <= largest else None,
    )


def _counts(
    sizes: NDArray[np.float64], painted: NDArray[np.int_], found: NDArray[np.int_]
) -> tuple[Tried, ...]:
    return tuple(
        Tried(float(size), int(count), int(hits))
        for size, count, hits in zip(sizes, painted, found, strict=True)
        if count
    )


def _conclude(
    kind: str, tried: tuple[Tried, ...], runs: int, inside: int, part: bool
) -> DetectionLimit:
    total = sum(one.painted for one in tried)
    if total < FEWEST:
        return unmeasured(kind, note(Code.LIMIT_UNMEASURED), runs)
    area, low, high = (
        None if value is None else _two_figures(value) for value in size_found(tried)
    )
    shared: dict[str, Value] = {
        "thing": "water" if kind in WATER_KINDS else "building",
        "where": "middle" if part else "scenes",
        "trials": total,
    }
    largest = tried[-1].area_m2
    if area is None or low is None:
        said = note(Code.LIMIT_BEYOND, largest_m2=largest, **shared)
    elif high is None:
        said = note(Code.LIMIT_OPEN, area_m2=area, low_m2=low, largest_m2=largest, **shared)
    else:
        said = note(Code.LIMIT, area_m2=area, low_m2=low, high_m2=high, **shared)
    return DetectionLimit(kind, area, low, high, tried, runs, round(inside / total, 3), said)


def unmeasured(kind: str, why: Note, runs: int = 0) -> DetectionLimit:
    """Return what is said where nothing, or too little, could be painted."""
    return DetectionLimit(kind, None, None, None, (), runs, 0.0, why)


def _two_figures(value: float) -> float:
    """Round to two figures: more would pretend."""
    return float(f"{value:.2g}")
