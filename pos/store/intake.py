"""What the writer does with one document, inside its transaction: find its id, number it, chain it, enter its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pos import clock
from pos.errors import Conflict
from pos.rules import documents, ledger, receipt, record, voucher
from pos.said import said
from pos.store import audit, entries, hub_link, overs, shifts
from pos.store.arrivals import Sent
from pos.store.db import Store

#: A clock this far behind the last document was set back; less is a clock being corrected.
CLOCK_BACK_SECONDS = 1.0
#: Fields of the older shape's document that are given here, so they are no part of comparing two of them.
_GIVEN = ("sequence", "taken_in", "prev_hash", "hash")


class Entered(NamedTuple):
    """A document as it stands in the tables."""

    doc: dict[str, Any]
    body: bytes
    duplicate: bool
    n: int
    path: str


def proven(body: bytes) -> tuple[dict[str, Any], ledger.Rows]:
    """The document in these bytes and its rows. Corrupt unless hash, shape and arithmetic are as the contract says."""
    doc = documents.verify(body)
    receipt.check(doc)
    return doc, ledger.rows(doc, body)


def find(store: Store, key: str) -> Entered | None:
    """The saved document with this id."""
    row = store.execute("SELECT n, path, body FROM document WHERE id = ?", (key,)).fetchone()
    if row is None:
        return None
    body = row[2].encode("utf-8")
    return Entered(documents.decode(body), body, True, row[0], row[1])


def sell(
    store: Store,
    doc: dict[str, Any],
    guard: Callable[[Store], None] | None = None,
    complete: Callable[[Store], Mapping[str, Any]] | None = None,
) -> Entered:
    """A document made here: the next number of this till, chained to the one before, queued for the books.

    complete: what the document says that only this transaction knows, such as the figures of a Z.
    """
    found = find(store, doc["id"])
    if found is not None:
        return found
    hub_link.refuse_doubled(store)
    refuse_at_hub(store, doc)
    now, till = clock.now(), store.config.till.id
    session = shifts.last(store, till)
    before = shifts.of_before(store, doc)
    if before is None:
        shifts.admit(session, doc, insist=store.config.shift.insist_on_float)
    if guard is not None:
        guard(store)
    if complete is not None:
        doc = {**doc, **complete(store)}
    last = entries.last(store, till, "till", documents.GENESIS)
    sequence = max(last.sequence, record.skipped_to(doc)) + 1
    stamped, body = documents.stamp(
        {**doc, "flags": [*doc.get("flags", ()), *_clock_flags(last.created_at, now)]},
        till=till,
        store=store.config.till.store,
        series="till",
        sequence=sequence,
        invoice_name=ledger.number_of(till, sequence),
        created_at=local(store, now).isoformat(timespec="milliseconds"),
        business_day=_business_day(store, doc, now),
        session=_session_of(store, session, doc),
        mode=entries.mode(store),
        prev_hash=last.hash,
    )
    if complete is not None:
        receipt.check(stamped)
    rows = ledger.rows(stamped, body)
    n = entries.put(store, rows)
    entries.put_outbox(store, stamped, "queued", now)
    _tell(store, stamped["cashier"]["code"], stamped["kind"], stamped, {})
    return Entered(stamped, body, False, n, ledger.path_of(stamped))


def refuse_at_hub(store: Store, doc: Mapping[str, Any]) -> None:
    """Conflict: a server that is a hub alone sells nothing and has no drawer. What it says of documents, and vouchers
    made by hand, are documents of its own."""
    if store.config.server.role == "hub" and doc["kind"] not in (voucher.KIND, record.KIND):
        raise Conflict(
            "This server is the hub: it sells nothing itself. Sell at a till, or set [server] role = both.", code="hub"
        )


def _session_of(store: Store, found: shifts.Session | None, doc: Mapping[str, Any]) -> str:
    """Vouchers are issued and expired, and records made, at any hour: such a document opens no session. A Z of a
    session this till had under an id of before stands in none."""
    name = shifts.name_now(store, found)
    if doc["kind"] == "z" and doc["z"]["session"] != name:
        return ""
    if doc["kind"] in (voucher.KIND, record.KIND) and (found is None or not found.open):
        return ""
    return name


def _business_day(store: Store, doc: Mapping[str, Any], now: datetime) -> str:
    """The trading day of a document made now. A Z has that of its session, however late it is taken."""
    if doc["kind"] == "z":
        return str(doc["z"]["business_day"])
    return clock.business_day(now, store.config.shop.timezone, store.config.shop.day_starts).isoformat()


def local(store: Store, moment: datetime) -> datetime:
    """A moment as the shop's wall clock shows it, with its offset."""
    return moment.astimezone(ZoneInfo(store.config.shop.timezone))


def _clock_flags(before: str, now: datetime) -> list[str]:
    """Sequence and chain go on whatever the clock says; a receipt earlier than the one before says so."""
    if before and (clock.parse(before) - now).total_seconds() > CLOCK_BACK_SECONDS:
        return ["clock_back"]
    return []


def open_session(store: Store, till: str) -> str:
    """The session a document made now belongs to: the open one, else the next, which this document opens."""
    return shifts.name_now(store, shifts.last(store, till))


def adopt(store: Store, doc: Mapping[str, Any], body: bytes, origin: str, actor: str) -> Entered:
    """A proven receipt from elsewhere: as it is, or not at all."""
    return here_already(store, doc, body) or _enter_adopted(store, dict(doc), body, origin, actor)


