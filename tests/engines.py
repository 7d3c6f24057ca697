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

import pytest

#: Which engine the fixtures `shop` and `store` stand on.
WANTED = "TILLKEEP_STORE"
#: Set by .ci/run: without PostgreSQL and Redis the run fails instead of skipping.
REQUIRED = "TILLKEEP_REQUIRE_HUB"
OWNER = "tillkeep"
_NOBODIES = ("postgres", "nobody")
_numbers = itertools.count(1)

#: What a hub on PostgreSQL has no counterpart of, by the beginning of its name: why -> tests. They are about a till's
#: own files; what such a test says beside that stands in one that runs on both.
ABOUT_FILES = {
    "a snapshot is made of a till's own file; a hub's database is copied by PostgreSQL's tools": (
        "tests/actions/test_restore",
        "tests/actions/test_snapshots.py",
        "tests/actions/test_upgrade.py",
        "tests/agents/test_backup.py::test_a_snapshot_is_made",
        "tests/store/test_anchors.py",
        "tests/store/test_archive.py",
        "tests/store/test_places_s3.py::test_a_till_is_copied_there_and_restored_from_there",
        "tests/web/test_console_anchors.py::test_a_snapshot_tells",
        "tests/web/test_copies.py::test_receipts_and_snapshots_go_there",
        "tests/web/test_copies.py::test_a_large_snapshot",
    ),
    "files are put away into archives otherwise than months of PostgreSQL: tests/store/test_months.py": (
        "tests/actions/test_anonymise.py::test_archived_receipts_are_blanked",
        "tests/actions/test_archive.py",
        "tests/agents/test_watch_archives.py",
    ),
    "a database is made anew from files alone": (
        "tests/actions/test_anonymise.py::test_ended_with_the_database_lost",
        "tests/actions/test_anonymise.py::test_the_files_alone",
        "tests/actions/test_late.py::test_a_document_that_comes_in_after_the_z",
        "tests/actions/test_old_vouchers.py::test_rebuilt_from",
        "tests/actions/test_refund.py::test_the_number_of_an_unknown_receipt",
        "tests/actions/test_void.py::test_voids_come_back",
        "tests/actions/test_voucher_ledger.py::test_the_files_alone",
        "tests/actions/test_zread.py::test_the_documents_alone",
    ),
    "verify of a till holds files, database and sessions against each other": (
        "tests/actions/test_anonymise.py::test_a_blanking_that_no_record_names_is_found",
        "tests/actions/test_anonymise.py::test_a_receipt_that_should_be_blanked",
        "tests/actions/test_zread.py::test_verify_finds_a_session",
    ),
    "one server owns a till's folder; of a hub many may run": (
        "tests/agents/test_runner_start.py::test_a_new_server_frees",
        "tests/agents/test_runs.py::test_a_server_that_was_killed_goes_on_with_its_runs",
        "tests/web/test_app.py::test_a_second_till_on_the_same_folder",
    ),
    "another connection to the file sees that nothing was written": (
        "tests/web/test_conductor_screens.py::test_looking_writes_nothing",
    ),
    "a server of its own reads the config.ini of a till": (
        "tests/agents/test_killed.py",
        "tests/agents/test_notify.py::test_a_server_killed_while_it_sends",
    ),
}

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


def about_files(test: str) -> str:
    """Why this test says nothing of a hub on PostgreSQL; "" when it does."""
    return next((why for why, names in ABOUT_FILES.items() if test.startswith(names)), "")


def required() -> None:
    """Skip the test in words where there is no PostgreSQL; fail it where the run requires one."""
    why = missing()
    if why and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, and {why}")
    if why:
        pytest.skip(why)


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
        self._admin: Any = None

    def url(self, name: str, user: str = OWNER) -> str:
        """The address of a database of it."""
        return f"postgresql:///{name}?host={self.folder}&user={user}"

    def sql(self, *statements: str) -> None:
        """Run these as the one who may do everything, each by itself, on a connection that stays for the next."""
        import psycopg

        if self._admin is None or self._admin.closed:
            self._admin = psycopg.connect(self.url("postgres", "root"), autocommit=True)
        for one in statements:
            self._admin.execute(one.encode())

    def fresh(self, template: str = "template0") -> tuple[str, str]:
        """A new database: its name and address. Of 11 MB in 40 ms, and gone in 10; STRATEGY = FILE_COPY and fsync off
        make it no quicker."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} ENCODING 'UTF8'")
        return name, self.url(name)

    def drop(self, name: str) -> None:
        """The database is not needed any more, whoever is still connected."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def control(self, *words: str) -> None:
        """`pg_ctl`: restart, stop -m immediate, …"""
        if self._admin is not None:
            self._admin.close()
        program = _program("pg_ctl")
        assert program is not None
        _as_nobody(self.folder, program, "-D", "data", "-l", "log", "-w", *words)


def place() -> Path:
    """A new folder for a server; in memory where the machine has room there."""
    memory = next((p for p in ("/dev/shm",) if os.access(p, os.W_OK) and shutil.disk_usage(p).free > 1 << 30), None)
    return Path(tempfile.mkdtemp(prefix="tillkeep-pg-", dir=memory))


def start(folder: Path | None = None) -> Server:
    """A new server in a new folder, fsync on."""
    folder = folder or place()
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


def replica_of(server: Server) -> Server:
    """A streaming replica of a running server, in a folder of its own."""
    folder = place()
    if os.getuid() == 0:
        os.chown(folder, *_nobody())
    folder.chmod(0o700)
    copy = _program("pg_basebackup")
    assert copy is not None
    _as_nobody(folder, copy, "-D", "data", "-h", server.folder, "-U", "root", "-R", "-X", "stream", "-c", "fast")
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write(f"unix_socket_directories = '{folder}'\nhot_standby = on\n")
    made = Server(folder)
    made.control("start")
    return made


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
        folder = place()
        _end_with(os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid(), folder)
        server = start(folder)
        note.write_text(json.dumps({"folder": str(server.folder)}))
        server.sql(f"CREATE DATABASE tillkeep_template OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'")
        migrate(server.url("tillkeep_template"))
        return server


#: Waits for a process to be gone, then ends the server and removes its folder, so that a killed run leaves nothing.
_WATCH = """
import os, shutil, signal, sys, time
run, folder = int(sys.argv[1]), sys.argv[2]
while os.path.exists(folder):
    try:
        os.kill(run, 0)
    except OSError:
        break
    time.sleep(1)
try:
    os.kill(int(open(folder + "/data/postmaster.pid").readline()), signal.SIGQUIT)
    time.sleep(2)
except (OSError, ValueError):
    pass
shutil.rmtree(folder, ignore_errors=True)
"""


def _end_with(run: int, folder: Path) -> None:
    subprocess.Popen(
        [sys.executable, "-S", "-c", _WATCH, str(run), str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def end_of_run(shared: Path) -> None:
    """Stop the run's server, where one was started."""
    note = shared / "postgresql.json"
    if note.exists():
        stop(Server(Path(json.loads(note.read_text())["folder"])))
        note.unlink()
