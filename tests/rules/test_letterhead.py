"""Every slip begins with the shop and ends with the number for the scanner; a copy says by whom."""

from __future__ import annotations

from pos.rules.letterhead import KIND_WORDS, Letterhead
from pos.rules.slips import TEMPLATES
from tests.devices import papers


def test_lines_the_shop_leaves_empty_leave_no_gap() -> None:
    slip = Letterhead(papers.look(tagline="", phone=""), papers.sale(), None)
    slip.head()
    assert [row.text.strip() for row in slip.roll.rows] == ["Finch & Marlow", "14 Broadgate, Wellbury WB1 4QX"]


def test_till_and_cashier_stand_beside_number_and_time() -> None:
    slip = Letterhead(papers.look(), papers.sale(), None)
    slip.when("Sale")
    assert [row.text.split() for row in slip.roll.rows[1:]] == [
        ["Sale", "T2-008812", "Till", "2,", "Priya"],
        ["Sat", "21", "Nov", "2026", "14:32"],
    ]


def test_it_ends_with_the_barcode_the_chain_whose_copy_and_the_cut() -> None:
    slip = Letterhead(papers.look(), papers.sale(), papers.COPY)
    slip.foot()
    assert [row.kind for row in slip.roll.rows] == ["bars", "text", "text", "cut"]
    assert slip.roll.rows[2].text.strip() == "COPY, 21 Nov 2026, 15:02, Priya Nair"


def test_a_document_that_was_never_chained_shows_no_chain() -> None:
    slip = Letterhead(papers.look(), {**papers.sale(), "hash": ""}, None)
    slip.foot()
    assert slip.roll.rows[1].text.strip() == "T2-008812"


def test_every_kind_with_a_slip_has_its_word() -> None:
    assert set(TEMPLATES) == set(KIND_WORDS)
