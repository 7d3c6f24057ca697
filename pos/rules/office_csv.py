"""Customers and invoices in a CSV file, as records of the office: what its columns mean, row by row. Pure.

Nothing is guessed. A customer of an invoice is found by an id, name or e-mail address that is the same, or by what a
person said it is called here; what is only similar is proposed. An empty cell says nothing. An invoice is whole or
refused.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pos.errors import Invalid
from pos.rules import epos_csv, office
from pos.rules.csv_records import Record
from pos.rules.epos_csv import Form
from pos.rules.money import exact
from pos.said import said

#: What is imported -> the kind of record it becomes.
KINDS = {"customers": "customer", "invoices": "invoice"}
#: kind -> what we call a column -> what files call it, without regard to capitals, spaces and signs.
COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "customer": {
        "id": ("id", "customer id", "customer code", "code", "external id"),
        "name": ("name", "customer name", "display name", "customer full name", "full name", "customer"),
        "given": ("given name", "first name", "given"), "family": ("family name", "last name", "surname", "family"),
        "company": ("company name", "company"), "email": ("email", "email address", "main email"),
        "phone": ("phone", "phone number", "main phone", "telephone"), "mobile": ("mobile", "mobile phone"),
        "line1": ("address line 1", "line 1", "address", "street", "street address"),
        "line2": ("address line 2", "line 2"), "line3": ("address line 3", "line 3"), "city": ("city", "town"),
        "region": ("region", "county", "state", "province"), "postcode": ("postcode", "postal code", "zip", "zip code"),
        "country": ("country",), "note": ("note", "notes"), "quickbooks_id": ("quickbooks id", "qbo id", "qb id"),
    },
    "invoice": {
        "number": ("invoice number", "invoice no", "number", "doc number", "no", "invoice"),
        "date": ("invoice date", "date", "txn date"), "due": ("due date", "due"),
        "customer": ("customer", "customer name", "bill to", "client"),
        "customer_id": ("customer id", "customer alias", "customer code"),
        "email": ("customer email", "email", "email address"), "memo": ("memo", "message", "note"),
        "item": ("item code", "item", "sku"), "name": ("description", "item description"),
        "qty": ("quantity", "qty"), "price": ("unit price", "price", "rate", "item rate"),
        "tax": ("tax code", "vat code", "item tax code"), "total": ("invoice total",),
    },
}  # fmt: skip
REQUIRED: Mapping[str, tuple[str, ...]] = {"customer": ("name",), "invoice": ("number", "date", "price")}
#: An invoice says at least one of these.
WHO = ("customer_id", "customer", "email")
#: What all rows of an invoice say the same, or leave empty.
_HEAD = ("date", "due", *WHO, "memo", "total")
_LINE = ("item", "name", "tax")
DUE_DAYS, DUE_DAYS_MAX = 30, 366
ROWS_MAX = 5_000
PROPOSED_MAX, _ALIKE, _COMPARED = 3, 0.72, 30
LOOKED_MAX = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file says of one record. rows: the lines of the file it stands in. key: its name or number, as written.
    external: the id the file gives. who: an invoice's customer as written, by id, name and address. total: what the
    invoice is to come to, "" = not told. reason: why it is refused, "" = it is not."""

    rows: tuple[int, ...]
    key: str
    external: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    who: tuple[str, ...] = ()
    quickbooks_id: str = ""
    total: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A file: its records, and the columns nobody knows."""

    entries: list[Entry]
    ignored: list[str]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer that is here."""

    id: str
    name: str
    email: str = ""


# -- reading -----------------------------------------------------------------------------------------------------------


