"""A radar file with a known truth comes out on the ground where and as bright as it is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.control import GroundControlPoint

from camp_monitor.errors import SceneError
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.sar import geocoding
from camp_monitor.scenes.sar.backscatter import FLOOR_DB
from camp_monitor.scenes.sar.calibration_files import read_calibration, read_noise
from camp_monitor.scenes.sar.geocoding import Backscatter, geocode
from tests.scenes.products import (
    LINES,
    PIXELS,
    UTM,
    Ground,
    calibration_xml,
    control_points,
    noise_xml,
    numbers_of,
    on_ground,
    write_grd,
)

CALIBRATION = read_calibration(calibration_xml(), "calibration.xml")
NOISE = read_noise(noise_xml(), "noise.xml")
MIDDLE = on_ground(np.array(LINES / 2), np.array(PIXELS / 2), 0.0)
HILL = float(MIDDLE[0]) + 137, float(MIDDLE[1]) - 83
Floats = NDArray[np.float64]


def grid(pixel_m: float = 10.0, side_m: float = 1280.0, east_m: float = 0.0) -> GeoBox:
    west = 10 * round((float(MIDDLE[0]) - side_m / 2 + east_m) / 10)
    north = 10 * round((float(MIDDLE[1]) + side_m / 2) / 10)
    side = round(side_m / pixel_m)
    return GeoBox((side, side), Affine(pixel_m, 0, west, 0, -pixel_m, north), UTM)


def places(box: GeoBox) -> tuple[Floats, Floats]:
    rows, columns = (np.arange(size) + 0.5 for size in box.shape)
    column, row = np.meshgrid(columns, rows)
    affine = box.affine
    return affine.c + affine.a * column, affine.f + affine.e * row


def made(
    folder: Path,
    ground: Ground,
    points: list[GroundControlPoint],
    box: GeoBox,
    *,
    noisy: bool = False,
    **given: Any,
) -> Backscatter:
    path = write_grd(folder / "iw-vv.tif", numbers_of(ground, noisy=noisy), points)
    with rasterio.open(path) as source:
        return geocode(source, CALIBRATION, box, noise=NOISE if noisy else None, **given)


def hill_off_m(found: Backscatter, box: GeoBox, ground: Ground) -> tuple[float, float]:
    """How far east and north of its true place the bright hill's middle lies."""
    x_m, y_m = places(box)
    power = 10 ** (found.sigma0_db.astype(float) / 10)
    middles = []
    for echo in (power, ground.power(x_m, y_m)):
        bright = np.clip(echo - 0.25, 0, None)
        middles.append([(where * bright).sum() / bright.sum() for where in (x_m, y_m)])
    return middles[0][0] - middles[1][0], middles[0][1] - middles[1][1]


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("corners", [False, True])
def test_ground_at_height_0_is_right_in_place_and_brightness(
    tmp_path: Path, noisy: bool, corners: bool
) -> None:
    ground, box = Ground(*HILL), grid()
    found = made(tmp_path, ground, control_points(corners=corners), box, noisy=noisy)
    off_db = np.abs(found.sigma0_db - 10 * np.log10(ground.power(*places(box))))
    assert np.quantile(off_db, 0.99) < 0.05
    assert off_db.max() < 0.2  # the very top of the hill, which bilinear reading rounds off
    assert math.hypot(*hill_off_m(found, box, ground)) < 1.0
    assert found.height_m == found.control_height_m == 0
    assert found.incidence_deg == pytest.approx(38.15, abs=0.02)
    assert found.read_px < 0.1 * LINES * PIXELS


@pytest.mark.parametrize(("points_m", "rise_m"), [(0.0, 0.0), (600.0, 200.0), (-40.0, 90.0)])
def test_ground_at_a_known_height_is_right_whatever_height_the_points_have(
    tmp_path: Path, points_m: float, rise_m: float
) -> None:
    """The points' height differs from slice to slice of one orbit; the place must not."""
    ground, box = Ground(*HILL, height_m=350), grid()
    points = control_points(points_m, rise_m)
    found = made(tmp_path, ground, points, box, height_m=350)
    assert math.hypot(*hill_off_m(found, box, ground)) < 2.0
    assert found.height_m == 350


def test_ground_above_the_assumed_height_lies_nearer_to_the_radar(tmp_path: Path) -> None:
    ground, box = Ground(*HILL, height_m=100), grid()
    found = made(tmp_path, ground, control_points(), box)
    east_m, north_m = hill_off_m(found, box, ground)
    assert math.hypot(east_m, north_m) == pytest.approx(found.displaced_m_per_100_m, abs=2)
    assert found.displaced_m_per_100_m == pytest.approx(127.3, abs=0.5)
    # the satellite flies north-north-west and looks to its right: it is in the west
    assert math.degrees(math.atan2(east_m, north_m)) == pytest.approx(-102, abs=2)


