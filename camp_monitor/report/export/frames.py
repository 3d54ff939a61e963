"""Findings, events and outcomes as tables of GeoPandas and pandas."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from camp_monitor.events.events import Event
from camp_monitor.records.finding import Finding, in_order
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.report.export.tables import (
    EVENT_COLUMNS,
    FINDING_COLUMNS,
    Row,
    event_rows,
    finding_rows,
)
from camp_monitor.report.text.words import unseen_words

if TYPE_CHECKING:
    import geopandas
    import pandas

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
    rows = finding_rows(findings, reviews, events)
    rows.sort(key=lambda row: (-row.values["area_m2"], row.values["id"]))
    frame = _frame(rows, FINDING_COLUMNS)
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


def events_frame(events: Iterable[Event]) -> geopandas.GeoDataFrame:
    """Return one row for each event, as it is laid before a reader, with its ground, EPSG:4326.

    Columns are those of `EVENT_COLUMNS`; times are in UTC, ``reasons`` and ``finding_ids`` tuples.
    """
    frame = _frame(event_rows(events), EVENT_COLUMNS)
    for name in ("reasons", "finding_ids"):
        frame[name] = [tuple(text.split()) for text in frame[name]]
    return frame


def _frame(rows: Sequence[Row], columns: Mapping[str, type]) -> geopandas.GeoDataFrame:
    """Put rows into a frame, each column of its type."""
    import geopandas
    import pandas

    frame = geopandas.GeoDataFrame(
        {name: [row.values[name] for row in rows] for name in columns},
        geometry=[row.region for row in rows],
        crs="EPSG:4326",
    )
    for name, kind in columns.items():
        if kind is datetime:
            frame[name] = pandas.to_datetime([at or None for at in frame[name]], utc=True)
        elif kind is not str:
            frame[name] = frame[name].astype(kind)
    return frame


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
