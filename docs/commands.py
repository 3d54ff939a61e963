"""Write docs/commands.md, the page of all commands: python docs/commands.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from camp_monitor.cli import main

PAGE = Path(__file__).with_name("commands.md")
PROGRAM = "camp-monitor"
HEAD = """\
# All commands

`camp-monitor COMMAND --help` says the same. This page is written by `python docs/commands.py`; do
not edit it.

Exit codes: 0 done; 1 failed; 2 wrong usage or bad input; 3 nothing could be compared.

The global options come before the command: `camp-monitor --json facilities list`.
"""


def commands(
    command: click.Command = main, words: tuple[str, ...] = (PROGRAM,)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it, groups before their members."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words[-1])
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            if member is not None and not member.hidden:
                yield from commands(member, (*words, name))


def commands_page() -> str:
    """Make the text of the page."""
    return "\n".join([HEAD, *(_section(words, command) for words, command in commands())])


def _section(words: tuple[str, ...], command: click.Command) -> str:
    """Write what one command does, how it is called, its options and its example."""
    context = click.Context(command, info_name=" ".join(words))
    usage = " ".join([*words, *command.collect_usage_pieces(context)])
    parts = [f"## {' '.join(words)}", f"    {usage}"]
    parts += [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    options = [param for param in command.params if isinstance(param, click.Option)]
    if options:
        rows = ["| option | meaning |", "|---|---|", *map(_row, options)]
        parts.append("\n".join(rows))
    if command.epilog:
        parts.append(f"    {command.epilog.removeprefix('Example: ')}")
    return "\n\n".join(parts) + "\n"


def _row(option: click.Option) -> str:
    """Write one option as a row of a table."""
    names = ", ".join((*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {_value(option)}"
    meaning = [option.help or ""]
    if isinstance(option.type, click.Choice):
        meaning.append("One of: " + ", ".join(map(str, option.type.choices)) + ".")
    if option.required:
        meaning.append("Required.")
    if option.show_default:
        meaning.append(f"Default: {option.default}.")
    cells = (f"`{names}{value}`", " ".join(meaning))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(option: click.Option) -> str:
    """Name what an option takes."""
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return "CHOICE"
    return {"float": "NUMBER", "integer": "NUMBER"}.get(option.type.name, option.type.name.upper())


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
