"""The drawer of a session: its float, what is put in and taken out, and what must be in it.

Every event is a document of the receipt contract with its cash in `payments`, so one formula holds for all of them:
expected cash = the sum of (amount - change) over all cash tenders of the session. Amounts are minor units, signed: a
float and cash put in are positive, cash taken out is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.errors import BadSettings, Corrupt, Invalid
from pos.rules.basket import TEXT_MAX, UUID, money
from pos.rules.count import Piece, pieces_of, total_of
from pos.rules.documents import SCHEMA
from pos.rules.money import major, minor
from pos.rules.tender import has_card_number
from pos.said import said

RULES_VERSION = "1"
#: Kind -> the sign its cash must have; 0: any (a float correction), None: moves nothing.
SIGNS: dict[str, int | None] = {"float": 0, "paid_in": 1, "paid_out": -1, "drop": -1, "no_sale": None}
KINDS = tuple(SIGNS)
#: Kinds a person enters with an amount and a reason, and the right each asks for.
MOVEMENTS = {"paid_in": "paid_out", "paid_out": "paid_out", "drop": "paid_out", "no_sale": "no_sale"}
REASON_MAX = 80


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a document of the drawer, and what it says of the shop."""

    code: str
    name: str
    currency: str
    cash_mode: str
    price_list: str = ""
    prices_include_tax: bool = True
    tax_rule: str = ""
    rounding: str = ""


# -- documents -------------------------------------------------------------------------------------------------------


def document(kind: str, key: str, amount: int, maker: Maker, **cash: Any) -> dict[str, Any]:
    """The unstamped document of one event of the drawer; `amount` is what it changes in it. cash: reason, note, and for
    a float its size and pieces."""
    assert kind in KINDS
    cur = maker.currency
    doc = blank(kind, key, maker)
    doc["total"] = doc["cash_given"] = major(amount, cur)
    if amount:
        row = {
            "mode_of_payment": maker.cash_mode,
            "kind": "cash",
            "amount": major(amount, cur),
            "change": major(0, cur),
        }
        doc["payments"] = [{**row, "reference": "", "last4": ""}]
        doc["tender"] = "cash"
    doc["cash"] = {"amount": major(amount, cur), "reason": "", "note": "", **cash}
    return doc


def float_document(
    key: str, size: int, maker: Maker, *, before: int | None = None, reason: str = "", note: str = "",
    pieces: Sequence[Piece] = (),
) -> dict[str, Any]:  # fmt: skip
    """A float of `size`; with `before`, the correction of one that said that much."""
    cur = maker.currency
    doc = document(
        "float", key, size - (before or 0), maker, reason=reason, note=note, float=major(size, cur),
        pieces=[{"value": major(p.value, cur), "pieces": p.pieces} for p in pieces],
    )  # fmt: skip
    doc["correction"] = before is not None
    return doc


def blank(kind: str, key: str, maker: Maker) -> dict[str, Any]:
    """An unstamped document of the contract that sells nothing and moves no cash."""
    none = major(0, maker.currency)
    return {
        "schema": SCHEMA,
        "kind": kind,
        "id": key,
        "cashier": {"code": maker.code, "name": maker.name},
        "customer": "",
        "currency": maker.currency,
        "price_list": maker.price_list,
        "prices_include_tax": maker.prices_include_tax,
        "items": [],
        "discount": None,
        "taxes": [],
        "subtotal": none,
        "tax_total": none,
        "rounding": none,
        "total": none,
        "payments": [],
        "tender": "none",
        "cash_given": none,
        "change": none,
        "vouchers": [],
        "tax_rule": maker.tax_rule,
        "rounding_method": maker.rounding,
        "rules_version": RULES_VERSION,
        "flags": [],
        "note": "",
    }


def check(doc: Mapping[str, Any]) -> None:
    """Prove a document of the drawer. Corrupt says the first thing that is wrong; a KeyError names a missing field."""
    cur, kind, cash = doc["currency"], doc["kind"], doc["cash"]
    amount = minor(cash["amount"], cur)
    check_sells_nothing(doc)
    sign = SIGNS[kind]
    if (sign is None and amount) or (sign and amount * sign <= 0):
        raise Corrupt(f"a {kind} cannot amount to {cash['amount']}", field="cash")
    if minor(doc["total"], cur) != amount:
        raise Corrupt("its total is not its cash", field="total")
    paid = [(p["kind"], minor(p["amount"], cur), minor(p["change"], cur)) for p in doc["payments"]]
    if paid != ([("cash", amount, 0)] if amount else []):
        raise Corrupt("its payment is not its cash", field="payments")
    if not isinstance(cash["reason"], str) or (not cash["reason"] and (kind != "float" or doc["correction"])):
        raise Corrupt("it gives no reason", field="cash")
    if kind == "float":
        _check_float(doc, amount)


def _check_float(doc: Mapping[str, Any], amount: int) -> None:
    cur, cash = doc["currency"], doc["cash"]
    size = minor(cash["float"], cur)
    if type(doc["correction"]) is not bool or size < 0 or (not doc["correction"] and size != amount):
        raise Corrupt("a float is what is put into the drawer", field="cash")
    counted = sum(minor(p["value"], cur) * p["pieces"] for p in cash["pieces"])
    if cash["pieces"] and counted != size:
        raise Corrupt("its notes and coins are not the float", field="cash")


def check_moves_nothing(doc: Mapping[str, Any]) -> None:
    """Prove that a document holds no money, whatever it does to vouchers."""
    check_sells_nothing({**doc, "vouchers": []})
    if doc["payments"] or doc["total"] or doc["cash_given"]:
        raise Corrupt(f"a {doc['kind']} moves no money", field="payments")


