"""The day report: any stretch of business days, held against the Zs, as a page and as a file. Reads only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pos.actions import figures, reports
from pos.actions.permits import today
from pos.config import Config
from pos.rules import wording
from pos.rules.money import major, minor
from pos.rules.zread import name_of
from pos.store import intake, shifts
from pos.store import takings as tables
from pos.store.db import Store

#: What a spreadsheet would take for a formula, at the start of a text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("part", "name", "count", "quantity", "net", "tax", "amount", "refund", "total")


def report(store: Store, config: Config, first: str, last: str) -> dict[str, Any]:
    """What report.html shows; first and last "" mean today. config: as the reader sees it. Invalid: no such stretch."""
    now = today(config)
    begin, end = reports.stretch(first or last or now.isoformat(), last or first or now.isoformat())
    found = reports.day_figures(store, begin, end)
    locale, currency = config.shop.locale, config.shop.currency

    def text(amount: Decimal) -> str:
        return wording.money(minor(amount, currency), currency, locale)

    return {
        "first": begin.isoformat(),
        "last": end.isoformat(),
        "title": _title(begin, end, locale),
        "quick": _quick(now),
        "receipts": sum(found[kind]["count"] for kind in ("sales", "returns", "voids")),
        "found": found,
        "goods_rows": {name: _goods(found, name) for name in ("groups", "brands")},
        "hours": _bars(found["hours"], lambda row: f"{row['hour']}:00", text),
        "days": _bars(found["days"], lambda row: wording.day(date.fromisoformat(row["business_day"]), locale), text),
        "zs": against_zs(store, config, begin, end),
        "money": text,
        "qty": lambda amount: wording.quantity(amount, locale),
        "percent": lambda rate: wording.percent(rate, locale),
    }


def _title(begin: date, end: date, locale: str) -> str:
    if begin == end:
        return wording.day(begin, locale)
    return f"{wording.short_day(begin, locale)} – {wording.short_day(end, locale)}"


def _quick(now: date) -> dict[str, tuple[str, str]]:
    """Stretches one press away: name -> (from, to)."""
    month = now.replace(day=1)
    before = month - timedelta(days=1)
    stretches = {
        "today": (now, now),
        "yesterday": (now - timedelta(days=1),) * 2,
        "week": (now - timedelta(days=6), now),
        "month": (month, now),
        "last_month": (before.replace(day=1), before),
    }
    return {name: (one[0].isoformat(), one[1].isoformat()) for name, one in stretches.items()}


def _goods(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Rows that add up to the gross; goods without a brand stand as a row of their own."""
    rows = [dict(row) for row in found[name]]
    keys = {"qty": "qty", "net": "net", "tax": "tax", "gross": "gross"}
    whole = {key: sum((row[key] for row in found["groups"]), Decimal(0)) for key in keys}
    rest = {key: whole[key] - sum((row[key] for row in rows), Decimal(0)) for key in keys}
    if any(rest.values()):
        rows.append({"name": "", **rest})
    return rows


