"""Stock of 100,000 items at 10 places: the overview by page, place, words and what runs low, events, one item's
history, and what the start after an upgrade costs, where all of it gets its opening."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pos import clock, config
from pos.rules.inventory import Draft, Line
from pos.store import inventory, inventory_begin, inventory_sums, low
from pos.store.db import Store, open_store
from tests.bench import catalogue, measure

ITEMS, PLACES, SOLD, HELD = 100_000, 10, 50_000, 100
ROUNDS = 30


def run() -> None:
    """Print the tables."""
    with measure.scratch() as folder:
        store = open_store(config.load(Path(folder), environ={}))
        try:
            _measured(store)
        finally:
            store.close()


def _measured(store: Store) -> None:
    catalogue.fill(store, ITEMS)
    for table in ("stock", "inventory_move", "inventory_line", "inventory_event"):
        store.execute(f"DELETE FROM {table}")
    with store.transaction():
        store.execute(
            "WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n < ? - 1)"
            " INSERT INTO stock (item, warehouse, qty, own_at_set, modified) SELECT i.code, CASE n WHEN 0 THEN ? ELSE"
            " 'Place ' || n END, 1000 * (1 + abs(random()) % 40), 0, '' FROM item i, place WHERE i.has_variants = 0",
            (PLACES, store.config.till.warehouse),
        )
        store.execute("UPDATE item SET reorder = 2000 WHERE stocked = 1")
    codes = [code for (code,) in store.execute("SELECT item FROM stock WHERE warehouse = 'Place 1'").fetchall()]
    began = clock.monotonic()
    inventory_begin.begin(store)
    opened = clock.monotonic() - began
    began = clock.monotonic()
    inventory_begin.begin(store)
    again = clock.monotonic() - began
    _sold(store, codes)
    now = clock.now()
    began = clock.monotonic()
    low.everything(store, now, lambda _crossed: None)
    looked = clock.monotonic() - began
    began = clock.monotonic()
    assert inventory_sums.wrong(store) == []
    proved = clock.monotonic() - began
    _table(store, codes)
    measure.table(
        "The same stock as a whole", ("what", "s"),
        [
            ("openings of all of it, at the first start after an upgrade", f"{opened:.1f}"),
            ("the next start", f"{again:.2f}"),
            ("everything looked at for what runs low", f"{looked:.1f}"),
            ("all sums proved, as `verify` does", f"{proved:.1f}"),
        ],
    )  # fmt: skip
    print(f"\nLoad {os.getloadavg()[0]:.1f}.")


def _sold(store: Store, codes: list[str]) -> None:
    """Sales, every tenth of them of the same item, and baskets that are set aside."""
    place, at = store.config.till.warehouse, clock.stamp(clock.now())
    with store.transaction():
        for n in range(SOLD):
            code = codes[0] if n % 10 == 0 else codes[n * 7 % len(codes)]
            store.execute(
                "INSERT INTO document (id, kind, till, store, series, sequence, number, path, created_at, business_day,"
                " session, cashier, customer, currency, total, tax, hash, prev_hash, body) VALUES (?, 'sale', 'T1',"
                " 'main', 'till', ?, ?, ?, ?, '2026-11-20', '', 'ann', '', 'GBP', 0, 0, '', '', '{}')",
                (f"d{n:08d}", n, f"T1-{n:06d}", f"{n}.json", at),
            )  # fmt: skip
            store.execute("INSERT INTO movement (document, position, item_code, warehouse, qty) VALUES (?, 1, ?, ?, ?)",
                          (f"d{n:08d}", code, place, -1000))  # fmt: skip
        for n in range(HELD):
            lines = [{"item_code": codes[(n * 31 + k) % len(codes)], "qty": "1"} for k in range(12)]
            store.execute(
                "INSERT INTO held (id, store, till, title, basket, lines, total, state, by_code, by_name, at,"
                " changed_at, changed_by, taken, reason, up, holder) VALUES (?, 'main', 'T1', '', ?, 12, '', 'held',"
                " '', '', '', '', '', '', '', '', '')",
                (f"b{n}", json.dumps({"lines": lines})),
            )  # fmt: skip


def _table(store: Store, codes: list[str]) -> None:
    middle = json.dumps([codes[len(codes) // 2], ""])
    ways: dict[str, Callable[[int], Any]] = {
        "overview, first page": lambda _n: inventory.overview(store, "main"),
        "overview, a page in the middle": lambda _n: inventory.overview(store, "main", page=middle),
        "overview, 500 rows": lambda _n: inventory.overview(store, "main", size=500),
        "overview of one place": lambda _n: inventory.overview(store, "main", location="Place 7", page=middle),
        "overview, what runs low": lambda _n: inventory.overview(store, "main", low_only=True),
        "overview, low at one place": lambda _n: inventory.overview(store, "main", low_only=True, location="Place 9"),
        "overview by a word": lambda _n: inventory.overview(store, "main", query="oxford shirt"),
        "overview by a code": lambda n: inventory.overview(store, "main", query=codes[n * 97]),
        "figures": lambda _n: inventory.figures(store, "main"),
        "one item at its places": lambda n: inventory.item_detail(store, codes[n], "main"),
        "history of one item": lambda n: inventory.moves(store, codes[n + 1], "main"),
        f"history of an item sold {SOLD // 10:,} times": lambda _n: inventory.moves(store, codes[0], "main"),
        "an event of one line": lambda n: _post(store, codes, n, 1),
        "an event of 100 lines": lambda n: _post(store, codes, 1000 + n, 100),
    }
    rows = []
    for name, way in ways.items():
        took = []
        for n in range(ROUNDS):
            began = clock.monotonic()
            way(n)
            took.append(clock.monotonic() - began)
        rows.append([name, *measure.spread(took)])
    title = f"Stock of {ITEMS:,} items at {PLACES} places ({ITEMS * PLACES:,} levels), {HELD} baskets set aside"
    measure.table(title, ("what", "p50", "p95", "p99", "max"), rows)


def _post(store: Store, codes: list[str], n: int, lines: int) -> None:
    now = clock.now()
    day = inventory.today(store, "main", now)
    goods = [Line(codes[(n * 101 + k) % len(codes)], 1000, destination="Place 3") for k in range(lines)]
    inventory.post(store, Draft(clock.uuid7(), "main", "receipt", day, tuple(goods)), by="bench", now=now)


if __name__ == "__main__":
    run()
