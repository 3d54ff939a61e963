"""What every command is handed: the workspace and how to print."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from camp_monitor.workspace import Workspace


@dataclass(frozen=True)
class Context:
    """The global options of the command line.

    Parameters
    ----------
    folder : Path or None
        What ``--workspace`` named; otherwise the workspace is looked for upwards from here.
    as_json : bool
        Print results as JSON on standard output.
    quiet : bool
        Print nothing but results and errors.
    """

    folder: Path | None = None
    as_json: bool = False
    quiet: bool = False

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, opened when a command first asks for it."""
        from camp_monitor.workspace import find_workspace, open_workspace

        return open_workspace(self.folder) if self.folder else find_workspace(Path.cwd())

    @cached_property
    def console(self) -> Console:
        """Standard output: results.  A pipe gets lines that are not cut."""
        from rich.console import Console

        width = None if sys.stdout.isatty() else 110
        return Console(width=width, highlight=False, soft_wrap=False, markup=False)

    @cached_property
    def messages(self) -> Console:
        """Standard error: progress and remarks."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, markup=False, quiet=self.quiet)


class Commands(click.Group):
    """A group whose help tells the first sentence of each command whole."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; click would cut the sentences to one line."""
        members = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, " ".join((command.help or "").split("\n\n")[0].split()))
            for name, command in members
            if command is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
