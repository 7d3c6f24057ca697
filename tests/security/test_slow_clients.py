"""Slow, silent, talkative and many: whoever does not get on keeps nobody from buying."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websocket

from pos.app import App
from pos.web import server, turnstile
from tests.web.conftest import Served

HEAD = "POST /api/create-sale HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
#: Each began something and does not go on with it: headers, a body, chunks, the line of a chunk, nothing at all.
SLOW = (
    "GET /health HT",
    HEAD,
    HEAD + "Content-Length: 500\r\n\r\n{",
    HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    HEAD + "Transfer-Encoding: chunked\r\n\r\n" + "0" * 5000,
    "",
)


def eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not holds():
        time.sleep(0.01)
    return holds()


class Buyer:
    """A till's page: one connection that stays, a key."""

    def __init__(self, served: Served, key: str) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def buy(self, basket: dict[str, Any]) -> int:
        self.line.request("POST", "/api/create-sale", json.dumps(basket), self.headers)
        answer = self.line.getresponse()
        answer.read()
        return answer.status


@pytest.fixture
def opened() -> Iterator[list[socket.socket]]:
    lines: list[socket.socket] = []
    yield lines
    for line in lines:
        line.close()


def connect(served: Served, begins: str = "") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", served.server.port), timeout=30)
    line.sendall(begins.encode())
    return line


def is_cut(line: socket.socket) -> bool:
    line.settimeout(30)
    try:
        return line.recv(65536) == b""
    except ConnectionError:
        return True


def test_whoever_is_slow_is_cut_and_sales_go_on_meanwhile(
    served: Served, key: str, basket: Any, opened: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = Buyer(served, key)
    opened += [connect(served, begins) for begins in SLOW * 4]
    assert eventually(lambda: len(served.server.active_channels) >= len(opened))
    assert [buyer.buy(basket()) for _ in range(3)] == [201] * 3
    monkeypatch.setattr(server, "REQUEST_SECONDS_MAX", 0)
    served.server.adj.cleanup_interval = served.server.next_channel_cleanup = 0
    assert all(is_cut(line) for line, begins in zip(opened, SLOW * 4, strict=True) if begins)
    monkeypatch.setattr(server, "REQUEST_SECONDS_MAX", 60)
    assert buyer.buy(basket()) == 201, "the page's own connection was not slow"


def test_an_answer_that_nobody_takes_has_an_end(
    served: Served, key: str, basket: Any, opened: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the sockets hold between them, asked for in one go by somebody who never reads."""
    line = socket.socket()
    opened.append(line)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # before it is connected, or the system chooses
    line.connect(("127.0.0.1", served.server.port))
    asked = f"GET /api/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n" * 20
    line.sendall(asked.encode())
    assert eventually(lambda: unsent(served) > 500_000)
    assert Buyer(served, key).buy(basket()) == 201
    waiting = max(served.server.active_channels.values(), key=lambda channel: int(channel.total_outbufs_len))
    monkeypatch.setattr(server, "ANSWER_SECONDS_MAX", 0)
    monkeypatch.setattr(server, "ANSWER_BYTES_MIN", 0)
    served.server.adj.cleanup_interval = served.server.next_channel_cleanup = 0
    looked = served.server.next_channel_cleanup
    assert eventually(lambda: waiting.ready is not None and served.server.next_channel_cleanup > looked)
    assert waiting.connected, "whoever takes enough may take long"
    monkeypatch.setattr(server, "ANSWER_BYTES_MIN", 1 << 40)
    assert eventually(lambda: not waiting.connected)


def unsent(served: Served) -> int:
    return sum(c.total_outbufs_len for c in list(served.server.active_channels.values()))


def test_with_every_connection_taken_a_sale_goes_through(
    till: App, key: str, basket: Any, opened: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who never got a request together makes room; the connection of somebody let in stays."""
    monkeypatch.setattr(server, "CONNECTIONS_MAX", 30)
    here = Served(till)
    try:
        early = Buyer(here, key)
        assert early.buy(basket()) == 201
        socket_before = early.line.sock
        opened += [connect(here, begins) for begins in SLOW * 10]
        assert Buyer(here, key).buy(basket()) == 201
        assert early.buy(basket()) == 201
        assert early.line.sock is socket_before
        assert len(here.server.active_channels) < 30
    finally:
        here.stop()


@pytest.mark.parametrize("what", ["many", "large", "pings"])
def test_a_screen_that_talks_is_cut_and_what_it_said_is_kept_nowhere(
    till: App, key: str, basket: Any, what: str
) -> None:
    here = Served(till)
    till.hub.start() if till.hub._thread is None else None
    try:
        address = here.base.replace("http", "ws") + "/live"
        ws = websocket.create_connection(address, header=[f"Authorization: Bearer {key}"], timeout=30)
        assert eventually(lambda: len(here.server.screens) == 1)
        with pytest.raises((OSError, websocket.WebSocketException)):
            for _ in range(5000):
                if what == "large":
                    ws.send("x" * 1_000_000)
                elif what == "many":
                    ws.send("x" * 100)
                else:
                    ws.ping("x" * 100)
        assert eventually(lambda: not here.server.screens)
        assert Buyer(here, key).buy(basket()) == 201
    finally:
        here.stop()


BAD = (
    "GET /api/items HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET /wp-admin/setup.php HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    HEAD + "Authorization: Bearer tk_guess\r\nContent-Length: 2\r\n\r\n{}",
    HEAD + "Content-Length: 99999999999\r\n\r\n",
    "\x16\x03\x01\r\n\r\n",
)


def test_a_flood_of_bad_requests_waits_and_no_sale_is_lost_or_refused(
    served: Served, till: App, key: str, basket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The long one, with its figures, is `python3 tasks.py bench flood`."""
    monkeypatch.setattr(turnstile, "ALLOWANCE", 20)
    monkeypatch.setattr(turnstile, "PER_SECOND", 200.0)
    buyer, sold, answers = Buyer(served, key), 0, []
    assert buyer.buy(basket()) == 201
    before = till.store.execute("SELECT count(*) FROM document").fetchone()[0]
    began = time.monotonic()
    for n in range(40):
        asking = [connect(served, BAD[(n + m) % len(BAD)]) for m in range(6)]
        sold += buyer.buy(basket()) == 201
        for line in asking:
            answers.append(line.recv(65536)[:12])
            line.close()
    assert sold == 40
    assert till.store.execute("SELECT count(*) FROM document").fetchone()[0] == before + 40
    assert {answer[9:10] for answer in answers} == {b"4"}, "each had its refusal, and none was a fault of ours"
    assert time.monotonic() - began > (len(answers) - 20) / 200 * 0.9, "the flood was held up"
