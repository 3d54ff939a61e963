"""Change of all bands together, 10 to 30 m, and what of it speaks for building."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.construction.method import METHOD, STRUCTURE_UP_TO_M
from camp_monitor.detect.construction.new_structures import new_corners
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.indices import ndbi, ndvi
from camp_monitor.detect.irmad import MOST_CORRELATION, change_odds, irmad
from camp_monitor.detect.regions import label_regions
from camp_monitor.detect.structure import measure_structures
from camp_monitor.detect.water.banks import away_from_water, banks, wet_ground
from camp_monitor.errors import Refusal
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import told_by
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.morphology import majority
from camp_monitor.scenes.statistics import settled

ALIKE_FRACTION = 0.5
"""A structure reaches as far as the ground changed by at least this part of its own change ..."""
REACH_PX = 12
"""... and no farther than this from its corners, pixels."""
CORNER = 1.2
"""Corner energy, newly there, at which a corner begins: see `new_corners`."""
CORNER_TOLERANCE_PX = 3
"""Side of the square in which a corner of the before image excuses one of the after image."""
MOST_CHANGED_FRACTION = 0.35
"""More of the land changed than this, and construction cannot be told from the season."""

EDGE_PX = 0.8
LEAST_PX, LEAST_UNNAMED_PX = 4, 8
"""Smaller regions are noise: a glint moved by part of a pixel changes nine."""
WAY = "colours"


@dataclass(frozen=True)
class MultibandConstants:
    """What a change of all bands rests on.

    Parameters
    ----------
    likelihood : bool
        Weigh the odds of a change; False: take the distance of IR-MAD and part it by Otsu.
    least_log_odds : float
        Logarithm of the odds from which on a pixel counts as changed; 0: as likely as not.
    most_correlation : float
        Of two dates, as for `change_odds`; 1: any.
    median_px : int
        Side of the square over which the median of the odds is taken; 1: none.
    evidence_spreads : float
        Change of an index, in spreads of unchanged ground, that speaks for or against building;
        0: any change is construction.
    """

    likelihood: bool = True
    least_log_odds: float = 0.0
    most_correlation: float = MOST_CORRELATION
    median_px: int = 3
    evidence_spreads: float = 2.0


CONSTANTS = MultibandConstants()


def detect_by_colours(pair: Pair, constants: MultibandConstants = CONSTANTS) -> Detection:
    """Find ground whose bands changed as unchanged ground's do not, and name what was built.

    Where it is likelier that the two colours of a pixel were drawn independently than that they
    belong together (`change_odds`), the ground changed.  It is construction where the change is
    among the plain ones of the scene, where vegetation did not grow, where vegetation, built-up
    index or brightness speaks for building, and where there is no water; pixels of at most
    `STRUCTURE_UP_TO_M` must show new corners near, which buildings have and fields lack.

    Numbers that are not reflectance cannot carry such a name safely: there, all other change is
    given, too, as kind ``other``, and both together are what changed, by whatever cause.

    Parameters
    ----------
    pair : Pair
        Optical, three bands or more.
    constants : MultibandConstants

    Returns
    -------
    Detection
        Kind ``construction``, with short-wave infrared; kind ``other``, without reflectance.

    Raises
    ------
    Refusal
        Reflectance, of which nearly everything changed.

    Notes
    -----
    Cannot see: what is smaller than about two pixels, under trees, or built of the stuff of its
    surroundings.  Takes for construction: bare ground and small things.

    References
    ----------
    .. [1] Nielsen (2007), doi:10.1109/TIP.2006.888195
    .. [2] Zha et al. (2003), doi:10.1080/01431160304987
    """
    seen = pair.usable
    odds, least, measured = _odds(pair, constants)
    changed = (odds > constants.least_log_odds) & seen
    strength = np.maximum(1 + (odds - constants.least_log_odds) / -least, 0).astype(np.float32)
    physical = pair.nature.calibrated
    wet_before, wet_after = wet_ground(pair)
    shores = banks(wet_before | wet_after)
    changes = []
    altered = None
    if {"swir1", "nir", "red"} <= set(pair.bands):
        dry = changed & ~wet_before & ~wet_after
        speaking = _speaks_for_building(pair, odds, constants.evidence_spreads)
        built, lookalikes = _built(pair, dry, odds, shores, speaking)
        if physical and pair.pixel_m <= STRUCTURE_UP_TO_M:
            altered = _altered(changed & ~shores, speaking) | built
        named = np.where(built, strength, 0)  # less of it tells change, and not what it became
        changes.append(_change("construction", built, named, LEAST_PX, lookalikes))
        changed = changed & ~built
    if not physical:
        unnamed = Code.BECAME_UNTOLD
        changes.append(_change("other", changed, strength, LEAST_UNNAMED_PX, unnamed))
    return Detection(
        METHOD,
        tuple(changes),
        seen & (~shores | wet_after) if physical else seen,
        measured,
        unseen=Code.AT_WATER,
        altered=altered,
    )


def _change(
    kind: str,
    changed: NDArray[np.bool_],
    strength: NDArray[np.float32],
    least_px: int,
    caveat: Code,
) -> Change:
    return Change(
        kind=kind,
        changed=changed,
        strength=strength,
        edge_px=EDGE_PX,
        least_px=least_px,
        caveats=(note(caveat),),
        way=WAY,
    )


def _odds(
    pair: Pair, constants: MultibandConstants
) -> tuple[NDArray[np.float32], float, dict[str, float]]:
    """Return log-odds of a change, (row, col), their least value, and what was measured."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    before, after, seen = pair.before.pixels, pair.after.pixels, pair.usable
    if constants.likelihood:
        found = change_odds(before, after, seen, constants.most_correlation, pair.statistics)
        odds, least, correlations = found.log_odds, found.least, found.correlations
        share = found.changed_share
    else:
        other = irmad(before, after, seen, statistics=pair.statistics)
        distance, correlations = np.sqrt(other.chi_square), other.correlations
        least = settled(pair.statistics, "least", lambda: -float(threshold_otsu(distance[seen])))
        odds = distance + np.float32(least)
        share = float(np.mean(odds[seen] > 0))
    odds = np.where(seen, odds, least).astype(np.float32)
    if constants.median_px > 1:
        odds = ndimage.median_filter(odds, constants.median_px)
    measured: dict[str, float] = {Measure.CHANGED_FRACTION: share}
    measured |= {f"{Measure.CORRELATION}:{n}": value for n, value in enumerate(correlations, 1)}
    return odds, least, measured


