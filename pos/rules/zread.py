"""The report of a session: what an X shows and a Z keeps. All its figures follow from the session's documents.

`Facts` come from SQL (`store.shifts`) or from the documents themselves (`facts_of`); `report` makes of them the block
a Z document holds, in exact Decimals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pos.errors import Corrupt
from pos.rules import ledger, shift
from pos.rules.count import Difference, Piece
from pos.rules.money import major, minor
from pos.rules.takings import DRAWER, Sums, figures
from pos.rules.zpaper import Words, lines

__all__ = [
    "Facts",
    "Given",
    "Words",
    "check",
    "count_block",
    "facts_of",
    "given_of",
    "lines",
    "made_again",
    "name_of",
    "report",
    "with_count",
]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a session's documents.

    moved: the documents of the drawer in their order. names: of the cashiers, as their last document has it. missing:
    sequences between first and last that are not here.
    """

    session: str
    till: str
    store: str
    currency: str
    business_day: str
    opened_at: str
    opened_by: Mapping[str, str]
    first_sequence: int
    last_sequence: int
    first_number: str
    last_number: str
    documents: int
    missing: tuple[int, ...]
    sums: Sums
    moved: tuple[Mapping[str, Any], ...]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """What a report is told from beside the documents; a Z keeps it, so that it can be made again.

    number: of the Z, None for an X. late: documents that came in after the Z of their own session.
    """

    number: int | None = None
    branch: str = ""
    till_name: str = ""
    held: int = 0
    void_lines: int = 0
    void_amount: int = 0
    late: tuple[Mapping[str, Any], ...] = ()
    count: Mapping[str, Any] | None = None
    counts: tuple[Mapping[str, Any], ...] = ()


def with_count(given: Given, number: int, count: Mapping[str, Any], counts: tuple[Mapping[str, Any], ...]) -> Given:
    """What a Z is told more than an X: its number, and how the drawer was counted."""
    return replace(given, number=number, count=count, counts=counts)


def name_of(number: int) -> str:
    """What people call a Z: Z0187."""
    return f"Z{number:04d}"


def facts_of(documents: Sequence[tuple[Mapping[str, Any], bytes]]) -> Facts:
    """The same from the decoded documents of one session, in their order; the Z itself is not one of them."""
    assert documents, "a session has at least one document"
    sums = Sums()
    moved: list[Mapping[str, Any]] = []
    names: dict[str, str] = {}
    for doc, body in documents:
        sums.take(ledger.rows(doc, body))
        names[doc["cashier"]["code"]] = doc["cashier"]["name"]
        if doc["kind"] in shift.KINDS:
            moved.append(doc)
    first, last = documents[0][0], documents[-1][0]
    here = {doc["sequence"] for doc, _ in documents}
    traded = [doc["invoice_name"] for doc, _ in documents if doc["kind"] not in DRAWER]
    return Facts(
        session=first["session"],
        till=first["till"],
        store=first["store"],
        currency=first["currency"],
        business_day=first["business_day"],
        opened_at=first["created_at"],
        opened_by=first["cashier"],
        first_sequence=first["sequence"],
        last_sequence=last["sequence"],
        first_number=traded[0] if traded else "",
        last_number=traded[-1] if traded else "",
        documents=len(documents),
        missing=tuple(n for n in range(first["sequence"], last["sequence"]) if n not in here),
        sums=sums,
        moved=tuple(moved),
        names=names,
    )


# -- the report ------------------------------------------------------------------------------------------------------


def report(facts: Facts, given: Given) -> dict[str, Any]:
    """The block `z` of a Z document; an X is the same with `number` null and no count."""
    cur = facts.currency
    block: dict[str, Any] = {
        "number": given.number,
        "name": name_of(given.number) if given.number is not None else "",
        "branch": given.branch,
        "till_name": given.till_name,
        "session": facts.session,
        "business_day": facts.business_day,
        "opened_at": facts.opened_at,
        "opened_by": {"code": facts.opened_by["code"], "name": facts.opened_by["name"]},
        "first_number": facts.first_number,
        "last_number": facts.last_number,
        "first_sequence": facts.first_sequence,
        "last_sequence": facts.last_sequence,
        "documents": facts.documents,
        "missing": list(facts.missing),
    }
    block |= figures(facts.sums, facts.names, cur, given.void_lines, given.void_amount)
    block["cash"] = _cash(facts)
    block["float_corrections"] = sum(1 for d in facts.moved if d["kind"] == "float" and d["correction"])
    block["held"] = given.held
    block["late"] = [dict(x) for x in given.late]
    block["count"] = dict(given.count) if given.count is not None else None
    block["counts"] = [dict(x) for x in given.counts]
    return block


#: Figures a Z has had since vouchers are kept here; those closed before say nothing of them.
_LATER = ("by_hand", "expired", "exposure")


