"""What somebody can do to a ledger, and who notices."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.errors import LedgerError
from camp_monitor.facilities import bundled_registry
from camp_monitor.ledger.chain import CHAINED, START_SHA256, row_hash
from camp_monitor.ledger.entries import recording_entry
from camp_monitor.ledger.heads import KeptHead, head_lines, read_heads
from camp_monitor.ledger.opening import open_ledger, open_ledger_of
from camp_monitor.ledger.times import Recording, hash_of_times
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.workspace import Workspace, create_workspace, open_workspace
from tests.ledger.conftest import _finding, _observation
from tests.ledger.test_ledger import change

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)


def scan_of(number: int) -> tuple[list[Observation], list[Finding]]:
    place = f"camp-{number}"
    found = [_finding(one, facility_id=place) for one in range(2)]
    return [_observation(*found, facility_id=place)], found


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace in which three scans were recorded, each by a command of its own."""
    create_workspace(tmp_path / "camps", bundled_registry())
    place = open_workspace(tmp_path / "camps")
    for number in range(3):
        with open_ledger_of(place) as ledger:
            ledger.record(*scan_of(number), recorded_at=NOON + timedelta(days=number))
    return place


def run(workspace: Workspace, *words: str) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(workspace.root), *words])


def file_of(workspace: Workspace) -> Path:
    assert isinstance(workspace.ledger, Path)
    return workspace.ledger


def rehash(path: Path) -> None:
    """Number and chain all rows anew, as a forger would who has this program."""
    with closing(sqlite3.connect(path)) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        for name, _ in (kept := guards.fetchall()):
            connection.execute(f"DROP TRIGGER {name}")
        for table in CHAINED:
            previous = START_SHA256
            rows = connection.execute(f"SELECT seq, content FROM {table.name} ORDER BY seq")
            for number, (seq, content) in enumerate(rows.fetchall(), 1):
                this = row_hash(previous, content)
                connection.execute(
                    f"UPDATE {table.name} SET seq = ?, previous_sha256 = ?, row_sha256 = ? "
                    "WHERE seq = ?",
                    (number, previous, this, seq),
                )
                previous = this
        for _, statement in kept:
            connection.execute(statement)
        connection.commit()


def record_times(path: Path) -> None:
    """Write anew when rows were recorded, for the rows that are left."""
    change(path, "DELETE FROM recordings")
    for number, table in enumerate(("findings", "observations", "answers"), 1):
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute(f"SELECT recorded_at FROM {table} ORDER BY seq").fetchall()
        times = hash_of_times(at for (at,) in rows)
        entry = recording_entry(Recording(NOON.isoformat(), table, 1, len(rows), times))
        change(
            path, "INSERT INTO recordings VALUES (?, ?, ?, '', '', ?, ?)",
            number, entry.id, entry.content, NOON.isoformat(), table,
        )  # fmt: skip


def test_every_command_that_records_keeps_one_head(workspace: Workspace) -> None:
    kept = read_heads(workspace.heads)
    assert [one.at[:10] for one in kept] == ["2016-09-20", "2016-09-21", "2016-09-22"]
    with open_ledger_of(workspace) as ledger:
        assert kept[-1].heads == ledger.head()
        assert ledger.verify() == ()
        ledger.record(*scan_of(2), recorded_at=NOON + timedelta(days=5))  # nothing new
    assert read_heads(workspace.heads) == kept
    assert KeptHead("x", kept[0].heads).sha256 == kept[0].sha256


def test_a_head_is_followed_with_sha256sum(workspace: Workspace, tmp_path: Path) -> None:
    said = run(workspace, "ledger", "head", "-o", str(tmp_path / "head.txt"))
    assert said.exit_code == 0
    summed = subprocess.run(
        ["sha256sum", tmp_path / "head.txt"], capture_output=True, text=True, check=True
    )
    [line] = [line for line in said.output.splitlines() if line.startswith("head ")]
    assert summed.stdout.split()[0] == line.split()[1]
    kept = read_heads(workspace.heads)[-1]
    assert (tmp_path / "head.txt").read_text() == head_lines(kept.heads)
    assert kept.sha256 == line.split()[1]
    checked = run(workspace, "ledger", "verify", "--head", kept.sha256[:16])
    assert checked.exit_code == 0
    assert "Whole" in checked.output
    assert "2016-09-22" in checked.output
    assert run(workspace, "ledger", "verify", "--head", "0" * 16).exit_code == 1


