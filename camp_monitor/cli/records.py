"""How the commands that compare scenes print what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context

if TYPE_CHECKING:
    from camp_monitor.facilities import Facility
    from camp_monitor.notes import Note
    from camp_monitor.records.finding import Finding
    from camp_monitor.records.observation import Observation

MOST_SHOWN = 12


class _WorkingPoint(click.ParamType[str | float]):
    name = "LEVEL"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | float:
        from camp_monitor.settings import read_sensitivity

        try:
            return read_sensitivity(value)
        except ValueError as error:
            self.fail(f"{value!r:.40}: {error}.", param, ctx)


sensitivity_option = click.option(
    "--sensitivity", type=_WorkingPoint(), metavar="high|balanced|low|0-1",
    help="Which findings count: more, as settled, only the surest, or those of at least a "
    "probability; the others are kept as candidates.",
)  # fmt: skip


clock_option = click.option(
    "--clock-is-right", is_flag=True,
    help="Record though the last record is dated later: that one was written by a clock ahead.",
)  # fmt: skip


def records_as_json(
    facility: Facility,
    observations: Sequence[Observation],
    findings: Sequence[Finding],
    candidates: Sequence[Finding],
    expected: Sequence[Note],
) -> dict[str, object]:
    """Return records as a ledger keeps them, with the reasons of observations in words."""
    from camp_monitor.report.text.sentences import with_text
    from camp_monitor.report.text.words import unseen_words

    return {
        "facility": facility.id,
        "observations": [
            {"id": item.id, **item.to_dict(), "text": unseen_words(item)} for item in observations
        ],
        "findings": [{"id": item.id, **item.to_dict()} for item in findings],
        "candidates": [{"id": item.id, **item.to_dict()} for item in candidates],
        "expected": [with_text(item) for item in expected],
    }


def print_records(
    context: Context,
    facility: Facility,
    observations: Sequence[Observation],
    findings: Sequence[Finding],
    expected: Sequence[Note],
) -> None:
    """Print what came of each question, what to expect of it, and the largest findings."""
    from camp_monitor.report.text.sentences import phrase, sentences
    from camp_monitor.report.text.words import (
        facility_name,
        interval_words,
        outcome_words,
        question_words,
        share_words,
        unseen_words,
    )

    console, first = context.console, observations[0]
    between = interval_words(first.before, first.after)
    console.print(f"{facility_name(facility)}, {between}", soft_wrap=True)
    scenes = phrase("records.scenes", before=first.before.id, after=first.after.id)
    console.print(f"{scenes}\n", soft_wrap=True)
    noted = [item.caveats for item in observations if item.caveats]
    shared = [note for note in noted[0] if all(note in own for own in noted)] if noted[1:] else []
    for item in observations:
        console.print(f"{question_words(item.method)}: {outcome_words(item)}", soft_wrap=True)
        unseen = unseen_words(item)
        if unseen:
            share = share_words(item.seen_fraction)
            console.print(phrase("records.seen", share=share, unseen=unseen), soft_wrap=True)
        _print_notes(context, [note for note in item.caveats if note not in shared])
    if shared:
        console.print(phrase("records.for_all"))
        _print_notes(context, shared)
    said = {note for item in observations for note in item.caveats}
    for line in sentences(note for note in expected if note not in said):
        console.print(line, soft_wrap=True)
    if findings:
        _print_findings(context, findings)


def _print_notes(context: Context, caveats: Sequence[Note]) -> None:
    from camp_monitor.report.text.sentences import caveat_sentences, phrase

    for caveat in caveat_sentences(caveats):
        context.console.print(phrase("records.note", caveat=caveat), soft_wrap=True)


def _print_findings(context: Context, findings: Sequence[Finding]) -> None:
    from rich.table import Table

    from camp_monitor.report.text.sentences import name_of
    from camp_monitor.report.text.words import area_words, kind_words

    table = Table(box=None, pad_edge=False, title=None)
    for name in ("finding", "kind", "area_interval", "confidence", "position"):
        table.add_column(name_of("column", name).capitalize())
    largest = sorted(findings, key=lambda finding: (-finding.area_m2, finding.id))
    for finding in largest[:MOST_SHOWN]:
        area, interval = area_words(finding)
        table.add_row(
            finding.id, kind_words(finding.kind), f"{area} ({interval})",
            name_of("confidence", finding.confidence), name_of("position_short", finding.position),
        )  # fmt: skip
    context.console.print()
    context.console.print(table)
