"""The rival causes of a finding of any sensor: season, shift, view and processing."""

from __future__ import annotations

import math
import re

import numpy as np

from camp_monitor.assess.explanations.place import Place, Rival
from camp_monitor.detect.indices import normalised_difference
from camp_monitor.pairs.selection import season_gap_days, season_gap_words
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
COMMON_SHARE = 0.3
"""A processing step acts on all ground: it changes the surroundings of a region by at least this
part of what it does to the region."""
WATER_KINDS = ("flooding", "flood_recession", "water_gain", "water_loss")

_BASELINE = re.compile(r"[Bb]aseline (\d\d\.\d\d)")


def season(place: Place) -> Rival:
    """Ask how far the dates lie apart in the season, and whether its surroundings changed alike."""
    cause = "season"
    if place.noted:
        return Rival(cause, "not_testable", place.noted)
    scenes = place.maps.before_scene, place.maps.after_scene
    dated = all(
        (scene.acquired_to_at - scene.acquired_from_at).days < LONGEST_DATE_DAYS for scene in scenes
    )
    share = _share_alike(place)
    alike = f"{share:.1%} of the ground around changed alike{_leaf_words(place)}"
    if not dated:
        if share >= LIKE_SHARE and place.kind not in WATER_KINDS:
            return Rival(cause, "possible", f"The dates have no season, and {alike}.")
        return Rival(cause, "not_testable", f"The dates have no season; {alike}.")
    gap_days = season_gap_days(scenes[0].acquired_from_at, scenes[1].acquired_from_at)
    apart = f"The dates lie {season_gap_words(gap_days)} apart in the season, and {alike}."
    far = gap_days > SAME_SEASON_DAYS
    if place.kind in WATER_KINDS:
        return Rival(cause, "possible" if far else "ruled_out", apart)
    least = LIKE_SHARE_APART if far else LIKE_SHARE
    return Rival(cause, "possible" if share >= least else "ruled_out", apart)


def _share_alike(place: Place) -> float:
    """Share of the surroundings that changed in the region's direction, and nearly as much."""
    scale = place.maps.noise[:, None]
    own = np.median((place.matched - place.before)[:, place.inside] / scale, axis=1)
    length = max(float(np.linalg.norm(own)), 1e-6)
    others = (place.matched - place.before)[:, place.around] / scale
    along = own @ others / length
    sizes = np.maximum(np.linalg.norm(others, axis=0), 1e-6)
    return float(np.mean((along >= LIKE_PART * length) & (along >= LIKE_COSINE * sizes)))


def _leaf_words(place: Place) -> str:
    if not {"red", "nir"} <= set(place.pair.bands):
        return ""
    rise = normalised_difference(place.band(place.matched, "nir"), place.band(place.matched, "red"))
    rise -= normalised_difference(place.band(place.before, "nir"), place.band(place.before, "red"))
    here, around = (float(np.median(rise[part])) for part in (place.inside, place.around))
    return f" (vegetation index {here:+.2f} here, {around:+.2f} around)"


def shift_left(place: Place) -> Rival:
    """Move the before image by the shift left, all ways, to see how much it makes of the change."""
    from scipy import ndimage

    cause, left = "shift left", place.pair.shift_left
    if not place.inside.any():
        return Rival(cause, "not_testable", place.noted)
    length_px = left.length_px + SHIFT_ERROR_PX if left.known else UNKNOWN_SHIFT_PX
    scale = place.maps.noise[:, None]
    tight = _tight(place, math.ceil(length_px) + 1)
    before = place.before[(slice(None), *tight)]
    before = np.where(np.isfinite(before), before, 0)
    inside = place.inside[tight]
    change = (place.matched[(slice(None), *tight)][:, inside] - before[:, inside]) / scale
    size = np.maximum((change**2).sum(axis=0), 1e-12)
    made = 0.0
    for way in np.arange(8) * math.pi / 4:
        moved = ndimage.shift(
            before, (0, length_px * math.sin(way), length_px * math.cos(way)), order=1,
            mode="nearest",
        )  # fmt: skip
        part = (((moved - before)[:, inside] / scale) * change).sum(axis=0) / size
        weights = np.sqrt(size)
        made = max(made, float((np.clip(part, 0, 1) * weights).sum() / weights.sum()))
    known = f"{left.length_px:.2f} was left" if left.known else "what was left is not known"
    said = (
        f"A shift of {length_px:.2f} pixels ({known}) makes {made:.0%} of the change in a region "
        f"{place.width_px:.0f} pixels wide."
    )
    return Rival(cause, "possible" if made >= LEAST_MADE_SHARE else "ruled_out", said)


