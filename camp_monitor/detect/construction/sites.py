"""Construction in pixels of 3 to 12 m without short-wave infrared: structures, and change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code, Measure
from camp_monitor.detect.construction.changed_ground import weigh_change
from camp_monitor.detect.construction.method import METHOD
from camp_monitor.detect.construction.new_structures import LEAST_PX, find_structures
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.structure import (
    RIM_PX,
    StretchedColours,
    Structure,
    measure_structures,
)
from camp_monitor.detect.water.banks import banks, wet_ground
from camp_monitor.errors import Refusal
from camp_monitor.notes import note
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.statistics import settled

STRUCTURES, GROUND = "structures", "changed ground"
"""How construction was found, and how change of unknown cause."""
LEAST_GROUND_PX = 8
STRUCTURE_EDGE_PX, GROUND_EDGE_PX = 0.8, 2.0
SEARCHED_PX = 4
"""Where the shift of the dates could not be measured, the edges are laid on each other moved by up
to so many pixels ..."""
ONE_GROUND = 0.6
"""... and from this correlation on they are those of one ground.  Moved by more than ..."""
MOST_MOVED_PX = 0.3
"""... this, what is compared is not one place."""
COMPARED_PX = 128
"""Side of the window, in the middle of the frame, in which this is looked for."""


def detect_sites(pair: Pair) -> Detection:
    """Find new structures, and all other ground that changed.

    Change comes first: what the evidence of colours, edges and corners makes likelier changed than
    not (`weigh_change`).  Plain shapes with a new outline are construction (`find_structures`).
    All other change is kind ``other``: without short-wave infrared, bare soil and roofs have the
    same colours.  With near infrared it is `altered` ground instead: seasons of farmland are most
    of it there.

    Parameters
    ----------
    pair : Pair
        Optical, pixels of 3 to 12 m; any bands and unit.

    Returns
    -------
    Detection
        Kind ``construction``, and ``other`` or altered ground; together they are what changed, by
        whatever cause.

    Notes
    -----
    Cannot see: what is smaller than about three pixels, of the colour of its surroundings, or at
    water.  Kind ``construction`` takes vehicles, stacks and new shadows for structures; kind
    ``other`` holds ploughed and cleared ground, crops and demolition as well as works.

    Raises
    ------
    Refusal
        The shift could not be measured, and the edges lie on each other only when moved.
    """
    wet_before, wet_after = wet_ground(pair)
    ground = pair.usable & ~banks(wet_before | wet_after)
    before, after, stretch = measure_structures(
        pair.before.pixels, pair.after_matched, ground, pair.statistics
    )
    if not pair.shift_left.known:
        settled(pair.statistics, "place", lambda: _check_not_moved(before, after, ground))
    colours = [
        StretchedColours(pixels, stretch) for pixels in (pair.before.pixels, pair.after_matched)
    ]
    structures, shape = find_structures(
        ground, before, after, colours, pair.pixel_m, statistics=pair.statistics
    )
    weighed = weigh_change(pair, ground, before, after)
    changed = (weighed.evidence > 0) & ground
    strength = np.where(ground, np.exp(weighed.evidence), 0).astype(np.float32)
    changes: tuple[Change, ...] = (
        Change(
            kind="construction",
            changed=structures,
            strength=shape,
            edge_px=STRUCTURE_EDGE_PX,
            least_px=LEAST_PX,
            caveats=(note(Code.SMALL_THINGS),),
            way=STRUCTURES,
        ),
    )
    season_told = "nir" in pair.bands
    if not season_told:
        changes += (
            Change(
                kind="other",
                changed=changed & ~structures,
                strength=strength,
                edge_px=GROUND_EDGE_PX,
                least_px=LEAST_GROUND_PX,
                caveats=(note(Code.CAUSE_UNTOLD),),
                way=GROUND,
            ),
        )
    return Detection(
        METHOD,
        changes,
        ground | (pair.usable & wet_after),
        {
            Measure.CHANGED_FRACTION: float(changed[ground].mean()) if ground.any() else 0.0,
            Measure.EDGES_IN_COMMON: weighed.agreement,
            Measure.COLOUR_WEIGHT: weighed.colour_weight,
        },
        unseen=Code.AT_WATER,
        altered=changed | structures if season_told else None,
    )


def _check_not_moved(before: Structure, after: Structure, ground: NDArray[np.bool_]) -> None:
    """Refuse edges of one ground that were moved: a displaced frame is new edges everywhere."""
    moved_px, agreement = _best_shift(before.steep, after.steep, ground)
    if agreement >= ONE_GROUND and moved_px > MOST_MOVED_PX:
        raise Refusal(
            Code.SHIFT_LEFT, before="before", after="after", shift_left_px=moved_px,
            most_px=MOST_MOVED_PX,
        )  # fmt: skip


def _best_shift(
    before: NDArray[np.float32], after: NDArray[np.float32], ground: NDArray[np.bool_]
) -> tuple[float, float]:
    """Length of the shift, pixels, at which the edges of two dates correlate best, and how well."""
    from scipy import ndimage

    middle = tuple(
        slice(max((size - COMPARED_PX) // 2, 0), (size + COMPARED_PX) // 2) for size in ground.shape
    )
    # at the rim of what is not asked about slopes are 0 on both dates: that holds edges still
    steady = ndimage.binary_erosion(ground[middle], iterations=RIM_PX, border_value=1)
    first, second, asked = before[middle], after[middle], steady
    side = 2 * SEARCHED_PX + 1
    found = np.zeros((side, side))
    rows, columns = asked.shape
    if min(rows, columns) <= side:
        return 0.0, 0.0
    inner = np.s_[SEARCHED_PX : rows - SEARCHED_PX, SEARCHED_PX : columns - SEARCHED_PX]
    for down, right in np.ndindex(found.shape):
        there = np.s_[down : down + rows - side + 1, right : right + columns - side + 1]
        both = asked[inner] & asked[there]
        one, other = first[inner][both], second[there][both]
        if one.size and np.ptp(one) > 0 and np.ptp(other) > 0:
            found[down, right] = np.corrcoef(one, other)[0, 1]
    best = divmod(int(np.argmax(found)), side)
    along = (found[:, best[1]], found[best[0]])
    down_px, right_px = (
        at - SEARCHED_PX + _vertex(line, at) for line, at in zip(along, best, strict=True)
    )
    return float(np.hypot(down_px, right_px)), float(found.max())


def _vertex(values: NDArray[np.float64], at: int) -> float:
    """How far the top of the parabola through a peak and its neighbours lies from the peak."""
    if at in (0, values.size - 1):
        return 0.0
    low, peak, high = values[at - 1 : at + 2]
    bend = low - 2 * peak + high
    return float((low - high) / bend / 2) if bend < 0 else 0.0
