"""Tables of any length: on a terminal as every table, in a pipe written line by line.

A pipe gets the same text as a terminal of its width without colours, some fifty times as fast.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain, islice, product, zip_longest
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from camp_monitor.cli.context import Context

ON_A_TERMINAL = 200
"""Rows that a terminal is given where nobody says how many; a pipe is given all."""
ALL = 0
"""Stands for every row, as a limit."""

limit_option = click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"At most so many rows; 0: all.  Default: {ON_A_TERMINAL} on a terminal, else all.",
)


def first_instant(given: str | None) -> str | None:
    """Return the first instant of a time, day, month or year, as the ledger writes it."""
    from camp_monitor.scenes.scene import parse_acquired

    return None if given is None else parse_acquired(given)[0].isoformat()


since_option = click.option(
    "--since",
    metavar="DATE",
    callback=lambda _context, _option, given: first_instant(given),
    help="Only what was first seen on DATE (2016, 2016-09 or 2016-09-10) or later.",
)
min_area_option = click.option(
    "--min-area",
    "at_least_m2",
    type=click.FloatRange(min=0),
    metavar="M2",
    help="Only what covers so many square metres or more.",
)


def limit_of(context: Context, given: int | None) -> int | None:
    """Return how many rows are shown; None for all."""
    if given is None:
        on_screen = context.console.is_terminal and not context.as_json
        return ON_A_TERMINAL if on_screen else None
    return None if given == ALL else given


def print_table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the lines of a cell stand below each other."""
    from camp_monitor.cli.finding_tables import make_table

    text = None if console.is_terminal else plain_table(console, columns, rows)
    if text is None:
        table = make_table(*columns)
        for row in rows:
            table.add_row(*row)
        console.print(table)
        return
    console.file.write(text)


def plain_table(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> str | None:
    """Return a table without colours, folded as rich folds it; None where it is too narrow."""
    head, *body = [[cell.split("\n") for cell in row] for row in (columns, *rows)]
    is_narrow = all(map(_NARROW.fullmatch, chain(columns, *rows)))
    width: Callable[[str], int] = len if is_narrow else _width
    widths = [
        max(map(width, chain.from_iterable(column))) for column in zip(head, *body, strict=True)
    ]
    needed = _narrowed(widths, console.width - (len(_BETWEEN) - 1) * (len(widths) - 1))
    if needed is None:
        return None
    folded = [place for place, held in enumerate(widths) if needed[place] < held]
    widths = needed
    for row, place in product(body, folded):
        row[place] = [part for line in row[place] for part in _folded(line, widths[place])]
    stroke = "-" if console.options.ascii_only else "─"
    fill = str.ljust if is_narrow else _filled
    lines = [
        *_lines(head, widths, fill),
        stroke * (sum(widths) + len(_BETWEEN) * (len(widths) - 1)),
    ]
    for row in body:
        lines += _lines(row, widths, fill)
    return "".join(f"{line}\n" for line in lines)


def _narrowed(widths: Sequence[int], most: int) -> list[int] | None:
    """Take from the widest columns what a table is too wide, as rich does; None where none is wide.

    A blank that follows a column is part of it.
    """
    padded = [*(width + 1 for width in widths[:-1]), widths[-1]]
    while (excess := sum(padded) - most) > 0:
        widest = max(padded)
        if widest <= LEAST_COLUMN:
            return None
        next_to = max((width for width in padded if width < widest), default=0)
        share, left = min(excess, widest - next_to), padded.count(widest)
        for place, width in enumerate(padded):
            if width == widest:
                taken = min(share, round(excess / left))
                padded[place] -= taken
                excess, left = excess - taken, left - 1
    return [*(width - 1 for width in padded[:-1]), padded[-1]]


def _lines(
    row: Sequence[Sequence[str]], widths: Sequence[int], fill: Callable[[str, int], str]
) -> list[str]:
    """Put the lines of cells beside each other."""
    return [_BETWEEN.join(map(fill, parts, widths)) for parts in zip_longest(*row, fillvalue="")]


_BETWEEN = "  "
LEAST_COLUMN = 4
"""Cells of a column that is not made narrower: rich has rules of its own for such tables."""
_NARROW = re.compile("[\n\x20-\x7e\xa0-\xac\xae-\xff]*")
"""Characters of which each takes one cell of a terminal."""


def _filled(text: str, width: int) -> str:
    return text.ljust(width + len(text) - _width(text))


def _width(text: str) -> int:
    """Cells of a terminal that a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


@lru_cache(maxsize=4096)
def _folded(text: str, width: int) -> tuple[str, ...]:
    """Fold a line as rich does."""
    from rich.console import Console
    from rich.text import Text

    lines = Text(text).wrap(Console(width=width), width, overflow="fold")
    return tuple(line.plain for line in lines)


def print_member(name: str, items: Iterable[dict[str, Any]], end: str) -> None:
    """Print a list as ``json.dumps`` with an indent of 2 does, an item at a time."""
    written = (textwrap.indent(json.dumps(item, indent=2), "    ") for item in items)
    first = next(written, None)
    if first is None:
        click.echo(f'  "{name}": []{end}')
        return
    click.echo(f'  "{name}": [\n{first}', nl=False)
    while chunk := list(islice(written, 100)):
        click.echo("".join(f",\n{item}" for item in chunk), nl=False)
    click.echo(f"\n  ]{end}")
