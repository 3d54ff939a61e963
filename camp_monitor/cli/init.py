"""``camp-monitor init``: make a workspace."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from camp_monitor.cli.context import Context


@click.command(epilog="Example: camp-monitor init ~/camps")
@click.argument("directory", type=click.Path(path_type=Path))
@click.pass_obj
def init(context: Context, directory: Path) -> None:
    """Make a workspace in DIRECTORY, with the registry of facilities in it."""
    from camp_monitor.facilities import bundled_registry
    from camp_monitor.workspace import create_workspace

    workspace = create_workspace(directory, bundled_registry())
    count = len(list(workspace.aoi.glob("*.geojson")))
    if context.as_json:
        said = {"workspace": str(workspace.root), "facilities": count}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    context.console.print(
        f"A workspace with {count} facilities is in {workspace.root}.", soft_wrap=True
    )
    context.messages.print(
        f"Next: cd {shlex.quote(str(directory))} && camp-monitor facilities list", soft_wrap=True
    )
