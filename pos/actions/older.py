"""Receipts of the older shape: what they say, mapped to a document of the imported series. Their totals are kept.

Such a file has `invoice_name` and `items` but no `schema`: no tax per line, no discount, no time zone, no hash. What it
does not say is not made up; the whole of it is kept under `older`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.config import Config
from pos.errors import Invalid
from pos.rules.documents import SCHEMA
from pos.rules.money import digits_of, exact, round_minor, round_places

#: Such files were written from floats: 12.989999999999998 means 12.99. Anything further off is not believed.
NOISE = Decimal("0.000001")
LINES_MAX = 1000
#: How the words of the older shape name a kind of payment.
_KINDS = (("cash", "cash"), ("card", "card"), ("visa", "card"), ("master", "card"), ("voucher", "voucher"))
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\Z")


def is_older(body: Mapping[str, Any]) -> bool:
    """Whether this is a receipt of the older shape."""
    return "schema" not in body and "invoice_name" in body and isinstance(body.get("items"), list)


def document(body: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """The document that keeps what the older receipt says; unnumbered. Invalid names the field that cannot be read."""
    currency = config.shop.currency
    created = _moment(body, config)
    items = [_item(row, i, currency) for i, row in enumerate(_rows(body, "items"), start=1)]
    payments = _payments(body, currency)
    total, change = _money(body, "total", currency), _money(body, "change", currency, missing=Decimal(0))
    subtotal = sum((i["amount"] for i in items), Decimal(0))
    for payment in payments:
        if payment["kind"] == "cash":
            payment["change"] = change
            break
    return {
        "schema": SCHEMA,
        "kind": "return" if total < 0 or (items and all(i["qty"] < 0 for i in items)) else "sale",
        "id": _name(body, "sale_id" if body.get("sale_id") else "invoice_name"),
        "invoice_name": _name(body, "invoice_name"),
        "store": config.till.store,
        "created_at": created.isoformat(timespec="milliseconds"),
        "business_day": clock.business_day(created, config.shop.timezone, config.shop.day_starts).isoformat(),
        "session": "",
        "cashier": _cashier(body),
        "mode": "mock" if body.get("mode") == "mock" else "erpnext",
        "customer": _text(body.get("customer")) or config.till.walk_in,
        "currency": currency,
        "price_list": config.till.price_list,
        "prices_include_tax": True,
        "items": items,
        "discount": None,
        "taxes": _taxes(items),
        "subtotal": subtotal,
        "tax_total": sum((i["tax_amount"] for i in items), Decimal(0)),
        "rounding": Decimal(0),
        "total": total,
        "payments": payments,
        "tender": _text(body.get("tender")) or (payments[0]["kind"] if len(payments) == 1 else "split"),
        "cash_given": _money(body, "cash_given", currency, missing=Decimal(0)),
        "change": change,
        "vouchers": [
            {"code": _text(v.get("code")), "amount": _money(v, "amount", currency, "vouchers")}
            for v in _rows(body, "vouchers", missing=True)
        ],
        "tax_rule": "as_told",
        "rounding_method": "as_told",
        "rules_version": "older",
        "flags": ["totals_differ"] if subtotal != total else [],
        "note": "",
        "older": dict(body),
    }


def _moment(body: Mapping[str, Any], config: Config) -> datetime:
    """When it was sold: the older shape writes the shop's wall clock without saying where."""
    try:
        moment = datetime.fromisoformat(str(body.get("created_at")))
        zone = ZoneInfo(config.shop.timezone)
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):  # the year 1 in another zone is the year 0
        raise Invalid("created_at is not a date and time.", field="created_at") from None


def _rows(body: Mapping[str, Any], key: str, *, missing: bool = False) -> list[Mapping[str, Any]]:
    rows = body.get(key)
    if rows is None and missing:
        return []
    if not isinstance(rows, list) or len(rows) > LINES_MAX or any(not isinstance(r, dict) for r in rows):
        raise Invalid(f"{key} is not a list of objects.", field=key)
    return rows


