"""Time stamps on heads of the ledger: what was recorded by then existed by then.

They lie in a folder for each head, beside ``head.txt``: the lines that were signed, of which the
head is the SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from camp_monitor.bundle.stamps import (
    CERTIFICATES,
    TOKEN,
    Stamp,
    Stated,
    ask_stamps,
    read_stamp,
    write_stamp,
)
from camp_monitor.errors import LedgerError, StampError
from camp_monitor.ledger.chain import Head
from camp_monitor.ledger.heads import head_lines, head_sha256, read_any_heads
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.workspace import Workspace

HEAD = "head.txt"
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class StampedHead:
    """A head and the stamps on it.

    Parameters
    ----------
    folder : Path
    heads : tuple of Head
        Where each chain ended; empty where that cannot be read.
    stamps : tuple of Stated
        That hold, under the certificates beside them.
    faults : tuple of (Path, str)
        A file, and a clause that says what is wrong with it.
    """

    folder: Path
    heads: tuple[Head, ...]
    stamps: tuple[Stated, ...]
    faults: tuple[tuple[Path, str], ...] = ()

    @property
    def sentences(self) -> list[str]:
        """What each stamp says."""
        return [
            f"The head {head_sha256(self.heads)} of the ledger existed at "
            f"{one.at:%Y-%m-%dT%H:%M:%SZ}, as {one.authority} signed."
            for one in self.stamps
        ]


def stamps_of(workspace: Workspace) -> Path:
    """Return where the stamps on heads of a workspace are."""
    return workspace.root / "ledger-stamps"


def stamp_head(workspace: Workspace) -> tuple[Sequence[tuple[Stamp, Stated]], Sequence[str]]:
    """Have the head of the ledger stamped; return stamps and failures as `ask_stamps`.

    Raises
    ------
    LedgerError
        The ledger was altered.
    StampError
        A stamp cannot be kept.
    """
    with open_ledger_of(workspace, reading=True) as ledger:
        ledger.check()
        lines = head_lines(ledger.head()).encode()
    given, failures = ask_stamps(workspace, lines)
    folder = stamps_of(workspace) / hashlib.sha256(lines).hexdigest()[:16]
    for stamp, _ in given:
        write_stamp(folder, stamp)
        try:
            (folder / HEAD).write_bytes(lines)
        except OSError as error:
            raise StampError(f"{folder} cannot be written ({error.strerror}).") from error
    return given, failures


def read_stamped_heads(folder: Path) -> tuple[StampedHead, ...]:
    """Read and check the stamps on heads below a folder; none where there is none."""
    return tuple(_read(path.parent) for path in sorted(folder.glob(f"*/{HEAD}")))


def _read(folder: Path) -> StampedHead:
    path = folder / HEAD
    try:
        heads = read_any_heads(path)
    except LedgerError:
        return StampedHead(folder, (), (), ((path, "it holds no head"),))
    stamps, faults = [], []
    for token in sorted(folder.glob(f"*{TOKEN}")):
        certificates = token.with_suffix(CERTIFICATES)
        try:
            stated = read_stamp(Stamp(_short(token), _short(certificates)))
        except (StampError, OSError) as error:
            faults.append((token, str(error).rstrip(".")))
            continue
        if stated.sha256 == hashlib.sha256(_short(path)).hexdigest():
            stamps.append(stated)
        else:
            faults.append((token, "it is of something else"))
    return StampedHead(folder, heads, tuple(stamps), tuple(faults))


def _short(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)
