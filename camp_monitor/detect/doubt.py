"""Self-doubt: where a detector calls nothing, a plain comparison looks at the pair, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.indices import normalised_difference
from camp_monitor.detect.regions import reach_into, region_pixels
from camp_monitor.errors import Refusal
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import all_of, by_blocks, meet, strips, told_by
from camp_monitor.scenes.content import LEAST_PEAK
from camp_monitor.scenes.sensors import Unit
from camp_monitor.scenes.stored import scratch

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
    ground = all_of(detection.seen) if searched is None else all_of(detection.seen, searched)
    flooding = any(change.kind in NEW_WATER for change in detection.changes)
    asked = [one for one in detection.changes if not flooding or one.kind in NEW_WATER]
    if not ground.any() or any(reach_into(one.changed, one.least_px, ground) for one in asked):
        return
    _check_place(pair)
    if detection.altered is not None and meet(detection.altered, ground):
        return
    plain = _plainly_changed(pair, ground, flooding=flooding)
    if plain is None:
        return
    others = [
        region_pixels(one.changed, one.least_px) for one in detection.changes if one not in asked
    ]
    held, called, opposite = _counted(plain, ground, others)
    fraction = held / int(np.count_nonzero(ground))
    least = LEAST_WATER if flooding else LEAST_GROUND
    if fraction >= least and (not called or opposite > held / 2):
        raise Refusal(Code.METHODS_DISAGREE, plain_fraction=fraction, least_fraction=least)


def _check_place(pair: Pair) -> None:
    """Refuse a pair whose images have nothing in common; light and radar never have."""
    peak = pair.peak_in_common
    if peak < LEAST_PEAK:
        raise Refusal(Code.NOTHING_IN_COMMON, peak=peak, least_peak=LEAST_PEAK)


def _counted(
    plain: NDArray[np.bool_], ground: NDArray[np.bool_], others: Sequence[NDArray[np.bool_]]
) -> tuple[int, int, int]:
    """Count pixels of the ground: plainly changed, called as something else, and both."""
    counts = np.zeros(3, np.int64)
    for rows in strips(ground.shape):
        changed = plain[rows] & ground[rows]
        called = np.zeros_like(changed)
        for other in others:
            called |= other[rows] & ground[rows]
        counts += [np.count_nonzero(one) for one in (changed, called, changed & called)]
    changed_px, called_px, both_px = counts.tolist()
    return changed_px, called_px, both_px


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

    def rises(*bands: NDArray[np.float32]) -> NDArray[np.bool_]:
        before, after = normalised_difference(*bands[:2]), normalised_difference(*bands[2:])
        return (before < 0) & (after > LEAST_INDEX)

    names = ("green", infrared)
    bands = [image.band(name) for image in (pair.before, pair.after) for name in names]
    return by_blocks(rises, *bands)


def _colours(pair: Pair, ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    def change(*parts: NDArray[Any]) -> NDArray[np.float32]:
        asked, before, after = parts
        difference = np.where(asked, after - before, 0).astype(np.float32)
        return ndimage.uniform_filter(difference, COLOUR_SIDE_PX)

    squared, plain = scratch(ground.shape, np.float32), scratch(ground.shape, bool)
    for rows in strips(ground.shape):
        squared[rows] = 0
    for before, after in zip(pair.before.pixels, pair.after_matched, strict=True):
        difference = by_blocks(change, ground, before, after, halo_px=COLOUR_SIDE_PX)
        values = told_by(difference, ground)
        middle = np.median(values)
        spread = max(1.4826 * float(np.median(np.abs(values - middle))), 1e-6)
        for rows in strips(ground.shape):
            squared[rows] += ((difference[rows] - middle) / spread) ** 2
    for rows in strips(ground.shape):
        plain[rows] = np.sqrt(squared[rows] / len(pair.bands)) >= SPREADS
    return plain
