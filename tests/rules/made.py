"""Receipts made for tests by the rules themselves, with the numbers the journal would give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pos.rules import refund
from pos.rules.basket import Basket, Tendered
from pos.rules.cart import Against, Cart, Goods, LineInput, price_cart
from pos.rules.money import minor
from pos.rules.price import Discount
from pos.rules.receipt import Circumstances, build
from pos.rules.tax import TaxRule
from pos.rules.tender import Payment, settle

ID = "0193a1b2-0000-7000-8000-00000000000{}"
AT = Circumstances(warehouse="Stores - TS", price_list="Standard Selling", cashier_code="ann", cashier_name="Ann")


def receipt(
    lines: Iterable[LineInput],
    goods: Mapping[str, Goods],
    rule: TaxRule,
    discount: Discount | None = None,
    sold: Mapping[Against, refund.Sold] | None = None,
    pay: str = "cash",
    n: int = 1,
) -> tuple[dict[str, Any], Basket, Cart]:
    """A receipt paid exactly in one way ("" when there is nothing to pay), its request and its cart."""
    lines = tuple(lines)
    cart = price_cart(lines, goods, rule, discount, sold)
    due = rule.cash(cart.total) if pay == "cash" else cart.total
    payments = [Payment(pay.title(), pay, due)] if pay and (cart.total or pay == "cash") else []
    asked = tuple(Tendered(p.mode_of_payment, p.amount) for p in payments)
    basket = Basket(ID.format(n), "Walk-in Customer", lines, discount, asked, cart.total)
    doc = build(basket, cart, settle(cart.total, payments, rule), rule, AT)
    doc |= {"invoice_name": f"T1-{n:06d}", "till": "T1", "series": "till", "sequence": n}
    return doc, basket, cart


def back(doc: Mapping[str, Any]) -> list[refund.Back]:
    """What a return document gave back of each of its lines, in their order."""
    cur = doc["currency"]
    return [
        refund.Back(-x["qty"], -minor(x["net"], cur), -minor(x["tax_amount"], cur), -minor(x["amount"], cur))
        for x in doc["items"]
    ]
