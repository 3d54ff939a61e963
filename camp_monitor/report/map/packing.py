"""Shapes in few bytes: to a fraction of a pixel, each corner as steps from the one before."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from camp_monitor.detect.regions import pixels_inside
from camp_monitor.records.content import COORDINATE_DECIMALS

MOST_SHAPE_BYTES = 1_000_000
"""Shapes that need more are drawn more simply; about 180,000 corners of pixels fit."""

PARTS_OF_PIXEL = 10
"""Corners are kept to this part of a pixel or finer."""

Shape = tuple[BaseGeometry, dict[str, Any]]
"""A polygon or several, EPSG:4326, and the properties that its popup prints."""


def pack_shapes(sets: Sequence[Sequence[Shape]], pixel_deg: float) -> tuple[dict[str, Any], int]:
    """Pack sets of shapes for map.js, which unpacks them.

    Parameters
    ----------
    sets : sequence of sequences of Shape
    pixel_deg : float
        Side of a pixel of the finest picture, degrees of longitude.

    Returns
    -------
    packed : dict
        ``unit``: steps in a degree; ``sets``: for each set its shapes, each as
        ``[rings, properties]``, a ring as ``[lon, lat, step, step, ...]``: its first corner from 0,
        each other one from the corner before, in whole steps.
    off_by_px : int
        How far out an edge may have been moved to make it simpler, pixels; 0 if none was.  A shape
        only grows by that, so what was not seen is never drawn as seen.
    """
    decimals = math.ceil(math.log10(PARTS_OF_PIXEL / pixel_deg))
    unit = 10 ** min(max(decimals, 4), COORDINATE_DECIMALS)
    off_by_px = 0
    rings = [[_rings(shape[0], unit) for shape in shapes] for shapes in sets]
    while len(json.dumps(rings)) > MOST_SHAPE_BYTES and off_by_px < 1024:
        off_by_px = off_by_px * 2 or 2
        rings = [
            [
                min(exact, _rings(_in_cells(shape[0], off_by_px * pixel_deg), unit), key=_corners)
                for exact, shape in zip(of_set, shapes, strict=True)
            ]
            for of_set, shapes in zip(rings, sets, strict=True)
        ]
    packed = [
        [[drawn, shape[1]] for drawn, shape in zip(of_set, shapes, strict=True)]
        for of_set, shapes in zip(rings, sets, strict=True)
    ]
    return {"unit": unit, "sets": packed}, off_by_px


def _in_cells(geometry: BaseGeometry, cell_deg: float) -> BaseGeometry:
    """Return the cells that a geometry touches, square in Web Mercator and `cell_deg` wide."""
    from rasterio.features import shapes

    west, south, east, north = geometry.bounds
    high_deg = cell_deg * math.cos(math.radians((south + north) / 2))
    first_col, first_row = math.floor(west / cell_deg), math.floor(-north / high_deg)
    shape = (math.ceil(-south / high_deg) - first_row, math.ceil(east / cell_deg) - first_col)
    corner = Affine.translation(first_col * cell_deg, -first_row * high_deg)
    grid = GeoBox(shape, corner * Affine.scale(cell_deg, -high_deg), "EPSG:4326")
    touched = pixels_inside(geometry, grid)
    drawn = shapes(touched.astype(np.uint8), mask=touched, transform=grid.affine)
    return shapely.MultiPolygon([shapely.geometry.shape(polygon) for polygon, _ in drawn])


def _corners(rings: list[list[int]]) -> int:
    return sum(map(len, rings))


def _rings(geometry: BaseGeometry, unit: int) -> list[list[int]]:
    """Return every ring, outer and inner, without its last corner, which is its first."""
    packed = []
    for ring in shapely.get_rings(shapely.get_parts(geometry)):
        corners = np.rint(shapely.get_coordinates(ring)[:-1] * unit).astype(int)
        packed.append(np.diff(corners, axis=0, prepend=0).ravel().tolist())
    return packed
