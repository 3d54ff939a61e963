"""Floods between light and radar: pairs joined from places that a benchmark has in both.

    python benchmarks/mixed_pairs.py BENCHMARK_DIR [BENCHMARK_DIR ...] [--half tune|check]

Takes the before image of one sensor and the after image of the other where entries ``<place>_s1``
(radar) and ``<place>_s2`` (optical) lie on one grid, both ways round, and prints what the detector
and the best simple method do: Otsu's threshold in smoothed radar, and NDWI or MNDWI above 0.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.halves import HALVES, half_of
from camp_monitor.detect.indices import mndwi, ndwi
from camp_monitor.detect.water.radar import average
from camp_monitor.evaluation.answering import answer
from camp_monitor.evaluation.benchmark import (
    Benchmark,
    Entry,
    read_benchmark,
    read_images,
    read_truth,
)
from camp_monitor.evaluation.scoring import Counts, count
from camp_monitor.scenes.image import Image

WAYS = {True: "light before, radar after", False: "radar before, light after"}


def mixed_pairs(benchmark: Benchmark, half: str, *, light_first: bool) -> Iterator[Entry]:
    """Join the entries of a half."""
    entries = {entry.id: entry for entry in benchmark.entries if entry.mode == "pair"}
    for name, radar in entries.items():
        light = entries.get(name.removesuffix("_s1") + "_s2")
        if not name.endswith("_s1") or light is None or half_of(name) != half:
            continue
        before, after = (light, radar) if light_first else (radar, light)
        stated = {"quantity_before": before.quantity, "scale_before": before.scale}
        yield after.model_copy(
            update={"before": before.before, "bands_before": before.bands, **stated}
        )


def simple(image: Image, index: str) -> NDArray[np.bool_]:
    """Tell water in one image by a textbook threshold."""
    from skimage.filters import threshold_otsu

    if image.nature.radar:
        level = average(image.pixels[0], image.usable)
        held = np.isfinite(level)
        return held & (level < threshold_otsu(level[held]))
    green, nir, swir1 = (image.band(name) for name in ("green", "nir", "swir1"))
    return np.asarray((ndwi(green, nir) if index == "NDWI" else mndwi(green, swir1)) > 0)


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("benchmarks", type=Path, nargs="+")
    parser.add_argument("--half", choices=HALVES, default="tune")
    given = parser.parse_args()
    print("| pair | places | answered | best simple | its F1 | F1 | precision | recall |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for light_first, way in WAYS.items():
        found, plain, answered, places = Counts(), defaultdict(Counts), 0, 0
        for folder in given.benchmarks:
            benchmark = read_benchmark(folder)
            for entry in mixed_pairs(benchmark, given.half, light_first=light_first):
                said, truth = answer(benchmark, entry), read_truth(benchmark, entry)
                found += count(said.called, truth)
                answered, places = answered + (said.reason is None), places + 1
                before, after = read_images(benchmark, entry)
                assert before is not None
                for index in ("NDWI", "MNDWI"):
                    new = simple(after, index) & ~simple(before, index)
                    plain[index] += count(new.astype(np.uint8), truth)
        name = max(plain, key=lambda index: plain[index].f1)
        print(
            f"| {way} | {places} | {answered} | Otsu and {name} | {plain[name].f1:.3f} | "
            f"{found.f1:.3f} | {found.precision:.3f} | {found.recall:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
