"""How far reviewers agree, and reviews that are given blind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.cli import main
from camp_monitor.facilities import bundled_registry
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.records.agreement import agreements, cohen_kappa, disagreements
from camp_monitor.records.review import VERDICTS, Review
from camp_monitor.workspace import Workspace, create_workspace, open_workspace
from tests.ledger.conftest import _finding, _observation

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)
PAIRS = st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), max_size=30)


def pairs_of(table: list[list[int]]) -> list[tuple[str, str]]:
    return [
        (VERDICTS[row], VERDICTS[column])
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        for _ in range(count)
    ]


def test_kappa_is_that_of_the_literature() -> None:
    # Cohen (1960), table 2: kappa .492
    cohen = pairs_of([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert cohen_kappa(cohen) == pytest.approx(0.492, abs=5e-4)
    # 50 proposals, two readers: observed .70, by chance .50
    assert cohen_kappa(pairs_of([[20, 5], [10, 15]])) == pytest.approx(0.4)
    assert cohen_kappa([]) is None
    assert cohen_kappa([("unsure", "unsure")] * 3) is None
    assert cohen_kappa([("unsure", "rejected"), ("rejected", "unsure")]) == -1


@given(PAIRS)
def test_kappa_is_at_most_1_and_the_same_from_either_side(pairs: list[tuple[str, str]]) -> None:
    kappa = cohen_kappa(pairs)
    assert cohen_kappa([(other, one) for one, other in pairs]) == kappa
    if kappa is not None:
        assert -1 <= kappa <= 1
        assert (kappa == 1) == all(one == other for one, other in pairs)


def review(finding: str, by: str, verdict: str, hour: int = 0, blind: bool = False) -> Review:
    at = (NOON + timedelta(hours=hour)).isoformat(timespec="seconds")
    return Review(f"F{finding * 12}", verdict, by, at, "", blind)


def test_the_latest_verdict_of_each_reviewer_is_compared() -> None:
    given = [
        review("1", "A", "rejected"), review("1", "A", "confirmed", 2),
        review("1", "B", "confirmed", 1), review("2", "A", "rejected"),
        review("2", "B", "unsure", 1, blind=True), review("3", "C", "unsure"),
    ]  # fmt: skip
    [one] = agreements(given)
    assert (one.first, one.second, one.findings, one.alike, one.blind) == ("A", "B", 2, 1, 1)
    [apart] = disagreements(given)
    assert (apart.finding_id, dict(apart.verdicts)) == (
        "F" + "2" * 12, {"A": "rejected", "B": "unsure"},
    )  # fmt: skip


def test_a_review_that_is_not_blind_is_written_as_before() -> None:
    assert "blind" not in review("1", "A", "unsure").to_dict()
    blind = review("1", "A", "unsure", blind=True)
    assert blind.to_dict()["blind"] is True
    assert Review(**blind.to_dict()) == blind


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    create_workspace(tmp_path / "camps", bundled_registry())
    place = open_workspace(tmp_path / "camps")
    found = [_finding(number, probability=0.87, confidence="high") for number in range(2)]
    with open_ledger_of(place) as ledger:
        ledger.record([_observation(*found)], found, recorded_at=NOON)
    return place


def run(workspace: Workspace, *words: str) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(workspace.root), *words])


def test_a_blind_reviewer_sees_neither_score_nor_verdicts(workspace: Workspace) -> None:
    first = json.loads(
        run(workspace, "--json", "findings", "review", "--blind", "--by", "B").output
    )
    with open_ledger_of(workspace) as ledger:
        said = Review(first["id"], "rejected", "AA", "2016-09-20T13:00:00+00:00", "a shadow")
        ledger.review(said, recorded_at=NOON + timedelta(hours=2))
    for words in ((), ("--json",)):
        shown = run(workspace, *words, "findings", "review", first["id"], "--blind", "--by", "B")
        assert shown.exit_code == 0
        for told in (
            "0.87",
            "87 %",
            "onfidence",
            "rejected",
            "AA",
            "shadow",
            "trength",
            "probability",
        ):
            assert told not in shown.output.replace(first["id"], ""), told
    given = run(
        workspace, "findings", "review", first["id"], "--blind", "--by", "B", "--verdict", "unsure"
    )
    assert given.exit_code == 0
    assert "kept" not in given.output
    after = json.loads(
        run(workspace, "--json", "findings", "review", "--blind", "--by", "B").output
    )
    assert after["id"] != first["id"]
    told = json.loads(run(workspace, "--json", "status").output)["reviewing"]
    assert told["agreements"] == [
        {"first": "AA", "second": "B", "findings": 1, "alike": 0, "kappa": 0.0, "blind": 1}
    ]
    assert told["disagreements"] == [
        {"finding_id": first["id"], "verdicts": {"AA": "rejected", "B": "unsure"}}
    ]
    assert first["id"] in run(workspace, "status").output
    assert "AA" in run(workspace, "findings", "show", first["id"]).output
    assert run(workspace, "findings", "review", first["id"], "--by", "B").exit_code == 2
