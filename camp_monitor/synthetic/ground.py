"""What one day makes of a landscape: season, sun and water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.image import Image
from camp_monitor.synthetic.landscape import Landscape, fractal
from camp_monitor.synthetic.materials import (
    BANDS,
    Cover,
    cover_spectra,
    field_spectra,
    spectrum,
)

SLOPE_LIGHT = 0.65
"""Share of the light that depends on the slope; the rest is sky light and what a provider's
correction for the slope has evened out."""
OPEN_WATER_DEPTH_M = 0.35
"""Plants stick out of shallower flood water."""
FLOOD_IS_MUDDY_M = 0.5
"""A river this much above its usual level is brown."""


@dataclass(frozen=True)
class Day:
    """What differs from date to date on the ground.

    Parameters
    ----------
    day_of_year : float
    year_seed : int
        Stands for the year: crops rotate, and rain falls elsewhere.
    sun_elevation_deg, sun_azimuth_deg : float
        Azimuth clockwise from north.
    river_rise_m : float
        Above the usual level of the river.
    """

    day_of_year: float
    year_seed: int
    sun_elevation_deg: float = 50.0
    sun_azimuth_deg: float = 155.0
    river_rise_m: float = 0.0


def water_fraction(landscape: Landscape, river_rise_m: float) -> NDArray[np.float32]:
    """Return the share of open water in each cell, float32 (row, col), 0 to 1.

    Parameters
    ----------
    landscape : Landscape
    river_rise_m : float
        Above the river's usual level.
    """
    depth_m = river_rise_m - landscape.height_m
    bed = landscape.height_m < 0
    open_share = np.where(bed, 1, 0.35 + 0.65 * np.clip(depth_m / OPEN_WATER_DEPTH_M, 0, 1))
    return np.where(depth_m > 0, open_share, 0).astype(np.float32)


def paint_ground(landscape: Landscape, day: Day) -> Image:
    """Paint the surface reflectance of a landscape on one day, as no air or sensor has touched it.

    Parameters
    ----------
    landscape : Landscape
    day : Day

    Returns
    -------
    Image
        All of `camp_monitor.synthetic.materials.BANDS`, on the landscape's cells, nothing flagged.
    """
    rng = np.random.default_rng(day.year_seed)
    fields = field_spectra(landscape.parcels, day.day_of_year, rng)
    covers = cover_spectra(day.day_of_year)
    rain = fractal(landscape.cover.shape, landscape.cell_m, rng, roughness=2.2, largest_m=600)
    growth = fractal(landscape.cover.shape, landscape.cell_m, rng, roughness=1.3, largest_m=40)
    water = water_fraction(landscape, day.river_rise_m)
    murk = min(max(day.river_rise_m / FLOOD_IS_MUDDY_M, 0.0), 1.0)
    river = (1 - murk) * spectrum("river") + murk * spectrum("flood")
    is_field = landscape.cover == Cover.FIELD
    light = landscape.tone * _sunlight(landscape, day)
    pixels = np.empty((len(BANDS), *landscape.cover.shape), np.float32)
    for number in range(len(BANDS)):
        dry = np.where(
            is_field, fields[:, number][landscape.parcel], covers[:, number][landscape.cover]
        )
        # moist ground is darker, most of all in the short-wave infrared
        moist = 0.012 if number < 4 else 0.03
        dry = dry * light * (1 - moist * rain + 0.02 * growth)
        pixels[number] = dry * (1 - water) + river[number] * water * (1 + 0.04 * rain)
    flags = np.zeros(landscape.cover.shape, np.uint8)
    return Image(pixels, BANDS, "reflectance", flags, landscape.grid)


def _sunlight(landscape: Landscape, day: Day) -> NDArray[np.float32]:
    """Light on each cell as a multiple of that on level ground."""
    by_row, by_column = np.gradient(landscape.height_m, landscape.cell_m)
    elevation, azimuth = np.radians([day.sun_elevation_deg, day.sun_azimuth_deg])
    # rows run south: the slope to the north is the negative of the slope by row
    towards_sun = by_column * np.sin(azimuth) - by_row * np.cos(azimuth)
    upright = 1 / np.sqrt(1 + by_row**2 + by_column**2)
    cosine = upright * (np.sin(elevation) - np.cos(elevation) * towards_sun)
    relative = np.clip(cosine / np.sin(elevation), 0.1, 2.0)
    return (1 - SLOPE_LIGHT + SLOPE_LIGHT * relative).astype(np.float32)
