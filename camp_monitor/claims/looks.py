"""What a compared pair of images can say of a claim: for which days, of how much ground, how small.

A pair answers for the time from the day of its before image to the day of its after image: what
came between them and stayed shows in it.  Of what passes, such as a flood, it answers for the last
`PASSES_DAYS` of that time only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from shapely.geometry.base import BaseGeometry

from camp_monitor.claims.found import LIKE_SIZE, is_never_shown
from camp_monitor.codes import Code
from camp_monitor.facilities import Outline, geodesic_area_m2
from camp_monitor.facilities.geometry import polygons_only
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.notes import Note, note
from camp_monitor.records.claim import Claim, ImagePair
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference

LOOKED_FOR = {
    "construction": "construction", "built_up": "construction", "perimeter_change": "construction",
    "flooding": "flooding", "flood_recession": "flooding", "water_gain": "flooding",
    "water_loss": "flooding", "demolition": "construction",
}  # fmt: skip
"""Which detector's question a kind of change belongs to; no detector looks for the others."""
PASSING = ("flooding", "flood_recession")
PASSES_DAYS = 5
"""A flood is held to be visible for so many days; it may last longer, and be seen later."""
UNMEASURED = (Code.LIMIT_UNMEASURED, Code.PAINTING_NEEDS_UNIT, Code.NOTHING_TO_PAINT_ON)
"""Caveats of pairs into which nothing could be painted to measure the limit."""
ENOUGH_SEEN = 0.9
"""Share of the place that must have been seen to say that something was not there."""


@dataclass(frozen=True)
class Look:
    """A compared pair and what it can say of a claim.

    Parameters
    ----------
    observation : Observation
    answers_for : (date, date)
        Days for which it answers.
    seen_fraction : float
        Share of the claimed ground that it saw.
    doubts : tuple of Note
        Why it could not have shown what is claimed; empty where it could.
    """

    observation: Observation
    answers_for: tuple[date, date]
    seen_fraction: float
    doubts: tuple[Note, ...]

    @cached_property
    def pair(self) -> ImagePair:
        """What a record keeps of it."""
        one = self.observation
        return ImagePair(
            one.id, one.before.id, one.after.id, one.after.sensor, _last(one.before).isoformat(),
            _first(one.after).isoformat(), round(self.seen_fraction, 4), one.detectable_m2,
        )  # fmt: skip


def is_covered(window: tuple[date, date], spans: Sequence[tuple[date, date]]) -> bool:
    """Tell whether spans of days together leave no day of a window out.

    Spans that share a day join: the day of an image belongs to the pair before and the one after.
    """
    return uncovered(window, spans) is None


def uncovered(
    window: tuple[date, date], spans: Sequence[tuple[date, date]]
) -> tuple[date, date] | None:
    """Return the first days of a window that no span holds; None where there are none."""
    reached = window[0]
    begun = False
    for first, last in sorted(spans):
        if first > reached:
            break
        if last >= reached:
            reached, begun = last, True
        if begun and reached >= window[1]:
            return None
    later = [first for first, _ in spans if first > reached]
    return reached, min([*later, window[1]])


def look_at(
    observation: Observation,
    claim: Claim,
    place: BaseGeometry | None,
    outline: Outline | None,
    margin_m: float,
    below: Sequence[Finding],
) -> Look:
    """Say what a pair can say of a claim.

    Parameters
    ----------
    observation : Observation
    claim : Claim
    place : shapely geometry or None
        What is claimed of, EPSG:4326; None: the whole facility.
    outline : Outline or None
        That the pair was searched in; None where it is not known any more.
    margin_m : float
    below : sequence of Finding
        Candidates that could be what is claimed, of any pair.
    """
    first, last = _last(observation.before), _first(observation.after)
    if claim.kind in PASSING:
        first = max(first, last - timedelta(days=PASSES_DAYS))
    seen = _seen_fraction(observation, place, outline, margin_m)
    if is_never_shown(claim.kind):
        doubts: tuple[Note, ...] = (note(Code.CLAIM_KIND_NOT_LOOKED_FOR, kind=claim.kind),)
    elif observation.outcome == "not_seen":
        doubts = observation.reasons
    else:
        own = sum(one.id in observation.candidate_ids for one in below)
        ground = place if place is not None else outline and outline.geometry
        doubts = (
            *_doubts_of_sight(seen), *_doubts_of_size(observation, claim),
            *_doubts_of_ground(observation, claim, ground, own),
        )  # fmt: skip
    return Look(observation, (first, last), seen, doubts)


