"""Processes of the till for tests, quickly: what every one of them imports first is imported once for each worker.

Where it can (Linux, within pytest) a process of its own imports the whole program and then splits itself for every
command asked of it, as `python pos_server.py …` would run it: own memory, environment, streams, signals and exit code.
Elsewhere, and for the benches, each is started anew. tests/cli has the real start.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

REPO = Path(__file__).resolve().parent.parent
SCRIPT = REPO / "pos_server.py"
#: tests/conftest.py says yes; a bench measures the real start.
within_pytest = False
MESSAGE_MAX = 1 << 17


class Process:
    """As much of a subprocess.Popen as the tests ask for."""

    def __init__(self, words: Sequence[str], pid: int, ended: int) -> None:
        self.args, self.pid, self._ended = list(words), pid, ended
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(os.read(self._ended, 32) or b"-9")
            os.close(self._ended)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Nursery:
    """The process that splits itself, and the line to it. One a worker."""

    def __init__(self) -> None:
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.turn = threading.Lock()
        null = subprocess.DEVNULL
        words = [sys.executable, "-m", "tests.spawned", str(theirs.fileno())]
        self.process = subprocess.Popen(words, cwd=REPO, pass_fds=[theirs.fileno()], stdin=null, stdout=null)
        theirs.close()
        atexit.register(self.end)

    def end(self) -> None:
        """What still runs ends with it."""
        self.line.close()
        self.process.wait(30)

    def spawn(self, words: Sequence[str], env: Mapping[str, str], streams: Sequence[IO[Any]]) -> Process:
        ended, tells = os.pipe()
        asked = json.dumps({"words": list(words), "env": dict(env), "cwd": os.getcwd()}).encode()
        with self.turn:
            socket.send_fds(self.line, [asked], [*(stream.fileno() for stream in streams), tells])
            pid = int(self.line.recv(32))
        os.close(tells)
        return Process(words, pid, ended)


_nursery: list[_Nursery] = []
_starting = threading.Lock()


def possible(env: Mapping[str, str], script: Path = SCRIPT) -> bool:
    """Whether a process of this program may come into being by splitting; not with other switches of Python."""
    read_at_start = [name for name in {*env, *os.environ} if name.startswith(("PYTHON", "LANG", "LC_"))]
    same = all(env.get(name) == os.environ.get(name) for name in read_at_start)
    same = same and "TILLKEEP_KILL_AT" not in env  # pos/store/points.py is armed when it is imported
    return within_pytest and same and sys.platform == "linux" and script == SCRIPT


def start(
    words: Sequence[str], env: Mapping[str, str], out: IO[Any], err: IO[Any], given: IO[Any] | None = None
) -> Process:
    """`python pos_server.py words…`, running. given: what it reads, nothing when left out."""
    with _starting:
        if not _nursery:
            _nursery.append(_Nursery())
    with given or open(os.devnull, "rb") as fed:
        return _nursery[0].spawn(words, env, (fed, out, err))


def run(
    words: Sequence[str], env: Mapping[str, str], seconds: float, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """`python pos_server.py words…` to its end, with what it said. typed: what a person types."""
    if not possible(env):
        line = [sys.executable, str(SCRIPT), *words]
        return subprocess.run(
            line, input=typed, capture_output=True, text=True, encoding="utf-8", env=dict(env), timeout=seconds
        )
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(typed.encode())
        given.seek(0)
        process = start(words, env, out, err, given)
        try:
            process.wait(seconds)
        finally:
            process.kill()
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode("utf-8"))
    return subprocess.CompletedProcess(list(words), process.returncode or 0, *said)


# -- in the process that splits itself -----------------------------------------------------------------------------


def _serve(line: socket.socket) -> None:
    """Split for each request until the worker is gone; tell how each child ended."""
    from pos import cli

    for name in ("pos.app", "pos.web.server", "pos.demo", *(command.module for command in cli.COMMANDS)):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([line, woken], [], [])
        if woken in ready:
            os.read(woken, 512)
            _tell_ends(running)
        if line in ready:
            asked, fds, _, _ = socket.recv_fds(line, MESSAGE_MAX, 4)
            if not asked:
                break
            pid = os.fork()
            if not pid:
                _child(json.loads(asked), fds)
            *streams, running[pid] = fds
            for stream in streams:
                os.close(stream)
            line.send(str(pid).encode())
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _tell_ends(running: dict[int, int]) -> None:
    for pid in list(running):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            with contextlib.suppress(BrokenPipeError):
                os.write(running[pid], str(os.waitstatus_to_exitcode(status)).encode())
            os.close(running.pop(pid))


def _child(asked: dict[str, Any], fds: list[int]) -> None:
    """Become `python pos_server.py words…`. Never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate(fds[:3]):
            os.dup2(stream, number)
        os.closerange(3, 1024)
        os.environ.clear()
        os.environ.update(asked["env"])
        time.tzset()
        os.chdir(asked["cwd"])
        sys.argv = [str(SCRIPT), *asked["words"]]
        try:
            runpy.run_path(str(SCRIPT), run_name="__main__")
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except BaseException:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
