"""GeoPackages as QGIS leaves them and as a hostile hand makes them."""

from __future__ import annotations

import sqlite3
import struct
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import geopackages
from camp_monitor.facilities.importing import import_outline
from tests.facilities.test_importing import SQUARE, write_geopackage
from tests.facilities.test_outline_files import change

CURVE = struct.pack("<BIIBIIdddddd", 1, 10, 1, 1, 8, 3, 0, 0, 1, 1, 2, 0)
"""A CurvePolygon of one CircularString."""


def clothed(wkb: bytes, *envelope: float) -> bytes:
    """A geometry as GeoPackages hold it, in EPSG:4326."""
    flags = 0b11 if envelope else 0b01
    return b"GP\0" + struct.pack(f"<Bi{len(envelope)}d", flags, 4326, *envelope) + wkb


def nested(levels: int) -> bytes:
    return struct.pack("<BII", 1, 7, 1) * levels + shapely.to_wkb(SQUARE)


# --- as QGIS leaves them


@pytest.mark.parametrize("dimensions", ["XY", "XYZ", "XYM", "XYZM"])
@pytest.mark.parametrize("flavor", ["iso", "extended"])
@pytest.mark.parametrize("byte_order", [0, 1])
def test_every_kind_of_wkb_gives_the_same_outline(
    tmp_path: Path, dimensions: str, flavor: str, byte_order: int
) -> None:
    values = {"XY": "{x} {y}", "XYZ": "{x} {y} nan", "XYM": "{x} {y} 7", "XYZM": "{x} {y} nan 7"}
    points = [values[dimensions].format(x=x, y=y) for x, y in SQUARE.exterior.coords]
    polygon = shapely.from_wkt(f"MULTIPOLYGON {dimensions[2:]} ((({', '.join(points)})))")
    wkb = shapely.to_wkb(
        polygon, output_dimension=4, flavor=flavor, byte_order=byte_order, include_srid=False
    )
    path = change(write_geopackage(tmp_path / "a.gpkg", SQUARE), blob=clothed(wkb))
    imported = import_outline(path)
    assert imported.geometry.equals(SQUARE)
    assert imported.remarks == (("Heights were dropped.",) if "Z" in dimensions else ())


def test_empty_features_among_good_ones_are_left_out_and_said(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "a.gpkg", SQUARE, Polygon(), MultiPolygon(), Point(1, 2))
    change(path, "INSERT INTO site (geom, Name) VALUES (NULL, 'none')")
    imported = import_outline(path)
    assert imported.geometry.equals(SQUARE)
    assert set(imported.remarks) == {
        "Left out: empty features (1).",
        "Left out: features without a polygon (3).",
    }


def test_an_empty_part_is_left_out_and_said(tmp_path: Path) -> None:
    parts = shapely.to_wkb(SQUARE) + struct.pack("<BII", 1, 3, 0)
    blob = clothed(struct.pack("<BII", 1, 6, 2) + parts)
    imported = import_outline(change(write_geopackage(tmp_path / "a.gpkg", SQUARE), blob=blob))
    assert imported.geometry.equals(SQUARE)
    (remark,) = imported.remarks
    assert remark == "An empty polygon of feature 1 of layer 'site' ('n0') was left out."


def test_a_geopackage_that_is_being_written_is_refused_until_it_is_saved(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "a.gpkg", SQUARE)
    with closing(sqlite3.connect(path, isolation_level=None)) as editor:
        editor.execute("PRAGMA journal_mode = WAL")
        assert import_outline(path).geometry.equals(SQUARE)
        editor.execute("CREATE TABLE other (a TEXT)")
        names = {item.name for item in tmp_path.iterdir()}
        with pytest.raises(FacilityError, match=r"being written.*a\.gpkg-wal beside it"):
            import_outline(path)
        assert {item.name for item in tmp_path.iterdir()} == names
    assert import_outline(path).geometry.equals(SQUARE)
    journal = tmp_path / "a.gpkg-journal"
    for head, is_refused in ((b"", False), (bytes(28), False), (b"\xd9\xd5\x05\xf9", True)):
        journal.write_bytes(head)
        if is_refused:
            with pytest.raises(FacilityError, match=r"a\.gpkg-journal beside it"):
                import_outline(path)
        else:
            assert import_outline(path).geometry.equals(SQUARE)


def test_reading_leaves_no_file_behind(tmp_path: Path) -> None:
    path = change(write_geopackage(tmp_path / "a.gpkg", SQUARE), "PRAGMA journal_mode = WAL")
    before = path.read_bytes()
    assert import_outline(path).geometry.equals(SQUARE)
    assert [(item.name, item.read_bytes()) for item in tmp_path.iterdir()] == [("a.gpkg", before)]


# --- as a hostile hand makes them


