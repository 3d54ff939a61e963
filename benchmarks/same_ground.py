"""What the detectors call where nothing changed: an image against itself, in other light and place.

    python benchmarks/same_ground.py BENCHMARK_DIR

Every image of the benchmark is compared with itself, and with itself in other gain, offset and
noise, moved by up to three pixels.  Radar and reflectance keep their calibration and get noise.
Prints every image in which anything was called; a refusal is no finding, and is counted.
"""

from __future__ import annotations

import argparse
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy import ndimage

from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.construction.radar import detect_radar_change
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.regions import label_regions
from camp_monitor.detect.water.flooding import detect_flooding
from camp_monitor.errors import Refusal
from camp_monitor.evaluation.answering import MAX_RESIDUAL_PX, place
from camp_monitor.evaluation.benchmark import Benchmark, Entry, read_benchmark, read_images
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.sensors import is_sar

SHIFTS_PX = ((0.0, 0.0), (1.3, -0.6), (-3.0, 2.4))
DETECTORS: dict[str, Callable[[Pair], Detection]] = {
    "construction": detect_construction,
    "flooding": detect_flooding,
    "change": detect_radar_change,
}
REFUSED = -1


def moved(image: Image, shift_px: tuple[float, float]) -> Image:
    """Move an image down and right; what comes in at the edge is empty."""
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
    """Give each band other gain and offset, and noise; radar keeps its calibration."""
    spread = np.nanstd(image.pixels, axis=(1, 2))[:, None, None]
    noise = rng.normal(0, 0.02, image.pixels.shape) * spread
    gain = np.ones_like(spread)
    offset = np.zeros_like(spread)
    if not is_sar(image.bands) and image.quantity != "reflectance":
        gain = rng.uniform(0.8, 1.25, spread.shape)
        offset = rng.uniform(-0.3, 0.3, spread.shape) * spread
    return replace(image, pixels=(image.pixels * gain + offset + noise).astype(np.float32))


def called(entry: Entry, first: Image, second: Image) -> int:
    """Count the regions that the detector of an entry calls; `REFUSED` where it declines."""
    try:
        pair = pair_images(
            first, second, lambda shift_px: moved(second, (-shift_px[0], -shift_px[1])),
            max_residual_px=MAX_RESIDUAL_PX, interval_days=30.0, unscreened=True,
        )  # fmt: skip
        detection = DETECTORS[entry.kind](pair)
    except Refusal:
        return REFUSED
    return sum(label_regions(c.changed, c.least_px)[1] for c in detection.changes)


def looks(benchmark: Benchmark, entry: Entry) -> list[tuple[str, int]]:
    """Compare both images of an entry with themselves: what was done, and regions called."""
    rng = np.random.default_rng(zlib.crc32(entry.id.encode()))
    said = []
    for date, image in zip(
        ("before", "after"), place(entry, *read_images(benchmark, entry)), strict=True
    ):
        if image is None:
            continue
        said.append((f"{entry.id} {date}, as it is", called(entry, image, image)))
        for shift_px in SHIFTS_PX:
            other = moved(relit(image, rng), shift_px)
            said.append((f"{entry.id} {date}, moved by {shift_px}", called(entry, image, other)))
    return said


def main() -> None:
    """Read the arguments, compare and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("benchmark", type=Path)
    benchmark = read_benchmark(parser.parse_args().benchmark)
    entries = [entry for entry in benchmark.entries if entry.kind in DETECTORS and entry.before]
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    with ProcessPoolExecutor() as pool:
        said = [
            line for part in pool.map(partial(looks, benchmark), entries, chunksize=4)
            for line in part
        ]  # fmt: skip
    for name, count in said:
        if count > 0:
            print(f"{name}: {count} regions")
    clean = sum(count == 0 for _, count in said)
    refused = sum(count == REFUSED for _, count in said)
    print(f"{len(said)} comparisons: {clean} without a finding, {refused} refused")


if __name__ == "__main__":
    main()
