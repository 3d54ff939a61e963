"""Ask catalogues and file servers; with `connecting`, all of the program that uses the network.

Every host is a stranger.  Only public addresses are asked (`addresses` says which), and the address
that a name stands for is checked by the very connection that uses it.
Every answer is bounded in bytes and in time.  What fails for a moment is asked for again.
"""

from __future__ import annotations

import io
import os
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urljoin

import requests
import urllib3
from tenacity import RetryCallState, Retrying, retry_if_exception

from camp_monitor.errors import AwayError, MissingError, RemoteError, UnreachableError
from camp_monitor.providers.network.addresses import check_address, parse_address, where
from camp_monitor.providers.network.answers import (
    LATER,
    FailedTry,
    check_no_secret,
    next_address,
    parse_json,
    retry_after_s,
    size_of_range,
    unpack,
    version_of,
)
from camp_monitor.providers.network.connecting import LIMITS, Adapter, Limits, explain, start_turn
from camp_monitor.providers.network.range_file import RangeFile
from camp_monitor.providers.network.signing import Sign, Signed, unsigned

FIRST_BYTES = 32768
SILENT_FOR_S = 300.0
"""A host from which nothing came is not asked again for so long: it is found out once."""
Origin = tuple[str, str, int]
"""Scheme, host and port."""
Silences = dict[Origin, tuple[float, str]]
"""By origin: when that was found out, and what happened, for a message."""
_CHUNK_BYTES = 65536


@dataclass(frozen=True)
class _Ask:
    """What is asked for: the whole of something, or the bytes from `start` up to `stop`."""

    href: str
    most_bytes: int
    accept: str = "*/*"
    body: bytes | None = None
    body_type: str = "application/json"
    start: int = 0
    stop: int = 0


@dataclass(frozen=True)
class _Answer:
    """Bytes, and the size and version of the whole file that they are from."""

    content: bytes
    size: int
    version: str


