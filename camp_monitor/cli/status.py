"""``camp-monitor status``: who has looked at what, and what nobody has seen."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option

if TYPE_CHECKING:
    from camp_monitor.watch.coverage import Outage
    from camp_monitor.watch.status import Row, Status

SIGNS = {
    "looked": "█",
    "too_cloudy": "░",
    "refused": "x",
    "failed": "!",
    "no_image": ".",
    "no_network": "o",
    "missed": "-",
    "pending": "~",
    "": " ",
}
PLAIN_SIGNS = {**SIGNS, "looked": "#", "too_cloudy": ":"}
"""For a terminal that has no blocks."""


@click.command(epilog="Example: camp-monitor status --html status.html")
@click.option("--facility", metavar="ID", help="Only this facility, with all its times unseen.")
@click.option("--at", metavar="DATE", help="As of the end of this day; otherwise now.")
@click.option(
    "--html",
    metavar="FILE.html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with a calendar of every look instead; it needs no network.",
)
@click.pass_obj
@language_option()
def status(context: Context, facility: str | None, at: str | None, html: Path | None) -> None:
    """Say for each watched facility when it was last seen, and account for every expected look.

    A look was made, or there was no image, or it was too cloudy, or the image was refused, or the
    search failed, or there was no network, or no run searched at all.  Outages are listed
    below the table.
    """
    from camp_monitor.report.text.sentences import sentence
    from camp_monitor.watch.status import headline, read_status

    found = read_status(context.workspace, datetime.now(UTC), at=_end_of(at), facility_id=facility)
    if found.fault is not None:
        context.messages.print(sentence(found.fault), soft_wrap=True)
    if html is not None:
        _write(found, html)
    if context.as_json:
        click.echo(json.dumps(_plain(found), ensure_ascii=False, indent=2))
    elif html is not None:
        context.messages.print(f"{html}: {headline(found)}.", soft_wrap=True)
    else:
        _print(context, found, every=facility is not None)


def _end_of(day: str | None) -> datetime | None:
    """Return the last instant of what was given as a day, or the time itself."""
    from camp_monitor.scenes.scene import parse_acquired

    return parse_acquired(day)[1] if day else None


def _write(found: Status, path: Path) -> None:
    from camp_monitor.errors import InputError
    from camp_monitor.report.writing import write_whole
    from camp_monitor.watch.status_page import draw_status

    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(
            f"{path} ends in {path.suffix or 'nothing'!r}, and the page is an .html file: name it "
            f"so."
        )
    write_whole(draw_status(found).encode(), path)


def _print(context: Context, found: Status, *, every: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import name_of, phrase
    from camp_monitor.watch.kept import ledger_sentence
    from camp_monitor.watch.reviewing import reviewing_sentences
    from camp_monitor.watch.status import (
        cloudy_sentence,
        failed_sentences,
        first_year_sentence,
        headline,
        network_sentence,
        outage_sentence,
        unseen_sentences,
    )
    from camp_monitor.watch.strips import ruler, strip

    signs = _signs(context.console.encoding)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column(name_of("column", "facility"), overflow="fold", max_width=34)
    table.add_column(name_of("column", "last_seen"), no_wrap=True)
    table.add_column(name_of("column", "days"), justify="right", no_wrap=True)
    table.add_column(name_of("column", "last_visit"), no_wrap=True)
    table.add_column(Text(ruler(found.at)), no_wrap=True)
    for row in found.rows:
        table.add_row(
            legible(row.watch.facility_id),
            _day(row.last_seen_at),
            f"{row.unseen_days(found.at):,}" if row.last_seen_at else "",
            _day(row.last_visit_at),
            "".join(signs[outcome] for outcome in strip(row.slots, found.at)),
        )
    context.console.print(table)
    context.console.print(_legend(signs) + "\n", soft_wrap=True)
    said = [network_sentence(found), *unseen_sentences(found)]
    said += [phrase("status.failed", sentence=line) for line in failed_sentences(found)]
    for outage in found.outages:
        if every or outage.what != "sight":
            said.append(outage_sentence(outage, found.ids))
    if not every:
        said.append(cloudy_sentence(found))
    said += [first_year_sentence(found), *reviewing_sentences(found.reviewing)]
    said.append(ledger_sentence(found.ledger))
    said.append(f"{headline(found)}.")
    if not found.rows:
        said = [phrase("status.nothing_watched")]
    context.console.print("\n".join(legible(line) for line in said if line), soft_wrap=True)


def _signs(encoding: str) -> dict[str, str]:
    try:
        "".join(SIGNS.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return PLAIN_SIGNS
    return SIGNS


def _legend(signs: dict[str, str]) -> str:
    from camp_monitor.report.text.sentences import name_of, phrase
    from camp_monitor.watch.coverage import OUTCOMES
    from camp_monitor.watch.strips import SIGN_DAYS

    parts = "  ".join(f"{signs[outcome]} {name_of('look', outcome)}" for outcome in OUTCOMES)
    return f"{parts}\n{phrase('status.legend', sign_days=SIGN_DAYS)}"


def _day(at: datetime | None) -> str:
    from camp_monitor.report.text.sentences import phrase

    return f"{at:%Y-%m-%d}" if at else phrase("status.never")


# --- JSON


def _plain(found: Status) -> dict[str, Any]:
    from camp_monitor.report.text.sentences import with_text
    from camp_monitor.watch.reviewing import plain_reviewing
    from camp_monitor.watch.status import network_sentence

    return {
        "at": found.at.isoformat(timespec="seconds"),
        "last_run_at": _text(found.last_run_at),
        "ledger": asdict(found.ledger) if found.ledger else None,
        "clock_fault": with_text(found.fault) if found.fault is not None else None,
        "failed_runs": [
            {
                "what": one.what,
                "first_at": _text(one.first_at),
                "last_at": _text(one.last_at),
                "runs": one.runs,
                "facility_ids": list(one.facility_ids),
                "reasons": [reason.to_dict() for reason in one.reasons],
            }
            for one in found.failed
        ],
        "without_network": network_sentence(found) or None,
        "reviewing": plain_reviewing(found.reviewing),
        "facilities": [_plain_row(row) for row in found.rows],
        "outages": [_plain_outage(outage, found.ids) for outage in found.outages],
        "without_outline": list(found.without_outline),
    }


def _plain_row(row: Row) -> dict[str, Any]:
    from camp_monitor.report.text.words import reason_words

    return {
        "facility_id": row.watch.facility_id,
        "cadence_days": row.watch.cadence_days,
        "last_seen_at": _text(row.last_seen_at),
        "last_visit_at": _text(row.last_visit_at),
        "due_at": _text(row.due_at),
        "since_at": _text(row.since_at),
        "slots": [
            {
                "from_at": _text(slot.from_at),
                "to_at": _text(slot.to_at),
                "outcome": slot.outcome,
                "reasons": [reason.to_dict() for reason in slot.reasons],
                "text": reason_words(slot.reasons),
            }
            for slot in row.slots
        ],
    }


def _plain_outage(outage: Outage, watched: tuple[str, ...]) -> dict[str, Any]:
    from camp_monitor.watch.status import outage_sentence

    return {
        "what": outage.what,
        "facility_ids": list(outage.facility_ids),
        "from_at": _text(outage.from_at),
        "to_at": _text(outage.to_at),
        "counts": dict(outage.counts),
        "text": outage_sentence(outage, watched, most=len(watched)),
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