def _built(
    pair: Pair,
    changed: NDArray[np.bool_],
    odds: NDArray[np.float32],
    shores: NDArray[np.bool_],
    speaking: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], Code]:
    """Return what of the changed ground speaks for building, and what may look like it."""
    dry = pair.usable & ~shores
    clear = settled(pair.statistics, "clear odds", lambda: _clear_log_odds(told_by(odds, dry)))
    built = majority(changed & (odds > clear) & speaking) & pair.usable
    if pair.pixel_m <= STRUCTURE_UP_TO_M:
        built = _grown_from(_corners(pair, dry) & built, built, odds)
        return away_from_water(built, shores), Code.SMALL_THINGS
    too_much = settled(
        pair.statistics,
        "most changed",
        lambda: bool(changed.sum() > MOST_CHANGED_FRACTION * max(dry.sum(), 1)),
    )
    if too_much and pair.nature.calibrated:
        raise Refusal(Code.MOST_LAND_CHANGED, most_fraction=MOST_CHANGED_FRACTION)
    return away_from_water(built, shores), Code.BARE_GROUND


def _altered(changed: NDArray[np.bool_], speaking: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of the changed ground speaks for building, with corners or without.

    Bare yards and small buildings show no corners in such pixels, and nor do fields.
    """
    whole = majority(changed & speaking) & changed
    labels, _ = label_regions(whole, LEAST_UNNAMED_PX)
    return np.asarray(labels > 0)


def _corners(pair: Pair, dry: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find corners that were not there before."""
    before, after, _ = measure_structures(
        pair.before.pixels, pair.after_matched, dry, pair.statistics
    )
    return new_corners(
        before.corners, after.corners, dry, CORNER, CORNER_TOLERANCE_PX, pair.statistics
    )


def _clear_log_odds(odds: NDArray[np.float32]) -> float:
    """Part the plain changes of a scene from the faint ones (Otsu, on the root of the log-odds)."""
    from skimage.filters import threshold_otsu

    root = np.sqrt(np.maximum(odds, 0))
    return float(threshold_otsu(root)) ** 2 if root.size and np.ptp(root) > 0 else 0.0


def _grown_from(
    corners: NDArray[np.bool_], changed: NDArray[np.bool_], odds: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Grow each group of corners over the connected ground that changed as much as it did.

    A field beside a new building may have changed too, and touch it, but it changed otherwise.
    """
    from scipy import ndimage

    distance = np.sqrt(np.maximum(odds, 0))
    labels, _ = ndimage.label(corners, np.ones((3, 3)))
    grown = np.zeros(corners.shape, bool)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        window = tuple(
            slice(max(part.start - REACH_PX, 0), min(part.stop + REACH_PX, size))
            for part, size in zip(place, corners.shape, strict=True)
        )
        own = labels[window] == number
        like = changed[window] & (
            distance[window] >= ALIKE_FRACTION * np.percentile(distance[window][own], 75)
        )
        parts, _ = ndimage.label(like, np.ones((3, 3)))
        touched = np.unique(parts[own])
        grown[window] |= np.isin(parts, touched[touched > 0])
    return grown


def _speaks_for_building(
    pair: Pair, odds: NDArray[np.float32], spreads: float
) -> NDArray[np.bool_]:
    """Tell where vegetation did not grow and something speaks for built or bare ground.

    Without spreads, everywhere.
    """
    if spreads <= 0:
        return np.ones(odds.shape, bool)
    statistics = pair.statistics
    middle = settled(statistics, "middle odds", lambda: np.median(told_by(odds, pair.usable)))
    still = pair.usable & (odds < middle)

    def standard(difference: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        centre, spread = settled(statistics, name, lambda: _centre_and_spread(difference, still))
        return ((difference - centre) / max(spread, 1e-6)).astype(np.float32)

    vegetation = standard(_vegetation(pair.after) - _vegetation(pair.before), "vegetation")
    built_up = standard(_built_up(pair.after) - _built_up(pair.before), "built up")
    after, before = (image.mean(axis=0) for image in (pair.after_matched, pair.before.pixels))
    brightness = standard((after - before).astype(np.float32), "brightness")
    fewer_leaves = vegetation < -spreads
    more_built = built_up > spreads
    other_brightness = np.abs(brightness) > spreads
    return (vegetation < spreads / 2) & (fewer_leaves | more_built | other_brightness)


def _vegetation(image: Image) -> NDArray[np.float32]:
    return ndvi(image.band("red"), image.band("nir"))


def _built_up(image: Image) -> NDArray[np.float32]:
    return ndbi(image.band("swir1"), image.band("nir"))


def _centre_and_spread(
    difference: NDArray[np.float32], still: NDArray[np.bool_]
) -> tuple[float, float]:
    """Median and robust spread of a difference, over ground that did not change."""
    values = told_by(difference, still)
    middle = float(np.median(values)) if values.size else 0.0
    spread = float(1.4826 * np.median(np.abs(values - middle))) if values.size else 0.0
    return middle, spread
