"""What the rows of exports of another till come to, for those who hold them against what was made of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from pos.rules.reconcile import Figures
from pos.store.db import Store

_BY_RATE = (
    "SELECT rate, sum(CASE WHEN kind = 'refund' THEN -gross ELSE gross END),"
    " sum(CASE WHEN kind = 'refund' THEN -tax ELSE tax END) FROM import_row WHERE bundle = ? AND gone_in = 0"
    " GROUP BY rate"
)
_LOOSE = (
    "SELECT tender, rate, count(*), sum(gross), sum(tax) FROM import_row"
    " WHERE company = ? AND day = ? AND bundle = 0 AND gone_in = 0 GROUP BY tender, rate"
)
#: The newest line of a single piece of each item: of several nobody says whether a cost is of one or of all.
_COSTS = (
    "SELECT r.item, r.name, r.cost FROM import_row r WHERE r.n IN (SELECT max(n) FROM import_row WHERE company = ?"
    " AND qty = 1000 AND cost > 0 AND gone_in = 0 AND day >= ? GROUP BY item, name) ORDER BY r.item, r.name"
)
#: Days before the newest sale that an item's cost is looked for.
COST_DAYS = 31


class Rows(NamedTuple):
    """Rows of a day, and what they come to; what was given back below nothing."""

    many: int
    figures: Figures


def loose(store: Store, company: str, day: str) -> Rows:
    """Those of a day that are in no document for the books."""
    with store.reading():
        found = store.execute(_LOOSE, (company, day)).fetchall()
    tenders, taxes = dict[str, int](), dict[str, int]()
    for tender, rate, _, gross, tax in found:
        tenders[tender] = tenders.get(tender, 0) + int(gross)
        if tax:
            taxes[rate] = taxes.get(rate, 0) + int(tax)
    return Rows(sum(int(row[2]) for row in found), Figures(sum(tenders.values()), {}, taxes, tenders))


def costs(store: Store, company: str) -> list[tuple[str, str, int]]:
    """Code, name and cost of one piece, in minor units, of the items a company's exports tell it of lately."""
    with store.reading():
        newest = store.execute("SELECT max(day) FROM import_row WHERE company = ?", (company,)).fetchone()[0]
        if not newest:
            return []
        since = (date.fromisoformat(newest) - timedelta(days=COST_DAYS)).isoformat()
        rows = store.execute(_COSTS, (company, since)).fetchall()
    return [(item or name, name, int(cost)) for item, name, cost in rows]


def of_document(store: Store, root: int) -> Figures:
    """What the rows a document was made of come to now, without a sign, as in the document. A row that a later export
    has no more is not among them."""
    with store.reading():
        rows = store.execute(_BY_RATE, (root,)).fetchall()
    return Figures(sum(int(gross) for _, gross, _ in rows), {}, {rate: int(tax) for rate, _, tax in rows if tax})
