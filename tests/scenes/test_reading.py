from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from pyproj import Transformer

from camp_monitor.errors import SceneError
from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.reading import choose_grid, read_image
from camp_monitor.scenes.scene import BandFile, Scene
from tests.scenes.painted import BANDS, UTM, grid, numbers, write_tiff
from tests.scenes.painted import make_scene as make_reflectance


def make_scene(**changes: Any) -> Scene:
    """A scene of counts, as the files here hold them: no reflectance is as high."""
    return make_reflectance(**{"quantity": "dn16"} | changes)


def bands_of(
    path: Path,
    names: tuple[str, ...] = BANDS,
    nodata: float | None = 0,
    scale: float = 1.0,
    offset: float = 0.0,
) -> tuple[BandFile, ...]:
    return tuple(
        BandFile(name, path, number, scale, offset, nodata)
        for number, name in enumerate(names, start=1)
    )


def ground(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Brightness of a made-up landscape at a place in UTM; 5 m aside is 0.016 another."""
    return 0.5 + 0.1 * np.sin(2 * np.pi * x_m / 200) * np.cos(2 * np.pi * y_m / 200)


def photographed(place: GeoBox) -> NDArray[np.float32]:
    """The landscape as seen at the centre of every pixel of `place`."""
    rows, columns = np.indices(place.shape) + 0.5
    at = place.affine
    x, y = at.a * columns + at.b * rows + at.c, at.d * columns + at.e * rows + at.f
    to_utm = Transformer.from_crs(str(place.crs), UTM, always_xy=True)
    return ground(*to_utm.transform(x, y)).astype(np.float32)


@pytest.mark.parametrize("kind", ["sigma0", "gamma0"])
@pytest.mark.parametrize("unit", ["db", "power"])
def test_radar_is_averaged_in_power_and_comes_in_decibels(
    tmp_path: Path, kind: str, unit: str
) -> None:
    """Half a pixel between 1 and -20 dB lies -1.98; in decibels it would be -9.5."""
    power = np.tile(np.array([10**0.1, 0.01], np.float32), (64, 32))
    power[5, 5], power[9, 9] = 0, -32768  # what products hold where nothing was seen
    with np.errstate(divide="ignore", invalid="ignore"):
        stored = power if unit == "power" else 10 * np.log10(power)
    path = write_tiff(tmp_path / "r.tif", stored.astype(np.float32))
    scene = make_scene(bands=bands_of(path, ("vv",), None), quantity=f"{kind}_{unit}")
    on_grid, between = grid(64, 64), grid(64, 64).translate_pix(0.5, 0)
    image = read_image(scene, on_grid)
    assert image.quantity == f"{kind}_db"
    assert image.flags[5, 5] == image.flags[9, 9] == Quality.NODATA
    assert image.pixels[0, 30, :2] == pytest.approx([1, -20], abs=1e-4)
    assert read_image(scene, between).pixels[0, 30, 20] == pytest.approx(-1.98, abs=0.01)


def test_values_survive_on_the_scenes_own_grid(tmp_path: Path) -> None:
    stored = numbers()
    path = write_tiff(tmp_path / "a.tif", stored)
    image = read_image(make_scene(bands=bands_of(path)), grid())
    np.testing.assert_array_equal(image.pixels, stored.astype(np.float32))
    assert image.usable.all()
    window = grid()[40:140, 30:90]
    scaled = make_reflectance(bands=bands_of(path, scale=1e-4, offset=-0.1))
    part = read_image(scaled, window)
    expected = stored[:, 40:140, 30:90] * 1e-4 - 0.1
    np.testing.assert_allclose(part.pixels, expected, atol=1e-6)


def test_a_scene_is_moved_back_by_its_shift(tmp_path: Path) -> None:
    stored = np.full((1, 64, 64), 100, np.uint16)
    stored[0, 12, 23] = 900
    path = write_tiff(tmp_path / "a.tif", stored)
    scene = make_scene(bands=bands_of(path, ("red",)))
    image = read_image(scene, grid(64, 64), shift_px=(2.0, 3.0))
    assert image.pixels[0, 10, 20] == 900
    half = read_image(scene, grid(64, 64), shift_px=(0.5, 0.0))
    assert half.pixels[0, 11:13, 23].tolist() == [500, 500]


def test_only_what_is_empty_in_every_band_is_nodata(tmp_path: Path) -> None:
    stored = numbers(bands=2)
    stored[0, 10, 10] = 0
    stored[:, 20, 20] = 0
    path = write_tiff(tmp_path / "a.tif", stored, nodata=0)
    image = read_image(make_scene(bands=bands_of(path, ("red", "nir"))), grid())
    assert np.argwhere(~image.usable).tolist() == [[20, 20]]
    assert image.flags[20, 20] == Quality.NODATA
    assert np.isnan(image.pixels[:, 20, 20]).all()
    assert image.pixels[0, 10, 10] == 0
    assert image.pixels[1, 20, 21] == stored[1, 20, 21]


def test_a_number_that_is_not_finite_is_nodata(tmp_path: Path) -> None:
    stored = numbers(bands=2).astype(np.float32)
    stored[0, 5, 5], stored[1, 7, 7] = np.nan, np.inf
    path = write_tiff(tmp_path / "a.tif", stored)
    image = read_image(make_scene(bands=bands_of(path, ("red", "nir"), nodata=None)), grid())
    assert np.argwhere(~image.usable).tolist() == [[5, 5], [7, 7]]
    assert np.isfinite(image.pixels[:, image.usable]).all()


def turned(degrees: float, south_up: bool = False) -> GeoBox:
    """Pixels of 5 m round the middle of `grid()`, turned about it."""
    cosine, sine = 5 * np.cos(np.radians(degrees)), 5 * np.sin(np.radians(degrees))
    down = -1 if south_up else 1
    a, b, d, e = cosine, down * sine, sine, -down * cosine
    return GeoBox(
        (800, 800),
        Affine(a, b, 501_280 - 400 * (a + b), d, e, 4_598_720 - 400 * (d + e)),
        UTM,
    )


def covering(crs: str, pixel: float) -> GeoBox:
    return GeoBox.from_geopolygon(grid().extent.to_crs(crs).buffer(30 * pixel), pixel, crs)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(covering("EPSG:4326", 5e-5), id="degrees"),
        pytest.param(covering("EPSG:3857", 7), id="web-mercator"),
        pytest.param(covering("EPSG:32651", 5), id="neighbouring-utm-zone"),
        pytest.param(turned(30), id="rotated"),
        pytest.param(turned(90), id="on-its-side"),
        pytest.param(turned(170), id="nearly-upside-down"),
        pytest.param(turned(0, south_up=True), id="south-up"),
    ],
)
def test_every_projection_lands_at_the_right_place(tmp_path: Path, place: GeoBox) -> None:
    path = write_tiff(tmp_path / "a.tif", photographed(place), place)
    image = read_image(make_scene(bands=bands_of(path, ("red",), nodata=None)), grid())
    assert image.usable.all()
    np.testing.assert_allclose(image.pixels[0], photographed(grid()), atol=0.004)


def test_one_file_per_band_may_have_other_pixels(tmp_path: Path) -> None:
    fine, coarse = grid(300, 300, 10), grid(150, 150, 20)
    red = write_tiff(tmp_path / "red.tif", photographed(fine), fine)
    swir = write_tiff(tmp_path / "swir1.tif", photographed(coarse), coarse)
    scl = np.full((150, 150), 4, np.uint8)
    scl[60, 60] = 9
    clouds = write_tiff(tmp_path / "scl.tif", scl, coarse)
    scene = make_scene(
        bands=(BandFile("red", red, 1, 1, 0, None), BandFile("swir1", swir, 1, 1, 0, None)),
        quality=BandFile("scl", clouds, 1, 1, 0, None),
    )
    image = read_image(scene, grid())
    np.testing.assert_array_equal(image.pixels[0], photographed(grid()))
    inner = (slice(1, -1), slice(1, -1))
    np.testing.assert_allclose(image.pixels[1][inner], photographed(grid())[inner], atol=0.012)
    cloudy = np.argwhere(image.flags == Quality.CLOUD)
    assert cloudy.mean(axis=0).tolist() == [120.5, 120.5]
    assert cloudy.min() == 120 - 6
    assert not (image.flags & ~np.uint8(Quality.CLOUD)).any()


def test_outside_the_scene_nothing_is_known(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", numbers())
    scene = make_scene(bands=bands_of(path))
    away = read_image(scene, grid().translate_pix(1000, 0))
    assert (away.flags == Quality.NODATA).all()
    assert np.isnan(away.pixels).all()
    half = read_image(scene, grid().translate_pix(128, 0))
    assert half.usable[:, :128].all()
    assert not half.usable[:, 128:].any()


@pytest.mark.parametrize(("name", "clear"), [("scl", 4), ("qa_pixel", 21824)])
def test_where_the_quality_band_does_not_reach_nothing_is_known(
    tmp_path: Path, name: str, clear: int
) -> None:
    path = write_tiff(tmp_path / "a.tif", numbers())
    short = write_tiff(tmp_path / "q.tif", np.full((256, 100), clear, np.uint16))
    scene = make_scene(bands=bands_of(path), quality=BandFile(name, short, 1, 1, 0, None))
    image = read_image(scene, grid())
    assert image.usable[:, :100].all()
    assert (image.flags[:, 100:] == Quality.NODATA).all()
    assert np.isnan(image.pixels[:, :, 100:]).all()


def test_a_missing_or_shortened_file_is_one_sentence(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", numbers())
    scene = make_scene(bands=bands_of(path))
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(SceneError, match=r"a\.tif cannot be read as an image"):
        read_image(scene, grid())
    path.unlink()
    with pytest.raises(SceneError, match=r"There is no file .*a\.tif"):
        choose_grid(scene, scene, shapely.box(126.99, 41.5, 127.01, 41.52), 256)


def on(tmp_path: Path, place: GeoBox, pixel_m: float) -> Scene:
    path = write_tiff(tmp_path / "a.tif", np.ones((1, *place.shape), np.uint8), place)
    return make_scene(bands=bands_of(path, ("red",)), pixel_m=pixel_m)


def test_the_coarser_scenes_own_pixels_are_kept(tmp_path: Path) -> None:
    fine = on(tmp_path / "fine", grid(64, 64, 10), 10.0)
    coarse = on(tmp_path / "coarse", grid(64, 64, 30), 30.0)
    chosen = choose_grid(fine, coarse, shapely.box(127.001, 41.52, 127.003, 41.53), 64)
    assert str(chosen.crs) == UTM
    assert chosen.affine.a == 30
    assert (chosen.affine.c - 500_000) % 30 == (chosen.affine.f - 4_600_000) % 30 == 0


@pytest.mark.parametrize(
    ("crs", "pixel", "pixel_m", "lon", "lat", "expected"),
    [
        ("EPSG:4326", 1e-4, 10.0, 129.7, 42.5, "EPSG:32652"),
        ("EPSG:4326", 1e-4, 11.0, -74.5, -8.4, "EPSG:32718"),
        ("EPSG:3857", 20.0, 10.0, 129.7, 60.0, "EPSG:32652"),
        ("EPSG:4326", 1e-4, 10.0, 179.9, 10.0, "EPSG:32660"),
    ],
)
def test_pixels_that_are_not_metres_give_way_to_utm(
    tmp_path: Path, crs: str, pixel: float, pixel_m: float, lon: float, lat: float, expected: str
) -> None:
    centre = Geometry(shapely.Point(lon, lat), "EPSG:4326").to_crs(crs)
    place = GeoBox.from_geopolygon(centre.buffer(50 * pixel), pixel, crs)
    scene = on(tmp_path, place, pixel_m)
    area = shapely.Point(lon, lat).buffer(0.0005)
    chosen = choose_grid(scene, scene, area, 128)
    assert str(chosen.crs) == expected
    assert chosen.affine.a == pixel_m
    assert chosen.shape == (128, 128)
    assert chosen.extent.to_crs("EPSG:4326").geom.covers(area)


@given(
    lon=st.floats(126.5, 127.5),
    lat=st.floats(41.2, 41.8),
    width_deg=st.floats(1e-5, 0.02),
    height_deg=st.floats(1e-5, 0.02),
    context_px=st.integers(64, 300),
)
@settings(max_examples=40, deadline=None)
def test_the_window_covers_the_area_and_its_surroundings(
    tmp_path_factory: pytest.TempPathFactory,
    lon: float,
    lat: float,
    width_deg: float,
    height_deg: float,
    context_px: int,
) -> None:
    scene = on(tmp_path_factory.mktemp("s"), grid(8, 8), 10.0)
    area = shapely.box(lon, lat, lon + width_deg, lat + height_deg)
    chosen = choose_grid(scene, scene, area, context_px)
    assert min(chosen.shape) >= context_px
    flat = Geometry(area, "EPSG:4326").to_crs(UTM, 0.001).geom
    assert chosen.extent.geom.buffer(0.01).covers(flat)
    assert chosen.affine.c % 10 == chosen.affine.f % 10 == 0


def test_a_window_too_large_for_memory_is_refused(tmp_path: Path) -> None:
    scene = on(tmp_path, grid(8, 8, 0.5), 0.5)
    with pytest.raises(SceneError, match="scan a smaller outline"):
        choose_grid(scene, scene, shapely.box(126.9, 41.5, 127.1, 41.6), 256)


def test_what_lies_beside_a_file_does_not_move_it(tmp_path: Path) -> None:
    """Statistics that a viewer leaves beside a file are not under its checksum."""
    path = write_tiff(tmp_path / "a.tif", numbers())
    scene = make_scene(bands=bands_of(path))
    before = read_image(scene, grid()).pixels
    path.with_name("a.tif.aux.xml").write_text(
        "<PAMDataset><GeoTransform>0,10,0,0,0,-10</GeoTransform></PAMDataset>"
    )
    np.testing.assert_array_equal(read_image(scene, grid()).pixels, before)
