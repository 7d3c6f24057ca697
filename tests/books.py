"""A small other system for tests of the machinery: it keeps what it is given, and misbehaves on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.actions.line import Job, Memory
from pos.config import Config
from pos.connectors.base import Context, Document, Kind, NameList, Page, Posted
from pos.errors import Rejected, SignInNeeded, Unavailable, Unknown
from pos.store import connections
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Outbox
from tests import receipts

ADDRESS = "http://127.0.0.1:9"
Fault = Callable[[], None]


def nothing_sent() -> None:
    raise Unavailable("connection refused", code="unreachable")


def no_answer() -> None:
    raise Unknown("no answer in time", code="no_answer")


def deadlock() -> None:
    raise Unknown("busy", code="answered:QueryDeadlockError")


def refused() -> None:
    raise Rejected("Not enough stock.", code="out_of_stock", remedy="Book the missing stock in.")


def key_refused() -> None:
    raise SignInNeeded("The key is not accepted.")


@dataclass
class Booked:
    """One document on the other side. key is unique there, as the connector's field makes it."""

    name: str
    key: str
    state: str
    total: str
    context: Context


@dataclass
class Books:
    """The other side.

    away: nothing answers. before, after: faults of the coming posts, in turn, ahead of the booking and behind it.
    finding: of the coming questions. poison: document ids whose posts always fail so. delay: seconds a post takes.
    """

    booked: dict[str, Booked] = field(default_factory=dict)
    away: bool = False
    signed_out: bool = False
    before: list[Fault | None] = field(default_factory=list)
    after: list[Fault | None] = field(default_factory=list)
    finding: list[Fault | None] = field(default_factory=list)
    poison: dict[str, Fault] = field(default_factory=dict)
    leave_drafts: bool = False
    wrong_totals: bool = False
    delay: float = 0.0
    posts: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    pings: int = 0
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lists: dict[str, NameList] = field(default_factory=dict)
    page_rows: int = 100
    pulls: list[tuple[str, str]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> list[str]:
        """What is booked, in the order it came."""
        return [b.key for b in self.booked.values() if b.state == "submitted"]

    def kind(self) -> Kind:
        return Kind(
            name="erpnext",
            title="Books",
            documents=("sale", "return", "cash"),
            feeds=tuple(self.tables) or ("items",),
            whole=tuple(self.lists),
            settings=(),
            configured=lambda config: True,
            address=lambda config: ADDRESS,
            connect=self.connect,
        )

    def connect(self, config: Config, facts: Mapping[str, Any]) -> Wire:
        return Wire(self)


def _next(faults: list[Fault | None]) -> None:
    fault = faults.pop(0) if faults else None
    if fault is not None:
        fault()


class Wire:
    """The connector to `Books`."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def _line(self) -> None:
        if self.books.away:
            nothing_sent()
        if self.books.signed_out:
            key_refused()

    def check(self) -> str:
        self._line()
        return "Books 1, Test Shop"

    def ping(self) -> None:
        self.books.pings += 1
        self._line()

    def find(self, key: str, kind: str = "sale") -> Posted | None:
        self._line()
        self.books.asked.append(key)
        _next(self.books.finding)
        found = self.books.booked.get(key)
        return self._posted(found) if found else None

    def fetch(self, remote_id: str, kind: str = "sale") -> Posted:
        self._line()
        found = next((b for b in self.books.booked.values() if b.name == remote_id), None)
        if found is None:
            raise Rejected("It is not there.", code="not_there")
        return self._posted(found)

    def post(self, document: Document, part: str, key: str, context: Context) -> Posted:
        self._line()
        books = self.books
        with books.lock:
            if books.delay:
                time.sleep(books.delay)
            books.posts.append(key)
            if document["id"] in books.poison:
                books.poison[document["id"]]()
            _next(books.before)
            if key in books.booked:
                raise Rejected("POS Receipt ID must be unique.", code="already_there")
            total = str(document["total"]) if not books.wrong_totals else "0.01"
            state = "draft" if books.leave_drafts else "submitted"
            booked = Booked(f"SINV-{len(books.booked) + 1:05}", key, state, total, context)
            books.booked[key] = booked
            _next(books.after)
            return self._posted(booked)

    def finish(self, document: Document, part: str, posted: Posted) -> Posted:
        self._line()
        found = next(b for b in self.books.booked.values() if b.name == posted.remote_id)
        found.state = "submitted"
        return self._posted(found)

    def compare(self, document: Document, part: str, posted: Posted) -> str:
        if posted.figures["total"] != str(document["total"]):
            return f"total {posted.figures['total']} there, {document['total']} here"
        return ""

    def pull(self, feed: str, since: str) -> Page:
        self._line()
        self.books.pulls.append((feed, since))
        table = sorted(
            self.books.tables.get(feed, []), key=lambda r: (r["modified"], r.get("code") or r.get("name", ""))
        )
        stamp, _, name = since.partition("|")
        after = [r for r in table if (r["modified"], r.get("code") or r.get("name", "")) > (stamp, name)]
        page = after[: self.books.page_rows]
        cursor = f"{page[-1]['modified']}|{page[-1].get('code') or page[-1].get('name', '')}" if page else since
        return Page(tuple(page), cursor, len(after) > len(page))

    def rewind(self, cursor: str) -> str:
        if not cursor:
            return ""
        stamp = datetime.fromisoformat(cursor.partition("|")[0]) - timedelta(minutes=2)
        return f"{stamp.isoformat(sep=' ')}|"

    def names(self, feed: str) -> NameList:
        self._line()
        return self.books.lists[feed]

    def picture(self, address: str, bytes_max: int) -> bytes:
        self._line()
        if address not in self.books.pictures:
            raise Rejected("That is another host.", code="other_host")
        return self.books.pictures[address]

    def _posted(self, booked: Booked) -> Posted:
        figures = {"total": booked.total, "key": booked.key}
        state: Any = booked.state
        return Posted(booked.name, state, figures, ({"name": f"{booked.name}-row-1"},))


def connected(store: Store) -> None:
    """Set the connection up, as the settings would."""
    connections.sync(store, [("erpnext", "erpnext", "Books", ADDRESS)])


def job(store: Store, books: Books, **more: Any) -> Job:
    """One round's job, with a settle time of 150 s."""
    memory = Memory(books.connect(store.config, {}))
    return Job(store=store, connection="erpnext", address=ADDRESS, memory=memory, owner="server:1:test", **more)


class Time:
    """A clock that stands until it is moved on."""

    def __init__(self) -> None:
        self.moment = datetime.fromisoformat("2026-11-21T10:00:00+00:00")

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def stamp(self, ahead: float = 0) -> str:
        return clock.stamp(self.moment + timedelta(seconds=ahead))


def sell(journal: Journal, count: int = 1) -> list[str]:
    return [journal.commit(receipts.sale()).doc["id"] for _ in range(count)]


def row(document: str, part: str = "sale") -> Any:
    return Outbox.get((Outbox.document == document) & (Outbox.part == part))


def states(*documents: str) -> list[str]:
    return [row(d).state for d in documents]


def give_back(journal: Journal, sale: dict[str, Any]) -> str:
    """A return of the sale's first line; its id."""
    original = sale["items"][0]
    against = {"id": sale["id"], "invoice_name": sale["invoice_name"], "line": original["line"]}
    returned = receipts.line(original["item_code"], -1, "12.00", return_against=against)
    return str(journal.commit(receipts.sale(returned)).doc["id"])
