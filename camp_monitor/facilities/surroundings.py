"""How far round an outline to search, and where a region lies to it."""

from __future__ import annotations

from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.facilities.antimeridian import joined_at_180, split_at_180, unwrapped_rings
from camp_monitor.facilities.facility import Outline


def search_area(outline: Outline, margin_m: float) -> BaseGeometry:
    """Widen an outline by its accuracy and a margin, metres on the ground; EPSG:4326."""
    return widened(outline.geometry, outline.accuracy_m + margin_m)


def widened(geometry: BaseGeometry, by_m: float) -> BaseGeometry:
    """Widen a geometry, EPSG:4326, by metres on the ground."""
    centre = joined_at_180(geometry).centroid
    local = f"+proj=aeqd +lat_0={centre.y:.6f} +lon_0={centre.x:.6f} +datum=WGS84 +units=m"
    flat = Geometry(geometry, "EPSG:4326").to_crs(local).geom.buffer(by_m, quad_segs=16)
    return split_at_180(unwrapped_rings(Geometry(flat, local).to_crs("EPSG:4326").geom))


def position(region: BaseGeometry, outline: Outline) -> str:
    """Say whether most of a region lies inside the outline, within its error, or outside."""
    if region.intersection(outline.geometry).area >= region.area / 2:
        return "inside"
    reach = widened(outline.geometry, outline.accuracy_m)
    return "within_error" if region.intersection(reach).area >= region.area / 2 else "outside"
