"""Real servers on 127.0.0.1 that the tests start and stop: files, a STAC API, and one in front.

``with AssetServer() as files:`` and so on.  Each takes a free port, is ready when the block begins
and is gone when it ends.  What goes wrong is said by a `Fault` for each path.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import re
import socket
import subprocess
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

HERE = "127.0.0.1"
READY_S = 30.0


@dataclass(frozen=True)
class Fault:
    """What one answer does otherwise than it should.

    Attributes
    ----------
    status : int
        Answered in place of the file; 0 for the file.
    headers : mapping of str to str
        Sent in place of the ordinary ones of the same name; an empty value leaves one out.
    content : bytes or None
        Sent in place of the file.
    delay_s : float
        Before the answer.
    cut_at : int or None
        The connection ends after so many bytes of the content.
    drip_s : float
        Between one byte and the next, from the byte `drips_from` of the answer, head included.
    whole : bool
        A range that is asked for is left aside.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    delay_s: float = 0.0
    cut_at: int | None = None
    drip_s: float = 0.0
    drips_from: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Seen:
    """One request as it arrived, and the bytes of content that it is sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    bytes_sent: int


FINE = Fault()


class LocalServer:
    """A server in a thread of this process; `answer` says what it serves.

    Attributes
    ----------
    faults : mapping of path to faults
        Each answer takes the next one; after the last all is well.
    always : mapping of path to Fault
        For every answer; the path ``*`` stands for all others.
    seen : list of Seen
        Written down before each answer begins.
    """

    def __init__(self) -> None:
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.always: dict[str, Fault] = {}
        self.seen: list[Seen] = []
        self.stopping = threading.Event()
        self._server = _QuietServer(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.home = f"http://{HERE}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        return f"{self.home}{path}"

    def requests_of(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.path == path]

    def next_fault(self, path: str) -> Fault:
        if self.faults[path]:
            return self.faults[path].popleft()
        return self.always.get(path, self.always.get("*", FINE))

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        raise NotImplementedError


class AssetServer(LocalServer):
    """Serves `files` by path, with ranges and ETags; also what a token service would answer.

    Attributes
    ----------
    files : mapping of path to bytes
    """

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        super().__init__()

    def put_json(self, path: str, value: Any) -> str:
        self.files[path] = json.dumps(value).encode()
        return self.url(path)

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        content = self.files.get(urlsplit(target).path)
        if content is None:
            return 404, {}, b"no such file"
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        sent = {"ETag": etag, "Accept-Ranges": "bytes", "Content-Type": "image/tiff"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("Range", ""))
        if asked is None:
            return 200, sent, content
        first = int(asked[1])
        stop = min(int(asked[2] or len(content)) + 1, len(content))
        if first >= len(content):
            return 416, {"Content-Range": f"bytes */{len(content)}"}, b""
        sent["Content-Range"] = f"bytes {first}-{stop - 1}/{len(content)}"
        return 206, sent, content[first:stop]


class Front(LocalServer):
    """Passes all on to a STAC API, and its links back as its own.

    Attributes
    ----------
    next_link : str
        ``""`` as the API says; ``"itself"``: every page leads to itself; anything else is the
        address that every page leads to.
    empty_pages : int
        So many empty pages, each with a link to the next, come before the first.
    ignores : set of str
        Parts of a search that are not passed on, as some catalogues leave them aside.
    """

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.next_link = ""
        self.empty_pages = 0
        self.ignores: set[str] = set()
        super().__init__()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if urlsplit(target).path.endswith("/search") and self.empty_pages:
            asked = json.loads(body)
            number = asked.pop("page", 0)
            if number < self.empty_pages:
                onward = {
                    "rel": "next", "href": self.url("/search"), "method": "POST",
                    "body": {**asked, "page": number + 1},
                }  # fmt: skip
                page = {"type": "FeatureCollection", "features": [], "links": [onward]}
                return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()
            body = json.dumps(asked).encode()
        if body and self.ignores:
            asked = json.loads(body)
            body = json.dumps({k: v for k, v in asked.items() if k not in self.ignores}).encode()
        connection = http.client.HTTPConnection(urlsplit(self.behind).netloc, timeout=READY_S)
        with suppress(OSError):
            connection.request(method, target, body or None, {"Content-Type": "application/json"})
            answered = connection.getresponse()
            content = answered.read().replace(self.behind.encode(), self.home.encode())
            kind = answered.getheader("Content-Type", "application/json")
            connection.close()
            return answered.status, {"Content-Type": kind}, self._relink(target, body, content)
        return 502, {}, b""

    def _relink(self, target: str, body: bytes, content: bytes) -> bytes:
        if not self.next_link or not urlsplit(target).path.endswith(("/search", "/items")):
            return content
        page = json.loads(content)
        link: dict[str, Any] = {"rel": "next", "href": self.next_link}
        if self.next_link == "itself":
            link["href"] = self.url(target)
            if body:
                link |= {"method": "POST", "body": json.loads(body)}
        page["links"] = [one for one in page["links"] if one["rel"] != "next"] + [link]
        return json.dumps(page).encode()


class StacServer:
    """``rustac serve`` as a child process, over one collection or more and their items.

    It is ended by its own number.  What it said is in `log` and in the error where it fails.
    """

    def __init__(
        self,
        folder: Path,
        collections: Sequence[Mapping[str, Any]],
        items: Iterable[Mapping[str, Any]],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "rustac.log"
        self._files = [folder / f"collection-{n}.json" for n in range(len(collections))]
        for file, collection in zip(self._files, collections, strict=True):
            file.write_text(json.dumps(collection), encoding="utf-8")
        self._files.append(folder / "items.json")
        page = {"type": "FeatureCollection", "features": list(items)}
        self._files[-1].write_text(json.dumps(page), encoding="utf-8")
        self.home = f"http://{HERE}:{_free_port()}"

    def __enter__(self) -> Self:
        program = str(Path(sys.executable).with_name("rustac"))
        place = urlsplit(self.home).netloc
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, "serve", "--create-collections", "-a", place, *map(str, self._files)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_ready(self) -> None:
        place = urlsplit(self.home).netloc
        pause = threading.Event()
        for _ in range(int(READY_S / 0.05)):
            if self._process.poll() is not None:
                break
            connection = http.client.HTTPConnection(place, timeout=READY_S)
            with suppress(OSError):
                connection.request("GET", "/collections")
                status = connection.getresponse().status
                connection.close()
                if status == 200:
                    return
            pause.wait(0.05)
        said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(f"rustac did not start: {said}")


class _Dripping(io.BufferedIOBase):
    """Writes byte by byte."""

    def __init__(self, plain: io.BufferedIOBase, fault: Fault, stopping: threading.Event) -> None:
        self._plain, self._fault, self._stopping = plain, fault, stopping
        self._sent = 0

    def write(self, content: ReadableBuffer) -> int:
        for one in bytes(content):
            if self._sent >= self._fault.drips_from and self._stopping.wait(self._fault.drip_s):
                break
            self._plain.write(bytes([one]))
            self._sent += 1
        return len(bytes(content))


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, local: LocalServer) -> None:
        self.local = local
        super().__init__((HERE, 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault of the server."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = READY_S
    disable_nagle_algorithm = True
    server: _QuietServer

    def do_GET(self) -> None:
        self._serve()

    def do_CONNECT(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        local = self.server.local
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path, _, query = self.path.partition("?")
        fault = local.next_fault(path)
        local.stopping.wait(fault.delay_s)
        asked = dict(self.headers.items())
        if fault.whole:
            asked.pop("Range", None)
        status, headers, content = local.answer(self.command, self.path, asked, body)
        if fault.status:
            status, headers, content = fault.status, {}, b""
        content = fault.content if fault.content is not None else content
        headers = {"Content-Length": str(len(content))} | headers | dict(fault.headers)
        stop = len(content) if fault.cut_at is None else fault.cut_at
        seen = Seen(self.command, path, query, dict(self.headers.items()), body, stop)
        local.seen.append(seen)
        plain = self.wfile
        if fault.drip_s:
            self.wfile = _Dripping(plain, fault, local.stopping)
        try:
            self.send_response(status)
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[:stop])
            if fault.cut_at is not None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
        finally:
            self.wfile = plain


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HERE, 0))
        port: int = sock.getsockname()[1]
        return port
