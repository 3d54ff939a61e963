"""The whole story: two scenes of a facility, compared, and what came of it recorded.

`scan` reads from top to bottom as the job does.  Each line of it is one step, and each step is one
function in one other file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from camp_monitor.assess.question import Question, about, quiet_scene, refer
from camp_monitor.comparison import compare
from camp_monitor.events.kept import keep_events
from camp_monitor.facilities import Facility, find_facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.entries import Added
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.notes import Note
from camp_monitor.pairs.pair import check_order
from camp_monitor.pairs.selection import choose_scene
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.passes import put_together
from camp_monitor.settings import GroundFiles
from camp_monitor.workspace import AnyWorkspace, open_workspace

Records = tuple[list[Observation], list[Finding]]
"""Observations, one for each detector, and their findings."""


@dataclass(frozen=True)
class Scanned:
    """What a scan gave.

    Parameters
    ----------
    facility : Facility
    before, after : SceneReference
        The two scenes that were compared, or could not be.
    observations : tuple of Observation
        One for each detector.
    findings : tuple of Finding
        All that count, largest first for each kind.
    candidates : tuple of Finding
        Those below the working point.
    added : Added
        What of it the ledger did not hold before.
    expected : tuple of Note
        What the working point gave where the truth is known; empty where the ledger had the answer.
    """

    facility: Facility
    before: SceneReference
    after: SceneReference
    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    candidates: tuple[Finding, ...]
    added: Added
    expected: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        pair = f"{self.before.id} and {self.after.id}"
        return (
            f"<Scan of {self.facility.id}, {pair}: {len(self.findings)} findings, "
            f"{self.added.findings} of them new>"
        )


def scan(
    workspace: AnyWorkspace,
    facility_id: str,
    before: str,
    after: str,
    *,
    recorded_at: datetime | None = None,
    clock_is_right: bool = False,
    ground_files: GroundFiles | None = None,
    **told: Any,
) -> Scanned:
    """Compare two scenes of a facility and record what was found, and what was not seen.

    Parameters
    ----------
    workspace : Workspace, Path or str
        The workspace, or its folder.
    facility_id : str
        Of the registry.
    before, after : str
        A day or a longer interval in which the scene was taken, or the scene's id.
    recorded_at : datetime or None
        In UTC, for the ledger; None: now.
    clock_is_right : bool
        See `Ledger.record`.
    ground_files : GroundFiles or None
        Heights, for slopes, and permanent water; None as the settings of the workspace have it.
    **told
        Any field of `camp_monitor.settings.ScanSettings`, such as ``sensitivity`` or
        ``detectability``; what is absent or None is as the settings of the workspace have it.

    Raises
    ------
    InputError
        No such facility, no outline, no such scene, or a file that is damaged or does not fit.
    LedgerError
        The ledger cannot be written.
    """
    workspace = open_workspace(workspace)
    facility = find_facility(workspace.aoi, facility_id)
    settings = workspace.scan_settings.told(**told)
    area = search_area(facility.outline, settings.margin_m)
    scenes = read_scenes(workspace.imagery)
    first = choose_scene(scenes, before, area, "before", settings.context_px)
    second = choose_scene(scenes, after, area, "after", settings.context_px)
    check_order(first, second)
    passes = put_together(scenes, area, settings.context_px)
    ask = about(facility, settings, ground_files or workspace.ground_files)
    question = ask(before=first, after=second, earlier=quiet_scene(passes, first, area))
    with open_ledger_of(workspace) as ledger:
        ledger.check()
        held = answered(ledger, question)
        said: tuple[Note, ...] = ()
        if held is None:
            compared = compare(question)
            held, said = compared.records, compared.expected
        observations, findings = held
        now = recorded_at or datetime.now(UTC)
        added = ledger.record(
            observations, findings, recorded_at=now, clock_is_right=clock_is_right
        )
        keep_events(ledger, {facility.id})
    return Scanned(
        facility, refer(first), refer(second), tuple(observations),
        tuple(item for item in findings if not item.candidate),
        tuple(item for item in findings if item.candidate),
        added, said,
    )  # fmt: skip


def answered(ledger: Ledger, question: Question) -> Records | None:
    """Return what the ledger holds of this very question; None where a part of it is missing."""
    observations = []
    for method in question.methods:
        found = ledger.find_observation(**question.asked(method))
        if found is None:
            return None
        observations.append(found)
    named = [fid for item in observations for fid in item.named_ids]
    return observations, [ledger.finding(fid) for fid in named]
