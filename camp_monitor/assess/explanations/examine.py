"""Rival causes of a finding, examined one by one: what else could have made it.

Each ends as ruled out, possible or not testable, with the measured reason.  A cause that is
possible is not shown to be the cause; one that is ruled out is so as far as the reason says.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.explanations import any_sensor as causes
from camp_monitor.assess.explanations import optical as in_optics
from camp_monitor.assess.explanations import radar as in_radar
from camp_monitor.assess.explanations.place import Place, Rival, RivalMaps, Window, look, prepare
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import is_sar

__all__ = ["Rival", "RivalMaps", "examine", "examine_rivals", "prepare"]

OPTICAL: tuple[Callable[[Place], Rival], ...] = (
    in_optics.shadow_and_sun, in_optics.snow_cover, causes.season,
    in_optics.wet_ground, causes.shift_left, in_optics.cloud_edge, causes.view_angle,
    causes.processing_step,
)  # fmt: skip
RADAR: tuple[Callable[[Place], Rival], ...] = (
    in_radar.snow_in_radar, causes.season, in_radar.wet_ground_in_radar, causes.shift_left,
    causes.view_angle, causes.processing_step, in_radar.radio_interference,
)  # fmt: skip
"""Those that can act on a sensor, in the order in which they are told."""


def examine(
    maps: RivalMaps, where: NDArray[np.bool_], window: Window, kind: str
) -> tuple[Rival, ...]:
    """Examine the rival causes of one region.

    Parameters
    ----------
    maps : RivalMaps
        From `prepare`, once for all regions of a pair.
    where : ndarray of bool
        (row, col) of `window`: the region's pixels, at least one.
    window : (slice, slice)
        Rows and columns of the pair's grid, with plain starts and stops.
    kind : str
        One of `camp_monitor.records.finding.KINDS`.

    Returns
    -------
    tuple of Rival
        Always the same causes in the same order for one sensor.
    """
    place = look(maps, where, window, kind)
    return tuple(cause(place) for cause in (RADAR if is_sar(maps.pair.bands) else OPTICAL))


def examine_rivals(
    where: NDArray[np.bool_], kind: str, pair: Pair, before: Scene, after: Scene
) -> tuple[Rival, ...]:
    """Examine the rival causes of a single region; for many of one pair, `prepare` once.

    Parameters
    ----------
    where : ndarray of bool
        (row, col) of the pair's grid: the region's pixels, at least one.
    kind : str
    pair : Pair
    before, after : Scene
    """
    rows, columns = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    window = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return examine(prepare(pair, before, after), where[window], window, kind)
