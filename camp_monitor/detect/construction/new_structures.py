"""New structures in pixels of 3 to 12 m: plain shapes with an outline that is new all round."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.cells import near_cells
from camp_monitor.detect.structure import StretchedColours, Structure, newly
from camp_monitor.scenes.blocks import Window, blocks, by_blocks, grown, in_threads, told_by
from camp_monitor.scenes.morphology import eroded, highest_near
from camp_monitor.scenes.statistics import Statistics, settled

LEAST_PX = 4
FLAT = 1.0
"""Ground less steep than this, in spreads of the scene's slopes, is plain: a basin begins there."""
TOLERANCE_PX = 3
"""Side of the square in which an edge of the before image excuses one of the after image."""
FULL_MARKS = 4.0
"""No property of a shape counts for more than this many times what is asked for."""
RING_PX = (1.5, 4.5)
"""The surroundings of a shape lie between these distances from it."""
ALL_BUT_CORNERS = 97.0
"""Percentile of the corner energy of both images that plain ground stays below."""
CORNER_GROWN = 0.5
"""Multiple of that energy, newly there, to which a corner reaches."""
CORNER_TOLERANCE_PX = 5
"""Side of the square in which a corner of the before image excuses one of the after image."""
CORNERED = 0.5
"""A shape with new corners may have this part of the outline that is asked of others: it may lean
on something that stood before."""
BORDER = 0.35
"""Part of the way from the surroundings' colour to the middle's at which a cornered shape ends."""
SHAPE_REACH_PX = 32
"""Shapes are looked for where an edge is new, and no further off than this."""
FLOODED_PX = 1024
"""Side of the blocks in which basins are flooded."""
BASIN_REACH_PX = 64
"""A basin hangs on no ground further off: the steepest way down from any pixel is shorter."""


@dataclass(frozen=True)
class StructureConstants:
    """What a new structure rests on.

    Parameters
    ----------
    edge : float
        Steepness that was not there before at which an edge counts in full, in spreads of the
        slopes of both images.
    least_closed : float
        Share of the outline with such an edge; a weaker edge counts in part; 0: any outline.
    corner : float
        Corner energy, newly there, from which on a shape has new corners, as a multiple of what
        plain ground stays below; inf: corners do not count.
    most_uneven : float
        Spread of the colours inside, as part of the contrast to the surroundings; inf: any.
    most_before : float
        Contrast of the same shape before, as part of that after; inf: any.
    least_rectangular : float
        Share of the smallest rectangle round the shape that it fills; 0: any.
    largest_m2 : float
        Larger shapes are fields.
    """

    edge: float = 4.0
    least_closed: float = 0.8
    corner: float = 1.2
    most_uneven: float = 0.4
    most_before: float = 0.35
    least_rectangular: float = 0.55
    largest_m2: float = 20_000.0


CONSTANTS = StructureConstants()


