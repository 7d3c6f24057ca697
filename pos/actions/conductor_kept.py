"""What was kept in English of sessions with QuickBooks Desktop, as sentences that can be said in the reader's language.

Reasons beside a record, a step or an error are kept as they read. They are known again by their words: the catalogue
has every sentence this program says of it. The words of others stay as they are.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from pos import language
from pos.said import said

#: Where sentences that are kept are made.
_MADE_IN = re.compile(r"pos/.*conductor|pos/(?:actions|store)/record|pos/connectors/qbd/codes")
#: Facts that are sentences or names of fields, said again themselves; all others are data.
_SENTENCES = ("sentence", "why", "words", "what", "field")
#: With fewer letters of its own a sentence cannot be told from words of others.
_LETTERS_MIN = 6
_FACT = re.compile(r"\{(\w+)\}")
#: Between two sentences; reasons of several steps have "; ".
_GAP = re.compile(r"(?<=[.?!]);? |; ")


@dataclass(frozen=True, slots=True)
class _Known:
    """A sentence. rank: which are tried first. open: it ends with a fact that takes what is left."""

    text: str
    pattern: re.Pattern[str]
    rank: tuple[int, int]
    open: bool


@functools.lru_cache(maxsize=4096)
def again(kept: str) -> str:
    """The same English text, made of what it was made of; text that is nothing of ours stays as it is."""
    found = _read(kept)
    return found if found == kept else kept


def _read(text: str) -> str:
    made, gap, rest = "", "", text
    while rest:
        part, length = _first(rest)
        if ";" in gap:
            made = said("{words}; {more}", words=made, more=part)
        else:
            made = said("{words} {more}", words=made, more=part) if made else part
        rest = rest[length:]
        gap = mark.group() if (mark := re.match(";? ?", rest)) else ""
        rest = rest[len(gap) :]
    return made


def _first(text: str) -> tuple[str, int]:
    """The sentence a text begins with, and how much of it that takes; what is not ours goes on until ours begins."""
    for one in _known():
        if (match := one.pattern.match(text)) is not None:
            end = match.end()
            if one.open:
                last = match.start(match.lastindex or 0)
                end = _cut(text, last)
                match = one.pattern.match(text[:end]) or match
            facts: dict[str, Any] = {name: _read(fact) if name in _SENTENCES else fact
                                     for name, fact in match.groupdict().items()}  # fmt: skip
            return said(one.text, **facts), end
    end = _cut(text, 0)
    return text[:end], end


def _cut(text: str, start: int) -> int:
    """Where a sentence of ours begins behind `start`; else the end."""
    plain = [one.pattern for one in _known() if one.rank[0] == 1]
    for gap in _GAP.finditer(text, start):
        if any(pattern.match(text[gap.end() :]) for pattern in plain):
            return gap.start()
    return len(text)


@functools.cache
def _known() -> list[_Known]:
    """Every sentence of ours: those around another sentence first, then by their length."""
    found = []
    for message in language.read_catalog(language.SOURCE):
        made = any(_MADE_IN.match(path) for path, _ in message.locations)
        if made and isinstance(message.id, str) and not message.context and _is_sentence(message.id):
            found.append(_of(message.id))
    return sorted(found, key=lambda one: one.rank)


def _is_sentence(text: str) -> bool:
    own = sum(map(str.isalpha, _FACT.sub("", text)))
    return own >= _LETTERS_MIN and text.endswith((".", "?", "!", "}", "`"))


def _of(text: str) -> _Known:
    first = _FACT.match(text)
    rank = 1 if first is None else 0 if first.group(1) in _SENTENCES else 2
    words = re.escape(text).replace(r"\{", "{").replace(r"\}", "}")
    if rank == 2:
        words = _FACT.sub(r"(?P<\1>(?:(?![.?!;] ).)+?)", words, count=1)
    words = _FACT.sub(r"(?P<\1>.+?)", words)
    ends = text.endswith("}")
    pattern = re.compile(words + (r"\Z" if ends else r"(?=;? |\Z)"), re.DOTALL)
    return _Known(text, pattern, (rank, -len(_FACT.sub("", text))), ends)
