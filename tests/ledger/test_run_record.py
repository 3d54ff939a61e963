"""Records of runs: codes and numbers, and those of ledgers of schema 3 as they were written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from camp_monitor.codes import Code
from camp_monitor.errors import LedgerError
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import note, recorded
from camp_monitor.records.content import content_hash
from camp_monitor.records.run import RunRecord, UnusedPass

VISITED = RunRecord(
    "r1", "visited", "2024-01-02T06:00:00Z", "khs-12-jongori", "2023-12-01T00:00:00Z",
    "2024-01-02T06:00:00Z", ("sentinel-2",),
    (
        UnusedPass("a", "sentinel-2", "2023-12-03T02:00:00Z", "too_cloudy",
                   note(Code.TOO_CLOUDY, clear_fraction=0.12)),
        UnusedPass("b", "sentinel-1", "2023-12-04T02:00:00Z", "refused",
                   note(Code.ALONE_IN_ORBIT, sensor="sentinel-1", orbit="54 ascending",
                        processing=("sigma0_db", "vv", "vh"))),
    ),
    offline=True,
)  # fmt: skip
FAILED = RunRecord(
    "r1", "failed", "2024-01-02T06:00:00Z",
    reasons=(note(Code.FAILED, error="SceneError", detail="The disk is full."),),
)  # fmt: skip


def earlier(what: str, reason: str = "", **more: Any) -> dict[str, Any]:
    """The content of a record as ledgers of schema 3 have it."""
    return {
        "run_id": "r1",
        "what": what,
        "at": "2024-01-02T06:00:00Z",
        "facility_id": "",
        "from_at": "",
        "to_at": "",
        "sensors": [],
        "unused": [],
        "reason": reason,
        "told": [],
        **more,
    }


@pytest.mark.parametrize(
    "record",
    [VISITED, FAILED, RunRecord("r1", "told", "2024-01-02T06:00:00Z", told=(("E1", "ended"),))],
)
def test_a_record_comes_back_from_json_as_it_was(record: RunRecord) -> None:
    assert RunRecord.from_dict(json.loads(json.dumps(record.to_dict()))) == record


CLOUDY = {
    "scene_id": "a",
    "sensor": "sentinel-2",
    "acquired_at": "2023-12-03T02:00:00Z",
    "outcome": "too_cloudy",
    "reason": "only 12% of the outline is clear",
}


@pytest.mark.parametrize(
    ("content", "offline", "texts"),
    [
        (earlier("started", "2023-12-01 to 2023-12-31"), False, ["2023-12-01 to 2023-12-31"]),
        (earlier("visited", "offline", facility_id="a", unused=[CLOUDY]), True, []),
        (earlier("visited", facility_id="a"), False, []),
        (earlier("failed", "The disk is full."), False, ["The disk is full."]),
        (earlier("told", told=[["E0123456789ab", "confirmed, grown"]]), False, []),
    ],
)
def test_a_record_of_an_earlier_schema_keeps_its_content_and_its_id(
    content: dict[str, Any], offline: bool, texts: list[str]
) -> None:
    record = RunRecord.from_dict(content)
    assert record.to_dict() == content
    assert record.sha256 == content_hash(content)
    assert record.offline == offline
    assert record.reasons == recorded(texts)
    for item in record.unused:
        assert item.reason == note(Code.AS_RECORDED, text=f"{CLOUDY['reason']}.")
    assert RunRecord.from_dict(record.to_dict()) == record


def test_both_stand_in_one_ledger(tmp_path: Path) -> None:
    old = RunRecord.from_dict(earlier("visited", "offline", facility_id="a", unused=[CLOUDY]))
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        for record in (old, VISITED, old):
            ledger.write_run(record)
        assert ledger.runs() == (old, VISITED)
        assert ledger.verify() == ()


@pytest.mark.parametrize(
    "content",
    [
        VISITED.to_dict() | {"what": "flown"},
        VISITED.to_dict() | {"from_at": "yesterday"},
        VISITED.to_dict() | {"original": "{}"},
        earlier("visited", unused=[CLOUDY | {"outcome": "lost"}]),
    ],
)
def test_a_wrong_record_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(LedgerError, match="A record would be wrong"):
        RunRecord.from_dict(content)


def test_a_code_that_does_not_exist_is_no_record() -> None:
    content = FAILED.to_dict() | {"reasons": [{"code": "no_such_code"}]}
    with pytest.raises(ValueError, match="no_such_code"):
        RunRecord.from_dict(content)
