"""Seeded trouble with QuickBooks Online: days of sales are sent through every kind of failure until nothing is left.

    python -m tests.contract.qbo_faults --runs 20 --seed 1 --receipts 30

Each run is a fresh till and a fresh company, in one grain or the other, whose requestids are remembered for a day, for
an hour or not at all; in every other run what is not known yet is asked for a day later. The till is signed in in
earnest: a second process on the same data wants a token whenever the till does, and Intuit ends a sign-in that two
renew at once. At its end every document is there once, the money of each day, way to pay and direction is the till's to
the penny, the till's own reconciliation finds each day equal, the sign-in stands, and nothing is stuck. The clocks are
turned; answers are lost for real.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import clock
from pos import config as settings
from pos.actions import qbo_alive, reconcile
from pos.connectors.qbo import pace
from pos.errors import ConnectorError
from pos.rules import oauth
from pos.store import qbo_tokens, scopes
from pos.store.db import Store, open_store
from tests.contract import qbo_books
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_faults import Faults
from tests.contract.emulators.qbo_figures import totals

#: Chance of each failure per request: more than one request in three fails in some way.
RATES = {
    "reset_before": 0.03, "reset_after": 0.05, "closed_after": 0.04, "half_answer": 0.03, "garbage": 0.02,
    "slow_before": 0.01, "slow_after": 0.01, "late": 0.05, "throttled": 0.02, "throttled_lower": 0.01,
    "gateway_text": 0.01, "gateway_text_after": 0.02, "gateway_html": 0.01, "gateway_html_after": 0.02, "system": 0.02,
    "system_after": 0.02, "fault_in_200": 0.02, "unauthorised": 0.02, "inventory_lock": 0.01,
}  # fmt: skip
#: What the token address does to one renewal in three; where an old value dies at once, only what comes before it acts.
TOKEN_FAULTS = ("reset_before", "gateway_text", "gateway_html", "throttled", "system")
TOKEN_FAULTS_AFTER = ("reset_after", "closed_after")
#: How long a renewal takes there: the other one comes meanwhile. Real seconds.
RENEWAL_SECONDS = 0.05
#: A client gives up after this; the slow ones take longer. Real seconds.
READ_SECONDS, SLOW_SECONDS = 0.3, 0.5
DAYS, ROUNDS_MAX = 3, 600
_RENEWED = ("given", "same")
WAYS = {"Cash": shops.DRAWER, "Card": shops.CARDS}
Key = tuple[str, str, str]


@dataclass
class Result:
    """What one run came to. at_once: how often two processes wanted a token that had to be renewed. day_later: what was
    not known when a day went by. wrong: sentences; empty = everything is as it must be."""

    receipts: int = 0
    documents: int = 0
    posts: int = 0
    rounds: int = 0
    renewals: int = 0
    at_once: int = 0
    day_later: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Other:
    """Another process of the same till, which wants a token when it is told to."""

    def __init__(self) -> None:
        line = [sys.executable, "-m", "tests.contract.qbo_faults", "--other"]
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, words: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def other() -> int:
    """What it does: a line is a till's folder and settings, or the moment it is."""
    store: Store | None = None
    for line in sys.stdin:
        told = json.loads(line)
        if isinstance(told, list):
            if store is not None:
                store.close()
            store = open_store(settings.load(Path(told[0]), told[1]))
            print("ready", flush=True)
            continue
        assert store is not None
        with clock.set_to(clock.parse(told)):
            try:
                qbo_alive.Tokens(store, store.config, "quickbooks").access()
                print("a token", flush=True)
            except ConnectorError as error:
                print(f"{type(error).__name__} {error.code}", flush=True)
    if store is not None:
        store.close()
    return 0


