"""``camp-monitor scan`` over many dates: an interval, all facilities, or what is due."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.ground import ground_fetcher
from camp_monitor.cli.network import (
    interval_of,
    note_fetched,
    open_shop,
    print_left_out,
)
from camp_monitor.cli.progress import progress
from camp_monitor.codes import Code
from camp_monitor.errors import CampMonitorError, InputError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from camp_monitor.ledger.ledger import Ledger
    from camp_monitor.providers.gathering import Shop
    from camp_monitor.providers.network.remote import Silences
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
    done = run_errands(context, errands, asked, how, interval)
    show(context, done)
    fail(done)
    if not any(one.pairs or one.by_another for one in done):
        raise Refusal(
            Code.NOTHING_TO_COMPARE, facilities=len(named), first_on=asked["first"],
            last_on=asked["last"], searched="here" if asked["offline"] else "source",
        )  # fmt: skip
    return any(one.findings for one in done)


def scan_due(
    context: Context, facility_ids: Sequence[str], asked: dict[str, Any], how: dict[str, Any]
) -> bool:
    """Compare what is due; say whether there are new findings."""
    from camp_monitor.ledger.opening import open_ledger_of
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.watch.due import due_errands, is_still_due
    from camp_monitor.watch.schedule import watches

    if asked["every"]:
        raise click.UsageError("--due asks for what [schedule] watches: leave --all out.")
    now = datetime.now(UTC)
    watched = {watch.facility_id: watch for watch in watches(context.workspace)}

    def is_wanted(facility_id: str, ledger: Ledger) -> bool:
        return is_still_due(watched[facility_id], ledger, now, asked["offline"])

    with open_ledger_of(context.workspace, reading=True) as ledger:
        errands = due_errands(
            context.workspace, ledger, now, facility_ids, offline=asked["offline"]
        )
    done = run_errands(context, errands, asked, how, is_wanted=is_wanted) if errands else ()
    if not errands and not context.as_json:
        context.console.print(phrase("scan.nothing_due"))
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
    interval: tuple[datetime, datetime] | None = None,
    is_wanted: Callable[[str, Ledger], bool] = lambda *_: True,
) -> tuple[Done, ...]:
    """Run, with a bar on a terminal."""
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.watch.cluster import is_exposed
    from camp_monitor.watch.executors import open_workers
    from camp_monitor.watch.run import How, run

    scheduler = asked["scheduler"]
    if scheduler and is_exposed(scheduler):
        said = phrase("scan.exposed_scheduler", address=scheduler)
        context.messages.print(said, soft_wrap=True)
    settings = context.workspace.scan_settings.told(
        detectability=how["detectability"], sensitivity=how["sensitivity"]
    )

    silences: Silences = {}

    def shop(sensors: tuple[str, ...]) -> AbstractContextManager[Shop]:
        return open_shop(context, asked["source"], sensors, silences)

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
            ground_fetcher(context, how["ground_files"], asked),
            how["clock_is_right"],
        )
        run_id = uuid.uuid4().hex[:12]
        certificates = context.workspace.certificates
        with open_workers(asked["workers"], scheduler, certificates) as workers:
            return run(context.workspace, errands, manner, workers, run_id, interval)


def _teller(
    context: Context, start: Callable[[int], Callable[[], None]], places: int
) -> Callable[[Told], None]:
    """Return what moves the bar, and says of a single place what is compared and fetched."""
    from camp_monitor.report.text.sentences import phrase

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
            said = phrase(
                "scan.fetching", facility=told.facility_id, scenes=len(planned.missing),
                size_mb=planned.most_bytes / 1e6,
            )  # fmt: skip
            context.messages.print(said, soft_wrap=True)
        if places == 1:
            _print_choice(context, told)

    return tell


def _print_choice(context: Context, told: Told) -> None:
    from camp_monitor.report.text.sentences import phrase, sentence

    assert told.planned is not None
    choice = told.planned.choice
    dates = len({pair.after.id for pair in choice.pairs})
    context.messages.print(phrase("scan.chosen", dates=dates, pairs=len(choice.pairs)))
    for look, reason in choice.left_out[:LEFT_OUT_SHOWN]:
        said = phrase(
            "scan.not_used", sensor=look.sensor, on=f"{look.acquired_at:%Y-%m-%d}",
            reason=sentence(reason),
        )  # fmt: skip
        context.messages.print(said, soft_wrap=True)
    more = len(choice.left_out) - LEFT_OUT_SHOWN
    if more > 0:
        context.messages.print(phrase("scan.more_not_used", more=more))


def fail(done: Sequence[Done]) -> None:
    """End with a sentence where a facility could not be finished."""
    failed = [one for one in done if one.failed]
    if not failed:
        return
    first = failed[0]
    from camp_monitor.report.text.sentences import error_text, phrase

    lost = _lost(done)
    if len(done) == 1 and lost:
        raise InputError(phrase("scan.unreachable", reason=error_text(lost[0].failed[-1])))
    if len(done) == 1:
        raise first.failed[0]
    if lost and len(lost) == len(failed):
        raise InputError(
            phrase("scan.no_network", facilities=len(lost), reason=error_text(lost[0].failed[-1]))
        )

    bad_input = all(isinstance(error, InputError) for one in failed for error in one.failed)
    raise (InputError if bad_input else CampMonitorError)(
        f"{len(failed)} of {len(done)} facilities could not be finished, {first.facility_id} "
        f"first: {error_text(first.failed[0])}"
    )


def show(context: Context, done: Sequence[Done]) -> None:
    """Print what became of each facility."""
    if context.as_json:
        answer = {"facilities": [_plain(one) for one in done]}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    from camp_monitor.report.text.sentences import error_text, phrase

    _print_table(context, done)
    same: dict[str, list[str]] = {}
    for one in done:
        if one.by_another:
            context.messages.print(phrase("scan.to_another_run", facility=one.facility_id))
        for error in one.failed if len(done) > 1 else one.failed[1:]:
            same.setdefault(error_text(error), []).append(one.facility_id)
    lost = {one.facility_id for one in _lost(done)}
    for reason, names in same.items():
        if not lost.issuperset(names):  # the error that ends the command says those
            said = phrase("scan.failed", facility=_briefly(names), reason=reason)
            context.messages.print(said, soft_wrap=True)
    if not any(one.pairs or one.by_another or one.failed for one in done):
        context.console.print(f"\n{phrase('scan.nothing')}")
    if any(one.findings for one in done):
        only = f" --facility {done[0].facility_id}" if len(done) == 1 else ""
        following = phrase("scan.next", command=f"camp-monitor events list{only}")
        context.console.print(f"\n{following}", soft_wrap=True)


def _lost(done: Sequence[Done]) -> list[Done]:
    """Return the facilities that were not searched for want of a network."""
    from camp_monitor.watch.run import is_lost

    return [one for one in done if one.failed and is_lost(one.failed[-1])]


def _briefly(names: Sequence[str]) -> str:
    from camp_monitor.report.text.sentences import phrase

    if len(names) <= LEFT_OUT_SHOWN:
        return ", ".join(names)
    return phrase("status.many", count=len(names), names=tuple(names[:LEFT_OUT_SHOWN]))


def _print_table(context: Context, done: Sequence[Done]) -> None:
    """Print a row of each facility of which there is something to say."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from camp_monitor.report.text.sentences import name_of, phrase

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in ("facility", "dates", "pairs", "known", "not_used", "new_findings"):
        side: Literal["left", "right"] = "left" if name == "facility" else "right"
        table.add_column(name_of("run_column", name), justify=side)
    lost = {one.facility_id for one in _lost(done) if not one.pairs}
    searched = [one for one in done if one.facility_id not in lost]
    told = [one for one in searched if one.pairs or one.left_out or one.by_another or one.failed]
    for one in told:
        dates = len({after for _, after, _ in one.pairs})
        cells = (dates, len(one.pairs), one.known, len(one.left_out), len(one.findings))
        table.add_row(one.facility_id, *("-" if one.by_another else str(cell) for cell in cells))
    if told:
        context.console.print(table)
    if len(searched) > len(told):
        context.console.print(phrase("scan.no_image", facilities=len(searched) - len(told)))


def _plain(one: Done) -> dict[str, Any]:
    from camp_monitor.records.run import failure
    from camp_monitor.report.text.sentences import with_text

    return {
        "facility": one.facility_id,
        "pairs": [
            {"before": before, "after": after, "why": with_text(why)}
            for before, after, why in one.pairs
        ],
        "known_pairs": one.known,
        "added": {"observations": one.observations, "findings": len(one.findings)},
        "findings": [{"id": item.id, **item.to_dict()} for item in one.findings],
        "not_used": [
            {"scene": look.id, "sensor": look.sensor, "reason": with_text(reason),
             "acquired_at": look.acquired_at.isoformat()}
            for look, reason in one.left_out
        ],
        "failed": [with_text(failure(error)) for error in one.failed],
        "left_to_another_run": one.by_another,
    }  # fmt: skip
