"""`SceneReference`: what a record must know of a scene to stand without it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from camp_monitor.records.content import check, read_instant


@dataclass(frozen=True)
class SceneReference:
    """What a finding must know of a scene to stand without it.

    Parameters
    ----------
    id : str
        Item id in the catalogue.
    sensor : str
        Key of `camp_monitor.scenes.sensors.SENSORS`.
    acquired_from_at, acquired_to_at : str
        ISO 8601, UTC, to the second; equal for a scene taken at one instant.
    sha256 : tuple of str
        One per file of the scene.
    licence, credit : str
        As given by the provider; ``credit`` is printed wherever the scene is shown.
    simulated : bool
        Painted by a program, and seen by no satellite.
    """

    id: str
    sensor: str
    acquired_from_at: str
    acquired_to_at: str
    sha256: tuple[str, ...]
    licence: str
    credit: str
    simulated: bool = False

    def __post_init__(self) -> None:
        first, last = read_instant(self.acquired_from_at), read_instant(self.acquired_to_at)
        check(
            first <= last,
            f"scene {self.id!r} ends at {self.acquired_to_at}, before it starts at "
            f"{self.acquired_from_at}",
        )

    @property
    def last_instant(self) -> datetime:
        """At which it was taken; the last, for a scene of an interval."""
        return read_instant(self.acquired_to_at)

    @property
    def dates(self) -> str:
        """The day, or the interval of days, of the scene, such as ``1985-01-01/1985-12-31``."""
        first, last = self.acquired_from_at[:10], self.acquired_to_at[:10]
        return first if first == last else f"{first}/{last}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; `from_dict` reverses it."""
        return asdict(self) | {"sha256": list(self.sha256)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> SceneReference:
        """Make a reference from what `to_dict` returned, or from a ledger of schema 1 to 3.

        Those told a painted scene by its credit alone.
        """
        fields = dict(content)
        fields["sha256"] = tuple(fields["sha256"])
        fields.setdefault("simulated", "SIMULATED" in fields["credit"].upper())
        return cls(**fields)


def days_between(first: SceneReference, second: SceneReference) -> float:
    """Days from one scene to the other, in either order, as a series counts them."""
    return abs((second.last_instant - first.last_instant).total_seconds()) / 86400
