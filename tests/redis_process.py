"""A Redis for the tests: a server of its own on loopback, in a folder of its own, ended by its id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.engines import REQUIRED

START_SECONDS_MAX = 30


def missing() -> str:
    """Why no Redis can be started here, in a sentence; "" when one can."""
    if shutil.which("redis-server") is None:
        return "there is no Redis here; on Debian or Ubuntu: apt install redis-server"
    try:
        import redis  # noqa: F401
    except ImportError:
        return "the redis package is not installed: pip install -r requirements-hub.txt"
    return ""


def required() -> None:
    """Skip the test in words where there is no Redis; fail it where the run requires one."""
    why = missing()
    if why and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, and {why}")
    if why:
        pytest.skip(why)


class Redis:
    """`with Redis(folder) as redis:` a server on a free port of this machine; nothing of it outlives it.

    settings: lines as in redis.conf, after our own."""

    def __init__(self, folder: Path, *settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.settings = folder, settings
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = int(one.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Redis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers."""
        conf = self.folder / "redis.conf"
        mine = (f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", "save ''", "daemonize no", "pidfile ''")
        conf.write_text("\n".join((*self.settings, *mine)).replace("''", '""') + "\n")
        self.log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            ["redis-server", str(conf)], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL
        )
        end = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError("Redis did not start:\n" + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.005)

    def stop(self) -> None:
        """Kill it: what it held is gone, as after a power cut."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def say(self, *words: str) -> str:
        """One command, such as FLUSHALL, and its answer as it comes."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as line:
            line.sendall((" ".join(words) + "\r\n").encode())
            return line.recv(1 << 16).decode()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False
