"""Read polygons from GeoJSON, KML, KMZ and GeoPackage files, and say what had to be repaired.

GDAL reads GeoPackages here, and only their tables.  It does not read the others: it drops corners
and holes that it cannot parse, takes an unknown coordinate system for longitude and latitude, and
opens addresses that a file names (`tests/facilities/test_outline_files.py` shows each).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.facility import printable
from camp_monitor.facilities.kmz import read_kml, tag_of
from camp_monitor.facilities.registry import LARGEST_FILE_BYTES, read_json

LARGEST_GEOPACKAGE_BYTES = 500_000_000

MOST_FEATURES = 10_000
"""A file with more features is a map, not an outline."""

LON_LAT = "OGC:CRS84"


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
    if not path.is_file():
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
    for number, found in enumerate(readers[suffix](path), start=1):
        if number > MOST_FEATURES:
            _refuse(path, f"has more than {MOST_FEATURES:,} features: save the outline alone.")
        if isinstance(found, DrawnShape):
            shapes.append(found)
        else:
            left_out.append(found)
    remarks = [f"Left out: {what} ({number})." for what, number in Counter(left_out).items()]
    if not shapes:
        _refuse(path, f"holds no polygon: draw the outline as one. {' '.join(remarks)}".strip())
    chosen = [drawn for drawn in shapes if layer in (None, drawn.layer)]
    if not chosen:
        layers = sorted({drawn.layer for drawn in shapes} - {""})
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
        crs = CRS.from_user_input(drawn.crs)
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


def _drawn(
    path: Path,
    place: str,
    properties: Iterable[tuple[Any, Any]],
    polygons: list[Any],
    crs: str = LON_LAT,
    layer: str = "",
) -> DrawnShape | str:
    """Check one feature, whose polygons are lists of rings of points, or say what is left out."""
    if not polygons:
        return "features without a polygon"
    texts: dict[str, str] = {}
    for key, value in properties:
        if isinstance(value, str) and value.strip():
            texts.setdefault(str(key).lower(), value.strip())
    name = (texts.get("name") or texts.get("title") or texts.get("id", ""))[:200]
    place += f" ({printable(name)!r})" if name else ""
    if not crs:
        _refuse(
            path,
            f"has no coordinate system for {place}, and a guess could put the outline anywhere: "
            f"set it where the file was made.",
        )
    remarks: list[str] = []
    made = []
    for rings in polygons:
        rings = rings if isinstance(rings, list) and rings else [None]
        outer, *holes = [_ring(ring, path, place, remarks) for ring in rings]
        made.append(Polygon(outer, holes))
    return DrawnShape(
        geometry=made[0] if len(made) == 1 else MultiPolygon(made),
        crs=crs,
        name=name,
        layer=layer,
        facility_id=texts.get("id", ""),
        facility_name=texts.get("name_en") or texts.get("name", ""),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _ring(points: Any, path: Path, place: str, remarks: list[str]) -> list[tuple[float, float]]:
    """Check one ring, close it and drop its heights, adding to `remarks` what was done."""
    subject = f"{path}: {place}"
    if not isinstance(points, list) or not points:
        _refuse(
            subject, "has an empty ring, or one that is not a list: draw it again or remove it."
        )
    for point in points:
        if not _is_position(point):
            shown = printable(str(point))[:60]
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


def _kml(path: Path) -> Iterator[DrawnShape | str]:
    """Read every placemark, with the name of its innermost folder, in the order of the file."""
    waiting = [(read_kml(path), "")]
    while waiting:
        element, folder = waiting.pop()
        tag = tag_of(element)
        if tag == "Placemark":
            yield _placemark(element, folder, path)
        elif tag == "NetworkLink":
            yield "links to other files, which are not followed"
        else:
            name = element.findtext("{*}name", "").strip() if tag == "Folder" else ""
            waiting.extend((child, name or folder) for child in reversed(element))


def _placemark(placemark: ElementTree.Element, folder: str, path: Path) -> DrawnShape | str:
    name = placemark.findtext("{*}name", "").strip()
    properties: list[tuple[Any, Any]] = [("name", name)]
    for tag in ("Data", "SimpleData"):
        for data in placemark.iterfind(f"{{*}}ExtendedData//{{*}}{tag}"):
            properties.append((data.get("name"), data.findtext("{*}value") or data.text))
    polygons = []
    for polygon in placemark.iterfind(".//{*}Polygon"):
        outer, holes = (
            [_kml_points(ring) for ring in polygon.iterfind(f"{{*}}{side}/{{*}}LinearRing")]
            for side in ("outerBoundaryIs", "innerBoundaryIs")
        )
        if len(outer) != 1:
            _refuse(path, f"has a polygon without one outer boundary: placemark {name[:200]!r}.")
        polygons.append(outer + holes)
    return _drawn(path, "a placemark", properties, polygons, layer=folder)


def _kml_points(ring: ElementTree.Element) -> list[tuple[float, ...] | str]:
    """Read the points of a ring; what is not lon,lat or lon,lat,height stays text."""
    points: list[tuple[float, ...] | str] = []
    for point in ring.findtext("{*}coordinates", "").split():
        try:
            points.append(tuple(float(value) for value in point.strip(",").split(",")))
        except ValueError:
            points.append(point)
    return points


# --- GeoPackage


def _geopackage(path: Path) -> Iterator[DrawnShape | str]:
    import pyogrio

    damaged = pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError
    try:
        tables = _tables(path)
        if not {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} <= tables:
            _refuse(path, "is not a GeoPackage: it may be cut short or misnamed.")
        for layer, kind in pyogrio.list_layers(path.resolve()):
            if kind is not None and layer.lower() in tables:
                yield from _layer(path, layer)
            elif kind is not None:
                yield "layers that are views, since only tables are read"
    except (sqlite3.Error, shapely.errors.GEOSException, *damaged) as error:
        raise FacilityError(
            f"{path} cannot be read as a GeoPackage: it may be cut short or damaged."
        ) from error


def _tables(path: Path) -> set[str]:
    """Names of the tables of a database, without views and virtual tables, which run code."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        stored = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        return {str(name).lower() for (name,) in database.execute(stored)}


def _layer(path: Path, layer: str) -> Iterator[DrawnShape | str]:
    import pyogrio

    meta, _, blobs, columns = pyogrio.raw.read(
        path.resolve(), layer=layer, max_features=MOST_FEATURES + 1
    )
    crs = str(meta["crs"] or "")
    crs = "" if "undefined" in crs.lower() else crs
    for number, (blob, *values) in enumerate(zip(blobs, *columns, strict=True), start=1):
        properties = zip(meta["fields"], values, strict=True)
        with np.errstate(invalid="ignore"):  # `_ring` names a NaN, so no warning is needed
            polygons = _polygons_of(shapely.from_wkb(blob, on_invalid="fix"))
            is_open = bool(polygons) and shapely.from_wkb(blob, on_invalid="ignore") is None
        end = -1 if is_open else None  # opened again, for `_ring` to close and say so
        rings = [[list(r.coords)[:end] for r in (p.exterior, *p.interiors)] for p in polygons]
        yield _drawn(path, f"feature {number} of layer {layer!r}", properties, rings, crs, layer)


def _polygons_of(geometry: BaseGeometry | None) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [geometry]
    return [polygon for part in getattr(geometry, "geoms", ()) for polygon in _polygons_of(part)]
