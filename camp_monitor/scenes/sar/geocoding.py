"""From radar geometry to the ground: a Sentinel-1 GRD file onto a grid in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import SceneError
from camp_monitor.scenes.sar.backscatter import FLOOR_DB, to_decibels
from camp_monitor.scenes.sar.calibration import Calibration, Noise, sigma0_power

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

MESH_PX = 16
"""Lines and pixels are solved for at every so many pixels of the grid, and are linear between."""
STEPS = 12
NEAR_M = 0.01
"""The search for a line and a pixel ends this near to the place on the ground."""
LEAST_ROWS = 3
"""Of control points, and as many columns: fewer say nothing of how the lines bend."""
MAX_CONTROL_POINTS = 20_000
"""Real files have some 200."""
MAX_HEIGHT_M = 10_000.0
MAX_WINDOW_PX = 60_000_000
"""A larger window of the file is refused: it would not fit in the memory of a laptop."""
HEIGHT_STEP_M = 50.0
"""Control points' own heights are rounded to this: two dates then mostly share one height."""
LEAST_SEEN_SHARE = 0.5
"""A pixel of the grid is seen where at least this share of what makes it up was."""


@dataclass(frozen=True, eq=False)
class ControlGrid:
    """Where the lines and pixels of a file in radar geometry lie on the ground.

    Parameters
    ----------
    lines, pixels : ndarray
        float64, increasing: rows and columns of the file, 0 at the corner of the first pixel.
    x_m, y_m, height_m : ndarray
        float64, (line, pixel): place in the CRS of the target, and height above the ellipsoid for
        which that place is true.
    """

    lines: NDArray[np.float64]
    pixels: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    height_m: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Backscatter:
    """Sigma nought of one band on a grid.

    Parameters
    ----------
    sigma0_db : ndarray
        float32, (row, col), decibels; NaN where nothing was seen.
    height_m : float
        Ground at this height above the ellipsoid lies where the grid says.
    control_height_m : float
        Height that the file's own control points have there, metres.
    incidence_deg : float
        Angle between the ray and the vertical at the middle of the grid, degrees.
    read_px : int
        How many pixels of the file were read.
    """

    sigma0_db: NDArray[np.float32]
    height_m: float
    control_height_m: float
    incidence_deg: float
    read_px: int

    @property
    def displaced_m_per_100_m(self) -> float:
        """How far ground that is 100 m higher lies from its place, metres, towards the radar."""
        return 100 / math.tan(math.radians(self.incidence_deg))


