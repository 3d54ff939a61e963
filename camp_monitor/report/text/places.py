"""Places in print: degrees with as many decimals as the pixels bear."""

from __future__ import annotations

import math

from shapely.geometry.base import BaseGeometry

from camp_monitor.facilities.geometry import degree_m
from camp_monitor.report.text.sentences import phrase

MOST_DECIMALS = 5
"""Decimals of a degree; the fifth is 1.1 m on the ground."""


def centre_words(geometry: BaseGeometry, pixel_m: float, language: str | None = None) -> str:
    """Print the middle of a region: ``42.4312° N, 129.6034° E (WGS 84)``.

    The last decimal stands for at least a third of a pixel: finer ones would pretend.

    Parameters
    ----------
    geometry : shapely geometry
        EPSG:4326.
    pixel_m : float
        Side of a pixel of the scenes, metres.
    language : str
    """
    middle = geometry.centroid
    if not geometry.contains(middle):
        middle = geometry.representative_point()
    return place_words(middle.x, middle.y, pixel_m, language)


def place_words(lon: float, lat: float, pixel_m: float, language: str | None = None) -> str:
    """Print a place as `centre_words` does."""
    decimals = min(max(math.floor(math.log10(3 * degree_m(lat) / pixel_m)), 0), MOST_DECIMALS)
    return degrees_words(lon, lat, decimals, language)


def degrees_words(lon: float, lat: float, decimals: int, language: str | None = None) -> str:
    """Print a place with so many decimals of a degree."""
    return phrase(
        "figure.place",
        language,
        lat=f"{abs(lat):.{decimals}f}°",
        lon=f"{abs(lon):.{decimals}f}°",
        north_south="N" if lat >= 0 else "S",
        east_west="E" if lon >= 0 else "W",
    )
