"""Events: findings of one thing over many dates, and what later looks make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.cli import main
from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.errors import NoSuchRecordError
from camp_monitor.events.events import Event, join_events
from camp_monitor.events.lookup import find_finding, find_findings
from camp_monitor.facilities import bundled_registry
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import Explanation, note
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.export.export import export_findings
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.workspace import create_workspace
from tests.ledger.conftest import _finding, _observation, _scene

HERE = shapely.box(129.6, 42.5, 129.601, 42.501)
ELSEWHERE = shapely.box(129.7, 42.5, 129.701, 42.501)
METHODS = {
    "construction": "construction/2",
    "built_up": "construction/2",
    "flooding": "flooding/4",
    "flood_recession": "flooding/4",
    "water_gain": "flooding/4",
}


def examined(verdict: str) -> Explanation:
    """An alternative explanation, as a ledger of schema 3 has it."""
    said = note(Code.AS_RECORDED, text="It was measured.", name="wet ground")
    return Explanation(Cause.AS_RECORDED, Verdict(verdict), (said,))


def found(kind: str, before: str, after: str, where: shapely.Polygon = HERE) -> Finding:
    return _finding(
        kind=kind, method=METHODS[kind], before=_scene(before), after=_scene(after), geometry=where
    )


def looked(
    method: str, before: str, after: str, *findings: Finding, **changes: object
) -> Observation:
    return _observation(
        *findings, method=method, before=_scene(before), after=_scene(after), **changes
    )


def one(findings: list[Finding], observations: list[Observation] | None = None) -> Event:
    [event] = join_events(findings, observations or [])
    return event


def review(finding: Finding, verdict: str, day: str = "2018-01-01") -> dict[str, Review]:
    at = f"{day}T00:00:00+00:00"
    return {finding.id: Review(finding.id, verdict, "RN", at)}


@pytest.mark.parametrize(("probability", "is_strong"), [(0.85, True), (0.4, False)])
def test_what_one_scene_shows_is_provisional(probability: float, is_strong: bool) -> None:
    finding = replace(found("flooding", "2015-09-07", "2016-09-05"), probability=probability)
    event = one([finding], [looked("flooding/4", "2015-09-07", "2016-09-05", finding)])
    assert (event.state, event.is_strong) == ("provisional", is_strong)
    assert [scene.dates for scene in event.came] == ["2015-09-07", "2016-09-05"]
    shown, *lacks = event.reasons
    assert shown == note(Code.SHOWN, scenes=1, last_on="2016-09-05")
    assert [lack.code for lack in lacks] == [Code.LACKS_SCENE, Code.LACKS_EVIDENCE]


def test_a_second_scene_confirms_and_a_later_before_narrows() -> None:
    event = one(
        [
            found("construction", "2014-09-01", "2016-09-05"),
            found("built_up", "2015-09-07", "2017-09-09"),
        ]
    )
    assert event.state == "confirmed"
    assert event.reasons == (note(Code.SHOWN, scenes=2, last_on="2017-09-09"),)
    assert [scene.dates for scene in event.came] == ["2015-09-07", "2016-09-05"]
    assert event.last_seen.dates == "2017-09-09"


def at(finding: Finding, moment: str, name: str) -> Finding:
    """Let a finding be of another scene, which shows the same."""
    after = replace(finding.after, acquired_from_at=moment, acquired_to_at=moment, id=name)
    return replace(finding, after=after)


@pytest.mark.parametrize(
    ("moments", "names", "passes"),
    [
        (("02:17:00", "02:17:14"), ("one", "another"), 1),  # two tiles
        (("02:17:00", "02:17:00"), ("N0204", "N0500"), 1),  # two processings
        (("02:17:00", "02:35:00"), ("S2A_x", "S2A_y"), 1),  # dated by tile, and by strip
        (("02:17:00", "02:17:30"), ("S2A_x", "S2C_x"), 2),
        (("02:17:00", "02:24:00"), ("one", "another"), 2),
    ],
)
def test_scenes_of_one_pass_are_one_witness(
    moments: tuple[str, str], names: tuple[str, str], passes: int
) -> None:
    finding = found("construction", "2015-09-07", "2016-09-05")
    both = [
        at(finding, f"2016-09-05T{moment}Z", name)
        for moment, name in zip(moments, names, strict=True)
    ]
    looks = [
        replace(looked("construction/2", "2015-09-07", "2016-09-05", one), after=one.after)
        for one in both
    ]
    for order in (both, both[::-1]):
        event = one(order, looks)
        assert event.reasons[0] == note(Code.SHOWN, scenes=passes, last_on="2016-09-05")
        assert len(event.findings) == 2
        assert event.state == "provisional" or passes == 2


def test_what_compares_scenes_of_one_pass_is_no_event() -> None:
    finding = found("construction", "2015-09-07", "2016-09-05")
    before = at(finding, "2016-09-05T02:17:00Z", "one").after
    after = at(finding, "2016-09-05T02:17:14Z", "another").after
    assert join_events([replace(finding, before=before, after=after)], []) == ()


def test_a_flood_ends_where_its_ground_was_seen_dry() -> None:
    flood = found("flooding", "2016-08-20", "2016-09-01")
    later = looked("flooding/4", "2016-08-20", "2016-09-25")
    ended = one([flood], [later])
    assert ended.state == "ended"
    assert ended.ended is not None
    assert [scene.dates for scene in ended.ended] == ["2016-09-01", "2016-09-25"]
    hidden = replace(later, not_seen=HERE.buffer(0.001), seen_fraction=0.4)
    assert one([flood], [hidden]).state == "provisional"
    cloudy = (note(Code.UNUSABLE, flags=("cloud",)),)
    refused = replace(later, outcome="not_seen", reasons=cloudy, seen_fraction=0.0)
    assert one([flood], [refused]).state == "provisional"
    # a pair that begins after the flood cannot tell whether it is still there
    assert one([flood], [looked("flooding/4", "2016-09-01", "2016-09-25")]).state == "provisional"
    # nor can another question
    assert (
        one([flood], [looked("construction/2", "2016-08-20", "2016-09-25")]).state == "provisional"
    )


def test_ground_that_stays_altered_confirms_what_was_called_once() -> None:
    """Corners show in few pairs; that the ground is no longer what it was shows in many."""
    yard, again = (found("construction", day, "2016-09-05") for day in ("2015-09-07", "2015-09-17"))
    first = looked(yard.method, "2015-09-07", "2016-09-05", yard, altered_fraction=0.04)
    second = looked(yard.method, "2015-09-17", "2016-09-05", again, altered_fraction=0.04)
    days = ["2016-09-25", "2016-11-04", "2017-04-03", "2017-09-09", "2017-10-19"]
    altered = [
        looked(yard.method, "2015-09-07", day, altered=HERE, altered_fraction=0.04) for day in days
    ]
    both = [first, second]
    assert one([yard, again], [*both, *altered]).state == "confirmed"
    elsewhere = [replace(look, altered=ELSEWHERE) for look in altered]
    assert one([yard, again], [*both, *elsewhere]).state != "confirmed"
    everywhere = [replace(look, altered_fraction=0.6) for look in altered]
    assert one([yard, again], [*both, *everywhere]).state != "confirmed"
    # a field that was unlike itself on one date makes all ground after it look altered
    alone = one([yard], [first, *altered])
    assert (alone.state, alone.is_strong) == ("provisional", True)
    assert [lack.code for lack in alone.reasons[1:]] == [Code.LACKS_EARLIER]


def radar(scene: SceneReference) -> SceneReference:
    return replace(scene, sensor="sentinel-1", id=f"{scene.id}-r")


def test_what_one_kind_of_sensor_alone_sees_each_time_may_be_one_mistake() -> None:
    """A smooth field is water to radar for a year; light that sees it dry says so."""
    days = [f"2016-{month:02}-{day:02}" for month in range(5, 11) for day in (5, 17)]

    def by_radar(probability: float) -> list[Finding]:
        return [
            replace(
                one, before=radar(one.before), after=radar(one.after),
                probability=probability, area_m2=20000.0, area_high_m2=24000.0,
            )
            for one in (found("water_gain", f"2015{day[4:]}", day) for day in days)
        ]  # fmt: skip

    dry = [looked("flooding/4", "2015-06-11", day) for day in ("2016-06-11", "2016-08-11")]
    assert one(by_radar(0.7)).was_confirmed
    doubted = join_events(by_radar(0.7), dry)
    assert not any(event.was_confirmed for event in doubted)
    assert Code.LACKS_EVIDENCE in {lack.code for event in doubted for lack in event.reasons}
    flood = [replace(water, kind="flooding") for water in by_radar(0.9)[:3]]
    assert one(flood, dry[1:]).was_confirmed
    wet = [found("water_gain", "2015-06-11", day) for day in ("2016-06-11", "2016-08-11")]
    assert one([*by_radar(0.7), *wet]).was_confirmed


def test_a_building_is_heard_on_the_ground_on_which_most_findings_agree() -> None:
    """Once it was drawn together with the field beside it; that is not its ground."""
    field = shapely.box(129.6, 42.5, 129.606, 42.506)
    days = [f"2016-{month:02}-05" for month in range(4, 11)]
    called = [found("construction", f"2015{day[4:]}", day) for day in days]
    called[2] = replace(called[2], geometry=field, area_m2=40000.0, area_high_m2=50000.0)
    looks = [
        looked(one.method, one.before.dates, one.after.dates, one, altered_fraction=0.02)
        for one in called
    ]
    assert one(called, looks).state == "confirmed"


def test_a_call_between_two_seasons_is_worth_less() -> None:
    days = ["2016-09-05", "2016-10-25"]
    same = [found("construction", f"2015{day[4:]}", day) for day in days]
    other = [found("construction", before, day) for before, day in zip(
        ["2016-05-20", "2016-06-10"], days, strict=True)]  # fmt: skip
    assert one(same).state == "confirmed"
    assert one(other).state == "provisional"


def test_one_scene_confirms_a_flood_that_nothing_else_explains() -> None:
    ruled_out = (examined("ruled_out"),) * 4

    def sure(finding: Finding) -> Finding:
        return replace(finding, probability=0.9, area_m2=40000.0, area_high_m2=50000.0,
                       explanations=ruled_out)  # fmt: skip

    flood, again = (
        sure(found("flooding", before, "2016-09-01")) for before in ("2016-08-20", "2015-09-03")
    )
    drained = sure(found("flood_recession", "2016-09-01", "2016-09-13"))
    event = one([flood, again, drained])
    assert (event.state, event.was_confirmed) == ("ended", True)
    assert event.reasons == (
        note(Code.SHOWN, scenes=1, last_on="2016-09-01"),
        note(Code.ABSENT, on="2016-09-13"),
        note(Code.SINGLE_SCENE, on="2016-09-01"),
    )
    [reviewed] = join_events([flood, again, drained], [], review(flood, "confirmed"))
    assert reviewed.was_confirmed
    assert Code.SINGLE_SCENE not in {reason.code for reason in reviewed.reasons}
    assert not one([flood, drained]).was_confirmed
    assert not one([flood, again]).was_confirmed
    for verdict in ("possible", "not_testable"):
        explanations = (*ruled_out[:3], examined(verdict))
        doubtful = [replace(item, explanations=explanations) for item in (flood, again)]
        assert not one([*doubtful, drained]).was_confirmed


def test_water_that_is_seen_to_go_ends_it_and_is_no_event_of_its_own() -> None:
    flood = found("flooding", "2016-08-20", "2016-09-01")
    drained = found("flood_recession", "2016-09-01", "2016-09-13")
    event = one([flood, drained])
    assert event.state == "ended"
    assert event.findings == (flood,)
    elsewhere = replace(drained, geometry=ELSEWHERE)
    assert {item.kind for item in join_events([flood, elsewhere], [])} == {
        "flooding", "flood_recession",
    }  # fmt: skip


def test_two_scenes_of_one_day_are_told_apart_by_their_time() -> None:
    flood = found("flooding", "2016-08-20", "2016-09-01")
    evening = _scene("2016-09-01", id="evening", acquired_from_at="2016-09-01T21:40:00+00:00",
                     acquired_to_at="2016-09-01T21:40:00+00:00")  # fmt: skip
    dry = _observation(method="flooding/4", before=_scene("2016-08-20"), after=evening)
    assert one([flood], [dry]).reasons == (
        note(Code.SHOWN, scenes=1, last_on="2016-09-01T02:11Z"),
        note(Code.ABSENT, on="2016-09-01T21:40Z"),
    )


def test_water_that_comes_again_is_another_event_and_a_building_that_grows_is_not() -> None:
    floods = [
        found("flooding", "2015-08-20", "2015-09-01"),
        found("flooding", "2016-08-20", "2016-09-01"),
    ]
    assert len(join_events(floods, [])) == 2
    larger = HERE.buffer(0.001)
    grown = replace(found("construction", "2016-09-05", "2017-09-09", larger), area_m2=3000.0,
                    area_high_m2=3500.0)  # fmt: skip
    event = one([found("construction", "2015-09-07", "2016-09-05"), grown])
    assert event.has_grown


def test_a_look_that_calls_a_larger_thing_over_it_does_not_speak_against_it() -> None:
    west, east = (shapely.box(x, 42.5, x + 0.002, 42.501) for x in (129.6, 129.602))
    first = found("water_gain", "2014-09-07", "2015-09-05", west)
    second = replace(found("water_gain", "2015-09-05", "2016-09-05", east), probability=0.95)
    both = replace(found("water_gain", "2014-09-07", "2016-09-05", west | east), probability=0.9)
    again = replace(found("water_gain", "2014-09-07", "2017-09-05", west | east), probability=0.9)
    looks = [looked(one.method, one.before.dates, one.after.dates, one) for one in (both, again)]
    events = {event.id: event for event in join_events([first, second, both, again], looks)}
    assert events[f"E{first.id[1:]}"].state == "provisional"  # not ended
    missed = looked("flooding/4", "2014-09-07", "2017-09-09")
    [early, _] = join_events([first, second, both, again], [*looks, missed])
    assert early.state == "ended"


def test_ice_does_not_end_what_no_other_look_explains() -> None:
    flood = replace(found("flooding", "2015-10-20", "2015-11-05"), probability=0.3)
    under_ice, thawed = (
        looked("flooding/4", "2015-10-20", after) for after in ("2015-12-20", "2016-04-20")
    )
    assert one([flood], [under_ice]).state == "provisional"
    assert one([flood], [under_ice, thawed]).state == "ended"


def test_water_under_ice_is_not_confirmed_by_winter_alone() -> None:
    winter = [
        replace(found("flooding", f"2015{day}", f"2016{day}"), probability=0.8)
        for day in ("-01-05", "-01-25", "-02-14")
    ]
    assert not one(winter).was_confirmed
    assert Code.LACKS_ICE_FREE in {lack.code for lack in one(winter).reasons}
    assert one(
        [
            *winter,
            replace(found("flooding", "2015-04-10", "2016-04-10"), probability=0.8),
            replace(found("flooding", "2015-04-20", "2016-04-20"), probability=0.8),
        ]
    ).was_confirmed


def test_a_pond_is_a_thing_of_its_own_where_a_large_mistake_was_before() -> None:
    """And what that leaves as it drains is of it."""
    meadow = shapely.box(129.6, 42.5, 129.61, 42.51)
    pond = shapely.box(129.604, 42.504, 129.606, 42.506)
    flood = replace(found("flooding", "2015-06-20", "2015-07-10", meadow), probability=0.62)
    rest = replace(found("flooding", "2015-06-20", "2015-08-01", pond), probability=0.35)
    ponds = [
        replace(found("water_gain", f"2015{day}", f"2017{day}", pond), probability=0.6)
        for day in ("-05-20", "-06-20", "-07-20", "-08-20", "-09-20")
    ]
    ponds += [replace(ponds[0], before=radar(ponds[1].before), after=radar(ponds[1].after))]
    dry = looked("flooding/4", "2015-06-20", "2015-10-01")
    drained, made = join_events([flood, rest, *ponds], [dry])
    assert set(drained.findings) == {flood, rest}
    assert set(made.findings) == set(ponds)
    assert made.was_confirmed


def test_a_review_decides_and_the_ledger_stays_as_it_is() -> None:
    finding = found("construction", "2015-09-07", "2016-09-05")
    for verdict, state in (
        ("rejected", "dismissed"),
        ("confirmed", "confirmed"),
        ("unsure", "provisional"),
    ):
        [event] = join_events([finding], [], review(finding, verdict))
        assert event.state == state
        codes = {"rejected": Code.REVIEW_REJECTED, "confirmed": Code.REVIEW_CONFIRMED}
        if verdict in codes:
            assert event.reasons == (note(codes[verdict], by="RN", on="2018-01-01"),)
    # what a person confirmed can still end, but not by one look that misses it
    missed = [
        looked("construction/2", "2015-09-07", f"2018-{month:02}-09") for month in range(1, 13)
    ]
    for later, state in ((missed[:1], "confirmed"), (missed, "ended")):
        [event] = join_events([finding], later, review(finding, "confirmed"))
        assert event.state == state


DAYS = [f"20{year}-{day}" for year in range(14, 19) for day in ("01-15", "07-03", "09-17")]
PLACES = [shapely.box(129.6 + x, 42.5, 129.602 + x, 42.502) for x in (0.0, 0.001, 0.01, 0.011)]


@st.composite
def many_findings(draw: st.DrawFn) -> list[Finding]:
    findings = []
    for _ in range(draw(st.integers(0, 8))):
        first, last = sorted(draw(st.permutations(range(len(DAYS))))[:2])
        one = found(
            draw(st.sampled_from(sorted(METHODS))), DAYS[first], DAYS[last],
            draw(st.sampled_from(PLACES)),
        )  # fmt: skip
        findings.append(replace(one, probability=draw(st.sampled_from([0.3, 0.6, 0.95]))))
    return list({finding.id: finding for finding in findings}.values())


@settings(max_examples=60, deadline=None)
@given(findings=many_findings(), data=st.data())
def test_every_finding_is_of_one_event_or_ends_one_in_whatever_order(
    findings: list[Finding], data: st.DataObject
) -> None:
    dates = st.permutations(DAYS).map(lambda days: sorted(days[:2]))
    looks = [
        looked("flooding/4", first, last) for first, last in data.draw(st.lists(dates, max_size=6))
    ]
    events = join_events(findings, looks)
    held = [finding.id for event in events for finding in event.findings]
    assert len(held) == len(set(held))
    loose = {finding.id for finding in findings} - set(held)
    kinds = {finding.id: finding.kind for finding in findings}
    assert all(kinds[name] == "flood_recession" for name in loose)
    assert not loose or any(event.state == "ended" for event in events)
    assert join_events(data.draw(st.permutations(findings)), looks) == events
    for event in events:
        assert event.came[0].acquired_to_at < event.came[1].acquired_to_at


def test_what_silent_looks_leave_open_ends_before_it_comes_again() -> None:
    """Ice and a larger thing silence looks; a finding is of one time of presence all the same."""
    here, beside = (shapely.box(west, 42.5, west + 0.002, 42.502) for west in (129.611, 129.61))
    findings = [
        replace(found(kind, before, after, where), probability=probability)
        for kind, before, after, where, probability in (
            ("flood_recession", "2014-01-15", "2014-09-03", here, 0.6),
            ("water_gain", "2016-07-05", "2017-09-03", beside, 0.3),
            ("flood_recession", "2015-12-20", "2018-07-05", here, 0.9),
            ("flood_recession", "2016-12-20", "2018-09-03", here, 0.9),
        )
    ]
    lingering = [
        replace(found(kind, before, after, where), probability=probability)
        for kind, before, after, where, probability in (
            ("flooding", "2016-02-20", "2018-07-05", PLACES[0], 0.95),
            ("water_gain", "2015-04-10", "2015-07-05", PLACES[0], 0.9),
            ("water_gain", "2014-04-10", "2018-04-10", PLACES[1], 0.3),
            ("flood_recession", "2014-07-05", "2018-04-10", PLACES[1], 0.3),
        )
    ]
    for known in (findings, lingering):
        held = [one.id for event in join_events(known, []) for one in event.findings]
        assert sorted(held) == sorted(finding.id for finding in known)


def test_the_list_says_what_became_of_each(
    tmp_path: Path, make_observation: Callable[..., Observation]
) -> None:
    workspace = create_workspace(tmp_path / "camps", bundled_registry())
    flood = found("flooding", "2016-08-20", "2016-09-01")
    pond = found("water_gain", "2016-08-20", "2016-09-25", ELSEWHERE)
    seen = [
        looked("flooding/4", "2016-08-20", "2016-09-01", flood),
        looked("flooding/4", "2016-08-20", "2016-09-25", pond),
    ]
    runner = CliRunner()
    place = ["--workspace", str(workspace.root)]
    nothing = runner.invoke(main, [*place, "events", "list"])
    assert nothing.exit_code == 0
    assert phrase("events.none") in nothing.output
    with open_ledger(workspace.ledger) as ledger:
        ledger.record(seen, [flood, pond], recorded_at=datetime(2024, 1, 1, tzinfo=UTC))
    said = json.loads(runner.invoke(main, [*place, "--json", "events", "list"]).output)
    [later, event] = said["events"]  # what is strong comes before what was never confirmed
    assert (event["state"], later["state"]) == ("ended", "provisional")
    assert event["absent_again_at"] == "2016-09-25T02:11:21+00:00"
    listed = runner.invoke(main, [*place, "events", "list"]).output
    assert "2016-09-01" in listed
    folded = phrase("events.counted", standing=name_of("ranked_as", "never_confirmed"), count=1)
    assert phrase("events.folded", counts=folded) in listed
    assert later["id"] in listed
    assert event["id"] not in listed
    every = runner.invoke(main, [*place, "events", "list", "--state", "any"]).output
    assert every.index(later["id"]) < every.index(event["id"])
    assert event["reasons"] == [
        note(Code.SHOWN, scenes=1, last_on="2016-09-01").to_dict(),
        note(Code.ABSENT, on="2016-09-25").to_dict(),
    ]
    assert " ".join(event["text"].split()[:2]) in every
    none = runner.invoke(main, [*place, "events", "list", "--state", "confirmed"])
    assert phrase("events.left_out", events=2) in none.output
    wrong = runner.invoke(main, [*place, "events", "list", "--facility", "nowhere"])
    assert wrong.exit_code == 2
    assert "Traceback" not in wrong.output


def test_an_event_is_found_by_any_id_it_had(tmp_path: Path) -> None:
    small = found("water_gain", "2014-09-07", "2015-09-05")
    larger = replace(found("water_gain", "2014-09-07", "2016-09-05"), area_m2=9000.0,
                     area_high_m2=9900.0)  # fmt: skip
    looks = [
        looked("flooding/4", one.before.dates, one.after.dates, one) for one in (small, larger)
    ]
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.record(looks, [small, larger], recorded_at=datetime(2024, 1, 1, tzinfo=UTC))
        assert find_finding(ledger, small.id) == small
        for one in (small, larger):
            assert find_findings(ledger, f"E{one.id[1:]}") == (larger,)
            assert find_finding(ledger, f"e{one.id[1:9]}") == larger
        for wrong in ("E", "E0123456789ab", "event", f"E{small.id}"):
            with pytest.raises(NoSuchRecordError, match="There is no finding"):
                find_finding(ledger, wrong)
        none = looked("flooding/4", small.before.dates, small.after.dates, seen_fraction=0.9)
        ledger.record([none], [], recorded_at=datetime(2024, 1, 2, tzinfo=UTC))
        with pytest.raises(NoSuchRecordError, match="is no more"):
            find_finding(ledger, f"E{small.id[1:]}")


@pytest.mark.parametrize("kind", ["construction", "flooding"])
def test_things_side_by_side_are_two(kind: str) -> None:
    side = [found(kind, "2015-09-07", "2016-09-05"), found(kind, "2015-09-07", "2016-09-05",
                                                          ELSEWHERE)]  # fmt: skip
    assert len(join_events(side, [])) == 2


def test_an_export_names_the_event_of_each_finding_and_of_what_ends_it(tmp_path: Path) -> None:
    flood = found("flooding", "2016-08-20", "2016-09-01")
    drained = found("flood_recession", "2016-09-01", "2016-09-13")
    alone = found("construction", "2015-09-07", "2016-09-05", ELSEWHERE)
    looks = [looked("flooding/4", "2016-08-20", "2016-09-01", flood)]
    export_findings([flood, drained, alone], looks, tmp_path / "all.geojson")
    features = json.loads((tmp_path / "all.geojson").read_text())["features"]
    said = {
        item["properties"]["id"]: (item["properties"]["event"], item["properties"]["event_state"])
        for item in features
        if item["properties"]["record"] == "finding"
    }
    event = f"E{flood.id[1:]}"
    assert said == {
        flood.id: (event, "ended"),
        drained.id: (event, "ended"),
        alone.id: (f"E{alone.id[1:]}", "provisional"),
    }
