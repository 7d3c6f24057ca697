"""Imports as their screens show them: a file in words, and its first rows as they would be understood."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pos.actions.import_format import Line, Preview
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.rules import csv_records, wording
from pos.said import said
from pos.store import imports
from pos.store.db import Store
from pos.store.imports import File

#: Rows that were not taken, on the page; the CSV has all of them.
REJECTS_SHOWN = 200
STATES = {
    imports.WAITING: (said("Waits to be taken in"), "waiting"),
    imports.TAKEN: (said("Taken in"), "saved"),
    imports.REFUSED: (said("Not taken"), "needs"),
    imports.AGAIN: (said("Taken up anew"), "offline"),
}
KINDS = {"sale": said("Sale"), "refund": said("Refund")}
#: What the format offers; "" = detected.
CHOICES: Mapping[str, Mapping[str, str]] = {
    "delimiter": {"": said("Detected"), ",": said("Comma"), ";": said("Semicolon"), "\t": said("Tab"),
                  "|": said("Bar")},
    "encoding": {"": said("UTF-8, or what its mark says"),
                 **{name: name for name in csv_records.ENCODINGS if name != "utf-8"}},
    "date_format": {"": said("Detected"), "%d/%m/%Y": said("Day, month, year"), "%m/%d/%Y": said("Month, day, year"),
                    "%Y-%m-%d": said("Year, month, day")},
    "decimal": {".": said("Point: 1,234.50"), ",": said("Comma: 1.234,50")},
    "tax_mode": {"columns": said("In its own columns (NET Sales, Tax)"), "inclusive": said("In the total, at a rate"),
                 "exclusive": said("On top of the total, at a rate"), "none": said("There is none")},
}  # fmt: skip


def shown(store: Store, config: Config, file: File, companies: Mapping[str, str]) -> dict[str, Any]:
    """One file of the list."""
    words, tone = STATES[file.state]
    if file.state == imports.TAKEN and (file.rejected_rows or file.gone_rows):
        words, tone = said("Taken in, with warnings"), "check"
    if file.state == imports.WAITING and file.cursor:
        words = said("Being taken in")
    return {
        "n": file.n,
        "name": file.name,
        "company": file.company,
        "company_name": companies.get(file.company, file.company),
        "state": file.state,
        "state_text": words,
        "tone": tone,
        "words": file.words,
        "rows": file.raw_rows,
        "new": file.new_rows,
        "known": file.known_rows,
        "rejected": file.rejected_rows,
        "skipped": file.skipped_rows,
        "gone": file.gone_rows,
        "days": _days(file, config.shop.locale),
        "size_kb": -(-file.size_bytes // 1024),
        "sha256": file.sha256,
        "by": file.by,
        "received_text": moment(store, config, file.received_at),
        "ended_text": moment(store, config, file.ended_at) if file.ended_at else "",
    }


def _days(file: File, locale: str) -> str:
    if not file.day_from:
        return ""
    first, last = (wording.short_day(date.fromisoformat(day), locale) for day in (file.day_from, file.day_to))
    return first if first == last else f"{first} – {last}"


def preview(found: Preview, currency: str, locale: str) -> dict[str, Any]:
    """The first rows of a file, as the screen shows them."""
    return {
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "order": found.order,
        "problem": found.problem,
        "columns": list(found.columns),
        "lines": [_line(one, currency, locale) for one in found.lines],
    }


def _line(one: Line, currency: str, locale: str) -> dict[str, Any]:
    row = one.row
    base = {"line": one.line, "text": one.text, "reason": one.reason}
    if row is None:
        tone = "needs" if one.reason else "offline"
        reason = one.reason or said("Left out: a line of sums, or a heading")
        names = ("day", "at", "kind", "place", "tender", "name", "qty", "net", "tax", "gross")
        return {**base, "reason": reason, "tone": tone, **dict.fromkeys(names, "")}
    return {
        **base,
        "tone": "saved",
        "day": row.day,
        "at": row.at.replace("T", " "),
        "kind": KINDS[row.kind],
        "place": row.place,
        "tender": row.tender,
        "name": row.name,
        "qty": f"{Decimal(row.qty).scaleb(-3).normalize():f}",
        **{name: wording.money(getattr(row, name), currency, locale) for name in ("net", "tax", "gross")},
    }
