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
        Of the logarithms of evidence and of size; see `camp_monitor.detection.confidence`.
    findings : int
        Number of findings that it was fitted on.
    """

    intercept: float
    weights: tuple[float, float]
    findings: int


CALIBRATIONS: dict[tuple[str, str], Calibration] = {
    ("built_up", "works by colours"): Calibration(-1.292, (3.228, 0.449), 373),
    ("built_up", "works by edges"): Calibration(-0.757, (3.228, 0.449), 13),
    ("construction", "colours"): Calibration(-1.091, (3.228, 0.449), 6),
    ("construction", "radar"): Calibration(-1.067, (3.228, 0.449), 66),
    ("construction", "roofs"): Calibration(-1.565, (3.228, 0.449), 138),
    ("flooding", "optical"): Calibration(-0.914, (3.228, 0.449), 799),
    ("flooding", "radar"): Calibration(-1.165, (3.228, 0.449), 563),
    ("other", "radar"): Calibration(0.083, (3.228, 0.449), 41),
    ("water", "optical"): Calibration(0.753, (3.228, 0.449), 199),
    ("water", "radar"): Calibration(-1.375, (3.228, 0.449), 596),
}
"""By kind of change and way of finding."""
