"""Outlines derived from published figures: their size on the ground and their stated error."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import (
    Candidate,
    Facility,
    Size,
    Source,
    bundled_registry,
    find_facility,
    read_registry,
)
from camp_monitor.facilities.deriving import circle, derive_outline, rectangle
from camp_monitor.facilities.geometry import geodesic_area_m2

GEOD = Geod(ellps="WGS84")
HERE = Candidate(lat=40.0, lon=125.0, source="s", feature="prison", as_published="40, 125")


def make_facility(*sizes: Size, points: tuple[Candidate, ...] = (HERE,)) -> Facility:
    source = Source(key="s", title="T", publisher="P", date="2016")
    return Facility(
        id="a", name="A", type="kyo_hwa_so", candidates=points, sizes=sizes, sources=(source,)
    )


@given(
    lat=st.floats(-70, 70),
    lon=st.floats(-170, 170),
    length_m=st.floats(50, 30_000),
    share=st.floats(0.1, 1),
)
def test_a_rectangle_has_its_sides_on_the_ground(
    lat: float, lon: float, length_m: float, share: float
) -> None:
    drawn = rectangle(lon, lat, length_m, length_m * share)
    assert geodesic_area_m2(drawn) == pytest.approx(length_m**2 * share, rel=0.01)
    south_west, south_east, north_east = drawn.exterior.coords[:3]
    assert GEOD.inv(*south_west, *south_east)[2] == pytest.approx(length_m, rel=0.01)
    assert GEOD.inv(*south_east, *north_east)[2] == pytest.approx(length_m * share, rel=0.01)
    assert drawn.exterior.is_ccw


@given(lat=st.floats(-70, 70), lon=st.floats(-170, 170), area_m2=st.floats(1e3, 1e9))
def test_a_circle_has_its_area_on_the_ground(lat: float, lon: float, area_m2: float) -> None:
    assert geodesic_area_m2(circle(lon, lat, area_m2)) == pytest.approx(area_m2, rel=0.001)


def test_bundled_outlines_follow_the_rule() -> None:
    for facility in read_registry(bundled_registry()):
        if facility.outlines:
            assert facility.outlines[0] == derive_outline(facility), facility.id


@pytest.mark.parametrize(
    ("facility_id", "published_m2"),
    [
        ("khs-12-jongori", 188 * 128),
        ("kls-14-kaechon", 155e6),
        ("kls-16-hwasong", 539e6),
        ("kls-25-chongjin", 1.01e6),
    ],
)
def test_bundled_outlines_have_the_published_area(facility_id: str, published_m2: float) -> None:
    outline = find_facility(bundled_registry(), facility_id).outline
    assert outline.area_m2 == pytest.approx(published_m2, rel=0.01)
    assert outline.basis == "derived"
    assert f"{outline.accuracy_m:,.0f} m" in outline.note


def test_the_stated_error_covers_every_published_point() -> None:
    """Each point of a facility or of a part of it lies within the outline widened by its error."""
    for facility in read_registry(bundled_registry()):
        for point in facility.candidates:
            if point.role == "other_site":
                continue
            edge = shapely.get_coordinates(facility.outline.geometry)
            nearest_m = min(GEOD.inv(point.lon, point.lat, lon, lat)[2] for lon, lat in edge)
            inside = facility.outline.geometry.contains(shapely.Point(point.lon, point.lat))
            assert inside or nearest_m <= facility.outline.accuracy_m, (facility.id, point.source)


def test_the_stated_error_covers_the_larger_published_size() -> None:
    """Wikipedia's 350 x 150 m for Jongo-ri, turned any way round any of the published points."""
    facility = find_facility(bundled_registry(), "khs-12-jongori")
    for point in facility.candidates:
        for corner_deg in range(0, 360, 15):
            lon, lat, _ = GEOD.fwd(point.lon, point.lat, corner_deg, (350**2 + 150**2) ** 0.5 / 2)
            edge = shapely.segmentize(facility.outline.geometry, 1e-5)
            nearest_m = min(
                GEOD.inv(lon, lat, *vertex)[2] for vertex in shapely.get_coordinates(edge)
            )
            assert nearest_m <= facility.outline.accuracy_m


def test_without_any_size_it_is_a_placeholder() -> None:
    perimeter = Size("perimeter", "3 km", "s", perimeter_m=3000.0)
    for facility in (make_facility(), make_facility(perimeter)):
        outline = derive_outline(facility)
        assert outline.basis == "placeholder"
        assert "our own choice" in outline.note


def test_irregular_dimensions_are_not_drawn_as_a_rectangle() -> None:
    sides = Size("dimensions", "1 x 2 km", "s", length_m=2000.0, width_m=1000.0)
    area = Size("area", "1 km2", "s", area_m2=1e6)
    assert len(derive_outline(make_facility(sides)).geometry.exterior.coords) == 5
    for sizes in ((sides, area), (replace(sides, irregular=True),)):
        outline = derive_outline(make_facility(*sizes))
        assert len(outline.geometry.exterior.coords) == 73
        assert outline.basis == "derived"


def test_points_for_another_site_do_not_widen_the_error() -> None:
    far = replace(HERE, lat=40.1)
    alone = derive_outline(make_facility()).accuracy_m
    assert derive_outline(make_facility(points=(HERE, far))).accuracy_m > 11_000
    other = replace(far, role="other_site")
    assert derive_outline(make_facility(points=(HERE, other))).accuracy_m == alone


def test_without_a_coordinate_nothing_is_derived() -> None:
    with pytest.raises(FacilityError, match="no coordinate was published"):
        derive_outline(make_facility(points=()))
