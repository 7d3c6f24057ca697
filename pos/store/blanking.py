"""Blanking: a customer taken out of the database, the receipt files and the archives.

A record in the chain says which documents, with the hash of what is left of each; the same transaction changes the
database. Files and archives follow, and whatever was not reached is gone on with at the next start: the record stands.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.errors import Corrupt
from pos.rules import archived, documents
from pos.rules.blanking import blanked
from pos.store import archiving, book_blanking, disk, entries, import_blanking, record_blanking
from pos.store.archives import Archive, Archives
from pos.store.db import Store

log = logging.getLogger(__name__)

#: Meta: the key of the marks of customers that were forgotten.
MARK_KEY = "forgotten_key"
PUT_IN_PLACE = "(blanked)"

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Of:
    """One receipt of a customer."""

    id: str
    number: str
    path: str
    doc: dict[str, Any]


def about(store: Store, customer: str) -> list[Of]:
    """Every receipt that names a customer, oldest first. Looks at all receipts."""
    rows = store.execute("SELECT id, number, path, body FROM document WHERE customer = ? ORDER BY n", (customer,))
    return [Of(key, number, path, documents.decode(body.encode())) for key, number, path, body in rows]


def waiting(store: Store, customer: str) -> list[tuple[str, str]]:
    """(number, state) of the customer's receipts that are neither booked nor settled by a person."""
    return store.execute(
        "SELECT d.number, o.state FROM document d JOIN outbox o ON o.document = d.id WHERE d.customer = ?"
        " AND o.state <> 'booked' AND o.resolved = '' ORDER BY d.n",
        (customer,),
    ).fetchall()


# -- the database ------------------------------------------------------------------------------------------------------


def change(store: Store, rows: Iterable[tuple[str, str, str, str, str]]) -> int:
    """Blank documents in the database: (document, record, hash, hash of what is left, what stands in the customer's
    place) of each; how many were. Inside a transaction. One that is not what the record names is left alone."""
    store.database.overwrite_deleted()  # what was there is written over, not only let go of
    changed = 0
    for document, by, digest, wanted, customer in rows:
        row = store.execute("SELECT body FROM document WHERE id = ?", (document,)).fetchone()
        doc = documents.decode(row[0].encode()) if row else {"hash": ""}
        if doc["hash"] != digest:
            continue  # not here, or blanked already
        left, body = blanked(doc, by, customer)
        if left["hash"] != wanted:
            log.error("%s is not blanked: what would be left is not what its record names", doc["invoice_name"])
            continue
        store.execute("UPDATE document SET body = ?, customer = ? WHERE id = ?", (body.decode(), customer, document))
        book_blanking.blank(store, [document])
        changed += 1
    return changed


def apply(store: Store) -> int:
    """Blank what records of this till say and what is not blanked yet: they came in, or an older copy did."""
    mine = ", ".join("?" * len(store.config.till.ids))
    asked = (
        "SELECT b.document, b.record, b.hash, b.blanked, b.customer FROM blanking b JOIN document r ON r.id = b.record"
        f" WHERE b.done = 0 AND r.till IN ({mine})"
    )
    return change(store, store.execute(asked, store.config.till.ids).fetchall())


def forget(store: Store, customer: str, instead: str, receipts: Iterable[str]) -> None:
    """Take a customer out of every other table. Inside a transaction.

    instead: what stands in the customer's place. receipts: ids of the customer's documents; what the books answered
    about them is kept without the customer.
    """
    named = (customer, *details(store, customer))
    words = _Words(named)
    store.execute("DELETE FROM customer WHERE code = ?", (customer,))
    store.execute("INSERT INTO forgotten (mark, at) VALUES (?, ?) ON CONFLICT (mark) DO UPDATE SET at = excluded.at",
                  (_mark(store, customer), clock.stamp(clock.now())))  # fmt: skip
    store.execute(
        "UPDATE held SET basket = '{}', title = '' WHERE state <> 'held' AND json_valid(basket)"
        " AND json_extract(basket, '$.customer') = ?",
        (customer,),
    )
    book_blanking.forget(store, customer)
    import_blanking.forget(store, named, words.struck, PUT_IN_PLACE)
    record_blanking.forget(store, customer, instead)
    for document in receipts:
        _strike_answers(store, document, instead, words)
    for key, text, remedy in store.execute("SELECT key, text, remedy FROM notice").fetchall():
        if words.in_(text) or words.in_(remedy):
            values = (words.struck(text), words.struck(remedy), key)
            store.execute(
                "UPDATE notice SET text = ?, remedy = ?, text_made_of = '', remedy_made_of = '' WHERE key = ?", values
            )


def details(store: Store, customer: str) -> tuple[str, ...]:
    """What the list of customers says of one, beside the code: name, phone, e-mail, tax number."""
    row = store.execute("SELECT name, phone, email, tax_id FROM customer WHERE code = ?", (customer,)).fetchone()
    return tuple(word for word in row or () if word)


