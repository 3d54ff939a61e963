"""Fetch the window of a scene that an outline needs, into the catalogue, as the provider has it.

Radar in its own geometry (Sentinel-1 GRD) cannot be kept so: its numbers mean nothing without their
calibration, and have no grid on the ground.  Of such a scene the catalogue holds sigma nought in
decibels on a grid of 10 m, and ``camp_monitor:geocoding`` says how it came there.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import MissingError, RemoteError, SceneError
from camp_monitor.facilities.geometry import sides_m
from camp_monitor.providers.item import (
    SAFE_ID,
    RemoteBand,
    RemoteScene,
    read_remote_scene,
)
from camp_monitor.providers.network.addresses import where
from camp_monitor.providers.network.answers import parse_json
from camp_monitor.providers.network.range_file import RangeFile, open_image
from camp_monitor.providers.network.remote import Remote
from camp_monitor.providers.search import ANOTHER, USUAL_PIXEL_M, check_file
from camp_monitor.providers.sentinel1_grd import fetch_backscatter, ground_grid, read_geocoding
from camp_monitor.providers.sources import Source
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import check_unaltered, list_scenes, read_scene
from camp_monitor.scenes.checksums import matches_checksum
from camp_monitor.scenes.inspecting import SIMULATED
from camp_monitor.scenes.locking import alone
from camp_monitor.scenes.scene import Scene, SceneDescription
from camp_monitor.scenes.sensors import SENSORS

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

BESIDE_PX = 4
"""Read beyond the window, so that a pixel more is there for moving it by a part of one."""
WHOLE_FILE_BYTES = 4_000_000
"""A file up to this size is read whole, so that a checksum that the provider promises is held to
it; of a larger one only the window is read, which no checksum of the whole covers."""
ITEM_BYTES = 5_000_000
HAIR_PX = 1e-6
"""A pixel of which less than this would be needed is left out: rounding, not ground."""
STAGING = ".fetching-"
RECEIVED = "item.json"


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
    pixel_m = USUAL_PIXEL_M[scene.sensor]
    sides = [max(side / pixel_m, least_px) + 2 * BESIDE_PX for side in sides_m(area.bounds)]
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
        scene = read_remote_scene(parse_json(item, where(address)), source)
        if (scene.id, scene.collection) != (scene_id, collection.id):
            raise RemoteError(
                f"{source.title} was asked for {scene_id} of {collection.id} and sent {scene.id} "
                f"of {scene.collection}: {ANOTHER}."
            )
        return Order(scene, item, area, least_px)
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
        try:
            _prepare(staging, order.item)
            ground = _ground(remote, order)
            paths = [staging / f"{band.name}.tif" for band in order.bands]

            def one(number: int) -> None:
                if not paths[number].is_file():
                    _fetch_band(remote, order, order.bands[number], ground, paths[number])
                progress()

            with ThreadPoolExecutor(max_workers=workers) as pool:
                list(pool.map(one, range(len(paths))))
        except OSError as error:
            raise SceneError(
                f"The scene {order.id} cannot be written to {folder} ({error.strerror}): make room "
                f"there, or check the folder."
            ) from error
        try:
            return add_scene(folder, tuple(paths), _described(order, staging / RECEIVED, paths))
        except SceneError as error:
            said = str(error).replace(f"{staging}{os.sep}", f"{order.scene.id}, ")
            raise SceneError(said) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)  # also of files that were refused


def _prepare(staging: Path, item: bytes) -> None:
    """Make the folder of a fetch; what an earlier run read by another item is not kept."""
    received = staging / RECEIVED
    if staging.exists() and not (received.is_file() and received.read_bytes() == item):
        shutil.rmtree(staging)
    staging.mkdir(parents=True, exist_ok=True)
    part = received.with_suffix(".part")
    part.write_bytes(item)
    part.replace(received)


def _described(order: Order, item: Path, paths: list[Path]) -> SceneDescription:
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
        geocoding=read_geocoding(scene.id, paths) if scene.in_radar_geometry else None,
    )


def _ground(remote: Remote, order: Order) -> Geometry | GeoBox:
    """Ground that is read of every band: the area, as wide as asked, on the first band's pixels.

    Of radar in its own geometry, the grid that it is put onto.
    """
    if order.scene.in_radar_geometry:
        return ground_grid(order.area, order.least_px, BESIDE_PX)
    with open_image(remote.open(order.scene.bands[0].href), ANOTHER) as source:
        check_file(source, order.scene.bands[0], order.scene.sensor)
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


def _fetch_band(
    remote: Remote, order: Order, band: RemoteBand, ground: Geometry | GeoBox, path: Path
) -> None:
    """Write the window of one file as a cloud-optimised GeoTIFF, whole or not at all."""
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy

    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)  # of one that was cut off
    tags: dict[str, str] = {}
    with open_image(_file(remote, band), ANOTHER) as source:
        if isinstance(ground, GeoBox):
            numbers, tags = fetch_backscatter(remote, band, source, ground)
            place = {"crs": str(ground.crs), "transform": ground.affine, "nodata": math.nan}
        else:
            check_file(source, band, order.scene.sensor)
            window = _window(source, ground, band)
            place = {
                "crs": source.crs, "transform": source.window_transform(window),
                "nodata": band.nodata if source.nodata is None else source.nodata,
            }  # fmt: skip
            numbers = source.read(1, window=window)
        if SIMULATED in source.tags():
            tags[SIMULATED] = "painted by a program"
    height, width = numbers.shape
    profile = {"driver": "GTiff", "dtype": numbers.dtype.name, "count": 1, **place}
    with MemoryFile() as memory, MemoryFile() as written:
        with memory.open(height=height, width=width, **profile) as target:
            target.write(numbers, 1)
            target.update_tags(**tags)
        with memory.open() as whole:
            copy(
                whole, written.name, driver="COG", compress="DEFLATE", overviews="AUTO",
                num_threads="1",
            )  # fmt: skip
        part.write_bytes(written.read())
    part.replace(path)


def _file(remote: Remote, band: RemoteBand) -> RangeFile:
    """Return a band's file where it is; a small one is read whole and held to its checksum."""
    small = band.size is not None and band.size <= WHOLE_FILE_BYTES
    if not (band.checksum and small):
        return remote.open(band.href)
    content = remote.read_all(band.href, WHOLE_FILE_BYTES)
    if matches_checksum(content, band.checksum) is False:
        raise RemoteError(
            f"The file of the band {band.name} is not the one that its provider's checksum "
            f"promises: nothing was kept; try again, or {ANOTHER}."
        )
    return RangeFile(where(band.href), len(content), content, lambda start, stop: b"")


def _window(source: DatasetReader, ground: Geometry, band: RemoteBand) -> Window:
    """Part of a file that covers the ground, clipped to the file."""
    from rasterio.windows import Window, from_bounds

    outside = RemoteError(
        f"The file of the band {band.name} does not reach the outline, though its item says so: "
        f"{ANOTHER}."
    )
    box = ground.to_crs(str(source.crs)).boundingbox
    if not all(map(math.isfinite, box.bbox)):
        raise outside
    asked = from_bounds(*box.bbox, transform=source.transform)
    left, top = (math.floor(start + HAIR_PX) for start in (asked.col_off, asked.row_off))
    right = min(math.ceil(asked.col_off + asked.width - HAIR_PX), source.width)
    bottom = min(math.ceil(asked.row_off + asked.height - HAIR_PX), source.height)
    left, top = max(left, 0), max(top, 0)
    if right <= left or bottom <= top:
        raise outside
    return Window(left, top, right - left, bottom - top)
