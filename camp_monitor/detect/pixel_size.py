"""How large a pixel is on the ground, where nothing states it: from how thin the edges are.

In a fine image most pixels lie inside a roof, a lawn or a road, and few on an edge between them;
in a coarse image nearly every pixel is an edge.  The share of the pixels that hold the edges thus
falls with the size of the pixel on built ground.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import Window, every_other
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.morphology import dilated

SPARSENESS_AT_1_M = 0.715
SPARSENESS_PER_OCTAVE = 0.155
"""Sparseness of the edges at one metre, and how much it falls with each doubling of the pixel.
Measured on 30 image pairs of towns and villages with pixels of 0.25 to 2 m, each also averaged to
pixels two to eight times as large."""
MOST_SPARSENESS = 0.93
"""Pixels finer than 0.4 m show no thinner edges: leaves, cars and grain come in."""
SPREAD = 0.1
"""Standard deviation of the sparseness between places seen with one size of pixel."""
USUAL_M = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Pixels in which fine imagery is sold and published; each is as likely before one has looked."""
UNKNOWN_M = 2.0
"""Taken where the scene cannot tell: nothing that needs finer pixels is then looked for."""
LEAST_SPARSENESS = 0.36
"""Noise, or a texture without edges, has less than this: its scale is unknown."""
SHADE_FRACTION = 0.5
"""Share of a band's median that is added before the logarithm, so that shade is not all edges."""
LEAST_PX = 48
"""A smaller image has too few edges."""
MOST_PX, WINDOWS_ALONG = 4_000_000, 4
"""Of a larger image, so many pixels are looked at, in so many windows along each side."""


@dataclass(frozen=True)
class PixelSize:
    """Side of a pixel as estimated from the scene.

    Parameters
    ----------
    pixel_m : float
        Best guess, metres; `UNKNOWN_M` where the scene cannot tell.
    low_m, high_m : float
        The true side lies between these in nine of ten scenes with buildings; 0 and infinity where
        the scene cannot tell.
    """

    pixel_m: float
    low_m: float
    high_m: float

    @property
    def known(self) -> bool:
        """Whether the scene could tell."""
        return math.isfinite(self.high_m)


def estimate_pixel_m(before: Image, after: Image) -> PixelSize:
    """Estimate the side of a pixel from the sharper-cut of two images of at most 3 m.

    The sizes in `USUAL_M` are weighted by how well the sparseness of the edges suits each.

    Parameters
    ----------
    before, after : Image
        Optical, on one grid, whose stated pixel size is not looked at.

    Returns
    -------
    PixelSize
        A pair of street scenes at 0.25 m gives about 0.3 m, between 0.15 and 0.6 m.

    Notes
    -----
    Cannot see: the size of anything.  Fields, forest, desert and water have no scale of their own,
    and an image that was enlarged looks like a fine one.
    """
    found = [_sparseness(image) for image in (before, after)]
    told = [value for value in found if value is not None and value >= LEAST_SPARSENESS]
    if not told:
        return PixelSize(UNKNOWN_M, 0.0, math.inf)
    octaves = np.log2(np.array(USUAL_M))
    suits = np.minimum(SPARSENESS_AT_1_M - SPARSENESS_PER_OCTAVE * octaves, MOST_SPARSENESS)
    weights = np.exp(-0.5 * ((min(max(told), MOST_SPARSENESS) - suits) / SPREAD) ** 2)
    weights /= weights.sum()
    low, high = np.searchsorted(np.cumsum(weights), (0.05, 0.95))
    return PixelSize(float(2.0 ** (weights @ octaves)), USUAL_M[low], USUAL_M[high])


def _sparseness(image: Image) -> float | None:
    """Logarithm of the mean square of the slopes over their squared mean; None without slopes.

    Of a large image, windows that lie evenly spread over it are asked.
    """
    usable = image.usable
    if min(usable.shape) < LEAST_PX:
        return None
    held = every_other(usable.shape, MOST_PX)
    used = usable[held]
    if not used.any():
        return None
    middles = [float(np.median(band[held][used])) for band in image.pixels]
    count, total, squares = 0, 0.0, 0.0
    for window in _windows(usable.shape):
        inside = _slopes(image.pixels[:, *window], usable[window], middles)
        count += inside.size
        total += float(inside.sum())
        squares += float((inside**2).sum())
    if count < LEAST_PX**2 or total <= 0:
        return None
    return math.log(squares / count / (total / count) ** 2)


def _windows(shape: tuple[int, ...]) -> list[Window]:
    """Return all of an image in one, or of a large one some windows, evenly spread."""
    if math.prod(shape) <= MOST_PX:
        return [(slice(0, shape[0]), slice(0, shape[1]))]
    side = min(math.isqrt(MOST_PX) // WINDOWS_ALONG, *shape)
    rows, columns = (
        [
            slice(first, first + side)
            for first in np.linspace(0, size - side, WINDOWS_ALONG).round().astype(int).tolist()
        ]
        for size in shape
    )
    return [(row, column) for row in rows for column in columns]


def _slopes(
    pixels: NDArray[np.float32], usable: NDArray[np.bool_], middles: Sequence[float]
) -> NDArray[np.float64]:
    """Slopes of the logarithm of brightness on usable ground, summed over the bands."""
    from scipy import ndimage

    slopes = np.zeros(usable.shape, np.float32)
    for band, middle in zip(pixels, middles, strict=True):
        logarithm = _log(band, usable, middle)
        slopes += ndimage.gaussian_gradient_magnitude(logarithm, 1.0, mode="nearest")
    return slopes[~dilated(~usable, 3)].astype(np.float64)


def _log(
    band: NDArray[np.float32], usable: NDArray[np.bool_], middle: float
) -> NDArray[np.float32]:
    filled = np.maximum(np.where(usable, band, middle), 0)
    return np.log(filled + max(SHADE_FRACTION * middle, 1e-6)).astype(np.float32)
