"""``camp-monitor facilities``: list, show, check and import them, and fetch their ground."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from camp_monitor.cli.context import Commands, Context
from camp_monitor.cli.facility_tables import (
    check_as_json,
    print_check,
    print_facilities,
    print_facility,
)
from camp_monitor.cli.languages import language_option

if TYPE_CHECKING:
    from camp_monitor.facilities import Facility, Outline

BROKEN = 2
"""Exit code where a file cannot be used, or fetched."""


@click.group(cls=Commands)
def facilities() -> None:
    """Facilities: where they are, who says so, and how far the edge may be off."""


@facilities.command("list", epilog="Example: camp-monitor facilities list")
@click.pass_obj
@language_option()
def list_facilities(context: Context, /) -> None:
    """List the facilities of the registry."""
    from camp_monitor.facilities import read_registry

    registry = read_registry(context.workspace.aoi)
    if context.as_json:
        click.echo(json.dumps([_summary(facility) for facility in registry], indent=1))
        return
    print_facilities(registry, context.console)


@facilities.command(
    "show", epilog="Example: camp-monitor facilities show khs-12-jongori --at 2016-09-01"
)
@click.argument("facility_id", metavar="ID")
@click.option(
    "--at", metavar="DATE",
    help="Say who administered it on this day, or in this month or year, with the source.",
)  # fmt: skip
@click.pass_obj
@language_option()
def show_facility(context: Context, /, facility_id: str, at: str | None) -> None:
    """Show all that is published of one facility: outline, points, sizes, conflicts, sources."""
    from camp_monitor.facilities import facility_document, find_facility

    facility = find_facility(context.workspace.aoi, facility_id)
    days = _days(at) if at else None
    if context.as_json:
        document = facility_document(facility)
        if days:
            names = [asdict(one) for one in facility.agency.between(*days)]
            document["administered"] = {"from_on": days[0], "to_on": days[1], "by": names}
        click.echo(json.dumps(document, indent=1))
        return
    print_facility(facility, context.console, days)


def _days(at: str) -> tuple[str, str]:
    """Return the first and the last day of what was given as a day, a month or a year."""
    from camp_monitor.scenes.scene import parse_acquired

    first, last = parse_acquired(at)
    return first.date().isoformat(), last.date().isoformat()


@facilities.command(
    "check", epilog="Example: camp-monitor facilities check drawn.kml --today 2026-01-31"
)
@click.argument("words", metavar="[ID|FILE]...", nargs=-1)
@click.option(
    "--today",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day from which the age of a status is counted; else today.",
)
@click.pass_obj
def check_facilities(context: Context, words: tuple[str, ...], today: datetime | None) -> None:
    """List every doubt about the registry, and about the outlines in each FILE not imported yet.

    With an ID, the doubts about that facility alone.  Doubts are no faults: sources that
    disagree, placeholders, an edge that is less certain than the outline is large, an old status.
    Exit code 2: a file or an outline cannot be used.
    """
    from camp_monitor.facilities.checking import check_registry

    day = (today or datetime.now(UTC)).date()
    ids, files = _ids_and_files(context.workspace.aoi, words)
    check = check_registry(context.workspace.aoi, today=day, files=files, only=ids)
    if context.as_json:
        click.echo(json.dumps(check_as_json(check), indent=1))
    else:
        print_check(context.console, check, whole=not ids)
    if check.counts["broken"]:
        click.get_current_context().exit(BROKEN)


def _ids_and_files(folder: Path, words: tuple[str, ...]) -> tuple[list[str], list[Path]]:
    """Tell ids from files: a known id, or a word without a suffix that is no file, is an id."""
    from camp_monitor.facilities.registry import known_ids

    known = known_ids(folder)
    ids = [w for w in words if w in known or not (Path(w).suffix or Path(w).exists())]
    return ids, [Path(word) for word in words if word not in ids]


@facilities.command(
    "import",
    epilog="Example: camp-monitor facilities import wall.kml --id khs-12-jongori --accuracy-m 15",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "facility_id", help="Known or new id; else the one that FILE gives.")
@click.option("--name", help="Name of a new facility; else the one that FILE gives.")
@click.option("--layer", help="GeoPackage layer or KML folder to read.")
@click.option("--feature", help="Name or number of the feature to take.")
@click.option("--union", is_flag=True, help="Join all features into one outline.")
@click.option("--accuracy-m", type=float, help="How far the edge may be off, metres; else 20.")
@click.option(
    "--basis",
    type=click.Choice(["drawn", "published"]),
    default="drawn",
    show_default=True,
    help="Drawn by an analyst, or published as a polygon.",
)
@click.option("--source", help="Who drew or published it; else the file's name.")
@click.pass_obj
@language_option()
def import_file(  # noqa: PLR0913 - one argument for each option of the command line
    context: Context,
    /,
    file: Path,
    facility_id: str | None,
    name: str | None,
    layer: str | None,
    feature: str | None,
    union: bool,
    accuracy_m: float | None,
    basis: Literal["drawn", "published"],
    source: str | None,
) -> None:
    """Import an outline from a GeoJSON, KML, KMZ or GeoPackage FILE.

    The outline becomes the next version of the facility's; older versions are kept.  An unknown
    id with a name becomes a new facility, anywhere in the world.  Both are taken from the
    properties id and name (or name_en) of FILE where the options do not give them.
    """
    from camp_monitor.facilities.importing import add_outline, import_outline

    imported = import_outline(file, layer=layer, feature=feature, union=union)
    addition = add_outline(
        context.workspace.aoi,
        facility_id,
        imported,
        name=name,
        accuracy_m=accuracy_m,
        basis=basis,
        source=source,
    )
    facility = addition.facility
    outline = facility.outline
    remarks = [*imported.remarks, *addition.remarks]
    if context.as_json:
        answer = {
            "id": facility.id,
            "name": facility.name,
            "version": outline.version,
            "added": addition.added,
            "created": addition.created,
            "file": str(addition.path),
            "remarks": remarks,
        }
        click.echo(json.dumps(answer, indent=1))
        return
    for remark in remarks:
        context.messages.print(remark, soft_wrap=True)
    context.console.print(_said_of_import(facility.id, outline, addition.added), soft_wrap=True)


def _said_of_import(facility_id: str, outline: Outline, added: bool) -> str:
    from camp_monitor.facilities.geometry import area_words, length_words
    from camp_monitor.report.text.sentences import name_of, phrase

    return phrase(
        "registry.imported" if added else "registry.imported_before",
        facility=facility_id,
        version=outline.version,
        basis=name_of("basis_short", outline.basis),
        area=area_words(outline.area_m2),
        accuracy=length_words(outline.accuracy_m),
    )


@facilities.command("ground", epilog="Example: camp-monitor facilities ground khs-12-jongori")
@click.argument("facility_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All facilities that have an outline.")
@click.option(
    "--source", metavar="NAME",
    help="Catalogue to ask.  Default: [fetch] ground, for which auto is [fetch] source.",
)  # fmt: skip
@click.pass_obj
@language_option()
def fetch_ground(
    context: Context, /, facility_ids: tuple[str, ...], every: bool, source: str | None
) -> None:
    """Fetch heights and permanent water round the facilities ID, which scans then use.

    Only what is not there yet is fetched; a scan that asks a catalogue does the same.  They are
    kept in the folder ground/ of the workspace, with SHA-256, origin and credit.

    Exit code 2: something could not be fetched; the reason is printed.
    """
    from camp_monitor.cli.ground import fetch_round
    from camp_monitor.cli.series import facilities as asked_for
    from camp_monitor.report.text.sentences import error_text, phrase

    answer: dict[str, dict[str, Any]] = {}
    for name in asked_for(context, facility_ids, every=every):
        for one in fetch_round(context, name, source):
            reason = error_text(one.error) if one.error else None
            file = one.file
            answer.setdefault(name, {})[one.layer] = {
                "added": one.added, "error": reason, "file": str(file.path) if file else None,
                "title": file.name if file else None, "sha256": file.sha256 if file else None,
                "credit": file.credit if file else None,
            }  # fmt: skip
            outcome = "fetched" if one.added else "held" if file else "failed" if reason else "none"
            said = phrase(
                f"ground.{outcome}", facility=name, layer=one.layer, reason=reason or "",
                title=f"{file.name}. {file.credit}" if file else "",
            )  # fmt: skip
            if reason or not context.as_json:
                (context.messages if reason else context.console).print(said, soft_wrap=True)
    if context.as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    if any(layer["error"] for layers in answer.values() for layer in layers.values()):
        click.get_current_context().exit(BROKEN)


def _summary(facility: Facility) -> dict[str, Any]:
    newest = facility.outlines[-1] if facility.outlines else None
    return {
        "id": facility.id,
        "name": facility.name,
        "type": facility.type,
        "outline_version": newest.version if newest else None,
        "outline_basis": newest.basis if newest else None,
        "accuracy_m": newest.accuracy_m if newest else None,
        "area_m2": round(newest.area_m2, 1) if newest else None,
        "status": facility.status.value,
        "status_date": facility.status.date,
        "status_as_of": facility.status.as_of,
        "status_conflict": facility.status.conflict,
    }
