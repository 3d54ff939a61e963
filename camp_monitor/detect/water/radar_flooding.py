"""New and lost water between two radar images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.water.radar import CONSTANTS as WATER_CONSTANTS
from camp_monitor.detect.water.radar import (
    RadarWater,
    RadarWaterConstants,
    map_radar_water,
)
from camp_monitor.errors import Refusal
from camp_monitor.pairs.normalisation import measure_normalisation, normalise
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.sensors import Unit

LEAST_PX = 25
"""Of a region, so many pixels must be darker than before: fewer are speckle."""


@dataclass(frozen=True)
class RadarFloodingConstants:
    """What new water in radar rests on.

    Parameters
    ----------
    least_drop_db : float
        Decibels: new water is darker than before by this; less is speckle, moisture and crops.
    wet_below_db : float
        Decibels: what lay this far below water's border was water before.  Ground that was merely
        dark may have been wet, and can be flooded.
    land_part : float
        8-bit amplitudes: water is darker than this part of the scene's own land; a looser border
        than that of one date alone, because darkening is asked for, too.
    very_dark : float
        8-bit amplitudes: what was darker than this part of its land was water before; 0 lets all
        water count as new.
    least_share : float
        8-bit amplitudes: a region of water is new when this share of it is darker than before;
        0 does not ask.
    noise_spreads : float
        8-bit amplitudes: a pixel is darker than before from so many standard deviations of both
        dates' speckle, read in both ways (see `find_radar_flooding`); 0: by anything.
    """

    least_drop_db: float = 3.0
    wet_below_db: float = 1.0
    land_part: float = 0.70
    very_dark: float = 0.2
    least_share: float = 0.25
    noise_spreads: float = 3.0


CONSTANTS = RadarFloodingConstants()


@dataclass(frozen=True, eq=False)
class RadarFlooding:
    """Water that came and water that went.

    Parameters
    ----------
    gained, lost : ndarray of bool
        (row, col).
    gained_strength, lost_strength : ndarray
        float32, (row, col): evidence in units of the threshold; 1 is just enough.
    seen : ndarray of bool
        (row, col).
    measured : dict
        As in `Detection`.
    """

    gained: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    gained_strength: NDArray[np.float32]
    lost_strength: NDArray[np.float32]
    seen: NDArray[np.bool_]
    measured: dict[str, float]


def find_radar_flooding(
    pair: Pair,
    constants: RadarFloodingConstants = CONSTANTS,
    water: RadarWaterConstants = WATER_CONSTANTS,
    slope_deg: NDArray[np.float32] | None = None,
) -> RadarFlooding:
    """Find ground that became open water, and open water that became ground.

    New water is water after that was not *very* dark before: a rule that asks for plain dry land
    before misses floods on ground that was wet already.  Lost water is the same, backwards.

    Decibels fall by a least drop, pixel by pixel.  Amplitudes of 8 bits, of which each date may
    have been stretched on its own, are brought together in two ways, by the level of the land and
    by a line through what changed least; neither is safe alone, and a region is new water where
    enough of it is darker than before in both.

    Parameters
    ----------
    pair : Pair
        Radar, in decibels or ``amplitude8``.
    constants : RadarFloodingConstants
    water : RadarWaterConstants
    slope_deg : ndarray or None
        As for `map_radar_water`.

    Returns
    -------
    RadarFlooding

    Raises
    ------
    Refusal
        An unknown quantity, or a date in which water and land cannot be told.
    """
    calibrated = pair.nature.unit is Unit.DECIBEL
    if not calibrated:
        water = replace(water, land_part=constants.land_part)
    # averages of both dates over the same ground, or they differ at the edge of one of them
    both = np.where(pair.usable, 0, Quality.NODATA).astype(np.uint8)
    before = map_radar_water(replace(pair.before, flags=both), water, slope_deg)
    after = map_radar_water(replace(pair.after, flags=both), water, slope_deg)
    for which, found in (("before", before), ("after", after)):
        if not found.seen.any():
            raise Refusal(Code.ONLY_SPECKLE, which=which)
    seen = pair.usable & before.seen & after.seen
    new = _darker if calibrated else _darker_regions
    gained, gained_strength = new(before, after, seen, constants)
    lost, lost_strength = new(after, before, seen, constants)
    measured = dict(after.measured)
    if calibrated:
        measured[Measure.FALL_FROM_DB] = constants.least_drop_db
    else:
        measured[Measure.FALL_FROM] = constants.least_share
    return RadarFlooding(gained, lost, gained_strength, lost_strength, seen, measured)


_Found = tuple[NDArray[np.bool_], NDArray[np.float32]]
"""Where water is new, and the evidence."""


def _darker(
    first: RadarWater,
    second: RadarWater,
    seen: NDArray[np.bool_],
    constants: RadarFloodingConstants,
) -> _Found:
    """Water of the second date that the first had not, in decibels."""
    drop_db = np.nan_to_num(first.level - second.level)
    dry = np.nan_to_num(first.level) > first.border - constants.wet_below_db
    new = second.is_water & dry & (drop_db >= constants.least_drop_db) & seen
    fallen = np.maximum(drop_db, 0) / max(constants.least_drop_db, 0.1)
    return new, np.minimum(second.strength, fallen).astype(np.float32)


def _darker_regions(
    first: RadarWater,
    second: RadarWater,
    seen: NDArray[np.bool_],
    constants: RadarFloodingConstants,
) -> _Found:
    """Regions of water of the second date that the first had not, in 8-bit amplitudes."""
    from scipy import ndimage

    by_land, now = np.nan_to_num(first.level), np.nan_to_num(second.level)
    by_line = _brought_to(now, by_land, seen)
    speckle = np.hypot(first.noise_fraction * by_land, second.noise_fraction * now)
    darker = np.minimum(by_land, by_line) - now > constants.noise_spreads * speckle
    new = second.is_water & (by_land > constants.very_dark) & seen
    labels, count = ndimage.label(new, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    dimmed = np.bincount(labels[darker & new], minlength=count + 1)
    share = dimmed / np.maximum(sizes, 1)
    kept = (share >= constants.least_share) & (dimmed >= (constants.least_share > 0) * LEAST_PX)
    kept[0] = False
    relative = share / max(constants.least_share, 0.01)
    strength = np.sqrt(second.strength * relative[labels])
    return kept[labels], strength.astype(np.float32)


def _brought_to(
    target: NDArray[np.float32], level: NDArray[np.float32], seen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Bring the levels of one date to those of another, by a line through what changed least."""
    grid = GeoBox(seen.shape, Affine.identity(), None)
    flags = (~seen).astype(np.uint8)
    first, second = (
        Image(values[None], ("sar",), "amplitude8", flags, grid) for values in (target, level)
    )
    return normalise(second, measure_normalisation(first, second))[0]
