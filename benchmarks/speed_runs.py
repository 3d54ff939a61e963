"""Seconds of a scan over painted places: by one process, by several, and by workers of Dask.

    python benchmarks/speed_runs.py [--places 4] [--days 80] [--workers 2]

Prints one row for each way: seconds by the clock, how many times as fast as one process that is,
and processor seconds: of the process that records, and of each worker.  Both ways of several
workers need as many idle cores; what else runs on the machine sways the clock, and processor
seconds hardly.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from benchmarks.simulation.planning import plan_years
from benchmarks.simulation.writing import write_year_workspace
from benchmarks.simulation.years import Sensor
from benchmarks.timing import Timed, timed

SEED, FIRST_ON = 30, date(2021, 5, 1)
LEAST_PLACES, WARM_DAYS = 3, 40
HEAD = (
    "| way | s | times one process | processor s, recording | of each worker |\n"
    "| --- | --- | --- | --- | --- |"
)


def paint_places(folder: Path, places: int, days: int) -> Path:
    """Paint a workspace of so many places, seen for so many days; one that is there is taken."""
    if not folder.exists():
        plan = plan_years(SEED, facilities=max(places, LEAST_PLACES), years=1, events=3, outages=0)
        first: dict[Sensor, date] = {"sentinel-1": FIRST_ON, "sentinel-2": FIRST_ON}
        seen = tuple(replace(one, first_pass_on=dict(first)) for one in plan.places[:places])
        last_on = FIRST_ON + timedelta(days=days)
        write_year_workspace(folder, replace(plan, last_on=last_on, places=seen))
    return folder


def scan(
    workspace: Path, *how: str, days: int | None = None, places: Sequence[str] = ("--all",)
) -> Timed:
    """Scan all dates, or those of the first days, into a new ledger."""
    shutil.rmtree(workspace / "out", ignore_errors=True)
    (workspace / "ledger-heads.txt").unlink(missing_ok=True)
    last_on = date(2021, 12, 31) if days is None else FIRST_ON + timedelta(days=days)
    asked = ["scan", *places, "--from", "2021-01-01", "--to", last_on.isoformat(), "--offline"]
    return timed(["--quiet", "--workspace", workspace, *asked, *how])


@contextmanager
def dask(count: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers on 127.0.0.1; give its address, and the workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:

        def start(*words: str) -> subprocess.Popen[bytes]:
            quiet = subprocess.DEVNULL
            command = [sys.executable, "-m", "dask", *words, *here]
            process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        start("scheduler", "--port", str(port))
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        workers = [start("worker", address, "--no-nanny", "--nthreads", "1") for _ in range(count)]
        time.sleep(8)  # until they are there: a run takes one that is late, too
        yield address, workers


def processor_s(process: subprocess.Popen[bytes]) -> float:
    """Processor seconds of a process so far; on Linux only."""
    words = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def by_dask(workspace: Path, count: int) -> tuple[Timed, list[float]]:
    """Scan by workers of Dask that have imported what they need; and their processor seconds."""
    with dask(count) as (address, workers):
        scan(workspace, "--scheduler", address, days=WARM_DAYS)
        before = [processor_s(one) for one in workers]
        measured = scan(workspace, "--scheduler", address)
        return measured, [processor_s(one) - was for one, was in zip(workers, before, strict=True)]


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--places", type=int, default=4)
    parser.add_argument("--days", type=int, default=80)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the workspace is painted, and kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)) / f"places-{given.places}-{given.days}"
        workspace = paint_places(folder, given.places, given.days)
        print(HEAD, flush=True)
        one = scan(workspace)
        print(f"| one process | {one.wall_s:.1f} | 1 | {one.processor_s:.1f} | |", flush=True)
        few = scan(workspace, "--workers", str(given.workers))
        print(
            f"| --workers {given.workers} | {few.wall_s:.1f} | {one.wall_s / few.wall_s:.2f} | "
            f"{few.processor_s:.1f} with its workers | |",
            flush=True,
        )
        far, workers = by_dask(workspace, given.workers)
        of_each = ", ".join(f"{seconds:.1f}" for seconds in workers)
        print(
            f"| Dask, {given.workers} workers | {far.wall_s:.1f} | {one.wall_s / far.wall_s:.2f} | "
            f"{far.processor_s:.1f} | {of_each} |"
        )


if __name__ == "__main__":
    main()
