"""The frame of a bundle: a bag of BagIt 1.0, all of whose tag files follow from the payload.

A tag file that follows from what it describes can be made again, so that one that was altered is
told from one whose line in a manifest was altered.  RFC 8493, https://doi.org/10.17487/RFC8493
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from camp_monitor.errors import InputError
from camp_monitor.scenes.catalogue import file_sha256

BAGIT, INFO, PAGE = "bagit.txt", "bag-info.txt", "README.txt"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
TAGS = (INFO, PAGE, BAGIT, MANIFEST)
"""What the tag manifest lists; it and the stamps on it are listed nowhere."""
PAYLOAD, STAMPS = "data/", "stamps/"
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MOST_MANIFEST_BYTES = 64 * 2**20
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_PAGE_LABEL = "Page-SHA256"


@dataclass(frozen=True)
class Hashed:
    """A file of a bag: its SHA-256, in hexadecimal, and its size."""

    sha256: str
    size_bytes: int


def hash_file(path: Path) -> Hashed:
    """Hash a file."""
    return Hashed(file_sha256(path), path.stat().st_size)


def check_name(name: str) -> None:
    """Refuse a name that tools would read in more than one way.

    Raises
    ------
    InputError
    """
    if not name.isprintable() or set(name) & set('%\\:*?"<>|') or name != name.strip():
        raise InputError(
            f"{ascii(name)[:200]} cannot be the name of a file in a bundle: remove its scene and "
            f"add it again from files with plain names."
        )


def manifest(files: Mapping[str, Hashed]) -> bytes:
    """Write a manifest, as ``sha256sum -c`` reads it; the paths sorted."""
    return "".join(f"{files[path].sha256}  {path}\n" for path in sorted(files)).encode()


def read_manifest(content: bytes) -> tuple[dict[str, str], bool]:
    """Return the hash of each file, and whether every line could be read.

    A path that leads out of the bag cannot, nor one that is named twice.
    """
    lines = content.decode("utf-8", "replace").split("\n")
    found: dict[str, str] = {}
    is_whole = lines.pop() == "" and len(content) <= MOST_MANIFEST_BYTES
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None or not is_inside(match[2]) or match[2] in found:
            is_whole = False
        else:
            found[match[2]] = match[1]
    return found, is_whole


def is_inside(path: str) -> bool:
    """Tell whether a path of a manifest stays inside of the bag, on every system."""
    parts = PurePosixPath(path)
    return str(parts) == path and not parts.is_absolute() and not {"..", "."} & set(
        re.split(r"[/\\:]", path)
    )  # fmt: skip


def bag_info(
    ids: Sequence[str], made_until: str, payload: Mapping[str, Hashed], page_sha256: str
) -> bytes:
    """Write bag-info.txt.

    Parameters
    ----------
    ids : sequence of str
        What the bundle is of.
    made_until : str
        Time of the newest record that it was made from: no clock says when it was put together.
    payload : mapping of str to Hashed
    page_sha256 : str
        Of the page for strangers.
    """
    oxum = f"{sum(one.size_bytes for one in payload.values())}.{len(payload)}"
    lines = [f"External-Identifier: {one}" for one in ids]
    lines += [
        f"Bagging-Date: {made_until[:10]}",
        f"Payload-Oxum: {oxum}",
        f"{_PAGE_LABEL}: {page_sha256}",
    ]
    return ("\n".join(lines) + "\n").encode()


def stated_page_sha256(info: bytes) -> str:
    """Return the hash of the page that a bag-info.txt states; empty where it states none."""
    found = re.search(rf"^{_PAGE_LABEL}: ([0-9a-f]{{64}})$", info.decode("utf-8", "replace"), re.M)
    return found[1] if found else ""


def write_tags(folder: Path, ids: Sequence[str], made_until: str, page: bytes) -> None:
    """Write all tag files of a bag whose payload is there."""
    payload = {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in sorted((folder / PAYLOAD).rglob("*"))
        if path.is_file()
    }
    page_sha256 = hashlib.sha256(page).hexdigest()
    tags = {
        BAGIT: DECLARATION,
        INFO: bag_info(ids, made_until, payload, page_sha256),
        PAGE: page,
        MANIFEST: manifest(payload),
    }
    for name, content in tags.items():
        (folder / name).write_bytes(content)
    hashed = {name: hash_file(folder / name) for name in tags}
    (folder / TAG_MANIFEST).write_bytes(manifest(hashed))
