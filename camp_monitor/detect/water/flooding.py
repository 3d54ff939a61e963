"""New water and lost water: floods within a year, lasting gain and loss beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.water.mixed import EDGE_PX as MIXED_EDGE_PX
from camp_monitor.detect.water.mixed import find_mixed_flooding
from camp_monitor.detect.water.optical import CONSTANTS as WATER_CONSTANTS
from camp_monitor.detect.water.optical import SPAN, Water, WaterConstants, map_water
from camp_monitor.detect.water.radar import CONSTANTS as RADAR_CONSTANTS
from camp_monitor.detect.water.radar import RadarWater, map_radar_water
from camp_monitor.detect.water.radar_flooding import find_radar_flooding
from camp_monitor.errors import Refusal
from camp_monitor.notes import note, qualified
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import by_blocks
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.morphology import eroded, majority
from camp_monitor.scenes.statistics import settled

METHOD = "flooding/4"
FLOOD_WITHIN_DAYS = 366.0
"""Water that came or went within this is a flood or its end; beyond it, a lasting change."""
LEAST_PX = 6
EDGE_PX = 0.8


@dataclass(frozen=True)
class FloodConstants:
    """What a change of optical water rests on.

    Parameters
    ----------
    water : WaterConstants
        Of each date.
    least_fall : float
        Fall of the longest infrared band between the dates, in units of bright ground: less is
        noise; below -1: any.
    least_fall_uncalibrated : float
        Uncalibrated numbers: the same, each date in units of its own bright ground.
    least_rise : float
        Uncalibrated numbers: rise of the water index from its border; below -2: any.
    """

    water: WaterConstants = WATER_CONSTANTS
    least_fall: float = 0.10
    least_fall_uncalibrated: float = 0.15
    least_rise: float = 0.15


CONSTANTS = FloodConstants()

SINGLE_PAIR = {
    "flooding": Code.PAIR_FLOODING,
    "flood_recession": Code.PAIR_FLOOD_RECESSION,
    "water_gain": Code.PAIR_WATER_GAIN,
    "water_loss": Code.PAIR_WATER_LOSS,
}
"""What one pair leaves open, by kind."""


def detect_flooding(
    pair: Pair,
    constants: FloodConstants = CONSTANTS,
    slope_deg: NDArray[np.float32] | None = None,
    usual_water: NDArray[np.bool_] | None = None,
) -> Detection:
    """Find ground that became water and water that became ground.

    A pixel is new water when it is water after, was not plain open water before (`map_water`:
    ground that was wet already can be flooded), and lost at least `least_fall` of the longest
    infrared light; of uncalibrated numbers its index must have risen by `least_rise`, too, for
    their border moves with the stretch.  Lost water is the other way round.
    Radar has rules of its own, and so has a pair of light and radar (`find_mixed_flooding`).  Water
    where it usually is has come back and is no new water, whatever the date before showed; water
    that is lost there is lost all the same.

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
    Refusal
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
    if pair.mixed:
        return _detect_mixed(pair, slope_deg, usual_water)
    if pair.nature.radar:
        return _detect_radar(pair, slope_deg, usual_water)
    return _detect_optical(pair, constants, slope_deg, usual_water)


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
    Refusal
        The image cannot tell water, or shows hardly any of the usual water as water.
    """
    water: Water | RadarWater
    if image.nature.radar:
        water, lookalikes = map_radar_water(image, slope_deg=slope_deg), Code.LIKE_WATER_IN_RADAR
    else:
        water, lookalikes = map_water(image, slope_deg=slope_deg), Code.LIKE_WATER
    if not water.seen.any():
        raise Refusal(Code.WATER_UNTOLD, bands=image.bands, quantity=image.quantity)
    measured = water.measured
    usual = usual_water & water.seen
    if usual.sum() >= LEAST_USUAL_PX:
        found = float(water.is_water[usual].mean())
        measured = {**measured, Measure.USUAL_WATER_FOUND_FRACTION: found}
        if found < LEAST_USUAL_FRACTION:
            raise Refusal(
                Code.USUAL_WATER_MISSING, found_fraction=found, least_fraction=LEAST_USUAL_FRACTION
            )
    flooded = water.is_water & ~usual_water & water.seen
    change = Change(
        kind="flooding",
        changed=_wider_than_a_rim(flooded) & water.seen & ~usual_water,
        strength=water.strength,
        edge_px=EDGE_PX,
        least_px=LEAST_PX,
        caveats=(note(Code.ONE_DATE), note(lookalikes)),
    )
    return Detection(METHOD, (change,), water.seen, measured, unseen=Code.UNDER_CLOUD_OR_SMOOTH)


LEAST_USUAL_PX = 100
LEAST_USUAL_FRACTION = 0.3
"""Less of the usual water than this found, and scene, reference or their places are wrong."""


def _detect_optical(
    pair: Pair,
    constants: FloodConstants,
    slope_deg: NDArray[np.float32] | None,
    usual_water: NDArray[np.bool_] | None,
) -> Detection:
    before = map_water(pair.before, constants.water, slope_deg)
    after = map_water(pair.after, constants.water, slope_deg)
    seen = pair.usable & before.seen & after.seen
    if not settled(pair.statistics, "water is told", lambda: bool(seen.any())):
        raise Refusal(Code.WATER_UNTOLD, bands=pair.bands, quantity=pair.before.quantity)
    calibrated = pair.nature.calibrated
    least_fall = constants.least_fall if calibrated else constants.least_fall_uncalibrated
    # of reflectance haze on the first date may lift the index as high as water's
    least_rise = -np.inf if calibrated else constants.least_rise
    (gained, lost), strength, weaker = _weighed(before, after, least_fall, least_rise)
    weaker = _unless_usual(weaker[0], usual_water), weaker[1]
    measured = {
        **qualified(before.measured, "before"),
        **qualified(after.measured, "after"),
        **_known(slope_deg, steepest_deg(pair, constants), usual_water, seen),
    }
    gained = gained if usual_water is None else gained & ~usual_water
    changes = _changes(pair, seen, gained, lost, strength, weaker, Code.LIKE_WATER)
    caveats = (
        () if calibrated or (before.parted and after.parted) else (note(Code.WATER_NOT_PARTED),)
    )
    return Detection(METHOD, changes, seen, measured, caveats, Code.UNDER_CLOUD_OR_SMOOTH)


def _weighed(
    before: Water, after: Water, least_fall: float, least_rise: float
) -> tuple[tuple[NDArray[np.bool_], ...], NDArray[np.float32], tuple[NDArray[np.float32], ...]]:
    """Return where water was gained and lost, the evidence, and that of each way elsewhere."""
    bright = np.float32((before.bright + after.bright) / 2)

    def weigh(*layers: NDArray[Any]) -> NDArray[np.float32]:
        dry, wet, first, second, earlier, later, was_water, was_deep, is_water, is_deep = layers
        fall = np.nan_to_num(dry - wet) / bright
        rise = np.nan_to_num((second - after.border) - (first - before.border))
        gained = is_water & ~was_deep & (fall >= least_fall) & (rise >= least_rise)
        lost = was_water & ~is_deep & (-fall >= least_fall) & (-rise >= least_rise)
        # the weaker of two kinds of evidence: being water, and having lost infrared light
        came = np.fmin(later, 1 + (fall - least_fall) / SPAN)
        went = np.fmin(earlier, 1 + (-fall - least_fall) / SPAN)
        strength = np.maximum(np.where(gained, came, np.where(lost, went, np.fmax(came, went))), 0)
        weaker = np.where(was_deep, 0, came), np.where(is_deep, 0, went)
        return np.stack([strength, *weaker, gained, lost]).astype(np.float32)

    strength, came, went, gained, lost = by_blocks(
        weigh, before.infrared, after.infrared, before.index, after.index, before.strength,
        after.strength, before.is_water, before.is_deep, after.is_water, after.is_deep,
    )  # fmt: skip
    return (gained > 0, lost > 0), strength, (came, went)


def _detect_radar(
    pair: Pair,
    slope_deg: NDArray[np.float32] | None,
    usual_water: NDArray[np.bool_] | None,
) -> Detection:
    found = find_radar_flooding(pair, slope_deg=slope_deg)
    strength = np.where(found.gained, found.gained_strength, found.lost_strength)
    gained = found.gained if usual_water is None else found.gained & ~usual_water
    weaker = _unless_usual(found.gained_strength, usual_water), found.lost_strength
    changes = _changes(
        pair, found.seen, gained, found.lost, strength, weaker, Code.LIKE_WATER_IN_RADAR
    )
    known = _known(slope_deg, steepest_deg(pair), usual_water, found.seen)
    return Detection(METHOD, changes, found.seen, {**found.measured, **known})


def _detect_mixed(
    pair: Pair,
    slope_deg: NDArray[np.float32] | None,
    usual_water: NDArray[np.bool_] | None,
) -> Detection:
    found = find_mixed_flooding(pair, slope_deg)
    strength = np.where(found.gained, found.gained_strength, found.lost_strength)
    gained = found.gained if usual_water is None else found.gained & ~usual_water
    weaker = _unless_usual(found.gained_strength, usual_water), found.lost_strength
    changes = _changes(
        pair, found.seen, gained, found.lost, strength, weaker, Code.LIKE_WATER_TO_ONE_SENSOR
    )
    measured = {**found.measured, **_known(slope_deg, steepest_deg(pair), usual_water, found.seen)}
    unseen = Code.UNDER_CLOUD_OR_SMOOTH
    return Detection(METHOD, changes, found.seen, measured, found.caveats, unseen)


def _unless_usual(
    evidence: NDArray[np.float32], usual_water: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    """Return evidence of new water without that of water where it usually is."""
    return evidence if usual_water is None else np.where(usual_water, 0, evidence)


def steepest_deg(pair: Pair, constants: FloodConstants = CONSTANTS) -> float:
    """Degrees: no water is found on a steeper slope where slopes are given."""
    if pair.nature.radar or pair.mixed:
        return RADAR_CONSTANTS.steepest_deg
    return constants.water.steepest_deg


def _known(
    slope_deg: NDArray[np.float32] | None,
    most_deg: float,
    usual_water: NDArray[np.bool_] | None,
    seen: NDArray[np.bool_],
) -> dict[str, float]:
    """Return for the record what was known of the ground beforehand."""
    known: dict[str, float] = {}
    if slope_deg is not None:
        known[Measure.STEEPEST_DEG] = most_deg
    if usual_water is not None:
        share = (usual_water & seen).sum() / max(seen.sum(), 1)
        known[Measure.USUAL_WATER_FRACTION] = float(share)
    return known


def _changes(
    pair: Pair,
    seen: NDArray[np.bool_],
    gained: NDArray[np.bool_],
    lost: NDArray[np.bool_],
    strength: NDArray[np.float32],
    weaker: tuple[NDArray[np.float32], NDArray[np.float32]],
    lookalikes: Code,
) -> tuple[Change, Change]:
    """Make the changes of both ways; `weaker` is the evidence of each where neither was found."""
    way = "mixed" if pair.mixed else "radar" if pair.nature.radar else "optical"
    brief = pair.interval_days <= FLOOD_WITHIN_DAYS
    kinds = ("flooding", "flood_recession") if brief else ("water_gain", "water_loss")
    first, second = (
        Change(
            kind=kind,
            changed=(found := _wider_than_a_rim(where & seen) & seen),
            strength=np.nan_to_num(np.where(found, strength, weak)).astype(np.float32),
            edge_px=MIXED_EDGE_PX if pair.mixed else EDGE_PX,
            least_px=LEAST_PX,
            caveats=(note(SINGLE_PAIR[kind]), note(lookalikes)),
            way=way,
        )
        for kind, where, weak in zip(kinds, (gained, lost), weaker, strict=True)
    )
    return first, second


def _wider_than_a_rim(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep regions that are three pixels wide somewhere: a thinner one may be a shore misplaced."""
    from scipy import ndimage

    if not where.any():
        return where
    smooth = majority(where)
    labels, _ = ndimage.label(smooth, np.ones((3, 3)))
    wide = np.unique(labels[eroded(smooth, diagonal=True)])
    return np.isin(labels, wide[wide > 0])
