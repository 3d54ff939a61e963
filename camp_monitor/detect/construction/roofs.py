"""New roofs in pixels under a metre."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.detect.construction.roof_network import (
    WEIGHTS_FOLDER,
    Weights,
    read_weights,
    run_network,
)
from camp_monitor.detect.detection import Change
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image

Floats = NDArray[np.float32]

DEFAULT_MODEL = "default"
"""Structure model of `DEFAULT_WEIGHTS`; any other names a file."""
DEFAULT_WEIGHTS = WEIGHTS_FOLDER / "roofs_painted.npz"
WORKING_M = 0.5
"""Side of the pixels that the network has learnt on."""
LEAST_SPREAD = 1e-6
MOST_CONTRAST = 8.0
"""What stands out more than this in a flat scene is cut off."""
LOGIT_SPREAD = 4.0
"""This much more in the logarithm of the odds is one more unit of strength."""
SEGMENT_SCALE, SEGMENT_LEAST_PX, SEGMENT_CONTRAST = 150.0, 24, 0.32
"""A segment is of a garden's or a roof side's size: 6 m2 at least."""
MOST_LOGIT = 6.0
"""Evidence is cut off here before it is averaged."""
EDGE_M = 0.7
"""How far the outline of a roof may be off: the network answers for blocks of one metre."""
NOT_ROOFS = note(Code.LIKE_ROOFS)


@dataclass(frozen=True)
class RoofConstants:
    """What decides over a roof.

    Parameters
    ----------
    least_logit : float
        Logarithm of the odds from which a pixel is roof.
    least_m2 : float
        Smaller roofs are not reported.
    views : int
        How often the scene is turned and mirrored for another look, 1 to 8.
    segment_weight : float
        Share that the mean over a segment of one colour has in each pixel's evidence; 0 turns
        segments off.
    """

    least_logit: float = 0.0
    least_m2: float = 12.0
    views: int = 2
    segment_weight: float = 0.75


CONSTANTS = RoofConstants()


def find_roofs(
    pair: Pair,
    pixel_m: float,
    structure_model: str = "default",
    constants: RoofConstants = CONSTANTS,
) -> Change:
    """Find roofs that stand in the after image and did not in the before image.

    Parameters
    ----------
    pair : Pair
        Optical; red, green and blue where there are, else the mean of all bands for each.
    pixel_m : float
        Side of a pixel, metres; off by 1.3 either way costs little, by 2 much.
    structure_model : str
        ``default`` has learnt from painted settlements alone: see the card beside its weights.
        Else a file of weights, as benchmarks/train_roofs.py writes them.
    constants : RoofConstants

    Returns
    -------
    Change
        Kind ``construction``.

    Notes
    -----
    Cannot see: roofs under trees, of less than about 5 m, or put on the walls of an older house.
    Blind to gain and offset of either date.
    """
    path = DEFAULT_WEIGHTS if structure_model == DEFAULT_MODEL else Path(structure_model)
    logit = roof_logit(pair, pixel_m, read_weights(path), constants)
    changed = (logit >= constants.least_logit) & pair.usable
    strength = np.maximum(1 + (logit - constants.least_logit) / LOGIT_SPREAD, 0)
    return Change(
        kind="construction",
        changed=changed,
        strength=np.where(pair.usable, strength, 0).astype(np.float32),
        edge_px=max(EDGE_M / pixel_m, 1.0),
        least_px=max(round(constants.least_m2 / pixel_m**2), 4),
        caveats=(NOT_ROOFS,),
        way="roofs",
    )


def roof_logit(
    pair: Pair, pixel_m: float, weights: Weights, constants: RoofConstants = CONSTANTS
) -> Floats:
    """Return the logarithm of the odds of a new roof, (row, col), on the grid of the pair."""
    factor = pixel_m / WORKING_M
    before, after = (
        resampled(_colours(image, pair.usable), factor) for image in (pair.before, pair.after)
    )
    views = list(_views())[: constants.views]
    looks = [back(run_network(weights, turn(before), turn(after))) for turn, back in views]
    logit = np.asarray(np.mean(looks, axis=0), np.float32)
    if constants.segment_weight > 0:
        whole = _by_segments(logit, after)
        logit += np.float32(constants.segment_weight) * (whole - logit)
    return resampled(logit[None], 1 / factor, pair.usable.shape)[0]


def _by_segments(logit: Floats, after: Floats) -> Floats:
    """Return the mean evidence over each segment of one colour of the after image.

    References
    ----------
    .. [1] Felzenszwalb and Huttenlocher, Int. J. Comput. Vis. 59, 167 (2004),
       doi:10.1023/B:VISI.0000022288.19776.77
    """
    from skimage.segmentation import felzenszwalb

    picture = np.clip(SEGMENT_CONTRAST * after + 0.5, 0, 1).transpose(1, 2, 0)
    labels = felzenszwalb(picture, scale=SEGMENT_SCALE, sigma=0.8, min_size=SEGMENT_LEAST_PX)
    bounded = np.clip(logit, -MOST_LOGIT, MOST_LOGIT)
    sums = np.bincount(labels.ravel(), bounded.ravel())
    return (sums / np.bincount(labels.ravel()))[labels].astype(np.float32)


def _colours(image: Image, usable: NDArray[np.bool_]) -> Floats:
    """Return red, green and blue, (3, row, col); grey three times where a colour is missing."""
    if {"red", "green", "blue"} <= set(image.bands):
        bands = np.stack([image.band(name) for name in ("red", "green", "blue")])
    else:
        bands = np.repeat(image.pixels.mean(axis=0)[None], 3, axis=0)
    return freed_of_light(bands, usable)


def freed_of_light(bands: Floats, usable: NDArray[np.bool_]) -> Floats:
    """Take the offset of each band and the common gain of all out of an image.

    Parameters
    ----------
    bands : ndarray
        float32, (3, row, col), in any unit.
    usable : ndarray of bool
        (row, col).

    Returns
    -------
    ndarray
        float32, (3, row, col): distance from the band's median, in half-widths of the middle 80 %
        of the brightness, at most `MOST_CONTRAST`; 0 where not usable.
    """
    usable = usable & np.isfinite(bands).all(axis=0)
    if not usable.any():
        return np.zeros(bands.shape, np.float32)
    middle = np.median(bands[:, usable], axis=1)[:, None, None]
    low, high = np.percentile(bands[:, usable].mean(axis=0), [10, 90])
    scaled = (bands - middle) / max(float(high - low) / 2, LEAST_SPREAD)
    return np.where(usable, np.clip(scaled, -MOST_CONTRAST, MOST_CONTRAST), 0).astype(np.float32)


def resampled(bands: Floats, factor: float, shape: tuple[int, ...] | None = None) -> Floats:
    """Resample (band, row, col) to `factor` times as many pixels a side, or to a shape."""
    from scipy import ndimage

    rows, columns = bands.shape[1:]
    shape = shape or (max(round(rows * factor), 1), max(round(columns * factor), 1))
    if shape == (rows, columns):
        return bands
    steps = rows / shape[0], columns / shape[1]
    blur = [0.5 * max(step - 0.5, 0.0) if step > 1 else 0.0 for step in steps]
    at = np.meshgrid(
        *(np.arange(size) * step + step / 2 - 0.5 for size, step in zip(shape, steps, strict=True)),
        indexing="ij",
    )
    resampled = [
        ndimage.map_coordinates(ndimage.gaussian_filter(band, blur), at, order=1, mode="nearest")
        for band in bands
    ]
    return np.stack(resampled).astype(np.float32)


def _views() -> Iterator[tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]]:
    """Give ways to turn and mirror a scene, (..., row, col), each with the way back."""
    for mirrored in (False, True):
        for quarter in range(4):

            def turn(image: Floats, quarter: int = quarter, mirrored: bool = mirrored) -> Floats:
                image = image[..., ::-1] if mirrored else image
                return np.rot90(image, quarter, axes=(-2, -1))

            def back(image: Floats, quarter: int = quarter, mirrored: bool = mirrored) -> Floats:
                image = np.rot90(image, -quarter, axes=(-2, -1))
                return image[..., ::-1] if mirrored else image

            yield turn, back
