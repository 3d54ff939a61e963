"""Looking things up in the ledger: which observations count, and which finding an id means."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from camp_monitor.errors import NoSuchRecordError
from camp_monitor.findings.chain import ANSWERS, FINDINGS, OBSERVATIONS
from camp_monitor.findings.entries import question_of, read_finding, read_observation
from camp_monitor.findings.finding import Finding, Observation
from camp_monitor.findings.store import read


def read_observations(
    connection: sa.Connection, facility_ids: Collection[str] | None
) -> list[Observation]:
    """Read the observations of some facilities, or of all."""
    wanted = [] if facility_ids is None else [OBSERVATIONS.c.facility_id.in_(sorted(facility_ids))]
    return read(connection, OBSERVATIONS, wanted, read_observation)


def latest_answers(
    connection: sa.Connection, observations: Iterable[Observation]
) -> dict[tuple[str, str, str, str], str]:
    """Return for each question the id of the one of `observations` that answered it last."""
    questions = {item.id: question_of(item) for item in observations}
    answers = connection.scalars(sa.select(ANSWERS.c.observation_id).order_by(ANSWERS.c.seq))
    return {questions[key]: key for key in answers if key in questions}


def current_ids(connection: sa.Connection, facility_id: str | None) -> set[str]:
    """Return the ids of the findings that an observation that counts names."""
    every = read_observations(connection, None if facility_id is None else {facility_id})
    latest = set(latest_answers(connection, every).values())
    return {key for item in every if item.id in latest for key in item.finding_ids}


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
