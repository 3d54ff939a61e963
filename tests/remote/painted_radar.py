"""Radar items in the shape of the Planetary Computer's, whose files hold one painted valley.

Terrain-corrected scenes (RTC) hold gamma nought in power on a grid; GRD products hold whole numbers
in the radar's own geometry, with control points and annotations, as `tests.scenes.products` has
them.  All ground lies at `GROUND_M`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from camp_monitor.demo.valley_scenes import VISITS, Visit
from camp_monitor.synthetic.radar import INCIDENCE_DEG, POLARISATIONS
from tests.remote.conftest import SECRET
from tests.remote.painted_catalogue import Offered, cog, painted
from tests.remote.servers import AssetServer, Front
from tests.scenes.products import (
    LINES,
    PIXELS,
    calibration_xml,
    control_points,
    noise_across,
    noise_along,
    noise_xml,
    on_ground,
    sigma_table,
    write_grd,
)

DRY, FLOOD, DRAINED = RADAR = tuple(visit for visit in VISITS if visit.air is None)
ASCENDING, DESCENDING = (54, "ascending"), (134, "descending")
GROUND_M = 350.0
POINTS_M = {DRY.date: 331.0, FLOOD.date: 368.0}
"""Height of the control points, which is another on every date."""
UNPAINTED = 0.05
"""Power round the painted valley."""
RTC_NODATA = -32768.0


@functools.cache
def power(date: str) -> NDArray[np.float32]:
    """Sigma nought of a date, linear power, (band, row, col) on the painted grid."""
    decibels = painted(RADAR).scene(date).seen.image.pixels
    return np.power(10.0, decibels / 10, dtype=np.float32)


def rtc(home: str) -> Offered:
    """Three dates of one orbit, and the flood once more as another orbit would see it."""
    items, files = [], {}
    grid = painted(RADAR).grid
    other = replace(FLOOD, acquired_at="2016-09-03T21:40:00Z")
    seen = [(visit, visit, ASCENDING) for visit in RADAR] + [(other, FLOOD, DESCENDING)]
    for visit, pixels, orbit in seen:
        gamma = power(pixels.date) / np.float32(np.cos(np.radians(INCIDENCE_DEG)))
        gamma[:, :2, :] = RTC_NODATA
        assets = {}
        name = f"{_name(visit)}_rtc"
        for band, numbers in zip(POLARISATIONS, gamma, strict=True):
            path = f"/s1-rtc/{name}/iw-{band}.rtc.tiff"
            files[path] = cog(numbers, grid, nodata=RTC_NODATA)
            assets[band] = {"href": home + path, "type": "image/tiff", "roles": ["data"]}
        items.append(_item(name, "sentinel-1-rtc", visit, orbit, assets))
    return Offered(tuple(items), files)


def grd(home: str, folder: Path) -> Offered:
    """Make products of a dry date and of the flood."""
    items, files = [], {}
    for visit in (DRY, FLOOD):
        name = _name(visit)
        assets = {}
        points = control_points(POINTS_M[visit.date])
        for number, band in enumerate(POLARISATIONS):
            numbers = _whole_numbers(power(visit.date)[number])
            image = write_grd(folder / f"{name}-{band}.tiff", numbers, points).read_bytes()
            noise = noise_xml().replace(
                b"<polarisation>VV<", f"<polarisation>{band.upper()}<".encode()
            )
            for key, end, content in (
                (band, f"measurement/iw-{band}.tiff", image),
                (f"schema-calibration-{band}", f"calibration-iw-{band}.xml",
                 calibration_xml(band.upper())),
                (f"schema-noise-{band}", f"noise-iw-{band}.xml", noise),
            ):  # fmt: skip
                path = f"/s1-grd/{name}/{end}"
                files[path] = content
                assets[key] = {"href": home + path}
        items.append(_item(name, "sentinel-1-grd", visit, ASCENDING, assets))
    return Offered(tuple(items), files)


def _whole_numbers(ground: NDArray[np.float32]) -> NDArray[np.uint16]:
    """What a product holds of power on the painted grid, (line, pixel)."""
    lines, pixels = (np.arange(size, dtype=np.float64) for size in (LINES, PIXELS))
    line, pixel = np.meshgrid(lines + 0.5, pixels + 0.5, indexing="ij")
    columns, rows = ~painted(RADAR).grid.affine * on_ground(line, pixel, GROUND_M)
    seen = ndimage.map_coordinates(ground, [rows - 0.5, columns - 0.5], order=1, cval=UNPAINTED)
    noise = noise_across(lines, pixels) * noise_along(lines, pixels)
    square = seen * sigma_table(lines, pixels) ** 2 + noise
    return np.maximum(np.rint(np.sqrt(square)), 1).astype(np.uint16)


def _name(visit: Visit) -> str:
    at = f"{datetime.fromisoformat(visit.acquired_at):%Y%m%dT%H%M%S}"
    return f"S1A_IW_GRDH_1SDV_{at}_012345_01ABCD"


def _item(
    name: str, collection: str, visit: Visit, orbit: tuple[int, str], assets: Mapping[str, Any]
) -> dict[str, Any]:
    footprint = painted(RADAR).grid.extent.to_crs("EPSG:4326").geom
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": collection,
        "geometry": footprint.__geo_interface__,
        "bbox": list(footprint.bounds),
        "properties": {
            "datetime": visit.acquired_at,
            "platform": "SENTINEL-1A",
            "sar:polarizations": ["VV", "VH"],
            "sar:product_type": "GRD",
            "sat:relative_orbit": orbit[0],
            "sat:orbit_state": orbit[1],
        },
        "links": [],
        "assets": dict(assets),
    }


class TokenFront(Front):
    """Passes a STAC API on, and gives tokens for files.

    On this computer it has the files' own host, so that it is sent a token itself.
    """

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if "/token/" in target:
            ends_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
            token = {"token": f"sig={SECRET}", "msft:expiry": ends_at}
            return 200, {"Content-Type": "application/json"}, json.dumps(token).encode()
        return super().answer(method, target.partition("?")[0], headers, body)


class LockedServer(AssetServer):
    """Serves files to those who bring the token."""

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if f"sig={SECRET}" not in target:
            return 403, {}, b"no token"
        return super().answer(method, target, headers, body)


def workspace(folder: Path, home: str) -> Path:
    """Make a workspace with the sources ``rtc`` and ``grd``, both the catalogue at `home`."""
    from camp_monitor.facilities import bundled_registry
    from camp_monitor.workspace import create_workspace

    create_workspace(folder, bundled_registry())
    file = folder / "camp-monitor.toml"
    with file.open("a", encoding="utf-8") as text:
        text.write(f'\n[sources.rtc]\nurl = "{home}"\nlike = "planetary-computer"\n')
        text.write(f'\n[sources.grd]\nurl = "{home}"\nlike = "planetary-computer"\n')
        text.write('collections = ["sentinel-1-grd"]\n')
    return folder