class Run:
    """sold: (day, account, direction) -> what the till took or paid out."""

    def __init__(self, shop: qbo_books.Shop, seed: int, beside: Other | None = None) -> None:
        self.shop, self.chance, self.beside = shop, random.Random(seed), beside
        self.sold: Counter[Key] = Counter()
        self.result = Result()
        switches = shop.site.gb.switches
        switches.requestid_memory = dt.timedelta(hours=self.chance.choice((0, 1, 24)))
        switches.duplicate_check = self.chance.random() < 0.5
        switches.remembers_failures = self.chance.random() < 0.3
        shop.site.emulator.slow_seconds = SLOW_SECONDS
        shop.site.emulator.faults = Faults(seed, RATES)
        shop.client._http._read_seconds = READ_SECONDS
        signin = shop.site.cloud.signin
        signin.old_token = self.chance.choice(("dead", "day"))
        signin.rotation = self.chance.choice(("always", "daily"))
        signin.parallel, signin.refresh_seconds = "voided", RENEWAL_SECONDS
        self.token_faults = TOKEN_FAULTS + (TOKEN_FAULTS_AFTER if signin.old_token == "day" else ())
        self.waits_a_day = seed % 4 in (1, 2)  # both grains
        if beside is not None:
            beside.tell([str(shop.root), {**shop.environ, "TILLKEEP_STORAGE_URL": shop.config.storage.url}])
            assert beside.answer() == "ready"

    def go(self, receipts: int) -> Result:
        for _ in range(DAYS):
            for _ in range(receipts // DAYS):
                self.sell()
                if self.chance.random() < 0.3:
                    self.round(self.chance.choice((0, 1, 30, 200)))
            midnight = (self.shop.moment + dt.timedelta(days=1)).replace(hour=0, minute=30)
            self.pass_by((midnight - self.shop.moment).total_seconds())
            for _ in range(self.chance.randint(0, 3)):
                self.round(self.chance.choice((1, 60, 200)))
            self.pass_by((midnight.replace(hour=12) - self.shop.moment).total_seconds())
        if self.waits_a_day:  # what is not known yet is asked for a day later
            self.result.day_later = sum(row.state in ("unknown", "sent") for row in self.rows())
            self.pass_by(86_400 + 600)
        while self.waiting() and self.result.rounds < ROUNDS_MAX:
            self.round(self.until_next())
        emulator = self.shop.site.emulator
        emulator.faults.on = False
        self.shop.site.cloud.settle(all_=True)
        self.result.failures = Counter(emulator.faults.counts)
        self.result.posts = sum(method == "POST" and "requestid" in path for method, path in emulator.requests)
        self.judge()
        self.judge_days()
        return self.result

    def sell(self) -> None:
        way = self.chance.choice(list(WAYS))
        code = self.chance.choice(("COLA", "SHOE"))
        price = Decimal(self.chance.randint(5, 9999)).scaleb(-2)
        quantity = -1 if self.chance.random() < 0.15 else self.chance.randint(1, 4)
        self.shop.sell(str(price), way, code, quantity)
        direction = "in" if quantity > 0 else "out"
        self.sold[self.shop.moment.date().isoformat(), WAYS[way], direction] += abs(price * quantity)  # type: ignore[assignment]
        self.result.receipts += 1

    def round(self, seconds: float) -> None:
        self.result.rounds += 1
        row = qbo_tokens.row(self.shop.store, "quickbooks")
        due = row is not None and not oauth.is_good(clock.parse(row.access_until), self.shop.moment)
        if due and self.chance.random() < 0.3:
            self.shop.site.emulator.faults.next(self.chance.choice(self.token_faults), hits="token")
        if self.beside is not None and due:
            self.result.at_once += 1
            self.beside.tell(clock.stamp(self.shop.moment))
        self.shop.round()
        if self.beside is not None and due:
            said = self.beside.answer()
            if said != "a token" and not said.startswith(("Unavailable", "Unknown")):
                self.result.wrong.append(f"the other process was told: {said}")
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        """The minute after "too many requests" is over too: it runs by a clock that nobody turns."""
        self.shop.passes(seconds)
        for one in pace._paces.values():
            one._shut_until = 0.0

    def rows(self) -> list[Any]:
        return [row for part in ("book", "sale", "return") for row in self.shop.rows(part)]

    def waiting(self) -> bool:
        return any(row.state not in ("booked", "rejected", "differs") for row in self.rows())

    def until_next(self) -> float:
        """To the next moment anything falls due, a second on at least, ten minutes at most."""
        dues = [(clock.parse(row.next_at) - self.shop.moment).total_seconds() for row in self.rows() if row.next_at]
        return min(600.0, max(1.0, min((wait for wait in dues if wait > 0), default=60.0)))

    def judge(self) -> None:
        wrong, there = self.result.wrong, self.shop.there()
        self.result.documents = len(there)
        wrong += [
            f"{r.document} {r.part} is {r.state}: {r.message or r.difference}"
            for r in self.rows()
            if r.state != "booked"
        ]
        numbers = Counter((doc["entity"], doc["DocNumber"]) for doc in there)
        wrong += [f"{number} is there {times} times" for number, times in numbers.items() if times > 1]
        found: Counter[Key] = Counter()
        for doc in there:
            added = totals(doc)
            if added["total"] != doc["TotalAmt"]:
                wrong.append(f"{doc['DocNumber']} says {doc['TotalAmt']}, its lines {added['total']}")
            direction = "out" if doc["entity"] == "RefundReceipt" else "in"
            found[doc["TxnDate"], doc["DepositToAccountRef"]["value"], direction] += doc["TotalAmt"]
        for key in sorted(set(self.sold) | set(found)):
            if self.sold[key] != found[key]:
                wrong.append(f"{' '.join(key)}: {found[key]} there, {self.sold[key]} sold")
        wrong += self.shop.site.emulator.errors
        self.judge_sign_in()

    def judge_sign_in(self) -> None:
        """Nobody had to sign in again, and no value was used by two."""
        refreshes = Counter(outcome for _realm, outcome in self.shop.site.cloud.signin.refreshes)
        self.result.renewals = refreshes["given"] + refreshes["same"]
        self.result.wrong += [f"{n} renewals were {what}" for what, n in refreshes.items() if what not in _RENEWED]
        row = qbo_tokens.row(self.shop.store, "quickbooks")
        if row is not None and row.reauth:
            self.result.wrong.append(f"somebody has to sign in again: {row.reauth}")

    def judge_days(self) -> None:
        """The till's own reconciliation, made of the receipts and of what is there."""
        for day in sorted({key[0] for key in self.sold}):
            found = reconcile.look(self.shop.job(), scopes.day_of(self.shop.store, day))
            if found is None or found.verdict != "match":
                self.result.wrong.append(f"{day} is reconciled: {found and (found.verdict, found.reason, found.open)}")


def one_run(root: Path, seed: int, receipts: int, grain: str, beside: Other | None = None) -> Result:
    """The pace is left out: it would take most of the time, and has tests of its own."""
    apart, pace.APART_SECONDS = pace.APART_SECONDS, 0.0
    try:
        with qbo_books.shop(root, signed_in=True, TILLKEEP_QUICKBOOKS_GRAIN=grain) as shop:
            try:
                return Run(shop, seed, beside).go(receipts)
            finally:
                shop.journal.close()
    finally:
        pace.APART_SECONDS = apart


def main() -> int:
    parser = argparse.ArgumentParser(description="Send days of receipts to QuickBooks Online through seeded failures.")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--receipts", type=int, default=30, help="receipts in each run")
    parser.add_argument("--other", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    if given.other:
        return other()
    started, total, bad, beside = time.monotonic(), Result(), 0, Other()
    for seed in range(given.seed, given.seed + given.runs):
        grain = ("day", "receipt")[seed % 2]
        with tempfile.TemporaryDirectory() as folder:
            result = one_run(Path(folder), seed, given.receipts, grain, beside)
        for name in ("receipts", "documents", "posts", "renewals", "at_once", "day_later"):
            setattr(total, name, getattr(total, name) + getattr(result, name))
        total.failures += result.failures
        bad += bool(result.wrong)
        for sentence in result.wrong[:10]:
            print(f"seed {seed} ({grain}): {sentence}", flush=True)
    beside.end()
    for kind, count in sorted(total.failures.items()):
        print(f"  {kind:<18} {count:>6}")
    print(
        f"{given.runs} runs, {total.receipts} receipts, {total.documents} documents, {total.posts} writes,"
        f" {sum(total.failures.values())} failures, {total.renewals} renewals, {total.at_once} times two at once,"
        f" {total.day_later} not known when a day went by: {bad} runs with something wrong, seeds from {given.seed},"
        f" {time.monotonic() - started:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
