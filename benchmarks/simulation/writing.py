"""Years that are painted, written into a workspace as 'scenes add' would have added them."""

from __future__ import annotations

import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from odc.geo.geom import Geometry

from benchmarks.simulation.planning import ACCURACY_M, MARGIN_M, SIDE_PX, Plan, write_truth
from benchmarks.simulation.weather import sun_position
from benchmarks.simulation.years import Acquisition, Place, paint
from camp_monitor.demo.compound import place_compound
from camp_monitor.demo.sent import Sent, write_sent
from camp_monitor.facilities.facility import Facility, Outline
from camp_monitor.facilities.registry import write_facility
from camp_monitor.scenes.adding import add_new_scene
from camp_monitor.scenes.catalogue import list_scenes
from camp_monitor.workspace import CONFIGURATION, Workspace, create_workspace, open_workspace

TRUTH = "truth.json"


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
