"""What follows from a document alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos.errors import Corrupt
from pos.rules import ledger
from tests.receipts import line, refund, sale, stamped


def column(columns: tuple[str, ...], row: tuple[Any, ...], name: str) -> Any:
    return row[columns.index(name)]


def test_a_sale_gives_its_document_lines_tender_and_movements_in_minor_units_and_thousandths() -> None:
    doc, body = stamped(sale(line("A", 2, "12.00", line="l1"), line("B", 1, "0.10", line="l2"), given="30.00"))
    rows = ledger.rows(doc, body)
    assert dict(zip(ledger.DOCUMENT, rows.document, strict=True)) == {
        "id": doc["id"], "kind": "sale", "till": "T1", "store": "main", "series": "till", "sequence": 1,
        "number": "T1-000001", "path": "2026-11-21/T1-000001.json", "created_at": "2026-11-21T14:32:07.123+00:00",
        "business_day": "2026-11-21", "session": "T1-S000001", "cashier": "C1", "customer": "Walk-in Customer",
        "currency": "GBP", "total": 2410, "tax": 402, "hash": doc["hash"], "prev_hash": "0" * 64, "body": body.decode(),
    }  # fmt: skip
    assert rows.lines == [
        (doc["id"], "l1", 1, "A", "Item A", "Shoes", 2000, 1200, 2400, 2000, 400, "V20", 0, None, None, "20", "", 0),
        (doc["id"], "l2", 2, "B", "Item B", "Shoes", 1000, 10, 10, 8, 2, "V20", 0, None, None, "20", "", 0),
    ]
    assert rows.tenders == [(doc["id"], 1, "cash", "Cash", 3000, 590, "")]
    assert rows.movements == [(doc["id"], 1, "A", "Stores - TS", -2000), (doc["id"], 2, "B", "Stores - TS", -1000)]
    assert rows.session == (
        "T1-S000001", "T1", 1, doc["created_at"], "C1", "2026-11-21", None, 1, 1, None, None, None, None,
    )  # fmt: skip
    assert rows.closing is None


def test_what_is_not_stocked_moves_nothing() -> None:
    doc, body = stamped(sale(line("SERVICE", stocked=False)))
    assert ledger.rows(doc, body).movements == []


def test_a_return_brings_goods_back_and_names_what_it_returns() -> None:
    sold, _ = stamped(sale(line("A", 2, "12.00", line="l1")))
    doc, body = stamped(refund(sold), 2)
    rows = ledger.rows(doc, body)
    assert column(ledger.DOCUMENT, rows.document, "total") == -2400
    assert rows.movements == [(doc["id"], 1, "A", "Stores - TS", 2000)]
    back = dict(zip(ledger.LINE, rows.lines[0], strict=True))
    assert (back["against_document"], back["against_line"]) == (sold["id"], "l1")
    assert ledger.after(doc) == [sold["id"]]


def test_the_discount_of_a_line_is_its_own_and_its_share_of_the_sales() -> None:
    given = {"kind": "amount", "value": Decimal(2), "reason": "worn", "amount": Decimal("2.00")}
    doc, body = stamped(sale(line(discount=given, sale_discount=Decimal("0.50"))))
    assert column(ledger.LINE, ledger.rows(doc, body).lines[0], "discount") == 250


@pytest.mark.parametrize(
    ("quantities", "kind", "parts"),
    [
        ([1], "sale", ("sale",)),
        ([-1], "return", ("return",)),
        ([1, -2], "sale", ("sale", "return")),
        ([-2, 1], "return", ("sale", "return")),
        ([1], "no_sale", ()),
        ([], "z", ()),
    ],
)
def test_the_books_get_one_document_or_two(quantities: list[int], kind: str, parts: tuple[str, ...]) -> None:
    assert ledger.parts({"kind": kind, "items": [{"qty": Decimal(q)} for q in quantities]}) == parts


@pytest.mark.parametrize(("variance", "parts"), [("-0.01", ("cash",)), ("3.00", ("cash",)), ("0.00", ())])
def test_the_books_get_what_a_drawer_was_over_or_short(variance: str, parts: tuple[str, ...]) -> None:
    doc = {"kind": "z", "items": [], "z": {"count": {"variance": Decimal(variance)}}}
    assert (ledger.parts(doc), ledger.variance(doc)) == (parts, Decimal(variance))


@pytest.mark.parametrize(
    ("kind", "total", "parts"),
    [
        ("paid_in", "20.00", ("cash",)),
        ("paid_out", "-12.60", ("cash",)),
        ("drop", "-600.00", ("cash",)),
        ("drop", "0.00", ()),
        ("float", "150.00", ()),
        ("no_sale", "0.00", ()),
    ],
)
def test_the_books_get_cash_that_came_or_went_but_no_float(kind: str, total: str, parts: tuple[str, ...]) -> None:
    assert ledger.parts({"kind": kind, "items": [], "total": Decimal(total)}) == parts


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("SINV-0007", "imported-000012-SINV-0007.json"),
        ("T1-000012", "imported-000012-document.json"),
        ("../../evil", "imported-000012-document.json"),
        ("a/b", "imported-000012-document.json"),
        ("CON", "imported-000012-document.json"),
        ("nul", "imported-000012-document.json"),
        (".hidden", "imported-000012-document.json"),
        ("x" * 65, "imported-000012-document.json"),
        ("naïve", "imported-000012-document.json"),
        ("", "imported-000012-document.json"),
    ],
)
def test_a_name_from_outside_is_used_only_when_it_is_harmless(name: str, file: str) -> None:
    doc = {"series": "imported", "sequence": 12, "business_day": "2024-02-29", "invoice_name": name, "till": "T1"}
    assert ledger.path_of(doc) == f"2024-02-29/{file}"


def test_a_day_that_never_was_is_no_folder() -> None:
    doc = {"series": "imported", "sequence": 1, "business_day": "2023-02-29", "invoice_name": "a", "till": "T1"}
    with pytest.raises(Corrupt, match="no date"):
        ledger.path_of(doc)


@pytest.mark.parametrize(
    "change",
    [
        {"items": [{"line": "1"}]},
        {"payments": [{"kind": "cash"}]},
        {"session": "elsewhere"},
        {"cashier": None},
        {"total": 12},
        {"total": Decimal("0.001")},
    ],
)
def test_a_field_that_is_missing_or_wrong_is_corrupt_and_no_accident(change: dict[str, Any]) -> None:
    doc, body = stamped()
    with pytest.raises(Corrupt):
        ledger.rows({**doc, **change}, body)


def test_a_finer_list_price_is_cut_for_show_only() -> None:
    doc, body = stamped(sale(line(list_price=Decimal("12.005"))))
    assert column(ledger.LINE, ledger.rows(doc, body).lines[0], "list_price") == 1200
