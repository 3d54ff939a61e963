"""How one facility, and the doubts about a registry, are printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from camp_monitor.facilities import Facility
    from camp_monitor.facilities.checking import Checked, RegistryCheck


def print_check(console: Console, check: RegistryCheck, *, whole: bool) -> None:
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


def check_as_json(check: RegistryCheck) -> dict[str, Any]:
    """Return a check as JSON values."""
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


def print_facility(
    facility: Facility, console: Console, days: tuple[str, str] | None = None
) -> None:
    """Print everything a person needs, the most needed first; who administered it on `days`."""
    from camp_monitor.facilities import GRADES, TYPES
    from camp_monitor.report.sheets.facility_sheet import administered_words, agency_words

    status_of = facility.status.as_of or facility.status.date
    console.print(facility.name, style="bold")
    facts = [
        ("id", facility.id),
        ("type", TYPES[facility.type]),
        ("Korean", korean(facility)),
        ("also called", ", ".join(facility.aliases)),
        ("place", ", ".join(part for part in (facility.county, facility.province) if part)),
        ("status", joined(facility.status.value, "as of", status_of)),
        ("but", facility.status.conflict or ""),
        ("agency", agency_words(facility, facility.agency, None)),
    ]
    if days:
        when = days[0] if days[0] == days[1] else " to ".join(days)
        facts.append((f"on {when}", administered_words(facility, *days)))
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
        table = make_table("lat", "lon", "source", "feature", "taken as")
        for point in facility.candidates:
            place = (f"{point.lat:.6f}", f"{point.lon:.6f}")
            table.add_row(*place, point.source, point.feature, ROLES[point.role])
        console.print(table)
    if facility.sizes:
        console.print("\nPublished sizes", style="bold")
        table = make_table("kind", "as published", "source", "note")
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


def make_table(*columns: str) -> Table:
    """Make a table with these columns."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for number, column in enumerate(columns):
        # The first column holds what a person copies: it is never broken.
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    return table


def short_status(facility: Facility) -> tuple[str, str]:
    """Status and its date; ``show`` says more."""
    status = facility.status
    return status.value + (" (disputed)" if status.conflict else ""), status.date or "undated"


def joined(value: str, link: str, remark: str | None) -> str:
    """Join a value with a remark, if there is one."""
    return f"{value}; {link} {remark}" if remark else value


def korean(facility: Facility) -> str:
    """Return the Korean names, with what is noted of them."""
    names = ", ".join(facility.names_ko)
    return f"{names}\n{facility.names_ko_note}" if names and facility.names_ko_note else names
