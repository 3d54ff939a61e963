"""When rows were recorded, in a chain of its own, so that no time can be changed unseen.

Chains cover contents and not the clock, so that the same records make the same chains on any day.
Each time that rows are added to a chain, one row of ``recordings`` says which they are and holds a
hash of their times.  Records of runs state their own time, and need none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from camp_monitor.records.content import content_hash


@dataclass(frozen=True)
class Recording:
    """Which rows of a chain were recorded together.

    Parameters
    ----------
    at : str
        When, ISO 8601, UTC.
    chain : str
        Name of their table.
    first, last : int
        Their numbers.  The first recording after a ledger went on from schema 4 or earlier stands
        for all rows that were there by then.
    times_sha256 : str
        Hash of their times, see `hash_of_times`.
    """

    at: str
    chain: str
    first: int
    last: int
    times_sha256: str

    @property
    def content(self) -> dict[str, Any]:
        """The content as plain JSON values."""
        return asdict(self)

    @property
    def id(self) -> str:
        """Short id, ``T`` and twelve hexadecimal digits of the content's hash."""
        return f"T{content_hash(self.content)[:12]}"


def hash_of_times(times: Iterable[object]) -> str:
    """SHA-256, in hexadecimal, of times of recording, each with a newline after it."""
    digest = hashlib.sha256()
    for at in times:
        digest.update(f"{at}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def time_faults(
    recordings: Sequence[Recording], times: Mapping[str, Sequence[object]]
) -> list[str]:
    """Say which times of recording are not those that were recorded, in sentences.

    Parameters
    ----------
    recordings : sequence of Recording
        In their order.
    times : mapping of str to sequence
        By the name of a table that `recordings` covers, the times of its rows as they stand now, in
        the order of the chain.
    """
    faults = []
    covered = dict.fromkeys(times, 0)
    for one in recordings:
        if one.first != covered.get(one.chain, 0) + 1 or one.last < one.first:
            faults.append(f"Recording {one.id} does not go on from the one before it.")
            continue
        covered[one.chain] = one.last
        stated = times.get(one.chain, ())[one.first - 1 : one.last]
        if len(stated) <= one.last - one.first:
            faults.append(
                f"Rows {one.first} to {one.last} of {one.chain} were recorded at {one.at}, and it "
                f"has {len(times.get(one.chain, ()))} rows: rows were cut off."
            )
        elif hash_of_times(stated) != one.times_sha256:
            faults.append(_changed(one, stated))
    faults += [
        f"Of {len(times[name]) - last} rows of {name}, from row {last + 1}, no time was recorded."
        for name, last in covered.items()
        if last < len(times[name])
    ]
    return faults


def _changed(recording: Recording, stated: Sequence[object]) -> str:
    """Name the rows whose time was changed: one by one where all had the same."""
    first, last, rows = recording.first, recording.last, ""
    if hash_of_times([recording.at] * (last - first + 1)) == recording.times_sha256:
        others = [str(row) for row, at in enumerate(stated, first) if at != recording.at]
        rows = ", ".join(others[:8])
    return (
        f"The time of recording of row {rows or f'{first} to {last}'} of {recording.chain} is not "
        f"the one that was recorded."
    )
