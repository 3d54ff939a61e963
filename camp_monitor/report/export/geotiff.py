"""The three answers of a comparison as a GeoTIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.report.writing import write_whole


def write_states(
    path: Path,
    states: NDArray[np.uint8],
    grid: GeoBox,
    questions: tuple[str, ...],
    withheld: tuple[str, ...] = (),
) -> None:
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
    withheld : tuple of str
        Sentences on what its audience is not shown; they become the tag ``WITHHELD``.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    from rasterio.io import MemoryFile

    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": len(questions),
        "height": grid.shape[0], "width": grid.shape[1], "crs": str(grid.crs),
        "transform": grid.affine, "compress": "deflate", "tiled": True,
        "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(np.asarray(states))
            target.descriptions = questions
            target.update_tags(VALUES="0 not seen, 1 unchanged, 2 changed")
            if withheld:
                target.update_tags(WITHHELD=" ".join(withheld))
        write_whole(memory.read(), path)
