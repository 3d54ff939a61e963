"""Look at an image file before it is added: where it lies, what it holds, whether it is whole."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely.errors import ShapelyError

from camp_monitor.errors import SceneError
from camp_monitor.facilities.geometry import geodesic_area_m2
from camp_monitor.scenes.bounds import pieces
from camp_monitor.scenes.catalogue import file_sha256
from camp_monitor.scenes.footprint import NotOnEarth, footprint
from camp_monitor.scenes.no_data import FILLS, alpha_bands
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.sensors import Sensor

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

SIMULATED = "SIMULATED"
"""Tag of a GeoTIFF that was painted by a program."""
SAMPLE_PX = 100_000
"""About so many numbers of a file are kept to tell what they mean."""


@dataclass(frozen=True)
class InspectedFile:
    """One file as it was found.

    Parameters
    ----------
    path : Path
    sha256 : str
    size : int
        Bytes.
    grid : GeoBox
    dtype : str
        Of the first band, as numpy names it.
    nodata : float or None
        As the file says, or the product's specification.
    descriptions : tuple of str
        One for each band, empty where the file gives none.
    low, high : float
        Lowest and highest finite number that is neither nodata nor a fill.
    alpha : tuple of int
        Positions of the bands that the file calls alpha, from 0.
    scales, offsets : tuple of float
        One for each band, as the file's tags say; 1 and 0 where they say nothing.
    simulated : bool
        It has the tag `SIMULATED`.
    sample : ndarray
        float32, (n,): some of these numbers, taken evenly.
    """

    path: Path
    sha256: str
    size: int
    grid: GeoBox
    dtype: str
    nodata: float | None
    descriptions: tuple[str, ...]
    low: float
    high: float
    alpha: tuple[int, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    simulated: bool
    sample: NDArray[np.float32] = field(repr=False, compare=False)


def inspect_file(path: Path, sensor: Sensor) -> InspectedFile:
    """Open a file, read all of it, and say what it is.

    Raises
    ------
    SceneError
        It is damaged, empty, not georeferenced, or not on the Earth.
    """
    with open_raster(path, "it may be truncated; get it again") as source:
        _check_georeference(source, path)
        nodata = source.nodata
        if nodata is None and np.issubdtype(source.dtypes[0], np.integer):
            nodata = sensor.nodata
        low, high, sample = _numbers(source, nodata)
        found = InspectedFile(
            path=path,
            sha256=file_sha256(path),
            size=path.stat().st_size,
            grid=GeoBox.from_rio(source),
            dtype=source.dtypes[0],
            nodata=nodata,
            descriptions=tuple(text or "" for text in source.descriptions),
            low=low,
            high=high,
            alpha=alpha_bands(source),
            scales=tuple(source.scales),
            offsets=tuple(source.offsets),
            simulated=SIMULATED in source.tags(),
            sample=sample,
        )
    if low > high:
        raise SceneError(f"{path} holds no data: every pixel is nodata; it was not added.")
    return found


def _numbers(
    source: DatasetReader, nodata: float | None
) -> tuple[float, float, NDArray[np.float32]]:
    """Read every pixel; return the lowest and highest number, or infinities, and a sample."""
    low, high = math.inf, -math.inf
    step = max(1, source.count * source.height * source.width // SAMPLE_PX)
    kept = []
    for window in pieces(source):
        raw = source.read(window=window)
        if raw.dtype.kind == "u" and nodata is None:
            ends = raw.min(), raw.max()
            low, high = min(low, float(np.float32(ends[0]))), max(high, float(np.float32(ends[1])))
            kept.append(raw.reshape(-1)[::step].astype(np.float32))
            continue
        numbers = raw.astype(np.float32)
        held = np.ones(raw.shape, bool)
        if raw.dtype.kind != "u":  # else it holds nothing below zero, and nothing but numbers
            held = np.isfinite(numbers) & ~np.isin(numbers, FILLS)
        if nodata is not None and not math.isnan(nodata):
            held &= numbers != np.float32(nodata)
        values = numbers.reshape(-1) if held.all() else numbers[held]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
            kept.append(values[::step].copy())
    return low, high, np.concatenate(kept) if kept else np.zeros(0, np.float32)


def _check_georeference(source: DatasetReader, path: Path) -> None:
    if source.crs is None and source.gcps[0]:
        raise SceneError(
            f"{path} lies in radar geometry, with ground control points only: use a "
            f"terrain-corrected (RTC) scene, or geocode it (gdalwarp, SNAP) and add it again."
        )
    if source.crs is None:
        raise SceneError(
            f"{path} says no coordinate reference system, so its place on the ground is unknown: "
            f"assign one (gdal_edit.py -a_srs EPSG:...) and add it again."
        )
    if source.transform.is_identity or source.transform.determinant == 0:
        raise SceneError(f"{path} has no geotransform: only georeferenced images can be added.")
    if any(dtype.startswith("complex") for dtype in source.dtypes):
        raise SceneError(
            f"{path} holds complex numbers: convert the radar image to decibels first."
        )
    _check_place(GeoBox.from_rio(source), path)


def _check_place(grid: GeoBox, path: Path) -> None:
    """Refuse a frame that is not on the Earth: of an unknown kind of CRS, or a slip in numbers."""
    from pyproj.exceptions import ProjError

    try:
        footprint(grid)
    except NotOnEarth as error:
        raise SceneError(
            f"{path} lies {error}, which is not on the Earth or cannot be put on a map: correct "
            f"its georeference and add it again."
        ) from error
    except (ProjError, ValueError, ShapelyError) as error:
        raise SceneError(
            f"{path} is in a coordinate reference system that cannot be turned into longitude and "
            f"latitude: assign the right one (gdal_edit.py -a_srs EPSG:...) and add it again."
        ) from error


def ground_pixel_m(files: tuple[InspectedFile, ...]) -> float:
    """Side of the finest pixel on the ground, metres, at the centre of its file."""
    sides = []
    for file in files:
        rows, columns = file.grid.shape
        middle = file.grid[rows // 2 : rows // 2 + 1, columns // 2 : columns // 2 + 1]
        ring = middle.extent.to_crs("EPSG:4326").geom
        sides.append(math.sqrt(geodesic_area_m2(ring)))
    return min(sides)
