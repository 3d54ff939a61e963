"""Detecting again from the images of a bundle, and what differs from the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.question import Question, recall
from camp_monitor.bundle.bag import PAYLOAD, is_inside
from camp_monitor.bundle.contents import read_index, read_json, record_path
from camp_monitor.bundle.parts import AFTER, ANSWERS, BEFORE, QUESTION
from camp_monitor.comparison import Compared, compare
from camp_monitor.detect.detectors import detectors
from camp_monitor.errors import CampMonitorError, InputError
from camp_monitor.facilities import find_facility
from camp_monitor.ledger.entries import read_finding, read_observation
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.text.sentences import error_text, name_of
from camp_monitor.scenes.catalogue import asset_file, read_item_file, scene_of
from camp_monitor.scenes.ground_files import GroundFile
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import ScanSettings

AREA_FRACTION = 0.02
"""Two areas of one finding that differ by no more of the larger are within tolerance; below it lies
what other versions of numerical libraries change, far below the interval of any area."""
SEEN_FRACTION = 0.005
PROBABILITY = 0.02
OVERLAP_FRACTION = 0.95
"""Least part of the union of two regions that both share."""
STATES_FRACTION = 0.002
"""Of the pixels of an answer, at most so many may be another."""
PIXEL_FRACTION = 1e-3
"""Of the range of an aligned image, by which its pixels may differ."""


class Sameness(StrEnum):
    """What came of detecting again."""

    IDENTICAL = "identical"
    CLOSE = "within tolerances"
    DIFFERENT = "different"
    NOT_ASKED = "not reproducible"


@dataclass(frozen=True)
class Reproduced:
    """One comparison, detected again.

    Parameters
    ----------
    pair : str
        Its folder in the bundle.
    sameness : Sameness
    differences : tuple of str
        Clauses, with numbers; of one that is not reproducible, why.
    """

    pair: str
    sameness: Sameness
    differences: tuple[str, ...] = ()


def reproduce(
    folder: Path, pixels: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> tuple[Reproduced, ...]:
    """Ask every question of a bundle again, of its own images.

    Parameters
    ----------
    folder : Path
        A bundle that was verified.
    pixels : Path or None
        A folder with image files that the bundle does not hold, by their names in it.
    say : callable
        Is told what is done now.

    Raises
    ------
    InputError
        The bundle cannot be read.
    """
    index = read_index(folder)
    if index is None:
        raise InputError(f"{folder} is no bundle that this program can read.")
    answers = []
    for pair in index.pairs:
        say(pair)
        answers.append(_reproduce(folder, pair, pixels))
    return tuple(answers)


def _reproduce(folder: Path, pair: str, pixels: Path | None) -> Reproduced:
    asked = read_json(folder / PAYLOAD / pair / QUESTION)
    try:
        if asked["lack"]:
            return Reproduced(
                pair, Sameness.NOT_ASKED, (name_of("bundle_lack", str(asked["lack"])),)
            )
        missing = sorted({*asked["methods"]} - {*detectors()})
        if missing:
            why = f"this version of the program does not have {', '.join(missing)}"
            return Reproduced(pair, Sameness.NOT_ASKED, (why,))
        question = _question(folder, asked, pixels)
        recorded = [_observation(folder, key) for key in asked["observation_ids"]]
    except CampMonitorError as error:
        return Reproduced(pair, Sameness.NOT_ASKED, (error_text(error).rstrip("."),))
    except (KeyError, TypeError, ValueError, AttributeError):
        return Reproduced(pair, Sameness.NOT_ASKED, ("its question cannot be read",))
    return _compared(folder, pair, recorded, question)


def _compared(
    folder: Path, pair: str, recorded: Sequence[Observation], question: Question
) -> Reproduced:
    """Ask a question and hold the answer against the recorded one."""
    try:
        compared = compare(question)
    except CampMonitorError as error:
        return Reproduced(pair, Sameness.NOT_ASKED, (error_text(error).rstrip("."),))
    found = {item.method: item for item in compared.observations}
    differences = [
        clause for item in recorded for clause in _differences(folder, item, found[item.method],
                                                               compared)
    ]  # fmt: skip
    if compared.pair is not None and compared.states is not None:
        differences += _raster_differences(folder / PAYLOAD / pair, compared)
    if not differences:
        return Reproduced(pair, Sameness.IDENTICAL)
    worst = Sameness.DIFFERENT if any(one[1] for one in differences) else Sameness.CLOSE
    return Reproduced(pair, worst, tuple(clause for clause, _ in differences))


Difference = tuple[str, bool]
"""A clause, and whether it lies beyond the tolerance."""


def _question(folder: Path, asked: Mapping[str, Any], pixels: Path | None) -> Question:
    """Make a question from a bundle alone."""
    payload = folder / PAYLOAD
    facility = find_facility(payload / "facilities", asked["facility_id"])
    version = asked["outline_version"]
    outline = next((one for one in facility.outlines if one.version == version), None)
    if outline is None:
        raise InputError(f"version {version} of the outline is not in the bundle.")
    scenes = {scene.id: scene for scene in _scenes(payload / "scenes", pixels)}
    before, after, earlier = (
        _scene(scenes, asked[side]) if asked[side] else None
        for side in ("before", "after", "earlier")
    )
    if before is None or after is None:
        raise InputError("its question names no scenes.")
    settings = ScanSettings(**{**asked["settings"], "dem": "", "usual_water": ""})
    question = Question(
        facility.id, outline, before, after, settings,
        _ground(payload, asked["dem"]), _ground(payload, asked["usual_water"]),
        earlier, tuple(asked["methods"]),
    )  # fmt: skip
    if question.settings_sha256 != asked["settings_sha256"]:
        raise InputError("its settings are not those of which the records have the hash.")
    return question


def _scenes(folder: Path, pixels: Path | None) -> Iterable[Scene]:
    """Read the scenes of a bundle; files that it does not hold lie in `pixels`."""
    for path in sorted(folder.glob("*/*.json")):
        if path.stem != path.parent.name:
            continue

        def file_of(asset: Any, path: Path = path) -> Path:
            file = asset_file(asset, path)
            return file if file.exists() or pixels is None else pixels / file.name

        yield scene_of(read_item_file(path), file_of, path.name)


def _scene(scenes: Mapping[str, Scene], content: dict[str, Any]) -> Scene:
    reference = SceneReference.from_dict(content)
    scene = recall(scenes, reference)
    if scene is None or scene.sha256 != reference.sha256:
        raise InputError(f"scene {reference.id} is not in the bundle as it was compared.")
    missing = [path.name for path in scene.files if not path.is_file()]
    if missing:
        raise InputError(
            f"{missing[0]} is not in the bundle: obtain it as how-to-obtain.json beside its item "
            f"says, and name its folder with --pixels."
        )
    return scene


def _ground(payload: Path, content: dict[str, str] | None) -> GroundFile | None:
    if content is None:
        return None
    if not is_inside(content["path"]):
        raise InputError("its question names a file outside of the bundle.")
    return GroundFile(
        payload / content["path"], content["name"], content["sha256"], content["credit"]
    )


def _observation(folder: Path, key: str) -> Observation:
    return read_observation((folder / record_path(key)).read_text(encoding="utf-8"))


def _finding(folder: Path, key: str) -> Finding:
    return read_finding((folder / record_path(key)).read_text(encoding="utf-8"))


def _differences(
    folder: Path, recorded: Observation, found: Observation, compared: Compared
) -> list[Difference]:
    """Say how an observation differs from the recorded one."""
    if recorded.id == found.id:
        return []
    name = recorded.method
    if recorded.outcome != found.outcome:
        return [(f"{name}: {found.outcome} in place of {recorded.outcome}", True)]
    seen = abs(recorded.seen_fraction - found.seen_fraction)
    differences = [(f"{name}: the seen share differs by {seen:.2g}", seen > SEEN_FRACTION)]
    every = {item.id: item for item in (*compared.findings, *compared.candidates)}
    others = [every[key] for key in found.finding_ids]
    for key in recorded.finding_ids:
        if key not in found.finding_ids:
            differences.append(_nearest(_finding(folder, key), others))
    if len(recorded.finding_ids) != len(found.finding_ids):
        numbers = f"{len(found.finding_ids)} findings in place of {len(recorded.finding_ids)}"
        differences.append((f"{name}: {numbers}", True))
    return differences


def _nearest(recorded: Finding, others: Iterable[Finding]) -> Difference:
    """Say how the finding that shares most ground with a recorded one differs from it."""
    same = [one for one in others if one.kind == recorded.kind]
    if not same:
        return f"{recorded.id}: not found again", True
    overlap, nearest = max(
        ((_overlap(recorded, one), one) for one in same), key=lambda pair: pair[0]
    )
    larger_m2 = max(recorded.area_m2, nearest.area_m2)
    area = abs(recorded.area_m2 - nearest.area_m2) / larger_m2 if larger_m2 else 0.0
    probability = abs((recorded.probability or 0.0) - (nearest.probability or 0.0))
    said = (
        f"{recorded.id}: {overlap:.1%} of the ground in common, area {area:.2%} and probability "
        f"{probability:.2g} apart"
    )
    beyond = overlap < OVERLAP_FRACTION or area > AREA_FRACTION or probability > PROBABILITY
    return said, beyond


def _overlap(first: Finding, second: Finding) -> float:
    union = first.geometry.union(second.geometry).area
    return float(first.geometry.intersection(second.geometry).area / union) if union else 0.0


def _raster_differences(folder: Path, compared: Compared) -> list[Difference]:
    """Say how the rasters differ from those of the bundle."""
    pair, states = compared.pair, compared.states
    assert pair is not None
    assert states is not None
    differences: list[Difference] = []
    if (folder / ANSWERS).is_file():
        held = _read(folder / ANSWERS)
        if held.shape != states.shape:
            return [(f"{ANSWERS}: another grid", True)]
        other = float(np.mean(held != np.asarray(states)))
        if other:
            differences.append((f"{ANSWERS}: {other:.2%} of the pixels", other > STATES_FRACTION))
    for name, image in ((BEFORE, pair.before), (AFTER, pair.after)):
        if (folder / name).is_file():
            differences += _image_difference(folder / name, name, image)
    return differences


def _image_difference(path: Path, name: str, image: Image) -> list[Difference]:
    held = _read(path)[: len(image.bands)]
    pixels = np.asarray(image.pixels)
    if held.shape != pixels.shape:
        return [(f"{name}: another grid", True)]
    if np.array_equal(held, pixels, equal_nan=True):
        return []
    apart = np.abs(held - pixels)
    spread = float(np.nanmax(held) - np.nanmin(held)) or 1.0
    most = float(np.nanmax(apart)) / spread
    other_gaps = bool((np.isnan(held) != np.isnan(pixels)).any())
    beyond = most > PIXEL_FRACTION or other_gaps
    return [(f"{name}: pixels differ by up to {most:.2g} of their range", beyond)]


def _read(path: Path) -> NDArray[Any]:
    with open_raster(path, "take the bundle from its source again") as source:
        content: NDArray[Any] = source.read()
    return content
