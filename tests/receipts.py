"""Documents for tests of everything behind the prices: whole, correct, and small to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pos import clock
from pos.rules import documents


def amount(value: Any) -> Decimal:
    """An exact amount with two decimals."""
    return Decimal(f"{Decimal(str(value)):.2f}")


def line(code: str = "SHOE-42", qty: int = 1, price: str = "12.00", name: str = "", **more: Any) -> dict[str, Any]:
    """A line at 20% tax included."""
    gross = amount(qty * Decimal(price))
    net = amount(gross / Decimal("1.2"))
    return {
        "line": more.pop("line", clock.uuid7()),
        "item_code": code,
        "item_name": name or f"Item {code}",
        "item_group": "Shoes",
        "barcode": "4006381333931",
        "attributes": {"Size": "42"},
        "qty": Decimal(qty),
        "uom": "Nos",
        "list_price": Decimal(price),
        "price": Decimal(price),
        "price_source": "list",
        "discount": None,
        "sale_discount": Decimal(0),
        "rate": Decimal(price),
        "tax_code": "V20",
        "tax_rate": Decimal(20),
        "net": net,
        "tax_amount": gross - net,
        "amount": gross,
        "stocked": True,
        "warehouse": "Stores - TS",
        "note": "",
        "return_against": None,
        **more,
    }


def sale(*lines: dict[str, Any], given: str | None = None, **more: Any) -> dict[str, Any]:
    """An unnumbered document, paid in cash, as the sell action hands it to the journal."""
    items = list(lines) or [line(), line("BAG", 2, "0.10")]
    total = sum((i["amount"] for i in items), Decimal(0))
    net = sum((i["net"] for i in items), Decimal(0))
    paid = Decimal(given) if given is not None else total
    return {
        "schema": documents.SCHEMA,
        "kind": "sale" if total >= 0 else "return",
        "id": clock.uuid7(),
        "cashier": {"code": "C1", "name": "Ann Bright"},
        "customer": "Walk-in Customer",
        "currency": "GBP",
        "price_list": "Standard Selling",
        "prices_include_tax": True,
        "items": items,
        "discount": None,
        "taxes": [{"code": "V20", "rate": Decimal(20), "net": net, "tax": total - net, "gross": total}],
        "subtotal": total,
        "tax_total": total - net,
        "rounding": Decimal(0),
        "total": total,
        "payments": [
            {
                "mode_of_payment": "Cash",
                "kind": "cash",
                "amount": paid,
                "change": paid - total,
                "reference": "",
                "last4": "",
            }
        ],
        "tender": "cash",
        "cash_given": paid,
        "change": paid - total,
        "vouchers": [],
        "tax_rule": "erpnext",
        "rounding_method": "bankers",
        "rules_version": "1",
        "flags": [],
        "note": "",
        **more,
    }


def refund(of: dict[str, Any], position: int = 0, **more: Any) -> dict[str, Any]:
    """The return of one line of a saved document."""
    sold = of["items"][position]
    against = {"id": of["id"], "invoice_name": of["invoice_name"], "line": sold["line"]}
    back = line(sold["item_code"], -int(sold["qty"]), str(sold["price"]), return_against=against)
    return sale(back, **more)


NUMBERS: dict[str, Any] = {
    "invoice_name": "T1-000001",
    "till": "T1",
    "store": "main",
    "series": "till",
    "sequence": 1,
    "created_at": "2026-11-21T14:32:07.123+00:00",
    "business_day": "2026-11-21",
    "session": "T1-S000001",
    "mode": "mock",
    "prev_hash": documents.GENESIS,
}


def stamped(doc: dict[str, Any] | None = None, sequence: int = 1, **numbers: Any) -> tuple[dict[str, Any], bytes]:
    """A document with its numbers, as the journal of till T1 would make it."""
    own = {**NUMBERS, "sequence": sequence, "invoice_name": f"T1-{sequence:06d}", **numbers}
    return documents.stamp(doc or sale(), **own)
