"""The rival causes of an optical finding: shadow, snow, wet ground and the edges of clouds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from camp_monitor.assess.explanations.place import Place, Rival
from camp_monitor.detect.indices import normalised_difference
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


def shadow_and_sun(place: Place) -> Rival:
    """Ask whether light was taken from all bands alike, and whether the sun moved enough for it."""
    cause = "shadow and sun"
    if place.noted:
        return Rival(cause, "not_testable", place.noted)
    share, fits, bands = _shaded(place)
    if not fits:
        return Rival(cause, "ruled_out", f"A shadow dims all bands alike; here {bands}.")
    alike = f"{share:.0%} of it lost or gained light in all bands alike ({bands})"
    first, second = place.maps.before_scene, place.maps.after_scene
    moved = _shadow_moved(first, second)
    if moved is None:
        return Rival(
            cause, "possible", f"{alike}, and the sun's place is not known for both dates."
        )
    suns = f"the sun stood {first.sun_elevation_deg:.0f} and {second.sun_elevation_deg:.0f} degrees"
    needed_m = place.width_m / max(moved, 1e-6)
    if needed_m > HIGHEST_M:
        return Rival(
            cause, "ruled_out",
            f"{alike}, but {suns} high, and the shadow of 100 m of height moved by only "
            f"{100 * moved:.1f} m where the region is {place.width_m:.0f} m wide.",
        )  # fmt: skip
    return Rival(
        cause, "possible",
        f"{alike}; {suns} high, and the shadow of {needed_m:.0f} m of height moved by the region's "
        f"width of {place.width_m:.0f} m{_caster_words(place)}.",
    )  # fmt: skip


def _shaded(place: Place) -> tuple[float, bool, str]:
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
            return share, True, _band_words(place, bands)
    return 0.0, False, _band_words(place, np.median(change, axis=1))


def _blue_is_spared(place: Place, size: NDArray[np.floating]) -> bool:
    if "blue" not in place.pair.bands or size.size == 1:
        return True
    blue = place.pair.bands.index("blue")
    return float(size[blue]) <= float(np.delete(size, blue).mean()) + SKY_LIGHT


def _band_words(place: Place, logarithms: NDArray[np.floating]) -> str:
    """Say how much the bands that changed least and most did."""
    names = place.pair.bands
    low, high = int(np.argmin(logarithms)), int(np.argmax(logarithms))
    ends = dict.fromkeys((low, high))
    return ", ".join(f"{names[end]} {_percent(math.expm1(float(logarithms[end])))}" for end in ends)


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


def _caster_words(place: Place) -> str:
    """Say how bright the brightest is that lies towards the sun of the darker date."""
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
        return ", and nothing brighter stands towards the sun"
    return f", and something {brightest / usual - 1:.0%} brighter stands towards the sun"


def snow_cover(place: Place) -> Rival:
    """Ask for snow flagged near, or ground that is bright in green and dark in the infrared."""
    cause = "snow"
    if place.noted:
        return Rival(cause, "not_testable", place.noted)
    if place.maps.snow_m is not None:
        near_m = float(place.maps.snow_m[place.window][place.inside].min())
        if near_m <= NEAR_SNOW_M:
            return Rival(cause, "possible", f"Snow is flagged {near_m:.0f} m away on one date.")
    if not place.physical:
        return Rival(
            cause, "not_testable", "The numbers are no reflectances, so white is not told."
        )
    if "green" not in place.pair.bands:
        return Rival(cause, "not_testable", "There is no green band, in which snow is told.")
    green = [place.band(image, "green")[place.inside] for image in (place.before, place.after)]
    brightest = max(float(np.percentile(values, 90)) for values in green)
    white = [values > SNOW_GREEN for values in green]
    if "swir1" in place.pair.bands:
        swir = [place.band(image, "swir1")[place.inside] for image in (place.before, place.after)]
        index = [normalised_difference(*both) for both in zip(green, swir, strict=True)]
        white = [bright & (ratio > SNOW_INDEX) for bright, ratio in zip(white, index, strict=True)]
    shares = [float(pixels.mean()) for pixels in white]
    said = f"{shares[0]:.0%} of it before and {shares[1]:.0%} after look like snow"
    if max(shares) >= LEAST_SNOW_SHARE:
        return Rival(cause, "possible", f"{said}: bright in green{_swir_words(place)}.")
    return Rival(
        cause, "ruled_out", f"{said}, and its bright parts reflect {brightest:.2f} in green."
    )


def _swir_words(place: Place) -> str:
    if "swir1" in place.pair.bands:
        return ", dark at 1.6 um"
    return ", and no band at 1.6 um tells it from bright roofs"


def cloud_edge(place: Place) -> Rival:
    """Ask how near the next flagged cloud, cirrus or cloud shadow of either date is."""
    cause, distances_m = "cloud edge", place.maps.cloud_m
    if not place.inside.any():
        return Rival(cause, "not_testable", place.noted)
    said = ""
    if distances_m is not None:
        away_m = distances_m[place.window][place.inside]
        share = float((away_m <= NEAR_CLOUD_M).mean())
        said = (
            f"The nearest flagged cloud or shadow is {away_m.min():.0f} m away, and {share:.0%} of "
            f"the region lies within {NEAR_CLOUD_M:.0f} m of one."
        )
        if share >= LEAST_NEAR_SHARE:
            return Rival(cause, "possible", said)
    if place.pair.unscreened:
        return Rival(cause, "not_testable", "No quality band tells cloud on both dates.")
    size_km = min(place.pair.usable.shape) * place.pair.pixel_m / 1000
    nothing = f"On neither date is cloud or shadow flagged in the {size_km:.2g} km that were read."
    return Rival(cause, "ruled_out", said or nothing)


def wet_ground(place: Place) -> Rival:
    """Ask whether all the ground around turned darker, or brighter, in the infrared."""
    cause = "wet ground"
    if place.noted:
        return Rival(cause, "not_testable", place.noted)
    name = next((band for band in ("swir1", "swir2", "nir") if band in place.pair.bands), "")
    if not name or not place.physical:
        lacking = "no reflectances" if name else "without an infrared band"
        return Rival(cause, "not_testable", f"The numbers are {lacking}, so wetness is not told.")
    first, second = (np.maximum(place.band(image, name), 0.002)
                     for image in (place.before, place.after))  # fmt: skip
    ratio = np.log(second / first)
    here, around = (float(np.median(ratio[part])) for part in (place.inside, place.around))
    said = (
        f"In {name} it changed by {_percent(math.expm1(here))} and the ground around by "
        f"{_percent(math.expm1(around))}"
    )
    if abs(math.expm1(-abs(around))) < WET_DARKENS:
        return Rival(
            cause, "ruled_out", f"{said}, where wet ground takes {WET_DARKENS:.0%} or more."
        )
    if here * around <= 0 or abs(here) > math.log(WET_AT_MOST):
        return Rival(cause, "ruled_out", f"{said}, which water in the soil does not do.")
    return Rival(cause, "possible", f"{said}, as when soil takes up water or dries.")


def _percent(part: float) -> str:
    """Print a part as a signed percentage, without a minus before 0."""
    return f"{round(100 * part):+d}%"
