"""Rows of the ledger as they are, for whoever shows a part of it to others."""

from __future__ import annotations

from dataclasses import dataclass

from camp_monitor.ledger.chain import tables_of
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.store import checked_rows, version_of


@dataclass(frozen=True)
class Row:
    """One row of a chain.

    Parameters
    ----------
    seq : int
        Its number, from 1.
    id : str
        Of the record.
    content : str
        The record as canonical JSON.
    row_sha256 : str
        See `camp_monitor.ledger.chain`.
    recorded_at : str
        ISO 8601, UTC; outside of the chain.
    """

    seq: int
    id: str
    content: str
    row_sha256: str
    recorded_at: str


def read_rows(ledger: Ledger) -> dict[str, tuple[Row, ...]]:
    """Return every row, by the name of its table, in the order of the chain.

    Raises
    ------
    LedgerError
        A row is damaged.
    """
    names = ("seq", "id", "content", "row_sha256", "recorded_at")
    with ledger.view() as connection:
        return {
            table.name: tuple(
                Row(**{name: row[name] for name in names})
                for row in checked_rows(connection, table, (), "recorded_at")
            )
            for table in tables_of(version_of(connection))
        }
