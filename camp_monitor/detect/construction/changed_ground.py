"""Changed ground in pixels of a few metres: colours, new edges and new corners, added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.indices import ndvi
from camp_monitor.detect.irmad import irmad
from camp_monitor.detect.structure import RIM_PX, Structure, newly
from camp_monitor.pairs.pair import Pair

GRAIN_PX = 0.7
"""Standard deviation of the smoothing before colours are compared, pixels."""
GATHERED_PX = 2.5
"""Standard deviation of the smoothing over which evidence of colours is gathered, pixels ..."""
CORNERS_GATHERED_PX = 4.0
"""... and of corners, which are rarer."""
EDGES_WITHIN_M = 100.0
"""Side of the square over which new edges are counted, metres: a block of houses, or a site."""
EXCUSED_PX = 3
"""Side of the square in which an edge of the before image excuses one of the after image ..."""
CORNER_EXCUSED_PX = 5
"""... and in which a corner does."""
ALL_BUT_CORNERS = 97.0
"""Percentile of the corner energy of both images that plain ground stays below."""
LEAST, MOST = -2.0, 1.0
"""No evidence counts for less or more than this: none can silence the others or decide alone."""

QUIET_QUANTILE = 0.35
"""What is usual in a pair is this quantile over its ground: more than half may have changed."""
GREENED_MOST = 2.0
"""Spreads of the vegetation index: ground that became greener by more counts no more for it."""
MAD_ITERATIONS = 10
"""Of IR-MAD: more of them order the pixels no better."""


@dataclass(frozen=True)
class ChangeConstants:
    """Where each kind of evidence is even: as much for a change as against it.

    Parameters
    ----------
    colour_times : float
        Distance of IR-MAD, as a multiple of that of the quiet ground (`QUIET_QUANTILE`).
    contrast : float
        Difference of the matched dates, in spreads of the colours of the before image.
    edges : float
        Steepness that nothing nearby had before, mean over a square, in spreads of the slopes of
        both images ...
    corners : float
        ... and corner energy that nothing nearby had before, mean over the neighbourhood, as a
        multiple of what plain ground stays below ...
    lost_share : float
        ... each with this share of what the quiet ground lost of it added: other light, season or
        view makes edges and unmakes as many, and building makes more.
    greened : float
        What speaks against works where the ground became greener by one spread of the vegetation
        index before.
    trust : float
        Weight of the multiples of IR-MAD against the new edges, by the correlation of the edges of
        the two dates ...
    least_trust, most_trust : float
        ... and its bounds, 0-1.
    """

    colour_times: float = 2.2
    contrast: float = 1.2
    edges: float = 0.1
    corners: float = 0.06
    lost_share: float = 0.8
    greened: float = 0.5
    trust: float = 1.5
    least_trust: float = 0.2
    most_trust: float = 0.9


CONSTANTS = ChangeConstants()


@dataclass(frozen=True, eq=False)
class GroundChange:
    """How strongly the ground of a pair changed, and what that rests on.

    Parameters
    ----------
    evidence : ndarray
        float32, (row, col): natural logarithm, `LEAST` to `MOST`; above 0 the evidence for a change
        outweighs that against it.
    agreement : float
        Correlation of the edges of the two dates, -1 to 1.
    colour_weight : float
        Weight of IR-MAD against the new edges that follows from it, 0-1.
    """

    evidence: NDArray[np.float32]
    agreement: float
    colour_weight: float


def weigh_change(
    pair: Pair,
    ground: NDArray[np.bool_],
    before: Structure,
    after: Structure,
    constants: ChangeConstants = CONSTANTS,
) -> GroundChange:
    """Weigh for each pixel what speaks for a change of the ground, and add it up.

    Four questions are asked.  Did the colours change together as those of unchanged ground do not
    (IR-MAD, in multiples of the quiet ground's)?  Do the matched colours differ, in spreads of the
    ground's own?  Are there edges, and corners, where there were none?  The answers are logarithms
    of a measure by its even value, each bounded, and their weighted mean decides.  IR-MAD and new
    edges share one weight: where the two dates show the same edges, what unchanged colours look
    like can be learned, and it counts more; where they do not, edges do.  Where near infrared is,
    ground that became greener counts for less.

    Parameters
    ----------
    pair : Pair
        Optical, of any bands and unit.
    ground : ndarray of bool
        (row, col); usable ground that is asked about.
    before, after : Structure
        Edges and corners of both images, by one stretch of colours.
    constants : ChangeConstants

    Returns
    -------
    GroundChange

    Notes
    -----
    Cannot see: what is smaller than about three pixels, or built of the stuff of its surroundings.
    It is even-handed: ploughed fields, new crops and torn-down blocks changed, too.

    References
    ----------
    .. [1] Nielsen (2007), doi:10.1109/TIP.2006.888195 (IR-MAD)
    .. [2] Bovolo (2009), doi:10.1109/LGRS.2008.2007429 (change of a pixel's context)
    .. [3] Di Zenzo (1986), doi:10.1016/0734-189X(86)90223-9 (slopes of several bands)
    .. [4] Shi and Tomasi (1994), doi:10.1109/CVPR.1994.323794 (corners)
    """
    if not ground.any():
        return GroundChange(np.full(ground.shape, LEAST, np.float32), 0.0, 0.0)
    agreement = _agreement(before.steep, after.steep, ground)
    weight = min(max(constants.trust * agreement, constants.least_trust), constants.most_trust)
    edges, least_edges = _new_edges(before, after, ground, pair.pixel_m, constants)
    corners, least_corners = _new_corners(before, after, ground, constants)
    terms = (
        (2 * weight, _colour_times(pair, ground), constants.colour_times, 0.0),
        (2 * (1 - weight), edges, least_edges, least_edges / 5),
        (1.0, corners, least_corners, least_corners / 2),
        (1.0, _contrast(pair, ground), constants.contrast, 0.0),
    )
    evidence = np.zeros(ground.shape, np.float32)
    for share, measure, even, floor in terms:
        ratio = np.maximum((measure + floor) / (even + floor), 1e-6)
        evidence += np.float32(share / 4) * np.clip(np.log(ratio), LEAST, MOST)
    if {"red", "nir"} <= set(pair.bands):
        evidence -= constants.greened * np.clip(_greened(pair, ground), 0, GREENED_MOST)
    evidence[~_inner(ground, pair.usable)] = LEAST
    return GroundChange(evidence, agreement, weight)


def _inner(ground: NDArray[np.bool_], usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ground away from what is not usable: the shift of one date was interpolated at its rim."""
    from scipy import ndimage

    if usable.all():
        return ground
    return np.asarray(ground & ndimage.binary_erosion(usable, iterations=RIM_PX, border_value=1))


def _agreement(
    before: NDArray[np.float32], after: NDArray[np.float32], ground: NDArray[np.bool_]
) -> float:
    """Correlation of the edges of two dates; 0 where one has none."""
    from scipy import ndimage

    first, second = (ndimage.gaussian_filter(steep, 1.0)[ground] for steep in (before, after))
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _colour_times(pair: Pair, ground: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance of IR-MAD round each pixel, by that of the quiet ground."""
    from scipy import ndimage

    first, second = (
        np.stack([ndimage.gaussian_filter(band, GRAIN_PX) for band in _filled(image, ground)])
        for image in (pair.before.pixels, pair.after.pixels)
    )
    square = irmad(first, second, ground, MAD_ITERATIONS).chi_square
    chi = np.sqrt(np.where(ground, square, 0)).astype(np.float32)
    distance = _mean_round(chi, ground, GATHERED_PX)
    return distance / max(float(np.quantile(distance[ground], QUIET_QUANTILE)), 1e-6)


def _contrast(pair: Pair, ground: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Difference of the matched dates round each pixel, in spreads of the colours before."""
    square = np.zeros(ground.shape, np.float32)
    for before, after in zip(pair.before.pixels, pair.after_matched, strict=True):
        spread = max(float(before[ground].std()), 1e-6)
        square += np.where(ground, ((after - before) / spread) ** 2, 0)
    return _mean_round(np.sqrt(square), ground, GATHERED_PX)


def _greened(pair: Pair, ground: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How much greener the ground became round each pixel, in spreads of the index before."""
    red, nir = pair.bands.index("red"), pair.bands.index("nir")
    before, after = (
        ndvi(pixels[red], pixels[nir]) for pixels in (pair.before.pixels, pair.after_matched)
    )
    spread = max(float(before[ground].std()), 1e-6)
    return _mean_round(((after - before) / spread).astype(np.float32), ground, GATHERED_PX)


def _new_edges(
    before: Structure,
    after: Structure,
    ground: NDArray[np.bool_],
    pixel_m: float,
    constants: ChangeConstants,
) -> tuple[NDArray[np.float32], float]:
    """Mean new steepness over a square round each pixel, and where it is even."""
    new, lost = (
        np.maximum(newly(one.steep, other.steep, EXCUSED_PX), 0)
        for one, other in ((before, after), (after, before))
    )
    gained, gone = (_in_square(one, ground, pixel_m) for one in (new, lost))
    usual = float(np.quantile(gone[ground], QUIET_QUANTILE))
    return gained, constants.edges + constants.lost_share * usual


def _new_corners(
    before: Structure, after: Structure, ground: NDArray[np.bool_], constants: ChangeConstants
) -> tuple[NDArray[np.float32], float]:
    """Mean new corner energy round each pixel, by that of plain ground, and where it is even."""
    first, second = before.corners, after.corners
    plain = max(float(np.percentile(one[ground], ALL_BUT_CORNERS)) for one in (first, second))
    gained, gone = (
        _mean_round(
            np.maximum(newly(one, other, CORNER_EXCUSED_PX), 0), ground, CORNERS_GATHERED_PX
        )
        / np.float32(max(plain, 1e-6))
        for one, other in ((first, second), (second, first))
    )
    usual = float(np.quantile(gone[ground], QUIET_QUANTILE))
    return gained, constants.corners + constants.lost_share * usual


def _in_square(
    values: NDArray[np.float32], ground: NDArray[np.bool_], pixel_m: float
) -> NDArray[np.float32]:
    """Mean over the ground of a square of `EDGES_WITHIN_M`."""
    from scipy import ndimage

    side = 2 * max(round((EDGES_WITHIN_M / pixel_m - 1) / 2), 1) + 1
    total = ndimage.uniform_filter(np.where(ground, values, 0).astype(np.float32), side)
    share = ndimage.uniform_filter(ground.astype(np.float32), side)
    return np.asarray(total / np.maximum(share, 1e-6), np.float32)


def _mean_round(
    values: NDArray[np.float32], ground: NDArray[np.bool_], spread_px: float
) -> NDArray[np.float32]:
    """Gaussian mean of the ground."""
    from scipy import ndimage

    total = ndimage.gaussian_filter(np.where(ground, values, 0).astype(np.float32), spread_px)
    if ground.all():
        return np.asarray(total)
    share = ndimage.gaussian_filter(ground.astype(np.float32), spread_px)
    return np.where(ground, total / np.maximum(share, 1e-6), 0).astype(np.float32)


def _filled(pixels: NDArray[np.float32], ground: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Put each band's median where no ground is."""
    middle = np.median(pixels[:, ground], axis=1)[:, None, None]
    return np.where(ground, pixels, middle).astype(np.float32)
