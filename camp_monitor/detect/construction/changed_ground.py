"""Changed ground in pixels of a few metres: colours, new edges and new corners, added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.cells import averaged, enlarged, filled, mean_around
from camp_monitor.detect.indices import ndvi
from camp_monitor.detect.irmad import irmad
from camp_monitor.detect.structure import RIM_PX, Structure, newly
from camp_monitor.pairs.normalisation import Normalisation
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.blocks import WHOLE_PX, by_blocks, spread_out, told_by
from camp_monitor.scenes.morphology import eroded
from camp_monitor.scenes.statistics import Statistics, settled

CELL_PX = 2
"""Evidence is gathered on cells of so many pixels a side, and colours are compared by cells: that
takes off the grain."""
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
EDGES_COMPARED = 1_000_000
"""Pixels, evenly spread, on which the edges of two dates are correlated."""
MAD_ITERATIONS = 10
"""Of IR-MAD: more of them order the pixels no better ..."""
MAD_CELLS = 20_000
"""... nor do more cells than these."""


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

    colour_times: float = 2.1
    contrast: float = 1.1
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
    cells = _Cells(
        averaged(ground[None].astype(np.float32), CELL_PX)[0] > 0.5, pair.pixel_m * CELL_PX,
        pair.statistics,
    )  # fmt: skip
    if not cells.ground.any():
        return GroundChange(np.full(ground.shape, LEAST, np.float32), 0.0, 0.0)
    first, second = (
        np.concatenate(
            [
                averaged(filled(band[None], pair.usable, image.statistics, name), CELL_PX)
                for name, band in zip(image.bands, image.pixels, strict=True)
            ]
        )
        for image in (pair.before, pair.after)
    )
    matched = _matched(second, pair.normalisation)
    agreement = settled(
        pair.statistics, "agreement", lambda: _agreement(before.steep, after.steep, ground)
    )
    weight = min(max(constants.trust * agreement, constants.least_trust), constants.most_trust)
    edges, least_edges = _new_edges(before, after, cells, constants)
    corners, least_corners = _new_corners(before, after, ground, cells, constants)
    terms = (
        (2 * weight, _colour_times(first, second, cells), constants.colour_times, 0.0),
        (2 * (1 - weight), edges, least_edges, least_edges / 5),
        (1.0, corners, least_corners, least_corners / 2),
        (1.0, _contrast(first, matched, cells), constants.contrast, 0.0),
    )
    evidence = np.zeros(cells.ground.shape)
    for share, measure, even, floor in terms:
        ratio = np.maximum((measure + floor) / (even + floor), 1e-6)
        evidence += share / 4 * np.clip(np.log(ratio), LEAST, MOST)
    if {"red", "nir"} <= set(pair.bands):
        bands = (pair.bands.index("red"), pair.bands.index("nir"))
        greened = _greened(first, matched, bands, cells)
        evidence -= constants.greened * np.clip(greened, 0, GREENED_MOST)
    whole = enlarged(evidence, CELL_PX, ground.shape).astype(np.float32)
    whole[~_inner(ground, pair.usable)] = LEAST
    return GroundChange(whole, agreement, weight)


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells of ground that is asked about, bool (row, col), and the side of a cell, metres."""

    ground: NDArray[np.bool_]
    side_m: float
    statistics: Statistics | None

    def gathered(self, values: NDArray[np.float32], spread_px: float) -> NDArray[np.float64]:
        """Mean round each cell."""
        return mean_around(values, self.ground, spread_px / CELL_PX)

    def usual(self, values: NDArray[np.float64], name: str) -> float:
        """Value of quiet ground."""
        return settled(
            self.statistics,
            name,
            lambda: float(np.quantile(told_by(values, self.ground), QUIET_QUANTILE)),
        )


def _matched(after: NDArray[np.float32], line: Normalisation) -> NDArray[np.float32]:
    """Take cells of the after image to the brightness of the before image."""
    gains, offsets = (
        np.array(part, np.float32)[:, None, None] for part in (line.gains, line.offsets)
    )
    return np.asarray(after * gains + offsets, np.float32)


