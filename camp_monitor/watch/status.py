"""Where a workspace stands: each watched facility, its looks, and the times without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from camp_monitor.errors import InputError
from camp_monitor.facilities import find_facility, read_registry
from camp_monitor.ledger.lookup import Looked
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.notes import Note
from camp_monitor.records.run import RunRecord, without_network
from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import facility_name
from camp_monitor.watch.coverage import (
    LEAST_OUTAGE,
    Outage,
    Slot,
    account,
    last_seen,
    outages,
    run_outages,
)
from camp_monitor.watch.failed_runs import FailedRuns, failed_runs, failed_sentence
from camp_monitor.watch.kept import Kept, read_kept
from camp_monitor.watch.reviewing import NO_REVIEWING, Reviewing, read_reviewing
from camp_monitor.watch.schedule import (
    Watch,
    clock_fault,
    in_time,
    instant,
    next_due,
    watches,
)
from camp_monitor.workspace import Workspace

SINGLE_CAUSES = ("no_image", "no_network", "missed", "failed", "refused")
"""Outcomes that name an outage of looks that has no other."""
FIRST_YEAR = timedelta(days=365)
MOST_FAILED = 8
"""Sentences on failed runs that are shown."""
MOST_NAMED = 6
"""Facilities that a sentence names; of more it says how many there are."""


@dataclass(frozen=True)
class Row:
    """Where one facility stands.

    Parameters
    ----------
    watch : Watch
    name : str
        In the language in use.
    last_seen_at, last_visit_at : datetime or None
        When the newest image was taken in which something could be told, and when the facility
        was last searched; None for never.
    due_at : datetime
        When it is to be searched next; now, where it is overdue.
    slots : tuple of Slot
        Every look that was expected.
    since_at : datetime or None
        When the oldest of the images was taken that anything was compared with; None for none.
    """

    watch: Watch
    name: str
    last_seen_at: datetime | None
    last_visit_at: datetime | None
    due_at: datetime
    slots: tuple[Slot, ...]
    since_at: datetime | None = None

    def unseen_days(self, at: datetime) -> int:
        """Days from the one on which it was last seen to that of `at`; 0 if it never was."""
        return 0 if self.last_seen_at is None else (at.date() - self.last_seen_at.date()).days

    def in_first_year(self, at: datetime) -> bool:
        """Whether its images reach back less than a year."""
        return self.since_at is not None and at - self.since_at < FIRST_YEAR


@dataclass(frozen=True)
class Status:
    """Where a workspace stands.

    Parameters
    ----------
    at : datetime
        As of when.
    rows : tuple of Row
        Those never seen first, then by how long they were not seen, the longest first.
    outages : tuple of Outage
        Of runs, of looks and of sight, in order of time.
    last_run_at : datetime or None
        When a run last came to its end.
    without_network : RunRecord or None
        Says that the last run found no network.
    without_outline : tuple of str
        Facilities of the registry that cannot be watched.
    fault : Note or None
        What is wrong with the clock; None if nothing is.
    failed : tuple of FailedRuns
        The newest first.
    ledger : Kept or None
        What this rests on; None where nothing was recorded.
    reviewing : Reviewing
        How far reviewers agree.
    """

    at: datetime
    rows: tuple[Row, ...]
    outages: tuple[Outage, ...]
    last_run_at: datetime | None
    without_outline: tuple[str, ...]
    fault: Note | None
    without_network: RunRecord | None = None
    failed: tuple[FailedRuns, ...] = ()
    ledger: Kept | None = None
    reviewing: Reviewing = NO_REVIEWING

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the facilities that it tells of."""
        return tuple(row.watch.facility_id for row in self.rows)


