"""Whether what a bundle says fits together: records, chains, images, questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camp_monitor.bundle.bag import PAYLOAD, is_inside
from camp_monitor.bundle.chains import EVIDENCE, TABLES, Chain, read_chain
from camp_monitor.bundle.head_stamps import HEAD, read_stamped_heads
from camp_monitor.bundle.parts import QUESTION
from camp_monitor.errors import LedgerError
from camp_monitor.ledger.chain import Entry
from camp_monitor.ledger.entries import (
    claim_entry,
    finding_entry,
    observation_entry,
    read_claim,
    read_finding,
    read_observation,
    read_review,
    read_run,
    review_entry,
    run_entry,
)
from camp_monitor.ledger.heads import KeptHead, head_sha256, read_heads
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.scenes.catalogue import MULTIHASH_SHA256, file_sha256

INDEX, STAMPED = "bundle.json", "ledger/stamps"
MOST_JSON_BYTES = 64 * 2**20
READERS: Mapping[str, Callable[[str], Entry]] = {
    "F": lambda content: finding_entry(read_finding(content)),
    "O": lambda content: observation_entry(read_observation(content)),
    "R": lambda content: review_entry(read_review(content)),
    "D": lambda content: run_entry(read_run(content)),
    "C": lambda content: claim_entry(read_claim(content)),
}
"""How a record is read, by the letter of its id."""
Fault = tuple[str, str]
"""The path of a file, and a clause that says what is wrong with it."""


@dataclass(frozen=True)
class Index:
    """What ``bundle.json`` says.

    Parameters
    ----------
    ids : tuple of str
    made_until, head_sha256 : str
    tables, facilities, pairs : tuple of str
    """

    ids: tuple[str, ...]
    made_until: str
    head_sha256: str
    tables: tuple[str, ...]
    facilities: tuple[str, ...]
    pairs: tuple[str, ...]


def read_index(folder: Path) -> Index | None:
    """Read what a bundle says that it is of; None where that cannot be read."""
    content = read_json(folder / PAYLOAD / INDEX)
    if not isinstance(content, dict):
        return None
    lists = [content.get(name) for name in ("ids", "tables", "facilities", "pairs")]
    texts = [content.get(name) for name in ("made_until", "head_sha256")]
    if not all(isinstance(one, str) for one in texts):
        return None
    if not all(isinstance(one, list) and all(isinstance(part, str) for part in one)
               for one in lists):  # fmt: skip
        return None
    ids, tables, facilities, pairs = (tuple(one) for one in lists if one is not None)
    if not all(is_inside(part) for part in (*facilities, *pairs)) or {*tables} - {*TABLES}:
        return None
    return Index(ids, str(texts[0]), str(texts[1]), tables, facilities, pairs)


def read_json(path: Path) -> Any:
    """Read JSON; None where it is none, or too long."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_JSON_BYTES + 1)
        return json.loads(content) if len(content) <= MOST_JSON_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None


def content_faults(
    folder: Path, index: Index, good: set[str], *, is_whole: bool
) -> tuple[list[Fault], list[str]]:
    """Hold records against their ids, chains, images and questions.

    Parameters
    ----------
    folder : Path
    index : Index
    good : set of str
        Paths of the files that are as the manifest has them.
    is_whole : bool
        Whether all are, so that what is named must be there.

    Returns
    -------
    list of (str, str)
        Faults.
    list of str
        Sentences: what is taken on trust.
    """
    texts = dict(_records(folder, good))
    faults = [fault for key, text in texts.items() if (fault := _record_fault(key, text))]
    chains = read_chains(folder, index)
    paths = {table: f"{PAYLOAD}ledger/{table}.txt" for table in chains}
    for table, chain in chains.items():
        faults += [(paths[table], fault) for fault in chain.faults if paths[table] in good]
    if {*paths.values()} <= good:
        held = {link.id for chain in chains.values() for link in chain.links}
        faults += [
            (record_path(key), "it stands in no row of the ledger")
            for key in sorted(texts.keys() - held)
        ]
        faults += _head_faults(folder, index, chains, good)
    stamped = read_stamped_heads(folder / PAYLOAD / STAMPED) if is_whole else ()
    for one in stamped:
        faults += [(path.relative_to(folder).as_posix(), why) for path, why in one.faults]
        faults += [
            ((one.folder / HEAD).relative_to(folder).as_posix(),
             f"the chain of {head.table} does not run through it")
            for head in one.heads
            if head.table in chains and not chains[head.table].runs_through(head)
        ]  # fmt: skip
    if not faults:
        faults = _scene_faults(folder, texts, good)
    if not faults and is_whole:
        faults = _question_faults(folder, index, texts)
    remarks = [
        f"Table {table} of the ledger: of rows {', '.join(gaps)} only the hashes are in the bundle."
        for table, chain in chains.items()
        if table in EVIDENCE and (gaps := chain.gaps(len(chain.links)))
    ]
    if remarks and not faults and f"{PAYLOAD}ledger/heads.txt" in good:
        remarks.append(_followed(folder, chains))
    return faults, [*remarks, *(said for one in stamped for said in one.sentences)]


