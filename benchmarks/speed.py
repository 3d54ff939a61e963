"""The table of the page on performance: how long whole commands take, and how much memory.

    python benchmarks/speed.py [--only TEXT ...] [--list] [--folder FOLDER] [--repeat TIMES]

Prints a Markdown table of all rows, or of those in whose group or name one of the texts stands, as
they are measured; ``--list`` names them and measures nothing.  What is painted for it is kept in
FOLDER and used again; without it a folder is made and removed.  Groups: ``lists`` (of ledgers of
painted findings), ``runs`` (scans by one process and several), ``images`` (pairs of 10 m,
`speed_images.py`) and ``fine`` (half-metre pairs, `speed_fine.py`).  Seconds are by the clock,
which all else that runs on the machine sways, and of processors, which it hardly does.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from benchmarks import speed_runs
from benchmarks.painted_ledger import make_workspace
from benchmarks.timing import Timed, timed

ROOT = Path(__file__).parents[1]
SIZES = (10_000, 100_000)
PLACES, DAYS = 4, 80
SIDES = (2745, 10_980)
MEGAPIXELS = (4, 25, 100)
MUST = {
    "`events list`, 100,000 findings": "10 s",
    "`events list`, made anew, 100,000 findings": "10 s",
    f"`scan` of {PLACES} places, `--workers 2`": "1.8x",
    f"`scan` of {PLACES} places, two workers of Dask": "1.6x",
}
"""What a row must reach, by its name."""
LISTS = (
    ("findings", "list", "--limit", "200"),  # as on a terminal
    ("findings", "list"),
    ("events", "list"),
    ("--json", "events", "list"),
    ("map", "-o", "overview.html"),
)


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Parameters
    ----------
    group, work : str
    measure : callable
        From the folder for what is painted, and how often the work is done, to what was measured.
    """

    group: str
    work: str
    measure: Callable[[Path, int], str]


def rows() -> Iterator[Row]:
    """Give all rows, in the order of the page."""
    for findings in SIZES:
        for words in LISTS:
            name = " ".join(words)
            work = partial(_list, findings=findings, words=words)
            yield Row("lists", f"`{name}`, {findings:,} findings", work)
        anew = partial(_list, findings=findings, words=("events", "list"), anew=True)
        yield Row("lists", f"`events list`, made anew, {findings:,} findings", anew)
    several = f"`scan` of {PLACES} places"
    yield Row("runs", f"{several}, one process", lambda folder, _: _said(_one(folder)))
    yield Row("runs", f"{several}, `--workers 2`", _by_processes)
    yield Row("runs", f"{several}, two workers of Dask", _by_dask)
    for side in SIDES:
        square = f"{side} x {side} pixels of 10 m, 4 bands"
        told = partial(_table, script="speed_images.py", words=("--sides", str(side)))
        yield Row("images", f"a pair of {square}", told)
    again = ("--sides", "440", "--bands", "6", "--repeat", "8")
    once_more = partial(_table, script="speed_images.py", words=again)
    yield Row("images", "a pair of 440 x 440 pixels of 10 m, 6 bands, again", once_more)
    for size in MEGAPIXELS:
        told = partial(_table, script="speed_fine.py", words=("--whole", "--megapixels", str(size)))
        yield Row("fine", f"a half-metre pair of {size} megapixels", told)


def _said(run: Timed) -> str:
    return f"{run.wall_s:.1f} s ({run.processor_s:.1f} s of processors), {run.peak_mib:.0f} MiB"


def _list(
    folder: Path, repeat: int, *, findings: int, words: Sequence[str], anew: bool = False
) -> str:
    """Time a list of a ledger of so many findings, with its events kept or not."""
    workspace = folder / f"ledger-{findings}"
    if not workspace.exists():
        make_workspace(workspace, findings)
    kept = list((workspace / "out").glob("*-derived_*"))
    if anew:
        for path in kept:
            path.unlink()
    elif not kept and "events" in words:
        timed(["--workspace", workspace, "events", "list", "--limit", "1"])
    words = [str(folder / word) if word.endswith(".html") else word for word in words]
    run = timed(["--workspace", workspace, *words], repeat=1 if anew else repeat)
    return _said(run)


@cache
def _one(folder: Path) -> Timed:
    return speed_runs.scan(_places(folder))


def _places(folder: Path) -> Path:
    return speed_runs.paint_places(folder / f"places-{PLACES}-{DAYS}", PLACES, DAYS)


def _by_processes(folder: Path, _: int) -> str:
    one, run = _one(folder), speed_runs.scan(_places(folder), "--workers", "2")
    return (
        f"{one.wall_s / run.wall_s:.2f}x ({run.wall_s:.1f} s; processors: one process "
        f"{one.processor_s:.1f} s, with the workers {run.processor_s:.1f} s)"
    )


def _by_dask(folder: Path, _: int) -> str:
    one, (run, workers) = _one(folder), speed_runs.by_dask(_places(folder), 2)
    of_each = " and ".join(f"{seconds:.1f}" for seconds in workers)
    return (
        f"{one.wall_s / run.wall_s:.2f}x ({run.wall_s:.1f} s; processors: one process "
        f"{one.processor_s:.1f} s; recording {run.processor_s:.1f} s, workers {of_each} s)"
    )


def _table(folder: Path, repeat: int, *, script: str, words: Sequence[str]) -> str:
    """Run a benchmark that prints a table, and say in one cell what stands in its rows."""
    command = [sys.executable, str(ROOT / "benchmarks" / script), *words]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = [line for line in told.stdout.splitlines() if line.startswith("|")]
    if told.returncode or len(lines) < 3:
        return (told.stderr.strip().splitlines() or ["nothing was printed"])[-1][:200]
    names, _, *cells = ([one.strip() for one in line.strip("|").split("|")] for line in lines)
    return "; ".join(
        ", ".join(f"{name}: {cell}" for name, cell in zip(names[1:], row[1:], strict=False) if cell)
        for row in cells
    )


def commit() -> str:
    """Name the commit that is measured."""

    def git(*words: str) -> str:
        asked = ["git", "-C", str(ROOT), *words]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()

    altered = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{git('rev-parse', '--short=12', 'HEAD') or 'unknown'}{altered}"


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", nargs="+", default=[""], help="texts in a row's group or name")
    parser.add_argument("--list", action="store_true", help="name the rows, and measure nothing")
    parser.add_argument("--folder", type=Path, help="where what is painted is kept")
    parser.add_argument("--repeat", type=int, default=1, help="the quickest of so many counts")
    given = parser.parse_args()
    chosen = [row for row in rows()
              if any(text in f"{row.group}: {row.work}" for text in given.only)]  # fmt: skip
    if given.list:
        print("\n".join(f"{row.group}: {row.work}" for row in chosen))
        return
    python = f"Python {platform.python_version()}"
    print(f"Commit {commit()}, {python}, {platform.machine()}.\n")
    print("| work | measured | must |\n| --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        for row in chosen:
            measured = row.measure(folder, given.repeat)
            print(f"| {row.work} | {measured} | {MUST.get(row.work, '')} |", flush=True)


if __name__ == "__main__":
    main()
