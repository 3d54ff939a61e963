"""What each detector's constants are worth: chosen without a dataset, or taken out one by one.

    python benchmarks/study.py leave-out BENCHMARK_DIR [FAMILY ...]
    python benchmarks/study.py ablate BENCHMARK_DIR [FAMILY ...]

Only scenes of the *tune* half (`halves.py`) are read.

``leave-out`` chooses the constants of a family of detectors again with each of its datasets left
out in turn (a fifth of the scenes at a time where no other dataset asks the same of the same kind
of numbers), each constant by the mean F1 of the others over the values listed here, and scores
what was left out.  ``ablate`` takes each ingredient out in turn and says what F1 does.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.halves import only_half
from camp_monitor.evaluation.answering import Manner, answer
from camp_monitor.evaluation.benchmark import Benchmark, Entry, read_benchmark, read_truth
from camp_monitor.evaluation.scoring import Counts, count

Setting = tuple[tuple[str, float], ...]
"""Values that stand in for the defaults, by ``module:NAME.field``."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
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
            "vh_db": values("water.radar:CONSTANTS.vh_db", -23, -22, -21),
            "least_px": values("water.radar:CONSTANTS.least_px", 10, 20, 50),
        },
        {
            "dropping of specks": (("water.radar:CONSTANTS.least_px", 1),),
        },
    ),
    "radar-water-8-bit": Family(
        ("etci2021", "ombria_s1"),
        {
            "deviations": values("water.radar:CONSTANTS.deviations", 5.5, 6.5, 7.5),
            "range_part": values("water.radar:CONSTANTS.range_part", 0.18, 0.23, 0.28),
        },
        {
            "dropping of specks": (("water.radar:CONSTANTS.least_px", 1),),
            "surroundings": (("water.radar_flooding:CONSTANTS.around", 0),),
            "darkening": (("water.radar_flooding:CONSTANTS.darkening", 0),),
            "dark before": (("water.radar_flooding:CONSTANTS.dark_before", 0),),
            "regions darker than before": (("water.radar_flooding:CONSTANTS.least_mean_fall", -9),),
        },
    ),
    "radar-flooding-8-bit": Family(
        ("ombria_s1",),
        {
            "around": values("water.radar_flooding:CONSTANTS.around", 0.2, 0.4, 0.6),
            "dark_before": values("water.radar_flooding:CONSTANTS.dark_before", 0.4, 0.6, 0.8),
            "least_mean_fall": values(
                "water.radar_flooding:CONSTANTS.least_mean_fall", 0.1, 0.15, 0.2
            ),
        },
    ),
    "radar-change": Family(
        ("sar_cd_classic",),
        {
            "smoothing": values("construction.radar:CHANGE_CONSTANTS.smoothing", 1, 2, 3),
            "spreads": values("construction.radar:CHANGE_CONSTANTS.spreads", 2.5, 3, 3.6),
        },
        {
            "dark offset": (("construction.radar:CHANGE_CONSTANTS.dark_fraction", 0),),
            "total variation": (("construction.radar:CHANGE_CONSTANTS.smoothing", 0),),
            "threshold in spreads": (("construction.radar:CHANGE_CONSTANTS.spreads", 0),),
        },
    ),
    "radar-construction": Family(
        ("oscd_s1_vv",),
        {
            "most_db": values("construction.radar:CONSTRUCTION_CONSTANTS.most_db", 4, 6, 9),
            "spreads": values("construction.radar:CONSTRUCTION_CONSTANTS.spreads", 2.3, 2.6, 3),
        },
        {
            "bound on one pixel": (("construction.radar:CONSTRUCTION_CONSTANTS.most_db", 99),),
        },
    ),
    "optical-water": Family(
        ("sen1floods11_s2", "ombria_s2", "hls_water12"),
        {
            "border": values("water.optical:CONSTANTS.border", -0.12, -0.09, -0.06),
            "land_percentile": values("water.optical:CONSTANTS.land_percentile", 90, 95, 98),
            "smoothing_px": values("water.optical:CONSTANTS.smoothing_px", 0.3, 0.5, 0.8),
            "brightest": values("water.optical:CONSTANTS.brightest", 0.16, 0.2, 0.25),
            "least_fall": values("water.flooding:CONSTANTS.least_fall", 0.05, 0.1, 0.2),
        },
        {
            "haze taken off": (("water.optical:CONSTANTS.haze_removed", 0),),
            "smoothing": (("water.optical:CONSTANTS.smoothing_px", 0),),
            "bound on infrared": (("water.optical:CONSTANTS.brightest", 1),),
            "slope": (("water.optical:CONSTANTS.steepest_deg", 90),),
            "fall of infrared": (("water.flooding:CONSTANTS.least_fall", -2),),
            "plain open water before": (("water.optical:CONSTANTS.deep_below", 1),),
        },
    ),
    "colours": Family(
        ("nanjing_landsat",),
        {
            "least_log_odds": values("construction.multiband:CONSTANTS.least_log_odds", -1, 0, 1),
            "most_correlation": values(
                "construction.multiband:CONSTANTS.most_correlation", 0.9, 0.95, 0.98
            ),
            "median_px": values("construction.multiband:CONSTANTS.median_px", 1, 3, 5),
        },
        {
            "odds (IR-MAD with Otsu instead)": (
                ("construction.multiband:CONSTANTS.likelihood", 0),
            ),
            "bound on correlations": (("construction.multiband:CONSTANTS.most_correlation", 1),),
            "median": (("construction.multiband:CONSTANTS.median_px", 1),),
        },
    ),
    "built-up": Family(
        ("dsifn", "sztaki_airchange", "toulouse_like"),
        {
            "colour_times": values("construction.built_up:CONSTANTS.colour_times", 1.8, 2.1, 2.5),
            "new_edges": values("construction.built_up:CONSTANTS.new_edges", 0.06, 0.09, 0.13),
            "neighbourhood_m": values(
                "construction.built_up:CONSTANTS.neighbourhood_m", 70, 100, 140
            ),
            "trust": values("construction.built_up:CONSTANTS.trust", 1.2, 1.5, 2),
            "smoothed_cells": values("construction.built_up:CONSTANTS.smoothed_cells", 3, 4, 5.5),
        },
        {
            "edges": (
                ("construction.built_up:CONSTANTS.trust", 1e9),
                ("construction.built_up:CONSTANTS.most_colour", 1),
            ),
            "colours": (("construction.built_up:CONSTANTS.trust", 0),),
            "agreement of the dates": (
                ("construction.built_up:CONSTANTS.trust", 1e9),
                ("construction.built_up:CONSTANTS.most_colour", 0.5),
            ),
            "smoothing": (("construction.built_up:CONSTANTS.smoothed_cells", 0),),
            "edges excused by near ones": (("construction.built_up:CONSTANTS.excused_cells", 1),),
            "least contrast": (("construction.built_up:CONSTANTS.least_contrast", 0),),
        },
    ),
    "changed-ground": Family(
        ("dsifn_4m", "sztaki_4m"),
        {
            "colour_times": values("construction.changed_ground:CONSTANTS.colour_times", 1.8, 2.5),
            "contrast": values("construction.changed_ground:CONSTANTS.contrast", 0.9, 1.4),
            "edges": values("construction.changed_ground:CONSTANTS.edges", 0.07, 0.14),
            "corners": values("construction.changed_ground:CONSTANTS.corners", 0.04, 0.09),
            "lost_share": values("construction.changed_ground:CONSTANTS.lost_share", 0.6, 1),
        },
        {
            "multiples of IR-MAD": (
                ("construction.changed_ground:CONSTANTS.least_trust", 0),
                ("construction.changed_ground:CONSTANTS.most_trust", 0),
            ),
            "new edges": (
                ("construction.changed_ground:CONSTANTS.least_trust", 1),
                ("construction.changed_ground:CONSTANTS.most_trust", 1),
            ),
            "agreement of the dates": (
                ("construction.changed_ground:CONSTANTS.least_trust", 0.5),
                ("construction.changed_ground:CONSTANTS.most_trust", 0.5),
            ),
            "lost edges": (("construction.changed_ground:CONSTANTS.lost_share", 0),),
        },
    ),
    "roofs": Family(
        ("levir_cd", "whu_cd"),
        {
            "least_logit": values("construction.roofs:CONSTANTS.least_logit", -0.5, 0, 0.5),
            "views": values("construction.roofs:CONSTANTS.views", 1, 2),
            "segment_weight": values("construction.roofs:CONSTANTS.segment_weight", 0.5, 0.75, 1),
        },
        {
            "means over segments": (("construction.roofs:CONSTANTS.segment_weight", 0),),
            "second view": (("construction.roofs:CONSTANTS.views", 1),),
        },
    ),
}


