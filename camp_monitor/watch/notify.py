"""Telling people what is new, that nothing is, or that the watch has stopped; each once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from camp_monitor.errors import LedgerError
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.records.run import RunRecord, without_network
from camp_monitor.report.text.sentences import choose_language, in_language, phrase
from camp_monitor.watch.addresses import Addresses, read_addresses, send
from camp_monitor.watch.digest import compose_digest
from camp_monitor.watch.heartbeat import compose_alarm, compose_heartbeat, ledger_alarm
from camp_monitor.watch.outbox import (
    Delivery,
    Message,
    deliver,
    kept,
    open_outbox,
    put,
    unreadable,
)
from camp_monitor.workspace import Workspace


@dataclass(frozen=True)
class Notified:
    """What was composed, and what became of it and of what waited.

    Parameters
    ----------
    composed : tuple of Message
        New ones; empty when there was nothing to tell.
    deliveries : tuple of Delivery
        One for each message that waited or was composed, oldest first.
    faults : tuple of str
        Sentences: what kept a message from being composed or delivered.
    """

    composed: tuple[Message, ...]
    deliveries: tuple[Delivery, ...]
    faults: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether all was told to everyone."""
        return not self.faults and all(item.is_done for item in self.deliveries)


@dataclass(frozen=True)
class Tried:
    """What came of a test message: why it failed at each target, empty where it arrived."""

    reasons: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether there is a target, and each was reached."""
        return bool(self.reasons) and not self.faults and not any(why for _, why in self.reasons)


def notify(
    workspace: Workspace,
    now: datetime,
    run_id: str = "",
    environment: Mapping[str, str] = os.environ,
    language: str | None = None,
) -> Notified:
    """Compose what is due, and deliver it and all that waits in the outbox.

    A message is put in the outbox first, and then in the run log as told; what stopped
    between the two is made up for at the next call.  A message that reached someone does not reach
    them again, but for one case: the program, or the connection, is cut off after a server took it
    and before that was written down.

    Parameters
    ----------
    workspace : Workspace
    now : datetime
        With a time zone.
    run_id : str
        The run that ends with this call, if one does: it is no alarm that it has not ended.
    environment : mapping
        Where the addresses are, under the name that the settings give.
    language : str or None
        ``en`` or ``ko``; None: as the settings say.  A message that waits stays as it is.

    Raises
    ------
    WorkspaceError
        The outbox cannot be written, or is damaged.
    """
    faults: list[str] = []
    composed: list[Message] = []
    hurried = False
    with _in_language(workspace, language), open_outbox(workspace.outbox) as outbox:
        try:
            if workspace.has_ledger:
                with open_ledger_of(workspace) as ledger:
                    ledger.check()
                    _make_up(ledger, outbox)
                    hurried = without_network(ledger.runs()) is not None
                    for message in compose(workspace, ledger, now, run_id):
                        if put(outbox, message, run_id=run_id, created_at=now):
                            composed.append(message)
                    _make_up(ledger, outbox)
        except LedgerError as error:
            faults.append(str(error))
            alarm = ledger_alarm(error, now)
            if put(outbox, alarm, run_id=run_id, created_at=now):
                composed.append(alarm)
        addresses = read_addresses(
            workspace.configuration.notification, environment, workspace.root, hurried=hurried
        )
        deliveries = deliver(outbox, addresses.targets, now, hurried=hurried)
        faults += _faults(workspace, addresses, bool(deliveries))
        faults += [
            f"The message {name} in the outbox cannot be read, and was not sent: restore the "
            f"outbox from a copy, or move it away."
            for name in unreadable(outbox)
        ]
    return Notified(tuple(composed), tuple(deliveries), tuple(faults))


def compose(
    workspace: Workspace, ledger: Ledger, now: datetime, run_id: str = ""
) -> tuple[Message, ...]:
    """Compose what is due: an alarm, a digest, or where neither is, perhaps a heartbeat."""
    urgent = (compose_alarm(workspace, ledger, now, run_id), compose_digest(workspace, ledger, now))
    found = tuple(message for message in urgent if message)
    if found:
        return found
    heartbeat = compose_heartbeat(workspace, ledger, now)
    return (heartbeat,) if heartbeat else ()


def preview(
    workspace: Workspace, now: datetime, language: str | None = None
) -> tuple[Message, ...]:
    """Compose what is due, and neither store nor send it."""
    if not workspace.has_ledger:
        return ()
    with _in_language(workspace, language), open_ledger_of(workspace, reading=True) as ledger:
        ledger.check()
        return compose(workspace, ledger, now)


def send_test(
    workspace: Workspace,
    environment: Mapping[str, str] = os.environ,
    language: str | None = None,
) -> Tried:
    """Send a test message to every target, past the outbox."""
    settings = workspace.configuration.notification
    addresses = read_addresses(settings, environment, workspace.root)
    with _in_language(workspace, language):
        title, body = phrase("test.title"), phrase("test.body") + "\n"
    reasons = tuple((target.name, send(target, title, body, ())) for target in addresses.targets)
    return Tried(reasons, tuple(_faults(workspace, addresses, True)))


def _in_language(workspace: Workspace, language: str | None) -> AbstractContextManager[None]:
    return in_language(choose_language(language, workspace.configuration.language))


def _make_up(ledger: Ledger, outbox: sa.Connection) -> None:
    """Write into the run log what the messages of the outbox told, and it does not say yet."""
    known = {_what_was_told(record) for record in ledger.runs(what="told")}
    for message in kept(outbox):
        record = RunRecord(
            run_id=message.run_id or f"notify {message.id}",
            what="told",
            at=message.created_at,
            told=tuple((name, said) for name, said in message.content["told"]),
        )
        if record.told and _what_was_told(record) not in known:
            ledger.write_run(record)


def _what_was_told(record: RunRecord) -> tuple[object, ...]:
    """Return what makes two records one, whatever schema each was written in."""
    return record.run_id, record.at, record.told


def _faults(workspace: Workspace, addresses: Addresses, is_needed: bool) -> list[str]:
    settings = workspace.configuration.notification
    faults = list(addresses.faults)
    if is_needed and not addresses.targets and not faults:
        faults.append(
            f"No address is set: put some into the environment variable {settings.variable}, such "
            f"as mailto://USER:PASSWORD@HOST?to=ADDRESS, or name a file of apprise's own under "
            f"[notification]; 'camp-monitor notify --test' tries them."
        )
    return faults
