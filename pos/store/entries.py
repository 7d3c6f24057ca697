"""The rows of one document go into the tables here: for a sale, for a receipt taken in, and for `rebuild`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pos import clock
from pos.rules import daybook, hub, ledger, record
from pos.store.db import Store


def _insert(table: str, columns: tuple[str, ...], also: str = "") -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) {also}"


DOCUMENT = _insert("document", ledger.DOCUMENT)
DOCUMENT_N = f"{DOCUMENT} RETURNING n"
LINE = _insert("line", ledger.LINE)
TENDER = _insert("tender", ledger.TENDER)
MOVEMENT = _insert("movement", ledger.MOVEMENT)
SESSION = _insert("session", ledger.SESSION, "ON CONFLICT (id) DO NOTHING")
#: Only the first Z closes a session; a second one for it, from elsewhere, changes nothing.
CLOSING = f"UPDATE session SET open = 0, {' = ?, '.join(ledger.CLOSING)} = ? WHERE id = ? AND z_document IS NULL"
LATE = "UPDATE session SET counted = counted + 1 WHERE id = ?"
#: A row of another till may have come from the issuer before its document: then it is the document's from here on.
VOUCHER = _insert(
    "voucher_row",
    (*ledger.VOUCHER, "origin", "sent_at"),
    "ON CONFLICT (id) DO UPDATE SET origin = excluded.origin, at = excluded.at, expires = excluded.expires,"
    " till = excluded.till, document = excluded.document, position = excluded.position, exposure = excluded.exposure"
    " WHERE voucher_row.code = excluded.code AND voucher_row.amount = excluded.amount",
)
#: The first record that blanks a document counts.
BLANKING = _insert("blanking", (*record.Blanking._fields, "done"), "ON CONFLICT (document) DO NOTHING")
LOST = _insert("lost_number", record.Lost._fields)
OUTBOX = _insert(
    "outbox",
    (
        "document", "connection", "part", "state", "tries", "next_at", "lease_until", "owner", "after", "settle_at",
        "booked_at", "resolved", "remote_id", "remote", "code", "message", "difference", "created_at", "updated_at",
    ),
)  # fmt: skip


#: The enabled connections of the first company, in a fixed order.
CONNECTIONS = "SELECT id, kind FROM connection WHERE enabled = 1 AND company = 'main' ORDER BY id"
#: A session began with the document that came in late; see `mended`.
MEND = "UPDATE session SET opened_at = ?, opened_by = ?, business_day = ?, first_sequence = ? WHERE id = ?"

#: (till, connection) of the enabled connections of the company a till stands in, in a fixed order.
CONNECTIONS_OF = (
    "SELECT asked.till, c.id FROM (SELECT CAST(? AS TEXT) AS till) asked JOIN connection c ON c.enabled = 1"
    " AND c.company = coalesce((SELECT p.company FROM till_place p WHERE p.till = asked.till), 'main') ORDER BY c.id"
)

#: Parts that the connections book; a row nobody can send would wait for ever.
BOOKED_PARTS = ("sale", "return", "cash")


class Last(NamedTuple):
    """The newest document of a series: what the next one follows."""

    sequence: int
    hash: str
    created_at: str


def last(store: Store, till: str, series: str, genesis: str) -> Last:
    """The document a new one of this till and series follows; sequence 0 and `genesis` when there is none."""
    row = store.execute(
        "SELECT sequence, hash, created_at FROM document WHERE till = ? AND series = ? ORDER BY sequence DESC LIMIT 1",
        (till, series),
    ).fetchone()
    return Last(*row) if row else Last(0, genesis, "")


def put(store: Store, rows: ledger.Rows) -> int:
    """Insert everything a document has in the ledger's tables; its `n`. Inside a transaction."""
    work: list[tuple[str, Sequence[Sequence[Any]]]] = [(DOCUMENT_N, [rows.document]), *ledger_rows([rows])]
    if rows.vouchers:
        work.append((VOUCHER, voucher_rows(rows)))
    if rows.closing is not None:
        work += [(CLOSING, [rows.closing]), (LATE, [(name,) for name in rows.late])]
    if rows.blankings:
        work.append((BLANKING, blanking_rows(rows)))
    if rows.lost is not None:
        work.append((LOST, [rows.lost]))
    n: int = store.together(work)[0][0][0]
    return n


