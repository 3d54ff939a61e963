"""Radar from a catalogue on the network: terrain-corrected scenes, and products as they are."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from odc.geo.geom import Geometry

from camp_monitor.codes import Code
from camp_monitor.errors import RemoteError
from camp_monitor.notes import Note
from camp_monitor.pairs.selection import Look, choose_pairs, processing_key
from camp_monitor.providers.fetch import Order, fetch_scene
from camp_monitor.providers.gathering import look_at_local
from camp_monitor.providers.item import read_remote_scene
from camp_monitor.providers.sources import SOURCES
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.sar.backscatter import despeckle
from camp_monitor.scenes.scene import Geocoding
from tests.remote.conftest import SECRET, MakeRemote
from tests.remote.painted_catalogue import FACILITY, Offered, collection, painted
from tests.remote.painted_radar import (
    DRAINED,
    DRY,
    FLOOD,
    RADAR,
    LockedServer,
    TokenFront,
    grd,
    power,
    rtc,
    workspace,
)
from tests.remote.servers import AssetServer, StacServer
from tests.remote.test_interval import camp_monitor, catalogue

INTERVAL = ("--from", "2016-08-10", "--to", "2016-09-30", "--sensor", "sentinel-1")
SHOWN_NOWHERE = (SECRET, "sig=")


@dataclass(frozen=True)
class Net:
    """Servers of items, tokens and files, and what they offer."""

    files: LockedServer
    home: str
    rtc: Offered
    grd: Offered


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    folder = tmp_path_factory.mktemp("radar")
    with LockedServer() as files:
        corrected, products = rtc(files.home), grd(files.home, folder)
        files.files.update({**corrected.files, **products.files})
        collections = [collection("sentinel-1-rtc"), collection("sentinel-1-grd")]
        with (
            StacServer(folder / "stac", collections, corrected.items + products.items) as api,
            TokenFront(api.home) as front,
        ):
            yield Net(files, front.home, corrected, products)


@pytest.fixture(scope="module")
def camps(net: Net, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("workspace") / "camps", net.home)


@pytest.fixture(scope="module")
def by_rtc(camps: Path) -> subprocess.CompletedProcess[str]:
    return camp_monitor(camps, "--json", "scan", FACILITY, *INTERVAL, "--source", "rtc")


@pytest.fixture(scope="module")
def by_grd(
    camps: Path, by_rtc: subprocess.CompletedProcess[str]
) -> subprocess.CompletedProcess[str]:
    """In the same workspace, so that both kinds lie in its catalogue."""
    return camp_monitor(camps, "--json", "scan", FACILITY, *INTERVAL, "--source", "grd")


def findings(answer: subprocess.CompletedProcess[str]) -> list[tuple[dict[str, Any], str, str]]:
    """Each finding with the dates of its pair."""
    assert answer.returncode == 0, answer.stderr
    return [
        (one, *(one[role]["acquired_from_at"][:10] for role in ("before", "after")))
        for place in json.loads(answer.stdout)["facilities"]
        for one in place["findings"]
    ]


def flooded(answer: subprocess.CompletedProcess[str]) -> shapely.Geometry:
    """All that was found flooded from the dry date to the flood, on the painted grid."""
    shapes = [
        shapely.geometry.shape(one["geometry"])
        for one, *dates in findings(answer)
        if one["kind"] == "flooding" and dates == [DRY.date, FLOOD.date]
    ]
    return (
        Geometry(shapely.union_all(shapes), "EPSG:4326").to_crs(str(painted(RADAR).grid.crs)).geom
    )


def test_the_flood_is_found_in_terrain_corrected_scenes_of_one_orbit(
    net: Net, camps: Path, by_rtc: subprocess.CompletedProcess[str]
) -> None:
    dates = {(one["kind"], *dates) for one, *dates in findings(by_rtc)}
    assert dates == {
        ("flooding", DRY.date, FLOOD.date), ("flood_recession", FLOOD.date, DRAINED.date),
    }  # fmt: skip
    (alone,) = json.loads(by_rtc.stdout)["facilities"][0]["not_used"]
    assert alone["acquired_at"].startswith("2016-09-03")
    reason = Note.from_dict(alone["reason"])
    assert reason.code == Code.ALONE_IN_ORBIT
    assert reason.numbers["orbit"] == "134 descending"
    scenes = [one for one in read_scenes(camps / "imagery") if one.quantity == "gamma0_power"]
    assert [one.dates for one in scenes] == [DRY.date, FLOOD.date, DRAINED.date]
    assert {(one.relative_orbit, one.orbit_state) for one in scenes} == {(54, "ascending")}
    assert all(one.geocoding is None for one in scenes)


def test_the_flood_is_found_in_products_in_radar_geometry_and_in_the_same_place(
    net: Net,
    camps: Path,
    by_rtc: subprocess.CompletedProcess[str],
    by_grd: subprocess.CompletedProcess[str],
) -> None:
    dates = {(one["kind"], *dates) for one, *dates in findings(by_grd)}
    assert dates == {("flooding", DRY.date, FLOOD.date)}
    corrected, level = flooded(by_rtc), flooded(by_grd)
    assert corrected.intersection(level).area > 0.7 * corrected.union(level).area
    scenes = [one for one in read_scenes(camps / "imagery") if one.quantity == "sigma0_db"]
    assert [one.dates for one in scenes] == [DRY.date, FLOOD.date]
    heights = [one.geocoding and one.geocoding.control_height_m for one in scenes]
    assert heights == [331.0, 368.0]
    assert [one.geocoding and one.geocoding.height_m for one in scenes] == [350.0, 350.0]
    notes = [Note.from_dict(item) for one, *_ in findings(by_grd) for item in one["caveats"]]
    terrain = [item.numbers for item in notes if item.code == Code.TERRAIN_REMAINS]
    assert terrain
    for values in terrain:
        assert values["height_m"] == 350.0
        assert values["displaced_m_per_100_m"] == pytest.approx(127, abs=0.5)


def test_backscatter_is_what_was_painted(
    camps: Path, by_grd: subprocess.CompletedProcess[str]
) -> None:
    (scene,) = (
        one
        for one in read_scenes(camps / "imagery")
        if one.quantity == "sigma0_db" and one.dates == FLOOD.date
    )
    grid = painted(RADAR).grid
    for number, band in enumerate(scene.bands):
        with rasterio.open(band.path) as source:
            found = source.read(1)
            assert source.profile["dtype"] == "float32"
            assert np.isnan(source.nodata)
            assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            column, row = ~grid.affine * (source.transform.c, source.transform.f)
        rows = slice(round(row), round(row) + found.shape[0])
        columns = slice(round(column), round(column) + found.shape[1])
        truth = 10 * np.log10(power(FLOOD.date)[number][rows, columns])
        off_db = despeckle(found) - despeckle(truth)
        assert abs(np.median(off_db)) < 0.05
        assert np.quantile(np.abs(off_db), 0.95) < 1.0


def test_scenes_of_two_kinds_lie_in_one_catalogue_and_are_never_paired(
    camps: Path, by_grd: subprocess.CompletedProcess[str]
) -> None:
    scenes = {one.id: one for one in read_scenes(camps / "imagery")}
    assert {one.quantity for one in scenes.values()} == {"gamma0_power", "sigma0_db"}
    answer = camp_monitor(camps, "--json", "scan", FACILITY, *INTERVAL, "--offline")
    assert answer.returncode == 0, answer.stderr
    kinds = [
        {scenes[one[role]].quantity for role in ("before", "after")}
        for one in json.loads(answer.stdout)["facilities"][0]["pairs"]
    ]
    assert kinds == [{"gamma0_power"}] * 3 + [{"sigma0_db"}]
    ours, later = (one for one in scenes.values() if one.geocoding)
    theirs = replace(later, geocoding=None)
    for other, pairs in ((later, 1), (theirs, 0)):
        looks = [look_at_local(one, ours.footprint) for one in (ours, other)]
        assert len(choose_pairs(looks, 0.5).pairs) == pairs


def test_a_second_scan_fetches_nothing_and_no_token_is_kept_or_shown(
    net: Net,
    camps: Path,
    by_rtc: subprocess.CompletedProcess[str],
    by_grd: subprocess.CompletedProcess[str],
) -> None:
    assert net.files.seen
    assert all(SECRET in one.query for one in net.files.seen)
    fetched = catalogue(camps)
    net.files.seen.clear()
    again = camp_monitor(camps, "scan", FACILITY, *INTERVAL, "--source", "grd")
    assert again.returncode == 0, again.stderr
    assert net.files.seen == []
    assert catalogue(camps) == fetched
    said = [text for one in (by_rtc, by_grd, again) for text in (one.stdout, one.stderr)]
    kept = [path.read_bytes() for path in camps.rglob("*") if path.is_file()]
    for word in SHOWN_NOWHERE:
        assert not any(word in text for text in said)
        assert not any(word.encode() in content for content in kept)


def order_of(item: dict[str, Any], least_px: int = 128) -> Order:
    scene = read_remote_scene(item, SOURCES["planetary-computer"])
    area = scene.footprint.centroid.buffer(0.001)
    return Order(scene, json.dumps(item).encode(), area, least_px)


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Offered:
    """Items whose files are at ``HOME``."""
    return grd("HOME", tmp_path_factory.mktemp("products"))


@pytest.fixture
def product(products: Offered, assets: AssetServer) -> dict[str, Any]:
    assets.files.update(products.files)
    item: dict[str, Any] = json.loads(json.dumps(products.items[0]).replace("HOME", assets.home))
    return item


def path_of(assets: AssetServer, end: str) -> str:
    return next(path for path in assets.files if path.endswith(end) and "20160820" in path)


def test_only_a_window_is_read_and_a_fetch_is_taken_up_where_it_broke_off(
    product: dict[str, Any], assets: AssetServer, make_remote: MakeRemote, tmp_path: Path
) -> None:
    order = order_of(product, 64)
    whole, added = fetch_scene(tmp_path / "one", make_remote(), order, workers=1)
    assert added
    assert whole.geocoding == Geocoding(350.0, 331.0, 38.13, 127.4, True)
    image = path_of(assets, "iw-vv.tiff")
    read = sum(one.bytes_sent for one in assets.requests_of(image))
    assert read < 0.5 * len(assets.files[image])
    last = path_of(assets, "noise-iw-vh.xml")
    content = assets.files.pop(last)
    with pytest.raises(RemoteError, match="noise-iw-vh"):
        fetch_scene(tmp_path / "two", make_remote(), order, workers=1)
    assert read_scenes(tmp_path / "two") == ()
    assets.files[last] = content
    assets.seen.clear()
    again, _ = fetch_scene(tmp_path / "two", make_remote(), order, workers=1)
    assert assets.requests_of(image) == []
    assert (again.sha256, again.geocoding) == (whole.sha256, whole.geocoding)


@pytest.mark.parametrize(
    ("end", "content", "said"),
    [
        ("calibration-iw-vv.xml", b"<html>", "calibration-iw-vv.xml is no XML"),
        ("calibration-iw-vv.xml", b"<!DOCTYPE a><a/>", "declares a document type"),
        ("calibration-iw-vv.xml", "calibration-iw-vh.xml", "is of VH, and the item says of VV"),
        ("noise-iw-vv.xml", "noise-iw-vh.xml", "the noise of VH"),
        ("noise-iw-vv.xml", "calibration-iw-vv.xml", "holds <calibration> and not <noise>"),
        ("iw-vv.tiff", b"II*\0 and no more", "iw-vv.tiff is damaged"),
    ],
)
def test_annotations_that_lie_end_in_a_sentence_and_nothing_is_kept(
    product: dict[str, Any], assets: AssetServer, make_remote: MakeRemote, tmp_path: Path,
    end: str, content: bytes | str, said: str,
) -> None:  # fmt: skip
    other = assets.files[path_of(assets, content)] if isinstance(content, str) else content
    assets.files[path_of(assets, end)] = other
    with pytest.raises(RemoteError, match=said) as error:
        fetch_scene(tmp_path, make_remote(), order_of(product), workers=1)
    assert "camp-monitor/" not in str(error.value)
    assert str(error.value).count(". ") == 0
    assert read_scenes(tmp_path) == ()


def test_a_place_beside_the_swath_is_refused(
    product: dict[str, Any], make_remote: MakeRemote, tmp_path: Path
) -> None:
    order = replace(order_of(product), area=shapely.Point(129.5, 42.2).buffer(0.001))
    with pytest.raises(RemoteError, match="shows nothing of the outline"):
        fetch_scene(tmp_path, make_remote(), order, workers=1)


def test_a_product_without_calibration_is_refused_and_one_without_noise_says_so(
    product: dict[str, Any], make_remote: MakeRemote, tmp_path: Path
) -> None:
    without = {key: one for key, one in product["assets"].items() if "noise" not in key}
    scene, _ = fetch_scene(tmp_path, make_remote(), order_of(product | {"assets": without}))
    assert scene.geocoding is not None
    assert not scene.geocoding.noise_subtracted
    half = without | {"schema-noise-vv": product["assets"]["schema-noise-vv"]}
    with pytest.raises(RemoteError, match="not all of them come with their noise"):
        fetch_scene(tmp_path / "half", make_remote(), order_of(product | {"assets": half}))
    del without["schema-calibration-vh"]
    with pytest.raises(RemoteError, match="has not one calibration file for VH"):
        order_of(product | {"assets": without})


KINDS = (
    processing_key("gamma0_power", ("vv", "vh")),
    processing_key("sigma0_db", ("vv", "vh")),
    processing_key("sigma0_db", ("vv", "vh"), in_radar_geometry=True),
)


@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, repeat=3)))
def test_whatever_is_offered_only_one_quantity_is_compared(
    kinds: tuple[tuple[str, ...], ...],
) -> None:
    first = datetime(2016, 8, 20, tzinfo=UTC)
    looks = [
        Look(str(number), "sentinel-1", first + timedelta(12 * number), 1.0, None, "54 a", kind)
        for number, kind in enumerate(kinds)
    ]
    choice = choose_pairs(looks, 0.5)
    assert all(pair.before.processing == pair.after.processing for pair in choice.pairs)
    assert {pair.before.processing for pair in choice.pairs} == {
        kind for kind in kinds if kinds.count(kind) > 1
    }
