"""From the schedule and the run log to what a run has to do now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from camp_monitor.detect.detectors import detectors
from camp_monitor.errors import WorkspaceError
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.report.text.sentences import sentence
from camp_monitor.watch.run import Errand
from camp_monitor.watch.schedule import (
    Watch,
    clock_fault,
    in_time,
    is_due,
    search_from,
    visits_of,
    watches,
)
from camp_monitor.workspace import Workspace


def due_errands(
    workspace: Workspace,
    ledger: Ledger,
    now: datetime,
    only: Collection[str] = (),
    *,
    offline: bool = False,
) -> list[Errand]:
    """Return what is due: each facility from where the last visit ended, with some overlap.

    Parameters
    ----------
    workspace : Workspace
    ledger : Ledger
        Its run log tells when each facility was searched last.
    now : datetime
        UTC.
    only : collection of str
        Ids of facilities; empty: all that are watched.
    offline : bool
        Whether this run asks no catalogue on the network.  One that does goes on from the last
        that did; what was looked for here alone may be out there.

    Raises
    ------
    WorkspaceError
        The schedule is wrong, a named facility is not watched, or the clock was set back.
    """
    watched = watches(workspace)
    unknown = sorted(set(only) - {watch.facility_id for watch in watched})
    if unknown:
        raise WorkspaceError(
            f"{unknown[0]} is not watched: name it in [schedule] of camp-monitor.toml, or scan it "
            f"with --from and --to."
        )
    log = ledger.runs()
    fault = clock_fault(log, now)
    if fault is not None:
        raise WorkspaceError(sentence(fault))
    records = defaultdict(list)
    for record in in_time(log, now):
        records[record.facility_id].append(record)
    errands = []
    for watch in watched:
        visits = visits_of(watch, records[watch.facility_id], offline=offline)
        if (not only or watch.facility_id in only) and is_due(watch, visits, now):
            since = search_from(watch, visits, now)
            errands.append(Errand(watch.facility_id, (since, now), watch.sensors, _methods(watch)))
    return errands


def is_still_due(watch: Watch, ledger: Ledger, now: datetime, offline: bool) -> bool:
    """Whether no run of this kind has searched a facility in the present slot."""
    records = in_time(ledger.runs(watch.facility_id), now)
    return is_due(watch, visits_of(watch, records, offline=offline), now)


def _methods(watch: Watch) -> tuple[str, ...]:
    return tuple(name for name in detectors() if name.partition("/")[0] in watch.detectors)
