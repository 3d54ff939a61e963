"""The outbox: messages wait in a folder until every target has them.

A message is a folder of its own, named by the hash of its content: ``message.json`` and the files
that go with it.  It is written whole or not at all, and the file says of each target whether it
has the message; an address itself is never written.  What every target has moves to ``sent/``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camp_monitor.errors import InputError, WorkspaceError
from camp_monitor.records.content import content_hash
from camp_monitor.watch.addresses import UNREACHABLE, Target, send

KINDS = ("digest", "heartbeat", "alarm", "test")
MESSAGE = "message.json"
FILE_NAME = re.compile(r"[\w-]+\.(png|html)", re.ASCII)
"""No folder and no other kind of file can be named."""
SENT = "sent"
MOST_SENT = 50
"""Messages that are kept after every target had them."""
WAIT_S = 600.0
"""How long to wait for another process that is sending, seconds."""


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
        One of `KINDS`.
    title : str
        One line.
    body : str
        Plain text.
    attachments : tuple of Attachment
    told : tuple of (str, str)
        What the ledger's diary is to say was told: as in `RunRecord`.
    """

    kind: str
    title: str
    body: str
    attachments: tuple[Attachment, ...] = ()
    told: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """Short id, ``M`` and twelve hexadecimal digits of the content's hash."""
        return f"M{content_hash(self.to_dict())[:12]}"

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


@contextmanager
def alone(outbox: Path) -> Iterator[None]:
    """Wait until no other process composes or sends, and keep others waiting.

    Raises
    ------
    WorkspaceError
        The folder cannot be written, or another process has been sending for too long.
    """
    from filelock import FileLock, Timeout

    try:
        outbox.mkdir(parents=True, exist_ok=True)
        lock = FileLock(outbox / ".lock", timeout=WAIT_S)
        lock.acquire()
        for half in outbox.glob(".M*"):  # of a process that was killed while it wrote
            shutil.rmtree(half, ignore_errors=True)
    except Timeout:
        raise WorkspaceError(
            f"Another process has been sending from {outbox} for {WAIT_S / 60:.0f} minutes: see "
            f"what holds it up, and try again."
        ) from None
    except OSError as error:
        raise _unwritable(outbox, error) from error
    try:
        yield
    finally:
        lock.release()


def put(outbox: Path, message: Message, *, run_id: str, created_at: datetime) -> bool:
    """Put a message in the outbox, whole or not at all; False if it is or was there already.

    Raises
    ------
    WorkspaceError
        The folder cannot be written.
    """
    if any((folder / message.id).exists() for folder in (outbox, outbox / SENT)):
        return False
    building = outbox / f".{message.id}.{os.getpid()}"
    content = message.to_dict() | {
        "id": message.id,
        "run_id": run_id,
        "created_at": _utc_text(created_at),
        "targets": [],
    }
    try:
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        for item in message.attachments:
            _write(building / item.name, item.content)
        _write(building / MESSAGE, _json_bytes(content))
        building.rename(outbox / message.id)
        _settle(outbox)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise _unwritable(outbox, error) from error
    return True


def waiting(outbox: Path) -> list[dict[str, Any]]:
    """Return the contents of the messages that wait, oldest first; unreadable ones left out."""
    return _contents(outbox)


def kept(outbox: Path) -> list[dict[str, Any]]:
    """Return those that wait and those that were sent, oldest first."""
    return sorted([*_contents(outbox), *_contents(outbox / SENT)], key=_age)


def unreadable(outbox: Path) -> list[str]:
    """Name the folders of the outbox whose message cannot be read."""
    readable = {content["id"] for content in _contents(outbox)}
    return sorted(name for name in _folders(outbox) if name not in readable)


def deliver(outbox: Path, targets: Sequence[Target], now: datetime) -> list[Delivery]:
    """Try every message of the outbox at every target that has it not yet, oldest first.

    What is delivered is written down at once, message by message and target by target, so that
    no one gets a message twice because another could not be reached.  A target that cannot be
    reached is not tried again in the same call.

    Raises
    ------
    WorkspaceError
        The folder cannot be written.
    """
    done = []
    down: dict[str, str] = {}
    for content in _contents(outbox):
        try:
            done.append(_deliver_one(outbox, content, targets, now, down))
        except OSError as error:
            raise _unwritable(outbox, error) from error
    try:
        _drop_old(outbox / SENT)
    except OSError as error:
        raise _unwritable(outbox, error) from error
    return done


