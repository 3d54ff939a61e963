"""A mail server and a webhook on 127.0.0.1, that the tests start, stop and start again."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

PASSWORD = "s3cret-of-Nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class MailServer:
    """Takes mail of whoever knows the password."""

    port: int = field(default_factory=free_port)
    mails: list[EmailMessage] = field(default_factory=list)

    @property
    def address(self) -> str:
        sender = f"watcher:{PASSWORD}@127.0.0.1:{self.port}"
        return f"mailto://{sender}?from=watch@example.org&to=desk@example.org"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if not session.authenticated:
            return "530 Authentication required"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    @contextmanager
    def up(self) -> Iterator[None]:
        controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._check,
            auth_require_tls=False,
        )
        controller.start()
        try:
            yield
        finally:
            controller.stop()

    def _check(self, server: Any, session: Any, envelope: Any, how: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=right, handled=right)


@dataclass
class Webhook:
    """Takes what is posted, does something of the test's own, and answers with a status."""

    port: int = field(default_factory=free_port)
    posts: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    then: Callable[[], object] = lambda: None

    @property
    def address(self) -> str:
        return f"json://hook:{PASSWORD}@127.0.0.1:{self.port}/in"

    @contextmanager
    def up(self) -> Iterator[None]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.status == 200:
                    hook.posts.append(json.loads(content))
                hook.then()
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
