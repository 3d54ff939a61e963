"""From changed pixels to regions with an outline, an area on the ground and its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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
from camp_monitor.scenes.blocks import Window, grown, meet
from camp_monitor.scenes.components import components
from camp_monitor.scenes.morphology import dilated, majority
from camp_monitor.scenes.stored import is_large

MOST_CELLS = 1000
"""An area is drawn in at most this many cells a side."""
CELL_ROWS = 64
"""Rows of these that are drawn at a time."""
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
    edge_px = math.hypot(change.edge_px, shift_left_px)
    regions = []
    for place, part in _places(change, searched):
        wide, own = grown(place, 1, searched.shape)
        beyond = dilated(change.changed[wide] & ~searched[wide])[own]
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
                goes_on=bool((beyond & part).any()),
                window=place,
                where=part,
            )
        )
    return tuple(sorted(regions, key=lambda region: (-region.area_m2, region.geometry.bounds)))


def _places(
    change: Change, searched: NDArray[np.bool_]
) -> Iterator[tuple[Window, NDArray[np.bool_]]]:
    """Give the window of each region of changed and searched pixels, and its pixels there."""
    from scipy import ndimage

    if is_large(searched.shape):
        found = components(searched.shape, lambda part: change.changed[part] & searched[part])
        for number in np.flatnonzero(found.sizes >= max(change.least_px, 1)).tolist():
            yield found.part(number)
        return
    labels, _ = label_regions(change.changed & searched, change.least_px)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        yield place, labels[place] == number


def count_regions(
    changed: NDArray[np.bool_], ground: Sequence[NDArray[np.bool_]], least_px: int
) -> tuple[int, int]:
    """Count the regions of changed pixels where all layers of ground are True, and their pixels."""

    def asked(part: Window) -> NDArray[np.bool_]:
        return np.logical_and.reduce([changed[part], *(layer[part] for layer in ground)])

    if not is_large(changed.shape):
        whole = (slice(0, changed.shape[0]), slice(0, changed.shape[1]))
        labels, count = label_regions(asked(whole), least_px)
        return count, int((labels > 0).sum())
    sizes = components(changed.shape, asked).sizes
    kept = sizes[sizes >= max(least_px, 1)]
    return kept.size, int(kept.sum())


def reach_into(changed: NDArray[np.bool_], least_px: int, ground: NDArray[np.bool_]) -> bool:
    """Tell whether a region of changed pixels has any of them on some ground."""
    if not meet(changed, ground):
        return False
    if not is_large(ground.shape):
        return bool((region_pixels(changed, least_px) & ground).any())
    found = components(ground.shape, lambda part: changed[part], mark=lambda part: ground[part])
    return bool((found.touched & (found.sizes >= max(least_px, 1))).any())


def region_pixels(changed: NDArray[np.bool_], least_px: int) -> NDArray[np.bool_]:
    """Return the pixels of the regions of changed pixels, (row, col)."""
    if not is_large(changed.shape):
        return label_regions(changed, least_px)[0] > 0
    found = components(changed.shape, lambda part: changed[part])
    return found.pixels(found.sizes >= max(least_px, 1))


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
    joined = dilated(changed, max(GAP_PX // 2, 1))
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
    found = region_pixels(change.changed, change.least_px)

    def faint_or_found(part: Window) -> NDArray[np.bool_]:
        return ((change.strength[part] >= CANDIDATE_STRENGTH) & seen[part]) | found[part]

    if is_large(seen.shape):
        every = components(seen.shape, faint_or_found, mark=lambda part: found[part])
        return every.pixels((every.sizes >= max(change.least_px, 1)) & ~every.touched)
    whole = (slice(0, seen.shape[0]), slice(0, seen.shape[1]))
    labels, _ = label_regions(faint_or_found(whole), change.least_px)
    apart = np.ones(int(labels.max()) + 1, bool)
    apart[0] = False
    apart[labels[found]] = False
    return np.asarray(apart[labels])


def outline_area(where: NDArray[np.bool_], grid: GeoBox) -> BaseGeometry | None:
    """Draw the outline of an area for the eye, EPSG:4326; None where it is empty.

    Specks are left out, and an area of more than `MOST_CELLS` pixels a side is drawn in coarser
    cells: shares are counted on the pixels, not on this drawing.
    """
    factor = max(1, -(-max(where.shape) // MOST_CELLS))
    if factor > 1:
        where = _in_cells(where, factor)
        rows, columns = where.shape
        a, b, c, d, e, f = tuple(grid.affine)[:6]
        affine = Affine(a * factor, b * factor, c, d * factor, e * factor, f)
        grid = GeoBox((rows, columns), affine, grid.crs)
    drawn = majority(where)
    drawn = drawn if drawn.any() else where
    if not drawn.any():
        return None
    return _to_globe(shapely.MultiPolygon(_pixel_polygons(drawn, grid)), grid)


def _in_cells(where: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """Tell which cells of so many pixels a side are True in half of their pixels or more."""
    columns = -(-where.shape[1] // factor)
    found = []
    for first in range(0, where.shape[0], factor * CELL_ROWS):
        part = where[first : first + factor * CELL_ROWS]
        rows = -(-part.shape[0] // factor)
        padded = np.zeros((rows * factor, columns * factor), bool)
        padded[: part.shape[0], : part.shape[1]] = part
        counts = padded.reshape(rows, factor, columns, factor).sum(axis=(1, 3))
        found.append(2 * counts >= factor**2)
    return np.concatenate(found)


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
