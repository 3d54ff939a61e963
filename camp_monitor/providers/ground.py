"""Heights and permanent water round a facility, fetched once from a source's own collections.

Both hardly change, so one look serves every scan.  What is kept is a small GeoTIFF on the pixels
of the source's first tile, and a STAC item that says where it is from.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import CampMonitorError, RemoteError, SceneError
from camp_monitor.facilities.geometry import sides_m
from camp_monitor.facilities.surroundings import widened
from camp_monitor.providers.asset import asset_of
from camp_monitor.providers.gathering import open_shop
from camp_monitor.providers.item import SAFE_ID, RemoteBand, footprint_of, times_of
from camp_monitor.providers.network.range_file import open_image
from camp_monitor.providers.network.remote import Remote
from camp_monitor.providers.paging import ask_items
from camp_monitor.providers.search import check_file
from camp_monitor.providers.sources import SOURCES, GroundCollection, Source, find_source
from camp_monitor.scenes.catalogue import MULTIHASH_SHA256, write_json
from camp_monitor.scenes.ground_files import (
    HEIGHTS_M,
    LAYERS,
    NOT_KNOWN_PERCENT,
    GroundFile,
    Layer,
    find_fetched,
    read_onto,
)
from camp_monitor.scenes.locking import alone
from camp_monitor.settings import Configuration

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

FALLBACK = "planetary-computer"
"""The preset that has both layers, asked for what another preset lacks."""
LEAST_SIDE_M = 8000.0
"""Side of the ground that is fetched: what a pair of 30 m pixels reads round its outline."""
BESIDE_M = 500.0
"""Fetched beyond the search area, where that is larger."""
MOST_SIDE_PX = 2048
MOST_TILES = 16
"""Four meet in a corner; more than these are no tiles of a degree."""
REMEDY = "fetch it again, set [fetch] ground to another catalogue, or name a file of your own"

POSSIBLE = {"heights": HEIGHTS_M, "permanent_water": (0.0, 100.0)}
RESAMPLED = {"heights": "bilinear", "permanent_water": "nearest"}


@dataclass(frozen=True)
class Fetched:
    """What became of one layer of a facility.

    Parameters
    ----------
    layer : str
    file : GroundFile or None
        What is there now.
    added : bool
        It was not there before.
    error : CampMonitorError or None
        Why it is not there; None with no file, too: no catalogue that may be asked has the layer.
    """

    layer: Layer
    file: GroundFile | None = None
    added: bool = False
    error: CampMonitorError | None = None


@dataclass(frozen=True)
class _Tile:
    id: str
    band: RemoteBand
    times: tuple[datetime, datetime]


def fetch_ground(
    configuration: Configuration,
    clock: Callable[[], datetime],
    folder: Path,
    area: BaseGeometry,
    source: str | None = None,
    layers: Collection[Layer] = LAYERS,
) -> tuple[Fetched, ...]:
    """Fetch the layers that a facility has not yet; an error of one does not stop the other.

    Parameters
    ----------
    configuration : Configuration
    clock : callable
        Returns the time now, in UTC.
    folder : Path
        Of the facility.
    area : shapely geometry
        Searched area, EPSG:4326.
    source : str or None
        Instead of the configuration's.
    layers : collection of str
        Of `LAYERS`.

    Raises
    ------
    WorkspaceError
        There is no such source.
    """
    named = asked_sources(configuration, source)
    found = [find_source(name, configuration.sources) for name in named]
    return tuple(_fetch_one(configuration, clock, folder, area, found, one) for one in layers)


def asked_sources(configuration: Configuration, source: str | None) -> tuple[str, ...]:
    """Return the catalogues that are asked for the ground, in this order.

    A source of one's own is the only one that is asked: where it is, nobody else may be meant to
    know what is looked at.
    """
    settings, own = configuration.fetch, configuration.sources
    if settings.ground != "auto":
        return () if settings.ground == "none" else (settings.ground,)
    first = source or settings.source
    return (first, FALLBACK) if first in SOURCES and first not in own else (first,)


def _fetch_one(
    configuration: Configuration,
    clock: Callable[[], datetime],
    folder: Path,
    area: BaseGeometry,
    sources: list[Source],
    layer: Layer,
) -> Fetched:
    offered = [(one, kind) for one in sources for kind in one.ground if kind.layer == layer]
    try:
        held = find_fetched(folder, layer, area)
        if held is not None or not offered:
            return Fetched(layer, held)
        source, collection = offered[0]
        with open_shop(configuration, clock, source=source.name) as shop:
            fetch_layer(folder, shop.remote, shop.source, collection, area)
        return Fetched(layer, find_fetched(folder, layer, area), added=True)
    except CampMonitorError as error:
        return Fetched(layer, error=error)


def fetch_layer(
    folder: Path,
    remote: Remote,
    source: Source,
    collection: GroundCollection,
    area: BaseGeometry,
) -> None:
    """Fetch one layer round a search area into `folder`, in place of what is there.

    Parameters
    ----------
    folder : Path
    remote : Remote
    source : Source
    collection : GroundCollection
        Of `source`.
    area : shapely geometry
        EPSG:4326.

    Raises
    ------
    RemoteError
        The source cannot be read, or what it has is none of the layer or does not reach the area.
    SceneError
        The folder cannot be written.
    """
    least_m = max(BESIDE_M, (LEAST_SIDE_M - min(sides_m(area.bounds))) / 2)
    frame = widened(area, least_m).envelope
    tiles = find_tiles(remote, source, collection, frame)
    numbers, grid = join_tiles(remote, collection, tiles, frame)
    if not np.isfinite(numbers).any():
        raise RemoteError(
            f"{source.title} has tiles of {collection.title} there that hold nothing: {REMEDY}."
        )
    content = _tiff(collection.layer, numbers, grid)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{collection.layer}-{sha256[:8]}.tif"
    item = _item(source, collection, tiles, grid, name, sha256)
    try:
        with alone(folder, collection.layer):
            part = folder / f".{name}.part"
            part.write_bytes(content)
            part.replace(folder / name)
            write_json(folder / f"{collection.layer}.json", item)
            for old in folder.glob(f"{collection.layer}-*.tif"):
                if old.name != name:
                    old.unlink()
    except OSError as error:
        raise SceneError(
            f"{folder} cannot be written ({error.strerror}): make room there, or check the folder."
        ) from error


def find_tiles(
    remote: Remote, source: Source, collection: GroundCollection, frame: BaseGeometry
) -> tuple[_Tile, ...]:
    """Ask for the tiles that reach a frame, EPSG:4326, by their ids.

    Raises
    ------
    RemoteError
        There is none, there are more than `MOST_TILES`, or an item cannot be used.
    """
    items = islice(ask_items(remote, source, frame, None, [collection.id]), MOST_TILES + 1)
    tiles = {tile.id: tile for tile in _read_tiles(items, source, collection, frame)}
    if not tiles:
        raise RemoteError(f"{source.title} has no {collection.title} there: {REMEDY}.")
    if len(tiles) > MOST_TILES:
        raise RemoteError(
            f"{source.title} has more than {MOST_TILES} tiles of {collection.title} there, which "
            f"are too many: {REMEDY}."
        )
    return tuple(tiles[identity] for identity in sorted(tiles))


def _read_tiles(
    items: Iterator[Any], source: Source, collection: GroundCollection, frame: BaseGeometry
) -> Iterator[_Tile]:
    """Read items from anyone; those of other collections or places are left out."""
    for item in items:
        identity = item.get("id") if isinstance(item, dict) else None
        if not isinstance(identity, str) or not SAFE_ID.fullmatch(identity):
            raise RemoteError(f"{source.title} sent an item without a safe id: {REMEDY}.")
        named = f"The item {identity} of {source.title}"
        properties, assets = item.get("properties"), item.get("assets")
        if not isinstance(properties, dict) or not isinstance(assets, dict):
            raise RemoteError(f"{named} has no properties or no assets: {REMEDY}.")
        footprint = footprint_of(item, named)
        if item.get("collection") != collection.id or not footprint.intersects(frame):
            continue
        closed, opened = collection.bucket
        href = str(asset_of(assets, collection.asset, named)["href"])
        if closed and href.startswith(closed):
            href = opened + href.removeprefix(closed)
        band = RemoteBand(collection.layer, collection.asset, href, 1.0, 0.0, None)
        yield _Tile(identity, band, times_of(properties, named))


def join_tiles(
    remote: Remote, collection: GroundCollection, tiles: tuple[_Tile, ...], frame: BaseGeometry
) -> tuple[NDArray[np.float32], GeoBox]:
    """Read the part of each tile that a frame, EPSG:4326, needs, and lay them side by side.

    Returns
    -------
    (ndarray, GeoBox)
        float32, (row, col), on the pixels of the first tile; NaN where nothing is known.

    Raises
    ------
    RemoteError
        A file cannot be read, is none of the layer, or the frame is too large for it.
    """
    layer = collection.layer
    grid: GeoBox | None = None
    parts = []
    for tile in tiles:
        with open_image(remote.open(tile.band.href), REMEDY) as source:
            check_file(source, tile.band, layer)
            grid = _grid(source, frame) if grid is None else grid
            parts.append(read_onto(source, tile.id, grid, POSSIBLE[layer], RESAMPLED[layer]))
    assert grid is not None, "no tile"
    return reduce(lambda first, then: np.where(np.isnan(first), then, first), parts), grid


def _grid(source: DatasetReader, frame: BaseGeometry) -> GeoBox:
    """Extend the pixels of a file over a frame, EPSG:4326."""
    there = Geometry(shapely.segmentize(frame, 0.05), "EPSG:4326").to_crs(str(source.crs))
    box, onto_pixels = there.boundingbox, ~source.transform
    left, top = onto_pixels * (box.left, box.top)
    right, bottom = onto_pixels * (box.right, box.bottom)
    if not max(right - left, bottom - top) <= MOST_SIDE_PX:  # nor if it is no number
        raise RemoteError(
            f"The ground round the facility is {right - left:.0f} x {bottom - top:.0f} pixels of "
            f"the tile, and {MOST_SIDE_PX} a side is the most: name a file of your own."
        )
    left, top = math.floor(left), math.floor(top)
    shape = math.ceil(bottom) - top, math.ceil(right) - left
    return GeoBox(shape, source.transform * Affine.translation(left, top), source.crs)


def _tiff(layer: Layer, numbers: NDArray[np.float32], grid: GeoBox) -> bytes:
    """Return a small GeoTIFF; what is not known is NaN in heights and 255 in percent."""
    from rasterio.io import MemoryFile

    nodata = math.nan
    stored: NDArray[Any] = numbers
    if layer == "permanent_water":
        nodata = NOT_KNOWN_PERCENT
        stored = np.where(np.isnan(numbers), nodata, np.round(numbers)).astype(np.uint8)
    height, width = numbers.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", dtype=stored.dtype.name, count=1, height=height, width=width,
            crs=str(grid.crs), transform=grid.affine, nodata=nodata, compress="DEFLATE",
        ) as target:  # fmt: skip
            target.write(stored, 1)
        return bytes(memory.read())


def _item(
    source: Source,
    collection: GroundCollection,
    tiles: tuple[_Tile, ...],
    grid: GeoBox,
    name: str,
    sha256: str,
) -> dict[str, Any]:
    first, last = min(tile.times[0] for tile in tiles), max(tile.times[1] for tile in tiles)
    reach = grid.extent.to_crs("EPSG:4326").geom
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": ["https://stac-extensions.github.io/file/v2.1.0/schema.json"],
        "id": name.removesuffix(".tif"),
        "geometry": mapping(reach),
        "bbox": list(reach.bounds),
        "properties": {
            "title": collection.title,
            "datetime": None,
            "start_datetime": f"{first:%Y-%m-%dT%H:%M:%SZ}",
            "end_datetime": f"{last:%Y-%m-%dT%H:%M:%SZ}",
            "license": "other",
            "camp_monitor:licence": collection.licence,
            "camp_monitor:credit": collection.credit,
            "camp_monitor:source": source.name,
            "camp_monitor:collection": collection.id,
            "camp_monitor:items": [tile.id for tile in tiles],
        },
        "links": [],
        "assets": {
            "data": {
                "href": f"./{name}",
                "type": "image/tiff; application=geotiff",
                "roles": ["data"],
                "file:checksum": MULTIHASH_SHA256 + sha256,
            }
        },
    }
