"""What a C-band radar sees of the ground: backscatter by cover, slope, water, walls, speckle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.scenes.image import Image
from camp_monitor.synthetic.camera import Seen, resolve
from camp_monitor.synthetic.ground import Day, water_fraction
from camp_monitor.synthetic.landscape import Landscape, fractal
from camp_monitor.synthetic.materials import BANDS, Cover, field_spectra
from camp_monitor.synthetic.structures import Structure, covered_share

POLARISATIONS = ("vv", "vh")
COVER_DB = {
    Cover.BROADLEAF: (-9.5, -15.0), Cover.CONIFER: (-10.0, -15.5), Cover.SCRUB: (-11.5, -18.0),
    Cover.FIELD: (-12.5, -21.0), Cover.PATH: (-13.0, -21.0), Cover.GRAVEL: (-11.5, -20.0),
    Cover.ROAD: (-14.5, -23.0), Cover.TREES: (-10.0, -15.5),
}  # fmt: skip
"""Sigma nought, VV and VH, decibels, at some 39 degrees of incidence; a field's without a crop.

Rounded typical values after Veloso et al. (2017), doi:10.1016/j.rse.2017.07.015 (fields), and
Ruetschi et al. (2018), doi:10.3390/rs10010055 (forest).
"""
CROP_DB = (-10.5, -16.5)
"""Of a field under a closed canopy."""
WATER_DB = (-21.0, -28.0)
"""Of open water in calm air."""
BUILDING_DB = (-1.0, -9.0)
"""Of roofs and walls, which send the wave back by two bounces."""
MOIST_DB = 1.2
"""Wet bare ground reflects more by this for each spread of rain, when it has rained."""
FIELD_SPREAD_DB = 0.8
"""How much fields of one crop differ by the roughness of their soil."""
INCIDENCE_DEG = 39.0
LOOK_AZIMUTH_DEG = 80.0
"""The wave travels this way, clockwise from north, on an ascending pass that looks right."""
LOOKS = 5
"""Independent pictures that are averaged; about 4.4 are left by their overlap in real products."""
SPECKLE_PX = 0.6
"""Reach over which speckle is alike: the resolution is coarser than the pixels."""
PSF_PX = 0.8
NOISE_FLOOR_DB = -30.0


def observe_by_radar(
    landscape: Landscape,
    day: Day,
    structures: Sequence[Structure],
    grid: GeoBox,
    rng: np.random.Generator,
    *,
    shift_px: tuple[float, float] = (0.0, 0.0),
) -> Seen:
    """Take a radar picture of the ground; it sees through cloud.

    Parameters
    ----------
    landscape : Landscape
        On cells, a whole number of which make up a pixel of `grid`.
    day : Day
    structures : sequence of Structure
        Only those with a height are seen.
    grid : GeoBox
    rng : Generator
        For the speckle.
    shift_px : (float, float)
        As in `camp_monitor.synthetic.camera.observe`.

    Returns
    -------
    Seen
        Sigma nought in decibels, bands `POLARISATIONS`; no classes, no cloud.
    """
    ground = Image(
        ground_power(landscape, day), POLARISATIONS, "sigma0",
        np.zeros(landscape.cover.shape, np.uint8), landscape.grid,
    )  # fmt: skip
    return see_power(ground, structures, grid, rng, shift_px=shift_px)


def see_power(
    ground: Image,
    structures: Sequence[Structure],
    grid: GeoBox,
    rng: np.random.Generator,
    *,
    shift_px: tuple[float, float] = (0.0, 0.0),
) -> Seen:
    """Take a radar picture of ground of which the power that each cell returns is known.

    Parameters
    ----------
    ground : Image
        Power, not decibels, in `POLARISATIONS`, on cells; not altered.
    structures, grid, rng, shift_px
        As in `observe_by_radar`.
    """
    cells = round(ground.grid.shape[0] / grid.shape[0])
    power = ground.pixels.copy()
    for structure in structures:
        if structure.height_m > 0:
            where, share = covered_share(structure.footprint, ground, 0.0)
            power[where] += share * _power(BUILDING_DB)[:, None, None]
    pixels = np.empty((len(POLARISATIONS), *grid.shape), np.float32)
    for number in range(len(POLARISATIONS)):
        mean = resolve(power[number], cells, 1, PSF_PX, shift_px) + 10 ** (NOISE_FLOOR_DB / 10)
        pixels[number] = 10 * np.log10(mean * _speckle(mean, rng))
    nothing = np.zeros(grid.shape, bool)
    image = Image(pixels, POLARISATIONS, "sigma0_db", nothing.astype(np.uint8), grid)
    return Seen(image, None, nothing, nothing)


def ground_power(
    landscape: Landscape, day: Day, waves_db: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.float32]:
    """Return the power of each cell, float32 (band, row, col), as no speckle has touched it.

    Parameters
    ----------
    landscape : Landscape
    day : Day
    waves_db : (float, float)
        What wind or ice adds to the backscatter of water, in `POLARISATIONS`.
    """
    rng = np.random.default_rng(day.year_seed)
    fields = field_spectra(landscape.parcels, day.day_of_year, rng)
    red, nir = fields[:, BANDS.index("red")], fields[:, BANDS.index("nir")]
    grown = np.clip(((nir - red) / (nir + red) - 0.2) / 0.6, 0, 1)
    rough_db = FIELD_SPREAD_DB * rng.standard_normal(landscape.parcels)
    rain = fractal(landscape.cover.shape, landscape.cell_m, rng, roughness=2.2, largest_m=600)
    is_field = landscape.cover == Cover.FIELD
    water = water_fraction(landscape, day.river_rise_m)
    water_db = [calm + more for calm, more in zip(WATER_DB, waves_db, strict=True)]
    table = np.array([COVER_DB[kind] for kind in Cover], np.float32)
    power = np.empty((len(POLARISATIONS), *landscape.cover.shape), np.float32)
    for number in range(len(POLARISATIONS)):
        bare_db = table[Cover.FIELD, number]
        crop_db = bare_db + grown * (CROP_DB[number] - bare_db) + rough_db
        decibels = np.where(
            is_field, crop_db[landscape.parcel], table[:, number][landscape.cover]
        ) + MOIST_DB * np.maximum(rain, 0) * (day.river_rise_m > 0)
        dry = 10 ** (decibels / 10) * _facing(landscape) * landscape.tone
        power[number] = dry * (1 - water) + 10 ** (water_db[number] / 10) * water
    return power


def _facing(landscape: Landscape) -> NDArray[np.float32]:
    """How much more a slope that faces the radar returns than level ground; a factor."""
    by_row, by_column = np.gradient(landscape.height_m, landscape.cell_m)
    look = np.radians(LOOK_AZIMUTH_DEG)
    # a slope that rises along the look faces the radar; rows run south
    rises = by_column * np.sin(look) - by_row * np.cos(look)
    local = np.radians(INCIDENCE_DEG) - np.arctan(rises)
    factor = np.cos(local) / np.cos(np.radians(INCIDENCE_DEG))
    return np.clip(factor**2, 0.05, 3.0).astype(np.float32)


def _speckle(mean: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a factor of mean 1: what the chance sum of many echoes makes of a power."""
    from scipy import ndimage

    total = np.zeros(mean.shape, np.float64)
    for _ in range(2 * LOOKS):
        echo = ndimage.gaussian_filter(rng.standard_normal(mean.shape), SPECKLE_PX, mode="wrap")
        total += echo**2
    return np.asarray(total / total.mean(), np.float32)


def _power(decibels: tuple[float, ...]) -> NDArray[np.float32]:
    return np.power(10.0, np.array(decibels) / 10).astype(np.float32)
