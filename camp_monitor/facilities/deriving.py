"""Derive an outline from published figures, and say how far its edge may be off.

No polygon of these facilities has been published, only points, areas and dimensions.  One rule
turns them into an outline, and it is the same for all:

Shape
    A rectangle, where dimensions are published that are not called irregular and agree with the
    published area; its long side is drawn east-west, because no orientation is published.
    Otherwise a circle of the published area.  Without any size, a circle of
    `PLACEHOLDER_RADIUS_M`: a placeholder, which is our own choice and not a published figure.

Centre
    The first published point of the facility.

Accuracy
    ``centre + shape``, rounded up to two figures.

    *centre* is how far the drawn centre may be from the true one: the distance to the farthest
    point that anyone published for the facility as a whole; at least half the radius of a circle of
    the drawn area, unless the publisher calls the point the centre (the two groups of points for
    Camp 16 lie 10.5 km apart in a camp whose circle has a radius of 13 km: each may be 0.4 of the
    radius off); and at least `PIN_M`.

    *shape* is how far the true edge may be from the drawn one for a centre that is right: the reach
    of the facility less the distance from the centre to the nearest drawn edge.  The reach is half
    the diagonal of the largest published dimensions or the radius of the largest published area.
    Where no dimensions are published it is `REACH_IN_RADII` radii.

    It is never less than what brings every named part of the facility within the outline so
    widened.  Points given for another site, or contested, do not count; the file carries them.
"""

from __future__ import annotations

import math

import numpy as np
from pyproj import Geod
from shapely.geometry import Polygon

from camp_monitor.errors import FacilityError
from camp_monitor.facilities.facility import Candidate, Facility, Outline, Size

PIN_M = 30.0
"""Least error of a point set by hand on an image, metres: such pins repeat to 10-30 m."""

REACH_IN_RADII = 2.0
"""Reach of a camp of known area only, in radii of the circle of that area.  Where both area and
dimensions are published (Camps 14, 15, 16, 25 and Ch'oma-bong), half the diagonal is 1.4 to 1.9."""

PLACEHOLDER_RADIUS_M = 500.0
"""Radius of a placeholder, metres: our choice.  It holds any walled compound of published size."""

PLACEHOLDER_REACH_M = {"kwan_li_so": 7000.0, "kyo_hwa_so": 1250.0, "other": 1250.0}
"""How far a facility without a published size may reach from its centre, metres.  Kwan-li-so: the
radius of the median published area, 155 km2.  Kyo-hwa-so: half the diagonal of the largest
published dimensions, 2 x 1.5 km."""

SAME_AREA_FRACTION = 0.1
"""Dimensions whose product differs from the area by more than this are not those of a rectangle."""

_CORNERS = 72
_GEOD = Geod(ellps="WGS84")


def derive_outline(facility: Facility) -> Outline:
    """Derive the first version of a facility's outline by the rule of this module.

    A prison of 188 x 128 m whose five published points lie within 132 m of the first, and that
    another publisher gives as 350 x 150 m, becomes a rectangle accurate to 260 m: 132 m for the
    centre, and 126 m from the nearest drawn edge to the far corner of the larger figure.

    Returns
    -------
    Outline
        Version 1, basis ``derived`` or ``placeholder``, with the derivation in its note.

    Raises
    ------
    FacilityError
        No coordinate was published.
    """
    if not facility.candidates:
        raise FacilityError(
            f"{facility.id!r} has no outline to derive because no coordinate was published."
        )
    centre = facility.candidates[0]
    geometry, inner_m, words = _shape(facility, centre)
    centre_m, centre_words = _centre_error(facility, centre, _equal_radius_m(geometry))
    shape_m, shape_words = _shape_error(facility, inner_m)
    parts_m = max(
        (_distance_m(centre, c) - inner_m for c in facility.candidates if c.role == "part"),
        default=0.0,
    )
    accuracy_m = _rounded_up(max(centre_m + shape_m, parts_m))
    placeholder = not any(size.kind != "perimeter" for size in facility.sizes)
    alone = len({c.source for c in facility.candidates if c.role != "other_site"}) < 2
    return Outline(
        geometry=geometry,
        basis="placeholder" if placeholder else "derived",
        accuracy_m=accuracy_m,
        version=1,
        source=centre.source,
        note=(
            f"{words} Centred on the published point {centre.lat:.6f}, {centre.lon:.6f} "
            f"({centre.source}: {centre.feature}). Accuracy {accuracy_m:,.0f} m: {centre_m:,.0f} m "
            f"for the centre, {centre_words}, and {shape_m:,.0f} m for the shape, {shape_words}."
            + (" Only one source gives a point, so its error cannot be checked." if alone else "")
        ),
    )


def rectangle(lon: float, lat: float, length_m: float, width_m: float) -> Polygon:
    """Rectangle round a point, `length_m` from west to east and `width_m` from south to north.

    Sides are metres on the ground, to better than 0.1 % up to 50 km.  EPSG:4326, lon then lat.
    """
    east_m = np.array([-1, 1, 1, -1]) * length_m / 2
    north_m = np.array([-1, -1, 1, 1]) * width_m / 2
    return _around(lon, lat, np.degrees(np.arctan2(east_m, north_m)), np.hypot(east_m, north_m))


