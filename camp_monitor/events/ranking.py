"""Which events a reader is shown first."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from camp_monitor.events.events import Event

CLASSES = ("confirmed", "strong", "provisional", "never_confirmed", "dismissed")
"""In the order in which events are laid before a reader.  What was confirmed and has ended is of
the first: a flood that drained was a flood."""
MOST_ODDS = 1000.0
"""Being surer than this ranks no higher."""
YEARS_PER_STEP = 4.0
"""An event that came so many years later ranks as high as one ten times as large, or as likely."""
LEAST_M2 = 1.0


def class_of(event: Event) -> str:
    """Return the class of an event, one of `CLASSES`."""
    if event.state == "dismissed":
        return "dismissed"
    if event.was_confirmed:
        return "confirmed"
    if event.is_strong:
        return "strong"
    return "never_confirmed" if event.state == "ended" else "provisional"


def score_of(event: Event) -> float:
    """Return what an event ranks by within its class; the highest comes first.

    The sum of the common logarithms of its odds and of its largest area in square metres, and of
    the year in which it was first seen by `YEARS_PER_STEP`: likelihood, size and newness.  Scores
    compare with each other alone, so that no clock is needed.
    """
    odds = math.log10(min(max(event.odds, 1 / MOST_ODDS), MOST_ODDS))
    size = math.log10(max(event.largest.area_m2, LEAST_M2))
    return odds + size + _year(event.came[1].last_instant) / YEARS_PER_STEP


def _year(instant: datetime) -> float:
    first = datetime(instant.year, 1, 1, tzinfo=instant.tzinfo)
    following = datetime(instant.year + 1, 1, 1, tzinfo=instant.tzinfo)
    return instant.year + (instant - first) / (following - first)


def ranked(events: Iterable[Event]) -> list[Event]:
    """Sort events as they are laid before a reader."""
    return sorted(events, key=lambda event: (CLASSES.index(class_of(event)), -score_of(event),
                                             event.facility_id, event.id))  # fmt: skip
