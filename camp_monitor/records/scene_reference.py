"""`SceneReference`: what a record must know of a scene to stand without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from camp_monitor.records.content import check, read_instant
from camp_monitor.scenes.acquisition import Acquisition, satellite_name


@dataclass(frozen=True)
class TileReference:
    """One of the scenes of a pass that were put together.

    Parameters
    ----------
    id : str
        Item id in the catalogue.
    sha256 : tuple of str
        One per file of the scene.
    """

    id: str
    sha256: tuple[str, ...]


@dataclass(frozen=True)
class SceneReference:
    """What a finding must know of a scene to stand without it.

    Parameters
    ----------
    id : str
        Item id in the catalogue; of tiles that were put together, made of theirs.
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
    tiles : tuple of TileReference
        Scenes of one pass that were put together, the one that tells first before the others;
        empty where one scene was read.
    """

    id: str
    sensor: str
    acquired_from_at: str
    acquired_to_at: str
    sha256: tuple[str, ...]
    licence: str
    credit: str
    simulated: bool = False
    tiles: tuple[TileReference, ...] = ()

    def __post_init__(self) -> None:
        first, last = self.instants
        check(
            first <= last,
            f"scene {self.id!r} ends at {self.acquired_to_at}, before it starts at "
            f"{self.acquired_from_at}",
        )
        hashes = tuple(sha256 for tile in self.tiles for sha256 in tile.sha256)
        check(
            not self.tiles or hashes == self.sha256,
            f"scene {self.id!r} has other files than its tiles",
        )

    @cached_property
    def instants(self) -> tuple[datetime, datetime]:
        """First and last instant at which it may have been taken."""
        return read_instant(self.acquired_from_at), read_instant(self.acquired_to_at)

    @property
    def last_instant(self) -> datetime:
        """At which it was taken; the last, for a scene of an interval."""
        return self.instants[1]

    @cached_property
    def acquisition(self) -> Acquisition:
        """By what and when it was taken.

        Notes
        -----
        Cannot see: the orbit, and a satellite that no id names; scenes of unnamed satellites within
        `camp_monitor.scenes.acquisition.MOST_APART` count as one.
        """
        names = (self.id, *(tile.id for tile in self.tiles))
        return Acquisition(self.sensor, *self.instants, satellite_name(None, names))

    def is_one_pass(self, other: SceneReference) -> bool:
        """Tell whether two scenes of one place show one moment, or cannot be told from that."""
        return self.acquisition.is_one_pass(other.acquisition)

    @property
    def dates(self) -> str:
        """The day, or the interval of days, of the scene, such as ``1985-01-01/1985-12-31``."""
        first, last = self.acquired_from_at[:10], self.acquired_to_at[:10]
        return first if first == last else f"{first}/{last}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; `from_dict` reverses it."""
        content = {
            "id": self.id,
            "sensor": self.sensor,
            "acquired_from_at": self.acquired_from_at,
            "acquired_to_at": self.acquired_to_at,
            "sha256": list(self.sha256),
            "licence": self.licence,
            "credit": self.credit,
            "simulated": self.simulated,
        }
        tiles = [{"id": tile.id, "sha256": list(tile.sha256)} for tile in self.tiles]
        return content | ({"tiles": tiles} if tiles else {})  # a single scene is written without

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> SceneReference:
        """Make a reference from what `to_dict` returned, or from a ledger of schema 1 to 3.

        Those told a painted scene by its credit alone.
        """
        fields = dict(content)
        fields["sha256"] = tuple(fields["sha256"])
        fields["tiles"] = tuple(
            TileReference(tile["id"], tuple(tile["sha256"])) for tile in content.get("tiles", ())
        )
        fields.setdefault("simulated", "SIMULATED" in fields["credit"].upper())
        return cls(**fields)


def days_between(first: SceneReference, second: SceneReference) -> float:
    """Days from one scene to the other, in either order, as a series counts them."""
    return abs((second.last_instant - first.last_instant).total_seconds()) / 86400
