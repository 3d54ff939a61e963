"""Painted scenes as a provider would send them, and a workspace full of them."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.facilities.registry import write_facility
from camp_monitor.scenes.adding import SceneDescription, add_new_scene
from camp_monitor.scenes.catalogue import list_scenes
from camp_monitor.simulation.compound import place_compound
from camp_monitor.simulation.planning import ACCURACY_M, MARGIN_M, SIDE_PX, Plan, write_truth
from camp_monitor.simulation.weather import sun_position
from camp_monitor.simulation.years import Acquisition, Place, paint
from camp_monitor.synthetic.camera import Seen
from camp_monitor.workspace import CONFIGURATION, Workspace, create_workspace, open_workspace

SHIFTED = 1000
"""Added to Sentinel-2's numbers since processing baseline 04.00; the items say so."""
RADAR_STEP_DB = 0.01
TRUTH = "truth.json"


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
        sensor=sensor, item=item, licence="CC0-1.0", credit="SIMULATED"
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
        target.update_tags(SIMULATED="painted by camp-monitor; seen by no satellite")


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


def sent_of(place: Place, acquisition: Acquisition) -> Sent:
    """Paint one pass of a plan, ready to be written."""
    at: datetime = acquisition.acquired_at
    elevation_deg, azimuth_deg = sun_position(at, place.lat_deg, place.lon_deg)
    return Sent(
        name=acquisition.name,
        seen=paint(place, acquisition),
        acquired_at=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        sun_deg=(round(elevation_deg, 2), round(azimuth_deg, 2)),
        relative_orbit=place.relative_orbit,
    )


def write_year_workspace(out: Path, plan: Plan, workers: int = 2) -> Workspace:
    """Paint every pass of a plan into a new workspace, as 'scenes add' would have added it.

    Parameters
    ----------
    out : Path
        A new folder; the truth is written into it as ``truth.json``.
    plan : Plan
    workers : int
        Processes that paint, a place each at a time.

    Raises
    ------
    WorkspaceError
        `out` is a workspace already, or not empty.
    """
    with tempfile.TemporaryDirectory() as empty:
        workspace = create_workspace(out, Path(empty))
    settings = out / CONFIGURATION
    text = settings.read_text(encoding="utf-8")
    text = text.replace("margin_m = 100.0", f"margin_m = {MARGIN_M}")
    text = text.replace("context_px = 256", f"context_px = {SIDE_PX}")
    text = text.replace("sensors = []", 'sensors = ["sentinel-2", "sentinel-1"]')
    text = text.replace('since = ""', f'since = "{plan.first_on}"')
    settings.write_text(text, encoding="utf-8")
    for place in plan.places:
        facility = _facility(place)
        write_facility(facility, workspace.aoi / f"{facility.id}.geojson")
    write_truth(plan, out / TRUTH)
    jobs = [(place, plan.acquisitions(place), workspace.imagery) for place in plan.places]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(_write_place, jobs):
            pass
    list_scenes(workspace.imagery)
    return open_workspace(out)


def _write_place(job: tuple[Place, list[Acquisition], Path]) -> None:
    place, acquisitions, imagery = job
    for acquisition in acquisitions:
        with tempfile.TemporaryDirectory() as folder:
            paths, said = write_sent(sent_of(place, acquisition), Path(folder))
            add_new_scene(imagery, paths, said)


def _facility(place: Place) -> Facility:
    """Describe a place as an analyst would who has drawn its walls."""
    walls = Geometry(place_compound(place.grid).whole, place.grid.crs).to_crs("EPSG:4326").geom
    drawn = Outline(
        geometry=walls, basis="drawn", accuracy_m=ACCURACY_M, version=1, source="SIMULATED",
        note="Painted by a program; there is no such place.",
    )  # fmt: skip
    return Facility(
        id=place.facility_id, name=f"SIMULATED place {place.facility_id[4:]}", outlines=(drawn,)
    )
