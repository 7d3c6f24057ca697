"""Kills of the whole server: SIGKILL at every named point and at random moments, four clients selling, agents sending.

    python -m tests.crash.kills --runs 500 --seed 1

The server talks HTTP to the clients and to an emulated ERPNext. After each kill it is started again as it is, and
everything is compared while it runs; the clients then offer again what was never answered. At the end of a folder's
life every sale must be in the books exactly once.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos import clock, config
from pos.store import points
from pos.store.db import database_path
from pos.store.verify import verify
from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site
from tests.crash.seller import Heard, harmed
from tests.till_process import Line, Till

CLIENTS = 4
KILLS_PER_FOLDER = 15
POINT_SECONDS_MAX = 4.0
SETTLE_SECONDS = 2
#: How long the outbox may take to empty at the end: rungs of a minute are skipped when the line is back.
DRAIN_SECONDS_MAX = 180
ITEMS = ("STD", "RED", "ZER")


@dataclass
class Result:
    """Totals of a run."""

    kills: int = 0
    at_points: dict[str, int] = field(default_factory=dict)
    at_random: int = 0
    in_start: int = 0
    acked: int = 0
    booked: int = 0
    harmed: int = 0
    bad: list[str] = field(default_factory=list)


class Shop:
    """A till's folder, its emulated books, and what the clients know."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        self.emulator, self.heard = emulator, Heard()
        self.till = Till(
            root,
            env={
                "ERPNEXT_URL": emulator.url,
                "ERPNEXT_API_KEY": erpnext_shops.TILL[0],
                "ERPNEXT_API_SECRET": erpnext_shops.TILL[1],
                "TILLKEEP_TILL_WALK_IN": "Walk-in",
                "TILLKEEP_ERPNEXT_SETTLE_SECONDS": str(SETTLE_SECONDS),
                "TILLKEEP_ERPNEXT_PROBE_SECONDS": "1",
            },
        )
        self.config = config.load(root, self.till.env)
        self.basket: dict[str, Any] = {}
        self._held: list[dict[str, Any] | None] = [None] * CLIENTS
        self._guard = threading.Lock()

    def open(self) -> None:
        """Prepare the site, start, wait until the goods are there, and price one basket."""
        root = self.till.root
        root.mkdir(parents=True, exist_ok=True)
        admin = erpnext_shops.MANAGER
        made = self.till.command("erpnext", "setup", "--admin-key", admin[0], "--admin-secret", admin[1])
        assert made.returncode == 0, made.stdout + made.stderr
        # The first kill comes between COMMIT and the file, so that there is always something to recover: the control.
        self.till.env["TILLKEEP_KILL_AT"] = "after_commit:5"
        self.till.start()
        line = self.till.line()
        lines = [_line(i, code) for i, code in enumerate(ITEMS)]
        asked = {"id": clock.uuid7(), "customer": "", "lines": lines, "discount": None, "payments": [], "total": ""}
        end = time.monotonic() + 60
        while True:
            status, answer = line.ask("POST", "/api/price", asked)
            if status == 200:
                break
            assert time.monotonic() < end, answer
            time.sleep(0.2)
        line.close()
        paid = {"mode_of_payment": "Cash", "amount": answer["total"], "reference": "", "last4": ""}
        self.basket = {**asked, "total": answer["total"], "payments": [paid]}

    def sell(self, stop: threading.Event) -> list[threading.Thread]:
        """Clients that buy until told to stop; each keeps its basket until it is answered, as a screen does."""
        crowd = [threading.Thread(target=self._client, args=(i, stop), daemon=True) for i in range(CLIENTS)]
        for thread in crowd:
            thread.start()
        return crowd

    def _client(self, place: int, stop: threading.Event) -> None:
        line: Line | None = None
        while not stop.is_set():
            held = self._held[place] or {**self.basket, "id": clock.uuid7()}
            self._held[place] = held
            with self._guard:
                self.heard.tried[held["id"]] = None
            try:
                line = line or self.till.line()
                status, answer = line.ask("POST", "/api/create-sale", held)
            except (OSError, http.client.HTTPException, ValueError):
                line = None  # no answer: the basket stays
                time.sleep(0.01)
                continue
            if status in (200, 201):
                doc = answer["receipt"]["document"]
                with self._guard:
                    self.heard.take(f"ack {held['id']} {doc['invoice_name']} {doc['hash']}\n")
                self._held[place] = None
            elif status != 503:
                with self._guard:
                    self.heard.bad.append(f"refused with {status}: {json.dumps(answer)[:300]}")
                return

    def check(self) -> None:
        """Everything that must hold now, while the server runs."""
        self.heard.bad += verify(self.config).differences[:5]
        connection = sqlite3.connect(database_path(self.config), timeout=10)
        try:
            saved = dict(connection.execute("SELECT id, number || ' ' || hash FROM document").fetchall())
            owed = connection.execute("SELECT count(*) FROM document WHERE id NOT IN (SELECT document FROM outbox)")
            if owed.fetchone()[0]:
                self.heard.bad.append("a document is not in the outbox")
        finally:
            connection.close()
        with self._guard:
            acked, tried = dict(self.heard.acked), set(self.heard.tried)
        for key, told in acked.items():
            if saved.get(key) != told:
                self.heard.bad.append(f"{told.split()[0]} was acknowledged, and there is {saved.get(key, 'nothing')}")
        unasked = set(saved) - tried
        if unasked:
            self.heard.bad.append(f"{len(unasked)} documents nobody asked for")

    def drain(self) -> int:
        """Wait until everything is booked; how many invoices there are. Each sale must be there once, and equal."""
        end = time.monotonic() + DRAIN_SECONDS_MAX
        connection = sqlite3.connect(database_path(self.config), timeout=10)
        try:
            while True:
                states = dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
                if set(states) <= {"booked"} or time.monotonic() > end:
                    break
                time.sleep(0.2)
            saved = {row[0] for row in connection.execute("SELECT id FROM document")}
        finally:
            connection.close()
        if set(states) - {"booked"}:
            self.heard.bad.append(f"the outbox did not empty: {states}")
        there = [d["pos_receipt_id"] for d in self.emulator.site.docs["Sales Invoice"].values() if d["docstatus"] == 1]
        if sorted(there) != sorted(saved):
            self.heard.bad.append(f"{len(saved)} sales here, {len(there)} invoices there, {len(set(there))} different")
        return len(there)


