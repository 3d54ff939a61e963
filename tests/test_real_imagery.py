"""The whole chain on real imagery: NAIP over wetlands, Landsat over a river and a town.

Sources are named in README.md; the images themselves are not part of this project.  Expected
figures were read off the images; each tolerance is stated beside its figure.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from odc.geo.geobox import GeoBox

from benchmarks.quiet_pairs import FOUND_SHARE, painted_on_land
from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.indices import ndwi
from camp_monitor.detect.regions import pixels_inside
from camp_monitor.detect.water.flooding import detect_flooding
from camp_monitor.facilities import bundled_registry
from camp_monitor.facilities.importing import add_outline, import_outline
from camp_monitor.pairs.pair import Pair, make_pair
from camp_monitor.scan import Scanned, scan
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.reading import choose_grid, read_image
from camp_monitor.scenes.scene import Scene, SceneDescription
from camp_monitor.workspace import Workspace, create_workspace

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def new_workspace(folder: Path) -> Workspace:
    return create_workspace(folder / "workspace", bundled_registry())


def import_common_footprint(workspace: Workspace, facility_id: str) -> shapely.Geometry:
    """Make the ground that every scene covers a facility's outline, as an analyst would."""
    scenes = read_scenes(workspace.imagery)
    common = shapely.intersection_all([scene.footprint for scene in scenes])
    path = workspace.root / "outline.geojson"
    path.write_text(json.dumps(shapely.geometry.mapping(common)))
    add_outline(workspace.aoi, facility_id, import_outline(path), name=facility_id, accuracy_m=1.0)
    return common


@pytest.fixture(scope="module")
def naip(tmp_path_factory: pytest.TempPathFactory, imagery_folder: Path) -> Workspace:
    workspace = new_workspace(tmp_path_factory.mktemp("naip"))
    for path in sorted((imagery_folder / "scenes" / "naip").glob("*.tif")):
        day = path.stem[-8:]
        acquired = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        add_scene(workspace.imagery, (path,), SceneDescription("naip", acquired))
    import_common_footprint(workspace, "prairie-potholes")
    return workspace


@pytest.fixture(scope="module")
def pucallpa(tmp_path_factory: pytest.TempPathFactory, imagery_folder: Path) -> Workspace:
    workspace = new_workspace(tmp_path_factory.mktemp("pucallpa"))
    for path in sorted((imagery_folder / "scenes" / "landsat").glob("*.tif")):
        described = SceneDescription("landsat", path.stem, bands=("swir1", "nir", "red", "green"))
        add_scene(workspace.imagery, (path,), described)
    import_common_footprint(workspace, "pucallpa")
    return workspace


def scanned(workspace: Workspace, facility_id: str, before: str, after: str) -> Scanned:
    return scan(workspace, facility_id, before, after, recorded_at=NOW)


def outline_area_m2(result: Scanned) -> float:
    return result.facility.outline.area_m2


def area_m2(result: Scanned, *kinds: str) -> float:
    return sum(finding.area_m2 for finding in result.findings if finding.kind in kinds)


def ground(result: Scanned, *kinds: str) -> shapely.Geometry:
    return shapely.union_all([f.geometry for f in result.findings if f.kind in kinds])


def pair_of(workspace: Workspace, before: int, after: int) -> tuple[Pair, shapely.Geometry]:
    """Return two scenes, by their place in time, on one grid, and the common ground."""
    scenes = read_scenes(workspace.imagery)
    common = shapely.intersection_all([scene.footprint for scene in scenes])
    first, second = scenes[before], scenes[after]
    grid = choose_grid(first, second, common, 256)
    return make_pair(first, second, grid, read_image, 0.75), common


def test_farmland_that_went_under_water_is_found(naip: Workspace) -> None:
    result = scanned(naip, "prairie-potholes", "2009-08-18", "2014-07-20")
    footprint_m2 = outline_area_m2(result)
    gained = area_m2(result, "water_gain") / footprint_m2
    assert 0.10 <= gained <= 0.20
    assert area_m2(result, "construction") / footprint_m2 <= 0.01
    # five years apart: lasting change, never a flood
    assert {f.kind for f in result.findings} <= {"construction", "water_gain", "water_loss"}


