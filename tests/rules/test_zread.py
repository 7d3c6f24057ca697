"""The report of a session: its parts add up, and the documents alone make it again to the byte."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import Corrupt
from pos.rules import documents, ledger, receipt, shift, zread
from pos.rules.count import Difference, Piece
from pos.rules.zread import Given
from tests import days
from tests.days import MAKER
from tests.receipts import stamped

GIVEN = Given(
    number=7,
    branch="Finch & Marlow",
    till_name="Till 1",
    held=2,
    void_lines=3,
    void_amount=450,
    late=({"number": "T1-000090", "id": "x", "kind": "sale", "total": D("12.00"), "session": "T1-S000001"},),
    count=zread.count_block(
        [Difference("Cash", "cash", 10000, 9900), Difference("Card", "card", 500, None)],
        [Piece(5000, 1), Piece(1, 4900)],
        "GBP",
        key="c1",
        at="2026-11-21T18:04:00.000+00:00",
        by="Ann Bright",
        reason="Wrong change given",
        note="",
        approved_by="Mia",
    ),
    counts=(
        {"at": "2026-11-21T18:04:00.000+00:00", "by": "Ann Bright", "counted": D("99.00"), "variance": D("-1.00")},
    ),
)


def session(happened: list[Any], size: int = 15000) -> list[tuple[dict[str, Any], bytes]]:
    made = days.day(size, happened).documents
    return [stamped(doc, i) for i, doc in enumerate(made, start=1)]


def z_of(saved: list[tuple[dict[str, Any], bytes]], given: Given = GIVEN) -> dict[str, Any]:
    doc = shift.blank("z", "0193a1b2-0000-7000-8000-000000000009", MAKER)
    return {**doc, "z": zread.report(zread.facts_of(saved), given)}


DAY = [
    ("sale", 2149, 351, "cash"),
    ("sale", 4500, 0, "card"),
    ("exchange", 5000, 2000, "cash"),
    ("return", 1200, 0, "cash"),
    ("voucher_sold", 2500, 100, "cash"),
    ("sale", 1500, 0, "voucher"),
    ("rounded", 1234, 1, "cash"),
    ("paid_in", 2000, 0, ""),
    ("paid_out", 1260, 0, ""),
    ("drop", 3000, 0, ""),
    ("no_sale", 0, 0, ""),
    ("correction", 14000, 0, ""),
]


@given(st.integers(0, 50_000), days.events)
def test_a_z_of_whatever_happened_is_whole_and_can_be_made_again_from_the_documents_alone(
    size: int, happened: list[Any]
) -> None:
    saved = session(happened, size)
    doc, body = stamped(z_of(saved), len(saved) + 1)
    receipt.check(doc)
    read = documents.verify(body)
    assert read == doc
    again = zread.facts_of([(documents.decode(b), b) for _, b in saved])
    block = zread.report(again, zread.given_of(read["z"], "GBP"))
    assert documents.stamp({**read, "z": block}, prev_hash=read["prev_hash"])[1] == body


def test_the_session_is_told_from_its_documents() -> None:
    block = z_of(session(DAY))["z"]
    assert (block["number"], block["name"], block["session"]) == (7, "Z0007", "T1-S000001")
    assert (block["first_number"], block["last_number"]) == ("T1-000002", "T1-000008")
    assert (block["first_sequence"], block["last_sequence"], block["documents"], block["missing"]) == (1, 13, 13, [])
    assert block["opened_by"] == {"code": "C1", "name": "Ann Bright"}
    assert (block["no_sales"], block["float_corrections"], block["held"]) == (1, 1, 2)
    assert block["voids"] == {"count": 0, "amount": D("0.00"), "lines": 3, "lines_amount": D("4.50")}


def test_numbers_that_are_not_there_are_named() -> None:
    saved = session(DAY)
    del saved[4]
    block = z_of(saved)["z"]
    assert (block["missing"], block["documents"]) == ([5], 12)


def test_how_the_expected_cash_comes_about() -> None:
    cash = z_of(session(DAY))["z"]["cash"]
    parts = {k: str(v) for k, v in cash.items() if k != "movements"}
    assert parts == {
        "float": "140.00", "given": "98.36", "change": "-8.51", "refunds": "-12.00", "paid_in": "20.00",
        "paid_out": "-12.60", "drops": "-30.00", "expected": "195.25",
    }  # fmt: skip
    assert [m["kind"] for m in cash["movements"]] == [
        "float", "paid_in", "paid_out", "drop", "no_sale", "float_correction",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        (("number",), 0, "number"),
        (("session",), "T1-S000002", "session"),
        (("documents",), 12, "count"),
        (("last_sequence",), 14, "count"),
        (("gross",), D("1.00"), "add up"),
        (("total",), D("1.00"), "add up"),
        (("rounding",), D("1.00"), "add up"),
        (("cash", "expected"), D("1.00"), "cash"),
        (("cash", "change"), D("1.00"), "cash"),
        (("tenders", 0, "net"), D("1.00"), "tenders"),
        (("taxes", 0, "gross"), D("1.00"), "taxes"),
        (("groups", 0, "gross"), D("1.00"), "groups"),
        (("cashiers", 0, "total"), D("1.00"), "cashiers"),
        (("days", 0, "total"), D("1.00"), "days"),
        (("cash",), None, "missing"),
    ],
)
def test_a_z_that_does_not_add_up_is_none(where: tuple[Any, ...], value: Any, words: str) -> None:
    saved = session(DAY)
    doc, _ = stamped(z_of(saved), len(saved) + 1)
    block: Any = deepcopy(doc["z"])
    inside = block
    for key in where[:-1]:
        inside = inside[key]
    inside[where[-1]] = value
    with pytest.raises(Corrupt, match=words):
        receipt.check({**doc, "z": block})


def test_a_z_moves_no_money() -> None:
    saved = session(DAY)
    doc, _ = stamped(z_of(saved), len(saved) + 1)
    with pytest.raises(Corrupt, match="money"):
        receipt.check({**doc, "total": D("1.00")})


def test_a_z_closes_its_session_and_says_which_documents_came_late() -> None:
    saved = session(DAY)
    doc, body = stamped(z_of(saved), len(saved) + 1)
    rows = ledger.rows(doc, body)
    assert rows.closing == (doc["created_at"], 13, 7, doc["id"], 13, "T1-S000001")
    assert rows.late == ("T1-S000001",)
    assert (rows.lines, rows.tenders, rows.movements) == ([], [], [])
    assert ledger.parts(doc) == ("cash",), "its drawer was not as expected"


def test_the_figures_of_a_z_stand_in_its_file_each_on_a_line() -> None:
    saved = session(DAY)
    _, body = stamped(z_of(saved), len(saved) + 1)
    lines = body.decode().splitlines()
    assert ' "gross": ' in "".join(line[:10] for line in lines if '"gross"' in line)
    assert sum(line.startswith(' "') for line in lines) >= 30
