"""Whether a mapping fits the company it is for: each of its words is there, in use and of the right type. Pure.

Also what may be meant: the entry with the same name. That is only ever proposed; a person takes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pos.connectors.qbo.lists import Entry, Lists
from pos.connectors.qbo.mapping import OWN_TENDERS, Category, Rate, Tables, Tax
from pos.said import said

#: Where the money of a sales receipt may go to.
DEPOSITS = ("Bank", "Other Current Asset")
INCOME, COSTS, STOCK = ("Income", "Other Income"), ("Cost of Goods Sold",), ("Other Current Asset",)
#: Types of items a line may be of.
SELLABLE = ("Service", "NonInventory", "Inventory")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not fit. part, name: of the mapping, as in its JSON ("" = the part itself)."""

    part: str
    name: str
    words: str


def faults(mapping: Tables, lists: Lists, rates: Mapping[str, str], currency: str) -> list[Fault]:
    """Everything that does not fit. rates: percent of each tax code of the till, by code. currency: the till's."""
    found = [*_company(mapping, lists, currency), *_tenders(mapping, lists), *_shops(mapping, lists)]
    found += [*_items(mapping, lists), *_taxes(mapping, lists, rates), *_categories(mapping, lists)]
    for name, key in mapping.customers.items():
        what = said("Customer {name}", name=name)
        found += _look("customers", name, what, key, lists.customers)
    return found + list(_look("walk_in", "", said("The walk-in customer"), mapping.walk_in, lists.customers))


def same_name(names: Iterable[str], entries: Iterable[Entry]) -> str:
    """The id of the one entry in use that is called so, whatever its capitals; "" = none, or several are."""
    wanted = {name.casefold().strip() for name in names if name.strip()}
    found = [
        one.id
        for one in entries
        if one.active and (one.name.casefold().strip() in wanted or (one.sku and one.sku.casefold().strip() in wanted))
    ]
    return found[0] if len(found) == 1 else ""


def percent(one: Entry) -> Decimal:
    """What all rates of a tax code there charge together."""
    return tax_of(one).percent


def tax_of(one: Entry) -> Tax:
    """A tax code there as a mapping holds it."""
    return Tax(one.id, tuple(Rate(rate.id, Decimal(rate.percent), rate.on_tax) for rate in one.rates))


# -- one thing ---------------------------------------------------------------------------------------------------------


def _look(
    part: str, name: str, what: str, key: str, entries: Iterable[Entry], kinds: tuple[str, ...] = ()
) -> Iterator[Fault]:
    if not key:
        return
    there = [one for one in entries if one.id == key]
    if not there:
        yield Fault(part, name, said("{what}: number {key} is not in QuickBooks.", what=what, key=key))
    elif not there[0].active:
        yield Fault(part, name, said("{what}: {there} is inactive in QuickBooks.", what=what, there=there[0].name))
    elif kinds and there[0].kind not in kinds:
        yield Fault(
            part,
            name,
            said(
                "{what}: {there} is of type {kind} in QuickBooks; it must be {kinds}.",
                what=what, there=there[0].name, kind=there[0].kind or "–", kinds=" / ".join(kinds),
            ),
        )  # fmt: skip


def _company(mapping: Tables, lists: Lists, currency: str) -> Iterator[Fault]:
    about, way = lists.about, mapping.tax
    if about.currency and currency and about.currency != currency:
        words = said("The company works in {theirs}, the till in {ours}.", theirs=about.currency, ours=currency)
        yield Fault("company", "", words)
    if about.country and way and way != "none" and (about.country == "US") != (way == "us"):
        yield Fault("tax", "", said("This way of working with tax is not that of a company in {c}.", c=about.country))
    if not about.taxed and way not in ("", "none"):
        yield Fault("tax", "", said("Sales tax is switched off in this company of QuickBooks."))
    if way == "us":
        yield from _look("tax_group", "", said("Sales tax of the whole document"), mapping.tax_group, lists.taxes)


