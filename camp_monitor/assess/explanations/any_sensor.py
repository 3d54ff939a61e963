"""Explanations of a finding of any sensor: season, misregistration, view and processing."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.explanations.place import Place
from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.detect.indices import normalised_difference
from camp_monitor.notes import Explanation, Note, note
from camp_monitor.pairs.selection import season_gap_days
from camp_monitor.scenes.scene import Scene

TALLEST_M = 100.0
"""Buildings, trees and errors of a terrain model are lower than this."""
SAME_SEASON_DAYS = 45.0
LONGEST_DATE_DAYS = 180.0
"""A scene that is dated less exactly has no season."""
LIKE_PART, LIKE_COSINE = 0.67, 0.8
"""Ground changed like the region by this part of its change, in this direction or nearer."""
LIKE_SHARE, LIKE_SHARE_APART = 0.05, 0.01
"""From this share of such ground around it on the season may have done it: within one season, and
between two."""
SHIFT_ERROR_PX, UNKNOWN_SHIFT_PX = 0.1, 1.0
"""Added to a shift that was measured, and taken for one that was not."""
LEAST_MADE_SHARE = 0.5
PART_PX = 1 << 17
"""Pixels of a region that are looked at together: some twelve neighbours of each are held."""
COMMON_SHARE = 0.3
"""A processing step acts on all ground: it changes the surroundings of a region by at least this
part of what it does to the region."""
WATER_KINDS = ("flooding", "flood_recession", "water_gain", "water_loss")


def season(place: Place) -> Explanation:
    """Ask how far the dates lie apart in the season, and whether its surroundings changed alike."""
    cause, untestable = Cause.SEASON, place.untestable
    if untestable:
        return Explanation(cause, Verdict.NOT_TESTABLE, (untestable,))
    scenes = place.maps.before_scene, place.maps.after_scene
    dated = all(
        (scene.acquired_to_at - scene.acquired_from_at).days < LONGEST_DATE_DAYS for scene in scenes
    )
    share, alike = _alike(place)
    if not dated:
        unknown = note(Code.SEASON_UNKNOWN, longest_days=LONGEST_DATE_DAYS)
        likely = share >= LIKE_SHARE and place.kind not in WATER_KINDS
        verdict = Verdict.POSSIBLE if likely else Verdict.NOT_TESTABLE
        return Explanation(cause, verdict, (unknown, *alike))
    gap_days = season_gap_days(scenes[0].acquired_from_at, scenes[1].acquired_from_at)
    far = gap_days > SAME_SEASON_DAYS
    likely = share >= (LIKE_SHARE_APART if far else LIKE_SHARE)
    if place.kind in WATER_KINDS:
        likely = far
    verdict = Verdict.POSSIBLE if likely else Verdict.RULED_OUT
    return Explanation(cause, verdict, (note(Code.SEASON_GAP, gap_days=gap_days), *alike))


def _alike(place: Place) -> tuple[float, tuple[Note, ...]]:
    """Share of the surroundings that changed like the region; 0 and no notes of a mixed pair."""
    if place.pair.mixed:
        return 0.0, ()
    share = _share_alike(place)
    return share, (note(Code.CHANGED_ALIKE, alike_fraction=share), *_vegetation(place))


def _share_alike(place: Place) -> float:
    """Share of the surroundings that changed in the region's direction, and nearly as much."""
    scale = place.maps.noise[:, None]
    own = np.median((place.matched - place.before)[:, place.inside] / scale, axis=1)
    length = max(float(np.linalg.norm(own)), 1e-6)
    others = (place.matched - place.before)[:, place.around] / scale
    along = own @ others / length
    sizes = np.maximum(np.linalg.norm(others, axis=0), 1e-6)
    return float(np.mean((along >= LIKE_PART * length) & (along >= LIKE_COSINE * sizes)))


def _vegetation(place: Place) -> tuple[Note, ...]:
    """Change of the vegetation index, of the region and around it; none without its bands."""
    if not {"red", "nir"} <= set(place.pair.bands):
        return ()
    rise = normalised_difference(place.band(place.matched, "nir"), place.band(place.matched, "red"))
    rise -= normalised_difference(place.band(place.before, "nir"), place.band(place.before, "red"))
    here, around = (float(np.median(rise[part])) for part in (place.inside, place.around))
    return (note(Code.VEGETATION_CHANGED, region_ndvi=here, around_ndvi=around),)


def residual_misregistration(place: Place) -> Explanation:
    """Move the before image by the shift left, all ways, to see how much it makes of the change."""
    cause, left = Cause.RESIDUAL_MISREGISTRATION, place.pair.shift_left
    if not place.inside.any():
        return Explanation(cause, Verdict.NOT_TESTABLE, (note(Code.REGION_UNUSABLE),))
    length_px = left.length_px + SHIFT_ERROR_PX if left.known else UNKNOWN_SHIFT_PX
    made = _made_by_shift(place, length_px)
    if left.known:
        tried = note(
            Code.SHIFT_MAKES, shift_px=length_px, shift_left_px=left.length_px,
            made_fraction=made, width_px=place.width_px,
        )  # fmt: skip
    else:
        tried = note(
            Code.SHIFT_UNKNOWN_MAKES, shift_px=length_px, made_fraction=made,
            width_px=place.width_px,
        )  # fmt: skip
    verdict = Verdict.POSSIBLE if made >= LEAST_MADE_SHARE else Verdict.RULED_OUT
    return Explanation(cause, verdict, (tried,))


def _made_by_shift(place: Place, length_px: float) -> float:
    """Share of the change of a region that a shift makes, of so many pixels the worst of 8 ways."""
    rows, columns = np.nonzero(place.inside)
    made, whole = np.zeros(8), 0.0
    for start in range(0, rows.size, PART_PX):
        part = slice(start, start + PART_PX)
        weights, shares = _shifted(place, rows[part], columns[part], length_px)
        made += (shares * weights).sum(axis=1)
        whole += float(weights.sum())
    return float(made.max()) / whole


