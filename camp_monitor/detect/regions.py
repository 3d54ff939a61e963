"""From changed pixels to regions with an outline, an area on the ground and its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.detect.detection import Change
from camp_monitor.facilities.geometry import geodesic_area_m2

MOST_CELLS = 1000
"""An area is drawn in at most this many cells a side."""
GAP_PX = 2
"""Parts of one kind of change with at most this many pixels between them are one region."""

CANDIDATE_STRENGTH = 0.7
"""Evidence from which ground is kept as a candidate, in units of the detector's threshold."""


@dataclass(frozen=True)
class Region:
    """Connected ground that changed in one way.

    Parameters
    ----------
    geometry : shapely Polygon or MultiPolygon
        EPSG:4326, along the edges of the pixels.
    area_m2, area_low_m2, area_high_m2 : float
        Area on the ellipsoid, and its interval: the edge may lie further in or out all round by
        the detector's edge error and the shift left between the dates, together.
    pixels : int
        Number of changed pixels.
    strength : float
        Median evidence over the region, in units of the detector's threshold.
    goes_on : bool
        The change reaches the rim of the searched area and may go on beyond it.
    window : (slice, slice)
        Rows and columns of the grid that hold the region.
    where : ndarray of bool
        Its pixels in that window.
    """

    geometry: BaseGeometry
    area_m2: float
    area_low_m2: float
    area_high_m2: float
    pixels: int
    strength: float
    goes_on: bool
    window: tuple[slice, slice] = field(compare=False, repr=False)
    where: NDArray[np.bool_] = field(compare=False, repr=False)


def outline_regions(
    change: Change, grid: GeoBox, searched: NDArray[np.bool_], shift_left_px: float
) -> tuple[Region, ...]:
    """Draw the outlines of the regions of one kind of change, largest first.

    Parameters
    ----------
    change : Change
    grid : GeoBox
        Of the change, in metres.
    searched : ndarray of bool
        (row, col); only changed pixels in here are reported.
    shift_left_px : float
        Shift that may be left between the two dates, pixels; widens the interval of the area.
    """
    from scipy import ndimage

    labels, _ = label_regions(change.changed & searched, change.least_px)
    if not labels.any():
        return ()
    beyond = ndimage.binary_dilation(change.changed & ~searched, iterations=1)
    edge_px = math.hypot(change.edge_px, shift_left_px)
    regions = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[place] == number
        pixels = int(part.sum())
        geometry, area_m2 = _polygons(part, grid[place])
        pixel_m2 = area_m2 / pixels
        off_m2 = _perimeter_px(part) * edge_px * pixel_m2
        regions.append(
            Region(
                geometry=geometry,
                area_m2=_round(area_m2),
                area_low_m2=_round(max(area_m2 - off_m2, 0.0)),
                area_high_m2=_round(area_m2 + off_m2),
                pixels=pixels,
                strength=float(np.median(change.strength[place][part])),
                goes_on=bool((beyond[place] & part).any()),
                window=place,
                where=part,
            )
        )
    return tuple(sorted(regions, key=lambda region: (-region.area_m2, region.geometry.bounds)))


