"""What the detectors reach on labelled images must not be lost by a later change.

The floors lie a little below what `docs/methods/results.md` states, so that another processor's
last bit does not cross them.  The datasets that take longest are left to that page.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from camp_monitor.evaluation.benchmark import Benchmark, read_benchmark
from camp_monitor.evaluation.report import rows
from camp_monitor.evaluation.running import evaluate

FLOORS = {
    "nanjing_landsat": 0.84, "oscd_s1_vv": 0.50, "levir_cd": 0.67, "whu_cd": 0.62, "dsifn": 0.60,
    "toulouse_like": 0.72, "sen1floods11_s1": 0.90, "sen1floods11_s2": 0.86,
    "sar_cd_classic": 0.885, "etci2021": 0.68, "hls_water12": 0.82,
}  # fmt: skip


@pytest.fixture(scope="module")
def labelled(imagery_folder: Path) -> Benchmark:
    return read_benchmark(imagery_folder / "benchmark")


@pytest.mark.parametrize("dataset", FLOORS)
def test_what_was_reached_is_kept(labelled: Benchmark, dataset: str) -> None:
    [row] = rows(evaluate(labelled.only((dataset,)), workers=1))
    assert row.counts.f1 >= FLOORS[dataset]
    if dataset == "hls_water12":
        assert row.counts.precision >= 0.97
    if dataset == "sen1floods11_s1":
        dry = next(scene for scene in row.scenes if "53713" in scene.id)
        assert dry.counts.called_fraction <= 0.002
    assert row.quiet_called_fraction is None or row.quiet_called_fraction <= 0.015
