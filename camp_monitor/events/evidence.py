"""What all looks said of one piece of ground, and the times at which something was there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from camp_monitor.codes import Verdict
from camp_monitor.events.change_points import Habit, Presence, Said, Told, find_presences
from camp_monitor.events.episodes import Part, Story
from camp_monitor.events.ground import (
    PART_FRACTION,
    Ground,
    group_by_ground,
    hidden_shares,
    touching,
)
from camp_monitor.events.passes import number_passes
from camp_monitor.pairs.selection import SEASON_DAYS, season_gap_days
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scenes.sensors import SENSORS, is_sar

USUAL = {"low": 0.4, "medium": 0.65, "high": 0.85}
"""Probability of findings that are older than the calibration, by their word."""
POSSIBLE_SHARE = 0.5
"""What each possible alternative explanation leaves of the odds."""
AGREEMENT_DAYS, AGREEMENT_TIMES = 45.0, 3.0
"""Where a scene of the other kind of sensor says the same within so many days, the odds rise by so
much."""
EASILY_FOUND_M2, LEAST_FOUND = 10_000.0, 0.2
"""What is smaller than this is found less often, in proportion, down to this share; and where it is
found again on the same ground, each time counts for more, by one over the root of that share."""
OUT_OF_SEASON = 0.4
"""What is left of the odds of a call between two seasons, of things that fields are taken for."""
HIDDEN_FRACTION = 0.5
"""A look that did not see this part of a thing says nothing about it."""
COLD_MONTHS = {12, 1, 2, 3}
COLD_FROM_DEG = 35.0
"""North of this, and in the months six later south of it, water may lie under ice and snow."""


@dataclass(frozen=True)
class Manner:
    """How looks of one family speak.

    Parameters
    ----------
    optical, radar : Habit
    freezes : bool
        Whether ice and snow hide it, or pass for it: a look with either on one of its dates says
        nothing.
    by_size : bool
        Whether small things are found less often, see `EASILY_FOUND_M2`.
    least_days, least_altered_days : float
        It is confirmed only by scenes that lie so far apart, of such as say that it came, or of
        these and such as say that its ground altered: a field may look so for weeks.
    least_said_against : int
        It is confirmed only where it was called against so many earlier scenes: one field that was
        unlike itself in one of them makes all ground after it look altered.
    may_be_brief : bool
        One scene alone may confirm it, see `Part.is_clear`.
    by_height : bool
        Whether the largest of its regions is the best, see `group_by_ground`.
    is_seasonal : bool
        Whether fields are taken for it: a call by scenes of different seasons is worth less, see
        `OUT_OF_SEASON`.
    """

    optical: Habit
    radar: Habit
    freezes: bool = False
    by_size: bool = False
    least_days: float = 0.0
    least_altered_days: float = 0.0
    least_said_against: int = 1
    may_be_brief: bool = False
    by_height: bool = False
    is_seasonal: bool = False


def tell_stories(
    own: Sequence[Finding],
    other: Sequence[Finding],
    looks: Sequence[Observation],
    manner: Manner,
    *,
    least_evidence: float,
    stays_evidence: float,
    sure_evidence: float,
) -> list[Part]:
    """Say of each piece of ground when something was there.

    Ground on which nothing is sure is parted from what was called on a rim of it at other times,
    and both are asked again, see `group_by_ground`.

    Parameters
    ----------
    own : sequence of Finding
        That something came; of one facility and family, in order of time.
    other : sequence of Finding
        That such a thing went.
    looks : sequence of Observation
        That saw something, of the same facility.
    manner : Manner
    least_evidence, stays_evidence : float
        See `find_presences`.
    sure_evidence : float
        Evidence of a presence that is sure.

    Returns
    -------
    list of Part
        Every one of `own` is in one of them.
    """
    passes = number_passes((*own, *other, *looks))
    stems = {_stem(finding) for finding in own}
    asked = [look for look in looks if _stem(look) in stems]
    odds = [odds_of(one) for one in own]
    told: dict[tuple[tuple[str, ...], ...], tuple[Story, tuple[Presence, ...]]] = {}

    def tell(grounds: Sequence[Ground]) -> None:
        new = [ground for ground in grounds if ground.key not in told]
        went = touching([ground.core for ground in new], other)
        hidden = hidden_shares(new, [look.not_seen for look in asked])
        for ground, hides, going in zip(new, hidden, went, strict=True):
            named = {one.id for one in ground.findings}
            sees = [
                look
                for look, share in zip(asked, hides, strict=True)
                if share < HIDDEN_FRACTION or named & set(look.finding_ids)
            ]
            story = _story(ground, going, sees, passes, manner)
            told[ground.key] = story, find_presences(
                story.told, len(passes[0]), least_evidence=least_evidence,
                stays_evidence=stays_evidence,
            )  # fmt: skip

    grounds = group_by_ground(own, odds, largest=manner.by_height)
    tell(grounds)
    doubtful = {
        ground.core.id
        for ground in grounds
        if all(one.evidence < sure_evidence for one in told[ground.key][1])
    }
    grounds = group_by_ground(own, odds, largest=manner.by_height, doubtful=doubtful)
    tell(grounds)
    return [part for ground in grounds for part in _parts(*told[ground.key])]


def _story(
    ground: Ground,
    going: Sequence[Finding],
    looks: Sequence[Observation],
    passes: tuple[tuple[SceneReference, ...], Mapping[str, int]],
    manner: Manner,
) -> Story:
    scenes, number = passes
    radar, optical = manner.radar, manner.optical
    if manner.by_size:
        radar, optical = (_for_size(habit, ground) for habit in (radar, optical))
    came = {one.id: one for one in ground.findings}
    beside = {one.id: one for one in ground.beside}
    went = {one.id: one for one in going}
    said: list[tuple[Told, tuple[Finding, ...]]] = []
    named: set[str] = set()

    def note(record: Finding | Observation, names: Sequence[str]) -> None:
        comes = [came[key] for key in names if key in came]
        goes = [went[key] for key in names if key in went]
        others = [beside[key] for key in names if key in beside]
        named.update(one.id for one in (*comes, *goes))
        shares = ground.share_in(comes), ground.share_in(goes)
        word: Said = "same"
        if max(shares) >= PART_FRACTION:
            word = "came" if shares[0] >= shares[1] else "went"
        elif isinstance(record, Observation) and ground.share_of(record.altered) >= PART_FRACTION:
            word = "altered"
        odds = max((odds_of(one) for one in {"came": comes, "went": goes}.get(word, ())), default=1)
        habit = radar if _is_radar(record.after) else optical
        if manner.is_seasonal and _apart_in_season(record):
            odds *= OUT_OF_SEASON
        tells = not (manner.freezes and _may_be_frozen(record, ground))
        if word == "same" and ground.share_in(others) >= PART_FRACTION:
            tells = False  # something came here that is heard of beside it
        pair = number[record.before.id], number[record.after.id]
        usual = getattr(record, "altered_fraction", None)
        said.append((Told(*pair, word, habit, odds, float(tells), usual), tuple(goes)))

    for look in looks:
        note(look, look.finding_ids)
    for one in (*ground.findings, *went.values()):  # whose observation was not given
        if one.id not in named:
            note(one, [one.id])
    agreed = _agreed([one for one, _ in said], scenes)
    alike = Counter((one.after, one.said) for one, _ in said if one.weight)
    told = tuple(
        replace(
            one,
            odds=one.odds * (AGREEMENT_TIMES if one.after in agreed else 1.0),
            weight=one.weight / max(alike[one.after, one.said], 1),
        )
        for one, _ in said
    )
    return Story(ground, told, tuple(goes for _, goes in said), scenes, number)


def _for_size(habit: Habit, ground: Ground) -> Habit:
    """Return a habit for things of the size of the largest region of a ground."""
    share = min(max(ground.core.area_m2 / EASILY_FOUND_M2, LEAST_FOUND), 1.0)
    return replace(
        habit, finds=habit.finds * share, sees_go=habit.sees_go * share, again=habit.again * share,
        lift=habit.lift / math.sqrt(share),
    )  # fmt: skip


def _agreed(told: Sequence[Told], scenes: Sequence[SceneReference]) -> set[int]:
    """Return scenes that say that something came, as one of the other kind of sensor does then.

    Light and radar are deceived by other things.
    """
    afters = sorted({one.after for one in told if one.said == "came"})
    days = {after: scenes[after].last_instant.timestamp() / 86400 for after in afters}
    kinds: dict[bool, list[int]] = {True: [], False: []}
    for after in afters:
        kinds[_is_radar(scenes[after])].append(after)
    return {
        one
        for kind, others in ((True, False), (False, True))
        for one in kinds[kind]
        if any(abs(days[one] - days[other]) <= AGREEMENT_DAYS for other in kinds[others])
    }


def _apart_in_season(record: Finding | Observation) -> bool:
    """Whether crops and sun of the two scenes are of different seasons."""
    before, after = record.before.last_instant, record.after.last_instant
    return season_gap_days(before, after) > SEASON_DAYS


def _may_be_frozen(record: Finding | Observation, ground: Ground) -> bool:
    """Whether ice may be why water came, went, or was not seen to come."""
    north_deg = ground.core.geometry.centroid.y
    return any(_may_freeze(scene, north_deg) for scene in (record.before, record.after))


def _may_freeze(scene: SceneReference, north_deg: float) -> bool:
    month = int(scene.acquired_to_at[5:7])
    cold = COLD_MONTHS if north_deg > 0 else {(one + 5) % 12 + 1 for one in COLD_MONTHS}
    return abs(north_deg) >= COLD_FROM_DEG and month in cold


def _is_radar(scene: SceneReference) -> bool:
    return scene.sensor in SENSORS and is_sar(SENSORS[scene.sensor].bands)


def odds_of(finding: Finding) -> float:
    """Return the odds that a finding is real, by its own evidence.

    Each alternative explanation that is possible takes half of them.
    """
    probability = finding.probability or USUAL[finding.confidence]
    possible = sum(item.verdict == Verdict.POSSIBLE for item in finding.explanations)
    return probability / (1 - probability) * POSSIBLE_SHARE**possible


def _parts(story: Story, presences: Sequence[Presence]) -> list[Part]:
    """Give each finding to the presence that it shows, or leads up to.

    Those that no presence explains are one of their own.  Presences are in order of time.
    """
    number = story.number
    loose: dict[int, list[int]] = {}
    for finding in story.ground.findings:
        after = number[finding.after.id]
        if not any(one.holds(after) for one in presences):
            earlier = sum(one.first <= after for one in presences)
            loose.setdefault(earlier, []).append(after)
    leads: dict[int, set[int]] = {}
    held = [*presences]
    for earlier, afters in loose.items():
        rest = sorted(set(afters))
        again = presences[earlier].first if earlier < len(presences) else None
        if earlier and presences[earlier - 1].gone is not None:
            gone, rest = _lingers(story, rest, presences[earlier - 1], again)
            held[earlier - 1] = replace(presences[earlier - 1], gone=gone)
        if rest and again is not None:
            began, rest = _began(story, rest, again)
            leads[again] = {after for after in afters if after >= began}
        if rest:
            held.append(Presence(min(rest), _next_look(story, max(rest), again), 0.0))
    parts = []
    for presence in sorted(held, key=lambda one: one.first):
        lead = leads.get(presence.first, set())
        own = tuple(
            one
            for one in story.ground.findings
            if presence.holds(number[one.after.id]) or number[one.after.id] in lead
        )
        ends = tuple(
            finding
            for one, going in zip(story.told, story.going, strict=True)
            if presence.holds(one.before) and not presence.holds(one.after)
            for finding in going
        )
        if own:
            parts.append(Part(story, presence, own, ends))
    return parts


def _lingers(
    story: Story, afters: list[int], presence: Presence, again: int | None
) -> tuple[int | None, list[int]]:
    """Say when the last of a thing went, if smaller parts of it were called after it; and the rest.

    A flood drains from its rims, and what is left of it is less than itself.
    """
    gone = presence.gone
    while gone is not None and afters and afters[0] == gone:
        gone = _next_look(story, gone, again)
        afters = [one for one in afters if gone is not None and one >= gone]
    return gone, afters


def _began(story: Story, afters: list[int], first: int) -> tuple[int, list[int]]:
    """Say from when weaker calls lead up to a presence, and which of them do not."""
    others = {one.after for one in story.told if one.said != "came" and one.weight} - set(afters)
    while afters and not any(afters[-1] < other < first for other in others):
        first = afters[-1]
        afters = afters[:-1]
    return first, afters


def _next_look(story: Story, scene: int, again: int | None) -> int | None:
    """Return the first scene after one that tells something, or at which a thing came again."""
    later = [one.after for one in story.told if one.weight and one.after > scene]
    return min([*later, *([] if again is None else [again])], default=None)


def _stem(record: Finding | Observation) -> str:
    return record.method.partition("/")[0]
