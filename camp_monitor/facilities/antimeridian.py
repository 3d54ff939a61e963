"""Longitudes across 180 degrees: joined for measuring, split for keeping (RFC 7946, 3.1.9)."""

from __future__ import annotations

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

WORLD = shapely.box(-180, -90.1, 180, 90.1)


def unwrapped(lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let longitudes along a line go on beyond 180 degrees instead of jumping to the other end."""
    return np.asarray(np.unwrap(lon_deg, period=360.0))


def unwrapped_rings(geometry: BaseGeometry) -> BaseGeometry:
    """Let the rings of a geometry less than half round the Earth go on beyond 180 degrees."""
    west, _, east, _ = geometry.bounds
    if east - west <= 180:
        return geometry

    def onward(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(
            [np.where(points[:, 0] < 0, points[:, 0] + 360, points[:, 0]), points[:, 1]]
        )

    return shapely.transform(geometry, onward)


def split_at_180(geometry: BaseGeometry) -> BaseGeometry:
    """Cut a geometry that goes on beyond 180 degrees, and put the parts where they belong.

    Parameters
    ----------
    geometry : shapely geometry
        EPSG:4326, with longitudes that do not jump.

    Returns
    -------
    shapely geometry
        Between -180 and 180 degrees; the same where it was there before.
    """
    west, _, east, _ = geometry.bounds
    if west >= -180 and east <= 180:
        return geometry
    parts = [
        shapely.affinity.translate(geometry, xoff=turn).intersection(WORLD)
        for turn in (-720, -360, 0, 360, 720)
    ]
    return shapely.union_all([part for part in parts if part.area > 0])


def joined_at_180(geometry: BaseGeometry) -> BaseGeometry:
    """Let a geometry with parts on both sides of 180 degrees go on beyond it, to be measured.

    Of a geometry more than half round the Earth the western parts are moved by 360 degrees; every
    other one is returned as it is.
    """
    west, _, east, _ = geometry.bounds
    if east - west <= 180:
        return geometry
    parts = [
        shapely.affinity.translate(part, xoff=360) if part.bounds[2] <= 0 else part
        for part in getattr(geometry, "geoms", [geometry])
    ]
    return shapely.union_all(parts)
