"""Check the geometry of an outline, and measure it on the ground."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import FacilityError

COORDINATE_DECIMALS = 7
"""Decimals kept of a degree in an outline: about 1 cm on the ground."""

LARGEST_OUTLINE_M2 = 5e9
"""Larger than this nothing is one facility.  The largest known camp has about 550 km2."""

MOST_NEAR_EDGES = (20_000, 20)
"""How many pairs of edges with overlapping frames are uncrossed or joined: so many, and so many
more for each edge.  A digitised coast has about 3 for each; a ring of n random points n^2 / 5,
which takes GEOS a minute for 2,000 points and an hour for 20,000."""


def geodesic_area_m2(geometry: Polygon | MultiPolygon) -> float:
    """Area of an EPSG:4326 geometry on the WGS84 ellipsoid, square metres."""
    from pyproj import Geod

    area_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(geometry))
    return abs(float(area_m2))


def distances_m(lon: float, lat: float, points: np.ndarray) -> np.ndarray:
    """Distances on the WGS84 ellipsoid from one point to others, metres.

    Parameters
    ----------
    lon, lat : float
        Degrees.
    points : ndarray
        float (n, 2), lon and lat in degrees.

    Returns
    -------
    ndarray
        float (n,).
    """
    from pyproj import Geod

    start = np.full(len(points), lon), np.full(len(points), lat)
    _, _, apart_m = Geod(ellps="WGS84").inv(*start, points[:, 0], points[:, 1])
    return np.asarray(apart_m, dtype=float)


def sides_m(bounds: tuple[float, float, float, float]) -> tuple[float, float]:
    """Width through the middle and height of a frame on the WGS84 ellipsoid, metres.

    `bounds` are its west, south, east and north, degrees.
    """
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    west, south, east, north = bounds
    middle = (south + north) / 2
    return geod.inv(west, middle, east, middle)[2], geod.inv(west, south, west, north)[2]


def degree_m(lat: float) -> float:
    """Length of a degree of latitude on the WGS84 ellipsoid, metres, around `lat`, degrees."""
    lat = min(max(lat, -89.5), 89.5)
    return sides_m((0.0, lat - 0.5, 0.0, lat + 0.5))[1]


def length_words(length_m: float) -> str:
    """Write a length given in metres: metres below 10 km, kilometres above."""
    return f"{length_m:,.0f} m" if length_m < 10_000 else f"{length_m / 1000:,.0f} km"


def area_words(area_m2: float) -> str:
    """Write an area given in square metres: m² below 0.1 km², km² above."""
    return f"{area_m2:,.0f} m²" if area_m2 < 100_000 else f"{area_m2 / 1e6:,.2f} km²"


def check_coordinates(geometry: Polygon | MultiPolygon) -> None:
    """Refuse coordinates that are not lon, lat in degrees.

    Raises
    ------
    FacilityError
        A coordinate is not finite or out of range; swapped axes and metres are named as such.
    """
    points = shapely.get_coordinates(geometry)
    if not np.isfinite(points).all():
        _refuse("A coordinate is not a finite number: longitude and latitude in degrees are needed")
    lon, lat = points[:, 0], points[:, 1]
    worst_lon, worst_lat = lon[np.abs(lon).argmax()], lat[np.abs(lat).argmax()]
    if abs(worst_lon) <= 180 and abs(worst_lat) <= 90:
        if np.ptp(lon) > 180:
            _refuse(
                "The outline lies across 180 degrees of longitude, or round the Earth: draw what "
                "lies on each side of that line as a facility of its own"
            )
        return
    if abs(worst_lat) <= 180 and abs(worst_lon) <= 90:
        reason = "the axes look swapped, write longitude first"
    elif max(abs(worst_lon), abs(worst_lat)) > 1000:
        reason = "these look like projected metres, write longitude and latitude in degrees"
    else:
        reason = "longitude must lie in -180 to 180 and latitude in -90 to 90"
    _refuse(f"Longitude {worst_lon:g}, latitude {worst_lat:g} is out of range: {reason}")


def checked_geometry(geometry: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Round, orient and check the geometry of an outline.

    Returns
    -------
    shapely Polygon or MultiPolygon
        EPSG:4326, rounded to `COORDINATE_DECIMALS`, outer rings anticlockwise.

    Raises
    ------
    FacilityError
        It is not one or more plain polygons within the range of lon and lat, or is larger than
        `LARGEST_OUTLINE_M2`.
    """
    if not isinstance(geometry, (Polygon, MultiPolygon)) or geometry.is_empty:
        _refuse("An outline needs at least one polygon that is not empty")
    check_coordinates(geometry)
    flat = shapely.force_2d(geometry)
    rounded = shapely.transform(flat, lambda points: points.round(COORDINATE_DECIMALS) + 0.0)
    oriented = shapely.orient_polygons(rounded)
    if not oriented.is_valid:
        _refuse(
            f"The outline crosses or repeats itself ({shapely.is_valid_reason(oriented)}): draw "
            f"rings that do not cross"
        )
    area_m2 = geodesic_area_m2(oriented)
    if area_m2 <= 0:
        _refuse("The outline has no area: a polygon that encloses ground is needed")
    if area_m2 > LARGEST_OUTLINE_M2:
        _refuse(
            f"The outline has {area_m2 / 1e6:,.0f} km2, and one facility may have at most "
            f"{LARGEST_OUTLINE_M2 / 1e6:,.0f} km2: draw the facility alone"
        )
    return oriented


def mended_geometry(
    geometry: Polygon | MultiPolygon,
) -> tuple[Polygon | MultiPolygon, list[str]]:
    """Uncross the rings of a geometry, and say so.

    Raises
    ------
    FacilityError
        It encloses no ground.
    """
    rounded = shapely.transform(geometry, lambda points: points.round(COORDINATE_DECIMALS))
    if rounded.is_valid:
        return rounded, []
    check_crossings(rounded)
    whole = shapely.make_valid(rounded, method="structure", keep_collapsed=False)
    mended = polygons_only(whole)
    if mended.is_empty:
        _refuse("The outline has no area: a polygon that encloses ground is needed")
    parts = len(shapely.get_parts(mended))
    reason = shapely.is_valid_reason(rounded)
    return mended, [
        f"The outline crossed or repeated itself ({reason}) and was mended into "
        f"{parts} polygon{'s' if parts > 1 else ''}: check it on an image."
    ]


def check_crossings(geometry: BaseGeometry) -> None:
    """Refuse a geometry that crosses itself so often that mending would take minutes.

    Raises
    ------
    FacilityError
        More pairs of its edges have overlapping frames than `MOST_NEAR_EDGES`.
    """
    rings = shapely.get_rings(shapely.get_parts(geometry))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([points[:-1][inner], points[1:][inner]], axis=1))
    tree = shapely.STRtree(edges)
    room = MOST_NEAR_EDGES[0] + MOST_NEAR_EDGES[1] * len(edges)
    for start in range(0, len(edges), 50):
        room -= tree.query(edges[start : start + 50]).shape[1]
        if room < 0:
            _refuse("The outline crosses itself too often to be mended: draw it again")


def polygons_only(geometry: BaseGeometry) -> Polygon | MultiPolygon:
    """Keep the polygons of a geometry, snapped to the decimals that are stored."""
    snapped = shapely.set_precision(geometry, 10.0**-COORDINATE_DECIMALS)
    polygons = [
        polygon
        for part in shapely.get_parts(snapped)
        for polygon in shapely.get_parts(part)
        if polygon.geom_type == "Polygon"
    ]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _refuse(fault: str) -> NoReturn:
    raise FacilityError(f"{fault}.")
