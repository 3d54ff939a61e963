"""`Question`: two scenes of a place that are to be compared, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol

from shapely.geometry.base import BaseGeometry

from camp_monitor.detect.detectors import detectors
from camp_monitor.facilities import Facility, Outline
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.pairs.selection import choose_earlier
from camp_monitor.records.content import content_hash
from camp_monitor.records.scene_reference import SceneReference, TileReference
from camp_monitor.scenes.ground_files import GroundFile, find_ground
from camp_monitor.scenes.passes import join_scenes
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import GroundFiles, ScanSettings


@dataclass(frozen=True)
class Question:
    """What happened at a place between two scenes: all that a worker elsewhere needs to answer.

    Parameters
    ----------
    facility_id : str
    outline : Outline
    before, after : Scene
    settings : ScanSettings
    dem, usual_water : GroundFile or None
        Heights, for slopes, and permanent water.
    earlier : Scene or None
        Compared with `before` for the false alarm rate; its own findings are not recorded.
    methods : tuple of str
        Of the detectors that are asked.
    """

    facility_id: str
    outline: Outline
    before: Scene
    after: Scene
    settings: ScanSettings
    dem: GroundFile | None = None
    usual_water: GroundFile | None = None
    earlier: Scene | None = None
    methods: tuple[str, ...] = tuple(detectors())

    @cached_property
    def area(self) -> BaseGeometry:
        """Search area, EPSG:4326."""
        return search_area(self.outline, self.settings.margin_m)

    def asked(self, method: str) -> dict[str, Any]:
        """Return the fields of an observation that say what was asked."""
        return {
            "facility_id": self.facility_id,
            "outline_version": self.outline.version,
            "method": method,
            "before": refer(self.before),
            "after": refer(self.after),
            "settings_sha256": self.settings_sha256,
        }

    @cached_property
    def settings_sha256(self) -> str:
        """Hash of the settings; of files that they name, of the name and the bytes."""
        content = self.settings.model_dump(mode="json", exclude={"dem", "usual_water"})
        if content["sensitivity"] == "balanced":  # answers older than the choice count on
            del content["sensitivity"]
        if content["cloud_mask"] == "none":
            del content["cloud_mask"]  # as it was asked before there was one
        for word, file in (("dem", self.dem), ("usual_water", self.usual_water)):
            if file is not None:
                content[word] = {"name": file.name, "sha256": file.sha256}
        return content_hash(content)


class Asking(Protocol):
    """Makes questions about one facility: only the scenes are left open."""

    def __call__(self, *, before: Scene, after: Scene, earlier: Scene | None) -> Question:
        """Ask about two scenes."""


def about(
    facility: Facility,
    settings: ScanSettings,
    files: GroundFiles,
    methods: tuple[str, ...] = tuple(detectors()),
) -> Asking:
    """Return what makes questions about a facility, with what is known of its ground.

    Raises
    ------
    FacilityError
        It has no outline.
    SceneError
        A named file is damaged or does not fit.
    """
    area = search_area(facility.outline, settings.margin_m)
    heights, permanent_water = find_ground(files, facility.id, area)
    return partial(
        Question,
        facility_id=facility.id,
        outline=facility.outline,
        settings=settings,
        dem=heights,
        usual_water=permanent_water,
        methods=methods,
    )


def quiet_scene(scenes: Sequence[Scene], before: Scene, area: BaseGeometry) -> Scene | None:
    """Return which of `scenes` shows the place before anything is known to have happened."""
    return next(iter(choose_earlier(scenes, before, area)), None)


def refer(scene: Scene) -> SceneReference:
    """Return what a record keeps of a scene."""
    return SceneReference(
        id=scene.id,
        sensor=scene.sensor,
        acquired_from_at=scene.acquired_from_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        acquired_to_at=scene.acquired_to_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sha256=scene.sha256,
        licence=scene.licence,
        credit=scene.credit,
        simulated=scene.simulated,
        tiles=tuple(TileReference(tile.id, tile.sha256) for tile in scene.tiles),
    )


def recall(scenes: Mapping[str, Scene], reference: SceneReference) -> Scene | None:
    """Return the scene that a record refers to; None where a part of it is not there.

    Parameters
    ----------
    scenes : mapping of str to Scene
        Of the catalogue, by id.
    reference : SceneReference
    """
    if reference.id in scenes or not reference.tiles:
        return scenes.get(reference.id)
    tiles = [scenes[tile.id] for tile in reference.tiles if tile.id in scenes]
    return join_scenes(tiles) if len(tiles) == len(reference.tiles) else None
