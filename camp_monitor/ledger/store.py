"""The SQLite file under the ledger: opening it, its transactions, its rows, its failures in words.

The default rollback journal is used, not a write-ahead log: between two transactions the ledger is
one file that can be copied, also on a network drive, and a process that is killed while it writes
leaves a journal from which the next one restores the ledger as it was.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from camp_monitor.errors import LedgerError
from camp_monitor.ledger.chain import (
    ADDED,
    METADATA,
    SCHEMA,
    SCHEMA_VERSION,
    START_SHA256,
    VERSIONS,
    Entry,
    Head,
    guards,
    hash_fault,
    link,
    tables_of,
)
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.run import RunRecord

Stored = TypeVar("Stored", Finding, Observation, Review, RunRecord)

_CHUNK = 500
"""Ids or rows in one statement; older SQLite allows 999 values in one."""

_FAILURES = {
    "SQLITE_BUSY": "{path} is in use by another program: wait until it ends and try again.",
    "SQLITE_LOCKED": "{path} is in use by another program: wait until it ends and try again.",
    "SQLITE_READONLY": (
        "{path} cannot be written, because it or its folder is read-only: nothing was recorded; "
        "make it writable or use another workspace."
    ),
    "SQLITE_FULL": (
        "The disk with {path} is full, so nothing more was recorded: free some space and try again."
    ),
    "SQLITE_CANTOPEN": (
        "{path} cannot be opened as a ledger: check that it is a file, in a folder that can be "
        "read and written."
    ),
    "SQLITE_NOTADB": "{path} is not a ledger, nor any SQLite file: move it away or name another.",
    "SQLITE_IOERR": "{path} could not be read or written ({error}): check the disk and try again.",
    "SQLITE_PERM": "{path} could not be read or written ({error}): check its permissions.",
}


class DamagedRowError(Exception):
    """A row is not what it says; the file that holds it is named where this is caught."""

    def __init__(self, table: sa.Table, seq: object, fault: str) -> None:
        super().__init__(f"row {seq!a:.40} of {table.name}, where {fault}")


@contextmanager
def in_sentences(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the file at `path` into a LedgerError of one sentence."""
    try:
        yield
    except DamagedRowError as error:
        raise LedgerError(f"{path} is damaged at {error}: restore it from a copy.") from None
    except (sa.exc.SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
        # SQLite quotes damaged text in its own message, which Python then cannot decode.
        cause = getattr(error, "orig", None) or error
        name = getattr(cause, "sqlite_errorname", None) or ""
        for failure, sentence in _FAILURES.items():
            if name.startswith(failure):
                raise LedgerError(sentence.format(path=path, error=cause)) from error
        found = "text that is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(cause)
        raise LedgerError(
            f"{path} is damaged, as SQLite says {' '.join(found.split())[:160]!a}: restore it from "
            f"a copy, or move it away and scan again."
        ) from error


def make_engine(path: Path, wait_s: float) -> sa.Engine:
    """Make the engine for the file at `path`; it waits `wait_s` seconds for another writer."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
        # A damaged text must reach the checks of the chain instead of stopping in the driver.
        connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


@contextmanager
def transaction(engine: sa.Engine, path: Path, *, writing: bool = False) -> Iterator[sa.Connection]:
    """One consistent view of the file, or one change that happens whole or not at all."""
    with in_sentences(path), engine.connect() as connection:
        options = connection.execution_options(writing=writing)
        with options.begin():
            yield options


def prepare(engine: sa.Engine, path: Path) -> None:
    """Make the tables in a new or empty file; check the version of one that has them.

    Raises
    ------
    LedgerError
        The file holds something else, which is left as it is, or another version of the schema.
    """
    with transaction(engine, path) as connection:
        names = _table_names(connection)
    if not names:
        with transaction(engine, path, writing=True) as connection:
            if not _table_names(connection):  # another process may have been faster
                METADATA.create_all(connection, checkfirst=False)
                for statement in guards().values():
                    connection.exec_driver_sql(statement)
                connection.execute(SCHEMA.insert().values(version=SCHEMA_VERSION))
    with transaction(engine, path) as connection:
        _check_version(connection, path)


def version_of(connection: sa.Connection) -> int:
    """Return the version of the schema that the file has now."""
    return int(connection.scalars(sa.select(sa.func.max(SCHEMA.c.version))).one())


def upgrade(connection: sa.Connection) -> None:
    """Bring a file of an older version to `SCHEMA_VERSION`, within the transaction of a writer.

    Tables and their guards are added, and a row to ``schema``; what the file holds stays as it is.
    A file that is only read keeps its version.
    """
    for version in range(version_of(connection) + 1, SCHEMA_VERSION + 1):
        for table in ADDED[version]:
            table.create(connection, checkfirst=False)
        for name in guards(version).keys() - guards(version - 1).keys():
            connection.exec_driver_sql(guards(version)[name])
        connection.execute(SCHEMA.insert().values(version=version))


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
    """Add entries to the end of a chain."""
    rows = link(entries, last(connection, table), recorded_at)
    if rows:
        connection.execute(table.insert(), rows)


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


def raw_columns(table: sa.Table) -> sa.Select[Any]:
    """Select every column as the file holds it, whatever its type."""
    return sa.select(*(_raw(column) for column in table.c))


def _raw(column: sa.Column[Any]) -> sa.Label[Any]:
    return sa.type_coerce(column, sa.types.NullType()).label(column.name)


def _table_names(connection: sa.Connection) -> set[str]:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {str(name) for name in names.scalars()}


def _check_version(connection: sa.Connection, path: Path) -> None:
    names = _table_names(connection)
    columns = (
        {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(schema)")}
        if SCHEMA.name in names
        else set()
    )
    if columns != {"version"}:
        raise LedgerError(
            f"{path} is an SQLite file but not a ledger of camp_monitor: it is left as it is; move "
            f"it away or name another."
        )
    versions = connection.scalars(sa.select(_raw(SCHEMA.c.version))).all()
    if versions not in VERSIONS:
        raise LedgerError(
            f"{path} states schema version {', '.join(map(ascii, versions))[:80] or 'none'}, and "
            f"this program reads up to version {SCHEMA_VERSION}: use the camp_monitor that wrote "
            f"it."
        )
    missing = {table.name for table in tables_of(max(versions))} - names
    if missing:
        raise LedgerError(
            f"{path} is damaged (it has no table {', '.join(sorted(missing))}): restore it from a "
            f"copy."
        )
