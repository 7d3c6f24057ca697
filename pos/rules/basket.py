"""The basket as the browser sends it: read, checked, and frozen. All figures come as text; a JSON number is refused
where it could have been a float."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pos.errors import Invalid
from pos.rules import voucher
from pos.rules.cart import LINES_MAX, PRICE_SOURCES, Against, LineInput
from pos.rules.money import minor
from pos.rules.price import Discount
from pos.rules.tender import PAYMENTS_MAX, has_card_number
from pos.said import said

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
LINE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?\Z")
#: Longest text accepted, in characters.
TEXT_MAX = {
    "item_code": 140,
    "barcode": 200,
    "note": 500,
    "reason": 140,
    "return_of": 60,
    "customer": 140,
    "mode_of_payment": 140,
    "reference": 140,
    "last4": 4,
    "code": 40,
}


@dataclass(frozen=True, slots=True)
class Tendered:
    """One payment as the browser names it; its kind is looked up by the mode."""

    mode_of_payment: str
    amount: int
    reference: str = ""
    last4: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """A checked request. customer is never empty; total is what the screen showed, None where nothing was shown."""

    id: str
    customer: str
    lines: tuple[LineInput, ...]
    discount: Discount | None
    payments: tuple[Tendered, ...]
    total: int | None


def parse(raw: Mapping[str, Any], *, walk_in: str, currency: str, final: bool) -> Basket:
    """The request as a Basket. `final`: it asks for a sale, so it needs id and total. Invalid names the field."""
    if not isinstance(raw, Mapping):
        raise Invalid("Send the basket as a JSON object.")
    key = _text(raw, "id", "id", 36)
    if (final or key) and not UUID.match(key):
        raise Invalid("A sale needs an id of its own: a UUID in small letters.", field="id")
    shown = raw.get("total")
    if shown in (None, "") and final:
        raise Invalid("Say which total was shown.", field="total")
    return Basket(
        id=key,
        customer=_text(raw, "customer", "customer", TEXT_MAX["customer"]) or walk_in,
        lines=tuple(_line(x, i) for i, x in enumerate(_list(raw, "lines", LINES_MAX))),
        discount=_discount(raw.get("discount"), "discount"),
        payments=tuple(
            payment(x, f"payments.{i}", currency) for i, x in enumerate(_list(raw, "payments", PAYMENTS_MAX))
        ),
        total=None if shown in (None, "") else money(shown, "total", currency),
    )


def money(value: Any, field: str, currency: str) -> int:
    """Minor units of an amount sent as text."""
    try:
        return minor(number(value, field), currency)
    except ValueError:
        raise Invalid(said("{value} has too many decimals.", value=value), field=field) from None


def number(value: Any, field: str) -> Decimal:
    """An exact figure sent as text ("1.500"). Invalid for a JSON number with decimals, an exponent or anything else."""
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or not NUMBER.match(value.strip()):
        raise Invalid("Send a figure as plain text, like 12.50.", field=field)
    try:
        return Decimal(value.strip())
    except InvalidOperation:  # pragma: no cover - the pattern lets nothing else through
        raise Invalid("Send a figure as plain text, like 12.50.", field=field) from None


def _line(raw: Any, index: int) -> LineInput:
    if not isinstance(raw, Mapping):
        raise Invalid("A line is a JSON object.", field=f"lines.{index}")
    line = _text(raw, "line", f"lines.{index}.line", 64)
    if not LINE_ID.match(line):
        raise Invalid("Each line needs an id of its own.", field=f"lines.{index}.line")
    where = f"lines.{line}"
    code = _text(raw, "item_code", f"{where}.item_code", TEXT_MAX["item_code"])
    if not code:
        raise Invalid("A line names an item.", field=f"{where}.item_code")
    source = raw.get("price_source") or "list"
    if source not in PRICE_SOURCES:
        raise Invalid(
            said("price_source is one of: {list}.", list=", ".join(PRICE_SOURCES)), field=f"{where}.price_source"
        )
    given = raw.get("price")
    return LineInput(
        line=line,
        item_code=code,
        qty=number(raw.get("qty"), f"{where}.qty"),
        price=None if given in (None, "") or source == "list" else number(given, f"{where}.price"),
        price_source=source,
        barcode=_text(raw, "barcode", f"{where}.barcode", TEXT_MAX["barcode"]),
        discount=_discount(raw.get("discount"), f"{where}.discount"),
        note=_spoken(raw, "note", f"{where}.note"),
        return_against=_against(raw.get("return_against"), f"{where}.return_against"),
        reason=_spoken(raw, "reason", f"{where}.reason"),
        return_of=_text(raw, "return_of", f"{where}.return_of", TEXT_MAX["return_of"]),
        voucher=_voucher(raw.get("voucher"), f"{where}.voucher"),
    )


def _voucher(raw: Any, where: str) -> str | None:
    """The code of the voucher a line sells; "" where one is to be made."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise Invalid("voucher is a JSON object with a code.", field=where)
    typed = _spoken(raw, "code", f"{where}.code")
    return voucher.code_of(typed, f"{where}.code") if typed else ""


def _discount(raw: Any, where: str) -> Discount | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise Invalid("A discount is a JSON object.", field=where)
    return Discount(
        kind=_text(raw, "kind", f"{where}.kind", 20),
        value=number(raw.get("value"), f"{where}.value"),
        reason=_spoken(raw, "reason", f"{where}.reason"),
    )


def _against(raw: Any, where: str) -> Against | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise Invalid("return_against is a JSON object.", field=where)
    document, line = _text(raw, "id", f"{where}.id", 100), _text(raw, "line", f"{where}.line", 64)
    if not document or not line:
        raise Invalid("Say which receipt and which of its lines comes back.", field=where)
    return Against(document, line)


def payment(raw: Any, where: str, currency: str) -> Tendered:
    """One payment of a request; `where` is how errors name it ("payments.0")."""
    if not isinstance(raw, Mapping):
        raise Invalid("A payment is a JSON object.", field=where)
    mode = _text(raw, "mode_of_payment", f"{where}.mode_of_payment", TEXT_MAX["mode_of_payment"])
    if not mode:
        raise Invalid("A payment names its mode.", field=f"{where}.mode_of_payment")
    return Tendered(
        mode_of_payment=mode,
        amount=money(raw.get("amount"), f"{where}.amount", currency),
        reference=_spoken(raw, "reference", f"{where}.reference"),
        last4=_text(raw, "last4", f"{where}.last4", TEXT_MAX["last4"]),
    )


def _spoken(raw: Mapping[str, Any], key: str, field: str) -> str:
    """Free text by a person: no card number may hide in it."""
    text = _text(raw, key, field, TEXT_MAX[key])
    if has_card_number(text):
        raise Invalid("That is a whole card number; keep only its last four digits.", code="card_number", field=field)
    return text


def _text(raw: Mapping[str, Any], key: str, field: str, longest: int) -> str:
    value = raw.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid("Send text here.", field=field)
    value = value.strip()
    if len(value) > longest:
        raise Invalid(said("At most {longest} characters fit here.", longest=longest), field=field)
    if any(ch < " " and ch not in "\t\n\x1d" for ch in value) or (not value.isascii() and not _writable(value)):
        raise Invalid("This text has characters that cannot be written down.", field=field)
    return value


def _writable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _list(raw: Mapping[str, Any], key: str, longest: int) -> list[Any]:
    value = raw.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Invalid("Send a list here.", field=key)
    if len(value) > longest:
        raise Invalid(said("At most {longest} fit here.", longest=longest), field=key)
    return value
