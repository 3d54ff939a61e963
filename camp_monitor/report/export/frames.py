"""Findings, events and outcomes as tables of GeoPandas and pandas."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from camp_monitor.events.events import Event
from camp_monitor.records.finding import Finding, in_order
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.report.export.tables import FINDING_COLUMNS, finding_rows
from camp_monitor.report.text.sentences import sentences
from camp_monitor.report.text.words import unseen_words

if TYPE_CHECKING:
    import geopandas
    import pandas

EVENT_COLUMNS = (
    "id", "facility", "kind", "state", "area_m2", "area_low_m2", "area_high_m2", "probability",
    "confidence", "came_after", "came_until", "last_seen_at", "ended_after", "ended_until",
    "findings", "simulated", "reasons", "text",
)  # fmt: skip
"""``area_m2`` and the like are those of its largest finding; it came between ``came_after`` and
``came_until``, and ended, if it did, between ``ended_after`` and ``ended_until``."""
OUTCOME_COLUMNS = (
    "question", "outcome", "seen_fraction", "reasons", "text", "findings", "facility", "method",
    "before_scene", "after_scene", "earliest", "latest", "simulated", "id",
)  # fmt: skip
SHOWN = 20
"""Rows of a table that a notebook shows."""


def findings_frame(
    findings: Iterable[Finding],
    reviews: Iterable[Review] = (),
    events: Mapping[str, Event] | None = None,
) -> geopandas.GeoDataFrame:
    """Return one row for each finding, with its region, EPSG:4326; largest first.

    Columns are those of `FINDING_COLUMNS`; times are in UTC, and ``reasons`` is a tuple of codes.
    """
    import geopandas
    import pandas

    rows = finding_rows(findings, reviews, events)
    rows.sort(key=lambda row: (-row.values["area_m2"], row.values["id"]))
    frame = geopandas.GeoDataFrame(
        {name: [row.values[name] for row in rows] for name in FINDING_COLUMNS},
        geometry=[row.region for row in rows],
        crs="EPSG:4326",
    )
    for name, kind in FINDING_COLUMNS.items():
        if kind is datetime:
            frame[name] = pandas.to_datetime([at or None for at in frame[name]], utc=True)
        elif kind is not str:
            frame[name] = frame[name].astype(kind)
    frame["reasons"] = [tuple(text.split()) for text in frame["reasons"]]
    return frame


def outcomes_frame(observations: Iterable[Observation]) -> pandas.DataFrame:
    """Return one row for each observation; ``text`` says its reasons in words."""
    import pandas

    rows = [
        {
            "question": item.method.partition("/")[0],
            "outcome": item.outcome,
            "seen_fraction": item.seen_fraction,
            "reasons": tuple(str(reason.code) for reason in item.reasons),
            "text": unseen_words(item),
            "findings": len(item.finding_ids),
            "facility": item.facility_id,
            "method": item.method,
            "before_scene": item.before.id,
            "after_scene": item.after.id,
            "earliest": pandas.Timestamp(item.before.acquired_from_at),
            "latest": pandas.Timestamp(item.after.acquired_to_at),
            "simulated": item.simulated,
            "id": item.id,
        }
        for item in in_order(observations)
    ]
    return pandas.DataFrame(rows, columns=list(OUTCOME_COLUMNS))


def events_frame(events: Sequence[Event]) -> geopandas.GeoDataFrame:
    """Return one row for each event, with the ground of all its findings, EPSG:4326."""
    import geopandas
    import pandas

    def at(text: str | None) -> Any:
        return pandas.Timestamp(text) if text else pandas.NaT

    rows = []
    for event in events:
        largest, ended = event.largest, event.ended
        rows.append(
            {
                "id": event.id,
                "facility": event.facility_id,
                "kind": event.kind,
                "state": event.state,
                "area_m2": largest.area_m2,
                "area_low_m2": largest.area_low_m2,
                "area_high_m2": largest.area_high_m2,
                "probability": largest.probability,
                "confidence": largest.confidence,
                "came_after": at(event.came[0].acquired_from_at),
                "came_until": at(event.came[1].acquired_to_at),
                "last_seen_at": at(event.last_seen.acquired_to_at),
                "ended_after": at(ended[0].acquired_from_at if ended else None),
                "ended_until": at(ended[1].acquired_to_at if ended else None),
                "findings": tuple(item.id for item in event.findings),
                "simulated": largest.simulated,
                "reasons": tuple(str(reason.code) for reason in event.reasons),
                "text": " ".join(sentences(event.reasons)),
            }
        )
    columns = {name: [row[name] for row in rows] for name in EVENT_COLUMNS}
    regions = [event.geometry for event in events]
    return geopandas.GeoDataFrame(columns, geometry=regions, crs="EPSG:4326")


def as_html(title: str, outcomes: pandas.DataFrame, findings: geopandas.GeoDataFrame) -> str:
    """Lay out a comparison for a notebook."""
    parts = [f"<p>{html.escape(title)}</p>"]
    shown = outcomes[["question", "outcome", "seen_fraction", "text"]]
    parts.append(shown.to_html(index=False, float_format="{:.3f}".format))
    if len(findings):
        columns = ["id", "kind", "area_m2", "probability", "confidence", "position", "latest"]
        parts.append(findings[columns].head(SHOWN).to_html(index=False, float_format="{:g}".format))
    if len(findings) > SHOWN:
        parts.append(f"<p>{len(findings) - SHOWN} more rows.</p>")
    return "".join(parts)
