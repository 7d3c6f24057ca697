"""The search index in PostgreSQL: the same tiles and items; words are found by trigrams over `search_item.text`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pos.store.engines.words import Query, inside

Execute = Callable[..., Any]

#: Stands in for the migration 0002, whose full-text tables are SQLite's.
STATEMENTS = (
    "CREATE TABLE search_tile (pos INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, sort TEXT NOT NULL, "
    "grp TEXT NOT NULL)",
    "CREATE UNIQUE INDEX search_tile_sort ON search_tile (sort)",
    "CREATE INDEX search_tile_grp ON search_tile (grp, pos)",
    "CREATE TABLE search_item (pos INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, grp TEXT NOT NULL, "
    "text TEXT NOT NULL)",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX search_item_text ON search_item USING gin (text gin_trgm_ops)",
    "CREATE INDEX price_name ON price (name)",
    "CREATE TABLE movement_total (item TEXT NOT NULL, warehouse TEXT NOT NULL, qty INTEGER NOT NULL, "
    "PRIMARY KEY (item, warehouse)) WITHOUT ROWID",
    "CREATE FUNCTION movement_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO movement_total (item, warehouse, qty) VALUES (NEW.item_code, NEW.warehouse, NEW.qty)"
    " ON CONFLICT (item, warehouse) DO UPDATE SET qty = movement_total.qty + excluded.qty; RETURN NULL; END $$",
    "CREATE FUNCTION movement_removed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " UPDATE movement_total SET qty = qty - OLD.qty WHERE item = OLD.item_code AND warehouse = OLD.warehouse;"
    " RETURN NULL; END $$",
    "CREATE TRIGGER movement_added AFTER INSERT ON movement FOR EACH ROW EXECUTE FUNCTION movement_added()",
    "CREATE TRIGGER movement_removed AFTER DELETE ON movement FOR EACH ROW EXECUTE FUNCTION movement_removed()",
    "CREATE INDEX outbox_state_updated ON outbox (state, updated_at)",
)

EXISTS = "SELECT 1 FROM search_item WHERE text LIKE ? LIMIT 1"


def beginning(term: str) -> str:
    """What EXISTS is given for a word that some word begins with. The text has a space before each word."""
    return f"% {term}%"


def beginnings(terms: Sequence[str], group: str) -> Query:
    """Items in which every word begins some word."""
    return _all([f" {t}" for t in terms], group)


def parts(terms: Sequence[str], group: str, known: frozenset[str]) -> Query | None:
    """Items that hold every word anywhere; those that are `known` as beginnings, there."""
    wanted = inside(terms, known)
    return None if wanted is None else _all(wanted, group)


def _all(wanted: Sequence[str], group: str) -> Query:
    conditions = ["text LIKE ?"] * len(wanted) + (["grp = ?"] if group else [])
    given = (*(f"%{one}%" for one in wanted), *([group] if group else []))
    return Query("search_item.pos", f"search_item WHERE {' AND '.join(conditions)}", given, "ORDER BY 1")


def add(_many: Execute, _rows: Sequence[tuple[Any, ...]]) -> None:
    """The index follows search_item by itself."""


def remove(_many: Execute, _rows: Sequence[tuple[Any, ...]]) -> None:
    """The index follows search_item by itself."""


def refill(_execute: Execute) -> None:
    """The index follows search_item by itself."""
