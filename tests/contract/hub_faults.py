"""A hub on SQLite and its tills, all in processes of their own, selling while everything between and among them fails.

    python -m tests.contract.hub_faults --minutes 10 --tills 3 --seed 1

Tills and hub are killed and started again, links are cut, answers are lost, bytes change on the way. At the end every
acknowledged sale must be on its till, at the hub and in the emulated ERPNext exactly once and equal, nothing may wait,
and `verify` must find each of them whole.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import clock
from pos import config as settings
from pos.store.db import database_path
from tests.bench import measure
from tests.contract import hubs
from tests.contract.emulators.erpnext import Emulator
from tests.contract.hubs import Hub, Line
from tests.contract.sites import basket_site
from tests.till_process import Till

#: Chance of each fault per request on a link.
RATES = {"lost": 0.03, "broken": 0.01, "html": 0.02, "cut": 0.02}
#: Seconds between two sales of a till, between two kills, and how long whatever was killed stays away.
PACE_SECONDS, KILL_SECONDS, AWAY_SECONDS = 1.0, (8.0, 20.0), (0.5, 6.0)
DRAIN_SECONDS_MAX = 420.0


class Selling:
    """One till in a process of its own, its line to the hub, and a customer who never stops."""

    def __init__(self, root: Path, name: str, hub: Hub, chance: random.Random) -> None:
        self.name, self.hub, self.chance = name, hub, random.Random(chance.random())
        self.faults: Counter[str] = Counter()
        self.link = Line(hub)
        env = {"TILLKEEP_TILL_ID": name, "TILLKEEP_TILL_WALK_IN": "Walk-in", "TILLKEEP_HUB_SETTLE_SECONDS": "1",
               "TILLKEEP_HUB_PROBE_SECONDS": "1"}  # fmt: skip
        self.till = Till(root, env=env)
        self.lock = threading.Lock()  # held while it is killed and started
        self.acked: dict[str, tuple[str, str]] = {}
        self.ending = threading.Event()
        root.mkdir()
        code = hub.code(f"Till {name}")
        joined = self.till.command("hub", "join", self.link.url, code)
        assert joined.returncode == 0, joined.stderr
        self.till.line()  # makes a key before anything is killed
        self.till.start()
        self.till.words = ("--port", str(self.till.port))
        self.asked = self._priced()
        self.thread = threading.Thread(target=self._sell, daemon=True)

    def _priced(self) -> dict[str, Any]:
        line = self.till.line()
        asked: dict[str, Any] = {"customer": "", "discount": None, "payments": [], "total": "", "id": clock.uuid7()}
        asked["lines"] = [
            {"line": "l", "item_code": "STD", "qty": "1", "barcode": "", "price": None, "price_source": "list",
             "discount": None, "note": "", "return_against": None}
        ]  # fmt: skip
        hubs.until(lambda: line.ask("POST", "/api/price", asked)[0] == 200, "the goods came down from the hub")
        total = line.ask("POST", "/api/price", asked)[1]["total"]
        line.close()
        paid = [{"mode_of_payment": "Cash", "amount": total, "reference": "", "last4": ""}]
        return {**asked, "total": total, "payments": paid}

    def unsettle(self) -> None:
        """From now on things go wrong on its line."""
        words, weights = list(RATES), list(RATES.values())

        def draw() -> str:
            word = self.chance.choices([*words, ""], [*weights, 1 - sum(weights)])[0]
            self.faults[word] += bool(word)
            return word

        self.link.draw = draw

    def settle(self) -> None:
        self.link.draw = lambda: ""

    def _sell(self) -> None:
        """One sale after the other; one that was not answered is offered again with its id until it is."""
        key = clock.uuid7()
        while not self.ending.is_set():
            time.sleep(PACE_SECONDS)  # a customer
            try:
                line = self.till.line()
                status, answer = line.ask("POST", "/api/create-sale", {**self.asked, "id": key})
                line.close()
            except (OSError, http.client.HTTPException, ValueError):
                continue
            if status in (200, 201):
                doc = answer["receipt"]["document"]
                self.acked[key] = (doc["invoice_name"], str(doc["total"]))
                key = clock.uuid7()

    def kill(self, away: float) -> None:
        with self.lock:
            self.till.process.kill()
            self.till.process.wait()
            self.till.log.close()
            time.sleep(away)  # the fault lasts
            self.till.start()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        found = sqlite3.connect(database_path(settings.load(self.till.root, self.till.env)), timeout=20)
        try:
            return found.execute(sql).fetchall()
        finally:
            found.close()


def main() -> int:
    """0 when everything is everywhere once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--tills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Emulator(basket_site()) as erpnext:
        return run(Path(folder), erpnext, given.minutes * 60, given.tills, random.Random(given.seed))


