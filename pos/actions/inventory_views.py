"""Changes of stock as people read them: the list of all of them, and one with its lines, its moves and its way to the
books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pos.actions import qbd_words
from pos.actions.inventory_words import AT_QUICKBOOKS, KINDS, exact, quantity
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import Invalid, NotFound
from pos.rules import wording
from pos.said import said
from pos.store import listing
from pos.store import reach as within
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.reach import EVERYWHERE, Reach

#: What the list can be kept to; "needs" is everything a person has to look at.
STATES = {
    "needs": said("Needs a person"),
    "open": said("On its way"),
    "not_ready": said("Not ready"),
    "error": said("Errors"),
    "applied": said("In QuickBooks"),
    "voided": said("Taken back"),
}
_OF_STATE = {
    "needs": "e.qb_status IN ('not_ready', 'unknown', 'error') AND e.status = 'committed'",
    "open": "e.qb_status IN ('not_ready', 'pending', 'in_flight', 'unknown') AND e.status = 'committed'",
    "not_ready": "e.qb_status = 'not_ready' AND e.status = 'committed'",
    "error": "e.qb_status = 'error' AND e.status = 'committed'",
    "applied": "e.qb_status = 'applied'",
    "voided": "e.status = 'voided'",
}
_COLUMNS = (
    "e.n", "e.id", "e.company", "e.kind", "e.status", "e.effective_date", "e.memo", "e.reason", "e.reference",
    "e.purchase_order", "e.count", "e.counters", "e.lines", "e.created_at", "e.created_by", "e.approval",
    "e.approved_by", "e.voided_at", "e.voided_by", "e.void_reason", "e.connection", "e.qb_status", "e.qb_words",
    "coalesce(u.name, '')", "coalesce(a.name, '')", "coalesce(v.name, '')",
    "(SELECT l.item FROM inventory_line l WHERE l.event = e.id ORDER BY l.position LIMIT 1)",
    "(SELECT min(nullif(l.source, '')) FROM inventory_line l WHERE l.event = e.id)",
    "(SELECT min(nullif(l.destination, '')) FROM inventory_line l WHERE l.event = e.id)",
)  # fmt: skip
_NAMES = (
    "n", "id", "company", "kind", "status", "effective_date", "memo", "reason", "reference", "purchase_order", "count",
    "counters", "lines", "created_at", "created_by", "approval", "approved_by", "voided_at", "voided_by", "void_reason",
    "connection", "qb_status", "qb_words", "created_name", "approved_name", "voided_name", "item", "source",
    "destination",
)  # fmt: skip
_SOURCE = Source(
    _COLUMNS,
    "inventory_event e LEFT JOIN user u ON u.code = e.created_by LEFT JOIN user a ON a.code = e.approved_by"
    " LEFT JOIN user v ON v.code = e.voided_by",
    "e.n",
    {"n": "e.n", "day": "e.effective_date"},
)
CSV = (
    "id", "kind", "status", "effective_date", "item", "lines", "source", "destination", "memo", "reason", "reference",
    "created_at", "created_by", "approved_by", "voided_at", "voided_by", "void_reason", "qb_status", "qb_words",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events. company: an id. kind: a key of KINDS. state: a key of STATES. location, item: codes. first, last:
    effective days. words: id, item, or anywhere in memo and reference. "" = any."""

    company: str = ""
    kind: str = ""
    state: str = ""
    location: str = ""
    item: str = ""
    first: str = ""
    last: str = ""
    words: str = ""


def listed(
    store: Store, config: Config, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE
) -> tuple[list[dict[str, Any]], Page]:
    """One page, the newest first. Invalid for a day that is none."""
    where, facts = _conditions(wanted, reach)
    with store.reading():
        found = listing.page(store, _SOURCE, where, facts, asked)
        total = listing.count(store, "inventory_event e", where, facts)
    rows = [_row(store, config, row) for row in found.rows]
    return rows, Page(found.rows, found.after, found.before, total)


def every(
    store: Store, config: Config, wanted: Filter, asked: Asked, reach: Reach = EVERYWHERE
) -> Iterator[dict[str, Any]]:
    """All that fits, for an export."""
    where, facts = _conditions(wanted, reach)
    return (_row(store, config, row) for row in listing.everything(store, _SOURCE, where, facts, asked))


