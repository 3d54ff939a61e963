"""Connections to checked addresses only, with an end to every wait.

A name is looked up once, every address that it stands for is checked, and the connection goes to
one of those.  So a name that stands for another address a moment later gains nothing.
"""

from __future__ import annotations

import http.client
import io
import logging
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from camp_monitor.providers.network.addresses import Address, check_resolved
from camp_monitor.providers.network.answers import LATER, FailedTry

KEPT_CONNECTIONS = 16


@dataclass(frozen=True)
class Limits:
    """How long is waited, how much is taken and how often is asked.

    Attributes
    ----------
    connect_s, read_s : float
        For a connection, and for the next bytes of an answer.
    total_s : float
        For one try with all its redirects, however steadily the bytes drip.
    json_bytes : int
        Of one answer of a catalogue, sent and unpacked.
    whole_bytes : int
        Of a file whose server knows no ranges and sends all of it.
    attempts : int
    first_attempts : int
        At a host that has not answered yet: where there is no network, that is said at once.
    first_read_s : float
        Likewise, for the catalogue's own host: half of it for a connection, twice it for all.
    silent_s : float
        A host from which nothing comes is not tried again after so long.
    first_wait_s, longest_wait_s : float
        Between tries: doubled each time, of which a part by chance.
    retry_after_s : float
        A server that asks for a longer wait is left alone.
    redirects : int
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 120.0
    json_bytes: int = 32 << 20
    whole_bytes: int = 8 << 20
    attempts: int = 5
    first_attempts: int = 2
    first_read_s: float = 6.0
    silent_s: float = 40.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    retry_after_s: float = 90.0
    redirects: int = 5

    @property
    def of_first_contact(self) -> Limits:
        """What holds until the catalogue has answered for the first time."""
        return replace(
            self,
            connect_s=min(self.connect_s, self.first_read_s / 2),
            read_s=min(self.read_s, self.first_read_s),
            total_s=min(self.total_s, 2 * self.first_read_s),
        )


LIMITS = Limits()
_turn = threading.local()


def start_turn(home: Address, limits: Limits) -> None:
    """Begin one try of this thread: whom it may reach, and how long all its answers may take.

    Parameters
    ----------
    home : Address
        The catalogue that the user chose.
    limits : Limits
    """
    _turn.home, _turn.limits = home, limits
    _turn.ends_at_s = time.monotonic() + limits.total_s


def _wait_s(most_s: float) -> float:
    """Return how long this thread may wait now: at most `most_s`, and no longer than its turn.

    Raises
    ------
    FailedTry
        The turn is over.
    """
    rest_s: float = _turn.ends_at_s - time.monotonic()
    if rest_s <= 0:
        raise FailedTry("takes too long to send its answer", LATER, silent=True)
    return min(most_s, rest_s)


class _TimedReader(io.RawIOBase):
    """Reads from a socket, waiting no longer than the limits and the turn allow."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        super().__init__()
        self._sock, self._raw = sock, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_wait_s(_turn.limits.read_s))
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            _wait_s(0)  # says so where it is the turn that is over
            raise

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose every byte, from the first line on, is read in time."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach()))


class _Checked(HTTPConnection):
    """A connection that goes to a checked address of its host."""

    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        host = self.host.strip("[]")
        numeric = _look_up(host, self.port)
        check_resolved(host, numeric, _turn.home)
        for one in numeric:
            within_s = _wait_s(_turn.limits.connect_s)
            try:
                sock = create_connection(
                    (one, self.port), within_s, socket_options=self.socket_options
                )
            except OSError:
                continue
            if sock.getpeername()[0] in numeric:
                return sock
            sock.close()
        raise FailedTry("cannot be reached", LATER, passing=True, silent=True)


def _look_up(host: str, port: int) -> list[str]:
    """Return the numeric addresses of a name; the system's own wait may be minutes."""
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(entry[4][0]) for entry in entries)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_wait_s(max(_turn.limits.connect_s, _turn.limits.read_s)))
    if not found:
        raise FailedTry("has a host that cannot be found", LATER, passing=True, silent=True)
    return list(dict.fromkeys(found))


class _CheckedTls(_Checked, HTTPSConnection):
    """The same with TLS, for the host's name."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class Adapter(HTTPAdapter):
    """Connections that check where they go; none goes through a proxy."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=KEPT_CONNECTIONS, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools, as requests asks for them."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def explain(error: requests.RequestException) -> FailedTry:
    """Say in plain words why no answer came; nothing of the library's own words is taken over."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return FailedTry(
            "has a certificate that cannot be trusted",
            "check the address and this computer's clock; behind a firewall that decrypts, name "
            "its certificate in REQUESTS_CA_BUNDLE",
        )
    if isinstance(error, requests.Timeout):
        return FailedTry("did not answer in time", LATER, passing=True, silent=True)
    if isinstance(error, requests.ConnectionError):
        return FailedTry("broke off the connection", LATER, passing=True, silent=True)
    return FailedTry("cannot be asked", "check the address")


# What these log below an error holds signatures: whole addresses, and what keys are made of.
for _name in ("urllib3.connection", "urllib3.connectionpool", "botocore.auth"):
    logging.getLogger(_name).addFilter(lambda record: record.levelno >= logging.ERROR)