class _Words:
    """Whole words to strike out of what was written about a customer."""

    def __init__(self, words: Iterable[str]) -> None:
        longest_first = sorted({word for word in words if len(word) > 1}, key=len, reverse=True)
        inside = "|".join(re.escape(form) for word in longest_first for form in {word, json.dumps(word)[1:-1]})
        self._found = re.compile(rf"(?<!\w)(?:{inside})(?!\w)" if inside else r"(?!)")

    def in_(self, text: str) -> bool:
        return bool(self._found.search(text))

    def struck(self, text: str) -> str:
        return self._found.sub(PUT_IN_PLACE, text)


def _strike_answers(store: Store, document: str, instead: str, words: _Words) -> None:
    """What the books said of one document. Of JSON only the values are touched."""
    asked = "SELECT n, remote, story, message, difference, reply FROM outbox WHERE document = ?"
    for n, remote, story, *texts in store.execute(asked, (document,)).fetchall():
        there = json.loads(remote) if remote else {}
        if "customer" in there.get("figures", {}):
            there["figures"]["customer"] = instead
        steps = [json.loads(line) for line in story.split("\n") if line]
        story = "\n".join(
            json.dumps([words.struck(part) if isinstance(part, str) else part for part in step], ensure_ascii=False)
            for step in steps
        )
        store.execute(
            "UPDATE outbox SET remote = ?, story = ?, message = ?, difference = ?, reply = ? WHERE n = ?",
            (json.dumps(there) if remote else "", story, *(words.struck(text) for text in texts), n),
        )
    asked = "SELECT n, words FROM reconciliation_item WHERE document = ?"
    for n, text in store.execute(asked, (document,)).fetchall():
        store.execute("UPDATE reconciliation_item SET words = ? WHERE n = ?", (words.struck(text), n))


def held_open(store: Store, customer: str) -> str:
    """The title of a basket that is held for a customer; "" when there is none."""
    row = store.execute(
        "SELECT title, id FROM held WHERE state = 'held' AND json_valid(basket)"
        " AND json_extract(basket, '$.customer') = ? LIMIT 1",
        (customer,),
    ).fetchone()
    return (row[0] or row[1]) if row else ""


def is_forgotten(store: Store, codes: Iterable[str]) -> set[str]:
    """Of these customers, those that were forgotten and are not taken in again."""
    marks = {mark for (mark,) in store.execute("SELECT mark FROM forgotten")}
    return {code for code in codes if _mark(store, code) in marks} if marks else set()


def _mark(store: Store, customer: str) -> str:
    """Nobody can tell from the table who was forgotten without this till's own key."""
    key = entries.meta(store, MARK_KEY, "")
    if not key:
        key = secrets.token_hex(32)
        entries.set_meta(store, MARK_KEY, key)
    return hmac.new(key.encode(), customer.encode(), hashlib.sha256).hexdigest()


# -- files and archives ------------------------------------------------------------------------------------------------


def finish(store: Store, step: Step = lambda _name: None) -> list[str]:
    """Bring files and archives in line with the database; the paths that were. Harmless when repeated.

    A file that is neither the original nor what is left of it is evidence, and stays; `verify` names it.
    """
    rows = store.execute(
        "SELECT b.document, b.hash, d.path, d.body FROM blanking b JOIN document d ON d.id = b.document"
        " WHERE b.done = 0 ORDER BY d.n"
    ).fetchall()
    wanted = {path: (document, digest, body.encode()) for document, digest, path, body in rows}
    wanted = {p: w for p, w in wanted.items() if documents.decode(w[2]).get("blanked")}
    if not wanted:
        return []
    step("files")
    files = [path for path, (_, digest, body) in wanted.items() if _write(store, path, digest, body)]
    disk.flush_files([store.config.invoices / path for path in files], store.config.invoices)
    step("archives")
    away = Archives(store.config)
    for name in {one.file.name for path in wanted if (one := away.holding(path)) is not None}:
        _rewrite(away.open(name), wanted, step)
    with store.transaction():
        for document, _digest, _body in wanted.values():
            store.execute("UPDATE blanking SET done = 1 WHERE document = ?", (document,))
    step("done")
    return list(wanted)


def _write(store: Store, path: str, digest: str, body: bytes) -> bool:
    file = store.config.invoices / path
    try:
        there = file.read_bytes()
    except FileNotFoundError:
        return False  # it was put away
    if there != body and _hash_of(there) == digest:
        disk.write_whole(file, body)
    return True


def _hash_of(body: bytes) -> str:
    try:
        return str(documents.verify(body)["hash"])
    except Corrupt:
        return ""


def _rewrite(archive: Archive, wanted: dict[str, tuple[str, str, bytes]], step: Step) -> None:
    """The archive anew with what is left of these receipts; every other one as it was."""
    bodies = {path: archive.read(path) for path in archive.paths()}
    fresh = {
        path: wanted[path][2] if path in wanted and _hash_of(body) == wanted[path][1] else body
        for path, body in bodies.items()
    }
    if fresh == bodies:
        return
    before = archive.contents()
    contents = archiving.described(archive.file.name, before.made_at, before.made_by, before.program, fresh)
    half = archive.file.with_name(f".{archive.file.name}.tmp")
    archiving.write(half, contents, fresh)
    step("written")
    archiving.forget_cached(half)
    archiving.prove(Archive(half, archived.month_of(archive.file.name)), fresh)
    disk.move(half, archive.file)
    disk.flush_folder(archive.file.parent)
