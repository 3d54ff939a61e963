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
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util.connection import create_connection
from urllib3.util.timeout import Timeout

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
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    retry_after_s: float = 90.0
    redirects: int = 5


LIMITS = Limits()
_turn = threading.local()


def start_turn(total_s: float) -> None:
    """Say that all answers this thread reads from now on must be there in `total_s` seconds."""
    _turn.ends_at_s = time.monotonic() + total_s


def left_s() -> float:
    """Return the seconds left of this thread's turn.

    Raises
    ------
    FailedTry
        None are left.
    """
    rest_s: float = _turn.ends_at_s - time.monotonic()
    if rest_s <= 0:
        raise FailedTry("takes too long to send its answer", LATER)
    return rest_s


class _TimedReader(io.RawIOBase):
    """Reads from a socket, waiting no longer than the socket's own limit and the turn allow."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._read_s = sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        rest_s = left_s()
        self._sock.settimeout(rest_s if self._read_s is None else min(self._read_s, rest_s))
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            left_s()
            raise

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Timed:
    """A socket as an answer's reader wants it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock))


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(_Timed(sock), *args, **options)  # type: ignore[arg-type]  # only makefile


class _Checked(HTTPConnection):
    """A connection that goes to a checked address of its host."""

    response_class = _TimedResponse
    home: Address
    proxied: bool

    def _new_conn(self) -> socket.socket:
        host = self.host.strip("[]")
        try:
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            raise FailedTry("has a host that cannot be found", LATER, passing=True) from None
        numeric = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self.proxied:
            check_resolved(host, numeric, self.home)
        for one in numeric:
            try:
                sock = self._connect(one)
            except OSError:
                continue
            if sock.getpeername()[0] in numeric:
                return sock
            sock.close()
        raise FailedTry("cannot be reached", LATER, passing=True)

    def _connect(self, numeric: str) -> socket.socket:
        timeout_s = Timeout.resolve_default_timeout(self.timeout)
        within_s = left_s() if timeout_s is None else min(timeout_s, left_s())
        return create_connection((numeric, self.port), within_s, socket_options=self.socket_options)


class _CheckedTls(_Checked, HTTPSConnection):
    """The same with TLS, for the host's name."""


class Adapter(HTTPAdapter):
    """Connections that check where they go.

    Parameters
    ----------
    home : Address
        The catalogue that the user chose.
    proxied : bool
        All goes through a proxy, which looks the names up itself.
    """

    def __init__(self, home: Address, *, proxied: bool) -> None:
        self._checks = {"home": home, "proxied": proxied}
        super().__init__(pool_maxsize=KEPT_CONNECTIONS, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools, as requests asks for them."""
        super().init_poolmanager(*args, **options)
        self._check(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        """Make the pools behind a proxy, as requests asks for them."""
        manager = super().proxy_manager_for(proxy, **options)
        self._check(manager)
        return manager

    def _check(self, manager: PoolManager) -> None:
        kinds = {
            "http": (_Checked, HTTPConnectionPool),
            "https": (_CheckedTls, HTTPSConnectionPool),
        }
        manager.pool_classes_by_scheme = {
            scheme: type(
                pool.__name__, (pool,), {"ConnectionCls": type("C", (kind,), self._checks)}
            )
            for scheme, (kind, pool) in kinds.items()
        }


def explain(error: requests.RequestException) -> FailedTry:
    """Say in plain words why no answer came; nothing of the library's own words is taken over."""
    if isinstance(error, requests.exceptions.ProxyError):
        return FailedTry("was not reached by the proxy", "check the proxy's address", passing=True)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return FailedTry(
            "has a certificate that cannot be trusted",
            "check the address and this computer's clock; behind a proxy that opens connections, "
            "name its certificate in REQUESTS_CA_BUNDLE",
        )
    if isinstance(error, requests.Timeout):
        return FailedTry("did not answer in time", LATER, passing=True)
    if isinstance(error, requests.ConnectionError):
        return FailedTry("broke off the connection", LATER, passing=True)
    return FailedTry("cannot be asked", "check the address")


class _NoQuery(logging.Filter):
    """Takes the query out of what the library logs, since a signature may be in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                one.partition("?")[0] if isinstance(one, str) else one for one in record.args
            )
        return True


class _OnlyWarnings(logging.Filter):
    """Lets only warnings through: what the library logs below them is made of keys."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


logging.getLogger("urllib3.connectionpool").addFilter(_NoQuery("no-query"))
logging.getLogger("botocore.auth").addFilter(_OnlyWarnings("only-warnings"))
