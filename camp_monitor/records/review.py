"""`Review`: what a person who looked at a finding says of it.

A review changes nothing in the finding.  All reviews are kept; the latest one of a finding counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from camp_monitor.errors import InputError
from camp_monitor.facilities.fields import check_text
from camp_monitor.records.content import content_hash

VERDICTS = ("confirmed", "rejected", "unsure")
"""What a reviewer can say of a finding."""

UNREVIEWED = "unreviewed"
"""Stands where a verdict would, for a finding that nobody has reviewed."""

LONGEST_NAME = 200
LONGEST_NOTE = 4000


@dataclass(frozen=True)
class Review:
    """One person's verdict on one finding.

    The time is part of the content, unlike the time at which a row is recorded.  A finding is
    computed and comes out the same on any day; a review is an act of a person, who could only know
    what was known that day, and a court asks when it was done.  So it is stated, like the date
    beside a signature, and the chain covers it; the clock of the machine that records it stays
    outside, as for every other row.  It also makes "the latest review" the same one on every
    machine, in whatever order reviews were recorded.

    Parameters
    ----------
    finding_id : str
        Whole id of the finding.
    verdict : str
        One of `VERDICTS`.
    by : str
        The reviewer's name or initials as given, up to 200 characters on one line.
    reviewed_at : str
        When, ISO 8601 in UTC to the second: ``2016-09-20T12:00:00+00:00``.  See `utc_text`.
    note : str
        Why, up to 4,000 characters on one line; may be empty.
    blind : bool
        It was given without seeing other reviews, or how probable the finding is.

    Raises
    ------
    InputError
        A value is none of the above.
    """

    finding_id: str
    verdict: str
    by: str
    reviewed_at: str
    note: str = ""
    blind: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.finding_id, str) or not re.fullmatch(
            "F[0-9a-f]{12}", self.finding_id
        ):
            raise InputError(
                f"A review names a finding by its whole id, F and twelve digits, not "
                f"{self.finding_id!a:.40}."
            )
        if not isinstance(self.blind, bool):
            raise InputError(f"A review is blind or not, and not {self.blind!a:.40}.")
        if self.verdict not in VERDICTS:
            raise InputError(f"{self.verdict!a:.40} is no verdict: use {', '.join(VERDICTS)}.")
        _check_line("name of the reviewer", self.by, LONGEST_NAME)
        if self.note != "":
            _check_line("note of the review", self.note, LONGEST_NOTE)
        if not _is_utc_text(self.reviewed_at):
            raise InputError(
                f"{self.reviewed_at!a:.40} is not a time of review like 2016-09-20T12:00:00+00:00."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values; ``Review(**content)`` reverses it."""
        content = asdict(self)
        if not self.blind:  # as it was written before there were blind reviews
            del content["blind"]
        return content

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content."""
        return content_hash(self.to_dict())

    @property
    def id(self) -> str:
        """Short id, ``R`` and twelve hexadecimal digits of the content's hash."""
        return f"R{self.sha256[:12]}"


def utc_text(moment: datetime) -> str:
    """Write a moment as `Review.reviewed_at` wants it.

    Raises
    ------
    InputError
        The moment has no time zone.
    """
    if moment.utcoffset() is None:
        raise InputError(f"The time of review {moment} has no time zone: give it one.")
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def in_order_of_review(reviews: Iterable[Review]) -> list[Review]:
    """Sort reviews by finding, then from the first to the latest."""
    return sorted(reviews, key=lambda item: (item.finding_id, item.reviewed_at, item.id))


def latest_reviews(reviews: Iterable[Review]) -> dict[str, Review]:
    """Return the review that counts, by the id of its finding."""
    return {item.finding_id: item for item in in_order_of_review(reviews)}


def rejected_ids(reviews: Iterable[Review]) -> frozenset[str]:
    """Return the ids of the findings whose latest review rejects them."""
    latest = latest_reviews(reviews).values()
    return frozenset(item.finding_id for item in latest if item.verdict == "rejected")


def verdict_of(review: Review | None) -> str:
    """Name the verdict of a finding by the review that counts: ``unreviewed`` without one."""
    return review.verdict if review else UNREVIEWED


def _check_line(what: str, text: str, most: int) -> None:
    """Refuse what is blank, too long, or could act on a screen."""
    if not isinstance(text, str):
        raise InputError(f"The {what} is {text!a:.40}: give text.")
    if len(text) > most:
        raise InputError(f"The {what} has {len(text):,} characters: use at most {most:,}.")
    try:
        check_text(text)
    except ValueError as error:
        raise InputError(
            f"The {what} cannot be used, because its {error}: write it anew."
        ) from None


def _is_utc_text(text: object) -> bool:
    """Tell whether a text is a time as `utc_text` writes it, and no other way of writing it."""
    try:
        return isinstance(text, str) and utc_text(datetime.fromisoformat(text)) == text
    except (ValueError, OverflowError, InputError):
        return False
