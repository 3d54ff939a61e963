"""What air and sensor leave of the ground: clouds, haze, blur, shift, pixels and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import SceneError
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.quality import flags_from_scl, widen_cloud
from camp_monitor.synthetic.landscape import fractal
from camp_monitor.synthetic.materials import BANDS, spectrum

HAZE_GLOW = {"blue": 0.090, "green": 0.068, "red": 0.055, "nir": 0.035, "swir1": 0.015,
             "swir2": 0.010}  # fmt: skip
"""Light that haze of strength 1 adds, in reflectance: most in the blue."""
SHADOW_LIGHT = {"blue": 0.52, "green": 0.46, "red": 0.42, "nir": 0.36, "swir1": 0.33,
                "swir2": 0.32}  # fmt: skip
"""Light that is left in the shadow of a dense cloud: blue sky light most."""
CLASSED_CLOUD, CLASSED_SHADOW = 0.22, 0.35
"""Density from which the classification sees a cloud or its shadow; thinner rims it calls clear."""


@dataclass(frozen=True)
class Cloud:
    """One cloud.

    Parameters
    ----------
    east_m, north_m : float
        Its middle, from the middle of the scene.
    radius_m : float
    base_m : float
        Height above the ground; decides where its shadow falls.
    """

    east_m: float
    north_m: float
    radius_m: float
    base_m: float = 700.0


@dataclass(frozen=True)
class Air:
    """What lies between ground and sensor on one date.

    Parameters
    ----------
    haze : float
        0 none, 1 thick: dims what is below and adds light, see `HAZE_GLOW`.
    gain : float
        What the provider's correction has over- or undercorrected, as a factor.
    clouds : tuple of Cloud
    """

    haze: float = 0.0
    gain: float = 1.0
    clouds: tuple[Cloud, ...] = ()


@dataclass(frozen=True)
class Camera:
    """An optical sensor.

    Parameters
    ----------
    bands : tuple of str
        Of `camp_monitor.synthetic.materials.BANDS`.
    native_px : tuple of float
        Side of a band's own pixel in pixels of the image; coarser bands are interpolated.
    psf_px : float
        Standard deviation of the blur, in pixels of the band's own.
    noise : float
        Standard deviation of the noise, reflectance.
    step : float
        Reflectance of one digital number.
    """

    bands: tuple[str, ...] = BANDS
    native_px: tuple[float, ...] = (1, 1, 1, 1, 2, 2)
    psf_px: float = 0.42
    noise: float = 0.0022
    step: float = 1e-4


SENTINEL_2 = Camera()
"""Six bands at 10 m, two of them from 20 m, as in Level 2A."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One scene and what was over it.

    Parameters
    ----------
    image : Image
        Flagged as a reader would flag it by `classes`.
    classes : ndarray or None
        uint8, (row, col): classes of Sentinel-2's scene classification (SCL), as a provider would
        give them: the thin rims of clouds and shadows are missed.  None for radar.
    is_cloud, is_shadow : ndarray of bool
        (row, col): truth, where at least a tenth of the light is taken.
    """

    image: Image
    classes: NDArray[np.uint8] | None
    is_cloud: NDArray[np.bool_]
    is_shadow: NDArray[np.bool_]


def observe(
    ground: Image,
    grid: GeoBox,
    air: Air,
    rng: np.random.Generator,
    *,
    camera: Camera = SENTINEL_2,
    sun_deg: tuple[float, float] = (50.0, 155.0),
    shift_px: tuple[float, float] = (0.0, 0.0),
) -> Seen:
    """Take a picture of the ground.

    A building that belongs at row 10 lies at row 12 with ``shift_px == (2, 0)``.

    Parameters
    ----------
    ground : Image
        Surface reflectance on cells, a whole number of which make up a pixel of `grid`.
    grid : GeoBox
        Of the picture; same corner as `ground`.
    air : Air
    rng : Generator
        For the shapes of clouds and the noise.
    camera : Camera
    sun_deg : (float, float)
        Elevation, and azimuth clockwise from north.
    shift_px : (float, float)
        How far the picture lies off its place, rows down and columns right, in pixels of `grid`.

    Raises
    ------
    SceneError
        The cells do not make up whole pixels.
    """
    cells = round(grid.shape[0] and ground.grid.shape[0] / grid.shape[0])
    if cells < 1 or tuple(side * cells for side in grid.shape) != tuple(ground.grid.shape):
        raise SceneError(
            f"A ground of {tuple(ground.grid.shape)} cells does not make up whole pixels of a "
            f"picture of {tuple(grid.shape)}."
        )
    cloud, shadow = _cloud_cover(ground, air.clouds, sun_deg, rng)
    pixels = np.empty((len(camera.bands), *grid.shape), np.float32)
    for number, name in enumerate(camera.bands):
        light = ground.band(name) * (1 - shadow * (1 - SHADOW_LIGHT[name]))
        light = light * (1 - 0.25 * air.haze) + HAZE_GLOW[name] * air.haze
        light = light * (1 - cloud) + spectrum("cloud", (name,))[0] * cloud
        native = camera.native_px[number]
        seen = resolve(light.astype(np.float32), cells, native, camera.psf_px, shift_px)
        noise = camera.noise * rng.standard_normal(grid.shape, dtype=np.float32) / native
        pixels[number] = np.round((air.gain * seen + noise) / camera.step) * camera.step
    over, under = (resolve(part, cells, 1, 0.3, shift_px) for part in (cloud, shadow))
    classes = _classify(pixels, camera.bands, over, under)
    flags = widen_cloud(flags_from_scl(classes), float(abs(grid.affine.a)))
    image = Image(np.maximum(pixels, camera.step), camera.bands, "reflectance", flags, grid)
    return Seen(image, classes, over >= 0.1, (under >= 0.1) & (over < 0.1))


def pixel_means(values: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    """Average cells, (row, col), over pixels of `cells` a side."""
    rows, columns = values.shape[0] // cells, values.shape[1] // cells
    return values.reshape(rows, cells, columns, cells).mean(axis=(1, 3), dtype=np.float32)


def resolve(
    light: NDArray[np.float32],
    cells: int,
    native_px: float,
    psf_px: float,
    shift_px: tuple[float, float],
) -> NDArray[np.float32]:
    """Blur, shift and average cells into pixels.

    Parameters
    ----------
    light : ndarray
        float32, (row, col), on cells.
    cells : int
        Along a side of a pixel.
    native_px, psf_px : float
        As in `Camera`.
    shift_px : (float, float)
        As in `observe`.
    """
    from scipy import ndimage

    wide = ndimage.gaussian_filter(light, psf_px * native_px * cells, mode="nearest", truncate=3)
    if native_px > 1:
        wide = ndimage.uniform_filter(wide, round(native_px * cells), mode="nearest")
    if shift_px != (0.0, 0.0):
        moved = (shift_px[0] * cells, shift_px[1] * cells)
        wide = ndimage.shift(wide, moved, order=1, mode="nearest")
    return pixel_means(wide, cells)


def _cloud_cover(
    ground: Image, clouds: tuple[Cloud, ...], sun_deg: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Density of cloud and of shadow over each cell, 0 to 1."""
    shape, cell_m = ground.flags.shape, ground.pixel_m
    cloud, shadow = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    if not clouds:
        return cloud, shadow
    billows = fractal(shape, cell_m, rng, roughness=2.05, largest_m=300)
    away = math.radians(sun_deg[1] + 180)
    for one in clouds:
        reach_m = one.base_m / math.tan(math.radians(sun_deg[0]))
        row = shape[0] / 2 - one.north_m / cell_m
        column = shape[1] / 2 + one.east_m / cell_m
        moved = (-reach_m * math.cos(away) / cell_m, reach_m * math.sin(away) / cell_m)
        cloud = np.maximum(cloud, _billow(billows, row, column, one.radius_m / cell_m))
        rolled = np.roll(billows, (round(moved[0]), round(moved[1])), axis=(0, 1))
        fallen = _billow(rolled, row + moved[0], column + moved[1], one.radius_m / cell_m)
        shadow = np.maximum(shadow, fallen)
    return cloud, shadow


