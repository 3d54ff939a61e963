"""Small inputs of the kinds that people send, each with what is right."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.workspace import create_workspace

TILES = ("0", "1", "2", "3")
OUTLINES = {".kml", ".kmz", ".gpkg"}
JUNE = ("--from", "2014-05-01", "--to", "2014-07-01", "--offline")


class Case:
    """One folder of inputs, and a workspace to try them in."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        self.folder = folder
        self.workspace = create_workspace(workspace, workspace.with_name("none")).root

    def run(self, *words: object, code: int = 0) -> Result:
        """Run a command; its exit code must be this, and there is no traceback."""
        result = CliRunner().invoke(main, ["--workspace", str(self.workspace), *map(str, words)])
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    def told(self, *words: object) -> Any:
        return json.loads(self.run("--json", *words).stdout)

    def outline(self, name: str | Path = "outline.geojson", *words: object) -> dict[str, Any]:
        """Import an outline as `site` and return its feature."""
        given = ("--id", "site", *(words or ("--name", "Site")))
        self.run("facilities", "import", self.folder / name, *given, "--accuracy-m", "10")
        path = next((self.workspace / "aoi").rglob("site.geojson"))
        feature: dict[str, Any] = json.loads(path.read_text())["features"][0]
        return feature

    def add(self, name: str, day: str, *words: object, code: int = 0) -> Result:
        given = ("--acquired", day, *words)
        return self.run("scenes", "add", self.folder / name, *given, code=code)

    def observations(self) -> list[dict[str, Any]]:
        """What a scan of the two dates says to each question."""
        days = ("--before", "2015-06-01", "--after", "2016-06-01")
        answered: list[dict[str, Any]] = self.told("scan", "site", *days)["observations"]
        return answered


@pytest.fixture
def case(request: pytest.FixtureRequest, imagery_folder: Path, tmp_path: Path) -> Case:
    found = sorted((imagery_folder / "cases").glob(f"{request.param}-*"))
    assert found, f"The folder of imagery has no case {request.param}."
    return Case(found[0], tmp_path / "workspace")


def of(*numbers: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", numbers, indirect=True)


@of("01", "02", "04")
def test_a_hidden_half_is_half_seen(case: Case) -> None:
    case.outline()
    bands = ("--bands", "red,green,blue,unused") if case.folder.name.startswith("02") else ()
    case.add("before.tif", "2015-06-01", "--sensor", "rgb")
    case.add("after.tif", "2016-06-01", "--sensor", "rgb", *bands)
    seen = {one["outcome"]: one["seen_fraction"] for one in case.observations()}
    assert seen == {"unchanged": pytest.approx(0.5, abs=0.03), "not_seen": 0.0}


@of("05")
@pytest.mark.parametrize("sensor", ["rgbn", "naip", "planetscope"])
def test_alpha_is_no_near_infrared(case: Case, sensor: str) -> None:
    assert "alpha" in case.add("rgba.tif", "2016-06-01", "--sensor", sensor, code=2).output
    case.add("rgba.tif", "2016-06-01", "--sensor", "rgb")
    [scene] = case.told("scenes", "list")
    assert scene["bands"] == ["red", "green", "blue"]


@of("07")
def test_wrapped_integers_are_no_flood(case: Case) -> None:
    case.outline()
    given = ("--sensor", "sentinel-2", "--offset", "0")
    case.add("before.tif", "2015-06-01", *given)
    refused = case.add("after_wrapped.tif", "2016-06-01", *given, code=2)
    assert "reflectance" in refused.output
    assert len(case.told("scenes", "list")) == 1


def scan_tiles(case: Case) -> list[dict[str, Any]]:
    case.outline()
    for tile in TILES:
        for date, day in (("before", "2014-06-01"), ("after", "2014-06-11")):
            given = ("--sensor", "sentinel-2", "--offset", "-0.1")
            case.add(f"{date}_{tile}.tif", f"{day}T02:16:0{tile}Z", *given)
    case.run("scan", "site", *JUNE)
    found: list[dict[str, Any]] = case.told("findings", "list")["findings"]
    return found


@of("08")
def test_the_tiles_of_a_pass_show_the_flood_together(case: Case) -> None:
    [flood] = scan_tiles(case)
    assert flood["kind"] == "flooding"
    assert len(flood["after"]["tiles"]) == len(TILES)


@of("08")
def test_a_geopackage_that_another_program_has_open_stays_whole(case: Case, tmp_path: Path) -> None:
    scan_tiles(case)
    out = tmp_path / "findings.gpkg"
    case.run("findings", "export", out)
    other = sqlite3.connect(out, isolation_level=None)
    other.execute("pragma journal_mode=wal")
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        other.create_function(name, 1, lambda _: 0)
    other.execute("update findings set review_note = 'typed elsewhere' where fid = 1")
    refused = case.run("findings", "export", out, "--overwrite", code=2)
    assert "open" in refused.output
    reader = sqlite3.connect(out)
    assert reader.execute("select review_note from findings").fetchall() == [("typed elsewhere",)]
    assert reader.execute("pragma integrity_check").fetchall() == [("ok",)]


@of("13")
def test_a_korean_encoding_is_read(case: Case) -> None:
    case.outline("camp_euckr.kml", "--accuracy-m", "10")
    [path] = (case.workspace / "aoi").rglob("site.geojson")
    assert re.search("[가-힣]", path.read_text(encoding="utf-8"))


@of("14", "15", "16", "18")
def test_a_sound_outline_is_read(case: Case) -> None:
    name = next(path.name for path in case.folder.iterdir() if path.suffix in OUTLINES)
    [ring] = case.outline(name)["geometry"]["coordinates"]
    assert len(ring) == 8
    assert {len(corner) for corner in ring} == {2}


@of("16")
def test_heights_without_a_number_are_dropped_in_geojson_too(case: Case) -> None:
    [ring] = case.outline("z_null.geojson")["geometry"]["coordinates"]
    assert {len(corner) for corner in ring} == {2}


@of("19")
def test_a_document_type_is_refused_in_every_encoding(case: Case) -> None:
    given = ("--id", "site", "--name", "Site", "--accuracy-m", "10")
    refused = case.run("facilities", "import", case.folder / "entities.kml", *given, code=2)
    assert "document type" in refused.output.lower()


@of("20")
def test_a_scene_across_the_antimeridian_does_not_reach_round_the_world(case: Case) -> None:
    ring = '{"type": "Polygon", "coordinates": [[[129, 0], [129.1, 0], [129, 0.1], [129, 0]]]}'
    outline = case.workspace / "far.geojson"
    outline.write_text(ring)
    case.outline(outline)
    case.add("utm60.tif", "2016-06-01", "--sensor", "rgb")
    assert len(case.told("scenes", "list")) == 1
    assert case.told("scenes", "list", "site") == []


@of("21")
def test_a_tag_cannot_make_a_loop(case: Case) -> None:
    refused = case.add("after.tif", "2016-06-01", "--sensor", "rgb", code=2)
    assert refused.output.count("Error:") == 1
