"""``camp-monitor evaluate``: how well the detectors do on labelled images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.progress import progress
from camp_monitor.errors import EvaluationError

if TYPE_CHECKING:
    from camp_monitor.evaluation.report import Row
    from camp_monitor.evaluation.running import Scene


@click.command(epilog="Example: camp-monitor evaluate labelled/ --json scores.json")
@click.argument("folder", metavar="BENCHMARK_DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--predictions",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each answer as DIR/<id>.tif: 0 unchanged, 1 changed, 255 not seen.",
)
@click.option(
    "--json",
    "scores",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all scores, of every dataset and scene.",
)
@click.option(
    "--dataset",
    "datasets",
    metavar="NAME",
    multiple=True,
    help="Only this dataset of the list; may be repeated.",
)
@click.option(
    "--structure-model",
    metavar="FILE",
    default="default",
    show_default=True,
    help="How new roofs are told: a file of weights that benchmarks/train_roofs.py wrote.",
)
@click.option(
    "--as-dn8", is_flag=True, help="Declare optical numbers as plain digital numbers, unscaled."
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes to run; by default one for each core.",
)
@click.pass_obj
def evaluate(
    context: Context,
    /,
    folder: Path,
    predictions: Path | None,
    scores: Path | None,
    **asked: Any,
) -> None:
    """Run the detectors of a scan on labelled pairs and score them.

    BENCHMARK_DIR holds pairs.json and the images and labels that it names.  The labels of a pair
    are opened once its answer stands, and only to score it.  Detectors are chosen by kind, mode,
    bands, quantity and pixel size.  What cannot be read or compared counts as not seen.
    """
    from camp_monitor.evaluation.answering import Manner
    from camp_monitor.evaluation.benchmark import read_benchmark
    from camp_monitor.evaluation.report import plain, rows
    from camp_monitor.evaluation.running import evaluate as run

    benchmark = read_benchmark(folder).only(asked["datasets"])
    manner = Manner(structure_model=asked["structure_model"], as_dn8=asked["as_dn8"])
    with progress(context, "Answering and scoring") as start:
        advance = start(len(benchmark.entries))
        scenes = run(
            benchmark, manner=manner, predictions=predictions, workers=asked["workers"],
            progress=advance,
        )  # fmt: skip
    said = plain(scenes)
    if scores is not None:
        _write(scores, said)
    if context.as_json:
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        _print(context, rows(scenes), scenes, said["quiet_called_fraction"])


def _write(path: Path, said: dict[str, Any]) -> None:
    try:
        path.write_text(
            json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be written ({error.strerror}): name another file."
        ) from error


def _print(
    context: Context, found: tuple[Row, ...], scenes: tuple[Scene, ...], quiet: float | None
) -> None:
    from rich.table import Table

    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import sentence

    table = Table(box=None, pad_edge=False)
    table.add_column("Dataset")
    for name in (
        "Scenes", "Prec.", "Recall", "F1", "IoU", "Kappa", "Mean F1", "Not seen", "Found",
        "Missed", "False", "s/Mpx",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for row in found:
        counts = row.counts
        table.add_row(
            row.dataset, str(len(row.scenes)),
            *(f"{value:.3f}" for value in (
                counts.precision, counts.recall, counts.f1, counts.iou, counts.kappa)),
            "-" if row.mean_f1 is None else f"{row.mean_f1:.3f}",
            f"{counts.unseen_fraction:.1%}", str(counts.objects_found),
            str(counts.objects_missed), str(counts.objects_false),
            f"{row.seconds_per_megapixel:.1f}",
        )  # fmt: skip
    context.console.print(table)
    if quiet is not None:
        context.console.print(
            f"\nCalled where nothing changed: {quiet:.2%} of the pixels of all scenes with less "
            f"than 0.5 % labelled."
        )
    for scene in scenes:
        if scene.reason:
            context.console.print(
                f"Not comparable: {scene.id}: {sentence(scene.reason)}", soft_wrap=True
            )
        if scene.fault:
            context.console.print(f"Not read: {legible(scene.fault)}", soft_wrap=True)
