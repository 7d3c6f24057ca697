"""The receipt file: one document as exact JSON bytes and its hash.

Nobody else reads or writes the JSON of a receipt. No number passes through a float in either direction.
`rules.ledger` says which rows follow from a document, and what its file is called.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn

import msgspec

from pos.errors import Corrupt
from pos.rules.ledger import Rows, parts, path_of, rows
from pos.rules.money import digits_of, figure

__all__ = ["GENESIS", "SCHEMA", "Rows", "decode", "encode", "parts", "restored", "rows", "stamp", "verify"]

SCHEMA = "tillkeep.receipt/1"
#: What the first document of a till names as the one before it.
GENESIS = "0" * 64
BODY_BYTES_MAX = 4 << 20

#: Order of the keys in the file. Keys not listed here stand before `prev_hash`, in the order given.
KEYS = (
    "schema", "kind", "id", "invoice_name", "till", "store", "series", "sequence", "created_at", "business_day",
    "session", "cashier", "mode", "customer", "currency", "price_list", "prices_include_tax", "items", "discount",
    "taxes", "subtotal", "tax_total", "rounding", "total", "payments", "tender", "cash_given", "change", "vouchers",
    "correction", "cash", "tax_rule", "rounding_method", "rules_version", "flags", "note", "approved", "void",
    "voucher", "taken_in", "recovered", "z", "record", "blanked",
)  # fmt: skip
LAST_KEYS = ("prev_hash", "hash")

#: Which numbers are money (the currency's digits), quantities (three digits) or free exact figures.
_MONEY, _QTY, _PRICE, _FREE = "money", "quantity", "price", "figure"
_TOP = {k: _MONEY for k in ("subtotal", "tax_total", "rounding", "total", "cash_given", "change")}
_ITEM = {k: _MONEY for k in ("sale_discount", "net", "tax_amount", "amount")}
_ITEM |= {"qty": _QTY, "list_price": _PRICE, "price": _PRICE, "rate": _PRICE, "tax_rate": _FREE}
_TAX = {"net": _MONEY, "tax": _MONEY, "gross": _MONEY, "rate": _FREE}
_PAYMENT = {"amount": _MONEY, "change": _MONEY}
_VOUCHER = {"amount": _MONEY, "balance": _MONEY, "exposure": _MONEY}
_DISCOUNT = {"amount": _MONEY, "value": _FREE}
_CASH = {k: _MONEY for k in ("amount", "float", "value")}
#: The figures of a Z, wherever in its block they stand.
_Z = {
    k: _MONEY
    for k in (
        "amount", "discount", "net", "tax", "gross", "rounding", "total", "lines_amount", "sales", "returns", "sale",
        "refund", "float", "given", "change", "refunds", "paid_in", "paid_out", "drops", "expected", "counted",
        "difference", "variance", "value", "exposure",
    )
} | {"rate": _FREE, "qty": _QTY, "items": _QTY}  # fmt: skip
#: Keys of a Z that hold money wherever a figure stands under them.
Z_MONEY = frozenset(key for key, kind in _Z.items() if kind == _MONEY)
_INSIDE: dict[str, dict[str, str]] = {
    "items": _ITEM,
    "taxes": _TAX,
    "payments": _PAYMENT,
    "vouchers": _VOUCHER,
    "discount": _DISCOUNT,
    "cash": _CASH,
    "z": _Z,
}
#: Blocks whose figures stand at any depth.
_DEEP = frozenset({"cash", "z"})

_TAIL = re.compile(rb'"hash":[ \t\r\n]*"([0-9a-f]{64})"[ \t\r\n]*\}[ \t\r\n]*\Z')
_KEY_IN_TEXT = re.compile(rb'"[ \t\r\n]*:')
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\Z")
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_encoder = msgspec.json.Encoder(decimal_format="number")
_KEY_BYTES = {key: _encoder.encode(key) + b": " for key in (*KEYS, *LAST_KEYS)}
_UNITS = [Decimal(1).scaleb(-places) for places in range(5)]
#: Types whose values stand in the file as they are.
_SAFE = {str, int, bool, type(None)}


_decoder = msgspec.json.Decoder(float_hook=figure)


# -- writing ---------------------------------------------------------------------------------------------------------


def encode(doc: Mapping[str, Any]) -> bytes:
    """The file's bytes: one top-level key a line, lists of objects one element a line, `hash` last when it is there.

    Money gets exactly the currency's digits, quantities three. Raises ValueError when a figure has more (nothing is
    rounded here) and TypeError for a float, or for a whole number where money is meant.
    """
    ordered = _ordered(doc)
    digest = ordered.pop("hash", None)
    head = _head(ordered)
    return _closed(head, digest) if digest is not None else head[:-2] + b"\n}\n"


def stamp(doc: Mapping[str, Any], **numbers: Any) -> tuple[dict[str, Any], bytes]:
    """The document with its numbers and its hash, and the file's bytes. `numbers` must hold prev_hash."""
    assert "prev_hash" in numbers
    ordered = _ordered({**doc, **numbers})
    ordered.pop("hash", None)
    head = _head(ordered)
    digest = hashlib.sha256(head).hexdigest()
    ordered["hash"] = digest
    return ordered, _closed(head, digest)