@pytest.mark.parametrize("keep", [0, 1, 0.5, None])
def test_a_ledger_that_was_cut_is_not_begun_anew(workspace: Workspace, keep: float | None) -> None:
    path = file_of(workspace)
    whole = path.read_bytes()
    if keep is None:
        path.unlink()
    else:
        path.write_bytes(whole[: int(len(whole) * keep) if keep == 0.5 else int(keep)])
    left = path.read_bytes() if path.exists() else None
    for words in (["scan", "--due", "--offline"], ["findings", "list"], ["ledger", "verify"],
                  ["map", "-o", str(workspace.root / "map.html")]):  # fmt: skip
        said = run(workspace, *words)
        assert said.exit_code == 1, (words, said.output)
        assert "Traceback" not in said.output
        assert str(path) in said.output.replace("\n", "")
    with pytest.raises(LedgerError):
        open_ledger_of(workspace)
    assert (path.read_bytes() if path.exists() else None) == left


CHANGES = {
    "last row": "DELETE FROM findings WHERE seq = 6",
    "last rows of all": "",
    "swapped": "UPDATE findings SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3)",
    "inserted": (
        "INSERT INTO findings SELECT 7, 'F0', content, row_sha256, row_sha256, recorded_at, "
        "facility_id, kind, west, south, east, north, geometry FROM findings WHERE seq = 6"
    ),
    "renumbered": "UPDATE observations SET seq = seq + 1000",
    "one word": "UPDATE findings SET content = replace(content, 'medium', 'high') WHERE seq = 1",
    "trigger": "CREATE TRIGGER quiet BEFORE INSERT ON findings BEGIN SELECT RAISE(IGNORE); END",
    "view": "CREATE VIEW f AS SELECT * FROM findings",
    "table": "CREATE TABLE notes (text)",
    "index": "CREATE INDEX i ON findings (seq)",
    "no guard": "DROP TRIGGER reviews_delete",
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_done_to_a_ledger_is_named_and_scans_refuse_to_go_on(
    workspace: Workspace, what: str
) -> None:
    path = file_of(workspace)
    if what == "last rows of all":
        change(path, "DELETE FROM answers WHERE seq = 3")
        change(path, "DELETE FROM observations WHERE seq = 3")
        change(path, "DELETE FROM findings WHERE seq > 4")
        with open_ledger(path, reading=True) as ledger:
            assert any("cut off" in fault for fault in ledger.verify())  # their times are left
        change(path, "DELETE FROM recordings WHERE seq > 6")
        with open_ledger(path, reading=True) as ledger:
            assert ledger.verify() == ()  # the file alone cannot show it
    elif what == "no guard":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(CHANGES[what])
    else:
        change(path, CHANGES[what])
        if what == "swapped":
            change(path, "UPDATE findings SET seq = -seq WHERE seq < 0")
    altered = path.read_bytes()
    said = run(workspace, "ledger", "verify")
    assert said.exit_code == 1
    assert "altered or is damaged" in said.output
    for words in (["scan", "--due", "--offline"], ["notify", "--dry-run"]):
        refused = run(workspace, *words)
        assert refused.exit_code == 1, (words, refused.output)
        assert "was altered" in refused.output
    assert "cannot" not in run(workspace, "status").output.split("was altered")[0]
    assert "was altered" in run(workspace, "status").output
    assert path.read_bytes() == altered


def test_a_forger_who_rehashes_all_is_found_by_a_head_kept_elsewhere(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = file_of(workspace)
    elsewhere = str(shutil.copy(workspace.heads, tmp_path / "copy.txt"))
    for statement in (
        "DELETE FROM findings WHERE facility_id = 'camp-1'",
        "DELETE FROM answers WHERE seq = 2",
        "DELETE FROM observations WHERE facility_id = 'camp-1'",
        "UPDATE answers SET content = replace(content, '\"number\":3', '\"number\":2')",
    ):
        change(path, statement)
    with closing(sqlite3.connect(path)) as connection:
        [(content,)] = connection.execute("SELECT content FROM answers WHERE seq = 3")
    from camp_monitor.ledger.entries import read_answer

    change(path, "UPDATE answers SET id = ? WHERE seq = 3", read_answer(content).id)
    record_times(path)
    rehash(path)
    with open_ledger(path, reading=True) as ledger:
        assert ledger.verify() == ()
    assert "written anew" in run(workspace, "ledger", "verify").output
    workspace.heads.unlink()
    assert run(workspace, "ledger", "verify").exit_code == 0
    said = run(workspace, "ledger", "verify", "--heads", elsewhere)
    assert (said.exit_code, "written anew" in said.output) == (1, True)


def test_a_line_of_the_heads_that_was_altered_is_named(workspace: Workspace) -> None:
    text = workspace.heads.read_text()
    workspace.heads.write_text(text.replace("findings=4", "findings=3"))
    said = run(workspace, "ledger", "verify")
    assert said.exit_code == 1
    assert "Line 2 of" in said.output.replace("\n", "")


def test_a_trigger_that_swallows_rows_stops_the_recording(
    tmp_path: Path, make_finding: Callable[..., Finding]
) -> None:
    path = tmp_path / "ledger.sqlite"
    open_ledger(path).close()
    change(path, CHANGES["trigger"])
    observations, found = scan_of(0)
    with open_ledger(path) as ledger:
        with pytest.raises(LedgerError, match="is not what it holds: nothing was recorded"):
            ledger.record(observations, found, recorded_at=NOON)
        assert ledger.observations() == ()
    changes = "CREATE TRIGGER other AFTER INSERT ON reviews BEGIN DELETE FROM schema; END"
    change(path, changes)
    with open_ledger(path) as ledger, pytest.raises(LedgerError, match="trigger other was added"):
        ledger.check()


def test_reading_makes_nothing(tmp_path: Path) -> None:
    create_workspace(tmp_path / "camps", bundled_registry())
    workspace = open_workspace(tmp_path / "camps")
    before = sorted(workspace.root.rglob("*"))
    for words in (["findings", "list"], ["events", "list"], ["status"], ["schedule", "show"],
                  ["ledger", "verify"], ["ledger", "head"]):  # fmt: skip
        run(workspace, *words)
    assert sorted(workspace.root.rglob("*")) == before
    with open_ledger(tmp_path / "none" / "ledger.sqlite", reading=True) as ledger:
        assert (ledger.findings(), ledger.verify()) == ((), ())
        with pytest.raises(LedgerError, match=r"read-only"):
            ledger.record(*scan_of(0), recorded_at=NOON)
    assert not (tmp_path / "none").exists()


def test_a_ledger_opened_to_read_is_not_written(workspace: Workspace) -> None:
    before = file_of(workspace).read_bytes()
    with open_ledger_of(workspace, reading=True) as ledger:
        assert len(ledger.findings()) == 6
        with pytest.raises(LedgerError, match="read-only: nothing was recorded"):
            ledger.record(*scan_of(7), recorded_at=NOON + timedelta(days=9))
    assert file_of(workspace).read_bytes() == before


def test_the_status_says_what_it_rests_on(workspace: Workspace) -> None:
    head = read_heads(workspace.heads)[-1].sha256
    assert f"Ledger: 21 rows, whole by its chains and kept heads; head {head}." in (
        run(workspace, "status").output.replace("\n", " ")
    )
    page = workspace.root / "status.html"
    assert run(workspace, "status", "--html", str(page)).exit_code == 0
    assert head in page.read_text()
    said = json.loads(run(workspace, "--json", "status").output)["ledger"]
    assert said == {"fault": "", "head": head, "rows": 21}


def test_verify_as_json(workspace: Workspace) -> None:
    said = json.loads(run(workspace, "--json", "ledger", "verify").output)
    assert said["faults"] == []
    assert said["head_sha256"] == read_heads(workspace.heads)[-1].sha256
    assert {one["table"]: one["rows"] for one in said["tables"]} == {
        "observations": 3, "findings": 6, "answers": 3, "reviews": 0, "runs": 0,
        "claims": 0, "recordings": 9,
    }  # fmt: skip
