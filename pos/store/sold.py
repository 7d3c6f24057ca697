"""What was sold and what came back of it, here and as far as the hub told of other tills: the facts a return stands on.
Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.errors import Invalid
from pos.rules import ledger, refund
from pos.rules.cart import Against
from pos.said import said
from pos.store import foreign, intake
from pos.store.db import Store


def sold_lines(store: Store, wanted: Iterable[Against]) -> dict[Against, refund.Sold]:
    """The receipt line behind each `Against`, with what earlier returns gave back of it. A receipt that is not on
    this till, nor a copy of another one's, is left out. NotFound and Invalid as `refund.sold_line` raises them."""
    documents: dict[str, Mapping[str, object] | None] = {}
    found = {}
    for against in wanted:
        if against.id not in documents:
            entered = intake.find(store, against.id)
            documents[against.id] = entered.doc if entered else foreign.find(store, against.id)
        doc = documents[against.id]
        if doc is None:
            continue
        if doc["series"] == "imported":
            raise Invalid(
                said(
                    "{number} was taken in from elsewhere and cannot be given back line by line.",
                    number=doc["invoice_name"],
                ),
                code="imported_receipt",
            )
        found[against] = refund.sold_line(doc, against.line, given_back(store, against))
    return found


@dataclass(frozen=True, slots=True)
class Earlier:
    """One line that came back before. qty and amount as its receipt has them: negative."""

    number: str
    created_at: str
    line: str
    item_code: str
    item_name: str
    qty: Decimal
    amount: int


_EARLIER = (
    "SELECT d.number, d.created_at, l.against_line, l.item_code, l.item_name, l.qty, l.amount FROM line l"
    " JOIN document d ON d.id = l.document WHERE l.against_document = ? ORDER BY d.n, l.position"
)


def returns_of(store: Store, document: str) -> list[Earlier]:
    """Every line that came back of a receipt, oldest first."""
    rows = store.execute(_EARLIER, (document,)).fetchall()
    elsewhere = [
        (x.number, x.created_at, x.against_line, x.item_code, x.item_name, x.qty, x.amount)
        for x in foreign.lines_back(store, document)
    ]
    return [Earlier(number, at, line, code, name, Decimal(qty).scaleb(-3), amount)
            for number, at, line, code, name, qty, amount in [*rows, *elsewhere]]  # fmt: skip


def on_unknown(store: Store, number: str) -> list[Earlier]:
    """What came back on the number of a receipt this till does not know."""
    return returns_of(store, ledger.unknown_key(number))


def came_in(store: Store, document: str) -> list[refund.Came]:
    """How a receipt was paid and what of it went back; nothing for a receipt that is not here."""
    found = intake.find(store, document)
    doc = found.doc if found is not None else foreign.find(store, document)
    if doc is None:
        return []
    ids = [row[0] for row in store.execute(
        "SELECT DISTINCT document FROM line WHERE against_document = ?", (document,))]  # fmt: skip
    others = [entered.doc for key in ids if (entered := intake.find(store, key)) is not None]
    return refund.came_in(doc, [*others, *(copy.doc for copy in foreign.given_back(store, document))])


def document(store: Store, key: str) -> dict[str, Any] | None:
    """The document with this id or number, our own before an imported twin, else the copy of another till's; None when
    it is not here."""
    found = intake.find(store, key)
    if found is None:
        row = store.execute(
            "SELECT id FROM document WHERE number IN (?, ?)"
            " ORDER BY series = 'till' DESC, series = 'recovered' AND kind = 'return', n DESC LIMIT 1",
            (key, key.upper()),
        ).fetchone()
        found = intake.find(store, row[0]) if row else None
    return found.doc if found else foreign.find(store, key)


def pieces_back(store: Store, document: str) -> Decimal:
    """How many pieces of a receipt came back, whatever they were. Positive."""
    row = store.execute("SELECT coalesce(sum(qty), 0) FROM line WHERE against_document = ?", (document,)).fetchone()
    return Decimal(-row[0] - sum(x.qty for x in foreign.lines_back(store, document))).scaleb(-3)


def voided_by(store: Store, document: str) -> str | None:
    """The number of the document that voided this one."""
    row = store.execute(
        "SELECT d.number FROM line l JOIN document d ON d.id = l.document WHERE l.against_document = ?"
        " AND d.kind = 'void' LIMIT 1",
        (document,),
    ).fetchone()
    if row is None:
        return next((x.number for x in foreign.lines_back(store, document) if x.kind == "void"), None)
    return str(row[0])


def given_back(store: Store, against: Against) -> list[refund.Back]:
    """Every earlier return of one receipt line, as positive figures."""
    rows = store.execute(
        "SELECT qty, net, tax, amount FROM line WHERE against_document = ? AND against_line = ?",
        (against.id, against.line),
    ).fetchall()
    elsewhere = [x[-4:] for x in foreign.lines_back(store, against.id) if x.against_line == against.line]
    return [refund.Back(Decimal(-qty).scaleb(-3), -net, -tax, -amount) for qty, net, tax, amount in [*rows, *elsewhere]]
