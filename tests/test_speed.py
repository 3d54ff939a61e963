"""The table and the figure of the page on performance are made as the page says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import speed, speed_plots

ROOT = Path(__file__).parents[1]


def test_the_table_of_cheap_rows_is_markdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed, "SIZES", (20,))
    monkeypatch.setattr(
        sys, "argv", ["speed", "--only", "`events list`", "--folder", str(tmp_path)]
    )
    speed.main()
    head, _, names, rule, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("Commit ")
    assert names.count("|") == rule.count("|") == 4
    assert [row.count("|") for row in rows] == [4, 4]
    assert "made anew, 20 findings" in rows[1]


def test_every_must_is_of_a_row() -> None:
    assert speed.MUST.keys() <= {row.work for row in speed.rows()}


def test_a_benchmark_that_fails_is_said_in_its_row(tmp_path: Path) -> None:
    said = speed._table(tmp_path, 1, script="speed_images.py", words=("--sides", "none"))
    assert "invalid literal" in said


def test_the_figure_is_that_of_the_points(tmp_path: Path) -> None:
    points = json.loads(speed_plots.POINTS.read_text(encoding="utf-8"))
    for name in ("once.svg", "again.svg"):
        speed_plots.draw(points, tmp_path / name)
    drawn = (tmp_path / "once.svg").read_bytes()
    assert drawn == (tmp_path / "again.svg").read_bytes()
    assert len(speed_plots.FIGURE.read_bytes()) < 100_000
    empty = tmp_path / "empty.svg"
    speed_plots.draw({}, empty)
    assert subprocess.run(["head", "-c", "5", empty], capture_output=True).stdout == b"<?xml"
