"""What follows from the ledger and is kept, so that a list need not work it out again.

A derived table holds rows that follow from the records of one facility each.  It lies outside of
the ledger, and of its chains: with a file, in another file beside it; with a server, beside its
tables.  It may be deleted at any time.  With it stands how far each chain of the ledger had come.
Where the chains do not run through these heads any more, or the program is another one, the table
is thrown away; else only facilities of which something was recorded since are worked out again.
Where nothing can be written, the same is done in memory.  Whoever records brings it up to date at
the end (`refresh`), so that a list finds it so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from camp_monitor.ledger.chain import (
    ANSWERS,
    FINDINGS,
    OBSERVATIONS,
    REVIEWS,
    START_SHA256,
    Head,
    tables_of,
)
from camp_monitor.ledger.dialects import ERRORS, dialect_of, make_engine
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.ledger.store import Place, last, version_of

WAIT_S = 1.0
"""So long it is waited for another process that brings a table up to date."""
ROOT = Path(__file__).parents[1]
ROOMS = ("*.py", *(f"{room}/**/*.py" for room in (
    "facilities", "scenes", "pairs", "records", "ledger", "events",
)))  # fmt: skip
"""What derived tables rest on: a change there may change what follows from the same records."""
_FACILITY_OF = {
    OBSERVATIONS: sa.select(OBSERVATIONS.c.facility_id).select_from(OBSERVATIONS),
    FINDINGS: sa.select(FINDINGS.c.facility_id).select_from(FINDINGS),
    ANSWERS: sa.select(OBSERVATIONS.c.facility_id).select_from(
        ANSWERS.join(OBSERVATIONS, OBSERVATIONS.c.id == ANSWERS.c.observation_id)
    ),
    REVIEWS: sa.select(FINDINGS.c.facility_id).select_from(
        REVIEWS.join(FINDINGS, FINDINGS.c.id == REVIEWS.c.finding_id)
    ),
}
"""Of which facility a row of each chain is."""


@dataclass(frozen=True, eq=False)
class Derived:
    """A table that follows from the ledger.

    Parameters
    ----------
    table : Table
        Has a column ``facility_id``.
    make : callable
        From a view of the ledger and the id of a facility to the rows of that facility, without
        their ``facility_id``.  The same records give the same rows.
    """

    table: sa.Table
    make: Callable[[sa.Connection, str], Sequence[Mapping[str, Any]]]

    def __post_init__(self) -> None:
        _ = self.heads  # declared with the table

    @cached_property
    def heads(self) -> sa.Table:
        """Where the chains were that the rows follow from, and by what program."""
        return sa.Table(
            f"{self.table.name}_heads",
            self.table.metadata,
            sa.Column("chain", sa.Text, primary_key=True),
            sa.Column("rows", sa.Integer, nullable=False),
            sa.Column("row_sha256", sa.Text, nullable=False),
            sa.Column("rules", sa.Text, nullable=False),
            keep_existing=True,
        )


Rows = Sequence[Mapping[str, Any]]
Spread = Callable[[Callable[[str], Rows], Sequence[str]], Iterable[Rows]]
"""Does a piece of work for each of some facilities, in their order; maybe in other processes."""


@cache
def rules() -> str:
    """Hash the modules of `ROOMS` and the versions of what they compute with."""
    digest = hashlib.sha256(f"numpy {version('numpy')}, shapely {version('shapely')}".encode())
    for path in sorted(path for pattern in ROOMS for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def derived_file(ledger_file: Path, derived: Derived) -> Path:
    """Return the file beside that of a ledger in which a derived table is kept."""
    return ledger_file.with_name(f"{ledger_file.name}-{derived.table.name}")


@contextmanager
def up_to_date(
    ledger: Ledger, derived: Derived, facility_id: str | None = None, spread: Spread = map
) -> Iterator[sa.Connection]:
    """Give a connection to a derived table that is up to date with the ledger.

    Parameters
    ----------
    ledger : Ledger
    derived : Derived
    facility_id : str or None
        Only the rows of this facility are needed, and none of others are worked out.
    spread : callable
        See `Spread`.

    Raises
    ------
    LedgerError
        The ledger is damaged or cannot be read.
    """
    place = ledger.place
    file = derived_file(place, derived) if isinstance(place, Path) else None
    kept = make_engine(file or place, WAIT_S)
    memory = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    used = kept
    try:
        try:
            if facility_id is None:
                _bring_up_to_date(ledger, derived, kept, spread)
            elif facility_id in _stale(ledger, derived, kept, [facility_id]):
                used = memory
        except ERRORS as error:
            if file is not None and not isinstance(error, sa.exc.OperationalError):
                file.unlink(missing_ok=True)  # no database, or a damaged one
            used = memory
        if used is memory:
            derived.table.metadata.create_all(memory)
            if facility_id is not None:
                with memory.begin() as target, ledger.view() as view:
                    _replace(target, derived, facility_id, derived.make(view, facility_id))
            else:
                with suppress(*ERRORS):
                    _copy(derived, kept, memory)
                _bring_up_to_date(ledger, derived, memory, spread)
        with used.connect() as connection:
            yield connection
    finally:
        kept.dispose()
        memory.dispose()


def refresh(ledger: Ledger, derived: Derived, facility_ids: Collection[str]) -> bool:
    """Bring a derived table up to date, where no other facilities than these are out of date.

    So what is recorded of a few never takes the time that all would.

    Returns
    -------
    bool
        Whether it is up to date now.

    Raises
    ------
    LedgerError
        The ledger is damaged or cannot be read.
    """
    place = ledger.place
    kept = make_engine(derived_file(place, derived) if isinstance(place, Path) else place, WAIT_S)
    try:
        with ledger.view() as view:
            every = set(view.scalars(sa.select(OBSERVATIONS.c.facility_id).distinct()))
        if not set(facility_ids).issuperset(_stale(ledger, derived, kept, every)):
            return False
        _bring_up_to_date(ledger, derived, kept)
    except ERRORS:
        return False
    finally:
        kept.dispose()
    return True


def _stale(
    ledger: Ledger, derived: Derived, engine: sa.Engine, every: Iterable[str]
) -> Sequence[str]:
    """Return which facilities are to be worked out again; `every` where the table is of no use."""
    with engine.connect() as connection:
        kept = _kept_heads(connection, derived)
    changed = None if kept is None else _changed(ledger, kept)
    return sorted(every if changed is None else changed)


def _bring_up_to_date(
    ledger: Ledger, derived: Derived, engine: sa.Engine, spread: Spread = map
) -> None:
    with ledger.view() as view:
        heads = _heads(view)
    with engine.connect() as connection:
        if _kept_heads(connection, derived) == heads:
            return
    with engine.connect().execution_options(deriving=True) as target, target.begin():
        kept = _kept_heads(target, derived)
        changed = None if kept is None else _changed(ledger, kept)
        if changed is None:
            derived.table.metadata.drop_all(target)
            derived.table.metadata.create_all(target)
            with ledger.view() as view:
                changed = set(view.scalars(sa.select(OBSERVATIONS.c.facility_id).distinct()))
        names = sorted(changed)
        every = spread(partial(_made, derived.make, ledger.place), names)
        for facility_id, made in zip(names, every, strict=True):
            _replace(target, derived, facility_id, made)
        target.execute(derived.heads.delete())
        ends = [(one.table, one.rows, one.row_sha256, rules()) for one in heads]
        columns = [column.name for column in derived.heads.c]
        rows = [dict(zip(columns, end, strict=True)) for end in ends]
        target.execute(derived.heads.insert(), rows)


def _made(make: Callable[[sa.Connection, str], Rows], place: Place, facility_id: str) -> Rows:
    with open_ledger(place, reading=True) as ledger, ledger.view() as view:
        return make(view, facility_id)


def _replace(
    target: sa.Connection,
    derived: Derived,
    facility_id: str,
    rows: Rows,
) -> None:
    table = derived.table
    target.execute(table.delete().where(table.c.facility_id == facility_id))
    if rows:
        target.execute(table.insert(), [{"facility_id": facility_id, **row} for row in rows])


def _copy(derived: Derived, kept: sa.Engine, memory: sa.Engine) -> None:
    """Copy what is kept, or nothing if it cannot be read."""
    with kept.connect() as source, memory.begin() as target:
        for table in (derived.table, derived.heads):
            rows = [dict(row) for row in source.execute(sa.select(table)).mappings()]
            if rows:
                target.execute(table.insert(), rows)


def _heads(view: sa.Connection) -> tuple[Head, ...]:
    """Return the ends of the chains from which rows may follow."""
    there = tables_of(version_of(view))
    return tuple(last(view, table) for table in _FACILITY_OF if table in there)


def _kept_heads(connection: sa.Connection, derived: Derived) -> tuple[Head, ...] | None:
    """Return the heads of a derived table; None where it has none, or was made by other rules."""
    names = set(connection.exec_driver_sql(dialect_of(connection).table_names).scalars())
    if not {derived.table.name, derived.heads.name} <= names:
        return None
    found = {row.chain: row for row in connection.execute(sa.select(derived.heads))}
    if not found or {row.rules for row in found.values()} != {rules()}:
        return None
    return tuple(
        Head(table.name, found[table.name].rows, found[table.name].row_sha256)
        for table in _FACILITY_OF
        if table.name in found
    )


def _changed(ledger: Ledger, kept: Sequence[Head]) -> set[str] | None:
    """Return the facilities of which rows were added since; None where the chains are others."""
    rows = {head.table: head.rows for head in kept}
    changed: set[str] = set()
    with ledger.view() as view:
        tables = {table.name: table for table in tables_of(version_of(view))}
        for head in kept:
            table = tables.get(head.table)
            if table is None:
                return None
            if head.row_sha256 == START_SHA256:
                continue
            hashed = sa.select(table.c.row_sha256).where(table.c.seq == head.rows)
            if view.scalars(hashed).one_or_none() != head.row_sha256:
                return None
        for table, facility in _FACILITY_OF.items():
            if table.name in tables:
                since = facility.where(table.c.seq > rows.get(table.name, 0))
                changed |= set(view.scalars(since.distinct()))
    return changed
