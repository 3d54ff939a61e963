"""What a local image file may ask for, and where its frame may lie."""

from __future__ import annotations

import struct
import time
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
from rasterio.windows import Window

from camp_monitor.errors import SceneError
from camp_monitor.facilities.surroundings import widened
from camp_monitor.scenes import bounds
from camp_monitor.scenes.bounds import check_window, pieces
from camp_monitor.scenes.footprint import NotOnEarth, bounding_box, footprint
from camp_monitor.scenes.inspecting import inspect_file
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.sensors import SENSORS
from tests.scenes.painted import grid, numbers, write_tiff

PLACE = grid(64, 64)


def empty_tiff(path: Path, side: int, **options: object) -> Path:
    """A picture of which no block was ever written: a few kilobytes that claim to be any size."""
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint8",
        "crs": "EPSG:32652", "transform": PLACE.affine, "tiled": True, "blockxsize": 512,
        "blockysize": 512, "compress": "deflate", "SPARSE_OK": True, "BIGTIFF": "YES",
    }  # fmt: skip
    with rasterio.open(path, "w", **(profile | options)):
        pass
    return path


@pytest.mark.parametrize(
    ("side", "options", "said"),
    [
        (40_000, {}, "as no image that was taken does"),
        (200_000, {}, "cut out the part that is needed"),
        (64, {"count": 600}, "600 bands"),
        (20_000, {"blockxsize": 16_384, "blockysize": 16_384}, "blocks of 16384 x 16384"),
        (40_000, {"blockxsize": 16, "blockysize": 16}, "blocks"),
    ],
)
def test_what_a_file_claims_is_bounded_before_it_is_read(
    tmp_path: Path, side: int, options: dict[str, object], said: str
) -> None:
    path = empty_tiff(tmp_path / "a.tif", side, **options)
    start = time.monotonic()
    with pytest.raises(SceneError, match=said), open_raster(path, "get it again"):
        pass
    assert time.monotonic() - start < 5


def test_an_honest_empty_mask_is_open(tmp_path: Path) -> None:
    with open_raster(empty_tiff(tmp_path / "a.tif", 10_980), "get it again") as source:
        assert source.width == 10_980


def test_a_tag_that_claims_a_frame_without_end_is_refused_at_once(tmp_path: Path) -> None:
    """A pixel of 1e-157 by 1e96 metres: points along the frame by distance would never end."""
    for wide, high in ((2e-157, 5e96), (1e-9, 1e6), (1e300, 1e-300)):
        flat = Affine(wide, 0, 499_520, 0, -high, 4_660_480)
        path = write_tiff(tmp_path / "a.tif", numbers(rows=64, columns=64), PLACE, transform=flat)
        start = time.monotonic()
        with pytest.raises(SceneError):
            inspect_file(path, SENSORS["sentinel-2"])
        assert time.monotonic() - start < 5


