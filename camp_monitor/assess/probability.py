"""How sure a finding is: the share of findings with like evidence that were real.

`CALIBRATIONS` is fitted by ``benchmarks/calibrate.py`` on labelled images; ``docs/methods`` shows
how stated and measured shares agree on datasets that a fit has not seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from camp_monitor.assess.calibrations import ANY_WAY, CALIBRATIONS
from camp_monitor.detect.detection import Change
from camp_monitor.detect.regions import Region

WORDS = ((0.8, "high"), (0.5, "medium"), (0.0, "low"))
"""Least probability of each word of confidence."""
MOST_UNTESTED = 0.79
"""Of a way of finding that no labelled image has tested, none is surer: it is never high."""
SAME_RULES = {
    "flood_recession": "flooding",
    "water_gain": "flooding",
    "water_loss": "flooding",
}
"""Kinds that are found by the rules of another, backwards or over a longer interval."""
NEVER_SURER = 0.95
NEVER_LESS_SURE = 0.03
"""No evidence of one pair is surer than this, either way."""


@dataclass(frozen=True)
class Confidence:
    """How sure a finding is.

    Parameters
    ----------
    probability : float
        Share of like findings that were real where the truth is known, 0-1.
    word : str
        ``low``, ``medium`` or ``high``: its range in `WORDS`.
    is_tested : bool
        Whether labelled images stand behind the probability.
    """

    probability: float
    word: str
    is_tested: bool


def judge_confidence(region: Region, change: Change) -> Confidence:
    """Say how sure one region is.

    The logarithms of its evidence and of its size go into a logistic line (Platt 1999) that was
    fitted for this way of finding; for a way that no labelled image has tested, into the line that
    all ways share, and it is at most `MOST_UNTESTED`.
    """
    kind = SAME_RULES.get(change.kind, change.kind)
    tested = CALIBRATIONS.get((kind, change.way))
    fitted = tested or ANY_WAY
    score = fitted.intercept + sum(
        weight * value
        for weight, value in zip(
            fitted.weights, evidence_of(region.strength, region.pixels), strict=True
        )
    )
    most = NEVER_SURER if tested else MOST_UNTESTED
    probability = round(min(max(1 / (1 + math.exp(-score)), NEVER_LESS_SURE), most), 2)
    return Confidence(probability, word_of(probability), is_tested=tested is not None)


def evidence_of(strength: float, pixels: int) -> tuple[float, float]:
    """Return what a calibration weighs: logarithms of evidence and of size, cut at their ends."""
    return (
        math.log(min(max(strength, 0.2), 20.0)),
        math.log(min(max(pixels, 4), 4000) / 100),
    )


def word_of(probability: float) -> str:
    """Return the word whose range holds a probability."""
    return next(word for least, word in WORDS if probability >= least)
