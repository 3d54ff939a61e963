"""Answer and score every entry of a benchmark, several at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from camp_monitor.errors import EvaluationError
from camp_monitor.evaluation.answering import Answer, Manner, answer
from camp_monitor.evaluation.benchmark import Benchmark, Entry, read_truth
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
        Why nothing was seen; else empty.
    counts : Counts
    seconds : float
        Taken by the detector.
    megapixels : float
    """

    id: str
    dataset: str
    method: str
    way: str
    reason: Note | None
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
        A file is missing or damaged, or an answer cannot be written.
    """
    if predictions is not None:
        try:
            predictions.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EvaluationError(
                f"{predictions} cannot be made a folder ({error.strerror}): name another one."
            ) from error
    work = partial(_one, benchmark, manner or Manner(), predictions)
    done = []
    for scene in _results(work, benchmark.entries, workers or os.cpu_count() or 1):
        done.append(scene)
        progress()
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
    given = answer(benchmark, entry, manner)
    if predictions is not None:
        _write(benchmark, entry, given, predictions / f"{entry.id}.tif")
    truth = read_truth(benchmark, entry)
    if truth.shape != given.called.shape:
        raise EvaluationError(
            f"{entry.id}: the labels have {truth.shape} pixels and the image "
            f"{given.called.shape}; both must lie on one grid."
        )
    return Scene(
        entry.id, entry.dataset, given.method, given.way, given.reason, count(given.called, truth),
        given.seconds, given.called.size / 1e6,
    )  # fmt: skip


def _write(benchmark: Benchmark, entry: Entry, given: Answer, path: Path) -> None:
    """Write an answer on the grid of its after image."""
    import warnings

    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    from camp_monitor.scenes.opening import open_raster

    with open_raster(benchmark.folder / entry.after, "restore it") as source:
        place = {"crs": source.crs, "transform": source.transform}
    rows, columns = given.called.shape
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(
                path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype="uint8",
                compress="deflate", **place,
            ) as target:  # fmt: skip
                target.write(given.called, 1)
    except (RasterioError, OSError) as error:
        raise EvaluationError(f"{path} cannot be written: make room, or name another.") from error
