"""The question language of QuickBooks Online, as much of it as a person may ask with: one SELECT, read word by word and
written anew, so that nothing goes out that was not understood.

    SELECT * | COUNT(*) | column {, column}
    FROM Entity
    [WHERE column op value {AND column op value}]       op: =, <, >, <=, >=, LIKE, IN (value {, value})
    [ORDERBY column [ASC|DESC] {, column [ASC|DESC]}]   also ORDER BY
    [STARTPOSITION n] [MAXRESULTS n]

A value is 'text' (a quote or backslash in it behind a backslash), a number, true or false. There is no OR, no join and
no statement that changes anything in their language; here nothing of the kind can be written at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pos.errors import Invalid
from pos.said import said

CHARS_MAX = 2000
ROWS_MAX = 1000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\\x00-\x1f]|\\['\\])*')|(?P<number>-?\d{1,18}(?:\.\d{1,9})?)(?![\w.])"
    r"|(?P<name>[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*){0,4})|(?P<sign><=|>=|[=<>*(),]))"
)
_ENTITY = re.compile(r"[A-Za-z]{2,40}\Z")
_WORDS = frozenset(
    {"select", "from", "where", "and", "or", "like", "in", "order", "orderby", "by", "asc", "desc", "startposition",
     "maxresults", "count", "not", "join", "union", "insert", "update", "delete", "drop", "true", "false"}
)  # fmt: skip
_COMPARED = ("=", "<", ">", "<=", ">=")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that may be asked. text: as it goes out. entity: what it is about; counts: it asks for a number."""

    text: str
    entity: str
    counts: bool


def read(words: str) -> Question:
    """The question in these words. Invalid says where it cannot be understood, and what may stand there."""
    if len(words) > CHARS_MAX:
        raise _refused(said("A question has at most {n} characters.", n=CHARS_MAX))
    reader = _Reader(_tokens(words))
    reader.word("SELECT")
    columns, counts = _columns(reader)
    reader.word("FROM")
    entity = reader.name(said("the name of an entity"))
    if not _ENTITY.match(entity):
        raise _refused(said("{name} is no entity.", name=entity[:60]))
    text = f"SELECT {columns} FROM {entity}"  # noqa: S608  not our database
    if reader.has("WHERE"):
        text += f" WHERE {_conditions(reader)}"
    if reader.has("ORDERBY") or (reader.has("ORDER") and reader.word("BY")):
        text += f" ORDERBY {_order(reader)}"
    start = reader.count("STARTPOSITION", 10**9) if reader.has("STARTPOSITION") else 0
    most = reader.count("MAXRESULTS", ROWS_MAX) if reader.has("MAXRESULTS") else ROWS_MAX
    reader.end()
    if not counts:
        text += f" STARTPOSITION {start or 1} MAXRESULTS {most}"
    return Question(text, entity, counts)


def _tokens(words: str) -> list[tuple[str, str]]:
    found, at, trimmed = [], 0, words.rstrip()
    while at < len(trimmed):
        match = _TOKEN.match(trimmed, at)
        if match is None:
            raise _refused(said("This cannot be read from here on: {rest}", rest=trimmed[at : at + 40].strip()))
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


class _Reader:
    """Goes through the words one by one."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def has(self, word: str) -> bool:
        """Whether this word or sign comes next; then it is behind."""
        kind, text = self._next()
        found = kind in ("name", "sign") and text.upper() == word
        self._at += found
        return found

    def word(self, word: str) -> bool:
        if not self.has(word):
            raise self._otherwise(word)
        return True

    def name(self, what: str) -> str:
        """A name that is no word of the language."""
        kind, text = self._next()
        if kind != "name" or text.lower() in _WORDS:
            raise self._otherwise(what)
        self._at += 1
        return text

    def sign(self, *which: str) -> str:
        kind, text = self._next()
        if kind != "sign" or text not in which:
            raise self._otherwise(", ".join(which))
        self._at += 1
        return text

    def value(self) -> str:
        """A text in its quotes, a number, true or false."""
        kind, text = self._next()
        if kind not in ("text", "number") and text.lower() not in ("true", "false"):
            raise self._otherwise(said("a value"))
        self._at += 1
        return text

    def count(self, word: str, most: int) -> int:
        kind, text = self._next()
        if kind != "number" or not text.isdigit() or not 1 <= int(text) <= most:
            raise _refused(said("{word} is a number from 1 to {most}.", word=word, most=most))
        self._at += 1
        return int(text)

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._otherwise(said("the end of the question"))

    def _otherwise(self, wanted: str) -> Invalid:
        found = self._next()[1][:40] or said("the end of the question")
        return _refused(said("{wanted} should stand where {found} stands.", wanted=wanted, found=found))


def _columns(reader: _Reader) -> tuple[str, bool]:
    if reader.has("*"):
        return "*", False
    if reader.has("COUNT"):
        for sign in "(*)":
            reader.sign(sign)
        return "COUNT(*)", True
    return ", ".join(_several(reader, lambda: reader.name(said("a column")))), False


def _conditions(reader: _Reader) -> str:
    found = [_condition(reader)]
    while reader.has("AND"):
        found.append(_condition(reader))
    return " AND ".join(found)


def _condition(reader: _Reader) -> str:
    column = reader.name(said("a column"))
    if reader.has("LIKE"):
        return f"{column} LIKE {reader.value()}"
    if reader.has("IN"):
        reader.sign("(")
        values = _several(reader, reader.value)
        reader.sign(")")
        return f"{column} IN ({', '.join(values)})"
    return f"{column} {reader.sign(*_COMPARED)} {reader.value()}"


def _order(reader: _Reader) -> str:
    def one() -> str:
        column = reader.name(said("a column"))
        return f"{column} ASC" if reader.has("ASC") else f"{column} DESC" if reader.has("DESC") else column

    return ", ".join(_several(reader, one))


def _several(reader: _Reader, one: Callable[[], str]) -> list[str]:
    found = [one()]
    while reader.has(","):
        found.append(one())
    return found


def _refused(words: str) -> Invalid:
    return Invalid(words, field="question", code="question")
