"""A process that only sells: some threads on one journal. What it tries and what was acknowledged goes to its parent.

Lines on the pipe: `try ID` before a sale is offered, `ack ID NUMBER HASH` after commit returned, `harm N` (files that
are missing or torn before recovery), `bad WORDS` (the check found a difference), `ok N` (it found N documents whole).
Each is one write below PIPE_BUF, so threads never mix; nothing else may be written there.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from pos import clock, config
from pos.config import Config
from pos.store import db
from pos.store.db import Store, database_path, open_store
from pos.store.journal import Journal
from pos.store.models import Connection
from pos.store.verify import verify
from tests.receipts import line, sale


def basket(key: str) -> dict[str, Any]:
    """The document of one basket: everything follows from its id, so offering it again is the same sale."""
    pick = hashlib.sha256(key.encode()).digest()
    count = 1 + pick[0] % 4
    lines = [line(f"ITEM-{pick[i]}", 1 + pick[i + 1] % 5, f"{pick[i + 2]}.99", line=f"{i}") for i in range(count)]
    return sale(*lines, id=key)


class Teller:
    """Tells the parent, one whole line at a time."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def say(self, words: str) -> None:
        os.write(self.handle, f"{words}\n"[:4000].encode())


def harmed(shop: Config) -> int:
    """Receipts of the database whose file is missing, empty or another one: what recovery is for."""
    path = database_path(shop)
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=10)
    try:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'document'").fetchone():
            return 0
        return sum(
            _other(shop.invoices / p, b.encode()) for p, b in connection.execute("SELECT path, body FROM document")
        )
    finally:
        connection.close()


def _other(file: Path, body: bytes) -> bool:
    try:
        return file.read_bytes() != body
    except OSError:
        return True


def differences(shop: Config, store: Store, acked: dict[str, str]) -> tuple[int, list[str]]:
    """Everything that must hold after a crash: how many documents there are, and what does not hold."""
    report = verify(shop)
    found = list(report.differences)
    saved = dict(store.execute("SELECT id, number || ' ' || hash FROM document").fetchall())
    for key, told in acked.items():
        if key not in saved:
            found.append(f"{told.split()[0]} was acknowledged and is lost (id {key})")
        elif saved[key] != told:
            found.append(f"{told.split()[0]} was acknowledged and is now {saved[key].split()[0]} (id {key})")
    doubled = store.execute("SELECT document FROM outbox GROUP BY document HAVING count(*) <> 1").fetchall()
    found += [f"the outbox has {key} more than once" for (key,) in doubled]
    (owed,) = store.execute("SELECT count(*) FROM document d WHERE id NOT IN (SELECT document FROM outbox)").fetchone()
    if owed:
        found.append(f"{owed} documents are not in the outbox")
    for (words,) in store.execute("PRAGMA integrity_check").fetchall():
        if words != "ok":
            found.append(f"the database is damaged: {words}")
    return report.documents, found


def sell(
    shop: Config,
    teller: Teller,
    *,
    threads: int,
    acked: dict[str, str],
    again: list[str],
    recovering: bool = True,
    flush_seconds: float = 0.5,
    sales_max: int = 0,
) -> None:
    """Start as the till does, check, offer again what was not acknowledged, then sell until killed.

    sales_max: after that many it waits to be killed, so that a folder stays small; 0 = sells on.
    """
    store = open_store(shop)
    if not store.execute("SELECT 1 FROM connection").fetchone():
        Connection.create(id="erpnext", kind="erpnext", title="ERPNext")
    teller.say(f"harm {harmed(shop)}")
    journal = Journal(store, recovering=recovering, flush_seconds=flush_seconds)
    count, found = differences(shop, store, acked)
    for words in found[:5]:
        teller.say(f"bad {words}")
    teller.say(f"ok {count}")
    waiting = list(again)
    guard = threading.Lock()

    left = iter(range(sales_max)) if sales_max else itertools.count()

    def offer() -> None:
        while True:
            with guard:
                if next(left, None) is None:
                    break
                key = waiting.pop() if waiting else clock.uuid7()
            teller.say(f"try {key}")
            saved = journal.commit(basket(key))
            teller.say(f"ack {key} {saved.doc['invoice_name']} {saved.doc['hash']}")
        threading.Event().wait()

    crowd = [threading.Thread(target=offer, daemon=True) for _ in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()


class Heard:
    """What the parent knows: baskets tried and acknowledged, harm seen before recovery, differences found."""

    def __init__(self) -> None:
        self.acked: dict[str, str] = {}
        self.tried: dict[str, None] = {}
        self.harmed = 0
        self.checked = 0
        self.bad: list[str] = []

    def take(self, text: str) -> None:
        """Everything one process said until it was killed; half a line at the end was not said."""
        for words in text.split("\n")[:-1]:
            kind, _, rest = words.partition(" ")
            if kind == "try":
                self.tried[rest] = None
            elif kind == "ack":
                key, _, told = rest.partition(" ")
                if key in self.acked and self.acked[key] != told:
                    self.bad.append(f"{key} was acknowledged as {self.acked[key]} and then as {told}")
                self.acked[key] = told
            elif kind == "harm":
                self.harmed += int(rest)
            elif kind == "ok":
                self.checked += 1
            elif kind == "bad":
                self.bad.append(rest)
            else:
                self.bad.append(f"not understood: {words}")

    @property
    def again(self) -> list[str]:
        """Baskets the shop's screens still hold: offered, not acknowledged."""
        return [key for key in self.tried if key not in self.acked]


def main() -> None:
    """The seller as a process of its own; stdin gives what was acknowledged and what to offer again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--no-flush", action="store_true", help="control: the writer does not flush")
    parser.add_argument("--check-only", action="store_true")
    options = parser.parse_args()
    handle = os.dup(1)
    os.dup2(2, 1)  # nothing else may use the pipe
    if options.no_flush:
        db.DURABLE["synchronous"] = 1
    acked, again = {}, []
    for words in sys.stdin.read().splitlines():
        key, _, told = words.partition(" ")
        if told:
            acked[key] = told
        else:
            again.append(key)
    shop = config.load(options.root, environ={})
    threads = 0 if options.check_only else options.threads
    sell(shop, Teller(handle), threads=threads, acked=acked, again=again)


if __name__ == "__main__":
    main()
