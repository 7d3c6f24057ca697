"""A company file of QuickBooks Desktop as Conductor shows it: what stands in it, names, revisions, what is deleted.

`put`, `edit`, `delete`, `inactivate` and `adjust` do what somebody at QuickBooks would do there; `rows` and `row` show
what stands, as an answer shows it. Money is text, quantities are exact numbers.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.contract.emulators import conductor_shapes as shapes

Row = dict[str, Any]
ITEMS = ("inventory-items", "non-inventory-items", "service-items", "discount-items", "inventory-assembly-items")
TRANSACTIONS = ("sales-orders", "purchase-orders", "invoices", "inventory-adjustments")
#: Lists whose names nobody else in the group may have.
GROUPS = {
    **dict.fromkeys(
        (*ITEMS, "sales-tax-items", "sales-tax-group-items", "other-charge-items", "subtotal-items", "item-groups"),
        "items",
    ),
    **dict.fromkeys(("customers", "vendors", "employees", "other-names"), "names"),
    **dict.fromkeys(("standard-terms", "date-driven-terms"), "terms"),
}
#: What is told of a deleted one.
SORTS = {
    "customers": "customer", "vendors": "vendor", "other-names": "other_name", "accounts": "account",
    "inventory-items": "item_inventory", "non-inventory-items": "item_non_inventory", "service-items": "item_service",
    "discount-items": "item_discount", "inventory-assembly-items": "item_inventory_assembly",
    "sales-tax-items": "item_sales_tax", "sales-orders": "sales_order", "purchase-orders": "purchase_order",
    "invoices": "invoice", "inventory-adjustments": "inventory_adjustment",
}  # fmt: skip
#: What a reference may be to; one that is not here may be to anything.
MEANT = {
    "customer": ("customers",), "vendor": ("vendors",), "preferredVendor": ("vendors",), "item": ITEMS,
    "class": ("classes",), "terms": ("standard-terms", "date-driven-terms"), "salesTaxCode": ("sales-tax-codes",),
    "purchaseTaxCode": ("sales-tax-codes",), "salesTaxItem": ("sales-tax-items",), "priceLevel": ("price-levels",),
    "salesRepresentative": ("sales-representatives",), "customerType": ("customer-types",),
    "preferredPaymentMethod": ("payment-methods",), "unitOfMeasureSet": ("unit-of-measure-sets",),
    "inventorySite": ("inventory-sites",), "shippingMethod": ("shipping-methods",), "inventoryItem": ITEMS,
    "currency": ("currencies",), "documentTemplate": ("templates",),
    **dict.fromkeys(
        ("account", "incomeAccount", "cogsAccount", "assetAccount", "expenseAccount", "postingAccount",
         "receivablesAccount", "purchaseTaxAccount", "salesTaxAccount"), ("accounts",)),
}  # fmt: skip
#: Figures that stand with an item without being a part of it: they change without a revision.
FIGURES = ("quantityOnHand", "quantityOnPurchaseOrder", "quantityOnSalesOrder")


class Refused(Exception):
    """What QuickBooks says no to: its code, its words."""

    def __init__(self, code: int | str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = str(code), message


def missing(key: str) -> Refused:
    return Refused(3120, f'Object "{key}" specified in the request cannot be found. QuickBooks error message: Invalid '
                         "argument. The specified record does not exist in the list.")  # fmt: skip


@dataclass(frozen=True)
class Gone:
    resource: str
    id: str
    made_at: str
    at: dt.datetime
    name: str | None


@dataclass(frozen=True)
class Look:
    """How a resource is shown: what stands in every row, and what of it is a reference, an object or a list."""

    blank: Row
    refs: frozenset[str]
    inner: dict[str, shapes.Shape]


@cache
def shown_as(resource: str) -> shapes.Shape:
    answer = shapes.operations()[f"get {resource}"].answer
    entry = answer.parts["data"].entry if "data" in answer.parts else answer
    assert entry is not None
    return entry


@cache
def look_of(name: str) -> Look:
    """By the name of a schema, "qbd_customer"."""
    shape = shapes.schema(name)
    blank: Row = {}
    refs, inner = set(), {}
    for part, one in shape.parts.items():
        blank[part] = _empty(one)
        if one.kind == "ref":
            refs.add(part)
        elif one.kind == "object" or (one.kind == "array" and one.entry and one.entry.kind in ("object", "ref")):
            inner[part] = one
    return Look(blank, frozenset(refs), inner)


def _empty(shape: shapes.Shape) -> Any:
    if shape.kind == "const":
        return shape.one_of[0]
    if shape.kind == "array" and not shape.null:
        return ()
    if shape.null:
        return None
    return {"boolean": False, "string": "", "number": 0}.get(shape.kind)


class CompanyFile:
    """zone: where the computer stands; its clock has seconds, and what it shows carries the offset of the day.

    replaces_addresses: an update that names an address replaces all of it, not only the lines it names.
    sites: it has Advanced Inventory. stock: (item, site or "") -> on hand.
    """

    def __init__(self, name: str = "Corner Shop", *, zone: str = "America/New_York", sites: bool = False) -> None:
        self.name, self.zone = name, ZoneInfo(zone)
        self.clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
        self.replaces_addresses = False
        self.forgets_external_ids = False  # nothing tells what was sent from what somebody typed: for controls
        self.tables: dict[str, dict[str, Row]] = {}
        self.where: dict[str, str] = {}  # id -> resource
        self.names: dict[str, dict[str, str]] = {}  # group -> full name without case -> id
        self.stock: dict[tuple[str, str], Decimal] = {}
        self.gone: list[Gone] = []
        self.lock = threading.RLock()
        self._made = 0
        self._revision = 1_721_172_183
        self._ordered: tuple[dict[str, Decimal], dict[str, Decimal]] | None = None
        from tests.contract.emulators import conductor_start

        conductor_start.fill(self, sites=sites)

    # What somebody at QuickBooks does

    def put(self, resource: str, **given: Any) -> Row:
        """Made there by hand: names as in a create ("termsId"), and what only an answer has ("balance") as it is."""
        from tests.contract.emulators import conductor_writes

        with self.lock:
            return self.shown(resource, conductor_writes.create(self, _path(resource), given))

    def edit(self, resource: str, key: str, **given: Any) -> Row:
        from tests.contract.emulators import conductor_writes

        with self.lock:
            return self.shown(resource, conductor_writes.update(self, _path(resource), key, None, given))

    def inactivate(self, resource: str, key: str) -> Row:
        return self.edit(resource, key, isActive=False)

    def delete(self, resource: str, key: str) -> None:
        from tests.contract.emulators import conductor_writes

        with self.lock:
            conductor_writes.delete(self, _path(resource), key)

    def adjust(self, item: str, difference: Decimal | int, *, site: str = "") -> Row:
        """An adjustment of stock, typed there. The item itself does not change."""
        account = next(iter(self.tables["accounts"]))
        given: Row = {"inventorySiteId": site} if site else {}
        line = {"itemId": item, "adjustQuantity": {"quantityDifference": Decimal(difference)}}
        return self.put("inventory-adjustments", accountId=account, transactionDate=self.today(), lines=[line], **given)

    # What stands there

    def rows(self, resource: str) -> list[Row]:
        """All of them, also inactive ones."""
        with self.lock:
            return [self.shown(resource, row) for row in self.table(resource).values()]

    def row(self, resource: str, key: str) -> Row:
        with self.lock:
            return self.shown(resource, self.raw(resource, key))

    def named(self, resource: str, name: str) -> Row:
        """By full name, or by refNumber of a transaction."""
        return next(
            row for row in self.rows(resource) if name in (row.get("fullName"), row.get("name"), row.get("refNumber"))
        )

    def on_hand(self, key: str) -> Decimal:
        return sum((level for (item, _), level in self.stock.items() if item == key), Decimal(0))

    # Inside

    def table(self, resource: str) -> dict[str, Row]:
        return self.tables.setdefault(_path(resource), {})

    def raw(self, resource: str, key: str) -> Row:
        found = self.table(resource).get(key)
        if found is None:
            raise missing(key)
        return found

    def now(self) -> dt.datetime:
        """On the clock of that computer, which has seconds."""
        return self.clock().astimezone(self.zone).replace(microsecond=0)

    def today(self) -> str:
        return self.now().date().isoformat()

    def new_id(self, resource: str) -> str:
        self._made += 1
        if resource in TRANSACTIONS:
            return f"{self._made:X}-{1_721_172_183 + self._made}"
        return f"8{self._made:07X}-{1_721_172_183 + self._made}"

    def touch(self, row: Row, *, made: bool = False) -> None:
        """It was written: another revision, another time."""
        self._revision += 1
        row["revisionNumber"] = str(self._revision)
        row["updatedAt"] = self.now().isoformat()
        if made:
            row["createdAt"] = row["updatedAt"]
        self._ordered = None

    def keep(self, resource: str, row: Row) -> None:
        self.table(resource)[row["id"]] = row
        self.where[row["id"]] = resource
        if resource not in TRANSACTIONS:
            self.names.setdefault(group_of(resource), {})[self.full_name(row).casefold()] = row["id"]

    def drop(self, resource: str, key: str) -> None:
        row = self.table(resource).pop(key)
        del self.where[key]
        name = None
        if resource in TRANSACTIONS:
            name = row.get("refNumber")
        else:
            name = self.full_name(row)
            self.names[group_of(resource)].pop(name.casefold(), None)
        self.gone.append(Gone(resource, key, row["createdAt"], self.now(), name))
        self._ordered = None

    def rename_all(self, resource: str) -> None:
        """Full names of a whole group, after a name above others has changed."""
        group = group_of(resource)
        self.names[group] = {
            self.full_name(row).casefold(): row["id"]
            for other, table in self.tables.items()
            if other not in TRANSACTIONS and group_of(other) == group
            for row in table.values()
        }

    def full_name(self, row: Row) -> str:
        name = str(row.get("name", row.get("initial", "")))
        above = row.get("parent")
        return f"{self.full_name(self._any(above))}:{name}" if above else name

    def _any(self, key: str) -> Row:
        return self.tables[self.where[key]][key]

    def reference(self, part: str, key: str) -> None:
        """3140 where it is to nothing that stands here."""
        found = self.where.get(key)
        if found is None or (part in MEANT and found not in MEANT[part]):
            raise Refused(
                3140,
                f'There is an invalid reference to QuickBooks {part} "{key}". QuickBooks error message: Invalid '
                "argument. The specified record does not exist in the list.",
            )

    def shown(self, resource: str, row: Row) -> Row:
        """As an answer shows it."""
        resource = _path(resource)
        whole = self._shown(shown_as(resource).named, row)
        if "fullName" in whole:
            whole["fullName"] = self.full_name(row)
        if "sublevel" in whole:
            whole["sublevel"] = whole["fullName"].count(":")
        if resource in ("inventory-items", "inventory-assembly-items"):
            whole["quantityOnHand"] = self.on_hand(row["id"])
            bought, sold = self._on_order()
            whole["quantityOnPurchaseOrder"] = bought.get(row["id"], Decimal(0))
            whole["quantityOnSalesOrder"] = sold.get(row["id"], Decimal(0))
        return whole

    def _shown(self, name: str, stored: Row) -> Row:
        look = look_of(name)
        whole = look.blank | stored
        for part in look.refs & stored.keys():
            whole[part] = self.shown_ref(stored[part])
        for part in look.inner.keys() & stored.keys():
            if stored[part] is not None:
                whole[part] = self._shown_inner(look.inner[part], stored[part])
        return whole

    def _shown_inner(self, shape: shapes.Shape, stored: Any) -> Any:
        if shape.kind == "object":
            return self._shown(shape.named, stored) if shape.named else stored
        if shape.entry is not None and shape.entry.kind == "ref":
            return [self.shown_ref(one) for one in stored]
        return [self._shown(shape.entry.named, one) for one in stored] if shape.entry else []

    def shown_ref(self, key: str | None) -> Row | None:
        if not key:
            return None
        where = self.where.get(key)
        return {"id": key, "fullName": self.full_name(self.tables[where][key]) if where else None}

    def _on_order(self) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """What is ordered of vendors and by customers, per item."""
        if self._ordered is None:
            self._ordered = ({}, {})
            for into, resource in zip(self._ordered, ("purchase-orders", "sales-orders"), strict=True):
                for key, quantity in self._open_lines(resource):
                    into[key] = into.get(key, Decimal(0)) + quantity
        return self._ordered

    def _open_lines(self, resource: str) -> Iterator[tuple[str, Decimal]]:
        for row in self.table(resource).values():
            if not row.get("isManuallyClosed"):
                for line in row.get("lines", ()):
                    if line.get("item") and line.get("quantity"):
                        yield line["item"], Decimal(line["quantity"])


def group_of(resource: str) -> str:
    return GROUPS.get(resource, resource)


def _path(resource: str) -> str:
    """ "inventory_items", as the client calls it, is "inventory-items" here."""
    return resource.replace("_", "-")
