"""Whether the watch goes on: a sign of life when all is quiet, an alarm when runs stop or fail."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from camp_monitor.errors import CampMonitorError
from camp_monitor.facilities import read_registry
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.records.run import RunRecord
from camp_monitor.report.export.tables import legible
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.report.text.words import reason_words
from camp_monitor.watch.outbox import Message
from camp_monitor.workspace import Workspace

WATCH = "watch"
"""In the run log, instead of an event's id: what is said of the watch itself."""
ALIVE = "alive"
LATELY_CADENCES = 3
"""A facility that was not seen in three times its cadence is named."""
MOST_NAMED = 12
LINE = 78
"""Characters of a line, as mail has them."""
LONGEST_RUN = timedelta(hours=24)
"""A run that began longer ago and did not come to its end is taken for dead."""
REPEATEDLY = 3
"""So many runs in a row in which a facility failed are told."""


def compose_heartbeat(workspace: Workspace, ledger: Ledger, now: datetime) -> Message | None:
    """Say that the watch is alive, when no message has gone out for long; else None.

    Where no message ever went out, the time counts from the first run.
    """
    every_days = workspace.configuration.notification.heartbeat_days
    runs = _until(ledger.runs(), now)
    since = last_told_at(ledger, now) or (runs[0].at if runs else "")
    if not since or not every_days or _age(since, now) < timedelta(days=every_days):
        return None
    ended = [record for record in runs if record.what == "ended"]
    visited = {r.facility_id for r in runs if r.what == "visited" and r.at > since}
    last = phrase("heartbeat.no_run")
    if ended:
        last = phrase("heartbeat.last_run", at=_minute(ended[-1].at))
    lines = [
        phrase("heartbeat.nothing_new"),
        "",
        last,
        phrase("heartbeat.searched", on=since[:10], facilities=len(visited)),
        "",
        *seen_words(workspace, ledger, now),
        "",
        phrase("ledger.head", head=ledger.head_sha256()),
    ]
    title = phrase("heartbeat.title", on=now.astimezone(UTC).date())
    return Message("heartbeat", title, fold(lines) + "\n", told=((WATCH, ALIVE),))


def compose_alarm(
    workspace: Workspace, ledger: Ledger, now: datetime, run_id: str = ""
) -> Message | None:
    """Say that runs have stopped, or failed; None when all is well, or it was told today.

    Parameters
    ----------
    workspace : Workspace
    ledger : Ledger
    now : datetime
        With a time zone.
    run_id : str
        The run that asks, if one does: it has not ended yet, and is no alarm.
    """
    runs = _until(ledger.runs(), now)
    after_days = workspace.configuration.notification.alarm_after_days
    causes = {**_stopped(runs, now, after_days, run_id), **_failed(runs, now, run_id)}
    causes |= _failing_facilities(runs)
    today = now.astimezone(UTC).date().isoformat()
    told = {
        cause
        for record in ledger.runs(what="told")
        if record.at[:10] == today
        for name, cause in record.told
        if name == WATCH
    }
    new = {cause: words for cause, words in causes.items() if cause not in told}
    return _alarm(new, today) if new else None


def ledger_alarm(error: CampMonitorError, now: datetime) -> Message:
    """Say that the ledger itself cannot be used; the same text all day, and so one message."""
    today = now.astimezone(UTC).date().isoformat()
    return _alarm({"ledger": legible(str(error))}, today)


def last_told_at(ledger: Ledger, now: datetime) -> str:
    """Return when the last message was composed, ISO 8601; empty if none was."""
    return max((record.at for record in _until(ledger.runs(what="told"), now)), default="")