def _shifted(
    place: Place, rows: NDArray[np.intp], columns: NDArray[np.intp], length_px: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Size of the change of some pixels, and the share that each shift makes, (way, pixel)."""
    scale = place.maps.noise[:, None]
    last_row, last_column = (size - 1 for size in place.inside.shape)

    @cache
    def beside(down: int, right: int) -> NDArray[np.float64]:
        at = np.clip(rows + down, 0, last_row), np.clip(columns + right, 0, last_column)
        values = place.before[(slice(None), *at)].astype(np.float64)
        return np.where(np.isfinite(values), values, 0)

    before = beside(0, 0).astype(np.float32)
    change = (place.matched[:, rows, columns] - before) / scale
    size = np.maximum((change**2).sum(axis=0), 1e-12)
    shares = np.empty((8, rows.size), np.float32)
    for number, way in enumerate(np.arange(8) * math.pi / 4):
        down, right = -length_px * math.sin(way), -length_px * math.cos(way)
        top, left = math.floor(down), math.floor(right)
        lower, further = down - top, right - left  # bilinear, between four neighbours
        upper_row, lower_row = (
            beside(row, left) * (1 - further) + beside(row, left + 1) * further
            for row in (top, top + 1)
        )
        moved = (upper_row * (1 - lower) + lower_row * lower).astype(np.float32)
        shares[number] = np.clip((((moved - before) / scale) * change).sum(axis=0) / size, 0, 1)
    return np.sqrt(size), shares


def view_angle(place: Place) -> Explanation:
    """Ask what height the two views displace by the width of the region."""
    cause = Cause.VIEW_ANGLE
    scenes = place.maps.before_scene, place.maps.after_scene
    orbit = scenes[0].relative_orbit
    same = orbit is not None and orbit == scenes[1].relative_orbit
    angles = [abs(scene.off_nadir_deg) for scene in scenes if scene.off_nadir_deg is not None]
    if len(angles) < 2:
        if orbit is not None and same:
            return Explanation(cause, Verdict.RULED_OUT, (note(Code.ORBIT_SAME, orbit=orbit),))
        return Explanation(cause, Verdict.NOT_TESTABLE, (note(Code.VIEW_UNKNOWN),))
    leans = [math.tan(math.radians(min(angle, 80.0))) for angle in angles]
    apart = abs(leans[0] - leans[1]) if same else sum(leans)
    needed_m = place.width_m / max(apart, 1e-6)
    views = {"before_off_nadir_deg": angles[0], "after_off_nadir_deg": angles[1]}
    if needed_m > TALLEST_M:
        displaced = note(
            Code.VIEW_DISPLACES_LESS, **views, height_m=TALLEST_M, displaced_m=TALLEST_M * apart,
            width_m=place.width_m,
        )  # fmt: skip
        return Explanation(cause, Verdict.RULED_OUT, (displaced,))
    displaced = note(Code.VIEW_DISPLACES, **views, height_m=needed_m, width_m=place.width_m)
    return Explanation(cause, Verdict.POSSIBLE, (displaced,))


def processing(place: Place) -> Explanation:
    """Ask whether satellite and processing are the same, or else whether all around changed too."""
    cause, untestable = Cause.PROCESSING, place.untestable
    scenes = place.maps.before_scene, place.maps.after_scene
    origin = _origin(*scenes)
    if {item.code for item in origin} <= {Code.PLATFORM_SAME, Code.BASELINE_SAME}:
        return Explanation(cause, Verdict.RULED_OUT, origin)
    if untestable:
        return Explanation(cause, Verdict.NOT_TESTABLE, (untestable,))
    after = place.after if place.physical else place.matched
    scale = place.maps.noise
    own, others = (np.median((after - place.before)[:, part], axis=1) / scale
                   for part in (place.inside, place.around))  # fmt: skip
    common = float(others @ own / max(float(own @ own), 1e-12))
    around = note(Code.CHANGED_AROUND, around_fraction=max(common, 0.0))
    verdict = Verdict.POSSIBLE if common >= COMMON_SHARE else Verdict.RULED_OUT
    return Explanation(cause, verdict, (*origin, around))


def _origin(first: Scene, second: Scene) -> tuple[Note, ...]:
    """Compare the satellites of two scenes, and the processing where it is known to matter."""
    notes = [_platforms(first.platform, second.platform)]
    if first.sensor == "sentinel-2":
        notes.append(_baselines(first.baseline, second.baseline))
    if first.offset_kind != second.offset_kind:
        kinds = {"before_offset": first.offset_kind, "after_offset": second.offset_kind}
        notes.append(note(Code.OFFSET_DIFFERS, **kinds))
    return tuple(notes)


def _platforms(before: str | None, after: str | None) -> Note:
    if before is None or after is None:
        return note(Code.PLATFORM_UNKNOWN, which=_unknown(before, after))
    if before == after:
        return note(Code.PLATFORM_SAME, platform=before)
    return note(Code.PLATFORM_DIFFERS, before_platform=before, after_platform=after)


def _baselines(before: str | None, after: str | None) -> Note:
    if before is None or after is None:
        return note(Code.BASELINE_UNKNOWN, which=_unknown(before, after))
    if before == after:
        return note(Code.BASELINE_SAME, baseline=before)
    return note(Code.BASELINE_DIFFERS, before_baseline=before, after_baseline=after)


def _unknown(before: str | None, after: str | None) -> tuple[str, ...]:
    dates = {"before": before, "after": after}
    return tuple(date for date, value in dates.items() if value is None)
