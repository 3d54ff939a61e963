"""Ask the pixels of a Sentinel-2 scene's files what their numbers mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from camp_monitor.scenes.image import Quality
from camp_monitor.scenes.opening import open_raster
from camp_monitor.scenes.quality import READERS
from camp_monitor.scenes.sensors import OPTICAL_BANDS
from camp_monitor.scenes.sentinel2_offset import OffsetState, check_offset

LOOKED_AT_SIDE_PX = 1024
"""Larger files are looked at in every so many pixels: dark ground is found as well."""
REMEDY = "restore the file from its source"


def settle_offset(state: OffsetState, files: Sequence[tuple[Path, tuple[str, ...]]]) -> OffsetState:
    """Hold what an item says of the offset against the dark ground in the files.

    Parameters
    ----------
    state : OffsetState
    files : sequence of (Path, tuple of str)
        Each file with the names of its bands; all of one frame.  A quality band among them tells
        cloud; without one, all that holds data is looked at.

    Raises
    ------
    SceneError
        A file cannot be read.
    """
    shape = _common_shape([path for path, _ in files])
    numbers, names = [], []
    flags = np.zeros(shape, np.uint8)
    for path, bands in files:
        with open_raster(path, REMEDY) as source:
            for index, name in enumerate(bands, start=1):
                if name in READERS:
                    flags |= READERS[name](source.read(index, out_shape=shape))
                elif name in OPTICAL_BANDS:
                    numbers.append(source.read(index, out_shape=shape))
                    names.append(name)
    flags &= ~np.uint8(Quality.SNOW)  # bright, and so no harm to dark targets
    return check_offset(state, np.array(numbers), tuple(names), flags)


def _common_shape(paths: Sequence[Path]) -> tuple[int, int]:
    """Rows and columns of the finest file, or fewer."""
    finest = (1, 1)
    for path in paths:
        with open_raster(path, REMEDY) as source:
            finest = max(finest, (source.height, source.width))
    coarser = max(1.0, max(finest) / LOOKED_AT_SIDE_PX)
    return max(1, round(finest[0] / coarser)), max(1, round(finest[1] / coarser))