def one(store: Store, config: Config, event: str, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """An event with its lines, what they did at each place, and what it takes back or is taken back by. NotFound."""
    where, facts = within.of_companies(reach, "e.company")
    with store.reading():
        found = listing.page(store, _SOURCE, ["e.id = ?", *where], [event, *facts], Asked(limit=1)).rows
        if not found:
            raise NotFound(said("There is no change of stock {id} here.", id=event[:40]), field="id")
        row = _row(store, config, found[0])
        countered = store.execute(
            "SELECT id FROM inventory_event WHERE counters = ? AND status = 'committed' ORDER BY n LIMIT 1", (event,)
        ).fetchone()
        more = {
            "line_rows": _lines(store, config, event),
            "moves": _moves(store, config, event),
            "countered_by": countered[0] if countered else "",
            "reason_words": _reason(store, row["company"], row["reason"]),
        }
    return {**row, **more}


def acts(event: Mapping[str, Any]) -> list[str]:
    """What a person may do with an event as it stands: void, counter, retry. Who may is the caller's to say."""
    state = event["qb_status"]
    if event["status"] != "committed" or event["countered_by"]:
        return []
    found = ["retry"] if state in ("error", "not_ready", "unknown") else []
    if state in ("none", "not_ready", "pending", "error"):
        found.append("void")
    if state in ("none", "applied") and event["kind"] != "counter":
        found.append("counter")
    return found


def _row(store: Store, config: Config, row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(_NAMES, row, strict=True))
    state, tone = AT_QUICKBOOKS.get(found["qb_status"], (found["qb_status"], "check"))
    voided = found["status"] == "voided"
    found["created_text"] = moment(store, config, found["created_at"])
    found["voided_text"] = moment(store, config, found["voided_at"])
    found["day_text"] = wording.short_day(date.fromisoformat(found["effective_date"]), config.shop.locale)
    found["kind_text"] = KINDS.get(found["kind"], found["kind"])
    found["qb_text"], found["tone"] = (said("Taken back"), "offline") if voided else (state, tone)
    found["qb_words"] = qbd_words.again("", found["qb_words"])
    found["needs"] = tone == "needs" and not voided
    for name in ("created", "approved", "voided"):
        found[f"{name}_name"] = found[f"{name}_name"] or found[f"{name}_by"]
    for name in ("item", "source", "destination"):
        found[name] = found[name] or ""
    return found


def _lines(store: Store, config: Config, event: str) -> list[dict[str, Any]]:
    asked = (
        "SELECT l.position, l.item, coalesce(i.name, ''), coalesce(i.uom, ''), l.source, l.destination, l.qty,"
        " l.set_to, l.level_before, l.account, l.reason, l.cost FROM inventory_line l LEFT JOIN item i"
        " ON i.code = l.item WHERE l.event = ? ORDER BY l.position"
    )
    names = ("position", "item", "name", "uom", "source", "destination", "qty", "set_to", "level_before", "account",
             "reason", "cost")  # fmt: skip
    found = [dict(zip(names, row, strict=True)) for row in store.execute(asked, (event,)).fetchall()]
    for line in found:
        between = bool(line["source"] and line["destination"])
        line["qty_text"] = quantity(line["qty"], config, signed=not between)
        line["set_text"] = quantity(line["set_to"], config) if line["set_to"] is not None else ""
        line["before_text"] = quantity(line["level_before"], config) if line["level_before"] is not None else ""
        for name in ("qty", "set_to", "level_before"):
            line[name] = exact(line[name])
    return found


def _moves(store: Store, config: Config, event: str) -> list[dict[str, Any]]:
    asked = (
        "SELECT m.position, m.item, m.location, m.qty, m.level_after FROM inventory_move m WHERE m.event = ?"
        " ORDER BY m.n"
    )
    found = []
    for position, item, location, qty, after in store.execute(asked, (event,)).fetchall():
        found.append(
            {
                "position": position,
                "item": item,
                "location": location,
                "qty": exact(qty),
                "qty_text": quantity(qty, config, signed=True),
                "level_after": exact(after),
                "level_text": quantity(after, config),
            }
        )
    return found


def _reason(store: Store, company: str, code: str) -> str:
    found = store.execute("SELECT words FROM inventory_reason WHERE company = ? AND code = ?", (company, code))
    row = found.fetchone()
    return row[0] if row else ""


def _conditions(wanted: Filter, reach: Reach) -> tuple[list[str], list[Any]]:
    where, facts = list[str](), list[Any]()
    more, others = within.of_companies(reach, "e.company")
    where += more
    facts += others
    for condition, value in (
        ("e.company = ?", wanted.company),
        ("e.kind = ?", wanted.kind),
        ("e.effective_date >= ?", _day(wanted.first, "first")),
        ("e.effective_date <= ?", _day(wanted.last, "last")),
        ("e.id IN (SELECT event FROM inventory_move WHERE item = ?)", wanted.item),
        ("EXISTS (SELECT 1 FROM inventory_move m WHERE m.event = e.id AND m.location = ?)", wanted.location),
    ):
        if value:
            where.append(condition)
            facts.append(value)
    if wanted.state:
        where.append(f"({_OF_STATE[wanted.state]})")
    if wanted.words:
        where.append(
            "(e.id = ? OR instr(lower(e.memo), lower(?)) > 0 OR instr(lower(e.reference), lower(?)) > 0"
            " OR e.id IN (SELECT event FROM inventory_move WHERE item = ?))"
        )
        facts += [wanted.words] * 4
    return where, facts


def _day(text: str, field: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise Invalid(said("{name} is a day like 2026-11-21.", name=field), field=field) from None
