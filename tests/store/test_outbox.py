"""The outbox: every change of state is a compare-and-set, and nothing is ever deleted."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pos import clock
from pos.config import Config
from pos.errors import Invalid
from pos.store import entries, notices, outbox, parking, refusals, tally, unblock
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Audit, Document, Outbox
from tests import books as other
from tests import receipts
from tests.books import Time
from tests.store.looking import statements

ME = "server:1:me"


@pytest.fixture(autouse=True)
def _connected(store: Store) -> None:
    other.connected(store)


def sell(journal: Journal, count: int = 1) -> list[str]:
    return [journal.commit(receipts.sale()).doc["id"] for _ in range(count)]


def row(document: str) -> Any:
    return Outbox.get(Outbox.document == document)


def taken(store: Store) -> outbox.Claimed:
    (claimed,) = outbox.claim(store, "erpnext", ME, 1, clock.now())
    return claimed


CHANGES = """
from      change         to
sending   not_sent       queued
sending   lost           unknown
sending   again          queued
sending   rejected       rejected
sending   sent           sent
unknown   not_sent       unknown
unknown   ask_later      unknown
unknown   not_there_yet  unknown
unknown   again          queued
unknown   rejected       rejected
unknown   sent           sent
sent      not_sent       sent
sent      read_later     sent
sent      rejected       rejected
sent      booked         booked
sent      differs        differs
"""


def change(store: Store, held: outbox.Claimed, name: str) -> None:
    now = clock.now()
    more: dict[str, tuple[Any, ...]] = {
        "not_sent": ("no line",),
        "lost": (150, "no_answer", "no answer"),
        "ask_later": (now, "x", "y"),
        "not_there_yet": (now,),
        "again": ("deadlock", "busy"),
        "rejected": ("no", "They said no.", "Do this."),
        "sent": ("SINV-1",),
        "read_later": ("no line",),
        "booked": ({},),
        "differs": ({}, "total 1 there, 2 here"),
    }
    getattr(outbox, name)(store, held, now, *more[name])


@pytest.mark.parametrize("line", CHANGES.strip().splitlines()[1:])
def test_a_change_happens_once_and_only_for_who_holds_the_row(
    journal: Journal, store: Store, time: Time, line: str
) -> None:
    before, name, after = line.split()
    (document,) = sell(journal)
    Outbox.update(state="queued" if before == "sending" else before).execute()
    held = taken(store)
    assert (held.state, row(document).state) == (before, before)
    change(store, held, name)
    assert row(document).state == after
    everything = list(Outbox.select().dicts())
    if name != "sent":  # which is held on
        assert row(document).owner == ""
        with pytest.raises(outbox.LostLease):
            change(store, held, name)
        assert list(Outbox.select().dicts()) == everything


@pytest.mark.both_engines
def test_a_row_is_taken_by_one_of_many(journal: Journal, store: Store) -> None:
    documents = sell(journal, 20)
    got: list[str] = []
    start = threading.Barrier(6)

    def sender(n: int) -> None:
        start.wait()
        for _ in range(10):
            got.extend(c.document for c in outbox.claim(store, "erpnext", f"agents:{n}:x", 4, clock.now()))
        store.release()

    threads = [threading.Thread(target=sender, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(documents)


def test_rows_come_in_the_order_they_were_sold(journal: Journal, store: Store) -> None:
    documents = sell(journal, 5)
    claimed = outbox.claim(store, "erpnext", ME, 3, clock.now())
    assert [c.document for c in claimed] == documents[:3]
    assert claimed[0].number == "T1-000001"


def test_many_returns_held_up_hide_neither_sale_nor_return(
    journal: Journal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BITE_ROWS", 3)
    bad = journal.commit(receipts.sale(receipts.line(qty=30))).doc
    good = journal.commit(receipts.sale()).doc
    for _ in range(7):
        back = receipts.line(qty=-1, return_against=_against(bad))
        journal.commit(receipts.sale(back))
    fine = journal.commit(receipts.sale(receipts.line(qty=-1, return_against=_against(good)))).doc
    Outbox.update(state="rejected").where(Outbox.document == bad["id"]).execute()
    Outbox.update(state="booked").where(Outbox.document == good["id"]).execute()
    assert [c.document for c in outbox.claim(store, "erpnext", ME, 50, clock.now())] == [fine["id"]]


def _against(doc: dict[str, Any]) -> dict[str, str]:
    return {"id": doc["id"], "invoice_name": doc["invoice_name"], "line": doc["items"][0]["line"]}


@pytest.mark.both_engines
def test_counts_are_of_documents_and_an_exchange_is_one(journal: Journal, store: Store) -> None:
    assert outbox.counts(store) == outbox.Counts(0, 0, 0, 0)
    first, second = sell(journal, 2)
    exchange = journal.commit(receipts.sale(receipts.line(price="20.00"), receipts.line("OLD", -1, "5.00"))).doc["id"]
    assert Outbox.select().where(Outbox.document == exchange).count() == 2
    assert outbox.counts(store) == outbox.Counts(saved=3, booked=0, waiting=3, needs=0)
    Outbox.update(state="booked").where(Outbox.document == first).execute()
    Outbox.update(state="booked").where((Outbox.document == exchange) & (Outbox.part == "sale")).execute()
    assert outbox.counts(store) == outbox.Counts(saved=3, booked=1, waiting=2, needs=0)
    Outbox.update(state="booked").where(Outbox.document == exchange).execute()
    sell(journal)
    assert outbox.counts(store) == outbox.Counts(saved=4, booked=2, waiting=2, needs=0)
    assert row(second).state == "queued"


def test_without_a_connection_nothing_waits(shop: Any, tmp_path: Any, store: Store, journal: Journal) -> None:
    from pos.store import connections

    connections.sync(store, [])
    sell(journal, 2)
    assert Outbox.select().count() == 0
    assert outbox.counts(store) == outbox.Counts(saved=2, booked=0, waiting=0, needs=0)


def test_counting_costs_the_same_with_many_receipts(journal: Journal, store: Store) -> None:
    sell(journal, 3)
    Outbox.update(state="booked").execute()
    outbox.counts(store)
    with statements(store) as seen:
        sell(journal)
        assert outbox.counts(store).saved == 4
    counted = [sql for sql in seen if "count(" in sql]
    new = ("n > 3", "n > ?")  # as SQLite tells it, and as it is written
    assert counted and all(any(n in sql for n in new) for sql in counted if "FROM document" in sql), "only the new ones"


def test_a_start_goes_on_counting_where_it_was(shop: Config, journal: Journal, store: Store, monkeypatch: Any) -> None:
    """What is counted is kept; where the tables do not reach so far it is counted anew."""
    sell(journal, 3)
    monkeypatch.setattr(tally, "KEPT_ROWS", 1)
    before = tally.counts(store)
    tally.catch_up(store)
    again = open_store(shop)
    with statements(again) as seen:
        assert tally.counts(again) == before
    assert seen
    assert not [sql for sql in seen if "= 0" in sql and "count(*)" in sql], "nothing was counted from the beginning"
    with again.transaction():
        entries.set_meta(again, tally.KEY, "[900, 900, 900, 900, {}]")
    again.close()
    anew = open_store(shop)
    assert tally.counts(anew) == before
    with anew.transaction():  # an old document on its way to one more connection is still one document
        names = [name for name in Outbox._meta.columns if name != "n"]
        values = ", ".join({"connection": "'second'", "state": "'booked'"}.get(name, name) for name in names)
        anew.execute(f"INSERT INTO outbox ({', '.join(names)}) SELECT {values} FROM outbox LIMIT 1")
    assert tally.counts(anew) == before
    with anew.reading():
        assert tally.rows(anew) == {"erpnext": 3, "second": 1}
    anew.close()


def test_a_retry_and_its_reason_are_in_the_audit(journal: Journal, store: Store, time: Time) -> None:
    (document,) = sell(journal)
    outbox.rejected(store, taken(store), clock.now(), "no", "They said no.", "Do this.")
    unblock.retry(store, row(document).n, "M1")
    assert (row(document).state, row(document).tries) == ("queued", 0)
    last = Audit.select().order_by(Audit.n.desc()).first()
    assert (last.actor, last.act, last.subject) == ("M1", "outbox.retry", document)


def test_movements_refused_for_one_cause_are_one_notice_until_the_last_is_done_with(
    journal: Journal, store: Store
) -> None:
    documents = sell(journal, 4)
    Outbox.update(part="cash").execute()
    told = []
    for n in range(4):
        why = "No account is set for cash out." if n < 3 else "The period is closed."
        outbox.rejected(store, taken(store), clock.now(), "account_missing", why, "Set one.")
        told.append([str(one.text) for one in notices.open_notices(store, prefix="outbox:")])
    assert [len(texts) for texts in told] == [1, 1, 1, 2]
    assert told[0] == ["T1-000001: No account is set for cash out."]
    both = "T1-000001 and 2 more documents were refused for one cause. No account is set for cash out."
    assert sorted(told[3]) == [both, "T1-000004: The period is closed."]
    unblock.retry(store, row(documents[0]).n, "M1")
    unblock.resolve(store, row(documents[1]).n, "entered by hand", "M1")
    assert len(notices.open_notices(store, prefix="outbox:")) == 2
    parking.park(store, row(documents[2]).n, "waits for the bookkeeper", "M1")
    left = [one.text for one in notices.open_notices(store, prefix="outbox:")]
    assert min(left).startswith("T1-000003 is parked") and len(left) == 2, "nothing is left of the first cause"
    assert notices.open_notices(store, prefix=refusals.CAUSES)[0].text == "T1-000004: The period is closed."


def test_what_is_booked_or_on_its_way_is_not_retried(journal: Journal, store: Store) -> None:
    (document,) = sell(journal)
    held = taken(store)
    with pytest.raises(Invalid, match="is sending"):
        unblock.retry(store, row(document).n, "M1")
    outbox.booked(store, outbox.sent(store, held, clock.now(), "SINV-1"), clock.now(), {})
    with pytest.raises(Invalid, match="is booked"):
        unblock.retry(store, row(document).n, "M1")


def test_a_person_settles_a_refused_one_with_a_reason_and_it_stays(journal: Journal, store: Store) -> None:
    (document,) = sell(journal)
    outbox.rejected(store, taken(store), clock.now(), "no", "They said no.", "Do this.")
    n = row(document).n
    with pytest.raises(Invalid, match="few words"):
        unblock.resolve(store, n, " ok ", "M1")
    unblock.resolve(store, n, "entered by hand as SINV-77", "M1")
    assert (row(document).state, row(document).resolved) == ("rejected", "M1: entered by hand as SINV-77")
    assert notices.open_notices(store) == []
    with pytest.raises(Invalid, match="only one that needs a person"):
        unblock.resolve(store, n, "again by hand", "M1")
    with pytest.raises(Invalid, match=r"settled by hand \(M1: entered by hand as SINV-77\)"):
        unblock.retry(store, n, "M1")
    unblock.retry(store, n, "M1", "SINV-77 was another sale")
    assert (row(document).state, row(document).resolved) == ("queued", "")


def test_a_return_of_a_sale_settled_by_hand_goes(journal: Journal, store: Store) -> None:
    sale = journal.commit(receipts.sale()).doc
    outbox.rejected(store, taken(store), clock.now(), "no", "They said no.", "Do this.")
    back = journal.commit(receipts.sale(receipts.line(qty=-1, return_against=_against(sale)))).doc["id"]
    assert outbox.due(store, "erpnext", clock.now(), 5) == []
    unblock.resolve(store, row(sale["id"]).n, "entered by hand as SINV-77", "M1")
    assert outbox.due(store, "erpnext", clock.now(), 5) == [row(back).n]


def test_one_that_is_sent_at_this_moment_is_not_taken_from_under_the_sender(journal: Journal, store: Store) -> None:
    (document,) = sell(journal)
    Outbox.update(state="unknown").execute()
    taken(store)
    with pytest.raises(outbox.LostLease):
        unblock.retry(store, row(document).n, "M1")


@pytest.mark.both_engines
def test_a_dead_servers_rows_are_let_go_and_those_of_others_are_not(journal: Journal, store: Store, time: Time) -> None:
    first, second, third = sell(journal, 3)
    for owner in ("server:9:killed", "agents:7:alive", "server:9:killed"):
        outbox.claim(store, "erpnext", owner, 1, clock.now())
    Outbox.update(state="unknown").where(Outbox.document == third).execute()
    assert unblock.owner_is_dead(store, "server:") == 2
    unblock.lapse(store, "erpnext", clock.now(), 150)
    assert [row(d).state for d in (first, second, third)] == ["unknown", "sending", "unknown"]
    assert (row(first).settle_at, row(third).owner) == (time.stamp(150), "")


def test_nothing_of_it_ever_deletes_a_row(journal: Journal, store: Store) -> None:
    sell(journal, 3)
    with statements(store) as seen:
        for name in ("rejected", "lost", "again"):
            change(store, taken(store), name)
        unblock.retry(store, Outbox.get(Outbox.state == "rejected").n, "M1")
        tally.counts(store)
    assert seen
    assert Outbox.select().count() == Document.select().count() == 3
    assert not [sql for sql in seen if "DELETE" in sql.upper()]
