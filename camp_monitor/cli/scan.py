"""``camp-monitor scan``: compare two dates of a facility, or the dates of an interval."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.network import source_options
from camp_monitor.cli.progress import working
from camp_monitor.cli.records import (
    MOST_SHOWN,
    clock_option,
    print_records,
    records_as_json,
    sensitivity_option,
)

if TYPE_CHECKING:
    from camp_monitor.scan import Scanned
    from camp_monitor.settings import GroundFiles

NOTHING_COMPARED, NEW_FINDINGS = 3, 10


@click.command(epilog="Example: camp-monitor scan khs-12-jongori --from 2016-08-15 --to 2016-09-30")
@click.argument("facility_ids", metavar="[ID]...", nargs=-1)
@click.option("--before", metavar="DATE", help="Day, year or id of the first scene.")
@click.option("--after", metavar="DATE", help="Day, year or id of the second scene.")
@click.option("--from", "first", metavar="DATE", help="First day: compare every usable date.")
@click.option("--to", "last", metavar="DATE", help="Last day.")
@click.option("--all", "every", is_flag=True, help="All facilities that have an outline.")
@click.option("--due", is_flag=True, help="What [schedule] asks for and nobody has looked at yet.")
@click.option("--offline", is_flag=True, help="Use only what the catalogue here holds.")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True,
    help="How many processes compare dates at a time.",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Dask scheduler whose workers compare, such as tcp://127.0.0.1:8786; of another machine "
    "tls://..., with certificates (see [scheduler] in camp-monitor.toml).",
)  # fmt: skip
@click.option(
    "--detectability",
    is_flag=True,
    default=None,
    help="Say how small a building would have been found: paints some into the scenes (slow).",
)
@click.option(
    "--dem",
    metavar="FILE",
    help="GeoTIFF of heights in metres: no flood is found on steep ground ('' for none; fetched: "
    "what 'facilities ground' fetched).  Default: [scan] dem.",
)
@click.option(
    "--usual-water",
    metavar="FILE",
    help="GeoTIFF of the share of time under water in percent, 0-100, 255 not known: no flood is "
    "found where water lies half of the time; give a 0/1 map as 0/100 ('' and "
    "fetched: likewise).  Default: [scan] usual_water.",
)
@sensitivity_option
@clock_option
@click.option("--exit-code", is_flag=True, help="End with 10 where there are new findings.")
@source_options
@click.pass_obj
@language_option()
def scan(context: Context, /, facility_ids: tuple[str, ...], **asked: Any) -> None:
    """Compare scenes of the facility ID and record what changed and what was not seen.

    With --before and --after: these two.  With --from and --to: every usable date of the interval,
    each with the same season of earlier years and with the date before it; what is missing is
    looked for and fetched.  With --due: what is due by [schedule] in camp-monitor.toml, for a
    timer; starting it twice does nothing twice.

    Exit code 3: nothing could be compared; the reason is printed and recorded.
    """
    by_pair, by_interval = asked["before"] or asked["after"], asked["first"] or asked["last"]
    if sum(map(bool, (by_pair, by_interval, asked["due"]))) > 1:
        raise click.UsageError("Give --before and --after, or --from and --to, or --due.")
    if by_pair:
        new = _scan_pair(context, facility_ids, asked)
    elif asked["due"]:
        from camp_monitor.cli.series import scan_due

        new = scan_due(context, facility_ids, asked, how(context, asked))
    else:
        from camp_monitor.cli.series import scan_interval

        if not asked["first"] or not asked["last"]:
            raise click.UsageError(
                "Say which dates: --before and --after, or --from and --to, or --due."
            )
        new = scan_interval(context, facility_ids, asked, how(context, asked))
    if new and asked["exit_code"]:
        click.get_current_context().exit(NEW_FINDINGS)


def _scan_pair(context: Context, facility_ids: tuple[str, ...], asked: dict[str, Any]) -> bool:
    """Compare two scenes of one facility; say whether there are new findings."""
    if len(facility_ids) != 1 or asked["every"]:
        raise click.UsageError("--before and --after are two scenes of one facility: name it.")
    if not asked["before"] or not asked["after"]:
        raise click.UsageError("Two scenes are compared: give --before and --after.")
    result = _scan(context, facility_ids[0], asked["before"], asked["after"], how(context, asked))
    if context.as_json:
        click.echo(json.dumps(_as_json(result), ensure_ascii=False, indent=2))
    if all(observation.outcome == "not_seen" for observation in result.observations):
        click.get_current_context().exit(NOTHING_COMPARED)
    return result.added.findings > 0


def how(context: Context, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what the options say of how scenes are compared."""
    return {
        "detectability": asked["detectability"],
        "sensitivity": asked["sensitivity"],
        "clock_is_right": asked["clock_is_right"],
        "ground_files": _ground_files(context, asked["dem"], asked["usual_water"]),
    }


def _scan(
    context: Context, facility_id: str, before: str, after: str, how: dict[str, Any]
) -> Scanned:
    from camp_monitor.scan import scan as run

    with working(context, f"Comparing {before} and {after} over {facility_id} ..."):
        result = run(
            context.workspace, facility_id, before, after, recorded_at=datetime.now(UTC),
            **how,
        )  # fmt: skip
    if not context.as_json:
        _print(context, result)
    return result


def _ground_files(context: Context, dem: str | None, usual_water: str | None) -> GroundFiles:
    """Take the files that options name, and for the rest those of the settings."""
    from camp_monitor.settings import named_file

    files = context.workspace.ground_files
    if dem is not None:
        files = replace(files, dem=named_file(dem))
    return files if usual_water is None else replace(files, usual_water=named_file(usual_water))


def _as_json(result: Scanned) -> dict[str, object]:
    added = {"observations": result.added.observations, "findings": result.added.findings}
    records = (result.observations, result.findings, result.candidates, result.expected)
    return records_as_json(result.facility, *records) | {"added": added}


def _print(context: Context, result: Scanned) -> None:
    from camp_monitor.report.text.sentences import phrase

    listing = f"camp-monitor findings list --facility {result.facility.id}"
    print_records(context, result.facility, result.observations, result.findings, result.expected)
    hidden = len(result.findings) - MOST_SHOWN
    if hidden > 0:
        context.console.print(phrase("scan.smaller", count=hidden, command=listing), soft_wrap=True)
    if result.candidates:
        command, below = f"{listing} --candidates", len(result.candidates)
        context.console.print(phrase("scan.below", count=below, command=command), soft_wrap=True)
    said = phrase("scan.known")
    if result.added.observations:
        said = phrase(
            "scan.recorded", observations=result.added.observations,
            findings=result.added.findings,
            command=f"camp-monitor map {result.facility.id} -o map.html",
        )  # fmt: skip
    context.console.print(f"\n{said}", soft_wrap=True)
