"""Where on the Earth the frame of an image lies, also across 180 degrees of longitude."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from camp_monitor.facilities.antimeridian import joined_at_180, split_at_180, unwrapped

POINTS_PER_SIDE = 10
"""Corners alone would cut off what bends; the number does not depend on what the file claims."""
BACK_FRACTION = 0.01
"""The frame must come back from longitude and latitude to its place within this share of it."""


class NotOnEarth(ValueError):
    """A frame that has no place in longitude and latitude; the text says where it would lie."""


def footprint(grid: GeoBox) -> BaseGeometry:
    """Return the frame of a grid, EPSG:4326, in two parts where it crosses 180 degrees.

    Raises
    ------
    NotOnEarth
        It lies beyond the poles or more than once round the Earth, or holds a pole.
    pyproj.exceptions.ProjError
        Its CRS cannot be turned into longitude and latitude.
    """
    from pyproj import Transformer

    if grid.crs is None:
        raise NotOnEarth("in no coordinate reference system")
    there = Transformer.from_crs(grid.crs.proj, "EPSG:4326", always_xy=True)
    x, y = _frame(grid)
    lon_deg, lat_deg = there.transform(x, y)
    _check_on_earth(lon_deg, lat_deg)
    if not grid.crs.projected and np.abs(x).max() > 181:  # it could not be read by longitude
        raise NotOnEarth(f"at longitude {x.min():.6g} to {x.max():.6g}, beyond 180 degrees")
    lon_deg = unwrapped(lon_deg)
    back = np.hypot(*np.subtract(there.transform(lon_deg, lat_deg, direction="INVERSE"), (x, y)))
    side = math.hypot(np.ptp(x), np.ptp(y))
    if grid.crs.projected and not back.max() <= BACK_FRACTION * side:
        raise NotOnEarth("where its projection has no place")
    _check_on_earth(lon_deg - 360 * round(float(lon_deg.mean()) / 360), lat_deg)
    ring = shapely.Polygon(np.column_stack([lon_deg, lat_deg]).round(7))
    if abs(lon_deg[-1] - lon_deg[0]) > 1 or not ring.is_valid:
        raise NotOnEarth("round a pole")
    return split_at_180(ring)


def bounding_box(frame: BaseGeometry) -> tuple[float, float, float, float]:
    """West, south, east, north; west is the greater across 180 degrees (RFC 7946, 5.2)."""
    west, south, east, north = joined_at_180(frame).bounds
    return west, south, east - 360 if east > 180 else east, north


def _frame(grid: GeoBox) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points round the frame, in the grid's own CRS, the last of them the first again."""
    rows, columns = grid.shape
    step = np.linspace(0, 1, POINTS_PER_SIDE, endpoint=False)
    along = np.concatenate([step, 1 + 0 * step, 1 - step, 0 * step, [0]]) * columns
    down = np.concatenate([0 * step, step, 1 + 0 * step, 1 - step, [0]]) * rows
    affine = grid.affine
    return (
        affine.a * along + affine.b * down + affine.c,
        affine.d * along + affine.e * down + affine.f,
    )


def _check_on_earth(lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]) -> None:
    west, east, south, north = lon_deg.min(), lon_deg.max(), lat_deg.min(), lat_deg.max()
    if not (-361 <= west < east <= 361 and east - west <= 362 and -90.1 <= south < north <= 90.1):
        raise NotOnEarth(
            f"at longitude {west:.6g} to {east:.6g} and latitude {south:.6g} to {north:.6g}"
        )
