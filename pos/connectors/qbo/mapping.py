"""What a word of the till is called in one company of QuickBooks Online. Pure: nothing is guessed, what is not mapped
is named.

A mapping is plain JSON, kept with its company: prefix, tax (one of TAX_WAYS), tax_group (US alone: the id of the sales
tax of the transaction), group_rates (its rates, as those of taxes, where a US company keeps its own and works the tax
out by itself), tax_rounding (the id of the item for the pennies it then comes to otherwise), tenders {way to pay: code,
method, account, item}, shops {shop: code, department, class}, items {item code: id}, groups {item group: id},
default_item, taxes {tax code of the till: code, rates [{id, percent, on_tax}]}, rounding {item, tax}, voucher {item,
tax} (gift vouchers sold: what is owed for them), customers {customer: id}, walk_in; for items to be created there
categories {item group, "" = the rest: type, income, costs, stock, starts}; for sales before an item's start of stock
quarantine (an item's id) and aside {item code: the first day it is not put aside}. Whatever ends in an id is the id
there; "" = none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from pos.rules import booknumbers, daybook
from pos.rules.daybook import Book, Line, Share
from pos.said import said

#: How the company works with tax: outside the US with net or gross amounts, in the US, or not at all.
TAX_WAYS = {"exclusive": "TaxExcluded", "inclusive": "TaxInclusive", "none": "NotApplicable", "us": ""}
#: What the exchange of goods and "nothing to pay" are called on a screen.
OWN_TENDERS = {
    daybook.EXCHANGE: said("Paid with goods (exchange)"),
    daybook.NOTHING: said("Nothing to pay"),
}
#: The code of a share that stays open, when nobody gave one; it only tells shares of one receipt apart.
ACCOUNT_CODE = "AC"
#: What lines are called in the US, where the rates are those of the whole document.
TAXED, UNTAXED = "TAX", "NON"
#: The line that takes out again what a gift voucher paid, as far as its tax goes.
PAID_LINE = Line(daybook.PAID, "", "", "", "0", 1000, 0, 0, 0)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Tender:
    """A way to pay. method: the payment method's id, account: where the money goes, item: of a gift voucher, which
    brings no money: what is owed for it, so that a line takes the amount out again. All three are ids there."""

    code: str
    method: str
    account: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A shop. department, of_class: ids there, "" = none."""

    code: str
    department: str
    of_class: str


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of a tax code. on_tax: it is charged on what the rates before it made, too."""

    id: str
    percent: Decimal
    on_tax: bool


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax code there with its rates in order."""

    code: str
    rates: tuple[Rate, ...]

    @property
    def percent(self) -> Decimal:
        """What all of them charge together on a net amount."""
        factor = Decimal(1)
        for rate in self.rates:
            factor += (factor if rate.on_tax else Decimal(1)) * rate.percent / _HUNDRED
        return (factor - 1) * _HUNDRED


@dataclass(frozen=True, slots=True)
class Category:
    """How items of one group are created there. kind: Service, NonInventory or Inventory; the last also needs the
    accounts costs and stock, and the day stock starts (ISO)."""

    kind: str
    income: str
    costs: str
    stock: str
    starts: str


