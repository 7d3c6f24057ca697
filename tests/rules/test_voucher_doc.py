"""What a document says of vouchers: rows for the ledger, proven, and turned round by a void."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pos.errors import Corrupt
from pos.rules import voucher_doc
from tests.rules.tables import cases

D = Decimal


def doc(**changes: Any) -> dict[str, Any]:
    """Goods and a voucher sold, partly paid with another voucher."""
    whole: dict[str, Any] = {
        "id": "d1", "kind": "sale", "series": "till", "till": "T1", "currency": "GBP",
        "created_at": "2026-07-01T14:30:00.000+01:00",
        "items": [
            {"line": "a", "item_code": "MUG", "amount": D("12.50")},
            {"line": "v", "item_code": "GIFT", "amount": D("25.00"), "voucher": {"code": "GV-NEW1"}},
        ],
        "payments": [
            {"kind": "voucher", "reference": "GV-OLD1", "amount": D("10.00")},
            {"kind": "card", "reference": "", "amount": D("27.50")},
        ],
        "vouchers": [
            {"id": "d1:1", "code": "GV-NEW1", "act": "issue", "amount": D("25.00"), "balance": D("25.00"),
             "expires": "2027-07-01", "made": True},
            {"id": "d1:2", "code": "GV-OLD1", "act": "redeem", "amount": D("-10.00"), "balance": D("5.00"),
             "expires": "2026-12-31", "exposure": D("10.00")},
        ],
    }  # fmt: skip
    return {**whole, **changes}


def test_the_rows_of_the_ledger_follow_from_the_document_alone():
    at = "2026-07-01T13:30:00.000000Z"
    assert voucher_doc.ledger_rows(doc()) == [
        ("d1:1", "GV-NEW1", "issue", 2500, at, "2027-07-01", "T1", "d1", 1, 0),
        ("d1:2", "GV-OLD1", "redeem", -1000, at, "2026-12-31", "T1", "d1", 2, 1000),
    ]


def test_receipts_of_the_older_shape_and_from_before_the_ledger_make_no_rows():
    """Their issuer was told when they were made; counted here as well, their value would be used twice."""
    told = [{"code": "GV-OLD1", "amount": D("10.00")}]
    assert voucher_doc.ledger_rows(doc(vouchers=told)) == []
    assert voucher_doc.ledger_rows(doc(series="imported")) == []
    voucher_doc.check(doc(vouchers=told))


@cases("""
what                    words
nothing                 –
another id              not called by its document
a made-up act           no act
the wrong sign          no act
less than was paid      not its lines and payments
a row too many          not its lines and payments
a row too few           not its lines and payments
another code            not its lines and payments
""")
def test_rows_are_held_against_lines_and_payments(row):
    one = doc()
    issue, redeem = one["vouchers"]
    if row["what"] == "another id":
        issue["id"] = "d2:1"
    elif row["what"] == "a made-up act":
        issue["act"] = "gift"
    elif row["what"] == "the wrong sign":
        redeem["amount"] = D("10.00")
    elif row["what"] == "less than was paid":
        redeem["amount"] = D("-9.99")
    elif row["what"] == "a row too many":
        one["vouchers"].append({**redeem, "id": "d1:3"})
    elif row["what"] == "a row too few":
        one["vouchers"].pop()
    elif row["what"] == "another code":
        redeem["code"] = "GV-OLD2"
    if not row["words"]:
        voucher_doc.check(one)
        return
    with pytest.raises(Corrupt, match=row["words"]):
        voucher_doc.check(one)


@cases("""
what              words
issued            –
expired           –
redeemed          without a sale
no reason         no reason
nothing done      does nothing
""")
def test_a_document_without_a_sale_issues_adjusts_or_expires_and_says_why(row):
    kind = {"issued": ("issue", "5.00"), "expired": ("expire", "-5.00"), "redeemed": ("redeem", "-5.00")}
    act, amount = kind.get(row["what"], ("issue", "5.00"))
    rows = [{"id": "d1:1", "code": "GV-1234", "act": act, "amount": D(amount), "balance": D(0), "expires": ""}]
    reason = "" if row["what"] == "no reason" else "Goodwill"
    one = doc(
        kind="voucher", items=[], payments=[], vouchers=[] if row["what"] == "nothing done" else rows,
        voucher=voucher_doc.block(reason, ""),
    )  # fmt: skip
    if not row["words"]:
        voucher_doc.check(one)
        return
    with pytest.raises(Corrupt, match=row["words"]):
        voucher_doc.check(one)


def test_a_void_takes_off_what_was_sold_and_brings_back_what_was_used():
    assert [(x.act, x.code, x.amount) for x in voucher_doc.turned(doc(), "GBP")] == [
        ("adjust", "GV-NEW1", -2500),
        ("refund", "GV-OLD1", 1000),
    ]


def test_a_code_made_here_was_not_asked_for():
    assert voucher_doc.asked_code(doc(), "GV-NEW1") == ""
    assert voucher_doc.asked_code(doc(), "GV-OLD1") == "GV-OLD1"
