"""Findings of one thing, over many dates, joined into events.

An event follows from the records and is none: a new look, or a review, changes what is said of it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Code
from camp_monitor.events.change_points import Habit
from camp_monitor.events.episodes import Part
from camp_monitor.events.evidence import Manner, odds_of, tell_stories
from camp_monitor.events.ground import metres_apart, near_pairs
from camp_monitor.notes import Note, note
from camp_monitor.records.finding import Finding, in_order
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference, days_between

GOING = "water that went"
FAMILIES = {
    "construction": "building",
    "built_up": "building",
    "flooding": "water",
    "water_gain": "water",
    "flood_recession": GOING,
    "water_loss": GOING,
}
"""Kinds that may be one thing seen by different pairs; any other kind is a family of its own."""
OPPOSITES = {"water": GOING, GOING: "water"}
"""What shows that a thing of a family goes."""
LASTING = {
    "water": ("flooding", "water_gain"),
    "water that went": ("flood_recession", "water_loss"),
}
"""Kinds of what is brief and of what lasts."""
WATER = Manner(
    optical=Habit(finds=0.7, sees_go=0.7, spurious=0.03, again=0.2, repeats=0.1),
    radar=Habit(finds=0.5, sees_go=0.5, spurious=0.03, again=0.2, repeats=0.1),
    freezes=True,
    by_size=True,
    may_be_brief=True,
    by_height=True,
)
BUILDING = Manner(
    optical=Habit(finds=0.4, sees_go=0.0, spurious=0.05, again=0.2, lift=2.5, alters=0.45),
    radar=Habit(finds=0.1, sees_go=0.0, spurious=0.05, again=0.2, lift=2.5),
    least_days=30.0,
    least_altered_days=45.0,
    least_said_against=2,
    is_seasonal=True,
)
MANNERS = {"water": WATER, GOING: replace(WATER, by_size=False, least_said_against=2)}
"""Of each family; buildings' of any other."""
STATES = ("provisional", "confirmed", "ended", "dismissed")
"""What can be said of an event."""
GROWN_TIMES = 1.5
"""A thing has grown when its latest region is this many times its first."""
CONFIRMED_EVIDENCE = math.log(20)
"""What two scenes show is confirmed where it is twenty times likelier than mistakes."""
STRONG_ODDS = 3.0
"""What lacks confirmation is strong where its surest look has these odds, and all looks together do
not make it less likely."""
STAYS_EVIDENCE = 3.0
"""A thing that should stay is held to have gone only where that is likelier by this logarithm."""
LEAST_EVIDENCE = 0.2
YEAR_DAYS = 366.0
LASTS_DAYS = 120
"""Water that is still there, or still gone, so long after it was first seen so is no flood."""
APART_M = {"water": 150.0, "building": 40.0}
"""Parts that come at one time and lie no farther apart are one thing."""
TOUCHING_M = 20.0
"""Of things that last, only those that lie so near are one: two ponds in a row are two."""
TOGETHER_DAYS = 60


@dataclass(frozen=True)
class Event:
    """One thing that came, and what later looks and reviews say of it.

    Parameters
    ----------
    findings : tuple of Finding
        All of them, in order of time; at least one.
    kind : str
        What it turned out to be: see `LASTING`.
    state : str
        One of `STATES`.
    reasons : tuple of Note
        What the state rests on; of ``provisional``, what confirmation lacks.
    came : (SceneReference, SceneReference)
        Last scene before it was called for the first time, and first that shows it for certain.
    last_seen : SceneReference
        Last scene that shows it.
    was_confirmed : bool
        Whether it is confirmed, or was before it ended.
    is_strong : bool
        Whether it is ``provisional``, and yet likely: see `STRONG_ODDS`.
    odds : float
        How many times likelier than a mistake it is, by its surest look or by all of them,
        whichever says less; infinite where a reviewer confirmed it.
    ended : (SceneReference, SceneReference) or None
        Last scene that shows it and first that does not, if it ended.
    ends : tuple of Finding
        Findings that show it going, such as water that drained.
    """

    findings: tuple[Finding, ...]
    kind: str
    state: str
    reasons: tuple[Note, ...]
    came: tuple[SceneReference, SceneReference]
    last_seen: SceneReference
    was_confirmed: bool = False
    is_strong: bool = False
    odds: float = 1.0
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
    def largest(self) -> Finding:
        """The finding that shows most of it: a flood at its height, a building when it is whole."""
        return max(self.findings, key=lambda finding: finding.area_m2)

    @property
    def has_grown(self) -> bool:
        """Whether its largest region is much larger than its first."""
        return self.largest.area_m2 >= GROWN_TIMES * self.findings[0].area_m2

    @cached_property
    def geometry(self) -> BaseGeometry:
        """Ground of all its findings, EPSG:4326."""
        return shapely.union_all([finding.geometry for finding in self.findings])


