"""Rasters in files: what is written is read, by windows, and regions do not end with a run."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.detect import regions
from camp_monitor.detect.detection import Change
from camp_monitor.errors import SceneError
from camp_monitor.scenes import blocks, no_data, stored
from camp_monitor.scenes.morphology import dilated, eroded, highest_near, majority

GRID = GeoBox((300, 260), Affine(10, 0, 5e5, 0, -10, 4.7e6), "EPSG:32645")


def test_windows_of_a_raster_in_a_file_are_those_of_an_array(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = np.random.default_rng(1).normal(size=(3, 50, 40)).astype(np.float32)
    monkeypatch.setattr(stored, "LARGE_PX", 100)
    raster = stored.scratch(held.shape, np.float32)
    assert not stored.in_memory(raster)
    assert not np.asarray(raster).any()
    raster[..., 10:20, 5:9] = held[..., 10:20, 5:9]
    raster[:, :10] = held[:, :10]
    raster[[0, 2], 20:] = held[[0, 2], 20:]
    raster[1][20:] = held[1][20:]
    raster[:, 10:20, :5], raster[:, 10:20, 9:] = held[:, 10:20, :5], held[:, 10:20, 9:]
    assert np.asarray(raster).tobytes() == held.tobytes()
    assert (raster[2, 3:9, ::3] == held[2, 3:9, ::3]).all()
    assert (raster[[0, 2], 4:8] == held[[0, 2], 4:8]).all()
    inner = stored.part_of(raster, (slice(5, 20), slice(3, 30)))
    assert (inner[:, 2:4, 1:5] == held[:, 7:9, 4:8]).all()
    line = np.array([2, 3, 4], np.float32), np.array([1, 0, -1], np.float32)
    matched = blocks.on_line(raster, *line)[2]
    assert (matched[0:5, 0:5] == held[2, :5, :5] * line[0][2] + line[1][2]).all()
    where = np.array([0, 3, 41, 1999])
    assert (stored.picked(raster[1], where) == held[1].reshape(-1)[where]).all()


def test_no_room_on_the_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LARGE_PX", 100)
    monkeypatch.setattr(stored, "SPARE_BYTES", 1 << 60)
    with pytest.raises(SceneError, match="GB free, and comparing images of 40 x 50 pixels needs"):
        stored.scratch((50, 40), np.float32)


@pytest.mark.parametrize("rows", [1, 7, 50])
@pytest.mark.parametrize("spread", [2, 5])
def test_regions_are_the_same_by_any_runs_of_rows(
    rows: int, spread: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(spread)
    seen = rng.random(GRID.shape) < 0.97
    changed = (ndimage.gaussian_filter(rng.normal(size=GRID.shape), spread) > 0.02) & seen
    weak = ndimage.gaussian_filter(rng.normal(size=GRID.shape), 2) * 8
    strength = np.where(changed, 1.5, weak).astype(np.float32)
    change = Change("construction", changed, strength, 0.8, 6)
    searched = np.zeros(GRID.shape, bool)
    searched[20:280, 10:200] = True

    def told() -> tuple[object, ...]:
        found = regions.outline_regions(change, GRID, searched, 0.2)
        return (
            found,
            [(one.window, one.where.tobytes()) for one in found],
            np.asarray(regions.candidate_pixels(change, seen)).tobytes(),
            np.asarray(regions.region_pixels(changed, 6)).tobytes(),
            regions.count_regions(changed, (searched,), 6),
        )

    whole = told()
    monkeypatch.setattr(stored, "LARGE_PX", 100)
    monkeypatch.setattr(blocks, "STRIP_PX", rows * GRID.shape[1])
    assert told() == whole
    assert whole[0]


@pytest.mark.parametrize("rows", [1, 9, 64])
def test_a_fill_reaches_the_border_through_any_runs_of_rows(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(200, 150)), 3)
    at_fill = np.where(ground > 0.02, 1, np.where(ground < -0.04, 2, 0)).astype(np.uint8)
    whole = no_data._filled_from_border(at_fill)
    monkeypatch.setattr(stored, "LARGE_PX", 100)
    monkeypatch.setattr(blocks, "STRIP_PX", rows * 150)
    assert (no_data._filled_from_border(at_fill) == whole).all()
    assert 0 < whole.mean() < (at_fill > 0).mean()


@pytest.mark.parametrize("shape", [(40, 30), (3, 2), (1, 9)])
@pytest.mark.parametrize("diagonal", [False, True])
def test_widening_by_shifts_is_that_of_scipy(shape: tuple[int, int], diagonal: bool) -> None:
    where = np.random.default_rng(4).random(shape) < 0.4
    around = np.ones((3, 3)) if diagonal else None
    for steps in (1, 3):
        wide = ndimage.binary_dilation(where, around, steps)
        assert (dilated(where, steps, diagonal=diagonal) == wide).all()
        for beyond in (False, True):
            narrow = ndimage.binary_erosion(where, around, steps, border_value=int(beyond))
            assert (eroded(where, steps, diagonal=diagonal, beyond=beyond) == narrow).all()


@pytest.mark.parametrize("shape", [(40, 30), (3, 2), (1, 9)])
def test_filters_by_shifts_are_those_of_scipy(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    for side_px in (3, 5):
        assert (highest_near(values, side_px) == ndimage.maximum_filter(values, side_px)).all()
    where = values > 0.2
    median = ndimage.median_filter(where.astype(np.uint8), 3) > 0
    assert (majority(where) == median).all()
