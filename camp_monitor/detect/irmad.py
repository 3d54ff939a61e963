"""How unlike two dates are, over all bands at once and blind to any linear change of brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camp_monitor.scenes.blocks import in_threads, spread_out
from camp_monitor.scenes.statistics import Statistics, settled

SAMPLE_PIXELS = 60_000
"""Statistics of more pixels than this are no better."""
CHUNK_PX = 1 << 16
"""Pixels that are mapped at a time: they fit into a processor's cache."""
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
    rounds : int
        How often the combinations were found.
    """

    chi_square: NDArray[np.float32]
    correlations: tuple[float, ...]
    rounds: int


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
    statistics: Statistics | None = None,
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
    statistics : Statistics or None
        See `settled`.

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
    maps, correlations, share = settled(
        statistics, "odds", lambda: _fit_odds(before, after, usable, most_correlation)
    )
    least = _least_log_odds(correlations, share)
    pulls = [_independence_terms(correlation) for correlation in correlations]
    images, asked = [image.reshape(bands, -1) for image in (before, after)], usable.reshape(-1)
    log_odds = np.full(usable.shape, least, np.float32)

    def add(part: slice) -> None:
        ones, others = maps[0].of(images[0][:, part]), maps[1].of(images[1][:, part])
        odds = log_odds.reshape(-1)[part]
        for one, other, (alike, against) in zip(ones, others, pulls, strict=True):
            odds -= np.float32(against) * one * other
            one **= 2
            other **= 2
            one += other
            one *= np.float32(alike)
            odds += one
        odds[~asked[part]] = np.nan

    in_threads(add, _chunks(usable.size))
    return ChangeOdds(log_odds, least, share, tuple(float(value) for value in correlations))


def _fit_odds(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    most_correlation: float,
) -> tuple[tuple[_Combinations, _Combinations], NDArray[np.float64], float]:
    """Find canonical variates of both dates, their correlations, and the changed share."""
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
        ones, others = _variates(sample, mean, first, second)
        for one, other, correlation in zip(ones, others, correlations, strict=True):
            alike, against = _independence_terms(correlation)
            odds += alike * (one**2 + other**2) - against * one * other
        unchanged = 1 / (1 + np.exp(np.clip(odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)))
        share = float(np.clip(1 - unchanged.mean(), LEAST_SHARE, LARGEST_SHARE))
        if max(np.abs(correlations - previous).max(), abs(share - earlier)) < CONVERGED:
            break
    maps = (
        _Combinations(first, mean[:bands], centre[:bands], scale[:bands]),
        _Combinations(second, mean[bands:], centre[bands:], scale[bands:]),
    )
    return maps, correlations, share


def _least_log_odds(correlations: NDArray[np.float64], share: float) -> float:
    return float(0.5 * np.log1p(-(correlations**2)).sum() + np.log(share / (1 - share)))


def _independence_terms(correlation: float) -> tuple[float, float]:
    """Weights of both squares, and of less the product, of two standard normal variates.

    Their sum is the logarithm of how much likelier the two are apart than so correlated, without
    its constant, which `_least_log_odds` holds.
    """
    pull = float(correlation / (1 - correlation**2))
    return pull * float(correlation) / 2, pull


@dataclass(frozen=True, eq=False)
class _Combinations:
    """Linear combinations of an image's bands, after taking off `centre` and dividing by `scale`.

    The columns of `vectors` hold them; that of `mean` is 0.
    """

    vectors: NDArray[np.float64]
    mean: NDArray[np.float64]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]

    def of(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return them for some pixels, (band, pixel), float32 (combination, pixel)."""
        weights = np.asarray((self.vectors / self.scale[:, None]).T, np.float32)
        off = np.asarray(self.vectors.T @ self.mean, np.float32)
        found = weights @ (pixels - np.asarray(self.centre, np.float32)[:, None])
        found -= off[:, None]
        return np.asarray(found)


def _chunks(pixels: int) -> list[slice]:
    return [slice(start, start + CHUNK_PX) for start in range(0, pixels, CHUNK_PX)]


def _variates(
    sample: NDArray[np.float64],
    mean: NDArray[np.float64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Canonical variates of both dates, (variate, pixel), of mean 0."""
    bands = len(first)
    ones, others = first.T @ sample[:bands], second.T @ sample[bands:]
    ones -= (first.T @ mean[:bands])[:, None]
    others -= (second.T @ mean[bands:])[:, None]
    return ones, others


def irmad(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    most_iterations: int = MAX_ITERATIONS,
    sample_px: int = SAMPLE_PIXELS,
    statistics: Statistics | None = None,
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
    statistics : Statistics or None
        See `settled`.

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
    maps, correlations, rounds = settled(
        statistics,
        "variates",
        lambda: _fit_variates(before, after, usable, most_iterations, sample_px),
    )
    bands = before.shape[0]
    images, asked = [image.reshape(bands, -1) for image in (before, after)], usable.reshape(-1)
    square = np.empty(usable.shape, np.float32)

    def fill(part: slice) -> None:
        variates = maps[0].of(images[0][:, part])
        variates -= maps[1].of(images[1][:, part])
        own = square.reshape(-1)[part]
        np.einsum("bp,bp->p", variates, variates, out=own)
        own[~asked[part]] = np.nan

    in_threads(fill, _chunks(usable.size))
    return Multivariate(square, tuple(float(value) for value in correlations), rounds)


def _fit_variates(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    most_iterations: int,
    sample_px: int,
) -> tuple[tuple[_Combinations, _Combinations], NDArray[np.float64], int]:
    """Find standardised variates of both dates, their correlations, and after how many rounds."""
    from scipy.special import chdtrc

    bands = before.shape[0]
    sample, centre, scale = _sample(before, after, usable, sample_px)
    weights = np.ones(sample.shape[1])
    correlations, rounds = np.full(bands, np.inf), 0
    while rounds < most_iterations:
        rounds += 1
        previous = correlations
        mean, first, second, correlations, variance = _canonical(sample, weights, bands)
        variates, others = _variates(sample, mean, first, second)
        variates -= others
        weights = chdtrc(bands, (1 / variance) @ np.square(variates, out=variates)) + 1e-9
        if np.abs(correlations - previous).max() < CONVERGED:
            break
    spread = np.sqrt(variance)
    maps = (
        _Combinations(first / spread, mean[:bands], centre[:bands], scale[:bands]),
        _Combinations(second / spread, mean[bands:], centre[bands:], scale[bands:]),
    )
    return maps, correlations, rounds


def _sample(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    usable: NDArray[np.bool_],
    sample_px: int = SAMPLE_PIXELS,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Both dates' bands of evenly spread usable pixels, standardised; their means and spreads."""
    bands = before.shape[0]
    where = spread_out(usable, sample_px)
    both = [image.reshape(bands, -1)[:, where] for image in (before, after)]
    sample = np.concatenate(both).astype(np.float64)
    centre, scale = sample.mean(axis=1), np.maximum(sample.std(axis=1), 1e-12)
    sample -= centre[:, None]
    sample /= scale[:, None]
    return sample, centre, scale


def _canonical(
    sample: NDArray[np.float64], weights: NDArray[np.float64], bands: int
) -> tuple[NDArray[np.float64], ...]:
    """Weighted canonical correlations: mean, both sets of vectors, correlations, variance."""
    from scipy import linalg

    total = weights.sum()
    weighted = sample * weights
    mean = weighted.sum(axis=1) / total
    covariance = weighted @ sample.T / total - np.outer(mean, mean)  # the sample is standardised
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