def _ordered(doc: Mapping[str, Any]) -> dict[str, Any]:
    ordered = {k: doc[k] for k in KEYS if k in doc}
    ordered.update((k, v) for k, v in doc.items() if k not in ordered and k not in LAST_KEYS)
    ordered.update((k, doc[k]) for k in LAST_KEYS if k in doc)
    return ordered


def _head(ordered: Mapping[str, Any]) -> bytes:
    digits = digits_of(ordered.get("currency") or "")
    out = [b"{\n"]
    for key, value in ordered.items():
        out.append(_KEY_BYTES.get(key) or _json(key) + b": ")
        out.append(_json(value) if type(value) is str and key not in _TOP else _value(key, value, digits))
        out.append(b",\n")
    return b"".join(out)


def _closed(head: bytes, digest: str) -> bytes:
    return head + b'"hash": "' + digest.encode("ascii") + b'"\n}\n'


def _value(key: str, value: Any, digits: int) -> bytes:
    figures = _INSIDE.get(key, {})
    if key in _DEEP and isinstance(value, dict):
        return _block({k: _deep(v, k, figures, digits) for k, v in value.items()})
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return b"[\n " + b",\n ".join(_json(_figures(v, figures, digits, key)) for v in value) + b"\n]"
    if isinstance(value, dict):
        return _json(_figures(value, figures, digits, key))
    if key in _TOP:
        return _json(_figure(value, _TOP[key], digits, key))
    return _json(_plain(value, key))


def _block(rows: Mapping[str, Any]) -> bytes:
    """One key a line, so that a person finds a figure of a Z in its file."""
    return b"{\n " + b",\n ".join(_json(k) + b": " + _json(v) for k, v in rows.items()) + b"\n}"


def _deep(value: Any, key: str, figures: Mapping[str, str], digits: int) -> Any:
    if isinstance(value, dict):
        return {k: _deep(v, k, figures, digits) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_deep(v, "", figures, digits) for v in value]
    return _figure(value, figures[key], digits, key) if key in figures else _plain(value, key)


def _json(value: Any) -> bytes:
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise ValueError("text with half a character cannot be written") from error


