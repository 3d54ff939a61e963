"""What QGIS finds in an exported GeoPackage, read from its tables: QGIS itself is 1 GB."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pytest
import shapely
from odc.geo.geobox import GeoBox
from pyproj import Geod

from camp_monitor.detect.detection import Change
from camp_monitor.detect.regions import outline_regions
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import recorded as said
from camp_monitor.records.finding import Finding
from camp_monitor.records.kinds import KINDS
from camp_monitor.records.observation import Observation
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.colours import KIND_COLOURS, NOT_SEEN_COLOUR
from camp_monitor.report.export.export import export_findings
from camp_monitor.report.export.kml import EDGE_COLOURS
from camp_monitor.report.text.words import kind_words

MakeFinding = Callable[..., Finding]
MakeObservation = Callable[..., Observation]

LAYERS = ("events", "findings", "not_seen")
# The stated area is of the region before its coordinates were rounded, in whole square metres.
# Rounding to 7 decimals moves each point by at most 0.8 cm, and so the area by at most the length
# of the edge times that: 1 cm leaves room.  An area in the plane of the grid would be off by more.
ROUNDED_M2, MOVED_M = 0.5, 0.01


@pytest.fixture
def package(tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation) -> Path:
    findings = [make_finding(number, kind=kind) for number, kind in enumerate(KINDS)]
    cloud = shapely.box(129.6, 42.5, 129.7, 42.6)
    seen_in_part = make_observation(
        *findings, seen_fraction=0.5, reasons=said(["cloud"]), not_seen=cloud
    )
    path = tmp_path / "export.gpkg"
    export_findings(findings, [seen_in_part], path)
    return path


def default_styles(package: Path) -> list[tuple[str, ElementTree.Element]]:
    """Ask as QGIS does, which knows a layer by its table and geometry column."""
    with closing(sqlite3.connect(package)) as connection:
        rows = connection.execute(
            "SELECT l.f_table_name, l.styleQML FROM layer_styles l JOIN gpkg_geometry_columns g "
            "ON g.table_name = l.f_table_name AND g.column_name = l.f_geometry_column "
            "WHERE l.useAsDefault AND l.f_table_catalog = '' AND l.f_table_schema = ''"
        ).fetchall()
    return [(name, ElementTree.fromstring(qml)) for name, qml in rows]


def options(element: ElementTree.Element) -> dict[str | None, str | None]:
    return {option.get("name"): option.get("value") for option in element.findall("Option/Option")}


def hatch(symbol: ElementTree.Element) -> tuple[tuple[str, ...], ...]:
    """The form of a sign, without its colour: all that is left of it in grey print."""
    form = []
    for layer in symbol.findall("layer"):
        if layer.get("class", "").endswith("PatternFill"):
            marks = [options(mark).get("name") for mark in layer.iter("layer")]
            values = (*options(layer).values(), *marks)
            form.append((layer.get("class", ""), *(value for value in values if value)))
    return tuple(form)


def colours(symbol: ElementTree.Element, layer_class: str, option: str) -> list[str]:
    """The colours of a symbol's own layers, as ``#RRGGBB``; QGIS writes decimals, then opacity."""
    written = [
        (options(layer)[option] or "").split(",")
        for layer in symbol.findall(f"layer[@class='{layer_class}']")
    ]
    return ["#" + "".join(f"{int(part):02X}" for part in parts[:3]) for parts in written]


def mark_colours(part: ElementTree.Element) -> list[str]:
    """The colours of the lines or marks of which a hatch is made."""
    marks = (
        ("SimpleMarker", "color"),
        ("SimpleMarker", "outline_color"),
        ("SimpleLine", "line_color"),
    )
    return [colour for mark, option in marks for colour in colours(part, mark, option)]


def test_each_layer_has_one_default_style(package: Path) -> None:
    layers = dict(pyogrio.list_layers(package).tolist())
    assert layers == {**dict.fromkeys(LAYERS, "MultiPolygon"), "layer_styles": None}
    assert sorted(name for name, _ in default_styles(package)) == sorted(LAYERS)


