"""Workers that end in the middle of their work: processes of this machine, and those of Dask."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest

from benchmarks.kills import count
from camp_monitor.assess.question import Question
from camp_monitor.errors import CampMonitorError, InputError
from camp_monitor.settings import SchedulerSettings
from camp_monitor.watch.answers import answer_as_text
from camp_monitor.watch.cluster import Cluster
from camp_monitor.watch.executors import MOST_TRIES, Workers, open_workers, processes
from tests.watch.painted import EVERYTHING, contents, ended, scan, start, wait_until


def half(number: int) -> float:
    return number / 2


def half_or_die(job: tuple[int, Path]) -> float:
    """Give half of a number; of 3, end as a process does that took too much memory."""
    number, folder = job
    with (folder / str(number)).open("a") as tried:
        tried.write("x")
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 5:
        raise ValueError("five is odd")
    return number / 2


def answers(workers: Workers[int]) -> dict[int, object]:
    found = list(workers.answers(wait_for_all=True))
    assert len(dict(found)) == len(found), "one answer each"
    return dict(found)


def test_what_ends_its_worker_again_and_again_is_given_up_and_the_others_are_done(
    tmp_path: Path,
) -> None:
    with Workers[int](lambda: processes(2), lambda: 4, compute=half_or_die) as workers:
        for number in range(8):
            workers.submit(number, (number, tmp_path))
        found = answers(workers)
    error, odd = found.pop(3), found.pop(5)
    assert isinstance(error, CampMonitorError)
    assert "was ended 3 times" in str(error)
    assert isinstance(odd, ValueError)
    assert found == {number: number / 2 for number in (0, 1, 2, 4, 6, 7)}
    assert len((tmp_path / "3").read_text()) == MOST_TRIES
    assert all(len(path.read_text()) <= MOST_TRIES for path in tmp_path.iterdir())


def test_closing_does_not_wait_for_what_is_under_way() -> None:
    with Workers[int](lambda: processes(1), lambda: 2, compute=time.sleep) as workers:
        workers.submit(0, 0)
        answers(workers)
        workers.submit(1, 60)
        list(workers.answers(wait_for_all=False))
        begun = time.monotonic()
    assert time.monotonic() - begun < 30


# --- Dask

LOCAL = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dask:
    """A scheduler and workers, each a process of its own, which no nanny starts again."""

    def __init__(self, scheme: str = "tcp", *how: str) -> None:
        port = free_port()
        self.address = f"{scheme}://127.0.0.1:{port}"
        self.how = how
        self.scheduler = _dask("scheduler", *LOCAL, "--port", str(port), *how)
        wait_until(lambda: _listens(port))
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_workers(self, count: int) -> None:
        self.workers += [
            _dask("worker", self.address, *LOCAL, "--no-nanny", "--nthreads", "1", *self.how)
            for _ in range(count)
        ]

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def _dask(*arguments: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "dask", *arguments], stdout=quiet, stderr=quiet)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture
def cluster() -> Iterator[Dask]:
    made = Dask()
    try:
        yield made
    finally:
        made.stop()


def test_dask_gives_the_same_ledger_though_a_worker_is_killed(
    workspace: Path, unbroken: str, cluster: Dask
) -> None:
    cluster.add_workers(2)
    run = start(workspace, *EVERYTHING, "--scheduler", cluster.address)
    wait_until(lambda: count(workspace))
    cluster.workers[0].kill()
    last = ended(run)
    assert (last.code, last.err) == (0, "")
    assert contents(workspace) == unbroken


def test_a_scheduler_that_goes_away_is_named_and_the_next_run_completes(
    workspace: Path, unbroken: str, cluster: Dask
) -> None:
    cluster.add_workers(1)
    run = start(workspace, *EVERYTHING, "--scheduler", cluster.address)
    wait_until(lambda: count(workspace))
    cluster.scheduler.kill()
    last = ended(run, 60)
    assert last.code == 1
    assert last.err.count("\n") == 1
    assert "went away" in last.sentence
    assert cluster.address in last.sentence
    assert scan(workspace).code == 0
    assert contents(workspace) == unbroken


def test_nobody_waits_for_ever_for_the_last_worker(
    cluster: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.add_workers(1)
    with open_workers(1, cluster.address) as workers:
        workers.submit(0, "no comparison")
        refused = answers(workers)[0]
        assert isinstance(refused, CampMonitorError), "and the next one is taken"
        assert "AttributeError" in str(refused)
        cluster.workers[0].kill()
        cluster.workers[0].wait()
        monkeypatch.setattr("camp_monitor.watch.executors.CHECK_S", 0.5)
        monkeypatch.setattr("camp_monitor.watch.cluster.WORKERS_WAIT_S", 0.5)
        workers.submit(1, "no comparison")
        with pytest.raises(CampMonitorError, match="or the last of its workers, went away"):
            answers(workers)


class Sprung:
    """Makes a folder where it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.folder,)


def test_no_object_of_a_worker_is_unpickled_here(cluster: Dask, tmp_path: Path) -> None:
    cluster.add_workers(1)
    with Cluster(cluster.address, SchedulerSettings()).executor() as executor:
        future = executor.submit(Sprung, tmp_path / "sprung")
        with pytest.raises((TypeError, TimeoutError)):
            future.result(timeout=5)
    assert not (tmp_path / "sprung").exists()


def test_a_worker_computes_with_one_thread(cluster: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)  # set for the tests
    cluster.add_workers(1)
    with Cluster(cluster.address, SchedulerSettings()).executor() as executor:
        executor.submit(answer_as_text, cast(Question, "none")).result(timeout=30)
        told = executor.submit(threads).result(timeout=30)
    assert set(json.loads(told)) == {1}


def threads() -> str:
    from threadpoolctl import threadpool_info

    from camp_monitor.scenes import blocks

    return json.dumps([blocks.threads(), *(one["num_threads"] for one in threadpool_info())])


def test_a_scheduler_without_workers_is_named(
    cluster: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camp_monitor.watch.cluster.WORKERS_WAIT_S", 0.5)
    with pytest.raises(InputError, match="has no worker: start some"):
        open_workers(1, cluster.address)


def test_a_scheduler_that_is_not_there_is_named_at_once(workspace: Path) -> None:
    begun = time.monotonic()
    said = ended(start(workspace, *EVERYTHING, "--scheduler", f"tcp://127.0.0.1:{free_port()}"))
    assert time.monotonic() - begun < 30
    assert (said.code, said.err.count("\n")) == (2, 1), said.err
    assert "No Dask scheduler answers at 'tcp://127.0.0.1:" in said.sentence
    assert not (workspace / "out" / "ledger.sqlite").exists()


@pytest.mark.parametrize("address", ["", "nonsense://x", "tcp://127.0.0.1:notaport", "127.0.0.1:1"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(InputError, match="is no address of a Dask scheduler"):
        open_workers(1, address)
