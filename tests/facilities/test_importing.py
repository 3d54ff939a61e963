"""Importing drawn outlines: what is read, what is mended and said, what is refused."""

from __future__ import annotations

import json
import sqlite3
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import bundled_registry, find_facility, read_registry
from camp_monitor.facilities.importing import (
    DRAWN_ACCURACY_M,
    ImportedOutline,
    add_outline,
    import_outline,
)

SQUARE = box(129.75, 42.20, 129.76, 42.21)
RING = [[129.75, 42.2], [129.76, 42.2], [129.76, 42.21], [129.75, 42.2]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}
TO_UTM = Transformer.from_crs("EPSG:4326", "EPSG:32652", always_xy=True).transform
SQUARE_UTM = shapely.transform(SQUARE, TO_UTM, interleaved=False)
KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>A</name>
<Placemark><name>gate</name><Point><coordinates>129.75,42.2,0</coordinates></Point></Placemark>
<Folder><name>B</name><Placemark><name>wall</name><MultiGeometry><Polygon>
<outerBoundaryIs><LinearRing><coordinates>
129.75,42.20,7 129.76,42.20,7 129.76,42.21,7 129.75,42.21,7 129.75,42.20,7
</coordinates></LinearRing></outerBoundaryIs>
<innerBoundaryIs><LinearRing><coordinates>
129.752,42.202,7 129.754,42.202,7 129.754,42.204,7 129.752,42.202,7
</coordinates></LinearRing></innerBoundaryIs>
</Polygon></MultiGeometry></Placemark></Folder></Folder></Document></kml>
"""


def write_geojson(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def write_geopackage(
    path: Path, *geometries: BaseGeometry, crs: str | None = "EPSG:4326", layer: str = "site"
) -> Path:
    names = np.array([f"n{number}" for number in range(len(geometries))], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a missing CRS is what some tests want
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(geometries, dtype=object)),
            [names],
            ["Name"],
            geometry_type="Unknown",
            crs=crs,
            layer=layer,
            append=path.exists(),
        )
    return path


def features(*geometries: Any) -> dict[str, Any]:
    listed = [
        {"type": "Feature", "properties": {"name": f"n{n}"}, "geometry": geometry}
        for n, geometry in enumerate(geometries)
    ]
    return {"type": "FeatureCollection", "features": listed}


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    folder = tmp_path / "aoi"
    folder.mkdir()
    name = "khs-12-jongori.geojson"
    (folder / name).write_bytes((bundled_registry() / name).read_bytes())
    return folder


@pytest.fixture
def drawn(tmp_path: Path) -> ImportedOutline:
    return import_outline(write_geojson(tmp_path / "drawn.geojson", POLYGON))


# --- reading


def test_all_formats_give_the_same_outline(tmp_path: Path) -> None:
    content = shapely.geometry.mapping(SQUARE)
    kml = KML[: KML.index("<innerBoundaryIs>")] + KML[KML.index("</Polygon>") :]
    (tmp_path / "a.kml").write_text(kml, "utf-8")
    for path in (
        write_geojson(tmp_path / "a.geojson", content),
        write_geojson(tmp_path / "a.json", features(content)),
        tmp_path / "a.kml",
        write_geopackage(tmp_path / "a.gpkg", SQUARE),
        write_geopackage(tmp_path / "u.gpkg", SQUARE_UTM, crs="EPSG:32652"),
    ):
        assert import_outline(path).geometry.equals(SQUARE), path.name


def test_kml_folders_holes_and_heights(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(KML, "utf-8")
    imported = import_outline(path, layer="B")
    assert not imported.geometry.has_z
    assert len(imported.geometry.interiors) == 1
    assert imported.remarks == (
        "Left out: features without a polygon (1).",
        "Heights were dropped.",
    )
    with pytest.raises(FacilityError, match="no layer 'A' with polygons: choose from 'B'"):
        import_outline(path, layer="A")


def test_reprojection_is_said(tmp_path: Path) -> None:
    imported = import_outline(write_geopackage(tmp_path / "u.gpkg", SQUARE_UTM, crs="EPSG:32652"))
    assert imported.remarks == ("Reprojected from WGS 84 / UTM zone 52N to EPSG:4326.",)
    old_style = {**shapely.geometry.mapping(SQUARE_UTM), "crs": {"type": "name"}}
    old_style["crs"]["properties"] = {"name": "urn:ogc:def:crs:EPSG::32652"}
    imported = import_outline(write_geojson(tmp_path / "u.geojson", old_style))
    assert imported.geometry.equals(SQUARE)


def test_an_open_ring_is_closed_and_said(tmp_path: Path) -> None:
    open_ring = {"type": "Polygon", "coordinates": [RING[:-1]]}
    imported = import_outline(write_geojson(tmp_path / "a.geojson", open_ring))
    assert imported.geometry.equals(Polygon(RING))
    assert imported.remarks == ("An open ring of feature 1 was closed.",)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg"])
def test_a_crossed_ring_is_mended_and_said(tmp_path: Path, suffix: str) -> None:
    bow = Polygon([(129, 42), (129.1, 42.1), (129.1, 42), (129, 42.1)])
    if suffix == "gpkg":
        path = write_geopackage(tmp_path / "a.gpkg", bow)
    else:
        path = write_geojson(tmp_path / "a.geojson", shapely.geometry.mapping(bow))
    imported = import_outline(path)
    assert imported.geometry.is_valid
    assert imported.geometry.area == pytest.approx(0.005)
    assert "Self-intersection[129.05 42.05]) and was mended into 2 poly" in imported.remarks[0]


def test_of_several_features_one_is_chosen_or_all_are_joined(tmp_path: Path) -> None:
    east = shapely.affinity.translate(SQUARE, 0.005)
    path = write_geopackage(tmp_path / "a.gpkg", SQUARE, east)
    with pytest.raises(FacilityError, match="choose one with --feature, from 1 'n0', 2 'n1', or"):
        import_outline(path)
    assert import_outline(path, feature="n1").geometry.equals(east)
    assert import_outline(path, feature="1").geometry.equals(SQUARE)
    joined = import_outline(path, union=True)
    assert joined.geometry.equals(SQUARE.union(east))
    assert "2 features were joined into one outline." in joined.remarks
    with pytest.raises(FacilityError, match="no feature '3'"):
        import_outline(path, feature="3")
    write_geopackage(path, east, layer="east")
    assert import_outline(path, layer="east").geometry.equals(east)


# --- refusals, one sentence each


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('{"type": "Polygon", "coordinates": [[[129.75,', "cut short"),
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "is not GeoJSON"),
        ({"type": "Topology"}, "holds no polygon"),
        (features(), "holds no polygon"),
        (features(None, {"type": "Point", "coordinates": [1, 2]}), r"no polygon.*polygon \(2\)"),
        ({"type": "Polygon", "coordinates": []}, r"no polygon.*empty features \(1\)"),
        ({"type": "Polygon", "coordinates": [[]]}, r"no polygon.*empty features \(1\)"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, r"no polygon.*empty features \(1\)"),
        ({"type": "Polygon", "coordinates": [RING, []]}, "empty ring"),
        ({"type": "Polygon", "coordinates": None}, "empty ring"),
        ({"type": "Polygon", "coordinates": [RING[:2]]}, "2 different points: 3 are needed"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2]]]}, "has no area"),
        ({"type": "Polygon", "coordinates": [1]}, "empty ring, or one that is not a list"),
        ({"type": "Polygon", "coordinates": [[[1, "2"], [3, 4], [5, 6]]]}, "finite numbers"),
        ('{"type": "Polygon", "coordinates": [[[1, 1e999], [3, 4], [5, 9]]]}', "finite numbers"),
        ('{"type": "Polygon", "coordinates": [[[1, NaN], [3, 4], [5, 9]]]}', "not valid JSON"),
        (shapely.geometry.mapping(box(42, 129, 42.1, 129.1)), "axes look swapped"),
        (shapely.geometry.mapping(SQUARE_UTM), "look like projected metres"),
        (shapely.geometry.mapping(box(0, 0, 1, 1)), "at most 5,000 km2"),
        ({**POLYGON, "crs": {"type": "name", "properties": {"name": "EPSG:0"}}}, "is not known"),
        ({**POLYGON, "crs": None}, "'crs' member without a name"),
        (features({"type": "Polygon", "coordinates": 5}), "feature 1 .'n0'. has an empty ring"),
    ],
)
def test_geojson_refusals(tmp_path: Path, content: Any, fault: str) -> None:
    path = write_geojson(tmp_path / "a.geojson", content)
    with pytest.raises(FacilityError, match=fault) as caught:
        import_outline(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("</kml>", "", "cut short"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE kml>", "document type"),
        ("129.76,42.20,7", "129.76;42.20", "has the coordinate 129.76;42.20: finite numbers"),
        ("129.76,42.20,7", "nan,42.20", "finite numbers"),
        ("129.76,42.20,7", "129.76", "finite numbers"),
        ("outerBoundaryIs", "outside", "without one outer boundary"),
        ("Polygon>", "LineString>", "holds no polygon"),
        ("kml", "OGRVRTDataSource", "its outermost element is 'OGRVRTDataSource'"),
    ],
)
def test_kml_refusals(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "a.kml"
    assert old in KML
    path.write_text(KML.replace(old, new), "utf-8")
    with pytest.raises(FacilityError, match=fault):
        import_outline(path)


def test_geopackage_refusals(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    whole = write_geopackage(path, SQUARE).read_bytes()
    for length in (0, 10, 3000, len(whole) // 2, len(whole) - 5000):
        path.write_bytes(whole[:length])
        with pytest.raises(FacilityError, match="cut short"):
            import_outline(path)
    flat = shapely.LineString([(0, 0), (1, 1)])
    missing = shapely.transform(SQUARE, lambda p: np.where(np.arange(5)[:, None] == 1, np.nan, p))
    for name, geometry, crs, fault in (
        ("line", flat, "EPSG:4326", "holds no polygon"),
        ("empty", Polygon(), "EPSG:4326", r"no polygon.*empty features \(1\)"),
        ("missing", missing, "EPSG:4326", "finite numbers"),
        ("far", box(1e9, 1e9, 2e9, 2e9), "EPSG:32652", "not a finite number"),
        ("nowhere", SQUARE_UTM, None, "has no coordinate system"),
    ):
        with pytest.raises(FacilityError, match=fault):
            import_outline(write_geopackage(tmp_path / f"{name}.gpkg", geometry, crs=crs))


@pytest.mark.parametrize("undefined", [0, -1])
def test_an_undefined_coordinate_system_is_none(tmp_path: Path, undefined: int) -> None:
    path = write_geopackage(tmp_path / "a.gpkg", SQUARE)
    database = sqlite3.connect(path)
    for table in ("gpkg_geometry_columns", "gpkg_contents"):
        database.execute(f"update {table} set srs_id = ?", (undefined,))
    database.commit()
    database.close()
    with pytest.raises(FacilityError, match="has no coordinate system"):
        import_outline(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, fault in (("a.kmz", "not a whole KMZ"), ("a.shp", "not named .geojson")):
        (tmp_path / name).write_text("")
        with pytest.raises(FacilityError, match=fault):
            import_outline(tmp_path / name)
    with pytest.raises(FacilityError, match="is not a file"):
        import_outline(tmp_path / "absent.kml")
    with pytest.raises(FacilityError, match="is not a file"):
        import_outline(tmp_path / f"{'x' * 300}.kml")


# --- into the registry


def test_a_drawn_outline_becomes_the_next_version(registry: Path, drawn: ImportedOutline) -> None:
    before = find_facility(registry, "khs-12-jongori")
    addition = add_outline(registry, "khs-12-jongori", drawn, accuracy_m=15.0, source="an analyst")
    after = find_facility(registry, "khs-12-jongori")
    assert after == addition.facility
    assert addition.added
    assert not addition.created
    assert after.outlines[:-1] == before.outlines
    assert replace(after, outlines=()) == replace(before, outlines=())
    assert (after.outline.version, after.outline.basis) == (2, "drawn")
    assert (after.outline.accuracy_m, after.outline.source) == (15.0, "an analyst")
    assert drawn.sha256[:16] in after.outline.note


def test_the_same_outline_again_adds_nothing(registry: Path, drawn: ImportedOutline) -> None:
    path = add_outline(registry, "khs-12-jongori", drawn).path
    before = path.read_bytes()
    corners = [*drawn.geometry.exterior.coords[1:], drawn.geometry.exterior.coords[1]]
    turned = replace(drawn, geometry=Polygon(corners).reverse(), file_name="other.kml")
    addition = add_outline(registry, "khs-12-jongori", turned)
    assert not addition.added
    assert path.read_bytes() == before
    assert add_outline(registry, "khs-12-jongori", drawn, accuracy_m=5.0).added


def test_an_outline_beside_its_facility_is_said(registry: Path, drawn: ImportedOutline) -> None:
    assert add_outline(registry, "khs-12-jongori", drawn).remarks == ()
    beside = replace(drawn, geometry=box(129.5, 42.2, 129.51, 42.21))
    (remark,) = add_outline(registry, "khs-12-jongori", beside).remarks
    assert "the nearest point is 20." in remark


def test_an_assumed_accuracy_is_said(registry: Path, drawn: ImportedOutline) -> None:
    outline = add_outline(registry, "khs-12-jongori", drawn).facility.outline
    assert outline.accuracy_m == DRAWN_ACCURACY_M
    assert "not stated and is assumed" in outline.note


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'; drop table--", "교화소 ✓", "=1+1"]
)
def test_a_new_facility_may_have_any_name(
    registry: Path, drawn: ImportedOutline, name: str
) -> None:
    addition = add_outline(registry, "new-site", drawn, name=name)
    assert addition.created
    assert addition.path == registry / "new-site.geojson"
    assert find_facility(registry, "new-site").name == name
    assert len(read_registry(registry)) == 2


def test_what_add_outline_refuses(registry: Path, drawn: ImportedOutline) -> None:
    before = {path.name: path.read_bytes() for path in registry.iterdir()}
    far = replace(drawn, geometry=box(-100.01, 47, -100, 47.01))
    refused: tuple[tuple[str, ImportedOutline, dict[str, Any], str], ...] = (
        ("jongori", drawn, {}, "did you mean khs-12-jongori, or is it new"),
        ("../x", drawn, {"name": "X"}, "is not a facility id"),
        ("new", drawn, {"name": "a\x1b[31m"}, "control character U\\+001B"),
        ("new", drawn, {"name": "a" * 201}, "201 characters"),
        ("new", drawn, {"name": "a", "source": "a\nb"}, "control character"),
        ("new", drawn, {"name": "a", "accuracy_m": float("nan")}, "accuracy"),
        ("khs-12-jongori", drawn, {"name": "Other"}, "is already the facility"),
        ("khs-12-jongori", far, {}, r"lies \d[\d,]* km from everything known"),
    )
    for facility_id, imported, options, fault in refused:
        with pytest.raises(FacilityError, match=fault):
            add_outline(registry, facility_id, imported, **options)
    assert {path.name: path.read_bytes() for path in registry.iterdir()} == before


def test_a_hostile_file_name_stays_out_of_the_note(registry: Path, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a\x1b[31m\u202eb.geojson", POLYGON)
    addition = add_outline(registry, "khs-12-jongori", import_outline(path))
    assert "a?[31m?b.geojson" in addition.facility.outline.note
