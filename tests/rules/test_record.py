"""Records: what a till says about its own documents."""

from __future__ import annotations

from typing import Any

import pytest

from pos.errors import Corrupt
from pos.rules import documents, ledger, receipt, record, shift
from pos.rules.record import Blanking, Lost
from tests.receipts import stamped
from tests.rules.test_receipt_schema import problems, read

A, B = "a" * 64, "b" * 64
MAKER = shift.Maker("cli:ann", "cli:ann", "GBP", "")
NAMED = [{"id": "one", "invoice_name": "T1-000001", "hash": A, "blanked": B}]


def made(block: dict[str, Any], sequence: int = 9) -> tuple[dict[str, Any], bytes]:
    doc = {**shift.blank(record.KIND, "the-record", MAKER), record.KIND: block}
    return stamped(doc, sequence, session="")


def test_a_blanking_names_documents_and_moves_nothing() -> None:
    doc, body = made(record.blank_block("asked for it", "Walk-in", NAMED))
    assert documents.verify(body) == doc
    receipt.check(doc)
    rows = ledger.rows(doc, body)
    assert rows.blankings == (Blanking("one", "the-record", A, B, "Walk-in"),) and rows.lost is None
    assert rows.lines == rows.tenders == rows.movements == [] and ledger.parts(doc) == ()
    assert problems(read(body)) == []


def test_lost_numbers_stand_before_their_record() -> None:
    doc, body = made(record.numbers_block("the disk died", 4711, 12, 7), sequence=4712)
    receipt.check(doc)
    rows = ledger.rows(doc, body)
    assert rows.lost == Lost("the-record", "T1", 4711, 12, 7) and rows.blankings == ()
    assert rows.session is None and problems(read(body)) == []
    with pytest.raises(Corrupt, match="does not stand behind"):
        receipt.check(made(record.numbers_block("the disk died", 4711, 12, 7), sequence=9)[0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": " "}, "no reason"),
        ({"act": "erase"}, "no act of a record"),
        ({"documents": []}, "documents it names are none"),
        ({"documents": NAMED * 2}, "there twice"),
        ({"documents": [{**NAMED[0], "id": "the-record"}]}, "there twice"),
        ({"documents": [{**NAMED[0], "blanked": "x"}]}, "has no hash"),
        ({"customer": ""}, "customer's place"),
        ({"documents": 7}, "missing or wrong"),
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, Any], words: str) -> None:
    block = {**record.blank_block("asked for it", "Walk-in", NAMED), **change}
    with pytest.raises(Corrupt, match=words):
        receipt.check(made(block)[0])


@pytest.mark.parametrize("change", [{"sequence": -1}, {"session": "2"}, {"z": 10**12}])
def test_numbers_are_whole_numbers(change: dict[str, Any]) -> None:
    with pytest.raises(Corrupt, match="are none"):
        receipt.check(made({**record.numbers_block("the disk died", 8, 1, 1), **change})[0])


def test_a_record_that_sells_or_pays_is_refused() -> None:
    doc, _ = made(record.blank_block("asked for it", "Walk-in", NAMED))
    with pytest.raises(Corrupt, match="moves no money"):
        receipt.check({**doc, "payments": [{"mode_of_payment": "Cash", "amount": doc["total"]}]})


def test_only_records_say_anything_of_others() -> None:
    doc, _ = made(record.blank_block("asked for it", "Walk-in", NAMED))
    assert record.blankings({**doc, "kind": "sale"}) == ()
    numbers, _ = made(record.numbers_block("the disk died", 8, 1, 1))
    assert record.lost({**numbers, "kind": "sale"}) is None
    assert record.lost({**numbers, "series": "imported"}) is None
