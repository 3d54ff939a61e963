"""`Acquisition`: by what and when a scene was taken, and whether two scenes are of one pass.

Two processings of a scene, two tiles of a swath and two slices of a radar strip show one moment.
They differ by what the ground segment did, not by what happened on the ground.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import SENSORS, is_sar

MOST_APART = timedelta(minutes=2)
"""Scenes of one sensor whose satellite is not stated are of one pass up to this gap.

Over one place, tiles and rows of a pass differ by seconds: Sentinel-1 slices by 25 s, Landsat rows
by 24 s, Sentinel-2 tiles and PlanetScope frames by less.  Satellites that follow each other on one
track have flown minutes apart.
"""
HALF_ORBIT = timedelta(minutes=45)
"""One satellite is back over a place after an orbit, 94 min or more, and catalogues date a scene by
its own begin or by that of the whole strip: less than this apart, its scenes are of one pass."""
AT_ONCE = timedelta(hours=1)
"""A scene that may have been taken at any time of a longer span than this, such as a day, is of one
pass with no scene outside of that span."""
LONGEST = timedelta(days=1)
"""A scene of a longer time is a composite, and of no pass."""
ANY_SENSOR = ("rgb", "rgbn")
"""Kinds of files, not sensors: the same pass may be in the catalogue under its sensor's name."""

_PLATFORMS = (
    (re.compile(r"s(?:entinel)?[-_ ]?([12])[-_ ]?([a-d])", re.IGNORECASE), "sentinel-{}{}"),
    (re.compile(r"l(?:andsat|[cetom])[-_ ]?0?([4-9])", re.IGNORECASE), "landsat-{}"),
    (re.compile(r"([0-9a-f]{4})", re.IGNORECASE), "dove-{}"),
    (re.compile(r"(?:sentinel|landsat|planetscope|planet)[-_ ]?[12]?()", re.IGNORECASE), ""),
    (re.compile(r"(.{0,40}).*", re.DOTALL), "{}"),
)
"""What an item calls a satellite, and one word for it; a series is none."""
_PRODUCTS = (
    (re.compile(r"S([12])([A-D])_", re.IGNORECASE), "sentinel-{}{}"),
    (re.compile(r"L[CETOM]0?([4-9])_", re.IGNORECASE), "landsat-{}"),
    (re.compile(r"\d{8}_\d{6}_(?:\d\d_)?([0-9a-f]{4})(?![0-9a-z])", re.IGNORECASE), "dove-{}"),
)
"""How the names of products begin: with the satellite, or with date, time and satellite."""
_TIERS = {"RT": 0, "T2": 1, "T1": 2}
"""Of Landsat: real time first, and the tier that it is given weeks later."""
_BASELINE = re.compile(r"_N(\d\d)(\d\d)(?=[_.]|$)")
_TIER = re.compile(r"_(RT|T[12])(?![0-9A-Za-z])")
_STAMP = re.compile(r"(?<!\d)(\d{8})(?:T(\d{6}))?(?!\d)")


@dataclass(frozen=True)
class Acquisition:
    """By what and when a scene was taken.

    Parameters
    ----------
    sensor : str
        Key of `camp_monitor.scenes.sensors.SENSORS`.
    from_at, to_at : datetime
        UTC; first and last instant that the scene may have been taken at.
    satellite : str
        One word for one satellite, see `satellite_name`; empty where it is not known.
    relative_orbit, orbit_state : int or str or None
        Where they are stated.
    """

    sensor: str
    from_at: datetime
    to_at: datetime
    satellite: str = ""
    relative_orbit: int | None = None
    orbit_state: str | None = None

    def is_one_pass(self, other: Acquisition) -> bool:
        """Tell whether two scenes of one place are of one pass, or cannot be told from that.

        Notes
        -----
        Cannot see: two satellites within `MOST_APART` of which neither item nor name says which
        they are; they count as one.  Two scenes of which only the day is known, and that the same,
        may be of one pass, and count as one.
        """
        if not _may_be_one_sensor(self.sensor, other.sensor):
            return False
        if _differ(self.satellite or None, other.satellite or None):
            return False
        if _differ(self.relative_orbit, other.relative_orbit):
            return False
        if _differ(self.orbit_state, other.orbit_state):
            return False
        longest = max(self.to_at - self.from_at, other.to_at - other.from_at)
        if longest >= LONGEST:
            return (self.from_at, self.to_at) == (other.from_at, other.to_at)
        gap = max(self.from_at, other.from_at) - min(self.to_at, other.to_at)
        if longest > AT_ONCE:
            return gap <= timedelta(0)
        known = self.satellite != "" and self.satellite == other.satellite
        return gap <= (HALF_ORBIT if known else MOST_APART)


def acquisition_of(scene: Scene) -> Acquisition:
    """Return by what and when a scene was taken."""
    names = (scene.id, *(path.name for path in scene.files))
    return Acquisition(
        sensor=scene.sensor,
        from_at=scene.acquired_from_at,
        to_at=scene.acquired_to_at,
        satellite=satellite_name(scene.platform, names),
        relative_orbit=scene.relative_orbit,
        orbit_state=scene.orbit_state,
    )


def satellite_name(platform: str | None, names: Iterable[str] = ()) -> str:
    """Name a satellite with one word: ``sentinel-2a`` of ``S2A`` and of ``Sentinel-2A``.

    Parameters
    ----------
    platform : str or None
        As an item says it.
    names : iterable of str
        Of the product and its files, where no item says it.

    Returns
    -------
    str
        Empty where it is not known; a series (``sentinel-2``) is no satellite.
    """
    said = (platform or "").strip()
    for pattern, word in _PLATFORMS if said else ():
        found = pattern.fullmatch(said)
        if found and word:
            return word.format(*(part.casefold() for part in found.groups()))
        if found:
            break
    for name in names:
        for pattern, word in _PRODUCTS:
            found = pattern.match(name)
            if found:
                return word.format(*(part.casefold() for part in found.groups()))
    return ""


def newness_of(baseline: str | None, names: Iterable[str]) -> tuple[float, int, str]:
    """Order processings of one tile, the newest last: by baseline, tier and time of processing.

    Parameters
    ----------
    baseline : str or None
        Of Sentinel-2, such as ``05.00``, where it is known.
    names : iterable of str
        Of the product and its files, which say the rest: of the dates in a name the first is that
        of the acquisition, and the last of the others counts.
    """
    number, tier, stamp = float(baseline or 0), -1, ""
    for name in names:
        number = max([number, *(float(f"{one}.{two}") for one, two in _BASELINE.findall(name))])
        tier = max([tier, *(_TIERS[word] for word in _TIER.findall(name))])
        stamps = ["".join(parts) for parts in _STAMP.findall(name)]
        stamp = max([stamp, *stamps[1:]])
    return number, tier, stamp


def _may_be_one_sensor(first: str, second: str) -> bool:
    if first == second:
        return True
    radar = any(is_sar(SENSORS[name].bands) for name in (first, second) if name in SENSORS)
    return not radar and (first in ANY_SENSOR or second in ANY_SENSOR)


def _differ(first: object, second: object) -> bool:
    """Whether both are known, and not the same."""
    return first is not None and second is not None and first != second
