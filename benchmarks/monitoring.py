"""Watch painted places for years as a monitor does, and hold what was found against the truth.

    python benchmarks/monitoring.py --seed 101 --out FOLDER

Paints a workspace (35 places, 3 years: rotating crops, snow, cloud, floods, new buildings, ponds,
outages; its truth is in ``truth.json``), then runs what is due every ten days, by a clock of its
own, as `camp-monitor scan --due` would.  An event counts as found where exactly one event that is
confirmed, or was before it ended, has its ground, its time and its kind; every other confirmed
event is a false one.  A folder that was painted before is not painted again, and what was scanned
is not scanned again.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from benchmarks.simulation.planning import plan_years
from benchmarks.simulation.writing import TRUTH, write_year_workspace
from camp_monitor.events.events import Event, join_events
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.report.text.sentences import error_text
from camp_monitor.report.text.words import reason_words
from camp_monitor.watch.coverage import Outage
from camp_monitor.watch.due import due_errands
from camp_monitor.watch.executors import open_workers
from camp_monitor.watch.run import How, run
from camp_monitor.watch.status import outage_sentence, read_status
from camp_monitor.workspace import Workspace, open_workspace

STEP = timedelta(days=10)
TOLD_WITHIN, TOLD_STEP = timedelta(days=365), timedelta(days=30)
"""A finding of use is told within so long; it is asked so often."""
SHARED_FRACTION = 0.25
"""Of the smaller of two grounds: the painted one and the one found."""
COVERED_FRACTION = 0.5
"""An outage is named where a named one covers so much of it, and each of its places."""


@dataclass(frozen=True)
class Score:
    """What was found, and what was not.

    Parameters
    ----------
    found, painted : int
    false : tuple of Event
        Confirmed, and nothing was painted there and then, or it was found already.
    missed : tuple of dict
        Painted events, as the truth has them.
    provisional, dropped : int
        Events that one scene alone shows, or that looks contradict.
    told : int
        Of those found: confirmed, or told as strong, within `TOLD_WITHIN` of their beginning.
    strong_false : int
        Events that are strong at the end, on ground where nothing was painted then.
    """

    found: int
    painted: int
    false: tuple[Event, ...]
    missed: tuple[dict[str, Any], ...]
    provisional: int
    dropped: int
    told: int
    strong_false: int


def watch(workspace: Workspace, truth: dict[str, Any], workers: int) -> int:
    """Run what is due, day by day, but for the times when nobody ran; return how many runs."""
    first, last = (date.fromisoformat(truth[key]) for key in ("first_on", "last_on"))
    silent = [
        (date.fromisoformat(one["from_on"]), date.fromisoformat(one["to_on"]))
        for one in truth["outages"]
        if one["kind"] == "no_run"
    ]
    runs = 0
    on = first + STEP
    with open_workers(workers) as pool:
        while on <= last + STEP:
            now = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
            how = How(
                workspace.configuration.scan, workspace.ground_files, None, lambda at=now: at
            )  # fmt: skip
            if not any(begins <= on < ends for begins, ends in silent):
                with open_ledger(workspace.ledger) as ledger:
                    if on <= _last_run(ledger):
                        on += STEP
                        continue
                    errands = due_errands(workspace, ledger, now, offline=True)
                done = run(workspace, errands, how, pool, f"{on:%Y%m%d}")
                failed = [error_text(error) for one in done for error in one.failed]
                if failed:
                    raise SystemExit(failed[0])
                runs += 1
            on += STEP
    return runs


def _last_run(ledger: Any) -> date:
    ended = ledger.runs(what="ended")
    return date.fromisoformat(ended[-1].at[:10]) if ended else date.min


def score(
    findings: Sequence[Finding], observations: Sequence[Observation], truth: dict[str, Any]
) -> Score:
    """Hold confirmed events against what was painted."""
    events = join_events(findings, observations)
    confirmed = [event for event in events if event.was_confirmed]
    used: set[str] = set()
    false: list[Event] = []
    missed, told = [], 0
    for painted in truth["events"]:
        there = [one for one in confirmed if one.id not in used and _is_of(one, painted)]
        right = [one for one in there if one.kind == painted["kind"]]
        used |= {one.id for one in there}
        false += [one for one in there if one not in right[:1]]
        if not right:
            missed.append(painted)
        elif was_told(findings, observations, painted):
            told += 1
    false += [one for one in confirmed if one.id not in used]
    others = [event for event in events if not event.was_confirmed]
    return Score(
        found=len(truth["events"]) - len(missed),
        painted=len(truth["events"]),
        false=tuple(false),
        missed=tuple(missed),
        provisional=sum(event.state == "provisional" for event in others),
        dropped=sum(event.state == "ended" for event in others),
        told=told,
        strong_false=sum(
            event.is_strong and not any(_is_of(event, one) for one in truth["events"])
            for event in others
        ),
    )


def was_told(
    findings: Sequence[Finding], observations: Sequence[Observation], painted: dict[str, Any]
) -> bool:
    """Whether a painted event was confirmed or strong at some look within `TOLD_WITHIN`."""
    place, began = painted["facility_id"], date.fromisoformat(painted["began_on"])
    on = began
    while on < began + TOLD_WITHIN:
        on = min(on + TOLD_STEP, began + TOLD_WITHIN)
        now = f"{on:%Y-%m-%d}"
        known, looks = (
            [
                one
                for one in records
                if one.facility_id == place and one.after.acquired_to_at[:10] <= now
            ]
            for records in (findings, observations)
        )
        said = [one for one in join_events(known, looks) if _is_of(one, painted)]
        if any(one.was_confirmed or one.is_strong for one in said):
            return True
    return False


def _is_of(event: Event, painted: dict[str, Any]) -> bool:
    """Whether an event has the ground of a painted one, and was first seen while it was there."""
    if event.facility_id != painted["facility_id"]:
        return False
    ground = shapely.geometry.shape(painted["geometry"])
    if _shared(event.geometry, ground) < SHARED_FRACTION:
        return False
    first = event.came[1].acquired_to_at[:10]
    return painted["began_on"] <= first <= (painted["ended_on"] or "9999")


def _shared(first: BaseGeometry, second: BaseGeometry) -> float:
    return float(first.intersection(second).area / min(first.area, second.area))


def named(outages: Sequence[Outage], painted: dict[str, Any]) -> list[Outage]:
    """Return the outages of the status that name a painted one; none where it is not named."""
    begins, ends = (_utc(painted[key]) for key in ("from_on", "to_on"))
    kinds = {"no_run": ("run",), "no_image": ("look", "sight")}[painted["kind"]]
    names = [
        one
        for one in outages
        if one.what in kinds
        and min(one.to_at, ends) - max(one.from_at, begins) >= COVERED_FRACTION * (ends - begins)
    ]
    if painted["kind"] == "no_run":
        return names
    wanted = set(painted["facility_ids"])
    names = [one for one in names if wanted & set(one.facility_ids)]
    return names if wanted <= {place for one in names for place in one.facility_ids} else []


def _utc(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def main() -> None:
    """Paint, watch, score, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--facilities", type=int, default=35)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--outages", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True, help="a new folder, or a painted one")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--paint-only", action="store_true")
    parser.add_argument("--no-score", action="store_true", help="watch, and do not look at it")
    said = parser.parse_args()
    if not (said.out / TRUTH).is_file() or not (said.out / "imagery" / "catalog.json").is_file():
        _paint(said)
    workspace = open_workspace(said.out)
    truth = json.loads((said.out / TRUTH).read_text(encoding="utf-8"))
    if said.paint_only:
        return
    started = time.monotonic()
    runs = watch(workspace, truth, said.workers)
    peak_mb = [
        resource.getrusage(who).ru_maxrss / 1e3
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    ledger_mb = (workspace.out / "ledger.sqlite").stat().st_size / 1e6
    print(
        f"{runs} runs in {time.monotonic() - started:.0f} s; peak memory {peak_mb[0]:.0f} MB, of a "
        f"worker {peak_mb[1]:.0f} MB; ledger {ledger_mb:.1f} MB",
        flush=True,
    )
    if not said.no_score:
        _report(workspace, truth)


def _paint(said: argparse.Namespace) -> None:
    started = time.monotonic()
    plan = plan_years(said.seed, said.facilities, said.years, said.events, said.outages)
    write_year_workspace(said.out, plan, said.workers)
    scenes = sum(len(plan.acquisitions(place)) for place in plan.places)
    print(
        f"seed {said.seed}: {len(plan.places)} places, {scenes} scenes, {len(plan.events)} events, "
        f"{len(plan.outages)} outages painted in {time.monotonic() - started:.0f} s",
        flush=True,
    )


def _report(workspace: Workspace, truth: dict[str, Any]) -> None:
    """Print what was found, what not, and why."""
    started = time.monotonic()
    with open_ledger(workspace.ledger) as ledger:
        findings, observations = ledger.findings(), ledger.observations()
        faults = ledger.verify()
    events = join_events(findings, observations)
    result = score(findings, observations, truth)
    seconds = time.monotonic() - started
    print(
        f"{len(observations)} observations, {len(findings)} findings, {len(events)} events "
        f"({seconds:.0f} s to read, verify and join); chain: {'; '.join(faults) or 'whole'}"
    )
    print(
        f"found {result.found} of {result.painted} events, {len(result.false)} false; "
        f"{result.provisional} provisional and {result.dropped} dropped are not counted; "
        f"{result.told} told within {TOLD_WITHIN.days} d, {result.strong_false} strong at the end "
        "without anything painted"
    )
    for painted in result.missed:
        print(
            f"  missed: {painted['facility_id']} {painted['kind']} {painted['began_on']}, "
            f"{painted['area_m2']:.0f} m2, shown by {len(painted['shown_by'])} scenes"
        )
        ground = shapely.geometry.shape(painted["geometry"])
        for one in events:
            if one.facility_id == painted["facility_id"] and one.geometry.intersects(ground):
                print(
                    f"    {one.kind}, {one.came[1].dates}, {one.state}: {reason_words(one.reasons)}"
                )
    for one in result.false:
        said = f"{one.kind} {one.came[1].dates}, {one.state}: {reason_words(one.reasons)}"
        print(f"  false: {one.facility_id} {said}")
    status = read_status(workspace, _utc(truth["last_on"]) + 2 * STEP)
    watched = [row.watch.facility_id for row in status.rows]
    for painted in truth["outages"]:
        names = named(status.outages, painted)
        where = "all" if painted["kind"] == "no_run" else ", ".join(painted["facility_ids"])
        print(
            f"  outage {painted['kind']} {painted['from_on']} to {painted['to_on']}, {where}: "
            + (" ".join(outage_sentence(one, watched) for one in names) or "NOT NAMED")
        )


if __name__ == "__main__":
    main()
