"""What is new: events, and things said of them, that no message has told yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from camp_monitor.events.events import Event, join_events
from camp_monitor.events.kept import ListedEvent, open_events
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.lookup import facilities_of
from camp_monitor.records.finding import Finding
from camp_monitor.records.review import latest_reviews

STRONG, GROWN = "strong", "grown"
WITHDRAWN = "withdrawn"
Told = Mapping[str, AbstractSet[str]]
"""What was told of each event, by its id."""


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
    was told and that no finding that counts shows any more is told once more, as withdrawn.  Only
    facilities of which there may be something to tell are read; what is kept of events tells which.

    Parameters
    ----------
    ledger : Ledger
    provisional : bool
        Whether what is neither confirmed nor strong is told, too.
    """
    told = told_before(ledger)
    with open_events(ledger) as lists:
        listed = list(lists.events())
    every = {name for event in listed for name in _names(event)}
    to_see = {event.facility_id for event in listed if _is_to_see(event, told, provisional)}
    with ledger.view() as view:
        to_see |= facilities_of(view, {f"F{name[1:]}" for name in told.keys() - every})
    others = [event for event in listed if event.facility_id not in to_see]
    parts = [_news_of(ledger, facility_id, told, provisional) for facility_id in sorted(to_see)]
    kept_back = sum(_is_kept_back(event, told, provisional) for event in others)
    return News(
        tuple(sorted((item for one in parts for item in one.items), key=_order)),
        kept_back + sum(one.kept_back for one in parts),
    )


def _names(event: Event | ListedEvent) -> set[str]:
    """Return what an event may have been told as: its id, and that of each of its findings."""
    ids = event.finding_ids if isinstance(event, ListedEvent) else [o.id for o in event.findings]
    return {event.id, *(f"E{key[1:]}" for key in ids)}


def _said_of(event: Event | ListedEvent) -> list[str]:
    return [event.state, *([STRONG] * event.is_strong), *([GROWN] * event.has_grown)]


def _is_to_see(event: ListedEvent, told: Told, provisional: bool) -> bool:
    """Whether there may be something to tell of an event: then its facility is read."""
    before = {part for name in _names(event) for part in told.get(name, ())}
    if not (before or provisional or event.was_confirmed or event.is_strong):
        return False
    return not before.issuperset(_said_of(event))


def _is_kept_back(event: Event | ListedEvent, told: Told, provisional: bool) -> bool:
    is_told = any(told.get(name) for name in _names(event))
    is_shown = is_told or provisional or event.was_confirmed or event.is_strong
    return not is_shown and event.state != "dismissed"


def _news_of(ledger: Ledger, facility_id: str | None, told: Told, provisional: bool) -> News:
    """Compare the events of a facility, or of all, with what was told."""
    findings = ledger.findings(facility_id)
    looks = ledger.observations(facility_id)
    events = join_events(findings, looks, latest_reviews(ledger.reviews()))
    own = {_event_id(finding) for finding in findings} | {event.id for event in events}
    orphans: Sequence[Finding] = ()
    if told.keys() - own:
        held = ledger.findings(facility_id, superseded=True)
        orphans = [item for item in held if _event_id(item) in told.keys() - own]
    items, kept_back, followed = [], 0, set()
    for event in events:
        names = _names(event)
        names |= {_event_id(orphan) for orphan in orphans if _is_one_thing(orphan, event)}
        followed |= names
        before = {part for name in names for part in told.get(name, ())}
        states = _said_of(event)
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


def told_before(ledger: Ledger) -> Told:
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
