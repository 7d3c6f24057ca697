"""The other ends of notices, on this machine and real: a mail server and an HTTP receiver that misbehave on demand."""

from __future__ import annotations

import asyncio
import email
import json
import ssl
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "till", "s3cret-of-the-mail"


class Mailbox:
    """`with Mailbox() as box:` a mail server that keeps what it takes.

    says: for each coming message, "" to take it, a line like "451 later" to refuse it after the text, "hang" to say
    nothing, "cut" to take it and hang up instead of saying so. refuse: recipients that are not taken.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, at_once: bool = False, sign_in: bool = False) -> None:
        self.messages: list[EmailMessage] = []
        self.says: list[str] = []
        self.refuse: dict[str, str] = {}
        self.connections = 0
        self.signed_in: list[bytes] = []
        self._tls, self._at_once, self._sign_in = tls, at_once, sign_in

    def __enter__(self) -> Mailbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, port: int = 0) -> None:
        box = self

        class Counting(Controller):
            def factory(self) -> SMTP:
                box.connections += 1
                return super().factory()

        more: dict[str, Any] = {}
        if self._tls is not None and not self._at_once:
            more = {"tls_context": self._tls, "require_starttls": True}
        if self._sign_in:
            more |= {"authenticator": self._check, "auth_required": True, "auth_require_tls": False}
        self.controller = Counting(
            self, hostname="127.0.0.1", port=port, ssl_context=self._tls if self._at_once else None, **more
        )
        if port == 0:
            self.controller.port = free_port()
        self.controller.start()
        self.connections = 0  # its own first one, which only wakes it
        self.port = self.controller.port
        self.runs = True

    def stop(self) -> None:
        """End it; twice does nothing."""
        if self.runs:
            self.runs = False
            self.controller.stop(no_assert=True)

    def _check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data.login)
        known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        says = self.says.pop(0) if self.says else ""
        if says == "hang":
            await asyncio.sleep(60)
        if says and says != "cut":
            return says
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=default)
        message["X-Rcpt"] = ",".join(envelope.rcpt_tos)
        self.messages.append(message)  # type: ignore[arg-type]
        if says == "cut":
            server.transport.abort()
        return "250 taken"


class Post:
    """One request as it came."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """`with Receiver() as there:` an HTTP server that keeps what it is sent.

    does: for each coming request a status to answer, "hang" to answer nothing for a while, "cut" to keep it and hang
    up; when the list is empty, 200. decide: called with each request instead, when it is set.
    """

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.does: list[int | str] = []
        self.decide: Callable[[Post], int] | None = None
        self.answer_headers: dict[str, str] = {}
        self.hang_seconds = 5.0

    def __enter__(self) -> Receiver:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, port: int = 0) -> None:
        there = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                post = Post(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                there.posts.append(post)
                does = there.does.pop(0) if there.does else 200
                if there.decide is not None:
                    does = there.decide(post)
                if does == "hang":
                    time.sleep(there.hang_seconds)
                if isinstance(does, str):
                    self.close_connection = True
                    return
                self.send_response(does)
                for name, value in there.answer_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def free_port() -> int:
    """A port of the loopback that was free a moment ago."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
