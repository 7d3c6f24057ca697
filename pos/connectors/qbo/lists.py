"""What a company of QuickBooks Online has to choose from: accounts, items, tax codes, ways to pay, places, customers.

All of a list or none: a list that breaks off in the middle would make what is there look as if it were not.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from pos.connectors.qbo.client import Client

#: Both, for a reference to what was made inactive is a fault with a name.
_ALL = "Active IN (true, false)"
#: In the US every line is taxed or not; these two are no ids.
US_CODES = (("TAX", "TAX"), ("NON", "NON"))


class Entry(msgspec.Struct, frozen=True):
    """One row of a list. kind: its type there ("" where a list has none). starts: of an inventory item, the first day
    it may be sold. sku, cost: of an item; what buying one costs as text, "" = not told. rates: of a tax code, in order,
    what is charged on sales. on_hand, price, and ids of the accounts of an item: as text, "" = not told."""

    id: str
    name: str
    kind: str = ""
    active: bool = True
    sku: str = ""
    starts: str = ""
    rates: tuple[Rate, ...] = ()
    cost: str = ""
    on_hand: str = ""
    price: str = ""
    income: str = ""
    expense: str = ""
    asset: str = ""


class Rate(msgspec.Struct, frozen=True):
    """One rate of a tax code. percent as text. on_tax: it is charged on what the rates before it made, too."""

    id: str
    percent: str
    on_tax: bool = False


class About(msgspec.Struct, frozen=True):
    """The company itself. own_numbers: numbers of ours are kept. automated: it works sales tax out by itself."""

    name: str = ""
    country: str = ""
    currency: str = ""
    taxed: bool = True
    automated: bool = False
    own_numbers: bool = True


class Lists(msgspec.Struct, frozen=True):
    """Everything a mapping may point at."""

    about: About = About()
    accounts: tuple[Entry, ...] = ()
    items: tuple[Entry, ...] = ()
    taxes: tuple[Entry, ...] = ()
    methods: tuple[Entry, ...] = ()
    departments: tuple[Entry, ...] = ()
    classes: tuple[Entry, ...] = ()
    customers: tuple[Entry, ...] = ()

    def of(self, kind: str) -> tuple[Entry, ...]:
        """One of the lists by its name in KINDS."""
        found: tuple[Entry, ...] = getattr(self, kind)
        return found


KINDS = ("accounts", "items", "taxes", "methods", "departments", "classes", "customers")


def load(client: Client) -> Lists:
    """All of them, page by page. One of the connector errors when any page fails."""
    company, prefs = client.company(), client.preferences()
    tax, money = prefs.get("TaxPrefs") or {}, prefs.get("CurrencyPrefs") or {}
    about = About(
        name=str(company.get("CompanyName") or ""),
        country=str(company.get("Country") or ""),
        currency=str((money.get("HomeCurrency") or {}).get("value") or ""),
        taxed=bool(tax.get("UsingSalesTax", True)),
        automated=bool(tax.get("PartnerTaxEnabled")),
        own_numbers=bool((prefs.get("SalesFormsPrefs") or {}).get("CustomTxnNumbers", True)),
    )
    percents = {str(row["Id"]): _percent(row) for row in _rows(client, "TaxRate")}
    taxes = tuple(_tax(row, percents) for row in _rows(client, "TaxCode"))
    if about.country == "US":
        known = {one.id for one in taxes}
        taxes = (*(Entry(key, name) for key, name in US_CODES if key not in known), *taxes)
    return Lists(
        about=about,
        accounts=tuple(_entry(row, "AccountType") for row in _rows(client, "Account")),
        items=tuple(_entry(row, "Type") for row in _rows(client, "Item")),
        taxes=taxes,
        methods=tuple(_entry(row, "Type") for row in _rows(client, "PaymentMethod")),
        departments=tuple(_entry(row) for row in _rows(client, "Department")),
        classes=tuple(_entry(row) for row in _rows(client, "Class")),
        customers=tuple(_entry(row) for row in _rows(client, "Customer")),
    )


def encode(found: Lists) -> bytes:
    """As they are kept."""
    return msgspec.json.encode(found)


def decode(kept: bytes | str) -> Lists:
    """The lists that were kept. ValueError when they are none."""
    return msgspec.json.decode(kept, type=Lists)


def _rows(client: Client, entity: str) -> Iterator[dict[str, Any]]:
    start = 1
    while True:
        page = client.query(entity, _ALL, start=start)
        yield from page.rows
        if not page.more:
            return
        start = page.next_start


def _entry(row: dict[str, Any], kind: str = "") -> Entry:
    name = row.get("FullyQualifiedName") or row.get("DisplayName") or row.get("Name") or ""
    return Entry(
        id=str(row["Id"]),
        name=str(name),
        kind=str(row.get(kind) or "") if kind else "",
        active=row.get("Active") is not False,
        sku=str(row.get("Sku") or ""),
        starts=str(row.get("InvStartDate") or "") if row.get("TrackQtyOnHand") else "",
        cost=f"{Decimal(str(row['PurchaseCost'])).normalize():f}" if row.get("PurchaseCost") else "",
        on_hand=_figure(row, "QtyOnHand") if row.get("TrackQtyOnHand") else "",
        price=_figure(row, "UnitPrice"),
        income=_id(row, "IncomeAccountRef"),
        expense=_id(row, "ExpenseAccountRef"),
        asset=_id(row, "AssetAccountRef"),
    )


def _figure(row: dict[str, Any], name: str) -> str:
    return "" if row.get(name) is None else f"{Decimal(str(row[name])):f}"


def _id(row: dict[str, Any], name: str) -> str:
    return str((row.get(name) or {}).get("value") or "")


def _percent(row: dict[str, Any]) -> str:
    return f"{Decimal(str(row.get('RateValue') or 0)).normalize():f}"


def _tax(row: dict[str, Any], percents: dict[str, str]) -> Entry:
    details = sorted(
        (row.get("SalesTaxRateList") or {}).get("TaxRateDetail") or (), key=lambda one: int(one.get("TaxOrder") or 0)
    )
    rates = tuple(
        Rate(key, percents.get(key, "0"), one.get("TaxTypeApplicable") == "TaxOnTax")
        for one in details
        if (key := str((one.get("TaxRateRef") or {}).get("value") or ""))
    )
    plain = _entry(row)
    return Entry(plain.id, plain.name, "", plain.active, rates=rates)