def read(kind: str, records: Iterable[Record], form: Form, due_days: int = DUE_DAYS) -> Read:
    """The records in a file, each whole or with the reason it is not. form: how dates and figures are written.
    due_days: an invoice without a due date is due so many days after its own. Invalid when a column is missing."""
    if not 0 <= due_days <= DUE_DAYS_MAX:
        raise Invalid(said("{field} is a whole number from 0 to {most}.", field="due_days", most=DUE_DAYS_MAX),
                      field="due_days")  # fmt: skip
    source = iter(records)
    heading = next(source, None)
    if heading is None:
        raise Invalid(said("The file is empty."), field="file")
    places = _places(kind, heading)
    rows = list(_rows(source, places))
    if len(rows) > ROWS_MAX:
        raise Invalid(said("At most {max} rows are taken at once.", max=ROWS_MAX), field="file")
    entries = _customers(rows) if kind == "customer" else _invoices(rows, form, due_days)
    return Read(entries, [cell for at, cell in enumerate(heading.cells) if cell.strip() and at not in places.values()])


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _places(kind: str, heading: Record) -> dict[str, int]:
    """Where which column stands: the better name wins, the first of two that are the same."""
    known = COLUMNS[kind]
    names = {_plain(alias): (name, rank) for name, all_ in known.items() for rank, alias in enumerate(all_)}
    found: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(heading.cells):
        name, rank = names.get(_plain(cell), ("", 0))
        if name and (name not in found or rank < found[name][0]):
            found[name] = (rank, place)
    missing = [known[name][0] for name in REQUIRED[kind] if name not in found]
    if kind == "invoice" and not set(WHO) & set(found):
        missing.append(known["customer"][0])
    if missing:
        raise Invalid(said("Columns are missing: {names}.", names=", ".join(missing)), field="file")
    return {name: place for name, (_, place) in found.items()}


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]
    problem: str


def _rows(records: Iterator[Record], places: Mapping[str, int]) -> Iterator[_Row]:
    most = max(places.values())
    for record in records:
        if not record.problem and not any(cell.strip() for cell in record.cells):
            continue
        cells = {name: record.cells[at].strip() for name, at in places.items() if at < len(record.cells)}
        problem = record.problem
        if not problem and len(record.cells) <= most:
            problem = epos_csv.cells_differ(len(record.cells), most + 1)
        yield _Row(record.line, cells, problem)


def _customers(rows: Iterable[_Row]) -> list[Entry]:
    found: list[Entry] = []
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        cells = dict(row.cells)
        external, remote = cells.pop("id", ""), cells.pop("quickbooks_id", "")
        key, fields = cells.get("name", ""), {name: value for name, value in cells.items() if value}
        reason = row.problem or _faulty_customer(fields, external, remote)
        marks = [("name", folded(key)), ("id", external), ("quickbooks_id", remote)]
        for column, value in marks:
            if value and not reason and (column, value) in seen:
                reason = said("Its {column} stands in row {row} already.", column=column, row=seen[column, value])
        if not reason:
            seen |= {(column, value): row.line for column, value in marks if value}
        found.append(Entry((row.line,), key, external, fields, quickbooks_id=remote, reason=reason))
    return found


def _faulty_customer(fields: Mapping[str, Any], external: str, remote: str) -> str:
    try:
        office.cleaned("customer", fields, {})
        if external:
            office.clean_id(external)
    except Invalid as error:
        return error.message
    if remote and not (remote.isascii() and remote.isdigit() and len(remote) <= 20):
        return said("{text} is no id of QuickBooks.", text=remote[:40])
    return ""


# -- invoices ----------------------------------------------------------------------------------------------------------


def _invoices(rows: Sequence[_Row], form: Form, due_days: int) -> list[Entry]:
    groups: dict[str, list[_Row]] = {}
    stray = list[_Row]()
    for row in rows:
        lost = row.problem or not row.cells.get("number")
        (stray if lost else groups.setdefault(row.cells["number"], [])).append(row)
    found = [
        Entry((row.line,), row.cells.get("number", ""), reason=row.problem or said("It has no invoice number."))
        for row in stray
    ]
    for number, own in groups.items():
        entry = _invoice(number, own, form, due_days)
        if stray and not entry.reason:  # it may be a line of this one: half an invoice is none
            words = said("Row {row} may belong to it and cannot be read: put that right first.", row=stray[0].line)
            entry = Entry(entry.rows, number, reason=words)
        found.append(entry)
    return sorted(found, key=lambda one: one.rows)


