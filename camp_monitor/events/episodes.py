"""All that was said of one piece of ground, and each time at which something was there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Verdict
from camp_monitor.events.change_points import Presence, Said, Told
from camp_monitor.events.ground import Ground
from camp_monitor.records.finding import Finding
from camp_monitor.records.scene_reference import SceneReference, days_between

COMING: tuple[Said, ...] = ("came", "altered")
"""What a look says of ground on which a thing came, or may have come."""


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
        One of each pass over the facility, in order of time; `told` counts in them.
    number : mapping of str to int
        Which of `scenes` each scene of a record is, or is of one pass with, by its id.
    """

    ground: Ground
    told: tuple[Told, ...]
    going: tuple[tuple[Finding, ...], ...]
    scenes: tuple[SceneReference, ...]
    number: Mapping[str, int]


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
        said = {
            one.after
            for one in self.story.told
            if holds(one.after)
            and (one.said in COMING or (one.said == "same" and holds(one.before)))
        }
        number = self.story.number
        called = {number[one.after.id] for one in self.findings}
        return sorted(said | {after for after in called if holds(after)})

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
    def said_days(self) -> float:
        """Days between the first and the last scene that itself says that it came."""
        return self._days_of("came")

    @property
    def altered_days(self) -> float:
        """Days between the first and the last scene that says that it, or something, came."""
        return self._days_of(*COMING)

    def _days_of(self, *words: Said) -> float:
        holds = self.presence.holds
        said = [
            one.after
            for one in self.story.told
            if one.said in words
            and holds(one.after)
            and (one.said == "came" or not holds(one.before))
        ]
        if not said:
            return 0.0
        first, last = (self.story.scenes[number] for number in (min(said), max(said)))
        return days_between(first, last)

    @cached_property
    def _coming(self) -> list[Told]:
        """Looks between whose scenes it came that say so."""
        holds = self.presence.holds
        return [
            one
            for one in self.story.told
            if one.said == "came" and one.weight and holds(one.after) and not holds(one.before)
        ]

    @property
    def surest_odds(self) -> float:
        """Of the surest look that says that it came."""
        return max((one.odds * one.habit.lift for one in self._coming), default=0.0)

    @property
    def said_against(self) -> int:
        """How many scenes without it it was called against."""
        return len({one.before for one in self._coming})

    @property
    def is_clear(self) -> bool:
        """Whether scenes before and after lack it, and every other explanation is ruled out."""
        went = any(
            one.said == "went" and one.weight and self.presence.holds(one.before)
            for one in self.story.told
        )
        verdicts = {item.verdict for item in self.story.ground.core.explanations}
        plain = verdicts == {Verdict.RULED_OUT}
        return went and plain and self.said_against > 1

    @property
    def last_without(self) -> SceneReference:
        """Last scene that saw its ground before it was called for the first time."""
        number = self.story.number
        first = min(self.presence.first, *(number[one.after.id] for one in self.findings))
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
