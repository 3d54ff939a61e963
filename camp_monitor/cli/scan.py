"""``camp-monitor scan``: compare two dates of a facility."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from camp_monitor.cli.context import Context

if TYPE_CHECKING:
    from camp_monitor.scan import Scanned

NOTHING_COMPARED = 3
MOST_SHOWN = 12


@click.command(
    epilog="Example: camp-monitor scan khs-12-jongori --before 2016-08-20 --after 2016-09-12"
)
@click.argument("facility_id", metavar="ID")
@click.option("--before", required=True, metavar="DATE", help="Day, year or id of the first scene.")
@click.option("--after", required=True, metavar="DATE", help="Day, year or id of the second scene.")
@click.pass_obj
def scan(context: Context, facility_id: str, before: str, after: str) -> None:
    """Compare two scenes of the facility ID and record what changed and what was not seen.

    Exit code 3: nothing could be compared; the reason is printed and recorded.
    """
    from camp_monitor.scan import scan as run

    with context.messages.status(f"Comparing {before} and {after} over {facility_id} ..."):
        result = run(context.workspace, facility_id, before, after, recorded_at=datetime.now(UTC))
    if context.as_json:
        click.echo(json.dumps(_as_json(result), ensure_ascii=False, indent=2))
    else:
        _print(context, result)
    if all(observation.outcome == "not_seen" for observation in result.observations):
        click.get_current_context().exit(NOTHING_COMPARED)


def _as_json(result: Scanned) -> dict[str, object]:
    return {
        "facility": result.facility.id,
        "observations": [{"id": item.id, **item.to_dict()} for item in result.observations],
        "findings": [{"id": item.id, **item.to_dict()} for item in result.findings],
        "added": {"observations": result.added.observations, "findings": result.added.findings},
    }


def _print(context: Context, result: Scanned) -> None:
    from camp_monitor.findings.finding import interval_words, question_words
    from camp_monitor.publication.words import outcome_words, share_words

    console = context.console
    between = interval_words(result.before, result.after)
    console.print(f"{result.facility.name}, {between}", soft_wrap=True)
    console.print(f"  before {result.before.id}  after {result.after.id}\n", soft_wrap=True)
    noted = [item.caveats for item in result.observations if item.caveats]
    shared = [text for text in noted[0] if all(text in own for own in noted)] if noted[1:] else []
    for item in result.observations:
        console.print(f"{question_words(item.method)}: {outcome_words(item)}", soft_wrap=True)
        if item.reason:
            console.print(
                f"  {share_words(item.seen_fraction)} seen.  {item.reason}", soft_wrap=True
            )
        _print_notes(context, [text for text in item.caveats if text not in shared])
    if shared:
        console.print("Every answer:")
        _print_notes(context, shared)
    if result.findings:
        _print_findings(context, result)
    if result.added.observations:
        console.print(
            f"\nRecorded {result.added.observations} observations and {result.added.findings} "
            f"findings.  Next: camp-monitor map {result.facility.id} -o map.html",
            soft_wrap=True,
        )
    else:
        console.print("\nThis pair was scanned before: nothing was added to the ledger.")


def _print_notes(context: Context, caveats: Sequence[str]) -> None:
    for caveat in caveats:
        context.console.print(f"  note: {caveat}", soft_wrap=True)


def _print_findings(context: Context, result: Scanned) -> None:
    from rich.table import Table

    from camp_monitor.findings.finding import KINDS
    from camp_monitor.publication.words import area_words

    table = Table(box=None, pad_edge=False, title=None)
    for name in ("Finding", "Kind", "Area (interval)", "Confidence", "Position"):
        table.add_column(name)
    largest = sorted(result.findings, key=lambda finding: -finding.area_m2)
    for finding in largest[:MOST_SHOWN]:
        area, interval = area_words(finding)
        table.add_row(
            finding.id, KINDS[finding.kind], f"{area} ({interval})", finding.confidence,
            finding.position.replace("_", " "),
        )  # fmt: skip
    context.console.print()
    context.console.print(table)
    hidden = len(largest) - MOST_SHOWN
    if hidden > 0:
        context.console.print(
            f"... and {hidden} smaller: camp-monitor findings list --facility {result.facility.id}",
            soft_wrap=True,
        )
