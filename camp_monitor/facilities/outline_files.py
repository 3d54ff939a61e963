"""Read polygons from GeoJSON, KML, KMZ and GeoPackage files, and say what had to be mended.

GeoJSON and KML are read here and not through a library, because a library closes an open ring or
drops a height without saying so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.kmz import read_kmz
from camp_monitor.facilities.registry import LARGEST_FILE_BYTES, read_json

MOST_FEATURES = 10_000
"""A file with more features is a map, not an outline."""

LARGEST_GEOPACKAGE_BYTES = 500_000_000

Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class DrawnShape:
    """One feature of a file that holds polygons.

    Parameters
    ----------
    name, layer : str
        As in the file; empty where it has none.
    geometry : shapely Polygon or MultiPolygon
        In `crs`, x then y, no heights; rings are closed but may cross.
    crs : str
        What pyproj understands; ``OGC:CRS84`` is lon, lat.
    remarks : tuple of str
        What was mended, as sentences.
    """

    name: str
    layer: str
    geometry: Polygon | MultiPolygon
    crs: str
    remarks: tuple[str, ...] = ()


def read_shapes(path: Path, layer: str | None = None) -> tuple[list[DrawnShape], list[str]]:
    """Read all features with polygons, and say which features were left out.

    The format is told by the file's name: ``.geojson``, ``.json``, ``.kml``, ``.kmz`` or
    ``.gpkg``.

    Parameters
    ----------
    path : Path
        The file.
    layer : str or None
        Read only this layer (GeoPackage) or folder (KML).

    Raises
    ------
    FacilityError
        The file cannot be read, is of another format, or holds no polygon.
    """
    readers = {
        ".geojson": _geojson_shapes,
        ".json": _geojson_shapes,
        ".kml": _kml_shapes,
        ".kmz": _kml_shapes,
        ".gpkg": _geopackage_shapes,
    }
    if not path.is_file():
        raise FacilityError(f"{path} is not a file: name a GeoJSON, KML, KMZ or GeoPackage file.")
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise FacilityError(
            f"{path} is not named .geojson, .json, .kml, .kmz or .gpkg: save it as one of these "
            f"first; in QGIS a shapefile becomes a GeoPackage by Export, Save Features As."
        )
    shapes: list[DrawnShape] = []
    others = 0
    for shape in readers[suffix](path):
        if isinstance(shape, DrawnShape):
            shapes.append(shape)
        else:
            others += 1
        if len(shapes) + others > MOST_FEATURES:
            raise FacilityError(
                f"{path} has more than {MOST_FEATURES:,} features: save the outline alone."
            )
    return _of_layer(shapes, others, layer, path)


def _of_layer(
    shapes: list[DrawnShape], others: int, layer: str | None, path: Path
) -> tuple[list[DrawnShape], list[str]]:
    layers = sorted({shape.layer for shape in shapes if shape.layer})
    if not shapes:
        raise FacilityError(
            f"{path} holds no polygon (other features: {others}): draw the outline as a polygon."
        )
    if layer is not None:
        shapes = [shape for shape in shapes if shape.layer == layer]
        if not shapes:
            known = ", ".join(repr(name) for name in layers[:10]) or "it names none"
            raise FacilityError(
                f"{path} has no layer {layer!r} with polygons: choose from {known}."
            )
    remark = f"Features left out because they are not polygons: {others}."
    return shapes, [remark] if others else []


def _ring(points: Iterator[tuple[Any, ...]], name: str, path: Path) -> tuple[Ring, list[str]]:
    """Check one ring; close it and drop its heights, saying so."""
    ring: Ring = []
    remarks: list[str] = []
    for point in points:
        if len(point) < 2 or not all(_is_number(value) for value in point):
            raise FacilityError(
                f"{path}: {name} has the coordinate {str(point)[:60]}: finite numbers are needed."
            )
        if any(point[2:]) and not remarks:
            remarks.append("Heights were dropped.")
        ring.append((float(point[0]), float(point[1])))
    if not ring:
        raise FacilityError(f"{path}: {name} has an empty ring: draw it again or remove it.")
    if ring[0] != ring[-1]:
        ring.append(ring[0])
        remarks.append(f"An open ring of {name} was closed.")
    if len(set(ring)) < 3:
        raise FacilityError(
            f"{path}: {name} has a ring of {len(set(ring))} different points: 3 are needed."
        )
    return ring, remarks


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _assembled(
    polygons: list[list[tuple[Ring, list[str]]]], name: str, layer: str, crs: str
) -> DrawnShape | None:
    """Put checked rings together; None when there are no polygons."""
    if not polygons:
        return None
    remarks = [remark for rings in polygons for _, said in rings for remark in said]
    made = [Polygon(rings[0][0], [hole for hole, _ in rings[1:]]) for rings in polygons]
    geometry = made[0] if len(made) == 1 else MultiPolygon(made)
    return DrawnShape(name, layer, geometry, crs, tuple(dict.fromkeys(remarks)))


# --- GeoJSON


def _geojson_shapes(path: Path) -> Iterator[DrawnShape | None]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise FacilityError(f"{path} is not GeoJSON: a JSON object is needed.")
    crs = _geojson_crs(content, path)
    features = content.get("features") if content.get("type") == "FeatureCollection" else [content]
    if not isinstance(features, list):
        raise FacilityError(f"{path} is a FeatureCollection without a list of features.")
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict):
            raise FacilityError(f"{path}: feature {number} is not a JSON object.")
        name = _geojson_name(feature)
        shown = f"feature {number}" + (f" ({name!r})" if name else "")
        geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
        polygons = [
            [_ring(_points(ring, shown, path), shown, path) for ring in polygon]
            for polygon in _geojson_polygons(geometry, shown, path)
        ]
        yield _assembled(polygons, name, "", crs)


def _geojson_polygons(geometry: Any, shown: str, path: Path) -> list[list[Any]]:
    """List the polygons of a geometry, each a list of rings."""
    if geometry is None:
        return []
    if not isinstance(geometry, dict):
        raise FacilityError(f"{path}: {shown} has a geometry that is not a JSON object.")
    kind, inner = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection":
        members = geometry.get("geometries")
        members = members if isinstance(members, list) else []
        return [p for member in members for p in _geojson_polygons(member, shown, path)]
    if kind not in ("Polygon", "MultiPolygon"):
        return []
    polygons = [inner] if kind == "Polygon" else inner
    if not isinstance(polygons, list) or not all(isinstance(p, list) and p for p in polygons):
        raise FacilityError(
            f"{path}: {shown} has an empty ring or none: draw it again or remove it."
        )
    return polygons


def _points(ring: Any, shown: str, path: Path) -> Iterator[tuple[Any, ...]]:
    if not isinstance(ring, list) or not all(isinstance(point, list) for point in ring):
        raise FacilityError(f"{path}: {shown} has a ring that is not a list of coordinates.")
    return (tuple(point) for point in ring)


def _geojson_name(feature: dict[str, Any]) -> str:
    properties = feature.get("properties")
    if isinstance(properties, dict):
        for key in ("name", "Name", "NAME", "title", "id"):
            value = properties.get(key)
            if isinstance(value, str) and value:
                return value[:200]
    return ""


def _geojson_crs(content: dict[str, Any], path: Path) -> str:
    """Read the coordinate system; GeoJSON is lon, lat unless an old-style member names another."""
    if "crs" not in content:
        return "OGC:CRS84"
    crs = content["crs"]
    named = crs.get("properties") if isinstance(crs, dict) and crs.get("type") == "name" else None
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str):
        raise FacilityError(
            f"{path} has a 'crs' member without a name: remove it or save as EPSG:4326."
        )
    return name[:200]


# --- KML


def _kml_shapes(path: Path) -> Iterator[DrawnShape | None]:
    """Yield every placemark with the name of its innermost folder, in the order of the file."""
    waiting = [(_kml_root(path), "")]
    while waiting:
        element, folder = waiting.pop()
        if _tag(element) == "Placemark":
            yield _placemark(element, folder, path)
            continue
        if _tag(element) == "Folder":
            folder = _child_text(element, "name") or folder
        waiting.extend((child, folder) for child in reversed(element))


def _kml_root(path: Path) -> ElementTree.Element:
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise FacilityError(
            f"{path} has more than {LARGEST_FILE_BYTES:,} bytes: save the outline alone."
        )
    try:
        content = read_kmz(path) if path.suffix.lower() == ".kmz" else path.read_bytes()
        # Entities can make a small file grow without bound, and no KML program writes them.
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise FacilityError(
                f"{path} declares a document type, which no KML file needs: remove it."
            )
        root = ElementTree.fromstring(content)
    except OSError as error:
        raise FacilityError(f"{path} cannot be read: {error.strerror}.") from error
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise FacilityError(f"{path} is not whole XML ({error}): it may be cut short.") from error
    if _tag(root) != "kml":
        raise FacilityError(
            f"{path} is XML but not KML: its outermost element is {_tag(root)[:60]!r}."
        )
    return root


def _placemark(placemark: ElementTree.Element, folder: str, path: Path) -> DrawnShape | None:
    name = _child_text(placemark, "name")[:200]
    shown = f"placemark {name!r}" if name else "a placemark without a name"
    polygons = []
    for polygon in (part for part in placemark.iter() if _tag(part) == "Polygon"):
        outer = [e for e in polygon if _tag(e) == "outerBoundaryIs"]
        inner = [e for e in polygon if _tag(e) == "innerBoundaryIs"]
        if len(outer) != 1:
            raise FacilityError(f"{path}: {shown} has a polygon without one outer boundary.")
        rings = [
            ring for edge in (*outer, *inner) for ring in edge.iter() if _tag(ring) == "LinearRing"
        ]
        polygons.append([_ring(_kml_points(ring, shown, path), shown, path) for ring in rings])
        if not rings:
            raise FacilityError(f"{path}: {shown} has an empty ring: draw it again or remove it.")
    return _assembled(polygons, name, folder, "OGC:CRS84")


def _kml_points(ring: ElementTree.Element, shown: str, path: Path) -> Iterator[tuple[float, ...]]:
    text = " ".join(e.text or "" for e in ring if _tag(e) == "coordinates")
    for point in text.split():
        try:
            yield tuple(float(value) for value in point.strip(",").split(","))
        except ValueError as error:
            raise FacilityError(
                f"{path}: {shown} has the coordinate {point[:60]!r}, which is not lon,lat,height."
            ) from error


def _tag(element: ElementTree.Element) -> str:
    """Name of an element without its namespace: many programs write their own."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child_text(element: ElementTree.Element, tag: str) -> str:
    return next(((e.text or "").strip() for e in element if _tag(e) == tag), "")


