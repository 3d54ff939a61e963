"""What the dark ground of a Sentinel-2 scene says of the 1000 that may lie in its numbers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.notes import Note, note
from camp_monitor.scenes.sensors import OPTICAL_BANDS

SHIFT = 1000
"""What baselines from 04.00 on add to every number; ESA has used no other value so far."""

LEAST_CLEAR_PX = 1000
LEAST_TARGET_PX = 100
"""Fewer clear pixels, or fewer dark targets among them, and nothing is concluded."""
MOST_PX = 1_000_000
"""Of larger windows, evenly spaced pixels are looked at."""
CORRECTION_ERROR = 100
"""Standard deviation of an atmospheric correction's error, 0.01 of reflectance; see
`camp_monitor.scenes.sentinel2_offset.check_offset`."""
BELOW, FAR_BELOW = SHIFT - 3 * CORRECTION_ERROR, SHIFT - 5 * CORRECTION_ERROR
"""Shifted numbers below these would be reflectances below -0.03 and -0.05."""
LEAST_DARK_SHARE = 0.01
MOST_STRAY_SHARE = 0.002
"""Share of clear pixels with two bands that dark: from the first on the numbers are not shifted,
above the second they are not proven shifted either."""
LEAST_CUT_SHARE = 0.05
"""Share of clear pixels cut off at 0 or 1 under bright near infrared: 1000 too much was taken."""
LEAST_GREEN = 2000
"""Near infrared above red, in numbers: only closed plants have that much."""
DARKEST_PERCENT = 5
LEAST_PLANT_LEVEL, LEAST_PLANT_SWIR = SHIFT, SHIFT + 350
"""Darkest closed plants in blue and red, and at 2.2 um, when shifted: reflectance of 0 and 0.035,
less an error; unshifted they lie near 150 to 500 and 400 to 900.  A veil of thin cloud that lifts
the first by 1000 lifts the second by 600."""
MOST_HAZE_SLOPE = 200
"""Blue above red over closed plants: more is haze."""
LEAST_SWIR_RISE, SURE_SWIR_RISE = 250, 400
"""2.2 um above red over closed plants: less is haze or a veil; from the second on, none is left
that could lift dark plants by 1000, whatever the correction's error."""
MOST_BAND_SPREAD, SWIR_RISES = 700, (-600, 1300)
"""Differences between the visible bands, and of 2.2 um above red, that closed plants keep to in any
air; larger ones mean that bands were treated differently, or that snow lies under the trees."""
LEAST_SNOW, LEAST_SNOW_SHARE = 2500, 0.01
"""Green and near infrared both so far above 1.6 um are snow, whatever was added to some bands; and
its share of the clear pixels from which on some may lie under trees as well."""

Pixels = dict[str, NDArray[np.int32]]
"""Numbers of the clear pixels, by band."""
Verdict = tuple[str, bool, Note]
"""``shifted``, ``unshifted``, ``odd`` or ``nothing``; whether beyond doubt; and what was seen."""


def judge(
    numbers: NDArray[np.integer], names: tuple[str, ...], flags: NDArray[np.uint8]
) -> Verdict:
    """Say whether numbers hold the shift, by their dark ground alone.

    Parameters
    ----------
    numbers, names, flags
        As for `camp_monitor.scenes.sentinel2_offset.check_offset`, which says what it looks for and
        what it cannot see.
    """
    pixels = _clear_pixels(numbers, names, flags)
    count = next((band.size for band in pixels.values()), 0)
    if count < LEAST_CLEAR_PX:
        few = note(Code.CLEAR_PIXELS_FEW, clear_px=count, least_px=LEAST_CLEAR_PX)
        return "nothing", False, few
    plants = _plants(pixels)
    odd = _taken_twice(pixels) or _bands_differ(plants)
    if odd is not None and odd.code == Code.SWIR_DISAGREES and _snow_may_do_it(plants, pixels):
        return "nothing", False, note(Code.SNOW_UNDER_TREES)
    if odd is not None:
        return "odd", False, odd
    dark, far = (_share_of_two_below(pixels, level) for level in (BELOW, FAR_BELOW))
    shifted = _shifted_plants(plants)
    if dark >= LEAST_DARK_SHARE and dark * count >= LEAST_TARGET_PX:
        if shifted is not None:
            return "odd", False, note(Code.DARK_GROUND_DISAGREES)
        sure = far >= LEAST_DARK_SHARE and far * count >= LEAST_TARGET_PX
        share, bound = (far, FAR_BELOW) if sure else (dark, BELOW)
        return "unshifted", sure, note(Code.DARK_GROUND_LOW, low_fraction=share, below_dn=bound)
    if shifted is not None and dark <= MOST_STRAY_SHARE:
        return "shifted", shifted[1], note(Code.PLANTS_HIGH, darkest_dn=shifted[0])
    return "nothing", False, note(Code.DARK_GROUND_MISSING)


