"""Fetch backscatter from a Sentinel-1 GRD product: its annotations whole, its image in part."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import RemoteError, SceneError
from camp_monitor.providers.item import RemoteBand
from camp_monitor.providers.network.addresses import where
from camp_monitor.providers.network.remote import Remote
from camp_monitor.scenes.reading import utm_crs
from camp_monitor.scenes.sar.calibration_files import (
    MAX_ANNOTATION_BYTES,
    read_calibration,
    read_noise,
)
from camp_monitor.scenes.sar.geocoding import geocode
from camp_monitor.scenes.scene import Geocoding

if TYPE_CHECKING:
    from affine import Affine
    from rasterio.io import DatasetReader

PIXEL_M = 10.0
"""Side of a pixel, as that of the product (IW, high resolution)."""
GEOCODING = "CAMP_MONITOR_GEOCODING"
"""Tag of a fetched file that says how it was put onto the ground, so that it can be taken up again
after a run that was cut off."""
ANOTHER = "choose another scene, or --source"


def ground_grid(area: BaseGeometry, least_px: int, beside_px: int) -> GeoBox:
    """Lay a grid of `PIXEL_M` in the UTM zone round an area: the same for every scene of a place.

    Parameters
    ----------
    area : shapely geometry
        EPSG:4326.
    least_px : int
        Least side.
    beside_px : int
        Added on every side.

    Returns
    -------
    GeoBox
        North up, its corner at a whole number of pixels.
    """
    from affine import Affine

    crs = utm_crs(area.centroid.x, area.centroid.y)
    bounds = Geometry(shapely.box(*area.bounds), "EPSG:4326").to_crs(crs, 0.01).boundingbox
    beside_m = beside_px * PIXEL_M
    reach_x, reach_y = (
        max(span / 2, least_px / 2 * PIXEL_M) + beside_m for span in (bounds.span_x, bounds.span_y)
    )
    x, y = (bounds.left + bounds.right) / 2, (bounds.bottom + bounds.top) / 2
    west, south = (math.floor(low / PIXEL_M) for low in (x - reach_x, y - reach_y))
    east, north = (math.ceil(high / PIXEL_M) for high in (x + reach_x, y + reach_y))
    affine: Affine = Affine(PIXEL_M, 0, west * PIXEL_M, 0, -PIXEL_M, north * PIXEL_M)
    return GeoBox((north - south, east - west), affine, crs)


def fetch_backscatter(
    remote: Remote, band: RemoteBand, source: DatasetReader, grid: GeoBox
) -> tuple[NDArray[np.float32], dict[str, str]]:
    """Read what a grid needs of a band in radar geometry, calibrated and put onto the grid.

    Every date of a place is put to one height, see `geocode`, so that terrain displaces all of
    them alike.

    Parameters
    ----------
    remote : Remote
    band : RemoteBand
        With the address of its calibration.
    source : DatasetReader
        The band's file, where it is.
    grid : GeoBox
        See `ground_grid`.

    Returns
    -------
    (ndarray, dict)
        float32, (row, col), sigma nought in decibels, NaN where nothing was seen; the tags that
        its file is to have, see `read_geocoding`.

    Raises
    ------
    RemoteError
        An annotation or the file cannot be used, or the file does not reach the grid.
    """
    if band.calibration is None:
        raise RemoteError(f"The band {band.name} has no calibration: {ANOTHER}.")
    shown = where(band.calibration)
    noise = None
    try:
        calibration = read_calibration(
            remote.read_all(band.calibration, MAX_ANNOTATION_BYTES), shown
        )
        if band.noise is not None:
            noise = read_noise(remote.read_all(band.noise, MAX_ANNOTATION_BYTES), where(band.noise))
        if calibration.band != band.name:
            raise RemoteError(
                f"{shown} is of {calibration.band.upper()}, and the item says of "
                f"{band.name.upper()}: {ANOTHER}."
            )
        found = geocode(source, calibration, grid, noise=noise)
    except SceneError as error:
        told = str(error).replace(source.name, where(band.href))
        raise RemoteError(f"{told.rstrip('.')}; {ANOTHER}.") from error
    if not np.isfinite(found.sigma0_db).any():
        raise RemoteError(
            f"The file of the band {band.name} shows nothing of the outline, though its item says "
            f"so: {ANOTHER}."
        )
    done = Geocoding(
        height_m=round(found.height_m, 1),
        control_height_m=round(found.control_height_m, 1),
        incidence_deg=round(found.incidence_deg, 2),
        displaced_m_per_100_m=round(found.displaced_m_per_100_m, 1),
        noise_subtracted=noise is not None,
    )
    return found.sigma0_db, {GEOCODING: json.dumps(asdict(done))}


def read_geocoding(scene_id: str, paths: Sequence[Path]) -> Geocoding:
    """Read from a scene's fetched files how they were put onto the ground: all alike.

    Raises
    ------
    RemoteError
        They were not put there alike.
    """
    import rasterio

    said = []
    for path in paths:
        with rasterio.open(path) as source:
            said.append(Geocoding(**json.loads(source.tags()[GEOCODING])))
    if len({(one.height_m, one.noise_subtracted) for one in said}) > 1:
        raise RemoteError(
            f"The bands of {scene_id} lie at different heights, or not all of them come with "
            f"their noise: {ANOTHER}."
        )
    return said[0]
