"""Findings as KML, for Google Earth and the like."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from shapely.geometry.base import BaseGeometry

from camp_monitor.records.content import COORDINATE_DECIMALS
from camp_monitor.records.review import UNREVIEWED
from camp_monitor.report.colours import KIND_COLOURS
from camp_monitor.report.export.style import (
    FAINT_OPACITY,
    FILL_OPACITY,
    NOT_SEEN_COLOUR,
    edge_colour,
    kml_colour,
)
from camp_monitor.report.export.tables import FINDING_COLUMNS, NOT_SEEN_COLUMNS, Row
from camp_monitor.report.text.sentences import name_of


def kml_text(findings: Sequence[Row], not_seen: Sequence[Row]) -> str:
    """Write a KML document with the folders "Findings" and "Not seen".

    Values are escaped twice in balloons, because viewers read a description as HTML.
    """
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<kml xmlns="http://www.opengis.net/kml/2.2">',
            "<Document>",
            "<name>camp_monitor findings</name>",
            *(
                _style(kind, colour, edge_colour(kind), FILL_OPACITY)
                for kind, colour in KIND_COLOURS.items()
            ),
            *(
                _style(f"{kind}-rejected", colour, edge_colour(kind), FAINT_OPACITY, FAINT_OPACITY)
                for kind, colour in KIND_COLOURS.items()
            ),
            _style("not_seen", NOT_SEEN_COLOUR, NOT_SEEN_COLOUR, FILL_OPACITY),
            _schema("finding", FINDING_COLUMNS),
            _schema("observation", NOT_SEEN_COLUMNS),
            "<Folder>",
            "<name>Findings</name>",
            *(_placemark(row, _finding_style(row), _finding_name(row)) for row in findings),
            "</Folder>",
            "<Folder>",
            "<name>Not seen</name>",
            *(_placemark(row, "not_seen", _not_seen_name(row)) for row in not_seen),
            "</Folder>",
            "</Document>",
            "</kml>",
            "",
        ]
    )


def _finding_name(row: Row) -> str:
    name = f"{row.values['change']}, {row.values['area_m2']:,.0f} m²"
    if row.values["verdict"] == "rejected":
        name = f"Rejected by review: {name}"
    return f"SIMULATED: {name}" if row.values["simulated"] else name


def _finding_style(row: Row) -> str:
    kind: str = row.values["kind"]
    return f"{kind}-rejected" if row.values["verdict"] == "rejected" else kind


def _not_seen_name(row: Row) -> str:
    name = f"Not seen: {row.values['question']}"
    return f"SIMULATED: {name}" if row.values["simulated"] else name


def _finding_lines(row: Row) -> tuple[str, ...]:
    cell = row.values
    return (
        f"{cell['facility']}: {cell['change']}, {cell['dates']}.",
        f"Area {cell['area_m2']:,.0f} m² ({cell['area_low_m2']:,.0f} to "
        f"{cell['area_high_m2']:,.0f} m²), {name_of('position', cell['position'])}.",
        f"Confidence: {cell['confidence']}{_real(cell['probability'])}.",
        _review_line(cell),
        cell["caveats_text"],
        f"Finding {cell['id']}, method {cell['method']}.",
        cell["credit"],
    )


def _real(probability: float | None) -> str:
    return "" if probability is None else f" ({probability:.0%} of similar findings were real)"


def _review_line(cell: dict[str, Any]) -> str:
    if cell["verdict"] == UNREVIEWED:
        return ""
    line = f"Review: {cell['verdict']}, {cell['reviewed_by']}, {cell['reviewed_at'][:10]}"
    return f"{line}: {cell['review_note']}" if cell["review_note"] else f"{line}."


def _not_seen_lines(row: Row) -> tuple[str, ...]:
    cell = row.values
    seen_percent = math.floor(cell["seen_fraction"] * 100 + 1e-9)  # part is never printed as all
    return (
        f"{cell['facility']}: {cell['question']}, {cell['dates']}.",
        f"{seen_percent} % of the outline was seen. Not seen is not unchanged.",
        cell["reasons_text"],
        cell["caveats_text"],
        f"Observation {cell['id']}, method {cell['method']}.",
        cell["credit"],
    )


def _style(name: str, fill: str, edge: str, opacity: float, edge_opacity: float = 1.0) -> str:
    line = kml_colour(edge, edge_opacity)
    return (
        f'<Style id="{name}"><LineStyle><color>{line}</color><width>2</width>'
        f"</LineStyle><PolyStyle><color>{kml_colour(fill, opacity)}</color></PolyStyle></Style>"
    )


def _schema(name: str, columns: dict[str, type]) -> str:
    """Declare the types of the columns, so that a GIS reads numbers as numbers."""
    kinds = {str: "string", datetime: "string", int: "int", float: "double", bool: "bool"}
    fields = "".join(
        f'<SimpleField type="{kinds[kind]}" name="{column}"/>' for column, kind in columns.items()
    )
    return f'<Schema name="{name}" id="{name}">{fields}</Schema>'


def _placemark(row: Row, style: str, name: str) -> str:
    unseen = style == "not_seen"
    lines = _not_seen_lines(row) if unseen else _finding_lines(row)
    balloon = "<br>".join(html.escape(line) for line in lines if line)
    schema = "observation" if unseen else "finding"
    data = "".join(
        f'<SimpleData name="{column}">{escape(str(value))}</SimpleData>'
        for column, value in row.values.items()
        if value is not None
    )
    return (
        f'<Placemark id="{row.values["id"]}"><name>{escape(name)}</name>'
        f"<Snippet/><description>{escape(balloon)}</description>"
        f"<styleUrl>#{style}</styleUrl><ExtendedData>"
        f'<SchemaData schemaUrl="#{schema}">{data}</SchemaData></ExtendedData>'
        f"{'' if row.region is None else _geometry(row.region)}</Placemark>"
    )


def _geometry(region: BaseGeometry) -> str:
    polygons = "".join(
        f"<Polygon><outerBoundaryIs>{_ring(polygon.exterior)}</outerBoundaryIs>"
        + "".join(f"<innerBoundaryIs>{_ring(hole)}</innerBoundaryIs>" for hole in polygon.interiors)
        + "</Polygon>"
        for polygon in region.geoms
    )
    return f"<MultiGeometry>{polygons}</MultiGeometry>"


def _ring(ring: BaseGeometry) -> str:
    return f"<LinearRing><coordinates>{' '.join(_points(ring))}</coordinates></LinearRing>"


def _points(ring: BaseGeometry) -> Iterator[str]:
    for lon, lat in ring.coords:
        yield f"{_degrees(lon)},{_degrees(lat)}"


def _degrees(value: float) -> str:
    return f"{value:.{COORDINATE_DECIMALS}f}".rstrip("0").rstrip(".")