def _inner(ground: NDArray[np.bool_], usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ground away from what is not usable: the shift of one date was interpolated at its rim."""
    if usable.all():
        return ground
    return ground & eroded(usable, RIM_PX, beyond=True)


def _agreement(
    before: NDArray[np.float32], after: NDArray[np.float32], ground: NDArray[np.bool_]
) -> float:
    """Correlation of the edges of two dates; 0 where one has none."""
    from scipy import ndimage

    chosen = spread_out(ground, EDGES_COMPARED)
    first, second = (
        by_blocks(lambda part: ndimage.gaussian_filter(part, 1.0), steep, halo_px=5).reshape(-1)[
            chosen
        ]
        for steep in (before, after)
    )
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _colour_times(
    before: NDArray[np.float32], after: NDArray[np.float32], cells: _Cells
) -> NDArray[np.float64]:
    """Distance of IR-MAD round each cell, by that of the quiet ground."""
    square = irmad(
        before, after, cells.ground, MAD_ITERATIONS, MAD_CELLS, cells.statistics
    ).chi_square
    distance = cells.gathered(np.sqrt(np.where(cells.ground, square, 0)), GATHERED_PX)
    return distance / max(cells.usual(distance, "distance"), 1e-6)


def _contrast(
    before: NDArray[np.float32], matched: NDArray[np.float32], cells: _Cells
) -> NDArray[np.float64]:
    """Difference of the matched dates round each cell, in spreads of the colours before."""

    def measure() -> NDArray[np.float32]:
        chosen = spread_out(cells.ground, WHOLE_PX)
        return np.maximum(before.reshape(len(before), -1)[:, chosen].std(axis=1), 1e-6)

    spreads = settled(cells.statistics, "spreads", measure)[:, None, None]
    square = (((matched - before) / spreads) ** 2).sum(axis=0)
    return cells.gathered(np.sqrt(square), GATHERED_PX)


def _greened(
    before: NDArray[np.float32],
    matched: NDArray[np.float32],
    bands: tuple[int, int],
    cells: _Cells,
) -> NDArray[np.float64]:
    """How much greener the ground became round each cell, in spreads of the index before."""
    red, nir = bands
    first, second = (ndvi(image[red], image[nir]) for image in (before, matched))
    spread = settled(
        cells.statistics, "greenness", lambda: max(float(told_by(first, cells.ground).std()), 1e-6)
    )
    return cells.gathered((second - first) / spread, GATHERED_PX)


def _new_edges(
    before: Structure, after: Structure, cells: _Cells, constants: ChangeConstants
) -> tuple[NDArray[np.float64], float]:
    """Mean new steepness over a square round each cell, and where it is even."""
    from scipy import ndimage

    side = 2 * max(round((EDGES_WITHIN_M / cells.side_m - 1) / 2), 1) + 1
    share = ndimage.uniform_filter(cells.ground.astype(np.float64), side)
    gained, gone = (
        ndimage.uniform_filter(
            np.where(cells.ground, _newly(one.steep, other.steep, EXCUSED_PX), 0), side
        )
        / np.maximum(share, 1e-6)
        for one, other in ((before, after), (after, before))
    )
    return gained, constants.edges + constants.lost_share * cells.usual(gone, "edges gone")


def _new_corners(
    before: Structure,
    after: Structure,
    ground: NDArray[np.bool_],
    cells: _Cells,
    constants: ChangeConstants,
) -> tuple[NDArray[np.float64], float]:
    """Mean new corner energy round each cell, by that of plain ground, and where it is even."""
    first, second = before.corners, after.corners
    plain = settled(
        cells.statistics,
        "plain corners",
        lambda: max(
            float(np.percentile(told_by(one, ground), ALL_BUT_CORNERS)) for one in (first, second)
        ),
    )
    gained, gone = (
        cells.gathered(_newly(one, other, CORNER_EXCUSED_PX), CORNERS_GATHERED_PX)
        / max(plain, 1e-6)
        for one, other in ((first, second), (second, first))
    )
    return gained, constants.corners + constants.lost_share * cells.usual(gone, "corners gone")


def _newly(
    before: NDArray[np.float32], after: NDArray[np.float32], tolerance_px: int
) -> NDArray[np.float32]:
    """Mean over each cell of what nothing nearby had before."""
    return averaged(np.maximum(newly(before, after, tolerance_px), 0)[None], CELL_PX)[0]
