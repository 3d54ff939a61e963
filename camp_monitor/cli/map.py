"""``camp-monitor map``: draw the annotated map."""

from __future__ import annotations

from pathlib import Path

import click

from camp_monitor.cli.context import Context


@click.command("map", epilog="Example: camp-monitor map khs-12-jongori -o jongori.html")
@click.argument("targets", metavar="ID|FID...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--before", metavar="DATE", help="Of several scanned pairs, the one with this date.")
@click.option("--after", metavar="DATE", help="Likewise.")
@click.pass_obj
def draw(
    context: Context, targets: tuple[str, ...], output: Path, before: str | None, after: str | None
) -> None:
    """Draw a facility's findings, or the findings FID..., as one HTML file that needs no network.

    Prints the line with which a web page embeds it.
    """
    from camp_monitor.publication.facility_map import draw_facility_map, write_map
    from camp_monitor.publication.map import iframe_line

    with context.messages.status("Drawing ..."):
        drawn = draw_facility_map(context.workspace, targets, before=before, after=after)
        write_map(drawn.html, output)
    context.messages.print(
        f"{output}: {drawn.findings} findings, {drawn.dates}; "
        f"{len(drawn.html.encode()) / 1e6:.1f} MB.  To embed it:",
        soft_wrap=True,
    )
    click.echo(iframe_line(output.name, drawn.facility))
