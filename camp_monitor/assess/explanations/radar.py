"""Explanations of a finding in radar: wet snow, soil moisture and radio interference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.explanations.place import LEAST_PIXELS_AROUND, Place
from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.notes import Explanation, Note, note

WET_SNOW_DB = 2.0
"""Wet snow lowers the backscatter of all open ground by this or more (Nagler et al., 2016,
doi:10.3390/rs8040348)."""
MOIST_DB, MOIST_AT_MOST_DB = 1.0, 5.0
"""Moist soil changes the level of all ground by this or more, and of bare soil by this at most:
limits on the safe side, chosen here."""
STRIPE_DB = 2.0
"""A stripe of interference lies this much above the ground beside it, on one date only."""
STRIPE_PX = 30
"""Rows are followed this far to both sides of a region, pixels."""
GAP_DB = 3.0
"""Interference that is not polarised fills the gap between VV and VH by this or more."""


def snow_in_radar(place: Place) -> Explanation:
    """Ask whether all the ground around fell, or rose, by what wet snow takes."""
    cause, untestable = Cause.SNOW, _untestable(place)
    if untestable:
        return Explanation(cause, Verdict.NOT_TESTABLE, (untestable,))
    here_db, around_db = _rises_db(place)
    measured = note(
        Code.SNOW_BACKSCATTER, region_db=here_db, around_db=around_db, least_db=WET_SNOW_DB
    )
    if abs(around_db) >= WET_SNOW_DB and here_db * around_db > 0:
        date = note(Code.SNOW_ON_DATE, which="after" if around_db < 0 else "before")
        return Explanation(cause, Verdict.POSSIBLE, (measured, date))
    return Explanation(cause, Verdict.RULED_OUT, (measured,))


def soil_moisture(place: Place) -> Explanation:
    """Ask whether the level of all the ground around changed as much as moist soil does it."""
    cause, untestable = Cause.SOIL_MOISTURE, _untestable(place)
    if untestable:
        return Explanation(cause, Verdict.NOT_TESTABLE, (untestable,))
    here_db, around_db = _rises_db(place)
    measured = note(
        Code.MOISTURE_BACKSCATTER, region_db=here_db, around_db=around_db, least_db=MOIST_DB,
        most_db=MOIST_AT_MOST_DB,
    )  # fmt: skip
    too_little = abs(around_db) < MOIST_DB
    otherwise = here_db * around_db < 0 or abs(here_db) > MOIST_AT_MOST_DB + abs(around_db)
    verdict = Verdict.RULED_OUT if too_little or otherwise else Verdict.POSSIBLE
    return Explanation(cause, verdict, (measured,))


def radio_interference(place: Place) -> Explanation:
    """Ask for a bright stripe along the region's rows, and for a gap between VV and VH that closed.

    Cannot see: interference over all of the surroundings that is polarised as the ground is.
    """
    cause, untestable = Cause.RADIO_INTERFERENCE, _untestable(place)
    if untestable:
        return Explanation(cause, Verdict.NOT_TESTABLE, (untestable,))
    measured = []
    if {"vv", "vh"} <= set(place.pair.bands):
        gaps_db = [
            float(np.median((place.band(image, "vv") - place.band(image, "vh"))[place.around]))
            for image in (place.before, place.after)
        ]
        gap = note(
            Code.POLARISATION_GAP, before_db=gaps_db[0], after_db=gaps_db[1], least_db=GAP_DB
        )
        if abs(gaps_db[0] - gaps_db[1]) >= GAP_DB:
            return Explanation(cause, Verdict.POSSIBLE, (gap,))
        measured.append(gap)
    stripe_db = _stripe_db(place)
    if stripe_db is None:
        return Explanation(cause, Verdict.NOT_TESTABLE, (note(Code.ROWS_UNUSABLE),))
    stripe = note(Code.ROW_STRIPE, stripe_db=stripe_db, least_db=STRIPE_DB)
    if stripe_db >= STRIPE_DB:
        return Explanation(cause, Verdict.POSSIBLE, (stripe,))
    return Explanation(cause, Verdict.RULED_OUT, (*measured, stripe))


def _untestable(place: Place) -> Note | None:
    if place.untestable or place.physical:
        return place.untestable
    return note(Code.DECIBELS_NEEDED)


def _rises_db(place: Place) -> tuple[float, float]:
    """Median rise of the region and of its surroundings, mean over the bands, decibels."""
    rise = (place.after - place.before).mean(axis=0)
    return float(np.median(rise[place.inside])), float(np.median(rise[place.around]))


def _stripe_db(place: Place) -> float | None:
    """How much brighter than the ground around the region's rows are, on one date, on both sides.

    The least of: its brightness against other rows on the brighter date, on each side, and how
    much of that was not there on the other date.
    """
    name = "vh" if "vh" in place.pair.bands else place.pair.bands[0]
    images = place.band(place.before, name), place.band(place.after, name)
    rows = np.flatnonzero(place.inside.any(axis=1))
    columns = np.flatnonzero(place.inside.any(axis=0))
    beside = np.zeros(place.around.shape, bool)
    beside[rows[0] : rows[-1] + 1] = True
    other = place.around & ~beside
    if np.count_nonzero(other) < LEAST_PIXELS_AROUND:
        return None
    sides = [place.around & beside, place.around & beside]
    sides[0][:, columns[0] :] = False
    sides[0][:, : max(columns[0] - STRIPE_PX, 0)] = False
    sides[1][:, : columns[-1] + 1] = False
    sides[1][:, columns[-1] + 1 + STRIPE_PX :] = False
    sides = [side for side in sides if np.count_nonzero(side) >= LEAST_PIXELS_AROUND // 2]
    if not sides:
        return None
    return max(
        min(_stands_out(images[date], images[1 - date], side, other) for side in sides)
        for date in (0, 1)
    )


def _stands_out(
    bright: NDArray[np.float32],
    plain: NDArray[np.float32],
    side: NDArray[np.bool_],
    other: NDArray[np.bool_],
) -> float:
    above, usual = (float(np.median(image[side]) - np.median(image[other]))
                    for image in (bright, plain))  # fmt: skip
    return max(min(above, above - usual), 0.0)
