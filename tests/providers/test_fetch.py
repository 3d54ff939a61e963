"""Fetching: the same bytes by whatever way and however often, one writer at a time."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.shutil import copy

from camp_monitor.errors import RemoteError, SceneError
from camp_monitor.providers.fetch import (
    Order,
    catalogue_id,
    fetch_scene,
    find_order,
    most_bytes,
)
from camp_monitor.providers.network.remote import Remote
from camp_monitor.providers.sources import SOURCES, Source
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.checksums import matches_checksum
from tests.remote.painted_catalogue import (
    COLLECTION,
    FACILITY,
    SUMMER,
    coarser,
    cog,
    collection,
    item,
    workspace,
)
from tests.remote.servers import AssetServer, Fault, StacServer

GRID = GeoBox((500, 600), Affine(10, 0, 560_000, 0, -10, 4_680_000), "EPSG:32652")
NAME = "S2A_52TEL_20160816_0_L2A"
KEYS = ("blue", "green", "red", "nir", "swir16", "swir22", "scl")


def pixels(key: str, grid: GeoBox = GRID) -> np.ndarray[Any, np.dtype[Any]]:
    """Every pixel of every band differs from its neighbours."""
    whole = grid if key in KEYS[:4] else coarser(grid)
    count = whole.shape[0] * whole.shape[1]
    if key == "scl":
        return (np.arange(count) % 8 + 2).astype(np.uint8).reshape(whole.shape)
    return (np.arange(count) * (KEYS.index(key) + 3) % 3000 + 200).astype(np.uint16).reshape(
        whole.shape
    )  # fmt: skip


@dataclass
class Shelf:
    """A server with one scene, which answers as a catalogue does to the one question asked here."""

    files: AssetServer
    made: dict[str, Any]

    @property
    def source(self) -> Source:
        return replace(SOURCES["earth-search"], url=self.files.home)

    def put(self) -> None:
        path = f"/collections/{COLLECTION}/items/{NAME}"
        self.files.files[path] = json.dumps(self.made).encode()

    def order(self, remote: Remote, area: shapely.Geometry, least_px: int = 64) -> Order:
        self.put()
        return find_order(remote, self.source, NAME, area, least_px)


@pytest.fixture(scope="module")
def stored() -> dict[str, bytes]:
    return {
        key: cog(pixels(key), GRID if key in KEYS[:4] else coarser(GRID), blocksize=128)
        for key in KEYS
    }


@pytest.fixture
def shelf(stored: dict[str, bytes]) -> Iterator[Shelf]:
    with AssetServer({f"/{NAME}/{key}.tif": stored[key] for key in KEYS}) as files:
        made = item(files.home, NAME, SUMMER[1], GRID)
        made["properties"] |= {"s2:processing_baseline": "02.14"}
        del made["properties"]["earthsearch:boa_offset_applied"]
        for asset in made["assets"].values():
            asset.pop("raster:bands", None)
        yield Shelf(files, made)


@pytest.fixture
def remote(shelf: Shelf) -> Iterator[Remote]:
    with Remote(shelf.files.home, sleep=lambda _: None) as made:
        yield made


AREA = GRID.center_pixel.extent.to_crs("EPSG:4326").geom.buffer(0.002).envelope


def catalogue(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_a_window_holds_the_providers_own_numbers_on_its_own_grid(
    shelf: Shelf, remote: Remote, tmp_path: Path
) -> None:
    scene, added = fetch_scene(tmp_path, remote, shelf.order(remote, AREA))
    assert added
    for band in (*scene.bands, scene.quality):
        assert band is not None
        key = {"swir1": "swir16", "swir2": "swir22"}.get(band.name, band.name)
        whole = pixels(key)
        with rasterio.open(band.path) as source:
            place = GRID if key in KEYS[:4] else coarser(GRID)
            col, row = ~place.affine @ (source.transform.c, source.transform.f)
            assert (col, row) == (round(col), round(row)), "on the provider's pixels"
            rows, cols = source.shape
            kept = whole[round(row) : round(row) + rows, round(col) : round(col) + cols]
            assert (source.read(1) == kept).all()
            assert min(rows, cols) >= (64 if key in KEYS[:4] else 32)
    (stored_item,) = tmp_path.glob(f"{NAME}_*/provider*.json")
    assert json.loads(stored_item.read_bytes()) == json.loads(json.dumps(shelf.made))


def test_a_painted_file_stays_marked_when_its_window_is_kept(
    shelf: Shelf, remote: Remote, tmp_path: Path
) -> None:
    tagged = cog(pixels("blue"), GRID, blocksize=128, simulated=True)
    shelf.files.files[f"/{NAME}/blue.tif"] = tagged
    scene, _ = fetch_scene(tmp_path, remote, shelf.order(remote, AREA))
    assert scene.simulated
    assert read_scenes(tmp_path) == (scene,)


def test_two_workspaces_get_the_same_bytes_and_a_second_fetch_reads_nothing(
    shelf: Shelf, remote: Remote, tmp_path: Path
) -> None:
    order = shelf.order(remote, AREA)
    for name, workers in (("one", 1), ("two", 4)):
        fetch_scene(tmp_path / name, remote, order, workers=workers)
    assert catalogue(tmp_path / "one") == catalogue(tmp_path / "two")
    asked = len(shelf.files.seen)
    _, added = fetch_scene(tmp_path / "one", remote, order)
    assert not added
    assert len(shelf.files.seen) == asked


def test_what_was_altered_on_the_disk_is_told_and_not_fetched_over(
    shelf: Shelf, remote: Remote, tmp_path: Path
) -> None:
    order = shelf.order(remote, AREA)
    scene, _ = fetch_scene(tmp_path, remote, order)
    scene.bands[0].path.write_bytes(scene.bands[1].path.read_bytes())
    with pytest.raises(SceneError, match="not the file that was added"):
        fetch_scene(tmp_path, remote, order)


def test_threads_that_fetch_one_scene_at_once_make_one(
    shelf: Shelf, remote: Remote, tmp_path: Path
) -> None:
    order = shelf.order(remote, AREA)
    with ThreadPoolExecutor(4) as pool:
        added = [
            one.result()[1]
            for one in [pool.submit(fetch_scene, tmp_path, remote, order) for _ in range(4)]
        ]
    assert sorted(added) == [False, False, False, True]
    assert len(read_scenes(tmp_path)) == 1


def test_processes_that_fetch_one_scene_at_once_make_one(
    shelf: Shelf, stored: dict[str, bytes], tmp_path: Path
) -> None:
    from camp_monitor.demo.scenes import grid_round
    from camp_monitor.facilities import bundled_registry, find_facility

    grid = grid_round(find_facility(bundled_registry(), FACILITY))
    for key in KEYS:
        place = grid if key in KEYS[:4] else coarser(grid)
        shelf.files.files[f"/{NAME}/{key}.tif"] = cog(pixels(key, grid), place)
    there = item(shelf.files.home, NAME, SUMMER[1], grid)
    shelf.made |= {"geometry": there["geometry"], "bbox": there["bbox"]}
    shelf.files.always["*"] = Fault(delay_s=0.05)
    with StacServer(tmp_path / "stac", [collection()], [shelf.made]) as api:
        camps = workspace(tmp_path / "camps", api.home)
        program = str(Path(sys.executable).with_name("camp-monitor"))
        command = [program, "--workspace", str(camps), "scenes", "fetch", FACILITY, NAME]
        both = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        said = [child.communicate(timeout=120) for child in both]
    assert [child.returncode for child in both] == [0, 0], said
    assert sorted(out.split()[0] for out, _ in said) == ["Already", "Fetched"]
    assert len(read_scenes(camps / "imagery")) == 1
    hidden = [path.name for path in (camps / "imagery").iterdir() if path.name.startswith(".")]
    assert hidden == [".locks"]


def test_a_fetch_that_was_cut_off_goes_on_but_never_mixes_two_versions_of_a_scene(
    shelf: Shelf, stored: dict[str, bytes], remote: Remote, tmp_path: Path
) -> None:
    order = shelf.order(remote, AREA)
    shelf.files.always[f"/{NAME}/scl.tif"] = Fault(status=404)
    with pytest.raises(RemoteError, match="is not there"):
        fetch_scene(tmp_path, remote, order)
    assert read_scenes(tmp_path) == ()
    shelf.files.always.clear()
    shelf.files.seen.clear()
    fetch_scene(tmp_path, remote, order)
    assert {one.path for one in shelf.files.seen} == {f"/{NAME}/{key}.tif" for key in
                                                      ("blue", "scl")}  # fmt: skip
    other = tmp_path / "other"
    shelf.files.always[f"/{NAME}/scl.tif"] = Fault(status=404)
    with pytest.raises(RemoteError, match="is not there"):
        fetch_scene(other, remote, order)
    shelf.files.always.clear()
    shelf.made["properties"]["updated"] = "2024-01-01T00:00:00Z"
    for key in KEYS[:4]:
        shelf.files.files[f"/{NAME}/{key}.tif"] = cog(pixels(key) + np.uint16(5), GRID)
    scene, _ = fetch_scene(other, remote, shelf.order(remote, AREA))
    with rasterio.open(scene.bands[0].path) as source:
        assert source.read(1).min() >= 205, "of the new version"


def test_files_that_are_refused_are_not_kept_for_the_next_try(
    shelf: Shelf, remote: Remote, stored: dict[str, bytes], tmp_path: Path
) -> None:
    shelf.files.files[f"/{NAME}/red.tif"] = cog(np.zeros(GRID.shape, np.uint16), GRID)
    with pytest.raises(SceneError, match=r"red\.tif holds no data"):
        fetch_scene(tmp_path, remote, shelf.order(remote, AREA))
    assert [path.name for path in tmp_path.iterdir()] == [".locks"]
    shelf.files.files[f"/{NAME}/red.tif"] = stored["red"]
    assert fetch_scene(tmp_path, remote, shelf.order(remote, AREA))[1]


def test_jpeg_2000_is_read_whole_and_held_to_its_checksum(
    shelf: Shelf, remote: Remote, stored: dict[str, bytes], tmp_path: Path
) -> None:
    """As the Copernicus Data Space has it: small files with MD5."""
    with MemoryFile(stored["scl"]) as plain, MemoryFile(ext=".jp2") as written:
        with plain.open() as source:
            copy(source, written.name, driver="JP2OpenJPEG", quality="100", reversible="yes")
        content = bytes(written.read())
    asset = shelf.made["assets"]["scl"]
    asset |= {
        "href": shelf.files.url(f"/{NAME}/scl.jp2"), "file:size": len(content),
        "file:checksum": "d50110" + hashlib.md5(content).hexdigest(),
    }  # fmt: skip
    shelf.files.files[f"/{NAME}/scl.jp2"] = content
    scene, _ = fetch_scene(tmp_path / "a", remote, shelf.order(remote, AREA))
    assert scene.quality is not None
    with rasterio.open(scene.quality.path) as source:
        assert np.isin(source.read(1), pixels("scl")).all()
    shelf.files.files[f"/{NAME}/scl.jp2"] = content[:-1] + b"x"
    with pytest.raises(RemoteError, match="checksum promises"):
        fetch_scene(tmp_path / "b", remote, shelf.order(remote, AREA))
    torn = content[:2000]
    shelf.files.files[f"/{NAME}/scl.jp2"] = torn
    asset |= {"file:checksum": "1220" + hashlib.sha256(torn).hexdigest()}
    with pytest.raises(RemoteError, match=r"damaged|coordinate system"):
        fetch_scene(tmp_path / "c", remote, shelf.order(remote, AREA))


FUNCTIONS = {
    "sha1": "1114", "sha256": "1220", "sha384": "2030", "sha512": "1340", "sha3_256": "1620",
    "sha3_512": "1440", "md5": "d50110", "blake2b": "c0e40240", "blake2s": "e0e40220",
}  # fmt: skip
"""As the table of multihashes has them: function and length, as variable-length numbers."""


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(FUNCTIONS)), st.integers(0, 10**6))
def test_a_multihash_is_held_to(content: bytes, name: str, position: int) -> None:
    digest = hashlib.new(name, content).hexdigest()
    assert matches_checksum(content, FUNCTIONS[name] + digest) is True
    assert matches_checksum(content + b"x", FUNCTIONS[name] + digest) is False
    place = position % len(digest)
    other = "1" if digest[place] == "0" else "0"
    lie = digest[:place] + other + digest[place + 1 :]
    assert matches_checksum(content, FUNCTIONS[name] + lie) is False
    assert matches_checksum(content, FUNCTIONS[name] + digest[:-2]) is None


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=100))
def test_any_text_of_a_multihash_is_true_false_or_unknown(text: bytes) -> None:
    assert matches_checksum(b"content", text.hex()) in (True, False, None)


def test_another_window_is_another_scene_and_larger_ones_are_said_to_be_larger(
    shelf: Shelf, remote: Remote
) -> None:
    scene = shelf.order(remote, AREA).scene
    wide = AREA.buffer(0.05).envelope
    names = {catalogue_id(NAME, area, px) for area in (AREA, wide) for px in (64, 256)}
    assert len(names) == 4
    assert most_bytes(scene, AREA, 64) < most_bytes(scene, AREA, 256) < most_bytes(scene, wide, 64)


def test_the_size_that_is_said_is_not_exceeded(
    shelf: Shelf, remote: Remote, tmp_path: Path
) -> None:
    order = shelf.order(remote, AREA, 256)
    fetch_scene(tmp_path, remote, order)
    held = sum(path.stat().st_size for path in tmp_path.rglob("*.tif"))
    assert 0 < held <= order.most_bytes
