"""When a thing was there: the times that explain best what all looks at its ground said.

A look compares two scenes and says that something came, that it went, or neither.  Whatever was
there at each scene, looks are sometimes wrong: a building is missed in low light, a field passes
for one until it is ploughed.  So it is not asked whether a single look agrees, but which times of
presence make all that was said likeliest, and how much likelier than that nothing ever came.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Said = Literal["came", "went", "altered", "same"]
"""That something came between two scenes, that it went, that the ground changed so that it may have
come, or something else, or none of these."""
CERTAIN_EVIDENCE = 1.0
"""A presence begins with the last scene that explains what was said nearly as well, by so much."""
CARVED_EVIDENCE = 0.5
"""That a thing went and came again must be so much likelier, as a logarithm, than that it grew."""
LEAST_USUAL = 0.16
"""Ground that looks bare once, among crops, looks so again: a change is never taken as rarer."""
NEVER = 0.02
"""How much rarer than a plain mistake the opposite is: water that is said to go as it comes."""


@dataclass(frozen=True)
class Habit:
    """How looks of one family and kind of sensor speak of ground of which the truth is known.

    Parameters
    ----------
    finds : float
        Share that says that a thing came, of those between whose scenes it came.
    sees_go : float
        Share that says that it went, of those between whose scenes it went; 0 where nothing is
        looked for that way.
    spurious : float
        Share that says that something came, or went, where nothing did, on ground of which such a
        thing was said before.
    again : float
        Share that says that it came, though it was there already: a building, or water, that grows.
    lift : float
        The odds of a finding are multiplied by it: above 1 where ground that was mistaken once is
        seldom mistaken again, as a field is ploughed and grows.
    alters : float
        Share that says no more than that the ground changed, of those between whose scenes a thing
        came.
    repeats : float
        Share of mistakes that every look of this kind of sensor makes alike, as long as the ground
        stays as it is: a smooth field is water to radar for a year.  0 where none does.
    """

    finds: float
    sees_go: float
    spurious: float
    again: float
    lift: float = 1.0
    alters: float = 0.0
    repeats: float = 0.0

    def chances(self, said: Said, odds: float, usual: float | None = None) -> NDArray[np.float64]:
        """Logarithm of the chance of what a look said, [there before, there after].

        What is called is as much likelier where it happened as `_times` says; a weak call is no
        evidence against it.  `usual` is the share of all ground there that
        changed between the two scenes; None where the look does not tell.
        """
        goes = self.sees_go or self.spurious
        alters, usually = 0.0, 0.0
        if usual is not None:
            alters = self.alters
            usually = min(max(usual, LEAST_USUAL), alters)
        if said == "altered" and not usually:
            return np.zeros((2, 2))
        if said == "altered":
            return np.log(np.array([[usually, alters], [usually, usually]]))
        if said == "same":
            still = 1 - 2 * self.spurious - usually
            return np.log(np.array([[still, 1 - self.finds - alters], [1 - goes - usually, still]]))
        happens = self.finds if said == "came" else goes
        mistaken = happens / self._times(happens, odds)
        if said == "came":
            again = max(self.again, mistaken / 2)
            return np.log(np.array([[mistaken, happens], [NEVER * mistaken, again]]))
        return np.log(np.array([[mistaken / 2, NEVER * mistaken], [happens, mistaken]]))

    def first_times(self, odds: float) -> float:
        """How many times likelier a call is where a thing came, if nothing led anyone to look."""
        return max(odds * self.lift, 1.0)

    def _times(self, happens: float, odds: float) -> float:
        """How many times likelier a call is where what it says happened, on named ground.

        Its odds say so, which were fitted to calls all over images.  Of ground that was named
        before, also how seldom mistakes fall on it twice, where what repeats them is reckoned with
        (`repeats`): the less, the weaker the call.
        """
        alone = self.first_times(odds)
        if not self.repeats:
            return alone
        return max(alone, happens / self.spurious * min(odds * self.lift, 1.0))


@dataclass(frozen=True)
class Told:
    """What one look said of the ground of a thing.

    Parameters
    ----------
    before, after : int
        Its two scenes, numbered in order of time.
    said : str
        See `Said`.
    habit : Habit
        Of its family and sensor.
    odds : float
        Of what is called, that it is real, by its own evidence: p / (1 - p); 1 where none is.
    weight : float
        Looks that share their after scene share its faults: together they weigh as one.
    usual : float or None
        Share of all ground that changed between the two scenes; None where the look does not tell.
    """

    before: int
    after: int
    said: Said
    habit: Habit
    odds: float = 1.0
    weight: float = 1.0
    usual: float | None = None

    @property
    def chances(self) -> NDArray[np.float64]:
        """See `Habit.chances`."""
        return self.weight * self.habit.chances(self.said, self.odds, self.usual)


@dataclass(frozen=True)
class Presence:
    """A time at which a thing was there.

    Parameters
    ----------
    first : int
        First scene that shows it for certain.
    gone : int or None
        First scene without it again; None where it was never seen to be gone.
    evidence : float
        Natural logarithm of how much likelier it makes what was said than that it was never there,
        or that one kind of sensor is mistaken each time, whichever says less.
    """

    first: int
    gone: int | None
    evidence: float

    def holds(self, scene: int) -> bool:
        """Whether the thing was there at a scene."""
        return self.first <= scene and (self.gone is None or scene < self.gone)


def find_presences(
    told: Sequence[Told],
    scenes: int,
    *,
    least_evidence: float,
    stays_evidence: float = 0.0,
) -> tuple[Presence, ...]:
    """Find the times of presence that explain best what was said of one piece of ground.

    The likeliest time is taken first, then the likeliest beside it, as long as each makes what was
    said likelier by `least_evidence`.  Ground that altered may have altered with the thing, long
    before a look is sure of it: that counts, but the presence begins where a look says that it
    came.

    Parameters
    ----------
    told : sequence of Told
    scenes : int
        How many there are.
    least_evidence : float
        Natural logarithm of a ratio of likelihoods, above 0.
    stays_evidence : float
        That it went must be likelier by so much than that it stayed; 0 for what comes and goes.

    Returns
    -------
    tuple of Presence
        In order of time; they do not overlap.  Empty where nothing is likelier than mistakes.

    Notes
    -----
    A change point of two states, found by likelihood (Hinkley 1970, doi:10.1093/biomet/57.1.1).
    """
    looks = _Looks(
        before=np.array([one.before for one in told], int),
        after=np.array([one.after for one in told], int),
        chance=np.array([one.chances for one in told]).reshape(-1, 2, 2),
    )  # fmt: skip
    came = sorted({one.after for one in told if one.said == "came"})
    firsts = sorted({one.after for one in told if one.said in ("came", "altered")})
    named = {first: _next(came, first) for first in firsts}
    there = np.zeros(scenes, int)
    found: list[tuple[int, int, float]] = []
    while firsts:
        never = looks.likelihood(there)
        firsts = [first for first in firsts if not there[first]]
        tried = [looks.by_end(there, first) - never for first in firsts]
        for first, by_end in zip(firsts, tried, strict=True):
            by_end[:-1] -= stays_evidence
            by_end[: named[first] + 1] = -np.inf
        best = max(
            ((float(one.max()), -first, _last_of_the_best(one))
             for first, one in zip(firsts, tried, strict=True)),
            default=(-np.inf, 0, 0),
        )  # fmt: skip
        if best[0] < least_evidence:
            break
        gone = best[2]
        first = max(
            first
            for first, one in zip(firsts, tried, strict=True)
            if first < gone and one[gone] >= best[0] - CERTAIN_EVIDENCE
        )
        there[first:gone] = 1
        leads_up = best[0] - tried[firsts.index(first)][gone]
        carved = _carved(looks, there, told, (first, gone), stays_evidence)
        if len(carved) > 1:
            carved = [_fitted(looks, there, part, came, stays_evidence) for part in carved]
            leads_up = 0.0
        found += [(*part, leads_up) for part in carved]
    return tuple(_weighed(looks, there, told, found, came, stays_evidence))


def _weighed(
    looks: _Looks,
    there: NDArray[np.int_],
    told: Sequence[Told],
    found: Sequence[tuple[int, int, float]],
    came: Sequence[int],
    stays_evidence: float,
) -> list[Presence]:
    """Give each time of presence its beginning, as a look names it, and its evidence."""
    scenes = len(there)
    presences = []
    unnamed = scenes
    for begins, ends, leads_up in sorted(found):
        shown, unnamed = _next(came, begins), min(unnamed, begins)
        if shown < ends:
            alone = np.zeros_like(there)
            alone[unnamed:ends] = 1
            evidence = leads_up + min(
                _evidence(looks, one, told, (unnamed, ends)) for one in (there, alone)
            )
            if ends < scenes:
                presences.append(Presence(shown, ends, evidence - stays_evidence))
            else:
                presences.append(Presence(shown, None, evidence))
            unnamed = scenes
    return presences


def _carved(
    looks: _Looks,
    there: NDArray[np.int_],
    told: Sequence[Told],
    whole: tuple[int, int],
    stays_evidence: float,
) -> list[tuple[int, int]]:
    """Part a presence where something came that was there already: it may have gone between.

    `there` is changed where that is likelier than that it grew.
    """
    first, gone = whole
    parts, ends = [first], []
    for one in sorted(told, key=lambda one: one.after):
        if one.said != "came" or not parts[-1] < one.before < one.after < gone:
            continue
        before = looks.likelihood(there)
        there[one.before : one.after] = 0
        if looks.likelihood(there) - before > CARVED_EVIDENCE + stays_evidence:
            ends.append(one.before)
            parts.append(one.after)
        else:
            there[one.before : one.after] = 1
    return list(zip(parts, [*ends, gone], strict=True))


def _fitted(
    looks: _Looks,
    there: NDArray[np.int_],
    part: tuple[int, int],
    came: Sequence[int],
    stays_evidence: float,
) -> tuple[int, int]:
    """Return a part that was carved, with its own likeliest end; `there` is changed to it.

    It stays as it is where no look says within it that a thing came.
    """
    begins, ends = part
    there[begins:ends] = 0
    gains = looks.by_end(there, begins)
    gains[:-1] -= stays_evidence
    gains = gains[: ends + 1]
    gains[: _next(came, begins) + 1] = -np.inf
    if np.isfinite(gains).any():
        ends = _last_of_the_best(gains)
    there[begins:ends] = 1
    return begins, ends


def _evidence(
    looks: _Looks, there: NDArray[np.int_], told: Sequence[Told], part: tuple[int, int]
) -> float:
    """Return the evidence for one presence beside all others, see `Presence`.

    The surest call is why this ground is asked about, of all that there is: it weighs by its odds
    alone.  Where one kind of sensor makes one mistake at each look, all its looks weigh as its
    surest, and what the others say is added.
    """
    begins, ends = part
    without = there.copy()
    without[begins:ends] = 0
    gains = looks.said(there) - looks.said(without)
    coming = [
        number
        for number, one in enumerate(told)
        if one.said == "came" and one.weight and one.before < begins <= one.after < ends
    ]
    times = {number: told[number].habit.first_times(told[number].odds) for number in coming}
    if coming:
        surest = max(coming, key=lambda number: times[number])
        gains[surest] = min(gains[surest], told[surest].weight * np.log(times[surest]))
    least = gains.sum()
    for habit in {told[number].habit for number in coming if told[number].habit.repeats}:
        own = max(times[number] for number in coming if told[number].habit == habit)
        others = np.array([one.habit != habit for one in told])
        least = min(least, np.log(own / habit.repeats) + gains[others].sum())
    return float(least)


def _next(came: Sequence[int], scene: int) -> int:
    """Return the first scene from `scene` on that says that something came; else one past all."""
    return min((one for one in came if one >= scene), default=sys.maxsize)


def _last_of_the_best(values: NDArray[np.float64]) -> int:
    """Of ends that explain as much, the last: what nobody looked at has not ended."""
    return int(np.flatnonzero(values >= values.max() - 1e-9)[-1])


@dataclass(frozen=True, eq=False)
class _Looks:
    """Looks as arrays; `chance`, (look, there before, there after), is of what each said."""

    before: NDArray[np.int_]
    after: NDArray[np.int_]
    chance: NDArray[np.float64]

    def said(self, there: NDArray[np.int_]) -> NDArray[np.float64]:
        """Logarithm of the likelihood of what each look said."""
        every = np.arange(len(self.before))
        return self.chance[every, there[self.before], there[self.after]]

    def likelihood(self, there: NDArray[np.int_]) -> float:
        """Logarithm of the likelihood of all that was said."""
        return float(self.said(there).sum())

    def by_end(self, there: NDArray[np.int_], first: int) -> NDArray[np.float64]:
        """Return that logarithm with a presence added from `first`, by the scene that ends it.

        Each look has one value where the presence ends by its before scene, one where it ends
        between its two scenes and one where it ends later, so the sums over all looks are
        cumulative.  Ends that are not later, or would join another presence, are impossible.
        """
        every, before, after = np.arange(len(self.before)), self.before, self.after
        own = there[before], there[after]
        added = np.where(before >= first, 1, own[0]), np.where(after >= first, 1, own[1])
        ends_before = self.chance[every, own[0], own[1]]
        ends_between = self.chance[every, added[0], own[1]]
        ends_later = self.chance[every, added[0], added[1]]
        steps = np.zeros(len(there) + 1)
        steps[0] = ends_before.sum()
        np.add.at(steps, before + 1, ends_between - ends_before)
        np.add.at(steps, after + 1, ends_later - ends_between)
        total = np.cumsum(steps)
        total[: first + 1] = -np.inf
        later = np.flatnonzero(there[first:])
        if later.size:
            total[first + later[0] :] = -np.inf
        return total
