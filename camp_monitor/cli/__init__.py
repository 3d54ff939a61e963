"""The command line: one command, one API call, one printout.

Commands are loaded when they are asked for, so that ``--help`` is quick.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import click

from camp_monitor import __version__
from camp_monitor.cli.context import Commands, Context
from camp_monitor.cli.streams import enduring_streams
from camp_monitor.errors import CampMonitorError

COMMANDS = {
    "demo": "camp_monitor.cli.demo:demo",
    "compare": "camp_monitor.cli.compare:compare",
    "init": "camp_monitor.cli.init:init",
    "facilities": "camp_monitor.cli.facilities:facilities",
    "scenes": "camp_monitor.cli.scenes:scenes",
    "scan": "camp_monitor.cli.scan:scan",
    "findings": "camp_monitor.cli.findings:findings",
    "events": "camp_monitor.cli.events:events",
    "corroborate": "camp_monitor.cli.corroborate:corroborate",
    "schedule": "camp_monitor.cli.schedule:schedule",
    "status": "camp_monitor.cli.status:status",
    "notify": "camp_monitor.cli.notify:notify",
    "ledger": "camp_monitor.cli.ledger:ledger",
    "map": "camp_monitor.cli.map:draw",
    "figure": "camp_monitor.cli.figure:figure",
    "report": "camp_monitor.cli.report:report",
    "bundle": "camp_monitor.cli.bundle:bundle",
    "stamp": "camp_monitor.cli.bundle:stamp",
    "verify": "camp_monitor.cli.bundle:verify",
    "evaluate": "camp_monitor.cli.evaluate:evaluate",
}
"""Every command and where it is, in the order in which a newcomer meets them."""


ONE_THREAD_OF_BLAS = ("OPENBLAS_NUM_THREADS", "1")
"""Set before numpy is loaded: its matrices here are a few bands high, for which threads that wait
for each other cost more than they give; what is large is parted into blocks, with a thread each."""
STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""


class LazyCommands(Commands):
    """A group that imports a command when it is called, and prints our errors as one sentence."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run a command to its end, whatever becomes of its output."""
        os.environ.setdefault(*ONE_THREAD_OF_BLAS)
        with enduring_streams():
            return super().main(*arguments, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; one of our own errors becomes its sentence and its exit code."""
        try:
            return super().invoke(ctx)
        except CampMonitorError as error:
            from camp_monitor.report.text.sentences import error_text

            text = "".join(sign if sign.isprintable() else "?" for sign in error_text(error))
            click.echo(f"Error: {text}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Stopped: what was not finished was not recorded; run it again.", err=True)
            ctx.exit(STOPPED)


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="camp-monitor")
@click.option(
    "--workspace",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The workspace; otherwise the nearest one upwards from here.",
)
@click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but results and errors.")
@click.pass_context
def main(context: click.Context, workspace: Path | None, as_json: bool, quiet: bool) -> None:
    """Watch prison camps from space: what changed, where, how sure, and what was not seen.

    Try it on simulated scenes, without a network: camp-monitor demo
    """
    context.obj = Context(workspace, as_json, quiet)
