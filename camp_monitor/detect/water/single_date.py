"""All water on one date: a flood is told from it where usual water is known, without a before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.detection import Change, Detection
from camp_monitor.scenes.image import Image

METHOD = "water/1"


def detect_water(image: Image, slope_deg: NDArray[np.float32] | None = None) -> Detection:
    """Find all water in one image, by the rules that `detect_flooding` uses on each date.

    Parameters
    ----------
    image : Image
        Optical with a water index, or radar.
    slope_deg : ndarray or None
        float32, (row, col), degrees: steep ground is no water.

    Returns
    -------
    Detection
        Kind ``water``, which is no change: no finding is made of it.

    Raises
    ------
    Refusal
        The image cannot tell water.
    """
    if image.nature.radar:
        from camp_monitor.detect.water.radar import map_radar_water

        radar = map_radar_water(image, slope_deg=slope_deg)
        found, strength, seen, measured = (
            radar.is_water, radar.strength, radar.seen, radar.measured,
        )  # fmt: skip
        way = "radar"
    else:
        from camp_monitor.detect.water.optical import map_water

        water = map_water(image, slope_deg=slope_deg)
        found, strength, seen, measured = (
            water.is_water, water.strength, water.seen, water.measured,
        )  # fmt: skip
        way = "optical"
    change = Change("water", found & seen, strength, edge_px=0.8, least_px=1, way=way)
    return Detection(METHOD, (change,), seen, measured)


def slope_of(height_m: NDArray[np.float32], pixel_m: float) -> NDArray[np.float32]:
    """Slope of the ground, float32 (row, col), degrees, from heights in metres on square pixels."""
    by_row, by_column = np.gradient(height_m.astype(np.float32), np.float32(pixel_m))
    return np.degrees(np.arctan(np.hypot(by_row, by_column))).astype(np.float32)
