"""What a file of outlines may hold, and why GDAL reads none of them."""

from __future__ import annotations

import sqlite3
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import outline_files
from camp_monitor.facilities.importing import add_outline, import_outline
from tests.facilities.test_importing import (
    KML,
    POLYGON,
    RING,
    SQUARE,
    features,
    write_geojson,
    write_geopackage,
)

HOLE = [[129.757, 42.202], [129.758, 42.202], [129.758, 42.203], [129.757, 42.202]]


class Server(ThreadingHTTPServer):
    """Answers every request with a coordinate system, and counts them."""

    asked: list[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"EPSG:32652")

        def log_message(self, *_: object) -> None:
            pass

    made = Server(("127.0.0.1", 0), Handler)
    made.asked = []
    thread = Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def write_kml(path: Path, old: str = "", new: str = "") -> Path:
    assert old in KML
    path.write_text(KML.replace(old, new), "utf-8")
    return path


def read_by_gdal(path: Path) -> tuple[str | None, BaseGeometry]:
    """Coordinate system and last geometry of the last layer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        layer = pyogrio.list_layers(path)[-1][0]
        meta, _, blobs, _ = pyogrio.raw.read(path, layer=layer)
    return meta["crs"], shapely.from_wkb(blobs[-1])


def change(path: Path, *statements: str, blob: bytes | None = None) -> Path:
    """Alter a GeoPackage behind GDAL's back; `blob` becomes the geometry of the first feature."""
    with closing(sqlite3.connect(path)) as database:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in database.execute(triggers).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
        if blob is not None:
            database.execute("UPDATE site SET geom = ? WHERE fid = 1", (blob,))
        database.commit()
    return path


# --- what GDAL makes of a file, and what is made of it here


@pytest.mark.parametrize(
    ("old", "new", "gdal", "fault"),
    [
        ("129.76,42.20,7", "129.76;42.20,7", "a corner less", "the coordinate 129.76;42.20,7"),
        ("129.76,42.20,7", "129.7x6,42.20,7", "moved", "the coordinate 129.7x6,42.20,7"),
        ("outerBoundaryIs", "outside", "the hole", "without one outer boundary"),
    ],
)
def test_gdal_reads_another_outline_from_a_damaged_kml(
    tmp_path: Path, old: str, new: str, gdal: str, fault: str
) -> None:
    whole = import_outline(write_kml(tmp_path / "whole.kml")).geometry
    path = write_kml(tmp_path / "a.kml", old, new)
    other = shapely.force_2d(read_by_gdal(path)[1].geoms[0])
    assert not other.is_empty, gdal
    assert not other.equals(whole), gdal
    with pytest.raises(FacilityError, match=fault):
        import_outline(path)


def test_gdal_opens_another_file_that_a_disguised_kml_names(tmp_path: Path) -> None:
    secret = write_geojson(tmp_path / "secret.geojson", POLYGON)
    path = tmp_path / "a.kml"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        f"</OGRVRTLayer></OGRVRTDataSource>"
    )
    assert read_by_gdal(path)[1].equals(Polygon(RING))
    with pytest.raises(FacilityError, match="XML but not KML"):
        import_outline(path)


def test_gdal_drops_a_damaged_hole_of_geojson(tmp_path: Path) -> None:
    damaged = {"type": "Polygon", "coordinates": [RING, [HOLE[0], HOLE[1], "x", HOLE[0]]]}
    path = write_geojson(tmp_path / "a.geojson", damaged)
    assert read_by_gdal(path)[1].equals(Polygon(RING))
    with pytest.raises(FacilityError, match="has the coordinate x: finite numbers"):
        import_outline(path)