def test_water_that_was_there_is_not_new(naip: Workspace) -> None:
    pair, common = pair_of(naip, 0, 3)
    new = detect_flooding(pair).changes[0].changed
    index = ndwi(pair.before.band("green"), pair.before.band("nir"))
    # the valley between the two populations of this index lies at 0.2; 0.1 is on the land's side
    for border in (0.2, 0.1):
        old = (index > border) & pair.usable & pixels_inside(common, pair.grid)
        assert new[old].mean() <= 0.05


def test_quiet_year_gives_no_new_water(naip: Workspace) -> None:
    result = scanned(naip, "prairie-potholes", "2017-08-27", "2018-07-16")
    assert area_m2(result, "flooding") / outline_area_m2(result) <= 0.01
    assert all(o.outcome != "not_seen" and o.seen_fraction > 0.90 for o in result.observations)


def test_painted_structures_are_found_at_the_same_settings(naip: Workspace) -> None:
    pair, _ = pair_of(naip, 0, 3)
    found, painted = 0, 0
    own = detect_construction(pair).changes[0].changed
    for seed in range(3):
        after, labels = painted_on_land(pair, seed)
        changed = detect_construction(after).changes[0].changed
        for number in range(1, labels.max() + 1):
            place = labels == number
            painted += not own[place].any()
            found += not own[place].any() and changed[place].mean() >= FOUND_SHARE
    assert painted >= 40
    assert found / painted >= 0.80


def test_river_moves_and_town_grows(pucallpa: Workspace) -> None:
    result = scanned(pucallpa, "pucallpa", "1985", "2020")
    assert area_m2(result, "water_gain") > 25e6
    assert area_m2(result, "water_loss") > 40e6
    assert not area_m2(result, "flooding", "flood_recession")
    built = ground(result, "construction")
    moved = ground(result, "water_gain", "water_loss")
    assert built.intersection(moved).area <= 0.01 * moved.area
    # the western and southern quarters of the town, forest and pasture in 1985
    for lon, lat in ((-74.585, -8.390), (-74.560, -8.410)):
        assert built.buffer(0.004).contains(shapely.Point(lon, lat))
    town = shapely.box(-74.66, -8.44, -74.53, -8.34)
    assert built.intersection(town).area >= 0.6 * built.area


def test_scan_again_adds_nothing_and_gives_the_same(pucallpa: Workspace) -> None:
    first = scanned(pucallpa, "pucallpa", "2005", "2015")
    again = scanned(pucallpa, "pucallpa", "2005", "2015")
    assert again.added.observations == again.added.findings == 0
    assert [f.id for f in again.findings] == [f.id for f in first.findings]


def test_labelled_pair_is_read_and_answered(tmp_path: Path, imagery_folder: Path) -> None:
    folder = imagery_folder / "benchmark" / "nanjing_landsat"
    workspace = new_workspace(tmp_path)
    for name, acquired in (("before.tif", "2000-05-03"), ("after.tif", "2002-07-12")):
        scene, _ = add_scene(
            workspace.imagery, (folder / name,), SceneDescription("landsat", acquired)
        )
        assert scene.band_names == ("blue", "green", "red", "nir", "swir1", "swir2")
    import_common_footprint(workspace, "nanjing")
    result = scanned(workspace, "nanjing", "2000-05-03", "2002-07-12")
    assert {o.method.split("/")[0] for o in result.observations} == {"construction", "flooding"}
    precision, recall = construction_scores(result, read_scenes(workspace.imagery), folder)
    # labels are partial and hold changes of every cause; building is only a part of them
    assert precision >= 0.6
    assert recall >= 0.4


def construction_scores(
    result: Scanned, scenes: tuple[Scene, ...], folder: Path
) -> tuple[float, float]:
    import rasterio

    with rasterio.open(folder / "truth.tif") as source:
        truth, grid = source.read(1), GeoBox.from_rio(source)
    called = pixels_inside(ground(result, "construction"), grid)
    scored = truth != 255
    hits = (called & scored & (truth == 1)).sum()
    return float(hits / (called & scored).sum()), float(hits / (truth == 1).sum())
