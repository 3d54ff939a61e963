"""The list of findings and of what was not seen: as tables, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.finding_tables import (
    FINDING_COLUMNS,
    UNSEEN_COLUMNS,
    finding_cells,
    unseen_cells,
)
from camp_monitor.cli.long_tables import print_member, print_table

if TYPE_CHECKING:
    from camp_monitor.cli.context import Context
    from camp_monitor.ledger.listed import Wanted
    from camp_monitor.ledger.lists import Lists

Group = tuple[str, int, tuple[str, ...], list[tuple[str, ...]]]
"""A facility, 0 for findings and 1 for what was not seen, columns and rows."""


def print_list(context: Context, lists: Lists, wanted: Wanted, limit: int | None) -> None:
    """Print one table of each facility's findings, one of what was not seen, and counts."""
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import count_words, findings_words

    by_facility = wanted.sort == "facility" or wanted.facility_id is not None
    print_groups = _print_by_facility if by_facility else _print_in_one
    shown = print_groups(context, lists, wanted, limit)
    found, rejected = lists.counted(wanted)
    looked = lists.looked(wanted.facility_id, superseded=wanted.superseded)
    unseen = sum(count for (_, is_part), count in looked.items() if is_part)
    counts = ", ".join(
        phrase("findings.outcome", count=count, outcome=outcome)
        for outcome in ("changed", "unchanged", "not_seen")
        if (count := looked[outcome, True] + looked[outcome, False])
    )
    summary = phrase(
        "findings.summary",
        findings=findings_words(found, rejected).capitalize(),
        observations=count_words(looked.total(), "observation").capitalize(),
        counts=counts,
    )
    lines = [summary]
    if unseen:
        lines.append(phrase("findings.unseen"))
    if sum(shown) < found + unseen:
        left = count_words(found - shown[0], "finding"), count_words(unseen - shown[1], "record")
        lines.append(phrase("findings.cut", findings=left[0], unseen=left[1]))
    every = replace(
        wanted, kind=None, at_least=None, reviewed=None, verdict=None, since=None, new=False,
        at_least_m2=None,
    )  # fmt: skip
    others = 0 if every == wanted else lists.counted(every)[0] - found
    if others:
        left_out = count_words(others, "other finding")
        lines.append(phrase("findings.others", findings=left_out))
    context.console.print("\n".join(lines))


def _print_by_facility(
    context: Context, lists: Lists, wanted: Wanted, limit: int | None
) -> list[int]:
    """Print the tables of each facility; return how many findings and other records these hold."""
    from camp_monitor.report.export.tables import legible

    shown, place = [0, 0], None
    for facility, what, columns, rows in _groups(lists, wanted, limit):
        kept = rows[: None if limit is None else limit - sum(shown)]
        if not kept:
            break
        if facility != place:
            context.console.print(legible(facility), style="bold")
        print_table(context.console, _names_of(columns), kept)
        context.console.print()
        place = facility
        shown[what] += len(kept)
    return shown


def _print_in_one(context: Context, lists: Lists, wanted: Wanted, limit: int | None) -> list[int]:
    """Print the findings of all facilities as one table; what was not seen is counted alone."""
    from camp_monitor.report.export.tables import legible

    rows = [
        (legible(one.facility_id), *finding_cells(one)) for one in lists.findings(wanted, limit)
    ]
    if rows:
        print_table(context.console, _names_of(("facility", *FINDING_COLUMNS)), rows)
        context.console.print()
    return [len(rows), 0]


def _names_of(columns: Iterable[str]) -> tuple[str, ...]:
    from camp_monitor.report.text.sentences import name_of

    return tuple(name_of("column", column) for column in columns)


def _groups(lists: Lists, wanted: Wanted, limit: int | None) -> Iterator[Group]:
    """Give the rows facility by facility: findings, then what was not seen."""
    looks = lists.unseen(wanted.facility_id, superseded=wanted.superseded, limit=limit)
    findings: Iterator[Group] = (
        (facility, 0, FINDING_COLUMNS, [finding_cells(one) for one in own])
        for facility, own in groupby(lists.findings(wanted, limit), lambda one: one.facility_id)
    )
    unseen: Iterator[Group] = (
        (facility, 1, UNSEEN_COLUMNS, [unseen_cells(one) for one in own])
        for facility, own in groupby(looks, lambda one: one.facility_id)
    )
    return merge(findings, unseen, key=lambda group: group[:2])


def print_json_list(lists: Lists, wanted: Wanted, limit: int | None) -> None:
    """Print every record whole, one after the other."""
    from camp_monitor.ledger.entries import read_review

    def plain_review(content: str | None) -> dict[str, Any] | None:
        if content is None:
            return None
        review = read_review(content)
        return {"id": review.id, **review.to_dict()}

    findings = (
        {"id": key, **json.loads(content), "superseded": not counts, "review": plain_review(review)}
        for key, content, counts, review in lists.finding_contents(wanted, limit)
    )
    looks = (
        {"id": key, **json.loads(content), "superseded": not counts}
        for key, content, counts in lists.observation_contents(
            wanted.facility_id, superseded=wanted.superseded, limit=limit
        )
    )
    click.echo("{")
    print_member("findings", findings, ",")
    print_member("observations", looks, "")
    click.echo("}")
