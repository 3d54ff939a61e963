"""The parts of a bundle's payload, each written by one function."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from camp_monitor.assess.question import Question, refer
from camp_monitor.bundle.bag import check_name
from camp_monitor.bundle.cases import Named, Recalled
from camp_monitor.bundle.crate import Compares, Described
from camp_monitor.bundle.rasters import write_image
from camp_monitor.codes import Audience, LanguageCode
from camp_monitor.errors import CampMonitorError
from camp_monitor.report.export.geotiff import write_states
from camp_monitor.report.figure.finding_figure import draw_finding_figure
from camp_monitor.report.figure.options import FigureOptions
from camp_monitor.report.redaction.licences import is_open
from camp_monitor.report.sheets.report import draw_report
from camp_monitor.report.text.sentences import error_text, name_of, phrase
from camp_monitor.scenes.catalogue import PROVIDER_ITEM
from camp_monitor.scenes.ground_files import GroundFile
from camp_monitor.scenes.scene import Scene
from camp_monitor.workspace import Workspace

QUESTION, BEFORE, AFTER, ANSWERS = "question.json", "before.tif", "after.tif", "answers.tif"
OBTAIN = "how-to-obtain.json"


class Written:
    """The payload as it grows: its files described, and remarks on what is not in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.described: list[Described] = []
        self.remarks: list[str] = []

    def place(self, path: str) -> Path:
        """Return where a file of the payload goes; its folder is made."""
        check_name(path)
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def describe(self, path: str, name: str, licence: str = "") -> str:
        """Say what a file is that is there now; return its path."""
        size_bytes = (self.folder / path).stat().st_size
        self.described.append(Described(path, name, size_bytes, licence))
        return path

    def write(self, path: str, content: bytes, name: str) -> str:
        """Write a file and say what it is; return its path."""
        self.place(path).write_bytes(content)
        return self.describe(path, name)

    def copy(self, source: Path, path: str, name: str, licence: str = "") -> str:
        """Copy a file and say what it is; return its path."""
        shutil.copyfile(source, self.place(path))
        return self.describe(path, name, licence)


def write_scene(
    written: Written, workspace: Workspace, scene: Scene, open_licences: Iterable[str]
) -> None:
    """Write a scene's item, and its files where the licence lets them be passed on."""
    home, folder = workspace.imagery / scene.id, f"scenes/{scene.id}"
    item = (home / f"{scene.id}.json").read_bytes()
    written.write(f"{folder}/{scene.id}.json", item, f"Catalogue item of {scene.id}")
    provider = home / PROVIDER_ITEM
    if provider.is_file():
        written.copy(provider, f"{folder}/{PROVIDER_ITEM}", f"Provider's item of {scene.id}")
    if scene.simulated or is_open(scene.licence, open_licences):
        notice = f"{scene.credit} ({scene.licence})"
        for path in scene.files:
            written.copy(path, f"{folder}/{path.name}", f"Image file of {scene.id}", notice)
        return
    addresses = _addresses(json.loads(item))
    said = {
        "licence": scene.licence, "credit": scene.credit,
        "files": [
            {"name": path.name, "sha256": sha256, "address": addresses.get(path.name, "")}
            for path, sha256 in zip(scene.files, scene.sha256, strict=True)
        ],
    }  # fmt: skip
    written.write(f"{folder}/{OBTAIN}", pretty(said), f"How to obtain the files of {scene.id}")
    written.remarks.append(phrase("bundle.withheld", scene=scene.id))


def _addresses(item: dict[str, Any]) -> dict[str, str]:
    found = {}
    for asset in item.get("assets", {}).values():
        source = asset.get("alternate", {}).get("source", {}).get("href", "")
        found[str(asset.get("href", "")).removeprefix("./")] = str(source).partition("?")[0]
    return found


def write_case(written: Written, number: int, recalled: Recalled) -> Compares:
    """Write a question, both images aligned and the answers, as far as it could be asked again."""
    before, after = recalled.case.references
    days = f"{before.acquired_from_at[:10]}-{after.acquired_to_at[:10]}"
    name = f"pairs/{number:02}-{days}"
    lack, read = recalled.lack, []
    if recalled.question is not None:
        grounds, lack = _write_ground(written, recalled.question)
        read += grounds
    asked = _question(recalled, lack)
    gave: list[str] = []
    question = written.write(f"{name}/{QUESTION}", pretty(asked), f"Question of {name}")
    if lack:
        pair = f"{before.dates} / {after.dates}"
        written.remarks.append(phrase("bundle.lack", pair=pair, why=name_of("bundle_lack", lack)))
    if recalled.compared is not None and recalled.compared.pair is not None:
        gave += _write_rasters(written, name, recalled)
    gave += [f"records/{item.id}.json" for item in recalled.case.observations]
    gave += [f"records/{item.id}.json" for item in recalled.case.findings]
    facility = f"facilities/{recalled.case.facility_id}.geojson"
    scenes = [
        path.path for path in written.described
        if any(path.path.startswith(f"scenes/{part.id}/") for scene in recalled.scenes
               for part in (scene.tiles or (scene,)))
    ]  # fmt: skip
    return Compares(name, tuple(scenes), (question, facility, *read), tuple(gave))


