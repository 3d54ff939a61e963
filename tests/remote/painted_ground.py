"""Tiles of heights and of permanent water whose values are known functions of the place."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely.geometry import Point, box

from camp_monitor.facilities import bundled_registry, find_facility
from camp_monitor.facilities.surroundings import widened
from tests.remote.painted_catalogue import FACILITY, cog, collection

CORNER = find_facility(bundled_registry(), FACILITY).outline.geometry.centroid
AREA = widened(Point(CORNER), 1000.0)
"""A searched area on a corner of four tiles."""
SECOND = 1 / 3600
SIDE = 400
HEIGHTS, WATER = "cop-dem-glo-30", "jrc-gsw"
COLLECTIONS = [collection(HEIGHTS), collection(WATER)]


def tile_grid(east: int, north: int, pixel: tuple[int, int] = (1, 1)) -> GeoBox:
    """One of four tiles that meet in the corner, of pixels of so many seconds in x and y."""
    x = CORNER.x + (east - 1) * SIDE * SECOND
    y = CORNER.y + north * SIDE * SECOND
    affine = Affine(pixel[0] * SECOND, 0, x, 0, -pixel[1] * SECOND, y)
    return GeoBox((SIDE // pixel[1], SIDE // pixel[0]), affine, "EPSG:4326")


def places(grid: GeoBox) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of the centres of pixels, from the corner, in seconds."""
    rows, columns = np.mgrid[: grid.shape[0], : grid.shape[1]] + 0.5
    x, y = grid.affine * (columns, rows)
    return (x - CORNER.x) / SECOND, (y - CORNER.y) / SECOND


def heights(grid: GeoBox) -> NDArray[np.float32]:
    """A plane that rises 7 m a second to the east and 3 m to the north."""
    x, y = places(grid)
    return (2000 + 7 * x + 3 * y).astype(np.float32)


def percent(grid: GeoBox) -> NDArray[np.uint8]:
    """Water all of the time in the south-west, and 30 % of it elsewhere."""
    x, y = places(grid)
    return np.where((x < 0) & (y < 0), 100, 30).astype(np.uint8)


def item(
    name: str, kind: str, grid: GeoBox, href: str, asset: str = "", **properties: Any
) -> dict[str, Any]:
    footprint = box(*grid.extent.geom.bounds)
    key = asset or ("data" if kind == HEIGHTS else "occurrence")
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": kind,
        "geometry": footprint.__geo_interface__, "bbox": list(footprint.bounds),
        "properties": {"datetime": "2021-04-22T00:00:00Z"} | properties,
        "links": [], "assets": {key: {"href": href, "roles": ["data"]}},
    }  # fmt: skip


def offer(home: str) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Four tiles of either kind; the heights of the northern ones have wider pixels."""
    items, files = [], {}
    for east, north in itertools.product((0, 1), repeat=2):
        grid = tile_grid(east, north, (2, 1) if north else (1, 1))
        name = f"DEM_{'NS'[1 - north]}{'EW'[1 - east]}"
        files[f"/{HEIGHTS}/{name}.tif"] = cog(heights(grid), grid, nodata=float("nan"))
        items.append(item(name, HEIGHTS, grid, f"{home}/{HEIGHTS}/{name}.tif"))
        grid = tile_grid(east, north)
        name = f"GSW_{'NS'[1 - north]}{'EW'[1 - east]}"
        files[f"/{WATER}/{name}.tif"] = cog(percent(grid), grid, nodata=255)
        times = {"start_datetime": "1984-03-01T00:00:00Z", "end_datetime": "2020-12-31T00:00:00Z"}
        items.append(item(name, WATER, grid, f"{home}/{WATER}/{name}.tif", datetime=None, **times))
    return items, files
