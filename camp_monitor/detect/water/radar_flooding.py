"""New and lost water between two radar images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.water.radar import CONSTANTS as WATER_CONSTANTS
from camp_monitor.detect.water.radar import (
    RadarWater,
    RadarWaterConstants,
    average,
    deciding_band,
    map_radar_water,
)
from camp_monitor.detect.water.speckle import Speckle, is_multiplicative, measure_speckle
from camp_monitor.errors import Refusal
from camp_monitor.notes import Note
from camp_monitor.pairs.normalisation import measure_normalisation, normalise
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.sensors import Unit

LEAST_PX = 25
"""Of a region, so many pixels must have a sure score: fewer are speckle."""
AROUND_PX = 5
"""Means over this square of levels that are averages already: 9 pixels together."""
MOST_FALL = 1.5
"""A fall by more depths than this tells no more."""
BY_LINE = 0.1
"""The line through what changed least may correct the level of the land by so many depths: where
most of the frame is flooded, it runs through the flood."""


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
        8-bit amplitudes: as in `RadarWaterConstants`; nearer to the land than for one date alone,
        because darkening counts, too.
    around : float
        8-bit numbers: weight of the mean over `AROUND_PX` pixels against that of the pixel.
    darkening : float
        8-bit numbers: what a fall by the least depth of water adds to the score; less than
    least_fall : float
        counts against it.
    dark_before : float
        8-bit numbers: what is taken off for each depth that the first date was darker than
    water_before : float
        this many depths below its land.
    beyond : float
        8-bit numbers: so many depths beyond the border of water are asked for.
    surely : float
        8-bit numbers: a region has pixels of this score.
    least_mean_fall : float
        8-bit numbers: a region is darker than before by this on the whole, in depths.
    """

    least_drop_db: float = 3.0
    wet_below_db: float = 1.0
    land_part: float = 0.70
    around: float = 0.4
    darkening: float = 0.1
    least_fall: float = 0.2
    dark_before: float = 0.6
    water_before: float = 1.2
    beyond: float = 0.15
    surely: float = 0.1
    least_mean_fall: float = 0.15


CONSTANTS = RadarFloodingConstants()


@dataclass(frozen=True, eq=False)
class WaterChange:
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
    caveats : tuple of Note
        What weakens the whole answer.
    """

    gained: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    gained_strength: NDArray[np.float32]
    lost_strength: NDArray[np.float32]
    seen: NDArray[np.bool_]
    measured: dict[str, float]
    caveats: tuple[Note, ...] = ()


def find_radar_flooding(
    pair: Pair,
    constants: RadarFloodingConstants = CONSTANTS,
    water: RadarWaterConstants = WATER_CONSTANTS,
    slope_deg: NDArray[np.float32] | None = None,
) -> WaterChange:
    """Find ground that became open water, and open water that became ground.

    New water is water after that was not *very* dark before: a rule that asks for plain dry land
    before misses floods on ground that was wet already.  Lost water is the same, backwards.

    Decibels fall by a least drop, pixel by pixel.  Numbers of 8 bits, of which each date may have
    been stretched on its own, are read in depths below their own land.  How dark a pixel is and
    its surroundings are, how much darker than before, and how dark it was before add up to one
    score; 0 is just enough.  The dates are brought together in two ways, by the level of the land
    and by a line through what changed least.  Of amplitudes the smaller fall counts, for an offset
    spoils the one and a large flood the other; on a scale like decibels, where no stretch moves
    the level of the land, the line corrects it a little.

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
    WaterChange

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
    first, second = (replace(image, flags=both) for image in (pair.before, pair.after))
    # both dates come from one hand, and two tell more of the scale than one
    speckles: tuple[Speckle, ...] = ()
    if pair.nature.unit is Unit.AMPLITUDE:
        speckles = tuple(measure_speckle(one, deciding_band(one)) for one in (first, second))
    before = map_radar_water(first, water, slope_deg, speckles)
    after = map_radar_water(second, water, slope_deg, speckles[::-1])
    for which, found in (("before", before), ("after", after)):
        if not found.seen.any():
            raise Refusal(Code.ONLY_SPECKLE, which=which)
    seen = pair.usable & before.seen & after.seen
    multiplicative = is_multiplicative(speckles)
    new = _darker if calibrated else partial(_darker_regions, multiplicative=multiplicative)
    gained, gained_strength = new(before, after, seen, constants)
    lost, lost_strength = new(after, before, seen, constants)
    measured = dict(after.measured)
    if calibrated:
        measured[Measure.FALL_FROM_DB] = constants.least_drop_db
    else:
        measured[Measure.FALL_FROM] = constants.least_mean_fall
    return WaterChange(gained, lost, gained_strength, lost_strength, seen, measured)


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
    multiplicative: bool,
) -> _Found:
    """Regions of water of the second date that the first had not, in numbers of 8 bits."""
    from scipy import ndimage

    before, now = np.nan_to_num(first.level), np.nan_to_num(second.level)
    around = average(second.level, seen, AROUND_PX)
    dark = -(1 - constants.around) * now - constants.around * np.nan_to_num(around) - 1
    by_line = _brought_to(now, before, seen)
    # an offset shifts amplitudes against their land; a scale like decibels it leaves alone
    if multiplicative:
        earlier = np.minimum(before, by_line)
    else:
        earlier = before + np.clip((by_line - before) / 2, -BY_LINE, BY_LINE)
    fall: NDArray[np.float32] = np.clip(earlier - now, -MOST_FALL, MOST_FALL)
    wet = np.maximum(-before - constants.water_before, 0)
    score: NDArray[np.float32] = (
        dark
        + constants.darkening * (fall - constants.least_fall)
        - constants.dark_before * wet
        - constants.beyond
    ).astype(np.float32)
    new = (score > 0) & second.allowed & seen
    labels, count = ndimage.label(new, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sure = np.bincount(labels[new & (score > constants.surely)], minlength=count + 1)
    total = np.bincount(labels.ravel(), fall.ravel(), minlength=count + 1)
    fallen = total / np.maximum(sizes, 1)
    kept = (sure >= LEAST_PX) & (fallen >= constants.least_mean_fall)
    kept[0] = False
    return kept[labels], np.exp2(score).astype(np.float32)


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
