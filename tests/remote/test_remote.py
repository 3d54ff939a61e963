"""Catalogues and file servers, asked for real on this computer: what holds, and what goes wrong."""

from __future__ import annotations

import gzip
import io
import re
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pystac_client
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from rasterio.errors import RasterioError
from rasterio.windows import Window

from camp_monitor.errors import RemoteError
from camp_monitor.providers.network import connecting
from camp_monitor.providers.network.addresses import check_address, parse_address, where
from camp_monitor.providers.network.answers import next_address
from camp_monitor.providers.network.range_file import (
    BLOCK_BYTES,
    KEPT_BYTES,
    RangeFile,
    _Folder,
    open_image,
)
from camp_monitor.providers.network.remote import FIRST_BYTES, Remote
from camp_monitor.providers.network.signing import Signed
from tests.remote.conftest import COG_SIDE, QUICK, SECRET, MakeRemote, write_tiff
from tests.remote.servers import AssetServer, Fault, Front

PATH = "/scene/quality.tif"
REMEDY = "choose another scene"
LARGE = bytes(range(256)) * 1024
MOST_REQUESTS = 3
"""The head, and one for each row of tiles that the window touches."""
MOST_BYTES = 100_000


def refusal_of(action: Callable[[], object]) -> str:
    """The message of the RemoteError that `action` ends in: one sentence, nothing secret."""
    with pytest.raises(RemoteError) as caught:
        action()
    text = str(caught.value)
    assert text.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", text)
    assert "\n" not in text
    assert "?" not in text
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    return text


# --- reading in pieces -------------------------------------------------------------------------


@pytest.mark.parametrize("corner", [(2000, 2000), (0, 0), (2560, 100), (COG_SIDE - 128,) * 2])
def test_window_costs_few_requests_and_bytes(
    make_remote: MakeRemote,
    assets: AssetServer,
    cog: bytes,
    classes: np.ndarray,
    corner: tuple[int, int],
) -> None:
    assets.files[PATH] = cog
    remote = make_remote()
    row, col = corner
    with open_image(remote.open(assets.url(PATH)), REMEDY) as source:
        pixels = source.read(1, window=Window(col, row, 128, 128))
        assert source.overviews(1) == [2, 4, 8, 16]
    assert (pixels == classes[row : row + 128, col : col + 128]).all()
    assert remote.requests == len(assets.requests_of(PATH)) <= MOST_REQUESTS
    assert remote.bytes_read == sum(one.bytes_sent for one in assets.seen) <= MOST_BYTES
    assert len(cog) > 1_500_000


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(0, 6 * BLOCK_BYTES),
    reads=st.lists(st.tuples(st.integers(0, 7 * BLOCK_BYTES), st.integers(0, 3 * BLOCK_BYTES))),
)
def test_file_in_pieces_is_the_file(size: int, reads: list[tuple[int, int]]) -> None:
    content = np.random.default_rng(size).bytes(size)
    asked: list[tuple[int, int]] = []

    def read_piece(start: int, stop: int) -> bytes:
        assert 0 <= start < stop <= size
        assert start % BLOCK_BYTES == 0
        asked.append((start, stop))
        return content[start:stop]

    pieces = RangeFile("it", size, content[: 2 * BLOCK_BYTES], read_piece)
    folder = _Folder(pieces)
    view, plain = folder.open(folder.name), io.BytesIO(content)
    for offset, count in reads:
        assert view.seek(offset) == plain.seek(offset)
        before = len(asked)
        assert view.read(count) == plain.read(count)
        assert view.tell() == plain.tell()
        assert len(asked) <= before + 1
    assert view.seek(-1, io.SEEK_END) == max(size - 1, 0)
    before = len(asked)
    spans = [(offset, offset + count) for offset, count in reads]
    assert pieces.read_pieces(spans) == [content[start:stop] for start, stop in spans]
    assert len(asked) == before, "what was read once is kept"
    assert pieces.read() == content


