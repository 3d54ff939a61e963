"""A catalogue in the shape of a provider's, whose files hold painted scenes of one valley."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.shutil import copy

from camp_monitor.demo.scenes import grid_round
from camp_monitor.demo.valley_scenes import VISITS, Valley, Visit, paint_valley
from camp_monitor.facilities import bundled_registry, find_facility

FACILITY = "khs-12-jongori"
COLLECTION = "sentinel-2-l2a"
TEN_METRES = {"blue": "blue", "green": "green", "red": "red", "nir": "nir"}
TWENTY_METRES = {"swir1": "swir16", "swir2": "swir22"}
SHIFT = 1000
_BY_DATE = {visit.date: visit for visit in VISITS}
_CLEAR, _FLOOD, _OVERCAST = (_BY_DATE[date] for date in ("2016-09-25", "2016-09-05", "2016-08-02"))


def _on(visit: Visit, date: str) -> Visit:
    return replace(visit, acquired_at=f"{date}{visit.acquired_at[10:]}")


SUMMER = (
    _on(_OVERCAST, "2016-08-06"),
    _on(_CLEAR, "2016-08-16"),
    _on(_FLOOD, "2016-09-05"),
    _on(_OVERCAST, "2016-09-15"),
    _on(_CLEAR, "2016-09-25"),
)
"""A flood between two clear dates, and two dates under cloud."""


@dataclass(frozen=True)
class Offered:
    """Items, and the files they point to by path."""

    items: tuple[dict[str, Any], ...]
    files: Mapping[str, bytes]


def collection(identity: str = COLLECTION) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": identity,
        "description": "Painted scenes.",
        "license": "proprietary",
        "links": [],
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2015-06-23T00:00:00Z", None]]},
        },
    }


@functools.cache
def painted(visits: tuple[Visit, ...] = SUMMER) -> Valley:
    facility = find_facility(bundled_registry(), FACILITY)
    return paint_valley(grid_round(facility), 5, visits)


def offer(home: str, *, visits: tuple[Visit, ...] = SUMMER) -> Offered:
    """Paint scenes and describe them as Earth Search (version 1) does, files under `home`."""
    valley = painted(visits)
    items, files = [], {}
    for scene in valley.scenes:
        if scene.seen.classes is None:
            continue
        name = f"S2A_52TEL_{scene.visit.date.replace('-', '')}_0_L2A"
        layers = {
            band: np.round(scene.seen.image.band(band) * 1e4).astype(np.uint16) + np.uint16(SHIFT)
            for band in (*TEN_METRES, *TWENTY_METRES)
        }
        for band, key in TEN_METRES.items():
            files[f"/{name}/{key}.tif"] = cog(layers[band], valley.grid)
        half = coarser(valley.grid)
        for band, key in TWENTY_METRES.items():
            files[f"/{name}/{key}.tif"] = cog(layers[band][::2, ::2], half)
        files[f"/{name}/scl.tif"] = cog(scene.seen.classes[::2, ::2], half)
        items.append(item(home, name, scene.visit, valley.grid))
    return Offered(tuple(items), files)


def item(home: str, name: str, visit: Visit, grid: GeoBox) -> dict[str, Any]:
    footprint = grid.extent.to_crs("EPSG:4326").geom
    keys = (*TEN_METRES.values(), *TWENTY_METRES.values())
    raster = {"nodata": 0, "data_type": "uint16", "scale": 0.0001, "offset": -0.1}
    assets = {
        key: {
            "href": f"{home}/{name}/{key}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data", "reflectance"],
            "raster:bands": [raster],
        }
        for key in keys
    }
    assets["scl"] = {"href": f"{home}/{name}/scl.tif", "roles": ["data"]}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": COLLECTION,
        "geometry": footprint.__geo_interface__,
        "bbox": list(footprint.bounds),
        "properties": {
            "datetime": visit.acquired_at,
            "platform": "sentinel-2a",
            "eo:cloud_cover": 50.0,
            "view:sun_elevation": visit.sun_deg[0],
            "view:sun_azimuth": visit.sun_deg[1],
            "s2:processing_baseline": "05.00",
            "earthsearch:boa_offset_applied": False,
        },
        "links": [],
        "assets": assets,
    }


def coarser(grid: GeoBox) -> GeoBox:
    rows, columns = grid.shape
    affine = grid.affine * Affine.scale(2)
    return GeoBox((rows // 2, columns // 2), affine, grid.crs)


def cog(
    numbers: NDArray[Any], grid: GeoBox, *, nodata: float = 0, simulated: bool = False,
    **options: Any,
) -> bytes:  # fmt: skip
    """Return (row, col) numbers as the bytes of a cloud-optimised GeoTIFF."""
    profile = {
        "driver": "GTiff", "dtype": numbers.dtype.name, "count": 1, "crs": str(grid.crs),
        "height": grid.shape[0], "width": grid.shape[1], "transform": grid.affine,
        "nodata": nodata,
    }  # fmt: skip
    with MemoryFile() as memory, MemoryFile() as written:
        with memory.open(**profile) as target:
            target.write(numbers, 1)
            if simulated:
                target.update_tags(SIMULATED="painted")
        with memory.open() as whole, rasterio.Env(GDAL_NUM_THREADS="1"):
            copy(whole, written.name, driver="COG", compress="DEFLATE", **options)
        return bytes(written.read())


def workspace(folder: Path, home: str) -> Path:
    """Make a workspace that asks the catalogue at `home`, which follows Earth Search."""
    from camp_monitor.workspace import create_workspace

    create_workspace(folder, bundled_registry())
    file = folder / "camp-monitor.toml"
    text = file.read_text(encoding="utf-8").replace('source = "earth-search"', 'source = "local"')
    file.write_text(
        f'{text}\n[sources.local]\nurl = "{home}"\nlike = "earth-search"\n', encoding="utf-8"
    )
    return folder
