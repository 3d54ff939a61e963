"""Buildings painted into any image, with their truth: by the share of each pixel they cover."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from camp_monitor.errors import SceneError
from camp_monitor.scenes.image import Image

SHADE = 0.55
"""Share of the light, above the darkest of the image, that a shadow takes."""
DARKEST_PERCENTILE = 0.5
PITCH = 0.05
"""The sunny half of a roof is brighter than the middle by this share, the other darker."""
HALF = 0.5
"""A pixel belongs to a structure that covers at least this share of it."""
RING_PX = 6.0
"""The colour round a structure is taken from pixels within this distance of it."""


@dataclass(frozen=True)
class Structure:
    """One building, yard or wall to paint.

    Parameters
    ----------
    footprint : shapely Polygon
        In the CRS of the image's grid.
    colour : tuple of float
        One for each band, in the image's own unit.
    height_m : float
        Above its surroundings; 0 casts no shadow.
    pitched : bool
        Has a ridged roof, one half of which is sunnier.
    """

    footprint: shapely.Polygon
    colour: tuple[float, ...]
    height_m: float = 0.0
    pitched: bool = False


def rectangle(
    x_m: float, y_m: float, length_m: float, width_m: float, turn_deg: float = 0.0
) -> shapely.Polygon:
    """Return a rectangle round a point, its length east-west, then turned anticlockwise."""
    box = shapely.box(x_m - length_m / 2, y_m - width_m / 2, x_m + length_m / 2, y_m + width_m / 2)
    turned: shapely.Polygon = affinity.rotate(box, turn_deg)
    return turned


def paint_structures(
    image: Image,
    structures: Sequence[Structure],
    rng: np.random.Generator,
    *,
    psf_px: float = 0.5,
    sun_elevation_deg: float = 50.0,
    sun_azimuth_deg: float = 155.0,
) -> tuple[Image, NDArray[np.int32]]:
    """Paint structures into an image, real or simulated, in any optical bands.

    A structure that covers a fifth of a pixel gives it a fifth of its colour; the image's own
    blur and noise are given to what is painted.  Later structures lie on top of earlier ones.

    Parameters
    ----------
    image : Image
        Optical, on a north-up grid in metres; not altered.
    structures : sequence of Structure
    rng : Generator
        For the noise.
    psf_px : float
        Standard deviation of the sensor's blur, pixels; 0 for ideal ground.
    sun_elevation_deg, sun_azimuth_deg : float
        For shadows; azimuth clockwise from north.

    Returns
    -------
    (Image, ndarray)
        The painted image, and int32 (row, col): n where structure n, counted from 1, covers at
        least half of the pixel (or more than of any other pixel, if it fills none by half).

    Raises
    ------
    SceneError
        Radar, or a colour that has not one number for each band.
    """
    if image.nature.radar:
        raise SceneError("Structures are painted into optical images, and this one is radar.")
    pixels = image.pixels.copy()
    labels = np.zeros(image.flags.shape, np.int32)
    noise = _noise(image) if psf_px > 0 else np.zeros(len(image.bands), np.float32)
    darkest = _darkest(image)
    for structure in structures:
        if structure.height_m > 0:
            shadow = _shadow(structure, sun_elevation_deg, sun_azimuth_deg)
            where, share = covered_share(shadow, image, psf_px)
            shade = SHADE * share * np.maximum(pixels[where] - darkest[:, None, None], 0)
            pixels[where] -= shade
    for number, structure in enumerate(structures, start=1):
        if len(structure.colour) != len(image.bands):
            raise SceneError(
                f"A structure has {len(structure.colour)} colours, but the image "
                f"{len(image.bands)} bands: give one for each band."
            )
        where, share = covered_share(structure.footprint, image, psf_px)
        surface = _surface(structure, image, where, sun_azimuth_deg)
        surface += noise[:, None, None] * rng.standard_normal(surface.shape, dtype=np.float32)
        pixels[where] = pixels[where] * (1 - share) + surface * share
        _, exact = covered_share(structure.footprint, image, 0.0, where)
        belongs = exact >= min(HALF, float(exact.max())) if exact.any() else exact > 0
        labels[where[1:]][belongs] = number
    if image.quantity in ("dn8", "dn16"):
        limit = 255 if image.quantity == "dn8" else 65535
        pixels = np.where(np.isnan(pixels), np.nan, np.clip(np.round(pixels), 0, limit))
    return replace(image, pixels=pixels.astype(np.float32)), labels


Window = tuple[slice, slice, slice]


def covered_share(
    footprint: shapely.Polygon, image: Image, psf_px: float, window: Window | None = None
) -> tuple[Window, NDArray[np.float32]]:
    """Return the share of each pixel that a polygon covers, blurred by the sensor, in a window.

    The share is exact: the area of the polygon within the pixel.
    """
    from scipy import ndimage

    reach = math.ceil(4 * psf_px) + 1
    where = window or _window(footprint, image, reach)
    rows = np.arange(where[1].start, where[1].stop)
    columns = np.arange(where[2].start, where[2].stop)
    if rows.size == 0 or columns.size == 0:
        return where, np.zeros((rows.size, columns.size), np.float32)
    place = shapely.transform(footprint, lambda points: _pixels_of(image, points))
    shapely.prepare(place)
    cells = shapely.box(columns[None, :], rows[:, None], columns[None, :] + 1, rows[:, None] + 1)
    share = shapely.contains_properly(place, cells).astype(np.float32)
    edge = shapely.intersects(place, cells) & (share == 0)
    share[edge] = shapely.area(shapely.intersection(place, cells[edge]))
    if psf_px > 0:
        share = ndimage.gaussian_filter(share, psf_px, mode="constant")
    return where, share


def surroundings(image: Image, footprint: shapely.Polygon) -> NDArray[np.float32]:
    """Return the median colour of the usable pixels round a footprint, float32 (band,)."""
    from scipy import ndimage

    where, share = covered_share(footprint, image, 0.0, _window(footprint, image, int(RING_PX) + 1))
    far = ndimage.distance_transform_edt(share == 0)
    ring = (far > 1) & (far <= RING_PX) & image.usable[where[1:]]
    if not ring.any():
        ring = image.usable[where[1:]]
    return np.asarray(np.median(image.pixels[where][:, ring], axis=1), np.float32)


def contrasting_colour(
    image: Image, footprint: shapely.Polygon, contrast: float
) -> tuple[float, ...]:
    """Return a colour that differs from the surroundings by `contrast` spreads of the image.

    Parameters
    ----------
    image : Image
    footprint : shapely Polygon
        In the CRS of the grid.
    contrast : float
        In every band; the spread is half the distance between the 16th and the 84th percentile.
        Above 0 is brighter.
    """
    values = image.pixels[:, image.usable]
    low, high = np.percentile(values, [16, 84], axis=1)
    colour = surroundings(image, footprint) + contrast * (high - low) / 2
    return tuple(float(value) for value in colour)


def scatter_footprints(
    image: Image,
    count: int,
    area_m2: float,
    rng: np.random.Generator,
    *,
    longest_to_shortest: float = 2.0,
) -> tuple[shapely.Polygon, ...]:
    """Place up to `count` rectangles of one area, turned at random, apart on usable ground.

    Fewer are returned where there is no room for more.
    """
    width_m = math.sqrt(area_m2 / longest_to_shortest)
    length_m = width_m * longest_to_shortest
    rows, columns = image.flags.shape
    rim = (length_m / 2) / image.pixel_m + RING_PX + 2
    placed: list[shapely.Polygon] = []
    for _ in range(40 * count):
        if len(placed) == count or min(rows, columns) <= 2 * rim:
            break
        row, column = rng.uniform(rim, rows - rim), rng.uniform(rim, columns - rim)
        x_m, y_m = _metres_of(image, column, row)
        footprint = rectangle(x_m, y_m, length_m, width_m, float(rng.uniform(0, 180)))
        window = _window(footprint, image, int(RING_PX))
        apart_m = 2 * RING_PX * image.pixel_m
        if image.usable[window[1:]].all() and all(
            footprint.distance(other) > apart_m for other in placed
        ):
            placed.append(footprint)
    return tuple(placed)


def _pixels_of(image: Image, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns and rows, (point, 2), of points (x_m, y_m) on a north-up grid."""
    affine = image.grid.affine
    return (points - [affine.c, affine.f]) / [affine.a, affine.e]


