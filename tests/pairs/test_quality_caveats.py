"""Sentences about sun and view angles."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.pairs.caveats import mountain_caveats
from camp_monitor.scenes.scene import BandFile
from tests.scenes.painted import make_scene

HIGH = {"sun_elevation_deg": 55.0, "sun_azimuth_deg": 150.0}
VV = (BandFile("vv", Path("vv.tif"), 1, 1.0, 0.0, None),)


def said(before: dict[str, Any], after: dict[str, Any]) -> str:
    return " ".join(mountain_caveats(make_scene("A", **before), make_scene("B", **after)))


def test_like_angles_and_unknown_ones_need_no_words() -> None:
    assert said(HIGH, HIGH) == ""
    assert said({}, {}) == ""
    assert said(HIGH | {"off_nadir_deg": 2.0}, HIGH | {"off_nadir_deg": 3.0}) == ""
    low = {"sun_elevation_deg": 10.0, "bands": VV, "sensor": "sentinel-1", "quantity": "sigma0_db"}
    assert said(low, low) == "", "radar needs no sun"


def test_a_low_sun_is_said_with_the_length_of_its_shadows() -> None:
    assert "only 27 degrees high on one date" in said(HIGH, HIGH | {"sun_elevation_deg": 27.0})
    both = said({"sun_elevation_deg": 26.565}, {"sun_elevation_deg": 28.0})
    assert "on both dates" in both
    assert "2.0 times its height" in both
    assert "below the horizon on one date" in said(HIGH, HIGH | {"sun_elevation_deg": -3.0})


def test_another_sun_is_said_whichever_way_round_the_compass() -> None:
    lower = said(HIGH, HIGH | {"sun_elevation_deg": 43.0})
    assert "55 degrees high before and 43 after:" in lower
    turned = said(HIGH | {"sun_azimuth_deg": 350.0}, HIGH | {"sun_azimuth_deg": 15.0})
    assert "in directions 25 degrees apart" in turned
    assert said(HIGH | {"sun_azimuth_deg": 355.0}, HIGH | {"sun_azimuth_deg": 5.0}) == ""


def test_what_one_date_does_not_say_is_not_known() -> None:
    assert said(HIGH, {}).startswith("The sun's angles are not known for B")
    one = said({"off_nadir_deg": 25.0}, {})
    assert "by up to 47 m" in one
    assert one.endswith("the angle of B is not known.")
    assert said({"off_nadir_deg": 3.0}, {}) == ""


def test_relief_is_displaced_by_the_tangent_of_the_view_angle() -> None:
    one_orbit = {"relative_orbit": 46, "off_nadir_deg": 20.0}
    tilted = said(one_orbit, one_orbit)
    assert f"{100 * math.tan(math.radians(20)):.0f} m off their place" in tilted
    assert "apart between them" not in tilted, "the same view displaces both dates alike"
    other = said({"off_nadir_deg": 8.0}, {"off_nadir_deg": 9.0})
    assert "may lie up to 30 m apart between them, if they looked from opposite sides" in other
    nearer = said(one_orbit | {"off_nadir_deg": 2.0}, one_orbit | {"off_nadir_deg": 9.0})
    assert nearer.endswith("100 m of height may lie up to 12 m apart between them.")


ANGLE = st.none() | st.floats(-20, 90)


@given(
    angles=st.lists(ANGLE, min_size=6, max_size=6), orbits=st.tuples(*[st.none() | st.just(7)] * 2)
)
def test_every_caveat_is_one_sentence(
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
    sentences = mountain_caveats(before, after)
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert sentence.endswith(".")
        assert "nan" not in sentence
        assert "None" not in sentence
        assert sentence.count(". ") == 0
    assert sentences == mountain_caveats(before, after)
    assert len(mountain_caveats(after, before)) == len(sentences)


@pytest.mark.parametrize("elevation_deg", [1e-9, 90.0])
def test_the_last_degrees_do_not_fail(elevation_deg: float) -> None:
    assert "nan" not in said({"sun_elevation_deg": elevation_deg}, HIGH)
