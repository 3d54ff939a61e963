"""Alternative explanations of a finding, examined one by one: what else could have caused it.

Each ends as ruled out, possible or not testable, with what was measured.  One that is possible is
not shown to be the cause; one that is ruled out is so as far as the measurement goes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.explanations import any_sensor, mixed, optical, radar
from camp_monitor.assess.explanations.place import Maps, Place, Window, look, prepare
from camp_monitor.notes import Explanation
from camp_monitor.scenes.sensors import is_sar

__all__ = ["Maps", "examine", "prepare"]

OPTICAL: tuple[Callable[[Place], Explanation], ...] = (
    optical.shadow, optical.snow_cover, any_sensor.season, optical.soil_moisture,
    any_sensor.residual_misregistration, optical.cloud_edge, any_sensor.view_angle,
    any_sensor.processing,
)  # fmt: skip
RADAR: tuple[Callable[[Place], Explanation], ...] = (
    radar.snow_in_radar, any_sensor.season, radar.soil_moisture,
    any_sensor.residual_misregistration, any_sensor.view_angle, any_sensor.processing,
    radar.radio_interference,
)  # fmt: skip
MIXED: tuple[Callable[[Place], Explanation], ...] = (
    mixed.two_sensors, any_sensor.season, mixed.misregistration, optical.cloud_edge,
)  # fmt: skip
"""Those that can act on a sensor, in the order in which they are shown."""


def examine(
    maps: Maps, where: NDArray[np.bool_], window: Window, kind: str
) -> tuple[Explanation, ...]:
    """Examine the alternative explanations of one region.

    Parameters
    ----------
    maps : Maps
        From `prepare`, once for all regions of a pair.
    where : ndarray of bool
        (row, col) of `window`: the region's pixels, at least one.
    window : (slice, slice)
        Rows and columns of the pair's grid, with plain starts and stops.
    kind : str
        One of `camp_monitor.records.kinds.KINDS`.

    Returns
    -------
    tuple of Explanation
        Always the same causes in the same order for one sensor.
    """
    place = look(maps, where, window, kind)
    if maps.pair.mixed:
        return tuple(cause(place) for cause in MIXED)
    return tuple(cause(place) for cause in (RADAR if is_sar(maps.pair.bands) else OPTICAL))
