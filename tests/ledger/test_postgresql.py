"""The same ledger in PostgreSQL: a server of the tests' own, on a socket in a temporary folder."""

from __future__ import annotations

import itertools
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from camp_monitor.cli import main
from camp_monitor.errors import CampMonitorError, InstallationError, LedgerError, WorkspaceError
from camp_monitor.facilities.registry import bundled_registry
from camp_monitor.ledger.chain import FINDINGS, METADATA, SCHEMA
from camp_monitor.ledger.dialects import POSTGRESQL
from camp_monitor.ledger.entries import Added
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.listed import Wanted
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, utc_text
from camp_monitor.records.run import RunRecord
from camp_monitor.settings import LedgerServer
from camp_monitor.workspace import create_workspace, open_workspace
from tests.ledger.fresh import fresh_events
from tests.ledger.test_ledger import let_go, start_recorder, write_scans
from tests.ledger.test_lists import check_lists, kept_events

MakeFinding = Callable[..., Finding]
MakeObservation = Callable[..., Observation]

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)
PASSWORD = "s3cret-of-Nobody"
TABLES = tuple(METADATA.tables)
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Database:
    """An empty database of its own for each test."""

    folder: Path
    name: str

    def server(self, user: str = "camp") -> LedgerServer:
        return LedgerServer(f"postgresql://{user}@/{self.name}?host={self.folder}")

    def change(self, *statements: str) -> list[Any]:
        """Do what someone does who knows SQL, as the owner of the server."""
        with psycopg.connect(
            host=str(self.folder), dbname=self.name, user="camp", password=PASSWORD, autocommit=True
        ) as connection:
            cursors = [connection.execute(statement) for statement in statements]
            return cursors[-1].fetchall() if cursors[-1].description else []


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """Start a server that listens on a socket alone; return the folder of the socket."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = shutil.which("initdb") or (found[-1] if found else None)
    if program is None:
        reason = "PostgreSQL is not installed: on Debian, run apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    programs = Path(program).resolve().parent
    is_root = os.geteuid() == 0  # who may not start a server
    user = pwd.getpwnam("postgres" if is_root else pwd.getpwuid(os.geteuid()).pw_name)
    identity: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="camp-monitor-"))
    (folder / "password").write_text(PASSWORD)
    for path in (folder, folder / "password"):
        os.chown(path, user.pw_uid, user.pw_gid)
    how: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    how |= identity if is_root else {}
    data = str(folder / "data")
    words = ["-U", "camp", "-A", "scram-sha-256", "--pwfile", "password", "-E", "UTF8", "-N"]
    subprocess.run([programs / "initdb", "-D", data, "--locale", "C", *words], check=True, **how)
    listen = ["-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen([programs / "postgres", "-D", data, *listen], **how)
    try:
        until = time.monotonic() + 60
        while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.05)
        yield folder
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        server.wait(timeout=60)
        shutil.rmtree(folder)


@pytest.fixture
def database(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    name = f"camp{next(NUMBERS)}"
    with psycopg.connect(host=str(cluster), dbname="postgres", user="camp", autocommit=True) as own:
        own.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
    return Database(cluster, name)


def fill(ledger: Ledger, make_finding: MakeFinding, make_observation: MakeObservation) -> None:
    """Record three scans, twice, one answered anew, two reviews and a line of the run log."""
    for facility in ("camp-1", "수용소-2"):
        found = [make_finding(number, facility_id=facility) for number in range(2)]
        seen = make_observation(*found, facility_id=facility)
        assert ledger.record([seen], found, recorded_at=NOON) == Added(1, 2, 0)
        assert ledger.record([seen], found, recorded_at=NOON) == Added(0, 0, 0)
    anew = make_observation(facility_id="camp-1", method="construction/2")
    assert ledger.record([anew], [], recorded_at=NOON) == Added(1, 0, 0)
    for number, finding in enumerate(ledger.findings()):
        review = Review(finding.id, "unsure", "R. N.", utc_text(NOON), f"note {number}'; --%")
        assert ledger.review(review, recorded_at=NOON)
        assert not ledger.review(review, recorded_at=NOON)
    ledger.write_run(RunRecord("r1", "started", utc_text(NOON)))


def test_a_ledger_in_postgresql_is_the_ledger_in_sqlite(
    database: Database,
    tmp_path: Path,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
) -> None:
    with open_ledger(database.server()) as ledger:
        fill(ledger, make_finding, make_observation)
    with open_ledger(database.server()) as there, open_ledger(tmp_path / "here") as here:
        fill(here, make_finding, make_observation)
        assert there.verify(here.head()) == ()
        assert there.head() == here.head()
        assert there.contents_sha256() == here.contents_sha256()
        assert there.findings(superseded=True) == here.findings(superseded=True)
        assert there.findings("수용소-2", kind="construction") == here.findings("수용소-2")
        assert there.observations() == here.observations()
        assert there.looks() == here.looks()
        assert there.questions("camp-1") == here.questions("camp-1")
        assert there.reviews() == here.reviews()
        assert there.runs(what="started") == here.runs()
        [first, *_] = here.findings()
        assert there.finding(first.id[:8]) == first
        [asked, _] = here.observations()
        names = ("facility_id", "outline_version", "method", "before", "after", "settings_sha256")
        question = {name: getattr(asked, name) for name in names}
        assert there.find_observation(**question) == asked
        assert there.find_observation(**{**question, "after": question["before"]}) is None


def test_lists_and_kept_events_are_those_of_the_records(
    database: Database, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    with open_ledger(database.server()) as ledger:
        fill(ledger, make_finding, make_observation)
        for wanted in (
            Wanted(),
            Wanted("수용소-2", kind="construction", at_least="medium", verdict="unsure"),
            Wanted(superseded=True, candidates=True, reviewed=False),
        ):
            check_lists(ledger, wanted, limit=2)
        assert kept_events(ledger) == fresh_events(ledger)
        found = [make_finding(7, facility_id="camp-3")]
        ledger.record(
            [make_observation(*found, facility_id="camp-3")], found, recorded_at=NOON
        )  # fmt: skip
        fresh = fresh_events(ledger)
        with ledger._transaction(writing=True):  # a writer is not waited for
            assert kept_events(ledger) == fresh
        assert database.change("SELECT count(*) FROM derived_events") == [(len(fresh),)]
        assert ledger.verify() == ()
        database.change("DROP TABLE derived_events")
        assert kept_events(ledger, "camp-3") == [
            one for one in fresh if one.facility_id == "camp-3"
        ]
        assert kept_events(ledger) == fresh


def test_rows_can_be_neither_changed_nor_deleted(
    database: Database, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    with open_ledger(database.server()) as ledger:
        fill(ledger, make_finding, make_observation)
        for table in TABLES:
            column = "version" if table == SCHEMA.name else "id"
            for statement in (
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
            ):
                with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                    database.change(statement)
        assert ledger.verify() == ()


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("DROP TRIGGER findings_delete ON findings", "findings_delete"),
        ("ALTER TABLE reviews DISABLE TRIGGER reviews_truncate", "reviews_truncate"),
        ("DROP FUNCTION append_only CASCADE", "append_only"),
        (
            "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RETURN NULL; END'",
            "append_only",
        ),
    ],
)
def test_a_missing_guard_is_reported(database: Database, statement: str, guard: str) -> None:
    with open_ledger(database.server()) as ledger:
        assert ledger.verify() == ()
        database.change(statement)
        assert any(
            f"trigger {guard} was" in f or f"trigger {guard} is" in f for f in ledger.verify()
        )


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE findings SET west = west + 1 WHERE seq = 2", "its column west does not match"),
        ("UPDATE findings SET content = content || ' ' WHERE seq = 2", "does not match its hash"),
        ("UPDATE findings SET geometry = '\\x00' WHERE seq = 2", "its column geometry does not"),
        ("DELETE FROM findings WHERE seq = 2", "rows were removed or added"),
    ],
)
def test_a_changed_row_is_reported(
    database: Database,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
    statement: str,
    fault: str,
) -> None:
    with open_ledger(database.server()) as ledger:
        fill(ledger, make_finding, make_observation)
        off, on = "DISABLE TRIGGER USER", "ENABLE TRIGGER USER"
        database.change(f"ALTER TABLE findings {off}", statement, f"ALTER TABLE findings {on}")
        assert any(fault in said for said in ledger.verify())
        if "content" in statement:
            with pytest.raises(LedgerError, match="is damaged at row 2 of findings"):
                ledger.findings(superseded=True)


def test_two_processes_that_record_at_once_make_one_chain(
    database: Database,
    tmp_path: Path,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
) -> None:
    processes = []
    for writer in range(2):
        scans = []
        for scan in range(12):
            # Each second scan is the same in both processes.
            facility = f"camp-{scan}-{writer if scan % 2 else 'both'}"
            found = [make_finding(number, facility_id=facility) for number in range(20)]
            scans.append(([make_observation(*found, facility_id=facility)], found))
        write_scans(tmp_path / f"{writer}.json", scans)
        processes.append(start_recorder(database.server().url, tmp_path / f"{writer}.json"))
    for process in processes:
        let_go(process)  # both find an empty database
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    with open_ledger(database.server()) as ledger:
        assert ledger.verify() == ()
        assert len(ledger.observations()) == 18
        assert len(ledger.findings()) == 360


def test_a_killed_recording_leaves_the_ledger_whole(
    database: Database,
    tmp_path: Path,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
) -> None:
    findings = [make_finding(number) for number in range(600)]
    observation = make_observation(*findings)
    write_scans(tmp_path / "scan.json", [([observation], findings)])
    inserting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO findings%'"
    dice, killed_while_writing = random.Random(5), 0
    with open_ledger(database.server()) as ledger:
        for _ in range(20):
            process = start_recorder(database.server().url, tmp_path / "scan.json")
            let_go(process)
            while process.poll() is None and database.change(inserting) == [(0,)]:
                pass
            time.sleep(dice.uniform(0, 0.02))
            process.kill()
            process.communicate()
            assert ledger.verify() == ()
            if ledger.observations():  # it was faster
                assert set(ledger.findings()) == set(findings)
                break
            assert not ledger.findings(superseded=True)
            killed_while_writing += 1
            if killed_while_writing == 3:
                break
    assert killed_while_writing


def test_reading_is_one_view_that_cannot_write(
    database: Database, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    rows = sa.select(sa.func.count()).select_from(FINDINGS)
    with open_ledger(database.server()) as ledger:
        with ledger._transaction() as reading:
            assert reading.scalar(rows) == 0
            fill(ledger, make_finding, make_observation)  # goes on meanwhile
            assert reading.scalar(rows) == 0
        with ledger._transaction() as reading:
            assert reading.scalar(rows) == 4
        with pytest.raises(LedgerError, match="is read-only"), ledger._transaction() as reading:
            reading.execute(SCHEMA.insert().values(version=9))
        assert ledger.verify() == ()


def test_who_may_only_read_reads(
    database: Database, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    finding = make_finding()
    with open_ledger(database.server()) as ledger:
        ledger.record([make_observation(finding)], [finding], recorded_at=NOON)
        contents = ledger.contents_sha256()
    database.change(
        f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    with open_ledger(database.server("reader")) as ledger:
        assert ledger.findings() == (finding,)
        assert ledger.verify() == ()
        assert ledger.contents_sha256() == contents
        assert kept_events(ledger) == fresh_events(ledger)
        with pytest.raises(LedgerError, match="does not let its user do that"):
            ledger.record([make_observation()], [], recorded_at=NOON)


def test_a_writer_waits_and_then_says_so(
    database: Database, make_observation: MakeObservation
) -> None:
    with (
        open_ledger(database.server()) as slow,
        open_ledger(database.server(), wait_s=0.05) as ledger,
    ):
        with slow._transaction(writing=True):
            assert ledger.findings() == ()  # reading goes on
            with pytest.raises(LedgerError, match="is in use by another program"):
                ledger.record([make_observation()], [], recorded_at=NOON)
        assert ledger.record([make_observation()], [], recorded_at=NOON) == Added(1, 0, 0)


def test_a_connection_that_is_cut_is_one_sentence(
    database: Database, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"

    def write(ledger: Ledger) -> None:
        with ledger._transaction(writing=True) as connection:
            database.change(f"{cut} AND datname = current_database()")
            connection.execute(SCHEMA.insert().values(version=9))

    with open_ledger(database.server()) as ledger:
        with pytest.raises(LedgerError, match=r"cannot be (used|reached)") as caught:
            write(ledger)
        assert "\n" not in str(caught.value)
        fill(ledger, make_finding, make_observation)
        assert ledger.verify() == ()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://camp@/nowhere?host={folder}", 'database "nowhere" does not exist'),
        ("postgresql://nobody@/postgres?host={folder}", "authentication failed"),
        ("postgresql://camp@127.0.0.1:9/camp", "127.0.0.1"),
        ("postgresql://camp@/postgres?colour=red", 'invalid connection option "colour"'),
    ],
)
def test_a_server_that_cannot_be_reached_is_one_sentence(
    database: Database, url: str, said: str
) -> None:
    with pytest.raises(LedgerError, match="cannot be reached") as caught:
        open_ledger(LedgerServer(url.format(folder=database.folder)), wait_s=1)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_other_tables_and_other_versions_are_left_as_they_are(database: Database) -> None:
    database.change("CREATE TABLE schema (name text)")
    with pytest.raises(LedgerError, match="is a database but not a ledger"):
        open_ledger(database.server())
    assert database.change(POSTGRESQL.table_names) == [("schema",)]
    database.change("DROP TABLE schema")
    open_ledger(database.server()).close()
    database.change("INSERT INTO schema VALUES (99)")
    with pytest.raises(LedgerError, match="states schema version"):
        open_ledger(database.server())


def test_a_workspace_names_the_server(
    database: Database,
    tmp_path: Path,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
) -> None:
    root = create_workspace(tmp_path / "team", bundled_registry()).root
    (root / "camp-monitor.toml").write_text(f'[ledger]\nurl = "{database.server().url}"\n')
    finding = make_finding()
    with open_ledger(open_workspace(root).ledger) as ledger:
        ledger.record([make_observation(finding)], [finding], recorded_at=NOON)
    for words in (["findings", "list"], ["findings", "show", finding.id], ["status"]):
        answer = CliRunner().invoke(main, ["--workspace", str(root), *words])
        assert answer.exit_code == 0, answer.output
    assert not list((root / "out").iterdir())


# --- without a server


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://camp:{PASSWORD}@host/camps",
        "postgresql://camp:@host/camps",
        f"postgresql://camp@host/camps?password={PASSWORD}",
        f"postgresql://camp@host/camps?%70assword={PASSWORD}",
        "postgresql://camp@host:door/camps",
        "mysql://camp@host/camps",
        "out/ledger.sqlite",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    (tmp_path / "camp-monitor.toml").write_text(f'[ledger]\nurl = "{url}"\n')
    with pytest.raises(WorkspaceError, match=r"must be like postgresql://USER@HOST/") as caught:
        open_workspace(tmp_path)
    assert PASSWORD not in str(caught.value)


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InstallationError, match=r"install camp-monitor\[postgresql\]") as caught:
        open_ledger(LedgerServer("postgresql://camp@host/camps"))
    assert isinstance(caught.value, CampMonitorError)
