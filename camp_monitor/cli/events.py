"""``camp-monitor events``: findings of one thing over many dates, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Commands, Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.long_tables import (
    limit_of,
    limit_option,
    min_area_option,
    print_member,
    print_table,
    since_option,
)

if TYPE_CHECKING:
    from camp_monitor.events.kept import EventLists, ListedEvent, WantedEvents
    from camp_monitor.ledger.ledger import Ledger

STATES = ("confirmed", "strong", "provisional", "ended", "dismissed", "any")
LEADING = ("confirmed", "strong")
"""What is listed unless somebody asks for more: see `camp_monitor.events.ranking.CLASSES`."""
MANY = 16
"""Facilities from which on other processes are worth their start."""


@click.group(cls=Commands)
def events() -> None:
    """List what came, and whether it stayed: findings of one thing, joined over all dates."""


@events.command("list", epilog="Example: camp-monitor events list --kind flooding --since 2016")
@click.option("--facility", metavar="ID", help="Only this facility.")
@click.option(
    "--state",
    type=click.Choice(STATES),
    help="Only events of which this is said; any: all.  Default: confirmed and strong ones.",
)
@click.option("--kind", metavar="KIND", help="Only this kind of change.")
@since_option
@click.option("--new", is_flag=True, help="Only what the last day of recording brought.")
@min_area_option
@click.option(
    "--sort",
    type=click.Choice(["rank", "time", "area", "facility"]),
    default="rank",
    show_default=True,
    help="What comes first; time: the newest.",
)
@click.option("--claims", is_flag=True, help="Also the references of the claims that it supports.")
@limit_option
@click.pass_obj
@language_option()
def list_events(
    context: Context, /, facility: str | None, state: str | None, limit: int | None, claims: bool,
    **only: Any,
) -> None:  # fmt: skip
    """List events: when each was first and last seen, and what later looks say of it.

    Confirmed events come first, then strong ones; within each, what is likelier, larger and newer.
    All others are counted below the list, and listed with --state.  --json gives all.

    An event follows from the ledger and is no record.  It is confirmed when at least two scenes
    show it and other looks at its ground do not speak against it, or when a reviewer says so; a
    flood also when one scene shows it, several before it and a later one do not, and every
    alternative explanation is ruled out; ended when looks that saw its ground make it likelier that
    it went; dismissed when a reviewer rejects it; and else provisional: strong where its surest
    look makes it likely.
    """
    from camp_monitor.events.kept import WantedEvents, open_events
    from camp_monitor.events.ranking import CLASSES
    from camp_monitor.ledger.opening import open_ledger_of

    if facility is not None:
        from camp_monitor.facilities import find_facility

        find_facility(context.workspace.aoi, facility)
    wanted = WantedEvents(state=None if state == "any" else state, **only)
    if not context.workspace.has_ledger:
        _print_none(context)
        return
    with (
        open_ledger_of(context.workspace, reading=True) as ledger,
        open_events(ledger, facility, _spread) as lists,
    ):
        references = _references(ledger) if claims else {}
        if context.as_json:
            _print_json(lists.events(wanted, limit_of(context, limit)), references)
        elif not lists.counted():
            _print_none(context)
        else:
            leading = LEADING if state is None else CLASSES
            _print_lists(context, lists, wanted, leading, limit_of(context, limit), references)


def _references(ledger: Ledger) -> Mapping[str, tuple[str, ...]]:
    from camp_monitor.ledger.claims import read_claims
    from camp_monitor.report.export.claims import references_of

    return references_of(read_claims(ledger))


def _print_lists(
    context: Context, lists: EventLists, wanted: WantedEvents, leading: tuple[str, ...],
    limit: int | None, references: Mapping[str, tuple[str, ...]],
) -> None:  # fmt: skip
    """Print a table for each class of the leading ones, then counts of all others."""
    from camp_monitor.events.ranking import CLASSES
    from camp_monitor.report.text.sentences import name_of, phrase

    counts = lists.counted(wanted)
    shown, first = 0, None
    for name in leading:
        left = None if limit is None else limit - shown
        if not counts[name] or left == 0:
            continue
        own = list(lists.events(replace(wanted, classes=(name,)), left))
        heading = phrase(
            "events.counted", standing=name_of("ranked_as", name).capitalize(), count=counts[name]
        )
        context.console.print(heading, style="bold")
        rows = [_cells(event, lists, references.get(event.id, ())) for event in own]
        print_table(context.console, _columns(lists), rows)
        context.console.print()
        shown += len(own)
        first = first or own[0]
    said = [phrase("events.rule" if shown else "events.none_leads")]
    listed = sum(counts[name] for name in leading)
    if shown < listed:
        said.append(phrase("events.cut", events=listed - shown))
    folded = [
        phrase("events.counted", standing=name_of("ranked_as", name), count=counts[name])
        for name in CLASSES
        if counts[name] and name not in leading
    ]
    if folded:
        said.append(phrase("events.folded", counts="; ".join(folded)))
    left_out = lists.counted().total() - counts.total()
    if left_out:
        said.append(phrase("events.left_out", events=left_out))
    if first is not None:
        said.append(phrase("events.look", event=first.id))
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


def _print_json(
    found: Iterable[ListedEvent], references: Mapping[str, tuple[str, ...]] | None = None
) -> None:
    click.echo("{")
    print_member("events", (_plain(one, references or {}) for one in found), "")
    click.echo("}")


def _plain(event: ListedEvent, references: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    from camp_monitor.report.text.words import reason_words

    claimed = {"claims": list(references.get(event.id, ()))} if references else {}
    return {
        "id": event.id,
        "facility_id": event.facility_id,
        "kind": event.kind,
        "state": event.state,
        "reasons": [reason.to_dict() for reason in event.reasons],
        "text": reason_words(event.reasons),
        "was_confirmed": event.was_confirmed,
        "is_strong": event.is_strong,
        "ranked_as": event.ranked_as,
        "score": event.score,
        "odds": event.odds,
        "recorded_at": event.recorded_at,
        "absent_at": event.absent_at,
        "first_seen_at": event.first_seen_at,
        "last_seen_at": event.last_seen_at,
        "absent_again_at": event.absent_again_at,
        "has_grown": event.has_grown,
        "area_m2": event.area_m2,
        "finding_ids": list(event.finding_ids),
        **claimed,
    }


def _columns(lists: EventLists) -> tuple[str, ...]:
    from camp_monitor.report.text.sentences import name_of

    place = () if lists.facility_id else ("facility",)
    columns = ("event", *place, "what", "came_between", "standing", "area")
    return tuple(name_of("column", column) for column in columns)


def _cells(
    event: ListedEvent, lists: EventLists, references: tuple[str, ...] = ()
) -> tuple[str, ...]:
    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import (
        area_alone_words,
        count_words,
        kind_words,
        reason_words,
    )

    place = () if lists.facility_id else (legible(event.facility_id),)
    first, last = event.absent_from_at[:10], event.first_seen_to_at[:10]
    area = area_alone_words(event.area_m2)
    what = [kind_words(event.kind), count_words(len(event.finding_ids), "finding")]
    if references:
        what.append(phrase("claims.of_event", references=", ".join(references)))
    return (
        event.id,
        *place,
        "\n".join(what),
        phrase("table.dates", first=first, last=last),
        legible(reason_words(event.reasons)),
        f"{area}\n{phrase('events.grown')}" if event.has_grown else area,
    )
