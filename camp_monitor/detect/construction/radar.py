"""Change between two radar images: of either direction, or by construction.

Speckle multiplies, so two dates are compared by their ratio, in decibels; what a ratio of speckle
alone would give is measured on the pair itself, because its two images may hold different numbers
of looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.construction.clutter import Clutter
from camp_monitor.detect.construction.method import METHOD as CONSTRUCTION_METHOD
from camp_monitor.detect.construction.radar_ratio import (
    DB_OF_NUMBER,
    check_unit,
    commonest,
    decibel_ratio,
    is_like_decibels,
    mean_around,
    spread_of,
)
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.water.radar import RadarWaterConstants, map_radar_water
from camp_monitor.errors import Refusal
from camp_monitor.notes import note, qualified
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.sensors import Unit

CHANGE_METHOD = "radar_change/3"
WAY = "radar"

SIDE_PX = 3
"""Side of the square over which a pixel's power is averaged before two dates are compared."""
AROUND_PX = 9
"""Side of the square whose median a pixel is held against when noise is measured."""
ITERATIONS = 40
"""Of the smoothing, which has settled by then."""
CLUTTER_PX = 6.0
"""Reach over which the kind of ground is told."""
LEAST_CLUTTER_DB = 0.05
"""Usual change and its spread are not taken for less: numbers are rounded."""
LEAST_SPREAD_DB = 0.2
"""Two images of one date differ by less than this; a smaller spread is rounding."""
DARK_FRACTION = 0.1
"""See `RadarChangeConstants`."""
BANK_PX = 2
BODIES = RadarWaterConstants(vv_db=-18.0, least_px=100)
"""Bodies of water: a road or a car park is as dark in VV as a pond, and may be a building site."""
COARSEST_M = 40.0
"""Coarser pixels than this show no building site."""


@dataclass(frozen=True)
class RadarChangeConstants:
    """What the two-sided detector rests on.

    Parameters
    ----------
    dark_fraction : float
        Share of bright ground's amplitude that is added to both dates of uncalibrated numbers, so
        that a ratio of two nearly black pixels says nothing.  0 leaves the ratio as it is.
    smoothing : float
        Weight of the total variation, in spreads of the ratio: flat areas are joined, edges kept.
        0 leaves the speckle.
    spreads : float
        A change is as many spreads of the smoothed ratio.  0 leaves Otsu's threshold alone.
    least_noise_spreads : float
        And as many of the noise before smoothing.
    least_db : float
        And as many decibels.
    """

    dark_fraction: float = DARK_FRACTION
    smoothing: float = 2.0
    spreads: float = 3.0
    least_noise_spreads: float = 1.5
    least_db: float = 2.0


@dataclass(frozen=True)
class RadarConstructionConstants:
    """What the detector of building sites rests on.

    Parameters
    ----------
    most_db : float
        A pixel counts for no more change than this: one bright corner is no building site.
    scales : tuple of (float, float)
        Of each scale a distance over which a *field*, or the weather, changes alike and is taken
        off, and one like that of a *site*, over which what is left is averaged, both in metres.
    spreads : float
        The change stands out from what is usual on its kind of ground by as many spreads, on the
        mean over the scales ...
    times : float
        ... and is at least as many times what is usual: pure speckle never is.
    least_db : float
        And as many decibels: resampling changes less.
    """

    most_db: float = 6.0
    scales: tuple[tuple[float, float], ...] = ((100.0, 40.0), (200.0, 60.0))
    spreads: float = 2.6
    times: float = 1.5
    least_db: float = 1.5


CHANGE_CONSTANTS = RadarChangeConstants()
CONSTRUCTION_CONSTANTS = RadarConstructionConstants()


