"""Water and its banks, where construction is not looked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.water.optical import map_water, tells_water
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.morphology import dilated, eroded

BANK_PX = 2
NEAR_WATER_FRACTION = 0.25
"""A region with more of its rim at changed or present water is a bank or a bar."""


def wet_ground(pair: Pair) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where water is before and after, (row, col); nowhere, if these scenes cannot say.

    Numbers that are not reflectance have a say only where water and land part visibly.
    """
    return _wet(pair.before), _wet(pair.after)


def _wet(image: Image) -> NDArray[np.bool_]:
    if tells_water(image.bands):
        water = map_water(image)
        if image.nature.calibrated or water.parted:
            return water.is_water
    return np.zeros(image.flags.shape, bool)


def banks(wet: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bodies of water and `BANK_PX` of their banks; single wet pixels are none."""
    return dilated(dilated(eroded(wet)), BANK_PX)


def away_from_water(found: NDArray[np.bool_], shores: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop regions whose rim lies largely at water: banks and bars that a river moved."""
    from scipy import ndimage

    labels, count = ndimage.label(found, np.ones((3, 3)))
    if count == 0 or not shores.any():
        return found
    rim = found & ~eroded(found)
    share = ndimage.mean(shores[rim], labels[rim], np.arange(1, count + 1))
    kept = np.concatenate([[False], np.asarray(share) <= NEAR_WATER_FRACTION])
    return kept[labels] & ~shores
