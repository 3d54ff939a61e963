"""Looking things up in the ledger: which observations count, and which finding an id means."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from camp_monitor.errors import InputError, LedgerError, NoSuchRecordError
from camp_monitor.ledger.chain import (
    ANSWERS,
    FINDINGS,
    OBSERVATIONS,
    RECORDINGS,
    REVIEWS,
    RUNS,
    tables_of,
)
from camp_monitor.ledger.entries import question_of, read_finding, read_observation, read_review
from camp_monitor.ledger.store import DamagedRowError, checked_rows, read, version_of
from camp_monitor.notes import Note
from camp_monitor.records.content import canonical_json, content_hash
from camp_monitor.records.finding import Finding, in_order
from camp_monitor.records.kinds import CONFIDENCES, KINDS
from camp_monitor.records.observation import Observation, reasons_of
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scenes.acquisition import HALF_ORBIT

ASKED = ("facility_id", "outline_version", "method", "before", "after", "settings_sha256")
"""Fields of an observation that say what was asked."""
FEW_IDS = 500
"""Up to so many ids are asked for by name; of more, the whole table is read."""


def read_observations(
    connection: sa.Connection, facility_ids: Collection[str] | None
) -> list[Observation]:
    """Read the observations of some facilities, or of all."""
    wanted = [] if facility_ids is None else [OBSERVATIONS.c.facility_id.in_(sorted(facility_ids))]
    return read(connection, OBSERVATIONS, wanted, read_observation)


@dataclass(frozen=True)
class Looked:
    """That a scene was looked at: what `Observation` says, without where.

    Parameters
    ----------
    facility_id, method, outcome : str
    reasons : tuple of Note
        Why it was not seen, or part of it.
    before_id, after_id : str
    sensor : str
    acquired_at, before_at : str
        Last instant of the after and of the before scene, ISO 8601, UTC.
    seen_fraction : float
    finding_ids, candidate_ids : tuple of str
    of_one_pass : bool
        Both scenes show one moment, and so nothing was looked at.
    """

    facility_id: str
    method: str
    outcome: str
    reasons: tuple[Note, ...]
    before_id: str
    after_id: str
    sensor: str
    acquired_at: str
    before_at: str
    seen_fraction: float
    finding_ids: tuple[str, ...]
    candidate_ids: tuple[str, ...] = ()
    of_one_pass: bool = False


def read_looks(connection: sa.Connection, facility_id: str | None) -> Iterator[Looked]:
    """Read what was looked at, of a facility or of all, in the order of recording."""
    answers: dict[tuple[str, str, str, str], str] = {}
    of = [] if facility_id is None else [OBSERVATIONS.c.facility_id == facility_id]
    rows = checked_rows(connection, OBSERVATIONS, of)
    looks = {row["id"]: _looked(row["content"]) for row in rows}
    for key in _answers(connection, looks, of):
        one = looks[key]
        stem = one.method.partition("/")[0]
        answers[one.facility_id, stem, one.before_id, one.after_id] = key
    counted = set(answers.values())
    return (look for key, look in looks.items() if key in counted)


def question_sha256(asked: Mapping[str, Any]) -> str:
    """Hash of a question: the fields of an observation that say what was asked.

    Parameters
    ----------
    asked : mapping
        Holds `ASKED`, as plain JSON values.
    """
    plain = {name: asked[name] for name in ASKED}
    for role in ("before", "after"):  # a ledger of schema 1 to 3 does not say what is simulated
        plain[role] = SceneReference.from_dict(asked[role]).to_dict()
    return content_hash(plain)


def read_questions(connection: sa.Connection, facility_id: str) -> dict[str, bool]:
    """Return the hash of each question of a facility that was answered, and whether it counts."""
    of = [OBSERVATIONS.c.facility_id == facility_id]
    asked = {
        row["id"]: json.loads(row["content"]) for row in checked_rows(connection, OBSERVATIONS, of)
    }
    latest: dict[tuple[str, str, str], str] = {}
    for key in _answers(connection, asked, of):
        one = asked[key]
        stem = one["method"].partition("/")[0]
        latest[stem, one["before"]["id"], one["after"]["id"]] = key
    counted = set(latest.values())
    return {question_sha256(one): key in counted for key, one in asked.items()}


def _answers(
    connection: sa.Connection,
    ids: Collection[str],
    of: Sequence[sa.ColumnElement[bool]] = (),
) -> Iterator[str]:
    """Give the ids of the observations `ids` in the order in which they became answers.

    An observation that counts for nothing because its answer was lost would be a silent loss, so
    each of `ids` must be there.  `of` chooses the observations, where they are too many to name.
    """
    if len(ids) <= FEW_IDS:
        wanted = [ANSWERS.c.observation_id.in_(sorted(ids))]
    elif of:
        wanted = [ANSWERS.c.observation_id.in_(sa.select(OBSERVATIONS.c.id).where(*of))]
    else:
        wanted = []
    answered = set()
    for row in checked_rows(connection, ANSWERS, wanted, "observation_id"):
        key = row["observation_id"]
        if json.loads(row["content"])["observation_id"] != key:
            raise DamagedRowError(ANSWERS, row["seq"], "its column does not match its content")
        if key in ids:
            answered.add(key)
            yield str(key)
    for key in sorted(set(ids) - answered)[:1]:
        raise DamagedRowError(OBSERVATIONS, key, "no answer names it")


def _looked(content: str) -> Looked:
    try:
        said = json.loads(content)
        return Looked(
            **{name: said[name] for name in ("facility_id", "method", "outcome")},
            reasons=reasons_of(said),
            before_id=said["before"]["id"],
            after_id=said["after"]["id"],
            sensor=said["after"]["sensor"],
            acquired_at=said["after"]["acquired_to_at"],
            before_at=said["before"]["acquired_to_at"],
            seen_fraction=float(said["seen_fraction"]),
            finding_ids=tuple(said["finding_ids"]),
            candidate_ids=tuple(said.get("candidate_ids", ())),
            of_one_pass=_is_of_one_pass(said["before"], said["after"]),
        )
    except (ValueError, TypeError, LookupError) as error:
        raise LedgerError(
            f"An observation in the ledger cannot be read ({type(error).__name__}): restore the "
            f"ledger from a copy."
        ) from None


def _is_of_one_pass(before: dict[str, Any], after: dict[str, Any]) -> bool:
    first, last = (
        datetime.fromisoformat(text)
        for text in (before["acquired_to_at"], after["acquired_from_at"])
    )
    if last - first > HALF_ORBIT:  # as nearly always: quicker than to read both
        return False
    return SceneReference.from_dict(before).is_one_pass(SceneReference.from_dict(after))


def names_scene(scene_id: str) -> sa.ColumnElement[bool]:
    """Tell, in SQL, whether the content of an observation holds the id of a scene.

    In SQLite capital and small letters are the same here: what is found is to be compared again.
    """
    named = canonical_json({"id": scene_id})[1:-1]
    return OBSERVATIONS.c.content.contains(named, autoescape=True)


def read_same_questions(
    connection: sa.Connection, observations: Iterable[Observation]
) -> list[Observation]:
    """Read every observation that answers the same question as one of `observations`.

    Only rows that hold the id of an after scene are made into records: a facility may have
    thousands, and each scan asks.
    """
    asked = {question_of(item) for item in observations}
    found: dict[str, Observation] = {}
    for facility_id, after_id in sorted({(key[0], key[3]) for key in asked}):
        wanted = [
            OBSERVATIONS.c.facility_id == facility_id,
            names_scene(after_id),
        ]
        for item in read(connection, OBSERVATIONS, wanted, read_observation):
            if question_of(item) in asked:
                found[item.id] = item
    return list(found.values())


def latest_answers(
    connection: sa.Connection, observations: Iterable[Observation]
) -> dict[tuple[str, str, str, str], str]:
    """Return for each question the id of the one of `observations` that answered it last."""
    questions = {item.id: question_of(item) for item in observations}
    return {questions[key]: key for key in _answers(connection, questions)}


def current_ids(connection: sa.Connection, facility_id: str | None) -> set[str]:
    """Return the ids of the findings that an observation that counts names."""
    looks = read_looks(connection, facility_id)
    return {key for look in looks for key in (*look.finding_ids, *look.candidate_ids)}


def records_that_count(
    connection: sa.Connection, facility_id: str
) -> tuple[list[Finding], list[Observation], list[Review]]:
    """Read what counts of one facility: findings but for candidates, observations, all reviews."""
    every = read_observations(connection, {facility_id})
    latest = set(latest_answers(connection, every).values())
    looked = [item for item in every if item.id in latest]
    named = {key for item in looked for key in item.finding_ids}
    of = FINDINGS.c.facility_id == facility_id
    found = read(connection, FINDINGS, [of], read_finding, named)
    reviews = []
    if REVIEWS in tables_of(version_of(connection)):
        wanted = REVIEWS.c.finding_id.in_(sa.select(FINDINGS.c.id).where(of))
        reviews = read(connection, REVIEWS, [wanted], read_review)
    return found, looked, reviews


def facilities_of(connection: sa.Connection, finding_ids: Collection[str]) -> set[str]:
    """Return the facilities of some findings; of those that the ledger does not hold, none."""
    ids = sorted(finding_ids)
    found: set[str] = set()
    for start in range(0, len(ids), FEW_IDS):
        some = FINDINGS.c.id.in_(ids[start : start + FEW_IDS])
        found |= set(connection.scalars(sa.select(FINDINGS.c.facility_id).where(some).distinct()))
    return found


def look_up_finding(connection: sa.Connection, id_or_prefix: str) -> Finding:
    """Return the finding of this id, or the only one whose id begins like this.

    Raises
    ------
    NoSuchRecordError
        There is none, or more than one.
    """
    text = id_or_prefix.strip().lower()
    start = f"F{text.removeprefix('f')}"
    if re.fullmatch(r"F[0-9a-f]{12}", start):
        exact = read(connection, FINDINGS, [FINDINGS.c.id == start], read_finding)
        if exact:
            return exact[0]
    ids = connection.scalars(sa.select(FINDINGS.c.id).order_by(FINDINGS.c.id)).all()
    starts = (start, f"F{text}")  # with or without its letter, which is a digit too
    matches = [item for item in ids if start != "F" and str(item).startswith(starts)]
    if len(matches) != 1:
        raise NoSuchRecordError(no_such_finding(id_or_prefix, matches, ids))
    return read(connection, FINDINGS, [FINDINGS.c.id == matches[0]], read_finding)[0]


def no_such_finding(asked: str, matches: Sequence[str], ids: Sequence[str]) -> str:
    """Say what there is instead of the finding that was asked for."""
    name = ascii(asked[:40])
    if len(matches) > 1:
        shown = ", ".join(matches[:5]) + (", ..." if len(matches) > 5 else "")
        return f"{len(matches)} findings begin with {name}: write more of one of {shown}."
    if not ids:
        return f"There is no finding {name}, because the ledger holds none yet: scan a facility."
    near = difflib.get_close_matches("F" + asked[:40].lower().lstrip("f"), ids, n=1, cutoff=0.7)
    hint = f"did you mean {near[0]}?" if near else "see 'camp-monitor findings list'."
    return f"There is no finding {name} in the ledger: {hint}"


def look_up_findings(
    connection: sa.Connection,
    facility_id: str | None,
    kind: str | None,
    at_least: str | None,
    superseded: bool,
) -> tuple[Finding, ...]:
    """Return findings in order of facility and time; see `Ledger.findings`.

    Raises
    ------
    InputError
        There is no such kind or confidence.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"{kind!r:.80} is not a kind of change: use {', '.join(KINDS)}.")
    if at_least is not None and at_least not in CONFIDENCES:
        raise InputError(f"{at_least!r:.80} is no confidence: use {', '.join(CONFIDENCES)}.")
    wanted: list[sa.ColumnElement[bool]] = []
    if facility_id is not None:
        wanted.append(FINDINGS.c.facility_id == facility_id)
    if kind is not None:
        wanted.append(FINDINGS.c.kind == kind)
    ids = None if superseded else current_ids(connection, facility_id)
    found = read(connection, FINDINGS, wanted, read_finding, ids)
    least = CONFIDENCES.index(at_least) if at_least else 0
    return tuple(in_order(item for item in found if CONFIDENCES.index(item.confidence) >= least))


