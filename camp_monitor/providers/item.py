"""From a provider's STAC item to what we need of it: pure, nothing is read but the item."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import RemoteError, SceneError
from camp_monitor.providers.asset import (
    address_of,
    agreed,
    asset_of,
    finite,
    promised,
    stated,
)
from camp_monitor.providers.sources import Collection, Source
from camp_monitor.scenes.acquisition import Acquisition, newness_of, satellite_name
from camp_monitor.scenes.sar.calibration import find_annotations
from camp_monitor.scenes.sentinel2_offset import OffsetState, offset_from_item

MOST_VERTICES = 10_000
MOST_ORBITS = 233
"""Relative orbits are counted from 1: Sentinel-2 has 143, Sentinel-1 175, Landsat 233 paths."""
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
UNREADABLE = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, ShapelyError,
)  # fmt: skip
"""What shapely raises for coordinates that are none."""


@dataclass(frozen=True)
class RemoteBand:
    """One band of a scene at a provider.

    Parameters
    ----------
    name : str
        Standard name.
    asset, href : str
        Key of the asset, and its address as the item gives it: never a signed one.
    scale, offset : float
        ``quantity = number * scale + offset``.
    nodata : float or None
    checksum : str or None
        Multihash of the whole file, in hexadecimal, where the provider promises one.
    size : int or None
        Bytes of the whole file, where the item says.
    calibration, noise : str or None
        Of a band in radar geometry: addresses of its annotations, as the item gives them.
    """

    name: str
    asset: str
    href: str
    scale: float
    offset: float
    nodata: float | None
    checksum: str | None = None
    size: int | None = None
    calibration: str | None = None
    noise: str | None = None


@dataclass(frozen=True, eq=False)
class RemoteScene:
    """One acquisition, as a provider's catalogue describes it.

    Parameters
    ----------
    id, source, collection, sensor, quantity : str
    acquired_from_at, acquired_to_at : datetime
        UTC.
    footprint : shapely geometry
        EPSG:4326.
    bands : tuple of RemoteBand
    quality : RemoteBand or None
    cloud_fraction : float or None
        Of the whole scene, 0 to 1, as the provider says.
    platform, orbit_state : str or None
    relative_orbit : int or None
    sun_elevation_deg, sun_azimuth_deg, off_nadir_deg : float or None
    offset_state : OffsetState or None
        Of Sentinel-2.
    licence, credit : str
    """

    id: str
    source: str
    collection: str
    sensor: str
    quantity: str
    acquired_from_at: datetime
    acquired_to_at: datetime
    footprint: BaseGeometry
    bands: tuple[RemoteBand, ...]
    quality: RemoteBand | None
    cloud_fraction: float | None
    platform: str | None
    orbit_state: str | None
    relative_orbit: int | None
    sun_elevation_deg: float | None
    sun_azimuth_deg: float | None
    off_nadir_deg: float | None
    offset_state: OffsetState | None
    licence: str
    credit: str

    @property
    def files(self) -> int:
        """How many files are read of it."""
        return len(self.bands) + (self.quality is not None)

    @property
    def in_radar_geometry(self) -> bool:
        """Whether it is calibrated and put onto the ground as it is fetched."""
        return self.bands[0].calibration is not None

    @property
    def acquisition(self) -> Acquisition:
        """By what and when it was taken."""
        return Acquisition(
            self.sensor, self.acquired_from_at, self.acquired_to_at,
            satellite_name(self.platform, [self.id]), self.relative_orbit, self.orbit_state,
        )  # fmt: skip

    @property
    def newness(self) -> tuple[float, int, str]:
        """Order of processings of one tile, see `camp_monitor.scenes.acquisition.newness_of`."""
        baseline = self.offset_state.baseline if self.offset_state else None
        return newness_of(baseline, [self.id])

    @property
    def date(self) -> str:
        """Day of acquisition, UTC."""
        return f"{self.acquired_from_at:%Y-%m-%d}"


def read_remote_scene(item: object, source: Source) -> RemoteScene:
    """Read a provider's item by the table of its source.

    Parameters
    ----------
    item : object
        Parsed JSON, from anyone.
    source : Source

    Raises
    ------
    RemoteError
        Not an item, of a collection that the table does not know, or without what is needed.
    """
    where = f"The catalogue {source.title}"
    if not isinstance(item, dict) or item.get("type") != "Feature":
        raise RemoteError(f"{where} sent something that is not a STAC item: try another source.")
    identity = item.get("id")
    if not isinstance(identity, str) or not SAFE_ID.fullmatch(identity):
        raise RemoteError(
            f"{where} sent an item with the id {str(identity)[:60]!r}, which is no safe name: "
            f"leave it out or report it to the provider."
        )
    named = f"The item {identity} of {source.title}"
    collection = _collection(item, source, named)
    properties, assets = item.get("properties"), item.get("assets")
    if not isinstance(properties, dict) or not isinstance(assets, dict):
        raise RemoteError(f"{named} has no properties or no assets: leave it out.")
    first, last = times_of(properties, named)
    state = _offset_state(collection, identity, properties, assets)
    zenith = _number(properties, "s2:mean_solar_zenith")
    elevation = _number(properties, "view:sun_elevation")
    if elevation is None and zenith is not None:
        elevation = 90.0 - zenith
    azimuth = _number(properties, "view:sun_azimuth")
    cloud = _number(properties, "eo:cloud_cover")
    orbit = _number(properties, "sat:relative_orbit")
    quality = collection.quality
    return RemoteScene(
        id=identity,
        source=source.name,
        collection=collection.id,
        sensor=collection.sensor,
        quantity=collection.quantity,
        acquired_from_at=first,
        acquired_to_at=last,
        footprint=footprint_of(item, named),
        bands=_bands(source, collection, assets, properties, state, named),
        quality=_quality(source, quality, assets, named) if quality else None,
        cloud_fraction=None if cloud is None else min(max(cloud / 100, 0.0), 1.0),
        platform=_text(properties, "platform"),
        orbit_state=_text(properties, "sat:orbit_state"),
        relative_orbit=int(orbit) if orbit and orbit in range(1, MOST_ORBITS + 1) else None,
        sun_elevation_deg=elevation,
        sun_azimuth_deg=azimuth
        if azimuth is not None
        else _number(properties, "s2:mean_solar_azimuth"),
        off_nadir_deg=_number(properties, "view:off_nadir"),
        offset_state=state,
        licence=_licence(properties, collection),
        credit=collection.credit,
    )


def _collection(item: Mapping[str, Any], source: Source, named: str) -> Collection:
    identity = item.get("collection")
    for collection in source.collections:
        if collection.id == identity:
            return collection
    known = ", ".join(collection.id for collection in source.collections)
    raise RemoteError(
        f"{named} is of the collection {str(identity)[:60]!r}, of which nothing is known: "
        f"{source.title} is read for {known}."
    )


def times_of(properties: Mapping[str, Any], named: str) -> tuple[datetime, datetime]:
    """Return the first and the last instant of an item, UTC; `named` is what an error calls it."""
    at = properties.get("datetime")
    both = [properties.get(key) for key in ("start_datetime", "end_datetime")]
    if at is not None:
        both = [at, at]
    try:
        first, last = (datetime.fromisoformat(text) for text in both if isinstance(text, str))
        moments = [
            moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).replace(microsecond=0)
            for moment in (first, last)
        ]
    except (TypeError, ValueError, OverflowError) as error:
        raise RemoteError(f"{named} says no date that can be read: leave it out.") from error
    if moments[0] > moments[1]:
        raise RemoteError(f"{named} ends before it begins: leave it out.")
    return moments[0], moments[1]


def footprint_of(item: Mapping[str, Any], named: str) -> BaseGeometry:
    """Return where an item lies, EPSG:4326."""
    geometry = item.get("geometry")
    unreadable = RemoteError(f"{named} has no footprint that can be read: leave it out.")
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise unreadable
    try:
        with np.errstate(all="ignore"):
            footprint = shape(geometry)
    except UNREADABLE as error:
        raise unreadable from error
    if shapely.get_num_coordinates(footprint) > MOST_VERTICES:
        raise RemoteError(
            f"{named} has a footprint of more than {MOST_VERTICES} vertices, where a scene's has "
            f"some: leave it out."
        )
    bounds = footprint.bounds
    if not bounds or not all(math.isfinite(value) for value in bounds) or footprint.is_empty:
        raise RemoteError(f"{named} has an empty footprint: leave it out.")
    if bounds[0] < -180 or bounds[2] > 180 or bounds[1] < -90 or bounds[3] > 90:
        raise RemoteError(
            f"{named} has a footprint beyond the longitudes -180 to 180 or the latitudes -90 to "
            f"90 (across the antimeridian, or in metres): leave it out."
        )
    if bounds[2] - bounds[0] > 90:
        raise RemoteError(
            f"{named} has a footprint {bounds[2] - bounds[0]:.0f} degrees wide, so that it "
            f"crosses the antimeridian: such places are not supported; leave it out."
        )
    whole = footprint if footprint.is_valid else footprint.buffer(0)
    if whole.is_empty:
        raise RemoteError(f"{named} has an empty footprint: leave it out.")
    return whole


def _offset_state(
    collection: Collection, identity: str, properties: Mapping[str, Any], assets: Mapping[str, Any]
) -> OffsetState | None:
    if not collection.baseline:
        return None
    held = [assets.get(key) for key in collection.bands.values()]
    said = {value for one in held if isinstance(one, dict) for value in stated(one, "offset")}
    listed = next(iter(said), None) if len(said) < 2 else math.nan  # of two, neither can be right
    return offset_from_item({**properties, "id": identity}, listed)


def _bands(
    source: Source,
    collection: Collection,
    assets: Mapping[str, Any],
    properties: Mapping[str, Any],
    state: OffsetState | None,
    named: str,
) -> tuple[RemoteBand, ...]:
    polarisations = properties.get("sar:polarizations")
    bands = []
    for name, key in collection.bands.items():
        if isinstance(polarisations, list) and name.upper() not in polarisations:
            continue  # radar in one polarisation only
        asset = asset_of(assets, key, named)
        scale, offset = 1.0, 0.0
        if not collection.radar_geometry:  # its numbers are calibrated as they are fetched
            scale = agreed(asset, "scale", collection.scale, 1.0, f"{named}, band {name},")
            usual = collection.offset if state is None else None
            offset = agreed(asset, "offset", usual, 0.0, f"{named}, band {name},", state)
        nodata = next(iter(stated(asset, "nodata")), collection.nodata)
        bands.append(
            RemoteBand(
                name, key, address_of(asset, source), scale, offset, nodata, *promised(asset),
                *(_annotations(assets, name, named) if collection.radar_geometry else ()),
            )
        )  # fmt: skip
    if not bands:
        raise RemoteError(f"{named} has none of the bands {', '.join(collection.bands)}.")
    return tuple(bands)


def _annotations(assets: Mapping[str, Any], band: str, named: str) -> tuple[str, str | None]:
    """Addresses of a radar band's calibration and noise."""
    try:
        calibration, noise = find_annotations(assets, band)
    except SceneError as error:
        raise RemoteError(
            f"{named} has not one calibration file for {band.upper()}, without which its numbers "
            f"mean nothing: leave it out, or use a terrain-corrected (RTC) collection."
        ) from error
    addresses = [asset_of(assets, key, named)["href"] for key in (calibration, noise) if key]
    return addresses[0], addresses[1] if noise else None


def _quality(
    source: Source, quality: tuple[str, str], assets: Mapping[str, Any], named: str
) -> RemoteBand:
    name, key = quality
    asset = asset_of(assets, key, named)
    return RemoteBand(name, key, address_of(asset, source), 1.0, 0.0, None, *promised(asset))


def _number(properties: Mapping[str, Any], key: str) -> float | None:
    return finite(properties.get(key))


def _text(properties: Mapping[str, Any], key: str) -> str | None:
    value = properties.get(key)
    return value[:60].lower() if isinstance(value, str) else None


def _licence(properties: Mapping[str, Any], collection: Collection) -> str:
    said = properties.get("license")
    vague = not isinstance(said, str) or said in ("", "proprietary", "other", "various")
    return collection.licence if vague else str(said)[:60]
