"""The search index (tiles in name order, the items under them, full-text indexes over their words), and stock totals.

`search_item.pos` is `tile << 14 | place`: rows come out of the full-text index by rowid, which is by name, with
nothing to sort. Kept in step by `pos.store.search`; SQLite only.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # One row per tile on the screen: a template (with its variants under it) or an item of its own.
    "CREATE TABLE search_tile (pos INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, sort TEXT NOT NULL, "
    "grp TEXT NOT NULL)",
    "CREATE UNIQUE INDEX search_tile_sort ON search_tile (sort)",
    "CREATE INDEX search_tile_grp ON search_tile (grp, pos)",
    # One row per item that can be sold. `text` is folded, words parted by one space, a space in front.
    "CREATE TABLE search_item (pos INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, grp TEXT NOT NULL, "
    "text TEXT NOT NULL)",
    "CREATE VIRTUAL TABLE search_word USING fts5(text, grp, content='search_item', content_rowid='pos', "
    "tokenize='unicode61 remove_diacritics 2', prefix='1 2 3 4 5')",
    "CREATE VIRTUAL TABLE search_part USING fts5(text, content='search_item', content_rowid='pos', tokenize='trigram')",
    "CREATE INDEX price_name ON price (name)",
    # All that ever left (negative) or came back, per item: stock counted here is that count plus what followed it.
    "CREATE TABLE movement_total (item TEXT NOT NULL, warehouse TEXT NOT NULL, qty INTEGER NOT NULL, "
    "PRIMARY KEY (item, warehouse)) WITHOUT ROWID",
    "CREATE TRIGGER movement_added AFTER INSERT ON movement BEGIN "
    "INSERT INTO movement_total (item, warehouse, qty) VALUES (new.item_code, new.warehouse, new.qty) "
    "ON CONFLICT (item, warehouse) DO UPDATE SET qty = qty + excluded.qty; END",
    "CREATE TRIGGER movement_removed AFTER DELETE ON movement BEGIN "
    "UPDATE movement_total SET qty = qty - old.qty WHERE item = old.item_code AND warehouse = old.warehouse; END",
    "INSERT INTO movement_total (item, warehouse, qty) "
    "SELECT item_code, warehouse, sum(qty) FROM movement GROUP BY 1, 2",
    # What was booked after the last complete pull of stock still counts as ours.
    "CREATE INDEX outbox_state_updated ON outbox (state, updated_at)",
)


def up(db: Any) -> None:
    """Create the tables; they are filled as items are put, or by `pos.store.search.rebuild`."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
