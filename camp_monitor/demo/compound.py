"""The walled compound of the demo: what stands on it at each stage of building."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import shapely
from odc.geo.geobox import GeoBox
from shapely import affinity

from camp_monitor.synthetic.materials import spectrum
from camp_monitor.synthetic.structures import Structure, rectangle

COMPOUND_M = (188.0, 128.0)
"""Length and width of the walled compound in its end state, as published for Jongo-ri."""
ANNEX_M = 46.0
"""Length of the annex at its end; as wide as the compound."""
TURN_DEG = 6.0
OFF_MIDDLE_M = (-24.0, 14.0)
"""The compound lies off the middle of the scene, as a place lies off a published point."""
WALL_M = 1.2
WALL_HEIGHT_M = 4.0
OLD_ROOFS_M = (
    (-48, 34, 36, 11),
    (-2, 36, 40, 11),
    (44, 33, 30, 12),
    (-46, 8, 34, 10),
    (-44, -20, 40, 12),
    (8, -44, 44, 12),
    (50, -14, 12, 58),
)
OLD_WORKSHOP_M = ((6, -12, 24, 16),)
ANNEX_ROOFS_M = ((-8, 34, 11, 44), (9, 32, 11, 40), (0, -14, 30, 12), (0, -40, 30, 12))
"""Place and size of each roof, metres: east and north of the middle of its part, length, width."""


class Stage(IntEnum):
    """How far the annex has been built."""

    NONE = 0
    EARTHWORKS = 1
    BUILT = 2


@dataclass(frozen=True)
class Compound:
    """Ground of the compound, in the CRS of a scene's grid.

    Parameters
    ----------
    whole, annex, old : shapely Polygon
        All of it, its western end, and the rest, which has always stood.
    """

    whole: shapely.Polygon
    annex: shapely.Polygon
    old: shapely.Polygon


def place_compound(grid: GeoBox) -> Compound:
    """Place the compound near the middle of a grid in metres."""
    middle = grid.extent.geom.centroid
    x_m, y_m = middle.x + OFF_MIDDLE_M[0], middle.y + OFF_MIDDLE_M[1]
    length_m, width_m = COMPOUND_M
    parts = (
        rectangle(x_m, y_m, length_m, width_m),
        rectangle(x_m - (length_m - ANNEX_M) / 2, y_m, ANNEX_M, width_m),
        rectangle(x_m + ANNEX_M / 2, y_m, length_m - ANNEX_M, width_m),
    )
    return Compound(*(affinity.rotate(part, TURN_DEG, origin=(x_m, y_m)) for part in parts))


def list_structures(compound: Compound, stage: Stage) -> list[Structure]:
    """List what stands there: yard, roofs, and walls round them."""
    yard = compound.old if stage is Stage.NONE else compound.whole
    roofs = _roofs(compound.old, OLD_ROOFS_M, "roof_tile")
    roofs += _roofs(compound.old, OLD_WORKSHOP_M, "roof_cement")
    walls = [_wall(compound.old)]
    if stage is Stage.BUILT:
        roofs += _roofs(compound.annex, ANNEX_ROOFS_M, "roof_cement")
        walls.append(_wall(compound.annex))
    return [Structure(yard, _colour("trodden_earth")), *roofs, *walls]


def _roofs(
    within: shapely.Polygon, places: tuple[tuple[float, float, float, float], ...], name: str
) -> list[Structure]:
    """Lay roofs out by place and size, turned with the compound."""
    middle = within.centroid
    roofs = []
    for east_m, north_m, length_m, width_m in places:
        flat = rectangle(middle.x + east_m, middle.y + north_m, length_m, width_m)
        turned: shapely.Polygon = affinity.rotate(flat, TURN_DEG, origin=middle)
        roofs.append(Structure(turned, _colour(name), height_m=5.0, pitched=True))
    return roofs


def _wall(ground: shapely.Polygon) -> Structure:
    ring: shapely.Polygon = ground.difference(ground.buffer(-WALL_M))
    return Structure(ring, _colour("concrete"), height_m=WALL_HEIGHT_M)


def _colour(name: str) -> tuple[float, ...]:
    return tuple(float(value) for value in spectrum(name))
