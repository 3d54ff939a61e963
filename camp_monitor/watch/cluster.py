"""A Dask scheduler whose workers compare: reached safely, and not waited for when it is lost."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from camp_monitor.errors import CampMonitorError, InstallationError, WorkspaceError
from camp_monitor.settings import SchedulerSettings

SCHEDULER_WAIT_S = 5.0
WORKERS_WAIT_S = 20.0
"""So long a scheduler may be without any worker: they take seconds to start again."""
PLAIN = ("msgpack",)
"""How answers are read: numbers, text and lists of them, and no object."""

_ADDRESS = re.compile(r"(?P<scheme>tcp|tls)://(?P<host>[^\s/]+):[0-9]{1,5}")


def is_exposed(address: str) -> bool:
    """Tell whether others may read and write along: it is not encrypted, and of another machine."""
    parts = _ADDRESS.fullmatch(address)
    if parts is None or parts["scheme"] == "tls":
        return False
    try:
        return not ipaddress.ip_address(parts["host"].strip("[]")).is_loopback
    except ValueError:
        return parts["host"] != "localhost"


class Cluster:
    """The workers of a scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://127.0.0.1:8786``.
    certificates : SchedulerSettings
        Files, by their full paths, that are used where it begins with ``tls://``.

    Raises
    ------
    WorkspaceError
        No scheduler answers there, it has no worker, or a certificate cannot be used.
    InstallationError
        Dask is not installed.
    """

    def __init__(self, address: str, certificates: SchedulerSettings) -> None:
        self._address = address
        self._client = _connect(address, certificates)
        self._known = 1

    def count(self) -> int:
        """Return how many comparisons its workers make at a time; they may come and go."""
        with suppress(OSError, RuntimeError, AttributeError):  # it is closed: `check` says it
            self._known = max(1, sum(self._client.nthreads().values()))
        return self._known

    def check(self) -> None:
        """Raise where no answer can come any more.

        Raises
        ------
        CampMonitorError
        """
        try:
            if self._client.status == "running":
                self._client.wait_for_workers(1, timeout=WORKERS_WAIT_S)
                return
        except (OSError, RuntimeError):  # no worker, or the scheduler went while it was asked
            pass
        raise CampMonitorError(
            f"The Dask scheduler at {self._address!r:.100}, or the last of its workers, went away: "
            f"start it and run again; what was compared before is recorded."
        )

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """Open what hands work to the workers."""
        self.check()
        with self._client:
            yield self._client.get_executor(pure=False)  # no answer is one of an earlier question


def _connect(address: str, certificates: SchedulerSettings) -> Any:
    parts = _ADDRESS.fullmatch(address)
    if parts is None:
        raise WorkspaceError(
            f"{address!r:.100} is no address of a Dask scheduler: it is like tcp://127.0.0.1:8786 "
            f"or tls://192.0.2.1:8786."
        )
    try:
        from distributed import Client, Security
    except ImportError as error:
        raise InstallationError(
            "Dask is not installed: install camp-monitor[distributed] to use --scheduler."
        ) from error
    for name in logging.getLogger().manager.loggerDict:
        if name.startswith(("distributed", "tornado")):  # long words for what is said in a sentence
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    security = None
    if parts["scheme"] == "tls":
        security = Security(require_encryption=True, **_files(certificates))
    try:
        client = Client(
            address, timeout=SCHEDULER_WAIT_S, set_as_default=False, security=security,
            deserializers=PLAIN,
        )  # fmt: skip
    except (OSError, ValueError, TypeError) as error:
        raise WorkspaceError(_unanswered(address, security is not None)) from error
    try:
        client.wait_for_workers(1, timeout=WORKERS_WAIT_S)
    except OSError as error:
        client.close()
        raise WorkspaceError(
            f"The Dask scheduler at {address!r:.100} has no worker: start some with 'dask worker "
            f"{address:.100}'."
        ) from error
    return client


def _files(certificates: SchedulerSettings) -> dict[str, str]:
    """Return the files of certificates as Dask names them.

    Raises
    ------
    WorkspaceError
    """
    if not certificates.ca or not certificates.certificate:
        raise WorkspaceError(
            "A scheduler at tls:// needs certificates: name their files under [scheduler] in "
            "camp-monitor.toml as ca, certificate and key."
        )
    files = {
        "tls_ca_file": certificates.ca,
        "tls_client_cert": certificates.certificate,
        "tls_client_key": certificates.key or certificates.certificate,
    }
    missing = [file for file in files.values() if not Path(file).is_file()]
    if missing:
        raise WorkspaceError(
            f"There is no file {missing[0]!r:.300}, which [scheduler] in camp-monitor.toml names."
        )
    return files


def _unanswered(address: str, encrypted: bool) -> str:
    if encrypted:
        return (
            f"No Dask scheduler answers at {address!r:.100} to the certificates under [scheduler]: "
            f"start one with 'dask scheduler --tls-ca-file ... --tls-cert ... --tls-key ...', with "
            f"certificates of the same authority, or leave --scheduler out."
        )
    return (
        f"No Dask scheduler answers at {address!r:.100}: start one with 'dask scheduler --host "
        f"127.0.0.1 --dashboard-address 127.0.0.1:0' and workers with 'dask worker', or leave "
        f"--scheduler out."
    )
