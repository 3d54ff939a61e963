"""Change between stacks of radar dates: the scatter of each place says what a change is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import NotComparableError

LEAST_DATES = 2
"""Fewer dates than this have no scatter."""
FEW_DATES = 6
"""Below this the scatter of one stack alone is known too badly, and that of both is pooled."""


@dataclass(frozen=True, eq=False)
class StackChange:
    """Change between two stacks of dates, pixel by pixel.

    Parameters
    ----------
    spreads : ndarray
        float32, (row, col): t, the difference of the means, after minus before, in its own standard
        errors; NaN where a stack has fewer than two dates.
    p_value : ndarray
        float32, (row, col): two-sided; how often equal means would differ as much; NaN likewise.
    difference_db : ndarray
        float32, (row, col): after minus before, decibels; NaN where a stack has no date.
    """

    spreads: NDArray[np.float32]
    p_value: NDArray[np.float32]
    difference_db: NDArray[np.float32]


def stack_change(before_db: NDArray[np.float32], after_db: NDArray[np.float32]) -> StackChange:
    """Compare several dates before with several after by a t-test.

    Decibels of one place scatter nearly normally over the dates, with speckle, moisture and wind;
    their own scatter says what a change must exceed, and no threshold has to be chosen.  Welch's
    test lets the scatter differ; it needs `FEW_DATES` on either side, and with fewer the scatter is
    taken for one (Student's test), without which p would come out several times too small.

    Parameters
    ----------
    before_db, after_db : ndarray
        float32, (date, row, col), decibels of one orbit and polarisation, NaN where not seen.  The
        numbers of dates may differ.

    Returns
    -------
    StackChange

    Raises
    ------
    NotComparableError
        The stacks are not of one shape, or one of them has fewer than two dates.

    Notes
    -----
    Over a whole scene many pixels are tested: with p < .001, one in a thousand unchanged pixels is
    still called.  Dates that follow one another within days are not independent.

    References
    ----------
    .. [1] Welch (1947), doi:10.1093/biomet/34.1-2.28
    .. [2] Student (1908), doi:10.1093/biomet/6.1.1
    """
    from scipy import special

    if before_db.ndim != 3 or before_db.shape[1:] != after_db.shape[1:]:
        raise NotComparableError(
            f"The stacks have shapes {before_db.shape} and {after_db.shape}, where (date, row, "
            f"col) on one grid is needed: read all dates onto one grid."
        )
    if min(len(before_db), len(after_db)) < LEAST_DATES:
        raise NotComparableError(
            f"There are {len(before_db)} dates before and {len(after_db)} after, and a t-test "
            f"needs two or more of each: add dates, or compare a pair."
        )
    first, second = _moments(before_db), _moments(after_db)
    with np.errstate(divide="ignore", invalid="ignore"):
        error, freedom = _welch(first, second)
        pooled_error, pooled_freedom = _pooled(first, second)
        pool = np.minimum(first.n, second.n) < FEW_DATES
        error = np.where(pool, pooled_error, error)
        freedom = np.where(pool, pooled_freedom, freedom)
        spreads = (second.mean - first.mean) / np.sqrt(error)
        p_value = 2 * special.stdtr(freedom, -np.abs(spreads))
    few = np.minimum(first.n, second.n) < LEAST_DATES
    return StackChange(
        np.where(few, np.nan, spreads).astype(np.float32),
        np.where(few, np.nan, p_value).astype(np.float32),
        (second.mean - first.mean).astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class _Moments:
    """Number of dates, their mean, and their sum of squares about it, pixel by pixel."""

    n: NDArray[np.float64]
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]


def _moments(stack_db: NDArray[np.float32]) -> _Moments:
    held = np.isfinite(stack_db)
    values = np.where(held, stack_db, 0).astype(np.float64)
    n = held.sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n > 0, values.sum(axis=0) / n, np.nan)
        left = np.where(held, values - mean, 0)
    return _Moments(n, mean, (left**2).sum(axis=0))


_Test = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Squared standard error of the difference, and its degrees of freedom."""


def _welch(first: _Moments, second: _Moments) -> _Test:
    one, other = (stack.squares / (stack.n - 1) / stack.n for stack in (first, second))
    freedom = (one + other) ** 2 / (one**2 / (first.n - 1) + other**2 / (second.n - 1))
    return one + other, freedom


def _pooled(first: _Moments, second: _Moments) -> _Test:
    freedom = first.n + second.n - 2
    variance = (first.squares + second.squares) / freedom
    return variance * (1 / first.n + 1 / second.n), freedom
