"""``camp-monitor findings``: what changed, what was not seen, and files for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.audiences import audience_option
from camp_monitor.cli.context import Commands, Context
from camp_monitor.cli.finding_list import print_json_list, print_list
from camp_monitor.cli.finding_tables import finding_table
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.long_tables import limit_of, limit_option, min_area_option, since_option
from camp_monitor.cli.records import clock_option
from camp_monitor.errors import InputError

if TYPE_CHECKING:
    from camp_monitor.records.finding import Finding
    from camp_monitor.records.observation import Observation
    from camp_monitor.records.review import Review

VERDICTS = ("confirmed", "rejected", "unsure")


@click.group(cls=Commands)
def findings() -> None:
    """List, show, review and export what changed and what was not seen."""


@findings.command(
    "list", epilog="Example: camp-monitor findings list --at-least medium --unreviewed"
)
@click.option("--facility", metavar="ID", help="Only this facility.")
@click.option("--kind", help="Only this kind of change, such as construction or flooding.")
@click.option(
    "--at-least",
    type=click.Choice(["low", "medium", "high"]),
    help="Only findings with this confidence or a higher one.",
)
@click.option(
    "--reviewed/--unreviewed", default=None, help="Only findings that someone, or no one, reviewed."
)
@click.option("--verdict", type=click.Choice(VERDICTS), help="Only with this as latest verdict.")
@since_option
@click.option("--new", is_flag=True, help="Only what the last day of recording brought.")
@min_area_option
@click.option(
    "--sort",
    type=click.Choice(["facility", "rank", "time", "area"]),
    default="facility",
    show_default=True,
    help="What comes first; rank: the most probable, then the largest; time: the newest.",
)
@click.option("--superseded", is_flag=True, help="Also what a later scan has replaced.")
@click.option("--candidates", is_flag=True, help="Also what lies below the working point, marked.")
@limit_option
@click.pass_obj
@language_option()
def list_findings(
    context: Context, /, facility: str | None, limit: int | None, superseded: bool, **only: Any
) -> None:
    """List findings, and what was not seen.

    Of one building there is a finding in every pair of images that shows it: what they make
    together is in 'events list'.  A finding that a reviewer rejected stays in the list and is
    marked.
    """
    from camp_monitor.ledger.listed import Wanted
    from camp_monitor.ledger.lists import open_lists
    from camp_monitor.ledger.opening import open_ledger_of

    if only["verdict"] and only["reviewed"] is False:
        raise InputError("A finding with a verdict is reviewed: use --unreviewed or --verdict.")
    if not context.workspace.has_ledger:
        _require_known(context, facility)
        _print_nothing_scanned(context, facility, ())
        return
    wanted = Wanted(facility, superseded=superseded, **only)
    with open_ledger_of(context.workspace, reading=True) as ledger, open_lists(ledger) as lists:
        scanned = lists.facility_ids()
        if not scanned or facility not in (None, *scanned):
            _require_known(context, facility)
            _print_nothing_scanned(context, facility, scanned)
        elif context.as_json:
            print_json_list(lists, wanted, limit_of(context, limit))
        else:
            print_list(context, lists, wanted, limit_of(context, limit))


@findings.command(epilog="Example: camp-monitor findings show F1dceabd3f3ca")
@click.argument("finding_id", metavar="FID")
@click.pass_obj
@language_option()
def show(context: Context, finding_id: str) -> None:
    """Show all that is known of one finding; FID may be the beginning of its id.

    FID may be the id of an event (E...), too: shown is the finding that shows most of it.
    """
    from camp_monitor.events.lookup import find_finding
    from camp_monitor.ledger.opening import open_ledger_of

    _require_ledger(context)
    with open_ledger_of(context.workspace, reading=True) as ledger:
        finding = find_finding(ledger, finding_id)
        every = ledger.observations(finding.facility_id, superseded=True)
        current = ledger.observations(finding.facility_id)
        reviews = ledger.reviews(finding.id)
    naming = [item for item in every if finding.id in item.named_ids]
    counts = [item for item in current if item.id in {one.id for one in naming}]
    if context.as_json:
        content = {"id": finding.id, "superseded": not counts, **finding.to_dict()}
        content["observations"] = [_with_id(item) for item in naming]
        _print_json({**content, "reviews": [_with_id(item) for item in reviews]})
    else:
        observation = (counts or naming)[-1]
        context.console.print(finding_table(finding, observation, bool(counts), reviews))


@findings.command(
    epilog="Example: camp-monitor findings review F1dceabd3f3ca --verdict unsure --by RN"
)
@click.argument("finding_id", metavar="[ID]", required=False)
@click.option("--verdict", type=click.Choice(VERDICTS), help="What you make of it.")
@click.option("--by", metavar="NAME", required=True, help="Your name or initials.")
@click.option("--note", metavar="TEXT", default="", help="Why.")
@click.option(
    "--blind", is_flag=True,
    help="Show a finding, the next that you have not reviewed without ID, and neither how probable "
    "it is nor what others made of it; with --verdict, record that you judged it so.",
)  # fmt: skip
@clock_option
@click.pass_obj
@language_option()
def review(context: Context, /, finding_id: str | None, verdict: str | None, **given: Any) -> None:
    """Record what you think of a finding or of an event; ID may be the beginning of its id.

    A verdict on an event (E...) is recorded for the finding that shows most of it.  Nothing is
    changed or removed: the latest review of a finding counts, and all are kept.  'status' says how
    far reviewers agree.
    """
    from camp_monitor.cli.reviewing import record_review, show_blind

    if verdict is None and not given["blind"]:
        raise InputError("A review needs a verdict: give --verdict, or --blind to look first.")
    if verdict is not None and finding_id is None:
        raise InputError("A verdict is of a finding: give its id.")
    _require_ledger(context)
    if verdict is None:
        show_blind(context, finding_id, given["by"])
    elif finding_id is not None:
        record_review(context, finding_id, verdict, **given)


@findings.command(epilog="Example: camp-monitor findings export findings.gpkg --overwrite")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--facility", metavar="ID", help="Only this facility.")
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@click.option("--candidates", is_flag=True, help="Also what lies below the working point, marked.")
@audience_option()
@click.pass_obj
@language_option()
def export(
    context: Context, /, file: Path, facility: str | None, candidates: bool, **chosen: Any
) -> None:
    """Write events, findings, and what was not seen, to FILE.

    FILE ends in .gpkg (QGIS), .geojson, .kml or .csv.
    """
    from camp_monitor.ledger.opening import open_ledger_of
    from camp_monitor.report.export.export import export_findings
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.redaction.redact import choose_audience, rules_of

    _require_ledger(context)
    workspace = context.workspace
    audience = choose_audience(chosen["audience"], workspace.configuration.report)
    with open_ledger_of(workspace, reading=True) as ledger:
        looked = ledger.observations(facility)
        if not looked:
            _require_known(context, facility)
            place = f" at {legible(facility)}" if facility else ""
            raise InputError(
                f"Nothing has been scanned yet{place}, so there is nothing to export: run "
                f"'{_scan_command(facility)}' first."
            )
        written = export_findings(
            ledger.findings(facility, candidates=candidates),
            looked,
            file,
            reviews=ledger.reviews(),
            overwrite=chosen["overwrite"],
            rules=rules_of(workspace, {one.facility_id for one in looked}, audience),
        )
    if context.as_json:
        _print_json({"file": str(file), **asdict(written)})
        return
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import count_words

    said = phrase(
        "export.wrote",
        file=legible(str(file)),
        events=count_words(written.events, "event"),
        findings=count_words(written.findings, "finding"),
        records=count_words(written.not_seen, "record"),
    )
    context.console.print(said, soft_wrap=True)


def _require_ledger(context: Context) -> None:
    if not context.workspace.has_ledger:
        raise InputError(f"Nothing has been scanned yet: run '{_scan_command(None)}' first.")


def _require_known(context: Context, facility: str | None) -> None:
    """Refuse an id of which neither the ledger nor the registry knows; name the nearest ones."""
    from camp_monitor.facilities import find_facility
    from camp_monitor.facilities.registry import known_ids

    folder = context.workspace.aoi
    if facility and folder.is_dir() and facility not in known_ids(folder):
        find_facility(folder, facility)


def _scan_command(facility: str | None) -> str:
    from camp_monitor.report.export.tables import legible

    return f"camp-monitor scan {legible(facility or 'ID')} --before DATE --after DATE"


def _print_nothing_scanned(context: Context, facility: str | None, others: Sequence[str]) -> None:
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import phrase

    if context.as_json:
        _print_json({"findings": [], "observations": []})
        return
    lines = [phrase("findings.nothing_scanned")]
    if facility:
        lines = [phrase("findings.nothing_scanned_at", facility=legible(facility))]
    if others:
        lines.append(phrase("findings.scanned", facilities=legible(", ".join(others))))
    lines.append(phrase("findings.to_scan", command=_scan_command(facility)))
    context.console.print("\n".join(lines), soft_wrap=True)


def _print_json(content: dict[str, Any]) -> None:
    click.echo(json.dumps(content, indent=2))


def _with_id(record: Finding | Observation | Review) -> dict[str, Any]:
    return {"id": record.id, **record.to_dict()}