def detect_radar_change(
    pair: Pair, constants: RadarChangeConstants = CHANGE_CONSTANTS
) -> Detection:
    """Find ground whose radar backscatter rose or fell, for any cause.

    The ratio of the two dates, in decibels, is smoothed with its edges kept, and compared with the
    spread that it has on most of the scene's ground; up to nearly half may have changed.  The two
    dates may hold different numbers of looks; uncalibrated amplitudes are brought to one gain.

    Parameters
    ----------
    pair : Pair
        Radar, in decibels or ``amplitude8``; any polarisation, the bands taken together.
    constants : RadarChangeConstants

    Returns
    -------
    Detection
        Kind ``other``, brighter and darker ground alike.

    Raises
    ------
    Refusal
        Not radar, or an unknown quantity.

    Notes
    -----
    Cannot see: change under about five pixels, or of less than `least_db`.  Where most of the
    scene changed alike by a few decibels, the smaller part is taken for the change.

    References
    ----------
    .. [1] Rignot and van Zyl (1993), doi:10.1109/36.239913 (why a ratio)
    .. [2] Chambolle (2004), doi:10.1023/B:JMIV.0000011325.36760.1e (total variation)
    .. [3] Otsu (1979), doi:10.1109/TSMC.1979.4310076
    """
    check_unit(pair)
    seen = pair.usable & np.isfinite(pair.before.pixels + pair.after.pixels).all(axis=0)
    evidence = np.zeros(seen.shape, np.float32)
    measured: dict[str, float] = {}
    for name in pair.bands:
        ratio_db = decibel_ratio(pair, name, seen, constants.dark_fraction, SIDE_PX)
        share, from_db, usual_db = _two_sided(ratio_db, seen, constants)
        evidence = np.maximum(evidence, share)
        measured |= qualified(
            {Measure.CHANGE_FROM_DB: from_db, Measure.USUAL_CHANGE_DB: usual_db}, name
        )
    change = Change(
        kind="other",
        changed=_with_core((evidence > 1) & seen),
        strength=evidence,
        edge_px=1.0,
        least_px=20,
        caveats=(note(Code.RADAR_TWO_SIDED),),
        way=WAY,
    )
    return Detection(CHANGE_METHOD, (change,), seen, measured)