def test_memory_is_bounded_and_neighbours_are_one_request() -> None:
    size = 3 * KEPT_BYTES
    asked: list[int] = []

    def read_piece(start: int, stop: int) -> bytes:
        asked.append(stop - start)
        return bytes(stop - start)

    file = RangeFile("it", size, bytes(FIRST_BYTES), read_piece)
    file.read_pieces([(100_000, 110_000), (118_000, 130_000), (900_000, 900_001)])
    assert len(asked) == 2
    for start in range(0, size, 1 << 20):
        file.read_pieces([(start, start + (1 << 20))])
    assert sum(map(len, file._blocks.values())) <= KEPT_BYTES
    assert "at once" in refusal_of(lambda: RangeFile("it", 1 << 40, b"", read_piece).read())


def test_threads_read_one_file_each_and_are_all_counted(
    make_remote: MakeRemote, assets: AssetServer, cog: bytes, classes: np.ndarray
) -> None:
    assets.files[PATH] = cog
    remote = make_remote(limits=replace(QUICK, read_s=20.0, total_s=30.0))

    def read(number: int) -> bool:
        row, col = 300 * number, 5000 - 400 * number
        with open_image(remote.open(assets.url(PATH)), REMEDY) as source:
            pixels = source.read(1, window=Window(col, row, 256, 256))
        return bool((pixels == classes[row : row + 256, col : col + 256]).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(12)))
    assert remote.requests == len(assets.seen)
    assert remote.bytes_read == sum(one.bytes_sent for one in assets.seen)


# --- which addresses are asked ------------------------------------------------------------------

REFUSED = [
    "file:///etc/passwd",
    "ftp://files.example.org/a.tif",
    "s3://bucket/a.tif",
    "data:image/tiff;base64,AAAA",
    "/vsicurl/https://files.example.org/a.tif",
    "../../etc/passwd",
    "",
    "https://",
    "https://files.example.org/a/../../b.tif",
    "https://files.example.org/a/%2e%2e/b.tif",
    "https://user:password@files.example.org/a.tif",
    "https://files.example.org\\@127.0.0.1/a.tif",
    "https://files.example.org/a b.tif",
    "https://files.example.org/a\u202e.tif",
    "https://files.example.org:0/a.tif",
    "http://files.example.org/a.tif",
    "https://10.0.0.1/a.tif",
    "https://169.254.169.254/latest/meta-data",
    "https://192.168.1.1/a.tif",
    "https://100.64.0.1/a.tif",
    "https://224.0.0.1/a.tif",
    "https://255.255.255.255/a.tif",
    "https://0.0.0.0/a.tif",
    "https://2130706433/a.tif",
    "https://0x7f000001/a.tif",
    "https://0177.0.0.1/a.tif",
    "https://127.1/a.tif",
    "http://127.0.0.2/a.tif",
    "https://[::1]/a.tif",
    "https://[::ffff:127.0.0.1]/a.tif",
    "https://[::ffff:7f00:1]/a.tif",
    "https://[fe80::1]/a.tif",
    "https://[fd00::1]/a.tif",
    "https://[ff02::1]/a.tif",
    "https://[64:ff9b::7f00:1]/a.tif",
    "https://[2002:7f00:1::]/a.tif",
]


@pytest.mark.parametrize("href", REFUSED)
def test_hostile_address_is_refused_before_any_connection(
    make_remote: MakeRemote, contacted: list[str], href: str
) -> None:
    remote = make_remote()
    for action in (remote.open, remote.get_json, lambda one: remote.read_all(one, 10)):
        text = refusal_of(partial(action, f"{href}?sig={SECRET}"))
        assert "password@" not in text
    assert (contacted, remote.requests) == ([], 0)


def test_this_computer_is_asked_only_where_the_catalogue_is_on_it(
    make_remote: MakeRemote, assets: AssetServer, contacted: list[str]
) -> None:
    assets.files[PATH] = LARGE
    abroad = make_remote("https://catalogue.example.org/v1")
    text = refusal_of(lambda: abroad.open(assets.url(PATH)))
    assert "http" in text
    refusal_of(lambda: abroad.open(assets.url(PATH).replace("http:", "https:")))
    refusal_of(lambda: make_remote("http://catalogue.example.org/v1"))
    refusal_of(lambda: make_remote("https://192.168.0.4/v1"))
    assert not contacted
    assert make_remote().open(assets.url(PATH)).read() == LARGE


