"""What is not data is not data, whether a file says so or not."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp

import camp_monitor as cm
from camp_monitor.errors import SceneError
from camp_monitor.scenes.adding import open_scene
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.reading import native_grid, read_image
from camp_monitor.scenes.scene import BandFile, Scene, SceneDescription
from tests.scenes.painted import grid, numbers, texture, write_tiff

SIDE = 128
HALF = np.arange(SIDE)[None, :] >= SIDE // 2
HALF = np.broadcast_to(HALF, (SIDE, SIDE))
"""The half that is no data."""


def colours(bands: int = 3) -> NDArray[np.uint8]:
    layers = [120 + 15 * texture(band, (SIDE, SIDE)) for band in range(bands)]
    return np.clip(layers, 1, 254).astype(np.uint8)


def opened(path: Path, sensor: str = "rgb", **said: Any) -> Scene:
    return open_scene((path,), SceneDescription(sensor, "2016-08-29", **said))


def seen(scene: Scene) -> NDArray[np.bool_]:
    return read(scene).usable


def read(scene: Scene) -> Image:
    return read_image(scene, native_grid(scene.bands[0]))


def assert_half(usable: NDArray[np.bool_]) -> None:
    wrong = usable == HALF
    assert wrong[:, np.abs(np.arange(SIDE) - SIDE // 2) > 2].mean() == 0


def masked(path: Path) -> Path:
    write_tiff(path, colours())
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as target:
        target.write_mask(~HALF)
    return path


def with_alpha(path: Path) -> Path:
    alpha = np.where(HALF, 0, 255).astype(np.uint8)
    return write_tiff(path, np.stack([*colours(), alpha]), photometric="RGB", alpha="YES")


def filled(fill: float, dtype: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        return write_tiff(path, np.where(HALF, fill, colours().astype(float)).astype(dtype))

    return write


def sparse(path: Path) -> Path:
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64, "sparse_ok": True}
    half = colours()[:, :, : SIDE // 2]
    profile = {"driver": "GTiff", "count": 3, "height": SIDE, "width": SIDE, "dtype": "uint8",
               "crs": "EPSG:32652", "transform": grid(SIDE, SIDE).affine}  # fmt: skip
    with rasterio.open(path, "w", **profile, **tiles) as target:
        target.write(half, window=((0, SIDE), (0, SIDE // 2)))
    return path


def doubled(path: Path) -> Path:
    """Lead both tiles of the right half to the bytes of one."""
    write_tiff(path, colours(), tiled=True, blockxsize=64, blockysize=64)
    held = bytearray(path.read_bytes())
    start = int(struct.unpack_from("<I", held, 4)[0])
    count = int(struct.unpack_from("<H", held, start)[0])
    entries = [struct.unpack_from("<HHII", held, start + 2 + 12 * at) for at in range(count)]
    offsets = next(value for tag, _, _, value in entries if tag == 324)  # TileOffsets
    held[offsets + 12 : offsets + 16] = held[offsets + 4 : offsets + 8]
    path.write_bytes(held)
    return path


HALF_EMPTY = {
    "mask": masked,
    "alpha": with_alpha,
    "zeros": filled(0, "uint8"),
    "minus 9999": filled(-9999, "int16"),
    "minus 9999 in 16 bits without a sign": filled(55537, "uint16"),
    "minus 32768": filled(-32768, "int16"),
    "not a number": filled(np.nan, "float32"),
    "infinite": filled(np.inf, "float32"),
    "negative counts": filled(-7, "int16"),
    "no bytes": sparse,
    "bytes of another block": doubled,
}


@pytest.mark.parametrize("write", HALF_EMPTY.values(), ids=HALF_EMPTY)
def test_what_holds_no_measurement_is_not_seen(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    assert_half(seen(opened(write(tmp_path / "a.tif"))))


def test_alpha_counts_where_the_bands_are_named_too(tmp_path: Path) -> None:
    path = with_alpha(tmp_path / "a.tif")
    scene = opened(path, bands=("red", "green", "blue", "unused"))
    assert scene.band_names == ("red", "green", "blue")
    assert_half(seen(scene))


@pytest.mark.parametrize("sensor", ["rgbn", "naip", "planetscope"])
@pytest.mark.parametrize("bands", [None, ("red", "green", "blue", "nir")])
def test_alpha_is_never_infrared(
    tmp_path: Path, sensor: str, bands: tuple[str, ...] | None
) -> None:
    path = with_alpha(tmp_path / "a.tif")
    with pytest.raises(SceneError, match="alpha"):
        opened(path, sensor, bands=bands)


def test_what_a_file_describes_as_infrared_is_no_alpha(tmp_path: Path) -> None:
    names = ("red", "green", "blue", "nir")
    path = write_tiff(tmp_path / "a.tif", colours(4), descriptions=names)
    with rasterio.open(path) as source:
        assert source.colorinterp[3] is ColorInterp.alpha  # GDAL's choice for four bands of 8 bits
    scene = opened(path, "rgbn")
    assert scene.band_names == names
    assert seen(scene).all()


def test_dark_ground_inside_the_frame_stays(tmp_path: Path) -> None:
    dark = colours()
    dark[:, 40:50, 40:50] = 0
    dark[:, :3, 60:63] = 0
    assert seen(opened(write_tiff(tmp_path / "a.tif", dark))).all()


@pytest.mark.parametrize(
    ("number", "offset"), [(65_000, 0.0), (21_000, 0.0), (1, -0.3), (65_535, -0.1)]
)
def test_impossible_reflectances_are_not_seen(tmp_path: Path, number: int, offset: float) -> None:
    layers = np.where(
        HALF & (np.arange(SIDE)[:, None] < 100), number, numbers(0, SIDE, SIDE) + 2000
    )
    path = write_tiff(tmp_path / "a.tif", layers.astype(np.uint16), nodata=0)
    usable = seen(opened(path, "planetscope", scale=1e-4, offset=offset))
    assert not usable[:98, SIDE // 2 + 2 :].any()
    assert usable[:, : SIDE // 2 - 2].all()


def test_radar_beyond_any_echo_is_not_seen(tmp_path: Path) -> None:
    for fill in (-99.0, 1e20):
        layers = np.stack([-12 + texture(1, (SIDE, SIDE)), -19 + texture(2, (SIDE, SIDE))])
        layers[:, HALF] = fill
        path = write_tiff(tmp_path / "a.tif", layers.astype(np.float32))
        said = {"quantity": "sigma0_db"} if fill < 0 else {}
        low = layers[:, :, : SIDE // 2 + 4]
        path = write_tiff(tmp_path / "a.tif", low.astype(np.float32), grid(SIDE, SIDE // 2 + 4))
        usable = seen(opened(path, "sentinel-1", **said))
        assert usable[:, : SIDE // 2 - 2].all()
        assert not usable[:, SIDE // 2 + 1 :].any()


def test_an_absurd_share_refuses_the_file(tmp_path: Path) -> None:
    wrapped = (numbers(0, SIDE, SIDE) - 2000).astype(np.uint16)
    path = write_tiff(tmp_path / "a.tif", wrapped, nodata=0)
    with pytest.raises(SceneError, match="no reflectance"):
        opened(path, "planetscope")


def tagged(path: Path, scale: float, offset: float, dtype: str = "uint16") -> Path:
    write_tiff(path, numbers(0, SIDE, SIDE).astype(dtype))
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (scale,) * 4, (offset,) * 4
    return path


def test_scale_and_offset_of_the_tags_are_used(tmp_path: Path) -> None:
    for sensor, scale, offset in (("sentinel-2", 1e-4, -0.1), ("planetscope", 1e-4, 0.0)):
        scene = opened(tagged(tmp_path / "a.tif", scale, offset), sensor)
        assert {(band.scale, band.offset) for band in scene.bands} == {(scale, offset)}
    scene = opened(tagged(tmp_path / "a.tif", 2e-4, 0.05, "float32"), "planetscope")
    assert {(band.scale, band.offset) for band in scene.bands} == {(2e-4, 0.05)}


def test_tags_that_contradict_the_sensor_are_refused(tmp_path: Path) -> None:
    for sensor, scale, offset in (
        ("planetscope", 2.75e-5, -0.2), ("sentinel-2", 1e-3, -0.1), ("sentinel-2", 1e-4, 0.4),
    ):  # fmt: skip
        path = tagged(tmp_path / "a.tif", scale, offset)
        with pytest.raises(SceneError, match="tags of"):
            opened(path, sensor)
    told = opened(path, "sentinel-2", scale=1e-4, offset=-0.1)
    assert {(band.scale, band.offset) for band in told.bands} == {(1e-4, -0.1)}


@pytest.mark.parametrize(
    ("scale", "offset"), [(0.0, 0.0), (-1e-4, 0.0), (np.nan, 0.0), (np.inf, 0.0), (1.0, np.nan)]
)
def test_scale_and_offset_are_numbers_that_can_be(
    tmp_path: Path, scale: float, offset: float
) -> None:
    with pytest.raises(SceneError, match="scale"):
        BandFile("red", Path("a.tif"), 1, scale, offset, None)
    with pytest.raises(SceneError, match="scale"):
        SceneDescription("rgb", "2016", scale=scale, offset=offset)
    with pytest.raises(SceneError, match="scale"):
        opened(tagged(tmp_path / "a.tif", scale, offset), "planetscope")


CASES = ("01-internal-mask-after", "02-alpha-band-unused", "04-undeclared-zero-border")


@pytest.mark.parametrize("name", CASES)
def test_a_hidden_half_of_an_outline_is_half_seen(imagery_folder: Path, name: str) -> None:
    folder = imagery_folder / "cases" / name
    if not folder.is_dir():
        pytest.skip("The folder of imagery holds no cases.")
    place = cm.read_outline(folder / "outline.geojson")
    before, after = (
        cm.open_scene(folder / f"{date}.tif", sensor="rgb", acquired=year)
        for date, year in (("before", "2015"), ("after", "2016"))
    )
    outcome = cm.compare(place, before, after).result.observations[0]
    assert outcome.seen_fraction == pytest.approx(0.5, abs=0.02)
