"""Lists by the database, and events that are kept: never another answer than the records give."""

from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from camp_monitor.cli.finding_tables import make_table
from camp_monitor.cli.long_tables import plain_table
from camp_monitor.errors import LedgerError
from camp_monitor.events import kept
from camp_monitor.events.kept import (
    DERIVED,
    ListedEvent,
    WantedEvents,
    keep_events,
    open_events,
    recorded_times,
)
from camp_monitor.events.ranking import CLASSES
from camp_monitor.facilities import Facility, read_registry, write_facility
from camp_monitor.ledger import derived
from camp_monitor.ledger.derived import derived_file
from camp_monitor.ledger.dialects import make_engine
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.listed import SORTS, Wanted
from camp_monitor.ledger.lists import open_lists
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import recorded
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import VERDICTS, Review, latest_reviews, rejected_ids, utc_text
from camp_monitor.report.export.tables import not_all_seen
from camp_monitor.report.map.overview import draw_overview, draw_workspace_overview
from camp_monitor.watch.executors import spread
from tests.ledger.conftest import _finding, _observation, _scene
from tests.ledger.fresh import fresh_events

AT = datetime(2024, 1, 1, tzinfo=UTC)
FACILITIES = ("camp-1", "camp-2", "Camp-3", "수용소-4")
DAYS = [f"20{year}-{day}" for year in (16, 17, 18) for day in ("01-15", "07-03", "09-17")]
PLACES = [shapely.box(129.6 + x, 42.5, 129.602 + x, 42.502) for x in (0.0, 0.001, 0.01)]
KINDS = {"construction": ("construction", "built_up"), "flooding": ("flooding", "flood_recession")}
HIDDEN = (None, shapely.box(129, 42, 130, 43), shapely.LineString([(129, 42), (130, 43)]))

Scan = tuple[Observation, list[Finding]]
Step = Scan | tuple[int, str]
"""A scan, or a review: of which finding, and its verdict."""


@st.composite
def scans(draw: st.DrawFn) -> Scan:
    """One answer: of few facilities, days and places, so that many answer one question."""
    facility = draw(st.sampled_from(FACILITIES))
    stem = draw(st.sampled_from(sorted(KINDS)))
    method = f"{stem}/{draw(st.integers(1, 2))}"
    painted = draw(st.sampled_from([*[False] * 9, True]))
    days = sorted(draw(st.permutations(DAYS))[:2])
    before, after = (_scene(day, simulated=painted) for day in days)
    found = {}
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=3)):
        probability = draw(st.sampled_from([0.3, 0.6, 0.95]))
        one = _finding(
            facility_id=facility, kind=draw(st.sampled_from(KINDS[stem])), method=method,
            before=before, after=after, geometry=place, probability=probability,
            confidence="low" if probability < 0.5 else "medium" if probability < 0.8 else "high",
            candidate=draw(st.booleans()), area_m2=draw(st.sampled_from([1200.0, 1370.5])),
        )  # fmt: skip
        found[one.id] = one
    called = tuple(key for key, one in found.items() if not one.candidate)
    outcome = "changed" if called else draw(st.sampled_from(["unchanged", "not_seen"]))
    look = _observation(
        facility_id=facility, method=method, before=before, after=after, outcome=outcome,
        reasons=recorded(["Cloud."]) if outcome == "not_seen" else (), finding_ids=called,
        candidate_ids=tuple(key for key, one in found.items() if one.candidate),
        seen_fraction=draw(st.sampled_from([0.5, 1.0])), not_seen=draw(st.sampled_from(HIDDEN)),
        settings_sha256=draw(st.sampled_from("56")) * 64,
    )  # fmt: skip
    return look, list(found.values())


STEPS: st.SearchStrategy[list[Step]] = st.lists(
    scans() | st.tuples(st.integers(0, 20), st.sampled_from(VERDICTS)), min_size=1, max_size=12
)


@contextmanager
def new_ledger() -> Iterator[Ledger]:
    with TemporaryDirectory() as folder, open_ledger(Path(folder) / "ledger.sqlite") as ledger:
        yield ledger


def take(ledger: Ledger, number: int, step: Step) -> None:
    """Record a scan, or a review of one of the findings that there are."""
    at = AT + timedelta(hours=number)
    if isinstance(step[0], Observation):
        ledger.record([step[0]], step[1], recorded_at=at)
        return
    held = ledger.findings(superseded=True, candidates=True)
    if held:
        finding = held[step[0] % len(held)]
        ledger.review(Review(finding.id, step[1], "R. N.", utc_text(at)), recorded_at=at)


WANTED_EVENTS = (
    WantedEvents(state="strong"),
    WantedEvents(state="ended", kind="flooding"),
    WantedEvents(new=True),
    WantedEvents(classes=("confirmed", "strong"), at_least_m2=1000.0),
    WantedEvents(since="2016-01-01T00:00:00+00:00"),
)


