"""Read polygons from GeoJSON, KML, KMZ and GeoPackage files, and say what had to be repaired.

GDAL reads none of them here: it drops corners and holes that it cannot parse, takes an unknown
coordinate system for longitude and latitude, and opens addresses that a file names
(`tests/facilities/test_outline_files.py` shows each).
"""

from __future__ import annotations

import os
import re
import reprlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from xml.etree.ElementTree import Element

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry import MultiPolygon, Polygon

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.fields import printable
from camp_monitor.facilities.geopackages import read_geopackage
from camp_monitor.facilities.kml import kml_points, read_kml
from camp_monitor.facilities.registry import LARGEST_FILE_BYTES, read_json

LARGEST_GEOPACKAGE_BYTES = 500_000_000

MOST_FEATURES = 10_000
"""A file with more features is a map, not an outline."""

MOST_POINTS = 100_000
"""A ring, or an outline, with more points is refused."""

MOST_POINTS_READ = 1_000_000
"""Of all features of a file."""

LON_LAT = "OGC:CRS84"

LONGEST_NAME = 10_000
"""Characters that are read of a name; a facility's may have 200."""

_NAMED_CRS = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?"
    r"(?:EPSG|ESRI|OGC)[:/](?:[\w.]*[:/])?\w+",
    re.ASCII | re.IGNORECASE,
)
_DEFINED_CRS = re.compile(r"\s*[A-Z_]{4,20}\s*\[", re.IGNORECASE)
_NAMES_A_FILE = re.compile(r"grids|parameterfile|extension", re.IGNORECASE)


@dataclass(frozen=True)
class DrawnShape:
    """One feature of a file.

    Parameters
    ----------
    geometry : shapely Polygon or MultiPolygon
        In `crs`, x then y, no heights; rings are closed but may cross.
    crs : str
        What pyproj understands.
    name, layer : str
        As in the file; empty where it has none.
    facility_id, facility_name : str
        The properties ``id``, and ``name_en`` or else ``name``, where they are text; else empty.
    remarks : tuple of str
        What was repaired, as sentences.
    """

    geometry: Polygon | MultiPolygon
    crs: str = LON_LAT
    name: str = ""
    layer: str = ""
    facility_id: str = ""
    facility_name: str = ""
    remarks: tuple[str, ...] = ()


def read_shapes(path: Path, layer: str | None = None) -> tuple[list[DrawnShape], list[str]]:
    """Read all features with polygons, and say what was left out.

    The format is told by the file's name: .geojson, .json, .kml, .kmz or .gpkg.  Only features of
    `layer` are read, a GeoPackage layer or KML folder, where it is given.

    Raises
    ------
    FacilityError
        The file cannot be read, is of another format, or holds no polygon.
    """
    readers = {".geojson": _geojson, ".json": _geojson, ".gpkg": _geopackage}
    readers |= {".kml": _kml, ".kmz": _kml}
    suffix = path.suffix.lower()
    if not os.path.isfile(path):  # noqa: PTH113 - `Path.is_file` raises for a name that is too long
        _refuse(path, "is not a file: name a GeoJSON, KML, KMZ or GeoPackage file.")
    if suffix not in readers:
        _refuse(
            path,
            "is not named .geojson, .json, .kml, .kmz or .gpkg: save it as one of these first; in "
            "QGIS a shapefile becomes a GeoPackage by Export, Save Features As.",
        )
    limit_bytes = LARGEST_GEOPACKAGE_BYTES if suffix == ".gpkg" else LARGEST_FILE_BYTES
    if path.stat().st_size > limit_bytes:
        _refuse(path, f"has more than {limit_bytes:,} bytes: save the outline alone.")
    shapes: list[DrawnShape] = []
    left_out: list[str] = []
    points = 0
    for number, found in enumerate(readers[suffix](path), start=1):
        if number > MOST_FEATURES:
            _refuse(path, f"has more than {MOST_FEATURES:,} features: save the outline alone.")
        if isinstance(found, DrawnShape):
            shapes.append(found)
            points += int(shapely.get_num_coordinates(found.geometry))
            if points > MOST_POINTS_READ:
                _refuse(path, f"has over {MOST_POINTS_READ:,} points: save the outline alone.")
        else:
            left_out.append(found)
    remarks = [f"Left out: {what} ({number})." for what, number in Counter(left_out).items()]
    if not shapes:
        _refuse(path, f"holds no polygon: draw the outline as one. {' '.join(remarks)}".strip())
    chosen = [d for d in shapes if layer is None or composed(layer) == d.layer]
    if not chosen:
        layers = sorted({printable(drawn.layer)[:80] for drawn in shapes} - {""})
        known = ", ".join(map(repr, layers[:10])) or "it names none"
        _refuse(path, f"has no layer {layer!r} with polygons: choose from {known}.")
    return chosen, remarks


