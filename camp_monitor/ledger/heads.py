"""Heads of the ledger, kept outside of it: they show whether rows were cut off or written anew.

A ledger that was cut, or of which every hash was made anew, is whole by itself; only what was kept
elsewhere tells.  A line of a heads file says where all chains ended at one time:

    HEAD_SHA256 2016-09-20T12:00:00+00:00 observations=4:SHA256 findings=6:SHA256 ...

The head is the SHA-256 of lines ``table rows sha256``, one for each table, each with its newline,
so ``camp-monitor ledger head`` can be followed with ``sha256sum``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from camp_monitor.errors import LedgerError
from camp_monitor.ledger.chain import Head

MOST_BYTES = 256 * 2**20
"""A larger heads file is no heads file: a line for each of half a million runs."""
_MOST_LINES_BYTES = 4096
_LINE = re.compile(r"([a-z]+) (\d{1,15}) ([0-9a-f]{64})")
_PART = re.compile(r"([a-z]+)=(\d{1,15}):([0-9a-f]{64})")


@dataclass(frozen=True)
class KeptHead:
    """Where all chains of a ledger ended when something had been recorded.

    Parameters
    ----------
    at : str
        Time of that record, ISO 8601, UTC.
    heads : tuple of Head
        Of each table.
    """

    at: str
    heads: tuple[Head, ...]

    @property
    def sha256(self) -> str:
        """The head of the ledger, see `head_sha256`."""
        return head_sha256(self.heads)

    def __str__(self) -> str:
        """Return the line of the heads file, without its newline."""
        parts = (f"{head.table}={head.rows}:{head.row_sha256}" for head in self.heads)
        return " ".join((self.sha256, self.at, *parts))


def head_lines(heads: Iterable[Head]) -> str:
    """Return what the head is the SHA-256 of: ``table rows sha256``, a line for each table."""
    return "".join(f"{head.table} {head.rows} {head.row_sha256}\n" for head in heads)


def head_sha256(heads: Iterable[Head]) -> str:
    """Return one hash for the ends of all chains, in hexadecimal."""
    return hashlib.sha256(head_lines(heads).encode()).hexdigest()


def read_heads(path: Path) -> tuple[KeptHead, ...]:
    """Return the heads that are kept in a file, from first to last; none where there is no file.

    Raises
    ------
    LedgerError
        It cannot be read, or a line was altered.
    """
    try:
        if not path.exists():
            return ()
        if path.stat().st_size > MOST_BYTES:
            raise LedgerError(f"{path} is too large for a file of heads: name another.")
        lines = path.read_bytes().decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise LedgerError(f"{path} is not a file of heads: restore it from a copy.") from None
    except OSError as error:
        raise LedgerError(f"{path} cannot be read ({error.strerror}).") from error
    return tuple(_kept(path, number, line) for number, line in enumerate(lines, 1))


def read_any_heads(path: Path) -> tuple[Head, ...]:
    """Return heads from a file of either form: kept lines, or what `head_lines` gives.

    Raises
    ------
    LedgerError
        It holds neither.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_MOST_LINES_BYTES)
    except OSError as error:
        raise LedgerError(f"{path} cannot be read ({error.strerror}).") from error
    found = [_LINE.fullmatch(line) for line in start.decode("ascii", "replace").splitlines()]
    if found and all(found):
        return tuple(Head(one[1], int(one[2]), one[3]) for one in found if one)
    kept = read_heads(path)
    if not kept:
        raise LedgerError(f"{path} holds no heads: name another.")
    return tuple({head: None for one in kept for head in one.heads})


def keep_head(path: Path, kept: KeptHead) -> None:
    """Add a head to the end of a file, where it is not the last one there already.

    Raises
    ------
    LedgerError
        The file cannot be written.
    """
    try:
        if path.exists() and path.read_bytes().endswith(_after_time(kept)):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(f"{kept}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LedgerError(
            f"What was recorded is in the ledger, but its head could not be kept in {path} "
            f"({error.strerror}): make it writable."
        ) from error


def _after_time(kept: KeptHead) -> bytes:
    return str(kept).partition(kept.at)[2].encode() + b"\n"


def _kept(path: Path, number: int, line: str) -> KeptHead:
    """Read one line; refuse one that is not what its own hash says."""
    sha256, at, *parts = line.split(" ") if line.count(" ") > 1 else (line, "")
    found = [_PART.fullmatch(part) for part in parts]
    heads: Sequence[Head] = [Head(one[1], int(one[2]), one[3]) for one in found if one]
    kept = KeptHead(at, tuple(heads))
    if not heads or None in found or kept.sha256 != sha256:
        raise LedgerError(
            f"Line {number} of {path} is no head, or was altered: restore the file from a copy."
        )
    return kept
