"""Time stamps of a real authority, and of those that fail in every way."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from camp_monitor.bundle.stamps import Stamp, ask_stamp, read_certificates, read_stamp
from camp_monitor.errors import CampMonitorError, RemoteError, StampError
from camp_monitor.settings import AuthoritySettings
from tests.bundle.authority import Authority, make_authority, serving

CONTENT = b"what existed"


def ask(authority: Authority, content: bytes = CONTENT) -> Stamp:
    settings = AuthoritySettings(url=authority.url, certificates=str(authority.certificates))
    return ask_stamp(settings, read_certificates(authority.certificates), content)[0]


def stamped(folder: Path, content: bytes = CONTENT) -> Stamp:
    with serving(folder) as authority:
        return ask(authority, content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("authorities") / "good"
    make_authority(made)
    return made


def test_a_stamp_states_the_content_and_who_signed(folder: Path) -> None:
    stamp = stamped(folder)
    stated = read_stamp(stamp)
    assert stated.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert stated.authority == "CN=Test authority"
    assert b"PRIVATE" not in stamp.certificates


def test_no_byte_of_a_stamp_can_be_altered_unseen(folder: Path) -> None:
    """What the signature does not cover, the name of the file does."""
    stamp = stamped(folder)
    for place in range(len(stamp.token)):
        altered = bytearray(stamp.token)
        altered[place] ^= 1 << place % 8
        other = Stamp(bytes(altered), stamp.certificates)
        try:
            assert read_stamp(other).sha256 == read_stamp(stamp).sha256
        except StampError:
            continue
        assert other.name != stamp.name


def test_another_authority_with_the_same_names_does_not_hold(folder: Path, tmp_path: Path) -> None:
    make_authority(tmp_path / "forger")
    stamp = stamped(tmp_path / "forger")
    pinned = read_certificates(folder / "root.pem")
    with pytest.raises(StampError, match="do not hold"):
        read_stamp(Stamp(stamp.token, pinned))


def test_an_authority_that_has_expired_is_refused(tmp_path: Path) -> None:
    make_authority(tmp_path / "old", expired=True)
    with serving(tmp_path / "old") as authority, pytest.raises(StampError, match="do not hold"):
        ask(authority)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"rubbish",
        b"<html>",
        b"\x30\x03\x02\x01\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"0" * 300_000,
    ],
    ids=["nothing", "rubbish", "html", "short", "endless", "long"],
)
def test_an_authority_that_answers_rubbish_is_refused(folder: Path, rubbish: bytes) -> None:
    with serving(folder, rubbish) as authority, pytest.raises((StampError, RemoteError)):
        ask(authority)


def test_an_old_answer_is_no_answer(folder: Path) -> None:
    """A stamp of the same content, of another request: the number used once is another."""
    old = stamped(folder).token
    with serving(folder, old) as authority, pytest.raises(StampError, match="Nonce"):
        ask(authority)


def test_an_authority_that_is_down_is_said(folder: Path) -> None:
    with serving(folder) as authority:
        pass
    with pytest.raises(RemoteError, match=r"127\.0\.0\.1"):
        ask(authority)


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff"])
def test_a_file_without_certificates_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tsa.pem").write_bytes(content)
    with pytest.raises(CampMonitorError, match=r"tsa\.pem"):
        read_certificates(tmp_path / "tsa.pem")
