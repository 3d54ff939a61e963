"""``camp-monitor scan`` over many dates: an interval, all facilities, or what is due."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.network import (
    interval_of,
    note_fetched,
    open_shop,
    print_left_out,
    progress,
    size_words,
)
from camp_monitor.errors import CampMonitorError, InputError, NotComparableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from camp_monitor.ledger.ledger import Ledger
    from camp_monitor.providers.gathering import Shop
    from camp_monitor.watch.run import Done, Errand, Told

FAILED = 1
LEFT_OUT_SHOWN = 12


def scan_interval(
    context: Context, facility_ids: Sequence[str], asked: dict[str, Any], how: dict[str, Any]
) -> bool:
    """Compare every usable date of an interval; say whether there are new findings."""
    from camp_monitor.detect.detectors import detectors
    from camp_monitor.watch.run import Errand

    interval = interval_of(asked["first"], asked["last"])
    named = facilities(context, facility_ids, every=asked["every"])
    errands = [
        Errand(name, interval, tuple(asked["sensors"]), tuple(detectors())) for name in named
    ]
    words = f"{asked['first']} to {asked['last']}"
    done = run_errands(context, errands, asked, how, words)
    show(context, done)
    fail(done)
    if not any(one.pairs or one.by_another for one in done):
        where = "the catalogue here" if asked["offline"] else "the catalogues"
        of = named[0] if len(named) == 1 else f"{len(named)} facilities"
        raise NotComparableError(
            f"Nothing of {of} from {words} can be compared: {where} held no two usable scenes of "
            f"one sensor; ask for a longer interval, or another --sensor or --source."
        )
    return any(one.findings for one in done)


def scan_due(
    context: Context, facility_ids: Sequence[str], asked: dict[str, Any], how: dict[str, Any]
) -> bool:
    """Compare what is due; say whether there are new findings."""
    from camp_monitor.ledger.ledger import open_ledger
    from camp_monitor.watch.due import due_errands, is_still_due
    from camp_monitor.watch.schedule import watches

    if asked["every"]:
        raise click.UsageError("--due asks for what [schedule] watches: leave --all out.")
    now = datetime.now(UTC)
    watched = {watch.facility_id: watch for watch in watches(context.workspace)}

    def is_wanted(facility_id: str, ledger: Ledger) -> bool:
        return is_still_due(watched[facility_id], ledger, now, asked["offline"])

    with open_ledger(context.workspace.ledger) as ledger:
        errands = due_errands(
            context.workspace, ledger, now, facility_ids, offline=asked["offline"]
        )
    done = run_errands(context, errands, asked, how, "due", is_wanted) if errands else ()
    if not errands and not context.as_json:
        context.console.print("Nothing is due: camp-monitor schedule show")
        return False
    show(context, done)
    fail(done)
    return any(one.findings for one in done)


def facilities(context: Context, named: Sequence[str], *, every: bool) -> tuple[str, ...]:
    """Return the facilities that are asked for, each once, each with an outline."""
    from camp_monitor.facilities import find_facility, read_registry

    if every == bool(named):
        raise click.UsageError("Name facilities, or give --all.")
    if every:
        held = read_registry(context.workspace.aoi)
        return tuple(one.id for one in held if one.outlines)
    for name in named:
        _ = find_facility(context.workspace.aoi, name).outline
    return tuple(dict.fromkeys(named))


def run_errands(
    context: Context,
    errands: Sequence[Errand],
    asked: dict[str, Any],
    how: dict[str, Any],
    words: str,
    is_wanted: Callable[[str, Ledger], bool] = lambda *_: True,
) -> tuple[Done, ...]:
    """Run, with a bar on a terminal."""
    from camp_monitor.watch.executors import open_workers
    from camp_monitor.watch.run import How, run

    settings = context.workspace.configuration.scan
    if how["detectability"] is not None:
        settings = settings.model_copy(update={"detectability": how["detectability"]})

    def shop(sensors: tuple[str, ...]) -> AbstractContextManager[Shop]:
        return open_shop(context, asked["source"], sensors)

    source = asked["source"] or context.workspace.configuration.fetch.source
    with progress(context, "Comparing") as start:
        manner = How(
            settings,
            how["ground_files"],
            None if asked["offline"] else shop,
            lambda: datetime.now(UTC),
            note_fetched(context, source),
            _teller(context, start, len(errands)),
            is_wanted,
            asked["due"] or asked["every"],
        )
        run_id = uuid.uuid4().hex[:12]
        with open_workers(asked["workers"], asked["scheduler"]) as workers:
            return run(context.workspace, errands, manner, workers, run_id, words)


def _teller(
    context: Context, start: Callable[[int], Callable[[], None]], places: int
) -> Callable[[Told], None]:
    """Return what moves the bar, and says of a single place what is compared and fetched."""
    ticks: dict[str, Callable[[], None]] = {}

    def tell(told: Told) -> None:
        planned = told.planned
        if planned is None:
            if told.facility_id in ticks:
                ticks[told.facility_id]()
            return
        ticks[told.facility_id] = start(len(planned.choice.pairs))
        print_left_out(context, planned.left_out)
        if planned.missing:
            context.messages.print(
                f"{told.facility_id}: fetching {len(planned.missing)} scenes, at most "
                f"{size_words(planned.most_bytes)}",
                soft_wrap=True,
            )
        if places == 1:
            _print_choice(context, told)

    return tell


def _print_choice(context: Context, told: Told) -> None:
    from camp_monitor.report.text.words import count_words

    assert told.planned is not None
    choice = told.planned.choice
    dates = len({pair.after.id for pair in choice.pairs})
    context.messages.print(
        f"{count_words(dates, 'date').capitalize()} to compare, in "
        f"{count_words(len(choice.pairs), 'pair')}."
    )
    for look, reason in choice.left_out[:LEFT_OUT_SHOWN]:
        date = f"{look.acquired_at:%Y-%m-%d}"
        context.messages.print(f"not used: {look.sensor}, {date}: {reason}", soft_wrap=True)
    more = len(choice.left_out) - LEFT_OUT_SHOWN
    if more > 0:
        context.messages.print(f"not used: {more} more dates; --json lists them")


def fail(done: Sequence[Done]) -> None:
    """End with a sentence where a facility could not be finished."""
    failed = [one for one in done if one.failed]
    if not failed:
        return
    first = failed[0]
    if len(done) == 1:
        raise first.failed[0]
    bad_input = all(isinstance(error, InputError) for one in failed for error in one.failed)
    raise (InputError if bad_input else CampMonitorError)(
        f"{len(failed)} of {len(done)} facilities could not be finished, {first.facility_id} "
        f"first: {first.failed[0]}"
    )


def show(context: Context, done: Sequence[Done]) -> None:
    """Print what became of each facility."""
    if context.as_json:
        answer = {"facilities": [_plain(one) for one in done]}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    _print_table(context, done)
    for one in done:
        if one.by_another:
            context.messages.print(f"{one.facility_id} is left to another run.")
        for error in one.failed if len(done) > 1 else one.failed[1:]:
            context.messages.print(f"{one.facility_id}: {error}", soft_wrap=True)
    if not any(one.pairs or one.by_another or one.failed for one in done):
        context.console.print("\nNo two images of one sensor were there to compare.")
    if any(one.findings for one in done):
        only = f" --facility {done[0].facility_id}" if len(done) == 1 else ""
        context.console.print(f"\nNext: camp-monitor events list{only}", soft_wrap=True)


def _print_table(context: Context, done: Sequence[Done]) -> None:
    """Print a row of each facility of which there is something to say."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from camp_monitor.report.text.words import facilities_words

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in ("facility", "dates", "pairs", "known", "not used", "new findings"):
        table.add_column(name, justify="left" if name == "facility" else "right")
    told = [one for one in done if one.pairs or one.left_out or one.by_another or one.failed]
    for one in told:
        dates = len({after for _, after, _ in one.pairs})
        cells = (dates, len(one.pairs), one.known, len(one.left_out), len(one.findings))
        table.add_row(one.facility_id, *("-" if one.by_another else str(cell) for cell in cells))
    if told:
        context.console.print(table)
    if len(done) > len(told):
        count = facilities_words(len(done) - len(told))
        context.console.print(f"No image of {count}: that is not 'nothing changed'.")


def _plain(one: Done) -> dict[str, Any]:
    return {
        "facility": one.facility_id,
        "pairs": [
            {"before": before, "after": after, "why": why} for before, after, why in one.pairs
        ],
        "known_pairs": one.known,
        "added": {"observations": one.observations, "findings": len(one.findings)},
        "findings": [{"id": item.id, **item.to_dict()} for item in one.findings],
        "not_used": [
            {"scene": look.id, "sensor": look.sensor, "reason": reason,
             "acquired_at": look.acquired_at.isoformat()}
            for look, reason in one.left_out
        ],
        "failed": [str(error) for error in one.failed],
        "left_to_another_run": one.by_another,
    }  # fmt: skip
