"""The hub takes in what its tills send: verified on arrival, kept as it came, queued for the hub's own books.

Acknowledged only after the hub's own durable commit; the same document again is harmless. A document whose predecessor
is missing is kept, and the gap is shown until it is filled. One that does not fit the chain, or whose number another
document holds, was made by a copy of the till: nothing more is taken from either until a person decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos import clock
from pos.actions import voucher_notices
from pos.errors import Conflict, Corrupt, Invalid, NotFound, PosError
from pos.rules import documents, hub, record
from pos.said import said
from pos.store import (
    blanking,
    connections,
    entries,
    foreign,
    hub_gaps,
    hub_tills,
    hub_vouchers,
    intake,
    vouchers,
    whereabouts,
)
from pos.store.arrivals import Sent
from pos.store.db import Store
from pos.store.hub_tills import Heard, Till
from pos.store.journal import Committed, Journal

#: Codes of a conflict that means "somebody else gives out the same numbers".
TWICE = ("number_taken", "chain")


class Unreadable(PosError):
    """What is here under the id of a document cannot be read. The till keeps its own, sends the others, comes again."""

    code = "unreadable"


def take_in(journal: Journal, till: Till, key: str, body: bytes, head: hub.Head | None = None) -> Committed:
    """Take in one document of a till; durable on return. `duplicate`: it was here, byte for byte. head: what the till
    said its newest one is.

    Corrupt when it is not whole. Invalid when it is another till's or under another id. Conflict, code "doubled", when
    it cannot be this till's as it is known here; Conflict otherwise when its id holds other content. Unreadable.
    """
    doc, rows = intake.proven(body)
    if doc["id"] != key:
        raise Invalid("The address names another document than the one that came.", field="id", code="other_id")
    if doc["till"] not in till.ids or doc["series"] not in ("till", "imported"):
        raise Invalid(
            said("{number} is no document of {till}.", number=doc["invoice_name"], till=till.till),
            field="till", code="other_till",
        )  # fmt: skip
    _own_sessions(till, doc)
    sent = Sent(doc, body, rows, f"sent by {till.till}", f"till:{till.till}", _state(till, doc), _came(till, doc, head))
    try:
        taken = journal.adopt_sent(sent, lambda: _follows(journal.store, sent))
    except Conflict as error:
        if error.code in TWICE and doc["till"] == till.till and _made_since_it_joined(till, doc):
            hub_tills.doubled(journal.store, till, error.message)
            raise Conflict(_twice(till), code="doubled", facts={"because": error.code}) from error
        raise
    except Corrupt as error:  # what is here, an archive that is away: nothing the till sent
        raise Unreadable(error.message) from error
    if not taken.duplicate:
        _after(journal.store, doc)
    return taken


def _came(till: Till, doc: Mapping[str, Any], head: hub.Head | None) -> tuple[Any, ...]:
    return hub_tills.came(till, doc["sequence"] if doc["till"] == till.till else None, head)


def _own_sessions(till: Till, doc: Mapping[str, Any]) -> None:
    """Invalid when it opens, closes or counts in a session that another till's name stands on."""
    z = doc["z"] if doc["kind"] == "z" else None
    named = [doc["session"], *([z["session"], *(late["session"] for late in z["late"])] if z else [])]
    for session in named:
        if session and session.rpartition("-S")[0] not in till.ids:
            raise Invalid(said("{id} is no session of {till}.", id=session, till=till.till), field="session",
                          code="other_till")  # fmt: skip


def _follows(store: Store, sent: Sent) -> None:
    """Inside the transaction: the chain on both sides of it, and the gaps."""
    doc = sent.doc
    store.execute(hub_tills.CAME, (None, *sent.came[1:]))
    if doc["series"] == "till":
        top = entries.last(store, doc["till"], "till", documents.GENESIS)
        _fits(store, doc)
        hub_gaps.arrived(store, doc["till"], doc["sequence"], top.sequence, record.skipped_to(doc))


def _state(till: Till, doc: Mapping[str, Any]) -> str:
    """How it enters the outbox here. Made without a connection it stays out of the books, as on the till."""
    if doc["mode"] == "mock":
        return ""
    return "queued" if _made_since_it_joined(till, doc) else "unknown"


def _made_since_it_joined(till: Till, doc: Mapping[str, Any]) -> bool:
    """Whether it cannot have been sent to any books by the till itself. Its clock may be off: only its mode, the kind
    of connection it was made with, and the hub's own moment count together."""
    made = clock.parse(doc["created_at"]).timestamp() - till.clock_off_seconds
    return doc["mode"] == hub.KIND and made >= clock.parse(till.first_joined_at).timestamp() - hub.CLOCK_OFF_SECONDS


