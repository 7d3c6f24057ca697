"""Seeded trouble with QuickBooks Desktop: stock is moved while every session of the Web Connector fails in some way.

    python -m tests.contract.desktop_faults --sessions 1000 --seed 1

A run is a till and a company file. Transfers, changes by and to a level, splits over accounts and places, voids and
counter-events are entered between and within the sessions; sales go on beside them, their goods by adjustments or by
their documents; now and then a second Web Connector comes while the first one works. At its end nothing fails any more,
a person lets go again what waits for one, and the company file has each event exactly once: the same items, sites and
quantities, its transactions in the order of each item, and nothing is called applied here that has no transaction
there. All of it together: each level there is the level here, and the money of the documents is that of the receipts.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pos import clock
from pos.errors import NotFound, PosError
from pos.rules.inventory import Line
from pos.store import inventory, inventory_places, qbd_asks, qbd_ready
from pos.store.qbd_rows import OPEN
from tests.contract import desktop_books as books
from tests.contract.desktop_desk import Desk, company_file
from tests.contract.desktop_judge import Judge, Result
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_faults import OF_STEP, Faults
from tests.contract.emulators.desktop_file import CompanyFile

#: Chance of each failure at its step. Of ten message sets five fail in some way.
RATES = {
    **dict.fromkeys(OF_STEP["session"], 0.02), **dict.fromkeys(OF_STEP["send"], 0.03),
    **dict.fromkeys(OF_STEP["run"], 0.02), **dict.fromkeys(OF_STEP["receive"], 0.025),
    "crash_after_run": 0.05, "hresult_after": 0.04, "checksum_again": 0.1, "no_close": 0.2, "dead_ticket": 0.2,
}  # fmt: skip
#: Sessions of one run; a longer proof is several runs.
SESSIONS_OF_RUN = 100
#: Sessions without any failure after it, at most, until nothing is left; a person comes by in each.
CALM_SESSIONS_MAX = 60
CONTROL_SESSIONS = 60
#: What happens in the shop, as often as it stands here.
KINDS = (
    ("transfer",) * 5 + ("by",) * 4 + ("split",) * 3 + ("set",) * 2 + ("void", "counter") * 2 + ("sell",) * 4 + ("ask",)
)


class Run:
    """One till, one company file, one seed."""

    def __init__(self, shop: books.Shop, seed: int) -> None:
        self.shop, self.chance, self.result = shop, random.Random(seed), Result()
        self.faults = Faults(seed, RATES)
        self.other = CompanyFile("Somebody else's")
        self.desk = Desk(shop)
        self.desk.on("documents" if seed % 2 else "adjustments")
        self.connectors = [shop.connector(self.faults, other=self.other) for _ in range(2)]
        for one in self.connectors:
            one.late = self.connectors[0].late

    def go(self, sessions: int) -> Result:
        while self.result.sessions < sessions:
            for _ in range(self.chance.randint(1, 6)):
                self.event()
            self.some_time()
            self.desk.round()
            if self.chance.random() < 0.15:
                self.two_at_once()
            else:
                self.session(self.connectors[0])
            if self.chance.random() < 0.4:
                self.result.retried += self.shop.retry()
            if self.chance.random() < 0.02:
                self.van_is_mapped()
        self.calm()
        Judge(self.shop, self.result, self.connectors, self.other, whole=True).judge()
        return self.result

    def session(self, connector: WebConnector) -> None:
        """Whole, with stock moved in the middle of it."""
        for _ in connector.steps():
            if self.chance.random() < 0.1:
                self.event()
        self.ended(connector)

    def two_at_once(self) -> None:
        """Calls of two Web Connectors in any order."""
        under_way: list[tuple[WebConnector, Iterator[str]]] = [(one, one.steps()) for one in self.connectors]
        while under_way:
            connector, steps = pair = self.chance.choice(under_way)
            if next(steps, None) is None:
                under_way.remove(pair)
                self.ended(connector)

    def ended(self, connector: WebConnector) -> None:
        self.result.sessions += 1
        self.result.outcomes[connector.told.outcome or "broken off"] += 1

    def some_time(self) -> None:
        """Now and then somebody sets the till's clock back."""
        self.shop.passes(self.chance.choice((30, 90, 400, 1_000, 4_000)) * (1 if self.chance.random() < 0.97 else -2))

    def calm(self) -> None:
        """Nothing fails any more; what is missing in QuickBooks is added, and a person lets everything go again."""
        self.faults.on = False
        self.result.faults = Counter(self.faults.counts)
        self.van_is_mapped()
        self.shop.passes(24 * 3600)  # the last day of sales is over
        for _ in range(CALM_SESSIONS_MAX):
            self.desk.round()
            if not any(row.state in OPEN for row in self.shop.works()) and set(self.desk.states()) <= {"booked"}:
                break
            self.shop.passes(2 * 3600)
            self.calm_session()
            self.result.retried += self.shop.retry()
        for kind in qbd_asks.KINDS:
            qbd_asks.ask(self.shop.store, self.desk.name, kind, "9")
        self.shop.passes(2 * 3600)
        self.calm_session()

    def calm_session(self) -> None:
        for _ in self.connectors[0].steps():
            pass
        self.ended(self.connectors[0])

    # What happens in the shop

    def event(self) -> None:
        """Something happens to stock; what the rules refuse, is refused."""
        try:
            getattr(self, f"_{self.chance.choice(KINDS)}")()
        except PosError:
            self.result.refused += 1

    def _transfer(self) -> None:
        source, destination = self.chance.sample(("SHOP", "BACK", "DEPOT"), 2)
        items = self.items(1, 3)
        if self.chance.random() < 0.1:
            destination, items = "VAN", [books.VANNED]
        lines = [Line(item, self.quantity(), source=source, destination=destination) for item in items]
        self.shop.post(
            "transfer", *lines, memo=self.chance.choice(("", "to the shelf", "d\u00e9p\u00f4t \u2013 soon \u20ac"))
        )

    def _by(self) -> None:
        place, reason = self.place(), self.chance.choice(("damage", "found", "none"))
        sign = self.chance.choice((-1, 1))
        lines = [Line(item, sign * self.quantity(), destination=place, reason=reason) for item in self.items(1, 2)]
        self.shop.post("adjustment", *lines)

    def _split(self) -> None:
        """Several accounts and places at once: several transactions there."""
        lines = [
            Line(item, self.chance.choice((-1, 1)) * self.quantity(), destination=self.place(),
                 reason=self.chance.choice(("damage", "found")))
            for item in self.items(2, 5)
        ]  # fmt: skip
        self.shop.post("adjustment", *lines)

    def _set(self) -> None:
        self.shop.post("adjustment", Line(self.items(1, 1)[0], destination=self.place(),
                                          set_to=self.chance.randint(0, 600) * 1000, reason="found"))  # fmt: skip

    def _void(self) -> None:
        inventory.void(self.shop.store, self.some_event(), by="9", reason="typed wrong", now=self.shop.moment)

    def _counter(self) -> None:
        inventory.counter(self.shop.store, self.some_event(), key=clock.uuid7(), by="9", now=self.shop.moment)

    def _sell(self) -> None:
        back = self.chance.random() < 0.15
        price = f"{self.chance.randint(5, 999) / 100:.2f}"
        self.desk.sell(self.items(1, 1)[0], -1 if back else self.chance.randint(1, 3), price)
        self.result.sold += 1

    def _ask(self) -> None:
        """A list of theirs, page by page: what is posted goes on beside it."""
        qbd_asks.ask(self.shop.store, self.desk.name, self.chance.choice(sorted(qbd_asks.KINDS)), "9")

    def van_is_mapped(self) -> None:
        """Places that had no site have one now: what waited for it goes on."""
        store = self.shop.store
        van = replace(inventory_places.location(store, "VAN"), qb_site_name="Van 7")
        inventory_places.put_location(store, van, "admin")
        qbd_ready.mapped(store, "main", self.shop.moment)

    def quantity(self) -> int:
        return self.chance.choice((1, 2, 5, 12)) * 1000 + self.chance.choice((0, 0, 0, 125))

    def items(self, least: int, most: int) -> list[str]:
        return self.chance.sample(sorted(books.ITEMS), self.chance.randint(least, most))

    def place(self) -> str:
        return self.chance.choice(("SHOP", "SHOP", "BACK", "DEPOT"))

    def some_event(self) -> str:
        """Not the opening, which QuickBooks is never told of."""
        told = [row for row in self.shop.events() if row.kind != "opening"]
        if not told:
            raise NotFound("There is no event yet.")
        return str(self.chance.choice(told[-12:]).id)