def seen_words(workspace: Workspace, ledger: Ledger, now: datetime) -> list[str]:
    """Say how many facilities were looked at, and which have not been seen lately."""
    looks = ledger.looks()
    looked = {look.facility_id for look in looks}
    last: dict[str, str] = {}
    for look in looks:
        if look.outcome != "not_seen":
            last[look.facility_id] = max(look.acquired_at, last.get(look.facility_id, ""))
    watched = sorted(_watched(workspace) or looked)
    days = LATELY_CADENCES * workspace.configuration.schedule.cadence_days
    limit = (now.astimezone(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    late = [f"{name} ({last[name][:10]})" for name in watched if "" < last.get(name, "") < limit]
    never = [name for name in watched if name not in last]
    lines = [
        phrase(
            "seen.watched", watched=len(watched), looked=len(looked & set(watched)), within=days,
            lately=len(watched) - len(late) - len(never),
        )
    ]  # fmt: skip
    if late:
        lines.append(phrase("seen.late", names=_named(late)))
    if never:
        lines.append(phrase("seen.never", names=_named(never)))
    if late or never:
        lines.append(phrase("seen.not_unchanged"))
    return lines


def fold(lines: Sequence[str], indent: str = "") -> str:
    """Fold lines, but never inside a word, and no command.

    A Korean letter takes two columns; while the lines are folded, a sign without one follows it.
    """
    folded = "\n".join(
        line
        if line.startswith("  ")
        else textwrap.fill(
            "".join(f"{sign}{_SECOND}" if _is_wide(sign) else sign for sign in line),
            LINE,
            initial_indent=indent,
            subsequent_indent=f"{indent}  " if indent or line.startswith("* ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )
    return folded.replace(_SECOND, "")


_SECOND = "\0"


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _alarm(causes: dict[str, str], today: str) -> Message:
    lines = [phrase("alarm.heading", on=today), ""]
    lines += [f"* {words}" for words in causes.values()]
    lines += ["", phrase("alarm.unseen")]
    briefly = dict.fromkeys(name_of("alarm", cause.partition(" ")[0]) for cause in causes)
    title = phrase("alarm.title", on=today, causes=", ".join(briefly))
    told = tuple((WATCH, cause) for cause in causes)
    return Message("alarm", title, fold(lines) + "\n", told=told)


def _stopped(
    runs: Sequence[RunRecord], now: datetime, after_days: int, run_id: str
) -> dict[str, str]:
    """Tell whether no run came to its end for too long; a watch that never began did not stop."""
    ended = [record.at for record in runs if record.what == "ended"]
    since = ended[-1] if ended else (runs[0].at if runs else "")
    if not since or run_id or _age(since, now) < timedelta(days=after_days):
        return {}
    days = _age(since, now).days
    if not ended:
        return {"stopped": phrase("alarm.never_ended", lasted=days)}
    return {"stopped": phrase("alarm.stopped", lasted=days, at=_minute(since))}


def _failed(runs: Sequence[RunRecord], now: datetime, run_id: str) -> dict[str, str]:
    """Tell whether the last run failed, or stopped in the middle."""
    begun = [record for record in runs if record.what == "started"]
    if not begun:
        return {}
    last = begun[-1]
    own = [record for record in runs if record.run_id == last.run_id]
    faults = [r for r in own if r.what == "failed" and not r.facility_id]
    if faults:
        why = _reasons(faults[-1])
        return {"failed": phrase("alarm.failed", at=_minute(last.at), reasons=why)}
    is_over = last.run_id == run_id or any(record.what == "ended" for record in own)
    if is_over or _age(last.at, now) < LONGEST_RUN:
        return {}
    return {"unfinished": phrase("alarm.unfinished", at=_minute(last.at))}


def _failing_facilities(runs: Sequence[RunRecord]) -> dict[str, str]:
    """Tell which facilities failed in each of their last runs."""
    outcomes: dict[str, list[RunRecord]] = {}
    for record in runs:
        if record.is_without_network:
            continue  # it is said of the whole run, once
        if record.facility_id and record.what in ("visited", "failed"):
            outcomes.setdefault(record.facility_id, []).append(record)
    causes = {}
    for facility_id, records in sorted(outcomes.items()):
        good = [n for n, record in enumerate(records) if record.what == "visited"]
        bad = records[good[-1] + 1 :] if good else records
        times = len({record.run_id for record in bad})
        if times >= REPEATEDLY:
            causes[f"failing {facility_id}"] = phrase(
                "alarm.failing", facility=legible(facility_id), times=times,
                reasons=_reasons(bad[-1]),
            )  # fmt: skip
    return causes


def _reasons(record: RunRecord) -> str:
    return legible(reason_words(record.reasons))


def _watched(workspace: Workspace) -> set[str]:
    """Return the ids of the facilities that the schedule names, or of all with an outline."""
    schedule = workspace.configuration.schedule
    if schedule.facilities:
        groups = (name for group in schedule.groups.values() for name in group.facilities)
        return {*schedule.facilities, *groups}
    try:
        return {facility.id for facility in read_registry(workspace.aoi) if facility.outlines}
    except CampMonitorError:  # a broken file must not keep an alarm from being told
        return set()


def _until(records: Sequence[RunRecord], now: datetime) -> list[RunRecord]:
    """Leave out records of the future: the clock was wrong then, or is now."""
    return [record for record in records if datetime.fromisoformat(record.at) <= now]


def _age(at: str, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(at)


def _minute(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _named(names: Sequence[str]) -> str:
    named, more = ", ".join(map(legible, names[:MOST_NAMED])), len(names) - MOST_NAMED
    return phrase("seen.more", names=named, more=more) if more > 0 else named
