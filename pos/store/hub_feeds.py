"""Rows a hub tells its tills: goods, stock, customers, people with their PIN hashes, rights, and notices meant for one.

They have the keys of `pos.connectors.base.FEEDS`. A row that is gone comes once more, switched off or out of date.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pos.errors import NotFound
from pos.store import companies, hub_changes, hub_vouchers, reach, stock
from pos.store.db import Store
from pos.store.hub_changes import SEP
from pos.store.models import (
    Attribute,
    Barcode,
    Customer,
    DiscountCeiling,
    Item,
    Notice,
    PaymentMode,
    Price,
    RightOverride,
    TaxCode,
    User,
)

LIMIT_MAX = 500
#: Where a till fetches the picture of an item.
THUMBS = "/api/hub/v1/thumbs/"
#: The last day of a price that is gone.
_LONG_AGO = "1970-01-01"

Row = dict[str, Any]


class Page(NamedTuple):
    """One page of a feed, the oldest change first."""

    rows: list[Row]
    cursor: str
    more: bool


def page(store: Store, till: str, feed: str, cursor: str, limit: int) -> Page:
    """What changed in a feed after a cursor, as this till may know it. NotFound for a feed there is not."""
    read = _READ.get(feed)
    if read is None:
        raise NotFound("The hub has no such feed.", code="no_feed", field="feed")
    with store.reading():
        changes = hub_changes.after(store, feed, cursor, max(1, min(limit, LIMIT_MAX)))
        return Page(read(store, list(changes.names), till), changes.cursor, changes.more)


def _items(_store: Store, names: list[str], _till: str) -> list[Row]:
    found = {row["code"]: row for row in _dicts(Item.select().where(Item.code.in_(names)))}
    codes: dict[str, list[Row]] = {}
    for row in _dicts(Barcode.select().where(Barcode.item.in_(names))):
        codes.setdefault(row["item"], []).append({"code": row["code"], "uom": row["uom"]})
    attributes: dict[str, list[Row]] = {}
    for row in _dicts(Attribute.select().where(Attribute.item.in_(names))):
        attributes.setdefault(row["item"], []).append({k: row[k] for k in ("name", "value", "position")})
    told = []
    for code in names:
        if code not in found:
            told.append({"code": code, "name": code, "item_group": "", "disabled": True, "barcodes": []})
            continue
        row = found[code]
        thumb = row.pop("thumb")
        del row["source"]
        row["image"] = f"{THUMBS}{thumb}" if thumb else ""
        told.append({**row, "barcodes": codes.get(code, []), "attributes": attributes.get(code, [])})
    return told


def _prices(store: Store, names: list[str], _till: str) -> list[Row]:
    told = []
    for name in names:
        price_list, item, valid_from = name.split(SEP)
        mine = (Price.price_list == price_list) & (Price.item == item) & (Price.valid_from == valid_from)
        gone = {"price_list": price_list, "item": item, "valid_from": valid_from, "valid_upto": _LONG_AGO, "amount": 0,
                "currency": store.config.shop.currency, "name": ""}  # fmt: skip
        told.append(next(iter(_dicts(Price.select().where(mine))), gone))
    return told


def _stock(store: Store, names: list[str], _till: str) -> list[Row]:
    """As it is shown here: with what the tills sold that its owner does not know yet."""
    told = []
    for name in names:
        item, warehouse = name.split(SEP)
        shown = stock.stock_of(store, [item], warehouse)
        if item in shown:
            told.append({"item": item, "warehouse": warehouse, "qty": shown[item]})
    return told


def _taxes(_store: Store, names: list[str], _till: str) -> list[Row]:
    return _dicts(TaxCode.select().where(TaxCode.code.in_(names)))


def _customers(_store: Store, names: list[str], _till: str) -> list[Row]:
    found = {row["code"]: row for row in _dicts(Customer.select().where(Customer.code.in_(names)))}
    gone = {"disabled": True, "phone": "", "email": "", "tax_id": ""}
    return [_without(found.get(code, {"code": code, "name": code, **gone}), "source") for code in names]


def _modes(_store: Store, names: list[str], _till: str) -> list[Row]:
    found = {row["name"]: row for row in _dicts(PaymentMode.select().where(PaymentMode.name.in_(names)))}
    return [_without(found.get(name, {"name": name, "kind": "other", "disabled": True}), "source") for name in names]


def _people(store: Store, names: list[str], till: str) -> list[Row]:
    """With their PIN and badge as hashes: only a till that proved its key comes here. No console passwords. Whose
    rights do not reach the till's shop is not told; who came out of its reach comes once more, switched off."""
    told = ("code", "name", "role", "active", "pin_hash", "badge_hash")
    found = {row["code"]: row for row in _dicts(User.select().where(User.code.in_(names)))}
    gone = {"name": "", "role": "cashier", "active": False, "pin_hash": "", "badge_hash": ""}
    rows, here = [], companies.of_till(store, till)
    for code in names:
        reaches = reach.of_person(store, code).has(here)
        if reaches or reach.had(store, code, here):
            row = found.get(code, {}) if reaches else {}
            rows.append({key: {**gone, "code": code, **row}[key] for key in told})
    return rows


def _rights(_store: Store, names: list[str], _till: str) -> list[Row]:
    """The whole table in one row: what an admin changed of the defaults."""
    if not names:
        return []
    changed = [[r["role"], r["right"], bool(r["allowed"])] for r in _dicts(RightOverride.select())]
    ceilings = [[r["role"], r["percent"]] for r in _dicts(DiscountCeiling.select())]
    return [{"code": "rights", "rights": sorted(changed), "ceilings": sorted(ceilings)}]


def _notices(_store: Store, names: list[str], till: str) -> list[Row]:
    """Those about this till or a document of it."""
    mine = (Notice.subject == till) | Notice.subject.startswith(f"{till}-")
    told = ("level", "text", "remedy", "subject", "text_made_of", "remedy_made_of")
    return [
        {"code": row["key"], "open": not row["resolved_at"], **{key: row[key] for key in told}}
        for row in _dicts(Notice.select().where(Notice.key.in_(names) & mine))
    ]


def _vouchers(store: Store, names: list[str], till: str) -> list[Row]:
    order = {name: n for n, name in enumerate(names)}
    mine = reach.Reach(frozenset({companies.of_till(store, till).company}))
    return sorted(hub_vouchers.with_ids(store, names, mine), key=lambda row: order[str(row["id"])])


def _dicts(asked: Any) -> list[Row]:
    return [dict(row) for row in asked.dicts()]


def _without(row: Row, *names: str) -> Row:
    return {key: value for key, value in row.items() if key not in names}


_READ: dict[str, Callable[[Store, list[str], str], list[Row]]] = {
    "taxes": _taxes,
    "items": _items,
    "prices": _prices,
    "stock": _stock,
    "customers": _customers,
    "modes": _modes,
    "people": _people,
    "rights": _rights,
    "notices": _notices,
    "vouchers": _vouchers,
}
