"""The ledger's chains in a bundle: every hash, and the contents of the rows that it shows.

A line of ``ledger/TABLE.txt`` is ``seq row_sha256 id``.  The content of a row is the file of that
id under ``records/``, or the rest of its line; a row without either is of another facility, and its
hash is taken on trust.  So a chain can be followed as far as contents follow without a gap.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from camp_monitor.ledger.chain import (
    ANSWERS,
    CLAIMS,
    FINDINGS,
    OBSERVATIONS,
    RECORDINGS,
    REVIEWS,
    RUNS,
    START_SHA256,
    Head,
    row_hash,
)
from camp_monitor.ledger.excerpt import Row

EVIDENCE = (OBSERVATIONS.name, FINDINGS.name, ANSWERS.name, REVIEWS.name)
"""Tables that must be followed to a head; the others are about the clock, the machine, and cases of
others."""
TABLES = (*EVIDENCE, RUNS.name, CLAIMS.name, RECORDINGS.name)
_LINE = re.compile(r"([1-9]\d{0,14}) ([0-9a-f]{64}) ([A-Z][0-9a-f]{12})(?: (.+))?")


@dataclass(frozen=True)
class Link:
    """A row of a chain as a bundle has it; `content` is None where only its hash is there."""

    seq: int
    row_sha256: str
    id: str
    content: str | None


@dataclass(frozen=True)
class Chain:
    """A table's chain as a bundle has it.

    Parameters
    ----------
    table : str
    links : tuple of Link
        In the order of the file.
    faults : tuple of str
        Sentences; none where it is whole by itself.
    """

    table: str
    links: tuple[Link, ...]
    faults: tuple[str, ...] = ()

    @property
    def end(self) -> Head:
        """Where it ends."""
        last = self.links[-1] if self.links else None
        return Head(self.table, len(self.links), last.row_sha256 if last else START_SHA256)

    def runs_through(self, head: Head) -> bool:
        """Tell whether it has the hash of a head at its row."""
        if head.rows == 0:
            return True
        return head.rows <= len(self.links) and (
            self.links[head.rows - 1].row_sha256 == head.row_sha256
        )

    def gaps(self, rows: int) -> list[str]:
        """Return what of its first rows is on trust, from the first that it shows: ``5-9``."""
        links = self.links[:rows]
        first = next((at for at, link in enumerate(links) if link.content is not None), len(links))
        bare = [link.seq for link in links[first:] if link.content is None]
        runs = groupby(enumerate(bare), key=lambda pair: pair[1] - pair[0])
        spans = [[seq for _, seq in run] for _, run in runs]
        return [f"{span[0]}-{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans]


def chain_text(rows: Sequence[Row], inline: frozenset[str]) -> str:
    """Write a chain; the contents of rows of the ids `inline` are in their lines."""
    return "".join(
        f"{row.seq} {row.row_sha256} {row.id}{f' {row.content}' if row.id in inline else ''}\n"
        for row in rows
    )


def read_chain(table: str, text: str, records: Mapping[str, str]) -> Chain:
    """Read a chain and check all of it that can be checked.

    Parameters
    ----------
    table : str
    text : str
        See `chain_text`.
    records : mapping of str to str
        Contents that are files of their own, by id.
    """
    lines = text.split("\n")
    faults = [] if lines.pop() == "" else ["it does not end with a whole line"]
    links: list[Link] = []
    previous_sha256 = START_SHA256
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            return Chain(table, tuple(links), (*faults, f"line {number} is no row of a chain"))
        content = records.get(match[3], match[4])
        link = Link(int(match[1]), match[2], match[3], content)
        links.append(link)
        faults += _faults(link, number, previous_sha256)
        previous_sha256 = link.row_sha256
    return Chain(table, tuple(links), tuple(faults))


def _faults(link: Link, number: int, previous_sha256: str) -> list[str]:
    faults = []
    if link.seq != number:
        faults.append(f"row {number} is numbered {link.seq}: rows were removed or added")
    if link.content is None:
        return faults
    if link.id[1:] != hashlib.sha256(link.content.encode()).hexdigest()[:12]:
        faults.append(f"row {number} has a content that is not of its id")
    if link.row_sha256 != row_hash(previous_sha256, link.content):
        faults.append(f"row {number} has a hash that does not follow from the row before it")
    return faults
