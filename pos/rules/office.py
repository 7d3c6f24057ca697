"""What records of the office hold, and what an invoice or order comes to by the shop's own rules. Pure.

Fields are texts: amounts and quantities exact ("12.50", "2"), days ISO dates; `active` alone is yes or no. A line of an
invoice or order: item, name, qty, price, tax (a tax code of ours) as given; rate, net, tax_amount, gross as worked out.
A line of a payment: invoice, amount. A reference is the id of another record here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pos.errors import Invalid
from pos.rules.money import exact, major, minor, round_minor
from pos.rules.tax import TaxLine, TaxRule, line_taxes
from pos.said import said

Sort = Literal["text", "amount", "day", "flag"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind of record."""

    sort: Sort = "text"
    needed: bool = False
    chars: int = 200


_TEXT, _NEEDED = Field(), Field(needed=True, chars=100)
#: kind -> its fields that a person or program may set.
FIELDS: dict[str, dict[str, Field]] = {
    "customer": {
        "name": _NEEDED, **dict.fromkeys(("given", "family", "company", "email", "phone", "mobile"), Field(chars=100)),
        **dict.fromkeys(("line1", "line2", "line3", "city", "region", "postcode", "country"), Field(chars=255)),
        "note": Field(chars=2000), "active": Field("flag"),
    },
    "item": {
        "name": _NEEDED, "sku": Field(chars=100), "description": Field(chars=4000), "price": Field("amount"),
        "tax": Field(chars=40), "group": Field(chars=140), "active": Field("flag"),
    },
    "invoice": {
        "number": Field(chars=21), "date": Field("day", needed=True), "due": Field("day"), "customer": _NEEDED,
        "memo": Field(chars=1000),
    },
    "order": {
        "number": Field(chars=21), "date": Field("day", needed=True), "customer": Field(chars=100), "tender": _NEEDED,
        "memo": Field(chars=1000),
    },
    "payment": {
        "reference": Field(chars=21), "date": Field("day", needed=True), "customer": _NEEDED,
        "amount": Field("amount", needed=True), "tender": Field(chars=100),
    },
}  # fmt: skip
#: What is worked out, or only the books know.
COMPUTED = ("net", "tax", "total", "status", "balance")
#: kind -> what is brought together with the books, field by field; the lines of a document as one.
MERGED: dict[str, tuple[str, ...]] = {
    "customer": tuple(FIELDS["customer"]),
    "item": ("name", "sku", "description", "price", "active"),
    "invoice": ("number", "date", "due", "customer", "memo", "lines"),
    "order": ("number", "date", "customer", "memo", "lines"),
    "payment": ("reference", "date", "customer", "amount", "lines"),
}
SOLD = ("invoice", "order")
LINES_MAX = 700
_QTY_PLACES = 3
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+&'()/-]{0,99}\Z")


def clean_id(key: str) -> str:
    """An id of a record. Invalid when it is none."""
    if not _ID.match(key):
        raise Invalid(said("An id begins with a letter or digit and is 100 letters long at most."), field="id")
    return key