def _tight(place: Place, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the region with a margin, within its window."""
    parts = []
    for axis, size in enumerate(place.inside.shape):
        held = np.flatnonzero(place.inside.any(axis=1 - axis))
        parts.append(slice(max(held[0] - margin, 0), min(held[-1] + 1 + margin, size)))
    return parts[0], parts[1]


def view_angle(place: Place) -> Rival:
    """Ask how high something must be to lean by the region's width between the two views."""
    cause = "view angle"
    scenes = place.maps.before_scene, place.maps.after_scene
    orbits = [scene.relative_orbit for scene in scenes]
    same = orbits[0] is not None and orbits[0] == orbits[1]
    angles = [abs(scene.off_nadir_deg) for scene in scenes if scene.off_nadir_deg is not None]
    if len(angles) < 2:
        if same:
            said = f"Both dates were taken from relative orbit {orbits[0]}, so from one side."
            return Rival(cause, "ruled_out", said)
        return Rival(cause, "not_testable", "The angle of view is not known for both dates.")
    leans = [math.tan(math.radians(min(angle, 80.0))) for angle in angles]
    apart = abs(leans[0] - leans[1]) if same else sum(leans)
    needed_m = place.width_m / max(apart, 1e-6)
    said = f"It was looked at from {angles[0]:.0f} and {angles[1]:.0f} degrees off the vertical"
    if needed_m > TALLEST_M:
        said += (
            f", where even {TALLEST_M:.0f} m of height lean by at most {TALLEST_M * apart:.1f} m"
        )
        return Rival(cause, "ruled_out", f"{said}, and it is {place.width_m:.0f} m wide.")
    said += f", where {needed_m:.0f} m of height may lean by its width of {place.width_m:.0f} m."
    return Rival(cause, "possible", said)


def processing_step(place: Place) -> Rival:
    """Ask whether satellite and processing are the same, or else whether all around changed too."""
    cause = "processing step"
    scenes = place.maps.before_scene, place.maps.after_scene
    words, same = _processing(*scenes)
    if same:
        return Rival(cause, "ruled_out", f"{words}.")
    if place.noted:
        return Rival(cause, "not_testable", place.noted)
    after = place.after if place.physical else place.matched
    scale = place.maps.noise
    own, others = (np.median((after - place.before)[:, part], axis=1) / scale
                   for part in (place.inside, place.around))  # fmt: skip
    common = float(others @ own / max(float(own @ own), 1e-12))
    said = f"{words}, and the ground around changed by {max(common, 0):.0%} of what it did"
    if common >= COMMON_SHARE:
        return Rival(cause, "possible", f"{said}, as a processing step does.")
    return Rival(cause, "ruled_out", f"{said}, where a processing step changes all alike.")


def _processing(first: Scene, second: Scene) -> tuple[str, bool]:
    """Name the satellites and baselines, and whether they are known to be the same."""
    platforms = [scene.platform for scene in (first, second)]
    found = [_BASELINE.search(scene.offset_reason) for scene in (first, second)]
    baselines = [match[1] if match else None for match in found]
    words, same = [], True
    for name, values in (("satellite", platforms), ("baseline", baselines)):
        if name == "baseline" and first.sensor != "sentinel-2":
            continue
        if None in values:
            words.append(f"the {name} of {_count(values)} is not known")
            same = False
        elif values[0] == values[1]:
            words.append(f"both are of {name} {values[0]}")
        else:
            words.append(f"they are of {name} {values[0]} and {values[1]}")
            same = False
    if first.offset_kind != second.offset_kind:
        words.append(f"the offset states are {first.offset_kind} and {second.offset_kind}")
        same = False
    said = ", ".join(words)
    return said[:1].upper() + said[1:], same


def _count(values: list[str | None]) -> str:
    return "both" if values == [None, None] else "one"
