"""Receipts as documents of the books: each by itself, or one for a business day, a way to pay and a shop. Pure.

A receipt that was paid in several ways is split at its lines: the first way to pay takes lines up to its amount, the
line at the border is shared out, the next goes on from there. So every sum of the documents (total, tax of a rate,
quantity of an item, way to pay) is exactly that of the receipts. Amounts are whole minor units, quantities thousandths;
in every document they are what was sold, or what was given back, without a sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

import msgspec

from pos.errors import Corrupt
from pos.rules import ledger
from pos.rules.money import minor, share_out

#: What a document of the books may be.
SALE, REFUND, INVOICE, CREDIT = "sale", "refund", "invoice", "credit"
KINDS = (SALE, REFUND, INVOICE, CREDIT)
#: The parts of a receipt that are bundled, and the kinds of connections that do so, each with what of a company's
#: settings is kept for it.
PARTS = ("sale", "return")
BUNDLING = {"quickbooks": "quickbooks", "quickbooks_desktop": "desktop"}
#: The item of a line that is the cash rounding of receipts.
ROUNDING = "*rounding"
#: The item of a line that sells a gift voucher or takes one back: money owed, never income.
VOUCHER = "*voucher"
#: The item of the line that takes out again what a gift voucher paid.
PAID = "*paid"
#: The item of the line that makes up for tax the books work out otherwise than the till charged it.
TAX_ROUNDING = "*tax"
#: Ways to pay that no customer chose: the goods that came back paid for it; nothing was to pay.
EXCHANGE, NOTHING = "*exchange", "*none"


@dataclass(frozen=True, slots=True)
class Line:
    """Lines of receipts with the same goods and the same tax. rate: percent as text. net + tax = gross."""

    item: str
    name: str
    group: str
    code: str
    rate: str
    qty: int
    net: int
    tax: int
    gross: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What is summed up in one line."""
        return (self.item, self.code, self.rate)


@dataclass(frozen=True, slots=True)
class Share:
    """What one way to pay paid of one part of a receipt.

    number: its own, for a document by itself. single: it is one, and goes into no day. reference: of the card slip.
    """

    document: str
    part: str
    number: str
    kind: str
    day: str
    shop: str
    tender: str
    customer: str
    currency: str
    single: bool
    reference: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        return sum(line.gross for line in self.lines)


@dataclass(frozen=True, slots=True)
class Group:
    """What the receipts of one document of a day have in common."""

    day: str
    shop: str
    tender: str
    kind: str
    currency: str


@dataclass(frozen=True, slots=True)
class Book:
    """One document as the books are to have it. customer: "" = nobody named. receipts: how many it is made of.

    note: what of several documents of one group it is, or whose receipt it is. was: the digest it had before its
    customer was taken out, "" = nobody was.
    """

    number: str
    kind: str
    day: str
    shop: str
    tender: str
    customer: str
    currency: str
    reference: str
    receipts: int
    note: str
    lines: tuple[Line, ...]
    was: str = ""

    @property
    def total(self) -> int:
        return sum(line.gross for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)


def bundles(connection: str) -> bool:
    """Whether a connection (quickbooks, quickbooks-north, quickbooks_desktop:north) books receipts bundled."""
    return kept_as(connection) != ""


def kept_as(connection: str) -> str:
    """What of its company's settings is kept for a connection that bundles; "" = it does not."""
    return BUNDLING.get(connection.partition("-")[0].partition(":")[0], "")


def encode(book: Book) -> bytes:
    """The document as it is kept."""
    plain = msgspec.to_builtins(book)
    if not book.was:
        del plain["was"]
    return msgspec.json.encode(plain)


def digest(book: Book) -> str:
    """What a document is told by: the same for the same content, and still that when its customer was taken out."""
    return book.was or hashlib.sha256(encode(book)).hexdigest()[:16]


def decode(body: bytes | str) -> Book:
    """The document that was kept. ValueError when it is none."""
    return msgspec.json.decode(body, type=Book)


class _Item(TypedDict):
    item_code: str
    item_name: str
    item_group: NotRequired[str | None]
    qty: Decimal
    tax_code: NotRequired[str | None]
    tax_rate: NotRequired[Decimal | None]
    net: Decimal
    tax_amount: Decimal
    amount: Decimal
    voucher: NotRequired[dict[str, Any] | None]


class _Payment(TypedDict):
    mode_of_payment: str
    kind: str
    amount: Decimal
    change: NotRequired[Decimal | None]
    reference: NotRequired[str | None]