def answer_names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names stand for given addresses, one list for each time one is asked for."""
    asked: list[str] = []
    ordinary = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host[0].isdigit():
            return ordinary(host, port, *args, **options)
        numbers = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch, assets: AssetServer) -> list[str]:
    """Addresses that a connection was opened to; each really leads to the file server."""
    numbers: list[str] = []
    port = int(assets.home.rpartition(":")[2])

    def create_connection(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        numbers.append(address[0])
        return socket.create_connection(("127.0.0.1", port), 2)

    monkeypatch.setattr(connecting, "create_connection", create_connection)
    return numbers


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::ffff:10.0.0.1"])
def test_every_address_of_a_name_must_be_public(
    make_remote: MakeRemote,
    monkeypatch: pytest.MonkeyPatch,
    dialled: list[str],
    inner: str,
) -> None:
    answer_names(monkeypatch, ["8.8.8.8", inner])
    text = refusal_of(lambda: make_remote().open("https://files.example.org/a.tif"))
    assert "private" in text
    assert not dialled


def test_name_that_changes_its_address_gains_nothing(
    make_remote: MakeRemote, monkeypatch: pytest.MonkeyPatch, contacted: list[str]
) -> None:
    asked = answer_names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    remote = make_remote()
    text = refusal_of(lambda: remote.open("https://files.example.org/a.tif"))
    assert "private" in text
    assert (len(asked), contacted) == (2, ["8.8.8.8"])
    contacted.clear()


def test_peer_that_is_not_the_checked_address_is_left(
    make_remote: MakeRemote,
    monkeypatch: pytest.MonkeyPatch,
    dialled: list[str],
    assets: AssetServer,
) -> None:
    answer_names(monkeypatch, ["8.8.8.8"])
    text = refusal_of(lambda: make_remote().open("https://files.example.org/a.tif"))
    assert "cannot be reached" in text
    assert set(dialled) == {"8.8.8.8"}
    assert not assets.seen


LISTED = ("files.example.org",)


@pytest.mark.parametrize(
    "href",
    [
        "https://other.example.org/a.tif",
        "https://files.example.org.other.org/a.tif",
        "https://sub.files.example.org/a.tif",
        "https://files.example.org./a.tif",
        "https://8.8.8.8/a.tif",
    ],
)
def test_only_the_hosts_of_a_source_are_asked(
    make_remote: MakeRemote,
    assets: AssetServer,
    monkeypatch: pytest.MonkeyPatch,
    dialled: list[str],
    href: str,
) -> None:
    asked = answer_names(monkeypatch, ["8.8.8.8"])
    remote = make_remote(hosts=LISTED)
    for action in (remote.open, remote.get_json, lambda one: remote.read_all(one, 10)):
        assert "none of the hosts" in refusal_of(partial(action, f"{href}?sig={SECRET}"))
    assert "none of the hosts" in refusal_of(lambda: remote.session.get(href))
    assert (asked, dialled, remote.requests) == ([], [], 0)
    assets.always["/old"] = lead(href)
    assert "none of the hosts" in refusal_of(lambda: remote.open(assets.url("/old")))
    assert (asked, len(assets.seen)) == ([], 1)


def test_listed_host_and_the_catalogues_own_are_asked(
    make_remote: MakeRemote,
    assets: AssetServer,
    monkeypatch: pytest.MonkeyPatch,
    dialled: list[str],
) -> None:
    asked = answer_names(monkeypatch, ["8.8.8.8"])
    remote = make_remote(hosts=LISTED, limits=replace(QUICK, attempts=1))
    assert "cannot be reached" in refusal_of(lambda: remote.open("https://FILES.example.org/a.tif"))
    assert (asked, dialled) == (["files.example.org"], ["8.8.8.8"])
    dialled.clear()
    assets.files[PATH] = LARGE
    assert remote.open(assets.url(PATH)).read() == LARGE
    abroad = make_remote("https://catalogue.example.org/v1", hosts=LISTED)
    refusal_of(lambda: abroad.get_json("https://catalogue.example.org/v1"))
    assert asked[-1] == "catalogue.example.org"


def test_environment_names_no_proxy_and_no_password(
    make_remote: MakeRemote,
    assets: AssetServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login somebody password {SECRET}\n", encoding="ascii")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    remote = make_remote()
    assert remote.get_json(assets.put_json("/", {"a": 1})) == {"a": 1}
    assert remote.session.get(assets.home).json() == {"a": 1}
    prepared = remote.session.prepare_request(requests.Request("GET", assets.home))
    assert "Authorization" not in prepared.headers, "a library may log what it prepared"
    assert all("Authorization" not in one.headers for one in assets.seen)


# --- leading on ---------------------------------------------------------------------------------


def lead(to: str, status: int = 302) -> Fault:
    return Fault(status=status, headers={"Location": to})


def test_leading_on_is_followed_a_few_times(remote: Remote, assets: AssetServer) -> None:
    assets.files[PATH] = LARGE
    assets.always["/old"] = lead("/older", 301)
    assets.always["/older"] = lead(assets.url(PATH), 307)
    assert remote.open(assets.url("/old")).read(0, 20) == LARGE[:20]
    assets.always["/round"] = lead("/round")
    assert "more than 5 times" in refusal_of(lambda: remote.open(assets.url("/round")))
    assert len(assets.requests_of("/round")) == 6


@pytest.mark.parametrize(
    "to", [one for one in REFUSED if one.isascii() and re.match("[a-z0-9]+:", one)]
)
def test_leading_on_to_what_is_not_asked_is_refused(
    remote: Remote, assets: AssetServer, contacted: list[str], to: str
) -> None:
    assets.always["/old"] = lead(f"{to}?sig={SECRET}")
    refusal_of(lambda: remote.open(assets.url("/old")))
    assert len(contacted) == remote.requests == 1


def test_https_never_leads_on_to_http() -> None:
    href = "https://127.0.0.1/a?sig=1"
    assert next_address(href, "/b").scheme == "https"
    assert "https" in refusal_of(lambda: next_address(href, "http://127.0.0.1/b"))


def test_signature_and_headers_stay_with_their_host(
    make_remote: MakeRemote, assets: AssetServer
) -> None:
    def sign(href: str) -> Signed:
        return Signed(f"{href}?sig={SECRET}", {"Authorization": f"Bearer {SECRET}"})

    remote = make_remote(sign=sign)
    with AssetServer({PATH: LARGE}) as other:
        assets.always["/near"] = lead("/nearer")
        assets.always["/nearer"] = lead(other.url(PATH))
        assert remote.open(assets.url("/near")).read(0, 4) == LARGE[:4]
        assert assets.requests_of("/nearer")[0].headers["Authorization"] == f"Bearer {SECRET}"
        (seen,) = other.seen
        assert SECRET not in str(seen)
        assert "Authorization" not in seen.headers
        assets.always["/far"] = lead(other.url(f"{PATH}?sig={SECRET}"))
        assert "signature" in refusal_of(lambda: remote.open(assets.url("/far")))
        assert len(other.seen) == 1


def test_another_port_is_another_host(make_remote: MakeRemote, assets: AssetServer) -> None:
    """Of a listed name only the usual port is asked, and of the catalogue's own only its own."""
    with AssetServer({PATH: LARGE}) as other:
        assets.always["/old"] = lead(other.url(PATH))
        remote = make_remote(hosts=["files.example.org"])
        assert "none of the hosts" in refusal_of(lambda: remote.open(assets.url("/old")))
        assert other.seen == []
    home, listed = parse_address("https://stac.example.org:8443/v1"), ["files.example.org"]
    for href in ("https://files.example.org/a", "https://stac.example.org:8443/a"):
        check_address(parse_address(href), home, listed)
    for href in ("https://files.example.org:8443/a", "https://stac.example.org/a"):
        assert "none of the hosts" in refusal_of(
            partial(check_address, parse_address(href), home, listed)
        )