def _invoice(number: str, rows: Sequence[_Row], form: Form, due_days: int) -> Entry:
    lines = tuple(row.line for row in rows)
    try:
        head = {name: _agreed(name, rows) for name in _HEAD}
        if not any(head[name] for name in WHO):
            raise Invalid(said("It names no customer."))
        day = _day(head["date"], form, "date")
        due = _day(head["due"], form, "due") if head["due"] else _later(day, due_days)
        if due < day:
            raise Invalid(said("It is due before its date."))
        fields = {"number": number, "date": day, "due": due}
        fields |= {"memo": head["memo"]} if head["memo"] else {}
        office.cleaned("invoice", {**fields, "customer": "x"}, {})
        goods = office.cleaned_lines("invoice", [_goods(row, form) for row in rows])
        total = _figure(head["total"], form, "total") if head["total"] else ""
    except Invalid as error:
        return Entry(lines, number, reason=error.message)
    return Entry(lines, number, fields=fields, lines=goods, who=tuple(head[name] for name in WHO), total=total)


def _agreed(name: str, rows: Sequence[_Row]) -> str:
    told = {row.cells.get(name, "") for row in rows} - {""}
    if len(told) > 1:
        raise Invalid(said("Its rows say different things of {column}.", column=COLUMNS["invoice"][name][0]))
    return next(iter(told), "")


def _day(text: str, form: Form, name: str) -> str:
    if not text:
        raise Invalid(said("{column} is empty.", column=COLUMNS["invoice"][name][0]))
    return epos_csv.moment(text, form)[0][:10]


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _goods(row: _Row, form: Form) -> dict[str, str]:
    line = {name: row.cells.get(name, "") for name in _LINE}
    try:
        return {
            **line, "qty": _figure(row.cells.get("qty", "") or "1", form, "qty"),
            "price": _figure(row.cells.get("price", ""), form, "price"),
        }  # fmt: skip
    except Invalid as error:
        raise Invalid(said("Row {row}: {reason}", row=row.line, reason=error.message)) from None


def _figure(text: str, form: Form, name: str) -> str:
    column = COLUMNS["invoice"][name][0]
    if not text:
        raise Invalid(said("{column} is empty.", column=column))
    try:
        return f"{epos_csv.number(text, form.decimal):f}"
    except ValueError:
        raise Invalid(said("{column}: {text} is no number.", column=column, text=text[:60])) from None


# -- whose it is -------------------------------------------------------------------------------------------------------


