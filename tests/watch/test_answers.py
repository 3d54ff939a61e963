"""Answers of workers as text: the same records come back, and nothing else is taken."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from camp_monitor.assess.question import Question, about
from camp_monitor.codes import Code
from camp_monitor.comparison import compare
from camp_monitor.errors import (
    CampMonitorError,
    FacilityError,
    Refusal,
    SceneError,
    UnreachableError,
)
from camp_monitor.facilities import find_facility
from camp_monitor.notes import note
from camp_monitor.records.run import failure
from camp_monitor.scan import Records
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.watch import answers
from camp_monitor.watch.answers import answer_as_text, read_answer
from camp_monitor.workspace import open_workspace
from tests.watch.painted import FLOODED


@pytest.fixture(scope="module")
def question(painted: Path) -> Question:
    """Before and after the painted flood."""
    workspace = open_workspace(painted)
    radar = sorted(
        (one for one in read_scenes(workspace.imagery) if one.sensor == "sentinel-1"),
        key=lambda one: one.acquired_from_at,
    )
    facility = find_facility(workspace.aoi, FLOODED)
    own = [one for one in radar if one.footprint.intersects(facility.outline.geometry)]
    ask = about(facility, workspace.scan_settings, workspace.ground_files)
    return ask(before=own[0], after=own[-1], earlier=None)


@pytest.fixture(scope="module")
def records(question: Question) -> Records:
    found = compare(question).records
    assert found[1], "there is a finding or a candidate"
    return found


@pytest.fixture(scope="module")
def text(question: Question) -> str:
    return answer_as_text(question)


def test_records_come_back_as_they_were(question: Question, records: Records, text: str) -> None:
    assert read_answer(text, question) == records


def refused(answer: object, question: Question) -> str:
    error = read_answer(answer, question)
    assert isinstance(error, CampMonitorError)
    assert str(error).startswith("The answer of a worker was not taken")
    return str(error)


def test_what_was_altered_on_the_way_is_not_taken(question: Question, text: str) -> None:
    answer = json.loads(text)
    answer["findings"][0]["content"]["area_m2"] += 1e-3
    assert "hash" in refused(json.dumps(answer), question)
    impossible = json.loads(text)
    impossible["findings"][0]["content"]["area_m2"] = -1.0
    assert "outside its interval" in refused(json.dumps(impossible), question)
    for name in ("observations", "findings"):
        lacking = json.loads(text)
        lacking[name].pop()
        refused(json.dumps(lacking), question)


def test_the_answer_to_another_question_is_not_taken(question: Question, text: str) -> None:
    for other in (
        replace(question, facility_id="elsewhere"),
        replace(question, settings=question.settings.told(sensitivity="high")),
        replace(question, methods=question.methods[:1]),
        replace(question, after=replace(question.after, sha256=("0" * 64,))),
    ):
        assert "another question" in refused(text, other)


@pytest.mark.parametrize(
    "answer",
    ["", "[", "[]", "{}", "null", "7", '{"error": 1}', '{"error": {"refused": {"code": "x"}}}',
     '{"observations": {}, "findings": NaN}', "[" * 100_000, b"{}", None],
)  # fmt: skip
def test_what_is_no_answer_is_not_taken(answer: object, question: Question) -> None:
    refused(answer, question)


def test_a_record_that_claims_to_be_of_an_earlier_schema_is_not_taken(
    question: Question, text: str
) -> None:
    answer = json.loads(text)
    answer["observations"][0]["content"]["original"] = "{}"
    refused(json.dumps(answer), question)


class Trap(Exception):
    """Touches a file where it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.makedirs, (self.args[0],)


@pytest.mark.parametrize(
    "error",
    [
        FacilityError("No outline."),
        SceneError("Damaged.", (note(Code.UNUSABLE, flags=("cloud",)),)),
        Refusal(Code.NOTHING_TO_COMPARE, facilities=1, first_on="a", last_on="b", searched="here"),
        CampMonitorError("\ud800 half a character"),
    ],
)
def test_errors_come_back_with_what_the_run_log_keeps_of_them(
    error: CampMonitorError, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch, error)
    told = read_answer(answer_as_text(question), question)
    assert type(told) is type(error)
    if "\ud800" not in str(error):
        assert failure(told) == failure(error)
    assert getattr(told, "notes", ()) == getattr(error, "notes", ())


def test_an_error_of_any_kind_is_text(
    question: Question, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _fail(monkeypatch, Trap(str(tmp_path / "sprung")))
    told = read_answer(answer_as_text(question), question)
    assert isinstance(told, CampMonitorError)
    assert "Trap" in str(told)
    _fail(monkeypatch, UnreachableError("No.", "example.org", is_catalogue=True))
    told = read_answer(answer_as_text(question), question)
    assert type(told).__name__ == "AwayError", "a comparison never says that there is no network"
    assert not (tmp_path / "sprung").exists()


def _fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def compare(question: Question) -> None:
        raise error

    monkeypatch.setattr(answers, "compare", compare)


def test_a_trap_is_one(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(str(tmp_path / "sprung"))))
    assert (tmp_path / "sprung").exists()
