"""From the schedule and the diary of runs to what a run has to do now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from camp_monitor.detection.detectors import detectors
from camp_monitor.errors import WorkspaceError
from camp_monitor.findings.ledger import Ledger
from camp_monitor.findings.runs import RunRecord
from camp_monitor.monitoring.running import Errand
from camp_monitor.monitoring.schedule import (
    Watch,
    clock_fault,
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
        Its diary tells when each facility was searched last.
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
    fault = clock_fault(ledger.runs(), now)
    if fault:
        raise WorkspaceError(fault)
    return [
        _errand(watch, ledger, now, offline)
        for watch in watched
        if (not only or watch.facility_id in only) and is_still_due(watch, ledger, now, offline)
    ]


def is_still_due(watch: Watch, ledger: Ledger, now: datetime, offline: bool) -> bool:
    """Whether no run of this kind has searched a facility in the present slot."""
    return is_due(watch, _visits(watch, ledger, offline), now)


def _visits(watch: Watch, ledger: Ledger, offline: bool) -> tuple[RunRecord, ...]:
    return visits_of(watch, ledger.runs(watch.facility_id), offline=offline)


def _errand(watch: Watch, ledger: Ledger, now: datetime, offline: bool) -> Errand:
    visits = _visits(watch, ledger, offline)
    methods = tuple(name for name in detectors() if name.partition("/")[0] in watch.detectors)
    return Errand(watch.facility_id, (search_from(watch, visits, now), now), watch.sensors, methods)
