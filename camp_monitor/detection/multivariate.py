"""Iteratively reweighted multivariate alteration detection (IR-MAD)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_PIXELS = 60_000
"""Statistics of more pixels than this are no better."""
MAX_ITERATIONS = 30
CONVERGED = 1e-3
"""The canonical correlations have settled when none moves by more than this."""


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


def irmad(
    before: NDArray[np.float32], after: NDArray[np.float32], usable: NDArray[np.bool_]
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
    where = np.flatnonzero(usable)
    where = where[:: max(1, where.size // SAMPLE_PIXELS)]
    sample = np.vstack([before.reshape(bands, -1)[:, where], after.reshape(bands, -1)[:, where]])
    sample = sample.astype(np.float64)
    centre, scale = sample.mean(axis=1), np.maximum(sample.std(axis=1), 1e-12)
    sample = (sample - centre[:, None]) / scale[:, None]
    weights = np.ones(where.size)
    correlations = np.full(bands, np.inf)
    for _ in range(MAX_ITERATIONS):
        previous = correlations
        mean, first, second, correlations, variance = _canonical(sample, weights, bands)
        variates = first.T @ (sample[:bands] - mean[:bands, None])
        variates -= second.T @ (sample[bands:] - mean[bands:, None])
        weights = chdtrc(bands, (variates**2 / variance[:, None]).sum(axis=0)) + 1e-9
        if np.abs(correlations - previous).max() < CONVERGED:
            break
    square = np.zeros(usable.shape, np.float32)
    for band in range(bands):
        variate = np.full(usable.shape, -float(mean[:bands] @ first[:, band]), np.float32)
        variate += np.float32(mean[bands:] @ second[:, band])
        for position in range(bands):
            standard = (before[position] - centre[position]) / scale[position]
            variate += (standard * first[position, band]).astype(np.float32)
            standard = (after[position] - centre[bands + position]) / scale[bands + position]
            variate -= (standard * second[position, band]).astype(np.float32)
        square += variate**2 / np.float32(variance[band])
    square[~usable] = np.nan
    return Multivariate(square, tuple(float(value) for value in correlations))


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
    covariance += np.eye(2 * bands) * 1e-6 * np.trace(covariance) / (2 * bands)
    before, after = covariance[:bands, :bands], covariance[bands:, bands:]
    between = covariance[:bands, bands:]
    squared, first = linalg.eigh(between @ linalg.solve(after, between.T, assume_a="pos"), before)
    correlations = np.sqrt(np.clip(squared, 0, 1))
    second = linalg.solve(after, between.T @ first, assume_a="pos")
    second /= np.sqrt(np.einsum("ij,ik,kj->j", second, after, second)) + 1e-12
    return mean, first, second, correlations, 2 * (1 - correlations) + 1e-6
