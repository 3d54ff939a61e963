"""A run: places searched and fetched one after another, compared side by side, recorded by one.

What a run finished is in the ledger before it goes on, so that one that is cut off at any moment
loses only what was under way, and the next one does that and nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeGuard

from camp_monitor.assess.question import Question, about, quiet_scene, refer
from camp_monitor.codes import WEATHER, Code
from camp_monitor.errors import CampMonitorError, LedgerError, UnreachableError
from camp_monitor.events.kept import keep_events
from camp_monitor.facilities import find_facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.lookup import question_sha256
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.notes import Note
from camp_monitor.pairs.selection import Look
from camp_monitor.providers.gathering import Place, Plan, Shop, fetch_offers, in_catalogue, plan
from camp_monitor.records.finding import Finding
from camp_monitor.records.run import RunRecord, UnusedPass, failure
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scan import Records, answered
from camp_monitor.scenes.catalogue import read_scene, read_scenes
from camp_monitor.scenes.passes import put_together
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import GroundFiles, ScanSettings
from camp_monitor.watch.executors import Answer, Workers
from camp_monitor.watch.locks import take
from camp_monitor.workspace import Workspace

MOST_FAILURES = 5
"""Errors that the run log keeps of one visit."""


@dataclass(frozen=True)
class Errand:
    """What a run does at one facility.

    Parameters
    ----------
    facility_id : str
    interval : (datetime, datetime)
        Every usable scene acquired in it is compared.
    sensors : tuple of str
        What is looked for; empty: all that the catalogue holds, or the shop sells.
    methods : tuple of str
        Of the detectors that are asked.
    """

    facility_id: str
    interval: tuple[datetime, datetime]
    sensors: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True)
class How:
    """What is the same at all facilities of a run.

    Parameters
    ----------
    settings : ScanSettings
    ground_files : GroundFiles
    open_shop : callable or None
        Opens the catalogue on the network for some sensors; None to use only what is here.
    clock : callable
        Returns the time now, in UTC.
    note_fetched : callable
        Called with each scene that was added.
    report : callable
        Called with each `Told`.
    is_wanted : callable
        Asked, once no other run can be at the facility, whether it is still to be done.
    in_log : bool
        Whether visits are written into the run log, as looks that were expected.
    fetch_ground : callable
        Called with a facility's id before its first comparison.
    clock_is_right : bool
        See `Ledger.record`.
    """

    settings: ScanSettings
    ground_files: GroundFiles
    open_shop: Callable[[tuple[str, ...]], AbstractContextManager[Shop]] | None
    clock: Callable[[], datetime]
    note_fetched: Callable[[Scene], None] = lambda _: None
    report: Callable[[Told], None] = lambda _: None
    is_wanted: Callable[[str, Ledger], bool] = lambda *_: True
    in_log: bool = True
    fetch_ground: Callable[[str], None] = lambda _: None
    clock_is_right: bool = False


@dataclass(frozen=True)
class Told:
    """What a run says of its progress at one facility.

    Parameters
    ----------
    facility_id : str
    planned : Plan or None
        What will be compared, once that is known.
    compared : int
        Comparisons that have come to their end since the last word.
    """

    facility_id: str
    planned: Plan | None = None
    compared: int = 0


@dataclass
class Done:
    """What became of one facility in a run; it grows as answers come in.

    Parameters
    ----------
    facility_id : str
    pairs : list of (str, str, Note)
        Ids of before and after scene in the catalogue, and why they were chosen.
    left_out : tuple of (Look, Note)
        Scenes of the interval that are not used, with the reason.
    known : int
        Pairs that the ledger knew already.
    observations : int
        That were added.
    findings : list of Finding
        That were added.
    failed : list of CampMonitorError
        What could not be done.
    by_another : bool
        Another run is at this facility, or has just done it.
    """

    facility_id: str
    pairs: list[tuple[str, str, Note]] = field(default_factory=list)
    left_out: tuple[tuple[Look, Note], ...] = ()
    known: int = 0
    observations: int = 0
    findings: list[Finding] = field(default_factory=list)
    failed: list[CampMonitorError] = field(default_factory=list)
    by_another: bool = False


@dataclass(frozen=True)
class Open:
    """A facility whose comparisons are under way."""

    errand: Errand
    done: Done
    pending: set[int]
    unused: list[UnusedPass]
    lock: ExitStack


Key = tuple[str, int, SceneReference]


def run(
    workspace: Workspace,
    errands: Sequence[Errand],
    how: How,
    workers: Workers[Key],
    run_id: str,
    interval: tuple[datetime, datetime] | None = None,
) -> tuple[Done, ...]:
    """Search, fetch, compare and record; return what became of each facility.

    Parameters
    ----------
    workspace : Workspace
    errands : sequence of Errand
        One for each facility.
    how : How
    workers : Workers
    run_id : str
        See `RunRecord`.
    interval : (datetime, datetime) or None
        That was asked for; None where what was due was.

    Raises
    ------
    LedgerError
        The ledger cannot be read or written; what was recorded before stays.
    CampMonitorError
        The source is set up wrongly, the catalogue cannot be read, or no worker answers any more;
        likewise.
    """
    with open_ledger_of(workspace) as ledger:
        ledger.check()
        first, last = map(_utc, interval) if interval else ("", "")
        begun = RunRecord(run_id, "started", _utc(how.clock()), from_at=first, to_at=last)
        ledger.write_run(begun)
        try:
            if how.open_shop:  # what is wrong with the source is so for all
                with how.open_shop(()):
                    pass
            done, lost = _visit_all(workspace, errands, how, workers, ledger, run_id)
        except LedgerError:
            raise
        except CampMonitorError as error:
            reasons = (failure(error),)
            ledger.write_run(RunRecord(run_id, "failed", _utc(how.clock()), reasons=reasons))
            raise
        what, why = ("failed", (failure(lost),)) if lost else ("ended", ())
        ledger.write_run(RunRecord(run_id, what, _utc(how.clock()), reasons=why))
        keep_events(ledger, {one.facility_id for one in done})
    return done


def _visit_all(
    workspace: Workspace,
    errands: Sequence[Errand],
    how: How,
    workers: Workers[Key],
    ledger: Ledger,
    run_id: str,
) -> tuple[tuple[Done, ...], UnreachableError | None]:
    """Visit one place after another, until the catalogue's host gives no answer at all."""
    done = []
    lost: UnreachableError | None = None
    held = read_scenes(workspace.imagery)
    with ExitStack() as locks:
        under_way: dict[str, Open] = {}
        for errand in errands:
            place = Open(
                errand, Done(errand.facility_id), set(), [], locks.enter_context(ExitStack())
            )
            done.append(place.done)
            is_free = take(workspace.out, errand.facility_id, place.lock)
            if not is_free or not how.is_wanted(errand.facility_id, ledger):
                place.done.by_another = True
                place.lock.close()
                continue
            under_way[errand.facility_id] = place
            if lost is not None:
                place.done.failed.append(lost)
                continue
            try:
                for number, question in enumerate(_prepare(workspace, place, held, how, ledger)):
                    place.pending.add(number)
                    key = errand.facility_id, number, refer(question.after)
                    workers.submit(key, question)
            except LedgerError:
                raise
            except CampMonitorError as error:
                place.done.failed.append(error)
                lost = error if is_lost(error) else None
            _take(workers, under_way, ledger, how, run_id, wait_for_all=False)
        _take(workers, under_way, ledger, how, run_id, wait_for_all=True)
    return tuple(done), lost


