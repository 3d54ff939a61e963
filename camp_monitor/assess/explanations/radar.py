"""The rival causes of a finding in radar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.explanations.place import LEAST_PIXELS_AROUND, Place, Rival

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


def snow_in_radar(place: Place) -> Rival:
    """Ask whether all the ground around fell, or rose, by what wet snow takes."""
    cause, said = "snow", _untestable(place)
    if said:
        return Rival(cause, "not_testable", said)
    here, around = _rises_db(place)
    said = f"It changed by {here:+.1f} dB and the ground around by {around:+.1f} dB"
    if abs(around) >= WET_SNOW_DB and here * around > 0:
        date = "after" if around < 0 else "before"
        return Rival(cause, "possible", f"{said}, as when wet snow lies on the {date} date.")
    return Rival(
        cause, "ruled_out", f"{said}, where wet snow lowers all ground by {WET_SNOW_DB:g} dB."
    )


def wet_ground_in_radar(place: Place) -> Rival:
    """Ask whether the level of all the ground around changed as much as moist soil does it."""
    cause, said = "wet ground", _untestable(place)
    if said:
        return Rival(cause, "not_testable", said)
    here, around = _rises_db(place)
    said = f"It changed by {here:+.1f} dB and the ground around by {around:+.1f} dB"
    if abs(around) < MOIST_DB:
        return Rival(cause, "ruled_out", f"{said}, where moist soil changes it by {MOIST_DB:g} dB.")
    if here * around < 0 or abs(here) > MOIST_AT_MOST_DB + abs(around):
        return Rival(
            cause, "ruled_out",
            f"{said}, and moist soil changes both alike, by some {MOIST_AT_MOST_DB:g} dB at most.",
        )  # fmt: skip
    return Rival(cause, "possible", f"{said}, as when the soil takes up water or dries.")


def radio_interference(place: Place) -> Rival:
    """Ask for a bright stripe along the region's rows, and for a gap between VV and VH that closed.

    Cannot see: interference over all of the surroundings that is polarised as the ground is.
    """
    cause, said = "radio interference", _untestable(place)
    if said:
        return Rival(cause, "not_testable", said)
    words = []
    if {"vv", "vh"} <= set(place.pair.bands):
        gaps = [
            float(np.median((place.band(image, "vv") - place.band(image, "vh"))[place.around]))
            for image in (place.before, place.after)
        ]
        said = f"VH lies {gaps[0]:.1f} dB below VV around it before and {gaps[1]:.1f} dB after"
        if abs(gaps[0] - gaps[1]) >= GAP_DB:
            return Rival(cause, "possible", f"{said}, as when radio noise fills both.")
        words.append(said)
    stripe = _stripe_db(place)
    if stripe is None:
        return Rival(cause, "not_testable", "Too little is usable beside it along its rows.")
    said = f"the ground beside it along its rows stands out by {stripe:.1f} dB on one date only"
    if stripe >= STRIPE_DB:
        return Rival(cause, "possible", f"{said[:1].upper()}{said[1:]}, as a stripe does.")
    words.append(said)
    said = ", and ".join(words)
    return Rival(cause, "ruled_out", f"{said[:1].upper()}{said[1:]}.")


def _untestable(place: Place) -> str:
    if place.noted:
        return place.noted
    return "" if place.physical else "The numbers are no decibels, so levels are not told."


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