def _bars(rows: list[dict[str, Any]], name: Any, text: Any) -> list[dict[str, Any]]:
    """Rows with a bar from 0 to 100 of the largest; a total below nothing has none."""
    most = max((row["total"] for row in rows), default=Decimal(0))
    return [
        {
            "name": name(row),
            "count": row["count"],
            "total_text": text(row["total"]),
            "bar": int(row["total"] * 100 // most) if most > 0 and row["total"] > 0 else 0,
        }
        for row in rows
    ]


# -- held against the Zs ---------------------------------------------------------------------------------------------


def against_zs(store: Store, config: Config, begin: date, end: date) -> dict[str, Any]:
    """The sessions these days' receipts belong to, and what each Z says of the days. `total` is the report's total.

    state: equal, open (no Z yet), late (receipts came after its Z; the next Z names them), differs (a check of the
    files is due).
    """
    first, last = begin.isoformat(), end.isoformat()
    held = tables.by_session(store, config.till.ids, first, last)
    rows = [_against(store, config, key, held[key], first, last) for key in sorted(held, key=_by_number)]
    totals = {key: sum(row[key] for row in rows) for key in ("z", "now", "count")}
    gap = totals["now"] - totals["z"]
    return {
        "rows": rows,
        "count": totals["count"],
        "z_text": figures.money(totals["z"], config),
        "now_text": figures.money(totals["now"], config),
        "gap_text": figures.money(gap, config),
        "worst": max((row["state"] for row in rows), key=("equal", "open", "late", "differs").index, default="equal"),
    }


def _by_number(session: str) -> tuple[int, str]:
    return len(session), session


def _against(
    store: Store, config: Config, key: str, days: Mapping[str, tuple[int, int]], first: str, last: str
) -> dict[str, Any]:
    session = shifts.by_id(store, key)
    now, count = sum(total for _n, total in days.values()), sum(n for n, _total in days.values())
    row: dict[str, Any] = {
        "session": key,
        "number": None,
        "name": "",
        "now": now,
        "count": count,
        "z": 0,
        "state": "open",
    }
    if session is not None and session.z_document is not None:
        entered = intake.find(store, session.z_document)
        assert entered is not None, "a session's Z is a document"
        mine = [d for d in entered.doc["z"]["days"] if first <= d["business_day"] <= last]
        said = sum(minor(d["total"], config.shop.currency) for d in mine)
        counted = sum(d["count"] for d in mine)
        row |= {"number": session.z_number, "name": name_of(session.z_number or 0), "z": said}
        row["state"] = "equal" if (said, counted) == (now, count) else "late" if count > counted else "differs"
    texts = {f"{part}_text": figures.money(row[part], config) for part in ("z", "now")}
    return {**row, **texts, "gap_text": figures.money(now - row["z"], config)}


# -- to take away ----------------------------------------------------------------------------------------------------


def as_csv(store: Store, config: Config, first: str, last: str) -> str:
    """The same figures for a spreadsheet: plain decimals with a point, one row each, named by its part."""
    begin, end = reports.stretch(first, last or first)
    found = reports.day_figures(store, begin, end)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(found, begin, end):
        writer.writerow([_cell(row.get(column, "")) for column in COLUMNS])
    for z in against_zs(store, config, begin, end)["rows"]:
        total, shown = (major(z[key], config.shop.currency) for key in ("now", "z"))
        name = f"{z['session']} {z['name'] or z['state']}"
        cells = {"part": "session", "name": name, "count": z["count"], "amount": shown, "total": total}
        writer.writerow([_cell(cells.get(column, "")) for column in COLUMNS])
    return out.getvalue()


def _rows(found: Mapping[str, Any], begin: date, end: date) -> Iterator[dict[str, Any]]:
    yield {"part": "days", "name": f"{begin.isoformat()} to {end.isoformat()}", "total": found["total"]}
    for kind in ("sales", "returns"):
        one = found[kind]
        yield {"part": kind, "count": one["count"], "amount": one["amount"], "net": one["net"]}
        yield {"part": f"{kind} discounts", "amount": -one["discount"]}
    yield {"part": "voids", "count": found["voids"]["count"], "amount": found["voids"]["amount"]}
    yield {
        "part": "gross",
        "quantity": found["items"],
        "net": found["net"],
        "tax": found["tax"],
        "total": found["gross"],
    }
    yield {"part": "cash rounding", "amount": found["rounding"]}
    for what in ("issued", "used", "refunded"):
        one = found["vouchers"][what]
        yield {"part": f"vouchers {what}", "count": one["count"], "amount": one["amount"]}
    for tax in found["taxes"]:
        name = f"{tax['code']} {tax['rate']:f}%"
        yield {"part": "tax", "name": name, "net": tax["net"], "tax": tax["tax"], "total": tax["gross"]}
    for row in found["tenders"]:
        yield {
            "part": "tender",
            "name": row["name"],
            "amount": row["sale"],
            "refund": row["refund"],
            "total": row["net"],
        }
    for row in found["cashiers"]:
        name, refund = f"{row['code']} {row['name']}", row["returns"]
        cells = {"count": row["count"], "amount": row["sales"], "refund": refund, "total": row["total"]}
        yield {"part": "cashier", "name": name, **cells}
    for part, rows in (("group", found["groups"]), ("brand", found["brands"])):
        for row in rows:
            cells = {"quantity": row["qty"], "net": row["net"], "tax": row["tax"], "total": row["gross"]}
            yield {"part": part, "name": row["name"], **cells}
    for row in found["days"]:
        yield {"part": "day", "name": row["business_day"], "count": row["count"], "total": row["total"]}
    for row in found["hours"]:
        yield {"part": "hour", "name": f"{row['hour']}:00", "count": row["count"], "total": row["total"]}


def _cell(value: Any) -> str:
    """Figures plain; a text no spreadsheet takes for a formula."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