class _Receipt(TypedDict):
    id: str
    kind: str
    invoice_name: str
    created_at: str
    customer: str
    currency: str
    total: Decimal
    rounding: Decimal
    items: list[_Item]
    payments: list[_Payment]


_reader = msgspec.json.Decoder(_Receipt)


def read(body: bytes) -> Mapping[str, Any]:
    """What the books need of a receipt, five times as fast as all of it: of one that was proven when it was kept.
    Corrupt when it is not what it was."""
    try:
        return _reader.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"it is no receipt as it was kept ({error})") from error


# -- one receipt -------------------------------------------------------------------------------------------------------


def shares(
    doc: Mapping[str, Any], part: str, day: str, shop: str, walk_in: Collection[str], *, grain: str = "day"
) -> tuple[Share, ...]:
    """What each way to pay paid of one part of a receipt, in the order of the receipt, cash last.

    grain: "receipt" = each by itself. walk_in: customers that are nobody. ValueError when the payments are not what the
    part comes to.
    """
    sign = -1 if part == "return" else 1
    lines = _lines(doc, part, sign)
    paid = _paid(doc, part, sign, sum(line.gross for line in lines))
    customer = "" if doc["customer"] in walk_in else str(doc["customer"])
    number = str(doc["invoice_name"]) + ("-R" if part == "return" and len(ledger.parts(doc)) > 1 else "")
    found = []
    for (tender, way), mine in zip(paid, _split(lines, [amount for amount in paid.values()]), strict=True):
        kind = _kind(part, way)
        alone = grain == "receipt" or bool(customer) or way == "account" or (way == "card" and part == "return")
        share = Share(
            doc["id"], part, number, kind, day, shop, tender, customer, doc["currency"], alone,
            _reference(doc, tender), tuple(mine),
        )  # fmt: skip
        found.append(share)
    return tuple(found)


def _kind(part: str, way: str) -> str:
    if way == "account":
        return CREDIT if part == "return" else INVOICE
    return REFUND if part == "return" else SALE


def _lines(doc: Mapping[str, Any], part: str, sign: int) -> list[Line]:
    currency = doc["currency"]
    found = []
    for item in doc["items"]:
        if (item["qty"] < 0) != (part == "return"):
            continue
        voucher = item.get("voucher") is not None  # its code is empty on a recovered copy
        found.append(
            Line(
                item=VOUCHER if voucher else str(item["item_code"]),
                name="" if voucher else str(item["item_name"]),
                group="" if voucher else str(item.get("item_group") or ""),
                code="" if voucher else str(item.get("tax_code") or ""),
                rate=f"{Decimal(item.get('tax_rate') or 0).normalize():f}",
                qty=sign * _thousandths(item["qty"]),
                net=sign * minor(item["net"], currency),
                tax=sign * minor(item["tax_amount"], currency),
                gross=sign * minor(item["amount"], currency),
            )
        )
    rounding = sign * minor(doc["rounding"], currency) if part == _holder(doc) else 0
    if rounding:
        found.append(Line(ROUNDING, "", "", "", "0", 1000, rounding, 0, rounding))
    return found


def _thousandths(qty: Decimal) -> int:
    units = qty.scaleb(3)
    if units != int(units):
        raise ValueError(f"{qty} has more than three decimals")
    return int(units)


def _holder(doc: Mapping[str, Any]) -> str:
    """The part that carries the money and the cash rounding."""
    parts = ledger.parts(doc)
    return parts[0] if len(parts) == 1 else str(doc["kind"])


def _paid(doc: Mapping[str, Any], part: str, sign: int, total: int) -> dict[tuple[str, str], int]:
    """(way to pay, its sort) -> what it paid of the part, cash last. The goods that came back pay in an exchange."""
    currency, parts = doc["currency"], ledger.parts(doc)
    paid: dict[tuple[str, str], int] = {}
    for payment in doc["payments"] if part == _holder(doc) else ():
        units = minor(payment["amount"], currency) - minor(payment.get("change") or Decimal(0), currency)
        name = (str(payment["mode_of_payment"]), str(payment["kind"]))
        paid[name] = paid.get(name, 0) + sign * units
    if len(parts) > 1:
        other = "return" if part == "sale" else "sale"
        contra = sum(abs(minor(i["amount"], currency)) for i in doc["items"] if (i["qty"] < 0) == (other == "return"))
        paid[(EXCHANGE, "exchange")] = contra if part == _holder(doc) else total
    paid = {name: units for name, units in paid.items() if units} or {(NOTHING, "none"): 0}
    if sum(paid.values()) != total or (len(paid) > 1 and min(paid.values()) < 0):
        raise ValueError(f"{doc['invoice_name']} comes to {total} but was paid {sum(paid.values())}")
    return dict(sorted(paid.items(), key=lambda one: one[0][1] == "cash"))


