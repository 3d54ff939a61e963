"""What a server's answer says, by its bytes and headers alone."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urljoin

from camp_monitor.errors import RemoteError
from camp_monitor.providers.network.addresses import Address, parse_address, where
from camp_monitor.providers.network.signing import Signed

DEEPEST_JSON = 64
SHORTEST_SECRET = 12
"""Parts of a signature that are shorter, such as a version, are no secret."""
LATER = "check the network, or try again later"


class FailedTry(Exception):
    """One try that failed: what happened, what to do, and whether another try may help.

    Parameters
    ----------
    problem, remedy : str
        Parts of a sentence: ``{place} {problem}: {remedy}.``
    passing : bool
        Another try may help.
    wait_s : float
        How long the server asks to be left alone first.
    missing : bool
        There is nothing at that address.
    silent : bool
        No answer at all came from the host.
    """

    def __init__(
        self,
        problem: str,
        remedy: str,
        *,
        passing: bool = False,
        wait_s: float = 0.0,
        missing: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy
        self.passing, self.wait_s, self.missing = passing, wait_s, missing
        self.silent = silent


def parse_json(content: bytes, shown: str) -> Any:
    """Return what JSON holds; what would harm later readers or writers of it is refused.

    Parameters
    ----------
    content : bytes
        UTF-8.
    shown : str
        Where it came from, for the message.

    Raises
    ------
    RemoteError
        Not JSON, nested deeper than `DEEPEST_JSON`, a number that is not finite, or half of a
        character.
    """
    try:
        value = json.loads(content.decode("utf-8"))
        if b"\\ud" in content.lower():
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        level, depth = [value], 0
        while level:
            depth += 1
            if depth > DEEPEST_JSON or any(
                isinstance(one, float) and not math.isfinite(one) for one in level
            ):
                raise ValueError
            level = [inner for one in level for inner in _inside(one)]
    except (ValueError, RecursionError) as error:
        raise RemoteError(
            f"{shown} did not answer with plain JSON: check that a STAC catalogue is there."
        ) from error
    return value


def unpack(content: bytes, most_bytes: int) -> bytes:
    """Unpack gzip, but never to more than `most_bytes`.

    Raises
    ------
    FailedTry
        It is no whole gzip, or holds more.
    """
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(content, most_bytes + 1)
    except zlib.error:
        plain = b""
    if len(plain) > most_bytes:
        raise FailedTry(f"unpacks to more than {most_bytes} bytes", "use another source")
    if content and not unpacker.eof:
        raise FailedTry("sent a packed answer that cannot be unpacked", LATER, passing=True)
    return plain


def size_of_range(headers: Mapping[str, str], content: bytes, start: int, stop: int) -> int:
    """Return the size of the whole file, by an answer to a request for bytes `start` to `stop`.

    Raises
    ------
    FailedTry
        The answer holds other bytes than were asked for, or does not say which.
    """
    number = "([0-9]{1,18})"
    sent = headers.get("Content-Range", "").strip()
    said = re.fullmatch(f"bytes {number}-{number}/{number}", sent)
    if said is not None:
        first, last, size = map(int, said.groups())
        if first == start and last + 1 == min(stop, size) and len(content) == last + 1 - first:
            return size
    raise FailedTry("sends other bytes than were asked for", "use another source")


def version_of(headers: Mapping[str, str]) -> str:
    """Return what tells one version of a file from another; nothing where a server does not say."""
    return headers.get("ETag") or headers.get("Last-Modified") or ""


def retry_after_s(text: str, now_s: float) -> float:
    """Return the seconds that ``Retry-After`` asks for, given as a number or a date.

    Parameters
    ----------
    text : str
    now_s : float
        Seconds since 1970.
    """
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now_s)


def next_address(href: str, location: str) -> Address:
    """Return where an answer at `href` leads on to.

    Raises
    ------
    RemoteError
        No address that is asked, or from https to http.
    """
    target = parse_address(urljoin(href, location))
    if target.scheme == "http" and parse_address(href).scheme == "https":
        raise RemoteError(f"{where(href)} leads on to http, which anyone can alter: use https.")
    return target


def check_no_secret(location: str, href: str, signed: Signed) -> None:
    """Refuse to take a signature to another host, where an answer repeats it in its address.

    Parameters
    ----------
    location : str
        Where the answer leads on to.
    href : str
        What was asked for, unsigned.
    signed : Signed
        As it was sent.

    Raises
    ------
    RemoteError
    """
    known = href.partition("?")[2]
    added = [
        value
        for name, _, value in (
            one.partition("=") for one in signed.url.partition("?")[2].split("&")
        )
        if f"{name}={value}" not in known
    ]
    secrets = [*added, *signed.headers.values()]
    plain = unquote(location)
    if any(len(secret) >= SHORTEST_SECRET and unquote(secret) in plain for secret in secrets):
        raise RemoteError(f"{where(href)} sends its signature on to another host: it is not asked.")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
