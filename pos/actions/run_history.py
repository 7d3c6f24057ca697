"""The history of runs of another program, out of files of a format of ours (docs/runs.md, "History"): taken in once,
marked as taken in, exit codes as they were. A file that cannot be read as a whole is named and left as it is.

A file holds one run as a JSON object, or a list of them. Field names are those people know from the program before:

    company_key, target_date, processed_at              needed: whose, of which day, when (with an offset from UTC)
    reconcile_status                                    needed: MATCH, MISMATCH or NOT RUN
    reconcile_reason, reconcile_epos_total, reconcile_epos_count, reconcile_qbo_total, reconcile_qbo_count,
    reconcile_difference                                amounts in money, as text or as a number
    currency                                            the company's when it is not named
    rows_total, upload_stats {uploaded, skipped, failed}, reliability_status (high, warning)
    exit_code, failure_reason, started_at, finished_at, requested_by
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import clock
from pos.errors import Invalid, NotFound
from pos.rules.money import exact, minor
from pos.said import said
from pos.store import audit, companies, run_history
from pos.store.companies import Company
from pos.store.db import Store
from pos.store.run_figures import MATCH, MISMATCH, NOT_RUN
from pos.store.run_history import Past

DAYS = 60
FILE_BYTES_MAX = 64 << 20
TEXT_MAX = 2000
#: So far from nought an exit code may be: a byte, or minus a signal.
CODE_MAX = 255
_STATUSES = {MATCH: MATCH, MISMATCH: MISMATCH, NOT_RUN: NOT_RUN, "NOT_RUN": NOT_RUN}
_RELIABILITY = ("", "high", "warning")
_FIELDS = frozenset(
    {
        "company_key", "target_date", "processed_at", "currency", "rows_total", "upload_stats", "reconcile_status",
        "reconcile_reason", "reconcile_epos_total", "reconcile_epos_count", "reconcile_qbo_total",
        "reconcile_qbo_count", "reconcile_difference", "reliability_status", "exit_code", "failure_reason",
        "started_at", "finished_at", "requested_by",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. new, known, older: runs of it; refused: why it was left as it is, "" = it was not."""

    file: Path
    new: int = 0
    known: int = 0
    older: int = 0
    refused: str = ""


@dataclass(slots=True)
class _Names:
    """Companies by what files call them."""

    store: Store
    seen: dict[str, Company] = field(default_factory=dict)

    def of(self, key: str) -> Company:
        if key not in self.seen:
            self.seen[key] = companies.one(self.store, key)
        return self.seen[key]


def files_of(named: Iterable[Path]) -> list[Path]:
    """Files as they are named, and the .json files of folders with all that is below them, in order. NotFound."""
    found: list[Path] = []
    for path in named:
        if not path.exists():
            raise NotFound(said("There is no file or folder {path}.", path=str(path)))
        found += sorted(one for one in path.rglob("*.json") if one.is_file()) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def ingest(store: Store, files: Iterable[Path], days: int, by: str) -> Iterator[Taken]:
    """Take in what these files tell of the last so many days, a file at a time: all of it or nothing."""
    names, since = _Names(store), (clock.now().date() - timedelta(days=days)).isoformat()
    for file in files:
        try:
            past = [_past(one, at, names) for at, one in enumerate(_records(file), 1)]
        except (Invalid, NotFound) as error:
            yield Taken(file, refused=error.message)
            continue
        wanted = [one for one in past if one.day >= since]
        with store.transaction():
            new = sum(run_history.put(store, one) for one in wanted)
            if new:
                told = {"file": file.name, "runs": new, "companies": sorted({one.company for one in wanted})}
                audit.record(store, by, "runs.ingested", "runs", told)
        yield Taken(file, new, len(wanted) - new, len(past) - len(wanted))


# -- one file ----------------------------------------------------------------------------------------------------------