def _fits(store: Store, doc: Mapping[str, Any]) -> None:
    """Conflict unless it carries the hash of the one before it, and the next one carries its own. What is not here
    (yet) says nothing."""
    asked = "SELECT hash, prev_hash, number, kind FROM document WHERE till = ? AND series = 'till' AND sequence = ?"
    before = store.execute(asked, (doc["till"], doc["sequence"] - 1)).fetchone()
    if before is not None and before[0] != doc["prev_hash"] and not record.skipped_to(doc):
        raise _broken(doc, before[2])
    if doc["sequence"] == 1 and doc["prev_hash"] != documents.GENESIS:
        raise _broken(doc, said("the beginning"))
    after = store.execute(asked, (doc["till"], doc["sequence"] + 1)).fetchone()
    own = (doc.get("blanked") or {}).get("hash") or doc["hash"]
    if after is not None and after[1] != own and after[3] != record.KIND:
        raise _broken(doc, after[2])


def _broken(doc: Mapping[str, Any], beside: str) -> Conflict:
    return Conflict(
        said("{number} does not fit {other}, which is here: the chain of hashes breaks between them.",
             number=doc["invoice_name"], other=beside),
        code="chain", field="prev_hash",
    )  # fmt: skip


def _after(store: Store, doc: Mapping[str, Any]) -> None:
    """What follows from it and is made good at the next start when it is not reached now."""
    foreign.returned(store, doc)
    if doc["vouchers"] and not vouchers.issuer(store):
        hub_vouchers.documents_came(store, doc["id"])
        voucher_notices.overdrawn(store, only={row["code"] for row in doc["vouchers"]})
    if record.blankings(doc):
        with store.transaction():
            blanking.apply(store)
        blanking.finish(store)


# -- who speaks --------------------------------------------------------------------------------------------------------


def admit(store: Store, till: Till, told: Heard, *, brings: bool = False) -> None:
    """A till spoke: write down what it said of itself. Conflict, code "doubled", when it is there twice. brings: a
    document comes with it, which `take_in` is given with its head."""
    hub_tills.heard(store, till, told, brings=brings and till.state == "on")
    if till.state == "doubled":
        raise Conflict(_twice(till), code="doubled")
    why = ""
    if told.instance != till.instance:
        why = said("two machines speak with its key, or its folder was copied.")
    elif told.head is not None and told.head.sequence and _is_another(store, till, told.head):
        why = said("its document {n} is another one than the hub has.", n=told.head.sequence)
    if why:
        hub_tills.doubled(store, till, why)
        raise Conflict(_twice(till), code="doubled")


def _is_another(store: Store, till: Till, head: hub.Head) -> bool:
    asked = "SELECT hash FROM document WHERE till = ? AND series = 'till' AND sequence = ?"
    row = store.execute(asked, (till.till, head.sequence)).fetchone()
    return row is not None and row[0] != head.hash


def _twice(till: Till) -> str:
    return said("{till} is there twice for its hub. Nothing is taken from it until somebody decided.", till=till.till)


# -- what is here ------------------------------------------------------------------------------------------------------


def there(store: Store, till: Till, key: str) -> dict[str, Any]:
    """A document of this till as it is here, and its way on from here. NotFound, code "not_there"."""
    found = intake.find(store, key)
    if found is None or found.doc["till"] not in till.ids:
        raise NotFound("The hub does not have this document.", code="not_there")
    titles = {line.id: line.title for line in connections.lines(store)}
    rows = [
        {
            "connection": one.connection,
            "title": titles.get(one.connection, one.connection),
            "part": one.part,
            "state": one.state,
            "resolved": one.resolved,
            "remote_id": one.remote_id,
            "message": one.message,
            "at": one.booked_at or one.created_at,
        }
        for one in whereabouts.sent(store, key)
    ]
    return {"id": key, "hash": found.doc["hash"], "number": found.doc["invoice_name"], "way": rows}


def proof_for(store: Store, till_id: str, challenge: str) -> str:
    """The answer to a till's challenge; "" when there is no such till here, or its key was withdrawn."""
    till = hub_tills.of_till(store, till_id)
    if till is None or not till.key_hash:
        return ""
    return hub.proof(till.key_hash, challenge, hub_tills.hub_id(store), till_id)


def corrupt(error: Corrupt) -> str:
    """Why a body was not taken, for the till that sent it."""
    return said("This is no whole document: {why}", why=error.message)