def _with_core(changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep regions that are three pixels wide somewhere: a thinner one may be an edge misplaced."""
    from scipy import ndimage

    labels, _ = ndimage.label(changed, np.ones((3, 3)))
    cores = np.unique(labels[ndimage.binary_erosion(changed, np.ones((3, 3)))])
    return np.isin(labels, cores[cores > 0])


def _two_sided(
    ratio_db: NDArray[np.float32], seen: NDArray[np.bool_], constants: RadarChangeConstants
) -> tuple[NDArray[np.float32], float, float]:
    """Size of the smoothed ratio by its threshold, that threshold, and the noise, decibels.

    The noise is what a pixel differs by from its surroundings: change does not enter it.
    """
    from scipy import ndimage
    from skimage.filters import threshold_otsu
    from skimage.restoration import denoise_tv_chambolle

    own_db = ratio_db - ndimage.median_filter(ratio_db, AROUND_PX)
    noise_db = max(spread_of(own_db[seen]), LEAST_SPREAD_DB)
    spread_db = max(spread_of(ratio_db[seen]), noise_db)
    smooth_db = ratio_db
    if constants.smoothing > 0:
        smooth_db = spread_db * denoise_tv_chambolle(
            ratio_db / spread_db, weight=constants.smoothing, eps=0, max_num_iter=ITERATIONS
        )
    middle_db, usual_db = commonest(smooth_db[seen])
    size_db = np.abs(smooth_db - middle_db)
    values = size_db[seen]
    parted = float(threshold_otsu(values)) if values.size and np.ptp(values) > 0 else 0.0
    threshold_db = max(
        parted,
        constants.spreads * usual_db,
        constants.least_noise_spreads * noise_db,
        constants.least_db,
    )
    share = np.where(seen, size_db / threshold_db, 0).astype(np.float32)
    return share, threshold_db, noise_db


def detect_radar_construction(
    pair: Pair, constants: RadarConstructionConstants = CONSTRUCTION_CONSTANTS
) -> Detection:
    """Find building sites: ground that brightened and darkened side by side.

    The change of each pixel, less what its field did as a whole, is taken without its sign and
    *then* averaged: new walls shine beside new smooth ground and shadow, and their mean is nothing.
    It is held against what is usual on ground as bright and as rough (`Clutter`), at
    several scales, whose evidence is added.

    Parameters
    ----------
    pair : Pair
        Radar, in decibels or ``amplitude8``.
    constants : RadarConstructionConstants

    Returns
    -------
    Detection
        Kind ``construction``; demolition looks the same.

    Raises
    ------
    Refusal
        Not radar, an unknown quantity, or pixels above `COARSEST_M`.

    Notes
    -----
    Cannot see: a building smaller than about a third of a site in surroundings that stay, roofs
    in radar shadow, flat ground works that do not roughen, and works on more than half of all
    ground of one kind.  Where water came or went, or wind roughened it, nothing is seen.  The fewer
    looks the two dates have, the more speckle they hold; means over several dates on either side
    see more.

    References
    ----------
    .. [1] Hafner et al. (2022), doi:10.1109/LGRS.2021.3119856 (new built-up ground in Sentinel-1)
    """
    check_unit(pair)
    if pair.pixel_m > COARSEST_M:
        raise Refusal(Code.RADAR_SITES_NEED_FINE_PIXELS, pixel_m=pair.pixel_m, most_m=COARSEST_M)
    seen = pair.usable & np.isfinite(pair.before.pixels + pair.after.pixels).all(axis=0)
    ground = seen & ~_unsteady_water(pair)
    looks = [look for name in pair.bands for look in _standing_out(pair, name, ground, constants)]
    stands_out, times, size_db, usual_db = np.asarray(np.mean(looks, axis=0), np.float32)
    evidence = np.minimum(
        np.minimum(stands_out / constants.spreads, times / constants.times),
        size_db / constants.least_db,
    )
    usual_site_m = float(np.mean([site_m for _, site_m in constants.scales]))
    site_px = max(usual_site_m / pair.pixel_m, 3.0)
    change = Change(
        kind="construction",
        changed=(evidence > 1) & ground,
        strength=np.where(ground, np.maximum(evidence, 0), 0).astype(np.float32),
        edge_px=site_px / 2,
        least_px=round(site_px**2),
        caveats=(note(Code.RADAR_SITES),),
        way=WAY,
    )
    usual = float(np.median(usual_db[ground])) if ground.any() else 0.0
    measured: dict[str, float] = {
        Measure.CHANGE_FROM_DB: max(constants.times * usual, constants.least_db),
        Measure.USUAL_CHANGE_DB: usual,
    }
    return Detection(
        CONSTRUCTION_METHOD, (change,), ground, measured, unseen=Code.AT_WATER_IN_RADAR
    )


def _standing_out(
    pair: Pair, name: str, ground: NDArray[np.bool_], constants: RadarConstructionConstants
) -> list[NDArray[np.float32]]:
    """Return how far the change of one band stands out, for each scale.

    (4, row, col) each: in spreads and in times of what is usual on that kind of ground; the change
    itself and what is usual, decibels.
    """
    whole_db = decibel_ratio(pair, name, ground, DARK_FRACTION, side_px=1)
    numbers = pair.before.band(name)
    if is_like_decibels(pair, name):
        numbers = DB_OF_NUMBER * numbers
    elif pair.nature.unit is Unit.AMPLITUDE:
        numbers = 20 * np.log10(np.maximum(numbers, 1))
    brightness_db, square = mean_around(np.stack([numbers, numbers**2]), ground, CLUTTER_PX)
    roughness_db = np.sqrt(np.maximum(square - brightness_db**2, 0))
    clutter = Clutter(brightness_db, roughness_db, ground)
    scales = []
    for field_m, site_m in constants.scales:
        change_db = whole_db - mean_around(whole_db, ground, max(field_m / pair.pixel_m, 5.0))
        size = np.minimum(np.abs(change_db), constants.most_db)
        size_db = mean_around(size, ground, max(site_m / pair.pixel_m, 3.0))
        usual_db, spread_db = clutter.usual(size_db)
        stands_out = (size_db - usual_db) / np.maximum(spread_db, LEAST_CLUTTER_DB)
        times = size_db / np.maximum(usual_db, LEAST_CLUTTER_DB)
        scales.append(np.stack([stands_out, times, size_db, usual_db]).astype(np.float32))
    return scales


def _unsteady_water(pair: Pair) -> NDArray[np.bool_]:
    """Tell what is dark as open water on one date alone, and its banks.

    Water came, went, or was roughened by wind.  What is as dark on both dates may be dry sand, and
    a building shows there.
    """
    from scipy import ndimage

    before, after = (map_radar_water(image, BODIES) for image in (pair.before, pair.after))
    return ndimage.binary_dilation(before.is_water ^ after.is_water, iterations=BANK_PX)
