"""``camp-monitor scenes``: numbers and codes as JSON, sentences of the room of texts in print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.codes import Code
from camp_monitor.demo.scenes import grid_round
from camp_monitor.facilities import bundled_registry, find_facility
from camp_monitor.notes import Note, note
from camp_monitor.report.text.sentences import sentence
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.workspace import Workspace, create_workspace
from tests.scenes.painted import BANDS, numbers, write_tiff

FACILITY = "khs-12-jongori"
DAYS = [f"2020-{month:02d}-05" for month in range(1, 11)]
ROOF = (slice(160, 163), slice(150, 155))
"""30 m by 50 m in the middle, called cloud on every date."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("scenes")
    made = create_workspace(folder / "workspace", bundled_registry())
    place = grid_round(find_facility(made.aoi, FACILITY))
    for seed, day in enumerate(DAYS):
        classes = np.full(place.shape, 4, np.uint8)
        classes[ROOF] = 9
        paths = (
            write_tiff(folder / f"{day}.tif", numbers(seed, *place.shape), place),
            write_tiff(folder / f"{day}-scl.tif", classes, place),
        )
        said = SceneDescription("sentinel-2", day, (*BANDS, "scl"), offset=0.0, id=day)
        add_scene(made.imagery, paths, said)
    return made


def run(workspace: Workspace, *words: object) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(workspace.root), *map(str, words)])


def answer(workspace: Workspace, *words: object) -> Any:
    result = run(workspace, "--json", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_flags_are_a_code_with_numbers_and_printed_as_its_sentence(workspace: Workspace) -> None:
    found = answer(workspace, "scenes", "flags", FACILITY)
    result = Note.from_dict(found["result"])
    assert result.code == Code.FLAGS_PERSISTENT
    assert result.numbers["dates"] == found["dates"] == len(DAYS)
    assert result.numbers["area_m2"] == pytest.approx(1500, rel=0.01)
    assert found["geometry"]["type"] == "MultiPolygon"
    printed = run(workspace, "scenes", "flags", FACILITY).stdout
    assert printed.startswith(sentence(result))
    assert "129.75" in printed


def test_the_list_says_what_is_known_of_each_scene(workspace: Workspace, tmp_path: Path) -> None:
    listed = answer(workspace, "scenes", "list", FACILITY)
    assert [scene["id"] for scene in listed] == DAYS
    assert not any(scene["simulated"] for scene in listed)
    item = tmp_path / "item.json"
    properties = {"datetime": "2021-08-29T02:16:02Z", "s2:processing_baseline": "02.12"}
    item.write_text(json.dumps(
        {"type": "Feature", "stac_version": "1.0.0", "id": "known", "geometry": None, "links": [],
         "assets": {}, "properties": properties}
    ))  # fmt: skip
    path = write_tiff(tmp_path / "a.tif", numbers(77, 64, 64))
    added = answer(workspace, "scenes", "add", path, "--sensor", "sentinel-2", "--item", item)
    assert (added["added"], added["baseline"], added["offset"]) == (True, "02.12", "none")
    assert [Note.from_dict(content) for content in added["offset_notes"]] == [
        note(Code.BASELINE_WITHOUT_OFFSET, baseline="02.12"), note(Code.DARK_GROUND_MISSING),
    ]  # fmt: skip


def test_an_offset_that_is_not_settled_is_an_error_with_every_reason(
    workspace: Workspace, tmp_path: Path
) -> None:
    item = tmp_path / "item.json"
    item.write_text(json.dumps(
        {"type": "Feature", "stac_version": "1.0.0", "id": "S2A_X", "geometry": None, "links": [],
         "assets": {}, "properties": {"datetime": "2022-08-29T02:16:02Z"}}
    ))  # fmt: skip
    path = write_tiff(tmp_path / "b.tif", numbers(78, 64, 64))
    refused = run(workspace, "scenes", "add", path, "--sensor", "sentinel-2", "--item", item)
    assert refused.exit_code == 2
    assert "give --offset 0" in refused.stderr
    for code in (Code.BASELINE_MISSING, Code.DARK_GROUND_MISSING):
        assert sentence(note(code)) in refused.stderr
