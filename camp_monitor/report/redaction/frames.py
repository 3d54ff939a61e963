"""Ground moved to where no coordinate tells the place: true to size and shape, round 0, 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from camp_monitor.records.content import COORDINATE_DECIMALS

LOCAL = "+proj=aeqd +lat_0=0 +lon_0=0 +datum=WGS84 +units=m +no_defs"
"""Metres from a middle that is put where equator and meridian of Greenwich meet."""


@dataclass(frozen=True)
class Frame:
    """A middle, which becomes 0, 0.

    Parameters
    ----------
    crs : str
        A system in metres, in which the ground is moved without being turned.
    x_m, y_m : float
        The middle in it.
    """

    crs: str
    x_m: float
    y_m: float

    @classmethod
    def about(cls, geometry: BaseGeometry) -> Frame:
        """Make the frame round the middle of a geometry, EPSG:4326."""
        middle = geometry.centroid
        crs = f"+proj=aeqd +lat_0={middle.y!r} +lon_0={middle.x!r} +datum=WGS84 +units=m +no_defs"
        return cls(crs, 0.0, 0.0)

    @classmethod
    def of(cls, grid: GeoBox) -> Frame:
        """Make the frame round the middle of a grid in metres."""
        box = grid.boundingbox
        return cls(str(grid.crs), (box.left + box.right) / 2, (box.bottom + box.top) / 2)

    def moved(self, geometry: BaseGeometry) -> BaseGeometry:
        """Move a geometry, EPSG:4326."""
        there = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        back = pyproj.Transformer.from_crs(LOCAL, "EPSG:4326", always_xy=True)

        def to_local(points: NDArray[np.float64]) -> NDArray[np.float64]:
            x_m, y_m = there.transform(points[:, 0], points[:, 1])
            moved = np.column_stack(back.transform(x_m - self.x_m, y_m - self.y_m))
            return moved.round(COORDINATE_DECIMALS)

        return shapely.transform(geometry, to_local)

    def moved_point(self, lon: float, lat: float) -> tuple[float, float]:
        """Move a place; longitude and latitude in degrees."""
        point = self.moved(shapely.Point(lon, lat))
        return point.x, point.y

    def moved_grid(self, grid: GeoBox) -> GeoBox:
        """Move a grid of the frame's own system."""
        return GeoBox(grid.shape, Affine.translation(-self.x_m, -self.y_m) * grid.affine, LOCAL)