def _metres_of(image: Image, column: Any, row: Any) -> tuple[Any, Any]:
    """Coordinates x_m and y_m of columns and rows on a north-up grid."""
    affine = image.grid.affine
    return affine.c + affine.a * column, affine.f + affine.e * row


def _window(footprint: shapely.Polygon, image: Image, reach: int) -> Window:
    """Return the part of the image round a footprint, clipped to it."""
    columns, rows = _pixels_of(image, shapely.get_coordinates(footprint)).T
    height, width = image.flags.shape
    top = int(np.clip(math.floor(rows.min()) - reach, 0, height))
    left = int(np.clip(math.floor(columns.min()) - reach, 0, width))
    bottom = int(np.clip(math.ceil(rows.max()) + reach, top, height))
    right = int(np.clip(math.ceil(columns.max()) + reach, left, width))
    return slice(None), slice(top, bottom), slice(left, right)


def _surface(
    structure: Structure, image: Image, where: Window, sun_azimuth_deg: float
) -> NDArray[np.float32]:
    """Colour of a structure over its window, (band, row, col): two tones where it is pitched."""
    size = (where[1].stop - where[1].start, where[2].stop - where[2].start)
    colour = np.array(structure.colour, np.float32)[:, None, None]
    if not structure.pitched:
        return np.broadcast_to(colour, (colour.size, *size)).copy()
    corners = shapely.get_coordinates(structure.footprint.minimum_rotated_rectangle)
    sides = np.diff(corners[:3], axis=0)
    across = min(sides, key=lambda side: float(np.hypot(*side)))
    sun = np.array(
        [math.sin(math.radians(sun_azimuth_deg)), math.cos(math.radians(sun_azimuth_deg))]
    )
    across = across / np.hypot(*across)
    across = across if across @ sun >= 0 else -across
    middle = shapely.get_coordinates(structure.footprint.centroid)[0]
    columns = np.arange(where[2].start, where[2].stop) + 0.5
    rows = np.arange(where[1].start, where[1].stop) + 0.5
    x_m, y_m = _metres_of(image, columns, rows)
    side = (x_m - middle[0])[None, :] * across[0] + (y_m - middle[1])[:, None] * across[1]
    tone = 1 + PITCH * float(across @ sun) * np.clip(side / image.pixel_m, -1, 1)
    return (colour * tone).astype(np.float32)


