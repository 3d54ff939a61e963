"""Which pair a map opens with where nobody asked for one, and what it says of the newest."""

from __future__ import annotations

from collections.abc import Sequence

from camp_monitor.events.events import Event
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.report.map.event_list import leading
from camp_monitor.report.map.pictures import Scenes
from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import headline_words, interval_words


def newest_pair(observations: Sequence[Observation]) -> Scenes:
    """Return the pair with the latest images, an answered one if there is."""
    newest = max(
        observations,
        key=lambda item: (
            item.after.acquired_to_at, item.seen_fraction > 0, item.before.acquired_from_at, item.id
        ),
    )  # fmt: skip
    return newest.before, newest.after


def opening_pair(observations: Sequence[Observation], events: Sequence[Event]) -> Scenes:
    """Return the newest pair, or that of the first event where the newest shows no leading one.

    Parameters
    ----------
    observations : sequence of Observation
        Of one facility; at least one.
    events : sequence of Event
        Of the same facility.
    """
    newest, first = newest_pair(observations), leading(events)
    found = {(one.before, one.after) for event in first for one in event.findings}
    if not first or newest in found:
        return newest
    return first[0].largest.before, first[0].largest.after


def aside(pair: Scenes, observations: Sequence[Observation], findings: Sequence[Finding]) -> str:
    """Say what the newest images show where a map shows others; nothing where it shows them."""
    newest = newest_pair(observations) if observations else pair
    if newest == pair:
        return ""
    own = [item for item in findings if (item.before, item.after) == newest]
    looks = [item for item in observations if (item.before, item.after) == newest]
    headline = headline_words(own, looks)
    said = headline[0].lower() + headline[1:]
    return phrase("map.aside", interval=interval_words(*newest), headline=said)
