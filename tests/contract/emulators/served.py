"""What every emulated system stands on: a real HTTP server on loopback, and the ways its answers get lost."""

from __future__ import annotations

import io
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Served:
    """The running server. slow_seconds: how long the slow faults last. delay_seconds: what every request takes."""

    def __init__(self, handler: type[Handler], *, port: int, slow_seconds: float) -> None:
        self.slow_seconds = slow_seconds
        self.delay_seconds = 0.0
        #: (method, path with query) of each request.
        self.requests: list[tuple[str, str]] = []
        self._under_way = 0
        self._idle = threading.Condition()
        self._server = _Server(("127.0.0.1", port), type("Handler", (handler,), {"emulator": self}))
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def wait_idle(self, seconds: float = 30.0) -> None:
        """Until no request is being worked on, also none whose client gave up."""
        with self._idle:
            if not self._idle.wait_for(lambda: not self._under_way, seconds):
                raise TimeoutError(f"{self._under_way} requests are still under way")

    def working(self, step: int) -> None:
        with self._idle:
            self._under_way += step
            self._idle.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is part of the game."""


class Handler(ABC, BaseHTTPRequestHandler):
    """One request: read, met by its fault, answered by the emulated system in between.

    An emulator gives `taken`, `answered`, `said`, and the text of its GARBAGE.
    """

    emulator: Any
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    GARBAGE = b"\x1f\x8b{"

    @abstractmethod
    def taken(self) -> tuple[Any, str]:
        """Read the request and write it down: what `answered` wants of it, and the fault it meets ("" = none)."""

    @abstractmethod
    def answered(self, given: Any, fault: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body. It may run long after the connection is gone."""

    @abstractmethod
    def headers_of_all(self, status: int) -> dict[str, str]:
        """What stands in the head of every answer."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def handle_one_request(self) -> None:
        self._counted = False
        try:
            super().handle_one_request()
        finally:
            if self._counted:
                self.emulator.working(-1)

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def _serve(self) -> None:
        emulator = self.emulator
        self._counted = True
        emulator.working(1)
        given, fault = self.taken()
        if emulator.delay_seconds:
            time.sleep(emulator.delay_seconds)
        if fault == "reset_before":
            return self._reset()
        if fault == "late":
            emulator.later(lambda: self.answered(given, ""))
            self.close_connection = True
            return None
        if fault == "slow_before":
            time.sleep(emulator.slow_seconds)
        status, headers, body = self.answered(given, fault)
        if fault == "slow_after":
            time.sleep(emulator.slow_seconds)
        if fault == "reset_after":
            return self._reset()
        if fault == "closed_after":
            self.close_connection = True
            return None
        if fault == "garbage":
            status, body = 200, self.GARBAGE
        self._write(status, headers, body, half=fault == "half_answer")
        return None

    def _write(self, status: int, headers: dict[str, str], body: bytes, *, half: bool) -> None:
        self.send_response(status)
        for name, value in {**headers, **self.headers_of_all(status)}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self.wfile.flush()
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        self.rfile.close()
        self.wfile = io.BytesIO()  # the base class flushes what was just cut off