def look_up_answer(
    connection: sa.Connection,
    facility_id: str,
    method: str,
    asked: tuple[int, SceneReference, SceneReference, str],
) -> Observation | None:
    """Return the observation that answered a question already; see `Ledger.find_observation`.

    `asked` is the version of the outline, the scenes, and the hash of the settings.
    """
    wanted = [
        OBSERVATIONS.c.facility_id == facility_id,
        OBSERVATIONS.c.method == method,
        names_scene(asked[2].id),
    ]
    answers = [
        item
        for item in read(connection, OBSERVATIONS, wanted, read_observation)
        if (item.outline_version, item.before, item.after, item.settings_sha256) == asked
    ]
    latest = set(latest_answers(connection, answers).values())
    return next((item for item in answers if item.id in latest), None)


def hash_of_contents(connection: sa.Connection, tables: Iterable[sa.Table]) -> str:
    """Hash all observations, findings, reviews and claims; see `Ledger.contents_sha256`."""
    hashes = sorted(
        hashlib.sha256(str(content).encode(errors="surrogateescape")).hexdigest()
        for table in tables
        if table not in (ANSWERS, RUNS, RECORDINGS)
        for content in connection.scalars(sa.select(table.c.content))
    )
    return hashlib.sha256("".join(f"{item}\n" for item in hashes).encode()).hexdigest()
