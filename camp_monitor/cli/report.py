"""``camp-monitor report``: write sheets of events, summaries of facilities, or a bulletin."""

from __future__ import annotations

import json
from pathlib import Path

import click

from camp_monitor.cli.audiences import audience_option
from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.progress import working


@click.command(epilog="Example: camp-monitor report khs-12-jongori -o jongori.docx")
@click.argument("targets", metavar="ID|E...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE.html|docx|pdf",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The report; the suffix says the format.",
)
@click.option(
    "--bulletin",
    is_flag=True,
    help="One page about one event: of a facility, its newest flood, else its newest event.",
)
@audience_option()
@click.pass_obj
@language_option()
def report(
    context: Context, targets: tuple[str, ...], output: Path, bulletin: bool, audience: str | None
) -> None:
    """Write a report with a summary of each facility and a sheet of each event.

    An event is named by its id, E and twelve digits.  A facility stands for its events that are or
    were confirmed or are strong.  Each sheet has the figure, images with dates and credits, the
    method with its measured error rates, alternative explanations and what could not be seen; a
    glossary, sources, limits and the contact of camp-monitor.toml end the report.  The same records
    give the same bytes.  .docx and .pdf need: pip install 'camp-monitor[report]'
    """
    from camp_monitor.report.sheets.report import draw_report, format_of
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.writing import write_whole

    file_format = format_of(output)
    with working(context, "Writing ..."):
        drawn = draw_report(
            context.workspace, targets, file_format=file_format, bulletin=bulletin,
            audience=audience,
        )  # fmt: skip
        write_whole(drawn.content, output)
    if context.as_json:
        said = {"file": str(output), "title": drawn.document.title, "events": drawn.events,
                "remarks": drawn.remarks}  # fmt: skip
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for remark in drawn.remarks:
        click.echo(phrase("remark", said=remark), err=True)
    written = phrase(
        "report.written", file=str(output), title=drawn.document.title, events=drawn.events,
        size_mb=len(drawn.content) / 1e6,
    )  # fmt: skip
    context.messages.print(written, soft_wrap=True)
