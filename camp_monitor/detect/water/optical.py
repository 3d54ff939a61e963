"""Where open water is in one optical image: darker in infrared than in visible light."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.indices import visible_excess
from camp_monitor.detect.water.cloudiness import thick_cloud
from camp_monitor.detect.water.smoothing import smoothed, smoothed_bands
from camp_monitor.errors import Refusal
from camp_monitor.scenes.blocks import told_by
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.morphology import dilated
from camp_monitor.scenes.sensors import Unit, is_sar
from camp_monitor.scenes.statistics import Statistics, settled

VISIBLE, INFRARED = ("green", "red"), ("nir", "swir1")
"""Blue is left out: haze is brightest there."""
SPAN = 0.25
"""Rise of the index above its border that doubles the evidence."""
LEAST_LEVEL, HIGHEST_LEVEL = 0.06, 0.6
"""Infrared reflectance of bright ground lies between these, whatever the scene."""
HAZE = {"green": 0.58, "red": 0.31, "nir": 0.10}
"""Part of the haze in blue that is left in longer waves: the fourth power of the wavelength's ratio
to 490 nm, as for Rayleigh scattering."""
CLEAR_BLUE, HAZIEST_BLUE = 0.02, 0.08
"""The darkest ground reflects this much blue; haze adds at most so much to it."""
UNCALIBRATED_PERCENTILE = 99.0
"""Where numbers are not calibrated, each band is measured against its own bright ground."""
VISIBLE_SHARE = 0.45
"""Bright ground reflects this part of its infrared in green and red."""
DARK_SHARE = 0.4
"""Nothing is water that reflects more infrared than this part of what bright ground does."""
BANK_PX = 2
"""Pixels this near to open water are water and ground mixed."""
VALLEY_BETWEEN = (-0.35, 0.10)
"""Where numbers are not calibrated, the valley between land and water lies here."""
FEATURELESS, FEATURE_PX = 0.9, 3.0
"""Infrared, smoothed by so many pixels, whose middle lies above this part of its bright end shows
one smooth surface."""
SMALL_SCENE_PX = 100
"""Fewer usable pixels than this have no usual land."""


@dataclass(frozen=True)
class WaterConstants:
    """What optical water rests on; each but `border` has a value that turns its rule off.

    Parameters
    ----------
    border : float
        Water's index is above this.
    land_percentile : float
        Bright ground of a calibrated scene: this percentile of its infrared reflectance.
    haze_removed : float
        Part of the haze, seen in blue, that is taken off; 0: none.
    smoothing_px : float
        Standard deviation of the Gaussian that takes noise off each band, pixels; 0: none.
    brightest : float
        Reflectance in the longest infrared band from which nothing is water; 1: no such bound.
        Sediment brightens near infrared, hardly short-wave infrared.
    deep_below : float
        Water darker than this in that band is plain open water; brighter may be wet ground.
    least_valley_depth : float
        Of uncalibrated numbers: a valley of the index at least this deep is the border; 1: none.
    steepest_deg : float
        No water lies on a steeper slope; 90: everywhere.
    """

    border: float = -0.09
    land_percentile: float = 95.0
    haze_removed: float = 1.0
    smoothing_px: float = 0.5
    brightest: float = 0.20
    deep_below: float = 0.12
    least_valley_depth: float = 0.5
    steepest_deg: float = 20.0


CONSTANTS = WaterConstants()


@dataclass(frozen=True, eq=False)
class Water:
    """Water in one image.

    Parameters
    ----------
    is_water : ndarray of bool
        (row, col); False where not seen.
    is_deep : ndarray of bool
        (row, col); the part of it that is plain open water, not wet ground or a shallow; all of it
        where numbers are not calibrated.
    seen : ndarray of bool
        (row, col); False where unusable, under thick cloud, or everywhere if the scene cannot tell.
    index : ndarray
        float32, (row, col): visible less infrared light, in units of the infrared of this scene's
        bright ground; NaN where unusable.
    infrared : ndarray
        float32, (row, col): light in the longest infrared band, reflectance or in units of the
        scene's bright ground where numbers are not calibrated; NaN where unusable.
    bright : float
        What bright ground reflects, in units of `infrared`.
    strength : ndarray
        float32, (row, col): 1 at the border, 2 where the index is `SPAN` above it, 0 well below.
    border : float
        Index from which on there is water.
    parted : bool
        Whether the border is a valley between two populations of this scene.
    measured : dict
        For the record, as in `Detection`.
    """

    is_water: NDArray[np.bool_]
    is_deep: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    index: NDArray[np.float32]
    infrared: NDArray[np.float32]
    bright: float
    strength: NDArray[np.float32]
    border: float
    parted: bool
    measured: dict[str, float]


def tells_water(bands: tuple[str, ...]) -> bool:
    """Whether these bands hold visible and infrared light, as `map_water` needs."""
    return not is_sar(bands) and bool({*VISIBLE} & {*bands}) and bool({*INFRARED} & {*bands})


def map_water(
    image: Image,
    constants: WaterConstants = CONSTANTS,
    slope_deg: NDArray[np.float32] | None = None,
) -> Water:
    """Say where open water is in one image.

    Water swallows infrared light, and everything else reflects more of it than of visible light.
    The index is the mean of green and red less the mean of near and short-wave infrared, divided
    by the infrared of this scene's bright ground: low sun and thin haze leave it nearly as it is.

    Reflectance: haze is taken off by the darkest blue (dark-object subtraction), the border is a
    constant, and what is bright in infrared is no water.  Other numbers: each band is divided by
    its own bright ground, so that its gain has no part in the answer; a clear valley between two
    populations of the index replaces the constant, and a scene of one smooth surface is not seen.

    Parameters
    ----------
    image : Image
        Optical, with a visible band (green, red) and an infrared one (nir, swir1).
    constants : WaterConstants
    slope_deg : ndarray or None
        float32, (row, col), degrees.

    Raises
    ------
    Refusal
        The bands do not tell water.

    Notes
    -----
    Cannot see: water under plants, or narrower than about two pixels.  Takes for water: deep shadow
    on dark ground, dark asphalt and roofs where there is no short-wave infrared, snow in the shade.

    References
    ----------
    .. [1] McFeeters (1996), doi:10.1080/01431169608948714
    .. [2] Xu (2006), doi:10.1080/01431160600589179
    .. [3] Chavez (1988), doi:10.1016/0034-4257(88)90019-3 (haze by dark objects)
    """
    if not tells_water(image.bands):
        raise Refusal(Code.WATER_NEEDS_BANDS, bands=image.bands)
    if slope_deg is not None or constants != CONSTANTS:
        return _map_water(image, constants, slope_deg)
    if image not in _MAPPED:
        _MAPPED[image] = _map_water(image, constants, slope_deg)
    return _MAPPED[image]


_MAPPED: WeakKeyDictionary[Image, Water] = WeakKeyDictionary()
"""Construction and flooding ask for the same map of a date: it is kept as long as the image is."""


def _map_water(
    image: Image, constants: WaterConstants, slope_deg: NDArray[np.float32] | None
) -> Water:
    seen = image.usable.copy()
    names = [name for name in ("blue", *VISIBLE, *INFRARED) if name in image.bands]
    smooth = smoothed_bands(image, names, constants.smoothing_px)
    if image.nature.unit is Unit.REFLECTANCE:
        light = _calibrated(smooth, seen, constants, image.statistics)
        valley_at = None
    else:
        light = _uncalibrated(smooth, seen, image.statistics)
        valley_at = settled(
            image.statistics,
            "valley",
            lambda: _valley(told_by(light.visible - light.infrared, seen), constants),
        )
    index = visible_excess(light.visible, light.infrared)
    border = constants.border if valley_at is None else valley_at
    possible = light.possible
    if slope_deg is not None:
        possible = possible & ~(slope_deg > constants.steepest_deg)
    if valley_at is None:
        seen &= ~light.hidden
    strength = np.where(possible, np.maximum(1 + (index - border) / SPAN, 0), 0)
    is_water = (index > border) & possible & seen
    return Water(
        is_water=is_water,
        is_deep=_with_banks(is_water & light.deep, is_water),
        seen=seen,
        index=np.where(image.usable, index, np.nan).astype(np.float32),
        infrared=np.where(image.usable, light.longest, np.nan).astype(np.float32),
        bright=light.bright,
        strength=np.where(image.usable, strength, 0).astype(np.float32),
        border=border,
        parted=valley_at is not None,
        measured={
            Measure.WATER_INDEX_FROM: border,
            **{f"{Measure.BRIGHT_GROUND}:{name}": level for name, level in light.levels.items()},
        },
    )


def _with_banks(deep: NDArray[np.bool_], water: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add the pixels along its banks, which are part ground and therefore brighter."""
    return dilated(deep, BANK_PX, diagonal=True) & water