def test_larger_pixels_are_means_of_power(tmp_path: Path) -> None:
    """Columns of -20 and 0 dB by turns: the mean is -3, where that of decibels would be -10."""
    stripes = np.where(np.arange(PIXELS) % 2, 620, 62).astype(np.uint16)
    path = write_grd(tmp_path / "s.tif", np.tile(stripes, (LINES, 1)), control_points())
    with rasterio.open(path) as source:
        found = geocode(source, CALIBRATION, grid(pixel_m=40.0))
    assert np.median(found.sigma0_db) == pytest.approx(-2.9, abs=0.3)


def test_what_the_file_does_not_hold_is_not_seen(tmp_path: Path) -> None:
    numbers = numbers_of(Ground(*HILL))
    numbers[:, : PIXELS // 2] = 0
    path = write_grd(tmp_path / "half.tif", numbers, control_points())
    with rasterio.open(path) as source:
        half = geocode(source, CALIBRATION, grid())
        beside = geocode(source, CALIBRATION, grid(east_m=4000))
        far = geocode(source, CALIBRATION, grid(east_m=90_000))
    assert np.isnan(half.sigma0_db).mean() == pytest.approx(0.5, abs=0.02)
    assert 0 < np.isfinite(beside.sigma0_db).mean() < 1 or beside.read_px == 0
    assert np.isnan(far.sigma0_db).all()
    assert far.read_px == 0


def test_echo_below_the_noise_is_raised_to_the_floor(tmp_path: Path) -> None:
    path = write_grd(
        tmp_path / "dark.tif", np.full((LINES, PIXELS), 3, np.uint16), control_points()
    )
    with rasterio.open(path) as source:
        found = geocode(source, CALIBRATION, grid(), noise=NOISE)
    assert (found.sigma0_db == np.float32(FLOOR_DB)).all()


def test_a_part_cut_out_of_the_product_keeps_its_place_and_brightness(tmp_path: Path) -> None:
    ground, box, (row, column) = Ground(*HILL), grid(), (96, 160)
    whole = made(tmp_path, ground, control_points(), box, noisy=True)
    points = control_points()
    for point in points:
        point.row -= row
        point.col -= column
    part = numbers_of(ground, noisy=True)[row:420, column:500]
    with rasterio.open(write_grd(tmp_path / "part.tif", part, points)) as source:
        found = geocode(source, CALIBRATION, box, noise=NOISE, first=(row, column))
    seen = np.isfinite(found.sigma0_db)
    assert seen.mean() > 0.9
    assert np.abs(found.sigma0_db - whole.sigma0_db)[seen].max() < 1e-3


def bent(points: list[GroundControlPoint], **changes: float) -> list[GroundControlPoint]:
    for name, value in changes.items():
        setattr(points[7], name, value)
    return points


def of_two_rows(points: list[GroundControlPoint]) -> list[GroundControlPoint]:
    rows = sorted({point.row for point in points})[:2]
    return [point for point in points if point.row in rows]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], "has 0 ground control points"),
        (control_points()[:3], "has 3 ground control points"),
        (control_points()[:-1], "do not fill rows and columns"),
        ([control_points()[i] for i in (0, 0, *range(2, 66))], "do not fill rows and columns"),
        (of_two_rows(control_points()), "do not fill rows and columns"),
        (bent(control_points(), col=60.5), "do not fill rows and columns"),
        (bent(control_points(), z=1e9), "do not fill rows and columns"),
        (bent(control_points(), x=math.inf), "do not fill rows and columns"),
    ],
)
def test_control_points_that_cannot_be_used_are_refused(
    tmp_path: Path, points: list[GroundControlPoint], words: str
) -> None:
    path = write_grd(tmp_path / "iw-vv.tif", np.ones((LINES, PIXELS), np.uint16), points)
    with (
        open_raster(path, "get it again") as source,
        pytest.raises(SceneError, match=words) as refused,
    ):
        geocode(source, CALIBRATION, grid())
    assert "iw-vv.tif" in str(refused.value)


def test_control_points_in_one_place_show_nothing(tmp_path: Path) -> None:
    points = control_points()
    for point in points:
        point.x, point.y = 129.7, 42.2
    path = write_grd(tmp_path / "iw-vv.tif", np.ones((LINES, PIXELS), np.uint16), points)
    with rasterio.open(path) as source:
        assert np.isnan(geocode(source, CALIBRATION, grid()).sigma0_db).all()


def test_other_files_and_windows_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    power = np.ones((LINES, PIXELS), np.float32)
    path = write_grd(tmp_path / "rtc.tif", power, control_points())
    with rasterio.open(path) as source, pytest.raises(SceneError, match="float32 numbers"):
        geocode(source, CALIBRATION, grid())
    monkeypatch.setattr(geocoding, "MAX_WINDOW_PX", 1000)
    path = write_grd(tmp_path / "iw.tif", np.ones((LINES, PIXELS), np.uint16), control_points())
    with rasterio.open(path) as source:
        with pytest.raises(SceneError, match="1000 in all is the most"):
            geocode(source, CALIBRATION, grid())
        with pytest.raises(SceneError, match="not on the Earth"):
            geocode(source, CALIBRATION, grid(), height_m=math.nan)
