"""An outline where tiles meet is answered from all of them, and one pass is one witness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from camp_monitor.cli import main
from camp_monitor.facilities import bundled_registry
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.synthetic.materials import BANDS
from camp_monitor.workspace import create_workspace
from tests.detect.painted_water import SIDE, disc, landscape
from tests.scenes.painted import grid, write_tiff

PLACE = grid(SIDE, SIDE)
INTERVAL = ("--from", "2016-08-01", "--to", "2016-09-30", "--offline")
HALF = SIDE // 2
QUARTERS = [
    (rows, columns)
    for rows in (slice(0, HALF), slice(HALF, SIDE))
    for columns in (slice(0, HALF), slice(HALF, SIDE))
]
WHOLE = [(slice(0, SIDE), slice(0, SIDE))]
DAYS = ("2016-08-20", "2016-09-12")


def stored(day: str) -> NDArray[np.uint16]:
    scene = landscape(disc(22)) if day == DAYS[1] else landscape()
    return np.clip(np.round(scene.pixels * 10_000), 1, 9999).astype(np.uint16)


def add(root: Path, numbers: NDArray[Any], part: Any, at: str, offset: float = 0.0) -> str:
    shifted = (numbers[:, part[0], part[1]] - 10_000 * offset).astype(np.uint16)
    path = write_tiff(root.parent / f"{at}{offset}.tif".replace(":", ""), shifted, PLACE[part])
    described = SceneDescription("sentinel-2", at, BANDS, offset=offset)
    return add_scene(root / "imagery", (path,), described)[0].id


def run(root: Path, *words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["--workspace", str(root), "--json", *map(str, words)])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if code == 0 else result.output


def workspace(folder: Path) -> Path:
    root = create_workspace(folder / "workspace", bundled_registry()).root
    outline = folder / "outline.geojson"
    ring = grid(80, 80).translate_pix(40, 40).extent.to_crs("EPSG:4326").geom
    outline.write_text(json.dumps(ring.__geo_interface__))
    run(root, "facilities", "import", outline, "--id", "site", "--name", "Site")
    return root


def found(folder: Path, parts: list[Any], order: list[int]) -> list[dict[str, Any]]:
    """Scan parts of two scenes, one second apart, each with an offset of its own."""
    folder.mkdir()
    root = workspace(folder)
    for number in order:
        for day in DAYS:
            at = f"{day}T02:17:0{number}Z"
            add(root, stored(day), parts[number], at, offset=-0.1 * number)
    answer = run(root, "scan", "site", *INTERVAL)["facilities"][0]
    assert len(answer["pairs"]) == 1
    assert run(root, "scan", "site", *INTERVAL)["facilities"][0]["known_pairs"] == 1
    findings: list[dict[str, Any]] = run(root, "findings", "list")["findings"]
    return findings


def test_tiles_of_a_pass_give_what_the_scene_gives_that_they_were_cut_from(tmp_path: Path) -> None:
    whole = found(tmp_path / "whole", WHOLE, [0])
    assert [item["kind"] for item in whole] == ["flooding"]
    assert "tiles" not in whole[0]["after"]
    tiles = [
        found(tmp_path / name, QUARTERS, order)
        for name, order in (("tiles", [0, 1, 2, 3]), ("again", [3, 1, 0, 2]))
    ]
    assert len(tiles[0][0]["after"]["tiles"]) == 4
    assert tiles[0] == tiles[1], "in whatever order they were added"
    said = ("before", "after", "id")
    without = [
        [{key: value for key, value in one.items() if key not in said} for one in every]
        for every in (whole, tiles[0])
    ]
    assert without[0] == without[1]


def test_two_tiles_of_one_pass_are_one_witness(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    before = add(root, stored(DAYS[0]), WHOLE[0], f"{DAYS[0]}T02:17:00Z")
    noise = np.random.default_rng(1).normal(0, 3, (len(BANDS), SIDE, SIDE))
    again = np.clip(stored(DAYS[1]) + noise, 1, 9999).astype(np.uint16)
    tiles = [
        add(root, numbers, WHOLE[0], f"{DAYS[1]}T02:17:{second}Z")
        for second, numbers in (("00", stored(DAYS[1])), ("14", again))
    ]
    for tile in tiles:
        run(root, "scan", "site", "--before", before, "--after", tile)
        [event] = run(root, "events", "list")["events"]
        assert (event["state"], event["kind"]) == ("provisional", "flooding")
    refused = run(root, "scan", "site", "--before", tiles[0], "--after", tiles[1], code=2)
    assert "one pass" in refused


@pytest.mark.parametrize("second", ["14", "00"])
def test_an_interval_has_one_pair_of_a_pass(tmp_path: Path, second: str) -> None:
    root = workspace(tmp_path)
    for day in DAYS:
        for number, at in enumerate(("00", second)):
            again = stored(day)
            again[0, 0, 0] += number
            add(root, again, WHOLE[0], f"{day}T02:17:{at}Z", offset=-0.1 * number)
    [answer] = run(root, "scan", "site", *INTERVAL)["facilities"]
    assert len(answer["pairs"]) == 1