# --- GeoPackage


def _geopackage_shapes(path: Path) -> Iterator[DrawnShape | None]:
    import pyogrio

    with path.open("rb") as file:
        start = file.read(16)
    if start != b"SQLite format 3\0":
        raise FacilityError(f"{path} is not a GeoPackage: it may be cut short or misnamed.")
    if path.stat().st_size > LARGEST_GEOPACKAGE_BYTES:
        raise FacilityError(f"{path} has more than 500 MB: save the layer with the outline alone.")
    try:
        for layer, kind in pyogrio.list_layers(path.resolve()):
            if kind is not None:
                yield from _layer_shapes(path, str(layer))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise FacilityError(
            f"{path} cannot be read as a GeoPackage: it may be cut short."
        ) from error
    except (pyogrio.errors.FeatureError, pyogrio.errors.GeometryError) as error:
        raise FacilityError(
            f"{path} holds a feature that cannot be read: it may be damaged."
        ) from error
    except shapely.errors.GEOSException as error:
        raise FacilityError(
            f"{path} holds a geometry that cannot be read: it may be damaged."
        ) from error


def _layer_shapes(path: Path, layer: str) -> Iterator[DrawnShape | None]:
    import pyogrio

    meta, _, geometries, columns = pyogrio.raw.read(
        path.resolve(), layer=layer, max_features=MOST_FEATURES + 1
    )
    names = np.full(len(geometries), "", dtype=object)
    for field, column in zip(meta["fields"], columns, strict=True):
        if str(field).lower() == "name":
            names = column
    for number, (blob, name) in enumerate(zip(geometries, names, strict=True), start=1):
        name = name[:200] if isinstance(name, str) else ""
        shown = f"feature {number}" + (f" ({name!r})" if name else "") + f" of layer {layer!r}"
        with np.errstate(invalid="ignore"):  # `_ring` names a NaN, so no warning is needed
            polygons = _polygons_of(shapely.from_wkb(blob)) if blob is not None else []
        if polygons and not _is_known(meta["crs"]):
            raise FacilityError(
                f"{path}: layer {layer!r} has no coordinate system, and a guess could put the "
                f"outline anywhere: set it where the file was made."
            )
        rings = [
            [_ring(iter(ring.coords), shown, path) for ring in (p.exterior, *p.interiors)]
            for p in polygons
        ]
        yield _assembled(rings, name, layer, str(meta["crs"]))


def _polygons_of(geometry: BaseGeometry | None) -> list[Polygon]:
    if geometry is None:
        return []
    if geometry.geom_type == "Polygon":
        return [geometry]
    if geometry.geom_type in ("MultiPolygon", "GeometryCollection"):
        return [polygon for part in geometry.geoms for polygon in _polygons_of(part)]
    return []


def _is_known(crs: str | None) -> bool:
    """Whether a layer's coordinate system places it on the Earth; "undefined" ones do not."""
    return bool(crs) and "undefined" not in str(crs).lower()
