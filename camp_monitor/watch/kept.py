"""What a status rests on: whether the ledger was altered, and its head."""

from __future__ import annotations

from dataclasses import dataclass

from camp_monitor.errors import LedgerError
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.report.text.sentences import phrase


@dataclass(frozen=True)
class Kept:
    """What a status rests on.

    Parameters
    ----------
    fault : str
        What shows that the ledger was altered; empty where nothing does.
    head : str
        Hash over its chains.
    rows : int
    """

    fault: str
    head: str = ""
    rows: int = 0


def read_kept(ledger: Ledger) -> Kept:
    """Follow the chains and kept heads of a ledger."""
    try:
        ledger.check()
    except LedgerError as error:
        return Kept(str(error))
    return Kept("", ledger.head_sha256(), sum(head.rows for head in ledger.head()))


def ledger_sentence(kept: Kept | None) -> str:
    """Say whether the ledger was altered, and what its head is; empty without one."""
    if kept is None:
        return ""
    if kept.fault:
        return phrase("ledger.altered", fault=kept.fault)
    return phrase("ledger.whole", rows=kept.rows, head=kept.head)
