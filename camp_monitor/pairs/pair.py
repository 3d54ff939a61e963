"""`Pair`: two scenes on one grid that may be compared, or the reason why not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.errors import Refusal, SceneError
from camp_monitor.notes import Note, note
from camp_monitor.pairs.caveats import mountain_caveats
from camp_monitor.pairs.mixed import UNMEASURED, is_mixed, mixed_caveats
from camp_monitor.pairs.normalisation import Normalisation, measure_normalisation, normalise
from camp_monitor.pairs.radar import check_geocoding, platform_caveats, terrain_caveats
from camp_monitor.pairs.selection import season_gap_days
from camp_monitor.scenes.blocks import Window, in_threads
from camp_monitor.scenes.content import is_featureless, peak_in_common, without_content
from camp_monitor.scenes.coregistration import Alignment, measure_shift
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.passes import is_one_pass
from camp_monitor.scenes.sar.backscatter import despeckled
from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import Nature, Unit
from camp_monitor.scenes.statistics import Statistics

LEAST_USABLE_PX = 500
"""Fewer usable pixels in common than this, and no statistic of the pair means anything."""
MOST_EMPTY_FRACTION = 0.9
"""An image of which more is no picture of the ground is refused as a whole."""
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
        Same grid, bands and quantity; `after` as read, moved back by `shift_found`.  Of a mixed
        pair only the grid is the same, and nothing was moved.
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
        Optical, and neither a quality band nor a model told cloud from ground on both dates.
    caveats : tuple of Note
        What weakens every answer from this pair.
    statistics : Statistics or None
        What was measured of the whole pair, where this is a part of it.
    sampled : tuple of (slice, slice) or None
        The windows of the whole pair that are laid side by side here; None: this is no sample.
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
    caveats: tuple[Note, ...] = ()
    statistics: Statistics | None = None
    sampled: tuple[Window, ...] | None = None

    @property
    def grid(self) -> GeoBox:
        """The grid of both images."""
        return self.before.grid

    @property
    def bands(self) -> tuple[str, ...]:
        """Standard names of the bands, the same in both images unless the pair is mixed."""
        return self.before.bands

    @property
    def nature(self) -> Nature:
        """Radar or optical, and the unit of its numbers: of both dates unless the pair is mixed."""
        return self.before.nature

    @property
    def mixed(self) -> bool:
        """Whether one date is optical and the other one radar: only maps of both compare."""
        return self.before.nature.radar != self.after.nature.radar

    @property
    def pixel_m(self) -> float:
        """Side of a pixel, metres."""
        return self.before.pixel_m

    @cached_property
    def peak_in_common(self) -> float:
        """How plainly both dates show one place, see `camp_monitor.scenes.content.peak_in_common`.

        Infinite where there is nothing to tell it by: of one optical and one radar date, and of
        ground without features.
        """
        if self.mixed:
            return math.inf
        before, after = self.before, self.after
        if self.nature.radar:
            before, after = despeckled(before), despeckled(after)
        if is_featureless(before, after, self.usable):
            return math.inf
        return peak_in_common(before, after, self.usable)


def check_order(before: Scene, after: Scene) -> None:
    """Refuse one scene or pass named twice, or two the wrong way round: a slip, no observation.

    Raises
    ------
    SceneError
    """
    if before.id == after.id:
        raise SceneError(
            f"{before.id} ({before.dates}) was named as both the before and the after scene: name "
            f"two."
        )
    if is_one_pass(before, after):
        raise SceneError(
            f"{before.id} ({before.dates}) and {after.id} ({after.dates}) are of one pass of one "
            f"satellite and show the same moment: name scenes of two passes."
        )
    if after.acquired_to_at <= before.acquired_from_at:
        raise SceneError(
            f"The before scene {before.id} ({before.dates}) is not older than the after scene "
            f"{after.id} ({after.dates}): swap them."
        )


def check_comparable(before: Scene, after: Scene) -> None:
    """Refuse two scenes that must not be compared, before any pixel is read.

    One optical scene and one radar scene may be: their maps of water are compared, not their
    numbers.

    Raises
    ------
    Refusal
        One pass, another optical sensor, quantity, band set, radar orbit or way onto the ground, or
        the dates overlap or are swapped.
    """
    ids = {"before": before.id, "after": after.id}
    if is_one_pass(before, after):
        raise Refusal(Code.ONE_PASS, **ids, on=after.dates)
    mixed = is_mixed(before, after)
    if not mixed:
        _check_same_numbers(before, after)
    if before.acquired_to_at > after.acquired_from_at:
        dates = {"before_dates": before.dates, "after_dates": after.dates}
        raise Refusal(Code.DATES_OVERLAP, **ids, **dates)
    for scene in (before, after):
        if scene.offset_kind == "unknown":
            raise Refusal(Code.OFFSET_UNKNOWN, scene=scene.id, why=scene.offset_why)
    if before.nature.radar and not mixed:
        _check_same_orbit(before, after)
        check_geocoding(before, after)


def _check_same_numbers(before: Scene, after: Scene) -> None:
    ids = {"before": before.id, "after": after.id}
    if before.sensor != after.sensor:
        sensors = {"before_sensor": before.sensor, "after_sensor": after.sensor}
        raise Refusal(Code.OTHER_SENSOR, **ids, **sensors)
    if before.quantity != after.quantity:
        quantities = {"before_quantity": before.quantity, "after_quantity": after.quantity}
        raise Refusal(Code.OTHER_QUANTITY, **ids, **quantities)
    if before.band_names != after.band_names:
        bands = {"before_bands": before.band_names, "after_bands": after.band_names}
        raise Refusal(Code.OTHER_BANDS, **ids, **bands)


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
    Refusal
        Too little is usable in both, or too much shift is left.
    """
    first, second = in_threads(lambda scene: read(scene, grid, (0.0, 0.0)), (before, after))
    for scene, image in ((before, first), (after, second)):
        if not image.usable.any():
            raise Refusal(Code.NOTHING_USABLE, scene=scene.id, dates=scene.dates)
    pair = pair_images(
        first,
        second,
        lambda shift_px: read(after, grid, shift_px),
        max_residual_px=max_residual_px,
        interval_days=_days(before.acquired_from_at, after.acquired_to_at),
        unscreened=_unscreened((before, first), (after, second)),
        names=(before.id, after.id),
    )
    apart: tuple[Note, ...] = ()
    if before.nature.radar and not pair.mixed:
        apart = _displaced(before, after, pair.shift_found, first.pixel_m)
    return replace(pair, caveats=apart + _caveats(before, after, pair))


