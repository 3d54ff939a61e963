"""Comparisons on one core, on several, or on other machines: one way for all of them.

Workers compute and never write: what they answer comes back to the one process that records.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Generic, TypeVar

from camp_monitor.assess.question import Question
from camp_monitor.comparison import compare
from camp_monitor.errors import CampMonitorError
from camp_monitor.scan import Records
from camp_monitor.settings import SchedulerSettings
from camp_monitor.watch.answers import MATHS_THREADS, answer_as_text, read_answer

Key = TypeVar("Key")
AHEAD, AHEAD_OF_SCHEDULER = 2, 32
"""So many comparisons a worker lie ready: enough to keep it busy, few enough to lose little; with a
scheduler, which loses only what a worker was at, enough for the time in which one place is searched
and fetched."""
MOST_CORES = 8
"""On so many at most a piece of work is spread that is no comparison."""
MOST_TRIES = 3
"""A comparison in whose time a worker ended so often is given up."""
TOO_OFTEN = (
    f"The program that compared the two scenes was ended {MOST_TRIES} times, for want of memory "
    f"perhaps: compare them alone, with --before and --after."
)
CHECK_S = 5.0
"""After so long without an answer it is asked whether one can still come."""
Answer = Records | Exception
Open = Callable[[], AbstractContextManager[Executor]]


class Inline(Executor):
    """Runs what is submitted at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn` and return its answer as a future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # a future holds whatever its work raised
            future.set_exception(error)
        return future


class Workers(Generic[Key]):
    """Comparisons under way, each with a key of the caller's.

    A worker that ends in the middle of its work loses nothing: what it had is given to another.

    Parameters
    ----------
    open_executor : callable
        Opens the executor; again after workers ended.
    ready : callable
        Tells how many comparisons are to lie with the executor, those under way among them.
    check : callable
        Called while no answer comes; raises where none can come any more.
    compute : callable or None
        Does the work; None: compares, and returns what the ledger keeps of it.
    read : callable
        Makes the answer of what `compute` returned, and of the work.
    """

    def __init__(
        self,
        open_executor: Open,
        ready: Callable[[], int],
        check: Callable[[], None] = lambda: None,
        compute: Callable[[Any], Any] | None = None,
        read: Callable[[Any, Any], Any] = lambda answer, _: answer,
    ) -> None:
        self._open = open_executor
        self._ready = ready
        self._check = check
        self._compute = compute or _records_of
        self._read = read
        self._waiting: deque[tuple[Key, Any, int]] = deque()
        self._running: dict[Future[Any], tuple[Key, Any, int]] = {}
        self._context: AbstractContextManager[Executor] | None = None
        self._executor: Executor | None = None

    def __enter__(self) -> Workers[Key]:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def submit(self, key: Key, work: Any) -> None:
        """Take a comparison; it begins when a worker is free."""
        self._waiting.append((key, work, 0))

    def answers(self, *, wait_for_all: bool) -> Iterator[tuple[Key, Answer]]:
        """Give what is done: key, and answer or the error that it ended with.

        With `wait_for_all`, until nothing is left; otherwise only what is there, and the workers
        are kept busy.
        """
        self._fill()
        while self._running:
            timeout = CHECK_S if wait_for_all else 0
            done, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
            if not done and not wait_for_all:
                return
            if not done:
                self._check()
            if any(map(_is_lost, done)):
                self._close()
            for future in done:
                if _is_lost(future):
                    continue
                key, work, _ = self._running.pop(future)
                if self._executor is not None:
                    self._fill()  # before the answer is recorded: nobody waits for that
                yield key, self._answer_of(future, work)
            yield from self._take_back()
            self._fill()

    def _fill(self) -> None:
        """Hand out what waits; what a worker ended with before is computed alone."""
        ready = self._ready() if self._waiting else 0
        while self._waiting and len(self._running) < ready:
            under_way = (tries for _, _, tries in self._running.values())
            if self._running and (self._waiting[0][2] or any(under_way)):
                return
            if self._executor is None:
                self._context = self._open()
                self._executor = self._context.__enter__()
            key, work, tries = self._waiting.popleft()
            try:
                future = self._executor.submit(self._compute, work)
            except (BrokenExecutor, RuntimeError, OSError) as error:  # Dask raises all kinds
                future = Future()
                future.set_exception(BrokenExecutor(type(error).__name__))
            self._running[future] = (key, work, tries)

    def _take_back(self) -> Iterator[tuple[Key, Answer]]:
        """Let what a worker ended with wait again, or give it up where that came too often."""
        for future in [future for future in self._running if _is_lost(future)]:
            key, work, tries = self._running.pop(future)
            if tries + 1 < MOST_TRIES:
                self._waiting.appendleft((key, work, tries + 1))
            else:
                yield key, CampMonitorError(TOO_OFTEN)

    def _answer_of(self, future: Future[Any], work: Any) -> Answer:
        error = future.exception()
        if type(error).__name__ == "KilledWorker":  # Dask has tried it often enough by itself
            return CampMonitorError(TOO_OFTEN)
        if isinstance(error, Exception):
            return error
        answer: Answer = self._read(future.result(), work)
        return answer

    def _close(self) -> None:
        context, self._context, self._executor = self._context, None, None
        if context is not None:
            context.__exit__(None, None, None)


def _records_of(question: Question) -> Records:
    """Compare two scenes; the images stay with the worker."""
    return compare(question).records


def _is_lost(future: Future[Any]) -> bool:
    """Whether a worker, or all of them, ended before the answer was there."""
    if not future.done():
        return False
    return future.cancelled() or isinstance(future.exception(), BrokenExecutor)


def open_workers(
    count: int,
    scheduler: str | None = None,
    certificates: SchedulerSettings | None = None,
) -> Workers[Any]:
    """Return workers: this process alone, processes of this machine, or those of a Dask scheduler.

    Parameters
    ----------
    count : int
        Processes of this machine; 1 computes in this one.
    scheduler : str or None
        Address such as ``tcp://127.0.0.1:8786``: its workers compute, whatever `count` says.  They
        need this program, and the workspace under the same path.
    certificates : SchedulerSettings or None
        For an address that begins with ``tls://``.

    Raises
    ------
    WorkspaceError
        No scheduler answers there, or a certificate cannot be used.
    InstallationError
        Dask is not installed.
    """
    if scheduler is not None:
        from camp_monitor.watch.cluster import Cluster

        cluster = Cluster(scheduler, certificates or SchedulerSettings())
        return Workers(
            cluster.executor, lambda: AHEAD_OF_SCHEDULER * cluster.count(), cluster.check,
            answer_as_text, read_answer,
        )  # fmt: skip
    if count == 1:
        return Workers(lambda: nullcontext(Inline()), lambda: AHEAD)
    return Workers(lambda: processes(count), lambda: AHEAD * count)


class _Processes(ProcessPoolExecutor):
    """A pool whose processes never hear Ctrl-C, not even while they start."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit; a process that is started for it inherits which signals are blocked."""
        if not hasattr(signal, "pthread_sigmask"):
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """Open processes that compute with one thread each, and end with the one that asked."""
    import multiprocessing

    others = set(multiprocessing.active_children())
    before = {name: os.environ.get(name) for name in MATHS_THREADS}
    os.environ.update(dict.fromkeys(MATHS_THREADS, "1"))
    pool = _Processes(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    try:
        yield pool
    finally:
        for child in set(multiprocessing.active_children()) - others:
            child.kill()  # nobody waits for an answer any more, and workers write nothing
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def spread(work: Callable[[str], Any], names: Sequence[str]) -> Iterator[Any]:
    """Do a piece of work for each name, in their order, on all cores."""
    done, cores = 0, min(os.cpu_count() or 1, MOST_CORES)
    if cores > 1:
        with suppress(BrokenExecutor), processes(cores) as pool:
            for answer in pool.map(work, names, chunksize=4):
                done += 1
                yield answer
    yield from map(work, names[done:])


def _end_with_parent() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it, however it ended."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
