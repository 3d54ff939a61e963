from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.pairs.normalisation import measure_normalisation, normalise
from camp_monitor.scenes.image import Quality
from tests.scenes.painted import make_image, texture

gains = st.floats(0.3, 3.0)
offsets = st.floats(-0.3, 0.3)


@given(gain=gains, offset=offsets, seed=st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_the_line_is_found_beside_changed_ground(gain: float, offset: float, seed: int) -> None:
    before = 0.3 + 0.05 * texture(seed)
    after = (before - offset) / gain + 0.001 * texture(seed + 100)
    changed = np.random.default_rng(seed).random(before.shape) < 0.3
    after[changed] = (0.6 + 0.05 * texture(seed + 200)[changed] - offset) / gain
    first, second = make_image(before), make_image(after)
    found = measure_normalisation(first, second)
    assert found.gains[0] == pytest.approx(gain, rel=0.02)
    matched = normalise(second, found)[0]
    np.testing.assert_allclose(matched[~changed], before[~changed], atol=0.01 + 0.005 * gain)
    assert np.median(matched[changed]) == pytest.approx(0.6, abs=0.02), "a change stays a change"


@given(gain=gains, offset=offsets)
@settings(max_examples=15, deadline=None)
def test_the_light_of_the_after_image_does_not_matter(gain: float, offset: float) -> None:
    before = 0.3 + 0.05 * texture(1)
    after = np.where(texture(3) > 1, 0.1, before) + 0.01 * texture(2)
    first = make_image(before)
    plain, lit = make_image(after), make_image(after * gain + offset)
    expected = normalise(plain, measure_normalisation(first, plain))
    np.testing.assert_allclose(
        normalise(lit, measure_normalisation(first, lit)), expected, atol=1e-3
    )


def test_bands_have_lines_of_their_own_and_unusable_pixels_no_say() -> None:
    red, nir = 0.2 + 0.05 * texture(1), 0.4 + 0.05 * texture(2)
    flags = np.zeros(red.shape, np.uint8)
    flags[:150] = Quality.CLOUD
    cloudy = [np.where(flags > 0, 0.9, band) for band in ((red - 0.1) / 2, nir / 0.5)]
    found = measure_normalisation(make_image(red, nir), make_image(*cloudy, flags=flags))
    assert found.gains == pytest.approx((2, 0.5), rel=1e-3)
    assert found.offsets == pytest.approx((0.1, 0), abs=1e-3)


def test_a_flat_image_is_left_alone() -> None:
    flat, ground = make_image(np.full((64, 64), 0.2)), make_image(texture(1, (64, 64)))
    for first, second in ((flat, ground), (ground, flat)):
        found = measure_normalisation(first, second)
        assert (found.gains, found.offsets) == ((1.0,), (0.0,))
