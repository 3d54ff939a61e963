"""The size of a pixel from the scene: an order, not a measurement, and open where nothing shows."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from benchmarks.simulation.settlement import paint_settlement
from camp_monitor.detect import pixel_size
from camp_monitor.detect.construction.fine import ROOFS_UNDER_M
from camp_monitor.detect.pixel_size import estimate_pixel_m
from camp_monitor.evaluation.benchmark import read_benchmark, read_images
from camp_monitor.scenes.image import Image


def image(pixels: NDArray[np.generic]) -> Image:
    shape = pixels.shape[1:]
    grid = GeoBox(shape, Affine(1, 0, 0, 0, -1, 0), None)
    bands = ("red", "green", "blue")
    return Image(pixels.astype(np.float32), bands, "dn8", np.zeros(shape, np.uint8), grid)


def averaged(pixels: NDArray[np.uint8], times: int) -> NDArray[np.float64]:
    bands, rows, columns = pixels.shape
    split = pixels.reshape(bands, rows // times, times, columns // times, times)
    return np.asarray(split.mean(axis=(2, 4)))


def test_coarser_pixels_are_estimated_larger() -> None:
    painted = paint_settlement(np.random.default_rng(0), 384, 0.5)
    found = [
        estimate_pixel_m(
            image(averaged(painted.before, times)), image(averaged(painted.after, times))
        )
        for times in (1, 3, 6)
    ]
    assert found[0].pixel_m < found[1].pixel_m < found[2].pixel_m
    assert all(size.low_m <= size.pixel_m <= size.high_m for size in found)


def test_windows_of_a_large_image_tell_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = paint_settlement(np.random.default_rng(0), 384, 0.5)
    two = image(painted.before), image(painted.after)
    whole = estimate_pixel_m(*two)
    monkeypatch.setattr(pixel_size, "MOST_PX", 60_000)
    assert estimate_pixel_m(*two).pixel_m == pytest.approx(whole.pixel_m, rel=0.15)


def test_gain_and_order_of_the_dates_do_not_matter() -> None:
    painted = paint_settlement(np.random.default_rng(0), 128, 0.5)
    before, after = image(painted.before), image(painted.after)
    brighter = image(painted.after * 3.0)
    expected = estimate_pixel_m(before, after)
    assert estimate_pixel_m(after, before) == expected
    assert estimate_pixel_m(before, brighter).pixel_m == pytest.approx(expected.pixel_m, rel=1e-3)


def test_noise_plain_ground_and_scraps_have_no_scale() -> None:
    noise = np.random.default_rng(0).normal(100, 10, (3, 128, 128))
    for pixels in (noise, np.full((3, 128, 128), 50.0), noise[:, :20, :20]):
        size = estimate_pixel_m(image(pixels), image(pixels))
        assert not size.known
        assert (size.low_m, size.high_m) == (0.0, math.inf)
        assert size.pixel_m >= ROOFS_UNDER_M  # nothing is looked for that needs fine pixels


def test_real_towns_fall_on_the_right_side_of_a_metre(imagery_folder: Path) -> None:
    folder = imagery_folder / "benchmark"
    benchmark = read_benchmark(folder)
    wanted = {"levir_cd": 0.5, "whu_cd": 0.25, "dsifn": 2.0, "toulouse_like": 1.9}
    assert json.loads((folder / "pairs.json").read_text())
    wrong, within, count = [], 0, 0
    for entry in benchmark.entries:
        if entry.dataset not in wanted:
            continue
        before, after = read_images(benchmark, entry)
        assert before is not None
        size = estimate_pixel_m(before, after)
        true_m = wanted[entry.dataset]
        count += 1
        within += size.low_m <= true_m <= size.high_m
        if (size.pixel_m < ROOFS_UNDER_M) != (true_m < ROOFS_UNDER_M):
            wrong.append(entry.id)
    assert count == 23
    assert not wrong
    assert within >= 0.9 * count
