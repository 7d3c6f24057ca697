"""A question for the items that hold some words. How it is put differs between the engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: A word this short is looked for at the beginning of words only: three letters make a trigram.
PART_MIN = 3


@dataclass(frozen=True, slots=True)
class Query:
    """What stands after FROM, and what it is given. place: the column that says where an item stands; order: what
    brings rows in the order of their places, where they do not come so by themselves."""

    place: str
    where: str
    given: tuple[str, ...]
    order: str = ""


def inside(terms: Sequence[str], known: frozenset[str]) -> list[str] | None:
    """What to look for inside the text, which has a space before each word: `" boot"` finds words that begin with
    boot. None when a word is too short to be looked for inside others."""
    wanted = [f" {t}" if t in known else t for t in terms]
    long = [t for t in wanted if len(t) >= PART_MIN]
    if not long or any(not t.startswith(" ") for t in wanted if len(t) < PART_MIN):
        return None
    return wanted
