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
    ("built_up", "works by colours"): Calibration(-1.222, (2.317, 0.519), 373),
    ("built_up", "works by edges"): Calibration(-0.565, (2.317, 0.519), 13),
    ("construction", "radar"): Calibration(-0.854, (2.317, 0.519), 66),
    ("construction", "roofs"): Calibration(-0.909, (2.317, 0.519), 136),
    ("construction", "structures"): Calibration(-0.275, (2.317, 0.519), 43),
    ("flooding", "optical"): Calibration(-0.705, (2.317, 0.519), 808),
    ("flooding", "radar"): Calibration(-0.657, (2.317, 0.519), 582),
    ("other", "colours"): Calibration(-0.847, (2.317, 0.519), 6),
    ("other", "radar"): Calibration(0.251, (2.317, 0.519), 41),
    ("water", "optical"): Calibration(0.729, (2.317, 0.519), 199),
    ("water", "radar"): Calibration(-0.764, (2.317, 0.519), 600),
}
"""By kind of change and way of finding."""

ANY_WAY = Calibration(-0.464, (2.036, 0.456), 2867)
"""For a way that no labelled image has tested: the mean over the spread of ways."""