def join_events(
    findings: Iterable[Finding],
    observations: Iterable[Observation],
    reviews: Mapping[str, Review] | None = None,
) -> tuple[Event, ...]:
    """Join findings of one thing, and say what became of it.

    Findings of one facility and one family of kinds (`FAMILIES`) that share ground are of one
    place; when something was there is what all looks at that ground make likeliest
    (`find_presences`), so that neither one miss ends a thing nor one mistake confirms it.  Parts
    that come at one time side by side are one thing (`APART_M`).

    A thing is *confirmed* when two scenes show it, `CONFIRMED_EVIDENCE` more likely than not, or a
    reviewer says so; a flood also by one scene, where several before it and a later one lack it and
    every alternative explanation is ruled out; *ended* when looks that saw its ground make it
    likelier that it went; *dismissed* when the latest review rejects it.  All else is
    *provisional*: *strong* where it is likely by its surest look, and by all of them
    (`STRONG_ODDS`).  Water that stays for `LASTS_DAYS` is a lasting gain,
    and one that went within a year a flood, whatever single pairs called it.

    Parameters
    ----------
    findings, observations
        Of any number of facilities: those that count.  Candidates below a working point are
        left out, and so is what compares two scenes of one pass, as an earlier version may have:
        nothing comes within seconds.
    reviews : mapping of str to Review, optional
        The review that counts of each finding that has one, by its id.

    Returns
    -------
    tuple of Event
        By facility, then by the time at which they were first seen.
    """
    by_facility: dict[str, list[Finding]] = defaultdict(list)
    looks: dict[str, list[Observation]] = defaultdict(list)
    for finding in in_order(findings):
        if not finding.candidate and not finding.before.is_one_pass(finding.after):
            by_facility[finding.facility_id].append(finding)
    for look in in_order(observations):
        if look.outcome != "not_seen" and not look.before.is_one_pass(look.after):
            looks[look.facility_id].append(look)
    return tuple(
        event
        for facility_id, own in sorted(by_facility.items())
        for event in _events_of(own, looks[facility_id], reviews or {})
    )


def by_finding(events: Iterable[Event]) -> dict[str, Event]:
    """Return the event of each finding, and of each that shows one going, by the finding's id."""
    found = list(events)
    going = {finding.id: event for event in reversed(found) for finding in event.ends}
    return going | {finding.id: event for event in found for finding in event.findings}


def family_of(finding: Finding) -> str:
    """Name what a finding may be one of."""
    return FAMILIES.get(finding.kind, finding.kind)


