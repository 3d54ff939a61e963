"""Findings of one thing, over many dates, joined into events.

An event is computed from the ledger whenever it is asked for, and never stored: a new look, or a
review, changes what is said of it, and no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.findings.finding import Finding, Observation, SceneReference, in_order
from camp_monitor.findings.review import Review

FAMILIES = {
    "construction": "building",
    "built_up": "building",
    "flooding": "water",
    "water_gain": "water",
    "flood_recession": "water that went",
    "water_loss": "water that went",
}
"""Kinds that may be one thing seen by different pairs; any other kind is a family of its own."""
OPPOSITES = {"water": "water that went"}
"""What ends a thing of a family."""
STATES = {
    "provisional": "seen once",
    "confirmed": "confirmed",
    "ended": "ended",
    "dismissed": "dismissed by review",
}
"""What can be said of an event, and how it is printed."""
SHARED_FRACTION = 0.25
"""Two regions are of one thing when they share this part of the smaller."""
HIDDEN_FRACTION = 0.5
"""A look that did not see this part of a thing says nothing about it."""
GROWN_TIMES = 1.5
"""A thing has grown when its latest region is this many times its first."""


@dataclass(frozen=True)
class Event:
    """One thing that came, and what later looks and reviews say of it.

    Parameters
    ----------
    findings : tuple of Finding
        All of them, in order of time; at least one.
    state : str
        One of `STATES`.
    reason : str
        Sentence: what the state rests on.
    ended : (SceneReference, SceneReference) or None
        Last scene that shows it and first that does not, if it ended.
    ends : tuple of Finding
        Findings that show it going, such as water that drained.
    """

    findings: tuple[Finding, ...]
    state: str
    reason: str
    ended: tuple[SceneReference, SceneReference] | None = None
    ends: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        """``E`` and the digits of the first finding's id: the same as long as that one counts."""
        return f"E{self.findings[0].id[1:]}"

    @property
    def facility_id(self) -> str:
        """Where it is."""
        return self.findings[0].facility_id

    @property
    def kind(self) -> str:
        """Kind of its first finding."""
        return self.findings[0].kind

    @property
    def came(self) -> tuple[SceneReference, SceneReference]:
        """Latest scene before it, and first scene that shows it: it came between the two."""
        first = min((finding.after for finding in self.findings), key=_time)
        earlier = [f.before for f in self.findings if _time(f.before) < _time(first)]
        return max(earlier, key=_time), first

    @property
    def last_seen(self) -> SceneReference:
        """Latest scene that shows it."""
        return max((finding.after for finding in self.findings), key=_time)

    @property
    def has_grown(self) -> bool:
        """Whether its latest region is much larger than its first."""
        return self.findings[-1].area_m2 >= GROWN_TIMES * self.findings[0].area_m2

    @property
    def geometry(self) -> BaseGeometry:
        """Ground of all its findings, EPSG:4326."""
        return shapely.union_all([finding.geometry for finding in self.findings])


def join_events(
    findings: Iterable[Finding],
    observations: Iterable[Observation],
    reviews: Mapping[str, Review] | None = None,
) -> tuple[Event, ...]:
    """Join findings of one thing, and say what became of it.

    Findings of one facility and one family of kinds (`FAMILIES`) are one thing where they share
    ground.  Water that comes again, in a pair that begins after the last scene that shows it, is
    another event; a building that grows is the same.  A thing is *confirmed* when two scenes show
    it, or a reviewer says so; *ended* when a later look from before it came, which saw its ground,
    does not find it, or water is seen to go; *dismissed* when the latest review rejects it.  What
    one scene shows and no other tells of is *provisional*.

    Parameters
    ----------
    findings, observations
        Of any number of facilities: those that count.
    reviews : mapping of str to Review, optional
        The review that counts of each finding that has one, by its id.

    Returns
    -------
    tuple of Event
        By facility, then by the time at which they were first seen.
    """
    ordered = in_order(findings)
    looks = in_order(observations)
    groups: list[list[Finding]] = []
    for finding in ordered:
        own = _group_of(finding, groups)
        if own is None:
            groups.append([finding])
        else:
            own.append(finding)
    ends = [group for group in groups if family_of(group[0]) in OPPOSITES.values()]
    events = []
    for group in groups:
        opposite = OPPOSITES.get(family_of(group[0]))
        gone = [
            finding
            for other in ends
            for finding in other
            if family_of(finding) == opposite and _went(group, finding)
        ]
        event = _event(group, looks, gone, reviews or {})
        events.append(replace(event, ends=tuple(gone)))
    used = {finding.id for event in events for finding in event.ends}
    return tuple(
        event for event in events if not all(finding.id in used for finding in event.findings)
    )


