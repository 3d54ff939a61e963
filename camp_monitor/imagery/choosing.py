"""Choose the scene that a user means by a date."""

from __future__ import annotations

from collections.abc import Sequence

from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import SceneError
from camp_monitor.imagery.scene import Scene, parse_acquired

MOST_LISTED = 12


def choose_scene(scenes: Sequence[Scene], asked: str, area: BaseGeometry, role: str) -> Scene:
    """Return the scene with the id `asked`, or the one acquired within the date `asked`.

    A scene that reaches `area` is preferred to one that does not, and one that covers more of it
    to one that covers less; a scene that misses it altogether is returned where there is no other,
    so that the refusal can be recorded.

    Parameters
    ----------
    scenes : sequence of Scene
    asked : str
        A scene's id, or a date for `parse_acquired`.
    area : shapely geometry
        EPSG:4326.
    role : str
        ``before`` or ``after``, for the message.

    Raises
    ------
    SceneError
        There is no such scene, or there are several that serve equally.
    """
    named = [scene for scene in scenes if scene.id == asked]
    if named:
        return named[0]
    if not scenes:
        raise SceneError(
            "The catalogue holds no scene yet: add some with 'camp-monitor scenes add'."
        )
    first, last = parse_acquired(asked)
    within = [s for s in scenes if first <= s.acquired_from_at and s.acquired_to_at <= last]
    if not within:
        raise SceneError(
            f"The catalogue holds no {role} scene of {asked}; it has {_listed(scenes, area)}."
        )
    share = {scene.id: _share(scene, area) for scene in within}
    best = max(share.values())
    chosen = [scene for scene in within if share[scene.id] >= best - 0.01]
    if len(chosen) > 1:
        raise SceneError(
            f"{len(chosen)} scenes of {asked} serve equally as the {role} scene: name one of "
            f"{', '.join(scene.id for scene in chosen[:MOST_LISTED])} instead of the date."
        )
    return chosen[0]


def _share(scene: Scene, area: BaseGeometry) -> float:
    """Share of the area inside the scene's frame."""
    return float(scene.footprint.intersection(area).area / area.area) if area.area else 0.0


def _listed(scenes: Sequence[Scene], area: BaseGeometry) -> str:
    near = [scene for scene in scenes if scene.footprint.intersects(area)] or list(scenes)
    dates = [f"{scene.dates} ({scene.sensor})" for scene in near]
    more = f" and {len(dates) - MOST_LISTED} more" if len(dates) > MOST_LISTED else ""
    return ", ".join(dates[:MOST_LISTED]) + more
