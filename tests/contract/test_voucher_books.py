"""Vouchers in the books: a sold one is owed and no income, a used one pays and is owed no more."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pos.actions.erpnext_setup import prepare
from pos.connectors.base import Context
from pos.connectors.erpnext import mapping
from pos.rules import receipt
from pos.rules.cart import Goods, LineInput, price_cart
from pos.rules.tax import TaxRule
from pos.rules.tender import Payment, settle
from pos.store import connections
from pos.store.db import open_store
from tests.contract import baskets
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.emulators.erpnext_site import Site
from tests.contract.sites import STANDARD, VAT, basket_site, till_config
from tests.contract.tills import Till, till

D = Decimal


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path) as opened:
        yield opened


def sold(size: str, *payments: Payment) -> dict[str, Any]:
    """A voucher of this size and a bag for 1.00."""
    rule = TaxRule()
    bag = Goods(code="STD", name="Bag", price=D("1.00"), tax_code=STANDARD, tax_rate=D(20), tax_account=VAT)
    lines = [
        LineInput("l1", baskets.VOUCHER.code, D(1), D(size), "typed", voucher="GV-SOLD"),
        LineInput("l2", bag.code, D(1)),
    ]
    cart = price_cart(lines, {baskets.VOUCHER.code: baskets.VOUCHER, bag.code: bag}, rule)
    settled = settle(cart.total, payments or [Payment("Card", "card", cart.total)], rule)
    basket = baskets.Basket(baskets.clock.uuid7(), "Walk-in", tuple(lines), None, (), cart.total)
    at = receipt.Circumstances(
        warehouse="Stores - TS", price_list="Standard Selling", cashier_code="03", cashier_name="Anna"
    )
    doc = receipt.build(basket, cart, settled, rule, at)
    return doc | {"vouchers": baskets.entered(basket.id, cart, settled)}


def test_a_sold_voucher_is_owed_untaxed_and_off_no_shelf(shop: Till) -> None:
    doc = shop.commit(sold("25.00"))
    shop.round()
    assert shop.row(doc["id"]).state == "booked"
    (invoice,) = shop.invoices(doc["id"])
    voucher = next(r for r in invoice["items"] if r["item_code"] == "GIFT-VOUCHER")
    assert (voucher["amount"], voucher["net_amount"], voucher["income_account"]) == (25.0, 25.0, shops.OWED)
    other = next(r for r in invoice["items"] if r["item_code"] != "GIFT-VOUCHER")
    assert other["income_account"] != shops.OWED
    assert (invoice["grand_total"], invoice["total_taxes_and_charges"]) == (26.0, 0.17)
    assert "GIFT-VOUCHER|Stores - TS" not in shop.emulator.site.docs["Bin"]


def test_an_income_account_of_the_settings_is_not_for_vouchers(shop: Till) -> None:
    doc = shop.commit(sold("25.00"))
    config = till_config(shop.store.config.root, shop.emulator.url, TILLKEEP_ERPNEXT_INCOME_ACCOUNT="Sales - TS")
    body = mapping.invoice(doc, "sale", doc["id"], Context(), shop.world.connector.facts, config)
    assert {r["item_code"] == "GIFT-VOUCHER": r["income_account"] for r in body["items"]} == {
        True: shops.OWED, False: "Sales - TS",
    }  # fmt: skip


def test_a_used_voucher_pays_through_its_own_way_to_pay(shop: Till) -> None:
    payments = [Payment("Gift Voucher", "voucher", 2000, "GV-OLD"), Payment("Cash", "cash", 600)]
    doc = shop.commit(sold("25.00", *payments))
    shop.round()
    (invoice,) = shop.invoices(doc["id"])
    assert {p["mode_of_payment"]: p["amount"] for p in invoice["payments"]} == {"Gift Voucher": 20.0, "Cash": 6.0}
    assert shop.row(doc["id"]).state == "booked"


def test_one_that_was_booked_as_income_differs(shop: Till) -> None:
    doc = shop.commit(sold("25.00"))
    shop.round()
    (invoice,) = shop.invoices(doc["id"])
    voucher = next(r for r in invoice["items"] if r["item_code"] == "GIFT-VOUCHER")
    voucher["income_account"] = "Sales - TS"
    stored = shop.world.connector.fetch(invoice["name"])
    said = shop.world.connector.compare(doc, "sale", stored)
    assert said == f"GIFT-VOUCHER: booked on Sales - TS, not on {shops.OWED}"


def test_the_random_baskets_hold_vouchers_sold_used_and_refunded_onto(tmp_path: Path) -> None:
    """What the comparison of random baskets rests on: they are among them."""
    chance, acts = random.Random(7), set()
    with Emulator(basket_site()) as emulator:
        world = baskets.World(TaxRule(), False, None, till_config(tmp_path, emulator.url), emulator)  # type: ignore[arg-type]
        for _ in range(200):
            make = baskets.random_return if world.sold and chance.random() < 0.3 else baskets.random_sale
            doc = make(chance, world)
            if doc is not None:
                baskets.remember(world, baskets.numbered(world, doc))
                acts |= {row["act"] for row in doc["vouchers"]}
    assert acts == {"issue", "redeem", "refund"}


# -- setup -------------------------------------------------------------------------------------------------------------


def _default(site: Site) -> dict[str, Any]:
    row: dict[str, Any] = site.docs["Item"]["GIFT-VOUCHER"]["item_defaults"][0]
    return row


@pytest.mark.parametrize(
    ("spoil", "words", "account"),
    [
        (lambda s: None, "", shops.OWED),
        (lambda s: s.docs["Item"].pop("GIFT-VOUCHER"), "which is not in ERPNext", ""),
        (lambda s: s.docs["Item"]["GIFT-VOUCHER"].update(is_stock_item=1), "keeps stock", shops.OWED),
        (lambda s: s.docs["Item"]["GIFT-VOUCHER"].update(item_defaults=[]), "no Income Account of its own", ""),
        (lambda s: _default(s).update(income_account="Sales - TS"), "is of the kind", ""),
        (lambda s: _default(s).update(income_account="Nowhere - TS"), "no account that can be booked on", ""),
        (lambda s: s.docs["Account"][shops.OWED].update(account_type="Payable"), "needs a customer", ""),
        (lambda s: s.docs["Mode of Payment"].pop("Gift Voucher"), "no Mode of Payment for vouchers", shops.OWED),
        (
            lambda s: s.docs["Mode of Payment"]["Gift Voucher"]["accounts"][0].update(default_account="Cash - TS"),
            "give both the same account", shops.OWED,
        ),
        (
            lambda s: [s.docs["Item Tax Template"].pop(f"{t} - TS") for t in ("Zero", "Reduced")],
            "No Item Tax Template charges 0%", shops.OWED,
        ),
    ],
)  # fmt: skip
def test_setup_says_what_a_voucher_lacks(
    tmp_path: Path, spoil: Callable[[Site], Any], words: str, account: str
) -> None:
    with Emulator(basket_site()) as emulator:
        spoil(emulator.site)
        config = till_config(tmp_path, emulator.url)
        store = open_store(config)
        report = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        assert connections.facts(store, "erpnext")["voucher_account"] == account
        store.close()
    told = [sentence for sentence in report.todo if "oucher" in sentence]
    assert any(words in sentence for sentence in told) if words else not told
    assert not report.blocking
