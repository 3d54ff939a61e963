"""The outbox: messages wait in one SQLite file until every target has them.

A message is put in whole or not at all, and is named by the hash of its content.  Beside it stands
which target has it; an address itself is never written.  What every target has is kept for a while.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from camp_monitor.errors import InputError, WorkspaceError
from camp_monitor.ledger.dialects import ERRORS, sentence
from camp_monitor.records.content import canonical_json
from camp_monitor.records.review import utc_text
from camp_monitor.watch.addresses import UNREACHABLE, Target, send

FILE_NAME = re.compile(r"[\w-]+\.(png|html)", re.ASCII)
"""No folder and no other kind of file can be named."""
MOST_SENT = 50
"""Messages that are kept after every target had them."""
MOST_UNREACHED = 2
UNTRIED = "the last run found no network, and others could not be reached"
WAIT_S = 600.0
"""How long to wait for another process that is sending, seconds."""


def _text(name: str, *, is_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=is_key, nullable=False)


METADATA = sa.MetaData()
MESSAGES = sa.Table(
    "messages",
    METADATA,
    _text("id", is_key=True),
    _text("content"),  # canonical JSON of `Message.to_dict`
    _text("run_id"),
    _text("created_at"),
    _text("sent_at"),  # empty while it waits
)
ATTACHMENTS = sa.Table(
    "attachments",
    METADATA,
    _text("message_id", is_key=True),
    _text("name", is_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    _text("message_id", is_key=True),
    _text("target_id", is_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    _text("delivered_at"),  # empty while the target has it not
)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message: its plain name, which ends in what it is, and its bytes."""

    name: str
    content: bytes

    def __post_init__(self) -> None:
        if not FILE_NAME.fullmatch(self.name):
            raise InputError(f"{self.name!a:.80} cannot be the name of an attachment.")

    @property
    def sha256(self) -> str:
        """Hash of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Message:
    """What is to be told.

    Parameters
    ----------
    kind : str
        ``digest``, ``heartbeat`` or ``alarm``.
    title : str
        One line.
    body : str
        Plain text.
    attachments : tuple of Attachment
    told : tuple of (str, str)
        What the run log is to say was told: as in `RunRecord`.
    """

    kind: str
    title: str
    body: str
    attachments: tuple[Attachment, ...] = ()
    told: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """Short id, ``M`` and twelve hexadecimal digits of the content's hash."""
        return _id(canonical_json(self.to_dict()))

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values, attachments by their hashes."""
        return {
            "kind": self.kind,
            "title": self.title,
            "body": self.body,
            "attachments": [
                {"name": item.name, "sha256": item.sha256} for item in self.attachments
            ],
            "told": [list(pair) for pair in self.told],
        }


@dataclass(frozen=True)
class Delivery:
    """What became of one message.

    Parameters
    ----------
    id, kind, title : str
        Of the message.
    delivered : tuple of str
        Names of the targets that got it now.
    left : tuple of str
        ``the first address (E-Mail): it did not answer in time``, for each that has it not.
    remarks : tuple of str
        Sentences.
    """

    id: str
    kind: str
    title: str
    delivered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether every target has it."""
        return not self.left


@dataclass(frozen=True)
class Kept:
    """A message as the outbox holds it; its content is what `Message.to_dict` returned."""

    id: str
    run_id: str
    created_at: str
    content: dict[str, Any]


@contextmanager
def open_outbox(path: Path) -> Iterator[sa.Connection]:
    """Open the outbox, once no other process composes or sends, and keep others waiting.

    The file stays locked between transactions too, until it is closed or the process ends.

    Raises
    ------
    WorkspaceError
        The file is damaged or cannot be written, or another process has been sending for too long.
    """
    address = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(address, poolclass=sa.NullPool, connect_args={"timeout": WAIT_S})
    with suppress(OSError):  # SQLite says it, too
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with engine.connect() as outbox:
            outbox.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
            outbox.exec_driver_sql("BEGIN EXCLUSIVE")
            METADATA.create_all(outbox)
            outbox.commit()
            yield outbox
    except ERRORS as error:
        raise WorkspaceError(sentence(error, path, "an outbox")) from error


