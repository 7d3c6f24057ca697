"""Days without a line to the books, then all of it drained: is everything booked once, and equal to the penny?

    python -m tests.runbook.offline --days 30 --seed 1

Every day a session with its float, sales of every kind, returns, exchanges, voids, vouchers sold and used, cash that
moves, a count and its Z. The agents come round in vain each day. Then the line is back.
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
from functools import partial
from pathlib import Path
from typing import Any

from pos import clock
from pos.actions import issuer, void
from pos.connectors.erpnext.doctypes import ENTRY
from pos.store import reconciliations
from pos.store.verify import verify
from tests.actions import drawer
from tests.actions.shop import line
from tests.runbook.shop import MANAGER, Shop, shop

OPEN_SECONDS = 9 * 3600
DAY_SECONDS = 24 * 3600
#: Of a hundred things that happen; what cannot be done yet is a sale.
KINDS = {"sale": 58, "return": 12, "exchange": 5, "void": 3, "voucher_sold": 6, "voucher_used": 6, "cash": 10}
LOOKS_MAX = 500


@dataclass
class Played:
    """What was done, what came of it. wrong: sentences; empty = all of it is as it must be."""

    days: int
    happened: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    parts: int = 0
    scopes: int = 0
    difference: Decimal = Decimal("0.00")
    wrong: list[str] = field(default_factory=list)


class Trade:
    """One shop's days; remembers what may come back and which vouchers are about."""

    def __init__(self, here: Shop) -> None:
        self.here, self.chance = here, here.chance
        self.sold: list[dict[str, Any]] = []
        self.vouchers: list[str] = []
        self.happened: Counter[str] = Counter()

    def day(self, receipts: int) -> None:
        """Float to Z, the hours between them, and the night."""
        began = self.here.time()
        drawer.start(self.here.app, "150.00", MANAGER)  # type: ignore[arg-type]
        for _ in range(receipts):
            kind = self.chance.choices(list(KINDS), list(KINDS.values()))[0]
            done = getattr(self, kind)() or self.sale()
            self.happened[done] += 1
            self.here.time.passes(OPEN_SECONDS / receipts)
        self.here.finish(self.chance.choice(("0.00", "0.00", "0.00", "0.05", "-0.20")))
        self.happened["z"] += 1
        for agent in ("sync_out", "voucher", "zread", "notify"):
            self.here.round(agent)
        self.here.time.passes(DAY_SECONDS - (self.here.time() - began).total_seconds())

    def sale(self) -> str:
        doc = self.here.basket(*self._goods(), pay=self.chance.choice(("Cash", "Cash", "Card")))
        self.sold = [*self.sold[-40:], doc]
        return "sale"

    def exchange(self) -> str:
        return "exchange" if self._comes_back(*self._goods()[:1]) else ""

    def void(self) -> str:
        """The last sale was a mistake."""
        if (
            not self.sold
            or self.sold[-1].get("touched")
            or self.sold[-1]["business_day"] != f"{self.here.time():%Y-%m-%d}"
        ):
            return ""
        raw = {"id": clock.uuid7(), "document": self.sold.pop()["id"], "reason": "Test sale"}
        void.commit(self.here.app, raw, MANAGER, partial(issuer.ask, self.here.store, self.here.config))
        return "void"

    def voucher_sold(self) -> str:
        sold = line("GIFT-VOUCHER", "1", "v", price=f"{self.chance.randint(5, 80)}.00", price_source="typed")
        doc = self.here.basket(*self._goods()[:1], sold | {"voucher": {"code": ""}}, pay="Card")
        self.vouchers += [row["code"] for row in doc["vouchers"]]
        return "voucher_sold"

    def voucher_used(self) -> str:
        """Something cheap, paid with a voucher that holds more than it costs."""
        if not self.vouchers:
            return ""
        code = self.vouchers.pop(self.chance.randrange(len(self.vouchers)))
        self.here.basket(line("STD", f"{self.chance.randint(1, 4)}"), pay="Gift Voucher", reference=code)
        return "voucher_used"

    def cash(self) -> str:
        kind = self.chance.choice(("paid_in", "paid_out", "drop", "no_sale"))
        amount = None if kind == "no_sale" else f"{self.chance.randint(1, 30)}.{self.chance.randint(0, 99):02}"
        drawer.move(self.here.app, kind, amount, MANAGER, reason="Milk")  # type: ignore[arg-type]
        return kind

    def _goods(self) -> list[dict[str, Any]]:
        made = []
        for n in range(self.chance.choice((1, 1, 2, 3, 5))):
            code = self.chance.choice(("STD", "STD", "RED", "ZER", "KG"))
            qty = f"{self.chance.randint(50, 2500) / 1000}" if code == "KG" else f"{self.chance.randint(1, 6)}"
            one = line(code, qty, f"l{n}")
            if self.chance.random() < 0.3:
                one |= {
                    "price": f"{self.chance.randint(1, 90)}.{self.chance.randint(0, 99):02}",
                    "price_source": "typed",
                }
            if self.chance.random() < 0.15:
                one["discount"] = {
                    "kind": "percent",
                    "value": self.chance.choice(("5", "10", "33")),
                    "reason": "Season",
                }
            made.append(one)
        return made

    def _comes_back(self, *more: dict[str, Any]) -> str:
        """A line of an earlier sale, or a part of it, each at most once."""
        open_lines = [(doc, row) for doc in self.sold for row in doc["items"] if not row.get("back")]
        if not open_lines:
            return ""
        doc, row = self.chance.choice(open_lines)
        row["back"] = doc["touched"] = True
        qty = (
            row["qty"]
            if row["qty"] != row["qty"].to_integral_value()
            else Decimal(self.chance.randint(1, int(row["qty"])))
        )
        against = {"id": doc["id"], "line": row["line"]}
        back = line(row["item_code"], f"{-qty}", "r", return_against=against)
        pay = doc["payments"][0]["mode_of_payment"]
        self.here.basket(*more, back, pay=pay)
        return "return"


