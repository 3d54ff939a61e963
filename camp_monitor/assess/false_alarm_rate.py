"""How often the same detector calls where nothing is known to have happened.

The quiet surroundings of a facility in the same pair, and the facility itself between two earlier
dates, are no proof of quiet: real change there counts as a false alarm, too.  The rates are
therefore upper bounds, printed beside a finding, and nothing is taken off for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.detect.detection import Change
from camp_monitor.detect.regions import count_regions
from camp_monitor.scenes.blocks import count_all_of

LEAST_KM2 = 0.05
"""Less ground than this says nothing about a rate."""


@dataclass(frozen=True)
class Rate:
    """What a detector called over some ground.

    Parameters
    ----------
    regions : int
    ground_km2 : float
        Ground on which the question could be answered, square kilometres.
    called_fraction : float
        Share of that ground that was called.
    """

    regions: int
    ground_km2: float
    called_fraction: float

    @property
    def enough(self) -> bool:
        """Whether enough ground was seen to speak of a rate."""
        return self.ground_km2 >= LEAST_KM2


def rate_of(
    change: Change | None, where: NDArray[np.bool_], seen: NDArray[np.bool_], pixel_m: float
) -> Rate:
    """Count what a detector called on seen ground.

    Parameters
    ----------
    change : Change or None
        None: nothing of that kind was called.
    where, seen : ndarray of bool
        (row, col): the ground that is asked about, and where the question could be answered.
    pixel_m : float
    """
    pixels = count_all_of(where, seen)
    regions, called = 0, 0
    if change is not None:
        regions, called = count_regions(change.changed, (where, seen), change.least_px)
    return Rate(regions, pixels * pixel_m**2 / 1e6, called / max(pixels, 1))
