"""Heights and usual water through the command line: what they do, and what bad files end in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from camp_monitor.cli import main
from camp_monitor.facilities import bundled_registry
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.synthetic.materials import BANDS
from camp_monitor.workspace import create_workspace
from tests.detect.painted_water import SIDE, disc, landscape
from tests.scenes.painted import grid, write_tiff

FLOOD = disc(22)
PLACE = grid(SIDE, SIDE)
DATES = ("--before", "2016-08-20", "--after", "2016-09-12")
OLD_SETTINGS = "a878b54d8b2b8d740bc64b1a6b7b4efc3eb21cd4efa8856d6939fce3b8c09999"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ground")
    made = create_workspace(folder / "workspace", bundled_registry())
    for day, scene in (("2016-08-20", landscape()), ("2016-09-12", landscape(FLOOD))):
        stored = np.clip(np.round(scene.pixels * 10_000), 1, 9999).astype(np.uint16)
        path = write_tiff(folder / f"{day}.tif", stored, PLACE)
        add_scene(made.imagery, (path,), SceneDescription("sentinel-2", day, BANDS, offset=0.0))
    outline = folder / "outline.geojson"
    ring = grid(80, 80).translate_pix(40, 40).extent.to_crs("EPSG:4326").geom
    outline.write_text(json.dumps(ring.__geo_interface__))
    place = ("--id", "site", "--name", "Site", "--accuracy-m", "10")
    result = run(made.root, "facilities", "import", str(outline), *place)
    assert result.exit_code == 0, result.output
    return made.root


def run(workspace: Path, *words: object) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(workspace), *map(str, words)])


def scanned(workspace: Path, *options: object) -> dict[str, Any]:
    result = run(workspace, "--json", "scan", "site", *DATES, *options)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def flooding(answer: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The observation of floods, and how many were found."""
    (asked,) = (o for o in answer["observations"] if o["method"].startswith("flooding"))
    return asked, sum(finding["kind"] == "flooding" for finding in answer["findings"])


def held(workspace: Path) -> list[str]:
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        return sorted(item.id for item in ledger.observations("site"))


def hill(steep: NDArray[np.bool_] | bool = True) -> NDArray[np.float32]:
    """Heights: a slope of 45 degrees where it is asked for."""
    rise_m = np.where(np.broadcast_to(steep, (SIDE, SIDE)), 10.0, 0.0)
    return np.cumsum(rise_m, axis=1).astype(np.float32)


def share(where: NDArray[np.bool_], percent: int = 80) -> NDArray[np.uint8]:
    return np.where(where, percent, 0).astype(np.uint8)


def test_a_scan_without_files_asks_what_it_always_asked(workspace: Path) -> None:
    observation, floods = flooding(scanned(workspace))
    assert floods == 1
    assert observation["settings_sha256"] == OLD_SETTINGS
    assert not {"steepest_deg", "usual_water_fraction"} & observation["measurements"].keys()


def test_steep_ground_is_no_flood_and_the_same_file_adds_nothing(
    workspace: Path, tmp_path: Path
) -> None:
    dem = write_tiff(tmp_path / "hills.tif", hill(), PLACE)
    first = scanned(workspace, "--dem", dem)
    observation, floods = flooding(first)
    assert floods == 0
    assert observation["measurements"]["steepest_deg"] == 20
    assert {"code": "heights_from", "values": {"file": "hills.tif"}} in observation["caveats"]
    assert first["added"]["observations"] == 2
    again = scanned(workspace, "--dem", dem)
    assert again["added"] == {"observations": 0, "findings": 0}
    assert again["observations"] == first["observations"]
    # the same bytes under the same name elsewhere are the same question
    (tmp_path / "moved").mkdir()
    moved = dem.rename(tmp_path / "moved" / dem.name)
    assert scanned(workspace, "--dem", moved)["added"]["observations"] == 0
    write_tiff(moved, hill(steep=False), PLACE)
    changed = scanned(workspace, "--dem", moved)
    assert changed["added"]["observations"] == 2
    assert flooding(changed)[1] == 1


def test_usual_water_in_another_projection_is_no_flood(workspace: Path, tmp_path: Path) -> None:
    from rasterio.warp import calculate_default_transform, reproject

    atlas = write_tiff(tmp_path / "atlas.tif", share(disc(26)), PLACE)
    bounds = PLACE.boundingbox
    transform, width, height = calculate_default_transform(
        str(PLACE.crs), "EPSG:4326", SIDE, SIDE, *bounds
    )
    there = np.full((height, width), 255, np.uint8)
    reproject(
        share(disc(26)), there, src_crs=str(PLACE.crs), src_transform=PLACE.affine,
        dst_crs="EPSG:4326", dst_transform=transform, init_dest_nodata=False,
    )  # fmt: skip
    write_tiff(atlas, there, type(PLACE)((height, width), transform, "EPSG:4326"))
    observation, floods = flooding(scanned(workspace, "--usual-water", atlas))
    assert floods == 0
    assert observation["outcome"] == "unchanged"
    assert observation["measurements"]["usual_water_fraction"] > 0
    assert {"code": "usual_water_from", "values": {"file": "atlas.tif"}} in observation["caveats"]
    write_tiff(atlas, share(disc(26), 49), PLACE)
    assert flooding(scanned(workspace, "--usual-water", atlas))[1] == 1


