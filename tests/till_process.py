"""A real till in a process of its own: started as a person starts it, spoken to over HTTP, ended by its id."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from tests import spawned

REPO = Path(__file__).resolve().parent.parent
START_SECONDS_MAX = 60


class Line:
    """One keep-alive connection with a key; not for two threads at once."""

    def __init__(self, port: int, key: str) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.key = key

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request. `body` is bytes, or anything JSON can hold."""
        headers = {"Authorization": f"Bearer {self.key}"}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        self.http.request(method, path, data, headers)
        answer = self.http.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else {}

    def close(self) -> None:
        self.http.close()


class Till:
    """`with Till(folder) as till:` a server on that folder, with a key that may do everything."""

    def __init__(self, root: Path, *words: str, env: dict[str, str] | None = None) -> None:
        self.root = root
        self.words = words
        self.script = REPO / "pos_server.py"
        ours = ("ERPNEXT_", "TILLKEEP_", "QBWC_", "INVENTORY_")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        self.env = {**clean, **(env or {})}
        self.port = 0
        self.key = ""
        self.seconds_to_start = 0.0

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One sub-command on this folder, to its end."""
        return spawned.run([*words[:1], "--root", str(self.root), *words[1:]], self.env, 120)

    def __enter__(self) -> Till:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it answers; seconds_to_start is from the start of the process to the first answer."""
        self.root.mkdir(parents=True, exist_ok=True)
        told = self.root / "data" / "server.json"
        told.unlink(missing_ok=True)
        words = ["serve", "--root", str(self.root), "--port", "0", *self.words]
        began = time.perf_counter()
        self.log = (self.root / "server.log").open("ab")
        self.process: Any
        if spawned.possible(self.env, self.script):
            self.process = spawned.start(words, self.env, self.log, self.log)
        else:
            self.process = subprocess.Popen(
                [sys.executable, str(self.script), *words],
                stdout=self.log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.env,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # else Ctrl-Break reaches us too
            )
        while not told.exists() or not told.read_text().endswith("}"):
            if self.process.poll() is not None or time.perf_counter() - began > START_SECONDS_MAX:
                self.process.kill()
                raise RuntimeError(f"the till did not start:\n{self.output()[-3000:]}")
            time.sleep(0.005)
        self.port = int(json.loads(told.read_text())["port"])
        Line(self.port, "").http.connect()
        self.seconds_to_start = time.perf_counter() - began

    def stop(self) -> int:
        """Ask it to stop, as a service manager does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode

    def output(self) -> str:
        """What it printed and logged."""
        return (self.root / "server.log").read_text(encoding="utf-8", errors="replace")

    def line(self) -> Line:
        """A connection with a key that may do everything; the key is made at the first call."""
        if not self.key:
            made = self.command("token", "add", f"test {uuid.uuid4().hex[:8]}", "--role", "admin")
            assert made.returncode == 0, made.stderr
            self.key = made.stdout.strip()
        return Line(self.port, self.key)
