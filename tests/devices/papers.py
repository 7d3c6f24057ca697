"""The documents whose slips are looked at: one afternoon of a shoe shop, saved as the journal would save it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pos.rules import slips
from pos.rules.paper import Row
from tests import receipts
from tests.receipts import amount

LOOK = {
    "name": "Finch & Marlow",
    "tagline": "Shoes and clothing",
    "address": "14 Broadgate, Wellbury WB1 4QX",
    "phone": "01632 960 418",
    "tax_number": "GB 999 9999 73",
    "footer": "Return unworn items within 28 days with this receipt.",
    "till_name": "Till 2",
    "walk_in": "Walk-in Customer",
    "return_days": 28,
}
COPY = slips.Copy("Priya Nair", datetime.fromisoformat("2026-11-21T15:02:11+00:00"))


def look(columns: int = 42, **more: Any) -> slips.Look:
    return slips.Look(**{**LOOK, "columns": columns, **more})


def _line(name: str, values: tuple[str, ...], price: str, qty: int = 1, rate: int = 20, **more: Any) -> dict[str, Any]:
    gross = amount(qty * Decimal(price) - (more.get("discount") or {"amount": Decimal(0)})["amount"])
    net = amount(gross / (1 + Decimal(rate) / 100))
    named = {"name": name, "line": f"{name} {qty}", "attributes": dict(enumerate(values))}
    taxed = {"tax_code": "A" if rate else "Z", "tax_rate": Decimal(rate)}
    return receipts.line("C", qty, price, amount=gross, net=net, tax_amount=gross - net, **named, **taxed, **more)


def _paid(mode: str, kind: str, value: str, change: str = "0.00", **more: str) -> dict[str, Any]:
    row = {"mode_of_payment": mode, "kind": kind, "amount": Decimal(value), "change": Decimal(change)}
    return {**row, "reference": "", "last4": "", **more}


def _saved(doc: dict[str, Any], number: int) -> dict[str, Any]:
    return receipts.stamped(
        doc, number, till="T2", invoice_name=f"T2-{number:06d}", session="T2-S000041",
        id=f"01932c3d-0000-7000-8000-{number:012d}",
    )[0]  # fmt: skip


def _of(kind: str, items: list[dict[str, Any]], payments: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    rates: dict[str, dict[str, Any]] = {}
    for item in items:
        row = rates.setdefault(
            item["tax_code"],
            {
                "code": item["tax_code"],
                "rate": item["tax_rate"],
                "net": Decimal(0),
                "tax": Decimal(0),
                "gross": Decimal(0),
            },
        )
        row["net"] += item["net"]
        row["tax"] += item["tax_amount"]
        row["gross"] += item["amount"]
    total = sum((i["amount"] for i in items), Decimal("0.00"))
    change = sum((p["change"] for p in payments), Decimal("0.00"))
    return receipts.sale(
        *items,
        **{
            "kind": kind,
            "cashier": {"code": "P", "name": "Priya Nair"},
            "taxes": list(rates.values()),
            "subtotal": total,
            "tax_total": sum((i["tax_amount"] for i in items), Decimal("0.00")),
            "total": total,
            "payments": payments,
            "change": change,
            **more,
        },
    )


def sale() -> dict[str, Any]:
    """£214.95, eight items, a discount, paid by voucher, card and cash."""
    off = {"kind": "percent", "value": Decimal(15), "reason": "ex-display", "amount": Decimal("8.10")}
    items = [
        _line("Harrow Chelsea boot", ("Brown", "UK 8"), "89.00"),
        _line("Fenland merino jumper", ("Navy", "M"), "54.00", discount=off),
        _line("Ankle socks, 3 pairs", ("Grey", "6–8"), "7.50", 2),
        _line("Pip school shoe", ("Black", "child 13"), "34.00", rate=0),
        _line("Boot cream, neutral", ("50 ml",), "6.95"),
        _line("Saddler belt", ("Tan", "M"), "24.00", note="for Ana's café"),
        _line("Carrier bag, paper, large", (), "0.10"),
    ]
    payments = [
        _paid("Gift voucher", "voucher", "25.00", reference="GV-7K2M-4410"),
        _paid("Card", "card", "100.00", last4="4417", reference="081552"),
        _paid("Cash", "cash", "100.00", "10.05"),
    ]
    used = {"code": "GV-7K2M-4410", "act": "redeem", "amount": Decimal("25.00"), "balance": Decimal("15.00")}
    vouchers = [{**used, "expires": "2027-11-20"}]
    return _saved(_of("sale", items, payments, vouchers=vouchers), 8812)


def refund() -> dict[str, Any]:
    item = _line("Pip school shoe", ("Black", "child 13"), "34.00", -1, rate=0, note="Wrong size")
    return _saved(_of("return", [item], [_paid("Cash", "cash", "-34.00")]), 8813)


def rounded() -> dict[str, Any]:
    """A discount on the whole sale, tax on top, cash rounded to 5p, a price finer than a penny."""
    item = _line("Ribbon by the metre, a very long name that does not fit on any line", (), "0.333", 3, rate=20)
    item |= {"amount": Decimal("1.08"), "net": Decimal("0.90"), "tax_amount": Decimal("0.18")}
    item |= {"sale_discount": Decimal("0.10"), "rate": Decimal("0.3"), "qty": Decimal("3.000"), "uom": "Metre"}
    whole = {"kind": "amount", "value": Decimal("0.10"), "reason": "opening week", "amount": Decimal("0.10")}
    doc = _of(
        "sale", [item], [_paid("Cash", "cash", "1.10")], discount=whole, rounding=Decimal("0.02"),
        prices_include_tax=False, customer="Wellbury Theatre Company",
    )  # fmt: skip
    return _saved({**doc, "total": Decimal("1.10")}, 8814)


def voucher() -> dict[str, Any]:
    item = _line("Gift voucher", (), "40.00", rate=0)
    made = {"code": "GV-QX4R-0917", "act": "issue", "amount": Decimal("40.00"), "balance": Decimal("40.00")}
    doc = _of("sale", [item], [_paid("Card", "card", "40.00")], vouchers=[{**made, "expires": "2027-11-21"}])
    return _saved(doc, 8815)


def cash(kind: str, value: str, reason: str, **more: Any) -> dict[str, Any]:
    doc = _of(kind, [], [_paid("Cash", "cash", value)] if value != "0.00" else [])
    block = {"amount": Decimal(value), "reason": reason, "note": "", **more}
    doc |= {"items": [], "taxes": [], "cash": block, "total": Decimal(value), "correction": False}
    return _saved(doc, 8816)


def opening() -> dict[str, Any]:
    pieces = [{"value": Decimal("20.00"), "pieces": 5}, {"value": Decimal("0.50"), "pieces": 100}]
    return cash("float", "150.00", "", float=Decimal("150.00"), pieces=pieces)


def paid_out() -> dict[str, Any]:
    doc = cash("paid_out", "-12.60", "Window cleaner")
    return {**doc, "approved": [{"act": "paid_out", "by": {"code": "M", "name": "Mia Okafor"}, "field": ""}]}


def slips_of(columns: int) -> dict[str, tuple[Row, ...]]:
    """Every slip that stands in golden/, by the name of its file."""
    at = datetime.fromisoformat("2026-11-21T14:32:07+00:00")
    shop = look(columns)
    bought = sale()
    one = bought["items"][1]["line"]
    return {
        "receipt": slips.slip("receipt", bought, shop),
        "receipt_copy": slips.slip("receipt", bought, shop, copy=COPY),
        "return": slips.slip("receipt", refund(), shop),
        "receipt_rounded": slips.slip("receipt", rounded(), shop),
        "gift": slips.slip("gift", bought, shop),
        "gift_one_line": slips.slip("gift", bought, shop, lines=(one,)),
        "balance": slips.slip("balance", bought, shop),
        "voucher": slips.slip("voucher", voucher(), shop),
        "voucher_copy": slips.slip("voucher", voucher(), shop, copy=COPY, balances={"GV-QX4R-0917": Decimal("12.50")}),
        "float": slips.slip("float", opening(), shop),
        "paid_out": slips.slip("cash", paid_out(), shop),
        "no_sale": slips.slip("cash", cash("no_sale", "0.00", "Change for a customer"), shop),
        "test": slips.test_page(shop, "CP858", at),
    }
