"""What was sold and what came back of it: the facts a return stands on. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from pos.errors import Invalid
from pos.rules import refund
from pos.rules.cart import Against
from pos.store import intake
from pos.store.db import Store


def sold_lines(store: Store, wanted: Iterable[Against]) -> dict[Against, refund.Sold]:
    """The receipt line behind each `Against`, with what earlier returns gave back of it. A receipt that is not on
    this till is left out. NotFound and Invalid as `refund.sold_line` raises them."""
    documents: dict[str, Mapping[str, object] | None] = {}
    found = {}
    for against in wanted:
        if against.id not in documents:
            entered = intake.find(store, against.id)
            documents[against.id] = entered.doc if entered else None
        doc = documents[against.id]
        if doc is None:
            continue
        if doc["series"] != "till":
            raise Invalid(
                f"{doc['invoice_name']} was taken in from elsewhere and cannot be given back line by line.",
                code="imported_receipt",
            )
        found[against] = refund.sold_line(doc, against.line, given_back(store, against))
    return found


def given_back(store: Store, against: Against) -> list[refund.Back]:
    """Every earlier return of one receipt line, as positive figures."""
    rows = store.execute(
        "SELECT qty, net, tax, amount FROM line WHERE against_document = ? AND against_line = ?",
        (against.id, against.line),
    ).fetchall()
    return [refund.Back(Decimal(-qty).scaleb(-3), -net, -tax, -amount) for qty, net, tax, amount in rows]
