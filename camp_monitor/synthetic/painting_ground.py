"""Where something may be painted into a pair without disturbing what is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.detection import Detection
from camp_monitor.detect.indices import mndwi, ndwi
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sensors import Unit
from camp_monitor.synthetic.painting import Place

MOST_PAINTED_FRACTION = 0.01
"""Not more of the window is touched at a time, unless by one structure: a detector that sets its
threshold by the scene would be blinded by many structures, where in truth there is one."""
HALO_PX = 3.0
"""What a structure touches reaches this far beyond it: blur, shadow, and the filters' windows."""
MOST_IN_A_RUN = 24
APART_PX = 16.0
"""Structures of a run lie at least this far from each other, edge to edge,"""
CLEAR_PX = 4.0
"""and this far from what is called without them, from water and from what was not seen."""
LIKE_PERCENTILES = (3.0, 97.0)
"""Like ground lies, in every band before, between these percentiles of the searched ground."""
DRY_ABOVE_DB = {"vv": -17.0, "vh": -24.0}
"""Land reflects more than this at Sentinel-1's angles."""
DARK_PERCENT = 30.0
"""In uncalibrated numbers, water is also among this darkest share of the infrared."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Where structures may be painted.

    Parameters
    ----------
    room_px : ndarray
        float32, (row, col): distance to the next pixel that must not be touched.
    searched, like : ndarray of bool
        (row, col): the searched area, and ground like it round it.
    called : ndarray of bool
        (row, col): what the detector reports without anything painted.
    """

    room_px: NDArray[np.float32]
    searched: NDArray[np.bool_]
    like: NDArray[np.bool_]
    called: NDArray[np.bool_]


def find_ground(
    pair: Pair, detection: Detection, called: NDArray[np.bool_], searched: NDArray[np.bool_]
) -> Ground:
    """Find ground that was seen, is dry, and was not called: where something may be painted.

    Parameters
    ----------
    pair : Pair
    detection : Detection
        Of the pair, nothing painted.
    called : ndarray of bool
        (row, col); what it reports of the kind that is looked for.
    searched : ndarray of bool
        (row, col).
    """
    from scipy import ndimage

    everything = np.logical_or.reduce([change.changed for change in detection.changes])
    free = detection.seen & pair.usable & ~everything & ~is_wet(pair.before) & ~is_wet(pair.after)
    room = ndimage.distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1]
    like = ~searched & pair.usable
    own = searched & pair.usable
    if own.any():
        for band in pair.before.pixels:
            smooth = ndimage.uniform_filter(np.where(pair.before.usable, band, 0), 5)
            low, high = np.percentile(smooth[own], LIKE_PERCENTILES)
            like &= (smooth >= low) & (smooth <= high)
    return Ground(room.astype(np.float32), searched, like, called)


def is_wet(image: Image) -> NDArray[np.bool_]:
    """Tell where water may be, rather too often: no place for a building, nor for new water."""
    from scipy import ndimage

    nothing = np.zeros(image.flags.shape, bool)
    usable = image.usable
    if image.nature.radar:
        if image.nature.unit is not Unit.DECIBEL:
            return nothing
        first = ndimage.uniform_filter(np.where(usable, image.pixels[0], 0), 5)
        return np.asarray((first < DRY_ABOVE_DB.get(image.bands[0], -np.inf)) & usable)
    if {"green", "swir1"} <= set(image.bands):
        index, infrared = mndwi(image.band("green"), image.band("swir1")), image.band("swir1")
    elif {"green", "nir"} <= set(image.bands):
        index, infrared = ndwi(image.band("green"), image.band("nir")), image.band("nir")
    else:
        return nothing
    if image.nature.unit is Unit.REFLECTANCE:
        return np.asarray((index > 0) & usable)
    from skimage.filters import threshold_otsu

    sound = usable & np.isfinite(index)
    if not sound.any() or np.ptp(index[sound]) == 0:
        return nothing
    dark = infrared < np.percentile(infrared[sound], DARK_PERCENT)
    wet = sound & (index > threshold_otsu(index[sound])) & dark
    return np.asarray(ndimage.binary_opening(wet))


def choose_places(
    pair: Pair, ground: Ground, areas_m2: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Place, ...]:
    """Scatter places for sizes, each as often, in the searched area as far as it has room.

    Parameters
    ----------
    pair : Pair
    ground : Ground
    areas_m2 : ndarray
        float64, (size,).
    rng : Generator
    """
    budget_px = MOST_PAINTED_FRACTION * ground.room_px.size
    count = MOST_IN_A_RUN
    order = np.concatenate([rng.permutation(areas_m2) for _ in range(-(-count // areas_m2.size))])
    reach_px = np.sqrt(order) / pair.pixel_m
    places: list[Place] = []
    rows, columns = np.indices(ground.room_px.shape, np.float32)
    apart_px = np.full(rows.shape, np.inf, np.float32)
    spent_px = 0.0
    for area_m2, side_px in zip(order[:count], reach_px[:count], strict=True):
        own_px = (side_px + 2 * HALO_PX) ** 2
        if places and spent_px + own_px > budget_px:
            continue
        half_px = 0.92 * side_px  # half the diagonal of a rectangle three times as long as wide
        room = (ground.room_px >= half_px + CLEAR_PX) & (apart_px >= half_px + APART_PX)
        spot = _draw_spot(room, ground, rng)
        if spot is None:
            continue
        apart_px = np.minimum(apart_px, np.hypot(rows - spot[0], columns - spot[1]) - half_px)
        places.append(Place(*spot, float(area_m2)))
        spent_px += own_px
    return tuple(places)


def _draw_spot(
    room: NDArray[np.bool_], ground: Ground, rng: np.random.Generator
) -> tuple[float, float] | None:
    """Draw a free middle, row and column: in the searched area, or else on like ground."""
    for part in (ground.searched, ground.like):
        spots = np.flatnonzero(room & part)
        if spots.size:
            row, column = divmod(int(spots[rng.integers(spots.size)]), room.shape[1])
            return row + float(rng.uniform()), column + float(rng.uniform())
    return None
