"""Bank: a bank's file taken in, and its lines matched to a company's takings by card.

A match belongs to the business day of its taking. Days next to the ones that are made anew keep theirs, so a line is
used once, whatever is looked at.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pos import clock
from pos.actions import run_settings
from pos.actions.run_settings import BankRule, RunSettings
from pos.errors import Invalid
from pos.rules import bank_match, csv_records, epos_csv, trading_day
from pos.rules.bank_match import Matched, Rule, Side
from pos.rules.epos_csv import Form
from pos.rules.money import minor
from pos.said import said
from pos.store import bank
from pos.store.bank import File, Kept, Taking
from pos.store.db import Store

log = logging.getLogger(__name__)

#: A month of a busy shop; larger files are uploaded a month at a time.
BYTES_MAX = 700_000
NAME_MAX = 120
#: Fields of a form that says how a bank's file is read.
FIELDS = ("date_column", "amount_column", "text_column", "delimiter", "date_format")


@dataclass(frozen=True, slots=True)
class Day:
    """Both sides of some business days. matches: by taking."""

    takings: list[Taking]
    lines: list[Kept]
    matches: dict[str, bank_match.Match]
    open_lines: list[Kept]

    @property
    def open_takings(self) -> list[Taking]:
        """Those without a line."""
        return [one for one in self.takings if one.id not in self.matches]


def upload(store: Store, company: str, name: str, body: bytes, how: Mapping[str, str], by: str) -> File:
    """Take in a bank's file and match the days it is about. how: of FIELDS, "" = as the company's settings say.
    Invalid, in words, when it cannot be read as a whole; single lines that cannot are listed."""
    if not 0 < len(body) <= BYTES_MAX:
        words = said("At most {max} KB of a bank's file are taken at once.", max=BYTES_MAX // 1000)
        raise Invalid(words if body else said("The file is empty."), field="file")
    own = run_settings.of(store, company)
    chosen: dict[str, Any] = {field: how[field].strip() for field in FIELDS if how.get(field, "").strip()}
    rule = replace(own.bank, **chosen)
    found = _read(body, rule, own)
    digest = hashlib.sha256(body).hexdigest()
    file = bank.take_in(store, company, name.strip()[-NAME_MAX:] or "bank.csv", digest, found, by, clock.now())
    if file.day_from:
        match_days(store, company, file.day_from, file.day_to)
    return file


def _read(body: bytes, rule: BankRule, own: RunSettings) -> bank_match.Read:
    encoding = csv_records.encoding_of(body[:4096], own.csv.encoding)
    lines = list(csv_records.physical(io.BytesIO(body), encoding))
    heading = next((line for line in lines if line.strip("\r\n\ufeff ")), "")
    names = {"at": rule.date_column, "amount": rule.amount_column, "text": rule.text_column}
    delimiter = "\t" if rule.delimiter in ("\\t", "tab") else rule.delimiter
    if delimiter not in ("", *csv_records.DELIMITERS):
        raise Invalid(said("{name} is no delimiter.", name=repr(delimiter[:5])), field="delimiter")
    form = Form(
        currency=own.currency, zone=own.time_zone, cutoff=_cutoff(own), order=epos_csv.order_of(rule.date_format),
        decimal=own.csv.decimal,
    )  # fmt: skip
    return bank_match.read(csv_records.records(lines, delimiter or bank_match.delimiter_of(heading)), names, form)


def _cutoff(own: RunSettings) -> time:
    return time.fromisoformat(own.cutoff) if own.trading_day else trading_day.MIDNIGHT


def rule_of(own: RunSettings) -> Rule:
    """What a line must be to be a taking. Invalid for an amount that is none in the company's currency."""
    try:
        percent = Decimal(own.bank.fee_percent or "0")
        cap = minor(Decimal(own.bank.fee_cap or "0"), own.currency)
        tolerance = minor(Decimal(own.bank.tolerance or "0"), own.currency)
    except (InvalidOperation, ValueError):
        words = said("The rule for the bank's fee of {company} has an amount that is none.", company=own.name)
        raise Invalid(words, field="bank") from None
    return Rule(percent, cap, tolerance, int(own.bank.minutes), own.currency)


