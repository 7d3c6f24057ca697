"""Records of QuickBooks Desktop as people and programs look at and change them: customers, vendors, items, orders."""

from __future__ import annotations

from typing import Any

from pos.config import Config
from pos.store import conductor_records, records
from pos.store.conductor_records import Wanted
from pos.store.db import Store
from pos.store.listing import Asked, Page

#: Type of a record, as in an address -> its kind. Their order is that of the screens.
KINDS = {
    "customers": "qbd_customer", "vendors": "qbd_vendor", "items": "qbd_item", "sales_orders": "qbd_sales_order",
    "purchase_orders": "qbd_purchase_order", "inventory_adjustments": "qbd_adjustment", "invoices": "qbd_invoice",
}  # fmt: skip
#: Types that are only looked at here.
LOOKED_AT = ("inventory_adjustments", "invoices")


def connection_of(company: str) -> str:
    """The connection of a company's file."""
    return "conductor" if company == "main" else f"conductor-{company}"


def listed(
    store: Store, _config: Config, company: str, wanted: Wanted, asked: Asked
) -> tuple[list[dict[str, Any]], Page]:
    """A page of records in short, each with how it stands in QuickBooks."""
    rows, page = conductor_records.page(store, company, connection_of(company), wanted, asked)
    return [{"id": row.record.id, "title": row.record.title} for row in rows], page


def one(store: Store, _config: Config, company: str, kind: str, key: str) -> dict[str, Any]:
    """One record. NotFound."""
    found = records.get(store, company, kind, key)
    return {"id": found.id, "fields": found.fields}
