"""Working points: one score, and which findings count by the analyst's choice."""

from __future__ import annotations

from collections.abc import Iterable

from camp_monitor.assess.calibrations import EXPECTED
from camp_monitor.assess.probability import SAME_RULES
from camp_monitor.codes import Code
from camp_monitor.detect.detection import Change
from camp_monitor.notes import Note, note

LEAST_HIGH, LEAST_LOW = 0.2, 0.6
WORKING_POINTS = {
    "high": (0.0, LEAST_HIGH),
    "balanced": (0.0, 1.0),
    "low": (LEAST_LOW, 1.0),
}
"""Least probability of a region that the detector called, and of one that it nearly did; what
counts at ``low`` counts at ``balanced``, and what counts there at ``high``."""


def counts(probability: float, called: bool, sensitivity: str | float) -> bool:
    """Tell whether a finding counts, or is a candidate below the working point.

    Parameters
    ----------
    probability : float
    called : bool
        Whether the detector called it, or nearly did.
    sensitivity : str or float
        A name of `WORKING_POINTS`, or the least probability of either.
    """
    if isinstance(sensitivity, str):
        least = WORKING_POINTS[sensitivity]
    else:
        least = (sensitivity, sensitivity)
    return probability >= least[0 if called else 1]


def expected(changes: Iterable[Change], sensitivity: str | float) -> tuple[Note, ...]:
    """Say what a working point gave where the truth is known, one note for each kind and way.

    Nothing is said of a way that no labelled image has tested.
    """
    if not isinstance(sensitivity, str):
        return (note(Code.WORKING_POINT_OWN, least=sensitivity),)
    ways = dict.fromkeys((SAME_RULES.get(one.kind, one.kind), one.way) for one in changes)
    known = {way: EXPECTED[(*way, sensitivity)] for way in ways if (*way, sensitivity) in EXPECTED}
    return tuple(
        note(
            Code.WORKING_POINT, sensitivity=sensitivity, kind=kind, way=way,
            precision=one.precision, recall=one.recall, findings=one.findings,
        )
        for (kind, way), one in known.items()
    )  # fmt: skip