def _deliver_one(
    outbox: Path,
    content: dict[str, Any],
    targets: Sequence[Target],
    now: datetime,
    down: dict[str, str],
) -> Delivery:
    folder = outbox / content["id"]
    remarks = _address(content, targets)
    files, damaged = _files(folder, content)
    remarks += damaged
    known = {target.id: target for target in targets}
    delivered, left = [], []
    for entry in content["targets"]:
        if entry["delivered_at"]:
            continue
        target = known.get(entry["id"])
        if target is None:  # no address at all is set now
            continue
        if target.id not in down:
            entry["attempts"] += 1
        why = down.get(target.id) or send(target, content["title"], content["body"], files)
        entry["last_error"] = why
        if why in UNREACHABLE:
            down[target.id] = why
        if why:
            left.append(f"{target.name}: {why}")
        else:
            entry["delivered_at"] = _utc_text(now)
            delivered.append(target.name)
        _replace(folder / MESSAGE, _json_bytes(content))
    if not targets:
        left.append("no address is set")
    elif not left:
        _replace(folder / MESSAGE, _json_bytes(content))
        (outbox / SENT).mkdir(exist_ok=True)
        folder.rename(outbox / SENT / folder.name)
    return Delivery(
        content["id"], content["kind"], content["title"], tuple(delivered), tuple(left),
        tuple(remarks),
    )  # fmt: skip


def _address(content: dict[str, Any], targets: Sequence[Target]) -> list[str]:
    """Settle whom a message goes to: all, when it is first sent; later, who was added instead.

    A target that is gone from the settings is dropped.  Its place is taken by those that are new
    since: a corrected password makes another address of the same person.
    """
    entries = content["targets"]
    known = {target.id for target in targets}
    gone = [e for e in entries if not e["delivered_at"] and e["id"] not in known]
    if not targets or (entries and not gone):
        return []
    content["targets"] = [entry for entry in entries if entry not in gone]
    held = {entry["id"] for entry in content["targets"]}
    content["targets"] += [
        {"id": target.id, "delivered_at": "", "attempts": 0, "last_error": ""}
        for target in targets
        if target.id not in held
    ]
    return [
        f"An address that {content['id']} was to go to is not in the settings any more, and was "
        f"dropped (tried {entry['attempts']} times)."
        for entry in gone
    ]


def _files(folder: Path, content: dict[str, Any]) -> tuple[list[Path], list[str]]:
    """Return the message's own files as they were put there, and what is wrong with others."""
    files, remarks = [], []
    for item in content["attachments"]:
        path = folder / item["name"]
        try:
            same = not path.is_symlink() and path.stat().st_size < 1e8
            same = same and hashlib.sha256(path.read_bytes()).hexdigest() == item["sha256"]
        except OSError:
            same = False
        if same:
            files.append(path)
        else:
            remarks.append(f"{item['name']} of {content['id']} was altered, and is not sent.")
    return files, remarks


def _contents(folder: Path) -> list[dict[str, Any]]:
    found = [content for name in _folders(folder) if (content := _read(folder / name))]
    return sorted(found, key=_age)


def _folders(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if re.fullmatch(r"M[0-9a-f]{12}", path.name)]


def _read(folder: Path) -> dict[str, Any] | None:
    """Read a message, or None where the file is not one that `put` wrote."""
    try:
        content = json.loads((folder / MESSAGE).read_text(encoding="utf-8"))
        texts = [content[name] for name in ("id", "kind", "title", "body", "run_id", "created_at")]
        texts += [text for pair in content["told"] for text in (pair[0], pair[1])]
        names = [item["name"] for item in content["attachments"]]
        texts += [item["sha256"] for item in content["attachments"]]
        for entry in content["targets"]:
            texts += [entry["id"], entry["delivered_at"], entry["last_error"]]
            entry["attempts"] = int(entry["attempts"])
        datetime.fromisoformat(content["created_at"])
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
    plain = all(FILE_NAME.fullmatch(str(name)) for name in names)
    is_one = plain and all(isinstance(text, str) for text in texts)
    return content if is_one and content["id"] == folder.name else None


def _drop_old(sent: Path) -> None:
    for content in _contents(sent)[:-MOST_SENT]:
        shutil.rmtree(sent / content["id"])


def _age(content: dict[str, Any]) -> tuple[str, bool, str]:
    """Sort from the oldest on, and an alarm before what was composed with it."""
    return content["created_at"], content["kind"] != "alarm", content["id"]


def _json_bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, content: bytes) -> None:
    building = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write(building, content)
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Have the folder's own list of names on the disk, where a system can do that."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(outbox: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        f"The outbox {outbox} cannot be written ({error.strerror}): check the folder and the disk; "
        f"nothing is lost, and what waits is tried again."
    )


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
