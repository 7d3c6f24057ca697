"""waitress and WebSockets on one port: what the server relies on, and each trap it must not fall into."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from flask import Flask, Response, request
from flask_sock import Sock

from pos.errors import BadSettings
from pos.web import live, server

BODY_MAX = 100_000


class Running:
    """A server in a thread, and what tests do with it."""

    def __init__(self, app: Flask, threads: int = 1) -> None:
        self.server = server.listen(app, "127.0.0.1", 0, threads, BODY_MAX)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def get(self, path: str, timeout: float = 5) -> bytes:
        with urllib.request.urlopen(f"http://{self.url}{path}", timeout=timeout) as answer:
            return bytes(answer.read())

    def connect(self, path: str = "/echo", **more: Any) -> websocket.WebSocket:
        return websocket.create_connection(f"ws://{self.url}{path}", timeout=5, **more)

    def raw(self, text: str) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.server.port), timeout=5)
        line.sendall(text.replace("\n", "\r\n").encode())
        return line

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(timeout=15)
        self.server.close_screens()
        assert not self.thread.is_alive()


def application() -> Flask:
    app = Flask("test", static_folder=None)
    app.config["SOCK_SERVER_OPTIONS"] = live.OPTIONS
    app.before_request(refuse)
    sock = Sock(app)
    for view in (echo, refused, extensions, shout, flood):
        sock.route(f"/{view.__name__}")(view)
    app.get("/hello")(hello)
    app.get("/slow")(slow)
    app.post("/size")(size)
    return app


def refuse() -> Response | None:
    return Response("no", 403) if request.path == "/refused" else None


def echo(ws: Any) -> None:
    while True:
        ws.send(ws.receive())


def refused(ws: Any) -> None:
    raise AssertionError("a refused socket must not reach its view")


def extensions(ws: Any) -> None:
    ws.send(request.environ.get("HTTP_SEC_WEBSOCKET_EXTENSIONS", "none"))


def shout(ws: Any) -> None:
    """Six threads send two large messages each on one socket, each message in many small writes."""
    ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    def many(name: str) -> None:
        for n in range(2):
            ws.send(json.dumps({"from": name, "n": n, "pad": name * 200_000}))

    voices = [threading.Thread(target=many, args=(str(v),)) for v in range(6)]
    for voice in voices:
        voice.start()
    for voice in voices:
        voice.join()
    ws.receive()


def flood(ws: Any) -> None:
    while True:
        ws.send("x" * 65536)


def hello() -> str:
    return "hello"


def slow() -> str:
    time.sleep(0.8)
    return "slow"


def size() -> str:
    return str(len(request.get_data()))


@pytest.fixture
def running() -> Iterator[Running]:
    here = Running(application(), threads=1)
    yield here
    here.stop()


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.01)
    return holds()


def test_a_message_comes_back(running: Running) -> None:
    ws = running.connect()
    ws.send("one")
    assert ws.recv() == "one"
    ws.close()


def test_open_sockets_take_no_worker_so_http_never_freezes(running: Running) -> None:
    """One worker thread, six sockets: on plain waitress the first one would take the only worker."""
    sockets = [running.connect() for _ in range(6)]
    assert running.get("/hello", timeout=2) == b"hello"
    for n, ws in enumerate(sockets):
        ws.send(str(n))
        assert ws.recv() == str(n)
        ws.close()


def test_closed_and_reset_sockets_leave_nothing_behind(running: Running) -> None:
    before = threading.active_count()
    sockets = [running.connect() for _ in range(9)]
    assert len(running.server.screens) == 9
    for ws in sockets[:3]:
        ws.close()
    for ws in sockets[3:6]:
        ws.shutdown()
    for ws in sockets[6:]:
        ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        ws.sock.close()
    assert eventually(lambda: not running.server.screens)
    assert eventually(lambda: threading.active_count() <= before)


def test_a_refusal_before_the_handshake_is_a_plain_answer(running: Running) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        running.connect("/refused")
    assert refused.value.status_code == 403
    with pytest.raises(websocket.WebSocketBadStatusException) as missing:
        running.connect("/nowhere")
    assert missing.value.status_code == 404
    assert eventually(lambda: not running.server.screens)


def test_http_then_upgrade_on_one_connection(running: Running) -> None:
    line = running.raw("GET /hello HTTP/1.1\nHost: x\n\n")
    got = b""
    while b"hello" not in got:
        got += line.recv(4096)
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\nSec-WebSocket-Version: 13\n"
    line.sendall(
        f"GET /echo HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\n{key}\n".replace("\n", "\r\n").encode()
    )
    assert b"101 Switching Protocols" in line.recv(4096)
    line.close()


def test_two_requests_at_once_where_the_second_upgrades_are_answered_in_order(running: Running) -> None:
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\nSec-WebSocket-Version: 13\n"
    line = running.raw(
        f"GET /hello HTTP/1.1\nHost: x\n\nGET /echo HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\n{key}\n"
    )
    got = b""
    while b"101 Switching Protocols" not in got:
        more = line.recv(4096)
        assert more, got
        got += more
    assert got.index(b"hello") < got.index(b"101 Switching")
    line.close()


def test_an_upgrade_of_a_plain_route_is_refused(running: Running) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        running.connect("/hello")
    assert refused.value.status_code == 400


def test_compression_is_never_agreed_on(running: Running) -> None:
    ws = running.connect("/extensions", header=["Sec-WebSocket-Extensions: permessage-deflate"])
    assert "sec-websocket-extensions" not in {k.lower() for k in ws.headers}
    assert ws.recv() == "none"
    ws.close()


def test_frames_of_many_threads_arrive_whole(running: Running) -> None:
    ws = running.connect("/shout")
    time.sleep(0.1)  # the socket is full by now
    seen: dict[str, list[int]] = {}
    for _ in range(12):
        message = json.loads(ws.recv())
        assert message["pad"] == message["from"] * 200_000
        seen.setdefault(message["from"], []).append(message["n"])
    assert len(seen) == 6
    assert all(numbers == list(range(2)) for numbers in seen.values())
    ws.close()


def test_a_screen_that_does_not_read_is_cut(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SEND_SECONDS_MAX", 0.5)
    stuck = running.connect("/flood")
    assert len(running.server.screens) == 1
    assert eventually(lambda: not running.server.screens, seconds=8)
    assert running.get("/hello") == b"hello"
    stuck.sock.close()


def test_the_limit_of_sockets_is_kept_and_http_goes_on(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "WEBSOCKETS_MAX", 2)
    held = [running.connect() for _ in range(2)]
    with pytest.raises(websocket.WebSocketBadStatusException):
        running.connect()
    assert running.get("/hello") == b"hello"
    for ws in held:
        ws.close()


def test_the_loop_polls_and_never_selects(running: Running) -> None:
    """select() ends the whole process at file descriptor 1024."""
    assert running.server.adj.asyncore_use_poll
    if not hasattr(select, "poll"):
        pytest.skip("this system has no poll(); connections are limited below select()'s 512")
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1300:
        pytest.skip("not enough file descriptors may be opened here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1300), hard))
    filler = [socket.socket() for _ in range(1050)]
    try:
        ws = running.connect()
        ws.send("above")
        assert ws.recv() == "above"
        assert running.get("/hello") == b"hello"
        ws.close()
    finally:
        for one in filler:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_waitress_refuses_is_said_in_json(running: Running) -> None:
    line = running.raw(f"POST /size HTTP/1.1\nHost: x\nContent-Length: {BODY_MAX * 2 + 1}\n\n")
    answer = line.recv(8192).decode()
    while "}" not in answer:
        answer += line.recv(8192).decode()
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 413")
    assert json.loads(body)["code"] == "http_413"
    line.close()


def test_a_stop_answers_what_runs_and_what_waits(running: Running) -> None:
    answers: list[bytes] = []
    asking = [threading.Thread(target=lambda: answers.append(running.get("/slow", timeout=10))) for _ in range(2)]
    for one in asking:
        one.start()
    channels = running.server.active_channels
    assert eventually(lambda: sum(len(c.requests) for c in list(channels.values())) == 2)
    running.server.stop()
    for one in asking:
        one.join(timeout=10)
    assert answers == [b"slow", b"slow"]


def test_after_a_stop_the_port_is_free(running: Running) -> None:
    ws = running.connect()
    port = running.server.port
    running.stop()
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
        for _ in range(3):
            ws.send("x")
            ws.recv()
    again = server.listen(application(), "127.0.0.1", port, 1, BODY_MAX)
    again.stop()
    again.run()


def test_a_taken_port_is_named_with_the_way_out(running: Running) -> None:
    with pytest.raises(BadSettings) as refused:
        server.listen(application(), "127.0.0.1", running.server.port, 1, BODY_MAX)
    assert f"Port {running.server.port} is in use" in refused.value.message
    assert "--port" in refused.value.message


SCRIPT = """
import signal, sys
from tests.web.test_server import application
from pos.web import server
here = server.listen(application(), "127.0.0.1", 0, 2, 1000)
signal.signal(signal.SIGTERM, lambda *_: here.stop())
print(here.port, flush=True)
here.run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("end", ["here.close_screens()", "pass"])
def test_sigterm_answers_what_runs_and_exits_0_though_sockets_are_open(end: str) -> None:
    """Even where nobody thinks of the open sockets at the end: no thread of theirs keeps the process."""
    repo = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", SCRIPT + end], stdout=subprocess.PIPE, cwd=repo, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        sockets = [websocket.create_connection(f"ws://127.0.0.1:{port}/echo", timeout=5) for _ in range(3)]
        answers: list[bytes] = []

        def ask() -> None:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/slow", timeout=10) as answer:
                answers.append(answer.read())

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.3)
        process.terminate()
        assert process.wait(timeout=10) == 0
        asking.join(timeout=5)
        assert answers == [b"slow"]
        for ws in sockets:
            ws.close()
    finally:
        process.kill()
        process.wait()
