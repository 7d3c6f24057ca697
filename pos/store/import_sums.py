"""What the rows of exports of another till come to, for those who hold them against what was made of them."""

from __future__ import annotations

from pos.rules.reconcile import Figures
from pos.store.db import Store

_BY_RATE = "SELECT rate, sum(gross), sum(tax) FROM import_row WHERE bundle = ? AND gone_in = 0 GROUP BY rate"


def of_document(store: Store, root: int) -> Figures:
    """What the rows a document was made of come to now, without a sign, as in the document. A row that a later export
    has no more is not among them."""
    with store.reading():
        rows = store.execute(_BY_RATE, (root,)).fetchall()
    sign = -1 if sum(int(gross) for _, gross, _ in rows) < 0 else 1
    taxes = {rate: sign * int(tax) for rate, _, tax in rows if tax}
    return Figures(sign * sum(int(gross) for _, gross, _ in rows), {}, taxes)
