"""Score the detectors on altered copies of labelled pairs: what holds on one file alone is no use.

    python benchmarks/stress.py BENCHMARK_DIR [BENCHMARK_DIR ...] [--half tune|check]

One row for each dataset and one column for each alteration, of both images and, where the ground
itself is altered, of the labels: pixels averaged 2, 4 and 8 times, 8 bits instead of 16, another
gain and offset of the after image, 3 px shift, decibels written as 8 bits, a third of the frame cut
away, and a frame of which half is changed.  F1, pooled over the pixels of a dataset; a pair that
the detectors refuse counts as not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from benchmarks.halves import only_half, read_arguments
from camp_monitor.errors import EvaluationError
from camp_monitor.evaluation.answering import answer_images, place
from camp_monitor.evaluation.benchmark import (
    UNSCORED,
    Benchmark,
    Entry,
    read_benchmark,
    read_images,
    read_truth,
)
from camp_monitor.evaluation.scoring import Counts, count
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.sensors import Unit

Case = tuple[Image | None, Image, NDArray[np.uint8]]
"""Both images and the labels, on one grid."""
LEAST_SIDE_PX = 64
"""A copy of fewer pixels a side shows no ground."""


def averaged(times: int, before: Image | None, after: Image, truth: NDArray[np.uint8]) -> Case:
    """Average pixels; a label is that of most of the pixels that are labelled."""
    rows, columns = (size // times for size in truth.shape)
    if min(rows, columns) < LEAST_SIDE_PX:
        raise EvaluationError(f"Averaged {times} times, the images are too small to be of use.")

    def blocks(values: NDArray[np.generic]) -> NDArray[np.generic]:
        cut = values[..., : rows * times, : columns * times]
        return cut.reshape(*values.shape[:-2], rows, times, columns, times)

    def smaller(image: Image) -> Image:
        pixels = image.pixels
        if image.nature.unit is Unit.DECIBEL:
            pixels = 10 ** (pixels / 10)
        mean = blocks(pixels).mean(axis=(-3, -1))
        if image.nature.unit is Unit.DECIBEL:
            mean = 10 * np.log10(np.maximum(mean, 1e-6))
        grid = GeoBox((rows, columns), image.grid.affine * Affine.scale(times), image.grid.crs)
        flags = blocks(image.flags).max(axis=(-3, -1))
        return replace(image, pixels=mean.astype(np.float32), flags=flags, grid=grid)

    labels = blocks(truth)
    scored = (labels != UNSCORED).mean(axis=(-3, -1))
    changed = (labels == 1).mean(axis=(-3, -1))
    majority = np.where(scored > 0.5, changed > scored / 2, UNSCORED).astype(np.uint8)
    return before and smaller(before), smaller(after), majority


def in_8_bits(before: Image | None, after: Image, truth: NDArray[np.uint8]) -> Case:
    """Stretch each date on its own to whole numbers from 0 to 255, of no unit."""

    def stretched(image: Image) -> Image:
        low, high = np.nanpercentile(image.pixels[:, image.usable], [0.5, 99.5])
        numbers = np.round(255 * (image.pixels - low) / max(high - low, 1e-6)).clip(0, 255)
        quantity = "amplitude8" if image.nature.radar else "dn8"
        return replace(image, pixels=numbers.astype(np.float32), quantity=quantity)

    return before and stretched(before), stretched(after), truth


def other_light(before: Image | None, after: Image, truth: NDArray[np.uint8]) -> Case:
    """Another gain and offset of the after image."""
    usual = float(np.nanmedian(np.abs(after.pixels[:, after.usable])))
    if after.nature.unit is Unit.DECIBEL:
        pixels = after.pixels + 0.7
    else:
        pixels = after.pixels * 1.15 + 0.05 * usual
    return before, replace(after, pixels=pixels.astype(np.float32)), truth


def displaced(before: Image | None, after: Image, truth: NDArray[np.uint8]) -> Case:
    """Move the before image by 3 px along rows and columns; what comes from outside is not seen."""
    if before is None:
        raise EvaluationError("A single date has nothing to be displaced against.")
    pixels = np.roll(before.pixels, (3, 3), axis=(-2, -1))
    flags = np.roll(before.flags, (3, 3), axis=(-2, -1))
    flags[:3], flags[:, :3] = Quality.NODATA, Quality.NODATA
    return replace(before, pixels=pixels, flags=flags), after, truth


def cut_away(before: Image | None, after: Image, truth: NDArray[np.uint8]) -> Case:
    """Hide the last third of the columns of the after image; it is not scored."""
    first = 2 * truth.shape[1] // 3
    flags, labels = after.flags.copy(), truth.copy()
    flags[:, first:], labels[:, first:] = Quality.NODATA, UNSCORED
    return before, replace(after, flags=flags), labels


def half_changed(before: Image | None, after: Image, truth: NDArray[np.uint8]) -> Case:
    """Cut the frame to the part in which half is labelled, as nearly as a window can."""
    if not (truth == 1).any():
        raise EvaluationError("Nothing is labelled.")
    rows, columns = truth.shape
    best, window = 1.0, (slice(None), slice(None))
    for part in (1.0, 0.7, 0.5, 0.35):
        high, wide = max(int(rows * part), LEAST_SIDE_PX), max(int(columns * part), LEAST_SIDE_PX)
        for top in np.linspace(0, max(rows - high, 0), 8, dtype=int):
            for left in np.linspace(0, max(columns - wide, 0), 8, dtype=int):
                where = slice(top, top + high), slice(left, left + wide)
                off = abs(float((truth[where] == 1).mean()) - 0.5)
                if off < best - 0.02:
                    best, window = off, where
    if best > 0.2:
        raise EvaluationError("No window of this pair is changed by half.")

    def cut(image: Image) -> Image:
        top, left = window[0].start or 0, window[1].start or 0
        flags = image.flags[window]
        grid = GeoBox(
            flags.shape, image.grid.affine * Affine.translation(left, top), image.grid.crs
        )
        return replace(image, pixels=image.pixels[(slice(None), *window)], flags=flags, grid=grid)

    return before and cut(before), cut(after), truth[window]


ALTERED: dict[str, Callable[[Image | None, Image, NDArray[np.uint8]], Case]] = {
    "as is": lambda before, after, truth: (before, after, truth),
    "averaged 2": partial(averaged, 2),
    "averaged 4": partial(averaged, 4),
    "averaged 8": partial(averaged, 8),
    "8 bits": in_8_bits,
    "other light": other_light,
    "3 px off": displaced,
    "third cut": cut_away,
    "half changed": half_changed,
}


def score(benchmark: Benchmark, entry: Entry) -> dict[str, Counts]:
    """Answer and score every alteration of one entry that can be made of it."""
    before, after = place(entry, *read_images(benchmark, entry))
    truth = read_truth(benchmark, entry)
    found = {}
    for name, alter in ALTERED.items():
        try:
            first, second, labels = alter(before, after, truth)
        except EvaluationError:
            continue
        found[name] = count(answer_images(entry, first, second).called, labels)
    return found


def main() -> None:
    """Read the arguments and print the table."""
    given = read_arguments(__doc__)
    print(f"| dataset | {' | '.join(ALTERED)} |\n| --- |{' --- |' * len(ALTERED)}")
    for folder in given.benchmarks:
        benchmark = only_half(read_benchmark(folder), given.half)
        with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
            scores = list(pool.map(partial(score, benchmark), benchmark.entries))
        for dataset in dict.fromkeys(entry.dataset for entry in benchmark.entries):
            cells = []
            for name in ALTERED:
                counts = [
                    found[name]
                    for entry, found in zip(benchmark.entries, scores, strict=True)
                    if entry.dataset == dataset and name in found
                ]
                cells.append(f"{sum(counts[1:], counts[0]).f1:.3f}" if counts else "")
            print(f"| {dataset} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