def ledger_rows(given: Sequence[ledger.Rows]) -> list[tuple[str, Sequence[Sequence[Any]]]]:
    """What any documents have beside their own rows, and the statements for it; a session is the first one's."""
    sessions = {one.session[0]: one.session for one in reversed(given) if one.session is not None}
    return [
        (LINE, [row for one in given for row in one.lines]),
        (TENDER, [row for one in given for row in one.tenders]),
        (MOVEMENT, [row for one in given for row in one.movements]),
        (SESSION, list(sessions.values())),
    ]


def blanking_rows(rows: ledger.Rows) -> list[tuple[Any, ...]]:
    """What a record blanks, as the table takes it: nothing of it is done yet."""
    return [(*one, 0) for one in rows.blankings]


def voucher_rows(rows: ledger.Rows) -> list[tuple[Any, ...]]:
    """The voucher rows of a document as the table takes them: not with the issuer yet, as far as is known here."""
    return [(*row, "document", "") for row in rows.vouchers]


def outbox_rows(
    doc: Mapping[str, Any], connections: Iterable[str], state: str, moment: datetime
) -> list[tuple[Any, ...]]:
    """What must go out for a document: one row per connection and part. A return waits for its originals. A recovered
    copy is there already, and goes nowhere."""
    stamp = clock.stamp(moment)
    if doc["series"] == "recovered":
        return _booked_rows(doc, connections, stamp)
    after = " ".join(ledger.after(doc))
    return [
        (doc["id"], connection, part, state, 0, stamp, "", "",
         after if part == "return" and not daybook.bundles(connection) else "",
         "", "", "", "", "", "", "", "", stamp, stamp)
        for connection in connections
        for part in _parts(doc, connection)
        if part in (*BOOKED_PARTS, hub.PART)
    ]  # fmt: skip


def _parts(doc: Mapping[str, Any], connection: str) -> tuple[str, ...]:
    """What of a document goes to a connection: to books that bundle receipts, receipts alone."""
    if connection == hub.KIND:
        return hub.parts(doc)
    parts = ledger.parts(doc)
    return tuple(p for p in parts if p in daybook.PARTS) if daybook.bundles(connection) else parts


def _booked_rows(doc: Mapping[str, Any], connections: Iterable[str], stamp: str) -> list[tuple[Any, ...]]:
    """So that goods that come back can be tied to what stands there, row by row."""
    there = doc["recovered"]
    remote = json.dumps({"figures": {}, "rows": [{"name": item["line"]} for item in doc["items"]]})
    return [
        (doc["id"], connection, part, "booked", 0, stamp, "", "", "", "", stamp, "", there["remote_id"], remote, "",
         "", "", stamp, stamp)
        for connection in connections
        if connection == there["connection"]
        for part in ledger.parts(doc)
    ]  # fmt: skip


def put_outbox(store: Store, doc: Mapping[str, Any], state: str, moment: datetime) -> None:
    """Queue a document for every enabled connection of its till's company, in the transaction that saves it."""
    rows = outbox_rows(doc, [key for _till, key in store.execute(CONNECTIONS_OF, (doc["till"],))], state, moment)
    store.execute_many(OUTBOX, rows)


def connections(store: Store) -> list[tuple[str, str]]:
    """(id, kind) of the enabled connections of this server's own company, the first one, in a fixed order."""
    return store.execute(CONNECTIONS).fetchall()


def mode(store: Store) -> str:
    """What a receipt made now says: the kind of its connection, "mock" when sales stay here."""
    found = connections(store)
    return found[0][1] if found else "mock"


def mend_session(store: Store, doc: Mapping[str, Any]) -> None:
    """After a receipt was taken in late: when it is the first of its session by sequence, that one opened with it."""
    before = store.execute(
        "SELECT session FROM document WHERE till = ? AND series = 'till' AND sequence < ?"
        " ORDER BY sequence DESC LIMIT 1",
        (doc["till"], doc["sequence"]),
    ).fetchone()
    if before is None or before[0] != doc["session"]:
        store.execute(MEND, mended(doc))


def mended(doc: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a session's row says of the document it began with, then the session."""
    return doc["created_at"], doc["cashier"]["code"], doc["business_day"], doc["sequence"], doc["session"]


def said_of(doc: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit says of a document that was saved."""
    return {
        "number": doc["invoice_name"],
        "total": f"{doc['total']} {doc['currency']}",
        "hash": doc["hash"],
        **more,
    }


def meta(store: Store, key: str, default: str) -> str:
    """One remembered value."""
    row = store.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else default


def set_meta(store: Store, key: str, value: Any) -> None:
    """Remember one value. Inside a transaction."""
    text = value if isinstance(value, str) else json.dumps(value)
    store.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, text),
    )
