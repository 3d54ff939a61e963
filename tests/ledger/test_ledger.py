from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camp_monitor.errors import InputError, LedgerError, NoSuchRecordError
from camp_monitor.ledger.chain import SCHEMA_VERSION, row_hash
from camp_monitor.ledger.dialects import guards
from camp_monitor.ledger.entries import Added
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import recorded as said
from camp_monitor.records.content import canonical_json
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, utc_text
from camp_monitor.records.scene_reference import SceneReference

MakeFinding = Callable[..., Finding]
MakeObservation = Callable[..., Observation]
MakeScene = Callable[..., SceneReference]

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)
TABLES = ("observations", "findings", "answers", "reviews", "recordings")

RECORDER = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from camp_monitor.records.finding import Finding, Observation
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.workspace import LedgerServer

place = LedgerServer(sys.argv[1]) if "://" in sys.argv[1] else Path(sys.argv[1])
scans = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
print("ready", flush=True)
sys.stdin.readline()
for scan in scans:
    with open_ledger(place, wait_s=60) as ledger:
        ledger.record(
            [Observation.from_dict(item) for item in scan["observations"]],
            [Finding.from_dict(item) for item in scan["findings"]],
            recorded_at=datetime(2016, 9, 20, 12, tzinfo=UTC),
        )
"""


def write_scans(
    path: Path, scans: Iterable[tuple[Iterable[Observation], Iterable[Finding]]]
) -> None:
    content = [
        {
            "observations": [item.to_dict() for item in observations],
            "findings": [item.to_dict() for item in findings],
        }
        for observations, findings in scans
    ]
    path.write_text(json.dumps(content), encoding="utf-8")


def let_go(process: subprocess.Popen[str]) -> None:
    """Let a recorder that is ready begin."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def start_recorder(ledger: Path | str, scans: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RECORDER, str(ledger), str(scans)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def change(path: Path, statement: str, *values: object) -> None:
    """Edit the file as someone would who knows SQL, guards out of the way and back in place."""
    with closing(sqlite3.connect(path)) as connection:
        for name in guards():
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.execute(statement, values)
        for trigger in guards().values():
            connection.execute(trigger)
        connection.commit()


@pytest.fixture
def recorded(tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation) -> Path:
    """A ledger with four scans, six findings and three reviews."""
    path = tmp_path / "out" / "ledger.sqlite"
    with open_ledger(path) as ledger:
        for scan in range(3):
            facility = f"camp-{scan}"
            found = [make_finding(number, facility_id=facility) for number in range(2)]
            seen = make_observation(*found, facility_id=facility)
            ledger.record([seen], found, recorded_at=NOON)
        unseen = make_observation(
            facility_id="camp-3", outcome="not_seen", seen_fraction=0.1, reasons=said(["cloud"])
        )
        ledger.record([unseen], [], recorded_at=NOON)
        for number, finding in enumerate(ledger.findings("camp-1") + ledger.findings("camp-2")[:1]):
            review = Review(finding.id, "unsure", "R. N.", utc_text(NOON), f"note {number}")
            ledger.review(review, recorded_at=NOON)
    return path


def test_what_was_recorded_is_read_back(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    findings = [make_finding(number) for number in range(3)]
    observation = make_observation(*findings)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        added = ledger.record([observation], findings, recorded_at=NOON)
        assert added == Added(observations=1, findings=3, renewed=0)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        assert set(ledger.findings()) == set(findings)
        assert ledger.observations() == (observation,)
        assert ledger.verify() == ()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["ledger.sqlite"]


def test_the_same_scan_twice_adds_nothing(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    finding = make_finding()
    path = tmp_path / "ledger.sqlite"
    with open_ledger(path) as ledger:
        ledger.record([make_observation(finding)], [finding], recorded_at=NOON)
        once = path.read_bytes()
        later = NOON + timedelta(days=3)
        added = ledger.record([make_observation(finding)], [finding], recorded_at=later)
        assert added == Added(observations=0, findings=0, renewed=0)
        only_observed = ledger.record([make_observation(finding)], [], recorded_at=later)
        assert only_observed == Added(observations=0, findings=0, renewed=0)
    assert path.read_bytes() == once


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(5)))
def test_the_same_contents_are_the_same_ledger_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
    order: list[int],
) -> None:
    def fill(order: Iterable[int], recorded_at: datetime) -> tuple[str, tuple[str, ...], Any]:
        with open_ledger(tmp_path_factory.mktemp("ledger") / "ledger.sqlite") as ledger:
            for number in order:
                found = [make_finding(number, facility_id=f"camp-{number}") for _ in range(1)]
                seen = make_observation(*found, facility_id=f"camp-{number}")
                ledger.record([seen], found, recorded_at=recorded_at)
            return ledger.contents_sha256(), ledger.verify(), ledger.findings()

    contents, faults, findings = fill(order, NOON)
    assert (contents, faults, findings) == fill(range(5), NOON + timedelta(days=1))
    assert contents != fill(range(4), NOON)[0]


