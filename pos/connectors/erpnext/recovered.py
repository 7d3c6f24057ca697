"""A Sales Invoice as the receipt it once was, as far as ERPNext knows it. For read-only copies; nothing is guessed.

What ERPNext does not keep stays empty: the till's own line ids, discounts and their reasons, notes, voucher codes, who
agreed to something. A line goes by the name of its row there, so that what comes back of it can be tied to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pos.config import Config
from pos.connectors.base import BOOKED_MAX, Listed, Retold
from pos.connectors.erpnext import cash
from pos.connectors.erpnext.facts import SetupFacts
from pos.connectors.erpnext.feeds import Asks, kind_of_mode
from pos.errors import Rejected
from pos.rules.documents import SCHEMA
from pos.rules.money import major, minor, round_minor

KEY_FIELD = "pos_receipt_id"
HEAD = [
    "name", KEY_FIELD, "customer", "posting_date", "posting_time", "is_return", "return_against", "currency",
    "selling_price_list", "grand_total", "change_amount", "remarks", "paid_amount",
]  # fmt: skip
CHILDREN: dict[str, tuple[str, list[str]]] = {
    "items": (
        "Sales Invoice Item",
        [
            "item_code", "item_name", "item_group", "barcode", "qty", "uom", "rate", "price_list_rate", "amount",
            "net_amount", "item_tax_template", "item_tax_rate", "warehouse", "sales_invoice_item",
        ],
    ),
    "taxes": (
        "Sales Taxes and Charges",
        ["charge_type", "account_head", "included_in_print_rate", "tax_amount_after_discount_amount"],
    ),
    "payments": ("Sales Invoice Payment", ["mode_of_payment", "type", "amount", "reference_no"]),
}  # fmt: skip
_WHO = re.compile(
    r"([A-Za-z0-9]{1,8}-[0-9]{6,12}), [A-Za-z0-9]{1,8}, [A-Za-z0-9]{1,8}-S[0-9]{6,12}(?:, (\S+) ?(.*))?\Z"
)
_MISSING = "as_told"
_TAX = "tax_amount_after_discount_amount"


def retold(erpnext: Asks, wanted: Sequence[Listed], facts: SetupFacts, config: Config) -> list[Retold]:
    """See Connector.retold."""
    assert len(wanted) <= BOOKED_MAX, "ask for a page at a time"
    heads = {str(h["name"]): h for h in _heads(erpnext, [["name", "in", sorted(one.remote_id for one in wanted)]])}
    against = sorted({str(h["return_against"]) for h in heads.values() if h.get("return_against")})
    originals = _heads(erpnext, [["name", "in", against]]) if against else []
    keys = {str(h["name"]): (str(h[KEY_FIELD] or ""), _number(str(h.get("remarks") or ""))) for h in originals}
    for table, (child, fields) in CHILDREN.items() if heads else ():
        filters: list[list[Any]] = [["parent", "in", sorted(heads)], ["parenttype", "=", cash.INVOICE]]
        for head in heads.values():
            head[table] = []
        for row in erpnext.rows(child, ["name", "parent", "idx", *fields], filters, parent=cash.INVOICE):
            heads[str(row["parent"])][table].append(row)
    return [_retold(heads[one.remote_id], one, keys, facts, config) for one in wanted if one.remote_id in heads]


def _heads(erpnext: Asks, filters: list[list[Any]]) -> list[dict[str, Any]]:
    return erpnext.rows(cash.INVOICE, HEAD, filters, order_by="name asc")


def _retold(
    head: Mapping[str, Any], listed: Listed, keys: Mapping[str, tuple[str, str]], facts: SetupFacts, config: Config
) -> Retold:
    try:
        doc = document(head, facts, config)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise Rejected(
            f"{listed.remote_id} cannot be read as a sale ({error!r}).",
            code="not_readable",
            remedy="Look at it in ERPNext; leave it out with --except.",
        ) from error
    rows = {str(r["name"]): str(r["sales_invoice_item"]) for r in head["items"] if r.get("sales_invoice_item")}
    original = str(head.get("return_against") or "")
    return Retold(listed, doc, *keys.get(original, ("", "")), rows)


def document(head: Mapping[str, Any], facts: SetupFacts, config: Config) -> dict[str, Any]:
    """An invoice with its child rows as an unnumbered document of the receipt contract."""
    cur = str(head["currency"])
    included = any(int(t.get("included_in_print_rate") or 0) for t in head["taxes"]) or not head["taxes"]
    items = [_item(r, included, cur, facts, config) for r in sorted(head["items"], key=lambda r: int(r["idx"]))]
    payments, change = _payments(head, cur, facts)
    total = round_minor(_figure(head["grand_total"]), cur)
    subtotal = sum(minor(i["amount"], cur) for i in items)
    tax, rounding = _charges(head["taxes"], included, cur, facts)
    code, name = _cashier(str(head.get("remarks") or ""))
    kinds = list(dict.fromkeys(p["kind"] for p in payments))
    return {
        "schema": SCHEMA,
        "kind": "return" if int(head.get("is_return") or 0) else "sale",
        "store": "",
        "created_at": _moment(head, facts, config),
        "session": "",
        "cashier": {"code": code, "name": name},
        "mode": "erpnext",
        "customer": str(head["customer"]),
        "currency": cur,
        "price_list": str(head.get("selling_price_list") or ""),
        "prices_include_tax": included,
        "items": items,
        "discount": None,
        "taxes": _taxes(items),
        "subtotal": major(subtotal, cur),
        "tax_total": major(tax, cur),
        "rounding": major(rounding, cur),
        "total": major(total, cur),
        "payments": payments,
        "tender": "none" if not kinds else kinds[0] if len(kinds) == 1 else "split",
        "cash_given": sum((p["amount"] for p in payments if p["kind"] == "cash"), Decimal(0)),
        "change": major(change, cur),
        "vouchers": [],
        "tax_rule": _MISSING,
        "rounding_method": facts.rounding or "bankers",
        "rules_version": "recovered",
        "flags": [] if subtotal + rounding == total else ["totals_differ"],
        "note": "",
    }


def _charges(rows: Iterable[Mapping[str, Any]], included: bool, cur: str, facts: SetupFacts) -> tuple[int, int]:
    """(tax, cash rounding) of the tax rows. With tax in the prices, rows of a fixed amount bring ERPNext's figures to
    the receipt's, and what is left of them all together is the rounding."""
    charged = [(t["account_head"], t["charge_type"], round_minor(_figure(t[_TAX]), cur)) for t in rows]
    apart = {facts.rounding_account} - set(facts.default_taxes)
    tax = sum(amount for account, _, amount in charged if account not in apart)
    if included:
        return tax, sum(amount for _, kind, amount in charged if kind == "Actual")
    return tax, sum(amount for account, _, amount in charged if account in apart)


