"""`Image`: the pixels of one scene on one grid, with what is wrong with each of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import SceneError
from camp_monitor.scenes.sensors import Nature, nature_of
from camp_monitor.scenes.statistics import Statistics


class Quality(IntFlag):
    """Why a pixel cannot be used; no bit set means that it can.

    | bit | name      | meaning                                                        |
    |-----|-----------|----------------------------------------------------------------|
    | 1   | NODATA    | outside the scene, no measurement, or no picture of the ground |
    | 2   | CLOUD     | cloud, as the provider's quality band says, edges widened      |
    | 4   | SHADOW    | cloud shadow, likewise                                         |
    | 8   | CIRRUS    | thin high cloud, likewise                                      |
    | 16  | SNOW      | snow or ice, likewise                                          |
    | 32  | SATURATED | saturated or defective, likewise                               |
    | 64  | TERRAIN   | layover or shadow of a radar, as a height model has it         |

    A pixel with NODATA has no other bit: nothing is known about it.
    """

    NODATA = 1
    CLOUD = 2
    SHADOW = 4
    CIRRUS = 8
    SNOW = 16
    SATURATED = 32
    TERRAIN = 64


def flagged(flags: NDArray[np.uint8], flag: Quality) -> NDArray[np.bool_]:
    """Tell where any of some bits is set, (row, col); a bare member would widen it to 64 bits."""
    return (flags & np.uint8(flag)) > 0


@dataclass(frozen=True, eq=False)
class Image:
    """The pixels of one scene on one grid.

    Parameters
    ----------
    pixels : ndarray
        float32, (band, row, col), in the unit of `quantity`; NaN where `flags` has NODATA.  Of a
        large scene they lie in a file (`camp_monitor.scenes.stored`) and are read by windows.
    bands : tuple of str
        Standard names in the order of `pixels`: blue, green, red, nir, swir1, swir2, vv, vh.
    quantity : str
        ``reflectance`` (0-1), ``sigma0_db``, ``gamma0_db`` (decibels), or ``dn8``: stretched or
        uncalibrated numbers, of which only contrasts and ratios within one date mean anything.
    flags : ndarray
        uint8, (row, col), bits of `Quality`; 0 where the pixel can be used.
    grid : GeoBox
        Shape, affine transform and CRS of the pixels.
    cloud_model : str
        What told cloud where no quality band did, with its version; empty where nothing did.
    statistics : Statistics or None
        What was measured of the whole scene, where this is a part of it.

    Raises
    ------
    SceneError
        Shapes, bands and grid do not fit together.
    """

    pixels: NDArray[np.float32]
    bands: tuple[str, ...]
    quantity: str
    flags: NDArray[np.uint8]
    grid: GeoBox
    cloud_model: str = ""
    statistics: Statistics | None = None

    def __post_init__(self) -> None:
        if self.pixels.shape != (len(self.bands), *self.grid.shape):
            raise SceneError(
                f"The image has pixels of shape {self.pixels.shape}, but {len(self.bands)} bands "
                f"on a grid of {tuple(self.grid.shape)}."
            )
        if self.flags.shape != tuple(self.grid.shape):
            raise SceneError(
                f"The quality flags have shape {self.flags.shape}, but the grid "
                f"{tuple(self.grid.shape)}."
            )

    def band(self, name: str) -> NDArray[np.float32]:
        """Return one band, (row, col), by its standard name."""
        return self.pixels[self.bands.index(name)]

    @cached_property
    def nature(self) -> Nature:
        """Radar or optical, and the unit of its numbers."""
        return nature_of(self.bands, self.quantity)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """True where no quality flag is set."""
        return self.flags == 0

    @property
    def pixel_m(self) -> float:
        """Side of a pixel in metres of the grid."""
        return float(abs(self.grid.affine.a))
