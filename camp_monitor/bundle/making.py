"""From a workspace to a bundle: everything gathered, written aside, and renamed when whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from camp_monitor.bundle.bag import PAYLOAD, TAG_MANIFEST, hash_file, write_tags
from camp_monitor.bundle.cases import Named, Recalled, all_scenes, ask_again, find_cases, find_named
from camp_monitor.bundle.chains import chain_text
from camp_monitor.bundle.contents import INDEX, STAMPED
from camp_monitor.bundle.crate import METADATA, Titles, crate
from camp_monitor.bundle.head_stamps import stamps_of
from camp_monitor.bundle.page import About, page_text
from camp_monitor.bundle.parts import (
    Written,
    write_case,
    write_figures,
    write_methods,
    write_reports,
    write_scene,
)
from camp_monitor.codes import Code
from camp_monitor.errors import InputError
from camp_monitor.facilities import Facility, find_facility
from camp_monitor.ledger.chain import (
    ANSWERS,
    CLAIMS,
    FINDINGS,
    OBSERVATIONS,
    RECORDINGS,
    REVIEWS,
    RUNS,
)
from camp_monitor.ledger.entries import read_claim, read_review, read_run
from camp_monitor.ledger.excerpt import Row, read_rows
from camp_monitor.ledger.heads import read_heads
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import DEFAULT, in_language, phrase
from camp_monitor.workspace import AnyWorkspace, Workspace, open_workspace

FORMAT = "camp-monitor-bundle/1"
_TELLS_OF_A_MACHINE = (Code.FAILED, Code.NO_NETWORK)
"""Codes whose notes hold words of errors, with paths and hosts."""


@dataclass(frozen=True)
class Bundle:
    """A bundle that was made.

    Parameters
    ----------
    folder : Path
    sha256 : str
        Of its tag manifest: it covers everything but the stamps.
    files : int
    size_bytes : int
    remarks : tuple of str
        Sentences: what is not in it, and why.
    """

    folder: Path
    sha256: str
    files: int
    size_bytes: int
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Gathered:
    """What a bundle is made from."""

    named: tuple[Named, ...]
    facilities: Mapping[str, Facility]
    recalled: tuple[Recalled, ...]
    rows: Mapping[str, tuple[Row, ...]]
    shown: frozenset[str]
    head: str

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.id for one in self.named)

    @property
    def made_until(self) -> str:
        return max(row.recorded_at for rows in self.rows.values() for row in rows)

    def told(self, table: str, *, whole_ledger: bool) -> set[str]:
        """Return ids of the rows of a chain that may be read: its own facilities', or all."""
        rows = self.rows[table]
        if table == RUNS.name:
            return set()
        if whole_ledger or table in (ANSWERS.name, RECORDINGS.name):  # these name ids and times
            return {row.id for row in rows}
        if table == CLAIMS.name:  # of cases of others: those alone that the bundle bears on
            return set()
        if table == REVIEWS.name:
            own = self.told(FINDINGS.name, whole_ledger=False)
            return {row.id for row in rows if read_review(row.content).finding_id in own}
        return {row.id for row in rows if json.loads(row.content)["facility_id"] in self.facilities}


def make_bundle(
    workspace: AnyWorkspace,
    names: Sequence[str],
    folder: Path,
    *,
    whole_ledger: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Bundle:
    """Put what is known of events or findings into one new folder.

    Parameters
    ----------
    workspace : Workspace, Path or str
    names : sequence of str
        Ids of events (``E...``) or findings (``F...``).
    folder : Path
        Must not exist; the bundle is written beside it and renamed when it is whole.
    whole_ledger : bool
        Whether the records of other facilities are in it, too: their rows of the chains can then
        be followed, where otherwise only their hashes are there.
    say : callable
        Is told what is done now.

    Raises
    ------
    InputError
        The folder exists or cannot be written, or there is no record of an id.
    LedgerError
        The ledger was altered.
    """
    workspace = open_workspace(workspace)
    if not names:
        raise InputError("A bundle is of events or findings: name E... or F... ids.")
    if folder.exists():
        raise InputError(f"{folder} exists already: name a new folder.")
    gathered = _gather(workspace, names, say)
    building = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        building.mkdir(parents=True)
        remarks = _write(workspace, gathered, building, whole_ledger=whole_ledger, say=say)
        building.rename(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror}).") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    files = [path for path in folder.rglob("*") if path.is_file()]
    sha256 = hash_file(folder / TAG_MANIFEST).sha256
    return Bundle(folder, sha256, len(files), sum(one.stat().st_size for one in files), remarks)


def _gather(workspace: Workspace, names: Sequence[str], say: Callable[[str], None]) -> _Gathered:
    with open_ledger_of(workspace, reading=True) as ledger:
        ledger.check()
        named = find_named(ledger, names)
        cases = find_cases(ledger, (finding for one in named for finding in one.findings))
        rows = read_rows(ledger)
        head = ledger.head_sha256()
    ids = dict.fromkeys(one.main.facility_id for one in named)
    facilities = {key: find_facility(workspace.aoi, key) for key in ids}
    recalled = []
    for case in cases:
        say(_pair(case.references))
        recalled.append(ask_again(workspace, facilities[case.facility_id], case))
    shown = {item.id for case in cases for item in case.observations}
    shown |= {item.id for case in cases for item in case.findings}
    shown |= {row.id for row in rows.get(REVIEWS.name, ()) if _reviews(row, shown)}
    shown |= {row.id for row in rows.get(CLAIMS.name, ()) if _bears_on(row, shown)}
    shown |= _runs_of(rows.get(RUNS.name, ()), facilities)
    return _Gathered(named, facilities, tuple(recalled), rows, frozenset(shown), head)