def match_days(store: Store, company: str, first: str, last: str) -> Matched:
    """Match the takings of these business days (ISO) anew, and of those next to them a line of theirs may be of."""
    own = run_settings.of(store, company)
    rule, exported = rule_of(own), own.source == "csv"
    reach = timedelta(days=1 + rule.minutes // 1440)
    begin, end = _shifted(first, -reach), _shifted(last, reach)
    takings = [one for one in bank.takings(store, company, begin, end, exported=exported) if not one.unclear]
    elsewhere = bank.used(store, company, begin, end)
    lines = bank.lines(store, company, _shifted(begin, -reach), _shifted(end, reach))
    sides = [_line(one, own) for one in lines if one.n not in elsewhere]
    found = bank_match.match([_taking(one, own) for one in takings], sides, rule)
    of_day = {one.id: one.day for one in takings}
    bank.put_matches(store, company, begin, end, [(of_day[one.taking], one) for one in found.matches], clock.now())
    return found


def _shifted(day: str, by: timedelta) -> str:
    return (date.fromisoformat(day) + by).isoformat()


def _taking(one: Taking, own: RunSettings) -> Side:
    if one.id.startswith("import:"):
        start, end = bank_match.span(one.at, own.time_zone)
    else:
        start = end = clock.parse(one.at)
    return Side(one.id, start, end, one.amount, one.mixed)


def _line(one: Kept, own: RunSettings) -> Side:
    return Side(str(one.n), *bank_match.span(one.at, own.time_zone), one.amount)


def rematch(store: Store, company: str, day: str) -> None:
    """After a day was run: its takings are matched anew, where lines of the bank are here at all. A rule that cannot be
    read is told on the bank's page; it stops no run."""
    begin, end = bank.days(store, company)
    if begin and begin <= _shifted(day, timedelta(days=2)) and end >= _shifted(day, timedelta(days=-2)):
        try:
            match_days(store, company, day, day)
        except Invalid as error:
            log.warning("%s is not matched to the bank: %s", day, error.message)


def of_days(store: Store, company: str, first: str, last: str) -> Day:
    """Both sides of these business days as they were matched last."""
    exported = run_settings.of(store, company).source == "csv"
    lines = bank.lines(store, company, first, last)
    taken = bank.matched_lines(store, company, [one.n for one in lines])
    return Day(
        bank.takings(store, company, first, last, exported=exported),
        lines,
        bank.matches(store, company, first, last),
        [one for one in lines if one.n not in taken],
    )


def export(store: Store, company: str, first: str, last: str) -> list[dict[str, Any]]:
    """One row each for what was matched and for the gaps on both sides, plain."""
    found = of_days(store, company, first, last)
    by_n = {one.n: one for one in bank.lines(store, company, _shifted(first, -timedelta(days=8)),
                                             _shifted(last, timedelta(days=8)))}  # fmt: skip
    rows: list[dict[str, Any]] = []
    for one in found.takings:
        match = found.matches.get(one.id)
        line = by_n.get(int(match.line)) if match else None
        rows.append({
            "state": "matched" if match else "unclear" if one.unclear else "not at the bank", "day": one.day,
            "number": one.number, "taken_at": one.at, "way": one.way, "mixed": one.mixed, "taken": one.amount,
            "bank_at": line.at if line else "", "paid": line.amount if line else None,
            "text": line.text if line else "", "fee": match.fee if match else None, "off": match.off if match else None,
        })  # fmt: skip
    rows += [
        {"state": "at the bank alone", "day": one.day, "bank_at": one.at, "paid": one.amount, "text": one.text}
        for one in found.open_lines
    ]
    return rows
