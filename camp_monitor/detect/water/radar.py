"""Where open water is in one radar image: dark, because it throws the wave away from the radar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.water.speckle import (
    Speckle,
    is_multiplicative,
    measure_speckle,
    pooled_slope,
)
from camp_monitor.errors import Refusal
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sensors import Unit

SIDE_PX = 5
"""Side of the square over which speckle is averaged."""
FLOOR_DB = -40.0
"""Darker than this is the receiver's own noise."""
GAMMA_ABOVE_SIGMA_DB = 1.1
"""Gamma nought is sigma nought by the cosine of the angle of incidence: 39 degrees here."""
STEP_DB = 3.0
"""A pixel this much below the border is water twice as surely."""
BRIGHT_PERCENTILE = 95.0
"""As much of a scene may be water, and its land is still found."""
DARKEST_PERCENTILE = 0.5
LAND_FROM = 0.65
"""Land is no darker than this part of what is brightest: in amplitude, or of the scene's range."""
MOST_NOISE = 0.08
"""An average that keeps more speckle than this, by its level, is taken over a larger square."""
SPECKLE_ALONE = 10.0
"""Means over squares that vary by no more than this many times what independent speckle leaves
(neighbours share some of theirs) show nothing but speckle."""


@dataclass(frozen=True)
class RadarWaterConstants:
    """What radar water rests on.

    Parameters
    ----------
    vh_db, vv_db : float
        Water is darker than this in sigma nought, decibels; in VV only where there is no VH.
    growing_db : float
        VH: water grows over pixels that touch it and are brighter than its border by less.
    land_part : float
        8-bit amplitudes: water is darker than this part of the scene's own land.
    deviations : float
        8-bit numbers on a scale like decibels: water lies below the land by so many standard
        deviations of one pixel's speckle, the only gauge of such a scale, and by
    range_part : float
        this part of the range from the land to the darkest of the scene.
    least_px : int
        Smaller water is speckle; 1 keeps all.
    steepest_deg : float
        No water lies on a steeper slope.
    """

    vh_db: float = -22.0
    vv_db: float = -15.0
    growing_db: float = 1.5
    land_part: float = 0.65
    deviations: float = 6.5
    range_part: float = 0.23
    least_px: int = 20
    steepest_deg: float = 10.0


CONSTANTS = RadarWaterConstants()


@dataclass(frozen=True, eq=False)
class RadarWater:
    """Open water in one radar image.

    Parameters
    ----------
    is_water : ndarray of bool
        (row, col).
    seen : ndarray of bool
        (row, col); False everywhere where the image cannot tell.
    allowed : ndarray of bool
        (row, col); False on ground that is too steep for water.
    strength : ndarray
        float32, (row, col): evidence for water in units of the threshold; 1 is just enough.
    level : ndarray
        float32, (row, col): what was compared with `border`, speckle averaged: decibels, or for
        numbers of 8 bits how far above the scene's land, in units of the least depth of water
        below it; NaN where nothing was seen.
    border : float
        Water is darker than this `level`.
    measured : dict
        For the record, as in `Detection`.
    """

    is_water: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    strength: NDArray[np.float32]
    level: NDArray[np.float32]
    border: float
    measured: dict[str, float]