def _write_rasters(written: Written, name: str, recalled: Recalled) -> list[str]:
    compared = recalled.compared
    assert compared is not None
    pair, states = compared.pair, compared.states
    if pair is None or states is None:
        return []
    gave = []
    shut = [scene for scene in recalled.scenes if not _is_in(written, scene)]
    for file, image, what in ((BEFORE, pair.before, "before"), (AFTER, pair.after, "after")):
        if shut:
            break
        write_image(written.place(f"{name}/{file}"), image, flags=True)
        gave.append(written.describe(f"{name}/{file}", f"Image {what}, aligned, of {name}"))
    questions = tuple(item.method for item in compared.observations)
    write_states(written.place(f"{name}/{ANSWERS}"), states, pair.grid, questions)
    said = "What was seen and what changed (0 not seen, 1 unchanged, 2 changed)"
    return [*gave, written.describe(f"{name}/{ANSWERS}", f"{said}, of {name}")]


def _is_in(written: Written, scene: Scene) -> bool:
    """Tell whether the pixels of a scene are in the bundle."""
    paths = {one.path for one in written.described}
    parts = scene.tiles or (scene,)
    return all(f"scenes/{one.id}/{path.name}" in paths for one in parts for path in one.files)


def _write_ground(written: Written, question: Question) -> tuple[list[str], str]:
    """Write what was fetched of the ground; return the paths, and what is lacking."""
    if question.settings.structure_model != "default":
        return [], "ground"
    paths: list[str] = []
    for file in (question.dem, question.usual_water):
        if file is None:
            continue
        if not file.credit:
            return paths, "ground"
        path = ground_path(question.facility_id, file)
        if not (written.folder / path).exists():
            written.copy(file.path, path, f"{file.name}: ground round {question.facility_id}",
                         file.credit)  # fmt: skip
        paths.append(path)
    return paths, ""


def ground_path(facility_id: str, file: GroundFile) -> str:
    """Return where a bundle has a file about the ground."""
    return f"ground/{facility_id}/{file.path.name}"


def _question(recalled: Recalled, lack: str) -> dict[str, Any]:
    """Return a question as plain JSON values, with what it lacks to be asked again."""
    case, question = recalled.case, recalled.question
    first = case.observations[0]
    asked: dict[str, Any] = {
        "facility_id": case.facility_id,
        "outline_version": first.outline_version,
        "before": first.before.to_dict(),
        "after": first.after.to_dict(),
        "settings_sha256": first.settings_sha256,
        "methods": [item.method for item in case.observations],
        "observation_ids": [item.id for item in case.observations],
        "lack": lack,
    }
    if question is None:
        return asked
    settings = question.settings.model_dump(
        mode="json", exclude={"dem", "usual_water", "structure_model"}
    )
    return asked | {
        "earlier": refer(question.earlier).to_dict() if question.earlier else None,
        "settings": settings,
        "dem": _ground(case.facility_id, question.dem),
        "usual_water": _ground(case.facility_id, question.usual_water),
    }


def _ground(facility_id: str, file: GroundFile | None) -> dict[str, str] | None:
    if file is None:
        return None
    return {
        "name": file.name, "sha256": file.sha256, "credit": file.credit,
        "path": ground_path(facility_id, file) if file.credit else "",
    }  # fmt: skip


def write_figures(written: Written, workspace: Workspace, named: Named) -> None:
    """Draw the figure of what was named, with caption and note, in each language."""
    for language in LanguageCode:
        options = FigureOptions(language=language.value, audience=Audience.INTERNAL)
        name = f"figures/{named.id}.{language.value}"
        try:
            drawn = draw_finding_figure(workspace, named.main.id, file_format="png",
                                        options=options)  # fmt: skip
        except CampMonitorError as error:
            why = error_text(error)
            if str(workspace.root) not in why:
                written.remarks.append(phrase("bundle.no_figure", id=named.id, why=why))
            continue
        written.write(f"{name}.png", drawn.content, f"Figure of {named.id} ({language.value})")
        note = drawn.note_text.encode()
        written.write(f"{name}.txt", note, f"Caption and note of {named.id} ({language.value})")


def write_reports(written: Written, workspace: Workspace, named: Sequence[Named]) -> None:
    """Write the report on all events that were named, in each language."""
    for one in named:
        if one.event is None:
            written.remarks.append(phrase("bundle.no_report", id=one.id))
    targets = list(dict.fromkeys(one.main.id for one in named if one.event is not None))
    if not targets:
        return
    for language in LanguageCode:
        drawn = draw_report(
            workspace, targets, file_format="html", language=language.value,
            audience=Audience.INTERNAL,
        )  # fmt: skip
        path = f"report.{language.value}.html"
        written.write(path, drawn.content, f"{drawn.document.title} ({language.value})")


def write_methods(written: Written) -> None:
    """Write the pages about the methods, and the list of the software, where they are installed."""
    for path in method_pages():
        written.copy(path, f"methods/{path.name}", f"Method: {path.stem}")
    lock = _beside("requirements.lock", "requirements.lock")
    if lock is not None:
        written.copy(lock, "requirements.lock", "Software that the program was tested with")


def method_pages() -> list[Path]:
    """Return the pages of ``docs/methods``: in the wheel, or in the repository."""
    folder = _beside("methods", "docs/methods")
    return sorted(folder.glob("*.md")) if folder is not None else []


def _beside(in_wheel: str, in_repository: str) -> Path | None:
    package = Path(__file__).resolve().parents[1]
    for place in (package / in_wheel, package.parent / in_repository):
        if place.exists():
            return place
    return None


def pretty(content: object) -> bytes:
    """Write JSON for people."""
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