def made_again(kept: Mapping[str, Any], facts: Facts, cur: str) -> dict[str, Any]:
    """The block of a saved Z from its documents as they are now; equal to `kept` while nothing was changed. A figure
    that an older Z does not have is left out where it comes to nothing."""
    again = report(facts, given_of(kept, cur))
    vouchers = again["vouchers"]
    for name in _LATER:
        figure = vouchers[name]
        if name not in kept["vouchers"] and not (figure["count"] if isinstance(figure, Mapping) else figure):
            del vouchers[name]
    return again


def _cash(facts: Facts) -> dict[str, Any]:
    """How the expected cash comes about. Its parts add up to `expected`, which is the one formula over all tenders."""
    cur = facts.currency
    parts = {"float": 0, "given": 0, "change": 0, "refunds": 0, "paid_in": 0, "paid_out": 0, "drops": 0}
    for (_day, kind, tender, _mode, side), (_n, amount, change) in facts.sums.tenders.items():
        if tender != "cash":
            continue
        name = ("given" if side > 0 else "refunds") if kind not in DRAWER else "drops" if kind == "drop" else str(kind)
        parts[name] += amount
        parts["change"] -= change
    moved = [
        {
            "kind": "float_correction" if d["kind"] == "float" and d["correction"] else d["kind"],
            "number": d["invoice_name"],
            "at": d["created_at"],
            "by": d["cashier"]["name"],
            "amount": d["cash"]["amount"],
            "reason": d["cash"]["reason"],
        }
        for d in facts.moved
    ]
    expected = shift.expected_cash((k[2], v[1], v[2]) for k, v in facts.sums.tenders.items())
    return {**{k: major(v, cur) for k, v in parts.items()}, "expected": major(expected, cur), "movements": moved}


# -- the count -------------------------------------------------------------------------------------------------------


def count_block(
    rows: Sequence[Difference], pieces: Sequence[Piece], cur: str, *, key: str, at: str, by: str, reason: str,
    note: str, approved_by: str,
) -> dict[str, Any]:  # fmt: skip
    """The count a Z closes with; `key` is the stored count's id."""
    return {
        "id": key,
        "at": at,
        "by": by,
        "pieces": [{"value": major(p.value, cur), "pieces": p.pieces, "amount": major(p.amount, cur)} for p in pieces],
        "rows": [
            {
                "name": r.name,
                "kind": r.kind,
                "expected": major(r.expected, cur),
                "counted": None if r.counted is None else major(r.counted, cur),
                "difference": major(r.amount, cur),
            }
            for r in rows
        ],
        "variance": major(rows[0].amount, cur),
        "reason": reason,
        "note": note,
        "approved_by": approved_by,
    }


# -- a Z document ----------------------------------------------------------------------------------------------------


def given_of(z: Mapping[str, Any], cur: str) -> Given:
    """What a Z was told from beside the documents, to make it again."""
    return Given(
        number=z["number"],
        branch=z["branch"],
        till_name=z["till_name"],
        held=z["held"],
        void_lines=z["voids"]["lines"],
        void_amount=minor(z["voids"]["lines_amount"], cur),
        late=tuple(z["late"]),
        count=z["count"],
        counts=tuple(z["counts"]),
    )


def closes_other(doc: Mapping[str, Any]) -> bool:
    """Whether a Z is of a session its till had under an id of before: then it stands in no session itself."""
    named = (doc.get("z") or {}).get("session")
    return isinstance(named, str) and not named.startswith(f"{doc['till']}-S")


def check(doc: Mapping[str, Any]) -> None:
    """Prove a Z: it sells nothing, and its figures add up. Corrupt says what does not."""
    cur, z = doc["currency"], doc["z"]
    shift.check_sells_nothing(doc)
    if doc["payments"] or doc["total"]:
        raise Corrupt("a Z moves no money", field="payments")
    other = closes_other(doc)
    if type(z["number"]) is not int or z["number"] < 1 or doc["session"] != ("" if other else z["session"]):
        raise Corrupt("it has no number, or is of another session", field="z")
    size = z["last_sequence"] - z["first_sequence"] + 1
    if z["documents"] != size - len(z["missing"]) or (doc["sequence"] <= z["last_sequence"] and not other):
        raise Corrupt("it does not count the documents it says", field="z")
    gross, total, rounding = (minor(z[k], cur) for k in ("gross", "total", "rounding"))
    vouchers = minor(z["vouchers"]["issued"]["amount"], cur)
    for name in ("taxes", "groups"):
        if sum(minor(row["gross"], cur) for row in z[name]) != gross:
            raise Corrupt(f"its {name} do not add up to its gross", field="z")
    for name, key in (("tenders", "net"), ("cashiers", "total"), ("days", "total")):
        if sum(minor(row[key], cur) for row in z[name]) != total:
            raise Corrupt(f"its {name} do not add up to its total", field="z")
    if gross + vouchers + rounding != total:
        raise Corrupt("gross, vouchers and rounding do not add up to its total", field="z")
    cash = z["cash"]
    parts = ("float", "given", "change", "refunds", "paid_in", "paid_out", "drops")
    if sum(minor(cash[k], cur) for k in parts) != minor(cash["expected"], cur):
        raise Corrupt("its expected cash is not the sum of its parts", field="z")
