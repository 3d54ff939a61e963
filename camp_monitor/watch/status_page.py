"""The status as one HTML page: a calendar of every expected look, and the outages in words.

It has no script and makes no call: its policy lets the browser refuse everything but its own style.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from camp_monitor.report.export.tables import legible
from camp_monitor.report.text.sentences import language_in_use, name_of, phrase, sentence
from camp_monitor.report.text.words import reason_words, short_name
from camp_monitor.watch.coverage import LEAST_OUTAGE, OUTCOMES, Slot
from camp_monitor.watch.kept import ledger_sentence
from camp_monitor.watch.reviewing import reviewing_sentences
from camp_monitor.watch.status import (
    Row,
    Status,
    failed_sentences,
    first_year_sentence,
    headline,
    network_sentence,
    outage_sentence,
    unseen_sentences,
)
from camp_monitor.watch.strips import strip

CLASSES = {
    "looked": "l",
    "refused": "r",
    "too_cloudy": "c",
    "failed": "f",
    "no_image": "n",
    "no_network": "w",
    "missed": "m",
    "pending": "p",
}
"""Short, for a page may have thousands of looks."""
LETTERS = {"refused": "×", "failed": "!", "no_image": "·", "no_network": "○", "missed": "–"}
ALARMING = ("failed", "no_network", "missed")
"""Outcomes that somebody has to see to."""
LEAST_LETTER_DAYS = 8
"""A narrower mark has no letter; its pattern tells it apart."""
MOST_REASONS = 8_000
"""With more looks than this on a page, those of one outcome in a row are one mark."""
LONGEST_REASON = 110


def draw_status(status: Status) -> str:
    """Draw the page; the same status gives the same bytes.

    Parameters
    ----------
    status : Status
        As `read_status` returns it.

    Returns
    -------
    str
        The HTML, fit to be encoded as UTF-8.
    """
    room = files("camp_monitor.watch")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((room / "status.html").read_text(encoding="utf-8"))
    count = sum(len(row.slots) for row in status.rows)
    page = template.render(
        style=Markup((room / "status.css").read_text(encoding="utf-8")),
        at=f"{status.at:%Y-%m-%d %H:%M} UTC",
        phrase=phrase,
        language=language_in_use(),
        least=LEAST_OUTAGE.days,
        headline=headline(status),
        fault=sentence(status.fault) if status.fault else "",
        network=network_sentence(status),
        ledger=ledger_sentence(status.ledger),
        altered=status.ledger is not None and bool(status.ledger.fault),
        name_of=name_of,
        failed=failed_sentences(status),
        first_year=first_year_sentence(status),
        reviewing=reviewing_sentences(status.reviewing),
        unseen=unseen_sentences(status),
        outages=_sentences(status, ("run", "look")),
        legend=[(CLASSES[key], LETTERS.get(key, ""), name_of("look", key)) for key in OUTCOMES],
        rows=[_row(row, status, reasons=count <= MOST_REASONS) for row in status.rows],
        reasons=count <= MOST_REASONS,
        without_outline=status.without_outline,
    )
    return page.encode("utf-8", "replace").decode()


def _sentences(status: Status, whats: Sequence[str], facility_id: str = "") -> list[str]:
    return [
        outage_sentence(outage, status.ids, most=len(status.rows))
        for outage in status.outages
        if outage.what in whats and (not facility_id or facility_id in outage.facility_ids)
    ]


def _row(row: Row, status: Status, *, reasons: bool) -> dict[str, Any]:
    """Return what the page says of one facility."""
    watch = row.watch
    seen, visit = phrase("page.never_seen"), phrase("page.never_searched")
    if row.last_seen_at is not None:
        seen_on = f"{row.last_seen_at:%Y-%m-%d}"
        seen = phrase("page.seen", on=seen_on, ago=row.unseen_days(status.at))
    if row.last_visit_at is not None:
        visit = phrase("page.searched", on=f"{row.last_visit_at:%Y-%m-%d}")
    done = [slot.outcome for slot in row.slots if slot.outcome != "pending"]
    signs = strip(row.slots, status.at)
    return {
        "seen_on": f"{row.last_seen_at:%Y-%m-%d}" if row.last_seen_at else phrase("status.never"),
        "days": f"{row.unseen_days(status.at):,}" if row.last_seen_at else "",
        "last": name_of("look", done[-1]) if done else "",
        "alarming": bool(done) and done[-1] in ALARMING,
        "strip": [CLASSES.get(sign, "") for sign in signs],
        "strip_said": _counted(filter(None, signs)),
        "id": watch.facility_id,
        "name": short_name(legible(row.name)),
        "said": [seen, visit, phrase("page.cadence", cadence=watch.cadence_days)],
        "years": _years(row.slots if reasons else _merged(row.slots), reasons=reasons),
        "unseen": _sentences(status, ("sight",), watch.facility_id),
    }


def _merged(slots: Sequence[Slot]) -> list[Slot]:
    """Join slots of one outcome that follow one another."""
    groups = [list(group) for _, group in groupby(slots, key=lambda slot: slot.outcome)]
    return [replace(group[0], to_at=group[-1].to_at, reasons=()) for group in groups]


def _years(slots: Sequence[Slot], *, reasons: bool) -> list[dict[str, Any]]:
    """Return the slots by year, those over new year in both; widths are days."""
    if not slots:
        return []
    years = []
    for year in range(slots[0].from_at.year, slots[-1].to_at.year + 1):
        first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        own = [slot for slot in slots if slot.from_at < last and slot.to_at > first]
        if own:
            lead = max((own[0].from_at - first).days, 0)
            cells = [_cell(slot, first, last, reasons=reasons) for slot in own]
            said = _counted(slot.outcome for slot in own)
            tail = 366 - lead - sum(cell[1] for cell in cells)
            years.append({"year": year, "lead": lead, "cells": cells, "tail": tail, "said": said})
    return years


def _counted(outcomes: Iterable[str]) -> str:
    counts = Counter(outcomes)
    return ", ".join(
        phrase("outage.count", count=counts[key], outcome=key) for key in OUTCOMES if counts[key]
    )


def _cell(
    slot: Slot, first: datetime, last: datetime, *, reasons: bool
) -> tuple[str, int, str, str]:
    """Return class, width in days, letter and title of a slot, cut to a year."""
    days = (min(slot.to_at, last) - max(slot.from_at, first)).days
    letter = LETTERS.get(slot.outcome, "") if days >= LEAST_LETTER_DAYS else ""
    end = slot.to_at - timedelta(seconds=1)
    title = phrase(
        "page.look", first=f"{slot.from_at:%Y-%m-%d}", last=f"{end:%m-%d}", outcome=slot.outcome
    )
    if reasons:
        cut = legible(reason_words(slot.reasons))
        if len(cut) > LONGEST_REASON:
            cut = f"{cut[: LONGEST_REASON - 1]}…"
        title = f"{title} {cut}"
    return CLASSES[slot.outcome], days, letter, title
