"""A document of the daybook for QuickBooks Desktop comes to its receipts' sum, whatever they were."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.connectors.qbd import mapping, requests, sales
from pos.connectors.qbd.mapping import BY_ADJUSTMENTS, BY_DOCUMENTS, Known
from pos.errors import Rejected
from pos.rules import daybook
from pos.rules.daybook import Book, Line
from tests.connectors.test_qbd_requests import GUID
from tests.connectors.test_qbd_requests import known as valid

PLAIN: dict[str, Any] = {
    "prefix": "TK",
    "tenders": {
        "Cash": {"code": "CA", "method": "Cash", "account": "Undeposited Funds"},
        "Voucher": {"code": "VO", "account": "Undeposited Funds", "item": "Vouchers owed"},
    },
    "shops": {"main": {"code": "LON", "class": "North", "site": "Front"}},
    "default_item": "Sales goods",
    "taxes": {"V20": {"code": "Tax", "item": "VAT 20"}, "V5": {"code": "Tax", "item": "VAT 5"}},
    "untaxed": "Non", "tax_item": "VAT", "tax_percent": "20", "tax_rounding": "Pennies",
    "rounding": "Rounding", "voucher": "Vouchers owed", "walk_in": "Walk-in",
}  # fmt: skip
AMOUNTS = st.integers(-200_00, 5_000_00)


@st.composite
def lines(draw: st.DrawFn, codes: tuple[str, ...] = ("V20", "V5", "")) -> Line:
    code = draw(st.sampled_from(codes))
    net = draw(AMOUNTS)
    tax = draw(st.integers(-50, 500)) if code else 0
    item = draw(st.sampled_from(["Tea", "Cup", daybook.ROUNDING, daybook.VOUCHER])) if not code else "Tea"
    return Line(item, "A name", "Goods", code, {"V20": "20", "V5": "5", "": "0"}[code], draw(st.integers(1, 9000)), net,
                tax, net + tax)  # fmt: skip


def book(*rows: Line, kind: str = daybook.SALE, tender: str = "Cash", currency: str = "GBP") -> Book:
    return Book("TK-261120-LON-CA", kind, "2026-11-20", "main", tender, "", currency, "", 3, "", rows)


def told(one: Book, tax: str = "lines", moves: str = BY_ADJUSTMENTS, **change: Any) -> dict[str, Any]:
    tables = mapping.read(PLAIN | {"tax": tax} | change)
    return sales.payload(one, tables, Known(moves=lambda _day: moves))


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(lines(), min_size=1, max_size=6), kind=st.sampled_from([daybook.SALE, daybook.REFUND]),
       tender=st.sampled_from(["Cash", "Voucher"]), moves=st.sampled_from([BY_ADJUSTMENTS, BY_DOCUMENTS]))  # fmt: skip
def test_the_lines_come_to_the_sum_of_the_receipts(rows: list[Line], kind: str, tender: str, moves: str) -> None:
    one = book(*rows, kind=kind, tender=tender)
    try:
        payload = told(one, moves=moves)
    except Rejected as error:
        assert error.code == "below_nothing" and (one.total < 0 and tender == "Cash")
        return
    wanted = Decimal(one.total if tender == "Cash" else 0) / 100
    assert sum(Decimal(line["amount"]) for line in payload["lines"]) == Decimal(payload["total"]) == wanted
    work = payload | {"ref": "T0000000001", "guid": GUID}
    valid("13.0", requests.build(sales.KINDS[kind], work, request_id="r", version="13.0", set_id="A").body)
    stocked = {line["item"]["name"] for line in payload["lines"] if "site" in line}
    assert not stocked if moves == BY_ADJUSTMENTS else stocked <= {"Tea", "Cup"}


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(lines(("V20", "")), min_size=1, max_size=6))
def test_tax_they_work_out_comes_to_it_too(rows: list[Line]) -> None:
    one = book(*rows)
    try:
        payload = told(one, "rate")
    except Rejected as error:
        assert error.code == "below_nothing" and one.total < 0
        return
    taxed = sum((Decimal(line["amount"]) for line in payload["lines"] if line["tax_code"] == "Tax"), Decimal(0))
    tax = sales.worked_out(one, mapping.read(PLAIN | {"tax": "rate"}))
    assert abs(Decimal(tax) / 100 - taxed / 5) <= Decimal("0.005")
    total = sum(Decimal(line["amount"]) for line in payload["lines"]) + Decimal(tax) / 100
    assert total == Decimal(payload["total"]) == Decimal(one.total) / 100
    assert ("tax_item" in payload) == any(line.tax for line in rows)


TEA = Line("Tea", "Tea", "Goods", "V20", "20", 1000, 1000, 200, 1200)


@pytest.mark.parametrize(
    ("one", "change", "words"),
    [
        (book(TEA, currency="JPY"), {}, "two decimals"), (book(TEA, tender="Barter"), {}, "Way to pay Barter"),
        (book(TEA, kind=daybook.REFUND), {"walk_in": ""}, "Customer"), (book(TEA), {"taxes": {}}, "Tax V20"),
        (book(TEA), {"default_item": ""}, "Item Tea"), (book(TEA), {"shops": {}}, "Shop main"),
        (book(TEA), {"tax": "none"}, "without tax"), (book(TEA, kind=daybook.INVOICE), {}, "Customer – is not"),
        (book(TEA), {"tax": "rate", "tax_percent": "5"}, "that of the whole document"),
        (book(Line("Tea", "", "", "V20", "20", 1, 1000, 199, 1199)), {"tax": "rate", "tax_rounding": ""}, "difference"),
    ],
)  # fmt: skip
def test_what_cannot_be_booked_is_refused_in_words(one: Book, change: dict[str, Any], words: str) -> None:
    with pytest.raises(Rejected, match=words):
        told(one, change.pop("tax", "lines") if "tax" in change else "lines", **change)


def test_a_mapping_is_checked_by_itself() -> None:
    def wrong(**change: Any) -> str:
        return " ".join(mapping.problems(mapping.read(PLAIN | {"tax": "lines"} | change)))

    assert wrong() == ""
    assert "cannot be" not in wrong() and "levels" not in wrong()
    assert "“Tea”" in wrong(default_item="“Tea”")
    assert "one of none, lines, rate" in wrong(tax="gross")
    assert "same code" in wrong(tenders={"A": {"code": "X", "account": "a"}, "B": {"code": "X", "account": "a"}})
    assert "paid back" in wrong(tenders={"A": {"code": "X", "account": "a", "payout": "check"}})
    assert "letters" in wrong(untaxed="Untaxed")
    assert mapping.problems(mapping.read({})) == ["Nothing is mapped to QuickBooks Desktop yet."]
    plains: list[dict[str, Any]] = [{"tenders": ["x"]}, {"prefix": 5}, {"tax_percent": "x"}]
    for broken in plains:
        with pytest.raises(ValueError, match="cannot be read"):
            mapping.read(broken)


def test_sales_that_move_stock_name_their_site_where_stock_is_kept_by_site() -> None:
    tables = mapping.read(PLAIN | {"tax": "lines", "shops": {"main": {"code": "LON"}}})
    by_site = Known(moves=lambda _day: BY_DOCUMENTS, multi_site=True)
    with pytest.raises(Rejected, match="has no QuickBooks site"):
        sales.payload(book(TEA), tables, by_site)
    assert sales.payload(book(TEA), tables, Known(moves=lambda _day: BY_DOCUMENTS))["lines"]


def test_a_refund_is_paid_out_once_its_credit_has_an_id() -> None:
    tenders = {"Cash": {"code": "CA", "method": "Cash", "account": "Drawer", "payout": "card"}}
    tables = mapping.read(PLAIN | {"tax": "lines", "tenders": tenders})
    payload = sales.payout(book(TEA, kind=daybook.REFUND), tables, "1A-1")
    assert payload is not None and (payload["amount"], payload["account"]) == ("12.00", "Drawer")
    work = payload | {"ref": "T0000000001", "guid": GUID}
    valid("16.0", requests.build("payout", work, request_id="r", version="16.0", set_id="A").body)
    assert sales.payout(book(TEA), tables, "1A-1") is None
    assert sales.payout(book(TEA, kind=daybook.REFUND), mapping.read(PLAIN), "1A-1") is None