def is_lost(error: CampMonitorError) -> TypeGuard[UnreachableError]:
    """Tell whether nothing can be searched for now: the catalogue's host gives no answer."""
    return isinstance(error, UnreachableError) and error.is_catalogue


def _prepare(
    workspace: Workspace, place: Open, held: Sequence[Scene], how: How, ledger: Ledger
) -> Iterator[Question]:
    """Choose pairs, fetch what is missing, and give what the ledger does not know yet."""
    errand, done = place.errand, place.done
    facility = find_facility(workspace.aoi, errand.facility_id)
    area = search_area(facility.outline, how.settings.margin_m)
    ground = Place(facility.outline.geometry, area, how.settings.context_px)
    near = [scene for scene in held if scene.footprint.intersects(area)]
    passes = put_together(near, area, how.settings.context_px)
    with ExitStack() as stack:
        shop = stack.enter_context(how.open_shop(errand.sensors)) if how.open_shop else None
        planned = plan(
            passes, ground, errand.interval, shop,
            least_clear=how.settings.min_seen_fraction, sensors=errand.sensors,
        )  # fmt: skip
        how.report(Told(errand.facility_id, planned))
        done.failed += planned.away[:1]  # what was not looked at is due again
        if planned.choice.pairs:
            how.fetch_ground(facility.id)
        ask = about(facility, how.settings, how.ground_files, errand.methods)
        fetched: dict[str, str] = {}
        if shop is not None and planned.missing:
            fetched = fetch_offers(
                workspace.imagery, ground, planned.missing, shop, note=how.note_fetched
            )
    near += [read_scene(workspace.imagery / name / f"{name}.json") for name in fetched.values()]
    every = put_together(near, area, how.settings.context_px) if fetched else passes
    chosen = in_catalogue(planned.choice.pairs, fetched, [*passes, *near], every)
    done.pairs += [(before.id, after.id, why) for before, after, why in chosen]
    done.left_out = planned.choice.left_out
    place.unused.extend(_unused(look, reason) for look, reason in done.left_out)
    questions = (
        ask(before=before, after=after, earlier=quiet_scene(every, before, area))
        for before, after, _ in chosen
    )
    yield from _new(questions, place, ledger, how)


