"""Events of a ledger, and the finding that stands for one."""

from __future__ import annotations

from camp_monitor.errors import NoSuchRecordError
from camp_monitor.events.events import Event, by_finding, join_events
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.records.finding import Finding
from camp_monitor.records.review import latest_reviews


def read_events(ledger: Ledger, facility_id: str | None = None) -> tuple[Event, ...]:
    """Join the findings that count, of one facility or of all, into events."""
    return join_events(
        ledger.findings(facility_id),
        ledger.observations(facility_id),
        latest_reviews(ledger.reviews()),
    )


def find_finding(ledger: Ledger, name: str) -> Finding:
    """Return the finding of an id, or the one that shows most of an event: see `find_findings`."""
    return find_findings(ledger, name)[0]


def find_findings(ledger: Ledger, name: str) -> tuple[Finding, ...]:
    """Return the finding of an id, or those of the pair of scenes that shows most of an event.

    Parameters
    ----------
    ledger : Ledger
    name : str
        Id of a finding (``F...``) or of an event (``E...``), or as much of it as tells it from the
        others.  An event keeps answering to an id that it had before an earlier finding joined it.

    Returns
    -------
    tuple of Finding
        At least one; of an event, the largest first.

    Raises
    ------
    NoSuchRecordError
        There is none, or more than one.
    """
    try:
        return (ledger.finding(name),)
    except NoSuchRecordError as error:
        digits = name.strip()[1:]
        if name.strip()[:1] not in ("E", "e") or not digits:
            raise
        try:
            first = ledger.finding(f"F{digits}")
        except NoSuchRecordError:
            raise error from None
    event = by_finding(read_events(ledger, first.facility_id)).get(first.id)
    if event is None:
        raise NoSuchRecordError(
            f"Event {name.strip()} is no more, since finding {first.id} was superseded.  See: "
            f"camp-monitor events list --facility {first.facility_id}"
        )
    most = event.largest
    pair = most.before, most.after
    others = (one for one in event.findings if (one.before, one.after) == pair and one != most)
    return (most, *others)