def _records(file: Path) -> list[Mapping[str, Any]]:
    """The runs in a file. Invalid when it is no JSON of this shape."""
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise Invalid(said("It is larger than {n} MB.", n=FILE_BYTES_MAX >> 20), field="file")
        found = json.loads(file.read_bytes(), parse_float=Decimal, parse_constant=_no_number)
    except OSError as error:
        raise Invalid(said("It cannot be read: {why}", why=error.strerror or str(error)), field="file") from error
    except (ValueError, RecursionError) as error:
        raise Invalid(said("It is no JSON: {why}", why=str(error)[:200]), field="file") from error
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise Invalid("It holds neither one run nor a list of them.", field="file")
    return rows


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _past(row: Mapping[str, Any], at: int, names: _Names) -> Past:
    """One run of a file. Invalid and NotFound say which one, and what of it."""
    try:
        return _read(row, names)
    except (ValueError, TypeError) as error:
        raise Invalid(said("Run {n}: {why}", n=at, why=str(error)), field="file") from error
    except NotFound as error:
        raise NotFound(said("Run {n}: {why}", n=at, why=error.message)) from error


def _read(row: Mapping[str, Any], names: _Names) -> Past:
    unknown = sorted(row.keys() - _FIELDS)
    if unknown:
        raise ValueError(f"there is no field {unknown[0][:60]}")
    company = names.of(_text(row, "company_key", 100, needed=True))
    currency = _text(row, "currency", 3) or company.currency
    status = _STATUSES.get(_text(row, "reconcile_status", 20, needed=True).upper())
    if status is None:
        raise ValueError("reconcile_status is MATCH, MISMATCH or NOT RUN")
    reliability = _text(row, "reliability_status", 20)
    if reliability not in _RELIABILITY:
        raise ValueError("reliability_status is high or warning")
    stats = row.get("upload_stats") or {}
    if not isinstance(stats, dict):
        raise ValueError("upload_stats is an object")
    digest = _digest(row)
    epos, qbo = _money(row, "reconcile_epos_total", currency), _money(row, "reconcile_qbo_total", currency)
    told = row.get("reconcile_difference") is not None
    return Past(
        run=str(uuid.uuid5(uuid.NAMESPACE_OID, f"run-history:{digest}")),
        company=company.id,
        day=date.fromisoformat(_text(row, "target_date", 10, needed=True)).isoformat(),
        currency=currency,
        processed_at=_moment(row, "processed_at", needed=True),
        started_at=_moment(row, "started_at"),
        ended_at=_moment(row, "finished_at"),
        requested_by=_text(row, "requested_by", 100),
        exit_code=str(_code(row)),
        words=_text(row, "failure_reason", TEXT_MAX),
        rows=_count(row, "rows_total"),
        epos_total=epos,
        epos_count=_count(row, "reconcile_epos_count"),
        qbo_total=qbo,
        qbo_count=_count(row, "reconcile_qbo_count"),
        uploaded=_count(stats, "uploaded"),
        skipped=_count(stats, "skipped"),
        failed=_count(stats, "failed"),
        status=status,
        reason=_text(row, "reconcile_reason", TEXT_MAX),
        difference=_money(row, "reconcile_difference", currency)
        if told
        else abs(epos - qbo)
        if status == MISMATCH
        else 0,
        warns=status == MISMATCH or reliability == "warning",
        digest=digest,
    )


def _digest(row: Mapping[str, Any]) -> str:
    """Tells a run apart, however its fields are ordered in the file."""
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()


def _text(row: Mapping[str, Any], name: str, longest: int, *, needed: bool = False) -> str:
    value = row.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise ValueError(f"{name} is missing" if value is None else f"{name} is no text")
    if len(value) > longest or any(ord(letter) < 32 and letter not in "\t\n\r" for letter in value):
        raise ValueError(f"{name} is longer than {longest} characters, or holds what no text does")
    return value.strip()


def _moment(row: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = _text(row, name, 60, needed=needed)
    return clock.stamp(clock.parse(value)) if value else ""


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name) or 0
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise ValueError(f"{name} is no count")
    return value


def _code(row: Mapping[str, Any]) -> int:
    value = row.get("exit_code", 0)
    if type(value) is not int or abs(value) > CODE_MAX:
        raise ValueError("exit_code is a whole number")
    return value


def _money(row: Mapping[str, Any], name: str, currency: str) -> int:
    value = row.get(name)
    if value is None:
        return 0
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        raise ValueError(f"{name} is no amount")
    amount = exact(value)
    if abs(amount) >= 10**15:
        raise ValueError(f"{name} is no amount")
    return minor(amount, currency)
