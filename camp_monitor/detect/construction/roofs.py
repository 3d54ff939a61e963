"""New roofs in pixels under a metre."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.detect.construction.roof_network import (
    BLOCK_PX,
    REACH_PX,
    WEIGHTS_FOLDER,
    RoofNetwork,
    open_network,
    run_network,
)
from camp_monitor.detect.construction.roof_pixels import (
    Light,
    colours_in,
    freed,
    halved,
    measure_light,
    resampled_part,
)
from camp_monitor.detect.detection import Change
from camp_monitor.detect.regions import CANDIDATE_STRENGTH
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import Window, grown, in_threads, squares
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.statistics import settled

Floats = NDArray[np.float32]

DEFAULT_MODEL = "default"
"""Structure model of `DEFAULT_WEIGHTS`; any other names a file."""
DEFAULT_WEIGHTS = WEIGHTS_FOLDER / "roofs_painted.npz"
WORKING_M = 0.5
"""Side of the pixels that the network has learnt on."""
LOGIT_SPREAD = 4.0
"""This much more in the logarithm of the odds is one more unit of strength."""
SEGMENT_SCALE, SEGMENT_LEAST_PX, SEGMENT_CONTRAST = 150.0, 24, 0.32
"""A segment is of a garden's or a roof side's size: 6 m2 at least."""
MOST_LOGIT = 6.0
"""Evidence is cut off here before it is averaged."""
TILE_PX = 512
"""Side of the tiles in which a scene is worked through, with `REACH_PX` around each."""
LEAST_ASKED_LOGIT = LOGIT_SPREAD * (CANDIDATE_STRENGTH - 1) - 0.05
"""Mean evidence over a segment is asked for from here on: with less on each of its pixels nothing
is called, nor kept as a candidate."""
UNLIKELY_LOGIT = -5.5
"""The network looks at pixels of one metre first, once.  Where it finds less than this all round,
there is no other look.  Of 88 roofs called with every look in labelled scenes of the *tune* half,
each has at least -4.7 within `NEAR_PX`, and each candidate at least -4.8."""
NEAR_PX = 32
LOOKED_ROUND_PX = NEAR_PX + 96
"""How far round a pixel that is not unlikely the other looks go: what lies nearer than `NEAR_PX`
must not feel their rim."""
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
    strength = roof_logit(pair, pixel_m, open_network(path), constants)
    changed = (strength >= constants.least_logit) & pair.usable
    strength -= np.float32(constants.least_logit)
    strength /= np.float32(LOGIT_SPREAD)
    strength += 1
    np.maximum(strength, 0, out=strength)
    strength[~pair.usable] = 0
    return Change(
        kind="construction",
        changed=changed,
        strength=strength,
        edge_px=max(EDGE_M / pixel_m, 1.0),
        least_px=max(round(constants.least_m2 / pixel_m**2), 4),
        caveats=(NOT_ROOFS,),
        way="roofs",
    )


def roof_logit(
    pair: Pair, pixel_m: float, network: RoofNetwork, constants: RoofConstants = CONSTANTS
) -> Floats:
    """Return the logarithm of the odds of a new roof, (row, col), on the grid of the pair.

    The scene is worked through in tiles that lie where the corner of its grid puts them, coarse to
    fine: where a roof is ruled out at pixels of one metre (`UNLIKELY_LOGIT`), nothing more is
    asked.  Segments are not asked in tiles where no pixel could be called for them.
    """
    shape = pair.usable.shape
    factor = pixel_m / WORKING_M
    working = tuple(max(round(size * factor), 1) for size in shape)
    lights = [
        settled(image.statistics, "light", partial(measure_light, image, pair.usable))
        for image in (pair.before, pair.after)
    ]

    found = np.empty(working, np.float32)

    def ask(part: Window) -> None:
        outer, inner = grown(part, REACH_PX, working)
        before, after = (
            _seen_in(image, pair.usable, light, working, outer)
            for image, light in zip((pair.before, pair.after), lights, strict=True)
        )
        found[part] = _tile_logit(network, before, after, inner, constants)

    in_threads(ask, squares(working, TILE_PX))
    if working == shape:
        return found
    whole = np.empty(shape, np.float32)

    def back(part: Window) -> None:
        whole[part] = resampled_part(
            lambda window: found[None][:, *window], working, shape, part
        )[0]  # fmt: skip

    in_threads(back, squares(shape, TILE_PX))
    return whole


def _tile_logit(
    network: RoofNetwork,
    before: Floats,
    after: Floats,
    inner: Window,
    constants: RoofConstants,
) -> Floats:
    """Return the logarithm of the odds of a new roof in one tile, which answers for `inner`."""
    answer = np.full(before.shape[1:], UNLIKELY_LOGIT, np.float32)
    coarse = run_network(network, halved(before), halved(after))
    for window in worth_a_look(coarse, answer.shape, inner):
        logit = _close_look(network, before[:, *window], after[:, *window], constants)
        answer[window] = np.maximum(answer[window], logit)
    return answer[inner]


def _close_look(
    network: RoofNetwork, before: Floats, after: Floats, constants: RoofConstants
) -> Floats:
    """Look from all sides, and let each segment of one colour agree."""
    views = list(_views())[: constants.views]
    looks = [back(run_network(network, turn(before), turn(after))) for turn, back in views]
    logit = np.asarray(np.mean(looks, axis=0), np.float32)
    if constants.segment_weight > 0 and logit.max() >= LEAST_ASKED_LOGIT:
        whole = _by_segments(logit, after)
        logit += np.float32(constants.segment_weight) * (whole - logit)
    return logit


def worth_a_look(coarse: Floats, shape: tuple[int, ...], inner: Window) -> list[Window]:
    """Return the parts of a tile in which a roof is not ruled out at pixels twice as large.

    Parameters
    ----------
    coarse : ndarray
        float32, (row, col): logarithm of the odds in these larger pixels.
    shape : (int, int)
        Rows and columns of the tile.
    inner : (slice, slice)
        What the tile answers for; beyond `NEAR_PX` of it, only its neighbours are asked.
    """
    from scipy import ndimage

    near = tuple(
        slice(max(part.start - NEAR_PX, 0) // 2, (part.stop + NEAR_PX + 1) // 2) for part in inner
    )
    likely = np.zeros(coarse.shape, bool)
    likely[near] = coarse[near] > UNLIKELY_LOGIT
    if not likely.any():
        return []
    round_px = LOOKED_ROUND_PX // 2
    labels, _ = ndimage.label(ndimage.maximum_filter(likely, 2 * round_px + 1))
    windows = []
    for place in ndimage.find_objects(labels):
        rows, columns = (
            slice(2 * part.start // BLOCK_PX * BLOCK_PX, min(2 * part.stop, size))
            for part, size in zip(place, shape, strict=True)
        )
        windows.append((rows, columns))
    return windows


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


def _seen_in(
    image: Image,
    usable: NDArray[np.bool_],
    light: Light,
    working: tuple[int, ...],
    window: Window,
) -> Floats:
    """Return part of an image, freed of its light, on the pixels that the network works on."""

    def read(part: Window) -> Floats:
        return freed(colours_in(image, part), usable[part], light)

    return resampled_part(read, usable.shape, working, window)


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