def test_broken_head_of_an_answer_puts_no_signature_into_the_log(
    make_remote: MakeRemote, assets: AssetServer
) -> None:
    assets.files[PATH] = LARGE
    assets.always[PATH] = Fault(headers={"X-One: 1\r\nno name of a header": "2"})
    remote = make_remote(sign=lambda href: Signed(f"{href}?sig={SECRET}"))
    assert remote.read_all(assets.url(PATH), len(LARGE)) == LARGE
    assert SECRET in assets.seen[0].query


# --- trying again -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_trouble_is_waited_out_ever_longer(
    remote: Remote, assets: AssetServer, waits: list[float], status: int
) -> None:
    assets.files[PATH] = LARGE
    assets.faults[PATH].extend([Fault(status=status)] * 3)
    assert remote.open(assets.url(PATH)).read(0, 4) == LARGE[:4]
    assert waits == [1.0, 2.0, 4.0]


def test_waits_take_a_part_by_chance_and_honour_what_the_server_asks(
    make_remote: MakeRemote, assets: AssetServer, waits: list[float]
) -> None:
    assets.files[PATH] = LARGE
    remote = make_remote(chance=lambda: 0.0)
    assets.faults[PATH].extend([Fault(status=503), Fault(429, {"Retry-After": "17"})])
    remote.open(assets.url(PATH))
    assert waits == [0.5, 17.0]
    assets.faults[PATH].append(Fault(429, {"Retry-After": "86400"}))
    text = refusal_of(lambda: remote.open(assets.url(PATH)))
    assert "86400 s" in text
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("status", "said", "tries"),
    [
        (503, "answered HTTP 503, in 5 tries", 5),
        (404, "is not there", 1),
        (401, "set THE_KEY", 1),
        (403, "set THE_KEY", 1),
        (418, "HTTP 418", 1),
    ],
)
def test_last_word_is_one_sentence_without_the_query(
    make_remote: MakeRemote, assets: AssetServer, status: int, said: str, tries: int
) -> None:
    remote = make_remote(sign=lambda href: Signed(f"{href}?sig={SECRET}", {}, "set THE_KEY"))
    assets.always[PATH] = Fault(status=status, content=f"<b>{SECRET}</b>".encode())
    text = refusal_of(lambda: remote.open(assets.url(PATH)))
    assert text.startswith(where(assets.url(PATH)))
    assert said in text
    assert remote.requests == len(assets.seen) == tries


