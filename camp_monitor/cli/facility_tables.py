"""How one facility, and the doubts about a registry, are printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from camp_monitor.facilities import Facility
    from camp_monitor.facilities.checking import Checked, RegistryCheck

ONE_LINE_COLUMNS = 100
"""On a narrower terminal the type of a facility stands below its id."""


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


def print_facilities(registry: Sequence[Facility], console: Console) -> None:
    """Print a row for each facility, in two lines on a narrow terminal, and count them."""
    from camp_monitor.facilities.geometry import length_words
    from camp_monitor.report.text.sentences import name_of
    from camp_monitor.report.text.words import facility_name

    wide = console.width >= ONE_LINE_COLUMNS
    columns = ("id", "name", "type", "outline", "accuracy", "status", "as_of")
    table = _fact_table(*(columns if wide else ("id_type", "name", "outline", "status")))
    for facility in registry:
        newest = facility.outlines[-1] if facility.outlines else None
        name = facility_name(facility)
        kind = name_of("facility_type_short", facility.type)
        basis = name_of("basis_short", newest.basis if newest else "none")
        accuracy = length_words(newest.accuracy_m) if newest else ""
        status, date = _short_status(facility)
        if wide:
            table.add_row(facility.id, name, kind, basis, accuracy, status, date)
        else:
            stacked = (f"{facility.id}\n{kind}", f"{basis}\n{accuracy}", f"{status}\n{date}")
            table.add_row(stacked[0], name, *stacked[1:])
    console.print(table)
    console.print(_counted(registry))


def _counted(registry: Sequence[Facility]) -> str:
    from camp_monitor.report.text.sentences import phrase

    bare = sum(not facility.outlines for facility in registry)
    standing = sum(
        bool(facility.outlines) and facility.outline.basis == "placeholder" for facility in registry
    )
    return phrase(
        "registry.counted",
        facilities=len(registry),
        bare=phrase("registry.bare", count=bare) if bare else "",
        placeholders=phrase("registry.placeholders", count=standing) if standing else "",
    )


def print_facility(
    facility: Facility, console: Console, days: tuple[str, str] | None = None
) -> None:
    """Print everything a person needs, the most needed first; who administered it on `days`."""
    from camp_monitor.report.text.words import facility_name

    console.print(facility_name(facility), style="bold")
    _print_facts(_facts_of(facility, days), console)
    _print_outlines(facility, console)
    _print_published(facility, console)
    for which, sentences in (("conflicts", facility.conflicts), ("notes", facility.notes)):
        if sentences:
            _print_title(which, console)
            _print_facts((("-", sentence) for sentence in sentences), console)
    if facility.sources:
        _print_title("sources", console)
    for source in facility.sources:
        remark = f" {source.note}" if source.note else ""
        console.print(f"{source.key}", style="dim")
        cited = f"{source.title}. {source.publisher}, {source.date}.{remark}"
        _print_facts([("", cited)], console)
        for url in source.urls:
            console.print(f"  {url}", soft_wrap=True)


def _facts_of(facility: Facility, days: tuple[str, str] | None) -> list[tuple[str, str]]:
    from camp_monitor.report.sheets.facility_sheet import administered_words, agency_words
    from camp_monitor.report.text.sentences import name_of, phrase
    from camp_monitor.report.text.words import other_names

    status = facility.status
    status_of = status.as_of or status.date
    said = name_of("operation", status.value)
    latin = [name for code, name in other_names(facility) if code == "en"]
    facts = {
        "id": facility.id,
        "type": name_of("facility_type", facility.type),
        "names_ko": _korean(facility),
        "aliases": ", ".join((*latin, *facility.aliases)),
        "place": ", ".join(part for part in (facility.county, facility.province) if part),
        "status": phrase("registry.status", status=said, day=status_of) if status_of else said,
        "but": status.conflict or "",
        "agency": agency_words(facility, facility.agency, None),
    }
    if days:
        day = (
            days[0] if days[0] == days[1] else phrase("registry.days", first=days[0], last=days[1])
        )
        facts["administered"] = phrase(
            "registry.administered", day=day, agency=administered_words(facility, *days)
        )
    if facility.position_grade:
        grade = name_of("position_grade", facility.position_grade)
        reason = facility.position_reason or ""
        facts["position"] = f"{facility.position_grade}: {grade}. {reason}".strip()
    facts["wikidata"] = facility.wikidata or ""
    return [(name_of("fact", name), value) for name, value in facts.items()]


def _print_title(which: str, console: Console) -> None:
    from camp_monitor.report.text.sentences import name_of

    console.print(f"\n{name_of('facts', which)}", style="bold")


def _print_outlines(facility: Facility, console: Console) -> None:
    """Print the newest outline and list the older ones."""
    from camp_monitor.facilities.geometry import area_words, length_words
    from camp_monitor.report.text.sentences import name_of, phrase

    _print_title("outline", console)
    if not facility.outlines:
        known = "no_outline" if facility.candidates else "no_coordinate"
        console.print(phrase(f"registry.{known}"))
        return
    newest = facility.outline
    west, south, east, north = newest.geometry.bounds
    basis = name_of("basis", newest.basis)
    facts = [
        ("basis", phrase("registry.basis", basis=basis, version=newest.version)),
        ("accuracy", phrase("registry.edge", accuracy=length_words(newest.accuracy_m))),
        ("area", area_words(newest.area_m2)),
        ("bounds", phrase("registry.bounds", west=west, east=east, south=south, north=north)),
        ("source", newest.source),
        ("how", newest.note),
    ]
    for older in reversed(facility.outlines[:-1]):
        said = phrase(
            "registry.older", version=older.version, basis=name_of("basis", older.basis),
            area=area_words(older.area_m2), accuracy=length_words(older.accuracy_m),
        )  # fmt: skip
        facts.append(("older", said))
    _print_facts(((name_of("fact", name), value) for name, value in facts), console)


def _print_published(facility: Facility, console: Console) -> None:
    """Print published points and sizes."""
    from camp_monitor.report.text.sentences import name_of

    if facility.candidates:
        _print_title("points", console)
        table = _fact_table("lat", "lon", "source", "feature", "taken_as")
        for point in facility.candidates:
            place = (f"{point.lat:.6f}", f"{point.lon:.6f}")
            role = name_of("point_role", point.role)
            table.add_row(*place, point.source, point.feature, role)
        console.print(table)
    if facility.sizes:
        _print_title("sizes", console)
        table = _fact_table("kind", "as_published", "source", "note")
        for size in facility.sizes:
            kind = name_of("size_kind", size.kind)
            table.add_row(kind, size.as_published, size.source, size.note or "")
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


def _fact_table(*columns: str) -> Table:
    """Make a table with these columns, by their codes."""
    from rich import box
    from rich.table import Table

    from camp_monitor.report.text.sentences import name_of

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for number, column in enumerate(columns):
        # The first column holds what a person copies: it is never broken.
        table.add_column(name_of("fact", column), no_wrap=number == 0, overflow="fold")
    return table


def _short_status(facility: Facility) -> tuple[str, str]:
    """Status and its date; ``show`` says more."""
    from camp_monitor.report.text.sentences import name_of, phrase

    said = name_of("operation", facility.status.value)
    if facility.status.conflict:
        said = phrase("registry.disputed", status=said)
    return said, facility.status.date or phrase("registry.undated")


def _korean(facility: Facility) -> str:
    """Return the Korean names, with what is noted of them."""
    names = ", ".join(facility.names_ko)
    return f"{names}\n{facility.names_ko_note}" if names and facility.names_ko_note else names
