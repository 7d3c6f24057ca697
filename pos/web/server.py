"""waitress and flask-sock on one port: a WebSocket is taken out of waitress' loop before it holds a worker.

waitress parses a complete `GET … Upgrade: websocket` in its main thread. There the connection leaves the poll loop and
gets a thread of its own, which runs the same WSGI application (so routing, rules and refusals are those of every
request) with the socket in `environ`. Relies on waitress 3.0 internals: `add_task` called in the main thread under the
channel's `requests_lock`, `channel_class`, `task_class`, `del_channel`, `write_soon` as the only exit of a task, and a
poll loop that tolerates an entry that vanished. `tests/web/test_server.py` holds them to it.

Nobody keeps others out by being slow or many: a request and the taking of its answer have an end, whoever fills the
last connections makes room for the next, a screen that talks is cut, and who is refused again and again waits
(`turnstile.py`).
"""

from __future__ import annotations

import contextlib
import copy
import errno
import heapq
import itertools
import json
import logging
import socket
import threading
from collections.abc import Mapping
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from pos import clock
from pos.errors import BadSettings
from pos.web import errors
from pos.web.turnstile import KNOWN, REFUSED, WAIT_SECONDS_MAX, Turnstile

log = logging.getLogger(__name__)

#: A screen that takes no data for this long is cut; it reconnects and asks for everything again.
SEND_SECONDS_MAX = 5
#: WebSockets at once, each a thread or two. A till has a handful of screens.
WEBSOCKETS_MAX = 200
CONNECTIONS_MAX = 500
#: A request is whole this long after its first byte; of an answer that takes long, so much is taken a second.
REQUEST_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 120
ANSWER_BYTES_MIN = 8192
#: How often slow ones are looked for.
LOOK_SECONDS = 5
#: A screen only listens: what it sends are answers to pings. More than this many bytes a minute and it is cut.
SCREEN_BYTES_MAX = 65536
#: Running and waiting requests get this long to be answered when the server stops.
STOP_SECONDS = 5


class ScreenSocket(socket.socket):
    """What simple-websocket is given: whole, serialised writes; a peer that does not read errors out."""

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.settimeout(SEND_SECONDS_MAX)  # for writes: the reading thread selects before it reads
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.used = False
        self._writing = threading.Lock()
        self._minute, self._heard = clock.monotonic(), 0

    def send(self, data: Any, flags: int = 0) -> int:
        """Everything or an error. Replies to pings and our messages come from two threads: one frame at a time."""
        with self._writing:
            self.used = True
            try:
                self.sendall(data, flags)
            except OSError:
                self.abort()  # half a frame may be out: the stream is of no use any more
                raise
        return len(data)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What came in; OSError when the screen talks more than a screen has to say."""
        data = super().recv(size, flags)
        now = clock.monotonic()
        if now - self._minute >= 60:
            self._minute, self._heard = now, 0
        self._heard += len(data)
        if self._heard > SCREEN_BYTES_MAX:
            self.abort()
            raise ConnectionAbortedError("the screen sends more than answers to pings")
        return data

    def abort(self) -> None:
        """End the connection under whoever waits on it."""
        try:
            self.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class _Task(WSGITask):  # type: ignore[misc]
    def service(self) -> None:
        try:
            super().service()
        finally:
            environ = self.environ or {}
            self.channel.known = bool(environ.get(KNOWN))
            status = "403" if environ.get(REFUSED) else self.status
            self.channel.server.answered(self.request, status, self.channel.known)

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.channel.screen is not None:
            environ["werkzeug.socket"] = self.channel.screen
            # permessage-deflate triples the memory of a socket and is not safe with two writers.
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return environ


class _Refusal(ErrorTask):  # type: ignore[misc]
    """What waitress itself refuses (not HTTP, headers or body far too large), in the one JSON error shape."""

    def execute(self) -> None:
        error = self.request.error
        words = _REFUSALS.get(error.code, "The server could not answer. Try again.")
        body = json.dumps({"ok": False, "code": f"http_{error.code}", "message": words, "field": None}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend(
            [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")]
        )
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        self.channel.server.answered(self.request, self.status, known=False)


_REFUSALS = {
    400: "This is not a request the till understands.",
    413: "This is more than the till takes at once ([security] body_kb_max).",
    431: "The request's headers are too large. Clear this site's cookies and try again.",
}


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Takes larger bodies at the addresses that are given them (`Adjustments.large`)."""

    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        most = getattr(self.adj, "large", {}).get(self.path)
        if most is not None and self.command == "POST":
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = most * 2


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser
    task_class = _Task
    error_task_class = _Refusal
    socket: Any
    screen: ScreenSocket | None = None
    #: Moments: the first byte of the request that is coming in; the first look at an answer that is not yet taken.
    begun = 0.0
    ready: float | None = None
    #: Bytes of it that the client took.
    took = 0
    #: Waits at the turnstile; was let in with a good key or cookie.
    waits = False
    known = False

    def received(self, data: bytes) -> bool:
        before = self.request
        taken = bool(super().received(data))
        if self.request is not before:
            self.begun = clock.monotonic()
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent = int(super().send(data, do_close))
        self.took += sent
        return sent

    def is_slow(self, now: float) -> bool:
        """Takes longer to send its request, or to take its answer, than anybody needs."""
        if not self.total_outbufs_len:
            self.ready = None
        elif self.ready is None:
            self.ready, self.took = now, 0
        if self.ready is not None and (lasts := now - self.ready) > ANSWER_SECONDS_MAX:
            return self.took < ANSWER_BYTES_MIN * lasts
        return self.request is not None and not self.requests and now - self.begun > REQUEST_SECONDS_MAX

    def hijack(self) -> None:
        """Leave the poll loop with the socket. In the main thread, `requests_lock` held."""
        request = self.requests.pop()
        self.del_channel()
        taken, self.socket = self.socket, None
        self.screen = ScreenSocket(taken.detach())
        self.server.screens.add(self)
        threading.Thread(target=self._serve, args=(request,), daemon=True, name="screen").start()

    def _serve(self, request: Any) -> None:
        assert self.screen is not None
        try:
            errors.shielded("serving a screen", lambda: self._talk(request))
        finally:
            request.close()
            self.server.screens.discard(self)
            self.screen.abort()
            self.screen.close()

    def _talk(self, request: Any) -> None:
        try:
            self.task_class(self, request).service()
        except OSError as error:
            log.info("a screen went away: %s", error)

    def write_soon(self, data: Any) -> int:
        if self.screen is None:
            return int(super().write_soon(data))
        if data and not self.screen.used:  # refused before the handshake: a plain HTTP answer
            self.screen.sendall(data)
        return len(data)

    def readable(self) -> bool:
        return self.screen is None and not self.server.stopping and bool(super().readable())