def test_answer_cut_in_the_middle_is_asked_for_again(remote: Remote, assets: AssetServer) -> None:
    assets.files[PATH] = LARGE
    file = remote.open(assets.url(PATH))
    assets.faults[PATH].extend([Fault(cut_at=5000), Fault(cut_at=0)])
    assert file.read(FIRST_BYTES, FIRST_BYTES + 50_000) == LARGE[FIRST_BYTES:][:50_000]
    assets.faults[PATH].append(Fault(cut_at=100))
    assert remote.read_all(assets.url(PATH), len(LARGE)) == LARGE
    assets.always[PATH] = Fault(cut_at=100)
    assert "broke off" in refusal_of(lambda: remote.open(assets.url(PATH)))


def test_nobody_there_is_said(make_remote: MakeRemote, waits: list[float]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        href = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        text = refusal_of(lambda: make_remote(href).get_json(href))
    assert "cannot be reached, in 2 tries" in text
    assert len(waits) == 1


def test_slow_answer_is_not_waited_for(make_remote: MakeRemote, assets: AssetServer) -> None:
    remote = make_remote(limits=replace(QUICK, attempts=2))
    assets.files[PATH] = LARGE
    assets.always[PATH] = Fault(delay_s=30.0)
    started = time.monotonic()
    assert "did not answer in time" in refusal_of(lambda: remote.open(assets.url(PATH)))
    assert time.monotonic() - started < 5.0


@pytest.mark.parametrize("drips_from", [0, 1000])
def test_slow_drip_ends_with_the_turn(
    make_remote: MakeRemote, assets: AssetServer, drips_from: int
) -> None:
    remote = make_remote(limits=replace(QUICK, total_s=0.6))
    assets.files[PATH] = LARGE
    assets.always[PATH] = Fault(drip_s=0.02, drips_from=drips_from)
    started = time.monotonic()
    assert "too long" in refusal_of(lambda: remote.open(assets.url(PATH)))
    assert time.monotonic() - started < 3.0
    assert remote.requests == 1


# --- what an answer may hold --------------------------------------------------------------------


def test_packed_json_is_unpacked_but_never_to_more_than_the_bound(
    remote: Remote, assets: AssetServer
) -> None:
    packed = {"Content-Encoding": "gzip"}
    assets.files["/good"] = gzip.compress(b'{"a": [1, 2]}')
    assets.always["/good"] = Fault(headers=packed)
    assert remote.get_json(assets.url("/good")) == {"a": [1, 2]}
    assets.files["/bomb"] = gzip.compress(b"[" + b"0," * 20_000_000 + b"0]")
    assets.always["/bomb"] = Fault(headers=packed)
    assert "unpacks to more" in refusal_of(lambda: remote.get_json(assets.url("/bomb")))
    assets.files["/half"] = assets.files["/good"][:-9]
    assets.always["/half"] = Fault(headers=packed)
    assert "cannot be unpacked" in refusal_of(lambda: remote.get_json(assets.url("/half")))
    assets.always["/good"] = Fault(headers={"Content-Encoding": "br"})
    assert "packed as" in refusal_of(lambda: remote.get_json(assets.url("/good")))


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Sign in</html>",
        b"",
        b'{"a": 1',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'"\xff"',
        b"[" * 100 + b"]" * 100,
        b"[" * 40_000 + b"]" * 40_000,
    ],
)
def test_what_is_not_plain_json_is_refused(
    remote: Remote, assets: AssetServer, content: bytes
) -> None:
    assets.files["/v1"] = content
    assert "JSON" in refusal_of(lambda: remote.get_json(assets.url("/v1")))


