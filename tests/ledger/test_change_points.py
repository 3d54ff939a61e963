"""When a thing was there: held against trying every time, and cases that a reader can judge."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.events.change_points import (
    CERTAIN_EVIDENCE,
    Habit,
    Presence,
    Said,
    Told,
    find_presences,
)

HABIT = Habit(finds=0.7, sees_go=0.7, spurious=0.03, again=0.2, alters=0.2)
STAYS = Habit(finds=0.4, sees_go=0.0, spurious=0.05, again=0.2, lift=2.5, alters=0.45)
SCENES = 7
WORDS: tuple[Said, ...] = ("came", "went", "altered", "same")


@st.composite
def many_told(draw: st.DrawFn) -> list[Told]:
    told = []
    for _ in range(draw(st.integers(0, 10))):
        before, after = sorted(draw(st.permutations(range(SCENES)))[:2])
        word: Said = draw(st.sampled_from(WORDS))
        odds, usual = (
            draw(st.sampled_from([0.3, 1.0, 9.0])),
            draw(st.sampled_from([None, 0.0, 0.3])),
        )
        told.append(Told(before, after, word, HABIT, odds, usual=usual))
    return told


def likelihood(told: list[Told], there: list[int]) -> float:
    return sum(float(one.chances[there[one.before], there[one.after]]) for one in told)


@settings(max_examples=200, deadline=None)
@given(many_told())
def test_the_first_presence_is_as_likely_as_the_best_of_all(told: list[Told]) -> None:
    never = likelihood(told, [0] * SCENES)
    came = {one.after for one in told if one.said == "came"}
    tried = [
        likelihood(told, [int(first <= scene < gone) for scene in range(SCENES)]) - never
        for first in came | {one.after for one in told if one.said == "altered"}
        for gone in range(first + 1, SCENES + 1)
        if any(first <= one < gone for one in came)
    ]
    found = find_presences(told, SCENES, least_evidence=0.2)
    best = max(tried, default=0.0)
    assert bool(found) == (best >= 0.2)
    if found:
        # what went and came again may explain it better than any one time
        assert found[0].evidence > best - 1e-9 or len(found) > 1
    for one in found:
        assert one.gone is None or one.first < one.gone
    for one, other in itertools.pairwise(found):
        assert one.gone is not None
        assert one.gone <= other.first


def test_one_miss_ends_nothing_and_many_do() -> None:
    came = [Told(0, after, "came", STAYS, odds=4.0) for after in (1, 2, 3)]
    missed = [Told(0, after, "same", STAYS) for after in range(4, 24)]
    for misses, gone in ((1, None), (20, 4)):
        [one] = find_presences(
            came + missed[:misses], 24, least_evidence=0.2, stays_evidence=3.0
        )  # fmt: skip
        assert one.gone == gone


def test_water_that_was_gone_between_came_twice_and_water_that_grows_once() -> None:
    first, again = Told(0, 1, "came", HABIT, 9.0), Told(2, 3, "came", HABIT, 9.0)
    assert len(find_presences([first, again], 4, least_evidence=0.2)) == 2
    stayed = [Told(0, 2, "came", HABIT, 9.0), Told(0, 3, "came", HABIT, 9.0)]
    assert find_presences([first, again, *stayed], 4, least_evidence=0.2) == (
        Presence(
            1, None, find_presences([first, again, *stayed], 4, least_evidence=0.2)[0].evidence
        ),
    )


def test_water_that_came_twice_has_its_own_evidence_each_time() -> None:
    """What is sure of one time lends nothing to the other."""
    first, second, drains = (
        Told(0, 1, "came", HABIT, 9.0), Told(2, 3, "came", HABIT, 1.3),
        Told(4, 5, "went", HABIT, 9.0),
    )  # fmt: skip
    once, again = find_presences([first, second, drains], 7, least_evidence=0.2)
    assert ((once.first, once.gone), (again.first, again.gone)) == ((1, 2), (3, 5))
    assert once.evidence == pytest.approx(math.log(9))
    assert again.evidence > once.evidence


def test_a_weak_call_before_sure_ones_is_not_the_certain_beginning() -> None:
    weak = Told(0, 1, "came", HABIT, odds=1.2)
    sure = [Told(0, after, "came", HABIT, odds=9.0) for after in (2, 3)]
    [one] = find_presences([weak, *sure], 4, least_evidence=0.2)
    assert one.first == 2
    assert CERTAIN_EVIDENCE > 0


def test_ground_that_alters_counts_where_little_else_does() -> None:
    """Of a building that was called once: what later looks say, and what is usual around it."""
    called = Told(0, 1, "came", STAYS, odds=4.0)

    def evidence(word: Said, usual: float | None) -> float:
        later = [Told(0, after, word, STAYS, usual=usual) for after in range(2, 7)]
        found = find_presences([called, *later], 7, least_evidence=0.2, stays_evidence=3.0)
        return max((one.evidence for one in found), default=0.0)

    alone = evidence("same", 0.0)
    assert evidence("altered", 0.05) > alone + 4
    # where everything changed, as fields do from spring to summer, it says nothing
    assert evidence("altered", 0.6) < alone + 4
    rising = [evidence("altered", usual) for usual in (0.6, 0.4, 0.3, 0.2)]
    assert rising == sorted(rising)
    # ground that would have altered and did not speaks the more against it
    only = [
        Told(0, after, "same", STAYS, usual=usual) for usual in (None, 0.02) for after in (2, 3)
    ]
    plain, telling = ([called, *part] for part in (only[:2], only[2:]))
    assert likelihood(telling, [0, 1, 1, 1]) - likelihood(telling, [0] * 4) < (
        likelihood(plain, [0, 1, 1, 1]) - likelihood(plain, [0] * 4)
    )


def test_ground_altered_long_before_counts_and_does_not_date() -> None:
    """One look of many names what came; that the ground was altered before leads up to it."""
    altered = [Told(0, after, "altered", STAYS, usual=0.03) for after in range(1, 8)]
    called = Told(0, 8, "came", STAYS, odds=4.0, usual=0.03)
    [alone] = find_presences([called], 9, least_evidence=0.2, stays_evidence=3.0)
    [led_up] = find_presences([*altered, called], 9, least_evidence=0.2, stays_evidence=3.0)
    assert led_up.first == alone.first == 8
    assert led_up.evidence > alone.evidence + 5
    assert find_presences(altered, 9, least_evidence=0.2) == ()


def test_weak_calls_on_one_ground_add_up_and_one_alone_is_nothing() -> None:
    """A pond of some twenty pixels is never sure, and is there in every image of a year."""
    light, radar = (
        Habit(finds=finds, sees_go=finds, spurious=0.03, again=0.05, lift=1.8, repeats=0.1)
        for finds in (0.2, 0.15)
    )

    def called(habit: Habit, *afters: int) -> list[Told]:
        return [Told(0, after, "came", habit, odds=0.5) for after in afters]

    def evidence(told: list[Told]) -> float:
        return max(
            (one.evidence for one in find_presences(told, 12, least_evidence=0.2)), default=0
        )

    by_light, by_radar = called(light, 1, 3, 5, 7), called(radar, 2, 4, 6)
    assert evidence(by_light[:1]) == 0
    assert evidence(by_light) == pytest.approx(math.log(10))  # one mistake may repeat
    assert evidence(by_light + by_radar) > math.log(20)
    missed = [Told(0, after, "same", radar) for after in (1, 3, 5)]
    assert evidence(by_light + by_radar + missed) < evidence(by_light + by_radar)


def test_a_presence_lends_nothing_to_the_next() -> None:
    """That it is not seen to come again says the less, the longer it may have been there before."""
    radar, light = (replace(HABIT, finds=finds, repeats=0.1) for finds in (0.5, 0.7))
    came = [Told(0, 1, "came", radar, 1.5)]
    again = [Told(2, after, "came", radar, 1.5) for after in (3, 4, 5, 6)]
    silent = [Told(1, after, "same", light) for after in (3, 4, 5, 6, 7, 8)]
    presences = find_presences([*came, *again, *silent], 9, least_evidence=0.2)
    assert len(presences) == 2
    assert all(one.evidence < math.log(1.5 / 0.1) for one in presences)
