"""``camp-monitor schedule``: what is watched, and units for the timers of a machine."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Commands, Context
from camp_monitor.cli.languages import language_option
from camp_monitor.errors import InputError, InstallationError

if TYPE_CHECKING:
    from camp_monitor.records.run import RunRecord
    from camp_monitor.watch.schedule import Watch

into_option = click.option(
    "--into",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files there instead; none is overwritten.",
)


@click.group(cls=Commands)
def schedule() -> None:
    """Show what is watched, and print units that let a machine start 'scan --due' by itself."""


@schedule.command("show", epilog="Example: camp-monitor schedule show")
@click.pass_obj
@language_option()
def show(context: Context) -> None:
    """List what is watched: how often, with which sensors, for what, and when it is next due.

    The table [schedule] of camp-monitor.toml says it; without one, every facility that has an
    outline is watched.
    """
    from camp_monitor.ledger.opening import open_ledger_of
    from camp_monitor.watch.schedule import in_time, next_due, watches

    now = datetime.now(UTC)
    watched = watches(context.workspace)
    visits: tuple[RunRecord, ...] = ()
    if context.workspace.has_ledger:
        with open_ledger_of(context.workspace, reading=True) as ledger:
            visits = in_time(ledger.runs(), now)
    rows = [(watch, next_due(watch, visits, now)) for watch in watched]
    if context.as_json:
        plain = [_plain(watch, due_at, now) for watch, due_at in rows]
        click.echo(json.dumps({"watched": plain}, ensure_ascii=False, indent=2))
        return
    _print(context, rows, now)


def _plain(watch: Watch, due_at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "facility_id": watch.facility_id,
        "cadence_days": watch.cadence_days,
        "sensors": list(watch.sensors),
        "detectors": list(watch.detectors),
        "since": watch.since.isoformat() if watch.since else None,
        "due_at": due_at.isoformat(timespec="seconds"),
        "is_due": due_at <= now,
    }


def _print(context: Context, rows: Sequence[tuple[Watch, datetime]], now: datetime) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from camp_monitor.report.export.tables import legible
    from camp_monitor.report.text.sentences import name_of, phrase
    from camp_monitor.report.text.words import question_words

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in ("facility", "every", "sensors", "looked_for", "since", "next_due"):
        table.add_column(name_of("column", column), overflow="fold")
    for watch, due_at in rows:
        table.add_row(
            legible(watch.facility_id),
            phrase("schedule.every", cadence=watch.cadence_days),
            ", ".join(watch.sensors),
            ", ".join(map(question_words, watch.detectors)),
            watch.since.isoformat() if watch.since else "",
            phrase("schedule.now") if due_at <= now else f"{due_at:%Y-%m-%d}",
        )
    context.console.print(table)
    due = sum(due_at <= now for _, due_at in rows)
    said = phrase("schedule.due", watched=len(rows), due=due)
    if not rows:
        said = phrase("schedule.nothing")
    context.console.print(said, soft_wrap=True)


@schedule.command("systemd", epilog="Example: camp-monitor schedule systemd --into units")
@into_option
@click.pass_obj
def systemd(context: Context, into: Path | None) -> None:
    """Print a service and a timer for systemd, for your own user; nothing is installed.

    A machine that slept or was off catches up when it is back.
    """
    from camp_monitor.watch.timers import systemd_units

    units = systemd_units(_program(), context.workspace.root)
    names = " ".join(units)
    copy = f"(cd {shlex.quote(str(into))} && cp {names} ~/.config/systemd/user/)"
    steps = [
        "mkdir -p ~/.config/systemd/user",
        copy if into else f"put {names} there; --into DIR writes them as files",
        "systemctl --user daemon-reload",
        "systemctl --user enable --now camp-monitor.timer",
        "loginctl enable-linger    # else it runs only while you are logged in",
    ]
    _hand_out(context, units, steps, into)


@schedule.command("cron", epilog="Example: camp-monitor schedule cron")
@into_option
@click.pass_obj
def cron(context: Context, into: Path | None) -> None:
    """Print a line for a crontab; nothing is installed.

    cron mails what a run prints, and does not catch up on a run that a sleeping machine missed: the
    next day's run does, since it does all that is due.
    """
    from camp_monitor.watch.timers import cron_line

    text = (
        "# Errors are mailed to you where this machine can send mail: MAILTO names another "
        "address.\n"
        "# MAILTO=\n"
        "# cron does not catch up while the machine is off; the next run does all that is due.\n"
        "# Two runs at once do no harm, so no lock is needed.\n"
        f"{cron_line(_program(), context.workspace.root)}\n"
    )
    steps = [
        "crontab -e    # paste the lines; 'crontab FILE' would replace all you have",
        "A machine that is often off at that hour: use anacron, systemd, or '@reboot' beside it.",
    ]
    _hand_out(context, {"camp-monitor.crontab": text}, steps, into)


@schedule.command("windows", epilog="Example: camp-monitor schedule windows --into units")
@into_option
@click.pass_obj
def windows(context: Context, into: Path | None) -> None:
    """Print a task for Windows' Task Scheduler; nothing is installed.

    A machine that slept or was off catches up when it is back.
    """
    from camp_monitor.watch.timers import windows_task

    name = "camp-monitor.xml"
    steps = [f'schtasks /create /tn camp-monitor /xml "{into / name if into else name}"']
    _hand_out(context, {name: windows_task(_program(), context.workspace.root)}, steps, into)


def _program() -> Path:
    """Return the absolute path of this very program."""
    name = "camp-monitor.exe" if sys.platform == "win32" else "camp-monitor"
    beside = Path(sysconfig.get_path("scripts")) / name
    if beside.is_file():
        return beside.absolute()
    found = shutil.which("camp-monitor")
    if found is None:
        raise InstallationError(
            "The program camp-monitor is not beside this Python, so a timer could not start it: "
            "install it with 'uv tool install' or 'pip install'."
        )
    return Path(found).absolute()


def _hand_out(
    context: Context, texts: Mapping[str, str], steps: Sequence[str], into: Path | None
) -> None:
    """Print texts, or write them to files, and say what to do with them."""
    if into is not None:
        _write(texts, into)
    if context.as_json:
        said = {"files": dict(texts), "into": str(into) if into else None, "steps": list(steps)}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for name, text in texts.items():
        if into is not None:
            click.echo(str(into / name))
        elif len(texts) == 1:
            click.echo(text, nl=False)
        else:
            click.echo(f"# --- {name}\n{text}")
    context.messages.print("To install:", *(f"    {step}" for step in steps), sep="\n",
                           soft_wrap=True)  # fmt: skip


def _write(texts: Mapping[str, str], into: Path) -> None:
    for name in texts:
        if (into / name).exists():
            raise InputError(
                f"{into / name} exists and is not overwritten: remove it, or name another folder."
            )
    try:
        into.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with (into / name).open("x", encoding="utf-8", newline="") as file:
                file.write(text)
    except OSError as error:
        raise InputError(
            f"{into} cannot be written ({error.strerror}): name another folder."
        ) from error