def circle(lon: float, lat: float, area_m2: float) -> Polygon:
    """Polygon of 72 corners round a point, whose area is that of the circle, `area_m2`.

    EPSG:4326, lon then lat.
    """
    slice_rad = 2 * math.pi / _CORNERS
    corner_m = math.sqrt(2 * area_m2 / (_CORNERS * math.sin(slice_rad)))
    azimuths_deg = np.arange(_CORNERS) * 360 / _CORNERS
    return _around(lon, lat, azimuths_deg, np.full(_CORNERS, corner_m))


def _around(lon: float, lat: float, azimuths_deg: np.ndarray, distances_m: np.ndarray) -> Polygon:
    """Corners at given bearings and distances on the ellipsoid: an azimuthal-equidistant frame."""
    count = len(azimuths_deg)
    lons, lats, _ = _GEOD.fwd(np.full(count, lon), np.full(count, lat), azimuths_deg, distances_m)
    return Polygon(np.column_stack([lons, lats]))


def _shape(facility: Facility, centre: Candidate) -> tuple[Polygon, float, str]:
    """Draw the shape; also its least distance from centre to edge, and how it came about."""
    area, sides = _first(facility, "area"), _first(facility, "dimensions")
    if sides and sides.length_m and sides.width_m and _is_rectangle(sides, area):
        words = (
            f"Rectangle of {sides.length_m:,.0f} x {sides.width_m:,.0f} m from the published "
            f"dimensions ({sides.source}: {sides.as_published}). No orientation is published: the "
            f"long side is drawn east-west."
        )
        geometry = rectangle(centre.lon, centre.lat, sides.length_m, sides.width_m)
        return geometry, sides.width_m / 2, words
    if area and area.area_m2:
        words = (
            f"Circle of the published area ({area.source}: {area.as_published}); the true shape is "
            f"not a circle."
        )
        radius_m = math.sqrt(area.area_m2 / math.pi)
        return circle(centre.lon, centre.lat, area.area_m2), radius_m, words
    if sides and sides.length_m and sides.width_m:
        words = (
            f"Circle with the area of an ellipse of the published dimensions ({sides.source}: "
            f"{sides.as_published}), which are those of an irregular shape."
        )
        radius_m = math.sqrt(sides.length_m * sides.width_m) / 2
        return circle(centre.lon, centre.lat, math.pi * radius_m**2), radius_m, words
    words = (
        f"Placeholder: no size is published, so a circle of {PLACEHOLDER_RADIUS_M:,.0f} m radius "
        f"stands for the place; the radius is our own choice."
    )
    area_m2 = math.pi * PLACEHOLDER_RADIUS_M**2
    return circle(centre.lon, centre.lat, area_m2), PLACEHOLDER_RADIUS_M, words


def _centre_error(facility: Facility, centre: Candidate, radius_m: float) -> tuple[float, str]:
    """How far the drawn centre may be off, metres, and why."""
    points = [c for c in facility.candidates if c.role in ("centre", "facility")]
    farthest_m = max((_distance_m(centre, c) for c in points), default=0.0)
    errors = [
        (PIN_M, "the least for a point set by hand"),
        (farthest_m, "the distance to the farthest point published for the facility"),
    ]
    if centre.role != "centre":
        errors.append(
            (
                radius_m / 2,
                "half the radius of that area, as the point is not said to be the centre",
            )
        )
    return max(errors)


def _shape_error(facility: Facility, inner_m: float) -> tuple[float, str]:
    """How far the true edge may be from the drawn one for a right centre, metres, and why."""
    diagonals_m = [
        math.hypot(size.length_m, size.width_m) / 2
        for size in facility.sizes
        if size.length_m and size.width_m
    ]
    radii_m = [math.sqrt(size.area_m2 / math.pi) for size in facility.sizes if size.area_m2]
    if diagonals_m:
        reach_m = max(diagonals_m + radii_m)
        words = f"as the largest published size reaches {reach_m:,.0f} m from its middle"
    elif radii_m:
        reach_m = REACH_IN_RADII * max(radii_m)
        words = f"as a long camp of that area may reach {reach_m:,.0f} m from its middle"
    else:
        reach_m = PLACEHOLDER_REACH_M[facility.type]
        words = f"as comparable facilities reach {reach_m:,.0f} m from their middle"
    return max(reach_m - inner_m, 0.0), words


def _is_rectangle(sides: Size, area: Size | None) -> bool:
    if sides.irregular or sides.length_m is None or sides.width_m is None:
        return False
    product_m2 = sides.length_m * sides.width_m
    return (
        area is None
        or area.area_m2 is None
        or abs(product_m2 / area.area_m2 - 1) <= SAME_AREA_FRACTION
    )


def _first(facility: Facility, kind: str) -> Size | None:
    return next((size for size in facility.sizes if size.kind == kind), None)


def _equal_radius_m(geometry: Polygon) -> float:
    area_m2, _ = _GEOD.geometry_area_perimeter(geometry)
    return math.sqrt(abs(area_m2) / math.pi)


def _distance_m(first: Candidate, second: Candidate) -> float:
    _, _, distance_m = _GEOD.inv(first.lon, first.lat, second.lon, second.lat)
    return float(distance_m)


def _rounded_up(metres: float) -> float:
    """Round up to two significant figures."""
    step = 10.0 ** (math.floor(math.log10(metres)) - 1)
    return float(round(math.ceil(metres / step - 1e-9) * step))
