"""`RunRecord`: what a run set out to do, what became of it, and who was told.

Records of runs stand in the ledger beside findings, chained like them, so that a run that did not
happen shows as a gap and not as quiet.  They are about the clock and the machine: two ledgers with
other runs may hold the same findings, and are then the same ledger.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from camp_monitor.errors import LedgerError
from camp_monitor.records.finding import content_hash, read_instant

WHATS = {
    "started": "a run began",
    "visited": "a facility was searched, and all that was usable of it compared",
    "failed": "a facility, or the run, could not be finished",
    "ended": "a run came to its end",
    "told": "what is new was put into words for a message",
}
"""What a record can say."""
OFFLINE = "offline"
"""Reason of a visit that asked no catalogue on the network."""
UNUSED = {
    "too_cloudy": "too cloudy",
    "refused": "refused",
    "failed": "failed",
}
"""Why a pass was not compared, and how it is printed."""


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
    reason : str
        Clause, without a full stop: ``only 12% of the outline is clear``.
    """

    scene_id: str
    sensor: str
    acquired_at: str
    outcome: str
    reason: str

    def __post_init__(self) -> None:
        if self.outcome not in UNUSED:
            raise LedgerError(f"A record would be wrong: a pass cannot be {self.outcome!r}.")
        read_instant(self.acquired_at)


@dataclass(frozen=True)
class RunRecord:
    """One line of the diary of runs.

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
        Of ``visited`` and ``failed``: first and last instant that was searched; else empty.
    sensors : tuple of str
        Likewise: what was looked for.
    unused : tuple of UnusedPass
        Of ``visited``: passes of the interval that came to no observation, and why.
    reason : str
        Of ``failed``: sentence.  Of ``started``: what was asked for.  Of ``visited``: `OFFLINE`,
        or nothing.
    told : tuple of (str, str)
        Of ``told``: ids of events and what was said of each.
    """

    run_id: str
    what: str
    at: str
    facility_id: str = ""
    from_at: str = ""
    to_at: str = ""
    sensors: tuple[str, ...] = ()
    unused: tuple[UnusedPass, ...] = ()
    reason: str = ""
    told: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.what not in WHATS:
            raise LedgerError(f"A record would be wrong: a run says no {self.what!r}.")
        for text in (self.at, *(part for part in (self.from_at, self.to_at) if part)):
            read_instant(text)

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values; `from_dict` reverses it."""
        return asdict(self) | {
            "sensors": list(self.sensors),
            "unused": [asdict(item) for item in self.unused],
            "told": [list(pair) for pair in self.told],
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> RunRecord:
        """Make a record from what `to_dict` returned."""
        fields = dict(content)
        fields["sensors"] = tuple(fields["sensors"])
        fields["unused"] = tuple(UnusedPass(**item) for item in fields["unused"])
        fields["told"] = tuple((first, second) for first, second in fields["told"])
        return cls(**fields)

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content."""
        return content_hash(self.to_dict())

    @property
    def id(self) -> str:
        """Short id, ``D`` and twelve hexadecimal digits of the content's hash."""
        return f"D{self.sha256[:12]}"
