"""Sessions of a till's drawer: which one is open, what its documents come to, what its Z counted.

All of it follows from documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pos.errors import Conflict, NotFound
from pos.rules import documents, ledger, record, shift, voucher, zread
from pos.rules.money import major
from pos.rules.takings import DRAWER
from pos.rules.zread import Facts, Given
from pos.said import said
from pos.store import held, takings

if TYPE_CHECKING:
    from pos.store.db import Store

_COLUMNS = (
    "id, number, till, opened_at, opened_by, business_day, first_sequence, open, closed_at, last_sequence, "
    "z_number, z_document"
)


_SEQUENCE_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Session:
    """One row. last_sequence, z_number and z_document (an id) are None while it is open."""

    id: str
    number: int
    till: str
    opened_at: str
    opened_by: str
    business_day: str
    first_sequence: int
    open: bool
    closed_at: str | None
    last_sequence: int | None
    z_number: int | None
    z_document: str | None


# -- which one is open -----------------------------------------------------------------------------------------------


def last(store: Store, till: str) -> Session | None:
    """The newest session of a till, open or not."""
    row = store.execute(
        f"SELECT {_COLUMNS} FROM session WHERE till = ? ORDER BY number DESC LIMIT 1", (till,)
    ).fetchone()
    return _session(row) if row else None


def current(store: Store, till: str) -> Session | None:
    """The open session of a till."""
    found = last(store, till)
    return found if found is not None and found.open else None


def left_open(store: Store) -> list[Session]:
    """Sessions this till had open when it was lost, under the ids it had before it was restored; oldest first."""
    before = store.config.till.ids[1:]
    rows = store.execute(
        f"SELECT {_COLUMNS} FROM session WHERE open = 1 AND till IN ({_marks(before)}) ORDER BY opened_at, id", before
    ).fetchall()
    return [_session(row) for row in rows]


def to_close(store: Store) -> Session | None:
    """The session to be counted and closed next: the open one of this till, else one left open when it was lost."""
    found = current(store, store.config.till.id)
    return found or next(iter(left_open(store)), None)


def may_close(store: Store, name: str) -> Session | None:
    """A session of this till or of an id of before, when it is open."""
    found = by_id(store, name)
    return found if found is not None and found.open and found.till in store.config.till.ids else None


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def line_of(store: Store, till: str) -> tuple[str, ...]:
    """The ids a till had one after the other, when it is this one: its Zs are numbered through."""
    mine = store.config.till.ids
    return mine if till in mine else (till,)


def of_before(store: Store, doc: Mapping[str, Any]) -> Session | None:
    """The session of an id of before that a Z is to close; None for any other document. NotFound, or Conflict when it
    is closed already."""
    named = (doc.get("z") or {}).get("session", "") if doc["kind"] == "z" else ""
    if not named or named.startswith(f"{store.config.till.id}-S"):
        return None
    found = by_id(store, named)
    if found is None or found.till not in store.config.till.ids:
        raise NotFound(said("There is no session {id} on this till.", id=named))
    if not found.open:
        raise already_closed(found)
    return found


def name_now(store: Store, found: Session | None) -> str:
    """The session a document made now belongs to: the open one, else the next, which this document opens."""
    if found is not None and found.open:
        return found.id
    number = max(found.number if found else 0, _lost(store, "session"))
    return ledger.session_id(store.config.till.id, number + 1)


def _lost(store: Store, column: str) -> int:
    """The last one that this till gave out before its receipts were lost, as a record says; 0 = none is known."""
    asked = f"SELECT coalesce(max({column}), 0) FROM lost_number WHERE till = ?"
    return int(store.execute(asked, (store.config.till.id,)).fetchone()[0])


def by_z(store: Store, till: str, number: int) -> Session:
    """The session a Z closed. NotFound."""
    tills = line_of(store, till)
    asked = f"SELECT {_COLUMNS} FROM session WHERE till IN ({_marks(tills)}) AND z_number = ?"
    row = store.execute(f"{asked} ORDER BY till <> ?, closed_at", (*tills, number, till)).fetchone()
    if row is None:
        raise NotFound(said("There is no {name} on this till.", name=zread.name_of(number)))
    return _session(row)


def by_id(store: Store, key: str) -> Session | None:
    """The session of that name, or None."""
    row = store.execute(f"SELECT {_COLUMNS} FROM session WHERE id = ?", (key,)).fetchone()
    return _session(row) if row else None


def closed(store: Store, till: str, limit: int, before: int | None = None) -> list[Session]:
    """Closed sessions, the newest first; `before`: with a smaller Z number only."""
    tills = line_of(store, till)
    rows = store.execute(
        f"SELECT {_COLUMNS} FROM session WHERE till IN ({_marks(tills)}) AND z_number IS NOT NULL"
        " AND z_number < coalesce(?, z_number + 1) ORDER BY z_number DESC LIMIT ?",
        (*tills, before, limit),
    ).fetchall()
    return [_session(row) for row in rows]


def next_z(store: Store, till: str) -> int:
    """The number of the next Z of a till: without gaps, also behind those it took under an id of before."""
    tills = line_of(store, till)
    asked = f"SELECT coalesce(max(z_number), 0) + 1 FROM session WHERE till IN ({_marks(tills)})"
    row = store.execute(asked, tills).fetchone()
    return max(int(row[0]), _lost(store, "z") + 1)


def _session(row: tuple[Any, ...]) -> Session:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Session(**{**values, "open": bool(values["open"])})


def admit(found: Session | None, doc: Mapping[str, Any], *, insist: bool) -> None:
    """Whether a document may be made now, asked inside its transaction. Conflict says what stands in the way."""
    kind = doc["kind"]
    if kind in (voucher.KIND, record.KIND):
        return  # belongs to the session that is open, or to none
    opens = kind == "float" and not doc["correction"]
    if found is not None and found.open:
        if opens:
            raise Conflict(
                said("The session {id} is open already. Correct its float if it is wrong.", id=found.id),
                code="already_open",
                facts={"session": found.id},
            )
        return
    if kind == "z" and found is not None:
        raise already_closed(found)
    if kind == "z" or (kind == "float" and not opens) or (insist and not opens):
        raise Conflict("No session is open. Count the float and save it first.", code="no_session")


def already_closed(found: Session) -> Conflict:
    """A second close: names the Z that closed the session."""
    assert found.z_number is not None
    name = zread.name_of(found.z_number)
    facts = {"number": found.z_number, "name": name, "session": found.id, "id": found.z_document}
    return Conflict(
        said("The session {id} is already closed by {name}.", id=found.id, name=name),
        code="already_closed",
        facts=facts,
    )


def _till_of(session: str) -> str:
    """The till in a session's name."""
    return session.rpartition("-S")[0]


