"""The detectors that a scan runs."""

from __future__ import annotations

from collections.abc import Callable

from camp_monitor.detection import construction, flooding
from camp_monitor.detection.detection import Detection
from camp_monitor.imagery.pair import Pair

Detector = Callable[[Pair], Detection]
"""Looks at a pair for one question; raises NotComparableError where it cannot answer."""


def detectors(structure_model: str = "default") -> dict[str, Detector]:
    """Return each detector by its method: the question's name and number.

    A better detector takes the place of an old one here, under the next number.

    Parameters
    ----------
    structure_model : str
        As in the settings of a scan.
    """
    return {
        construction.METHOD: lambda pair: construction.detect_construction(pair, structure_model),
        flooding.METHOD: flooding.detect_flooding,
    }