def put(setting: Setting) -> None:
    """Let the detectors of this process use other constants: a default is one shared value."""
    for name, value in setting:
        place, attribute = name.rsplit(".", 1)
        module, constant = place.split(":")
        held: Any = getattr(importlib.import_module(f"camp_monitor.detect.{module}"), constant)
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
            chosen = self.benchmark.only(self.datasets(family))
            with ProcessPoolExecutor(
                os.cpu_count(), mp_context=get_context("spawn"), initializer=put,
                initargs=(setting,),
            ) as pool:  # fmt: skip
                found = pool.map(partial(score, chosen), chosen.entries, chunksize=4)
                self.known[key] = {
                    entry.id: counts for entry, counts in zip(chosen.entries, found, strict=True)
                }
        return self.known[key]

    def families(self) -> list[str]:
        """Return the names of the families that the benchmark can try."""
        return [name for name, family in FAMILIES.items() if self.datasets(family)]

    def datasets(self, family: Family) -> tuple[str, ...]:
        """Return the datasets of a family that the benchmark holds."""
        held = {entry.dataset for entry in self.benchmark.entries}
        return tuple(name for name in family.datasets if name in held)

    def ids(self, dataset: str) -> list[str]:
        """Return the entries of a dataset."""
        return [entry.id for entry in self.benchmark.entries if entry.dataset == dataset]

    def folds(self, family: Family) -> dict[str, tuple[str, ...]]:
        """Return what is left out together: a dataset, or a part of the only one."""
        datasets = self.datasets(family)
        entries = self.benchmark.only(datasets).entries
        if len(datasets) > 1:
            return {name: tuple(self.ids(name)) for name in datasets}
        count = min(FOLDS, len(entries))
        return {
            f"part {part + 1}": tuple(entry.id for entry in entries[part::count])
            for part in range(count)
        }


