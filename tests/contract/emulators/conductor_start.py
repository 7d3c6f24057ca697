"""What stands in a new company file of QuickBooks: the small lists everything else refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.contract.emulators.conductor_file import CompanyFile

LISTS: dict[str, tuple[dict[str, Any], ...]] = {
    "accounts": (
        {"name": "Inventory Adjustments", "accountType": "cost_of_goods_sold"},
        {"name": "Merchandise Sales", "accountType": "income"},
        {"name": "Cost of Goods Sold", "accountType": "cost_of_goods_sold"},
        {"name": "Inventory Asset", "accountType": "other_current_asset"},
        {"name": "Job Expenses", "accountType": "expense"},
        {"name": "Accounts Receivable", "accountType": "accounts_receivable"},
    ),
    "standard-terms": ({"name": "Net 30", "dueDays": 30}, {"name": "Due on receipt", "dueDays": 0}),
    "date-driven-terms": ({"name": "10th of the month", "dueDayOfMonth": 10},),
    "sales-tax-codes": ({"name": "Tax", "isTaxable": True}, {"name": "Non", "isTaxable": False}),
    "sales-tax-items": ({"name": "County 8.25%", "taxRate": "8.25"}, {"name": "Out of state", "taxRate": "0.00"}),
    "customer-types": ({"name": "Retail"}, {"name": "Wholesale"}),
    "payment-methods": (
        {"name": "Cash", "paymentMethodType": "cash"},
        {"name": "Visa", "paymentMethodType": "visa"},
    ),
    "classes": ({"name": "Shop"}, {"name": "Online"}),
    "price-levels": ({"name": "Staff", "priceLevelType": "fixed_percentage", "fixedPercentage": "-10.00"},),
    "shipping-methods": ({"name": "Courier"},),
    "other-names": ({"name": "Petty Cash Holder"},),
    "unit-of-measure-sets": (
        {"name": "By the each", "unitOfMeasureType": "count", "baseUnit": {"name": "each", "abbreviation": "ea"}},
    ),
    "currencies": ({"name": "US Dollar", "currencyCode": "USD"},),
    "templates": ({"name": "Custom Sales Order", "templateType": "sales_order"},),
}
SITES = ({"name": "Main", "isDefault": True}, {"name": "Back room", "isDefault": False})


def fill(file: CompanyFile, *, sites: bool) -> None:
    for resource, rows in LISTS.items():
        for row in rows:
            put(file, resource, dict(row))
    person = next(iter(file.tables["other-names"]))
    put(file, "sales-representatives", {"initial": "AB", "entity": person})
    for row in SITES if sites else ():
        put(file, "inventory-sites", dict(row))


def put(file: CompanyFile, resource: str, row: dict[str, Any]) -> None:
    row |= {"id": file.new_id(resource), "isActive": True}
    file.touch(row, made=True)
    file.keep(resource, row)
