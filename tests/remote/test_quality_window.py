"""What looking at a candidate costs: requests and bytes, of a quality band as providers store it.

Sen2Cor's classes come in patches, with single odd pixels.  A file of them is 0.4 MB (large patches
alone) to 9 MB here (patches of 5 pixels a side, and 6 of 100 pixels odd: busier than any we know).
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import RemoteError
from camp_monitor.providers.network.range_file import open_image
from camp_monitor.providers.search import check_file, clear_share
from camp_monitor.scenes.quality import READERS
from tests.remote.conftest import COG_SIDE, MakeRemote
from tests.remote.painted_catalogue import cog
from tests.remote.servers import AssetServer
from tests.remote.test_items import EXPECTED, read

MOST_REQUESTS, MOST_BYTES = 6, 300_000
WEST, NORTH, PIXEL_M = 300_000, 4_900_000, 20
GRID = GeoBox((COG_SIDE, COG_SIDE), Affine(PIXEL_M, 0, WEST, 0, -PIXEL_M, NORTH), "EPSG:32652")
PATH = "/scl.tif"
CLASSES = (3, 4, 5, 6, 7, 8, 9, 10, 11)
BUSY = {"quiet": (60, 0.0), "patches": (15, 0.01), "worst": (5, 0.06)}
"""Side of a patch in pixels, and share of odd pixels."""
OUTLINES = {
    "46 x 128 m": (46, 128), "2 x 3 km": (2_000, 3_000), "10 x 10 km": (10_000, 10_000),
    "500 km2": (22_361, 22_361), "500 km2, long": (10_000, 50_000),
}  # fmt: skip
CORNER_M = 512 * 5 * PIXEL_M
"""Where four tiles meet: the most that a small outline can touch."""
PLACES = {"corner": (CORNER_M, CORNER_M), "middle": (54_900, 54_900), "odd": (67_340, 40_110)}


@functools.cache
def classes(busy: str) -> NDArray[np.uint8]:
    side, odd = BUSY[busy]
    chance = np.random.default_rng(3)
    count = -(-COG_SIDE // side)
    patches = chance.choice(np.array(CLASSES, np.uint8), (count, count))
    pixels = np.kron(patches, np.ones((side, side), np.uint8))[:COG_SIDE, :COG_SIDE]
    here = chance.random(pixels.shape) < odd
    pixels[here] = chance.choice(np.array(CLASSES, np.uint8), int(here.sum()))
    return pixels


@functools.cache
def stored(busy: str) -> bytes:
    return cog(classes(busy), GRID, blocksize=512)


def outline(width_m: float, height_m: float, place: tuple[float, float]) -> BaseGeometry:
    x, y = WEST + place[0], NORTH - place[1]
    box = shapely.box(x - width_m / 2, y - height_m / 2, x + width_m / 2, y + height_m / 2)
    return Geometry(box, GRID.crs).to_crs("EPSG:4326").geom


@pytest.mark.parametrize("busy", BUSY)
def test_looking_costs_few_requests_and_bytes_wherever_and_however_large_the_outline_is(
    busy: str, assets: AssetServer, make_remote: MakeRemote
) -> None:
    content = assets.files[PATH] = stored(busy)
    for name, (width_m, height_m) in OUTLINES.items():
        costs = []
        for place in PLACES.values():
            remote = make_remote()
            with open_image(remote.open(assets.url(PATH)), "x") as source:
                assert source.block_shapes == [(512, 512)]
                clear_share(source, "scl", outline(width_m, height_m, place))
            costs.append((remote.requests, remote.bytes_read))
        requests, read_bytes = (max(values) for values in zip(*costs, strict=True))
        print(f"{busy}, {name}: {requests} requests, {read_bytes} of {len(content)} bytes")
        assert requests <= MOST_REQUESTS, name
        assert read_bytes <= MOST_BYTES, name


def test_the_files_are_as_busy_as_they_are_said_to_be() -> None:
    sizes = {busy: len(stored(busy)) for busy in BUSY}
    assert sizes["quiet"] < 1e6 < sizes["patches"] < 5e6 < 8e6 < sizes["worst"] < 1.1e7


@functools.cache
def banks() -> tuple[NDArray[np.uint8], bytes]:
    """Banks of cloud right across, a third of the whole, and their file."""
    rows = np.arange(COG_SIDE)[:, None] // 40 % 3 == 0
    shape = (COG_SIDE, COG_SIDE)
    pixels = np.where(np.broadcast_to(rows, shape), np.uint8(9), np.uint8(4))
    return pixels, cog(pixels, GRID, blocksize=512)


@pytest.mark.parametrize("name", OUTLINES)
def test_an_overview_tells_the_share_of_the_whole(
    name: str, assets: AssetServer, make_remote: MakeRemote
) -> None:
    """Of a large outline only an overview is read, without widened edges: the share must hold."""
    width_m, height_m = OUTLINES[name]
    pixels, assets.files[PATH] = banks()
    with open_image(make_remote().open(assets.url(PATH)), "x") as source:
        share = clear_share(source, "scl", outline(width_m, height_m, PLACES["middle"]))
    top = round((54_900 - height_m / 2) / PIXEL_M)
    seen = READERS["scl"](pixels[top : top + round(height_m / PIXEL_M)]) == 0
    lost = 6 / 120 if width_m * height_m <= 1e8 else 0.0  # 60 m on either side of each bank
    if min(width_m, height_m) > 1000:
        assert share == pytest.approx(float(seen.mean()) - lost, abs=0.03)
    assert 0.0 <= share <= 1.0


def test_a_quality_band_that_is_none_is_refused_before_it_is_read(
    assets: AssetServer, make_remote: MakeRemote, imagery_folder: Path
) -> None:
    scene = read(EXPECTED[0], imagery_folder)
    assert scene.quality is not None
    fine = GeoBox(GRID.shape, GRID.affine * Affine.scale(0.01), GRID.crs)
    for content in (
        cog(classes("quiet").astype(np.uint16), GRID),
        cog(classes("quiet"), fine),
    ):
        assets.files[PATH] = content
        remote = make_remote()
        with (
            pytest.raises(RemoteError, match=r"uint16|pixels of 0\.2 m"),
            open_image(remote.open(assets.url(PATH)), "x") as source,
        ):
            check_file(source, scene.quality, scene.sensor)
        assert remote.requests == 1
