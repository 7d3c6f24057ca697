"""Voiding a finished sale: the whole of it comes back in the session it was made in, to the tenders it was paid with.

A void is a document of its own with every line against the sale's; the sale stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pos.errors import Conflict, Corrupt
from pos.rules.cart import Against, LineInput
from pos.rules.money import minor
from pos.rules.tender import Payment

#: The kind of the document.
KIND = "void"


def refusal(doc: Mapping[str, Any], session: str, came_back: Decimal) -> Conflict | None:
    """Why a document cannot be voided now; None when it can. session: the open one. came_back: pieces given back."""
    number = doc["invoice_name"]
    if doc["kind"] != "sale" or doc["series"] != "till":
        return Conflict(f"{number} is no sale made here; only a sale can be voided.", code="not_voidable")
    if any(item["qty"] < 0 for item in doc["items"]):
        return Conflict(f"{number} is an exchange; give back its goods as a return instead.", code="not_voidable")
    if doc.get("vouchers") or any(item.get("voucher") for item in doc["items"]):
        return Conflict(f"{number} sold or used a gift voucher; give it back as a return instead.", code="not_voidable")
    if doc["session"] != session:
        return Conflict(
            f"{number} belongs to a session that is closed; take the goods back as a return.", code="other_session"
        )
    if came_back:
        return Conflict(
            f"Something of {number} came back already; take the rest back as a return.", code="returned_already"
        )
    return None


def lines(doc: Mapping[str, Any], reason: str) -> tuple[LineInput, ...]:
    """Every line of the sale, given back."""
    return tuple(
        LineInput(
            line=item["line"],
            item_code=item["item_code"],
            qty=-item["qty"],
            return_against=Against(doc["id"], item["line"]),
            reason=reason,
        )
        for item in doc["items"]
    )


def payments(doc: Mapping[str, Any]) -> list[Payment]:
    """What was kept of each payment goes back the same way."""
    currency = doc["currency"]
    back = []
    for p in doc["payments"]:
        kept = minor(p["amount"], currency) - minor(p.get("change") or Decimal(0), currency)
        if kept or p["kind"] == "cash":
            back.append(Payment(p["mode_of_payment"], p["kind"], -kept, p.get("reference") or "", p.get("last4") or ""))
    return back


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
