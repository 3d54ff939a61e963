"""Search a catalogue over an outline, and look at the quality band of what it offers."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.affinity
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Code
from camp_monitor.errors import AwayError, RemoteError
from camp_monitor.facilities.geometry import degree_m
from camp_monitor.notes import Note, note
from camp_monitor.pairs.selection import Look, orbit_key, processing_key
from camp_monitor.providers.item import RemoteBand, RemoteScene, read_remote_scene
from camp_monitor.providers.network.range_file import open_image
from camp_monitor.providers.network.remote import Remote
from camp_monitor.providers.paging import ask_items
from camp_monitor.providers.sources import Collection, Source
from camp_monitor.scenes.quality import CLOUD_EDGE_M, READERS, widen_cloud

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

LOOKED_AT_SIDE_PX = 512
"""Of a larger window of a quality band, only an overview is read."""
LEAST_OVERVIEW = 8
"""Pixels of the band to one of that overview, or more: all of it is then about as many bytes as a
few tiles of the band itself."""
USUAL_PIXEL_M = {
    "sentinel-2": 10.0, "landsat": 30.0, "sentinel-1": 10.0, "heights": 30.0,
    "permanent_water": 30.0,
}  # fmt: skip
"""Of the finest band of a sensor, and of a layer of the ground."""
FINEST, COARSEST = 0.5, 12.0
"""Times that: a file of other pixels is none of the sensor's."""
KINDS = {
    "scl": ("uint8",), "qa_pixel": ("uint16",), "vv": ("float32",), "vh": ("float32",),
    "heights": ("float32", "int16"), "permanent_water": ("uint8",),
}  # fmt: skip
REFLECTANCE_KINDS = ("uint16", "int16")
"""What the numbers of each band are stored as."""
BESIDE_M = 60.0
"""Read beyond the outline, so that cloud at its edge is widened into it."""
ANOTHER = "choose another scene, or --source"


@dataclass(frozen=True)
class Offer:
    """A scene that a catalogue offers, and what of the outline it shows.

    Parameters
    ----------
    scene : RemoteScene
    inside_fraction : float
        Share of the outline inside the scene's footprint, as the item says, 0 to 1.
    clear_fraction : float or None
        Share of the outline that its quality band calls clear; None where there is none, or where
        it could not be read.
    unread : Note or None
        Why it could not be read.
    away : AwayError or None
        It could not be read now, and later it may be.
    """

    scene: RemoteScene
    inside_fraction: float
    clear_fraction: float | None
    unread: Note | None = None
    away: AwayError | None = None

    @property
    def look(self) -> Look:
        """What `camp_monitor.pairs.selection` needs."""
        scene = self.scene
        radar = scene.quality is None
        return Look(
            id=scene.id,
            sensor=scene.sensor,
            acquired_at=scene.acquired_from_at,
            inside_fraction=self.inside_fraction,
            clear_fraction=self.clear_fraction,
            unread=self.unread,
            orbit=orbit_key(scene.relative_orbit, scene.orbit_state) if radar else "",
            processing=processing_key(
                scene.quantity,
                [band.name for band in scene.bands],
                in_radar_geometry=scene.in_radar_geometry,
            ),
            taken=scene.acquisition,
        )


@dataclass(frozen=True)
class Found:
    """What a search gave.

    Parameters
    ----------
    scenes : tuple of RemoteScene
        That reach the outline, in the order of acquisition.
    left_out : tuple of Note
        Why items were not taken.
    """

    scenes: tuple[RemoteScene, ...]
    left_out: tuple[Note, ...]


