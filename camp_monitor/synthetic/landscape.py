"""Where things lie: a river valley between wooded hills, the same on every date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.synthetic.materials import Cover

Field = NDArray[np.float32]

TEXTURE = {
    Cover.BROADLEAF: 0.13, Cover.CONIFER: 0.12, Cover.SCRUB: 0.11, Cover.FIELD: 0.045,
    Cover.PATH: 0.06, Cover.GRAVEL: 0.11, Cover.ROAD: 0.05, Cover.TREES: 0.14,
}  # fmt: skip
"""Relative spread of brightness from cell to cell: crowns and their shade, rows, stones."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """Ground on which nothing has been built, on cells finer than any sensor's pixels.

    Parameters
    ----------
    grid : GeoBox
        Of the cells, north up, in metres.
    cover : ndarray
        uint8, (row, col), values of `Cover`.
    parcel : ndarray
        int32, (row, col): number of the field, from 0; meaningless where there is no field.
    parcels : int
        How many fields there are.
    height_m : ndarray
        float32, (row, col): height above the usual level of the river; below 0 is its bed.
    tone : ndarray
        float32, (row, col): lasting differences of brightness, as a factor.
    """

    grid: GeoBox
    cover: NDArray[np.uint8]
    parcel: NDArray[np.int32]
    parcels: int
    height_m: Field
    tone: Field

    @property
    def cell_m(self) -> float:
        """Side of a cell, metres."""
        return float(abs(self.grid.affine.a))


def finer_grid(grid: GeoBox, cells: int) -> GeoBox:
    """Return the grid, north up, with `cells` cells along a side of a pixel of `grid`."""
    rows, columns = grid.shape
    old = grid.affine
    # the classes of affine's versions are multiplied by other signs
    finer = type(old)(old.a / cells, 0, old.c, 0, old.e / cells, old.f)
    return GeoBox((rows * cells, columns * cells), finer, grid.crs)


def make_valley(grid: GeoBox, rng: np.random.Generator) -> Landscape:
    """Lay out a valley that runs north through the grid, its river east of the middle.

    Parameters
    ----------
    grid : GeoBox
        Of the cells, north up, in metres; see `finer_grid`.
    rng : Generator

    Returns
    -------
    Landscape
        The middle of the grid lies on the dry floor of the valley; the bank of the river is about
        190 m east of it, with a terrace between that floods as the river rises by 1 to 2 m.
    """
    cell_m = float(abs(grid.affine.a))
    rows, columns = grid.shape
    north_m = ((rows / 2 - 0.5 - np.arange(rows)) * cell_m).astype(np.float32)[:, None]
    east_m = ((np.arange(columns) + 0.5 - columns / 2) * cell_m).astype(np.float32)[None, :]
    bank_m, hill_m = _river_and_hills(east_m, north_m, cell_m, rng)
    height_m = _heights(bank_m, hill_m, cell_m, rng)
    parcel, parcels, is_rim = _parcels(east_m, north_m, cell_m, rng)
    cover = _cover(bank_m, hill_m, is_rim, cell_m, rng)
    cover[_near_road(east_m, north_m, bank_m) & (hill_m < 30)] = Cover.ROAD
    grain = fractal((rows, columns), cell_m, rng, roughness=1.2, largest_m=25)
    broad = fractal((rows, columns), cell_m, rng, roughness=2.4, largest_m=500)
    spread = np.array([TEXTURE[kind] for kind in Cover], np.float32)[cover]
    tone = np.exp(spread * grain + 0.05 * broad).astype(np.float32)
    return Landscape(grid, cover, parcel, parcels, height_m, tone)


def fractal(
    shape: tuple[int, int],
    cell_m: float,
    rng: np.random.Generator,
    *,
    roughness: float,
    largest_m: float,
) -> Field:
    """Return noise without a scale of its own: hills, patches, crowns.

    Parameters
    ----------
    shape : (int, int)
    cell_m : float
        Side of a cell, metres.
    rng : Generator
    roughness : float
        The amplitude falls with the frequency to this power; larger is smoother.
    largest_m : float
        Wavelengths above this stop growing.

    Returns
    -------
    ndarray
        float32, (row, col), mean 0, standard deviation 1; its edges wrap round.
    """
    white = np.fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    across = np.fft.fftfreq(shape[0], cell_m)[:, None]
    along = np.fft.rfftfreq(shape[1], cell_m)[None, :]
    frequency = np.hypot(np.hypot(across, along), 1 / largest_m)
    noise = np.fft.irfft2(white * frequency**-roughness, s=shape)
    noise -= noise.mean()
    return (noise / noise.std()).astype(np.float32)


def _river_and_hills(
    east_m: Field, north_m: Field, cell_m: float, rng: np.random.Generator
) -> tuple[Field, Field]:
    """Distance from the river's bank and from the foot of the hills; below 0 inside either."""
    shape = (north_m.size, east_m.size)
    wave = north_m / 1000
    middle_m = 205 + 52 * (np.cos(3.0 * wave) - 1) + 26 * np.sin(7.5 * wave) + 90 * wave**2
    across_m = east_m - middle_m
    ragged = fractal(shape, cell_m, rng, roughness=2.0, largest_m=60)
    bank_m = np.abs(across_m) - (11 + 3 * np.sin(14 * wave) + 1.5 * ragged)
    spurs = fractal(shape, cell_m, rng, roughness=2.5, largest_m=700)
    foot_m = np.where(across_m < 0, -across_m - 590, across_m - 265 - 60 * np.sin(4 * wave + 1))
    return bank_m.astype(np.float32), (foot_m + 105 * spurs).astype(np.float32)


