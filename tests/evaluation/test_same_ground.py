"""A real image against itself, and against itself with other light, noise and place: no finding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.same_ground import SHIFTS_PX, called, moved, relit
from camp_monitor.evaluation.answering import place
from camp_monitor.evaluation.benchmark import Benchmark, read_benchmark, read_images

SCENES = (
    "nanjing_landsat", "levir_test_2_0000_0000", "levir_train_386_0512_0768", "whu_lgp_test10",
    "dsifn_0_2", "sztaki_szada_test1", "toulouse_like", "oscd_s1_montpellier_37",
    "ombria_france_00_s1", "ombria_test_0172_s1", "ombria_france_00_s2", "ombria_france_08_s2",
    "ombria_guyana_20_s2", "ottawa",
)  # fmt: skip


@pytest.fixture(scope="module")
def benchmark_folder(imagery_folder: Path) -> Benchmark:
    return read_benchmark(imagery_folder / "benchmark")


@pytest.mark.parametrize("name", SCENES)
def test_the_same_ground_gives_no_finding(benchmark_folder: Benchmark, name: str) -> None:
    entry = next(item for item in benchmark_folder.entries if item.id == name)
    rng = np.random.default_rng(7)
    for image in place(entry, *read_images(benchmark_folder, entry)):
        assert image is not None
        assert called(entry, image, image) <= 0, "an image against itself"
        for shift_px in SHIFTS_PX:
            other = moved(relit(image, rng), shift_px)
            assert called(entry, image, other) <= 0, f"shifted by {shift_px}"
