"""Look back over all dates of a place: what its quality bands flag whatever the weather."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from camp_monitor.scenes.flag_history import LEAST_DATES, FixedFlags, find_fixed_flags
from camp_monitor.scenes.reading import choose_grid, read_flags
from camp_monitor.scenes.scene import Scene


def look_back(
    scenes: Sequence[Scene], sensor: str, area: BaseGeometry, context_px: int
) -> tuple[FixedFlags, GeoBox] | None:
    """Find what the quality bands of one sensor flag on nearly every date.

    Not part of an observation, because it changes with every further scene of the catalogue.

    Parameters
    ----------
    scenes : sequence of Scene
        Of the catalogue.
    sensor : str
        Key of `camp_monitor.scenes.sensors.SENSORS`; masks of two sensors err differently.
    area : shapely geometry
        EPSG:4326.
    context_px : int
        Least side of the window looked at.

    Returns
    -------
    (FixedFlags, GeoBox) or None
        With the grid of its pixels; None with fewer than `LEAST_DATES` dates.

    Raises
    ------
    SceneError
        A file is missing or damaged.
    """
    of_place = [
        scene
        for scene in scenes
        if scene.sensor == sensor and scene.quality and scene.footprint.intersects(area)
    ]
    if len({scene.acquired_from_at.date() for scene in of_place}) < LEAST_DATES:
        return None
    grid = choose_grid(of_place[0], of_place[0], area, context_px)
    flags: dict[date, NDArray[np.uint8]] = {}
    for scene in of_place:
        day = scene.acquired_from_at.date()
        if scene.quality is not None and day not in flags:
            flags[day] = read_flags(scene.quality, grid)
    return find_fixed_flags(flags, float(abs(grid.affine.a))), grid
