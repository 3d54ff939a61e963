"""Reading and writing facility files, and the registry that comes with the program."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import (
    Facility,
    Outline,
    bundled_registry,
    facility_document,
    find_facility,
    read_facility,
    read_registry,
    write_facility,
)

LISTED = ("khs-12-jongori", "kls-14-kaechon", "kls-16-hwasong", "kls-25-chongjin")


@pytest.fixture
def jongori(tmp_path: Path) -> Path:
    """Copy one file of the registry."""
    path = tmp_path / "khs-12-jongori.geojson"
    path.write_bytes((bundled_registry() / path.name).read_bytes())
    return path


@st.composite
def simple_polygons(draw: st.DrawFn) -> Polygon:
    """Star-shaped polygons of 100 m to 5 km anywhere between the polar circles."""
    lon, lat = draw(st.floats(-179, 179)), draw(st.floats(-66, 66))
    spokes_deg = draw(st.lists(st.floats(0.001, 0.05), min_size=3, max_size=12))
    angles = np.arange(len(spokes_deg)) * 2 * np.pi / len(spokes_deg)
    radii = np.array(spokes_deg)
    return Polygon(np.column_stack([lon + radii * np.cos(angles), lat + radii * np.sin(angles)]))


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    geometry=simple_polygons(),
    accuracy_m=st.floats(0, 1e6),
    name=st.text("ab<>&\"'\\화 {}", min_size=1),
)
def test_any_simple_polygon_survives_its_file(
    tmp_path: Path, geometry: Polygon, accuracy_m: float, name: str
) -> None:
    outline = Outline(geometry, "drawn", accuracy_m, 1, "an analyst", "drawn")
    facility = Facility(id="x", name=f"n{name}", outlines=(outline,))
    path = tmp_path / "x.geojson"
    path.unlink(missing_ok=True)
    write_facility(facility, path)
    assert read_facility(path) == facility
    assert outline.geometry.hausdorff_distance(geometry) < 1e-6


def test_every_bundled_file_is_written_back_byte_for_byte(tmp_path: Path) -> None:
    for facility in read_registry(bundled_registry()):
        path = tmp_path / f"{facility.id}.geojson"
        write_facility(facility, path)
        assert path.read_bytes() == (bundled_registry() / path.name).read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_the_bundled_registry_holds_what_it_promises() -> None:
    registry = read_registry(bundled_registry())
    assert [facility.id for facility in registry] == sorted(facility.id for facility in registry)
    assert len(registry) == 35
    assert {f.id for f in registry if not f.outlines} == {
        f.id for f in registry if not f.candidates
    }
    assert set(LISTED) <= {facility.id for facility in registry}
    for facility in registry:
        assert facility.sources, facility.id
        assert bool(facility.names_ko) == bool(facility.names_ko_note), facility.id


def test_a_gis_opens_the_files() -> None:
    import pyogrio

    for facility_id in LISTED:
        frame = pyogrio.read_dataframe(bundled_registry() / f"{facility_id}.geojson")
        assert frame.crs.to_epsg() == 4326
        assert frame["basis"].tolist() == ["derived"]
        assert frame["accuracy_m"].min() > 0


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("colour", "red", "facility.colour is not a field"),
        ("type", "prison", "facility.type: input should be 'kwan_li_so'"),
        ("name", "two\nlines", "facility.name: text holds the control character U\\+000A"),
        ("name", "\u202eevil", "U\\+202E"),
        ("name", " ", "text is blank"),
        ("number", "12", "facility.number: input should be a valid integer"),
        ("id", "../x", "is not a facility id"),
        ("id", "other", "holds the facility 'other': name it other.geojson"),
        ("candidates", [{"lat": 91.0}], "facility.candidates\\[0\\]"),
        ("outlines", [], "outlines are the features"),
    ],
)
def test_a_wrong_field_is_named(jongori: Path, field: str, value: Any, fault: str) -> None:
    content = json.loads(jongori.read_text("utf-8"))
    content["facility"][field] = value
    jongori.write_text(json.dumps(content), "utf-8")
    with pytest.raises(FacilityError, match=fault) as caught:
        read_facility(jongori)
    assert str(jongori) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"version": 1', '"version": true', r"features\[0\].version"),
        ('"version": 1', '"version": 1, "version": 2', "one of its members twice"),
        ('"accuracy_m": 260.0', '"accuracy_m": NaN', "NaN is not a number"),
        ('"accuracy_m": 260.0', '"accuracy_m": -1', r"features\[0\].accuracy_m"),
        ('"basis": "derived"', '"basis": "guessed"', r"features\[0\].basis"),
        ('"role": "perimeter"', '"role": "zone"', "role must be 'perimeter'"),
        ('"type": "Polygon"', '"type": "LineString"', "must be a Polygon"),
        ("[129.7539617, 42.2088338],", "", "closed rings"),
        ('"features"', '"legend": 1, "features"', "unknown member 'legend'"),
        ('"facility": {', '"crs": {', "unknown member 'crs'"),
        ("https://", "javascript:", "starts with http"),
    ],
)
def test_a_wrong_file_is_named(jongori: Path, old: str, new: str, fault: str) -> None:
    text = jongori.read_text("utf-8")
    assert old in text
    jongori.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(FacilityError, match=fault) as caught:
        read_facility(jongori)
    assert str(jongori) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "cut short"),
        (b'{"type": "Fea', "cut short"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "must be a JSON object"),
        (b'{"type": "FeatureCollection", "features": []}', "has no 'facility' member"),
    ],
)
def test_an_unreadable_file_is_named(jongori: Path, content: bytes, fault: str) -> None:
    jongori.write_bytes(content)
    with pytest.raises(FacilityError, match=fault):
        read_facility(jongori)


def test_a_version_given_twice_is_refused(jongori: Path) -> None:
    content = json.loads(jongori.read_text("utf-8"))
    content["features"] *= 2
    jongori.write_text(json.dumps(content), "utf-8")
    with pytest.raises(FacilityError, match="each may appear once"):
        read_facility(jongori)


def test_writing_never_loses_an_outline(jongori: Path) -> None:
    facility = read_facility(jongori)
    before = jongori.read_bytes()
    moved = replace(facility.outline, geometry=box(129.7, 42.2, 129.8, 42.3))
    for loss in (replace(facility, outlines=()), replace(facility, outlines=(moved,))):
        with pytest.raises(FacilityError, match="version 1, which would be lost"):
            write_facility(loss, jongori)
    assert jongori.read_bytes() == before


def test_a_value_that_would_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    for name in ("bad\x00name", "\ud800", ""):
        with pytest.raises(FacilityError):
            write_facility(Facility(id="a", name=name), path)
    with pytest.raises(FacilityError, match="cannot hold 'b': name it"):
        write_facility(Facility(id="b", name="B"), path)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_file_as_it_was(
    jongori: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facility = read_facility(jongori)
    before = jongori.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    grown = replace(facility, outlines=(*facility.outlines, replace(facility.outline, version=2)))
    with pytest.raises(FacilityError, match="cannot be written: No space left on device"):
        write_facility(grown, jongori)
    assert jongori.read_bytes() == before
    assert [path.name for path in jongori.parent.iterdir()] == [jongori.name]


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(FacilityError, match="did you mean khs-12-jongori"):
        find_facility(bundled_registry(), "jongori")
    with pytest.raises(FacilityError, match="is not a facility id"):
        find_facility(bundled_registry(), "../khs-12-jongori")
    with pytest.raises(FacilityError, match="is not a folder"):
        find_facility(Path("nowhere"), "a")


def test_a_zero_coordinate_is_not_lost() -> None:
    facility = replace(find_facility(bundled_registry(), "khs-12-jongori"), outlines=(), number=0)
    point = replace(facility.candidates[0], lat=0.0, lon=0.0)
    content = facility_document(replace(facility, candidates=(point,)))
    assert content["facility"]["candidates"][0]["lat"] == 0.0
    assert content["facility"]["number"] == 0
