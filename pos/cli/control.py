"""How a command finds the server that runs on its folder, and speaks to it.

The server leaves data/server.json: where it listens, its process id, and a key made anew at each start that only
this machine may use. The file is readable by the server's own user alone, and goes when the server stops.
"""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pos.config import Config
from pos.errors import PosError
from pos.store import disk

ANSWER_SECONDS_MAX = 60
PROBE_SECONDS_MAX = 3


class Refused(PosError):
    """The running server did not do what it was asked; the message is the server's own sentence."""

    code = "refused"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. `call` raises Refused with the server's sentence, or OSError when it went away."""

    host: str
    port: int
    pid: int
    key: str

    def call(self, path: str, body: bytes, kind: str = "application/json") -> dict[str, Any]:
        """POST a body; the JSON answer."""
        line = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_SECONDS_MAX)
        try:
            line.request("POST", path, body, {"Authorization": f"Bearer {self.key}", "Content-Type": kind})
            answer = line.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise Refused(f"The server on port {self.port} broke off its answer.") from error
        finally:
            line.close()
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        if answer.status >= 400 or not isinstance(found, dict) or not found.get("ok"):
            said = found.get("message") if isinstance(found, dict) else None
            raise Refused(said or f"The server answered {answer.status} and no reason.")
        return found


def _file(config: Config) -> Path:
    return config.data / "server.json"


def announce(config: Config, port: int, key: str) -> None:
    """Write the file. Called when the server listens."""
    host = config.server.host if config.server.host not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
    body = json.dumps({"host": host, "port": port, "pid": os.getpid(), "key": key})
    disk.write_whole(_file(config), body.encode(), mode=0o600)


def withdraw(config: Config) -> None:
    """Remove the file. Called when the server stops. Where several serve one hub, the last one that began is in it."""
    try:
        pid = int(json.loads(_file(config).read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        pid = os.getpid()
    if pid == os.getpid():
        _file(config).unlink(missing_ok=True)


def running(config: Config) -> Running | None:
    """The server on this folder if one answers, else None. A file left by a killed server is no server."""
    try:
        told = json.loads(_file(config).read_text(encoding="utf-8"))
        found = Running(str(told["host"]), int(told["port"]), int(told["pid"]), str(told["key"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    line = http.client.HTTPConnection(found.host, found.port, timeout=PROBE_SECONDS_MAX)
    try:
        line.request("GET", "/health")
        line.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()
    return found
