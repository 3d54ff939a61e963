"""What is doubtful about one facility, or about one outline: sentences, nothing settled.

Each function takes values and returns doubts; `camp_monitor.facilities.checking` reads the files.
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from camp_monitor.facilities.facility import GRADES, Facility, Outline
from camp_monitor.facilities.geometry import area_words, distances_m, length_words
from camp_monitor.facilities.nearness import (
    NEARER_SWAPPED,
    km_words,
    reach_m,
    swapped_distance_m,
)

DOUBTS = {
    "broken": "the file or the outline cannot be used",
    "conflict": "sources disagree, and the registry carries it",
    "no outline": "nothing to scan",
    "placeholder": "a circle stands for a place without a published size",
    "accuracy": "the edge may be off by more than the outline's own size",
    "size": "much smaller or larger than facilities are, or than was published",
    "place": "far from every published point, or outside a box round the DPRK",
    "overlap": "two facilities share ground",
    "position": "how well the place is attested: grade B, C or none",
    "status": "old, or without a date",
    "korean": "a Korean name that may not be a published one",
    "source": "no publication is named",
    "mended": "what was changed while reading, or would be by importing",
    "not read": "lies in the registry's folder and is no facility file",
}
"""Every kind of doubt and what it means, in the order in which they are listed."""

OLD_STATUS_YEARS = 5
"""A status that held longer ago than this is called old."""

SMALLEST_OUTLINE_M2 = 2000.0
"""A smaller outline is doubted: less than a tenth of the smallest published compound, 23,600 m2."""

LARGE_OUTLINE_M2 = 6e8
"""A larger outline is doubted: the largest published area is 548 km2."""

AREA_RATIO = 3.0
"""An outline is doubted that is this many times smaller than the smallest published size of its
facility, or larger than the largest.  Our own choice: the two sizes of Jongo-ri differ by 2.2."""

DPRK_BOX = (123.9, 37.4, 131.0, 43.2)
"""West, south, east, north: the DPRK with some 20 km to spare.  It holds sea and parts of China,
Russia and South Korea, so lying inside proves nothing; lying outside is a mistake."""

_DPRK_TYPES = ("kwan_li_so", "kyo_hwa_so")
_DATE = re.compile(r"\b((?:19|20)\d\d)(?:-(\d\d))?(?:-(\d\d))?\b")


@dataclass(frozen=True)
class Doubt:
    """One doubt: its kind, a key of `DOUBTS`, and a sentence that a person can act on."""

    kind: str
    sentence: str


def doubt_facility(facility: Facility, today: date) -> list[Doubt]:
    """List what is doubtful about one facility by itself.

    Parameters
    ----------
    facility : Facility
        As read from its file.
    today : date
        The day from which the age of a status is counted.

    Notes
    -----
    Cannot see: whether an outline near its published points lies in the sea or on the wrong
    building, because no base map is part of the program.
    """
    found = [*_conflicts(facility), *_position(facility), *_status(facility, today)]
    found += _names(facility)
    if not facility.sources:
        found.append(
            Doubt("source", "No publication is named: add the sources to the file's 'sources'.")
        )
    if facility.outlines:
        found += [*doubt_size(facility.outline), *_outline(facility, facility.outline)]
        found += _place(facility, facility.outline)
    else:
        reason = "" if facility.candidates else ": no coordinate was published"
        found.append(Doubt("no outline", f"There is no outline{reason}, so no scan is possible."))
    return found


def doubt_size(outline: Outline) -> list[Doubt]:
    """Doubt an outline that is smaller or larger than facilities are."""
    area_m2 = outline.area_m2
    if area_m2 < SMALLEST_OUTLINE_M2:
        return [
            Doubt("size", f"The outline has {area_words(area_m2)}: that is a building or less.")
        ]
    if area_m2 > LARGE_OUTLINE_M2:
        largest = "more than the largest published area, 548 km2"
        return [Doubt("size", f"The outline has {area_words(area_m2)}, {largest}.")]
    return []


def status_last_day(text: str) -> date | None:
    """Read the last day that the date of a status may mean; None where it names no year.

    ``2020`` may be 2020-12-31, ``1991 or 1992`` may be 1992-12-31, ``c. 2016-09`` 2016-09-30.
    """
    days = []
    for match in _DATE.finditer(text):
        year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
        if not 1 <= month <= 12:
            month, day = 12, 31
        last = calendar.monthrange(year, month)[1]
        days.append(date(year, month, day if 1 <= day <= last else last))
    return max(days, default=None)


def _conflicts(facility: Facility) -> Iterator[Doubt]:
    for sentence in facility.conflicts:
        yield Doubt("conflict", sentence)
    if facility.status.conflict:
        yield Doubt(
            "conflict", f"Status: here '{facility.status.value}', but {facility.status.conflict}."
        )


def _position(facility: Facility) -> Iterator[Doubt]:
    grade = facility.position_grade
    if grade is None:
        if facility.candidates:
            yield Doubt("position", "It is not said how well the position is attested (A, B, C).")
    elif grade != "A":
        reason = f" {facility.position_reason}" if facility.position_reason else ""
        yield Doubt("position", f"Grade {grade}: {GRADES[grade]}.{reason}")


def _status(facility: Facility, today: date) -> Iterator[Doubt]:
    status = facility.status
    last_day = status_last_day(status.date or "")
    if last_day is None:
        said = f" ({status.as_of})" if status.as_of else ""
        yield Doubt("status", f"'{status.value}' is given without a date{said}.")
    elif last_day < _years_before(today, OLD_STATUS_YEARS):
        said = status.as_of or status.date or ""
        yield Doubt(
            "status",
            f"'{status.value}' as of {said}: over {OLD_STATUS_YEARS} years before {today}.",
        )


def _years_before(day: date, years: int) -> date:
    year = max(day.year - years, 1)
    last = calendar.monthrange(year, day.month)[1]
    return date(year, day.month, min(day.day, last))


def _names(facility: Facility) -> Iterator[Doubt]:
    if not facility.names_ko:
        return
    names = ", ".join(facility.names_ko)
    if facility.names_ko_note is None:
        yield Doubt("korean", f"{names}: it is not said where the Korean names come from.")
    elif "transliterat" in facility.names_ko_note.lower():
        yield Doubt(
            "korean", f"{names}: may be back-transliterated, not published; check before quoting."
        )


def _outline(facility: Facility, outline: Outline) -> Iterator[Doubt]:
    """Doubt basis, accuracy and size of the outline in force."""
    if outline.basis == "placeholder":
        yield Doubt(
            "placeholder", "The outline is a placeholder: it stands for a place, not for its size."
        )
    own_m = math.sqrt(outline.area_m2)
    if outline.accuracy_m > own_m:
        yield Doubt(
            "accuracy",
            f"The edge may be off by {length_words(outline.accuracy_m)}, and the outline has only "
            f"{area_words(outline.area_m2)}, that of a square of {length_words(own_m)}.",
        )
    published_m2 = [
        size.area_m2 or (size.length_m or 0) * (size.width_m or 0)
        for size in facility.sizes
        if size.kind != "perimeter"
    ]
    low_m2, high_m2 = min(published_m2, default=0.0), max(published_m2, default=math.inf)
    if not low_m2 / AREA_RATIO <= outline.area_m2 <= high_m2 * AREA_RATIO:
        yield Doubt(
            "size",
            f"The outline has {area_words(outline.area_m2)}, and the published sizes are "
            f"{area_words(low_m2)} to {area_words(high_m2)}.",
        )


def _place(facility: Facility, outline: Outline) -> Iterator[Doubt]:
    """Doubt an outline far from every published point, and anything outside the box."""
    points = np.array([(c.lon, c.lat) for c in facility.candidates], dtype=float).reshape(-1, 2)
    middle = outline.geometry.representative_point()
    if len(points):
        nearest_m = distances_m(middle.x, middle.y, points).min()
        if nearest_m > reach_m(outline) + outline.accuracy_m:
            swapped_m = swapped_distance_m(outline, points)
            hint = ", and the axes look swapped" if swapped_m <= nearest_m / NEARER_SWAPPED else ""
            yield Doubt(
                "place",
                f"The middle of the outline is {km_words(nearest_m)} from the nearest point that "
                f"anyone published for this facility{hint}.",
            )
    if facility.type not in _DPRK_TYPES:
        return
    west, south, east, north = DPRK_BOX
    box = f"the box round the DPRK (lon {west} to {east}, lat {south} to {north})"
    left, bottom, right, top = outline.geometry.bounds
    if not (west <= left and right <= east and south <= bottom and top <= north):
        yield Doubt("place", f"The outline reaches outside of {box}.")
    for point in facility.candidates:
        if not (west <= point.lon <= east and south <= point.lat <= north):
            yield Doubt(
                "place",
                f"The point {point.lat:.6f}, {point.lon:.6f} ({point.source}) lies outside of "
                f"{box}.",
            )
