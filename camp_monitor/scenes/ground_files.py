"""What is known of the ground beforehand: heights and permanent water, from two files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import SceneError
from camp_monitor.scenes.catalogue import file_sha256
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.reading import MAX_SIDE_PX, needed_window

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

HEIGHTS_M = (-500.0, 9000.0)
"""No land lies lower or higher: a number beyond stands for "no height", whatever the file says."""
NOT_KNOWN_PERCENT = 255.0
"""Stands for "not known" in an atlas of water, whatever the file says."""
REMEDY = "get the file again, or leave it out"


@dataclass(frozen=True)
class GroundFile:
    """A file about the ground round a facility.

    Parameters
    ----------
    path : Path
    name : str
        Of the file, without its folder: for records, of printable characters only.
    sha256 : str
        Of its bytes: with other bytes, another question is asked.
    """

    path: Path
    name: str
    sha256: str


def find_heights(path: Path, area: BaseGeometry) -> GroundFile:
    """Look at a height model; it need not reach over the whole of the searched area.

    Parameters
    ----------
    path : Path
        One band of heights in metres, georeferenced.
    area : shapely geometry
        Searched area, EPSG:4326.

    Raises
    ------
    SceneError
        It cannot be read, has no place on the ground or several bands, or misses the area.
    """
    return _find(path, area, "heights", whole=False)


def find_permanent_water(path: Path, area: BaseGeometry) -> GroundFile:
    """Look at an atlas of water; it must reach over the whole of the searched area.

    Parameters
    ----------
    path : Path
        One band: the share of time under water in percent, georeferenced.
    area : shapely geometry
        Searched area, EPSG:4326.

    Raises
    ------
    SceneError
        As for `find_heights`, and where a part of the area lies beyond the file.
    """
    return _find(path, area, "permanent water", whole=True)


def read_heights(file: GroundFile, grid: GeoBox) -> NDArray[np.float32]:
    """Read heights onto `grid`, bilinearly.

    Returns
    -------
    ndarray
        float32, (row, col), metres; NaN where there is no height.

    Raises
    ------
    SceneError
        The file is damaged, or its pixels are far finer than the grid's.
    """
    return _read(file, grid, HEIGHTS_M, "bilinear")


def read_permanent_water(file: GroundFile, grid: GeoBox) -> NDArray[np.float32]:
    """Read the share of time under water onto `grid`, nearest.

    Returns
    -------
    ndarray
        float32, (row, col), percent; NaN where it is not known.

    Raises
    ------
    SceneError
        As for `read_heights`, or a number is no percentage.
    """
    percent = _read(file, grid, (-np.inf, np.inf), "nearest")
    percent[percent == NOT_KNOWN_PERCENT] = np.nan
    wrong = percent[(percent < 0) | (percent > 100)]
    if wrong.size:
        raise SceneError(
            f"{file.path} holds {wrong[0]:g}, which is no share of time under water: give a file "
            f"in percent, 0 to 100, with {NOT_KNOWN_PERCENT:g} or nodata where it is not known."
        )
    return percent


def _find(path: Path, area: BaseGeometry, what: str, *, whole: bool) -> GroundFile:
    with open_raster(path, REMEDY) as source:
        if source.count != 1:
            raise SceneError(
                f"{path} has {source.count} bands, and {what} are read from a file of one: take "
                f"that band out (gdal_translate -b)."
            )
        if source.crs is None or source.transform.is_identity or not source.transform.determinant:
            raise SceneError(
                f"{path} does not say where on the ground it lies: give {what} as a GeoTIFF with "
                f"a coordinate reference system."
            )
        if source.dtypes[0].startswith("complex"):
            raise SceneError(f"{path} holds complex numbers: give {what} as plain numbers.")
        frame = shapely.box(0, 0, source.width, source.height)
        place = _in_pixels(source, area, path)
    if not (frame.covers(place) if whole else frame.intersects(place)):
        raise SceneError(
            f"{path} does not cover the searched area: give {what} of the facility's outline and "
            f"the margin round it."
        )
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    return GroundFile(path, name, file_sha256(path))


def _in_pixels(source: DatasetReader, area: BaseGeometry, path: Path) -> BaseGeometry:
    """Return the area in columns and rows of a file; an empty one where they cannot meet."""
    from pyproj.exceptions import ProjError

    try:
        there = Geometry(area, "EPSG:4326").to_crs(source.crs).geom
    except (ProjError, ValueError, ShapelyError) as error:
        raise SceneError(
            f"{path} is in a coordinate reference system that longitude and latitude cannot be "
            f"turned into: assign the right one (gdal_edit.py -a_srs EPSG:...)."
        ) from error
    if not np.isfinite(there.bounds).all():
        return shapely.Polygon()
    inverse = ~source.transform
    onto_pixels = [inverse.a, inverse.b, inverse.d, inverse.e, inverse.c, inverse.f]
    return shapely.affinity.affine_transform(there, onto_pixels)


def _read(
    file: GroundFile, grid: GeoBox, possible: tuple[float, float], resampling: str
) -> NDArray[np.float32]:
    """Read the only band of a file onto a grid; NaN beyond it and for numbers out of bounds."""
    from rasterio.warp import Resampling, reproject

    values = np.full(grid.shape, np.nan, np.float32)
    with open_raster(file.path, REMEDY) as source:
        window = needed_window(source, grid)
        if window is None:
            return values
        if max(window.width, window.height) > MAX_SIDE_PX:
            raise SceneError(
                f"{file.path} has {window.width} x {window.height} pixels round the facility, and "
                f"{MAX_SIDE_PX} a side is the most: resample it to pixels of about "
                f"{abs(grid.affine.a):g} m (gdalwarp -tr)."
            )
        stored = source.read(1, window=window, masked=True)
        with np.errstate(over="ignore"):  # nodata may be too large for 32 bits
            numbers = stored.astype(np.float32).filled(np.nan)
        numbers = numbers * np.float32(source.scales[0]) + np.float32(source.offsets[0])
        numbers[~((numbers >= possible[0]) & (numbers <= possible[1]))] = np.nan
        reproject(
            numbers, values, src_transform=source.window_transform(window), src_crs=source.crs,
            dst_transform=grid.affine, dst_crs=str(grid.crs), src_nodata=np.nan,
            dst_nodata=np.nan, resampling=Resampling[resampling],
        )  # fmt: skip
    return values
