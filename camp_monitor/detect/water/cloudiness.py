"""Thick cloud in reflectance, where no provider's quality band told it from ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BRIGHT = 0.20
"""Cloud that hides the ground reflects more than this in green and in infrared."""
NIR_TO_GREEN = (0.85, 1.10)
"""Cloud is white: near infrared is about as bright as green.  Leaves, soil and haze over them have
more of it, muddy water less."""
SWIR_TO_GREEN = (0.30, 1.10)
"""Short-wave infrared is dimmed by ice and drops, but less than by snow; soil, sand and salt have
more of it than of green."""
LEAST_WIDTH_PX = 3
"""Narrower white things are roofs and roads."""
RIM_PX = 1
"""The edge of a cloud hides ground, too."""
HOLE_PX = 400
"""Smaller holes in a cloud are cloud: numbers above a file's range wrap round or are cut off in the
brightest part."""


def thick_cloud(bands: dict[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Find cloud that hides the ground.

    Premise: surface or top-of-atmosphere reflectance with green, near infrared and short-wave
    infrared; of other bands nothing is said, for white roofs and sand look the same there.

    Parameters
    ----------
    bands : dict of str to ndarray
        Reflectance by standard band name, float32 (row, col).

    Returns
    -------
    ndarray of bool
        (row, col); nowhere True without those three bands.

    Notes
    -----
    Cannot see: thin haze, through which the ground still shows; shadow.  Takes for cloud: large
    white roofs and quarries.
    """
    from scipy import ndimage

    if not {"green", "nir", "swir1"} <= set(bands):
        return np.zeros(next(iter(bands.values())).shape, bool)
    green, nir, swir = bands["green"], bands["nir"], bands["swir1"]
    white = (green > BRIGHT) & ((nir + swir) / 2 > BRIGHT)
    white &= (nir > NIR_TO_GREEN[0] * green) & (nir < NIR_TO_GREEN[1] * green)
    white &= (swir > SWIR_TO_GREEN[0] * green) & (swir < SWIR_TO_GREEN[1] * green)
    cloud = ndimage.binary_opening(white, np.ones((LEAST_WIDTH_PX, LEAST_WIDTH_PX)))
    if not cloud.any():
        return cloud
    cloud = ndimage.binary_dilation(cloud, np.ones((3, 3)), iterations=RIM_PX)
    holes, _ = ndimage.label(~cloud)
    small = np.bincount(holes.ravel()) < HOLE_PX
    return np.asarray(cloud | small[holes])
