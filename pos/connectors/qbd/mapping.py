"""What a word of the till is called in one company file of QuickBooks Desktop. Pure: nothing is guessed, what is not
mapped is named.

A mapping is plain JSON, kept with its company: prefix, tax (one of TAX_WAYS), tenders {way to pay: code, method,
account, item, payout, payout_account}, shops {shop: code, class, customer, site}, default_item, groups {item group:
item}, taxes {tax code of the till, or "@20" for a rate without one: code, item}, untaxed (a sales tax code), tax_item,
tax_percent and tax_rounding, rounding, voucher (items), customers {customer: name}, walk_in, receivable. All are full
names there; "" = none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from pos.connectors.base import Posted
from pos.connectors.qbd import checks
from pos.connectors.qbd.requests import ACCOUNT, CLASS, CUSTOMER, ITEM, NAME, SITE, TAX_CODE
from pos.errors import Invalid
from pos.rules import booknumbers, daybook
from pos.rules.daybook import Book, Line, Share
from pos.said import said

#: No tax at all; each tax a line of its own on its item, to the penny; or worked out there from one sales tax of the
#: whole document, with a line for the pennies it then comes to otherwise.
TAX_WAYS = ("none", "lines", "rate")
#: What moves stock there: lines of sales, or adjustments by day and place. Never both.
BY_DOCUMENTS, BY_ADJUSTMENTS = "documents", "adjustments"
MOVES = (BY_ADJUSTMENTS, BY_DOCUMENTS)
#: Kinds of items that have stock there.
STOCKED = ("ItemInventory", "ItemInventoryAssembly")
#: How the money of a refund goes back: by card, from a bank account (a check there, cash too), or a person does it.
PAYOUTS = ("", "card", "check")
OWN_TENDERS = {
    daybook.EXCHANGE: said("Paid with goods (exchange)"),
    daybook.NOTHING: said("Nothing to pay"),
}
_OWN = (daybook.ROUNDING, daybook.VOUCHER, daybook.PAID, daybook.TAX_ROUNDING)


@dataclass(frozen=True, slots=True)
class Tender:
    """A way to pay. item: of a gift voucher, which brings no money: a line takes the amount out again."""

    code: str
    method: str = ""
    account: str = ""
    item: str = ""
    payout: str = ""
    payout_account: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A shop. site: where its goods leave from, where documents move stock."""

    code: str
    of_class: str = ""
    customer: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    code: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    prefix: str = ""
    tax: str = ""
    tenders: Mapping[str, Tender] = field(default_factory=dict)
    shops: Mapping[str, Place] = field(default_factory=dict)
    default_item: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    taxes: Mapping[str, Tax] = field(default_factory=dict)
    untaxed: str = ""
    tax_item: str = ""
    tax_percent: Decimal = Decimal(0)
    tax_rounding: str = ""
    rounding: str = ""
    voucher: str = ""
    customers: Mapping[str, str] = field(default_factory=dict)
    walk_in: str = ""
    receivable: str = ""

    def tax_of(self, line: Line) -> Tax | None:
        return self.taxes.get(line.code or f"@{line.rate}")

    def customer(self, name: str, shop: str) -> str:
        """Who a document is for: the customer, or for nobody named the shop's, or everybody's."""
        place = self.shops.get(shop)
        return self.customers.get(name, "") if name else (place.customer if place else "") or self.walk_in

    def sales_item(self, line: Line) -> str:
        """The item of a line that moves no stock; "" = none is mapped."""
        own = {daybook.ROUNDING: self.rounding, daybook.VOUCHER: self.voucher, daybook.TAX_ROUNDING: self.tax_rounding}
        return own[line.item] if line.item in own else self.groups.get(line.group) or self.default_item


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the company file. item: our code -> {"id"} or {"name"} there; kind_of: full name -> kind of the
    item there, "" = not known; moves: business day -> what moves stock from that day on, "" = nothing yet;
    multi_site: whether stock is kept by site there;
    booked: numbers of documents -> what their answers said of those that are there."""

    item: Callable[[str], dict[str, str]] = lambda code: {"name": code}
    kind_of: Callable[[str], str] = lambda _name: ""
    moves: Callable[[str], str] = lambda _day: BY_ADJUSTMENTS
    multi_site: bool = False
    booked: Callable[[Iterable[str]], dict[str, Posted]] = lambda _numbers: {}


def read(plain: Mapping[str, Any]) -> Tables:
    """ValueError, in words, when it is not of this form."""
    try:
        return Tables(
            prefix=_text(plain, "prefix"), tax=_text(plain, "tax"),
            tenders={str(name): _tender(row) for name, row in (plain.get("tenders") or {}).items()},
            shops={str(name): _place(row) for name, row in (plain.get("shops") or {}).items()},
            default_item=_text(plain, "default_item"), groups=_texts(plain, "groups"),
            taxes={str(name): Tax(_text(row, "code"), _text(row, "item"))
                   for name, row in (plain.get("taxes") or {}).items()},
            untaxed=_text(plain, "untaxed"), tax_item=_text(plain, "tax_item"),
            tax_percent=Decimal(_text(plain, "tax_percent") or "0"), tax_rounding=_text(plain, "tax_rounding"),
            rounding=_text(plain, "rounding"), voucher=_text(plain, "voucher"), customers=_texts(plain, "customers"),
            walk_in=_text(plain, "walk_in"), receivable=_text(plain, "receivable"),
        )  # fmt: skip
    except (AttributeError, TypeError, InvalidOperation) as error:
        raise ValueError(said("The mapping cannot be read ({why}).", why=str(error))) from error


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _texts(plain: Mapping[str, Any], key: str) -> dict[str, str]:
    rows = plain.get(key) or {}
    return {str(name): _text(rows, name) for name in rows}


def _tender(row: Mapping[str, Any]) -> Tender:
    return Tender(*(_text(row, key) for key in ("code", "method", "account", "item", "payout", "payout_account")))


def _place(row: Mapping[str, Any]) -> Place:
    return Place(*(_text(row, key) for key in ("code", "class", "customer", "site")))


# -- what is wrong with it ---------------------------------------------------------------------------------------------


def problems(tables: Tables) -> list[str]:
    """What keeps every receipt from being booked, in words."""
    if not tables.prefix and not tables.tenders:
        return [said("Nothing is mapped to QuickBooks Desktop yet.")]
    found: list[str] = booknumbers.check_codes(
        tables.prefix,
        {name: place.code for name, place in tables.shops.items()},
        {name: tender.code for name, tender in tables.tenders.items()},
    )
    if tables.tax not in TAX_WAYS:
        found.append(said("The way of working with tax is {given}; it is one of {ways}.",
                          given=tables.tax or "–", ways=", ".join(TAX_WAYS)))  # fmt: skip
    if tables.tax == "rate" and (not tables.tax_item or not tables.tax_percent):
        found.append(said("The sales tax of the whole document and its percentage are not mapped."))
    for name, tender in tables.tenders.items():
        if tender.payout not in PAYOUTS or (tender.payout == "check" and not tender.payout_account):
            found.append(said("How {name} is paid back is not mapped.", name=OWN_TENDERS.get(name, name)))
    return found + _names(tables)


def _names(tables: Tables) -> list[str]:
    """Names QuickBooks cannot hold."""
    rows: list[tuple[str, int]] = [
        (tables.default_item, ITEM), (tables.rounding, ITEM), (tables.voucher, ITEM), (tables.tax_rounding, ITEM),
        (tables.tax_item, NAME), (tables.untaxed, TAX_CODE), (tables.walk_in, CUSTOMER), (tables.receivable, ACCOUNT),
        *((name, ITEM) for name in tables.groups.values()), *((name, CUSTOMER) for name in tables.customers.values()),
    ]  # fmt: skip
    for tender in tables.tenders.values():
        rows += [(tender.method, NAME), (tender.account, ACCOUNT), (tender.item, ITEM),
                 (tender.payout_account, ACCOUNT)]  # fmt: skip
    for place in tables.shops.values():
        rows += [(place.of_class, CLASS), (place.customer, CUSTOMER), (place.site, SITE)]
    for tax in tables.taxes.values():
        rows += [(tax.code, TAX_CODE), (tax.item, ITEM)]
    found: list[str] = []
    for name, most in rows:
        try:
            if name:
                checks.name(name, most, "mapping")
        except Invalid as error:
            found.append(error.message)
    return found


def named(tables: Tables) -> tuple[set[str], set[str]]:
    """The accounts and the items a mapping names."""
    accounts = {tables.receivable}
    found = {tables.default_item, tables.rounding, tables.voucher, tables.tax_rounding, tables.tax_item}
    for tender in tables.tenders.values():
        accounts |= {tender.account, tender.payout_account}
        found.add(tender.item)
    found |= {*tables.groups.values(), *(tax.item for tax in tables.taxes.values())}
    return accounts - {""}, found - {""}


def lacks(one: Share | Book, tables: Tables, known: Known) -> list[str]:
    """What of a share or a document is not mapped, in words; nothing when it can be booked."""
    found = _places(one, tables, known)
    if not known.moves(one.day):
        found.append(said("What moves stock in QuickBooks on {day} was not said: sales or adjustments.", day=one.day))
    for line in one.lines:
        found += _line(line, one.day, tables, known)
    return list(dict.fromkeys(found))


def _places(one: Share | Book, tables: Tables, known: Known) -> list[str]:
    found: list[str] = []
    tender = tables.tenders.get(one.tender)
    if one.kind in (daybook.SALE, daybook.REFUND) and (tender is None or not tender.code or not tender.account):
        found.append(said("Way to pay {name} is not mapped.", name=OWN_TENDERS.get(one.tender, one.tender)))
    if one.shop not in tables.shops or not tables.shops[one.shop].code:
        found.append(said("Shop {name} is not mapped.", name=one.shop))
    if known.multi_site and known.moves(one.day) == BY_DOCUMENTS and not tables.shops.get(one.shop, Place("")).site:
        found.append(said("Shop {name} has no QuickBooks site, and its sales move stock.", name=one.shop))
    owed = one.kind in (daybook.INVOICE, daybook.CREDIT)
    named = tables.customers.get(one.customer) if owed else tables.customer(one.customer, one.shop)
    if (one.customer or owed or one.kind == daybook.REFUND) and not named:
        found.append(said("Customer {name} is not mapped.", name=one.customer or "–"))
    if one.kind == daybook.REFUND and tender is not None and tender.payout == "check" and not tables.receivable:
        found.append(said("The account of what customers owe is not mapped."))
    return found


def _line(line: Line, day: str, tables: Tables, known: Known) -> Iterable[str]:
    goods = line.item not in _OWN
    if goods and known.moves(day) == BY_DOCUMENTS:
        ref = known.item(line.item)
        if not ref.get("id"):
            try:
                checks.name(ref.get("name"), ITEM, "item")
            except Invalid as error:
                yield error.message
    else:
        name = tables.sales_item(line)
        if not name:
            yield said("Item {code} ({name}) is not mapped.", code=line.item, name=line.name)
        elif known.kind_of(name) in STOCKED:
            yield said("{name} has stock in QuickBooks; sales go to an item without, for adjustments move the goods.",
                       name=name)  # fmt: skip
    yield from _tax(line, tables)


def _tax(line: Line, tables: Tables) -> Iterable[str]:
    if not line.tax:
        return
    tax = tables.tax_of(line)
    if tables.tax == "none":
        yield said("Tax {code} at {rate}% was charged, and QuickBooks is mapped as a company without tax.",
                   code=line.code or "–", rate=line.rate)  # fmt: skip
    elif tax is None or not (tax.item if tables.tax == "lines" else tax.code):
        yield said("Tax {code} at {rate}% is not mapped.", code=line.code or "–", rate=line.rate)
    elif tables.tax == "rate" and Decimal(line.rate) != tables.tax_percent:
        yield said("Tax {code} at {rate}% is not that of the whole document, {percent}%.",
                   code=line.code or "–", rate=line.rate, percent=f"{tables.tax_percent:f}")  # fmt: skip
