"""Explanations of an optical finding: shadow, snow, soil moisture and the edges of clouds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.explanations.place import Place
from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.detect.indices import normalised_difference
from camp_monitor.notes import Explanation, Note, note
from camp_monitor.scenes.scene import Scene

DIMMED = 0.10
"""A shadow takes at least this part of the light (natural logarithm), ..."""
EVENLY = 0.7
"""... from all bands alike to within this (natural logarithm), ..."""
SKY_LIGHT = 0.1
"""... and from blue, which the sky gives back, no more than this above the others' mean."""
LEAST_SHADED_SHARE = 0.4
"""A shadow over a smaller part of a region does not explain it."""
LEAST_CASTER = 1.3
"""What stands towards the sun is bright from this multiple of the ground around on."""
HIGHEST_M = 300.0
"""Ridges rarely stand higher than this above the ground that they shade."""
SNOW_INDEX, SNOW_GREEN = 0.4, 0.25
"""Snow's green against short-wave infrared, and its reflectance, lie above these (Hall et al.,
1995, doi:10.1016/0034-4257(95)00137-P; patchy snow is darker than whole)."""
LEAST_SNOW_SHARE = 0.1
NEAR_SNOW_M = 100.0
NEAR_CLOUD_M = 150.0
"""Rims of cloud that the classes miss lie this near to a flagged pixel, beyond its widening."""
LEAST_NEAR_SHARE = 0.25
"""Cloud that is near to a smaller part of a region does not explain it."""
WET_DARKENS, WET_AT_MOST = 0.10, 3.0
"""Wet ground is darker in the infrared by this part or more, and by this factor at most: limits on
the safe side, chosen here.  That soil darkens so, most of all in short-wave infrared: Lobell and
Asner (2002), doi:10.2136/sssaj2002.7220."""


def shadow(place: Place) -> Explanation:
    """Ask whether light was taken from all bands alike, and whether the sun moved enough for it."""
    cause, untestable = Cause.SHADOW, place.untestable
    if untestable:
        return Explanation(cause, Verdict.NOT_TESTABLE, (untestable,))
    share, fits, bands = _shaded(place)
    if not fits:
        return Explanation(cause, Verdict.RULED_OUT, (note(Code.SHADOW_UNLIKE), bands))
    alike = note(Code.SHADOW_LIKE, shaded_fraction=share), bands
    first, second = place.maps.before_scene, place.maps.after_scene
    heights = first.sun_elevation_deg, second.sun_elevation_deg
    moved = _shadow_moved(first, second)
    if moved is None or heights[0] is None or heights[1] is None:
        unknown = note(Code.SUN_POSITION_UNKNOWN)
        return Explanation(cause, Verdict.POSSIBLE, (*alike, unknown))
    suns = {"before_elevation_deg": heights[0], "after_elevation_deg": heights[1]}
    needed_m = place.width_m / max(moved, 1e-6)
    if needed_m > HIGHEST_M:
        short = note(
            Code.SHADOW_MOVED_LESS, **suns, moved_m_per_100_m=100 * moved, width_m=place.width_m
        )
        return Explanation(cause, Verdict.RULED_OUT, (*alike, short))
    enough = note(Code.SHADOW_MOVED, **suns, height_m=needed_m, width_m=place.width_m)
    return Explanation(cause, Verdict.POSSIBLE, (*alike, enough, _caster(place)))


def _shaded(place: Place) -> tuple[float, bool, Note]:
    """Share of the region that a shadow may have made, whether any, and the bands' changes."""
    least = place.maps.noise[:, None]
    first = np.maximum(place.before[:, place.inside], least)
    second = np.maximum(place.matched[:, place.inside], least)
    change = np.log(second / first)
    mean = change.mean(axis=0)
    for part in (mean < -DIMMED, mean > DIMMED):
        share = float(part.mean())
        if share < LEAST_SHADED_SHARE:
            continue
        bands = np.median(change[:, part], axis=1)
        size = np.abs(bands)
        same_sign = bool((bands < -DIMMED / 2).all() or (bands > DIMMED / 2).all())
        if same_sign and np.ptp(bands) <= EVENLY and _blue_is_spared(place, size):
            return share, True, _band_changes(place, bands)
    return 0.0, False, _band_changes(place, np.median(change, axis=1))


