"""Claims as a table that a case database can join by its own reference numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from camp_monitor.codes import ClaimVerdict
from camp_monitor.records.claim import Corroboration
from camp_monitor.report.text.sentences import name_of, sentences

if TYPE_CHECKING:
    import pandas

CLAIM_COLUMNS = (
    "reference", "facility", "kind", "from", "to", "size_m2", "lat", "lon", "verdict", "absent_on",
    "present_on", "events", "findings", "found_m2", "seen_fraction", "detectable_m2", "images",
    "simulated", "reasons", "verdict_text", "reasons_text", "record",
)  # fmt: skip
"""Columns of a table of claims.

The first eight are the claim, as `camp_monitor.claims.reading` reads it: a table that was written
can be handed in again.  ``events``, ``findings`` and ``images`` (pairs of days, ``before>after``)
are parted by blanks, ``reasons`` are codes, and the columns that end in ``_text`` say the same in
words.
"""


def claim_rows(claims: Iterable[Corroboration]) -> list[dict[str, Any]]:
    """Return one row for each claim, with None where there is no value."""
    return [_row(one) for one in claims]


def claims_csv(claims: Iterable[Corroboration]) -> bytes:
    """Write claims as CSV in UTF-8 with a byte-order mark, which spreadsheets need for Korean."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, CLAIM_COLUMNS, restval="")
    table.writeheader()
    for row in claim_rows(claims):
        table.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue().encode("utf-8-sig")


def claims_frame(claims: Iterable[Corroboration]) -> pandas.DataFrame:
    """Return one row for each claim, as `CLAIM_COLUMNS`."""
    import pandas

    return pandas.DataFrame(claim_rows(claims), columns=list(CLAIM_COLUMNS))


def references_of(claims: Iterable[Corroboration]) -> Mapping[str, tuple[str, ...]]:
    """Return, by the id of an event, the references of the claims that it supports."""
    found: dict[str, list[str]] = {}
    for one in claims:
        if one.verdict == ClaimVerdict.SUPPORTED:
            for event_id in one.event_ids:
                found.setdefault(event_id, []).append(one.claim.reference)
    return {key: tuple(sorted(set(references))) for key, references in found.items()}


def _row(one: Corroboration) -> dict[str, Any]:
    claim = one.claim
    return {
        "reference": claim.reference,
        "facility": claim.facility_id or None,
        "kind": claim.kind,
        "from": claim.from_on,
        "to": claim.to_on,
        "size_m2": claim.size_m2,
        "lat": claim.lat,
        "lon": claim.lon,
        "verdict": str(one.verdict),
        "absent_on": one.absent_on or None,
        "present_on": one.present_on or None,
        "events": " ".join(one.event_ids),
        "findings": " ".join(one.finding_ids),
        "found_m2": one.area_m2,
        "seen_fraction": one.seen_fraction,
        "detectable_m2": one.detectable_m2,
        "images": " ".join(f"{pair.before_on}>{pair.after_on}" for pair in one.images),
        "simulated": one.simulated,
        "reasons": " ".join(str(reason.code) for reason in one.reasons),
        "verdict_text": name_of("claim_verdict", one.verdict),
        "reasons_text": " ".join(sentences(one.reasons)),
        "record": one.id,
    }


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else value
