"""Sentences for people that can still be said in another language.

`said("No item {code} here.", code=code)` is a text, the English one, wherever a text is wanted: in an error, a log, a
file. It also remembers its pattern and its facts, so that the edge (`pos/web/language.py`, a slip of paper) can look up
the pattern in the reader's language and put the same facts in. A fact may be `said` itself.

What is kept for readers yet to come is kept as its English text and, beside it, what it was made of (`packed`).
"""

from __future__ import annotations

import json
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


# -- kept ------------------------------------------------------------------------------------------------------------


def packed(text: str) -> str:
    """What a sentence was made of, as text to keep beside it; "" for one that says the same in every language."""
    return json.dumps(_parts(text), ensure_ascii=False, separators=(",", ":")) if isinstance(text, Said) else ""


def unpacked(text: str, kept: str) -> str:
    """The sentence again from its English text and what was kept beside it; as it stands where nothing was, or where
    that cannot be read."""
    try:
        return _again({**json.loads(kept), "text": text}) if kept else text
    except (ValueError, TypeError, KeyError, AttributeError):
        return text


def _parts(text: Said) -> dict[str, Any]:
    facts = {name: _fact(fact) for name, fact in text.facts.items()}
    parts = {"said": text.pattern, "facts": facts, "many": text.many, "n": text.n, "context": text.context}
    return {name: part for name, part in parts.items() if part} | ({"by_hand": True} if text.by_hand else {})


def _fact(fact: Any) -> Any:
    if isinstance(fact, Said):
        return {**_parts(fact), "text": str(fact)}
    return fact if type(fact) in (int, str) else str(fact)


def _again(kept: dict[str, Any]) -> Said:
    facts = {name: _again(fact) if isinstance(fact, dict) else fact for name, fact in kept.get("facts", {}).items()}
    made = Said(kept["text"])
    made.pattern, made.facts, made.by_hand = kept["said"], facts, bool(kept.get("by_hand"))
    made.many, made.n, made.context = kept.get("many", ""), int(kept.get("n", 0)), kept.get("context", "")
    return made
