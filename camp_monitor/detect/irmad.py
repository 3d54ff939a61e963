"""How unlike two dates are, over all bands at once and blind to any linear change of brightness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_PIXELS = 60_000
"""Statistics of more pixels than this are no better."""
MAX_ITERATIONS = 30
CONVERGED = 1e-3
"""The canonical correlations have settled when none moves by more than this."""
FIRST_SHARE, LEAST_SHARE, LARGEST_SHARE = 0.1, 0.005, 0.5
"""Changed share of the scene: at first, and the bounds within which it is estimated.  What befalls
more than half of a scene is a season."""
MOST_LOG_ODDS = 50.0
MOST_CORRELATION = 0.95
"""Two dates are not taken to tell more of each other than this: what is left of a shift, and
resampling, make differences at edges that are far from normal."""


@dataclass(frozen=True, eq=False)
class Multivariate:
    """Result of IR-MAD.

    Parameters
    ----------
    chi_square : ndarray
        float32, (row, col): sum of the squared standardised variates; NaN where unusable.  Large
        where the joint change of all bands is unlike that of unchanged ground.
    correlations : tuple of float
        Canonical correlations, rising; near 1 where the pair is well explained by no change.
    """

    chi_square: NDArray[np.float32]
    correlations: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ChangeOdds:
    """Result of `change_odds`.

    Parameters
    ----------
    log_odds : ndarray
        float32, (row, col): natural logarithm of the odds that the pixel changed; above 0 it is
        likelier that it did; NaN where unusable.
    least : float
        Log-odds where both dates have the mean colour of the scene: below 0, and the lower the
        better one date tells the other.
    changed_share : float
        Share of the scene that changed, as estimated with it.
    correlations : tuple of float
        Canonical correlations of unchanged ground, rising.
    """

    log_odds: NDArray[np.float32]
    least: float
    changed_share: float
    correlations: tuple[float, ...]


def change_odds(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    most_correlation: float = MOST_CORRELATION,
) -> ChangeOdds:
    """Weigh for each pixel whether its two colours belong together, or were drawn independently.

    Colours of unchanged ground are jointly normal over both dates; on changed ground the date
    after has some colour of the scene that does not depend on the date before.  The likelihood
    ratio of the two, the changed share and the joint distribution of unchanged ground are found
    together, by expectation and maximisation.  Bands of each date enter as they are: any
    invertible linear map of them (gain, offset, a mix of bands) leaves the answer the same.

    Unlike a distance (`irmad`), colours that one date does not tell of the other count little: a
    crop that is green on one date and yellow on the next, as all of its kind, is no change.

    Parameters
    ----------
    before, after : ndarray
        float32, (band, row, col), same shape; each in any unit, linear in brightness.
    usable : ndarray of bool
        (row, col).
    most_correlation : float
        Canonical correlations count up to this.

    Returns
    -------
    ChangeOdds

    Notes
    -----
    Cannot see: change that runs along with the whole scene.  Colours are not normally distributed
    and neighbours are not independent, so the odds order pixels and have a meaningful zero, but
    large odds are overstated.

    References
    ----------
    .. [1] Nielsen (2007), doi:10.1109/TIP.2006.888195 (canonical variates)
    .. [2] Theiler and Perkins, Proc. ICML Workshop on Machine Learning Algorithms for Surveillance
       and Event Detection (2006) (anomalous change as a ratio of distributions)
    .. [3] Bruzzone and Fernandez Prieto (2000), doi:10.1109/36.843009 (shares by expectation and
       maximisation)
    """
    bands = before.shape[0]
    sample, centre, scale = _sample(before, after, usable)
    unchanged = np.ones(sample.shape[1])
    share, correlations = FIRST_SHARE, np.full(bands, np.inf)
    for _ in range(MAX_ITERATIONS):
        previous, earlier = correlations, share
        mean, first, second, correlations, _ = _canonical(sample, unchanged, bands)
        correlations = np.clip(correlations, 0, min(most_correlation, 1 - 1e-6))
        least = _least_log_odds(correlations, share)
        odds = np.full(sample.shape[1], least)
        for band, correlation in enumerate(correlations):
            one = first[:, band] @ (sample[:bands] - mean[:bands, None])
            other = second[:, band] @ (sample[bands:] - mean[bands:, None])
            odds += _independence(one, other, correlation)
        unchanged = 1 / (1 + np.exp(np.clip(odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)))
        share = float(np.clip(1 - unchanged.mean(), LEAST_SHARE, LARGEST_SHARE))
        if max(np.abs(correlations - previous).max(), abs(share - earlier)) < CONVERGED:
            break
    least = _least_log_odds(correlations, share)
    log_odds = np.full(usable.shape, least, np.float32)
    for band, correlation in enumerate(correlations):
        log_odds += _independence(
            _variate(before, first[:, band], mean[:bands], centre[:bands], scale[:bands]),
            _variate(after, second[:, band], mean[bands:], centre[bands:], scale[bands:]),
            np.float32(correlation),
        )
    log_odds[~usable] = np.nan
    return ChangeOdds(log_odds, least, share, tuple(float(value) for value in correlations))


def _least_log_odds(correlations: NDArray[np.float64], share: float) -> float:
    return float(0.5 * np.log1p(-(correlations**2)).sum() + np.log(share / (1 - share)))


def _independence(one: Any, other: Any, correlation: Any) -> Any:
    """Logarithm of how much likelier two standard normal variates are apart than correlated.

    Without its constant, which `_least_log_odds` holds.
    """
    pull = correlation / (1 - correlation**2)
    return pull * (correlation * (one**2 + other**2) / 2 - one * other)


def _variate(
    image: NDArray[np.float32],
    vector: NDArray[np.float64],
    mean: NDArray[np.float64],
    centre: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> NDArray[np.float32]:
    """One linear combination of the bands, (row, col)."""
    total = np.full(image.shape[1:], -float(mean @ vector), np.float32)
    for band, weight in enumerate(vector):
        total += (image[band] - np.float32(centre[band])) * np.float32(weight / scale[band])
    return total


def irmad(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    most_iterations: int = MAX_ITERATIONS,
    sample_px: int = SAMPLE_PIXELS,
) -> Multivariate:
    """Measure change between two images, blind to any linear change of their brightness.

    Pairs of linear combinations of the bands are found that correlate best; what is left of their
    difference is change.  Pixels are weighted by how likely they did not change, and the
    combinations found again, until the correlations settle.

    Parameters
    ----------
    before, after : ndarray
        float32, (band, row, col), same shape; each in any unit, linear in brightness.
    usable : ndarray of bool
        (row, col).
    most_iterations : int
        The correlations are taken as they are after so many rounds.
    sample_px : int
        The combinations are found on about so many pixels, evenly spread, or on all if they are
        fewer.

    Returns
    -------
    Multivariate

    Notes
    -----
    Cannot see: change that runs along with the whole scene (a season); it grows blind when most of
    the scene has changed.  On real scenes the variates are far from chi-square distributed, so the
    sum orders pixels but is no probability.

    References
    ----------
    .. [1] Nielsen, IEEE Trans. Image Process. 16, 463 (2007), doi:10.1109/TIP.2006.888195
    """
    from scipy.special import chdtrc

    bands = before.shape[0]
    sample, centre, scale = _sample(before, after, usable, sample_px)
    weights = np.ones(sample.shape[1])
    correlations = np.full(bands, np.inf)
    for _ in range(most_iterations):
        previous = correlations
        mean, first, second, correlations, variance = _canonical(sample, weights, bands)
        variates = first.T @ (sample[:bands] - mean[:bands, None])
        variates -= second.T @ (sample[bands:] - mean[bands:, None])
        weights = chdtrc(bands, (variates**2 / variance[:, None]).sum(axis=0)) + 1e-9
        if np.abs(correlations - previous).max() < CONVERGED:
            break
    square = np.zeros(usable.shape, np.float32)
    for band in range(bands):
        variate = _variate(before, first[:, band], mean[:bands], centre[:bands], scale[:bands])
        variate -= _variate(after, second[:, band], mean[bands:], centre[bands:], scale[bands:])
        square += variate**2 / np.float32(variance[band])
    square[~usable] = np.nan
    return Multivariate(square, tuple(float(value) for value in correlations))


def _sample(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    sample_px: int = SAMPLE_PIXELS,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Both dates' bands of evenly spread usable pixels, standardised; their means and spreads."""
    bands = before.shape[0]
    where = np.flatnonzero(usable)
    where = where[:: max(1, where.size // sample_px)]
    sample = np.vstack([before.reshape(bands, -1)[:, where], after.reshape(bands, -1)[:, where]])
    sample = sample.astype(np.float64)
    centre, scale = sample.mean(axis=1), np.maximum(sample.std(axis=1), 1e-12)
    return (sample - centre[:, None]) / scale[:, None], centre, scale


def _canonical(
    sample: NDArray[np.float64], weights: NDArray[np.float64], bands: int
) -> tuple[NDArray[np.float64], ...]:
    """Weighted canonical correlations: mean, both sets of vectors, correlations, variance."""
    from scipy import linalg

    total = weights.sum()
    mean = (sample * weights).sum(axis=1) / total
    centred = sample - mean[:, None]
    covariance = (centred * weights) @ centred.T / total
    # a grain of noise keeps a constant or doubled band from making the matrix singular
    grain = max(1e-6 * float(np.trace(covariance)) / (2 * bands), 1e-12)  # or nothing varies
    covariance += np.eye(2 * bands) * grain
    before, after = covariance[:bands, :bands], covariance[bands:, bands:]
    between = covariance[:bands, bands:]
    squared, first = linalg.eigh(between @ linalg.solve(after, between.T, assume_a="pos"), before)
    correlations = np.sqrt(np.clip(squared, 0, 1))
    second = linalg.solve(after, between.T @ first, assume_a="pos")
    second /= np.sqrt(np.einsum("ij,ik,kj->j", second, after, second)) + 1e-12
    return mean, first, second, correlations, 2 * (1 - correlations) + 1e-6
