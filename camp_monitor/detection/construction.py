"""New construction: by joint change of colours, or by new structure where colours cannot tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detection.detection import Change, Detection
from camp_monitor.detection.indices import ndbi, ndvi
from camp_monitor.detection.multivariate import irmad
from camp_monitor.detection.structure import corner_energy, new_corner_energy
from camp_monitor.detection.water import map_water
from camp_monitor.errors import NotComparableError
from camp_monitor.imagery.image import Image
from camp_monitor.imagery.pair import Pair
from camp_monitor.imagery.sensors import is_sar

METHOD = "construction/1"
STRUCTURE_UP_TO_M = 12.0
"""Buildings have corners in pixels up to this size."""
ALL_BUT_CORNERS = 97.0
"""Percentile of the after image's corner energy that plain ground stays below."""
SEED, GROWN = 0.70, 0.35
"""Multiples of that energy, newly there, at which a structure begins and to which it reaches."""
WIDE_PX, NARROW_PX = 5, 3
"""Side of the square in which a corner of the before image excuses one of the after image: wide
where corners alone decide, narrow where changed colour decides too."""
ALIKE_FRACTION = 0.5
"""A structure reaches as far as the ground changed by at least this part of its own change ..."""
REACH_PX = 12
"""... and no farther than this from its corners, pixels."""
BORDER = 0.35
"""Part of the way from the surroundings' colour to the middle's at which a structure ends."""
NEVER_BY_CHANCE = 1e-4
"""Chance at which unchanged pixels would exceed the least chi-square of a change."""
MOST_CHANGED_FRACTION = 0.35
"""More of the land changed than this, and construction cannot be told from the season."""
EVIDENCE_SPREADS = 2.0
"""Change of an index, in spreads of unchanged ground, that speaks for or against building."""
NEAR_WATER_FRACTION = 0.25
"""A region with more of its rim at changed or present water is a bank or a bar."""

AT_WATER = "at the edge of water, or where water was, construction is not looked for"
BARE_GROUND = "Bare, ploughed or cleared ground can look like a building site."
SMALL_THINGS = "Vehicles, stacks, haystacks and new shadows can look like small structures."


def detect_construction(pair: Pair) -> Detection:
    """Find ground on which something was built.

    With short-wave infrared, pixels are found whose bands changed together in a way that unchanged
    ground does not (`irmad`), and those are kept whose vegetation, built-up index or brightness
    speaks for building and which are not at water.  Pixels of at most `STRUCTURE_UP_TO_M` show
    structure too: there, new corners must lie near, which buildings have and fields lack.  Without
    short-wave infrared, bare ground and buildings have one colour, and new corners alone decide.

    Parameters
    ----------
    pair : Pair
        Optical.

    Returns
    -------
    Detection
        Kind ``construction``.

    Raises
    ------
    NotComparableError
        Radar; bands and pixels that cannot show a building; or nearly everything changed.

    Notes
    -----
    Cannot see: what is smaller than about two pixels, under trees, or built of the stuff of its
    surroundings.  Takes for construction: see `BARE_GROUND` and `SMALL_THINGS`.

    References
    ----------
    .. [1] Nielsen (2007), doi:10.1109/TIP.2006.888195
    .. [2] Zha et al. (2003), doi:10.1080/01431160304987
    .. [3] Shi and Tomasi (1994), doi:10.1109/CVPR.1994.323794
    """
    if is_sar(pair.bands):
        raise NotComparableError(
            "Construction is not looked for in radar scenes: use optical scenes of the same dates."
        )
    if {"swir1", "nir", "red"} <= set(pair.bands):
        return _by_colour(pair)
    if pair.pixel_m <= STRUCTURE_UP_TO_M:
        return _by_structure(pair)
    raise NotComparableError(
        f"Construction cannot be told with the bands {', '.join(pair.bands)} at "
        f"{pair.pixel_m:g} m: use scenes with short-wave infrared, or pixels of at most "
        f"{STRUCTURE_UP_TO_M:g} m."
    )


def _by_colour(pair: Pair) -> Detection:
    """Joint change of all bands, named by spectral evidence, and by new corners where they show."""
    from scipy import ndimage
    from scipy.special import chdtri
    from skimage.filters import threshold_otsu

    seen = pair.usable
    before, after = _water(pair)
    wet = before | after
    banks = _banks(wet)
    dry = seen & ~banks
    change = irmad(pair.before.pixels, pair.after.pixels, seen)
    distance = np.sqrt(np.where(seen, change.chi_square, 0)).astype(np.float32)
    distance = ndimage.median_filter(distance, 3)
    least = float(np.sqrt(chdtri(len(pair.bands), NEVER_BY_CHANCE)))
    threshold = max(least, float(threshold_otsu(distance[dry])) if dry.any() else 0.0)
    changed = (distance > threshold) & seen & ~wet
    built = changed & _speaks_for_building(pair, change.chi_square)
    built = (ndimage.median_filter(built.astype(np.uint8), 3) > 0) & seen
    lookalikes = BARE_GROUND
    if pair.pixel_m <= STRUCTURE_UP_TO_M:
        structures, _ = _new_structures(pair, dry, NARROW_PX)
        built = _grown_from(structures & built, built, distance)
        lookalikes = SMALL_THINGS
    elif changed.sum() > MOST_CHANGED_FRACTION * max(dry.sum(), 1):
        raise NotComparableError(
            f"More than {MOST_CHANGED_FRACTION:.0%} of the land changed between the dates: "
            f"construction cannot be told from the season; use two dates of the same season."
        )
    return Detection(
        METHOD,
        (
            Change(
                kind="construction",
                changed=_away_from_water(built, banks),
                strength=(distance / threshold).astype(np.float32),
                edge_px=0.8,
                least_px=4,
                ceiling="medium",  # one pair cannot rule a field or a stack out
                caveats=(lookalikes,),
            ),
        ),
        seen & (~banks | after),
        (
            ("Change from", f"{threshold:.1f} (root of chi-square, {len(pair.bands)} bands)"),
            ("Canonical correlations", " ".join(f"{value:.2f}" for value in change.correlations)),
        ),
        unseen=AT_WATER,
    )


