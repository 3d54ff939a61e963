"""How far an outline lies from what is known of its facility."""

from __future__ import annotations

import numpy as np
import shapely

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.facilities.geometry import distances_m

FARTHEST_M = 100_000.0
"""A new outline farther than this from everything known of its facility is refused.  The two most
distant points published for one facility lie 70 km apart."""

NEARER_SWAPPED = 10.0
"""An outline beside its facility that would lie this many times nearer with its axes swapped is
refused."""


def check_near(facility: Facility, outline: Outline) -> tuple[str, ...]:
    """Refuse an outline so far from its facility that the id must be wrong; say if it is beside.

    Returns
    -------
    tuple of str
        A sentence, where the outline lies beside everything known of its facility.

    Raises
    ------
    FacilityError
        It lies farther than `FARTHEST_M` from all of that, or its axes look swapped.
    """
    known = known_points(facility)
    if not len(known):
        return ()
    middle = outline.geometry.representative_point()
    nearest_m = distances_m(middle.x, middle.y, known).min()
    allowed_m = facility.outlines[-1].accuracy_m if facility.outlines else 0.0
    if nearest_m <= reach_m(outline) + allowed_m:
        return ()
    swapped_m = swapped_distance_m(outline, known)
    if swapped_m <= nearest_m / NEARER_SWAPPED:
        raise FacilityError(
            f"The outline lies {km_words(nearest_m)} from everything known of {facility.id!r}, and "
            f"{km_words(swapped_m)} from it with the axes swapped: write longitude first."
        )
    if nearest_m > FARTHEST_M:
        raise FacilityError(
            f"The outline lies {km_words(nearest_m)} from everything known of "
            f"{facility.id!r}: check the id, and the coordinate system of the file."
        )
    return (
        f"Nothing known of {facility.id!r} lies within this outline: the nearest point is "
        f"{km_words(nearest_m)} from its middle, so check the id.",
    )


def known_points(facility: Facility) -> np.ndarray:
    """Every published point of a facility and the middle of each outline: float (n, 2), lon lat."""
    known = [(c.lon, c.lat) for c in facility.candidates]
    for older in facility.outlines:
        point = older.geometry.representative_point()
        known.append((point.x, point.y))
    return np.array(known, dtype=float).reshape(-1, 2)


def reach_m(outline: Outline) -> float:
    """How far an outline reaches from its middle, metres."""
    middle = outline.geometry.representative_point()
    corners = shapely.get_coordinates(outline.geometry)
    return float(distances_m(middle.x, middle.y, corners).max())


def swapped_distance_m(outline: Outline, known: np.ndarray) -> float:
    """Distance from the middle of an outline with its axes swapped to the nearest known point.

    Metres; infinite where swapped axes are out of range.  `known` is float (n, 2), lon and lat.
    """
    middle = outline.geometry.representative_point()
    if abs(middle.x) > 90:
        return float("inf")
    return float(distances_m(middle.y, middle.x, known).min())


def km_words(distance_m: float) -> str:
    """Write a distance given in metres in kilometres."""
    return f"{distance_m / 1000:,.{0 if distance_m >= 1e5 else 1}f} km"