def geocode(
    source: DatasetReader,
    calibration: Calibration,
    grid: GeoBox,
    *,
    noise: Noise | None = None,
    height_m: float | None = None,
    first: tuple[int, int] = (0, 0),
) -> Backscatter:
    """Calibrate the part of a GRD file that a grid needs, and put it onto that grid.

    The file's ground control points are first moved to one height; only the window that the grid
    needs is read; power is averaged, never decibels, and clipped at `FLOOR_DB` only after that.

    Parameters
    ----------
    source : DatasetReader
        Measurement file of one band: DN in band 1, with control points.
    calibration : Calibration
        Of the same product and band.
    grid : GeoBox
        In metres, at least two pixels a side.
    noise : Noise or None
        Subtracted where given.
    height_m : float or None
        Height of the place above the ellipsoid; None takes that of the file's control points
        there, rounded to `HEIGHT_STEP_M`, since every date must have the same: the points' own is
        a mean over tens of kilometres, and differs from slice to slice of one orbit.
    first : (int, int)
        Row and column of the product at which `source` starts, where it is a part cut out of it.

    Returns
    -------
    Backscatter
        All NaN where the file does not reach; its angle and heights are then of its nearest part.

    Raises
    ------
    SceneError
        The file has no control points in rows and columns, holds no whole numbers, or too many
        are needed; the calibration is of another product.

    Notes
    -----
    Displacement by terrain is not removed.  Ground that lies 100 m higher than `height_m` appears
    nearer to the radar by 100 m over the tangent of the incidence angle: 173 m at 30 degrees,
    123 m at 39, 97 m at 46, which is 10 to 17 pixels.  Slopes that face the radar are squeezed and
    bright, and what lies behind a ridge is hidden.  Scenes of one relative orbit and pass
    direction, put to one height, are displaced alike, so that their difference is not; scenes of
    two orbits are not, and neither can be laid over a map without that error.  A height that is
    wrong by 100 m moves the whole window by as much.  Moving the control points to a height is
    right to some 3 m for each 1000 m.
    Whether control points' heights count from the ellipsoid or the sea (25 m apart in Korea) is
    not checked.
    """
    _check_numbers(source)
    control = read_control_grid(source, str(grid.crs))
    centre = grid.affine * (grid.shape[1] / 2, grid.shape[0] / 2)
    own_m = _height_at(control, centre)
    asked_m = round(own_m / HEIGHT_STEP_M) * HEIGHT_STEP_M if height_m is None else height_m
    if not abs(asked_m) <= MAX_HEIGHT_M:
        raise SceneError(f"A height of {asked_m:g} m is not on the Earth: correct it.")
    levelled = at_height(control, calibration, asked_m, first)
    line, pixel = find_lines_pixels(levelled, *(np.array([value]) for value in centre))
    middle = np.nan_to_num(line) + first[0], np.nan_to_num(pixel) + first[1]
    incidence_deg = float(calibration.incidence_deg(*middle)[0, 0])
    lines, pixels = _positions(levelled, grid)
    window = _window(source, lines, pixels)
    if window is None:
        empty = np.full(grid.shape, np.nan, np.float32)
        return Backscatter(empty, asked_m, own_m, incidence_deg, 0)
    numbers = source.read(1, window=window)
    row, column = round(window.row_off), round(window.col_off)
    power = sigma0_power(numbers, calibration, noise, (row + first[0], column + first[1]))
    mean = _mean_power(power, lines - row, pixels - column)
    return Backscatter(to_decibels(mean, FLOOR_DB), asked_m, own_m, incidence_deg, numbers.size)


def read_control_grid(source: DatasetReader, crs: str) -> ControlGrid:
    """Arrange a file's ground control points by line and pixel, in the CRS `crs`.

    ESA's points say 0 for the first row and column and, for the last, one less than there are:
    they count pixels, and a pixel's place is its centre, although the files declare corners.  Only
    points that reach the very edge of the image (the last at its width or height) are corners.

    Parameters
    ----------
    source : DatasetReader
    crs : str
        Of the target, in metres.

    Raises
    ------
    SceneError
        There are none, too many, or they do not fill rows and columns.
    """
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    points, own_crs = source.gcps
    if not LEAST_ROWS**2 <= len(points) <= MAX_CONTROL_POINTS or own_crs is None:
        raise SceneError(
            f"{source.name} has {len(points)} ground control points, and a radar image in its own "
            f"geometry has {LEAST_ROWS**2} to {MAX_CONTROL_POINTS} of them with a CRS: name the "
            f"measurement file of a GRD product."
        )
    table = np.array(
        [(p.row, p.col, p.x, p.y, 0.0 if p.z is None else p.z) for p in points], np.float64
    )
    try:
        transformer = Transformer.from_crs(str(own_crs), crs, always_xy=True)
        table[:, 2], table[:, 3] = transformer.transform(table[:, 2], table[:, 3])
    except ProjError as error:
        raise SceneError(
            f"The ground control points of {source.name} are in a coordinate reference system that "
            f"cannot be used ({str(error)[:80]}): get the file again."
        ) from error
    places, order = np.unique(table[:, :2], axis=0, return_index=True)
    lines, pixels = np.unique(places[:, 0]), np.unique(places[:, 1])
    filled = len(places) == len(table) == lines.size * pixels.size
    enough = min(lines.size, pixels.size) >= LEAST_ROWS
    high_m = np.abs(table[:, 4]).max()
    if not (filled and enough and np.isfinite(table).all() and high_m <= MAX_HEIGHT_M):
        raise SceneError(
            f"The {len(points)} ground control points of {source.name} do not fill rows and "
            f"columns on the ground, as those of a GRD product do: get the file again."
        )
    x_m, y_m, height_m = table[order, 2:].T.reshape(3, lines.size, pixels.size)
    corners = lines[-1] == source.height or pixels[-1] == source.width
    half = 0.0 if corners else 0.5
    return ControlGrid(lines + half, pixels + half, x_m, y_m, height_m)