@dataclass(frozen=True, slots=True)
class Tables:
    """The mapping of one company, read. Empty parts map nothing."""

    prefix: str = ""
    tax: str = ""
    tax_group: str = ""
    group_rates: tuple[Rate, ...] = ()
    tax_rounding: str = ""
    tenders: Mapping[str, Tender] = field(default_factory=dict)
    shops: Mapping[str, Place] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    default_item: str = ""
    taxes: Mapping[str, Tax] = field(default_factory=dict)
    rounding_item: str = ""
    rounding_tax: str = ""
    voucher_item: str = ""
    voucher_tax: str = ""
    customers: Mapping[str, str] = field(default_factory=dict)
    walk_in: str = ""
    categories: Mapping[str, Category] = field(default_factory=dict)
    quarantine: str = ""
    aside: Mapping[str, str] = field(default_factory=dict)

    def item(self, line: Line, day: str = "") -> str:
        """The id of the item a line is booked on: its own, its group's, the one for all the rest; "" = not mapped.

        day: of the document; somebody may have put sales before a day aside, on the item that is for those."""
        if line.item.startswith("*"):
            own = {daybook.ROUNDING: self.rounding_item, daybook.TAX_ROUNDING: self.tax_rounding}
            return (own | {daybook.VOUCHER: self.voucher_item}).get(line.item, "")
        if self.is_aside(line, day):
            return self.quarantine
        return self.items.get(line.item) or self.groups.get(line.group) or self.default_item

    def is_aside(self, line: Line, day: str) -> bool:
        """Whether somebody put sales of this item on that day aside."""
        return bool(day) and day < self.aside.get(line.item, "")

    def tax_of(self, line: Line) -> Tax | None:
        """The tax of a line: of its code at its rate ("V20@20"), else of its code. None when it is not mapped, or
        charges another percentage there than the till did."""
        name = line.code
        if line.item.startswith("*"):
            name = self.rounding_tax if line.item == daybook.ROUNDING else self.voucher_tax
        found = self.taxes.get(f"{name}@{line.rate}") or self.taxes.get(name)
        if found is not None and self.own_rates:
            found = Tax(found.code, self.group_rates if found.code == TAXED else ())
            return found if found.percent == Decimal(line.rate) else None
        if found is None or (found.rates and found.percent != Decimal(line.rate)):
            return None
        return found

    def codes_for(self, net: int, tax: int, rate: str = "") -> list[tuple[str, str]]:
        """The tax codes of the till, each with its rate, that so much tax on so much net can be of: where no rate is
        told, the nearest that make it to a smallest unit. Several are as near: nobody can tell which."""
        if self.tax == "none":
            return [("", "0")]
        if self.tax == "us" and not self.own_rates:  # they work it out; all there is to say is whether
            wanted = TAXED if tax else UNTAXED
            return [(name, rate or "0") for name, one in self.taxes.items() if one.code == wanted]
        found = []
        for key, one in self.taxes.items():
            rates = self.group_rates if one.code == TAXED else ()
            percent = (Tax(one.code, rates) if self.own_rates else one).percent
            found.append((abs(net * percent / _HUNDRED - tax), key.partition("@")[0], f"{percent.normalize():f}"))
        if rate:
            return sorted({(name, told) for _, name, told in found if Decimal(told) == Decimal(rate)})
        least = min((off for off, _, _ in found), default=Decimal(2))
        return sorted({(name, told) for off, name, told in found if off == least and off <= 1})

    @property
    def own_rates(self) -> bool:
        """Whether the company keeps its own rates and works the tax out by itself, whatever is stated."""
        return self.tax == "us" and bool(self.group_rates)

    def customer(self, name: str) -> str:
        """The id of a customer; nobody is the company's own walk-in customer, which may be none."""
        return self.customers.get(name, "") if name else self.walk_in


def read(plain: Mapping[str, Any]) -> Tables:
    """The mapping as it is kept. ValueError when it is none."""
    try:
        rounding, voucher = plain.get("rounding") or {}, plain.get("voucher") or {}
        return Tables(
            prefix=_text(plain, "prefix"),
            tax=_text(plain, "tax"),
            tax_group=_text(plain, "tax_group"),
            group_rates=_rates(plain.get("group_rates")),
            tax_rounding=_text(plain, "tax_rounding"),
            tenders={
                name: Tender(*(_text(one, part) for part in ("code", "method", "account", "item")))
                for name, one in (plain.get("tenders") or {}).items()
            },
            shops={
                name: Place(_text(one, "code"), _text(one, "department"), _text(one, "class"))
                for name, one in (plain.get("shops") or {}).items()
            },
            items=_ids(plain, "items"),
            groups=_ids(plain, "groups"),
            default_item=_text(plain, "default_item"),
            taxes={name: _tax(one) for name, one in (plain.get("taxes") or {}).items()},
            rounding_item=_text(rounding, "item"),
            rounding_tax=_text(rounding, "tax"),
            voucher_item=_text(voucher, "item"),
            voucher_tax=_text(voucher, "tax"),
            customers=_ids(plain, "customers"),
            walk_in=_text(plain, "walk_in"),
            categories={
                name: Category(*(_text(one, part) for part in ("type", "income", "costs", "stock", "starts")))
                for name, one in (plain.get("categories") or {}).items()
            },
            quarantine=_text(plain, "quarantine"),
            aside=_ids(plain, "aside"),
        )
    except (AttributeError, TypeError, KeyError, InvalidOperation) as error:
        raise ValueError(f"this is no mapping ({error!r})") from error


def _text(plain: Mapping[str, Any], name: str) -> str:
    value = plain.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value.strip()


def _ids(plain: Mapping[str, Any], name: str) -> dict[str, str]:
    part = plain.get(name) or {}
    return {str(key): _text(part, key) for key in part}


def _tax(one: Mapping[str, Any]) -> Tax:
    return Tax(_text(one, "code"), _rates(one.get("rates")))


def _rates(given: Iterable[Mapping[str, Any]] | None) -> tuple[Rate, ...]:
    return tuple(
        Rate(_text(rate, "id"), Decimal(_text(rate, "percent")), bool(rate.get("on_tax"))) for rate in given or ()
    )


