"""A facility from an outline file alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import shapely

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import bundled_registry, read_facility
from camp_monitor.facilities.importing import DRAWN_ACCURACY_M
from camp_monitor.facilities.unregistered import read_outline
from tests.facilities.test_importing import (
    KML,
    POLYGON,
    SQUARE,
    SQUARE_UTM,
    features,
    write_geojson,
    write_geopackage,
)


def test_every_format_gives_a_facility_with_one_outline(tmp_path: Path) -> None:
    kml = KML[: KML.index("<innerBoundaryIs>")] + KML[KML.index("</Polygon>") :]
    (tmp_path / "Wall 1.kml").write_text(kml, "utf-8")
    with zipfile.ZipFile(tmp_path / "Wall 1.kmz", "w") as archive:
        archive.writestr("doc.kml", kml)
    named = {"Wall 1.kml": "wall", "Wall 1.kmz": "wall", "Wall 1.gpkg": "n0"}
    for path in (
        write_geojson(tmp_path / "Wall 1.geojson", shapely.geometry.mapping(SQUARE)),
        tmp_path / "Wall 1.kml",
        tmp_path / "Wall 1.kmz",
        write_geopackage(tmp_path / "Wall 1.gpkg", SQUARE_UTM, crs="EPSG:32652"),
    ):
        facility = read_outline(path, accuracy_m=30)
        assert facility.id == "wall-1"
        assert facility.name == named.get(path.name, "Wall 1")
        (outline,) = facility.outlines
        assert outline.geometry.equals(SQUARE), path.name
        assert (outline.basis, outline.version, outline.accuracy_m) == ("drawn", 1, 30)
        assert outline.source == f"file {path.name}"
        assert "The id was made of the file's name." in outline.note
        assert read_outline(str(path), accuracy_m=30) == facility
    assert "Reprojected from WGS 84 / UTM zone 52N" in outline.note


def test_an_accuracy_that_is_not_stated_is_that_of_an_import(tmp_path: Path) -> None:
    outline = read_outline(write_geojson(tmp_path / "a.geojson", POLYGON)).outline
    assert outline.accuracy_m == DRAWN_ACCURACY_M
    assert "Its accuracy was not stated and is assumed." in outline.note


def test_id_and_name_are_those_typed_then_those_of_the_file(tmp_path: Path) -> None:
    content = features(POLYGON)
    content["features"][0]["properties"] = {"id": "my-camp", "name": "캠프", "name_en": "Camp"}
    path = write_geojson(tmp_path / "a.geojson", content)
    facility = read_outline(path)
    assert (facility.id, facility.name) == ("my-camp", "Camp")
    assert "of the file" not in facility.outline.note
    facility = read_outline(path, id="x", name="X")
    assert (facility.id, facility.name) == ("x", "X")


def test_a_file_whose_name_has_no_letters_of_an_id_still_gives_one(tmp_path: Path) -> None:
    facility = read_outline(write_geojson(tmp_path / "캠프.geojson", POLYGON))
    assert (facility.id, facility.name) == ("outline", "캠프")
    long = read_outline(write_geojson(tmp_path / f"{'a' * 63}-b.geojson", POLYGON))
    assert long.id == "a" * 63


def test_one_of_several_features_is_chosen_or_all_are_joined(tmp_path: Path) -> None:
    east = shapely.affinity.translate(SQUARE, 0.005)
    path = write_geopackage(tmp_path / "a.gpkg", SQUARE, east)
    with pytest.raises(FacilityError, match="holds 2 features with polygons"):
        read_outline(path)
    facility = read_outline(path, feature="n1")
    assert facility.name == "n1"
    assert facility.outline.geometry.equals(east)
    joined = read_outline(path, union=True)
    assert joined.name == "a"
    assert joined.outline.geometry.equals(SQUARE.union(east))
    assert read_outline(path, layer="site", feature="1").outline.geometry.equals(SQUARE)


def test_a_file_of_a_registry_gives_its_facility_unless_more_is_asked(tmp_path: Path) -> None:
    path = bundled_registry() / "khs-12-jongori.geojson"
    facility = read_facility(path)
    assert read_outline(path) == facility
    copy = tmp_path / "camp.geojson"
    copy.write_bytes(path.read_bytes())
    assert read_outline(copy) == facility
    other = read_outline(path, accuracy_m=facility.outline.accuracy_m)
    assert other.outline.geometry.equals(facility.outline.geometry)
    assert other.sources == ()
    copy.write_text(copy.read_text("utf-8").replace('"names_ko"', '"names"'), "utf-8")
    with pytest.raises(FacilityError, match="not a field"):
        read_outline(copy)


def test_what_read_outline_refuses(tmp_path: Path) -> None:
    content = features(POLYGON)
    content["features"][0]["properties"] = {"id": "Camp 12"}
    bad = write_geojson(tmp_path / "bad.geojson", content)
    plain = write_geojson(tmp_path / "plain.geojson", POLYGON)
    with pytest.raises(FacilityError, match="'Camp 12' is not a facility id"):
        read_outline(bad)
    assert read_outline(bad, id="camp-12").id == "camp-12"
    with pytest.raises(FacilityError, match="is not a facility id"):
        read_outline(plain, id="")
    with pytest.raises(FacilityError, match="blank"):
        read_outline(plain, name="")
    with pytest.raises(FacilityError, match="accuracy"):
        read_outline(plain, accuracy_m=-1)
    with pytest.raises(FacilityError, match="is not a file"):
        read_outline(tmp_path / "absent.kml")
