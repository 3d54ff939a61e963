"""Painted scenes as a provider would send them: files, and the item that came with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.scenes.inspecting import SIMULATED
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.synthetic.camera import Seen

SHIFTED = 1000
"""Added to Sentinel-2's numbers since processing baseline 04.00; the items say so."""
RADAR_STEP_DB = 0.01


@dataclass(frozen=True, eq=False)
class Sent:
    """One painted scene with what a provider says of it.

    Parameters
    ----------
    name : str
        Id of the scene.
    seen : Seen
    acquired_at : str
        UTC.
    sun_deg : (float, float)
        Elevation and azimuth; of no meaning for radar.
    relative_orbit : int
        Of radar.
    """

    name: str
    seen: Seen
    acquired_at: str
    sun_deg: tuple[float, float]
    relative_orbit: int = 54


def write_sent(sent: Sent, folder: Path) -> tuple[tuple[Path, ...], SceneDescription]:
    """Write the files of a scene, and say of them what a user would say who adds them.

    That Sentinel-2's numbers are shifted is left to the item and the pixels to say.
    """
    image, classes = sent.seen.image, sent.seen.classes
    paths = [folder / f"{sent.name}-bands.tif"]
    if classes is None:
        rounded = (image.pixels / RADAR_STEP_DB).round() * RADAR_STEP_DB
        _write_tif(paths[0], rounded.astype("float32"), image.bands, image.grid)
    else:
        numbers = (image.pixels * 1e4 + SHIFTED).round().astype("uint16")
        _write_tif(paths[0], numbers, image.bands, image.grid)
        paths.append(folder / f"{sent.name}-scl.tif")
        _write_tif(paths[1], classes[None], ("scl",), image.grid)
    item = folder / f"{sent.name}.json"
    item.write_text(json.dumps(_item(sent)), encoding="utf-8")
    sensor = "sentinel-1" if classes is None else "sentinel-2"
    return tuple(paths), SceneDescription(
        sensor=sensor, item=item, licence="CC0-1.0", credit="SIMULATED", simulated=True
    )


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
        target.update_tags(**{SIMULATED: "painted by camp-monitor; seen by no satellite"})


def _item(sent: Sent) -> dict[str, object]:
    """Make the STAC item that a provider would have sent with the scene."""
    footprint = sent.seen.image.grid.extent.to_crs("EPSG:4326").geom
    properties: dict[str, object] = {"datetime": sent.acquired_at, "description": "SIMULATED"}
    if sent.seen.classes is None:
        properties |= {
            "sat:relative_orbit": sent.relative_orbit,
            "sat:orbit_state": "ascending",
            "platform": "simulated",
        }
    else:
        properties |= {
            "s2:processing_baseline": "05.00",
            "eo:cloud_cover": round(float(sent.seen.is_cloud.mean()) * 100, 1),
            "view:sun_elevation": sent.sun_deg[0],
            "view:sun_azimuth": sent.sun_deg[1],
        }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": sent.name,
        "geometry": footprint.__geo_interface__,
        "bbox": list(footprint.bounds),
        "properties": properties,
        "links": [],
        "assets": {},
    }
