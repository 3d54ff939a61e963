"""What is watched, how often, and when a facility is due.

Time is cut into slots of `Watch.cadence_days`, counted from `EPOCH` for everybody: when a run
happens to start moves no slot, and a facility is due when nobody has searched it in the present
one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from camp_monitor.codes import Code
from camp_monitor.errors import WorkspaceError
from camp_monitor.facilities import Facility, read_registry
from camp_monitor.notes import Note, note
from camp_monitor.records.run import RunRecord
from camp_monitor.settings import GroupSettings, ScheduleSettings
from camp_monitor.workspace import CONFIGURATION, Workspace

EPOCH = datetime(1972, 1, 1, tzinfo=UTC)
"""All slots are counted from here, and none lies before: the first Landsat flew in this year."""

OVERLAP = timedelta(days=30)
"""So much of what was searched is searched again: images reach the catalogues late."""

WITHOUT_SINCE = timedelta(days=365)
"""How far back the first visit of a facility looks where the schedule does not say since when."""

TOLERANCE = timedelta(days=1)
"""A visit that ends its search so near to its own time went up to then; so small a hole is none."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""A run log that is ahead of the clock by less than this shows no fault."""


@dataclass(frozen=True)
class Watch:
    """How one facility is watched.

    Parameters
    ----------
    facility_id : str
    cadence_days : int
        A look is expected within every so many days.
    sensors, detectors : tuple of str
        What is looked for, and what is looked for in it.
    since : date or None
        First day of the watch; None: a year before the first visit.
    """

    facility_id: str
    cadence_days: int
    sensors: tuple[str, ...]
    detectors: tuple[str, ...]
    since: date | None = None


def watches(workspace: Workspace) -> tuple[Watch, ...]:
    """Return what the ``[schedule]`` of a workspace watches, by id.

    Raises
    ------
    WorkspaceError
        A facility is not in the registry, has no outline, or is in two groups.
    FacilityError
        The registry cannot be read.
    """
    schedule = workspace.configuration.schedule
    registry = {facility.id: facility for facility in read_registry(workspace.aoi)}
    groups: dict[str, tuple[str, GroupSettings]] = {}
    for name, group in schedule.groups.items():
        for facility_id in group.facilities:
            if groups.setdefault(facility_id, (name, group)) != (name, group):
                raise WorkspaceError(
                    f"{CONFIGURATION}: {facility_id!r:.80} is in the groups "
                    f"{groups[facility_id][0]!r:.80} and {name!r:.80} of [schedule]: take it out "
                    f"of one of them."
                )
    named = {*schedule.facilities, *groups}
    for facility_id in sorted(named):
        _check_named(facility_id, registry)
    chosen = named
    if not schedule.facilities:
        chosen = named | {key for key, facility in registry.items() if facility.outlines}
    usual = workspace.configuration.fetch.sensors
    return tuple(
        _watch(facility_id, schedule, groups[facility_id][1] if facility_id in groups else None,
               usual)
        for facility_id in sorted(chosen)
    )  # fmt: skip


