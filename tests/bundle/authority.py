"""Time-stamping authorities, started here: openssl signs, an HTTP server on 127.0.0.1 answers."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIGURATION = """\
[tsa]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[signer]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


@dataclass(frozen=True)
class Authority:
    """A running authority: its address and the certificates that it publishes."""

    url: str
    certificates: Path


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, *, name: str = "Test authority", expired: bool = False) -> Path:
    """Make keys and certificates, and return the file of the root certificate."""
    folder.mkdir(parents=True)
    (folder / "tsa.cnf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01\n")
    for key in ("root", "signer"):
        openssl(folder, "ecparam", "-genkey", "-name", "prime256v1", "-out", f"{key}.key", "-noout")
    _root(folder, name)
    openssl(
        folder, "req", "-new", "-key", "signer.key", "-subj", f"/CN={name}", "-out", "signer.csr"
    )
    days = ["-days", "-1"] if expired else ["-days", "365"]
    openssl(
        folder, "x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key",
        "-CAcreateserial", *days, "-extfile", "tsa.cnf", "-extensions", "signer",
        "-out", "signer.pem",
    )  # fmt: skip
    return folder / "root.pem"


def _root(folder: Path, name: str) -> None:
    openssl(
        folder, "req", "-new", "-key", "root.key", "-subj", f"/CN={name} root", "-out", "root.csr"
    )
    openssl(
        folder, "x509", "-req", "-in", "root.csr", "-signkey", "root.key", "-days", "3650",
        "-extfile", "tsa.cnf", "-extensions", "root", "-out", "root.pem",
    )  # fmt: skip


@contextmanager
def serving(folder: Path, rubbish: bytes | None = None) -> Iterator[Authority]:
    """Serve an authority until the block ends; one that answers `rubbish` signs nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = rubbish if rubbish is not None else reply(folder, body)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Authority(f"http://127.0.0.1:{server.server_address[1]}/tsr", folder / "root.pem")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(folder: Path, query: bytes) -> bytes:
    (folder / "query.tsq").write_bytes(query)
    openssl(
        folder, "ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.cnf", "-section", "tsa",
        "-signer", "signer.pem", "-inkey", "signer.key", "-chain", "root.pem", "-out", "reply.tsr",
    )  # fmt: skip
    return (folder / "reply.tsr").read_bytes()