def _seen_fraction(
    observation: Observation, place: BaseGeometry | None, outline: Outline | None, margin_m: float
) -> float:
    """Return the share of the claimed ground that was seen; of a whole facility, of its outline."""
    if place is None:
        return observation.seen_fraction
    if outline is None or observation.outcome == "not_seen":
        return 0.0
    seen = place.intersection(search_area(outline, margin_m))
    if observation.not_seen is not None:
        seen = seen.difference(observation.not_seen)
    return min(1.0, float(seen.area / place.area))


def _doubts_of_sight(seen: float) -> tuple[Note, ...]:
    if seen >= ENOUGH_SEEN:
        return ()
    return (note(Code.CLAIM_PARTLY_SEEN, seen_fraction=seen, least_fraction=ENOUGH_SEEN),)


def _doubts_of_size(observation: Observation, claim: Claim) -> tuple[Note, ...]:
    """Hold the size of what is claimed against the smallest that would have been found."""
    limit_m2, size_m2 = observation.detectable_m2, claim.size_m2
    if limit_m2 is None:
        for one in observation.caveats:
            if one.code == Code.LIMIT_BEYOND:
                largest_m2 = one.numbers["largest_m2"]
                return (note(Code.CLAIM_BEYOND_LIMIT, largest_m2=largest_m2),)
            if one.code in UNMEASURED:
                return (one,)
        return (note(Code.CLAIM_LIMIT_UNMEASURED),)
    if size_m2 is None:
        return (note(Code.CLAIM_SIZE_UNTOLD, detectable_m2=limit_m2),)
    if size_m2 < limit_m2:
        return (note(Code.CLAIM_TOO_SMALL, detectable_m2=limit_m2, size_m2=size_m2),)
    return ()


def _doubts_of_ground(
    observation: Observation, claim: Claim, ground: BaseGeometry | None, below: int
) -> tuple[Note, ...]:
    """Say whether something is there that two images cannot tell from what is claimed."""
    said = []
    if observation.altered is not None and ground is not None:
        altered = polygons_only(observation.altered.intersection(ground))
        area_m2 = 0.0 if altered.is_empty else geodesic_area_m2(altered)
        if area_m2 > 0 and area_m2 >= LIKE_SIZE * (claim.size_m2 or 0.0):
            said.append(note(Code.CLAIM_MAY_BE_ALTERED, area_m2=area_m2))
    if below:
        said.append(note(Code.CLAIM_CANDIDATES, findings=below))
    return tuple(said)


def telling(look: Look, claim: Claim) -> tuple[bool, bool, float, float, int, str]:
    """Sort pairs: those that could have shown it, that hold the window, that saw most, first."""
    first, last = look.answers_for
    holds = first <= claim.days[0] and claim.days[1] <= last
    limit = look.observation.detectable_m2
    return (
        bool(look.doubts), not holds, -look.seen_fraction, limit if limit is not None else 1e12,
        (last - first).days, look.observation.id,
    )  # fmt: skip


def was_looked_for(claim: Claim, observation: Observation) -> bool:
    """Tell whether a pair overlaps the window of a claim, and was asked for its kind of change."""
    first, last = claim.days
    asked = LOOKED_FOR.get(claim.kind, observation.method.partition("/")[0])
    return (
        observation.method.partition("/")[0] == asked
        and _last(observation.before) <= last
        and _first(observation.after) >= first
        and not observation.before.is_one_pass(observation.after)
    )


def _last(scene: SceneReference) -> date:
    return date.fromisoformat(scene.acquired_to_at[:10])


def _first(scene: SceneReference) -> date:
    return date.fromisoformat(scene.acquired_from_at[:10])
