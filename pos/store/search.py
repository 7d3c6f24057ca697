"""Finding items by words: all must match, each as the beginning of a word, or inside one where none begins so.

The order is the same each time: the item whose code or barcode was typed, then names that begin as typed, then the
rest by name. Nothing is sorted here: the index stands in name order (`search_index`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos.store.engines.words import PART_MIN, Query
from pos.store.search_index import PLACE_BITS, PLACES, group_key, words

if TYPE_CHECKING:
    from pos.store.db import Store

#: Tiles are counted exactly up to here; above, the answer says "2,000+" and asks for another word.
COUNT_MAX = 2000
#: Items fetched at once: fewer matches than this are counted and shown from one question.
ROWS_MAX = 3000
#: Words of a query beyond these are not looked at, nor characters.
WORDS_MAX = 8
QUERY_MAX = 120
_PLACES = "(SELECT CAST(value AS BIGINT) FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Hit:
    """One tile found: its code, and the items under it that match."""

    code: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of tiles. total: of all pages; capped: there are more than `total`."""

    hits: tuple[Hit, ...]
    total: int
    capped: bool


def _rows(store: Store, query: Query, what: str, between: tuple[int, int] | None = None, limit: int = 0) -> list[int]:
    """The first column of each row, items by place; `what` may name `place`. between: tiles from, to (inclusive)."""
    where = query.where
    if between is not None:
        low, high = between[0] << PLACE_BITS, between[1] << PLACE_BITS | PLACES - 1
        where += f" AND {query.place} BETWEEN {low} AND {high}"
    most = f" LIMIT {limit}" if limit else ""
    asked = f"SELECT {what.replace('place', query.place)} FROM {where} {query.order}{most}"
    return [row[0] for row in store.execute(asked, query.given)]


def find(store: Store, q: str, group: str, offset: int, limit: int) -> Hits:
    """One page of the tiles that match all words of `q` (none: everything) within `group` ("" = any)."""
    terms = _terms(q)
    if terms:
        return _by_words(store, q, terms, group, offset, limit)
    if q.strip():  # signs only: no item can be meant
        return Hits((), 0, False)
    return _by_group(store, group, offset, limit)


def groups(store: Store) -> list[tuple[str, int]]:
    """Every group that has something to sell, by name, with its number of tiles."""
    found = store.execute("SELECT grp, count(*) FROM search_tile GROUP BY grp ORDER BY grp")
    return [(name, count) for name, count in found]


def group_names(store: Store) -> list[str]:
    """The same names without counting: one step in the index per group."""
    found = store.execute(
        "WITH RECURSIVE g (name) AS (SELECT min(grp) FROM search_tile UNION ALL "
        "SELECT (SELECT min(grp) FROM search_tile WHERE grp > g.name) FROM g WHERE g.name IS NOT NULL) "
        "SELECT name FROM g WHERE name IS NOT NULL"
    )
    return [row[0] for row in found]


def _terms(q: str) -> list[str]:
    """The words asked for, each folded; hb-2041 stays one term of two words that follow each other."""
    terms = [" ".join(words(raw)) for raw in q[:QUERY_MAX].split()]
    return list(dict.fromkeys(t for t in terms if t))[:WORDS_MAX]


def _by_group(store: Store, group: str, offset: int, limit: int) -> Hits:
    sql = store.execute
    where, given = (" WHERE grp = ?", (group,)) if group else ("", ())
    total = sql(f"SELECT count(*) FROM search_tile{where}", given).fetchone()[0]
    rows = sql(f"SELECT pos FROM search_tile{where} ORDER BY pos LIMIT ? OFFSET ?", (*given, limit, offset))
    tiles = [row[0] for row in rows]
    return Hits(_hits(store, tiles, _all_under(store, tiles)), total, False)


def _by_words(store: Store, q: str, terms: Sequence[str], group: str, offset: int, limit: int) -> Hits:
    query, rows = _ask(store, terms, group)
    if query is None or not rows:
        return Hits((), 0, False)
    exact, named = _exact(store, q.strip()), _named(store, terms)
    if len(rows) < ROWS_MAX:  # all that match are here
        found = list(dict.fromkeys(row >> PLACE_BITS for row in rows))
        exact = [tile for tile in found if tile in exact]
        ahead = [tile for tile in found if named[0] <= tile <= named[1]]
    else:
        found = _tiles(store, query)
        exact = [tile for tile in exact if _tiles(store, query, (tile, tile))]
        ahead = _tiles(store, query, named) if named[1] else []
    order = list(dict.fromkeys([*exact, *ahead, *found]))
    page = order[:COUNT_MAX][offset : offset + limit]
    if len(rows) >= ROWS_MAX and any(tile >= rows[-1] >> PLACE_BITS for tile in page):
        rows = [place for run in _runs(page, exact, ahead) for place in _rows(store, query, "place", run)]
    return Hits(_hits(store, page, _under(store, rows, page)), min(len(order), COUNT_MAX), len(order) > COUNT_MAX)


