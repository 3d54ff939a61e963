"""Claims in a workspace: recorded, listed, written, and joined by their references."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import camp_monitor as cm
from camp_monitor.cli import main
from camp_monitor.codes import ClaimVerdict
from camp_monitor.facilities import bundled_registry
from camp_monitor.ledger.claims import read_claims
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.workspace import Workspace, create_workspace, open_workspace
from tests.ledger.conftest import _finding, _observation

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)
TABLE = """reference,facility,kind,size,window
K-1,khs-12-jongori,construction,1000,2016-08-22/2016-09-10
K-2,kls-14-kaechon,construction,1000,2016-08-22/2016-09-10
K-3,kls-14-kaechon,construction,100,2016-08-22/2016-09-10
K-4,khs-12-jongori,construction,1000,2009-02/2009-08
K-4,khs-12-jongori,construction,1000,2009-02/2009-08
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    create_workspace(tmp_path / "camps", bundled_registry())
    place = open_workspace(tmp_path / "camps")
    found = _finding(0)
    quiet = _observation(facility_id="kls-14-kaechon", detectable_m2=300.0)
    with open_ledger_of(place) as ledger:
        ledger.record([_observation(found), quiet], [found], recorded_at=NOON)
    return place


def run(workspace: Workspace, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(workspace.root), *map(str, words)])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "claims.csv"
    path.write_text(TABLE, encoding="cp949")
    return path


VERDICTS = {
    "K-1": ClaimVerdict.SUPPORTED, "K-2": ClaimVerdict.NOT_SUPPORTED,
    "K-3": ClaimVerdict.NOT_SEEABLE, "K-4": ClaimVerdict.NOT_COVERED,
}  # fmt: skip


def test_claims_are_recorded_once_and_chained(workspace: Workspace, table: Path) -> None:
    said = json.loads(run(workspace, "--json", "corroborate", table).output)
    assert {one["claim"]["reference"]: one["verdict"] for one in said["claims"]} == VERDICTS
    assert (said["added"], said["rows_repeated"]) == (4, 1)
    with open_ledger_of(workspace) as ledger:
        assert ledger.verify() == ()
        first = read_claims(ledger)
    assert json.loads(run(workspace, "--json", "corroborate", table).output)["added"] == 0
    later = _observation(facility_id="kls-14-kaechon", detectable_m2=90.0, method="construction/2")
    with open_ledger_of(workspace) as ledger:
        ledger.record([later], [], recorded_at=datetime(2016, 9, 21, tzinfo=UTC))
    assert json.loads(run(workspace, "--json", "corroborate", table).output)["added"] == 2
    with open_ledger_of(workspace) as ledger:
        assert ledger.verify() == ()
        newest = {one.claim.reference: one for one in read_claims(ledger)}
        every = read_claims(ledger, superseded=True)
    assert newest["K-3"].verdict == ClaimVerdict.NOT_SUPPORTED
    assert (newest["K-3"].number, newest["K-1"].number) == (2, 1)
    assert {*first} < {*every}


def test_a_changed_claim_is_named(workspace: Workspace, table: Path) -> None:
    from tests.ledger.test_ledger import change

    run(workspace, "corroborate", table)
    assert isinstance(workspace.ledger, Path)
    change(workspace.ledger, "UPDATE claims SET verdict = 'supported' WHERE seq = 3")
    said = run(workspace, "ledger", "verify")
    assert said.exit_code == 1
    assert "of claims" in said.output


def test_references_go_both_ways(workspace: Workspace, table: Path, tmp_path: Path) -> None:
    run(workspace, "corroborate", table)
    every = ("events", "list", "--state", "any", "--claims")
    listed = json.loads(run(workspace, "--json", *every).output)
    [event] = listed["events"]
    assert event["claims"] == ["K-1"]
    shown = run(workspace, *every).output
    assert "K-1" in shown
    written = tmp_path / "out.csv"
    assert run(workspace, "corroborate", "-o", written).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(written.read_text("utf-8-sig"))))
    assert {row["reference"]: row["events"] for row in rows}["K-1"] == event["id"]
    back = json.loads(run(workspace, "--json", "corroborate", written).output)
    assert {one["claim"]["reference"]: one["verdict"] for one in back["claims"]} == VERDICTS
    assert back["added"] == 0  # the same claims, by their numbers


def test_a_page_and_a_frame(workspace: Workspace, table: Path, tmp_path: Path) -> None:
    frame = cm.Workspace.open(workspace.root).corroborate(table)
    assert dict(zip(frame["reference"], frame["verdict"], strict=True)) == VERDICTS
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    for page in pages:
        assert run(workspace, "corroborate", "-o", page).exit_code == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    text = pages[0].read_text("utf-8")
    for part in (
        *VERDICTS,
        "although it would have been seen",
        "data:image/png",
        "Content-Security",
    ):
        assert part in text
    assert run(workspace, "corroborate", "-o", tmp_path / "a.txt").exit_code == 2


def test_nothing_of_a_table_with_people_is_stored(workspace: Workspace, tmp_path: Path) -> None:
    assert isinstance(workspace.ledger, Path)
    before = workspace.ledger.read_bytes()
    path = tmp_path / "claims.csv"
    path.write_text(TABLE.replace("window", "window,성명").replace("10\n", "10,홍길동\n"), "utf-16")
    said = run(workspace, "corroborate", path)
    assert said.exit_code == 2
    assert "홍길동" not in said.output
    assert len(said.output.strip().splitlines()) == 1
    assert workspace.ledger.read_bytes() == before
