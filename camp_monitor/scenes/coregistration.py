"""How far two images of one place lie apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import WHOLE_PX, Window, by_blocks, grown, in_threads, spread_out
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.morphology import dilated
from camp_monitor.scenes.stored import is_large, picked

TILE_PX = 128
"""Side of a tile; larger tiles are more accurate, smaller ones more numerous."""
TILES_ALONG = 4
"""A window too small for this many tiles along its shorter side has smaller ones ..."""
LEAST_TILE_PX = 48
"""... down to this ..."""
SMALL_TILES_PX = (32, 24, 16)
"""... and to these in turn where that leaves too few: in a small frame, or one full of holes."""
LOOKED_AT = 8
"""Of a large image, so many times the tiles that are wanted are asked whether they are usable."""
MOST_TILES = 256
"""More tiles of a large image tell the shift no better: so many are taken evenly."""
EDGE_REACH_PX = 8
"""Edges rest on no pixels further off than this."""
LEAST_TILES_IN_GROUP = 3
"""Fewer tiles than this have no say together."""
LEAST_USABLE_FRACTION = 0.9
"""A tile with less than this share usable in both images is left out."""
GROUPS = 8
"""The tiles are dealt out to this many groups, each of which measures the shift on its own."""
LEAST_GROUPS = 3
"""Fewer groups that agree than this, and the shift is unknown."""
AGREE_PX = 0.5
"""Groups agree when they lie this near to their median, pixels."""
LEAST_AGREEING_FRACTION = 0.6
"""Smaller than this share of agreeing groups, and the shift is unknown."""
MAX_SHIFT_PX = 12
"""A group that finds a longer shift, to the nearest pixel along rows or columns, agrees with none:
imagery is georeferenced better."""
STEPS_IN_PX = 50
"""Steps of the search to a pixel."""
HIGHEST_FREQUENCY = 0.35
"""Cycles per pixel; above it resampling and compression leave only noise."""


@dataclass(frozen=True)
class Alignment:
    """How far the after image lies from the before image.

    Parameters
    ----------
    shift_rows_px, shift_columns_px : float
        A building at row 10 before and row 12 after gives ``shift_rows_px == +2``.
    tiles, groups, agreeing_groups : int
        Tiles that were used, the groups that they were dealt out to, and the groups that lie
        within `AGREE_PX` of the median of all.
    known : bool
        Whether the groups agree well enough to say anything; the shift is 0 where they do not.
    """

    shift_rows_px: float
    shift_columns_px: float
    tiles: int
    groups: int
    agreeing_groups: int
    known: bool

    @property
    def length_px(self) -> float:
        """Length of the shift, pixels."""
        return float(np.hypot(self.shift_rows_px, self.shift_columns_px))


def measure_shift(before: Image, after: Image) -> Alignment:
    """Measure how far `after` lies from `before`, by phase correlation of many small tiles.

    Edges are compared (gradient magnitude, mean over bands), not brightness: a field that turned
    from dark to bright keeps its outline.  The cross-power spectra of many tiles are averaged
    before the peak is sought, so that what moved with the ground adds up and what merely changed
    does not; groups of tiles that answer separately show whether the answer can be trusted.

    Parameters
    ----------
    before, after : Image
        Same grid.

    Returns
    -------
    Alignment
        Its sign: a building at row 10 before and row 12 after gives ``shift_rows_px == +2``.

    Notes
    -----
    Cannot see: rotation, and the displacement of high ground by the view angle.  In a window where
    nearly all ground has changed, or that has no edges, the groups disagree, and ``known`` is
    False.

    References
    ----------
    .. [1] Guizar-Sicairos et al., Opt. Lett. 33, 156 (2008), doi:10.1364/OL.33.000156
    """
    usable = before.usable & after.usable
    for side in (_largest_tile_px(usable), *SMALL_TILES_PX):
        most = MOST_TILES if usable.size > WHOLE_PX else None
        places = usable_tiles(usable, side, most)
        both = in_threads(partial(_edges_in, usable, places), (before, after))
        tiles = [two for two in zip(*both, strict=True) if two[0].any() and two[1].any()]
        count = min(GROUPS, len(tiles) // LEAST_TILES_IN_GROUP)
        if count >= LEAST_GROUPS:
            break
    if count < LEAST_GROUPS:
        return Alignment(0.0, 0.0, len(tiles), count, 0, known=False)
    found = np.array(in_threads(lambda group: _group_shift(tiles[group::count]), range(count)))
    near = np.hypot(*(found - np.median(found, axis=0)).T) <= AGREE_PX
    near &= np.abs(found).round().max(axis=1) <= MAX_SHIFT_PX
    agreeing = int(near.sum())
    if agreeing < max(LEAST_GROUPS, LEAST_AGREEING_FRACTION * count):
        return Alignment(0.0, 0.0, len(tiles), count, agreeing, known=False)
    rows, columns = np.median(found[near], axis=0)
    return Alignment(float(rows), float(columns), len(tiles), count, agreeing, known=True)


def _edges_in(
    usable: NDArray[np.bool_], tiles: Sequence[Window], image: Image
) -> list[NDArray[np.float32]]:
    return cut_tiles(image, usable, tiles, edges)[0]


Scale = tuple[np.float32, float]
"""Mean and spread of a band."""
Seen = Callable[[NDArray[np.float32], NDArray[np.bool_], Sequence[Scale]], NDArray[np.float32]]
"""What is correlated, of a window: its pixels, what of them is usable, and the scale of each band;
it rests on nothing further off than `EDGE_REACH_PX`."""


def edges(
    pixels: NDArray[np.float32], usable: NDArray[np.bool_], scales: Sequence[Scale]
) -> NDArray[np.float32]:
    """Gradient magnitude, each band scaled by its spread, mean over bands; 0 where unusable."""
    from scipy import ndimage

    total = np.zeros(usable.shape, np.float32)
    filled = [
        np.where(usable, (band - mean) / spread, 0).astype(np.float32)
        for band, (mean, spread) in zip(pixels, scales, strict=True)
        if spread != 0.0
    ]
    if filled:
        down, across = (
            ndimage.gaussian_filter(np.stack(filled), (0, 1, 1), order)
            for order in ((0, 1, 0), (0, 0, 1))
        )
        for length in np.sqrt(np.square(down, out=down) + np.square(across, out=across)):
            total += length
    near_edge = dilated(~usable, 3) if not usable.all() else ~usable
    total[near_edge] = 0
    return (total / max(len(pixels), 1)).astype(np.float32)


def brightness(
    pixels: NDArray[np.float32], usable: NDArray[np.bool_], scales: Sequence[Scale]
) -> NDArray[np.float32]:
    """Sum of the bands, each scaled by its spread; 0 where unusable."""
    total = np.zeros(usable.shape, np.float32)
    for band, (mean, spread) in zip(pixels, scales, strict=True):
        if spread > 0:
            total += np.where(usable, (band - mean) / spread, 0)
    return total


def cut_tiles(
    image: Image, usable: NDArray[np.bool_], tiles: Sequence[Window], *asked: Seen
) -> list[list[NDArray[np.float32]]]:
    """Work out each thing that is asked of an image in some tiles: on the whole, if it is small."""
    scales = _scales(image, usable)
    if usable.size <= WHOLE_PX:
        wholes = [_whole(image, usable, scales, seen) for seen in asked]
        return [[whole[tile] for tile in tiles] for whole in wholes]
    cut: list[list[NDArray[np.float32]]] = [[] for _ in asked]
    for tile in tiles:
        wide, own = grown(tile, EDGE_REACH_PX, usable.shape)
        pixels, held = image.pixels[(slice(None), *wide)], usable[wide]
        for found, seen in zip(cut, asked, strict=True):
            found.append(seen(pixels, held, scales)[own])
    return cut


_EDGES: WeakKeyDictionary[Image, tuple[NDArray[np.bool_], NDArray[np.float32]]] = (
    WeakKeyDictionary()
)
"""Where a small image was usable, and its edges: the shift and the peak in common rest on them."""


def _whole(
    image: Image, usable: NDArray[np.bool_], scales: Sequence[Scale], seen: Seen
) -> NDArray[np.float32]:
    held = _EDGES.get(image) if seen is edges else None
    if held is not None and np.array_equal(held[0], usable):
        return held[1]
    whole = by_blocks(
        lambda pixels, part: seen(pixels, part, scales), image.pixels, usable, halo_px=EDGE_REACH_PX
    )
    if seen is edges:
        _EDGES[image] = usable, whole
    return whole


def _scales(image: Image, usable: NDArray[np.bool_]) -> list[Scale]:
    """Mean and spread of each band over usable ground, of a large image over a part of it."""
    chosen = spread_out(usable, WHOLE_PX)
    scales = []
    for band in image.pixels:
        values = picked(band, chosen)
        scales.append((values.mean(), float(values.std())) if values.size else (np.float32(0), 0.0))
    return scales


def _largest_tile_px(usable: NDArray[np.bool_]) -> int:
    """Side of the tiles that suit a window of this shape, pixels."""
    shorter = min(usable.shape)
    return min(max(shorter // TILES_ALONG, LEAST_TILE_PX), TILE_PX, shorter)


def even_part(tiles: list[Window], most: int) -> list[Window]:
    """Return at most so many of the tiles, evenly."""
    return tiles[:: max(1, -(-len(tiles) // most))]


def usable_tiles(usable: NDArray[np.bool_], side: int, most: int | None = None) -> list[Window]:
    """Half-overlapping tiles of this side that are usable enough, at most so many, evenly."""
    step = max(side // 2, 1)
    every = [
        (slice(row, row + side), slice(col, col + side))
        for row in range(0, usable.shape[0] - side + 1, step)
        for col in range(0, usable.shape[1] - side + 1, step)
    ]
    if most is not None and is_large(usable.shape):
        every = even_part(every, LOOKED_AT * most)
    tiles = [tile for tile in every if usable[tile].mean() >= LEAST_USABLE_FRACTION]
    return tiles if most is None else even_part(tiles, most)


def _group_shift(
    tiles: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
) -> tuple[float, float]:
    """Shift of a group of tiles in (rows, columns), from their mean cross-power spectrum.

    Each tile is what is seen of it before and after.

    The peak is sought by magnitude, where the deepest trough may win: the constant that is added
    to the spectrum lifts the whole correlation above zero.
    """
    from skimage.registration import phase_cross_correlation

    side = tiles[0][0].shape[0]
    taper = np.outer(np.hanning(side), np.hanning(side))
    frequencies = np.fft.fftfreq(side)
    kept = np.hypot(frequencies[:, None], frequencies[None, :]) <= HIGHEST_FREQUENCY
    power = np.zeros((side, side), np.complex128)
    for before, after in tiles:
        first = np.fft.fft2((before - before.mean()) * taper)
        second = np.fft.fft2((after - after.mean()) * taper)
        cross = second * first.conj()
        power += cross / np.maximum(np.abs(cross), 1e-12)
    power *= kept
    power[0, 0] += np.abs(power).sum()
    shift, _, _ = phase_cross_correlation(
        power,
        np.ones_like(power),
        space="fourier",
        normalization=None,
        upsample_factor=STEPS_IN_PX,
    )
    return float(shift[0]), float(shift[1])
