"""Lists of the ledger: filtered, sorted, counted and cut in the database, no record made again.

What stands in a list is read from the rows as they are; that they are whole is `Ledger.verify`'s to
check, and that of a single record whatever makes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from camp_monitor.ledger.chain import ANSWERS, FINDINGS, OBSERVATIONS, REVIEWS, tables_of
from camp_monitor.ledger.entries import read_observation
from camp_monitor.ledger.fields import field, items, number, plain_order, stem
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.listed import ListedFinding, ListedLook, Wanted, listed_look
from camp_monitor.ledger.store import DamagedRowError, version_of
from camp_monitor.records.kinds import CONFIDENCES, KINDS
from camp_monitor.records.observation import Observation

_CHUNK = 500
"""Observations of the facilities that one statement lists, or more where one alone has more."""


@contextmanager
def open_lists(ledger: Ledger) -> Iterator[Lists]:
    """Open one consistent view of a ledger, to make lists of it.

    Raises
    ------
    LedgerError
        A row that is needed is damaged, or the ledger cannot be read.
    """
    with ledger.view() as connection:
        yield Lists(connection)


class Lists:
    """Lists of one view of a ledger; made by `open_lists`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        lost = sa.select(OBSERVATIONS.c.id).where(
            ~sa.exists().where(ANSWERS.c.observation_id == OBSERVATIONS.c.id)
        )
        for key in connection.scalars(lost.limit(1)):
            raise DamagedRowError(OBSERVATIONS, key, "no answer names it")

    # --- what the lists are made of

    def _of(self, ids: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
        return [] if ids is None else [OBSERVATIONS.c.facility_id.in_(ids)]

    def _current(self, ids: Sequence[str] | None) -> sa.CTE:
        """Ids of the observations that count: of each question the one that answered it last."""
        table, content = OBSERVATIONS.c, OBSERVATIONS.c.content
        question = (
            table.facility_id,
            stem(self._connection, table.method),
            field(self._connection, content, "before", "id"),
            field(self._connection, content, "after", "id"),
        )
        last = sa.select(ANSWERS.c.observation_id, sa.func.max(ANSWERS.c.seq).label("seq"))
        answered = last.group_by(ANSWERS.c.observation_id).subquery()
        rank = sa.func.row_number().over(partition_by=question, order_by=answered.c.seq.desc())
        ranked = sa.select(table.id, rank.label("rank")).join(
            answered, answered.c.observation_id == table.id
        )
        of = ranked.where(*self._of(ids)).subquery()
        return sa.select(of.c.id).where(of.c.rank == 1).cte("current")

    def _named(self, ids: Sequence[str] | None) -> sa.CTE:
        """Ids of findings, whether they are candidates, and whether an answer that counts names."""
        parts = []
        current = self._current(ids)
        counts = OBSERVATIONS.c.id.in_(sa.select(current.c.id))
        for name, candidate in (("finding_ids", 0), ("candidate_ids", 1)):
            listed = items(self._connection, OBSERVATIONS.c.content, name)
            parts.append(
                sa.select(
                    listed.c.value.label("id"),
                    sa.literal_column(str(candidate)).label("candidate"),
                    sa.case((counts, 1), else_=0).label("counts"),
                )
                .select_from(OBSERVATIONS.join(listed, sa.true()))
                .where(*self._of(ids))
            )
        every = sa.union_all(*parts).subquery()
        least = sa.func.max(every.c.candidate), sa.func.max(every.c.counts)
        named = sa.select(every.c.id, least[0].label("candidate"), least[1].label("counts"))
        return named.group_by(every.c.id).cte("named")

    @cached_property
    def _reviews(self) -> sa.CTE:
        """The latest review of each finding: its verdict and its content."""
        if REVIEWS not in tables_of(version_of(self._connection)):
            names = ("finding_id", "verdict", "content")
            nothing = sa.select(*(sa.cast(sa.null(), sa.Text).label(name) for name in names))
            return nothing.where(sa.false()).cte("latest_reviews")
        table = REVIEWS.c
        at = field(self._connection, table.content, "reviewed_at")
        order = [plain_order(self._connection, one).desc() for one in (at, table.id)]
        rank = sa.func.row_number().over(partition_by=table.finding_id, order_by=order)
        ranked = sa.select(table.finding_id, table.verdict, table.content, rank.label("rank"))
        of = ranked.subquery()
        chosen = sa.select(of.c.finding_id, of.c.verdict, of.c.content).where(of.c.rank == 1)
        return chosen.cte("latest_reviews")

    def _findings(
        self, wanted: Wanted, ids: Sequence[str] | None, columns: Callable[[sa.CTE], Sequence[Any]]
    ) -> sa.Select[Any]:
        """Select columns, which may be of what `_named` returns, of the findings that are wanted.

        The table of findings, by far the largest, is read only where a column of it is needed.
        """
        named, reviews = self._named(ids), self._reviews.c
        chosen = sa.select(*columns(named))
        found: Any = named
        of_a_finding = wanted.kind, wanted.at_least, wanted.since, wanted.new, wanted.at_least_m2
        if any(of_a_finding) or FINDINGS in chosen.get_final_froms():
            found = named.join(FINDINGS, FINDINGS.c.id == named.c.id)
        found = found.outerjoin(self._reviews, reviews.finding_id == named.c.id)
        chosen = chosen.select_from(found)
        if wanted.kind is not None:
            chosen = chosen.where(FINDINGS.c.kind == wanted.kind)
        if wanted.at_least is not None:
            enough = CONFIDENCES[CONFIDENCES.index(wanted.at_least) :]
            confidence = field(self._connection, FINDINGS.c.content, "confidence")
            chosen = chosen.where(confidence.in_(enough))
        chosen = chosen.where(*self._of_when_and_size(wanted))
        if not wanted.superseded:
            chosen = chosen.where(named.c.counts == 1)
        if not wanted.candidates:
            chosen = chosen.where(named.c.candidate == 0)
        if wanted.reviewed is not None:
            without = reviews.finding_id.is_(None)
            chosen = chosen.where(~without if wanted.reviewed else without)
        if wanted.verdict is not None:
            chosen = chosen.where(reviews.verdict == wanted.verdict)
        return chosen

    def _of_when_and_size(self, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
        only, content = [], FINDINGS.c.content
        if wanted.since is not None:
            only.append(field(self._connection, content, "after", "acquired_to_at") >= wanted.since)
        if wanted.at_least_m2 is not None:
            only.append(number(self._connection, content, "area_m2") >= wanted.at_least_m2)
        if wanted.new:
            day = sa.func.substr(FINDINGS.c.recorded_at, 1, 10)
            every = FINDINGS.alias()
            last = sa.select(sa.func.max(sa.func.substr(every.c.recorded_at, 1, 10)))
            only.append(day == last.scalar_subquery())
        return only

    def _looks(self, superseded: bool, ids: Sequence[str] | None, *columns: Any) -> sa.Select[Any]:
        """Select columns of observations, after whether each counts."""
        is_current = OBSERVATIONS.c.id.in_(sa.select(self._current(ids).c.id))
        chosen = sa.select(sa.case((is_current, 1), else_=0), *columns).select_from(OBSERVATIONS)
        return chosen.where(*self._of(ids), *([] if superseded else [is_current]))

    def _in_order(self, table: sa.Table) -> list[Any]:
        """Sort as `camp_monitor.records.finding.in_order` does, but for the id."""
        ends = (("after", "acquired_to_at"), ("before", "acquired_from_at"), ("method",))
        keys: list[Any] = [table.c.facility_id]
        keys += [field(self._connection, table.c.content, *path) for path in ends]
        return [plain_order(self._connection, key) for key in keys]

    def _chunks(self, facility_id: str | None) -> Iterator[list[str]]:
        """Give the ids of all facilities, in order, as many at a time as are quickly sorted."""
        if facility_id is not None:
            yield [facility_id]
            return
        key = OBSERVATIONS.c.facility_id
        counts = self._connection.execute(sa.select(key, sa.func.count()).group_by(key)).all()
        chunk: list[str] = []
        size = 0
        for name, count in sorted(map(tuple, counts)):
            chunk.append(name)
            size += count
            if size >= _CHUNK:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _run(
        self,
        facility_id: str | None,
        limit: int | None,
        chosen: Callable[[list[str]], sa.Select[Any]],
    ) -> Iterator[Any]:
        """Give the rows of all facilities, up to a limit."""
        for ids in self._chunks(facility_id):
            rows = self._connection.execute(chosen(ids).limit(limit)).all()
            yield from rows
            if limit is not None:
                limit -= len(rows)
                if limit <= 0:
                    return

    def _first(self, wanted: Wanted) -> list[Any]:
        """Return what a list is sorted by before facility and time."""
        content = FINDINGS.c.content
        largest = number(self._connection, content, "area_m2").desc()
        probability = number(self._connection, content, "probability")
        seen_to = field(self._connection, content, "after", "acquired_to_at")
        return {
            "facility": [],
            "rank": [sa.func.coalesce(probability, 0.0).desc(), largest],
            "time": [plain_order(self._connection, seen_to).desc()],
            "area": [largest],
        }[wanted.sort]

    def _sorted(
        self, wanted: Wanted, limit: int | None,
        chosen: Callable[[list[str] | None], sa.Select[Any]],
    ) -> Iterator[Any]:  # fmt: skip
        """Give rows by facility, some at a time; or those of all facilities in one order."""
        if wanted.sort == "facility" or wanted.facility_id is not None:
            yield from self._run(wanted.facility_id, limit, chosen)
        else:
            yield from self._connection.execute(chosen(None).limit(limit))

    # --- the lists

    def facility_ids(self) -> list[str]:
        """Return the ids of all facilities that were looked at."""
        return [name for chunk in self._chunks(None) for name in chunk]

    def counted(self, wanted: Wanted) -> tuple[int, int]:
        """Count findings, and those of them that the latest review rejects."""
        rejected = sa.case((self._reviews.c.verdict == "rejected", 1), else_=0)
        counts = (sa.func.count(), sa.func.coalesce(sa.func.sum(rejected), 0))
        ids = None if wanted.facility_id is None else [wanted.facility_id]
        found, rejected_too = self._connection.execute(
            self._findings(wanted, ids, lambda _: counts)
        ).one()
        return int(found), int(rejected_too)

    def looked(self, facility_id: str | None, *, superseded: bool) -> Counter[tuple[str, bool]]:
        """Count observations by their outcome, and whether some was not seen: see `unseen`."""
        keys = OBSERVATIONS.c.outcome, sa.case((self._is_part(), 1), else_=0).label("part")
        ids = None if facility_id is None else [facility_id]
        of = self._looks(superseded, ids, *keys).subquery().c
        chosen = sa.select(of.outcome, of.part, sa.func.count()).group_by(of.outcome, of.part)
        rows = self._connection.execute(chosen)
        return Counter({(outcome, bool(part)): count for outcome, part, count in rows})

    def by_kind(self) -> Counter[tuple[str, str, bool]]:
        """Count findings that count by facility, kind, and whether the latest review rejects."""
        rejected = sa.case((self._reviews.c.verdict == "rejected", 1), else_=0).label("rejected")
        keys = (FINDINGS.c.facility_id, FINDINGS.c.kind, rejected)
        chosen = self._findings(Wanted(), None, lambda _: (*keys, sa.func.count()))
        rows = self._connection.execute(chosen.group_by(*keys))
        return Counter({(one, kind, bool(is_one)): count for one, kind, is_one, count in rows})

    def rejected_ids(self) -> frozenset[str]:
        """Return the ids of the findings that the latest review rejects."""
        latest = self._reviews.c
        chosen = sa.select(latest.finding_id).where(latest.verdict == "rejected")
        return frozenset(self._connection.scalars(chosen))

    def last_recorded(self, limit: int) -> list[tuple[str, str]]:
        """Return facility and id of the findings that count and were recorded last."""
        table = FINDINGS.c
        chosen = self._findings(Wanted(), None, lambda _: (table.facility_id, table.id))
        newest = chosen.order_by(table.seq.desc()).limit(limit)
        return [(facility_id, key) for facility_id, key in self._connection.execute(newest)]

    def newest(self) -> list[Observation]:
        """Return for each facility and detector the observation that counts with newest scenes."""
        table, order = OBSERVATIONS.c, self._in_order(OBSERVATIONS)
        newest = [key.desc() for key in (order[1], order[2])]
        newest.append(plain_order(self._connection, table.id).desc())
        of = (table.facility_id, stem(self._connection, table.method))
        rank = sa.func.row_number().over(partition_by=of, order_by=newest)
        ranked = self._looks(False, None, table.content, rank.label("rank")).subquery().c
        chosen = sa.select(ranked.content).where(ranked.rank == 1)
        return [read_observation(content) for content in self._connection.scalars(chosen)]

    def is_simulated(self) -> bool:
        """Whether a program painted a scene of an observation that counts."""
        content, painted = OBSERVATIONS.c.content, []
        for side in ("before", "after"):
            said = field(self._connection, content, side, "simulated")
            credit = sa.func.upper(field(self._connection, content, side, "credit"))
            named = said.is_(None) & credit.contains("SIMULATED")  # as schema 1 to 3 told it
            painted.append(sa.func.coalesce(said.in_(("1", "true")), False) | named)
        chosen = self._looks(False, None, OBSERVATIONS.c.id).where(sa.or_(*painted)).limit(1)
        return self._connection.execute(chosen).first() is not None

    def findings(self, wanted: Wanted, limit: int | None = None) -> Iterator[ListedFinding]:
        """List findings; within a facility and a pair by kind, the largest first."""
        table, content = FINDINGS.c, FINDINGS.c.content
        areas = ("area_m2", "area_low_m2", "area_high_m2")
        ends = (("before", "acquired_from_at"), ("after", "acquired_to_at"))

        def columns(named: sa.CTE) -> Sequence[Any]:
            return (
                table.id, table.facility_id, table.kind, named.c.candidate, named.c.counts,
                sa.func.coalesce(self._reviews.c.verdict, ""),
                *(field(self._connection, content, name) for name in ("position", "confidence")),
                *(number(self._connection, content, name) for name in areas),
                *(field(self._connection, content, *path) for path in ends),
            )  # fmt: skip

        rank = sa.case({kind: place for place, kind in enumerate(KINDS)}, value=table.kind)
        largest = number(self._connection, content, "area_m2").desc()
        order = [*self._first(wanted), *self._in_order(FINDINGS), rank, largest, table.id]
        for row in self._sorted(
            wanted, limit, lambda ids: self._findings(wanted, ids, columns).order_by(*order)
        ):
            key, facility, kind, candidate, counts, *rest = row
            yield ListedFinding(key, facility, kind, bool(candidate), bool(counts), *rest)

    def unseen(
        self, facility_id: str | None, *, superseded: bool, limit: int | None = None
    ) -> Iterator[ListedLook]:
        """List observations that did not see everything, by facility and time."""
        table = OBSERVATIONS.c
        order = [*self._in_order(OBSERVATIONS), table.id]
        for counts, key, content in self._run(
            facility_id, limit,
            lambda ids: self._looks(superseded, ids, table.id, table.content)
            .where(self._is_part()).order_by(*order),
        ):  # fmt: skip
            yield listed_look(key, json.loads(content), bool(counts))

    def _is_part(self) -> sa.ColumnElement[bool]:
        """See `camp_monitor.report.export.tables.not_all_seen`."""
        content = OBSERVATIONS.c.content
        where = field(self._connection, content, "not_seen")
        polygons = where.contains('Polygon"') & ~where.contains('"coordinates":[]')
        part = number(self._connection, content, "seen_fraction") < 1
        return (OBSERVATIONS.c.outcome == "not_seen") | part | sa.func.coalesce(polygons, False)

    def finding_contents(
        self, wanted: Wanted, limit: int | None = None
    ) -> Iterator[tuple[str, str, bool, str | None]]:
        """List findings whole: id, content, whether it counts, latest review."""

        def columns(named: sa.CTE) -> Sequence[Any]:
            review = self._reviews.c.content.label("review")
            return FINDINGS.c.id, FINDINGS.c.content, named.c.counts, review

        order = [*self._first(wanted), *self._in_order(FINDINGS), FINDINGS.c.id]
        for key, content, counts, review in self._sorted(
            wanted, limit, lambda ids: self._findings(wanted, ids, columns).order_by(*order)
        ):
            yield key, content, bool(counts), review

    def observation_contents(
        self, facility_id: str | None, *, superseded: bool, limit: int | None = None
    ) -> Iterator[tuple[str, str, bool]]:
        """List observations whole, in order of time: id, content, whether it counts."""
        table = OBSERVATIONS.c
        order = [*self._in_order(OBSERVATIONS), table.id]
        for counts, key, content in self._run(
            facility_id, limit,
            lambda ids: self._looks(superseded, ids, table.id, table.content).order_by(*order),
        ):  # fmt: skip
            yield key, content, bool(counts)
