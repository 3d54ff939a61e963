"""Fit how sure a finding is on labelled images, and show how well it holds where it was not fitted.

    python benchmarks/calibrate.py BENCHMARK_DIR [--structure-model NAME] [--write] [--page FILE]

Every region that the detectors call is one finding; it is real when at least a quarter of its
scored pixels is labelled.  Pixels of 3 to 12 m have no labelled images of their own: finer ones are
averaged to 5 m for them.  One logistic line (evidence, size) is shared by all ways of finding; each
way and each dataset has an intercept of its own, drawn towards zero.  Of a place that no dataset
holds, the last is not known: what is stated is the mean over its spread (a logistic-normal mean),
which lies nearer to one half.  The reliability table is of findings
whose whole dataset was left out of the fit.  ``--write`` fits on all and writes
``camp_monitor/assess/calibrations.py``.
"""

from __future__ import annotations

import argparse
import itertools
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import optimize
from scipy.special import expit

from camp_monitor.assess.probability import NEVER_LESS_SURE, NEVER_SURER, evidence_of
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.construction.method import FINE_UNDER_M
from camp_monitor.detect.regions import label_regions
from camp_monitor.errors import Refusal
from camp_monitor.evaluation.answering import Manner, answer, pair_of, place
from camp_monitor.evaluation.benchmark import (
    UNSCORED,
    Benchmark,
    Entry,
    read_benchmark,
    read_images,
    read_truth,
)
from camp_monitor.evaluation.scoring import FOUND_FRACTION
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sensors import is_sar

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FEWEST = 30
RIDGE_LINE, RIDGE_WAY = 1.0, 1.0
"""Pull towards zero of the shared line's weights and of the ways' intercepts: one by the square of
the spread that they are given beforehand."""
DATASET_SPREAD = 0.7
"""Standard deviation between datasets of the logarithm of the odds."""
MOST_OF_A_DATASET = 100.0
"""A dataset with more findings than this weighs no more in the fit."""
LOGISTIC_NORMAL = 0.346
"""A logistic curve averaged over a normal spread s is one whose slope is divided by the root of 1 +
this times the square of s (Zeger et al. 1988, doi:10.2307/2531734)."""
COARSE_M, FEWEST_COARSE_PX = 5.0, 64
PAGE = Path(__file__).parents[1] / "camp_monitor" / "detection" / "calibrations.py"


@dataclass(frozen=True)
class Called:
    """One region that a detector called."""

    dataset: str
    way: tuple[str, str]
    evidence: tuple[float, float]
    is_real: bool


def called_regions(benchmark: Benchmark, manner: Manner, entry: Entry) -> list[Called]:
    """Answer one entry and say of each called region whether it is real."""
    given = answer(benchmark, entry, manner)
    truth = read_truth(benchmark, entry)
    way = (given.kind, given.way)
    found = _regions(entry.dataset, way, given.called == 1, given.strength, truth)
    return found + _coarse_regions(benchmark, entry, truth)


def _regions(
    dataset: str,
    way: tuple[str, str],
    called: NDArray[np.bool_],
    strength: NDArray[np.float32],
    truth: NDArray[np.uint8],
) -> list[Called]:
    labels, count = label_regions(called, 1)
    found = []
    for number in range(1, count + 1):
        here = labels == number
        scored = here & (truth != UNSCORED)
        if scored.sum() < here.sum() / 2:
            continue
        share = float((truth[scored] == 1).mean())
        evidence = evidence_of(float(np.median(strength[here])), int(here.sum()))
        found.append(Called(dataset, way, evidence, share >= FOUND_FRACTION))
    return found


