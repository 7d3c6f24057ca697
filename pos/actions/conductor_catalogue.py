"""What the till sells, and to whom, and the customers and items of a QuickBooks company file: one list, where no other
books bring the till its own. The till's code of each is the id of its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pos import clock
from pos.actions import till_catalogue
from pos.actions.conductor_side import CUSTOMER, ITEM, SYSTEM, Side
from pos.config import Config
from pos.rules import conductor_tables
from pos.rules.conductor_tables import Field
from pos.store import companies, office_catalogue, record_links, records
from pos.store.db import Store
from pos.store.records import Record

#: Others that bring the till its customers and items: then QuickBooks Desktop does not.
OTHERS = (*till_catalogue.BOOKS, "quickbooks")
SORTS = {CUSTOMER: "customer", ITEM: "item"}
#: Sorts of items that are no goods.
NOT_SOLD = ("discount_items",)
GROUP = "QuickBooks"
PAGE_ROWS = 100
#: Where an item of which is counted how many there are, and one of which it is not, is booked: field -> use.
_BOOKED = {
    "inventory_items": {"incomeAccount": "income", "cogsAccount": "cogs", "assetAccount": "asset"},
    "non_inventory_items": {"postingAccount": "income"},
}


def owns(store: Store, company: str) -> bool:
    """Whether the till's customers and items are those of the company file."""
    return till_catalogue.owns(store, company, OTHERS)


# -- theirs, to the till -----------------------------------------------------------------------------------------------


def to_till(store: Store, config: Config, company: str, made: Iterable[Record], *, gone: bool = False) -> None:
    """Customers and items that are new or changed are the till's, too: a name, a price, whether it is in use. gone:
    they are there no more, so that nothing more is sold of them. Inside the transaction that wrote the records."""
    rows = [row for row in made if row.kind in SORTS and row.fields.get("type") not in NOT_SOLD]
    if not rows or not owns(store, company):
        return
    sort = SORTS[rows[0].kind]
    called = office_catalogue.names(store, sort, [row.id for row in rows])
    shape = _customer if sort == "customer" else _item
    shaped = [
        {
            **shape(row, _name(row, called.get(row.id, ""))),
            "disabled": gone or row.deleted or row.fields.get("isActive") is False,
        }
        for row in rows
    ]
    till_catalogue.put(store, config, companies.one(store, company).currency, sort, shaped, SYSTEM)


def _name(row: Record, called: str) -> str:
    """The till's own longer name stays as long as QuickBooks has the beginning of it."""
    name = str(row.fields.get("name") or row.id)
    return called if called and short(called, row.kind) == name else name


def _customer(row: Record, name: str) -> dict[str, Any]:
    fields = row.fields
    return {"code": row.id, "name": name, "phone": fields.get("phone") or "", "email": fields.get("email") or ""}


def _item(row: Record, name: str) -> dict[str, Any]:
    fields = row.fields
    return {
        "code": row.id, "name": name, "description": fields.get("salesDescription") or fields.get("description") or "",
        "item_group": GROUP, "price": fields.get("salesPrice") or fields.get("price") or "",
        "stocked": fields.get("type") in ("inventory_items", "inventory_assembly_items"),
    }  # fmt: skip


# -- the till's, there -------------------------------------------------------------------------------------------------


def from_till(on: Side, kind: str) -> int:
    """Customers or items that the till has and no record is become records that go to QuickBooks; how many. One that is
    to be booked on accounts nobody chose yet waits for them."""
    if kind not in SORTS or not owns(on.store, on.company):
        return 0
    taken: set[str] = set()
    if kind == ITEM:
        _book(on)

    def made(given: Mapping[str, Any], _: Mapping[str, Any] | None) -> dict[str, Any]:
        name = _free(on, kind, given, taken)
        shape = _as_item(on, given) if kind == ITEM else _as_customer(given)
        return {**_empty(kind, shape), **shape, "name": name}

    return till_catalogue.take(on.store, on.company, kind, SORTS[kind], on.config.till.walk_in, made, new_only=True)


def short(name: str, kind: str) -> str:
    """A name of the till as QuickBooks can hold it: it takes no colon, and few characters."""
    most = conductor_tables.FIELDS[kind]["name"].chars
    return " ".join(name.replace(":", "-").split())[:most].strip()


def _free(on: Side, kind: str, given: Mapping[str, Any], taken: set[str]) -> str:
    """Its name, else its code where another one is called so: QuickBooks has each name once."""
    name = short(str(given["name"]), kind)
    if name.casefold() in taken or records.titled(on.store, on.company, kind, name):
        name = short(f"{given.get('sku') or given.get('phone') or ''} {name}", kind)
    taken.add(name.casefold())
    return name


def _as_customer(given: Mapping[str, Any]) -> dict[str, Any]:
    fits = conductor_tables.FIELDS[CUSTOMER]["phone"].chars
    phone = str(given["phone"])
    return {"phone": phone if len(phone) <= fits else "", "email": str(given["email"])}


def _as_item(on: Side, given: Mapping[str, Any]) -> dict[str, Any]:
    sort = "inventory_items" if given["stocked"] else "non_inventory_items"
    name = str(given["name"])
    words = str(given["description"] or ("" if short(name, ITEM) == name else name))
    text = {"salesDescription": words, "salesPrice": str(given["price"])}
    if sort == "non_inventory_items":
        text = {"description": words, "price": str(given["price"])}
    return {"type": sort, **text, **_accounts(on, sort)}


def _accounts(on: Side, sort: str) -> dict[str, Any]:
    chosen = {name: on.settings.account(use) for name, use in _BOOKED.get(sort, {}).items()}
    return {name: {"id": key} for name, key in chosen.items() if key}


def _book(on: Side) -> None:
    """Items of the till that never were there get accounts that were chosen since."""
    keys = [key for key, _ in record_links.titles_unlinked(on.store, on.company, on.connection, ITEM)]
    for at in range(0, len(keys), PAGE_ROWS):
        with on.store.transaction():
            for one in records.several(on.store, on.company, ITEM, keys[at : at + PAGE_ROWS]).values():
                booked = _accounts(on, str(one.fields.get("type")))
                lacks = {name: account for name, account in booked.items() if not one.fields.get(name)}
                if one.edited_by == till_catalogue.TILL and lacks:
                    records.edit(
                        on.store, on.company, ITEM, one.id, one.version, {**one.fields, **lacks}, one.lines,
                        till_catalogue.TILL, clock.now(),
                    )  # fmt: skip


def _empty(kind: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    known: Mapping[str, Field] = conductor_tables.of(kind, shape)
    return {name: True if name == "isActive" else one.empty for name, one in known.items()}