def test_gdal_takes_an_unknown_coordinate_system_for_lon_lat(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:0"}}
    path = write_geojson(tmp_path / "a.geojson", {**POLYGON, "crs": crs})
    assert read_by_gdal(path)[0] == "EPSG:4326"
    with pytest.raises(FacilityError, match="'EPSG:0' is not known"):
        import_outline(path)


def test_gdal_fetches_a_coordinate_system_by_its_address(tmp_path: Path, server: Server) -> None:
    crs = {"type": "link", "properties": {"href": f"{server.address}/crs", "type": "proj4"}}
    path = write_geojson(tmp_path / "a.geojson", {**features(POLYGON), "crs": crs})
    with pytest.raises(FacilityError, match="'crs' member without a name"):
        import_outline(path)
    assert server.asked == []
    assert read_by_gdal(path)[0] == "EPSG:32652"
    assert "/crs" in server.asked


# --- no address is asked, no other file is opened


def test_a_network_link_is_not_followed_and_said(tmp_path: Path, server: Server) -> None:
    link = f"<NetworkLink><Link><href>{server.address}/a.kml</href></Link></NetworkLink>"
    path = write_kml(tmp_path / "a.kml", "</Document>", f"{link}</Document>")
    remark = "Left out: links to other files, which are not followed (1)."
    assert remark in import_outline(path).remarks
    path.write_text(f"<kml>{link}</kml>")
    with pytest.raises(FacilityError, match=r"holds no polygon.*not followed"):
        import_outline(path)
    assert server.asked == []


@pytest.mark.parametrize("name", ["http://127.0.0.1:PORT/crs", "/vsicurl/http://127.0.0.1:PORT/"])
def test_the_name_of_a_coordinate_system_is_no_address(
    tmp_path: Path, server: Server, name: str
) -> None:
    named = {"name": name.replace("PORT", str(server.server_port))}
    content = {**POLYGON, "crs": {"type": "name", "properties": named}}
    with pytest.raises(FacilityError, match="is not known"):
        import_outline(write_geojson(tmp_path / "a.geojson", content))
    assert server.asked == []


BOMB = "<!ENTITY a0 'aaaaaaaaaaaaaaaaaaaa'>" + "".join(
    f"<!ENTITY a{n + 1} '{f'&a{n};' * 20}'>" for n in range(9)
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("entities", "used"),
    [("", ""), (BOMB, "&a9;"), ("<!ENTITY e SYSTEM 'file:///etc/hostname'>", "&e;")],
    ids=["none", "bomb", "external"],
)
def test_entities_are_refused_in_any_encoding(
    tmp_path: Path, encoding: str, entities: str, used: str
) -> None:
    head, _, body = KML.partition("\n")
    text = f"{head}<!DOCTYPE kml [{entities}]>{body.replace('>wall<', f'>{used}<')}"
    path = tmp_path / "a.kml"
    path.write_bytes(text.replace("UTF-8", encoding).encode(encoding))
    with pytest.raises(FacilityError, match="declares a document type"):
        import_outline(path)


def test_text_about_a_document_type_declares_none(tmp_path: Path) -> None:
    told = "<description><![CDATA[<!DOCTYPE html><b>x</b>]]></description>"
    path = write_kml(tmp_path / "a.kml", "<name>wall</name>", f"<name>wall</name>{told}")
    assert len(import_outline(path).geometry.interiors) == 1


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UTF-8", "utf-8-sig"),
        ("utf-16", "utf-8"),
        ("nonsense", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("EUC-KR", "euc-kr"),
        ("ks_c_5601-1987", "euc-kr"),
        ("windows-949", "utf-8"),
    ],
)
def test_a_korean_name_is_read_in_every_encoding(
    tmp_path: Path, declared: str, written: str
) -> None:
    path = tmp_path / "a.kml"
    text = KML.replace("UTF-8", declared).replace(">wall<", ">종오리<")
    path.write_bytes(text.encode(written))
    assert import_outline(path).names == ("종오리",)


@pytest.mark.parametrize("declared", ["UTF-8", "euc-jp-9", "zlib", "punycode"])
def test_a_kml_in_an_unknown_encoding_is_refused(tmp_path: Path, declared: str) -> None:
    path = tmp_path / "a.kml"
    text = KML.replace("UTF-8", declared).replace(">wall<", ">종오리<")
    path.write_bytes(text.encode("euc-kr"))
    with pytest.raises(FacilityError, match=r"is not text in UTF-8.*: save it as UTF-8"):
        import_outline(path)


