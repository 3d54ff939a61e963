"""Made-up run logs and looks, with outages that are known."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import shapely

from camp_monitor.codes import Code
from camp_monitor.ledger.lookup import Looked
from camp_monitor.notes import Note, note
from camp_monitor.records.observation import Observation
from camp_monitor.records.run import RunRecord, UnusedPass
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.watch.coverage import account, last_seen, outages, run_outages
from camp_monitor.watch.schedule import EPOCH, Watch
from camp_monitor.watch.status import Row, Status

DAY = timedelta(days=1)
START = EPOCH + 1900 * 10 * DAY
"""Where a slot of ten days begins."""


def watch(facility_id: str = "sim-01", cadence_days: int = 10, **changes: Any) -> Watch:
    given = {"sensors": ("sentinel-2",), "detectors": ("construction",), **changes}
    return Watch(facility_id, cadence_days, **given)


def day(number: float) -> datetime:
    return START + number * DAY


def text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


CLOUDY = note(Code.TOO_CLOUDY, clear_fraction=0.12)
NO_ANSWER = note(Code.FAILED, error="RemoteError", detail="The catalogue gave no answer.")
TWO_ORBITS = note(
    Code.OTHER_ORBIT, before="a", after="b", before_orbit="1 ascending", after_orbit="2 ascending"
)


def look(
    number: float, outcome: str = "unchanged", *reasons: Note, facility_id: str = "sim-01"
) -> Looked:
    at = text(day(number))
    scene = f"S2_{facility_id}_{number:g}"
    return Looked(
        facility_id, "construction/1", outcome, reasons, "S2_0", scene, "sentinel-2", at,
        text(day(-4000)), 1.0, (),
    )  # fmt: skip


def unused(number: float, outcome: str, reason: Note, facility_id: str = "sim-01") -> UnusedPass:
    scene = f"S2_{facility_id}_{number:g}"
    return UnusedPass(scene, "sentinel-2", text(day(number)), outcome, reason)


def visit(
    first: float, last: float, *passes: UnusedPass, facility_id: str = "sim-01", **changes: Any
) -> RunRecord:
    given = {
        "run_id": f"R{int(last)}",
        "what": "visited",
        "at": text(day(last)),
        "facility_id": facility_id,
        "from_at": text(day(first)),
        "to_at": text(day(last)),
        "sensors": ("sentinel-2",),
        "unused": passes,
    }
    return RunRecord(**{**given, **changes})


def run(number: float, what: str = "ended") -> RunRecord:
    return RunRecord(f"R{int(number)}", what, text(day(number)))


SILENT = range(400, 460)
"""Days of `series` without a run, caught up later."""
DARK = (range(200, 260), range(610, 650))
"""Days without an image of the first facility, and of the second."""
DARK_EVERYWHERE = range(700, 740)
"""Days without an image of any."""


def series(
    facility_ids: Sequence[str], days: int, seed: int = 1
) -> tuple[list[RunRecord], list[Looked]]:
    """Return the run log and the looks of some years, with five outages.

    A pass every five days, clouds as in Korea, a run every ten days; every search of the last
    facility failed.
    """
    chance = random.Random(seed)
    dark = dict(zip(facility_ids, DARK, strict=False))
    never = facility_ids[-1]
    records, looks = [], []
    passes: dict[str, list[int]] = {}
    for facility_id in facility_ids:
        passes[facility_id] = [
            number
            for number in range(chance.randrange(5), days, 5)
            if number not in dark.get(facility_id, ()) and number not in DARK_EVERYWHERE
        ]
    cloudy: dict[tuple[str, int], bool] = {}
    reached = 0.0
    for number in range(10, days, 10):
        if number in SILENT:
            continue
        records.append(run(number + 0.25, "started"))
        for facility_id in facility_ids:
            if facility_id == never:
                records.append(
                    visit(reached, number + 0.3, facility_id=facility_id, what="failed",
                          reasons=(NO_ANSWER,))
                )  # fmt: skip
                continue
            told = []
            for one in passes[facility_id]:
                if not max(reached - 30, 0) <= one < number + 0.3:
                    continue
                rainy = 170 <= one % 365 <= 230
                hidden = cloudy.setdefault(
                    (facility_id, one), chance.random() < (0.75 if rainy else 0.45)
                )
                if hidden:
                    told.append(unused(one, "too_cloudy", CLOUDY, facility_id))
                else:
                    for _ in range(2):
                        looks.append(look(one, facility_id=facility_id))
            records.append(visit(reached - 30, number + 0.3, *told, facility_id=facility_id))
        records.append(run(number + 0.4))
        reached = number + 0.3
    return records, list(dict.fromkeys(looks))


def observations(looks: Sequence[Looked]) -> Iterator[Observation]:
    """Make records that a ledger takes out of looks."""
    square = shapely.box(127.0, 40.0, 127.01, 40.01)
    for one in looks:
        before = SceneReference(
            one.before_id, one.sensor, one.before_at, one.before_at, ("a" * 64,), "L", "C"
        )
        after = SceneReference(
            one.after_id, one.sensor, one.acquired_at, one.acquired_at, ("a" * 64,), "L", "C"
        )
        yield Observation(
            one.facility_id, 1, one.method, before, after, "5" * 64, one.outcome,
            one.seen_fraction, one.reasons, square if one.outcome == "not_seen" else None,
        )  # fmt: skip


def status(ids: Sequence[str], days: int, *, name: str = "Camp", cadence_days: int = 10) -> Status:
    """Return where the series of made-up years stands, without a ledger."""
    records, looks = series(ids, days)
    now = day(days)
    rows = []
    for facility_id in ids:
        one = watch(facility_id, cadence_days, since=START.date())
        slots = account(one, records, looks, now)
        seen = last_seen(looks, now).get(facility_id)
        rows.append(Row(one, name, seen, None if seen is None else now, now, slots))
    found = outages({row.watch.facility_id: row.slots for row in rows})
    runs = run_outages(records, [row.watch for row in rows], now)
    told = sorted([*found, *runs], key=lambda one: (one.from_at, one.to_at))
    return Status(now, tuple(rows), tuple(told), now, ("no-outline",), None)
