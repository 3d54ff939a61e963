"""``camp-monitor demo``: the whole job on simulated scenes, held against their truth."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.progress import working
from camp_monitor.errors import CampMonitorError

if TYPE_CHECKING:
    from camp_monitor.demo.truth import Row
    from camp_monitor.facilities import Facility
    from camp_monitor.scan import Scanned
    from camp_monitor.workspace import Workspace

FACILITY = "khs-12-jongori"
SEED = 5
PAIRS = (
    ("2015-09-07", "2016-09-05"),
    ("2016-09-05", "2016-09-25"),
    ("2016-08-20", "2016-09-01"),
    ("2016-09-01", "2016-09-13"),
    ("2016-06-13", "2016-08-02"),
    ("2016-09-25", "2017-09-10"),
)
"""Dates compared: annex and flood; the flood gone; both ways again in radar, under any cloud; a
date under cloud; a quiet year."""
RECORDED_AT = datetime(2017, 9, 20, 12, tzinfo=UTC)
"""When the simulated scans count as recorded: every demo makes the same ledger, map and figure."""


@click.command(epilog="Example: camp-monitor demo --out out/demo")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out") / "demo",
    show_default=True,
    help="A new folder, or that of an earlier demo.",
)
@click.pass_obj
def demo(context: Context, out: Path) -> None:
    """Run the whole job on a dozen SIMULATED scenes, offline, and compare it with the truth.

    Paints a prison camp that gets an annex beside a river that floods and drains, through the
    seasons, under cloud and haze, optical and radar; scans six pairs of dates, draws a map and a
    figure, and says what was found and what was not.  Exit code 1: annex or flood were missed, or
    cloud was taken for change.
    """
    from camp_monitor.demo.scenes import add_scenes, demo_workspace, grid_round
    from camp_monitor.demo.truth import compare_with_truth
    from camp_monitor.demo.valley_scenes import VISITS, paint_valley
    from camp_monitor.facilities import find_facility
    from camp_monitor.scan import scan

    with working(context, "SIMULATED: painting a dozen scenes ...") as say:
        workspace = demo_workspace(out)
        facility = find_facility(workspace.aoi, FACILITY)
        valley = paint_valley(grid_round(facility), SEED, VISITS)
        ids = add_scenes(workspace, valley)
        results = []
        for before, after in PAIRS:
            say(f"SIMULATED: comparing {before} and {after} ...")
            done = scan(workspace, FACILITY, ids[before], ids[after], recorded_at=RECORDED_AT)
            results.append(done)
        say("SIMULATED: drawing ...")
        made = _publish(workspace, results)
        rows = [row for item in results for row in compare_with_truth(workspace, item, valley)]
    written = [out / path.relative_to(workspace.root) for path in made]
    commands = _next_commands(out, results)
    if context.as_json:
        answer = {
            "simulated": True,
            "comparison": [asdict(row) for row in rows],
            "files": [str(path) for path in written],
            "next": commands,
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(context, facility, len(ids), rows, written, commands)
    wrong = [row for row in rows if not row.right]
    if wrong:
        said = "; ".join(f"{row.dates}, {row.what}: {row.verdict}" for row in wrong)
        raise CampMonitorError(f"The demo's answer is not the truth that was painted: {said}.")


def _publish(workspace: Workspace, results: list[Scanned]) -> list[Path]:
    """Draw the map and the annex's figure of the first pair, and export every finding."""
    from camp_monitor.report.export.export import export_findings
    from camp_monitor.report.figure.finding_figure import draw_finding_figure
    from camp_monitor.report.map.facility_map import draw_facility_map
    from camp_monitor.report.writing import write_whole

    first = results[0]
    page = workspace.out / "maps" / f"SIMULATED-{FACILITY}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    drawn = draw_facility_map(workspace, [FACILITY], before=first.before.id, after=first.after.id)
    write_whole(drawn.html.encode(), page)
    made = [page]
    for finding in [item for item in first.findings if item.kind == "construction"][:1]:
        path = workspace.out / "figures" / "SIMULATED-annex.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        figure = draw_finding_figure(workspace, finding.id, file_format="png")
        write_whole(figure.content, path)
        made.append(path)
    table = workspace.out / "SIMULATED-findings.gpkg"
    findings = [finding for item in results for finding in item.findings]
    observations = [observation for item in results for observation in item.observations]
    export_findings(findings, observations, table, overwrite=True)
    return [*made, table]


def _next_commands(out: Path, results: list[Scanned]) -> list[str]:
    """Commands to try: the list, a verdict on the largest construction, the radar pair."""
    start = f"camp-monitor --workspace {shlex.quote(str(out))}"
    page = shlex.quote(str(out / "out" / "maps" / "SIMULATED-radar.html"))
    found = [finding for result in results for finding in result.findings]
    built = [finding for finding in found if finding.kind == "construction"] or found
    largest = max(built, key=lambda finding: finding.area_m2).id
    review = f'findings review {largest} --verdict confirmed --by ME --note "it was painted there"'
    radar = f"map {FACILITY} --before {PAIRS[2][0]} --after {PAIRS[2][1]} -o {page}"
    return [f"{start} {command}" for command in ("findings list", review, radar)]


def _print(
    context: Context,
    facility: Facility,
    scenes: int,
    rows: list[Row],
    written: list[Path],
    commands: list[str],
) -> None:
    from rich.table import Table

    console = context.console
    console.print("SIMULATED: the images were painted; no satellite saw this.", style="bold")
    console.print(
        f"{facility.name}: {scenes} painted scenes of Sentinel-2 and Sentinel-1, "
        f"{len(PAIRS)} pairs compared\n",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("", "Painted", "Found (interval)", "So"):
        table.add_column(name, overflow="fold")
    for dates, of_pair in groupby(rows, key=lambda row: row.dates):
        table.add_row(dates, style="bold")
        for row in of_pair:
            table.add_row(f"  {row.what}", row.painted, row.found, row.verdict)
        table.add_row()
    console.print(table)
    console.print("Written, each marked SIMULATED; open the map in a browser:")
    for path in written:
        console.print(f"  {path}", soft_wrap=True)
    console.print("\nTry next (with 'uv run' before each, if that is how you started this):")
    for command in commands:
        console.print(f"  {command}", soft_wrap=True)
