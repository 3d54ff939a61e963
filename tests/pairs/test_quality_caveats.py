"""Sentences about sun and view angles."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.codes import Code
from camp_monitor.pairs.caveats import mountain_caveats
from camp_monitor.scenes.scene import BandFile
from tests.scenes.painted import make_scene

HIGH = {"sun_elevation_deg": 55.0, "sun_azimuth_deg": 150.0}
VV = (BandFile("vv", Path("vv.tif"), 1, 1.0, 0.0, None),)


def said(before: dict[str, Any], after: dict[str, Any]) -> dict[Code, dict[str, Any]]:
    notes = mountain_caveats(make_scene("A", **before), make_scene("B", **after))
    return {note.code: note.numbers for note in notes}


def test_like_angles_and_unknown_ones_need_no_words() -> None:
    assert said(HIGH, HIGH) == {}
    assert said({}, {}) == {}
    assert said(HIGH | {"off_nadir_deg": 2.0}, HIGH | {"off_nadir_deg": 3.0}) == {}
    low = {"sun_elevation_deg": 10.0, "bands": VV, "sensor": "sentinel-1", "quantity": "sigma0_db"}
    assert said(low, low) == {}, "radar needs no sun"


def test_a_low_sun_is_said_with_the_length_of_its_shadows() -> None:
    one = said(HIGH, HIGH | {"sun_elevation_deg": 27.0})[Code.SUN_LOW]
    assert (one["elevation_deg"], one["dates"]) == (27, 1)
    both = said({"sun_elevation_deg": 26.565}, {"sun_elevation_deg": 28.0})[Code.SUN_LOW]
    assert both["dates"] == 2
    assert both["shadow_per_height"] == pytest.approx(2.0, abs=1e-3)
    assert said(HIGH, HIGH | {"sun_elevation_deg": -3.0})[Code.SUN_BELOW_HORIZON] == {"dates": 1}


def test_another_sun_is_said_whichever_way_round_the_compass() -> None:
    lower = said(HIGH, HIGH | {"sun_elevation_deg": 43.0})[Code.SUN_MOVED]
    assert (lower["before_elevation_deg"], lower["after_elevation_deg"]) == (55, 43)
    turned = said(HIGH | {"sun_azimuth_deg": 350.0}, HIGH | {"sun_azimuth_deg": 15.0})
    assert turned[Code.SUN_MOVED]["azimuth_apart_deg"] == 25
    assert said(HIGH | {"sun_azimuth_deg": 355.0}, HIGH | {"sun_azimuth_deg": 5.0}) == {}


def test_what_one_date_does_not_say_is_not_known() -> None:
    assert said(HIGH, {}) == {Code.SUN_UNKNOWN: {"scene": "B"}}
    one = said({"off_nadir_deg": 25.0}, {})[Code.VIEW_UNKNOWN_OF_ONE]
    assert one["displaced_m"] == pytest.approx(46.6, abs=0.1)
    assert one["scene"] == "B"
    assert said({"off_nadir_deg": 3.0}, {}) == {}


def test_relief_is_displaced_by_the_tangent_of_the_view_angle() -> None:
    one_orbit = {"relative_orbit": 46, "off_nadir_deg": 20.0}
    tilted = said(one_orbit, one_orbit)
    assert tilted.keys() == {Code.VIEW_TILTED}, "the same view displaces both dates alike"
    assert tilted[Code.VIEW_TILTED]["displaced_m"] == pytest.approx(
        100 * math.tan(math.radians(20)), rel=1e-5
    )
    other = said({"off_nadir_deg": 8.0}, {"off_nadir_deg": 9.0})[Code.VIEWS_MAY_BE_APART]
    assert other["displaced_m"] == pytest.approx(29.9, abs=0.1)
    nearer = said(one_orbit | {"off_nadir_deg": 2.0}, one_orbit | {"off_nadir_deg": 9.0})
    assert nearer.keys() == {Code.VIEWS_APART}
    assert nearer[Code.VIEWS_APART]["displaced_m"] == pytest.approx(12.3, abs=0.1)


ANGLE = st.none() | st.floats(-20, 90)


@given(
    angles=st.lists(ANGLE, min_size=6, max_size=6), orbits=st.tuples(*[st.none() | st.just(7)] * 2)
)
def test_every_caveat_is_said_once_and_whichever_way_round(
    angles: list[float | None], orbits: tuple[int | None, int | None]
) -> None:
    before, after = (
        make_scene(
            relative_orbit=orbit,
            sun_elevation_deg=part[0],
            sun_azimuth_deg=part[1],
            off_nadir_deg=part[2],
        )
        for orbit, part in zip(orbits, (angles[:3], angles[3:]), strict=True)
    )
    notes = mountain_caveats(before, after)
    assert len({note.code for note in notes}) == len(notes)
    assert notes == mountain_caveats(before, after)
    assert len(mountain_caveats(after, before)) == len(notes)


@pytest.mark.parametrize("elevation_deg", [5e-324, 1e-9, 90.0])
def test_the_last_degrees_do_not_fail(elevation_deg: float) -> None:
    for numbers in said({"sun_elevation_deg": elevation_deg}, HIGH).values():
        assert all(math.isfinite(value) for value in numbers.values())
