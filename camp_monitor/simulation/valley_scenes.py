"""The demo's two dates: a walled compound gets an annex, and the river leaves its bed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely import affinity

from camp_monitor.simulation.camera import Air, Cloud, Seen, observe, pixel_means
from camp_monitor.simulation.ground import Day, paint_ground, water_fraction
from camp_monitor.simulation.landscape import finer_grid, make_valley
from camp_monitor.simulation.materials import spectrum
from camp_monitor.simulation.structures import Structure, paint_structures, rectangle

CELLS = 4
"""Cells along a side of a pixel."""
COMPOUND_M = (188.0, 128.0)
"""Length and width of the walled compound in its end state, as published for Jongo-ri."""
ANNEX_M = 46.0
"""Length of the annex at its end; as wide as the compound."""
TURN_DEG = 6.0
OFF_MIDDLE_M = (-24.0, 14.0)
"""The compound lies off the middle of the scene, as a place lies off a published point."""
WALL_M = 1.2
WALL_HEIGHT_M = 4.0
DAYS = (
    Day(day_of_year=250, year_seed=15, sun_elevation_deg=51.4, sun_azimuth_deg=160.2),
    Day(
        day_of_year=249, year_seed=16, sun_elevation_deg=51.8, sun_azimuth_deg=159.8,
        river_rise_m=1.75,
    ),
)  # fmt: skip
"""Before and after: the same week of two years."""
AIRS = (
    Air(haze=0.06, gain=1.0),
    Air(
        haze=0.16,
        gain=1.03,
        clouds=(
            Cloud(-330, -430, 190),
            Cloud(830, 900, 240),
            Cloud(-1150, 520, 150),
            Cloud(720, -1180, 130),
        ),
    ),
)
SHIFTS_PX = ((0.0, 0.0), (0.46, -0.63))


@dataclass(frozen=True, eq=False)
class ValleyScenes:
    """Two scenes of one valley and the truth about them.

    Parameters
    ----------
    before, after : Seen
    annex, compound : shapely Polygon
        The ground of the annex, new in `after`, and of the whole compound, in the grid's CRS.
    flooded_share : ndarray
        float32, (row, col): share of the pixel that is open water after and was not before, 0 to
        1, in its true place.
    is_flooded : ndarray of bool
        (row, col): at least half of the pixel.
    """

    before: Seen
    after: Seen
    annex: shapely.Polygon
    compound: shapely.Polygon
    flooded_share: NDArray[np.float32]
    is_flooded: NDArray[np.bool_]


def paint_valley_scenes(grid: GeoBox, seed: int) -> ValleyScenes:
    """Paint the same valley before and after.

    Parameters
    ----------
    grid : GeoBox
        North up, in metres, pixels of about 10 m; the facility is in its middle.
    seed : int
        Another seed is another valley, with other crops and clouds.
    """
    rng = np.random.default_rng(seed)
    landscape = make_valley(finer_grid(grid, CELLS), rng)
    compound, annex, old = _compound(grid)
    seen = []
    for number, (day, air) in enumerate(zip(DAYS, AIRS, strict=True)):
        ground = paint_ground(landscape, day)
        plan = _plan(compound if number else old, annex if number else None, old)
        sun_deg = (day.sun_elevation_deg, day.sun_azimuth_deg)
        ground, _ = paint_structures(
            ground, plan, rng, psf_px=0.0, sun_elevation_deg=sun_deg[0], sun_azimuth_deg=sun_deg[1]
        )
        shift_px = SHIFTS_PX[number]
        seen.append(observe(ground, grid, air, rng, sun_deg=sun_deg, shift_px=shift_px))
    usual, risen = (pixel_means(water_fraction(landscape, day.river_rise_m), CELLS) for day in DAYS)
    share = np.maximum(risen - usual, 0)
    return ValleyScenes(seen[0], seen[1], annex, compound, share, share >= 0.5)


def _compound(grid: GeoBox) -> tuple[shapely.Polygon, shapely.Polygon, shapely.Polygon]:
    """Ground of the whole compound, of the annex at its western end, and of what stood before."""
    middle = grid.extent.geom.centroid
    x_m, y_m = middle.x + OFF_MIDDLE_M[0], middle.y + OFF_MIDDLE_M[1]
    length_m, width_m = COMPOUND_M
    parts = (
        rectangle(x_m, y_m, length_m, width_m),
        rectangle(x_m - (length_m - ANNEX_M) / 2, y_m, ANNEX_M, width_m),
        rectangle(x_m + ANNEX_M / 2, y_m, length_m - ANNEX_M, width_m),
    )
    turned = [affinity.rotate(part, TURN_DEG, origin=(x_m, y_m)) for part in parts]
    return turned[0], turned[1], turned[2]


def _plan(
    walled: shapely.Polygon, annex: shapely.Polygon | None, old: shapely.Polygon
) -> list[Structure]:
    """List what stands there: yard, roofs, and walls round them."""
    yard = Structure(walled, _colour("trodden_earth"))
    roofs = _roofs(
        old,
        (
            (-48, 34, 36, 11),
            (-2, 36, 40, 11),
            (44, 33, 30, 12),
            (-46, 8, 34, 10),
            (-44, -20, 40, 12),
            (8, -44, 44, 12),
            (50, -14, 12, 58),
        ),
        "roof_tile",
    )
    roofs += _roofs(old, ((6, -12, 24, 16),), "roof_cement")
    walls = [_wall(old)]
    if annex is not None:
        roofs += _roofs(annex, ((-8, 34, 11, 44), (9, 32, 11, 40), (0, -14, 30, 12),
                                (0, -40, 30, 12)), "roof_cement")  # fmt: skip
        walls.append(_wall(annex))
    return [yard, *roofs, *walls]


def _roofs(
    within: shapely.Polygon, places: tuple[tuple[float, float, float, float], ...], name: str
) -> list[Structure]:
    """Lay roofs out by place and size (metres, from the middle), turned with the compound."""
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