class Server(TcpWSGIServer):  # type: ignore[misc]
    """One listening port. `run()` blocks in the main thread until `stop()`; what runs is then answered first."""

    channel_class = _Channel

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.screens: set[_Channel] = set()
        self.stopping = False
        self.turnstile: Turnstile = kwargs.pop("turnstile")
        self._waiting: list[tuple[float, int, _Channel]] = []  # a heap: due at, order of coming
        self._order = itertools.count()
        self._waiting_lock = threading.Lock()
        super().__init__(*args, **kwargs)

    @property
    def port(self) -> int:
        return int(self.effective_port)

    def set_reuse_addr(self) -> None:
        """On Windows SO_REUSEADDR would let two tills share a port; its exclusive twin says "taken" as elsewhere."""
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            super().set_reuse_addr()

    def add_task(self, channel: _Channel) -> None:
        """Serve the channel's first request, at once or when its turn comes. `requests_lock` held, in any thread."""
        first = channel.requests[0]
        first.who = self.turnstile.who(channel.addr[0], first.headers)
        first.waited = self.turnstile.wait(first.who)
        if first.waited > WAIT_SECONDS_MAX:
            channel.will_close = True
        elif first.waited:
            channel.waits = True
            with self._waiting_lock:
                heapq.heappush(self._waiting, (clock.monotonic() + first.waited, next(self._order), channel))
            self.pull_trigger()  # the loop may sleep for longer than that
        else:
            self._hand_over(channel)

    def answered(self, request: Any, status: str, known: bool) -> None:
        """A request had its answer: what is known of whoever asked. In the thread that served it."""
        if known:
            self.turnstile.let_in(request.headers)
        elif status.startswith("4") and not request.waited:
            self.turnstile.refused(request.who)

    def _hand_over(self, channel: _Channel) -> None:
        first = channel.requests[0]
        if (
            not first.error
            and first.command == "GET"
            and len(channel.requests) == 1
            and not channel.total_outbufs_len  # an answer before it on this line is still on its way out
            and first.headers.get("UPGRADE", "").lower() == "websocket"
            and len(self.screens) < WEBSOCKETS_MAX
        ):
            channel.hijack()
        else:
            super().add_task(channel)

    def _admit(self) -> float:
        """Serve the requests whose turn has come; seconds until the next one's."""
        while True:
            with self._waiting_lock:
                left = self._waiting[0][0] - clock.monotonic() if self._waiting else 1.0
                if left > 0:
                    return left
                channel = heapq.heappop(self._waiting)[2]
            with channel.requests_lock:
                channel.waits = False
                if channel.connected and channel.requests:
                    self._hand_over(channel)

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        moment = clock.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_slow(moment):
                channel.handle_close()  # `will_close` waits until the client takes something

    def handle_accept(self) -> None:
        super().handle_accept()  # first: a number of a closed socket must not come back within this turn of the loop
        if len(self._map) >= CONNECTIONS_MAX - 10:
            self._make_room()

    def _make_room(self) -> None:
        """Close whoever is the least loss: who waits for being a nuisance, who never got a request together, who was
        not let in, who idles; the oldest first. What is being answered is left alone."""
        channels = sorted(self.active_channels.values(), key=lambda c: c.creation_time)[:-1]  # the newest has just come
        closable = [c for c in channels if c.waits or not (c.requests or c.total_outbufs_len)]
        if closable:
            least = min(closable, key=lambda c: (not c.waits, c.known, c.request is None, c.last_activity))
            least.handle_close()

    def stop(self) -> None:
        """Ask `run()` to end. Safe from a signal handler, from any thread, and twice."""
        if not self.stopping:
            self.stopping = True
            with contextlib.suppress(OSError):  # the loop was awake, and has ended by itself
                self.pull_trigger()

    def run(self) -> None:
        """Serve until `stop()`. Requests that run or wait are answered first, new connections are not taken."""
        while not self.stopping:
            self._turn(1.0)
        wasyncore.dispatcher.close(self)  # the port is free from here on
        deadline = clock.monotonic() + STOP_SECONDS
        while self._busy() and clock.monotonic() < deadline:
            self._turn(0.05)
        self.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def _turn(self, seconds: float) -> None:
        # poll, never select: select ends the process at file descriptor 1024.
        wasyncore.loop(timeout=min(seconds, self._admit()), use_poll=True, map=self._map, count=1)

    def _busy(self) -> bool:
        channels = list(self.active_channels.values())
        return any((c.requests and not c.waits) or c.total_outbufs_len for c in channels)

    def close_screens(self) -> None:
        """End every WebSocket; each thread notices at once."""
        for channel in list(self.screens):
            if channel.screen is not None:
                channel.screen.abort()