def read_status(
    workspace: Workspace,
    now: datetime,
    *,
    at: datetime | None = None,
    facility_id: str | None = None,
) -> Status:
    """Say where a workspace stands, by its schedule and its ledger.

    Parameters
    ----------
    workspace : Workspace
    now : datetime
        UTC.
    at : datetime or None
        As of then: later runs and images are left out.  A scan that was made later, of images
        from before, counts.
    facility_id : str or None
        Only this facility.

    Raises
    ------
    InputError
        There is no such facility, it is not watched, or the schedule is wrong.
    LedgerError
        The ledger cannot be read.
    """
    watched = watches(workspace)
    registry = {facility.id: facility for facility in read_registry(workspace.aoi)}
    chosen = _chosen(workspace, watched, facility_id)
    records: tuple[RunRecord, ...] = ()
    looks: tuple[Looked, ...] = ()
    kept, reviewing = None, NO_REVIEWING
    if workspace.has_ledger:
        with open_ledger_of(workspace, reading=True) as ledger:
            kept = read_kept(ledger)
            records, looks = ledger.runs(), ledger.looks(facility_id)
            reviewing = read_reviewing(ledger, facility_id, at)
    fault = None if at else clock_fault(records, now)
    records = in_time(records, now)
    if at is not None:
        now = at
        records = tuple(record for record in records if instant(record.at) <= now)
    ended = [instant(record.at) for record in records if record.what == "ended"]
    rows = _rows(
        chosen, {key: facility_name(item) for key, item in registry.items()}, records, looks, now
    )
    ids = tuple(watch.facility_id for watch in chosen)
    runs = [replace(one, facility_ids=ids) for one in run_outages(records, watched, now)]
    found = [*runs, *outages({row.watch.facility_id: row.slots for row in rows})]
    return Status(
        now,
        rows,
        tuple(sorted(found, key=lambda one: (one.from_at, one.to_at))),
        max(ended, default=None),
        tuple(key for key, facility in registry.items() if not facility.outlines),
        fault,
        without_network(records),
        _failed(records, now, facility_id),
        kept,
        reviewing,
    )


def _failed(
    records: Sequence[RunRecord], now: datetime, facility_id: str | None
) -> tuple[FailedRuns, ...]:
    """Return failed runs; of one facility, those that did not search it."""
    found = failed_runs(records, now)
    if facility_id is None:
        return found
    return tuple(one for one in found if one.what != "part" or facility_id in one.facility_ids)


def _chosen(
    workspace: Workspace, watched: tuple[Watch, ...], facility_id: str | None
) -> tuple[Watch, ...]:
    if facility_id is None:
        return watched
    find_facility(workspace.aoi, facility_id)
    chosen = tuple(watch for watch in watched if watch.facility_id == facility_id)
    if not chosen:
        raise InputError(
            f"{facility_id} is not watched: add it to the facilities of [schedule] in "
            f"{workspace.root / 'camp-monitor.toml'}; it needs an outline."
        )
    return chosen


def _rows(
    chosen: Sequence[Watch],
    names: dict[str, str],
    records: Sequence[RunRecord],
    looks: Sequence[Looked],
    now: datetime,
) -> tuple[Row, ...]:
    own_records: dict[str, list[RunRecord]] = defaultdict(list)
    own_looks: dict[str, list[Looked]] = defaultdict(list)
    for record in records:
        own_records[record.facility_id].append(record)
    for look in looks:
        own_looks[look.facility_id].append(look)
    first_run_at = min((instant(record.at) for record in own_records[""]), default=None)
    seen = last_seen(looks, now)
    since = {key: min(instant(look.before_at) for look in own) for key, own in own_looks.items()}
    rows = []
    for watch in chosen:
        own = own_records[watch.facility_id]
        visited = [instant(record.at) for record in own if record.what == "visited"]
        slots = account(
            watch, own, own_looks[watch.facility_id], now, first_run_at=first_run_at
        )  # fmt: skip
        rows.append(
            Row(
                watch,
                names[watch.facility_id],
                seen.get(watch.facility_id),
                max(visited, default=None),
                next_due(watch, own, now),
                slots,
                since.get(watch.facility_id),
            )
        )
    never = datetime.min.replace(tzinfo=now.tzinfo)
    return tuple(sorted(rows, key=lambda row: (row.last_seen_at or never, row.watch.facility_id)))


# --- words


def headline(status: Status) -> str:
    """Sum up where a workspace stands, in a line."""
    lately = sum(
        row.last_seen_at is not None and status.at - row.last_seen_at < LEAST_OUTAGE
        for row in status.rows
    )
    never = sum(row.last_seen_at is None for row in status.rows)
    last = status.last_run_at
    return phrase(
        "status.headline",
        watched=len(status.rows),
        lately=lately,
        within=LEAST_OUTAGE.days,
        longer=len(status.rows) - lately - never,
        never=never,
        run=phrase("status.last_run", on=_day(last)) if last else phrase("status.no_run"),
    )