def is_wanted(one: ListedEvent, wanted: WantedEvents, events: list[ListedEvent]) -> bool:
    """Say it once more, from the fields of an event."""
    newest = max(other.recorded_at[:10] for other in events)
    return (
        (wanted.classes is None or one.ranked_as in wanted.classes)
        and wanted.state in (None, one.state, "strong" if one.is_strong else None)
        and wanted.kind in (None, one.kind)
        and one.first_seen_at >= (wanted.since or "")
        and (not wanted.new or one.recorded_at[:10] == newest)
        and one.area_m2 >= (wanted.at_least_m2 or 0)
    )


def kept_events(ledger: Ledger, facility_id: str | None = None) -> list[ListedEvent]:
    with open_events(ledger, facility_id) as lists:
        events = list(lists.events(WantedEvents(sort="facility")))
        assert lists.counted() == Counter(one.ranked_as for one in events)
        order = sorted(events, key=lambda one: (CLASSES.index(one.ranked_as), -one.score))
        assert list(lists.events()) == order
        for wanted in WANTED_EVENTS:
            own = [one for one in order if is_wanted(one, wanted, events)]
            assert list(lists.events(wanted)) == own
            assert list(lists.events(wanted, limit=2)) == own[:2]
            assert lists.counted(wanted).total() == len(own)
    return events


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, data=st.data())
def test_kept_events_are_those_of_the_records_after_every_step(
    steps: list[Step], data: st.DataObject
) -> None:
    with new_ledger() as ledger:
        for number, step in enumerate(steps):
            take(ledger, number, step)
            if data.draw(st.booleans()):  # else several steps are caught up with at once
                continue
            fresh = fresh_events(ledger)
            if data.draw(st.booleans()):
                own = [one for one in fresh if one.facility_id == FACILITIES[0]]
                assert kept_events(ledger, FACILITIES[0]) == own
            assert kept_events(ledger) == fresh
        fresh = fresh_events(ledger)
        assert kept_events(ledger) == fresh
        derived_file(Path(str(ledger.place)), DERIVED).unlink()
        assert kept_events(ledger) == fresh


@settings(max_examples=40, deadline=None)
@given(
    steps=STEPS,
    wanted=st.builds(
        Wanted,
        facility_id=st.sampled_from([None, *FACILITIES]),
        kind=st.sampled_from([None, "construction", "flooding"]),
        at_least=st.sampled_from([None, "medium", "high"]),
        superseded=st.booleans(),
        candidates=st.booleans(),
        reviewed=st.sampled_from([None, True, False]),
        verdict=st.sampled_from([None, "rejected", "unsure"]),
        since=st.sampled_from([None, "2016-06-01T00:00:00+00:00"]),
        new=st.booleans(),
        at_least_m2=st.sampled_from([None, 1000.0]),
        sort=st.sampled_from(SORTS),
    ),
    limit=st.none() | st.integers(1, 3),
)
def test_lists_are_those_of_the_records(
    steps: list[Step], wanted: Wanted, limit: int | None
) -> None:
    with new_ledger() as ledger:
        for number, step in enumerate(steps):
            take(ledger, number, step)
        check_lists(ledger, wanted, limit)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_the_overview_is_that_of_the_records(steps: list[Step]) -> None:
    with new_ledger() as ledger:
        for number, step in enumerate(steps):
            take(ledger, number, step)
        root = Path(str(ledger.place)).parent
        (root / "camp-monitor.toml").write_text("")
        (root / "out").mkdir()
        shutil.copy(str(ledger.place), root / "out" / "ledger.sqlite")
        (root / "aoi").mkdir()
        for name in (FACILITIES[0], FACILITIES[1]):
            write_facility(Facility(name, name), root / "aoi" / f"{name}.geojson")
        drawn = draw_workspace_overview(root)
        assert drawn == draw_overview(
            read_registry(root / "aoi"), ledger.observations(), ledger.findings(),
            reviews=ledger.reviews(),
            simulated=any(item.simulated for item in ledger.observations()),
            head=ledger.head_sha256(),
        )  # fmt: skip


FIRST: dict[str, Callable[[Finding], tuple[float, ...]] | None] = {
    "facility": None,
    "rank": lambda item: (-(item.probability or 0), -item.area_m2),
    "time": lambda item: (-datetime.fromisoformat(item.after.acquired_to_at).timestamp(),),
    "area": lambda item: (-item.area_m2,),
}
"""What a list is sorted by before facility and time."""


