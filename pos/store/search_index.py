"""The search index and its upkeep: words folded, tiles in name order, both full-text tables in step with the items.

A tile is what the screen shows: a template with its variants under it, or an item of its own. `search_tile.pos` is
the tile's place in name order with room between neighbours; `search_item.pos` is `tile << PLACE_BITS | place`, and
the rowid of the full-text rows. Disabled items, templates and what cannot be sold are not in the index at all.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pos.store.db import Store

#: Room for 16,383 variants under one template; further ones are found by code, barcode and in the grid only.
PLACE_BITS = 14
PLACES = 1 << PLACE_BITS
#: Tiles stand this far apart when numbered afresh: 32 new names fit between the same two neighbours by halving alone.
STEP = 1 << 32
#: Several names at once take this part of the room between their neighbours: a list that comes in name order, in bites,
#: was numbered afresh every sixth bite, which took seconds each time.
CROWDED = 256
FIRST = 1 << 47
LAST = 1 << 48
#: Items handled at once: bounds memory, and the JSON text handed to SQLite.
CHUNK = 2000

_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Lower case without accents, for comparing: "CAFÉ" and "cafe" are one."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c)).casefold().translate(_LETTERS)


def words(text: str) -> list[str]:
    """The folded words of a text: runs of letters and digits."""
    return _WORD.findall(fold(text))


def group_key(group: str) -> str:
    """One word that stands for a group in the full-text index, whatever characters its name has."""
    return "g" + hashlib.blake2b(group.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the index should hold for one item."""

    code: str
    tile: str
    sort: str
    group: str
    text: str


def update(store: Store, codes: Iterable[str]) -> None:
    """Bring the index in step with these items (and the variants of templates among them). Inside a transaction."""
    todo = _with_variants(store, codes)
    for start in range(0, len(todo), CHUNK):
        _update(store, todo[start : start + CHUNK])


def rebuild(store: Store) -> int:
    """Make the whole index afresh from the items; the number of items in it. One transaction."""
    with store.transaction():
        sql = store.execute
        sql("DELETE FROM search_item")
        sql("DELETE FROM search_tile")
        codes = [row[0] for row in sql("SELECT code FROM item WHERE disabled = 0 AND has_variants = 0 ORDER BY code")]
        wanted = [w for start in range(0, len(codes), CHUNK) for w in _wanted(store, codes[start : start + CHUNK])]
        tiles = sorted({(w.sort, w.tile, w.group) for w in wanted})
        places = {tile: FIRST + i * STEP for i, (_, tile, _) in enumerate(tiles)}
        rows = [(places[tile], tile, sort, group) for sort, tile, group in tiles]
        _many(store, "INSERT INTO search_tile (pos, code, sort, grp) VALUES (?, ?, ?, ?)", rows)
        _many(store, _INSERT_ITEM, _placed(wanted, places, {}))
        _refill(store)
        return len(wanted)


def _refill(store: Store) -> None:
    store.database.words.refill(store.execute)


_INSERT_ITEM = "INSERT INTO search_item (pos, code, grp, text) VALUES (?, ?, ?, ?)"
_CODES = "(SELECT value FROM json_each(?))"


