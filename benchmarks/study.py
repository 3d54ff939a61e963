"""What each detector's constants are worth: chosen without a dataset, or taken out one by one.

    python benchmarks/study.py leave-out BENCHMARK_DIR [FAMILY ...]
    python benchmarks/study.py ablate BENCHMARK_DIR [FAMILY ...]

``leave-out`` chooses the constants of a family of detectors again with each of its datasets left
out in turn (a fifth of the scenes at a time where no other dataset asks the same of the same kind
of numbers), each constant by the mean F1 of the others over the values listed here, and scores
what was left out.  ``ablate`` takes each ingredient out in turn and says what F1 does.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from camp_monitor.evaluation.answering import Manner, answer
from camp_monitor.evaluation.benchmark import Benchmark, Entry, read_benchmark, read_truth
from camp_monitor.evaluation.scoring import Counts, count

Setting = tuple[tuple[str, float], ...]
"""Values that stand in for the defaults, by ``module:NAME.field``."""
FOLDS = 5
"""A family with one dataset leaves out a fifth of its scenes at a time."""


@dataclass(frozen=True)
class Family:
    """Detectors that share constants, and the datasets that try them.

    Parameters
    ----------
    datasets : tuple of str
    choices : dict
        What each constant may be instead of its default, by its name.
    ingredients : dict
        What takes an ingredient out, by its name.
    """

    datasets: tuple[str, ...]
    choices: Mapping[str, tuple[Setting, ...]]
    ingredients: Mapping[str, Setting] = field(default_factory=dict)


def values(name: str, *among: float) -> tuple[Setting, ...]:
    """Return one setting for each value of one constant."""
    return tuple(((name, value),) for value in among)


FAMILIES: dict[str, Family] = {
    "radar-water-db": Family(
        ("sen1floods11_s1",),
        {
            "vh_db": values("radar_water:CONSTANTS.vh_db", -23, -22, -21),
            "vv_adds": values("radar_water:CONSTANTS.vv_adds", 0, 0.5, 1),
            "least_px": values("radar_water:CONSTANTS.least_px", 10, 20, 50),
        },
        {
            "VV adding to VH": (("radar_water:CONSTANTS.vv_adds", 0),),
            "dropping of specks": (("radar_water:CONSTANTS.least_px", 1),),
        },
    ),
    "radar-water-8-bit": Family(
        ("etci2021", "ombria_s1"),
        {
            "land_part": tuple(
                (
                    ("radar_water:CONSTANTS.land_part", part),
                    ("radar_flooding:CONSTANTS.land_part", part),
                )
                for part in (0.6, 0.65, 0.7)
            ),
        },
        {
            "dropping of specks": (("radar_water:CONSTANTS.least_px", 1),),
            "regions darker than before": (("radar_flooding:CONSTANTS.least_share", 0),),
            "very dark before": (("radar_flooding:CONSTANTS.very_dark", 0),),
        },
    ),
    "radar-flooding-8-bit": Family(
        ("ombria_s1",),
        {
            "land_part": values("radar_flooding:CONSTANTS.land_part", 0.65, 0.7, 0.75),
            "least_share": values("radar_flooding:CONSTANTS.least_share", 0.15, 0.25, 0.4),
            "least_drop": values("radar_flooding:CONSTANTS.least_drop", 0.03, 0.06, 0.1),
        },
    ),
    "radar-change": Family(
        ("sar_cd_classic",),
        {
            "smoothing": values("radar_change:CHANGE_CONSTANTS.smoothing", 1, 2, 3),
            "spreads": values("radar_change:CHANGE_CONSTANTS.spreads", 3, 3.6, 4.2),
        },
        {
            "dark offset": (("radar_change:CHANGE_CONSTANTS.dark_fraction", 0),),
            "total variation": (("radar_change:CHANGE_CONSTANTS.smoothing", 0),),
            "threshold in spreads": (("radar_change:CHANGE_CONSTANTS.spreads", 0),),
        },
    ),
    "radar-construction": Family(
        ("oscd_s1_vv",),
        {
            "most_db": values("radar_change:CONSTRUCTION_CONSTANTS.most_db", 4, 6, 9),
            "spreads": values("radar_change:CONSTRUCTION_CONSTANTS.spreads", 2.5, 3, 3.5),
        },
        {
            "mean of the field taken off": (("radar_change:CONSTRUCTION_CONSTANTS.field_m", 0),),
        },
    ),
}


def put(setting: Setting) -> None:
    """Let the detectors of this process use other constants: a default is one shared value."""
    for name, value in setting:
        place, attribute = name.rsplit(".", 1)
        module, constant = place.split(":")
        held: Any = getattr(importlib.import_module(f"camp_monitor.detection.{module}"), constant)
        object.__setattr__(held, attribute, type(getattr(held, attribute))(value))


def score(benchmark: Benchmark, entry: Entry) -> Counts:
    """Answer and score one entry."""
    return count(answer(benchmark, entry, Manner()).called, read_truth(benchmark, entry))


class Bench:
    """A benchmark that remembers what it has scored."""

    def __init__(self, benchmark: Benchmark) -> None:
        self.benchmark = benchmark
        self.known: dict[tuple[tuple[str, ...], Setting], dict[str, Counts]] = {}

    def scores(self, family: Family, setting: Setting = ()) -> dict[str, Counts]:
        """Return the counts of each entry of a family under a setting, by its id."""
        key = (family.datasets, setting)
        if key not in self.known:
            chosen = self.benchmark.only(family.datasets)
            with ProcessPoolExecutor(
                os.cpu_count(), mp_context=get_context("spawn"), initializer=put,
                initargs=(setting,),
            ) as pool:  # fmt: skip
                found = pool.map(partial(score, chosen), chosen.entries, chunksize=4)
                self.known[key] = {
                    entry.id: counts for entry, counts in zip(chosen.entries, found, strict=True)
                }
        return self.known[key]

    def folds(self, family: Family) -> dict[str, tuple[str, ...]]:
        """Return what is left out together: a dataset, or a part of the only one."""
        entries = self.benchmark.only(family.datasets).entries
        if len(family.datasets) > 1:
            return {
                name: tuple(entry.id for entry in entries if entry.dataset == name)
                for name in family.datasets
            }
        count = min(FOLDS, len(entries))
        return {
            f"part {part + 1}": tuple(entry.id for entry in entries[part::count])
            for part in range(count)
        }


def f1(scores: Mapping[str, Counts], ids: Iterable[str]) -> float:
    """Return the pooled F1 of some entries."""
    return sum((scores[name] for name in ids), Counts()).f1


def chosen_without(bench: Bench, family: Family, left_out: str) -> Setting:
    """Choose each constant by the mean F1 of the other folds, the rest at their defaults."""
    others = [ids for name, ids in bench.folds(family).items() if name != left_out]
    chosen: list[tuple[str, float]] = []
    for settings in family.choices.values():

        def mean(setting: Setting) -> float:
            scores = bench.scores(family, setting)
            return round(sum(f1(scores, ids) for ids in others) / len(others), 3)

        best = max(((), *settings), key=mean)
        chosen += best
    return tuple(chosen)


def leave_out(bench: Bench, family: Family) -> None:
    """Print the figures of a family with constants chosen without what is scored."""
    folds = bench.folds(family)
    inside = bench.scores(family)
    outside: dict[str, Counts] = {}
    words = {}
    for name, ids in folds.items():
        setting = chosen_without(bench, family, name)
        words[name] = ", ".join(f"{key.split('.')[-1]} {value:g}" for key, value in setting)
        scores = bench.scores(family, setting)
        outside |= {entry: scores[entry] for entry in ids}
    print(
        "| dataset | F1 | F1, constants chosen without it | chosen otherwise |\n|---|---|---|---|"
    )
    entries = bench.benchmark.only(family.datasets).entries
    for dataset in family.datasets:
        own = [entry.id for entry in entries if entry.dataset == dataset]
        said = words.get(dataset) or "; ".join(f"{n}: {w}" for n, w in words.items() if w)
        if len(family.datasets) > 1:
            said = words[dataset]
        print(
            f"| {dataset} | {f1(inside, own):.3f} | {f1(outside, own):.3f} | {said or 'nothing'} |",
            flush=True,
        )
    print()


def ablate(bench: Bench, family: Family) -> None:
    """Print what taking each ingredient out does to each dataset."""
    entries = bench.benchmark.only(family.datasets).entries

    def cells(scores: Mapping[str, Counts]) -> list[float]:
        return [
            f1(scores, [entry.id for entry in entries if entry.dataset == name])
            for name in family.datasets
        ]

    whole = cells(bench.scores(family))
    print(f"| taken out | {' | '.join(family.datasets)} |\n|---|{'---|' * len(family.datasets)}")
    print("| nothing | " + " | ".join(f"{value:.3f}" for value in whole) + " |")
    for title, setting in family.ingredients.items():
        without = cells(bench.scores(family, setting))
        said = (f"{value - usual:+.3f}" for value, usual in zip(without, whole, strict=True))
        print(f"| {title} | {' | '.join(said)} |", flush=True)
    print()


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("study", choices=["leave-out", "ablate"])
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES))
    given = parser.parse_args()
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    bench = Bench(read_benchmark(given.benchmark))
    for name in given.families or FAMILIES:
        print(f"### {name}\n")
        (leave_out if given.study == "leave-out" else ablate)(bench, FAMILIES[name])


if __name__ == "__main__":
    main()
