"""Whether stock that is kept here is what its movements come to: what `verify` says of it."""

from __future__ import annotations

from typing import Any, Protocol

from pos.rules.inventory import text_of

#: So many are named; the rest is counted.
NAMED_MAX = 20


class Readable(Protocol):
    """What asking takes of a store."""

    def execute(self, sql: str, /) -> Any: ...


#: Each kept row against its moves. What was counted before there were events has none until the next start.
_LEVELS = (
    "SELECT s.item, s.warehouse, s.qty - s.own_at_set, coalesce(e.qty, 0) FROM stock s LEFT JOIN (SELECT item,"
    " location, sum(qty) AS qty FROM inventory_move GROUP BY item, location) e ON e.item = s.item"
    " AND e.location = s.warehouse WHERE s.own_at_set IS NOT NULL AND s.warehouse <> ''"
    " AND s.qty - s.own_at_set <> coalesce(e.qty, 0) AND (e.item IS NOT NULL OR"
    " EXISTS (SELECT 1 FROM meta WHERE key = 'inventory_begun')) ORDER BY s.item, s.warehouse"
)
_LOST = (
    "SELECT m.item, m.location, sum(m.qty) FROM inventory_move m WHERE NOT EXISTS (SELECT 1 FROM stock s WHERE"
    " s.item = m.item AND s.warehouse = m.location) GROUP BY m.item, m.location HAVING sum(m.qty) <> 0"
    " ORDER BY m.item, m.location"
)
_DOCUMENTS = (
    "SELECT item, warehouse, sum(kept), sum(sold) FROM (SELECT item, warehouse, qty AS kept, 0 AS sold"
    " FROM movement_total UNION ALL SELECT item_code, warehouse, 0, qty FROM movement) x GROUP BY item, warehouse"
    " HAVING sum(kept) <> sum(sold) ORDER BY item, warehouse"
)
#: What a line asked for against what it did at each place; a void takes all of it back.
_EVENTS = (
    "SELECT e.id, m.item, m.qty, m.location FROM inventory_event e JOIN (SELECT event, position, item, location,"
    " sum(qty) AS qty FROM inventory_move GROUP BY event, position, item, location) m ON m.event = e.id"
    " LEFT JOIN inventory_line l ON l.event = m.event AND l.position = m.position AND l.item = m.item"
    " WHERE l.event IS NULL OR m.qty <> CASE WHEN e.status = 'voided' THEN 0 WHEN m.location = l.source THEN -l.qty"
    " WHEN m.location = l.destination THEN l.qty ELSE 0 END ORDER BY e.n, m.position, m.location"
)
_ORPHANS = (
    "SELECT m.event, m.item, m.qty FROM inventory_move m WHERE NOT EXISTS"
    " (SELECT 1 FROM inventory_event e WHERE e.id = m.event) ORDER BY m.n"
)


def wrong(reader: Readable) -> list[str]:
    """What does not add up, in words; [] when all does."""
    if not _has_events(reader):
        return []
    found = [
        f"stock of {item} at {place} is kept as {text_of(kept)} without sales, and its events come to {text_of(moved)}"
        for item, place, kept, moved in reader.execute(_LEVELS).fetchall()
    ]
    found += [
        f"events moved {text_of(qty)} of {item} at {place}, and no stock is kept of it there"
        for item, place, qty in reader.execute(_LOST).fetchall()
    ]
    found += [
        f"the sum of what was sold of {item} at {place} is {text_of(-kept)}, and its documents come to {text_of(-sold)}"
        for item, place, kept, sold in reader.execute(_DOCUMENTS).fetchall()
    ]
    found += [
        f"event {event} moved {text_of(qty)} of {item} at {place}, which is not what its line says"
        for event, item, qty, place in reader.execute(_EVENTS).fetchall()
    ]
    found += [
        f"{text_of(qty)} of {item} was moved by an event {event} that is not there"
        for event, item, qty in reader.execute(_ORPHANS).fetchall()
    ]
    more = len(found) - NAMED_MAX
    return found if more <= 0 else [*found[:NAMED_MAX], f"{more} more sums of stock do not hold"]


def _has_events(reader: Readable) -> bool:
    """Whether a database has these tables: one an older program left has not until the next start."""
    row = reader.execute("SELECT max(version) FROM schema_version").fetchone()
    return row is not None and (row[0] or 0) >= 31