def _events_of(
    findings: Sequence[Finding], looks: Sequence[Observation], reviews: Mapping[str, Review]
) -> list[Event]:
    """Join the findings of one facility: what came, then what went without having come."""
    events: list[Event] = []
    used: set[str] = set()
    for family in sorted({family_of(one) for one in findings}, key=lambda one: (one == GOING, one)):
        own = [one for one in findings if family_of(one) == family and one.id not in used]
        other = [one for one in findings if family_of(one) == OPPOSITES.get(family)]
        manner = MANNERS.get(family, BUILDING)
        parts = tell_stories(
            own, other, looks, manner, least_evidence=LEAST_EVIDENCE,
            stays_evidence=0.0 if family in OPPOSITES else STAYS_EVIDENCE,
            sure_evidence=CONFIRMED_EVIDENCE,
        )  # fmt: skip
        for group in _joined(family, parts):
            if family == GOING and _ends_one(group, events):
                continue
            event = _event(family, group, reviews)
            used |= {one.id for one in event.ends}
            events.append(event)
    return sorted(events, key=lambda event: (event.came[1].last_instant, event.findings[0].id))


def _ends_one(parts: Sequence[Part], events: list[Event]) -> bool:
    """Count water that went beside water that ended then as its end; False where there is none.

    A flood that drains leaves ground that it was not seen on before.
    """
    going = [finding for part in parts for finding in part.findings]
    ground = shapely.union_all([finding.geometry for finding in going])
    for number, event in enumerate(events):
        if event.ended is None or family_of(event.findings[0]) != OPPOSITES[GOING]:
            continue
        first, last = event.came[1].last_instant, event.ended[1].last_instant
        called_then = all(first <= one.before.last_instant < last for one in going)
        went_then = all(
            first <= part.last_without.last_instant and part.first_shown.last_instant <= last
            for part in parts
        )
        if (called_then or went_then) and metres_apart(ground, event.geometry) <= APART_M[
            OPPOSITES[GOING]
        ]:
            events[number] = replace(event, ends=tuple(in_order((*event.ends, *going))))
            return True
    return False


def _joined(family: str, parts: Sequence[Part]) -> list[list[Part]]:
    """Put together parts that lie side by side and came at one time."""
    groups: dict[int, list[int]] = {}
    group_of: dict[int, int] = {}
    beside = near_pairs([part.geometry for part in parts], APART_M.get(family))
    for number, part in enumerate(parts):
        earlier = [one for one in beside[number] if one < number]
        near = {group_of[one] for one in earlier if _are_one(family, part, parts[one])}
        groups[number] = [*(one for key in sorted(near) for one in groups.pop(key)), number]
        group_of.update(dict.fromkeys(groups[number], number))
    return [[parts[one] for one in group] for group in groups.values()]


def _are_one(family: str, first: Part, second: Part) -> bool:
    apart_m = APART_M.get(family)
    if apart_m is None or first.story is second.story:
        return False
    if not first.overlaps(second):
        return False
    if days_between(first.first_shown, second.first_shown) > TOGETHER_DAYS:
        return False
    if family == "water" and days_between(first.last_shown, second.last_shown) > TOGETHER_DAYS:
        return False
    if _lasts(first) != _lasts(second):
        return False
    if _lasts(first):
        apart_m = min(apart_m, TOUCHING_M)
    return metres_apart(first.geometry, second.geometry) <= apart_m


def _event(family: str, parts: Sequence[Part], reviews: Mapping[str, Review]) -> Event:
    """Say of the parts of one thing what later looks and reviews make of it."""
    own = tuple(in_order({one.id: one for part in parts for one in part.findings}.values()))
    ends = tuple(in_order({one.id: one for part in parts for one in part.ends}.values()))
    main = max(parts, key=lambda part: part.presence.evidence)
    shown = {scene.id for part in parts for scene in part.shown}
    last = max((part.last_shown for part in parts), key=lambda scene: scene.last_instant)
    gone = [part.gone for part in parts if part.gone is not None]
    ended = None
    if len(gone) == len(parts):
        ended = last, max(gone, key=lambda scene: scene.last_instant)
    said = [reviews[finding.id] for finding in own if finding.id in reviews]
    latest = max(said, key=lambda review: review.reviewed_at, default=None)
    manner = MANNERS.get(family, BUILDING)
    lacks = {part: _lacks(part, manner) for part in parts}
    evident = not all(lacks.values())
    sure = [part for part in parts if not lacks[part]] or parts
    first = min(sure, key=lambda part: part.first_shown.last_instant)
    earliest = min(parts, key=lambda part: part.last_without.last_instant)
    reviewed = latest is not None and latest.verdict == "confirmed"
    odds = max(min(one.surest_odds, math.exp(one.presence.evidence)) for one in parts)
    state, reasons = _state(latest, ended, () if evident else lacks[main], shown, last)
    if evident and len(shown) == 1 and latest is None:
        reasons = (*reasons, note(Code.SINGLE_SCENE, on=last.dates))
    return Event(
        findings=own,
        kind=_kind(family, own, main, ended),
        state=state,
        reasons=reasons,
        came=(earliest.last_without, first.first_shown),
        last_seen=last,
        was_confirmed=(evident or reviewed) and state != "dismissed",
        is_strong=state == "provisional" and odds >= STRONG_ODDS,
        odds=math.inf if reviewed else odds,
        ended=ended,
        ends=ends,
    )


