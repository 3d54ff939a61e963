"""What is watched and when it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.codes import Code
from camp_monitor.errors import WorkspaceError
from camp_monitor.facilities import bundled_registry, read_registry
from camp_monitor.notes import note
from camp_monitor.records.run import RunRecord
from camp_monitor.watch.schedule import (
    EPOCH,
    clock_fault,
    in_time,
    instant,
    is_due,
    next_due,
    search_from,
    searched_until,
    slot_of,
    slots_between,
    watches,
)
from camp_monitor.workspace import Workspace, create_workspace, parse_configuration
from tests.watch.made_up import DAY, NO_ANSWER, day, run, text, visit, watch

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return create_workspace(tmp_path_factory.mktemp("due") / "ws", bundled_registry())


def scheduled(workspace: Workspace, toml: str) -> Workspace:
    return replace(workspace, configuration=parse_configuration(toml, "it"))


# --- what is watched


def test_without_a_schedule_all_that_have_an_outline_are_watched(workspace: Workspace) -> None:
    registry = read_registry(workspace.aoi)
    found = watches(workspace)
    assert [one.facility_id for one in found] == [one.id for one in registry if one.outlines]
    assert {(one.cadence_days, one.sensors, one.since) for one in found} == {
        (10, ("sentinel-2",), None)
    }


def test_a_group_overrides_what_it_names_and_nothing_else(workspace: Workspace) -> None:
    toml = """
    fetch.sensors = ["landsat"]
    [schedule]
    facilities = ["khs-12-jongori", "kls-16-hwasong"]
    cadence_days = 20
    since = "2024-01-01"
    [schedule.groups.rivers]
    facilities = ["khs-12-jongori", "kls-14-kaechon"]
    cadence_days = 5
    sensors = ["sentinel-1"]
    since = ""
    """
    first, third, second = watches(scheduled(workspace, toml))
    both = ("construction", "flooding")
    assert first == watch("khs-12-jongori", 5, sensors=("sentinel-1",), detectors=both)
    assert third.facility_id == "kls-14-kaechon", "what a group names is watched"
    assert second == watch(
        "kls-16-hwasong", 20, sensors=("landsat",), detectors=both, since=date(2024, 1, 1)
    )


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('schedule.facilities = ["khs-12-jongory"]', "did you mean 'khs-12-jongori'"),
        ('schedule.groups.a.facilities = ["zzz\\n"]', "no such facility"),
        (
            'schedule.groups.a.facilities = ["khs-12-jongori"]\n'
            'schedule.groups.b.facilities = ["khs-12-jongori"]',
            "'a' and 'b'",
        ),
    ],
)
def test_a_wrong_schedule_is_one_sentence(workspace: Workspace, toml: str, said: str) -> None:
    with pytest.raises(WorkspaceError, match=said) as fault:
        watches(scheduled(workspace, toml))
    assert "\n" not in str(fault.value)


def test_a_named_facility_needs_an_outline(workspace: Workspace) -> None:
    bare = next(one.id for one in read_registry(workspace.aoi) if not one.outlines)
    with pytest.raises(WorkspaceError, match=f"{bare}.*has no outline"):
        watches(scheduled(workspace, f'schedule.facilities = ["{bare}"]'))


# --- slots

cadences = st.integers(1, 366)
instants = st.integers(0, 40_000_000).map(lambda minutes: EPOCH + minutes * MINUTE)


@given(cadences, instants)
def test_an_instant_lies_in_its_slot(cadence_days: int, at: datetime) -> None:
    first, last = slot_of(watch(cadence_days=cadence_days), at)
    assert first <= at < last
    assert last - first == cadence_days * DAY
    assert (first - EPOCH) % (cadence_days * DAY) == timedelta(0)


@given(cadences, st.integers(-2_000_000, 30_000_000), st.integers(0, 2_000_000))
def test_slots_tile_time(cadence_days: int, start: int, length: int) -> None:
    one = watch(cadence_days=cadence_days)
    first = EPOCH + start * MINUTE
    last = first + length * MINUTE
    slots = slots_between(one, first, last)
    assert all(slot == slot_of(one, slot[0]) for slot in slots)
    assert all(a[1] == b[0] for a, b in pairwise(slots))
    if slots:
        begun = max(first, EPOCH)
        assert begun <= slots[0][0] < begun + cadence_days * DAY
        assert slots[-1][0] < last <= slots[-1][1]


# --- due


def test_a_facility_is_due_once_in_each_slot() -> None:
    one = watch()
    assert is_due(one, [], day(3))
    visits = [visit(-365, 3)]
    assert not is_due(one, visits, day(3.1))
    assert next_due(one, visits, day(3.1)) == day(10)
    assert not is_due(one, visits, day(9.999))
    assert is_due(one, visits, day(10))
    assert next_due(one, visits, day(12)) == day(12), "overdue is now"


@pytest.mark.parametrize(
    "other",
    [
        visit(-365, 12, what="failed", reasons=(NO_ANSWER,)),
        visit(-365, 12, facility_id="sim-02"),
        visit(-800, -700, at=text(day(12))),  # by hand, of an old interval
        visit(-365, 12, sensors=("landsat",)),
    ],
)
def test_what_does_not_count_as_a_visit(other: RunRecord) -> None:
    assert is_due(watch(), [visit(-365, 3), other], day(13))


def test_a_search_goes_on_where_the_last_one_ended_with_overlap() -> None:
    one = watch()
    assert search_from(one, [], day(0)) == day(-365)
    assert search_from(replace(one, since=date(2023, 1, 1)), [], day(0)).year == 2023
    visits = [visit(-365, 3), visit(-27, 100), visit(-800, -700, at=text(day(101)))]
    assert search_from(one, visits, day(110)) == day(70)
    assert search_from(watch(cadence_days=90), visits, day(110)) == day(10), "one slot at least"
    failed = visit(70, 112, what="failed", reasons=(NO_ANSWER,))
    assert search_from(one, [*visits, failed], day(113)) == day(70)


def test_a_search_leaves_no_hole() -> None:
    last_week_alone = visit(290, 300)
    assert search_from(watch(), [visit(-365, 3), last_week_alone], day(301)) == day(-27)
    later = replace(watch(), since=(day(-900)).date())
    assert search_from(later, [visit(-365, 3)], day(11)) == day(-900), "since was set back"


def test_a_new_sensor_is_searched_for_from_the_beginning() -> None:
    both = watch(sensors=("sentinel-2", "sentinel-1"))
    assert is_due(both, [visit(-365, 3)], day(4))
    assert search_from(both, [visit(-365, 3)], day(4)) == day(-361)


@given(
    st.integers(1, 200),
    st.lists(st.floats(0.1, 100).map(lambda gap: round(gap, 3)), min_size=1, max_size=12),
)
def test_visits_that_follow_the_rule_search_every_slot_whole(
    cadence_days: int, gaps: list[float]
) -> None:
    one = watch(cadence_days=cadence_days)
    visits: list[RunRecord] = []
    at = 0.0
    for gap in gaps:
        at += gap
        if is_due(one, visits, day(at)):
            begun = search_from(one, visits, day(at))
            visits.append(visit((begun - day(0)) / DAY, at))
    spans = [(instant(one.from_at), searched_until(one)) for one in visits]
    for begin, end in slots_between(one, spans[0][0], spans[-1][1]):
        if end <= spans[-1][1]:
            assert any(first <= begin and end <= until for first, until in spans)


# --- the clock


def test_a_clock_that_was_set_back_is_named() -> None:
    records = [run(1), visit(-365, 5), run(5.01)]
    assert clock_fault([], day(0)) is None
    assert clock_fault(records, day(6)) is None
    assert clock_fault(records, day(5.01) - 4 * MINUTE) is None, "clocks are set by minutes"
    for hours in (24, 2):
        now = day(5.01) - hours * 60 * MINUTE
        assert clock_fault(records, now) == note(
            Code.CLOCK_BEHIND, newest_at=f"{day(5.01):%Y-%m-%dT%H:%MZ}",
            now_at=f"{now:%Y-%m-%dT%H:%MZ}", ahead_h=float(hours),
        )  # fmt: skip


def test_what_was_written_ahead_of_its_time_counts_no_more_once_the_clock_is_right() -> None:
    ahead = [visit(-365, 400), run(400.01)]
    log = [run(1), visit(-365, 5), *ahead]
    assert clock_fault(log, day(6))
    assert in_time(log, day(6)) == (log[0], log[1])
    log.append(run(6))
    for now in (day(6), day(405)):
        assert clock_fault(log, now) is None
        assert in_time(log, now) == (log[0], log[1], log[-1])
    assert is_due(watch(), in_time(log, day(401)), day(401))
    assert in_time([run(1), run(1 - 0.002)], day(2)) == (run(1), run(1 - 0.002)), "clocks drift"
