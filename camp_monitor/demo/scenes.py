"""The demo's workspace and its painted scenes, added as a user would add a provider's."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from camp_monitor.errors import SceneError, WorkspaceError

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

    from camp_monitor.demo.valley_scenes import Valley, ValleyScene
    from camp_monitor.facilities import Facility
    from camp_monitor.workspace import Workspace

MARKER = "SIMULATED.txt"
MARKED = "This folder was made by 'camp-monitor demo'.\n"
MARKER_TEXT = MARKED + (
    "Every image in it is SIMULATED: painted by a program, seen by no satellite.\n"
    "The facility and its published sizes are real; what the images show is not.\n"
)
PIXEL_M = 10.0
SIDE_PX = 320


def demo_workspace(out: Path) -> Workspace:
    """Make the workspace, or open that of an earlier demo, of which nothing is removed."""
    from camp_monitor.facilities import bundled_registry
    from camp_monitor.workspace import create_workspace, open_workspace

    marker = out / MARKER
    if marker.is_file() and marker.read_bytes()[: len(MARKED)] == MARKED.encode():
        return open_workspace(out)
    workspace = create_workspace(out, bundled_registry())
    marker.write_text(MARKER_TEXT, encoding="utf-8")
    return workspace


def grid_round(facility: Facility) -> GeoBox:
    """Lay the grid of the scenes round the middle of a facility's first outline."""
    from odc.geo.geobox import GeoBox
    from odc.geo.geom import Geometry

    middle = Geometry(facility.outlines[0].geometry.centroid, "EPSG:4326").to_crs("utm")
    x_m, y_m = (round(value / PIXEL_M) * PIXEL_M for value in middle.coords[0])
    half_m = SIDE_PX / 2 * PIXEL_M
    bounds = (x_m - half_m, y_m - half_m, x_m + half_m, y_m + half_m)
    return GeoBox.from_bbox(bounds, middle.crs, resolution=PIXEL_M, tight=True)


def add_scenes(workspace: Workspace, valley: Valley) -> dict[str, str]:
    """Add every scene of a valley to the workspace's catalogue; return ids by date."""
    return {scene.visit.date: _add(workspace, scene) for scene in valley.scenes}


def _add(workspace: Workspace, scene: ValleyScene) -> str:
    from camp_monitor.demo.sent import Sent, write_sent
    from camp_monitor.scenes.adding import add_scene

    visit = scene.visit
    sensor = "sentinel-1" if scene.seen.classes is None else "sentinel-2"
    name = f"SIMULATED-{sensor}-{visit.date}"
    with tempfile.TemporaryDirectory() as folder:
        sent = Sent(name, scene.seen, visit.acquired_at, visit.sun_deg)
        paths, said = write_sent(sent, Path(folder))
        try:
            return add_scene(workspace.imagery, paths, said)[0].id
        except SceneError as error:
            raise WorkspaceError(
                f"{workspace.root} holds the demo of another version of this program ({error}): "
                f"name another folder with --out DIR."
            ) from error
