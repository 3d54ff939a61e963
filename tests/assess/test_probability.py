"""How sure a finding is, from evidence and size."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.assess.calibrations import CALIBRATIONS
from camp_monitor.assess.probability import (
    MOST_UNTESTED,
    NEVER_LESS_SURE,
    NEVER_SURER,
    WORDS,
    Confidence,
    judge_confidence,
)
from camp_monitor.detect.detection import Change
from camp_monitor.detect.regions import Region

UNTESTED = ("construction", "colours")
WAYS = (*sorted(CALIBRATIONS), ("water_loss", "optical"), UNTESTED)


def judged(way: tuple[str, str], strength: float, pixels: int) -> Confidence:
    where = np.ones((1, 1), bool)
    region = Region(
        shapely.Point(0, 0).buffer(1), 1.0, 1.0, 1.0, pixels, strength, False,
        (slice(0, 1), slice(0, 1)), where,
    )  # fmt: skip
    change = Change(way[0], where, np.ones((1, 1), np.float32), 1.0, 1, way=way[1])
    return judge_confidence(region, change)


@given(
    way=st.sampled_from(WAYS),
    strengths=st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)),
    sizes=st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)),
)
def test_more_evidence_and_a_larger_region_never_lower_it(
    way: tuple[str, str], strengths: tuple[float, float], sizes: tuple[int, int]
) -> None:
    less = judged(way, min(strengths), min(sizes))
    more = judged(way, max(strengths), max(sizes))
    assert NEVER_LESS_SURE <= less.probability <= more.probability <= NEVER_SURER
    for one in (less, more):
        assert one.word == next(word for least, word in WORDS if one.probability >= least)


@pytest.mark.parametrize("way", WAYS)
def test_evidence_makes_a_difference(way: tuple[str, str]) -> None:
    assert judged(way, 3.0, 400).probability > judged(way, 1.0, 10).probability + 0.2


def test_what_no_label_has_tested_says_so_and_is_never_high() -> None:
    best = judged(UNTESTED, 1e6, 10**7)
    assert not best.is_tested
    assert best.probability == MOST_UNTESTED
    assert best.word == "medium"
    assert all(judged(way, 2.0, 100).is_tested for way in WAYS if way != UNTESTED)
