"""Signatures go to the host that they are for, once, and are seen nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from camp_monitor.errors import RemoteError
from camp_monitor.providers.network.signing import (
    PLANETARY_KEY,
    Signed,
    copernicus_s3,
    planetary_computer,
    planetary_key,
    planetary_tokens,
    unsigned,
)
from tests.remote.conftest import SECRET, MakeRemote
from tests.remote.servers import AssetServer, Fault
from tests.remote.test_remote import refusal_of

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
TOKEN = f"st=2024-05-01T11%3A00%3A00Z&se=2024-05-01T13%3A00%3A00Z&sig={SECRET}%3D"
BLOB = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/52/T/x.tif"
CONTENT = bytes(range(256)) * 512


def token_of(ends_at: datetime) -> dict[str, str]:
    return {"msft:expiry": ends_at.isoformat().replace("+00:00", "Z"), "token": TOKEN}


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_text_of_a_signed_address_shows_nothing_of_it() -> None:
    signed = Signed(f"https://a.example/x?sig={SECRET}", {"Authorization": SECRET})
    assert SECRET not in f"{signed} {signed!r}"
    assert unsigned(BLOB).url == BLOB


def test_token_is_asked_for_once_and_renewed_before_it_ends() -> None:
    clock = Clock()
    asked: list[str] = []

    def get_json(url: str) -> Any:
        asked.append(url)
        return token_of(clock.now + timedelta(hours=1))

    sign = planetary_computer(get_json, clock)
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(sign, [BLOB] * 32))
    assert {one.url for one in signed} == {f"{BLOB}?{TOKEN}"}
    base = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
    assert asked == [f"{base}/sentinel2l2a01/sentinel2-l2"]
    clock.now += timedelta(minutes=57)
    sign(BLOB)
    assert len(asked) == 1
    clock.now += timedelta(minutes=2)
    sign(f"{BLOB}?versionid=3")
    assert len(asked) == 2
    sign(BLOB.replace("sentinel2-l2", "other"))
    assert asked[-1] == f"{base}/sentinel2l2a01/other"


@pytest.mark.parametrize(
    "href",
    [
        "https://files.example.org/sentinel2-l2/x.tif",
        "https://sentinel2l2a01.blob.core.windows.net.example.org/c/x.tif",
        "https://example.org/x.blob.core.windows.net/x.tif",
        "https://blob.core.windows.net/c/x.tif",
        "http://sentinel2l2a01.blob.core.windows.net/c/x.tif",
        "https://sentinel2l2a01.blob.core.windows.net:444/c/x.tif",
        "https://a.blob.core.windows.net@example.org/c/x.tif",
        "https://a.blob.core.windows.net\\@example.org/c/x.tif",
        "http://127.0.0.1/c/x.tif",
        "file:///c/x.tif",
    ],
)
def test_token_goes_to_blob_hosts_alone(href: str) -> None:
    sign = planetary_computer(lambda url: token_of(NOON + timedelta(hours=1)), Clock())
    assert sign(href) == Signed(href)
    keyed = planetary_tokens(SECRET)
    assert keyed(BLOB).headers == {}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"token": TOKEN},
        {"token": TOKEN, "msft:expiry": "soon"},
        {"token": TOKEN, "msft:expiry": "2024-05-01T13:00:00"},
        {"token": "a b", "msft:expiry": "2024-05-01T13:00:00Z"},
        {"token": "a#b", "msft:expiry": "2024-05-01T13:00:00Z"},
        {"token": 7, "msft:expiry": "2024-05-01T13:00:00Z"},
    ],
)
def test_token_that_cannot_be_read_is_said(answer: Any) -> None:
    text = refusal_of(lambda: planetary_computer(lambda url: answer, Clock())(BLOB))
    assert "token" in text


def test_planetary_computer_from_token_to_file(
    make_remote: MakeRemote, assets: AssetServer
) -> None:
    base = assets.url("/api/sas/v1")
    assets.put_json("/api/sas/v1/token/127.0.0.1/scenes", token_of(NOON + timedelta(hours=1)))
    assets.files["/scenes/x.tif"] = CONTENT
    tokens = make_remote(base, planetary_tokens(SECRET, base))
    remote = make_remote(sign=planetary_computer(tokens.get_json, Clock(), base))
    assert remote.open(assets.url("/scenes/x.tif")).read() == CONTENT
    (asked, *reads) = assets.seen
    assert asked.headers["Ocp-Apim-Subscription-Key"] == SECRET
    assert {one.query for one in reads} == {TOKEN}
    assert all("Ocp-Apim-Subscription-Key" not in one.headers for one in reads)
    assert (tokens.requests, remote.requests) == (1, len(reads))
    assets.always["/scenes/x.tif"] = Fault(status=403)
    assert PLANETARY_KEY in refusal_of(lambda: remote.open(assets.url("/scenes/x.tif")))
    assets.always[asked.path] = Fault(status=401)
    again = make_remote(sign=planetary_computer(tokens.get_json, Clock(), base))
    assert PLANETARY_KEY in refusal_of(lambda: again.open(assets.url("/scenes/x.tif")))


def test_key_is_found_in_the_environment_or_the_providers_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    assert planetary_key({}, file) == ""
    file.write_text(f"OTHER=1\n{PLANETARY_KEY}='in-file'\n", encoding="utf-8")
    assert planetary_key({}, file) == "in-file"
    assert planetary_key({PLANETARY_KEY: "in-environment"}, file) == "in-environment"


# --- Copernicus ---------------------------------------------------------------------------------


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Set the user's keys, in the environment or in a file; without any at first."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    def place(*, in_file: bool = False) -> None:
        if in_file:
            text = f"[mine]\naws_access_key_id = AKMINE\naws_secret_access_key = {SECRET}\n"
            (tmp_path / "credentials").write_text(text, encoding="utf-8")
            monkeypatch.setenv("AWS_PROFILE", "mine")
        else:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKHERE")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
            monkeypatch.setenv("AWS_SESSION_TOKEN", SECRET)

    return place


def signature_of(path: str, headers: dict[str, str]) -> str:
    """The signature, version 4, of a GET with the secret; written down from Amazon's own page."""
    scope = headers["authorization"].split("Credential=")[1].split(",")[0].split("/", 1)[1]
    names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
    lines = [f"{name}:{headers[name]}" for name in names.split(";")]
    payload = headers["x-amz-content-sha256"]
    canonical = "\n".join(["GET", path, "", *lines, "", names, payload])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("in_file", [False, True])