def _new(
    questions: Iterable[Question], place: Open, ledger: Ledger, how: How
) -> Iterator[Question]:
    """Give the questions whose answer the ledger does not hold."""
    known = ledger.questions(place.errand.facility_id)
    for question in questions:
        counts = [known.get(_asked_sha256(question, method)) for method in question.methods]
        if None in counts:
            yield question
            continue
        place.done.known += 1
        if not all(counts):  # it was answered, superseded, and is asked again
            _record(ledger, place.done, answered(ledger, question) or ([], []), how)


def _asked_sha256(question: Question, method: str) -> str:
    asked = question.asked(method)
    return question_sha256(asked | {role: asked[role].to_dict() for role in ("before", "after")})


def _take(
    workers: Workers[Key],
    under_way: dict[str, Open],
    ledger: Ledger,
    how: How,
    run_id: str,
    *,
    wait_for_all: bool,
) -> None:
    """Record what is done, and close each facility of which nothing is left to do."""
    for (facility_id, number, after), answer in workers.answers(wait_for_all=wait_for_all):
        place = under_way[facility_id]
        place.pending.discard(number)
        _keep(ledger, place, after, answer, how)
        how.report(Told(facility_id, compared=1))
        if not place.pending:
            _close(under_way, facility_id, ledger, how, run_id)
    for facility_id in [name for name, place in under_way.items() if not place.pending]:
        _close(under_way, facility_id, ledger, how, run_id)


def _keep(ledger: Ledger, place: Open, after: SceneReference, answer: Answer, how: How) -> None:
    if not isinstance(answer, Exception):
        _record(ledger, place.done, answer, how)
        return
    error = answer
    if not isinstance(error, CampMonitorError):
        error = CampMonitorError(f"The program failed ({type(answer).__name__}: {answer}).")
    if failure(error) not in map(failure, place.done.failed):
        place.done.failed.append(error)
    place.unused.append(
        UnusedPass(after.id, after.sensor, after.acquired_from_at, "failed", failure(error))
    )


def _record(ledger: Ledger, done: Done, answer: Records, how: How) -> None:
    added = ledger.record(*answer, recorded_at=how.clock(), clock_is_right=how.clock_is_right)
    done.observations += added.observations
    if added.findings:
        done.findings += [item for item in answer[1] if not item.candidate]


def _close(
    under_way: dict[str, Open], facility_id: str, ledger: Ledger, how: How, run_id: str
) -> None:
    """Write down that the facility was visited, or what failed there, and let it go."""
    place = under_way.pop(facility_id)
    if not how.in_log:
        place.lock.close()
        return
    first, last = place.errand.interval
    told = {item.scene_id: item for record in ledger.runs(facility_id) for item in record.unused}
    unused = {item.scene_id: item for item in place.unused}
    new = [item for item in unused.values() if told.get(item.scene_id) != item]
    ledger.write_run(
        RunRecord(
            run_id, "failed" if place.done.failed else "visited", _utc(how.clock()), facility_id,
            _utc(first), _utc(last), place.errand.sensors, tuple(new),
            offline=how.open_shop is None,
            reasons=tuple(map(failure, place.done.failed[:MOST_FAILURES])),
        )
    )  # fmt: skip
    place.lock.close()


def _unused(look: Look, reason: Note) -> UnusedPass:
    outcome = "too_cloudy" if reason.code in WEATHER else "refused"
    if reason.code == Code.QUALITY_UNREADABLE:
        outcome = "failed"
    return UnusedPass(look.id, look.sensor, _utc(look.acquired_at), outcome, reason)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
