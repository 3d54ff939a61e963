"""The digest: what is new, by place, in words that a tired reader takes in at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from camp_monitor.errors import CampMonitorError
from camp_monitor.events.events import STATES
from camp_monitor.facilities import find_facility
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.records.finding import KINDS, POSITIONS, Finding, interval_words
from camp_monitor.report.export.tables import legible
from camp_monitor.report.text.words import (
    area_words,
    confidence_words,
    count_words,
    facilities_words,
    is_simulated,
    short_name,
)
from camp_monitor.watch.heartbeat import fold, last_told_at, seen_words
from camp_monitor.watch.news import GROWN, WITHDRAWN, News, NewsItem, by_place, what_is_new
from camp_monitor.watch.outbox import Message
from camp_monitor.watch.pictures import Pictures, draw_pictures
from camp_monitor.workspace import Workspace

MOST_IN_FULL = 12
"""Events of which all is said; of the others, a line each."""
MOST_CAVEATS = 2
SIMULATED = "SIMULATED: the images were painted by a program; no satellite saw this."
PRELIMINARY = (
    "This is a first reading of satellite images by a program.  No one has checked it on the "
    "ground."
)


def compose_digest(workspace: Workspace, ledger: Ledger, now: datetime) -> Message | None:
    """Put what is new since the last message into words; None when nothing is.

    Parameters
    ----------
    workspace : Workspace
    ledger : Ledger
        Of the workspace; it is only read.
    now : datetime
        With a time zone; tells which facility was not seen for long.

    Returns
    -------
    Message or None
        With figures and maps where they can be drawn and passed on.
    """
    news = what_is_new(ledger, provisional=workspace.configuration.notification.provisional)
    if not news.items:
        return None
    places = by_place(news.items)
    full = [item for items in places.values() for item in items][:MOST_IN_FULL]
    pictures = draw_pictures(workspace, by_place(full))
    scenes = [scene for item in news.items for scene in (item.finding.before, item.finding.after)]
    simulated = is_simulated(*scenes)
    count = f"{count_words(len(news.items), 'event')} at {facilities_words(len(places))}"
    since = last_told_at(ledger, now)
    parts = [SIMULATED] if simulated else []
    parts.append(f"New since {since[:10]}: {count}." if since else f"New: {count}.")
    for facility_id, items in places.items():
        parts.append(_place_words(workspace, facility_id, items, full, pictures))
    parts.append(fold(["== What was not seen ==", *seen_words(workspace, ledger, now)]))
    parts.append(_closing_words(news))
    title = f"{'SIMULATED: ' if simulated else ''}camp_monitor: news of {count}"
    told = tuple((item.id, item.said) for item in news.items)
    return Message("digest", title, "\n\n".join(parts) + "\n", pictures.attachments, told)


def _place_words(
    workspace: Workspace,
    facility_id: str,
    items: Sequence[NewsItem],
    full: Sequence[NewsItem],
    pictures: Pictures,
) -> str:
    """Tell what is new at one facility."""
    name = _name(workspace, facility_id)
    heading = name if name == facility_id else f"{name} ({facility_id})"
    lines = [f"== {legible(heading)} =="]
    if facility_id in pictures.of_places:
        lines.append(pictures.of_places[facility_id])
    parts = [fold(lines)]
    parts += [_item_words(item, pictures) for item in items if item in full]
    short = [
        f"* {item.id}: {KINDS[item.kind].lower()}, {_said_words(item)}, {_dates_words(item)}."
        for item in items
        if item not in full
    ]
    if short:
        parts.append(fold(["And in short:", *short]))
    return "\n\n".join(parts)


def _item_words(item: NewsItem, pictures: Pictures) -> str:
    """Tell all of one event."""
    finding = item.finding
    head = f"* {KINDS[item.kind]}: {_said_words(item)}  [{item.id}]"
    if item.event is None:
        lines = [
            f"You were told that it came {_dates_words(item)}.  A later comparison of the same "
            f"images does not show it any more, so it no longer counts.",
            f"Look: camp-monitor findings show {finding.id}",
        ]
        return fold([head]) + "\n" + fold(lines, "  ")
    area, interval = area_words(finding)
    lines = [
        f"Came {_dates_words(item)}.",
        f"Area {area} (likely {interval}), {POSITIONS[finding.position]}.",
        f"Confidence: {confidence_words(finding)}.",
        f"State: {legible(item.event.reason)}",
        *_doubt_words(finding),
    ]
    if item.id in pictures.of_events:
        lines.append(pictures.of_events[item.id])
    lines.append(f"Look: camp-monitor findings show {finding.id}")
    return fold([head]) + "\n" + fold(lines, "  ")


def _said_words(item: NewsItem) -> str:
    """Say what became of it, and whether that is another thing than what was told."""
    if item.said == WITHDRAWN or item.event is None:
        return "withdrawn"
    words = STATES[item.event.state]
    if GROWN in item.said.split(", "):
        words += ", has grown"
    return words if item.is_first else f"now {words}"


def _dates_words(item: NewsItem) -> str:
    if item.event is None:
        return interval_words(item.finding.before, item.finding.after)
    return interval_words(*item.event.came)


def _doubt_words(finding: Finding) -> list[str]:
    """Say what would make it wrong: rivals that were not ruled out, then the first caveats."""
    rivals = [cause for cause, verdict, _ in finding.rivals if verdict == "possible"]
    doubts = [f"It may be {' or '.join(map(legible, rivals))} instead."] if rivals else []
    doubts += [legible(caveat) for caveat in finding.caveats[:MOST_CAVEATS]]
    return [f"Doubts: {' '.join(doubts)}"] if doubts else []


def _closing_words(news: News) -> str:
    """Say what is kept back, what to do next, and who made the images."""
    lines = []
    if news.kept_back:
        lines += [
            f"{count_words(news.kept_back, 'event').capitalize()} that nothing has confirmed: not "
            f"told one by one.",
            "  camp-monitor events list",
            "",
        ]
    lines += [
        PRELIMINARY,
        "Confirm or reject what you looked at:",
        f"  camp-monitor findings review {news.items[0].finding.id} --verdict confirmed --by YOU",
        "",
    ]
    scenes = [scene for item in news.items for scene in (item.finding.before, item.finding.after)]
    credits = {
        f"{legible(scene.credit).strip()} ({legible(scene.licence).strip() or 'no licence stated'})"
        for scene in scenes
    }
    return fold([*lines, f"Images: {'; '.join(sorted(credits))}."])


def _name(workspace: Workspace, facility_id: str) -> str:
    try:
        return short_name(find_facility(workspace.aoi, facility_id).name)
    except CampMonitorError:  # the registry lost it; the ledger did not
        return facility_id
