"""The aligned pair of a comparison as GeoTIFFs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camp_monitor.scenes.image import Image


def write_image(path: Path, image: Image, *, flags: bool) -> None:
    """Write the pixels of an image as float32, NaN where there are none.

    Parameters
    ----------
    path : Path
    image : Image
    flags : bool
        Whether a last band has the bits of `camp_monitor.scenes.image.Quality`.
    """
    import rasterio

    names = (*image.bands, "quality_flags") if flags else image.bands
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": len(names), "nodata": np.nan,
        "height": image.grid.shape[0], "width": image.grid.shape[1], "crs": str(image.grid.crs),
        "transform": image.grid.affine, "compress": "deflate", "predictor": 3, "tiled": True,
        "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        for number, band in enumerate(image.pixels, 1):
            target.write(np.asarray(band), number)
        if flags:
            target.write(np.asarray(image.flags).astype(np.float32), len(names))
        target.descriptions = names
        target.update_tags(QUANTITY=image.quantity)
