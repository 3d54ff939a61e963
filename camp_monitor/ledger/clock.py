"""Whether the clock that dates a record can be right: a wrong one may not silence a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from camp_monitor.errors import InputError, LedgerError
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Clocks of machines that share a ledger may differ by so much."""


def time_of_recording(moment: datetime) -> str:
    """Write a moment as the ledger dates its rows: ISO 8601, UTC, to the second.

    Raises
    ------
    LedgerError
        The moment has no time zone.
    """
    if moment.utcoffset() is None:
        raise LedgerError(f"The time of recording {moment} has no time zone: give it one.")
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def check_clock(connection: sa.Connection, tables: Iterable[sa.Table], at: str) -> None:
    """Refuse a time that lies before the last record of a table.

    The last one tells: earlier ones that are ahead of it were written by a clock that was wrong.

    Parameters
    ----------
    connection : sqlalchemy Connection
    tables : iterable of sqlalchemy Table
        Chained ones.
    at : str
        ISO 8601, UTC.

    Raises
    ------
    InputError
    """
    now, newest = datetime.fromisoformat(at), ""
    for table in tables:
        last = sa.select(table.c.recorded_at).order_by(table.c.seq.desc()).limit(1)
        newest = max(newest, str(connection.scalars(last).first() or ""))
    if newest and datetime.fromisoformat(newest) - now > CLOCK_TOLERANCE:
        raise InputError(
            f"The newest record of the ledger is dated {newest}, and the clock of this machine "
            f"shows {at}, which is earlier: set the clock right and do it again, or, if it is "
            f"right and the other was ahead, say so with --clock-is-right; nothing was recorded."
        )


def check_after_scenes(what: str, at: str, records: Iterable[Finding | Observation]) -> None:
    """Refuse a time that lies before a scene of a record was taken.

    Parameters
    ----------
    what : str
        What has that time, for the message.
    at : str
        ISO 8601, UTC.
    records : iterable of Finding or Observation

    Raises
    ------
    InputError
    """
    moment = datetime.fromisoformat(at)
    for scene in {scene for one in records for scene in (one.before, one.after)}:
        if scene.instants[0] - moment > CLOCK_TOLERANCE:
            raise InputError(
                f"{what} is dated {at}, and scene {scene.id} was acquired at "
                f"{scene.acquired_from_at}, which is later: set the clock right, or correct the "
                f"date of the scene, and do it again; nothing was recorded."
            )


def check_review(review: Review, finding: Finding, others: Iterable[Review], at: str) -> None:
    """Refuse a review whose time cannot be, or that would not count by it.

    Parameters
    ----------
    review : Review
    finding : Finding
        That it is of.
    others : iterable of Review
        Of the same finding.
    at : str
        Now: ISO 8601, UTC.

    Raises
    ------
    InputError
        It lies in the future or before the finding's scenes, or there is another one of that second
        or, by a clock that was ahead, of a time after now.
    """
    if review.reviewed_at > at:
        raise InputError(
            f"The review of {review.finding_id} is dated {review.reviewed_at}, which is later than "
            f"now, {at}: give the time at which it was made."
        )
    check_after_scenes(f"The review of {finding.id}", review.reviewed_at, [finding])
    times = [other.reviewed_at for other in others]
    if review.reviewed_at in times:
        raise InputError(
            f"Finding {review.finding_id} has another review of the same second, "
            f"{review.reviewed_at}: nothing was recorded; try again."
        )
    if times and max(times) > at:
        raise InputError(
            f"Finding {review.finding_id} has a review dated {max(times)}, and the clock of this "
            f"machine shows {at}, which is earlier: this review would not count; set the clock "
            f"right and do it again, or, if it is right and the other was ahead, go on with a copy "
            f"of the ledger from before; nothing was recorded."
        )
