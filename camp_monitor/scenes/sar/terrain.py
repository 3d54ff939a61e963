"""What a side-looking radar cannot see of steep ground: layover and shadow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SENTINEL1_INCIDENCE_DEG = (29.1, 46.0)
"""Nearest and farthest of the interferometric wide swath (Torres et al. 2012,
doi:10.1016/j.rse.2011.05.028)."""
SENTINEL1_LOOK_DEG = {"ascending": 77.0, "descending": 283.0}
"""Where the rays go, clockwise from north: to the right of a track of -13 or 193 degrees."""


def hidden_by_terrain(
    height_m: NDArray[np.float32],
    pixel_m: float,
    look_deg: float,
    incidence_deg: tuple[float, float] = SENTINEL1_INCIDENCE_DEG,
) -> NDArray[np.bool_]:
    """Tell which ground lies in layover or shadow of its own slope.

    Ground that faces the radar and is steeper than the angle of incidence lies in layover: its
    foot and its top come back at once.  Ground that faces away and is steeper than 90 degrees less
    that angle lies in shadow (Small 2011, doi:10.1109/TGRS.2011.2120616).  Only the slope along
    the ray counts.

    Parameters
    ----------
    height_m : ndarray
        float32, (row, col), metres, square pixels, north up; NaN where no height is known.
    pixel_m : float
        Side of a pixel, metres.
    look_deg : float
        Direction in which the rays go, degrees clockwise from north.
    incidence_deg : (float, float)
        The least and the greatest angle between ray and vertical that the scene may have, degrees:
        ground that one of them hides is hidden.

    Returns
    -------
    ndarray of bool
        (row, col); False where no height is known.

    Notes
    -----
    Cannot see: what a slope lays its echo over, or casts its shadow on, beyond itself; slopes that
    the heights are too coarse for.
    """
    to_south, to_east = np.gradient(height_m.astype(np.float32), np.float32(pixel_m))
    look = np.radians(look_deg)
    rise_deg = np.degrees(np.arctan(to_east * np.sin(look) - to_south * np.cos(look)))
    nearest_deg, farthest_deg = incidence_deg
    return np.asarray((rise_deg > nearest_deg) | (-rise_deg > 90 - farthest_deg), bool)