def _ask(store: Store, terms: Sequence[str], group: str) -> tuple[Query | None, list[int]]:
    """The question that finds something, and up to ROWS_MAX places it finds: words as beginnings; where a word begins
    none, that one inside words; where all begin some but not together, all inside words."""
    words, key = store.database.words, group_key(group) if group else ""
    query: Query | None = words.beginnings(terms, key)
    rows = _rows(store, query, "place", None, ROWS_MAX) if query else []
    if not rows:
        known = frozenset(t for t in terms if store.execute(words.EXISTS, (words.beginning(t),)).fetchone())
        if len(known) == len(terms):
            known = frozenset(t for t in terms if len(t) < PART_MIN)
        query = words.parts(terms, key, known)
        rows = _rows(store, query, "place", None, ROWS_MAX) if query else []
    return query, rows


def _tiles(store: Store, query: Query, between: tuple[int, int] | None = None) -> list[int]:
    """Places of the tiles with a match, in order, one more than are counted. Rows come by rowid of themselves."""
    return _rows(store, query, f"DISTINCT place >> {PLACE_BITS}", between, COUNT_MAX + 1)


def _exact(store: Store, q: str) -> list[int]:
    """The tile whose code, or an item of which by code or barcode, is what was typed."""
    found = store.execute(
        f"SELECT pos FROM search_tile WHERE code IN (:q, :upper) UNION SELECT pos >> {PLACE_BITS} FROM search_item "
        "WHERE code IN (:q, :upper) OR code IN (SELECT item FROM barcode WHERE code = :q)",
        {"q": q, "upper": q.upper()},
    )
    return [row[0] for row in found]


def _named(store: Store, terms: Sequence[str]) -> tuple[int, int]:
    """From where to where the tiles stand whose name begins as typed; they stand side by side. (0, 0) = none."""
    start = " ".join(terms)
    given = (start, start + "\U0010ffff")
    low = store.execute(
        "SELECT pos FROM search_tile WHERE sort >= ? AND sort < ? ORDER BY sort LIMIT 1", given
    ).fetchone()
    if low is None:
        return (0, 0)
    asked = "SELECT pos FROM search_tile WHERE sort >= ? AND sort < ? ORDER BY sort DESC LIMIT 1"
    return (low[0], store.execute(asked, given).fetchone()[0])


def _hits(store: Store, tiles: Sequence[int], items: dict[int, list[str]]) -> tuple[Hit, ...]:
    """The tiles by code, in the order given."""
    asked = f"SELECT pos, code FROM search_tile WHERE pos IN {_PLACES}"
    codes = dict(store.execute(asked, (json.dumps(list(tiles)),)).fetchall())
    return tuple(Hit(codes[t], tuple(items.get(t, ()))) for t in tiles if t in codes)


def _runs(page: Sequence[int], exact: Sequence[int], named: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches of the page that stand side by side among the matches: from, to (inclusive)."""
    first, ahead = (named[0] if named else 0), {**dict.fromkeys(named, 1), **dict.fromkeys(exact, 0)}
    runs: list[tuple[int, int]] = []
    last = -1
    for tile in page:
        part = ahead.get(tile, 2 if tile < first else 3)
        if part == last and tile > runs[-1][1]:
            runs[-1] = (runs[-1][0], tile)
        else:
            runs.append((tile, tile))
        last = part
    return runs


def _under(store: Store, places: Sequence[int], page: Sequence[int]) -> dict[int, list[str]]:
    """Per tile of the page, the items at these places."""
    shown = set(page)
    listed = json.dumps([place for place in places if place >> PLACE_BITS in shown])
    asked = (
        "SELECT pos, code FROM search_item WHERE pos IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) ORDER BY pos"
    )
    under: dict[int, list[str]] = {}
    for pos, code in store.execute(asked, (listed,)):
        under.setdefault(pos >> PLACE_BITS, []).append(code)
    return under


def _all_under(store: Store, tiles: Sequence[int]) -> dict[int, list[str]]:
    """Per tile all items under it."""
    asked = "SELECT code FROM search_item WHERE pos BETWEEN ? AND ?"
    return {
        tile: [row[0] for row in store.execute(asked, (tile << PLACE_BITS, tile << PLACE_BITS | PLACES - 1))]
        for tile in tiles
    }
