"""The queue to QuickBooks Desktop as people read it: what waits, what holds it back, who called, what went over the
wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pos.actions import qbd_words
from pos.actions.inventory_words import AT_QUICKBOOKS, work_words
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import NotFound
from pos.said import psaid, said
from pos.store import listing, qbd_archive
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.qbd_archive import Kept

#: What the list can be kept to.
SHOWS = {
    "open": psaid("queue", "Open"),
    "ready": said("Ready"),
    "held": said("Held back"),
    "unknown": said("Not known"),
    "error": said("Errors"),
    "applied": said("In QuickBooks"),
    "all": said("All"),
}
_OF_SHOW = {
    "open": "w.state IN ('not_ready', 'pending', 'in_flight', 'unknown', 'error')",
    "ready": "w.state = 'pending' AND w.blocked = 0",
    "held": "w.state IN ('not_ready', 'pending') AND w.blocked > 0",
    "unknown": "w.state = 'unknown'",
    "error": "w.state = 'error'",
    "applied": "w.state = 'applied'",
}
_NAMES = (
    "n", "kind", "source", "part", "parts", "writes", "state", "blocked", "tries", "next_at", "set_id", "handed_at",
    "ref_number", "remote_id", "txn_number", "code", "message", "made_at", "done_at", "event",
)  # fmt: skip
_SOURCE = Source(
    (
        *(f"w.{name}" for name in _NAMES[:-1]),
        "(SELECT count(*) FROM inventory_event e WHERE e.id = w.source)",
    ),
    "qbd_work w",
    "w.n",
    {"n": "w.n"},
)
_HOLDER = (
    "SELECT x.item, y.work, h.source, h.state FROM qbd_work_item x JOIN qbd_work_item y ON y.connection = x.connection"
    " AND y.item = x.item AND y.open = 1 AND y.turn < x.turn JOIN qbd_work h ON h.n = y.work WHERE x.work = ?"
    " ORDER BY y.turn, y.work LIMIT 1"
)
CSV = (
    "n", "kind", "source", "part", "parts", "state", "tries", "next_at", "set_id", "ref_number", "remote_id", "code",
    "message", "made_at", "done_at",
)  # fmt: skip
_SESSIONS = (
    "SELECT made_at, seen_at, closed_at, state, client_version, version, done, connection_errors, last_error, address"
    " FROM qbd_ticket WHERE connection = ? ORDER BY made_at DESC LIMIT ?"
)
SESSIONS = {
    "open": (psaid("session", "Open"), "waiting"),
    "closed": (said("Ended"), "saved"),
    "expired": (said("Fell silent"), "check"),
    "dropped": (said("Cut off"), "needs"),
    "probe": (said("Tried out"), "offline"),
}
SESSIONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Filter:
    """Which work. connection: whose. show: a key of SHOWS. words: an event, a message set, a name there, or anywhere in
    what was answered."""

    connection: str
    show: str = "open"
    words: str = ""


def listed(store: Store, config: Config, wanted: Filter, asked: Asked) -> tuple[list[dict[str, Any]], Page]:
    """A page of the queue, in the order it goes unless it is turned round; each held back says by what."""
    where, facts = _conditions(wanted)
    with store.reading():
        found = listing.page(store, _SOURCE, where, facts, asked)
        total = listing.count(store, "qbd_work w", where, facts)
        rows = [_row(store, config, row) for row in found.rows]
    return rows, Page(found.rows, found.after, found.before, total)


def every(store: Store, config: Config, wanted: Filter, asked: Asked) -> Iterator[dict[str, Any]]:
    """All that fits, for an export."""
    where, facts = _conditions(wanted)
    return (_row(store, config, row) for row in listing.everything(store, _SOURCE, where, facts, asked))


def of_source(store: Store, config: Config, source: str) -> list[dict[str, Any]]:
    """All parts of one event at QuickBooks Desktop, in their order."""
    if not source:
        return []
    with store.reading():
        found = listing.page(store, _SOURCE, ["w.source = ?"], [source], Asked(down=False, limit=listing.ROWS_MAX))
        return [_row(store, config, row) for row in found.rows]


def counted(store: Store, connection: str) -> dict[str, int]:
    """How much is in each state the list can be kept to; counting stops above 10,000."""
    return {
        name: listing.count(store, "qbd_work w", ["w.connection = ?", condition], [connection])
        for name, condition in _OF_SHOW.items()
        if name != "applied"
    }


def sessions(store: Store, config: Config, connection: str) -> list[dict[str, Any]]:
    """The last times its Web Connector called, the newest first. A ticket itself is shown to nobody."""
    found = []
    for made, seen, closed, state, client, version, done, errors, words, address in store.execute(
        _SESSIONS, (connection, SESSIONS_SHOWN)
    ).fetchall():
        state_words, tone = SESSIONS.get(state, (state, "check"))
        found.append(
            {
                "made_at": made,
                "made_text": moment(store, config, made, seconds=True),
                "seen_text": moment(store, config, closed or seen, seconds=True, of=made),
                "state": state,
                "state_text": state_words,
                "tone": tone,
                "client_version": client,
                "version": version,
                "done": done,
                "errors": errors,
                "last_error": qbd_words.again("", words),
                "address": address,
            }
        )
    return found


def _row(store: Store, config: Config, row: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(_NAMES, row, strict=True))
    state, tone = AT_QUICKBOOKS.get(found["state"], (found["state"], "check"))
    holder = None
    if found["blocked"] and found["state"] in ("pending", "not_ready"):
        holder = store.execute(_HOLDER, (found["n"],)).fetchone()
        state, tone = said("Held back"), "check"
    waiting = found["state"] in ("pending", "unknown") and not found["blocked"]
    return {
        **found,
        "message": qbd_words.again(found["code"], found["message"]),
        "event": found["source"] if found["event"] else "",
        "kind_text": work_words(found["kind"]),
        "state_text": state,
        "tone": tone,
        "needs": tone == "needs",
        "holder": {"item": holder[0], "n": holder[1], "source": holder[2], "state": holder[3]} if holder else None,
        "next_text": moment(store, config, found["next_at"]) if waiting else "",
        "made_text": moment(store, config, found["made_at"]),
        "handed_text": moment(store, config, found["handed_at"]),
        "done_text": moment(store, config, found["done_at"]),
    }


def _conditions(wanted: Filter) -> tuple[list[str], list[Any]]:
    where, facts = ["w.connection = ?"], list[Any]([wanted.connection])
    if wanted.show in _OF_SHOW:
        where.append(_OF_SHOW[wanted.show])
    if wanted.words:
        where.append(
            "(w.source = ? OR w.set_id = ? OR w.ref_number = ? OR w.remote_id = ? OR instr(lower(w.message), lower(?))"
            " > 0 OR EXISTS (SELECT 1 FROM qbd_work_item x WHERE x.work = w.n AND x.item = ?))"
        )
        facts += [wanted.words] * 6
    return where, facts


# -- what went over the wire -------------------------------------------------------------------------------------------

#: The largest number a row can have.
N_MAX = (1 << 63) - 1
WIRE_WORDS = {"ask": psaid("wire", "Asked"), "answer": said("Answered")}


def archived(
    store: Store, config: Config, connection: str, words: str, *, before: int = 0, limit: int = listing.ROWS
) -> tuple[list[dict[str, Any]], Page]:
    """Requests and answers as they went, the newest first. words: an event, a message set, a RefNumber, or anywhere in
    what was said. before: n of the last one seen."""
    limit = min(limit, qbd_archive.LISTED_MAX - 1)
    given: dict[str, Any] = {"before": before, "limit": limit + 1}
    found = qbd_archive.found(store, connection, source=words, **given) if words else []
    found = found or qbd_archive.found(store, connection, words, **given)
    shown, more = found[:limit], len(found) > limit
    return [_wire(store, config, row) for row in shown], Page([], str(shown[-1].n) if more else "", "")


def wire_of(store: Store, config: Config, connection: str, source: str) -> list[dict[str, Any]]:
    """What was asked and answered about one event, in its order."""
    if not connection or not source:
        return []
    found = qbd_archive.found(store, connection, source=source, limit=qbd_archive.LISTED_MAX)
    return [_wire(store, config, row) for row in reversed(found)]


def wire(store: Store, config: Config, n: int, connection: str) -> dict[str, Any]:
    """One of them, whole. NotFound, also for another company's."""
    found = qbd_archive.found(store, connection, before=min(n + 1, N_MAX), limit=1)
    if not found or found[0].n != n:
        raise NotFound(said("There is no such request or answer here; they are kept for a while only."), field="n")
    return {**_wire(store, config, found[0]), "body": found[0].body}


def _wire(store: Store, config: Config, row: Kept) -> dict[str, Any]:
    return {
        "n": row.n,
        "source": row.source,
        "direction": row.direction,
        "direction_text": WIRE_WORDS.get(row.direction, row.direction),
        "set_id": row.set_id,
        "code": row.code,
        "message": row.message,
        "chars": len(row.body),
        "at": row.at,
        "at_text": moment(store, config, row.at, seconds=True),
    }
