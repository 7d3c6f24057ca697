"""The files in deploy/hub: taken by systemd, PostgreSQL, Redis, nginx and Caddy as they are shown."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import redis_process
from tests.conftest import REPO
from tests.redis_process import Redis

HUB = REPO / "deploy" / "hub"


def program(name: str) -> str:
    """The path of a program; the test is skipped in words where it is missing."""
    found = shutil.which(name) or next((str(p) for p in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), "")
    if not found:
        pytest.skip(f"{name} is not on this machine")
    return found


def run(words: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_DATA_HOME": str(folder)}
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120, env=env, cwd=folder)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze, python = program("systemd-analyze"), shutil.which("true")
    files = []
    for name in ("tillkeep-web@.service", "tillkeep-agents@.service", "tillkeep-hub.target"):
        text = (HUB / name).read_text(encoding="utf-8").replace("/opt/tillkeep/.venv/bin/python", str(python))
        file = tmp_path / name.replace("@.", "@5001.")
        file.write_text(text.replace("User=tillkeep", "User=root"), encoding="utf-8")
        files.append(file)
    done = run([analyze, "verify", *files], tmp_path)
    ours = [line for line in done.stderr.splitlines() if "tillkeep" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_postgresql_takes_its_fragment_and_it_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    for name in ("synchronous_commit", "fsync", "full_page_writes"):
        done = run(
            [program("postgres"), "-C", name, "-D", tmp_path, f"--config-file={HUB / 'postgresql.conf'}"], tmp_path
        )
        assert (done.returncode, done.stdout.strip()) == (0, "on"), done.stderr


def test_redis_takes_its_fragment_and_writes_nothing(tmp_path: Path) -> None:
    redis_process.required()
    with Redis(tmp_path / "redis", (HUB / "redis.conf").read_text(encoding="utf-8")) as redis:
        assert "no" in redis.say("CONFIG", "GET", "appendonly").split()
        assert "allkeys-lru" in redis.say("CONFIG", "GET", "maxmemory-policy").split()
        redis.say("SET", "a", "b")
    assert sorted(p.name for p in redis.folder.iterdir()) == ["log", "redis.conf"]


def test_the_environment_of_the_units_is_one_the_program_takes(tmp_path: Path) -> None:
    from pos import config

    lines = (HUB / "hub.env").read_text(encoding="utf-8").splitlines()
    environ = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    loaded = config.load(tmp_path, environ=environ)
    assert (loaded.server.role, loaded.queue.in_server) == ("hub", False)
    assert loaded.queue.url.startswith("redis://") and loaded.storage.url.startswith("postgresql://")
