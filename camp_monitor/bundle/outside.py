"""What came by another way than the bundle, and whether it fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from camp_monitor.bundle.bag import STAMPS
from camp_monitor.bundle.chains import EVIDENCE, Chain
from camp_monitor.bundle.contents import Index, kept_heads, read_chains
from camp_monitor.bundle.stamps import Stamp, Stated, read_stamp
from camp_monitor.bundle.states import Checked, State
from camp_monitor.errors import InputError, LedgerError, StampError
from camp_monitor.ledger.chain import FINDINGS, Head
from camp_monitor.ledger.heads import KeptHead

LEAST_DIGITS = 8


@dataclass(frozen=True)
class Outside:
    """What somebody holds besides the bundle.

    Parameters
    ----------
    head : str
        A head of the ledger that a map, figure, report or message shows, or its first digits.
    sha256 : str
        Of the bundle, as it was printed when it was made, or its first digits.
    certificates : bytes
        Of authorities, as PEM: a stamp must hold under them.
    """

    head: str = ""
    sha256: str = ""
    certificates: bytes = b""

    @property
    def is_given(self) -> bool:
        """Whether there is anything."""
        return bool(self.head or self.sha256 or self.certificates)

    def __post_init__(self) -> None:
        for word in (self.head, self.sha256):
            if word and not re.fullmatch(rf"[0-9a-f]{{{LEAST_DIGITS},64}}", word):
                raise InputError(
                    f"{word!a:.80} is no hash: give at least {LEAST_DIGITS} of its digits, 0-9 and "
                    f"a-f."
                )


def outside_faults(
    folder: Path,
    index: Index | None,
    sha256: str,
    stamps: Sequence[tuple[Stamp, Stated]],
    outside: Outside,
) -> list[Checked]:
    """Hold a bundle against what came by another way.

    Parameters
    ----------
    folder : Path
    index : Index or None
    sha256 : str
        Of the bundle.
    stamps : sequence of (Stamp, Stated)
        That hold under the certificates of the bundle.
    outside : Outside
    """
    faults = []
    if outside.sha256 and not sha256.startswith(outside.sha256):
        why = f"the bundle has the hash {sha256}: it is another, or was written anew"
        faults.append(Checked("--hash", State.ALTERED, why))
    if outside.head:
        faults += _head_fault(folder, index, outside.head)
    if outside.certificates and not any(_holds(one, outside.certificates) for one, _ in stamps):
        state = State.UNVERIFIABLE if stamps else State.MISSING
        why = "no stamp holds under the certificates given"
        faults.append(Checked(STAMPS, state, why))
    return faults


def _holds(stamp: Stamp, certificates: bytes) -> bool:
    try:
        read_stamp(replace(stamp, certificates=certificates))
    except StampError:
        return False
    return True


def _head_fault(folder: Path, index: Index | None, head: str) -> list[Checked]:
    """Say why the records do not follow from a head."""
    if index is None:
        return [Checked("--head", State.UNVERIFIABLE, "the chains cannot be read")]
    chains = read_chains(folder, index)
    try:
        kept = list(kept_heads(folder))
    except LedgerError:
        kept = []
    kept.append(KeptHead("", tuple(chain.end for chain in chains.values())))
    meant = next((one for one in reversed(kept) if one.sha256.startswith(head)), None)
    if meant is None:
        why = "the ledger of this bundle never had it: rows were written anew, or it is of another"
        return [Checked("--head", State.ALTERED, why)]
    chains = {table: chain for table, chain in chains.items() if table in EVIDENCE}
    ends = {one.table: one for one in meant.heads}
    said = [_trusted(chain, ends.get(table)) for table, chain in chains.items()]
    whys = [why for _, why in said if why]
    worst = next((state for state, _ in said if state != State.OK), State.OK)
    return [Checked("--head", worst, "; ".join(whys))]


def _trusted(chain: Chain, head: Head | None) -> tuple[State, str]:
    """Say whether the rows that a chain shows follow from a head; None: it had no such table."""
    rows = head.rows if head is not None else 0
    if head is not None and not chain.runs_through(head):
        return State.ALTERED, f"the chain of {chain.table} does not run through it"
    gaps = chain.gaps(rows)
    if gaps:
        return State.UNVERIFIABLE, (
            f"of rows {', '.join(gaps)} of {chain.table} the bundle has only the hashes, so that "
            f"its rows before them cannot be followed to it"
        )
    told = [link.seq for link in chain.links if link.content is not None]
    later = [seq for seq in told if seq > rows]
    if chain.table == FINDINGS.name and told and later == told:
        return State.UNVERIFIABLE, "all findings were recorded later"
    return (
        State.OK,
        f"rows of {chain.table} from {later[0]} on were recorded later" if later else "",
    )
