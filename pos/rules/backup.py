"""Copies of the till: names of snapshots, what a manifest says, which ones are kept, and the name of a restored till.

Everything here is figured out of names and numbers alone, so what is deleted at a place never depends on its clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from pos.errors import Corrupt, Invalid

FORMAT = 1
SUFFIX = ".tkb"
#: Members of an archive, in their order; receipts follow.
MANIFEST, SUMS, CONFIG, DATABASE, SECRETS = "manifest.json", "SHA256SUMS", "config.ini", "data/till.db", ".env"
RECEIPTS = "invoices/"

_NAME = re.compile(r"([A-Za-z0-9]{1,8})-([0-9]{8}T[0-9]{6}Z)\.tkb\Z")
_STAMP = "%Y%m%dT%H%M%SZ"
_TILL = re.compile(r"[A-Za-z0-9]{1,8}\Z")
_RECEIPT = re.compile(r"invoices/([0-9]{4}-[0-9]{2}-[0-9]{2})/[A-Za-z0-9][A-Za-z0-9_-]{0,119}\.json\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
#: Letters and digits nobody mistakes for another; behind the R of a restored till.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_RESTORED = re.compile(r"(.+?)R[2-9A-HJKMNP-Z]{3}\Z")
_TILL_CHARS_MAX = 8


# -- names -----------------------------------------------------------------------------------------------------------


def name_of(till: str, moment: datetime) -> str:
    """The file name of a snapshot: T1-20261121T145102Z.tkb."""
    return f"{till}-{moment.astimezone(UTC):{_STAMP}}{SUFFIX}"


def made_at(name: str) -> datetime | None:
    """When a snapshot was made, by its name; None for a file that is none."""
    match = _NAME.match(name)
    try:
        return datetime.strptime(match[2], _STAMP).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def till_of(name: str) -> str:
    """The till a snapshot is of, by its name; "" for a file that is none."""
    match = _NAME.match(name)
    return match[1] if match and made_at(name) else ""


def is_till(till: str) -> bool:
    """Whether a word may be the id of a till."""
    return bool(_TILL.match(till))


def is_member(name: str) -> bool:
    """Whether an archive may hold a file of this name. Anything else (paths upwards, devices, links) is refused."""
    return name in (MANIFEST, SUMS, CONFIG, DATABASE, SECRETS) or is_receipt(name)


def is_receipt(name: str) -> bool:
    """Whether a member is a receipt, in a folder of its day."""
    return bool(_RECEIPT.match(name))


def successor(till: str, used: Iterable[str], letter: Callable[[Sequence[str]], str]) -> str:
    """A new id for a till that was restored: T1 -> T1R7KQ, one that is not in `used`.

    letter: picks one of the letters given, so that two restores of one snapshot do not come to the same id.
    """
    taken = {one.upper() for one in used}
    base = _base(till)
    for _ in range(10_000):
        found = f"{base}R{''.join(letter(LETTERS) for _ in range(3))}"
        if found.upper() not in taken and found.upper() != till.upper():
            return found
    raise Invalid("No free till id was found; give one with --till.", field="till")


def same_line(one: str, other: str) -> bool:
    """Whether two ids are surely of one till, before and after restores: T1, T1R7KQ. An id of four characters or more
    may have been cut by a restore (STORE1 and STORE2 both become STORR…), so there only the very same one is."""
    if one.upper() == other.upper():
        return True
    base = _base(one).upper()
    return base == _base(other).upper() and len(base) < _TILL_CHARS_MAX - 4


def _base(till: str) -> str:
    match = _RESTORED.match(till)
    return (match[1] if match else till)[: _TILL_CHARS_MAX - 4]


# -- what is kept ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keep:
    """How many hours, days, weeks and months keep one snapshot each, counted from the newest that has one."""

    hours: int
    days: int
    weeks: int
    months: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A snapshot at a place. verified: it was restored aside and was whole."""

    name: str
    verified: bool


def _hour(at: datetime) -> str:
    return f"{at:%Y%m%d%H}"


def _day(at: datetime) -> str:
    return f"{at:%Y%m%d}"


def _week(at: datetime) -> str:
    return f"{at:%G%V}"


def _month(at: datetime) -> str:
    return f"{at:%Y%m}"


