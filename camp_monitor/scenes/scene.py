"""`Scene`: one acquisition of one sensor, as the catalogue has it; and how a user describes one."""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Code
from camp_monitor.errors import SceneError
from camp_monitor.notes import Note
from camp_monitor.scenes.sensors import QUANTITIES, SENSORS, Nature, nature_of
from camp_monitor.scenes.sentinel2_offset import OffsetState


@dataclass(frozen=True)
class BandFile:
    """Where one band is, and how its numbers become a quantity: ``number * scale + offset``.

    Parameters
    ----------
    name : str
        Standard name, such as ``nir`` or ``scl``.
    path : Path
        File that holds it.
    index : int
        Band of the file, from 1.
    scale, offset : float
        Applied to the numbers of the file.
    nodata : float or None
        Number that means "nothing here", as in the file.

    Raises
    ------
    SceneError
        The scale is not a positive number, or the offset not finite.
    """

    name: str
    path: Path
    index: int
    scale: float
    offset: float
    nodata: float | None

    def __post_init__(self) -> None:
        check_factors(self.scale, self.offset, f"Band {self.name} of {self.path.name}")


def check_factors(scale: float, offset: float, what: str) -> None:
    """Refuse a scale that is not positive, and what is no number.

    Raises
    ------
    SceneError
    """
    if not (math.isfinite(scale) and scale > 0 and math.isfinite(offset)):
        raise SceneError(
            f"{what} has scale {scale:g} and offset {offset:g}, where a scale is positive and both "
            f"are finite: correct the file, its item, or --scale and --offset."
        )


@dataclass(frozen=True)
class Geocoding:
    """How a radar scene was put onto the ground; see `camp_monitor.scenes.sar.geocoding`.

    Parameters
    ----------
    height_m : float
        Ground at this height above the ellipsoid lies in its place.
    control_height_m : float
        Height that the file's own control points have there.
    incidence_deg : float
        Angle between the ray and the vertical.
    displaced_m_per_100_m : float
        How far ground that is 100 m higher lies from its place, towards the radar.
    noise_subtracted : bool
        Whether thermal noise was subtracted.

    Raises
    ------
    ValueError
        A number is none, or not finite.
    """

    height_m: float
    control_height_m: float
    incidence_deg: float
    displaced_m_per_100_m: float
    noise_subtracted: bool

    def __post_init__(self) -> None:
        numbers = (
            self.height_m, self.control_height_m, self.incidence_deg, self.displaced_m_per_100_m,
        )  # fmt: skip
        right = all(isinstance(n, (int, float)) and math.isfinite(n) for n in numbers)
        if not right or not isinstance(self.noise_subtracted, bool):
            raise ValueError("camp_monitor:geocoding holds what is no number")


@dataclass(frozen=True)
class Scene:
    """One acquisition of one sensor.

    Parameters
    ----------
    id : str
        Item id in the catalogue.
    sensor, quantity : str
        Keys of `SENSORS` and `QUANTITIES`.
    acquired_from_at, acquired_to_at : datetime
        UTC; equal for one instant, apart for a composite or where only the day or year is known.
    bands : tuple of BandFile
        Measurements, in the order in which they are read.
    quality : BandFile or None
        A provider's quality band, if there is one.
    footprint : shapely geometry
        EPSG:4326; the frame of the file, nodata included.
    pixel_m : float
        Side of a pixel on the ground, metres, at the centre.
    files : tuple of Path
        Every file, in the order in which they were given.
    sha256 : tuple of str
        One for each of `files`.
    licence, credit : str
        As given by the provider or the user.
    relative_orbit, orbit_state : int or str or None
        Of a satellite, where the item says.
    platform : str or None
        The satellite, such as ``sentinel-1a``, likewise.
    sun_elevation_deg, sun_azimuth_deg, off_nadir_deg : float or None
        Where the item says.
    bands_assumed : bool
        The files do not name their bands: the sensor's usual order was taken.
    baseline : str or None
        The processing baseline of Sentinel-2, such as ``05.00``, where it is known.
    offset_kind : str
    offset_notes : tuple of Note
        Of Sentinel-2, see `camp_monitor.scenes.sentinel2_offset.OffsetState`; empty for other
        sensors, and where the user gave the offset.
    simulated : bool
        Painted by a program, and seen by no satellite.
    geocoding : Geocoding or None
        Of radar that was fetched in its own geometry: how it was put onto the ground.
    tiles : tuple of Scene
        Of which it was put together, see `camp_monitor.scenes.passes`; the first that shows a
        pixel tells of it.  Empty where it is one item of the catalogue.  `bands` and `quality` are
        those of the first.
    """

    id: str
    sensor: str
    quantity: str
    acquired_from_at: datetime
    acquired_to_at: datetime
    bands: tuple[BandFile, ...]
    quality: BandFile | None
    footprint: BaseGeometry
    pixel_m: float
    files: tuple[Path, ...]
    sha256: tuple[str, ...]
    licence: str
    credit: str
    relative_orbit: int | None = None
    orbit_state: str | None = None
    platform: str | None = None
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    off_nadir_deg: float | None = None
    bands_assumed: bool = False
    baseline: str | None = None
    offset_kind: str = ""
    offset_notes: tuple[Note, ...] = ()
    simulated: bool = False
    geocoding: Geocoding | None = None
    tiles: tuple[Scene, ...] = ()

    def __post_init__(self) -> None:
        if self.sensor not in SENSORS:
            raise SceneError(
                f"Scene {self.id} names the sensor {self.sensor!r}, which is not one of "
                f"{', '.join(SENSORS)}."
            )
        if self.quantity not in QUANTITIES:
            raise SceneError(
                f"Scene {self.id} holds the quantity {self.quantity!r}, which is not one of "
                f"{', '.join(QUANTITIES)}."
            )
        if self.acquired_from_at > self.acquired_to_at:
            raise SceneError(f"Scene {self.id} ends before it begins: its dates are swapped.")
        if not self.bands:
            raise SceneError(f"Scene {self.id} has no band to compare.")

    def __repr__(self) -> str:
        bands = " ".join(self.band_names)
        return (
            f"<Scene {self.id}: {SENSORS[self.sensor].title}, {self.dates}, {bands}, "
            f"{self.pixel_m:.3g} m, {self.quantity}>"
        )

    @property
    def band_names(self) -> tuple[str, ...]:
        """Standard names of the measurements."""
        return tuple(band.name for band in self.bands)

    @property
    def nature(self) -> Nature:
        """Radar or optical, and the unit of its numbers."""
        return nature_of(self.band_names, self.quantity)

    @property
    def dates(self) -> str:
        """The day, or the interval of days, in words."""
        first, last = self.acquired_from_at.date(), self.acquired_to_at.date()
        return str(first) if first == last else f"{first} to {last}"

    @property
    def offset_why(self) -> tuple[str, ...]:
        """Codes of `offset_notes`, for the refusal of a scene whose offset is unknown."""
        return tuple(item.code for item in self.offset_notes) or (Code.AS_RECORDED,)


