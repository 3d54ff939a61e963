"""``camp-monitor events``: findings of one thing over many dates, and what became of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Commands, Context

if TYPE_CHECKING:
    from camp_monitor.events.events import Event

STATES = ("provisional", "strong", "confirmed", "ended", "dismissed")


@click.group(cls=Commands)
def events() -> None:
    """List what came, and whether it stayed: findings of one thing, joined over all dates."""


@events.command("list", epilog="Example: camp-monitor events list --state confirmed")
@click.option("--facility", metavar="ID", help="Only this facility.")
@click.option("--state", type=click.Choice(STATES), help="Only events of which this is said.")
@click.pass_obj
def list_events(context: Context, facility: str | None, state: str | None) -> None:
    """List events: when each was first and last seen, and what later looks say of it.

    An event is computed from the ledger and never stored.  It is confirmed when at least two scenes
    show it and other looks at its ground do not speak against it, or when a reviewer says so; a
    flood also when one scene shows it, several before it and a later one do not, and every
    alternative explanation is ruled out; ended when looks that saw its ground make it likelier that
    it went; dismissed when a reviewer rejects it; and else provisional: strong where its surest
    look makes it likely.
    """
    from camp_monitor.events.lookup import read_events
    from camp_monitor.ledger.ledger import open_ledger
    from camp_monitor.report.text.sentences import phrase

    found: tuple[Event, ...] = ()
    if facility is not None:
        from camp_monitor.facilities import find_facility

        find_facility(context.workspace.aoi, facility)
    if context.workspace.ledger.exists():
        with open_ledger(context.workspace.ledger) as ledger:
            found = read_events(ledger, facility)
    wanted = [event for event in found if state in (None, event.state, "strong" * event.is_strong)]
    if context.as_json:
        click.echo(json.dumps({"events": [_plain(event) for event in wanted]}, indent=2))
        return
    _print(context, wanted)
    said = [_counted(wanted)]
    if len(found) > len(wanted):
        said.append(phrase("events.left_out", events=len(found) - len(wanted)))
    if not found:
        said = [phrase("events.none")]
    elif wanted:
        largest = max(wanted, key=lambda event: (event.was_confirmed, event.largest.area_m2))
        said.append(f"Look at one: camp-monitor map {largest.id} -o {largest.id}.html")
    context.console.print("\n".join(said), soft_wrap=True)


def _plain(event: Event) -> dict[str, Any]:
    from camp_monitor.report.text.words import reason_words

    absent, first = event.came
    return {
        "id": event.id,
        "facility_id": event.facility_id,
        "kind": event.kind,
        "state": event.state,
        "reasons": [reason.to_dict() for reason in event.reasons],
        "text": reason_words(event.reasons),
        "was_confirmed": event.was_confirmed,
        "is_strong": event.is_strong,
        "absent_at": absent.acquired_to_at,
        "first_seen_at": first.acquired_from_at,
        "last_seen_at": event.last_seen.acquired_to_at,
        "absent_again_at": event.ended[1].acquired_from_at if event.ended else None,
        "has_grown": event.has_grown,
        "area_m2": event.largest.area_m2,
        "finding_ids": [finding.id for finding in event.findings],
    }


def _state(event: Event) -> str:
    """Name the state as ``--state`` does, and say of what ended whether it ever was confirmed."""
    from camp_monitor.report.text.sentences import phrase

    if event.state == "ended" and not event.was_confirmed:
        return phrase("events.never_confirmed")
    return "strong" if event.is_strong else event.state


def _counted(found: Sequence[Event]) -> str:
    """Count events by the states that there are, in the order in which one asks for them."""
    from camp_monitor.report.text.sentences import phrase

    counts = Counter(_state(event) for event in found)
    never = phrase("events.never_confirmed")
    order = ("confirmed", "strong", "ended", "provisional", never, "dismissed")
    said = [
        phrase("events.state", count=counts[state], state=state) for state in order if counts[state]
    ]
    if len(said) < 2:
        return phrase("events.all", events=len(found))
    return phrase("events.by_state", events=len(found), states="; ".join(said))


def _print(context: Context, found: Sequence[Event]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import area_words, count_words, kind_words, reason_words

    for facility in sorted({event.facility_id for event in found}):
        table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        for column in ("event", "what", "came between", "state", "area"):
            table.add_column(column, overflow="fold")
        for event in found:
            if event.facility_id != facility:
                continue
            absent, first = event.came
            what = f"{kind_words(event.kind)}\n{count_words(len(event.findings), 'finding')}"
            area, _ = area_words(event.largest)
            table.add_row(
                event.id,
                what,
                f"{absent.acquired_from_at[:10]} and\n{first.acquired_to_at[:10]}",
                f"{_state(event)}\n{legible(reason_words(event.reasons))}",
                f"{area}\n{phrase('events.grown')}" if event.has_grown else area,
            )
        context.console.print(legible(facility), style="bold")
        context.console.print(table)
        context.console.print()