# --- sizes


@pytest.mark.parametrize(
    ("name", "size"), [("a.kml", 20_000_001), ("a.kmz", 20_000_001), ("a.gpkg", 500_000_001)]
)
def test_a_large_file_is_not_read(tmp_path: Path, name: str, size: int) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(FacilityError, match=f"more than {size - 1:,} bytes"):
        import_outline(path)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "kml"])
def test_a_file_of_many_features_is_refused(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outline_files, "MOST_FEATURES", 2)
    path = tmp_path / f"a.{suffix}"
    if suffix == "gpkg":
        write_geopackage(path, SQUARE, SQUARE, SQUARE)
    elif suffix == "kml":
        mark = KML[KML.index("<Placemark><name>wall") : KML.index("</Folder></Folder>")]
        write_kml(path, mark, mark * 2)
    else:
        write_geojson(path, features(POLYGON, None, POLYGON))
    with pytest.raises(FacilityError, match="more than 2 features"):
        import_outline(path, feature="1")


# --- GeoPackage


def test_a_view_is_no_layer_of_outlines(tmp_path: Path) -> None:
    path = change(
        write_geopackage(tmp_path / "a.gpkg", SQUARE),
        "CREATE TABLE plain (a TEXT)",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "VALUES ('plain', 'attributes', 'plain')",
        "CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT c.x AS fid, geom FROM c, site",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
        "VALUES ('endless', 'features', 'endless', 4326)",
        "INSERT INTO gpkg_geometry_columns VALUES ('endless', 'geom', 'GEOMETRY', 4326, 0, 0)",
    )
    imported = import_outline(path)
    assert imported.geometry.equals(SQUARE)
    remark = "Left out: layers that are views, since only tables are read (1)."
    assert imported.remarks == (remark,)
    with pytest.raises(FacilityError, match=r"has no layer 'endless' with polygons: .*'site'"):
        import_outline(path, layer="endless")


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIEW gpkg_contents AS SELECT 1 AS table_name")
    with pytest.raises(FacilityError, match="is not a GeoPackage"):
        import_outline(path)


def test_a_view_in_place_of_a_geopackage_table_is_not_run(tmp_path: Path) -> None:
    path = change(
        write_geopackage(tmp_path / "a.gpkg", SQUARE),
        "ALTER TABLE gpkg_contents RENAME TO hidden",
        "CREATE VIEW gpkg_contents AS SELECT * FROM hidden",
    )
    with pytest.raises(FacilityError, match="is not a GeoPackage"):
        import_outline(path)


