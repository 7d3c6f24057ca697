"""Voiding a finished sale: the whole of it comes back in the session it was made in, to the tenders it was paid with.

A void is a document of its own with every line against the sale's; the sale stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pos.errors import Conflict, Corrupt
from pos.said import said

#: The kind of the document.
KIND = "void"


def refusal(doc: Mapping[str, Any], session: str, came_back: Decimal) -> Conflict | None:
    """Why a document cannot be voided now; None when it can. session: the open one. came_back: pieces given back."""
    number = doc["invoice_name"]
    if doc["kind"] != "sale" or doc["series"] != "till":
        return Conflict(
            said("{number} is no sale made here; only a sale can be voided.", number=number), code="not_voidable"
        )
    if any(item["qty"] < 0 for item in doc["items"]):
        return Conflict(
            said("{number} is an exchange; give back its goods as a return instead.", number=number),
            code="not_voidable",
        )
    if any(not row.get("act") for row in doc.get("vouchers") or ()):  # from before vouchers were kept here
        return Conflict(
            said("{number} used a gift voucher; give it back as a return instead.", number=number), code="not_voidable"
        )
    if doc["session"] != session:
        return Conflict(
            said("{number} belongs to a session that is closed; take the goods back as a return.", number=number),
            code="other_session",
        )
    if came_back:
        return Conflict(
            said("Something of {number} came back already; take the rest back as a return.", number=number),
            code="returned_already",
        )
    return None


def document(doc: Mapping[str, Any], key: str, reason: str, note: str, cashier: Mapping[str, str]) -> dict[str, Any]:
    """The void of a sale, unstamped: every figure of it turned round, nothing priced anew."""
    payments = list(_payments(doc))
    cash = [p["amount"] for p in payments if p["kind"] == "cash"]
    kinds = list(dict.fromkeys(p["kind"] for p in payments))
    taken = ("schema", "customer", "currency", "price_list", "prices_include_tax")
    rules = ("tax_rule", "rounding_method", "rules_version")
    return {
        **{field: doc[field] for field in taken},
        "kind": KIND,
        "id": key,
        "cashier": dict(cashier),
        "items": [_item(item, doc, reason) for item in doc["items"]],
        "discount": None,
        "taxes": [{**row, **{k: -row[k] for k in ("net", "tax", "gross")}} for row in doc["taxes"]],
        **{field: -doc[field] for field in ("subtotal", "tax_total", "rounding", "total")},
        "payments": payments,
        "tender": "none" if not kinds else kinds[0] if len(kinds) == 1 else "split",
        "cash_given": sum(cash, 0 * doc["total"]),
        "change": 0 * doc["total"],
        "vouchers": [],
        **{field: doc[field] for field in rules},
        "flags": [],
        "note": note,
        KIND: block(doc, reason),
    }


def _item(item: Mapping[str, Any], doc: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """A line given back whole: its discounts are in what was paid for it."""
    against = {"id": doc["id"], "invoice_name": doc["invoice_name"], "line": item["line"]}
    return {
        **item,
        **{field: -item[field] for field in ("qty", "net", "tax_amount", "amount")},
        "price_source": "list",
        "discount": None,
        "sale_discount": 0 * item["amount"],
        "return_against": against,
        "reason": reason,
    }


def _payments(doc: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What was kept of each payment goes back the same way."""
    for p in doc["payments"]:
        kept = p["amount"] - (p.get("change") or 0)
        if kept or p["kind"] == "cash":
            yield {**p, "amount": -kept, "change": 0 * p["amount"]}


def block(doc: Mapping[str, Any], reason: str) -> dict[str, str]:
    """What the void says of its sale, under `void`."""
    return {"id": doc["id"], "invoice_name": doc["invoice_name"], "reason": reason}


def check(doc: Mapping[str, Any]) -> None:
    """What holds of a void beside what holds of a return. Corrupt says what does not."""
    of = doc["void"]
    if not of["id"] or not of["invoice_name"] or not of["reason"]:
        raise Corrupt("it does not say what it voids and why", field="void")
    for item in doc["items"]:
        if item["qty"] >= 0 or (item.get("return_against") or {}).get("id") != of["id"]:
            raise Corrupt("it holds a line that is not of the sale it voids", field=f"items.{item['line']}")
