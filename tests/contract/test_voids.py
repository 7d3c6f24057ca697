"""A voided sale stands in the books twice: as the sale, and as the return of all of it, equal to the penny."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pos import clock
from pos.rules import documents, receipt, void
from pos.store.sold import pieces_back
from tests.contract.tills import till


@pytest.mark.parametrize("seed", range(4))
def test_a_void_is_booked_as_the_whole_return_of_its_sale(tmp_path: Path, seed: int) -> None:
    with till(tmp_path, seed=seed) as here:
        voided = 0
        for sold in here.sell(8):
            body = here.store.execute("SELECT body FROM document WHERE id = ?", (sold,)).fetchone()[0]
            doc = documents.decode(body.encode())
            if void.refusal(doc, doc["session"], pieces_back(here.store, sold)):  # an exchange, or given back by one
                continue
            voided += 1
            made = void.document(doc, clock.uuid7(), "Wrong items", "", {"code": "9", "name": "Cleo"})
            receipt.check(made)
            saved = here.journal.commit(made).doc
            for _ in range(4):
                here.round()
                here.later(60)
            assert here.row(sold).state == "booked"
            row = here.row(saved["id"], "return")
            assert row.state == "booked", (row.code, row.message, row.difference)
            sale, back = (here.invoices(key)[0] for key in (sold, saved["id"]))
            assert back["is_return"] == 1
            assert back["return_against"] == sale["name"]
            assert Decimal(str(sale["grand_total"])) == -Decimal(str(back["grand_total"]))
        assert voided
