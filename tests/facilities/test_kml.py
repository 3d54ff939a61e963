"""KML as Google Earth, QGIS, ogr2ogr and hands write it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from shapely.geometry import box

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import kml as kml_module
from camp_monitor.facilities.importing import import_outline
from camp_monitor.facilities.kml import kml_points

SQUARE = box(129.6, 42.0, 129.61, 42.01)
RING = "129.6,42.0,0 129.61,42.0,0 129.61,42.01,0 129.6,42.01,0 129.6,42.0,0"
FLAT = RING.replace(",0 ", " ").removesuffix(",0")
PLACEMARK = (
    "<Placemark><name>wall</name><Polygon><outerBoundaryIs><LinearRing><coordinates>RING"
    "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
)


def write(path: Path, body: str, encoding: str = "utf-8", declared: str = "UTF-8") -> Path:
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<kml><Document>{body}</Document></kml>'
    path.write_bytes(text.replace("RING", RING).encode(encoding))
    return path


@pytest.mark.parametrize(
    "ring",
    [
        RING,
        FLAT,
        RING.replace(" ", ","),
        RING.replace(" ", ",") + ",",
        FLAT.replace(" ", ","),
        RING.replace(" ", ", "),
        RING.replace(",", ", "),
        RING.replace(",", " , "),
        RING.replace(",", ",\n\t"),
        RING.replace(" ", ",", 1),
        FLAT.replace(" ", ",", 2),
        RING.replace(" ", "\u00a0"),
    ],
)
def test_no_corner_is_lost_however_points_are_joined(tmp_path: Path, ring: str) -> None:
    path = write(tmp_path / "a.kml", PLACEMARK.replace("RING", ring))
    assert import_outline(path).geometry.equals(SQUARE)


@pytest.mark.parametrize(
    "ring",
    [
        RING.replace(" ", ",").removesuffix(",129.6,42.0,0"),  # open: twos or threes?
        RING.replace(",", " "),
        FLAT.replace(" ", ",0 ", 1).replace("42.01 129.6,", "42.01,129.6,"),
        RING.replace("129.61", "12_9.61"),
        RING.replace("129.61", "１２９.61"),
        RING.replace("42.0,0", "42.0,,0", 1),
    ],
)
def test_points_that_are_not_clear_are_refused(tmp_path: Path, ring: str) -> None:
    path = write(tmp_path / "a.kml", PLACEMARK.replace("RING", ring))
    with pytest.raises(FacilityError, match="finite numbers, lon and lat, are needed"):
        import_outline(path)


def test_a_long_ring_is_not_split() -> None:
    (point,) = kml_points("1,2 " * 3_000_000)
    assert isinstance(point, str)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<name>", "<gx:balloonVisibility>1</gx:balloonVisibility><name>"),
        ("<Polygon>", "<MultiGeometry><MultiGeometry><Point/><Polygon>"),
        ("Polygon>", "kml:Polygon>"),
        ("<kml>", '<kml xmlns="http://earth.google.com/kml/2.1">'),
        ("<name>", "<description><![CDATA[<!DOCTYPE html>]]></description><name>"),
        ("<name>", "<gx:Track><gx:coord>1 2 3</gx:coord></gx:Track><name>"),
    ],
)
def test_what_programs_add_changes_nothing(tmp_path: Path, old: str, new: str) -> None:
    path = write(tmp_path / "a.kml", PLACEMARK)
    text = path.read_text().replace(old, new)
    if "<MultiGeometry>" in new:
        text = text.replace("</Polygon>", "</Polygon></MultiGeometry></MultiGeometry>")
    path.write_text(text)
    imported = import_outline(path)
    assert (imported.geometry.equals(SQUARE), imported.remarks) == (True, ())
    assert imported.names == ("wall",)


def test_overlays_links_and_empty_placemarks_are_left_out_and_said(tmp_path: Path) -> None:
    others = (
        "<GroundOverlay/><ScreenOverlay/><NetworkLink/><NetworkLinkControl><Update><Change>"
        f"{PLACEMARK}</Change></Update></NetworkLinkControl>{PLACEMARK.replace('RING', '')}"
    )
    imported = import_outline(write(tmp_path / "a.kml", others + PLACEMARK))
    assert imported.geometry.equals(SQUARE)
    assert imported.remarks == (
        "Left out: pictures laid over the map (2).",
        "Left out: links to other files, which are not followed (1).",
        "Left out: changes to other files, which are not made (1).",
        "Left out: empty features (1).",
    )


@pytest.mark.parametrize(
    ("name", "encoding", "declared"),
    [
        ("똠방각하", "cp949", "EUC-KR"),
        ("짜짝", "euc-kr", "euc-kr"),  # whose bytes are UTF-8, too, by chance
        ("종오리", "cp949", "x-windows-949"),
        ("종오리", "utf-8", "EUC-KR"),
        ("収容所①", "cp932", "Shift_JIS"),
        ("収容所", "cp932", "x-sjis"),
        ("劳改营", "gb18030", "gb2312"),
        ("“café” €", "cp1252", "ISO-8859-1"),
        ("“café” €", "cp1252", "windows-1252"),
        ("종오리", "utf-16", "UTF-8"),
        ("종오리", "utf-16-be", "UTF-16"),
        ("종오리", "utf-8", "UTF-16"),
        ("종오리", "utf-32", "UTF-32"),
    ],
)
def test_a_name_is_read_in_the_encoding_of_its_bytes(
    tmp_path: Path, name: str, encoding: str, declared: str
) -> None:
    body = PLACEMARK.replace("wall", name)
    assert import_outline(write(tmp_path / "a.kml", body, encoding, declared)).names == (name,)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949"])
def test_a_document_type_is_refused_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.kml", PLACEMARK)
    head, body = path.read_text().replace("UTF-8", encoding).split("\n")
    path.write_bytes(f"{head}<!DOCTYPE k [<!ENTITY a 'x'>]>{body}".encode(encoding))
    with pytest.raises(FacilityError, match="declares a document type"):
        import_outline(path)


def test_a_name_that_a_mac_decomposed_is_found_as_it_is_typed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.kml", PLACEMARK.replace("wall", "\u1107\u1161\u11a8") + PLACEMARK)
    assert import_outline(path, feature="\ubc15").names == ("\ubc15",)


def test_every_kml_of_a_kmz_is_read_and_nothing_that_a_mac_adds(tmp_path: Path) -> None:
    path, rubbish = tmp_path / "a.kmz", b"\x00\x05\x16\x07"
    outline = write(tmp_path / "a.kml", PLACEMARK).read_bytes()
    links = write(tmp_path / "b.kml", "<NetworkLink/>").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("__MACOSX/._doc.kml", "maps/__MACOSX/._doc.kml", "._doc.kml", "b/._c.KML"):
            archive.writestr(name, rubbish)
        archive.writestr(".DS_Store", rubbish)
        archive.writestr("doc.kml", links)
        archive.writestr("layers\\camp\\wall.kml", outline)
    imported = import_outline(path)
    assert imported.geometry.equals(SQUARE)
    assert imported.remarks == ("Left out: links to other files, which are not followed (1).",)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("layers/camp/second.kml", outline)
    with pytest.raises(FacilityError, match="holds 2 features with polygons: choose one"):
        import_outline(path)


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        ("<a/>" * 200, "more than 200 elements"),
        ("<a>" * 101 + "</a>" * 101, "more than 100 in each other"),
        ("a&nbsp;b", "undefined entity.*: correct it"),
        ("<a>", "mismatched tag"),
    ],
)
def test_what_is_no_map_is_refused(
    tmp_path: Path, inside: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kml_module, "MOST_ELEMENTS", 200)
    with pytest.raises(FacilityError, match=fault):
        import_outline(write(tmp_path / "a.kml", inside))