def put(outbox: sa.Connection, message: Message, *, run_id: str, created_at: datetime) -> bool:
    """Put a message in the outbox, whole or not at all; False if it is or was there already."""
    if outbox.scalar(sa.select(MESSAGES.c.id).where(MESSAGES.c.id == message.id)):
        return False
    content, at = canonical_json(message.to_dict()), utc_text(created_at)
    outbox.execute(MESSAGES.insert().values((message.id, content, run_id, at, "")))
    for item in message.attachments:
        outbox.execute(ATTACHMENTS.insert().values((message.id, item.name, item.content)))
    outbox.commit()
    return True


def waiting(outbox: sa.Connection) -> list[Kept]:
    """Return the messages that wait, oldest first; unreadable ones left out."""
    return _read(outbox, MESSAGES.c.sent_at == "")


def kept(outbox: sa.Connection) -> list[Kept]:
    """Return those that wait and those that were sent, oldest first."""
    return _read(outbox, sa.true())


def unreadable(outbox: sa.Connection) -> list[str]:
    """Return the ids of the messages that wait and cannot be read."""
    ids = outbox.scalars(sa.select(MESSAGES.c.id).where(MESSAGES.c.sent_at == ""))
    return sorted({str(key) for key in ids} - {message.id for message in waiting(outbox)})


def deliver(
    outbox: sa.Connection, targets: Sequence[Target], now: datetime, *, hurried: bool = False
) -> list[Delivery]:
    """Try every message of the outbox at every target that has it not yet, oldest first.

    What is delivered is written down at once, message by message and target by target, so that
    no one gets a message twice because another could not be reached.  A target that cannot be
    reached is not tried again in the same call, and where it is `hurried`, after
    `MOST_UNREACHED` of them no other is tried.

    Raises
    ------
    WorkspaceError
        Attachments cannot be unpacked.
    """
    down: dict[str, str] = {}

    def try_one(target: Target, title: str, body: str, files: Sequence[Path]) -> tuple[str, bool]:
        if target.id in down or (hurried and len(down) >= MOST_UNREACHED):
            return down.get(target.id, UNTRIED), False
        why = send(target, title, body, files)
        if why in UNREACHABLE:
            down[target.id] = why
        return why, True

    try:
        done = [_deliver_one(outbox, one, targets, now, try_one) for one in waiting(outbox)]
    except OSError as error:
        raise WorkspaceError(
            f"Attachments cannot be unpacked for sending ({error.strerror}): check the disk with "
            f"the temporary folder; what waits is tried again."
        ) from error
    sent = sa.select(MESSAGES.c.id).where(MESSAGES.c.sent_at != "")
    old = outbox.scalars(sent.order_by(MESSAGES.c.created_at.desc()).offset(MOST_SENT)).all()
    for key in (ATTACHMENTS.c.message_id, DELIVERIES.c.message_id, MESSAGES.c.id):
        outbox.execute(sa.delete(key.table).where(key.in_(old)))
    outbox.commit()
    return done


def _deliver_one(
    outbox: sa.Connection,
    message: Kept,
    targets: Sequence[Target],
    now: datetime,
    try_one: Callable[[Target, str, str, Sequence[Path]], tuple[str, bool]],
) -> Delivery:
    kind, title, body = (message.content[name] for name in ("kind", "title", "body"))
    dropped = _address(outbox, message.id, targets)
    tried = tries(outbox, message.id)
    delivered, left = [], []
    with TemporaryDirectory() as folder:
        files, altered = _unpack(outbox, message, Path(folder))
        for target in (target for target in targets if target.id in tried):
            why, is_tried = try_one(target, title, body, files)
            attempts = tried[target.id] + is_tried
            if why:
                left.append(f"{target.name}: {why}")
            else:
                delivered.append(target.name)
            this = (DELIVERIES.c.message_id == message.id, DELIVERIES.c.target_id == target.id)
            said = {"attempts": attempts, "delivered_at": "" if why else utc_text(now)}
            outbox.execute(DELIVERIES.update().where(*this).values(said))
            outbox.commit()
    if not targets:
        left.append("no address is set")
    elif not left:
        sent = MESSAGES.update().where(MESSAGES.c.id == message.id)
        outbox.execute(sent.values(sent_at=utc_text(now)))
        outbox.commit()
    remarks = (*dropped, *altered)
    return Delivery(message.id, kind, title, tuple(delivered), tuple(left), remarks)


