"""What mountains do to a pair of images: shadows by the sun, displacement by the view."""

from __future__ import annotations

import math

from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import is_sar

LOW_SUN_DEG = 30.0
"""Below this elevation a ridge throws a shadow of more than 1.7 times its height."""
SUN_ELEVATION_GAP_DEG, SUN_AZIMUTH_GAP_DEG = 10.0, 20.0
"""From these differences on, shadows of the two dates differ in length or direction."""
OFF_NADIR_DEG = 10.0
"""From this view angle on, 100 m of height are displaced by more than 17 m; Sentinel-2 stays
below 11 degrees."""
OFF_NADIR_GAP_DEG = 5.0
"""From this difference on within one orbit, 100 m of height lie 9 m apart on the two dates."""


def mountain_caveats(before: Scene, after: Scene) -> tuple[str, ...]:
    """Say what sun and view angles do to a pair of optical scenes where the ground is steep.

    Parameters
    ----------
    before, after : Scene

    Returns
    -------
    tuple of str
        One sentence each; none for radar, and none about angles that neither scene has.

    Notes
    -----
    Cannot see: whether the place is steep, and to which side each date was looked from, since
    items give only how far; within one relative orbit it is the same side.
    """
    if is_sar(before.band_names) or is_sar(after.band_names):
        return ()
    said = (*_sun(before, after), *_view(before, after))
    return tuple(sentence for sentence in said if sentence)


def _sun(before: Scene, after: Scene) -> tuple[str | None, ...]:
    heights = before.sun_elevation_deg, after.sun_elevation_deg
    if heights == (None, None):
        return ()
    first, second = heights
    if first is None or second is None:
        return (
            f"The sun's angles are not known for {(before if first is None else after).id}: "
            f"shadows of slopes and buildings may differ between the dates and appear as change.",
        )
    return _low_sun(first, second), _other_sun(before, after, (first, second))


def _low_sun(first: float, second: float) -> str | None:
    lowest = min(first, second)
    if lowest >= LOW_SUN_DEG:
        return None
    which = "both dates" if max(first, second) < LOW_SUN_DEG else "one date"
    if lowest <= 0:
        return f"The sun stood below the horizon on {which}: little of the ground was lit."
    return (
        f"The sun stood only {lowest:.0f} degrees high on {which}: a slope or building throws a "
        f"shadow of {1 / math.tan(math.radians(lowest)):.1f} times its height, in which change "
        f"is hard to see."
    )


def _other_sun(before: Scene, after: Scene, heights_deg: tuple[float, float]) -> str | None:
    azimuths = before.sun_azimuth_deg, after.sun_azimuth_deg
    turn_deg = 0.0
    if azimuths[0] is not None and azimuths[1] is not None:
        turn_deg = abs((azimuths[0] - azimuths[1] + 180) % 360 - 180)
    higher = abs(heights_deg[0] - heights_deg[1]) >= SUN_ELEVATION_GAP_DEG
    turned = turn_deg >= SUN_AZIMUTH_GAP_DEG
    if not (higher or turned):
        return None
    apart = f", in directions {turn_deg:.0f} degrees apart" if turned else ""
    return (
        f"The sun stood {heights_deg[0]:.0f} degrees high before and {heights_deg[1]:.0f} after"
        f"{apart}: shadows of slopes and buildings moved and may appear as change."
    )


def _view(before: Scene, after: Scene) -> tuple[str | None, ...]:
    angles = before.off_nadir_deg, after.off_nadir_deg
    known = [abs(angle) for angle in angles if angle is not None]
    if not known:
        return ()
    widest = max(known)
    if len(known) == 1:
        if widest < OFF_NADIR_DEG:
            return ()
        other = before if angles[0] is None else after
        return (
            f"One date was looked at {widest:.0f} degrees from the vertical, which displaces 100 m "
            f"of height by up to {_displaced_m(widest):.0f} m, and the angle of {other.id} is not "
            f"known.",
        )
    same = _same_orbit(before, after)
    return _apart(known, same), _tilted(widest)


def _tilted(widest_deg: float) -> str | None:
    if widest_deg < OFF_NADIR_DEG:
        return None
    return (
        f"The ground was looked at up to {widest_deg:.0f} degrees from the vertical: 100 m of "
        f"height that the provider's terrain model misses lie up to "
        f"{_displaced_m(widest_deg):.0f} m off their place."
    )


def _apart(known: list[float], same: bool) -> str | None:
    """Say how far the two dates may differ; the sides are not known unless the orbit is one."""
    apart_deg = abs(known[0] - known[1]) if same else sum(known)
    if apart_deg < (OFF_NADIR_GAP_DEG if same else OFF_NADIR_DEG):
        return None
    near, far = sorted(_displaced_m(angle) for angle in known)
    shift_m = far - near if same else far + near
    sides = "" if same else ", if they looked from opposite sides, which is not known"
    return (
        f"The two dates were looked at {known[0]:.0f} and {known[1]:.0f} degrees from the "
        f"vertical: 100 m of height may lie up to {shift_m:.0f} m apart between them{sides}."
    )


def _same_orbit(before: Scene, after: Scene) -> bool:
    orbits = before.relative_orbit, after.relative_orbit
    return orbits[0] is not None and orbits[0] == orbits[1]


def _displaced_m(off_nadir_deg: float) -> float:
    """Metres by which 100 m of height are displaced."""
    return 100 * math.tan(math.radians(min(off_nadir_deg, 80.0)))