def by_finding(events: Iterable[Event]) -> dict[str, Event]:
    """Return the event of each finding, and of each that shows one going, by the finding's id."""
    found = list(events)
    going = {finding.id: event for event in reversed(found) for finding in event.ends}
    return going | {finding.id: event for event in found for finding in event.findings}


def family_of(finding: Finding) -> str:
    """Name what a finding may be one of."""
    return FAMILIES.get(finding.kind, finding.kind)


def share_ground(first: BaseGeometry, second: BaseGeometry) -> bool:
    """Whether two regions share enough of the smaller to be one thing."""
    if not first.intersects(second):
        return False
    least = min(first.area, second.area)
    return bool(first.intersection(second).area >= SHARED_FRACTION * least)


def _group_of(finding: Finding, groups: Sequence[list[Finding]]) -> list[Finding] | None:
    """Return the latest group of the same thing, or None."""
    for group in reversed(groups):
        first = group[0]
        if first.facility_id != finding.facility_id or family_of(first) != family_of(finding):
            continue
        came_again = family_of(finding) != "building" and _time(finding.before) >= max(
            _time(item.after) for item in group
        )
        if not came_again and any(share_ground(item.geometry, finding.geometry) for item in group):
            return group
    return None


def _went(group: Sequence[Finding], finding: Finding) -> bool:
    """Whether a finding shows that the thing of a group went: there at first, and not at last.

    One that another scene of the group contradicts, for it still shows the thing, says nothing.
    """
    shown = [_time(item.after) for item in group]
    return (
        finding.facility_id == group[0].facility_id
        and _time(finding.before) >= min(shown)
        and _time(finding.after) > max(shown)
        and any(share_ground(item.geometry, finding.geometry) for item in group)
    )


def _event(
    group: Sequence[Finding],
    looks: Iterable[Observation],
    gone: Sequence[Finding],
    reviews: Mapping[str, Review],
) -> Event:
    """Say of a group of findings what later looks and reviews make of it."""
    own = tuple(group)
    plain = Event(own, "provisional", "One scene shows it, and no later look has told of it yet.")
    said = [reviews[finding.id] for finding in own if finding.id in reviews]
    latest = max(said, key=lambda review: review.reviewed_at, default=None)
    if latest is not None and latest.verdict == "rejected":
        reason = f"Rejected by {latest.by} on {latest.reviewed_at[:10]}."
        return Event(own, "dismissed", reason)
    last = plain.last_seen
    absent = [finding.after for finding in gone]
    absent += [look.after for look in looks if _misses(look, plain)]
    if absent:
        first_absent = min(absent, key=_time)
        reason = (
            f"Seen until {last.dates}, and no more on {first_absent.dates}, when its ground was "
            f"seen."
        )
        return Event(own, "ended", reason, (last, first_absent))
    if latest is not None and latest.verdict == "confirmed":
        reason = f"Confirmed by {latest.by} on {latest.reviewed_at[:10]}."
        return Event(own, "confirmed", reason)
    shown = {finding.after.id for finding in own}
    if len(shown) > 1:
        return Event(own, "confirmed", f"{len(shown)} scenes show it, the last on {last.dates}.")
    return plain


def _misses(look: Observation, event: Event) -> bool:
    """Whether a look after the event's last scene, from before it came, saw its ground bare."""
    first = event.findings[0]
    asked = look.facility_id == first.facility_id and look.method.partition("/")[0] in {
        finding.method.partition("/")[0] for finding in event.findings
    }
    if not asked or look.outcome == "not_seen":
        return False
    if _time(look.before) > _time(event.came[0]) or _time(look.after) <= _time(event.last_seen):
        return False
    if {finding.id for finding in event.findings} & set(look.finding_ids):
        return False
    ground = event.geometry
    if look.not_seen is None:
        return True
    return bool(ground.intersection(look.not_seen).area < HIDDEN_FRACTION * ground.area)


def _time(scene: SceneReference) -> datetime:
    return datetime.fromisoformat(scene.acquired_to_at)