def cleaned(kind: str, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record with what is given put in; what is not given stays. Invalid names the field."""
    known = FIELDS[kind]
    for name in given:
        if name not in known:
            raise Invalid(said("A {kind} has no field {field}.", kind=kind, field=str(name)[:40]), field=str(name)[:40])
    found = {name: before[name] for name in COMPUTED if name in before and kind in (*SOLD, "payment")}
    for name, one in known.items():
        empty: Any = True if one.sort == "flag" else ""
        found[name] = _value(name, one, given[name]) if name in given else before.get(name, empty)
        if one.needed and found[name] == "":
            raise Invalid(said("{field} is needed.", field=name), field=name)
    return found


def _value(name: str, one: Field, value: Any) -> Any:
    if one.sort == "flag":
        if not isinstance(value, bool):
            raise Invalid(said("{name} is yes or no.", name=name), field=name)
        return value
    if not isinstance(value, str) or len(value) > one.chars or "\x00" in value:
        raise Invalid(
            said("{field} must be text of at most {chars_max} characters.", field=name, chars_max=one.chars), field=name
        )
    value = value.strip()
    if one.sort == "day" and value:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise Invalid(said("{field} is a day, like 2026-11-20.", field=name), field=name) from None
    return _figure(name, value) if one.sort == "amount" and value else value


def _figure(name: str, value: Any) -> str:
    try:
        number = exact(value)
        if abs(number) >= Decimal(10) ** 12 or not isinstance(value, str):
            raise ValueError(name)
    except (TypeError, ValueError, ArithmeticError):
        raise Invalid(said("{field} is an exact figure as text, like 12.50.", field=name), field=name) from None
    return f"{number:f}"


# -- lines -------------------------------------------------------------------------------------------------------------


def cleaned_lines(kind: str, given: Any) -> list[dict[str, Any]]:
    """Lines as they were given, each figure exact. Invalid names what is wrong."""
    if kind in ("customer", "item") and given:
        raise Invalid(said("A {kind} has no lines.", kind=kind), field="lines")
    if not isinstance(given, list) or len(given) > LINES_MAX or not all(isinstance(one, Mapping) for one in given):
        raise Invalid(said("Lines are a list of at most {most} objects.", most=LINES_MAX), field="lines")
    if kind in SOLD and not given:
        raise Invalid(said("There is nothing on it: give it lines."), field="lines")
    return [_line(kind, one, f"lines[{at}].") for at, one in enumerate(given)]


def _line(kind: str, one: Mapping[str, Any], where: str) -> dict[str, Any]:
    if kind == "payment":
        invoice = _value(f"{where}invoice", _NEEDED, one.get("invoice", ""))
        amount = _figure(f"{where}amount", one.get("amount", ""))
        if not invoice or exact(amount) <= 0:
            raise Invalid(
                said("A payment's line names an invoice and an amount above nothing."), field=f"{where}amount"
            )
        return {"invoice": invoice, "amount": amount}
    line: dict[str, Any] = {
        name: _value(where + name, Field(chars=chars), one.get(name, ""))
        for name, chars in (("item", 100), ("name", 4000), ("tax", 40))
    }
    line |= {
        "qty": _figure(f"{where}qty", one.get("qty", "1")),
        "price": _figure(f"{where}price", one.get("price", "")),
    }
    if not exact(line["qty"]) or exact(line["qty"]).scaleb(_QTY_PLACES) % 1:
        raise Invalid(said("A quantity is not nothing, with three decimals at most."), field=f"{where}qty")
    if exact(line["price"]) < 0 or exact(line["qty"]) < 0 or not (line["item"] or line["name"]):
        raise Invalid(
            said("A line has an item or a name, a price and a quantity above nothing."), field=f"{where}price"
        )
    return line


def priced(
    lines: Sequence[Mapping[str, Any]], rates: Mapping[str, str], rule: TaxRule
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Lines with rate, net, tax_amount and gross, and what they come to: net, tax, total. rates: our tax codes with
    their percent. Lines that have no price are what the books say: their net stays. Invalid names an unknown code."""
    if lines and not any(one.get("price") for one in lines):
        rule = replace(rule, prices_include_tax=False)
    taxed: list[TaxLine] = []
    for at, one in enumerate(lines):
        code = str(one.get("tax") or "")
        if code and code not in rates:
            raise Invalid(said("There is no tax code {code} here.", code=code), field=f"lines[{at}].tax")
        qty = exact(one["qty"])
        figure = exact(one["price"]) * qty if one.get("price") else exact(one.get("net") or "0")
        amount = round_minor(figure, rule.currency, rule.rounding)
        taxed.append(TaxLine(qty, amount, code, exact(rates.get(code, "0"))))
    made = []
    sums = [0, 0, 0]
    for line, source, found in zip(lines, taxed, line_taxes(taxed, rule), strict=True):
        sums = [sums[0] + found.net, sums[1] + found.tax, sums[2] + found.gross]
        worked_out = {"net": found.net, "gross": found.gross, "tax_amount": found.tax}
        rate = f"{source.rate.normalize():f}"
        made.append({**line, "rate": rate, **{name: _text(units, rule) for name, units in worked_out.items()}})
    return made, dict(zip(("net", "tax", "total"), (_text(one, rule) for one in sums), strict=True))


def _text(units: int, rule: TaxRule) -> str:
    return f"{major(units, rule.currency):f}"


def view_of_lines(kind: str, lines: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Lines as both sides are compared by: what is in each, without what is worked out or only says the same."""
    if kind == "payment":
        return sorted(
            ({"invoice": str(one["invoice"]), "amount": plain(one["amount"])} for one in lines),
            key=lambda one: one["invoice"],
        )
    return [
        {"item": str(one.get("item") or ""), "qty": plain(one.get("qty") or "1"), "net": plain(one.get("net") or "0"),
         "tax": str(one.get("tax") or "")}
        for one in lines
    ]  # fmt: skip


def plain(figure: Any) -> str:
    """A figure as the same text however it was written: "2.00" and 2 are "2"."""
    number = exact(figure if isinstance(figure, str | int | Decimal) else str(figure))
    return f"{number.normalize():f}" if number else "0"


def open_amount(total: str, paid: Iterable[str], currency: str) -> str:
    """What of a total is not paid yet."""
    left = minor(exact(total), currency) - sum(minor(exact(one), currency) for one in paid)
    return f"{major(left, currency):f}"


def view(kind: str, fields: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A record as both sides are compared by."""
    found: dict[str, Any] = {}
    for name in MERGED[kind]:
        if name == "lines":
            found[name] = view_of_lines(kind, lines)
            continue
        value = fields.get(name, "")
        amount = name in FIELDS[kind] and FIELDS[kind][name].sort == "amount" and value not in ("", None)
        found[name] = plain(value) if amount else value
    return found
