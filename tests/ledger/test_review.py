"""Reviews: what they hold, how they are recorded, which one counts, and ledgers without them."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.errors import InputError, LedgerError, NoSuchRecordError
from camp_monitor.ledger.dialects import guards
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, latest_reviews, rejected_ids, utc_text

MakeFinding = Callable[..., Finding]
MakeObservation = Callable[..., Observation]

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)
FINDING_ID = "F0123456789ab"
VERSION_1 = Path(__file__).with_name("ledger_version_1.sql")


def make_review(finding_id: str = FINDING_ID, hours: int = 0, **changes: Any) -> Review:
    content = {
        "finding_id": finding_id,
        "verdict": "confirmed",
        "by": "R. N.",
        "reviewed_at": utc_text(NOON + timedelta(hours=hours)),
    }
    return Review(**{**content, **changes})


@pytest.fixture
def finding(make_finding: MakeFinding) -> Finding:
    return make_finding()


@pytest.fixture
def ledger(tmp_path: Path, finding: Finding, make_observation: MakeObservation) -> Ledger:
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    ledger.record([make_observation(finding)], [finding], recorded_at=NOON)
    return ledger


@given(
    st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable() and text.strip()),
    st.text(max_size=50).filter(lambda text: text == "" or (text.isprintable() and text.strip())),
)
def test_any_printable_name_and_note_make_a_review(by: str, note: str) -> None:
    review = make_review(by=by, note=note)
    assert Review(**review.to_dict()) == review
    assert review.id == f"R{review.sha256[:12]}"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"finding_id": "F12"}, "whole id"),
        ({"verdict": "true"}, "is no verdict: use confirmed, rejected, unsure"),
        ({"by": ""}, "name of the reviewer cannot be used, because its text is blank"),
        ({"by": "a\x1b[31m"}, r"control character U\+001B"),
        ({"by": "a\u202eb"}, r"control character U\+202E"),
        ({"by": "a" * 201}, "has 201 characters: use at most 200"),
        ({"note": "a\nb"}, r"note of the review cannot be used.*U\+000A"),
        ({"note": "a" * 4001}, "use at most 4,000"),
        ({"reviewed_at": "2016-09-20"}, "is not a time of review"),
        ({"reviewed_at": "2016-09-20T12:00:00Z"}, "is not a time of review"),
        ({"reviewed_at": "2016-09-20T21:00:00+09:00"}, "is not a time of review"),
    ],
)
def test_a_review_that_cannot_be_is_one_sentence(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        make_review(**changes)


def test_the_same_moment_is_written_in_one_way() -> None:
    assert utc_text(NOON.astimezone(timezone(timedelta(hours=9)))) == "2016-09-20T12:00:00+00:00"
    with pytest.raises(InputError, match="no time zone"):
        utc_text(NOON.replace(tzinfo=None))


def test_all_reviews_are_kept_and_the_latest_counts(ledger: Ledger, finding: Finding) -> None:
    verdicts = ("confirmed", "rejected", "unsure")
    reviews = [make_review(finding.id, hours, verdict=v) for hours, v in enumerate(verdicts)]
    later = NOON + timedelta(days=1)
    for review in (reviews[2], reviews[0], reviews[1]):  # recorded in another order than made
        assert ledger.review(review, recorded_at=later)
    assert not ledger.review(reviews[0], recorded_at=later)
    assert ledger.reviews() == ledger.reviews(finding.id) == tuple(reviews)
    assert latest_reviews(ledger.reviews()) == {finding.id: reviews[2]}
    assert rejected_ids(reviews) == frozenset()
    assert rejected_ids(reviews[:2]) == {finding.id}
    assert ledger.findings() == (finding,)
    assert ledger.reviews("F000000000000") == ()
    assert ledger.verify() == ()


def test_the_same_reviews_are_the_same_ledger_in_any_order(
    tmp_path: Path, finding: Finding, make_observation: MakeObservation
) -> None:
    reviews = [make_review(finding.id, hours) for hours in range(3)]
    hashes = set()
    for number, order in enumerate(itertools.permutations(reviews)):
        with open_ledger(tmp_path / f"{number}.sqlite") as ledger:
            ledger.record([make_observation(finding)], [finding], recorded_at=NOON)
            without = ledger.contents_sha256()
            for review in order:
                ledger.review(review, recorded_at=NOON + timedelta(days=number + 1))
            hashes.add(ledger.contents_sha256())
    assert len(hashes) == 1
    assert without not in hashes


def test_a_review_that_does_not_fit_is_refused(ledger: Ledger, finding: Finding) -> None:
    review = make_review(finding.id)
    with pytest.raises(NoSuchRecordError, match="There is no finding"):
        ledger.review(make_review(), recorded_at=NOON)
    with pytest.raises(InputError, match="later than now"):
        ledger.review(review, recorded_at=NOON - timedelta(seconds=1))
    with pytest.raises(LedgerError, match="no time zone"):
        ledger.review(review, recorded_at=NOON.replace(tzinfo=None))
    ledger.review(review, recorded_at=NOON)
    with pytest.raises(InputError, match="another review of the same second"):
        ledger.review(replace(review, verdict="rejected"), recorded_at=NOON)
    assert ledger.reviews() == (review,)


def test_a_clock_that_is_behind_records_nothing(
    tmp_path: Path, finding: Finding, make_observation: MakeObservation, ledger: Ledger
) -> None:
    early = NOON - timedelta(minutes=6)
    for tried in (
        lambda: ledger.record([make_observation()], [], recorded_at=early),
        lambda: ledger.review(
            make_review(finding.id, reviewed_at=utc_text(early)), recorded_at=early
        ),
    ):
        with pytest.raises(InputError, match="11:54:00") as refused:
            tried()
        assert "12:00:00" in str(refused.value)
        assert "set the clock right" in str(refused.value)
    assert (len(ledger.observations()), ledger.reviews()) == (1, ())
    first = make_review(finding.id, reviewed_at=utc_text(NOON + timedelta(minutes=3)))
    assert ledger.review(first, recorded_at=NOON + timedelta(minutes=3))
    unheard = make_review(finding.id, verdict="rejected", reviewed_at=utc_text(NOON))
    with pytest.raises(InputError, match="would not count"):  # within what clocks may differ by
        ledger.review(unheard, recorded_at=NOON, clock_is_right=True)
    # a clock that was ahead stops nobody who says so
    ledger.record([make_observation(method="x/1")], [], recorded_at=NOON + timedelta(days=900))
    now = NOON + timedelta(hours=1)
    later = make_review(finding.id, verdict="rejected", reviewed_at=utc_text(now))
    with pytest.raises(InputError, match="--clock-is-right"):
        ledger.review(later, recorded_at=now)
    assert ledger.review(later, recorded_at=now, clock_is_right=True)
    ledger.record([make_observation(method="x/2")], [], recorded_at=now, clock_is_right=True)
    ledger.record([make_observation(method="x/3")], [], recorded_at=now)
    assert ledger.verify() == ()


def test_nothing_is_dated_before_its_scenes(
    tmp_path: Path, finding: Finding, make_observation: MakeObservation, ledger: Ledger
) -> None:
    before = datetime.fromisoformat(finding.after.acquired_from_at) - timedelta(hours=1)
    with pytest.raises(InputError, match=re.escape(finding.after.acquired_from_at)):
        ledger.review(make_review(finding.id, reviewed_at=utc_text(before)), recorded_at=NOON)
    with (
        open_ledger(tmp_path / "other") as other,
        pytest.raises(InputError, match=re.escape(finding.after.acquired_from_at)),
    ):
        other.record([make_observation(finding)], [finding], recorded_at=before)


def test_reviews_that_do_not_fit_are_reported(
    ledger: Ledger, finding: Finding, tmp_path: Path
) -> None:
    ledger.review(make_review(finding.id), recorded_at=NOON)
    other = tmp_path / "other.sqlite"
    open_ledger(other).close()
    with closing(sqlite3.connect(other)) as connection:
        connection.execute(f"ATTACH '{ledger.place}' AS reviewed")
        connection.execute("INSERT INTO reviews SELECT * FROM reviewed.reviews")
        connection.commit()
    fault, unrecorded = open_ledger(other).verify()
    assert "no time was recorded" in unrecorded
    assert fault.endswith(f"names finding {finding.id}, which is missing.")


# --- a ledger written before there were reviews ---------------------------------------------------


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    """A ledger as version 1 of the schema wrote it."""
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    return path


def versions(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT version FROM schema ORDER BY version")]


def test_the_first_writing_brings_an_old_ledger_to_the_latest_version(
    version_1: Path,
) -> None:
    with open_ledger(version_1) as ledger:
        heads, contents = ledger.head(), ledger.contents_sha256()
        assert [head.rows for head in heads] == [2, 1, 2]
        [finding] = ledger.findings()
        ledger.record(ledger.observations(), [], recorded_at=NOON)
        assert versions(version_1) == [1, 2, 3, 4, 5]
        assert ledger.contents_sha256() == contents
        assert [head.rows for head in ledger.head()] == [2, 1, 2, 0, 0, 0, 3]
        ledger.review(make_review(finding.id), recorded_at=NOON)
        assert ledger.verify(heads) == ()
    with open_ledger(version_1) as ledger:
        assert len(ledger.reviews()) == 1
    with closing(sqlite3.connect(version_1)) as connection:
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        assert guards().keys() <= found
        for statement in ("UPDATE reviews SET verdict = 'rejected'", "DELETE FROM reviews"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_a_migrated_ledger_has_the_tables_of_a_new_one(version_1: Path, ledger: Ledger) -> None:
    with open_ledger(version_1) as old, pytest.raises(NoSuchRecordError):
        old.review(make_review("F000000000000"), recorded_at=NOON)
    assert versions(version_1) == [1]  # a writing that fails brings nothing with it
    with open_ledger(version_1) as old:
        old.record([], [], recorded_at=NOON)
    schemas = []
    for path in (version_1, ledger.place):
        assert isinstance(path, Path)
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT type, name, sql FROM sqlite_master")
            schemas.append({(kind, name, " ".join(str(sql).split())) for kind, name, sql in rows})
    assert schemas[0] == schemas[1]
    ledger.close()
