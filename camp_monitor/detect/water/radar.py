"""Where open water is in one radar image: dark, because it throws the wave away from the radar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
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
LAND_FROM = 0.65
"""Land is no darker than this part of what is brightest, in amplitude."""
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
    land_part : float
        8-bit amplitudes: water is darker than this part of the scene's own land.
    least_px : int
        Smaller water is speckle; 1 keeps all.
    steepest_deg : float
        No water lies on a steeper slope.
    """

    vh_db: float = -22.0
    vv_db: float = -15.0
    land_part: float = 0.65
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
    strength : ndarray
        float32, (row, col): evidence for water in units of the threshold; 1 is just enough.
    level : ndarray
        float32, (row, col): what was compared with `border`, speckle averaged: decibels, or
        amplitude by the scene's land; NaN where nothing was seen.
    border : float
        Water is darker than this `level`.
    noise_fraction : float
        Speckle left in `level`, standard deviation by the level itself; 0 where not asked for.
    measured : dict
        For the record, as in `Detection`.
    """

    is_water: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    strength: NDArray[np.float32]
    level: NDArray[np.float32]
    border: float
    noise_fraction: float
    measured: dict[str, float]


def map_radar_water(
    image: Image,
    constants: RadarWaterConstants = CONSTANTS,
    slope_deg: NDArray[np.float32] | None = None,
) -> RadarWater:
    """Say where open water is in one radar image.

    Decibels have physical bounds, and VH decides: VV of water that wind roughens is as bright as
    land, VH is not.  Numbers of 8 bits have no unit and are read against the level of the scene's
    own land, which is found even where most of the scene is water.

    Parameters
    ----------
    image : Image
        In decibels or ``amplitude8``; bands ``vv``, ``vh`` or ``sar`` (not known).
    constants : RadarWaterConstants
    slope_deg : ndarray or None
        float32, (row, col), degrees: radar shadow on steep ground is no water.

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
    noise_fraction = 0.0
    if image.nature.unit is Unit.DECIBEL:
        level, border = _level_db(image, constants)
        strength = np.exp2((border - level) / STEP_DB)
        name = "vh" if "vh" in image.bands else image.bands[0]
        measured: dict[str, float] = {f"{Measure.WATER_BELOW_DB}:{name}": border}
    elif image.nature.unit is Unit.AMPLITUDE:
        level, noise_fraction = _level_by_land(image, constants)
        border = constants.land_part
        strength = np.where(level > 0, border / np.maximum(level, 0.05), 1 / 0.05)
        measured = {Measure.WATER_BELOW: border}
    else:
        raise Refusal(Code.WATER_NEEDS_UNIT, quantity=image.quantity)
    seen = np.isfinite(level)
    with np.errstate(invalid="ignore"):
        wet = seen & (level < border)
    if slope_deg is not None:
        wet &= ~(slope_deg > constants.steepest_deg)
    wet = without_specks(wet, constants.least_px)
    if seen.any():
        measured[Measure.WATER_FRACTION] = float(wet.sum() / seen.sum())
    return RadarWater(
        is_water=wet,
        seen=seen,
        strength=np.nan_to_num(strength).astype(np.float32),
        level=level,
        border=border,
        noise_fraction=noise_fraction,
        measured=measured,
    )


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


def _level_by_land(
    image: Image, constants: RadarWaterConstants
) -> tuple[NDArray[np.float32], float]:
    """Amplitude by that of the scene's land, and the part of it that speckle makes.

    NaN everywhere where nothing but speckle shows.  Co-polarised amplitude decides: after
    stretching, VH of bare ground may be as dark as water.
    """
    name = next(name for name in ("vv", "sar", "vh") if name in image.bands)
    numbers, side_px = image.band(name), SIDE_PX
    amplitude = average(numbers, image.usable)
    values = amplitude[np.isfinite(amplitude)]
    if values.size == 0:
        return amplitude, 0.0
    within = _within(numbers, amplitude)
    noise = float(np.median(np.sqrt(within) / np.maximum(values, 1.0)))
    if noise > MOST_NOISE * SIDE_PX:
        side_px = 2 * int(noise / MOST_NOISE / 2) + 3
        amplitude = average(numbers, image.usable, side_px)
        values = amplitude[np.isfinite(amplitude)]
    bright = float(np.percentile(values, BRIGHT_PERCENTILE))
    land = float(np.median(values[values >= LAND_FROM * bright]))
    level = (amplitude / max(land, 1.0)).astype(np.float32)
    with np.errstate(invalid="ignore"):
        dark = without_specks(level < constants.land_part, constants.least_px)
    if not dark.any() and values.var() <= SPECKLE_ALONE * np.median(within) / SIDE_PX**2:
        return np.full(amplitude.shape, np.nan, np.float32), noise / side_px
    return level, noise / side_px


def _within(numbers: NDArray[np.float32], averaged: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the variance inside the square of each pixel that was averaged, as one list."""
    held = np.isfinite(averaged)
    squared = average(np.where(held, numbers, np.nan) ** 2, held)
    return np.maximum((squared - averaged**2)[held], 0)
