"""Random days at a till: events in the order they happened, the documents of them, and a drawer one could look into.

The drawer is moved by what hands do (notes in, coins out), never by the figures of a document, so that the formula is
held against something that does not know it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from pos import clock
from pos.rules import receipt, shift
from pos.rules.money import major
from tests import receipts

MAKER = shift.Maker("C1", "Ann Bright", "GBP", "Cash", "Standard Selling")
PEOPLE = {"C1": "Ann Bright", "C2": "Bo Lee", "C3": "Cat Moss"}

cents = st.integers(1, 20_000)
events = st.lists(
    st.one_of(
        st.tuples(st.just("sale"), cents, st.integers(0, 5_000), st.sampled_from(["cash", "card", "split", "voucher"])),
        st.tuples(st.just("rounded"), cents, st.integers(-2, 2), st.just("cash")),
        st.tuples(st.just("return"), cents, st.integers(0, 2), st.sampled_from(["cash", "card", "voucher"])),
        st.tuples(st.just("exchange"), cents, cents, st.sampled_from(["cash", "card"])),
        st.tuples(st.just("voucher_sold"), cents, st.integers(0, 500), st.just("cash")),
        st.tuples(st.sampled_from(["paid_in", "paid_out", "drop"]), cents, st.just(0), st.just("")),
        st.tuples(st.just("no_sale"), st.just(0), st.just(0), st.just("")),
        st.tuples(st.just("correction"), st.integers(0, 30_000), st.just(0), st.just("")),
    ),
    max_size=14,
)


@dataclass
class Drawer:
    """What lies in it, in pennies, and in the card terminal's own sum."""

    cash: int = 0
    card: int = 0
    float_size: int = 0
    documents: list[dict[str, Any]] = field(default_factory=list)


def day(size: int, happened: list[tuple[str, int, int, str]]) -> Drawer:
    """The documents of a day that began with a float of `size` pennies."""
    drawer = Drawer(cash=size, float_size=size)
    drawer.documents.append(shift.float_document(clock.uuid7(), size, MAKER))
    for i, (kind, a, b, how) in enumerate(happened):
        doc = _event(drawer, kind, a, b, how)
        code = f"C{i % 3 + 1}"
        doc["cashier"] = {"code": code, "name": PEOPLE[code]}
        drawer.documents.append(doc)
    return drawer


def _event(drawer: Drawer, kind: str, a: int, b: int, how: str) -> dict[str, Any]:
    if kind == "no_sale":
        return shift.document("no_sale", clock.uuid7(), 0, MAKER, reason="change")
    if kind == "correction":
        doc = shift.float_document(clock.uuid7(), a, MAKER, before=drawer.float_size, reason="counted again")
        drawer.cash += a - drawer.float_size  # somebody saw what really lies there
        drawer.float_size = a
        return doc
    if kind in ("paid_in", "paid_out", "drop"):
        sign = 1 if kind == "paid_in" else -1
        drawer.cash += sign * a
        return shift.document(kind, clock.uuid7(), sign * a, MAKER, reason="window cleaner")
    return _trade(drawer, kind, a, b, how)


def _trade(drawer: Drawer, kind: str, a: int, b: int, how: str) -> dict[str, Any]:
    if kind == "exchange":
        return _exchange(drawer, a, b, how)
    if kind == "return":
        doc = receipts.sale(_line(-a, b), rounding=Decimal(0))
        return _paid(drawer, doc, [(how, -a, 0)])
    if kind == "voucher_sold":
        sold = _line(a, 0) | {"voucher": {"code": "V1"}, "tax_code": "", "tax_rate": Decimal(0)}
        sold |= {"net": sold["amount"], "tax_amount": Decimal(0)}
        return _paid(drawer, receipts.sale(sold, _line(b + 1, 1)), [("cash", a + b + 1, 0)])
    if kind == "rounded":
        doc = receipts.sale(_line(a, b))
        doc["rounding"] = major(b, "GBP") if a + b > 0 else Decimal("0.00")
        total = a + (b if a + b > 0 else 0)
        doc["total"] = major(total, "GBP")
        return _paid(drawer, doc, [("cash", total + 500, 500)])
    doc = receipts.sale(_line(a, b))
    if how == "cash":
        return _paid(drawer, doc, [("cash", a + b, b)])
    if how == "split":
        part = a // 2
        return _paid(drawer, doc, [("card", part, 0), ("cash", a - part + b, b)])
    return _paid(drawer, doc, [(how, a, 0)])


def _exchange(drawer: Drawer, sold: int, back: int, how: str) -> dict[str, Any]:
    doc = receipts.sale(_line(sold, 0), _line(-back, 1))
    return _paid(drawer, doc, [(how, sold - back, 0)] if sold != back else [])


def _line(amount: int, flavour: int) -> dict[str, Any]:
    """A line of one piece; the flavour chooses group, brand, tax and a discount."""
    group, brand = (("Shoes", "Acme"), ("Bags", ""), ("Hats", "Finch"))[flavour % 3]
    off = 50 if flavour % 2 and amount > 0 else 0
    row = receipts.line("SKU", 1 if amount > 0 else -1, f"{major(abs(amount), 'GBP')}", item_group=group)
    row |= {"price": major(abs(amount) + off, "GBP"), "sale_discount": major(off, "GBP")}
    if flavour % 5 == 4:
        row |= {"tax_code": "Z0", "tax_rate": Decimal("0.0"), "net": row["amount"], "tax_amount": Decimal("0.00")}
    return row | ({"brand": brand} if brand else {})


def _whole(doc: dict[str, Any]) -> None:
    """Discount and taxes as the lines have them."""
    off = sum((i["sale_discount"] for i in doc["items"]), Decimal("0.00"))
    doc["discount"] = {"kind": "amount", "value": off, "reason": "seconds", "amount": off} if off else None
    rates: dict[tuple[str, Decimal], list[Decimal]] = {}
    for item in doc["items"]:
        if item.get("voucher"):
            continue  # no supply
        sums = rates.setdefault((item["tax_code"], item["tax_rate"]), [Decimal(0)] * 3)
        for i, key in enumerate(("net", "tax_amount", "amount")):
            sums[i] += item[key]
    doc["taxes"] = [
        {"code": code, "rate": rate, "net": net, "tax": tax, "gross": gross}
        for (code, rate), (net, tax, gross) in rates.items()
    ]
    doc["tax_total"] = sum((t["tax"] for t in doc["taxes"]), Decimal("0.00"))


def _paid(drawer: Drawer, doc: dict[str, Any], payments: list[tuple[str, int, int]]) -> dict[str, Any]:
    """The document with these payments (kind, handed over, change), and what they do to the drawer."""
    names = {"cash": "Cash", "card": "Card", "voucher": "Gift Voucher"}
    rows = []
    for kind, amount, change in payments:
        money, back = major(amount, "GBP"), major(change, "GBP")
        row = {"mode_of_payment": names[kind], "kind": kind, "amount": money, "change": back}
        rows.append({**row, "reference": "V1" if kind == "voucher" else "", "last4": ""})
        if kind == "cash":
            drawer.cash += amount
            drawer.cash -= change
        elif kind == "card":
            drawer.card += amount
    doc["payments"] = rows
    doc["change"] = sum((r["change"] for r in rows), Decimal("0.00"))
    doc["cash_given"] = sum((r["amount"] for r in rows if r["kind"] == "cash"), Decimal("0.00"))
    doc["kind"] = "sale" if doc["total"] >= 0 else "return"
    _whole(doc)
    receipt.check(doc)
    return doc