def geometry_blob(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as database:
        blob = database.execute("SELECT geom FROM site WHERE fid = 1").fetchone()[0]
    assert isinstance(blob, bytes)
    return blob


def test_an_open_ring_in_a_geopackage_is_closed_and_said(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "a.gpkg", SQUARE)
    blob = geometry_blob(path)
    head = blob[:40]  # with the envelope; then byte order, type, number of rings and of points
    count = int.from_bytes(blob[49:53], "little")
    opened = head + blob[40:49] + (count - 1).to_bytes(4, "little") + blob[53:-16]
    imported = import_outline(change(path, blob=opened))
    assert imported.geometry.equals(SQUARE)
    assert imported.remarks == ("An open ring of feature 1 of layer 'site' ('n0') was closed.",)


@pytest.mark.parametrize("height_m", [7.0, float("nan")])
def test_heights_of_a_geopackage_are_dropped_and_said(tmp_path: Path, height_m: float) -> None:
    high = shapely.transform(
        shapely.force_3d(SQUARE, 1.0), lambda p: p * [1, 1, height_m], include_z=True
    )
    imported = import_outline(write_geopackage(tmp_path / "a.gpkg", high))
    assert imported.geometry.equals(SQUARE)
    assert not imported.geometry.has_z
    assert imported.remarks == ("Heights were dropped.",)


@pytest.mark.parametrize("height", [7, None, "x"])
def test_heights_of_geojson_may_be_anything(tmp_path: Path, height: object) -> None:
    polygon = {"type": "Polygon", "coordinates": [[[*point, height] for point in RING]]}
    imported = import_outline(write_geojson(tmp_path / "a.geojson", polygon))
    assert imported.geometry.equals(Polygon(RING))
    assert imported.remarks == (("Heights were dropped.",) if height else ())


@pytest.mark.parametrize("length", [0, 5, 45, 60, 100])
def test_a_geopackage_with_a_damaged_geometry_is_refused(tmp_path: Path, length: int) -> None:
    path = write_geopackage(tmp_path / "a.gpkg", SQUARE, SQUARE)
    with pytest.raises(FacilityError, match="may be cut short or damaged"):
        import_outline(change(path, blob=geometry_blob(path)[:length]))


# --- what is the same in all formats


def formats(tmp_path: Path, polygon: Polygon) -> Iterator[Path]:
    """The same polygon in four formats."""
    yield write_geojson(tmp_path / "a.geojson", mapping(polygon))
    yield write_geopackage(tmp_path / "a.gpkg", polygon)
    sides = ["outerBoundaryIs", *["innerBoundaryIs"] * len(polygon.interiors)]
    rings = [
        f"<{side}><LinearRing><coordinates>"
        + " ".join(f"{x!r},{y!r}" for x, y in np.array(ring.coords).tolist())
        + f"</coordinates></LinearRing></{side}>"
        for side, ring in zip(sides, (polygon.exterior, *polygon.interiors), strict=True)
    ]
    kml = f"<kml><Placemark><Polygon>{''.join(rings)}</Polygon></Placemark></kml>"
    (tmp_path / "a.kml").write_text(kml)
    yield tmp_path / "a.kml"
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("maps/of/the/site.kml", kml)
        archive.writestr("__MACOSX/maps/of/the/._site.kml", "\x00\x05\x16\x07")
    yield tmp_path / "a.kmz"


def test_holes_are_kept_and_winding_has_no_meaning(tmp_path: Path) -> None:
    for shell in (SQUARE.exterior, SQUARE.exterior.reverse()):
        (tmp_path / "a.gpkg").unlink(missing_ok=True)
        polygon = Polygon(shell.coords, [HOLE])
        for path in formats(tmp_path, polygon):
            imported = import_outline(path)
            assert imported.geometry.equals(polygon), path.name
            assert imported.geometry.exterior.is_ccw, path.name
            assert imported.remarks == (), path.name


def test_a_hole_outside_is_mended_and_said(tmp_path: Path) -> None:
    polygon = Polygon(
        SQUARE.exterior.coords, [box(129.755, 42.205, 129.77, 42.206).exterior.coords]
    )
    for path in formats(tmp_path, polygon):
        imported = import_outline(path)
        assert imported.geometry.is_valid, path.name
        assert "crossed or repeated itself" in imported.remarks[0], path.name


@pytest.mark.parametrize(
    "properties",
    [
        {"id": "camp-1", "name": "Camp"},
        {"ID": "camp-1", "Name": " Camp "},
        {"id": "camp-1", "name": "캠프", "name_en": "Camp"},
    ],
)
def test_id_and_name_are_found_in_every_format(tmp_path: Path, properties: dict[str, Any]) -> None:
    feature = {"type": "Feature", "properties": properties, "geometry": POLYGON}
    write_geojson(tmp_path / "a.geojson", feature)
    columns = [np.array([value], dtype=object) for value in properties.values()]
    wkb = shapely.to_wkb(np.array([SQUARE], dtype=object))
    pyogrio.raw.write(
        tmp_path / "a.gpkg",
        wkb,
        columns,
        list(properties),
        geometry_type="Polygon",
        crs="EPSG:4326",
        layer="site",
    )
    data = "".join(f'<Data name="{k}"><value>{v}</value></Data>' for k, v in properties.items())
    write_kml(tmp_path / "a.kml", "<name>wall</name>", f"<ExtendedData>{data}</ExtendedData>")
    simple = "".join(f'<SimpleData name="{k}">{v}</SimpleData>' for k, v in properties.items())
    simple = f"<ExtendedData><SchemaData>{simple}</SchemaData></ExtendedData>"
    write_kml(tmp_path / "b.kml", "<name>wall</name>", simple)
    for name in ("a.geojson", "a.gpkg", "a.kml", "b.kml"):
        imported = import_outline(tmp_path / name)
        assert (imported.facility_ids, imported.names) == (("camp-1",), ("Camp",)), name


def test_a_number_is_no_id(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"id": 7, "name": None}, "geometry": POLYGON}
    imported = import_outline(write_geojson(tmp_path / "a.geojson", feature))
    assert (imported.facility_ids, imported.names) == ((), ())


