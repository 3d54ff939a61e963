from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camp_monitor.scenes.coregistration import AGREE_PX, Alignment, _group_shift, measure_shift
from camp_monitor.scenes.image import Quality
from tests.scenes.painted import make_image, moved, texture

NEAR_PX = 0.1


def assert_found(found: Alignment, rows: float, columns: float) -> None:
    assert found.known
    assert found.shift_rows_px == pytest.approx(rows, abs=NEAR_PX)
    assert found.shift_columns_px == pytest.approx(columns, abs=NEAR_PX)


def test_a_building_that_lies_lower_gives_a_positive_shift() -> None:
    """The sign, without any resampling: the after image is the before image two rows down."""
    ground = texture(1)
    found = measure_shift(make_image(ground), make_image(np.roll(ground, (2, -3), axis=(0, 1))))
    assert_found(found, 2, -3)


@given(seed=st.integers(0, 100), rows=st.floats(-6, 6), columns=st.floats(-6, 6))
@settings(max_examples=8, deadline=None)
def test_a_known_shift_comes_back(seed: int, rows: float, columns: float) -> None:
    ground = texture(seed)
    found = measure_shift(make_image(ground), make_image(moved(ground, rows, columns)))
    assert_found(found, rows, columns)


@pytest.mark.parametrize("side_px", [40, 56, 64, 80, 96, 100])
def test_a_shift_comes_back_in_a_small_frame(side_px: int) -> None:
    """Usual tiles are too few there, and an unmeasured shift is change all over the frame."""
    before, after = (
        ground[:side_px, :side_px] for ground in (texture(8), moved(texture(8), 2, -3))
    )
    flags = np.zeros(before.shape, np.uint8)
    flags[:2], flags[:, -3:] = Quality.NODATA, Quality.NODATA
    found = measure_shift(make_image(before), make_image(after, flags=flags))
    assert found.known
    assert (found.shift_rows_px, found.shift_columns_px) == pytest.approx((2, -3), abs=0.3)


def half_replaced(ground: NDArray[np.float64], share: float, seed: int) -> NDArray[np.float64]:
    """Replace a share of the ground, in fields of 16 pixels a side, by other ground."""
    fields = np.random.default_rng(seed).random((16, 16)) < share
    replaced = np.kron(fields, np.ones((16, 16))).astype(bool)
    return np.where(replaced, texture(seed + 1000), ground)


@pytest.mark.parametrize(("rows", "columns"), [(0.37, -1.62), (-2.5, 0.25), (0, 0), (4.8, 3.1)])
def test_other_light_noise_and_changed_ground_do_not_mislead(rows: float, columns: float) -> None:
    ground = texture(7)
    noise = np.random.default_rng(7).standard_normal(ground.shape)
    after = 0.4 * half_replaced(moved(ground, rows, columns), 0.4, 7) + 3 + 0.04 * noise
    assert_found(measure_shift(make_image(ground), make_image(after)), rows, columns)


def test_fields_that_turned_from_dark_to_bright_keep_their_edges() -> None:
    ground = texture(3)
    assert_found(
        measure_shift(make_image(ground), make_image(-moved(ground, 1.4, -0.6))), 1.4, -0.6
    )


@pytest.mark.parametrize(("rows", "known"), [(12.3, True), (-13, False), (20, False)])
def test_a_shift_beyond_what_georeferencing_allows_is_not_known(rows: float, known: bool) -> None:
    ground = texture(2)
    found = measure_shift(make_image(ground), make_image(moved(ground, rows, 1)))
    assert found.known is known
    assert found.shift_rows_px == pytest.approx(rows if known else 0, abs=NEAR_PX)


def test_what_is_alike_wins_over_what_is_opposite() -> None:
    """The deepest trough of the correlation is no peak, however deep."""
    ground = texture(6).astype(np.float32)
    after = 0.5 * np.roll(ground, -4, axis=1) - np.roll(ground, 3, axis=0)
    corners = [(row, column) for row in (0, 128) for column in (0, 128)]
    places = [(slice(row, row + 128), slice(column, column + 128)) for row, column in corners]
    tiles = [(ground[place], after[place]) for place in places]
    assert _group_shift(tiles) == pytest.approx((0, -4), abs=AGREE_PX)


@pytest.mark.parametrize("seed", range(6))
def test_unrelated_ground_has_no_known_shift(seed: int) -> None:
    found = measure_shift(make_image(texture(seed)), make_image(texture(seed + 50)))
    assert not found.known
    assert found.length_px == 0
    small = (make_image(texture(at)[:60, :60]) for at in (seed, seed + 50))
    assert not measure_shift(*small).known


def test_what_is_unusable_is_not_looked_at() -> None:
    """A cloud that stayed in its place must not hold the ground still."""
    before, after = texture(4), moved(texture(4), 2.25, 1.5)
    flags = np.zeros(before.shape, np.uint8)
    flags[90:110, 90:110] = Quality.CLOUD
    before[90:110, 90:110] = after[90:110, 90:110] = 50 + 50 * texture(5)[:20, :20]
    before[200:, :40] = np.nan
    flags[200:, :40] = Quality.NODATA
    found = measure_shift(make_image(before, flags=flags), make_image(after, flags=flags))
    assert_found(found, 2.25, 1.5)


@pytest.mark.parametrize("ground", [np.zeros((256, 256)), np.full((256, 256), np.nan)])
def test_ground_without_edges_has_no_known_shift(ground: NDArray[np.float64]) -> None:
    flags = np.where(np.isnan(ground), Quality.NODATA, 0).astype(np.uint8)
    image = make_image(ground, flags=flags)
    assert not measure_shift(image, image).known
