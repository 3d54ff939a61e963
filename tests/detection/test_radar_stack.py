"""Stacks of dates: p is what it says, and a change shows that a pair would not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from camp_monitor.detection.radar_stack import stack_change
from camp_monitor.errors import NotComparableError


def stack(dates: int, seed: int, spread_db: float = 1.0) -> np.ndarray:
    numbers = np.random.default_rng(seed).normal(-10, spread_db, (dates, 100, 100))
    return numbers.astype(np.float32)


@pytest.mark.parametrize(("before", "after"), [(2, 9), (6, 6), (12, 3)])
def test_p_is_the_share_of_unchanged_ground_that_is_called(before: int, after: int) -> None:
    change = stack_change(stack(before, 1), stack(after, 2))
    for level in (0.01, 0.05, 0.2):
        assert np.mean(change.p_value < level) == pytest.approx(level, rel=0.4)


@pytest.mark.parametrize("dates", [4, 7])
def test_it_is_students_test_for_few_dates_and_welchs_for_more(dates: int) -> None:
    before, after = stack(dates, 1), stack(8, 2, spread_db=2.5)
    change = stack_change(before, after)
    expected = stats.ttest_ind(after, before, equal_var=dates < 6)
    np.testing.assert_allclose(change.spreads, expected.statistic, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(change.p_value, expected.pvalue, rtol=1e-3, atol=1e-6)


def test_a_small_change_shows_in_many_dates() -> None:
    after = stack(10, 2)
    after[:, 40:60, 40:60] += 3
    change = stack_change(stack(10, 1), after)
    assert np.mean(change.p_value[40:60, 40:60] < 0.001) > 0.9
    assert np.median(change.difference_db[40:60, 40:60]) == pytest.approx(3, abs=0.2)


def test_places_with_too_few_dates_are_not_seen() -> None:
    before, after = stack(3, 1), stack(3, 2)
    before[1:, :10] = np.nan
    before[:, 10] = np.nan
    change = stack_change(before, after)
    assert np.isnan(change.p_value[:11]).all()
    assert np.isfinite(change.p_value[11:]).all()
    assert np.isfinite(change.difference_db[:10]).all()


@pytest.mark.parametrize(("before", "after"), [((1, 9, 9), (4, 9, 9)), ((4, 9, 9), (4, 9, 8))])
def test_stacks_that_cannot_be_compared(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    with pytest.raises(NotComparableError):
        stack_change(np.zeros(before, np.float32), np.zeros(after, np.float32))
