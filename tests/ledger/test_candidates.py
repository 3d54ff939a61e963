"""Candidates below a working point: kept and shown when asked for, and counted for nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from camp_monitor.cli.context import Context
from camp_monitor.cli.findings import findings as command
from camp_monitor.errors import LedgerError
from camp_monitor.events.events import join_events
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.report.text.words import confidence_words, headline_words

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)
MakeFinding = Callable[..., Finding]
MakeObservation = Callable[..., Observation]
Records = tuple[Finding, Finding, Observation]


@pytest.fixture
def records(make_finding: MakeFinding, make_observation: MakeObservation) -> Records:
    sure, faint = make_finding(0), make_finding(1, candidate=True)
    return sure, faint, make_observation(sure, candidate_ids=(faint.id,))


@pytest.fixture
def workspace(tmp_path: Path, records: Records) -> Path:
    (tmp_path / "camp-monitor.toml").write_text("")
    sure, faint, looked = records
    with open_ledger(tmp_path / "out" / "ledger.sqlite") as ledger:
        added = ledger.record([looked], [sure, faint], recorded_at=NOON)
    assert (added.findings, added.candidates) == (1, 1)
    return tmp_path


def listed(workspace: Path, *words: str) -> list[str]:
    context = Context(folder=workspace, as_json=True)
    result = CliRunner().invoke(command, ["list", *words], obj=context)
    assert result.exit_code == 0, result.output
    return [item["id"] for item in json.loads(result.output)["findings"]]


def test_a_candidate_comes_back_from_the_ledger_as_it_went(
    workspace: Path, records: Records
) -> None:
    sure, faint, looked = records
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        assert ledger.findings() == (sure,)
        assert ledger.findings(superseded=True) == (sure,)
        assert set(ledger.findings(candidates=True)) == {sure, faint}
        assert ledger.finding(faint.id) == faint
        assert ledger.observations() == (looked,)
        assert ledger.verify() == ()


def test_candidates_make_nothing_changed_and_no_event(
    make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    faint = make_finding(candidate=True)
    looked = make_observation(candidate_ids=(faint.id,))
    assert looked.outcome == "unchanged"
    assert join_events([faint], [looked]) == ()
    assert headline_words([faint], [looked]) == headline_words([], [looked])
    with pytest.raises(LedgerError):
        make_observation(candidate_ids=(faint.id,), outcome="changed")


def test_records_without_candidates_say_nothing_of_them(
    make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    finding = make_finding()
    assert "candidate" not in finding.to_dict()
    assert "candidate_ids" not in make_observation(finding).to_dict()
    marked = make_finding(candidate=True)
    assert marked.id != finding.id
    assert Finding.from_dict(marked.to_dict()) == marked
    assert confidence_words(marked) != confidence_words(finding)


def test_a_finding_on_the_wrong_side_of_its_working_point_is_refused(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    faint = make_finding(candidate=True)
    with (
        open_ledger(tmp_path / "ledger.sqlite") as ledger,
        pytest.raises(LedgerError, match="wrong side"),
    ):
        ledger.record([make_observation(faint)], [faint], recorded_at=NOON)


def test_candidates_are_listed_and_exported_when_asked_for(
    workspace: Path, records: Records
) -> None:
    sure, faint, _ = records
    assert listed(workspace) == [sure.id]
    assert set(listed(workspace, "--candidates")) == {sure.id, faint.id}
    context = Context(folder=workspace, as_json=False)
    said = CliRunner().invoke(command, ["list", "--candidates"], obj=context).output
    assert said.count("below the") == 1
    shown = CliRunner().invoke(command, ["show", faint.id], obj=context)
    assert shown.exit_code == 0
    assert "superseded" not in shown.output
    for words, marks in (((), ["False"]), (("--candidates",), ["False", "True"])):
        path = workspace / "findings.csv"
        export = ["export", str(path), "--overwrite", *words]
        assert CliRunner().invoke(command, export, obj=context).exit_code == 0
        rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        found = [row for row in rows if row["record"] == "finding"]
        assert sorted(row["candidate"] for row in found) == marks


def test_a_later_scan_supersedes_candidates_too(
    workspace: Path, records: Records, make_observation: MakeObservation
) -> None:
    sure, faint, _ = records
    again = make_observation(sure, settings_sha256="6" * 64)
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        ledger.record([again], [], recorded_at=NOON)
        assert ledger.findings(candidates=True) == (sure,)
        assert set(ledger.findings(candidates=True, superseded=True)) == {sure, faint}