def one_run(root: Path, seed: int, sessions: int, *, control: bool = False) -> Result:
    """A run in an empty folder. control: QuickBooks remembers nothing, so that it must go wrong."""
    grain = "receipt" if seed // 2 % 2 else "day"
    with books.shop(root, company_file(), TILLKEEP_QUICKBOOKS_GRAIN=grain, TILLKEEP_QBWC_PAGE_ROWS="5") as shop:
        shop.file.amnesia = control
        return Run(shop, seed).go(sessions)


def main(argv: list[str] | None = None) -> int:
    """0 when nothing was wrong in any run."""
    parser = argparse.ArgumentParser(prog="desktop_faults", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    began, total, runs = time.monotonic(), Result(), 0
    while total.sessions < options.sessions:
        seed = options.seed + runs
        with tempfile.TemporaryDirectory(prefix="tk-desktop-") as root:
            result = one_run(Path(root), seed, min(SESSIONS_OF_RUN, options.sessions - total.sessions))
        runs += 1
        for name in (
            "sessions",
            "events",
            "applied",
            "transactions",
            "message_sets",
            "retried",
            "refused",
            "sold",
            "documents",
            "levels",
        ):
            setattr(total, name, getattr(total, name) + getattr(result, name))
        total.faults += result.faults
        total.outcomes += result.outcomes
        total.wrong += [f"seed {seed}: {sentence}" for sentence in result.wrong]
        print(f"  {total.sessions} sessions, {total.events} events, {len(total.wrong)} wrong", flush=True)
        for sentence in result.wrong[:10]:
            print(f"    seed {seed}: {sentence}", flush=True)
    print(f"{total.sessions} sessions in {runs} runs, seeds from {options.seed}, {time.monotonic() - began:.0f} s")
    print(f"  {total.events} events, {total.applied} applied, {total.transactions} transactions there, "
          f"{total.message_sets} message sets run, {total.retried} times a person let one go again")  # fmt: skip
    print(f"  {total.sold} sales in {total.documents} documents there, {total.levels} levels compared")
    print(f"  {sum(total.faults.values())} failures of {len(total.faults)} kinds; sessions ended: "
          f"{', '.join(f'{name} {n}' for name, n in sorted(total.outcomes.items()))}")  # fmt: skip
    print(f"  {len(total.wrong)} wrong")
    with tempfile.TemporaryDirectory(prefix="tk-desktop-") as root:
        control = one_run(Path(root), options.seed, CONTROL_SESSIONS, control=True)
    doubled = sum("is there 2 times" in sentence for sentence in control.wrong)
    print(f"control, a QuickBooks that remembers no message set and finds nothing: {doubled} doubled")
    return 1 if total.wrong or not doubled else 0


if __name__ == "__main__":
    sys.exit(main())
