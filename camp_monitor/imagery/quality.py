"""From a provider's quality band to named bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from camp_monitor.imagery.image import Quality

CLOUD_EDGE_M = 60.0
"""Clouds and their shadows are widened by this: their edges are thin and classed as clear."""


def flags_from_scl(classes: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Read Sentinel-2's scene classification (SCL).

    ``scl`` 0 nodata, 1 saturated, 3 shadow, 8 and 9 cloud, 10 cirrus, 11 snow; all else is usable,
    dark ground (2) and water (6) among it.

    References
    ----------
    ESA, Sentinel-2 Level-2A Algorithm Theoretical Basis Document, scene classification.
    """
    table = np.zeros(256, np.uint8)
    table[0] = Quality.NODATA
    table[1] = Quality.SATURATED
    table[3] = Quality.SHADOW
    table[[8, 9]] = Quality.CLOUD
    table[10] = Quality.CIRRUS
    table[11] = Quality.SNOW
    table[12:] = Quality.NODATA  # no such class: nothing is known
    return table[np.clip(classes, 0, 255).astype(np.uint8)]


def flags_from_qa_pixel(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Read Landsat Collection 2's QA_PIXEL bits.

    Bit 0 fill, 1 dilated cloud, 2 cirrus, 3 cloud, 4 cloud shadow, 5 snow.

    References
    ----------
    USGS, Landsat 8-9 Collection 2 Level 2 Science Product Guide (LSDS-1619).
    """
    bits = values.astype(np.uint16)
    flags = np.zeros(bits.shape, np.uint8)
    for bit, flag in ((1, Quality.CLOUD), (2, Quality.CIRRUS), (3, Quality.CLOUD),
                      (4, Quality.SHADOW), (5, Quality.SNOW)):  # fmt: skip
        flags[(bits >> bit) & 1 == 1] |= np.uint8(flag)
    flags[bits & 1 == 1] = Quality.NODATA
    return flags


READERS: dict[str, Callable[[NDArray[np.integer]], NDArray[np.uint8]]] = {
    "scl": flags_from_scl,
    "qa_pixel": flags_from_qa_pixel,
}
"""One reader for each name in `camp_monitor.imagery.sensors.QUALITY_BANDS`."""


def widen_cloud(flags: NDArray[np.uint8], pixel_m: float) -> NDArray[np.uint8]:
    """Return `flags` with cloud, cirrus and shadow grown by `CLOUD_EDGE_M`, never over NODATA."""
    from scipy import ndimage

    reach_px = max(1, round(CLOUD_EDGE_M / pixel_m))
    widened = flags.copy()
    for flag in (Quality.CLOUD, Quality.CIRRUS, Quality.SHADOW):
        where = (flags & flag) > 0
        if where.any():
            grown = ndimage.distance_transform_edt(~where) <= reach_px
            widened[grown] |= np.uint8(flag)
    widened[(flags & Quality.NODATA) > 0] = Quality.NODATA
    return widened