def check_sells_nothing(doc: Mapping[str, Any]) -> None:
    """Prove that a document that is no sale holds nothing of one."""
    zero = ("subtotal", "tax_total", "rounding", "change")
    if doc["items"] or doc["taxes"] or doc["discount"] or doc["vouchers"]:
        raise Corrupt(f"a {doc['kind']} holds lines, taxes, discounts or vouchers", field="items")
    if any(doc[k] for k in zero):
        raise Corrupt(f"a {doc['kind']} holds figures of a sale", field="subtotal")


def expected_cash(tenders: Iterable[tuple[str, int, int]]) -> int:
    """What must be in the drawer: (kind, amount, change) of every tender of the session, float and movements included.

    The one formula. Change that went back, refunds, cash rounding and what was paid in or out are in it because they
    are tenders themselves.
    """
    return sum(amount - change for kind, amount, change in tenders if kind == "cash")


# -- what was asked for ----------------------------------------------------------------------------------------------


def content(doc: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody must have asked for to get this document; equal contents are the same act."""
    cur, cash = doc["currency"], doc["cash"]
    asked = {"kind": doc["kind"], "reason": cash["reason"], "note": cash["note"]}
    if doc["kind"] == "float":
        pieces = {minor(p["value"], cur): p["pieces"] for p in cash["pieces"]}
        return {**asked, "correction": doc["correction"], "amount": minor(cash["float"], cur), "pieces": pieces}
    return {**asked, "amount": minor(cash["amount"], cur)}


def key_of(raw: Mapping[str, Any]) -> str:
    """The id of the act. Invalid when it is no UUID."""
    key = raw.get("id")
    if not isinstance(key, str) or not UUID.match(key):
        raise Invalid("It needs an id of its own: a UUID in small letters.", field="id")
    return key


def reason_of(raw: Mapping[str, Any], *, needed: bool = True) -> str:
    """Why, in a few words. Invalid without one where it is needed."""
    text = spoken(raw, "reason", REASON_MAX)
    if needed and not text:
        raise Invalid("Say why, in a few words.", code="reason", field="reason")
    return text


def note_of(raw: Mapping[str, Any]) -> str:
    """Anything more a person wants to say."""
    return spoken(raw, "note", TEXT_MAX["note"])


def spoken(raw: Mapping[str, Any], field: str, longest: int) -> str:
    """Free text: of that length at most, writable, no card number in it."""
    value = raw.get(field)
    text = value.strip() if isinstance(value, str) else ""
    if value is not None and not isinstance(value, str):
        raise Invalid("Send text here.", field=field)
    if len(text) > longest:
        raise Invalid(said("At most {longest} characters fit here.", longest=longest), field=field)
    if any((ch < " " and ch not in "\t\n") or "\ud800" <= ch <= "\udfff" for ch in text):
        raise Invalid("This text has characters that cannot be written down.", field=field)
    if has_card_number(text):
        raise Invalid("That is a whole card number; keep only its last four digits.", code="card_number", field=field)
    return text


def amount_of(raw: Mapping[str, Any], currency: str, largest: Decimal, field: str = "amount") -> int:
    """A positive amount; above `largest` it is a typing mistake."""
    amount = money(raw.get(field), field, currency)
    if amount <= 0:
        raise Invalid("Type an amount.", field=field)
    return no_mistake(amount, currency, largest, field)


def size_of(raw: Mapping[str, Any], currency: str, largest: Decimal, field: str) -> int:
    """An amount that may be nothing, never less."""
    amount = money(raw.get(field), field, currency)
    if amount < 0:
        raise Invalid("This cannot be below nothing.", field=field)
    return no_mistake(amount, currency, largest, field)


def no_mistake(amount: int, currency: str, largest: Decimal, field: str) -> int:
    """The amount, unless nobody can have meant it."""
    if amount > minor(largest, currency):
        raise Invalid(
            said("{amount} looks like a typing mistake.", amount=major(amount, currency)),
            code="amount_too_large",
            field=field,
        )
    return amount


def float_of(raw: Mapping[str, Any], currency: str, largest: Decimal) -> tuple[int, tuple[Piece, ...]]:
    """The float of a request and its pieces; both given must agree."""
    pieces = pieces_of(raw.get("denominations"), currency)
    if pieces and raw.get("float") in (None, ""):
        return no_mistake(total_of(pieces), currency, largest, "denominations"), pieces
    size = size_of(raw, currency, largest, "float")
    if pieces and total_of(pieces) != size:
        raise Invalid("The notes and coins do not add up to the float.", field="denominations")
    return size, pieces


# -- limits ------------------------------------------------------------------------------------------------------------


def ceilings(text: str) -> dict[str, Decimal]:
    """[shift] paid_out_max as a table: "cashier:20,supervisor:100". BadSettings names what cannot be read."""
    found: dict[str, Decimal] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        role, colon, amount = (p.strip() for p in part.partition(":"))
        if not colon or not role or not amount.replace(".", "", 1).isdigit() or not amount.isascii():
            raise BadSettings(f"[shift] paid_out_max: {part!r} must be written role:amount, like supervisor:100.")
        found[role] = Decimal(amount)
    return found


def within_ceiling(text: str, role: str, amount: int, currency: str) -> bool:
    """Whether a role pays that much out without a second person."""
    ceiling = ceilings(text).get(role)
    return ceiling is None or major(amount, currency) <= ceiling
