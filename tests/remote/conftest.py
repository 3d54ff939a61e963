from __future__ import annotations

import logging
import socket
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning
from rasterio.shutil import copy

from camp_monitor.providers.network.connecting import LIMITS
from camp_monitor.providers.network.remote import Remote
from camp_monitor.providers.network.signing import Sign, unsigned
from tests.remote.servers import HERE, AssetServer, Front, StacServer

SECRET = "never-shown-7f3a91c2"
"""Stands for every key, token and signature; no log may hold it."""
COG_SIDE = 5490
QUICK = replace(LIMITS, connect_s=2.0, read_s=0.3, total_s=1.0, json_bytes=100_000)

MakeRemote = Callable[..., Remote]


@pytest.fixture(autouse=True)
def contacted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Hosts that a test connected to; anything but this computer fails it, and is not reached."""
    hosts: list[str] = []
    connect = socket.socket.connect

    def watched(sock: socket.socket, address: Any) -> None:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return connect(sock, address)
        hosts.append(address[0])
        if address[0] != HERE:
            raise OSError("the tests reach this computer alone")
        return connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    yield hosts
    assert set(hosts) <= {HERE}


@pytest.fixture(autouse=True)
def quiet_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is logged at whatever level holds no secret."""
    caplog.set_level(logging.DEBUG)
    yield
    said = "\n".join(record.getMessage() for record in caplog.get_records("call"))
    assert SECRET not in said


@pytest.fixture
def assets() -> Iterator[AssetServer]:
    with AssetServer() as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    """The waits between tries, in seconds; none of them is waited for."""
    return []


@pytest.fixture
def make_remote(assets: AssetServer, waits: list[float]) -> Iterator[MakeRemote]:
    made: list[Remote] = []

    def make(home: str = assets.home, sign: Sign = unsigned, **others: Any) -> Remote:
        options: dict[str, Any] = {
            "limits": QUICK,
            "sleep": waits.append,
            "chance": lambda: 1.0,
        } | others
        made.append(Remote(home, sign, **options))
        return made[-1]

    yield make
    for remote in made:
        remote.__exit__()


@pytest.fixture
def remote(make_remote: MakeRemote) -> Remote:
    return make_remote()


@pytest.fixture(scope="session")
def classes() -> np.ndarray:
    """A scene's classes as SCL has them, uint8 (row, col): patches, with single odd pixels."""
    chance = np.random.default_rng(7)
    patches = chance.integers(3, 12, (COG_SIDE // 15, COG_SIDE // 15), dtype=np.uint8)
    pixels = np.kron(patches, np.ones((15, 15), dtype=np.uint8))
    odd = chance.random(pixels.shape) < 0.01
    pixels[odd] = chance.integers(1, 12, int(odd.sum()), dtype=np.uint8)
    return pixels


@pytest.fixture(scope="session")
def cog(classes: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The classes as a provider's cloud-optimised GeoTIFF: blocks of 512, deflate, overviews."""
    folder = tmp_path_factory.mktemp("cog")
    write_tiff(folder / "plain.tif", classes)
    copy(folder / "plain.tif", folder / "cog.tif", driver="COG", blocksize=512, compress="deflate")
    return (folder / "cog.tif").read_bytes()


def write_tiff(path: Path, pixels: np.ndarray, **profile: Any) -> None:
    rows, cols = pixels.shape
    kind = {"driver": "GTiff", "count": 1, "dtype": pixels.dtype, "crs": "EPSG:32652"} | profile
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        place = Affine(20, 0, 300_000, 0, -20, 4_900_000)
        with rasterio.open(path, "w", width=cols, height=rows, transform=place, **kind) as target:
            target.write(pixels, 1)


def stac_item(number: int) -> dict[str, Any]:
    """A small item; the days of January 2020, with more cloud each day."""
    west = 129.0
    ring = [[west, 41.0], [west + 1, 41.0], [west + 1, 42.0], [west, 42.0], [west, 41.0]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"item-{number:02}",
        "collection": "things",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, 41.0, west + 1, 42.0],
        "properties": {
            "datetime": f"2020-01-{number + 1:02}T02:00:00Z",
            "eo:cloud_cover": 5.0 * number,
        },
        "links": [],
        "assets": {},
    }


@pytest.fixture(scope="session")
def stac(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StacServer]:
    """A STAC API with seven items of one collection."""
    collection = {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": "things",
        "description": "Seven days",
        "license": "CC0-1.0",
        "extent": {
            "spatial": {"bbox": [[129.0, 41.0, 130.0, 42.0]]},
            "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]},
        },
        "links": [],
    }
    folder = tmp_path_factory.mktemp("stac")
    with StacServer(folder, [collection], [stac_item(n) for n in range(7)]) as server:
        yield server


@pytest.fixture
def front(stac: StacServer) -> Iterator[Front]:
    with Front(stac.home) as server:
        yield server
