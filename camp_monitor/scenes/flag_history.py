"""Flags of one place over many dates: weather moves, a bright roof does not.

Providers' classifiers take bright roofs, gravel and concrete for cloud, at the same place on every
date.  Those are the very places where building shows, so they are told from weather and named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from camp_monitor.codes import Code
from camp_monitor.errors import SceneError
from camp_monitor.notes import Note, note
from camp_monitor.scenes.image import Quality

WEATHER = Quality.CLOUD | Quality.SHADOW | Quality.CIRRUS
"""Flags that weather sets."""
LEAST_DATES = 8
"""Dates on which a pixel was imaged, below which nothing is said of it."""
LEAST_FLAGGED_SHARE = 0.9
"""Of the dates on which a pixel was imaged, for "always"."""
REACH_M = 400.0
"""Side of the square of surroundings, on either side of a pixel, that weather is measured in: wider
than a building, narrower than a ridge that gathers cloud."""
LEAST_SURROUNDINGS = 0.25
"""Share of the square that must have been imaged."""
MOST_CLOUDY_SURROUNDINGS = 0.25
"""Flagged share of the square above which a date tells nothing: the pixel may lie in the middle of
a cloud that sits there often."""
LEAST_WEATHER = 0.05
"""Weather flags a pixel at least this often, however clear its surroundings: small clouds exist,
and a share counted over one square is itself uncertain."""
MOST_CHANCE = 0.01
"""Chance, of a whole window under nothing but weather, that any of its pixels is called fixed."""


@dataclass(frozen=True, eq=False)
class FixedFlags:
    """Pixels that are always flagged though the weather is not.

    Parameters
    ----------
    is_fixed : ndarray of bool
        (row, col): always flagged, not weather.
    could_tell : ndarray of bool
        (row, col): the dates would have sufficed to call the pixel fixed, had it been flagged on
        all of them; False is "not known", not "not fixed".
    chance : float
        The largest chance, among the fixed pixels, that weather alone flags such a pixel that
        often; 1 where there are none.
    dates : int
        Dates looked at.
    pixel_m : float
        Side of a pixel, metres.
    """

    is_fixed: NDArray[np.bool_]
    could_tell: NDArray[np.bool_]
    chance: float
    dates: int
    pixel_m: float

    @property
    def result(self) -> Note:
        """How much ground is always flagged, or why that is not known."""
        fixed_px = int(np.count_nonzero(self.is_fixed))
        if fixed_px:
            below = 10.0 ** math.ceil(math.log10(max(self.chance, 1e-300)))
            area_m2 = fixed_px * self.pixel_m**2
            return note(
                Code.FLAGS_PERSISTENT, area_m2=area_m2, dates=self.dates, chance_below=below
            )
        known = bool(self.could_tell.any())
        code = Code.FLAGS_PERSISTENT_NOWHERE if known else Code.FLAGS_PERSISTENT_UNKNOWN
        return note(code, dates=self.dates)


def find_fixed_flags(flags: Mapping[date, NDArray[np.uint8]], pixel_m: float) -> FixedFlags:
    """Find pixels that are flagged on nearly every date though their surroundings are not.

    A roof of 30 m that is called cloud on 12 of 12 dates, in a valley under cloud on one date in
    three, is found; a ridge under its own cloud is not, because its surroundings are flagged too.

    Parameters
    ----------
    flags : mapping of date to ndarray
        uint8, (row, col), bits of `Quality`, all on one grid, one for a day, as the provider gave
        them: `widen_cloud` would spread a roof's flag over its surroundings.
    pixel_m : float
        Side of a pixel, metres.

    Returns
    -------
    FixedFlags

    Raises
    ------
    SceneError
        No date, or the shapes differ.

    Notes
    -----
    Only dates with clear surroundings count.  Were its flags weather, a pixel would be flagged on
    such a date as often as its surroundings are: with probability p, the flagged share of the
    imaged square round it.  Weather is independent from date to date (Sentinel-2 passes days
    apart), so the chance of k flags or more on n dates is the tail of a sum of n unequal coins,
    which is computed exactly.  A pixel is fixed if it is flagged on `LEAST_FLAGGED_SHARE` of at
    least `LEAST_DATES` dates of any weather and that chance is below `MOST_CHANCE` divided by the
    number of pixels (Bonferroni), so that of a hundred windows with nothing but weather at most one
    has any fixed pixel.  In 256 x 256 pixels that takes 6 dates with clear surroundings, and 12 if
    a quarter of them is flagged each time.

    Cannot see: a place that is flagged only since it was built (give the dates since); one that
    fills a quarter of the square, such as a salt pan or a town of bright roofs; the rim of a roof
    that shifts by a pixel from date to date; fog that lies on one narrow place at every pass; nor
    what the fixed place is.
    """
    shape = _common_shape(flags)
    weather = np.stack([(flags[day] & int(WEATHER)) > 0 for day in sorted(flags)])
    imaged = np.stack([(flags[day] & Quality.NODATA) == 0 for day in sorted(flags)])
    expected = np.stack(
        [_weather_share(*pair, pixel_m) for pair in zip(weather, imaged, strict=True)]
    )
    counted = imaged.sum(axis=0)
    often = (weather & imaged).sum(axis=0) >= LEAST_FLAGGED_SHARE * counted
    telling = imaged & (expected <= MOST_CLOUDY_SURROUNDINGS)  # False where it is NaN
    most = MOST_CHANCE / max(1, math.prod(shape))
    log_all = np.log(np.where(telling, expected, 1.0)).sum(axis=0)
    could_tell = (counted >= LEAST_DATES) & (log_all <= math.log(most))
    candidates = np.flatnonzero(could_tell & often)
    chances = _tail(
        np.where(telling, expected, 0.0).reshape(len(flags), -1)[:, candidates],
        (weather & telling).reshape(len(flags), -1)[:, candidates].sum(axis=0),
    )
    is_fixed = np.zeros(shape, bool)
    is_fixed.flat[candidates[chances <= most]] = True
    chance = float(chances[chances <= most].max(initial=0.0)) if is_fixed.any() else 1.0
    return FixedFlags(is_fixed, could_tell, chance, len(flags), pixel_m)


def _common_shape(flags: Mapping[date, NDArray[np.uint8]]) -> tuple[int, ...]:
    shapes = {one.shape for one in flags.values()}
    if len(shapes) != 1:
        raise SceneError(
            f"The flags of {len(flags)} dates have {len(shapes)} shapes, and one is needed: read "
            f"them onto one grid."
        )
    return shapes.pop()


def _weather_share(
    weather: NDArray[np.bool_], imaged: NDArray[np.bool_], pixel_m: float
) -> NDArray[np.float64]:
    """Share of the imaged square round each pixel that is flagged; NaN where too little is."""
    from scipy import ndimage

    side_px = 2 * max(1, round(REACH_M / pixel_m)) + 1
    seen = ndimage.uniform_filter(imaged.astype(np.float64), side_px, mode="constant")
    flagged = ndimage.uniform_filter(
        (weather & imaged).astype(np.float64), side_px, mode="constant"
    )
    enough = seen >= LEAST_SURROUNDINGS
    share = np.divide(flagged, seen, out=np.full(seen.shape, np.nan), where=enough)
    return np.clip(share, LEAST_WEATHER, 1.0)


def _tail(shares: NDArray[np.float64], least: NDArray[np.int_]) -> NDArray[np.float64]:
    """Chance that at least `least` of unequal coins, (coin, case), show heads, for each case."""
    coins, cases = shares.shape
    exactly = np.zeros((coins + 1, cases))
    exactly[0] = 1.0
    for share in shares:
        exactly[1:] = exactly[1:] * (1 - share) + exactly[:-1] * share
        exactly[0] *= 1 - share
    heads = np.arange(coins + 1)[:, None]
    return np.asarray(np.where(heads >= least, exactly, 0.0).sum(axis=0))
