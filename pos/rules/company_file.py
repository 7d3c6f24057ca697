"""The set-up of one company as a JSON file, version 1: for a backup, for another server, to compare. Pure.

The file is nested by one level (`csv`, `notify`, `bank`, `keep`); in the program a set-up is a flat table, "csv.prefix"
its names. A field that is not in a file says nothing: it is left as it is. No secret is a field of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from pos.rules.money import digits_of
from pos.said import Said, said

FORMAT, VERSION = "tillkeep.company", 1
NEEDED = ("company_key", "display_name")
TEXT_MAX = 200
FILE_CHARS_MAX = 4_000_000
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,29}\Z")
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?\Z")
_SAMPLE = date(2026, 11, 29)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. kind: key, text, flag, whole, choice, amount, percent, zone, currency, realm, prefix, delimiter,
    encoding, date_format or mapping. empty: it may be "" (of a flag or a whole number: null). least, most: of a whole
    number. title: what people call it."""

    name: str
    kind: str
    title: Said
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. field: its name, "" = the file as a whole."""

    field: str
    words: str


FIELDS = (
    Field("company_key", "key", said("Key")),
    Field("display_name", "text", said("Name")),
    Field("is_active", "flag", said("Active")),
    Field("time_zone", "zone", said("Time zone")),
    Field("currency", "currency", said("Currency")),
    Field("books", "choice", said("Books"), ("quickbooks", "erpnext", "")),
    Field("source", "choice", said("Source"), ("journal", "csv")),
    Field("posting", "choice", said("Posting"), ("always", "runs")),
    Field("realm_id", "realm", said("Company number at QuickBooks"), empty=True),
    Field("receipt_prefix", "prefix", said("Receipt prefix"), empty=True),
    Field("tax_mode", "choice", said("Tax mode"), ("inclusive", "exclusive", "none", "us", "")),
    Field("group_by", "choice", said("One document for"), ("day", "receipt")),
    Field("trading_day_enabled", "flag", said("Trading day")),
    Field("trading_day_start_hour", "whole", said("Hour it starts"), most=23),
    Field("trading_day_start_minute", "whole", said("Minute it starts"), most=59),
    Field("tolerance", "amount", said("Tolerance")),
    Field("csv.prefix", "text", said("Files begin with"), empty=True),
    Field("csv.delimiter", "delimiter", said("Delimiter"), empty=True),
    Field("csv.encoding", "encoding", said("Encoding"), empty=True),
    Field("csv.date_format", "date_format", said("Date format"), empty=True),
    Field("csv.decimal", "choice", said("Decimal sign"), (".", ",")),
    Field("csv.tax_mode", "choice", said("Tax in the export"), ("columns", "inclusive", "exclusive", "none")),
    Field("csv.tax_rate", "percent", said("Tax rate of the export")),
    Field("csv.tender", "text", said("Way to pay where the export names none"), empty=True),
    Field("notify.start", "flag", said("Notice when a run starts"), empty=True),
    Field("notify.success", "flag", said("Notice when a run ended well"), empty=True),
    Field("notify.failure", "flag", said("Notice when a run failed"), empty=True),
    Field("bank.fee_percent", "percent", said("Fee of the bank")),
    Field("bank.fee_cap", "amount", said("Highest fee of the bank")),
    Field("bank.tolerance", "amount", said("Tolerance of the bank match")),
    Field("bank.minutes", "whole", said("Minutes apart"), most=7 * 24 * 60),
    Field("bank.delimiter", "delimiter", said("Delimiter of the bank file"), empty=True),
    Field("bank.date_format", "date_format", said("Date format of the bank file"), empty=True),
    Field("bank.date_column", "text", said("Column of date and time")),
    Field("bank.amount_column", "text", said("Column of the amount")),
    Field("bank.text_column", "text", said("Column of the text"), empty=True),
    Field("keep.log_days", "whole", said("Days logs of runs are kept"), most=36500, empty=True),
    Field("keep.import_days", "whole", said("Days taken-in files are kept"), most=36500, empty=True),
    Field("mapping", "mapping", said("Mapping")),
)
BY_NAME = {one.name: one for one in FIELDS}
GROUPS = tuple(dict.fromkeys(one.name.partition(".")[0] for one in FIELDS if "." in one.name))
#: Fields of set-ups of an earlier program, and why there are none here.
GONE = {
    "epos_username_env": said("there is nothing to sign in to: exports are dropped or uploaded"),
    "epos_password_env": said("there is nothing to sign in to: exports are dropped or uploaded"),
    "metadata_file": said("what a run came to is in the database"),
    "ledger_file": said("what was sent is in the database"),
    "slack_webhook_env": said("where notices go is said in [notices]"),
    "inventory": said("quantities are not written into the books by runs"),
    "deposit_account": said("it stands in the mapping, by way to pay"),
    "tax_code_id": said("it stands in the mapping, by tax code"),
    "tax_code_name": said("it stands in the mapping, by tax code"),
    "location_mapping": said("it stands in the mapping, by shop"),
}


# -- to and from text --------------------------------------------------------------------------------------------------


def encode(values: Mapping[str, Any]) -> str:
    """A set-up as the text of its file; the same set-up is always the same text."""
    found: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    for one in FIELDS:
        if one.name in values:
            group, _, name = one.name.partition(".")
            if name:
                found.setdefault(group, {})[name] = values[one.name]
            else:
                found[group] = _sorted(values[one.name])
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _sorted(value: Any) -> Any:
    """Objects of a mapping in one order, however they were put together."""
    return {name: _sorted(value[name]) for name in sorted(value)} if isinstance(value, dict) else value


def decode(text: str) -> tuple[dict[str, Any], list[Fault]]:
    """A file's fields, and everything that is wrong with it. With faults the fields are not to be used."""
    if len(text) > FILE_CHARS_MAX:
        return {}, [Fault("", said("It is larger than a set-up ever is."))]
    try:
        plain = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return {}, [Fault("", said("It is not valid JSON: {why}", why=str(error)[:160]))]
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        return {}, [Fault("format", said('It is no set-up of a company: "format" must be "{format}".', format=FORMAT))]
    if plain.get("version") != VERSION or isinstance(plain["version"], bool):
        words = said("Its version is {version}; this program reads version {ours}.",
                     version=str(plain.get("version"))[:20], ours=VERSION)  # fmt: skip
        return {}, [Fault("version", words)]
    values, faults = _flat({name: value for name, value in plain.items() if name not in ("format", "version")})
    faults += [Fault(name, said("{field} is missing.", field=name)) for name in NEEDED if name not in values]
    return values, [*faults, *check(values)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _flat(plain: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    values, faults = dict[str, Any](), list[Fault]()
    for name, value in plain.items():
        if name not in GROUPS:
            _take(name, value, values, faults)
        elif isinstance(value, dict):
            for inner, inside in value.items():
                _take(f"{name}.{inner}", inside, values, faults)
        else:
            faults.append(Fault(name, said("{field} is an object with fields of its own.", field=name)))
    return values, faults


def _take(name: str, value: Any, values: dict[str, Any], faults: list[Fault]) -> None:
    if name in BY_NAME:
        values[name] = value
    elif name in GONE:
        faults.append(Fault(name, said("{field} is not kept here: {why}.", field=name, why=GONE[name])))
    else:
        faults.append(Fault(name[:80], said("{field} is no field of a set-up.", field=name[:80])))


# -- what a field may be -----------------------------------------------------------------------------------------------


def check(values: Mapping[str, Any], currency: str = "") -> list[Fault]:
    """Everything wrong with these fields, each by itself. currency: the amounts are in, where the fields do not say."""
    given = values.get("currency")
    currency = given if isinstance(given, str) and given else currency
    found = []
    for name, value in values.items():
        words = wrong(BY_NAME[name], value, currency) if name in BY_NAME else said("It is no field of a set-up.")
        if words:
            found.append(Fault(name, words))
    return found


def wrong(field: Field, value: Any, currency: str = "") -> str:
    """What is wrong with a value of a field, a sentence; "" = nothing."""
    title = field.title
    if field.kind == "mapping":
        return "" if isinstance(value, dict) else said("{field} is an object.", field=title)
    if field.kind == "flag":
        fits = isinstance(value, bool) or (field.empty and value is None)
        return "" if fits else said("{field} is yes or no (true or false).", field=title)
    if field.kind == "whole":
        return _whole(field, value)
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        return said("{field} is text of at most {max} characters.", field=title, max=TEXT_MAX)
    if not value:
        may = field.empty or (field.kind == "choice" and "" in field.choices)
        return "" if may else said("{field} is missing.", field=title)
    if field.kind == "choice":
        known = ", ".join(one or '""' for one in field.choices)
        return "" if value in field.choices else said("{field} is one of {known}.", field=title, known=known)
    if field.kind == "amount":
        return _amount(field, value, currency)
    return "" if _fits(field.kind, value) else said(_WORDS[field.kind], field=title)


_WORDS = {
    "key": said("{field}: 1 to 30 small letters, digits and hyphens, beginning with a letter or a digit; not “new”."),
    "text": said("{field} is one line of text."),
    "zone": said("{field} is a time zone like Europe/London."),
    "currency": said("{field} is three capital letters, like GBP."),
    "realm": said("{field} is digits alone, at most 20."),
    "prefix": said("{field} is 1 to 5 capital letters and digits, like TK."),
    "percent": said("{field} is a figure from 0 to 100 with at most 4 decimals, written with a point."),
    "delimiter": said("{field} is one of , ; | or a tab; empty = detected."),
    "encoding": said("{field} is not known; use one like utf-8 or windows-1252."),
    "date_format": said("{field} says day, month and year with %d, %m and %Y, like %d/%m/%Y %H:%M:%S."),
}


def _fits(kind: str, value: str) -> bool:
    if kind == "key":
        return bool(_KEY.match(value)) and value != "new"
    if kind == "zone":
        return value in available_timezones()
    if kind == "percent":
        return bool(_AMOUNT.match(value)) and Decimal(value) <= 100
    if kind == "encoding":
        return _is_encoding(value)
    if kind == "date_format":
        return _is_date_format(value)
    if kind == "delimiter":
        return value in (",", ";", "|", "\t")
    if kind == "text":
        return value.isprintable() and value.strip() == value
    return bool(re.fullmatch({"currency": "[A-Z]{3}", "realm": "[0-9]{1,20}", "prefix": "[A-Z0-9]{1,5}"}[kind], value))


def _whole(field: Field, value: Any) -> str:
    if value is None and field.empty:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and field.least <= value <= field.most:
        return ""
    return said("{field} is a whole number from {least} to {most}.", field=field.title, least=field.least,
                most=field.most)  # fmt: skip


def _amount(field: Field, value: str, currency: str) -> str:
    if not _AMOUNT.match(value):
        return said("{field} is an amount written with a point, like 0.50.", field=field.title)
    digits = digits_of(currency)
    if currency and len(value.partition(".")[2].rstrip("0")) > digits:
        return said("{field}: {currency} has {digits} decimals.", field=field.title, currency=currency, digits=digits)
    return ""


def _is_encoding(value: str) -> bool:
    try:
        return "a".encode(value) != b""
    except (LookupError, ValueError):
        return False


def _is_date_format(value: str) -> bool:
    try:
        return datetime.strptime(_SAMPLE.strftime(value), value).replace(tzinfo=UTC).date() == _SAMPLE
    except ValueError:
        return False


# -- for programs ------------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The format as JSON Schema (2020-12). It says less than `check`: time zones and formats are looked at there."""
    known: dict[str, Any] = {"format": {"const": FORMAT}, "version": {"const": VERSION}}
    for group in GROUPS:
        known[group] = {"type": "object", "additionalProperties": False, "properties": {}}
    for one in FIELDS:
        group, _, name = one.name.partition(".")
        within = known[group]["properties"] if name else known
        within[name or group] = {"description": str(one.title), **_shape(one)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Set-up of a company",
        "type": "object",
        "additionalProperties": False,
        "required": ["format", "version", *NEEDED],
        "properties": known,
    }


def _shape(one: Field) -> dict[str, Any]:
    if one.kind == "mapping":
        return {"type": "object"}
    if one.kind == "flag":
        return {"type": ["boolean", "null"] if one.empty else "boolean"}
    if one.kind == "whole":
        return {"type": ["integer", "null"] if one.empty else "integer", "minimum": one.least, "maximum": one.most}
    if one.kind == "choice":
        return {"enum": list(one.choices)}
    shape: dict[str, Any] = {"type": "string", "maxLength": TEXT_MAX}
    pattern = {"key": _KEY.pattern, "amount": _AMOUNT.pattern, "percent": _AMOUNT.pattern}.get(one.kind)
    if pattern:
        shape["pattern"] = f"^{pattern.removesuffix(chr(92) + 'Z')}$"
    return shape if one.empty else {**shape, "minLength": 1}
