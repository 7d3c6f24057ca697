"""Sentences for people that can still be said in another language.

`said("No item {code} here.", code=code)` is a text, the English one, wherever a text is wanted: in an error, a log, a
file. It also remembers its pattern and its facts, so that the edge (`pos/web/language.py`, a slip of paper) can look up
the pattern in the reader's language and put the same facts in. A fact may be `said` itself.
"""

from __future__ import annotations

from typing import Any


class Said(str):
    """An English text with what it was made of. many, n: the pattern for several, and how many there are."""

    __slots__ = ("by_hand", "context", "facts", "many", "n", "pattern")
    pattern: str
    facts: dict[str, Any]
    many: str
    n: int
    context: str
    by_hand: bool


def said(pattern: str, /, **facts: Any) -> Said:
    """The pattern with its facts put in. Plain {name}s only, so that a translator may order them anew."""
    return _made(pattern, pattern, facts)


def nsaid(one: str, many: str, count: int, /, **facts: Any) -> Said:
    """One pattern for a single thing, one for several; {n} is the count: nsaid("{n} item", "{n} items", 3)."""
    facts.setdefault("n", count)
    made = _made(one, one if count == 1 else many, facts)
    made.many, made.n = many, count
    return made


def psaid(context: str, pattern: str, /, **facts: Any) -> Said:
    """A pattern whose English alone is ambiguous: psaid("receipt", "Sale") is not the sale of a January."""
    made = _made(pattern, pattern, facts)
    made.context = context
    return made


def otherwise(english: str, pattern: str, /, **facts: Any) -> Said:
    """An English text made by hand, such as "One £10 note and a 5p"; other languages say the pattern instead."""
    made = _made(pattern, pattern, facts)
    again = Said(english)
    again.pattern, again.facts = made.pattern, made.facts
    again.many, again.n, again.context = "", 0, ""
    again.by_hand = True
    return again


def _made(pattern: str, english: str, facts: dict[str, Any]) -> Said:
    made = Said(english.format_map(facts) if facts else english)
    made.pattern, made.facts = pattern, facts
    made.many, made.n, made.context = "", 0, ""
    made.by_hand = False
    return made