def listen(
    application: Any, host: str, port: int, threads: int, body_bytes_max: int, trusted_proxy: str = "",
    large: Mapping[str, int] | None = None,
) -> Server:  # fmt: skip
    """A server bound to the port (0 = any free one). BadSettings names the port and the way out when it is taken.
    large: addresses whose POSTs may be larger, in bytes; the application refuses what is too large in its own words."""
    settings = Adjustments(
        host=host,
        port=port,
        threads=threads,
        asyncore_use_poll=True,
        connection_limit=CONNECTIONS_MAX,
        channel_timeout=120,
        cleanup_interval=LOOK_SECONDS,
        # One more than the application takes, so that the refusal is the application's, in words.
        max_request_body_size=body_bytes_max * 2,
        ident=None,
        expose_tracebacks=False,
        clear_untrusted_proxy_headers=False,
    )
    settings.large = large or {}
    dispatcher = ThreadedTaskDispatcher()
    try:
        turnstile = Turnstile(trusted_proxy)
        server = Server(
            application, {}, dispatcher=dispatcher, adj=settings, sockinfo=settings.listen[0], turnstile=turnstile
        )
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    dispatcher.set_thread_count(settings.threads)
    return server


def _cannot_listen(host: str, port: int, error: OSError) -> BadSettings:
    if error.errno == errno.EADDRINUSE:
        return BadSettings(
            f"Port {port} is in use by another program (or another till). Start with `--port {port + 1}`, "
            "or set [server] port in config.ini."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return BadSettings(f"Port {port} may not be opened by this user. Start with `--port 5000`, or above 1024.")
    return BadSettings(f"Cannot listen on {host} port {port}: {error.strerror}. Check [server] host in config.ini.")
