"""`RunRecord`: what a run set out to do, what became of it, and who was told.

Records of runs stand in the ledger beside findings, chained like them, so that a run that did not
happen shows as a gap and not as quiet.  They are about the clock and the machine: two ledgers with
other runs may hold the same findings, and are then the same ledger.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from camp_monitor.codes import Code
from camp_monitor.errors import CampMonitorError, Refusal, UnreachableError
from camp_monitor.notes import Note, note
from camp_monitor.records import earlier
from camp_monitor.records.content import check, content_hash, read_instant

WHATS = ("started", "visited", "failed", "ended", "told")
"""What a record can say: a run began; a facility was searched, and all that was usable of it
compared; a facility, or the run, could not be finished; the run came to its end; what is new was
put into words for a message."""
UNUSED = ("too_cloudy", "refused", "failed")
"""Why a pass was not compared."""
MOST_DETAIL = 2000
"""Characters that are kept of an error's message."""


@dataclass(frozen=True)
class UnusedPass:
    """An acquisition over a facility that came to no observation.

    Parameters
    ----------
    scene_id, sensor : str
    acquired_at : str
        ISO 8601, UTC, to the second.
    outcome : str
        One of `UNUSED`.
    reason : Note
    """

    scene_id: str
    sensor: str
    acquired_at: str
    outcome: str
    reason: Note

    def __post_init__(self) -> None:
        check(self.outcome in UNUSED, f"a pass cannot be {self.outcome!r}")
        read_instant(self.acquired_at)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; `from_dict` reverses it."""
        return {
            "scene_id": self.scene_id,
            "sensor": self.sensor,
            "acquired_at": self.acquired_at,
            "outcome": self.outcome,
            "reason": self.reason.to_dict(),
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> UnusedPass:
        """Make a pass from what `to_dict` returned."""
        return cls(**{**content, "reason": Note.from_dict(content["reason"])})


@dataclass(frozen=True)
class RunRecord:
    """One entry of the run log.

    Parameters
    ----------
    run_id : str
        The same in all records of a run, and in those of no other.
    what : str
        One of `WHATS`.
    at : str
        When, ISO 8601, UTC, to the second.
    facility_id : str
        Of ``visited`` and of ``failed``; empty where the run as a whole is meant.
    from_at, to_at : str
        Of ``visited`` and ``failed``: first and last instant that was searched.  Of ``started``:
        the interval that was asked for; empty where what was due was asked for.
    sensors : tuple of str
        Likewise: what was looked for.
    unused : tuple of UnusedPass
        Of ``visited``: passes of the interval that came to no observation, and why.
    offline : bool
        Of ``visited``: whether no catalogue on the network was asked.
    reasons : tuple of Note
        Of ``failed``: what failed.
    told : tuple of (str, str)
        Of ``told``: ids of events and what was said of each.
    original : str
        Content as recorded, of a ledger of schema 3; else empty.
    """

    run_id: str
    what: str
    at: str
    facility_id: str = ""
    from_at: str = ""
    to_at: str = ""
    sensors: tuple[str, ...] = ()
    unused: tuple[UnusedPass, ...] = ()
    offline: bool = False
    reasons: tuple[Note, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    original: str = ""

    def __post_init__(self) -> None:
        check(self.what in WHATS, f"a run says no {self.what!r}")
        for text in (self.at, *(part for part in (self.from_at, self.to_at) if part)):
            read_instant(text)

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values; `from_dict` reverses it."""
        if self.original:
            recorded: dict[str, Any] = json.loads(self.original)
            return recorded
        return {
            "run_id": self.run_id,
            "what": self.what,
            "at": self.at,
            "facility_id": self.facility_id,
            "from_at": self.from_at,
            "to_at": self.to_at,
            "sensors": list(self.sensors),
            "unused": [item.to_dict() for item in self.unused],
            "offline": self.offline,
            "reasons": [item.to_dict() for item in self.reasons],
            "told": [list(pair) for pair in self.told],
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> RunRecord:
        """Make a record from what `to_dict` returned, or from a ledger of schema 3."""
        check("original" not in content, "a record that claims to be of an earlier schema")
        if earlier.is_earlier_run(content):
            fields = earlier.run_fields(content)
            fields["unused"] = tuple(UnusedPass(**item) for item in fields["unused"])
        else:
            fields = dict(content)
            fields["unused"] = tuple(UnusedPass.from_dict(item) for item in content["unused"])
            fields["reasons"] = tuple(Note.from_dict(item) for item in content["reasons"])
        fields["sensors"] = tuple(content["sensors"])
        fields["told"] = tuple((first, second) for first, second in content["told"])
        return cls(**fields)

    @property
    def is_without_network(self) -> bool:
        """Whether nothing could be searched, for want of a network."""
        codes = {reason.code for reason in self.reasons}
        return self.what == "failed" and codes == {Code.NO_NETWORK}

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content."""
        return content_hash(self.to_dict())

    @property
    def id(self) -> str:
        """Short id, ``D`` and twelve hexadecimal digits of the content's hash."""
        return f"D{self.sha256[:12]}"


def without_network(records: Sequence[RunRecord]) -> RunRecord | None:
    """Return what the last run says of itself, if it is that it found no network.

    Parameters
    ----------
    records : sequence of RunRecord
        In the order of the run log.
    """
    whole = [record for record in records if not record.facility_id and record.what != "told"]
    return whole[-1] if whole and whole[-1].is_without_network else None


def failure(error: CampMonitorError) -> Note:
    """Return what the run log keeps of an error: its code, or its class and message."""
    if isinstance(error, Refusal):
        return error.note
    if isinstance(error, UnreachableError) and error.is_catalogue:
        return note(Code.NO_NETWORK, host=error.host, detail=str(error)[:MOST_DETAIL])
    return note(Code.FAILED, error=type(error).__name__, detail=str(error)[:MOST_DETAIL])
