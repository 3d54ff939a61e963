"""`Claim` and `Corroboration`: what somebody says happened, and what images say of it.

A claim is known by the reference number of the organisation's own case database, and holds a place,
a kind of change, a size and an interval: never a person, and no free text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

from camp_monitor.codes import ClaimVerdict
from camp_monitor.notes import Note, plain_number
from camp_monitor.records.content import check, content_hash
from camp_monitor.records.kinds import KINDS

REFERENCE = re.compile(r"(?=[^\d]*\d)[^\W_][\w./#:-]{0,63}")
"""What a reference number looks like: it holds a digit and no blank, so no name can be one."""
COORDINATE_DECIMALS = 5
"""Decimals kept of a claim's coordinates: about 1 m."""


@dataclass(frozen=True)
class Claim:
    """What somebody says happened, without who says so and of whom.

    Parameters
    ----------
    reference : str
        Number of the case in the organisation's own database: up to 64 letters, digits and
        ``. _ / # : -``, at least one of them a digit.
    facility_id : str
        Of the registry; empty where the coordinates lie at no facility.
    kind : str
        One of `camp_monitor.records.kinds.KINDS`.
    from_on, to_on : str
        First and last day of the window, ``2016-09-01``; it happened some time between them.
    size_m2 : float or None
        None: not told.
    lat, lon : float or None
        Decimal degrees, WGS84; None: somewhere at the facility.

    Raises
    ------
    LedgerError
        A value is none of the above.
    """

    reference: str
    facility_id: str
    kind: str
    from_on: str
    to_on: str
    size_m2: float | None = None
    lat: float | None = None
    lon: float | None = None

    def __post_init__(self) -> None:
        check(
            isinstance(self.reference, str) and bool(REFERENCE.fullmatch(self.reference)),
            "a reference without a digit, or with blanks",
        )
        check(self.kind in KINDS, f"unknown kind of change {self.kind!r}")
        check(_is_day(self.from_on) and _is_day(self.to_on), "a window that is not of days")
        check(self.from_on <= self.to_on, "a window that ends before it begins")
        check((self.lat is None) == (self.lon is None), "one coordinate without the other")
        check(bool(self.facility_id) or self.lat is not None, "a claim without a place")
        for name, most in (("lat", 90.0), ("lon", 180.0)):
            value = getattr(self, name)
            if value is not None:
                check(-most <= value <= most, f"{name} {value} out of range")
                object.__setattr__(self, name, round(float(value), COORDINATE_DECIMALS) + 0.0)
        if self.size_m2 is not None:
            check(0 < self.size_m2 < math.inf, f"a size of {self.size_m2} m2")
            object.__setattr__(self, "size_m2", plain_number(self.size_m2))

    @property
    def days(self) -> tuple[date, date]:
        """First and last day of the window."""
        return date.fromisoformat(self.from_on), date.fromisoformat(self.to_on)

    @property
    def id(self) -> str:
        """``Q`` and twelve hexadecimal digits of the content's hash: of one claim always the same.

        A case may hold several claims, so the reference alone does not tell them apart.
        """
        return f"Q{content_hash(asdict(self))[:12]}"


@dataclass(frozen=True)
class ImagePair:
    """Two compared images that bear on a claim.

    Parameters
    ----------
    observation_id : str
    before_id, after_id, sensor : str
        The scenes.
    before_on, after_on : str
        Last day on which the before image may have been taken, and first of the after image.
    seen_fraction : float
        Share of the place, 0-1, in which the question could be answered.
    detectable_m2 : float or None
        Smallest structure that would have been found nine times in ten; None: not measured, or
        beyond the largest that was tried.
    """

    observation_id: str
    before_id: str
    after_id: str
    sensor: str
    before_on: str
    after_on: str
    seen_fraction: float
    detectable_m2: float | None = None


@dataclass(frozen=True)
class Corroboration:
    """What images say of a claim.

    Parameters
    ----------
    claim : Claim
    verdict : ClaimVerdict
    reasons : tuple of Note
        What the verdict rests on; at least one.
    images : tuple of ImagePair
        Pairs that overlap the window, the most telling first.
    absent_on, present_on : str
        Where the claim is supported: last day without, and first day with what was found, by the
        images alone; else empty.
    event_ids, finding_ids : tuple of str
        What was found there and then of that kind.
    area_m2 : float or None
        Of what supports it.
    seen_fraction : float or None
        Share of the place that the most telling pair saw.
    detectable_m2 : float or None
        The smallest thing that would have been seen in that pair.
    simulated : bool
        An image was painted by a program.
    number : int
        1 for the first answer to this claim, 2 for the next that differed from the one before ...
    """

    claim: Claim
    verdict: ClaimVerdict
    reasons: tuple[Note, ...]
    images: tuple[ImagePair, ...] = ()
    absent_on: str = ""
    present_on: str = ""
    event_ids: tuple[str, ...] = ()
    finding_ids: tuple[str, ...] = ()
    area_m2: float | None = None
    seen_fraction: float | None = None
    detectable_m2: float | None = None
    simulated: bool = False
    number: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdict", ClaimVerdict(self.verdict))
        check(bool(self.reasons), "an answer to a claim without a reason")
        supported = self.verdict == ClaimVerdict.SUPPORTED
        check(not supported or bool(self.event_ids), "a claim supported by no event")
        check(supported == bool(self.absent_on and self.present_on), "images that date nothing")
        check(
            self.verdict != ClaimVerdict.NOT_SUPPORTED or bool(self.images),
            "not supported by no image",
        )
        check(self.number >= 1, f"answer number {self.number}")
        _ = self.sha256  # refuses what cannot be written

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values; `from_dict` reverses it."""
        content = asdict(self)
        content["verdict"] = str(self.verdict)
        content["reasons"] = [reason.to_dict() for reason in self.reasons]
        content["images"] = [asdict(pair) for pair in self.images]
        for name in ("event_ids", "finding_ids"):
            content[name] = list(content[name])
        return content

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Corroboration:
        """Make one from what `to_dict` returned."""
        own = dict(content)
        own["claim"] = Claim(**content["claim"])
        own["reasons"] = tuple(map(Note.from_dict, content["reasons"]))
        own["images"] = tuple(ImagePair(**pair) for pair in content["images"])
        for name in ("event_ids", "finding_ids"):
            own[name] = tuple(content[name])
        return cls(**own)

    def says_the_same(self, other: Corroboration) -> bool:
        """Whether only their numbers differ."""
        names = [field.name for field in fields(self) if field.name != "number"]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content."""
        return content_hash(self.to_dict())

    @property
    def id(self) -> str:
        """Short id, ``C`` and twelve hexadecimal digits of the content's hash."""
        return f"C{self.sha256[:12]}"


def latest_answers(corroborations: Iterable[Corroboration]) -> tuple[Corroboration, ...]:
    """Return the newest answer to each claim, by reference and window."""
    latest: dict[str, Corroboration] = {}
    for one in corroborations:
        known = latest.get(one.claim.id)
        if known is None or one.number > known.number:
            latest[one.claim.id] = one
    return tuple(
        sorted(latest.values(), key=lambda one: (one.claim.reference, one.claim.from_on, one.id))
    )


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
