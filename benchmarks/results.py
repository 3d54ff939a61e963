"""Measure everything that `docs/methods/results.md` states of labelled images, and write the page.

    python -m benchmarks.results BENCHMARK_DIR [BENCHMARK_DIR ...] > docs/methods/results.md

Each BENCHMARK_DIR holds labelled images as `camp-monitor evaluate` reads them and, in
`baselines.json`, the scores of simple methods.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import calibrate
from benchmarks.halves import HEAD, LEAST_CHANGE_FRACTION, Rated, is_missed, rated
from benchmarks.study import ONE_THREAD
from camp_monitor.evaluation.answering import Manner
from camp_monitor.evaluation.benchmark import Benchmark, read_benchmark
from camp_monitor.evaluation.running import Scene, evaluate
from camp_monitor.evaluation.scoring import Counts

PAGE = Path(__file__).with_name("results_page.md")
"""The page's words, with names in braces for what is measured."""
DN8 = ("nanjing_landsat", "sen1floods11_s2", "ombria_s2", "hls_water12")
"""Datasets of the multi-band and water rules, scored again as plain digital numbers."""


def table(found: Sequence[Rated]) -> str:
    """Write one half: a row for each dataset of each folder."""
    return "\n".join((HEAD, *(one.line for one in found)))


def summary(found: Sequence[Rated]) -> str:
    """Compare all rows with the best simple methods, and count what was missed."""
    mine, simple = (
        sum(values) / len(found)
        for values in ([one.counts.f1 for one in found], [one.simple for one in found])
    )
    below = [one.dataset for one in found if one.counts.f1 < one.simple]
    scenes = [scene for one in found for scene in one.scenes]
    missed = sum(map(is_missed, scenes))
    changed = sum(scene.counts.labelled_fraction > LEAST_CHANGE_FRACTION for scene in scenes)
    return (
        f"Mean F1 over {len(found)} rows: **{mine:.3f}**, of the best simple methods "
        f"{simple:.3f}. Below the best simple method: {', '.join(below) or 'none'}. Called "
        f"unchanged: {missed} of {changed} scenes ({missed / max(changed, 1):.1%})."
    )


def quiet_lines(scenes: Iterable[Scene]) -> str:
    """Say what was called where nothing changed."""
    quiet = [scene for scene in scenes if scene.counts.is_quiet]
    share = sum((s.counts for s in quiet), Counts()).called_fraction
    worst = sorted(quiet, key=lambda scene: -scene.counts.called_fraction)
    each = "\n".join(
        f"| {s.id} | {s.counts.labelled_fraction:.2%} | {s.counts.called_fraction:.2%} |"
        for s in worst
    )
    return (
        f"All {len(quiet)} scenes with less than 0.5 % of labelled change together: "
        f"**{share:.2%}** of the pixels are called.\n\n| scene | labelled | called |\n"
        f"|---|---|---|\n{each}"
    )


def objects_table(found: Iterable[Rated]) -> str:
    """Write how many regions were found, missed and false."""
    lines = ["| dataset | labelled regions found | missed | false regions |", "|---|---|---|---|"]
    lines += [
        f"| {one.dataset} | {one.counts.objects_found} | {one.counts.objects_missed} | "
        f"{one.counts.objects_false} |"
        for one in found
    ]
    return "\n".join(lines)


def dn8_table(found: Iterable[Rated]) -> str:
    """Write the table of datasets whose numbers were declared to have no unit."""
    lines = ["| dataset | best simple | F1 as `dn8` | kappa |", "|---|---|---|---|"]
    lines += [
        f"| {one.dataset} | {one.simple:.3f} | {one.counts.f1:.3f} | {one.counts.kappa:.3f} |"
        for one in found
    ]
    return "\n".join(lines)


def commit() -> str:
    """Return the commit of this checkout, marked where files differ from it."""
    said = subprocess.run(
        ("git", "describe", "--always", "--dirty", "--abbrev=10"),
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    return said.stdout.strip()


def main() -> None:
    """Read the arguments, measure and print the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("benchmarks", type=Path, nargs="+")
    given = parser.parse_args()
    os.environ.update(ONE_THREAD)
    benchmarks = [read_benchmark(folder) for folder in given.benchmarks]
    found = {one.folder: evaluate(one) for one in benchmarks}
    check, tune, both = (
        [row for folder, scenes in found.items() for row in rated(folder, scenes, half)]
        for half in ("check", "tune", None)
    )
    plain = [
        Benchmark(one.folder, tuple(entry for entry in one.entries if entry.dataset in DN8))
        for one in benchmarks
    ]
    as_dn8 = [
        row
        for one in plain
        if one.entries
        for row in rated(one.folder, evaluate(one, manner=Manner(as_dn8=True)))
    ]
    reliability, points = calibrate.tables(benchmarks, "check")
    print(
        PAGE.read_text(encoding="utf-8")
        .format(
            commit=commit(),
            on=f"{datetime.now(UTC):%Y-%m-%d}",
            check=table(check),
            check_summary=summary(check),
            tune=table(tune),
            tune_summary=summary(tune),
            objects=objects_table(both),
            quiet=quiet_lines(scene for scenes in found.values() for scene in scenes),
            dn8=dn8_table(as_dn8),
            reliability=reliability,
            points=points,
        )
        .strip()
    )


if __name__ == "__main__":
    main()