def map_radar_water(
    image: Image,
    constants: RadarWaterConstants = CONSTANTS,
    slope_deg: NDArray[np.float32] | None = None,
    speckles: tuple[Speckle, ...] = (),
) -> RadarWater:
    """Say where open water is in one radar image.

    Decibels have physical bounds, and VH decides: VV of water that wind roughens is as bright as
    land, VH is not.  From where it is dark enough, water grows over what is nearly as dark and
    touches it: reeds and wind lift part of a water body.

    Numbers of 8 bits have no unit: their speckle tells whether they are amplitudes or lie on a
    scale like decibels, of unknown gain and offset.  They are read against the level of the
    scene's own land, which is found even where most of the scene is water.

    Parameters
    ----------
    image : Image
        In decibels or ``amplitude8``; bands ``vv``, ``vh`` or ``sar`` (not known).
    constants : RadarWaterConstants
    slope_deg : ndarray or None
        float32, (row, col), degrees: radar shadow on steep ground is no water.
    speckles : tuple of Speckle
        8-bit numbers: that of this image and of others written in the same way.  None: a date
        that is looked at alone, whose water is darker than a part of its land on either scale.

    Returns
    -------
    RadarWater

    Raises
    ------
    Refusal
        Another quantity.

    Notes
    -----
    Cannot see: water under trees or between houses, or narrower than about three pixels; without
    VH, water that wind roughens.  Takes for water: dry sand, smooth tarmac, wet snow, radar shadow.

    References
    ----------
    .. [1] Twele et al. (2016), doi:10.1080/01431161.2016.1192304
    .. [2] Bonafilia et al. (2020), doi:10.1109/CVPRW50498.2020.00113 (thresholds, and how far a
       fixed one carries)
    """
    level, border, strength, measured = _read_levels(image, constants, speckles)
    seen = np.isfinite(level)
    with np.errstate(invalid="ignore"):
        wet = seen & (level < border)
    allowed = np.ones(seen.shape, bool)
    if slope_deg is not None:
        allowed = ~(slope_deg > constants.steepest_deg)
    wet &= allowed
    wet = without_specks(wet, constants.least_px)
    if image.nature.unit is Unit.DECIBEL and "vh" in image.bands:
        with np.errstate(invalid="ignore"):
            wet = _grown(wet, seen & allowed & (level < border + constants.growing_db))
        strength = np.where(wet, np.maximum(strength, 1), strength)
    if seen.any():
        measured[Measure.WATER_FRACTION] = float(wet.sum() / seen.sum())
    return RadarWater(
        is_water=wet,
        seen=seen,
        allowed=allowed,
        strength=np.nan_to_num(strength).astype(np.float32),
        level=level,
        border=border,
        measured=measured,
    )


def _read_levels(
    image: Image, constants: RadarWaterConstants, speckles: tuple[Speckle, ...]
) -> tuple[NDArray[np.float32], float, NDArray[np.float32], dict[str, float]]:
    """Return what decides over water, its border, the evidence, and what was measured."""
    if image.nature.unit is Unit.DECIBEL:
        level, border = _level_db(image, constants)
        name = "vh" if "vh" in image.bands else image.bands[0]
        measured: dict[str, float] = {f"{Measure.WATER_BELOW_DB}:{name}": border}
        return level, border, np.exp2((border - level) / STEP_DB), measured
    if image.nature.unit is not Unit.AMPLITUDE:
        raise Refusal(Code.WATER_NEEDS_UNIT, quantity=image.quantity)
    # of one date alone the deeper border: no fall since another date stands beside it
    multiplicative = not speckles or is_multiplicative(speckles)
    speckles = speckles or (measure_speckle(image, deciding_band(image)),)
    level, depth = _level_by_land(image, speckles[0], multiplicative, constants)
    measured = {Measure.WATER_BELOW: constants.land_part}
    if not multiplicative:
        measured = {Measure.WATER_DEPTH: depth}
    if np.isfinite(slope := pooled_slope(speckles)):
        measured[Measure.SPECKLE_SLOPE] = slope
    return level, -1.0, np.exp2(-1.0 - level), measured


def average(
    numbers: NDArray[np.float32], usable: NDArray[np.bool_], side_px: int = SIDE_PX
) -> NDArray[np.float32]:
    """Average over a square of what is usable; NaN where the pixel itself is not.

    Decibels are averaged as they are: one bright ship then weighs no more than one dark pixel.
    """
    from scipy import ndimage

    held = usable & np.isfinite(numbers)
    total = ndimage.uniform_filter(np.where(held, numbers, 0).astype(np.float32), side_px)
    share = ndimage.uniform_filter(held.astype(np.float32), side_px)
    return np.where(held, total / np.maximum(share, 1e-6), np.nan).astype(np.float32)


def without_specks(where: NDArray[np.bool_], least_px: int) -> NDArray[np.bool_]:
    """Drop regions of fewer pixels than `least_px`; pixels that touch at a corner are one."""
    from scipy import ndimage

    labels, _ = ndimage.label(where, np.ones((3, 3)))
    large = np.bincount(labels.ravel()) >= least_px
    large[0] = False
    return large[labels]


