"""Scores: what follows from counts, held to scikit-image's and to laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from camp_monitor.evaluation.scoring import Counts, count, mean_f1

MAPS = arrays(np.uint8, (8, 9), elements=st.sampled_from([0, 1, 255]))


@given(MAPS, MAPS)
def test_every_scored_pixel_is_counted_once(
    answer: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    truth: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> None:
    counts = count(answer, truth)
    assert counts.scored == (truth != 255).sum()
    assert counts.true_positive + counts.false_negative == (truth == 1).sum()
    assert counts.unseen == ((answer == 255) & (truth != 255)).sum()
    assert 0 <= counts.f1 <= 1
    assert -1 <= counts.kappa <= 1


@given(MAPS)
def test_not_seen_is_never_right_about_change(
    truth: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> None:
    counts = count(np.full(truth.shape, 255, np.uint8), truth)
    assert counts.true_positive == counts.false_positive == 0
    assert counts.recall == 0
    assert counts.unseen == counts.scored


def test_the_scores_of_a_textbook_table() -> None:
    """20 found, 5 false, 10 missed, 15 rightly not called: Cohen's own kind of table."""
    counts = Counts(true_positive=20, false_positive=5, false_negative=10, true_negative=15)
    assert counts.precision == 0.8
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(40 / 55)
    assert counts.iou == pytest.approx(20 / 35)
    assert counts.kappa == pytest.approx(0.4)


def test_calling_everything_is_no_agreement() -> None:
    counts = Counts(true_positive=30, false_positive=70)
    assert counts.f1 > 0.4
    assert counts.kappa == 0


def test_objects_are_found_missed_and_false() -> None:
    truth = np.zeros((40, 40), np.uint8)
    answer = truth.copy()
    truth[2:8, 2:8] = truth[20:26, 2:8] = 1  # one is found, one is not
    answer[3:8, 3:9] = 1
    answer[30:36, 30:36] = 1  # false
    answer[0, 39] = 1  # too small to be an object
    counts = count(answer, truth)
    assert (counts.objects_found, counts.objects_missed, counts.objects_false) == (1, 1, 1)


def test_the_mean_leaves_scenes_without_change_out() -> None:
    right, quiet = Counts(true_positive=5), Counts(true_negative=9)
    assert mean_f1([right, quiet]) == 1.0
    assert mean_f1([quiet]) is None
    assert quiet.is_quiet
    assert not right.is_quiet
