"""What follows from a document alone: its file's name, the parts the books get, and every row of the ledger tables.

`rows()` is used by the commit and by `rebuild`, so a database made from the files is equal by construction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from pos.errors import Corrupt
from pos.rules import record, voucher_doc
from pos.rules.money import digits_of

#: Columns of the rows, in the order of the tuples below.
DOCUMENT = (
    "id", "kind", "till", "store", "series", "sequence", "number", "path", "created_at", "business_day", "session",
    "cashier", "customer", "currency", "total", "tax", "hash", "prev_hash", "body",
)  # fmt: skip
LINE = (
    "document", "line", "position", "item_code", "item_name", "item_group", "qty", "list_price", "amount", "net",
    "tax", "tax_code", "discount", "against_document", "against_line", "tax_rate", "brand", "voucher",
)  # fmt: skip
TENDER = ("document", "position", "kind", "mode", "amount", "change", "reference")
MOVEMENT = ("document", "position", "item_code", "warehouse", "qty")
VOUCHER = ("id", "code", "act", "amount", "at", "expires", "till", "document", "position", "exposure")
SESSION = (
    "id", "till", "number", "opened_at", "opened_by", "business_day", "closed_at", "open", "first_sequence",
    "last_sequence", "z_number", "z_document", "counted",
)  # fmt: skip
#: What a Z changes in its session's row; the row's id comes last.
CLOSING = ("closed_at", "last_sequence", "z_number", "z_document", "counted")

_NUMBER_NAME = re.compile(r"[A-Za-z0-9]{1,8}-[0-9]{6,12}\Z")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_SESSION_ID = re.compile(r"[A-Za-z0-9]{1,8}-S([0-9]{6,12})\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
#: Names Windows keeps for devices: never a file name.
_DEVICE_NAMES = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}


#: Before the key of a document in the books: the id of its recovered copy.
RECOVERED = "recovered:"


def original_key(key: str) -> str:
    """The id of the document a key in the books stands for: the return half of an exchange has "-R" behind it."""
    return key.removesuffix("-R")


class Rows(NamedTuple):
    """Everything the tables hold of one document, as plain tuples in the order of the column lists above.

    session: what the session's row says when this is its first document; None for a document outside sessions.
    closing: what a Z makes of that row (CLOSING, then the session's id); None for every other kind. late: sessions of
    the documents a Z names that came in after their own Z, one each. blankings, lost: what a record says.
    """

    document: tuple[Any, ...]
    lines: list[tuple[Any, ...]]
    tenders: list[tuple[Any, ...]]
    movements: list[tuple[Any, ...]]
    session: tuple[Any, ...] | None
    closing: tuple[Any, ...] | None = None
    late: tuple[str, ...] = ()
    vouchers: tuple[tuple[Any, ...], ...] = ()
    blankings: tuple[record.Blanking, ...] = ()
    lost: record.Lost | None = None


def number_of(till: str, sequence: int) -> str:
    """The receipt number people see: T1-000123."""
    return f"{till}-{sequence:06d}"


def session_id(till: str, number: int) -> str:
    """T1-S000004."""
    return f"{till}-S{number:06d}"


def path_of(doc: Mapping[str, Any]) -> str:
    """Where the file lies below invoices/. Names from outside are used only when they match a strict pattern.

    A receipt of a till's series is named by its number. An imported one keeps its name when that is harmless and can
    be mistaken for no till's number; else its name is made of its place in the imported series. A recovered one is
    named by its place and the number it had.
    """
    day = doc["business_day"]
    try:
        if not _DAY.match(day):
            raise ValueError
        date.fromisoformat(day)
    except ValueError:
        raise Corrupt(f"business_day {day!r} is no date") from None
    name = doc["invoice_name"]
    if doc["series"] == "till":
        if not _NUMBER_NAME.match(name) or name != number_of(doc["till"], doc["sequence"]):
            raise Corrupt(f"invoice_name {name[:40]!r} is not the number of its till and sequence")
        return f"{day}/{name}.json"
    if doc["series"] == "recovered" and _NUMBER_NAME.match(name):
        return f"{day}/recovered-{doc['sequence']:06d}-{name}.json"
    if doc["series"] != "imported":
        raise Corrupt(f"series {doc['series'][:40]!r} is not known, or invoice_name is no number of a till")
    if not _SAFE_NAME.match(name) or name.casefold() in _DEVICE_NAMES or _NUMBER_NAME.match(name):
        name = "document"
    return f"{day}/imported-{doc['sequence']:06d}-{name}.json"


def chain_hash(doc: Mapping[str, Any]) -> str:
    """What the next document of the chain carries of this one: its hash, and of a blanked one that of the original."""
    blanked = doc.get("blanked")
    return str(blanked["hash"] if blanked else doc["hash"])


def parts(doc: Mapping[str, Any]) -> tuple[str, ...]:
    """The documents the books get from this one: ("sale",), ("return",), or both for an exchange; ("cash",) for cash
    put in or taken out and for a Z whose drawer was over or short; none for others: a float stays in the drawer, a
    no-sale moves nothing."""
    if doc["kind"] in ("paid_in", "paid_out", "drop"):
        return ("cash",) if doc["total"] else ()
    if doc["kind"] == "z":
        return ("cash",) if variance(doc) else ()
    if doc["kind"] not in ("sale", "return", "void"):
        return ()
    signs = {r["qty"] > 0 for r in doc["items"] if r["qty"]}
    if len(signs) == 2:
        return ("sale", "return")
    if not signs:
        return (doc["kind"],)
    return ("sale",) if True in signs else ("return",)


def variance(doc: Mapping[str, Any]) -> Decimal:
    """What the counted drawer of a Z held more (or less, below nothing) than was expected."""
    count = (doc.get("z") or {}).get("count") or {}
    found: Decimal = count.get("variance", Decimal(0))
    return found


def after(doc: Mapping[str, Any]) -> list[str]:
    """Ids of the documents that lines of this one give back, in the order of the lines, each once."""
    ids = [r["return_against"]["id"] for r in doc["items"] if r.get("return_against")]
    return list(dict.fromkeys(i for i in ids if i and i != doc["id"]))


def rows(doc: Mapping[str, Any], body: bytes) -> Rows:
    """Every row of a stamped document whose file holds `body`. Corrupt when a figure or a field is not what the
    receipt contract says."""
    try:
        return _rows(doc, body)
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise Corrupt(f"a field is missing or wrong: {error}") from error


def _rows(doc: Mapping[str, Any], body: bytes) -> Rows:
    key, digits = doc["id"], digits_of(doc["currency"])
    cashier = doc["cashier"]["code"]
    head = (
        key, doc["kind"], doc["till"], doc["store"], doc["series"], doc["sequence"], doc["invoice_name"],
        path_of(doc), doc["created_at"], doc["business_day"], doc["session"], cashier, doc["customer"],
        doc["currency"], _minor(doc["total"], digits), _minor(doc["tax_total"], digits), chain_hash(doc),
        doc["prev_hash"], body.decode("utf-8"),
    )  # fmt: skip
    lines = [_line(key, i, row, digits) for i, row in enumerate(doc["items"], start=1)]
    tenders = [
        (key, i, _text(p["kind"]), _text(p["mode_of_payment"]), _minor(p["amount"], digits),
         _minor(p.get("change"), digits), _text(p.get("reference") or ""))
        for i, p in enumerate(doc["payments"], start=1)
    ]  # fmt: skip
    movements = [
        (key, i, row["item_code"], _text(row.get("warehouse") or ""), -_minor(row["qty"], 3))
        for i, row in enumerate(doc["items"], start=1)
        if row.get("stocked") and row["qty"]
    ]
    closing = _closing(doc)
    late = tuple(str(x["session"]) for x in doc["z"]["late"]) if closing else ()
    vouchers = tuple(voucher_doc.ledger_rows(doc))
    session = _session(doc, cashier)
    said = (record.blankings(doc), record.lost(doc))
    return Rows(head, lines, tenders, movements, session, closing, late, vouchers, *said)


def _line(key: str, position: int, row: Mapping[str, Any], digits: int) -> tuple[Any, ...]:
    against = row.get("return_against") or {}
    discount = _minor((row.get("discount") or {}).get("amount"), digits) + _minor(row.get("sale_discount"), digits)
    return (
        key, _text(row["line"]), position, _text(row["item_code"]), _text(row["item_name"]),
        _text(row.get("item_group") or ""),
        _minor(row["qty"], 3), _shown(row.get("list_price"), digits), _minor(row["amount"], digits),
        _minor(row["net"], digits), _minor(row["tax_amount"], digits), row.get("tax_code") or "", discount,
        _against(row), against.get("line"), _percent(row.get("tax_rate")), row.get("brand") or "",
        1 if row.get("voucher") else 0,
    )  # fmt: skip


def _text(value: Any) -> str:
    """What a table keeps as text is text in the document, too: any other value the engines take each in its own way."""
    if type(value) is not str:
        raise TypeError(f"{value!r:.40} is no text")
    return value


def unknown_key(number: str) -> str:
    """What lines that came back on the receipt number of another till stand under, where a document's id would be."""
    return f"number:{number.strip().upper()}"


def _against(row: Mapping[str, Any]) -> str | None:
    named = (row.get("return_against") or {}).get("id")
    return named or (unknown_key(row["return_of"]) if row.get("return_of") else None)


def _percent(rate: Any) -> str:
    """A tax rate as text without idle noughts, so that equal rates are equal text."""
    return f"{Decimal(rate or 0).normalize():f}"


def _session(doc: Mapping[str, Any], cashier: str) -> tuple[Any, ...] | None:
    name = doc["session"]
    if doc["series"] != "till" or not name:
        return None
    match = _SESSION_ID.match(name)
    if match is None:
        raise Corrupt(f"session {name[:40]!r} is not the name of a session")
    return (
        name, doc["till"], int(match[1]), doc["created_at"], cashier, doc["business_day"], None, 1, doc["sequence"],
        None, None, None, None,
    )  # fmt: skip


def _closing(doc: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if doc["kind"] != "z" or doc["series"] != "till":
        return None
    z = doc["z"]
    if any(type(z[key]) is not int for key in ("number", "last_sequence", "documents")):
        raise Corrupt("a Z has no number, or does not say where it ends")
    return (doc["created_at"], z["last_sequence"], z["number"], doc["id"], z["documents"], z["session"])


def _minor(value: Any, digits: int) -> int:
    if value is None:
        return 0
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is not an exact figure")
    scaled = value.scaleb(digits)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{value} has more than {digits} decimals")
    return whole


def _shown(value: Any, digits: int) -> int:
    """A unit price in minor units. Price lists may hold finer figures than the currency (0.125): cut, for show only."""
    return 0 if value is None else int(value.scaleb(digits))