def _grown(core: NDArray[np.bool_], within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Grow regions over all that touches them (hysteresis)."""
    from scipy import ndimage

    labels, count = ndimage.label(within | core, np.ones((3, 3)))
    reached = np.zeros(count + 1, bool)
    reached[labels[core]] = True
    return reached[labels]


def _level_db(image: Image, constants: RadarWaterConstants) -> tuple[NDArray[np.float32], float]:
    """Backscatter that decides, decibels of sigma nought, and its border."""
    above = GAMMA_ABOVE_SIGMA_DB if image.quantity.startswith("gamma0") else 0.0
    name, border = ("vh", constants.vh_db) if "vh" in image.bands else ("vv", constants.vv_db)
    if name not in image.bands:
        name = image.bands[0]
    return _steady_db(image, name) - np.float32(above), border


def _steady_db(image: Image, name: str) -> NDArray[np.float32]:
    """Decibels with speckle averaged, as bright on the whole as the mean of the power.

    A mean of decibels is steadier, but lies below that of the power by an amount that hangs on the
    number of looks; it is measured on the scene.
    """
    numbers = np.maximum(image.band(name), FLOOR_DB)
    steady = average(numbers, image.usable)
    held = np.isfinite(steady)
    power = average(np.power(10, numbers / 10), image.usable)
    gap = float(np.median(10 * np.log10(power[held]) - steady[held])) if held.any() else 0.0
    return steady + np.float32(gap)


def deciding_band(image: Image) -> str:
    """Return the band of 8-bit numbers that decides.

    After stretching, VH of bare ground may be as dark as water.
    """
    return next(name for name in ("vv", "sar", "vh") if name in image.bands)


def _level_by_land(
    image: Image, speckle: Speckle, multiplicative: bool, constants: RadarWaterConstants
) -> tuple[NDArray[np.float32], float]:
    """How far above the scene's land, in units of the least depth of water below it; that depth.

    NaN everywhere where nothing but speckle shows.
    """
    numbers, side_px = image.band(deciding_band(image)), SIDE_PX
    steady = average(numbers, image.usable)
    # the largest number is where all that is brighter was cut off, or fills what was not seen
    largest = np.max(numbers, initial=0, where=np.isfinite(steady))
    whole = np.isfinite(steady) & (numbers < largest)
    values = steady[whole]
    if values.size == 0:
        return np.full(steady.shape, np.nan, np.float32), 1.0
    within = _within(numbers, np.where(whole, steady, np.nan))
    noise = float(np.median(np.sqrt(within) / np.maximum(values, 1.0)))
    if multiplicative and noise > MOST_NOISE * SIDE_PX:
        side_px = 2 * int(noise / MOST_NOISE / 2) + 3
        steady = average(numbers, image.usable, side_px)
        values = steady[whole]
    only_speckle = values.var() <= SPECKLE_ALONE * np.median(within) / SIDE_PX**2
    darkest = float(np.percentile(values, DARKEST_PERCENTILE))
    bright = float(np.percentile(values, BRIGHT_PERCENTILE))
    if multiplicative:
        land = float(np.median(values[values >= LAND_FROM * bright]))
        depth = max(land, 1.0) * (1 - constants.land_part)
    else:
        land = float(np.median(values[values >= darkest + LAND_FROM * (bright - darkest)]))
        depth = max(
            constants.deviations * speckle.deviation, constants.range_part * (land - darkest), 1.0
        )
    level = ((steady - land) / depth).astype(np.float32)
    with np.errstate(invalid="ignore"):
        dark = without_specks(level < -1, constants.least_px)
    if only_speckle and not dark.any():
        return np.full(level.shape, np.nan, np.float32), depth
    return level, depth


def _within(numbers: NDArray[np.float32], averaged: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the variance inside the square of each pixel that was averaged, as one list."""
    held = np.isfinite(averaged)
    squared = average(np.where(held, numbers, np.nan) ** 2, held)
    return np.maximum((squared - averaged**2)[held], 0)