_Band = NDArray[np.float32]
_Where = NDArray[np.bool_]
_Bands = dict[str, _Band]


@dataclass(frozen=True, eq=False)
class _Light:
    """Light of one image, as told for water.

    `visible` and `infrared` are in units of the infrared of bright ground, `levels` is that unit in
    each infrared band, `longest` the longest infrared band and `bright` what bright ground has of
    it; `possible` is where it is dark enough for water, `deep` for plain open water, and `hidden`
    where nothing is seen.
    """

    visible: _Band
    infrared: _Band
    levels: dict[str, float]
    longest: _Band
    bright: float
    possible: _Where
    deep: _Where
    hidden: _Where


def _calibrated(
    bands: _Bands, usable: _Where, constants: WaterConstants, statistics: Statistics | None
) -> _Light:
    """Reflectance: one unit for all bands, haze taken off, hidden under thick cloud."""
    cloud = thick_cloud(bands) & usable
    clear = usable & ~cloud
    haze = settled(statistics, "haze", lambda: _haze(bands, clear) * constants.haze_removed)
    bands = {name: band - np.float32(haze * HAZE.get(name, 0)) for name, band in bands.items()}
    infrared = _mean(bands, INFRARED)
    level = settled(statistics, "level", lambda: _level(infrared, clear, constants))
    present = [name for name in INFRARED if name in bands]
    longest = bands[present[-1]]
    return _Light(
        visible=_mean(bands, VISIBLE) / level,
        infrared=infrared / level,
        levels=dict.fromkeys(present, level),
        longest=longest,
        bright=level,
        possible=longest < constants.brightest,
        deep=longest < constants.deep_below,
        hidden=cloud,
    )


