"""The list of events beside the map: what leads, in the order of rank; the rest is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from markupsafe import Markup

from camp_monitor.events.events import Event
from camp_monitor.events.ranking import CLASSES, class_of, ranked
from camp_monitor.records.finding import Finding
from camp_monitor.report.map import symbols
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import name_of, phrase

LEADING = ("confirmed", "strong")
MOST_ROWS = 30


def leading(events: Sequence[Event]) -> list[Event]:
    """Return the events that a map lists, those first that a reader is shown first."""
    return [event for event in ranked(events) if class_of(event) in LEADING][:MOST_ROWS]


def elsewhere(events: Sequence[Event], drawn: Collection[str]) -> list[Finding]:
    """Return what a list's events are shown by and a map does not draw as findings of its pair.

    Parameters
    ----------
    events : sequence of Event
        Of one facility, all scanned dates.
    drawn : collection of str
        Ids of the findings of the pair that the map shows.
    """
    largest = (event.largest for event in leading(events))
    return [finding for finding in largest if finding.id not in drawn]


def event_list(events: Sequence[Event]) -> dict[str, Any]:
    """Return what the list prints of the events of one facility, of all scanned dates."""
    rows = [
        {
            "finding": event.largest.id,
            "ids": " ".join([event.id, *(finding.id for finding in event.findings)]),
            "sample": Markup(symbols.swatch_svg(event.kind)),
            "kind": words.kind_words(event.kind),
            "area": words.area_words(event.largest)[0],
            "interval": words.interval_words(*event.came),
            "standing": name_of("ranked_as", class_of(event)),
        }
        for event in leading(events)
    ]
    counts = Counter(map(class_of, events))
    said = []
    cut = sum(counts[name] for name in LEADING) - len(rows)
    if cut:
        said.append(phrase("map.events_cut", events=cut))
    said += [
        phrase("events.counted", standing=name_of("ranked_as", name), count=counts[name])
        for name in CLASSES
        if counts[name] and name not in LEADING
    ]
    folded = phrase("map.events_folded", counts="; ".join(said)) if said else ""
    return {"rows": rows, "folded": folded}