def check_lists(ledger: Ledger, wanted: Wanted, limit: int | None = None) -> None:
    """Compare lists with what the records themselves say."""
    place, latest = wanted.facility_id, latest_reviews(ledger.reviews())
    with ledger.view() as view:
        recorded = [recorded_times(view, name) for name in FACILITIES]
    days = {key: at[:10] for own in recorded for key, at in own.items()}
    found = [
        item
        for item in ledger.findings(
            place, kind=wanted.kind, at_least=wanted.at_least, superseded=wanted.superseded,
            candidates=wanted.candidates,
        )
        if wanted.reviewed in (None, item.id in latest)
        and (wanted.verdict is None or wanted.verdict == getattr(latest.get(item.id), "verdict", 0))
        and item.after.acquired_to_at >= (wanted.since or "")
        and item.area_m2 >= (wanted.at_least_m2 or 0)
        and (not wanted.new or days[item.id] == max(days.values()))
    ]  # fmt: skip
    first = FIRST[wanted.sort]
    if first and place is None:
        found.sort(key=lambda item: (*first(item), item.facility_id))
    elif first:
        found.sort(key=first)
    looked = ledger.observations(place, superseded=wanted.superseded)
    current = {item.id for item in ledger.observations(place)}
    counting = {key for item in ledger.observations(place) for key in item.named_ids}
    with open_lists(ledger) as lists:
        whole = [(key, counts) for key, _, counts, _ in lists.finding_contents(wanted, limit)]
        assert whole == [(item.id, item.id in counting) for item in found][:limit]
        shown = list(lists.findings(wanted))
        assert list(lists.findings(wanted, limit)) == shown[:limit]
        assert {item.id for item in shown} == {item.id for item in found}
        if wanted.sort == "facility":
            order = [(one.facility_id, one.after_to_at, one.before_from_at) for one in shown]
            assert order == sorted(order)
        else:
            assert [one.id for one in shown] == [item.id for item in found]
        rejected = rejected_ids(latest.values()) & {item.id for item in found}
        assert lists.counted(wanted) == (len(found), len(rejected))
        unseen = [(item.id, item.id in current) for item in looked if not_all_seen(item)]
        gaps = lists.unseen(place, superseded=wanted.superseded, limit=limit)
        assert [(one.id, one.counts) for one in gaps] == unseen[:limit]
        counted = lists.looked(place, superseded=wanted.superseded)
        assert sum(counted.values()) == len(looked)
        assert sum(count for (_, is_part), count in counted.items() if is_part) == len(unseen)
        rows = lists.observation_contents(place, superseded=wanted.superseded)
        assert [(key, counts) for key, _, counts in rows] == [
            (item.id, item.id in current) for item in looked
        ]
        assert lists.facility_ids() == sorted({o.facility_id for o in ledger.observations()})


@pytest.fixture
def recorded_file(tmp_path: Path) -> Path:
    """A ledger of two events at two facilities."""
    file = tmp_path / "ledger.sqlite"
    with open_ledger(file) as ledger:
        for facility in FACILITIES[:2]:
            finding = _finding(facility_id=facility)
            look = _observation(finding, facility_id=facility)
            ledger.record([look], [finding], recorded_at=AT)
    return file