# -- what its documents come to --------------------------------------------------------------------------------------


def facts(store: Store, session: Session) -> Facts:
    """What is known of a session's documents now; its own Z is none of them."""
    with store.reading():
        sums = takings.of_session(store, session.id)
        last_sequence = session.last_sequence or _last_sequence(store, session)
        count = sum(v[0] for v in sums.people.values())
        size = last_sequence - session.first_sequence + 1
        opened = documents.decode(_body(store, session, session.first_sequence))
        return Facts(
            session=session.id,
            till=session.till,
            store=opened["store"],
            currency=opened["currency"],
            business_day=session.business_day,
            opened_at=session.opened_at,
            opened_by=opened["cashier"],
            first_sequence=session.first_sequence,
            last_sequence=last_sequence,
            first_number=_traded(store, session, "ASC"),
            last_number=_traded(store, session, "DESC"),
            documents=count,
            missing=() if count == size else _missing(store, session, last_sequence),
            sums=sums,
            moved=tuple(_moved(store, session, {k[0] for k in sums.people})),
            names={code: _name(store, session, code) for code in {k[2] for k in sums.people}},
        )


_OF_SESSION = "till = ? AND series = 'till' AND sequence BETWEEN ? AND ? AND session = ?"


def _key(session: Session) -> tuple[Any, ...]:
    """For _OF_SESSION. The end keeps a walk backwards from crossing all later sessions."""
    end = _SEQUENCE_MAX if session.last_sequence is None else session.last_sequence
    return (session.till, session.first_sequence, end, session.id)


def _last_sequence(store: Store, session: Session) -> int:
    asked = f"SELECT sequence FROM document WHERE {_OF_SESSION} AND kind <> 'z' ORDER BY sequence DESC LIMIT 1"
    return int(store.execute(asked, _key(session)).fetchone()[0])


def _body(store: Store, session: Session, sequence: int) -> bytes:
    asked = "SELECT body FROM document WHERE till = ? AND series = 'till' AND sequence = ?"
    return str(store.execute(asked, (session.till, sequence)).fetchone()[0]).encode()


def _traded(store: Store, session: Session, order: str) -> str:
    """The number of the first or last receipt."""
    marks = ", ".join("?" * len(DRAWER))
    asked = (
        f"SELECT number FROM document WHERE {_OF_SESSION} AND kind NOT IN ({marks}) ORDER BY sequence {order} LIMIT 1"
    )
    row = store.execute(asked, (*_key(session), *DRAWER)).fetchone()
    return row[0] if row else ""


def last_number(store: Store, session: Session, cashier: str) -> str:
    """The last receipt somebody made in a session; "" without one."""
    marks = ", ".join("?" * len(DRAWER))
    asked = (
        f"SELECT number FROM document WHERE {_OF_SESSION} AND cashier = ? AND kind NOT IN ({marks})"
        " ORDER BY sequence DESC LIMIT 1"
    )
    row = store.execute(asked, (*_key(session), cashier, *DRAWER)).fetchone()
    return row[0] if row else ""


def _missing(store: Store, session: Session, last_sequence: int) -> tuple[int, ...]:
    asked = f"SELECT sequence FROM document WHERE {_OF_SESSION} AND sequence <= ?"
    here = {row[0] for row in store.execute(asked, (*_key(session), last_sequence))}
    return tuple(n for n in range(session.first_sequence, last_sequence) if n not in here)


