"""The front door: an outline and two files to findings, a raster, a map and a figure."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import pytest
import rasterio
import shapely
import xarray
from odc.geo.geobox import GeoBox

import camp_monitor as cm
from camp_monitor.codes import Code
from camp_monitor.errors import FacilityError, InputError, SceneError
from camp_monitor.facilities import bundled_registry
from camp_monitor.facilities.importing import add_outline, import_outline
from camp_monitor.records.kinds import CONFIDENCES, POSITIONS
from camp_monitor.report.figure.finding_figure import draw_finding_figure
from camp_monitor.report.map.facility_map import draw_facility_map
from camp_monitor.report.text.sentences import phrase, sentence
from camp_monitor.scan import scan
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.workspace import create_workspace
from tests.painted_pair import Files, write_files, write_kml, write_planet

NAIP_DATES = ("20090818", "20140720")
Front = tuple[Files, cm.Comparison]


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Front:
    files = write_files(tmp_path_factory.mktemp("painted"))
    place = cm.read_outline(files.outline, accuracy_m=30)
    before = cm.open_scene(files.before, sensor="planetscope", acquired="2016-08-20")
    after = cm.open_scene(str(files.after), sensor="planetscope", acquired="2016-09-12")
    return files, cm.compare(place, before, after)


@pytest.fixture(scope="module")
def naip(tmp_path_factory: pytest.TempPathFactory, imagery_folder: Path) -> Front:
    """Two flights over wetlands, read in place; dates and sensor are those of the names."""
    folder = imagery_folder / "scenes" / "naip"
    before, after = (next(folder.glob(f"*_{day}.tif")) for day in NAIP_DATES)
    with rasterio.open(after) as source:
        grid = GeoBox.from_rio(source)[200:400, 300:560]
    frame = grid.extent.to_crs("EPSG:4326").geom
    outline = write_kml(tmp_path_factory.mktemp("naip") / "wetland.kml", frame, "Wetland")
    place = cm.read_outline(outline, accuracy_m=30)
    result = cm.compare(place, cm.open_scene(before), cm.open_scene(after))
    return Files(before, after, outline), result


@pytest.fixture(params=["painted", "naip"])
def front(request: pytest.FixtureRequest) -> Front:
    found: Front = request.getfixturevalue(request.param)
    return found


def test_findings_are_a_table_of_regions(front: Front) -> None:
    table = front[1].findings
    assert isinstance(table, geopandas.GeoDataFrame)
    assert table.crs == "EPSG:4326"
    assert len(table) == len(front[1].result.findings) > 0
    assert table["id"].is_unique
    assert table["area_m2"].is_monotonic_decreasing
    assert (table["area_low_m2"] <= table["area_m2"]).all()
    assert (table["area_m2"] <= table["area_high_m2"]).all()
    assert table["probability"].between(0, 1).all()
    assert set(table["confidence"]) <= set(CONFIDENCES)
    assert set(table["position"]) <= set(POSITIONS)
    assert (table["earliest"] < table["latest"]).all()
    codes = {code for reasons in table["reasons"] for code in reasons}
    assert codes
    assert codes <= set(Code)
    assert not table["simulated"].any()
    for row in table.itertuples():
        assert json.loads(row.measurements)["pixel_m"] in (3.0, 5.0)


def test_what_was_painted_is_found(painted: Front) -> None:
    kinds = painted[1].findings["kind"].value_counts()
    assert dict(kinds) == {"construction": 3, "flooding": 2}


def test_farmland_that_went_under_water_is_found(naip: Front) -> None:
    assert (naip[1].findings["kind"] == "water_gain").sum() > 5
    assert naip[1].before.dates == "2009-08-18"
    assert naip[1].after.sensor == "naip"


def test_outcomes_answer_each_question(front: Front) -> None:
    outcomes = front[1].outcomes
    assert isinstance(outcomes, pandas.DataFrame)
    assert list(outcomes["question"]) == ["construction", "flooding"]
    assert list(outcomes["outcome"]) == ["changed", "changed"]
    assert outcomes["seen_fraction"].between(0.5, 1).all()
    assert outcomes["findings"].sum() == len(front[1].findings)
    for row, observation in zip(outcomes.itertuples(), front[1].result.observations, strict=True):
        assert row.reasons == tuple(reason.code for reason in observation.reasons)
        assert bool(row.text) == bool(row.reasons)


def test_seen_is_a_raster_that_agrees_with_the_findings(front: Front) -> None:
    _, result = front
    seen = result.seen
    assert isinstance(seen, xarray.DataArray)
    assert seen.dims == ("question", "y", "x")
    assert seen.dtype == np.uint8
    assert list(seen["question"].values) == list(result.outcomes["question"])
    grid = seen.odc.geobox
    assert grid.shape == seen.shape[1:]
    pair = result.result.pair
    assert pair is not None
    assert grid == pair.grid
    assert grid.crs.to_epsg() in (32652, 26914)
    assert set(np.unique(seen)) == {0, 1, 2}
    pixel_m2 = abs(grid.affine.determinant)
    for question, found in result.findings.groupby(result.findings["method"].str.split("/").str[0]):
        changed_m2 = int((seen.sel(question=question) == 2).sum()) * pixel_m2
        assert changed_m2 == pytest.approx(found["area_m2"].sum(), rel=0.01)
    area = result.place.outline.geometry
    inside = rasterio.features.geometry_mask(
        [moved_to(grid, area)], grid.shape, grid.affine, invert=True
    )
    for row in result.outcomes.itertuples():
        states = seen.sel(question=row.question).values[inside]
        assert (states > 0).mean() == pytest.approx(row.seen_fraction, abs=0.03)


def moved_to(grid: GeoBox, geometry: shapely.Geometry) -> shapely.Geometry:
    """Return a geometry, EPSG:4326, in the CRS of a grid."""
    moved = geopandas.GeoSeries([geometry], crs="EPSG:4326").to_crs(str(grid.crs))
    return moved.iloc[0]


def test_map_figure_raster_and_exports_are_written_and_again_the_same(
    front: Front, tmp_path: Path
) -> None:
    files, result = front
    before, after = (
        cm.open_scene(path, sensor=scene.sensor, acquired=scene.dates)
        for path, scene in ((files.before, result.before), (files.after, result.after))
    )
    again = cm.compare(result.place, before, after)
    assert list(again.findings["id"]) == list(result.findings["id"])
    for folder, one in ((tmp_path / "a", result), (tmp_path / "b", again)):
        folder.mkdir()
        assert one.to_map(folder / "map.html") == folder / "map.html"
        one.to_figure(str(folder / "figure.png"))
        one.to_figure(folder / "figure.svg", finding=one.findings["id"].iloc[-1])
        one.to_geotiff(folder / "change.tif")
        for suffix in ("gpkg", "geojson", "kml", "csv"):
            one.export(folder / f"findings.{suffix}")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(names) == 9, "one of them the note of the figure"
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    page = (tmp_path / "a" / "map.html").read_text("utf-8")
    assert all(finding_id in page for finding_id in result.findings["id"])
    assert (tmp_path / "a" / "figure.png").read_bytes()[:4] == b"\x89PNG"
    with rasterio.open(tmp_path / "a" / "change.tif") as source:
        assert source.descriptions == ("construction", "flooding")
        assert source.nodata is None
        assert GeoBox.from_rio(source) == result.seen.odc.geobox
        assert (source.read() == result.seen.values).all()


@pytest.mark.parametrize("asks", ["withheld", "rounded"])
def test_a_raster_for_the_public_lies_where_no_coordinate_tells_the_place(
    painted: Front, tmp_path: Path, asks: Any
) -> None:
    _, result = painted
    shy = replace(result, place=replace(result.place, public_coordinates=asks))
    said = {}
    for audience in ("internal", "public"):
        path = shy.to_geotiff(tmp_path / f"{audience}.tif", audience=audience)
        with rasterio.open(path) as source:
            assert (source.read() == result.seen.values).all()
            assert source.res == (3.0, 3.0)
            middle = source.xy(source.height / 2 - 0.5, source.width / 2 - 0.5)
            assert (max(map(abs, middle)) < 1) == (audience == "public")
            said[audience] = source.tags().get("WITHHELD", "")
    assert said["internal"] == ""
    assert phrase("audience.public") in said["public"]
    assert "oordinates are" in said["public"]


def test_each_object_prints_well(front: Front) -> None:
    files, result = front
    for value in (result, result.place, result.before, result.after):
        assert re.fullmatch(r"<\w+ [^\n]{10,200}>", repr(value)), repr(value)
    assert result.place.id in repr(result)
    assert result.after.id in repr(result)
    shown = result._repr_html_()
    assert shown.count("<table") == 2
    assert result.findings["id"].iloc[0] in shown
    for text in result.outcomes["text"]:
        assert text in shown
    assert "<Comparison" not in shown
    assert files.before.name not in shown


def test_nothing_is_written_over_an_image(painted: Front, tmp_path: Path) -> None:
    files, result = painted
    held = files.after.read_bytes()
    link = tmp_path / "link.tif"
    link.symlink_to(files.after)
    for write in (result.to_map, result.to_geotiff, result.to_figure, result.export):
        for path in (files.after, link):
            with pytest.raises(InputError, match="name another file"):
                write(path)
    assert files.after.read_bytes() == held
    with pytest.raises(InputError, match="cannot be written"):
        result.to_geotiff(tmp_path / "absent" / "change.tif")
    result.export(tmp_path / "f.csv")
    with pytest.raises(InputError, match="exists already"):
        result.export(tmp_path / "f.csv")
    result.export(tmp_path / "f.csv", overwrite=True)


def test_a_finding_is_chosen_by_its_id(painted: Front, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finding of this comparison"):
        painted[1].to_figure(tmp_path / "f.png", finding="F000000000000")


@pytest.mark.parametrize("wanted", [Code.OTHER_SENSOR, Code.DATES_OVERLAP])
def test_a_pair_that_cannot_be_compared_gives_outcomes_with_the_reason(
    painted: Front, tmp_path: Path, wanted: Code
) -> None:
    files, result = painted
    after = cm.open_scene(files.after, sensor="rgbn", acquired="2016-09-12")
    if wanted == Code.DATES_OVERLAP:
        after = cm.open_scene(files.after, acquired="2016-08-20/2016-09-12")
    refused = cm.compare(result.place, result.before, after)
    assert list(refused.outcomes["outcome"]) == ["not_seen", "not_seen"]
    assert set(refused.outcomes["reasons"]) == {(wanted,)}
    said = sentence(refused.result.observations[0].reasons[0])
    assert set(refused.outcomes["text"]) == {said}
    assert isinstance(refused.findings, geopandas.GeoDataFrame)
    assert refused.findings.empty
    assert list(refused.findings.columns) == list(result.findings.columns)
    assert refused.findings["area_m2"].dtype == result.findings["area_m2"].dtype
    for ask in (lambda: refused.seen, lambda: refused.to_geotiff(tmp_path / "c.tif")):
        with pytest.raises(cm.Refusal) as caught:
            ask()
        assert caught.value.note.code == wanted
    with pytest.raises(InputError):
        refused.to_figure(tmp_path / "f.png")
    refused.to_map(tmp_path / "map.html")
    assert said.split("'")[0][:20] in (tmp_path / "map.html").read_text("utf-8")
    assert refused.result.observations[0].id in (tmp_path / "map.html").read_text("utf-8")
    assert refused.place.id in repr(refused)
    assert said in refused._repr_html_().replace("&#x27;", "'")


def test_slips_are_said(painted: Front, tmp_path: Path) -> None:
    _, result = painted
    with pytest.raises(InputError, match="swap"):
        cm.compare(result.place, result.after, result.before)
    with pytest.raises(InputError, match="name two"):
        cm.compare(result.place, result.before, result.before)
    with pytest.raises(InputError, match="swap"):
        cm.compare(result.place, result.before, result.after, earlier=result.after)
    with pytest.raises(InputError, match="No file was named"):
        cm.open_scene([])
    with pytest.raises(SceneError, match="There is no file"):
        cm.open_scene(tmp_path / "absent.tif")
    with pytest.raises(FacilityError, match="has no outline"):
        cm.compare(replace(result.place, outlines=()), result.before, result.after)


@pytest.mark.parametrize("east_deg", [1.0, -90.0])
def test_a_place_outside_of_the_images_is_not_seen(painted: Front, east_deg: float) -> None:
    _, result = painted
    away = shapely.affinity.translate(result.place.outline.geometry, east_deg)
    outline = replace(result.place.outline, geometry=away)
    place = replace(result.place, outlines=(outline,))
    outcomes = cm.compare(place, result.before, result.after).outcomes
    assert set(outcomes["reasons"]) == {(Code.NOTHING_USABLE,)}


def test_a_file_that_changed_since_it_was_opened_is_not_compared(
    painted: Front, tmp_path: Path
) -> None:
    files, result = painted
    copy = tmp_path / files.after.name
    shutil.copy(files.after, copy)
    after = cm.open_scene(copy)
    with rasterio.open(copy, "r+") as target:
        target.write(np.full((1, 64, 64), 7, np.uint16), [1], window=((0, 64), (0, 64)))
    with pytest.raises(SceneError):
        cm.compare(result.place, result.before, after)


@pytest.fixture(scope="module")
def camps(painted: Front, tmp_path_factory: pytest.TempPathFactory) -> cm.Workspace:
    """The same files and outline in a workspace, of which nothing was scanned."""
    files, result = painted
    held = create_workspace(tmp_path_factory.mktemp("camps") / "camps", bundled_registry())
    for path, day in ((files.before, "2016-08-20"), (files.after, "2016-09-12")):
        add_scene(held.imagery, (path,), SceneDescription("planetscope", day))
    drawn = import_outline(files.outline)
    add_outline(held.aoi, result.place.id, drawn, name=result.place.name, accuracy_m=30)
    return cm.Workspace.open(str(held.root))


def test_a_workspace_gives_the_same_findings(
    painted: Front, camps: cm.Workspace, tmp_path: Path
) -> None:
    _, result = painted
    assert camps.findings().empty
    assert camps.outcomes(result.place.id).empty
    assert not camps.ledger.exists()
    scanned = camps.scan(result.place.id, before="2016-08-20", after="2016-09-12")
    assert re.fullmatch(r"<Scan of camp, [^\n]*5 findings[^\n]*>", repr(scanned))
    assert [item.to_dict() for item in scanned.findings] == [
        item.to_dict() for item in result.result.findings
    ]
    assert [item.to_dict() for item in scanned.observations] == [
        item.to_dict() for item in result.result.observations
    ]
    table = camps.findings(result.place.id)
    assert list(table["id"]) == list(result.findings["id"])
    assert list(table.columns) == list(result.findings.columns)
    assert table.geometry.geom_equals(result.findings.geometry).all()
    pandas.testing.assert_frame_equal(
        pandas.DataFrame(table.drop(columns="geometry")),
        pandas.DataFrame(result.findings.drop(columns="geometry")),
    )
    outcomes = camps.outcomes()
    pandas.testing.assert_frame_equal(outcomes, result.outcomes)
    events = camps.events()
    assert isinstance(events, geopandas.GeoDataFrame)
    assert set(events["id"]) == set(table["event"])
    assert {one for ids in events["finding_ids"] for one in ids} == set(table["id"])
    assert set(events["state"]) <= {"provisional", "confirmed"}
    assert len(camps.events("camp", since="2016-09-12")) == len(events)
    assert camps.events("camp", since="2016-09-13").empty
    camps.to_map(table["id"].iloc[0], tmp_path / "map.html")
    camps.to_figure(table["id"].iloc[0], tmp_path / "figure.png")
    assert repr(camps) == f"<Workspace {camps.root}>"
    with pytest.raises(FacilityError, match="did you mean"):
        camps.findings("khs-12-jongory")


def test_a_path_is_enough_where_a_workspace_is_asked_for(
    painted: Front, camps: cm.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shutil.copytree(camps.root, tmp_path / "copy")
    for name in ("out/ledger.sqlite", "ledger-heads.txt"):
        (root / name).unlink(missing_ok=True)
    scanned = scan(str(root), "camp", "2016-08-20", "2016-09-12")
    assert len(scanned.findings) == len(painted[1].findings)
    assert draw_facility_map(str(root), ["camp"]).findings == len(scanned.findings)
    finding_id = scanned.findings[0].id
    assert draw_finding_figure(root, finding_id, file_format="svg").finding.id == finding_id
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(cm.Workspace.open("~/copy").findings()) == len(scanned.findings)
    again = cm.Workspace.open(root).scan("camp", before="2016-08-20", after="2016-09-12")
    assert (again.added.findings, again.added.observations) == (0, 0)


def test_the_public_names_are_few_and_there() -> None:
    assert len(cm.__all__) == 8
    for name in cm.__all__:
        assert getattr(cm, name) is not None
        assert name in dir(cm)
    with pytest.raises(AttributeError):
        cm.nothing  # noqa: B018


def test_a_painted_file_says_so_everywhere(painted: Front, tmp_path: Path) -> None:
    files, result = painted
    marked = tmp_path / files.after.name
    with rasterio.open(files.after) as source:
        write_planet(marked, source.read().astype(np.float32) / 1e4, SIMULATED="painted")
    one = cm.compare(result.place, result.before, cm.open_scene(marked))
    assert one.findings["simulated"].all()
    assert one.outcomes["simulated"].all()
    one.to_map(tmp_path / "map.html")
    assert "SIMULATED" in (tmp_path / "map.html").read_text("utf-8")
