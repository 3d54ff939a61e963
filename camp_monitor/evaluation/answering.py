"""What the detectors of a scan answer to one entry of a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.detection import Change, Detection
from camp_monitor.detect.doubt import check_agreement
from camp_monitor.detect.regions import candidate_pixels, label_regions
from camp_monitor.detect.water.flooding import detect_flooding
from camp_monitor.detect.water.single_date import detect_water, slope_of
from camp_monitor.errors import EvaluationError, Refusal
from camp_monitor.evaluation.benchmark import (
    RESTORE,
    UNSCORED,
    Benchmark,
    Entry,
    read_images,
)
from camp_monitor.notes import Note
from camp_monitor.pairs.pair import Pair, pair_images
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.opening import open_raster

RADAR_PIXEL_M = 10.0
"""Taken for radar whose pixel size is not stated: its rules hang on looks, not on metres."""
MULTIBAND_PIXEL_M = 30.0
"""Taken for optical images with short-wave infrared whose pixel size is not stated."""
MAX_RESIDUAL_PX = 0.75
"""As in a scan that is not told otherwise."""
INTERVAL_DAYS = 30.0
"""Taken between the two dates, which a benchmark does not state: a flood is asked for as a flood,
not as lasting gain of water."""
WANTED = {
    "construction": (("construction", "other"), ("built_up",)),
    "flooding": (("flooding",),),
    "change": (("other",),),
    "water": (("water",),),
}
"""Kinds of change that answer a question: the first of these sets of which the detector offers any.
Change that it could not name, because the numbers do not allow it, may be construction."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to one entry.

    Parameters
    ----------
    called : ndarray
        uint8, (row, col): 0 unchanged, 1 changed, 255 not seen.
    strength : ndarray
        float32, (row, col): evidence in units of the detector's threshold; 0 without an answer.
    method : str
        The detector that answered; empty where none could.
    kind : str
        The kind of change that was taken for an answer; empty where there is none.
    way : str
        The way of that detector, as it says itself; empty where it has but one.
    reason : Note or None
        Why nothing was seen.
    seconds : float
        Taken by alignment and detection.
    candidates : ndarray of bool or None
        (row, col); what was nearly called, see `candidate_pixels`; None without an answer.
    """

    called: NDArray[np.uint8]
    strength: NDArray[np.float32]
    method: str
    kind: str
    way: str
    reason: Note | None
    seconds: float
    candidates: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Manner:
    """How the detectors are run.

    Parameters
    ----------
    structure_model : str
        As in the settings of a scan.
    as_dn8 : bool
        Declare optical numbers as plain digital numbers: nothing may rest on their unit.
    """

    structure_model: str = "default"
    as_dn8: bool = False


def answer(benchmark: Benchmark, entry: Entry, manner: Manner | None = None) -> Answer:
    """Ask the detectors of a scan what changed in one pair, or what is water on one date.

    The detector is chosen by kind, mode, bands, quantity and pixel size.  The truth is not opened.

    Raises
    ------
    EvaluationError
        A file of the entry is missing or damaged.
    Refusal
        The two dates are of one kind of sensor and have no band in common.
    """
    manner = manner or Manner()
    before, after = read_images(benchmark, entry, as_dn8=manner.as_dn8)
    start = perf_counter()
    try:
        before, after = place(entry, before, after)
        slope_deg = _slope_deg(benchmark, entry, after) if before is None else None
    except Refusal as refusal:
        return _refused(after, refusal, start)
    return answer_images(entry, before, after, manner, slope_deg, start)


def answer_images(
    entry: Entry,
    before: Image | None,
    after: Image,
    manner: Manner | None = None,
    slope_deg: NDArray[np.float32] | None = None,
    start: float | None = None,
) -> Answer:
    """Ask the same of images that were read already, on a grid of their pixel size.

    Parameters
    ----------
    entry : Entry
        What is asked; its files are not opened.
    before, after : Image
        None before: what is water on one date.
    manner : Manner or None
    slope_deg : ndarray or None
        float32, (row, col), degrees; of one date alone.
    start : float or None
        When the work began, by `time.perf_counter`; None: now.
    """
    start = perf_counter() if start is None else start
    try:
        if before is None:
            detection = detect_water(after, slope_deg)
        else:
            pair = pair_of(before, after)
            detection = _detector(entry, after, manner or Manner())(pair)
            check_agreement(pair, detection)
    except Refusal as refusal:
        return _refused(after, refusal, start)
    seconds = perf_counter() - start
    called, strength, change, nearly = _called(entry, detection)
    kind, way = (change.kind, change.way) if change else ("", "")
    return Answer(called, strength, detection.method, kind, way, None, seconds, nearly)


def _refused(after: Image, refusal: Refusal, start: float) -> Answer:
    nothing = np.full(after.flags.shape, UNSCORED, np.uint8)
    strength = np.zeros(after.flags.shape, np.float32)
    return Answer(nothing, strength, "", "", "", refusal.note, perf_counter() - start)


def _detector(entry: Entry, after: Image, manner: Manner) -> Callable[[Pair], Detection]:
    if entry.kind == "construction":
        return lambda pair: detect_construction(pair, manner.structure_model)
    if entry.kind == "flooding":
        return detect_flooding
    if entry.kind == "change" and entry.is_mixed:
        raise Refusal(
            Code.NEEDS_ONE_SENSOR, before_bands=entry.bands_before or (), after_bands=entry.bands
        )
    if entry.kind == "change" and after.nature.radar:
        from camp_monitor.detect.construction.radar import detect_radar_change

        return detect_radar_change
    raise EvaluationError(
        f"{entry.id} asks for {entry.kind} in {', '.join(after.bands)}, which no detector answers: "
        f"leave it out of the list."
    )


def _called(
    entry: Entry, detection: Detection
) -> tuple[NDArray[np.uint8], NDArray[np.float32], Change | None, NDArray[np.bool_] | None]:
    """Draw the change that answers the question; without its smallest regions, as a scan does."""
    offered = {change.kind for change in detection.changes}
    wanted = next((kinds for kinds in WANTED[entry.kind] if offered & set(kinds)), ())
    changes = [change for change in detection.changes if change.kind in wanted]
    called = np.where(detection.seen, 0, UNSCORED).astype(np.uint8)
    strength = np.zeros(called.shape, np.float32)
    if not changes:
        return called, strength, None, None
    changed = np.any([change.changed for change in changes], axis=0)
    regions, _ = label_regions(changed, changes[0].least_px)
    called[regions > 0] = 1
    for change in changes:
        strength = np.maximum(strength, np.nan_to_num(change.strength)).astype(np.float32)
    # where unnamed change was asked for, too, that is what the answer is
    answering = next((change for change in changes if change.kind == "other"), changes[0])
    nearly = np.any([candidate_pixels(change, detection.seen) for change in changes], axis=0)
    return called, strength, answering, nearly & (called != 1)


def place(entry: Entry, before: Image | None, after: Image) -> tuple[Image | None, Image]:
    """Put the images on a grid of their pixel size, estimated where the benchmark states none."""
    if entry.pixel_m is not None:
        return before, after
    if after.nature.radar or entry.is_mixed:
        side = RADAR_PIXEL_M
    elif "swir1" in after.bands or before is None:
        side = MULTIBAND_PIXEL_M
    else:
        from camp_monitor.detect.pixel_size import estimate_pixel_m

        side = estimate_pixel_m(before, after).pixel_m
    grid = GeoBox(after.flags.shape, Affine(side, 0, 0, 0, -side, 0), None)
    return None if before is None else replace(before, grid=grid), replace(after, grid=grid)


def _slope_deg(benchmark: Benchmark, entry: Entry, image: Image) -> NDArray[np.float32] | None:
    """Slope of the ground where the benchmark has a height model, degrees."""
    if "dem" not in entry.ancillary:
        return None
    with open_raster(benchmark.folder / entry.ancillary["dem"], RESTORE) as source:
        height_m = source.read(1).astype(np.float32)
    if height_m.shape != image.flags.shape:
        raise EvaluationError(
            f"{entry.id}: the height model has {height_m.shape} pixels and the image "
            f"{image.flags.shape}; both must lie on one grid."
        )
    return slope_of(height_m, image.pixel_m)


def pair_of(before: Image, after: Image) -> Pair:
    """Align and match two images as a scan does.

    Raises
    ------
    Refusal
        They cannot be aligned.
    """
    return pair_images(
        before,
        after,
        lambda shift_px: _moved(after, shift_px),
        max_residual_px=MAX_RESIDUAL_PX,
        interval_days=INTERVAL_DAYS,
        unscreened=not (before.nature.radar and after.nature.radar),
    )


def _moved(image: Image, shift_px: tuple[float, float]) -> Image:
    """Move an image back by a shift; what comes from beyond its edge is not seen."""
    from scipy import ndimage

    back = (-shift_px[0], -shift_px[1])
    empty = ndimage.shift((image.flags != 0).astype(np.float32), back, order=1, cval=1.0) > 0.01
    filled = np.nan_to_num(image.pixels)
    pixels = np.stack([ndimage.shift(band, back, order=1, mode="nearest") for band in filled])
    pixels[:, empty] = np.nan
    return replace(
        image,
        pixels=pixels.astype(np.float32),
        flags=np.where(empty, np.maximum(image.flags, 1), 0).astype(np.uint8),
    )
