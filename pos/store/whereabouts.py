"""Where a document is: everything this till knows of it, read by its id and by indexes alone. Asks nobody else.

A trace of one document costs the same with ten documents and with a million.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pos.errors import Corrupt, NotFound
from pos.rules import daybook, documents
from pos.store import intake, standing
from pos.store import reach as within
from pos.store.archives import Files
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach

#: So many documents are offered when what was typed fits several.
FOUND_MAX = 10
#: What else came of a document is named up to here.
NAMED_MAX = 20


@dataclass(frozen=True, slots=True)
class Found:
    """One document that fits. total: minor units."""

    id: str
    number: str
    kind: str
    till: str
    created_at: str
    total: int
    currency: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One part on its way to one connection, with its story and what they made of it. book: the number of the document
    of several receipts it goes in, whose way this is then."""

    n: int
    connection: str
    part: str
    state: str
    tries: int
    next_at: str
    remote_id: str
    remote: dict[str, Any]
    code: str
    message: str
    difference: str
    resolved: str
    parked: str
    created_at: str
    booked_at: str
    story: list[list[str]]
    book: str = ""


@dataclass(frozen=True, slots=True)
class Sitting:
    """The session a document belongs to, and its Z when there is one. z_count: the block `count` of the Z, or {}."""

    id: str
    open: bool
    opened_at: str
    closed_at: str
    first_sequence: int
    last_sequence: int | None
    z_number: int | None
    z_document: str
    z_name: str
    z_at: str
    z_count: dict[str, Any]
    late: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """A place for copies and whether this document is there. Moments are clock.stamp() text."""

    place: str
    there: bool
    copied_at: str
    near: bool
    failing_since: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a later comparison found of one part: reconciliation of its session, and differences of its own."""

    connection: str
    verdict: str
    outcome: str
    reason: str
    compared_at: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Everything known. file: same, changed, missing, "" = this store keeps none. flushed: made durable by itself.
    follows: the number before it, "" = the first. whole: the chain holds on both sides of it."""

    n: int
    path: str
    doc: dict[str, Any]
    body: bytes
    cashier: str
    file: str
    flushed: bool
    follows: str
    whole: bool
    sent: list[Sent]
    session: Sitting | None
    copies: list[Copy]
    looks: list[Look]
    items: list[tuple[str, str, str, str]]
    related: list[tuple[str, str, str]]
    prints: int
    acts: list[tuple[str, str, str, dict[str, Any]]]


_FOUND = "SELECT id, number, kind, till, created_at, total, currency FROM document"


def find(store: Store, words: str, reach: Reach = EVERYWHERE) -> list[Found]:
    """Documents a person may mean: by number, id, the name it has in the books, or the beginning of one of those.
    The newest first, at most FOUND_MAX; what fits exactly stands alone."""
    words = words.strip()
    if not words:
        return []
    number, end = words.upper(), words.upper() + "\uffff"
    mine, facts = within.tills(reach, "till")
    also = f" AND {mine[0]}" if mine else ""
    with store.reading():
        exact = _rows(store, f"{_FOUND} WHERE (number = ? OR id = ?){also}", (number, words.lower(), *facts))
        exact = exact or _rows(store, f"{_FOUND} WHERE number = ?{also}", (words, *facts))
        remote = "SELECT document FROM outbox WHERE remote_id <> '' AND remote_id"
        exact = exact or _rows(store, f"{_FOUND} WHERE id IN ({remote} = ?){also}", (words, *facts))
        exact = exact or _rows(store, f"{_FOUND} WHERE id IN ({remote} = ?){also}", (number, *facts))
        if exact:
            return exact[:FOUND_MAX]
        begins = _rows(
            store, f"{_FOUND} WHERE number >= ? AND number < ?{also} ORDER BY number DESC LIMIT ?",
            (number, end, *facts, FOUND_MAX),
        )  # fmt: skip
        low = words.lower()
        begins = begins or _rows(
            store, f"{_FOUND} WHERE id >= ? AND id < ?{also} LIMIT ?", (low, low + "~", *facts, FOUND_MAX)
        )
        if not begins and number.isdigit():  # the bare figures of a number of this till
            till = f"{store.config.till.id}-{int(number):06d}" if len(number) < 12 else number
            begins = _rows(store, f"{_FOUND} WHERE number = ?{also}", (till, *facts))
        return begins


def of(store: Store, document: str) -> Whereabouts:
    """Everything known of one document. NotFound when it is not here."""
    with store.reading():
        row = store.execute(
            "SELECT n, path, series, sequence, till, hash, prev_hash, session, cashier, body FROM document"
            " WHERE id = ?",
            (document,),
        ).fetchone()
        if row is None:
            raise NotFound("This document is not here.", field="q")
        n, path, series, sequence, till, digest, previous, session, cashier, text = row
        before, after = (_neighbour(store, till, series, sequence + step) for step in (-1, 1))
        whole = (before is None or before[1] == previous) and (after is None or after[2] == digest)
        named = store.execute("SELECT name FROM user WHERE code = ?", (cashier,)).fetchone()
        body = text.encode("utf-8")
        doc = documents.decode(body)
        return Whereabouts(
            n=n,
            path=path,
            doc=doc,
            body=body,
            cashier=named[0] if named else str(doc["cashier"]["name"]),
            file=_file(store, path, body) if store.keeps_files else "",
            flushed=n <= intake.remembered(store),
            follows=before[0] if before else "",
            whole=whole,
            sent=sent(store, document),
            session=_session(store, session, till, sequence),
            copies=_copies(store, n),
            looks=_looks(store, session),
            items=_items(store, document),
            related=_related(store, document, doc),
            prints=_count(store, "SELECT COUNT(*) FROM print_job WHERE document = ? AND state = 'printed'", document),
            acts=standing.history(store, document),
        )


