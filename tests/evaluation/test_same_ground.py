"""A real image against itself, and against itself with other light, noise and place: no finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from camp_monitor.detection.construction import detect_construction
from camp_monitor.detection.detection import Detection
from camp_monitor.detection.flooding import detect_flooding
from camp_monitor.detection.radar_change import detect_radar_change
from camp_monitor.detection.regions import label_regions
from camp_monitor.errors import NotComparableError
from camp_monitor.evaluation.answering import MAX_RESIDUAL_PX, place
from camp_monitor.evaluation.benchmark import Benchmark, Entry, read_benchmark, read_images
from camp_monitor.imagery.image import Image, Quality
from camp_monitor.imagery.pair import Pair, pair_images
from camp_monitor.imagery.sensors import is_sar

SCENES = (
    "nanjing_landsat", "levir_test_2_0000_0000", "levir_train_386_0512_0768", "whu_lgp_test10",
    "dsifn_0_2", "sztaki_szada_test1", "toulouse_like", "oscd_s1_montpellier_37",
    "ombria_france_00_s1", "ombria_france_00_s2", "ombria_france_08_s2", "ottawa",
)  # fmt: skip
SHIFTS_PX = ((0.0, 0.0), (1.3, -0.6), (-3.0, 2.4))


@pytest.fixture(scope="module")
def benchmark_folder(imagery_folder: Path) -> Benchmark:
    return read_benchmark(imagery_folder / "benchmark")


def moved(image: Image, shift_px: tuple[float, float]) -> Image:
    """The image moved down and right; what comes in at the edge is empty."""
    if not any(shift_px):
        return image
    pixels = np.stack(
        [ndimage.shift(np.nan_to_num(b), shift_px, order=3, mode="nearest") for b in image.pixels]
    )
    empty = ndimage.shift((image.flags != 0).astype(float), shift_px, order=1, cval=1.0) > 0.01
    pixels[:, empty] = np.nan
    flags = np.where(empty, np.uint8(Quality.NODATA), np.uint8(0))
    return replace(image, pixels=pixels.astype(np.float32), flags=flags)


def relit(image: Image, rng: np.random.Generator) -> Image:
    """Other gain and offset for each band, and noise; radar keeps its calibration."""
    spread = np.nanstd(image.pixels, axis=(1, 2))[:, None, None]
    noise = rng.normal(0, 0.02, image.pixels.shape) * spread
    gain = np.ones_like(spread)
    offset = np.zeros_like(spread)
    if not is_sar(image.bands) and image.quantity != "reflectance":
        gain = rng.uniform(0.8, 1.25, spread.shape)
        offset = rng.uniform(-0.3, 0.3, spread.shape) * spread
    return replace(image, pixels=(image.pixels * gain + offset + noise).astype(np.float32))


def calls(detection: Detection) -> int:
    return sum(label_regions(c.changed, c.least_px)[1] for c in detection.changes)


def called(entry: Entry, first: Image, second: Image) -> int:
    """Regions that the entry's detector calls; a refusal is no finding."""
    pair = pair_images(
        first,
        second,
        lambda shift_px: moved(second, (-shift_px[0], -shift_px[1])),
        max_residual_px=MAX_RESIDUAL_PX,
        interval_days=30.0,
        unscreened=True,
    )
    detectors: dict[str, Callable[[Pair], Detection]] = {
        "construction": detect_construction,
        "flooding": detect_flooding,
        "change": detect_radar_change,
    }
    detect = detectors[entry.kind]
    try:
        return calls(detect(pair))
    except NotComparableError:
        return 0


@pytest.mark.parametrize("name", SCENES)
def test_the_same_ground_gives_no_finding(benchmark_folder: Benchmark, name: str) -> None:
    entry = next(item for item in benchmark_folder.entries if item.id == name)
    rng = np.random.default_rng(7)
    for image in place(entry, *read_images(benchmark_folder, entry)):
        assert image is not None
        assert called(entry, image, image) == 0, "an image against itself"
        for shift_px in SHIFTS_PX:
            other = moved(relit(image, rng), shift_px)
            assert called(entry, image, other) == 0, f"shifted by {shift_px}"