def problems(mapping: Tables) -> list[str]:
    """What is wrong with a mapping by itself, in words: codes that collide or are too long, halves that are missing."""
    found = booknumbers.check_codes(
        mapping.prefix,
        {name: place.code for name, place in mapping.shops.items()},
        {name: tender.code for name, tender in mapping.tenders.items()},
    )
    if mapping.tax not in TAX_WAYS:
        found.append(said("The way of working with tax is {given}; it is one of {ways}.",
                          given=mapping.tax or "–", ways=", ".join(TAX_WAYS)))  # fmt: skip
    found += [
        said("Way to pay {name} has no account for its money.", name=OWN_TENDERS.get(name, name))
        for name, tender in mapping.tenders.items()
        if not tender.account
    ]
    found += [
        said(
            "The code {code} is that of sales on account; way to pay {name} needs another.",
            code=ACCOUNT_CODE,
            name=name,
        )
        for name, tender in mapping.tenders.items()
        if tender.code == ACCOUNT_CODE
    ]
    for name, tax in mapping.taxes.items():
        if not tax.code or (mapping.tax in ("exclusive", "inclusive") and not tax.rates):
            found.append(said("Tax {name} has no tax code and rates in QuickBooks.", name=name))
    if mapping.group_rates and (mapping.tax != "us" or not mapping.tax_group):
        found.append(said("The rates of the whole document are there without its sales tax."))
    return found


@dataclass(frozen=True, slots=True)
class Lack:
    """One word that is not mapped. part: tenders, shops, customers, items, taxes, rounding, voucher; "" = nothing is
    mapped."""

    part: str
    name: str
    words: str


#: Lines that are no goods: the lack of an item, and of a tax.
_OWN_LACKS = {
    daybook.ROUNDING: (
        Lack("rounding", "", said("No item is mapped for the cash rounding.")),
        Lack("rounding", "", said("No tax is mapped for the cash rounding.")),
    ),
    daybook.VOUCHER: (
        Lack("voucher", "", said("No item is mapped for gift vouchers that are sold.")),
        Lack("voucher", "", said("No tax is mapped for gift vouchers.")),
    ),
}


def missing_for(share: Share, mapping: Tables) -> list[str]:
    """What of a share is not mapped, in words; nothing when it can be booked."""
    return [lack.words for lack in lacks_of(share, mapping)]


def missing(book: Book, mapping: Tables) -> list[str]:
    """What of a document is not mapped, in words; nothing when it can be booked."""
    return [lack.words for lack in lacks_of(book, mapping)]


def lacks_of(one: Share | Book, mapping: Tables) -> list[Lack]:
    """What of a share or a document is not mapped, each once."""
    found = _places(one.kind, one.tender, one.shop, one.customer, mapping)
    return list(dict.fromkeys([*found, *_lines(one.lines, mapping, one.day)]))


def _places(kind: str, tender: str, shop: str, customer: str, mapping: Tables) -> list[Lack]:
    found: list[Lack] = []
    if mapping.tax not in TAX_WAYS or not mapping.prefix:
        return [Lack("", "", said("Nothing is mapped to QuickBooks yet."))]
    if kind in (daybook.SALE, daybook.REFUND):
        paid = mapping.tenders.get(tender)
        if paid is None or not paid.account or not paid.code:
            words = said("Way to pay {name} is not mapped.", name=OWN_TENDERS.get(tender, tender))
            found.append(Lack("tenders", tender, words))
        elif paid.item and mapping.tax != "none" and mapping.tax_of(PAID_LINE) is None:
            found.append(_OWN_LACKS[daybook.VOUCHER][1])
    if shop not in mapping.shops or not mapping.shops[shop].code:
        found.append(Lack("shops", shop, said("Shop {name} is not mapped.", name=shop)))
    if (customer or kind in (daybook.INVOICE, daybook.CREDIT)) and not mapping.customers.get(customer):
        found.append(Lack("customers", customer, said("Customer {name} is not mapped.", name=customer or "–")))
    return found


def _lines(lines: Iterable[Line], mapping: Tables, day: str) -> list[Lack]:
    found: list[Lack] = []
    for line in lines:
        if not mapping.item(line, day):
            found.append(_no_item(line))
        if mapping.tax == "none" and line.tax:
            words = said("Tax {code} at {rate}% was charged, and QuickBooks is mapped as a company without tax.",
                         code=line.code or "–", rate=line.rate)  # fmt: skip
            found.append(Lack("taxes", f"{line.code}@{line.rate}", words))
        if mapping.tax in ("exclusive", "inclusive", "us") and mapping.tax_of(line) is None:
            found.append(_no_tax(line))
    return found


def _no_item(line: Line) -> Lack:
    if line.item in _OWN_LACKS:
        return _OWN_LACKS[line.item][0]
    return Lack("items", line.item, said("Item {code} ({name}) is not mapped.", code=line.item, name=line.name))


def _no_tax(line: Line) -> Lack:
    if line.item in _OWN_LACKS:
        return _OWN_LACKS[line.item][1]
    words = said("Tax {code} at {rate}% is not mapped.", code=line.code or "–", rate=line.rate)
    return Lack("taxes", f"{line.code}@{line.rate}", words)
