"""Lists of what is brought together with QuickBooks Desktop: found by words, narrowed, read in pages by key.

A list is read from an index that holds all it is narrowed by; the records themselves are read for the rows of a page
alone, so that a list of 100,000 costs what one of a hundred does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pos.store import listing, record_links, records
from pos.store.db import Store
from pos.store.listing import Asked, Page, Source
from pos.store.record_links import Link
from pos.store.records import Record

#: What a list may be narrowed to.
STATES = ("waiting", "not_there", "parked", "conflict", "gone", "inactive", "deleted")
SORTS = ("name", "facet")
_LINKS = "FROM record_link l WHERE l.company = ? AND l.connection = ? AND l.kind = ?"
#: state -> conditions of the record by what the links say, each with _LINKS in it once. They are looked up while the
#: list is read in its order: || keeps it from being read by ids. A record nobody linked yet waits, too.
_STATES: dict[str, tuple[str, ...]] = {
    "waiting": (
        f"r.id || '' NOT IN (SELECT l.record_id {_LINKS} AND l.state IN ('error', 'conflict', 'gone'))",
        f"(r.id || '', r.version) NOT IN (SELECT l.record_id, l.agreed_version {_LINKS} AND l.state = 'synced')",
    ),
    "not_there": (f"r.id || '' NOT IN (SELECT l.record_id {_LINKS} AND l.remote_id > '')",),
    **{
        state: (f"r.id || '' IN (SELECT l.record_id {_LINKS} AND l.state = '{word}')",)
        for state, word in (("parked", "error"), ("conflict", "conflict"), ("gone", "gone"))
    },
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """state: one of STATES, "" = all that is not deleted. facet: the type of an item. words: what a name, number, id,
    e-mail, telephone holds. first, last: days of a document, both included."""

    kind: str
    words: str = ""
    state: str = ""
    facet: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A record and how it stands there; link None = it never went."""

    record: Record
    link: Link | None


def page(store: Store, company: str, connection: str, wanted: Wanted, asked: Asked) -> tuple[list[Row], Page]:
    """A page and its marks. The total is counted up to listing.COUNT_MAX."""
    source, where, facts = _question(company, connection, wanted)
    with store.reading():
        found = listing.page(store, source, where, facts, asked)
        whole = not (found.after or found.before or asked.after or asked.before)
        total = len(found.rows) if whole else listing.count(store, source.tables, where, facts)
        rows = _rows(store, company, connection, wanted.kind, [row[0] for row in found.rows])
    return rows, Page(found.rows, found.after, found.before, total)


def everything(store: Store, company: str, connection: str, wanted: Wanted, asked: Asked) -> Iterator[Row]:
    """Every row that fits, for an export."""
    source, where, facts = _question(company, connection, wanted)
    keys: list[str] = []
    for row in listing.everything(store, source, where, facts, asked):
        keys.append(row[0])
        if len(keys) == records.LIST_MAX:
            yield from _rows(store, company, connection, wanted.kind, keys)
            keys = []
    yield from _rows(store, company, connection, wanted.kind, keys)


def counts(store: Store, company: str, connection: str, kind: str) -> dict[str, int]:
    """How many are parked and in conflict, for the marks above a list."""
    with store.reading():
        found = store.execute(
            "SELECT state, COUNT(*) FROM record_link WHERE company = ? AND connection = ? AND kind = ?"
            " AND state IN ('error', 'conflict') GROUP BY state",
            (company, connection, kind),
        ).fetchall()
    known = dict(found)
    return {"parked": int(known.get("error", 0)), "conflict": int(known.get("conflict", 0))}


def _question(company: str, connection: str, wanted: Wanted) -> tuple[Source, list[str], list[Any]]:
    facts, where = list[Any](), ["r.company = ?", "r.kind = ?", "r.words <> ''"]
    facts += [company, wanted.kind]
    for condition in _STATES.get(wanted.state, ()):
        where.append(condition)
        facts += [company, connection, wanted.kind]
    where.append(f"r.deleted = {int(wanted.state == 'deleted')}")
    if wanted.state == "inactive":
        where.append("r.active = 0")
    for sign, value in (("=", wanted.facet), (">=", wanted.first), ("<=", wanted.last)):
        if value:
            where.append(f"r.facet {sign} ?")
            facts.append(value)
    if wanted.words:
        holds = "".join(f"!{c}" if c in "!%_" else c for c in wanted.words.lower())
        where.append(
            "(r.words LIKE ? ESCAPE '!' OR r.id = (SELECT record_id FROM record_link WHERE company = ? AND"
            " connection = ? AND kind = ? AND remote_id = ? AND remote_id <> ''))"
        )
        facts += [f"%{holds}%", company, connection, wanted.kind, wanted.words]
    return Source(("r.id",), "record r", "r.id", {"name": "r.words", "facet": "r.facet"}), where, facts


def _rows(store: Store, company: str, connection: str, kind: str, keys: list[str]) -> list[Row]:
    found = records.several(store, company, kind, keys)
    links = record_links.of_records(store, company, connection, kind, keys)
    return [Row(found[key], links.get(key)) for key in keys if key in found]


# -- one of them -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What a person did with a record, of the audit."""

    at: str
    actor: str
    act: str
    detail: dict[str, Any]


def changes(store: Store, company: str, kind: str, key: str, limit: int) -> list[Change]:
    """What people did with a record, the latest first."""
    with store.reading():
        rows = store.execute(
            "SELECT at, actor, act, detail FROM audit WHERE subject = ? AND act IN ('record.create', 'record.edit',"
            " 'record.delete', 'record.decide', 'record.retry') ORDER BY n DESC LIMIT ?",
            (f"{kind} {key}", limit),
        ).fetchall()
    found = [Change(at, actor, act, json.loads(detail) if detail else {}) for at, actor, act, detail in rows]
    return [one for one in found if one.detail.get("company") == company]
