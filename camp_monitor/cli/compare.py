"""``camp-monitor compare``: an outline and two files to a map, without a workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.records import MOST_SHOWN, print_records, records_as_json
from camp_monitor.scenes.sensors import SENSORS

NOTHING_COMPARED = 3


def _file(**options: Any) -> Any:
    return click.Path(dir_okay=False, path_type=Path, **options)


@click.command(epilog="Example: camp-monitor compare a.tif b.tif --outline camp.kml -o map.html")
@click.argument("before", type=_file())
@click.argument("after", type=_file())
@click.option(
    "--outline", required=True, metavar="FILE", type=_file(),
    help="GeoJSON, KML, KMZ or GeoPackage with one polygon.",
)  # fmt: skip
@click.option(
    "--accuracy", "accuracy_m", type=click.FloatRange(0, 10_000), metavar="METRES",
    help="How far the outline's edge may be off.",
)  # fmt: skip
@click.option(
    "--sensor", type=click.Choice(list(SENSORS)),
    help="What took both images; otherwise told from their names or bands.",
)  # fmt: skip
@click.option("--before-date", metavar="TIME", help="Otherwise told from the file's tags or name.")
@click.option("--after-date", metavar="TIME", help="Likewise.")
@click.option("-o", "--output", metavar="FILE.html", type=_file(), help="The map to write.")
@click.option("--figure", metavar="FILE.png", type=_file(), help="Figure of the largest finding.")
@click.option(
    "--export", metavar="FILE", type=_file(),
    help="Findings, and what was not seen, as .gpkg, .geojson, .kml or .csv.",
)  # fmt: skip
@click.option(
    "--geotiff", metavar="FILE.tif", type=_file(),
    help="A band for each question: 0 not seen, 1 unchanged, 2 changed.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.pass_obj
def compare(context: Context, /, before: Path, after: Path, **asked: Any) -> None:
    """Compare the images BEFORE and AFTER inside an outline: three files in, a map out.

    No workspace is needed and nothing is recorded; the findings are those that 'scan' gives.

    Exit code 3: nothing could be compared; the reason is printed.
    """
    import camp_monitor as cm

    place = cm.read_outline(asked["outline"], accuracy_m=asked["accuracy_m"])
    scenes = [
        _open(context, path, asked["sensor"], asked[f"{role}_date"])
        for role, path in (("before", before), ("after", after))
    ]
    with context.messages.status(f"Comparing {before.name} and {after.name} ..."):
        result = cm.compare(place, *scenes)
    observations, findings = result.result.records
    written = _write(result, asked)
    if context.as_json or asked["as_json"]:
        said = records_as_json(place, observations, findings)
        said["files"] = [str(path) for path in written]
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        print_records(context, place, observations, findings)
        hidden = len(findings) - MOST_SHOWN
        if hidden > 0:
            context.console.print(f"... and {hidden} smaller: --export FILE.csv writes all.")
        for path in written:
            context.console.print(f"Wrote {path}", soft_wrap=True)
    if all(item.outcome == "not_seen" for item in observations):
        click.get_current_context().exit(NOTHING_COMPARED)


def _open(context: Context, path: Path, sensor: str | None, acquired: str | None) -> Any:
    """Open a scene, and say what was taken from the file itself."""
    import camp_monitor as cm
    from camp_monitor.scenes.stated import resolve_stated

    stated = resolve_stated(path, sensor, acquired)
    for line in stated.notes:
        context.messages.print(f"{path.name}: {line}", soft_wrap=True)
    return cm.open_scene(path, sensor=stated.sensor, acquired=stated.acquired)


def _write(result: Any, asked: dict[str, Any]) -> list[Path]:
    """Write the files that were asked for."""
    written = []
    if asked["output"]:
        written.append(result.to_map(asked["output"]))
    if asked["export"]:
        written.append(result.export(asked["export"]))
    if asked["geotiff"] and result.result.pair is not None:
        written.append(result.to_geotiff(asked["geotiff"]))
    if asked["figure"] and len(result.findings):
        written.append(result.to_figure(asked["figure"]))
    return written