def folded(text: str) -> str:
    """A name or address as it is compared: without regard to capitals and to how many spaces there are."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


class People:
    """The customers of a company, found by what is the same and by nothing else."""

    def __init__(self, known: Iterable[Person], aliases: Mapping[str, str]) -> None:
        """aliases: how a file calls them -> the id, name or e-mail address they have here, as a person said it."""
        self._by_id: dict[str, Person] = {}
        self._pieces: dict[str, list[str]] = {}
        self._looked = 0
        self._by_word: dict[str, set[str]] = {}
        self._aliases = {folded(word): meant.strip() for word, meant in aliases.items()}
        for one in known:
            self._by_id[one.id] = one
            for word in filter(None, (folded(one.name), folded(one.email))):
                self._by_word.setdefault(word, set()).add(one.id)

    def named(self, text: str) -> list[Person]:
        """Those whose id it is; else those whose name or address it is."""
        if text in self._by_id:
            return [self._by_id[text]]
        return [self._by_id[key] for key in sorted(self._by_word.get(folded(text), ()))]

    def of(self, who: Sequence[str]) -> list[Person]:
        """Those an invoice may be for. One = it is known: no word of it is somebody else's. What a person said decides
        alone."""
        found: set[str] | None = None
        for word in filter(None, who):
            if folded(word) in self._aliases:
                return self.named(self._aliases[folded(word)])
            own = {one.id for one in self.named(word)}
            if own:
                found = own if found is None else found & own
        return [self._by_id[key] for key in sorted(found or ())]

    def alike(self, who: Sequence[str]) -> list[Person]:
        """Who may be meant, the nearest first: for a person to choose from, never taken. Nobody any more once
        LOOKED_MAX were looked for: a file like that is of another company."""
        self._looked += 1
        if self._looked > LOOKED_MAX:
            return []
        if not self._pieces:
            for one in self._by_id.values():
                for piece in _pieces(_words(one.name)):
                    self._pieces.setdefault(piece, []).append(one.id)
        found: dict[str, float] = {}
        for word in filter(None, map(_words, filter(None, who))):
            shared = Counter(key for piece in _pieces(word) for key in self._pieces.get(piece, ()))
            for key, _ in shared.most_common(_COMPARED):
                ratio = difflib.SequenceMatcher(None, word, _words(self._by_id[key].name)).ratio()
                found[key] = max(ratio, found.get(key, 0))
        near = sorted((key for key, ratio in found.items() if ratio >= _ALIKE), key=lambda key: (-found[key], key))
        return [self._by_id[key] for key in near[:PROPOSED_MAX]]


_LEGAL = frozenset(("ltd", "limited", "inc", "llc", "plc", "gmbh", "co", "company", "the", "and"))


def _words(name: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    found = re.findall(r"\w+", plain.casefold())
    return " ".join(word for word in found if word not in _LEGAL) or " ".join(found)


def _pieces(word: str) -> set[str]:
    """Its runs of two letters: who shares most of them is compared letter by letter."""
    return {word[at : at + 2] for at in range(max(1, len(word) - 1))}


# -- held against what is here -----------------------------------------------------------------------------------------


def record_id(kind: str, key: str) -> str:
    """The id of a record that has none in the file: of its name or number alone, so the same the next time."""
    told = f"{kind}:{folded(key) if kind == 'customer' else key}"
    return f"CSV-{hashlib.sha256(told.encode()).hexdigest()[:20]}"


def token(company: str, kind: str, key: str, version: int, entry: Entry) -> str:
    """What a person says yes to: just this content, onto just this version of that record."""
    told = [company, kind, key, version, entry.fields, entry.lines, entry.quickbooks_id]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def differences(
    entry: Entry, fields: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]
) -> list[tuple[str, str, str]]:
    """(field, as it is here, as the file says) where they are not the same. What the file is silent about is not."""
    told = ((name, str(fields.get(name, "")), value) for name, value in entry.fields.items())
    found = [(name, ours, theirs) for name, ours, theirs in told if ours != theirs]
    if entry.lines:
        ours, theirs = [_line(one) for one in lines], [_line(one) for one in entry.lines]
        if ours != theirs:
            found.append(("lines", "; ".join(ours), "; ".join(theirs)))
    return found


def _line(one: Mapping[str, Any]) -> str:
    words = " ".join(filter(None, (str(one.get("item") or ""), str(one.get("name") or ""))))
    price = office.plain(one["price"]) if one.get("price") else f"={office.plain(one.get('net') or '0')}"
    tax = f" [{one['tax']}]" if one.get("tax") else ""
    return f"{office.plain(one.get('qty') or '1')} × {price} {words}{tax}"


def comes_to(total: str, told: str) -> str:
    """Why an invoice is not what the file says it comes to; "" = it is, or the file does not say."""
    if not told or exact(total) == exact(told):
        return ""
    return said("It comes to {total} by the tax codes here; the file says {told}.", total=total, told=told)
