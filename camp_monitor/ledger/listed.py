"""What a list is asked for, and what stands in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from camp_monitor.errors import InputError, LedgerError
from camp_monitor.notes import Note
from camp_monitor.records.kinds import CONFIDENCES, KINDS
from camp_monitor.records.observation import reasons_of

SORTS = ("facility", "rank", "time", "area")


@dataclass(frozen=True)
class Wanted:
    """Which findings a list holds; None and False leave a choice open, as `Ledger.findings` does.

    Parameters
    ----------
    facility_id, kind, at_least : str or None
    superseded, candidates : bool
    reviewed : bool or None
        Only such as somebody, or nobody, reviewed.
    verdict : str or None
        Only with this as latest verdict.
    since : str or None
        ISO 8601, UTC; only what the after image shows whose last instant is this or later.
    new : bool
        Only what was recorded on the last day (UTC) on which a finding was.
    at_least_m2 : float or None
    sort : str
        One of `SORTS`: by facility and time, the most probable and largest first, the newest first
        or the largest first.

    Raises
    ------
    InputError
        There is no such kind or confidence.
    """

    facility_id: str | None = None
    kind: str | None = None
    at_least: str | None = None
    superseded: bool = False
    candidates: bool = False
    reviewed: bool | None = None
    verdict: str | None = None
    since: str | None = None
    new: bool = False
    at_least_m2: float | None = None
    sort: str = "facility"

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise InputError(f"{self.kind!r:.80} is not a kind of change: use {', '.join(KINDS)}.")
        if self.at_least is not None and self.at_least not in CONFIDENCES:
            raise InputError(
                f"{self.at_least!r:.80} is no confidence: use {', '.join(CONFIDENCES)}."
            )


@dataclass(frozen=True, slots=True)
class ListedFinding:
    """What a list says of a finding; see `Finding`.  `counts`: not superseded."""

    id: str
    facility_id: str
    kind: str
    candidate: bool
    counts: bool
    verdict: str
    position: str
    confidence: str
    area_m2: float
    area_low_m2: float
    area_high_m2: float
    before_from_at: str
    after_to_at: str


@dataclass(frozen=True, slots=True)
class ListedLook:
    """What a list says of an observation that did not see everything; see `Observation`."""

    id: str
    facility_id: str
    method: str
    counts: bool
    seen_fraction: float
    before_from_at: str
    after_to_at: str
    reasons: tuple[Note, ...]


def listed_look(key: str, said: Mapping[str, Any], counts: bool) -> ListedLook:
    """Make a row of a list of the content of an observation.

    Raises
    ------
    LedgerError
        It is none.
    """
    try:
        return ListedLook(
            key, said["facility_id"], said["method"], counts, float(said["seen_fraction"]),
            said["before"]["acquired_from_at"], said["after"]["acquired_to_at"], reasons_of(said),
        )  # fmt: skip
    except (ValueError, TypeError, LookupError) as error:
        raise LedgerError(
            f"Observation {key!a:.40} in the ledger cannot be read ({type(error).__name__}): "
            f"restore the ledger from a copy."
        ) from None
