"""`Pair`: two scenes on one grid that may be compared, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import NotComparableError
from camp_monitor.pairs.caveats import mountain_caveats
from camp_monitor.pairs.normalisation import Normalisation, measure_normalisation, normalise
from camp_monitor.pairs.selection import season_gap_days
from camp_monitor.scenes.coregistration import Alignment, measure_shift
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sar.backscatter import despeckled, platform_caveats
from camp_monitor.scenes.sar.terrain import check_geocoding, terrain_caveats
from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import SENSORS, is_sar

LEAST_USABLE_PX = 500
"""Fewer usable pixels in common than this, and no statistic of the pair means anything."""
CORRECTED_FROM_PX = 0.1
"""A smaller shift is left alone: resampling would cost more than it gains."""

Reader = Callable[[Scene, GeoBox, tuple[float, float]], Image]
"""Reads a scene onto a grid, moved back by a shift: `camp_monitor.scenes.reading.read_image`."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images of one place on one grid, aligned and matched in brightness.

    Parameters
    ----------
    before, after : Image
        Same grid, bands and quantity; `after` as read, moved back by `shift_found`.
    after_matched : ndarray
        float32, (band, row, col): `after` at the brightness of `before`.  For questions about
        contrast; a physical threshold belongs on `after`.
    usable : ndarray of bool
        (row, col); True where both can be used.
    shift_found, shift_left : Alignment
        Measured before and after the correction.
    normalisation : Normalisation
    interval_days : float
        From the first instant of `before` to the last of `after`.
    unscreened : bool
        Optical, and no quality band told cloud from ground on both dates.
    caveats : tuple of str
        What weakens every answer from this pair.
    """

    before: Image
    after: Image
    after_matched: NDArray[np.float32]
    usable: NDArray[np.bool_]
    shift_found: Alignment
    shift_left: Alignment
    normalisation: Normalisation
    interval_days: float
    unscreened: bool
    caveats: tuple[str, ...] = ()

    @property
    def grid(self) -> GeoBox:
        """The grid of both images."""
        return self.before.grid

    @property
    def bands(self) -> tuple[str, ...]:
        """Standard names of the bands, the same in both images."""
        return self.before.bands

    @property
    def pixel_m(self) -> float:
        """Side of a pixel, metres."""
        return self.before.pixel_m


def check_comparable(before: Scene, after: Scene) -> None:
    """Refuse two scenes that must not be compared, before any pixel is read.

    Raises
    ------
    NotComparableError
        Another sensor, quantity, band set, radar orbit or way onto the ground, or the dates overlap
        or are swapped.
    """
    first, second = SENSORS[before.sensor].title, SENSORS[after.sensor].title
    if before.sensor != after.sensor:
        raise NotComparableError(
            f"{before.id} is from {first} and {after.id} from {second}: only scenes of one sensor "
            f"are compared; choose two of the same."
        )
    if before.quantity != after.quantity:
        raise NotComparableError(
            f"{before.id} holds {before.quantity} and {after.id} {after.quantity}: the numbers do "
            f"not mean the same; choose two scenes of the same processing."
        )
    if before.band_names != after.band_names:
        raise NotComparableError(
            f"{before.id} has the bands {', '.join(before.band_names)} and {after.id} "
            f"{', '.join(after.band_names)}: add both with the same bands."
        )
    if before.acquired_to_at > after.acquired_from_at:
        raise NotComparableError(
            f"The before scene {before.id} ({before.dates}) does not end before the after scene "
            f"{after.id} ({after.dates}) begins: swap them or choose others."
        )
    for scene in (before, after):
        if scene.offset_kind == "unknown":
            raise NotComparableError(
                f"What the numbers of {scene.id} mean is not settled ({scene.offset_reason[:-1]}): "
                f"choose another scene."
            )
    if is_sar(before.band_names):
        _check_same_orbit(before, after)
        check_geocoding(before, after)


def make_pair(
    before: Scene, after: Scene, grid: GeoBox, read: Reader, max_residual_px: float
) -> Pair:
    """Read two scenes onto `grid`, align them, match their brightness, and say what is usable.

    Parameters
    ----------
    before, after : Scene
        Passed by `check_comparable`.
    grid : GeoBox
    read : Reader
    max_residual_px : float
        More shift than this left after correction is refused, pixels.

    Raises
    ------
    NotComparableError
        Too little is usable in both, or too much shift is left.
    """
    first, second = read(before, grid, (0.0, 0.0)), read(after, grid, (0.0, 0.0))
    for scene, image in ((before, first), (after, second)):
        if not image.usable.any():
            raise NotComparableError(
                f"{scene.id} ({scene.dates}) has no usable pixel in the search area: it is "
                f"outside the scene, empty, or under cloud; choose another scene."
            )
    pair = pair_images(
        first,
        second,
        lambda shift_px: read(after, grid, shift_px),
        max_residual_px=max_residual_px,
        interval_days=_days(before.acquired_from_at, after.acquired_to_at),
        unscreened=_unscreened(before, after),
        names=(before.id, after.id),
    )
    apart: tuple[str, ...] = ()
    if is_sar(before.band_names):
        apart = _displaced(before, after, pair.shift_found, first.pixel_m)
    return replace(pair, caveats=apart + _caveats(before, after, pair.shift_left))


def pair_images(
    before: Image,
    after: Image,
    move: Callable[[tuple[float, float]], Image],
    *,
    max_residual_px: float,
    interval_days: float,
    unscreened: bool,
    names: tuple[str, str] = ("the before image", "the after image"),
) -> Pair:
    """Align two images of one grid, match their brightness, and say what is usable.

    Parameters
    ----------
    before, after : Image
    move : callable
        Returns the after image moved back by a shift (rows, columns), pixels.
    max_residual_px : float
        As for `make_pair`.
    interval_days, unscreened
        As in `Pair`.
    names : (str, str)
        What a refusal calls the two.

    Raises
    ------
    NotComparableError
        Too little is usable in both, or too much shift is left.
    """
    _check_enough(before, after, names)
    sar = is_sar(before.bands)
    found = left = _shift(before, after, sar)
    if found.known and found.length_px >= CORRECTED_FROM_PX:
        after = move((found.shift_rows_px, found.shift_columns_px))
        left = _shift(before, after, sar)
        if left.known and left.length_px > max_residual_px:
            raise NotComparableError(
                f"{names[0]} and {names[1]} still lie {left.length_px:.2f} pixels apart after "
                f"correction, and {max_residual_px:g} is the most: use scenes that are better "
                f"aligned."
            )
        _check_enough(before, after, names)
    matching = _unchanged_brightness(before) if sar else measure_normalisation(before, after)
    return Pair(
        before=before,
        after=after,
        after_matched=normalise(after, matching),
        usable=before.usable & after.usable,
        shift_found=found,
        shift_left=left,
        normalisation=matching,
        interval_days=interval_days,
        unscreened=unscreened,
    )


def _shift(before: Image, after: Image, sar: bool) -> Alignment:
    """Speckle hides the edges that radar scenes have in common, so it is averaged first."""
    if sar:
        before, after = despeckled(before), despeckled(after)
    return measure_shift(before, after)


def _displaced(before: Scene, after: Scene, found: Alignment, pixel_m: float) -> tuple[str, ...]:
    """Say how satellite and terrain displace two radar scenes, or refuse them."""
    terrain = terrain_caveats(before, after, found, pixel_m)
    return platform_caveats(before, after, found) + terrain


def _unchanged_brightness(image: Image) -> Normalisation:
    """Radar of one orbit is calibrated: a matched brightness would hide a flood."""
    bands = len(image.bands)
    return Normalisation((1.0,) * bands, (0.0,) * bands, (0.0,) * bands)


def _check_enough(before: Image, after: Image, names: tuple[str, str]) -> None:
    common = int((before.usable & after.usable).sum())
    if common < LEAST_USABLE_PX:
        raise NotComparableError(
            f"{names[0]} and {names[1]} have only {common} usable pixels in common, and "
            f"{LEAST_USABLE_PX} are needed: choose other scenes."
        )


def _check_same_orbit(before: Scene, after: Scene) -> None:
    orbits = (before.relative_orbit, before.orbit_state), (after.relative_orbit, after.orbit_state)
    for scene, orbit in zip((before, after), orbits, strict=True):
        if None in orbit:
            raise NotComparableError(
                f"The orbit of {scene.id} is not known, and radar scenes are compared within one "
                f"orbit only: add the scene with --item ITEM.json."
            )
    if orbits[0] != orbits[1]:
        raise NotComparableError(
            f"{before.id} is from relative orbit {orbits[0][0]} {orbits[0][1]} and {after.id} from "
            f"{orbits[1][0]} {orbits[1][1]}: radar scenes are compared within one orbit only."
        )


def _caveats(before: Scene, after: Scene, left: Alignment) -> tuple[str, ...]:
    caveats = []
    if not left.known:
        caveats.append(
            "The shift between the two dates could not be measured; edges may appear as change."
        )
    if _unscreened(before, after):
        caveats.append(
            "No quality band: cloud, haze and cloud shadow were not screened and may appear "
            "as change."
        )
    if before.quantity in ("dn8", "dn16"):
        caveats.append("The numbers are not calibrated: only contrasts within each date were used.")
    gap_days = season_gap_days(before.acquired_from_at, after.acquired_from_at)
    known = all(_days(s.acquired_from_at, s.acquired_to_at) < 180 for s in (before, after))
    if gap_days > 45 and known:
        caveats.append(
            f"The two dates lie {gap_days:.0f} days apart in the season: crops, snow, sun and "
            f"water level differ with it."
        )
    return (*caveats, *mountain_caveats(before, after))


def _unscreened(before: Scene, after: Scene) -> bool:
    return not is_sar(before.band_names) and (before.quality is None or after.quality is None)


def _days(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 86400
