"""Answer and score every entry of a benchmark, several at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from camp_monitor.detect.construction.roof_network import read_weights
from camp_monitor.detect.construction.roofs import DEFAULT_MODEL
from camp_monitor.errors import EvaluationError, InputError, Refusal
from camp_monitor.evaluation.answering import Answer, Manner, answer
from camp_monitor.evaluation.benchmark import UNSCORED, Benchmark, Entry, read_truth
from camp_monitor.evaluation.scoring import Counts, count
from camp_monitor.notes import Note

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Read by numerical libraries when they are loaded: each process keeps to one core."""


@dataclass(frozen=True)
class Scene:
    """One entry, answered and scored.

    Parameters
    ----------
    id, dataset : str
        Of the entry.
    method, way : str
        What answered; see `camp_monitor.evaluation.answering.Answer`.
    reason : Note or None
        Why nothing was seen: the two images cannot be compared.
    fault : str
        What is wrong with the entry, where it could not be read; it counts as not seen.
    counts : Counts
        All zero where the labels could not be read either.
    seconds : float
        Taken by the detector.
    megapixels : float
    """

    id: str
    dataset: str
    method: str
    way: str
    reason: Note | None
    fault: str
    counts: Counts
    seconds: float
    megapixels: float


def evaluate(
    benchmark: Benchmark,
    *,
    manner: Manner | None = None,
    predictions: Path | None = None,
    workers: int | None = None,
    progress: Callable[[], None] = lambda: None,
) -> tuple[Scene, ...]:
    """Answer and score every entry, in the order of the list.

    What cannot be read or compared counts as not seen, and the others go on.

    Parameters
    ----------
    benchmark : Benchmark
    manner : Manner or None
    predictions : Path or None
        Folder in which each answer is written as ``<id>.tif``, uint8: 0, 1, 255 not seen.
    workers : int or None
        Processes; None for one per core.
    progress : callable
        Called as each entry is done.

    Raises
    ------
    EvaluationError
        Not one entry could be read, or an answer cannot be written.
    SceneError
        The weights that `manner` names cannot be read.
    """
    if predictions is not None:
        try:
            predictions.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EvaluationError(
                f"{predictions} cannot be made a folder ({error.strerror}): name another one."
            ) from error
    manner = manner or Manner()
    if manner.structure_model != DEFAULT_MODEL:
        read_weights(Path(manner.structure_model))  # a fault of theirs is no entry's
    work = partial(_one, benchmark, manner, predictions)
    done = []
    for scene in _results(work, benchmark.entries, workers or os.cpu_count() or 1):
        done.append(scene)
        progress()
    if done and all(scene.fault for scene in done):
        raise EvaluationError(done[0].fault)
    return tuple(done)


def _results(
    work: Callable[[Entry], Scene], entries: tuple[Entry, ...], workers: int
) -> Iterator[Scene]:
    if workers == 1 or len(entries) == 1:
        yield from map(work, entries)
        return
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            yield from pool.map(work, entries)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _one(benchmark: Benchmark, manner: Manner, predictions: Path | None, entry: Entry) -> Scene:
    try:
        given = answer(benchmark, entry, manner)
    except Refusal as refusal:
        return _unseen(benchmark, entry, refusal.note, "")
    except InputError as error:
        return _unseen(benchmark, entry, None, str(error))
    if predictions is not None:
        _write(benchmark, entry, given, predictions / f"{entry.id}.tif")
    try:
        truth = read_truth(benchmark, entry)
    except InputError as error:
        return _unseen(benchmark, entry, None, str(error))
    if truth.shape != given.called.shape:
        fault = (
            f"{entry.id}: the labels have {truth.shape} pixels and the image "
            f"{given.called.shape}; both must lie on one grid."
        )
        return _unseen(benchmark, entry, None, fault)
    return Scene(
        entry.id, entry.dataset, given.method, given.way, given.reason, "",
        count(given.called, truth), given.seconds, given.called.size / 1e6,
    )  # fmt: skip


def _unseen(benchmark: Benchmark, entry: Entry, reason: Note | None, fault: str) -> Scene:
    """Count an entry without an answer: nothing of it was seen."""
    try:
        truth = read_truth(benchmark, entry)
    except InputError as error:
        return Scene(entry.id, entry.dataset, "", "", reason, fault or str(error), Counts(), 0, 0)
    counts = count(np.full_like(truth, UNSCORED), truth)
    return Scene(entry.id, entry.dataset, "", "", reason, fault, counts, 0, truth.size / 1e6)


def _write(benchmark: Benchmark, entry: Entry, given: Answer, path: Path) -> None:
    """Write an answer on the grid of its after image."""
    import rasterio
    from rasterio.errors import RasterioError

    from camp_monitor.scenes.opening import open_raster

    with open_raster(benchmark.folder / entry.after, "restore it") as source:
        place = {"crs": source.crs, "transform": source.transform}
    rows, columns = given.called.shape
    try:
        with rasterio.open(
            path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype="uint8",
            compress="deflate", **place,
        ) as target:  # fmt: skip
            target.write(given.called, 1)
    except (RasterioError, OSError) as error:
        raise EvaluationError(f"{path} cannot be written: make room, or name another.") from error
