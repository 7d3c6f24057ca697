"""What may stand in a message to QuickBooks Desktop. Pure.

A name is never cut and never changed: what QuickBooks cannot hold is refused, with the reason. A memo is for people: it
may lose letters, and says so. Limits are in characters. Invalid names the field.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

from pos.errors import Invalid
from pos.rules.money import digits_of
from pos.said import nsaid, said

REF_MAX, MEMO_MAX, SET_ID_MAX, REQUEST_ID_MAX, ID_MAX = 11, 4095, 23, 50, 36
#: Digits before and behind the point.
QUANTITY_WHOLE, QUANTITY_PLACES, AMOUNT_WHOLE = 10, 5, 13
#: What a cut memo ends with.
CUT = "..."
#: How letters Latin-1 does not have are written in a memo.
_WRITTEN = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "‹": "<", "›": ">",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "…": "...", "•": "*",
    "€": "EUR", "™": "(TM)", "℠": "(SM)", "№": "No.", "→": "->", "←": "<-", "Œ": "OE", "œ": "oe", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ı": "i", "ẞ": "SS", "\u2028": " ", "\u2029": " ", "\u200b": None, "\u200c": None,
    "\u200d": None, "\u2060": None, "\ufeff": None, "\ufe0f": None,
})  # fmt: skip
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_GUID = re.compile(r"\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}\Z")
_LETTERS = re.compile(r"[0-9A-Za-z]+\Z")
_VISIBLE = re.compile(r"[!-~]+\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d)?\Z")


def name(value: object, most: int, field: str, *, colon: bool = True) -> str:
    """A name as it stands. colon: whether it may hold one; in a full name it parts the levels."""
    if not isinstance(value, str) or not value:
        raise Invalid(said("A name is missing."), field=field)
    if value != value.strip():
        raise Invalid(said("{name} begins or ends with a blank; QuickBooks drops it.", name=repr(value)), field=field)
    _latin(value, field)
    if not colon and ":" in value:
        raise Invalid(said("{name} has a colon; QuickBooks keeps it for levels.", name=value), field=field)
    if len(value) > most:
        words = said("{name} has {count} letters; QuickBooks takes {max}.", name=value, count=len(value), max=most)
        raise Invalid(words, field=field)
    return value


def _latin(value: str, field: str) -> None:
    for letter in value:
        if _control(letter):
            shown = f"U+{ord(letter):04X}"
            words = said("{name} has a character nobody sees ({shown}).", name=repr(value), shown=shown)
            raise Invalid(words, field=field)
        if ord(letter) > 0xFF:
            words = said("{name} has {letter}, which QuickBooks does not know.", name=value, letter=letter)
            raise Invalid(words, field=field)


def _control(letter: str) -> bool:
    return ord(letter) < 0x20 or 0x7F <= ord(letter) <= 0x9F


def memo(value: str, most: int = MEMO_MAX, *, tail: str = "") -> tuple[str, list[str]]:
    """A text for people, and what was changed in it, in words. tail: stands at its end whatever is cut before it."""
    notes: list[str] = []
    written = unicodedata.normalize("NFC", value).translate(_WRITTEN)
    text = "".join(_letter(letter) for letter in written)
    text = " ".join(text.split())
    lost = [letter for letter in dict.fromkeys(value) if ord(letter) > 0xFF]
    if lost:
        notes.append(said("Written otherwise for QuickBooks: {letters}", letters=" ".join(lost[:20])))
    if any(_control(letter) and not letter.isspace() for letter in value):
        notes.append(said("Characters nobody sees were left out."))
    room = most - (len(tail) + 1 if tail else 0)
    if room < len(CUT):
        raise Invalid(said("There is no room for the text."), field="memo")
    if len(text) > room:
        gone = len(text) - room + len(CUT)
        notes.append(nsaid("{n} letter is cut off.", "{n} letters are cut off.", gone))
        text = text[: room - len(CUT)] + CUT
    return (f"{text} {tail}" if text and tail else text or tail), notes


def _letter(letter: str) -> str:
    if _control(letter):
        return " " if letter.isspace() else ""
    if ord(letter) <= 0xFF:
        return letter
    parts = [part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)]
    if parts and all(ord(part) <= 0xFF and not _control(part) for part in parts):
        return "".join(parts)
    return "" if unicodedata.combining(letter) else "?"


# -- numbers -----------------------------------------------------------------------------------------------------------


def _decimal(value: object, field: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or value == "":
        raise Invalid(said("A number is missing."), field=field)
    try:
        found = Decimal(value) if not isinstance(value, str) or _PLAIN.match(value) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise Invalid(said("{value} is no number QuickBooks reads.", value=str(value)[:40]), field=field)
    return found


def number(value: object, field: str, *, whole: int = QUANTITY_WHOLE, places: int = QUANTITY_PLACES) -> str:
    """A quantity, price or percentage in fixed notation, without zeros at its end. Never rounded."""
    found = _decimal(value, field)
    text = f"{found:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = text.lstrip("+")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    before, _, behind = digits.partition(".")
    before = before.lstrip("0") or "0"
    if len(behind) > places:
        words = said("{value} has {count} decimals; QuickBooks takes {max}.", value=text, count=len(behind), max=places)
        raise Invalid(words, field=field)
    if len(before) > whole:
        raise Invalid(said("{value} is too large for QuickBooks.", value=text), field=field)
    text = f"{before}.{behind}" if behind else before
    return text if text == "0" else sign + text


def quantity(value: object, field: str, *, least: str = "") -> str:
    """A quantity. least: "positive" more than nothing, "change" not nothing, "level" nothing or more, "" any."""
    text = number(value, field)
    if least == "positive" and (text.startswith("-") or text == "0"):
        raise Invalid(said("A quantity must be more than nothing."), field=field)
    if least == "change" and text == "0":
        raise Invalid(said("A change of nothing is no change."), field=field)
    if least == "level" and text.startswith("-"):
        raise Invalid(said("A level cannot be below nothing."), field=field)
    return text


def amount(value: object, field: str) -> str:
    """An amount of money with its two decimals: "12.30"."""
    text = number(value, field, whole=AMOUNT_WHOLE, places=2)
    before, _, behind = text.partition(".")
    return f"{before}.{behind.ljust(2, '0')}"


def money(minor: int, currency: str, field: str) -> str:
    """An amount in minor units. Refused where the currency has no two decimals: QuickBooks writes every one so."""
    if digits_of(currency) != 2:
        raise Invalid(
            said("QuickBooks Desktop writes amounts with two decimals; {currency} has {digits}.",
                 currency=currency, digits=digits_of(currency)), field=field,
        )  # fmt: skip
    sign, units = "-" if minor < 0 else "", abs(minor)
    return amount(f"{sign}{units // 100}.{units % 100:02d}", field)


# -- dates and ids -----------------------------------------------------------------------------------------------------


def day(value: object, field: str = "date") -> str:
    """A date, as 2026-11-22 and no otherwise."""
    try:
        if not isinstance(value, str) or not _DAY.match(value):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        raise Invalid(said("{value} is no date.", value=str(value)[:40]), field=field) from None
    return value


def moment(value: object, field: str) -> str:
    """A moment as QuickBooks writes it: 2026-11-22T08:30:00, with or without +00:00 behind; no fractions, no Z."""
    if not isinstance(value, str) or not _MOMENT.match(value):
        raise Invalid(said("{value} is no moment QuickBooks reads.", value=str(value)[:40]), field=field)
    return value


def guid(value: object, field: str = "guid") -> str:
    if not isinstance(value, str) or not _GUID.match(value):
        raise Invalid(said("{value} is no GUID in braces.", value=str(value)[:60]), field=field)
    return value


def ref_number(value: object, field: str = "ref") -> str:
    """The number of a document: whole, or refused."""
    return _word(value, REF_MAX, field, _VISIBLE)


def set_id(value: object, field: str = "set_id") -> str:
    found = _word(value, SET_ID_MAX, field, _LETTERS)
    if found.lower() == "clearallmessagesets":
        raise Invalid(said("This would make QuickBooks forget what it booked."), field=field)
    return found


def request_id(value: object, field: str = "request_id") -> str:
    return _word(value, REQUEST_ID_MAX, field, _VISIBLE)


def list_id(value: object, field: str) -> str:
    """An id QuickBooks gave: handed back as it came."""
    return _word(value, ID_MAX, field, _VISIBLE)


def _word(value: object, most: int, field: str, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.match(value) or len(value) > most:
        raise Invalid(said("{value} cannot be a number there.", value=repr(value)[:80]), field=field)
    return value
