"""The tables of the ledger, and the chain of hashes that runs through each of them.

A row holds one record as canonical JSON.  Its ``row_sha256`` is the SHA-256 of the ``row_sha256``
of the row before it (64 zeros before the first) followed by its own content, both as UTF-8, so that
a stranger can follow the chain with any tool that computes SHA-256.  The other columns are copies
of parts of the content, kept so that rows can be looked up, and can be checked against it.  A
chain covers contents, not the clock: the same records make the same chain on any day.  The times of
recording are covered by a chain of their own, ``recordings``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

SCHEMA_VERSION = 5
VERSIONS = [
    list(range(first, last + 1))
    for last in range(1, SCHEMA_VERSION + 1)
    for first in range(1, last + 1)
]
"""What the table ``schema`` may hold: a row is added when a file goes on to the next version."""

START_SHA256 = "0" * 64
"""Stands before the first row of a chain."""

METADATA = sa.MetaData()
SCHEMA = sa.Table("schema", METADATA, sa.Column("version", sa.Integer, nullable=False))


def _chained(name: str, *copied: sa.Column[Any]) -> sa.Table:
    """Declare a table of one kind of record, with columns `copied` from its content."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("previous_sha256", sa.Text, nullable=False),
        sa.Column("row_sha256", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        *copied,
    )


def _text(name: str, *, index: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, index=index)


OBSERVATIONS = _chained(
    "observations",
    _text("facility_id", index=True),
    _text("method"),
    _text("outcome"),
)
FINDINGS = _chained(
    "findings",
    _text("facility_id", index=True),
    _text("kind"),
    *(sa.Column(side, sa.Float, nullable=False) for side in ("west", "south", "east", "north")),
    sa.Column("geometry", sa.LargeBinary, nullable=False),
)
ANSWERS = _chained("answers", _text("observation_id", index=True))
"""One row each time that another observation became the answer to its question."""

REVIEWS = _chained("reviews", _text("finding_id", index=True), _text("verdict"))

RUNS = _chained("runs", _text("run_id"), _text("what"), _text("facility_id", index=True))
"""What runs set out to do and what became of it: see `camp_monitor.records.run`."""

CLAIMS = _chained("claims", _text("reference", index=True), _text("facility_id"), _text("verdict"))
"""Claims of others, and what came of setting them against images: `camp_monitor.records.claim`."""

RECORDINGS = _chained("recordings", _text("chain"))
"""When the rows of the other chains were recorded: see `camp_monitor.ledger.times`."""

CHAINED = (OBSERVATIONS, FINDINGS, ANSWERS, REVIEWS, RUNS, CLAIMS, RECORDINGS)
ADDED: dict[int, tuple[sa.Table, ...]] = {
    2: (REVIEWS,),
    3: (RUNS,),
    4: (),
    5: (CLAIMS, RECORDINGS),
}
"""Tables that a version of the schema added to the one before; 4 holds codes and numbers where 1 to
3 held sentences."""

COMMON = ("seq", "id", "content", "previous_sha256", "row_sha256", "recorded_at")


@dataclass(frozen=True)
class Entry:
    """What is to become a row: an id, the content, and the columns copied from it."""

    id: str
    content: str
    copied: Mapping[str, Any]


@dataclass(frozen=True)
class Head:
    """Where a chain ends.  Kept elsewhere, it shows later whether rows were cut off or replaced.

    Parameters
    ----------
    table : str
        Name of the table.
    rows : int
        How many rows it had.
    row_sha256 : str
        Hash of the last of them; 64 zeros for an empty table.
    """

    table: str
    rows: int
    row_sha256: str


def tables_of(version: int) -> tuple[sa.Table, ...]:
    """Return the chained tables that a file of this version of the schema has."""
    later = {table.name for number, added in ADDED.items() if number > version for table in added}
    return tuple(table for table in CHAINED if table.name not in later)


def row_hash(previous_sha256: str, content: str) -> str:
    """SHA-256, in hexadecimal, of a row: the hash of the row before it, then its content."""
    return hashlib.sha256((previous_sha256 + content).encode()).hexdigest()


def link(entries: Iterable[Entry], head: Head, recorded_at: str) -> list[dict[str, Any]]:
    """Turn entries into the rows that follow `head`."""
    rows = []
    previous_sha256 = head.row_sha256
    for seq, entry in enumerate(entries, head.rows + 1):
        row_sha256 = row_hash(previous_sha256, entry.content)
        rows.append(
            {
                "seq": seq,
                "id": entry.id,
                "content": entry.content,
                "previous_sha256": previous_sha256,
                "row_sha256": row_sha256,
                "recorded_at": recorded_at,
                **entry.copied,
            }
        )
        previous_sha256 = row_sha256
    return rows


def hash_fault(row: sa.RowMapping) -> str:
    """Say whether a row, taken by itself, does not have the hash that it states; else empty.

    `row` holds the values as the file does, of whatever type.
    """
    content, previous_sha256 = row["content"], row["previous_sha256"]
    if not isinstance(content, str) or not isinstance(previous_sha256, str):
        return "its content or the hash of the row before is not text"
    try:
        expected_sha256 = row_hash(previous_sha256, content)
    except UnicodeEncodeError:
        return "its content is not UTF-8"
    return "" if row["row_sha256"] == expected_sha256 else "its content does not match its hash"


def row_fault(row: sa.RowMapping, entry_of: Callable[[str], Entry]) -> str:
    """Say what is wrong with a row taken by itself; empty when nothing is.

    Parameters
    ----------
    row : mapping
        Every column of the row, with the values as the file holds them, of whatever type.
    entry_of : callable
        Makes the entry again from a content; raises ValueError for one that it cannot read.
    """
    fault = hash_fault(row)
    if fault:
        return fault
    try:
        entry = entry_of(row["content"])
    except ValueError as error:
        return f"its content cannot be read ({error})"
    if row["id"] != entry.id or row["content"] != entry.content:
        return "its content does not match its id"
    for name, value in entry.copied.items():
        if row[name] != value:
            return f"its column {name} does not match its content"
    return ""


def chain_faults(
    table: str, rows: Iterable[sa.RowMapping], entry_of: Callable[[str], Entry] | None = None
) -> list[str]:
    """Say what is wrong with the chain of a table, in sentences; empty when it is whole.

    Without `entry_of` only the hashes are followed, and contents are not read.
    """
    faults = []
    previous_sha256 = START_SHA256
    for number, row in enumerate(rows, 1):
        name = f"Row {number} of {table} ({row['id']!a:.40})"
        fault = row_fault(row, entry_of) if entry_of else hash_fault(row)
        if fault:
            faults.append(f"{name}: {fault}.")
        if row["seq"] != number:
            faults.append(f"{name} is numbered {row['seq']!a:.40}: rows were removed or added.")
        if row["previous_sha256"] != previous_sha256:
            faults.append(f"{name} does not follow the row before it.")
        previous_sha256 = row["row_sha256"]
    return faults
