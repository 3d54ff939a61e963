"""Fit how sure a finding is on labelled images, and show how well it holds where it was not fitted.

    python benchmarks/calibrate.py BENCHMARK_DIR [BENCHMARK_DIR ...] [--half tune|check]
        [--structure-model NAME] [--write | --write-points]

Every region that the detectors call is one finding; it is real when at least a quarter of its
scored pixels is labelled.  Pixels of 3 to 12 m have no labelled images of their own: finer ones are
averaged to 5 m for them.  One logistic line (evidence, size) is shared by all ways of finding; each
way and each dataset has an intercept of its own, drawn towards zero.  Of a place that no dataset
holds, the last is not known: what is stated is the mean over its spread (a logistic-normal mean),
which lies nearer to one half.  The reliability table is of findings
whose whole dataset was left out of the fit.  ``--write`` fits on all of *tune* and writes
``camp_monitor/assess/calibrations.py``.

For each working point of the sensitivity, kind and way it says how many of the findings were real
and how many of the labelled changes were found, by the probabilities of those same left-out fits;
regions that were nearly called are candidates, and enter no fit.  ``--write-points`` writes these
alone, and leaves the fitted lines as they are.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage, optimize
from scipy.special import expit

from benchmarks.halves import HALVES, Half, only_half
from camp_monitor.assess.calibrations import CALIBRATIONS, EXPECTED, Expected
from camp_monitor.assess.probability import NEVER_LESS_SURE, NEVER_SURER, evidence_of
from camp_monitor.assess.working_points import WORKING_POINTS, counts
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.construction.method import FINE_UNDER_M
from camp_monitor.detect.regions import candidate_pixels, label_regions
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
from camp_monitor.evaluation.scoring import FOUND_FRACTION, LEAST_OBJECT_PX
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
PAGE = Path(__file__).parents[1] / "camp_monitor" / "assess" / "calibrations.py"


@dataclass(frozen=True)
class Called:
    """One region that a detector called, or nearly did (`was_called`); None: not to be judged."""

    dataset: str
    way: tuple[str, str]
    evidence: tuple[float, float]
    is_real: bool | None
    was_called: bool = True


@dataclass(frozen=True)
class Scene:
    """What was found in one image: regions, and of each labelled change what they cover of it.

    Parameters
    ----------
    dataset : str
    way : (str, str)
        Kind and way of what was asked.
    regions : tuple of Called
    covered : ndarray
        float, (labelled change, region): share of the change's pixels.
    """

    dataset: str
    way: tuple[str, str]
    regions: tuple[Called, ...]
    covered: NDArray[np.float64]


def looked_at(benchmark: Benchmark, manner: Manner, entry: Entry) -> list[Scene]:
    """Answer one entry, and its coarser copy, and hold each against the labels."""
    try:
        given = answer(benchmark, entry, manner)
    except Refusal:
        return []
    truth = read_truth(benchmark, entry)
    found = _coarse(benchmark, entry, truth)
    if given.candidates is None:
        return found
    way = (given.kind, given.way)
    masks = (given.called == 1, given.candidates)
    return [_scene(entry.dataset, way, masks, given.strength, truth), *found]


def _scene(
    dataset: str,
    way: tuple[str, str],
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    strength: NDArray[np.float32],
    truth: NDArray[np.uint8],
) -> Scene:
    """Hold what was called, and what was nearly called, against the labels."""
    (called, count), (nearly, more) = (label_regions(mask, 1) for mask in masks)
    labels = np.where(called > 0, called, np.where(nearly > 0, nearly + count, 0))
    changes, number = ndimage.label(truth == 1, np.ones((3, 3)))
    shared = np.zeros((number + 1, count + more + 1))
    np.add.at(shared, (changes, labels), 1)
    sizes = shared.sum(axis=1)
    large = np.flatnonzero(sizes[1:] >= LEAST_OBJECT_PX) + 1
    regions = []
    for region in range(1, count + more + 1):
        here = labels == region
        scored = here & (truth != UNSCORED)
        evidence = evidence_of(float(np.median(strength[here])), int(here.sum()))
        is_real = None
        if scored.sum() >= here.sum() / 2:
            is_real = bool((truth[scored] == 1).mean() >= FOUND_FRACTION)
        regions.append(Called(dataset, way, evidence, is_real, region <= count))
    return Scene(dataset, way, tuple(regions), shared[large, 1:] / sizes[large, None])


def _coarse(benchmark: Benchmark, entry: Entry, truth: NDArray[np.uint8]) -> list[Scene]:
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
        _scene(
            entry.dataset, (change.kind, change.way),
            (label_regions(change.changed, change.least_px)[0] > 0,
             candidate_pixels(change, detection.seen)),
            change.strength, coarse,
        )
        for change in detection.changes
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


Line = tuple[NDArray[np.float64], dict[tuple[str, str], float]]


def left_out(found: list[Called]) -> dict[str, Line]:
    """Return for each dataset the fit on the regions of all others."""
    names = sorted({item.dataset for item in found})
    return {name: fit([item for item in found if item.dataset != name]) for name in names}


def called_in(scenes: list[Scene]) -> list[Called]:
    """Return the regions that were called and can be judged."""
    every = (one for scene in scenes for one in scene.regions)
    return [one for one in every if one.was_called and one.is_real is not None]


def said_of(found: list[Called], lines: dict[str, Line]) -> list[tuple[float, bool, str]]:
    """Return what is stated of each region without its dataset, whether it is real, its dataset."""
    return [(stated(one, *lines[one.dataset]), bool(one.is_real), one.dataset) for one in found]


def expected(scenes: list[Scene], lines: dict[str, Line]) -> dict[tuple[str, str, str], Expected]:
    """Say what each working point finds, by kind and way, with what `left_out` gave."""
    points = {}
    for way, name in itertools.product(sorted({one.way for one in scenes}), WORKING_POINTS):
        real, found, changes = [], 0, 0
        for scene in (one for one in scenes if one.way == way and one.dataset in lines):
            line = lines[scene.dataset]
            kept = np.array(
                [counts(stated(one, *line), one.was_called, name) for one in scene.regions], bool
            )
            judged = zip(scene.regions, kept, strict=True)
            real += [one.is_real for one, is_kept in judged if is_kept and one.is_real is not None]
            found += int((scene.covered[:, kept].sum(axis=1) >= FOUND_FRACTION).sum())
            changes += len(scene.covered)
        if real and changes:
            precision, recall = round(sum(real) / len(real), 2), round(found / changes, 2)
            points[(*way, name)] = Expected(precision, recall, len(real), changes)
    return points


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


def scored(
    benchmarks: Iterable[Benchmark], half: Half, manner: Manner
) -> tuple[list[Scene], dict[str, Line]]:
    """Answer one half; return its scenes and, by dataset, the line that states probabilities.

    Of *tune*, fits without the dataset; of *check*, what the program states, fitted on *tune*.
    """
    scenes = []
    for benchmark in benchmarks:
        own = only_half(benchmark, half)
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            found = pool.map(partial(looked_at, own, manner), own.entries)
            scenes += [item for part in found for item in part]
    if half == "tune":
        return scenes, left_out(called_in(scenes))
    return scenes, dict.fromkeys({one.dataset for one in scenes}, shipped())


def shipped() -> Line:
    """Return the line by which the program states probabilities."""
    weights = {one.weights for one in CALIBRATIONS.values()}
    (shared,) = weights
    return np.array((0.0, *shared)), {way: one.intercept for way, one in CALIBRATIONS.items()}


def reliability_table(scenes: list[Scene], lines: dict[str, Line]) -> str:
    """Write what is stated beside what was measured: by bins, then by dataset."""
    found = [one for one in called_in(scenes) if one.way in CALIBRATIONS]
    said = said_of(found, lines)
    rows = [table(said), "", "| dataset | findings | stated | measured |", "|---|---|---|---|"]
    for name in sorted({item.dataset for item in found}):
        own = [(p, real) for p, real, dataset in said if dataset == name]
        mean, measured = (sum(column) / len(own) for column in zip(*own, strict=True))
        rows.append(f"| {name} | {len(own)} | {mean:.2f} | {measured:.2f} |")
    return "\n".join(rows)


def points_table(points: dict[tuple[str, str, str], Expected]) -> str:
    """Write what each working point gave beside what the program prints of it."""
    rows = [
        "| kind | way | sensitivity | precision | as printed | recall | as printed | findings "
        "| changes |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (kind, way, name), one in points.items():
        own = EXPECTED.get((kind, way, name))
        printed = (f"{own.precision:.2f}", f"{own.recall:.2f}") if own else ("-", "-")
        rows.append(
            f"| {kind} | {way} | {name} | {one.precision:.2f} | {printed[0]} | {one.recall:.2f} | "
            f"{printed[1]} | {one.findings} | {one.changes} |"
        )
    return "\n".join(rows)


def tables(benchmarks: Iterable[Benchmark], half: Half) -> tuple[str, str]:
    """Return the tables of reliability and of the working points of one half."""
    scenes, lines = scored(benchmarks, half, Manner())
    return reliability_table(scenes, lines), points_table(expected(scenes, lines))


def points_text(points: dict[tuple[str, str, str], Expected]) -> str:
    """Write what the working points give, as the end of the module."""
    rows = "".join(
        f'    ("{kind}", "{way}", "{name}"): Expected({one.precision:.2f}, {one.recall:.2f}, '
        f"{one.findings}, {one.changes}),\n"
        for (kind, way, name), one in points.items()
    )
    return (
        f"\nEXPECTED: dict[tuple[str, str, str], Expected] = {{\n{rows}}}\n"
        f'"""By kind of change, way of finding and working point."""\n'
    )


def lines_text(head: str, found: list[Called]) -> str:
    """Write the module up to what was fitted on all regions; `head` is what stands above."""
    line, ways = fit(found)
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
    parser.add_argument("benchmarks", type=Path, nargs="+")
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--structure-model", default="default")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--write-points", action="store_true")
    given = parser.parse_args()
    benchmarks = [read_benchmark(folder) for folder in given.benchmarks]
    scenes, lines = scored(benchmarks, given.half, Manner(structure_model=given.structure_model))
    print("\n\n".join((reliability_table(scenes, lines), points_table(expected(scenes, lines)))))
    if given.write or given.write_points:
        kept, _, _ = PAGE.read_text(encoding="utf-8").partition("\nEXPECTED:")
        if given.write:
            kept = lines_text(kept[: kept.index("CALIBRATIONS:")], called_in(scenes))
        PAGE.write_text(kept + points_text(expected(scenes, lines)), encoding="utf-8")


if __name__ == "__main__":
    main()