@pytest.mark.parametrize(
    ("blob", "fault"),
    [
        (clothed(CURVE), "has curves or surfaces"),
        (clothed(nested(8)), "damaged"),
        (clothed(nested(200_000)), "damaged"),
        (clothed(shapely.to_wkb(SQUARE) + b"\0"), "damaged"),
        (clothed(shapely.to_wkb(SQUARE), 129.751, 129.76, 42.2, 42.21), "damaged"),
        (clothed(struct.pack("<BII", 1, 3, 0xFFFFFFFF)), "damaged"),
        (clothed(struct.pack("<BIII", 1, 3, 1, 0xFFFFFFFF)), "damaged"),
        (clothed(struct.pack("<BII", 2, 3, 0)), "damaged"),
        (b"", "damaged"),
        (b"GP\0\x0f" + bytes(200), "damaged"),
        (shapely.to_wkb(SQUARE), "damaged"),
    ],
)
def test_a_hostile_geometry_is_one_sentence(tmp_path: Path, blob: bytes, fault: str) -> None:
    path = change(write_geopackage(tmp_path / "a.gpkg", SQUARE), blob=blob)
    with pytest.raises(FacilityError, match=f"feature 1 of layer 'site' .*{fault}"):
        import_outline(path)


def test_collections_are_read_a_few_levels_deep(tmp_path: Path) -> None:
    path = change(write_geopackage(tmp_path / "a.gpkg", SQUARE), blob=clothed(nested(7)))
    assert import_outline(path).geometry.equals(SQUARE)


def test_geos_ends_the_process_on_a_geometry_that_is_nested_deeply() -> None:
    """Why the geometries are decoded here; once this fails, shapely can do it."""
    code = (
        "import shapely, struct; "
        "shapely.from_wkb(struct.pack('<BII', 1, 7, 1) * 300_000 + shapely.to_wkb(shapely.Point()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode < 0


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE site SET Name = hex(zeroblob(5000001))"], "a value of over 10,000,000 bytes"),
        (["ALTER TABLE site RENAME TO gone"], "holds no polygon"),
        (["ALTER TABLE site RENAME COLUMN geom TO gone"], "layers without a column of geometries"),
        (["UPDATE gpkg_geometry_columns SET srs_id = 77"], "FOREIGN KEY|no coordinate system"),
    ],
)  # fmt: skip
def test_a_hostile_table_is_one_sentence(tmp_path: Path, statements: list[str], fault: str) -> None:
    path = change(
        write_geopackage(tmp_path / "a.gpkg", SQUARE), "PRAGMA legacy_alter_table = ON", *statements
    )
    with pytest.raises(FacilityError, match=fault):
        import_outline(path)


def test_a_column_that_computes_is_not_run(tmp_path: Path) -> None:
    path = change(
        write_geopackage(tmp_path / "a.gpkg", SQUARE),
        "ALTER TABLE site ADD COLUMN name_en TEXT AS (hex(zeroblob(99999999)))",
    )
    assert import_outline(path).names == ("n0",)


def test_triggers_do_not_run_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = change(
        write_geopackage(tmp_path / "a.gpkg", SQUARE),
        *(
            f"CREATE TRIGGER t{number} AFTER INSERT ON site BEGIN DELETE FROM site; END"
            for number in range(100)
        ),
    )
    before = path.read_bytes()
    assert import_outline(path).geometry.equals(SQUARE)
    assert path.read_bytes() == before


def test_reading_breaks_off_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geopackages, "LONGEST_READING_S", 0.0)
    rows = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 4000) "
        "INSERT INTO {} SELECT {} FROM n"
    )
    path = change(
        write_geopackage(tmp_path / "a.gpkg", SQUARE),
        "DROP TABLE gpkg_geometry_columns",
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id TEXT)",
        rows.format("gpkg_contents (table_name, data_type)", "'t' || x, 'features'"),
        rows.format("gpkg_geometry_columns", "'g' || x, 'geom', 4326"),
    )
    with pytest.raises(FacilityError, match="s to read: save the outline alone"):
        import_outline(path)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 1000), flip=st.integers(1, 255), cut=st.integers(0, 1000))
def test_a_damaged_geometry_is_refused_or_stays_in_its_envelope(
    at: int, flip: int, cut: int
) -> None:
    bounds = 129.75, 129.76, 42.2, 42.21
    blob = bytearray(clothed(shapely.to_wkb(SQUARE), *bounds))
    blob[at % len(blob)] ^= flip
    blob = blob[: max(cut, len(blob) - 500)]
    with suppress(FacilityError):
        polygons = geopackages.decode_polygons(bytes(blob), "a.gpkg")
        assert all(len(rings) == 1 and len(rings[0]) == 5 for rings in polygons)