def at_height(
    control: ControlGrid, calibration: Calibration, height_m: float, first: tuple[int, int] = (0, 0)
) -> ControlGrid:
    """Move control points to where ground at `height_m` returns the same echo.

    A higher place at the same distance from the radar lies farther along the ground: by the
    difference of height over the tangent of the incidence angle, in the direction of increasing
    pixels, which is away from the radar.
    """
    by_pixel = [
        _spline(control, values)(control.lines, control.pixels, dy=1)
        for values in (control.x_m, control.y_m)
    ]
    length = np.maximum(np.hypot(*by_pixel), 1e-9)
    angle = np.radians(
        calibration.incidence_deg(control.lines + first[0], control.pixels + first[1])
    )
    away_m = (height_m - control.height_m) / np.tan(np.clip(angle, 0.1, 1.5))
    return replace(
        control,
        x_m=control.x_m + away_m * by_pixel[0] / length,
        y_m=control.y_m + away_m * by_pixel[1] / length,
        height_m=np.full_like(control.height_m, height_m),
    )


def find_lines_pixels(
    control: ControlGrid, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the line and the pixel that lie at places on the ground.

    Parameters
    ----------
    control : ControlGrid
    x_m, y_m : ndarray
        float64, (n,), in the CRS of `control`.

    Returns
    -------
    (ndarray, ndarray)
        float64, (n,): lines and pixels, 0 at the corner of the first pixel, below 0 or beyond the
        file where it does not reach; NaN where none was found.
    """
    splines = _spline(control, control.x_m), _spline(control, control.y_m)
    lines, pixels = (np.full(x_m.shape, along.mean()) for along in (control.lines, control.pixels))
    for _ in range(STEPS):
        inside = (
            np.clip(lines, control.lines[0], control.lines[-1]),
            np.clip(pixels, control.pixels[0], control.pixels[-1]),
        )
        past = lines - inside[0], pixels - inside[1]
        off, slopes = [], []
        for spline, wanted in zip(splines, (x_m, y_m), strict=True):
            by_line, by_pixel = spline.ev(*inside, dx=1), spline.ev(*inside, dy=1)
            # beyond the control points the ground goes on straight
            off.append(wanted - spline.ev(*inside) - by_line * past[0] - by_pixel * past[1])
            slopes.append((by_line, by_pixel))
        (x_line, x_pixel), (y_line, y_pixel) = slopes
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            area = x_line * y_pixel - x_pixel * y_line
            lines = lines + (off[0] * y_pixel - off[1] * x_pixel) / area
            pixels = pixels + (off[1] * x_line - off[0] * y_line) / area
        lines, pixels = (
            np.nan_to_num(v, nan=-1e9, posinf=1e9, neginf=-1e9) for v in (lines, pixels)
        )
    missed = ~(np.hypot(*off) < NEAR_M)
    return np.where(missed, np.nan, lines), np.where(missed, np.nan, pixels)


def _spline(control: ControlGrid, values: NDArray[np.float64]) -> Any:
    """Return a smooth surface through values at the control points, by line and pixel."""
    from scipy.interpolate import RectBivariateSpline

    kx, ky = (min(3, along.size - 1) for along in (control.lines, control.pixels))
    return RectBivariateSpline(control.lines, control.pixels, values, kx=kx, ky=ky)


def _height_at(control: ControlGrid, place: tuple[float, float]) -> float:
    """Height of the control points at a place, linear between them; their mean outside."""
    line, pixel = find_lines_pixels(control, *(np.array([value]) for value in place))
    if not np.isfinite(line + pixel).all():
        return float(control.height_m.mean())
    columns = [np.interp(pixel[0], control.pixels, row) for row in control.height_m]
    return float(np.interp(line[0], control.lines, columns))


def _positions(
    control: ControlGrid, grid: GeoBox
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Line and pixel of the centre of every pixel of a grid, (row, col)."""
    from scipy import ndimage

    rows, columns = (np.arange(0, size + MESH_PX, MESH_PX) for size in grid.shape)
    row, column = np.meshgrid(rows + 0.5, columns + 0.5, indexing="ij")
    to_ground = grid.affine
    x_m = to_ground.c + to_ground.a * column.ravel() + to_ground.b * row.ravel()
    y_m = to_ground.f + to_ground.d * column.ravel() + to_ground.e * row.ravel()
    mesh = find_lines_pixels(control, x_m, y_m)
    asked = np.meshgrid(*(np.arange(size) / MESH_PX for size in grid.shape), indexing="ij")
    lines, pixels = (
        ndimage.map_coordinates(found.reshape(row.shape), asked, order=1) for found in mesh
    )
    return lines, pixels


def _window(
    source: DatasetReader, lines: NDArray[np.float64], pixels: NDArray[np.float64]
) -> Window | None:
    """Part of the file that holds these places, with two pixels round it; None where none is."""
    from rasterio.windows import Window

    here = (lines > -1) & (lines < source.height + 1) & (pixels > -1) & (pixels < source.width + 1)
    if not here.any():
        return None
    top, left = (max(int(found[here].min()) - 2, 0) for found in (lines, pixels))
    bottom = min(math.ceil(lines[here].max()) + 3, source.height)
    right = min(math.ceil(pixels[here].max()) + 3, source.width)
    if (bottom - top) * (right - left) > MAX_WINDOW_PX:
        raise SceneError(
            f"{source.name} would be read over {right - left} x {bottom - top} pixels, and "
            f"{MAX_WINDOW_PX} in all is the most: choose a smaller outline."
        )
    return Window(left, top, right - left, bottom - top)


def _mean_power(
    power: NDArray[np.float32], lines: NDArray[np.float64], pixels: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Average power over each pixel of a grid; NaN where less than half of it was seen.

    A pixel of the grid that is larger than one of the file is the mean of as many places in it as
    it takes to use them all, each of them bilinear between four numbers.
    """
    from scipy import ndimage

    by_row, by_column = (np.gradient(np.stack([lines, pixels]), axis=axis) for axis in (1, 2))
    held = np.isfinite(power)
    filled, weight = np.where(held, power, 0), held.astype(np.float32)
    total, seen = np.zeros(lines.shape), np.zeros(lines.shape)
    along, across = (
        np.arange(count) / count - (count - 1) / (2 * count)
        for count in (_places(by_row), _places(by_column))
    )
    for down in along:
        for right in across:
            place = np.stack([lines, pixels]) + down * by_row + right * by_column - 0.5
            place = np.nan_to_num(place, nan=-1e6)
            total += ndimage.map_coordinates(filled, place, order=1, mode="constant")
            seen += ndimage.map_coordinates(weight, place, order=1, mode="constant")
    enough = seen >= LEAST_SEEN_SHARE * along.size * across.size
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(enough, total / seen, np.nan).astype(np.float32)


def _places(step: NDArray[np.float64]) -> int:
    """How many pixels of the file one step on the grid crosses, 1 to 16."""
    length = float(np.nanmedian(np.hypot(*step))) if np.isfinite(step).any() else 1.0
    return int(np.clip(round(length), 1, 16))


def _check_numbers(source: DatasetReader) -> None:
    if source.dtypes[0] not in ("uint16", "int16", "uint8"):
        raise SceneError(
            f"{source.name} holds {source.dtypes[0]} numbers, and a GRD product holds uint16: name "
            f"the measurement file of a GRD product, not of an SLC or a calibrated one."
        )
