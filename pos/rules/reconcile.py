"""Till and books side by side: what each document comes to here and there, and what that says of a session or a day.

Pure. The till's figures are made of the documents themselves, the books' of what stands there now; nothing is taken
from sums that were kept along the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pos.rules.money import major, minor

Verdict = Literal["match", "mismatch", "not_run"]

#: What can be wrong with one document: booked otherwise, cancelled there, a draft only, not there, never queued to be
#: sent, and there alone.
WHAT = ("differs", "cancelled", "draft", "missing", "unqueued", "only_there")
#: Goods that are gift vouchers: money owed, no revenue.
VOUCHERS = "Gift vouchers"

Sums = Mapping[str, int]


#: What a comparison is made of: a session, or a business day.
SCOPES = ("session", "day")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one document comes to on one side, in minor units, under the names the books use.

    goods: lines by tax rate ("20%"), gift vouchers under VOUCHERS. taxes: by account or code. tenders: by way to pay,
    change taken off; cash put in or taken out of the drawer is one, too. total: what the document comes to.
    """

    total: int = 0
    goods: Sums = field(default_factory=dict)
    taxes: Sums = field(default_factory=dict)
    tenders: Sums = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON holds it; names that come to nothing are left out."""
        return {"total": self.total, **{part: _kept(getattr(self, part)) for part in PARTS}}


#: The sums of `Figures`, in the order a person reads them, and what they are called.
PARTS = {"tenders": "Way to pay", "taxes": "Tax", "goods": "Goods by tax rate"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One part of a document as both sides have it.

    ours: None when the till does not know it. theirs: None when it is not there. state: of theirs, draft, submitted or
    cancelled; only a submitted one counts. words: the difference, as the books' own comparison says it. why: what is
    known of why it is not there. settled: who settled it by other means, and how, "" = nobody. beyond: the words say of
    something that no tolerance for money lets pass.
    """

    key: str
    document: str
    number: str
    part: str
    session: str
    day: str
    ours: Figures | None
    theirs: Figures | None
    state: str = ""
    remote_id: str = ""
    words: str = ""
    why: str = ""
    settled: str = ""
    unqueued: bool = False
    beyond: bool = False

    @property
    def counted(self) -> Figures | None:
        """Theirs as far as it stands in their books."""
        return self.theirs if self.state == "submitted" else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One document that is not the same on both sides. what: a key of WHAT. words: why, as a clause."""

    pair: Pair
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One sum on both sides. of: "total", or a part of `Figures`."""

    of: str
    name: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a comparison came to. here, there: document parts on each side. within: differences inside the tolerance."""

    verdict: Verdict
    here: int
    there: int
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    within: int


def own(doc: Mapping[str, Any], part: str) -> Figures:
    """What a part comes to by the document alone, for one that cannot be put in the books' terms."""
    currency = doc["currency"]
    if part == "cash":
        paid = {p["mode_of_payment"]: minor(p["amount"], currency) for p in doc["payments"]}
        return Figures(tenders=paid)
    return Figures(sum(minor(i["amount"], currency) for i in doc["items"] if (i["qty"] < 0) == (part == "return")))


def compare(pairs: Iterable[Pair], currency: str, tolerance: int = 0) -> Result:
    """Every document and every sum of them. tolerance: in minor units, for one figure of one document."""
    here = there = within = 0
    sums: dict[tuple[str, str], list[int]] = {("total", ""): [0, 0]}
    findings = []
    for pair in pairs:
        here += pair.ours is not None
        there += pair.counted is not None
        _add(sums, pair.ours, 0)
        _add(sums, pair.counted, 1)
        finding = judge(pair, currency)
        if finding is None:
            continue
        if is_within(finding, tolerance):
            within += 1
        else:
            findings.append(finding)
    order = ["total", *PARTS]
    rows = [Row(of, name, *both) for (of, name), both in sums.items() if of == "total" or any(both)]
    rows.sort(key=lambda row: (order.index(row.of), row.name))
    return Result("mismatch" if findings else "match", here, there, tuple(rows), tuple(findings), within)


def judge(pair: Pair, currency: str) -> Finding | None:
    """What is wrong with one document; None when both sides have the same."""
    what = _what(pair)
    if not what:
        return None
    words = pair.words
    if what == "differs":
        words = words or "; ".join(differences(pair.ours, pair.theirs, currency))
    elif what in ("missing", "unqueued"):
        words = pair.why
    elif what == "only_there":
        words = f"this till has no document {pair.number or pair.key}"
    return Finding(pair, what, words)


def _what(pair: Pair) -> str:
    if pair.ours is None:
        return "only_there" if pair.counted is not None else ""
    if pair.theirs is None:
        return "unqueued" if pair.unqueued else "missing"
    if pair.state != "submitted":
        return "cancelled" if pair.state == "cancelled" else "draft"
    return "differs" if pair.words or not same(pair.ours, pair.theirs) else ""


def same(one: Figures, other: Figures) -> bool:
    """Whether both come to the same under every name."""
    return one.plain() == other.plain()


def differences(ours: Figures | None, theirs: Figures | None, currency: str) -> list[str]:
    """Each figure that differs, in words."""
    found = []
    for (of, name), (here, there) in _sides(ours, theirs).items():
        if here != there:
            found.append(f"{_called(of, name)} is {major(there, currency)}, not {major(here, currency)}")
    return found


def _called(of: str, name: str) -> str:
    if of == "total":
        return "total"
    return {"tenders": f"{name} payment", "taxes": f"tax on {name}"}.get(of, f"goods at {name}")


def _sides(ours: Figures | None, theirs: Figures | None) -> dict[tuple[str, str], list[int]]:
    sums: dict[tuple[str, str], list[int]] = {("total", ""): [0, 0]}
    _add(sums, ours, 0)
    _add(sums, theirs, 1)
    return sums


def _add(sums: dict[tuple[str, str], list[int]], figures: Figures | None, side: int) -> None:
    if figures is None:
        return
    sums["total", ""][side] += figures.total
    for part in PARTS:
        for name, amount in getattr(figures, part).items():
            sums.setdefault((part, name), [0, 0])[side] += amount


def is_within(finding: Finding, tolerance: int) -> bool:
    """A difference of money no larger than is let pass; anything else is none."""
    if (
        not tolerance
        or finding.what != "differs"
        or finding.pair.beyond
        or same(finding.pair.ours or Figures(), finding.pair.theirs or Figures())
    ):
        return False
    both = _sides(finding.pair.ours, finding.pair.theirs).values()
    return max(abs(here - there) for here, there in both) <= tolerance


def _kept(sums: Sums) -> dict[str, int]:
    return {name: amount for name, amount in sorted(sums.items()) if amount}
