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


CALIBRATIONS: dict[tuple[str, str], Calibration] = {
    ("built_up", "works by colours"): Calibration(-1.234, (2.426, 0.517), 373),
    ("built_up", "works by edges"): Calibration(-0.579, (2.426, 0.517), 13),
    ("construction", "radar"): Calibration(-0.868, (2.426, 0.517), 66),
    ("construction", "roofs"): Calibration(-0.932, (2.426, 0.517), 136),
    ("construction", "structures"): Calibration(-0.330, (2.426, 0.517), 43),
    ("flooding", "optical"): Calibration(-0.649, (2.426, 0.517), 799),
    ("flooding", "radar"): Calibration(-0.712, (2.426, 0.517), 582),
    ("other", "colours"): Calibration(-0.889, (2.426, 0.517), 6),
    ("other", "radar"): Calibration(0.223, (2.426, 0.517), 41),
    ("water", "optical"): Calibration(0.705, (2.426, 0.517), 199),
    ("water", "radar"): Calibration(-0.794, (2.426, 0.517), 600),
}
"""By kind of change and way of finding."""

ANY_WAY = Calibration(-0.484, (2.131, 0.454), 2858)
"""For a way that no labelled image has tested: the mean over the spread of ways."""
