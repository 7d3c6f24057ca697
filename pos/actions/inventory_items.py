"""Items as the stock-keeper sees them: how much is where, all that ever moved one, what is open at QuickBooks."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from pos.actions import conductor_stock, qbd_words
from pos.actions.inventory_words import AT_QUICKBOOKS, KINDS, exact, quantity, work_words
from pos.actions.outbox_views import KIND_WORDS, moment
from pos.config import Config
from pos.said import Said, nsaid, said
from pos.store import inventory_read
from pos.store.db import Store
from pos.store.inventory_read import Detail, Figures, Moved, Row

_WORK = (
    "SELECT w.n, w.kind, w.source, w.part, w.parts, w.state, w.blocked, w.code, w.message, w.made_at"
    " FROM qbd_work_item x JOIN qbd_work w ON w.n = x.work WHERE x.connection = ? AND x.item = ? AND x.open = 1"
    " ORDER BY x.turn, w.n LIMIT ?"
)
#: Messages about one item that are shown; more are counted at the queue.
WORK_MAX = 50
CSV = ("item", "name", "location", "on_hand", "reserved", "available", "reorder", "uom", "low", "kept")


def cards(found: Figures, approvals: int, config: Config, *, desktop: bool) -> list[dict[str, Any]]:
    """What stands above the overview. approvals: how many wait. desktop: whether QuickBooks Desktop is set up."""
    off = said("not set up")
    rows: tuple[tuple[str, str, Said, int, str, Said], ...] = (
        ("skus", "", said("SKUs"), found.skus, "", nsaid("at {n} place", "at {n} places", found.locations)),
        ("low", "needs", said("Low stock"), found.low, "/inventory?low=1", said("at or below the point")),
        ("pending", "waiting", said("QuickBooks pending"), found.pending, "/inventory/events?state=open",
         said("on their way") if desktop else off),
        ("errors", "needs", said("QuickBooks errors"), found.errors, "/inventory/events?state=error",
         said("need a person") if desktop else off),
        ("approvals", "waiting", said("Approvals waiting"), approvals, "/inventory/approvals?state=pending",
         said("for a second person")),
    )  # fmt: skip
    return [
        {"key": key, "tone": tone if count and tone else "all", "title": title, "count": count,
         "count_text": quantity(count * 1000, config), "link": link, "words": words}
        for key, tone, title, count, link, words in rows
    ]  # fmt: skip


def shown(row: Row, config: Config) -> dict[str, Any]:
    """One item at one place."""
    return {
        "item": row.item,
        "name": row.name,
        "location": row.location,
        "uom": row.uom,
        "on_hand": exact(row.on_hand),
        "on_hand_text": quantity(row.on_hand, config),
        "reserved": exact(row.reserved),
        "reserved_text": quantity(row.reserved, config) if row.reserved else "",
        "available": exact(row.available),
        "available_text": quantity(row.available, config),
        "reorder": exact(row.reorder),
        "reorder_text": quantity(row.reorder, config) if row.reorder is not None else "",
        "low": row.low,
        "below": row.on_hand < 0,
        "kept": row.kept,
    }


def detail(store: Store, config: Config, item: str, company: str) -> dict[str, Any]:
    """One item with its places, the sum of them, and what the books have to know of it. NotFound."""
    found: Detail = inventory_read.item_detail(store, item, company)
    rows = [shown(row, config) for row in found.rows]
    return {
        "item": found.item,
        "name": found.name,
        "uom": found.uom,
        "stocked": found.stocked,
        "template": found.template,
        "disabled": found.disabled,
        "barcodes": list(found.barcodes),
        "reorder_text": quantity(found.reorder, config) if found.reorder is not None else "",
        "rows": rows,
        "total_text": quantity(sum(row.on_hand for row in found.rows), config),
        "available_text": quantity(sum(row.available for row in found.rows), config),
        "reserved_text": quantity(sum(row.reserved for row in found.rows), config),
        "part": asdict(found.part),
        "changed_by": people_named(store, {found.part.changed_by}).get(found.part.changed_by, found.part.changed_by),
    }


def at_quickbooks(store: Store, config: Config, company: str, item: str) -> dict[str, Any] | None:
    """What QuickBooks Desktop says is there of an item; None where it is not known there, or nobody asked."""
    there = conductor_stock.beside(store, company, [item]).get(item)
    return None if there is None else {**asdict(there), "seen_text": moment(store, config, there.seen_at)}


def history(store: Store, config: Config, rows: Iterable[Moved]) -> list[dict[str, Any]]:
    """What moved an item: changes of stock by people, documents of tills."""
    listed = list(rows)
    names = people_named(store, {row.by for row in listed})
    return [_moved(store, config, row, names) for row in listed]


def people_named(store: Store, codes: Collection[str]) -> dict[str, str]:
    """Names by code; of programs their code alone."""
    asked = "SELECT code, name FROM user WHERE code IN (SELECT value FROM json_each(?))"
    return dict(store.execute(asked, (json.dumps(sorted(codes)),)).fetchall())


def _moved(store: Store, config: Config, row: Moved, names: dict[str, str]) -> dict[str, Any]:
    by_people = row.kind in KINDS
    return {
        "at": row.at,
        "at_text": moment(store, config, row.at),
        "kind": row.kind,
        "kind_text": KINDS[row.kind] if by_people else KIND_WORDS.get(row.kind, row.kind),
        "event": row.ref if by_people else "",
        "document": "" if by_people else row.ref,
        "number": row.number,
        "location": row.location,
        "qty": exact(row.qty),
        "qty_text": quantity(row.qty, config, signed=True),
        "level_after": exact(row.level_after),
        "level_text": quantity(row.level_after, config),
        "by": names.get(row.by, row.by),
        "void": row.void,
    }


def open_work(store: Store, config: Config, connection: str, item: str) -> list[dict[str, Any]]:
    """Messages to QuickBooks Desktop that move this item and are not answered, in the order they go."""
    names = ("n", "kind", "source", "part", "parts", "state", "blocked", "code", "message", "made_at")
    found = []
    for row in store.execute(_WORK, (connection, item, WORK_MAX)).fetchall():
        one = dict(zip(names, row, strict=True))
        words, tone = AT_QUICKBOOKS.get(one["state"], (one["state"], "check"))
        if one["blocked"] and one["state"] == "pending":
            words, tone = said("Held back"), "check"
        more = {"kind_text": work_words(one["kind"]), "state_text": words, "tone": tone, "needs": tone == "needs"}
        more["message"] = qbd_words.again(one["code"], one["message"])
        found.append({**one, **more, "made_text": moment(store, config, one["made_at"])})
    return found
