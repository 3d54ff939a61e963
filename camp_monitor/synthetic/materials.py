"""What reflects how much: typical spectra, and how the season changes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
"""Order of the numbers in every spectrum here."""


class Cover(IntEnum):
    """What lies on a cell of a landscape."""

    BROADLEAF = 0
    CONIFER = 1
    SCRUB = 2
    FIELD = 3
    PATH = 4
    GRAVEL = 5
    ROAD = 6
    TREES = 7


SPECTRA: dict[str, tuple[float, ...]] = {
    "broadleaf": (0.020, 0.042, 0.024, 0.370, 0.165, 0.070),
    "broadleaf_bare": (0.045, 0.060, 0.075, 0.170, 0.200, 0.130),
    "conifer": (0.018, 0.033, 0.023, 0.235, 0.100, 0.045),
    "grass": (0.032, 0.062, 0.050, 0.300, 0.210, 0.110),
    "grass_dry": (0.065, 0.095, 0.125, 0.240, 0.310, 0.220),
    "maize": (0.028, 0.058, 0.034, 0.400, 0.190, 0.085),
    "rice": (0.032, 0.070, 0.042, 0.350, 0.140, 0.065),
    "beans": (0.030, 0.075, 0.038, 0.440, 0.200, 0.090),
    "cabbage": (0.045, 0.100, 0.055, 0.420, 0.200, 0.095),
    "straw": (0.075, 0.115, 0.150, 0.280, 0.340, 0.230),
    "soil": (0.070, 0.098, 0.130, 0.195, 0.275, 0.245),
    "trodden_earth": (0.115, 0.146, 0.175, 0.235, 0.310, 0.285),
    "gravel": (0.135, 0.165, 0.190, 0.225, 0.265, 0.250),
    "gravel_road": (0.125, 0.152, 0.178, 0.220, 0.265, 0.245),
    "concrete": (0.190, 0.220, 0.245, 0.280, 0.310, 0.295),
    "roof_cement": (0.170, 0.195, 0.212, 0.240, 0.265, 0.250),
    "roof_tile": (0.065, 0.088, 0.150, 0.225, 0.290, 0.265),
    "roof_blue": (0.200, 0.170, 0.125, 0.210, 0.250, 0.235),
    "river": (0.046, 0.062, 0.050, 0.026, 0.010, 0.007),
    "flood": (0.078, 0.112, 0.122, 0.062, 0.014, 0.009),
    "pond": (0.050, 0.074, 0.058, 0.036, 0.013, 0.009),
    "mud": (0.088, 0.118, 0.142, 0.178, 0.205, 0.165),
    "vinyl": (0.215, 0.235, 0.245, 0.320, 0.265, 0.215),
    "snow": (0.810, 0.825, 0.820, 0.745, 0.130, 0.095),
    "snow_old": (0.520, 0.560, 0.575, 0.540, 0.165, 0.130),
    "ice": (0.260, 0.280, 0.260, 0.190, 0.040, 0.030),
    "cloud": (0.640, 0.640, 0.650, 0.670, 0.500, 0.370),
}
"""Surface reflectance in `BANDS`, rounded typical values.

They follow the shapes that the USGS Spectral Library (version 7) and the ECOSTRESS Spectral
Library give for such materials, as a pixel of some metres sees them: leaves with the shade between
them, soil neither dry nor wet.
"""


def spectrum(name: str, bands: tuple[str, ...] = BANDS) -> NDArray[np.float32]:
    """Return the reflectance of a material of `SPECTRA`, float32 (band,)."""
    return np.array([SPECTRA[name][BANDS.index(band)] for band in bands], np.float32)


@dataclass(frozen=True)
class Crop:
    """What a field bears in one year.

    Parameters
    ----------
    leaves : str
        Spectrum of the closed canopy.
    up_day, ripe_day, cut_day : float
        Day of the year on which half the ground is covered, half the leaves are yellow, and the
        crop is cut.
    share : float
        Share of the fields.
    """

    leaves: str
    up_day: float
    ripe_day: float
    cut_day: float
    share: float


CROPS = (
    Crop("maize", 165, 262, 274, 0.46),
    Crop("rice", 172, 264, 280, 0.24),
    Crop("beans", 170, 268, 282, 0.17),
    Crop("cabbage", 228, 320, 308, 0.13),
)
"""Crops of a valley at 42 degrees north; the cabbage follows potatoes."""


def spring_to_autumn(day_of_year: float) -> float:
    """Return how far broad leaves are out, 0 to 1, at 42 degrees north."""
    out = 1 / (1 + np.exp(-(day_of_year - 125) / 6))
    fallen = 1 / (1 + np.exp(-(day_of_year - 287) / 7))
    return float(out * (1 - fallen))


def cover_spectra(day_of_year: float) -> NDArray[np.float32]:
    """Return the reflectance of every `Cover` on a day, float32 (cover, band).

    Fields are not known by their cover alone (see `field_spectra`); theirs is bare soil here.
    """
    leaves = spring_to_autumn(day_of_year)
    green = min(1.0, 1.15 * leaves)
    broadleaf = leaves * spectrum("broadleaf") + (1 - leaves) * spectrum("broadleaf_bare")
    grass = green * spectrum("grass") + (1 - green) * spectrum("grass_dry")
    table = np.zeros((len(Cover), len(BANDS)), np.float32)
    table[Cover.BROADLEAF] = broadleaf
    table[Cover.CONIFER] = spectrum("conifer")
    table[Cover.SCRUB] = 0.55 * grass + 0.35 * broadleaf + 0.10 * spectrum("soil")
    table[Cover.FIELD] = spectrum("soil")
    table[Cover.PATH] = 0.6 * grass + 0.4 * spectrum("gravel_road")
    table[Cover.GRAVEL] = 0.85 * spectrum("gravel") + 0.15 * grass
    table[Cover.ROAD] = spectrum("gravel_road")
    table[Cover.TREES] = 0.75 * broadleaf + 0.25 * grass
    return table


def field_spectra(
    parcels: int, day_of_year: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the reflectance of every parcel on a day, float32 (parcel, band).

    Parameters
    ----------
    parcels : int
    day_of_year : float
    rng : Generator
        Made from a seed that stands for the year: which crop stands where, how early, how dense,
        and how dark the soil is.
    """
    crop = rng.choice(len(CROPS), parcels, p=[crop.share for crop in CROPS])
    late_days = rng.normal(0, 5, parcels)
    dense = rng.uniform(0.80, 0.97, parcels)
    soil_tone = rng.normal(1, 0.10, parcels).clip(0.75, 1.25)
    soil = soil_tone[:, None] * spectrum("soil")
    table = np.zeros((parcels, len(BANDS)))
    for number, kind in enumerate(CROPS):
        here = crop == number
        day = day_of_year - late_days[here]
        up = dense[here] / (1 + np.exp(-(day - kind.up_day) / 9))
        ripe = 1 / (1 + np.exp(-(day - kind.ripe_day) / 6))
        canopy = (1 - ripe)[:, None] * spectrum(kind.leaves)
        canopy += ripe[:, None] * (0.3 * spectrum(kind.leaves) + 0.7 * spectrum("straw"))
        standing = up[:, None] * canopy + (1 - up)[:, None] * soil[here]
        stubble = 0.3 * spectrum("straw") + 0.7 * soil[here]
        table[here] = np.where((day > kind.cut_day)[:, None], stubble, standing)
    return table.astype(np.float32)
