"""Fetch the window of a scene that an outline needs, into the catalogue, as the provider has it."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import MissingError, RemoteError
from camp_monitor.imagery.adding import SceneDescription, add_scene
from camp_monitor.imagery.catalogue import check_unaltered, list_scenes, read_scene
from camp_monitor.imagery.locking import alone
from camp_monitor.imagery.network.remote import Remote, open_remote_raster
from camp_monitor.imagery.remote_scene import (
    SAFE_ID,
    RemoteBand,
    RemoteScene,
    read_remote_scene,
)
from camp_monitor.imagery.scene import Scene
from camp_monitor.imagery.sensors import SENSORS
from camp_monitor.imagery.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rasterio.io import DatasetReader
    from rasterio.windows import Window

BESIDE_PX = 4
"""Read beyond the window, so that a pixel more is there for moving it by a part of one."""
WHOLE_FILE_BYTES = 4_000_000
"""A file up to this size is read whole, so that a checksum that the provider promises is held to
it; of a larger one only the window is read, which no checksum of the whole covers."""
ITEM_BYTES = 5_000_000
USUAL_PIXEL_M = {"sentinel-2": 10.0, "landsat": 30.0, "sentinel-1": 10.0}
HAIR_PX = 1e-6
"""A pixel of which less than this would be needed is left out: rounding, not ground."""
STAGING = ".fetching-"
ANOTHER = "choose another scene, or --source"

_MULTIHASH = {"11": "sha1", "12": "sha256", "13": "sha512", "14": "sha3_512", "16": "sha3_256"}
"""First byte of a multihash to the function's name in `hashlib`."""


@dataclass(frozen=True, eq=False)
class Order:
    """What is to be fetched of one scene.

    Parameters
    ----------
    scene : RemoteScene
    item : bytes
        The provider's item as received.
    area : shapely geometry
        That the window must cover, EPSG:4326.
    least_px : int
        Least side of the window, in pixels of the finest band.
    """

    scene: RemoteScene
    item: bytes
    area: BaseGeometry
    least_px: int

    @property
    def id(self) -> str:
        """Of the scene in the catalogue."""
        return catalogue_id(self.scene.id, self.area, self.least_px)

    @property
    def bands(self) -> tuple[RemoteBand, ...]:
        """Every file that is read, the quality band last."""
        quality = self.scene.quality
        return self.scene.bands if quality is None else (*self.scene.bands, quality)

    @property
    def most_bytes(self) -> int:
        """Size that the fetched files will not exceed, about."""
        return most_bytes(self.scene, self.area, self.least_px)

    def is_in(self, folder: Path) -> bool:
        """Tell whether the catalogue in `folder` holds it."""
        return (folder / self.id / f"{self.id}.json").is_file()


def catalogue_id(scene_id: str, area: BaseGeometry, least_px: int) -> str:
    """Return the id that a scene's window has in the catalogue: another window has another."""
    place = json.dumps([[round(value, 6) for value in area.bounds], least_px])
    return f"{scene_id}_{hashlib.sha256(place.encode()).hexdigest()[:8]}"


def most_bytes(scene: RemoteScene, area: BaseGeometry, least_px: int) -> int:
    """Return the size that a scene's fetched files will hardly exceed, bytes."""
    from pyproj import Geod

    west, south, east, north = area.bounds
    geod = Geod(ellps="WGS84")
    width_m = geod.inv(west, (south + north) / 2, east, (south + north) / 2)[2]
    height_m = geod.inv(west, south, west, north)[2]
    pixel_m = USUAL_PIXEL_M[scene.sensor]
    sides = [max(side / pixel_m, least_px) + 2 * BESIDE_PX for side in (width_m, height_m)]
    number = 4 if scene.sensor == "sentinel-1" else 2
    return int(sides[0] * sides[1] * number * (len(scene.bands) + 1))


def find_order(
    remote: Remote, source: Source, scene_id: str, area: BaseGeometry, least_px: int
) -> Order:
    """Ask for the item of a scene, as it is, and order its window.

    Raises
    ------
    RemoteError
        The source has no such scene, or its item cannot be used.
    """
    if not SAFE_ID.fullmatch(scene_id):
        raise RemoteError(
            f"{scene_id[:60]!r} cannot be the id of a scene: take one that 'scenes search' lists."
        )
    for collection in source.collections:
        address = f"{source.url.rstrip('/')}/collections/{collection.id}/items/{scene_id}"
        try:
            item = remote.read_all(address, ITEM_BYTES)
        except MissingError:
            continue
        try:
            content = json.loads(item)
        except (ValueError, RecursionError) as error:
            raise RemoteError(
                f"{source.title} sent no JSON for the item {scene_id}: {ANOTHER}."
            ) from error
        return Order(read_remote_scene(content, source), item, area, least_px)
    raise RemoteError(
        f"{source.title} has no scene {scene_id}: take one that 'scenes search' lists there."
    )


