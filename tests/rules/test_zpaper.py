"""An X or Z on paper: every figure of the list, on 42 and on 32 columns, nothing cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos.rules import anchor, paper, zpaper, zread
from pos.rules.zpaper import Words
from tests.receipts import stamped
from tests.rules.test_zread import DAY, GIVEN, session, z_of

ENGLISH = Words("en_GB")


def z_lines(width: int, words: Words = ENGLISH) -> list[str]:
    saved = session(DAY)
    doc, _ = stamped(z_of(saved), len(saved) + 1)
    return zpaper.lines(doc, width, words)


@pytest.mark.parametrize("width", [32, 42, 48])
def test_no_line_is_wider_than_the_paper(width: int) -> None:
    assert max(paper.width(line) for line in z_lines(width)) <= width


@pytest.mark.parametrize("width", [32, 42])
def test_the_whole_list_is_on_paper(width: int) -> None:
    """E-91: the content of the 42-column print."""
    text = "\n".join(z_lines(width))
    flat = " ".join(text.split())
    for words in (
        "Finch & Marlow", "Till 1 (T1)", "Z-READ Z0007", "Sat 21 Nov 2026", "Session", "T1-S000001", "Ann Bright",
        "First receipt", "T1-000002", "Last receipt", "T1-000008", "Opening float", "Sales (6)", "less discounts",
        "Returns (1)", "Voids (0)", "Lines taken off (3)", "Gross", "Net of tax", "Tax", "Cash rounding",
        "Vouchers sold (1)", "Vouchers used (1)", "Total taken", "Items sold", "By cashier", "By item group",
        "By brand", "Shoes", "Acme", "Cash drawer", "Change given", "Cash refunds", "Paid in", "Paid out",
        "To the safe", "Expected in the drawer", "window cleaner", "Drawer opened without a sale", "Float corrections",
        "Count", "Difference", "Not counted", "Wrong change given", "Agreed: Mia", "Baskets held",
        "Came late: T1-000090", "Documents 1-13", "Anchor",
    ):  # fmt: skip
        assert words in flat, words


def test_figures_of_money_stand_at_the_right() -> None:
    lines = z_lines(42)
    (expected,) = [line for line in lines if line.startswith("Expected in the drawer")]
    assert expected.endswith("£195.25") and len(expected) == 42


@pytest.mark.parametrize("width", [32, 42])
def test_the_anchor_is_there_to_be_typed_from_the_paper(width: int) -> None:
    saved = session(DAY)
    doc, _ = stamped(z_of(saved), len(saved) + 1)
    text = "\n".join(zpaper.lines(doc, width, ENGLISH)).partition("Anchor")[2]
    assert anchor.given(text) == replace(anchor.of_document(doc), till="", source="the anchor")


def test_an_x_has_no_number_no_count_and_no_hash() -> None:
    saved = session(DAY)
    block = zread.report(zread.facts_of(saved), zread.Given(branch="Finch & Marlow", till_name="Till 1"))
    doc = {"till": "T1", "currency": "GBP", "created_at": "2026-11-21T15:00:00.000+00:00",
           "cashier": {"code": "C1", "name": "Ann Bright"}, "z": block}  # fmt: skip
    text = "\n".join(zread.lines(doc, 42, Words("en_GB")))
    assert "X-READ" in text and "Z-READ" not in text
    assert "Anchor" not in text and "Count" not in text.replace("Counted", "")


def test_words_can_be_said_in_another_language_and_figures_in_another_shops_way() -> None:
    text = "\n".join(z_lines(42, Words("de_DE", say=str.upper)))
    assert "EXPECTED IN THE DRAWER" in text
    assert "195,25" in text


def test_the_given_of_a_z_are_the_ones_it_was_made_with() -> None:
    saved = session(DAY)
    assert zread.given_of(z_of(saved)["z"], "GBP") == GIVEN
