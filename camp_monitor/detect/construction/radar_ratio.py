"""Two radar images by their ratio, in decibels, and where values crowd."""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.codes import Code
from camp_monitor.detect.water.speckle import measure_speckle, pooled_slope
from camp_monitor.errors import Refusal
from camp_monitor.pairs.normalisation import measure_normalisation, normalise
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sar.backscatter import despeckle
from camp_monitor.scenes.sensors import Unit

SAME_TEXTURE = 0.95
"""Two dates correlate by more than this on ground with texture of its own.  Speckle alone reaches
0.94 there, since the nearer half to the line is looked at."""
CROWD_FRACTION = 0.3
"""Of the pixels, at least so many are ground that did not change."""
LIKELY_DB = 5.0
"""Standard deviation of the gain between two dates of one sensor, as far as nothing else is known.
Stretched files seldom differ by more.  Where two kinds of ground crowd, it tells which stayed."""
FINEST_DB = 0.01
"""Numbers that crowd more narrowly are rounded or cut off, and are not surer for it."""
LOGARITHMIC_UNDER = 0.25
"""Where speckle grows with the number by a smaller power than this, the file's word that numbers
are amplitudes is not believed.  Offsets pull the power of amplitudes down to about this."""
DB_OF_NUMBER = 0.1
"""What one number of 8 bits is on a scale like decibels whose gain nobody states: ground and water
of one scene, which are some 25 dB apart, fill the range."""
SAMPLE_PX = 60_000
"""More pixels tell no more of where values crowd."""


def check_unit(pair: Pair) -> None:
    """Refuse numbers whose ratio means nothing."""
    quantity = pair.before.quantity
    if quantity != "amplitude8" and not quantity.endswith("_db"):
        raise Refusal(Code.RADAR_NEEDS_UNIT, quantity=quantity)


def decibel_ratio(
    pair: Pair, name: str, seen: NDArray[np.bool_], dark_fraction: float, side_px: int
) -> NDArray[np.float32]:
    """Return after by before, decibels, 0 where most ground is and where nothing is seen.

    Uncalibrated amplitudes are brought to one gain and offset by a line through what changed least,
    where that ground shows the same texture on both dates.  Where it shows hardly more than speckle
    the line would follow a large change, and one gain is taken, that of the commonest ratio.
    """
    if not seen.any():
        return np.zeros(seen.shape, np.float32)
    first, second = (_one_band(image, name, side_px, seen) for image in (pair.before, pair.after))
    if is_like_decibels(pair, name):
        ratio = DB_OF_NUMBER * (_by_line(first, second, seen) - first)
    elif pair.nature.unit is Unit.AMPLITUDE:
        second = _brought_to(first, second, seen)
        bright = float(np.percentile(np.concatenate([first[seen], second[seen]]), 75))
        dark = max(dark_fraction * bright, 1.0)
        ratio = 20 * np.log10((second + dark) / (first + dark))
    else:
        ratio = second - first
    return np.where(seen, ratio - commonest(ratio[seen])[0], 0).astype(np.float32)


def is_like_decibels(pair: Pair, name: str) -> bool:
    """Whether numbers declared as amplitudes lie on a scale like decibels, by their speckle."""
    if pair.nature.unit is not Unit.AMPLITUDE:
        return False
    dates = pair.before, pair.after
    slope = pooled_slope(tuple(measure_speckle(image, name) for image in dates))
    return slope < LOGARITHMIC_UNDER  # not so where nothing told it: NaN


def _by_line(
    first: NDArray[np.float32], second: NDArray[np.float32], seen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Bring the second date to the gain and offset of the first by what changed least."""
    grid = GeoBox(seen.shape, Affine.identity(), None)
    flags = (~seen).astype(np.uint8)
    before, after = (
        Image(numbers[None], ("sar",), "amplitude8", flags, grid) for numbers in (first, second)
    )
    return np.maximum(normalise(after, measure_normalisation(before, after))[0], 0)


def _brought_to(
    first: NDArray[np.float32], second: NDArray[np.float32], seen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Bring the amplitudes of the second date to the first."""
    by_line = _by_line(first, second, seen)
    away = np.abs(first - by_line)[seen]
    kept = away <= np.median(away)
    pair = first[seen][kept], by_line[seen][kept]
    if min(map(np.ptp, pair)) > 0 and np.corrcoef(*pair)[0, 1] > SAME_TEXTURE:
        return by_line
    plain_db = 20 * np.log10(np.maximum(second, 1) / np.maximum(first, 1))
    return np.asarray(second / 10 ** (commonest(plain_db[seen])[0] / 20), np.float32)


def _one_band(
    image: Image, name: str, side_px: int, seen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return one band with speckle averaged, 0 where it is not seen."""
    from scipy import ndimage

    numbers = image.band(name)
    if image.nature.unit is Unit.DECIBEL:
        numbers = despeckle(numbers, side_px)
    else:
        numbers = np.maximum(ndimage.uniform_filter(np.where(seen, numbers, 0), side_px), 0)
    return np.where(seen, numbers, 0).astype(np.float32)


def commonest(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return where values crowd, and their standard deviation there.

    From the shortest interval that holds `CROWD_FRACTION` of them, as of a normal distribution:
    what the rest does, on one side or on both, has no part in it (Rousseeuw and Leroy 1988,
    doi:10.1111/j.1467-9574.1988.tb01224.x).  Values are decibels; intervals far from 0 must be
    shorter, by a normal prior of `LIKELY_DB`: a frame of which half became black crowds there.
    """
    from scipy.special import ndtri

    ordered = np.sort(values[:: max(1, values.size // SAMPLE_PX)])
    if not ordered.size:
        return 0.0, 0.0
    held = max(int(CROWD_FRACTION * ordered.size), 1)
    widths = ordered[held - 1 :] - ordered[: ordered.size - held + 1]
    middles = (ordered[held - 1 :] + ordered[: ordered.size - held + 1]) / 2
    unlikely = np.log(np.maximum(widths, FINEST_DB)) + (middles / LIKELY_DB) ** 2 / 2
    first = int(np.argmin(unlikely))
    return float(middles[first]), float(widths[first]) / (
        2 * float(ndtri((1 + CROWD_FRACTION) / 2))
    )


def mean_around(
    values: NDArray[np.float32], seen: NDArray[np.bool_], reach_px: float
) -> NDArray[np.float32]:
    """Gaussian mean over what is seen: three boxes, whose time does not grow with the reach.

    Of an image (row, col), or of each of several (image, row, col).
    """
    from scipy import ndimage

    side_px = 2 * round(np.sqrt(4 * reach_px**2 + 1) / 2 - 0.5) + 1

    def smoothed(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        for _ in range(3):
            numbers = ndimage.uniform_filter(numbers, side_px, axes=(-2, -1))
        return numbers

    total = smoothed(np.where(seen, values, 0).astype(np.float32))
    if seen.all():
        return total
    share = smoothed(seen.astype(np.float32))
    return np.asarray(total / np.maximum(share, 1e-3), np.float32)


def spread_of(values: NDArray[np.float32]) -> float:
    """Return the standard deviation of the usual values, by their median deviation."""
    if not values.size:
        return 0.0
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
