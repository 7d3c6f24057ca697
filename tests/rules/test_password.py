"""Passwords of the console: long ones pass, the first guesses do not."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules import password


@pytest.mark.parametrize(
    "good", ["correct horse battery", "Zwölf Boxkämpfer jagen", "k7#mPq92!xLw", "x" * 3 + "blue-kettle-9"]
)
def test_long_and_unusual_ones_pass(good: str) -> None:
    password.check(good, "ruth", "Ruth Adeyemi", "Finch & Marlow")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("short-one-1", "at least 12"),
        ("x" * 129, "at most 128"),
        ("tab\tin-the-middle", "letters, digits and signs"),
        ("aaaaaaaaaaaaaaaa", "first that are tried"),
        ("abababababababab", "first that are tried"),
        ("Password123456", "first that are tried"),
        ("qwertyuiopasdfgh", "first that are tried"),
        ("0123456789abcdef", "first that are tried"),
        ("RuthAdeyemi2026", "first that are tried"),
        ("finch marlow 12", "first that are tried"),
    ],
)  # fmt: skip
def test_the_first_guesses_are_refused_in_words(bad: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as error:
        password.check(bad, "ruth", "Ruth Adeyemi", "Finch & Marlow")
    assert error.value.field == "password"
