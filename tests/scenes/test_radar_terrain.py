"""Layover and shadow of a slope, by the angles alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from camp_monitor.scenes.sar.terrain import SENTINEL1_LOOK_DEG, hidden_by_terrain

SIDE, PIXEL_M = 12, 10.0


def plane(slope_deg: float, uphill_deg: float) -> np.ndarray:
    """A plane that rises towards a direction, clockwise from north."""
    rows, columns = np.mgrid[:SIDE, :SIDE] * PIXEL_M
    uphill = np.radians(uphill_deg)
    along = columns * np.sin(uphill) - rows * np.cos(uphill)
    return (along * np.tan(np.radians(slope_deg))).astype(np.float32)


@given(
    slope_deg=st.floats(0, 75), uphill_deg=st.floats(0, 360), look_deg=st.floats(0, 360),
    incidence_deg=st.floats(20, 60),
)  # fmt: skip
def test_a_plane_is_hidden_by_its_slope_along_the_ray(
    slope_deg: float, uphill_deg: float, look_deg: float, incidence_deg: float
) -> None:
    towards = np.cos(np.radians(uphill_deg - look_deg)) * np.tan(np.radians(slope_deg))
    rise_deg = float(np.degrees(np.arctan(towards)))
    limits = (incidence_deg, incidence_deg - 90)
    if min(abs(rise_deg - limit) for limit in limits) < 0.05:
        return
    hidden = hidden_by_terrain(
        plane(slope_deg, uphill_deg), PIXEL_M, look_deg, (incidence_deg, incidence_deg)
    )
    assert (hidden == (not limits[1] <= rise_deg <= limits[0])).all()


@pytest.mark.parametrize(("orbit", "uphill_deg"), [("ascending", 77), ("descending", 283)])
def test_each_orbit_hides_the_slopes_that_face_it(orbit: str, uphill_deg: float) -> None:
    look_deg = SENTINEL1_LOOK_DEG[orbit]
    facing, away = plane(35, uphill_deg), plane(35, uphill_deg + 180)
    assert hidden_by_terrain(facing, PIXEL_M, look_deg).all()
    assert not hidden_by_terrain(away, PIXEL_M, look_deg).any()
    assert hidden_by_terrain(plane(50, uphill_deg + 180), PIXEL_M, look_deg).all()
    assert not hidden_by_terrain(plane(50, uphill_deg + 90), PIXEL_M, look_deg).any()


def test_turning_ground_and_ray_together_turns_the_answer() -> None:
    steps_m = np.random.default_rng(2).normal(0, 6, (SIDE, SIDE))
    heights: NDArray[np.float32] = np.cumsum(steps_m, axis=0).astype(np.float32)
    hidden = hidden_by_terrain(heights, PIXEL_M, 30.0)
    assert 0 < hidden.sum() < hidden.size
    turned = hidden_by_terrain(np.rot90(heights, -1), PIXEL_M, 120.0)
    assert (turned == np.rot90(hidden, -1)).mean() > 0.99


def test_nothing_is_hidden_where_no_height_is_known() -> None:
    assert not hidden_by_terrain(np.full((SIDE, SIDE), np.nan, np.float32), PIXEL_M, 77.0).any()