def here_already(store: Store, doc: Mapping[str, Any], body: bytes) -> Entered | None:
    """The same receipt when it is here; None when it could be taken in. Conflict when its id holds other content, or
    its number is another one's."""
    found = find(store, doc["id"])
    if found is not None:
        if found.body == body or _is_blanked_twin(found.doc, doc):
            return found
        raise other_content(found.doc, doc)
    holder = store.execute(
        "SELECT id, number FROM document WHERE till = ? AND series = ? AND sequence = ?",
        (doc["till"], doc["series"], doc["sequence"]),
    ).fetchone()
    if holder is not None:
        raise Conflict(
            said(
                "The number {number} already belongs to another sale here (id {what}), so this "
                "receipt (id {id}) cannot keep it. Keep its file, and compare both with the paper receipts.",
                number=doc["invoice_name"],
                what=holder[0],
                id=doc["id"],
            ),
            code="number_taken",
            field="invoice_name",
            facts={"holder": holder[0]},
        )
    return None


def _is_blanked_twin(saved: Mapping[str, Any], offered: Mapping[str, Any]) -> bool:
    """The same receipt, one of the two with its customer taken out: what is here stays as it is."""
    one_is = bool(saved.get("blanked")) != bool(offered.get("blanked"))
    return one_is and ledger.chain_hash(saved) == ledger.chain_hash(offered)


def adopt_sent(store: Store, sent: Sent, guard: Callable[[], None]) -> Entered:
    """`adopt` for a document that a till of this hub sent, by itself. `guard` runs inside the transaction and may raise
    Conflict."""
    doc, body = sent.doc, sent.body
    found = here_already(store, doc, body)
    if found is not None:
        return found
    guard()
    return _enter_adopted(store, dict(doc), body, sent.origin, sent.actor, state=sent.state)


def adopt_found(store: Store, doc: Mapping[str, Any], body: bytes) -> Entered:
    """`adopt` for a file found in its place at the start: one that was made without a connection goes nowhere."""
    state = "unknown" if doc["mode"] != "mock" else ""
    return _enter_adopted(store, dict(doc), body, "found in invoices/", "recover", state=state)


def _enter_adopted(
    store: Store, doc: dict[str, Any], body: bytes, origin: str, actor: str, *, state: str = "unknown"
) -> Entered:
    n = entries.put(store, ledger.rows(doc, body))
    if doc["series"] == "till":
        entries.mend_session(store, doc)
    if state:
        entries.put_outbox(store, doc, state, clock.now())
    _tell(store, actor, "adopt", doc, {"origin": origin})
    overs.tell(store, doc)
    return Entered(doc, body, False, n, ledger.path_of(doc))


def adopt_imported(store: Store, doc: dict[str, Any], origin: str, actor: str) -> Entered:
    """An older receipt, mapped: the next place in the imported series, which this till's own numbers never meet."""
    found = imported_already(store, doc)
    if found is not None:
        return found
    till = store.config.till.id
    before = entries.last(store, till, "imported", documents.GENESIS)
    taken_in = _taken_in(store, origin, actor)
    stamped, body = documents.stamp(
        doc, till=till, series="imported", sequence=before.sequence + 1, taken_in=taken_in, prev_hash=before.hash
    )
    receipt.check(stamped)
    return _enter_adopted(store, stamped, body, origin, actor)


def adopt_recovered(store: Store, doc: dict[str, Any], origin: str, actor: str) -> Entered:
    """A copy of what the books hold: the next place in the recovered series of its till. It is booked already, so it
    goes nowhere. The same id again is what was taken in first."""
    found = find(store, doc["id"])
    if found is not None:
        return found
    before = entries.last(store, doc["till"], "recovered", documents.GENESIS)
    taken_in = _taken_in(store, origin, actor)
    stamped, body = documents.stamp(
        doc, series="recovered", sequence=before.sequence + 1, taken_in=taken_in, prev_hash=before.hash
    )
    receipt.check(stamped)
    n = entries.put(store, ledger.rows(stamped, body))
    entries.put_outbox(store, stamped, "booked", clock.now())
    _tell(store, actor, "recover", stamped, {"origin": origin})
    return Entered(stamped, body, False, n, ledger.path_of(stamped))


def _taken_in(store: Store, origin: str, actor: str) -> dict[str, Any]:
    return {
        "at": local(store, clock.now()).isoformat(timespec="milliseconds"),
        "by": actor,
        "origin": origin,
        "after": entries.last(store, store.config.till.id, "till", "").sequence,
    }


def imported_already(store: Store, doc: Mapping[str, Any]) -> Entered | None:
    """The same older receipt when it is here, but for what was given to it then. Conflict when it says otherwise."""
    found = find(store, doc["id"])
    if found is not None and documents.encode(_without_given(found.doc)) != documents.encode(_without_given(doc)):
        raise other_content(found.doc, doc)
    return found


def _without_given(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in doc.items() if k not in (*_GIVEN, "till", "series")}


def other_content(saved: Mapping[str, Any], offered: Mapping[str, Any]) -> Conflict:
    """Same id, other content: names the first field that differs, in the file's order."""
    field = next((k for k in saved if saved[k] != offered.get(k)), None)
    field = field or next((k for k in offered if k not in saved), "white space")
    return Conflict(
        said(
            "The receipt {number} is already saved with another {field}. Nothing was "
            "changed; compare the two before you do anything else.",
            number=saved["invoice_name"],
            field=field,
        ),
        code="other_content",
        field=field,
        facts={"number": saved["invoice_name"]},
    )


def _tell(store: Store, actor: str, act: str, doc: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    audit.record(store, actor, act, doc["id"], entries.said_of(doc, more))


def remembered(store: Store) -> int:
    """The watermark: every document up to this `n` has a durable file."""
    return int(json.loads(entries.meta(store, "files_durable", "0")))


def remember(store: Store, n: int) -> None:
    """Move the watermark. Not flushed: after a power cut an older one only means more to compare."""
    with store.transaction():
        entries.set_meta(store, "files_durable", n)
