"""New water and lost water: floods within a year, lasting gain and loss beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.water.optical import CONSTANTS as WATER_CONSTANTS
from camp_monitor.detect.water.optical import SPAN, Water, WaterConstants, map_water
from camp_monitor.detect.water.radar import CONSTANTS as RADAR_CONSTANTS
from camp_monitor.detect.water.radar import RadarWater, map_radar_water
from camp_monitor.detect.water.radar_flooding import find_radar_flooding
from camp_monitor.errors import NotComparableError
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sensors import PHYSICAL, is_sar

METHOD = "flooding/3"
FLOOD_WITHIN_DAYS = 366.0
"""Water that came or went within this is a flood or its end; beyond it, a lasting change."""
LEAST_PX = 6
EDGE_PX = 0.8
STEEPEST, USUAL = "Steepest ground that may be water", "Usual water left out"
"""Names of these measurements."""


@dataclass(frozen=True)
class FloodConstants:
    """What a change of optical water rests on.

    Parameters
    ----------
    water : WaterConstants
        Of each date.
    least_fall : float
        Fall of infrared light between the dates, in units of bright ground; below -1: any.
    least_rise : float
        Uncalibrated numbers: rise of the water index from its border; below -2: any.
    """

    water: WaterConstants = WATER_CONSTANTS
    least_fall: float = 0.15
    least_rise: float = 0.15


CONSTANTS = FloodConstants()

SINGLE_PAIR = {
    "flooding": "One pair cannot tell a flood from new water that stays (a pond, a dam): a later "
    "image decides.",
    "flood_recession": "One pair cannot tell the end of a flood from usual low water: an earlier "
    "image decides.",
    "water_gain": "The two dates lie more than a year apart: when the water came, and whether it "
    "came and went between them, is not known.",
    "water_loss": "The two dates lie more than a year apart: when the water went, and whether it "
    "came and went between them, is not known.",
}


def detect_flooding(
    pair: Pair,
    constants: FloodConstants = CONSTANTS,
    slope_deg: NDArray[np.float32] | None = None,
    usual_water: NDArray[np.bool_] | None = None,
) -> Detection:
    """Find ground that became water and water that became ground.

    A pixel is new water when it is water after, was not water before (`map_water`), and lost
    infrared light of at least `least_fall`; of uncalibrated numbers its index must have risen by
    `least_rise`, too, for their border moves with the stretch.  Lost water is the other way round.
    Radar has rules of its own.  Water where it usually is has come back and is no new water,
    whatever the date before showed; water that is lost there is lost all the same.

    Parameters
    ----------
    pair : Pair
    constants : FloodConstants
    slope_deg : ndarray or None
        float32, (row, col), degrees: no water lies on steep ground, on either date; NaN where it
        is not known, and nothing is left out.
    usual_water : ndarray of bool or None
        (row, col): where water usually is.

    Returns
    -------
    Detection
        Kinds ``flooding`` and ``flood_recession`` for a pair within `FLOOD_WITHIN_DAYS`,
        ``water_gain`` and ``water_loss`` for a longer one.

    Raises
    ------
    NotComparableError
        The bands hold no water index, or no water can be told in one of the images.

    Notes
    -----
    Cannot see: water under plants, or nowhere three pixels wide; in radar, water roughened by
    wind.  Takes for water: dark roofs and asphalt where there is no short-wave infrared, shadow
    that no quality band marks; in radar also smooth tarmac, dry sand, wet snow and radar shadow.

    References
    ----------
    .. [1] McFeeters (1996), doi:10.1080/01431169608948714
    .. [2] Xu (2006), doi:10.1080/01431160600589179
    .. [3] Twele et al. (2016), doi:10.1080/01431161.2016.1192304 (radar thresholds)
    """
    if is_sar(pair.bands):
        return _detect_radar(pair, slope_deg, usual_water)
    before = map_water(pair.before, constants.water, slope_deg)
    after = map_water(pair.after, constants.water, slope_deg)
    seen = pair.usable & before.seen & after.seen
    if not seen.any():
        raise NotComparableError(
            f"Water cannot be told in these scenes: one of them is under cloud or shows one smooth "
            f"surface in {', '.join(pair.bands)} ({pair.before.quantity}); choose others."
        )
    fall = np.nan_to_num(before.infrared - after.infrared)
    rise = np.nan_to_num((after.index - after.border) - (before.index - before.border))
    # of reflectance haze on the first date may lift the index as high as water's
    least_rise = -np.inf if pair.before.quantity in PHYSICAL else constants.least_rise
    gained = after.is_water & ~before.is_water
    gained &= (fall >= constants.least_fall) & (rise >= least_rise)
    lost = before.is_water & ~after.is_water
    lost &= (-fall >= constants.least_fall) & (-rise >= least_rise)
    # the weaker of two kinds of evidence: being water, and having lost infrared light
    came = np.fmin(after.strength, 1 + (fall - constants.least_fall) / SPAN)
    went = np.fmin(before.strength, 1 + (-fall - constants.least_fall) / SPAN)
    strength = np.maximum(np.where(gained, came, np.where(lost, went, np.fmax(came, went))), 0)
    measured = tuple(
        (f"{name} ({when})", value)
        for when, water in (("before", before), ("after", after))
        for name, value in water.measured
    ) + _known(slope_deg, steepest_deg(pair, constants), usual_water, seen)
    gained = gained if usual_water is None else gained & ~usual_water
    changes = _changes(pair, seen, gained, lost, strength, OPTICAL_LOOKALIKES)
    calibrated = pair.before.quantity in PHYSICAL
    caveats = () if calibrated or (before.parted and after.parted) else (NOT_PARTED,)
    return Detection(METHOD, changes, seen, measured, caveats, UNDER_CLOUD)


def new_water(
    image: Image,
    usual_water: NDArray[np.bool_],
    slope_deg: NDArray[np.float32] | None = None,
) -> Detection:
    """Find water where there usually is none, on one date.

    Three answers: flood (`changed`), no flood (`seen` and not changed), cannot tell (not `seen`).
    For use from Python: a finding rests on two scenes, so a scan runs `detect_flooding`.

    Parameters
    ----------
    image : Image
        Optical, with visible and infrared bands, or radar.
    usual_water : ndarray of bool
        (row, col): where water usually is, from an atlas of water or many earlier dates.
    slope_deg : ndarray or None
        float32, (row, col), degrees: no water lies on steep ground.

    Returns
    -------
    Detection
        Kind ``flooding``.

    Raises
    ------
    NotComparableError
        The image cannot tell water, or shows hardly any of the usual water as water.
    """
    water: Water | RadarWater
    if is_sar(image.bands):
        water, lookalikes = map_radar_water(image, slope_deg=slope_deg), RADAR_LOOKALIKES
    else:
        water, lookalikes = map_water(image, slope_deg=slope_deg), OPTICAL_LOOKALIKES
    if not water.seen.any():
        raise NotComparableError(
            f"Water cannot be told in this scene: it is under cloud or shows one smooth surface in "
            f"{', '.join(image.bands)} ({image.quantity}); choose another."
        )
    measured = water.measured
    usual = usual_water & water.seen
    if usual.sum() >= LEAST_USUAL_PX:
        found = float(water.is_water[usual].mean())
        measured = (*measured, ("Usual water found", f"{found:.0%}"))
        if found < LEAST_USUAL_FRACTION:
            raise NotComparableError(
                f"Only {found:.0%} of the usual water shows as water, and "
                f"{LEAST_USUAL_FRACTION:.0%} are needed to tell a flood: choose another scene, or "
                f"check that the reference lies where it should."
            )
    flooded = water.is_water & ~usual_water & water.seen
    change = Change(
        kind="flooding",
        changed=_wider_than_a_rim(flooded) & water.seen & ~usual_water,
        strength=water.strength,
        edge_px=EDGE_PX,
        least_px=LEAST_PX,
        caveats=(ONE_DATE, lookalikes),
    )
    return Detection(METHOD, (change,), water.seen, measured, unseen=UNDER_CLOUD)


LEAST_USUAL_PX = 100
LEAST_USUAL_FRACTION = 0.3
"""Less of the usual water than this found, and scene, reference or their places are wrong."""
ONE_DATE = (
    "One date and a reference: water that came to stay since the reference was made (a pond, a "
    "dam) looks like a flood."
)
NOT_PARTED = (
    "The numbers are not calibrated and land and water do not part clearly in both dates: small or "
    "muddy water may be missed."
)
UNDER_CLOUD = "under thick cloud, or too smooth a surface to tell water from land"
OPTICAL_LOOKALIKES = "Dark roofs, asphalt and shadow can look like water."
RADAR_LOOKALIKES = (
    "Smooth tarmac, dry sand, wet snow and radar shadow look like water in radar, and water "
    "between buildings or roughened by wind does not."
)


def _detect_radar(
    pair: Pair,
    slope_deg: NDArray[np.float32] | None,
    usual_water: NDArray[np.bool_] | None,
) -> Detection:
    found = find_radar_flooding(pair, slope_deg=slope_deg)
    strength = np.where(found.gained, found.gained_strength, found.lost_strength)
    gained = found.gained if usual_water is None else found.gained & ~usual_water
    changes = _changes(pair, found.seen, gained, found.lost, strength, RADAR_LOOKALIKES)
    known = _known(slope_deg, steepest_deg(pair), usual_water, found.seen)
    return Detection(METHOD, changes, found.seen, (*found.measured, *known))


def steepest_deg(pair: Pair, constants: FloodConstants = CONSTANTS) -> float:
    """Degrees: no water is found on a steeper slope where slopes are given."""
    if is_sar(pair.bands):
        return RADAR_CONSTANTS.steepest_deg
    return constants.water.steepest_deg


def _known(
    slope_deg: NDArray[np.float32] | None,
    most_deg: float,
    usual_water: NDArray[np.bool_] | None,
    seen: NDArray[np.bool_],
) -> tuple[tuple[str, str], ...]:
    """Say for the record what was known of the ground beforehand."""
    steepest = () if slope_deg is None else ((STEEPEST, f"{most_deg:g} deg"),)
    if usual_water is None:
        return steepest
    share = 100 * (usual_water & seen).sum() / max(seen.sum(), 1)
    return (*steepest, (USUAL, f"{share:.1f} % of what was seen"))


def _changes(
    pair: Pair,
    seen: NDArray[np.bool_],
    gained: NDArray[np.bool_],
    lost: NDArray[np.bool_],
    strength: NDArray[np.float32],
    lookalikes: str,
) -> tuple[Change, Change]:
    brief = pair.interval_days <= FLOOD_WITHIN_DAYS
    kinds = ("flooding", "flood_recession") if brief else ("water_gain", "water_loss")
    first, second = (
        Change(
            kind=kind,
            changed=_wider_than_a_rim(where & seen) & seen,
            strength=np.nan_to_num(strength).astype(np.float32),
            edge_px=EDGE_PX,
            least_px=LEAST_PX,
            caveats=(SINGLE_PAIR[kind], lookalikes),
            way="radar" if is_sar(pair.bands) else "optical",
        )
        for kind, where in zip(kinds, (gained, lost), strict=True)
    )
    return first, second


def _wider_than_a_rim(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep regions that are three pixels wide somewhere: a thinner one may be a shore misplaced."""
    from scipy import ndimage

    smooth = ndimage.median_filter(where.astype(np.uint8), 3) > 0
    labels, _ = ndimage.label(smooth, np.ones((3, 3)))
    wide = np.unique(labels[ndimage.binary_erosion(smooth, np.ones((3, 3)))])
    return np.isin(labels, wide[wide > 0])
