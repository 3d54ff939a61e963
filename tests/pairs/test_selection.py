"""Which scenes are compared: laws for any heap of scenes, and cases that an analyst would know."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.codes import Code
from camp_monitor.notes import Note, note
from camp_monitor.pairs.selection import (
    LEAST_INSIDE_FRACTION,
    RECENT_AT_FIRST,
    SEASON_DAYS,
    Choice,
    Look,
    choose_pairs,
    orbit_key,
    season_before,
    season_gap_days,
)

LEAST_CLEAR = 0.5
ORBITS = {"sentinel-1": ["54 ascending", "61 descending", orbit_key(None, "ascending")]}
shares = st.sampled_from([0.0, 0.2, 0.49, 0.5, 0.51, 0.8, 1.0])
days = st.integers(0, 1500).map(lambda n: datetime(2015, 1, 1, 2, tzinfo=UTC) + timedelta(n))


@st.composite
def heaps(draw: st.DrawFn) -> list[Look]:
    """Scenes of all sensors; some of one moment, as neighbouring tiles are."""
    looks = []
    for number in range(draw(st.integers(0, 14))):
        sensor = draw(st.sampled_from(["sentinel-2", "landsat", "sentinel-1"]))
        inside = draw(shares)
        clear = None if sensor == "sentinel-1" else min(inside, draw(shares))
        looks.append(
            Look(
                id=f"scene-{number:02}",
                sensor=sensor,
                acquired_at=draw(days),
                inside_fraction=inside,
                clear_fraction=clear,
                orbit=draw(st.sampled_from(ORBITS.get(sensor, [""]))),
                processing=draw(st.sampled_from([("old",), ("new",)])),
            )
        )
    return looks


def group_of(look: Look) -> tuple[object, ...]:
    """What two scenes must have in common."""
    return look.sensor, look.orbit, look.processing


@settings(deadline=None)
@given(heaps())
def test_only_like_scenes_are_paired_and_the_older_one_is_before(looks: list[Look]) -> None:
    for pair in choose_pairs(looks, LEAST_CLEAR).pairs:
        assert pair.before.acquired_at < pair.after.acquired_at
        assert group_of(pair.before) == group_of(pair.after)
        assert pair.before.orbit != orbit_key(None, None)
        for look in (pair.before, pair.after):
            assert look.usable_fraction >= LEAST_CLEAR
            assert look.inside_fraction >= LEAST_INSIDE_FRACTION
        assert pair.why


@settings(deadline=None)
@given(heaps(), st.randoms(use_true_random=False))
def test_the_order_of_the_scenes_does_not_matter(looks: list[Look], chance: random.Random) -> None:
    shuffled = looks.copy()
    chance.shuffle(shuffled)
    assert choose_pairs(shuffled, LEAST_CLEAR) == choose_pairs(looks, LEAST_CLEAR)


@settings(deadline=None)
@given(heaps())
def test_every_scene_is_used_or_left_out_with_a_reason_and_never_both(looks: list[Look]) -> None:
    choice = choose_pairs(looks, LEAST_CLEAR)
    used = {look.id for pair in choice.pairs for look in (pair.before, pair.after)}
    left_out = [look.id for look, _ in choice.left_out]
    assert len(left_out) == len(set(left_out))
    assert used.isdisjoint(left_out)
    assert used | set(left_out) == {look.id for look in looks}
    assert all(reason for _, reason in choice.left_out)


@settings(deadline=None)
@given(heaps())
def test_no_pair_is_compared_twice_and_every_later_scene_is_compared(looks: list[Look]) -> None:
    choice = choose_pairs(looks, LEAST_CLEAR)
    named = [(pair.before.id, pair.after.id) for pair in choice.pairs]
    assert len(set(named)) == len(named)
    afters = {pair.after.id for pair in choice.pairs}
    befores = {pair.before.id for pair in choice.pairs}
    for look in looks:
        older = [
            pair for pair in choice.pairs
            if group_of(pair.before) == group_of(look)
            and pair.before.acquired_at < look.acquired_at
        ]  # fmt: skip
        if look.id in befores and older:
            assert look.id in afters
    for after in afters:
        assert sum(pair.after.id == after for pair in choice.pairs) <= RECENT_AT_FIRST


@settings(deadline=None)
@given(heaps(), days)
def test_what_comes_later_changes_no_choice(looks: list[Look], until: datetime) -> None:
    """A watch that goes on for years compares each date as a scan of all dates at once does."""
    known = [look for look in looks if look.acquired_at <= until]
    wanted = [pair for pair in choose_pairs(looks, LEAST_CLEAR).pairs
              if pair.after.acquired_at <= until]  # fmt: skip
    assert list(choose_pairs(known, LEAST_CLEAR).pairs) == wanted
    first = datetime(2015, 1, 1, tzinfo=UTC)
    parts = [
        pair
        for interval in (
            (first, until),
            (until + timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)),
        )
        for pair in choose_pairs(looks, LEAST_CLEAR, interval).pairs
    ]
    assert set(parts) == set(choose_pairs(looks, LEAST_CLEAR).pairs)


@settings(deadline=None)
@given(heaps(), st.sampled_from([0.0, 0.3, 0.9]))
def test_a_stricter_limit_uses_no_scene_that_a_looser_one_would_refuse(
    looks: list[Look], least: float
) -> None:
    for pair in choose_pairs(looks, least).pairs:
        assert min(pair.before.usable_fraction, pair.after.usable_fraction) >= least


def look(date: str, clear: float | None = 1.0, **others: object) -> Look:
    parts: dict[str, object] = {
        "id": f"S2_{date}", "sensor": "sentinel-2", "inside_fraction": 1.0, "processing": ("same",),
        "acquired_at": datetime.fromisoformat(date).replace(tzinfo=UTC), "clear_fraction": clear,
    }  # fmt: skip
    return Look(**(parts | others))  # type: ignore[arg-type]  # typed where they are written


def dates(choice: Choice) -> list[tuple[str, str]]:
    return [
        (f"{pair.before.acquired_at:%Y-%m-%d}", f"{pair.after.acquired_at:%Y-%m-%d}")
        for pair in choice.pairs
    ]


def reason(choice: Choice, date: str) -> Note:
    (found,) = [why for one, why in choice.left_out if f"{one.acquired_at:%Y-%m-%d}" == date]
    return found


def test_every_date_of_a_first_year_is_compared_with_those_before_it() -> None:
    choice = choose_pairs(
        [look("2016-08-06", 0.1), look("2016-08-16"), look("2016-09-05"), look("2016-09-25")],
        LEAST_CLEAR,
    )
    assert dates(choice) == [
        ("2016-08-16", "2016-09-05"), ("2016-08-16", "2016-09-25"), ("2016-09-05", "2016-09-25"),
    ]  # fmt: skip
    assert reason(choice, "2016-08-06") == note(Code.TOO_CLOUDY, clear_fraction=0.1)
    assert choice.pairs[1].why == note(Code.DATE_BEFORE, days=40)


def test_the_same_season_of_the_last_and_the_first_year_and_the_scene_before() -> None:
    years = [look(f"{year}-08-0{year - 2014}") for year in range(2015, 2019)]
    choice = choose_pairs([*years, look("2018-07-20"), look("2018-08-10")], LEAST_CLEAR)
    last = [pair for pair in choice.pairs if pair.after.id == "S2_2018-08-10"]
    assert dates(Choice(tuple(last), ())) == [
        ("2015-08-01", "2018-08-10"), ("2017-08-03", "2018-08-10"), ("2018-08-04", "2018-08-10"),
    ]  # fmt: skip
    assert last[0].why == note(Code.SAME_SEASON, years=3, gap_days=9)
    assert last[1].why == note(Code.SAME_SEASON, years=1, gap_days=7)


def test_the_same_season_is_worth_more_than_a_little_cloud() -> None:
    looks = [look("2018-06-25"), look("2018-08-01", 0.9), look("2018-12-01"), look("2019-08-05")]
    assert dates(choose_pairs(looks, LEAST_CLEAR))[-2:] == [
        ("2018-08-01", "2019-08-05"), ("2018-12-01", "2019-08-05"),
    ]  # fmt: skip


def test_earlier_scenes_serve_as_before_and_are_not_compared_themselves() -> None:
    interval = (datetime(2016, 8, 15, tzinfo=UTC), datetime(2016, 9, 30, tzinfo=UTC))
    looks = [look("2015-09-01"), look("2016-08-01"), look("2016-09-05"), look("2016-10-05")]
    choice = choose_pairs(looks, LEAST_CLEAR, interval)
    assert dates(choice) == [("2015-09-01", "2016-09-05"), ("2016-08-01", "2016-09-05")]
    assert choice.left_out == ()
    first, last = season_before(interval)
    assert first <= looks[0].acquired_at <= last < interval[0]
    assert (interval[0] - first).days == 365 + SEASON_DAYS


def test_another_processing_is_never_compared_however_clear() -> None:
    looks = [
        look("2018-08-01", processing=("old",)),
        look("2018-08-03", 0.6),
        look("2018-08-26", 0.6),
    ]
    choice = choose_pairs(looks, LEAST_CLEAR)
    assert dates(choice) == [("2018-08-03", "2018-08-26")]
    alone = note(Code.ALONE, sensor="sentinel-2", processing=("old",))
    assert reason(choice, "2018-08-01") == alone


def test_radar_needs_no_clear_sky_but_one_orbit() -> None:
    def radar(date: str, orbit: str) -> Look:
        return look(date, None, id=f"S1_{date}", sensor="sentinel-1", orbit=orbit)

    unknown = orbit_key(54, None)
    choice = choose_pairs(
        [
            radar("2016-08-10", "54 ascending"), radar("2016-08-14", "61 descending"),
            radar("2016-08-22", "54 ascending"), radar("2016-08-30", unknown),
            radar("2016-09-02", unknown),
        ],
        LEAST_CLEAR,
    )  # fmt: skip
    assert dates(choice) == [("2016-08-10", "2016-08-22")]
    assert reason(choice, "2016-08-14") == note(
        Code.ALONE_IN_ORBIT, sensor="sentinel-1", processing=("same",), orbit="61 descending"
    )
    assert reason(choice, "2016-08-30") == note(Code.NO_ORBIT)


def test_radar_is_never_too_cloudy() -> None:
    part = look("2016-08-10", None, sensor="sentinel-1", orbit="54 ascending", inside_fraction=0.6)
    [(_, reason)] = choose_pairs([part], least_clear=0.7).left_out
    assert reason == note(Code.PARTLY_INSIDE, inside_fraction=0.6)


def test_two_tiles_of_one_moment_are_no_pair() -> None:
    tiles = [look("2016-08-16", id="a"), look("2016-08-16", id="b")]
    choice = choose_pairs(tiles, LEAST_CLEAR)
    assert choice.pairs == ()
    assert len(choice.left_out) == 2
    assert [why.code for _, why in choice.left_out] == [Code.ALONE] * 2


@pytest.mark.parametrize(
    ("first", "second", "gap"),
    [
        ("2016-12-31", "2017-01-01", 0),
        ("2015-12-31", "2016-01-01", 1),
        ("2015-01-01", "2019-07-02", 182),
        ("2015-03-01", "2019-03-01", 0),
        ("2016-08-16", "2016-09-05", 20),
    ],
)
def test_a_season_gap_is_counted_round_the_year(first: str, second: str, gap: int) -> None:
    ends = (datetime.fromisoformat(first), datetime.fromisoformat(second))
    assert season_gap_days(*ends) == season_gap_days(*reversed(ends)) == gap
