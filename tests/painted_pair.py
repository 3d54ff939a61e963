"""Three files as a user has them: two painted images of a valley, and an outline drawn round it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from camp_monitor.scenes.image import Image
from camp_monitor.synthetic.camera import Air, Camera, observe
from camp_monitor.synthetic.ground import Day, paint_ground
from camp_monitor.synthetic.landscape import Landscape, finer_grid, make_valley
from camp_monitor.synthetic.materials import spectrum
from camp_monitor.synthetic.structures import Structure, paint_structures, rectangle

SIDE_PX, PIXEL_M = 256, 3.0
BANDS = ("blue", "green", "red", "nir")
GRID = GeoBox((SIDE_PX, SIDE_PX), Affine(PIXEL_M, 0, 560640, 0, -PIXEL_M, 4674600), "EPSG:32652")
OUTLINE_M = 250.0
"""Half the side of the outline, round the middle of the images."""
HALLS_M = ((-60, 40, 60, 18), (20, 60, 18, 50), (-20, -60, 70, 20))
"""Place east and north of the middle, length and width of what is built between the dates."""
BEFORE, AFTER = (
    "20160820_021602_1054_3B_AnalyticMS_SR.tif",
    "20160912_021604_0f15_3B_AnalyticMS_SR.tif",
)


@dataclass(frozen=True)
class Files:
    """Where the three files lie."""

    before: Path
    after: Path
    outline: Path


def write_files(folder: Path) -> Files:
    """Write a pair of PlanetScope images, between which three halls and a flood came, and a KML."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in ((BEFORE, _before()), (AFTER, _after())):
        write_planet(folder / name, pixels)
    outline = write_kml(folder / "camp.kml", outline_deg())
    return Files(folder / BEFORE, folder / AFTER, outline)


def write_planet(path: Path, pixels: NDArray[np.float32], **tags: str) -> Path:
    """Write reflectances as PlanetScope's surface reflectance is delivered."""
    numbers = np.clip((pixels * 1e4).round(), 1, 65535).astype(np.uint16)
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": len(BANDS), "height": SIDE_PX,
        "width": SIDE_PX, "crs": "EPSG:32652", "transform": GRID.affine, "nodata": 0,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(numbers)
        target.descriptions = BANDS
        target.update_tags(**tags)
    return path


def outline_deg() -> shapely.Polygon:
    """Return a square round the middle of the images, EPSG:4326."""
    middle = GRID.extent.geom.centroid
    square = rectangle(middle.x, middle.y, 2 * OUTLINE_M, 2 * OUTLINE_M)
    placed: shapely.Polygon = Geometry(square, GRID.crs).to_crs("EPSG:4326").geom
    return placed


def write_kml(path: Path, polygon: shapely.Polygon, name: str = "Camp") -> Path:
    """Write a polygon as an analyst would draw it in Google Earth."""
    points = " ".join(f"{lon:.7f},{lat:.7f},0" for lon, lat in polygon.exterior.coords)
    path.write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>{name}</name><Polygon>'
        f"<outerBoundaryIs><LinearRing><coordinates>{points}</coordinates></LinearRing>"
        f"</outerBoundaryIs></Polygon></Placemark></kml>",
        encoding="utf-8",
    )
    return path


@cache
def _valley() -> Landscape:
    return make_valley(finer_grid(GRID, 2), np.random.default_rng(3))


@cache
def _before() -> NDArray[np.float32]:
    return _taken(paint_ground(_valley(), Day(233, 16)), 1)


@cache
def _after() -> NDArray[np.float32]:
    middle = GRID.extent.geom.centroid
    colour = tuple(float(value) for value in spectrum("roof_cement", _surface_bands()))
    halls = [
        Structure(rectangle(middle.x + east, middle.y + north, length, width), colour, 5.0)
        for east, north, length, width in HALLS_M
    ]
    surface = paint_ground(_valley(), Day(256, 16, river_rise_m=1.7))
    built, _ = paint_structures(surface, halls, np.random.default_rng(2), psf_px=0.42)
    return _taken(built, 2)


def _surface_bands() -> tuple[str, ...]:
    return paint_ground(_valley(), Day(233, 16)).bands


def _taken(surface: Image, seed: int) -> NDArray[np.float32]:
    camera = Camera(BANDS, (1,) * len(BANDS), noise=0.0022)
    seen = observe(surface, GRID, Air(), np.random.default_rng(seed), camera=camera)
    return seen.image.pixels
