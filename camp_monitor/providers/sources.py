"""The catalogues that are searched, and how each of them names what we need: one table."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from camp_monitor.errors import WorkspaceError
from camp_monitor.providers.network.addresses import parse_address
from camp_monitor.scenes.ground_files import Layer
from camp_monitor.settings import SourceSettings

Signing = Literal["none", "planetary-computer", "copernicus-s3"]

COPERNICUS_LICENCE = "CC-BY-SA-3.0-IGO"
LANDSAT_LICENCE = "PDDL-1.0"


@dataclass(frozen=True)
class Collection:
    """How one collection of a source names things.

    Parameters
    ----------
    id : str
        Of the collection, as the source calls it.
    sensor : str
        Key of `camp_monitor.scenes.sensors.SENSORS`.
    bands : mapping
        Standard name of a band to the key of its asset, in the order in which bands are read.
    quality : (str, str) or None
        Name of the quality band (``scl``, ``qa_pixel``) and the key of its asset.
    quantity : str
        Of the numbers after scale and offset.
    scale, offset : float or None
        ``quantity = number * scale + offset``; None where each item says it.
    nodata : float or None
        Where an item does not say.
    baseline : bool
        Sentinel-2: the processing baseline decides on the offset, see
        `camp_monitor.scenes.sentinel2_offset`.
    radar_geometry : bool
        Radar as whole numbers in its own geometry, with annotations to calibrate it by; it is put
        onto the ground as it is fetched, and `quantity`, `scale` and `offset` are of what is kept.
    licence, credit : str
        Where an item does not say.
    """

    id: str
    sensor: str
    bands: Mapping[str, str]
    quality: tuple[str, str] | None = None
    quantity: str = "reflectance"
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = 0.0
    baseline: bool = False
    radar_geometry: bool = False
    licence: str = ""
    credit: str = ""


@dataclass(frozen=True)
class GroundCollection:
    """How one collection of heights or of permanent water names things.

    Parameters
    ----------
    id, title : str
        Of the collection, as the source calls it, and as records call it.
    layer : str
        One of `camp_monitor.scenes.ground_files.LAYERS`.
    asset : str
        Key of the asset with heights in metres, or with the share of time under water in percent.
    licence, credit : str
        The credit is the one that the data's owner asks for.
    bucket : (str, str)
        Start of an address that only a store's own programs can read, and where the same files are
        open to all.
    """

    id: str
    title: str
    layer: Layer
    asset: str
    licence: str
    credit: str
    bucket: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Source:
    """A catalogue on the network.

    Parameters
    ----------
    name : str
        As ``--source`` and ``camp-monitor.toml`` call it.
    title : str
    url : str
        Landing page of its STAC API.
    hosts : tuple of str
        Where its API and its files are: nothing else is asked.  Empty: every public host.
    collections : tuple of Collection
        The first of a sensor is the one that is searched.
    ground : tuple of GroundCollection
        One of a layer at most.
    signing : str
        What an address needs before it is read.
    tried : str
        What the table was tried against.
    """

    name: str
    title: str
    url: str
    hosts: tuple[str, ...]
    collections: tuple[Collection, ...] = field(repr=False)
    ground: tuple[GroundCollection, ...] = field(default=(), repr=False)
    signing: Signing = "none"
    tried: str = "nothing"


def _table(text: str) -> Mapping[str, str]:
    """Read ``band=asset`` pairs."""
    return MappingProxyType(dict(pair.split("=") for pair in text.split()))


_SENTINEL_2 = Collection(
    id="sentinel-2-l2a",
    sensor="sentinel-2",
    bands=_table("blue=blue green=green red=red nir=nir swir1=swir16 swir2=swir22"),
    quality=("scl", "scl"),
    scale=1e-4,
    baseline=True,
    licence=COPERNICUS_LICENCE,
    credit="Contains modified Copernicus Sentinel data",
)
_BY_NUMBER = _table("blue=B02 green=B03 red=B04 nir=B08 swir1=B11 swir2=B12")
_LANDSAT = Collection(
    id="landsat-c2-l2",
    sensor="landsat",
    bands=_table("blue=blue green=green red=red nir=nir08 swir1=swir16 swir2=swir22"),
    quality=("qa_pixel", "qa_pixel"),
    scale=2.75e-5,
    offset=-0.2,
    licence=LANDSAT_LICENCE,
    credit="Landsat, U.S. Geological Survey",
)
_RTC = Collection(
    id="sentinel-1-rtc",
    sensor="sentinel-1",
    bands=_table("vv=vv vh=vh"),
    quantity="gamma0_power",
    scale=1.0,
    offset=0.0,
    nodata=-32768.0,
    licence="CC-BY-4.0",
    credit="Contains modified Copernicus Sentinel data, processed by Catalyst",
)
_GRD = Collection(
    id="sentinel-1-grd",
    sensor="sentinel-1",
    bands=_table("vv=vv vh=vh"),
    quantity="sigma0_db",
    scale=1.0,
    offset=0.0,
    radar_geometry=True,
    licence=COPERNICUS_LICENCE,
    credit="Contains modified Copernicus Sentinel data",
)
_HEIGHTS = GroundCollection(
    id="cop-dem-glo-30",
    title="Copernicus DEM GLO-30",
    layer="heights",
    asset="data",
    licence="Copernicus DEM GLO-30, free of charge with its credit",
    credit="produced using Copernicus WorldDEM-30 © DLR e.V. 2010-2014 and © Airbus Defence and "
    "Space GmbH 2014-2018 provided under COPERNICUS by the European Union and ESA; all rights "
    "reserved",
)
_PERMANENT_WATER = GroundCollection(
    id="jrc-gsw",
    title="JRC Global Surface Water occurrence",
    layer="permanent_water",
    asset="occurrence",
    licence="Copernicus programme, free of charge with its credit",
    credit="Source: EC JRC/Google (Pekel et al. 2016, doi:10.1038/nature20584)",
)
_OPEN_HEIGHTS = "copernicus-dem-30m.s3.eu-central-1.amazonaws.com"

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for source in (
            Source(
                name="earth-search",
                title="Element 84 Earth Search",
                url="https://earth-search.aws.element84.com/v1",
                hosts=(
                    "earth-search.aws.element84.com",
                    "sentinel-cogs.s3.us-west-2.amazonaws.com",
                    "e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com",
                    _OPEN_HEIGHTS,
                ),
                ground=(
                    replace(
                        _HEIGHTS, bucket=("s3://copernicus-dem-30m/", f"https://{_OPEN_HEIGHTS}/")
                    ),
                ),
                collections=(
                    _SENTINEL_2,
                    replace(_SENTINEL_2, id="sentinel-2-c1-l2a"),
                    replace(
                        _SENTINEL_2,
                        id="sentinel-s2-l2a-cogs",
                        bands=_BY_NUMBER,
                        quality=("scl", "SCL"),
                    ),
                    _LANDSAT,
                ),
                tried="a recorded item of version 0; items of version 1 written from its "
                "documentation",
            ),
            Source(
                name="planetary-computer",
                title="Microsoft Planetary Computer",
                url="https://planetarycomputer.microsoft.com/api/stac/v1",
                hosts=(
                    "planetarycomputer.microsoft.com",
                    "sentinel2l2a01.blob.core.windows.net",
                    "landsateuwest.blob.core.windows.net",
                    "sentinel1euwestrtc.blob.core.windows.net",
                    "sentinel1euwest.blob.core.windows.net",
                    "elevationeuwest.blob.core.windows.net",
                    "ai4edataeuwest.blob.core.windows.net",
                ),
                ground=(_HEIGHTS, _PERMANENT_WATER),
                collections=(
                    replace(_SENTINEL_2, bands=_BY_NUMBER, quality=("scl", "SCL")),
                    _LANDSAT,
                    _RTC,
                    _GRD,
                ),
                signing="planetary-computer",
                tried="a recorded item of Sentinel-2 before baseline 04.00; items of the other "
                "collections written from its documentation",
            ),
            Source(
                name="copernicus",
                title="Copernicus Data Space Ecosystem",
                url="https://stac.dataspace.copernicus.eu/v1",
                hosts=("stac.dataspace.copernicus.eu", "eodata.dataspace.copernicus.eu"),
                collections=(
                    replace(
                        _SENTINEL_2,
                        bands=_table(
                            "blue=B02_10m green=B03_10m red=B04_10m nir=B08_10m swir1=B11_20m "
                            "swir2=B12_20m"
                        ),
                        quality=("scl", "SCL_20m"),
                    ),
                    _GRD,
                ),
                signing="copernicus-s3",
                tried="items written from its documentation",
            ),
            Source(
                name="usgs",
                title="USGS Landsat",
                url="https://landsatlook.usgs.gov/stac-server",
                hosts=("landsatlook.usgs.gov",),
                collections=(replace(_LANDSAT, id="landsat-c2l2-sr"),),
                tried="recorded items of Landsat 7 and 8",
            ),
        )
    }
)
"""Presets, by name."""


def find_source(name: str, own: Mapping[str, SourceSettings]) -> Source:
    """Return a preset, or a user's own source.

    A source of one's own without hosts has those of its preset where it is the same API, and else
    every public one.

    Parameters
    ----------
    name : str
    own : mapping
        Sources of ``camp-monitor.toml`` by name.

    Raises
    ------
    WorkspaceError
        There is no such source, it follows no known preset, or that has no such collection.
    """
    if name in own:
        settings, like = own[name], own[name].like
        if like not in SOURCES:
            raise WorkspaceError(
                f"The source {name} follows {like!r}, which is none of {', '.join(SOURCES)}: "
                f"correct 'like' in [sources.{name}] of camp-monitor.toml."
            )
        preset, wanted = SOURCES[like], settings.collections
        has = {collection.id: collection for collection in preset.collections}
        strange = [identity for identity in wanted if identity not in has]
        if strange:
            raise WorkspaceError(
                f"The source {name} follows {like}, which has no collection {strange[0][:60]!r}: "
                f"use {', '.join(has)} in [sources.{name}] of camp-monitor.toml."
            )
        same = parse_address(settings.url).origin == parse_address(preset.url).origin
        return replace(
            preset,
            name=name,
            title=name,
            url=settings.url,
            hosts=settings.hosts or (preset.hosts if same else ()),
            collections=tuple(has[identity] for identity in wanted or has),
            tried="nothing",
        )
    if name in SOURCES:
        return SOURCES[name]
    known = [*SOURCES, *own]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = (
        f"did you mean {near[0]}?" if near else "describe it under [sources] of camp-monitor.toml."
    )
    raise WorkspaceError(f"There is no source {name[:60]!r}, only {', '.join(known)}: {hint}")
