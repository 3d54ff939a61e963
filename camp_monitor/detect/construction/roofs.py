"""New roofs in pixels under a metre."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from camp_monitor.detect.detection import Change
from camp_monitor.detect.lattice import Tile, Window, in_threads, sample, tiles
from camp_monitor.detect.regions import CANDIDATE_STRENGTH
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
TILE_PX = 512
"""Side of the tiles in which a scene is worked through, with `REACH_PX` around each."""
LIGHT_SAMPLE_PX = 1_000_000
"""More pixels of a scene tell its light no better."""
LEAST_ASKED_LOGIT = LOGIT_SPREAD * (CANDIDATE_STRENGTH - 1) - 0.05
"""Mean evidence over a segment is asked for from here on: with less on each of its pixels nothing
is called, nor kept as a candidate."""
UNLIKELY_LOGIT = -5.0
"""The network looks at pixels of one metre first, once.  Where it finds less than this all round,
there is no other look.  Of 88 roofs called with every look in labelled scenes of the *tune* half,
each has at least -4.7 within 16 m and -2.7 within 48 m; of the candidates, -4.8 and -3.9."""
LOOKED_ROUND_PX = 96
"""How far round a pixel that is not unlikely the other looks go: a house, and `REACH_PX`."""
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
    lights = [measure_light(image, pair.usable) for image in (pair.before, pair.after)]

    def ask(tile: Tile) -> Floats:
        before, after = (
            _seen_in(image, pair.usable, light, working, tile.outer)
            for image, light in zip((pair.before, pair.after), lights, strict=True)
        )
        return _tile_logit(network, before, after, constants)[tile.inner_of_outer]

    found = np.empty(working, np.float32)
    parts = tiles(working, TILE_PX, REACH_PX)
    for tile, logit in zip(parts, in_threads(ask, parts), strict=True):
        found[tile.inner] = logit
    if working == shape:
        return found
    whole = np.empty(shape, np.float32)
    parts = tiles(shape, TILE_PX)

    def back(tile: Tile) -> Floats:
        return resampled_part(lambda window: found[None][:, *window], working, shape, tile.inner)[0]

    for tile, logit in zip(parts, in_threads(back, parts), strict=True):
        whole[tile.inner] = logit
    return whole


def _tile_logit(
    network: RoofNetwork, before: Floats, after: Floats, constants: RoofConstants
) -> Floats:
    """Return the logarithm of the odds of a new roof in one tile."""
    answer = np.full(before.shape[1:], UNLIKELY_LOGIT, np.float32)
    window = _worth_a_look(run_network(network, *map(halved, (before, after))), answer.shape)
    if window is None:
        return answer
    first, second = before[:, *window], after[:, *window]
    views = list(_views())[: constants.views]
    looks = [back(run_network(network, turn(first), turn(second))) for turn, back in views]
    logit = np.asarray(np.mean(looks, axis=0), np.float32)
    if constants.segment_weight > 0 and logit.max() >= LEAST_ASKED_LOGIT:
        whole = _by_segments(logit, second)
        logit += np.float32(constants.segment_weight) * (whole - logit)
    answer[window] = logit
    return answer


def _worth_a_look(coarse: Floats, shape: tuple[int, ...]) -> Window | None:
    """Return the part of a tile in which a roof is not ruled out at pixels twice as large."""
    likely = coarse > UNLIKELY_LOGIT
    parts = []
    for axis, size in enumerate(shape):
        where = 2 * np.flatnonzero(likely.any(axis=1 - axis))
        if not where.size:
            return None
        first, last = where[0] - LOOKED_ROUND_PX, where[-1] + LOOKED_ROUND_PX
        parts.append(slice(max(first // BLOCK_PX * BLOCK_PX, 0), min(last, size)))
    return parts[0], parts[1]


def halved(bands: Floats) -> Floats:
    """Average blocks of 2 x 2 pixels; an odd row or column at the end is repeated."""
    more = (0, 0), (0, bands.shape[1] % 2), (0, bands.shape[2] % 2)
    whole = np.pad(bands, more, mode="edge") if more[1][1] or more[2][1] else bands
    rows = whole[:, ::2] + whole[:, 1::2]
    return np.asarray((rows[..., ::2] + rows[..., 1::2]) / 4, np.float32)


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


@dataclass(frozen=True, eq=False)
class Light:
    """What the light of a scene adds to its bands, and by how much it stretches them.

    Parameters
    ----------
    offsets : ndarray
        Median of red, green and blue.
    gain : float
        Half the width of the middle 80 % of the brightness; 0 where nothing is usable.
    """

    offsets: NDArray[np.float32]
    gain: float


def measure_light(image: Image, usable: NDArray[np.bool_]) -> Light:
    """Measure the light of a scene on pixels spread evenly over it."""
    window = sample(usable.shape, LIGHT_SAMPLE_PX)
    return _light_of(_colours(image, window), usable[window])


def _light_of(bands: Floats, usable: NDArray[np.bool_]) -> Light:
    usable = usable & np.isfinite(bands).all(axis=0)
    if not usable.any():
        return Light(np.zeros(3, np.float32), 0.0)
    held = bands[:, usable]
    low, high = np.percentile(held.mean(axis=0), [10, 90])
    return Light(np.median(held, axis=1), max(float(high - low) / 2, LEAST_SPREAD))


def _colours(image: Image, window: Window) -> Floats:
    """Return red, green and blue, (3, row, col); grey three times where a colour is missing."""
    if {"red", "green", "blue"} <= set(image.bands):
        return np.stack([image.band(name)[window] for name in ("red", "green", "blue")])
    return np.repeat(image.pixels[:, *window].mean(axis=0)[None], 3, axis=0)


def _seen_in(
    image: Image,
    usable: NDArray[np.bool_],
    light: Light,
    working: tuple[int, ...],
    window: Window,
) -> Floats:
    """Return part of an image, freed of its light, on the pixels that the network works on."""

    def read(part: Window) -> Floats:
        return _freed(_colours(image, part), usable[part], light)

    return resampled_part(read, usable.shape, working, window)


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
    return _freed(bands, usable, _light_of(bands, usable))


def _freed(bands: Floats, usable: NDArray[np.bool_], light: Light) -> Floats:
    usable = usable & np.isfinite(bands).all(axis=0)
    if not light.gain:
        return np.zeros(bands.shape, np.float32)
    scaled = (bands - light.offsets[:, None, None]) / light.gain
    return np.where(usable, np.clip(scaled, -MOST_CONTRAST, MOST_CONTRAST), 0).astype(np.float32)


def resampled(bands: Floats, factor: float, shape: tuple[int, ...] | None = None) -> Floats:
    """Resample (band, row, col) to `factor` times as many pixels a side, or to a shape."""
    rows, columns = bands.shape[1:]
    shape = shape or (max(round(rows * factor), 1), max(round(columns * factor), 1))
    everything = slice(0, shape[0]), slice(0, shape[1])
    return resampled_part(lambda part: bands[:, *part], (rows, columns), shape, everything)


def resampled_part(
    read: Callable[[Window], Floats],
    held: tuple[int, ...],
    shape: tuple[int, ...],
    window: Window,
) -> Floats:
    """Resample an image to other pixels, and only that part of it which is asked for.

    Parameters
    ----------
    read : callable
        Returns part of the image, (band, row, col).
    held : (int, int)
        Rows and columns that the image has.
    shape : (int, int)
        Rows and columns that it would have.
    window : (slice, slice)
        The part of these that is returned.
    """
    from scipy import ndimage

    if shape == held:
        return read(window)
    steps = [size / wanted for size, wanted in zip(held, shape, strict=True)]
    blur = [0.5 * max(step - 0.5, 0.0) if step > 1 else 0.0 for step in steps]
    at, parts = [], []
    for size, step, sigma, asked in zip(held, steps, blur, window, strict=True):
        where = np.arange(asked.start, asked.stop) * step + step / 2 - 0.5
        more = int(4 * sigma + 0.5) + 2  # as far as the Gaussian reaches, and a neighbour
        first = max(int(where[0]) - more, 0)
        parts.append(slice(first, min(int(where[-1]) + more + 1, size)))
        at.append(where - first)
    places = np.meshgrid(*at, indexing="ij")
    found = [
        ndimage.map_coordinates(
            ndimage.gaussian_filter(band, blur), places, order=1, mode="nearest"
        )
        for band in read((parts[0], parts[1]))
    ]
    return np.stack(found).astype(np.float32)


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