def _line(place: int, code: str) -> dict[str, Any]:
    return {
        "line": f"l{place}", "item_code": code, "qty": "1", "barcode": "", "price": None, "price_source": "list",
        "discount": None, "note": "", "return_against": None,
    }  # fmt: skip


def one_kill(shop: Shop, rng: random.Random, result: Result) -> None:
    """Sell until the server is killed, start it again, compare."""
    stop = threading.Event()
    crowd = shop.sell(stop)
    point = shop.till.env.get("TILLKEEP_KILL_AT", "").partition(":")[0]
    if point:
        ended = _ends(shop.till, POINT_SECONDS_MAX)
    else:
        time.sleep(rng.uniform(0.02, 0.8))
        ended = False
    if not ended:
        shop.till.process.send_signal(signal.SIGKILL)
    shop.till.process.wait()
    stop.set()
    for thread in crowd:
        thread.join()
    result.kills += 1
    if ended:
        result.at_points[point] = result.at_points.get(point, 0) + 1
    else:
        result.at_random += 1
    result.harmed += harmed(shop.config)
    _start_again(shop, rng, result)
    shop.check()


def _ends(till: Till, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if till.process.poll() is not None:
            return True
        time.sleep(0.005)
    return False


def _start_again(shop: Shop, rng: random.Random, result: Result) -> None:
    """By itself, as it is. A point may also be met while it starts: then that was one more kill."""
    while True:
        shop.till.env.pop("TILLKEEP_KILL_AT", None)
        if rng.random() < 0.7:
            point = rng.choice(points.POINTS)
            most = 4 if point.endswith(("flush", "watermark", "checkpoint")) else 60
            shop.till.env["TILLKEEP_KILL_AT"] = f"{point}:{rng.randint(1, most)}"
        try:
            shop.till.start()
        except RuntimeError:
            if "TILLKEEP_KILL_AT" not in shop.till.env or shop.till.process.poll() != -signal.SIGKILL:
                shop.heard.bad.append(f"the server did not start again: {shop.till.output()[-500:]}")
                return
            result.kills += 1
            result.in_start += 1
        else:
            return


def run(runs: int, seed: int, say: Callable[[str], None]) -> Result:
    """That many kills, over as many folders as it takes. Stops at the first difference and leaves that folder."""
    rng, result = random.Random(seed), Result()
    while result.kills < runs and not result.bad:
        root = Path(tempfile.mkdtemp(prefix="tillkeep-server-kills-"))
        with Emulator(basket_site()) as emulator:
            shop = Shop(root, emulator)
            try:
                shop.open()
                for _ in range(min(KILLS_PER_FOLDER, runs - result.kills)):
                    one_kill(shop, rng, result)
                    if shop.heard.bad:
                        break
                if not shop.heard.bad:
                    shop.till.stop()
                    shop.till.env.pop("TILLKEEP_KILL_AT", None)
                    shop.till.start()
                    result.booked += shop.drain()
                    shop.check()
            finally:
                shop.till.stop()
        result.acked += len(shop.heard.acked)
        result.bad += shop.heard.bad
        say(f"{result.kills} kills, {result.acked} acknowledged sales, {result.booked} booked")
        if result.bad:
            say(f"kept for a look: {root}")
        else:
            shutil.rmtree(root)
    return result


def main(argv: list[str] | None = None) -> int:
    """The command. Exit code 0: nothing lost, nothing doubled, and the kills did leave something to recover."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.kills", description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    began = time.monotonic()
    result = run(options.runs, options.seed, lambda words: print(f"  {words}", flush=True))
    for words in result.bad[:10]:
        print(f"DIFFERENCE: {words}")
    print(f"kills of the whole server: {result.kills} (seed {options.seed}), {time.monotonic() - began:.0f} s")
    print(f"  at random moments {result.at_random}, while starting {result.in_start}, at named points:")
    for point, times in sorted(result.at_points.items()):
        print(f"    {point:18} {times}")
    print(f"  acknowledged sales {result.acked}, lost or doubled {len(result.bad)}, booked once {result.booked}")
    print(f"  control, before recovery: {result.harmed} files torn or missing (must not be 0)")
    if not result.harmed:
        print("VOID: the kills harmed nothing, so this run proves nothing about recovery")
    return 0 if not result.bad and result.harmed else 1


if __name__ == "__main__":
    sys.exit(main())