def pair_images(
    before: Image,
    after: Image,
    move: Callable[[tuple[float, float]], Image],
    *,
    max_residual_px: float,
    interval_days: float,
    unscreened: bool,
    names: tuple[str, str] = ("before", "after"),
) -> Pair:
    """Align two images of one grid, match their brightness, and say what is usable.

    An optical and a radar image are neither aligned nor matched.

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
    Refusal
        One holds no picture, too little is usable in both, or too much shift is left.
    """
    mixed = before.nature.radar != after.nature.radar
    sar = before.nature.radar
    if sar or mixed:  # radar is looked at as a whole
        before, after = (replace(one, pixels=np.asarray(one.pixels)) for one in (before, after))
    before, after = _pictures(before, after, names)
    _check_enough(before, after, names)
    found = left = UNMEASURED if mixed else _shift(before, after, sar)
    if found.known and found.length_px >= CORRECTED_FROM_PX:
        after = move((found.shift_rows_px, found.shift_columns_px))
        after = replace(after, pixels=np.asarray(after.pixels)) if sar else after
        before, after = _pictures(before, after, names)
        left = _shift(before, after, sar)
        if left.known and left.length_px > max_residual_px:
            raise Refusal(
                Code.SHIFT_LEFT, before=names[0], after=names[1], shift_left_px=left.length_px,
                most_px=max_residual_px,
            )  # fmt: skip
        _check_enough(before, after, names)
    kept = sar or mixed
    matching = _unchanged_brightness(after) if kept else measure_normalisation(before, after)
    return Pair(
        before=before,
        after=after,
        after_matched=after.pixels if kept else normalise(after, matching),
        usable=before.usable & after.usable,
        shift_found=found,
        shift_left=left,
        normalisation=matching,
        interval_days=interval_days,
        unscreened=unscreened,
    )


