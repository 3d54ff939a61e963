"""A sample of the damaged and hostile files that `tests.hostile.damaged` makes by the thousand."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.damaged import BEYOND, judge_all

SAMPLE = 300


def test_no_damaged_file_is_answered_wrongly_or_breaks_a_bound(tmp_path: Path) -> None:
    judged = judge_all(SAMPLE, 17, tmp_path, 2)
    assert [one for one in judged if {"wrong", *BEYOND} & set(one.verdicts)] == []
    assert {verdict for one in judged for verdict in one.verdicts} == {"refused", "right", "apart"}
