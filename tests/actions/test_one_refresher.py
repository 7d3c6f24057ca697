"""One refresher per rotating token: two processes on one store, and an issuer that takes each refresh token once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import one_refresher
from pos.config import Config, Storage
from pos.errors import Unavailable
from pos.store import connections, leases
from pos.store.db import Store, open_store
from tests.conftest import REPO

TURNS = 12


class Issuer:
    """A token is good until it was shown once; a refresh token works once, and using it again locks everybody out."""

    def __init__(self, file: Path) -> None:
        self.db = sqlite3.connect(file, isolation_level=None, timeout=60)
        self.db.execute("CREATE TABLE IF NOT EXISTS issued (refresh INTEGER PRIMARY KEY, access TEXT, locked INTEGER)")
        self.db.execute("INSERT OR IGNORE INTO issued VALUES (0, 'a0', 0)")

    def refresh(self, with_token: int) -> dict[str, Any]:
        self.db.execute("BEGIN IMMEDIATE")
        (newest,) = self.db.execute("SELECT max(refresh) FROM issued").fetchone()
        if with_token == newest:
            self.db.execute("INSERT INTO issued VALUES (?, ?, 0)", (newest + 1, f"a{newest + 1}"))
        else:
            self.db.execute("UPDATE issued SET locked = 1")
        self.db.execute("COMMIT")
        return {"access": f"a{newest + 1}", "refresh": newest + 1, "good": True}

    def locked(self) -> bool:
        return bool(self.db.execute("SELECT max(locked) FROM issued").fetchone()[0])


def use(root: Path, url: str, turns: int) -> None:
    """What each process does: take the good token, say that it has expired, again and again."""
    store, issuer = open_store(Config(root=root, storage=Storage(url=url))), Issuer(root / "issuer.db")

    def kept() -> str | None:
        found = connections.facts(store, "rotating")
        return found["access"] if found.get("good") else None

    def refresh() -> str:
        new = issuer.refresh(connections.facts(store, "rotating").get("refresh", 0))
        connections.keep_facts(store, "rotating", new)
        return str(new["access"])

    for _ in range(turns):
        one_refresher.token(store, "rotating", kept, refresh)
        with store.transaction():
            connections.keep_facts(store, "rotating", connections.facts(store, "rotating") | {"good": False})
    store.close()


def test_two_processes_never_use_one_refresh_token_twice(shop: Config, tmp_path: Path) -> None:
    open_store(shop).close()
    given = f"Path({json.dumps(str(tmp_path))}), {json.dumps(shop.storage.url)}, {TURNS}"
    code = f"from tests.actions.test_one_refresher import *; use({given})"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=REPO, env=dict(os.environ), stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
    assert not Issuer(tmp_path / "issuer.db").locked()


@pytest.mark.both_engines
def test_a_refresher_that_died_is_waited_for_and_one_that_failed_is_not(store: Store) -> None:
    def fails() -> str:
        raise Unavailable("no line")

    with pytest.raises(Unavailable, match="no line"):
        one_refresher.token(store, "rotating", lambda: None, fails)
    dead = leases.take(store, "token:rotating", "a machine that burnt down", one_refresher.LEASE_SECONDS)
    assert dead is not None, "the failure kept the lease"
    with pytest.raises(Unavailable, match="does not come to an end"):
        one_refresher.token(store, "rotating", lambda: None, fails, wait_seconds=0)
    later = clock.now() + timedelta(seconds=one_refresher.LEASE_SECONDS + 1)
    assert leases.take(store, "token:rotating", "another", 1, later) == dead + 1
