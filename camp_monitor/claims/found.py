"""What was found of a claimed kind, at a claimed place and in a claimed time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.events.events import Event
from camp_monitor.facilities.surroundings import widened
from camp_monitor.records.claim import Claim
from camp_monitor.records.finding import Finding
from camp_monitor.records.scene_reference import SceneReference

BUILT = ("construction", "built_up", "perimeter_change")
SHOWN_BY = {
    "construction": ("construction", "built_up"),
    "built_up": ("construction", "built_up"),
    "perimeter_change": (),
    "demolition": (),
    "flooding": ("flooding", "water_gain"),
    "flood_recession": ("flood_recession", "water_loss"),
    "water_gain": ("flooding", "water_gain"),
    "water_loss": ("flood_recession", "water_loss"),
}
"""Kinds of finding that show a claimed kind; of a demolition it is the end of what was built."""
LIKE_SIZE = 0.25
"""What is found supports a claim where it is at least this share of its size: of a walled annex
only its roofs may be found."""
POSITION_M = 30.0
"""Coordinates are taken for ground this far round them, or as far as the size reaches."""


def ground_of(claim: Claim) -> BaseGeometry | None:
    """Return the ground that a claim with coordinates is of, EPSG:4326; None without them."""
    if claim.lat is None or claim.lon is None:
        return None
    reach_m = max(POSITION_M, ((claim.size_m2 or 0.0) / math.pi) ** 0.5)
    return widened(shapely.Point(claim.lon, claim.lat), reach_m)


@dataclass(frozen=True)
class Shown:
    """What an event shows of a claim: its regions on the ground, and between which days it came."""

    event: Event
    findings: tuple[Finding, ...]
    scenes: tuple[SceneReference, SceneReference]

    @property
    def span(self) -> tuple[date, date]:
        """First day of the image without it, and last day of the first image with it."""
        return (
            date.fromisoformat(self.scenes[0].acquired_from_at[:10]),
            date.fromisoformat(self.scenes[1].acquired_to_at[:10]),
        )

    @property
    def area_m2(self) -> float:
        """Of all regions of the pair that shows most."""
        by_pair: dict[tuple[str, str], float] = {}
        for one in self.findings:
            key = one.before.id, one.after.id
            by_pair[key] = by_pair.get(key, 0.0) + one.area_high_m2
        return max(by_pair.values(), default=0.0)


def find_shown(
    claim: Claim, events: Iterable[Event], place: BaseGeometry | None
) -> tuple[list[Shown], list[Shown]]:
    """Return what was found of that kind, there and then, and what of it a reviewer rejected.

    The surest comes first.
    """
    found: list[Shown] = []
    rejected: list[Shown] = []
    for event in events:
        for one in _shown(event, claim, place):
            if _meets(one.span, claim.days):
                (rejected if event.state == "dismissed" else found).append(one)
    found.sort(
        key=lambda one: (
            not is_like_size(one, claim), not one.event.was_confirmed, -one.event.odds,
            -one.area_m2, one.event.id,
        )
    )  # fmt: skip
    return found, rejected


def _shown(event: Event, claim: Claim, place: BaseGeometry | None) -> list[Shown]:
    own = tuple(one for one in event.findings if place is None or one.geometry.intersects(place))
    if not own or (place is None and all(one.position == "outside" for one in own)):
        return []
    if claim.kind == "demolition":
        went = event.kind in BUILT and event.ended
        return [Shown(event, own, event.ended)] if went and event.ended else []
    kinds = SHOWN_BY.get(claim.kind, ())
    return [Shown(event, own, event.came)] if event.kind in kinds else []


def is_never_shown(kind: str) -> bool:
    """Tell whether no detector looks for a kind of change, so that its absence says nothing."""
    return not SHOWN_BY.get(kind)


def fits(finding: Finding, claim: Claim, place: BaseGeometry | None) -> bool:
    """Tell whether a finding below the working point could be what is claimed."""
    large = claim.size_m2 is None or finding.area_high_m2 >= LIKE_SIZE * claim.size_m2
    there = finding.position != "outside" if place is None else finding.geometry.intersects(place)
    return finding.kind in SHOWN_BY.get(claim.kind, ()) and large and bool(there)


def is_like_size(shown: Shown, claim: Claim) -> bool:
    """Tell whether what was found is large enough to be what is claimed: see `LIKE_SIZE`."""
    return claim.size_m2 is None or shown.area_m2 >= LIKE_SIZE * claim.size_m2


def _meets(span: tuple[date, date], window: tuple[date, date]) -> bool:
    """Tell whether something of a span of days may have come in a window.

    It came after the first day of the span, whose image lacks it, and by the last.
    """
    came_by = span[1] > window[0] or span[1] == window[0] == window[1]
    return span[0] < window[1] and came_by