def pooled(scores: Mapping[str, Counts], ids: Iterable[str]) -> Counts:
    """Add the counts of some entries."""
    return sum((scores[name] for name in ids), Counts())


def f1(scores: Mapping[str, Counts], ids: Iterable[str]) -> float:
    """Return the pooled F1 of some entries."""
    return pooled(scores, ids).f1


def chosen_without(bench: Bench, family: Family, left_out: str) -> Setting:
    """Choose each constant by the mean F1 of the other folds, the rest at their defaults."""
    folds = bench.folds(family)
    others = [ids for name, ids in folds.items() if name != left_out]

    def worth(setting: Setting) -> float:
        scores = bench.scores(family, setting)
        if not others:
            return -f1(scores, folds[left_out])
        return round(sum(f1(scores, ids) for ids in others) / len(others), 3)

    chosen: Setting = ()
    for settings in family.choices.values():
        among: tuple[Setting, ...] = ((), *settings)
        chosen += max(among, key=worth)
    return chosen


@dataclass(frozen=True)
class LeftOut:
    """F1 of one dataset with the default constants, and with those chosen without it."""

    dataset: str
    inside: float
    outside: float
    chosen: str


def leave_out(bench: Bench, family: Family) -> list[LeftOut]:
    """Choose the constants of a family without what is scored, and score it."""
    inside = bench.scores(family)
    outside: dict[str, Counts] = {}
    chosen: dict[str, str] = {}
    for name, ids in bench.folds(family).items():
        setting = chosen_without(bench, family, name)
        chosen[name] = ", ".join(f"{key.split('.')[-1]} {value:g}" for key, value in setting)
        scores = bench.scores(family, setting)
        outside |= {entry: scores[entry] for entry in ids}
    found = []
    for dataset in bench.datasets(family):
        own = bench.ids(dataset)
        parts = "; ".join(f"{name}: {said}" for name, said in chosen.items() if said)
        said = chosen.get(dataset, parts) or "nothing"
        found.append(LeftOut(dataset, f1(inside, own), f1(outside, own), said))
    return found


Ablated = list[tuple[str, tuple[Counts, ...]]]
"""What was taken out, and the scores of each dataset of the family."""


def ablate(bench: Bench, family: Family) -> Ablated:
    """Score each dataset of a family: as it is, then with each ingredient taken out."""
    taken: dict[str, Setting] = {"nothing": (), **family.ingredients}
    return [
        (title, tuple(pooled(bench.scores(family, setting), bench.ids(name))
                      for name in bench.datasets(family)))
        for title, setting in taken.items()
    ]  # fmt: skip


def left_out_table(found: Iterable[LeftOut]) -> str:
    """Write what `leave_out` found as a table."""
    head = (
        "| dataset | F1 | F1, constants chosen without it | chosen otherwise |\n|---|---|---|---|"
    )
    rows = (f"| {one.dataset} | {one.inside:.3f} | {one.outside:.3f} | {one.chosen} |"
            for one in found)  # fmt: skip
    return "\n".join((head, *rows))


def ablation_table(datasets: Sequence[str], found: Ablated) -> str:
    """Write F1 and false regions, then what changes of both without each ingredient."""
    (_, usual), *others = found
    whole = (f"{one.f1:.3f}, {one.objects_false} false" for one in usual)
    lines = [
        f"| taken out | {' | '.join(datasets)} |\n|---|{'---|' * len(datasets)}",
        f"| nothing | {' | '.join(whole)} |",
    ]
    for title, without in others:
        changes = (
            f"{one.f1 - as_is.f1:+.3f}, {one.objects_false - as_is.objects_false:+d}"
            for one, as_is in zip(without, usual, strict=True)
        )
        lines.append(f"| {title} | {' | '.join(changes)} |")
    return "\n".join(lines)


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("study", choices=["leave-out", "ablate"])
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES))
    given = parser.parse_args()
    os.environ.update(ONE_THREAD)
    bench = Bench(only_half(read_benchmark(given.benchmark), "tune"))
    for name in given.families or bench.families():
        family = FAMILIES[name]
        table = (
            left_out_table(leave_out(bench, family))
            if given.study == "leave-out"
            else ablation_table(bench.datasets(family), ablate(bench, family))
        )
        print(f"### {name}\n\n{table}\n", flush=True)


if __name__ == "__main__":
    main()