def _grown_from(
    corners: NDArray[np.bool_], changed: NDArray[np.bool_], distance: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Grow each group of corners over the connected ground that changed as much as it did.

    A field beside a new building may have changed too, and touch it, but it changed otherwise.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(corners, np.ones((3, 3)))
    grown = np.zeros(corners.shape, bool)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        window = tuple(
            slice(max(part.start - REACH_PX, 0), min(part.stop + REACH_PX, size))
            for part, size in zip(place, corners.shape, strict=True)
        )
        own = labels[window] == number
        like = changed[window] & (
            distance[window] >= ALIKE_FRACTION * np.percentile(distance[window][own], 75)
        )
        parts, _ = ndimage.label(like, np.ones((3, 3)))
        touched = np.unique(parts[own])
        grown[window] |= np.isin(parts, touched[touched > 0])
    return grown


def _speaks_for_building(pair: Pair, chi_square: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell where vegetation did not grow and something speaks for built or bare ground."""
    still = pair.usable & (chi_square < np.nanmedian(chi_square))
    vegetation = _standard(_vegetation(pair.after) - _vegetation(pair.before), still)
    built_up = _standard(_built_up(pair.after) - _built_up(pair.before), still)
    after, before = (image.mean(axis=0) for image in (pair.after_matched, pair.before.pixels))
    brightness = _standard((after - before).astype(np.float32), still)
    fewer_leaves = vegetation < -EVIDENCE_SPREADS
    more_built = built_up > EVIDENCE_SPREADS
    other_brightness = np.abs(brightness) > EVIDENCE_SPREADS
    return (vegetation < EVIDENCE_SPREADS / 2) & (fewer_leaves | more_built | other_brightness)


def _vegetation(image: Image) -> NDArray[np.float32]:
    return ndvi(image.band("red"), image.band("nir"))


def _built_up(image: Image) -> NDArray[np.float32]:
    return ndbi(image.band("swir1"), image.band("nir"))


def _standard(difference: NDArray[np.float32], still: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Express a difference in spreads of ground that did not change; NaN stays NaN."""
    values = difference[still]
    middle = float(np.median(values)) if values.size else 0.0
    spread = float(1.4826 * np.median(np.abs(values - middle))) if values.size else 0.0
    return ((difference - middle) / max(spread, 1e-6)).astype(np.float32)


def _water(pair: Pair) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where water is before and after; nowhere, if these scenes cannot say."""
    maps = map_water(pair.before, pair.after)
    if maps is None:
        nothing = np.zeros(pair.usable.shape, bool)
        return nothing, nothing
    return maps[0].is_water, maps[1].is_water


def _banks(wet: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bodies of water and two pixels of their banks; single wet pixels are none."""
    from scipy import ndimage

    return ndimage.binary_dilation(ndimage.binary_opening(wet), iterations=2)


def _away_from_water(built: NDArray[np.bool_], banks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop regions whose rim lies largely at water: banks and bars that a river moved."""
    from scipy import ndimage

    labels, count = ndimage.label(built, np.ones((3, 3)))
    if count == 0 or not banks.any():
        return built
    rim = built & ~ndimage.binary_erosion(built)
    share = ndimage.mean(banks[rim], labels[rim], np.arange(1, count + 1))
    kept = np.concatenate([[False], np.asarray(share) <= NEAR_WATER_FRACTION])
    return kept[labels] & ~banks


def _by_structure(pair: Pair) -> Detection:
    """Corners that were not there before."""
    before, after = _water(pair)
    solid = pair.usable & ~_banks(before | after)
    kept, ratio = _new_structures(pair, solid, WIDE_PX)
    built = _shaped(pair, kept)
    return Detection(
        METHOD,
        (
            Change(
                kind="construction",
                changed=built & solid,
                strength=np.maximum(ratio / SEED, 0).astype(np.float32),
                edge_px=1.0,
                least_px=4,
                ceiling="medium",  # one pair cannot rule a field or a stack out
                caveats=(SMALL_THINGS,),
            ),
        ),
        solid | (pair.usable & after),
        (("New corner energy from", f"{SEED:g} of what plain ground reaches"),),
        unseen=AT_WATER,
    )


def _new_structures(
    pair: Pair, solid: NDArray[np.bool_], tolerance_px: int
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Find corners that were not there before; return them and their energy by plain ground's."""
    from scipy import ndimage

    energy = corner_energy(pair.after.pixels, solid)
    usual = float(np.percentile(energy[solid], ALL_BUT_CORNERS)) if solid.any() else 0.0
    new = new_corner_energy(corner_energy(pair.before.pixels, solid), energy, tolerance_px)
    ratio = np.where(solid, new / max(usual, 1e-6), -1).astype(np.float32)
    grown, _ = ndimage.label(ratio > GROWN, np.ones((3, 3)))
    begun = np.unique(grown[ratio > SEED])
    return np.isin(grown, begun[begun > 0]), ratio


def _shaped(pair: Pair, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
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
        window = tuple(
            slice(max(part.start - pad, 0), min(part.stop + pad, size))
            for part, size in zip(place, kept.shape, strict=True)
        )
        hull = convex_hull_image(labels[window] == number)
        part = _nearer_to_middle(
            pair.after.pixels[(slice(None), *window)], hull, pair.usable[window]
        )
        shaped[window] |= part
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
