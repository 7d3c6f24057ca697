"""Recover: sales of this till that the books hold and that are missing here, taken in as read-only copies.

For the day no backup is left. A copy says what the books say and nothing else. It has a series of its own, stands in no
session, no Z and no takings, is never posted again, and is good for returns and for looking things up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions import line
from pos.actions.anonymise import maker
from pos.actions.line import Job
from pos.config import Config
from pos.connectors import configured
from pos.connectors.base import BOOKED_MAX, Listed, Retold
from pos.errors import Conflict, Invalid, NotFound, Rejected
from pos.rules import ledger, record, shift
from pos.store import audit, connections, intake, lost, outbox, shifts
from pos.store.db import Store
from pos.store.journal import Journal

INVOICE_KIND = "sale"
#: What stands between the days of the other system's clock and of ours.
ZONES = timedelta(days=1)


@dataclass(slots=True)
class Found:
    """What the books hold of this till and these days.

    missing: sales and returns that are not here, oldest first. known: those that are. others: entries of cash and Zs
    that are not here; they are no sales and are only counted. numbers, sessions: the highest of each till id. twice:
    numbers that another sale has here.
    """

    connection: str
    missing: list[Listed] = field(default_factory=list)
    known: int = 0
    others: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Taken:
    """What became of it. taken: copies made. record: the number of the document behind which this till's own numbers go
    on, "" = they are above already. refused: sentences about what cannot be told as a sale."""

    taken: int = 0
    record: str = ""
    refused: list[str] = field(default_factory=list)


def connected(store: Store, config: Config, name: str) -> Job:
    """The line to a connection of this name, ready to be asked. NotFound, or the reason it cannot be used."""
    connections.sync(store, configured(config))
    if name not in {one.id for one in connections.lines(store)}:
        raise NotFound(f"There is no connection {name}. Set its address and key in config.ini or .env first.")
    job = line.job_by_hand(store, config, name, owner="recover")
    connections.refuse_demo(store, job.address)
    if not line.works(job):
        raise Conflict(line.why_not(job), code="line")
    return job


def days(text_from: str, text_to: str) -> tuple[date, date]:
    """The days asked for, both of them as well. Invalid."""
    try:
        first, last = date.fromisoformat(text_from), date.fromisoformat(text_to)
    except ValueError:
        raise Invalid("Write the days like 2026-03-01.", field="from") from None
    if last < first:
        raise Invalid("The last day lies before the first.", field="to")
    return first, last


# -- looking -----------------------------------------------------------------------------------------------------------


def look(job: Job, first: date, last: date) -> Found:
    """What is known there and missing here, of this till under every id it had. Changes nothing. ConnectorError."""
    found = Found(job.connection)
    for till in job.store.config.till.ids:
        for some in _pages(job, till, first, last):
            _sort(job.store, till, some, found)
    found.missing.sort(key=lambda one: (one.day, one.number, one.key))
    return found


def _pages(job: Job, till: str, first: date, last: date) -> Iterator[tuple[Listed, ...]]:
    zone, after = ZoneInfo(job.store.config.shop.timezone), ""
    since, until = (datetime.combine(day, time(12), zone) for day in (first - ZONES, last + ZONES))
    wanted = (first.isoformat(), last.isoformat())
    while True:
        page = job.memory.connector.listed(till, since, until, after)
        yield tuple(row for row in page.rows if wanted[0] <= row.day <= wanted[1])
        job.breathe()
        if not page.after:
            return
        after = page.after


def _sort(store: Store, till: str, rows: Iterable[Listed], found: Found) -> None:
    here = list(rows)
    ids = {ledger.original_key(row.key) for row in here} | {f"{ledger.RECOVERED}{row.key}" for row in here}
    known = lost.here(store, ids)
    for row in here:
        number, session = int(row.number.rpartition("-")[2]), int(row.session.rpartition("-S")[2])
        found.numbers[till] = max(found.numbers.get(till, 0), number)
        found.sessions[till] = max(found.sessions.get(till, 0), session)
        if ledger.original_key(row.key) in known or f"{ledger.RECOVERED}{row.key}" in known:
            found.known += 1
        elif row.kind != INVOICE_KIND:
            found.others += 1
        else:
            found.missing.append(row)
            if lost.has_number(store, row.number):
                found.twice.append(row.number)


# -- taking in ---------------------------------------------------------------------------------------------------------


def take(job: Job, journal: Journal, found: Found, by: str, last_z: int = 0) -> Taken:
    """Take in what is missing, and see that this till's next number is above every one that was seen there.

    last_z: the number of the last Z on paper, 0 = not known. Conflict when a session is open and numbers must be passed
    over. ConnectorError ends it; what was taken in stays, and the same call goes on.
    """
    store = journal.store
    _refuse_open(store, found, last_z)
    done = Taken()
    for start in range(0, len(found.missing), BOOKED_MAX):
        for one in _retold(job, found.missing[start : start + BOOKED_MAX], done):
            doc = _document(store, job.connection, one)
            done.taken += not journal.adopt_recovered(doc, f"{job.connection} {one.listed.remote_id}", by).duplicate
        job.breathe()
    done.record = _pass_over(journal, found, by, last_z)
    detail = {"taken": done.taken, "refused": len(done.refused), "record": done.record}
    audit.record(store, by, "recover.books", job.connection, detail)
    return done


def _retold(job: Job, rows: list[Listed], done: Taken) -> list[Retold]:
    """One that cannot be told must not stop the others."""
    try:
        return job.memory.connector.retold(rows)
    except Rejected as error:
        if error.code != "not_readable":
            raise
        if len(rows) == 1:
            done.refused.append(f"{rows[0].number}: {error.message}")
            return []
        half = len(rows) // 2
        return [*_retold(job, rows[:half], done), *_retold(job, rows[half:], done)]


def _document(store: Store, connection: str, one: Retold) -> dict[str, Any]:
    """The copy, but for its place in the series."""
    listed, shop = one.listed, store.config.shop
    created = clock.parse(one.document["created_at"])
    return {
        **one.document,
        "id": f"{ledger.RECOVERED}{listed.key}",
        "invoice_name": listed.number,
        "till": listed.number.rpartition("-")[0],
        "business_day": clock.business_day(created, shop.timezone, shop.day_starts).isoformat(),
        "items": [_line(store, connection, one, item) for item in one.document["items"]],
        "recovered": {
            "connection": connection,
            "remote_id": listed.remote_id,
            "key": listed.key,
            "session": listed.session,
        },
    }


def _line(store: Store, connection: str, one: Retold, item: dict[str, Any]) -> dict[str, Any]:
    """A line that gives something back, tied to the receipt it came from as far as both sides know it."""
    row = one.rows.get(item["line"])
    key = ledger.original_key(one.against_key)
    if not (row and key) or item["qty"] >= 0:
        return item
    original = intake.find(store, key)
    if original is None:
        copy = intake.find(store, f"{ledger.RECOVERED}{one.against_key}")
        doc, known = (copy.doc, row) if copy else (None, "")
    else:
        doc, known = original.doc, _line_of(store, connection, original.doc, row)
    if doc is not None and known:
        return {**item, "return_against": {"id": doc["id"], "invoice_name": doc["invoice_name"], "line": known}}
    number = doc["invoice_name"] if doc is not None else one.against_number
    return {**item, "return_of": number} if number else item


def _line_of(store: Store, connection: str, doc: dict[str, Any], row: str) -> str:
    """The line of a receipt of ours behind a row over there; "" when the two cannot be laid side by side."""
    for _, part, _, remote in outbox.posted(store, connection, [doc["id"]]):
        rows = [r["name"] for r in remote.get("rows", ())]
        sold = [item["line"] for item in doc["items"] if (item["qty"] < 0) == (part == "return")]
        if len(rows) == len(sold) and row in rows:
            return str(sold[rows.index(row)])
    return ""


# -- numbers -----------------------------------------------------------------------------------------------------------


def needed(store: Store, found: Found, last_z: int = 0) -> record.Lost | None:
    """The numbers this till must pass over so that none is given out twice; None when it is above them already."""
    till = store.config.till.id
    number, session = found.numbers.get(till, 0), found.sessions.get(till, 0)
    here = lost.given_out(store, till)
    if here.sequence >= number and here.session >= session and here.z >= last_z:
        return None
    return record.Lost("", till, max(number, here.sequence), max(session, here.session), max(last_z, here.z))


def _refuse_open(store: Store, found: Found, last_z: int) -> None:
    if needed(store, found, last_z) and (session := shifts.current(store, store.config.till.id)) is not None:
        raise Conflict(
            f"The session {session.id} is open, and this till's numbers must go on behind {found.numbers}. Close it by "
            "its Z first.",
            code="session_open",
        )


def _pass_over(journal: Journal, found: Found, by: str, last_z: int) -> str:
    store = journal.store
    wanted = needed(store, found, last_z)
    if wanted is None:
        return ""
    reason = "Numbers that the books show were given out before; their receipts are lost here."
    block = record.numbers_block(reason, wanted.sequence, wanted.session, wanted.z)
    doc = {**shift.blank(record.KIND, clock.uuid7(), maker(store.config, by)), record.KIND: block}
    return str(journal.commit(doc).doc["invoice_name"])