def _many(store: Store, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        store.execute_many(statement, rows)


def _with_variants(store: Store, codes: Iterable[str]) -> list[str]:
    given = sorted(set(codes))
    found = store.execute(f"SELECT code FROM item WHERE variant_of IN {_CODES}", (json.dumps(given),))
    return sorted({*given, *(row[0] for row in found)})


def _wanted(store: Store, codes: Sequence[str]) -> list[_Wanted]:
    """What the index should hold for those of these items that are shown. A template that is not there, or is
    switched off, leaves its variants standing on their own."""
    sql, listed = store.execute, (json.dumps(list(codes)),)
    more: dict[str, list[str]] = {}
    for item, code in sql(f"SELECT item, code FROM barcode WHERE item IN {_CODES}", listed):
        more.setdefault(item, []).append(code)
    for item, value in sql(f"SELECT item, value FROM attribute WHERE item IN {_CODES} ORDER BY position", listed):
        more.setdefault(item, []).append(value)
    found = sql(
        "SELECT i.code, i.name, i.brand, i.item_group, t.code, t.name, t.brand, t.item_group FROM item i "
        "LEFT JOIN item t ON t.code = i.variant_of AND t.disabled = 0 AND t.has_variants = 1 "
        f"WHERE i.code IN {_CODES} AND i.disabled = 0 AND i.has_variants = 0",
        listed,
    )
    wanted = []
    for code, name, brand, group, tile, title, tile_brand, tile_group in found:
        parts = [name, code, brand or tile_brand or "", tile_group or group, *more.get(code, ())]
        if tile is not None:
            parts[:1] = [title, name] if name != title else [title]
            parts.append(tile)
        own = tile is None
        sort = " ".join(words(name if own else title)) + "\t" + (code if own else tile)
        wanted.append(_Wanted(code, code if own else tile, sort, group if own else tile_group, _text(parts)))
    return wanted


def _text(parts: Iterable[str]) -> str:
    """The words to find an item by, each once, a space before each: HB-2041 is found as hb, 2041 and hb2041."""
    seen: dict[str, None] = {}
    for part in parts:
        for raw in part.split():
            pieces = words(raw)
            if len(pieces) > 1:
                seen[" ".join(pieces)] = None
                seen["".join(pieces)] = None
            elif pieces:
                seen[pieces[0]] = None
    return "".join(f" {word}" for word in seen)


def _update(store: Store, codes: list[str]) -> None:
    sql = store.execute
    listed = json.dumps(codes)
    old = {
        row[1]: row
        for row in sql(
            "SELECT s.pos, s.code, s.grp, s.text, t.code, t.sort FROM search_item s "
            f"LEFT JOIN search_tile t ON t.pos = s.pos >> {PLACE_BITS} WHERE s.code IN {_CODES}",
            (listed,),
        )
    }
    wanted = {w.code: w for w in _wanted(store, codes)}
    same = {
        code
        for code, w in wanted.items()
        if code in old and old[code][2:] == (group_key(w.group), w.text, w.tile, w.sort)
    }
    gone = [row for code, row in old.items() if code not in same]
    _remove(store, gone)
    fresh = [w for code, w in wanted.items() if code not in same]
    places = _tile_places(store, fresh)
    taken = _highest(store, places.values())
    rows = _placed(fresh, places, taken)
    _many(store, _INSERT_ITEM, rows)
    store.database.words.add(store.execute_many, rows)
    _drop_empty(store, {row[0] >> PLACE_BITS for row in gone})


def _remove(store: Store, rows: Sequence[tuple[Any, ...]]) -> None:
    """Take entries out."""
    store.database.words.remove(store.execute_many, rows)
    _many(store, "DELETE FROM search_item WHERE pos = ?", [(row[0],) for row in rows])


def _drop_empty(store: Store, tiles: Iterable[int]) -> None:
    _many(
        store,
        "DELETE FROM search_tile WHERE pos = ? "
        "AND NOT EXISTS (SELECT 1 FROM search_item WHERE search_item.pos BETWEEN ? AND ?)",
        [(pos, pos << PLACE_BITS, pos << PLACE_BITS | PLACES - 1) for pos in tiles],
    )


def _placed(wanted: Iterable[_Wanted], places: Mapping[str, int], taken: dict[int, int]) -> list[tuple[Any, ...]]:
    """Rows for search_item. `taken` holds the highest place used under each tile, and is counted on."""
    rows = []
    for w in wanted:
        tile = places[w.tile]
        place = taken.get(tile, 0) + 1
        if place < PLACES:
            taken[tile] = place
            rows.append((tile << PLACE_BITS | place, w.code, group_key(w.group), w.text))
    return rows


def _highest(store: Store, tiles: Iterable[int]) -> dict[int, int]:
    highest = {}
    for tile in set(tiles):
        row = store.execute(
            "SELECT max(pos) FROM search_item WHERE pos BETWEEN ? AND ?",
            (tile << PLACE_BITS, tile << PLACE_BITS | PLACES - 1),
        ).fetchone()
        if row[0] is not None:
            highest[tile] = row[0] & PLACES - 1
    return highest


def _tile_places(store: Store, wanted: Sequence[_Wanted]) -> dict[str, int]:
    """The place of each tile these items stand under; new or renamed tiles get one between their neighbours."""
    tiles = {w.tile: (w.sort, w.group) for w in wanted}
    known = {
        code: (pos, sort, group)
        for pos, code, sort, group in store.execute(
            f"SELECT pos, code, sort, grp FROM search_tile WHERE code IN {_CODES}", (json.dumps(list(tiles)),)
        )
    }
    places, new = {}, []
    for code, (sort, group) in tiles.items():
        if code in known and known[code][1] == sort:
            places[code] = known[code][0]
            if known[code][2] != group:
                store.execute("UPDATE search_tile SET grp = ? WHERE pos = ?", (group, places[code]))
        else:
            if code in known:  # renamed: its items were all taken out before, for their words changed with it
                store.execute("DELETE FROM search_tile WHERE pos = ?", (known[code][0],))
            new.append((sort, code, group))
    _insert_tiles(store, sorted(new), places)
    return places


def _insert_tiles(store: Store, new: Sequence[tuple[str, str, str]], places: dict[str, int]) -> None:
    """Give each new tile, in name order, a place; those that fall between the same neighbours stand equally
    far apart."""
    start = 0
    while start < len(new):
        below, above = _neighbours(store, new[start][0])
        end = start + 1
        while end < len(new) and (above is None or new[end][0] < above[0]):
            end += 1
        count = end - start
        low, room = _room(below, above, count)
        if room < 1:
            _renumber(store, places)
            continue
        rows = [(low + (i + 1) * room, code, sort, group) for i, (sort, code, group) in enumerate(new[start:end])]
        _many(store, "INSERT INTO search_tile (pos, code, sort, grp) VALUES (?, ?, ?, ?)", rows)
        places.update({row[1]: row[0] for row in rows})
        start = end


def _neighbours(store: Store, sort: str) -> tuple[int | None, tuple[str, int] | None]:
    sql = store.execute
    below = sql("SELECT pos FROM search_tile WHERE sort < ? ORDER BY sort DESC LIMIT 1", (sort,)).fetchone()
    above = sql("SELECT sort, pos FROM search_tile WHERE sort > ? ORDER BY sort LIMIT 1", (sort,)).fetchone()
    return (below[0] if below else None), ((above[0], above[1]) if above else None)


def _room(below: int | None, above: tuple[str, int] | None, count: int) -> tuple[int, int]:
    """Where to count from and by how much, for `count` tiles between two neighbours. Below 1: no room left."""
    if below is None and above is None:
        return FIRST - STEP, STEP
    if above is None:
        assert below is not None
        return (below, STEP) if below + count * STEP < LAST * 2 else (below, 0)
    if below is None:
        low = above[1] - (count + 1) * STEP
        return (low, STEP) if low > 0 else (0, 0)
    gap = above[1] - below
    even = gap // (count + 1)
    # Several at once are likely to be followed by the names after them: most of the room is left behind them.
    return below, even if count == 1 or even < CROWDED else even // CROWDED


def _renumber(store: Store, places: dict[str, int]) -> None:
    """Number all tiles afresh, STEP apart, and move their items along. Seconds with 100,000 items, and very rare."""
    sql = store.execute
    tiles = [row[0] for row in sql("SELECT pos FROM search_tile ORDER BY sort")]
    moved = {pos: FIRST + i * STEP for i, pos in enumerate(tiles)}
    # By way of negative numbers: an old place may be another tile's new one.
    items = [row[0] for row in sql("SELECT pos FROM search_item")]
    steps = [(pos, -(moved[pos >> PLACE_BITS] << PLACE_BITS | pos & PLACES - 1)) for pos in items]
    _many(store, "UPDATE search_item SET pos = ? WHERE pos = ?", [(new, old) for old, new in steps])
    _many(store, "UPDATE search_tile SET pos = ? WHERE pos = ?", [(-new, old) for old, new in moved.items()])
    sql("UPDATE search_item SET pos = -pos")
    sql("UPDATE search_tile SET pos = -pos")
    _refill(store)
    places.update({code: moved[pos] for code, pos in places.items()})