def test_the_chain_can_be_followed_by_hand(recorded: Path) -> None:
    with closing(sqlite3.connect(recorded)) as connection:
        for table in TABLES:
            previous = "0" * 64
            rows = connection.execute(f"SELECT * FROM {table} ORDER BY seq").fetchall()
            assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
            for _, _, content, stated_previous, stated, *_ in rows:
                assert stated_previous == previous
                previous = row_hash(previous, content)
                assert stated == previous


def test_the_clock_is_outside_of_the_chain(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    heads = []
    for name, recorded_at in (("a", NOON), ("b", NOON + timedelta(days=400))):
        with open_ledger(tmp_path / name) as ledger:
            finding = make_finding()
            ledger.record([make_observation(finding)], [finding], recorded_at=recorded_at)
            heads.append(ledger.head())
    assert heads[0][:-1] == heads[1][:-1]
    assert [head[-1].table for head in heads] == ["recordings"] * 2  # the clock's own chain
    assert heads[0][-1] != heads[1][-1]


def test_times_of_recording_are_utc(tmp_path: Path, make_observation: MakeObservation) -> None:
    path = tmp_path / "ledger.sqlite"
    with open_ledger(path) as ledger:
        seoul = timezone(timedelta(hours=9))
        ledger.record([make_observation()], [], recorded_at=NOON.astimezone(seoul))
        with pytest.raises(LedgerError, match="no time zone"):
            ledger.record([make_observation()], [], recorded_at=NOON.replace(tzinfo=None))
    with closing(sqlite3.connect(path)) as connection:
        [(recorded_at,)] = connection.execute("SELECT recorded_at FROM observations")
    assert recorded_at == "2016-09-20T12:00:00+00:00"


# --- what counts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"outline_version": 2},
        {"method": "construction/2"},
        {"settings_sha256": "6" * 64},
    ],
)
def test_a_later_answer_to_the_same_question_supersedes_the_earlier(
    tmp_path: Path,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
    changes: dict[str, Any],
) -> None:
    shared = {key: value for key, value in changes.items() if key != "settings_sha256"}
    old, new = make_finding(0), make_finding(1, **shared)
    first, second = make_observation(old), make_observation(new, **changes)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.record([first], [old], recorded_at=NOON)
        ledger.record([second], [new], recorded_at=NOON)
        assert ledger.findings() == (new,)
        assert ledger.observations() == (second,)
        assert set(ledger.findings(superseded=True)) == {old, new}
        assert set(ledger.observations(superseded=True)) == {first, second}
        # Going back to the earlier outline or settings makes the earlier answer count again.
        assert ledger.record([first], [], recorded_at=NOON) == Added(0, 0, renewed=1)
        assert ledger.findings() == (old,)
        assert ledger.verify() == ()


