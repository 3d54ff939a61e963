"""The ledger: every observation and finding, in one SQLite file that only grows.

A scan is recorded whole or not at all.  What is in the ledger is never changed or deleted: a later
answer to the same question makes the earlier one *superseded*, and both stay.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from camp_monitor.errors import InputError, LedgerError, NoSuchRecordError
from camp_monitor.findings.chain import ANSWERS, CHAINED, FINDINGS, OBSERVATIONS, Head
from camp_monitor.findings.entries import (
    Answer,
    answer_entry,
    finding_entry,
    observation_entry,
    question_of,
    read_finding,
    read_observation,
)
from camp_monitor.findings.finding import (
    CONFIDENCES,
    KINDS,
    Finding,
    Observation,
    SceneReference,
    in_order,
)
from camp_monitor.findings.store import append, held, last, make_engine, prepare, read, transaction
from camp_monitor.findings.verification import belonging_fault, ledger_faults


def open_ledger(path: Path, *, wait_s: float = 30.0) -> Ledger:
    """Open the ledger at `path`; make it, and its folder, where there is none.

    Parameters
    ----------
    path : Path
        The file, such as ``out/ledger.sqlite``.
    wait_s : float
        How long to wait for another process that is writing, seconds.

    Raises
    ------
    LedgerError
        The file is not a ledger (it is left as it is), has another schema version, or cannot be
        read or made.
    """
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"{path.parent} cannot be made a folder ({error.strerror}): use another workspace."
        ) from error
    engine = make_engine(path, wait_s)
    try:
        prepare(engine, path)
    except LedgerError:
        engine.dispose()
        raise
    return Ledger(path, engine)


@dataclass(frozen=True)
class Added:
    """What `Ledger.record` added.

    Parameters
    ----------
    observations, findings : int
        Records that the ledger did not hold yet.
    renewed : int
        Observations that it held, that a later answer had superseded, and that count again now.
    """

    observations: int
    findings: int
    renewed: int


class Ledger:
    """An open ledger; made by `open_ledger`, and closed by ``with`` or `close`.

    Every method raises LedgerError, with one sentence, when the file is damaged, is locked by
    another program for too long, or cannot be read or written.
    """

    def __init__(self, path: Path, engine: sa.Engine) -> None:
        self.path = path
        self._engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def record(
        self,
        observations: Sequence[Observation],
        findings: Sequence[Finding],
        *,
        recorded_at: datetime,
    ) -> Added:
        """Record one scan: all of it, or nothing.

        A record that the ledger holds already is not added again.  Each observation becomes the
        latest answer to its question, so recording an old observation again, alone, makes it count
        again.

        Parameters
        ----------
        observations, findings
            Every finding must be named by one of the observations, and every finding that an
            observation names must be given here or be in the ledger already.
        recorded_at : datetime
            Now, with a time zone.

        Raises
        ------
        LedgerError
            Observations and findings do not fit together, or the file cannot be written.
        """
        if recorded_at.utcoffset() is None:
            raise LedgerError(f"The time of recording {recorded_at} has no time zone: give it one.")
        at = recorded_at.astimezone(UTC).isoformat(timespec="seconds")
        given = {finding.id: finding for finding in findings}
        named = {finding_id for item in observations for finding_id in item.finding_ids}
        with self._transaction(writing=True) as connection:
            present = held(connection, FINDINGS, named | given.keys(), read_finding)
            _check_belonging(observations, given, present)
            known = _read_observations(connection, {item.facility_id for item in observations})
            latest = _latest(connection, known)
            answers = []
            for item in observations:
                if latest.get(question_of(item)) != item.id:
                    latest[question_of(item)] = item.id
                    answers.append(item.id)
            offered = {item.id: item for item in observations}
            new_ids = offered.keys() - {item.id for item in known}
            new_observations = [offered[key] for key in sorted(new_ids)]
            new_findings = [given[key] for key in sorted(given.keys() - present.keys())]
            append(connection, FINDINGS, map(finding_entry, new_findings), at)
            append(connection, OBSERVATIONS, map(observation_entry, new_observations), at)
            first = last(connection, ANSWERS).rows + 1
            numbered = [Answer(key, number) for number, key in enumerate(answers, first)]
            append(connection, ANSWERS, map(answer_entry, numbered), at)
        renewed = len(set(answers) - new_ids)
        return Added(len(new_observations), len(new_findings), renewed)

    def observations(
        self, facility_id: str | None = None, *, superseded: bool = False
    ) -> tuple[Observation, ...]:
        """Return the observations that count, in order of facility and time.

        With `superseded`, return those too that a later answer to the same question replaced.
        """
        with self._transaction() as connection:
            every = _read_observations(connection, _only(facility_id))
            latest = set(_latest(connection, every).values())
        return tuple(in_order(item for item in every if superseded or item.id in latest))

    def findings(
        self,
        facility_id: str | None = None,
        *,
        kind: str | None = None,
        at_least: str | None = None,
        superseded: bool = False,
    ) -> tuple[Finding, ...]:
        """Return the findings that count, in order of facility and time.

        Parameters
        ----------
        facility_id, kind : str or None
            Only those of this facility, of this kind.
        at_least : str or None
            Only those with this confidence or a higher one.
        superseded : bool
            Those too that no observation that counts names any more.

        Raises
        ------
        InputError
            There is no such kind or confidence.
        """
        if kind is not None and kind not in KINDS:
            raise InputError(f"{kind!r:.80} is not a kind of change: use {', '.join(KINDS)}.")
        if at_least is not None and at_least not in CONFIDENCES:
            raise InputError(f"{at_least!r:.80} is no confidence: use {', '.join(CONFIDENCES)}.")
        wanted: list[sa.ColumnElement[bool]] = []
        if facility_id is not None:
            wanted.append(FINDINGS.c.facility_id == facility_id)
        if kind is not None:
            wanted.append(FINDINGS.c.kind == kind)
        with self._transaction() as connection:
            ids = None if superseded else _current_ids(connection, facility_id)
            found = read(connection, FINDINGS, wanted, read_finding, ids)
        least = CONFIDENCES.index(at_least) if at_least else 0
        return tuple(
            in_order(item for item in found if CONFIDENCES.index(item.confidence) >= least)
        )

    def finding(self, id_or_prefix: str) -> Finding:
        """Return the finding of this id, or the only one whose id begins like this.

        Raises
        ------
        NoSuchRecordError
            There is none, or more than one.
        """
        text = id_or_prefix.strip().lower()
        start = f"F{text.removeprefix('f')}"
        with self._transaction() as connection:
            if re.fullmatch(r"F[0-9a-f]{12}", start):
                exact = read(connection, FINDINGS, [FINDINGS.c.id == start], read_finding)
                if exact:
                    return exact[0]
            ids = connection.scalars(sa.select(FINDINGS.c.id).order_by(FINDINGS.c.id)).all()
            starts = (start, f"F{text}")  # with or without its letter, which is a digit too
            matches = [item for item in ids if start != "F" and str(item).startswith(starts)]
            if len(matches) != 1:
                raise NoSuchRecordError(_no_such_finding(id_or_prefix, matches, ids))
            return read(connection, FINDINGS, [FINDINGS.c.id == matches[0]], read_finding)[0]

    def find_observation(
        self,
        facility_id: str,
        outline_version: int,
        method: str,
        before: SceneReference,
        after: SceneReference,
        settings_sha256: str,
    ) -> Observation | None:
        """Return the observation that answered exactly this question already, or None.

        Everything is compared: the same ids with other pixels (``sha256``), another licence or
        another credit make another question.  An observation that a later answer superseded is
        returned too; hand it to `record` again to make it count again.
        """
        wanted = [OBSERVATIONS.c.facility_id == facility_id, OBSERVATIONS.c.method == method]
        asked = (outline_version, before, after, settings_sha256)
        with self._transaction() as connection:
            answers = [
                item
                for item in read(connection, OBSERVATIONS, wanted, read_observation)
                if (item.outline_version, item.before, item.after, item.settings_sha256) == asked
            ]
            latest = set(_latest(connection, answers).values())
        return next((item for item in answers if item.id in latest), None)

    def head(self) -> tuple[Head, ...]:
        """Return where the chain of each table ends; keep it elsewhere, for `verify`."""
        with self._transaction() as connection:
            return tuple(last(connection, table) for table in CHAINED)

    def contents_sha256(self) -> str:
        """Hash all observations and findings, whatever the order they were recorded in.

        Two ledgers with the same contents are the same ledger and have the same hash, though
        their chains may run in another order.  SHA-256, in hexadecimal, of the sorted SHA-256 of
        the contents, one line each.
        """
        with self._transaction() as connection:
            contents = [
                content
                for table in (OBSERVATIONS, FINDINGS)
                for content in connection.scalars(sa.select(table.c.content))
            ]
        hashes = sorted(
            hashlib.sha256(str(content).encode(errors="surrogateescape")).hexdigest()
            for content in contents
        )
        return hashlib.sha256("".join(f"{item}\n" for item in hashes).encode()).hexdigest()

    def verify(self, heads: Iterable[Head] = ()) -> tuple[str, ...]:
        """Check everything against everything; return the faults, one sentence each.

        Reported are a changed content, hash or copied column, rows that were removed, added or
        swapped, records that do not fit together, missing guards and damage to the file.

        What the file alone cannot show: that the newest rows of all tables were cut off together,
        or that someone made a whole new chain.  `heads` that were kept elsewhere show both.  The
        times of recording are outside of the chain.
        """
        return ledger_faults(self._transaction, tuple(heads))

    def _transaction(self, *, writing: bool = False) -> AbstractContextManager[sa.Connection]:
        return transaction(self._engine, self.path, writing=writing)


def _only(facility_id: str | None) -> set[str] | None:
    return None if facility_id is None else {facility_id}


def _read_observations(
    connection: sa.Connection, facility_ids: Collection[str] | None
) -> list[Observation]:
    """Read the observations of some facilities, or of all."""
    wanted = [] if facility_ids is None else [OBSERVATIONS.c.facility_id.in_(sorted(facility_ids))]
    return read(connection, OBSERVATIONS, wanted, read_observation)


def _latest(
    connection: sa.Connection, observations: Iterable[Observation]
) -> dict[tuple[str, str, str, str], str]:
    """Return for each question the id of the one of `observations` that answered it last."""
    questions = {item.id: question_of(item) for item in observations}
    answers = connection.scalars(sa.select(ANSWERS.c.observation_id).order_by(ANSWERS.c.seq))
    return {questions[key]: key for key in answers if key in questions}


def _current_ids(connection: sa.Connection, facility_id: str | None) -> set[str]:
    """Return the ids of the findings that an observation that counts names."""
    every = _read_observations(connection, _only(facility_id))
    latest = set(_latest(connection, every).values())
    return {key for item in every if item.id in latest for key in item.finding_ids}


def _check_belonging(
    observations: Sequence[Observation],
    given: dict[str, Finding],
    present: dict[str, Finding],
) -> None:
    """Refuse findings and observations that do not name each other."""
    for key in given.keys() & present.keys():
        if given[key].sha256 != present[key].sha256:
            raise LedgerError(f"Two different findings have the id {key}: nothing was recorded.")
    named = set()
    for item in observations:
        for key in item.finding_ids:
            named.add(key)
            fault = belonging_fault(item, key, given.get(key, present.get(key)))
            if fault:
                raise LedgerError(f"Nothing was recorded: {fault}")
    unnamed = sorted(given.keys() - named)
    if unnamed:
        raise LedgerError(
            f"Nothing was recorded: finding {unnamed[0]} is named by no observation, so no one "
            f"could tell what was seen there."
        )


def _no_such_finding(asked: str, matches: Sequence[str], ids: Sequence[str]) -> str:
    """Say what there is instead of the finding that was asked for."""
    name = ascii(asked[:40])
    if len(matches) > 1:
        shown = ", ".join(matches[:5]) + (", ..." if len(matches) > 5 else "")
        return f"{len(matches)} findings begin with {name}: write more of one of {shown}."
    if not ids:
        return f"There is no finding {name}, because the ledger holds none yet: scan a facility."
    near = difflib.get_close_matches("F" + asked[:40].lower().lstrip("f"), ids, n=1, cutoff=0.7)
    hint = f"did you mean {near[0]}?" if near else "see 'camp-monitor findings list'."
    return f"There is no finding {name} in the ledger: {hint}"