def _level(infrared: _Band, clear: _Where, constants: WaterConstants) -> float:
    """Infrared reflectance of bright ground."""
    if clear.sum() < SMALL_SCENE_PX:
        return LEAST_LEVEL
    bright = np.percentile(told_by(infrared, clear), constants.land_percentile)
    return float(np.clip(bright, LEAST_LEVEL, HIGHEST_LEVEL))


def _haze(bands: _Bands, clear: NDArray[np.bool_]) -> float:
    """Blue light that comes from the air: what the darkest ground has too much; 0 without blue."""
    if "blue" not in bands or clear.sum() < SMALL_SCENE_PX:
        return 0.0
    darkest = float(np.percentile(told_by(bands["blue"], clear), 0.1))
    return float(np.clip(darkest - CLEAR_BLUE, 0, HAZIEST_BLUE))


def _uncalibrated(bands: _Bands, usable: _Where, statistics: Statistics | None) -> _Light:
    """Other numbers: a unit for each band, hidden if all of the scene is one smooth surface.

    Visible light is given the share that it has of the light of bright ground.
    """
    levels = settled(
        statistics,
        "levels",
        lambda: {name: _bright(told_by(bands[name], usable)) for name in bands if name != "blue"},
    )
    own = {name: bands[name] / np.float32(level) for name, level in levels.items()}
    infrared = _mean(own, INFRARED)
    smooth = settled(statistics, "featureless", lambda: _featureless(infrared, usable))
    hidden = np.full(usable.shape, smooth)
    units = {name: levels[name] for name in INFRARED if name in levels}
    longest = own[list(units)[-1]]
    return _Light(
        visible=np.float32(VISIBLE_SHARE) * _mean(own, VISIBLE),
        infrared=infrared,
        levels=units,
        longest=longest,
        bright=1.0,
        possible=longest < DARK_SHARE,
        deep=usable,
        hidden=hidden,
    )


