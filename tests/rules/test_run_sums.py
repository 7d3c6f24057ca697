"""Three sides of a day, by tables: what is a mismatch, which documents it names, what a tolerance lets pass."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.rules import run_sums
from pos.rules.money import round_minor
from pos.rules.reconcile import Figures
from pos.rules.run_sums import MATCH, MISMATCH, NOT_RUN, Doc, Sides, Span

CASH = Figures(1200, {}, {"20%": 200}, {"Cash": 1200})
CARD = Figures(1200, {}, {"20%": 200}, {"Card": 1200})
LESS = Figures(1199, {}, {"20%": 200}, {"Cash": 1199})
LESS_TAX = Figures(1200, {}, {"20%": 199}, {"Cash": 1200})


def rows(result: run_sums.Result, verdict: str = MISMATCH) -> list[tuple[str, str]]:
    return [(row.kind, row.name) for row in result.rows if row.verdict == verdict]


def test_the_same_on_all_sides_is_a_match_with_every_sum() -> None:
    found = run_sums.compare([Doc("A", CASH, CASH, CASH), Doc("B", CARD, CARD, CARD)])
    assert (found.verdict, found.documents, found.difference) == (MATCH, (), 0)
    assert (found.total, found.counts) == (Sides(2400, 2400, 2400), Sides(2, 2, 2))
    assert rows(found, MATCH) == [
        ("total", ""), ("tender", "Card"), ("tender", "Cash"), ("tax", "20%"), ("document", "A"), ("document", "B"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("doc", "sums"),
    [
        (Doc("B", CASH, None, None), {"total", "tender", "tax"}),  # lost between what was sold and what was sent
        (Doc("B", CASH, CASH, None), {"total", "tender", "tax"}),
        (Doc("B", None, None, CASH), {"total", "tender", "tax"}),
        (Doc("B", CASH, LESS, LESS), {"total", "tender"}),  # sent and booked agree; what was sold does not
        (Doc("B", CASH, CASH, LESS), {"total", "tender"}),
        (Doc("B", CASH, CASH, LESS_TAX), {"tax"}),
        (Doc("B", CASH, CASH, CARD), {"tender"}),
        (Doc("B", CASH, CASH, CASH, wrong=True, words="the customer is another"), set()),
    ],
)
def test_whatever_differs_on_any_side_is_a_mismatch_that_names_its_document(doc: Doc, sums: set[str]) -> None:
    found = run_sums.compare([Doc("A", CASH, CASH, CASH), doc])
    assert (found.verdict, found.documents) == (MISMATCH, ("B",))
    assert {kind for kind, _ in rows(found) if kind != "document"} == sums
    assert [row.words for row in found.rows if row.name == "B"] == [doc.words]


def test_what_one_document_lacks_another_has_too_much_is_a_mismatch_of_both() -> None:
    more = Figures(1201, {}, {"20%": 200}, {"Cash": 1201})
    found = run_sums.compare([Doc("A", CASH, CASH, LESS), Doc("B", CASH, CASH, more)])
    assert (found.verdict, found.documents, found.difference) == (MISMATCH, ("A", "B"), 0)


@pytest.mark.parametrize(("currency", "minor_units"), [("JPY", 1), ("GBP", 100), ("KWD", 1000)])
@pytest.mark.parametrize(("text", "off", "verdict"), [("0", 0, MATCH), ("0", 1, MISMATCH), ("1", 0, MATCH)])
def test_a_tolerance_is_money_of_the_currency(
    currency: str, minor_units: int, text: str, off: int, verdict: str
) -> None:
    tolerance = round_minor(Decimal(text), currency)
    assert tolerance == int(text) * minor_units
    for units, wanted in ((off, verdict), (tolerance, MATCH), (tolerance + 1, MISMATCH)):
        there = Figures(5000 + units, {}, {}, {"Cash": 5000})
        doc = Doc("A", Figures(5000, {}, {}, {"Cash": 5000}), there, there)
        assert run_sums.compare([doc], tolerance).verdict == wanted


def test_the_tolerance_is_for_each_figure_so_many_small_ones_do_not_add_up_unseen() -> None:
    found = run_sums.compare([Doc(name, CASH, CASH, LESS) for name in "ABC"], tolerance=1)
    assert (found.verdict, found.documents, found.difference) == (MISMATCH, ("A", "B", "C"), -3)
    assert rows(found) == [("total", ""), ("tender", "Cash")]


def test_what_a_person_explained_is_shown_as_it_is_and_is_no_mismatch() -> None:
    found = run_sums.compare([Doc("A", CASH, CASH, None, wrong=True, explained="Ann: typed in by hand")])
    assert (found.verdict, found.explained, found.total) == (MATCH, 1, Sides(1200, 1200, 0))
    another = run_sums.compare([Doc("A", CASH, CASH, None, explained="Ann"), Doc("B", CASH, CASH, LESS)])
    assert (another.verdict, another.documents) == (MISMATCH, ("B",))


@given(
    st.lists(
        st.tuples(*(st.none() | st.integers(-500, 500) for _ in range(3))), max_size=8
    ),
    st.integers(0, 3),
)  # fmt: skip
def test_nothing_is_lost_between_documents_and_sums(sides: list[tuple[int | None, ...]], tolerance: int) -> None:
    docs = [
        Doc(f"{n}", *(None if units is None else Figures(units, {}, {}, {"Cash": units}) for units in one))
        for n, one in enumerate(sides)
    ]
    found = run_sums.compare(docs, tolerance)
    assert found.total == Sides(*(sum(one[at] or 0 for one in sides) for at in range(3)))
    assert found == run_sums.compare(docs[::-1], tolerance)
    assert (found.verdict == MATCH) == (not found.documents)
    if tolerance == 0:
        same = all(len({units or 0 for units in one}) == 1 for one in sides)
        assert (found.verdict == MATCH) == same


def test_days_are_summed_and_those_that_match_counted() -> None:
    days = [(MATCH, Sides(10, 10, 10)), (MISMATCH, Sides(20, 20, 15)), (NOT_RUN, Sides(5, 0, 0))]
    assert run_sums.summed(days) == Span(3, 1, 1, Sides(30, 30, 25))
    assert run_sums.summed([]) == Span(0, 0, 0, Sides())


def test_two_figures_are_added_name_by_name() -> None:
    assert run_sums.added(CASH, CARD) == Figures(2400, {}, {"20%": 400}, {"Cash": 1200, "Card": 1200})