def test_long_answers_are_left_unread(remote: Remote, assets: AssetServer) -> None:
    assets.files["/v1"] = b"[" + b" " * QUICK.json_bytes + b"]"
    assert "more than" in refusal_of(lambda: remote.get_json(assets.url("/v1")))
    assert "more than" in refusal_of(lambda: remote.read_all(assets.url("/v1"), 1000))
    assert remote.bytes_read == 0
    assets.always["/v1"] = Fault(headers={"Content-Length": "", "Connection": "close"})
    assert "more than" in refusal_of(lambda: remote.read_all(assets.url("/v1"), 1000))
    assert remote.bytes_read < 200_000


def test_server_without_ranges_serves_small_files_only(
    make_remote: MakeRemote, assets: AssetServer
) -> None:
    assets.files[PATH] = LARGE
    assets.always[PATH] = Fault(whole=True)
    file = make_remote().open(assets.url(PATH))
    assert file.read() == LARGE
    assert len(assets.seen) == 1
    narrow = make_remote(limits=replace(QUICK, whole_bytes=len(LARGE) - 1))
    assert "more than" in refusal_of(lambda: narrow.open(assets.url(PATH)))
    assert narrow.bytes_read == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 0-32767/*"},
        {"Content-Range": "bytes 1-32768/262144"},
        {"Content-Range": "bytes 0-32766/262144"},
        {"Content-Range": "bytes 0-32767/32000"},
        {"Content-Range": ""},
        {"Content-Encoding": "gzip"},
    ],
)
def test_wrong_piece_is_refused(
    remote: Remote, assets: AssetServer, headers: dict[str, str]
) -> None:
    assets.files[PATH] = LARGE
    assets.always[PATH] = Fault(headers=headers)
    refusal_of(lambda: remote.open(assets.url(PATH)))
    assert len(assets.seen) == 1


def test_length_that_lies_is_found(remote: Remote, assets: AssetServer) -> None:
    assets.files[PATH] = LARGE
    assets.always[PATH] = Fault(
        headers={"Content-Length": "40000", "Connection": "close"}, whole=True, content=b"x" * 9
    )
    assert "broke off" in refusal_of(lambda: remote.open(assets.url(PATH)))
    assets.always[PATH] = Fault(headers={"Content-Length": "9", "Connection": "close"})
    assert "other bytes" in refusal_of(lambda: remote.open(assets.url(PATH)))


@pytest.mark.parametrize("change", [LARGE[::-1], LARGE + b"x", LARGE[:-1]])
def test_file_that_changes_while_it_is_read_is_refused(
    remote: Remote, assets: AssetServer, change: bytes
) -> None:
    assets.files[PATH] = LARGE
    file = remote.open(assets.url(PATH))
    assets.files[PATH] = change
    assert "changed" in refusal_of(lambda: file.read(100_000, 100_010))


def test_server_that_stops_sending_parts_is_refused(remote: Remote, assets: AssetServer) -> None:
    assets.files[PATH] = LARGE
    file = remote.open(assets.url(PATH))
    assets.always[PATH] = Fault(whole=True)
    assert "in parts" in refusal_of(lambda: file.read(100_000, 100_010))


# --- images -------------------------------------------------------------------------------------


def read_pixels(remote: Remote, href: str) -> np.ndarray:
    with open_image(remote.open(href), REMEDY) as source:
        return source.read(1)


def test_hostile_files_lead_nowhere(remote: Remote, assets: AssetServer, tmp_path: Path) -> None:
    write_tiff(tmp_path / "other.tif", np.ones((20, 20), dtype=np.uint8))
    assets.files["/other.tif"] = (tmp_path / "other.tif").read_bytes()
    for inner in (tmp_path / "other.tif", f"/vsicurl/{assets.url('/other.tif')}"):
        assets.files[PATH] = (
            f'<VRTDataset rasterXSize="20" rasterYSize="20"><VRTRasterBand dataType="Byte" '
            f'band="1"><SimpleSource><SourceFilename>{inner}</SourceFilename>'
            f"<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
        ).encode()
        assert "neither" in refusal_of(lambda: read_pixels(remote, assets.url(PATH)))
    for content in (b"", b"\x89PNG\r\n\x1a\n", b"GDAL_WMS", b"II*\0" + bytes(5000)):
        assets.files[PATH] = content
        refusal_of(lambda: read_pixels(remote, assets.url(PATH)))
    assert {one.path for one in assets.seen} == {PATH}


def test_nothing_beside_an_image_is_asked_for(
    remote: Remote, assets: AssetServer, tmp_path: Path
) -> None:
    pixels = np.arange(400, dtype=np.uint8).reshape(20, 20)
    for name, profile in {
        "a.tif": {},
        "a.jp2": {"driver": "JP2OpenJPEG", "reversible": True},
    }.items():
        write_tiff(tmp_path / name, pixels, **profile)
        assets.files[f"/{name}"] = (tmp_path / name).read_bytes()
        assert read_pixels(remote, assets.url(f"/{name}")).shape == pixels.shape
    assert {one.path for one in assets.seen} == {"/a.tif", "/a.jp2"}


def test_tiles_that_no_memory_holds_are_refused(
    remote: Remote, assets: AssetServer, tmp_path: Path
) -> None:
    profile = {"tiled": True, "blockxsize": 16384, "blockysize": 16384, "compress": "deflate"}
    write_tiff(tmp_path / "bomb.tif", np.zeros((16, 16), dtype=np.uint8), **profile)
    assets.files[PATH] = (tmp_path / "bomb.tif").read_bytes()
    assert "too large" in refusal_of(lambda: read_pixels(remote, assets.url(PATH)))


@pytest.mark.parametrize("packed", [True, False])
def test_trouble_in_the_middle_of_an_image_is_told_and_never_read_as_pixels(
    remote: Remote, assets: AssetServer, cog: bytes, tmp_path: Path, packed: bool
) -> None:
    if packed:
        assets.files[PATH] = cog
    else:
        profile = {"tiled": True, "blockxsize": 256, "blockysize": 256}
        write_tiff(tmp_path / "a.tif", np.ones((1024, 1024), dtype=np.uint8), **profile)
        assets.files[PATH] = (tmp_path / "a.tif").read_bytes()

    def read() -> None:
        with open_image(remote.open(assets.url(PATH)), REMEDY) as source:
            assets.always[PATH] = Fault(cut_at=1000)
            source.read(1, window=Window(500, 500, 300, 300))

    text = refusal_of(read)
    assert "broke off" in text
    assert remote.requests == 1 + QUICK.attempts


def test_damaged_image_is_told_as_one(remote: Remote, assets: AssetServer, cog: bytes) -> None:
    torn = bytearray(cog)
    torn[FIRST_BYTES:] = bytes(len(cog) - FIRST_BYTES)
    assets.files[PATH] = bytes(torn)
    text = refusal_of(lambda: read_pixels(remote, assets.url(PATH)))
    assert "damaged" in text
    assert REMEDY in text


def test_error_of_the_reader_itself_is_left_as_it_is(
    remote: Remote, assets: AssetServer, cog: bytes
) -> None:
    assets.files[PATH] = cog
    with (
        pytest.raises(OSError, match="disk") as caught,
        open_image(remote.open(assets.url(PATH)), REMEDY),
    ):
        raise OSError("the disk is full")
    assert not isinstance(caught.value, RasterioError)


# --- catalogues ---------------------------------------------------------------------------------


def open_catalogue(remote: Remote, home: str) -> pystac_client.Client:
    io_ = StacApiIO()
    io_.session = remote.session
    return pystac_client.Client.open(home, stac_io=io_)


def test_catalogue_is_searched_page_by_page(make_remote: MakeRemote, front: Front) -> None:
    remote = make_remote(front.home)
    front.faults["/search"].extend([Fault(status=429), Fault(status=503), Fault(cut_at=50)])
    client = open_catalogue(remote, front.home)
    search = client.search(collections=["things"], datetime="2020-01-02/2020-01-06", limit=2)
    assert [item.id for item in search.items()] == [f"item-{n:02}" for n in range(1, 6)]
    assert remote.requests == len(front.seen)
    assert {one.method for one in front.requests_of("/search")} == {"POST"}
    asked = {"collections": ["things"], "limit": 3}
    assert len(remote.session.post(front.url("/search"), json=asked).json()["features"]) == 3


@pytest.mark.parametrize(
    "link", ["file:///etc/passwd", "https://169.254.169.254/x", "/etc/passwd", "http://10.0.0.1/x"]
)
def test_page_that_leads_elsewhere_is_refused(
    make_remote: MakeRemote, front: Front, contacted: list[str], link: str
) -> None:
    front.next_link = link
    search = open_catalogue(make_remote(front.home), front.home).search(limit=2)
    with pytest.raises(APIError):
        list(search.items())
    assert set(contacted) == {"127.0.0.1"}


def test_catalogue_that_turns_in_a_circle_can_be_seen_to(
    make_remote: MakeRemote, front: Front
) -> None:
    front.next_link = "itself"
    search = open_catalogue(make_remote(front.home), front.home).search(limit=2)
    pages = [page["features"][0]["id"] for page in islice(search.pages_as_dicts(), 4)]
    assert pages == ["item-00"] * 4


def test_library_with_the_session_can_only_read(remote: Remote, assets: AssetServer) -> None:
    assets.put_json("/", {"a": 1})
    for action in (remote.session.delete, remote.session.put, remote.session.head):
        refusal_of(partial(action, assets.home))
    refusal_of(lambda: remote.session.get("file:///etc/passwd"))
    assert not assets.seen


# --- all of it ----------------------------------------------------------------------------------


def test_a_whole_run_connects_to_this_computer_alone(
    assets: AssetServer, cog: bytes, tmp_path: Path
) -> None:
    """Seen from outside: every connection of a fresh process, also those of GDAL and botocore."""
    assets.files["/c/a.tif"] = cog
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\n"
        "from rasterio.windows import Window\n"
        "reached = set()\n"
        "def watch(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname'):\n"
        "        reached.add(str(args[1][0] if event == 'socket.connect' else args[0]))\n"
        "sys.addaudithook(watch)\n"
        "from camp_monitor.providers.network.range_file import open_image\n"
        "from camp_monitor.providers.network.remote import Remote\n"
        "from camp_monitor.providers.network.signing import copernicus_s3\n"
        "home = sys.argv[1]\n"
        "with Remote(home, copernicus_s3(home)) as remote:\n"
        "    with open_image(remote.open(home + '/c/a.tif'), 'x') as source:\n"
        "        print(source.read(1, window=Window(0, 0, 9, 9)).shape)\n"
        "print(reached)\n",
        encoding="utf-8",
    )
    environ = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": SECRET, "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, str(script), assets.home],
        capture_output=True,
        text=True,
        env=environ,
        check=True,
        timeout=60,
    )
    assert run.stdout.splitlines() == ["(9, 9)", "{'127.0.0.1'}"]
    assert len(assets.seen) == 2