def find_structures(
    solid: NDArray[np.bool_],
    before: Structure,
    after: Structure,
    colours: list[StretchedColours],
    pixel_m: float,
    constants: StructureConstants = CONSTANTS,
    statistics: Statistics | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Find plain shapes whose outline was not there before; return where, and their evidence.

    The after image is parted along its steepest lines (a watershed).  What is steep all round and
    was not before, even inside, of another colour than its surroundings, not so before, and fills
    a rectangle is a structure.  A field shares most of its outline with the date before, a bare
    patch in it has no sharp or straight one.

    Parameters
    ----------
    solid : ndarray of bool
        (row, col); ground on which they are looked for.
    before, after : Structure
        Edges and corners of both images, by one stretch of colours.
    colours : list of StretchedColours
        Of both images, matched, by the same stretch.
    pixel_m : float
        Side of a pixel, metres.
    constants : StructureConstants
    statistics : Statistics or None
        See `settled`.

    Returns
    -------
    (ndarray of bool, ndarray)
        (row, col); the evidence, float32, is one number for each shape: the mean of its
        properties, in units of what is asked for, or the weakest of them if it is below 1.

    Notes
    -----
    Cannot see: what has no contrast to its surroundings, dark roofs that look like water, and
    structures whose outline was there before (a field that is built upon to its rim).  Takes for
    construction: vehicles, stacks and new shadows.

    References
    ----------
    .. [1] Vincent and Soille (1991), doi:10.1109/34.87344 (watersheds)
    .. [2] Di Zenzo (1986), doi:10.1016/0734-189X(86)90223-9 (slopes of several bands)
    """

    def new_edges(
        asked: NDArray[np.bool_], first: NDArray[np.float32], second: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        new = np.where(asked, newly(first, second, TOLERANCE_PX), 0)
        return np.maximum(new / constants.edge, 0).astype(np.float32)

    edges = by_blocks(new_edges, solid, before.steep, after.steep, halo_px=TOLERANCE_PX)
    near = near_cells(edges >= CORNERED * constants.least_closed, SHAPE_REACH_PX)
    basins = _basins(after.steep, solid, near)
    closed = _mean_outline(basins, edges)
    closed[np.bincount(basins.ravel()) > constants.largest_m2 / pixel_m**2] = 0
    closed[0] = -1
    shapes = [((closed >= constants.least_closed)[basins], 1.0)]
    if np.isfinite(constants.corner):
        corners = new_corners(
            before.corners, after.corners, solid, constants.corner, statistics=statistics
        )
        leaning = closed >= CORNERED * constants.least_closed
        leaning &= np.bincount(basins[corners], minlength=closed.size) > 0
        shapes += [(leaning[basins], CORNERED)]
        shapes += [(_shaped(corners, colours[1], solid) & solid, CORNERED)]
    strength = np.zeros(solid.shape, np.float32)
    for where, part in shapes:
        least = replace(constants, least_closed=part * constants.least_closed)
        strength = np.maximum(strength, _judged(where, edges, colours, solid, least))
    return strength >= 1, strength


def _basins(
    steep: NDArray[np.float32], solid: NDArray[np.bool_], near: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Part the ground along its steepest lines; numbers from 1, 0 where it is not solid.

    Only the ground that is `near` is parted: elsewhere no more than the bottoms of basins is told.
    """
    from scipy import ndimage
    from skimage.segmentation import watershed

    lowest = by_blocks(_lowest, steep, solid, halo_px=1)
    markers, _ = ndimage.label(lowest)
    del lowest
    basins = np.empty(steep.shape, np.int32)

    def flood(part: Window) -> None:
        wide, own = grown(part, BASIN_REACH_PX, steep.shape)
        mask = near[wide] & solid[wide]
        parted = watershed(steep[wide], np.where(mask, markers[wide], 0), mask=mask)
        basins[part] = np.where(mask, parted, markers[wide])[own]

    in_threads(flood, blocks(steep.shape, FLOODED_PX))
    return basins


def _lowest(steep: NDArray[np.float32], solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell where the ground is plain, or less steep than all its neighbours."""
    return ((steep < FLAT) | (highest_near(-steep, 3) == -steep)) & solid


def _mean_outline(
    labels: NDArray[np.int32], edges: NDArray[np.float32], most: float = 1.0
) -> NDArray[np.float64]:
    """Mean of `edges` along the outline of each label, from 0; each side of a pixel counts once.

    No edge counts for more than `most`.
    """
    count = int(labels.max()) + 1
    total, sides = np.zeros(count), np.zeros(count)
    for one, other, first, second in (
        (labels[:-1], labels[1:], edges[:-1], edges[1:]),
        (labels[:, :-1], labels[:, 1:], edges[:, :-1], edges[:, 1:]),
    ):
        parted = one != other
        edge = np.minimum(np.maximum(first[parted], second[parted]), most)
        for side in (one[parted], other[parted]):
            total += np.bincount(side, edge, count)
            sides += np.bincount(side, minlength=count)
    return total / np.maximum(sides, 1)


def _judged(
    where: NDArray[np.bool_],
    edges: NDArray[np.float32],
    colours: list[StretchedColours],
    solid: NDArray[np.bool_],
    constants: StructureConstants,
) -> NDArray[np.float32]:
    """Join candidates that touch to shapes; return the evidence of each, 1 if it is just enough."""
    from scipy import ndimage

    labels, _ = ndimage.label(where)
    outline = _mean_outline(labels, edges, np.inf)
    closed = _mean_outline(labels, edges) / max(constants.least_closed, 1e-9)
    evidence = np.zeros(outline.size, np.float32)
    sizes = np.bincount(labels.ravel())
    reach = int(RING_PX[1]) + 1
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        if sizes[number] < LEAST_PX:
            continue
        window = tuple(slice(max(part.start - reach, 0), part.stop + reach) for part in place)
        down, across = window
        shape = labels[down, across] == number
        marks = [
            max(outline[number], 1.0) if closed[number] >= 1 else closed[number],
            _rectangularity(shape) / max(constants.least_rectangular, 1e-9),
        ]
        if min(marks) >= 1:  # else it is none, whatever its colours
            before, after = (image[down, across] for image in colours)
            uneven, earlier = _colour_contrast(shape, before, after, solid[down, across])
            marks += [
                constants.most_uneven / max(uneven, 1e-9),
                constants.most_before / max(earlier, 1e-9),
            ]
        bounded = np.clip(marks, 1e-3, FULL_MARKS)
        weakest = float(bounded.min())
        evidence[number] = weakest if weakest < 1 else np.exp(np.log(bounded).mean())
    return evidence[labels]


def _colour_contrast(
    shape: NDArray[np.bool_],
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    solid: NDArray[np.bool_],
) -> tuple[float, float]:
    """Spread of the colours inside, and contrast before, both as parts of the contrast after."""
    from scipy import ndimage

    far = ndimage.distance_transform_edt(~shape)
    ring = (far > RING_PX[0]) & (far <= RING_PX[1]) & solid
    inside = eroded(shape)
    inside = inside if inside.sum() >= LEAST_PX else shape
    if ring.sum() < LEAST_PX:
        return np.inf, np.inf
    middle = np.median(after[:, inside], axis=1)
    contrast = float(np.linalg.norm(middle - np.median(after[:, ring], axis=1)))
    spread = float(np.sqrt(((after[:, inside] - middle[:, None]) ** 2).sum(axis=0).mean()))
    middle, around = (np.median(before[:, part], axis=1) for part in (inside, ring))
    earlier = float(np.linalg.norm(middle - around))
    return spread / max(contrast, 1e-9), earlier / max(contrast, 1e-9)


def _rectangularity(shape: NDArray[np.bool_]) -> float:
    """Share of the smallest rectangle round a shape, turned at will, that it fills."""
    import shapely

    rows, columns = np.nonzero(shape)
    pixels = shapely.multipoints(
        np.stack([np.add.outer((0, 0, 1, 1), rows), np.add.outer((0, 1, 0, 1), columns)], axis=-1)
        .reshape(-1, 2)
        .astype(float)
    )
    return float(rows.size / shapely.minimum_rotated_rectangle(pixels).area)


def new_corners(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    solid: NDArray[np.bool_],
    least: float,
    tolerance_px: int = CORNER_TOLERANCE_PX,
    statistics: Statistics | None = None,
) -> NDArray[np.bool_]:
    """Find corners that were not there before, (row, col): buildings have them, fields lack them.

    Parameters
    ----------
    before, after : ndarray
        Corner energy of both images, by one stretch of colours; float32, (row, col).
    solid : ndarray of bool
        (row, col); ground on which they are looked for.
    least : float
        Corner energy, newly there, at which a corner begins, as a multiple of what plain ground
        stays below; it reaches to `CORNER_GROWN` of it.
    tolerance_px : int
        As for `newly`.
    statistics : Statistics or None
        See `settled`.
    """
    from scipy import ndimage

    if not solid.any():
        return np.zeros(solid.shape, bool)
    usual = settled(
        statistics,
        "usual corners",
        lambda: max(
            float(np.percentile(told_by(one, solid), ALL_BUT_CORNERS)) for one in (before, after)
        ),
    )

    def ratio(
        asked: NDArray[np.bool_], first: NDArray[np.float32], second: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        return np.where(asked, newly(first, second, tolerance_px) / max(usual, 1e-6), -1)

    ratios = by_blocks(ratio, solid, before, after, halo_px=tolerance_px)
    labels, count = ndimage.label(ratios > CORNER_GROWN, np.ones((3, 3)))
    begun = np.zeros(count + 1, bool)
    begun[labels[ratios > least]] = True
    begun[0] = False
    return begun[labels]


def _shaped(
    kept: NDArray[np.bool_], colours: StretchedColours, solid: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Give each structure the outline that its own colour has in the after image.

    Corner energy gathers at the corners and spills over the edge.  Inside the hull of each group
    of corners, pixels nearer in colour to the middle than to the surroundings are the structure.
    """
    from scipy import ndimage
    from skimage.morphology import convex_hull_image

    joined = ndimage.binary_closing(np.pad(kept, 4), np.ones((5, 5)))[4:-4, 4:-4]
    labels, _ = ndimage.label(joined, np.ones((3, 3)))
    shaped = np.zeros(kept.shape, bool)
    pad = 8
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        window, _ = grown(place, pad, kept.shape)
        hull = convex_hull_image(labels[window] == number)
        shaped[window] |= _nearer_to_middle(colours[window], hull, solid[window])
    return shaped


def _nearer_to_middle(
    colours: NDArray[np.float32], hull: NDArray[np.bool_], usable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Split a small window into structure and surroundings by the line between their colours."""
    from scipy import ndimage

    reach = ndimage.binary_dilation(hull, iterations=1) & usable
    ring = ndimage.binary_dilation(hull, iterations=7) & usable
    ring &= ~ndimage.binary_dilation(hull, iterations=2)
    inside = ndimage.binary_erosion(hull, iterations=2) & usable
    inside = inside if inside.sum() >= 4 else hull & usable
    if ring.sum() < 8 or inside.sum() < 1:
        return hull & usable
    middle = np.median(colours[:, inside], axis=1)
    around = np.median(colours[:, ring], axis=1)
    noise = 1.4826 * np.median(np.abs(colours[:, ring] - around[:, None]), axis=1)
    weights = (middle - around) / np.maximum(noise, 1e-6) ** 2
    position = np.tensordot(weights, colours - around[:, None, None], axes=1)
    border = float(weights @ (middle - around)) * BORDER
    nearer = (position > border) & reach
    labels, count = ndimage.label(nearer)
    if count == 0:
        return hull & usable
    sizes = ndimage.sum_labels(nearer, labels, np.arange(1, count + 1))
    largest = ndimage.binary_fill_holes(labels == int(np.argmax(sizes)) + 1)
    return np.asarray(largest if largest.sum() >= 0.2 * hull.sum() else hull & usable)
