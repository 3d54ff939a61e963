"""Water on labelled real dates, as reflectance and as plain numbers.

Bounds are what the best simple method of each dataset reaches, or what is asked for above it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from camp_monitor.evaluation.answering import Manner, answer
from camp_monitor.evaluation.benchmark import read_benchmark, read_truth

LEAST_F1 = {
    ("sen1floods11_s2", False): 0.86,
    ("sen1floods11_s2", True): 0.837,
    ("hls_water12", False): 0.822,
    ("hls_water12", True): 0.822,
}
LEAST_PRECISION = {"sen1floods11_s2": 0.80, "hls_water12": 0.97}


@pytest.mark.parametrize(("dataset", "as_dn8"), LEAST_F1)
def test_water_of_one_date_is_told_better_than_by_a_simple_index(
    imagery_folder: Path, dataset: str, as_dn8: bool
) -> None:
    benchmark = read_benchmark(imagery_folder / "benchmark").only([dataset])
    hits = false = missed = 0
    for entry in benchmark.entries:
        called = answer(benchmark, entry, Manner(as_dn8=as_dn8)).called
        truth = read_truth(benchmark, entry)
        scored, water = truth != 255, truth == 1
        hits += int((called == 1)[scored & water].sum())
        false += int((called == 1)[scored & ~water].sum())
        missed += int((called != 1)[scored & water].sum())
        if not water.any():
            assert np.mean(called == 1) <= 0.002
    assert 2 * hits / (2 * hits + false + missed) >= LEAST_F1[dataset, as_dn8]
    assert hits / (hits + false) >= LEAST_PRECISION[dataset]
