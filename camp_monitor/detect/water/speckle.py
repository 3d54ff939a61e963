"""What numbers of 8 bits are, measured from their speckle: amplitudes, or a scale like decibels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.image import Image

_Number = TypeVar("_Number", np.float32, np.bool_)

SIDE_PX = 3
"""Side of the windows in which speckle is measured."""
QUIET_QUANTILE = 0.25
"""Of windows equally bright, this part holds speckle and hardly any edge."""
BINS = 8
BRIGHTEST = 0.9
"""Brighter windows than this quantile are built up, where no window is even."""
LEAST_WINDOWS = 200
LEAST_OF_A_BIN = 30
MULTIPLICATIVE_FROM = 0.4
"""From this slope on, speckle grows with the number.  Amplitude and intensity have 1, decibels 0;
clipping and averaging pull amplitudes down, texture lifts decibels."""


@dataclass(frozen=True)
class Speckle:
    """Speckle of one image.

    Parameters
    ----------
    slope : float
        Of the logarithm of the local standard deviation on that of the local mean; NaN where too
        little of the scene is even.
    weight : float
        What the slope rests on: the variance of the logarithms of the means.
    deviation : float
        Standard deviation of one pixel on even ground, in the numbers of the image.
    """

    slope: float
    weight: float
    deviation: float


def measure_speckle(image: Image, name: str) -> Speckle:
    """Measure how strong speckle is, and how it grows with brightness.

    The local standard deviation of the quieter windows is taken in classes of brightness, and a
    line is drawn through the logarithms of both.

    Parameters
    ----------
    image : Image
        Radar, 8-bit numbers.
    name : str
        Of the band.

    Notes
    -----
    Cannot tell: a scene that is equally bright everywhere (`weight` is then small, and it hardly
    matters: over a short stretch a logarithm is a straight line).

    References
    ----------
    .. [1] Lee and Hoppel, Noise modeling and estimation of remotely-sensed images, IGARSS (1989)
    """
    numbers = np.nan_to_num(image.band(name)).astype(np.float32)
    # a clipped pixel has no speckle left
    held = image.usable & (numbers > 0) & (numbers < 255)
    windows = _windows(numbers)[_windows(held).all(axis=1)]
    mean, deviation = windows.mean(axis=1), windows.std(axis=1, ddof=1)
    even = (mean > 1) & (deviation > 0)
    mean, deviation = mean[even], deviation[even]
    if mean.size < LEAST_WINDOWS:
        return Speckle(float("nan"), 0.0, 0.0)
    slope, weight = _slope(mean, deviation)
    return Speckle(slope, weight, float(np.quantile(deviation, QUIET_QUANTILE)))


def is_multiplicative(speckles: tuple[Speckle, ...]) -> bool:
    """Whether speckle multiplies the numbers, judged from all dates of one pair together."""
    told = [speckle for speckle in speckles if speckle.weight > 0]
    if not told:
        return True
    return pooled_slope(speckles) >= MULTIPLICATIVE_FROM


def pooled_slope(speckles: tuple[Speckle, ...]) -> float:
    """Return the slope of several images, by what each rests on; NaN where none has one."""
    told = [speckle for speckle in speckles if speckle.weight > 0]
    weight = sum(speckle.weight for speckle in told)
    total = sum(speckle.slope * speckle.weight for speckle in told)
    return total / weight if weight else float("nan")


def _slope(mean: NDArray[np.float32], deviation: NDArray[np.float32]) -> tuple[float, float]:
    """Weighted line through the classes of brightness: its slope, and the variance it rests on."""
    low, high = np.quantile(mean, [0.01, BRIGHTEST])
    if not high > low:
        return float("nan"), 0.0
    edges = np.geomspace(low, high, BINS + 1)
    rows = []
    for darkest, brightest in pairwise(edges):
        inside = (mean >= darkest) & (mean <= brightest)
        if inside.sum() >= LEAST_OF_A_BIN:
            quiet = np.quantile(deviation[inside], QUIET_QUANTILE)
            rows.append((np.median(mean[inside]), quiet, min(inside.sum(), 500)))
    if len(rows) < 2:
        return float("nan"), 0.0
    bright, quiet, weights = np.array(rows, np.float64).T
    across, along = np.log(bright), np.log(quiet)
    across -= np.average(across, weights=weights)
    along -= np.average(along, weights=weights)
    variance = float(np.average(across**2, weights=weights))
    if variance <= 0:
        return float("nan"), 0.0
    return float(np.average(across * along, weights=weights)) / variance, variance


def _windows(values: NDArray[_Number]) -> NDArray[_Number]:
    """Cut into squares side by side: (window, pixel)."""
    rows, columns = (length // SIDE_PX for length in values.shape)
    cut = values[: rows * SIDE_PX, : columns * SIDE_PX]
    square = cut.reshape(rows, SIDE_PX, columns, SIDE_PX).swapaxes(1, 2)
    return square.reshape(rows * columns, SIDE_PX**2)
