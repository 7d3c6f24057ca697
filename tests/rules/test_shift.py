"""The documents of the drawer, and the one formula for what must be in it."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import BadSettings, Corrupt, Invalid
from pos.rules import ledger, receipt, shift
from pos.rules.count import Piece
from tests import days
from tests.days import MAKER
from tests.receipts import stamped
from tests.rules.tables import cases

KEY = "0193a1b2-0000-7000-8000-000000000001"


def tenders_of(documents: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    found = []
    for i, doc in enumerate(documents, start=1):
        for row in ledger.rows(*stamped(doc, i)).tenders:
            t = dict(zip(ledger.TENDER, row, strict=True))
            found.append((t["kind"], t["amount"], t["change"]))
    return found


@cases(
    """
    what happened                                             tenders                                          expected
    a float alone                                             cash 15000 0                                     15000
    change that went back is not in the drawer                cash 15000 0, cash 5000 3800                     16200
    cards and vouchers are not in the drawer                  cash 15000 0, card 2000 0, voucher 500 0         15000
    foreign notes are another drawer line                     cash 15000 0, foreign 3441 0                     15000
    a cash refund leaves it                                   cash 15000 0, cash -4590 0                       10410
    a card refund does not                                    cash 15000 0, card -4590 0                       15000
    paid in, paid out and to the safe                         cash 15000 0, cash 2000 0, cash -1260 0, cash -9 0  15731
    rounded to five pence: what was paid, not what it cost    cash 0 0, cash 500 95                            405
    a float that was corrected by its difference              cash 15000 0, cash -1000 0                       14000
    nothing at all                                            –                                                0
    """
)
def test_expected_cash_by_the_one_formula(row: dict[str, str]) -> None:
    tenders = []
    for part in filter(None, row["tenders"].split(", ")):
        kind, amount, change = part.split()
        tenders.append((kind, int(amount), int(change)))
    assert shift.expected_cash(tenders) == int(row["expected"])


@given(st.integers(0, 50_000), days.events)
def test_whatever_happens_the_formula_says_what_lies_in_the_drawer(size: int, happened: list[Any]) -> None:
    """Sales, change, refunds, exchanges, rounding, movements and corrections in any mix: E-92, complaint 10."""
    drawer = days.day(size, happened)
    assert shift.expected_cash(tenders_of(drawer.documents)) == drawer.cash


# -- documents -------------------------------------------------------------------------------------------------------


def made(kind: str = "paid_out", amount: int = -1260, **more: Any) -> dict[str, Any]:
    if kind == "float":
        return shift.float_document(KEY, amount, MAKER, **more)
    return shift.document(kind, KEY, amount, MAKER, reason="why", **more)


GOOD = {
    "float": made("float", 15000, pieces=(Piece(5000, 3),)),
    "float of nothing": made("float", 0),
    "correction": made("float", 14000, before=15000, reason="counted again"),
    "paid_in": made("paid_in", 2000),
    "paid_out": made("paid_out", -1260),
    "drop": made("drop", -60000),
    "no_sale": made("no_sale", 0),
}


@pytest.mark.parametrize("name", GOOD)
def test_each_document_of_the_drawer_is_whole(name: str) -> None:
    receipt.check(GOOD[name])
    doc, body = stamped(deepcopy(GOOD[name]))
    assert ledger.rows(doc, body).lines == []


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("paid_out", {"total": D("12.60")}, "total"),
        ("paid_out", {"payments": []}, "payment"),
        ("paid_out", {"subtotal": D("1.00")}, "figures"),
        ("paid_out", {"items": [{"line": "x"}]}, "lines"),
        ("paid_out", {"taxes": [{"code": "V20"}]}, "taxes"),
        ("paid_out", {"kind": "paid_in"}, "cannot amount"),
        ("paid_out", {"cash": {"amount": D("-12.60"), "reason": "", "note": ""}}, "reason"),
        ("paid_in", {"kind": "drop"}, "cannot amount"),
        ("no_sale", {"kind": "paid_out"}, "cannot amount"),
        ("paid_out", {"kind": "no_sale"}, "cannot amount"),
        ("float", {"correction": 1}, "reason"),
        ("float", {"cash": {**GOOD["float"]["cash"], "float": D("140.00")}}, "float"),
        ("float", {"cash": {**GOOD["float"]["cash"], "pieces": [{"value": D("50.00"), "pieces": 2}]}}, "coins"),
        ("correction", {"cash": {**GOOD["correction"]["cash"], "reason": ""}}, "reason"),
        ("correction", {"cash": {**GOOD["correction"]["cash"], "float": D("-1.00")}}, "float"),
        ("float", {"currency": "POUND"}, "currency"),
    ],
)
def test_a_document_that_does_not_add_up_is_none(name: str, change: dict[str, Any], words: str) -> None:
    with pytest.raises(Corrupt, match=words):
        receipt.check({**deepcopy(GOOD[name]), **change})


def test_what_was_asked_for_can_be_read_from_the_document() -> None:
    assert shift.content(GOOD["paid_out"]) == {"kind": "paid_out", "reason": "why", "note": "", "amount": -1260}
    assert shift.content(GOOD["float"])["pieces"] == {5000: 3}
    assert shift.content(GOOD["correction"])["amount"] == 14000
    assert shift.content(GOOD["float"]) != shift.content({**GOOD["float"], "correction": True})


# -- what a request may say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "size", "pieces"),
    [
        ({"float": "150.00"}, 15000, ()),
        ({"float": "0"}, 0, ()),
        ({"denominations": {"20.00": 2, "0.50": 4}}, 4200, (Piece(2000, 2), Piece(50, 4))),
        ({"float": "42.00", "denominations": {"20.00": 2, "0.50": 4}}, 4200, (Piece(2000, 2), Piece(50, 4))),
    ],
)
def test_a_float_is_typed_counted_or_both(raw: dict[str, Any], size: int, pieces: tuple[Piece, ...]) -> None:
    assert shift.float_of(raw, "GBP", D(50_000)) == (size, pieces)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "float"),
        ({"float": "-1.00"}, "float"),
        ({"float": 150.0}, "float"),
        ({"float": "50000.01"}, "float"),
        ({"float": "10.00", "denominations": {"20.00": 1}}, "denominations"),
        ({"denominations": {"3.00": 1}}, "denominations.3.00"),
        ({"denominations": []}, "denominations"),
    ],
)
def test_a_float_that_cannot_be_is_refused(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        shift.float_of(raw, "GBP", D(50_000))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("text", "role", "amount", "within"),
    [
        ("cashier:20,supervisor:100", "cashier", 2000, True),
        ("cashier:20,supervisor:100", "cashier", 2001, False),
        ("cashier:20, supervisor:99.50", "supervisor", 9950, True),
        ("cashier:20,supervisor:100", "manager", 10**9, True),
        ("", "cashier", 10**9, True),
    ],
)
def test_ceilings_of_roles(text: str, role: str, amount: int, within: bool) -> None:
    assert shift.within_ceiling(text, role, amount, "GBP") is within


@pytest.mark.parametrize(
    "text", ["cashier", "cashier:", ":5", "cashier:-5", "cashier:5:6", "cashier:five", "cashier:٥"]
)
def test_a_ceiling_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(BadSettings, match="paid_out_max"):
        shift.ceilings(text)