def expired(stored: Iterable[Stored], keep: Keep) -> list[str]:
    """Names that may be deleted, oldest first.

    Of each hour, day, week and month that counts one is kept: its newest verified, else its newest. The newest of all
    and the newest verified are never named, nor is a file that is no snapshot.
    """
    dated = [(at, one) for one in stored if (at := made_at(one.name)) is not None]
    dated.sort(key=lambda pair: (pair[0], pair[1].name), reverse=True)
    kept = {one.name for _at, one in dated[:1]} | {one.name for _at, one in [p for p in dated if p[1].verified][:1]}
    for count, bucket in ((keep.hours, _hour), (keep.days, _day), (keep.weeks, _week), (keep.months, _month)):
        best: dict[str, Stored] = {}
        for at, one in dated:
            held = best.get(bucket(at))
            if held is None or (one.verified and not held.verified):
                best[bucket(at)] = one
        kept |= {best[key].name for key in sorted(best, reverse=True)[:count]}
    return [one.name for _at, one in reversed(dated) if one.name not in kept]


# -- the manifest ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one chain: its last document."""

    till: str
    series: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Total:
    """What the documents of one currency come to, in minor units."""

    currency: str
    documents: int
    total: int
    tax: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted in a database, so that two of them can be compared. mark: its newest document's place."""

    mark: int
    documents: int
    lines: int
    sessions: int
    outbox: int
    audit_rows: int
    audit_head: str
    heads: tuple[Head, ...]
    totals: tuple[Total, ...]

    def differences(self, other: Figures) -> list[str]:
        """What is not the same there, in words."""
        return [
            f"{f.name} should be {_shown(getattr(self, f.name))} and is {_shown(getattr(other, f.name))}"
            for f in fields(self)
            if getattr(self, f.name) != getattr(other, f.name)
        ]


def _shown(value: Any) -> str:
    text = json.dumps(value, default=asdict) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot says of itself, first in the archive.

    sums: SHA-256 of the member that lists the SHA-256 of each other one. sizes: bytes of each member that is no
    receipt. receipts, receipt_bytes: how many there are, and all of them together.
    """

    name: str
    till: str
    store: str
    made_at: str
    program: str
    tables: int
    encrypted: bool
    sums: str
    sizes: Mapping[str, int]
    receipts: int
    receipt_bytes: int
    figures: Figures
    format: int = field(default=FORMAT)

    @property
    def size(self) -> int:
        """Bytes of all members but the manifest itself, unpacked."""
        return sum(self.sizes.values()) + self.receipt_bytes

    def text(self) -> bytes:
        """The member's bytes."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()


def manifest_of(body: bytes) -> Manifest:
    """Read a manifest. Corrupt, in words, when it is none, or of a newer program."""
    try:
        raw = json.loads(body)
        if not isinstance(raw, dict) or type(raw["format"]) is not int:
            raise ValueError
        if raw["format"] != FORMAT:
            raise Corrupt(
                f"the snapshot has format {raw['format']} and this program reads {FORMAT}; use the program that made it"
            )
        inner = _exactly(Figures, raw.pop("figures"))
        heads = tuple(Head(**_exactly(Head, one)) for one in inner.pop("heads"))
        totals = tuple(Total(**_exactly(Total, one)) for one in inner.pop("totals"))
        found = Manifest(**_exactly(Manifest, raw, "figures"), figures=Figures(**inner, heads=heads, totals=totals))
        _check(found)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Corrupt("its manifest cannot be read") from error
    return found


def _exactly(cls: type, raw: Any, *without: str) -> dict[str, Any]:
    wanted = {f.name for f in fields(cls)} - set(without)
    if not isinstance(raw, dict) or set(raw) != wanted:
        raise ValueError
    return dict(raw)


def _check(found: Manifest) -> None:
    numbers = [found.tables, found.receipts, found.receipt_bytes, *found.sizes.values()]
    if any(type(n) is not int or n < 0 for n in numbers) or not _DIGEST.match(found.sums):
        raise ValueError
    if not _TILL.match(found.till) or not _NAME.match(found.name) or till_of(found.name) != found.till:
        raise ValueError
    if not {SUMS, DATABASE} <= set(found.sizes) <= {SUMS, DATABASE, CONFIG, SECRETS}:
        raise ValueError


def sums_text(digests: Iterable[tuple[str, str]]) -> bytes:
    """(member, SHA-256) of each as `sha256sum -c` reads them."""
    return "".join(f"{digest}  {name}\n" for name, digest in digests).encode()


def sums_of(body: bytes) -> dict[str, str]:
    """Member -> SHA-256. Corrupt when a line is none, or a member may not be in an archive."""
    found: dict[str, str] = {}
    try:
        for line in body.decode("ascii").splitlines():
            digest, _, name = line.partition("  ")
            if not _DIGEST.match(digest) or not is_member(name) or name in found:
                raise ValueError
            found[name] = digest
    except ValueError:
        raise Corrupt("its list of checksums cannot be read") from None
    return found
