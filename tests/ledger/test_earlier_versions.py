"""Ledgers that earlier versions of the program wrote are read as they are, and go on.

``ledger_version_1.sql`` was written by the program of that time.  2 and 3 were written by the last
program of schema 3, from painted scenes; of 2 the table ``runs`` and its guards were left out.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.codes import Cause, Code
from camp_monitor.facilities import bundled_registry
from camp_monitor.ledger.chain import tables_of
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import note
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.run import RunRecord
from camp_monitor.report.text.sentences import explanation_rows, measured_rows, sentence
from camp_monitor.workspace import create_workspace
from tests.ledger.test_review import make_review

TODAY = datetime(2018, 1, 1, tzinfo=UTC)

CONTENTS_SHA256 = {
    1: "9fd03dea991cd0db21d8c35aeffe301132bd28f313ae546b479b8026b1196192",
    2: "9828f575c556a21bd543c6c01722dde50a133adc536652e38203ff9408ce3c99",
    3: "c8e505bd00dd75812641c9dda162def983d036997131261ddfdca9e768afacb4",
}
"""As the program that wrote each of them gave it."""
EVENTS = {
    1: {"Ec27bc600baa6": ("provisional", "2016-08-20", "2016-09-12", None)},
    2: {
        "E94669ca0ecbc": ("provisional", "2016-08-20", "2016-09-01", None),
        "Ecad8c9b91565": ("confirmed", "2015-09-07", "2016-09-05", None),
    },
    3: {
        "E94669ca0ecbc": ("dismissed", "2016-08-20", "2016-09-01", "2016-09-13"),
        "Ecad8c9b91565": ("confirmed", "2015-09-07", "2016-09-05", None),
    },
}
"""Their states, and between which days they came and when they were gone; likewise."""
LARGEST_BYTES = 200_000
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=CONTENTS_SHA256)
def version(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def workspace(version: int, tmp_path: Path) -> Path:
    """A workspace with a ledger of that version, and without images."""
    root = create_workspace(tmp_path / "camps", bundled_registry()).root
    with closing(sqlite3.connect(root / "out" / "ledger.sqlite")) as connection:
        connection.executescript(dump(version).read_text(encoding="utf-8"))
    return root


@pytest.fixture
def file(workspace: Path) -> Path:
    return workspace / "out" / "ledger.sqlite"


def dump(version: int) -> Path:
    return Path(__file__).with_name(f"ledger_version_{version}.sql")


def rows_of(file: Path) -> Rows:
    """Return every row of every chained table of a file, read without the program."""
    with closing(sqlite3.connect(file)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        tables = ("observations", "findings", "answers", "reviews", "runs")
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY seq").fetchall()
            for name in tables
            if name in names
        }


def written(file: Path, table: str) -> dict[str, dict[str, Any]]:
    """Return the contents of a table by id, as JSON has them."""
    return {row[1]: json.loads(row[2]) for row in rows_of(file)[table]}


def run(workspace: Path, *words: str | Path) -> Result:
    result = CliRunner().invoke(main, ["--workspace", str(workspace), *map(str, words)])
    assert result.exit_code == 0, result.output
    return result


def test_the_files_are_small() -> None:
    assert sum(dump(version).stat().st_size for version in CONTENTS_SHA256) < LARGEST_BYTES


def test_it_is_read_and_verified_as_it_is(version: int, file: Path) -> None:
    content = file.read_bytes()
    file.chmod(0o444)
    with open_ledger(file) as ledger:
        heads = ledger.head()
        assert [head.table for head in heads] == [table.name for table in tables_of(version)]
        assert ledger.verify(heads) == ()
        assert ledger.contents_sha256() == CONTENTS_SHA256[version]
        findings, looked = ledger.findings(superseded=True), ledger.observations(superseded=True)
        reviews, records = ledger.reviews(), ledger.runs()
    assert file.read_bytes() == content
    held = written(file, "findings")
    assert {item.id: item.to_dict() for item in findings} == held
    assert {item.id: item.to_dict() for item in looked} == written(file, "observations")
    assert len(reviews) == {1: 0, 2: 2, 3: 3}[version]
    assert {item.id: item.to_dict() for item in records} == (
        written(file, "runs") if version > 2 else {}
    )
    for item in findings:
        said = held[item.id]
        assert (item.kind, item.area_m2, item.confidence, item.probability) == (
            said["kind"], said["area_m2"], said["confidence"], said.get("probability"),
        )  # fmt: skip
        assert item.geometry.equals(shapely.geometry.shape(said["geometry"]))
        assert item.simulated == (version > 1)


def test_what_was_printed_then_is_shown_as_it_was(file: Path) -> None:
    with open_ledger(file) as ledger:
        findings, looked = ledger.findings(), ledger.observations()
    assert findings
    for item in findings:
        said = item.to_dict()
        assert item.measurements == ()
        assert measured_rows((), item.caveats) == tuple(map(tuple, said["evidence"]))
        for shown, (_, _, measured) in zip(
            explanation_rows(item.explanations), said.get("rivals", []), strict=True
        ):
            assert shown[2] == sentence(note(Code.AS_RECORDED, text=measured))
        assert all(one.cause != Cause.AS_RECORDED for one in item.explanations)
    for one in looked:
        reason = one.to_dict()["reason"]
        assert one.reasons == ((note(Code.AS_RECORDED, text=reason),) if reason else ())


def test_every_command_shows_the_same_findings(version: int, workspace: Path, file: Path) -> None:
    content, held = file.read_bytes(), written(file, "findings")
    listed = json.loads(run(workspace, "--json", "findings", "list").stdout)
    assert {item.pop("id"): item for item in listed["findings"]}.keys() == held.keys()
    table = run(workspace, "findings", "list").stdout
    for finding_id, said in held.items():
        assert finding_id in table
        shown = json.loads(run(workspace, "--json", "findings", "show", finding_id).stdout)
        assert {name: shown[name] for name in said} == said
        page = run(workspace, "findings", "show", finding_id).stdout
        assert said["method"] in page
    events = json.loads(run(workspace, "--json", "events", "list").stdout)["events"]
    assert {
        item["id"]: (
            item["state"],
            item["absent_at"][:10],
            item["first_seen_at"][:10],
            item["absent_again_at"] and item["absent_again_at"][:10],
        )
        for item in events
    } == EVENTS[version]
    run(workspace, "status")
    assert file.read_bytes() == content


@pytest.mark.parametrize("suffix", ["geojson", "csv"])
def test_the_same_findings_are_exported(workspace: Path, file: Path, suffix: str) -> None:
    held = written(file, "findings")
    path = workspace / f"findings.{suffix}"
    run(workspace, "findings", "export", path)
    if suffix == "csv":
        found = [
            row
            for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
            if row["record"] == "finding"
        ]
    else:
        features = json.loads(path.read_text("utf-8"))["features"]
        found = [one["properties"] for one in features if one["properties"]["record"] == "finding"]
    assert {row["id"] for row in found} == held.keys()
    for row in found:
        said = held[row["id"]]
        for name in ("kind", "method", "confidence", "position"):
            assert row[name] == said[name]
        assert float(row["area_m2"]) == said["area_m2"]
        assert all(text in row["evidence_text"] for _, text in said["evidence"])
        assert Code.AS_RECORDED not in row["explanations"]


def test_a_map_is_drawn_without_its_images(workspace: Path, file: Path) -> None:
    [place] = {said["facility_id"] for said in written(file, "findings").values()}
    run(workspace, "map", place, "-o", workspace / "map.html")
    page = (workspace / "map.html").read_text("utf-8")
    drawn = [finding_id for finding_id in written(file, "findings") if finding_id in page]
    assert drawn


def test_it_goes_on_with_records_of_today_and_keeps_every_row(
    version: int,
    file: Path,
    make_finding: Callable[..., Finding],
    make_observation: Callable[..., Observation],
) -> None:
    before = rows_of(file)
    finding = make_finding(7, method="construction/9")
    observation = make_observation(finding, method="construction/9")
    with open_ledger(file) as ledger:
        heads = ledger.head()
        ledger.record([], [], recorded_at=TODAY)
        assert ledger.contents_sha256() == CONTENTS_SHA256[version]
        added = ledger.record([observation], [finding], recorded_at=TODAY)
        assert (added.observations, added.findings) == (1, 1)
        old = next(iter(written(file, "findings")))
        ledger.review(make_review(old), recorded_at=TODAY)
        failed = note(Code.FAILED, error="OSError", detail="no space left")
        ledger.write_run(RunRecord("r", "failed", "2024-01-01T00:00:00+00:00", reasons=(failed,)))
        assert ledger.verify(heads) == ()
        assert finding in ledger.findings()
        assert ledger.contents_sha256() != CONTENTS_SHA256[version]
    after = rows_of(file)
    for name in ("observations", "findings", "answers", "reviews", "runs"):
        old_rows = before.get(name, [])
        assert after[name][: len(old_rows)] == old_rows
        assert len(after[name]) == len(old_rows) + 1
    newest = json.loads(after["findings"][-1][2])
    assert newest["measurements"] == dict(finding.measurements)
    assert "evidence" not in newest
    with closing(sqlite3.connect(file)) as connection:
        versions = connection.execute("SELECT version FROM schema ORDER BY version").fetchall()
    assert [row[0] for row in versions] == list(range(version, 6))


def test_an_answer_of_an_earlier_schema_is_found_again(file: Path) -> None:
    """A scan that was recorded then is not made anew, though scenes now say what is simulated."""
    with open_ledger(file) as ledger:
        for item in ledger.observations():
            asked = (
                item.facility_id, item.outline_version, item.method, item.before, item.after,
                item.settings_sha256,
            )  # fmt: skip
            assert ledger.find_observation(*asked) == item


def test_the_log_of_runs_says_what_it_said(version: int, file: Path) -> None:
    with open_ledger(file) as ledger:
        records = ledger.runs()
    assert [item.what for item in records] == (
        ["started", "visited", "ended", "told", "started", "visited", "failed", "ended"]
        if version > 2
        else []
    )
    for item in records:
        said = item.to_dict()
        assert item.offline == (said["reason"] == "offline")
        assert bool(item.reasons) == (item.what in ("started", "failed"))
        for passed, then in zip(item.unused, said["unused"], strict=True):
            assert passed.outcome == then["outcome"]
            assert then["reason"] in str(passed.reason.numbers["text"])
