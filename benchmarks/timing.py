"""A command in a process of its own: its time, its processors' time and its memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

PROGRAM = (sys.executable, "-c", "from camp_monitor.cli import main; main()")


@dataclass(frozen=True)
class Timed:
    """What a process needed.

    Parameters
    ----------
    wall_s, processor_s : float
        By the clock, and of all its processors, of children that it waited for among them.
    peak_mib : float
        Largest resident memory of the process alone.
    printed_kb : float
    """

    wall_s: float
    processor_s: float
    peak_mib: float
    printed_kb: float


def timed(command: Sequence[str | Path], *, repeat: int = 1) -> Timed:
    """Run a command of camp-monitor as often, and return what the quickest run needed.

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
        with process.stdout:
            while chunk := process.stdout.read(1 << 20):
                printed += len(chunk)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        runs.append(
            Timed(
                wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed / 1000
            )
        )  # fmt: skip
    return min(runs, key=lambda run: run.wall_s)