def _rows(store: Store, sql: str, facts: Sequence[Any]) -> list[Found]:
    return [Found(*row) for row in store.execute(sql, facts).fetchall()]


def _neighbour(store: Store, till: str, series: str, sequence: int) -> tuple[str, str, str] | None:
    found: tuple[str, str, str] | None = store.execute(
        "SELECT number, hash, prev_hash FROM document WHERE till = ? AND series = ? AND sequence = ?",
        (till, series, sequence),
    ).fetchone()
    return found


def _file(store: Store, path: str, body: bytes) -> str:
    try:
        there = Files(store.config).read(path)
    except OSError:
        return "missing"
    except Corrupt:
        return "changed"
    return "same" if there == body else "changed"


def sent(store: Store, document: str) -> list[Sent]:
    """What became of each part of a document, connection by connection; in a document of several receipts, of that."""
    rows = store.execute(f"SELECT {_SENT}, '' FROM outbox o WHERE o.document = ? ORDER BY o.n", (document,)).fetchall()
    found = []
    for row in rows:
        books = store.execute(_BOOKS, (row[0],)).fetchall() if row[2] in daybook.PARTS else []
        found += [_sent(one) for one in books or [row]]
    return found


_SENT = (
    "o.n, o.connection, o.part, o.state, o.tries, o.next_at, o.remote_id, o.remote, o.code, o.message, o.difference,"
    " o.resolved, o.parked, o.created_at, o.booked_at, o.story"
)
_BOOKS = (
    f"SELECT {_SENT}, b.number FROM bundle_member m JOIN bundle b ON b.root = m.bundle JOIN outbox o ON"
    " o.connection = b.connection AND o.document = b.number AND o.part = 'book' WHERE m.outbox = ? ORDER BY b.n"
)


def _sent(row: Sequence[Any]) -> Sent:
    *facts, story, book = row
    facts[7] = json.loads(facts[7]) if facts[7] else {}
    facts += [[json.loads(line) for line in story.split("\n") if line], book]
    return Sent(*facts)


def _session(store: Store, session: str, till: str, sequence: int) -> Sitting | None:
    row = store.execute(
        "SELECT s.id, s.open, s.opened_at, coalesce(s.closed_at, ''), s.first_sequence, s.last_sequence, s.z_number,"
        " coalesce(s.z_document, ''), coalesce(z.number, ''), coalesce(z.created_at, ''), z.body, s.till"
        " FROM session s LEFT JOIN document z ON z.id = s.z_document WHERE s.id = ?",
        (session,),
    ).fetchone()
    if row is None:
        return None
    *facts, body, of_till = row
    count = (documents.decode(body.encode("utf-8"))["z"] or {}).get("count") if body else None
    last = facts[5]
    late = last is not None and of_till == till and sequence > last
    facts[1] = bool(facts[1])
    facts += [count or {}, late]
    return Sitting(*facts)


def _copies(store: Store, n: int) -> list[Copy]:
    rows = store.execute(
        "SELECT place, copied_n, copied_at, near, failing_since FROM copy_place ORDER BY near, place"
    ).fetchall()
    return [Copy(place, done >= n, at, bool(near), failing) for place, done, at, near, failing in rows]


def _looks(store: Store, session: str) -> list[Look]:
    rows = store.execute(
        "SELECT connection, verdict, outcome, reason, compared_at FROM reconciliation WHERE scope = 'session'"
        " AND name = ?",
        (session,),
    ).fetchall()
    return [Look(*row) for row in rows]


def _items(store: Store, document: str) -> list[tuple[str, str, str, str]]:
    """Differences a comparison found of this document: (connection, what, words, state)."""
    return store.execute(
        "SELECT connection, what, words, state FROM reconciliation_item WHERE document = ? AND document <> ''"
        " ORDER BY n",
        (document,),
    ).fetchall()


def _related(store: Store, document: str, doc: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Documents it gives back from, and those that gave back from it: (number, kind, "of" or "by")."""
    originals = {line["return_against"]["id"] for line in doc["items"] if line.get("return_against")} - {document}
    marks = ", ".join("?" * len(originals))
    found = []
    if originals:
        rows = store.execute(f"SELECT number, kind FROM document WHERE id IN ({marks})", sorted(originals)).fetchall()
        found += [(number, kind, "of") for number, kind in rows]
    rows = store.execute(
        "SELECT DISTINCT d.number, d.kind FROM line l JOIN document d ON d.id = l.document"
        " WHERE l.against_document = ? AND l.against_document IS NOT NULL LIMIT ?",
        (document, NAMED_MAX),
    ).fetchall()
    return [*found, *((number, kind, "by") for number, kind in rows)]


def _count(store: Store, sql: str, document: str) -> int:
    return int(store.execute(sql, (document,)).fetchone()[0])