def _clear_pixels(
    numbers: NDArray[np.integer], names: tuple[str, ...], flags: NDArray[np.uint8]
) -> Pixels:
    step = max(1, math.isqrt(flags.size // MOST_PX))
    seen = numbers[:, ::step, ::step]
    clear = (flags[::step, ::step] == 0) & (seen > 0).any(axis=0)
    return {
        name: seen[position][clear].astype(np.int32)
        for position, name in enumerate(names)
        if name in OPTICAL_BANDS
    }


def _share_of_two_below(pixels: Pixels, level: int) -> float:
    below = sum(((band > 0) & (band < level)).astype(np.int8) for band in pixels.values())
    return float(np.mean(below >= 2))


def _plants(pixels: Pixels) -> Pixels:
    """Clear pixels of closed plants, found by a difference that no offset changes."""
    if not {"red", "nir"} <= set(pixels):
        return {}
    here = pixels["nir"] - pixels["red"] >= LEAST_GREEN
    for band in pixels.values():
        here &= band > 0
    if np.count_nonzero(here) < LEAST_TARGET_PX:
        return {}
    return {name: band[here] for name, band in pixels.items()}


def _shifted_plants(plants: Pixels) -> tuple[float, bool] | None:
    """Return the level of the darkest plants where only shifted numbers lie, and how sure it is."""
    if not {"blue", "red", "swir2"} <= set(plants):
        return None
    slope = float(np.median(plants["blue"] - plants["red"]))
    rise = float(np.median(plants["swir2"] - plants["red"]))
    levels = [float(np.percentile(plants[name], DARKEST_PERCENT)) for name in ("blue", "red")]
    swir = float(np.percentile(plants["swir2"], DARKEST_PERCENT))
    if slope > MOST_HAZE_SLOPE or rise < LEAST_SWIR_RISE:
        return None
    if min(levels) < LEAST_PLANT_LEVEL or swir < LEAST_PLANT_SWIR:
        return None
    return min(levels), rise >= SURE_SWIR_RISE


def _taken_twice(pixels: Pixels) -> Note | None:
    """Say where green and red are cut off under bright near infrared: no ground is so."""
    if not {"green", "red", "nir"} <= set(pixels):
        return None
    cut = (pixels["green"] <= 1) & (pixels["red"] <= 1) & (pixels["nir"] >= SHIFT // 2)
    share = float(np.mean(cut))
    if share < LEAST_CUT_SHARE:
        return None
    return note(Code.BANDS_CUT_OFF, cut_fraction=share)


def _bands_differ(plants: Pixels) -> Note | None:
    """Say where some bands are shifted and others not, as far as plants show it."""
    medians = [
        float(np.median(plants[name])) for name in ("blue", "green", "red") if name in plants
    ]
    rise = float(np.median(plants["swir2"] - plants["red"])) if "swir2" in plants else 0.0
    spread = max(medians, default=0) - min(medians, default=0)
    if spread > MOST_BAND_SPREAD:
        return note(Code.BANDS_DISAGREE)
    if not SWIR_RISES[0] <= rise <= SWIR_RISES[1]:
        return note(Code.SWIR_DISAGREES)
    return None


def _snow_may_do_it(plants: Pixels, pixels: Pixels) -> bool:
    """Tell whether snow under the trees may be what lifts the plants' red above their 2.2 um.

    Snow must be in sight in the open, so bright that no shift of some bands could pass for it.
    """
    if not {"green", "swir1"} <= set(pixels):
        return False
    if np.median(plants["swir2"] - plants["red"]) > SWIR_RISES[1]:
        return False
    above = np.minimum(pixels["green"], pixels["nir"]) - pixels["swir1"]
    return float(np.mean(above >= LEAST_SNOW)) >= LEAST_SNOW_SHARE
