"""``camp-monitor notify``: tell what is new, or that the watch goes on, or that it stopped."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.progress import working
from camp_monitor.errors import InputError

if TYPE_CHECKING:
    from camp_monitor.watch.notify import Notified, Tried
    from camp_monitor.watch.outbox import Message


@click.command(epilog="Example: camp-monitor notify --dry-run")
@click.option("--test", "is_test", is_flag=True, help="Send a test message to every address.")
@click.option("--dry-run", is_flag=True, help="Print what is due; store nothing and send nothing.")
@click.pass_obj
@language_option()
def notify(context: Context, is_test: bool, dry_run: bool) -> None:
    """Send what is new since the last message, by mail or to a chat, with figures and maps.

    Where nothing is new, a sign of life goes out now and then, and an alarm when runs have stopped
    or failed; give this command a timer of its own, so that it can tell.  What could not be
    delivered stays in out/outbox.sqlite and is tried again at the next call.

    The addresses are read from an environment variable or a file that [notification] in
    camp-monitor.toml names; they are never stored or printed.  Exit code 1: something is left.
    """
    from camp_monitor.watch.notify import notify as notify_all
    from camp_monitor.watch.notify import preview, send_test

    if is_test and dry_run:
        raise InputError("--test sends and --dry-run does not: give one of them.")
    if dry_run:
        _print_messages(context, preview(context.workspace, datetime.now(UTC)))
        return
    if is_test:
        tried = send_test(context.workspace)
        _print_tried(context, tried)
        is_done = tried.is_done
    else:
        with working(context, "Composing and sending ..."):
            notified = notify_all(context.workspace, datetime.now(UTC))
        _print_notified(context, notified)
        is_done = notified.is_done
    if not is_done:
        sys.exit(1)


def _print_messages(context: Context, messages: tuple[Message, ...]) -> None:
    if context.as_json:
        _print_json({"messages": [message.to_dict() for message in messages]})
        return
    from camp_monitor.report.text.sentences import phrase

    for message in messages:
        click.echo(f"{message.title}\n\n{message.body}")
    if not messages:
        click.echo(phrase("notify.nothing_due"))


def _print_tried(context: Context, tried: Tried) -> None:
    if context.as_json:
        rows = [{"target": name, "error": why} for name, why in tried.reasons]
        _print_json({"tried": rows, "faults": tried.faults})
    else:
        from camp_monitor.report.text.sentences import phrase

        for name, why in tried.reasons:
            said = "notify.refused" if why else "notify.took"
            click.echo(phrase(said, target=_capital(name), reason=why))
    _print_faults(tried.faults)


def _print_notified(context: Context, notified: Notified) -> None:
    from camp_monitor.report.text.sentences import phrase

    if context.as_json:
        answer = {
            "composed": [message.id for message in notified.composed],
            "messages": [
                {
                    "id": item.id,
                    "kind": item.kind,
                    "title": item.title,
                    "delivered": item.delivered,
                    "left": item.left,
                    "remarks": item.remarks,
                }
                for item in notified.deliveries
            ],
            "faults": notified.faults,
        }
        _print_json(answer)
    else:
        for item in notified.deliveries:
            click.echo(f"{item.id}  {item.title}")
            for name in item.delivered:
                click.echo(phrase("notify.sent", target=name))
            for words in item.left:
                click.echo(phrase("notify.stays", reason=words))
            for words in item.remarks:
                click.echo(f"  {words}")
        if not notified.deliveries:
            click.echo(phrase("notify.nothing_sent"))
    left = sum(not item.is_done for item in notified.deliveries)
    if left:
        click.echo(phrase("notify.left", messages=left, outbox="out/outbox.sqlite"), err=True)
    _print_faults(notified.faults)


def _print_faults(faults: tuple[str, ...]) -> None:
    for fault in faults:
        text = "".join(sign if sign.isprintable() else "?" for sign in fault)
        click.echo(f"Error: {text}", err=True)


def _print_json(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