def to_lon_lat(drawn: DrawnShape) -> tuple[Polygon | MultiPolygon, list[str]]:
    """Bring a shape to EPSG:4326, lon then lat, and say from where.

    Raises
    ------
    FacilityError
        Its coordinate system is not known, or not one on the Earth.
    """
    try:
        if not _is_plain(drawn.crs):
            raise CRSError("neither a code nor a definition that needs no other file")
        crs = CRS.from_user_input(drawn.crs)
        if not (crs.is_geographic or crs.is_projected):
            raise CRSError("not one of longitude and latitude or of a map")
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except ProjError as error:
        raise FacilityError(
            f"The coordinate system {printable(drawn.crs)[:80]!r} is not known: save the file as "
            f"EPSG:4326."
        ) from error
    if crs.equals("EPSG:4326", ignore_axis_order=True) or crs.equals(LON_LAT):
        return drawn.geometry, []
    with np.errstate(invalid="ignore"):  # `check_coordinates` names what cannot be reprojected
        geometry = shapely.transform(drawn.geometry, transformer.transform, interleaved=False)
    return geometry, [f"Reprojected from {printable(crs.name)[:80]} to EPSG:4326."]


def _is_plain(crs: str) -> bool:
    """Whether PROJ will open no file and no address for a coordinate system that a file names."""
    is_definition = _DEFINED_CRS.match(crs) is not None and len(crs) <= LONGEST_NAME
    return bool(_NAMED_CRS.fullmatch(crs)) or (is_definition and not _NAMES_A_FILE.search(crs))


def composed(text: str) -> str:
    """Write a name as people type it: a Mac writes each letter of a syllable on its own."""
    return unicodedata.normalize("NFC", text[:LONGEST_NAME])


def _drawn(
    path: Path,
    place: str,
    properties: Iterable[tuple[Any, Any]],
    polygons: list[Any],
    crs: str = LON_LAT,
    layer: str = "",
) -> DrawnShape | str:
    """Check one feature, whose polygons are lists of rings of points, or say why it is left out."""
    if not polygons:
        return "features without a polygon"
    filled = [rings for rings in polygons if not _is_empty(rings)]
    if not filled:
        return "empty features"
    texts: dict[str, str] = {}
    for key, value in properties:
        if isinstance(value, str) and value.strip():
            texts.setdefault(str(key).lower(), composed(value.strip()))
    name = (texts.get("name") or texts.get("title") or texts.get("id", ""))[:200]
    place += f" ({printable(name)!r})" if name else ""
    if not crs:
        _refuse(
            path,
            f"has no coordinate system for {place}, and a guess could put the outline anywhere: "
            f"set it where the file was made.",
        )
    remarks = [f"An empty polygon of {place} was left out."] if len(filled) < len(polygons) else []
    made = []
    for rings in filled:
        rings = rings if isinstance(rings, list) and rings else [None]
        outer, *holes = [_ring(ring, path, place, remarks) for ring in rings]
        made.append(Polygon(outer, holes))
    return DrawnShape(
        geometry=made[0] if len(made) == 1 else MultiPolygon(made),
        crs=crs,
        name=name,
        layer=composed(layer),
        facility_id=texts.get("id", ""),
        facility_name=texts.get("name_en") or texts.get("name", ""),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _is_empty(rings: Any) -> bool:
    """Whether a polygon has no point at all, as programs write one that was never drawn."""
    return isinstance(rings, list) and all(ring == [] for ring in rings)


def _ring(points: Any, path: Path, place: str, remarks: list[str]) -> list[tuple[float, float]]:
    """Check one ring, close it and drop its heights, adding to `remarks` what was done."""
    subject = f"{path}: {place}"
    if not isinstance(points, list) or not points:
        _refuse(
            subject, "has an empty ring, or one that is not a list: draw it again or remove it."
        )
    if len(points) > MOST_POINTS:
        _refuse(subject, f"has a ring of over {MOST_POINTS:,} points: simplify it.")
    for point in points:
        if not _is_position(point):
            shown = printable(point[:60] if isinstance(point, str) else reprlib.repr(point))
            _refuse(
                subject, f"has the coordinate {shown}: finite numbers, lon and lat, are needed."
            )
    if any(any(point[2:]) for point in points):
        remarks.append("Heights were dropped.")
    ring = [(float(point[0]), float(point[1])) for point in points]
    if ring[0] != ring[-1]:
        remarks.append(f"An open ring of {place} was closed.")
    corners = len(set(ring))
    if corners < 3:
        _refuse(subject, f"has a ring of {corners} different points: 3 are needed.")
    return ring


def _is_position(point: Any) -> bool:
    """Whether it begins with two finite numbers; a height may be anything, since it is dropped."""
    return (
        isinstance(point, (list, tuple))
        and len(point) >= 2
        and all(type(value) in (int, float) and abs(value) < 1e300 for value in point[:2])
    )


def _refuse(subject: Path | str, fault: str) -> NoReturn:
    raise FacilityError(f"{subject} {fault}")


# --- GeoJSON


def _geojson(path: Path) -> Iterator[DrawnShape | str]:
    content = read_json(path)
    match content:
        case {"type": "FeatureCollection", "features": [*features]}:
            pass
        case {"type": "FeatureCollection"}:
            _refuse(path, "is a FeatureCollection without a list of features.")
        case {}:
            features = [content]
        case _:
            _refuse(path, "is not GeoJSON: a JSON object is needed.")
    match content.get("crs", {"type": "name", "properties": {"name": LON_LAT}}):
        case {"type": "name", "properties": {"name": str(crs)}}:
            pass
        case _:
            _refuse(path, "has a 'crs' member without a name: remove it or save as EPSG:4326.")
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict):
            _refuse(path, f"has a feature that is not a JSON object: number {number}.")
        properties = feature.get("properties")
        properties = properties.items() if isinstance(properties, dict) else ()
        geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
        yield _drawn(path, f"feature {number}", properties, _geojson_polygons(geometry), crs[:200])


