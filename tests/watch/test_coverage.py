"""The gap ledger: one outcome for each expected look, and every outage by its name."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.codes import Code
from camp_monitor.ledger.lookup import Looked
from camp_monitor.notes import Note, note, recorded
from camp_monitor.records.run import RunRecord
from camp_monitor.watch.coverage import (
    OUTCOMES,
    Slot,
    account,
    last_seen,
    outages,
    run_outages,
)
from camp_monitor.watch.schedule import Watch
from tests.watch import made_up
from tests.watch.made_up import (
    CLOUDY,
    DAY,
    NO_ANSWER,
    TWO_ORBITS,
    day,
    look,
    run,
    text,
    unused,
    visit,
    watch,
)

SINCE = watch(since=made_up.START.date())


def outcomes(
    records: list[RunRecord], looks: list[Looked], now: float, one: Watch = SINCE
) -> list[str]:
    return [slot.outcome for slot in account(one, records, looks, day(now))]


# --- known truths


def test_each_outcome() -> None:
    darker, alone = note(Code.TOO_CLOUDY, clear_fraction=0.0), note(Code.ALONE, sensor="sentinel-2")
    records = [
        visit(0, 35, unused(1, "failed", NO_ANSWER), unused(22, "too_cloudy", darker)),
        visit(5, 45, unused(22, "too_cloudy", CLOUDY), unused(33, "refused", alone)),
        visit(15, 60.5, what="failed", reasons=(NO_ANSWER,)),
    ]
    looks = [look(12), look(13, "not_seen", TWO_ORBITS)]
    slots = account(SINCE, records, looks, day(81))
    assert [slot.outcome for slot in slots] == [
        "failed",
        "looked",
        "too_cloudy",
        "refused",
        "failed",  # searched until the middle of it, and then the search failed
        "failed",
        "failed",  # the search failed as it began
        "pending",  # over for a day
        "pending",
    ]
    assert [slot.reasons for slot in slots[:5]] == [
        (on(Code.NOT_SEEN, 1), NO_ANSWER),
        (on(Code.SEEN, 12),),
        (on(Code.NOT_SEEN, 22), CLOUDY),
        (on(Code.NOT_SEEN, 33), alone),
        (note(Code.SEARCH_FAILED, on=f"{day(60.5):%Y-%m-%d}"), NO_ANSWER),
    ]


def on(code: Code, number: float) -> Note:
    return note(code, sensor="sentinel-2", on=f"{day(number):%Y-%m-%d}")


def test_no_image_needs_a_search_of_the_whole_slot_after_its_end() -> None:
    assert outcomes([visit(0, 10)], [], 15) == ["no_image", "pending"]
    for offline, code in ((False, Code.NO_IMAGE), (True, Code.NO_IMAGE_HERE)):
        [slot, _] = account(SINCE, [visit(0, 12, offline=offline)], [], day(15))
        assert slot.reasons == (note(code, until=f"{day(12):%Y-%m-%d}"),)
    assert outcomes([visit(0, 9.9)], [], 15) == ["missed", "pending"]
    assert outcomes([visit(0.1, 12)], [], 15) == ["missed", "pending"]
    future = visit(0, 30, at=text(day(5)))
    assert outcomes([future], [], 15) == ["missed", "pending"], "nobody searches the future"
    assert outcomes([], [], 11) == ["pending", "pending"], "it has only just ended"


def test_a_late_image_fills_its_slot() -> None:
    records = [visit(0, 10.1)]
    assert outcomes(records, [], 10.2)[0] == "no_image"
    assert outcomes([*records, visit(0, 20.1)], [look(4)], 20.2)[0] == "looked"


def recorded_as(text: str) -> Note:
    [kept] = recorded([text])
    return kept


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (note(Code.NOTHING_USABLE, scene="S2", dates="2016-08-20"), "too_cloudy"),
        (note(Code.UNUSABLE, flags=("nodata", "snow")), "too_cloudy"),
        (note(Code.UNDER_CLOUD_OR_SMOOTH), "too_cloudy"),
        (note(Code.WATER_UNTOLD, bands=("green", "nir"), quantity="reflectance"), "too_cloudy"),
        (note(Code.UNUSABLE, flags=("nodata", "saturated")), "refused"),
        (note(Code.AT_WATER), "refused"),
        (note(Code.SHIFT_LEFT, before="a", after="b", shift_left_px=1.2, most_px=1.0), "refused"),
        # as ledgers of schema 1 to 3 have it
        (
            recorded_as("S2 has no usable pixel in the search area: it is under cloud."),
            "too_cloudy",
        ),
        (recorded_as("Not seen: not usable in one of the images or both: Snow."), "too_cloudy"),
        (recorded_as("The two still lie 1.2 pixels apart after correction."), "refused"),
    ],
)
def test_what_was_not_seen_says_why(reason: Note, outcome: str) -> None:
    assert outcomes([visit(0, 11)], [look(4, "not_seen", reason)], 11)[0] == outcome
    both = look(4, "not_seen", note(Code.AT_WATER), reason)
    assert outcomes([visit(0, 11)], [both], 11)[0] == outcome


def test_the_earlier_image_of_a_pair_was_seen_too() -> None:
    pair = look(25)
    pair = Looked(**{**pair.__dict__, "before_at": text(day(3))})
    assert outcomes([visit(0, 31)], [pair], 31)[:3] == ["looked", "no_image", "looked"]


def test_looks_are_expected_from_the_beginning() -> None:
    assert account(watch(), [], [look(1)], day(100)) == ()
    assert len(account(watch(), [visit(2, 50)], [], day(50))) == 4
    never = account(watch(), [], [], day(50), first_run_at=day(20))
    assert {slot.outcome for slot in never} == {"missed", "pending"}
    assert never[0].from_at == day(20)
    assert account(watch(since=date(1900, 1, 1), cadence_days=366), [], [], day(0))[0].outcome


def test_last_seen() -> None:
    looks = [look(3), look(9, "changed"), look(12, "not_seen", CLOUDY), look(5)]
    looks.append(look(2, "not_seen", CLOUDY, facility_id="sim-02"))
    assert last_seen(looks, day(20)) == {"sim-01": day(9)}
    assert last_seen(looks, day(4)) == {"sim-01": day(3)}


def stretch(facility_id: str, *signs: str) -> list[Slot]:
    words = {"l": "looked", "c": "too_cloudy", "n": "no_image", "m": "missed", "f": "failed"}
    return [
        Slot(facility_id, day(10 * n), day(10 * n + 10), words[sign], ())
        for n, sign in enumerate("".join(signs))
    ]


def test_outages_are_joined_over_facilities() -> None:
    slots = {
        "sim-01": stretch("sim-01", "lnnnl", "ccc", "l"),
        "sim-02": stretch("sim-02", "cnnnl", "lmm", "l"),
        "sim-03": stretch("sim-03", "lnnll", "nmf", "l"),
    }
    found = [(one.what, one.facility_ids, one.from_at, one.days, one.counts)
             for one in outages(slots)]  # fmt: skip
    assert found == [
        ("sight", ("sim-02",), day(0), 40, (("no_image", 3), ("too_cloudy", 1))),
        ("look", ("sim-01", "sim-02"), day(10), 30, (("no_image", 3),)),
        ("look", ("sim-03",), day(50), 30, (("failed", 1), ("no_image", 1), ("missed", 1))),
        ("sight", ("sim-01",), day(50), 30, (("too_cloudy", 3),)),
    ]


def test_an_outage_of_runs_is_told_after_it_was_caught_up() -> None:
    watched = [watch("sim-01"), watch("sim-02", 5)]
    records = [run(0, "started"), run(0.1), run(8), run(18.5), run(19, "started"), run(60), run(69)]
    caught_up = [visit(-30, 60), visit(30, 69)]
    looks = [look(number) for number in range(0, 70, 5)]
    assert "missed" not in outcomes([*records, *caught_up], looks, 70)
    found = run_outages([*records, *caught_up], watched, day(70))
    both = ("sim-01", "sim-02")
    assert [(one.from_at, one.to_at, one.facility_ids) for one in found] == [
        (day(8), day(18.5), both),
        (day(18.5), day(60), both),
    ]
    assert run_outages(records, watched, day(80))[-1].to_at == day(80), "it still lasts"
    assert run_outages([], watched, day(80)) == ()
    assert run_outages([run(0, "started")], watched, day(80))[0].days == 80


# --- laws

events = st.tuples(st.integers(-20, 130), st.integers(0, 60), st.sampled_from("vfclnu"))


def told(kinds: list[tuple[int, int, str]]) -> tuple[list[RunRecord], list[Looked]]:
    records, looks = [], []
    for number, length, kind in kinds:
        if kind == "v":
            records.append(visit(number - length, number))
        elif kind == "f":
            records.append(visit(number - length, number, what="failed", reasons=(NO_ANSWER,)))
        elif kind == "c":
            passed = unused(number - 1, "too_cloudy", CLOUDY)
            records.append(visit(number - length, number, passed))
        elif kind == "u":
            records.append(visit(number - length, number, unused(number - 1, "failed", NO_ANSWER)))
        else:
            seen = kind == "l"
            looks.append(look(number) if seen else look(number, "not_seen", TWO_ORBITS))
    return records, looks


@given(st.lists(events, max_size=12), st.lists(events, max_size=4), st.integers(0, 140))
def test_every_slot_has_one_outcome_and_more_visits_unsee_nothing(
    some: list[tuple[int, int, str]], more: list[tuple[int, int, str]], now: int
) -> None:
    slots = account(SINCE, *told(some), day(now))
    assert all(slot.outcome in OUTCOMES and slot.reasons for slot in slots)
    assert all(a.to_at == b.from_at for a, b in pairwise(slots))
    if slots:
        assert slots[0].from_at == day(0)
        assert slots[-1].from_at < day(now) <= slots[-1].to_at
    after = account(SINCE, *told([*some, *more]), day(now))
    better = OUTCOMES
    for slot, then in zip(slots, after, strict=True):
        if slot.outcome == "looked":
            assert then.outcome == "looked"
        if slot.outcome in ("looked", "refused", "too_cloudy"):
            assert better.index(then.outcome) <= better.index(slot.outcome) or "u" in {
                kind for _, _, kind in more
            }
    hidden = {slot.from_at for slot in slots if slot.outcome not in ("looked", "pending")}
    for one in outages({"sim-01": slots}):
        assert one.days >= 30
        assert {one.from_at + 10 * n * DAY for n in range(one.days // 10)} <= hidden


# --- years


def test_the_outages_of_three_years_are_named() -> None:
    ids = [f"sim-{number:02}" for number in range(35)]
    records, looks = made_up.series(ids, 1095)
    looks = [
        Looked(**{**one.__dict__, "method": f"m{number}/1"}) for one in looks for number in range(8)
    ]
    own_records: dict[str, list[RunRecord]] = {key: [] for key in ["", *ids]}
    own_looks: dict[str, list[Looked]] = {key: [] for key in ids}
    for record in records:
        own_records[record.facility_id].append(record)
    for one in looks:
        own_looks[one.facility_id].append(one)
    watched = [watch(key, since=made_up.START.date()) for key in ids]
    slots = {
        one.facility_id: account(
            one, own_records[one.facility_id], own_looks[one.facility_id], day(1092)
        )
        for one in watched
    }
    found = outages(slots)
    runs = run_outages(records, watched, day(1092))
    assert len(looks) > 25_000
    assert [(one.from_at, one.to_at) for one in runs] == [(day(390.4), day(460.4))]
    told = {
        (one.facility_ids, one.from_at, one.to_at, one.counts[0][0])
        for one in found
        if one.what == "look"
    }
    first, second = made_up.DARK
    assert told == {
        (("sim-00",), day(first.start), day(first.stop), "no_image"),
        (("sim-01",), day(second.start), day(second.stop), "no_image"),
        (tuple(ids[:-1]), day(700), day(740), "no_image"),
        (("sim-34",), day(0), day(1090), "failed"),
    }


def test_what_was_not_searched_for_want_of_a_network_is_neither_visited_nor_lost() -> None:
    """A try loses no year; what ends while there is no network is told until it is caught up."""
    gone = note(Code.NO_NETWORK, host="stac.example.org", detail="It cannot be reached.")

    def tried(first: float, last: float) -> RunRecord:
        return visit(first, last, what="failed", reasons=(gone,))

    begun = [run(0, "started"), tried(-365, 0)]
    assert account(watch(), begun, (), day(0), first_run_at=day(0)) == ()
    weeks = [*begun, *(tried(-365, number) for number in range(1, 41))]
    slots = account(watch(), weeks, (), day(40), first_run_at=day(0))
    assert {slot.outcome for slot in slots[:3]} == {"no_network"}
    (outage,) = outages({"sim-01": slots})
    assert outage.counts[0][0] == "no_network"
    caught_up = [*weeks, visit(-365, 41)]
    slots = account(watch(), caught_up, (), day(41), first_run_at=day(0))
    assert "no_network" not in {slot.outcome for slot in slots}
