"""Events of a ledger as a list tells them, kept in a derived table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from camp_monitor.errors import InputError
from camp_monitor.events.events import Event, join_events
from camp_monitor.events.ranking import CLASSES, MOST_ODDS, class_of, score_of
from camp_monitor.ledger.chain import FINDINGS
from camp_monitor.ledger.derived import Derived, Spread, refresh, up_to_date
from camp_monitor.ledger.fields import plain_order
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.lookup import records_that_count
from camp_monitor.notes import Note
from camp_monitor.records.content import canonical_json
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.review import latest_reviews

TABLE = sa.Table(
    "derived_events",
    sa.MetaData(),
    sa.Column("facility_id", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ranked_as", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("area_m2", sa.Float, nullable=False),
    sa.Column("first_seen_at", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class ListedEvent:
    """What a list says of an event; see `camp_monitor.events.events.Event`.

    Parameters
    ----------
    id, facility_id, kind, state : str
    ranked_as : str
        One of `CLASSES` of `camp_monitor.events.ranking`.
    score : float
        What it ranks by within that class.
    odds : float
        See `Event`; at most `MOST_ODDS`.
    recorded_at : str
        When the first of its findings that counts was recorded.
    reasons : tuple of Note
    was_confirmed, is_strong, has_grown : bool
    absent_from_at, absent_at : str
        First and last instant of the last scene without it.
    first_seen_at, first_seen_to_at : str
        Likewise of the first scene that shows it.
    last_seen_at : str
    absent_again_at : str or None
    area_m2 : float
        Of the finding that shows most of it.
    finding_ids : tuple of str
    """

    id: str
    facility_id: str
    kind: str
    state: str
    ranked_as: str
    score: float
    odds: float
    recorded_at: str
    reasons: tuple[Note, ...]
    was_confirmed: bool
    is_strong: bool
    has_grown: bool
    absent_from_at: str
    absent_at: str
    first_seen_at: str
    first_seen_to_at: str
    last_seen_at: str
    absent_again_at: str | None
    area_m2: float
    finding_ids: tuple[str, ...]


@dataclass(frozen=True)
class WantedEvents:
    """Which events a list holds, and in what order; None and False leave a choice open.

    Parameters
    ----------
    classes : tuple of str or None
        Only of these `CLASSES`.
    state : str or None
        Only in this state, or ``strong``.
    kind : str or None
    since : str or None
        ISO 8601; only such as were first seen at this time or later.
    new : bool
        Only such as came into the ledger on the last day (UTC) on which a finding was recorded.
    at_least_m2 : float or None
    sort : str
        One of `SORTS`: as they are laid before a reader, by the time at which they were first seen
        (the newest first), the largest first, or by facility and then by time.

    Raises
    ------
    InputError
        There is no such kind.
    """

    classes: tuple[str, ...] | None = None
    state: str | None = None
    kind: str | None = None
    since: str | None = None
    new: bool = False
    at_least_m2: float | None = None
    sort: str = "rank"

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise InputError(f"{self.kind!r:.80} is not a kind of change: use {', '.join(KINDS)}.")


SORTS = ("rank", "time", "area", "facility")
EVERY = WantedEvents()


def listed(event: Event, recorded: Mapping[str, str]) -> ListedEvent:
    """Return what a list says of an event; `recorded` tells when each finding was, by its id."""
    recorded_at = min(recorded[finding.id] for finding in event.findings)
    absent, first = event.came
    return ListedEvent(
        event.id, event.facility_id, event.kind, event.state, class_of(event),
        _short(score_of(event)), _short(min(event.odds, MOST_ODDS)), recorded_at,
        event.reasons, event.was_confirmed,
        event.is_strong, event.has_grown, absent.acquired_from_at, absent.acquired_to_at,
        first.acquired_from_at, first.acquired_to_at, event.last_seen.acquired_to_at,
        event.ended[1].acquired_from_at if event.ended else None, event.largest.area_m2,
        tuple(finding.id for finding in event.findings),
    )  # fmt: skip


def keep_events(ledger: Ledger, facility_ids: Collection[str]) -> None:
    """Work out the events of facilities of which something was recorded, for the next list.

    What goes wrong is the list's to say: what was recorded is recorded.
    """
    with suppress(Exception):
        refresh(ledger, DERIVED, facility_ids)


@contextmanager
def open_events(
    ledger: Ledger, facility_id: str | None = None, spread: Spread = map
) -> Iterator[EventLists]:
    """Open lists of the events of a ledger, or of one facility, as they are now.

    Parameters
    ----------
    ledger : Ledger
    facility_id : str or None
    spread : callable
        Works out what is not kept, see `camp_monitor.ledger.derived.Spread`.

    Raises
    ------
    LedgerError
        The ledger is damaged or cannot be read.
    """
    with up_to_date(ledger, DERIVED, facility_id, spread) as connection:
        yield EventLists(connection, facility_id)


class EventLists:
    """Lists of events; made by `open_events`."""

    def __init__(self, connection: sa.Connection, facility_id: str | None) -> None:
        self._connection = connection
        self.facility_id = facility_id
        self._of = [] if facility_id is None else [TABLE.c.facility_id == facility_id]

    def counted(self, wanted: WantedEvents = EVERY) -> Counter[str]:
        """Count events by the class in which they rank."""
        key = TABLE.c.ranked_as
        chosen = sa.select(key, sa.func.count()).where(*self._wanted(wanted)).group_by(key)
        return Counter({ranked_as: count for ranked_as, count in self._connection.execute(chosen)})

    def events(
        self, wanted: WantedEvents = EVERY, limit: int | None = None
    ) -> Iterator[ListedEvent]:
        """List events in the order that is wanted."""
        chosen = sa.select(TABLE.c.content).where(*self._wanted(wanted))
        chosen = chosen.order_by(*self._order(wanted.sort))
        for content in self._connection.scalars(chosen.limit(limit)):
            yield _read(content)

    def _wanted(self, wanted: WantedEvents) -> list[sa.ColumnElement[bool]]:
        table, only = TABLE.c, list(self._of)
        if wanted.classes is not None:
            only.append(table.ranked_as.in_(wanted.classes))
        if wanted.state == "strong":
            only.append(table.ranked_as == "strong")
        elif wanted.state is not None:
            only.append(table.state == wanted.state)
        if wanted.kind is not None:
            only.append(table.kind == wanted.kind)
        if wanted.since is not None:
            only.append(table.first_seen_at >= wanted.since)
        if wanted.at_least_m2 is not None:
            only.append(table.area_m2 >= wanted.at_least_m2)
        if wanted.new:
            day = sa.select(sa.func.max(sa.func.substr(table.recorded_at, 1, 10)))
            last = day.where(*self._of).scalar_subquery()
            only.append(sa.func.substr(table.recorded_at, 1, 10) == last)
        return only

    def _order(self, sort: str) -> tuple[Any, ...]:
        place = plain_order(self._connection, TABLE.c.facility_id), TABLE.c.place
        if sort == "facility":
            return place
        if sort == "time":
            return (TABLE.c.first_seen_at.desc(), *place)
        if sort == "area":
            return (TABLE.c.area_m2.desc(), *place)
        classes = {name: number for number, name in enumerate(CLASSES)}
        return sa.case(classes, value=TABLE.c.ranked_as), TABLE.c.score.desc(), *place


def _make(view: sa.Connection, facility_id: str) -> list[dict[str, Any]]:
    """Join the events of a facility; see `Derived`."""
    findings, observations, reviews = records_that_count(view, facility_id)
    joined = join_events(findings, observations, latest_reviews(reviews))
    recorded = recorded_times(view, facility_id)
    events = [listed(event, recorded) for event in joined]
    return [
        {
            "place": place, "kind": event.kind, "state": event.state, "ranked_as": event.ranked_as,
            "score": event.score, "area_m2": event.area_m2, "first_seen_at": event.first_seen_at,
            "recorded_at": event.recorded_at, "content": _written(event),
        }
        for place, event in enumerate(events)
    ]  # fmt: skip


def recorded_times(view: sa.Connection, facility_id: str) -> dict[str, str]:
    """Return when each finding of a facility was recorded, by its id."""
    table = FINDINGS.c
    chosen = sa.select(table.id, table.recorded_at).where(table.facility_id == facility_id)
    return {key: at for key, at in view.execute(chosen)}


def _short(number: float) -> float:
    return float(f"{number:.6g}")


def _written(event: ListedEvent) -> str:
    plain = {field.name: getattr(event, field.name) for field in fields(event)}
    return canonical_json(plain | {"reasons": [reason.to_dict() for reason in event.reasons]})


def _read(content: str) -> ListedEvent:
    plain = json.loads(content)
    plain["reasons"] = tuple(map(Note.from_dict, plain["reasons"]))
    return ListedEvent(**plain | {"finding_ids": tuple(plain["finding_ids"])})


DERIVED = Derived(TABLE, _make)
