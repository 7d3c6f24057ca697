"""Documents of many tills that come at once: entered together as each alone would be, in few ways to the database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from pos import clock
from pos.actions import hub_intake
from pos.errors import Conflict
from pos.rules import documents, hub
from pos.store import arrivals, audit, chains, hub_tills
from pos.store.db import Store
from pos.store.hub_tills import Heard, Joining, Till
from pos.store.journal import Committed, Journal
from tests import receipts
from tests.store.looking import until

#: A lone document: who sends it, its newest one; begun, looked up, entered, committed.
WAYS_OF_ONE = 6
#: However many come at once: two batches, for the first of them goes as soon as it is there.
WAYS_OF_MANY = 2 * 4


@pytest.fixture
def journal(hub_journal: Journal) -> Journal:
    return hub_journal


def joined(store: Store, name: str) -> Till:
    told = Joining(name, (name,), "0" * 32, hub.digest(f"key of {name}"), "1.0")
    return hub_tills.join(store, hub_tills.add(store, f"Till {name}", "ann"), told)


def chain(till: str, *each: dict[str, Any]) -> list[tuple[dict[str, Any], bytes]]:
    """Documents of a till as it makes them; each: what is otherwise with one."""
    made, before = [], documents.GENESIS
    for sequence, more in enumerate(each, start=1):
        numbers = {
            **receipts.NUMBERS, "till": till, "sequence": sequence, "mode": "hub", "prev_hash": before,
            "invoice_name": f"{till}-{sequence:06d}", "session": f"{till}-S000001",
            "created_at": clock.now().isoformat(timespec="milliseconds"), **more,
        }  # fmt: skip
        made.append(documents.stamp(receipts.sale(), **numbers))
        before = made[-1][0]["hash"]
    return made


def take(journal: Journal, till: Till, doc: dict[str, Any], body: bytes) -> Committed:
    return hub_intake.take_in(journal, till, doc["id"], body, hub.Head(doc["sequence"], doc["hash"]))


def rows_of(store: Store, till: str, docs: list[dict[str, Any]]) -> dict[str, list[tuple[Any, ...]]]:
    """What the tables hold of one till, without what is another till's by its nature."""
    ids = [doc["id"] for doc in docs]
    asked = {
        "document": "SELECT kind, series, sequence, business_day, cashier, total, tax FROM document WHERE id = ?",
        "line": "SELECT position, item_code, qty, net, tax, against_document, brand FROM line WHERE document = ?",
        "tender": "SELECT position, kind, mode, amount, change FROM tender WHERE document = ?",
        "movement": "SELECT position, item_code, warehouse, qty FROM movement WHERE document = ?",
        "outbox": "SELECT connection, part, state, tries, owner, after, story FROM outbox WHERE document = ?",
        "audit": "SELECT act FROM audit WHERE subject = ?",
    }
    found = {
        table: [row for key in ids for row in sorted(store.execute(sql, (key,)).fetchall())]
        for table, sql in asked.items()
    }
    found["session"] = store.execute(
        "SELECT number, opened_by, business_day, open, first_sequence, counted FROM session WHERE till = ? ORDER BY id",
        (till,),
    ).fetchall()
    found["hub_till"] = store.execute(
        "SELECT top_sequence, head_sequence FROM hub_till WHERE till = ?", (till,)
    ).fetchall()
    return found