def test_only_what_is_new_is_worked_out_again(
    recorded_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def make(view: sa.Connection, facility_id: str) -> list[dict[str, object]]:
        made.append(facility_id)
        return kept._make(view, facility_id)

    monkeypatch.setattr(kept, "DERIVED", replace(DERIVED, make=make))
    with open_ledger(recorded_file) as ledger:
        first = kept_events(ledger)
        assert made == sorted(FACILITIES[:2])
        assert kept_events(ledger) == first
        assert len(made) == 2
        [finding] = ledger.findings(FACILITIES[1])
        at = utc_text(AT)
        ledger.review(Review(finding.id, "rejected", "R. N.", at), recorded_at=AT)
        assert [one.state for one in kept_events(ledger)] == ["provisional", "dismissed"]
        assert made[2:] == [FACILITIES[1]]
        monkeypatch.setattr(derived, "rules", lambda: "another program")
        assert len(kept_events(ledger)) == 2
        assert made[3:] == sorted(FACILITIES[:2])


def test_the_rules_are_of_all_that_events_rest_on() -> None:
    program = (
        "import sys, camp_monitor.events.kept; print(*(module.__file__ for name, module in "
        "sys.modules.items() if name.partition('.')[0] == 'camp_monitor'), sep='\\n')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    imported = {Path(line) for line in ran.stdout.splitlines()}
    hashed = {path for pattern in derived.ROOMS for path in derived.ROOT.glob(pattern)}
    assert len(imported) > 20
    assert imported <= hashed


def test_another_ledger_in_its_place_is_not_taken_for_it(recorded_file: Path) -> None:
    with open_ledger(recorded_file) as ledger:
        kept_events(ledger)
    other = recorded_file.with_name("other.sqlite")
    with open_ledger(other) as ledger:
        for number in range(3):
            finding = _finding(number)
            ledger.record([_observation(finding)], [finding], recorded_at=AT)
            own = fresh_events(ledger)
    shutil.copy(other, recorded_file)
    with open_ledger(recorded_file) as ledger:
        assert kept_events(ledger) == own


@pytest.mark.parametrize("damage", ["garbage", "locked", "folder", "no table"])
def test_events_are_listed_where_nothing_can_be_kept(
    recorded_file: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derived, "WAIT_S", 0.01)
    file = derived_file(recorded_file, DERIVED)
    with open_ledger(recorded_file) as ledger:
        fresh = fresh_events(ledger)
        if damage == "garbage":
            file.write_bytes(b"no database" * 1000)
        elif damage == "folder":
            file.mkdir()
        else:
            kept_events(ledger)
            other = sqlite3.connect(file, isolation_level=None)
            if damage == "no table":
                other.execute("DROP TABLE derived_events")
            else:
                other.execute("UPDATE derived_events_heads SET rows = 1")  # as of one facility
                other.execute("BEGIN EXCLUSIVE")
        assert kept_events(ledger) == fresh
        assert kept_events(ledger, FACILITIES[0]) == fresh[:1]
        if damage in ("locked", "no table"):
            other.close()
        assert kept_events(ledger) == fresh


def out_of_date(ledger: Ledger) -> list[str]:
    """Facilities that a list would have to work out."""
    engine = make_engine(derived_file(Path(str(ledger.place)), DERIVED), 1.0)
    try:
        return list(derived._stale(ledger, DERIVED, engine, FACILITIES[:2]))
    finally:
        engine.dispose()


def test_who_recorded_keeps_the_events_of_those_facilities_and_works_out_no_others(
    recorded_file: Path,
) -> None:
    with open_ledger(recorded_file) as ledger:
        keep_events(ledger, FACILITIES[:1])
        assert out_of_date(ledger) == list(FACILITIES[:2]), "a list of all is not made for one"
        keep_events(ledger, FACILITIES)
        assert out_of_date(ledger) == []
        finding = _finding(facility_id=FACILITIES[1], area_m2=1300.0)
        look = _observation(finding, facility_id=FACILITIES[1], settings_sha256="6" * 64)
        ledger.record([look], [finding], recorded_at=AT)
        assert out_of_date(ledger) == [finding.facility_id]
        keep_events(ledger, {finding.facility_id})
        assert out_of_date(ledger) == []
        assert kept_events(ledger) == fresh_events(ledger)


def test_events_that_cannot_be_kept_do_not_fail_who_recorded(recorded_file: Path) -> None:
    derived_file(recorded_file, DERIVED).mkdir()
    with open_ledger(recorded_file) as ledger:
        keep_events(ledger, FACILITIES)
    with closed_ledger(recorded_file) as ledger:
        keep_events(ledger, FACILITIES)


@contextmanager
def closed_ledger(file: Path) -> Iterator[Ledger]:
    """A ledger whose file was lost while it was open."""
    with open_ledger(file) as ledger:
        file.unlink()
        yield ledger


def test_events_of_many_facilities_are_worked_out_in_processes(recorded_file: Path) -> None:
    with open_ledger(recorded_file) as ledger:
        fresh = fresh_events(ledger)
        with open_events(ledger, spread=spread) as lists:
            assert list(lists.events(WantedEvents(sort="facility"))) == fresh


def test_a_list_does_not_touch_the_ledger(recorded_file: Path) -> None:
    held = recorded_file.read_bytes()
    with open_ledger(recorded_file) as ledger:
        kept_events(ledger)
        check_lists(ledger, Wanted())
    assert recorded_file.read_bytes() == held


def test_an_answer_that_was_lost_is_no_silent_loss(recorded_file: Path) -> None:
    with sqlite3.connect(recorded_file) as connection:
        connection.execute("DROP TRIGGER answers_delete")
        connection.execute("DELETE FROM answers WHERE seq = 1")
    with open_ledger(recorded_file) as ledger:
        with pytest.raises(LedgerError, match="no answer names it"), open_lists(ledger):
            pass
        with pytest.raises(LedgerError, match="no answer names it"):
            kept_events(ledger)


CELLS = st.text(st.sampled_from("ab m²,한 \n"), max_size=30).map(str.strip)


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
def test_a_long_table_is_written_as_rich_prints_it(rows: list[tuple[str, ...]]) -> None:
    screen = io.StringIO()
    console = Console(width=40, file=screen, highlight=False, markup=False)
    columns = ("one", "two", "three")
    written = plain_table(console, columns, rows)
    table = make_table(*columns)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    assert written == screen.getvalue()
