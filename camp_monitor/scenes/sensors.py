"""What is known of each sensor before any of its files is opened."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from enum import StrEnum

OPTICAL_BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
SAR_BANDS = ("vv", "vh")
UNKNOWN_POLARISATION = "sar"
"""Name of a radar band of which only that is known."""
QUALITY_BANDS = ("scl", "qa_pixel", "udm2.0", "udm2.1")
"""Bands that hold a provider's classes, not measurements: see `camp_monitor.scenes.quality`."""

QUANTITIES = (
    "reflectance", "sigma0_db", "gamma0_db", "sigma0_power", "gamma0_power", "dn8", "amplitude8",
    "dn16",
)  # fmt: skip
"""What numbers may mean.

Of ``dn8`` and ``dn16``, only contrasts within one date mean anything; of ``amplitude8``, only the
order of the numbers within a date.
"""
BACKSCATTER = ("sigma0_db", "gamma0_db", "sigma0_power", "gamma0_power")
"""Quantities of radar; images of them are always in decibels."""
PHYSICAL = ("reflectance", *BACKSCATTER)
"""Quantities whose absolute value has a meaning."""


@dataclass(frozen=True)
class Sensor:
    """A sensor, or a kind of image file, as `scenes add` knows it.

    Parameters
    ----------
    key, title : str
        The word on the command line, and the name in print.
    bands : tuple of str
        Order of the bands in a file that does not say, by standard name.
    aliases : dict
        How providers name the bands, in lower case, to standard name.
    quantity : str
        What integers wider than 8 bits, or floats, hold; 8-bit files are always ``dn8``.
    scale, offset : float or None
        ``quantity = number * scale + offset`` of integer files; None where the file must say.
    credit, licence : str
        Filled in where the user gives none.
    nodata : float or None
        What the product's specification calls empty, for integer files that do not say.
    """

    key: str
    title: str
    bands: tuple[str, ...]
    aliases: dict[str, str]
    quantity: str
    scale: float | None
    offset: float | None
    credit: str
    licence: str
    nodata: float | None = None


_LANDSAT_EARLY = {
    "sr_b1": "blue", "sr_b2": "green", "sr_b3": "red", "sr_b4": "nir", "sr_b5": "swir1",
    "sr_b7": "swir2",
}  # fmt: skip
_LANDSAT_LATE = {
    "sr_b2": "blue", "sr_b3": "green", "sr_b4": "red", "sr_b5": "nir", "sr_b6": "swir1",
    "sr_b7": "swir2",
}  # fmt: skip
_LANDSAT = re.compile(r"(?:^|[^a-z])(?:l[cetom]0?|landsat[_ -]?)([4-9])(?!\d)")
"""The number of the satellite, in ``lc08_l2sp_...`` and in ``landsat_8``."""
_OTHER_BANDS = {"coastal", "edge", "pan", "panchromatic", "cirrus", "yellow"}
"""Words that make another band of a colour: "coastal blue", "red edge 1"."""
_NAMES = {name: name for name in (*OPTICAL_BANDS, *SAR_BANDS, *QUALITY_BANDS)} | {
    "swir16": "swir1", "swir22": "swir2", "nir08": "nir", "near infrared": "nir", "b": "blue",
    "g": "green", "r": "red", "n": "nir",
}  # fmt: skip

