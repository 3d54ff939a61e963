"""Put scenes of one pass together: the tiles round a place are one scene of it.

Of two processings of one tile the newest is taken; what it does not hold, another may.  A pass of
which one scene shows all of the place is that scene, as it is.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import SceneError
from camp_monitor.scenes.acquisition import (
    ANY_SENSOR,
    Acquisition,
    acquisition_of,
    newness_of,
)
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.reading import read_image, utm_crs
from camp_monitor.scenes.scene import Scene

Value = TypeVar("Value")
LEAST_ADDED_FRACTION = 0.002
"""A scene that shows no more than this part of a place beside the others is left out."""
SIDE_PX = 96
"""Pixels along each side of the grid on which it is counted what a scene shows of a place."""
SAME_FRAME_FRACTION = 0.9
"""Two scenes that have this part of their frames in common are two processings of one tile."""
AT_ONCE_S = 3600
"""Files of no certain sensor are only put together where they say their time as closely as this."""
MOST_SHOWN = 4000
"""Of so many scenes it is kept what they show of a place, 9 kB each."""
_SHOWN: dict[tuple[str, tuple[str, ...], GeoBox], NDArray[np.bool_]] = {}


def is_one_pass(first: Scene, second: Scene) -> bool:
    """Tell whether two scenes of one place are of one pass, or cannot be told from that."""
    return acquisition_of(first).is_one_pass(acquisition_of(second))


def put_together(
    scenes: Sequence[Scene], area: BaseGeometry, context_px: int = 0
) -> tuple[Scene, ...]:
    """Put scenes of one pass together, so that a place has one scene of it.

    Parameters
    ----------
    scenes : sequence of Scene
        Of a catalogue, in any order.
    area : shapely geometry
        The place, EPSG:4326.
    context_px : int
        Least side of the window that a comparison reads round the place, pixels.

    Returns
    -------
    tuple of Scene
        In the order of acquisition.  Of each pass one scene for each kind of numbers in it: one of
        `scenes` where that shows all of the place that any does, else one with `Scene.tiles`.
        Scenes that do not reach the place are returned as they are.
    """
    near = [scene for scene in scenes if scene.footprint.intersects(area)]
    told = {scene.id for scene in near}
    found = [scene for scene in scenes if scene.id not in told]
    for group in group_by_pass(near):
        found.append(group[0] if len(group) == 1 else _of_place(group, area, context_px))
    return tuple(sorted(found, key=lambda scene: (scene.acquired_from_at, scene.id)))


def group_by_pass(scenes: Sequence[Scene]) -> list[list[Scene]]:
    """Part scenes of one place into those of one pass that hold the same kind of numbers."""
    groups: list[tuple[Hashable, list[Acquisition], list[Scene]]] = []
    for scene in sorted(scenes, key=lambda one: (one.acquired_from_at, one.id)):
        kind, taken = _kind(scene), acquisition_of(scene)
        for other, acquisitions, group in groups:
            if other == kind and all(taken.is_one_pass(one) for one in acquisitions):
                acquisitions.append(taken)
                group.append(scene)
                break
        else:
            groups.append((kind, [taken], [scene]))
    return [group for _, _, group in groups]


def find_pass(passes: Sequence[Scene], scene: Scene) -> Scene:
    """Return which of `passes`, made by `put_together` of it and others, a scene went into."""
    for one in passes:
        if one.id == scene.id or scene.id in {tile.id for tile in one.tiles}:
            return one
    fits = (one for one in passes if _kind(one) == _kind(scene) and is_one_pass(one, scene))
    return next(fits, scene)


def join_scenes(tiles: Sequence[Scene]) -> Scene:
    """Make one scene of tiles of one pass; the first of those that show a pixel tells of it.

    Parameters
    ----------
    tiles : sequence of Scene
        Of one pass and one kind of numbers.  Each keeps its own scale and offset.
    """
    if len(tiles) == 1:
        return tiles[0]
    first = tiles[0]
    begun = min(tile.acquired_from_at for tile in tiles)
    digest = hashlib.sha256("\n".join(tile.id for tile in tiles).encode()).hexdigest()[:8]
    baselines = {tile.baseline for tile in tiles}
    return replace(
        first,
        id=f"{first.sensor}-{begun:%Y%m%dT%H%M%SZ}-{len(tiles)}-tiles-{digest}",
        acquired_from_at=begun,
        acquired_to_at=max(tile.acquired_to_at for tile in tiles),
        footprint=shapely.union_all([tile.footprint for tile in tiles]),
        pixel_m=max(tile.pixel_m for tile in tiles),
        files=tuple(path for tile in tiles for path in tile.files),
        sha256=tuple(digest for tile in tiles for digest in tile.sha256),
        licence="; ".join(dict.fromkeys(tile.licence for tile in tiles if tile.licence)),
        credit="; ".join(dict.fromkeys(tile.credit for tile in tiles if tile.credit)),
        platform=_stated(tile.platform for tile in tiles),
        relative_orbit=_stated(tile.relative_orbit for tile in tiles),
        orbit_state=_stated(tile.orbit_state for tile in tiles),
        bands_assumed=any(tile.bands_assumed for tile in tiles),
        baseline=first.baseline if len(baselines) == 1 else None,
        simulated=any(tile.simulated for tile in tiles),
        tiles=tuple(tiles),
    )


def _stated(values: Iterable[Value | None]) -> Value | None:
    return next((value for value in values if value is not None), None)


def _kind(scene: Scene) -> Hashable:
    """Return what scenes must have in common to be put together."""
    placed = scene.geocoding and scene.geocoding.noise_subtracted
    quality = scene.quality and scene.quality.name
    unknown = scene.offset_kind == "unknown"
    size = round(2 * math.log2(scene.pixel_m))
    kind = (scene.sensor, scene.quantity, scene.band_names, size, quality, placed, unknown)
    lasts_s = (scene.acquired_to_at - scene.acquired_from_at).total_seconds()
    alone = scene.sensor in ANY_SENSOR and lasts_s > AT_ONCE_S
    return (*kind, scene.id) if alone else kind


def newness(scene: Scene) -> tuple[float, int, str]:
    """Order processings of one tile, the newest last; see `newness_of`."""
    return newness_of(scene.baseline, [scene.id, *(path.name for path in scene.files)])


def _of_place(group: Sequence[Scene], area: BaseGeometry, context_px: int) -> Scene:
    """Put together those scenes of a pass that are needed for a place."""
    grid = _count_grid(area, max(scene.pixel_m for scene in group) * context_px)
    inside = _within(area, grid)
    left = {scene.id: scene for scene in group}
    shows = {scene.id: _shown(scene, grid) for scene in group}
    chosen: list[Scene] = []
    for wanted in (inside, np.ones_like(inside)):
        open_px = wanted.copy()
        for scene in chosen:
            open_px &= ~shows[scene.id]
        while left:
            adds = {key: float((shows[key] & open_px).sum() / wanted.sum()) for key in left}
            best = max(
                _newest_of_each(left),
                key=lambda one: (round(adds[one.id], 2), newness(one), one.id),
            )
            if chosen and adds[best.id] <= LEAST_ADDED_FRACTION:
                break
            chosen.append(left.pop(best.id))
            open_px &= ~shows[best.id]
        if len(chosen) == 1:
            break
    return join_scenes(chosen)


def _newest_of_each(left: dict[str, Scene]) -> list[Scene]:
    """Leave out processings of a tile of which a newer one is there too."""
    every = list(left.values())
    return [
        scene
        for scene in every
        if not any(newness(other) > newness(scene) and _same_frame(other, scene) for other in every)
    ]


def _same_frame(first: Scene, second: Scene) -> bool:
    common = first.footprint.intersection(second.footprint).area
    return bool(common >= SAME_FRAME_FRACTION * first.footprint.union(second.footprint).area)


def _count_grid(area: BaseGeometry, least_m: float) -> GeoBox:
    """Make a coarse grid of a place, and of as much round it as a comparison reads."""
    crs = utm_crs(area.centroid.x, area.centroid.y)
    box = Geometry(shapely.box(*area.bounds), "EPSG:4326").to_crs(crs, 0.01).boundingbox
    beside_x, beside_y = (max(least_m - span, 0) / 2 for span in (box.span_x, box.span_y))
    bounds = (box.left - beside_x, box.bottom - beside_y, box.right + beside_x, box.top + beside_y)
    step = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / SIDE_PX
    return GeoBox.from_bbox(bounds, crs, resolution=step, tight=True)


def _within(area: BaseGeometry, grid: GeoBox) -> NDArray[np.bool_]:
    """Tell which pixels of a grid have their centre in an area; the middle one of a tiny one."""
    placed = Geometry(area, "EPSG:4326").to_crs(str(grid.crs), 0.01).geom
    affine, (rows, columns) = grid.affine, grid.shape
    x = affine.c + affine.a * (np.arange(columns) + 0.5)
    y = affine.f + affine.e * (np.arange(rows) + 0.5)
    inside = np.asarray(shapely.contains_xy(placed, *np.meshgrid(x, y)), bool)
    if not inside.any():
        inside[grid.shape[0] // 2, grid.shape[1] // 2] = True
    return inside


def _shown(scene: Scene, grid: GeoBox) -> NDArray[np.bool_]:
    """Tell where a scene holds something; read once, however often a long run asks.

    Of a file that cannot be read it is not known, and all of its frame is taken for it.
    """
    key = (scene.id, scene.sha256, grid)
    if key not in _SHOWN:
        if len(_SHOWN) >= MOST_SHOWN:
            _SHOWN.pop(next(iter(_SHOWN)))
        try:
            _SHOWN[key] = (read_image(scene, grid).flags & Quality.NODATA) == 0
        except SceneError:  # it is said where the scene is compared, and of that pair alone
            return _within(scene.footprint, grid)
    return _SHOWN[key]
