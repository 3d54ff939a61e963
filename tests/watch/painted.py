"""A few weeks at two painted places, and the program that scans them in processes of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from click.testing import CliRunner
from filelock import FileLock

from benchmarks.kills import PROGRAM, is_worker, processes_of
from benchmarks.simulation.planning import plan_years
from benchmarks.simulation.writing import write_year_workspace
from benchmarks.simulation.years import Sensor
from camp_monitor.cli import main
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.run import RunRecord

PLACES = ("sim-01", "sim-02")
FLOODED = "sim-02"
FIRST_PASS_ON: dict[Sensor, date] = {
    "sentinel-1": date(2021, 6, 26),
    "sentinel-2": date(2021, 7, 20),
}
LAST_ON = date(2021, 8, 2)
EVERYTHING = ("scan", "--all", "--from", "2021-01-01", "--to", "2021-12-31", "--offline")
PROGRESS = re.compile(r"\(\d+ s\)$")
"""A line that a busy machine may add."""
WATCHED = (
    ('since = ""', 'since = "2021-06-01"'),
    ("sensors = []", 'sensors = ["sentinel-1", "sentinel-2"]'),
)


def paint(folder: Path) -> Path:
    """Paint a workspace into `folder`, with a schedule; one that is there already is taken."""
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            plan = plan_years(30, facilities=3, years=1, events=3, outages=0)
            places = [replace(one, first_pass_on=dict(FIRST_PASS_ON)) for one in plan.places[:2]]
            building = folder.with_name(f"{folder.name}-building")
            write_year_workspace(building, replace(plan, last_on=LAST_ON, places=tuple(places)))
            settings = building / "camp-monitor.toml"
            text = settings.read_text(encoding="utf-8")
            for usual, other in WATCHED:
                text = text.replace(usual, other)
            settings.write_text(text, encoding="utf-8")
            building.rename(folder)
    return folder


def copy(workspace: Path, to: Path) -> Path:
    """Copy a workspace; the images, which nobody writes to, are linked."""
    shutil.copytree(workspace, to, copy_function=_link)
    settings = to / "camp-monitor.toml"
    settings.unlink()
    shutil.copyfile(workspace / settings.name, settings)
    return to


def _link(source: str, target: str) -> str:
    if source.endswith((".tif", ".json")):
        os.link(source, target)
    else:
        shutil.copyfile(source, target)
    return target


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The error that it printed; there must be no more than one line, and no traceback."""
        lines = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


def start(
    workspace: Path, *arguments: str, before: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    """Start the command line in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--workspace", str(workspace), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=before,
    )  # fmt: skip


def ended(program: subprocess.Popen[str], within_s: float = 120) -> Ended:
    """Wait for a program; kill it when that takes too long."""
    try:
        out, err = program.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        raise
    said = [line for line in err.splitlines(keepends=True) if not PROGRESS.search(line)]
    return Ended(program.returncode, out, "".join(said))


def scan(workspace: Path, *arguments: str) -> Ended:
    """Run the command line to its end, in this process."""
    said = CliRunner().invoke(main, ["--workspace", str(workspace), *(arguments or EVERYTHING)])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return Ended(said.exit_code, said.stdout, said.stderr)


def contents(workspace: Path) -> str:
    """Check that the ledger is whole, and return the hash of what it holds."""
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        assert ledger.verify() == ()
        return ledger.contents_sha256()


def run_log(workspace: Path) -> tuple[RunRecord, ...]:
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        return ledger.runs()


def wait_until(true: Callable[[], object], within_s: float = 60) -> None:
    last = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < last, "waited too long"
        time.sleep(0.05)


def workers_of(group: int) -> list[int]:
    """Return those of the processes of a group that compute."""
    return [pid for pid in processes_of(group) if is_worker(pid)]


def as_json(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(text)["facilities"]
    return found


def visits(records: Sequence[RunRecord]) -> list[str]:
    return sorted(one.facility_id for one in records if one.what == "visited")
