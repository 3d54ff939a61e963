from __future__ import annotations

import csv
import html
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pytest
import shapely

from camp_monitor.errors import InputError
from camp_monitor.events.events import join_events
from camp_monitor.notes import recorded as said
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, latest_reviews
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.export.export import Exported, export_findings
from camp_monitor.report.export.kml import kml_text
from camp_monitor.report.export.tables import (
    FINDING_COLUMNS,
    NOT_SEEN_COLUMNS,
    Row,
    finding_rows,
    not_seen_rows,
)
from camp_monitor.report.text.sentences import phrase
from camp_monitor.report.text.words import interval_words, kind_words
from tests.swapped import preamble

MakeFinding = Callable[..., Finding]
MakeObservation = Callable[..., Observation]

REVIEW_COLUMNS = ("verdict", "reviewed_by", "reviewed_at", "review_note")
SUFFIXES = (".gpkg", ".geojson", ".kml", ".csv")
HOSTILE = "</name><script>alert(1)</script>]]>&\x1b[31m\x00\u202e종거리"
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture
def findings(make_finding: MakeFinding) -> list[Finding]:
    holed = shapely.box(129.5, 42.4, 129.51, 42.41).difference(
        shapely.box(129.503, 42.403, 129.506, 42.406)
    )
    return [
        make_finding(0),
        make_finding(1, kind="flooding", geometry=shapely.MultiPolygon([holed])),
        make_finding(2, kind="water_loss", caveats=said([HOSTILE]), facility_id=HOSTILE),
    ]


@pytest.fixture
def reviews(findings: list[Finding]) -> list[Review]:
    def review(finding: Finding, verdict: str, hour: int, note: str = "") -> Review:
        return Review(finding.id, verdict, "한 R.", f"2016-09-20T{hour}:00:00+00:00", note)

    return [
        review(findings[1], "rejected", 12, '=1+1 </name><script>alert(1)</script>]]>&"'),
        review(findings[1], "confirmed", 11),
        review(findings[2], "unsure", 10),
    ]


@pytest.fixture
def observations(findings: list[Finding], make_observation: MakeObservation) -> list[Observation]:
    cloud = shapely.GeometryCollection(
        [shapely.box(129.52, 42.5, 129.53, 42.51), shapely.Point(129.6, 42.5)]
    )
    return [
        make_observation(facility_id="all-seen"),
        make_observation(findings[0], seen_fraction=0.8, reasons=said(["cloud"]), not_seen=cloud),
        make_observation(
            facility_id="kls-16", outcome="not_seen", seen_fraction=0.0, reasons=said(["=1+1"])
        ),
    ]


def read_layer(path: Path, layer: str | None = None) -> tuple[list[dict[str, Any]], list[Any]]:
    """Read a layer with the reader that QGIS uses too: properties and geometries."""
    meta, _, geometry, data = pyogrio.raw.read(path, layer=layer)
    names = meta["fields"].tolist()
    columns = [_utc_text(column) if column.dtype.kind == "M" else column for column in data]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return rows, [None if item is None else shapely.from_wkb(item) for item in geometry]


