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


def test_a_removed_scene_leaves_findings_and_its_files(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "workspace", bundled_registry())
    place = grid_round(find_facility(made.aoi, FACILITY)).pad(-95)
    files = {}
    for seed, day in enumerate(("2020-05-05", "2020-06-05")):
        plants = np.array([500, 700, 600, 3000])[:, None, None]
        seen = plants + (numbers(seed, *place.shape) - 1500.0) / 10
        if seed:
            middle = slice(place.shape[0] // 2 - 15, place.shape[0] // 2 + 15)
            water = np.array([600, 600, 400, 200])[:, None, None]
            seen[:, middle, middle] = water + (numbers(seed, 30, 30) - 1500.0) / 50
        files[day] = write_tiff(tmp_path / f"{day}.tif", seen.astype(np.uint16), place)
    sensor = ("--sensor", "sentinel-2", "--offset", 0)
    first, second = (
        scene["id"] for scene in answer(made, "scenes", "add", *files.values(), *sensor)
    )
    scanning = ("scan", FACILITY, "--before", first, "--after", second)
    assert answer(made, *scanning)["findings"], "or the test shows nothing"
    known = answer(made, "findings", "list"), answer(made, "events", "list")
    refused = run(made, "scenes", "remove", second)
    assert refused.exit_code == 2
    assert "--anyway" in refused.stderr
    assert run(made, "scenes", "remove", first, "nowhere", "--anyway").exit_code == 2
    (dry,) = answer(made, "scenes", "remove", second, "--dry-run")
    assert not dry["removed"]
    assert set(dry["findings"]) >= {item["id"] for item in known[0]["findings"]}
    assert [scene["id"] for scene in answer(made, "scenes", "list")] == [first, second]
    (gone,) = answer(made, "scenes", "remove", second, "--anyway")
    assert gone == dry | {"removed": True}
    assert [scene["id"] for scene in answer(made, "scenes", "list")] == [first]
    links = json.loads((made.imagery / "catalog.json").read_text())["links"]
    assert [link["href"] for link in links if link["rel"] == "item"] == [f"./{first}/{first}.json"]
    assert (known[0], known[1]) == (
        answer(made, "findings", "list"),
        answer(made, "events", "list"),
    )
    finding = known[0]["findings"][0]["id"]
    assert answer(made, "findings", "show", finding)["id"] == finding
    assert run(made, "map", finding, "-o", tmp_path / "map.html").exit_code == 0
    for words in (("figure", finding, "-o", tmp_path / "a.png"), scanning):
        ended = run(made, *words)
        assert (ended.exit_code, ended.stderr.count("\n")) == (2, 1), ended.output
    kept = Path(gone["kept_in"]) / files["2020-06-05"].name
    assert kept.read_bytes() == files["2020-06-05"].read_bytes()
    again = answer(made, "scenes", "add", kept, *sensor)
    assert (again["id"], again["added"]) == (second, True)
    assert answer(made, *scanning)["added"] == {"observations": 0, "findings": 0}
    (twice,) = answer(made, "scenes", "remove", second, "--anyway")
    assert twice["kept_in"] == f"{gone['kept_in']}-2"


def test_a_scene_whose_item_is_damaged_can_be_removed(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "workspace", bundled_registry())
    for name in ("good", "bad"):
        folder = made.imagery / name
        folder.mkdir(parents=True)
        (folder / f"{name}.json").write_text("{" if name == "bad" else "{}")
    assert run(made, "scenes", "remove", "bat", "bad").exit_code == 2
    assert run(made, "scenes", "remove", "../imagery/bad").exit_code == 2
    assert answer(made, "scenes", "remove", "bad")[0]["removed"]
    assert (made.imagery / ".removed" / "bad" / "bad.json").read_text() == "{"
    assert not (made.imagery / "bad").exists()
