"""A till in a process of its own, its line to the hub, and customers who never stop: what they were told is kept here.

They buy, buy vouchers and pay with them, bring goods back to any till, and leave baskets that any till takes up. A
request that got no answer is sent again as it was until it is answered.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import clock
from pos.store import people
from pos.store.db import database_path
from tests.contract import hub_processes, hubs
from tests.contract.hub_processes import Processes
from tests.till_process import Line as Speaking
from tests.till_process import Till

#: Chance of each fault per request on a link, beside the cuts.
RATES = {"lost": 0.02, "broken": 0.005, "html": 0.01, "cut": 0.01}
#: How often customers do what, of a hundred.
ACTS = {"sell": 66, "gift": 7, "spend": 10, "back": 7, "hold": 5, "resume": 5}
GOODS = ("STD", "RED", "ZER")
#: What is pressed again and refused so often is left.
TRIES_MAX = 4


class Shop:
    """What customers of all tills know: vouchers, receipts, baskets that wait. Shared by their threads."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.guard = threading.Lock()
        self.vouchers: list[str] = []
        self.receipts: list[dict[str, Any]] = []
        self.held: list[str] = []

    def code(self) -> str:
        with self.guard:
            return "GV-" + "".join(self.chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=8))

    def any(self, of: list[Any], *, take: bool = False) -> Any:
        """One of them, or None; nobody else gets it when it is taken."""
        with self.guard:
            if not of:
                return None
            return of.pop(self.chance.randrange(len(of))) if take else self.chance.choice(of)