def tries(outbox: sa.Connection, message_id: str) -> dict[str, int]:
    """Return how often a message was tried at each target that has it not yet, by target id."""
    left = (DELIVERIES.c.message_id == message_id, DELIVERIES.c.delivered_at == "")
    rows = outbox.execute(sa.select(DELIVERIES.c.target_id, DELIVERIES.c.attempts).where(*left))
    return {row.target_id: row.attempts for row in rows}


def _address(outbox: sa.Connection, message_id: str, targets: Sequence[Target]) -> list[str]:
    """Settle whom a message goes to: all, when it is first sent; later, who was added instead.

    A target that is gone from the settings is dropped.  Its place is taken by those that are new
    since: a corrected password makes another address of the same person.
    """
    this = DELIVERIES.c.message_id == message_id
    held = set(outbox.scalars(sa.select(DELIVERIES.c.target_id).where(this)))
    known = {target.id for target in targets}
    gone = {key: count for key, count in tries(outbox, message_id).items() if key not in known}
    if not targets or (held and not gone):
        return []
    outbox.execute(sa.delete(DELIVERIES).where(this, DELIVERIES.c.target_id.in_(gone)))
    for target_id in sorted(known - held):
        outbox.execute(DELIVERIES.insert().values((message_id, target_id, 0, "")))
    outbox.commit()
    return [
        f"An address that {message_id} was to go to is not in the settings any more, and was "
        f"dropped (tried {count} times)."
        for count in gone.values()
    ]


def _unpack(outbox: sa.Connection, message: Kept, folder: Path) -> tuple[list[Path], list[str]]:
    """Write the attachments that are as they were put there, and say what is wrong with others."""
    files, remarks = [], []
    of = ATTACHMENTS.c.message_id == message.id
    held = {row.name: row.content for row in outbox.execute(sa.select(ATTACHMENTS).where(of))}
    for item in message.content["attachments"]:
        content = held.get(item["name"])
        if isinstance(content, bytes) and hashlib.sha256(content).hexdigest() == item["sha256"]:
            files.append(folder / item["name"])
            files[-1].write_bytes(content)
        else:
            remarks.append(f"{item['name']} of {message.id} was altered, and is not sent.")
    return files, remarks


def _read(outbox: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[Kept]:
    rows = outbox.execute(sa.select(MESSAGES).where(wanted)).all()
    found = [message for row in rows if (message := _kept(row))]
    # from the oldest on, and an alarm before what was composed with it
    return sorted(found, key=lambda one: (one.created_at, one.content["kind"] != "alarm", one.id))


def _kept(row: sa.Row[Any]) -> Kept | None:
    """Make a message of a row, or None where the row is not one that `put` wrote."""
    try:
        content = json.loads(row.content)
        names = [item["name"] for item in content["attachments"]]
        is_one = row.id == _id(row.content) and isinstance(row.run_id, str)
        is_one = is_one and all(FILE_NAME.fullmatch(name) for name in names)
        is_one = is_one and row.created_at == utc_text(datetime.fromisoformat(row.created_at))
    except (InputError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return Kept(row.id, row.run_id, row.created_at, content) if is_one else None


def _id(content: str) -> str:
    return f"M{hashlib.sha256(content.encode()).hexdigest()[:12]}"
