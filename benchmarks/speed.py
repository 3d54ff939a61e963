"""How long whole commands take, and how much memory: the table of the page on performance.

    python benchmarks/speed.py ledger FOLDER [--findings N ...] [--repeat TIMES] [--only TEXT]

``ledger``: lists and the overview of ledgers of painted findings, which are made in FOLDER where
they are not there yet.  Each row is a process of its own: seconds by the clock (the best of
TIMES), seconds of processors, and the largest resident memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.painted_ledger import make_workspace

PROGRAM = (sys.executable, "-c", "from camp_monitor.cli import main; main()")


@dataclass(frozen=True)
class Timed:
    """What a process needed."""

    work: str
    wall_s: float
    processor_s: float
    peak_mib: float
    printed_kb: float


def timed(work: str, command: Sequence[str | Path], *, repeat: int = 1) -> Timed:
    """Run a command as often, and return what the quickest run needed.

    Raises
    ------
    subprocess.CalledProcessError
        It failed.
    """
    runs = []
    for _ in range(repeat):
        begun = perf_counter()
        process = subprocess.Popen([*PROGRAM, *map(str, command)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        printed = 0
        while chunk := process.stdout.read(1 << 20):
            printed += len(chunk)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        runs.append(
            Timed(
                work, wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
                printed / 1000,
            )
        )  # fmt: skip
    return min(runs, key=lambda run: run.wall_s)


def print_table(rows: Iterable[Timed]) -> None:
    """Print rows of a Markdown table as they come."""
    print("| work | s | processor s | peak MiB | printed kB |\n| --- | --- | --- | --- | --- |")
    for row in rows:
        print(
            f"| {row.work} | {row.wall_s:.2f} | {row.processor_s:.2f} | {row.peak_mib:.0f} | "
            f"{row.printed_kb:.0f} |",
            flush=True,
        )


def ledger_rows(given: argparse.Namespace) -> Iterable[Timed]:
    """Time the lists and the overview of ledgers of each size."""
    for findings in given.findings:
        folder = given.folder / f"ledger-{findings}"
        if not folder.exists():
            make_workspace(folder, findings)
        for path in (folder / "out").glob("*-derived_*"):
            path.unlink()
        work = [
            ["findings", "list", "--limit", "200"],  # as on a terminal
            ["findings", "list"],
            ["findings", "list", "--facility", "painted-0000"],
            ["--json", "findings", "list"],
            ["events", "list", "--facility", "painted-0000"],
            ["events", "list"],
            ["--json", "events", "list"],
            ["map", "-o", folder / "out" / "overview.html"],
        ]
        if given.only:
            work = [words for words in work if given.only in " ".join(map(str, words))]
        if ["events", "list"] in work:
            command = ["--workspace", folder, "events", "list", "--limit", "200"]
            yield timed(f"`events list`, made anew, {findings:,} findings", command)
            work.append(command[2:])
        for words in work:
            name = " ".join("FILE" if isinstance(word, Path) else word for word in words)
            command = ["--workspace", folder, *words]
            yield timed(f"`{name}`, {findings:,} findings", command, repeat=given.repeat)


PARTS: dict[str, Callable[[argparse.Namespace], Iterable[Timed]]] = {"ledger": ledger_rows}


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    of_ledger = parts.add_parser("ledger")
    of_ledger.add_argument("folder", type=Path)
    of_ledger.add_argument("--findings", type=int, nargs="+", default=[1000, 10_000, 100_000])
    of_ledger.add_argument("--repeat", type=int, default=1)
    of_ledger.add_argument("--only", default="", help="Only commands in which this text stands.")
    given = parser.parse_args()
    print_table(PARTS[given.part](given))


if __name__ == "__main__":
    main()