def _shadow(
    structure: Structure, sun_elevation_deg: float, sun_azimuth_deg: float
) -> shapely.Polygon:
    """Ground that a structure shades: its outline swept away from the sun."""
    length_m = structure.height_m / math.tan(math.radians(sun_elevation_deg))
    away = math.radians(sun_azimuth_deg + 180)
    end = affinity.translate(
        structure.footprint, length_m * math.sin(away), length_m * math.cos(away)
    )
    parts = [structure.footprint, end]
    rings = [structure.footprint.exterior, *structure.footprint.interiors]
    step = (length_m * math.sin(away), length_m * math.cos(away))
    for ring in rings:
        points = shapely.get_coordinates(ring)
        for first, second in itertools.pairwise(points):
            parts.append(shapely.Polygon([first, second, second + step, first + step]))
    swept: shapely.Polygon = shapely.union_all([part for part in parts if part.area > 0])
    return swept


def _noise(image: Image) -> NDArray[np.float32]:
    """Noise of each band, from the quietest tenth of the differences between neighbours."""
    noise = []
    for band in image.pixels:
        rough = np.abs(band[1:-1, 1:-1] - (band[1:-1, :-2] + band[1:-1, 2:]) / 2)
        rough = rough[np.isfinite(rough)]
        quiet = np.percentile(rough, 10) if rough.size else 0.0
        noise.append(quiet / (0.126 * math.sqrt(1.5)))
    return np.array(noise, np.float32)


def _darkest(image: Image) -> NDArray[np.float32]:
    values = image.pixels[:, image.usable]
    if values.shape[1] == 0:
        return np.zeros(len(image.bands), np.float32)
    return np.asarray(np.percentile(values, DARKEST_PERCENTILE, axis=1), np.float32)