def _geojson_polygons(geometry: Any) -> list[Any]:
    """List the polygons of a geometry, each a list of rings where it is well made."""
    match geometry:
        case {"type": "GeometryCollection", "geometries": [*members]}:
            return [polygon for member in members for polygon in _geojson_polygons(member)]
        case {"type": "MultiPolygon", "coordinates": [*polygons]}:
            return polygons
        case {"type": "Polygon" | "MultiPolygon"}:
            return [geometry.get("coordinates")]
    return []


# --- KML

_LEFT_OUT = {
    "NetworkLink": "links to other files, which are not followed",
    "NetworkLinkControl": "changes to other files, which are not made",
    "GroundOverlay": "pictures laid over the map",
    "ScreenOverlay": "pictures laid over the map",
    "PhotoOverlay": "pictures laid over the map",
}


def _kml(path: Path) -> Iterator[DrawnShape | str]:
    """Read every placemark, with the name of its innermost folder, in the order of the file."""
    waiting = [(root, "") for root in reversed(read_kml(path))]
    while waiting:
        element, folder = waiting.pop()
        if element.tag == "Placemark":
            yield _placemark(element, folder, path)
        elif element.tag in _LEFT_OUT:
            yield _LEFT_OUT[element.tag]
        else:
            name = element.findtext("name", "").strip() if element.tag == "Folder" else ""
            waiting.extend((child, name or folder) for child in reversed(element))


def _placemark(placemark: Element, folder: str, path: Path) -> DrawnShape | str:
    name = placemark.findtext("name", "").strip()
    properties: list[tuple[Any, Any]] = [("name", name)]
    for tag in ("Data", "SimpleData"):
        for data in placemark.iterfind(f"ExtendedData//{tag}"):
            properties.append((data.get("name"), data.findtext("value") or data.text))
    polygons = []
    for polygon in placemark.iterfind(".//Polygon"):
        outer, holes = (
            [kml_points(ring.findtext("coordinates", "")) for ring in polygon.iterfind(side)]
            for side in ("outerBoundaryIs/LinearRing", "innerBoundaryIs/LinearRing")
        )
        if len(outer) != 1:
            named = printable(name)[:200]
            _refuse(path, f"has a polygon without one outer boundary: placemark {named!r}.")
        polygons.append(outer + holes)
    return _drawn(path, "a placemark", properties, polygons, layer=folder)


# --- GeoPackage


def _geopackage(path: Path) -> Iterator[DrawnShape | str]:
    for found in read_geopackage(path):
        if isinstance(found, str):
            yield found
        else:
            layer = found.layer
            place = f"feature {found.number} of layer {printable(layer)[:80]!r}"
            yield _drawn(path, place, found.texts, found.polygons, found.crs, layer)
