"""Heights and permanent water from a catalogue: fetched once, whole or not at all, and used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner, Result
from odc.geo.geobox import GeoBox

from camp_monitor.cli import main
from camp_monitor.errors import CampMonitorError, RemoteError, SceneError
from camp_monitor.facilities.surroundings import widened
from camp_monitor.providers.ground import FALLBACK, asked_sources, fetch_layer
from camp_monitor.providers.sources import SOURCES, GroundCollection, Source
from camp_monitor.scenes.catalogue import file_sha256
from camp_monitor.scenes.ground_files import find_fetched
from camp_monitor.settings import Configuration, FetchSettings, SourceSettings
from tests.remote import painted_catalogue
from tests.remote.conftest import MakeRemote
from tests.remote.painted_catalogue import FACILITY, cog
from tests.remote.painted_ground import (
    AREA,
    COLLECTIONS,
    HEIGHTS,
    SECOND,
    WATER,
    heights,
    item,
    offer,
    percent,
    places,
    tile_grid,
)
from tests.remote.painted_radar import LockedServer, TokenFront
from tests.remote.servers import AssetServer, Fault, StacServer

PLANETARY = SOURCES["planetary-computer"]
KINDS = {kind.id: kind for kind in PLANETARY.ground}
CORNERS = ("NE", "NW", "SE", "SW")
INTERVAL = ("--from", "2016-08-10", "--to", "2016-09-10")


@dataclass(frozen=True)
class Net:
    """A STAC API and the server of its files."""

    files: AssetServer
    source: Source


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    with AssetServer() as files:
        items, contents = offer(files.home)
        files.files.update(contents)
        with StacServer(tmp_path_factory.mktemp("stac"), COLLECTIONS, items) as api:
            yield Net(files, replace(PLANETARY, url=api.home, hosts=(), signing="none"))


@pytest.fixture
def fetch(net: Net, make_remote: MakeRemote, tmp_path: Path) -> Callable[..., Path]:
    net.files.seen.clear()

    def run(kind: str, source: Source = net.source, area: Any = AREA) -> Path:
        folder = tmp_path / "ground"
        fetch_layer(folder, make_remote(source.url), source, KINDS[kind], area)
        return folder

    return run


def read(folder: Path, layer: Any) -> tuple[np.ndarray, GeoBox, Any]:
    file = find_fetched(folder, layer, AREA)
    assert file is not None
    with rasterio.open(file.path) as source:
        return source.read(1), GeoBox.from_rio(source), source.nodata


# --- what is fetched ---------------------------------------------------------------------------


def test_tiles_of_two_pixel_sizes_that_meet_in_the_area_join_to_one_plane(
    fetch: Callable[..., Path],
) -> None:
    numbers, grid, nodata = read(fetch(HEIGHTS), "heights")
    assert grid.affine.a == pytest.approx(2 * SECOND)
    assert np.isnan(nodata)
    assert np.abs(numbers - heights(grid))[:, 1:-1].max() < 0.6 * 7  # half of a wide pixel, at most
    north = places(grid)[1] > 2
    assert np.abs(numbers - heights(grid))[north].max() < 1e-2, "on its own pixels it is exact"
    assert grid.extent.to_crs("EPSG:4326").geom.covers(widened(AREA, 2500.0))


def test_water_is_joined_pixel_by_pixel_and_stays_percent(fetch: Callable[..., Path]) -> None:
    numbers, grid, nodata = read(fetch(WATER), "permanent_water")
    assert numbers.dtype == np.uint8
    assert nodata == 255
    assert (numbers == percent(grid)).all()


def test_it_says_where_it_is_from_and_whom_to_credit(fetch: Callable[..., Path]) -> None:
    folder = fetch(WATER)
    file = find_fetched(folder, "permanent_water", AREA)
    assert file is not None
    assert (file.name, file.credit) == (KINDS[WATER].title, KINDS[WATER].credit)
    assert file.sha256 == file_sha256(file.path)
    stated = json.loads((folder / "permanent_water.json").read_text("utf-8"))["properties"]
    assert stated["camp_monitor:collection"] == WATER
    assert stated["camp_monitor:items"] == [f"GSW_{at}" for at in CORNERS]
    assert stated["start_datetime"] == "1984-03-01T00:00:00Z"
    assert stated["end_datetime"] == "2020-12-31T00:00:00Z"


def test_another_fetch_gives_the_same_bytes_and_leaves_nothing_else(
    fetch: Callable[..., Path],
) -> None:
    def held(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    first = held(fetch(HEIGHTS))
    assert first == held(fetch(HEIGHTS))
    assert len(first) == 2


def test_each_tile_costs_few_requests(net: Net, fetch: Callable[..., Path]) -> None:
    fetch(HEIGHTS)
    assert {one.path for one in net.files.seen} == {f"/{HEIGHTS}/DEM_{at}.tif" for at in CORNERS}
    assert len(net.files.seen) <= 3 * len(CORNERS)


def test_an_altered_or_missing_file_is_refused_in_one_sentence(
    fetch: Callable[..., Path],
) -> None:
    folder = fetch(HEIGHTS)
    (file,) = folder.glob("*.tif")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(SceneError, match="is not the file that was fetched"):
        find_fetched(folder, "heights", AREA)
    file.unlink()
    with pytest.raises(SceneError, match="is not the file that was fetched"):
        find_fetched(folder, "heights", AREA)
    (folder / "heights.json").write_text("{}")
    with pytest.raises(SceneError, match="STAC item"):
        find_fetched(folder, "heights", AREA)


def test_what_does_not_reach_over_a_new_outline_counts_as_not_fetched(
    fetch: Callable[..., Path],
) -> None:
    folder = fetch(HEIGHTS)
    assert find_fetched(folder, "heights", widened(AREA, 9000.0)) is None
    assert find_fetched(folder, "permanent_water", AREA) is None


# --- what comes from strangers -----------------------------------------------------------------


def wide(factor: int) -> GeoBox:
    south = tile_grid(0, 0)
    return GeoBox((400, 400), south.affine * Affine.scale(factor), "EPSG:4326")


WHOLE = GeoBox((800, 800), tile_grid(0, 1).affine, "EPSG:4326")
FAR = GeoBox((400, 400), tile_grid(0, 0).affine * Affine.translation(4000, 4000), "EPSG:4326")
UNKNOWN = np.full(WHOLE.shape, -9999, np.float32)
"""No nodata is declared for it."""


@pytest.mark.parametrize(
    ("kind", "numbers", "grid", "options", "said"),
    [
        (HEIGHTS, UNKNOWN, WHOLE, {}, "that hold nothing"),
        (HEIGHTS, UNKNOWN + 10249, WHOLE, {"nodata": 250}, "that hold nothing"),
        (HEIGHTS, heights(WHOLE).astype(np.float64), WHOLE, {}, "float64"),
        (HEIGHTS, np.zeros(WHOLE.shape, np.uint8), WHOLE, {}, "uint8"),
        (HEIGHTS, heights(wide(30)), wide(30), {}, "pixels of"),
        (HEIGHTS, heights(FAR), FAR, {}, "that hold nothing"),
        (WATER, np.full(WHOLE.shape, 200, np.uint8), WHOLE, {}, "that hold nothing"),
        (WATER, percent(WHOLE).astype(np.uint16), WHOLE, {}, "uint16"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_the_layer_is_refused_and_nothing_is_kept(
    kind: str, numbers: np.ndarray, grid: GeoBox, options: dict[str, Any], said: str,
    assets: AssetServer, make_remote: MakeRemote, tmp_path: Path,
) -> None:  # fmt: skip
    assets.files["/one.tif"] = cog(numbers, grid, **({"nodata": 255} | options))
    claimed = item("one", kind, WHOLE, assets.url("/one.tif"))
    with StacServer(tmp_path / "stac", COLLECTIONS, [claimed]) as api:
        source = replace(PLANETARY, url=api.home, hosts=(), signing="none")
        with pytest.raises(RemoteError, match=said) as caught:
            fetch_layer(tmp_path / "ground", make_remote(api.home), source, KINDS[kind], AREA)
    assert str(caught.value).count("\n") == 0
    assert not list((tmp_path / "ground").glob("*.*"))


def test_what_is_unknown_without_a_declaration_is_kept_as_unknown(
    assets: AssetServer, make_remote: MakeRemote, tmp_path: Path
) -> None:
    numbers = heights(WHOLE)
    numbers[:, :400] = -32767
    assets.files["/one.tif"] = cog(numbers, WHOLE, nodata=1)
    tile = item("one", HEIGHTS, WHOLE, assets.url("/one.tif"))
    with StacServer(tmp_path / "stac", COLLECTIONS, [tile]) as api:
        source = replace(PLANETARY, url=api.home, hosts=(), signing="none")
        fetch_layer(tmp_path / "g", make_remote(api.home), source, KINDS[HEIGHTS], AREA)
    kept, grid, _ = read(tmp_path / "g", "heights")
    x, _ = places(grid)
    assert np.isnan(kept[x < -1]).all()
    assert np.abs(kept - heights(grid))[x > 1].max() < 1e-2


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"id": "../../etc"}, "without a safe id"),
        ({"assets": {}}, "no asset 'data'"),
        ({"assets": {"data": {"href": "file:///etc/passwd"}}}, "file"),
        ({"assets": {"data": {"href": "s3://elsewhere/one.tif"}}}, "s3"),
        ({"properties": {"datetime": "some day"}}, "no date"),
        ({"geometry": {"type": "Point", "coordinates": [0, 0]}}, "no footprint"),
    ],
)  # fmt: skip
def test_an_item_that_cannot_be_used_is_refused(
    spoil: dict[str, Any], said: str, assets: AssetServer, make_remote: MakeRemote, tmp_path: Path
) -> None:
    page = {"type": "FeatureCollection", "links": [], "features": [
        item("one", HEIGHTS, WHOLE, assets.url("/one.tif")) | spoil
    ]}  # fmt: skip
    assets.put_json("/search", page)
    assets.put_json("/", {
        "type": "Catalog", "id": "c", "stac_version": "1.0.0", "description": "",
        "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search"],
        "links": [{"rel": "search", "href": assets.url("/search"), "method": "GET"}],
    })  # fmt: skip
    source = replace(PLANETARY, url=assets.url("/"), hosts=(), signing="none")
    with pytest.raises(CampMonitorError, match=said):
        fetch_layer(tmp_path / "g", make_remote(source.url), source, KINDS[HEIGHTS], AREA)
    assert not (tmp_path / "g").exists()


def test_an_address_of_the_open_bucket_is_read_where_all_may_read_it(
    net: Net, make_remote: MakeRemote, tmp_path: Path
) -> None:
    (kind,) = SOURCES["earth-search"].ground
    here = replace(kind, bucket=(f"{net.files.home}/", f"{net.files.home}/copy/"))
    net.files.files.update({f"/copy{path}": net.files.files[path] for path in [*net.files.files]})
    net.files.seen.clear()
    fetch_layer(tmp_path / "g", make_remote(net.source.url), net.source, here, AREA)
    assert all(one.path.startswith("/copy/") for one in net.files.seen)


def test_too_many_tiles_and_too_large_an_area_are_refused(
    net: Net, fetch: Callable[..., Path], assets: AssetServer, make_remote: MakeRemote,
    tmp_path: Path,
) -> None:  # fmt: skip
    with pytest.raises(RemoteError, match="a side is the most"):
        fetch(HEIGHTS, area=widened(AREA, 60_000.0))
    crowd = [item(f"one{n}", HEIGHTS, WHOLE, assets.url("/one.tif")) for n in range(20)]
    with StacServer(tmp_path / "stac", COLLECTIONS, crowd) as api:
        source = replace(PLANETARY, url=api.home, hosts=(), signing="none")
        with pytest.raises(RemoteError, match="more than 16 tiles"):
            fetch_layer(tmp_path / "g", make_remote(api.home), source, KINDS[HEIGHTS], AREA)
    assert not assets.seen


# --- whom is asked -----------------------------------------------------------------------------


def asked(ground: str = "auto", source: str | None = None) -> tuple[str, ...]:
    own = {"mine": SourceSettings(url="https://stac.example.org/v1")}
    return asked_sources(Configuration(fetch=FetchSettings(ground=ground), sources=own), source)


def test_a_preset_is_helped_out_and_a_source_of_ones_own_is_asked_alone() -> None:
    assert asked() == ("earth-search", FALLBACK)
    assert asked(source="usgs") == ("usgs", FALLBACK)
    assert asked(source="mine") == ("mine",)
    assert asked("mine") == ("mine",)
    assert asked("none") == ()


def test_every_layer_is_at_one_of_the_presets_and_credited() -> None:
    kinds: list[GroundCollection] = [kind for one in SOURCES.values() for kind in one.ground]
    assert {kind.layer for kind in SOURCES[FALLBACK].ground} == {"heights", "permanent_water"}
    assert all(kind.credit and kind.licence for kind in kinds)


# --- from the command line ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    """A catalogue in the shape of Earth Search's, with scenes of a flood and with heights."""
    with AssetServer() as files:
        scenes = painted_catalogue.offer(files.home)
        items, contents = offer(files.home)
        files.files.update({**scenes.files, **contents})
        collections = [painted_catalogue.collection(), *COLLECTIONS]
        folder = tmp_path_factory.mktemp("shop")
        with StacServer(folder, collections, [*scenes.items, *items]) as api:
            yield Net(files, replace(PLANETARY, url=api.home))


