"""Hold a file to what is promised of it: a SHA-256 by hand, or the ``file:checksum`` of an item."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pystac

from camp_monitor.errors import SceneError
from camp_monitor.scenes.catalogue import MULTIHASH_SHA256, file_sha256

_FUNCTIONS = {
    0x11: "sha1", 0x12: "sha256", 0x13: "sha512", 0x14: "sha3_512", 0x16: "sha3_256",
    0x20: "sha384", 0xD5: "md5", 0xB240: "blake2b", 0xB260: "blake2s",
}  # fmt: skip
"""Number of a multihash's function to its name in `hashlib`."""
_MULTIHASH = re.compile(r"([0-9a-f]{2}){3,100}")


def matches_checksum(content: bytes, checksum: str) -> bool | None:
    """Tell whether bytes have a multihash; None where its function is not known.

    Parameters
    ----------
    content : bytes
    checksum : str
        Hexadecimal: function, length in bytes, digest; the first two as variable-length numbers.
    """
    named = _read(checksum)
    if named is None:
        return None
    name, digest = named
    return hashlib.new(name, content, usedforsecurity=False).digest() == digest


def check_named(paths: tuple[Path, ...], sha256: tuple[str, ...]) -> None:
    """Refuse files that do not have the SHA-256 that a user names, one for each in their order.

    Parameters
    ----------
    paths : tuple of Path
    sha256 : tuple of str
        64 hexadecimal digits each, in either case; also as a multihash (``1220`` before them).
        Empty: nothing was named.

    Raises
    ------
    SceneError
        One is no SHA-256, they are too few or too many, or a file has another.
    """
    if sha256 and len(sha256) != len(paths):
        raise SceneError(
            f"--sha256 was given {len(sha256)} times for {len(paths)} files: give it once for "
            f"each file, in the same order."
        )
    for path, named in zip(paths, sha256, strict=False):
        digest = re.fullmatch(rf"(?:{MULTIHASH_SHA256})?([0-9a-f]{{64}})", named.strip().lower())
        if digest is None:
            raise SceneError(
                f"--sha256 {named[:80]!r} is no SHA-256: it has 64 hexadecimal digits, as "
                f"'sha256sum {path.name}' prints them."
            )
        found = _sha256(path)
        if found != digest[1]:
            raise _wrong(path, f"SHA-256 is {found}, and --sha256 says {digest[1]}")


def check_promised(paths: tuple[Path, ...], item: pystac.Item) -> tuple[Path, ...]:
    """Refuse files that are not those of which a provider's item states the checksum or the size.

    A file is held to the asset whose address ends in its name: of a file that was renamed or
    converted, and of an asset without ``file:checksum``, nothing is known.

    Returns
    -------
    tuple of Path
        Files of which the item states a checksum of a kind that is not known here.

    Raises
    ------
    SceneError
        A file has another checksum or another size.
    """
    assets = {_last_part(asset.href): asset for asset in item.assets.values()}
    unknown = []
    for path in paths:
        if path.name not in assets or not path.is_file():
            continue
        said = assets[path.name].extra_fields
        size = said.get("file:size")
        if isinstance(size, int) and not isinstance(size, bool) and size != path.stat().st_size:
            raise _wrong(path, f"it has {path.stat().st_size} bytes, and its item says {size}")
        checksum = said.get("file:checksum")
        if checksum is None:
            continue
        named = _read(checksum.lower()) if isinstance(checksum, str) else None
        if named is None:
            unknown.append(path)
        elif _digest(path, named[0]) != named[1]:
            raise _wrong(path, f"its {named[0]} is not the file:checksum of its item")
    return tuple(unknown)


def _wrong(path: Path, why: str) -> SceneError:
    return SceneError(
        f"{path} is not the file that was promised ({why}): nothing was added; get it again from "
        f"its source."
    )


def _read(checksum: str) -> tuple[str, bytes] | None:
    """Return function and digest of a multihash; None where it is none that is known here."""
    if not _MULTIHASH.fullmatch(checksum):
        return None
    function, rest = _variable(bytes.fromhex(checksum))
    length, digest = _variable(rest)
    name = _FUNCTIONS.get(function)
    if name is None or not len(digest) == length == hashlib.new(name).digest_size:
        return None
    return name, digest


def _variable(content: bytes) -> tuple[int, bytes]:
    """Split off a number in sevens of bits, the lowest first; all but its last byte have bit 7."""
    number = 0
    for position, byte in enumerate(content):
        number |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return number, content[position + 1 :]
    return 0, b""


def _digest(path: Path, name: str) -> bytes:
    with path.open("rb") as source:
        made = hashlib.file_digest(source, lambda: hashlib.new(name, usedforsecurity=False))
    return made.digest()


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise SceneError(f"There is no file {path}: name a GeoTIFF.")
    return file_sha256(path)


def _last_part(href: str) -> str:
    """Return the name of the file that an address ends in."""
    try:
        return PurePosixPath(unquote(urlsplit(href).path)).name
    except ValueError:
        return ""
