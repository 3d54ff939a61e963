"""Read a scene far coarser than it is, in little memory, for a picture of a wide view."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import SceneError
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.scene import Scene

WORKING_MEMORY_MB = 64


def read_coarse(scene: Scene, grid: GeoBox, shift_px: tuple[float, float] = (0.0, 0.0)) -> Image:
    """Read the mean of the pixels of a scene within each of the large pixels of `grid`.

    `camp_monitor.scenes.reading.read_image` reads every pixel of the window at once; this one
    uses the file's own overviews where it has them and goes through it in pieces where not.  The
    provider's quality band is not read: a picture shows cloud as cloud.

    Parameters, result and errors are otherwise those of `read_image`.
    """
    moved = grid.translate_pix(shift_px[1], shift_px[0])
    first, *others = (_read_means(tile, moved) for tile in scene.tiles or (scene,))
    pixels = first
    for values in others:
        pixels = np.where(np.isnan(pixels), values, pixels)
    flags = np.where(np.isnan(pixels).any(axis=0), Quality.NODATA, 0).astype(np.uint8)
    return Image(pixels, scene.band_names, scene.quantity, flags, grid)


def _read_means(scene: Scene, moved: GeoBox) -> NDArray[np.float32]:
    """Read one item of the catalogue; NaN in every band where one of them has nothing."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.features import geometry_mask
    from rasterio.vrt import WarpedVRT
    from rasterio.warp import Resampling

    height, width = moved.shape
    pixels = np.full((len(scene.bands), height, width), np.nan, np.float32)
    by_file: dict[Path, list[int]] = defaultdict(list)
    for position, band in enumerate(scene.bands):
        by_file[band.path].append(position)
    for path, positions in by_file.items():
        bands = [scene.bands[position] for position in positions]
        try:
            with (
                rasterio.Env(GDAL_CACHEMAX=WORKING_MEMORY_MB),
                open_raster(path, "restore the file from its source") as source,
                WarpedVRT(
                    source, crs=str(moved.crs), transform=moved.affine, width=width, height=height,
                    resampling=Resampling.average, src_nodata=bands[0].nodata, nodata=float("nan"),
                    dtype="float32", warp_mem_limit=WORKING_MEMORY_MB, UNIFIED_SRC_NODATA="YES",
                ) as view,
            ):  # fmt: skip
                numbers = view.read([band.index for band in bands])
                frame = GeoBox.from_rio(source).extent.to_crs(str(moved.crs), 1000.0).geom
        except (RasterioError, OSError, IndexError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise SceneError(
                f"{path} cannot be read ({reason}): restore the file from its source."
            ) from error
        # The mean of a pixel that only touches the file's edge is of the pixels beside it.
        beyond = geometry_mask([frame], moved.shape, moved.affine)
        for position, band, values in zip(positions, bands, numbers, strict=True):
            pixels[position] = values * np.float32(band.scale) + np.float32(band.offset)
            pixels[position][beyond] = np.nan
    empty = ~np.isfinite(pixels).all(axis=0)
    pixels[:, empty] = np.nan
    return pixels
