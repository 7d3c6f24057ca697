"""Over-returns: more came back of a receipt than was sold on it, because two tills gave it back without knowing.

One till never lets it happen (`sell`); what is taken in from elsewhere is a fact, so it is kept and named, with every
receipt that gave something back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pos.rules import ledger
from pos.said import said
from pos.store import notices
from pos.store.db import Store

REMEDY = said(
    "Compare these receipts with the goods that are there, and with who was paid. Nothing was dropped: settle the "
    "second one in the books by hand."
)
_SOLD = (
    "SELECT item_code, min(item_name), sum(qty) FROM line WHERE document = ? AND qty > 0 GROUP BY item_code ORDER BY 1"
)
_BACK = (
    "SELECT d.number, -sum(l.qty) FROM line l JOIN document d ON d.id = l.document"
    " WHERE l.against_document IN (?, ?) AND l.item_code = ? GROUP BY d.n, d.number, d.created_at"
    " ORDER BY d.created_at, d.n"
)


@dataclass(frozen=True, slots=True)
class Over:
    """One item of a receipt of which too much came back. numbers: the receipts that gave it back, oldest first."""

    document: str
    number: str
    item_name: str
    sold: Decimal
    back: Decimal
    numbers: tuple[str, ...]

    @property
    def words(self) -> str:
        """For a person."""
        gave = self.numbers[0] if self.numbers else ""
        for number in self.numbers[1:]:
            gave = said("{names} and {name}", names=gave, name=number)
        return said(
            "Over-returned: of {sold} {item} on {number} {back} came back, by {names}.",
            sold=_plain(self.sold), item=self.item_name, number=self.number, back=_plain(self.back), names=gave,
        )  # fmt: skip


def of(store: Store, doc: Mapping[str, Any]) -> list[Over]:
    """What this document, or one against it, gave back too much of."""
    found = []
    for key, number in _originals(store, doc):
        for code, name, sold in store.execute(_SOLD, (key,)).fetchall():
            rows = store.execute(_BACK, (key, ledger.unknown_key(number), code)).fetchall()
            back = sum(qty for _number, qty in rows)
            if back > sold:
                numbers = tuple(n for n, _qty in rows)
                found.append(Over(key, number, name, Decimal(sold).scaleb(-3), Decimal(back).scaleb(-3), numbers))
    return found


def tell(store: Store, doc: Mapping[str, Any]) -> list[Over]:
    """Raise a notice for each over-return a document taken in is part of."""
    found = of(store, doc)
    for key in dict.fromkeys(x.document for x in found):
        mine = [x for x in found if x.document == key]
        text = mine[0].words
        for one in mine[1:]:
            text = said("{before} {words}", before=text, words=one.words)
        notices.raise_notice(store, f"over-return:{key}", "needs", text, REMEDY, mine[0].number)
    return found


def _originals(store: Store, doc: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(id, number) of the receipts its lines give back, and of itself, as far as they are here."""
    keys = [doc["id"], *ledger.after(doc)]
    numbers = [row["return_of"].strip().upper() for row in doc["items"] if row.get("return_of")]
    found: dict[str, str] = {}
    for column, values in (("id", keys), ("number", numbers)):
        for value in values:
            found.update(store.execute(f"SELECT id, number FROM document WHERE {column} = ?", (value,)).fetchall())
    return list(found.items())


def _plain(qty: Decimal) -> str:
    return f"{qty.normalize():f}"
