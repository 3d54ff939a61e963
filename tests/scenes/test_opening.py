"""Images are opened by many threads at once."""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import from_origin
from rasterio.warp import reproject

from camp_monitor.scenes.opening import open_raster

UTM = CRS.from_epsg(32652)


@pytest.fixture
def threads_in_turn() -> object:
    """Let threads give way after every few instructions, as they may on a busy machine."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("threads_in_turn")
def test_threads_that_open_images_do_not_disturb_each_other_s_warnings(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=8, height=8, count=1, dtype="uint8", crs=UTM,
        transform=from_origin(5e5, 5e6, 10, 10),
    ) as file:  # fmt: skip
        file.write(np.ones((1, 8, 8), np.uint8))

    def look(_: int) -> None:
        with open_raster(path, "restore it") as source:
            half = np.zeros((4, 4), np.float32)  # rasterio warns of it, and hides that by itself
            to = {"dst_transform": from_origin(5e5, 5e6, 20, 20), "dst_crs": UTM}
            reproject(rasterio.band(source, 1), half, **to)

    for _ in range(100):
        with warnings.catch_warnings(), ThreadPoolExecutor(2) as pool:  # as in a process of its own
            list(pool.map(look, range(8)))
