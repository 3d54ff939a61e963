"""What is known of the ground beforehand: heights and permanent water, from two files.

They are a user's own, or were fetched for a facility by `camp_monitor.providers.ground`, which
keeps each beside a STAC item with its SHA-256, its origin and its credit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import SceneError
from camp_monitor.scenes.catalogue import asset_file, asset_sha256, file_sha256, read_item_file
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.reading import MAX_SIDE_PX, needed_window
from camp_monitor.settings import GroundFiles, NamedFile

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

HEIGHTS_M = (-500.0, 9000.0)
"""No land lies lower or higher: a number beyond stands for "no height", whatever the file says."""
NOT_KNOWN_PERCENT = 255.0
"""Stands for "not known" in an atlas of water, whatever the file says."""
REMEDY = "get the file again, or leave it out"

Layer = Literal["heights", "permanent_water"]
LAYERS: tuple[Layer, ...] = ("heights", "permanent_water")
"""What is kept of the ground, each as ``LAYER.json`` and the file that it names."""
Find = Callable[[Path, BaseGeometry], "GroundFile"]


@dataclass(frozen=True)
class GroundFile:
    """A file about the ground round a facility.

    Parameters
    ----------
    path : Path
    name : str
        Of the file, without its folder, or of what it was fetched from: for records, of printable
        characters only.
    sha256 : str
        Of its bytes: with other bytes, another question is asked.
    credit : str
        That its provider asks for; empty for a file of one's own.
    """

    path: Path
    name: str
    sha256: str
    credit: str = ""


def find_ground(
    files: GroundFiles, facility_id: str, area: BaseGeometry
) -> tuple[GroundFile | None, GroundFile | None]:
    """Return heights and permanent water as they are named: a file, or what was fetched.

    Raises
    ------
    SceneError
        A file is damaged or does not fit; one that was fetched and is not there is left out.
    """

    def found(named: NamedFile, layer: Layer, find: Find) -> GroundFile | None:
        if isinstance(named, Path):
            return find(named, area)
        if named is None or files.folder is None:
            return None
        return find_fetched(files.folder / facility_id, layer, area)

    return (
        found(files.dem, "heights", find_heights),
        found(files.usual_water, "permanent_water", find_permanent_water),
    )


def find_fetched(folder: Path, layer: Layer, area: BaseGeometry) -> GroundFile | None:
    """Return what was fetched for a facility; None where nothing was, or less than the area.

    Raises
    ------
    SceneError
        The file is gone or was altered, or its item is damaged.
    """
    path = folder / f"{layer}.json"
    if not path.exists():
        return None
    item = read_item_file(path)
    try:
        asset, properties = item.assets["data"], item.properties
        file, sha256 = asset_file(asset, path), asset_sha256(asset)
        name, credit = str(properties["title"]), str(properties["camp_monitor:credit"])
        reaches = shape(item.geometry).covers(area)
    except (KeyError, TypeError, ValueError, AttributeError, ShapelyError) as error:
        raise SceneError(
            f"{path} is not an item that was written when {layer} were fetched "
            f"({type(error).__name__}): remove it and fetch them again."
        ) from error
    if not file.is_file() or file_sha256(file) != sha256:
        raise SceneError(
            f"{file} is not the file that was fetched: remove {path.name} beside it and fetch it "
            f"again (camp-monitor facilities ground)."
        )
    return GroundFile(file, name, sha256, credit) if reaches else None


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
    with open_raster(file.path, REMEDY) as source:
        return read_onto(source, str(file.path), grid, possible, resampling)


def read_onto(
    source: DatasetReader, shown: str, grid: GeoBox, possible: tuple[float, float], resampling: str
) -> NDArray[np.float32]:
    """Read the only band of an open file onto a grid.

    Parameters
    ----------
    source : DatasetReader
    shown : str
        What an error calls the file.
    grid : GeoBox
    possible : (float, float)
        The least and the greatest number that mean anything.
    resampling : str
        ``nearest`` or ``bilinear``.

    Returns
    -------
    ndarray
        float32, (row, col); NaN beyond the file and for numbers that mean nothing.

    Raises
    ------
    SceneError
        The file's pixels are far finer than the grid's.
    """
    from rasterio.warp import Resampling, reproject

    values = np.full(grid.shape, np.nan, np.float32)
    window = needed_window(source, grid)
    if window is None:
        return values
    if max(window.width, window.height) > MAX_SIDE_PX:
        raise SceneError(
            f"{shown} has {window.width} x {window.height} pixels round the facility, and "
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
