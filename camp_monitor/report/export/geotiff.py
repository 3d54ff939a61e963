"""The three answers of a comparison as a GeoTIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import InputError

COLOURS = {0: (150, 150, 150, 255), 1: (235, 235, 225, 255), 2: (213, 94, 0, 255)}
"""Of not seen, unchanged and changed."""


def write_states(
    path: Path, states: NDArray[np.uint8], grid: GeoBox, questions: tuple[str, ...]
) -> Path:
    """Write one band for each question: 0 not seen, 1 unchanged, 2 changed.

    No value is declared as nodata: not seen is an answer.

    Parameters
    ----------
    path : Path
        Replaced if it is there.
    states : ndarray
        uint8, (question, row, col).
    grid : GeoBox
    questions : tuple of str
        Names of the bands.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    import rasterio
    from rasterio.errors import RasterioError

    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": len(questions),
        "height": grid.shape[0], "width": grid.shape[1], "crs": str(grid.crs),
        "transform": grid.affine, "compress": "deflate", "tiled": True,
        "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    try:
        with rasterio.open(path, "w", **profile) as target:
            target.write(states)
            target.descriptions = questions
            target.update_tags(VALUES="0 not seen, 1 unchanged, 2 changed")
            if len(questions) == 1:
                target.write_colormap(1, COLOURS)
    except (OSError, RasterioError) as error:
        raise InputError(f"{path} cannot be written ({error}): check its folder.") from error
    return path
