"""``camp-monitor facilities``: list the registry, show one facility, check all, import one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from camp_monitor.cli.context import Commands, Context

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from camp_monitor.facilities import Facility, Outline
    from camp_monitor.facilities.checking import Checked, RegistryCheck

BROKEN = 2
"""Exit code of a check that met a file it cannot use."""

ONE_LINE_COLUMNS = 100
"""On a narrower terminal the name of a facility stands below its id."""


@click.group(cls=Commands)
def facilities() -> None:
    """Facilities: where they are, who says so, and how far the edge may be off."""


@facilities.command("list", epilog="Example: camp-monitor facilities list")
@click.pass_obj
def list_facilities(context: Context) -> None:
    """List the facilities of the registry."""
    from camp_monitor.facilities import read_registry
    from camp_monitor.facilities.geometry import length_words

    registry = read_registry(context.workspace.aoi)
    if context.as_json:
        click.echo(json.dumps([_summary(facility) for facility in registry], indent=1))
        return
    wide = context.console.width >= ONE_LINE_COLUMNS
    columns = ("id", "name", "type", "outline", "accuracy", "status", "as of")
    table = _table(*(columns if wide else ("id, type", "name", "outline", "status")))
    for facility in registry:
        newest = facility.outlines[-1] if facility.outlines else None
        kind = facility.type.replace("_", "-")
        basis = newest.basis if newest else "none"
        accuracy = length_words(newest.accuracy_m) if newest else ""
        status, date = _short_status(facility)
        if wide:
            table.add_row(facility.id, facility.name, kind, basis, accuracy, status, date)
        else:
            stacked = (f"{facility.id}\n{kind}", f"{basis}\n{accuracy}", f"{status}\n{date}")
            table.add_row(stacked[0], facility.name, *stacked[1:])
    context.console.print(table)
    context.console.print(_counted(registry))


@facilities.command("show", epilog="Example: camp-monitor facilities show khs-12-jongori")
@click.argument("facility_id", metavar="ID")
@click.pass_obj
def show_facility(context: Context, facility_id: str) -> None:
    """Show all that is published of one facility: outline, points, sizes, conflicts, sources."""
    from camp_monitor.facilities import facility_document, find_facility

    facility = find_facility(context.workspace.aoi, facility_id)
    if context.as_json:
        click.echo(json.dumps(facility_document(facility), indent=1))
        return
    _print_facility(facility, context.console)


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
        click.echo(json.dumps(_check_as_json(check), indent=1))
    else:
        _print_check(context.console, check, whole=not ids)
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
def import_file(  # noqa: PLR0913 - one argument for each option of the command line
    context: Context,
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

    if not added:
        return (
            f"{facility_id}: nothing added, outline version {outline.version} already is this one."
        )
    return (
        f"{facility_id}: outline version {outline.version} added ({outline.basis}, "
        f"{area_words(outline.area_m2)}, accurate to {length_words(outline.accuracy_m)})."
    )


def _print_check(console: Console, check: RegistryCheck, *, whole: bool) -> None:
    """Print each facility with its doubts, what was not tested, and of all of them the counts."""
    from camp_monitor.facilities.checking import NOT_TESTED

    for item in (*check.facilities, *check.others):
        if item.doubts:
            console.print(f"{item.id}  {item.name}".strip(), style="bold")
            _print_facts(((doubt.kind, doubt.sentence) for doubt in item.doubts), console)
            console.print()
        elif not whole:
            console.print(f"{item.id}: no doubts.\n")
    console.print(NOT_TESTED)
    if whole:
        console.print(_summary_of_check(check), style="bold", soft_wrap=True)


def _summary_of_check(check: RegistryCheck) -> str:
    """Say in one line how many facilities, outlines and doubts there are."""
    kinds = [[doubt.kind for doubt in item.doubts] for item in check.facilities]
    count = Counter(kind for found in kinds for kind in found)
    said = [
        f"{len(check.facilities)} facilities",
        f"{check.outlines} with outlines ({count['placeholder']} of them placeholders)",
        f"{count['conflict']} conflicts in {sum('conflict' in found for found in kinds)} of them",
        f"{count['accuracy']} less accurate than they are large",
        f"{count['overlap'] // 2} overlaps",
        f"{count['place']} out of place",
        f"{count['position']} positions below grade A",
        f"{count['status']} statuses old or undated",
        f"{check.counts['broken']} broken",
    ]
    return ", ".join(said) + "."


def _check_as_json(check: RegistryCheck) -> dict[str, Any]:
    from camp_monitor.facilities.checking import NOT_TESTED

    return {
        "today": check.today.isoformat(),
        "facilities": [_checked_as_json(item) for item in check.facilities],
        "others": [_checked_as_json(item) for item in check.others],
        "outlines": check.outlines,
        "counts": check.counts,
        "not_tested": NOT_TESTED,
    }


def _checked_as_json(item: Checked) -> dict[str, Any]:
    doubts = [{"kind": doubt.kind, "sentence": doubt.sentence} for doubt in item.doubts]
    return {"id": item.id, "name": item.name, "file": str(item.path), "doubts": doubts}


def _print_facility(facility: Facility, console: Console) -> None:
    """Print everything a person needs, the most needed first."""
    from camp_monitor.facilities import GRADES, TYPES

    agency = facility.agency
    status_of = facility.status.as_of or facility.status.date
    console.print(facility.name, style="bold")
    facts = [
        ("id", facility.id),
        ("type", TYPES[facility.type]),
        ("Korean", _korean(facility)),
        ("also called", ", ".join(facility.aliases)),
        ("place", ", ".join(part for part in (facility.county, facility.province) if part)),
        ("status", _joined(facility.status.value, "as of", status_of)),
        ("but", facility.status.conflict or ""),
        ("agency", _joined(agency.value or "not published", "source:", agency.source)),
    ]
    if facility.position_grade:
        grade = f"{facility.position_grade}: {GRADES[facility.position_grade]}"
        facts.append(("position", f"{grade}. {facility.position_reason or ''}".strip()))
    if facility.wikidata:
        facts.append(("Wikidata", facility.wikidata))
    _print_facts(facts, console)
    _print_outlines(facility, console)
    _print_published(facility, console)
    for title, sentences in (("Conflicts", facility.conflicts), ("Notes", facility.notes)):
        if sentences:
            console.print(f"\n{title}", style="bold")
            _print_facts((("-", sentence) for sentence in sentences), console)
    if facility.sources:
        console.print("\nSources", style="bold")
    for source in facility.sources:
        remark = f" {source.note}" if source.note else ""
        console.print(f"{source.key}", style="dim")
        cited = f"{source.title}. {source.publisher}, {source.date}.{remark}"
        _print_facts([("", cited)], console)
        for url in source.urls:
            console.print(f"  {url}", soft_wrap=True)


def _print_outlines(facility: Facility, console: Console) -> None:
    """Print the newest outline and list the older ones."""
    from camp_monitor.facilities.geometry import area_words, length_words
    from camp_monitor.report.text.sentences import name_of

    console.print("\nOutline", style="bold")
    if not facility.outlines:
        reason = "" if facility.candidates else ": no coordinate was published"
        console.print(f"None{reason}.  Import one with 'camp-monitor facilities import'.")
        return
    newest = facility.outline
    west, south, east, north = newest.geometry.bounds
    facts = [
        ("basis", f"{name_of('basis', newest.basis)} (version {newest.version})"),
        ("accuracy", f"the edge may be off by {length_words(newest.accuracy_m)}"),
        ("area", area_words(newest.area_m2)),
        ("bounds", f"lon {west:.5f} to {east:.5f}, lat {south:.5f} to {north:.5f}"),
        ("source", newest.source),
        ("how", newest.note),
    ]
    for older in reversed(facility.outlines[:-1]):
        size = f"{area_words(older.area_m2)}, accurate to {length_words(older.accuracy_m)}"
        facts.append(("older", f"version {older.version}: {name_of('basis', older.basis)}, {size}"))
    _print_facts(facts, console)


def _print_published(facility: Facility, console: Console) -> None:
    """Print published points and sizes."""
    from camp_monitor.facilities import ROLES

    if facility.candidates:
        console.print("\nPublished points", style="bold")
        table = _table("lat", "lon", "source", "feature", "taken as")
        for point in facility.candidates:
            place = (f"{point.lat:.6f}", f"{point.lon:.6f}")
            table.add_row(*place, point.source, point.feature, ROLES[point.role])
        console.print(table)
    if facility.sizes:
        console.print("\nPublished sizes", style="bold")
        table = _table("kind", "as published", "source", "note")
        for size in facility.sizes:
            table.add_row(size.kind, size.as_published, size.source, size.note or "")
        console.print(table)


def _print_facts(facts: Iterable[tuple[str, str]], console: Console) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in facts:
        if value:
            table.add_row(name, value)
    console.print(table)


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for number, column in enumerate(columns):
        # The first column holds what a person copies: it is never broken.
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    return table


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


def _counted(registry: tuple[Facility, ...]) -> str:
    bare = sum(not facility.outlines for facility in registry)
    standing = sum(
        bool(facility.outlines) and facility.outline.basis == "placeholder" for facility in registry
    )
    said = f"{len(registry)} facilities"
    if bare:
        said += f"; {bare} without an outline"
    if standing:
        said += f"; {standing} placeholders: circles for places of which no size is published"
    return said + "."


def _short_status(facility: Facility) -> tuple[str, str]:
    """Status and its date; ``show`` says more."""
    status = facility.status
    return status.value + (" (disputed)" if status.conflict else ""), status.date or "undated"


def _joined(value: str, link: str, remark: str | None) -> str:
    return f"{value}; {link} {remark}" if remark else value


def _korean(facility: Facility) -> str:
    names = ", ".join(facility.names_ko)
    return f"{names}\n{facility.names_ko_note}" if names and facility.names_ko_note else names
