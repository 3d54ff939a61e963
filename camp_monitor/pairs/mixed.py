"""An optical and a radar scene of one place: what weakens such a pair."""

from __future__ import annotations

from camp_monitor.codes import Code
from camp_monitor.notes import Note, note
from camp_monitor.scenes.coregistration import Alignment
from camp_monitor.scenes.scene import Scene

UNMEASURED = Alignment(0.0, 0.0, 0, 0, 0, known=False)
"""Light and radar show other edges of one place, and phase correlation finds a peak all the same:
no shift is measured, none is corrected, and the georeferencing of both is trusted."""


def is_mixed(before: Scene, after: Scene) -> bool:
    """Tell whether one of two scenes is optical and the other one radar."""
    return before.nature.radar != after.nature.radar


def mixed_caveats(before: Scene, after: Scene) -> tuple[Note, ...]:
    """Say what the two geometries leave uncertain.

    Parameters
    ----------
    before, after : Scene
        One optical, one radar.

    Notes
    -----
    Cannot see: how far the two lie apart.  Radar displaces what stands above the height that it was
    geocoded at, towards the satellite; optics displace it away from it.
    """
    trusted = note(Code.SHIFT_NOT_MEASURED)
    radar = before if before.nature.radar else after
    if radar.geocoding is None:
        return (trusted,)
    remains = note(
        Code.TERRAIN_REMAINS_IN_RADAR, scene=radar.id, height_m=radar.geocoding.height_m,
        displaced_m_per_100_m=radar.geocoding.displaced_m_per_100_m,
    )  # fmt: skip
    return (trusted, remains)
