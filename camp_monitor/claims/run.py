"""Claims in a workspace: a table is read, each claim is set against the ledger, and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from camp_monitor.claims.corroborating import corroborate
from camp_monitor.claims.looks import PASSES_DAYS, PASSING
from camp_monitor.claims.reading import read_claims_table
from camp_monitor.codes import ClaimVerdict, Code
from camp_monitor.errors import InputError
from camp_monitor.events.events import join_events
from camp_monitor.facilities import Facility, read_registry
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.claims import record_claims
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.notes import note
from camp_monitor.records.claim import Claim, Corroboration
from camp_monitor.records.review import Review, latest_reviews
from camp_monitor.scan import scan
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.passes import put_together
from camp_monitor.scenes.scene import Scene
from camp_monitor.workspace import AnyWorkspace, Workspace, open_workspace

MOST_FLOOD_IMAGES = 8
"""After images of one window that are compared for something that passes."""


@dataclass(frozen=True)
class Corroborated:
    """What came of a table of claims.

    Parameters
    ----------
    claims : tuple of Corroboration
        In the order of the table.
    added : int
        Answers that the ledger did not give yet.
    encoding : str
        Of the table: ``utf-8``, ``utf-16`` or ``windows-949``.
    unread, repeated : int
        Columns that were not read, and rows that said what another said.
    compared : int
        Pairs that were compared for it.
    failures : tuple of str
        Why a pair could not be compared.
    """

    claims: tuple[Corroboration, ...]
    added: int
    encoding: str
    unread: int
    repeated: int
    compared: int = 0
    failures: tuple[str, ...] = ()


def corroborate_table(
    workspace: AnyWorkspace,
    path: Path | str,
    *,
    compare: bool = False,
    recorded_at: datetime | None = None,
    clock_is_right: bool = False,
) -> Corroborated:
    """Set each claim of a table against what is on record, and record what came of it.

    Parameters
    ----------
    workspace : Workspace, Path or str
    path : Path or str
        See `camp_monitor.claims.reading.read_claims_table`.
    compare : bool
        Compare images of the catalogue that bracket a window and were not compared yet, and measure
        the detection limit where it was not measured.  Recorded as by `camp_monitor.scan.scan`.
    recorded_at : datetime or None
        In UTC, for the ledger; None: now.
    clock_is_right : bool
        See `Ledger.record`.

    Raises
    ------
    InputError
        The table cannot be used; nothing of it is stored.
    LedgerError
        The ledger was altered, or cannot be written.
    """
    workspace = open_workspace(workspace)
    registry = read_registry(workspace.aoi)
    table = read_claims_table(Path(path), registry, workspace.scan_settings.margin_m)
    answered = _answer(workspace, registry, table.claims)
    compared = 0
    failures: list[str] = []
    if compare:
        for facility_id, before, after in dict.fromkeys(
            pair for one in answered for pair in one.to_compare
        ):
            try:
                scan(
                    workspace, facility_id, before, after, detectability=True,
                    recorded_at=recorded_at, clock_is_right=clock_is_right,
                )  # fmt: skip
                compared += 1
            except InputError as error:
                failures.append(str(error))
        answered = _answer(workspace, registry, table.claims) if compared else answered
    answers = tuple(one.answer for one in answered)
    with open_ledger_of(workspace) as ledger:
        ledger.check()
        now = recorded_at or datetime.now(UTC)
        added = record_claims(ledger, answers, recorded_at=now, clock_is_right=clock_is_right)
    return Corroborated(
        answers, len(added), table.encoding, table.unread, table.repeated, compared,
        tuple(dict.fromkeys(failures)),
    )  # fmt: skip


@dataclass(frozen=True)
class _Answered:
    """An answer, and the pairs (facility, before, after) that may answer what it leaves open."""

    answer: Corroboration
    to_compare: tuple[tuple[str, str, str], ...] = ()


def _answer(
    workspace: Workspace, registry: Sequence[Facility], claims: Sequence[Claim]
) -> list[_Answered]:
    """Set claims against the ledger, facility by facility; nothing is recorded."""
    facilities = {one.id: one for one in registry}
    by_place: dict[str, list[Claim]] = {}
    for claim in claims:
        by_place.setdefault(claim.facility_id, []).append(claim)
    scenes = read_scenes(workspace.imagery)
    answered: dict[str, _Answered] = {}
    with open_ledger_of(workspace, reading=True) as ledger:
        ledger.check()
        reviews = latest_reviews(ledger.reviews())
        for facility_id, own in by_place.items():
            if facility_id:
                found = _of_facility(
                    workspace, ledger, reviews, facilities[facility_id], scenes, own
                )
            else:
                found = [_Answered(corroborate(claim, (), ())) for claim in own]
            answered |= {one.answer.claim.id: one for one in found}
    return [answered[claim.id] for claim in claims]


def _of_facility(
    workspace: Workspace, ledger: Ledger, reviews: Mapping[str, Review], facility: Facility,
    scenes: Sequence[Scene], claims: Sequence[Claim],
) -> list[_Answered]:  # fmt: skip
    settings = workspace.scan_settings
    observations = ledger.observations(facility.id)
    findings = ledger.findings(facility.id, candidates=True)
    events = join_events(findings, observations, reviews)
    below = [one for one in findings if one.candidate]
    outlines = {one.version: one for one in facility.outlines}
    there: Sequence[Scene] = ()
    if facility.outlines:
        area = search_area(facility.outline, settings.margin_m)
        near = [one for one in scenes if one.footprint.intersects(area)]
        there = put_together(near, area, settings.context_px)
    held = {(one.before.id, one.after.id) for one in observations}
    answered = []
    for claim in claims:
        answer = corroborate(claim, observations, events, below, outlines, settings.margin_m)
        answered.append(_with_open(answer, there, held))
    return answered


def _with_open(
    answer: Corroboration, scenes: Sequence[Scene], held: set[tuple[str, str]]
) -> _Answered:
    """Add which pairs could still answer: not compared, or compared without a detection limit."""
    claim = answer.claim
    if answer.verdict == ClaimVerdict.NOT_COVERED:
        pairs = [
            (before, after)
            for before, after in bracketing(claim, scenes)
            if (before.id, after.id) not in held
        ]
        if pairs:
            said = note(
                Code.CLAIM_NOT_COMPARED, before_on=str(_last(pairs[0][0])),
                after_on=str(_first(pairs[0][1])), pairs=len(pairs),
            )  # fmt: skip
            answer = replace(answer, reasons=(*answer.reasons, said))
        asked = tuple((claim.facility_id, before.id, after.id) for before, after in pairs)
        return _Answered(answer, asked)
    if any(reason.code == Code.CLAIM_LIMIT_UNMEASURED for reason in answer.reasons):
        one = answer.images[0]
        return _Answered(answer, ((claim.facility_id, one.before_id, one.after_id),))
    return _Answered(answer)


def bracketing(claim: Claim, scenes: Sequence[Scene]) -> list[tuple[Scene, Scene]]:
    """Return pairs of scenes of one sensor that bracket a window as closely as there are any.

    Of what lasts, one pair for each sensor; of what passes, the images of the window and of the
    days just after it, each with the last one before it.
    """
    first, last = claim.days
    pairs = []
    for sensor in sorted({one.sensor for one in scenes}):
        own = [one for one in scenes if one.sensor == sensor]
        before = max(
            (one for one in own if _last(one) <= first),
            key=lambda one: (_last(one), one.id), default=None,
        )  # fmt: skip
        if before is None:
            continue
        if claim.kind in PASSING:
            until = last + timedelta(days=PASSES_DAYS)
            after = [one for one in own if first <= _first(one) <= until and one != before]
            after.sort(key=lambda one: (_first(one), one.id))
            pairs += [(before, one) for one in after[:MOST_FLOOD_IMAGES]]
        else:
            later = [one for one in own if _first(one) >= last and one != before]
            if later:
                pairs.append((before, min(later, key=lambda one: (_first(one), one.id))))
    return pairs


def _last(scene: Scene) -> date:
    return scene.acquired_to_at.date()


def _first(scene: Scene) -> date:
    return scene.acquired_from_at.date()
