"""What images say of a claim, by records that are made here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.claims.corroborating import corroborate
from camp_monitor.claims.looks import PASSES_DAYS, is_covered
from camp_monitor.codes import ClaimVerdict, Code
from camp_monitor.events.events import join_events
from camp_monitor.facilities import Outline
from camp_monitor.notes import note
from camp_monitor.records.claim import Claim, Corroboration
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from tests.ledger.conftest import _finding, _observation, _scene

OUTLINE = Outline(shapely.box(129.599, 42.499, 129.603, 42.503), "drawn", 10.0, 1, "a", "b")
CLAIM = Claim("K-1", "khs-12-jongori", "construction", "2016-08-22", "2016-09-10", 1000.0)


def look(
    *found: Finding, before: str = "2016-08-20", after: str = "2016-09-12", **how: Any
) -> Observation:
    plain: dict[str, Any] = {
        "detectable_m2": 300.0,
        "before": _scene(before),
        "after": _scene(after),
    }
    return _observation(*found, **(plain | how))


def said(
    claim: Claim, *looks: Observation, found: tuple[Finding, ...] = (), reviews: Any = None
) -> Corroboration:
    events = join_events(found, looks, reviews)
    below = [one for one in found if one.candidate]
    return corroborate(claim, looks, events, below, {1: OUTLINE}, 0.0)


def codes(one: Corroboration) -> list[Code]:
    return [reason.code for reason in one.reasons]


def test_what_was_found_supports_a_claim_as_closely_as_images_date_it() -> None:
    found = _finding(0)
    one = said(CLAIM, look(found), found=(found,))
    assert (one.verdict, one.absent_on, one.present_on) == (
        ClaimVerdict.SUPPORTED, "2016-08-20", "2016-09-12",
    )  # fmt: skip
    assert one.finding_ids == (found.id,)
    assert codes(one)[0] == Code.CLAIM_DATED_AROUND
    wide = replace(CLAIM, from_on="2016-01-01", to_on="2016-12-31")
    assert codes(said(wide, look(found), found=(found,)))[0] == Code.CLAIM_DATED_WITHIN
    partly = replace(CLAIM, to_on="2016-12-31")
    assert codes(said(partly, look(found), found=(found,)))[0] == Code.CLAIM_DATED_PARTLY


def test_nothing_found_is_not_supported_only_where_it_would_have_been_seen() -> None:
    quiet = look()
    one = said(CLAIM, quiet)
    assert one.verdict == ClaimVerdict.NOT_SUPPORTED
    assert one.reasons == (
        note(Code.CLAIM_SEEN, seen_fraction=1.0, detectable_m2=300.0, size_m2=1000.0),
    )
    unanswered: dict[Code, Corroboration] = {
        Code.CLAIM_TOO_SMALL: said(replace(CLAIM, size_m2=200.0), quiet),
        Code.CLAIM_SIZE_UNTOLD: said(replace(CLAIM, size_m2=None), quiet),
        Code.CLAIM_LIMIT_UNMEASURED: said(CLAIM, look(detectable_m2=None)),
        Code.CLAIM_PARTLY_SEEN: said(CLAIM, look(seen_fraction=0.6)),
        Code.CLAIM_MAY_BE_ALTERED: said(CLAIM, look(altered=OUTLINE.geometry)),
        Code.CLAIM_KIND_NOT_LOOKED_FOR: said(replace(CLAIM, kind="demolition"), quiet),
        Code.NOTHING_USABLE: said(
            CLAIM,
            look(outcome="not_seen", seen_fraction=0.0, reasons=(note(Code.NOTHING_USABLE),)),
        ),
        Code.CLAIM_BEYOND_LIMIT: said(
            CLAIM,
            look(
                detectable_m2=None,
                caveats=(
                    note(
                        Code.LIMIT_BEYOND, largest_m2=2000.0, trials=9, thing="building",
                        where="scenes",
                    ),
                ),
            ),
        ),
    }  # fmt: skip
    for code, other in unanswered.items():
        assert other.verdict == ClaimVerdict.NOT_SEEABLE, code
        assert code in codes(other)


def test_ground_that_was_not_seen_or_not_searched_answers_nothing() -> None:
    at = replace(CLAIM, lat=42.501, lon=129.601)
    assert said(at, look()).verdict == ClaimVerdict.NOT_SUPPORTED
    hidden = look(not_seen=shapely.box(129.600, 42.500, 129.602, 42.502))
    assert codes(said(at, hidden)) == [Code.CLAIM_PARTLY_SEEN]
    beyond = replace(CLAIM, lat=42.6, lon=129.9)
    assert codes(said(beyond, look())) == [Code.CLAIM_PARTLY_SEEN]
    assert said(replace(beyond, facility_id="")).verdict == ClaimVerdict.NOT_COVERED


def test_what_is_small_unsure_or_rejected_supports_nothing() -> None:
    small = _finding(0, area_m2=90.0, area_low_m2=80.0, area_high_m2=100.0)
    one = said(CLAIM, look(small), found=(small,))
    assert codes(one) == [Code.CLAIM_SEEN, Code.CLAIM_SIZE_UNLIKE]
    faint = _finding(0, candidate=True)
    one = said(CLAIM, look(candidate_ids=(faint.id,)), found=(faint,))
    assert (one.verdict, codes(one)) == (ClaimVerdict.NOT_SEEABLE, [Code.CLAIM_CANDIDATES])
    found = _finding(0)
    no = Review(found.id, "rejected", "R. N.", "2016-09-20T12:00:00+00:00")
    one = said(CLAIM, look(found), found=(found,), reviews={found.id: no})
    assert codes(one) == [Code.CLAIM_SEEN, Code.CLAIM_REJECTED]


def test_pairs_answer_together_and_a_gap_between_them_is_told() -> None:
    first, second = look(after="2016-09-01"), look(before="2016-09-01")
    assert said(CLAIM, first, second).verdict == ClaimVerdict.NOT_SUPPORTED
    late = look(before="2016-09-03")
    one = said(CLAIM, first, late)
    assert one.verdict == ClaimVerdict.NOT_COVERED
    assert one.reasons == (note(Code.CLAIM_UNCOVERED, first_on="2016-09-01", last_on="2016-09-03"),)
    blind = replace(late, before=_scene("2016-09-01"), seen_fraction=0.2)
    assert said(CLAIM, first, blind).verdict == ClaimVerdict.NOT_SEEABLE
    assert codes(said(CLAIM)) == [Code.CLAIM_NEVER_COMPARED]


@pytest.mark.parametrize("days_later", [0, PASSES_DAYS, PASSES_DAYS + 1])
def test_a_flood_is_answered_for_by_images_of_the_days_after_it_alone(days_later: int) -> None:
    day = date(2016, 9, 1)
    claim = replace(CLAIM, kind="flooding", from_on=str(day), to_on=str(day))
    after = str(day + timedelta(days=days_later))
    one = said(claim, look(method="flooding/1", after=after))
    verdict = ClaimVerdict.NOT_SUPPORTED if days_later <= PASSES_DAYS else ClaimVerdict.NOT_COVERED
    assert one.verdict == verdict
    assert Code.CLAIM_PASSES in codes(one)


DAYS = st.integers(0, 40)


@given(window=st.tuples(DAYS, DAYS).map(sorted), spans=st.lists(st.tuples(DAYS, DAYS).map(sorted)))
def test_a_window_is_covered_where_spans_leave_no_moment_out(
    window: list[int], spans: list[list[int]]
) -> None:
    start = date(2016, 1, 1)

    def days(pair: list[int]) -> tuple[date, date]:
        return start + timedelta(pair[0]), start + timedelta(pair[1])

    halves = [window[0] + step / 2 for step in range(2 * (window[1] - window[0]) + 1)]
    expected = all(any(one[0] <= half <= one[1] for one in spans) for half in halves)
    assert is_covered(days(window), [days(one) for one in spans]) == expected