def _split(lines: Sequence[Line], amounts: Sequence[int]) -> list[list[Line]]:
    """The lines by way to pay; each way but the last gets just its amount, the last what is left."""
    found: list[list[Line]] = [[] for _ in amounts]
    at, left = 0, list(amounts)
    for whole in lines:
        line = whole
        while at < len(amounts) - 1 and line.gross > left[at]:
            if left[at] > 0:
                first, line = _cut(line, left[at])
                found[at].append(first)
            at += 1
        found[at].append(line)
        left[at] -= line.gross
    return found


def _cut(line: Line, gross: int) -> tuple[Line, Line]:
    """A line as two, the first of this gross; nothing is lost between them."""
    weights = (gross, line.gross - gross)
    tax, qty = share_out(line.tax, weights)[0], share_out(line.qty, weights)[0]
    first = replace(line, qty=qty, net=gross - tax, tax=tax, gross=gross)
    rest = replace(line, qty=line.qty - qty, net=line.net - first.net, tax=line.tax - tax, gross=line.gross - gross)
    return first, rest


def _reference(doc: Mapping[str, Any], tender: str) -> str:
    found = [str(p["reference"]) for p in doc["payments"] if p["mode_of_payment"] == tender and p.get("reference")]
    return ", ".join(dict.fromkeys(found))


# -- documents ---------------------------------------------------------------------------------------------------------


def group_of(share: Share) -> Group:
    """The day document a share belongs to."""
    return Group(share.day, share.shop, share.tender, share.kind, share.currency)


def alone(share: Share, number: str) -> Book:
    """A share as a document by itself."""
    return Book(
        number, share.kind, share.day, share.shop, share.tender, share.customer, share.currency, share.reference, 1,
        share.number, added((), share.lines),
    )  # fmt: skip


def added(sums: Iterable[Line], lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines summed up by goods and tax, in the order of their keys, whatever order they came in."""
    found: dict[tuple[str, str, str], Line] = {line.key: line for line in sums}
    for line in lines:
        old = found.get(line.key)
        found[line.key] = line if old is None else _sum(old, line)
    return tuple(found[key] for key in sorted(found))


def _sum(a: Line, b: Line) -> Line:
    """The name is the first in the alphabet, so that the order of the receipts changes nothing."""
    named = min(a, b, key=lambda line: (line.name, line.group))
    return Line(
        a.item, named.name, named.group, a.code, a.rate, a.qty + b.qty, a.net + b.net, a.tax + b.tax, a.gross + b.gross
    )  # fmt: skip


class Gathered:
    """The sums of one group while its receipts are read one by one; memory grows with goods, not with receipts."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str], list[Any]] = {}
        self.receipts = 0

    def add(self, share: Share) -> None:
        """One more share of the group."""
        self.receipts += 1
        for line in share.lines:
            sums = self._sums.get(line.key)
            if sums is None:
                self._sums[line.key] = [(line.name, line.group), line.qty, line.net, line.tax, line.gross]
                continue
            if (line.name, line.group) < sums[0]:
                sums[0] = (line.name, line.group)
            sums[1] += line.qty
            sums[2] += line.net
            sums[3] += line.tax
            sums[4] += line.gross

    def lines(self) -> tuple[Line, ...]:
        """What they come to."""
        return tuple(
            Line(item, named[0], named[1], code, rate, qty, net, tax, gross)
            for (item, code, rate), (named, qty, net, tax, gross) in sorted(self._sums.items())
        )


def books(group: Group, gathered: Gathered, numbers: Iterable[str], lines_max: int, note: str = "") -> tuple[Book, ...]:
    """The documents of a group: one, or as many as its lines need. numbers: what they are called, in order. note: what
    they are made of, where that is no receipts."""
    lines = gathered.lines()
    bites = [lines[at : at + lines_max] for at in range(0, len(lines), lines_max)]
    return tuple(
        Book(
            number, group.kind, group.day, group.shop, group.tender, "", group.currency, "", gathered.receipts,
            ", ".join(filter(None, (note, f"{place} of {len(bites)}" if len(bites) > 1 else ""))), bite,
        )
        for place, (number, bite) in enumerate(zip(numbers, bites, strict=False), start=1)
    )  # fmt: skip
