"""The gap ledger: what became of every look that was expected, and when nobody looked.

Nothing of it is stored: it is computed from the run log and from what the ledger says was
looked at, so that it cannot say otherwise than they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from camp_monitor.codes import WEATHER, WEATHER_FLAGS, Code
from camp_monitor.ledger.lookup import Looked
from camp_monitor.notes import Note, note
from camp_monitor.records import earlier
from camp_monitor.records.run import RunRecord, UnusedPass
from camp_monitor.watch.schedule import (
    Watch,
    expected_from,
    instant,
    searched_until,
    slot_of,
    slots_between,
    visits_of,
)

OUTCOMES = (
    "looked", "refused", "too_cloudy", "failed", "no_image", "no_network", "missed", "pending",
)  # fmt: skip
"""What can become of an expected look; of several the first here counts."""

LEAST_OUTAGE = timedelta(days=30)
"""A shorter time without a look is usual."""

GRACE = timedelta(days=2)
"""A slot that nobody has searched is not called missed before it has been over for so long."""


@dataclass(frozen=True)
class Slot:
    """One expected look.

    Parameters
    ----------
    facility_id : str
    from_at, to_at : datetime
        First instant, and the first one after it.
    outcome : str
        One of `OUTCOMES`.
    reasons : tuple of Note
    """

    facility_id: str
    from_at: datetime
    to_at: datetime
    outcome: str
    reasons: tuple[Note, ...]


@dataclass(frozen=True)
class Outage:
    """A time without what was expected.

    Parameters
    ----------
    what : str
        ``run``: no run came to its end, whatever a later one caught up on.  ``look``: facilities
        were not looked at, for other reasons than the weather.  ``sight``: a facility was not
        seen, weather included.
    facility_ids : tuple of str
    from_at, to_at : datetime
    counts : tuple of (str, int)
        Outcomes and how many slots of each facility had them, the most frequent first.
    """

    what: str
    facility_ids: tuple[str, ...]
    from_at: datetime
    to_at: datetime
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def days(self) -> int:
        """How long it lasted, in whole days."""
        return (self.to_at - self.from_at).days


# --- what became of each slot


_Said = tuple[int, str, tuple[Note, ...]]
"""Rank of an outcome in `OUTCOMES`, when the image was taken, and the reasons."""
_RANKS = {outcome: rank for rank, outcome in enumerate(OUTCOMES)}
_Span = tuple[datetime, datetime, RunRecord]


def account(
    watch: Watch,
    records: Sequence[RunRecord],
    looks: Iterable[Looked],
    now: datetime,
    *,
    first_run_at: datetime | None = None,
) -> tuple[Slot, ...]:
    """Say of each look that was expected at a facility until now what became of it.

    A slot is *looked* if a scene of it was compared and told something, whoever asked; else
    *refused* or *too cloudy* if there was a scene, *failed* if it or the last search could not be
    finished, *no network* if that could not even begin, *no image* if a visit searched all of the
    slot after its end, and *missed* if nobody did.  A slot that is not over, or has only just
    ended, is *pending* until it is looked at.

    Parameters
    ----------
    watch : Watch
    records : sequence of RunRecord
        In the order of the log; those of other facilities are passed over.
    looks : iterable of Looked
        Likewise.
    now : datetime
    first_run_at : datetime or None
        When the first run of all began, for a facility that no run has reached.

    Returns
    -------
    tuple of Slot
        In order of time, each beginning where the one before ends.
    """
    own = [record for record in records if record.facility_id == watch.facility_id]
    begun = expected_from(watch, own, first_run_at)
    if begun is None:
        return ()
    spans = slots_between(watch, begun, now)
    said = _said_of_slots(watch, own, looks)
    visits = [(instant(v.from_at), searched_until(v), v) for v in visits_of(watch, own)]
    failures = [_failure(watch, record) for record in own if record.what == "failed"]
    searched = _furthest(visits, [first for first, _ in spans])
    failed = _furthest(failures, [last for _, last in spans])
    slots = []
    for (first, last), visit, failure in zip(spans, searched, failed, strict=True):
        if failure is not None and failure[1] < first:
            failure = None
        rank, _, reasons = said.get(first) or _without_scene(last, visit, failure)
        over = last <= now and (last + GRACE <= now or (visit is not None and visit[1] >= last))
        if rank and not over:
            rank, reasons = _RANKS["pending"], (note(Code.VISIT_DUE, due_on=_day(last)),)
        slots.append(Slot(watch.facility_id, first, last, OUTCOMES[rank], reasons))
    return tuple(slots)


def _said_of_slots(
    watch: Watch, records: Iterable[RunRecord], looks: Iterable[Looked]
) -> dict[datetime, _Said]:
    """Return, by the begin of the slot, the best that became of a scene in it."""
    best: dict[datetime, _Said] = {}

    def take(acquired_at: str, outcome: str, *reasons: Note) -> None:
        begin, _ = slot_of(watch, instant(acquired_at))
        said, held = (_RANKS[outcome], acquired_at, reasons), best.get(begin)
        if held is None or (held != said and _order(said) < _order(held)):
            best[begin] = said

    for look in looks:
        if look.facility_id != watch.facility_id:
            continue
        take(look.acquired_at, look_outcome(look), *_reasons(look))
        if look.outcome != "not_seen":
            seen_on = look.before_at[:10]
            take(
                look.before_at, "looked", note(Code.SEEN_AS_EARLIER, sensor=look.sensor, on=seen_on)
            )
    unused: dict[str, UnusedPass] = {}  # a later visit may have more to say of the same scene
    for record in records:
        unused.update((item.scene_id, item) for item in record.unused)
    for item in unused.values():
        passed = note(Code.NOT_SEEN, sensor=item.sensor, on=item.acquired_at[:10])
        take(item.acquired_at, item.outcome, passed, item.reason)
    return best


def _order(said: _Said) -> tuple[int, str, str]:
    """Sort what became of scenes: by rank, by time, and then in the same way every time."""
    return said[0], said[1], repr(said[2])


def look_outcome(look: Looked) -> str:
    """Return which of `OUTCOMES` an observation is."""
    if look.outcome != "not_seen":
        return "looked"
    return "too_cloudy" if any(map(_is_weather, look.reasons)) else "refused"


def _is_weather(reason: Note) -> bool:
    """Whether a reason lays it on the weather that nothing was seen."""
    if reason.code == Code.AS_RECORDED:
        return earlier.is_weather(str(reason.numbers["text"]))
    flags = reason.numbers.get("flags", ())
    return reason.code in WEATHER or bool(isinstance(flags, tuple) and WEATHER_FLAGS & {*flags})


def _reasons(look: Looked) -> tuple[Note, ...]:
    seen_on = look.acquired_at[:10]
    if look.outcome != "not_seen":
        return (note(Code.SEEN, sensor=look.sensor, on=seen_on),)
    return (note(Code.NOT_SEEN, sensor=look.sensor, on=seen_on), *look.reasons)


def _failure(watch: Watch, record: RunRecord) -> _Span:
    """Return the time that a failed visit was to search; one that names none, its last slot."""
    at = instant(record.at)
    begun = instant(record.from_at) if record.from_at else at - timedelta(days=watch.cadence_days)
    return begun, at, record


def _furthest(spans: Sequence[_Span], bounds: Iterable[datetime]) -> Iterator[_Span | None]:
    """For each of the rising `bounds`: of the spans begun by then, the one that ends last."""
    waiting = sorted(spans, key=lambda span: (span[0], span[1], span[2].at), reverse=True)
    best: _Span | None = None
    for bound in bounds:
        while waiting and waiting[-1][0] <= bound:
            span = waiting.pop()
            if best is None or span[1] >= best[1]:
                best = span
        yield best


def _without_scene(last: datetime, visit: _Span | None, failure: _Span | None) -> _Said:
    """Say what became of a slot of which no scene is known; `last` is where it ends."""
    if visit is not None and visit[1] >= last:
        code = Code.NO_IMAGE_HERE if visit[2].offline else Code.NO_IMAGE
        return _RANKS["no_image"], "", (note(code, until=_day(visit[1])),)
    if failure is not None and failure[2].is_without_network:
        return _RANKS["no_network"], "", failure[2].reasons
    if failure is not None:
        failed = note(Code.SEARCH_FAILED, on=_day(failure[1]))
        return _RANKS["failed"], "", (failed, *failure[2].reasons)
    return _RANKS["missed"], "", (note(Code.NOT_SEARCHED),)


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def last_seen(looks: Iterable[Looked], now: datetime) -> dict[str, datetime]:
    """Return for each facility when the newest image was taken in which something could be told.

    A facility that is not in it has never been seen.
    """
    seen: dict[str, str] = {}
    limit = now.isoformat()
    for look in looks:
        if look.outcome == "not_seen" or look.acquired_at <= seen.get(look.facility_id, ""):
            continue
        if look.acquired_at <= limit or instant(look.acquired_at) <= now:
            seen[look.facility_id] = look.acquired_at
    return {facility_id: instant(text) for facility_id, text in seen.items()}


# --- outages


def outages(slots: Mapping[str, Sequence[Slot]]) -> tuple[Outage, ...]:
    """Return the times without a look that lasted `LEAST_OUTAGE` or longer, in order of time.

    Where the same befell several facilities over the same days, that is one outage.  Clouds make
    no outage of looks; what they made longer is told apart, as an outage of sight.

    Parameters
    ----------
    slots : mapping of str to sequence of Slot
        As `account` returns them, by facility.
    """
    joined: dict[tuple[str, datetime, datetime, tuple[tuple[str, int], ...]], list[str]] = {}
    for facility_id in sorted(slots):
        for what, run in _stretches(slots[facility_id]):
            first, last = run[0].from_at, run[-1].to_at
            if last - first >= LEAST_OUTAGE:
                counts = Counter(slot.outcome for slot in run)
                ordered = sorted(counts.items(), key=lambda pair: (-pair[1], _RANKS[pair[0]]))
                key = (what, first, last, tuple(ordered))
                joined.setdefault(key, []).append(facility_id)
    return tuple(
        Outage(what, tuple(ids), first, last, counts)
        for (what, first, last, counts), ids in sorted(
            joined.items(), key=lambda pair: (pair[0][1], pair[0][2], pair[0][0], pair[1])
        )
    )


def _stretches(slots: Sequence[Slot]) -> Iterator[tuple[str, list[Slot]]]:
    """Yield runs of slots that nobody saw, and those in them that no cloud explains."""
    for seen, group in groupby(slots, key=lambda slot: slot.outcome in ("looked", "pending")):
        stretch = list(group)
        if seen:
            continue
        if any(slot.outcome == "too_cloudy" for slot in stretch):
            yield "sight", stretch
        for cloud, part in groupby(stretch, key=lambda slot: slot.outcome == "too_cloudy"):
            if not cloud:
                yield "look", list(part)


def run_outages(
    records: Iterable[RunRecord], watched: Sequence[Watch], now: datetime
) -> tuple[Outage, ...]:
    """Return the times in which no run came to its end for twice the shortest cadence.

    They are told whether or not a later run has caught up on their images.
    """
    runs = [(record.what, instant(record.at)) for record in records if not record.facility_id]
    if not watched or not runs:
        return ()
    usual = 2 * timedelta(days=min(watch.cadence_days for watch in watched))
    ids = tuple(watch.facility_id for watch in watched)
    begun = min(at for _, at in runs)
    times = sorted({begun, max(now, begun), *(at for what, at in runs if what == "ended")})
    return tuple(
        Outage("run", ids, first, last) for first, last in pairwise(times) if last - first > usual
    )