def _utc_text(times: Any) -> list[str | None]:
    return [None if np.isnat(time) else f"{time.astype('datetime64[s]')}+00:00" for time in times]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_export_is_read_back_equal(
    tmp_path: Path,
    findings: list[Finding],
    observations: list[Observation],
    reviews: list[Review],
    suffix: str,
) -> None:
    path = tmp_path / f"export{suffix}"
    exported = export_findings(findings, observations, path, reviews=reviews)
    events = join_events(findings, observations, latest_reviews(reviews))
    assert exported == Exported(events=len(events), findings=3, not_seen=2)
    if suffix == ".gpkg":
        found, regions = read_layer(path, "findings")
        unseen, dark = read_layer(path, "not_seen")
    elif suffix == ".kml":
        found, regions = read_layer(path, phrase("kml.findings"))
        unseen, dark = read_layer(path, phrase("kml.not_seen"))
    elif suffix == ".geojson":
        rows, shapes = read_layer(path)
        parts = [
            [(r, s) for r, s in zip(rows, shapes, strict=True) if r["record"] == record]
            for record in ("finding", "not_seen")
        ]
        (found, regions), (unseen, dark) = ([list(x) for x in zip(*p, strict=True)] for p in parts)
    else:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        found = [row for row in rows if row["record"] == "finding"]
        unseen = [row for row in rows if row["record"] == "not_seen"]
        regions = [shapely.from_wkt(row["wkt"]) for row in found]
        dark = [shapely.from_wkt(row["wkt"]) if row["wkt"] else None for row in unseen]

    by_id = {finding.id: finding for finding in findings}
    assert {row["id"] for row in found} == by_id.keys()
    for row, region in zip(found, regions, strict=True):
        finding = by_id[row["id"]]
        assert region.equals(finding.geometry)
        assert row["kind"] == finding.kind
        assert row["change"] == kind_words(finding.kind)
        assert suffix == ".csv" or isinstance(row["area_m2"], float)  # not text: a GIS computes
        assert float(row["area_m2"]) == finding.area_m2
        assert float(row["area_low_m2"]) == finding.area_low_m2
        assert float(row["area_high_m2"]) == finding.area_high_m2
        assert row["confidence"] == "medium"
        assert row["earliest"] == "2016-08-20T02:11:21+00:00"
        assert row["latest"] == "2016-09-12T02:11:21+00:00"
        assert row["dates"] == interval_words(finding.before, finding.after)
        assert row["before_scene"] == "S2A_52TDN_20160820"
        assert row["credit"] == "Contains modified Copernicus Sentinel data 2016"
        assert row["licences"] == "CC-BY-SA-3.0-IGO"
        assert json.loads(row["measurements"]) == dict(finding.measurements)
        stated = [row[name] or "" for name in REVIEW_COLUMNS]
        stated[3] = stated[3].lstrip("'")  # which keeps a spreadsheet from running it
        review = {item.finding_id: item for item in reversed(reviews)}.get(finding.id)
        if review:
            assert stated == [review.verdict, review.by, review.reviewed_at, review.note]
        else:
            assert stated == ["unreviewed", "", "", ""]

    assert [row["facility"] for row in unseen] == ["khs-12-jongori", "kls-16"]
    assert [float(row["seen_fraction"]) for row in unseen] == [0.8, 0.0]
    assert [row["outcome"] for row in unseen] == ["changed", "not_seen"]
    assert dark[0].equals(shapely.box(129.52, 42.5, 129.53, 42.51))
    assert dark[1] is None
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hostile_text_stays_text(
    tmp_path: Path, findings: list[Finding], observations: list[Observation], suffix: str
) -> None:
    path = tmp_path / f"export{suffix}"
    export_findings(findings, observations, path)
    content = path.read_bytes()
    for bad in (b"\x1b[31m", "\u202e".encode()):
        assert bad not in content
    assert "종거리".encode() in content
    if suffix == ".kml":
        text = content.decode()
        ElementTree.fromstring(text)
        assert "<script" not in text
        for balloon in ElementTree.fromstring(text).iter(f"{KML}description"):
            assert "<script" not in (balloon.text or "")  # the viewer reads this as HTML


