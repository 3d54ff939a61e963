"""The demo's workspace and its painted scenes, added as a user would add a provider's."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camp_monitor.errors import SceneError, WorkspaceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from camp_monitor.facilities import Facility
    from camp_monitor.simulation.valley_scenes import Valley, ValleyScene
    from camp_monitor.workspace import Workspace

MARKER = "SIMULATED.txt"
MARKED = "This folder was made by 'camp-monitor demo'.\n"
MARKER_TEXT = MARKED + (
    "Every image in it is SIMULATED: painted by a program, seen by no satellite.\n"
    "The facility and its published sizes are real; what the images show is not.\n"
)
PIXEL_M = 10.0
SIDE_PX = 320
SHIFTED = 1000
"""Added to Sentinel-2's numbers since processing baseline 04.00; the demo's items say so."""
RADAR_STEP_DB = 0.01


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
    return {scene.visit.date: _add(workspace, scene, valley.grid) for scene in valley.scenes}


def _add(workspace: Workspace, scene: ValleyScene, grid: GeoBox) -> str:
    from camp_monitor.imagery.adding import SceneDescription, add_scene

    image, classes = scene.seen.image, scene.seen.classes
    is_radar = classes is None
    sensor = "sentinel-1" if is_radar else "sentinel-2"
    name = f"SIMULATED-{sensor}-{scene.visit.date}"
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}-bands.tif"]
        if classes is None:
            rounded = (image.pixels / RADAR_STEP_DB).round() * RADAR_STEP_DB
            _write_tif(paths[0], rounded.astype("float32"), image.bands, grid)
        else:
            numbers = (image.pixels * 1e4 + SHIFTED).round().astype("uint16")
            _write_tif(paths[0], numbers, image.bands, grid)
            paths.append(Path(folder) / f"{name}-scl.tif")
            _write_tif(paths[1], classes[None], ("scl",), grid)
        item = Path(folder) / f"{name}.json"
        item.write_text(json.dumps(_item(name, scene, grid)), encoding="utf-8")
        said = SceneDescription(sensor=sensor, item=item, licence="CC0-1.0", credit="SIMULATED")
        try:
            return add_scene(workspace.imagery, tuple(paths), said)[0].id
        except SceneError as error:
            raise WorkspaceError(
                f"{workspace.root} holds the demo of another version of this program ({error}): "
                f"name another folder with --out DIR."
            ) from error


def _write_tif(
    path: Path, numbers: NDArray[np.number[Any]], bands: tuple[str, ...], grid: GeoBox
) -> None:
    import rasterio

    whole = numbers.dtype.kind == "u"
    profile = {
        "driver": "GTiff", "dtype": numbers.dtype.name, "count": len(bands),
        "height": grid.shape[0], "width": grid.shape[1], "crs": str(grid.crs),
        "transform": grid.affine, "nodata": 0 if whole else float("nan"),
        "compress": "deflate", "tiled": True, "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(numbers)
        target.descriptions = bands
        target.update_tags(SIMULATED="painted by camp-monitor demo; seen by no satellite")


def _item(name: str, scene: ValleyScene, grid: GeoBox) -> dict[str, object]:
    """Make the STAC item that a provider would have sent with the scene."""
    footprint = grid.extent.to_crs("EPSG:4326").geom
    properties: dict[str, object] = {
        "datetime": scene.visit.acquired_at,
        "description": "SIMULATED",
    }
    if scene.seen.classes is None:
        properties |= {
            "sat:relative_orbit": 54,
            "sat:orbit_state": "ascending",
            "platform": "simulated",
        }
    else:
        properties |= {
            "s2:processing_baseline": "05.00",
            "eo:cloud_cover": round(float(scene.seen.is_cloud.mean()) * 100, 1),
            "view:sun_elevation": scene.visit.sun_deg[0],
            "view:sun_azimuth": scene.visit.sun_deg[1],
        }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": footprint.__geo_interface__,
        "bbox": list(footprint.bounds),
        "properties": properties,
        "links": [],
        "assets": {},
    }
