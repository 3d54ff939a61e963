"""How sure a finding is, in words.

These words are rules, not yet calibrated probabilities: they order findings, and no error rate
stands behind them.
"""

from __future__ import annotations

from camp_monitor.detection.detection import Change
from camp_monitor.detection.regions import Region
from camp_monitor.imagery.pair import Pair
from camp_monitor.imagery.sensors import PHYSICAL

CLEAR_STRENGTH = 1.7
"""Evidence this many times the detector's threshold is clear; see `Change.strength`."""
FAIR_STRENGTH = 1.2
AMPLE = 4
"""A region of this many times the detector's least size is ample."""


def judge_confidence(region: Region, change: Change, pair: Pair) -> str:
    """Return ``low``, ``medium`` or ``high`` for one region.

    ``high`` asks for clear evidence, an ample region, calibrated numbers, screened cloud (radar
    needs none) and a measured shift; ``medium`` for fair evidence and a measured shift, or clear
    evidence in an ample region; all else is ``low``.
    """
    clear = region.strength >= CLEAR_STRENGTH
    ample = region.pixels >= AMPLE * change.least_px
    if region.strength < FAIR_STRENGTH:
        return "low"
    sound_pair = pair.before.quantity in PHYSICAL and not pair.unscreened
    if clear and ample and sound_pair and pair.shift_left.known:
        return change.ceiling
    if pair.shift_left.known or (clear and ample):
        return "medium"
    return "low"
