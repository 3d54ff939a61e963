"""``camp-monitor figure``: draw one finding for print."""

from __future__ import annotations

import json
from pathlib import Path

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.progress import working


@click.command(epilog="Example: camp-monitor figure F4d12edbc1047 -o annex.png --width-mm 120")
@click.argument("finding_id", metavar="FID")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE.png|svg",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The figure; the suffix says the format.",
)
@click.option(
    "--width-mm",
    metavar="MM",
    type=float,
    default=170.0,
    show_default=True,
    help="Width in print, 120 to 420 mm; a PNG has 300 pixels an inch.",
)
@click.pass_obj
def figure(context: Context, finding_id: str, output: Path, width_mm: float) -> None:
    """Draw the finding FID for print: before, after and change, with scale, dates and credits.

    FID may be the id of an event (E...), too: drawn is the finding that shows most of it.  The same
    finding gives the same bytes.  Of FID, as much is needed as tells it from the others.
    Prints the figure's caption with its credits, to be pasted below it.
    """
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.figure.finding_figure import draw_finding_figure, format_of
    from camp_monitor.report.writing import write_whole

    file_format = format_of(output)
    with working(context, "Drawing ..."):
        drawn = draw_finding_figure(
            context.workspace, finding_id, file_format=file_format, width_mm=width_mm
        )
        write_whole(drawn.content, output)
    if context.as_json:
        said = {
            "file": str(output),
            "finding": drawn.finding.id,
            "facility": drawn.facility.id,
            "width_mm": width_mm,
            "caption": "\n".join(drawn.caption),
            "remarks": drawn.remarks,
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for remark in drawn.remarks:
        click.echo(f"Note: {remark}", err=True)
    context.messages.print(
        f"{output}: finding {drawn.finding.id}, {width_mm:g} mm wide, "
        f"{len(drawn.content) / 1e6:.1f} MB.  Its caption:",
        soft_wrap=True,
    )
    click.echo("\n".join(legible(paragraph) for paragraph in drawn.caption))