SENSORS = {
    sensor.key: sensor
    for sensor in (
        Sensor(
            key="sentinel-2",
            title="Sentinel-2",
            bands=("blue", "green", "red", "nir"),
            aliases={
                "b02": "blue",
                "b03": "green",
                "b04": "red",
                "b08": "nir",
                "b8a": "nir",
                "b11": "swir1",
                "b12": "swir2",
                "scl": "scl",
            },
            quantity="reflectance",
            scale=1e-4,
            offset=None,  # the numbers were shifted by 1000 in processing baseline 04.00
            credit="Contains modified Copernicus Sentinel data",
            licence="CC-BY-SA-3.0-IGO",
            nodata=0,
        ),
        Sensor(
            key="landsat",
            title="Landsat",
            bands=("blue", "green", "red", "nir", "swir1", "swir2"),
            aliases={},  # SR_B4 is near infrared up to Landsat 7 and red from Landsat 8 on
            quantity="reflectance",
            scale=2.75e-5,  # Collection 2 Level 2 surface reflectance
            offset=-0.2,
            credit="Landsat, U.S. Geological Survey",
            licence="PDDL-1.0",
            nodata=0,
        ),
        Sensor(
            key="sentinel-1",
            title="Sentinel-1",
            bands=("vv", "vh"),
            aliases={"sigma0_vv": "vv", "sigma0_vh": "vh", "gamma0_vv": "vv", "gamma0_vh": "vh"},
            quantity="sigma0_db",
            scale=None,
            offset=None,
            credit="Contains modified Copernicus Sentinel data",
            licence="CC-BY-SA-3.0-IGO",
        ),
        Sensor(
            key="naip",
            title="NAIP aerial imagery",
            bands=("red", "green", "blue", "nir"),
            aliases={},
            quantity="dn8",
            scale=None,
            offset=None,
            credit="USDA National Agriculture Imagery Program",
            licence="PDDL-1.0",
        ),
        Sensor(
            key="planetscope",
            title="PlanetScope",
            bands=("blue", "green", "red", "nir"),
            aliases={},
            quantity="reflectance",
            scale=1e-4,  # surface reflectance products
            offset=0.0,
            credit="Planet Labs PBC",
            licence="proprietary",
            nodata=0,
        ),
        Sensor(
            key="rgb",
            title="RGB image",
            bands=("red", "green", "blue"),
            aliases={},
            quantity="dn16",
            scale=None,
            offset=None,
            credit="",
            licence="",
        ),
        Sensor(
            key="rgbn",
            title="RGB and near-infrared image",
            bands=("red", "green", "blue", "nir"),
            aliases={},
            quantity="dn16",
            scale=None,
            offset=None,
            credit="",
            licence="",
        ),
    )
}
"""Every sensor that `scenes add` takes, by key."""


def band_name(text: str, sensor: Sensor, source: str = "") -> str | None:
    """Return the standard name of a band that a file or a user calls `text`, or None.

    Whole names are matched first, then the parts of a file name: the band of
    ``T52TEN_20160829T021602_B04_10m.jp2`` is ``red`` for Sentinel-2.  `source`, a file's name and
    the platform of its item, tells the satellites of one series apart: the band ``SR_B4`` is
    ``red`` of Landsat 8 and ``nir`` of Landsat 7, and None of a Landsat without a number.
    """
    known = {**_NAMES, **sensor.aliases}
    if sensor.key == "landsat":
        known |= _landsat_names(f"{text} {source}".lower())
    word = text.strip().lower()
    if word in known:
        return known[word]
    parts = re.split(r"[^a-z0-9]+", word)
    if _OTHER_BANDS.intersection(parts):
        return None
    pairs = [f"{first}_{second}" for first, second in itertools.pairwise(parts)]
    longer = {name: band for name, band in known.items() if len(name) > 1}
    found = {longer[part] for part in (*pairs, *parts) if part in longer}
    return found.pop() if len(found) == 1 else None


def _landsat_names(text: str) -> dict[str, str]:
    """Return the numbered bands of the satellite that `text` names, if it names just one kind."""
    early = {int(number) < 8 for number in _LANDSAT.findall(text)}
    if len(early) != 1:
        return {}
    return _LANDSAT_EARLY if early.pop() else _LANDSAT_LATE


class Unit(StrEnum):
    """What the numbers of an image mean."""

    REFLECTANCE = "reflectance"
    DECIBEL = "decibel"
    POWER = "power"
    AMPLITUDE = "amplitude"
    UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True)
class Nature:
    """What an image, a scene or a pair is: decided here, and asked nowhere else.

    Parameters
    ----------
    radar : bool
        Radar; otherwise optical.
    unit : Unit
    """

    radar: bool
    unit: Unit

    @property
    def calibrated(self) -> bool:
        """Whether an absolute value has a meaning: reflectance, decibels or linear power."""
        return self.unit not in (Unit.AMPLITUDE, Unit.UNCALIBRATED)


def nature_of(bands: tuple[str, ...], quantity: str) -> Nature:
    """Tell what images of these bands and this quantity are."""
    return Nature(is_sar(bands), _UNITS.get(quantity, Unit.UNCALIBRATED))


_UNITS = {
    "reflectance": Unit.REFLECTANCE,
    "sigma0_db": Unit.DECIBEL,
    "gamma0_db": Unit.DECIBEL,
    "sigma0_power": Unit.POWER,
    "gamma0_power": Unit.POWER,
    "amplitude8": Unit.AMPLITUDE,
}


def is_sar(bands: tuple[str, ...]) -> bool:
    """Tell whether these are radar bands."""
    return bool(bands) and all(name in (*SAR_BANDS, UNKNOWN_POLARISATION) for name in bands)