@pytest.mark.both_engines
def test_what_is_entered_together_is_what_each_by_itself_would_be(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = journal.store
    each: tuple[dict[str, Any], ...] = ({}, {}, {"mode": "mock"}, {"mode": "erpnext"})
    docs = {name: chain(name, *each, {"session": f"{name}-S000002"}) for name in ("T1", "T2")}
    entered = Counter[str]()
    together = arrivals.enter

    def counted(store: Store, sent: list[arrivals.Sent]) -> list[int | None]:
        found = together(store, sent)
        entered.update(one.doc["till"] for one, n in zip(sent, found, strict=True) if n is not None)
        return found

    monkeypatch.setattr(arrivals, "enter", counted)
    for name, made in docs.items():
        till = joined(store, name)
        monkeypatch.setattr(arrivals.Sent, "is_plain", name == "T1")
        for doc, body in made:
            assert not take(journal, till, doc, body).duplicate
    assert entered == {"T1": 5}
    mine, other = (rows_of(store, name, [doc for doc, _ in made]) for name, made in docs.items())
    assert mine == other and len(mine["outbox"]) == 4 and len(mine["session"]) == 2
    assert audit.verify_chain(store)[1] == "" and chains.walk(store).differences == []


@pytest.mark.both_engines
def test_a_batch_holds_what_follows_and_leaves_the_rest_to_the_rules(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = journal.store
    tills = {name: joined(store, name) for name in ("T1", "T2", "T3")}
    one, two, three = (chain(name, {}, {}, {}) for name in tills)
    forged = chain("T3", {}, {"prev_hash": "f" * 64})[1]
    take(journal, tills["T3"], *three[0])
    take(journal, tills["T2"], *two[0])
    with ThreadPoolExecutor(8) as pool:
        asked: list[Future[Committed]] = []
        came_in = Came(journal, monkeypatch)
        with store.writers_wait():  # all of it waits for the writer, in this order
            for made, till in ((one, "T1"), (two, "T2")):
                for doc, body in (*made, made[1]):
                    asked.append(pool.submit(take, journal, tills[till], doc, body))
                    until(lambda: came_in.number >= len(asked))
            asked.append(pool.submit(take, journal, tills["T3"], *forged))
        came = [future.exception() or future.result() for future in asked]
    assert [one.duplicate for one in came[:-1] if isinstance(one, Committed)] == [
        False, False, False, True, True, False, False, True,
    ]  # fmt: skip
    refused = came[-1]
    assert isinstance(refused, Conflict) and refused.code == "doubled"
    assert [row[0] for row in store.execute("SELECT body FROM document WHERE till = 'T1' ORDER BY n")] == [
        body.decode() for _, body in one
    ]
    assert audit.verify_chain(store)[1] == "" and chains.walk(store).differences == []
    assert [hub_tills.one(store, name).top_sequence for name in tills] == [3, 3, 1]


class Came:
    """How many documents have come before the writer since; it may hold several of them already."""

    def __init__(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number, self._queue = 0, journal._queue
        monkeypatch.setattr(journal, "_queue", self)

    def put(self, waiting: Any) -> None:
        self._queue.put(waiting)
        self.number += 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


@pytest.mark.postgresql
class TestWays:
    """How often the database is spoken to; each way costs a few tenths of a millisecond, under the lock of all."""

    @pytest.fixture
    def engine(self) -> str:
        return "postgresql"

    @pytest.fixture
    def ways(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
        from pos.store.engines import postgres

        found = Counter[str]()

        def count(owner: Any, name: str) -> None:
            plain = getattr(owner, name)

            def counted(*given: Any, **named: Any) -> Any:
                if threading.current_thread().name != "flusher":
                    found[name] += 1
                return plain(*given, **named)

            monkeypatch.setattr(owner, name, counted)

        for name in ("raw", "execute", "executemany", "together"):
            count(postgres.Connection, name)
        count(postgres.Database, "execute_sql")
        yield found

    def test_one_document_alone(self, journal: Journal, ways: Counter[str]) -> None:
        store, (first, second) = journal.store, chain("T1", {}, {})
        take(journal, joined(store, "T1"), *first)
        ways.clear()
        till = hub_tills.of_key(store, "key of T1")
        assert till is not None
        hub_intake.admit(store, till, Heard("1.0", "0" * 32, hub.Head(2, second[0]["hash"]), 0), brings=True)
        take(journal, till, *second)
        assert sum(ways.values()) <= WAYS_OF_ONE, ways

    def test_as_many_as_come_at_once(
        self, journal: Journal, ways: Counter[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, names = journal.store, [f"T{n}" for n in range(1, 9)]
        tills = {name: joined(store, name) for name in names}
        docs = {name: chain(name, {})[0] for name in names}
        with ThreadPoolExecutor(len(names)) as pool:
            came = Came(journal, monkeypatch)
            with store.writers_wait():
                asked = [pool.submit(take, journal, tills[name], *docs[name]) for name in names]
                until(lambda: came.number >= len(names))
                ways.clear()
            assert not any(future.result().duplicate for future in asked)
        assert sum(ways.values()) <= WAYS_OF_MANY, ways
        assert chains.walk(store).documents == len(names)
