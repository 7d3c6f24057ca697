"""Numbers of documents of the books: made of what is in them, short enough, each its own."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules import booknumbers
from tests.rules.test_daybook import DAY, made, of


def test_a_number_is_made_of_what_is_in_the_document() -> None:
    assert booknumbers.number("TK", DAY, "LON", "CA", "sale") == "TK-261120-LON-CA"
    assert booknumbers.number("TK", DAY, "LON", "CA", "refund") == "TK-261120R-LON-CA"
    longest = booknumbers.number("TK", DAY, "LON", "CA", "refund", 99)
    assert (longest, len(longest)) == ("TK-261120R-LON-CA-S99", booknumbers.NUMBER_MAX)
    with pytest.raises(ValueError, match="no supplement 100"):
        booknumbers.number("TK", DAY, "LON", "CA", "sale", 100)


def test_codes_are_checked_before_they_make_a_number() -> None:
    assert booknumbers.check_codes("TK", {"main": "LON", "north": "NOR"}, {"Cash": "CA", "Card": "CD"}) == []
    assert booknumbers.check_codes("TK", {"main": "LOND"}, {"Cash": "CA"}) == [
        "Prefix and codes of shop and way to pay are 8 letters together; 7 fit."
    ]
    assert booknumbers.check_codes("T", {"a": "L", "b": "L"}, {"Cash": "CA", "Card": "CA"}) == [
        "Shops a, b have the same code, L.",
        "Ways to pay Card, Cash have the same code, CA.",
    ]
    assert booknumbers.check_codes("T", {"a": "l"}, {}) == [
        "The code l of shop a is not 1 to 5 capital letters and digits."
    ]  # fmt: skip


def test_a_document_by_itself_has_the_number_of_its_receipt() -> None:
    share = of(made(7, [("COLA", 1, 150)], [("Cash", 0)]), grain="receipt")[0]
    assert booknumbers.own_number(share, "CA", False) == "T1-000007"
    assert booknumbers.own_number(share, "CA", True) == "T1-000007-CA"
    long = of(made(7, [("COLA", 1, 150)], [("Cash", 0)]) | {"invoice_name": "IMPORTED-2026-0000000001"})[0]
    with pytest.raises(Invalid, match="longer than the 21 letters"):
        booknumbers.own_number(long, "CA", False)