def _tenders(mapping: Tables, lists: Lists) -> Iterator[Fault]:
    for name, one in mapping.tenders.items():
        what = said("Way to pay {name}", name=OWN_TENDERS.get(name, name))
        yield from _look("tenders", name, what, one.method, lists.methods)
        yield from _look("tenders", name, what, one.account, lists.accounts, DEPOSITS)
        yield from _look("tenders", name, what, one.item, lists.items, SELLABLE)


def _shops(mapping: Tables, lists: Lists) -> Iterator[Fault]:
    for name, one in mapping.shops.items():
        what = said("Shop {name}", name=name)
        yield from _look("shops", name, what, one.department, lists.departments)
        yield from _look("shops", name, what, one.of_class, lists.classes)


def _items(mapping: Tables, lists: Lists) -> Iterator[Fault]:
    for name, key in mapping.items.items():
        yield from _look("items", name, said("Item {name}", name=name), key, lists.items, SELLABLE)
    for name, key in mapping.groups.items():
        yield from _look("groups", name, said("Category {name}", name=name), key, lists.items, SELLABLE)
    single = (
        ("default_item", said("The item for all the rest"), mapping.default_item),
        ("rounding", said("The item for cash rounding"), mapping.rounding_item),
        ("voucher", said("The item for gift vouchers"), mapping.voucher_item),
        ("tax_rounding", said("The item for pennies of tax"), mapping.tax_rounding),
        ("quarantine", said("The item for sales before the start of stock"), mapping.quarantine),
    )
    for part, what, key in single:
        yield from _look(part, "", what, key, lists.items, SELLABLE)
    if mapping.quarantine:
        there = [one for one in lists.items if one.id == mapping.quarantine and one.starts]
        for one in there:
            words = said("{there} is kept in stock itself, so sales before its start cannot go there.", there=one.name)
            yield Fault("quarantine", "", words)


def _taxes(mapping: Tables, lists: Lists, rates: Mapping[str, str]) -> Iterator[Fault]:
    for name, tax in mapping.taxes.items():
        what = said("Tax {name}", name=name)
        missing = list(_look("taxes", name, what, tax.code, lists.taxes))
        yield from missing
        if missing or mapping.tax in ("us", "none", ""):
            continue
        there = next(one for one in lists.taxes if one.id == tax.code)
        if not there.rates:
            yield Fault("taxes", name, said("{what}: {there} has no rate for sales.", what=what, there=there.name))
            continue
        if tax_of(there).rates != tax.rates:
            words = said("{what}: the rates of {there} were changed in QuickBooks; choose it again.",
                         what=what, there=there.name)  # fmt: skip
            yield Fault("taxes", name, words)
        ours = name.partition("@")[2] or rates.get(name, "")
        if ours and percent(there) != Decimal(ours):
            words = said(
                "{what} is {ours}% at the till, and {there} charges {theirs}%.",
                what=what, ours=f"{Decimal(ours).normalize():f}", there=there.name,
                theirs=f"{percent(there).normalize():f}",
            )  # fmt: skip
            yield Fault("taxes", name, words)


def _categories(mapping: Tables, lists: Lists) -> Iterator[Fault]:
    for name, one in mapping.categories.items():
        what = said("New items of {name}", name=name) if name else said("New items of all other categories")
        yield from _look("categories", name, what, one.income, lists.accounts, INCOME)
        if one.kind == "Inventory":
            yield from _look("categories", name, what, one.costs, lists.accounts, COSTS)
            yield from _look("categories", name, what, one.stock, lists.accounts, STOCK)
        if lack := lacking(one):
            yield Fault("categories", name, said("{what}: {lack}", what=what, lack=lack))


def lacking(one: Category) -> str:
    """What a category still needs before items of it can be created; "" = nothing."""
    if one.kind not in SELLABLE:
        return said("no type is chosen.")
    if not one.income:
        return said("the account for income is missing.")
    if one.kind == "Inventory" and not (one.costs and one.stock):
        return said("stock needs the accounts for cost of sale and for stock.")
    if one.kind == "Inventory" and not one.starts:
        return said("stock needs the day it begins.")
    return ""
