"""What a comparison of two sides comes to, by tables; a small shop's figures in pennies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.rules import reconcile
from pos.rules.reconcile import Figures, Pair, Row
from tests import receipts

CARD = Figures(2400, {"20%": 2400}, {"VAT": 400}, {"Card": 2400})
CASH = Figures(2400, {"20%": 2400}, {"VAT": 400}, {"Cash": 2400})
LESS_TAX = Figures(2400, {"20%": 2400}, {"VAT": 399}, {"Card": 2400})


def pair(ours: Figures | None = CARD, theirs: Figures | None = CARD, state: str = "submitted", **more: object) -> Pair:
    given = {"key": "k", "document": "d", "number": "T1-000001", "part": "sale", "session": "S", "day": "2026-11-21"}
    return Pair(**given | {"ours": ours, "theirs": theirs, "state": state} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "what", "words"),
    [
        (pair(), "", ""),
        (pair(theirs=CASH), "differs", "Card payment is 0.00, not 24.00; Cash payment is 24.00, not 0.00"),
        (pair(theirs=LESS_TAX), "differs", "tax on VAT is 3.99, not 4.00"),
        (pair(words="customer is Jane, not Walk-in"), "differs", "customer is Jane, not Walk-in"),
        (pair(state="cancelled"), "cancelled", ""),
        (pair(state="draft"), "draft", ""),
        (pair(theirs=None, state="", why="Customer is disabled."), "missing", "Customer is disabled."),
        (pair(theirs=None, state="", unqueued=True), "unqueued", ""),
        (pair(ours=None), "only_there", "this till has no document T1-000001"),
        (pair(ours=None, state="cancelled"), "", ""),
        (pair(ours=None, state="draft"), "", ""),
    ],
)
def test_what_is_wrong_with_one_document(found: Pair, what: str, words: str) -> None:
    finding = reconcile.judge(found, "GBP")
    assert (finding.what, finding.words) == (what, words) if finding else what == ""
    assert what == "" or what in reconcile.WHAT


def test_only_what_stands_submitted_counts_in_their_sums() -> None:
    found = reconcile.compare([pair(), pair(state="cancelled"), pair(ours=None), pair(theirs=None, state="")], "GBP")
    assert (found.verdict, found.here, found.there, len(found.findings)) == ("mismatch", 3, 2, 3)
    assert found.rows == (
        Row("total", "", 7200, 4800),
        Row("tenders", "Card", 7200, 4800),
        Row("taxes", "VAT", 1200, 800),
        Row("goods", "20%", 7200, 4800),
    )


def test_money_moved_to_another_way_to_pay_is_no_match_though_the_total_is_the_same() -> None:
    found = reconcile.compare([pair(theirs=CASH)], "GBP")
    assert found.verdict == "mismatch"
    assert Row("tenders", "Card", 2400, 0) in found.rows
    assert Row("tenders", "Cash", 0, 2400) in found.rows


@pytest.mark.parametrize(
    ("theirs", "words", "tolerance", "verdict", "within"),
    [
        (LESS_TAX, "tax is 3.99", 0, "mismatch", 0),
        (LESS_TAX, "tax is 3.99", 1, "match", 1),
        (CASH, "paid otherwise", 1, "mismatch", 0),
        (CARD, "customer is Jane", 100, "mismatch", 0),
    ],
)
def test_the_tolerance_is_for_money_alone(
    theirs: Figures, words: str, tolerance: int, verdict: str, within: int
) -> None:
    found = reconcile.compare([pair(theirs=theirs, words=words)], "GBP", tolerance)
    assert (found.verdict, found.within) == (verdict, within)


def test_names_that_come_to_nothing_make_no_difference() -> None:
    assert reconcile.same(CARD, Figures(2400, {"20%": 2400, "0%": 0}, {"VAT": 400}, {"Card": 2400, "Cash": 0}))


def test_nothing_on_either_side_is_a_match_of_nothing() -> None:
    found = reconcile.compare([], "GBP")
    assert (found.verdict, found.rows) == ("match", (Row("total", "", 0, 0),))


amounts = st.dictionaries(st.sampled_from(["Cash", "Card", "Gift voucher"]), st.integers(-5000, 5000), max_size=3)
some = st.builds(lambda total, tenders: Figures(total, {}, {}, tenders), st.integers(-5000, 5000), amounts)


@given(st.lists(st.tuples(some, some), max_size=8))
def test_it_matches_exactly_when_every_document_is_the_same(both: list[tuple[Figures, Figures]]) -> None:
    """And then every sum is equal, too; the differences of the sums are those of the documents named."""
    found = reconcile.compare([pair(ours, theirs) for ours, theirs in both], "GBP")
    assert (found.verdict == "match") == all(reconcile.same(ours, theirs) for ours, theirs in both)
    if found.verdict == "match":
        assert all(row.ours == row.theirs for row in found.rows)
    named = sum(f.pair.ours.total - f.pair.theirs.total for f in found.findings if f.pair.ours and f.pair.theirs)
    assert found.rows[0].ours - found.rows[0].theirs == named


def test_a_document_that_cannot_be_put_in_their_terms_keeps_its_own_total() -> None:
    doc = receipts.sale(receipts.line("A", 2, "12.00"), receipts.line("B", -1, "5.00"))
    assert (reconcile.own(doc, "sale").total, reconcile.own(doc, "return").total) == (2400, -500)
    cash = {"currency": "GBP", "payments": [{"mode_of_payment": "Cash", "amount": Decimal("-20.00")}], "items": []}
    assert reconcile.own(cash, "cash").tenders == {"Cash": -2000}
