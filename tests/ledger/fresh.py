"""Events of a ledger, made from its records without anything that is kept."""

from __future__ import annotations

from camp_monitor.events.kept import ListedEvent, listed, recorded_times
from camp_monitor.events.lookup import read_events
from camp_monitor.ledger.ledger import Ledger


def fresh_events(ledger: Ledger) -> list[ListedEvent]:
    """By facility, then by the time at which they were first seen."""
    events = read_events(ledger)
    with ledger.view() as view:
        recorded = {
            place: recorded_times(view, place) for place in {one.facility_id for one in events}
        }
    return [listed(event, recorded[event.facility_id]) for event in events]