class Customers:
    """One till. acked: id -> (number, total) of each document it acknowledged; taken: baskets it was given."""

    def __init__(self, root: Path, name: str, hub: Processes, shop: Shop, pace_seconds: float, seed: int) -> None:
        self.name, self.root, self.shop, self.pace = name, root, shop, pace_seconds
        self.chance = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        self.acked: dict[str, tuple[str, str]] = {}
        self.taken: set[str] = set()
        self.cut_word, self.cut_until = "", 0.0
        self.link = hubs.Line(hub)
        env = {"TILLKEEP_TILL_ID": name, "TILLKEEP_TILL_WALK_IN": "Walk-in", "TILLKEEP_HUB_SETTLE_SECONDS": "1",
               "TILLKEEP_HUB_PROBE_SECONDS": "1"}  # fmt: skip
        made = hubs.Upper(root, name, **env)
        made.join(self.link.url, hub.code(f"Till {name}"))
        self.key = people.add_token(made.store, "test", "admin")
        self.database = database_path(made.config)
        made.close()
        self.till = Till(root, env={**env, "TILLKEEP_HUB_URL": self.link.url})
        self.ending, self.still = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def open(self) -> None:
        """Start it and wait for its goods."""
        self.till.start()
        self.till.words = ("--port", str(self.till.port))
        line = Speaking(self.till.port, self.key)
        hubs.until(lambda: line.ask("GET", "/api/items?q=STD")[1].get("items"), "the goods came down from the hub")
        line.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return hub_processes.read(self.database, sql)

    def stock(self, item: str) -> Decimal:
        """What its screen shows of an item."""
        line = Speaking(self.till.port, self.key)
        try:
            return Decimal(line.ask("GET", f"/api/items?q={item}")[1]["items"][0]["stock"] or 0)
        finally:
            line.close()

    def kill(self, away_seconds: float) -> None:
        self.till.process.kill()
        self.till.process.wait()
        self.till.log.close()
        time.sleep(away_seconds)  # the fault lasts
        self.till.start()

    # -- its line ------------------------------------------------------------------------------------------------------

    def unsettle(self) -> None:
        """From now on things go wrong on its line."""
        words, weights = list(RATES), list(RATES.values())

        def draw() -> str:
            if time.monotonic() < self.cut_until:
                return self.cut_word
            word = self.chance.choices([*words, ""], [*weights, 1 - sum(weights)])[0]
            self.faults[word] += bool(word)
            return word

        self.link.draw = draw

    def cut(self, word: str, seconds: float) -> None:
        """For so long nothing gets through ("cut"), or all of it and no answer ("lost")."""
        self.cut_word, self.cut_until = word, time.monotonic() + seconds

    def settle(self) -> None:
        self.link.draw = lambda: ""

    # -- what customers do ---------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        deeds: dict[str, Callable[[], None]] = {"sell": self._sell, "gift": self._gift, "spend": self._spend,
                "back": self._back, "hold": self._hold, "resume": self._resume}  # fmt: skip
        while not self.ending.wait(self.chance.expovariate(1 / self.pace)):
            act = self.chance.choices(list(ACTS), list(ACTS.values()))[0]
            deeds[act]()
            self.acts[act] += 1

    def _ask(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """What it answers in the end: 2xx, or a refusal that stays one."""
        refused = 0
        while not self.still.is_set():
            try:
                line = Speaking(self.till.port, self.key)
                status, answer = line.ask("POST", path, body)
                line.close()
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.2)  # it is being killed or started
                continue
            refused += status >= 300
            if status < 300 or (refused >= TRIES_MAX and status < 500):
                if status >= 300:
                    self.refused[str(answer.get("code"))] += 1
                return status, answer
            time.sleep(0.5)  # somebody reads what it says, and presses again
        return 0, {}

    def _commit(self, basket: dict[str, Any]) -> bool:
        status, answer = self._ask("/api/create-sale", basket)
        if status not in (200, 201):
            return False
        doc = answer["receipt"]["document"]
        self.acked[basket["id"]] = (doc["invoice_name"], doc["total"])
        return True

    def _basket(self, qty: int, paid: dict[str, Any] | None = None) -> dict[str, Any]:
        lines = [{"line": f"l{n}", "item_code": self.chance.choice(GOODS), "qty": "1"} for n in range(1, qty)]
        lines.append({"line": "a", "item_code": "STD", "qty": "1"})
        return self._paid({"id": clock.uuid7(), "customer": "", "lines": lines}, f"{qty}.00", paid)

    @staticmethod
    def _paid(basket: dict[str, Any], total: str, paid: dict[str, Any] | None = None) -> dict[str, Any]:
        payment = {"mode_of_payment": "Cash", "reference": "", **(paid or {}), "amount": total}
        return {**basket, "total": total, "payments": [payment]}

    def _sell(self) -> None:
        basket = self._basket(self.chance.randint(1, 4))
        if self._commit(basket):
            self.shop.receipts.append(basket)

    def _gift(self) -> None:
        code, amount = self.shop.code(), self.chance.choice(("6.00", "10.00", "20.00"))
        line = {"line": "v", "item_code": "GIFT-VOUCHER", "qty": "1", "price": amount, "price_source": "typed",
                "voucher": {"code": code}}  # fmt: skip
        if self._commit(self._paid({"id": clock.uuid7(), "customer": "", "lines": [line]}, amount)):
            self.shop.vouchers.append(code)

    def _spend(self) -> None:
        code = self.shop.any(self.shop.vouchers)
        if code is None:
            return
        basket = self._basket(self.chance.randint(2, 4), {"mode_of_payment": "Gift Voucher", "reference": code})
        if not self._commit(basket):
            self._ask("/api/vouchers/release", {"basket": basket["id"]})

    def _back(self) -> None:
        sold = self.shop.any(self.shop.receipts, take=True)
        if sold is None:
            return
        line = {"line": "r", "item_code": "STD", "qty": "-1", "reason": "Faulty",
                "return_against": {"id": sold["id"], "line": "a"}}  # fmt: skip
        self._commit(self._paid({"id": clock.uuid7(), "customer": "", "lines": [line]}, "-1.00"))

    def _hold(self) -> None:
        basket = {k: v for k, v in self._basket(2).items() if k in ("id", "customer", "lines")}
        if self._ask("/api/hold", {"basket": basket, "title": "Back soon"})[0] in (200, 201):
            self.shop.held.append(basket["id"])

    def _resume(self) -> None:
        """Several tills reach for the same one; whoever is given it sells it."""
        key = self.shop.any(self.shop.held)
        if key is None:
            return
        status, answer = self._ask(f"/api/held/{key}/resume", {"act": clock.uuid7()})
        if status == 200:
            self.taken.add(key)
            self._commit(self._paid(answer["basket"], f"{len(answer['basket']['lines'])}.00"))
        if status == 200 or answer.get("code") == "taken":
            with self.shop.guard:
                if key in self.shop.held:
                    self.shop.held.remove(key)
