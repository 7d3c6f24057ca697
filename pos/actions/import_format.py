"""How an export of another till is understood: its encoding, delimiter and heading, the order of its dates, and its
first rows as they would be taken. What could be read in two ways is refused in words until somebody chooses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pos.actions import run_settings
from pos.actions.run_settings import CsvFormat, RunSettings
from pos.config import Config
from pos.errors import Invalid
from pos.rules import csv_records, epos_csv
from pos.rules.csv_records import DELIMITERS, Record
from pos.rules.epos_csv import Form, Header, Refused, Row
from pos.rules.money import digits_of
from pos.said import said
from pos.store.db import Store
from pos.store.imports import File

PREVIEW_ROWS = 20
START_BYTES = 4096
TAX_MODES = ("columns", "inclusive", "exclusive", "none")


@dataclass(frozen=True, slots=True)
class Understood:
    """How a file is read: encoding, delimiter, its heading, and what its cells mean."""

    encoding: str
    delimiter: str
    head: Header
    form: Form


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the preview shows it: understood, refused with a reason, or left out (neither)."""

    line: int
    row: Row | None
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file as they would be understood. problem: why it would not be taken at all."""

    encoding: str
    delimiter: str
    order: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    problem: str


def form_of(settings: RunSettings, csv: CsvFormat) -> Form:
    """What the cells of a company's exports mean. Invalid, in words, when the format is none."""
    try:
        rate = Decimal(csv.tax_rate or "0")
    except InvalidOperation:
        raise Invalid(said("{text} is no number.", text=csv.tax_rate), field="tax_rate") from None
    if not (rate.is_finite() and 0 <= rate <= 100):
        raise Invalid(said("{text} is no number.", text=csv.tax_rate), field="tax_rate")
    for field, value, known in (("tax_mode", csv.tax_mode, TAX_MODES), ("decimal", csv.decimal, ("", ".", ",")),
                                ("delimiter", csv.delimiter, ("", *DELIMITERS))):  # fmt: skip
        if value not in known:
            raise Invalid(said("{name} cannot be {value}.", name=field, value=repr(value)), field=field)
    starts = time.fromisoformat(settings.cutoff) if settings.trading_day else time(0)
    return Form(
        currency=settings.currency, zone=settings.time_zone, cutoff=starts,
        order=epos_csv.order_of(csv.date_format), decimal=csv.decimal or ".", tax_mode=csv.tax_mode, rate=rate,
        tender=csv.tender,
    )  # fmt: skip


def understand(path: Path, settings: RunSettings, csv: CsvFormat) -> Understood:
    """How to read a file: read through once, so that nothing of it is found to be unreadable half way. Invalid."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    if not start:
        raise Invalid(said("The file is empty."), field="file")
    if start.startswith(b"PK\3\4"):
        raise Invalid(said("It is a zip or a workbook, not CSV: save it as CSV and drop that."), field="file")
    encoding = csv_records.encoding_of(start, csv.encoding)
    form = form_of(settings, csv)
    delimiter, head = _heading(path, encoding, csv)
    if why := epos_csv.usable(head, form.tax_mode):
        raise Invalid(why, field="columns")
    order = form.order or _order(path, encoding, delimiter, head)
    return Understood(encoding, delimiter, head, replace(form, order=order))


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    with path.open("rb") as file:
        yield from csv_records.records(csv_records.physical(file, encoding), delimiter)


def _heading(path: Path, encoding: str, csv: CsvFormat) -> tuple[str, Header]:
    """The delimiter and the heading in which most columns are known."""
    best = (",", epos_csv.header(()))
    for delimiter in [csv.delimiter] if csv.delimiter else DELIMITERS:
        for at, record in enumerate(_records(path, encoding, delimiter)):
            found = epos_csv.header(record.cells)
            if len(found.at) > len(best[1].at):
                best = (delimiter, found)
            if at >= epos_csv.HEADING_WITHIN or not found.missing:
                break
    return best


def _order(path: Path, encoding: str, delimiter: str, head: Header) -> str:
    """The order of day and month, by the first date that says it. Invalid when none does, and it matters. The whole
    file is read, whatever its first rows say: it is of this encoding to its end."""
    left, found = set(epos_csv.ORDERS), ""
    place, two_ways = head.at["at"], ""
    for record in _records(path, encoding, delimiter):
        if found or place >= len(record.cells):
            continue
        text = record.cells[place].strip()
        orders = epos_csv.orders_of(text)
        if orders & left:
            left &= orders
            two_ways = two_ways or (text if len(set(re.findall(r"\d+", text)[:2])) > 1 else "")
        if len(left) == 1:
            (found,) = left
    if not found and two_ways:
        words = said("{text} can be read in two ways: choose the order of day and month.", text=two_ways)
        raise Invalid(words, field="date_format")
    return found or "dmy"


def preview(store: Store, config: Config, file: File, csv: CsvFormat) -> Preview:
    """The first rows of a file as they would be understood with this format; nothing is kept."""
    settings = run_settings.of(store, file.company)
    path = config.data / file.place
    encoding, delimiter, order, head, problem = "", csv.delimiter, "", epos_csv.header(()), ""
    try:
        with path.open("rb") as opened:
            encoding = csv_records.encoding_of(opened.read(START_BYTES), csv.encoding)
        form = form_of(settings, csv)
        delimiter, head = _heading(path, encoding, csv)
        known = understand(path, settings, csv)
        form, order = known.form, known.form.order
    except FileNotFoundError:
        return Preview("", "", "", (), (), said("The file is not kept any more."))
    except Invalid as error:
        problem = error.message
        form = None
    lines: list[Line] = []
    if head.at and form is not None:
        for record in rows(path, Understood(encoding, delimiter, head, form)):
            lines.append(_line(record, head, form))
            if len(lines) == PREVIEW_ROWS:
                break
    names = tuple(epos_csv.COLUMNS[name][0] for name in head.at)
    return Preview(encoding, delimiter, order, names, tuple(lines), problem)


def _line(record: Record, head: Header, form: Form) -> Line:
    try:
        return Line(record.line, row(record, head, form), "", record.text)
    except Refused as error:
        return Line(record.line, None, error.message, record.text)


def rows(path: Path, known: Understood) -> Iterator[Record]:
    """The records behind the heading."""
    behind = False
    for record in _records(path, known.encoding, known.delimiter):
        if behind:
            yield record
        behind = behind or record.cells == known.head.cells


def row(record: Record, head: Header, form: Form) -> Row | None:
    """Refused also for what was not read, or not written to its end."""
    if record.problem:
        raise Refused(record.problem)
    if not record.ended and _is_cut(record, head, form):
        raise Refused(said("The file ends in the middle of this row."))
    return epos_csv.row(record.cells, head, form)


def _is_cut(record: Record, head: Header, form: Form) -> bool:
    """Whether the last row, without a line break behind it, may lack something: cells, or digits of its last amount."""
    if len(record.cells) < len(head.cells):
        return True
    last = {place: name for name, place in head.at.items()}.get(len(head.cells) - 1, "")
    if last not in ("gross", "net", "tax", "cost") or record.text.endswith('"'):
        return False
    digits = digits_of(form.currency)
    return bool(digits) and len(record.cells[-1].strip().rpartition(form.decimal)[2]) < digits