def _item(row: Mapping[str, Any], position: int, currency: str) -> dict[str, Any]:
    where = f"items.{position}"
    qty = _figure(row, "qty", where, 3)
    rate = _figure(row, "rate", where, 6)
    percent = _figure(row, "vat_rate", where, 6) if row.get("vat_rate") is not None else Decimal(0)
    amount = _minor(qty * rate, currency)
    tax = _minor(amount * percent / (100 + percent), currency)
    code = _text(row.get("item_code"))
    if not code:
        raise Invalid(f"Line {position} has no item_code.", field=f"{where}.item_code")
    return {
        "line": str(position),
        "item_code": code,
        "item_name": _text(row.get("item_name")) or code,
        "item_group": "",
        "barcode": _text(row.get("barcode")),
        "attributes": {},
        "qty": qty,
        "uom": _text(row.get("uom")) or "Nos",
        "list_price": _minor(rate, currency),
        "price": _minor(rate, currency),
        "price_source": "typed",
        "discount": None,
        "sale_discount": Decimal(0),
        "rate": rate,
        "tax_code": "",
        "tax_rate": percent,
        "net": amount - tax,
        "tax_amount": tax,
        "amount": amount,
        "stocked": True,
        "warehouse": _text(row.get("warehouse")),
        "note": "",
        "return_against": None,
    }


def _taxes(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[Decimal, list[Decimal]] = {}
    for item in items:
        row = sums.setdefault(item["tax_rate"], [Decimal(0)] * 3)
        for i, key in enumerate(("net", "tax_amount", "amount")):
            row[i] += item[key]
    return [{"code": "", "rate": r, "net": n, "tax": t, "gross": g} for r, (n, t, g) in sums.items()]


def _payments(body: Mapping[str, Any], currency: str) -> list[dict[str, Any]]:
    """In the home currency: where a payment names its value in it beside a foreign one, that value counts."""
    home = f"amount_{currency.lower()}"
    found = []
    for i, row in enumerate(_rows(body, "payments"), start=1):
        mode = _text(row.get("mode_of_payment")) or "Cash"
        key = home if row.get(home) is not None else "amount"
        word = mode.casefold()
        found.append(
            {
                "mode_of_payment": mode,
                "kind": next((kind for part, kind in _KINDS if part in word), "other"),
                "amount": _money(row, key, currency, f"payments.{i}"),
                "change": Decimal(0),
                "reference": _text(row.get("reference_no")),
                "last4": "",
            }
        )
    return found


def _cashier(body: Mapping[str, Any]) -> dict[str, str]:
    given = body.get("cashier")
    if isinstance(given, dict):
        return {"code": _text(given.get("code")), "name": _text(given.get("name"))}
    return {"code": _text(given), "name": ""}


def _name(body: Mapping[str, Any], key: str) -> str:
    name = _text(body.get(key))
    if not _ID.match(name):
        raise Invalid(f"{key} is empty or has characters no receipt name has.", field=key)
    return name


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:200]


def _number(row: Mapping[str, Any], key: str, where: str) -> Decimal:
    """A number, or a number as text. Never through a float: the reader gives exact decimals."""
    field = f"{where}.{key}" if where else key
    try:
        value = exact(row[key]) if not isinstance(row.get(key), str) else exact(row[key].strip())
        if value.adjusted() > 15:
            raise ValueError
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise Invalid(f"{field} is missing or is not a number.", field=field) from None
    return value


def _figure(row: Mapping[str, Any], key: str, where: str, places: int) -> Decimal:
    return round_places(_number(row, key, where), places)


def _money(row: Mapping[str, Any], key: str, currency: str, where: str = "", missing: Decimal | None = None) -> Decimal:
    if row.get(key) is None and missing is not None:
        return missing
    value = _number(row, key, where)
    kept = _minor(value, currency)
    if abs(kept - value) > NOISE:
        field = f"{where}.{key}" if where else key
        raise Invalid(f"{field} is {value}, which is no amount of {currency}.", field=field)
    return kept


def _minor(value: Decimal, currency: str) -> Decimal:
    return Decimal(round_minor(value, currency, "commercial")).scaleb(-digits_of(currency))