def network_sentence(status: Status) -> str:
    """Say that the last run found no network, in one sentence for all facilities; else nothing."""
    record = status.without_network
    if record is None:
        return ""
    at = f"{instant(record.at):%Y-%m-%d %H:%M} UTC"
    host = str(record.reasons[0].numbers["host"])
    return phrase("status.without_network", at=at, host=host)


def unseen_sentences(status: Status) -> list[str]:
    """Name the facilities that nobody has seen for longer than usual, longest first."""
    sentences = []
    never = tuple(row.watch.facility_id for row in status.rows if row.last_seen_at is None)
    if never:
        sentences.append(phrase("status.never_seen", names=_names(never, status.ids)))
    rows = [(row.last_seen_at, row) for row in status.rows if row.last_seen_at is not None]
    for seen_at, row in sorted(rows, key=lambda pair: (pair[0], pair[1].watch.facility_id)):
        days = row.unseen_days(status.at)
        if days >= LEAST_OUTAGE.days:
            sentences.append(
                phrase(
                    "status.not_seen_since", facility=row.watch.facility_id, on=_day(seen_at),
                    ago=days,
                )
            )  # fmt: skip
    return sentences


def failed_sentences(status: Status, most: int = MOST_FAILED) -> list[str]:
    """Say which runs failed and why, the newest first; what is left out is counted."""
    said = [
        failed_sentence(one, _names(one.facility_ids, status.ids)) for one in status.failed[:most]
    ]
    if len(status.failed) > most:
        said.append(phrase("runs.more", count=len(status.failed) - most))
    return said


def first_year_sentence(status: Status) -> str:
    """Say what a watch cannot tell in its first year, and of which facilities; else nothing."""
    young = tuple(sorted(r.watch.facility_id for r in status.rows if r.in_first_year(status.at)))
    if not young:
        return ""
    return phrase("status.first_year", names=_names(young, status.ids))


def outage_sentence(outage: Outage, watched: Sequence[str], *, most: int = MOST_NAMED) -> str:
    """Make the sentence of an outage: ``No image from 2024-07-26 to 2024-09-23 (60 days): a.``.

    Parameters
    ----------
    outage : Outage
    watched : sequence of str
        Ids of all facilities that are watched.
    most : int
        Of more facilities than this, only as many are named.
    """
    names = _names(outage.facility_ids, watched, most)
    first, last = outage.from_at, outage.to_at
    if outage.what == "run":
        return phrase(
            "outage.run", first=_day(first), last=_day(last), lasted=outage.days, names=names
        )
    last -= timedelta(seconds=1)
    dated: dict[str, Any] = {
        "first": _day(first), "last": _day(last), "lasted": outage.days, "names": names,
    }  # fmt: skip
    causes = [outcome for outcome, _ in outage.counts]
    if outage.what == "look" and len(causes) == 1 and causes[0] in SINGLE_CAUSES:
        return phrase("outage.single", what=causes[0], **dated)
    counts = (phrase("outage.count", count=count, outcome=name) for name, count in outage.counts)
    return phrase("outage.mixed", what=outage.what, counts=", ".join(counts), **dated)


def cloudy_sentence(status: Status) -> str:
    """Sum up the times in which clouds, alone or with other causes, hid a facility."""
    found = [one for one in status.outages if one.what == "sight"]
    if not found:
        return ""
    longest = max(found, key=lambda one: one.days)
    return phrase(
        "status.cloudy",
        times=sum(len(one.facility_ids) for one in found),
        least=LEAST_OUTAGE.days,
        longest=outage_sentence(longest, status.ids),
    )


def _names(ids: Sequence[str], watched: Sequence[str], most: int = MOST_NAMED) -> str:
    """Name facilities: ``all 35 facilities but sim-04``, where that is shorter."""
    others = sorted({*watched} - {*ids})
    if len(watched) > 1 and not others:
        return phrase("status.all", count=len(watched))
    if len(ids) > MOST_NAMED and len(others) <= MOST_NAMED // 2:
        return phrase("status.all_but", count=len(watched), names=others)
    if len(ids) <= most:
        return ", ".join(ids)
    return phrase("status.many", count=len(ids), names=tuple(ids[:most]))


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
