"""Stock in a QuickBooks company file beside ours: what is on hand there, what it was not told of yet, and which of its
own adjustments were looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pos import clock
from pos.store.db import Store
from pos.store.models import ConductorStock as Stock

#: Who moves goods here because somebody at QuickBooks did: no change of ours.
BY = "quickbooks-stock"
ADJUSTMENT = "qbd_adjustment"
_LISTED = "(SELECT value FROM json_each(?))"
_PUT = (
    "INSERT INTO conductor_stock (connection, item, site, on_hand, on_order, on_sales_order, seen_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connection, item, site) DO UPDATE SET on_hand = excluded.on_hand,"
    " on_order = excluded.on_order, on_sales_order = excluded.on_sales_order, seen_at = excluded.seen_at"
)


@dataclass(frozen=True, slots=True)
class Level:
    """What is of an item there. item, site: their ids; site "" = in the whole file. Figures are exact texts, "" = not
    said."""

    item: str
    site: str = ""
    on_hand: str = ""
    on_order: str = ""
    on_sales_order: str = ""
    seen_at: str = ""


@dataclass(frozen=True, slots=True)
class Net:
    """What moved of an item at a place since QuickBooks was told, in thousandths. account: as people wrote it, "" = the
    company's."""

    place: str
    account: str
    item: str
    qty: int


@dataclass(frozen=True, slots=True)
class Theirs:
    """An adjustment made there that was not looked at as it is now. record: its id here; gone: it was deleted there."""

    record: str
    remote: str
    revision: str
    gone: bool
    event: str  # what it became here; "" = nothing


# -- what is on hand there ---------------------------------------------------------------------------------------------


def keep(store: Store, connection: str, rows: Iterable[Level], now: datetime) -> None:
    """These levels as they were asked for now."""
    stamp = clock.stamp(now)
    store.execute_many(
        _PUT,
        [(connection, one.item, one.site, one.on_hand, one.on_order, one.on_sales_order, stamp) for one in rows],
    )


def forget(connection: str, before: datetime, *, sites: bool) -> None:
    """What a reading that began then did not meet is there no more. sites: of levels at sites, else of the file. In
    a transaction."""
    asked = (Stock.connection == connection) & (Stock.seen_at < clock.stamp(before))
    asked &= (Stock.site != "") if sites else (Stock.site == "")
    Stock.delete().where(asked).execute()


def levels(store: Store, connection: str, items: Iterable[str]) -> dict[str, list[Level]]:
    """Of these items of theirs what is known; that of the whole file first."""
    asked = (
        "SELECT item, site, on_hand, on_order, on_sales_order, seen_at FROM conductor_stock WHERE connection = ?"
        f" AND item IN {_LISTED} ORDER BY item, site"
    )
    found: dict[str, list[Level]] = {}
    with store.reading():
        for row in store.execute(asked, (connection, json.dumps(sorted(set(items))))).fetchall():
            found.setdefault(row[0], []).append(Level(*row))
    return found


def count(store: Store, connection: str) -> int:
    """Of how many items what is on hand there is known."""
    with store.reading():
        return int(Stock.select().where((Stock.connection == connection) & (Stock.site == "")).count())


# -- which item is which -----------------------------------------------------------------------------------------------