def test_what_the_files_leave_unknown_excludes_nothing_and_is_said(
    workspace: Path, tmp_path: Path
) -> None:
    heights, percent = hill(), share(disc(40))
    heights[:, 60:] = -9999
    percent[:, 60:] = 255
    lowest = float(np.finfo(np.float64).min)
    stored = np.where(heights == -9999, lowest, heights.astype(np.float64))[:, :100]
    dem = write_tiff(tmp_path / "dem.tif", stored, grid(SIDE, 100), nodata=lowest)
    water = write_tiff(tmp_path / "water.tif", percent, PLACE)
    observation, floods = flooding(scanned(workspace, "--dem", dem, "--usual-water", water))
    assert floods == 1
    missing = {
        said["code"]: said["values"]["missing_fraction"]
        for said in observation["caveats"]
        if "missing_fraction" in said.get("values", {})
    }
    assert missing.keys() == {"heights_missing", "usual_water_unknown"}
    assert all(0.69 < share < 0.72 for share in missing.values())


def test_settings_name_files_in_the_workspace_and_options_override(
    workspace: Path, tmp_path: Path
) -> None:
    settings = workspace / "camp-monitor.toml"
    text = settings.read_text()
    write_tiff(workspace / "ground" / "slope.tif", hill(), PLACE)
    flat = write_tiff(tmp_path / "flat.tif", hill(steep=False), PLACE)
    settings.write_text(text.replace('dem = "fetched"', 'dem = "ground/slope.tif"'))
    try:
        assert flooding(scanned(workspace))[1] == 0
        assert flooding(scanned(workspace, "--dem", flat))[1] == 1
        without, floods = flooding(scanned(workspace, "--dem", ""))
        assert floods == 1
        assert without["settings_sha256"] == OLD_SETTINGS
    finally:
        settings.write_text(text)


def absent(path: Path) -> None:
    assert not path.exists()


def some_text(path: Path) -> None:
    path.write_text("heights\n")


def cut_short(path: Path) -> None:
    write_tiff(path, np.random.default_rng(0).normal(50, 1, (SIDE, SIDE)).astype("f4"), PLACE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def placeless(path: Path) -> None:
    write_tiff(path, hill(), PLACE, crs=None)


def two_bands(path: Path) -> None:
    write_tiff(path, np.stack([hill(), hill()]), PLACE)


def elsewhere(path: Path) -> None:
    write_tiff(path, hill(), PLACE.translate_pix(3 * SIDE, 0))


def half(path: Path) -> None:
    write_tiff(path, share(FLOOD)[:, :80], grid(SIDE, 80))


def no_heights(path: Path) -> None:
    write_tiff(path, np.full((SIDE, SIDE), -32768, np.int16), PLACE)


def not_percent(path: Path) -> None:
    write_tiff(path, share(FLOOD).astype(np.uint16) * 100, PLACE)


@pytest.mark.parametrize(
    ("option", "spoil", "said"),
    [
        *((option, spoil, said) for option in ("--dem", "--usual-water") for spoil, said in (
            (absent, "There is no file"),
            (some_text, "neither a GeoTIFF"),
            (cut_short, "cannot be read"),
            (placeless, "coordinate reference system"),
            (two_bands, "2 bands"),
            (elsewhere, "does not cover the searched area"),
        )),
        ("--usual-water", half, "does not cover the searched area"),
        ("--usual-water", not_percent, "no share of time"),
        ("--dem", no_heights, "no height in the searched area"),
    ],
)  # fmt: skip
def test_a_bad_file_ends_in_one_sentence_and_nothing_is_recorded(
    workspace: Path, tmp_path: Path, option: str, spoil: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "ground.tif"
    spoil(path)
    before = held(workspace)
    result = run(workspace, "scan", "site", *DATES, option, path)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert said in result.stderr
    assert "ground.tif" in result.stderr
    assert "Traceback" not in result.stderr
    assert held(workspace) == before


@pytest.mark.parametrize(("orbit", "hides"), [("ascending", True), ("descending", False)])
def test_ground_in_layover_is_not_seen(
    workspace: Path, tmp_path: Path, orbit: str, hides: bool
) -> None:
    made = create_workspace(tmp_path / "radar", workspace / "aoi")
    for seed, day in enumerate(("2016-08-20", "2016-09-12")):
        noise = np.random.default_rng(seed).normal(0, 1.2, (2, SIDE, SIDE))
        decibels = (noise + np.array([-9.0, -16.0])[:, None, None]).astype(np.float32)
        path = write_tiff(tmp_path / f"{day}.tif", decibels, PLACE)
        item = tmp_path / f"{day}.json"
        item.write_text(json.dumps(radar_item(day, orbit)))
        bands = ("vv", "vh")
        said = SceneDescription("sentinel-1", day, bands, item=item, quantity="gamma0_db")
        add_scene(made.imagery, (path,), said)
    slope_m = hill(np.arange(SIDE) < 70) * np.float32(0.8)  # 39 degrees, rising to the east
    dem = write_tiff(tmp_path / "dem.tif", slope_m, PLACE)
    for observation in scanned(made.root, "--dem", dem)["observations"]:
        flags = [one["values"].get("flags") for one in observation["reasons"]]
        assert (["terrain"] in flags) is hides
        assert (observation["seen_fraction"] < 0.7) is hides
        named = [one for one in observation["caveats"] if one["code"] == "heights_from"]
        assert len(named) == (hides or observation["method"].startswith("flooding"))


def radar_item(day: str, orbit: str) -> dict[str, Any]:
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": f"S1_{day}", "links": [], "assets": {},
        "geometry": None, "properties": {
            "datetime": f"{day}T09:00:00Z", "sat:orbit_state": orbit, "sat:relative_orbit": 54,
            "platform": "sentinel-1a",
        },
    }  # fmt: skip