def test_every_kind_is_told_by_colour_and_by_hatch(package: Path) -> None:
    styles = dict(default_styles(package))
    renderer = styles["findings"].find("renderer-v2")
    assert renderer is not None
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "kind")
    symbols = {symbol.get("name"): symbol for symbol in renderer.findall("symbols/symbol")}
    signs = {each.get("value"): symbols[each.get("symbol")] for each in renderer.iter("category")}
    labels = {each.get("value"): each.get("label") for each in renderer.iter("category")}
    assert labels == {kind: kind_words(kind) for kind in KINDS}
    for kind, symbol in signs.items():
        fill, edge = KIND_COLOURS[kind or ""], EDGE_COLOURS[kind or ""]
        assert colours(symbol, "SimpleFill", "color") == [fill]
        assert colours(symbol, "SimpleLine", "line_color") == ["#FFFFFF", edge]
        inside = symbol.findall("layer/symbol")
        assert {colour for part in inside for colour in mark_colours(part)} <= {edge}
    unseen = styles["not_seen"].find("renderer-v2/symbols/symbol")
    assert unseen is not None
    dashed_on_white = ["#FFFFFF", NOT_SEEN_COLOUR]
    assert colours(unseen, "SimpleLine", "line_color") == dashed_on_white
    assert [mark_colours(part) for part in unseen.findall("layer/symbol")] == [dashed_on_white]
    hatches = [hatch(symbol) for symbol in (*signs.values(), unseen)]
    assert len(set(hatches)) == len(KINDS) + 1
    assert hatches[-1] != ()


def test_a_style_names_only_columns_that_are_there(package: Path) -> None:
    for name, root in default_styles(package):
        there = set(pyogrio.read_info(package, layer=name)["fields"])
        text = [label.get("fieldName") or "" for label in root.iter("text-style")]
        assert len(text) == 1
        opacity = [
            o.get("value") or "" for o in root.iter("Option") if o.get("name") == "expression"
        ]
        assert len(opacity) >= (0 if name == "not_seen" else len(KINDS))
        expressions = " ".join(text + opacity)
        named = set(re.findall('"([^"]+)"', expressions))
        named |= {renderer.get("attr", "id") for renderer in root.iter("renderer-v2")}
        assert named <= there
        wanted = {
            "events": {"change", "area_m2", "ranked_as", "standing"},
            "findings": {"change", "area_m2", "verdict"},
            "not_seen": {"question"},
        }[name]
        assert named >= wanted | {"dates", "simulated"}
        # QGIS takes a bare word for a column, too: here all of them are quoted.
        unquoted = re.sub(r"""'[^']*'|"[^"]*\"""", "", expressions)
        assert re.findall(r"\b[a-z_]\w*\b(?! *\()", unquoted) == []


def test_the_version_is_one_that_older_qgis_reads_without_a_warning(package: Path) -> None:
    with closing(sqlite3.connect(package)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (10200,)
    for _, root in default_styles(package):
        major, minor, _ = (root.get("version") or "").split(".")
        assert (int(major), int(minor)) <= (3, 22)  # Debian 12


def test_a_time_of_any_offset_is_written_in_utc(
    tmp_path: Path, make_finding: MakeFinding, make_scene: Callable[..., SceneReference]
) -> None:
    in_korea = make_scene("2016-08-20", acquired_from_at="2016-08-20T08:00:00+09:00")
    path = tmp_path / "export.gpkg"
    export_findings([make_finding(before=in_korea)], [], path)
    with closing(sqlite3.connect(path)) as connection:
        [row] = connection.execute("SELECT earliest, reviewed_at FROM findings")
    assert row == ("2016-08-19T23:00:00.000Z", None)


def test_areas_are_those_of_the_ledger_and_of_the_ground(
    tmp_path: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    grid = GeoBox.from_bbox((548000, 4706000, 553000, 4711000), "EPSG:32652", resolution=10)
    row, col = np.indices(grid.shape)
    changed = np.hypot(row - 300, col - 200) < 150
    changed &= np.hypot(row - 280, col - 220) > 40  # an island
    changed[20:33, 460:465] = True  # 46 x 128 m, about
    changed[450:470, 20:30] = changed[450:470, 32:40] = True  # two parts
    change = Change("flooding", changed, changed.astype(np.float32), edge_px=0.5, least_px=4)
    regions = outline_regions(change, grid, np.ones_like(changed), 0.2)
    stated = ("geometry", "area_m2", "area_low_m2", "area_high_m2")
    made = [
        make_finding(kind="flooding", **{name: getattr(region, name) for name in stated})
        for region in regions
    ]
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.record([make_observation(*made)], made, recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
        kept = {finding.id: finding for finding in ledger.findings()}
        export_findings(kept.values(), [], tmp_path / "export.gpkg")
    meta, _, shapes, columns = pyogrio.raw.read(tmp_path / "export.gpkg", layer="findings")
    table = dict(zip(meta["fields"].tolist(), columns, strict=True))
    assert len(kept) == 3
    assert set(table["id"]) == kept.keys()
    for number, finding_id in enumerate(table["id"]):
        for name in stated[1:]:
            assert table[name][number] == getattr(kept[finding_id], name)
        shape = shapely.from_wkb(shapes[number])
        assert shape.is_valid
        area_m2, edge_m = Geod(ellps="WGS84").geometry_area_perimeter(
            shapely.orient_polygons(shape)
        )
        assert area_m2 == pytest.approx(
            table["area_m2"][number], abs=ROUNDED_M2 + MOVED_M * edge_m, rel=0
        )
