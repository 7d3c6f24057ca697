"""One item as the stock-keeper sees it: all that ever moved it, and what of it is still open at QuickBooks Desktop."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.actions.inventory_words import AT_QUICKBOOKS, KINDS, exact, quantity, work_words
from pos.actions.outbox_views import KIND_WORDS, moment
from pos.config import Config
from pos.errors import Invalid
from pos.store.db import Store
from pos.store.listing import ROWS

_EVENTS = (
    "SELECT m.n, e.created_at, e.kind, e.id, '', m.location, m.qty, e.status, coalesce(u.name, e.created_by)"
    " FROM inventory_move m JOIN inventory_event e ON e.id = m.event LEFT JOIN user u ON u.code = e.created_by"
    " WHERE m.item = ? AND m.location IN ({places}) AND m.n < ? ORDER BY m.n DESC LIMIT ?"
)
_DOCUMENTS = (
    "SELECT d.n, d.created_at, d.kind, d.id, d.number, m.warehouse, sum(m.qty), '', coalesce(u.name, d.cashier)"
    " FROM movement m JOIN document d ON d.id = m.document LEFT JOIN user u ON u.code = d.cashier"
    " WHERE m.item_code = ? AND m.warehouse IN ({places}) AND d.n < ?"
    " GROUP BY d.n, d.created_at, d.kind, d.id, d.number, m.warehouse, coalesce(u.name, d.cashier)"
    " ORDER BY d.n DESC LIMIT ?"
)
_WORK = (
    "SELECT w.n, w.kind, w.source, w.part, w.parts, w.state, w.ref_number, w.remote_id, w.message, w.made_at"
    " FROM qbd_work_item x JOIN qbd_work w ON w.n = x.work WHERE x.connection = ? AND x.item = ? AND x.open = 1"
    " ORDER BY w.n LIMIT ?"
)
_ABOVE_ALL = 1 << 62
WORK_MAX = 100


@dataclass(frozen=True, slots=True)
class History:
    """A page of it. after: where the next one begins, "" = there is none."""

    rows: list[dict[str, Any]]
    after: str


def history(
    store: Store, config: Config, item: str, places: Sequence[str], *, after: str = "", limit: int = ROWS
) -> History:
    """What moved an item at these places, the newest first: changes of stock, and documents of tills. Those of either
    kind stand in the order they were saved. Invalid for an `after` that is none."""
    begin = _begin(after)
    marks = ", ".join("?" * len(places)) or "NULL"
    both = []
    with store.reading():
        for kind, asked in (("e", _EVENTS), ("d", _DOCUMENTS)):
            rows = store.execute(asked.format(places=marks), (item, *places, begin[kind], limit + 1)).fetchall()
            both.append([(clock.parse(row[1]), kind, row) for row in rows])
    found = list(heapq.merge(*both, key=lambda one: one[0], reverse=True))  # takes heads: neither order is changed
    shown, more = found[:limit], len(found) > limit
    for _, kind, row in shown:
        begin[kind] = min(begin[kind], row[0])
    return History([_row(store, config, row) for _, _, row in shown], f"{begin['e']}.{begin['d']}" if more else "")


def open_work(store: Store, config: Config, connection: str, item: str) -> list[dict[str, Any]]:
    """Messages to QuickBooks Desktop that move this item and are not answered, the oldest first: it goes before all."""
    rows = store.execute(_WORK, (connection, item, WORK_MAX)).fetchall()
    found = []
    for n, kind, source, part, of, state, ref, remote, message, made in rows:
        state_words, tone = AT_QUICKBOOKS.get(state, (state, "check"))
        found.append(
            {
                "n": n,
                "kind_text": work_words(kind),
                "source": source,
                "part": part,
                "parts": of,
                "state_text": state_words,
                "tone": tone,
                "ref_number": ref,
                "remote_id": remote,
                "message": message,
                "made_text": moment(store, config, made),
            }
        )
    return found


def _row(store: Store, config: Config, row: Sequence[Any]) -> dict[str, Any]:
    _, at, kind, subject, number, place, qty, status, by = row
    return {
        "at": at,
        "at_text": moment(store, config, at),
        "kind": kind,
        "kind_text": KIND_WORDS.get(kind, kind) if number else KINDS.get(kind, kind),
        "event": "" if number else subject,
        "document": subject if number else "",
        "number": number,
        "location": place,
        "qty": exact(qty),
        "qty_text": quantity(qty, config, signed=True),
        "voided": status == "voided",
        "by": by,
    }


def _begin(after: str) -> dict[str, int]:
    if not after:
        return {"e": _ABOVE_ALL, "d": _ABOVE_ALL}
    events, _, documents = after.partition(".")
    if not (after.isascii() and events.isdigit() and documents.isdigit() and len(after) < 41):
        raise Invalid("This is no place in the list; begin at its first page.", field="after")
    return {"e": min(int(events), _ABOVE_ALL), "d": min(int(documents), _ABOVE_ALL)}