def _figure(value: Any) -> Decimal:
    return Decimal(str(value if value is not None else 0))


def _moment(head: Mapping[str, Any], facts: SetupFacts, config: Config) -> str:
    """The moment of posting, which is that of the sale, on the shop's wall clock."""
    hours, minutes, seconds = str(head["posting_time"]).split(":")
    whole, _, part = seconds.partition(".")
    at = time(int(hours), int(minutes), int(whole), int(part.ljust(6, "0")[:6] or 0))
    day = datetime.fromisoformat(str(head["posting_date"])[:10]).date()
    there = datetime.combine(day, at, ZoneInfo(facts.site_zone))
    return there.astimezone(ZoneInfo(config.shop.timezone)).isoformat(timespec="milliseconds")


def _item(row: Mapping[str, Any], included: bool, cur: str, facts: SetupFacts, config: Config) -> dict[str, Any]:
    amount, net = (round_minor(_figure(row[k]), cur) for k in ("amount", "net_amount"))
    template = str(row.get("item_tax_template") or "")
    percent = _percent(row, template, facts)
    tax = amount - net if included else round_minor(_figure(row["net_amount"]) * percent / 100, cur)
    gross, listed = (amount if included else net + tax), _figure(row.get("price_list_rate"))
    code = str(row["item_code"])
    return {
        "line": str(row["name"]),
        "item_code": code,
        "item_name": str(row.get("item_name") or code),
        "item_group": str(row.get("item_group") or ""),
        "barcode": str(row.get("barcode") or ""),
        "attributes": {},
        "qty": _figure(row["qty"]),
        "uom": str(row.get("uom") or ""),
        "list_price": listed or None,
        "price": _figure(row["rate"]),
        "price_source": "typed",
        "discount": None,
        "sale_discount": major(0, cur),
        "rate": _figure(row["rate"]),
        "tax_code": template or facts.tax_template,
        "tax_rate": percent,
        "net": major(net, cur),
        "tax_amount": major(tax, cur),
        "amount": major(gross, cur),
        "stocked": False,  # the goods left the stock over there; here nothing moves again
        "warehouse": str(row.get("warehouse") or ""),
        "note": "",
        "return_against": None,
        **({"voucher": {"code": ""}} if config.vouchers.item and code == config.vouchers.item else {}),
    }


