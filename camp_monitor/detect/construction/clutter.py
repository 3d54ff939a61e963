"""How much radar change is usual, by the kind of clutter: fields, woods, sand and towns differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = 5
"""Levels of brightness, and of roughness: each holds the same share of the scene."""
LEAST_PX = 200
"""A kind of fewer pixels takes what its neighbours have."""
SAMPLE_PX = 4_000
"""More pixels of a kind tell its median no better than a hundredth of its spread ..."""
LEVEL_SAMPLE_PX = 100_000
"""... and more of a scene do not part its levels any better."""
BLEND_KINDS = 1.0
"""Standard deviation over which neighbouring kinds share what is usual."""

_Values = NDArray[np.float32]


class Clutter:
    """Kinds of ground by brightness and roughness, and what is usual on each.

    A spread over the whole scene mixes sand, water's edge and bright towns, and hides building
    sites in the quiet ones of these.  Median and median deviation hold until half of the ground of
    one kind has changed.

    Parameters
    ----------
    brightness_db, roughness_db : ndarray
        float32, (row, col), decibels: local mean and local standard deviation of the first date.
    ground : ndarray of bool
        (row, col): what is told by.
    """

    def __init__(
        self, brightness_db: _Values, roughness_db: _Values, ground: NDArray[np.bool_]
    ) -> None:
        kinds = LEVELS * _level(brightness_db, ground) + _level(roughness_db, ground)
        order = np.argsort(kinds[ground], kind="stable")
        ends = np.cumsum(np.bincount(kinds[ground], minlength=LEVELS**2))[:-1]
        self._kinds, self._ground = kinds, ground
        self._members = np.split(order, ends)

    def usual(self, change_db: _Values) -> tuple[_Values, _Values]:
        """Tell the usual size of a change on the kind of ground of each pixel, and its spread.

        Parameters
        ----------
        change_db : ndarray
            float32, (row, col), decibels, not negative.

        Returns
        -------
        usual_db, spread_db : ndarray
            float32, (row, col), decibels: median over the kind, and the standard deviation by its
            median deviation; 0 where there is no ground at all.
        """
        values = change_db[self._ground]
        if not values.size:
            return np.zeros_like(change_db), np.zeros_like(change_db)
        usual, spread, weight = np.zeros((3, LEVELS**2))
        for kind, members in enumerate(self._members):
            if members.size >= LEAST_PX or members.size == values.size:
                usual[kind], spread[kind] = _middle(values[_some(members, SAMPLE_PX)])
                weight[kind] = members.size
        if not weight.any():
            (usual[:], spread[:]), weight[:] = _middle(values), 1
        return self._blended(usual, weight), self._blended(spread, weight)

    def _blended(self, values: NDArray[np.float64], weight: NDArray[np.float64]) -> _Values:
        from scipy import ndimage

        total, share = (
            ndimage.gaussian_filter(
                numbers.reshape(LEVELS, LEVELS), BLEND_KINDS, mode="nearest", truncate=2 * LEVELS
            )
            for numbers in (values * weight, weight)
        )
        return np.asarray((total / share).ravel()[self._kinds], np.float32)


def _some(values: NDArray[Any], most: int) -> NDArray[Any]:
    """Evenly spread ones of these, at least `most` where there are as many."""
    return values[:: max(1, values.size // most)]


def _middle(values: _Values) -> tuple[float, float]:
    middle = np.median(values)
    return float(middle), 1.4826 * float(np.median(np.abs(values - middle)))


def _level(values: _Values, ground: NDArray[np.bool_]) -> NDArray[np.intp]:
    if not ground.any():
        return np.zeros(values.shape, np.intp)
    edges = np.quantile(_some(values[ground], LEVEL_SAMPLE_PX), np.linspace(0, 1, LEVELS + 1)[1:-1])
    return np.searchsorted(edges, values)
