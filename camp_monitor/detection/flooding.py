"""New water and lost water: floods within a year, lasting gain and loss beyond it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detection.detection import Change, Detection
from camp_monitor.detection.water import map_water
from camp_monitor.errors import NotComparableError
from camp_monitor.imagery.pair import Pair
from camp_monitor.imagery.sar.backscatter import despeckle
from camp_monitor.imagery.sensors import is_sar

METHOD = "flooding/2"
FLOOD_WITHIN_DAYS = 366.0
"""Water that came or went within this is a flood or its end; beyond it, a lasting change."""
LEAST_RISE = 0.4
"""Part of the contrast between land and water by which a pixel must have changed."""
LEAST_PX = 6
EDGE_PX = 0.8
LEAST_DROP_DB = 3.0
"""Fall of radar backscatter that open water brings; less is speckle, soil moisture, crops."""
WATER_BELOW_DB = {"vv": -16.0, "vh": -22.5}
"""Open water in calm air reflects less than this at Sentinel-1's angles."""

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


def detect_flooding(pair: Pair) -> Detection:
    """Find ground that became water and water that became ground.

    A pixel is new water when it is water after, was not water before, and its water index rose by
    at least `LEAST_RISE` of the contrast between this scene's own land and water; lost water the
    other way round.  In radar, backscatter in decibels must fall by `LEAST_DROP_DB` below what
    open water reflects.

    Parameters
    ----------
    pair : Pair

    Returns
    -------
    Detection
        Kinds ``flooding`` and ``flood_recession`` for a pair within `FLOOD_WITHIN_DAYS`,
        ``water_gain`` and ``water_loss`` for a longer one.

    Raises
    ------
    NotComparableError
        The bands hold no water index, or no water can be told in either image.

    Notes
    -----
    Cannot see: water under trees, or nowhere three pixels wide; in radar, water
    roughened by wind.  Takes for water: dark roofs and asphalt, terrain and cloud shadow that no
    quality band marks; in radar also smooth tarmac, dry sand, wet snow and radar shadow.

    References
    ----------
    .. [1] McFeeters (1996), doi:10.1080/01431169608948714
    .. [2] Xu (2006), doi:10.1080/01431160600589179
    .. [3] Twele et al. (2016), doi:10.1080/01431161.2016.1192304 (radar thresholds)
    """
    if is_sar(pair.bands):
        return _detect_radar(pair)
    maps = map_water(pair.before, pair.after)
    if maps is None:
        raise NotComparableError(
            f"Water cannot be told in these scenes: the bands {', '.join(pair.bands)} "
            f"({pair.before.quantity}) show no water index with two populations; use scenes with "
            f"green and near-infrared or short-wave infrared bands."
        )
    before, after = maps
    rise = np.clip(after.waterness, 0, 1) - np.clip(before.waterness, 0, 1)
    dry_before, dry_after = ~before.is_water, ~after.is_water
    gained = after.is_water & dry_before & (rise >= LEAST_RISE)
    lost = before.is_water & dry_after & (rise <= -LEAST_RISE)
    measured = (
        ("Water index of land, border, water (before)", _three(before)),
        ("Water index of land, border, water (after)", _three(after)),
    )
    caveats = []
    if not (before.two_populations and after.two_populations):
        caveats.append(
            "Water and land do not part clearly in the water index of both dates; small or "
            "muddy water may be missed."
        )
    seen = pair.usable & np.isfinite(rise)
    return Detection(
        METHOD,
        _changes(
            pair,
            gained & seen,
            lost & seen,
            (np.abs(rise) / LEAST_RISE).astype(np.float32),
            OPTICAL_LOOKALIKES,
        ),
        seen,
        measured,
        tuple(caveats),
    )


OPTICAL_LOOKALIKES = "Dark roofs, asphalt and shadow can look like water."
RADAR_LOOKALIKES = (
    "Smooth tarmac, dry sand, wet snow and radar shadow look like water in radar, and water "
    "between buildings or roughened by wind does not."
)


def _detect_radar(pair: Pair) -> Detection:
    if not pair.before.quantity.endswith("_db"):
        raise NotComparableError(
            f"Water cannot be told in radar scenes of {pair.before.quantity}: use scenes "
            f"calibrated to decibels."
        )
    gained = np.zeros(pair.usable.shape, bool)
    lost = gained.copy()
    strength = np.zeros(pair.usable.shape, np.float32)
    for name in pair.bands:
        before, after = (despeckle(image.band(name)) for image in (pair.before, pair.after))
        drop = before - after
        below = WATER_BELOW_DB[name]
        gained |= (after < below) & (before >= below) & (drop >= LEAST_DROP_DB)
        lost |= (before < below) & (after >= below) & (-drop >= LEAST_DROP_DB)
        strength = np.fmax(strength, np.abs(drop) / LEAST_DROP_DB)
    seen = pair.usable
    changes = _changes(pair, gained & seen, lost & seen, strength, RADAR_LOOKALIKES)
    limits = ", ".join(f"{WATER_BELOW_DB[name]:g} dB in {name.upper()}" for name in pair.bands)
    return Detection(METHOD, changes, seen, (("Open water below", limits),))


def _changes(
    pair: Pair,
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
            changed=_wider_than_a_rim(where) & pair.usable,
            strength=np.nan_to_num(strength).astype(np.float32),
            edge_px=EDGE_PX,
            least_px=LEAST_PX,
            caveats=(SINGLE_PAIR[kind], lookalikes),
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


def _three(water: object) -> str:
    return " / ".join(f"{getattr(water, name):.2f}" for name in ("land", "threshold", "water"))
