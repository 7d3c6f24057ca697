"""Random baskets, booked and read back: how many differ from their receipt?

    python -m tests.contract.baskets --runs 10000 --seed 1

Mixed rates, discounts on lines and on the sale, weighed goods, split tenders, cash rounding, sales on account, returns
of parts and exchanges; prices with and without tax; both rounding methods; tax accounts shared by two rates or not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import clock
from pos.config import Config
from pos.connectors.base import Context, Original, key_of
from pos.connectors.erpnext.client import Erpnext
from pos.errors import Invalid
from pos.rules import documents, receipt, refund, voucher
from pos.rules.basket import Basket, Tendered
from pos.rules.cart import Against, Cart, Goods, LineInput, price_cart
from pos.rules.money import minor
from pos.rules.price import Discount
from pos.rules.tax import TaxRule
from pos.rules.tender import Payment, Settlement, settle
from pos.rules.voucher import Reach, Standing, Wanted
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import RATES, REDUCED, STANDARD, VAT, VAT_5, ZERO, basket_site, set_up, till_config

D = Decimal
VOUCHER = Goods(
    code="GIFT-VOUCHER", name="Gift voucher", price=None, tax_code=STANDARD, tax_rate=D(20), tax_account=VAT
)
_CODES = {"STD": (STANDARD, "S"), "RED": (REDUCED, "R"), "ZER": (ZERO, "Z"), "KG": (STANDARD, "S")}


@dataclass
class World:
    """One site and one way to price: what is random stays inside it."""

    rule: TaxRule
    own_account: bool
    connector: Erpnext
    config: Config
    emulator: Emulator
    number: int = 0
    sold: list[tuple[dict[str, Any], list[refund.Back]]] = field(default_factory=list)

    @property
    def label(self) -> str:
        prices = "incl" if self.rule.prices_include_tax else "excl"
        account = "own" if self.own_account else "shared"
        return f"{prices} {self.rule.rounding} {self.rule.name} {account} account {self.rule.cash_step}"


@contextmanager
def world(
    root: Path, *, inclusive: bool, rounding: str, own_account: bool, name: str = "erpnext", step: str = "0.01"
) -> Iterator[World]:
    site = basket_site(rounding=rounding, own_account=own_account)
    with Emulator(site) as emulator:
        more = {
            "TILLKEEP_PRICING_ROUNDING": rounding,
            "TILLKEEP_PRICING_PRICES_INCLUDE_TAX": "yes" if inclusive else "no",
            "TILLKEEP_PRICING_TAX_RULE": name,
            "TILLKEEP_PRICING_CASH_STEP": step,
        }
        config = till_config(root, emulator.url, **more)
        connector = Erpnext(config, set_up(site, config, rounding, own_account, *more.values()))
        connector.check()
        yield World(TaxRule(name, rounding, inclusive, "GBP", D(step)), own_account, connector, config, emulator)


#: inclusive, rounding, own account, tax rule, cash step. Those that are not `erpnext` rely on correcting rows.
WORLDS = (
    (True, "bankers", False, "erpnext", "0.01"),
    (True, "bankers", True, "erpnext", "0.05"),
    (True, "commercial", True, "erpnext", "0.01"),
    (False, "bankers", False, "erpnext", "0.05"),
    (False, "commercial", True, "erpnext", "0.01"),
    (True, "bankers", True, "per_rate", "0.01"),
    (False, "bankers", True, "per_line", "0.05"),
)


def goods(chance: random.Random, own_account: bool, index: int) -> Goods:
    """One item at a random price. Some receipts carry codes ERPNext has never heard of: the rate decides then."""
    code = chance.choice(tuple(_CODES))
    theirs, other = _CODES[code]
    account = {STANDARD: VAT, REDUCED: VAT_5 if own_account else VAT, ZERO: ""}[theirs]
    price = D(chance.choice((chance.randint(1, 99), chance.randint(1, 9999), chance.randint(1, 40000)))).scaleb(-2)
    tax_code = theirs if chance.random() < 0.8 else other
    return Goods(
        code=code, name=f"Item {code}", price=price, tax_code=tax_code, tax_rate=RATES[theirs], tax_account=account,
        weighed=code == "KG", barcode=f"{index}",
    )  # fmt: skip


def discount(chance: random.Random, amount: Decimal) -> Discount | None:
    pick = chance.random()
    if pick < 0.6 or amount <= D("0.05"):
        return None
    if pick < 0.8:
        return Discount("percent", D(chance.choice((5, 10, 15, 33, 50, 100))), "season")
    if pick < 0.92:
        return Discount("amount", (amount * D(chance.randint(1, 60)) / 100).quantize(D("0.01")), "damaged")
    return Discount("price", D(chance.randint(1, 500)).scaleb(-2), "ticket")


def qty(chance: random.Random, thing: Goods) -> Decimal:
    if thing.weighed:
        return D(chance.randint(1, 4999)).scaleb(-3)
    return D(chance.choice((1, 1, 1, 2, 3, 3, 6, 7, 12, 25)))


def random_sale(chance: random.Random, world: World) -> dict[str, Any] | None:
    """A receipt, or None when the rules refuse what was drawn (a discount above the price)."""
    lines, stock = [], {}
    for index in range(chance.choice((1, 1, 2, 3, 4, 6, 9))):
        thing = goods(chance, world.own_account, index)
        if thing.code in stock:
            thing = stock[thing.code]
        stock[thing.code] = thing
        amount = qty(chance, thing)
        off = discount(chance, (thing.price or D(0)) * amount)
        typed = D(chance.randint(1, 5000)).scaleb(-2) if chance.random() < 0.15 else None
        source = "typed" if typed else "list"
        if thing.weighed and off is None and chance.random() < 0.3:  # a label that holds the price of the piece
            amount, typed, source = D(1), D(chance.randint(1, 99999)).scaleb(-2), "barcode"
        lines.append(LineInput(f"l{index}", thing.code, amount, typed, source, "", off))
    sold: dict[Against, refund.Sold] = {}
    if world.sold and chance.random() < 0.3:  # an exchange
        lines += returned(chance, world, sold)[:1]
    if chance.random() < 0.15:  # vouchers are sold
        stock[VOUCHER.code] = VOUCHER
        for n in range(chance.choice((1, 1, 2))):
            size = D(chance.randint(100, 20000)).scaleb(-2)
            lines.append(LineInput(f"v{n}", VOUCHER.code, D(1), size, "typed", voucher=new_code()))
    whole = Discount("percent", D(chance.choice((5, 10, 20))), "staff") if chance.random() < 0.2 else None
    return made(chance, world, lines, stock, whole, sold)


def random_return(chance: random.Random, world: World) -> dict[str, Any] | None:
    sold: dict[Against, refund.Sold] = {}
    lines = returned(chance, world, sold)
    return made(chance, world, lines, {}, None, sold) if lines else None


def returned(chance: random.Random, world: World, sold: dict[Against, refund.Sold]) -> list[LineInput]:
    """Lines that give back a part, or the rest, of an earlier sale."""
    doc, back = chance.choice(world.sold)
    lines = []
    for index, item in enumerate(doc["items"]):
        if item["qty"] < 0 or item.get("voucher") or chance.random() < 0.3:
            continue
        earlier = [b for line, b in back if line == item["line"]] if back else []
        left = item["qty"] - sum((b.qty for b in earlier), D(0))
        if left <= 0:
            continue
        whole = left == left.to_integral_value()
        part = D(chance.randint(1, int(left))) if whole and chance.random() < 0.6 else left
        against = Against(doc["id"], item["line"])
        sold[against] = refund.sold_line(doc, item["line"], earlier)
        lines.append(LineInput(f"r{index}", item["item_code"], -part, return_against=against))
    return lines


def made(
    chance: random.Random, world: World, lines: list[LineInput], stock: dict[str, Goods], whole: Discount | None,
    sold: dict[Against, refund.Sold],
) -> dict[str, Any] | None:  # fmt: skip
    rule = world.rule
    try:
        cart = price_cart(lines, stock, rule, whole, sold)
        payments = paid(chance, cart.total, rule)
        settlement = settle(cart.total, payments, rule)
    except Invalid:
        return None
    tendered = tuple(Tendered(p.mode_of_payment, p.amount, p.reference, p.last4) for p in payments)
    basket = Basket(clock.uuid7(), "Walk-in", tuple(lines), whole, tendered, cart.total)
    at = receipt.Circumstances(
        warehouse="Stores - TS", price_list="Standard Selling", cashier_code="03", cashier_name="Anna"
    )
    doc = receipt.build(basket, cart, settlement, rule, at)
    return doc | {"vouchers": entered(basket.id, cart, settlement)}


def entered(document: str, cart: Cart, settlement: Settlement) -> list[dict[str, Any]]:
    """What the receipt does to vouchers: those it sells, and those it is paid with or refunds onto."""
    wanted = [Wanted("issue", x.voucher, x.amount, new=True) for x in cart.lines if x.voucher]
    paid = [(i, p.reference, p.amount) for i, p in enumerate(settlement.payments) if p.kind == "voucher"]
    sold = {x.code for x in wanted}
    return voucher.entered(
        [*wanted, *voucher.of_payments(paid)],
        document,
        lambda code: Standing(code) if code in sold else Standing(code, balance=10**9, state="active"),
        lambda _known: Reach(fresh=True, rule="refuse"),
        expires="",
        currency="GBP",
        locale="en_GB",
    )


def new_code() -> str:
    return f"GV-{clock.uuid7()[-12:].upper()}"


def numbered(world: World, doc: dict[str, Any]) -> dict[str, Any]:
    """With the numbers the journal would give it."""
    world.number += 1
    now = clock.now()
    return doc | {
        "invoice_name": f"T1-{world.number:06d}", "till": "T1", "store": "main", "series": "till",
        "sequence": world.number, "created_at": now.isoformat(timespec="milliseconds"),
        "business_day": now.date().isoformat(), "session": "T1-S000001", "mode": "erpnext",
    }  # fmt: skip


def paid(chance: random.Random, total: int, rule: TaxRule) -> list[Payment]:
    """A way to pay it: cash with change, voucher, card, split, or partly or wholly on account."""
    if not total:
        return []
    sign, due = (1 if total > 0 else -1), abs(total)
    pick = chance.random()
    if pick < 0.35:
        cash = abs(rule.cash(total))
        given = -(-cash // 500) * 500 if sign > 0 and chance.random() < 0.6 else cash
        return [Payment("Cash", "cash", sign * given)]
    if pick < 0.45:
        return [Payment("Gift Voucher", "voucher", total, new_code())]
    if pick < 0.65 or due < 3:
        return [Payment("Card", "card", total, "auth 4711", "4242")]
    first = chance.randint(1, due - 1)
    if pick < 0.73:
        return [
            Payment("Gift Voucher", "voucher", sign * first, new_code()),
            Payment("Card", "card", sign * (due - first)),
        ]
    if pick < 0.85:
        rest = abs(rule.cash(sign * (due - first)))
        return [Payment("Card", "card", sign * first), Payment("Cash", "cash", sign * rest)]
    if pick < 0.93:
        return [Payment("On Account", "account", total)]
    return [Payment("Card", "card", sign * first), Payment("On Account", "account", sign * (due - first))]


def book(world: World, doc: dict[str, Any], originals: dict[str, Original]) -> str:
    """Post every part of a receipt, read it back and compare: the difference in words, empty when there is none."""
    parts = documents.parts(doc)
    for part in parts:
        posted = world.connector.post(doc, part, key_of(doc["id"], part, parts), Context(originals))
        stored = world.connector.fetch(posted.remote_id)
        found = world.connector.compare(doc, part, stored)
        if found:
            return f"{part}: {found}"
        if part == "sale":
            originals[doc["id"]] = Original(doc, part, stored)
    return ""


def remember(world: World, doc: dict[str, Any]) -> None:
    """What came back is taken off what may come back."""
    for item in doc["items"]:
        against = item.get("return_against")
        if against:
            cur = doc["currency"]
            back = refund.Back(
                -item["qty"], -minor(item["net"], cur), -minor(item["tax_amount"], cur), -minor(item["amount"], cur)
            )
            next(b for d, b in world.sold if d["id"] == against["id"]).append((against["line"], back))  # type: ignore[arg-type]
    if any(item["qty"] > 0 for item in doc["items"]):
        world.sold.append((doc, []))
        del world.sold[:-40]


def run(world: World, runs: int, seed: int) -> list[str]:
    """Book this many receipts; the differences, each with what it takes to see it again."""
    chance = random.Random(seed)
    originals: dict[str, Original] = {}
    found: list[str] = []
    booked = 0
    while booked < runs:
        wants_return = world.sold and chance.random() < 0.25
        doc = random_return(chance, world) if wants_return else random_sale(chance, world)
        if doc is None:
            continue
        doc = numbered(world, doc)
        receipt.check(doc)
        booked += 1
        difference = book(world, doc, originals)
        if difference:
            found.append(f"{world.label}, seed {seed}, receipt {booked}: {difference}")
        remember(world, doc)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total, differ, started = 0, 0, time.monotonic()
    for index, (inclusive, rounding, own, name, step) in enumerate(WORLDS):
        count = given.runs // len(WORLDS) + (index < given.runs % len(WORLDS))
        with tempfile.TemporaryDirectory() as folder, world(
            Path(folder), inclusive=inclusive, rounding=rounding, own_account=own, name=name, step=step
        ) as here:  # fmt: skip
            found = run(here, count, given.seed + index)
        for line in found[:10]:
            print(line)
        total, differ = total + count, differ + len(found)
        print(f"{here.label:<48} {count:>6} receipts  {len(found):>4} differ")
    print(f"{total} receipts, {differ} differ, seed {given.seed}, {time.monotonic() - started:.0f} s")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