def label_regions(changed: NDArray[np.bool_], least_px: int) -> tuple[NDArray[np.int32], int]:
    """Give the regions of changed pixels numbers from 1; smaller ones than `least_px` are left out.

    Parts with at most `GAP_PX` between them are one region.

    Returns
    -------
    (ndarray, int)
        int32, (row, col), 0 where there is no region; and how many there are.
    """
    from scipy import ndimage

    if not changed.any():
        return np.zeros(changed.shape, np.int32), 0
    joined = ndimage.binary_dilation(changed, iterations=max(GAP_PX // 2, 1))
    labels, count = ndimage.label(joined, np.ones((3, 3)))
    labels *= changed
    large = np.bincount(labels.ravel(), minlength=count + 1) >= max(least_px, 1)
    large[0] = False
    numbers = np.where(large, np.cumsum(large), 0).astype(np.int32)
    return numbers[labels], int(large.sum())


def candidate_pixels(change: Change, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return ground with less evidence than the detector asks for, (row, col).

    Regions of `CANDIDATE_STRENGTH` and more, of at least ``least_px`` pixels that were `seen`.  The
    faint rim of a region that was found is no region of its own: none lies at one.
    """
    found, _ = label_regions(change.changed, change.least_px)
    faint = (change.strength >= CANDIDATE_STRENGTH) & seen
    labels, _ = label_regions(faint | (found > 0), change.least_px)
    apart = np.ones(int(labels.max()) + 1, bool)
    apart[0] = False
    apart[labels[found > 0]] = False
    return np.asarray(apart[labels])


def outline_area(where: NDArray[np.bool_], grid: GeoBox) -> BaseGeometry | None:
    """Draw the outline of an area for the eye, EPSG:4326; None where it is empty.

    Specks are left out, and an area of more than `MOST_CELLS` pixels a side is drawn in coarser
    cells: shares are counted on the pixels, not on this drawing.
    """
    from scipy import ndimage

    factor = max(1, -(-max(where.shape) // MOST_CELLS))
    if factor > 1:
        rows, columns = (-(-size // factor) for size in where.shape)
        padded = np.zeros((rows * factor, columns * factor), np.float32)
        padded[: where.shape[0], : where.shape[1]] = where
        where = padded.reshape(rows, factor, columns, factor).mean(axis=(1, 3)) >= 0.5
        a, b, c, d, e, f = tuple(grid.affine)[:6]
        affine = Affine(a * factor, b * factor, c, d * factor, e * factor, f)
        grid = GeoBox((rows, columns), affine, grid.crs)
    drawn = ndimage.median_filter(where.astype(np.uint8), 3) > 0
    drawn = drawn if drawn.any() else where
    if not drawn.any():
        return None
    return _to_globe(shapely.MultiPolygon(_pixel_polygons(drawn, grid)), grid)


def pixels_inside(geometry: BaseGeometry, grid: GeoBox) -> NDArray[np.bool_]:
    """Return the pixels that a geometry, EPSG:4326, covers or touches, (row, col)."""
    from rasterio.features import geometry_mask

    placed = Geometry(geometry, "EPSG:4326").to_crs(str(grid.crs)).geom
    mask = geometry_mask([placed], grid.shape, grid.affine, all_touched=True, invert=True)
    return np.asarray(mask)


def _polygons(part: NDArray[np.bool_], grid: GeoBox) -> tuple[BaseGeometry, float]:
    """Outline of the pixels, EPSG:4326, and its area on the ellipsoid."""
    geometry = _to_globe(shapely.MultiPolygon(_pixel_polygons(part, grid)), grid)
    if len(geometry.geoms) == 1:
        geometry = geometry.geoms[0]
    return geometry, geodesic_area_m2(geometry)


def _pixel_polygons(where: NDArray[np.bool_], grid: GeoBox) -> list[shapely.Polygon]:
    """Polygons along the pixels' edges; pixels that touch only at a corner stay apart."""
    from rasterio.features import shapes

    drawn = shapes(where.astype(np.uint8), mask=where, connectivity=4, transform=grid.affine)
    return [shapely.geometry.shape(polygon) for polygon, _ in drawn]


def _to_globe(geometry: BaseGeometry, grid: GeoBox) -> BaseGeometry:
    return Geometry(geometry, grid.crs).to_crs("EPSG:4326").geom


def _perimeter_px(part: NDArray[np.bool_]) -> float:
    """Length of the rim in pixel sides, corners cut: a staircase is longer than the line it draws.

    The count of sides times pi/4 is right on average over directions.
    """
    padded = np.pad(part, 1)
    sides = int((padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum())
    return sides * math.pi / 4


def _round(area_m2: float) -> float:
    """Whole square metres: more would pretend."""
    return float(round(area_m2))