def _billow(
    billows: NDArray[np.float32], row: float, column: float, radius: float
) -> NDArray[np.float32]:
    """Density of one cloud: a disc with a ragged rim, its inside dense."""
    rows = (np.arange(billows.shape[0], dtype=np.float32)[:, None] - row) / radius
    columns = (np.arange(billows.shape[1], dtype=np.float32)[None, :] - column) / (1.35 * radius)
    inside = 1 - np.hypot(rows, columns) + 0.30 * billows
    density = np.clip(inside / 0.55, 0, 1)
    return (0.97 * density**2 * (3 - 2 * density)).astype(np.float32)


def _classify(
    pixels: NDArray[np.float32],
    bands: tuple[str, ...],
    cloud: NDArray[np.float32],
    shadow: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Class each pixel as a provider would: 4 plants, 5 bare, 6 water, 3 shadow, 8 and 9 cloud."""
    classes = np.full(cloud.shape, 5, np.uint8)
    if {"green", "red", "nir"} <= set(bands):
        green, red, nir = (pixels[bands.index(name)] for name in ("green", "red", "nir"))
        classes[(nir - red) > 0.4 * (nir + red)] = 4
        classes[(green > nir) & (nir < 0.1)] = 6
    classes[shadow >= CLASSED_SHADOW] = 3
    classes[cloud >= CLASSED_CLOUD] = 8
    classes[cloud >= 0.7] = 9
    return classes
