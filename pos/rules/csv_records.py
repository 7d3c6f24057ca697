"""Delimited text as it comes from other programs, record by record: nothing of it is held but the record being read.

A record that cannot be read is handed on as it was, with the reason; the ones behind it are read all the same. So a
quote that is never closed costs its own line and no other.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pos.errors import Invalid
from pos.said import said

DELIMITERS = (",", ";", "\t", "|")
#: What a person is offered; any other name of an encoding is read as well.
ENCODINGS = ("utf-8", "windows-1252", "utf-16")
#: Letters of one line, and lines and letters of one record: a cell over several lines is an address, not a novel.
LINE_MAX = 16_384
RECORD_LINES_MAX = 50
RECORD_MAX = 65_536
#: So much of a record is kept as it was.
TEXT_MAX = 1_000
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BREAKS = ("\n", "\r")


@dataclass(frozen=True, slots=True)
class Record:
    """One record. line: where it begins, from 1. text: as it was, cut at TEXT_MAX. problem: why it could not be read,
    "" = it could. ended: a line break stands behind it."""

    line: int
    cells: tuple[str, ...]
    text: str
    problem: str
    ended: bool


def encoding_of(start: bytes, told: str) -> str:
    """What to read a file in that begins so: by its mark, else as told, else UTF-8. Invalid for one nobody knows, and
    for text that is UTF-16 without saying so."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    try:
        known = codecs.lookup(told or "utf-8").name
        "".encode(known)
    except (LookupError, TypeError, ValueError):
        raise Invalid(said("There is no encoding called {name}.", name=told), field="encoding") from None
    if known.startswith("utf-16"):  # without its mark, as Windows writes it
        return "utf-16-le" if known == "utf-16" else known
    if len(start) > 3 and start.count(0) >= len(start) // 3:
        raise Invalid(said("It is written in UTF-16 and does not say so: choose that encoding."), field="encoding")
    return "utf-8-sig" if known == "utf-8" else known


def physical(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Its lines with their breaks (LF, CRLF or CR); of one longer than LINE_MAX only so much, without a break.

    Invalid, in words, at the first line that is not of this encoding."""
    text, line = io.TextIOWrapper(file, encoding=encoding, newline=""), 0
    try:
        while found := text.readline(LINE_MAX):
            line += 1
            yield found
            while not found.endswith(_BREAKS) and found:
                found = text.readline(LINE_MAX)
    except UnicodeError:  # also of codecs that tell no place
        words = said("It is not written in {encoding} (near line {line}): choose the encoding it is in.",
                     encoding=encoding.removesuffix("-sig"), line=line + 1)  # fmt: skip
        raise Invalid(words, field="encoding") from None
    finally:
        text.detach()


def records(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """The records in these lines; empty lines are none."""
    source, ahead, line = iter(lines), deque[str](), 0
    while True:
        first = ahead.popleft() if ahead else next(source, None)
        if first is None:
            return
        line += 1
        if not first.strip("\r\n\ufeff"):
            continue
        taken, record = _one(first, line, source, ahead, delimiter)
        for _ in range(taken):
            ahead.popleft()
        line += taken
        yield record


def _one(first: str, line: int, source: Iterator[str], ahead: deque[str], delimiter: str) -> tuple[int, Record]:
    """The record that begins here, and how many of the lines ahead it takes."""
    text, taken, problem = first, 0, ""
    if "\0" in first:
        problem = said("It has bytes in it that are no text (NUL).")
    elif not first.endswith(_BREAKS) and len(first) >= LINE_MAX:
        problem = said("The line is longer than {max} letters.", max=LINE_MAX)
    while not problem:
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True))
            return taken, Record(line, tuple(cells), text[:TEXT_MAX].rstrip("\r\n"), "", text.endswith(_BREAKS))
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                problem = said("Its quotes do not belong together.")
                break
        more = _more(source, ahead, taken)
        if more is None or "\0" in more or taken >= RECORD_LINES_MAX or len(text) + len(more) > RECORD_MAX:
            problem = said("A quote is opened in it and never closed.")
            break
        text, taken = text + more, taken + 1
    return 0, Record(line, (), first[:TEXT_MAX].rstrip("\r\n"), problem, first.endswith(_BREAKS))


def _more(source: Iterator[str], ahead: deque[str], at: int) -> str | None:
    """The line ahead at this place, read when it was not yet."""
    if at == len(ahead):
        found = next(source, None)
        if found is None:
            return None
        ahead.append(found)
    return ahead[at]
