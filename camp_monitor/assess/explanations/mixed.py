"""Explanations of a finding between light and radar: what one sensor alone takes for water."""

from __future__ import annotations

import numpy as np

from camp_monitor.assess.explanations.place import Place
from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.detect.indices import normalised_difference
from camp_monitor.detect.water.mixed import EDGE_PX
from camp_monitor.notes import Explanation, Note, note
from camp_monitor.scenes.sensors import Unit

VEGETATED_NDVI = 0.4
"""Sparse plants and bare soil stay below (Sobrino et al., 2004, doi:10.1016/j.rse.2004.02.003, take
0.5 for full cover and 0.2 for none)."""


def two_sensors(place: Place) -> Explanation:
    """Ask whether plants grew where only radar shows water: on tarmac and dry sand none do.

    Cannot see: radar shadow behind wooded slopes, and, where only light shows water, anything: dark
    roofs and shadows are dry ground to radar, and water that wind roughens may be, too.
    """
    cause = Cause.TWO_SENSORS
    gained = place.kind in ("flooding", "water_gain")
    if place.pair.before.nature.radar == gained:
        return Explanation(cause, Verdict.POSSIBLE, (note(Code.WATER_TO_LIGHT_ALONE),))
    lacking = _lacking(place)
    if lacking:
        return Explanation(cause, Verdict.NOT_TESTABLE, (lacking,))
    light, pixels = (place.pair.before, place.before) if gained else (place.pair.after, place.after)
    nir, red = (pixels[light.bands.index(name)] for name in ("nir", "red"))
    ndvi = float(np.median(normalised_difference(nir, red)[place.inside]))
    grown = note(
        Code.VEGETATION_ON_DATE, which="before" if gained else "after", region_ndvi=ndvi,
        least_ndvi=VEGETATED_NDVI,
    )  # fmt: skip
    verdict = Verdict.RULED_OUT if ndvi >= VEGETATED_NDVI else Verdict.POSSIBLE
    return Explanation(cause, verdict, (grown,))


def misregistration(place: Place) -> Explanation:
    """Ask whether the region is wider than the rims of two maps that lie apart as far as they may.

    The shift between light and radar is not measured.
    """
    cause = Cause.RESIDUAL_MISREGISTRATION
    taken = note(Code.SHIFT_TAKEN, shift_px=EDGE_PX, width_px=place.width_px)
    verdict = Verdict.POSSIBLE if place.width_px <= 2 * EDGE_PX else Verdict.RULED_OUT
    return Explanation(cause, verdict, (taken,))


def _lacking(place: Place) -> Note | None:
    light = place.pair.after if place.pair.before.nature.radar else place.pair.before
    if not place.inside.any():
        return note(Code.REGION_UNUSABLE)
    if light.nature.unit is not Unit.REFLECTANCE:
        return note(Code.REFLECTANCE_NEEDED)
    if not {"red", "nir"} <= set(light.bands):
        return note(Code.INFRARED_NEEDED)
    return None
