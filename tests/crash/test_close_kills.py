"""A close that is killed at every named point and at any moment: one Z for one session, numbers without a gap."""

from __future__ import annotations

import os
import random
import select
import signal
from pathlib import Path
from typing import Any

import pytest

from pos import config as settings
from pos.rules import documents, shift, zread
from pos.store import points, shifts
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.verify import verify
from tests import receipts
from tests.days import MAKER

pytestmark = [pytest.mark.crash, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

#: Each point is met twice, and half as many lives end at any moment.
LIVES = 135 if os.environ.get("TILLKEEP_LONG") else 27
#: Points a close itself passes before it is answered.
ON_THE_WAY = points.POINTS[: points.POINTS.index("before_answer") + 1]


def key(cycle: int, act: int) -> str:
    """The id of one act of one cycle: whoever tries again uses the same."""
    return f"0193a1b2-0000-7000-8000-{act:04d}{cycle:08d}"


def close(journal: Journal, cycle: int) -> dict[str, Any]:
    """The Z of the open session; counting is not looked at here."""

    def complete(tx: Store) -> dict[str, Any]:
        session = shifts.current(tx, "T1")
        assert session is not None
        given = zread.with_count(shifts.given(tx, session), shifts.next_z(tx, "T1"), {"id": "c"}, ())
        return {"z": zread.report(shifts.facts(tx, session), given)}

    return journal.commit(shift.blank("z", key(cycle, 9), MAKER), complete=complete).doc


def live(root: Path, point: str, told: int) -> None:
    """One process: it finishes what the one before began, then trades and closes until it is killed."""
    store = open_store(settings.load(root, environ={}))
    journal = Journal(store, flush_seconds=0.01)
    last = shifts.closed(store, "T1", 1)
    cycle = last[0].number if last else 0
    points.arm(point)
    while True:
        journal.commit({**shift.float_document("x", 10_000, MAKER), "id": key(cycle, 1)})
        for n in range(2, 5):
            journal.commit({**receipts.sale(), "id": key(cycle, n)})
        doc = close(journal, cycle)
        os.write(told, f"{cycle} {doc['z']['number']} {doc['hash']}\n".encode())
        cycle += 1


def one_life(root: Path, rng: random.Random, point: str) -> list[tuple[int, int, str]]:
    """Start a process, let it be killed, and hear what it acknowledged."""
    ears, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ears)
            live(root, point, mouth)
        finally:
            os._exit(9)
    os.close(mouth)
    heard, seconds = b"", rng.uniform(0.05, 0.4) if not point else 20.0
    while select.select([ears], [], [], seconds)[0]:
        piece = os.read(ears, 1 << 16)
        heard += piece
        if not piece:
            break
        if not point:
            seconds = rng.uniform(0, 0.05)
            if rng.random() < 0.2:
                break
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ears)
    lines = [line.split() for line in heard.decode().splitlines(keepends=True) if line.endswith("\n")]
    return [(int(cycle), int(number), digest) for cycle, number, digest in lines]


def test_a_killed_close_is_done_once_or_not_at_all_and_no_number_is_lost(tmp_path: Path) -> None:
    rng, acknowledged = random.Random(11), {}
    for life in range(LIVES):
        at = ON_THE_WAY[(life - life // 3 - 1) % len(ON_THE_WAY)]  # of each three lives two are killed at a point
        point = f"{at}:{rng.randint(1, 12)}" if life % 3 else ""
        for cycle, number, digest in one_life(tmp_path, rng, point):
            assert acknowledged.setdefault(cycle, (number, digest)) == (number, digest), "one session, two Zs"
    config = settings.load(tmp_path, environ={})
    store = open_store(config)
    journal = Journal(store)
    try:
        closed = shifts.closed(store, "T1", 10_000)
        assert [s.z_number for s in reversed(closed)] == list(range(1, len(closed) + 1))
        assert [s.number for s in reversed(closed)] == list(range(1, len(closed) + 1))
        zs = {s.number - 1: _z(store, str(s.z_document)) for s in closed}
        for cycle, (number, digest) in acknowledged.items():
            assert (zs[cycle]["z"]["number"], zs[cycle]["hash"]) == (number, digest), "an acknowledged Z is gone"
        for z in zs.values():
            assert (z["z"]["sales"]["count"], z["z"]["documents"]) == (3, 4), (
                "a Z counts all of its session, nothing else"
            )
            again = zread.report(shifts.counted_facts(store, z), zread.given_of(z["z"], "GBP"))
            assert documents.encode({**z, "z": again}) == documents.encode(z)
        assert len(acknowledged) > 10
    finally:
        journal.close()
        store.close()
    assert verify(config).differences == []


def _z(store: Store, document: str) -> dict[str, Any]:
    row = store.execute("SELECT body FROM document WHERE id = ?", (document,)).fetchone()
    return documents.decode(row[0].encode())