class Remote:
    """Asks one catalogue and the servers of its files; may be shared by threads.

    Parameters
    ----------
    home : str
        The catalogue's own address, chosen by the user.  Where it is on this computer, its host
        may be asked over http; nothing else that is not public is ever asked.
    hosts : collection of str
        Names that may be asked besides that of `home`, also where an answer leads on; empty: every
        public one.
    sign : function
        From an address to the form that the provider wants; it is used for one try.
    limits : Limits
    sleep : function
        Waits for a number of seconds.
    chance : function
        Returns a number from 0 to 1, for the waits.
    silences : dict or None
        Hosts from which nothing comes; give the same to several, and what one found out the others
        know.

    Attributes
    ----------
    requests, bytes_read : int
        What was asked and received so far, redirects and further tries included.
    session : requests.Session
        For a library that wants one: JSON alone, with all the checks, GET and POST.

    Raises
    ------
    RemoteError
        From every method: what happened, at which host and path, and what to do.  No query, key or
        token is in it.

    Notes
    -----
    No proxy is used, not even one that the environment names: it would look names up where nobody
    checks them.  A certificate is checked against those of the system's `requests`, or of the file
    that ``REQUESTS_CA_BUNDLE`` names.  Looking up a name takes as long as the system lets it.
    """

    def __init__(
        self,
        home: str,
        sign: Sign = unsigned,
        *,
        hosts: Collection[str] = (),
        limits: Limits = LIMITS,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        silences: Silences | None = None,
    ) -> None:
        self.home = parse_address(home)
        check_address(self.home, self.home)
        self.hosts = frozenset(hosts)
        self.limits = limits
        self._sign, self._sleep, self._chance = sign, sleep, chance
        self._adapter = Adapter()
        self._certificates: bool | str = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self._lock = threading.Lock()
        self._heard: set[Origin] = set()
        self._silences: Silences = {} if silences is None else silences
        self.requests = 0
        self.bytes_read = 0
        self.session: requests.Session = _Session(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._adapter.close()

    def get_json(self, url: str) -> Any:
        """Return what a catalogue answers to a GET.

        The answer is bounded in size and depth, and holds only what JSON has: no NaN, no endless
        number, no half of a character.
        """
        return parse_json(self._get_json_bytes(url, None), where(url))

    def read_all(self, href: str, most_bytes: int) -> bytes:
        """Return a whole small file of at most `most_bytes`, packed and unpacked."""
        return self._ask(_Ask(href, most_bytes)).content

    def post(self, href: str, body: bytes, types: tuple[str, str], most_bytes: int) -> bytes:
        """Send bytes, and return those of the answer, at most `most_bytes`.

        `types` are the media types of what is sent and of what is wanted.
        """
        sent, wanted = types
        return self._ask(_Ask(href, most_bytes, wanted, body, sent)).content

    def open(self, href: str) -> RangeFile:
        """Open a file for reading in pieces; its first bytes are read at once.

        Later pieces are refused where the file is not the one that was opened.
        """
        first = self._ask(_Ask(href, self.limits.whole_bytes, stop=FIRST_BYTES))
        shown = where(href)

        def read_piece(start: int, stop: int) -> bytes:
            answer = self._ask(_Ask(href, 0, start=start, stop=stop))
            if (answer.size, answer.version) != (first.size, first.version):
                raise RemoteError(f"{shown} changed while it was read: fetch it again.")
            return answer.content

        return RangeFile(shown, first.size, first.content, read_piece)

    def _get_json_bytes(self, url: str, body: bytes | None) -> bytes:
        accept = "application/geo+json, application/json"
        return self._ask(_Ask(url, self.limits.json_bytes, accept, body)).content

    def _ask(self, ask: _Ask) -> _Answer:
        """Ask until it is answered or there is no hope."""
        retrying = Retrying(
            stop=self._is_over,
            retry=retry_if_exception(lambda error: isinstance(error, FailedTry) and error.passing),
            wait=self._wait_s,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._try_once, ask)
        except FailedTry as failed:
            failure = failed
        tried: int = retrying.statistics["attempt_number"]
        tries = f", in {tried} tries" if failure.passing and tried > 1 else ""
        problem = f"{failure.problem}{tries}: {failure.remedy}."
        if isinstance(failure, _Silence):
            if failure.origin != self.home.origin or failure.origin not in self._heard:
                self._silences.setdefault(failure.origin, (time.monotonic(), problem))
            raise self._unreachable(ask.href, failure.origin, problem)
        kind = AwayError if failure.passing else MissingError if failure.missing else RemoteError
        raise kind(f"{where(ask.href)} {problem}")

    def _is_over(self, state: RetryCallState) -> bool:
        """Tell whether there is no use in another try."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Silence):
            if (
                error.origin not in self._heard
                and state.attempt_number >= self.limits.first_attempts
            ):
                return True
            if (state.seconds_since_start or 0.0) >= self.limits.silent_s:
                return True
        return state.attempt_number >= self.limits.attempts

    def _unreachable(self, href: str, origin: Origin, problem: str) -> UnreachableError:
        """Say that nothing came; where the catalogue answered before, it may be this question."""
        lost = origin == self.home.origin and origin not in self._heard
        return UnreachableError(f"{where(href)} {problem}", origin[1], is_catalogue=lost)

    def _wait_s(self, state: RetryCallState) -> float:
        """Return a wait that doubles, half of it by chance, and is never less than was asked."""
        error = state.outcome.exception() if state.outcome else None
        doubled_s = self.limits.first_wait_s * 2.0 ** (state.attempt_number - 1)
        wait_s = min(doubled_s, self.limits.longest_wait_s) * (0.5 + 0.5 * self._chance())
        return max(wait_s, error.wait_s if isinstance(error, FailedTry) else 0.0)

    def _try_once(self, ask: _Ask) -> _Answer:
        signed = self._sign(ask.href)
        href, headers, body = signed.url, dict(signed.headers), ask.body
        self._start_turn(href)
        for _ in range(self.limits.redirects + 1):
            address = parse_address(href)
            check_address(address, self.home, self.hosts)
            self._check_silence(href, address.origin)
            try:
                response = self._send(href, {**headers, **_headers_of(ask, body)}, body)
                self._heard.add(address.origin)
                location = response.headers.get("Location", "")
                try:
                    if not response.is_redirect:
                        return self._take(response, ask, signed)
                finally:
                    response.close()
            except FailedTry as failure:
                if failure.silent:
                    raise _Silence(failure, address.origin) from None
                raise
            target = next_address(href, location)
            if target.origin != address.origin:
                check_no_secret(location, ask.href, signed)
                headers = {}
            if response.status_code in (301, 302, 303):
                body = None
            href = urljoin(href, location)
        raise FailedTry(
            f"leads on more than {self.limits.redirects} times", "check the address in a browser"
        )

    def _start_turn(self, href: str) -> None:
        """Begin a try; of a catalogue that never answered, less is waited for."""
        origin = parse_address(href).origin
        first = origin == self.home.origin and origin not in self._heard
        start_turn(self.home, self.limits.of_first_contact if first else self.limits)

    def _check_silence(self, href: str, origin: Origin) -> None:
        """Do not ask a host again of which it was found out lately that nothing comes."""
        found_at, problem = self._silences.get(origin, (-SILENT_FOR_S, ""))
        if problem and time.monotonic() - found_at < SILENT_FOR_S:
            raise self._unreachable(href, origin, problem)
        self._silences.pop(origin, None)

    def _send(self, href: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        """Send one request and return when the head of the answer is there."""
        method = "GET" if body is None else "POST"
        with self._lock:
            self.requests += 1
        try:
            return self._adapter.send(
                requests.Request(method, href, headers=headers, data=body).prepare(),
                stream=True,
                timeout=(self.limits.connect_s, self.limits.read_s),
                verify=self._certificates,
            )
        except requests.RequestException as error:
            failure = explain(error)
        raise failure  # outside, so that the library's own words do not hang on it

    def _take(self, response: requests.Response, ask: _Ask, signed: Signed) -> _Answer:
        """Read an answer as far as its bounds allow, or say why it is none."""
        status = response.status_code
        if status not in (200, 206) or (status == 206 and not ask.stop):
            raise self._refusal(response, signed)
        if status == 200 and ask.start:
            raise FailedTry("no longer sends its file in parts", "use another source")
        most_bytes = ask.stop - ask.start if status == 206 else ask.most_bytes
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "") or (ask.stop and coding == "gzip"):
            raise FailedTry(f"is packed as {coding[:20]!r}", "ask its provider for plain files")
        content = self._read(response, most_bytes)
        if coding == "gzip":
            content = unpack(content, most_bytes)
        size = len(content)
        if status == 206:
            size = size_of_range(response.headers, content, ask.start, ask.stop)
        return _Answer(content, size, version_of(response.headers))

    def _read(self, response: requests.Response, most_bytes: int) -> bytes:
        too_long = FailedTry(f"sends more than {most_bytes} bytes at once", "use another source")
        declared = response.headers.get("Content-Length", "0")
        if declared.isdecimal() and int(declared) > most_bytes:
            raise too_long
        pieces: list[bytes] = []
        taken = 0
        try:
            while piece := response.raw.read(_CHUNK_BYTES, decode_content=False):
                taken += len(piece)
                with self._lock:
                    self.bytes_read += len(piece)
                if taken > most_bytes:
                    raise too_long
                pieces.append(piece)
        except urllib3.exceptions.ReadTimeoutError:
            failure = FailedTry("stopped in the middle of its answer", LATER, passing=True)
        except urllib3.exceptions.HTTPError:
            failure = FailedTry("broke off in the middle of its answer", LATER, passing=True)
        else:
            return b"".join(pieces)
        raise failure

    def _refusal(self, response: requests.Response, signed: Signed) -> FailedTry:
        status = response.status_code
        problem = f"answered HTTP {status}"
        if status in (401, 403):
            return FailedTry(f"may not be read (HTTP {status})", signed.remedy)
        if status in (404, 410):
            return FailedTry(
                f"is not there (HTTP {status})",
                "check the address, or choose another scene",
                missing=True,
            )
        if status not in (408, 429, 500, 502, 503, 504):
            return FailedTry(problem, "check the address, or choose another source")
        wait_s = retry_after_s(response.headers.get("Retry-After", ""), time.time())
        if wait_s > self.limits.retry_after_s:
            remedy = f"it asks to be left alone for {min(wait_s, 1e6):.0f} s, try after that"
            return FailedTry(problem, remedy)
        return FailedTry(problem, LATER, passing=True, wait_s=wait_s)


class _Silence(FailedTry):
    """One try in which nothing came from a host, and from which."""

    def __init__(self, failure: FailedTry, origin: Origin) -> None:
        super().__init__(failure.problem, failure.remedy, passing=failure.passing, silent=True)
        self.origin = origin


def _headers_of(ask: _Ask, body: bytes | None) -> dict[str, str]:
    headers = {
        "User-Agent": "camp-monitor",
        "Accept": ask.accept,
        "Accept-Encoding": "gzip" if "json" in ask.accept else "identity",
    }
    if ask.stop:
        headers["Range"] = f"bytes={ask.start}-{ask.stop - 1}"
    if body is not None:
        headers["Content-Type"] = ask.body_type
    return headers


class _Session(requests.Session):
    """A session whose every request goes through a `Remote`, which alone says how it is sent."""

    def __init__(self, remote: Remote) -> None:
        super().__init__()
        self.trust_env = False
        self._remote = remote

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Ask for JSON; headers, time limits and proxies that a caller names are left aside."""
        href = str(request.url)
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if request.method not in ("GET", "POST") or not isinstance(body, bytes | None):
            raise RemoteError(f"{where(href)} is only read, by GET or POST.")
        content = self._remote._get_json_bytes(href, body)
        parse_json(content, where(href))
        response = requests.Response()
        response.status_code = 200
        response.url, response.request = href, request
        response.encoding = "utf-8"
        response.raw = io.BytesIO(content)
        return response
