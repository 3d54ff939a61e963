"""``camp-monitor figure``: draw one finding for print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from camp_monitor.cli.audiences import audience_option
from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.progress import working


@click.command(
    epilog='Example: camp-monitor figure F4d12edbc1047 -o annex.pdf --width column --title "Annex"'
)
@click.argument("finding_id", metavar="FID")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE.png|svg|pdf",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The figure; the suffix says the format. Its note is written beside it as FILE.txt.",
)
@click.option(
    "--width",
    metavar="NAME|MM",
    default="page",
    show_default=True,
    help="In print: column (85 mm), page (170 mm), slide (250 mm), or 80 to 420 mm.",
)
@click.option("--title", metavar="TEXT", default="", help="In place of the facility's names.")
@click.option(
    "--date",
    "dates",
    metavar="DATE|SCENE",
    multiple=True,
    help="A further date beside before and after; again for more, up to four.",
)
@click.option(
    "--callout",
    "callouts",
    metavar="LAT,LON=TEXT|FID[=TEXT]",
    multiple=True,
    help="A numbered sign at a place or at a finding of the pair, and what the key says of it; "
    "again for more, up to nine.",
)
@click.option("--no-inset", is_flag=True, help="Without the small map of the country.")
@audience_option()
@click.pass_obj
@language_option()
def figure(
    context: Context,
    /,
    finding_id: str,
    output: Path,
    width: str,
    callouts: tuple[str, ...],
    no_inset: bool,
    **chosen: Any,
) -> None:
    """Draw the finding FID for print: its dates and the change, with scale, grid and credits.

    FID may be the id of an event (E...), too: drawn is the finding that shows most of it.  The same
    finding gives the same bytes.  Of FID, as much is needed as tells it from the others.
    Prints a caption of at most 60 words, to be pasted below it; the note holds all the rest.
    """
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.figure.finding_figure import (
        draw_finding_figure,
        format_of,
        write_figure,
    )
    from camp_monitor.report.figure.options import FigureOptions, read_callout, read_width_mm
    from camp_monitor.report.text.sentences import phrase

    file_format, width_mm = format_of(output), read_width_mm(width)
    signs = tuple(map(read_callout, callouts))
    options = FigureOptions(
        title=chosen["title"], dates=chosen["dates"], callouts=signs, inset=not no_inset,
        audience=chosen["audience"],
    )  # fmt: skip
    with working(context, "Drawing ..."):
        drawn = draw_finding_figure(
            context.workspace,
            finding_id,
            file_format=file_format,
            width_mm=width_mm,
            options=options,
        )
        note = write_figure(drawn, output)
    if context.as_json:
        said = {
            "file": str(output),
            "finding": drawn.finding.id,
            "facility": drawn.facility.id,
            "width_mm": width_mm,
            "caption": drawn.caption,
            "note": list(drawn.note),
            "note_file": str(note),
            "remarks": drawn.remarks,
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for remark in drawn.remarks:
        click.echo(phrase("remark", said=remark), err=True)
    written = phrase(
        "figure.written", file=str(output), id=drawn.finding.id, width_mm=width_mm,
        size_mb=len(drawn.content) / 1e6, note=str(note),
    )  # fmt: skip
    context.messages.print(written, soft_wrap=True)
    click.echo(legible(drawn.caption))
