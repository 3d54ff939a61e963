"""Comparisons on one core, on several, or on other machines: one way for all of them.

Workers compute and never write: what they answer comes back to the one process that records.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Generic, TypeVar

from camp_monitor.assess.question import Question
from camp_monitor.comparison import compare
from camp_monitor.errors import CampMonitorError, InstallationError, WorkspaceError
from camp_monitor.scan import Records

Key = TypeVar("Key")
AHEAD = 2
"""So many comparisons a worker lie ready: enough to keep it busy, few enough to lose little."""
MOST_TRIES = 3
"""A comparison in whose time a worker ended so often is given up."""
TOO_OFTEN = (
    f"The program that compared the two scenes was ended {MOST_TRIES} times, for want of memory "
    f"perhaps: compare them alone, with --before and --after."
)
SCHEDULER_WAIT_S = 5.0
WORKERS_WAIT_S = 20.0
"""So long a scheduler may be without any worker: they take seconds to start again."""
CHECK_S = 5.0
"""After so long without an answer it is asked whether one can still come."""
_MATHS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_DASK_ADDRESS = re.compile(r"[a-z]+://[^\s/]+:[0-9]{1,5}")

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
    count : int
        How many work at a time.
    check : callable
        Called while no answer comes; raises where none can come any more.
    compute : callable or None
        Does the work; None: compares, and returns what the ledger keeps of it.
    """

    def __init__(
        self,
        open_executor: Open,
        count: int,
        check: Callable[[], None] = lambda: None,
        compute: Callable[[Any], Any] | None = None,
    ) -> None:
        self._open = open_executor
        self._ready = count * AHEAD
        self._check = check
        self._compute = compute or _records_of
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
            for future in done:
                if _is_lost(future):
                    self._close()
                    break
                key, _, _ = self._running.pop(future)
                yield key, _answer_of(future)
            yield from self._take_back()
            self._fill()

    def _fill(self) -> None:
        """Hand out what waits; what a worker ended with before is computed alone."""
        while self._waiting and len(self._running) < self._ready:
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

    def _close(self) -> None:
        context, self._context, self._executor = self._context, None, None
        if context is not None:
            context.__exit__(None, None, None)


def _records_of(question: Question) -> Records:
    """Compare two scenes; the images stay with the worker."""
    return compare(question).records


def _answer_of(future: Future[Any]) -> Answer:
    error = future.exception()
    if type(error).__name__ == "KilledWorker":  # Dask has tried it often enough by itself
        return CampMonitorError(TOO_OFTEN)
    return error if isinstance(error, Exception) else future.result()


def _is_lost(future: Future[Any]) -> bool:
    """Whether a worker, or all of them, ended before the answer was there."""
    if not future.done():
        return False
    return future.cancelled() or isinstance(future.exception(), BrokenExecutor)


def open_workers(count: int, scheduler: str | None = None) -> Workers[Any]:
    """Return workers: this process alone, processes of this machine, or those of a Dask scheduler.

    Parameters
    ----------
    count : int
        Processes of this machine; 1 computes in this one.
    scheduler : str or None
        Address such as ``tcp://127.0.0.1:8786``: its workers compute, whatever `count` says.  They
        need this program, and the workspace under the same path.

    Raises
    ------
    WorkspaceError
        No scheduler answers there.
    InstallationError
        Dask is not installed.
    """
    if scheduler is not None:
        return _scheduled(scheduler)
    if count == 1:
        return Workers(lambda: nullcontext(Inline()), 1)
    return Workers(lambda: processes(count), count)


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
    before = {name: os.environ.get(name) for name in _MATHS_THREADS}
    os.environ.update(dict.fromkeys(_MATHS_THREADS, "1"))
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


def _scheduled(address: str) -> Workers[Any]:
    """Return the workers of a Dask scheduler; one that is lost in mid-run is not waited for."""
    client = _connect(address)

    def check() -> None:
        try:
            if client.status == "running":
                client.wait_for_workers(1, timeout=WORKERS_WAIT_S)
                return
        except (OSError, RuntimeError):  # no worker, or the scheduler went while it was asked
            pass
        raise CampMonitorError(
            f"The Dask scheduler at {address!r:.100}, or the last of its workers, went away: start "
            f"it and run again; what was compared before is recorded."
        )

    def open_client() -> AbstractContextManager[Executor]:
        check()
        return _with_client(client)

    return Workers(open_client, sum(client.nthreads().values()), check)


def _connect(address: str) -> Any:
    if not _DASK_ADDRESS.fullmatch(address):
        raise WorkspaceError(
            f"{address!r:.100} is no address of a Dask scheduler: it is like tcp://127.0.0.1:8786."
        )
    try:
        from distributed import Client
    except ImportError as error:
        raise InstallationError(
            "Dask is not installed: install camp-monitor[distributed] to use --scheduler."
        ) from error
    for name in logging.getLogger().manager.loggerDict:
        if name.startswith(("distributed", "tornado")):  # long words for what is said in a sentence
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        client = Client(address, timeout=SCHEDULER_WAIT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise WorkspaceError(
            f"No Dask scheduler answers at {address!r:.100}: start one with 'dask scheduler --host "
            f"127.0.0.1 --dashboard-address 127.0.0.1:0' and workers with 'dask worker', or leave "
            f"--scheduler out."
        ) from error
    try:
        client.wait_for_workers(1, timeout=WORKERS_WAIT_S)
    except OSError as error:
        client.close()
        raise WorkspaceError(
            f"The Dask scheduler at {address!r:.100} has no worker: start some with 'dask worker "
            f"{address:.100}'."
        ) from error
    return client


@contextmanager
def _with_client(client: Any) -> Iterator[Executor]:
    with client:
        yield client.get_executor(pure=False)  # no answer is one of an earlier question
