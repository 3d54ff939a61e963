"""Events of a ledger as a list tells them, kept in a derived table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from camp_monitor.events.events import Event, join_events
from camp_monitor.ledger.derived import Derived, Spread, refresh, up_to_date
from camp_monitor.ledger.fields import plain_order
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.lookup import records_that_count
from camp_monitor.notes import Note
from camp_monitor.records.content import canonical_json
from camp_monitor.records.review import latest_reviews

TABLE = sa.Table(
    "derived_events",
    sa.MetaData(),
    sa.Column("facility_id", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_strong", sa.Integer, nullable=False),
    sa.Column("was_confirmed", sa.Integer, nullable=False),
    sa.Column("area_m2", sa.Float, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class ListedEvent:
    """What a list says of an event; see `camp_monitor.events.events.Event`.

    Parameters
    ----------
    id, facility_id, kind, state : str
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


def listed(event: Event) -> ListedEvent:
    """Return what a list says of an event."""
    absent, first = event.came
    return ListedEvent(
        event.id, event.facility_id, event.kind, event.state, event.reasons, event.was_confirmed,
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
        self._of = [] if facility_id is None else [TABLE.c.facility_id == facility_id]

    def counted(self) -> Counter[tuple[str, bool, bool]]:
        """Count events by state, whether they are strong, and whether they were confirmed."""
        keys = TABLE.c.state, TABLE.c.is_strong, TABLE.c.was_confirmed
        chosen = sa.select(*keys, sa.func.count()).where(*self._of).group_by(*keys)
        rows = self._connection.execute(chosen)
        return Counter({(one, bool(strong), bool(was)): count for one, strong, was, count in rows})

    def events(self, state: str | None = None, limit: int | None = None) -> Iterator[ListedEvent]:
        """List events, by facility and by the time at which they were first seen.

        Parameters
        ----------
        state : str or None
            Only in this state, or ``strong``.
        limit : int or None
        """
        chosen = sa.select(TABLE.c.content).where(*self._wanted(state)).order_by(*self._order())
        for content in self._connection.scalars(chosen.limit(limit)):
            yield _read(content)

    def largest(self, state: str | None = None) -> ListedEvent | None:
        """Return the largest of the events that were confirmed; of none, the largest."""
        order = TABLE.c.was_confirmed.desc(), TABLE.c.area_m2.desc(), *self._order()
        chosen = sa.select(TABLE.c.content).where(*self._wanted(state)).order_by(*order)
        content = self._connection.scalars(chosen.limit(1)).one_or_none()
        return None if content is None else _read(content)

    def _wanted(self, state: str | None) -> list[sa.ColumnElement[bool]]:
        if state is None:
            return self._of
        is_one = TABLE.c.is_strong == 1 if state == "strong" else TABLE.c.state == state
        return [*self._of, is_one]

    def _order(self) -> tuple[Any, ...]:
        return plain_order(self._connection, TABLE.c.facility_id), TABLE.c.place


def _make(view: sa.Connection, facility_id: str) -> list[dict[str, Any]]:
    """Join the events of a facility; see `Derived`."""
    findings, observations, reviews = records_that_count(view, facility_id)
    events = map(listed, join_events(findings, observations, latest_reviews(reviews)))
    return [
        {
            "place": place, "state": event.state, "is_strong": int(event.is_strong),
            "was_confirmed": int(event.was_confirmed), "area_m2": event.area_m2,
            "content": _written(event),
        }
        for place, event in enumerate(events)
    ]  # fmt: skip


def _written(event: ListedEvent) -> str:
    plain = {field.name: getattr(event, field.name) for field in fields(event)}
    return canonical_json(plain | {"reasons": [reason.to_dict() for reason in event.reasons]})


def _read(content: str) -> ListedEvent:
    plain = json.loads(content)
    plain["reasons"] = tuple(map(Note.from_dict, plain["reasons"]))
    return ListedEvent(**plain | {"finding_ids": tuple(plain["finding_ids"])})


DERIVED = Derived(TABLE, _make)
