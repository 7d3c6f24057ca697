"""The figures of a Sales Invoice as ERPNext v15 works them out, from the recorded exchanges.

Written on its own, in the binary floats ERPNext itself uses, and without a line of the till's own arithmetic: what it
answers is a second opinion, float noise included (inv-07: a discount of 0.11999999999999988).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

Doc = dict[str, Any]

BANKERS = "Banker's Rounding"
COMMERCIAL = "Commercial Rounding"
LEGACY = "Banker's Rounding (legacy)"


def flt(value: Any, places: int = 2, method: str = BANKERS) -> float:
    """A number rounded by the site's method; text that is no number counts as 0 (inv-19)."""
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        return 0.0
    if not number:
        return 0.0
    if method == COMMERCIAL:
        return round(number + math.copysign(2.0 ** (math.log2(abs(number)) - 52), number), places)
    scaled = round(number * 10**places, 8 if method == LEGACY else 12)
    floor = math.floor(scaled)
    if method == LEGACY:
        tie = scaled - floor == 0.5
        whole = floor + (floor % 2 if places == 0 else 1) if tie else round(scaled)
        return whole / 10**places
    if not scaled:
        return 0.0
    # A tie is what comes within one step of the float's own precision to it: 142.89 / 1.2 is 119.07499999999999.
    tie = abs(scaled - floor - 0.5) < 2.0 ** (math.log2(abs(scaled)) - 52)
    return ((floor if floor % 2 == 0 else floor + 1) if tie else round(scaled)) / 10**places


def work_out(doc: Doc, templates: Mapping[str, Mapping[str, float]], method: str, places: int = 2) -> None:
    """Items, taxes and totals of the invoice, in place. templates: item tax template -> {account: rate}."""

    def r(value: Any, p: int = places) -> float:
        return flt(value, p, method)

    for item in doc["items"]:
        _item(item, templates, r)
    taxes = doc["taxes"]
    doc["total"] = r(sum(i["amount"] for i in doc["items"]))
    doc["total_qty"] = flt(sum(i["qty"] for i in doc["items"]), 3, method)
    inclusive = any(t.get("included_in_print_rate") for t in taxes)
    for item in doc["items"]:
        fraction = sum(_rate(item, t) / 100 for t in taxes if t.get("included_in_print_rate"))
        item["net_amount"], item["net_rate"] = item["amount"], item["rate"]
        if inclusive and fraction and item["qty"]:  # nothing is taken out of an untaxed row (inv-29)
            item["net_amount"] = r(item["amount"] / (1 + fraction))
            item["net_rate"] = r(item["net_amount"] / item["qty"])
    _taxes(doc, r, "tax_amount")
    _grand_total(doc, r, 0.0)
    discount = r(doc.get("discount_amount"))
    doc["discount_amount"] = discount
    if discount:
        before = doc["grand_total"] - sum(t["tax_amount"] for t in taxes if t["charge_type"] == "Actual")
        for item in doc["items"]:
            item["net_amount"] = r(item["net_amount"] - discount * item["net_amount"] / before)
            item["net_rate"] = r(item["net_amount"] / item["qty"]) if item["qty"] else 0.0
        _taxes(doc, r, "tax_amount_after_discount_amount")
        _grand_total(doc, r, discount)
    doc["rounded_total"] = doc["rounding_adjustment"] = 0.0
    if not doc.get("disable_rounded_total"):
        # The shop's currency is set up with a smallest fraction of 1: whole pounds (inv-07e, inv-33).
        doc["rounded_total"] = flt(doc["grand_total"], 0, method)
        doc["rounding_adjustment"] = r(doc["rounded_total"] - doc["grand_total"])
    for row in (doc, *doc["items"], *taxes):
        for field in ("total", "net_total", "grand_total", "rate", "amount", "net_rate", "net_amount", "tax_amount"):
            if field in row:
                row[f"base_{field}"] = row[field]
    doc["base_total_taxes_and_charges"] = doc["total_taxes_and_charges"]


def _item(item: Doc, templates: Mapping[str, Mapping[str, float]], r: Callable[..., float]) -> None:
    item["qty"] = r(item.get("qty"), 3)
    listed = r(item.get("price_list_rate"))
    rate = r(item.get("rate"))
    percent = r(item.get("discount_percentage"))
    if percent == 100:
        rate = 0.0
    elif listed and not rate:
        rate = r(listed * (1 - percent / 100))
    item["price_list_rate"], item["rate"] = listed, rate
    item["discount_amount"] = listed - rate if listed and listed >= rate else 0.0
    item["amount"] = r(rate * item["qty"])
    mapped = templates.get(item.get("item_tax_template") or "", {})
    item["item_tax_rate"] = json.dumps(mapped) if mapped else "{}"


def _rate(item: Doc, tax: Doc) -> float:
    if tax["charge_type"] != "On Net Total":
        return 0.0
    mapped = json.loads(item["item_tax_rate"])
    return float(mapped.get(tax["account_head"], tax.get("rate") or 0))


def _taxes(doc: Doc, r: Callable[..., float], field: str) -> None:
    doc["net_total"] = r(sum(i["net_amount"] for i in doc["items"]))
    running = doc["net_total"]
    for tax in doc["taxes"]:
        if tax["charge_type"] == "Actual":
            amount = r(tax.get("tax_amount"))
        else:
            amount = r(sum(_rate(i, tax) / 100 * i["net_amount"] for i in doc["items"]))
        tax[field] = tax["tax_amount_after_discount_amount"] = amount
        running = r(running + amount)
        tax["total"] = running


def _grand_total(doc: Doc, r: Callable[..., float], discount: float) -> None:
    """Inclusive prices: a difference of up to five minor units between the prices and net + tax is taken up."""
    taxes = doc["taxes"]
    last = taxes[-1]["total"] if taxes else doc["net_total"]
    gap = 0.0
    if any(t.get("included_in_print_rate") for t in taxes):
        added = sum(t["tax_amount_after_discount_amount"] for t in taxes if not t.get("included_in_print_rate"))
        found = r(doc["total"] + added - last - discount)
        if found and abs(found) <= 0.05 + 1e-9:
            gap = found
    doc["grand_total"] = r(last + gap)
    doc["total_taxes_and_charges"] = r(doc["grand_total"] - doc["net_total"] - gap)


def pay(doc: Doc, method: str, places: int = 2) -> None:
    """Paid, change and outstanding, as a draft gets them. Change only when a payment is of type Cash (inv-35)."""
    due = doc["rounded_total"] or doc["grand_total"]
    paid = (
        flt(sum(flt(p.get("amount"), places, method) for p in doc["payments"]), places, method)
        if doc["is_pos"]
        else 0.0
    )
    change = 0.0
    if not doc.get("is_return") and paid > due and any(p.get("type") == "Cash" for p in doc["payments"]):
        change = flt(paid - due, places, method)
    for payment in doc["payments"]:
        payment["base_amount"] = flt(payment.get("amount"), places, method)
    doc["paid_amount"] = doc["base_paid_amount"] = paid
    doc["change_amount"] = doc["base_change_amount"] = change
    doc["outstanding_amount"] = flt(due - (paid - change), places, method)
