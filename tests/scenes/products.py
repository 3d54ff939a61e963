"""A Sentinel-1 product in miniature, written by hand in ESA's structure, whose truth is known."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning

LINES, PIXELS = 500, 600
SPACING_M = 10.0
UTM = "EPSG:32652"
CORNER_M = (560_000.0, 4_670_000.0)
"""Where line 0, pixel 0 lies at height 0."""
ORBIT_M = 693_000.0
NEAR_M = ORBIT_M * math.tan(math.radians(38.0))
"""Distance along the ground from under the orbit to pixel 0."""
HEADING_DEG = 348.0
TURN_DEG_PER_LINE = 0.002
"""The flight turns a little, so that no plane fits the control points."""

Floats = NDArray[np.float64]


def on_ground(lines: Floats, pixels: Floats, height_m: Floats | float) -> tuple[Floats, Floats]:
    """Where ground at a height returns the echo of a line and a pixel (0 at the corner)."""
    far_m = np.hypot(NEAR_M + SPACING_M * pixels, ORBIT_M)
    range_m = np.sqrt(far_m**2 - (ORBIT_M - height_m) ** 2) - NEAR_M
    heading = np.radians(HEADING_DEG + TURN_DEG_PER_LINE * lines / 2)
    along_m = SPACING_M * lines
    x_m = CORNER_M[0] + along_m * np.sin(heading) + range_m * np.cos(heading)
    y_m = CORNER_M[1] + along_m * np.cos(heading) - range_m * np.sin(heading)
    return x_m, y_m


def incidence(pixels: Floats) -> Floats:
    """Radians, at height 0."""
    return np.arctan2(NEAR_M + SPACING_M * pixels, ORBIT_M)


def sigma_table(lines: Floats, pixels: Floats) -> Floats:
    """What DN is divided by, (line, pixel)."""
    return 620 - 0.05 * pixels[None, :] + 0.02 * lines[:, None]


def beta_table(lines: Floats, pixels: Floats) -> Floats:
    return sigma_table(lines, pixels) * np.sqrt(np.sin(incidence(pixels)))[None, :]


def noise_across(lines: Floats, pixels: Floats) -> Floats:
    return 900 + 0.5 * pixels[None, :] - 0.2 * lines[:, None]


SPLIT = 300
"""First pixel of the second sub-swath."""


def noise_along(lines: Floats, pixels: Floats) -> Floats:
    first = 1.0 + 0.1 * np.abs(lines / LINES - 0.5)
    second = 1.2 - 0.1 * np.abs(lines / LINES - 0.5)
    return np.where((pixels < SPLIT)[None, :], first[:, None], second[:, None])


def listed(name: str, numbers: Floats, digits: str = ".9e") -> str:
    words = " ".join(format(number, digits) for number in numbers)
    return f'<{name} count="{len(numbers)}">{words}</{name}>'


def header(root: str, body: str, band: str = "VV") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{root}><adsHeader><missionId>S1A</missionId>'
        f"<productType>GRD</productType><polarisation>{band}</polarisation><mode>IW</mode>"
        f"</adsHeader>{body}</{root}>"
    ).encode()


VECTOR_LINES = np.array([-100.0, 0.0, 170.0, 340.0, 520.0])
VECTOR_PIXELS = np.append(np.arange(0.0, PIXELS, 40.0), PIXELS - 1.0)


def calibration_xml(band: str = "VV") -> bytes:
    vectors = []
    for number, line in enumerate(VECTOR_LINES):
        pixels = np.delete(VECTOR_PIXELS, 3) if number == 2 else VECTOR_PIXELS
        at = np.array([line])
        sigma, beta = sigma_table(at, pixels)[0], beta_table(at, pixels)[0]
        vectors.append(
            "<calibrationVector><azimuthTime>2021-08-09T17:39:53.153776</azimuthTime>"
            f"<line>{line:.0f}</line>{listed('pixel', pixels, '.0f')}"
            f"{listed('sigmaNought', sigma)}{listed('betaNought', beta)}"
            f"{listed('gamma', sigma * 0.9)}{listed('dn', beta)}</calibrationVector>"
        )
    return header(
        "calibration",
        "<calibrationInformation><absoluteCalibrationConstant>1.000000e+00"
        "</absoluteCalibrationConstant></calibrationInformation>"
        f'<calibrationVectorList count="5">{"".join(vectors)}</calibrationVectorList>',
        band,
    )


def noise_xml(*, old: bool = False, scale: float = 1.0) -> bytes:
    """Noise of the layout before IPF 2.9, without azimuth vectors, or of the one since."""
    word, lut = ("noiseVector", "noiseLut") if old else ("noiseRangeVector", "noiseRangeLut")
    vectors = "".join(
        f"<{word}><azimuthTime>2021-08-09T17:39:53</azimuthTime><line>{line:.0f}</line>"
        f"{listed('pixel', VECTOR_PIXELS, '.0f')}"
        f"{listed(lut, scale * noise_across(np.array([line]), VECTOR_PIXELS)[0])}</{word}>"
        for line in VECTOR_LINES
    )
    body = f'<{word}List count="5">{vectors}</{word}List>'
    if not old:
        lines = np.linspace(0, LINES, 51)
        blocks = "".join(
            f"<noiseAzimuthVector><swath>IW{number}</swath><firstAzimuthLine>0</firstAzimuthLine>"
            f"<firstRangeSample>{first}</firstRangeSample>"
            f"<lastAzimuthLine>{LINES - 1}</lastAzimuthLine>"
            f"<lastRangeSample>{last}</lastRangeSample>{listed('line', lines, '.0f')}"
            f"{listed('noiseAzimuthLut', noise_along(lines, np.array([float(first)]))[:, 0])}"
            "</noiseAzimuthVector>"
            for number, first, last in ((1, 0, SPLIT - 1), (2, SPLIT, PIXELS - 1))
        )
        body += f'<noiseAzimuthVectorList count="2">{blocks}</noiseAzimuthVectorList>'
    return header("noise", body)


@dataclass(frozen=True)
class Ground:
    """A bright hill of echo on smooth ground: what the product sees.

    Parameters
    ----------
    x_m, y_m : float
        Of the hill's top.
    height_m : float
        Of all ground.
    """

    x_m: float
    y_m: float
    height_m: float = 0.0

    def power(self, x_m: Floats, y_m: Floats) -> Floats:
        away_m = np.hypot(x_m - self.x_m, y_m - self.y_m)
        decibels = (
            -11 + 2 * np.sin(x_m / 150) * np.cos(y_m / 190) + 9 * np.exp(-((away_m / 60) ** 2))
        )
        return np.asarray(10 ** (decibels / 10))


def numbers_of(ground: Ground, *, noisy: bool = False) -> NDArray[np.uint16]:
    """DN of the whole product, (line, pixel), with no speckle."""
    lines, pixels = (np.arange(size, dtype=np.float64) for size in (LINES, PIXELS))
    line, pixel = np.meshgrid(lines + 0.5, pixels + 0.5, indexing="ij")
    power = ground.power(*on_ground(line, pixel, ground.height_m))
    square = power * sigma_table(lines, pixels) ** 2
    if noisy:
        square = square + noise_across(lines, pixels) * noise_along(lines, pixels)
    return np.rint(np.sqrt(square)).astype(np.uint16)


def control_points(
    height_m: float = 0.0, rise_m: float = 0.0, *, corners: bool = False
) -> list[GroundControlPoint]:
    """Points some 100 lines and 60 pixels apart, at a height that rises and falls along the flight.

    As ESA writes them: pixels are counted, and their place is that of their centre.
    """
    to_degrees = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    end, half = (0, 0.0) if corners else (1, 0.5)
    points = []
    for line in [*np.arange(0.0, LINES, 100), LINES - end]:
        for pixel in [*np.arange(0.0, PIXELS, 60), PIXELS - end]:
            high_m = height_m + rise_m * math.sin(line / 90)
            x_m, y_m = on_ground(np.array(line + half), np.array(pixel + half), high_m)
            lon, lat = to_degrees.transform(x_m, y_m)
            points.append(GroundControlPoint(row=line, col=pixel, x=lon, y=lat, z=high_m))
    return points


def write_grd(path: Path, numbers: NDArray[Any], points: list[GroundControlPoint]) -> Path:
    profile = {
        "driver": "GTiff", "count": 1, "height": numbers.shape[0], "width": numbers.shape[1],
        "dtype": numbers.dtype, "tiled": True, "blockxsize": 64, "blockysize": 64,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile) as target:
            if points:
                target.gcps = (points, CRS.from_epsg(4326))
            target.write(numbers, 1)
    return path
