"""What is left of a receipt when its customer is taken out."""

from __future__ import annotations

from pos.rules import documents, ledger, receipt
from pos.rules.blanking import blanked
from tests.receipts import line, sale, stamped
from tests.rules.test_receipt_schema import problems, read


def test_names_and_notes_go_and_everything_else_stays() -> None:
    doc, _ = stamped(sale(line("A", note="for Jane"), line("B"), customer="JANE", note="call Jane"))
    left, body = blanked(doc, "rec", "Walk-in Customer")
    assert b"JANE" not in body and b"Jane" not in body
    assert documents.verify(body) == left
    receipt.check(left)
    assert {k for k in doc if left[k] != doc[k]} == {"customer", "note", "items", "hash"}
    assert [{**row, "note": ""} for row in doc["items"]] == left["items"]
    assert left["blanked"] == {
        "hash": doc["hash"], "record": "rec", "fields": ["customer", "note", f"items.{doc['items'][0]['line']}.note"],
    }  # fmt: skip
    assert problems(read(body)) == []


def test_the_rows_are_those_of_the_original_under_the_hash_it_is_chained_with() -> None:
    doc, body = stamped(sale(customer="JANE"))
    left, after = blanked(doc, "rec", "Walk-in Customer")
    was, now = ledger.rows(doc, body), ledger.rows(left, after)
    assert (now.lines, now.tenders, now.movements, now.session) == (was.lines, was.tenders, was.movements, was.session)
    changed = {c for c, a, b in zip(ledger.DOCUMENT, was.document, now.document, strict=True) if a != b}
    assert changed == {"customer", "body"}
    assert ledger.chain_hash(left) == doc["hash"] != left["hash"]


def test_it_comes_out_the_same_wherever_it_is_done() -> None:
    doc, body = stamped(sale(customer="JANE", note="x"))
    again = documents.decode(body)
    assert blanked(doc, "rec", "W")[1] == blanked(again, "rec", "W")[1]
    assert blanked(doc, "rec", "W")[1] != blanked(doc, "other", "W")[1]


def test_the_whole_of_an_older_receipt_goes() -> None:
    doc, _ = stamped(sale(customer="JANE", older={"customer": "Jane", "phone": "1"}))
    left, body = blanked(doc, "rec", "W")
    assert left["older"] == {} and "older" in left["blanked"]["fields"] and b"Jane" not in body
