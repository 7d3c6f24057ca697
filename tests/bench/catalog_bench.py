"""How long a search and a scan take on the server with 100,000 items, JSON included."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pos import clock, config
from pos.actions import catalog as words
from pos.store.db import Store, open_store
from tests.bench import catalogue, measure

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
    """Fill a fresh catalogue, time it and print the table. One thread, warm after the first tenth."""
    with measure.scratch() as folder:
        store = open_store(config.load(folder, environ={}))
        try:
            began = clock.monotonic()
            count = catalogue.fill(store, items)
            took = clock.monotonic() - began
            rows = _measure(store, rounds)
        finally:
            store.close()
    measure.table(
        f"Search and scan with {count:,} items (put in within {took:.0f} s), milliseconds",
        ("what", *rows[0].figures),
        [(row.name, *row.figures.values()) for row in rows],
    )
    return rows


def _measure(store: Store, rounds: int) -> list[Row]:
    draw = random.Random(7)
    codes = [row[0] for row in store.execute("SELECT code FROM barcode ORDER BY code")]
    scans = [draw.choice(codes) for _ in range(rounds * 5)]
    groups = [g["name"] for g in words.groups(store)]
    pages = [(draw.choice(groups), draw.randrange(0, 3000, 60)) for _ in range(rounds)]
    typed = [draw.choice(TYPED) for _ in range(rounds * 3)]
    grids = [row[0] for row in store.execute("SELECT code FROM item WHERE has_variants = 1")]
    return [
        _timed("scan to line", lambda code: words.scanned(store, store.config, code), scans),
        _timed("search, 24 tiles (a full screen)", lambda q: words.search(store, q, "", 0, 24), typed),
        _timed("search, 60 tiles", lambda q: words.search(store, q, "", 0, 60), typed),
        *(_timed(f"search {q!r}", lambda q: words.search(store, q, "", 0, 24), [q] * (rounds // 10)) for q in TYPED),
        _timed("browse a group, 24 tiles", lambda at: words.search(store, "", at[0], at[1], 24), pages),
        _timed("groups", lambda _: words.groups(store), range(rounds // 8)),
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
        took.append(clock.monotonic() - began)
    return Row(name, dict(zip(("p50", "p95", "p99", "slowest"), measure.spread(took), strict=True)))


if __name__ == "__main__":
    run()
