"""What 8-bit numbers are, told from the speckle of painted scenes."""

from __future__ import annotations

import numpy as np
import pytest

from camp_monitor.detect.water.speckle import is_multiplicative, measure_speckle, pooled_slope
from tests.detect.painted_radar import SIDE, amplitude8, decibel8, disc, made, relief_db

GROUND = np.where(disc(), -11.0, relief_db())


@pytest.mark.parametrize("looks", [1, 4, 16])
@pytest.mark.parametrize("gain", [0.5, 1.4])
def test_speckle_of_amplitudes_grows_with_them(looks: int, gain: float) -> None:
    speckle = measure_speckle(amplitude8(GROUND, looks, gain=gain), "sar")
    assert speckle.slope == pytest.approx(1.0, abs=0.15)
    assert is_multiplicative((speckle,))


@pytest.mark.parametrize("looks", [1, 4, 16])
@pytest.mark.parametrize("gain", [4.0, 8.0])
def test_speckle_of_decibels_does_not(looks: int, gain: float) -> None:
    speckle = measure_speckle(decibel8(GROUND, looks, gain=gain), "sar")
    assert speckle.slope == pytest.approx(0.0, abs=0.25)
    assert not is_multiplicative((speckle,))


def test_of_two_dates_the_one_with_more_range_counts_more() -> None:
    narrow = measure_speckle(decibel8(np.zeros((SIDE, SIDE))), "sar")
    wide = measure_speckle(decibel8(GROUND), "sar")
    assert wide.weight > 3 * narrow.weight
    assert abs(pooled_slope((narrow, wide)) - wide.slope) < abs(narrow.slope - wide.slope)


def test_a_flat_image_tells_nothing_and_is_believed() -> None:
    flat = measure_speckle(made(np.full((1, SIDE, SIDE), 90.0), ("sar",), "amplitude8"), "sar")
    assert np.isnan(flat.slope)
    assert is_multiplicative((flat,))
