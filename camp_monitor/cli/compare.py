"""``camp-monitor compare``: an outline and two files to a map, without a workspace."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from camp_monitor.cli.audiences import audience_option
from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.progress import working
from camp_monitor.cli.records import (
    MOST_SHOWN,
    print_records,
    records_as_json,
    sensitivity_option,
)
from camp_monitor.errors import InputError
from camp_monitor.scenes.sensors import SENSORS

NOTHING_COMPARED = 3
OUTPUTS = ("output", "figure", "export", "geotiff")
"""Options that name a file to write."""


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
    help="What took both images; otherwise taken from their names or bands, and printed.",
)  # fmt: skip
@click.option(
    "--bands", metavar="NAMES",
    help="Names in the order of the files' bands, by comma; 'unused' leaves one out.",
)  # fmt: skip
@click.option(
    "--before-date", metavar="TIME",
    help="A time, day, year or FROM/TO; otherwise taken from the file's tags or name, and printed.",
)  # fmt: skip
@click.option("--after-date", metavar="TIME", help="Likewise.")
@click.option(
    "--before-item", metavar="ITEM.json", type=_file(),
    help="The provider's STAC item: brings date, sun, view, orbit and scaling.",
)  # fmt: skip
@click.option("--after-item", metavar="ITEM.json", type=_file(), help="Likewise.")
@click.option("--scale", type=float, help="Quantity = number * scale + offset, in both files.")
@click.option("--offset", type=float, help="See --scale.")
@sensitivity_option
@click.option("--candidates", is_flag=True, help="Also draw and export candidates, marked.")
@click.option("-o", "--output", metavar="FILE.html", type=_file(), help="The map to write.")
@click.option(
    "--figure",
    metavar="FILE.png",
    type=_file(),
    help="Figure of the largest finding, and its note as FILE.txt.",
)
@click.option(
    "--export", metavar="FILE", type=_file(),
    help="Findings, and what was not seen, as .gpkg, .geojson, .kml or .csv.",
)  # fmt: skip
@click.option(
    "--geotiff", metavar="FILE.tif", type=_file(),
    help="A band for each question: 0 not seen, 1 unchanged, 2 changed.",
)  # fmt: skip
@audience_option(has_settings=False)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.pass_obj
@language_option(has_settings=False)
def compare(context: Context, /, before: Path, after: Path, **asked: Any) -> None:
    """Compare the images BEFORE and AFTER inside an outline: three files in, a map out.

    No workspace is needed and nothing is recorded; the findings are those that 'scan' gives.

    Exit code 3: nothing could be compared; the reason is printed.
    """
    import camp_monitor as cm
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import phrase

    _check_outputs(asked, (before, after, asked["outline"]))
    place = cm.read_outline(asked["outline"], accuracy_m=asked["accuracy_m"])
    scenes = [
        _open(context, path, asked, role) for role, path in (("before", before), ("after", after))
    ]
    with working(context, f"Comparing {before.name} and {after.name} ..."):
        result = cm.compare(place, *scenes, sensitivity=asked["sensitivity"])
    said = result.result
    observations, findings = said.observations, said.findings
    written = _write(context, result, asked)
    if context.as_json or asked["as_json"]:
        records = records_as_json(place, observations, findings, said.candidates, said.expected)
        records["files"] = [str(path) for path in written]
        click.echo(json.dumps(records, ensure_ascii=False, indent=2))
    else:
        print_records(context, place, observations, findings, said.expected)
        hidden = len(findings) - MOST_SHOWN
        if hidden > 0:
            context.console.print(phrase("records.hidden", count=hidden))
        if said.candidates and not asked["candidates"]:
            context.console.print(phrase("records.candidates", count=len(said.candidates)))
        for path in written:
            wrote = phrase("records.wrote", file=legible(str(path)))
            context.console.print(wrote, soft_wrap=True)
    if all(item.outcome == "not_seen" for item in observations):
        click.get_current_context().exit(NOTHING_COMPARED)


def _check_outputs(asked: dict[str, Any], inputs: tuple[Path, ...]) -> None:
    """Refuse names of files that could not be written, before the work is done."""
    from camp_monitor.report.export.export import check_format
    from camp_monitor.report.figure.finding_figure import format_of
    from camp_monitor.report.map.embedding import check_map_name

    for name, check in (
        ("output", check_map_name),
        ("figure", format_of),
        ("export", check_format),
    ):
        if asked[name]:
            check(asked[name])
    taken = [os.path.realpath(path) for path in inputs]
    for name in OUTPUTS:
        if asked[name]:
            taken.append(os.path.realpath(asked[name]))
            if taken.count(taken[-1]) > 1:
                raise InputError(f"{asked[name]} is named twice: name another file for --{name}.")


def _open(context: Context, path: Path, asked: dict[str, Any], role: str) -> Any:
    """Open a scene, and print what was taken from the file itself."""
    import camp_monitor as cm
    from camp_monitor.report.export.tables import legible
    from camp_monitor.scenes.stated import resolve_stated

    acquired, item = asked[f"{role}_date"], asked[f"{role}_item"]
    stated = resolve_stated(path, asked["sensor"], acquired or ("" if item else None))
    for line in stated.notes:
        context.messages.print(f"{legible(path.name)}: {line}", soft_wrap=True)
    bands = tuple(asked["bands"].split(",")) if asked["bands"] else None
    return cm.open_scene(
        path, sensor=stated.sensor, acquired=stated.acquired or None, item=item, bands=bands,
        scale=asked["scale"], offset=asked["offset"],
    )  # fmt: skip


def _write(context: Context, result: Any, asked: dict[str, Any]) -> list[Path]:
    """Write the files that were asked for, and say which could not be."""
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import phrase

    written = []
    shown = {name: asked[name] for name in ("candidates", "audience")}
    if asked["output"]:
        written.append(result.to_map(asked["output"], **shown))
    if asked["export"]:
        written.append(result.export(asked["export"], overwrite=True, **shown))
    if asked["geotiff"] and result.result.pair is not None:
        written.append(result.to_geotiff(asked["geotiff"], audience=asked["audience"]))
    if asked["figure"] and len(result.findings):
        written.append(result.to_figure(asked["figure"], audience=asked["audience"]))
    for name in OUTPUTS:
        if asked[name] and asked[name] not in written:
            nothing = phrase("records.nothing_to_show", file=legible(str(asked[name])))
            context.messages.print(nothing, soft_wrap=True)
    return written