def _heights(bank_m: Field, hill_m: Field, cell_m: float, rng: np.random.Generator) -> Field:
    """Height above the river's usual level."""
    uneven = fractal(bank_m.shape, cell_m, rng, roughness=2.3, largest_m=140)
    bends = fractal(bank_m.shape, cell_m, rng, roughness=2.6, largest_m=500)
    # the bed itself is smooth; the edge of the terrace wanders
    away = np.clip((bank_m - 4) / 50, 0, 1)
    terrace_m = np.interp(
        bank_m + away * (7 * uneven + 15 * bends),
        [-20, 0, 10, 30, 92, 112, 400, 900],
        [-1.5, 0.0, 0.6, 0.9, 1.7, 3.9, 5.5, 9.0],
    )
    ground_m = terrace_m + away * 0.28 * uneven
    ridges = fractal(bank_m.shape, cell_m, rng, roughness=2.5, largest_m=420)
    climb_m = np.maximum(hill_m, 0)
    ground_m += 0.36 * climb_m + np.minimum(climb_m / 130, 1) * 34 * np.maximum(
        1 - np.abs(ridges), 0
    )
    return ground_m.astype(np.float32)


def _parcels(
    east_m: Field, north_m: Field, cell_m: float, rng: np.random.Generator
) -> tuple[NDArray[np.int32], int, NDArray[np.bool_]]:
    """Lay out fields, blocks of strips on a slanted frame: their numbers, count and rims."""
    tilt = 0.20
    along_m = north_m - tilt * east_m
    across_m = east_m + tilt * north_m + 14 * np.sin(along_m / 210)
    reach_m = float(max(np.abs(along_m).max(), np.abs(across_m).max())) + 300
    lines_m = -reach_m + np.cumsum(rng.uniform(85, 190, int(reach_m / 40)))
    block = np.searchsorted(lines_m, along_m).astype(np.int32)
    parcel = np.zeros(along_m.shape, np.int32)
    is_rim = np.zeros(along_m.shape, bool)
    count = 0
    for number in range(lines_m.size + 1):
        here = block == number
        if not here.any():
            continue
        strips_m = -reach_m + np.cumsum(rng.uniform(22, 78, int(reach_m / 10)))
        strip = np.searchsorted(strips_m, across_m[here])
        parcel[here] = count + strip
        nearest_m = strips_m[np.clip(strip, 0, strips_m.size - 1)]
        is_rim[here] = nearest_m - across_m[here] < 2.0
        count += strips_m.size + 1
    ends_m = lines_m[np.clip(block, 0, lines_m.size - 1)] - along_m
    return parcel, count, is_rim | (ends_m < 3.0)


def _cover(
    bank_m: Field,
    hill_m: Field,
    is_rim: NDArray[np.bool_],
    cell_m: float,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Say what lies where: fields on the floor and the lower slopes, forest above, gravel below."""
    patches = fractal(bank_m.shape, cell_m, rng, roughness=1.9, largest_m=260)
    stands = fractal(bank_m.shape, cell_m, rng, roughness=2.0, largest_m=330)
    cover = np.full(bank_m.shape, Cover.FIELD, np.uint8)
    cover[is_rim] = Cover.PATH
    is_hill = hill_m > 18 * patches
    is_sloping_field = is_hill & (hill_m < 120) & (patches > 0.75)
    cover[is_hill] = Cover.BROADLEAF
    cover[is_hill & (stands > 0.9)] = Cover.CONIFER
    cover[is_hill & ((patches < -1.15) | (hill_m < 14))] = Cover.SCRUB
    cover[is_sloping_field & ~is_rim] = Cover.FIELD
    cover[is_sloping_field & is_rim] = Cover.PATH
    cover[(bank_m < 26) & ~is_hill] = Cover.SCRUB
    cover[(bank_m < 22) & (patches > 0.35)] = Cover.TREES
    cover[(bank_m < 7 + 6 * stands) & (bank_m < 20)] = Cover.GRAVEL
    return cover


def _near_road(east_m: Field, north_m: Field, bank_m: Field) -> NDArray[np.bool_]:
    """Tell where the valley's road runs, and the lane that leaves it for the middle."""
    wave = north_m / 1000
    road_m = -205 + 30 * np.sin(3.1 * wave + 0.4) + 60 * wave**2
    is_road = np.abs(east_m - road_m) < 3.6
    lane_m = -108 + 0.10 * east_m
    is_lane = (np.abs(north_m - lane_m) < 2.4) & (east_m > road_m) & (east_m < 40)
    is_track = (np.abs(north_m - 330 + 0.22 * east_m) < 2.0) & (bank_m > 25) & (east_m > road_m)
    return np.asarray(is_road | is_lane | is_track)
