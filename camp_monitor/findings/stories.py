"""What all looks said of one piece of ground, and the times at which something was there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.findings.finding import Finding, Observation, SceneReference
from camp_monitor.findings.ground import Ground, group_by_ground, hidden_shares
from camp_monitor.findings.presence import Habit, Presence, Said, Told, find_presences

HIDDEN_FRACTION = 0.5
"""A look that did not see this part of a thing says nothing about it."""


@dataclass(frozen=True, eq=False)
class Story:
    """What all looks said of one piece of ground.

    Parameters
    ----------
    ground : Ground
    told : tuple of Told
    going : tuple of tuple of Finding
        For each of `told`: findings that say that something went.
    scenes : tuple of SceneReference
        All of the facility, in order of time; `told` counts in them.
    """

    ground: Ground
    told: tuple[Told, ...]
    going: tuple[tuple[Finding, ...], ...]
    scenes: tuple[SceneReference, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """One time of presence on one piece of ground.

    Parameters
    ----------
    story : Story
    presence : Presence
    findings : tuple of Finding
        That show it.
    ends : tuple of Finding
        That show it going.
    """

    story: Story
    presence: Presence
    findings: tuple[Finding, ...]
    ends: tuple[Finding, ...]

    @cached_property
    def _shown(self) -> list[int]:
        holds = self.presence.holds
        return sorted(
            {
                one.after
                for one in self.story.told
                if holds(one.after)
                and (one.said == "came" or (one.said == "same" and holds(one.before)))
            }
        )

    @property
    def shown(self) -> list[SceneReference]:
        """Scenes that show it: each says so, or says that nothing changed since one that does."""
        return [self.story.scenes[number] for number in self._shown]

    @property
    def first_shown(self) -> SceneReference:
        """First scene that shows it."""
        return self.story.scenes[self.presence.first]

    @property
    def last_shown(self) -> SceneReference:
        """Last scene that shows it."""
        return self.shown[-1]

    @property
    def last_without(self) -> SceneReference:
        """Last scene before it that saw its ground."""
        first = self.presence.first
        both = ((one.before, one.after) for one in self.story.told)
        return self.story.scenes[max(scene for pair in both for scene in pair if scene < first)]

    @property
    def gone(self) -> SceneReference | None:
        """First scene without it again."""
        return None if self.presence.gone is None else self.story.scenes[self.presence.gone]

    @cached_property
    def geometry(self) -> BaseGeometry:
        """Ground of its findings, EPSG:4326."""
        return shapely.union_all([finding.geometry for finding in self.findings])

    def overlaps(self, other: Part) -> bool:
        """Whether both were there at some time."""
        first, second = self.presence, other.presence
        return all(
            one.gone is None or two.first < one.gone
            for one, two in ((first, second), (second, first))
        )


def tell_stories(
    own: Sequence[Finding],
    other: Sequence[Finding],
    looks: Sequence[Observation],
    habit: Habit,
    *,
    least_evidence: float,
    stays_evidence: float,
) -> list[Part]:
    """Say of each piece of ground when something was there.

    Parameters
    ----------
    own : sequence of Finding
        That something came; of one facility and family, in order of time.
    other : sequence of Finding
        That such a thing went.
    looks : sequence of Observation
        That saw something, of the same facility.
    habit : Habit
    least_evidence, stays_evidence : float
        See `find_presences`.

    Returns
    -------
    list of Part
        Every one of `own` is in one of them.
    """
    scenes = _scenes_of((*own, *other, *looks))
    stems = {_stem(finding) for finding in own}
    asked = [look for look in looks if _stem(look) in stems]
    grounds = group_by_ground(own)
    hidden = hidden_shares(grounds, [look.not_seen for look in asked])
    parts = []
    for ground, hides in zip(grounds, hidden, strict=True):
        sees = [look for look, share in zip(asked, hides, strict=True) if share < HIDDEN_FRACTION]
        named = {one.id for one in ground.findings}
        sees += [look for look, share in zip(asked, hides, strict=True)
                 if share >= HIDDEN_FRACTION and named & set(look.finding_ids)]  # fmt: skip
        story = _story(ground, other, sees, scenes)
        presences = find_presences(
            story.told, len(scenes), habit, least_evidence=least_evidence,
            stays_evidence=stays_evidence,
        )  # fmt: skip
        parts += _parts(story, presences)
    return parts


def _story(
    ground: Ground,
    other: Sequence[Finding],
    looks: Sequence[Observation],
    scenes: tuple[SceneReference, ...],
) -> Story:
    number = {scene.id: index for index, scene in enumerate(scenes)}
    came = {one.id: one for one in ground.findings}
    went = {one.id: one for one in other if ground.shares(one.geometry)}
    said: list[tuple[int, int, Said, tuple[Finding, ...]]] = []
    named: set[str] = set()
    for look in looks:
        going = tuple(went[key] for key in look.finding_ids if key in went)
        comes = came.keys() & set(look.finding_ids)
        named |= comes | {one.id for one in going}
        word: Said = "came" if comes else "went" if going else "same"
        said.append((number[look.before.id], number[look.after.id], word, going))
    for one in ground.findings:  # whose observation was not given
        if one.id not in named:
            said.append((number[one.before.id], number[one.after.id], "came", ()))
    for one in went.values():
        if one.id not in named:
            said.append((number[one.before.id], number[one.after.id], "went", (one,)))
    alike = Counter((after, word) for _, after, word, _ in said)
    told = tuple(Told(b, a, word, 1 / alike[a, word]) for b, a, word, _ in said)
    return Story(ground, told, tuple(going for *_, going in said), scenes)


def _parts(story: Story, presences: Sequence[Presence]) -> list[Part]:
    """Give each finding to the presence that it shows; what shows none is one of its own."""
    number = {scene.id: index for index, scene in enumerate(story.scenes)}
    held = [*presences]
    for finding in story.ground.findings:
        after = number[finding.after.id]
        if not any(one.holds(after) for one in held):
            held.append(Presence(after, _next_look(story, after), 0.0))
    parts = []
    for presence in sorted(held, key=lambda one: one.first):
        own = tuple(one for one in story.ground.findings if presence.holds(number[one.after.id]))
        ends = tuple(
            finding
            for one, going in zip(story.told, story.going, strict=True)
            if presence.holds(one.before) and not presence.holds(one.after)
            for finding in going
        )
        if own:
            parts.append(Part(story, presence, own, ends))
    return parts


def _next_look(story: Story, scene: int) -> int | None:
    later = [one.after for one in story.told if one.after > scene]
    return min(later, default=None)


def _scenes_of(records: Sequence[Finding | Observation]) -> tuple[SceneReference, ...]:
    every = {one.id: one for record in records for one in (record.before, record.after)}
    return tuple(sorted(every.values(), key=lambda one: (one.acquired_to_at, one.id)))


def _stem(record: Finding | Observation) -> str:
    return record.method.partition("/")[0]
