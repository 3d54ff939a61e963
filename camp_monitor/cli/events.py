"""``camp-monitor events``: findings of one thing over many dates, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Commands, Context
from camp_monitor.cli.long_tables import limit_of, limit_option, print_member, print_table

if TYPE_CHECKING:
    from camp_monitor.events.kept import ListedEvent

COLUMNS = ("event", "what", "came between", "state", "area")
MANY = 16
"""Facilities from which on other processes are worth their start."""
STATES = ("provisional", "strong", "confirmed", "ended", "dismissed")


@click.group(cls=Commands)
def events() -> None:
    """List what came, and whether it stayed: findings of one thing, joined over all dates."""


@events.command("list", epilog="Example: camp-monitor events list --state confirmed")
@click.option("--facility", metavar="ID", help="Only this facility.")
@click.option("--state", type=click.Choice(STATES), help="Only events of which this is said.")
@limit_option
@click.pass_obj
def list_events(
    context: Context, facility: str | None, state: str | None, limit: int | None
) -> None:
    """List events: when each was first and last seen, and what later looks say of it.

    An event follows from the ledger and is no record.  It is confirmed when at least two scenes
    show it and other looks at its ground do not speak against it, or when a reviewer says so; a
    flood also when one scene shows it, several before it and a later one do not, and every
    alternative explanation is ruled out; ended when looks that saw its ground make it likelier that
    it went; dismissed when a reviewer rejects it; and else provisional: strong where its surest
    look makes it likely.
    """
    from camp_monitor.events.kept import open_events
    from camp_monitor.ledger.ledger import open_ledger
    from camp_monitor.report.text.sentences import phrase

    if facility is not None:
        from camp_monitor.facilities import find_facility

        find_facility(context.workspace.aoi, facility)
    if not context.workspace.ledger.exists():
        _print_none(context)
        return
    most = limit_of(context, limit)
    with (
        open_ledger(context.workspace.ledger) as ledger,
        open_events(ledger, facility, _spread) as lists,
    ):
        if context.as_json:
            _print_json(lists.events(state, most))
            return
        every = lists.counted()
        wanted = Counter(
            {
                key: count
                for key, count in every.items()
                if state in (None, key[0], "strong" * key[1])
            }
        )
        if not every:
            _print_none(context)
            return
        shown = _print(context, lists.events(state, most))
        largest = lists.largest(state)
    said = [_counted(wanted)]
    if every.total() > wanted.total():
        said.append(phrase("events.left_out", events=every.total() - wanted.total()))
    if shown < wanted.total():
        said.append(phrase("events.cut", events=wanted.total() - shown))
    if largest is not None:
        said.append(f"Look at one: camp-monitor map {largest.id} -o {largest.id}.html")
    context.console.print("\n".join(said), soft_wrap=True)


def _spread(work: Callable[[str], Any], names: Sequence[str]) -> Iterable[Any]:
    """Work out the events of facilities, of many on all cores."""
    if len(names) < MANY:
        return map(work, names)
    from camp_monitor.watch.executors import spread

    return spread(work, names)


def _print_none(context: Context) -> None:
    from camp_monitor.report.text.sentences import phrase

    if context.as_json:
        _print_json(())
    else:
        context.console.print(phrase("events.none"), soft_wrap=True)


def _print_json(found: Iterable[ListedEvent]) -> None:
    click.echo("{")
    print_member("events", map(_plain, found), "")
    click.echo("}")


def _plain(event: ListedEvent) -> dict[str, Any]:
    from camp_monitor.report.text.words import reason_words

    return {
        "id": event.id,
        "facility_id": event.facility_id,
        "kind": event.kind,
        "state": event.state,
        "reasons": [reason.to_dict() for reason in event.reasons],
        "text": reason_words(event.reasons),
        "was_confirmed": event.was_confirmed,
        "is_strong": event.is_strong,
        "absent_at": event.absent_at,
        "first_seen_at": event.first_seen_at,
        "last_seen_at": event.last_seen_at,
        "absent_again_at": event.absent_again_at,
        "has_grown": event.has_grown,
        "area_m2": event.area_m2,
        "finding_ids": list(event.finding_ids),
    }


def _state(state: str, is_strong: bool, was_confirmed: bool) -> str:
    """Name the state as ``--state`` does, and say of what ended whether it ever was confirmed."""
    from camp_monitor.report.text.sentences import phrase

    if state == "ended" and not was_confirmed:
        return phrase("events.never_confirmed")
    return "strong" if is_strong else state


def _counted(found: Counter[tuple[str, bool, bool]]) -> str:
    """Count events by the states that there are, in the order in which one asks for them."""
    from camp_monitor.report.text.sentences import phrase

    counts: Counter[str] = Counter()
    for key, count in found.items():
        counts[_state(*key)] += count
    never = phrase("events.never_confirmed")
    order = ("confirmed", "strong", "ended", "provisional", never, "dismissed")
    said = [
        phrase("events.state", count=counts[state], state=state) for state in order if counts[state]
    ]
    if len(said) < 2:
        return phrase("events.all", events=found.total())
    return phrase("events.by_state", events=found.total(), states="; ".join(said))


def _print(context: Context, found: Iterable[ListedEvent]) -> int:
    """Print a table for each facility; return how many events that were."""
    from camp_monitor.report.export.tables import legible

    shown = 0
    for facility, own in groupby(found, lambda event: event.facility_id):
        rows = [_cells(event) for event in own]
        context.console.print(legible(facility), style="bold")
        print_table(context.console, COLUMNS, rows)
        context.console.print()
        shown += len(rows)
    return shown


def _cells(event: ListedEvent) -> tuple[str, ...]:
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import (
        area_alone_words,
        count_words,
        kind_words,
        reason_words,
    )

    state = _state(event.state, event.is_strong, event.was_confirmed)
    area = area_alone_words(event.area_m2)
    return (
        event.id,
        f"{kind_words(event.kind)}\n{count_words(len(event.finding_ids), 'finding')}",
        f"{event.absent_from_at[:10]} and\n{event.first_seen_to_at[:10]}",
        f"{state}\n{legible(reason_words(event.reasons))}",
        f"{area}\n{phrase('events.grown')}" if event.has_grown else area,
    )