def run(folder: Path, erpnext: Emulator, seconds: float, count: int, chance: random.Random) -> int:
    hub = Hub(folder / "hub", erpnext)
    hub.start()
    tills: list[Selling] = []
    kills: Counter[str] = Counter()
    try:
        tills.extend(Selling(folder / f"T{n}", f"T{n}", hub, chance) for n in range(1, count + 1))
        for till in tills:
            till.unsettle()
            till.thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(chance.uniform(*KILL_SECONDS), max(end - time.monotonic(), 0.1)))
            one = chance.choice([None, *tills])
            kills["hub" if one is None else "till"] += 1
            if one is None:
                hub.kill()
                time.sleep(chance.uniform(*AWAY_SECONDS))
                hub.start()
            else:
                one.kill(chance.uniform(*AWAY_SECONDS))
        for till in tills:
            till.ending.set()
            till.thread.join(60)
            till.settle()
        took = drain(hub, tills)
        return judge(hub, tills, erpnext, kills, took)
    finally:
        for till in tills:
            till.till.stop()
            till.link.close()
        hub.process.stop()


def drain(hub: Hub, tills: list[Selling]) -> float:
    """Until nothing waits anywhere; a line that comes back calls at once what stands on a rung."""
    began = time.monotonic()
    hub.kill()
    time.sleep(3)  # long enough that every till notices that it is away
    hub.start()
    while time.monotonic() - began < DRAIN_SECONDS_MAX:
        waiting = sum(till.rows("SELECT count(*) FROM outbox WHERE state <> 'booked'")[0][0] for till in tills)
        waiting += hub.rows("SELECT count(*) FROM outbox WHERE state <> 'booked'")[0][0]
        if not waiting:
            break
        time.sleep(1)  # between looks: asking oftener would take the time of what drains
    return time.monotonic() - began


def judge(hub: Hub, tills: list[Selling], erpnext: Emulator, kills: Counter[str], took: float) -> int:
    bad: list[str] = []
    invoices = Counter(key for one in erpnext.site.docs["Sales Invoice"].values() for key in one.values()
                       if isinstance(key, str) and len(key) == 36)  # fmt: skip
    totals = {str(one["pos_invoice_id"]): Decimal(str(one["grand_total"])) for one in
              erpnext.site.docs["Sales Invoice"].values() if one.get("pos_invoice_id")}  # fmt: skip
    there = {key: (number, body) for key, number, body in hub.rows("SELECT id, number, body FROM document")}
    lags: list[float] = []
    acked = 0
    for till in tills:
        acked += len(till.acked)
        here = {key: (number, body) for key, number, body in till.rows("SELECT id, number, body FROM document")}
        for key, (number, total) in till.acked.items():
            if here.get(key, ("",))[0] != number:
                bad.append(f"{number} is not on its till")
            if here.get(key) != there.get(key):
                bad.append(f"{number} is not at the hub as it is on its till")
            if invoices[key] != 1:
                bad.append(f"{number} is {invoices[key]} times in the books")
            if totals and totals.get(key) != Decimal(total):
                bad.append(f"{number} is {total} here and {totals.get(key)} in the books")
        for state, n in till.rows("SELECT state, count(*) FROM outbox WHERE state <> 'booked' GROUP BY state"):
            bad.append(f"{till.name}: {n} rows are {state}")
        for made, booked in till.rows(
            "SELECT o.created_at, o.booked_at FROM outbox o WHERE o.state = 'booked' AND o.booked_at <> ''"
        ):
            lags.append((clock.parse(booked) - clock.parse(made)).total_seconds())
        bad += [f"{till.name}: {one}" for one in _verified(till.till)]
    bad += [f"hub: {n} rows are {state}" for state, n in
            hub.rows("SELECT state, count(*) FROM outbox WHERE state <> 'booked' GROUP BY state")]  # fmt: skip
    bad += [f"hub: numbers {first} to {last} of {till} are missing" for till, first, last in
            hub.rows("SELECT till, first, last FROM hub_gap")]  # fmt: skip
    bad += [f"hub: {name} is {state}" for name, state in hub.rows("SELECT name, state FROM hub_till") if state != "on"]
    bad += [f"hub: {one}" for one in _verified(hub.process)]
    faults = sum((till.faults for till in tills), Counter[str]())
    print(f"hub_faults: {len(tills)} tills, {acked} sales acknowledged, {len(there)} documents at the hub")
    print(f"  kills: {kills['till']} of a till, {kills['hub']} of the hub; on the links: {json.dumps(faults)}")
    p50, p95, p99, most = (f"{x:.1f}" for x in _spread(lags))
    print(
        f"  sale to compared at the hub: p50 {p50} s, p95 {p95} s, p99 {p99} s, most {most} s, kills and cuts included"
    )
    print(f"  nothing waited {took:.0f} s after the last sale; {len(bad)} findings")
    for one in bad[:40]:
        print(f"    {one}")
    return 1 if bad or not acked else 0


def _spread(values: list[float]) -> tuple[float, ...]:
    found = sorted(values) or [0.0]
    return (*(measure.percentile(found, share) for share in (50, 95, 99)), found[-1])


def _verified(till: Till) -> list[str]:
    found = till.command("verify")
    return [] if found.returncode == 0 else [found.stdout.strip()[:300] or found.stderr.strip()[:300]]


if __name__ == "__main__":
    sys.exit(main())
