"""A year of looks as a strip of signs, for a terminal and for a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from camp_monitor.report.text.sentences import phrase
from camp_monitor.watch.coverage import OUTCOMES, Slot
from camp_monitor.watch.schedule import EPOCH

SIGN_DAYS = 10
"""What one sign of a strip on a terminal stands for."""
STRIP_SIGNS = 37
"""How many signs a strip has: a year."""


def strip(slots: Sequence[Slot], at: datetime) -> list[str]:
    """Return the outcomes of the year before `at`, one for every `SIGN_DAYS` days.

    Where several looks were expected in these days, the best that came of them counts; empty where
    none was.
    """
    length = timedelta(days=SIGN_DAYS)
    start = (at - EPOCH) // length - STRIP_SIGNS + 1
    signs = [""] * STRIP_SIGNS
    for slot in slots:
        first = (slot.from_at - EPOCH) // length - start
        last = (slot.to_at - EPOCH - timedelta(seconds=1)) // length - start
        for place in range(max(first, 0), min(last + 1, STRIP_SIGNS)):
            found = [name for name in (signs[place], slot.outcome) if name]
            signs[place] = min(found, key=OUTCOMES.index)
    return signs


def ruler(at: datetime) -> str:
    """Return the short names of the months above a strip, each where it begins."""
    length = timedelta(days=SIGN_DAYS)
    start = EPOCH + ((at - EPOCH) // length - STRIP_SIGNS + 1) * length
    months = [(start + length * place).month for place in range(STRIP_SIGNS)]
    names, line = phrase("status.months").split(), [" "] * STRIP_SIGNS
    for place, month in enumerate(months):
        if month != (months[place - 1] if place else (start - length).month):
            for number, sign in enumerate(names[month - 1][: STRIP_SIGNS - place]):
                line[place + number] = sign
    return "".join(line)