def _blue_is_spared(place: Place, size: NDArray[np.floating]) -> bool:
    if "blue" not in place.pair.bands or size.size == 1:
        return True
    blue = place.pair.bands.index("blue")
    return float(size[blue]) <= float(np.delete(size, blue).mean()) + SKY_LIGHT


def _band_changes(place: Place, logarithms: NDArray[np.floating]) -> Note:
    """Return how much the bands that changed least and most did."""
    names = place.pair.bands
    low, high = int(np.argmin(logarithms)), int(np.argmax(logarithms))
    least, most = (math.expm1(float(logarithms[end])) for end in (low, high))
    if low == high:
        return note(Code.ONE_BAND_CHANGED, band=names[low], change_fraction=least)
    return note(
        Code.BANDS_CHANGED, low_band=names[low], low_fraction=least, high_band=names[high],
        high_fraction=most,
    )  # fmt: skip


def _shadow_moved(first: Scene, second: Scene) -> float | None:
    """How far the tip of a shadow lies apart on the two dates, metres for each metre of height."""
    tips = []
    for scene in (first, second):
        if scene.sun_elevation_deg is None or scene.sun_azimuth_deg is None:
            return None
        length = 1 / math.tan(math.radians(max(scene.sun_elevation_deg, 1.0)))
        away = math.radians(scene.sun_azimuth_deg + 180)
        tips.append((length * math.sin(away), length * math.cos(away)))
    return math.dist(*tips)


def _caster(place: Place) -> Note:
    """Return how bright the brightest is that lies towards the sun of the darker date."""
    darker = place.matched[:, place.inside].mean() < place.before[:, place.inside].mean()
    scene = place.maps.after_scene if darker else place.maps.before_scene
    pixels = (place.matched if darker else place.before).mean(axis=0)
    towards = math.radians(scene.sun_azimuth_deg or 0.0)
    others = place.pair.usable[place.window] & ~place.inside
    rows, columns = np.nonzero(place.inside)
    brightest = 0.0
    for step in range(1, 2 * math.ceil(place.width_px) + 1):
        row = np.rint(rows - step * math.cos(towards)).astype(int)
        column = np.rint(columns + step * math.sin(towards)).astype(int)
        held = (row >= 0) & (column >= 0) & (row < others.shape[0]) & (column < others.shape[1])
        values = pixels[row[held], column[held]][others[row[held], column[held]]]
        if values.size:
            brightest = max(brightest, float(np.percentile(values, 90)))
    usual = max(float(np.median(pixels[place.around])), 1e-6)
    if brightest < LEAST_CASTER * usual:
        return note(Code.CASTER_MISSING)
    return note(Code.CASTER_FOUND, brighter_fraction=brightest / usual - 1)


