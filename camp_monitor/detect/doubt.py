"""Self-doubt: where a detector calls nothing, a plain comparison looks at the pair, too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.indices import normalised_difference
from camp_monitor.detect.regions import label_regions
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import told_by
from camp_monitor.scenes.content import LEAST_PEAK
from camp_monitor.scenes.sensors import Unit

LEAST_WATER, LEAST_GROUND = 0.05, 0.25
"""The plain comparison contradicts "nothing changed" from this share of the seen ground on: fields
and seasons change more of it than floods do, and are no construction."""
LEAST_DB = 3.0
"""Radar: change relative to what most ground did, and how much darker than most ground water is."""
RADAR_SIDE_PX = 7
LEAST_INDEX = 0.1
"""Optical water: normalised difference of visible and infrared light that is plainly water."""
SPREADS = 6.0
"""Optical: colour differs by as many spreads of ground that did not change."""
COLOUR_SIDE_PX = 3
NEW_WATER = ("flooding", "water_gain")
"""Kinds of change that flooding asks for."""


def check_agreement(
    pair: Pair, detection: Detection, searched: NDArray[np.bool_] | None = None
) -> None:
    """Refuse "nothing changed" where the images share nothing, or a plain comparison sees change.

    Images that show nothing in common are damaged, or of two places, or all ground changed; ground
    without features on both dates is none of these.

    The plain comparison shares no assumption with the detectors: no model of roofs, clutter or
    land, one threshold for the whole scene.  It is far too ready to call change to be an answer of
    its own; where it is silent, too, "unchanged" has been asked twice.

    Parameters
    ----------
    pair : Pair
    detection : Detection
        Of that pair.
    searched : ndarray of bool or None
        (row, col): the ground asked about; None: all of it.

    Raises
    ------
    Refusal
        The plain comparison sees change on much of the searched ground: `LEAST_WATER` or
        `LEAST_GROUND`; and none was called there, or, of water, only the opposite where the plain
        one sees new water; or none was called and the images have nothing in common.

    Notes
    -----
    Optical flooding: normalised difference of green and short-wave infrared (else near infrared)
    that rises from below 0 to above `LEAST_INDEX` (Xu 2006, doi:10.1080/01431160600589179), of
    reflectance only.  Radar: a ratio of at least `LEAST_DB` over a square (Rignot and van Zyl 1993,
    doi:10.1109/36.239913); for flooding, towards darker, and darker than most ground.  Optical
    construction: change vectors (Malila 1980) of `SPREADS` spreads.
    """
    ground = detection.seen if searched is None else detection.seen & searched
    flooding = any(change.kind in NEW_WATER for change in detection.changes)
    asked = [one for one in detection.changes if not flooding or one.kind in NEW_WATER]
    if not ground.any() or _called(asked, ground).any():
        return
    _check_place(pair)
    if detection.altered is not None and (detection.altered & ground).any():
        return
    plain = _plainly_changed(pair, ground, flooding=flooding)
    if plain is None:
        return
    fraction = float(plain[ground].mean())
    least = LEAST_WATER if flooding else LEAST_GROUND
    other = _called([one for one in detection.changes if one not in asked], ground)
    denied = not other.any() or other[plain & ground].sum() > (plain & ground).sum() / 2
    if fraction >= least and denied:
        raise Refusal(Code.METHODS_DISAGREE, plain_fraction=fraction, least_fraction=least)


def _check_place(pair: Pair) -> None:
    """Refuse a pair whose images have nothing in common; light and radar never have."""
    peak = pair.peak_in_common
    if peak < LEAST_PEAK:
        raise Refusal(Code.NOTHING_IN_COMMON, peak=peak, least_peak=LEAST_PEAK)


def _called(changes: Sequence[Change], ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the ground on which any of the changes was called."""
    called = np.zeros_like(ground)
    for change in changes:
        called |= label_regions(change.changed, change.least_px)[0] > 0
    return called & ground


def _plainly_changed(
    pair: Pair, ground: NDArray[np.bool_], *, flooding: bool
) -> NDArray[np.bool_] | None:
    """Return where a textbook method sees change; None where none applies.

    Of light and radar none compares the numbers: their two maps of water vouch for each other.
    """
    if pair.mixed:
        return None
    if pair.nature.radar:
        return _radar(pair, ground, flooding)
    return _water(pair) if flooding else _colours(pair, ground)


def _radar(pair: Pair, ground: NDArray[np.bool_], flooding: bool) -> NDArray[np.bool_]:
    from scipy import ndimage

    from camp_monitor.detect.construction.radar_ratio import decibel_ratio

    rises = [decibel_ratio(pair, name, ground, 0.0, RADAR_SIDE_PX) for name in pair.bands]
    rise_db = ndimage.median_filter(np.mean(rises, axis=0, dtype=np.float32), RADAR_SIDE_PX)
    if not flooding:
        return np.asarray(np.abs(rise_db) >= LEAST_DB)
    after = np.mean(pair.after.pixels, axis=0, dtype=np.float32)
    if pair.nature.unit is Unit.AMPLITUDE:
        after = 20 * np.log10(np.maximum(after, 1))
    after = ndimage.median_filter(np.where(ground, after, 0), RADAR_SIDE_PX)
    dark = after <= np.median(after[ground & (rise_db > -LEAST_DB)]) - LEAST_DB
    return np.asarray((rise_db <= -LEAST_DB) & dark)


def _water(pair: Pair) -> NDArray[np.bool_] | None:
    infrared = next((name for name in ("swir1", "nir") if name in pair.bands), None)
    if infrared is None or "green" not in pair.bands or not pair.nature.calibrated:
        return None
    before, after = (
        normalised_difference(image.band("green"), image.band(infrared))
        for image in (pair.before, pair.after)
    )
    return (before < 0) & (after > LEAST_INDEX)


def _colours(pair: Pair, ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    squared = np.zeros(ground.shape, np.float32)
    for before, after in zip(pair.before.pixels, pair.after_matched, strict=True):
        difference = np.where(ground, after - before, 0).astype(np.float32)
        difference = ndimage.uniform_filter(difference, COLOUR_SIDE_PX)
        values = told_by(difference, ground)
        spread = 1.4826 * float(np.median(np.abs(values - np.median(values))))
        squared += ((difference - np.median(values)) / max(spread, 1e-6)) ** 2
    return np.sqrt(squared / len(pair.bands)) >= SPREADS