def _check_named(facility_id: str, registry: dict[str, Facility]) -> None:
    if facility_id not in registry:
        near = difflib.get_close_matches(facility_id, registry, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else "'camp-monitor facilities list' shows all."
        raise WorkspaceError(
            f"{CONFIGURATION}: [schedule] names {facility_id!r:.80}, and there is no such "
            f"facility; {hint}"
        )
    if not registry[facility_id].outlines:
        raise WorkspaceError(
            f"{CONFIGURATION}: [schedule] names {facility_id!r:.80}, which has no outline and "
            f"cannot be searched: give it one with 'camp-monitor facilities import', or leave it "
            f"out."
        )


def _watch(
    facility_id: str,
    schedule: ScheduleSettings,
    group: GroupSettings | None,
    usual: tuple[str, ...],
) -> Watch:
    own = group or GroupSettings(facilities=(facility_id,))
    since = schedule.since if own.since is None else own.since
    sensors = schedule.sensors if own.sensors is None else own.sensors
    return Watch(
        facility_id,
        own.cadence_days or schedule.cadence_days,
        sensors or usual,
        own.detectors or schedule.detectors,
        date.fromisoformat(since) if since else None,
    )


# --- slots


def slot_of(watch: Watch, at: datetime) -> tuple[datetime, datetime]:
    """Return the slot that `at` lies in: its first instant, and the first of the next one."""
    length = timedelta(days=watch.cadence_days)
    first = EPOCH + (at - EPOCH) // length * length
    return first, first + length


def slots_between(
    watch: Watch, first: datetime, last: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the slots that begin at `first` or later and before `last`, without a hole."""
    length = timedelta(days=watch.cadence_days)
    start = -((EPOCH - max(first, EPOCH)) // length)
    count = -((EPOCH - last) // length) - start
    begins = (EPOCH + number * length for number in range(start, start + max(count, 0)))
    return tuple((begin, begin + length) for begin in begins)


# --- visits


def instant(text: str) -> datetime:
    """Read a time of the run log, or of a look."""
    return datetime.fromisoformat(text)


def visits_of(
    watch: Watch, records: Iterable[RunRecord], *, offline: bool = True
) -> tuple[RunRecord, ...]:
    """Return the visits of a facility in which all was looked for that is watched for now.

    Without `offline`, only those that asked a catalogue on the network.
    """
    return tuple(
        record
        for record in records
        if record.what == "visited"
        and (offline or not record.offline)
        and record.facility_id == watch.facility_id
        and record.from_at
        and record.to_at
        and (not record.sensors or {*watch.sensors} <= {*record.sensors})
    )


def searched_until(visit: RunRecord) -> datetime:
    """Return the last instant that a visit can have searched: never one after the visit."""
    return min(instant(visit.at), instant(visit.to_at))


def is_due(watch: Watch, visits: Iterable[RunRecord], now: datetime) -> bool:
    """Tell whether nobody has searched a facility since the present slot began.

    Parameters
    ----------
    watch : Watch
    visits : iterable of RunRecord
        All that is written of runs, or of this facility; those that failed do not count.
    now : datetime
    """
    begun, _ = slot_of(watch, now)
    return not any(searched_until(visit) >= begun for visit in visits_of(watch, visits))


def next_due(watch: Watch, visits: Iterable[RunRecord], now: datetime) -> datetime:
    """Return when a facility is due: now, or when the next slot begins."""
    return now if is_due(watch, visits, now) else slot_of(watch, now)[1]


def search_from(watch: Watch, visits: Iterable[RunRecord], now: datetime) -> datetime:
    """Return from where the next visit of a facility searches, so that no day is left out.

    That is where the visits so far end that follow one another without a hole, less `OVERLAP` or
    one slot, whichever is longer; without a visit, `Watch.since` or a year ago.  A visit by hand
    that looked at some old interval alone does not count.
    """
    regular = [
        (instant(visit.from_at), searched_until(visit), instant(visit.at))
        for visit in visits_of(watch, visits)
        if instant(visit.at) - searched_until(visit) <= TOLERANCE
    ]
    begun = min((at for _, _, at in regular), default=now) - WITHOUT_SINCE
    if watch.since is not None:
        begun = datetime.combine(watch.since, time(), UTC)
    begun = min(max(begun, EPOCH), now)
    reached = begun
    for first, until, _ in sorted(regular):
        if first <= reached + TOLERANCE:
            reached = max(reached, until)
    overlap = max(OVERLAP, timedelta(days=watch.cadence_days))
    return max(begun, min(reached, now) - overlap)


def expected_from(
    watch: Watch, records: Iterable[RunRecord], first_run_at: datetime | None = None
) -> datetime | None:
    """Return since when looks are expected at a facility; None where nothing has begun.

    That is `Watch.since`; else the first instant that a visit of it searched or tried to; else
    `first_run_at`, when the first run of all began.  A try without a network is none: the years
    before it are not lost, but still to be searched.
    """
    if watch.since is not None:
        return max(datetime.combine(watch.since, time(), UTC), EPOCH)
    tried = [
        instant(record.from_at)
        for record in records
        if record.facility_id == watch.facility_id
        and record.from_at
        and not record.is_without_network
    ]
    begun = min(tried, default=first_run_at)
    return None if begun is None else max(begun, EPOCH)


# --- the clock


def clock_fault(records: Sequence[RunRecord], now: datetime) -> Note | None:
    """Say that the run log is ahead of the clock; None if it is not.

    `records` are in the order of the log, and the last one tells: earlier ones that are ahead of it
    were written by a clock that was wrong (see `in_time`).
    """
    newest = instant(records[-1].at) if records else now
    if newest - now <= CLOCK_TOLERANCE:
        return None
    return note(
        Code.CLOCK_BEHIND, newest_at=_minute(newest), now_at=_minute(now),
        ahead_h=(newest - now) / timedelta(hours=1),
    )  # fmt: skip


def in_time(records: Sequence[RunRecord], now: datetime) -> tuple[RunRecord, ...]:
    """Return the records of a run log that were not written ahead of their time.

    One that is later than another that was written after it, or than the clock, was written while
    a clock was ahead; nobody can say when that was, and it is no visit.

    Parameters
    ----------
    records : sequence of RunRecord
        In the order of the run log.
    now : datetime
    """
    kept = []
    limit = now
    for record in reversed(records):
        at = instant(record.at)
        if at - limit <= CLOCK_TOLERANCE:
            kept.append(record)
            limit = min(limit, at)
    return tuple(reversed(kept))


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
