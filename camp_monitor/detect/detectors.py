"""The detectors that a scan runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from camp_monitor.detect.construction.choice import detect_construction
from camp_monitor.detect.construction.method import METHOD
from camp_monitor.detect.detection import Detection
from camp_monitor.detect.water import flooding
from camp_monitor.detect.water.known_ground import KnownGround, detect_flooding_on
from camp_monitor.pairs.pair import Pair

Detector = Callable[[Pair], Detection]
"""Looks at a pair for one question; raises Refusal where it cannot answer."""


def detectors(
    structure_model: str = "default", ground: KnownGround | None = None
) -> dict[str, Detector]:
    """Return each detector by its method: the question's name and number.

    A better detector takes the place of an old one here, under the next number.

    Parameters
    ----------
    structure_model : str
        As in the settings of a scan.
    ground : KnownGround or None
        Slope and usual water on the grid of the pair, for the detector of floods.
    """
    flooded = partial(detect_flooding_on, ground) if ground else flooding.detect_flooding
    return {
        METHOD: lambda pair: detect_construction(pair, structure_model),
        flooding.METHOD: flooded,
    }
