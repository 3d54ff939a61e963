"""Records as rows of the ledger, and back: what is copied out of a content into columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import shapely

from camp_monitor.errors import InputError, LedgerError
from camp_monitor.ledger.chain import Entry
from camp_monitor.ledger.times import Recording
from camp_monitor.records.claim import Corroboration
from camp_monitor.records.content import canonical_json, content_hash
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.run import RunRecord


@dataclass(frozen=True)
class Added:
    """What `Ledger.record` added.

    Parameters
    ----------
    observations, findings : int
        Records that the ledger did not hold yet.
    candidates : int
        Likewise, findings below the working point, which `findings` leaves out.
    renewed : int
        Observations that it held, that a later answer had superseded, and that count again now.
    """

    observations: int
    findings: int
    renewed: int
    candidates: int = 0


@dataclass(frozen=True)
class Answer:
    """The observation that became the latest answer to its question, and its place in that order.

    The question is: what happened at this facility, for this detector, between these two scenes?
    It can be asked again with another outline, method number or settings; the last answer counts.
    """

    observation_id: str
    number: int

    @property
    def content(self) -> dict[str, Any]:
        """The content as plain JSON values."""
        return {"number": self.number, "observation_id": self.observation_id}

    @property
    def id(self) -> str:
        """Short id, ``A`` and twelve hexadecimal digits of the content's hash."""
        return f"A{content_hash(self.content)[:12]}"


def question_of(observation: Observation) -> tuple[str, str, str, str]:
    """Facility, detector without its number, and the ids of the two scenes."""
    return (
        observation.facility_id,
        observation.method.partition("/")[0],
        observation.before.id,
        observation.after.id,
    )


def observation_entry(observation: Observation) -> Entry:
    """Make the entry of an observation."""
    return Entry(
        observation.id,
        canonical_json(observation.to_dict()),
        {
            "facility_id": observation.facility_id,
            "method": observation.method,
            "outcome": observation.outcome,
        },
    )


def finding_entry(finding: Finding) -> Entry:
    """Make the entry of a finding: bounds in degrees, geometry as little-endian WKB."""
    west, south, east, north = finding.geometry.bounds
    return Entry(
        finding.id,
        canonical_json(finding.to_dict()),
        {
            "facility_id": finding.facility_id,
            "kind": finding.kind,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "geometry": shapely.to_wkb(finding.geometry, byte_order=1),
        },
    )


def answer_entry(answer: Answer) -> Entry:
    """Make the entry of an answer."""
    return Entry(
        answer.id, canonical_json(answer.content), {"observation_id": answer.observation_id}
    )


def review_entry(review: Review) -> Entry:
    """Make the entry of a review."""
    return Entry(
        review.id,
        canonical_json(review.to_dict()),
        {"finding_id": review.finding_id, "verdict": review.verdict},
    )


def run_entry(record: RunRecord) -> Entry:
    """Make the entry of a record of a run, which states when it was recorded."""
    return Entry(
        record.id,
        canonical_json(record.to_dict()),
        {
            "run_id": record.run_id,
            "what": record.what,
            "facility_id": record.facility_id,
            "recorded_at": record.at,
        },
    )


def claim_entry(corroboration: Corroboration) -> Entry:
    """Make the entry of a claim and what came of it."""
    claim = corroboration.claim
    return Entry(
        corroboration.id,
        canonical_json(corroboration.to_dict()),
        {
            "reference": claim.reference,
            "facility_id": claim.facility_id,
            "verdict": str(corroboration.verdict),
        },
    )


def recording_entry(recording: Recording) -> Entry:
    """Make the entry of a recording, which states when it was made."""
    return Entry(
        recording.id,
        canonical_json(recording.content),
        {"chain": recording.chain, "recorded_at": recording.at},
    )


def read_observation(content: str) -> Observation:
    """Make an observation from the content of a row; ValueError when it cannot be one."""
    try:
        return Observation.from_dict(json.loads(content))
    except _UNREADABLE as error:
        raise ValueError(
            f"it is no observation: {str(error) or type(error).__name__:.200}"
        ) from None


def read_finding(content: str) -> Finding:
    """Make a finding from the content of a row; ValueError when it cannot be one."""
    try:
        return Finding.from_dict(json.loads(content))
    except _UNREADABLE as error:
        raise ValueError(f"it is no finding: {str(error) or type(error).__name__:.200}") from None


def read_answer(content: str) -> Answer:
    """Make an answer from the content of a row; ValueError when it cannot be one."""
    try:
        return Answer(**json.loads(content))
    except _UNREADABLE as error:
        raise ValueError(f"it is no answer: {str(error) or type(error).__name__:.200}") from None


def read_review(content: str) -> Review:
    """Make a review from the content of a row; ValueError when it cannot be one."""
    try:
        return Review(**json.loads(content))
    except _UNREADABLE as error:
        raise ValueError(f"it is no review: {str(error) or type(error).__name__:.200}") from None


def read_run(content: str) -> RunRecord:
    """Make a record of a run from the content of a row; ValueError when it cannot be one."""
    try:
        return RunRecord.from_dict(json.loads(content))
    except _UNREADABLE as error:
        raise ValueError(
            f"it is no record of a run: {str(error) or type(error).__name__:.200}"
        ) from None


def read_claim(content: str) -> Corroboration:
    """Make a claim and its answer from the content of a row; ValueError when it cannot be one."""
    try:
        return Corroboration.from_dict(json.loads(content))
    except _UNREADABLE as error:
        raise ValueError(f"it is no claim: {str(error) or type(error).__name__:.200}") from None


def read_recording(content: str) -> Recording:
    """Make a recording from the content of a row; ValueError when it cannot be one."""
    try:
        return Recording(**json.loads(content))
    except _UNREADABLE as error:
        raise ValueError(f"it is no recording: {str(error) or type(error).__name__:.200}") from None


# What a content of the wrong shape makes the constructors above raise.
_UNREADABLE = (
    InputError,
    LedgerError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    OverflowError,
    shapely.errors.ShapelyError,
)