# --- places, rings and names that no format can mend


@pytest.mark.parametrize(
    ("rings", "fault"),
    [
        ([[[[179.99, 60], [-179.99, 60], [-179.99, 60.01], [179.99, 60]]]], "across 180 degrees"),
        (
            [
                [[[179.99, 60], [180, 60], [180, 60.01], [179.99, 60]]],
                [[[-180, 60], [-179.99, 60], [-180, 60.01], [-180, 60]]],
            ],
            "across 180 degrees",
        ),
        ([[[[179.99, 60], [180.01, 60], [180.01, 60.01], [179.99, 60]]]], "must lie in -180"),
    ],
)
def test_an_outline_across_180_degrees_is_refused(
    tmp_path: Path, rings: list[Any], fault: str
) -> None:
    path = write_geojson(tmp_path / "a.geojson", {"type": "MultiPolygon", "coordinates": rings})
    with pytest.raises(FacilityError, match=fault):
        import_outline(path)


def test_a_ring_that_crosses_itself_too_often_is_refused_at_once(tmp_path: Path) -> None:
    points = np.random.default_rng(0).random((20_000, 2)) * 0.01 + [129, 42]
    path = write_geojson(tmp_path / "a.geojson", mapping(Polygon(points)))
    with pytest.raises(FacilityError, match="crosses itself too often"):
        import_outline(path)


def test_a_long_ring_with_one_crossing_is_mended(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 20_001)[:-1]
    points = 0.02 * np.column_stack([np.cos(turn), np.sin(turn)]) + [129, 42]
    points[[100, 102]] = points[[102, 100]]
    path = write_geojson(tmp_path / "a.geojson", mapping(Polygon(points)))
    assert "crossed or repeated itself" in import_outline(path).remarks[0]


@pytest.mark.parametrize("crs", ["EPSG:4978", "+proj=utm +zone=52", "+init=/etc/hostname:1"])
def test_a_coordinate_system_that_needs_a_file_or_is_no_map_is_refused(
    tmp_path: Path, crs: str
) -> None:
    named = {"type": "name", "properties": {"name": crs}}
    path = write_geojson(tmp_path / "a.geojson", {**POLYGON, "crs": named})
    with pytest.raises(FacilityError, match="is not known: save the file as EPSG:4326"):
        import_outline(path)


@pytest.mark.parametrize(
    "name",
    ["a\u202eb", "a\u2066b", "a\u200bb", "\ufeffa", "a\u00adb", "\u3164", "a\u2028b", "a" * 10_240],
)
def test_a_name_that_looks_like_another_is_refused(tmp_path: Path, name: str) -> None:
    imported = import_outline(write_kml(tmp_path / "a.kml", "wall", name))
    with pytest.raises(FacilityError, match="The name of 'new' cannot be used") as caught:
        add_outline(tmp_path, "new", imported)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9", "a.", "a ", "A"])
def test_an_id_that_windows_cannot_store_is_refused(tmp_path: Path, name: str) -> None:
    imported = import_outline(write_geojson(tmp_path / "a.geojson", POLYGON))
    with pytest.raises(FacilityError, match="facility id"):
        add_outline(tmp_path, name, imported, name="A")
    assert [item.name for item in tmp_path.iterdir()] == ["a.geojson"]
