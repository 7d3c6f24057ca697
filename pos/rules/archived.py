"""Archives: how the file of a month is called, which months are over, and what an archive says of itself.

A month may have further files, for receipts of it that came in later: receipts-2026-03.zip, receipts-2026-03-2.zip.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any

from pos.errors import Corrupt, Invalid

FORMAT = 1
_NAME = re.compile(r"receipts-([0-9]{4}-(?:0[1-9]|1[0-2]))(?:-([2-9]|[1-9][0-9]{1,3}))?\.zip\Z")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def name_of(month: str, part: int) -> str:
    """receipts-2026-03.zip for the first file of a month, receipts-2026-03-2.zip for the second."""
    return f"receipts-{month}.zip" if part == 1 else f"receipts-{month}-{part}.zip"


def month_of(name: str) -> str:
    """The month an archive is of, by its name; "" for a file that is none."""
    match = _NAME.match(name)
    return match[1] if match else ""


def part_of(name: str) -> int:
    """Which file of its month an archive is; 0 for a file that is none."""
    match = _NAME.match(name)
    return int(match[2] or 1) if match else 0


def month_end(month: str) -> str:
    """The first day that is no longer in a month: 2026-03 -> 2026-04-01. Of the last month there is, which a till with
    a broken clock can be in, a text behind all of its days."""
    match = _MONTH.match(month)
    if match is None:
        raise ValueError(f"{month!r} is no month")
    year, number = int(match[1]), int(match[2])
    if (year, number) == (date.max.year, date.max.month):
        return f"{month}-99"
    return date(year + number // 12, number % 12 + 1, 1).isoformat()


def boundary(text: str) -> date:
    """The day before which months are meant, from what was typed: 2026-04 or 2026-04-01. Invalid."""
    try:
        return date.fromisoformat(f"{text}-01" if _MONTH.match(text) else text)
    except ValueError:
        raise Invalid(f"{text!r} is no date; write it like 2026-04-01, or 2026-04.", field="before") from None


def over(months: Iterable[str], before: date, today: date) -> list[str]:
    """Those that end before a day, oldest first; never the one `today` is in."""
    return sorted(m for m in months if month_end(m) <= min(before, today.replace(day=1)).isoformat())


# -- what an archive says of itself ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chain:
    """The documents of one series in an archive: how many, and its ends. before: the hash its first one follows."""

    till: str
    series: str
    documents: int
    first: int
    before: str
    last: int
    hash: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The manifest. sums: SHA-256 of the member that lists the SHA-256 of each receipt. receipt_bytes: of all."""

    name: str
    month: str
    made_at: str
    made_by: str
    program: str
    receipts: int
    receipt_bytes: int
    sums: str
    chains: tuple[Chain, ...]
    format: int = field(default=FORMAT)

    def text(self) -> bytes:
        """The member's bytes."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()


def contents_of(body: bytes) -> Contents:
    """Read a manifest. Corrupt, in words, when it is none, or of a newer program."""
    try:
        raw = json.loads(body)
        if not isinstance(raw, dict) or type(raw["format"]) is not int:
            raise ValueError
        if raw["format"] != FORMAT:
            raise Corrupt(f"it has format {raw['format']} and this program reads {FORMAT}")
        chains = tuple(Chain(**_exactly(Chain, one)) for one in raw.pop("chains"))
        found = Contents(**_exactly(Contents, raw, "chains"), chains=chains)
        if (
            not _MONTH.match(found.month)
            or not _DIGEST.match(found.sums)
            or min(found.receipts, found.receipt_bytes) < 0
        ):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Corrupt("its manifest cannot be read") from error
    return found


def _exactly(cls: type, raw: Any, *without: str) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(raw) != {f.name for f in fields(cls)} - set(without):
        raise ValueError
    return dict(raw)


def chains_of(heads: Iterable[tuple[str, str, int, str, str]]) -> tuple[Chain, ...]:
    """What the chains of some documents come to. heads: till, series, sequence, prev_hash and hash of each."""
    found: dict[tuple[str, str], Chain] = {}
    for till, series, sequence, before, digest in sorted(heads):
        held = found.get((till, series))
        if held is None:
            found[till, series] = Chain(till, series, 1, sequence, before, sequence, digest)
        else:
            found[till, series] = Chain(
                till, series, held.documents + 1, held.first, held.before, sequence, digest
            )  # fmt: skip
    return tuple(found[key] for key in sorted(found))


def broken(heads: Iterable[tuple[str, str, int, str, str]]) -> str:
    """The first place where a document does not carry the hash of its neighbour, in words; "" = nowhere.

    Neighbours are those whose numbers follow each other: others lie in other months.
    """
    before: tuple[str, str, int, str] | None = None
    for till, series, sequence, prev, digest in sorted(heads):
        if before is not None and (till, series, sequence - 1) == before[:3] and prev != before[3]:
            return f"number {sequence} of till {till} ({series}) does not follow the one before it"
        before = (till, series, sequence, digest)
    return ""
