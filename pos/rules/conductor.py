"""Types of records that are brought together with QuickBooks Desktop through Conductor. Pure.

A type is what people choose in a session. Each has one kind of record; items are one kind of record with five resources
there, told by the field `type`, which stays what it was when the item was made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """One type. resources: names of the official client; lines: it is a document with lines; deletes: it can be deleted
    there (others are made inactive); paged: its list comes in pages."""

    name: str
    kind: str
    resources: tuple[str, ...]
    lines: bool = False
    deletes: bool = False
    paged: bool = True


ITEMS = (
    "inventory_items", "non_inventory_items", "service_items", "discount_items", "inventory_assembly_items",
)  # fmt: skip
#: In the order they are worked on: what others name comes first.
TYPES: dict[str, Type] = {
    one.name: one
    for one in (
        Type("customers", "qbd_customer", ("customers",)),
        Type("vendors", "qbd_vendor", ("vendors",)),
        Type("items", "qbd_item", ITEMS),
        Type("sales_orders", "qbd_sales_order", ("sales_orders",), lines=True, deletes=True),
        Type("purchase_orders", "qbd_purchase_order", ("purchase_orders",), lines=True, deletes=True),
        Type(
            "inventory_adjustments", "qbd_adjustment", ("inventory_adjustments",), lines=True, deletes=True, paged=False
        ),
        Type("invoices", "qbd_invoice", ("invoices",), lines=True, deletes=True),
    )
}
_KINDS = {one.kind: one for one in TYPES.values()}
_RESOURCES = {resource: one for one in TYPES.values() for resource in one.resources}


def type_of_kind(kind: str) -> Type:
    """The type whose records are of this kind. KeyError."""
    return _KINDS[kind]


def type_of_resource(resource: str) -> Type:
    """The type a resource of theirs belongs to. KeyError."""
    return _RESOURCES[resource]


def feed(resource: str) -> str:
    """The name of a resource's cursor: how far its changes were read; "" there = all of it is read the next time."""
    return f"conductor:{resource}"


def snake(name: str) -> str:
    """salesTaxCode -> sales_tax_code: the name of a small list of theirs, from that of the field that names it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