def _lacks(part: Part, manner: Manner) -> tuple[Note, ...]:
    """Say what is missing for scenes alone to confirm a part; nothing where they do."""
    missing = []
    far = part.said_days >= manner.least_days or part.altered_days >= manner.least_altered_days
    if len(part.shown) < 2 and not (manner.may_be_brief and part.is_clear):
        missing.append(note(Code.LACKS_SCENE))
    elif not far:
        missing.append(note(Code.LACKS_TIME, days=part.said_days, least_days=manner.least_days))
    elif part.said_against < manner.least_said_against:
        missing.append(note(Code.LACKS_EARLIER))
    if manner.freezes and part.surest_odds == 0:
        missing.append(note(Code.LACKS_ICE_FREE))
    elif part.surest_odds < 1:
        missing.append(note(Code.LACKS_PROBABILITY, odds=part.surest_odds))
    evidence, least = part.presence.evidence, CONFIRMED_EVIDENCE
    if evidence < least:
        missing.append(note(Code.LACKS_EVIDENCE, evidence=evidence, least_evidence=least))
    return tuple(missing)


def _state(
    review: Review | None,
    ended: tuple[SceneReference, SceneReference] | None,
    lacks: tuple[Note, ...],
    shown: set[str],
    last: SceneReference,
) -> tuple[str, tuple[Note, ...]]:
    """Say what became of a thing, and what that rests on."""
    if review is not None and review.verdict == "rejected":
        return "dismissed", (_reviewed(Code.REVIEW_REJECTED, review),)
    if ended is not None:
        seen_on, absent_on = (one.dates for one in ended)
        if seen_on == absent_on:  # light and radar of one day
            seen_on, absent_on = (f"{one.acquired_to_at[:16]}Z" for one in ended)
        seen = note(Code.SHOWN, scenes=len(shown), last_on=seen_on)
        return "ended", (seen, note(Code.ABSENT, on=absent_on))
    if review is not None and review.verdict == "confirmed":
        return "confirmed", (_reviewed(Code.REVIEW_CONFIRMED, review),)
    seen = note(Code.SHOWN, scenes=len(shown), last_on=last.dates)
    return "provisional" if lacks else "confirmed", (seen, *lacks)


def _reviewed(code: Code, review: Review) -> Note:
    return note(code, by=review.by, on=review.reviewed_at[:10])


def _lasts(part: Part) -> bool:
    return days_between(part.first_shown, part.last_shown) >= LASTS_DAYS


def _kind(
    family: str,
    findings: Sequence[Finding],
    part: Part,
    ended: tuple[SceneReference, SceneReference] | None,
) -> str:
    """Name a thing by what became of it; one pair cannot tell a flood from a pond."""
    if family not in LASTING:
        return findings[0].kind
    brief, lasting = LASTING[family]
    if _lasts(part):
        return lasting
    if ended is not None and days_between(part.last_without, ended[1]) <= YEAR_DAYS:
        return brief
    surest = max(findings, key=odds_of)
    return surest.kind if surest.kind in (brief, lasting) else lasting
