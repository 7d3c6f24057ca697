"""A printer on a socket of the loopback, with the moods printers have."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

from pos import config as settings

READY, PAPER_THERE, PAPER_END, OFFLINE, COVER = 0x12, 0x12, 0x72, 0x1A, 0x16


class FakePrinter:
    """Listens on a free port. Moods:

    ready: answers and prints; dumb: prints, never answers; no_paper, cover: answers that it cannot;
    hangs: takes the connection and reads nothing; half_closed: takes the slip and closes without a word;
    stalls: answers that it is ready, takes the slip and never says that it is done.
    """

    def __init__(self, mood: str = "ready", seconds: float = 0) -> None:
        """seconds: how long it takes to print, before it says that it is done."""
        self.mood, self.seconds = mood, seconds
        self.slips: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.listener.close()
        for line in self.open:
            line.close()

    def _run(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(line)
            if self.mood != "hangs":
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        slip = b""
        try:
            while data := line.recv(4096):
                while b"\x10\x04" in data:
                    before, _, rest = data.partition(b"\x10\x04")
                    slip += before
                    self._status(line, rest[:1])
                    data = rest[1:]
                slip += data
                if self.mood == "half_closed" and b"\x1b@" in slip:
                    self.slips.append(slip)
                    line.close()
                    return
                if slip.endswith(b"\x1dr\x01") and self.mood == "ready":
                    time.sleep(self.seconds)
                    line.sendall(b"\x00")
        except OSError:
            pass
        if slip:
            self.slips.append(slip.removesuffix(b"\x1dr\x01"))

    def _status(self, line: socket.socket, what: bytes) -> None:
        if self.mood == "dumb":
            return
        sick = self.mood in ("no_paper", "cover")
        cause = {"no_paper": 0x32, "cover": COVER}.get(self.mood, READY)
        paper = PAPER_END if self.mood == "no_paper" else PAPER_THERE
        line.sendall(bytes([{b"\x01": OFFLINE if sick else READY, b"\x02": cause, b"\x04": paper}[what]]))

    def wait_for_slips(self, count: int = 1, seconds: float = 60) -> list[bytes]:
        until = time.monotonic() + seconds
        while len(self.slips) < count and time.monotonic() < until:
            time.sleep(0.01)
        return self.slips


def with_printer(root: Path | settings.Config, url: str, **values: object) -> settings.Config:
    """The settings of a till with that printer."""
    loaded = root if isinstance(root, settings.Config) else settings.load(root, environ={})
    return replace(loaded, printer=replace(loaded.printer, **{"url": url, "timeout_seconds": 1, **values}))


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
