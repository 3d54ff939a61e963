"""Real series, date after date: wetlands that fill, and a river that moves.

The whole series of both are too large for a test; each outline here holds one basin, or one bend.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely

from camp_monitor.detect.detectors import detectors
from camp_monitor.events.events import Event, join_events
from camp_monitor.facilities.importing import add_outline, import_outline
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.watch.executors import open_workers
from camp_monitor.watch.run import Errand, How, run
from camp_monitor.workspace import Workspace
from tests.test_real_imagery import NOW, new_workspace

BASIN = shapely.box(-99.1468, 47.0041, -99.1343, 47.0144)
"""Farmland in 2009, a lake since 2012."""
BEND = shapely.box(-74.530, -8.480, -74.410, -8.375)
"""East of the town of Pucallpa, where the Ucayali moves from bend to bend."""


def watched(workspace: Workspace, name: str, outline: shapely.Polygon) -> tuple[Event, ...]:
    """Compare every date of the catalogue over an outline; return its events of water."""
    path = workspace.root / f"{name}.geojson"
    path.write_text(json.dumps(shapely.geometry.mapping(outline)))
    add_outline(workspace.aoi, name, import_outline(path), name=name, accuracy_m=1.0)
    interval = (datetime(1980, 1, 1, tzinfo=UTC), NOW)
    water = tuple(method for method in detectors() if method.startswith("flooding"))
    how = How(workspace.configuration.scan, workspace.ground_files, None, lambda: NOW)
    with open_workers(1) as workers:
        (done,) = run(workspace, [Errand(name, interval, (), water)], how, workers, "1")
    assert not done.failed
    with open_ledger(workspace.ledger) as ledger:
        assert ledger.verify() == ()
        return join_events(ledger.findings(name), ledger.observations(name))


@pytest.fixture(scope="module")
def basin(tmp_path_factory: pytest.TempPathFactory, imagery_folder: Path) -> tuple[Event, ...]:
    workspace = new_workspace(tmp_path_factory.mktemp("basin"))
    for path in sorted((imagery_folder / "scenes" / "naip").glob("*.tif")):
        day = path.stem[-8:]
        acquired = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        add_scene(workspace.imagery, (path,), SceneDescription("naip", acquired))
    return watched(workspace, "basin", BASIN)


@pytest.fixture(scope="module")
def bend(tmp_path_factory: pytest.TempPathFactory, imagery_folder: Path) -> tuple[Event, ...]:
    workspace = new_workspace(tmp_path_factory.mktemp("bend"))
    for path in sorted((imagery_folder / "scenes" / "landsat").glob("*.tif")):
        described = SceneDescription("landsat", path.stem, bands=("swir1", "nir", "red", "green"))
        add_scene(workspace.imagery, (path,), described)
    return watched(workspace, "bend", BEND)


def test_the_rise_of_a_basin_is_one_event_and_not_one_a_date(basin: tuple[Event, ...]) -> None:
    lakes = [one for one in basin if one.was_confirmed and one.largest.area_m2 > 100_000]
    [lake] = lakes
    assert lake.kind == "water_gain"
    assert lake.state == "confirmed"
    assert len({finding.after.id for finding in lake.findings}) >= 6
    assert lake.came[0].dates[:4] in ("2009", "2010")
    assert lake.came[1].dates[:4] in ("2010", "2012")
    assert lake.last_seen.dates[:4] == "2020"


def test_a_river_that_moves_is_lasting_change_and_no_flood(bend: tuple[Event, ...]) -> None:
    assert {one.kind for one in bend} <= {"water_gain", "water_loss"}
    sure = [one for one in bend if one.was_confirmed and one.largest.area_m2 > 1e6]
    gained, lost = (
        [one for one in sure if one.kind == kind] for kind in ("water_gain", "water_loss")
    )
    # of the seven intervals between the dates, each bed and each bar lasts through several
    assert gained
    assert lost
    assert all(one.last_seen.dates > one.came[1].dates for one in sure)
    assert len(sure) <= 14, "each date would have its own"