def _followed(folder: Path, chains: Mapping[str, Chain]) -> str:
    """Say up to which head all rows can be followed."""
    for one in reversed(kept_heads(folder)):
        ends = [head for head in one.heads if head.table in EVIDENCE]
        if not any(chains[head.table].gaps(head.rows) for head in ends if head.table in chains):
            return f"Its records can be followed to the head {one.sha256} of {one.at}."
    return "Its records can be followed to no head that was kept."


def record_path(key: str) -> str:
    """Return where a record is in a bundle."""
    return f"{PAYLOAD}records/{key}.json"


def read_chains(folder: Path, index: Index) -> dict[str, Chain]:
    """Read the chains of a bundle, by table; a record that is not of its id counts as absent."""
    records = folder / PAYLOAD / "records"
    texts = {path.stem: _text(path) for path in sorted(records.glob("*.json"))}
    texts = {key: text for key, text in texts.items() if _is_of(key, text)}
    return {
        table: read_chain(table, _text(folder / PAYLOAD / "ledger" / f"{table}.txt"), texts)
        for table in index.tables
    }


def kept_heads(folder: Path) -> tuple[KeptHead, ...]:
    """Return the heads that a bundle lists.

    Raises
    ------
    LedgerError
        One was altered.
    """
    return read_heads(folder / PAYLOAD / "ledger" / "heads.txt")


def _records(folder: Path, good: set[str]) -> Iterator[tuple[str, str]]:
    start = f"{PAYLOAD}records/"
    for path in sorted(good):
        if path.startswith(start):
            yield path.removeprefix(start).removesuffix(".json"), _text(folder / path)


def _record_fault(key: str, text: str) -> Fault | None:
    """Say why a record is not the one of its id."""
    if not _is_of(key, text):
        return record_path(key), "its content is not of its id"
    try:
        entry = READERS[key[:1]](text)
    except (KeyError, ValueError):
        return record_path(key), "it is no record that can be read"
    if (entry.id, entry.content) != (key, text):
        return record_path(key), "its content is not of its id"
    return None


def _is_of(key: str, text: str) -> bool:
    return hashlib.sha256(text.encode()).hexdigest()[:12] == key[1:]


def _head_faults(
    folder: Path, index: Index, chains: Mapping[str, Chain], good: set[str]
) -> list[Fault]:
    faults = []
    if head_sha256(chain.end for chain in chains.values()) != index.head_sha256:
        faults.append((f"{PAYLOAD}{INDEX}", "its head of the ledger is not that of the chains"))
    path = f"{PAYLOAD}ledger/heads.txt"
    if path not in good:
        return faults
    try:
        kept = kept_heads(folder)
    except LedgerError:
        return [*faults, (path, "a line is no head, or was altered")]
    for one in kept:
        for head in one.heads:
            if head.table in chains and not chains[head.table].runs_through(head):
                why = f"the chain of {head.table} does not run through the head of {one.at}"
                faults.append((path, why))
    return faults


def _scene_faults(folder: Path, texts: Mapping[str, str], good: set[str]) -> list[Fault]:
    """Hold images against their items, and items against the records."""
    faults: list[Fault] = []
    known: dict[str, tuple[str, ...]] = {}
    for path in sorted(good):
        parts = path.split("/")
        if parts[:2] != ["data", "scenes"] or parts[-1] != f"{parts[2]}.json":
            continue
        hashes = _item_hashes(read_json(folder / path))
        known[parts[2]] = tuple(hashes.values())
        for name, sha256 in hashes.items():
            file = f"{path.rpartition('/')[0]}/{name}"
            if file in good and file_sha256(folder / file) != sha256:
                faults.append((file, "it is not the file that its catalogue item names"))
    for key, record in _scenes_of(texts).items():
        for side in ("before", "after"):
            reference = SceneReference.from_dict(record[side])
            for part in reference.tiles or (reference,):
                if known.get(part.id, part.sha256) != part.sha256:
                    why = f"record {key} names other files"
                    faults.append((f"{PAYLOAD}scenes/{part.id}/{part.id}.json", why))
    return faults


def _question_faults(folder: Path, index: Index, texts: Mapping[str, str]) -> list[Fault]:
    """Hold questions against the records."""
    faults: list[Fault] = []
    records = _scenes_of(texts)
    for pair in index.pairs:
        path = f"{PAYLOAD}{pair}/{QUESTION}"
        asked = read_json(folder / path)
        ids = asked.get("observation_ids") if isinstance(asked, dict) else None
        if not isinstance(ids, list) or not ids or not {*ids} <= records.keys():
            faults.append((path, "it names records that are not in the bundle"))
        elif any(records[key]["before"] != asked.get("before") for key in ids) or any(
            records[key]["after"] != asked.get("after") for key in ids
        ):
            faults.append((path, "it names other scenes than its records"))
    return faults


def _scenes_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the findings and observations as plain JSON values, by id."""
    return {key: json.loads(text) for key, text in texts.items() if key[:1] in "FO"}


def _item_hashes(item: Any) -> dict[str, str]:
    """Return the hash of each file of a catalogue item."""
    try:
        return {
            str(asset["href"]).removeprefix("./"):
                str(asset["file:checksum"]).removeprefix(MULTIHASH_SHA256)
            for asset in item["assets"].values()
        }  # fmt: skip
    except (KeyError, TypeError, AttributeError):
        return {}


def _text(path: Path) -> str:
    """Read a text as it is; what is no UTF-8 has another hash."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
