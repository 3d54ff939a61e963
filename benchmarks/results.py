"""Measure everything that `docs/methods/results.md` states of labelled images, and write the page.

    python -m benchmarks.results BENCHMARK_DIR [--without DIR] > docs/methods/results.md

BENCHMARK_DIR holds labelled images as `camp-monitor evaluate` reads them and, in `baselines.json`,
the scores of simple methods.  DIR holds research weights of the roof network, each taught without
one dataset (`benchmarks/train_roofs.py --leave-out NAME -o DIR/NAME.npz`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks import calibrate, study
from camp_monitor.evaluation.answering import Manner, answer
from camp_monitor.evaluation.benchmark import Benchmark, Entry, read_benchmark, read_truth
from camp_monitor.evaluation.report import Row, rows
from camp_monitor.evaluation.running import evaluate
from camp_monitor.evaluation.scoring import Counts, count

GOALS = {
    "nanjing_landsat": 0.84, "oscd_s1_vv": 0.38, "levir_cd": 0.40, "whu_cd": 0.45, "dsifn": 0.54,
    "sztaki_airchange": 0.38, "toulouse_like": 0.60, "sen1floods11_s1": 0.90,
    "sen1floods11_s2": 0.86, "ombria_s1": 0.70, "ombria_s2": 0.58, "sar_cd_classic": 0.89,
    "etci2021": 0.65, "hls_water12": 0.82,
}  # fmt: skip
"""F1 that was set as the goal before the work began."""
PAGE = Path(__file__).with_name("results_page.md")
"""The page's words, with names in braces for what is measured."""
DN8 = ("nanjing_landsat", "sen1floods11_s2", "ombria_s2", "hls_water12")
"""Datasets of the multi-band and water rules, scored again as plain digital numbers."""


@dataclass(frozen=True)
class Simple:
    """The best simple method of a dataset."""

    name: str
    f1: float
    kappa: float


def best_simple(folder: Path) -> dict[str, Simple]:
    """Read the best method by F1, and the best kappa of any, of each dataset."""
    said = json.loads((folder / "baselines.json").read_text(encoding="utf-8"))["datasets"]
    found = {}
    for dataset, entry in said.items():
        methods = entry["methods"]
        f1, name = max((method["f1"], name) for name, method in methods.items())
        found[dataset] = Simple(name, f1, max(method["kappa"] for method in methods.values()))
    return found


def research_score(benchmark: Benchmark, dataset: str, weights: Path) -> Counts:
    """Score one dataset with research weights that were taught without it."""
    chosen = benchmark.only((dataset,))
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = pool.map(partial(_research, chosen, str(weights.resolve())), chosen.entries)
        return sum(found, Counts())


def _research(benchmark: Benchmark, weights: str, entry: Entry) -> Counts:
    given = answer(benchmark, entry, Manner(structure_model=weights))
    return count(given.called, read_truth(benchmark, entry))


def scored(benchmark: Benchmark, manner: Manner) -> dict[str, Row]:
    """Run `camp-monitor evaluate` and return its rows."""
    return {row.dataset: row for row in rows(evaluate(benchmark, manner=manner))}


