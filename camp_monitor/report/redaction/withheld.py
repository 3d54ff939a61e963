"""What was withheld from an output, and the sentences that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Audience
from camp_monitor.report.text.places import centre_words, degrees_words
from camp_monitor.report.text.sentences import phrase

Coordinates = Literal["exact", "rounded", "withheld"]
DECIMALS = 1
"""Of a degree, where coordinates are rounded: 11 km from north to south."""
GRID_DEG = 10**-DECIMALS


@dataclass(frozen=True)
class Withheld:
    """What an output does not show.

    Parameters
    ----------
    audience : Audience
    coordinates : str
        ``exact``, ``rounded`` or ``withheld``.
    place : (float, float) or None
        Latitude and longitude of a rounded place, degrees.
    parts : int
        Sensitive parts of the facility that are left out.
    licences : tuple of str
        Those that do not let the pixels of a scene be published; an empty one is not stated.
    """

    audience: Audience = Audience.INTERNAL
    coordinates: Coordinates = "exact"
    place: tuple[float, float] | None = None
    parts: int = 0
    licences: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether the ground was moved, so that no coordinate of it means anything."""
        return self.coordinates != "exact"

    def centre_words(
        self, geometry: BaseGeometry, pixel_m: float, language: str | None = None
    ) -> str:
        """Print the middle of a region, as far as it may be told."""
        if self.coordinates == "exact":
            return centre_words(geometry, pixel_m, language)
        if self.place is None:
            return phrase("audience.place_withheld", language)
        return phrase("audience.place_rounded", language, place=self.place_words(language))

    def place_words(self, language: str | None = None) -> str:
        """Print the rounded place: ``42.2° N, 129.8° E (WGS 84)``."""
        lat, lon = self.place or (0.0, 0.0)
        return degrees_words(lon, lat, DECIMALS, language)

    def sentences(self, language: str | None = None) -> tuple[str, ...]:
        """Say what is not shown; nothing where all is."""
        said = []
        if self.audience == Audience.PARTNER:
            said.append(phrase("audience.partner", language))
        if self.audience == Audience.PUBLIC:
            said.append(phrase("audience.public", language))
        if self.coordinates == "withheld":
            said.append(phrase("audience.coordinates_withheld", language))
        if self.coordinates == "rounded":
            said.append(phrase("audience.coordinates_rounded", language, grid=f"{GRID_DEG:g}°",
                               place=self.place_words(language)))  # fmt: skip
        if self.parts:
            said.append(phrase("audience.parts", language))
        unstated = phrase("caption.no_credit", language)
        said += [
            phrase("audience.pixels", language, licence=licence or unstated)
            for licence in dict.fromkeys(self.licences)
        ]
        return tuple(said)


NOTHING_WITHHELD = Withheld()
"""Of an output of those who keep the records."""
