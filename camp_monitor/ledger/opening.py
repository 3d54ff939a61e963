"""Opening the ledger: to write, which makes one where none ever was, or to read, which does not."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from camp_monitor.errors import LedgerError
from camp_monitor.ledger.dialects import make_engine
from camp_monitor.ledger.heads import KeptHead, read_heads
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.schema import create
from camp_monitor.ledger.store import Place, is_empty, prepare
from camp_monitor.workspace import Workspace


def open_ledger(
    place: Place, *, heads: Path | None = None, reading: bool = False, wait_s: float = 30.0
) -> Ledger:
    """Open the ledger at `place`.

    To write, it is made, with the folder of a file, where none ever was.  To read, nothing is made
    or changed: where none ever was, an empty one is held in memory.

    Parameters
    ----------
    place : Path or LedgerServer
        The file, such as ``out/ledger.sqlite``, or the server; `Workspace.ledger` is one of both.
    heads : Path or None
        File in which heads of this ledger are kept, see `camp_monitor.ledger.heads`.
    reading : bool
        Whether nothing will be recorded.
    wait_s : float
        How long to wait for another process that is writing, seconds.

    Raises
    ------
    LedgerError
        There is no ledger though heads of one are kept, or something else is there (which is left
        as it is), or one of another schema version or with a schema that was altered; or it cannot
        be reached, read or made.
    InstallationError
        The driver of PostgreSQL is not installed.
    """
    if isinstance(place, Path):
        place = place.absolute()
        if not place.exists():
            _check_never_was(place, heads)
            if reading:
                return _empty(place)
        if not reading:
            _make_folder(place.parent)
    engine = make_engine(place, wait_s, reading=reading)
    try:
        if is_empty(engine, place):
            _check_never_was(place, heads)
            if reading:
                engine.dispose()
                return _empty(place)
        prepare(engine, place)
    except LedgerError:
        engine.dispose()
        raise
    return Ledger(place, engine, heads)


def open_ledger_of(workspace: Workspace, *, reading: bool = False) -> Ledger:
    """Open the ledger of a workspace, which knows its heads; see `open_ledger`."""
    return open_ledger(workspace.ledger, heads=workspace.heads, reading=reading)


def _check_never_was(place: Place, heads: Path | None) -> None:
    """Refuse to begin anew where something was recorded before."""
    kept = read_heads(heads) if heads else ()
    if kept:
        raise LedgerError(
            f"{place} is gone or empty, but {_rows(kept[-1])} rows were recorded there by "
            f"{kept[-1].at[:10]}, as {heads} says: restore it from a copy; only "
            f"if it was given up, move that file away to begin anew."
        )


def _rows(kept: KeptHead) -> int:
    return sum(head.rows for head in kept.heads)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"{folder} cannot be made a folder ({error.strerror}): use another workspace."
        ) from error


def _empty(place: Place) -> Ledger:
    """Hold a ledger without a record in memory."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        create(connection)
        connection.exec_driver_sql("PRAGMA query_only = 1")
    return Ledger(place, engine)
