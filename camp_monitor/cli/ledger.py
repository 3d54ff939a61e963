"""``camp-monitor ledger``: whether the ledger can be trusted, and where its chains end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from camp_monitor.cli.context import Commands, Context
from camp_monitor.errors import InputError, LedgerError, StampError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from camp_monitor.ledger.chain import Head
    from camp_monitor.ledger.heads import KeptHead


@click.group(cls=Commands)
def ledger() -> None:
    """Show whether the ledger was altered, and the head by which others can tell."""


@ledger.command(epilog="Example: camp-monitor ledger verify --heads heads-of-may.txt")
@click.option(
    "--heads",
    "heads_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Heads that were kept elsewhere: a copy of ledger-heads.txt, or of 'ledger head -o'.",
)
@click.option(
    "--head", metavar="SHA256", help="A head that a map, figure, report or message shows."
)
@click.pass_obj
@click.pass_context
def verify(ctx: click.Context, context: Context, heads_file: Path | None, head: str | None) -> None:
    """Check every row, the chains, the schema, and heads that were kept; name what is wrong.

    By itself a ledger cannot show that it was cut off at its end, or written anew as a whole. The
    heads in the workspace's ledger-heads.txt show both, as far as nobody altered that file, too:
    keep a copy where the one who could alter both cannot reach it, and name it with --heads.
    """
    from camp_monitor.bundle.head_stamps import read_stamped_heads, stamps_of
    from camp_monitor.ledger.heads import read_any_heads, read_heads
    from camp_monitor.ledger.opening import open_ledger_of

    _require_ledger(context)
    kept = read_heads(context.workspace.heads)
    others = read_any_heads(heads_file) if heads_file else ()
    shown = _shown(kept, head)
    stamped = read_stamped_heads(stamps_of(context.workspace))
    signed = [end for one in stamped for end in one.heads]
    with open_ledger_of(context.workspace, reading=True) as opened:
        faults = opened.verify((*others, *signed))
        ends = () if faults else opened.head()
    faults += tuple(f"{path}: {why}." for one in stamped for path, why in one.faults)
    _print(context, faults, ends, kept, shown)
    if not faults and not context.as_json:
        for said in (said for one in stamped for said in one.sentences):
            context.console.print(said, soft_wrap=True)
    if faults:
        ctx.exit(LedgerError.exit_code)


@ledger.command("head", epilog="Example: camp-monitor ledger head -o heads-of-may.txt")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the lines of which the head is the SHA-256.",
)
@click.pass_obj
def show_head(context: Context, output: Path | None) -> None:
    """Print where each chain ends, and the head: one hash for all of them.

    Whoever holds the head of a day can tell later whether anything that was recorded until then
    has been altered: note it down, send it to others, have it time-stamped.
    """
    from camp_monitor.ledger.heads import head_lines, head_sha256
    from camp_monitor.ledger.opening import open_ledger_of

    _require_ledger(context)
    if output is not None and output.exists():
        raise InputError(f"{output} exists already: name another file.")
    with open_ledger_of(context.workspace, reading=True) as opened:
        ends = opened.head()
    if output is not None:
        try:
            output.write_bytes(head_lines(ends).encode())
        except OSError as error:
            raise InputError(f"{output} cannot be written ({error.strerror}).") from error
    if context.as_json:
        click.echo(json.dumps(_plain(ends), indent=2))
        return
    click.echo(f"{head_lines(ends)}head {head_sha256(ends)}")


@ledger.command("stamp", epilog="Example: camp-monitor ledger stamp")
@click.pass_obj
def stamp_ledger(context: Context) -> None:
    """Have the head time-stamped by the authorities under [time_stamps] in camp-monitor.toml.

    They sign that all that is recorded by now exists (RFC 3161), and learn one hash.  The stamps
    are kept in ledger-stamps in the workspace; bundles bring them with them.
    """
    from camp_monitor.bundle.head_stamps import stamp_head

    _require_ledger(context)
    if not context.workspace.configuration.time_stamps.authorities:
        raise InputError("No authority is named under [time_stamps] in camp-monitor.toml: add one.")
    given, failures = stamp_head(context.workspace)
    if not given:
        raise StampError(" ".join(failures))
    for failure in failures:
        click.echo(f"Note: {failure}", err=True)
    stated = [
        {"at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}", "authority": one.authority} for _, one in given
    ]
    if context.as_json:
        click.echo(json.dumps({"stamps": stated, "stamps_failed": failures}, indent=2))
        return
    for one in stated:
        context.console.print(f"Stamped at {one['at']} by {one['authority']}.", soft_wrap=True)


def _print(
    context: Context,
    faults: Sequence[str],
    ends: Sequence[Head],
    kept: Sequence[KeptHead],
    shown: KeptHead | None,
) -> None:
    if context.as_json:
        click.echo(
            json.dumps({"faults": list(faults), "kept_heads": len(kept), **_plain(ends)}, indent=2)
        )
        return
    for fault in faults:
        context.console.print(fault, soft_wrap=True)
    if faults:
        context.console.print(f"The ledger was altered or is damaged: {len(faults)} faults.")
        return
    rows = sum(head.rows for head in ends)
    since = f"; it runs through all {len(kept)} heads kept since {kept[0].at[:10]}" if kept else ""
    context.console.print(f"Whole: {rows} rows, each checked{since}.", soft_wrap=True)
    if shown:
        context.console.print(f"The head {shown.sha256[:16]}... is of {shown.at}.")


def _shown(kept: Sequence[KeptHead], head: str | None) -> KeptHead | None:
    """Find the head that somebody read off a map or report."""
    if head is None:
        return None
    begins = head.strip().lower().rstrip(".")
    found = [one for one in kept if one.sha256.startswith(begins)]
    if len(begins) < 8 or not found:
        raise LedgerError(
            "No kept head of this ledger begins so: it is of another ledger, the ledger was "
            "written anew, or fewer than 8 digits were given."
        )
    return found[-1]


def _plain(ends: Sequence[Head]) -> dict[str, object]:
    from camp_monitor.ledger.heads import head_sha256

    if not ends:
        return {}
    tables = [{"table": one.table, "rows": one.rows, "row_sha256": one.row_sha256} for one in ends]
    return {"head_sha256": head_sha256(ends), "tables": tables}


def _require_ledger(context: Context) -> None:
    if not context.workspace.has_ledger:
        raise InputError("Nothing was recorded in this workspace yet: run a scan first.")
