"""Findings, and what was not seen, as flat rows for tables, layers and spreadsheets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Code
from camp_monitor.events.events import Event
from camp_monitor.events.ranking import MOST_ODDS, class_of, ranked
from camp_monitor.notes import Note
from camp_monitor.records.finding import Finding, in_order
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, latest_reviews, verdict_of
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import caveat_sentences, measured_rows, name_of

_SCENE_COLUMNS: dict[str, type] = {
    "earliest": datetime,
    "latest": datetime,
    "dates": str,
    "before_scene": str,
    "before_sensor": str,
    "after_scene": str,
    "after_sensor": str,
    "credit": str,
    "licences": str,
}
FINDING_COLUMNS: dict[str, type] = {
    "id": str,
    "facility": str,
    "outline_version": int,
    "kind": str,
    "change": str,
    "area_m2": float,
    "area_low_m2": float,
    "area_high_m2": float,
    "confidence": str,
    "probability": float,
    "position": str,
    "candidate": bool,
    "simulated": bool,
    "verdict": str,
    "reviewed_by": str,
    "reviewed_at": datetime,
    "review_note": str,
    "event": str,
    "event_state": str,
    "method": str,
    **_SCENE_COLUMNS,
    "measurements": str,
    "reasons": str,
    "explanations": str,
    "evidence_text": str,
    "caveats_text": str,
    "explanations_text": str,
}
"""Columns of a finding, and the type of their values; ``change`` is the kind in words.

A ``datetime`` is held as ISO 8601 text with an offset from UTC, empty where there is none.

``candidate`` tells that it lies below the working point of its scan, and counts for nothing.
``position`` is ``inside``, ``within_error`` or ``outside`` the outline.  ``verdict`` and the three
after it are those of the latest review: ``unreviewed`` and empty without.  ``event`` is the event
that a finding is of, or that it ends; empty where events were not joined.  ``measurements`` is a
JSON object of numbers by name, ``reasons`` the codes of the caveats, ``explanations`` the causes
that were examined, each with its verdict; the columns that end in ``_text`` say the same in words.
"""
NOT_SEEN_COLUMNS: dict[str, type] = {
    "id": str,
    "facility": str,
    "outline_version": int,
    "question": str,
    "outcome": str,
    "seen_fraction": float,
    "simulated": bool,
    "method": str,
    **_SCENE_COLUMNS,
    "measurements": str,
    "reasons": str,
    "reasons_text": str,
    "evidence_text": str,
    "caveats_text": str,
}
"""Columns of an observation; ``question`` is what was looked for, in words, and ``reasons`` are the
codes of why it was not seen, then of its caveats."""

EVENT_COLUMNS: dict[str, type] = {
    "id": str,
    "facility": str,
    "kind": str,
    "change": str,
    "state": str,
    "ranked_as": str,
    "standing": str,
    "odds": float,
    "area_m2": float,
    "area_low_m2": float,
    "area_high_m2": float,
    "confidence": str,
    "probability": float,
    "position": str,
    "simulated": bool,
    "came_after": datetime,
    "came_until": datetime,
    "last_seen": datetime,
    "ended_after": datetime,
    "ended_until": datetime,
    "dates": str,
    "finding": str,
    "findings": int,
    "finding_ids": str,
    "credit": str,
    "licences": str,
    "reasons": str,
    "reasons_text": str,
}
"""Columns of an event; areas, confidence and position are those of ``finding``, its largest.

