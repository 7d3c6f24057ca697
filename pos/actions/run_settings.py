"""What a company's runs go by: kept under "runs" of the company, read here alone, with everything filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pos.store import companies, connections, run_choices
from pos.store.db import Store

PART = "runs"
#: Where the hour its documents' days begin at is kept, with the rest of what documents are made out by.
BOOKS_PART = "quickbooks"
MIDNIGHT = "00:00"

SOURCES = ("journal", "csv")
POSTINGS = ("always", "runs")
#: What the amounts of an export mean: columns = its own NET and Tax columns; inclusive, exclusive = reckoned from its
#: total with `tax_rate`; none = no tax at all.
TAX_MODES = ("columns", "inclusive", "exclusive", "none")
BOOKS = ("quickbooks", "erpnext", "")


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How an export of another till is written.

    delimiter: one character, "" = found out. encoding: a name Python knows, "" = UTF-8, or what its mark says.
    date_format: as of strptime, of which the order of day, month and year counts; "" = found out, and asked for where
    no date tells. decimal: "." or ",". tax_mode: one of TAX_MODES. tax_rate: percent as text, where the mode needs one.
    prefix: files of this company begin so, "" = all of its folder. tender: the way to pay of rows that name none.
    """

    delimiter: str = ""
    encoding: str = ""
    date_format: str = ""
    decimal: str = "."
    tax_mode: str = "columns"
    tax_rate: str = "0"
    prefix: str = ""
    tender: str = ""


@dataclass(frozen=True, slots=True)
class Notify:
    """Which notices a company's runs send."""

    start: bool
    success: bool
    failure: bool


@dataclass(frozen=True, slots=True)
class BankRule:
    """How lines of a bank are matched to takings by card. fee_percent: percent as text; fee_cap and tolerance: money as
    text; minutes: a line may be so much later or earlier; the columns of its file: words of its heading."""

    fee_percent: str = "0.5"
    fee_cap: str = "100"
    tolerance: str = "1"
    minutes: int = 180
    delimiter: str = ""
    date_format: str = ""
    date_column: str = "Date"
    amount_column: str = "Amount"
    text_column: str = "Description"


@dataclass(frozen=True, slots=True)
class KeepDays:
    """Days things are kept; 0 = for ever, None = as [runs] says."""

    log_days: int | None = None
    import_days: int | None = None


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What one company's runs go by.

    source: journal = this system's own tills, csv = exports of another till. posting: always = documents go as they
    come, runs = a run's upload sends them, nothing else. books: which were chosen, else those of its connection; "" =
    none yet.
    trading_day: its days begin at `cutoff` (HH:MM, the company's zone), else at midnight; where neither was chosen, as
    `day_starts` says. tolerance: money as text; a difference up to it is a match. time_zone, currency: the company's
    own, else this server's.
    """

    company: str
    name: str
    active: bool
    time_zone: str
    currency: str
    source: str
    posting: str
    books: str
    trading_day: bool
    cutoff: str
    tolerance: str
    csv: CsvFormat
    notify: Notify
    bank: BankRule
    keep: KeepDays


def of(store: Store, company: str) -> RunSettings:
    """A company's settings. NotFound for one that is not there."""
    return read(store, company, companies.kept(store, company, PART).values)


def runs_alone_post(store: Store, connection: str) -> bool:
    """Whether the company whose books a connection is has its documents sent by runs and nothing else."""
    if connection == "hub":  # a till sends its hub what it sold, whatever its books go by
        return False
    plain = companies.kept(store, companies.of_connection(store, connection), PART).values
    return _one_of(plain.get("posting"), POSTINGS) == "runs"


def read(store: Store, company: str, plain: Mapping[str, Any]) -> RunSettings:
    """The same of values that are not kept (yet)."""
    owner, runs = companies.one(store, company), run_choices.effective(store, store.config)
    told, starts = _part(plain, "notify"), day_starts(store, company)
    notify = Notify(
        bool(told.get("start", runs.notify_start)),
        bool(told.get("success", runs.notify_success)),
        bool(told.get("failure", runs.notify_failure)),
    )
    return RunSettings(
        company=owner.id,
        name=owner.name,
        active=owner.active,
        time_zone=owner.time_zone,
        currency=owner.currency,
        source=_one_of(plain.get("source"), SOURCES),
        posting=_one_of(plain.get("posting"), POSTINGS),
        books=books_of(plain, [line.kind for line in connections.lines(store, (owner.id,))]),
        trading_day=bool(plain.get("trading_day", starts != MIDNIGHT)),
        cutoff=str(plain.get("cutoff", "05:00" if starts == MIDNIGHT else starts)),
        tolerance=str(plain.get("tolerance", "0")),
        csv=CsvFormat(**_known(CsvFormat, _part(plain, "csv"))),
        notify=notify,
        bank=BankRule(**_known(BankRule, _part(plain, "bank"))),
        keep=KeepDays(**_known(KeepDays, _part(plain, "keep"))),
    )


def day_starts(store: Store, company: str) -> str:
    """The hour (HH:MM) the days of its documents begin at, as they are made out for its books."""
    own = companies.kept(store, company, BOOKS_PART).values.get("day_starts")
    return str(own or f"{store.config.shop.day_starts:%H:%M}")


def books_of(plain: Mapping[str, Any], kinds: Iterable[str]) -> str:
    """The books of a company that keeps this: those chosen, else those of its connections, "" = none yet."""
    return str(plain.get("books") or next((kind for kind in kinds if kind in BOOKS), ""))


def _part(plain: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = plain.get(name)
    return value if isinstance(value, dict) else {}


def _known(kind: type[Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: plain[one.name] for one in fields(kind) if one.name in plain}


def _one_of(value: object, choices: tuple[str, ...]) -> str:
    return str(value) if value in choices else choices[0]
