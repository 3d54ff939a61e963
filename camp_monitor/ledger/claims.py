"""Claims of others in the ledger, with what came of setting them against images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from camp_monitor.ledger.chain import ANSWERS, CLAIMS, REVIEWS, RUNS, tables_of
from camp_monitor.ledger.clock import check_clock, time_of_recording
from camp_monitor.ledger.entries import claim_entry, read_claim
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.store import append, read, version_of
from camp_monitor.records.claim import Corroboration, latest_answers


def record_claims(
    ledger: Ledger,
    given: Sequence[Corroboration],
    *,
    recorded_at: datetime,
    clock_is_right: bool = False,
) -> tuple[Corroboration, ...]:
    """Record answers to claims; an answer that the ledger gives already is not added again.

    Earlier answers stay, and the newest of each claim counts.

    Parameters
    ----------
    ledger : Ledger
    given : sequence of Corroboration
        Of claims that differ from each other.
    recorded_at : datetime
        Now, with a time zone.
    clock_is_right : bool
        See `Ledger.record`.

    Returns
    -------
    tuple of Corroboration
        Those that were added.

    Raises
    ------
    InputError
        The time lies before the last record.
    LedgerError
        The ledger cannot be written.
    """
    at = time_of_recording(recorded_at)
    with ledger.change(at) as connection:
        if not clock_is_right:
            check_clock(connection, (ANSWERS, REVIEWS, RUNS, CLAIMS), at)
        held = latest_answers(read(connection, CLAIMS, [], read_claim))
        known = {one.claim.id: one for one in held}
        added: dict[str, Corroboration] = {}
        for one in given:
            before = known.get(one.claim.id)
            if before is None or not one.says_the_same(before):
                added[one.claim.id] = replace(one, number=before.number + 1 if before else 1)
        append(connection, CLAIMS, map(claim_entry, added.values()), at)
    return tuple(added.values())


def read_claims(ledger: Ledger, *, superseded: bool = False) -> tuple[Corroboration, ...]:
    """Return the newest answer to each claim, by reference; with `superseded`, all, as recorded."""
    with ledger.view() as connection:
        if CLAIMS not in tables_of(version_of(connection)):
            return ()
        held = read(connection, CLAIMS, [], read_claim)
    return tuple(held) if superseded else latest_answers(held)
