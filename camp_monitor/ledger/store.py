"""The database under the ledger: its tables, its transactions, its rows, its failures in words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import sqlalchemy as sa

from camp_monitor.errors import LedgerError
from camp_monitor.ledger.chain import (
    RECORDINGS,
    RUNS,
    SCHEMA,
    SCHEMA_VERSION,
    START_SHA256,
    VERSIONS,
    Entry,
    Head,
    hash_fault,
    link,
    tables_of,
)
from camp_monitor.ledger.dialects import ERRORS, dialect_of, sentence
from camp_monitor.ledger.entries import recording_entry
from camp_monitor.ledger.schema import add_version, create
from camp_monitor.ledger.times import Recording, hash_of_times
from camp_monitor.records.claim import Corroboration
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.run import RunRecord
from camp_monitor.settings import LedgerServer

Place: TypeAlias = Path | LedgerServer
"""Where a ledger is: a file of SQLite, or a server of PostgreSQL."""

Stored = TypeVar("Stored", Finding, Observation, Review, RunRecord, Corroboration)

_CHUNK = 500
"""Ids or rows in one statement; older SQLite allows 999 values in one."""


class DamagedRowError(Exception):
    """A row is not what it says; the file that holds it is named where this is caught."""

    def __init__(self, table: sa.Table, seq: object, fault: str) -> None:
        super().__init__(f"row {seq!a:.40} of {table.name}, where {fault}")


@contextmanager
def in_sentences(place: Place) -> Iterator[None]:
    """Turn what goes wrong with a file or a server into a LedgerError of one sentence."""
    try:
        yield
    except DamagedRowError as error:
        raise LedgerError(f"{place} is damaged at {error}: restore it from a copy.") from None
    except ERRORS as error:
        raise LedgerError(sentence(error, place)) from error


@contextmanager
def transaction(
    engine: sa.Engine, place: Place, *, writing: bool = False
) -> Iterator[sa.Connection]:
    """One consistent view of the ledger, or one change that happens whole or not at all."""
    with in_sentences(place), engine.connect() as connection:
        options = connection.execution_options(writing=writing)
        with options.begin():
            yield options


def is_empty(engine: sa.Engine, place: Place) -> bool:
    """Whether there is no table at all: a new file, or one that was emptied."""
    with transaction(engine, place) as connection:
        return not _table_names(connection)


def prepare(engine: sa.Engine, place: Place) -> None:
    """Make the tables where there are none; check the version and schema of those that are there.

    Raises
    ------
    LedgerError
        Something else is there, which is left as it is, or another version of the schema, or one
        that was altered.
    """
    if is_empty(engine, place):
        with transaction(engine, place, writing=True) as connection:
            if not _table_names(connection):  # another process may have been faster
                create(connection)
    with transaction(engine, place) as connection:
        _check_version(connection, place)


def version_of(connection: sa.Connection) -> int:
    """Return the version of the schema that the ledger has now."""
    return int(connection.scalars(sa.select(sa.func.max(SCHEMA.c.version))).one())


def upgrade(connection: sa.Connection, at: str) -> None:
    """Bring a ledger of an older version to `SCHEMA_VERSION`, within the transaction of a writer.

    Tables and their guards are added, and a row to ``schema``; what the ledger holds stays as it
    is, and its times of recording are from now on covered.  One that is only read keeps its
    version.

    Parameters
    ----------
    connection : sqlalchemy Connection
    at : str
        Now: ISO 8601, UTC.
    """
    before = version_of(connection)
    for version in range(before + 1, SCHEMA_VERSION + 1):
        add_version(connection, version)
    if before < SCHEMA_VERSION:
        for table in tables_of(before):
            _keep_times(connection, table, 0, at)


def last(connection: sa.Connection, table: sa.Table) -> Head:
    """Return where the chain of `table` ends; refuse a last row that does not match its hash."""
    newest = raw_columns(table).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    if row is None:
        return Head(table.name, 0, START_SHA256)
    fault = hash_fault(row)
    if fault:
        raise DamagedRowError(table, row["seq"], fault)
    return Head(table.name, int(row["seq"]), str(row["row_sha256"]))


def append(
    connection: sa.Connection, table: sa.Table, entries: Iterable[Entry], recorded_at: str
) -> None:
    """Add entries to the end of a chain, and read them back; keep their times in ``recordings``.

    Raises
    ------
    LedgerError
        The table holds something else than what was written.
    """
    head = last(connection, table)
    rows = link(entries, head, recorded_at)
    if not rows:
        return
    connection.execute(table.insert(), rows)
    written = raw_columns(table).where(table.c.seq > head.rows).order_by(table.c.seq)
    held = ({**row} for row in connection.execute(written).mappings())
    if not all(row == other for row, other in zip_longest(rows, held)):
        raise LedgerError(
            f"What was written to table {table.name} of the ledger is not what it holds: nothing "
            f"was recorded; camp-monitor ledger verify says what is wrong with it."
        )
    _keep_times(connection, table, head.rows, recorded_at)


def _keep_times(connection: sa.Connection, table: sa.Table, after: int, at: str) -> None:
    """Add to ``recordings`` what covers the times of all rows after a number."""
    if table in (RUNS, RECORDINGS):
        return  # they state their own
    rows = raw_columns(table, ("seq", "recorded_at")).where(table.c.seq > after)
    held = connection.execute(rows.order_by(table.c.seq)).all()
    if held:
        times = hash_of_times(row.recorded_at for row in held)
        recording = Recording(at, table.name, after + 1, int(held[-1].seq), times)
        append(connection, RECORDINGS, [recording_entry(recording)], at)


def read(
    connection: sa.Connection,
    table: sa.Table,
    wanted: Sequence[sa.ColumnElement[bool]],
    make: Callable[[str], Stored],
    ids: set[str] | None = None,
) -> list[Stored]:
    """Read the records of the rows for which all of `wanted` hold, and in `ids` when given.

    Each row is checked against its own hash and id; the whole chain is `Ledger.verify`'s to check.

    Raises
    ------
    LedgerError
        A row is damaged.
    """
    records = []
    for row in checked_rows(connection, table, wanted):
        if ids is not None and row["id"] not in ids:
            continue
        try:
            record = make(row["content"])
        except ValueError as error:
            raise DamagedRowError(table, row["seq"], str(error)) from None
        if (record.id, record.sha256) != (
            row["id"],
            hashlib.sha256(row["content"].encode()).hexdigest(),
        ):
            raise DamagedRowError(table, row["seq"], "its content does not match its id")
        records.append(record)
    return records


def checked_rows(
    connection: sa.Connection,
    table: sa.Table,
    wanted: Sequence[sa.ColumnElement[bool]],
    *more: str,
) -> Iterator[sa.RowMapping]:
    """Read rows, in their order, each checked against its own hash: id, content, `more` columns.

    Raises
    ------
    LedgerError
        A row is damaged.
    """
    columns = ("seq", "id", "content", "previous_sha256", "row_sha256", *more)
    statement = sa.select(*(_raw(table.c[name]) for name in columns)).where(*wanted)
    for row in connection.execute(statement.order_by(table.c.seq)).mappings():
        fault = hash_fault(row)
        if fault:
            raise DamagedRowError(table, row["seq"], fault)
        yield row


def held(
    connection: sa.Connection, table: sa.Table, ids: Iterable[str], make: Callable[[str], Stored]
) -> dict[str, Stored]:
    """Read those records of `ids` that the table holds, by id."""
    asked = sorted(ids)
    found: dict[str, Stored] = {}
    for start in range(0, len(asked), _CHUNK):
        wanted = [table.c.id.in_(asked[start : start + _CHUNK])]
        found.update({item.id: item for item in read(connection, table, wanted, make)})
    return found


def raw_columns(table: sa.Table, names: Sequence[str] = ()) -> sa.Select[Any]:
    """Select columns as the file holds them, whatever their type; every one, or those named."""
    return sa.select(*(_raw(table.c[name]) for name in names or table.c.keys()))


def _raw(column: sa.Column[Any]) -> sa.Label[Any]:
    return sa.type_coerce(column, sa.types.NullType()).label(column.name)


def _table_names(connection: sa.Connection) -> set[str]:
    names = connection.exec_driver_sql(dialect_of(connection).table_names)
    return {str(name) for name in names.scalars()}


def _check_version(connection: sa.Connection, place: Place) -> None:
    names = _table_names(connection)
    columns = connection.exec_driver_sql(dialect_of(connection).column_names).scalars().all()
    if columns != ["version"]:
        raise LedgerError(
            f"{place} is a database but not a ledger of camp_monitor: it is left as it is; move it "
            f"away or name another."
        )
    version = _raw(SCHEMA.c.version)
    versions = connection.scalars(sa.select(version).order_by(version)).all()
    if versions not in VERSIONS:
        raise LedgerError(
            f"{place} states schema version {', '.join(map(ascii, versions))[:80] or 'none'}, and "
            f"this program reads up to version {SCHEMA_VERSION}: use the camp_monitor that wrote "
            f"it."
        )
    missing = {table.name for table in tables_of(max(versions))} - names
    if missing:
        raise LedgerError(
            f"{place} is damaged (it has no table {', '.join(sorted(missing))}): restore it from a "
            f"copy."
        )