def _coarse_regions(benchmark: Benchmark, entry: Entry, truth: NDArray[np.uint8]) -> list[Called]:
    """Ask for structures in a fine pair that is averaged to `COARSE_M`."""
    images = place(entry, *read_images(benchmark, entry))
    before, after = images
    if entry.kind != "construction" or before is None or is_sar(after.bands):
        return []
    factor = round(COARSE_M / after.pixel_m)
    if after.pixel_m >= FINE_UNDER_M or min(truth.shape) < FEWEST_COARSE_PX * factor:
        return []
    rows, columns = (size // factor * factor for size in truth.shape)
    blocks = truth[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor)
    coarse = ((blocks == 1).mean(axis=(1, 3)) >= 0.5).astype(np.uint8)
    coarse[(blocks == UNSCORED).mean(axis=(1, 3)) > 0.5] = UNSCORED
    try:
        pair = pair_of(averaged(before, factor), averaged(after, factor))
        detection = detect_construction(pair)
    except Refusal:
        return []
    return [
        one
        for change in detection.changes
        for one in _regions(
            entry.dataset, (change.kind, change.way),
            label_regions(change.changed, change.least_px)[0] > 0, change.strength, coarse,
        )
    ]  # fmt: skip


def averaged(image: Image, factor: int) -> Image:
    """Average squares of `factor` pixels a side; what is left over at the end is cut off."""
    rows, columns = (size // factor for size in image.flags.shape)
    cut = (slice(0, rows * factor), slice(0, columns * factor))
    blocks = (rows, factor, columns, factor)
    pixels = image.pixels[(slice(None), *cut)].reshape(-1, *blocks).mean(axis=(2, 4))
    flags = image.flags[cut].reshape(blocks).max(axis=(1, 3))
    grid = GeoBox((rows, columns), image.grid.affine * Affine.scale(factor), image.grid.crs)
    return replace(image, pixels=pixels.astype(np.float32), flags=flags, grid=grid)


def fit(found: list[Called]) -> tuple[NDArray[np.float64], dict[tuple[str, str], float]]:
    """Return the shared line (intercept, evidence, size), and each way's own intercept."""
    ways = sorted({item.way for item in found})
    names = sorted({item.dataset for item in found})
    line = np.array([(1.0, *item.evidence) for item in found])
    of_way = np.array([[item.way == way for way in ways] for item in found], float)
    of_dataset = np.array([[item.dataset == name for name in names] for item in found], float)
    design = np.hstack([line, of_way, of_dataset])
    real = np.array([item.is_real for item in found], float)
    weights = (of_dataset * np.minimum(1, MOST_OF_A_DATASET / of_dataset.sum(axis=0))).sum(axis=1)
    pulls = (
        [0.0, RIDGE_LINE, RIDGE_LINE],
        [RIDGE_WAY] * len(ways),
        [DATASET_SPREAD**-2] * len(names),
    )
    ridge = np.concatenate(pulls)

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = design @ values
        cost = weights @ (np.logaddexp(0, score) - real * score) + ridge @ values**2 / 2
        return float(cost), design.T @ (weights * (expit(score) - real)) + ridge * values

    start = np.zeros(design.shape[1])
    best = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x
    best = best / np.sqrt(1 + LOGISTIC_NORMAL * DATASET_SPREAD**2)
    return best[:3], dict(zip(ways, best[3 : 3 + len(ways)].tolist(), strict=True))


def stated(item: Called, line: NDArray[np.float64], ways: dict[tuple[str, str], float]) -> float:
    """Return the probability that a fit gives one region."""
    score = line @ np.array((1.0, *item.evidence)) + ways.get(item.way, 0.0)
    return float(np.clip(expit(score), NEVER_LESS_SURE, NEVER_SURER))


def left_out(found: list[Called]) -> list[tuple[float, bool, str]]:
    """Return what is stated of each region by a fit without its dataset, and whether it is real."""
    said = []
    for name in sorted({item.dataset for item in found}):
        line, ways = fit([item for item in found if item.dataset != name])
        said += [(stated(i, line, ways), i.is_real, name) for i in found if i.dataset == name]
    return said


def table(said: list[tuple[float, bool, str]]) -> str:
    """Write the reliability table in Markdown."""
    rows = ["| stated | findings | mean stated | measured | off by |", "|---|---|---|---|---|"]
    for low, high in itertools.pairwise(BINS):
        own = [(p, real) for p, real, _ in said if low <= p < high or (high == 1.0 and p == 1.0)]
        if not own:
            rows.append(f"| {low:.1f} to {high:.1f} | 0 | - | - | - |")
            continue
        mean = sum(p for p, _ in own) / len(own)
        measured = sum(real for _, real in own) / len(own)
        few = " (few)" if len(own) < FEWEST else ""
        rows.append(
            f"| {low:.1f} to {high:.1f} | {len(own)}{few} | {mean:.2f} | {measured:.2f} | "
            f"{100 * abs(mean - measured):.0f} points |"
        )
    return "\n".join(rows)


def module_text(found: list[Called]) -> str:
    """Write the module that holds what was fitted on all regions."""
    line, ways = fit(found)
    text = PAGE.read_text(encoding="utf-8")
    head = text[: text.index("CALIBRATIONS:")]
    rows = "".join(
        f'    ("{kind}", "{way}"): Calibration({line[0] + own:.3f}, ({line[1]:.3f}, '
        f"{line[2]:.3f}), {sum(item.way == (kind, way) for item in found)}),\n"
        for (kind, way), own in ways.items()
    )
    spread = DATASET_SPREAD**2
    unknown = line * np.sqrt(
        (1 + LOGISTIC_NORMAL * spread) / (1 + LOGISTIC_NORMAL * (spread + 1 / RIDGE_WAY))
    )
    return (
        f"{head}CALIBRATIONS: dict[tuple[str, str], Calibration] = {{\n{rows}}}\n"
        f'"""By kind of change and way of finding."""\n\n'
        f"ANY_WAY = Calibration({unknown[0]:.3f}, ({unknown[1]:.3f}, {unknown[2]:.3f}), "
        f"{len(found)})\n"
        f'"""For a way that no labelled image has tested: the mean over the spread of ways."""\n'
    )


def main() -> None:
    """Read the arguments, answer, fit and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("--structure-model", default="default")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    benchmark = read_benchmark(given.benchmark)
    work = partial(called_regions, benchmark, Manner(structure_model=given.structure_model))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = [item for part in pool.map(work, benchmark.entries) for item in part]
    said = left_out(found)
    print(table(said))
    for name in sorted({item.dataset for item in found}):
        own = [(p, real) for p, real, dataset in said if dataset == name]
        mean, measured = (sum(column) / len(own) for column in zip(*own, strict=True))
        print(f"{name}: {len(own)} findings, stated {mean:.2f}, measured {measured:.2f}")
    if given.write:
        PAGE.write_text(module_text(found), encoding="utf-8")


if __name__ == "__main__":
    main()