def test_a_list_of_tags_that_follows_itself_ends(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", numbers(rows=64, columns=64))
    held = bytearray(path.read_bytes())
    start = struct.unpack_from("<I", held, 4)[0]
    count = struct.unpack_from("<H", held, start)[0]
    struct.pack_into("<I", held, start + 2 + 12 * count, start)
    path.write_bytes(held)
    begun = time.monotonic()
    assert inspect_file(path, SENSORS["sentinel-2"]).grid.shape == (64, 64)
    assert time.monotonic() - begun < 5


def with_tag(path: Path, tag: int, body: bytes) -> None:
    """Let a TIFF have one more tag of text."""
    held = bytearray(path.read_bytes())
    start = struct.unpack_from("<I", held, 4)[0]
    count = struct.unpack_from("<H", held, start)[0]
    entries = [struct.unpack_from("<HHII", held, start + 2 + 12 * n) for n in range(count)]
    entries = sorted([*entries, (tag, 2, len(body), len(held))])
    held += body
    struct.pack_into("<I", held, 4, len(held))
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    path.write_bytes(held + struct.pack("<H", len(entries)) + packed + bytes(4))


def test_a_tag_of_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """GDAL makes of 64 MB of metadata more than 1 GB in memory."""
    path = write_tiff(tmp_path / "a.tif", numbers(rows=64, columns=64))
    item = b"<Item name='a'>b</Item>"
    with_tag(path, 42112, b"<GDALMetadata>" + 200_000 * item + b"</GDALMetadata>\0")
    with pytest.raises(SceneError, match=r"a tag \(42112\)"), open_raster(path, "x"):
        pass


def test_a_frame_across_180_degrees_is_split() -> None:
    frame = footprint(GeoBox((40, 40), Affine(3000, 0, 690_000, 0, -3000, 5_750_000), "EPSG:32660"))
    west, east = sorted(part.bounds for part in frame.geoms)
    assert west[0] == -180
    assert west[2] == pytest.approx(-178.502, abs=0.001)
    assert east[0] == pytest.approx(179.696, abs=0.001)
    assert east[2] == 180
    assert bounding_box(frame)[0::2] == pytest.approx((179.696, -178.502), abs=0.001)
    assert not frame.intersects(shapely.Point(127, 51))


def test_a_frame_round_a_pole_or_beyond_180_degrees_is_refused() -> None:
    polar = GeoBox((200, 200), Affine(10_000, 0, -1e6, 0, -10_000, 1e6), "EPSG:3413")
    beyond = GeoBox((100, 100), Affine(0.1, 0, 175, 0, -0.1, 50), "EPSG:4326")
    for place in (polar, beyond):
        with pytest.raises(NotOnEarth):
            footprint(place)


@settings(deadline=None, max_examples=60)
@given(
    zone=st.integers(1, 60), east_m=st.floats(200_000, 800_000), north_m=st.floats(1e5, 8e6),
    side_m=st.floats(1, 100_000), height_share=st.floats(0.1, 10),
)  # fmt: skip
def test_a_footprint_is_as_wide_as_the_frame(
    zone: int, east_m: float, north_m: float, side_m: float, height_share: float
) -> None:
    affine = Affine(side_m / 50, 0, east_m, 0, -side_m * height_share / 50, north_m)
    frame = footprint(GeoBox((50, 50), affine, f"EPSG:{32600 + zone}"))
    west, south, east, north = bounding_box(frame)
    wide_deg = (east - west) % 360
    assert wide_deg < 3 + side_m / 111_000 * 6
    assert north - south < side_m * height_share / 100_000 + side_m / 50_000 + 1e-6


def test_an_outline_beside_180_degrees_is_searched_on_both_sides() -> None:
    ring = shapely.box(179.99, 51, 179.9999, 51.01)
    area = widened(ring, 1000)
    assert area.geom_type == "MultiPolygon"
    assert area.area < 0.001
    assert area.intersects(shapely.Point(-179.995, 51.005))
    again = widened(area, 100)
    assert again.area < 0.002


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_pieces_cover_every_pixel_once(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    side = data.draw(st.integers(1, 200))
    most = data.draw(st.integers(1, 5000))
    path = tmp_path_factory.mktemp("p") / "a.tif"
    tiles: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 32}
    options = data.draw(st.sampled_from([{}, tiles]))
    write_tiff(path, np.ones((3, side, 70), np.uint8), **options)
    with pytest.MonkeyPatch.context() as patch, rasterio.open(path) as source:
        patch.setattr(bounds, "PIECE_NUMBERS", most)
        counted = np.zeros(source.shape, int)
        for window in pieces(source):
            counted[window.toslices()] += 1
            assert window.width * window.height * 3 <= max(most, 3)
    assert (counted == 1).all()


def test_a_window_that_fits_in_no_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    check_window(Window(0, 0, 5000, 5000), 1, path)
    with pytest.raises(SceneError, match="use a smaller outline"):
        check_window(Window(0, 0, 20_000, 20_000), 1, path)
