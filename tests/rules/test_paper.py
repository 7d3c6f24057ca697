"""Lines on paper: words are wrapped, figures are never cut, commands never get through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.rules.paper import Roll, Row, clean, readable, width, wrap


def texts(roll: Roll) -> list[str]:
    return [row.text for row in roll.rows]


@pytest.mark.parametrize(
    ("words", "figure", "lines"),
    [
        ("Cash", "£1.00", ["Cash           £1.00"]),
        ("A name of several words", "£12,345.00", ["A name of", "several", "words     £12,345.00"]),
        ("Donaudampfschiff", "£1.00", ["Donaudampfschi", "ff             £1.00"]),
        ("Belt", "£1,234,567,890.12", ["Belt", "   £1,234,567,890.12"]),
        ("", "£1.00", ["               £1.00"]),
        ("Only words", "", ["Only words"]),
    ],
)
def test_words_make_room_for_the_figure(words: str, figure: str, lines: list[str]) -> None:
    roll = Roll(20)
    roll.pair(words, figure)
    assert texts(roll) == lines


@given(
    st.text(max_size=60), st.integers(min_value=0, max_value=10**12), st.sampled_from([20, 32, 42, 48]),
    st.sampled_from(["", "A", " "]),
)  # fmt: skip
def test_a_figure_stands_whole_at_the_right_edge_whatever_stands_beside_it(
    words: str, pence: int, columns: int, mark: str
) -> None:
    figure = f"£{pence // 100:,}.{pence % 100:02}"
    roll = Roll(columns)
    roll.pair(words, figure, mark=mark)
    end = f"{figure} {mark}" if mark else figure
    assert texts(roll)[-1].endswith(end)
    assert all(width(line) <= columns for line in texts(roll))


def test_figures_that_do_not_fit_side_by_side_get_a_line_each() -> None:
    roll = Roll(20)
    roll.table([["VAT", "Net", "Tax"], ["A 20%", "£1,234,567.89", "£246,913.58"]])
    assert texts(roll) == ["A 20%", "  Net  £1,234,567.89", "  Tax    £246,913.58"]


def test_figures_of_a_table_stand_under_their_heads() -> None:
    roll = Roll(24)
    roll.table([["VAT", "Net", "Tax"], ["A 20%", "£10.00", "£2.00"]])
    assert texts(roll) == ["VAT         Net      Tax", "A 20%    £10.00    £2.00"]


def test_a_name_from_elsewhere_cannot_command_the_printer() -> None:
    """ESC p opens the drawer: in an item's name it is letters."""
    assert clean("Mug\x1bp\x00\x19\xfa\u202e\x1d\u200b!") == "Mugp\xfa!"


def test_a_no_break_space_holds_a_figure_together() -> None:
    assert wrap("is 1\u00a0234,50\u00a0€ now", 12) == ["is", "1\u00a0234,50\u00a0€", "now"]


def test_letters_of_the_printer_are_counted_not_those_of_the_document() -> None:
    roll = Roll(20, letters=lambda text: text.replace("€", "EUR"))
    roll.pair("Cash", "€1.00")
    assert texts(roll) == ["Cash         EUR1.00"]


def test_a_wide_letter_takes_two_columns_and_a_mark_none() -> None:
    assert width("茶e\u0301") == 3


def test_a_line_laid_out_elsewhere_is_wrapped_when_it_is_too_long() -> None:
    roll = Roll(10)
    roll.lines(["Expected  1.00", "short"])
    assert texts(roll) == ["Expected ", "1.00", "short"] or texts(roll) == ["Expected", "1.00", "short"]


def test_two_rules_are_one() -> None:
    roll = Roll(4)
    roll.rule("=")
    roll.rule()
    assert texts(roll) == ["===="]


def test_a_person_can_read_what_the_printer_gets() -> None:
    rows = [Row("Hi", bold=True, wide=True), Row("T1-1", kind="bars"), Row(kind="cut")]
    assert readable(rows, 18) == "B W|H i\n   |  |||| T1-1 ||||\n    --------8<--------\n"