def fetch_scene(
    folder: Path,
    remote: Remote,
    order: Order,
    *,
    workers: int = 4,
    progress: Callable[[], None] = lambda: None,
) -> tuple[Scene, bool]:
    """Fetch one scene's window into the catalogue in `folder`, or find it there and check it.

    Each file is written under another name until it is whole; what a run that was cut off had
    finished is not read again.  One writer at a time works on a scene.

    Returns
    -------
    (Scene, bool)
        The scene, and whether it was added.

    Raises
    ------
    RemoteError
        A file cannot be read, does not reach the area, or is not what its checksum promises.
    SceneError
        The catalogue cannot be written, or what it holds was altered.
    """
    staging = folder / f"{STAGING}{order.id}"
    with alone(folder, f"fetch-{order.id}"):
        present = folder / order.id / f"{order.id}.json"
        if present.is_file():
            scene = read_scene(present)
            check_unaltered(scene)
            list_scenes(folder)
            shutil.rmtree(staging, ignore_errors=True)
            return scene, False
        staging.mkdir(parents=True, exist_ok=True)
        ground = _ground(remote, order)
        paths = [staging / f"{band.name}.tif" for band in order.bands]

        def one(number: int) -> None:
            if not paths[number].is_file():
                _fetch_band(remote, order.bands[number], ground, paths[number])
            progress()

        with ThreadPoolExecutor(max_workers=workers) as pool:
            list(pool.map(one, range(len(paths))))
        item = staging / "item.json"
        item.write_bytes(order.item)
        scene, added = add_scene(folder, tuple(paths), _described(order, item))
        shutil.rmtree(staging, ignore_errors=True)
        return scene, added


def matches_checksum(content: bytes, checksum: str) -> bool | None:
    """Tell whether bytes have a multihash; None where its function is not known.

    Parameters
    ----------
    content : bytes
    checksum : str
        Hexadecimal: function, length in bytes, digest.
    """
    name = _MULTIHASH.get(checksum[:2])
    if name is None or int(checksum[2:4], 16) * 2 != len(checksum) - 4:
        return None
    return hashlib.new(name, content).hexdigest() == checksum[4:]


def _described(order: Order, item: Path) -> SceneDescription:
    scene = order.scene
    first = scene.bands[0]
    return SceneDescription(
        sensor=scene.sensor,
        acquired=f"{scene.acquired_from_at:%Y-%m-%dT%H:%M:%SZ}/"
        f"{scene.acquired_to_at:%Y-%m-%dT%H:%M:%SZ}",
        bands=tuple(band.name for band in order.bands),
        item=item,
        quantity=scene.quantity,
        scale=first.scale,
        offset=None if scene.offset_state else first.offset,
        licence=scene.licence,
        credit=scene.credit or SENSORS[scene.sensor].credit,
        id=order.id,
        addresses=tuple(band.href for band in order.bands),
        offset_state=scene.offset_state,
    )


def _ground(remote: Remote, order: Order) -> Geometry:
    """Ground that is read of every band: the area, as wide as asked, on the first band's pixels."""
    with open_remote_raster(remote, order.scene.bands[0].href, ANOTHER) as source:
        if source.crs is None:
            raise RemoteError(f"{order.scene.id} says no coordinate system: {ANOTHER}.")
        crs, affine = str(source.crs), source.transform
    bounds = Geometry(shapely.box(*order.area.bounds), "EPSG:4326").to_crs(crs, 0.01).boundingbox
    half = order.least_px / 2 * abs(affine.a)
    reach_x, reach_y = max(bounds.span_x / 2, half), max(bounds.span_y / 2, half)
    x, y = (bounds.left + bounds.right) / 2, (bounds.bottom + bounds.top) / 2
    beside = BESIDE_PX * abs(affine.a)
    box = shapely.box(
        x - reach_x - beside, y - reach_y - beside, x + reach_x + beside, y + reach_y + beside
    )
    return Geometry(box, crs)


def _fetch_band(remote: Remote, band: RemoteBand, ground: Geometry, path: Path) -> None:
    """Write the window of one file as a cloud-optimised GeoTIFF, whole or not at all."""
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy

    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)  # of one that was cut off
    with _opened(remote, band) as source:
        window = _window(source, ground, band)
        profile = {
            "driver": "GTiff", "dtype": source.dtypes[0], "count": 1, "crs": source.crs,
            "height": window.height, "width": window.width, "nodata": source.nodata,
            "transform": source.window_transform(window),
        }  # fmt: skip
        numbers = source.read(1, window=window)
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(numbers, 1)
        with memory.open() as whole:
            copy(whole, part, driver="COG", compress="DEFLATE", overviews="AUTO", num_threads="1")
    part.replace(path)


@contextmanager
def _opened(remote: Remote, band: RemoteBand) -> Iterator[DatasetReader]:
    """Open a band where it is; a small file is read whole and held to its checksum."""
    from rasterio.io import MemoryFile

    small = band.size is not None and band.size <= WHOLE_FILE_BYTES
    with ExitStack() as stack:
        if band.checksum and small:
            content = remote.read_all(band.href, WHOLE_FILE_BYTES)
            if matches_checksum(content, band.checksum) is False:
                raise RemoteError(
                    f"The file of the band {band.name} is not the one that its provider's checksum "
                    f"promises: nothing was kept; try again, or {ANOTHER}."
                )
            memory = stack.enter_context(MemoryFile(content))
            yield stack.enter_context(memory.open(driver="GTiff"))
        else:
            yield stack.enter_context(open_remote_raster(remote, band.href, ANOTHER))


def _window(source: DatasetReader, ground: Geometry, band: RemoteBand) -> Window:
    """Part of a file that covers the ground, clipped to the file."""
    from rasterio.windows import Window, from_bounds

    box = ground.to_crs(str(source.crs)).boundingbox
    asked = from_bounds(*box.bbox, transform=source.transform)
    left, top = (math.floor(start + HAIR_PX) for start in (asked.col_off, asked.row_off))
    right = min(math.ceil(asked.col_off + asked.width - HAIR_PX), source.width)
    bottom = min(math.ceil(asked.row_off + asked.height - HAIR_PX), source.height)
    left, top = max(left, 0), max(top, 0)
    if right <= left or bottom <= top:
        raise RemoteError(
            f"The file of the band {band.name} does not reach the outline, though its item says "
            f"so: {ANOTHER}."
        )
    return Window(left, top, right - left, bottom - top)