def _reviews(row: Row, shown: set[str]) -> bool:
    return read_review(row.content).finding_id in shown


def _bears_on(row: Row, shown: set[str]) -> bool:
    return bool(shown & {*read_claim(row.content).finding_ids})


def _runs_of(rows: Iterable[Row], facilities: Iterable[str]) -> set[str]:
    """Return the ids of the entries of the run log about facilities, and of the runs they name.

    Those that hold words of errors, which may name a path or a host, are left as hashes.
    """
    own, wanted = set(facilities), set()
    records = [(row.id, read_run(row.content)) for row in rows]
    runs = {record.run_id for _, record in records if record.facility_id in own}
    for key, record in records:
        said = (*record.reasons, *(one.reason for one in record.unused))
        machine = any(note.code in _TELLS_OF_A_MACHINE for note in said) or record.original
        of_run = not record.facility_id and record.what in ("started", "ended")
        if not machine and (record.facility_id in own or (of_run and record.run_id in runs)):
            wanted.add(key)
    return wanted


def _write(
    workspace: Workspace, gathered: _Gathered, building: Path, *, whole_ledger: bool,
    say: Callable[[str], None],
) -> tuple[str, ...]:  # fmt: skip
    """Write the payload, then the tag files; return remarks."""
    written = Written(building / PAYLOAD)
    kept = workspace.configuration.report.open_licences
    for scene in all_scenes(gathered.recalled).values():
        write_scene(written, workspace, scene, kept)
    work = [
        write_case(written, number, recalled)
        for number, recalled in enumerate(gathered.recalled, 1)
    ]
    for key in gathered.facilities:
        path = workspace.aoi / f"{key}.geojson"
        written.write(f"facilities/{key}.geojson", path.read_bytes(), f"Outlines of {key}")
    _write_ledger(written, workspace, gathered, whole_ledger=whole_ledger)
    for one in gathered.named:
        say(one.id)
        write_figures(written, workspace, one)
    write_reports(written, workspace, gathered.named)
    write_methods(written)
    index = _index(gathered, [one.name for one in work])
    written.write(INDEX, _pretty(index), "Index of this bundle")
    titles = _titles(gathered)
    metadata = crate(titles, written.described, all_scenes(gathered.recalled).values(), work)
    (building / PAYLOAD / METADATA).write_bytes(metadata)
    simulated = any(scene.simulated for one in gathered.recalled for scene in one.scenes)
    about = About(
        gathered.ids,
        tuple(gathered.facilities.values()),
        gathered.head,
        tuple(gathered.rows),
        simulated,
    )
    write_tags(building, gathered.ids, gathered.made_until, page_text(about).encode())
    return tuple(dict.fromkeys(written.remarks))


def _write_ledger(
    written: Written, workspace: Workspace, gathered: _Gathered, *, whole_ledger: bool
) -> None:
    """Write the records that are shown, each chain, and the heads that were kept."""
    kinds = {
        OBSERVATIONS.name: "Observation", FINDINGS.name: "Finding", REVIEWS.name: "Review",
        RUNS.name: "Entry of the run log", CLAIMS.name: "Claim",
    }  # fmt: skip
    for table, rows in gathered.rows.items():
        for row in rows:
            if row.id in gathered.shown:
                name = f"{kinds[table]} {row.id}"
                written.write(f"records/{row.id}.json", row.content.encode(), name)
        told = gathered.told(table, whole_ledger=whole_ledger)
        text = chain_text(rows, frozenset(told - gathered.shown))
        written.write(f"ledger/{table}.txt", text.encode(), f"Chain of the table {table}")
    kept = read_heads(workspace.heads)
    if kept:
        text = "".join(f"{one}\n" for one in kept)
        written.write("ledger/heads.txt", text.encode(), "Heads of the ledger, as they were kept")
    folder = stamps_of(workspace)
    for path in sorted(folder.glob("*/*")):
        place = f"{STAMPED}/{path.relative_to(folder).as_posix()}"
        written.copy(path, place, "Time stamp on a head of the ledger")


def _index(gathered: _Gathered, cases: Sequence[str]) -> dict[str, object]:
    return {
        "format": FORMAT,
        "ids": list(gathered.ids),
        "made_until": gathered.made_until,
        "head_sha256": gathered.head,
        "tables": list(gathered.rows),
        "facilities": list(gathered.facilities),
        "pairs": list(cases),
        "events": [
            {
                "id": one.event.id, "kind": one.event.kind, "state": one.event.state,
                "finding_ids": [item.id for item in one.event.findings],
                "end_ids": [item.id for item in one.event.ends],
            }
            for one in gathered.named if one.event is not None
        ],
    }  # fmt: skip


def _titles(gathered: _Gathered) -> Titles:
    with in_language(DEFAULT):
        ids = ", ".join(gathered.ids)
        places = ", ".join(map(words.facility_name, gathered.facilities.values()))
        return Titles(
            phrase("bundle.name", ids=ids, places=places), phrase("bundle.description"),
            phrase("bundle.licence"), gathered.ids, gathered.made_until,
        )  # fmt: skip


def _pair(references: Iterable[object]) -> str:
    return " / ".join(str(getattr(one, "dates", one)) for one in references)


def _pretty(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