def test_a_finding_that_is_gone_from_the_later_answer_does_not_count(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    finding = make_finding()
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.record([make_observation(finding)], [finding], recorded_at=NOON)
        ledger.record([make_observation(method="construction/2")], [], recorded_at=NOON)
        assert ledger.findings() == ()
        assert ledger.findings(superseded=True) == (finding,)


@pytest.mark.parametrize("field", ["facility_id", "method", "before", "after"])
def test_another_question_supersedes_nothing(
    tmp_path: Path,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
    make_scene: MakeScene,
    field: str,
) -> None:
    other = {
        "facility_id": "kls-16",
        "method": "flooding/1",
        "before": make_scene("2015-08-20"),
        "after": make_scene("2016-09-20"),
    }[field]
    first, second = make_finding(0), make_finding(1, **{field: other})
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.record([make_observation(first)], [first], recorded_at=NOON)
        ledger.record([make_observation(second, **{field: other})], [second], recorded_at=NOON)
        assert set(ledger.findings()) == {first, second}


def test_findings_are_chosen_by_facility_kind_and_confidence(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    low = make_finding(0, confidence="low")
    high = make_finding(1, confidence="high", kind="demolition")
    away = make_finding(2, facility_id="kls-16")
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.record(
            [make_observation(low, high), make_observation(away, facility_id="kls-16")],
            [low, high, away],
            recorded_at=NOON,
        )
        assert ledger.findings("kls-16") == (away,)
        assert ledger.findings(kind="demolition") == (high,)
        assert set(ledger.findings(at_least="medium")) == {high, away}
        assert not ledger.findings("kls-99")
        assert not ledger.observations("kls-99")
        with pytest.raises(InputError, match="is not a kind of change: use construction"):
            ledger.findings(kind="flood")
        with pytest.raises(InputError, match="use low, medium, high"):
            ledger.findings(at_least="sure")


def test_a_finding_is_looked_up_by_the_beginning_of_its_id(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    findings = [make_finding(number) for number in range(40)]
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(NoSuchRecordError, match="holds none yet"):
            ledger.finding("F12")
        ledger.record([make_observation(*findings)], findings, recorded_at=NOON)
        wanted = findings[7]
        for text in (wanted.id, wanted.id.lower(), wanted.id[1:], f" {wanted.id[:-1]} "):
            assert ledger.finding(text) == wanted
        for finding in findings:  # some begin with the digit f
            assert ledger.finding(finding.id) == ledger.finding(finding.id[1:]) == finding
        ids = sorted(finding.id for finding in findings)
        twins = next(a[:2] for a, b in pairwise(ids) if a[:2] == b[:2])
        with pytest.raises(NoSuchRecordError, match=f"findings begin with '{twins}'"):
            ledger.finding(twins)
        flipped = wanted.id[:-1] + ("0" if wanted.id[-1] != "0" else "1")
        with pytest.raises(NoSuchRecordError, match=f"did you mean {wanted.id}"):
            ledger.finding(flipped)
        for text in ("", "F", "%", "F_", "' OR 1=1 --", "\ud800" * 500):
            with pytest.raises(NoSuchRecordError, match="There is no finding"):
                ledger.finding(text)


def test_an_answered_question_is_found_only_when_everything_is_the_same(
    tmp_path: Path, make_observation: MakeObservation, make_scene: MakeScene
) -> None:
    observation = make_observation()
    question = {
        name: getattr(observation, name)
        for name in ("facility_id", "outline_version", "method", "before", "after")
    } | {"settings_sha256": observation.settings_sha256}
    others: dict[str, list[object]] = {
        "facility_id": ["kls-16"],
        "outline_version": [2],
        "method": ["construction/2", "construction"],
        "settings_sha256": ["7" * 64],
        "before": [
            replace(observation.before, sha256=("e" * 64,)),
            replace(observation.before, sha256=(*observation.before.sha256, "e" * 64)),
            replace(observation.before, credit="another"),
            make_scene("2015-01-01", sha256=observation.before.sha256),
        ],
        "after": [replace(observation.after, sha256=("e" * 64,)), observation.before],
    }
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.find_observation(**question) is None
        ledger.record([observation], [], recorded_at=NOON)
        assert ledger.find_observation(**question) == observation
        for name, values in others.items():
            for value in values:
                assert ledger.find_observation(**{**question, name: value}) is None


# --- all or nothing ------------------------------------------------------------------------------


def test_records_that_do_not_belong_together_are_refused_whole(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    finding, other = make_finding(0), make_finding(1)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        for observations, findings, fault in [
            ([make_observation(finding)], [], "which is missing"),
            ([make_observation(finding)], [finding, other], "named by no observation"),
            ([], [finding], "named by no observation"),
            ([make_observation(finding, facility_id="kls-16")], [finding], "another facility"),
        ]:
            with pytest.raises(LedgerError, match=fault):
                ledger.record(observations, findings, recorded_at=NOON)
            assert {head.rows for head in ledger.head()} == {0}
        ledger.record([make_observation(finding)], [finding], recorded_at=NOON)
        again = make_observation(finding, settings_sha256="8" * 64)
        assert ledger.record([again], [], recorded_at=NOON) == Added(1, 0, 0)


def test_a_killed_recording_leaves_the_ledger_whole(
    recorded: Path, tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    findings = [make_finding(number) for number in range(600)]
    observation = make_observation(*findings)
    write_scans(tmp_path / "scan.json", [([observation], findings)])
    with open_ledger(recorded) as ledger:
        before = ledger.head()
    dice = random.Random(5)
    path, journal = tmp_path / "copy.sqlite", tmp_path / "copy.sqlite-journal"
    killed_while_writing = 0
    for attempt in range(20):
        shutil.copy(recorded, path)
        process = start_recorder(path, tmp_path / "scan.json")
        let_go(process)
        # Twice at any moment, then when the journal shows that the file itself is being written.
        limit = time.monotonic() + (dice.uniform(0, 0.3) if attempt < 2 else 30)
        while time.monotonic() < limit and process.poll() is None and not journal.exists():
            time.sleep(0.0005)
        time.sleep(dice.uniform(0, 0.005))
        process.kill()
        process.communicate()
        killed_while_writing += journal.exists()
        with open_ledger(path) as ledger:
            assert ledger.verify(before) == ()
            held = set(ledger.findings("khs-12-jongori"))
            assert held in (set(), set(findings))
            assert ledger.observations("khs-12-jongori") == ((observation,) if held else ())
        path.unlink()
        if killed_while_writing >= 3:
            return
    pytest.fail(f"only {killed_while_writing} recordings were killed while they wrote")


def test_two_processes_that_record_at_once_make_one_chain(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    path = tmp_path / "ledger.sqlite"
    processes = []
    for writer in range(2):
        scans = []
        for scan in range(12):
            # Each second scan is the same in both processes.
            facility = f"camp-{scan}-{writer if scan % 2 else 'both'}"
            found = [make_finding(number, facility_id=facility) for number in range(20)]
            scans.append(([make_observation(*found, facility_id=facility)], found))
        write_scans(tmp_path / f"{writer}.json", scans)
        processes.append(start_recorder(path, tmp_path / f"{writer}.json"))
    for process in processes:
        let_go(process)
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    with open_ledger(path) as ledger:
        assert ledger.verify() == ()
        assert len(ledger.observations()) == 18
        assert len(ledger.findings()) == 360


# --- damage --------------------------------------------------------------------------------------


def test_guards_forbid_changing_and_deleting(recorded: Path) -> None:
    with closing(sqlite3.connect(recorded)) as connection:
        for table in TABLES:
            for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    connection.execute(statement)


def test_a_missing_guard_is_reported(recorded: Path) -> None:
    with closing(sqlite3.connect(recorded)) as connection:
        connection.execute("DROP TRIGGER findings_delete")
    with open_ledger(recorded) as ledger:
        assert any("trigger findings_delete is missing" in fault for fault in ledger.verify())


def columns(path: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("table", TABLES)
def test_one_changed_byte_in_any_column_is_reported(recorded: Path, table: str) -> None:
    for column in columns(recorded, table):
        with closing(sqlite3.connect(recorded)) as connection:
            [(value,)] = connection.execute(f"SELECT {column} FROM {table} WHERE seq = 2")
        if isinstance(value, str):
            middle = len(value) // 2
            other: object = value[:middle] + chr(ord(value[middle]) ^ 1) + value[middle + 1 :]
        elif isinstance(value, bytes):
            other = value[:20] + bytes([value[20] ^ 1]) + value[21:]
        else:
            other = value + 77
        path = recorded.with_name(f"{column}.sqlite")
        shutil.copy(recorded, path)
        change(path, f"UPDATE {table} SET {column} = ? WHERE seq = 2", other)
        with open_ledger(path) as ledger:
            faults = ledger.verify()
        assert any(table in fault for fault in faults), column


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM findings WHERE seq = 1",
        "DELETE FROM findings WHERE seq = 3",
        "DELETE FROM findings WHERE seq = 6",
        "DELETE FROM observations WHERE seq = 4",
        "DELETE FROM answers WHERE seq = 4",
        "DELETE FROM answers WHERE seq = 2",
        "DELETE FROM reviews WHERE seq = 2",
        "UPDATE findings SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3)",
        "UPDATE findings SET seq = seq + 10",
        "UPDATE findings SET content = (SELECT content FROM findings WHERE seq = 1) WHERE seq = 2",
    ],
)
def test_removed_and_swapped_rows_are_reported(recorded: Path, statement: str) -> None:
    change(recorded, statement)
    if "-3" in statement:
        change(recorded, "UPDATE findings SET seq = -seq WHERE seq < 0")
    with open_ledger(recorded) as ledger:
        assert ledger.verify() != ()


def test_a_cut_tail_and_a_chain_made_anew_show_against_a_head_kept_elsewhere(
    recorded: Path,
) -> None:
    with open_ledger(recorded) as ledger:
        heads = ledger.head()
        assert [head.rows for head in heads] == [4, 6, 4, 3, 0, 0, 14]
        assert ledger.verify(heads) == ()
    for table in ("observations", "answers"):
        change(recorded, f"DELETE FROM {table} WHERE seq = 4")
        with open_ledger(recorded) as ledger:
            assert any("cut off" in fault for fault in ledger.verify())  # its time is left
    change(recorded, "DELETE FROM reviews")
    change(recorded, "DELETE FROM recordings WHERE seq > 9")
    with open_ledger(recorded) as ledger:
        assert ledger.verify() == ()  # the file alone cannot show it
        assert any("were cut off" in fault for fault in ledger.verify(heads))
    other = recorded.with_name("other.sqlite")
    with open_ledger(other) as ledger:
        for observation in reversed(open_ledger(recorded).observations()):
            findings = open_ledger(recorded).findings(observation.facility_id)
            ledger.record([observation], findings, recorded_at=NOON)
        assert ledger.verify() == ()
        assert any("hash at row" in f or "cut off" in f for f in ledger.verify(heads))


def everything(path: Path) -> list[list[Any]]:
    """Return every value of every table, and the schema, as bytes where they are text."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        asked = [f"SELECT * FROM {name.decode()} ORDER BY 1" for (name,) in sorted(names)]
        made = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        schema = [(name, sql and sql.split()) for name, sql in made]  # blanks mean nothing
        return [schema, *(connection.execute(statement).fetchall() for statement in asked)]


def test_a_flipped_byte_of_the_file_is_reported_or_changes_nothing(recorded: Path) -> None:
    """Bytes that carry no content, such as free space, may flip unseen."""
    content = recorded.read_bytes()
    held = everything(recorded)
    dice = random.Random(11)
    used = [place for place, byte in enumerate(content) if byte]
    reported = 0
    path = recorded.with_name("flipped.sqlite")
    for _ in range(300):
        place = dice.choice(used)
        flipped = bytearray(content)
        flipped[place] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)
        try:
            with open_ledger(path, wait_s=0.1) as ledger:
                faults = ledger.verify()
                if not faults:
                    assert everything(path) == held, place
        except LedgerError:
            faults = ("refused",)
        reported += bool(faults)
    assert reported > 150


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        "null",
        '"text"',
        "{",
        "[" * 100_000,
        "1" * 5000,
        '{"before": 3}',
        '{"facility_id": "\\ud800"}',
    ],
)
def test_a_tampered_content_with_a_matching_hash_is_one_sentence(
    recorded: Path, content: str
) -> None:
    with closing(sqlite3.connect(recorded)) as connection:
        previous = connection.execute("SELECT row_sha256 FROM findings WHERE seq = 5").fetchone()[0]
    change(
        recorded,
        "UPDATE findings SET content = ?, row_sha256 = ? WHERE seq = 6",
        content,
        row_hash(previous, content),
    )
    with open_ledger(recorded) as ledger:
        with pytest.raises(LedgerError, match="is damaged at row 6 of findings"):
            ledger.findings()
        assert any("Row 6 of findings" in fault for fault in ledger.verify())


@pytest.mark.parametrize("value", [b"\xff\xfe", 5, 1.5, "\ud800"])
def test_values_of_a_wrong_type_are_reported(recorded: Path, value: object) -> None:
    for column in ("content", "previous_sha256", "row_sha256", "id", "geometry", "west"):
        path = recorded.with_name("typed.sqlite")
        shutil.copy(recorded, path)
        as_text = isinstance(value, str)
        sent = value.encode(errors="surrogatepass") if isinstance(value, str) else value
        place = "CAST(? AS TEXT)" if as_text else "?"
        change(path, f"UPDATE findings SET {column} = {place} WHERE seq = 6", sent)
        with open_ledger(path) as ledger:
            assert ledger.verify() != (), column
            if column in ("content", "row_sha256", "previous_sha256"):
                with pytest.raises(LedgerError, match="is damaged"):
                    ledger.findings()


def test_nothing_is_appended_to_a_damaged_end(
    recorded: Path, make_observation: MakeObservation
) -> None:
    change(recorded, "UPDATE observations SET row_sha256 = 'x' WHERE seq = 4")
    with open_ledger(recorded) as ledger, pytest.raises(LedgerError, match="is damaged"):
        ledger.record([make_observation()], [], recorded_at=NOON)


# --- files that are no ledger, disks that do not write -------------------------------------------


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE schema (name TEXT)")
        connection.commit()


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda path: path.write_text("camp"), "is not a ledger, nor any SQLite file"),
        (lambda path: path.write_bytes(b"\x89PNG" * 5000), "is not a ledger, nor any SQLite file"),
        (foreign_database, "is a database but not a ledger"),
        (lambda path: path.mkdir(), "cannot be opened as a ledger"),
    ],
)
def test_a_foreign_file_is_refused_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], object], fault: str
) -> None:
    path = tmp_path / "ledger.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(LedgerError, match=fault) as caught:
        open_ledger(path)
    assert str(path) in str(caught.value)
    assert before is None or path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["ledger.sqlite"]


def test_another_schema_version_is_refused(recorded: Path) -> None:
    change(recorded, f"UPDATE schema SET version = {SCHEMA_VERSION + 1}")
    with pytest.raises(
        LedgerError, match=f"version {SCHEMA_VERSION + 1}, and this program reads up to"
    ):
        open_ledger(recorded)


def test_a_file_left_empty_by_a_crash_becomes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.touch()
    with open_ledger(path) as ledger:
        assert ledger.verify() == ()


def test_a_locked_ledger_is_one_sentence(recorded: Path, make_observation: MakeObservation) -> None:
    with closing(sqlite3.connect(recorded, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_ledger(recorded, wait_s=0.05) as ledger:
            assert len(ledger.findings()) == 6  # reading goes on
            with pytest.raises(LedgerError, match="is in use by another program"):
                ledger.record([make_observation()], [], recorded_at=NOON)


def test_a_full_disk_is_one_sentence_and_changes_nothing(
    recorded: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    findings = [make_finding(number) for number in range(200)]
    before = recorded.read_bytes()
    with open_ledger(recorded) as ledger:

        @sa.event.listens_for(ledger._engine, "connect")
        def limit(connection: sqlite3.Connection, _: object) -> None:
            connection.execute("PRAGMA max_page_count = 1")  # becomes the present size

        with pytest.raises(LedgerError, match="is full, so nothing more was recorded"):
            ledger.record([make_observation(*findings)], findings, recorded_at=NOON)
    assert recorded.read_bytes() == before


def test_a_read_only_ledger_can_be_read_and_not_written(
    recorded: Path, make_observation: MakeObservation
) -> None:
    with open_ledger(recorded) as ledger:

        @sa.event.listens_for(ledger._engine, "connect")
        def forbid(connection: sqlite3.Connection, _: object) -> None:
            connection.execute("PRAGMA query_only = 1")

        assert len(ledger.findings()) == 6
        with pytest.raises(LedgerError, match="is read-only: nothing was recorded"):
            ledger.record([make_observation()], [], recorded_at=NOON)


def test_a_ledger_cannot_be_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(LedgerError, match="cannot be made a folder"):
        open_ledger(tmp_path / "out" / "ledger.sqlite")


def test_contents_are_canonical_json(recorded: Path) -> None:
    with closing(sqlite3.connect(recorded)) as connection:
        for (content,) in connection.execute("SELECT content FROM findings"):
            assert content == canonical_json(json.loads(content))
