"""Seeded trouble: sales, returns and cash movements are sent through every kind of failure until nothing is left.

    python -m tests.contract.faults --runs 20 --seed 1 --receipts 40

Each run is a fresh till and a fresh site. At its end there must be one submitted document per part of each receipt,
every one equal to its receipt, and nothing stuck. The clock of the till is turned; answers are lost for real.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pos.connectors.base import Posted, key_of
from pos.errors import Unavailable, Unknown
from pos.rules import documents
from pos.store import outbox
from tests.actions import drawer
from tests.contract import baskets
from tests.contract.emulators.erpnext_faults import Faults
from tests.contract.tills import Till, due, till

#: Chance of each failure per request: about one request in three fails in some way.
RATES = {
    "reset_before": 0.03, "reset_after": 0.05, "closed_after": 0.04, "half_answer": 0.03, "garbage": 0.02,
    "slow_before": 0.02, "slow_after": 0.02, "deadlock": 0.03, "lock_timeout": 0.01, "html_500": 0.02,
    "html_502_after": 0.03, "html_504": 0.01, "database_down": 0.01, "rate_limit": 0.01, "maintenance": 0.01,
}  # fmt: skip
#: A client gives up after this; the slow ones take longer. Real seconds.
READ_SECONDS, SLOW_SECONDS = 0.15, 0.25
ROUNDS_MAX = 3000
JUDGE_TRIES = 100


@dataclass
class Result:
    """What one run came to. wrong: sentences; empty = everything is as it must be."""

    receipts: int = 0
    parts: int = 0
    rounds: int = 0
    posts: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def one_run(root: Path, seed: int, receipts: int, rates: dict[str, float] | None = None) -> Result:
    """Sell while sending, through faults drawn from the seed, then let everything settle."""
    with till(root, seed=seed, read_seconds=READ_SECONDS, slow_seconds=SLOW_SECONDS) as shop:
        shop.emulator.faults = Faults(seed, RATES if rates is None else rates)
        result = Result()
        while result.receipts < receipts:
            result.receipts += _sell(shop)
            if shop.chance.random() < 0.4:
                shop.round()
                shop.later(shop.chance.choice((0, 1, 30, 200)))
        while _waiting(shop) and result.rounds < ROUNDS_MAX:
            result.rounds += 1
            shop.round()
            shop.later(_until_next(shop))
        result.failures = Counter(shop.emulator.faults.counts)
        sent = shop.emulator.requests
        result.posts = sum(1 for method, path in sent if method == "POST" and "/resource/" in path)
        shop.emulator.faults.on = False
        _judge(shop, result)
        return result


def _sell(shop: Till) -> int:
    if shop.chance.random() < 0.15:
        kind = shop.chance.choice(("paid_in", "paid_out", "drop"))
        drawer.move(shop, kind, str(Decimal(shop.chance.randint(1, 9999)).scaleb(-2)), reason="milk")
        return 1
    wants_return = shop.world.sold and shop.chance.random() < 0.2
    make = baskets.random_return if wants_return else baskets.random_sale
    doc = make(shop.chance, shop.world)
    if doc is None:
        return 0
    shop.commit(doc)
    return 1


def _waiting(shop: Till) -> bool:
    return any(row.state in ("queued", "sending", "unknown", "sent") for row in shop.rows())


def _until_next(shop: Till) -> float:
    """To the next moment anything falls due, at least a second on. A return that waits for its sale is due already."""
    now = shop.time()
    waits = [due(row, now) for row in shop.rows() if row.state in ("queued", "sending", "unknown", "sent")]
    return max(1.0, min((wait for wait in waits if wait > 0), default=1.0))


def _judge(shop: Till, result: Result) -> None:
    there: dict[str, list[dict[str, object]]] = {}
    for booked in shop.there("Sales Invoice", "Journal Entry", "Payment Entry"):
        there.setdefault(str(booked["pos_receipt_id"]), []).append(booked)
    for row in shop.rows():
        result.parts += 1
        doc = documents.decode(outbox.body(shop.store, row.document))
        key = key_of(row.document, row.part, documents.parts(doc))
        found = there.pop(key, [])
        if row.state != "booked":
            result.wrong.append(f"{doc['invoice_name']} {row.part} is {row.state}: {row.message or row.difference}")
        if len(found) != 1 or found[0]["docstatus"] != 1:
            result.wrong.append(f"{doc['invoice_name']} {row.part} is there {len(found)} times")
            continue
        stored = _read_back(shop, str(found[0]["name"]), doc["kind"])
        difference = shop.world.connector.compare(doc, row.part, stored)
        if difference:
            result.wrong.append(f"{doc['invoice_name']} {row.part}: {difference}")
    result.wrong += [f"{key} is there and belongs to no receipt" for key in there]


def _read_back(shop: Till, name: str, kind: str) -> Posted:
    """The stored document. On a busy machine an honest answer too may take longer than this till's short patience."""
    for _ in range(JUDGE_TRIES):
        try:
            return shop.world.connector.fetch(name, kind)
        except (Unavailable, Unknown):
            time.sleep(READ_SECONDS)
    return shop.world.connector.fetch(name, kind)


def main() -> int:
    parser = argparse.ArgumentParser(description="Send receipts through seeded failures.")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--receipts", type=int, default=40, help="receipts in each run")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    started, total, bad = time.monotonic(), Result(), 0
    for seed in range(given.seed, given.seed + given.runs):
        with tempfile.TemporaryDirectory() as folder:
            result = one_run(Path(folder), seed, given.receipts)
        total.receipts += result.receipts
        total.parts += result.parts
        total.posts += result.posts
        total.failures += result.failures
        bad += bool(result.wrong)
        for sentence in result.wrong[:10]:
            print(f"seed {seed}: {sentence}")
    for kind, count in sorted(total.failures.items()):
        print(f"  {kind:<16} {count:>6}")
    print(
        f"{given.runs} runs, {total.receipts} receipts, {total.parts} documents, {total.posts} posts,"
        f" {sum(total.failures.values())} failures: {bad} runs with something wrong, seeds from {given.seed},"
        f" {time.monotonic() - started:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
