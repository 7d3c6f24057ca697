"""PostgreSQL for the tests: one server for a run, on a socket in a folder of its own; a fresh database for each test.

It is started at the first test that asks for it, by whichever worker is first, and stopped when the run ends. Nothing
of the machine's own servers is touched. It refuses to run as root, so there it runs as somebody without rights.
"""

from __future__ import annotations

import functools
import getpass
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Which engine the fixtures `shop` and `store` stand on.
WANTED = "TILLKEEP_STORE"
#: Set by .ci/run: without PostgreSQL and Redis the run fails instead of skipping.
REQUIRED = "TILLKEEP_REQUIRE_HUB"
OWNER = "tillkeep"
_NOBODIES = ("postgres", "nobody")
_numbers = itertools.count(1)

#: Kept small, for one machine holds it beside everything else; what keeps receipts safe stays on.
SETTINGS = {
    "listen_addresses": "''",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
    "jit": "off",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "log_min_messages": "warning",
}


def wanted() -> bool:
    """Whether this run's stores stand on PostgreSQL."""
    return os.environ.get(WANTED) == "postgresql"


def missing() -> str:
    """Why no PostgreSQL can be started here, in a sentence; "" when one can."""
    if sys.platform == "win32":
        return "PostgreSQL is not started by the tests on Windows"
    if _program("initdb") is None:
        return "there is no PostgreSQL here; on Debian or Ubuntu: apt install postgresql"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed: pip install -r requirements-hub.txt"
    return ""


@functools.cache
def _program(name: str) -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[-3].split(".")[0]))
    if found:
        return found[-1]
    onpath = shutil.which(name)
    return Path(onpath).resolve() if onpath else None


class Server:
    """A running PostgreSQL. `folder` holds its files and its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str, user: str = OWNER) -> str:
        """The address of a database of it."""
        return f"postgresql:///{name}?host={self.folder}&user={user}"

    def sql(self, *statements: str) -> None:
        """Run these as the one who may do everything, each by itself."""
        import psycopg

        with psycopg.connect(self.url("postgres", "root"), autocommit=True) as connection:
            for one in statements:
                connection.execute(one.encode())

    def fresh(self, template: str = "template0") -> tuple[str, str]:
        """A new database: its name and address."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} ENCODING 'UTF8'")
        return name, self.url(name)

    def drop(self, name: str) -> None:
        """The database is not needed any more, whoever is still connected."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def control(self, *words: str) -> None:
        """`pg_ctl`: restart, stop -m immediate, …"""
        program = _program("pg_ctl")
        assert program is not None
        _as_nobody(self.folder, program, "-D", "data", "-l", "log", "-w", *words)


def start(folder: Path | None = None) -> Server:
    """A new server in a new folder, fsync on; in memory where the machine has such a place."""
    place = next((p for p in ("/dev/shm",) if os.access(p, os.W_OK) and shutil.disk_usage(p).free > 1 << 30), None)
    folder = folder or Path(tempfile.mkdtemp(prefix="tillkeep-pg-", dir=place))
    if os.getuid() == 0:
        os.chown(folder, *_nobody())
    folder.chmod(0o700)
    initdb = _program("initdb")
    assert initdb is not None
    _as_nobody(folder, initdb, "-D", "data", "-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    lines = [f"{name} = {value}" for name, value in SETTINGS.items()] + [f"unix_socket_directories = '{folder}'"]
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("\n".join(lines) + "\n")
    server = Server(folder)
    server.control("start")
    server.sql(f"CREATE ROLE {OWNER} LOGIN")
    return server


def stop(server: Server) -> None:
    """End it and remove its folder."""
    server.control("stop", "-m", "immediate")
    shutil.rmtree(server.folder, ignore_errors=True)


def _nobody() -> tuple[int, int]:
    import pwd

    for name in _NOBODIES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise RuntimeError(f"running as {getpass.getuser()}, and there is nobody else to run PostgreSQL as")


def _as_nobody(folder: Path, *command: str | Path) -> None:
    who: dict[str, Any] = {}
    if os.getuid() == 0:
        uid, gid = _nobody()
        who = {"user": uid, "group": gid, "extra_groups": []}
    with (folder / "out").open("ab") as out:
        done = subprocess.run(
            [str(c) for c in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False,
            timeout=120, env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}, **who,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: " + (folder / "out").read_text(errors="replace")[-2000:])


# -- one for a run -----------------------------------------------------------------------------------------------------


@contextmanager
def _alone(shared: Path) -> Iterator[None]:
    import fcntl

    with (shared / "postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def for_the_run(shared: Path, migrate: Callable[[str], None]) -> Server:
    """The run's server, with the database `tillkeep_template` that `migrate` filled; started when nobody did so yet.

    shared: a folder all workers of the run know."""
    note = shared / "postgresql.json"
    with _alone(shared):
        if note.exists():
            return Server(Path(json.loads(note.read_text())["folder"]))
        server = start()
        note.write_text(json.dumps({"folder": str(server.folder)}))
        server.sql(f"CREATE DATABASE tillkeep_template OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'")
        migrate(server.url("tillkeep_template"))
        return server


def end_of_run(shared: Path) -> None:
    """Stop the run's server, where one was started."""
    note = shared / "postgresql.json"
    if note.exists():
        stop(Server(Path(json.loads(note.read_text())["folder"])))
        note.unlink()
