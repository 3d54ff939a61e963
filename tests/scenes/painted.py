"""Scenes painted for the tests of `camp_monitor.imagery`: smooth noise, nothing from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage

from camp_monitor.scenes.image import Image
from camp_monitor.scenes.scene import BandFile, Scene

UTM = "EPSG:32652"
BANDS = ("blue", "green", "red", "nir")


def grid(rows: int = 256, columns: int = 256, pixel_m: float = 10.0) -> GeoBox:
    return GeoBox((rows, columns), Affine(pixel_m, 0, 500_000, 0, -pixel_m, 4_600_000), UTM)


def texture(seed: int, shape: tuple[int, int] = (256, 256)) -> NDArray[np.float64]:
    """Smooth noise of spread 1, which goes on at the opposite edge."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    smooth = ndimage.gaussian_filter(noise, 1.5, mode="wrap")
    return smooth / smooth.std()


def moved(ground: NDArray[np.float64], rows: float, columns: float) -> NDArray[np.float64]:
    """Move the ground down and to the right: what lay at row 10 lies at row 10 + `rows`."""
    return np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(ground), (rows, columns))).real


def make_image(
    *layers: NDArray[Any], flags: NDArray[np.uint8] | None = None, quantity: str = "reflectance"
) -> Image:
    pixels = np.stack(layers).astype(np.float32)
    shape = pixels.shape[1:]
    found = np.zeros(shape, np.uint8) if flags is None else flags
    bands = ("vv", "vh") if quantity.endswith("_db") else BANDS
    return Image(pixels, bands[: len(layers)], quantity, found, grid(*shape))


def make_scene(
    name: str = "S", day: str = "2016-08-29", bands: tuple[BandFile, ...] = (), **changes: Any
) -> Scene:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    files = tuple(dict.fromkeys(band.path for band in bands))
    given: dict[str, Any] = {
        "id": name,
        "sensor": "sentinel-2",
        "quantity": "reflectance",
        "acquired_from_at": at,
        "acquired_to_at": at,
        "bands": bands or (BandFile("red", Path("red.tif"), 1, 1.0, 0.0, None),),
        "quality": None,
        "footprint": shapely.box(126, 41, 127, 42),
        "pixel_m": 10.0,
        "files": files,
        "sha256": ("0" * 64,) * len(files),
        "licence": "",
        "credit": "",
    }
    return Scene(**given | changes)


def write_tiff(
    path: Path, numbers: NDArray[Any], place: GeoBox | None = None, **options: Any
) -> Path:
    """Write (band, row, col) numbers as a GeoTIFF on `place`, else on `grid()`'s corner."""
    stack = numbers if numbers.ndim == 3 else numbers[None]
    place = place or grid(*stack.shape[1:])
    descriptions = options.pop("descriptions", ())
    profile = {
        "driver": "GTiff", "count": stack.shape[0], "height": stack.shape[1],
        "width": stack.shape[2], "dtype": stack.dtype, "crs": str(place.crs),
        "transform": place.affine,
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **profile | options) as target:
        target.write(stack)
        if descriptions:
            target.descriptions = descriptions
    return path


def numbers(seed: int = 0, rows: int = 256, columns: int = 256, bands: int = 4) -> NDArray[Any]:
    """Reflectances of a Sentinel-2 scene before baseline 04.00, as stored: uint16, 10000 is 1."""
    layers = [1500 + 250 * texture(seed * 10 + band, (rows, columns)) for band in range(bands)]
    return np.clip(layers, 1, 9999).astype(np.uint16)
