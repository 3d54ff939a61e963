"""What a bundle is of: questions on record with their answers, and the very question asked again.

A ledger keeps a hash of the settings and not which earlier scene was looked at; both are found
again by trying what is at hand until the same answer comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from camp_monitor.assess.question import Question, about, recall
from camp_monitor.comparison import Compared, compare
from camp_monitor.detect.detectors import detectors
from camp_monitor.errors import CampMonitorError
from camp_monitor.events.events import Event, by_finding
from camp_monitor.events.lookup import find_findings, read_events
from camp_monitor.facilities import Facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.pairs.selection import choose_earlier
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.passes import put_together
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import SENSITIVITIES, GroundFiles, ScanSettings
from camp_monitor.workspace import Workspace

MOST_EARLIER = 4
"""Earlier scenes that are tried before it is tried without one."""


@dataclass(frozen=True)
class Named:
    """What was asked for by an id.

    Parameters
    ----------
    id : str
        Of the finding, or of the event.
    main : Finding
        The one that is drawn: of an event, the one that shows most of it.
    findings : tuple of Finding
        All that it consists of, and those that show it going.
    event : Event or None
        That it is, or is a part of; None where it counts for none.
    """

    id: str
    main: Finding
    findings: tuple[Finding, ...]
    event: Event | None


@dataclass(frozen=True)
class Case:
    """A question on record: two scenes, an outline, settings; and the answers to it.

    Parameters
    ----------
    observations : tuple of Observation
        One for each detector; at least one.
    findings : tuple of Finding
        All that they name.
    """

    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]

    @property
    def facility_id(self) -> str:
        """Where it was asked."""
        return self.observations[0].facility_id

    @property
    def references(self) -> tuple[SceneReference, SceneReference]:
        """The scenes, before and after."""
        return self.observations[0].before, self.observations[0].after

    @property
    def answers(self) -> tuple[str, ...]:
        """Ids of the observations; an observation's id covers those of its findings."""
        return tuple(sorted(item.id for item in self.observations))


@dataclass(frozen=True)
class Recalled:
    """A case and, where it could be asked again with the same answer, the question.

    Parameters
    ----------
    case : Case
    scenes : tuple of Scene
        Those that are in the catalogue, with the earlier one.
    question, compared : Question and Compared, or None
    lack : str
        Why they are None: ``scenes``, ``settings``, ``method``, ``ground``, ``answer``; else empty.
    """

    case: Case
    scenes: tuple[Scene, ...]
    question: Question | None = None
    compared: Compared | None = None
    lack: str = ""


def find_named(ledger: Ledger, names: Sequence[str]) -> tuple[Named, ...]:
    """Find what was asked for, each once.

    Raises
    ------
    NoSuchRecordError
        There is none of an id, or more than one.
    """
    found: dict[str, Named] = {}
    for name in names:
        main = find_findings(ledger, name)[0]
        event = by_finding(read_events(ledger, main.facility_id)).get(main.id)
        if name.strip()[:1] in "Ee" and event is not None:
            whole = (*event.findings, *event.ends)
            found[event.id] = Named(event.id, event.largest, whole, event)
        else:
            found[main.id] = Named(main.id, main, (main,), event)
    return tuple(found.values())


def find_cases(ledger: Ledger, findings: Iterable[Finding]) -> tuple[Case, ...]:
    """Return the questions that these findings came from, with all answers to them."""
    cases: dict[tuple[object, ...], Case] = {}
    wanted = {item.id: item for item in findings}
    for facility_id in sorted({item.facility_id for item in wanted.values()}):
        looked = ledger.observations(facility_id, superseded=True)
        for key in sorted(
            {_key(one) for one in looked if wanted.keys() & {*one.named_ids}}, key=str
        ):
            own = tuple(one for one in looked if _key(one) == key)
            ids = dict.fromkeys(name for one in own for name in one.named_ids)
            cases[key] = Case(own, tuple(ledger.finding(name) for name in ids))
    return tuple(sorted(cases.values(), key=lambda case: (
        case.facility_id, case.references[1].acquired_to_at, case.references[0].acquired_from_at,
        case.answers,
    )))  # fmt: skip


def _key(item: Observation) -> tuple[object, ...]:
    asked = item.facility_id, item.outline_version, item.settings_sha256
    return (*asked, item.before.id, item.before.sha256, item.after.id, item.after.sha256)


def ask_again(workspace: Workspace, facility: Facility, case: Case) -> Recalled:
    """Find the question that gave the answers of a case, and ask it again."""
    held = read_scenes(workspace.imagery)
    by_id = {scene.id: scene for scene in held}
    found = [recall(by_id, reference) for reference in case.references]
    pair = [
        scene for scene, reference in zip(found, case.references, strict=True)
        if scene is not None and scene.sha256 == reference.sha256
    ]  # fmt: skip
    if len(pair) < 2:
        return Recalled(case, tuple(pair), lack="scenes")
    if any(item.method not in detectors() for item in case.observations):
        return Recalled(case, tuple(pair), lack="method")
    asked = _recall_settings(workspace, facility, case, (pair[0], pair[1]))
    if asked is None:
        return Recalled(case, tuple(pair), lack="settings")
    area = search_area(asked.outline, asked.settings.margin_m)
    passes = put_together(held, area, asked.settings.context_px)
    earlier = choose_earlier(passes, pair[0], area)[:MOST_EARLIER]
    for scene in (*earlier, None):
        question = replace(asked, earlier=scene)
        compared = compare(question)
        if tuple(sorted(item.id for item in compared.observations)) == case.answers:
            read = (*pair, scene) if scene is not None else tuple(pair)
            return Recalled(case, read, question, compared)
    return Recalled(case, tuple(pair), lack="answer")


def _recall_settings(
    workspace: Workspace, facility: Facility, case: Case, pair: tuple[Scene, Scene]
) -> Question | None:
    """Find the settings of which the case has the hash: as they are now, or as one could say."""
    first = case.observations[0]
    outlines = tuple(one for one in facility.outlines if one.version == first.outline_version)
    if not outlines:
        return None
    place = replace(facility, outlines=outlines)
    methods = tuple(item.method for item in case.observations)
    for settings, files in _possible(workspace):
        try:
            ask = about(place, settings, files, methods)
        except CampMonitorError:
            continue
        question = ask(before=pair[0], after=pair[1], earlier=None)
        if question.settings_sha256 == first.settings_sha256:
            return question
    return None


def _possible(workspace: Workspace) -> Iterator[tuple[ScanSettings, GroundFiles]]:
    """Yield the settings of the workspace, then what a command could have said otherwise."""
    now, files = workspace.scan_settings, workspace.ground_files
    yield now, files
    sensitivities = (now.sensitivity, *SENSITIVITIES)
    choices = product((files.dem, None), (files.usual_water, None), sensitivities, (False, True),
                      ("none", "csmask"))  # fmt: skip
    for dem, water, sensitivity, detectability, cloud_mask in choices:
        said = {"sensitivity": sensitivity, "detectability": detectability}
        yield (
            now.told(**said, cloud_mask=cloud_mask),
            replace(files, dem=dem, usual_water=water),
        )


def all_scenes(recalled: Iterable[Recalled]) -> Mapping[str, Scene]:
    """Return the items of the catalogue that cases rest on, by id; of a pass, its tiles."""
    scenes = (scene for one in recalled for scene in one.scenes)
    parts = (part for scene in scenes for part in (scene.tiles or (scene,)))
    return {part.id: part for part in sorted(parts, key=lambda part: part.id)}