# a word of its own in `KINDS`, so that it is found by name like the others
setattr(Trade, "return", lambda self: self._comes_back())


def play(here: Shop, days: int, receipts: int) -> Played:
    """Trade for so many days without a line, then let all of it drain and be looked at."""
    played, trade = Played(days), Trade(here)
    here.cable_out()
    for _ in range(days):
        trade.day(receipts)
    played.happened = trade.happened
    if here.bar["booked"] or not here.bar["waiting"]:
        played.wrong.append(f"the line was not away: {here.states()}")
    here.cable_in()
    played.rounds = here.drain()
    for _ in range(LOOKS_MAX):
        here.round("voucher")
        if _vouchers_here(here) == _vouchers_there(here):
            break
        here.later(60)
    for _ in range(LOOKS_MAX):
        here.round("zread")
        if all(brief.outcome != "not_run" for brief in reconciliations.briefs(here.store)):
            break
        here.later(60)
    _judge(here, played)
    return played


def _judge(here: Shop, played: Played) -> None:
    states = here.states()
    played.parts = sum(states.values())
    if set(states) != {"booked"}:
        played.wrong.append(f"not everything is booked: {states}; {here.told()[:3]}")
    if here.booked() != here.wanted():
        twice = [key for key, count in Counter(here.booked()).items() if count > 1]
        played.wrong.append(f"{len(here.booked())} stand there, {len(here.wanted())} should; twice: {twice[:5]}")
    briefs = reconciliations.briefs(here.store)
    played.scopes = len(briefs)
    played.difference = Decimal(sum(abs(b.total_here - b.total_there) for b in briefs)).scaleb(-2)
    bad = [b for b in briefs if b.verdict != "match" or b.here != b.there]
    played.wrong += [
        f"{b.scope.scope} {b.scope.name}: {b.verdict}, {b.here} here, {b.there} there, {b.reason}" for b in bad
    ]
    sessions = sum(b.scope.scope == "session" for b in briefs)
    if (sessions, len(briefs) - sessions) != (played.days, played.days):
        played.wrong.append(f"{sessions} sessions and {len(briefs) - sessions} days were compared, not {played.days}")
    if _vouchers_here(here) != _vouchers_there(here):
        played.wrong.append(f"vouchers: {_vouchers_here(here)} here, {_vouchers_there(here)} there")
    played.wrong += [str(one) for one in verify(here.config).differences]


def _vouchers_here(here: Shop) -> tuple[int, int]:
    """Pennies that are left on all of them, and how many rows say so."""
    total, rows = here.store.execute("SELECT coalesce(sum(amount), 0), count(*) FROM voucher_row").fetchone()
    return total, rows


def _vouchers_there(here: Shop) -> tuple[int, int]:
    rows = [row for row in here.site.docs[ENTRY].values() if row["act"] not in ("hold", "release")]
    return sum(round(row["amount"] * 100) for row in rows), len(rows)


def main() -> int:
    """0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description="Trade for days without a line, then drain.")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--receipts", type=int, default=60, help="documents a day, between float and Z")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder) / "till", given.seed) as here:
        played = play(here, given.days, given.receipts)
    for sentence in played.wrong[:20]:
        print(sentence)
    told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in played.happened.most_common())
    print(f"{played.days} days without a line, seed {given.seed}: {told}")
    print(f"drained in {played.rounds} rounds: {played.parts} parts of documents, each booked once")
    print(
        f"{played.scopes} sessions and days compared, differences {played.difference},"
        f" {len(played.wrong)} things wrong, {time.monotonic() - began:.0f} s"
    )
    return 1 if played.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
