"""What mountains do to a pair of images: shadows by the sun, displacement by the view."""

from __future__ import annotations

import math
from collections.abc import Iterator

from camp_monitor.codes import Code
from camp_monitor.notes import Note, note
from camp_monitor.scenes.scene import Scene

LOW_SUN_DEG = 30.0
"""Below this elevation a ridge throws a shadow of more than 1.7 times its height."""
LEAST_SUN_DEG = 0.01
"""Taken for a lower elevation above the horizon, at which shadows have no end."""
SUN_ELEVATION_GAP_DEG, SUN_AZIMUTH_GAP_DEG = 10.0, 20.0
"""From these differences on, shadows of the two dates differ in length or direction."""
OFF_NADIR_DEG = 10.0
"""From this view angle on, 100 m of height are displaced by more than 17 m; Sentinel-2 stays
below 11 degrees."""
OFF_NADIR_GAP_DEG = 5.0
"""From this difference on within one orbit, 100 m of height lie 9 m apart on the two dates."""


def mountain_caveats(before: Scene, after: Scene) -> tuple[Note, ...]:
    """Say what sun and view angles do to a pair of optical scenes where the ground is steep.

    Parameters
    ----------
    before, after : Scene

    Returns
    -------
    tuple of Note
        None for radar, and none about angles that neither scene has.

    Notes
    -----
    Cannot see: whether the place is steep, and to which side each date was looked from, since
    items give only how far; within one relative orbit it is the same side.
    """
    if before.nature.radar or after.nature.radar:
        return ()
    return (*_sun(before, after), *_view(before, after))


def _sun(before: Scene, after: Scene) -> Iterator[Note]:
    first, second = before.sun_elevation_deg, after.sun_elevation_deg
    if first is None and second is None:
        return
    if first is None or second is None:
        yield note(Code.SUN_UNKNOWN, scene=(before if first is None else after).id)
        return
    lowest = min(first, second)
    dates = 2 if max(first, second) < LOW_SUN_DEG else 1
    if lowest <= 0:
        yield note(Code.SUN_BELOW_HORIZON, dates=dates)
    elif lowest < LOW_SUN_DEG:
        shadow = 1 / math.tan(math.radians(max(lowest, LEAST_SUN_DEG)))
        yield note(Code.SUN_LOW, dates=dates, elevation_deg=lowest, shadow_per_height=shadow)
    azimuths = before.sun_azimuth_deg, after.sun_azimuth_deg
    turn_deg = 0.0
    if azimuths[0] is not None and azimuths[1] is not None:
        turn_deg = abs((azimuths[0] - azimuths[1] + 180) % 360 - 180)
    if abs(first - second) >= SUN_ELEVATION_GAP_DEG or turn_deg >= SUN_AZIMUTH_GAP_DEG:
        yield note(
            Code.SUN_MOVED, before_elevation_deg=first, after_elevation_deg=second,
            azimuth_apart_deg=turn_deg,
        )  # fmt: skip


def _view(before: Scene, after: Scene) -> Iterator[Note]:
    angles = before.off_nadir_deg, after.off_nadir_deg
    known = [abs(angle) for angle in angles if angle is not None]
    if not known:
        return
    widest = max(known)
    if len(known) == 1:
        if widest >= OFF_NADIR_DEG:
            yield note(
                Code.VIEW_UNKNOWN_OF_ONE, off_nadir_deg=widest, displaced_m=_displaced_m(widest),
                scene=(before if angles[0] is None else after).id,
            )  # fmt: skip
        return
    yield from _apart(known, _same_orbit(before, after))
    if widest >= OFF_NADIR_DEG:
        yield note(Code.VIEW_TILTED, off_nadir_deg=widest, displaced_m=_displaced_m(widest))


def _apart(known: list[float], same: bool) -> Iterator[Note]:
    """Say how far the two dates may differ; the sides are not known unless the orbit is one."""
    apart_deg = abs(known[0] - known[1]) if same else sum(known)
    if apart_deg < (OFF_NADIR_GAP_DEG if same else OFF_NADIR_DEG):
        return
    near, far = sorted(_displaced_m(angle) for angle in known)
    yield note(
        Code.VIEWS_APART if same else Code.VIEWS_MAY_BE_APART,
        before_off_nadir_deg=known[0],
        after_off_nadir_deg=known[1],
        displaced_m=far - near if same else far + near,
    )


def _same_orbit(before: Scene, after: Scene) -> bool:
    orbits = before.relative_orbit, after.relative_orbit
    return orbits[0] is not None and orbits[0] == orbits[1]


def _displaced_m(off_nadir_deg: float) -> float:
    """Metres by which 100 m of height are displaced."""
    return 100 * math.tan(math.radians(min(off_nadir_deg, 80.0)))
