"""Lists about stock from a spreadsheet: what the books know of items, places, and what is on hand to begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pos.errors import Invalid
from pos.rules.sheet_cells import check, money_text, thousandths, yes

#: Column -> what it holds; they follow those of an items list. Where there is one of them, a list of items that are all
#: known already may leave out `name` and `group`.
PART_COLUMNS = {
    "income_account": "account of the books its sales go to",
    "cogs_account": "account of its cost once it is sold",
    "asset_account": "account of its worth while it is here",
    "adjustment_account": "account of adjustments, where no reason names another",
    "cost": "of one, at or above nothing; 4.25",
    "vendor": "who it is bought from",
    "mpn": "the maker's number",
    "qb_name": "full name in QuickBooks Desktop, as Drinks:Tea; empty = its code",
    "qb_id": "its ListID there",
    "qb_type": "Inventory Part, Inventory Assembly, Non-inventory Part, Service, Other Charge; of the last three no "
    "stock is kept",
}
LOCATION_COLUMNS = {
    "code": "* what the place is called in lists and tills; a till's warehouse is one",
    "name": "as people call it; the code when empty",
    "active": "yes when empty",
    "virtual": "yes: nothing is sold from it, as damaged goods",
    "qb_site": "full name of its inventory site in QuickBooks Desktop",
    "qb_site_id": "the site's ListID",
}
STOCK_COLUMNS = {
    "code": "* the item's code",
    "location": "the place; the till's own warehouse when empty",
    "quantity": "* on hand there, at or above nothing, up to three decimals",
}
#: What people call a type of item in QuickBooks, small and without blanks -> what its requests call it.
TYPES = {
    "inventorypart": "ItemInventory",
    "inventory": "ItemInventory",
    "iteminventory": "ItemInventory",
    "inventoryassembly": "ItemInventoryAssembly",
    "assembly": "ItemInventoryAssembly",
    "iteminventoryassembly": "ItemInventoryAssembly",
    "noninventorypart": "ItemNonInventory",
    "noninventory": "ItemNonInventory",
    "itemnoninventory": "ItemNonInventory",
    "service": "ItemService",
    "itemservice": "ItemService",
    "othercharge": "ItemOtherCharge",
    "itemothercharge": "ItemOtherCharge",
}
ASSEMBLY = "ItemInventoryAssembly"
#: Types whose stock is kept.
STOCKED = ("ItemInventory", ASSEMBLY)
TEXT_MAX = 200
#: A cell no file holds: codes of the places a list names for an item, when all others are to be nought.
ZERO_FILL = "zero_fill"


@dataclass(frozen=True, slots=True)
class Place:
    """One row of the locations list. None = the column is not in the list."""

    code: str
    name: str
    active: bool | None
    virtual: bool | None
    qb_site: str | None
    qb_site_id: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """One row of the stock list. qty: thousandths. fill: places that are not to be nought; None = no others are."""

    item: str
    location: str
    qty: int
    fill: tuple[str, ...] | None = None


def part(cells: Mapping[str, str]) -> dict[str, str]:
    """What the books are to know of an item; only columns that are there. Invalid names the column."""
    found = {name: cells[name] for name in PART_COLUMNS if name in cells}
    for name, value in found.items():
        if len(value) > TEXT_MAX:
            raise Invalid(f"{name} is longer than {TEXT_MAX} letters.", field=name)
    if "cost" in found:
        found["cost"] = money_text(cells, "cost")
    if found.get("qb_type"):
        known = TYPES.get("".join(x for x in found["qb_type"].lower() if x.isalpha()))
        if known is None:
            raise Invalid(
                f"qb_type is {cells['qb_type']!r}; there are: Inventory Part, Inventory Assembly, Non-inventory Part, "
                "Service, Other Charge.",
                field="qb_type",
            )
        found["qb_type"] = known
    return {"item": cells["code"], **found} if found else {}


def place(cells: Mapping[str, str]) -> Place:
    """A place. Invalid names the column."""
    check(cells, LOCATION_COLUMNS)
    flags = {name: yes(cells, name) if cells.get(name) else None for name in ("active", "virtual")}
    return Place(
        cells["code"], cells.get("name", ""), flags["active"], flags["virtual"], cells.get("qb_site"),
        cells.get("qb_site_id"),
    )  # fmt: skip


def opening(cells: Mapping[str, str], warehouse: str) -> Opening:
    """What is on hand to begin with. Invalid names the column."""
    own = {name: value for name, value in cells.items() if name != ZERO_FILL}
    check(own, STOCK_COLUMNS)
    qty = thousandths(own, "quantity")
    if qty < 0:
        raise Invalid("quantity is below nothing.", field="quantity")
    place = own.get("location") or warehouse
    return Opening(own["code"], place, qty, (place, *_named(cells[ZERO_FILL])) if ZERO_FILL in cells else None)


def _named(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Invalid(f"{ZERO_FILL} is no list of places.", field=ZERO_FILL)
    return found
