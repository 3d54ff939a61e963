"""Runs that failed, as a whole or at some facilities, or broke off; those alike in a row as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from camp_monitor.notes import Note
from camp_monitor.records.run import RunRecord
from camp_monitor.report.export.tables import legible
from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import reason_words
from camp_monitor.watch.heartbeat import LONGEST_RUN
from camp_monitor.watch.schedule import instant

LONGEST_REASON = 160
"""Characters of a reason."""


@dataclass(frozen=True)
class FailedRuns:
    """Runs in a row that failed alike.

    Parameters
    ----------
    what : str
        ``whole``: the run failed; ``part``: it failed at some facilities; ``broken``: it never
        came to its end.
    first_at, last_at : datetime
        When the first and the last of them failed or began.
    runs : int
    facility_ids : tuple of str
        Of ``part``.
    reasons : tuple of Note
        Of the last of them.
    """

    what: str
    first_at: datetime
    last_at: datetime
    runs: int
    facility_ids: tuple[str, ...] = ()
    reasons: tuple[Note, ...] = ()


def failed_runs(records: Sequence[RunRecord], now: datetime) -> tuple[FailedRuns, ...]:
    """Return the runs that failed, the newest first.

    Parameters
    ----------
    records : sequence of RunRecord
        In the order of the log.
    now : datetime
        A run that began within `LONGEST_RUN` of it may still go on.
    """
    by_run: dict[str, list[RunRecord]] = {}
    for record in records:
        if record.what != "told":
            by_run.setdefault(record.run_id, []).append(record)
    told = [_outcome(own, now) for own in by_run.values()]
    found: list[FailedRuns] = []
    for is_failed, group in groupby(told, key=lambda one: one and (one.what, one.facility_ids)):
        if is_failed:
            alike = [one for one in group if one is not None]
            found.append(replace(alike[-1], first_at=alike[0].first_at, runs=len(alike)))
    return tuple(reversed(found))


def _outcome(records: Sequence[RunRecord], now: datetime) -> FailedRuns | None:
    """Return how one run failed; None if it did not, or goes on."""
    failed = [record for record in records if record.what == "failed"]
    whole = [record for record in failed if not record.facility_id]
    if whole:
        at = instant(whole[-1].at)
        return FailedRuns("whole", at, at, 1, reasons=whole[-1].reasons)
    if failed:
        at = instant(failed[-1].at)
        names = tuple(sorted({record.facility_id for record in failed}))
        return FailedRuns("part", at, at, 1, names, failed[-1].reasons)
    began = [instant(record.at) for record in records if record.what == "started"]
    ended = any(record.what == "ended" for record in records)
    if began and not ended and now - began[0] > LONGEST_RUN:
        return FailedRuns("broken", began[0], began[0], 1)
    return None


def failed_sentence(failed: FailedRuns, names: str) -> str:
    """Say when runs failed, where and why.

    Parameters
    ----------
    failed : FailedRuns
    names : str
        Its facilities, as a sentence names them.
    """
    first, last = f"{failed.first_at:%Y-%m-%d}", f"{failed.last_at:%Y-%m-%d}"
    when = phrase("runs.one", on=last)
    if failed.runs > 1:
        when = phrase("runs.several", first=first, last=last, count=failed.runs)
    why = legible(reason_words(failed.reasons))
    if len(why) > LONGEST_REASON:
        why = f"{why[: LONGEST_REASON - 1]}…"
    if failed.what == "broken":
        return phrase("runs.broken", when=when)
    if failed.what == "whole":
        return phrase("runs.whole", when=when, why=why)
    return phrase("runs.part", when=when, names=names, why=why)