def _figures(row: Mapping[str, Any], kinds: Mapping[str, str], digits: int, where: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in row.items():
        if key in kinds:
            out[key] = _figure(value, kinds[key], digits, key)
        elif type(value) in _SAFE:
            out[key] = value
        elif key == "discount" and isinstance(value, dict):
            out[key] = _figures(value, _DISCOUNT, digits, f"{where}.discount")
        else:
            out[key] = _plain(value, f"{where}.{key}")
    return out


def _figure(value: Any, kind: str, digits: int, where: str) -> Decimal | None:
    if value is None:
        return None
    if type(value) is not Decimal:
        raise TypeError(f"{where} must be a Decimal, not {type(value).__name__}")
    if kind is _FREE:
        return _exact(value, 0)
    places = 3 if kind is _QTY else digits
    if value and value.same_quantum(_UNITS[places]) and value.adjusted() <= 18:
        return value
    if kind is _PRICE:
        return _exact(value, places)
    scaled = _finite(value, where).scaleb(places)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{where} is {value}: more than {places} decimals")
    return Decimal(whole).scaleb(-places)


@lru_cache(maxsize=4096)
def _exact(value: Decimal, places: int) -> Decimal:
    """The same value in plain notation with at least `places` decimals and no further zeros behind them."""
    number = _finite(value, "figure").normalize()
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    wanted = min(exponent, -places)
    return Decimal(int(number.scaleb(-wanted))).scaleb(wanted)


def _finite(value: Decimal, where: str) -> Decimal:
    if not value.is_finite() or value.adjusted() > 18:
        raise ValueError(f"{where} is {value}, which is no figure for a receipt")
    return value


def _plain(value: Any, where: str) -> Any:
    """Any further value, with floats refused at every depth and Decimals in plain notation."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return _exact(value, 0)
    if isinstance(value, dict):
        return {k: _plain(v, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, where) for v in value]
    raise TypeError(f"{where} is a {type(value).__name__}; a receipt holds text, whole numbers and Decimals")


# -- reading ---------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> dict[str, Any]:
    """The document in these bytes, numbers as exact Decimals. Corrupt for anything that is not one clean JSON object:
    a key twice in one object, NaN, something behind the end, text that is not UTF-8."""
    value = _parsed(body)
    _read_figures(value, _TOP)
    for key, figures in _INSIDE.items():
        inside = value.get(key)
        if key in _DEEP:
            _read_deep(inside, figures)
            continue
        for row in inside if isinstance(inside, list) else (inside,):
            if isinstance(row, dict):
                _read_figures(row, figures)
    return value


def _read_deep(value: Any, figures: Mapping[str, str]) -> None:
    if isinstance(value, dict):
        _read_figures(value, figures)
    if isinstance(value, dict | list):
        for inside in value.values() if isinstance(value, dict) else value:
            _read_deep(inside, figures)


def _parsed(body: bytes) -> dict[str, Any]:
    if len(body) > BODY_BYTES_MAX:
        raise Corrupt(f"it is {len(body)} bytes long; no receipt is that large")
    try:
        value = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError, ValueError) as error:
        raise Corrupt(_why_unreadable(body, error)) from error
    if not isinstance(value, dict):
        raise Corrupt("it holds no JSON object")
    # msgspec keeps the last of two equal keys. Every key stands in the text as `"` and `:`, so when the text has just
    # as many of these as the parsed value has keys, none was given twice; otherwise the slow strict parser decides.
    if len(_KEY_IN_TEXT.findall(body)) != _keys(value):
        _strict(body)
    return value


def _why_unreadable(body: bytes, error: Exception) -> str:
    if not body.strip(b"\0 \t\r\n"):
        return "the file is empty: it was cut off before it was written"
    return f"it is not whole JSON ({error})"


def _keys(value: Any) -> int:
    count, left = 0, [value]
    while left:
        one = left.pop()
        if type(one) is dict:
            count += len(one)
            left.extend([v for v in one.values() if type(v) is dict or type(v) is list])
        else:
            left.extend([v for v in one if type(v) is dict or type(v) is list])
    return count


def _strict(body: bytes) -> None:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(items)
        if len(seen) != len(items):
            names = [k for k, _ in items]
            twice = next(k for k in names if names.count(k) > 1)
            raise Corrupt(f"the key {twice!r} stands twice in one object")
        return seen

    def constant(text: str) -> NoReturn:
        raise Corrupt(f"{text} is not a number")

    try:
        json.loads(body, object_pairs_hook=pairs, parse_float=Decimal, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise Corrupt(_why_unreadable(body, error)) from error


def _read_figures(row: dict[str, Any], kinds: Mapping[str, str]) -> None:
    for key in kinds:
        if type(row.get(key)) is int:
            row[key] = Decimal(row[key])
            if row[key].adjusted() > 18:
                raise Corrupt(f"{key} is no figure for a receipt")
    if isinstance(row.get("discount"), dict):
        _read_figures(row["discount"], _DISCOUNT)


def verify(body: bytes) -> dict[str, Any]:
    """The receipt in these bytes, proven whole: it is JSON, of a known schema, its hash fits, its names are its own.

    Raises Corrupt with words for a person. The arithmetic is `receipt.check`'s part.
    """
    doc = decode(body)
    schema = doc.get("schema")
    if schema != SCHEMA:
        raise Corrupt(f"its schema is {schema!r}; this program reads {SCHEMA}")
    at = body.rfind(b'"hash":')
    tail = _TAIL.match(body, at) if at >= 0 else None
    if tail is None or body[:at].rstrip()[-1:] != b",":
        raise Corrupt("it does not end with its hash")
    if hashlib.sha256(body[:at]).hexdigest().encode("ascii") != tail[1]:
        raise Corrupt("its hash does not fit its content: it was changed after it was written")
    _shape(doc)
    return doc


def restored(body: bytes) -> bytes:
    """The file's own bytes behind a receipt whose white space was lost on the way (curl -d drops line ends).

    Content is not touched: the bytes written afresh must carry the very hash the receipt names, else they come back
    unchanged and `verify` will refuse them.
    """
    doc = decode(body)
    try:
        again = encode(doc)
    except (TypeError, ValueError, AttributeError):
        return body  # a field is not of its kind; what is wrong with it is for `verify` to say
    at = again.rfind(b'"hash":')
    fits = at >= 0 and hashlib.sha256(again[:at]).hexdigest() == doc.get("hash")
    return again if fits else body


_TEXTS = (
    "kind", "id", "invoice_name", "till", "store", "series", "created_at", "business_day", "session", "mode",
    "customer", "currency", "tender", "prev_hash", "hash",
)  # fmt: skip


def _shape(doc: Mapping[str, Any]) -> None:
    """What must hold before any field of a receipt from outside is used as a name, a key or a number."""
    for key in _TEXTS:
        if not isinstance(doc.get(key), str):
            raise Corrupt(f"{key} is missing or is not text")
    if type(doc.get("sequence")) is not int or not 0 < doc["sequence"] < 10**12:
        raise Corrupt("sequence is not a whole number above 0")
    for key in _TOP:
        if type(doc.get(key)) is not Decimal:
            raise Corrupt(f"{key} is missing or is not a number")
    for key in ("items", "taxes", "payments"):
        rows = doc.get(key)
        if not isinstance(rows, list) or any(not isinstance(r, dict) for r in rows):
            raise Corrupt(f"{key} is not a list of objects")
    cashier = doc.get("cashier")
    if not isinstance(cashier, dict) or not isinstance(cashier.get("code"), str):
        raise Corrupt("cashier has no code")
    if not _ID.match(doc["id"]):
        raise Corrupt("id is not made of letters, digits and dashes")
    if not _HEX.match(doc["prev_hash"]):
        raise Corrupt("prev_hash is not a hash")
    _moment(doc["created_at"])
    path_of(doc)


def _moment(text: str) -> None:
    try:
        zone = datetime.fromisoformat(text).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise Corrupt("created_at is no moment with its offset from UTC")
