"""``camp-monitor scan``: compare two dates of a facility, or the dates of an interval."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.network import (
    interval_of,
    note_fetched,
    open_shop,
    place_of,
    print_choice,
    print_left_out,
    progress,
    size_words,
    source_options,
)
from camp_monitor.errors import NotComparableError

if TYPE_CHECKING:
    from camp_monitor.scan import Scanned
    from camp_monitor.workspace import GroundFiles

NOTHING_COMPARED = 3
MOST_SHOWN = 12


@click.command(epilog="Example: camp-monitor scan khs-12-jongori --from 2016-08-15 --to 2016-09-30")
@click.argument("facility_id", metavar="ID")
@click.option("--before", metavar="DATE", help="Day, year or id of the first scene.")
@click.option("--after", metavar="DATE", help="Day, year or id of the second scene.")
@click.option("--from", "first", metavar="DATE", help="First day: choose scenes by themselves.")
@click.option("--to", "last", metavar="DATE", help="Last day.")
@click.option("--offline", is_flag=True, help="Use only what the catalogue here holds.")
@click.option(
    "--detectability",
    is_flag=True,
    default=None,
    help="Say how small a building would have been found: paints some into the scenes (slow).",
)
@click.option(
    "--dem",
    metavar="FILE",
    help="GeoTIFF of heights in metres: no flood is found on steep ground ('' for none).",
)
@click.option(
    "--usual-water",
    metavar="FILE",
    help="GeoTIFF of the share of time under water in percent, 0-100, 255 not known: no flood is "
    "found where water lies half of the time; give a 0/1 map as 0/100 ('' for none).",
)
@source_options
@click.pass_obj
def scan(context: Context, /, facility_id: str, **asked: Any) -> None:
    """Compare scenes of the facility ID and record what changed and what was not seen.

    With --before and --after: these two.  With --from and --to: the best pair of the interval and
    every other usable date after its before scene; what is missing is looked for and fetched.

    Exit code 3: nothing could be compared; the reason is printed and recorded.
    """
    by_pair, by_interval = asked["before"] or asked["after"], asked["first"] or asked["last"]
    if by_pair and by_interval:
        raise click.UsageError("Give --before and --after, or --from and --to, not both.")
    if by_interval:
        if not asked["first"] or not asked["last"]:
            raise click.UsageError("An interval has two ends: give --from and --to.")
        pairs = _gather(context, facility_id, asked)
    else:
        if not asked["before"] or not asked["after"]:
            raise click.UsageError(
                "Two scenes are compared: give --before and --after, or --from and --to."
            )
        pairs = [(asked["before"], asked["after"])]
    how = {
        "detectability": asked["detectability"],
        "ground_files": _ground_files(context, asked["dem"], asked["usual_water"]),
    }
    results = [_scan(context, facility_id, before, after, how) for before, after in pairs]
    if context.as_json:
        answers = [_as_json(result) for result in results]
        answer = answers if by_interval else answers[0]
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    compared = [
        observation
        for result in results
        for observation in result.observations
        if observation.outcome != "not_seen"
    ]
    if not compared:
        click.get_current_context().exit(NOTHING_COMPARED)


def _scan(
    context: Context, facility_id: str, before: str, after: str, how: dict[str, Any]
) -> Scanned:
    from camp_monitor.scan import scan as run

    with context.messages.status(f"Comparing {before} and {after} over {facility_id} ..."):
        result = run(
            context.workspace, facility_id, before, after, recorded_at=datetime.now(UTC),
            **how,
        )  # fmt: skip
    if not context.as_json:
        _print(context, result)
    return result


def _ground_files(context: Context, dem: str | None, usual_water: str | None) -> GroundFiles:
    """Take the files that options name, and for the rest those of the settings."""
    named = {
        word: Path(value) if value else None
        for word, value in (("dem", dem), ("usual_water", usual_water))
        if value is not None
    }
    return replace(context.workspace.ground_files, **named)


def _gather(context: Context, facility_id: str, asked: dict[str, Any]) -> list[tuple[str, str]]:
    """Choose the pairs of an interval, fetch what is missing, and say what and why."""
    from camp_monitor.imagery.gathering import fetch_offers, in_catalogue, plan

    place = place_of(context, facility_id)
    interval = interval_of(asked["first"], asked["last"])
    folder = context.workspace.imagery
    least_clear = context.workspace.configuration.scan.min_seen_fraction
    with ExitStack() as stack:
        shop = None
        if not asked["offline"]:
            shop = stack.enter_context(open_shop(context, asked["source"], asked["sensors"]))
        with progress(context, "Reading quality bands") as start:
            planned = plan(folder, place, interval, shop, least_clear=least_clear, progress=start)
        print_left_out(context, planned.left_out)
        print_choice(context, planned.choice)
        fetched: dict[str, str] = {}
        if shop is not None and planned.missing:
            context.messages.print(
                f"Fetching {len(planned.missing)} scenes from {shop.source.title}, at most "
                f"{size_words(planned.most_bytes)}",
                soft_wrap=True,
            )
            files = sum(offer.scene.files for offer in planned.missing)
            with progress(context, "Fetching files") as start:
                note = note_fetched(context, shop.source.name)
                fetched = fetch_offers(folder, place, planned.missing, shop, start(files), note)
    if not planned.choice.pairs:
        where = "the catalogue here" if asked["offline"] else "the catalogues"
        raise NotComparableError(
            f"Nothing of {facility_id} from {asked['first']} to {asked['last']} can be compared: "
            f"{where} held no two usable scenes of one sensor; ask for a longer interval, or "
            f"another --sensor or --source."
        )
    return [(before, after) for before, after, _ in in_catalogue(planned.choice.pairs, fetched)]


def _as_json(result: Scanned) -> dict[str, object]:
    return {
        "facility": result.facility.id,
        "observations": [{"id": item.id, **item.to_dict()} for item in result.observations],
        "findings": [{"id": item.id, **item.to_dict()} for item in result.findings],
        "added": {"observations": result.added.observations, "findings": result.added.findings},
    }


def _print(context: Context, result: Scanned) -> None:
    from camp_monitor.answers import SMALLEST
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
        painted = dict(item.measured).get(SMALLEST)
        if painted:
            console.print(f"  {painted}", soft_wrap=True)
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
