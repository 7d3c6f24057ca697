"""What the till sells, and to whom, and the customers and items of a QuickBooks company file: one list, where no other
books bring the till its own. The till's code of each is the id of its record.

Either side is held against what both said last (`conductor_till`), field by field: what the record says otherwise goes
to the till, what the till says otherwise is a change of the record, made by the till, and goes the way of every other
change of it. Whoever writes a record that the till may have changed meanwhile hears the till first (`heard`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pos import clock
from pos.actions import till_catalogue
from pos.actions.conductor_side import CUSTOMER, ITEM, SYSTEM, Side
from pos.config import Config
from pos.rules import conductor_tables
from pos.rules.conductor_tables import Field
from pos.store import companies, conductor_companies, conductor_till, office_catalogue, record_links, records
from pos.store.conductor_till import Change
from pos.store.db import Store
from pos.store.records import Record

#: Others that bring the till its customers and items: then QuickBooks Desktop does not.
OTHERS = (*till_catalogue.BOOKS, "quickbooks")
SORTS = {CUSTOMER: "customer", ITEM: "item"}
#: Sorts of items that are no goods.
NOT_SOLD = ("discount_items",)
GROUP = "QuickBooks"
PAGE_ROWS = 100
#: What the till calls one it does not have.
_NEW = ("", "")
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
    called = office_catalogue.called(store, sort, [row.id for row in rows])
    shape = _customer if sort == "customer" else _item
    shaped = [
        {
            **shape(row, called.get(row.id, _NEW)),
            **({} if sort == "customer" or row.id in called else {"item_group": GROUP}),
            "disabled": gone or row.deleted or row.fields.get("isActive") is False,
        }
        for row in rows
    ]
    till_catalogue.put(store, config, companies.one(store, company).currency, sort, shaped, SYSTEM)
    conductor_till.agree(store, sort, [row.id for row in rows])


def _name(row: Record, called: str) -> str:
    """The till's own longer name stays as long as QuickBooks has the beginning of it; so does a telephone number that
    QuickBooks cannot hold."""
    name = str(row.fields.get("name") or row.id)
    return called if called and short(called, row.kind) == name else name


def _customer(row: Record, called: tuple[str, str]) -> dict[str, Any]:
    fields, (name, phone) = row.fields, called
    number = phone if len(phone) > conductor_tables.FIELDS[CUSTOMER]["phone"].chars else fields.get("phone") or ""
    return {"code": row.id, "name": _name(row, name), "phone": number, "email": fields.get("email") or ""}


def _item(row: Record, called: tuple[str, str]) -> dict[str, Any]:
    fields = row.fields
    return {
        "code": row.id, "name": _name(row, called[0]),
        "description": fields.get("salesDescription") or fields.get("description") or "",
        "price": fields.get("salesPrice") or fields.get("price") or "",
        "stocked": fields.get("type") in ("inventory_items", "inventory_assembly_items"),
    }  # fmt: skip


# -- the till's, there -------------------------------------------------------------------------------------------------


def from_till(on: Side, kind: str, breathe: Callable[[], None] = lambda: None) -> int:
    """What was changed at the till, and customers or items it has and no record is, become records that go to
    QuickBooks; how many. One that is to be booked on accounts nobody chose yet waits for them."""
    if kind not in SORTS or not owns(on.store, on.company):
        return 0
    taken: set[str] = set()
    changed = _changes(on.store, on.company, kind, breathe)
    if kind == ITEM:
        _book(on)

    def made(given: Mapping[str, Any], _: Mapping[str, Any] | None) -> dict[str, Any]:
        name = _free(on.store, on.company, kind, given, taken)
        shape = _as_item(on, given) if kind == ITEM else _as_customer(given)
        return {**_empty(kind, shape), **shape, "name": name}

    def noted(new: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        conductor_till.agreed(on.store, SORTS[kind], new)

    return changed + till_catalogue.take(
        on.store, on.company, kind, SORTS[kind], on.config.till.walk_in, made, new_only=True, noted=noted
    )  # fmt: skip


def short(name: str, kind: str) -> str:
    """A name of the till as QuickBooks can hold it: it takes no colon, and few characters."""
    most = conductor_tables.FIELDS[kind]["name"].chars
    return " ".join(name.replace(":", "-").split())[:most].strip()


def _free(store: Store, company: str, kind: str, given: Mapping[str, Any], taken: set[str]) -> str:
    """Its name, else its code where another one is called so: QuickBooks has each name once."""
    name = short(str(given["name"]), kind)
    if name.casefold() in taken or records.titled(store, company, kind, name):
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


# -- changed at the till -----------------------------------------------------------------------------------------------


def heard(store: Store, record: Record) -> Record:
    """The record with what was changed of it at the till since both said the same. Before somebody else's change is put
    into it: whichever of both is to stand is then decided as for any other two changes. In a transaction of its own, or
    inside one."""
    if record.kind not in SORTS or record.deleted or not owns(store, record.company):
        return record
    with store.transaction():
        if not _take(store, record.company, record.kind, [record.id]):
            return record
        return records.get(store, record.company, record.kind, record.id)


def _changes(store: Store, company: str, kind: str, breathe: Callable[[], None]) -> int:
    """Everything that was changed at the till, a page at a time; how many records say something else by that."""
    count, after = 0, ""
    while page := conductor_till.changed(store, SORTS[kind], after):
        after = page[-1].code
        with store.transaction():
            count += _take(store, company, kind, [one.code for one in page])
        breathe()
    return count


def _take(store: Store, company: str, kind: str, codes: list[str]) -> int:
    """As they are now: nobody changes them any more until the transaction ends."""
    found = conductor_till.changed(store, SORTS[kind], codes=codes)
    if not found:
        return 0
    known, now, count = records.several(store, company, kind, [one.code for one in found]), clock.now(), 0
    for one in found:
        record = known.get(one.code)
        if record is None or record.deleted:
            continue
        full = {**record.fields, **_said(store, record, one)}
        made = records.edit(
            store, company, kind, record.id, record.version, full, record.lines, till_catalogue.TILL, now
        )  # fmt: skip
        if made.version != record.version:
            _waits(store, made)
            count += 1
    conductor_till.agree(store, SORTS[kind], [one.code for one in found])
    return count


def _said(store: Store, record: Record, one: Change) -> dict[str, Any]:
    """Fields of the record that the till changed. What QuickBooks cannot hold stays the till's own."""
    new = {name: value for name, value in one.now.items() if value != one.was[name]}
    found: dict[str, Any] = {}
    if "active" in new:
        found["isActive"] = new["active"]
    if "name" in new:
        name = short(str(new["name"]), record.kind)
        if name and name != record.fields.get("name"):
            given = {**one.now, "sku": one.code if record.kind == ITEM else ""}
            same = name.casefold() == str(record.fields.get("name") or "").casefold()
            found["name"] = name if same else _free(store, record.company, record.kind, given, set())
    known = conductor_tables.of(record.kind, record.fields)
    names = {"phone": "phone", "email": "email"} if record.kind == CUSTOMER else _priced(record.fields, known)
    for name, field in names.items():
        if name in new and field in known and len(str(new[name])) <= known[field].chars:
            found[field] = str(new[name])
    return found


def _priced(fields: Mapping[str, Any], known: Mapping[str, Field]) -> dict[str, str]:
    """Where an item has what the till calls its price and description: where it is sold and bought, else in one."""
    two = "price" not in known or any(fields.get(name) for name in ("salesPrice", "salesDescription", "incomeAccount"))
    names = {"price": "salesPrice", "description": "salesDescription"} if two else {
        "price": "price", "description": "description"
    }  # fmt: skip
    if not two and fields.get("pricePercentage"):
        del names["price"]  # so many percent of something is no amount
    return names


def _waits(store: Store, record: Record) -> None:
    """Its link says that something waits; what is on its way, refused, or in conflict says so already."""
    connection = conductor_companies.connection_of(record.company)
    link = record_links.of_record(store, record.company, connection, record.kind, record.id)
    if link is not None and link.state == "synced":
        record_links.put(store, replace(link, state="pending"))


def _empty(kind: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    known: Mapping[str, Field] = conductor_tables.of(kind, shape)
    return {name: True if name == "isActive" else one.empty for name, one in known.items()}
