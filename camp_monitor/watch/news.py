"""What is new: events, and things said of them, that no message has told yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from camp_monitor.events.events import Event, join_events
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.records.finding import Finding
from camp_monitor.records.review import latest_reviews

STRONG, GROWN = "strong", "grown"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class NewsItem:
    """Something to tell of one event.

    Parameters
    ----------
    id : str
        Of the event.
    said : str
        Its state, ``confirmed, grown``, or ``withdrawn``: what the run log will say was told.
    finding : Finding
        That shows most of the event; of one that is withdrawn, the one that no longer counts.
    event : Event or None
        None of one that is withdrawn.
    is_first : bool
        Whether nothing was told of it before.
    """

    id: str
    said: str
    finding: Finding
    event: Event | None
    is_first: bool

    @property
    def kind(self) -> str:
        """What it turned out to be."""
        return self.finding.kind if self.event is None else self.event.kind


@dataclass(frozen=True)
class News:
    """What is new, and what is kept back.

    Parameters
    ----------
    items : tuple of NewsItem
        By facility, then by time.
    kept_back : int
        Events that are not confirmed, and that are not told one by one.
    """

    items: tuple[NewsItem, ...]
    kept_back: int


def what_is_new(ledger: Ledger, *, provisional: bool) -> News:
    """Compare the events that the ledger holds now with what was told of them.

    An event keeps its place in the reader's mind though its id changes: one is known as told when
    any of its findings, or an earlier version of one, named an event that was told.  A thing that
    was told and that no finding that counts shows any more is told once more, as withdrawn.

    Parameters
    ----------
    ledger : Ledger
    provisional : bool
        Whether what is neither confirmed nor strong is told, too.
    """
    findings = ledger.findings()
    events = join_events(findings, ledger.observations(), latest_reviews(ledger.reviews()))
    told = told_before(ledger)
    own = {_event_id(finding) for finding in findings} | {event.id for event in events}
    orphans: Sequence[Finding] = ()
    if told.keys() - own:
        held = ledger.findings(superseded=True)
        orphans = [item for item in held if _event_id(item) in told.keys() - own]
    items, kept_back, followed = [], 0, set()
    for event in events:
        names = {event.id, *map(_event_id, event.findings)}
        names |= {_event_id(orphan) for orphan in orphans if _is_one_thing(orphan, event)}
        followed |= names
        before = {part for name in names for part in told.get(name, ())}
        states = [event.state, *([STRONG] * event.is_strong), *([GROWN] * event.has_grown)]
        parts = set(states)
        if not (before or provisional or event.was_confirmed or event.is_strong):
            kept_back += event.state != "dismissed"
        elif not parts <= before and (before or event.state != "dismissed"):
            items.append(NewsItem(event.id, ", ".join(states), event.largest, event, not before))
    for orphan in orphans:
        name = _event_id(orphan)
        if name not in followed and not told[name] & {WITHDRAWN, "dismissed"}:
            items.append(NewsItem(name, WITHDRAWN, orphan, None, False))
    return News(tuple(sorted(items, key=_order)), kept_back)


def told_before(ledger: Ledger) -> Mapping[str, AbstractSet[str]]:
    """Return what was told of each event so far, by its id."""
    told: dict[str, set[str]] = defaultdict(set)
    for record in ledger.runs(what="told"):
        for name, said in record.told:
            if name.startswith("E"):
                told[name] |= set(said.split(", "))
    return told


def by_place(items: Iterable[NewsItem]) -> dict[str, list[NewsItem]]:
    """Group what is new by facility."""
    places: dict[str, list[NewsItem]] = {}
    for item in items:
        places.setdefault(item.finding.facility_id, []).append(item)
    return places


def _event_id(finding: Finding) -> str:
    return f"E{finding.id[1:]}"


def _is_one_thing(old: Finding, event: Event) -> bool:
    """Whether a finding that no longer counts is an earlier version of one of an event."""
    return any(
        (old.facility_id, old.kind) == (item.facility_id, item.kind)
        and old.after.is_one_pass(item.after)
        and old.geometry.intersects(item.geometry)
        for item in event.findings
    )


def _order(item: NewsItem) -> tuple[str, str, str]:
    return item.finding.facility_id, item.finding.after.acquired_to_at, item.id
