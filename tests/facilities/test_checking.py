"""Checking the registry: every doubt is said, and one broken file hides nothing."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from shapely.geometry import Point, Polygon, box, mapping

from camp_monitor.cli.context import Context
from camp_monitor.cli.facilities import facilities
from camp_monitor.errors import FacilityError
from camp_monitor.facilities import (
    Candidate,
    Facility,
    Outline,
    Source,
    Status,
    bundled_registry,
    find_facility,
    read_registry,
    write_facility,
)
from camp_monitor.facilities.checking import RegistryCheck, check_registry
from camp_monitor.facilities.doubts import doubt_facility, status_last_day
from camp_monitor.facilities.importing import add_outline, import_outline
from camp_monitor.workspace import create_workspace

TODAY = date(2026, 1, 31)
SOURCE = Source("report", "A report", "A publisher", "2020")

# What the published sources disagree about: facilities, and the figures without which a reader
# could not tell what the conflict is.
CONFLICTS = [
    ("kls-14-kaechon", "39.650, 126.179", "39.563, 126.076", "39.572, 126.062", "13 km"),
    ("kls-18-bukchang", "39.650, 126.179", "39.563, 126.076", "39.560, 126.086"),
    ("kls-15-yodok", "operational", "2014", "2017"),
    ("kls-16-hwasong", "10.5 km", "both are inside"),
    ("kls-22-hoeryong", "5.3 km", "7.0 km"),
    ("kls-22-hoeryong", "225 km2", "31 x 25 miles"),
    ("kls-25-chongjin", "72 % for the area", "37 % for the perimeter", "ICNK"),
    ("khs-06-sariwon", "No. 6 for HRNK", "No. 7 for NKDB", "Songgan"),
    ("khs-06-songgan", "No. 6", "No. 7"),
    ("khs-07-kanggye", "No. 7", "No. 6"),
    ("khs-08-yongdam", "number 8 both", "Sungho-ri"),
    ("khs-08-yongdam", "3.3 km"),
    ("khs-08-sunghori", "number 8 both", "Yongdam"),
    ("khs-09-hamhung-women", "Sungwon-ri", "Songwon-ri", "10.4 km"),
    ("khs-11-chungsan", "38 m", "12.3 km", "2.7 km", "several branches"),
    ("khs-12-jongori", "23,600 m2", "2.406 ha"),
    ("khs-12-jongori", "350 x 150 m"),
    ("khs-22-oro", "1.6 km"),
    ("khs-77-danchon", "70 km"),
    ("khs-88-wonsan", "4 km"),
]


@pytest.fixture(scope="module")
def check() -> RegistryCheck:
    return check_registry(bundled_registry(), today=TODAY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return create_workspace(tmp_path / "work", bundled_registry()).root


def run(folder: Path, *words: str, as_json: bool = False) -> Result:
    words = ("check", "--today", "2026-01-31", *words)
    return CliRunner().invoke(facilities, words, obj=Context(folder=folder, as_json=as_json))


def said_of(check: RegistryCheck, facility_id: str, kind: str) -> list[str]:
    checked = next(
        item for item in (*check.facilities, *check.others) if item.id.startswith(facility_id)
    )
    return [doubt.sentence for doubt in checked.doubts if doubt.kind == kind]


def drawn(geometry: Polygon, accuracy_m: float = 20.0) -> Outline:
    return Outline(geometry, "drawn", accuracy_m, 1, "an analyst", "drawn")


def kinds_of(facility: Facility) -> dict[str, str]:
    return {doubt.kind: doubt.sentence for doubt in doubt_facility(facility, TODAY)}


def write_polygon(path: Path, geometry: Polygon) -> Path:
    path.write_text(json.dumps(mapping(geometry)), "utf-8")
    return path


# --- the registry that comes with the program


@pytest.mark.parametrize(("facility_id", "figures"), [(row[0], row[1:]) for row in CONFLICTS])
def test_every_known_conflict_is_listed(
    check: RegistryCheck, facility_id: str, figures: tuple[str, ...]
) -> None:
    listed = said_of(check, facility_id, "conflict")
    assert any(all(figure in sentence for figure in figures) for sentence in listed), listed


def test_no_conflict_of_any_file_is_left_out(check: RegistryCheck) -> None:
    carried = 0
    for facility in read_registry(bundled_registry()):
        listed = said_of(check, facility.id, "conflict")
        assert set(facility.conflicts) <= set(listed)
        if facility.status.conflict:
            assert any(facility.status.conflict in sentence for sentence in listed)
        carried += len(facility.conflicts) + bool(facility.status.conflict)
    assert check.counts["conflict"] == carried


def test_the_summary_counts_the_registry(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    start = "35 facilities, 32 with outlines (23 of them placeholders), 27 conflicts in 18 of them"
    assert result.stdout.splitlines()[-1].startswith(start)
    assert "no base map is part of the program" in " ".join(result.stdout.split())
    bare = [line for line in result.stdout.splitlines() if line.startswith("no outline")]
    assert len(bare) == 3


def test_json_holds_every_doubt(folder: Path, check: RegistryCheck) -> None:
    answer = json.loads(run(folder, as_json=True).stdout)
    assert answer["counts"] == check.counts
    for item, checked in zip(answer["facilities"], check.facilities, strict=True):
        assert item["id"] == checked.id
        assert [doubt["sentence"] for doubt in item["doubts"]] == [
            doubt.sentence for doubt in checked.doubts
        ]


def test_one_facility_is_checked_alone(folder: Path) -> None:
    alone = run(folder, "khs-22-oro")
    assert alone.exit_code == 0
    assert "khs-22-oro" in alone.stdout
    assert "khs-12-jongori" not in alone.stdout
    assert "35 facilities" not in alone.stdout
    assert "no base map is part of the program" in " ".join(alone.stdout.split())
    answer = json.loads(run(folder, "khs-22-oro", "kls-14-kaechon", as_json=True).stdout)
    assert [item["id"] for item in answer["facilities"]] == ["khs-22-oro", "kls-14-kaechon"]
    assert any("kls-18-bukchang" in d["sentence"] for d in answer["facilities"][1]["doubts"])
    unknown = run(folder, "khs-22-orro")
    assert isinstance(unknown.exception, FacilityError)
    assert "did you mean khs-22-oro" in str(unknown.exception)


def test_outlines_that_share_ground_are_named_on_both_sides(check: RegistryCheck) -> None:
    for one, other in (("kls-14-kaechon", "kls-18-bukchang"), ("kls-14-kaechon", "kls-choma-bong")):
        assert any(other in sentence for sentence in said_of(check, one, "overlap"))
        assert any(one in sentence for sentence in said_of(check, other, "overlap"))
    assert check.counts["overlap"] == 4


def test_an_edge_less_certain_than_the_outline_is_large_is_said(check: RegistryCheck) -> None:
    (sentence,) = said_of(check, "khs-12-jongori", "accuracy")
    assert "260 m" in sentence
    assert "155 m" in sentence
    assert not said_of(check, "kls-16-hwasong", "accuracy")


def test_derived_outlines_lie_near_their_points(check: RegistryCheck) -> None:
    assert check.counts["place"] == 0
    assert check.counts["size"] == 0
    assert check.counts["source"] == 0
    assert check.counts["broken"] == 0


def test_back_transliterated_names_are_marked(check: RegistryCheck) -> None:
    assert "처마봉 통제구역" in said_of(check, "kls-choma-bong", "korean")[0]
    named = [facility for facility in read_registry(bundled_registry()) if facility.names_ko]
    assert check.counts["korean"] == len(named)


# --- each doubt, and its absence

WHOLE = Facility(
    id="a",
    name="A",
    status=Status("operational", date="2024"),
    position_grade="A",
    candidates=(Candidate(42.0, 129.0, "report", "gate", "42, 129"),),
    sources=(SOURCE,),
    outlines=(drawn(box(128.99, 41.99, 129.01, 42.01)),),
)


def test_nothing_is_doubted_where_nothing_is_doubtful() -> None:
    assert kinds_of(WHOLE) == {}
    assert kinds_of(replace(WHOLE, type="kwan_li_so")) == {}


@pytest.mark.parametrize(
    ("kind", "said", "change"),
    [
        ("conflict", "two words", {"conflicts": ("two words",)}),
        ("no outline", "no scan", {"outlines": ()}),
        ("size", "a building or less", {"outlines": (drawn(box(129, 42, 129.0004, 42.0004)),)}),
        ("size", "largest published area", {"outlines": (drawn(box(128.8, 41.8, 129.2, 42.2)),)}),
        ("place", "from the nearest point", {"outlines": (drawn(box(129.5, 42, 129.51, 42.01)),)}),
        ("position", "Grade C", {"position_grade": "C"}),
        ("position", "not said how well", {"position_grade": None}),
        ("status", "without a date", {"status": Status("closed")}),
        ("status", "over 5 years", {"status": Status("closed", date="about 2008")}),
        ("korean", "not said where", {"names_ko": ("교화소",)}),
        ("source", "No publication", {"sources": (), "candidates": ()}),
        (
            "accuracy",
            "off by 30 km",
            {"outlines": (drawn(box(128.99, 41.99, 129.01, 42.01), 30e3),)},
        ),
        (
            "place",
            "axes look swapped",
            {
                "candidates": (Candidate(42.0, 12.0, "report", "gate", "42, 12"),),
                "outlines": (drawn(box(41.99, 11.99, 42.01, 12.01)),),
            },
        ),
        (
            "place",
            "reaches outside of the box",
            {"type": "kyo_hwa_so", "outlines": (drawn(box(131.1, 42, 131.2, 42.1)),)},
        ),
        (
            "place",
            "The point 42.000000, 12.000000 (report) lies outside",
            {
                "type": "kyo_hwa_so",
                "candidates": (
                    *WHOLE.candidates,
                    Candidate(42.0, 12.0, "report", "gate", "42, 12"),
                ),
            },
        ),
    ],
)
def test_each_doubt_is_said(kind: str, said: str, change: dict[str, Any]) -> None:
    changed = replace(WHOLE, **change)
    sentences = [d.sentence for d in doubt_facility(changed, TODAY) if d.kind == kind]
    assert any(said in sentence for sentence in sentences), sentences


def test_an_outline_unlike_every_published_size_is_doubted() -> None:
    jongori = find_facility(bundled_registry(), "khs-12-jongori")
    assert "size" not in kinds_of(jongori)
    wide = Point(129.7551, 42.2094).buffer(0.01)
    sentence = kinds_of(replace(jongori, outlines=(drawn(wide),)))["size"]
    assert "published sizes are 23,600 m² to 52,500 m²" in sentence


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020", date(2020, 12, 31)),
        ("c. 2024", date(2024, 12, 31)),
        ("1991 or 1992", date(1992, 12, 31)),
        ("2016-02", date(2016, 2, 29)),
        ("2019-05-28", date(2019, 5, 28)),
        ("2019-13-40", date(2019, 12, 31)),
        ("2019-02-31", date(2019, 2, 28)),
        ("unknown", None),
        ("12345", None),
    ],
)
def test_the_date_of_a_status_is_read_kindly(text: str, day: date | None) -> None:
    assert status_last_day(text) == day


def test_age_is_counted_from_the_day_given() -> None:
    leap = replace(WHOLE, status=Status("operational", date="2019-02-28"))
    assert not doubt_facility(leap, date(2024, 2, 28))
    assert not doubt_facility(leap, date(2024, 2, 29))
    assert doubt_facility(leap, date(2024, 3, 1))
    assert not doubt_facility(leap, date(1, 1, 1))


# --- broken files


def test_a_broken_file_does_not_hide_the_others(folder: Path) -> None:
    whole = check_registry(folder / "aoi", today=TODAY)
    path = folder / "aoi" / "kls-16-hwasong.geojson"
    content = json.loads(path.read_text("utf-8"))
    content["facility"]["colour"] = "red"
    path.write_text(json.dumps(content), "utf-8")
    (folder / "aoi" / "khs-igol.geojson").write_bytes(b'{"type": "Fea')
    crossed = folder / "aoi" / "khs-udan.geojson"
    content = json.loads(crossed.read_text("utf-8"))
    bow = [[129, 42], [129.1, 42.1], [129.1, 42], [129, 42.1], [129, 42]]
    content["features"][0]["geometry"]["coordinates"] = [bow]
    crossed.write_text(json.dumps(content), "utf-8")
    result = run(folder)
    assert result.exit_code == 2
    assert "3 broken." in result.stdout.splitlines()[-1]
    check = check_registry(folder / "aoi", today=TODAY)
    for facility_id, fault in (
        ("kls-16-hwasong", "colour is not a field"),
        ("khs-igol", "cut short"),
        ("khs-udan", "crosses or repeats itself"),
    ):
        (sentence,) = said_of(check, facility_id, "broken")
        assert fault in sentence
    lost = {"kls-16-hwasong", "khs-igol", "khs-udan"}
    assert [item for item in check.facilities if item.id not in lost] == [
        item for item in whole.facilities if item.id not in lost
    ]


def test_what_is_no_facility_file_is_said(folder: Path) -> None:
    (folder / "aoi" / "drawn\x1b[31m.kml").write_text("")
    (folder / "aoi" / "folder.geojson").mkdir()
    result = run(folder)
    assert result.exit_code == 2
    assert "\x1b" not in result.stdout
    assert "drawn?[31m.kml" in result.stdout
    assert "is not a plain file" in " ".join(result.stdout.split())


# --- outlines that are not imported yet


def test_an_outline_not_imported_is_compared_with_the_registry(
    folder: Path, tmp_path: Path
) -> None:
    inside = write_polygon(tmp_path / "drawn.geojson", box(126.06, 39.57, 126.07, 39.58))
    result = run(folder, str(inside))
    assert result.exit_code == 0
    assert "lie on that of kls-14-kaechon" in " ".join(result.stdout.split())
    swapped = write_polygon(tmp_path / "far.geojson", box(12, 42, 12.01, 42.01))
    answer = check_registry(folder / "aoi", today=TODAY, files=[swapped])
    assert "so it must be a new one" in said_of(answer, "far.geojson", "place")[0]


def test_swapped_axes_of_an_outline_not_imported_are_said(tmp_path: Path) -> None:
    folder = tmp_path / "aoi"
    folder.mkdir()
    place = (Candidate(42.0, 12.0, "report", "gate", "42, 12"),)
    write_facility(replace(WHOLE, candidates=place, outlines=()), folder / "a.geojson")
    path = write_polygon(tmp_path / "drawn.geojson", box(41.99, 11.99, 42.01, 12.01))
    check = check_registry(folder, today=TODAY, files=[path])
    assert "with its axes swapped" in said_of(check, "drawn.geojson", "place")[0]
    with pytest.raises(FacilityError, match="with the axes swapped: write longitude first"):
        add_outline(folder, "a", import_outline(path))
    right = write_polygon(tmp_path / "right.geojson", box(11.99, 41.99, 12.01, 42.01))
    assert add_outline(folder, "a", import_outline(right)).added


def test_one_unusable_feature_does_not_hide_the_next(folder: Path, tmp_path: Path) -> None:
    bow = Polygon([(129, 42), (129.1, 42.1), (129.1, 42), (129, 42.1)])
    shapes = [box(42, 129, 42.1, 129.1), bow, Point(129, 42)]
    content = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": mapping(shape)} for shape in shapes],
    }
    path = tmp_path / "drawn.geojson"
    path.write_text(json.dumps(content), "utf-8")
    check = check_registry(folder / "aoi", today=TODAY, files=[path, tmp_path / "absent.kml"])
    assert "axes look swapped" in said_of(check, "drawn.geojson, feature 1", "broken")[0]
    mended = said_of(check, "drawn.geojson, feature 2", "mended")
    assert any("was mended into 2 polygons" in sentence for sentence in mended)
    assert "is not a file" in said_of(check, "absent.kml", "broken")[0]
    assert run(folder, str(path)).exit_code == 2


# --- KMZ

KML = b"""<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon><outerBoundaryIs>
<LinearRing><coordinates>129.75,42.2 129.76,42.2 129.76,42.21 129.75,42.21 129.75,42.2
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"""


def write_kmz(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_the_kml_inside_a_kmz_is_read(tmp_path: Path) -> None:
    path = write_kmz(tmp_path / "a.kmz", {"files/photo.png": b"\x89PNG", "doc.kml": KML})
    assert import_outline(path).geometry.equals(box(129.75, 42.2, 129.76, 42.21))


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({}, "holds no KML file"),
        ({"photo.png": b"", "__MACOSX/._a.kml": KML}, "holds no KML file"),
        ({"a.kml": KML, "b.kml": KML}, "holds 2 features with polygons: choose one"),
        ({"../../a.kml": b"<kml>"}, "not whole XML"),
        ({"a.kml": b" " * 20_000_001}, "unpacks to more than"),
        ({f"{n}": b"" for n in range(1001)}, "more than 1,000 files"),
    ],
)
def test_kmz_refusals(tmp_path: Path, members: dict[str, bytes], fault: str) -> None:
    path = write_kmz(tmp_path / "a.kmz", members)
    with pytest.raises(FacilityError, match=fault):
        import_outline(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.kmz"]


def test_a_damaged_kmz_is_refused(tmp_path: Path) -> None:
    whole = write_kmz(tmp_path / "a.kmz", {"doc.kml": KML * 50}).read_bytes()
    path = tmp_path / "b.kmz"
    flipped = bytearray(whole)
    flipped[80] ^= 0xFF
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    newer = bytearray(whole)
    newer[newer.index(b"PK\x01\x02") + 6] = 102  # the version of zip that it needs, ten times
    packed = write_kmz(tmp_path / "c.kmz", {"doc.kml": KML}, zipfile.ZIP_LZMA).read_bytes()
    for content, fault in (
        (b"", "not a whole KMZ"),
        (whole[:100], "not a whole KMZ"),
        (bytes(flipped), "not a whole KMZ"),
        (bytes(locked), "encrypted"),
        (bytes(newer), "packed in an unusual way"),
        (packed, "packed in an unusual way"),
    ):
        path.write_bytes(content)
        with pytest.raises(FacilityError, match=fault):
            import_outline(path)


def test_the_check_is_the_same_every_time(folder: Path) -> None:
    first = run(folder).stdout
    shutil.copytree(folder / "aoi", folder / "copy")
    shutil.rmtree(folder / "aoi")
    (folder / "copy").rename(folder / "aoi")
    assert run(folder).stdout == first
