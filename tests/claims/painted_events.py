"""Published events painted at their sizes, as three sensors would have seen them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

import camp_monitor as cm
from camp_monitor.demo.sent import Sent, write_sent
from camp_monitor.scenes.scene import Scene
from camp_monitor.synthetic.camera import SENTINEL_2, Air, Camera, observe
from camp_monitor.synthetic.ground import Day, paint_ground
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.materials import BANDS, spectrum
from camp_monitor.synthetic.structures import Structure, paint_structures, rectangle

CRS = "EPSG:32652"
EAST, NORTH = 560640.0, 4674600.0
"""Middle of the pictures: beside the river of a painted valley."""


@dataclass(frozen=True)
class Eye:
    """A sensor by its pixels."""

    pixel_m: float
    side_px: int
    cells: int
    sensor: str
    bands: tuple[str, ...]

    @property
    def grid(self) -> GeoBox:
        half_m = self.side_px * self.pixel_m / 2
        affine = Affine(self.pixel_m, 0, EAST - half_m, 0, -self.pixel_m, NORTH + half_m)
        return GeoBox((self.side_px, self.side_px), affine, CRS)


EYES = {
    30.0: Eye(30.0, 96, 4, "landsat", BANDS),
    10.0: Eye(10.0, 128, 3, "sentinel-2", BANDS),
    0.5: Eye(0.5, 448, 1, "rgb", ("red", "green", "blue")),
}
"""Landsat, Sentinel-2, and a commercial image of half a metre in natural colours."""


def annex() -> list[Structure]:
    """A walled yard of 46 x 128 m with rows of long roofs, as published: a women's annex."""
    yard = rectangle(EAST, NORTH, 46.0, 128.0)
    wall = yard.difference(yard.buffer(-1.5))
    roofs = [
        Structure(rectangle(EAST + x, NORTH + y, 12, 40), _colour("roof_cement"), 5.0, True)
        for x in (-11.0, 11.0)
        for y in (-36.0, 8.0)
    ]
    return [
        Structure(yard, _colour("trodden_earth")), *roofs,
        Structure(wall, _colour("concrete"), 4.0),
    ]  # fmt: skip


def houses() -> list[Structure]:
    """Eight houses of 16 x 7 m in two rows."""
    return [
        Structure(rectangle(EAST + x, NORTH + y, 16, 7), _colour("roof_tile"), 4.0, True)
        for x in (-12.0, 12.0)
        for y in (-45.0, -15.0, 15.0, 45.0)
    ]


BUILT = {"annex": annex, "houses": houses, "nothing": list}


def open_picture(folder: Path, eye: Eye, built: str, day: str) -> Scene:
    """Paint one date, write it as its sensor's files hold it, and open that."""
    at = date.fromisoformat(day)
    seed = at.toordinal()
    ground = paint_ground(_valley(eye), Day(at.timetuple().tm_yday, 8))
    structures = BUILT[built]()
    surface, _ = paint_structures(ground, structures, np.random.default_rng(4), psf_px=0.0)
    camera = SENTINEL_2
    if eye.sensor != "sentinel-2":
        camera = Camera(eye.bands, (1,) * len(eye.bands), noise=0.002)
    seen = observe(surface, eye.grid, Air(0.05), np.random.default_rng(seed), camera=camera)
    name = f"{eye.pixel_m:g}m-{built}-{day}"
    if eye.sensor == "sentinel-2":
        paths, described = write_sent(Sent(name, seen, f"{day}T02:17:00Z", (50.0, 155.0)), folder)
        return cm.open_scene(paths, sensor=eye.sensor, item=described.item, simulated=True)
    path = _write(folder / f"{name}.tif", eye, seen.image.pixels)
    return cm.open_scene(path, sensor=eye.sensor, acquired=day, simulated=True)


@cache
def _valley(eye: Eye) -> Landscape:
    return make_valley(finer_grid(eye.grid, eye.cells), np.random.default_rng(7))


def _write(path: Path, eye: Eye, reflectance: NDArray[np.float32]) -> Path:
    numbers = reflectance * 1e4
    if eye.sensor == "landsat":
        numbers = (reflectance + 0.2) / 2.75e-5
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": len(eye.bands), "height": eye.side_px,
        "width": eye.side_px, "crs": CRS, "transform": eye.grid.affine, "nodata": 0,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.clip(numbers.round(), 1, 65535).astype(np.uint16))
        target.descriptions = eye.bands
    return path


def _colour(name: str) -> tuple[float, ...]:
    return tuple(float(value) for value in spectrum(name))