def _percent(row: Mapping[str, Any], template: str, facts: SetupFacts) -> Decimal:
    """What was charged on a row: by the template setup knows, else by what the row itself says."""
    if not template or template in facts.item_taxes:
        return sum(facts.rates_of(template).values(), Decimal(0))
    rates: Mapping[str, Any] = json.loads(row.get("item_tax_rate") or "{}")
    return sum((_figure(rate) for rate in rates.values()), Decimal(0))


def _taxes(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, Decimal], list[Decimal]] = {}
    for item in items:
        if item.get("voucher"):
            continue
        row = sums.setdefault((item["tax_code"], item["tax_rate"]), [Decimal(0)] * 3)
        for i, key in enumerate(("net", "tax_amount", "amount")):
            row[i] += item[key]
    return [{"code": c, "rate": r, "net": n, "tax": t, "gross": g} for (c, r), (n, t, g) in sums.items()]


def _payments(head: Mapping[str, Any], cur: str, facts: SetupFacts) -> tuple[list[dict[str, Any]], int]:
    """How it was paid, and what of it went back; what was not paid stands on account."""
    found, paid = [], 0
    change = round_minor(_figure(head.get("change_amount")), cur)
    left = change
    for row in sorted(head["payments"], key=lambda r: int(r["idx"])):
        mode, amount = str(row["mode_of_payment"]), round_minor(_figure(row["amount"]), cur)
        if not amount:
            continue
        kind = kind_of_mode(mode, str(row.get("type") or facts.modes.get(mode, "")))
        back = left if kind == "cash" else 0
        left, paid = left - back, paid + amount
        found.append(_payment(mode, kind, amount, back, str(row.get("reference_no") or ""), cur))
    owed = round_minor(_figure(head["grand_total"]), cur) - (paid - change)
    if owed:
        found.append(_payment("On account", "account", owed, 0, "", cur))
    return found, change


def _payment(mode: str, kind: str, amount: int, change: int, reference: str, cur: str) -> dict[str, Any]:
    return {
        "mode_of_payment": mode,
        "kind": kind,
        "amount": major(amount, cur),
        "change": major(change, cur),
        "reference": reference,
        "last4": "",
    }


def _number(remarks: str) -> str:
    """The receipt number the till wrote; "" when somebody edited it."""
    found = _WHO.match(remarks)
    return found[1] if found else ""


def _cashier(remarks: str) -> tuple[str, str]:
    """Who sold, as the till wrote it beside its number; nothing when somebody edited it."""
    found = _WHO.match(remarks)
    return (found[2] or "", (found[3] or "").strip()) if found else ("", "")