@pytest.fixture
def camps(shop: Net, tmp_path: Path) -> Path:
    shop.files.always.clear()
    shop.files.seen.clear()
    return painted_catalogue.workspace(tmp_path / "camps", shop.source.url)


def run(camps: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--workspace", str(camps), *words])


def tiles_asked(shop: Net) -> int:
    """How many requests for heights came since it was asked last."""
    count = sum(one.path.startswith(f"/{HEIGHTS}/") for one in shop.files.seen)
    shop.files.seen.clear()
    return count


def floods(camps: Path, *options: str) -> list[dict[str, Any]]:
    answer = run(camps, "--json", "scan", FACILITY, *INTERVAL, *options)
    assert answer.exit_code == 0, answer.output
    (place,) = json.loads(answer.stdout)["facilities"]
    return [one for one in place["findings"] if one["kind"] == "flooding"]


def said_of(finding: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["code"]: one.get("values", {}) for one in finding["caveats"]}


def test_a_scan_fetches_heights_once_and_uses_them_unasked(shop: Net, camps: Path) -> None:
    (flood,) = floods(camps)
    name = KINDS[HEIGHTS].title
    assert said_of(flood)["heights_from"] == {"file": name}
    assert said_of(flood)["ground_credit"] == {"file": name, "credit": KINDS[HEIGHTS].credit}
    assert tiles_asked(shop)
    assert floods(camps) == []
    assert not tiles_asked(shop)
    table = run(camps, "findings", "show", flood["id"])
    assert "produced using Copernicus WorldDEM-30" in " ".join(table.stdout.split())
    exported = camps / "findings.geojson"
    assert run(camps, "findings", "export", str(exported)).exit_code == 0
    credits = [one["properties"]["credit"] for one in json.loads(exported.read_text())["features"]]
    assert any(credit.endswith(KINDS[HEIGHTS].credit) for credit in credits)
    (without,) = floods(camps, "--dem", "", "--offline")
    assert "heights_from" not in said_of(without)
    (file,) = (camps / "ground" / FACILITY).glob("*.tif")
    file.write_bytes(file.read_bytes()[:-1])
    refused = run(camps, "scan", FACILITY, *INTERVAL, "--offline")
    assert refused.exit_code == 2
    assert refused.stderr.splitlines()[-1].endswith("(camp-monitor facilities ground).")


def test_heights_that_cannot_be_fetched_are_one_line_and_the_scan_goes_on(
    shop: Net, camps: Path
) -> None:
    for at in CORNERS:
        shop.files.always[f"/{HEIGHTS}/DEM_{at}.tif"] = Fault(status=404)
    answer = run(camps, "scan", FACILITY, *INTERVAL)
    assert answer.exit_code == 0, answer.output
    said = [line for line in answer.stderr.splitlines() if "could not be fetched" in line]
    assert len(said) == 1
    assert said[0].startswith(f"{FACILITY}: heights could not be fetched: ")
    assert tiles_asked(shop) == 1, "it was tried once"
    assert not list((camps / "ground").rglob("*.*"))


def test_offline_and_ground_none_ask_for_no_heights(shop: Net, camps: Path) -> None:
    settings = camps / "camp-monitor.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('ground = "auto"', 'ground = "none"'), encoding="utf-8"
    )
    assert len(floods(camps)) == 1
    settings.write_text(
        settings.read_text("utf-8").replace('ground = "none"', 'ground = "auto"'), encoding="utf-8"
    )
    floods(camps, "--offline")
    assert not tiles_asked(shop)


