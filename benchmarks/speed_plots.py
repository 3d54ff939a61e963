"""Time and memory against the size of the work: the figure of the page on performance.

    python benchmarks/speed_plots.py [--measure PANEL ...] [--folder FOLDER] [--areas KM2 ...]

Measures the panels that are named (``area``, ``dates``, ``facilities``, ``findings``), writes their
points into ``docs/performance.json``, and draws ``docs/performance.svg`` from all that are there;
without ``--measure`` it only draws.  Times are processor seconds where one process does all of
it, which other work on the machine hardly sways, and else by the clock.  Each panel has a line of
slope one through its last point: work that grows as its input lies along it.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import speed_runs
from benchmarks.painted_ledger import make_workspace
from benchmarks.speed import commit
from benchmarks.timing import Timed, timed

ROOT = Path(__file__).parents[1]
POINTS, FIGURE = ROOT / "docs" / "performance.json", ROOT / "docs" / "performance.svg"
AREAS_KM2 = (1, 10, 100, 750, 3000, 12_000)
PIXELS_A_KM = 100
DAYS, PLACES, FINDINGS = (20, 40, 80, 160), (1, 2, 4), (1000, 10_000, 100_000)
AXES = {
    "area": ("area of the frame, km²", "a pair of 10 m, 4 bands"),
    "dates": ("pairs of dates of one facility", "scan, one process"),
    "facilities": ("facilities", "scan, one process"),
    "findings": ("findings in the ledger", "lists"),
}

TIMES = {"processor_s": "seconds of processors", "wall_s": "seconds by the clock"}

Point = dict[str, Any]
"""``size``, ``series``, and ``wall_s``, ``processor_s`` where one process did all of it, and
``peak_mib``; or ``refused`` with the reason."""


def area(given: argparse.Namespace, folder: Path) -> Iterator[Point]:
    """Compare a pair of each area, in a process of its own."""
    for area_km2 in given.areas:
        side = round(math.sqrt(area_km2) * PIXELS_A_KM)
        told_in = folder / "measured.json"
        script = str(ROOT / "benchmarks" / "speed_images.py")
        command = [sys.executable, script, "--sides", str(side), "--json", str(told_in)]
        told = subprocess.run(
            [*command, "--folder", str(folder)], capture_output=True, text=True, check=True
        )
        found = json.loads(told_in.read_text(encoding="utf-8"))[str(side)]
        if not found or found["refused"]:
            reason = "; ".join(found.get("refused", ())) or told.stdout.splitlines()[-1]
            yield {"size": area_km2, "series": "first comparison", "refused": reason[:300]}
            continue
        yield {
            "size": area_km2, "series": "first comparison", "wall_s": found["runs"][0],
            "peak_mib": found["peak"],
        }  # fmt: skip


def dates(given: argparse.Namespace, folder: Path) -> Iterator[Point]:
    """Scan one facility over longer and longer times."""
    workspace = speed_runs.paint_places(folder / f"places-1-{max(DAYS)}", 1, max(DAYS))
    for days in DAYS:
        run = speed_runs.scan(workspace, days=days)
        yield _point(_pairs(workspace), "scan", run)


def facilities(given: argparse.Namespace, folder: Path) -> Iterator[Point]:
    """Scan more and more facilities."""
    workspace = speed_runs.paint_places(folder / f"places-{max(PLACES)}-40", max(PLACES), 40)
    names = sorted(path.stem for path in (workspace / "aoi").glob("*.geojson"))
    for places in PLACES:
        yield _point(places, "scan", speed_runs.scan(workspace, places=names[:places]))


def findings(given: argparse.Namespace, folder: Path) -> Iterator[Point]:
    """List findings and events of larger and larger ledgers."""
    for count in FINDINGS:
        workspace = folder / f"ledger-{count}"
        if not workspace.exists():
            make_workspace(workspace, count)
        for words in (("findings", "list"), ("events", "list")):
            timed(["--workspace", workspace, *words, "--limit", "1"])  # events are kept then
            run = timed(["--workspace", workspace, *words], repeat=2)
            yield _point(count, f"{words[0]} list", run)


PANELS: dict[str, Callable[[argparse.Namespace, Path], Iterator[Point]]] = {
    "area": area, "dates": dates, "facilities": facilities, "findings": findings,
}  # fmt: skip


def _point(size: float, series: str, run: Timed) -> Point:
    return {
        "size": size, "series": series, "wall_s": run.wall_s, "processor_s": run.processor_s,
        "peak_mib": run.peak_mib,
    }  # fmt: skip


def _pairs(workspace: Path) -> int:
    from camp_monitor.ledger.opening import open_ledger

    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        return len({(one.before_id, one.after_id) for one in ledger.looks()})


def draw(points: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw a column of two panels for each kind of size: seconds, and memory below."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "performance", "svg.fonttype": "none", "font.size": 8})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(PANELS), figsize=(11, 5), layout="constrained")
    for column, panel in enumerate(PANELS):
        held = points.get(panel, {"points": []})["points"]
        time = "processor_s" if any("processor_s" in one for one in held) else "wall_s"
        for axis, what in zip(axes[:, column], (time, "peak_mib"), strict=True):
            _panel(axis, held, what)
        axes[0, column].set_ylabel(TIMES[time])
        label, title = AXES[panel]
        axes[0, column].set_title(title)
        axes[1, column].set_xlabel(label)
    axes[1, 0].set_ylabel("peak memory, MiB")
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(map(str.rstrip, text.splitlines())) + "\n", encoding="utf-8")


def _panel(axis: Any, points: Sequence[Point], what: str) -> None:
    axis.set(xscale="log", yscale="log")
    axis.minorticks_off()  # a page of them would be most of the file
    axis.grid(visible=True, which="major", linewidth=0.3)
    series = dict.fromkeys(point["series"] for point in points)
    for number, name in enumerate(series):
        own = [one for one in points if one["series"] == name and what in one]
        if not own:
            continue
        sizes, values = [one["size"] for one in own], [one[what] for one in own]
        colour = f"C{number}"
        axis.plot(sizes, values, "o-", color=colour, markersize=3, linewidth=1, label=name)
        slope_one = [values[-1] * size / sizes[-1] for size in sizes]
        axis.plot(sizes, slope_one, ":", color=colour, linewidth=0.8)
        axis.set_ylim(bottom=min(values) / 2, top=max(values) * 3)
    refused = [one["size"] for one in points if "refused" in one]
    if refused and series:
        top = axis.get_ylim()[1] / 1.5
        axis.plot(refused, [top] * len(refused), "x", color="black", label="refused")
    if points:
        axis.legend(frameon=False, fontsize=7)


def main() -> None:
    """Read the arguments, measure what is asked for, and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--measure", nargs="+", choices=sorted(PANELS), default=[])
    parser.add_argument("--areas", type=float, nargs="+", default=AREAS_KM2, metavar="KM2")
    parser.add_argument("--folder", type=Path, help="where what is painted is kept")
    given = parser.parse_args()
    points = json.loads(POINTS.read_text(encoding="utf-8")) if POINTS.exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        for panel in given.measure:
            measured = []
            for point in PANELS[panel](given, folder):
                print(panel, point, flush=True)
                measured.append(point)
            points[panel] = {"commit": commit(), "points": measured}
            POINTS.write_text(json.dumps(points, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draw(points, FIGURE)


if __name__ == "__main__":
    main()