def remotes(store: Store, company: str, connection: str, items: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Our item -> (its record, its id there): by the record of that id, else by the ListID its card names."""
    listed = json.dumps(sorted(set(items)))
    by_card = (
        "SELECT p.item, l.record_id, l.remote_id FROM inventory_part p JOIN record_link l ON l.company = p.company"
        " AND l.connection = ? AND l.kind = 'qbd_item' AND l.remote_id = p.qb_id AND l.state <> 'gone'"
        f" WHERE p.company = ? AND p.qb_id <> '' AND p.item IN {_LISTED}"
    )
    by_code = (
        "SELECT record_id, record_id, remote_id FROM record_link WHERE connection = ? AND company = ?"
        f" AND kind = 'qbd_item' AND remote_id <> '' AND state <> 'gone' AND record_id IN {_LISTED}"
    )
    found: dict[str, tuple[str, str]] = {}
    with store.reading():
        for asked in (by_card, by_code):
            for item, record, remote in store.execute(asked, (connection, company, listed)).fetchall():
                found[item] = (record, remote)
    return found


def items(store: Store, company: str, records: Iterable[str]) -> dict[str, str]:
    """Record of an item -> our item: that of the same code, else the one whose card names its ListID."""
    listed = json.dumps(sorted(set(records)))
    by_card = (
        "SELECT l.record_id, p.item FROM record_link l JOIN inventory_part p ON p.company = l.company"
        " AND p.qb_id = l.remote_id WHERE l.company = ? AND l.kind = 'qbd_item' AND l.remote_id <> ''"
        f" AND l.record_id IN {_LISTED}"
    )
    with store.reading():
        found = dict(store.execute(by_card, (company, listed)).fetchall())
        own = store.execute(f"SELECT code FROM item WHERE code IN {_LISTED}", (listed,)).fetchall()
    return found | {code: code for (code,) in own}


# -- what they were not told of ----------------------------------------------------------------------------------------


def first_move(store: Store, made_at: str) -> int:
    """The last movement of before a moment: what QuickBooks was not told of begins behind it."""
    row = store.execute("SELECT coalesce(max(n), 0) FROM inventory_move WHERE at < ?", (made_at,)).fetchone()
    return int(row[0])


def untold(store: Store, company: str, after: int) -> tuple[list[Net], int]:
    """What people moved behind this movement, together for each place, account and item; and the last movement. Not
    openings, nor what takes one back, nor what a Web Connector tells, nor what somebody at QuickBooks moved."""
    last = int(store.execute("SELECT coalesce(max(n), 0) FROM inventory_move").fetchone()[0])
    asked = (
        "SELECT m.location, coalesce(nullif(l.account, ''), nullif(lr.account, ''), nullif(er.account, ''),"
        " nullif(p.adjustment_account, ''), '') AS account, m.item, sum(m.qty)"
        " FROM inventory_move m JOIN inventory_event e ON e.id = m.event"
        " LEFT JOIN inventory_line l ON l.event = m.event AND l.position = m.position"
        " LEFT JOIN inventory_reason lr ON lr.company = e.company AND lr.code = l.reason"
        " LEFT JOIN inventory_reason er ON er.company = e.company AND er.code = e.reason"
        " LEFT JOIN inventory_part p ON p.company = e.company AND p.item = m.item"
        " WHERE m.n > ? AND m.n <= ? AND e.company = ? AND e.kind <> 'opening' AND e.connection = '' AND m.by <> ?"
        " AND NOT EXISTS (SELECT 1 FROM inventory_event o WHERE o.id = e.counters"
        " AND (o.kind = 'opening' OR o.connection <> ''))"
        " GROUP BY 1, 2, 3"
    )
    rows = store.execute(asked, (after, last, company, BY)).fetchall()
    return [Net(place, account, item, int(qty)) for place, account, item, qty in rows if qty], last


def is_taken_back(store: Store, event: str) -> bool:
    """Whether a counter-event took an event back."""
    asked = "SELECT 1 FROM inventory_event WHERE counters = ? AND status = 'committed'"
    return store.execute(asked, (event,)).fetchone() is not None


# -- what they adjusted ------------------------------------------------------------------------------------------------


def feed(remote: str) -> str:
    """The cursor that says what became here of an adjustment of theirs: "revision|event"."""
    return f"conductor:adjusted:{remote}"


_THEIRS = (
    "SELECT r.id, l.remote_id, l.sync_token, CASE WHEN l.state = 'gone' THEN 1 ELSE 0 END, coalesce(c.value, '')"
    " FROM record r JOIN record_link l ON l.company = r.company AND l.kind = r.kind AND l.record_id = r.id"
    " AND l.connection = ? LEFT JOIN cursor c ON c.connection = l.connection"
    " AND c.feed = 'conductor:adjusted:' || l.remote_id"
    " WHERE r.company = ? AND r.kind = 'qbd_adjustment' AND r.origin = 'there' AND l.remote_id <> '' AND r.id > ?"
    " AND coalesce(c.value, '') NOT LIKE (CASE WHEN l.state = 'gone' THEN 'gone' ELSE l.sync_token END || '|%')"
    " ORDER BY r.id LIMIT ?"
)


def theirs(store: Store, company: str, connection: str, after: str, limit: int) -> Sequence[Theirs]:
    """Adjustments made there that are new, changed or deleted since they were looked at, from behind a record's id."""
    with store.reading():
        rows = store.execute(_THEIRS, (connection, company, after, limit)).fetchall()
    return [Theirs(key, remote, token, bool(gone), value.partition("|")[2]) for key, remote, token, gone, value in rows]


def newest(store: Store, company: str) -> str:
    """When the latest of their adjustments that are known was made, in their words; "" = there is none."""
    asked = "SELECT fields FROM record WHERE company = ? AND kind = 'qbd_adjustment' AND origin = 'there'"
    with store.reading():
        made = [str(json.loads(row[0]).get("createdAt") or "") for row in store.execute(asked, (company,)).fetchall()]
    return max(filter(None, made), key=lambda moment: clock.stamp(clock.parse(moment)), default="")