def _moved(store: Store, session: Session, days: set[str]) -> list[Mapping[str, Any]]:
    """The drawer's own documents, found by day and kind: a session of ten thousand sales has a handful."""
    if not days:
        return []
    kinds, marks = ", ".join("?" * len(shift.KINDS)), ", ".join("?" * len(days))
    rows = store.execute(
        f"SELECT body FROM document WHERE business_day IN ({marks}) AND kind IN ({kinds}) AND session = ?"
        " AND series = 'till' ORDER BY sequence",
        (*sorted(days), *shift.KINDS, session.id),
    ).fetchall()
    return [documents.decode(body.encode()) for (body,) in rows]


def _name(store: Store, session: Session, code: str) -> str:
    asked = (
        f"SELECT body FROM document WHERE {_OF_SESSION} AND kind <> 'z' AND cashier = ? ORDER BY sequence DESC LIMIT 1"
    )
    row = store.execute(asked, (*_key(session), code)).fetchone()
    return str(documents.decode(row[0].encode())["cashier"]["name"])


def counted_facts(store: Store, z: Mapping[str, Any]) -> Facts:
    """What a saved Z counted, from the documents themselves: those of its session from first to last, without any that
    came in later."""
    missing = set(z["z"]["missing"])
    found = [(documents.decode(body), body) for body in counted_bodies(store, z)]
    return zread.facts_of([pair for pair in found if pair[0]["sequence"] not in missing])


def counted_bodies(store: Store, z: Mapping[str, Any]) -> list[bytes]:
    """The documents of a saved Z's session from its first to its last, in their order; what came in later, too."""
    return [body.encode() for body in _counted(store, z, "body")]


def counted_files(store: Store, z: Mapping[str, Any]) -> dict[str, bytes]:
    """Those documents that a saved Z counted: what was saved, by the path of its file."""
    missing, columns = set(z["z"]["missing"]), ("sequence", "path", "body")
    found = zip(*(_counted(store, z, column) for column in columns), strict=True)
    return {path: body.encode("utf-8") for sequence, path, body in found if sequence not in missing}


def _counted(store: Store, z: Mapping[str, Any], column: str) -> list[Any]:
    block = z["z"]
    rows = store.execute(
        f"SELECT {column} FROM document WHERE till = ? AND series = 'till' AND session = ? AND sequence BETWEEN ? AND ?"
        " ORDER BY sequence",
        (_till_of(block["session"]), block["session"], block["first_sequence"], block["last_sequence"]),
    ).fetchall()
    return [value for (value,) in rows]


def given(store: Store, session: Session) -> Given:
    """What is not in the documents: held baskets, lines taken off before paying, documents that came late, the shop."""
    voids = store.execute("SELECT count(*), coalesce(sum(amount), 0) FROM line_void WHERE session = ?", (session.id,))
    lines, amount = voids.fetchone()
    return Given(
        branch=store.config.shop.name,
        till_name=store.config.till.name,
        held=held.count(store),
        void_lines=lines,
        void_amount=amount,
        late=tuple(late(store, session)),
    )


def late(store: Store, session: Session) -> list[dict[str, Any]]:
    """Documents of closed sessions that neither their own Z nor a later one counts; they stay in their session.

    They were taken in after the close: from a file that was missing, or a till that was away.
    """
    documents_of, tills = takings.documents_by_session(store), line_of(store, session.till)
    behind = [
        (name, z_document)
        for name, counted, z_document in store.execute(
            f"SELECT id, counted, z_document FROM session WHERE till IN ({_marks(tills)}) AND counted IS NOT NULL"
            " AND id <> ?",
            (*tills, session.id),
        ).fetchall()
        if counted < documents_of.get(name, 0)
    ]
    found = []
    for name, z_document in behind:
        z = _document(store, z_document)
        listed = _listed_late(store, z)
        rows = store.execute(
            "SELECT id, number, kind, total, sequence FROM document WHERE till = ? AND series = 'till' AND session = ?"
            " AND kind <> 'z' ORDER BY sequence",
            (_till_of(name), name),
        ).fetchall()
        block = z["z"]
        missing = set(block["missing"])
        for key, number, kind, total, sequence in rows:
            inside = block["first_sequence"] <= sequence <= block["last_sequence"] and sequence not in missing
            if not inside and key not in listed:
                amount = major(total, z["currency"])
                found.append({"number": number, "id": key, "kind": kind, "total": amount, "session": name})
    return found


def _document(store: Store, key: str) -> dict[str, Any]:
    row = store.execute("SELECT body FROM document WHERE id = ?", (key,)).fetchone()
    return documents.decode(row[0].encode())


def _listed_late(store: Store, z: Mapping[str, Any]) -> set[str]:
    """Ids of the documents that later Zs of this till name as late."""
    tills = line_of(store, _till_of(z["z"]["session"]))
    rows = store.execute(
        f"SELECT d.body FROM session s JOIN document d ON d.id = s.z_document WHERE s.till IN ({_marks(tills)})"
        " AND s.z_number > ?",
        (*tills, z["z"]["number"]),
    ).fetchall()
    return {x["id"] for (body,) in rows for x in documents.decode(body.encode())["z"]["late"]}
