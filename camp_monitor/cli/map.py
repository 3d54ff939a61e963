"""``camp-monitor map``: draw the annotated map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from camp_monitor.cli.audiences import audience_option
from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.progress import working
from camp_monitor.errors import InputError


@click.command("map", epilog="Example: camp-monitor map khs-12-jongori -o jongori.html")
@click.argument("targets", metavar="ID|FID...", nargs=-1)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE.html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The HTML file to write.",
)
@click.option("--before", metavar="DATE", help="Of several scanned pairs, the one with this date.")
@click.option("--after", metavar="DATE", help="Likewise.")
@click.option(
    "--dates",
    metavar="N",
    type=click.IntRange(2, 40),
    default=10,
    show_default=True,
    help="Hold pictures of at most N dates of the series; 2: of the pair alone.",
)
@click.option("--candidates", is_flag=True, help="Also what lies below the working point, marked.")
@audience_option()
@click.pass_obj
@language_option()
def draw(
    context: Context,
    /,
    targets: tuple[str, ...],
    output: Path,
    before: str | None,
    after: str | None,
    dates: int,
    **chosen: Any,
) -> None:
    """Draw a facility's findings, or the findings FID..., as one HTML file that needs no network.

    FID may be the id of an event (E...), too: drawn is the pair that shows most of it.  Of a
    facility it is the newest pair, or, where that shows none of the events that lead the list, the
    pair of the first of them.  Without an ID: an overview of all facilities of the registry,
    with counts of findings by kind.
    Prints the line with which a web page embeds it.
    """
    from camp_monitor.report.map.embedding import check_map_name, iframe_line
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import count_words, findings_words
    from camp_monitor.report.writing import write_whole

    check_map_name(output)
    if not targets:
        if before or after:
            raise InputError("--before and --after choose a pair of one facility: name its ID.")
        _draw_overview(context, output, chosen["audience"])
        return
    with working(context, "Drawing ..."):
        from camp_monitor.report.map.facility_map import draw_facility_map

        drawn = draw_facility_map(
            context.workspace, targets, before=before, after=after, most_dates=dates, **chosen
        )
        write_whole(drawn.html.encode(), output)
    iframe = iframe_line(output.name, drawn.facility)
    if context.as_json:
        counts = {
            "findings": drawn.findings,
            "rejected": drawn.rejected,
            "dates": drawn.dates,
            "events_not_shown": [event.id for event in drawn.not_shown],
        }
        _print_json({"file": str(output), "facility": drawn.facility.id, **counts}, iframe)
        return
    if drawn.not_shown:
        newest = drawn.not_shown[-1].id
        remark = phrase(
            "map.newest",
            events=count_words(len(drawn.not_shown), "confirmed event"),
            command=f"camp-monitor map {newest} -o {newest}.html",
        )
        context.messages.print(remark, soft_wrap=True)
    written = phrase(
        "map.written",
        file=str(output),
        findings=findings_words(drawn.findings, drawn.rejected),
        dates=drawn.dates,
        size_mb=len(drawn.html.encode()) / 1e6,
    )
    context.messages.print(written, soft_wrap=True)
    click.echo(iframe)


def _draw_overview(context: Context, output: Path, audience: str | None) -> None:
    from camp_monitor.report.map.embedding import iframe_line
    from camp_monitor.report.map.overview import draw_workspace_overview
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.writing import write_whole

    drawn = draw_workspace_overview(context.workspace, audience=audience)
    write_whole(drawn.html.encode(), output)
    iframe = iframe_line(output.name)
    if context.as_json:
        _print_json({"file": str(output), "headline": drawn.headline}, iframe)
        return
    written = phrase(
        "map.written_overview",
        file=str(output),
        headline=drawn.headline,
        size_mb=len(drawn.html.encode()) / 1e6,
    )
    context.messages.print(written, soft_wrap=True)
    click.echo(iframe)


def _print_json(said: dict[str, object], iframe: str) -> None:
    click.echo(json.dumps({**said, "iframe": iframe}, ensure_ascii=False, indent=2))
