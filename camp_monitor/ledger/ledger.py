"""The ledger: every observation, finding and review, in one database that only grows.

A scan is recorded whole or not at all.  What is in the ledger is never changed or deleted: a later
answer to the same question makes the earlier one *superseded*, and both stay; a later review of a
finding counts instead of an earlier one, and both stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from camp_monitor.errors import NoSuchRecordError
from camp_monitor.ledger.chain import (
    ANSWERS,
    FINDINGS,
    OBSERVATIONS,
    REVIEWS,
    RUNS,
    Head,
    tables_of,
)
from camp_monitor.ledger.clock import (
    check_after_scenes,
    check_clock,
    check_review,
    time_of_recording,
)
from camp_monitor.ledger.entries import (
    Added,
    Answer,
    answer_entry,
    finding_entry,
    observation_entry,
    question_of,
    read_finding,
    read_review,
    read_run,
    review_entry,
    run_entry,
)
from camp_monitor.ledger.heads import KeptHead, head_sha256, keep_head, read_heads
from camp_monitor.ledger.lookup import (
    Looked,
    hash_of_contents,
    latest_answers,
    look_up_answer,
    look_up_finding,
    look_up_findings,
    no_such_finding,
    read_looks,
    read_observations,
    read_questions,
    read_same_questions,
)
from camp_monitor.ledger.store import (
    Place,
    append,
    held,
    last,
    read,
    transaction,
    upgrade,
    version_of,
)
from camp_monitor.ledger.verification import check_belonging, check_plain, ledger_faults
from camp_monitor.records.finding import Finding, in_order
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, in_order_of_review
from camp_monitor.records.run import RunRecord
from camp_monitor.records.scene_reference import SceneReference


class Ledger:
    """An open ledger; made by `open_ledger`, and closed by ``with`` or `close`.

    Every method raises LedgerError, with one sentence, when the file is damaged, is locked by
    another program for too long, or cannot be read or written.  `heads` is the file in which the
    head is kept after something was recorded.
    """

    def __init__(self, place: Place, engine: sa.Engine, heads: Path | None = None) -> None:
        self.place = place
        self._engine = engine
        self._heads = heads
        self._recorded_at = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file or the connection; keep the head where something was recorded.

        Raises
        ------
        LedgerError
            The head cannot be kept.
        """
        try:
            if self._heads is not None and self._recorded_at:
                keep_head(self._heads, KeptHead(self._recorded_at, self.head()))
        finally:
            self._engine.dispose()

    def view(self) -> AbstractContextManager[sa.Connection]:
        """Open one consistent view of the tables, to read them."""
        return self._transaction()

    @contextmanager
    def change(self, at: str) -> Iterator[sa.Connection]:
        """Open one change, dated `at`, that happens whole or not at all; keep the head after it."""
        with self._transaction(writing=True) as connection:
            upgrade(connection, at)
            yield connection
        self._recorded_at = at

    def record(
        self,
        observations: Sequence[Observation],
        findings: Sequence[Finding],
        *,
        recorded_at: datetime,
        clock_is_right: bool = False,
    ) -> Added:
        """Record one scan: all of it, or nothing.

        A record that it holds already is not added again.  Each observation becomes the latest
        answer to its question: recording an old one again, alone, makes it count again.

        Parameters
        ----------
        observations, findings
            Every finding must be named by one of the observations, and every finding that an
            observation names must be given here or be in the ledger already.
        recorded_at : datetime
            Now, with a time zone.
        clock_is_right : bool
            Whether that holds though the last record is dated later.

        Raises
        ------
        InputError
            The time lies before the last record, or before a scene was taken.
        LedgerError
            Observations and findings do not fit together, or the file cannot be written.
        """
        at = time_of_recording(recorded_at)
        given = {finding.id: finding for finding in findings}
        named = {key for item in observations for key in item.named_ids}
        with self.change(at) as connection:
            if not clock_is_right:
                check_clock(connection, (ANSWERS, RUNS), at)
            check_after_scenes("A scan", at, observations)
            present = held(connection, FINDINGS, named | given.keys(), read_finding)
            check_belonging(observations, given, present)
            known = read_same_questions(connection, observations)
            latest = latest_answers(connection, known)
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
        below, renewed = sum(item.candidate for item in new_findings), len(set(answers) - new_ids)
        return Added(len(new_observations), len(new_findings) - below, renewed, below)

    def review(
        self, review: Review, *, recorded_at: datetime, clock_is_right: bool = False
    ) -> bool:
        """Record a review; the finding and its earlier reviews stay as they are.

        Reviews are told apart and put in order by their own time: two of a finding differ in it.

        Parameters
        ----------
        review : Review
            Of a finding that the ledger holds, superseded or not.
        recorded_at : datetime
            Now, with a time zone; not before the time of the review.
        clock_is_right : bool
            As for `record`.

        Returns
        -------
        bool
            False if the ledger held this very review already.

        Raises
        ------
        NoSuchRecordError
            There is no such finding.
        InputError
            See `camp_monitor.ledger.clock`.
        """
        at = time_of_recording(recorded_at)
        with self.change(at) as connection:
            found = held(connection, FINDINGS, [review.finding_id], read_finding)
            if not found:
                ids = connection.scalars(sa.select(FINDINGS.c.id)).all()
                raise NoSuchRecordError(no_such_finding(review.finding_id, (), ids))
            wanted = [REVIEWS.c.finding_id == review.finding_id]
            others = read(connection, REVIEWS, wanted, read_review)
            if review in others:
                return False
            check_review(review, found[review.finding_id], others, at)
            if not clock_is_right:
                check_clock(connection, (ANSWERS, REVIEWS, RUNS), at)
            append(connection, REVIEWS, [review_entry(review)], at)
        return True

    def reviews(self, finding_id: str | None = None) -> tuple[Review, ...]:
        """Return every review, of one finding or of all, by finding and from first to latest.

        `camp_monitor.records.review.latest_reviews` tells which of them count.
        """
        wanted = [] if finding_id is None else [REVIEWS.c.finding_id == finding_id]
        with self._transaction() as connection:
            if REVIEWS not in _tables(connection):
                return ()
            return tuple(in_order_of_review(read(connection, REVIEWS, wanted, read_review)))

    def write_run(self, record: RunRecord) -> None:
        """Add a record to the run log; one that it holds already is not added again."""
        with self.change(record.at) as connection:
            if not held(connection, RUNS, [record.id], read_run):
                append(connection, RUNS, [run_entry(record)], record.at)

    def runs(
        self, facility_id: str | None = None, *, what: str | None = None
    ) -> tuple[RunRecord, ...]:
        """Return the run log, in the order in which it was written.

        Parameters
        ----------
        facility_id, what : str or None
            Only records of this facility, that say this.
        """
        asked = ((RUNS.c.facility_id, facility_id), (RUNS.c.what, what))
        wanted = [column == value for column, value in asked if value is not None]
        with self._transaction() as connection:
            if RUNS not in _tables(connection):
                return ()
            return tuple(read(connection, RUNS, wanted, read_run))

    def observations(
        self, facility_id: str | None = None, *, superseded: bool = False
    ) -> tuple[Observation, ...]:
        """Return the observations that count, in order of facility and time.

        With `superseded`, return those too that a later answer to the same question replaced.
        """
        with self._transaction() as connection:
            every = read_observations(connection, facility_id and {facility_id})
            latest = set(latest_answers(connection, every).values())
        return tuple(in_order(item for item in every if superseded or item.id in latest))

    def looks(self, facility_id: str | None = None) -> tuple[Looked, ...]:
        """Return which scene was looked at when, for what, and how that ended: no geometry.

        Superseded ones are left out, and pairs of one pass.  Quicker than `observations`.
        """
        with self._transaction() as connection:
            return tuple(one for one in read_looks(connection, facility_id) if not one.of_one_pass)

    def questions(self, facility_id: str) -> dict[str, bool]:
        """Return what was asked of a facility already, by `question_sha256`.

        The value tells whether the answer counts, or a later one superseded it.
        """
        with self._transaction() as connection:
            return read_questions(connection, facility_id)

    def findings(
        self,
        facility_id: str | None = None,
        *,
        kind: str | None = None,
        at_least: str | None = None,
        superseded: bool = False,
        candidates: bool = False,
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
        candidates : bool
            Those too that lie below the working point of their scan.

        Raises
        ------
        InputError
            There is no such kind or confidence.
        """
        with self._transaction() as connection:
            found = look_up_findings(connection, facility_id, kind, at_least, superseded)
        return tuple(item for item in found if candidates or not item.candidate)

    def finding(self, id_or_prefix: str) -> Finding:
        """Return the finding of this id, or the only one whose id begins like this.

        Raises
        ------
        NoSuchRecordError
            There is none, or more than one.
        """
        with self._transaction() as connection:
            return look_up_finding(connection, id_or_prefix)

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
        asked = (outline_version, before, after, settings_sha256)
        with self._transaction() as connection:
            return look_up_answer(connection, facility_id, method, asked)

    def head(self) -> tuple[Head, ...]:
        """Return where the chain of each table ends; keep it elsewhere, for `verify`."""
        with self._transaction() as connection:
            return tuple(last(connection, table) for table in _tables(connection))

    def head_sha256(self) -> str:
        """Return one hash for the ends of all chains, see `camp_monitor.ledger.heads`."""
        return head_sha256(self.head())

    def contents_sha256(self) -> str:
        """Hash all observations, findings, reviews and claims, in whatever order recorded.

        Two ledgers with the same contents are the same ledger, though their chains may run in
        another order and their run logs differ.  SHA-256 of the sorted SHA-256 of the contents.
        """
        with self._transaction() as connection:
            return hash_of_contents(connection, _tables(connection))

    def verify(self, heads: Iterable[Head] = ()) -> tuple[str, ...]:
        """Check everything against everything; return the faults, one sentence each.

        What the file alone cannot show: that the newest rows of all tables were cut off together,
        or that someone made a whole new chain.  Heads that were kept elsewhere show both: those of
        the workspace's own file, and `heads`.  The times of recording are outside of the chain.
        """
        return ledger_faults(self._transaction, (*self._kept(), *heads))

    def check(self) -> None:
        """Refuse a ledger whose schema, chains or kept heads show that it was altered.

        Quick, since no record is read; `verify` checks all.

        Raises
        ------
        LedgerError
            With the first fault, and how many there are.
        """
        check_plain(self._transaction, self.place, self._kept())

    def _kept(self) -> tuple[Head, ...]:
        kept = read_heads(self._heads) if self._heads else ()
        return tuple({head: None for one in kept for head in one.heads})

    def _transaction(self, *, writing: bool = False) -> AbstractContextManager[sa.Connection]:
        return transaction(self._engine, self.place, writing=writing)


def _tables(connection: sa.Connection) -> tuple[sa.Table, ...]:
    """Return the chained tables that the file has now."""
    return tables_of(version_of(connection))
