"""What ``benchmarks/calibrate.py`` fitted; do not edit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Calibration:
    """A logistic line from evidence to the share of real findings.

    Parameters
    ----------
    intercept : float
    weights : (float, float)
        Of the logarithms of evidence and of size; see `camp_monitor.assess.probability`.
    findings : int
        Number of findings that it was fitted on.
    """

    intercept: float
    weights: tuple[float, float]
    findings: int


@dataclass(frozen=True)
class Expected:
    """What a working point gave on labelled images, those by which methods were chosen.

    The probabilities come from fits without the dataset; the detectors' constants do not, so these
    figures are optimistic.

    Parameters
    ----------
    precision : float
        Share of the findings that were real, 0-1.
    recall : float
        Share of the labelled changes that a finding covers by a quarter or more, 0-1.
    findings, changes : int
        How many of both there were.
    """

    precision: float
    recall: float
    findings: int
    changes: int


CALIBRATIONS: dict[tuple[str, str], Calibration] = {
    ("built_up", "works by colours"): Calibration(-1.214, (1.438, 0.524), 139),
    ("built_up", "works by edges"): Calibration(0.648, (1.438, 0.524), 6),
    ("construction", "radar"): Calibration(-0.487, (1.438, 0.524), 213),
    ("construction", "roofs"): Calibration(-0.736, (1.438, 0.524), 88),
    ("construction", "structures"): Calibration(0.268, (1.438, 0.524), 14),
    ("flooding", "optical"): Calibration(-0.392, (1.438, 0.524), 1247),
    ("flooding", "radar"): Calibration(-0.074, (1.438, 0.524), 1231),
    ("other", "changed ground"): Calibration(-0.142, (1.438, 0.524), 135),
    ("other", "radar"): Calibration(-0.649, (1.438, 0.524), 6),
    ("water", "optical"): Calibration(1.261, (1.438, 0.524), 146),
    ("water", "radar"): Calibration(0.034, (1.438, 0.524), 68),
}
"""By kind of change and way of finding."""

ANY_WAY = Calibration(-0.118, (1.263, 0.460), 3293)
"""For a way that no labelled image has tested: the mean over the spread of ways."""

EXPECTED: dict[tuple[str, str, str], Expected] = {
    ("built_up", "works by colours", "high"): Expected(0.29, 0.63, 189, 84),
    ("built_up", "works by colours", "balanced"): Expected(0.36, 0.57, 139, 84),
    ("built_up", "works by colours", "low"): Expected(0.86, 0.19, 7, 84),
    ("built_up", "works by edges", "high"): Expected(0.86, 0.69, 7, 13),
    ("built_up", "works by edges", "balanced"): Expected(0.83, 0.69, 6, 13),
    ("built_up", "works by edges", "low"): Expected(1.00, 0.69, 2, 13),
    ("construction", "radar", "high"): Expected(0.34, 0.45, 376, 286),
    ("construction", "radar", "balanced"): Expected(0.47, 0.38, 213, 286),
    ("construction", "radar", "low"): Expected(0.64, 0.30, 105, 286),
    ("construction", "roofs", "high"): Expected(0.50, 0.77, 118, 71),
    ("construction", "roofs", "balanced"): Expected(0.61, 0.73, 88, 71),
    ("construction", "roofs", "low"): Expected(0.76, 0.66, 62, 71),
    ("construction", "structures", "high"): Expected(0.69, 0.03, 16, 92),
    ("construction", "structures", "balanced"): Expected(0.64, 0.02, 14, 92),
    ("construction", "structures", "low"): Expected(1.00, 0.02, 4, 92),
    ("flooding", "optical", "high"): Expected(0.38, 0.48, 1951, 1545),
    ("flooding", "optical", "balanced"): Expected(0.47, 0.46, 1247, 1545),
    ("flooding", "optical", "low"): Expected(0.64, 0.41, 493, 1545),
    ("flooding", "radar", "high"): Expected(0.47, 0.70, 2677, 1497),
    ("flooding", "radar", "balanced"): Expected(0.68, 0.61, 1231, 1497),
    ("flooding", "radar", "low"): Expected(0.76, 0.52, 687, 1497),
    ("other", "changed ground", "high"): Expected(0.32, 0.74, 265, 174),
    ("other", "changed ground", "balanced"): Expected(0.50, 0.59, 135, 174),
    ("other", "changed ground", "low"): Expected(0.69, 0.34, 29, 174),
    ("other", "radar", "high"): Expected(0.11, 1.00, 19, 2),
    ("other", "radar", "balanced"): Expected(0.33, 1.00, 6, 2),
    ("other", "radar", "low"): Expected(1.00, 1.00, 2, 2),
    ("water", "optical", "high"): Expected(0.55, 0.82, 224, 168),
    ("water", "optical", "balanced"): Expected(0.71, 0.79, 146, 168),
    ("water", "optical", "low"): Expected(0.90, 0.76, 81, 168),
    ("water", "radar", "high"): Expected(0.51, 0.65, 125, 155),
    ("water", "radar", "balanced"): Expected(0.68, 0.59, 68, 155),
    ("water", "radar", "low"): Expected(0.91, 0.49, 32, 155),
}
"""By kind of change, way of finding and working point."""