def test_copernicus_file_is_signed_for_its_store_alone(
    make_remote: MakeRemote, assets: AssetServer, keys: Callable[..., None], in_file: bool
) -> None:
    keys(in_file=in_file)
    path = "/eodata/Sentinel-2/MSI/a%2Bb%20c.jp2"
    assets.files[path] = CONTENT
    remote = make_remote(sign=copernicus_s3(assets.home))
    assert remote.open("s3://eodata/Sentinel-2/MSI/a+b%20c.jp2").read() == CONTENT
    for seen in assets.seen:
        headers = {name.lower(): value for name, value in seen.headers.items()}
        assert ("AKMINE" if in_file else "AKHERE") in headers["authorization"]
        assert "/default/s3/aws4_request" in headers["authorization"]
        assert headers["authorization"].endswith(f"Signature={signature_of(path, headers)}")
    with AssetServer({path: CONTENT}) as other:
        remote.open(other.url(path))
        assert "authorization" not in str(other.seen).lower()
    assets.always[path] = Fault(status=403)
    text = refusal_of(lambda: remote.open("s3://eodata/Sentinel-2/MSI/a+b%20c.jp2"))
    assert "AWS_ACCESS_KEY_ID" in text
    assert "AKHERE" not in text


@pytest.mark.parametrize(
    "href", ["s3://other/x.tif", "s3://eodata", "s3://eodata/../x.tif", "s3://eodata/a?x=1"]
)
def test_other_stores_are_refused(
    make_remote: MakeRemote, keys: Callable[..., None], contacted: list[str], href: str
) -> None:
    keys()
    refusal_of(lambda: make_remote(sign=copernicus_s3()).open(href))
    assert not contacted


def test_missing_keys_are_one_sentence_and_no_service_is_asked_for_them(
    keys: Callable[..., None], contacted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = copernicus_s3()
    text = refusal_of(lambda: sign("s3://eodata/x.tif"))
    assert "AWS_ACCESS_KEY_ID" in text
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    refusal_of(lambda: sign("s3://eodata/x.tif"))
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "half")
    refusal_of(lambda: sign("s3://eodata/x.tif"))
    assert not contacted


def test_missing_botocore_is_one_sentence(
    keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys()
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(RemoteError, match=r"camp-monitor\[copernicus\]"):
        copernicus_s3()("s3://eodata/x.tif")


def test_threads_look_for_the_keys_once(
    keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys()
    from botocore.session import Session

    looked = threading.Semaphore(1)
    component = Session.get_component

    def once(self: Session, name: str) -> Any:
        assert name != "credential_provider" or looked.acquire(blocking=False)
        return component(self, name)

    monkeypatch.setattr(Session, "get_component", once)
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(copernicus_s3(), ["s3://eodata/x.tif"] * 16))
    assert all(one.url == "https://eodata.dataspace.copernicus.eu/eodata/x.tif" for one in signed)
