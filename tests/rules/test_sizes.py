"""Sizes in the order people expect, and a run of them in short."""

from __future__ import annotations

import pytest

from pos.rules import sizes

ORDER = """
    XL S XXS M 3XL XXL L XS          -> XXS XS S M L XL XXL 3XL
    10 8 9 8.5 12                    -> 8 8.5 9 10 12
    8½ 8 9                           -> 8 8½ 9
    UK10 UK9 UK8.5                   -> UK8.5 UK9 UK10
    32/34 32/32 30/34 30/32          -> 30/32 30/34 32/32 32/34
    Brown Black Tan                  -> Black Brown Tan
    L 10 S 9                         -> 9 10 S L
"""

SHORT = """
    UK 6|UK 8|UK 11                  -> UK 6–11
    child 13|child 8                 -> child 8–13
    M|S|XL                           -> S–XL
    8                                -> 8
    30/32|32/34                      -> 30/32–32/34
    6|7|8                            -> 6–8
"""


def _cases(table: str) -> list[tuple[str, str]]:
    return [(a.strip(), b.strip()) for a, _, b in (line.partition("->") for line in table.strip().splitlines())]


@pytest.mark.parametrize(("given", "wanted"), _cases(ORDER))
def test_sizes_stand_in_the_order_people_expect(given: str, wanted: str) -> None:
    assert sizes.ordered(given.split()) == wanted.split()


@pytest.mark.parametrize(("given", "wanted"), _cases(SHORT))
def test_a_run_of_sizes_is_written_short(given: str, wanted: str) -> None:
    assert sizes.in_short(given.split("|")) == wanted


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("Size", ["anything"], True),
        ("Waist", ["32"], True),
        ("Fit", ["S", "XL"], True),
        ("EU", ["39", "40"], True),
        ("Colour", ["Brown", "Tan"], False),
        ("Width", ["Standard", "Wide"], False),
        ("Empty", [], False),
    ],
)
def test_what_runs_across_the_grid(name: str, values: list[str], wanted: bool) -> None:
    assert sizes.looks_like_size(name, values) is wanted
