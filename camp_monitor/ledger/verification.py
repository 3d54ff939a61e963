"""The full check of a ledger: every row, the chains, and whether the records fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

import sqlalchemy as sa

from camp_monitor.errors import LedgerError
from camp_monitor.ledger.chain import (
    ANSWERS,
    CLAIMS,
    FINDINGS,
    OBSERVATIONS,
    RECORDINGS,
    REVIEWS,
    RUNS,
    Entry,
    Head,
    chain_faults,
    tables_of,
)
from camp_monitor.ledger.dialects import dialect_of
from camp_monitor.ledger.entries import (
    answer_entry,
    claim_entry,
    finding_entry,
    observation_entry,
    read_answer,
    read_claim,
    read_finding,
    read_observation,
    read_recording,
    read_review,
    read_run,
    recording_entry,
    review_entry,
    run_entry,
)
from camp_monitor.ledger.schema import schema_faults
from camp_monitor.ledger.store import raw_columns, version_of
from camp_monitor.ledger.times import time_faults
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation

Rows = Sequence[sa.RowMapping]


def ledger_faults(
    transaction: Callable[[], AbstractContextManager[sa.Connection]], heads: Sequence[Head]
) -> tuple[str, ...]:
    """Return the faults of a ledger in sentences; empty when it is whole.

    Parameters
    ----------
    transaction : callable
        Opens a transaction on the ledger.
    heads : sequence of Head
        Ends of chains that were kept elsewhere.
    """
    faults: list[str] = []
    try:
        with transaction() as connection:
            checks = connection.exec_driver_sql(dialect_of(connection).damage).scalars()
            faults += [f"The file is damaged: {check}." for check in checks if check != "ok"]
            faults += schema_faults(connection, version_of(connection))
            faults += head_faults(connection, heads)
            rows: dict[str, Rows] = {
                table.name: connection.execute(raw_columns(table).order_by(table.c.seq))
                .mappings()
                .all()
                for table in tables_of(version_of(connection))
            }
    except LedgerError as error:
        return (*faults, str(error))
    chained: list[str] = []
    for name, table_rows in rows.items():
        chained += chain_faults(name, table_rows, _ENTRY_OF[name])
    if not chained:
        chained += _belonging_faults(rows)
        if RECORDINGS.name in rows:
            times = {name: [row["recorded_at"] for row in rows[name]] for name in rows}
            chained += _time_faults(rows[RECORDINGS.name], times)
    return (*faults, *chained)


def _time_faults(recordings: Rows, times: Mapping[str, Sequence[object]]) -> list[str]:
    """Find times of recording that are not those that were recorded."""
    covered = {name: own for name, own in times.items() if name not in (RUNS.name, RECORDINGS.name)}
    return time_faults([read_recording(row["content"]) for row in recordings], covered)


def plain_faults(connection: sa.Connection, heads: Sequence[Head]) -> tuple[str, ...]:
    """Return faults of the schema, the chains and their heads: quick, and no record is read.

    Damage to a file, copied columns, and whether records fit together, are `ledger_faults`'s.

    Parameters
    ----------
    connection : sqlalchemy Connection
    heads : sequence of Head
        Ends of chains that were kept elsewhere.
    """
    version = version_of(connection)
    faults = [*schema_faults(connection, version), *head_faults(connection, heads)]
    names = ("seq", "id", "content", "previous_sha256", "row_sha256")
    for table in tables_of(version):
        rows = connection.execution_options(yield_per=1000).execute(
            raw_columns(table, names).order_by(table.c.seq)
        )
        faults += chain_faults(table.name, rows.mappings())
    if not faults and RECORDINGS in tables_of(version):
        recordings, times = _read_times(connection, tables_of(version))
        faults += _time_faults(recordings, times)
    return tuple(faults)


def _read_times(
    connection: sa.Connection, tables: Iterable[sa.Table]
) -> tuple[Rows, dict[str, list[object]]]:
    """Read the recordings, and the times of recording of each table."""
    contents = raw_columns(RECORDINGS, ("content",)).order_by(RECORDINGS.c.seq)
    times = {
        table.name: list(
            connection.scalars(raw_columns(table, ("recorded_at",)).order_by(table.c.seq))
        )
        for table in tables
    }
    return connection.execute(contents).mappings().all(), times


def check_plain(
    transaction: Callable[[], AbstractContextManager[sa.Connection]],
    place: object,
    heads: Sequence[Head],
) -> None:
    """Refuse a ledger that `plain_faults` finds altered, with the first fault."""
    with transaction() as connection:
        faults = plain_faults(connection, heads)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise LedgerError(
            f"{place} was altered{more}: {faults[0]} Nothing can rest on it; camp-monitor ledger "
            f"verify says all, and a copy restores it."
        )


def _belonging_faults(rows: Mapping[str, Rows]) -> list[str]:
    """Find records that name a missing one, or that nothing names."""
    findings = {row["id"]: read_finding(row["content"]) for row in rows[FINDINGS.name]}
    observations = [read_observation(row["content"]) for row in rows[OBSERVATIONS.name]]
    answered = {read_answer(row["content"]).observation_id for row in rows[ANSWERS.name]}
    faults = []
    for observation in observations:
        for finding_id in observation.named_ids:
            fault = belonging_fault(observation, finding_id, findings.get(finding_id))
            if fault:
                faults.append(fault)
    named = {key for item in observations for key in item.named_ids}
    faults += [f"No observation names finding {key}." for key in sorted(findings.keys() - named)]
    known = {observation.id for observation in observations}
    faults += [f"Observation {key} is in no answer." for key in sorted(known - answered)]
    faults += [f"An answer names {key}, which is missing." for key in sorted(answered - known)]
    return [*faults, *_review_faults(rows.get(REVIEWS.name, ()), findings)]


def _review_faults(rows: Rows, findings: Mapping[str, Finding]) -> list[str]:
    """Find reviews of a missing finding, and those of which none is the latest."""
    reviews = [read_review(row["content"]) for row in rows]
    faults = [
        f"Review {item.id} names finding {item.finding_id}, which is missing."
        for item in reviews
        if item.finding_id not in findings
    ]
    moments = Counter((item.finding_id, item.reviewed_at) for item in reviews)
    faults += [
        f"{count} reviews of finding {key} were made at {moment}: none is the latest."
        for (key, moment), count in sorted(moments.items())
        if count > 1
    ]
    return faults


def belonging_fault(observation: Observation, finding_id: str, finding: Finding | None) -> str:
    """Say why a finding that an observation names cannot be one of its own; else empty."""
    if finding is None:
        return f"Observation {observation.id} names finding {finding_id}, which is missing."
    own = (observation.facility_id, observation.before, observation.after)
    if own != (finding.facility_id, finding.before, finding.after):
        return (
            f"Observation {observation.id} names finding {finding_id}, which is of another "
            f"facility or pair of scenes."
        )
    if finding.candidate != (finding_id in observation.candidate_ids):
        return (
            f"Observation {observation.id} names finding {finding_id} on the wrong side of its "
            f"working point."
        )
    return ""


def check_belonging(
    observations: Sequence[Observation],
    given: dict[str, Finding],
    present: dict[str, Finding],
) -> None:
    """Refuse findings and observations that do not name each other."""
    for key in given.keys() & present.keys():
        if given[key].sha256 != present[key].sha256:
            raise LedgerError(f"Two different findings have the id {key}: nothing was recorded.")
    named = set()
    for item in observations:
        for key in item.named_ids:
            named.add(key)
            fault = belonging_fault(item, key, given.get(key, present.get(key)))
            if fault:
                raise LedgerError(f"Nothing was recorded: {fault}")
    unnamed = sorted(given.keys() - named)
    if unnamed:
        raise LedgerError(
            f"Nothing was recorded: finding {unnamed[0]} is named by no observation, so no one "
            f"could tell what was seen there."
        )


def head_faults(connection: sa.Connection, heads: Iterable[Head]) -> list[str]:
    """Find heads kept elsewhere that the chains do not run through."""
    tables = {table.name: table for table in tables_of(version_of(connection))}
    rows = {
        name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for name, table in tables.items()
    }
    faults = []
    for head in sorted({*heads}, key=lambda one: (one.table, one.rows, one.row_sha256)):
        there = rows.get(head.table, 0)
        if head.rows > there:
            faults.append(
                f"Table {head.table} has {there} rows, and had {head.rows} before: rows were cut "
                f"off."
            )
        elif head.rows and not _runs_through(connection, tables[head.table], head):
            faults.append(
                f"Table {head.table} has another hash at row {head.rows} than it had before: it "
                f"was written anew."
            )
    return faults


def _runs_through(connection: sa.Connection, table: sa.Table, head: Head) -> bool:
    hashed = raw_columns(table, ("row_sha256",)).where(table.c.seq == head.rows)
    return connection.execute(hashed).scalars().all() == [head.row_sha256]


_ENTRY_OF: dict[str, Callable[[str], Entry]] = {
    OBSERVATIONS.name: lambda content: observation_entry(read_observation(content)),
    FINDINGS.name: lambda content: finding_entry(read_finding(content)),
    ANSWERS.name: lambda content: answer_entry(read_answer(content)),
    REVIEWS.name: lambda content: review_entry(read_review(content)),
    RUNS.name: lambda content: run_entry(read_run(content)),
    CLAIMS.name: lambda content: claim_entry(read_claim(content)),
    RECORDINGS.name: lambda content: recording_entry(read_recording(content)),
}