It came between ``came_after`` and ``came_until`` (``dates`` says it in words), and ended, if it
did, between the other two.  ``ranked_as`` is one of `camp_monitor.events.ranking.CLASSES`,
``standing`` that in words, ``odds`` how many times likelier than a mistake it is."""
COLUMNS = {"events": EVENT_COLUMNS, "findings": FINDING_COLUMNS, "not_seen": NOT_SEEN_COLUMNS}
"""Of each layer, in the order in which they are written."""
WITHHELD = "withheld"
"""A column more, last, where something is withheld from the audience of a file: what, in words."""
RECORDS = {"events": "event", "findings": "finding", "not_seen": "not_seen"}
"""What a row of each layer is called where all are in one table."""

# Invisible and direction-turning characters could run as terminal commands, break XML, or make one
# text look like another.
_BLANKS = re.compile("[\t\n\r\u0085\u2028\u2029]")
_UNSAFE = re.compile(
    "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True)
class Row:
    """One record as flat values and a region.

    Parameters
    ----------
    values : dict
        By column, in the order that `COLUMNS` states for its layer.
    region : MultiPolygon or None
        EPSG:4326; None where a record has no place of its own.
    """

    values: dict[str, Any]
    region: BaseGeometry | None


def columns_of(layers: Mapping[str, Sequence[Row]]) -> dict[str, dict[str, type]]:
    """Return the columns of each layer, with one more where something is withheld."""
    said = any(WITHHELD in row.values for rows in layers.values() for row in rows)
    more: dict[str, type] = {WITHHELD: str} if said else {}
    return {name: columns | more for name, columns in COLUMNS.items()}


def legible(text: str) -> str:
    """Return `text` on one line, with each control character replaced by a visible sign."""
    return _UNSAFE.sub("\ufffd", _BLANKS.sub(" ", text))


def event_rows(events: Iterable[Event]) -> list[Row]:
    """Flatten events, in the order in which they are laid before a reader."""
    rows = []
    for event in ranked(events):
        item, ended = event.largest, event.ended
        rows.append(
            Row(
                {
                    "id": event.id,
                    "facility": legible(event.facility_id),
                    "kind": event.kind,
                    "change": words.kind_words(event.kind),
                    "state": event.state,
                    "ranked_as": class_of(event),
                    "standing": name_of("ranked_as", class_of(event)),
                    "odds": float(min(event.odds, MOST_ODDS)),
                    "area_m2": float(item.area_m2),
                    "area_low_m2": float(item.area_low_m2),
                    "area_high_m2": float(item.area_high_m2),
                    "confidence": item.confidence,
                    "probability": item.probability,
                    "position": item.position,
                    "simulated": item.simulated,
                    "came_after": event.came[0].acquired_from_at,
                    "came_until": event.came[1].acquired_to_at,
                    "last_seen": event.last_seen.acquired_to_at,
                    "ended_after": ended[0].acquired_from_at if ended else "",
                    "ended_until": ended[1].acquired_to_at if ended else "",
                    "dates": words.interval_words(*event.came),
                    "finding": item.id,
                    "findings": len(event.findings),
                    "finding_ids": " ".join(one.id for one in event.findings),
                    "credit": _scene_values(item)["credit"],
                    "licences": _scene_values(item)["licences"],
                    "reasons": " ".join(_codes(event.reasons)),
                    "reasons_text": legible(words.reason_words(event.reasons)),
                },
                _polygonal(event.geometry),
            )
        )
    return rows


def finding_rows(
    findings: Iterable[Finding],
    reviews: Iterable[Review] = (),
    events: Mapping[str, Event] | None = None,
) -> list[Row]:
    """Flatten findings with the latest review and the event of each, by facility and time."""
    latest, events = latest_reviews(reviews), events or {}
    return [
        Row(
            {
                "id": item.id,
                "facility": legible(item.facility_id),
                "outline_version": item.outline_version,
                "kind": item.kind,
                "change": words.kind_words(item.kind),
                "area_m2": float(item.area_m2),
                "area_low_m2": float(item.area_low_m2),
                "area_high_m2": float(item.area_high_m2),
                "confidence": item.confidence,
                "probability": item.probability,
                "position": item.position,
                "candidate": item.candidate,
                "simulated": item.simulated,
                **_review_values(latest.get(item.id)),
                **_event_values(events.get(item.id)),
                "method": legible(item.method),
                **_scene_values(item),
                "measurements": json.dumps(dict(item.measurements)),
                "reasons": " ".join(_codes(item.caveats)),
                "explanations": "; ".join(f"{e.cause}: {e.verdict}" for e in item.explanations),
                "evidence_text": _measured(item),
                "caveats_text": _joined(caveat_sentences(item.caveats)),
                "explanations_text": _joined(words.explanation_words(item), "; "),
            },
            _polygonal(item.geometry),
        )
        for item in in_order(findings)
    ]


def not_seen_rows(observations: Iterable[Observation]) -> list[Row]:
    """Flatten those observations that did not see everything, in order of facility and time."""
    return [
        Row(
            {
                "id": item.id,
                "facility": legible(item.facility_id),
                "outline_version": item.outline_version,
                "question": legible(words.question_words(item.method)),
                "outcome": item.outcome,
                "seen_fraction": float(item.seen_fraction),
                "simulated": item.simulated,
                "method": legible(item.method),
                **_scene_values(item),
                "measurements": json.dumps(dict(item.measurements)),
                "reasons": " ".join(_codes((*item.reasons, *item.caveats))),
                "reasons_text": legible(words.unseen_words(item)),
                "evidence_text": _measured(item),
                "caveats_text": _joined(caveat_sentences(item.caveats)),
            },
            _polygonal(item.not_seen),
        )
        for item in in_order(observations)
        if not_all_seen(item)
    ]


def not_all_seen(observation: Observation) -> bool:
    """Tell whether some of the outline or of the search area was not seen."""
    return (
        observation.outcome == "not_seen"
        or observation.seen_fraction < 1
        or _polygonal(observation.not_seen) is not None
    )


def _event_values(event: Event | None) -> dict[str, str]:
    return {"event": event.id if event else "", "event_state": event.state if event else ""}


def _review_values(review: Review | None) -> dict[str, str]:
    return {
        "verdict": verdict_of(review),
        "reviewed_by": legible(review.by) if review else "",
        "reviewed_at": review.reviewed_at if review else "",
        "review_note": legible(review.note) if review else "",
    }


def _scene_values(item: Finding | Observation) -> dict[str, str]:
    before, after = item.before, item.after
    ground = [str(one.numbers["credit"]) for one in item.caveats if one.code == Code.GROUND_CREDIT]
    return {
        "earliest": before.acquired_from_at,
        "latest": after.acquired_to_at,
        "dates": words.interval_words(before, after),
        "before_scene": legible(before.id),
        "before_sensor": legible(before.sensor),
        "after_scene": legible(after.id),
        "after_sensor": legible(after.sensor),
        "credit": _distinct(before.credit, after.credit, *ground),
        "licences": _distinct(before.licence, after.licence),
    }


def _distinct(*texts: str) -> str:
    return "; ".join(dict.fromkeys(legible(text) for text in texts if text))


def _measured(item: Finding | Observation) -> str:
    rows = measured_rows(item.measurements, item.caveats)
    return _joined((f"{name}: {value}" for name, value in rows), "; ")


def _codes(notes: Iterable[Note]) -> Iterator[str]:
    """Give each code once; what a record of schema 1 to 3 measured is no reason."""
    return iter(dict.fromkeys(str(item.code) for item in notes if "name" not in item.numbers))


def _joined(texts: Iterable[str], by: str = " ") -> str:
    return by.join(legible(text) for text in texts)


def _polygonal(geometry: BaseGeometry | None) -> BaseGeometry | None:
    """Return the polygons of a geometry as one MultiPolygon, rings turned as RFC 7946 wants."""
    if geometry is None:
        return None
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(geometry))
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return shapely.orient_polygons(shapely.MultiPolygon(parts)) if parts else None
