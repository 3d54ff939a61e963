"""The list of findings beside the map: grouped by kind, the largest first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from camp_monitor.events.events import Event
from camp_monitor.records.finding import Finding
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.review import Review, latest_reviews, rejected_ids, verdict_of
from camp_monitor.report.map import symbols
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import name_of, phrase

MOST_OPEN = 12
"""A map with more findings than this starts with the groups of its list closed."""


def finding_groups(
    findings: Sequence[Finding], reviews: Sequence[Review], events: Mapping[str, Event]
) -> list[dict[str, Any]]:
    """Return what the list prints: one group for each kind that was found.

    Parameters
    ----------
    findings : sequence of Finding
        In any order.
    reviews : sequence of Review
        Of these or other findings; the latest one of each counts.
    events : mapping of str to Event
        By the ids of their findings: a search for an event finds them.
    """
    latest, rejected = latest_reviews(reviews), rejected_ids(reviews)
    groups = []
    for candidate, kind in itertools.product((False, True), KINDS):
        of_kind = sorted(
            (item for item in findings if (item.kind, item.candidate) == (kind, candidate)),
            key=lambda f: (-f.area_m2, f.id),
        )
        if of_kind:
            title = words.kind_words(kind)
            apart = sum(item.id in rejected for item in of_kind)
            groups.append(
                {
                    "title": phrase("map.candidates", kind=title) if candidate else title,
                    "sample": Markup(symbols.swatch_svg(kind)),
                    "count": words.apart_words(len(of_kind), apart),
                    "open": len(findings) <= MOST_OPEN,
                    "rows": [
                        _row(item, verdict_of(latest.get(item.id)), events.get(item.id))
                        for item in of_kind
                    ],
                }
            )
    return groups


def _row(finding: Finding, verdict: str, event: Event | None) -> dict[str, str]:
    kind = words.kind_words(finding.kind)
    return {
        "id": finding.id,
        "ids": " ".join([finding.id, event.id if event else "", kind]),
        "area": words.area_words(finding)[0],
        "confidence": phrase("map.confidence", confidence=finding.confidence),
        "verdict": verdict,
        "verdict_text": name_of("verdict_short", verdict),
    }
