"""What a facility and an outline accept."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from camp_monitor.errors import FacilityError
from camp_monitor.facilities import Candidate, Facility, Outline, Size, Source, check_facility_id

SQUARE = box(129.75, 42.20, 129.76, 42.21)


def make_outline(geometry: Polygon | MultiPolygon = SQUARE, version: int = 1) -> Outline:
    return Outline(geometry, "drawn", 20.0, version, "an analyst", "drawn by hand")


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True).map("k{}".format))
def test_plain_ids_are_accepted(facility_id: str) -> None:
    assert check_facility_id(facility_id) == facility_id


@given(st.text(max_size=70))
def test_an_accepted_id_is_a_safe_file_name(text: str) -> None:
    plain = set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and 1 <= len(text) <= 64
    if plain and text.strip("-") == text:
        assert check_facility_id(text) == text
        return
    with pytest.raises(FacilityError) as caught:
        check_facility_id(text)
    assert str(caught.value).isascii()


@pytest.mark.parametrize(
    "hostile", ["..", "a/b", "a\\b", "A", "-a", "a-", "", "a\n", "é", "a" * 65]
)
def test_path_tricks_are_refused(hostile: str) -> None:
    with pytest.raises(FacilityError, match="is not a facility id"):
        check_facility_id(hostile)


@pytest.mark.parametrize(
    ("geometry", "fault"),
    [
        (box(42.20, 129.75, 42.21, 129.76), "axes look swapped"),
        (box(500_000, 4_670_000, 501_000, 4_671_000), "look like projected metres"),
        (box(170, 10, 190, 11), "out of range"),
        (Polygon(), "at least one polygon"),
        (LineString([(0, 0), (1, 1)]), "at least one polygon"),
        (Polygon([(0, 0), (0.1, 0.1), (0.1, 0), (0, 0.1)]), "crosses or repeats itself"),
        (box(0, 0, 1, 1), "at most 5,000 km2"),
        (box(10, 10, 10 + 1e-9, 10 + 1e-9), "crosses or repeats itself"),
    ],
)
def test_an_outline_refuses(geometry: Polygon, fault: str) -> None:
    with pytest.raises(FacilityError, match=fault):
        make_outline(geometry)


@pytest.mark.parametrize("accuracy_m", [-1.0, math.nan, math.inf])
def test_an_accuracy_must_be_a_length(accuracy_m: float) -> None:
    with pytest.raises(FacilityError, match="accuracy"):
        Outline(SQUARE, "drawn", accuracy_m, 1, "an analyst", "drawn")


def test_the_newest_outline_is_in_force() -> None:
    facility = Facility(id="a", name="A", outlines=(make_outline(), make_outline(version=2)))
    assert facility.outline.version == 2


def test_versions_must_rise() -> None:
    with pytest.raises(FacilityError, match="each may appear once"):
        Facility(id="a", name="A", outlines=(make_outline(), make_outline()))


def test_a_facility_without_a_coordinate_says_why_it_has_no_outline() -> None:
    with pytest.raises(FacilityError, match="no outline because no coordinate was published: imp"):
        _ = Facility(id="a", name="A").outline


def test_a_fact_cites_a_listed_source() -> None:
    point = Candidate(lat=1.0, lon=2.0, source="x", feature="gate", as_published="1, 2")
    with pytest.raises(FacilityError, match="cites the source 'x', which it does not list"):
        Facility(id="a", name="A", candidates=(point,))
    source = Source("x", "T", "P", "2016")
    with pytest.raises(FacilityError, match="source key twice"):
        Facility(id="a", name="A", sources=(source, source))


def test_a_size_has_the_figures_of_its_kind() -> None:
    with pytest.raises(FacilityError, match="needs length_m and width_m, and no other"):
        Size("dimensions", "2 km", "x", area_m2=4.0)
    with pytest.raises(FacilityError, match="is less than"):
        Size("dimensions", "1 x 2", "x", length_m=1.0, width_m=2.0)