def search_scenes(
    remote: Remote,
    source: Source,
    outline: BaseGeometry,
    interval: tuple[datetime, datetime],
    sensors: Sequence[str],
) -> Found:
    """Ask a catalogue for the scenes of an outline in an interval.

    What the catalogue answers is checked here again: some ignore a part of the question.

    Parameters
    ----------
    remote : Remote
    source : Source
    outline : shapely geometry
        EPSG:4326.
    interval : (datetime, datetime)
        First and last instant.
    sensors : sequence of str
        Keys of `camp_monitor.scenes.sensors.SENSORS`.

    Raises
    ------
    RemoteError
        The catalogue cannot be reached, or does not answer as a STAC API.
    """
    wanted = _collections(source, sensors)
    scenes: dict[str, RemoteScene] = {}
    left_out: list[Note] = []
    for item in ask_items(remote, source, outline, interval, [one.id for one in wanted]):
        try:
            scene = read_remote_scene(item, source)
        except RemoteError as error:
            left_out.append(note(Code.ITEM_UNUSABLE, detail=str(error)))
            continue
        inside = interval[0] <= scene.acquired_from_at and scene.acquired_to_at <= interval[1]
        if inside and scene.sensor in sensors and scene.footprint.intersects(outline):
            scenes.setdefault(scene.id, scene)
    ordered = sorted(scenes.values(), key=lambda scene: (scene.acquired_from_at, scene.id))
    return Found(tuple(ordered), tuple(left_out))


def look_at_scenes(
    remote: Remote,
    scenes: Sequence[RemoteScene],
    outline: BaseGeometry,
    *,
    workers: int = 4,
    progress: Callable[[], None] = lambda: None,
) -> list[Offer]:
    """Read the window of each scene's quality band that covers the outline.

    A scene whose quality band cannot be read is offered with the reason.

    Parameters
    ----------
    remote : Remote
    scenes : sequence of RemoteScene
    outline : shapely geometry
        EPSG:4326.
    workers : int
        How many are read at a time.
    progress : callable
        Called when one is done.
    """

    def one(scene: RemoteScene) -> Offer:
        inside = float(scene.footprint.intersection(outline).area / outline.area)
        try:
            return Offer(scene, inside, clear_fraction(remote, scene, outline))
        except RemoteError as error:
            away = error if isinstance(error, AwayError) else None
            unread = note(Code.QUALITY_UNREADABLE, detail=str(error))
            return Offer(scene, inside, None, unread, away)
        finally:
            progress()

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(one, scenes))


def clear_fraction(remote: Remote, scene: RemoteScene, outline: BaseGeometry) -> float | None:
    """Return the share of an outline that a scene's quality band calls clear, 0 to 1.

    None where the scene has no quality band.  Ground outside the swath is not clear.

    Raises
    ------
    RemoteError
        The band cannot be read.
    """
    band = scene.quality
    if band is None:
        return None
    with open_image(remote.open(band.href), ANOTHER) as source:
        check_file(source, band, scene.sensor)
        return clear_share(source, band.name, outline)


def check_file(source: DatasetReader, band: RemoteBand, sensor: str) -> None:
    """Refuse a file that cannot be the band that its item calls it, before a pixel is read.

    Raises
    ------
    RemoteError
        No place on the ground, or other pixels or numbers than the sensor's.
    """
    named = f"The file of the band {band.name}"
    crs, affine, kind = source.crs, source.transform, source.dtypes[0]
    if crs is None or not (crs.is_projected or crs.is_geographic):
        raise RemoteError(f"{named} says no coordinate system: {ANOTHER}.")
    allowed = KINDS.get(band.name, REFLECTANCE_KINDS)
    if source.count != 1 or kind not in allowed:
        raise RemoteError(
            f"{named} holds {source.count} x {kind} where one band of {' or '.join(allowed)} "
            f"belongs: {ANOTHER}."
        )
    unit_m = _unit_m(source)
    usual_m = USUAL_PIXEL_M[sensor]
    for side in (affine.a, -affine.e):
        if not usual_m * FINEST <= side * unit_m <= usual_m * COARSEST or affine.b or affine.d:
            raise RemoteError(
                f"{named} has pixels of {abs(side) * unit_m:.3g} m or is turned, which is none of "
                f"{sensor}: {ANOTHER}."
            )