def _pictures(before: Image, after: Image, names: tuple[str, str]) -> tuple[Image, Image]:
    """Flag what of both images is no picture of the ground, or refuse an image that is none."""
    first, second = in_threads(
        lambda both: without_content(*both), ((before, after), (after, before))
    )
    for name, image, picture in zip(names, (before, after), (first, second), strict=True):
        held = int(image.usable.sum())
        empty_fraction = 1 - int(picture.usable.sum()) / held if held else 0.0
        if empty_fraction > MOST_EMPTY_FRACTION:
            raise Refusal(Code.NO_CONTENT, scene=name, empty_fraction=empty_fraction)
    return first, second


def _shift(before: Image, after: Image, sar: bool) -> Alignment:
    """Speckle hides the edges that radar scenes have in common, so it is averaged first."""
    if sar:
        before, after = despeckled(before), despeckled(after)
    return measure_shift(before, after)


def _displaced(before: Scene, after: Scene, found: Alignment, pixel_m: float) -> tuple[Note, ...]:
    """Say how satellite and terrain displace two radar scenes, or refuse them."""
    terrain = terrain_caveats(before, after, found, pixel_m)
    return platform_caveats(before, after, found) + terrain


def _unchanged_brightness(image: Image) -> Normalisation:
    """Radar of one orbit is calibrated, and matched it would hide a flood; light has no other."""
    bands = len(image.bands)
    return Normalisation((1.0,) * bands, (0.0,) * bands, (0.0,) * bands)


def _check_enough(before: Image, after: Image, names: tuple[str, str]) -> None:
    common = int((before.usable & after.usable).sum())
    if common < LEAST_USABLE_PX:
        raise Refusal(
            Code.TOO_FEW_IN_COMMON, before=names[0], after=names[1], common_px=common,
            least_px=LEAST_USABLE_PX,
        )  # fmt: skip


def _check_same_orbit(before: Scene, after: Scene) -> None:
    orbits = (before.relative_orbit, before.orbit_state), (after.relative_orbit, after.orbit_state)
    for scene, orbit in zip((before, after), orbits, strict=True):
        if None in orbit:
            raise Refusal(Code.ORBIT_UNKNOWN, scene=scene.id)
    if orbits[0] != orbits[1]:
        raise Refusal(
            Code.OTHER_ORBIT, before=before.id, after=after.id,
            before_orbit=f"{orbits[0][0]} {orbits[0][1]}",
            after_orbit=f"{orbits[1][0]} {orbits[1][1]}",
        )  # fmt: skip


def _caveats(before: Scene, after: Scene, pair: Pair) -> tuple[Note, ...]:
    caveats: list[Note] = []
    if is_mixed(before, after):
        caveats.extend(mixed_caveats(before, after))
    elif not pair.shift_left.known:
        caveats.append(note(Code.SHIFT_UNKNOWN))
    if pair.unscreened:
        caveats.append(note(Code.CLOUD_UNSCREENED))
    models = dict.fromkeys((pair.before.cloud_model, pair.after.cloud_model))
    caveats.extend(note(Code.CLOUD_SCREENED_BY, model=model) for model in models if model)
    if Unit.UNCALIBRATED in (before.nature.unit, after.nature.unit):
        caveats.append(note(Code.UNCALIBRATED))
    gap_days = season_gap_days(before.acquired_from_at, after.acquired_from_at)
    known = all(_days(s.acquired_from_at, s.acquired_to_at) < 180 for s in (before, after))
    if gap_days > 45 and known:
        caveats.append(note(Code.SEASON_APART, gap_days=gap_days))
    return (*caveats, *mountain_caveats(before, after))


def _unscreened(*dates: tuple[Scene, Image]) -> bool:
    return any(
        not scene.nature.radar and scene.quality is None and not image.cloud_model
        for scene, image in dates
    )


def _days(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 86400