def _featureless(infrared: _Band, usable: _Where) -> bool:
    """Whether one smooth surface fills the scene: water or sand, nobody can tell which."""
    if usable.sum() < SMALL_SCENE_PX:
        return True
    values = told_by(smoothed([infrared], usable, FEATURE_PX)[0], usable)
    return bool(np.median(values) > FEATURELESS * _bright(values))


def _bright(values: _Band) -> float:
    if values.size == 0:
        return 1.0
    return max(float(np.percentile(values, UNCALIBRATED_PERCENTILE)), 1e-6)


def _mean(bands: _Bands, names: tuple[str, ...]) -> NDArray[np.float32]:
    present = [bands[name] for name in names if name in bands]
    return np.mean(present, axis=0, dtype=np.float32)


BINS, RANGE, SMOOTHING_BINS = 160, (-1.2, 0.8), 1.5
LEAST_SHARE = 1e-3
"""A peak of the histogram with less of the scene than this is no population."""
FLOOR = 0.1
"""The floor of a valley reaches up to this part of the lower peak; the border is where the constant
comes nearest to it."""


def _valley(values: NDArray[np.float32], constants: WaterConstants) -> float | None:
    """Find where two populations of index values part, or None.

    Among the valleys of the smoothed histogram that are deep enough, the one that parts the values
    best (Otsu's criterion, doi:10.1109/TSMC.1979.4310076) is taken; a single population has no
    such valley, and Otsu's criterion alone would cut it in two.
    """
    from scipy import ndimage

    if values.size < SMALL_SCENE_PX:
        return None
    counts, edges = np.histogram(np.clip(values, *RANGE), BINS, range=RANGE)
    centres = (edges[1:] + edges[:-1]) / 2
    height = ndimage.gaussian_filter1d(counts.astype(np.float64), SMOOTHING_BINS)
    left = np.maximum.accumulate(height)
    right = np.maximum.accumulate(height[::-1])[::-1]
    lower_peak = np.minimum(left, right)
    depth = 1 - height / np.maximum(lower_peak, 1e-9)
    depth[lower_peak < max(3.0, LEAST_SHARE * values.size)] = 0
    share = np.cumsum(counts) / counts.sum()
    mean = np.cumsum(counts * centres) / counts.sum()
    between = (mean[-1] * share - mean) ** 2 / np.maximum(share * (1 - share), 1e-9)
    lowest = (height <= np.roll(height, 1)) & (height <= np.roll(height, -1))
    inside = (centres >= VALLEY_BETWEEN[0]) & (centres <= VALLEY_BETWEEN[1])
    candidate = inside & lowest & (depth >= constants.least_valley_depth)
    if not candidate.any():
        return None
    best = int(np.argmax(np.where(candidate, between * depth, -1)))
    floor = height <= height[best] + FLOOR * (lower_peak[best] - height[best])
    first = last = best
    while first > 0 and floor[first - 1]:
        first -= 1
    while last < BINS - 1 and floor[last + 1]:
        last += 1
    return float(np.clip(constants.border, centres[first], centres[last]))