def main_table(
    found: Mapping[str, Row],
    simple: Mapping[str, Simple],
    research: Mapping[str, Counts],
    outside: Mapping[str, float],
) -> str:
    """Write the table of all datasets."""
    lines = [
        "| dataset | scenes | best simple | its F1 | its kappa | goal | F1 | kappa | F1, constants "
        "chosen without it | F1 research | kappa research | precision | recall | mean F1 of scenes "
        "| not seen | s/Mpx |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in found.items():
        base, counts = simple[name], row.counts
        learned = research.get(name)
        other = (f"{learned.f1:.3f}", f"{learned.kappa:.3f}") if learned else ("same", "same")
        goal = f"{GOALS[name]:.2f}" if name in GOALS else "-"
        cells = (
            name, str(len(row.scenes)), base.name, f"{base.f1:.3f}", f"{base.kappa:.3f}", goal,
            f"**{counts.f1:.3f}**", f"{counts.kappa:.3f}",
            f"{outside[name]:.3f}" if name in outside else "-", *other,
            f"{counts.precision:.3f}", f"{counts.recall:.3f}",
            "-" if row.mean_f1 is None else f"{row.mean_f1:.3f}",
            f"{counts.unseen_fraction:.1%}", f"{row.seconds_per_megapixel:.1f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def dn8_table(found: Mapping[str, Row], simple: Mapping[str, Simple]) -> str:
    """Write the table of datasets whose numbers were declared to have no unit."""
    lines = ["| dataset | best simple | F1 as `dn8` | kappa |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {simple[name].f1:.3f} | {row.counts.f1:.3f} | {row.counts.kappa:.3f} |"
        for name, row in found.items()
    ]
    return "\n".join(lines)


def quiet_lines(found: Mapping[str, Row]) -> str:
    """Say what was called where nothing changed."""
    quiet = [s for row in found.values() for s in row.scenes if s.counts.is_quiet]
    share = sum((s.counts for s in quiet), Counts()).called_fraction
    worst = sorted(quiet, key=lambda scene: -scene.counts.called_fraction)
    shares = ((s.id, s.counts.labelled_fraction, s.counts.called_fraction) for s in worst)
    each = "\n".join(f"| {name} | {true:.2%} | {called:.2%} |" for name, true, called in shares)
    return (
        f"All {len(quiet)} scenes with less than 0.5 % of labelled change together: "
        f"**{share:.2%}** of the pixels are called.\n\n| scene | labelled | called |\n"
        f"|---|---|---|\n{each}"
    )


def objects_table(found: Mapping[str, Row]) -> str:
    """Write how many regions were found, missed and false."""
    lines = ["| dataset | labelled regions found | missed | false regions |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {row.counts.objects_found} | {row.counts.objects_missed} | "
        f"{row.counts.objects_false} |"
        for name, row in found.items()
    ]
    return "\n".join(lines)


def reliability(benchmark: Benchmark) -> str:
    """Fit without each dataset in turn and write what was stated beside what was measured."""
    work = partial(calibrate.looked_at, benchmark, Manner())
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        scenes = [item for part in pool.map(work, benchmark.entries) for item in part]
    found = calibrate.called_in(scenes)
    said = calibrate.said_of(found, calibrate.left_out(found))
    lines = [calibrate.table(said), "", "| dataset | findings | stated | measured |",
             "|---|---|---|---|"]  # fmt: skip
    for name in sorted({item.dataset for item in found}):
        own = [(p, real) for p, real, dataset in said if dataset == name]
        mean, measured = (sum(column) / len(own) for column in zip(*own, strict=True))
        lines.append(f"| {name} | {len(own)} | {mean:.2f} | {measured:.2f} |")
    return "\n".join(lines)


def commit() -> str:
    """Return the commit of this checkout, marked where files differ from it."""
    said = subprocess.run(
        ("git", "describe", "--always", "--dirty", "--abbrev=10"),
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    return said.stdout.strip()


def mean_loss(inside: Iterable[study.LeftOut]) -> str:
    """Say what the constants lose on average when others choose them."""
    losses = [one.inside - one.outside for one in inside]
    return (
        f"Mean loss over {len(losses)} rows: **{sum(losses) / len(losses):.3f}**; "
        f"largest: {max(losses):.3f}."
    )


def main() -> None:
    """Read the arguments, measure and print the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("--without", type=Path, help="research weights, each without one dataset")
    given = parser.parse_args()
    os.environ.update(study.ONE_THREAD)
    benchmark = read_benchmark(given.benchmark)
    simple = best_simple(given.benchmark)
    found = scored(benchmark, Manner())
    research = {
        path.stem: research_score(benchmark, path.stem, path)
        for path in sorted(given.without.glob("*.npz") if given.without else ())
    }
    bench = study.Bench(benchmark)
    left: dict[str, list[study.LeftOut]] = {
        name: study.leave_out(bench, family) for name, family in study.FAMILIES.items()
    }
    worst: dict[str, study.LeftOut] = {}
    for one in (one for part in left.values() for one in part):
        if one.dataset not in worst or one.outside < worst[one.dataset].outside:
            worst[one.dataset] = one
    outside = {name: one.outside for name, one in worst.items()}
    as_dn8 = scored(benchmark.only(DN8), Manner(as_dn8=True))
    print(
        PAGE.read_text(encoding="utf-8")
        .format(
            commit=commit(),
            table=main_table(found, simple, research, outside),
            objects=objects_table(found),
            quiet=quiet_lines(found),
            dn8=dn8_table(as_dn8, simple),
            loss=mean_loss(worst.values()),
            left_out="\n\n".join(
                f"**{name}**\n\n{study.left_out_table(part)}" for name, part in left.items()
            ),
            ablation="\n\n".join(
                f"**{name}**\n\n{study.ablation_table(family, study.ablate(bench, family))}"
                for name, family in study.FAMILIES.items()
                if family.ingredients
            ),
            reliability=reliability(benchmark),
        )
        .strip()
    )


if __name__ == "__main__":
    main()
