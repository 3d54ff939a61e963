"""Kill a scan at random moments, again and again, and compare its ledger with an unbroken one.

    python benchmarks/monitoring.py --facilities 5 --years 1 --events 9 --outages 1 --out /tmp/year
    python benchmarks/kills.py --workspace /tmp/year --kills 50 --workers 2

Works on copies of the workspace in a temporary folder; ends with 1 where the ledgers differ, one is
not whole, or a process was left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from camp_monitor.ledger.opening import open_ledger

PROGRAM = "from camp_monitor.cli import main; main(prog_name='camp-monitor')"
Lasts = tuple[float, float]
"""Seconds of an unbroken run: to its first answer, and from there on."""
ORPHAN_S = 15.0
"""So long a worker may need to see that the one that asked is gone."""


def main() -> None:
    """Run once unbroken, then with kills, and say whether the ledgers are the same."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--workspace", type=Path, required=True, help="with scenes; not changed")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scheduler", help="of Dask, such as tcp://127.0.0.1:8786")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--from", dest="first", default="2021-01-01")
    parser.add_argument("--to", dest="last", default="2023-12-31")
    parser.add_argument(
        "--kill-worker", action="store_true", help="kill one of the pool's processes instead"
    )
    said = parser.parse_args()
    asked = ["scan", "--all", "--offline", "--from", said.first, "--to", said.last]
    asked += ["--scheduler", said.scheduler] if said.scheduler else ["--workers", str(said.workers)]
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = (copy(said.workspace, Path(folder, name)) for name in ("whole", "broken"))
        start_s, work_s = run_unbroken(whole, asked)
        print(
            f"unbroken: first answer after {start_s:.1f} s, then {work_s:.0f} s; {count(whole)} "
            f"observations",
            flush=True,
        )
        moments = random.Random(said.seed)
        orphans = (kill_workers if said.kill_worker else kill_runs)(
            broken, asked, said.kills, (start_s, work_s), moments
        )
        code = run(broken, asked).wait()
        same = contents(whole) == contents(broken)
        faults = faults_of(whole) + faults_of(broken)
    result = {
        "kills": said.kills, "last_exit_code": code, "same_ledger": same,
        "faults": faults, "orphans": orphans,
    }  # fmt: skip
    print(json.dumps(result))
    sys.exit(0 if code == 0 and same and not faults and not orphans else 1)


def run_unbroken(workspace: Path, asked: list[str]) -> tuple[float, float]:
    """Run to the end; return seconds to the first answer, and from there on."""
    started = time.monotonic()
    program = run(workspace, asked)
    while not count(workspace) and program.poll() is None:
        time.sleep(0.1)
    answered = time.monotonic()
    if program.wait() != 0:
        sys.exit("The unbroken run failed.")
    return answered - started, time.monotonic() - answered


def kill_runs(
    workspace: Path, asked: list[str], kills: int, lasts_s: Lasts, moments: random.Random
) -> int:
    """Kill the process that scans, at any moment of it; return how many outlived it.

    Together the runs do less than the whole, so that the last kill still has something to break.
    """
    orphans = 0
    start_s, work_s = lasts_s
    for number in range(1, kills + 1):
        program = run(workspace, asked)
        after_s = moments.uniform(0, start_s + 2 * work_s / kills)
        time.sleep(after_s)
        program.kill()
        program.wait()
        last = time.monotonic() + ORPHAN_S
        while (left := processes_of(program.pid)) and time.monotonic() < last:
            time.sleep(0.1)
        orphans += len(left)
        print(f"kill {number} after {after_s:.1f} s: {count(workspace)} observations", flush=True)
    return orphans


def kill_workers(
    workspace: Path, asked: list[str], kills: int, lasts_s: Lasts, moments: random.Random
) -> int:
    """Kill a worker of the pool now and then; return how many processes outlived the run."""
    program = run(workspace, asked)
    for number in range(1, kills + 1):
        time.sleep(moments.uniform(0, 2 * sum(lasts_s) / kills))
        if program.poll() is not None:
            print(f"the run ended after {number - 1} kills", flush=True)
            break
        workers = [pid for pid in processes_of(program.pid) if is_worker(pid)]
        if workers:
            os.kill(moments.choice(workers), signal.SIGKILL)
            print(f"kill {number}: {count(workspace)} observations", flush=True)
    program.wait()
    time.sleep(1)
    return len(processes_of(program.pid))


def copy(workspace: Path, to: Path) -> Path:
    """Copy a workspace without what it found; images, which nobody changes, are linked."""
    shutil.copytree(workspace, to, copy_function=_link, ignore=shutil.ignore_patterns("out"))
    return to


def _link(source: str, target: str) -> str:
    (os.link if source.endswith(".tif") else shutil.copyfile)(source, target)
    return target


def run(workspace: Path, asked: list[str]) -> subprocess.Popen[bytes]:
    """Start the program in a process group of its own."""
    command = [sys.executable, "-c", PROGRAM, "--quiet", "--workspace", str(workspace), *asked]
    calm = "ignore::UserWarning:multiprocessing.resource_tracker"  # it tells of every kill
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, start_new_session=True,
        env=os.environ | {"PYTHONWARNINGS": calm},
    )  # fmt: skip


def processes_of(group: int) -> list[int]:
    """Return the ids of the live processes of a group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def is_worker(pid: int) -> bool:
    """Tell whether a process is one of the pool."""
    try:
        return b"spawn_main" in Path("/proc", str(pid), "cmdline").read_bytes()
    except OSError:
        return False


def count(workspace: Path) -> int:
    """Return how many observations the ledger holds."""
    path = workspace / "out" / "ledger.sqlite"
    if not path.exists():
        return 0
    with open_ledger(path) as ledger:
        return len(ledger.observations(superseded=True))


def contents(workspace: Path) -> str:
    """Return the hash of what the ledger holds."""
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        return ledger.contents_sha256()


def faults_of(workspace: Path) -> list[str]:
    """Return what is wrong with the ledger."""
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        return list(ledger.verify())


if __name__ == "__main__":
    main()
