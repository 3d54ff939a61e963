"""Two fixed halves of labelled scenes: *tune* to choose by, *check* to look at once.

    python benchmarks/halves.py BENCHMARK_DIR [BENCHMARK_DIR ...] [--half tune|check]

Prints one row for each dataset of each folder: the F1 of the detectors, that of the best simple
method of the folder's `baselines.json` on the same scenes, and how many scenes were called
unchanged although the labels show change.  Constants and weights are chosen on *tune* alone;
*check* is opened once for each method number.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from camp_monitor.evaluation.benchmark import Benchmark, read_benchmark
from camp_monitor.evaluation.report import rows
from camp_monitor.evaluation.running import Scene, evaluate
from camp_monitor.evaluation.scoring import Counts

Half = Literal["tune", "check"]
HALVES: tuple[Half, ...] = ("tune", "check")
SAME_GROUND = re.compile(r"_(s[12]|\d+m)$")
"""Ends of ids that tell the sensor or the size of the pixels: the ground is the same."""
LEAST_CHANGE_FRACTION = 0.02
"""From this labelled share on, "unchanged" is wrong."""
LEAST_SEEN_FRACTION = 0.5
"""Of less than this, a scan says "not seen"."""
HEAD = (
    "| dataset | scenes | best simple | its F1 | F1 | precision | recall | called unchanged |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


def half_of(scene_id: str) -> Half:
    """Tell the half of a scene, by a hash of its ground's name: the same for every sensor of it."""
    digest = hashlib.sha256(SAME_GROUND.sub("", scene_id).encode()).digest()
    return HALVES[digest[0] % 2]


def only_half(benchmark: Benchmark, half: Half) -> Benchmark:
    """Keep the scenes of one half."""
    kept = tuple(entry for entry in benchmark.entries if half_of(entry.id) == half)
    return Benchmark(benchmark.folder, kept)


def is_missed(scene: Scene) -> bool:
    """Whether a scene whose labels show change would be called unchanged."""
    counts = scene.counts
    seen = counts.unseen_fraction <= 1 - LEAST_SEEN_FRACTION
    return counts.labelled_fraction > LEAST_CHANGE_FRACTION and counts.called_fraction == 0 and seen


def best_simple(scenes: Sequence[Scene], baselines: dict[str, Any]) -> tuple[str, float]:
    """Return the simple method with the best F1 over these scenes, and that F1.

    The file holds shares for each scene; with the number of labelled pixels they are counts again.
    """
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for scene in scenes:
        labelled = scene.counts.true_positive + scene.counts.false_negative
        for method, score in baselines["ids"].get(scene.id, {}).items():
            right = (score["recall"] or 0) * labelled  # None: nothing labelled
            total = found[method]
            total[0] += right
            called = (score["predicted_share"] or 0) * scene.counts.scored  # None: nothing scored
            total[1] += called - right
            total[2] += labelled - right
    f1 = {
        name: 2 * right / max(2 * right + wrong + missed, 1)
        for name, (right, wrong, missed) in found.items()
    }
    return max(f1.items(), key=lambda item: item[1], default=("", 0.0))


@dataclass(frozen=True)
class Rated:
    """One dataset of one folder beside the best simple method on the same scenes."""

    dataset: str
    scenes: tuple[Scene, ...]
    counts: Counts
    method: str
    simple: float

    @property
    def line(self) -> str:
        """Row of the table under `HEAD`."""
        changed = sum(s.counts.labelled_fraction > LEAST_CHANGE_FRACTION for s in self.scenes)
        missed = sum(map(is_missed, self.scenes))
        counts = self.counts
        return (
            f"| {self.dataset} | {len(self.scenes)} | {self.method} | {self.simple:.3f} | "
            f"{counts.f1:.3f} | {counts.precision:.3f} | {counts.recall:.3f} | "
            f"{missed} of {changed} |"
        )


def rated(folder: Path, scenes: Sequence[Scene], half: Half | None = None) -> list[Rated]:
    """Rate what `evaluate` gave of a folder, one half of it or all, by dataset."""
    baselines = json.loads((folder / "baselines.json").read_text(encoding="utf-8"))
    kept = [scene for scene in scenes if half is None or half_of(scene.id) == half]
    return [
        Rated(row.dataset, tuple(row.scenes), row.counts, *best_simple(row.scenes, baselines))
        for row in rows(kept)
    ]


def read_arguments(about: str | None) -> argparse.Namespace:
    """Read which folders, which half, and with how many processes."""
    parser = argparse.ArgumentParser(description=(about or "").split("\n\n")[0])
    parser.add_argument("benchmarks", type=Path, nargs="+")
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--workers", type=int)
    return parser.parse_args()


def main() -> None:
    """Read the arguments and print the table."""
    given = read_arguments(__doc__)
    print(HEAD)
    for folder in given.benchmarks:
        scenes = evaluate(only_half(read_benchmark(folder), given.half), workers=given.workers)
        for one in rated(folder, scenes):
            print(one.line, flush=True)


if __name__ == "__main__":
    main()
