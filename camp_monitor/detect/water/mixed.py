"""New and lost water between an optical and a radar image: two maps of water, compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.water.optical import Water, map_water
from camp_monitor.detect.water.radar import CONSTANTS as RADAR_CONSTANTS
from camp_monitor.detect.water.radar import RadarWater, map_radar_water
from camp_monitor.detect.water.radar_flooding import WaterChange
from camp_monitor.errors import Refusal
from camp_monitor.notes import Note, note, qualified
from camp_monitor.pairs.pair import Pair

EDGE_PX = 2.0
"""How far an edge may be off, pixels: radar averages speckle over a square that reaches so far, and
the shift between the two dates cannot be measured."""
LEAST_WIDTH_PX = 5
"""What is nowhere so wide may be a rim of water that both dates show: twice `EDGE_PX`, and one."""
SURE = 1.25
"""In radar, water was there before from this strength on, in units of its border (about 1 dB below
it): ground that was merely dark may have been wet, and can be flooded."""
LEAST_CORE_PX = 100
"""Water of either date must have so many pixels off its rims to be compared with the other's."""
LEAST_IN_COMMON_FRACTION = 0.2
"""Of the water of the one date, the other must show this share, in one direction at least: a flood
holds the water that was there before it, and its end leaves some of the flood."""


def find_mixed_flooding(pair: Pair, slope_deg: NDArray[np.float32] | None = None) -> WaterChange:
    """Find ground that became open water, or ceased to be, between light and radar.

    No number of one image can be compared with one of the other: each is mapped by its own rules
    (`map_water`, `map_radar_water`), and the maps are compared.  New water is water after that was
    not surely water before, in a region that is somewhere wider than the maps may lie apart.

    The maps vouch for each other where both dates have water: where neither shows a fifth of the
    other's, one of them took something else for water, and nothing is answered.

    Parameters
    ----------
    pair : Pair
        One date optical, one radar.
    slope_deg : ndarray or None
        float32, (row, col), degrees: steep ground does not become water; NaN where not known.

    Raises
    ------
    Refusal
        One of the images cannot tell water, or the two maps disagree.

    Notes
    -----
    Cannot see: water under plants, in radar also roughened by wind or between houses, in light also
    under cloud; anything nowhere five pixels wide.  Takes for a flood what only the later sensor
    takes for water: dry sand, smooth tarmac, wet snow and shadow in radar; dark roofs, asphalt and
    the shadow of clouds and slopes in light.  Takes for the end of a flood what only the earlier
    one does, and water that wind roughens before a later radar.
    """
    light_first = not pair.before.nature.radar
    light, radar = (pair.before, pair.after) if light_first else (pair.after, pair.before)
    in_light = map_water(light, slope_deg=slope_deg)
    in_radar = map_radar_water(radar, slope_deg=slope_deg)
    if not in_radar.seen.any():
        raise Refusal(Code.ONLY_SPECKLE, which="after" if light_first else "before")
    seen = pair.usable & in_light.seen & in_radar.seen
    if not seen.any():
        raise Refusal(Code.WATER_UNTOLD, bands=light.bands, quantity=light.quantity)
    before, after = (in_light, in_radar) if light_first else (in_radar, in_light)
    measured = qualified(before.measured, "before") | qualified(after.measured, "after")
    shares = _in_common(before.is_water & seen, after.is_water & seen)
    caveats: tuple[Note, ...] = (
        () if shares else (note(Code.WATER_MAPS_UNCHECKED, least_px=LEAST_CORE_PX),)
    )
    if shares:
        measured[Measure.WATER_IN_COMMON_FRACTION] = max(shares)
        if max(shares) < LEAST_IN_COMMON_FRACTION:
            raise Refusal(
                Code.WATER_MAPS_DISAGREE, before_fraction=shares[0], after_fraction=shares[1],
                least_fraction=LEAST_IN_COMMON_FRACTION,
            )  # fmt: skip
    if not (light.nature.calibrated or in_light.parted):
        caveats += (note(Code.WATER_NOT_PARTED),)
    level = seen if slope_deg is None else seen & ~(slope_deg > RADAR_CONSTANTS.steepest_deg)
    return WaterChange(
        gained=_new(before, after, level),
        lost=_new(after, before, level),
        gained_strength=_evidence(before, after),
        lost_strength=_evidence(after, before),
        seen=seen,
        measured=measured,
        caveats=caveats,
    )


_Map = Water | RadarWater


def _new(first: _Map, second: _Map, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Water of the second map that the first has not, but for what may be a rim misplaced."""
    from scipy import ndimage

    sure = first.is_deep if isinstance(first, Water) else first.is_water & (first.strength >= SURE)
    new = second.is_water & ~sure & where
    core = ndimage.binary_erosion(new, np.ones((LEAST_WIDTH_PX, LEAST_WIDTH_PX)))
    labels, count = ndimage.label(new, np.ones((3, 3)))
    kept = np.zeros(count + 1, bool)
    kept[labels[core]] = True
    return kept[labels]


def _evidence(first: _Map, second: _Map) -> NDArray[np.float32]:
    """Return the weaker of the evidence for water on the second date and for none on the first."""
    dry = 1 + np.maximum(SURE - first.strength, 0)
    return np.minimum(second.strength, dry).astype(np.float32)


def _in_common(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Return the shares of each map's water, rims left out, that lie in or near the other's.

    None where one of them has too little water.
    """
    from scipy import ndimage

    reach = 2 * int(EDGE_PX) + 1
    cores = [ndimage.binary_erosion(wet, np.ones((3, 3))) for wet in (first, second)]
    if min(core.sum() for core in cores) < LEAST_CORE_PX:
        return None
    near = [ndimage.binary_dilation(wet, np.ones((reach, reach))) for wet in (second, first)]
    before, after = (float(wet[core].mean()) for core, wet in zip(cores, near, strict=True))
    return before, after
