"""Radar backscatter: power and decibels kept apart, and speckle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import SceneError
from camp_monitor.scenes.image import Image

FLOOR_DB = -40.0
"""What is left of a pixel whose noise was larger than its echo; far below any water."""
SPECKLE_PX = 5
"""Side of the square over which power is averaged against speckle."""
DECIBELS_MIDDLE = (-60.0, -1.0)
"""The middle number of a scene in decibels lies here: most ground reflects -25 to -5 dB."""
POWER_MIDDLE = (1e-5, 5.0)
"""The middle number of a scene in linear power lies here: most ground reflects 0.003 to 0.3."""
LEAST_POWER = -0.5
"""Nearly all numbers in power lie above this: noise that is taken off is smaller by far."""
MOST_POWER = 1e6
"""What lies beyond fills what was not seen."""
DECIBELS_RANGE = (-100.0, 60.0)
"""Nearly all numbers in decibels lie here, noise and the brightest roofs included."""
LEAST_SAMPLE = 50
"""Fewer numbers than this tell nothing."""


def to_decibels(power: NDArray[np.floating], floor_db: float | None = None) -> NDArray[np.float32]:
    """Turn linear power into decibels, ``10 * log10(power)``.

    Parameters
    ----------
    power : ndarray
        Any shape; NaN stays NaN.
    floor_db : float or None
        None: zero and negative power, which is how products mark what was not seen (0 or -32768),
        become NaN.  A number: power from which noise was subtracted is raised to this floor.

    Returns
    -------
    ndarray
        float32, decibels.
    """
    values = power.astype(np.float64)
    if floor_db is None:
        values = np.where(values > 0, values, np.nan)
    else:
        values = np.maximum(values, 10 ** (floor_db / 10))
    return (10 * np.log10(values)).astype(np.float32)


def to_power(decibels: NDArray[np.floating]) -> NDArray[np.float32]:
    """Turn decibels into linear power, ``10 ** (decibels / 10)``, float32; NaN stays NaN."""
    return np.power(10.0, decibels.astype(np.float64) / 10).astype(np.float32)


def tell_unit(numbers: NDArray[np.floating]) -> str | None:
    """Tell by the numbers themselves whether backscatter is in power or in decibels.

    Most ground lies between -25 and -5 decibels, which is 0.003 to 0.3 in power, so the middle
    number lies below -1 or above 0, with a gap between: a few negative powers (subtracted noise)
    or a few positive decibels (roofs) do not mislead.

    Parameters
    ----------
    numbers : ndarray
        A sample of one file, after its scale and offset, nodata left out; NaN, zero and huge
        numbers, which fill what was not seen, are not counted.

    Returns
    -------
    str or None
        ``db``, ``power``, or None: neither, or too few numbers.

    Notes
    -----
    Cannot tell amplitude (the root of power) from power, nor sigma nought from gamma nought.
    """
    held = numbers[(np.abs(numbers) < MOST_POWER) & (numbers != 0)]
    if held.size < LEAST_SAMPLE:
        return None
    low, middle, high = np.quantile(held, [0.02, 0.5, 0.98])
    inside = DECIBELS_RANGE[0] <= low and high <= DECIBELS_RANGE[1]
    if DECIBELS_MIDDLE[0] <= middle <= DECIBELS_MIDDLE[1] and inside:
        return "db"
    if POWER_MIDDLE[0] <= middle <= POWER_MIDDLE[1] and low >= LEAST_POWER:
        return "power"
    return None


def check_backscatter(numbers: NDArray[np.floating], quantity: str, source: str) -> None:
    """Refuse numbers that cannot be in the unit that `quantity` says.

    Parameters
    ----------
    numbers : ndarray
        As for `tell_unit`.
    quantity : str
        ``sigma0_db``, ``gamma0_db``, ``sigma0_power`` or ``gamma0_power``.
    source : str
        Name of the file, for the message.

    Raises
    ------
    SceneError
        They are in the other unit, or in neither.
    """
    found = tell_unit(numbers)
    if quantity.endswith(f"_{found}"):
        return
    held = numbers[np.isfinite(numbers) & (numbers != 0)]
    kind = quantity.split("_")[0]
    words = {"db": "decibels", "power": "linear power"}
    said = words["db" if quantity.endswith("_db") else "power"]
    if held.size < LEAST_SAMPLE:
        raise SceneError(
            f"{source} holds {held.size} numbers that are not empty, too few to tell decibels from "
            f"linear power: give a larger part of the scene."
        )
    seen = (
        f"{source} was said to hold {said}, but its middle number is {np.median(held):.4g} and "
        f"{np.mean(held < 0):.0%} are negative"
    )
    if found is None:
        raise SceneError(
            f"{seen}, which is neither decibels (middle {DECIBELS_MIDDLE[0]:g} to "
            f"{DECIBELS_MIDDLE[1]:g}) nor linear power ({POWER_MIDDLE[0]:g} to "
            f"{POWER_MIDDLE[1]:g}): calibrate the file first, or correct --scale."
        )
    raise SceneError(f"{seen}, as in {words[found]}: say --quantity {kind}_{found}.")


def despeckle(decibels: NDArray[np.float32], side_px: int = SPECKLE_PX) -> NDArray[np.float32]:
    """Average the power, not the decibels, over a square.

    Parameters
    ----------
    decibels : ndarray
        float32, (row, col); NaN where nothing was seen, which counts for nothing.
    side_px : int
        Side of the square, odd.

    Returns
    -------
    ndarray
        float32, decibels, NaN where the input is.
    """
    from scipy import ndimage

    power = np.power(10.0, decibels / 10)
    held = np.isfinite(power)
    total = ndimage.uniform_filter(np.where(held, power, 0), side_px)
    share = ndimage.uniform_filter(held.astype(np.float64), side_px)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = 10 * np.log10(np.where(share > 0, total / share, np.nan))
    return np.where(held, mean, np.nan).astype(np.float32)


def despeckled(image: Image) -> Image:
    """Return a radar image with speckle averaged in every band, for its alignment.

    Speckle is another one on every date and has no edge in common; see `despeckle`.  Numbers that
    are no decibels are averaged as they are.
    """
    from scipy import ndimage

    if image.quantity.endswith("_db"):
        return replace(image, pixels=np.stack([despeckle(band) for band in image.pixels]))
    filled = np.where(np.isfinite(image.pixels), image.pixels, 0)
    averaged = ndimage.uniform_filter(filled, (1, SPECKLE_PX, SPECKLE_PX))
    averaged[~np.isfinite(image.pixels)] = np.nan
    return replace(image, pixels=averaged.astype(np.float32))
