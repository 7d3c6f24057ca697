"""What a word of the till is called in one company of QuickBooks Online. Pure: nothing is guessed, what is not mapped
is named.

A mapping is plain JSON, kept with its company: prefix, tax (one of TAX_WAYS), tax_group (US alone: the id of the sales
tax of the transaction), tenders {way to pay: code, method, account}, shops {shop: code, department, class}, items {item
code: id}, groups {item group: id}, default_item, taxes {tax code of the till: code, rates [{id, percent, on_tax}]},
rounding {item, tax}, customers {customer: id}, walk_in. Whatever ends in an id is the id there; "" = none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from pos.rules import daybook
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
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Tender:
    """A way to pay. method: the payment method's id, account: where the money goes. Both are ids there."""

    code: str
    method: str
    account: str


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
class Tables:
    """The mapping of one company, read. Empty parts map nothing."""

    prefix: str = ""
    tax: str = ""
    tax_group: str = ""
    tenders: Mapping[str, Tender] = field(default_factory=dict)
    shops: Mapping[str, Place] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    default_item: str = ""
    taxes: Mapping[str, Tax] = field(default_factory=dict)
    rounding_item: str = ""
    rounding_tax: str = ""
    customers: Mapping[str, str] = field(default_factory=dict)
    walk_in: str = ""

    def item(self, line: Line) -> str:
        """The id of the item a line is booked on: its own, its group's, the one for all the rest; "" = not mapped."""
        if line.item == daybook.ROUNDING:
            return self.rounding_item
        return self.items.get(line.item) or self.groups.get(line.group) or self.default_item

    def tax_of(self, line: Line) -> Tax | None:
        """The tax of a line: of its code at its rate ("V20@20"), else of its code. None when it is not mapped, or
        charges another percentage there than the till did."""
        name = self.rounding_tax if line.item == daybook.ROUNDING else line.code
        found = self.taxes.get(f"{name}@{line.rate}") or self.taxes.get(name)
        if found is None or (found.rates and found.percent != Decimal(line.rate)):
            return None
        return found

    def customer(self, name: str) -> str:
        """The id of a customer; nobody is the company's own walk-in customer, which may be none."""
        return self.customers.get(name, "") if name else self.walk_in


def read(plain: Mapping[str, Any]) -> Tables:
    """The mapping as it is kept. ValueError when it is none."""
    try:
        rounding = plain.get("rounding") or {}
        return Tables(
            prefix=_text(plain, "prefix"),
            tax=_text(plain, "tax"),
            tax_group=_text(plain, "tax_group"),
            tenders={
                name: Tender(_text(one, "code"), _text(one, "method"), _text(one, "account"))
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
            customers=_ids(plain, "customers"),
            walk_in=_text(plain, "walk_in"),
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
    rates = tuple(
        Rate(_text(rate, "id"), Decimal(_text(rate, "percent")), bool(rate.get("on_tax")))
        for rate in one.get("rates") or ()
    )
    return Tax(_text(one, "code"), rates)


def problems(mapping: Tables) -> list[str]:
    """What is wrong with a mapping by itself, in words: codes that collide or are too long, halves that are missing."""
    found = daybook.check_codes(
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
    for name, tax in mapping.taxes.items():
        if not tax.code or (mapping.tax in ("exclusive", "inclusive") and not tax.rates):
            found.append(said("Tax {name} has no tax code and rates in QuickBooks.", name=name))
    return found


def missing_for(share: Share, mapping: Tables) -> list[str]:
    """What of a share is not mapped, in words; nothing when it can be booked."""
    found = _places(share.kind, share.tender, share.shop, share.customer, mapping)
    return list(dict.fromkeys([*found, *_lines(share.lines, mapping)]))


def missing(book: Book, mapping: Tables) -> list[str]:
    """What of a document is not mapped, in words; nothing when it can be booked."""
    found = _places(book.kind, book.tender, book.shop, book.customer, mapping)
    return list(dict.fromkeys([*found, *_lines(book.lines, mapping)]))


def _places(kind: str, tender: str, shop: str, customer: str, mapping: Tables) -> list[str]:
    found: list[str] = []
    if mapping.tax not in TAX_WAYS or not mapping.prefix:
        return [said("Nothing is mapped to QuickBooks yet.")]
    if kind in (daybook.SALE, daybook.REFUND):
        paid = mapping.tenders.get(tender)
        if paid is None or not paid.account or not paid.code:
            found.append(said("Way to pay {name} is not mapped.", name=OWN_TENDERS.get(tender, tender)))
    if shop not in mapping.shops or not mapping.shops[shop].code:
        found.append(said("Shop {name} is not mapped.", name=shop))
    if (customer or kind in (daybook.INVOICE, daybook.CREDIT)) and not mapping.customers.get(customer):
        found.append(said("Customer {name} is not mapped.", name=customer or "–"))
    return found


def _lines(lines: Iterable[Line], mapping: Tables) -> list[str]:
    found: list[str] = []
    for line in lines:
        rounding = line.item == daybook.ROUNDING
        if not mapping.item(line):
            found.append(
                said("No item is mapped for the cash rounding.")
                if rounding
                else said("Item {code} ({name}) is not mapped.", code=line.item, name=line.name)
            )
        if mapping.tax in ("exclusive", "inclusive", "us") and mapping.tax_of(line) is None:
            found.append(
                said("No tax is mapped for the cash rounding.")
                if rounding
                else said("Tax {code} at {rate}% is not mapped.", code=line.code or "–", rate=line.rate)
            )
    return found
