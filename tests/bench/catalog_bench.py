"""How long a search and a scan take on the server with 100,000 items, JSON included."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pos import clock, config
from pos.actions import catalog as words
from pos.store.db import Store, open_store
from tests.bench import catalogue

ITEMS = 100_000
ROUNDS = 400
#: What people type, letter by letter at worst: broad, narrow, two words, inside a word, unknown, a code.
TYPED = (
    "b", "bo", "boot", "boot brown", "bro boo", "harrow", "harrow chelsea boot", "brand 7", "oot", "athe suede",
    "navy uk 9", "winter ank", "HA-00", "5000000", "zzz", "boot 9 tan", "shirt", "s", "9", "land cream olive", "ridge",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, and its figures by name."""

    name: str
    figures: dict[str, str]


def run(items: int = ITEMS, rounds: int = ROUNDS) -> list[Row]:
    """Fill a fresh catalogue and time it. Milliseconds, one thread, warm after the first tenth."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(config.load(Path(folder), environ={}))
        try:
            began = clock.monotonic()
            count = catalogue.fill(store, items)
            took = clock.monotonic() - began
            return [
                Row("fill the catalogue", {"items": f"{count:,}", "seconds": f"{took:.1f}"}),
                *_measure(store, rounds),
            ]
        finally:
            store.close()


def _measure(store: Store, rounds: int) -> list[Row]:
    draw = random.Random(7)
    codes = [row[0] for row in store.execute("SELECT code FROM barcode ORDER BY code")]
    scans = [draw.choice(codes) for _ in range(rounds * 5)]
    groups = [g["name"] for g in words.groups(store)]
    pages = [(draw.choice(groups), draw.randrange(0, 3000, 60)) for _ in range(rounds)]
    typed = [draw.choice(TYPED) for _ in range(rounds * 3)]
    grids = [row[0] for row in store.execute("SELECT code FROM item WHERE has_variants = 1")]
    return [
        _timed("scan to line", lambda code: words.scanned(store, code), scans),
        _timed("search, 60 tiles", lambda q: words.search(store, q, "", 0, 60), typed),
        *(_timed(f"search {q!r}", lambda q: words.search(store, q, "", 0, 60), [q] * 40) for q in TYPED),
        _timed("browse a group, 60 tiles", lambda at: words.search(store, "", at[0], at[1], 60), pages),
        _timed("groups", lambda _: words.groups(store), range(50)),
        _timed("grid of a template", lambda code: words.grid(store, code), draw.choices(grids, k=rounds)),
    ]


def _timed(name: str, ask: Callable[[Any], object], given: Iterable[Any]) -> Row:
    asked = list(given)
    for one in asked[: max(1, len(asked) // 10)]:
        json.dumps(ask(one))
    took = []
    for one in asked:
        began = clock.monotonic()
        json.dumps(ask(one))
        took.append((clock.monotonic() - began) * 1000)
    took.sort()
    at = {p: took[min(len(took) - 1, int(len(took) * p / 100))] for p in (50, 95, 99)}
    return Row(name, {"n": str(len(took)), **{f"p{p} ms": f"{v:.2f}" for p, v in at.items()}})


if __name__ == "__main__":
    for row in run():
        print(f"{row.name:32}", "  ".join(f"{k} {v}" for k, v in row.figures.items()))
