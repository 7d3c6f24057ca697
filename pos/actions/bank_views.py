"""A company's bank as people read it: by day what was taken by card, what turned up, and what has no other side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from pos import clock
from pos.actions import bank, run_settings
from pos.actions.outbox_views import moment
from pos.actions.run_settings import RunSettings
from pos.config import Config
from pos.errors import Invalid
from pos.rules import wording
from pos.rules.money import major
from pos.said import said
from pos.store import bank as rows
from pos.store.bank import File, Kept, Taking
from pos.store.db import Store

#: Days of one page, and rows of each list on it; a file has all of them.
DAYS_MAX = 62
ROWS_MAX = 200
DAYS_SHOWN = 7
COLUMNS = (
    "state", "day", "number", "taken_at", "way", "mixed", "taken", "bank_at", "paid", "fee", "off", "text", "currency",
)  # fmt: skip
_MONEY = ("taken", "paid", "fee", "off")


def days(store: Store, company: str, first: date | None, last: date | None) -> tuple[str, str]:
    """The business days to show, those the newest lines are of where nobody chose. Invalid when they are too many."""
    newest = rows.days(store, company)[1]
    end = last or (date.fromisoformat(newest) if newest and first is None else clock.now().date())
    begin = first or end - timedelta(days=DAYS_SHOWN - 1)
    if begin > end:
        raise Invalid(said("The last day is before the first one."), field="last")
    if end - begin >= timedelta(days=DAYS_MAX):
        raise Invalid(said("At most {max} days are shown at once.", max=DAYS_MAX), field="first")
    return begin.isoformat(), end.isoformat()


def page(store: Store, config: Config, company: str, first: str, last: str) -> dict[str, Any]:
    """Both sides of these days, summed up by day, and what has no other side."""
    own, found = run_settings.of(store, company), bank.of_days(store, company, first, last)
    unclear = [one for one in found.open_takings if one.unclear]
    ours = [one for one in found.open_takings if not one.unclear]
    return {
        "days": list(_days(own, config, found)),
        "ours": [_taking(store, own, config, one) for one in ours[:ROWS_MAX]],
        "ours_more": max(0, len(ours) - ROWS_MAX),
        "theirs": [_line(own, config, one) for one in found.open_lines[:ROWS_MAX]],
        "theirs_more": max(0, len(found.open_lines) - ROWS_MAX),
        "unclear": [_taking(store, own, config, one) for one in unclear[:ROWS_MAX]],
        "matched": len(found.matches),
        "rule": _rule(own, config),
        "how": {name: getattr(own.bank, name) for name in bank.FIELDS},
        "files": [_file(store, config, one) for one in rows.files(store, company)],
    }


def _days(own: RunSettings, config: Config, found: bank.Day) -> Iterator[dict[str, Any]]:
    paid = {str(one.n): one.amount for one in found.lines}
    for day in sorted({t.day for t in found.takings} | {line.day for line in found.lines}, reverse=True):
        takings = [one for one in found.takings if one.day == day]
        matches = [found.matches[one.id] for one in takings if one.id in found.matches]
        ours = [one for one in takings if one.id not in found.matches]
        theirs = [one for one in found.open_lines if one.day == day]
        taken = sum(one.amount for one in takings if one.id in found.matches)
        fee, off = sum(one.fee for one in matches), sum(one.off for one in matches)
        yield {
            "day": day,
            "day_text": wording.short_day(date.fromisoformat(day), config.shop.locale),
            "takings": len(takings),
            "taken": _money(own, config, sum(one.amount for one in takings)),
            "matched": len(matches),
            "paid": _money(own, config, taken - fee + off),
            "fee": _money(own, config, fee),
            "ours": len(ours),
            "ours_sum": _money(own, config, sum(one.amount for one in ours)),
            "theirs": len(theirs),
            "theirs_sum": _money(own, config, sum(one.amount for one in theirs)),
            "good": not ours and not theirs,
            "elsewhere": sum(one.line not in paid for one in matches),
        }


def _money(own: RunSettings, config: Config, units: int) -> str:
    return wording.money(units, own.currency, config.shop.locale)


def _taking(store: Store, own: RunSettings, config: Config, one: Taking) -> dict[str, Any]:
    wall = one.at.replace("T", " ")[:16]
    return {
        "number": one.number,
        "at": wall if one.id.startswith("import:") else moment(store, config, one.at),
        "day": one.day,
        "way": one.way,
        "amount": _money(own, config, one.amount),
        "mixed": one.mixed,
    }


def _line(own: RunSettings, config: Config, one: Kept) -> dict[str, Any]:
    return {
        "at": one.at.replace("T", " ")[:16],
        "day": one.day,
        "text": one.text,
        "amount": _money(own, config, one.amount),
    }


def _rule(own: RunSettings, config: Config) -> dict[str, Any]:
    rule = bank.rule_of(own)
    return {
        "percent": wording.percent(rule.percent, config.shop.locale),
        "cap": _money(own, config, rule.cap) if rule.cap else "",
        "tolerance": _money(own, config, rule.tolerance) if rule.tolerance else "",
        "minutes": rule.minutes,
    }


def _file(store: Store, config: Config, one: File) -> dict[str, Any]:
    between = one.day_from if one.day_from == one.day_to else f"{one.day_from} … {one.day_to}"
    return {
        "n": one.n,
        "name": one.name,
        "new": one.new,
        "known": one.known,
        "rejected": one.rejected,
        "days": between,
        "received": moment(store, config, one.received_at),
    }


def plain(own: RunSettings, found: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of a file, amounts as plain decimals."""
    for row in found:
        money = {name: major(row[name], own.currency) for name in _MONEY if row.get(name) is not None}
        yield {**row, **money, "currency": own.currency}
