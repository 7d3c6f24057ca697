"""Pulling: one bounded page of a feed by (modified, name), and their rows as the till's own.

The cursor is their stamp and the last name at it. Rows of the same stamp are asked for by name first, so that a page
full of one stamp is followed by the next, never by itself. Stamps are theirs, in their time zone, and only ever
compared with each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from pos.config import Config
from pos.connectors.base import Page
from pos.connectors.erpnext.facts import SetupFacts
from pos.errors import Rejected
from pos.rules.money import exact, minor

PAGE_ROWS = 200
REWIND = timedelta(minutes=2)
_STAMP = "%Y-%m-%d %H:%M:%S.%f"

#: Units in which goods are weighed or measured: quantities with three decimals.
MEASURED = frozenset((
    "kg", "kilogram", "gram", "g", "gramme", "lb", "pound", "ounce", "oz", "litre", "liter", "l", "ml", "millilitre",
    "metre", "meter", "m", "cm", "centimeter", "foot", "yard", "hour",
))  # fmt: skip

Row = dict[str, Any]
Filters = list[list[Any]]


class Asks(Protocol):
    """The part of the client a feed needs."""

    def rows(
        self,
        doctype: str,
        fields: list[str],
        filters: Filters | None = None,
        *,
        order_by: str = "",
        limit: int = 0,
        parent: str = "",
    ) -> list[Row]: ...


FIELDS: dict[str, list[str]] = {
    "items": [
        "name", "item_name", "item_group", "brand", "description", "stock_uom", "variant_of", "has_variants",
        "is_stock_item", "is_sales_item", "disabled", "image", "modified",
    ],
    "prices": [
        "name", "item_code", "price_list", "price_list_rate", "currency", "valid_from", "valid_upto", "modified",
    ],
    "stock": ["name", "item_code", "warehouse", "actual_qty", "modified"],
    "customers": ["name", "customer_name", "customer_group", "mobile_no", "email_id", "tax_id", "disabled", "modified"],
    "modes": ["name", "type", "enabled", "modified"],
    "cashiers": ["name", "cashier_code", "cashier_name", "role", "active", "modified"],
}  # fmt: skip


def scope(feed: str, facts: SetupFacts, config: Config) -> tuple[str, Filters]:
    """The doctype behind a feed, and which of its rows are ours. KeyError for a feed there is none of."""
    scopes: dict[str, tuple[str, Filters]] = {
        "taxes": ("Item Tax Template", [["company", "=", facts.company]]),
        "items": ("Item", []),
        "prices": ("Item Price", [["price_list", "=", config.till.price_list]]),
        "stock": ("Bin", [["warehouse", "=", config.till.warehouse]]),
        "customers": ("Customer", []),
        "modes": ("Mode of Payment", []),
        "cashiers": (facts.cashier_doctype, []),
    }
    return scopes[feed]


def pull(erpnext: Asks, feed: str, since: str, facts: SetupFacts, config: Config) -> Page:
    """One page, oldest change first. taxes, and cashiers where the site has none, are one short page without cursor."""
    if feed == "taxes":
        return _taxes(erpnext, facts, config)
    doctype, filters = scope(feed, facts, config)
    if not doctype:
        return Page((), "", more=False)
    fields = [*FIELDS[feed], *(["pos_open_price"] if feed == "items" and facts.open_price_field else [])]
    found = changed(erpnext, doctype, fields, filters, since)
    beside = _beside(erpnext, found) if feed == "items" and found else {}
    rows, refused = [], []
    for theirs in found:
        try:
            rows.append(_READ[feed](theirs, facts, beside))
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            refused.append((str(theirs.get("name")), f"it cannot be read: {error}"))
    cursor = f"{found[-1]['modified']}|{found[-1]['name']}" if found else ""
    return Page(tuple(rows), cursor, more=len(found) >= PAGE_ROWS, refused=tuple(refused))


def rewound(cursor: str) -> str:
    """Two minutes earlier: a row is stamped before it is committed, so a later one may carry an earlier stamp."""
    stamp = cursor.partition("|")[0]
    if not stamp:
        return ""
    try:
        return f"{datetime.strptime(stamp, _STAMP) - REWIND:{_STAMP}}|"  # noqa: DTZ007 (their clock, without a zone)
    except ValueError:
        return ""


def changed(erpnext: Asks, doctype: str, fields: list[str], filters: Filters, since: str) -> list[Row]:
    """At most PAGE_ROWS rows after the cursor, oldest change first; `fields` names `modified` and `name`."""
    stamp, _, name = since.partition("|")
    order = "modified asc, name asc"
    if not stamp:
        return erpnext.rows(doctype, fields, filters, order_by=order, limit=PAGE_ROWS)
    if not name:
        return erpnext.rows(doctype, fields, [*filters, ["modified", ">=", stamp]], order_by=order, limit=PAGE_ROWS)
    same = [*filters, ["modified", "=", stamp], ["name", ">", name]]
    found = erpnext.rows(doctype, fields, same, order_by="name asc", limit=PAGE_ROWS)
    if len(found) < PAGE_ROWS:
        later = [*filters, ["modified", ">", stamp]]
        found += erpnext.rows(doctype, fields, later, order_by=order, limit=PAGE_ROWS - len(found))
    return found


# -- rows --------------------------------------------------------------------------------------------------------------


def _beside(erpnext: Asks, found: list[Row]) -> dict[str, dict[str, list[Row]]]:
    """The child rows of a page of items, by table and item: one question per table, none per item."""
    names = [str(row["name"]) for row in found]
    mine: Filters = [["parenttype", "=", "Item"], ["parent", "in", names]]
    asked = (
        ("barcodes", "Item Barcode", ["parent", "barcode", "uom", "idx"], mine, "Item"),
        ("attributes", "Item Variant Attribute", ["parent", "attribute", "attribute_value", "idx"], mine, "Item"),
        ("taxes", "Item Tax", ["parent", "item_tax_template", "tax_category", "idx"], mine, "Item"),
        (
            "group_taxes",
            "Item Tax",
            ["parent", "item_tax_template", "tax_category", "idx"],
            [["parenttype", "=", "Item Group"]],
            "Item Group",
        ),
    )
    beside: dict[str, dict[str, list[Row]]] = {}
    for table, doctype, fields, filters, parent in asked:
        kept = beside.setdefault(table, {})
        for row in erpnext.rows(doctype, fields, filters, order_by="parent asc, idx asc", parent=parent):
            kept.setdefault(str(row["parent"]), []).append(row)
    return beside


def _item(row: Row, facts: SetupFacts, beside: Mapping[str, Mapping[str, list[Row]]]) -> Row:
    code = str(row["name"])
    taxes = [*beside["taxes"].get(code, ()), *beside["group_taxes"].get(str(row["item_group"]), ())]
    tax_code = next((t["item_tax_template"] for t in taxes if t["item_tax_template"] and not t.get("tax_category")), "")
    return {
        "code": code,
        "name": _words(row["item_name"]) or code,
        "item_group": _words(row["item_group"]),
        "brand": _words(row.get("brand")),
        "description": _words(row.get("description")),
        "uom": _words(row["stock_uom"]),
        "tax_code": tax_code or facts.tax_template,
        "variant_of": row.get("variant_of") or None,
        "has_variants": bool(row["has_variants"]),
        "open_price": bool(row.get("pos_open_price")),
        "weighed": str(row["stock_uom"]).lower() in MEASURED,
        "stocked": bool(row["is_stock_item"]),
        "disabled": bool(row["disabled"]) or not row.get("is_sales_item", 1),
        "image": str(row.get("image") or ""),
        "modified": str(row["modified"]),
        "barcodes": [
            {"code": str(b["barcode"]), "uom": b.get("uom") or ""}
            for b in beside["barcodes"].get(code, ())
            if b["barcode"]
        ],
        "attributes": [
            {"name": str(a["attribute"]), "value": str(a["attribute_value"]), "position": int(a["idx"])}
            for a in beside["attributes"].get(code, ())
            if a.get("attribute_value")
        ],
    }


def _price(row: Row, _facts: SetupFacts, _beside: Mapping[str, Any]) -> Row:
    return {
        "name": str(row["name"]),
        "price_list": str(row["price_list"]),
        "item": str(row["item_code"]),
        "amount": minor(_number(row["price_list_rate"]), str(row["currency"])),
        "currency": str(row["currency"]),
        "valid_from": str(row.get("valid_from") or ""),
        "valid_upto": str(row.get("valid_upto") or ""),
        "modified": str(row["modified"]),
    }


def _stock(row: Row, _facts: SetupFacts, _beside: Mapping[str, Any]) -> Row:
    thousandths = _number(row["actual_qty"]).scaleb(3)
    if thousandths != thousandths.to_integral_value():
        raise ValueError(f"{row['actual_qty']} has more than three decimals")
    return {
        "item": str(row["item_code"]),
        "warehouse": str(row["warehouse"]),
        "qty": int(thousandths),
        "modified": str(row["modified"]),
    }


def _customer(row: Row, _facts: SetupFacts, _beside: Mapping[str, Any]) -> Row:
    return {
        "code": str(row["name"]),
        "name": _words(row["customer_name"]) or str(row["name"]),
        "customer_group": _words(row.get("customer_group")),
        "phone": str(row.get("mobile_no") or ""),
        "email": str(row.get("email_id") or ""),
        "tax_id": str(row.get("tax_id") or ""),
        "disabled": bool(row["disabled"]),
        "modified": str(row["modified"]),
    }


def _mode(row: Row, facts: SetupFacts, _beside: Mapping[str, Any]) -> Row:
    name, kind = str(row["name"]), kind_of_mode(str(row["name"]), str(row.get("type") or ""))
    # A credit mode has no account of its own: it is what stays open, so the POS Profile need not list it.
    offered = not facts.mode_order or name in facts.mode_order or kind == "account"
    position = facts.mode_order.index(name) if name in facts.mode_order else len(facts.mode_order)
    disabled = not row["enabled"] or not offered
    return {"name": name, "kind": kind, "position": position, "disabled": disabled, "modified": str(row["modified"])}


def kind_of_mode(name: str, type_: str) -> str:
    """What the till takes a Mode of Payment for: by its type, and by its name where the type says too little."""
    words = name.casefold()
    if "voucher" in words or "gift" in words:
        return "voucher"
    if type_ == "General" and ("account" in words or words == "credit"):
        return "account"
    return {"Cash": "cash", "Bank": "card"}.get(type_, "other")


def _cashier(row: Row, _facts: SetupFacts, _beside: Mapping[str, Any]) -> Row:
    return {
        "code": str(row["cashier_code"]),
        "name": _words(row["cashier_name"]),
        "role": str(row.get("role") or "cashier").casefold(),
        "active": bool(row["active"]),
        "modified": str(row["modified"]),
    }


_READ: dict[str, Callable[[Row, SetupFacts, Mapping[str, Any]], Row]] = {
    "items": _item,
    "prices": _price,
    "stock": _stock,
    "customers": _customer,
    "modes": _mode,
    "cashiers": _cashier,
}


def _taxes(erpnext: Asks, facts: SetupFacts, config: Config) -> Page:
    """Tax codes: each Item Tax Template, and the company's own template for items that name none."""
    doctype, filters = scope("taxes", facts, config)
    found = erpnext.rows(doctype, ["name", "title"], filters, order_by="name asc")
    details = erpnext.rows(
        "Item Tax Template Detail",
        ["parent", "tax_type", "tax_rate"],
        [],
        order_by="parent asc, idx asc",
        parent=doctype,
    )
    rates: dict[str, dict[str, str]] = {}
    for row in details:
        rates.setdefault(str(row["parent"]), {})[str(row["tax_type"])] = text_of(row["tax_rate"])
    rows, refused = [_tax(facts.tax_template, facts.tax_template, facts)], []
    fresh = SetupFacts(default_taxes=facts.default_taxes, item_taxes=rates)
    for row in found:
        try:
            rows.append(_tax(str(row["name"]), _words(row.get("title")) or str(row["name"]), fresh))
        except Rejected as error:
            refused.append((str(row["name"]), error.message))
    return Page(tuple(r for r in rows if r["code"]), "", more=False, refused=tuple(refused))


def _tax(code: str, title: str, facts: SetupFacts) -> Row:
    charged = {a: rate for a, rate in facts.rates_of("" if code == facts.tax_template else code).items() if rate}
    if len(charged) > 1:
        raise Rejected(f"it charges on {len(charged)} accounts at once")
    account, rate = next(iter(charged.items()), ("", Decimal(0)))
    return {"code": code, "title": title, "rate": f"{rate.normalize():f}", "account": account}


def text_of(value: Any) -> str:
    """A rate as exact text: 20 and 20.0 are "20"."""
    return f"{_number(value).normalize():f}"


def _number(value: Any) -> Decimal:
    return exact(value if isinstance(value, Decimal | int) else str(value))


def _words(text: Any) -> str:
    """One line of plain text: ERPNext keeps HTML in descriptions."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(text or ""))).strip()
