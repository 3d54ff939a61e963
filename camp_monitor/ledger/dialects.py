"""All that SQLite and PostgreSQL do in different ways; everything else SQLAlchemy does for both.

In SQLite the ledger is a file.  The default rollback journal is used, not a write-ahead log:
between two transactions it is one file that can be copied, also on a network drive, and a process
that is killed while it writes leaves a journal from which the next one restores it as it was.

In PostgreSQL its tables lie in the first schema of the user's search path.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import sqlalchemy as sa

from camp_monitor.errors import InstallationError
from camp_monitor.ledger.chain import CHAINED, SCHEMA, SCHEMA_VERSION, tables_of
from camp_monitor.settings import LedgerServer

ERRORS = (sa.exc.SQLAlchemyError, sqlite3.Error, UnicodeDecodeError)
"""What a database makes raise; the last where SQLite quotes damaged text in its own message."""


@dataclass(frozen=True)
class Dialect:
    """What has to be told to each in words of its own.

    Parameters
    ----------
    begin_reading, begin_writing : tuple of str
        What begins one consistent view, and a change that only one writer makes at a time;
        ``{wait_ms}`` stands for how long it waits for the writer before it, milliseconds.
    begin_deriving : tuple of str
        What begins a change of derived tables, which holds up no writer of the ledger.
    table_names, column_names : str
        Queries for the tables that are there, and for the columns of the table ``schema``.
    guard : str
        Trigger that forbids one ``{verb}`` on one ``{table}``.
    verbs : tuple of str
        What there is to be forbidden.
    function : dict of str
        By its name, what the triggers call.
    objects : str
        Query for all that a ledger consists of there: what each is and its name, and what would
        make it.
    damage : str
        Query for what is wrong with the file itself; ``ok`` is nothing.
    failures : dict of str
        Sentences by the beginning of an error's code.
    otherwise : str
        Sentence for every other error.
    """

    begin_reading: tuple[str, ...]
    begin_writing: tuple[str, ...]
    begin_deriving: tuple[str, ...]
    table_names: str
    column_names: str
    guard: str
    verbs: tuple[str, ...]
    function: Mapping[str, str]
    objects: str
    damage: str
    failures: Mapping[str, str]
    otherwise: str


_BUSY = "{place} is in use by another program: wait until it ends and try again."
_FULL = (
    "The disk with {place} is full, so nothing more was recorded: free some space and try again."
)

SQLITE = Dialect(
    begin_reading=("BEGIN",),
    begin_writing=("BEGIN IMMEDIATE",),
    begin_deriving=("BEGIN IMMEDIATE",),
    table_names="SELECT name FROM sqlite_master WHERE type = 'table'",
    column_names="SELECT name FROM pragma_table_info('schema')",
    guard=(
        "CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    ),
    verbs=("UPDATE", "DELETE"),
    function={},
    objects="SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL",
    damage="PRAGMA integrity_check(10)",
    failures={
        "SQLITE_BUSY": _BUSY,
        "SQLITE_LOCKED": _BUSY,
        "SQLITE_READONLY": (
            "{place} cannot be written, because it or its folder is read-only: nothing was "
            "recorded; make it writable or use another workspace."
        ),
        "SQLITE_FULL": _FULL,
        "SQLITE_CANTOPEN": (
            "{place} cannot be opened as {what}: check that it is a file, in a folder that can be "
            "read and written."
        ),
        "SQLITE_NOTADB": (
            "{place} is not {what}, nor any SQLite file: move it away or name another."
        ),
        "SQLITE_IOERR": (
            "{place} could not be read or written ({error}): check the disk and try again."
        ),
        "SQLITE_PERM": "{place} could not be read or written ({error}): check its permissions.",
    },
    otherwise=(
        "{place} is damaged, as SQLite says {error!a}: restore it from a copy, or move it away and "
        "begin anew."
    ),
)

POSTGRESQL = Dialect(
    begin_reading=("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",),
    begin_writing=(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET LOCAL lock_timeout = {wait_ms}",
        f"SELECT pg_advisory_xact_lock({int.from_bytes(b'campmon')})",
    ),
    begin_deriving=(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET LOCAL lock_timeout = {wait_ms}",
        f"SELECT pg_advisory_xact_lock({int.from_bytes(b'campder')})",
    ),
    table_names="SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    column_names=(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('schema') AND attnum > 0 "
        "AND NOT attisdropped"
    ),
    guard=(
        "CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    ),
    verbs=("UPDATE", "DELETE", "TRUNCATE"),
    function={
        "append_only": (
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'the ledger is append-only'; END$$"
        )
    },
    objects=(  # other tables of a schema may be somebody else's
        "SELECT 'trigger ' || proname, 'CREATE FUNCTION append_only() RETURNS trigger LANGUAGE "
        "plpgsql AS $$' || prosrc || '$$' FROM pg_proc WHERE oid = to_regproc('append_only') "
        "UNION ALL SELECT 'trigger ' || tgname, pg_get_triggerdef(pg_trigger.oid, true) "
        "FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal "
        "AND relnamespace = current_schema()::regnamespace AND relname = ANY(ARRAY[{tables}]) "
        "AND tgenabled IN ('O', 'A') "
        "UNION ALL SELECT 'rule ' || rulename, definition FROM pg_rules "
        "WHERE schemaname = current_schema() AND tablename = ANY(ARRAY[{tables}]) "
        "UNION ALL SELECT 'column ' || table_name || '.' || column_name, data_type || "
        "CASE is_nullable WHEN 'NO' THEN ' NO' ELSE '' END FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = ANY(ARRAY[{tables}])"
    ).format(tables=", ".join(f"'{table.name}'" for table in (SCHEMA, *CHAINED))),
    damage="SELECT 'ok'",  # the server checks its own files
    failures={
        "55P03": _BUSY,
        "53100": _FULL,
        "25006": "{place} is read-only: nothing was recorded; write to the server that leads.",
        "42501": "{place} does not let its user do that ({error}): nothing was recorded.",
        "None": (  # no connection came about, or it broke off
            "{place} cannot be reached ({error}): check that the server runs, the address under "
            "[ledger], and the password in PGPASSWORD or ~/.pgpass."
        ),
    },
    otherwise="{place} cannot be used, as PostgreSQL says {error!a}: ask who keeps the server.",
)


def dialect_of(connection: sa.Connection) -> Dialect:
    """Return the dialect that is spoken at the other end."""
    return SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL


def guards(dialect: Dialect = SQLITE, version: int = SCHEMA_VERSION) -> dict[str, str]:
    """Return what forbids changing or deleting a row of the ledger, by name.

    It guards against accidents and careless tools; against intent there is the chain.
    """
    triggers = {
        (name := f"{table.name}_{verb.lower()}"): dialect.guard.format(
            name=name, verb=verb, table=table.name
        )
        for table in (SCHEMA, *tables_of(version))
        for verb in dialect.verbs
    }
    return {**dialect.function, **triggers}


def make_engine(place: Path | LedgerServer, wait_s: float, *, reading: bool = False) -> sa.Engine:
    """Make the engine for a file or a server; it waits `wait_s` seconds for another writer.

    With `reading`, no file is made, and no table of one is written; what a writer that was killed
    left half done is still undone.

    Raises
    ------
    InstallationError
        The driver of PostgreSQL is not installed.
    """
    engine = _file(place, wait_s, reading) if isinstance(place, Path) else _server(place, wait_s)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        dialect = dialect_of(connection)
        options = connection.get_execution_options()
        begun = dialect.begin_writing if options.get("writing") else dialect.begin_reading
        for statement in dialect.begin_deriving if options.get("deriving") else begun:
            connection.exec_driver_sql(statement.format(wait_ms=max(1, round(wait_s * 1000))))

    return engine


def _file(path: Path, wait_s: float, reading: bool) -> sa.Engine:
    mode = "rw" if reading else "rwc"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            timeout=wait_s,
            isolation_level=None,
            uri=True,
        )
        connection.execute(f"PRAGMA query_only = {reading:d}")
        # A damaged text must reach the checks of the chain instead of stopping in the driver.
        connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)


def _server(server: LedgerServer, wait_s: float) -> sa.Engine:
    url = sa.make_url(server.url).set(drivername="postgresql+psycopg")
    settings = {"client_encoding": "utf8", "connect_timeout": max(2, ceil(wait_s))}
    try:
        return sa.create_engine(url, connect_args=settings, poolclass=sa.NullPool)
    except ImportError:
        raise InstallationError(
            "A ledger in PostgreSQL needs psycopg: install camp-monitor[postgresql]."
        ) from None


def sentence(error: Exception, place: Path | LedgerServer, what: str = "a ledger") -> str:
    """Say in one sentence what went wrong with a file or a server.

    Parameters
    ----------
    error : Exception
        One of `ERRORS`.
    place : Path or LedgerServer
    what : str
        What it was to be.
    """
    dialect = SQLITE if isinstance(place, Path) else POSTGRESQL
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", None) or str(getattr(cause, "sqlstate", ""))
    unreadable = isinstance(cause, UnicodeDecodeError)
    said = "text that is not UTF-8" if unreadable else " ".join(str(cause).split())[:160]
    known = (text for start, text in dialect.failures.items() if code.startswith(start))
    return next(known, dialect.otherwise).format(place=place, what=what, error=said)
