"""Whether the clock that dates a record can be right: a wrong one may not silence a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from camp_monitor.errors import InputError
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Clocks of machines that share a ledger may differ by so much."""


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


def check_after_scenes(what: str, at: str, scenes: Iterable[SceneReference]) -> None:
    """Refuse a time that lies before a scene was taken.

    Parameters
    ----------
    what : str
        What has that time, for the message.
    at : str
        ISO 8601, UTC.
    scenes : iterable of SceneReference

    Raises
    ------
    InputError
    """
    moment = datetime.fromisoformat(at)
    for scene in scenes:
        if scene.instants[0] - moment > CLOCK_TOLERANCE:
            raise InputError(
                f"{what} is dated {at}, and scene {scene.id} was acquired at "
                f"{scene.acquired_from_at}, which is later: set the clock right, or correct the "
                f"date of the scene, and do it again; nothing was recorded."
            )


def check_counts(review: Review, at: str, others: Iterable[Review]) -> None:
    """Refuse to record now what an earlier clock that was ahead would keep from counting.

    Raises
    ------
    InputError
        Of `others`, reviews of the same finding, one is dated later than `at`.
    """
    newest = max((other.reviewed_at for other in others), default="")
    if newest > at:
        raise InputError(
            f"Finding {review.finding_id} has a review dated {newest}, and the clock of this "
            f"machine shows {at}, which is earlier: this review would not count; set the clock "
            f"right and do it again, or, if it is right and the other was ahead, go on with a copy "
            f"of the ledger from before; nothing was recorded."
        )
