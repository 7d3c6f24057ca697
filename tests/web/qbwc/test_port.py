"""The Web Connector's door on a real port: bodies that are larger here than elsewhere, floods, and memory."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from pos.app import App
from pos.errors import BadSettings
from pos.http import Http
from pos.rules import soap
from pos.web import qbwc, turnstile
from pos.web.own_port import OwnPort
from pos.web.server import Server, listen

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def port(served: App) -> Iterator[Server]:
    most = served.config.security.body_kb_max * 1024
    server = listen(served.flask, "127.0.0.1", 0, 4, most, "", qbwc.large(served.store, served.config))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server
    server.stop()
    thread.join(15)


def sent(port: Server, body: bytes, path: str = "/qbwc", length: int | None = None) -> bytes:
    """The first bytes of the answer to a POST, b"" when there is none. length: what is announced."""
    with socket.create_connection(("127.0.0.1", port.port), timeout=30) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
        line.sendall(f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode())
        try:
            line.sendall(body)
            return line.recv(4096)
        except OSError:
            return b""


def test_a_long_answer_comes_through_here_and_nowhere_else(till: App, port: Server) -> None:
    long = "<x>" * (MEGABYTE // 4)  # each takes nine bytes on the way
    body = soap.request("receiveResponseXML", {"ticket": "t", "response": long})
    assert 2 * MEGABYTE < len(body) < 3 * MEGABYTE
    answer = sent(port, body)
    assert b" 200 " in answer.split(b"\r\n")[0]
    for path in ("/api/sign-in", "/qbwc/support"):  # refused at the head already
        assert b" 413 " in sent(port, b"x", path, length=len(body)).split(b"\r\n")[0]


def test_what_is_far_too_large_is_not_even_taken_in(till: App, port: Server) -> None:
    """Forty megabytes announced are refused at the head; sent without end they are cut."""
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    for _ in range(5):
        assert b" 413 " in sent(port, b"x" * 1000, length=40 * MEGABYTE).split(b"\r\n")[0]
    sent(port, b"<a>" * (40 * MEGABYTE // 3), length=40 * MEGABYTE)  # the answer may be lost with the line
    assert process.memory_info().rss - before < 80 * MEGABYTE  # forty of it are this test's own


def test_nodes_by_the_million_take_little(till: App, port: Server) -> None:
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    body = b"<s:Envelope xmlns:s='" + soap.SOAP_11.encode() + b"'>" + b"<a/>" * 600_000
    assert b" 400 " in sent(port, body).split(b"\r\n")[0]
    assert process.memory_info().rss - before < 40 * MEGABYTE


def test_an_own_port_that_is_taken_is_said_so(served: App, port: Server) -> None:
    own = replace(served.config.qbwc, bind_port=port.port)
    with pytest.raises(BadSettings, match="bind_port"):
        OwnPort(qbwc.only(served.flask), replace(served.config, qbwc=own), {})


def test_who_is_refused_again_and_again_waits_although_the_answers_are_200(till: App, port: Server) -> None:
    http = Http(f"http://localhost:{port.port}")
    body = soap.request("sendRequestXML", {"ticket": "made-up"})
    try:
        for _ in range(5):
            answer = http.send("POST", "/qbwc", body, headers={"Content-Type": "text/xml"}, only_reads=True)
            assert answer.status == 200
    finally:
        http.close()
    owing = [at for who, at in port.turnstile._owing.items() if who.startswith(("127.", "::1"))]
    assert owing and turnstile.ALLOWANCE > 5