def snow_cover(place: Place) -> Explanation:
    """Ask for snow flagged near, or ground that is bright in green and dark in the infrared."""
    cause, lacking = Cause.SNOW, place.untestable
    if lacking:
        return Explanation(cause, Verdict.NOT_TESTABLE, (lacking,))
    if place.maps.snow_m is not None:
        near_m = float(place.maps.snow_m[place.window][place.inside].min())
        if near_m <= NEAR_SNOW_M:
            flagged = note(Code.SNOW_FLAGGED, distance_m=near_m)
            return Explanation(cause, Verdict.POSSIBLE, (flagged,))
    if not place.physical:
        return Explanation(cause, Verdict.NOT_TESTABLE, (note(Code.REFLECTANCE_NEEDED),))
    if "green" not in place.pair.bands:
        return Explanation(cause, Verdict.NOT_TESTABLE, (note(Code.GREEN_NEEDED),))
    green = [place.band(image, "green")[place.inside] for image in (place.before, place.after)]
    brightest = max(float(np.percentile(values, 90)) for values in green)
    white = [values > SNOW_GREEN for values in green]
    alike = Code.SNOW_LIKE_IN_GREEN
    if "swir1" in place.pair.bands:
        alike = Code.SNOW_LIKE
        swir = [place.band(image, "swir1")[place.inside] for image in (place.before, place.after)]
        index = [normalised_difference(*both) for both in zip(green, swir, strict=True)]
        white = [bright & (ratio > SNOW_INDEX) for bright, ratio in zip(white, index, strict=True)]
    shares = [float(pixels.mean()) for pixels in white]
    covered = note(alike, before_fraction=shares[0], after_fraction=shares[1])
    if max(shares) >= LEAST_SNOW_SHARE:
        return Explanation(cause, Verdict.POSSIBLE, (covered,))
    dark = note(Code.GREEN_BRIGHTEST, reflectance=brightest)
    return Explanation(cause, Verdict.RULED_OUT, (covered, dark))


def cloud_edge(place: Place) -> Explanation:
    """Ask how near the next flagged cloud, cirrus or cloud shadow of either date is."""
    cause, distances_m = Cause.CLOUD_EDGE, place.maps.cloud_m
    if not place.inside.any():
        return Explanation(cause, Verdict.NOT_TESTABLE, (note(Code.REGION_UNUSABLE),))
    size_km = min(place.pair.usable.shape) * place.pair.pixel_m / 1000
    measured = note(Code.CLOUD_NOT_FLAGGED, window_km=size_km)
    if distances_m is not None:
        away_m = distances_m[place.window][place.inside]
        share = float((away_m <= NEAR_CLOUD_M).mean())
        measured = note(
            Code.CLOUD_NEAR, distance_m=float(away_m.min()), near_fraction=share,
            near_m=NEAR_CLOUD_M,
        )  # fmt: skip
        if share >= LEAST_NEAR_SHARE:
            return Explanation(cause, Verdict.POSSIBLE, (measured,))
    if place.pair.unscreened:
        return Explanation(cause, Verdict.NOT_TESTABLE, (note(Code.QUALITY_BAND_NEEDED),))
    return Explanation(cause, Verdict.RULED_OUT, (measured,))


def soil_moisture(place: Place) -> Explanation:
    """Ask whether all the ground around turned darker, or brighter, in the infrared."""
    cause, lacking = Cause.SOIL_MOISTURE, place.untestable
    name = next((band for band in ("swir1", "swir2", "nir") if band in place.pair.bands), "")
    if not lacking and not name:
        lacking = note(Code.INFRARED_NEEDED)
    if not lacking and not place.physical:
        lacking = note(Code.REFLECTANCE_NEEDED)
    if lacking:
        return Explanation(cause, Verdict.NOT_TESTABLE, (lacking,))
    first, second = (np.maximum(place.band(image, name), 0.002)
                     for image in (place.before, place.after))  # fmt: skip
    ratio = np.log(second / first)
    here, around = (float(np.median(ratio[part])) for part in (place.inside, place.around))
    measured = note(
        Code.MOISTURE_REFLECTANCE, band=name, region_fraction=math.expm1(here),
        around_fraction=math.expm1(around), least_fraction=WET_DARKENS, most_factor=WET_AT_MOST,
    )  # fmt: skip
    too_little = abs(math.expm1(-abs(around))) < WET_DARKENS
    otherwise = here * around <= 0 or abs(here) > math.log(WET_AT_MOST)
    verdict = Verdict.RULED_OUT if too_little or otherwise else Verdict.POSSIBLE
    return Explanation(cause, verdict, (measured,))