@dataclass(frozen=True)
class SceneDescription:
    """What a user says of the files that are to be added.

    Parameters
    ----------
    sensor : str
        Key of `SENSORS`.
    acquired : str or None
        See `parse_acquired`; None where `item` says it.
    bands : tuple of str or None
        Standard names in the order of the files' bands; ``unused`` leaves one out.
    item : Path or None
        The provider's STAC item.
    quantity : str or None
        Key of `QUANTITIES`, where the file does not follow from its sensor.
    scale, offset : float or None
        ``quantity = number * scale + offset``, likewise.
    licence, credit : str or None
        Instead of the sensor's or the item's.
    id : str or None
        Of the scene in the catalogue, instead of one made from the item or the files.
    addresses : tuple of str
        Where each file came from, unsigned; empty for files of the user.
    offset_state : OffsetState or None
        Of Sentinel-2, where it was settled before; otherwise it follows from the item.
    geocoding : Geocoding or None
        Of radar that was put onto the ground as it was fetched.
    simulated : bool
        Painted by a program; a file with the tag ``SIMULATED`` says so by itself.
    """

    sensor: str
    acquired: str | None = None
    bands: tuple[str, ...] | None = None
    item: Path | None = None
    quantity: str | None = None
    scale: float | None = None
    offset: float | None = None
    licence: str | None = None
    credit: str | None = None
    id: str | None = None
    addresses: tuple[str, ...] = ()
    offset_state: OffsetState | None = None
    geocoding: Geocoding | None = None
    simulated: bool = False

    def __post_init__(self) -> None:
        scale = 1.0 if self.scale is None else self.scale
        check_factors(scale, self.offset or 0.0, "The description")


FIRST_YEAR, LAST_YEAR = 1940, 2199
"""No image from the air worth comparing is older; a later year is a slip of the pen."""

_ACQUIRED = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ].+)?)?)?")


def parse_acquired(text: str) -> tuple[datetime, datetime]:
    """Read a time, a day, a month, a year, or two of them joined by ``/``, as an interval in UTC.

    ``2016-08-29T02:16:02Z`` is one instant; ``2016-08-29`` is that whole day; ``1985`` the whole
    year; ``2015-06-01/2015-08-31`` all from the first instant to the last.

    Raises
    ------
    SceneError
        None of these, or a year out of `FIRST_YEAR` to `LAST_YEAR`.
    """
    parts = text.strip().split("/")
    if len(parts) > 2:
        raise SceneError(f"The date {text!r} has more than two parts: give FROM/TO.")
    first, last = _instants(parts[0], text)[0], _instants(parts[-1], text)[1]
    if first > last:
        raise SceneError(f"The interval {text!r} ends before it begins: swap its two parts.")
    return first, last


def _instants(part: str, text: str) -> tuple[datetime, datetime]:
    """First and last second of a time, a day, a month or a year."""
    part = part.strip()
    if not _ACQUIRED.fullmatch(part):
        raise SceneError(
            f"The date {text!r} is not understood: give a time (2016-08-29T02:16:02Z), a day "
            f"(2016-08-29), a month, a year (1985), or an interval of them (2016-06/2016-08)."
        )
    if not FIRST_YEAR <= int(part[:4]) <= LAST_YEAR:
        raise SceneError(
            f"The date {text!r} lies outside the years {FIRST_YEAR} to {LAST_YEAR}: correct it."
        )
    try:
        if len(part) > 10:
            instant = datetime.fromisoformat(part)
            instant = instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
            return instant.replace(microsecond=0), instant.replace(microsecond=0)
        year, month, day = (*map(int, part.split("-")), 0, 0)[:3]
        first = datetime(year, month or 1, day or 1, tzinfo=UTC)
        last_month = month or 12
        last_day = day or calendar.monthrange(year, last_month)[1]
        last = datetime(year, last_month, last_day, tzinfo=UTC) + timedelta(days=1, seconds=-1)
    except ValueError as error:
        raise SceneError(f"The date {text!r} does not exist: {error}.") from error
    return first, last
