"""Whether a bundle is what was made: every file, the records, the chains, the stamps.

Nothing is needed but the bundle; what it alone cannot show is that all of it was written anew, for
which something is needed that came by another way: a head of the ledger, the hash of the bundle, or
the certificates of an authority that stamped it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from camp_monitor.bundle.bag import (
    BAGIT,
    DECLARATION,
    INFO,
    MANIFEST,
    MOST_MANIFEST_BYTES,
    PAGE,
    PAYLOAD,
    STAMPS,
    TAG_MANIFEST,
    TAGS,
    Hashed,
    bag_info,
    hash_file,
    manifest,
    read_manifest,
    stated_page_sha256,
)
from camp_monitor.bundle.contents import Index, content_faults, read_index
from camp_monitor.bundle.outside import Outside, outside_faults
from camp_monitor.bundle.stamps import CERTIFICATES, TOKEN, Stamp, Stated, read_stamp
from camp_monitor.bundle.states import Checked, State
from camp_monitor.errors import InputError, StampError

MOST_FILES = 100_000
_LINK = "it is a link or no plain file, and is not followed"


@dataclass(frozen=True)
class Verified:
    """What is known of a bundle.

    Parameters
    ----------
    files : tuple of Checked
        By path; and what came by another way, where it does not fit.
    sha256 : str
        Of its tag manifest, as it is.
    index : Index or None
        What the bundle says that it is of.
    stamps : tuple of Stated
        That hold, the earliest first.
    remarks : tuple of str
        Sentences: what was taken on trust.
    """

    files: tuple[Checked, ...]
    sha256: str
    index: Index | None
    stamps: tuple[Stated, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(one.state == State.OK for one in self.files)


@dataclass
class _Found:
    """Verdicts as they are reached; the first that is not ``ok`` counts."""

    verdicts: dict[str, Checked] = field(default_factory=dict)

    def say(self, path: str, state: State, why: str = "") -> None:
        before = self.verdicts.get(path)
        if before is None or before.state == State.OK:
            self.verdicts[path] = Checked(path, state, why)

    @property
    def is_whole(self) -> bool:
        return all(one.state == State.OK for one in self.verdicts.values())

    def is_ok(self, path: str) -> bool:
        return path in self.verdicts and self.verdicts[path].state == State.OK


def verify_bundle(folder: Path, outside: Outside = Outside()) -> Verified:  # noqa: B008 - frozen
    """Check everything in a bundle against everything, and against what came by another way.

    Parameters
    ----------
    folder : Path
    outside : Outside

    Raises
    ------
    InputError
        It is no bundle, or cannot be read.
    """
    if not (folder / BAGIT).exists() and not (folder / TAG_MANIFEST).exists():
        raise InputError(f"{folder} is no bundle: name the folder that holds {BAGIT}.")
    found = _Found()
    try:
        hashed = dict(_hashed(folder, found))
        tags = _judge_tags(folder, hashed, found)
        _judge_payload(folder, hashed, tags, found)
        index = read_index(folder) if found.is_ok(f"{PAYLOAD}bundle.json") else None
        remarks: list[str] = []
        if index is not None:
            good = {path for path in hashed if found.is_ok(path)}
            faults, remarks = content_faults(folder, index, good, is_whole=found.is_whole)
            for path, why in faults:
                found.say(path, State.ALTERED, why)
        stamps = _judge_stamps(folder, hashed, found)
        sha256 = hashed[TAG_MANIFEST].sha256 if TAG_MANIFEST in hashed else ""
        for one in outside_faults(folder, index, sha256, stamps, outside):
            found.say(one.path, one.state, one.why)
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read ({error.strerror}).") from error
    files = tuple(found.verdicts[path] for path in sorted(found.verdicts))
    stated = tuple(sorted((one for _, one in stamps), key=lambda one: one.at))
    return Verified(files, sha256, index, stated, tuple(remarks))


def _hashed(folder: Path, found: _Found) -> Iterator[tuple[str, Hashed]]:
    """Hash every plain file; a link is no file of a bundle."""
    number = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            found.say(name, State.UNVERIFIABLE, _LINK)
        elif path.is_file():
            number += 1
            if number > MOST_FILES:
                raise InputError(f"{folder} has more than {MOST_FILES} files: it is no bundle.")
            yield name, hash_file(path)


def _judge_tags(folder: Path, hashed: Mapping[str, Hashed], found: _Found) -> Mapping[str, str]:
    """Judge the tag files against the tag manifest, and it against what it must be.

    Where a file and its line differ, the one of both is altered that does not follow from the rest
    of the bundle.
    """
    if TAG_MANIFEST not in hashed:
        found.say(TAG_MANIFEST, State.MISSING)
        listed: dict[str, str] = {}
    else:
        found.say(TAG_MANIFEST, State.OK)
        listed, is_whole = _read_manifest(folder / TAG_MANIFEST)
        if not is_whole:
            found.say(TAG_MANIFEST, State.ALTERED, "it holds a line that is none of a manifest")
        for name in sorted(listed.keys() - {*TAGS}):
            found.say(TAG_MANIFEST, State.ALTERED, f"it names {name!a:.80}, which is no tag file")
    expected = _expected_tags(folder, hashed)
    for name in TAGS:
        if name not in hashed:
            found.say(name, State.MISSING)
        elif listed.get(name) == hashed[name].sha256:
            found.say(name, State.OK)
        elif name in listed and listed[name] == expected.get(name):
            found.say(name, State.ALTERED)
        elif hashed[name].sha256 == expected.get(name):
            found.say(name, State.OK)
            found.say(TAG_MANIFEST, State.ALTERED, f"its line of {name} is wrong or gone")
        else:
            found.say(name, State.ALTERED)
    return listed


def _expected_tags(folder: Path, hashed: Mapping[str, Hashed]) -> dict[str, str]:
    """Return the hash that each tag file has if it follows from the rest of the bundle."""
    payload = {path: one for path, one in hashed.items() if path.startswith(PAYLOAD)}
    expected = {BAGIT: _sha256(DECLARATION), MANIFEST: _sha256(manifest(payload))}
    info = (folder / INFO).read_bytes() if INFO in hashed else b""
    page_sha256 = stated_page_sha256(info)
    if page_sha256:
        expected[PAGE] = page_sha256
    index = read_index(folder)
    if index is not None and PAGE in hashed:
        made = bag_info(index.ids, index.made_until, payload, hashed[PAGE].sha256)
        expected[INFO] = _sha256(made)
    return expected


def _judge_payload(
    folder: Path, hashed: Mapping[str, Hashed], tags: Mapping[str, str], found: _Found
) -> None:
    """Judge the payload by its manifest, or where that was altered by what it must have been."""
    present = {path: one for path, one in hashed.items() if path.startswith(PAYLOAD)}
    is_as_made = tags.get(MANIFEST) == _sha256(manifest(present))
    listed: dict[str, str] = {}
    if is_as_made:
        listed = {path: one.sha256 for path, one in present.items()}
    elif MANIFEST in hashed:
        listed, is_whole = _read_manifest(folder / MANIFEST)
        if not is_whole:
            found.say(MANIFEST, State.ALTERED, "it holds a line that is none of a manifest")
    for path in sorted(listed):
        if not path.startswith(PAYLOAD):
            found.say(MANIFEST, State.ALTERED, f"it names {path!a:.80}, which is no payload")
        elif path not in present:
            found.say(path, State.MISSING)
        else:
            same = present[path].sha256 == listed[path]
            found.say(path, State.OK if same else State.ALTERED)
    for path in sorted(hashed.keys() - listed.keys() - {*TAGS, TAG_MANIFEST}):
        if not path.startswith(STAMPS):
            state = State.ADDED if MANIFEST in hashed else State.UNVERIFIABLE
            found.say(path, state, "" if MANIFEST in hashed else "the manifest is missing")


def _judge_stamps(
    folder: Path, hashed: Mapping[str, Hashed], found: _Found
) -> list[tuple[Stamp, Stated]]:
    """Judge the stamps; return those that hold under the certificates beside them."""
    names = sorted(path for path in hashed if path.startswith(STAMPS))
    stems = sorted({path.removesuffix(TOKEN) for path in names if path.endswith(TOKEN)})
    held = []
    for stem in stems:
        token, certificates = f"{stem}{TOKEN}", f"{stem}{CERTIFICATES}"
        if certificates not in hashed:
            found.say(certificates, State.MISSING)
            found.say(token, State.UNVERIFIABLE, "its certificates are missing")
            continue
        content = [_short(folder / one) for one in (token, certificates)]
        stamp = Stamp(content[0], content[1])
        parts = stem.removeprefix(STAMPS), stamp.name
        for path, said, own in zip((token, certificates), *(one.split("-") for one in parts),
                                   strict=False):  # fmt: skip
            state = State.OK if said == own else State.ALTERED
            found.say(path, state, "" if said == own else "its name is not that of its content")
        if parts[0].count("-") != 1:
            found.say(token, State.ALTERED, "its name is not that of its content")
        if found.is_ok(token) and found.is_ok(certificates):
            held += _judge_stamp(stamp, token, hashed, found)
    for path in names:
        if path.removesuffix(TOKEN).removesuffix(CERTIFICATES) not in stems:
            found.say(path, State.ADDED)
    return held


def _judge_stamp(
    stamp: Stamp, token: str, hashed: Mapping[str, Hashed], found: _Found
) -> list[tuple[Stamp, Stated]]:
    try:
        stated = read_stamp(stamp)
    except StampError as error:
        found.say(token, State.UNVERIFIABLE, str(error).rstrip("."))
        return []
    tags = {name: hashed[name] for name in TAGS if name in hashed}
    if TAG_MANIFEST in hashed and stated.sha256 == hashed[TAG_MANIFEST].sha256:
        return [(stamp, stated)]
    if stated.sha256 == _sha256(manifest(tags)):
        found.say(TAG_MANIFEST, State.ALTERED, "it is not what was stamped")
    elif found.is_ok(TAG_MANIFEST) and all(found.is_ok(name) for name in TAGS):
        why = "it is of something else: of another bundle, or all was written anew since"
        found.say(token, State.ALTERED, why)
    else:
        found.say(TAG_MANIFEST, State.ALTERED, "it is not what was stamped")
    return []


def _read_manifest(path: Path) -> tuple[dict[str, str], bool]:
    with path.open("rb") as file:
        return read_manifest(file.read(MOST_MANIFEST_BYTES + 1))


def _short(path: Path) -> bytes:
    """Read a file that cannot be long: a stamp, or certificates."""
    with path.open("rb") as file:
        return file.read(1_000_001)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
