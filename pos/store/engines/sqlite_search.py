"""Words in SQLite: two full-text tables over `search_item`, whose rows come by rowid, which is by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pos.store.engines.words import PART_MIN, Query, inside

Execute = Callable[..., Any]

EXISTS = "SELECT 1 FROM search_word WHERE search_word MATCH ? LIMIT 1"


def beginning(term: str) -> str:
    """What EXISTS is given for a word that some word begins with."""
    return f'{{text}} : "{term}" *'


def beginnings(terms: Sequence[str], group: str) -> Query:
    """Items in which every word begins some word."""
    match = " AND ".join(beginning(t) for t in terms)
    if group:
        match += f' AND {{grp}} : "{group}"'
    return Query("search_word.rowid", "search_word WHERE search_word MATCH ?", (match,))


def parts(terms: Sequence[str], group: str, known: frozenset[str]) -> Query | None:
    """Items that hold every word anywhere; those that are `known` as beginnings, there."""
    wanted = inside(terms, known)
    if wanted is None:
        return None
    long, short = [t for t in wanted if len(t) >= PART_MIN], [t for t in wanted if len(t) < PART_MIN]
    where = "search_part JOIN search_item ON search_item.pos = search_part.rowid WHERE search_part MATCH ?"
    where += " AND instr(search_item.text, ?)" * len(short) + (" AND search_item.grp = ?" if group else "")
    match = " AND ".join(f'"{t}"' for t in long)
    return Query("search_part.rowid", where, (match, *short, *([group] if group else [])))


def add(many: Execute, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows (pos, code, grp, text) that were put into search_item."""
    many(
        "INSERT INTO search_word (rowid, text, grp) VALUES (?, ?, ?)", [(pos, text, grp) for pos, _, grp, text in rows]
    )
    many("INSERT INTO search_part (rowid, text) VALUES (?, ?)", [(pos, text) for pos, _, _, text in rows])


def remove(many: Execute, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows (pos, code, grp, text, …) that go. An index over outside content must be told the words it held."""
    many(
        "INSERT INTO search_word (search_word, rowid, text, grp) VALUES ('delete', ?, ?, ?)",
        [(row[0], row[3], row[2]) for row in rows],
    )
    many(
        "INSERT INTO search_part (search_part, rowid, text) VALUES ('delete', ?, ?)",
        [(row[0], row[3]) for row in rows],
    )


def refill(execute: Execute) -> None:
    """Both tables anew from search_item."""
    execute("INSERT INTO search_word (search_word) VALUES ('rebuild')")
    execute("INSERT INTO search_part (search_part) VALUES ('rebuild')")