def clear_share(source: DatasetReader, name: str, outline: BaseGeometry, index: int = 1) -> float:
    """Return the share of an outline that an open quality band calls clear, 0 to 1.

    Parameters
    ----------
    source : DatasetReader
    name : str
        Of the quality band, such as ``scl``.
    outline : shapely geometry
        EPSG:4326.
    index : int
        Of the band in the file, from 1.
    """
    from odc.geo.geom import Geometry
    from rasterio.transform import array_bounds
    from rasterio.windows import Window, from_bounds
    from rasterio.windows import transform as window_transform

    placed = Geometry(outline, "EPSG:4326").to_crs(str(source.crs)).geom
    unit_m = _unit_m(source)
    if not all(map(math.isfinite, placed.bounds)):
        return 0.0  # the file lies where the outline has no place
    bounds = placed.buffer(BESIDE_M / unit_m).bounds
    asked = from_bounds(*bounds, transform=source.transform)
    left, top = max(math.floor(asked.col_off), 0), max(math.floor(asked.row_off), 0)
    right = min(math.ceil(asked.col_off + asked.width), source.width)
    bottom = min(math.ceil(asked.row_off + asked.height), source.height)
    if right <= left or bottom <= top:
        return 0.0
    window = Window(left, top, right - left, bottom - top)
    coarser = _coarser(max(window.width, window.height))
    shape = max(1, window.height // coarser), max(1, window.width // coarser)
    numbers = source.read(index, window=window, out_shape=shape)
    affine = window_transform(window, source.transform)
    affine = affine * affine.scale(window.width / shape[1], window.height / shape[0])
    inside = _touched(placed, affine, shape)
    if not inside.any():
        return 0.0
    flags = READERS[name](numbers)
    pixel_m = float(abs(affine.a)) * unit_m
    if pixel_m < 2 * CLOUD_EDGE_M:
        flags = widen_cloud(flags, pixel_m)
    frame = shapely.box(*array_bounds(*shape, affine))
    reached = float(placed.intersection(frame).area / placed.area)
    return round(reached * float((flags[inside] == 0).mean()), 4)


def _unit_m(source: DatasetReader) -> float:
    """Length of the unit of a file's coordinates, metres; of a degree, that of latitude there."""
    if source.crs.is_projected:
        return float(source.crs.linear_units_factor[1])
    return degree_m((source.bounds.bottom + source.bounds.top) / 2)


def _coarser(side_px: int) -> int:
    """Pixels of a quality band to one that is read, along each side."""
    if side_px <= LOOKED_AT_SIDE_PX:
        return 1
    return max(LEAST_OVERVIEW, 1 << (math.ceil(side_px / LOOKED_AT_SIDE_PX) - 1).bit_length())


def _touched(place: BaseGeometry, affine: Affine, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which pixels, (row, col), a place touches.

    Rasterio's own masks set and reset the warnings of the whole process, which threads disturb.
    """
    inverse = ~affine
    onto_pixels = [inverse.a, inverse.b, inverse.d, inverse.e, inverse.c, inverse.f]
    placed = shapely.affinity.affine_transform(place, onto_pixels)
    shapely.prepare(placed)
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    return np.asarray(
        shapely.intersects(placed, shapely.box(columns, rows, columns + 1, rows + 1)), bool
    )


def _collections(source: Source, sensors: Sequence[str]) -> list[Collection]:
    """First collection of each sensor."""
    wanted: dict[str, Collection] = {}
    for collection in source.collections:
        if collection.sensor in sensors:
            wanted.setdefault(collection.sensor, collection)
    missing = [sensor for sensor in sensors if sensor not in wanted]
    if missing:
        known = list(dict.fromkeys(one.sensor for one in source.collections))
        near = difflib.get_close_matches(missing[0].lower(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "choose another --sensor or --source."
        raise RemoteError(
            f"{source.title} has no scenes of {', '.join(map(repr, missing))}, only of "
            f"{', '.join(known)}: {hint}"
        )
    return list(wanted.values())