def test_the_command_fetches_what_is_missing_with_the_providers_tokens(
    tmp_path: Path, contacted: list[str]
) -> None:
    with LockedServer() as files:
        items, contents = offer(files.home)
        files.files.update(contents)
        with StacServer(tmp_path / "s", COLLECTIONS, items) as api, TokenFront(api.home) as front:
            camps = painted_catalogue.workspace(tmp_path / "camps", front.home)
            settings = camps / "camp-monitor.toml"
            preset = 'like = "earth-search"\n'
            text = settings.read_text("utf-8").replace(
                preset, preset.replace("earth-search", FALLBACK)
            )
            settings.write_text(text, encoding="utf-8")
            answer = run(camps, "facilities", "ground", FACILITY)
            assert answer.exit_code == 0, answer.output
            assert "heights fetched: Copernicus DEM GLO-30. produced using" in answer.stdout
            assert "permanent water fetched: JRC Global Surface Water" in answer.stdout
            files.seen.clear()
            again = run(camps, "--json", "facilities", "ground", FACILITY)
            assert not files.seen
    held = json.loads(again.stdout)[FACILITY]
    assert [held[layer]["added"] for layer in ("heights", "permanent_water")] == [False, False]
    kept = [path.read_bytes() for path in (camps / "ground" / FACILITY).glob("[a-z]*")]
    assert len(kept) == 4
    assert not any(b"sig=" in content for content in kept)
    assert contacted