def test_a_row_of_hostile_text_is_no_markup_in_kml(
    findings: list[Finding], observations: list[Observation]
) -> None:
    """Rows are made legible before; the template must not rest on it."""
    hostile = "]]></description><br>\"'&lt;" + "".join(
        map(chr, [*range(9), 11, 12, *range(14, 32)])
    )
    hostile += "\ud800\uffff{{ 7 * 7 }}"
    rows = [
        Row(
            {name: hostile if kind is str else row.values[name] for name, kind in kinds.items()},
            row.region,
        )
        for kinds, row in (
            (FINDING_COLUMNS, finding_rows(findings)[0]),
            (NOT_SEEN_COLUMNS, not_seen_rows(observations)[0]),
        )
    ]
    text = kml_text({"events": [], "findings": rows[:1], "not_seen": rows[1:]})
    plain = kml_text(
        {
            "events": [],
            "findings": finding_rows(findings)[:1],
            "not_seen": not_seen_rows(observations)[:1],
        }
    )
    document = ElementTree.fromstring(text.encode())
    assert [e.tag for e in document.iter()] == [e.tag for e in ElementTree.fromstring(plain).iter()]
    shown = hostile[: hostile.index("\0")] + 31 * "\ufffd" + "{{ 7 * 7 }}"
    cells = {e.text for e in document.iter(f"{KML}SimpleData") if "]]>" in (e.text or "")}
    assert cells == {shown}
    for balloon in document.iter(f"{KML}description"):
        assert set(re.findall("<[^>]*>", balloon.text or "")) == {"<br>"}
        assert shown in html.unescape(balloon.text or "")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_findings_are_the_same_bytes(
    tmp_path: Path, findings: list[Finding], observations: list[Observation], suffix: str
) -> None:
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    export_findings(findings, observations, first)
    script = preamble() + (
        "import json, sys; from pathlib import Path\n"
        "from camp_monitor.report.export.export import export_findings\n"
        "from camp_monitor.records.finding import Finding\n"
        "from camp_monitor.records.observation import Observation\n"
        "findings, observations = json.loads(sys.stdin.read())\n"
        "export_findings(map(Finding.from_dict, reversed(findings)),\n"
        "    map(Observation.from_dict, reversed(observations)), Path(sys.argv[1]))\n"
    )
    records = [[item.to_dict() for item in items] for items in (findings, observations)]
    subprocess.run(
        [sys.executable, "-c", script, str(second)],
        input=json.dumps(records),
        text=True,
        check=True,
        env={**os.environ, "TZ": "Asia/Pyongyang", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
    )
    assert first.read_bytes() == second.read_bytes()


def test_the_clock_of_gdal_is_left_as_it_was(tmp_path: Path, findings: list[Finding]) -> None:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    export_findings(findings, [], tmp_path / "export.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_a_rejected_finding_is_drawn_faint_and_says_so(
    tmp_path: Path, findings: list[Finding], reviews: list[Review]
) -> None:
    export_findings(findings, [], tmp_path / "export.kml", reviews=reviews)
    document = ElementTree.fromstring((tmp_path / "export.kml").read_text(encoding="utf-8"))
    drawn = {}
    for mark in document.iter(f"{KML}Placemark"):
        drawn[mark.get("id")] = [mark.findtext(f"{KML}{tag}") or "" for tag in ("name", "styleUrl")]
    area = f"{findings[1].area_m2:,.0f} m²"
    rejected = phrase("kml.rejected", change=kind_words("flooding"), area=area)
    assert drawn[findings[1].id][0] == rejected
    assert drawn[findings[1].id][1] == "#flooding-rejected"
    assert drawn[findings[2].id][1] == "#water_loss"
    opacities = {
        style.get("id"): (style.findtext(f".//{KML}LineStyle/{KML}color") or "")[:2]
        for style in document.iter(f"{KML}Style")
    }
    assert int(opacities["flooding-rejected"], 16) < int(opacities["flooding"], 16) / 3
    for balloon in document.iter(f"{KML}description"):
        assert "<script" not in (balloon.text or "")


def test_painted_scenes_are_marked_where_google_earth_lists_them(
    tmp_path: Path,
    make_finding: MakeFinding,
    make_observation: MakeObservation,
    make_scene: Callable[..., SceneReference],
) -> None:
    painted = {"before": make_scene("2016-08-20", simulated=True)}
    path = tmp_path / "export.kml"
    unseen = make_observation(
        outcome="not_seen", seen_fraction=0.0, reasons=said(["cloud"]), **painted
    )
    export_findings([make_finding(1, **painted), make_finding(2)], [unseen], path)
    document = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    names = sorted(mark.findtext(f"{KML}name") or "" for mark in document.iter(f"{KML}Placemark"))
    marked = [name.startswith("SIMULATED: ") for name in names]
    assert (len(names), sum(marked)) == (5, 3)  # two findings, an event of each, and a gap


def test_geojson_rings_follow_rfc_7946(
    tmp_path: Path, findings: list[Finding], observations: list[Observation]
) -> None:
    path = tmp_path / "export.geojson"
    export_findings(findings, observations, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content.keys() == {"type", "features"}  # a "crs" is not allowed
    for feature in content["features"]:
        for polygon in (feature["geometry"] or {"coordinates": []})["coordinates"]:
            for number, ring in enumerate(polygon):
                doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
                assert (doubled > 0) == (number == 0)  # outer anticlockwise, holes clockwise


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", " =", "\t="])
def test_no_cell_of_a_spreadsheet_is_a_formula(
    tmp_path: Path, make_finding: MakeFinding, sign: str
) -> None:
    path = tmp_path / "export.csv"
    text = f'{sign}HYPERLINK("http://example.org")'
    finding = make_finding(
        facility_id=text,
        caveats=said([text]),
        geometry=shapely.box(-98.5, 46.0, -98.4, 46.1),
    )
    export_findings([finding], [], path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["record"] for row in rows] == ["event", "finding"]
    for row in rows:
        numbers = ("lon", "lat")
        risky = [k for k, v in row.items() if v.strip()[:1] in "=+-@＝" and v and k not in numbers]
        assert risky == []
        assert row["facility"].endswith('HYPERLINK("http://example.org")')
        assert float(row["lon"]) == pytest.approx(-98.45)


def test_a_file_is_replaced_only_when_asked(tmp_path: Path, findings: list[Finding]) -> None:
    path = tmp_path / "export.csv"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists already: name another file, or add --overwrite"):
        export_findings(findings, [], path)
    assert path.read_text() == "mine"
    export_findings(findings, [], path, overwrite=True)
    assert path.read_text(encoding="utf-8-sig").startswith("record,id")


@pytest.mark.parametrize("mode", ["wal", "delete"])
@pytest.mark.parametrize("there", [True, False])
def test_a_geopackage_that_is_open_elsewhere_is_not_replaced(
    tmp_path: Path, findings: list[Finding], mode: str, there: bool
) -> None:
    path = tmp_path / "export.gpkg"
    export_findings(findings[:1], [], path)
    with closing(sqlite3.connect(path, isolation_level=None)) as editor:
        editor.execute(f"PRAGMA journal_mode = {mode}")
        editor.execute("BEGIN IMMEDIATE")
        editor.execute("UPDATE layer_styles SET description = 'typed in QGIS'")
        if mode == "wal":
            editor.execute("COMMIT")
        if not there:  # its changes would be played into any file of that name
            path.rename(tmp_path / "moved.gpkg")
        before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
        with pytest.raises(InputError, match=r"export.gpkg-(wal|journal) lies beside it"):
            export_findings(findings, [], path, overwrite=True)
        assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before
        export_findings(findings, [], tmp_path / "other.gpkg")
        if there:
            typed = editor.execute("SELECT description FROM layer_styles").fetchall()
            assert typed == [("typed in QGIS",)] * 3
    if there:
        export_findings(findings, [], path, overwrite=True)
        assert path.read_bytes() == (tmp_path / "other.gpkg").read_bytes()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("export.shp", "has the suffix .shp, which is no format of export: use one of .gpkg"),
        ("export", r"has the suffix \(none\)"),
        ("missing/export.gpkg", "cannot be written"),
        ("file/export.kml", "cannot be written"),
        (f"{'x' * 300}.csv", "cannot be written"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, findings: list[Finding], name: str, fault: str
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=fault):
        export_findings(findings, [], tmp_path / name)
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_failed_export_leaves_the_old_file(
    tmp_path: Path, findings: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "export.csv"
    export_findings(findings[:1], [], path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        export_findings(findings, [], path, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_found_is_an_export_too(
    tmp_path: Path, observations: list[Observation], suffix: str
) -> None:
    path = tmp_path / f"export{suffix}"
    assert export_findings([], observations[2:], path) == Exported(events=0, findings=0, not_seen=1)
    assert b"kls-16" in path.read_bytes()
