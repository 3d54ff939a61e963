"""The words that maps, figures and captions share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.report.text import sentences, words
from tests.report import painted


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0, "0"),
        (0.0523, "0.0523"),
        (1.5, "1.50"),
        (99.96, "100.0"),
        (1843, "1,840"),
        (41200, "41,200"),
    ],
)
def test_quantity_has_three_digits(value: float, printed: str) -> None:
    assert words.quantity_words(value) == printed


@given(st.floats(1e-6, 1e12))
def test_printed_quantity_is_within_half_a_percent(value: float) -> None:
    assert float(words.quantity_words(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


@given(st.floats(0, 1))
def test_a_part_is_never_printed_as_all_or_nothing(fraction: float) -> None:
    printed = words.share_words(fraction)
    assert (printed == "100 %") == (fraction > 1 - 1e-9)
    assert (printed == "0 %") == (fraction == 0)


@pytest.mark.parametrize(
    ("area_m2", "printed"),
    [(950, "950 m²"), (41200, "4.12 ha"), (2_500_000, "2.50 km²")],
)
def test_area_has_a_fitting_unit(area_m2: float, printed: str) -> None:
    finding = replace(
        painted.findings()[0], area_m2=area_m2, area_low_m2=area_m2 / 2, area_high_m2=area_m2 * 2
    )
    area, interval = words.area_words(finding)
    assert area == printed
    assert interval.endswith(printed.split()[1])


def test_an_interval_in_square_metres_has_no_decimals() -> None:
    finding = replace(painted.findings()[0], area_m2=926.2, area_low_m2=9.0, area_high_m2=1759.8)
    assert words.area_words(finding) == ("926 m²", "9 to 1,760 m²")


def test_not_seen_never_reads_as_unchanged() -> None:
    seen, _, unseen = painted.observations()
    assert words.outcome_words(unseen) == "Not seen: no answer either way"
    assert words.headline_words([], [unseen]) == "No findings · not seen: vegetation cleared"
    quiet = replace(seen, outcome="unchanged", finding_ids=(), seen_fraction=0.4)
    assert words.outcome_words(quiet) == "Unchanged in the part seen"
    assert "40 % of the outline seen" in words.headline_words([], [quiet])
    assert words.headline_words([], []) == "These images were not compared"


@pytest.mark.parametrize(
    ("first", "last", "printed"),
    [
        ("1985-01-01", "1985-12-31", "1985"),
        ("1985-01-01", "1987-12-31", "1985 to 1987"),
        ("2009-06-01", "2009-08-31", "2009-06-01 to 2009-08-31"),
        ("2009-06-01", "2009-06-01", "2009-06-01"),
    ],
)
def test_scene_is_dated_as_exactly_as_it_is_known(first: str, last: str, printed: str) -> None:
    scene = replace(
        painted.BEFORE,
        acquired_from_at=f"{first}T00:00:00Z",
        acquired_to_at=f"{last}T23:59:59Z",
    )
    assert words.date_words(scene) == printed


def test_no_number_is_printed_with_an_exponent() -> None:
    printed = [sentences.phrase("scenes.pixel", pixel_m=size) for size in (0.5, 10.0, 2998.87)]
    assert printed == ["0.5 m", "10 m", "3,000 m"]
