"""A scheduler reached by TLS: both sides show a certificate, and a stranger is not let in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from camp_monitor.errors import WorkspaceError
from camp_monitor.settings import SchedulerSettings
from camp_monitor.watch import cluster as clusters
from camp_monitor.watch.cluster import Cluster, is_exposed
from camp_monitor.watch.executors import open_workers
from tests.watch.painted import EVERYTHING, contents, ended, start
from tests.watch.test_executors import Dask


def write(authority: trustme.CA, folder: Path) -> dict[str, str]:
    """Write a certificate of 127.0.0.1, its key, and that of the authority."""
    folder.mkdir()
    own = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    own.cert_chain_pems[0].write_to_path(str(folder / "own.pem"))
    own.private_key_pem.write_to_path(str(folder / "key.pem"))
    return {
        "ca": str(folder / "ca.pem"),
        "certificate": str(folder / "own.pem"),
        "key": str(folder / "key.pem"),
    }


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def encrypted(authority: trustme.CA, tmp_path: Path) -> Iterator[Dask]:
    files = write(authority, tmp_path / "theirs")
    made = Dask(
        "tls", "--tls-ca-file", files["ca"], "--tls-cert", files["certificate"],
        "--tls-key", files["key"],
    )  # fmt: skip
    try:
        made.add_workers(1)
        yield made
    finally:
        made.stop()


def test_a_run_by_tls_gives_the_same_ledger(
    workspace: Path, unbroken: str, encrypted: Dask, authority: trustme.CA
) -> None:
    write(authority, workspace / "tls")
    settings = workspace / "camp-monitor.toml"
    text = settings.read_text(encoding="utf-8")
    for word, file in (("ca", "ca"), ("certificate", "own"), ("key", "key")):
        text = text.replace(f'\n{word} = ""', f'\n{word} = "tls/{file}.pem"')
    settings.write_text(text, encoding="utf-8")
    last = ended(start(workspace, *EVERYTHING, "--scheduler", encrypted.address))
    assert (last.code, last.err) == (0, "")
    assert contents(workspace) == unbroken


def test_certificates_of_another_authority_and_none_are_not_taken(
    encrypted: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "SCHEDULER_WAIT_S", 2.0)
    others = SchedulerSettings(**write(trustme.CA(), tmp_path / "others"))
    with pytest.raises(WorkspaceError, match="to the certificates under"):
        open_workers(1, encrypted.address, others)
    with pytest.raises(WorkspaceError, match="needs certificates"):
        open_workers(1, encrypted.address)
    with pytest.raises(WorkspaceError, match="to the certificates under"):
        Cluster(encrypted.address, others.model_copy(update={"key": others.ca}))
    with pytest.raises(WorkspaceError, match="There is no file"):
        Cluster(encrypted.address, others.model_copy(update={"key": f"{others.key}s"}))


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        ("tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("tcp://localhost:8786", False),
        ("tls://192.0.2.1:8786", False),
        ("tcp://192.0.2.1:8786", True),
        ("tcp://[2001:db8::1]:8786", True),
        ("tcp://scheduler.example.org:8786", True),
        ("tcp://0.0.0.0:8786", True),
    ],
)
def test_what_is_exposed(address: str, exposed: bool) -> None:
    assert is_exposed(address) is exposed


def test_a_plain_address_of_another_machine_is_warned_of(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ended(start(workspace, *EVERYTHING, "--scheduler", "tcp://camp-monitor.invalid:1"))
    assert said.code == 2
    assert said.err.count("Warning: tcp://camp-monitor.invalid:1 is not encrypted") == 1
    assert "No Dask scheduler answers" in said.sentence
