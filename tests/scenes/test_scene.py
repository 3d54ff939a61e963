from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.errors import SceneError
from camp_monitor.scenes.scene import parse_acquired
from tests.scenes.painted import make_scene


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2016-08-29T02:16:02Z", "2016-08-29T02:16:02", "2016-08-29T02:16:02"),
        ("2016-08-29T02:16:02.999Z", "2016-08-29T02:16:02", "2016-08-29T02:16:02"),
        ("2016-08-29T02:16:02", "2016-08-29T02:16:02", "2016-08-29T02:16:02"),
        ("2016-08-29 02:16+09:00", "2016-08-28T17:16:00", "2016-08-28T17:16:00"),
        ("2016-08-29", "2016-08-29T00:00:00", "2016-08-29T23:59:59"),
        (" 2016-02 ", "2016-02-01T00:00:00", "2016-02-29T23:59:59"),
        ("1985", "1985-01-01T00:00:00", "1985-12-31T23:59:59"),
        ("2015-06-01/2015-08", "2015-06-01T00:00:00", "2015-08-31T23:59:59"),
        ("1999/2000-01-01T12:00Z", "1999-01-01T00:00:00", "2000-01-01T12:00:00"),
    ],
)
def test_a_date_is_all_the_time_it_may_mean(text: str, first: str, last: str) -> None:
    assert parse_acquired(text) == (at(first), at(last))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not understood"),
        ("29.08.2016", "not understood"),
        ("2016-8-29", "not understood"),
        ("20160829", "not understood"),
        ("2016-08-29/", "not understood"),
        ("2016-02-30", "does not exist"),
        ("2016-13", "does not exist"),
        ("2016-08-29T25:00", "does not exist"),
        ("2016-08-29Tnoon", "does not exist"),
        ("2016/2015", "ends before it begins"),
        ("2015/2016/2017", "more than two parts"),
        ("1899", "outside the years 1940 to 2199"),
        ("9999", "outside the years"),
        ("0001-01-01T00:00:00+14:00", "outside the years"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(SceneError, match=said):
        parse_acquired(text)


dates = st.from_regex(
    r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?)?)?", fullmatch=True
)


@given(st.one_of(st.text(max_size=40), dates, st.tuples(dates, dates).map("/".join)))
@settings(max_examples=400)
def test_any_text_is_an_interval_or_a_sentence(text: str) -> None:
    try:
        first, last = parse_acquired(text)
    except SceneError:
        return
    assert first <= last
    assert first.utcoffset() == last.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sensor": "spy"}, "is not one of"),
        ({"quantity": "beauty"}, "is not one of"),
        ({"acquired_to_at": at("2000-01-01")}, "ends before it begins"),
    ],
)
def test_a_scene_checks_itself(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SceneError, match=said):
        make_scene(**changes)
