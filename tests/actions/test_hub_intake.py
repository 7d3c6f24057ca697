"""What a hub takes in and what it does not, document by document; the way up itself is tests/contract/test_hub.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import checks_hub, hub_intake
from pos.actions.finding import Look
from pos.config import Config
from pos.errors import Conflict, Corrupt, Invalid, NotFound
from pos.rules import documents, hub
from pos.store import connections, hub_gaps, hub_link, hub_tills, outbox
from pos.store.db import Store, open_store
from pos.store.hub_tills import Heard, Joining, Till
from pos.store.journal import Journal
from pos.store.models import Outbox
from pos.store.verify import verify
from tests import receipts


@pytest.fixture
def journal(hub_journal: Journal) -> Journal:
    return hub_journal


@pytest.fixture
def till(journal: Journal) -> Till:
    told = Joining("T1", ("T1", "T0"), "folder", hub.digest("k"), "1.0")
    return hub_tills.join(journal.store, hub_tills.add(journal.store, "Till 1", "ann"), told)


class Made:
    """Documents of a till as it makes them: numbered and chained."""

    def __init__(self, till: str = "T1", mode: str = "hub") -> None:
        self.till, self.mode, self.sequence, self.before = till, mode, 0, documents.GENESIS

    def next(self, **more: Any) -> tuple[dict[str, Any], bytes]:
        self.sequence += 1
        numbers = {
            **receipts.NUMBERS, "till": self.till, "sequence": self.sequence, "mode": self.mode,
            "invoice_name": f"{self.till}-{self.sequence:06d}", "session": f"{self.till}-S000001",
            "created_at": clock.now().isoformat(timespec="milliseconds"), "prev_hash": self.before, **more,
        }  # fmt: skip
        doc, body = documents.stamp(receipts.sale(), **numbers)
        self.before = doc["hash"]
        return doc, body


def take(journal: Journal, till: Till, doc: dict[str, Any], body: bytes) -> Any:
    return hub_intake.take_in(journal, till, doc["id"], body)


def states(store: Store, doc: dict[str, Any]) -> list[str]:
    with store.reading():
        return [row.state for row in Outbox.select().where(Outbox.document == doc["id"])]


@pytest.mark.both_engines
def test_it_is_kept_byte_for_byte_and_the_same_again_changes_nothing(journal: Journal, till: Till) -> None:
    doc, body = Made().next()
    first = take(journal, till, doc, body)
    again = take(journal, till, doc, body)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert outbox.body(journal.store, doc["id"]) == first.body == again.body == body
    assert states(journal.store, doc) == ["queued"], "it was made with a hub: nobody else can have sent it"


def test_what_cannot_be_read_here_is_no_fault_of_the_till(journal: Journal, till: Till) -> None:
    """As when the archive of its month is away: it was told that its receipt is not whole, and a person sent for."""
    doc, body = Made().next()
    take(journal, till, doc, body)
    journal.store.execute("UPDATE document SET body = '{' WHERE id = ?", (doc["id"],))
    with pytest.raises(hub_intake.Unreadable):
        take(journal, till, doc, body)


def test_how_it_enters_the_books_follows_from_when_and_how_it_was_made(journal: Journal, till: Till) -> None:
    for mode, more, state in (
        ("erpnext", {}, ["unknown"]),
        ("hub", {"created_at": "2020-01-01T10:00:00.000+00:00", "business_day": "2020-01-01"}, ["unknown"]),
        ("mock", {}, []),
    ):
        made = Made(mode=mode)
        made.sequence = {"erpnext": 0, "hub": 10, "mock": 20}[mode]
        if made.sequence:
            made.before = "a" * 64
        doc, body = made.next(**more)
        take(journal, till, doc, body)
        assert states(journal.store, doc) == state, mode


def test_what_is_not_whole_or_not_this_tills_is_refused_and_nothing_is_kept(journal: Journal, till: Till) -> None:
    doc, body = Made().next()
    with pytest.raises(Corrupt):
        take(journal, till, doc, body.replace(b"SHOE-42", b"SHOE-43"))
    wrong, torn = documents.stamp({**doc, "total": receipts.amount(99)}, prev_hash=doc["prev_hash"])
    with pytest.raises(Corrupt, match="total"):
        take(journal, till, wrong, torn)
    with pytest.raises(Invalid, match="another document"):
        hub_intake.take_in(journal, till, "another-id", body)
    other, other_body = Made("T2").next()
    with pytest.raises(Invalid, match="no document of T1"):
        take(journal, till, other, other_body)
    for name, value in (("item_name", None), ("item_code", ["x"]), ("line", 2**70)):
        odd, odd_body = Made().next(items=[{**doc["items"][0], name: value}, *doc["items"][1:]])
        with pytest.raises(Corrupt, match="no text"):
            take(journal, till, odd, odd_body)
    with pytest.raises(Corrupt, match="out of range"):
        take(journal, till, *Made().next(created_at="0001-01-01T00:00:00.000+14:00"))
    with pytest.raises(Invalid, match="T2-S000001 is no session of T1"):
        take(journal, till, *Made().next(session="T2-S000001"))
    assert journal.store.execute("SELECT count(*) FROM document").fetchone() == (0,)
    before, before_body = Made("T0").next()
    assert not take(journal, till, before, before_body).duplicate, "an id it had before it was restored"
    assert hub_tills.one(journal.store, "T1").state == "on"


@pytest.mark.both_engines
@pytest.mark.parametrize("came", ["number", "chain", "chain behind it"])
def test_what_another_may_have_made_stops_the_till_until_a_person_decides(
    journal: Journal, till: Till, came: str
) -> None:
    made = Made()
    first, second, third = made.next(), made.next(), made.next()
    for doc, body in (first, third) if came == "chain behind it" else (first, second):
        take(journal, till, doc, body)
    copy = Made()
    copy.sequence = 2 if came == "chain" else 1
    copy.before = "f" * 64 if came == "chain" else first[0]["hash"]
    doc, body = copy.next()
    with pytest.raises(Conflict) as refused:
        take(journal, till, doc, body)
    assert refused.value.code == "doubled"
    assert hub_tills.one(journal.store, "T1").state == "doubled"
    held = journal.store.execute("SELECT count(*) FROM document").fetchone()
    assert held == (2,), "nothing of it is kept"


def test_a_conflict_from_before_it_joined_is_refused_and_stops_nothing(journal: Journal, till: Till) -> None:
    old = {"created_at": "2020-01-01T10:00:00.000+00:00", "business_day": "2020-01-01"}
    take(journal, till, *Made().next(**old))
    with pytest.raises(Conflict) as refused:
        take(journal, till, *Made().next(**old))
    assert (refused.value.code, hub_tills.one(journal.store, "T1").state) == ("number_taken", "on")


@pytest.mark.both_engines
def test_one_before_it_may_be_missing_and_come_later(journal: Journal, till: Till) -> None:
    made = Made()
    docs = [made.next() for _ in range(4)]
    for at, left in ((2, [(1, 2)]), (0, [(2, 2)]), (3, [(2, 2)]), (1, [])):
        take(journal, till, *docs[at])
        assert hub_gaps.gaps(journal.store, "T1") == left
    assert hub_tills.one(journal.store, "T1").top_sequence == 4


def test_who_speaks_from_another_folder_or_with_another_past_is_there_twice(journal: Journal, till: Till) -> None:
    doc, body = Made().next()
    take(journal, till, doc, body)
    hub_intake.admit(journal.store, till, Heard("1", "folder", hub.Head(1, doc["hash"]), 0))
    with pytest.raises(Conflict, match="there twice"):
        hub_intake.admit(journal.store, till, Heard("1", "folder", hub.Head(1, "b" * 64), 0))
    now = hub_tills.one(journal.store, "T1")
    assert (now.state, now.why) == ("doubled", "its document 1 is another one than the hub has.")
    with pytest.raises(Conflict, match="there twice"):
        hub_intake.admit(journal.store, now, Heard("1", "folder", None, 0))
    with pytest.raises(Conflict, match="there twice"):
        hub_intake.admit(journal.store, till, Heard("1", "another", None, 0))


def test_a_till_sees_its_own_documents_and_what_became_of_them(journal: Journal, till: Till) -> None:
    doc, body = Made().next()
    take(journal, till, doc, body)
    seen = hub_intake.there(journal.store, till, doc["id"])
    assert (seen["hash"], [(w["title"], w["part"], w["state"]) for w in seen["way"]]) == (
        doc["hash"], [("ERPNext", "sale", "queued")],
    )  # fmt: skip
    with pytest.raises(NotFound):
        hub_intake.there(journal.store, replace(till, ids=("T9",)), doc["id"])
    answer = hub_intake.proof_for(journal.store, "T1", "c" * 20)
    assert hub.proves(answer, "k", "c" * 20, hub_tills.hub_id(journal.store), "T1")
    assert hub_intake.proof_for(journal.store, "T9", "c" * 20) == ""


def test_a_hub_alone_sells_nothing(journal: Journal) -> None:
    with pytest.raises(Conflict, match="it sells nothing itself"):
        journal.commit(receipts.sale())


def test_the_doctor_names_a_till_that_needs_somebody(journal: Journal, till: Till) -> None:
    look = Look(journal.store.config, clock.now(), journal.store)
    [well] = checks_hub.hub_of(look)
    assert (well.state, well.sentence) == ("ok", "Tills that send their documents here: 1; on their way: 0.")
    hub_tills.doubled(journal.store, till, "two machines.")
    [ill] = checks_hub.hub_of(look)
    assert (ill.state, ill.facts["till"]) == ("fail", "T1") and "There twice" in ill.sentence


@pytest.mark.sqlite
def test_a_till_that_is_also_the_hub_sells_and_takes_in(tmp_path: Path) -> None:
    config = Config(root=tmp_path)
    store = open_store(replace(config, server=replace(config.server, role="both")))
    journal = Journal(store)
    try:
        told = Joining("T2", ("T2",), "folder", hub.digest("k"), "1.0")
        other = hub_tills.join(store, hub_tills.add(store, "Till 2", "ann"), told)
        mine = journal.commit(receipts.sale()).doc
        doc, body = Made("T2").next()
        take(journal, other, doc, body)
        assert journal.commit(receipts.sale()).doc["prev_hash"] == mine["hash"], "its own chain goes on"
        numbers = store.execute("SELECT number FROM document ORDER BY n").fetchall()
        assert [number for (number,) in numbers] == ["T1-000001", "T2-000001", "T1-000002"]
        assert verify(store.config).differences == []
    finally:
        journal.close()
        store.close()


@pytest.mark.sqlite
def test_a_till_that_joins_queues_what_it_has_and_hands_over_what_waited_for_books_of_its_own(tmp_path: Path) -> None:
    store = open_store(Config(root=tmp_path))
    connections.sync(store, [("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    journal = Journal(store)
    try:
        docs = [journal.commit(receipts.sale()).doc for _ in range(3)]
        with store.transaction():
            Outbox.update(state="booked").where(Outbox.document == docs[0]["id"]).execute()
        connections.sync(store, [("hub", "hub", "Hub", "http://127.0.0.1:2")])
        assert hub_link.queue_all(store, "hub-1", clock.now()) == 3
        assert hub_link.queue_all(store, "hub-1", clock.now()) == 0, "once"
        rows = [(r.connection, r.part, r.state, bool(r.resolved)) for r in Outbox.select().order_by(Outbox.n)]
        assert rows == [
            ("erpnext", "sale", "booked", False), *[("erpnext", "sale", "rejected", True)] * 2,
            *[("hub", "document", "queued", False)] * 3,
        ]  # fmt: skip
        later = journal.commit(receipts.sale()).doc
        assert (later["mode"], states(store, later)) == ("hub", ["queued"])
        assert outbox.counts(store).waiting == 4
    finally:
        journal.close()
        store.close()


def test_the_one_whose_copy_was_heard_first_goes_on_under_another_id(journal: Journal, till: Till) -> None:
    """The hub has what the copy sold, so the real one cannot go on in that chain, kept or not. Under an id of its own
    it sells on; what it sold until then is refused document by document, for a person to see, and stops nothing."""
    made, store = Made(), journal.store
    take(journal, till, *made.next())
    copy, real = Made(), Made()
    for one in (copy, real):
        one.sequence, one.before = made.sequence, made.before
    take(journal, till, *copy.next())
    lost = [real.next(), real.next()]
    with pytest.raises(Conflict) as refused:
        take(journal, till, *lost[0])
    assert refused.value.code == "doubled"
    kept = hub_tills.join(store, hub_tills.keep(store, "T1", "ann"), Joining("T1", till.ids, "f2", hub.digest("2"), ""))
    with pytest.raises(Conflict) as refused:
        take(journal, kept, *lost[0])
    assert refused.value.code == "doubled"
    other = Joining("T5", ("T5", "T1"), "f3", hub.digest("3"), "")
    five = hub_tills.join(store, hub_tills.add(store, "Till 1 now", "ann"), other)
    for doc, body in lost:
        with pytest.raises(Conflict) as refused:
            take(journal, five, doc, body)
        assert refused.value.code in ("number_taken", "chain")
    assert not take(journal, five, *Made("T5").next()).duplicate
    assert hub_tills.one(store, "T5").state == "on"
