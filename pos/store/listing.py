"""Lists read in pages by key: however long a list is, a page costs the same, and a row that comes in shifts none.

A page begins behind (or before) the last row somebody saw: by the value it is sorted by and the row's own key, which
together are unique. No page is counted from the beginning.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pos.errors import Invalid
from pos.store.db import Store

ROWS = 50
ROWS_MAX = 500
#: Counting stops here: "10,000 and more" is as good as any larger number.
COUNT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants to see. sort: a name of Source.orders, "" = the first. after, before: a mark of a row; ""."""

    sort: str = ""
    down: bool = True
    after: str = ""
    before: str = ""
    limit: int = ROWS


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from.

    columns: what is selected. tables: the FROM, with joins. key: a unique column. orders: sort name -> expression,
    the first is the default. Nothing of it ever comes from a request.
    """

    columns: Sequence[str]
    tables: str
    key: str
    orders: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. after, before: marks for the next and the one before, "" = there is none. total: of everything that
    fits, up to COUNT_MAX, None = not counted."""

    rows: list[tuple[Any, ...]]
    after: str
    before: str
    total: int | None = None


def page(store: Store, source: Source, where: Sequence[str], facts: Sequence[Any], asked: Asked) -> Page:
    """Rows that fit every condition. where: SQL conditions with ? for the facts. Invalid for a mark that is none."""
    sort = asked.sort or next(iter(source.orders))
    if sort not in source.orders:
        raise Invalid("This list cannot be sorted by that.", field="sort")
    back = bool(asked.before)
    down = asked.down != back  # towards the beginning everything is read the other way round
    order, mark = source.orders[sort], asked.before or asked.after
    conditions, values = list(where), list(facts)
    if mark:
        at, key = _unmarked(mark)
        sign = "<" if down else ">"
        if order == source.key:
            conditions.append(f"{source.key} {sign} ?")
            values.append(key)
        else:
            conditions.append(f"({order}, {source.key}) {sign} (?, ?)")
            values += [at, key]
    turn = "DESC" if down else "ASC"
    by = f"{source.key} {turn}" if order == source.key else f"{order} {turn}, {source.key} {turn}"
    found = store.execute(
        f"SELECT {order}, {source.key}, {', '.join(source.columns)} FROM {source.tables}"
        f"{' WHERE ' if conditions else ''}{' AND '.join(conditions)} ORDER BY {by} LIMIT ?",
        (*values, asked.limit + 1),
    ).fetchall()
    more, found = len(found) > asked.limit, found[: asked.limit]
    if back:
        found.reverse()
    first, last = (_mark(*found[0][:2]), _mark(*found[-1][:2])) if found else ("", "")
    rows = [tuple(row[2:]) for row in found]
    if back:
        return Page(rows, last, first if more else "")
    return Page(rows, last if more else "", first if mark else "")


def everything(
    store: Store, source: Source, where: Sequence[str], facts: Sequence[Any], asked: Asked
) -> Iterator[tuple[Any, ...]]:
    """Every row that fits, page after page, for an export; what comes in meanwhile is in it or not, never twice."""
    asked = replace(asked, after="", before="", limit=ROWS_MAX)
    while True:
        with store.reading():
            found = page(store, source, where, facts, asked)
        yield from found.rows
        if not found.after:
            return
        asked = replace(asked, after=found.after)


def count(store: Store, tables: str, where: Sequence[str], facts: Sequence[Any], most: int = COUNT_MAX) -> int:
    """How many rows fit; counting stops one above `most`."""
    conditions = " AND ".join(where) or "1 = 1"
    found = store.execute(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {tables} WHERE {conditions} LIMIT ?) AS most", (*facts, most + 1)
    ).fetchone()
    return int(found[0])


def _mark(value: Any, key: Any) -> str:
    text = json.dumps([value, key], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unmarked(mark: str) -> tuple[Any, Any]:
    try:
        value, key = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, RecursionError):
        raise Invalid("This is no place in the list; begin at its first page.", field="after") from None
    if not all(isinstance(part, str | int) or part is None for part in (value, key)):
        raise Invalid("This is no place in the list; begin at its first page.", field="after")
    return value, key
