"""From a provider's quality band to named bits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import SceneError
from camp_monitor.scenes.blocks import by_blocks
from camp_monitor.scenes.image import Quality, flagged

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


UDM2_BANDS = (
    "clear", "snow", "shadow", "haze_light", "haze_heavy", "cloud", "confidence", "udm1",
)  # fmt: skip
"""Order of the bands of Planet's usable data mask, the same in versions 2.0 and 2.1."""
UDM2_VERSIONS = ("2.0", "2.1")
FIRST_UDM21 = date(2023, 11, 29)
"""Images from this day on are masked by version 2.1, earlier ones by 2.0, as Planet says."""
_UDM2_FLAGS = {
    "snow": Quality.SNOW, "shadow": Quality.SHADOW, "haze_light": Quality.CIRRUS,
    "haze_heavy": Quality.CIRRUS, "cloud": Quality.CLOUD,
}  # fmt: skip


def udm2_version(acquired: date, said: str | None = None) -> str:
    """Tell the version of a Planet mask, which the file itself does not hold.

    Parameters
    ----------
    acquired : date
        Day of the image, UTC.
    said : str or None
        ``2.0`` or ``2.1`` where the order or the user says it, as for images that Planet has
        masked anew; counts more than the day.

    Raises
    ------
    SceneError
        `said` is no version.
    """
    if said is not None and said not in UDM2_VERSIONS:
        raise SceneError(f"{said[:20]!r} is no version of a Planet mask: use 2.0 or 2.1.")
    return said or ("2.1" if acquired >= FIRST_UDM21 else "2.0")


def flags_from_udm2(values: NDArray[np.integer], version: str) -> NDArray[np.uint8]:
    """Read Planet's usable data mask (UDM2), version 2.0 or 2.1.

    Both have eight bands in one order, and differ in what two of them hold.  2.0 has two classes of
    haze: light in band 4, heavy in band 5, the latter often confused with cloud and light haze.
    2.1 has one class of haze, all that the ground can be seen through, in band 4; its band 5 is
    always 0, and cloud (band 6) is what hides the ground.  A reader that keyed on heavy haze would
    find none from 2.1 on without noticing.  Haze of either version, light or heavy, is CIRRUS
    here: something thin that is not cloud, and not ground as it is.

    Parameters
    ----------
    values : ndarray
        Integers, (8, row, col), in the order of `UDM2_BANDS`: six classes as 0 or 1, the confidence
        0-100 (not used: it rates the class, not the pixel), and the older mask's bits, of which 0
        (not imaged) and 2 to 7 (a band missing or suspect) are used; 1 is an older, coarser cloud.
    version : str
        ``2.0`` or ``2.1``; see `udm2_version`.

    Returns
    -------
    ndarray
        uint8, (row, col), bits of `Quality`; NODATA where no class is set, or one is not 0 or 1.

    Raises
    ------
    SceneError
        Not eight bands, no such version, or heavy haze in a mask that is said to be 2.1.

    References
    ----------
    Planet, "Usable Data Mask", docs.planet.com/data/imagery/udm, and "All About UDM2.1",
    support.planet.com (article 4403826651409); Planet Imagery Product Specification, unusable data
    mask.
    """
    if version not in UDM2_VERSIONS:
        raise SceneError(f"{version[:20]!r} is no version of a Planet mask: use 2.0 or 2.1.")
    if values.ndim != 3 or values.shape[0] != len(UDM2_BANDS):
        raise SceneError(
            f"A Planet mask has {len(UDM2_BANDS)} bands, and this one the shape {values.shape}."
        )
    bands = dict(zip(UDM2_BANDS, values.astype(np.int64), strict=True))
    if version == "2.1" and bands["haze_heavy"].any():
        raise SceneError(
            "The Planet mask holds heavy haze, which version 2.1 never does: say that it is 2.0."
        )
    classes = values[:6].astype(np.int64)
    flags = np.zeros(values.shape[1:], np.uint8)
    for name, flag in _UDM2_FLAGS.items():
        flags[bands[name] == 1] |= np.uint8(flag)
    flags[(bands["udm1"] & 0b1111_1100) > 0] |= np.uint8(Quality.SATURATED)
    unknown = ~(classes == 1).any(axis=0) | ~np.isin(classes, (0, 1)).all(axis=0)
    flags[unknown | (bands["udm1"] & 1 == 1)] = Quality.NODATA
    return flags


READERS: dict[str, Callable[[NDArray[np.integer]], NDArray[np.uint8]]] = {
    "scl": flags_from_scl,
    "qa_pixel": flags_from_qa_pixel,
    "udm2.0": partial(flags_from_udm2, version="2.0"),
    "udm2.1": partial(flags_from_udm2, version="2.1"),
}
"""One reader for each name in `camp_monitor.scenes.sensors.QUALITY_BANDS`."""


def quality_indexes(name: str, index: int) -> int | list[int]:
    """Return which bands of a file hold the quality band `name` that begins at band `index`.

    A Planet mask is eight bands, read together; the others are one.
    """
    return list(range(1, len(UDM2_BANDS) + 1)) if name.startswith("udm2.") else index


def widen_cloud(flags: NDArray[np.uint8], pixel_m: float) -> NDArray[np.uint8]:
    """Return `flags` with cloud, cirrus and shadow grown by `CLOUD_EDGE_M`, never over NODATA."""
    from scipy import ndimage

    reach_px = max(1, round(CLOUD_EDGE_M / pixel_m))

    def near(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if not where.any():
            return where
        return np.asarray(ndimage.distance_transform_edt(~where) <= reach_px)

    widened = flags.copy()
    for flag in (Quality.CLOUD, Quality.CIRRUS, Quality.SHADOW):
        where = flagged(flags, flag)
        if where.any():
            widened[np.asarray(by_blocks(near, where, halo_px=reach_px + 1))] |= np.uint8(flag)
    widened[flagged(flags, Quality.NODATA)] = Quality.NODATA
    return widened
