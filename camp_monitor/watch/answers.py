"""Answers of workers elsewhere, as JSON text: made there, and checked here before they count.

Whoever can speak for a worker can send anything.  So an answer is made anew from its text by the
constructors of the records, its hashes are computed anew, and it must answer the very question that
was asked; nothing in it is run.
"""

from __future__ import annotations

import json
import os
from typing import Any

from camp_monitor.assess.question import Question
from camp_monitor.comparison import compare
from camp_monitor.errors import (
    AwayError,
    CampMonitorError,
    EvaluationError,
    FacilityError,
    InputError,
    InstallationError,
    LedgerError,
    MissingError,
    Refusal,
    RemoteError,
    SceneError,
    WorkspaceError,
)
from camp_monitor.notes import Note
from camp_monitor.records.content import canonical_json
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.scan import Records

LARGEST_ANSWER = 1 << 28
"""Characters; the largest outlines give some millions."""
MOST_MESSAGE = 2000
SHARED = ("facility_id", "outline_version", "method", "before", "after")
"""What a finding and its observation have in common; `ASKED`: what a question asks."""
ASKED = (*SHARED, "settings_sha256")
MATHS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that say how many threads a computation uses."""
_ERRORS: dict[str, type[CampMonitorError]] = {
    one.__name__: one
    for one in (
        CampMonitorError, InputError, WorkspaceError, FacilityError, SceneError, RemoteError,
        MissingError, AwayError, EvaluationError, LedgerError, InstallationError,
    )
}  # fmt: skip
"""Errors that are made anew of their message."""


def answer_as_text(question: Question) -> str:
    """Compare two scenes, on a worker, with one thread; what goes wrong is an answer, too."""
    use_one_thread()
    try:
        observations, findings = compare(question).records
        answer: dict[str, Any] = {
            "observations": [_written(one) for one in observations],
            "findings": [_written(one) for one in findings],
        }
    except Exception as error:  # an exception of ours would have to be unpickled
        answer = {"error": _error_as_json(error)}
    return canonical_json(answer)


def use_one_thread() -> None:
    """Leave the other cores to the other workers: libraries that are loaded are told, too."""
    from threadpoolctl import threadpool_limits

    os.environ.update(dict.fromkeys(MATHS_THREADS, "1"))
    threadpool_limits(1)


def read_answer(text: object, question: Question) -> Records | CampMonitorError:
    """Return the records of an answer, or the error that it tells.

    An answer that is damaged, or one to another question, is an error that says so.
    """
    try:
        return _read(text, question)
    except CampMonitorError as error:  # of a record that would be wrong
        fault = str(error)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        fault = f"{type(error).__name__}: {error}"
    return CampMonitorError(
        f"The answer of a worker was not taken ({fault:.300}): let every worker run the same "
        f"camp_monitor as this computer, and only people whom you trust reach the scheduler."
    )


def _read(text: object, question: Question) -> Records | CampMonitorError:
    if not isinstance(text, str) or len(text) > LARGEST_ANSWER:
        raise ValueError("it is no text of a fit length")
    answer = json.loads(text)
    if "error" in answer:
        return _error_of(answer["error"])
    observations = [_record(Observation, one) for one in answer["observations"]]
    findings = [_record(Finding, one) for one in answer["findings"]]
    asked = {method: question.asked(method) for method in question.methods}
    answered = {one.method: {name: getattr(one, name) for name in ASKED} for one in observations}
    if answered != asked or len(observations) != len(asked):
        raise ValueError("it answers another question")
    named = {key: one for one in observations for key in one.named_ids}
    if {one.id for one in findings} != named.keys():
        raise ValueError("its findings are not those that its observations name")
    for finding in findings:
        look = named[finding.id]
        if any(getattr(finding, name) != getattr(look, name) for name in SHARED):
            raise ValueError("a finding is of another pair than its observation")
    return observations, findings


def _written(record: Observation | Finding) -> dict[str, Any]:
    return {"sha256": record.sha256, "content": record.to_dict()}


def _record(kind: Any, written: dict[str, Any]) -> Any:
    record = kind.from_dict(written["content"])
    if record.original or record.sha256 != written["sha256"]:
        raise ValueError("a record does not match its hash")
    return record


def _error_as_json(error: Exception) -> dict[str, Any]:
    if isinstance(error, Refusal):
        return {"refused": error.note.to_dict()}
    known = next((one.__name__ for one in type(error).__mro__ if one.__name__ in _ERRORS), None)
    notes = error.notes if isinstance(error, SceneError) else ()
    return {
        "kind": known or type(error).__name__,
        "message": str(error)[:MOST_MESSAGE].encode(errors="replace").decode(),
        "notes": [one.to_dict() for one in notes],
    }


def _error_of(told: dict[str, Any]) -> CampMonitorError:
    if "refused" in told:
        refused = Note.from_dict(told["refused"])
        return Refusal(refused.code, **dict(refused.values))
    kind, message = str(told["kind"])[:80], str(told["message"])[:MOST_MESSAGE]
    if kind == SceneError.__name__:
        return SceneError(message, tuple(map(Note.from_dict, told["notes"])))
    if kind in _ERRORS:
        return _ERRORS[kind](message)
    return CampMonitorError(f"The program failed ({kind}: {message}).")
